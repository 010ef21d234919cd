/* context.c - what each piece is to the text around it: the block it stands in, whether something begins with it, and
 * whether a name has a meaning in its place. */
#include "format/pieces.h"

struct frame {
    enum piece_block block;
    enum keyword_id heading; /* the keyword that began the statement at hand; KEYWORD_COUNT = none */
    bool table;              /* `by`, `tier` or `enum` has been read: the next `{` is its own */
    unsigned expected;       /* in `expect`: 1 before the name, 2 before a word, 3 before its value, 4 behind it */
    enum word_group group;   /* of that word */
};

struct walk {
    struct pieces *p;
    struct frame *frame;
    size_t depth, capacity;
};

static struct frame *innermost(struct walk *w) {
    return &w->frame[w->depth - 1];
}

static void enter(struct walk *w, enum piece_block block) {
    w->frame = arena_grow(w->p->arena, w->frame, w->depth, &w->capacity, w->depth + 1, sizeof *w->frame);
    w->frame[w->depth++] = (struct frame){.block = block, .heading = KEYWORD_COUNT};
}

/* ---- where something begins ------------------------------------------------------------------------------------- */

static bool begins_rule(enum keyword_id id) {
    switch (id) {
    case KEYWORD_QUOTE:
    case KEYWORD_LEAD:
    case KEYWORD_RESPONSIBLE:
    case KEYWORD_READING:
    case KEYWORD_ACCEPT:
    case KEYWORD_REFERS_TO:
    case KEYWORD_DEFINE:
    case KEYWORD_ITEM:
    case KEYWORD_NEEDS:
    case KEYWORD_REQUIRE:
    case KEYWORD_AWARD:
    case KEYWORD_ONCE:
    case KEYWORD_LADDER:
    case KEYWORD_LESS:
    case KEYWORD_CAP:
    case KEYWORD_LIMIT:
    case KEYWORD_EXCLUDE:
    case KEYWORD_TARGET:
    case KEYWORD_EXAMPLE:
        return true;
    default: /* every other keyword */
        return false;
    }
}

static bool begins_section(enum keyword_id id) {
    return id == KEYWORD_POLICY || id == KEYWORD_INCLUDE || id == KEYWORD_PARAMETER || id == KEYWORD_APPLICANT ||
           id == KEYWORD_CLAIM || id == KEYWORD_SAMPLE || id == KEYWORD_CLAUSE;
}

static bool keyword_begins(enum piece_block block, enum keyword_id id) {
    switch (block) {
    case BLOCK_TOP:
        return begins_section(id) || begins_rule(id);
    case BLOCK_HEAD:
        return id == KEYWORD_ISSUER || id == KEYWORD_SOURCE || id == KEYWORD_VERSION || id == KEYWORD_EFFECTIVE;
    case BLOCK_BODY:
        return begins_rule(id) || id == KEYWORD_DECLARATORY;
    case BLOCK_SCHEMA:
        return id == KEYWORD_YEAR || id == KEYWORD_ITEM;
    case BLOCK_EXAMPLE:
        return id == KEYWORD_APPLICANT || id == KEYWORD_CLAIM || id == KEYWORD_INDICATOR || id == KEYWORD_EXPECT;
    case BLOCK_VALUES:
        return id == KEYWORD_FROM || id == KEYWORD_ABOVE || id == KEYWORD_TO || id == KEYWORD_BELOW ||
               id == KEYWORD_ELSE || id == KEYWORD_YES || id == KEYWORD_NO;
    case BLOCK_PARENTHESES:
        return false;
    }
    return false;
}

/* Keywords that can be the last word of something. */
static bool keyword_ends(enum keyword_id id) {
    switch (id) {
    case KEYWORD_DECLARATORY:
    case KEYWORD_PENDING:
    case KEYWORD_YES:
    case KEYWORD_NO:
    case KEYWORD_MISSING:
    case KEYWORD_YEAR:
    case KEYWORD_APPLICANT:
    case KEYWORD_ITEM:
    case KEYWORD_ANY:
    case KEYWORD_IN_TOTAL:
    case KEYWORD_CAP:
    case KEYWORD_LIMIT:
        return true;
    default: /* every other keyword */
        return false;
    }
}

/* Whether an operand, a statement or a row can end with the piece. */
static bool can_end(const struct piece *p) {
    if (p->role == ROLE_VERBATIM)
        return true;
    switch (p->token->kind) {
    case TOKEN_KEYWORD:
        return keyword_ends(p->token->keyword->id);
    case TOKEN_SIGN:
        return piece_is_sign(p, ")") || piece_is_sign(p, "}") || piece_is_sign(p, ";");
    case TOKEN_NAME:
    case TOKEN_NUMBER:
    case TOKEN_RATIO:
    case TOKEN_DATE:
    case TOKEN_STRING:
        return true;
    case TOKEN_OWNER:
    case TOKEN_COMMENT:
        return false;
    }
    return false;
}

static bool begins_in_values(const struct piece *piece, const struct piece *before) {
    switch (piece->token->kind) {
    case TOKEN_NAME:
    case TOKEN_NUMBER:
    case TOKEN_DATE:
    case TOKEN_STRING:
        return !before || before->token->kind != TOKEN_NAME; /* the value of a fact */
    case TOKEN_KEYWORD:
        return keyword_begins(BLOCK_VALUES, piece->token->keyword->id);
    case TOKEN_OWNER:
    case TOKEN_RATIO:
    case TOKEN_SIGN:
    case TOKEN_COMMENT:
        return false;
    }
    return false;
}

static bool starts_something(const struct frame *f, const struct piece *piece, const struct piece *before) {
    if (piece_is_sign(piece, "}") || piece_is_sign(piece, ")"))
        return false;
    if (!before || piece_is_sign(before, "{") || f->block == BLOCK_PARENTHESES)
        return true;
    if (f->block == BLOCK_VALUES && piece_is_sign(before, ","))
        return !piece_is_keyword(piece, KEYWORD_EACH_FULL);
    if (!can_end(before))
        return false;
    if (f->block == BLOCK_VALUES)
        return begins_in_values(piece, before);
    if (piece->token->kind == TOKEN_NAME)
        return f->block == BLOCK_SCHEMA;
    return piece->token->kind == TOKEN_KEYWORD && keyword_begins(f->block, piece->token->keyword->id);
}

/* ---- blocks ----------------------------------------------------------------------------------------------------- */

static enum piece_block block_opened(const struct frame *f) {
    if (f->table)
        return BLOCK_VALUES;
    switch (f->block) {
    case BLOCK_TOP:
    case BLOCK_BODY:
        break;
    case BLOCK_HEAD:
    case BLOCK_SCHEMA:
    case BLOCK_EXAMPLE:
    case BLOCK_VALUES:
    case BLOCK_PARENTHESES:
        return BLOCK_VALUES;
    }
    switch (f->heading) {
    case KEYWORD_POLICY:
        return BLOCK_HEAD;
    case KEYWORD_APPLICANT:
    case KEYWORD_CLAIM:
        return BLOCK_SCHEMA;
    case KEYWORD_CLAUSE:
    case KEYWORD_ITEM:
        return BLOCK_BODY;
    case KEYWORD_EXAMPLE:
        return BLOCK_EXAMPLE;
    default: /* sample, and what has only tables */
        return BLOCK_VALUES;
    }
}

static void brackets(struct walk *w, struct piece *piece) {
    if (piece_is_sign(piece, "(")) {
        piece->opened = BLOCK_PARENTHESES;
        enter(w, piece->opened);
    } else if (piece_is_sign(piece, "{")) {
        piece->opened = block_opened(innermost(w));
        innermost(w)->table = false;
        enter(w, piece->opened);
    }
}

static void note_keyword(struct frame *f, const struct piece *piece) {
    enum keyword_id id = piece->token->keyword->id;
    if (piece->starts && f->block != BLOCK_VALUES && f->block != BLOCK_PARENTHESES) {
        f->heading = id;
        f->table = false;
        f->expected = id == KEYWORD_EXPECT;
    } else if (id == KEYWORD_BY || id == KEYWORD_TIER || id == KEYWORD_ENUM) {
        f->table = true;
    }
}

/* ---- names with a meaning in their place ------------------------------------------------------------------------ */

static bool is_type(const struct frame *f, const struct piece *before) {
    bool field = f->block == BLOCK_SCHEMA || (f->block == BLOCK_TOP && f->heading == KEYWORD_PARAMETER);
    return field && before && piece_is_sign(before, ":");
}

/* The name of a fact begins it; one before a parenthesis elsewhere is called. */
static bool is_fact_name(const struct frame *f, const struct piece *before) {
    return f->block == BLOCK_VALUES && before && (piece_is_sign(before, "{") || piece_is_sign(before, ","));
}

static enum piece_role role_of_expected(struct frame *f, const struct piece *piece) {
    bool word = piece->token->kind == TOKEN_NAME || piece->token->kind == TOKEN_KEYWORD;
    unsigned place = f->expected;
    if (piece_is_sign(piece, ",")) {
        f->expected = 2;
        return ROLE_PLAIN;
    }
    if (place == 1 && piece_is_keyword(piece, KEYWORD_EXPECT))
        return ROLE_PLAIN;
    if (place == 2 && word) {
        f->expected = 3;
        f->group = format_word_group(piece->token->text);
        return ROLE_WORD;
    }
    if (place > 2 && (piece_is_keyword(piece, KEYWORD_IN) || piece_is_keyword(piece, KEYWORD_ON))) {
        f->expected = 4;
        return ROLE_YEAR_OF;
    }
    f->expected = place == 1 ? 2 : 4;
    if (place != 3 || !word)
        return ROLE_PLAIN;
    return f->group == WORD_ENDS ? ROLE_REASON : f->group == WORD_GROWTH ? ROLE_WORD : ROLE_PLAIN;
}

static enum piece_role role_of(struct frame *f, const struct piece *piece, const struct piece *before,
                               const struct piece *after) {
    if (piece->role == ROLE_VERBATIM)
        return ROLE_VERBATIM;
    enum piece_role role = f->block == BLOCK_EXAMPLE && f->expected ? role_of_expected(f, piece) : ROLE_PLAIN;
    bool year = after && after->token->kind == TOKEN_NUMBER;
    if (role == ROLE_YEAR_OF && !year)
        return ROLE_PLAIN; /* `x in (a, b)` */
    if (role != ROLE_PLAIN || piece->token->kind != TOKEN_NAME)
        return role;
    if (is_type(f, before))
        return ROLE_TYPE;
    if (after && piece_is_sign(after, "(") && !is_fact_name(f, before))
        return ROLE_CALLEE;
    return ROLE_PLAIN;
}

/* ---- the walk --------------------------------------------------------------------------------------------------- */

/* A minus with nothing before it to subtract from. */
static bool is_sign_of_number(const struct pieces *p, size_t at) {
    const struct piece *before = piece_before(p, at);
    if (!piece_is_sign(&p->piece[at], "-") || !before)
        return false;
    bool fact = before->token->kind == TOKEN_NAME && before->starts && before->block == BLOCK_VALUES;
    return !can_end(before) || fact || before->role == ROLE_WORD;
}

static void see(struct walk *w, size_t at) {
    struct piece *piece = &w->p->piece[at];
    bool closes = piece_is_sign(piece, ")") || piece_is_sign(piece, "}");
    if (closes && w->depth > 1)
        w->depth--;
    struct frame *f = innermost(w);
    piece->block = f->block;
    piece->level = (unsigned)w->depth - 1;
    if (piece->token->kind == TOKEN_COMMENT)
        return;
    const struct piece *before = piece_before(w->p, at);
    piece->starts = starts_something(f, piece, before);
    if (piece->token->kind == TOKEN_KEYWORD)
        note_keyword(f, piece);
    piece->role = role_of(f, piece, before, piece_after(w->p, at));
    piece->sign_of_number = is_sign_of_number(w->p, at);
    brackets(w, piece);
}

void format_context(struct pieces *p) {
    struct walk w = {.p = p};
    enter(&w, BLOCK_TOP);
    for (size_t i = 0; i < p->count; i++)
        see(&w, i);
}

/* ---- lines of blocks -------------------------------------------------------------------------------------------- */

static bool holds_statements(enum piece_block block) {
    return block == BLOCK_HEAD || block == BLOCK_BODY || block == BLOCK_SCHEMA || block == BLOCK_EXAMPLE;
}

/* What is behind the `{` and the `}` go to lines of their own; a comment may stay where it is. */
static void break_around(struct pieces *p, size_t open, size_t close) {
    struct piece *first = &p->piece[open + 1], *last = &p->piece[close];
    if (first->breaks == 0 && first->token->kind != TOKEN_COMMENT)
        first->breaks = 1;
    if (last->breaks == 0)
        last->breaks = 1;
}

void format_break(struct pieces *p) {
    size_t *open = NULL, depth = 0, capacity = 0;
    size_t last_break = 0; /* the last piece that begins a line */
    for (size_t i = 0; i < p->count; i++) {
        const struct piece *piece = &p->piece[i];
        if (piece->breaks && !piece_is_sign(piece, "{"))
            last_break = i;
        if (piece_is_sign(piece, "{")) {
            open = arena_grow(p->arena, open, depth, &capacity, depth + 1, sizeof *open);
            open[depth++] = i;
        } else if (piece_is_sign(piece, "}") && depth) {
            size_t from = open[--depth];
            if (last_break > from && holds_statements(p->piece[from].opened))
                break_around(p, from, i);
            if (p->piece[i].breaks)
                last_break = i;
        }
    }
}
