/* ast.h - the syntax tree of a .pol file: what was written, in the order it was written.
 *
 * Nodes live in the arena of the parse. After parsing only the checker writes to the tree, and only the fields marked
 * "checker:". Lists are singly linked through `next`, in source order. Every node has the span of its whole text;
 * names have the span of the name.
 */
#ifndef POL_AST_H
#define POL_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/source.h"
#include "base/text.h"

struct type;     /* type/type.h */
struct ast_expr; /* below */

__extension__ typedef __int128 ast_int;

struct ast_name {
    struct text text;
    struct span span;
    struct ast_name *next;
};

struct ast_string { /* unescaped content */
    struct text text;
    struct span span;
    struct ast_string *next;
};

/* ---- expressions ------------------------------------------------------------------------------------------------ */

enum ast_unit {
    AST_UNIT_NONE,    /* 500 */
    AST_UNIT_YUAN,    /* 500万元, 500 yuan */
    AST_UNIT_FEN,     /* 50 fen, 50分 */
    AST_UNIT_PERCENT, /* 50% */
    AST_UNIT_COUNT,   /* 件 项 家 个 次 */
    AST_UNIT_YEARS,
    AST_UNIT_DAYS,
};

enum ast_op {
    AST_ADD,
    AST_SUB,
    AST_MUL,
    AST_DIV,
    AST_OF,       /* `50% of cost`, `成本 的 50%`: left = share, right = whole, in either spelling */
    AST_FOR_EACH, /* `200元 for each count`: left = price, right = units */
    AST_EQ,
    AST_NE,
    AST_LT,
    AST_LE,
    AST_GT,
    AST_GE,
    AST_AND,
    AST_OR,
    AST_AT_MOST,  /* the smaller of the two */
    AST_UP_TO,    /* the same; reads `assessed up to cost` */
    AST_AT_LEAST, /* the larger of the two */
};

enum ast_bound {
    AST_BOUND_NONE,
    AST_BOUND_FROM /* >= */,
    AST_BOUND_ABOVE /* > */,
    AST_BOUND_TO /* <= */,
    AST_BOUND_BELOW /* < */
};

struct ast_case { /* row of `by`: names: value */
    struct span span;
    struct ast_expr *keys; /* list, NULL for `else` */
    struct ast_expr *value;
    struct ast_case *next;
};

struct ast_row { /* row of `tier` */
    struct span span;
    enum ast_bound lower, upper; /* both NONE for `else` */
    struct ast_expr *lower_value, *upper_value;
    struct ast_expr *value;
    /* value, plus `adds` for each full `full` above the lower bound; NULL without */
    struct ast_expr *full, *adds;
    struct ast_row *next;
};

enum ast_expr_kind {
    AST_NUMBER,
    AST_RATIO,
    AST_DATE,
    AST_BOOL,
    AST_STRING,
    AST_NAME,
    AST_MEMBER,
    AST_NOT,
    AST_NEGATE,
    AST_BINARY,
    AST_IN,
    AST_CALL,
    AST_IF,
    AST_BY,
    AST_TIER,
    AST_MISSING,
    AST_ERROR,
};

struct ast_expr {
    enum ast_expr_kind kind;
    struct span span;
    uint32_t height;       /* nesting below this node; bounded by the parser */
    struct ast_expr *next; /* in lists */
    bool parenthesised;
    union {
        struct {
            ast_int num;
            int64_t den;
            enum ast_unit unit;
            struct text digits, unit_text;
        } number; /* NUMBER: num/den, scale applied, in yuan, percent as its rate's hundredfold: 50% is num 50 */
        struct {
            int64_t left, right;
        } ratio; /* RATIO: 8:2 */
        struct {
            int32_t year;
            uint8_t month, day;
            bool valid;
        } date;             /* DATE */
        bool boolean;       /* BOOL */
        struct text string; /* STRING */
        struct text name;   /* NAME */
        struct {
            enum { AST_OF_APPLICANT, AST_OF_CLAIM } owner;
            struct ast_name name;
        } member;                 /* MEMBER */
        struct ast_expr *operand; /* NOT, NEGATE */
        struct {
            enum ast_op op;
            struct ast_expr *left, *right;
            struct span op_span;
        } binary; /* BINARY */
        struct {
            struct ast_expr *value, *list;
            bool negated;
        } in; /* IN */
        struct {
            struct ast_name callee;
            struct ast_expr *args;
        } call; /* CALL */
        struct {
            struct ast_expr *condition, *then, *otherwise;
        } cond; /* IF */
        struct {
            struct ast_expr *value;
            struct ast_case *cases;
        } by; /* BY */
        struct {
            struct ast_expr *value;
            struct ast_row *rows;
        } tier; /* TIER */
    } u;
    const struct type *type; /* checker: */
    const void *decl;        /* checker: what a NAME, MEMBER or CALL stands for (check/scope.h) */
};

/* ---- schema ----------------------------------------------------------------------------------------------------- */

struct ast_enum_value {
    struct ast_name name;
    struct ast_string *label, *columns; /* may be NULL; columns: `as "x" or "y"`, first is canonical */
    struct ast_enum_value *next;
};

struct ast_field_name { /* one name of a declaration `a "x", b "y": money` */
    struct ast_name name;
    struct ast_string *label, *columns;
    struct ast_field_name *next;
};

struct ast_field {
    struct span span;
    struct ast_field_name *names;
    struct ast_name type; /* as written: money, rate, …, enum; empty for a builtin column that is only renamed */
    struct ast_enum_value *values; /* enum */
    struct ast_expr *min, *max;    /* range; NULL without */
    struct ast_expr *fallback;     /* default; NULL without */
    bool pending;                  /* parameters only */
    struct ast_field *next;
};

/* ---- statements ------------------------------------------------------------------------------------------------- */

enum ast_key_kind { AST_KEY_APPLICANT, AST_KEY_YEAR, AST_KEY_NAME, AST_KEY_ITEM };

struct ast_key {
    enum ast_key_kind kind;
    struct span span;
    struct ast_expr *name; /* NAME or MEMBER, with AST_KEY_NAME */
    struct ast_key *next;
};

struct ast_kinds { /* `for a, b` / `for any except a` */
    struct span span;
    bool except;
    struct ast_name *names;
};

enum ast_stmt_kind {
    AST_QUOTE,
    AST_LEAD,
    AST_RESPONSIBLE,
    AST_READING,
    AST_ACCEPT,
    AST_DECLARATORY,
    AST_REFERS,
    AST_DEFINE,
    AST_ITEM,
    AST_NEEDS,
    AST_REQUIRE,
    AST_AWARD,
    AST_ONCE,
    AST_LADDER,
    AST_LESS,
    AST_CAP,
    AST_LIMIT,
    AST_EXCLUDE,
    AST_TARGET,
    AST_EXAMPLE,
};

enum ast_target_kind { AST_TARGET_BY, AST_TARGET_EVERY, AST_TARGET_GROWS, AST_TARGET_TOTAL };

struct ast_stmt {
    enum ast_stmt_kind kind;
    struct span span;
    struct ast_name name;       /* DEFINE, ITEM, EXCLUDE, LIMIT, TARGET; REQUIRE, CAP, ONCE, LADDER when given */
    struct ast_string *label;   /* DEFINE, ITEM, TARGET */
    struct ast_string *columns; /* ITEM, TARGET */
    struct ast_string *strings; /* QUOTE, LEAD, RESPONSIBLE, READING, REFERS; ACCEPT: the reason */
    struct ast_kinds *kinds;    /* ITEM, REQUIRE, LIMIT; NULL = any */
    struct ast_expr
        *expr; /* DEFINE, REQUIRE, AWARD, LESS, EXCLUDE (condition), CAP (maximum), LIMIT (amount), TARGET (value) */
    struct ast_expr *measure; /* CAP: `cap count at most 100`: the units measured; NULL otherwise */
    struct ast_expr *when;    /* CAP: condition; NULL without */
    struct ast_key *keys;     /* ONCE, LADDER, CAP, LIMIT; NULL = `in total` */
    struct ast_name
        *names; /* NEEDS: fields; ACCEPT: codes; ONCE, LADDER, LESS, CAP: `over` items; LIMIT: `except` items */
    struct ast_stmt *body;       /* ITEM */
    struct ast_example *example; /* EXAMPLE */
    bool claims;                 /* CAP: `2 claims` */
    bool except_same_year;       /* ONCE */
    struct {
        bool present;
        struct ast_expr *years;
    } carry; /* LIMIT */
    struct {
        enum ast_target_kind kind;
        bool at_most;
        int32_t first_year, last_year;
        struct ast_name type;
    } target;
    struct ast_stmt *next;
};

/* ---- examples --------------------------------------------------------------------------------------------------- */

struct ast_fact { /* `field value`; value MISSING or STRING (a raw cell) allowed */
    struct ast_name name;
    struct ast_expr *value;
    const void *field; /* checker: the struct model_field it gives; NULL where there is none */
    struct ast_fact *next;
};

struct ast_example_applicant {
    struct span span;
    struct ast_name name;
    int32_t year;
    struct ast_fact *facts;
    struct ast_example_applicant *next;
};

struct ast_example_claim {
    struct span span;
    struct ast_name name, item, applicant;
    struct ast_expr *date; /* DATE */
    struct ast_fact *facts;
    struct ast_example_claim *next;
};

struct ast_example_indicator { /* `indicator NAME 2023 = 2500件`; value MISSING or STRING (a raw cell) allowed */
    struct span span;
    struct ast_name name; /* of a target */
    int32_t year;
    struct ast_expr *value;
    struct ast_example_indicator *next;
};

struct ast_expected { /* `granted 5万元`, `reason cap`, `paid 3万元 in 2023` */
    struct ast_name word;
    struct ast_expr *value; /* NULL without */
    int32_t year;           /* with `in`; 0 without */
    struct ast_expected *next;
};

struct ast_expect {
    struct span span;
    struct ast_name claim; /* or a target */
    struct ast_expected *expected;
    struct ast_expect *next;
};

struct ast_setting { /* `with commencement = 2024-08-01` */
    struct ast_name name;
    struct ast_expr *value;
    struct ast_setting *next;
};

struct ast_example {
    struct span span;
    struct ast_string *title;
    struct ast_setting *settings;
    struct ast_expr *as_of; /* NULL without */
    struct ast_example_applicant *applicants;
    struct ast_example_claim *claims;
    struct ast_example_indicator *indicators;
    struct ast_expect *expects;
};

/* ---- the file --------------------------------------------------------------------------------------------------- */

struct ast_clause {
    struct span span;
    struct ast_string number; /* as written: 7, （五） */
    struct ast_string *title;
    struct ast_stmt *body;
    struct ast_clause *next;
};

struct ast_effective { /* effective from A [to B | lasting N years [from C]] */
    struct span span;
    struct ast_expr *from, *to, *years, *years_from;
};

struct ast_sample { /* facts that examples take where they say nothing */
    struct span span;
    bool of_applicant;
    struct ast_fact *facts;
    struct ast_sample *next;
};

struct ast_comment {
    struct span span;
    struct ast_comment *next;
};

struct ast_share { /* an `a of b` or `b 的 a` */
    const struct ast_expr *expr;
    struct ast_share *next;
};

struct ast_policy {
    struct span span;
    struct ast_name name;
    struct ast_string *title, *issuer, *version, *source; /* source: the legal text's file, relative to the .pol */
    struct ast_effective *effective;
    struct ast_field *params, *applicant, *claim;
    struct ast_stmt *statements; /* outside clauses: define, require, less, exclude, limit, cap …, examples */
    struct ast_clause *clauses;
    struct ast_sample *samples;
    struct ast_comment *comments;
    struct ast_share *shares; /* inner ones before outer ones */
    bool uses_chinese;        /* the policy keyword was written in Chinese */
};

#endif
