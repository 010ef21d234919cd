/* gen_date.c - calendar arithmetic without branches.
 *
 * Years are counted from 1 March, so that a leap day is the last day of its year and moving a date by whole years moves
 * the first day of its year alone: day 365 of a common year is then the first of March after it, as the language wants.
 */
#include "codegen/gen_emit.h"

enum { MARCH_OF_YEAR_0 = -719468, CENTURIES_4 = 146097, YEARS_4 = 1461, MARCH_TO_NEW_YEAR = 306 };

struct march_date {
    struct num year, day; /* day of the year from 0 */
};

static struct num times(const struct gen_row *r, struct num a, ir_int k) {
    return gen_mul(r, a, gen_const(r, k));
}

static struct num plus(const struct gen_row *r, struct num a, ir_int k) {
    return gen_add(r, a, gen_const(r, k));
}

/* a / d; *rest gets a - d * (a / d), which is in [0, d). */
static struct num divide(const struct gen_row *r, struct num a, ir_int d, struct num *rest) {
    struct num q = gen_floordiv(r, a, gen_const(r, d));
    *rest = gen_narrow(r, gen_sub(r, a, times(r, q, d)), 0, d - 1);
    return q;
}

/* Quarter days make each division exact: a century has 36524.25 days and a year 365.25. */
static struct march_date split(const struct gen_row *r, struct num date) {
    struct num quarter, in_year, rest;
    struct num since = plus(r, date, -MARCH_OF_YEAR_0);
    struct num century = divide(r, plus(r, times(r, since, 4), 3), CENTURIES_4, &quarter);
    struct num in_century = divide(r, quarter, 4, &rest);
    struct num year = divide(r, plus(r, times(r, in_century, 4), 3), YEARS_4, &in_year);
    return (struct march_date){gen_add(r, times(r, century, 100), year), divide(r, in_year, 4, &rest)};
}

/* The day on which March of the year begins. */
static struct num start_of(const struct gen_row *r, struct num year) {
    struct num rest, leap = divide(r, year, 4, &rest);
    leap = gen_sub(r, leap, divide(r, year, 100, &rest));
    leap = gen_add(r, leap, divide(r, year, 400, &rest));
    return plus(r, gen_add(r, times(r, year, 365), leap), MARCH_OF_YEAR_0);
}

struct num gen_year(const struct gen_row *r, struct num date) {
    struct march_date d = split(r, date);
    struct num next = gen_compare(r, IR_LE, gen_const(r, MARCH_TO_NEW_YEAR), d.day);
    return gen_add(r, d.year, gen_select(r, next, gen_const(r, 1), gen_const(r, 0)));
}

struct num gen_add_years(const struct gen_row *r, struct num date, struct num years) {
    struct march_date d = split(r, date);
    return gen_add(r, start_of(r, gen_add(r, d.year, years)), d.day);
}
