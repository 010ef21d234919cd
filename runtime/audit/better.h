/* better.h - which facts, changed, would make a better award? The policy itself is asked: its row part decides the
 * claim by itself, again and again, with cells changed. What other claims have to do with it is left out. */
#ifndef POL_AUDIT_BETTER_H
#define POL_AUDIT_BETTER_H

#include "ledger/buffer.h"
#include "polrt.h"

enum { POL_BETTER_MOST = 6, POL_BETTER_FACTS = 8 };

struct pol_better_fact {
    const struct pol_field *field;
    int64_t from, to; /* in the units of the field */
};

/* With all of these facts the award is this one, fen. */
struct pol_better {
    struct pol_better_fact fact[POL_BETTER_FACTS];
    unsigned facts;
    int64_t award;
};

struct pol_better_list {
    struct pol_better better[POL_BETTER_MOST];
    unsigned count;
};

/* A claim that is tried; one thread's. It refers to the run, which was sealed. NULL: no memory. */
struct pol_trial *pol_trial_new(const pol_run *run, const pol_module *module);
void pol_trial_free(struct pol_trial *trial); /* NULL is fine */

/* Begins with a claim of which nothing is known; then its cells are set, one by one. A field that is not set has its
 * default, where it has one. The bytes of a text must stay. */
void pol_trial_begin(struct pol_trial *trial, uint32_t item);
void pol_trial_claim(struct pol_trial *trial, uint32_t field, int64_t value, struct pol_text text);
void pol_trial_profile(struct pol_trial *trial, uint32_t field, int64_t value, struct pol_text text);

/* Single facts that make a better award; where none does and there is no award, several together. */
void pol_trial_better(struct pol_trial *trial, struct pol_better_list *list);
/* What the claim could come to, fen, with another value of a number of the claim, as if it were the only one: its award
 * cut by the item's caps; -1: no award. */
int64_t pol_trial_alone(struct pol_trial *trial, uint32_t field, int64_t value);
/* The maximum of a cap of money, fen; -1: its condition does not hold for the claim. */
int64_t pol_trial_cap(struct pol_trial *trial, const struct pol_step *step);

#endif
