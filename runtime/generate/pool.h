/* pool.h - for every item, profiles and cells that its conditions accept, found by trial with the policy as judge. */
#ifndef POL_GENERATE_POOL_H
#define POL_GENERATE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "generate/draw.h"
#include "polrt.h"

enum { POOL_SIZE = 32 };

struct candidate {
    int64_t *profile; /* by profile field index */
    int64_t *claim;   /* by claim field index; text: 0 */
    int64_t award;    /* fen; -1: the item does not accept it */
};

struct pool {
    const pol_module *module;
    uint32_t item_count, claim_fields, profile_fields;
    uint64_t rows;               /* item_count * POOL_SIZE */
    struct candidate *candidate; /* rows; accepted ones first within an item */
    uint32_t *accepted;          /* by item */
    /* accepts[archetype * item_count + item]: the first accepted candidate of the item is also accepted with the
     * profile of candidate `archetype` */
    uint8_t *accepts;
    int64_t *values; /* storage of all candidates */
};

/* `year`: a year in force for the trial claims. */
enum pol_status pool_new(const pol_module *module, uint64_t seed, int32_t day, struct pool **out,
                         struct pol_error *error);
void pool_free(struct pool *pool);

uint32_t pool_enum_values(const pol_module *module, const struct pol_field *field);

#endif
