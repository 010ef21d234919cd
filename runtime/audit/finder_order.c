/* Putting findings in order, and together by applicant. Both are made so that texts all over memory are rarely looked
 * at: there may be millions of findings. */
#include <stdlib.h>
#include <string.h>

#include "audit/finder.h"
#include "core/keys.h"

/* ---- the largest amount first ------------------------------------------------------------------------------------ */

/* What nearly always tells two findings apart: the amount, and where the claims' ids begin to differ. */
struct key {
    uint64_t amount, claim; /* amount: the larger, the less */
    const struct pol_case *c;
};

/* How many bytes all claim ids begin with alike. */
static size_t common_bytes(const struct pol_finder *f) {
    const struct pol_case *first = f->cases;
    size_t common = f->count > 0 ? first->claim_size : 0;
    for (uint64_t i = 1; i < f->count && common > 0; i++) {
        const struct pol_case *c = &f->cases[i];
        size_t same = 0, most = c->claim_size < common ? c->claim_size : common;
        while (same < most && c->claim[same] == first->claim[same])
            same++;
        common = same;
    }
    return common;
}

/* Eight bytes of the id behind those, so that numbers compare as texts do. */
static uint64_t claim_key(const struct pol_case *c, size_t common) {
    uint64_t key = 0;
    for (size_t i = common; i < common + 8; i++)
        key = key << 8 | (i < c->claim_size ? (unsigned char)c->claim[i] : 0);
    return key;
}

/* The rest of the order only serves to have one. */
static int by_amount(const void *a, const void *b) {
    const struct key *k = a, *l = b;
    if (k->amount != l->amount)
        return k->amount < l->amount ? -1 : 1;
    if (k->claim != l->claim)
        return k->claim < l->claim ? -1 : 1;
    const struct pol_case *x = k->c, *y = l->c;
    int order = pol_texts_order(x->claim, x->claim_size, y->claim, y->claim_size);
    if (order != 0)
        return order;
    if (x->kind != y->kind)
        return (int)x->kind - (int)y->kind;
    return (x->row > y->row) - (x->row < y->row);
}

bool finder_order(struct pol_finder *f) {
    struct key *keys = malloc((f->count + 1) * sizeof *keys);
    struct pol_case *ordered = malloc((f->count + 1) * sizeof *ordered);
    bool room = keys != NULL && ordered != NULL;
    size_t common = room ? common_bytes(f) : 0;
    for (uint64_t i = 0; room && i < f->count; i++)
        keys[i] =
            (struct key){UINT64_MAX - (uint64_t)f->cases[i].amount, claim_key(&f->cases[i], common), &f->cases[i]};
    if (room && f->count > 0)
        qsort(keys, f->count, sizeof *keys, by_amount);
    for (uint64_t i = 0; room && i < f->count; i++)
        ordered[i] = *keys[i].c;
    free(keys);
    if (!room) {
        free(ordered);
        return false;
    }
    free(f->cases);
    f->cases = ordered;
    f->room = f->count + 1;
    return true;
}

/* ---- by applicant ------------------------------------------------------------------------------------------------ */

/* Numbers of applicants by the hash of their ids, open addressing. */
struct index {
    uint32_t *slot; /* number + 1; 0 is free */
    uint64_t mask, seed;
};

static void add_case(struct pol_gap *gap, const struct pol_case *c) {
    int64_t due = pol_case_due(c);
    gap->claims++;
    gap->due += due;
    gap->paid += c->paid;
    gap->over_claims += c->paid > due;
    gap->under_claims += c->paid < due;
    gap->over += c->paid > due ? (pol_wide)c->paid - due : 0;
    gap->under += c->paid < due ? (pol_wide)due - c->paid : 0;
}

static struct finder_applicant *applicant_of(struct finder_applicants *all, const struct index *index,
                                             const struct pol_case *c) {
    uint64_t at = prt_hash_text(c->applicant, c->applicant_size, index->seed) & index->mask;
    for (; index->slot[at] != 0; at = (at + 1) & index->mask) {
        struct finder_applicant *known = &all->list[index->slot[at] - 1];
        if (known->size == c->applicant_size && memcmp(known->id, c->applicant, known->size) == 0)
            return known;
    }
    all->list[all->count] = (struct finder_applicant){.id = c->applicant, .size = c->applicant_size};
    index->slot[at] = (uint32_t)all->count + 1;
    return &all->list[all->count++];
}

static int by_gap(const void *a, const void *b) {
    const struct finder_applicant *x = a, *y = b;
    pol_wide mine = x->gap.over + x->gap.under, theirs = y->gap.over + y->gap.under;
    if (mine != theirs)
        return mine > theirs ? -1 : 1;
    return pol_texts_order(x->id, x->size, y->id, y->size);
}

static bool is_claim(const struct pol_case *c) {
    return c->kind != POL_SPLIT && !c->again && c->paid != pol_case_due(c);
}

bool finder_applicants(const struct pol_finder *f, struct finder_applicants *all) {
    *all = (struct finder_applicants){0};
    uint64_t cases = 0;
    for (uint64_t i = 0; i < f->count; i++)
        cases += is_claim(&f->cases[i]);
    struct index index = {.mask = 15, .seed = (uint64_t)(uintptr_t)f};
    while (index.mask < cases * 2)
        index.mask = index.mask * 2 + 1;
    index.slot = calloc(index.mask + 1, sizeof *index.slot);
    all->list = malloc((cases + 1) * sizeof *all->list);
    bool room = index.slot != NULL && all->list != NULL && cases < UINT32_MAX;
    for (uint64_t i = 0; room && i < f->count; i++)
        if (is_claim(&f->cases[i]))
            add_case(&applicant_of(all, &index, &f->cases[i])->gap, &f->cases[i]);
    free(index.slot);
    if (all->count > 0)
        qsort(all->list, all->count, sizeof *all->list, by_gap);
    if (!room)
        free(all->list);
    return room;
}
