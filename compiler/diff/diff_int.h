/* diff_int.h - what the files of compiler/diff share. Private to it.
 *
 *   diff_pair.c    which field, value, item, parameter, clause is which in the other version
 *   diff_form.c    the normal form of an expression, as a digest
 *   diff_words.c   expressions, keys and values in words
 *   diff_schema.c  head, fields, parameters, targets
 *   diff_clause.c  clauses and items
 *   diff_rule.c    rules: gathered, paired, told
 *   diff_award.c   two expressions, told where they differ
 *   diff.c         entries; diff_print.c: text and JSON; diff_trial.c: the net below
 */
#ifndef POL_DIFF_INT_H
#define POL_DIFF_INT_H

#include "diff/diff.h"

/* An identity is the same number in both versions where the two are one thing. */
enum { DIFF_ONLY_BEFORE = 1000000, DIFF_ONLY_AFTER = 2000000 }; /* from here on: without a partner */

struct side { /* one version */
    const struct model *model;
    struct arena *arena;
    uint32_t only; /* DIFF_ONLY_BEFORE or DIFF_ONLY_AFTER: its own identities */
    uint32_t *claim, *profile, *param, *item, *clause, *target; /* identity by index */
    uint32_t *claim_at, *profile_at, *item_at, *clause_at; /* the other way round: by identity below DIFF_ONLY_BEFORE */
    uint32_t **value;                                      /* by enum, then value: identity */
    struct model_clause **clauses;
    struct model_item **items; /* by index */
    struct text_map *item_named, *defines;
};

struct form {
    uint8_t byte[16];
};

struct comparison {
    struct side before, after;
    enum diff_language language;
    struct arena *arena;
    struct diff *diff;
    struct diff_entry **last;
    /* where entries are being added */
    const struct model_clause *clause;
    const struct model_item *item;
    const struct side *side; /* that clause and item belong to */
    uint32_t rank;
    bool written_out; /* definitions by what they stand for, likewise */
    bool plain;       /* names as they are written, not labels: where words alone would look the same */
};

/* diff_pair.c */
void diff_pair(struct comparison *c);
const struct model_field *diff_partner_field(const struct side *from, const struct side *to,
                                             const struct model_field *field); /* NULL: none */
const struct model_item *diff_partner_item(const struct side *from, const struct side *to,
                                           const struct model_item *item);
const struct model_clause *diff_partner_clause(const struct side *from, const struct side *to,
                                               const struct model_clause *clause);
uint32_t diff_field_id(const struct side *s, const struct model_field *field);

/* diff_form.c */
bool diff_form_equal(struct form a, struct form b);
int diff_form_compare(const void *a, const void *b);             /* for qsort */
struct form diff_form(struct side *s, const struct ast_expr *e); /* of anything; NULL has a form too */
struct form diff_form_not(struct side *s, const struct ast_expr *e);
struct form diff_form_kinds(struct side *s, const struct model_kinds *kinds, bool except);
struct form diff_form_mix(const char *tag, const struct form *form, size_t count);
struct form diff_form_number(const char *tag, int64_t number);
struct form diff_form_text(const char *tag, struct text t);
/* The parts that are joined by "and", definitions written out. */
struct diff_parts {
    const struct ast_expr **expr;
    bool *negated;
    size_t count, capacity;
};
void diff_conjuncts(struct side *s, const struct ast_expr *e, bool negated, struct diff_parts *out);

/* diff_words.c */
const char *diff_say(const struct comparison *c, const char *english, const char *chinese);
struct text diff_expr(const struct comparison *c, const struct ast_expr *e); /* NULL: empty */
struct text diff_expr_negated(const struct comparison *c, const struct ast_expr *e);
/* Whether the words of it are joined by "or". */
bool diff_is_either(const struct ast_expr *e, bool negated);
struct text diff_name(const struct comparison *c, struct text name, struct text column, struct text label);
struct text diff_field_name(const struct comparison *c, const struct model_field *f);
struct text diff_item_name(const struct comparison *c, const struct model_item *i);
struct text diff_money(struct arena *arena, ast_int num, int64_t den);                      /* yuan */
struct text diff_value(const struct comparison *c, const struct type *type, int64_t value); /* in units of abi.h */
struct text diff_keys(const struct comparison *c, const struct model_cell *cell); /* "per applicant and year" */
struct text diff_kinds(const struct comparison *c, const struct model_kinds *kinds);
struct text diff_quoted(const struct comparison *c, struct text t);
struct text diff_clause_mark(const struct comparison *c, const struct model_clause *clause); /* "§7", "第7条" */
struct text diff_type_name(const struct comparison *c, const struct type *type);

/* diff.c */
/* What the source and ledgers call a thing, and what it is for people. */
struct diff_named {
    struct text name, column, label;
};
bool diff_renamed(struct diff_named a, struct diff_named b);
/* Adds an entry at the comparison's place. `before` or `after` is empty with DIFF_ADDED and DIFF_REMOVED. */
void diff_add(struct comparison *c, const char *what, enum diff_change change, bool decides, struct text subject,
              struct text before, struct text after);
/* Changed, added or removed by which of the two is empty; nothing where both are equal. */
void diff_texts(struct comparison *c, const char *what, bool decides, struct text subject, struct text before,
                struct text after);
/* Where the entries that follow belong; a clause of the version before is shown as it is now, if it still is. */
void diff_at(struct comparison *c, const struct side *side, const struct model_clause *clause,
             const struct model_item *item);
/* "award, at most": a part of what `subject` names. */
struct text diff_part(const struct comparison *c, struct text subject, struct text part);

/* diff_schema.c, diff_clause.c, diff_rule.c, diff_award.c */
void diff_head(struct comparison *c);
void diff_schema(struct comparison *c);
void diff_targets(struct comparison *c);
void diff_clauses(struct comparison *c);
void diff_rules(struct comparison *c);
/* Tells how two expressions differ, as near to the place as it can. Nothing where their forms are equal. */
void diff_two(struct comparison *c, const char *what, struct text subject, const struct ast_expr *before,
              const struct ast_expr *after);

#endif
