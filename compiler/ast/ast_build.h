/* ast_build.h - constructors: the only functions that make nodes of the tree. The grammar's actions call nothing else.
 *
 * Everything lives in the builder's arena; running out of memory leaves through the arena's failure target. What the
 * grammar cannot say in rules (a year that is no year, a statement in the wrong place, nesting that would endanger the
 * passes) is reported here, once, and the node left out or replaced by AST_ERROR.
 */
#ifndef POL_AST_BUILD_H
#define POL_AST_BUILD_H

#include "ast/ast.h"
#include "base/diag.h"

/* No expression is higher than this, so that passes may recurse. */
enum { AST_HEIGHT_LIMIT = 1000 };

/* Lists under construction: appending takes constant time. */
struct ast_names {
    struct ast_name *first, *last;
};
struct ast_strings {
    struct ast_string *first, *last;
};
struct ast_exprs {
    struct ast_expr *first, *last;
};
struct ast_cases {
    struct ast_case *first, *last;
};
struct ast_rows {
    struct ast_row *first, *last;
};
struct ast_enum_values {
    struct ast_enum_value *first, *last;
};
struct ast_field_names {
    struct ast_field_name *first, *last;
};
struct ast_fields {
    struct ast_field *first, *last;
};
struct ast_facts {
    struct ast_fact *first, *last;
};
struct ast_settings {
    struct ast_setting *first, *last;
};
struct ast_keys {
    struct ast_key *first, *last;
};
struct ast_stmts {
    struct ast_stmt *first, *last;
};
struct ast_clauses {
    struct ast_clause *first, *last;
};
struct ast_samples {
    struct ast_sample *first, *last;
};
struct ast_shares {
    struct ast_share *first, *last;
};
struct ast_comments {
    struct ast_comment *first, *last;
};
struct ast_expecteds {
    struct ast_expected *first, *last;
};
struct ast_example_applicants {
    struct ast_example_applicant *first, *last;
};
struct ast_example_claims {
    struct ast_example_claim *first, *last;
};
struct ast_example_indicators {
    struct ast_example_indicator *first, *last;
};
struct ast_expects {
    struct ast_expect *first, *last;
};

/* Appends a node to a list under construction; NULL nodes (left out after a mistake) are passed over. */
#define AST_APPEND(list, node)                                                                                         \
    do {                                                                                                               \
        if ((node) != NULL) {                                                                                          \
            if ((list).last)                                                                                           \
                (list).last->next = (node);                                                                            \
            else                                                                                                       \
                (list).first = (node);                                                                                 \
            (list).last = (node);                                                                                      \
        }                                                                                                              \
    } while (0)

/* An example while it is read. */
struct ast_example_parts {
    struct ast_example_applicants applicants;
    struct ast_example_claims claims;
    struct ast_example_indicators indicators;
    struct ast_expects expects;
};

struct ast_builder {
    struct arena *arena;
    struct diags *diags;
    struct ast_policy *policy;
    struct ast_fields params, applicant, claim;
    struct ast_stmts statements;
    struct ast_clauses clauses;
    struct ast_samples samples;
    struct ast_comments comments;
    struct ast_shares shares;
    bool has_head;         /* the policy head has been read */
    bool nesting_reported; /* E0106 is reported once */
};

/* Starts an empty policy. */
void ast_builder_init(struct ast_builder *b, struct arena *arena, struct diags *diags);
/* Closes the lists; the policy is complete. */
struct ast_policy *ast_builder_finish(struct ast_builder *b);

/* ---- leaves ---- */
struct ast_name *ast_name_new(struct ast_builder *b, struct text text, struct span span);
struct ast_string *ast_string_new(struct ast_builder *b, struct text text, struct span span);
void ast_comment_add(struct ast_builder *b, struct span span);

/* ---- expressions ---- */
struct ast_expr *ast_error(struct ast_builder *b, struct span span);
struct ast_expr *ast_number(struct ast_builder *b, struct span span, ast_int num, int64_t den, enum ast_unit unit,
                            struct text digits, struct text unit_text);
struct ast_expr *ast_ratio(struct ast_builder *b, struct span span, int64_t left, int64_t right);
/* Judges whether there is such a day, and reports it if not. */
struct ast_expr *ast_date(struct ast_builder *b, struct span span, uint32_t year, uint32_t month, uint32_t day);
struct ast_expr *ast_bool(struct ast_builder *b, struct span span, bool value);
struct ast_expr *ast_missing(struct ast_builder *b, struct span span);
struct ast_expr *ast_string_expr(struct ast_builder *b, struct span span, const struct ast_string *string);
struct ast_expr *ast_name_expr(struct ast_builder *b, struct span span, struct text name);
struct ast_expr *ast_member(struct ast_builder *b, struct span span, bool of_claim, const struct ast_name *name);
struct ast_expr *ast_unary(struct ast_builder *b, struct span span, enum ast_expr_kind kind, struct ast_expr *operand);
struct ast_expr *ast_binary(struct ast_builder *b, struct span span, enum ast_op op, struct ast_expr *left,
                            struct ast_expr *right, struct span op_span);
struct ast_expr *ast_in(struct ast_builder *b, struct span span, struct ast_expr *value, struct ast_exprs list,
                        bool negated);
struct ast_expr *ast_call(struct ast_builder *b, struct span span, const struct ast_name *callee,
                          struct ast_exprs args);
struct ast_expr *ast_if(struct ast_builder *b, struct span span, struct ast_expr *condition, struct ast_expr *then,
                        struct ast_expr *otherwise);
struct ast_expr *ast_by(struct ast_builder *b, struct span span, struct ast_expr *value, struct ast_cases cases);
struct ast_expr *ast_tier(struct ast_builder *b, struct span span, struct ast_expr *value, struct ast_rows rows);
struct ast_expr *ast_parenthesised(struct ast_expr *e);
struct ast_case *ast_case_new(struct ast_builder *b, struct span span, struct ast_exprs keys, struct ast_expr *value);

/* A bound, or two: the row still lacks its value. Reports two bounds on the same side. */
struct ast_row *ast_row_bound(struct ast_builder *b, struct span span, struct ast_row *row, enum ast_bound bound,
                              struct ast_expr *value);
/* row: from ast_row_bound, or NULL for `else`. */
struct ast_row *ast_row_value(struct ast_builder *b, struct span span, struct ast_row *row, struct ast_expr *value);
/* `each full` belongs to the row before it. */
void ast_row_step(struct ast_builder *b, struct ast_rows rows, struct span span, struct ast_expr *full,
                  struct ast_expr *adds);

/* ---- schema ---- */
struct ast_enum_value *ast_enum_value_new(struct ast_builder *b, const struct ast_name *name, struct ast_string *label,
                                          struct ast_strings columns);
struct ast_field_name *ast_field_name_new(struct ast_builder *b, const struct ast_name *name, struct ast_string *label,
                                          struct ast_strings columns);
struct ast_field *ast_field_new(struct ast_builder *b, struct span span, struct ast_field_names names);
void ast_field_enum(struct ast_field *f, struct span keyword, struct ast_enum_values values);

/* ---- statements; parts that a kind does not have stay empty ---- */
struct ast_stmt *ast_stmt_new(struct ast_builder *b, enum ast_stmt_kind kind, struct span span);
struct ast_stmt *ast_stmt_strings(struct ast_builder *b, enum ast_stmt_kind kind, struct span span,
                                  struct ast_strings strings);
/* `accept W0801, W0802 "reason"` */
struct ast_stmt *ast_accept(struct ast_builder *b, struct span span, struct ast_names codes, struct ast_string *reason);
struct ast_stmt *ast_define(struct ast_builder *b, struct span span, const struct ast_name *name,
                            struct ast_string *label, struct ast_expr *expr);
struct ast_stmt *ast_item(struct ast_builder *b, struct span span, const struct ast_name *name,
                          struct ast_string *label, struct ast_strings columns, struct ast_kinds *kinds,
                          struct ast_stmts body);
struct ast_stmt *ast_needs(struct ast_builder *b, struct span span, struct ast_names names);
struct ast_stmt *ast_require(struct ast_builder *b, struct span span, const struct ast_name *name,
                             struct ast_expr *condition, struct ast_kinds *kinds, struct ast_names over);
struct ast_stmt *ast_award(struct ast_builder *b, struct span span, struct ast_expr *expr);
struct ast_stmt *ast_once(struct ast_builder *b, struct span span, const struct ast_name *name, struct ast_keys keys,
                          bool except_same_year, struct ast_names over);
struct ast_stmt *ast_ladder(struct ast_builder *b, struct span span, const struct ast_name *name, struct ast_keys keys,
                            struct ast_names over);
struct ast_stmt *ast_less(struct ast_builder *b, struct span span, struct ast_expr *expr, struct ast_names over);
/* `measure at most maximum` at the top of the amount makes a cap of units. */
struct ast_stmt *ast_cap(struct ast_builder *b, struct span span, const struct ast_name *name, struct ast_expr *amount,
                         bool claims, struct ast_keys keys);
struct ast_stmt *ast_cap_end(struct ast_stmt *cap, struct span span, struct ast_expr *when, struct ast_names over);
struct ast_stmt *ast_exclude(struct ast_builder *b, struct span span, const struct ast_name *name,
                             struct ast_expr *condition);
struct ast_stmt *ast_limit(struct ast_builder *b, struct span span, const struct ast_name *name,
                           struct ast_expr *amount, struct ast_keys keys, struct ast_kinds *kinds);
struct ast_stmt *ast_limit_end(struct ast_stmt *limit, struct span span, struct ast_names except,
                               struct ast_expr *carry);
struct ast_stmt *ast_goal(struct ast_builder *b, struct span span, enum ast_target_kind kind, bool at_most,
                          struct ast_expr *value, const struct ast_expr *first_year, const struct ast_expr *last_year);
struct ast_stmt *ast_target(struct ast_stmt *goal, struct span span, const struct ast_name *name,
                            struct ast_string *label, struct ast_strings columns);
struct ast_key *ast_key_new(struct ast_builder *b, enum ast_key_kind kind, struct span span, struct ast_expr *name);
struct ast_kinds *ast_kinds_new(struct ast_builder *b, struct span span, bool except, struct ast_names names);

/* ---- examples ---- */
struct ast_fact *ast_fact_new(struct ast_builder *b, const struct ast_name *name, struct ast_expr *value);
struct ast_setting *ast_setting_new(struct ast_builder *b, const struct ast_name *name, struct ast_expr *value);
struct ast_example_applicant *ast_example_applicant_new(struct ast_builder *b, struct span span,
                                                        const struct ast_name *name, const struct ast_expr *year,
                                                        struct ast_facts facts);
struct ast_example_claim *ast_example_claim_new(struct ast_builder *b, struct span span, const struct ast_name *name,
                                                const struct ast_name *item, const struct ast_name *applicant,
                                                struct ast_expr *date, struct ast_facts facts);
struct ast_example_indicator *ast_example_indicator_new(struct ast_builder *b, struct span span,
                                                        const struct ast_name *name, const struct ast_expr *year,
                                                        struct ast_expr *value);
/* year NULL = without `in` */
struct ast_expected *ast_expected_new(struct ast_builder *b, const struct ast_name *word, struct ast_expr *value,
                                      const struct ast_expr *year);
struct ast_expect *ast_expect_new(struct ast_builder *b, struct span span, const struct ast_name *claim,
                                  struct ast_expecteds expected);
struct ast_stmt *ast_example_stmt(struct ast_builder *b, struct span span, struct ast_string *title,
                                  struct ast_settings settings, struct ast_expr *as_of,
                                  const struct ast_example_parts *parts);
struct ast_example_parts *ast_example_parts_new(struct ast_builder *b);

/* ---- sections: each is added to the policy ---- */
void ast_head(struct ast_builder *b, struct span span, const struct ast_name *name, struct ast_string *title);
/* A line of the head; the slot is &policy->issuer and so on. Reports a second one. */
void ast_head_string(struct ast_builder *b, struct ast_string **slot, struct span span, const char *word,
                     struct ast_string *value);
void ast_effective_set(struct ast_builder *b, struct span span, struct ast_expr *from, struct ast_expr *to,
                       struct ast_expr *years, struct ast_expr *years_from);
void ast_parameter(struct ast_builder *b, struct ast_field *field);
void ast_schema(struct ast_builder *b, bool of_applicant, struct ast_fields fields);
void ast_sample_add(struct ast_builder *b, struct span span, bool of_applicant, struct ast_facts facts);
void ast_clause_add(struct ast_builder *b, struct span span, struct ast_string *number, struct ast_string *title,
                    struct ast_stmts body);
void ast_statement_add(struct ast_builder *b, struct ast_stmt *stmt);
/* The number of a clause written as a number; reports one with a unit. */
struct ast_string *ast_clause_number(struct ast_builder *b, const struct ast_expr *number);

#endif
