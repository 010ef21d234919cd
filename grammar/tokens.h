/* tokens.h - a file as the row of its tokens: what the formatter works on. */
#ifndef POL_TOKENS_H
#define POL_TOKENS_H

#include "ast/ast.h"
#include "base/diag.h"
#include "base/source.h"
#include "keywords.h"

enum token_kind {
    TOKEN_KEYWORD, /* also one of two words */
    TOKEN_OWNER,   /* `applicant.`, `claim.`: the keyword and the point */
    TOKEN_NAME,
    TOKEN_NUMBER,
    TOKEN_RATIO,
    TOKEN_DATE,
    TOKEN_STRING,
    TOKEN_SIGN,
    TOKEN_COMMENT, /* to the end of its line, which is no part of it */
};

struct token {
    enum token_kind kind;
    struct span span;
    struct text text;              /* as it stands there; a name with half-width digits */
    const struct keyword *keyword; /* KEYWORD, OWNER */
    const char *sign;              /* SIGN: half-width, `<=` for `≤` */
    const struct ast_expr *number; /* NUMBER */
};

struct tokens {
    struct arena *arena;
    struct token *token; /* in the order of the file */
    size_t count, capacity;
    const struct ast_share *shares; /* each `a of b` and `b 的 a` of the file; inner ones before outer ones */
};

/* Reads one file, whole policy or a part to be included, without following its includes. Reports every mistake of
 * syntax; the tokens are of use only where there was none. */
void parse_tokens(struct sources *sources, struct source *file, struct diags *diags, struct arena *arena,
                  struct tokens *out);

#endif
