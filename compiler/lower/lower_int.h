/* lower_int.h - what lowering's files share. Private to compiler/lower.
 *
 *   lower.c        the whole policy; its functions, block by block
 *   lower_decl.c   schema, clauses, cells, targets: copied into the IR's arrays
 *   lower_rule.c   the table of rules; texts of conditions
 *   lower_item.c   an item's block and its steps
 *   lower_expr.c   expressions; lower_table.c those with rows: `by` and `tier`
 *   lower_value.c  exact arithmetic on numerators and denominators
 *   lower_probe.c  instructions that tell what a claim touches, for coverage
 *   lower_report.c what only exact intervals can show, and which range would mend it
 */
#ifndef POL_LOWER_INT_H
#define POL_LOWER_INT_H

#include "lower/lower.h"
#include "lower/probe.h"

/* What an expression comes to. A number is num / (den * scale), with den a constant and scale an instruction whose
 * interval begins at 1 or more. Units: money in fen, a rate of 100% is 1, dates in days, enums by index. */
struct value {
    ir_ref num;   /* number: the numerator; bool and text: the value itself */
    ir_int den;   /* >= 1; 1 for bool and text */
    ir_ref scale; /* IR_NO_REF = 1 */
    ir_ref ok;    /* bool: there is a value; IR_NO_REF = always. Where there is none, the rest means nothing */
    const struct text_choice *choice; /* text chosen by a condition; num is then IR_NO_REF */
};

struct text_choice {
    ir_ref condition;
    struct value then, otherwise;
};

/* A condition that ends the claim when it is true. */
struct ending {
    ir_ref when;
    uint32_t rule;
};

struct ending_list {
    struct ending *entry;
    size_t count, capacity;
};

struct lower {
    const struct model *model;
    const struct sources *sources;
    struct diags *diags;
    struct arena *arena;
    struct ir_policy *policy;
    struct ir_func *func;         /* instructions go to its last block */
    const struct ast_expr *at;    /* innermost expression being lowered: where mistakes are reported */
    const struct ast_expr *whole; /* the outermost */
    bool of_profile;              /* the function sees no claim: the year is that of the applicants row */
    bool pinned;                  /* parameters have their default values */
    bool silent;                  /* mistakes are only counted */
    uint32_t failures;
    struct text_map *reported; /* code and place of what was reported */
    struct text_map *defines;  /* name -> struct expansion */
    uint32_t epoch;            /* of the current block: expansions of other blocks are out of reach */
    struct text_map *rules;    /* what tells rules apart -> index + 1 */
    size_t rule_capacity;
    bool rules_full;
    struct probes *probes; /* NULL: not asked for */
    ir_ref *aux;           /* of the current item */
    size_t aux_count, aux_capacity;
};

/* lower_value.c */
ir_ref lower_emit(struct lower *l, enum ir_op op, ir_ref a, ir_ref b, ir_ref c);
ir_ref lower_const(struct lower *l, ir_int value);
ir_ref lower_bool(struct lower *l, bool value);
ir_ref lower_and(struct lower *l, ir_ref a, ir_ref b);
ir_ref lower_or(struct lower *l, ir_ref a, ir_ref b);
ir_ref lower_not(struct lower *l, ir_ref a);
bool lower_is_const(const struct lower *l, ir_ref ref, ir_int value);
struct value value_of(ir_ref ref);                                 /* an integer, a bool or a text */
struct value value_ratio(struct lower *l, ir_int num, ir_int den); /* den != 0 */
struct value value_scaled(struct lower *l, ir_ref num, ir_int den);
struct value value_add(struct lower *l, struct value a, struct value b);
struct value value_sub(struct lower *l, struct value a, struct value b);
struct value value_mul(struct lower *l, struct value a, struct value b);
struct value value_div(struct lower *l, struct value a, struct value b, const struct ast_expr *divisor);
struct value value_bound(struct lower *l, enum ir_op op, struct value a, struct value b);   /* MIN, MAX */
struct value value_compare(struct lower *l, enum ir_op op, struct value a, struct value b); /* EQ, LT, LE; text: EQ */
struct value value_select(struct lower *l, ir_ref condition, struct value a, struct value b);
struct value value_logic(struct lower *l, enum ir_op op, struct value a, struct value b); /* AND, OR */
struct value value_not(struct lower *l, struct value a);
ir_ref value_ok_both(struct lower *l, ir_ref a, ir_ref b);
ir_ref value_floor(struct lower *l, struct value v); /* integers; `ok` is the caller's */
ir_ref value_ceil(struct lower *l, struct value v);
ir_ref value_round(struct lower *l, struct value v); /* half up */
ir_ref value_holds(struct lower *l, struct value v); /* of a bool: true, and there */

/* lower_expr.c */
struct value lower_expr(struct lower *l, const struct ast_expr *e);
ir_ref lower_field(struct lower *l, const struct model_field *field);
ir_ref lower_year(struct lower *l);
/* Whether the enum value `ref` is one of the `set`, one bool for each of `count` values. */
ir_ref lower_member(struct lower *l, ir_ref ref, const bool *set, uint32_t count);
ir_ref lower_kinds(struct lower *l, const struct model_kinds *kinds); /* IR_NO_REF: any */

/* Values of the enum that is the expression's type; 0 where it is none. */
uint32_t lower_enum_count(const struct ast_expr *e);
/* Marks the enum values of the list; false when something else is in it. */
bool lower_enum_set(const struct ast_expr *list, bool *set, uint32_t count);

/* lower_table.c */
struct value lower_by(struct lower *l, const struct ast_expr *e);
struct value lower_tier(struct lower *l, const struct ast_expr *e);

/* lower_rule.c */
/* The rule of this name, reason, clause, item and source; added when it is new. 0 when there are too many: reported. */
uint32_t lower_rule(struct lower *l, struct ir_rule rule);
struct text lower_source(struct lower *l, struct span span); /* on one line, without comments */
struct text lower_quote(const struct model_clause *clause);  /* the first; empty without */
uint32_t lower_clause_index(const struct model_clause *clause);
struct text lower_copy(struct lower *l, struct text t);
void lower_ends(struct lower *l, struct ending_list *list, ir_ref when, struct ir_rule rule);
ir_ref lower_first_ending(struct lower *l, const struct ending_list *list); /* its rule, or 0 */

/* lower_decl.c */
void lower_schema(struct lower *l);
void lower_clauses(struct lower *l);
void lower_cells(struct lower *l);
void lower_targets(struct lower *l);

/* lower_item.c */
void lower_items(struct lower *l);
/* The condition under which a claim fails the requirement. */
ir_ref lower_requirement(struct lower *l, const struct model_require *require);
struct ir_rule lower_require_rule(struct lower *l, const struct model_require *require, uint32_t item);
ir_ref lower_money(struct lower *l, const struct ast_expr *e, ir_ref fen,
                   struct value v); /* 0 where none, never negative */

/* lower_probe.c: nothing without l->probes */
void lower_probe(struct lower *l, const void *node, const char *outcome, struct span span, ir_ref when);
/* Every part of a condition, or of any expression, where `guard` holds. */
void lower_probe_condition(struct lower *l, const struct ast_expr *e, ir_ref guard);
void lower_probe_value(struct lower *l, const struct ast_expr *e, ir_ref guard);
/* No ending so far holds. */
ir_ref lower_probe_passed(struct lower *l, const struct ending_list *list);

/* lower_report.c */
void report_overflow(struct lower *l);
void report_date(struct lower *l);
void report_divisor(struct lower *l, const struct ast_expr *divisor);
/* The amount `e` may exceed 64 bits. */
void report_amount(struct lower *l, const struct ast_expr *e);
void report_price(struct lower *l, const struct ast_expr *e);
void report_too_many(struct lower *l, struct span span, const char *what, unsigned limit);
bool lower_fits_amount(const struct lower *l, ir_ref ref); /* within 64 bits */

void lower_block_begin(struct lower *l, struct ir_func *func);

#endif
