/* scan.h - what scanner, parser and driver share: the state of one parse, and of each file that is open. Internal to
 * grammar/. */
#ifndef POL_SCAN_H
#define POL_SCAN_H

#include "ast/ast_build.h"
#include "keywords.h"
#include "tokens.h"

/* The value of a token or a rule. */
union parse_value {
    struct ast_name *name;
    struct ast_string *string;
    struct ast_expr *expr;
    struct ast_stmt *stmt;
    struct ast_field *field;
    struct ast_field_name *field_name;
    struct ast_enum_value *enum_value;
    struct ast_case *choice;
    struct ast_row *row;
    struct ast_fact *fact;
    struct ast_setting *setting;
    struct ast_key *key;
    struct ast_kinds *kinds;
    struct ast_expected *expected;
    struct ast_example_applicant *applicant;
    struct ast_example_claim *claim;
    struct ast_example_indicator *indicator;
    struct ast_expect *expect;
    struct ast_example_parts *example;
    struct ast_names names;
    struct ast_strings strings;
    struct ast_exprs exprs;
    struct ast_stmts stmts;
    struct ast_fields fields;
    struct ast_field_names field_names;
    struct ast_enum_values enum_values;
    struct ast_cases cases;
    struct ast_rows rows;
    struct ast_facts facts;
    struct ast_settings settings;
    struct ast_keys keys;
    struct ast_expecteds expecteds;
    enum ast_bound bound;
    bool flag;
};

/* One parse: a file and everything it includes. */
struct parse {
    struct sources *sources;
    struct diags *diags;
    struct arena *arena;
    struct keywords *keywords;
    struct ast_builder build;
    struct text_map *included; /* path -> struct source, of every file read */
    struct scan *open;         /* innermost file */
    bool head_begun;           /* the keyword `policy` has been seen */
    bool sections_begun;       /* something else than an include has been seen */
    struct tokens *tokens;     /* kept here, and no other file is read; NULL: a parse for the tree */
};

/* What stands between braces decides where a forgotten `}` shows. */
enum block_kind {
    BLOCK_VALUES,
    BLOCK_HEAD,
    BLOCK_CLAUSE,
    BLOCK_ITEM,
    BLOCK_EXAMPLE,
    BLOCK_UNKNOWN /* the heading is wrong */
};

struct block {
    enum block_kind kind;
    bool silent; /* opened while the parser kept silent after a mistake */
    struct span open;
};

/* One open file. */
struct scan {
    struct parse *parse;
    struct source *file;
    const char *text;   /* the file's bytes; the generated scanner works on a copy, since it writes to its buffer */
    const char *buffer; /* that copy */
    void *scanner;      /* yyscan_t */
    struct policy_yypstate *parser;
    /* A token the scanner found behind the one it returned. */
    int queued;
    struct span queued_span;
    uint32_t bad_end; /* where the last character that cannot stand here ended: a run of them is one mistake */
    /* braces */
    struct block *blocks;
    size_t block_count, block_capacity;
    enum block_kind opening; /* what the next `{` opens */
    struct span heading;     /* where that began */
    size_t skipping;         /* depth of braces being passed over with a `{` the parser had no use for */
    uint32_t last_end;       /* end of the token before */
    bool fresh_line;         /* the token at hand is the first of its line */
    int token, token_before; /* at hand, and before it */
    struct span span_before;
    struct ast_string *include; /* to be read before the next token */
    struct scan *outer;
};

/* ---- scan.c: called by the generated scanner. Each returns a token, 0 for none, and may look at the text behind what
 * was matched; *more gets the number of bytes to consume in addition (negative: to give back). ---- */
int scan_word(struct scan *s, size_t at, size_t size, union parse_value *value, struct span *span, long *more);
int scan_number(struct scan *s, size_t at, union parse_value *value, struct span *span, size_t *size);
int scan_string(struct scan *s, size_t at, size_t size, size_t quote, bool closed, union parse_value *value);
int scan_bad(struct scan *s, size_t at, size_t size);
int scan_wrong_operator(struct scan *s, size_t at, size_t size, const char *meant, int token);
void scan_comment(struct scan *s, size_t at, size_t size);

/* A span of the file at hand, from offsets in it. */
struct span scan_span(const struct scan *s, size_t at, size_t size);
struct text scan_text(const struct scan *s, struct span span);

/* ---- message.c: the words of a syntax error. `expected` are names of tokens as the grammar has them. ---- */
void syntax_error(struct scan *s, struct span span, const char *found, const char *const *expected, size_t count);

/* ---- tokens.c: keeps a token of the file at hand ---- */
void tokens_add(struct scan *s, int token, const union parse_value *value, struct span span);
void tokens_add_comment(struct scan *s, struct span span);

/* ---- parse.c ---- */
/* Whether the keyword at hand, where a mistake was found, stands in the middle of a line: taken for a name, most
 * likely. It begins nothing then. */
bool parse_misplaced(const struct scan *s, int token);

/* ---- policy.y ---- */
struct policy_yypstate *parser_new(void);
void parser_free(struct policy_yypstate *parser);
/* Returns true when the parser has ended. */
bool parser_push(struct scan *s, int token, const union parse_value *value, struct span span);
/* After a mistake the parser keeps silent for some tokens. Recovering: nothing was accepted since the mistake. */
bool parser_silent(const struct scan *s);
bool parser_recovering(const struct scan *s);
void parser_resume(struct scan *s);

/* ---- policy.l ---- */
bool scanner_open(struct scan *s); /* false: no memory */
int scanner_next(struct scan *s, union parse_value *value, struct span *span);

#endif
