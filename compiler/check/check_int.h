/* check_int.h - what the checker's files share. Private to compiler/check.
 *
 * check_policy runs these passes, each over the whole policy:
 *   check_decl.c     fields, parameters, enums; then clauses, items and definitions by name
 *   check_expr.c     types of expressions, and what their names stand for
 *   check_range.c    exact intervals of expressions (range.c); check_table.c those of `by` and `tier`
 *   check_rule.c     what applies to items: conditions, awards, cells; check_stmt.c gathers them in order of the source
 *   check_target.c   targets; check_use.c which fields are read by what; check_example.c examples and samples
 */
#ifndef POL_CHECK_INT_H
#define POL_CHECK_INT_H

#include "base/diag.h"
#include "base/source.h"
#include "check/check.h"
#include "check/model.h"
#include "check/range.h"
#include "check/rat.h"
#include "check/scope.h"
#include "type/builtin.h"

enum {
    CHECK_DEPTH = 1500,   /* nesting of an expression with its definitions written out; stages after recurse so deep */
    CHECK_SIZE = 1000000, /* nodes of an expression with its definitions written out */
    CHECK_ITEMS = 65534,  /* abi.h: item indices are uint16_t and one is taken */
    CHECK_WORK = 20 * 1000 * 1000, /* items times rules of the whole policy; items times fields */
    CHECK_SUGGEST = 200,           /* errors after which no nearest name is looked for */
};

/* What an expression reads. */
enum { READS_CLAIM = 1, READS_PROFILE = 2, READS_PARAM = 4, READS_YEAR = 8, READS_ALL = 15 };

struct check_enum {
    struct model_enum model; /* first: a model_enum of the model is a check_enum */
    struct decl *decl;       /* one for each value */
    struct span *span;
    const struct type *type;
};

enum define_state { DEFINE_NEW, DEFINE_OPEN /* being checked: seen again, it is a cycle */, DEFINE_DONE };

struct check_define {
    struct model_define model; /* first: a model_define of the model is a check_define */
    struct decl decl;
    struct ast_stmt *stmt;
    enum define_state state;
    unsigned reads;
    uint32_t height, size; /* with the definitions it uses written out */
    struct range range;
    bool lacks; /* may give no value */
    uint32_t stamp;
    struct check_define *outer; /* the definition whose check led here */
    struct check_define *next;
};

struct check_item {
    struct model_item model; /* first: a model_item of the model is a check_item */
    struct ast_stmt *award;
    struct model_require **require_tail;
    struct model_use **use_tail;
    struct model_less **less_tail;
    uint32_t
        requires,
    onces, ladders, caps, lesses; /* for the names made up */
    uint32_t listed;              /* the last `over` list that named it */
    struct range range;           /* of the award */
};

struct check_clause {
    struct model_clause model; /* first: a model_clause of the model is a check_clause */
    struct ast_string **quotes, **readings, **lead, **responsible, **refers; /* ends of its lists */
};

struct check_kind { /* a profile enum field that has a certain value; for `for a, b` */
    struct model_field *field;
    struct check_kind *next;
};

struct checker {
    struct model *m;
    struct ast_policy *ast;
    struct sources *sources;
    struct diags *d;
    struct arena *a;
    struct scope scope;
    struct text_map *items, *rules, *clauses; /* name -> check_item, span, span */
    struct text_map *values;                  /* enum value name -> first check_enum that has it */
    struct text_map *kinds;                   /* enum value name -> check_kind list */
    struct text_map *indicators;              /* name of a target -> what is known of it; check_target.c */
    struct check_item **item;                 /* in order; m->item_count */
    struct check_define *defines, *last_define, *open;
    struct model_enum **enums;
    size_t enum_capacity;
    uint32_t depth; /* of the expression nodes being checked */
    uint32_t stamp, list;
    uint64_t work;
    uint32_t policy_requires, policy_onces, policy_ladders, policy_caps, policy_lesses;
    bool *policy_needs; /* claim fields that every item needs */
    struct ast_stmt *limit;
    /* ends of the model's lists */
    struct model_clause **clause_tail;
    struct model_item **item_tail;
    struct model_cell **cell_tail;
    struct model_exclusion **exclusion_tail;
    struct model_target **target_tail;
    struct model_example **example_tail;
    bool overworked; /* LIMIT_EXCEEDED was reported */
    bool incomplete; /* the parser could not read everything: what is unknown may stand where it gave up */
};

/* A place an expression stands in: what it may read there, and what was read. */
struct site {
    struct checker *c;
    const char *name; /* "a limit": for messages */
    unsigned allowed; /* READS_* */
    bool may_lack;    /* inside an award: tables need not give a value */
    /* out: */
    unsigned reads;
    uint32_t height, size;
    bool lacks;
};

/* check_decl.c */
void check_declare_schema(struct checker *c);
void check_declare_rules(struct checker *c);
struct model_field *check_find_field(struct checker *c, bool of_profile,
                                     struct text name); /* NULL: none; Chinese builtins too */
bool check_is_year_word(struct text name);

/* check_expr.c */
const struct type *check_expr(struct site *p, struct ast_expr *e, const struct type *expected);
/* The expression must be of this kind (a number may adapt). False when a mistake was reported. */
bool check_kind(struct site *p, struct ast_expr *e, const struct type *wanted);
bool check_type_accepts(const struct type *wanted, const struct type *found);
void check_report_mismatch(struct checker *c, const struct ast_expr *e, const struct type *wanted,
                           const struct type *found);
void check_define(struct checker *c, struct check_define *define);
const struct type *check_basic(struct checker *c, enum type_kind kind);
bool check_known_type(const struct type *t); /* neither NULL nor TYPE_ERROR */
/* Whether an unknown name is better passed over: much may be missing, and it resembles nothing. */
bool check_unsure(const struct checker *c, const struct nearest *n);
void check_say_nearest(struct checker *c, struct diag *r, const struct nearest *n);

/* check_range.c: of typed expressions; reports what it finds on the way, once for each node */
struct range check_range_expr(struct site *p, const struct ast_expr *e);
void check_report_zero(struct site *p, const struct ast_expr *e, struct range r, const char *what);

/* check_table.c */
const struct type *check_by(struct site *p, struct ast_expr *e, const struct type *expected);
const struct type *check_tier(struct site *p, struct ast_expr *e, const struct type *expected);
struct range check_range_by(struct site *p, const struct ast_expr *e);
struct range check_range_tier(struct site *p, const struct ast_expr *e);
/* One more branch of a choice: the common type so far, reporting a branch that does not fit. */
const struct type *check_unify(struct checker *c, const struct type *sofar, const struct ast_expr *first,
                               const struct type *type, const struct ast_expr *e);

/* check_const.c: constants, in the units of abi.h */
/* Types e against `type` and evaluates it; false when a mistake was reported. */
bool check_constant(struct checker *c, struct ast_expr *e, const struct type *type, const char *what, int64_t *out);
/* The same within min and max, which are given in the units of abi.h. */
int64_t check_type_min(const struct type *type);
int64_t check_type_max(const struct type *type);
struct text check_show_stored(struct arena *arena, int64_t value, const struct type *type);
void check_effective(struct checker *c);

/* check_stmt.c, check_rule.c, check_target.c, check_use.c, check_example.c */
void check_statements(struct checker *c);
struct origin {                  /* where a statement stands */
    struct model_clause *clause; /* NULL: outside clauses */
    struct check_item *item;     /* NULL: outside items */
};
void check_require(struct checker *c, struct ast_stmt *stmt, struct origin at);
void check_award(struct checker *c, struct ast_stmt *stmt, struct origin at);
void check_once(struct checker *c, struct ast_stmt *stmt, struct origin at);
void check_cap(struct checker *c, struct ast_stmt *stmt, struct origin at);
void check_less(struct checker *c, struct ast_stmt *stmt, struct origin at);
void check_exclude(struct checker *c, struct ast_stmt *stmt, struct origin at);
void check_limit(struct checker *c, struct ast_stmt *stmt, struct origin at);
void check_needs(struct checker *c, struct ast_stmt *stmt, struct origin at);
void check_item_kinds(struct checker *c, struct check_item *item);
void check_awards(struct checker *c); /* after all statements: awards against caps and ladders */
void check_target(struct checker *c, struct ast_stmt *stmt, struct origin at);
void check_growth(struct checker *c); /* after all targets */
void check_kinds(struct checker *c, const struct ast_kinds *kinds, struct model_kinds *out);
bool check_overworked(struct checker *c, uint64_t more, struct span span);

struct field_set { /* claim fields */
    uint32_t *index;
    size_t count, capacity;
};
/* Marks what the expression reads as used, and adds its claim fields to the set (NULL: none wanted). */
void check_use_begin(struct checker *c);
void check_use_expr(struct checker *c, const struct ast_expr *e, struct field_set *set);
void check_use_field(struct checker *c, struct model_field *field, struct field_set *set);
void check_report_unused(struct checker *c);

void check_examples(struct checker *c);
struct check_item *check_find_item(struct checker *c, const struct ast_name *name); /* reports an unknown one */

#endif
