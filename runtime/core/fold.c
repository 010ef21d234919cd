/* Stages 5 to 7: claim after claim over cells of state. */
#include "core/days.h"
#include "core/run.h"
#include "core/status.h"

/* ---- walking ----------------------------------------------------------------------------------------------------- */

struct cursor {
    const pol_run *run;
    const uint32_t *order;
    uint64_t at, end;
};

static struct cursor start(const struct prt_shard *shard) {
    uint64_t end = shard->order ? shard->count : shard->run->words;
    return (struct cursor){.run = shard->run, .order = shard->order, .end = end};
}

static inline bool step(struct cursor *c, uint32_t *record) {
    if (c->at >= c->end)
        return false;
    if (c->order) {
        *record = c->order[c->at++];
        return true;
    }
    *record = (uint32_t)c->at;
    c->at += prt_item_of(c->run, c->run->stream + c->at)->words;
    return true;
}

static inline void prefetch_cells(const pol_run *run, uint32_t at) {
    const uint32_t *record = run->stream + at;
    const struct prt_item *item = prt_item_of(run, record);
    const struct prt_step *s = &run->plan.step[item->first_step];
    for (uint32_t i = 0; i < item->cap_end; i++) {
        uint32_t cell = s[i].family == PRT_NONE ? PRT_NONE : record[s[i].word];
        if (cell != PRT_NONE)
            __builtin_prefetch(
                (const uint8_t *)run->state[s[i].family].cells + (size_t)cell * run->plan.family[s[i].family].width, 1);
    }
}

static inline uint32_t budget_of(const uint32_t *record) {
    return record[PRT_ITEM] & PRT_LIMITED ? record[PRT_BUDGET] : PRT_NONE;
}

/* ---- one claim --------------------------------------------------------------------------------------------------- */

struct claim {
    struct prt_shard *shard;
    pol_run *run;
    uint32_t at; /* first word in the stream */
    const uint32_t *record;
    const struct prt_item *item;
    const struct prt_step *step;
    int32_t year;
};

static inline void *cells(const struct claim *c, const struct prt_step *s) {
    return c->run->state[s->family].cells;
}

static inline int64_t *amount_cell(const struct claim *c, const struct prt_step *s) {
    return (int64_t *)cells(c, s) + c->record[s->word];
}

static inline int64_t operand(const struct claim *c, const struct prt_operand *o) {
    return o->in_record ? prt_wide(c->record + o->word) : o->value;
}

static void conclude(const struct claim *c, enum pol_reason reason, uint32_t rule) {
    c->run->reason[c->record[PRT_ROW]] = (uint8_t)reason;
    c->run->rule[c->record[PRT_ROW]] = rule;
}

/* The rule of the first once or one-year key that blocks the claim; PRT_NONE if none does. */
static uint32_t blocking_rule(const struct claim *c) {
    for (uint32_t i = 0; i < c->item->once_end; i++) {
        const struct prt_step *s = &c->step[i];
        uint32_t cell = c->record[s->word];
        if (s->kind == POL_STEP_ONCE) {
            if (((const uint8_t *)cells(c, s))[cell])
                return s->rule;
        } else {
            int32_t year = ((const int32_t *)cells(c, s))[cell];
            if (year != 0 && year != c->year)
                return s->rule;
        }
    }
    return PRT_NONE;
}

/* The largest of what ladders and LESS subtract; *rule names it. */
static int64_t subtraction(const struct claim *c, uint32_t *rule) {
    int64_t largest = 0;
    for (uint32_t i = c->item->once_end; i < c->item->less_end; i++) {
        const struct prt_step *s = &c->step[i];
        int64_t amount = s->kind == POL_STEP_LADDER ? *amount_cell(c, s) : operand(c, &s->amount);
        if (amount > largest) {
            largest = amount;
            *rule = s->rule;
        }
    }
    return largest;
}

/* An entitled claim uses up its keys and moves its ladders, whatever the caps leave of it. */
static void commit_keys(const struct claim *c, int64_t award) {
    for (uint32_t i = 0; i < c->item->less_end; i++) {
        const struct prt_step *s = &c->step[i];
        if (s->kind == POL_STEP_ONCE) {
            ((uint8_t *)cells(c, s))[c->record[s->word]] = 1;
        } else if (s->kind == POL_STEP_ONE_YEAR) {
            ((int32_t *)cells(c, s))[c->record[s->word]] = c->year;
        } else if (s->kind == POL_STEP_LADDER) {
            int64_t *highest = amount_cell(c, s);
            *highest = award > *highest ? award : *highest;
        }
    }
}

static inline int64_t left_of(const struct claim *c, const struct prt_step *s) {
    int64_t max = operand(c, &s->max), charged = *amount_cell(c, s);
    return max > charged ? max - charged : 0;
}

static inline int64_t units_of(const struct claim *c, const struct prt_step *s) {
    int64_t units = operand(c, &s->units), left = left_of(c, s);
    units = units > 0 ? units : 0;
    return units < left ? units : left;
}

/* What a cap lets a claim of `entitled` have. */
static int64_t bound_of(const struct claim *c, const struct prt_step *s, int64_t entitled) {
    if (s->kind == POL_STEP_CAP_MONEY)
        return left_of(c, s);
    if (s->kind == POL_STEP_CAP_CLAIMS)
        return left_of(c, s) > 0 ? entitled : 0;
    int64_t worth;
    if (__builtin_mul_overflow(units_of(c, s), operand(c, &s->price), &worth))
        return INT64_MAX;
    return worth > 0 ? worth : 0;
}

/* The smallest of entitled and every cap's bound; *rule names the cap, the first of equals. */
static int64_t apply_caps(const struct claim *c, int64_t entitled, uint32_t *rule) {
    int64_t granted = entitled;
    for (uint32_t i = c->item->less_end; i < c->item->cap_end; i++) {
        const struct prt_step *s = &c->step[i];
        if (c->record[s->word] == PRT_NONE)
            continue;
        int64_t bound = bound_of(c, s, entitled);
        if (bound < granted) {
            granted = bound;
            *rule = s->rule;
        }
    }
    return granted;
}

static void charge_caps(const struct claim *c, int64_t granted) {
    for (uint32_t i = c->item->less_end; i < c->item->cap_end; i++) {
        const struct prt_step *s = &c->step[i];
        if (c->record[s->word] == PRT_NONE)
            continue;
        int64_t charge = granted;
        if (s->kind == POL_STEP_CAP_CLAIMS)
            charge = 1;
        else if (s->kind == POL_STEP_CAP_UNITS)
            charge = units_of(c, s);
        *amount_cell(c, s) += charge;
    }
}

/* Stage 6 of an entitled claim, and stage 7, unless another thread follows with it. */
static bool grant(const struct claim *c, int64_t award, int64_t entitled) {
    uint32_t rule = c->item->award_rule;
    int64_t granted = apply_caps(c, entitled, &rule);
    if (granted == 0) {
        conclude(c, POL_CAP_REACHED, rule);
        return true;
    }
    charge_caps(c, granted);
    conclude(c, granted < entitled ? POL_CAP : POL_OK, rule);
    struct prt_granted g = {.entitled = entitled,
                            .granted = granted,
                            .record = c->at,
                            .budget = budget_of(c->record),
                            .reduced = granted < award};
    if (!g.reduced && g.budget == PRT_NONE)
        return true;
    return c->shard->pipeline ? prt_pipeline_put(c->shard->pipeline, &g) : prt_limit(c->shard, &g);
}

static inline bool decide(struct claim *c) {
    int64_t award = prt_wide(c->record + PRT_AWARD);
    uint32_t rule = blocking_rule(c);
    if (rule != PRT_NONE) {
        conclude(c, POL_ALREADY_AWARDED, rule);
        return true;
    }
    rule = 0;
    int64_t entitled = award - subtraction(c, &rule);
    if (entitled <= 0) {
        conclude(c, POL_ALREADY_AWARDED, rule);
        return true;
    }
    commit_keys(c, award);
    return grant(c, award, entitled);
}

static bool decide_at(struct prt_shard *shard, uint32_t at) {
    pol_run *run = shard->run;
    const uint32_t *record = run->stream + at;
    if (record[PRT_ITEM] & PRT_DEAD)
        return true;
    const struct prt_item *item = prt_item_of(run, record);
    struct claim c = {.shard = shard,
                      .run = run,
                      .at = at,
                      .record = record,
                      .item = item,
                      .step = &run->plan.step[item->first_step],
                      .year = prt_year_of((int32_t)record[PRT_DATE])};
    return decide(&c);
}

static inline void prefetch(const struct prt_shard *shard, uint32_t record) {
    prefetch_cells(shard->run, record);
    if (!shard->pipeline)
        prt_limit_fetch(shard, budget_of(shard->run->stream + record));
}

void prt_fold_records(struct prt_shard *shard) {
    struct cursor now = start(shard), near = now, ahead = now;
    uint32_t record, later;
    for (int i = 0; i < PRT_AHEAD && step(&ahead, &later); i++) {
        prefetch(shard, later);
        if (i < PRT_NEAR)
            step(&near, &later);
    }
    while (!shard->failed && step(&now, &record)) {
        if (step(&ahead, &later))
            prefetch(shard, later);
        if (!shard->pipeline && step(&near, &later))
            prt_limit_fetch_waiting(shard, budget_of(shard->run->stream + later));
        shard->failed = !decide_at(shard, record);
    }
}

/* Are there two threads for it? */
static bool in_two(const struct prt_shard *shard) {
    const pol_run *run = shard->run;
    return shard->whole && run->profiles.budget && run->threads > 1 && run->records >= run->shard_minimum;
}

void prt_fold(struct prt_shard *shard) {
    if (in_two(shard) && prt_pipeline_fold(shard))
        return;
    prt_fold_records(shard);
    if (!shard->failed)
        shard->failed = !prt_limit_finish(shard);
}
