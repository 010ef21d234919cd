/* lint_int.h - what the lints share. Private to compiler/lint.
 *
 *   facts.c       what fields can be, and what a condition makes of it
 *   eval.c        values of expressions under facts; what shows there: idle rows, bounds, conditions
 *   lint_item.c   items, exclusions, kinds   lint_cap.c   caps    lint_tier.c  edges of tiers, tables
 *   lint_once.c   what can be paid twice     lint_same.c  items that pay for the same
 *   lint_words.c  bounds and maxima against the words of the quotes
 *   accept.c      findings that the policy accepts
 */
#ifndef POL_LINT_INT_H
#define POL_LINT_INT_H

#include "abi.h"
#include "check/range.h"
#include "lint/lint.h"

enum { LINT_WORK = 40 * 1000 * 1000, LINT_SET = 64 /* values of an enum that are kept as a set */ };

/* What an expression can be. */
struct value {
    bool is_set;        /* of an enum with at most LINT_SET values */
    uint64_t set;       /* its values */
    struct range range; /* of what is no set */
};

/* What each field, parameter and the year can be where a rule is looked at. */
struct facts {
    struct value *value;              /* by slot */
    struct span *why;                 /* the condition that narrowed it last; {0, 0}: its declaration */
    bool dead;                        /* no claim gets here */
    struct span dead_here, dead_with; /* the condition that cannot hold, and the one it contradicts */
    struct facts *next;               /* not in use */
};

struct lint_use { /* a cap of one item, under the item's facts */
    const struct model_cell *cell;
    struct range max, units;
    bool met; /* its `when` can hold */
    struct lint_use *next;
};

struct lint_item {
    const struct model_item *m;
    struct range award;
    bool dead;
    struct lint_use *caps;
    struct lint_item *next;
};

struct lint {
    const struct model *m;
    const struct sources *sources;
    struct diags *d;
    struct arena *a;
    uint32_t slots;
    struct facts *plain; /* as declared */
    struct facts *base;  /* the same on a day in force */
    bool *always;        /* by exclusion: every claim meets it */
    struct facts *free;
    bool loud; /* a rule is looked at as it is written: report what shows in it */
    uint64_t work;
    struct lint_item *items;
    struct lint_item **by_index; /* items by their index */
    uint32_t *named;             /* lint_tier.c: by enum value, the item that has a rule for it */
    struct text_map *said;       /* what was reported, and where */
};

/* False when this was reported here before: a definition is looked at for each item that uses it. */
bool lint_first(struct lint *l, enum diag_code code, struct span span);

/* facts.c */
void lint_declare(struct lint *l);
struct facts *lint_borrow(struct lint *l, const struct facts *of);
void lint_return(struct lint *l, struct facts *f);
bool lint_tired(struct lint *l, uint64_t more);                     /* too much work: stop */
uint32_t lint_slot(const struct lint *l, const struct ast_expr *e); /* UINT32_MAX: not a field, parameter or year */
uint32_t lint_field_slot(const struct lint *l, const struct model_field *f);
const struct type *lint_slot_type(const struct lint *l, uint32_t slot);
void lint_narrow(struct lint *l, struct facts *f, uint32_t slot, struct value v, struct span why);
/* Takes it that the condition holds (or does not). */
void lint_assume(struct lint *l, struct facts *f, const struct ast_expr *e, bool holds);
void lint_assume_kinds(struct lint *l, struct facts *f, const struct model_kinds *kinds, struct span why);
/* -1: none of the kinds can be, 1: it is always one of them, 0: it depends. */
int lint_kinds(const struct lint *l, const struct facts *f, const struct model_kinds *kinds);
struct span lint_why(const struct lint *l, const struct facts *f, const struct ast_expr *e);

/* eval.c */
struct value lint_eval(struct lint *l, struct facts *f, const struct ast_expr *e); /* says nothing */
/* The same for a rule as it is written: reports what shows in it. */
struct value lint_look(struct lint *l, struct facts *f, const struct ast_expr *e);
int lint_truth(struct lint *l, struct facts *f, const struct ast_expr *e); /* -1 never, 1 always, 0 it depends */
struct value lint_number(struct range r);
struct value lint_union(struct value a, struct value b);
bool lint_overlap(struct value a, struct value b); /* false: they have nothing in common */
/* What the value must be for the row; facts about it are narrowed in *f. False: the row is never reached. */
bool lint_row(struct lint *l, struct facts *f, const struct ast_expr *tier, const struct model_tier_row *row);
/* What a row gives, steps included, under facts that lint_row narrowed. */
struct range lint_row_value(struct lint *l, struct facts *f, const struct ast_expr *tier,
                            const struct model_tier_row *row);

/* The rules */
void lint_items(struct lint *l);
void lint_caps(struct lint *l);
void lint_tiers(struct lint *l, const struct lint_item *item, struct facts *f);
void lint_tables_begin(struct lint *l);
void lint_once(struct lint *l);
void lint_same(struct lint *l);
void lint_words(struct lint *l);
/* Whether one of the words, ended by NULL, stands in a quote of the item; of its clause where it quotes nothing. */
const char *lint_quoted(const struct model_item *m, const char *const *words);
/* The same in any quote or reading of the item and its clause. */
const char *lint_mentioned(const struct model_item *m, const char *const *words);
/* The facts of a claim that the item's conditions let through. */
void lint_conditions(struct lint *l, struct facts *f, const struct model_item *m);

#endif
