/* generate.h - makes realistic ledgers for any policy from what its object says of itself.
 *
 * Nothing of a policy is known here: values that pass an item's conditions are found by trying, with the policy itself
 * as the judge (pool.h). The same module, options and seed give the same bytes on every machine.
 */
#ifndef POL_GENERATE_H
#define POL_GENERATE_H

#include <stdbool.h>
#include <stdint.h>

#include "polrt.h"

struct generate_options {
    uint64_t claims;     /* rows of claims.csv */
    uint64_t applicants; /* distinct applicants; 0: one for ten claims */
    uint64_t seed;
    unsigned years;         /* calendar years the claims spread over, 1 to 20; 0: 3 */
    unsigned bad_per_mille; /* claims rows with a bad cell, of 1000; also bad rows among applicants and indicators */
    bool shuffled;          /* claims in random order instead of by date */
    const char *items;      /* names as in ledgers, comma-separated; only these are claimed, and only the columns they
                               need are written. NULL: all items, all columns */
};

/* Writes claims.csv, applicants.csv and, where the policy has targets, indicators.csv into `directory`, which is made
 * when missing. Files appear under their names only when complete, all of them or none, and replace no others: then
 * it is refused. */
enum pol_status generate_ledger(const pol_module *module, const struct generate_options *options, const char *directory,
                                struct pol_error *error);

#endif
