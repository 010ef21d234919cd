/* Stage 7: the year's limit, and what it defers to later years.
 *
 * What a year's limit does not pay waits at that year's budget: its claims are linked in a ring, so that the latest,
 * which the budget names, leads to the oldest. An applicant's claims come in order. So before the first claim of a year
 * uses that year's budget, this and those before it are settled, each once: it pays what waits at the years before it,
 * oldest claim first, as far as it goes. Years at which nothing waits cost nothing. */
#include "core/days.h"
#include "core/run.h"
#include "core/status.h"

enum { AHEAD = 24 };

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

bool prt_limit(struct prt_shard *shard, uint32_t at, struct prt_adjust *adjust, int64_t entitled, int64_t granted) {
    pol_run *run = shard->run;
    const uint32_t *record = run->stream + at;
    struct prt_budget *budget = &run->profiles.budget[record[PRT_BUDGET]];
    if (!budget->settled && !settle_up_to(shard, budget))
        return false;
    int64_t payable = granted < budget->left ? granted : budget->left;
    budget->left -= payable;
    if (payable == granted)
        return true;
    if (!adjust)
        adjust = prt_adjust_new(shard, at);
    if (!adjust)
        return false;
    adjust->entitled = entitled;
    adjust->payable = payable;
    adjust->year = budget->year;
    defer(shard, record, budget, adjust, granted - payable);
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
        if (i + AHEAD < count && budget[i + AHEAD].waits)
            __builtin_prefetch(&shard->adjust[budget[i + AHEAD].waits - 1], 1);
        if (!budget[i].settled && !settle(shard, &budget[i]))
            return false;
        if (shard->retire && budget[i + 1].first && !give_up_applicant(shard, &budget[i]))
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
        for (budget++; !budget->first; budget++)
            if (!budget->settled && !settle(shard, budget))
                return false;
    }
    return true;
}
