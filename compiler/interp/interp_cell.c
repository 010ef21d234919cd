#include "interp/interp_cell.h"

#include <assert.h>
#include <string.h>

#include "interp/interp_date.h"

enum { MONEY_DECIMALS = 2, RATE_DECIMALS = 6, FIRST_YEAR = 1990, LAST_YEAR = 2099 };

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Strictly formed UTF-8: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
static size_t character_size(const unsigned char *p, size_t left) {
    unsigned char lead = p[0];
    if (lead < 0x80) {
        return 1;
    }
    size_t size = lead >= 0xc2 && lead <= 0xdf   ? 2
                  : lead >= 0xe0 && lead <= 0xef ? 3
                  : lead >= 0xf0 && lead <= 0xf4 ? 4
                                                 : 0;
    if (size == 0 || size > left) {
        return 0;
    }
    unsigned char low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < low || p[1] > high) {
        return 0;
    }
    for (size_t i = 2; i < size; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return size;
}

static bool is_utf8(struct text t) {
    size_t at = 0;
    while (at < t.size) {
        size_t size = character_size((const unsigned char *)t.data + at, t.size - at);
        if (size == 0) {
            return false;
        }
        at += size;
    }
    return true;
}

/* Digits with at most `decimals` behind one point; *out is the number times 10^decimals. False: not of this form. A
 * number beyond 64 bits comes out as some number beyond 64 bits, which no range holds. */
static bool read_decimal(struct text t, uint32_t decimals, ir_int *out) {
    ir_int number = 0;
    size_t whole = 0, behind = 0;
    bool point = false;
    for (size_t i = 0; i < t.size; i++) {
        if (t.data[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (!is_digit(t.data[i])) {
            return false;
        }
        *(point ? &behind : &whole) += 1;
        number = number > INT64_MAX ? number : number * 10 + (t.data[i] - '0');
    }
    if (whole == 0 || (point && behind == 0) || behind > decimals) {
        return false;
    }
    for (size_t i = behind; i < decimals; i++) {
        number *= 10; /* at most 10^6 times a number near 2^64: far below 2^127 */
    }
    *out = number;
    return true;
}

/* YYYY-MM-DD, a real day. */
static bool read_date(struct text t, ir_int *out) {
    static const char form[] = "dddd-dd-dd";
    if (t.size != sizeof form - 1) {
        return false;
    }
    int32_t part[3] = {0};
    size_t p = 0;
    for (size_t i = 0; i < t.size; i++) {
        if (form[i] == '-') {
            if (t.data[i] != '-') {
                return false;
            }
            p++;
        } else if (is_digit(t.data[i])) {
            part[p] = part[p] * 10 + (t.data[i] - '0');
        } else {
            return false;
        }
    }
    if (part[1] < 1 || part[1] > 12 || part[2] < 1 || part[2] > interp_month_days(part[0], part[1])) {
        return false;
    }
    *out = interp_days(part[0], part[1], part[2]);
    return true;
}

static bool read_bool(struct text t, ir_int *out) {
    static const struct {
        const char *word;
        int value;
    } words[] = {{"true", 1}, {"false", 0}, {"1", 1}, {"0", 0}, {"是", 1}, {"否", 0}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (text_equal(t, text_of(words[i].word))) {
            *out = words[i].value;
            return true;
        }
    }
    return false;
}

static bool read_enum(const struct ir_enum *enumeration, struct text t, ir_int *out) {
    for (uint32_t i = 0; i < enumeration->value_count; i++) {
        if (text_equal(t, enumeration->value[i].column)) {
            *out = i;
            return true;
        }
    }
    return false;
}

static bool read_value(const struct interp_cell_type *type, struct text cell, ir_int *out) {
    switch (type->type) {
    case POL_MONEY:
        return read_decimal(cell, MONEY_DECIMALS, out);
    case POL_RATE:
        return read_decimal(cell, RATE_DECIMALS, out);
    case POL_COUNT:
    case POL_YEARS:
    case POL_DAYS:
        return read_decimal(cell, 0, out);
    case POL_DATE:
        return read_date(cell, out);
    case POL_BOOL:
        return read_bool(cell, out);
    case POL_ENUM:
        return read_enum(type->enumeration, cell, out);
    case POL_TEXT:
        *out = (ir_int)cell.size;
        return is_utf8(cell);
    }
    assert(!"a type of abi.h");
    return false;
}

enum interp_cell_state interp_cell_read(const struct interp_cell_type *type, struct text cell, struct ir_value *out) {
    if (cell.size == 0) {
        return INTERP_CELL_MISSING;
    }
    ir_int number = 0;
    if (!read_value(type, cell, &number)) {
        return INTERP_CELL_BAD;
    }
    bool ranged = type->type != POL_BOOL && type->type != POL_ENUM;
    if (ranged && (number < type->min || number > type->max)) {
        return INTERP_CELL_BAD;
    }
    *out = (struct ir_value){.present = true, .number = number, .text = cell};
    return INTERP_CELL_READ;
}

enum interp_cell_state interp_cell_year(struct text cell, int32_t *out) {
    if (cell.size == 0) {
        return INTERP_CELL_MISSING;
    }
    ir_int year = 0;
    if (cell.size != 4 || !read_decimal(cell, 0, &year) || year < FIRST_YEAR || year > LAST_YEAR) {
        return INTERP_CELL_BAD;
    }
    *out = (int32_t)year;
    return INTERP_CELL_READ;
}

struct text interp_decimal(struct arena *arena, ir_int number, uint32_t scale) {
    char digits[96];
    size_t at = sizeof digits;
    assert(scale < 40);
    bool negative = number < 0;
    bool shown = false; /* a digit behind the point that is not a trailing zero */
    for (uint32_t i = 0; i < scale || number != 0 || i == scale; i++) {
        int digit = (int)(number % 10);
        digit = digit < 0 ? -digit : digit;
        number /= 10;
        if (i == scale && shown) {
            digits[--at] = '.';
        }
        shown = shown || digit != 0;
        if (i >= scale || shown) {
            digits[--at] = (char)('0' + digit);
        }
    }
    if (negative) {
        digits[--at] = '-';
    }
    return text_copy(arena, (struct text){digits + at, sizeof digits - at});
}
