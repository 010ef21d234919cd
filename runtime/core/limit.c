/* Stage 7: the year's limit, and what it defers to later years.
 *
 * What a year's limit does not pay waits at that year's budget: its claims are linked in a ring, so that the latest,
 * which the budget names, leads to the oldest. An applicant's claims come in order. So before the first claim of a year
 * uses that year's budget, this and those before it are settled, each once: it pays what waits at the years before it,
 * oldest claim first, as far as it goes. Years at which nothing waits cost nothing. */
#include "core/days.h"
#include "core/run.h"
#include "core/status.h"

/* ---- what is remembered of a claim ------------------------------------------------------------------------------- */

/* In a block of many: a place that is free again, if there is one. */
static struct prt_adjust *adjust_again(struct prt_shard *shard) {
    uint32_t index = shard->free_adjust;
    if (index == 0)
        return NULL;
    shard->free_adjust = shard->adjust[index - 1].next;
    return &shard->adjust[index - 1];
}

static struct prt_adjust *adjust_of_block(struct prt_shard *shard, uint32_t *record) {
    struct prt_adjust *adjust = adjust_again(shard);
    if (!adjust) {
        struct prt_adjust *grown =
            prt_grown(shard->adjust, &shard->adjust_room, shard->adjust_count + 1, sizeof *grown);
        if (!grown || shard->adjust_count >= PRT_ADJUSTS_MOST)
            return NULL;
        shard->adjust = grown;
        adjust = &shard->adjust[shard->adjust_count++];
    }
    *adjust = (struct prt_adjust){.record = shard->row[record[PRT_ROW]],
                                  .place = (uint32_t)(shard->place + record[PRT_ROW]),
                                  .budget = record[PRT_BUDGET]};
    record[PRT_ADJUST] = (uint32_t)(adjust - shard->adjust) + 1;
    return adjust;
}

static struct prt_adjust *new_adjust(struct prt_shard *shard, uint32_t record) {
    if (shard->retire)
        return adjust_of_block(shard, shard->run->stream + record);
    struct prt_adjust *grown =
        shard->adjust_count < PRT_ADJUSTS_MOST
            ? prt_grown(shard->adjust, &shard->adjust_room, shard->adjust_count + 1, sizeof *grown)
            : NULL;
    if (!grown)
        return NULL;
    shard->adjust = grown;
    struct prt_adjust *adjust = &shard->adjust[shard->adjust_count++];
    *adjust = (struct prt_adjust){.record = record};
    shard->run->stream[record + PRT_ADJUST] = (uint32_t)shard->adjust_count;
    return adjust;
}

/* A place for a carry: one that is free again, or a new one. */
static struct prt_carry *new_carry(struct prt_shard *shard) {
    if (shard->free_carry) {
        struct prt_carry *again = &shard->carry[shard->free_carry - 1];
        shard->free_carry = again->before;
        return again;
    }
    struct prt_carry *carry = shard->carry_count < PRT_NONE - 1
                                  ? prt_grown(shard->carry, &shard->carry_room, shard->carry_count + 1, sizeof *carry)
                                  : NULL;
    if (!carry)
        return NULL;
    shard->carry = carry;
    return &shard->carry[shard->carry_count++];
}

static bool add_carry(struct prt_shard *shard, struct prt_adjust *a, int32_t year, int64_t amount) {
    struct prt_carry *carry = new_carry(shard);
    if (!carry)
        return false;
    *carry = (struct prt_carry){.amount = amount, .year = year, .before = a->carry};
    a->carry = (uint32_t)(carry - shard->carry) + 1;
    a->carried += amount;
    a->waiting -= amount;
    return true;
}

/* From how many years back claims may wait for a year at all, paid or about to be given up. */
static int64_t reach(const pol_run *run) {
    uint32_t years = run->module->descriptor->limit.carry_years;
    return years > 0 ? years : 1;
}

/* ---- what waits at a year ---------------------------------------------------------------------------------------- */

static bool take_oldest(struct prt_shard *shard, struct prt_budget *from) {
    struct prt_adjust *latest = &shard->adjust[from->waits - 1];
    uint32_t oldest = latest->next;
    latest->next = shard->adjust[oldest - 1].next;
    if (oldest == from->waits)
        from->waits = 0;
    return !shard->retire || shard->retire(shard, oldest);
}

/* Nothing will pay it any more. */
static bool give_up(struct prt_shard *shard, struct prt_budget *from) {
    while (shard->retire && from->waits)
        if (!take_oldest(shard, from))
            return false;
    from->waits = 0;
    return true;
}

static bool pay(struct prt_shard *shard, struct prt_budget *from, struct prt_budget *budget) {
    while (from->waits && budget->left > 0) {
        struct prt_adjust *a = &shard->adjust[shard->adjust[from->waits - 1].next - 1];
        int64_t paid = a->waiting < budget->left ? a->waiting : budget->left;
        budget->left -= paid;
        if (!add_carry(shard, a, budget->year, paid))
            return false;
        if (a->waiting == 0 && !take_oldest(shard, from))
            return false;
    }
    return true;
}

/* Once for each budget, in the order of the applicant's years. Years that could not reach beyond the one before were
 * given up with it. */
static bool settle(struct prt_shard *shard, struct prt_budget *budget) {
    const int64_t carry_years = shard->run->module->descriptor->limit.carry_years;
    budget->settled = 1;
    if (budget->first)
        return true;
    int64_t behind = budget[-1].year - reach(shard->run);
    struct prt_budget *from = budget - 1;
    while (!from->first && from[-1].year > behind)
        from--;
    for (; from < budget; from++) {
        int64_t years = (int64_t)budget->year - from->year;
        if (from->waits && years <= carry_years && !pay(shard, from, budget))
            return false;
        if (from->waits && years >= carry_years && !give_up(shard, from))
            return false;
    }
    return true;
}

static bool settle_up_to(struct prt_shard *shard, struct prt_budget *budget) {
    struct prt_budget *next = budget;
    while (!next->first && !next[-1].settled)
        next--;
    for (; next <= budget; next++)
        if (!settle(shard, next))
            return false;
    return true;
}

/* ---- a claim ----------------------------------------------------------------------------------------------------- */

static void defer(struct prt_shard *shard, const uint32_t *record, struct prt_budget *budget, struct prt_adjust *a,
                  int64_t waiting) {
    pol_run *run = shard->run;
    uint32_t index = (uint32_t)(a - shard->adjust) + 1;
    a->waiting = waiting;
    a->next = index;
    if (budget->waits) {
        struct prt_adjust *latest = &shard->adjust[budget->waits - 1];
        a->next = latest->next;
        latest->next = index;
    }
    budget->waits = index & PRT_ADJUSTS_MOST;
    run->reason[record[PRT_ROW]] = POL_LIMIT;
    run->rule[record[PRT_ROW]] = prt_item_of(run, record)->limit_rule;
}

/* A claim that is granted less than its award. NULL: no memory. */
static struct prt_adjust *reduce(struct prt_shard *shard, const struct prt_granted *g) {
    struct prt_adjust *adjust = new_adjust(shard, g->record);
    if (adjust) {
        adjust->entitled = g->entitled;
        adjust->payable = g->granted;
    }
    return adjust;
}

bool prt_limit(struct prt_shard *shard, const struct prt_granted *g) {
    struct prt_adjust *adjust = g->reduced ? reduce(shard, g) : NULL;
    if (g->reduced && !adjust)
        return false;
    if (g->budget == PRT_NONE)
        return true;
    struct prt_budget *budget = &shard->run->profiles.budget[g->budget];
    if (!budget->settled && !settle_up_to(shard, budget))
        return false;
    int64_t payable = g->granted < budget->left ? g->granted : budget->left;
    budget->left -= payable;
    if (payable == g->granted)
        return true;
    if (!adjust)
        adjust = new_adjust(shard, g->record);
    if (!adjust)
        return false;
    adjust->entitled = g->entitled;
    adjust->payable = payable;
    adjust->year = budget->year;
    defer(shard, shard->run->stream + g->record, budget, adjust, g->granted - payable);
    return true;
}

/* ---- many claims ------------------------------------------------------------------------------------------------- */

void prt_limit_fetch(const struct prt_shard *shard, uint32_t budget) {
    if (budget == PRT_NONE)
        return;
    const struct prt_budget *at = &shard->run->profiles.budget[budget];
    __builtin_prefetch(at, 1);
    __builtin_prefetch((const void *)((uintptr_t)at - sizeof *at), 1); /* mostly the year before */
}

void prt_limit_fetch_waiting(const struct prt_shard *shard, uint32_t budget) {
    if (budget == PRT_NONE)
        return;
    const struct prt_budget *at = &shard->run->profiles.budget[budget];
    if (at->waits)
        __builtin_prefetch(&shard->adjust[at->waits - 1], 1);
    for (int years = 0; years < 2 && !at->settled && !at->first; years++) {
        at--;
        if (at->waits)
            __builtin_prefetch(&shard->adjust[at->waits - 1], 1);
    }
}

bool prt_limit_batch(struct prt_shard *shard, const struct prt_granted *claim, uint32_t count) {
    for (uint32_t i = 0; i < PRT_AHEAD && i < count; i++)
        prt_limit_fetch(shard, claim[i].budget);
    for (uint32_t i = 0; i < count; i++) {
        if (i + PRT_AHEAD < count)
            prt_limit_fetch(shard, claim[i + PRT_AHEAD].budget);
        if (i + PRT_NEAR < count)
            prt_limit_fetch_waiting(shard, claim[i + PRT_NEAR].budget);
        if (!prt_limit(shard, &claim[i]))
            return false;
    }
    return true;
}

/* ---- after the last claim ---------------------------------------------------------------------------------------- */

static bool give_up_applicant(struct prt_shard *shard, struct prt_budget *last) {
    for (struct prt_budget *budget = last;; budget--) {
        if (!give_up(shard, budget))
            return false;
        if (budget->first)
            return true;
    }
}

static bool finish_all(struct prt_shard *shard) {
    struct prt_budget *budget = shard->run->profiles.budget;
    const uint32_t count = shard->run->profiles.count;
    for (uint32_t i = 0; i < count; i++) {
        if (i + PRT_AHEAD < count && budget[i + PRT_AHEAD].waits)
            __builtin_prefetch(&shard->adjust[budget[i + PRT_AHEAD].waits - 1], 1);
        if (!budget[i].settled && !settle(shard, &budget[i]))
            return false;
        if (shard->retire && budget[i].last && !give_up_applicant(shard, &budget[i]))
            return false;
    }
    return true;
}

bool prt_limit_finish(struct prt_shard *shard) {
    const pol_run *run = shard->run;
    if (!run->profiles.budget)
        return true;
    if (shard->whole)
        return finish_all(shard);
    for (uint64_t i = 0; i < shard->adjust_count; i++) {
        if (shard->adjust[i].waiting == 0)
            continue;
        struct prt_budget *budget = &run->profiles.budget[run->stream[shard->adjust[i].record + PRT_BUDGET]];
        while (!budget->last) {
            budget++;
            if (!budget->settled && !settle(shard, budget))
                return false;
        }
    }
    return true;
}
