/* interp_examples.h - the examples of a policy: each as a small ledger, and what it must come to.
 *
 * An example becomes two CSV texts, parameters and expectations, so that the interpreter and native code decide the
 * very same ledger; interp_example_compare judges the decisions of either. Everything lives in the caller's arena. This
 * is the one part of compiler/interp that knows the checker's model.
 */
#ifndef POL_INTERP_EXAMPLES_H
#define POL_INTERP_EXAMPLES_H

#include "check/model.h"
#include "interp/interp_run.h"
#include "interp/interp_targets.h"

struct interp_example {
    const struct model *model;
    const struct model_example *source;
    struct text title;
    struct span span;
    struct text claims, applicants; /* CSV */
    struct text indicators;         /* CSV; empty: the example expects nothing of a target */
    const int64_t *params;
    int32_t as_of_year;    /* 0: the latest */
    struct text *claim_id; /* by row of the claims */
    size_t claim_count;
};

struct interp_mismatch {
    const struct interp_example *example;
    bool of_target;              /* `claim` is a target's name */
    struct text claim;           /* the claim's name; empty where the example as a whole cannot be run */
    struct span span;            /* of the expectation, or of what cannot be used */
    struct text expected, found; /* for people: "granted 50000.00", "denied ineligible" */
    struct interp_mismatch *next;
};

struct interp_mismatches { /* zero-initialise */
    struct interp_mismatch *first, *last;
    size_t count;
    uint64_t *nanoseconds; /* NULL, or by example in the model's order: a run adds what each takes on the clock */
};

/* Nanoseconds of a clock that only goes forward. */
uint64_t interp_now(void);

/* Adds one (copied). */
void interp_mismatch_add(struct arena *arena, struct interp_mismatches *list, const struct interp_mismatch *mismatch);

/* Builds the ledger of one example. False: a fact, a setting or the as-of year cannot be written as a cell; that was
 * added to *mismatches, and *out is not to be run. */
bool interp_example_build(struct arena *arena, const struct model *model, const struct ir_policy *policy,
                          const struct model_example *source, struct interp_example *out,
                          struct interp_mismatches *mismatches);

/* Adds to *mismatches whatever differs from the expectations. Decisions are those of the example's claims, in order,
 * their rules indices into the policy's; payments are in any order. */
void interp_example_compare(struct arena *arena, const struct ir_policy *policy, const struct interp_example *example,
                            const struct interp_decision *decision, size_t decision_count,
                            const struct interp_payment *payment, size_t payment_count,
                            struct interp_mismatches *mismatches);

/* The same for the expectations of targets; status[] by row of the output, in its order. */
void interp_example_compare_targets(struct arena *arena, const struct ir_policy *policy,
                                    const struct interp_example *example, const enum interp_target_status *status,
                                    size_t count, struct interp_mismatches *mismatches);

/* Whether the expectation is of a target, not of a claim. */
bool interp_expects_target(const struct ast_expect *expect);

/* Adds that the example could not be run at all. */
void interp_example_failed(struct arena *arena, const struct interp_example *example, const char *message,
                           struct interp_mismatches *mismatches);

/* Runs every example of the model on the interpreter. INTERP_SYSTEM: no memory; what differs is in *mismatches. */
enum interp_status interp_examples_run(struct arena *arena, const struct model *model, const struct ir_policy *policy,
                                       size_t *run, struct interp_mismatches *mismatches, struct interp_error *error);

/* The same, watched. Expectations are compared as ever. */
enum interp_status interp_examples_record(struct arena *arena, const struct model *model,
                                          const struct ir_policy *policy, const struct interp_recorder *recorder,
                                          size_t *run, struct interp_mismatches *mismatches,
                                          struct interp_error *error);

#endif
