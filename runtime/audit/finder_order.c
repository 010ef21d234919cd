/* Applicants with claims that differ: their claims together, then the largest sums first. */
#include <stdlib.h>
#include <string.h>

#include "audit/finder.h"
#include "core/keys.h"

/* A claim that differs, and behind it the applicant's id. */
struct differing {
    int64_t paid, due;
    uint32_t size, reserved;
};

/* An applicant, and behind it the id. The gap stands anywhere: it is copied before it is looked at. */
struct summed {
    uint8_t gap[sizeof(struct pol_gap)];
    uint32_t size, reserved;
};

static int by_id(const void *a, const void *b) {
    const struct differing *x = a, *y = b;
    return pol_texts_order((const char *)(x + 1), x->size, (const char *)(y + 1), y->size);
}

static pol_wide gap_of(const struct summed *applicant) {
    struct pol_gap gap;
    memcpy(&gap, applicant->gap, sizeof gap);
    return gap.over + gap.under;
}

static int by_gap(const void *a, const void *b) {
    const struct summed *x = a, *y = b;
    pol_wide mine = gap_of(x), theirs = gap_of(y);
    if (mine != theirs)
        return mine > theirs ? -1 : 1;
    return pol_texts_order((const char *)(x + 1), x->size, (const char *)(y + 1), y->size);
}

static const struct prt_sorter_kind kind_by_id = {.order = by_id}, kind_by_gap = {.order = by_gap};

bool finder_applicants_begin(struct finder_applicants *all, const struct pol_finder_room *room) {
    *all = (struct finder_applicants){.by_id = finder_sorter(room, &kind_by_id, 1, 10),
                                      .by_gap = finder_sorter(room, &kind_by_gap, 1, 10)};
    return all->by_id != NULL && all->by_gap != NULL;
}

void finder_applicants_free(struct finder_applicants *all) {
    prt_sorter_free(all->by_id);
    prt_sorter_free(all->by_gap);
    *all = (struct finder_applicants){0};
}

static bool is_claim(const struct pol_case *c) {
    return c->kind != POL_SPLIT && !c->again && c->paid != pol_case_due(c);
}

bool finder_applicants_add(struct finder_applicants *all, const struct pol_case *c) {
    if (!is_claim(c))
        return true;
    uint64_t hash = prt_hash_text(c->applicant, c->applicant_size, PRT_ODD_1);
    struct differing *to = prt_sorter_add(all->by_id, 0, hash, (uint32_t)sizeof *to + c->applicant_size);
    if (to == NULL)
        return false;
    *to = (struct differing){.paid = c->paid, .due = pol_case_due(c), .size = c->applicant_size};
    if (to->size > 0)
        memcpy(to + 1, c->applicant, to->size);
    return true;
}

static void add_claim(struct pol_gap *gap, const struct differing *c) {
    gap->claims++;
    gap->due += c->due;
    gap->paid += c->paid;
    gap->over_claims += c->paid > c->due;
    gap->under_claims += c->paid < c->due;
    gap->over += c->paid > c->due ? (pol_wide)c->paid - c->due : 0;
    gap->under += c->paid < c->due ? (pol_wide)c->due - c->paid : 0;
}

/* An applicant whose claims were all added up. */
static bool add_applicant(struct finder_applicants *all, const struct pol_gap *gap, const struct pol_buffer *id) {
    pol_wide sum = gap->over + gap->under;
    uint64_t number = sum < UINT64_MAX ? UINT64_MAX - (uint64_t)sum : 0;
    struct summed *to = prt_sorter_add(all->by_gap, 0, number, (uint32_t)(sizeof *to + id->size));
    if (to == NULL)
        return false;
    *to = (struct summed){.size = (uint32_t)id->size};
    memcpy(to->gap, gap, sizeof *gap);
    if (id->size > 0)
        memcpy(to + 1, id->data, id->size);
    return true;
}

static bool is_id(const struct pol_buffer *id, const struct differing *c) {
    return id->size == c->size && (c->size == 0 || memcmp(id->data, c + 1, c->size) == 0);
}

bool finder_applicants_end(struct finder_applicants *all) {
    struct pol_gap gap = {0};
    struct pol_buffer id = {0};
    bool ok = prt_sorter_begin(all->by_id);
    const struct differing *c;
    while (ok && (c = prt_sorter_next(all->by_id, NULL, NULL)) != NULL) {
        if (gap.claims > 0 && !is_id(&id, c)) {
            ok = add_applicant(all, &gap, &id);
            gap = (struct pol_gap){0};
        }
        if (gap.claims == 0) {
            id.size = 0;
            pol_buffer_add(&id, (const char *)(c + 1), c->size);
            all->no_memory |= id.failed;
        }
        add_claim(&gap, c);
    }
    if (gap.claims > 0)
        ok = ok && add_applicant(all, &gap, &id);
    pol_buffer_free(&id);
    all->count = prt_sorter_count(all->by_gap);
    return ok && !all->no_memory && prt_sorter_failure(all->by_id) == 0;
}

bool finder_applicants_first(struct finder_applicants *all) {
    return prt_sorter_begin(all->by_gap);
}

bool finder_applicants_next(struct finder_applicants *all, struct finder_applicant *applicant) {
    const struct summed *next = prt_sorter_next(all->by_gap, NULL, NULL);
    if (next == NULL)
        return false;
    applicant->id = (const char *)(next + 1);
    applicant->size = next->size;
    memcpy(&applicant->gap, next->gap, sizeof applicant->gap);
    return true;
}
