/* scope.h - names to declarations, and the nearest name to a misspelt one. */
#ifndef POL_CHECK_SCOPE_H
#define POL_CHECK_SCOPE_H

#include "base/source.h"
#include "base/text.h"

struct decl; /* check/model.h */

/* Claim fields and profile fields may share a name; parameters and definitions share theirs with nobody. */
enum scope_space { SCOPE_CLAIM, SCOPE_PROFILE, SCOPE_OTHER, SCOPE_SPACES };

struct scope_entry {
    struct text name;
    struct decl *decl[SCOPE_SPACES]; /* NULL: not declared there */
    struct span span[SCOPE_SPACES];  /* {0, 0}: built into the language */
    struct scope_entry *next;        /* in order of declaration */
};

struct scope {
    struct arena *arena;
    struct text_map *map;
    struct scope_entry *first, *last;
};

void scope_init(struct scope *scope, struct arena *arena);
/* False when the name is taken; *first is then where (may be {0, 0}). */
bool scope_add(struct scope *scope, enum scope_space space, struct text name, struct decl *decl, struct span span,
               struct span *first);
const struct scope_entry *scope_find(const struct scope *scope, struct text name); /* NULL: unknown */

/* Offer names one after the other; `best` is the nearest so far if it is near enough to be meant, else empty. */
struct nearest {
    struct text name, best;
    size_t distance;
    struct text
        slip;   /* the one candidate of which the name can only be a slip (text_is_slip); empty: none or several */
    bool slips; /* several */
};
struct nearest nearest_to(struct text name);
void nearest_offer(struct nearest *n, struct text candidate);

#endif
