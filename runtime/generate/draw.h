/* draw.h - a deterministic random source and values of the types of pol drawn from it. */
#ifndef POL_GENERATE_DRAW_H
#define POL_GENERATE_DRAW_H

#include <stdint.h>

#include "abi.h"

struct draw {
    uint64_t state;
};

uint64_t draw_bits(struct draw *d);
/* Uniform in [0, bound); bound > 0. */
uint64_t draw_below(struct draw *d, uint64_t bound);
/* True in `per_mille` of 1000 draws. */
int draw_chance(struct draw *d, unsigned per_mille);
/* A value of a field as ledgers hold them: small and round ones more often. `values` is the size of its enum. Not for
 * text. Within the field's range. */
int64_t draw_value(struct draw *d, const struct pol_field *field, uint32_t values);
/* A value near `value`, in the field's range: half to double, or a step beside it. */
int64_t draw_near(struct draw *d, const struct pol_field *field, int64_t value);

#endif
