/* Why a claim was decided as it was: the cells it met, and the earlier claims that had used them. */
#include <stdlib.h>

#include "core/days.h"
#include "core/granted.h"
#include "core/run.h"
#include "core/status.h"

static const uint32_t *record_of(const pol_run *run, uint64_t row) {
    for (uint64_t at = 0; at < run->words; at += prt_item_of(run, run->stream + at)->words)
        if (run->stream[at + PRT_ROW] == row)
            return run->stream[at + PRT_ITEM] & PRT_DEAD ? NULL : run->stream + at;
    return NULL;
}

static int order_of(const pol_run *run, const uint32_t *a, const uint32_t *b) {
    int32_t x = (int32_t)a[PRT_DATE], y = (int32_t)b[PRT_DATE];
    if (x != y)
        return x < y ? -1 : 1;
    return prt_text_order(prt_id_text(&run->ids, run->id[a[PRT_ROW]]), prt_id_text(&run->ids, run->id[b[PRT_ROW]]));
}

static int64_t granted_of(const pol_run *run, const uint32_t *record) {
    if (!record[PRT_ADJUST])
        return prt_wide(record + PRT_AWARD);
    const struct prt_adjust *a = &run->adjust[record[PRT_ADJUST] - 1];
    return a->payable + a->carried + a->waiting;
}

static int64_t operand_of(const uint32_t *record, const struct prt_operand *o) {
    return o->in_record ? prt_wide(record + o->word) : o->value;
}

/* ---- earlier claims ---------------------------------------------------------------------------------------------- */

struct tracing {
    const pol_run *run;
    const uint32_t *record; /* the claim's */
    struct pol_trace *trace;
    uint64_t room;
};

static bool add_use(struct tracing *t, struct pol_trace_step *step, const uint32_t *other, int64_t amount) {
    struct pol_trace_use *uses = prt_grown(t->trace->uses, &t->room, t->trace->use_count + 1, sizeof *uses);
    if (!uses)
        return false;
    t->trace->uses = uses;
    uses[t->trace->use_count++] = (struct pol_trace_use){
        .claim = other[PRT_ROW], .year = prt_year_of((int32_t)other[PRT_DATE]), .amount = amount};
    step->use_count++;
    return true;
}

/* What an earlier claim did to a cell: the award for ladders, what was granted for caps, 1 where it is only counted. */
static int64_t effect(const pol_run *run, const uint32_t *other, const struct prt_step *s) {
    switch ((enum pol_step_kind)s->kind) {
    case POL_STEP_LADDER:
        return prt_wide(other + PRT_AWARD);
    case POL_STEP_CAP_MONEY:
        return granted_of(run, other);
    case POL_STEP_CAP_UNITS: {
        int64_t units = operand_of(other, &s->units), price = operand_of(other, &s->price);
        int64_t paid = price > 0 ? granted_of(run, other) / price : units;
        return units < paid ? units : paid;
    }
    case POL_STEP_ONCE:
    case POL_STEP_ONE_YEAR:
    case POL_STEP_LESS:
    case POL_STEP_CAP_CLAIMS:
    case POL_STEP_LIMIT:
        break;
    }
    return 1;
}

/* Does `other` touch the same cell, by whichever of its own steps? */
static const struct prt_step *shared_step(const pol_run *run, const uint32_t *other, uint32_t family, uint32_t cell) {
    const struct prt_item *item = prt_item_of(run, other);
    const struct prt_step *s = &run->plan.step[item->first_step];
    for (uint32_t i = 0; i < item->cap_end; i++)
        if (s[i].family == family && other[s[i].word] == cell)
            return &s[i];
    return NULL;
}

static bool trace_cell(struct tracing *t, struct pol_trace_step *step, const struct prt_step *s) {
    const pol_run *run = t->run;
    bool is_cap = s->kind == POL_STEP_CAP_MONEY || s->kind == POL_STEP_CAP_CLAIMS || s->kind == POL_STEP_CAP_UNITS;
    uint32_t cell = t->record[s->word];
    for (uint64_t at = 0; at < run->words; at += prt_item_of(run, run->stream + at)->words) {
        const uint32_t *other = run->stream + at;
        if ((other[PRT_ITEM] & PRT_DEAD) || order_of(run, other, t->record) >= 0)
            continue;
        if (!(is_cap ? prt_was_granted(run, other) : prt_was_entitled(run, other)))
            continue;
        const struct prt_step *theirs = shared_step(run, other, s->family, cell);
        if (!theirs)
            continue;
        int64_t amount = effect(run, other, theirs);
        step->used = s->kind == POL_STEP_LADDER ? (amount > step->used ? amount : step->used) : step->used + amount;
        if (!add_use(t, step, other, amount))
            return false;
    }
    return true;
}

/* What the limit of `year` paid for a claim of the same applicant. */
static int64_t paid_from(const pol_run *run, const uint32_t *other, const struct prt_budget *budget, bool own_year) {
    const struct prt_adjust *a = other[PRT_ADJUST] ? &run->adjust[other[PRT_ADJUST] - 1] : NULL;
    int64_t paid = 0;
    if (own_year)
        paid = a ? a->payable : prt_wide(other + PRT_AWARD);
    for (uint32_t i = a ? a->carry : 0; i; i = run->carry[i - 1].before)
        if (run->carry[i - 1].year == budget->year)
            paid += run->carry[i - 1].amount;
    return paid;
}

/* Of the year's limit: earlier claims of the year, and what earlier years carried into it. */
static bool trace_limit(struct tracing *t, struct pol_trace_step *step) {
    const pol_run *run = t->run;
    const struct prt_budget *budget = &run->profiles.budget[t->record[PRT_BUDGET]];
    step->max = budget->left; /* what was left at the end; what was paid from it is added below */
    for (uint64_t at = 0; at < run->words; at += prt_item_of(run, run->stream + at)->words) {
        const uint32_t *other = run->stream + at;
        if ((other[PRT_ITEM] & PRT_DEAD) || !(other[PRT_ITEM] & PRT_LIMITED) || !prt_was_granted(run, other))
            continue;
        if (other[PRT_APPLICANT] != t->record[PRT_APPLICANT])
            continue;
        int64_t paid = paid_from(run, other, budget, other[PRT_BUDGET] == t->record[PRT_BUDGET]);
        step->max += paid;
        if (paid == 0 || order_of(run, other, t->record) >= 0)
            continue;
        step->used += paid;
        if (!add_use(t, step, other, paid))
            return false;
    }
    return true;
}

static bool trace_step(struct tracing *t, const struct prt_step *s) {
    struct pol_trace_step *step = &t->trace->steps[t->trace->step_count];
    if (s->family != PRT_NONE && t->record[s->word] == PRT_NONE)
        return true; /* a cap whose condition does not hold */
    *step = (struct pol_trace_step){.kind = s->kind, .rule = s->rule, .first_use = t->trace->use_count};
    t->trace->step_count++;
    step->max = operand_of(t->record, &s->max);
    if (s->kind == POL_STEP_LESS)
        step->used = operand_of(t->record, &s->amount);
    return s->family == PRT_NONE || trace_cell(t, step, s);
}

static bool trace_steps(struct tracing *t) {
    const pol_run *run = t->run;
    const struct prt_item *item = prt_item_of(run, t->record);
    t->trace->steps = prt_zeroed(item->cap_end + 1u, sizeof *t->trace->steps);
    if (!t->trace->steps)
        return false;
    for (uint32_t i = 0; i < item->cap_end; i++)
        if (!trace_step(t, &run->plan.step[item->first_step + i]))
            return false;
    if (!(t->record[PRT_ITEM] & PRT_LIMITED))
        return true;
    struct pol_trace_step *step = &t->trace->steps[t->trace->step_count++];
    *step = (struct pol_trace_step){.kind = POL_STEP_LIMIT, .rule = item->limit_rule, .first_use = t->trace->use_count};
    return trace_limit(t, step);
}

enum pol_status pol_run_trace(const pol_run *run, uint64_t claim, struct pol_trace **out, struct pol_error *error) {
    *out = NULL;
    if (run->phase != PRT_DECIDED || claim >= run->rows)
        return prt_fail(error, POL_STATUS_USAGE, "only a claim of a decided run can be traced");
    if (run->past)
        return prt_fail(error, POL_STATUS_USAGE,
                        "a run that goes on from a state cannot trace: it has not got the earlier claims");
    struct pol_trace *trace = prt_zeroed(1, sizeof *trace);
    if (!trace)
        return prt_no_memory(error);
    struct tracing t = {.run = run, .record = record_of(run, claim), .trace = trace};
    if (t.record && !trace_steps(&t)) {
        pol_trace_free(trace);
        return prt_no_memory(error);
    }
    *out = trace;
    return POL_STATUS_OK;
}

void pol_trace_free(struct pol_trace *trace) {
    if (!trace)
        return;
    prt_release(trace->steps);
    prt_release(trace->uses);
    prt_release(trace);
}
