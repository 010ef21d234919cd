/* model.h - a checked policy: every name resolved, every statement typed and gathered under what it applies to.
 *
 * check_policy builds it from the tree; lowering reads it and nothing else of the checker. Everything lives in the
 * arena of the compilation. Expressions stay trees (struct ast_expr) whose `type` and `decl` are filled in; `decl` of
 * a NAME, MEMBER or CALL is a struct decl, that of a TIER a struct model_tier; otherwise it is NULL.
 *
 * Where expressions meet:
 * - TYPE_NUMBER adapts: beside a rate 0.5 is 50%, beside a count, years or days it is that many. It is never money or a
 *   date. A node's type is that of its own result, so the two sides of `sales_count >= 10` are count and number.
 * - `year` and applicant.year are DECL_YEAR, a number. A RATIO 8:2 is the rate 8/2.
 * - `of` and `for each` multiply, whichever side the units are on.
 * - date + years and years_after keep month and day; 29 February becomes 1 March where the year has none. date - date
 * is days; year_of is a number.
 * - floor, ceil, round take one number, count, rate, years or days (a rate gives a number; round is half up). full (x,
 * u) is floor (x / u), a count. how_many counts the conditions that hold. share (a:b) is a / (a + b); its argument is
 *   always a RATIO, perhaps in parentheses. min and max take one or more values.
 * - `by` and `tier` may give no value (the claim is ineligible) only inside an award; elsewhere the checker makes sure
 *   that they always do.
 */
#ifndef POL_CHECK_MODEL_H
#define POL_CHECK_MODEL_H

#include "abi.h"
#include "ast/ast.h"
#include "type/type.h"

struct model_enum_value {
    struct text name, column, label;
    uint32_t index;
};

struct model_enum {
    struct text name; /* of the field or parameter that declared it */
    struct model_enum_value *value;
    uint32_t count, index;
};

struct model_field {
    struct text name, column, label;
    struct text *alias;
    uint32_t alias_count;
    const struct type *type;
    struct model_enum *enumeration; /* NULL unless enum */
    int64_t min, max, fallback;     /* in the units of abi.h */
    bool of_profile, builtin, has_default, used;
    /* Builtin `item` is TYPE_ENUM without enumeration, `year` of applicants TYPE_NUMBER. */
    uint32_t index; /* among claim or profile fields, builtins first, as in abi.h */
    struct span span;
};

struct model_param {
    struct text name, column, label;
    const struct type *type;
    struct model_enum *enumeration;
    int64_t min, max, fallback;
    bool pending, used;
    uint32_t index;
    struct span span;
};

struct model_define {
    struct text name;
    struct ast_expr *expr; /* typed; lowering expands it where it is used */
    bool used;
    struct span span;
};

enum function_kind {
    FUNCTION_MIN,
    FUNCTION_MAX,
    FUNCTION_FLOOR,
    FUNCTION_CEIL,
    FUNCTION_ROUND,
    FUNCTION_FULL,
    FUNCTION_HOW_MANY,
    FUNCTION_SHARE,
    FUNCTION_YEAR_OF,
    FUNCTION_YEARS_AFTER,
    FUNCTION_DAYS_BETWEEN,
};

/* Rows of a tier in source order, with the bounds that were left out filled in from the neighbouring row (the next one
 * where bounds rise, the one before where they fall); AST_BOUND_NONE = open. The first row that holds gives the value;
 * rows with constant bounds never overlap. `else` is not among the rows. A row with `full` always has a lower_value. */
struct model_tier_row {
    const struct ast_row *row;
    enum ast_bound lower, upper;
    struct ast_expr *lower_value, *upper_value; /* NULL with NONE */
};

struct model_tier {
    struct model_tier_row *row;
    uint32_t count;
    struct ast_expr *otherwise; /* NULL without `else` */
};

enum decl_kind {
    DECL_FIELD,
    DECL_PARAM,
    DECL_DEFINE,
    DECL_ENUM_VALUE,
    DECL_YEAR /* calendar year of the claim */,
    DECL_FUNCTION
};

struct decl {
    enum decl_kind kind;
    union {
        struct model_field *field;
        struct model_param *param;
        struct model_define *define;
        struct model_enum_value *enum_value;
        enum function_kind function;
    } u;
};

/* `for a, b` or `for any except a`: a condition on one enum field of the applicant. */
struct model_kinds {
    struct model_field *field; /* NULL = any */
    bool *allowed;             /* one for each value of the field's enum */
};

struct model_require {
    struct text name; /* given, or made up: "<item>.require.<n>", "policy.require.<n>", "<item>.kind" for kinds */
    struct ast_expr *condition; /* NULL: the kinds themselves are what is required */
    bool of_policy;             /* stands at every item, with the same `name` and `condition` */
    struct model_kinds kinds;   /* condition: only for these kinds is it required */
    struct model_clause *clause;
    struct span span;
    struct model_require *next;
};

struct model_key {
    enum pol_key_kind kind;
    struct model_field *field;
};

/* A family of cells, shared by every item that has a step on it. */
struct model_cell {
    enum pol_cell_kind kind;
    struct text name; /* given, or made up: "<item>.once.<n>", "cap.<n>" … */
    struct model_key *key;
    uint32_t key_count, index;
    struct model_clause *clause;
    struct span span;
    /* CAP: */
    enum pol_step_kind measure; /* CAP_MONEY, CAP_CLAIMS, CAP_UNITS */
    struct ast_expr *max;       /* money or count */
    struct ast_expr *units;     /* CAP_UNITS: the measured quantity (a count) */
    struct ast_expr *when;      /* NULL = always */
    struct model_cell *next;
};

struct model_use { /* one item's use of a cell family */
    struct model_cell *cell;
    struct model_use *next;
};

struct model_less {
    struct ast_expr *amount; /* money */
    struct text name;
    struct model_clause *clause;
    struct span span;
    struct model_less *next;
};

struct model_item {
    struct text name, column, label;
    struct model_clause *clause;
    struct ast_stmt *stmt;
    struct model_kinds kinds; /* also the first of `requires`, with condition NULL, unless it is any */
    struct model_require *
        requires;           /* the item's own and those of the whole policy, in source order */
    struct ast_expr *award; /* money; never NULL after a check without errors */
    /* For cap by units: set when award is `price for each units` (possibly parenthesised, no at most around it). */
    struct ast_expr *unit_price, *unit_count;
    struct model_use *uses; /* once, ladder, cap; order of declaration */
    struct model_less *less;
    bool limited;      /* the policy has a limit and this item is not exempt */
    struct text quote; /* first quote of the item, else of its clause; may be empty */
    /* Claim fields read for this item: its conditions, award, keys, less, caps, `needs`, the policy's requires and
     * exclusions; one bool for each claim field. applicant and date always; item and claim_id never. */
    bool *needs;
    uint32_t index;
    struct span span;
    struct model_item *next;
};

struct model_exclusion {
    struct text name;
    struct ast_expr *condition;
    bool of_profile; /* reads profile fields and parameters only */
    struct model_clause *clause;
    struct span span;
    struct model_exclusion *next;
};

struct model_limit {
    struct text name;
    struct ast_expr *amount; /* money over profile fields and parameters */
    struct model_kinds kinds;
    uint32_t carry_years;
    struct model_clause *clause;
    struct span span;
};

struct model_target {
    struct text name, column, label;
    struct model_clause *clause;
    enum pol_target_kind kind;
    enum pol_target_sense sense;
    enum pol_type type;
    int32_t first_year, last_year;
    int64_t value;
    struct model_target *next;
};

struct model_clause {
    struct text number, title;
    struct ast_clause *ast;
    struct ast_string *quotes, *lead, *responsible, *refers, *readings; /* gathered; the clause's and its items' */
    bool declaratory;
    uint32_t index;
    struct model_clause *next;
};

struct model_example {
    struct ast_example *ast;     /* facts typed against the schema */
    struct model_clause *clause; /* NULL at top level */
    struct model_item *item;     /* NULL outside an item */
    struct model_example *next;
};

struct model {
    struct arena *arena;
    struct type_table *types;
    struct ast_policy *ast;
    struct text name, title, issuer, version, source;
    /* in force: NULL = open. last day is exclusive-to-inclusive adjusted by lowering: `to` is inclusive; `years` from
     * `years_from` (or `from`) ends the day before the same day N years on */
    struct ast_expr *from, *to, *years_from;
    uint32_t years;
    struct model_field *claim, *profile; /* arrays, builtins first */
    uint32_t claim_count, profile_count;
    struct model_enum **enums;
    struct model_param *params;
    uint32_t enum_count, param_count;
    struct model_clause *clauses;
    struct model_item *items;
    struct model_cell *cells;
    struct model_exclusion *exclusions;
    struct model_limit *limit;    /* NULL without */
    struct model_target *targets; /* source order */
    struct model_example *examples;
    uint32_t clause_count, item_count, cell_count, target_count, example_count;
};

#endif
