/* Findings in sorters: as bytes with their texts behind them, and back. */
#include <stdlib.h>
#include <string.h>

#include "audit/finder.h"

/* An entry: the case, the claim's id, the applicant's, then for each claim that is named its size and its id. */

static char *put(char *out, const void *data, size_t size) {
    if (size > 0)
        memcpy(out, data, size);
    return out + size;
}

bool finder_put_case(struct prt_sorter *to, unsigned part, uint64_t number, const struct pol_case *c,
                     const struct pol_text *rest) {
    size_t size = sizeof *c + c->claim_size + c->applicant_size;
    for (unsigned i = 0; i < c->rest_shown; i++)
        size += sizeof(uint32_t) + rest[i].size;
    char *out = size < UINT32_MAX ? prt_sorter_add(to, part, number, (uint32_t)size) : NULL;
    if (out == NULL)
        return false;
    out = put(out, c, sizeof *c);
    out = put(out, c->claim, c->claim_size);
    out = put(out, c->applicant, c->applicant_size);
    for (unsigned i = 0; i < c->rest_shown; i++) {
        out = put(out, &rest[i].size, sizeof(uint32_t));
        out = put(out, rest[i].data, rest[i].size);
    }
    return true;
}

void finder_get_case(const void *entry, struct pol_case *c, struct pol_text *rest) {
    const char *at = entry;
    memcpy(c, at, sizeof *c);
    at += sizeof *c;
    c->claim = at;
    at += c->claim_size;
    c->applicant = at;
    at += c->applicant_size;
    for (unsigned i = 0; i < c->rest_shown && rest != NULL; i++) {
        rest[i] = (struct pol_text){.data = at + sizeof(uint32_t)};
        memcpy(&rest[i].size, at, sizeof(uint32_t));
        at += sizeof(uint32_t) + rest[i].size;
    }
}

/* ---- the cases in memory ----------------------------------------------------------------------------------------- */

static bool grow(void *array, uint64_t *room, uint64_t needed, size_t width) {
    void **place = array;
    if (needed <= *room)
        return true;
    uint64_t more = *room * 2 > needed ? *room * 2 : needed + 64;
    void *memory = realloc(*place, more * width);
    if (memory == NULL)
        return false;
    *place = memory;
    *room = more;
    return true;
}

bool finder_keep_case(struct pol_finder *f, const void *entry, uint32_t size) {
    if (!grow(&f->cases, &f->room, f->count + 1, sizeof *f->cases) ||
        !grow(&f->rest, &f->rest_room, f->rest_count + SPLIT_REST_SHOWN, sizeof *f->rest))
        return false;
    struct pol_case *c = &f->cases[f->count];
    struct pol_text whole = {entry, size, 0};
    const char *copy = pol_texts_copy(&f->texts, whole);
    if (copy == NULL)
        return false;
    finder_get_case(copy, c, f->rest + f->rest_count);
    c->rest = f->rest_count;
    f->rest_count += c->rest_shown;
    f->count++;
    return true;
}

void finder_forget_cases(struct pol_finder *f) {
    f->count = f->rest_count = 0;
    pol_texts_free(&f->texts);
}

/* ---- their orders ------------------------------------------------------------------------------------------------ */

/* A deferred claim's finding about its limit goes before the one about what it did not get. */
static int by_again(const void *a, const void *b) {
    const struct pol_case *x = a, *y = b;
    return (x->again > y->again) - (x->again < y->again);
}

const struct prt_sorter_kind finder_by_row = {.order = by_again};

static struct pol_text claim_of(const void *entry) {
    const struct pol_case *c = entry;
    return (struct pol_text){(const char *)entry + sizeof *c, c->claim_size, 0};
}

/* The rest of the order only serves to have one. */
static int by_claim(const void *a, const void *b) {
    const struct pol_case *x = a, *y = b;
    struct pol_text s = claim_of(a), t = claim_of(b);
    int order = pol_texts_order(s.data, s.size, t.data, t.size);
    if (order != 0)
        return order;
    if (x->kind != y->kind)
        return (int)x->kind - (int)y->kind;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    if (x->rest_count != y->rest_count)
        return x->rest_count < y->rest_count ? -1 : 1;
    return (x->entitled > y->entitled) - (x->entitled < y->entitled);
}

const struct prt_sorter_kind finder_by_amount = {.order = by_claim, .text = claim_of};

static int by_matter(const void *a, const void *b) {
    const struct pol_case *x = a, *y = b;
    if (x->rest_count != y->rest_count)
        return x->rest_count < y->rest_count ? -1 : 1;
    if (x->entitled != y->entitled)
        return x->entitled < y->entitled ? -1 : 1;
    if (x->amount != y->amount)
        return x->amount > y->amount ? -1 : 1;
    if (x->words != y->words)
        return (int)x->words - (int)y->words;
    if (x->which != y->which)
        return x->which < y->which ? -1 : 1;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    return (x->edge > y->edge) - (x->edge < y->edge);
}

const struct prt_sorter_kind finder_by_matter = {.order = by_matter};
