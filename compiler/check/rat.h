/* rat.h - exact rational numbers of 128 bits, for constants and intervals.
 *
 * Always in lowest terms with a positive denominator. An operation whose result does not fit yields an invalid number
 * (den 0), and whatever is computed from an invalid number is invalid too: callers look once, at the end.
 */
#ifndef POL_CHECK_RAT_H
#define POL_CHECK_RAT_H

#include <stdbool.h>
#include <stdint.h>

#include "ast/ast.h"

struct rat {
    ast_int num, den; /* den 0: does not fit */
};

struct rat rat_of(ast_int num, ast_int den); /* invalid when den is 0 */
struct rat rat_int(ast_int value);
bool rat_valid(struct rat a);
bool rat_is_int(struct rat a); /* valid, and a whole number */

struct rat rat_add(struct rat a, struct rat b);
struct rat rat_sub(struct rat a, struct rat b);
struct rat rat_mul(struct rat a, struct rat b);
struct rat rat_div(struct rat a, struct rat b); /* invalid when b is 0 */
struct rat rat_neg(struct rat a);
struct rat rat_floor(struct rat a);
struct rat rat_ceil(struct rat a);
struct rat rat_round(struct rat a); /* half up, as the runtime rounds */

int rat_sign(struct rat a); /* of a valid number */
/* -1, 0, 1 for two valid numbers; exact also where the cross products do not fit. */
int rat_compare(struct rat a, struct rat b);

/* Valid, whole and within int64_t. */
bool rat_to_int64(struct rat a, int64_t *out);

#endif
