/* pipeline.h - the passes from a file to IR, and to native code.
 *
 *   pass      input                output               may change
 *   --------  -------------------  -------------------  ------------------------------------------------------------
 *   read      path                 source text          nothing
 *   parse     source text          tree                 sources (the files it includes), diagnostics
 *   check     tree                 model                `type` and `decl` of the tree's expressions, diagnostics
 *   legal     model, the document  -                    diagnostics
 *   lower     model                IR                   diagnostics (what only exact ranges show)
 *   lint      model                -                    diagnostics (warnings only)
 *   verify    IR                   -                    nothing; a broken invariant is a mistake of ours
 *   codegen   IR                   object               nothing (codegen/codegen.h)
 *   link      object               shared object        the file system (driver/link.h)
 *
 * Findings that the policy accepts are taken out of the diagnostics at the end (diags_settle).
 * A pass runs only when no pass before it reported an error; warnings stop nothing. Everything lives in the caller's
 * arena, whose failure is the caller's to catch (arena_on_failure).
 */
#ifndef POL_PIPELINE_H
#define POL_PIPELINE_H

#include "ast/ast.h"
#include "base/diag.h"
#include "base/source.h"
#include "check/model.h"
#include "ir/ir.h"

enum pipeline_stage { PIPELINE_PARSE, PIPELINE_CHECK, PIPELINE_LEGAL, PIPELINE_LOWER, PIPELINE_LINT };

enum pipeline_status {
    PIPELINE_OK = 0,
    PIPELINE_ERRORS = 1, /* the policy has errors; they are in diags */
    PIPELINE_INPUT = 3,  /* the file cannot be used: `message` */
    PIPELINE_SYSTEM = 4, /* the system failed to read it: `message` */
};

struct pipeline {
    struct arena *arena;
    struct sources sources;
    struct source *file;
    struct diags diags;
    struct ast_policy *ast;
    struct model *model;
    struct ir_policy *ir;
    struct text message; /* one line, with PIPELINE_INPUT and PIPELINE_SYSTEM */
};

/* Runs the passes up to `last` on a file. The results of passes that did not run are NULL. */
enum pipeline_status pipeline_run(struct pipeline *p, struct arena *arena, const char *path, enum pipeline_stage last);

#endif
