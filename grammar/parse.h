/* parse.h - the only way into scanner and parser: source in, tree or diagnostics out. */
#ifndef POL_PARSE_H
#define POL_PARSE_H

#include "ast/ast.h"
#include "base/diag.h"
#include "base/source.h"

/* Parses a file and, through `include`, the files it names (relative to it). Reports every mistake. Returns what could
 * be read even when there were errors; NULL only when nothing could. No global state: any number of threads may parse,
 * each with its own arena. */
struct ast_policy *parse_policy(struct sources *sources, struct source *file, struct diags *diags, struct arena *arena);

#endif
