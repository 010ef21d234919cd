/* lines.h - the lines of decisions.csv and payments.csv.
 *
 * Both are written at `out`, where there must be room (pol_decision_room, pol_payment_room), and return the end. Behind
 * the ids that are given, POL_CELL_ROOM bytes must be readable.
 */
#ifndef POL_AUDIT_LINES_H
#define POL_AUDIT_LINES_H

#include "audit/kept.h"
#include "core/results.h"
#include "ledger/buffer.h"
#include "polrt.h"

/* Text that stands in many lines; behind it POL_CELL_ROOM bytes can be read. */
struct pol_phrase {
    char *data;
    size_t size;
};

/* What lines of a policy's decisions have in common. Any thread may read it. */
struct pol_lines {
    struct pol_phrase *rules; /* "name," by rule */
    uint32_t rule_count;
    struct pol_phrase reasons[POL_REASON_COUNT]; /* ",decision,reason," */
    size_t longest_rule;
};

/* False: no memory; to be freed in any case. */
bool pol_lines_make(struct pol_lines *lines, const pol_module *module);
void pol_lines_free(struct pol_lines *lines);

static inline size_t pol_decision_room(const struct pol_lines *lines, size_t claim_size) {
    enum { AMOUNTS = 8, OTHERS = 3 };
    return 2 * claim_size + lines->longest_rule + (size_t)AMOUNTS * POL_MONEY_ROOM + (size_t)OTHERS * POL_CELL_ROOM;
}

static inline size_t pol_payment_room(size_t claim_size, size_t applicant_size) {
    enum { NUMBERS = 2, OTHERS = 3 };
    return 2 * (claim_size + applicant_size) + (size_t)NUMBERS * POL_MONEY_ROOM + (size_t)OTHERS * POL_CELL_ROOM;
}

/* ---- a decision's line: the claim's cell, why, amounts, what was paid -------------------------------------------- */

static inline char *pol_put_phrase(char *out, const struct pol_phrase *phrase) {
    if (__builtin_expect(phrase->size <= POL_CELL_ROOM, 1))
        return pol_put_padded(out, pol_padded_at(phrase->data), phrase->size);
    memcpy(out, phrase->data, phrase->size);
    return out + phrase->size;
}

/* From the comma behind the claim's cell to the one before the award. */
static inline char *pol_put_why(char *out, const struct pol_lines *lines, uint8_t reason, uint32_t rule) {
    return pol_put_phrase(pol_put_phrase(out, &lines->reasons[reason]), &lines->rules[rule]);
}

/* As many times no money, up to five. */
static inline char *pol_put_zeros(char *out, size_t count) {
    static const char zeros[POL_CELL_ROOM] = "0.00,0.00,0.00,0.00,0.00,";
    memcpy(out, zeros, count <= 3 ? 16 : sizeof zeros);
    return out + 5 * count;
}

/* Award to lapsed of any claim; award -1: none. */
char *pol_put_amounts(char *out, int64_t award, const struct prt_amounts *amounts);
/* The same of one without an award. */
static inline char *pol_put_no_award(char *out) {
    *out = ',';
    return pol_put_zeros(out + 1, 5);
}
/* What was paid, if anybody knows, and what that is more than was due. */
char *pol_put_paid(char *out, int64_t paid, int64_t due);
static inline char *pol_put_not_paid(char *out) {
    static const char text[] = {',', '\n'};
    return (char *)memcpy(out, text, sizeof text) + sizeof text;
}
static inline char *pol_put_no_difference(char *out) {
    static const char text[] = {'0', '.', '0', '0', '\n'};
    return (char *)memcpy(out, text, sizeof text) + sizeof text;
}

/* The whole line of any claim; paid POL_PAID_NONE: nobody knows. */
char *pol_put_decision(char *out, const struct pol_lines *lines, struct pol_text claim, uint8_t reason, uint32_t rule,
                       int64_t award, const struct prt_amounts *amounts, int64_t paid);

/* ---- a payment's line -------------------------------------------------------------------------------------------- */

char *pol_put_payment(char *out, struct pol_text claim, struct pol_text applicant, int32_t year, int64_t fen);
/* What follows the applicant's cell. */
static inline char *pol_put_year_and_amount(char *out, int32_t year, struct pol_amount amount) {
    *out++ = ',';
    out = pol_put_year(out, year);
    *out++ = ',';
    out = pol_put_amount(out, amount);
    out[-1] = '\n';
    return out;
}

#endif
