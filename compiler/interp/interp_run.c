#include "interp/interp_run.h"

#include <assert.h>
#include <setjmp.h>
#include <stdlib.h>

#include "interp/interp_params.h"
#include "tr.h"

const char *interp_decision_name(enum interp_decision_kind kind) {
    switch (kind) {
    case INTERP_GRANTED:
        return tr_later("granted");
    case INTERP_REDUCED:
        return tr_later("reduced");
    case INTERP_DEFERRED:
        return tr_later("deferred");
    case INTERP_DENIED:
        return tr_later("denied");
    case INTERP_INVALID:
        return tr_later("invalid");
    }
    return "";
}

const char *interp_reason_name(enum pol_reason reason) {
    switch (reason) {
    case POL_OK:
        return tr_later("ok");
    case POL_DUPLICATE_CLAIM:
        return tr_later("duplicate_claim");
    case POL_UNKNOWN_ITEM:
        return tr_later("unknown_item");
    case POL_BAD_VALUE:
        return tr_later("bad_value");
    case POL_MISSING_FIELD:
        return tr_later("missing_field");
    case POL_MISSING_PROFILE:
        return tr_later("missing_profile");
    case POL_NOT_IN_FORCE:
        return tr_later("not_in_force");
    case POL_EXCLUDED:
        return tr_later("excluded");
    case POL_INELIGIBLE:
        return tr_later("ineligible");
    case POL_ALREADY_AWARDED:
        return tr_later("already_awarded");
    case POL_CAP_REACHED:
        return tr_later("cap_reached");
    case POL_CAP:
        return tr_later("cap");
    case POL_LIMIT:
        return tr_later("limit");
    case POL_REASON_COUNT:
        break;
    }
    return "";
}

/* ---- profiles --------------------------------------------------------------------------------------------------- */

/* Runs the profile function over every readable row. */
static void evaluate_profiles(struct interp_ledger *ledger, const int64_t *params) {
    const struct ir_policy *policy = ledger->policy;
    const struct ir_func *func = &policy->profile_row;
    struct ir_value *value = arena_array_of(ledger->arena, struct ir_value, func->inst_count);
    for (size_t i = 0; i < ledger->profile_count; i++) {
        struct interp_profile *profile = &ledger->profile[i];
        if (profile->status != POL_OK) {
            continue;
        }
        struct ir_row row = {.profile = profile->cells, .param = params};
        for (uint32_t b = 0; b < func->block_count; b++) {
            ir_eval_block(func, b, &row, value);
        }
        profile->excluded = ir_eval_result(value, policy->limit.excluded, 0) != 0;
        profile->limited = ir_eval_result(value, policy->limit.limited, 0) != 0;
        profile->limit = (int64_t)ir_eval_result(value, policy->limit.amount, 0);
    }
}

/* ---- stages 1 to 4, and on -------------------------------------------------------------------------------------- */

struct evaluation {
    const struct ir_policy *policy;
    const struct interp_ledger *ledger;
    const int64_t *params;
    struct interp_fold *fold;
    struct ir_value *cells; /* of the claim at hand */
    struct ir_value *value; /* of the row function */
    struct interp_decision *decision;
    const struct interp_recorder *recorder;
};

static void end_with_rule(const struct ir_policy *policy, struct interp_decision *decision, ir_int rule) {
    assert(rule > 0 && rule < policy->rule_count);
    decision->kind = INTERP_DENIED;
    decision->rule = (uint32_t)rule;
    decision->reason = policy->rule[decision->rule].reason;
}

static void evaluate_block(struct evaluation *e, uint32_t block, const struct ir_row *row) {
    ir_eval_block(&e->policy->row, block, row, e->value);
    if (e->recorder != NULL && e->recorder->row != NULL) {
        e->recorder->row(e->recorder->data, block, e->value);
    }
}

/* A valid claim, from stage 1 to the end. */
static void decide_claim(struct evaluation *e, size_t index) {
    const struct interp_claim *claim = &e->ledger->claim[index];
    const struct ir_func *func = &e->policy->row;
    const struct ir_block *item = &func->block[1 + claim->item];
    struct interp_decision *decision = &e->decision[index];
    interp_ledger_cells(e->ledger, claim, e->cells);
    struct ir_row row = {.claim = e->cells, .profile = claim->profile->cells, .param = e->params};
    evaluate_block(e, 0, &row);
    ir_int rule = ir_eval_result(e->value, func->block[0].rule, 0);
    if (rule == 0) {
        evaluate_block(e, 1 + claim->item, &row);
        rule = ir_eval_result(e->value, item->rule, 0);
    }
    if (rule != 0) {
        end_with_rule(e->policy, decision, rule);
        return;
    }
    int64_t award = (int64_t)ir_eval_result(e->value, item->award, 0);
    assert(award > 0);
    struct interp_awarded awarded = {.row = index, .cells = e->cells, .value = e->value, .block = item, .award = award};
    interp_fold_claim(e->fold, &awarded, decision);
}

/* ---- order ------------------------------------------------------------------------------------------------------ */

static int compare_claims(const void *left, const void *right) {
    const struct interp_claim *a = *(const struct interp_claim *const *)left;
    const struct interp_claim *b = *(const struct interp_claim *const *)right;
    if (a->date != b->date) {
        return a->date < b->date ? -1 : 1;
    }
    return text_compare(a->id, b->id);
}

/* The valid claims in the order in which they are decided. Their ids are distinct, so the order is total. */
static const struct interp_claim **order_claims(const struct interp_ledger *ledger, size_t *count) {
    const struct interp_claim **order = arena_array_of(ledger->arena, const struct interp_claim *, ledger->claim_count);
    *count = 0;
    for (size_t i = 0; i < ledger->claim_count; i++) {
        if (ledger->claim[i].status == POL_OK) {
            order[(*count)++] = &ledger->claim[i];
        }
    }
    if (*count > 0) {
        qsort(order, *count, sizeof(const struct interp_claim *), compare_claims);
    }
    return order;
}

/* ---- the whole ledger ------------------------------------------------------------------------------------------- */

static struct interp_decision *begin_decisions(const struct interp_ledger *ledger) {
    struct interp_decision *decision = arena_array_of(ledger->arena, struct interp_decision, ledger->claim_count);
    for (size_t i = 0; i < ledger->claim_count; i++) {
        const struct interp_claim *claim = &ledger->claim[i];
        decision[i] = (struct interp_decision){
            .claim_id = claim->id,
            .applicant_id = claim->applicant,
            .kind = INTERP_INVALID,
            .reason = claim->status,
            .item = claim->item,
            .award = -1,
            .has_paid = claim->has_paid,
            .paid = claim->paid,
        };
    }
    return decision;
}

static const int64_t *params_of(const struct interp_ledger *ledger, const struct interp_options *options) {
    if (options != NULL && options->params != NULL) {
        return options->params;
    }
    int64_t *params = arena_array_of(ledger->arena, int64_t, ledger->policy->param_count);
    interp_params_default(ledger->policy, params);
    return params;
}

static void decide_all(struct interp_ledger *ledger, const struct interp_options *options,
                       struct interp_result *result) {
    struct arena *arena = ledger->arena;
    const struct ir_policy *policy = ledger->policy;
    struct evaluation e = {.policy = policy, .ledger = ledger, .params = params_of(ledger, options)};
    evaluate_profiles(ledger, e.params);
    e.recorder = options == NULL ? NULL : options->recorder;
    e.fold = interp_fold_new(ledger, e.recorder);
    e.cells = arena_array_of(arena, struct ir_value, policy->claim_count);
    e.value = arena_array_of(arena, struct ir_value, policy->row.inst_count);
    e.decision = begin_decisions(ledger);
    size_t count;
    const struct interp_claim **order = order_claims(ledger, &count);
    for (size_t i = 0; i < count; i++) {
        decide_claim(&e, (size_t)(order[i] - ledger->claim));
    }
    result->as_of_year = options != NULL && options->as_of_year != 0 ? options->as_of_year : ledger->latest_year;
    interp_fold_end(e.fold, result->as_of_year);
    result->decision = e.decision;
    result->decision_count = ledger->claim_count;
    result->payment = interp_fold_payments(e.fold, &result->payment_count);
}

static enum interp_status run_in(struct arena *arena, const struct ir_policy *policy,
                                 const struct interp_options *options, const struct interp_source *claims,
                                 const struct interp_source *applicants, struct interp_result **out,
                                 struct interp_error *error) {
    struct interp_ledger *ledger = arena_new_of(arena, struct interp_ledger);
    enum interp_status status = interp_ledger_read(arena, policy, claims, applicants, ledger, error);
    if (status != INTERP_OK) {
        return status;
    }
    struct interp_result *result = arena_new_of(arena, struct interp_result);
    result->arena = arena;
    result->policy = policy;
    decide_all(ledger, options, result);
    result->warning = ledger->warning;
    result->warning_count = ledger->warning_count;
    result->skipped_applicants = ledger->skipped_applicants;
    result->unreadable_paid = ledger->unreadable_paid;
    *out = result;
    return INTERP_OK;
}

enum interp_status interp_run(const struct ir_policy *policy, const struct interp_options *options,
                              const struct interp_source *claims, const struct interp_source *applicants,
                              struct interp_result **out, struct interp_error *error) {
    *out = NULL;
    struct arena *arena = arena_new();
    if (arena == NULL) {
        return interp_fail(error, INTERP_SYSTEM, "out of memory");
    }
    jmp_buf no_memory;
    if (setjmp(no_memory) != 0) {
        arena_free(arena);
        *out = NULL;
        return interp_fail(error, INTERP_SYSTEM, "out of memory");
    }
    arena_on_failure(arena, &no_memory);
    enum interp_status status = run_in(arena, policy, options, claims, applicants, out, error);
    arena_on_failure(arena, NULL);
    if (status != INTERP_OK) {
        arena_free(arena);
    }
    return status;
}

void interp_result_free(struct interp_result *result) {
    if (result != NULL) {
        arena_free(result->arena);
    }
}
