/* Which earlier claims had used the cells that many claims were denied or cut by, in one walk over the ledger.
 *
 * The cells of interest are those that a wanted claim's decision is about. The walk goes in the order of deciding and
 * notes at each such cell the first claims that use it; when it comes to a wanted claim, what stands there is the
 * answer. So neither time nor memory depends on how often a cell is used. */
#include "core/days.h"
#include "core/granted.h"
#include "core/status.h"

struct slot {
    uint64_t key; /* 0 = free */
    uint64_t count;
};

struct search {
    pol_run *run;
    const uint64_t *claims;
    uint64_t count, *uses, *used;
    unsigned most;
    struct slot *slot; /* open addressing; `first` has the slots' claims */
    uint64_t *first;
    uint64_t mask;
    uint8_t *wanted; /* bitmap by row */
    bool *of_family; /* by family, and at the end budgets: is a cell of it of interest? */
};

/* ---- cells ------------------------------------------------------------------------------------------------------- */

static uint64_t key_of(uint32_t family, uint32_t cell) {
    return ((uint64_t)family << 32 | cell) + 1;
}

static uint64_t place_of(const struct search *s, uint64_t key) {
    uint64_t at = prt_mix(key, PRT_ODD_1) & s->mask;
    while (s->slot[at].key != 0 && s->slot[at].key != key)
        at = (at + 1) & s->mask;
    return at;
}

static uint32_t budgets(const struct search *s) {
    return s->run->module->descriptor->cells.count;
}

static void note(const struct search *s, uint32_t family, uint32_t cell, uint32_t row) {
    uint64_t at = place_of(s, key_of(family, cell));
    if (s->slot[at].key == 0)
        return;
    if (s->slot[at].count < s->most)
        s->first[at * s->most + s->slot[at].count] = row;
    s->slot[at].count++;
}

/* ---- what a decision is about ------------------------------------------------------------------------------------ */

static bool is_about(const pol_run *run, const uint32_t *record, const struct prt_step *step) {
    uint8_t reason = run->reason[record[PRT_ROW]];
    if (step->family == PRT_NONE || record[step->word] == PRT_NONE)
        return false;
    return reason == POL_OK ? step->kind == POL_STEP_LADDER : step->rule == run->rule[record[PRT_ROW]];
}

/* The key of the cell that decided; 0 = none. */
static uint64_t deciding_key(const struct search *s, const uint32_t *record, uint32_t *family) {
    const pol_run *run = s->run;
    const struct prt_item *item = prt_item_of(run, record);
    *family = budgets(s);
    if (run->reason[record[PRT_ROW]] == POL_LIMIT)
        return record[PRT_ITEM] & PRT_LIMITED ? key_of(budgets(s), record[PRT_BUDGET]) : 0;
    for (uint32_t i = 0; i < item->cap_end; i++) {
        const struct prt_step *step = &run->plan.step[item->first_step + i];
        if (!is_about(run, record, step))
            continue;
        *family = step->family;
        return key_of(step->family, record[step->word]);
    }
    return 0;
}

/* ---- the walk ---------------------------------------------------------------------------------------------------- */

static uint64_t index_of(const struct search *s, uint64_t row) {
    uint64_t low = 0, high = s->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (s->claims[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void answer(const struct search *s, const uint32_t *record) {
    uint32_t family;
    uint64_t key = deciding_key(s, record, &family);
    uint64_t i = index_of(s, record[PRT_ROW]), at = key ? place_of(s, key) : 0;
    if (!key)
        return;
    s->used[i] = s->slot[at].count;
    for (uint64_t k = 0; k < s->most && k < s->used[i]; k++)
        s->uses[i * s->most + k] = s->first[at * s->most + k];
}

/* The budgets of its own year and of those it was carried into. */
static void note_budgets(const struct search *s, const uint32_t *record) {
    const pol_run *run = s->run;
    const struct prt_adjust *a = prt_adjust_of(run, record);
    const struct prt_budget *budget = run->profiles.budget;
    uint32_t own = record[PRT_BUDGET];
    if (!a || a->payable > 0)
        note(s, budgets(s), own, record[PRT_ROW]);
    for (uint32_t i = a ? a->carry : 0; i; i = run->carry[i - 1].before) {
        uint32_t at = own;
        while (budget[at].year < run->carry[i - 1].year)
            at++; /* years ascend, and the one that carried is among them */
        note(s, budgets(s), at, record[PRT_ROW]);
    }
}

static void note_cells(const struct search *s, const uint32_t *record) {
    const pol_run *run = s->run;
    const struct prt_item *item = prt_item_of(run, record);
    bool granted = prt_was_granted(run, record);
    for (uint32_t i = 0; i < item->cap_end; i++) {
        const struct prt_step *step = &run->plan.step[item->first_step + i];
        bool cap = i >= item->less_end;
        if (step->family != PRT_NONE && s->of_family[step->family] && record[step->word] != PRT_NONE &&
            (granted || !cap))
            note(s, step->family, record[step->word], record[PRT_ROW]);
    }
    if (granted && s->of_family[budgets(s)] && (record[PRT_ITEM] & PRT_LIMITED))
        note_budgets(s, record);
}

static void visit(const struct search *s, uint32_t at) {
    const uint32_t *record = s->run->stream + at;
    if (record[PRT_ITEM] & PRT_DEAD)
        return;
    if (prt_bit(s->wanted, record[PRT_ROW]))
        answer(s, record);
    if (prt_was_entitled(s->run, record))
        note_cells(s, record);
}

static void walk(const struct search *s) {
    const pol_run *run = s->run;
    if (run->order)
        for (uint64_t i = 0; i < run->records - run->dead; i++)
            visit(s, run->order[i]);
    else
        for (uint64_t at = 0; at < run->words; at += prt_item_of(run, run->stream + at)->words)
            visit(s, (uint32_t)at);
}

/* ---- beginning --------------------------------------------------------------------------------------------------- */

/* Notes which cells are of interest. */
static void want(const struct search *s) {
    const pol_run *run = s->run;
    for (uint64_t i = 0; i < s->count; i++)
        s->wanted[s->claims[i] / 8] |= (uint8_t)(1u << (s->claims[i] % 8));
    for (uint64_t at = 0; at < run->words; at += prt_item_of(run, run->stream + at)->words) {
        const uint32_t *record = run->stream + at;
        uint32_t family;
        if ((record[PRT_ITEM] & PRT_DEAD) || !prt_bit(s->wanted, record[PRT_ROW]))
            continue;
        uint64_t key = deciding_key(s, record, &family);
        if (!key)
            continue;
        s->slot[place_of(s, key)].key = key;
        s->of_family[family] = true;
    }
}

static bool make_room(struct search *s) {
    uint64_t slots = 16;
    while (slots < s->count * 2)
        slots *= 2;
    s->mask = slots - 1;
    s->slot = prt_zeroed((size_t)slots, sizeof *s->slot);
    s->first = prt_zeroed((size_t)slots * s->most, sizeof *s->first);
    s->wanted = prt_zeroed((size_t)(s->run->rows / 8 + 1), 1);
    s->of_family = prt_zeroed(budgets(s) + 1u, sizeof *s->of_family);
    return s->slot && s->first && s->wanted && s->of_family && prt_order(s->run);
}

enum pol_status pol_run_uses(pol_run *run, const uint64_t *claims, uint64_t count, unsigned most, uint64_t *uses,
                             uint64_t *used, struct pol_error *error) {
    if (run->phase != PRT_DECIDED || (count && claims[count - 1] >= run->rows))
        return prt_fail(error, POL_STATUS_USAGE, "only claims of a decided run have earlier claims");
    struct search s = {.run = run, .claims = claims, .count = count, .uses = uses, .used = used, .most = most};
    for (uint64_t i = 0; i < count; i++)
        used[i] = 0;
    bool room = make_room(&s);
    if (room) {
        want(&s);
        walk(&s);
    }
    prt_release(run->order);
    run->order = NULL;
    prt_release(s.slot);
    prt_release(s.first);
    prt_release(s.wanted);
    prt_release(s.of_family);
    return room ? POL_STATUS_OK : prt_no_memory(error);
}
