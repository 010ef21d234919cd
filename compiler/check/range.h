/* range.h - exact intervals of values, and values as people write them.
 *
 * Money in fen, rates as they are (50% is 1/2), dates in days since 1970-01-01, bools 0 and 1, an enum's value by its
 * index. Nothing here reports anything; texts live in the arena that is given.
 */
#ifndef POL_CHECK_RANGE_H
#define POL_CHECK_RANGE_H

#include "base/text.h"
#include "check/rat.h"
#include "type/type.h"

/* All values an expression can have. */
struct range {
    bool known; /* false: too large to tell, or not a number */
    bool whole; /* only whole numbers */
    struct rat lo, hi;
};

struct range check_range_unknown(void);
struct range check_range_point(struct rat value);
struct range check_range_make(struct rat lo, struct rat hi, bool whole); /* unknown where a bound does not fit */
struct range check_range_union(struct range a, struct range b);
struct range check_range_field(const struct type *type, int64_t min, int64_t max); /* bounds in the units of abi.h */
bool check_range_is_point(struct range r);
bool check_range_has_zero(struct range r);
struct range check_range_sum(struct range a, struct range b, bool minus);
struct range check_range_product(struct range a, struct range b);
struct range check_range_quotient(struct range a, struct range b); /* b without zero */
struct range check_range_floor(struct range a);
struct range range_between(int64_t lo, int64_t hi); /* of whole numbers */
struct rat range_smaller(struct rat a, struct rat b);
struct rat range_larger(struct rat a, struct rat b);

/* Whether `a op b` holds for a comparison: -1 never, 1 always, 0 it depends. Both are known. */
int range_holds(enum ast_op op, struct range a, struct range b);

int64_t range_day(int64_t year, int64_t month, int64_t day); /* days since 1970-01-01 */
struct rat range_year_of_day(struct rat day);                /* invalid outside of the calendar */
/* The same day of the year so many years on; 29 February becomes 1 March where there is none. */
struct rat range_day_after_years(struct rat day, struct rat years);

/* 500万元, 50%, 2021-01-31, 10; "?" for an invalid number. */
struct text check_show_value(struct arena *arena, struct rat value, enum type_kind kind);

#endif
