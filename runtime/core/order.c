/* The order of deciding: date, then claim id by bytes. Days are few, so records are first spread by day; what falls on
 * one day is merged by the bytes behind the ids' common beginning. */
#include "core/run.h"

struct entry {
    uint64_t key; /* 8 bytes of the id, the first most significant */
    uint32_t record;
};

static struct pol_text id_of(const pol_run *run, uint32_t record) {
    return prt_id_text(&run->ids, run->id[run->stream[record + PRT_ROW]]);
}

static int32_t date_of(const pol_run *run, uint32_t record) {
    return (int32_t)run->stream[record + PRT_DATE];
}

static uint32_t next_record(const pol_run *run, uint32_t record) {
    return record + prt_item_of(run, run->stream + record)->words;
}

static bool is_dead(const pol_run *run, uint32_t record) {
    return (run->stream[record + PRT_ITEM] & PRT_DEAD) != 0;
}

/* ---- by day ------------------------------------------------------------------------------------------------------ */

struct days {
    int32_t first;
    uint64_t count;
    uint64_t *start; /* by day: where its records start in the order; count + 1 are of use */
};

static void find_days(const pol_run *run, struct days *days) {
    int32_t low = INT32_MAX, high = INT32_MIN;
    for (uint32_t at = 0; at < run->words; at = next_record(run, at)) {
        int32_t date = date_of(run, at);
        low = date < low ? date : low;
        high = date > high ? date : high;
    }
    days->first = low;
    days->count = low <= high ? (uint64_t)((int64_t)high - low + 1) : 0;
}

static uint64_t day_of(const pol_run *run, const struct days *days, uint32_t record) {
    return (uint64_t)((int64_t)date_of(run, record) - days->first);
}

/* Stable: records of a day stay in the order of the input. */
static bool spread_by_day(pol_run *run, struct days *days) {
    find_days(run, days);
    days->start = prt_zeroed((size_t)days->count + 2, sizeof *days->start);
    if (!days->start)
        return false;
    uint64_t *next = days->start + 1; /* by day: where its next record goes; in the end, where the day after starts */
    for (uint32_t at = 0; at < run->words; at = next_record(run, at))
        if (!is_dead(run, at))
            next[day_of(run, days, at) + 1]++;
    for (uint64_t d = 1; d <= days->count; d++)
        next[d] += next[d - 1];
    for (uint32_t at = 0; at < run->words; at = next_record(run, at))
        if (!is_dead(run, at))
            run->order[next[day_of(run, days, at)]++] = at;
    return true;
}

/* ---- within a day ------------------------------------------------------------------------------------------------ */

static uint32_t common_beginning(const pol_run *run, const uint32_t *record, uint64_t count) {
    struct pol_text first = id_of(run, record[0]);
    uint32_t common = first.size;
    for (uint64_t i = 1; i < count && common > 0; i++)
        common = prt_text_shared(id_of(run, record[i]), first, common);
    return common;
}

static bool before(const pol_run *run, const struct entry *a, const struct entry *b) {
    if (a->key != b->key)
        return a->key < b->key;
    return prt_text_order(id_of(run, a->record), id_of(run, b->record)) < 0;
}

/* Bottom-up merge sort; the result may stand in either array. */
static struct entry *merge_sort(const pol_run *run, struct entry *from, struct entry *to, uint64_t count) {
    for (uint64_t width = 1; width < count; width *= 2) {
        for (uint64_t low = 0; low < count; low += 2 * width) {
            uint64_t middle = low + width < count ? low + width : count;
            uint64_t end = middle + width < count ? middle + width : count;
            uint64_t a = low, b = middle;
            for (uint64_t i = low; i < end; i++)
                to[i] = a < middle && (b >= end || !before(run, &from[b], &from[a])) ? from[a++] : from[b++];
        }
        struct entry *swap = from;
        from = to;
        to = swap;
    }
    return from;
}

static bool in_order(const pol_run *run, const uint32_t *record, uint64_t count) {
    for (uint64_t i = 1; i < count; i++)
        if (prt_text_order(id_of(run, record[i - 1]), id_of(run, record[i])) > 0)
            return false;
    return true;
}

static void sort_day(const pol_run *run, uint32_t *record, uint64_t count, struct entry *entries) {
    if (in_order(run, record, count))
        return;
    uint32_t skip = common_beginning(run, record, count);
    for (uint64_t i = 0; i < count; i++)
        entries[i] = (struct entry){.key = prt_text_key(id_of(run, record[i]), skip), .record = record[i]};
    const struct entry *sorted = merge_sort(run, entries, entries + count, count);
    for (uint64_t i = 0; i < count; i++)
        record[i] = sorted[i].record;
}

static bool sort_days(pol_run *run, const struct days *days) {
    uint64_t most = 0;
    for (uint64_t d = 0; d < days->count; d++) {
        uint64_t count = days->start[d + 1] - days->start[d];
        most = count > most ? count : most;
    }
    struct entry *entries = prt_zeroed((size_t)most * 2, sizeof *entries);
    if (!entries)
        return false;
    for (uint64_t d = 0; d < days->count; d++)
        sort_day(run, run->order + days->start[d], days->start[d + 1] - days->start[d], entries);
    prt_release(entries);
    return true;
}

bool prt_order(pol_run *run) {
    if (run->in_order)
        return true;
    run->order = prt_zeroed((size_t)(run->records - run->dead), sizeof *run->order);
    struct days days = {0};
    bool by_id = !run->seen.tabled && run->seen.by_bytes; /* then a day's records have stayed in the order of ids */
    bool ok = run->order && spread_by_day(run, &days) && (by_id || sort_days(run, &days));
    prt_release(days.start);
    return ok;
}
