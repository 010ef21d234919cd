/* Stage 7: the year's limit, and what it defers to later years.
 *
 * An applicant's claims come in order, so the deferred ones wait in a queue, oldest first. Before a claim of a new year
 * uses that year's limit, the years up to it are settled: in each that has a readable, not excluded profile row the
 * queue is paid as far as the limit goes. Applicants with nothing waiting cost nothing. */
#include "core/days.h"
#include "core/run.h"
#include "core/status.h"

enum { AHEAD = 12 };

static bool add_carry(struct prt_shard *shard, uint32_t row, int32_t year, int64_t amount) {
    struct prt_carry *carry = prt_grown(shard->carry, &shard->carry_room, shard->carry_count + 1, sizeof *carry);
    if (!carry)
        return false;
    shard->carry = carry;
    shard->carry[shard->carry_count++] = (struct prt_carry){.row = row, .year = year, .amount = amount};
    return true;
}

/* Does a claim of year `from` still wait in year `year`? */
static bool within(const pol_run *run, int32_t from, int32_t year) {
    return year > from && (int64_t)year - from <= (int64_t)run->module->descriptor->limit.carry_years;
}

/* Takes claims that wait for nothing more off the front of the queue. */
static void drop_settled(struct prt_shard *shard, uint32_t applicant, int32_t year) {
    pol_run *run = shard->run;
    struct prt_queue *queue = &run->queue[applicant];
    while (queue->first) {
        const struct prt_adjust *a = &shard->adjust[queue->first - 1];
        if (a->waiting > 0 && (year <= a->year || within(run, a->year, year)))
            return;
        queue->first = a->next;
    }
    queue->last = 0;
}

/* Pays what waits from one year's limit, oldest claim first. */
static bool pay_from(struct prt_shard *shard, uint32_t applicant, uint32_t profile_row, int32_t year) {
    pol_run *run = shard->run;
    int64_t *left = &run->profiles.limit[profile_row];
    for (uint32_t i = run->queue[applicant].first; i && *left > 0; i = shard->adjust[i - 1].next) {
        struct prt_adjust *a = &shard->adjust[i - 1];
        if (a->year >= year)
            break;
        if (a->waiting == 0 || !within(run, a->year, year))
            continue;
        int64_t paid = a->waiting < *left ? a->waiting : *left;
        a->waiting -= paid;
        a->carried += paid;
        *left -= paid;
        if (!add_carry(shard, run->stream[a->record + PRT_ROW], year, paid))
            return false;
    }
    return true;
}

/* The applicant's years after the last settled one, up to `year`. */
static bool settle(struct prt_shard *shard, uint32_t applicant, int32_t year) {
    pol_run *run = shard->run;
    struct prt_queue *queue = &run->queue[applicant];
    if (!queue->first || queue->settled >= year)
        return true;
    const struct prt_profiles *p = &run->profiles;
    for (uint32_t i = p->first[applicant]; i < p->first[applicant + 1]; i++) {
        const struct prt_profile *profile = prt_profile_at(p, p->row[i]);
        if (profile->year <= queue->settled || profile->year > year)
            continue;
        drop_settled(shard, applicant, profile->year);
        bool pays = profile->status == POL_OK && !(profile->flags & POL_PROFILE_EXCLUDED);
        if (pays && !pay_from(shard, applicant, p->row[i], profile->year))
            return false;
    }
    queue->settled = year;
    return true;
}

static void defer(struct prt_shard *shard, const uint32_t *record, struct prt_adjust *a, int64_t waiting) {
    pol_run *run = shard->run;
    struct prt_queue *queue = &run->queue[record[PRT_APPLICANT]];
    uint32_t index = (uint32_t)(a - shard->adjust) + 1;
    a->waiting = waiting;
    if (queue->first) {
        shard->adjust[queue->last - 1].next = index;
    } else {
        queue->first = index;
        queue->settled = queue->settled > a->year ? queue->settled : a->year; /* nothing waited until now */
    }
    queue->last = index;
    run->reason[record[PRT_ROW]] = POL_LIMIT;
    run->rule[record[PRT_ROW]] = prt_item_of(run, record)->limit_rule;
}

bool prt_limit(struct prt_shard *shard, uint32_t at, struct prt_adjust *adjust, int64_t entitled, int64_t granted) {
    pol_run *run = shard->run;
    const uint32_t *record = run->stream + at;
    int32_t year = prt_year_of((int32_t)record[PRT_DATE]);
    if (!settle(shard, record[PRT_APPLICANT], year))
        return false;
    int64_t *left = &run->profiles.limit[record[PRT_PROFILE]];
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
    adjust->year = year;
    defer(shard, record, adjust, granted - payable);
    return true;
}

bool prt_limit_finish(struct prt_shard *shard) {
    const pol_run *run = shard->run;
    for (uint64_t i = 0; i < shard->adjust_count; i++) {
        if (i + AHEAD < shard->adjust_count && shard->adjust[i + AHEAD].waiting > 0) {
            uint32_t later = run->stream[shard->adjust[i + AHEAD].record + PRT_APPLICANT];
            __builtin_prefetch(&run->queue[later], 1);
            __builtin_prefetch(&run->profiles.first[later]);
        }
        if (shard->adjust[i].waiting > 0 &&
            !settle(shard, run->stream[shard->adjust[i].record + PRT_APPLICANT], INT32_MAX))
            return false;
    }
    return true;
}
