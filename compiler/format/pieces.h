/* pieces.h - the tokens on their way to lines. Internal to format/.
 *
 *   pass       input                  what it sets
 *   ---------  ---------------------  -------------------------------------------------------------------------
 *   collect    tokens                 pieces, one for each token; a clause's number is one piece
 *   share      pieces, shares         order of pieces: `a of b` <-> `b 的 a`
 *   context    pieces                 role, block, starts, level of each
 *   break      pieces with blocks     breaks around the braces of a block that takes several lines
 *   spell      pieces with roles      text of each
 *   layout     pieces with texts      the lines
 */
#ifndef POL_FORMAT_PIECES_H
#define POL_FORMAT_PIECES_H

#include "format/format.h"
#include "tokens.h"

enum piece_role {
    ROLE_PLAIN,
    ROLE_VERBATIM, /* kept to the byte: the number of a clause */
    ROLE_TYPE,     /* of a field */
    ROLE_CALLEE,
    ROLE_WORD,   /* what is expected */
    ROLE_REASON, /* why */
    ROLE_YEAR_OF /* the `in` before a year */
};

/* What the innermost bracket around a piece holds. */
enum piece_block {
    BLOCK_TOP,
    BLOCK_HEAD,
    BLOCK_BODY, /* of clauses and items */
    BLOCK_SCHEMA,
    BLOCK_EXAMPLE,
    BLOCK_VALUES, /* facts, cases, rows, values of an enum */
    BLOCK_PARENTHESES
};

struct piece {
    const struct token *token;
    struct text text;
    size_t before, after; /* neighbours that are no comments: index + 1, index; 0 = none */
    unsigned breaks;      /* line ends before it: 0, 1, or 2 for an empty line */
    enum piece_role role;
    enum piece_block block;  /* of a bracket: what it stands in */
    enum piece_block opened; /* of a `{` or `(`: what it holds */
    unsigned level;          /* brackets around it */
    bool starts;             /* a statement, field, fact or row begins with it */
    bool sign_of_number;     /* a minus before its operand */
    bool tight;              /* the `/` of a fraction written without blanks */
    bool exchanged;          /* an `of` or `的` whose operands have changed places */
    unsigned tokens;         /* it stands for so many */
};

struct pieces {
    struct arena *arena;
    struct piece *piece;
    size_t count;
    enum format_language language;
    bool chinese;     /* most keywords of the result are Chinese */
    bool traditional; /* and Chinese ones are written in traditional characters */
};

/* True for the sign in question; NULL is none. */
bool piece_is_sign(const struct piece *p, const char *sign);
bool piece_is_keyword(const struct piece *p, enum keyword_id id);
/* The next or previous piece that is no comment; NULL at the end. */
const struct piece *piece_after(const struct pieces *p, size_t at);
const struct piece *piece_before(const struct pieces *p, size_t at);

void format_share(struct pieces *p, const struct tokens *tokens);
void format_context(struct pieces *p);
void format_break(struct pieces *p);
void format_spell(struct pieces *p);
struct text format_layout(const struct pieces *p);

enum word_group { WORD_NONE, WORD_ENDS, WORD_GROWTH, WORD_OTHER };
/* What kind of expectation the word is; WORD_NONE = no such word. */
enum word_group format_word_group(struct text word);

#endif
