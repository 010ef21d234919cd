/* Items that pay for the same: decided by the same conditions with the same award, or both a share of one amount. */
#include <stdlib.h>

#include "lint/lint_int.h"
#include "tr.h"

enum { PARTS = 64 /* of a conjunction */, BASES = 16 /* items with one basis that are compared */ };

/* ---- one form for rules that mean the same ---- */

static void write_expr(struct lint *l, struct text_buffer *out, const struct ast_expr *e);

static void write_list(struct lint *l, struct text_buffer *out, const struct ast_expr *list) {
    for (; list; list = list->next) {
        write_expr(l, out, list);
        text_add(out, TEXT(","));
    }
}

static void write_name(struct lint *l, struct text_buffer *out, const struct ast_expr *e) {
    const struct decl *decl = e->decl;
    uint32_t slot = lint_slot(l, e);
    if (slot != UINT32_MAX)
        text_addf(out, "s%u", slot);
    else if (decl && decl->kind == DECL_DEFINE)
        write_expr(l, out, decl->u.define->expr);
    else if (decl && decl->kind == DECL_ENUM_VALUE)
        text_addf(out, "e%u", decl->u.enum_value->index);
    else
        text_add(out, TEXT("?"));
}

static void write_rows(struct lint *l, struct text_buffer *out, const struct ast_expr *e) {
    const struct model_tier *t = e->decl;
    write_expr(l, out, e->u.tier.value);
    for (uint32_t i = 0; t && i < t->count; i++) {
        const struct model_tier_row *r = &t->row[i];
        const struct ast_expr *part[] = {r->lower_value, r->upper_value, r->row->value, r->row->full, r->row->adds};
        text_addf(out, ";%d %d ", (int)r->lower, (int)r->upper);
        for (size_t k = 0; k < sizeof part / sizeof *part; k++) {
            if (part[k])
                write_expr(l, out, part[k]);
            text_add(out, TEXT(","));
        }
    }
    if (t && t->otherwise)
        write_expr(l, out, t->otherwise);
}

static void write_cases(struct lint *l, struct text_buffer *out, const struct ast_expr *e) {
    write_expr(l, out, e->u.by.value);
    for (const struct ast_case *row = e->u.by.cases; row; row = row->next) {
        text_add(out, TEXT(";"));
        write_list(l, out, row->keys);
        text_add(out, TEXT(":"));
        write_expr(l, out, row->value);
    }
}

static void write_number(struct lint *l, struct text_buffer *out, const struct ast_expr *e) {
    struct range r = lint_eval(l, l->base, e).range;
    struct text t = r.known ? check_show_value(l->a, r.lo, TYPE_NUMBER) : TEXT("?");
    text_add(out, t);
}

static void write_expr(struct lint *l, struct text_buffer *out, const struct ast_expr *e) {
    if (lint_tired(l, 1))
        return;
    text_addf(out, "(%d ", (int)e->kind);
    switch (e->kind) {
    case AST_NUMBER:
    case AST_RATIO:
    case AST_DATE:
    case AST_BOOL:
        write_number(l, out, e);
        break;
    case AST_STRING:
        text_add(out, e->u.string);
        break;
    case AST_NAME:
    case AST_MEMBER:
        write_name(l, out, e);
        break;
    case AST_NOT:
    case AST_NEGATE:
        write_expr(l, out, e->u.operand);
        break;
    case AST_BINARY:
        text_addf(out, "%d ", (int)e->u.binary.op);
        write_expr(l, out, e->u.binary.left);
        write_expr(l, out, e->u.binary.right);
        break;
    case AST_IN:
        text_addf(out, "%d ", e->u.in.negated);
        write_expr(l, out, e->u.in.value);
        write_list(l, out, e->u.in.list);
        break;
    case AST_CALL:
        text_addf(out, "%d ", e->decl ? (int)((const struct decl *)e->decl)->u.function : -1);
        write_list(l, out, e->u.call.args);
        break;
    case AST_IF:
        write_expr(l, out, e->u.cond.condition);
        write_expr(l, out, e->u.cond.then);
        write_expr(l, out, e->u.cond.otherwise);
        break;
    case AST_BY:
        write_cases(l, out, e);
        break;
    case AST_TIER:
        write_rows(l, out, e);
        break;
    case AST_MISSING:
    case AST_ERROR:
        break;
    }
    text_add(out, TEXT(")"));
}

struct conjunction {
    struct text part[PARTS];
    size_t count;
    bool reads_claim, full;
};

static bool reads_claim(const struct lint *l, const struct ast_expr *e) {
    uint32_t slot = lint_slot(l, e);
    if (slot != UINT32_MAX)
        return slot >= POL_CLAIM_BUILTINS && slot < l->m->claim_count;
    if (e->kind == AST_BINARY)
        return reads_claim(l, e->u.binary.left) || reads_claim(l, e->u.binary.right);
    if (e->kind == AST_NOT)
        return reads_claim(l, e->u.operand);
    if (e->kind == AST_IN)
        return reads_claim(l, e->u.in.value);
    if (e->kind == AST_BY)
        return reads_claim(l, e->u.by.value);
    return e->kind == AST_TIER && reads_claim(l, e->u.tier.value);
}

static void add_parts(struct lint *l, struct conjunction *c, const struct ast_expr *e) {
    if (e->kind == AST_BINARY && e->u.binary.op == AST_AND) {
        add_parts(l, c, e->u.binary.left);
        add_parts(l, c, e->u.binary.right);
        return;
    }
    c->full |= c->count == PARTS;
    if (c->full)
        return;
    struct text_buffer out = {.arena = l->a};
    write_expr(l, &out, e);
    c->part[c->count++] = text_of_buffer(&out);
    c->reads_claim |= reads_claim(l, e);
}

static int by_text(const void *a, const void *b) {
    return text_compare(*(const struct text *)a, *(const struct text *)b);
}

/* Empty for an item that asks nothing of the claim: its object alone says what it pays for. */
static struct text form_of(struct lint *l, const struct model_item *m) {
    struct conjunction c = {0};
    struct text_buffer out = {.arena = l->a};
    for (const struct model_require *r = m->requires; r; r = r->next)
        if (r->condition && !r->of_policy)
            add_parts(l, &c, r->condition);
    if (lint_slot(l, m->award) == UINT32_MAX) /* an amount by itself is what somebody assessed */
        c.reads_claim |= reads_claim(l, m->award);
    if (!c.reads_claim || c.full)
        return (struct text){0};
    qsort(c.part, c.count, sizeof *c.part, by_text);
    for (size_t i = 0; i < c.count; i++)
        text_addf(&out, "%.*s&", TEXT_ARG(c.part[i]));
    for (uint32_t i = 0; m->kinds.field && i < m->kinds.field->enumeration->count; i++)
        text_addf(&out, "%d", m->kinds.allowed[i]);
    text_add(&out, TEXT("="));
    write_expr(l, &out, m->award);
    return text_of_buffer(&out);
}

/* ---- what keeps both from being paid ---- */

static bool share_gate(const struct model_item *a, const struct model_item *b) {
    for (const struct model_use *x = a->uses; x; x = x->next)
        for (const struct model_use *y = b->uses; y; y = y->next)
            if (x->cell == y->cell && x->cell->kind != POL_CELL_CAP)
                return true;
    return false;
}

static bool both_can_be(struct lint *l, const struct model_item *a, const struct model_item *b) {
    struct facts *f = lint_borrow(l, l->base);
    lint_conditions(l, f, a);
    lint_conditions(l, f, b);
    bool can = !f->dead;
    lint_return(l, f);
    return can;
}

static void report(struct lint *l, const struct model_item *m, const struct model_item *other, bool basis) {
    if (!lint_first(l, DIAG_SAME_THING, m->span))
        return;
    struct diag *r = diag_add(l->d, DIAG_SAME_THING, m->span, "`%.*s` may pay for the same as `%.*s`",
                              TEXT_ARG(m->name), TEXT_ARG(other->name));
    diag_label(l->d, r, other->span, "the other is here");
    diag_note(l->d, r,
              basis ? tr("both pay a share of the same amount, and no `once` or `ladder` covers both")
                    : tr("their conditions and awards are the same, and no `once` or `ladder` covers both"));
}

/* ---- shares of one amount ---- */

struct basis {
    const struct model_item *item[BASES];
    size_t count;
};

static void compare_basis(struct lint *l, struct basis *b, const struct model_item *m) {
    for (size_t i = 0; i < b->count; i++)
        if (b->item[i] != m && !share_gate(m, b->item[i]) && both_can_be(l, m, b->item[i]))
            report(l, m, b->item[i], true);
    if (b->count < BASES && (!b->count || b->item[b->count - 1] != m))
        b->item[b->count++] = m;
}

/* An amount that the award is a share of, or that bounds what was assessed. */
static void note_bases(struct lint *l, struct basis *basis, const struct model_item *m, const struct ast_expr *e) {
    uint32_t slot = lint_slot(l, e);
    if (slot != UINT32_MAX) {
        bool amount = slot >= POL_CLAIM_BUILTINS && slot < l->m->claim_count && e->type->kind == TYPE_MONEY;
        if (amount)
            compare_basis(l, &basis[slot], m);
        return;
    }
    if (e->kind != AST_BINARY)
        return;
    enum ast_op op = e->u.binary.op;
    if (op == AST_AT_LEAST)
        return;
    if (op != AST_UP_TO) /* the left side is what somebody assessed */
        note_bases(l, basis, m, e->u.binary.left);
    if (op != AST_SUB && op != AST_AT_MOST)
        note_bases(l, basis, m, e->u.binary.right);
}

void lint_same(struct lint *l) {
    struct text_map *forms = text_map_new(l->a);
    struct basis *basis = arena_array_of(l->a, struct basis, l->m->claim_count);
    for (const struct lint_item *i = l->items; i && !lint_tired(l, 0); i = i->next) {
        if (i->dead)
            continue;
        struct text form = form_of(l, i->m);
        if (form.size) {
            void **slot = text_map_slot(forms, form);
            const struct model_item *other = *slot;
            if (!other)
                *slot = (void *)i->m;
            else if (!share_gate(i->m, other))
                report(l, i->m, other, false);
        }
        if (i->m->award->kind == AST_BINARY)
            note_bases(l, basis, i->m, i->m->award);
    }
}
