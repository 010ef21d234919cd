#include "ir/ir_range.h"

#include <assert.h>

ir_int ir_floor_div(ir_int a, ir_int b) {
    assert(b > 0);
    ir_int q = a / b;
    return a % b < 0 ? q - 1 : q;
}

ir_int ir_round_div(ir_int a, ir_int b) {
    ir_int q = ir_floor_div(a, b);
    ir_int rest = a - q * b;
    return rest >= b - rest ? q + 1 : q;
}

ir_int ir_gcd(ir_int a, ir_int b) {
    if (a < 0)
        a = -a;
    if (b < 0)
        b = -b;
    while (b) {
        ir_int rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* Days are counted in years that begin on 1 March, so that the leap day is the last of its year: 1461 days in four
 * years, 36524 in a century, 146097 in four centuries. Month m of such a year (0 = March) begins on day (153 m + 2)
 * / 5. */
enum { EPOCH_SHIFT = 719468, ERA_DAYS = 146097 };

struct civil {
    int32_t year;
    uint32_t month, mday;
};

static struct civil civil_of(int32_t day) {
    assert(day >= IR_DAY_MIN && day <= IR_DAY_MAX);
    uint32_t days = (uint32_t)(day + EPOCH_SHIFT);
    uint32_t era = days / ERA_DAYS;
    uint32_t in_era = days % ERA_DAYS;
    uint32_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    uint32_t in_year = in_era - (365 * year + year / 4 - year / 100);
    uint32_t month = (5 * in_year + 2) / 153;
    struct civil c = {.mday = in_year - (153 * month + 2) / 5 + 1, .month = month < 10 ? month + 3 : month - 9};
    c.year = (int32_t)(era * 400 + year + (c.month <= 2));
    return c;
}

/* Any year of 64 bits that leaves the result there. */
static int64_t day_of(int64_t year, uint32_t month, uint32_t mday) {
    if (month <= 2)
        year--;
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t in_era_year = year - era * 400;
    int64_t in_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + mday - 1;
    int64_t in_era = in_era_year * 365 + in_era_year / 4 - in_era_year / 100 + in_year;
    return era * ERA_DAYS + in_era - EPOCH_SHIFT;
}

static bool is_leap(int64_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

int32_t ir_day_year(int32_t day) {
    return civil_of(day).year;
}

int32_t ir_day_of(int32_t year, uint32_t month, uint32_t mday) {
    assert(year >= 0 && year <= 9999);
    return (int32_t)day_of(year, month, mday);
}

int64_t ir_day_add_years(int32_t day, int64_t years) {
    struct civil c = civil_of(day);
    int64_t year = c.year + years;
    if (c.month == 2 && c.mday == 29 && !is_leap(year))
        return day_of(year, 3, 1);
    return day_of(year, c.month, c.mday);
}

static bool fits(struct ir_range r) {
    return r.lo >= IR_INT_MIN && r.hi <= IR_INT_MAX;
}

/* False when the product does not fit 127 bits. */
static bool multiply(ir_int a, ir_int b, ir_int *out) {
    ir_int size_a = a < 0 ? -a : a;
    ir_int size_b = b < 0 ? -b : b;
    if (size_a && size_b > IR_INT_MAX / size_a)
        return false;
    *out = a * b;
    return true;
}

static bool range_mul(struct ir_range a, struct ir_range b, struct ir_range *out) {
    ir_int corner[4];
    if (!multiply(a.lo, b.lo, &corner[0]) || !multiply(a.lo, b.hi, &corner[1]) || !multiply(a.hi, b.lo, &corner[2]) ||
        !multiply(a.hi, b.hi, &corner[3]))
        return false;
    *out = (struct ir_range){corner[0], corner[0]};
    for (int i = 1; i < 4; i++) {
        if (corner[i] < out->lo)
            out->lo = corner[i];
        if (corner[i] > out->hi)
            out->hi = corner[i];
    }
    return true;
}

static bool range_div(enum ir_op op, struct ir_range a, struct ir_range b, struct ir_range *out) {
    if (b.lo < 1)
        return false;
    ir_int (*divide)(ir_int, ir_int) = op == IR_FLOORDIV ? ir_floor_div : ir_round_div;
    out->lo = divide(a.lo, a.lo >= 0 ? b.hi : b.lo);
    out->hi = divide(a.hi, a.hi >= 0 ? b.lo : b.hi);
    return true;
}

static bool is_days(struct ir_range r) {
    return r.lo >= IR_DAY_MIN && r.hi <= IR_DAY_MAX;
}

/* Both grow with each operand, so that the ends give the ends. */
static bool range_date(enum ir_op op, struct ir_range a, struct ir_range b, struct ir_range *out) {
    if (!is_days(a))
        return false;
    if (op == IR_YEAR) {
        *out = (struct ir_range){ir_day_year((int32_t)a.lo), ir_day_year((int32_t)a.hi)};
        return true;
    }
    if (b.lo < -10000 || b.hi > 10000)
        return false;
    *out = (struct ir_range){ir_day_add_years((int32_t)a.lo, (int64_t)b.lo),
                             ir_day_add_years((int32_t)a.hi, (int64_t)b.hi)};
    return is_days(*out);
}

static struct ir_range range_compare(enum ir_op op, struct ir_range a, struct ir_range b) {
    bool never, always;
    if (op == IR_EQ) {
        never = a.hi < b.lo || b.hi < a.lo;
        always = a.lo == a.hi && b.lo == b.hi && a.lo == b.lo;
    } else if (op == IR_LT) {
        never = a.lo >= b.hi;
        always = a.hi < b.lo;
    } else {
        never = a.lo > b.hi;
        always = a.hi <= b.lo;
    }
    return (struct ir_range){always, !never};
}

static ir_int smaller(ir_int a, ir_int b) {
    return a < b ? a : b;
}

static ir_int larger(ir_int a, ir_int b) {
    return a > b ? a : b;
}

static struct ir_range range_select(struct ir_range a, struct ir_range b, struct ir_range c) {
    if (a.lo == a.hi)
        return a.lo ? b : c;
    return (struct ir_range){smaller(b.lo, c.lo), larger(b.hi, c.hi)};
}

bool ir_range_of(enum ir_op op, struct ir_range a, struct ir_range b, struct ir_range c, struct ir_range *out) {
    switch (op) {
    case IR_CONST:
    case IR_CLAIM:
    case IR_PROFILE:
    case IR_PARAM:
    case IR_OP_COUNT:
        break;
    case IR_ADD:
        *out = (struct ir_range){a.lo + b.lo, a.hi + b.hi};
        return fits(*out);
    case IR_SUB:
        *out = (struct ir_range){a.lo - b.hi, a.hi - b.lo};
        return fits(*out);
    case IR_MUL:
        return range_mul(a, b, out);
    case IR_FLOORDIV:
    case IR_ROUNDDIV:
        return range_div(op, a, b, out);
    case IR_MIN:
    case IR_AND:
        *out = (struct ir_range){smaller(a.lo, b.lo), smaller(a.hi, b.hi)};
        return true;
    case IR_MAX:
    case IR_OR:
        *out = (struct ir_range){larger(a.lo, b.lo), larger(a.hi, b.hi)};
        return true;
    case IR_EQ:
    case IR_LT:
    case IR_LE:
        *out = range_compare(op, a, b);
        return true;
    case IR_NOT:
        *out = (struct ir_range){1 - a.hi, 1 - a.lo};
        return true;
    case IR_SELECT:
        *out = range_select(a, b, c);
        return true;
    case IR_TEXT_EQ:
        *out = (struct ir_range){0, 1};
        return true;
    case IR_LITERAL:
        *out = (struct ir_range){0, 0};
        return true;
    case IR_YEAR:
    case IR_ADD_YEARS:
        return range_date(op, a, b, out);
    }
    assert(!"a leaf has no operands");
    return false;
}
