/* share.c - `50% of cost` <-> `成本 的 50%`: the operands change places.
 *
 * Only where both are primaries (or a fraction written without blanks, which is one in either place), so that the tree
 * stays as it is, and what changes place one way changes back the other.
 */
#include <string.h>

#include "format/pieces.h"

/* Pieces [first, end), `op` between them. */
struct range {
    size_t first, op, end;
};

static bool is_primary(const struct ast_expr *e) {
    switch (e->kind) {
    case AST_NOT:
    case AST_NEGATE:
    case AST_BINARY:
    case AST_IN:
    case AST_IF:
        return e->parenthesised;
    case AST_NUMBER:
    case AST_RATIO:
    case AST_DATE:
    case AST_BOOL:
    case AST_STRING:
    case AST_NAME:
    case AST_MEMBER:
    case AST_CALL:
    case AST_BY:
    case AST_TIER:
    case AST_MISSING:
        return true;
    case AST_ERROR:
        return false;
    }
    return false;
}

static bool is_integer(const struct ast_expr *e) {
    return e->kind == AST_NUMBER && !e->parenthesised && e->u.number.unit_text.size == 0 && e->u.number.den == 1;
}

/* 1/3 */
static bool is_fraction(const struct ast_expr *e) {
    if (e->kind != AST_BINARY || e->u.binary.op != AST_DIV)
        return false;
    const struct ast_expr *left = e->u.binary.left, *right = e->u.binary.right;
    struct span op = e->u.binary.op_span;
    return is_integer(left) && is_integer(right) && left->span.hi == op.lo && op.hi == right->span.lo;
}

/* The first piece at or behind a place of the file. `begin` holds where each piece began before any changed places. */
static size_t piece_at(const uint32_t *begin, size_t count, uint32_t at) {
    size_t lo = 0, hi = count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (begin[mid] < at)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

static bool has_comment(const struct pieces *p, struct range at) {
    for (size_t i = at.first; i < at.end; i++)
        if (p->piece[i].token->kind == TOKEN_COMMENT)
            return true;
    return false;
}

/* Line ends belong to the place and not to what stands there: so that they come back too. */
static void exchange(struct pieces *p, struct range at) {
    size_t left = at.op - at.first, right = at.end - at.op - 1;
    size_t op = at.first + right;
    struct piece *from = &p->piece[at.first];
    unsigned breaks[] = {from[0].breaks, from[left].breaks, from[left + 1].breaks};
    struct piece *copy = arena_array_of(p->arena, struct piece, left + 1);
    memcpy(copy, from, (left + 1) * sizeof *copy);
    memmove(from, from + left + 1, right * sizeof *from);
    memcpy(from + right + 1, copy, left * sizeof *from);
    from[right] = copy[left];
    from[right].exchanged = true;
    p->piece[at.first].breaks = breaks[0];
    p->piece[op].breaks = breaks[1];
    p->piece[op + 1].breaks = breaks[2];
}

static void change(struct pieces *p, struct range at, const struct ast_expr *e) {
    const struct ast_expr *share = e->u.binary.left;
    bool english = piece_is_keyword(&p->piece[at.op], KEYWORD_OF);
    bool wanted = p->language == (english ? FORMAT_CHINESE : FORMAT_ENGLISH);
    bool can = (is_primary(share) || is_fraction(share)) && is_primary(e->u.binary.right);
    if (wanted && can && !has_comment(p, at))
        exchange(p, at);
}

void format_share(struct pieces *p, const struct tokens *tokens) {
    uint32_t *begin = arena_array_of(p->arena, uint32_t, p->count + 1);
    for (size_t i = 0; i < p->count; i++)
        begin[i] = p->piece[i].token->span.lo;
    for (const struct ast_share *s = tokens->shares; s; s = s->next) {
        struct span op = s->expr->u.binary.op_span;
        struct range at = {piece_at(begin, p->count, s->expr->span.lo), piece_at(begin, p->count, op.lo),
                           piece_at(begin, p->count, s->expr->span.hi)};
        change(p, at, s->expr);
    }
}
