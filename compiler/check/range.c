/* Exact intervals, days, and values for people. */
#include "check/range.h"

#include "abi.h"

/* ---- intervals ---- */

struct range check_range_unknown(void) {
    return (struct range){0};
}

struct range check_range_make(struct rat lo, struct rat hi, bool whole) {
    if (!rat_valid(lo) || !rat_valid(hi))
        return check_range_unknown();
    return (struct range){.known = true, .whole = whole, .lo = lo, .hi = hi};
}

struct range check_range_point(struct rat value) {
    return check_range_make(value, value, rat_is_int(value));
}

struct range range_between(int64_t lo, int64_t hi) {
    return check_range_make(rat_int(lo), rat_int(hi), true);
}

bool check_range_is_point(struct range r) {
    return r.known && rat_compare(r.lo, r.hi) == 0;
}

bool check_range_has_zero(struct range r) {
    return r.known && rat_sign(r.lo) <= 0 && rat_sign(r.hi) >= 0;
}

struct rat range_smaller(struct rat a, struct rat b) {
    return rat_valid(a) && rat_valid(b) && rat_compare(b, a) < 0 ? b : a;
}

struct rat range_larger(struct rat a, struct rat b) {
    return rat_valid(a) && rat_valid(b) && rat_compare(b, a) > 0 ? b : a;
}

struct range check_range_union(struct range a, struct range b) {
    if (!a.known || !b.known)
        return check_range_unknown();
    return check_range_make(range_smaller(a.lo, b.lo), range_larger(a.hi, b.hi), a.whole && b.whole);
}

/* The interval of a field or parameter whose bounds are in the units of abi.h. */
struct range check_range_field(const struct type *type, int64_t min, int64_t max) {
    switch (type->kind) {
    case TYPE_RATE:
        return check_range_make(rat_of(min, POL_RATE_SCALE), rat_of(max, POL_RATE_SCALE), false);
    case TYPE_MONEY:
    case TYPE_COUNT:
    case TYPE_YEARS:
    case TYPE_DAYS:
    case TYPE_DATE:
    case TYPE_BOOL:
    case TYPE_ENUM:
    case TYPE_NUMBER:
        return range_between(min, max);
    case TYPE_TEXT:
    case TYPE_MISSING:
    case TYPE_ERROR:
        break;
    }
    return check_range_unknown();
}

struct range check_range_sum(struct range a, struct range b, bool minus) {
    if (!a.known || !b.known)
        return check_range_unknown();
    bool whole = a.whole && b.whole;
    if (minus)
        return check_range_make(rat_sub(a.lo, b.hi), rat_sub(a.hi, b.lo), whole);
    return check_range_make(rat_add(a.lo, b.lo), rat_add(a.hi, b.hi), whole);
}

static struct range hull(const struct rat v[4], bool whole) {
    struct rat lo = v[0], hi = v[0];
    for (int i = 0; i < 4; i++) {
        if (!rat_valid(v[i]))
            return check_range_unknown();
        lo = range_smaller(lo, v[i]);
        hi = range_larger(hi, v[i]);
    }
    bool point = rat_compare(lo, hi) == 0;
    return check_range_make(lo, hi, whole || (point && rat_is_int(lo)));
}

struct range check_range_product(struct range a, struct range b) {
    if (!a.known || !b.known)
        return check_range_unknown();
    struct rat v[4] = {rat_mul(a.lo, b.lo), rat_mul(a.lo, b.hi), rat_mul(a.hi, b.lo), rat_mul(a.hi, b.hi)};
    return hull(v, a.whole && b.whole);
}

struct range check_range_quotient(struct range a, struct range b) {
    if (!a.known || !b.known)
        return check_range_unknown();
    struct rat v[4] = {rat_div(a.lo, b.lo), rat_div(a.lo, b.hi), rat_div(a.hi, b.lo), rat_div(a.hi, b.hi)};
    return hull(v, false);
}

struct range check_range_floor(struct range a) {
    return a.known ? check_range_make(rat_floor(a.lo), rat_floor(a.hi), true) : a;
}

/* ---- days ---- */

enum { DAY_LOWEST = -719468, DAY_HIGHEST = 2932896 }; /* 0000-03-01 and 9999-12-31, from 1970-01-01 */

int64_t range_day(int64_t year, int64_t month, int64_t day) {
    int64_t y = month <= 2 ? year - 1 : year;
    int64_t era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void civil_of(int64_t days, int64_t *year, int64_t *month, int64_t *day) {
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
    int64_t yoe = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t doy = of_era - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    *day = doy - (153 * mp + 2) / 5 + 1;
    *month = mp + (mp < 10 ? 3 : -9);
    *year = yoe + era * 400 + (*month <= 2);
}

struct rat range_day_after_years(struct rat day, struct rat years) {
    int64_t d, n, year, month, of_month;
    if (!rat_to_int64(day, &d) || !rat_to_int64(years, &n) || d < DAY_LOWEST || d > DAY_HIGHEST)
        return (struct rat){0, 0};
    if (n < -10000 || n > 10000)
        return (struct rat){0, 0};
    civil_of(d, &year, &month, &of_month);
    year += n;
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month == 2 && of_month == 29 && !leap)
        return rat_int(range_day(year, 3, 1));
    return rat_int(range_day(year, month, of_month));
}

struct rat range_year_of_day(struct rat day) {
    int64_t d, year, month, of_month;
    if (!rat_to_int64(day, &d) || d < DAY_LOWEST || d > DAY_HIGHEST)
        return (struct rat){0, 0};
    civil_of(d, &year, &month, &of_month);
    return rat_int(year);
}

/* -1: never holds, 1: always, 0: it depends. */
int range_holds(enum ast_op op, struct range a, struct range b) {
    int low = rat_compare(a.lo, b.hi), high = rat_compare(a.hi, b.lo); /* a's least beside b's most, and so on */
    bool same = check_range_is_point(a) && check_range_is_point(b) && low == 0;
    switch (op) {
    case AST_EQ:
        return same ? 1 : low > 0 || high < 0 ? -1 : 0;
    case AST_NE:
        return same ? -1 : low > 0 || high < 0 ? 1 : 0;
    case AST_LT:
        return high < 0 ? 1 : low >= 0 ? -1 : 0;
    case AST_LE:
        return high <= 0 ? 1 : low > 0 ? -1 : 0;
    case AST_GT:
        return low > 0 ? 1 : high <= 0 ? -1 : 0;
    case AST_GE:
        return low >= 0 ? 1 : high < 0 ? -1 : 0;
    case AST_ADD:
    case AST_SUB:
    case AST_MUL:
    case AST_DIV:
    case AST_OF:
    case AST_FOR_EACH:
    case AST_AND:
    case AST_OR:
    case AST_AT_MOST:
    case AST_UP_TO:
    case AST_AT_LEAST:
        break;
    }
    return 0;
}

/* ---- values for people ---- */

static struct text show_integer(struct arena *a, ast_int v) {
    char digits[48];
    int at = sizeof digits;
    bool negative = v < 0;
    do {
        int digit = (int)(v % 10);
        digits[--at] = (char)('0' + (digit < 0 ? -digit : digit));
        v /= 10;
    } while (v);
    if (negative)
        digits[--at] = '-';
    return text_copy(a, (struct text){digits + at, sizeof digits - (size_t)at});
}

static struct text show_number(struct arena *a, struct rat v) {
    struct rat whole = rat_is_int(v) ? v : rat_floor(v);
    if (rat_is_int(v))
        return show_integer(a, v.num);
    for (ast_int scale = 10, places = 1; places <= 6; scale *= 10, places++) {
        struct rat scaled = rat_mul(v, rat_int(scale));
        if (!rat_is_int(scaled) || rat_sign(v) < 0)
            continue;
        struct text front = show_integer(a, whole.num), back = show_integer(a, scaled.num - whole.num * scale);
        int zeros = (int)places - (int)back.size;
        return text_format(a, "%.*s.%.*s%.*s", TEXT_ARG(front), zeros > 0 ? zeros : 0, "000000", TEXT_ARG(back));
    }
    struct text num = show_integer(a, v.num), den = show_integer(a, v.den);
    return text_format(a, "%.*s/%.*s", TEXT_ARG(num), TEXT_ARG(den));
}

static struct text show_money(struct arena *a, struct rat fen) {
    static const struct {
        int64_t yuan;
        const char *unit;
    } scale[] = {{100000000, "亿元"}, {10000, "万元"}, {1, "元"}};
    struct rat yuan = rat_div(fen, rat_int(100));
    for (size_t i = 0; i < sizeof scale / sizeof *scale; i++) {
        struct rat scaled = rat_div(yuan, rat_int(scale[i].yuan));
        if (!rat_is_int(scaled) || rat_sign(scaled) == 0)
            continue;
        struct text t = show_number(a, scaled);
        return text_format(a, "%.*s%s", TEXT_ARG(t), scale[i].unit);
    }
    struct text t = show_number(a, yuan);
    return text_format(a, "%.*s元", TEXT_ARG(t));
}

struct text check_show_value(struct arena *a, struct rat v, enum type_kind kind) {
    int64_t day, year, month, of_month;
    if (!rat_valid(v))
        return TEXT("?");
    if (kind == TYPE_MONEY)
        return show_money(a, v);
    if (kind == TYPE_RATE) {
        struct text t = show_number(a, rat_mul(v, rat_int(100)));
        return text_format(a, "%.*s%%", TEXT_ARG(t));
    }
    if (kind == TYPE_DATE && rat_to_int64(v, &day) && day >= DAY_LOWEST && day <= DAY_HIGHEST) {
        civil_of(day, &year, &month, &of_month);
        return text_format(a, "%04d-%02d-%02d", (int)year, (int)month, (int)of_month);
    }
    return show_number(a, v);
}
