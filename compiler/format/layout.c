/* layout.c - pieces to lines: blanks, indentation, columns. */
#include <string.h>

#include "format/pieces.h"

enum {
    INDENT = 4,
    GAP = 4,         /* before a second statement on a line */
    GAP_INSIDE = 2,  /* the same between braces on one line */
    GAP_COMMENT = 2, /* before a comment behind something */
    COLUMNS = 64,    /* statements further on a line are in no column */
};

struct segment { /* a statement, or a comment behind one */
    struct text text;
    size_t width;
    size_t blanks; /* before it */
    bool comment;
    struct segment *next;
};

struct line {
    size_t indent, width; /* width: of all that is written, indentation included */
    unsigned level;       /* brackets around it */
    bool after_empty, comment_only;
    struct segment *first, *last, *next_segment; /* next_segment: to be placed */
    struct line *next;
};

struct layout {
    const struct pieces *p;
    struct arena *arena;
    struct line *first, *last;
    struct text_buffer text;              /* of the segment at hand */
    size_t *opener, depth, open_capacity; /* indentation of the line each open bracket is on */
};

/* ---- blanks ----------------------------------------------------------------------------------------------------- */

static bool is_one_of(const struct piece *p, const char *signs) {
    return p->role != ROLE_VERBATIM && p->token->kind == TOKEN_SIGN && p->token->sign[1] == 0 &&
           strchr(signs, *p->token->sign) != NULL;
}

static bool blank_between(const struct pieces *p, size_t at) {
    const struct piece *before = &p->piece[at - 1], *piece = &p->piece[at];
    if (is_one_of(piece, ",:;)") || is_one_of(before, "(") || before->token->kind == TOKEN_OWNER)
        return false;
    if (is_one_of(before, ",:;"))
        return before->text.size == 1; /* a full-width one brings its own */
    if (is_one_of(piece, "(") && before->role == ROLE_CALLEE)
        return false;
    if (is_one_of(before, "{") && is_one_of(piece, "}"))
        return false;
    return !before->sign_of_number && !before->tight && !piece->tight;
}

/* ---- indentation ------------------------------------------------------------------------------------------------ */

static bool closes(const struct piece *p) {
    return is_one_of(p, ")}");
}

/* A statement that goes on, or a row. */
static bool continues(const struct piece *p) {
    return !p->starts && p->block != BLOCK_PARENTHESES && !is_one_of(p, "{");
}

/* Of a line that begins with the piece, or with a comment before it. */
static size_t indent_of(const struct layout *l, const struct piece *p) {
    size_t inside = l->depth ? l->opener[l->depth - 1] + INDENT : 0;
    return p && !closes(p) && continues(p) ? inside + INDENT : inside;
}

static size_t indent_of_line(const struct layout *l, size_t at) {
    const struct piece *piece = &l->p->piece[at];
    if (piece->token->kind == TOKEN_COMMENT)
        return indent_of(l, piece_after(l->p, at));
    if (closes(piece))
        return l->depth ? l->opener[l->depth - 1] : 0;
    return indent_of(l, piece);
}

static void note_bracket(struct layout *l, const struct piece *piece) {
    if (is_one_of(piece, "({")) {
        l->opener = arena_grow(l->arena, l->opener, l->depth, &l->open_capacity, l->depth + 1, sizeof *l->opener);
        l->opener[l->depth++] = l->last->indent;
    } else if (closes(piece) && l->depth) {
        l->depth--;
    }
}

/* ---- lines ------------------------------------------------------------------------------------------------------ */

static void end_segment(struct layout *l) {
    if (!l->last || !l->last->last)
        return;
    struct segment *segment = l->last->last;
    segment->text = text_copy(l->arena, text_of_buffer(&l->text));
    segment->width = text_width(segment->text);
    l->text.size = 0;
}

static void begin_segment(struct layout *l, bool comment) {
    end_segment(l);
    struct segment *segment = arena_new_of(l->arena, struct segment);
    segment->comment = comment;
    if (l->last->last)
        l->last->last->next = segment;
    else
        l->last->first = segment;
    l->last->last = segment;
}

static void begin_line(struct layout *l, size_t at) {
    const struct piece *piece = &l->p->piece[at];
    end_segment(l);
    struct line *line = arena_new_of(l->arena, struct line);
    line->indent = indent_of_line(l, at);
    line->level = piece->level;
    line->comment_only = piece->token->kind == TOKEN_COMMENT;
    line->after_empty = piece->breaks > 1 && at > 0 && !is_one_of(&l->p->piece[at - 1], "({") && !closes(piece);
    if (l->last)
        l->last->next = line;
    else
        l->first = line;
    l->last = line;
    begin_segment(l, false);
}

/* A `{` does not begin a line. */
static bool begins_line(const struct pieces *p, size_t at) {
    if (at == 0 || p->piece[at - 1].token->kind == TOKEN_COMMENT)
        return true;
    return p->piece[at].breaks > 0 && !is_one_of(&p->piece[at], "{");
}

/* A statement behind another on the same line. */
static bool is_second(const struct pieces *p, size_t at) {
    const struct piece *piece = &p->piece[at];
    return piece->starts && piece->block != BLOCK_VALUES && piece->block != BLOCK_PARENTHESES &&
           !is_one_of(&p->piece[at - 1], "{");
}

static void place(struct layout *l, size_t at) {
    const struct piece *piece = &l->p->piece[at];
    if (begins_line(l->p, at)) {
        begin_line(l, at);
    } else if (piece->token->kind == TOKEN_COMMENT) {
        begin_segment(l, true);
    } else if (is_second(l->p, at)) {
        if (piece->level == l->last->level)
            begin_segment(l, false);
        else
            text_addf(&l->text, "%*s", GAP_INSIDE, "");
    } else if (blank_between(l->p, at)) {
        text_add(&l->text, TEXT(" "));
    }
    text_add(&l->text, piece->text);
    note_bracket(l, piece);
}

/* ---- columns ---------------------------------------------------------------------------------------------------- */

/* Lines that stand together: nothing empty between them, no line of comment, no deeper or shallower one. */
static struct line *group_end(struct line *first) {
    struct line *l = first->next;
    while (l && !l->after_empty && !l->comment_only && l->level == first->level && l->indent == first->indent)
        l = l->next;
    return l;
}

static bool is_next(const struct line *l, bool comment) {
    return l->next_segment && l->next_segment->comment == comment;
}

/* The widest beginning among the lines that have such a segment next; 0 = none has. */
static size_t widest(struct line *first, struct line *end, bool comment) {
    size_t width = 0;
    for (struct line *l = first; l != end; l = l->next)
        if (is_next(l, comment) && l->width > width)
            width = l->width;
    return width;
}

/* Places the next segment of a line so many blanks behind what stands before it. */
static void place_next(struct line *l, size_t blanks) {
    struct segment *s = l->next_segment;
    l->width += blanks + s->width;
    s->blanks = blanks;
    l->next_segment = s->next;
}

static void align(struct line *first, struct line *end, bool comment) {
    size_t column = widest(first, end, comment) + (comment ? GAP_COMMENT : GAP);
    for (struct line *l = first; l != end; l = l->next)
        if (is_next(l, comment))
            place_next(l, column - l->width);
}

static void align_group(struct line *first, struct line *end) {
    for (struct line *l = first; l != end; l = l->next) {
        l->width = l->indent + l->first->width;
        l->next_segment = l->first->next;
    }
    for (int n = 0; n < COLUMNS && widest(first, end, false); n++)
        align(first, end, false);
    for (struct line *l = first; l != end; l = l->next)
        while (is_next(l, false))
            place_next(l, GAP);
    align(first, end, true);
}

static void align_lines(struct line *first) {
    while (first) {
        struct line *end = first->comment_only ? first->next : group_end(first);
        if (!first->comment_only)
            align_group(first, end);
        first = end;
    }
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

static struct text write_lines(struct layout *l) {
    struct text_buffer out = {.arena = l->arena};
    for (const struct line *line = l->first; line; line = line->next) {
        if (line->after_empty)
            text_add(&out, TEXT("\n"));
        text_addf(&out, "%*s", (int)line->indent, "");
        for (const struct segment *s = line->first; s; s = s->next) {
            text_addf(&out, "%*s", (int)s->blanks, "");
            text_add(&out, s->text);
        }
        text_add(&out, TEXT("\n"));
    }
    return text_of_buffer(&out);
}

struct text format_layout(const struct pieces *p) {
    struct layout l = {.p = p, .arena = p->arena, .text = {.arena = p->arena}};
    for (size_t i = 0; i < p->count; i++)
        place(&l, i);
    end_segment(&l);
    align_lines(l.first);
    return write_lines(&l);
}
