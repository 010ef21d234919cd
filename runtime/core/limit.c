/* Stage 7: the year's limit, and what it defers to later years.
 *
 * An applicant's claims come in order, so the deferred ones wait in a queue, oldest first. Before a claim of a new year
 * uses that year's budget, the years up to it are settled: each pays the queue as far as its budget goes. Applicants
 * with nothing waiting cost nothing. */
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

/* Does a claim of year `from` still wait in year `year`? */
static bool within(const pol_run *run, int32_t from, int32_t year) {
    return (int64_t)year - from <= (int64_t)run->module->descriptor->limit.carry_years;
}

/* Pays what waits from one year's budget, oldest claim first; takes what waits no more off the front of the queue. */
static bool pay_from(struct prt_shard *shard, struct prt_queue *queue, struct prt_budget *budget) {
    uint32_t *link = &queue->first;
    while (*link) {
        struct prt_adjust *a = &shard->adjust[*link - 1];
        if (within(shard->run, a->year, budget->year) && a->waiting > 0) {
            int64_t paid = a->waiting < budget->left ? a->waiting : budget->left;
            budget->left -= paid;
            if (paid > 0 && !add_carry(shard, a, budget->year, paid))
                return false;
            if (a->waiting > 0)
                return true; /* the budget is used up */
        }
        uint32_t gone = *link;
        *link = a->next;
        if (shard->retire && !shard->retire(shard, gone))
            return false;
    }
    queue->last = 0;
    return true;
}

/* Settles the applicant's budgets before `end`, as long as something waits. */
static bool settle(struct prt_shard *shard, uint32_t applicant, uint32_t end) {
    struct prt_queue *queue = &shard->run->queue[applicant];
    struct prt_budget *budget = shard->run->profiles.budget;
    for (; queue->first && queue->budget < end && budget[queue->budget].applicant == applicant; queue->budget++)
        if (!pay_from(shard, queue, &budget[queue->budget]))
            return false;
    return true;
}

static void defer(struct prt_shard *shard, const uint32_t *record, struct prt_adjust *a, int64_t waiting) {
    pol_run *run = shard->run;
    struct prt_queue *queue = &run->queue[record[PRT_APPLICANT]];
    uint32_t index = (uint32_t)(a - shard->adjust) + 1;
    a->waiting = waiting;
    if (queue->first)
        shard->adjust[queue->last - 1].next = index;
    else
        queue->first = index;
    queue->last = index;
    queue->budget = record[PRT_BUDGET] + 1; /* all up to this year's are settled, or nothing waited for them */
    run->reason[record[PRT_ROW]] = POL_LIMIT;
    run->rule[record[PRT_ROW]] = prt_item_of(run, record)->limit_rule;
}

bool prt_limit(struct prt_shard *shard, uint32_t at, struct prt_adjust *adjust, int64_t entitled, int64_t granted) {
    pol_run *run = shard->run;
    const uint32_t *record = run->stream + at;
    if (!settle(shard, record[PRT_APPLICANT], record[PRT_BUDGET] + 1))
        return false;
    int64_t *left = &run->profiles.budget[record[PRT_BUDGET]].left;
    int64_t payable = granted < *left ? granted : *left;
    *left -= payable;
    if (payable == granted)
        return true;
    if (!adjust)
        adjust = prt_adjust_new(shard, at);
    if (!adjust)
        return false;
    adjust->entitled = entitled;
    adjust->payable = payable;
    adjust->year = prt_year_of((int32_t)record[PRT_DATE]);
    defer(shard, record, adjust, granted - payable);
    return true;
}

bool prt_limit_finish(struct prt_shard *shard) {
    const pol_run *run = shard->run;
    for (uint64_t i = 0; i < shard->adjust_count; i++) {
        if (i + AHEAD < shard->adjust_count && shard->adjust[i + AHEAD].waiting > 0)
            __builtin_prefetch(&run->queue[run->stream[shard->adjust[i + AHEAD].record + PRT_APPLICANT]], 1);
        if (i + AHEAD / 2 < shard->adjust_count && shard->adjust[i + AHEAD / 2].waiting > 0) {
            uint32_t later = run->stream[shard->adjust[i + AHEAD / 2].record + PRT_APPLICANT];
            __builtin_prefetch(&run->profiles.budget[run->queue[later].budget], 1);
        }
        if (shard->adjust[i].waiting > 0 &&
            !settle(shard, run->stream[shard->adjust[i].record + PRT_APPLICANT], PRT_NONE))
            return false;
    }
    return true;
}

bool prt_limit_finish_all(struct prt_shard *shard) {
    pol_run *run = shard->run;
    for (uint32_t applicant = 0; applicant < run->profiles.applicants; applicant++) {
        uint32_t *first = &run->queue[applicant].first;
        if (*first == 0)
            continue;
        if (!settle(shard, applicant, PRT_NONE))
            return false;
        while (*first) {
            uint32_t gone = *first;
            *first = shard->adjust[gone - 1].next;
            if (!shard->retire(shard, gone))
                return false;
        }
    }
    return true;
}
