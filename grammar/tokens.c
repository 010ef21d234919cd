/* tokens.c - the tokens of a parse, kept for the formatter. */
#include "tokens.h"

#include "policy.tab.h"
#include "scan.h"

static const char *sign_of(int token) {
    switch (token) {
    case TOK_LBRACE:
        return "{";
    case TOK_RBRACE:
        return "}";
    case TOK_LPAREN:
        return "(";
    case TOK_RPAREN:
        return ")";
    case TOK_COMMA:
        return ",";
    case TOK_COLON:
        return ":";
    case TOK_SEMICOLON:
        return ";";
    case TOK_DOT:
        return ".";
    case TOK_EQ:
        return "=";
    case TOK_NE:
        return "!=";
    case TOK_LT:
        return "<";
    case TOK_LE:
        return "<=";
    case TOK_GT:
        return ">";
    case TOK_GE:
        return ">=";
    case TOK_PLUS:
        return "+";
    case TOK_MINUS:
        return "-";
    case TOK_STAR:
        return "*";
    case TOK_SLASH:
        return "/";
    default: /* keywords, and what has a value */
        return NULL;
    }
}

static struct token *append(struct tokens *tokens) {
    tokens->token = arena_grow(tokens->arena, tokens->token, tokens->count, &tokens->capacity, tokens->count + 1,
                               sizeof *tokens->token);
    return &tokens->token[tokens->count++];
}

static enum token_kind kind_of(int token) {
    switch (token) {
    case TOK_NAME:
        return TOKEN_NAME;
    case TOK_STRING:
        return TOKEN_STRING;
    case TOK_NUMBER:
        return TOKEN_NUMBER;
    case TOK_RATIO:
        return TOKEN_RATIO;
    case TOK_DATE:
        return TOKEN_DATE;
    case TOK_APPLICANT_OF:
    case TOK_CLAIM_OF:
        return TOKEN_OWNER;
    default: /* keywords and signs */
        return sign_of(token) ? TOKEN_SIGN : TOKEN_KEYWORD;
    }
}

void tokens_add(struct scan *s, int token, const union parse_value *value, struct span span) {
    struct token *t = append(s->parse->tokens);
    t->kind = kind_of(token);
    t->span = span;
    t->text = scan_text(s, span);
    t->sign = sign_of(token);
    if (token == TOK_NAME)
        t->text = value->name->text;
    if (token == TOK_NUMBER)
        t->number = value->expr;
    if (t->kind == TOKEN_KEYWORD)
        t->keyword = keyword_of_token(token);
    if (t->kind == TOKEN_OWNER)
        t->keyword = keyword_of_token(token == TOK_CLAIM_OF ? TOK_CLAIM : TOK_APPLICANT);
}

void tokens_add_comment(struct scan *s, struct span span) {
    struct token *t = append(s->parse->tokens);
    t->kind = TOKEN_COMMENT;
    t->span = span;
    t->text = scan_text(s, span);
}
