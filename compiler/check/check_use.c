/* Which fields are read by what. */
#include "check/check_int.h"

/* Starts the reading of one statement: within it every definition is followed once. A set may hold a field twice. */
void check_use_begin(struct checker *c) {
    c->stamp++;
}

void check_use_field(struct checker *c, struct model_field *field, struct field_set *set) {
    field->used = true;
    if (!set || field->of_profile)
        return;
    set->index = arena_grow(c->a, set->index, set->count, &set->capacity, set->count + 1, sizeof *set->index);
    set->index[set->count++] = field->index;
}

static void use_decl(struct checker *c, const struct decl *decl, struct field_set *set) {
    if (!decl)
        return;
    switch (decl->kind) {
    case DECL_FIELD:
        check_use_field(c, decl->u.field, set);
        return;
    case DECL_PARAM:
        decl->u.param->used = true;
        return;
    case DECL_DEFINE: {
        struct check_define *define = (struct check_define *)decl->u.define;
        define->model.used = true;
        if (define->stamp == c->stamp)
            return;
        define->stamp = c->stamp;
        check_use_expr(c, define->model.expr, set);
        return;
    }
    case DECL_ENUM_VALUE:
    case DECL_YEAR:
    case DECL_FUNCTION:
        return;
    }
}

static void use_list(struct checker *c, const struct ast_expr *list, struct field_set *set) {
    for (const struct ast_expr *e = list; e; e = e->next)
        check_use_expr(c, e, set);
}

static void use_rows(struct checker *c, const struct ast_row *rows, struct field_set *set) {
    for (const struct ast_row *row = rows; row; row = row->next) {
        check_use_expr(c, row->lower_value, set);
        check_use_expr(c, row->upper_value, set);
        check_use_expr(c, row->value, set);
        check_use_expr(c, row->full, set);
        check_use_expr(c, row->adds, set);
    }
}

void check_use_expr(struct checker *c, const struct ast_expr *e, struct field_set *set) {
    if (!e || !check_known_type(e->type))
        return;
    switch (e->kind) {
    case AST_NAME:
    case AST_MEMBER:
        use_decl(c, e->decl, set);
        return;
    case AST_NOT:
    case AST_NEGATE:
        check_use_expr(c, e->u.operand, set);
        return;
    case AST_BINARY:
        check_use_expr(c, e->u.binary.left, set);
        check_use_expr(c, e->u.binary.right, set);
        return;
    case AST_IN:
        check_use_expr(c, e->u.in.value, set);
        use_list(c, e->u.in.list, set);
        return;
    case AST_CALL:
        use_list(c, e->u.call.args, set);
        return;
    case AST_IF:
        check_use_expr(c, e->u.cond.condition, set);
        check_use_expr(c, e->u.cond.then, set);
        check_use_expr(c, e->u.cond.otherwise, set);
        return;
    case AST_BY:
        check_use_expr(c, e->u.by.value, set);
        for (const struct ast_case *row = e->u.by.cases; row; row = row->next)
            check_use_expr(c, row->value, set);
        return;
    case AST_TIER:
        check_use_expr(c, e->u.tier.value, set);
        use_rows(c, e->u.tier.rows, set);
        return;
    case AST_NUMBER:
    case AST_RATIO:
    case AST_DATE:
    case AST_BOOL:
    case AST_STRING:
    case AST_MISSING:
    case AST_ERROR:
        return;
    }
}

/* ---- what nothing uses ---- */

static void report_unused_fields(struct checker *c, const struct model_field *fields, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        const struct model_field *f = &fields[i];
        if (f->used || f->builtin)
            continue;
        struct diag *r = diag_add(c->d, DIAG_NAME_UNUSED, f->span, "no rule uses the field `%.*s`", TEXT_ARG(f->name));
        if (f->of_profile)
            diag_note(c->d, r, "every claim still needs it: a profile without it cannot be used");
    }
}

void check_report_unused(struct checker *c) {
    struct model *m = c->m;
    if (c->d->error_count || !m->item_count)
        return; /* the use may stand where the mistake is */
    report_unused_fields(c, m->claim, m->claim_count);
    report_unused_fields(c, m->profile, m->profile_count);
    for (uint32_t i = 0; i < m->param_count; i++) {
        const struct model_param *p = &m->params[i];
        if (!p->used)
            diag_add(c->d, DIAG_NAME_UNUSED, p->span, "no rule uses the parameter `%.*s`", TEXT_ARG(p->name));
    }
    for (const struct check_define *d = c->defines; d; d = d->next) {
        if (d->model.used)
            continue;
        diag_add(c->d, DIAG_NAME_UNUSED, d->model.span, "no rule uses the definition `%.*s`", TEXT_ARG(d->model.name));
    }
}
