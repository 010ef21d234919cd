#include "check/scope.h"

void scope_init(struct scope *scope, struct arena *arena) {
    *scope = (struct scope){.arena = arena, .map = text_map_new(arena)};
}

static struct scope_entry *entry_of(struct scope *scope, struct text name) {
    void **slot = text_map_slot(scope->map, name);
    if (*slot)
        return *slot;
    struct scope_entry *entry = arena_new_of(scope->arena, struct scope_entry);
    entry->name = name;
    *slot = entry;
    if (scope->last)
        scope->last->next = entry;
    else
        scope->first = entry;
    scope->last = entry;
    return entry;
}

static bool clash(enum scope_space a, enum scope_space b) {
    return a == b || a == SCOPE_OTHER || b == SCOPE_OTHER;
}

bool scope_add(struct scope *scope, enum scope_space space, struct text name, struct decl *decl, struct span span,
               struct span *first) {
    struct scope_entry *entry = entry_of(scope, name);
    for (int other = 0; other < SCOPE_SPACES; other++) {
        if (!entry->decl[other] || !clash(space, (enum scope_space)other))
            continue;
        *first = entry->span[other];
        return false;
    }
    entry->decl[space] = decl;
    entry->span[space] = span;
    return true;
}

const struct scope_entry *scope_find(const struct scope *scope, struct text name) {
    return text_map_get(scope->map, name);
}

/* ---- nearest names ---- */

enum { LONGEST = 48 }; /* characters; longer names are not worth guessing at */

static size_t decode(struct text t, uint32_t out[LONGEST]) {
    size_t count = 0;
    while (t.size) {
        if (count == LONGEST)
            return LONGEST + 1;
        size_t size;
        uint32_t code = text_decode(t, &size);
        out[count++] = code >= 'A' && code <= 'Z' ? code + 32 : code;
        t.data += size;
        t.size -= size;
    }
    return count;
}

/* Insertions, deletions, replacements and swaps of neighbours. */
static size_t edit_distance(const uint32_t *a, size_t n, const uint32_t *b, size_t m) {
    size_t before[LONGEST + 1] = {0}, last[LONGEST + 1] = {0}, row[LONGEST + 1];
    for (size_t j = 0; j <= m; j++)
        last[j] = j;
    for (size_t i = 1; i <= n; i++) {
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);
            if (last[j] + 1 < best)
                best = last[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped && before[j - 2] + 1 < best)
                best = before[j - 2] + 1;
            row[j] = best;
        }
        for (size_t j = 0; j <= m; j++) {
            before[j] = last[j];
            last[j] = row[j];
        }
    }
    return last[m];
}

struct nearest nearest_to(struct text name) {
    return (struct nearest){.name = name, .distance = SIZE_MAX};
}

void nearest_offer(struct nearest *n, struct text candidate) {
    uint32_t a[LONGEST], b[LONGEST];
    size_t wanted = decode(n->name, a), offered = decode(candidate, b);
    if (wanted == 0 || wanted > LONGEST || offered == 0 || offered > LONGEST)
        return;
    size_t allowed = wanted <= 2 ? wanted - 1 : wanted < 6 ? 1 : wanted / 3;
    size_t gap = wanted > offered ? wanted - offered : offered - wanted;
    if (gap > allowed)
        return;
    if (text_is_slip(n->name, candidate)) {
        n->slips |= n->slip.size && !text_equal(n->slip, candidate);
        n->slip = candidate;
    }
    size_t distance = edit_distance(a, wanted, b, offered);
    if (distance > allowed || distance >= n->distance)
        return;
    n->best = candidate;
    n->distance = distance;
}
