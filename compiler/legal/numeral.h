/* numeral.h - the numbers that stand in a legal text: `500万（含）`, `50%`, `两年`, `8∶2`, `1/3`,
 * `百分之五十`, `三分之一`, `2024年2月2日`.
 *
 * A number that is part of a name is none: digits beside a Latin letter, a hyphen, a plus sign or a middle dot
 * (`ISO56005`, `GB/T29490-2013`, `“9+5”`, `4·26`). Chinese numerals count only before a measure word, so that the 一 of
 * 同一 is none. Nor is the number of a provision that is referred to (第三条, 第2款).
 */
#ifndef POL_LEGAL_NUMERAL_H
#define POL_LEGAL_NUMERAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum numeral_kind {
    NUMERAL_VALUE, /* num / den */
    NUMERAL_RATIO, /* num : den */
    NUMERAL_DATE,  /* num = year * 10000 + month * 100 + day */
    NUMERAL_YEAR,  /* a calendar year: 2023年 */
};

struct numeral {
    enum numeral_kind kind;
    int64_t num, den; /* lowest terms, den > 0; a ratio is not reduced */
    size_t lo, hi;    /* bytes in the text */
    bool optional;    /* 一: may be meant as a number, need not */
};

/* Finds the next number at or behind *at; false when there is none. *at moves behind it. */
bool numeral_next(struct text text, size_t *at, struct numeral *out);

/* Equal by value: 50% is 0.5, 500万 is 5000000. A year equals a value of the same number. */
bool numeral_equal(const struct numeral *a, const struct numeral *b);

struct numeral numeral_value(int64_t num, int64_t den);

/* How the provisions of a document are numbered; the styles count on their own. */
enum provision_style {
    PROVISION_PLAIN,     /* 7、 */
    PROVISION_BRACKETED, /* （五） */
    PROVISION_ARTICLE,   /* 第五条 */
};
enum { PROVISION_STYLES = PROVISION_ARTICLE + 1 };

/* Reads a whole text as a provision's number: `7`, `十五`, `（五）`, `(十二)`, `第五条`; 0 when it is none. */
int64_t numeral_of_provision(struct text text, enum provision_style *style);

/* A Chinese numeral at the front of the text: its value, and its bytes in *size; *size 0 when there is none. */
int64_t numeral_chinese(struct text text, size_t *size);

#endif
