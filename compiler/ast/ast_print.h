/* ast_print.h - the tree as text, for `--emit=ast` and tests: one list in brackets for each node, nothing left out. */
#ifndef POL_AST_PRINT_H
#define POL_AST_PRINT_H

#include "ast/ast.h"

void ast_print(struct text_buffer *out, const struct ast_policy *policy);
/* One expression on one line. Recursion is bounded by the height of expressions. */
void ast_print_expr(struct text_buffer *out, const struct ast_expr *expr);

/* The English keyword of a statement. */
const char *ast_stmt_name(enum ast_stmt_kind kind);

#endif
