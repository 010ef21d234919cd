/* Schema, clauses, cells and targets: copied into the arrays of the IR, in its own arena. */
#include <assert.h>

#include "lower/lower_int.h"

static enum pol_type pol_type_of(const struct type *type, bool has_values) {
    switch (type->kind) {
    case TYPE_MONEY:
        return POL_MONEY;
    case TYPE_RATE:
        return POL_RATE;
    case TYPE_COUNT:
    case TYPE_NUMBER: /* the builtin year of applicants */
        return POL_COUNT;
    case TYPE_YEARS:
        return POL_YEARS;
    case TYPE_DAYS:
        return POL_DAYS;
    case TYPE_DATE:
        return POL_DATE;
    case TYPE_BOOL:
        return POL_BOOL;
    case TYPE_ENUM: /* the builtin item has no values of its own */
        return has_values ? POL_ENUM : POL_TEXT;
    case TYPE_TEXT:
        return POL_TEXT;
    case TYPE_MISSING:
    case TYPE_ERROR:
        break;
    }
    assert(!"a field has a type");
    return POL_TEXT;
}

static struct text *copy_texts(struct lower *l, const struct text *from, uint32_t count) {
    struct text *to = arena_array_of(l->policy->arena, struct text, count);
    for (uint32_t i = 0; i < count; i++)
        to[i] = lower_copy(l, from[i]);
    return to;
}

/* ---- schema ------------------------------------------------------------------------------------------------------ */

static struct ir_field lower_one_field(struct lower *l, const struct model_field *f) {
    struct ir_field out = {
        .name = lower_copy(l, f->name),
        .column = lower_copy(l, f->column),
        .label = lower_copy(l, f->label),
        .alias = copy_texts(l, f->alias, f->alias_count),
        .alias_count = f->alias_count,
        .type = pol_type_of(f->type, f->enumeration != NULL),
        .builtin = f->builtin,
        .has_default = f->has_default,
        .used = f->used,
        .enum_index = f->enumeration ? f->enumeration->index : POL_NONE,
        .min = f->min,
        .max = f->max,
        .fallback = f->has_default ? f->fallback : 0,
    };
    return out;
}

static struct ir_field *lower_fields(struct lower *l, const struct model_field *from, uint32_t count) {
    struct ir_field *to = arena_array_of(l->policy->arena, struct ir_field, count);
    for (uint32_t i = 0; i < count; i++) {
        assert(from[i].index == i);
        to[i] = lower_one_field(l, &from[i]);
    }
    return to;
}

static struct ir_enum lower_one_enum(struct lower *l, const struct model_enum *e) {
    struct ir_enum out = {.name = lower_copy(l, e->name), .value_count = e->count};
    out.value = arena_array_of(l->policy->arena, struct ir_enum_value, e->count);
    for (uint32_t i = 0; i < e->count; i++)
        out.value[i] = (struct ir_enum_value){lower_copy(l, e->value[i].name), lower_copy(l, e->value[i].column),
                                              lower_copy(l, e->value[i].label)};
    return out;
}

static struct ir_param lower_one_param(struct lower *l, const struct model_param *p) {
    return (struct ir_param){
        .name = lower_copy(l, p->name),
        .column = lower_copy(l, p->column),
        .label = lower_copy(l, p->label),
        .type = pol_type_of(p->type, p->enumeration != NULL),
        .pending = p->pending,
        .enum_index = p->enumeration ? p->enumeration->index : POL_NONE,
        .min = p->min,
        .max = p->max,
        .fallback = p->fallback,
    };
}

void lower_schema(struct lower *l) {
    const struct model *m = l->model;
    struct ir_policy *p = l->policy;
    p->name = lower_copy(l, m->name);
    p->title = lower_copy(l, m->title);
    p->issuer = lower_copy(l, m->issuer);
    p->version = lower_copy(l, m->version);
    p->source_name = lower_copy(l, m->source);
    p->claim = lower_fields(l, m->claim, m->claim_count);
    p->claim_count = m->claim_count;
    p->profile = lower_fields(l, m->profile, m->profile_count);
    p->profile_count = m->profile_count;
    p->enums = arena_array_of(p->arena, struct ir_enum, m->enum_count);
    for (p->enum_count = 0; p->enum_count < m->enum_count; p->enum_count++)
        p->enums[p->enum_count] = lower_one_enum(l, m->enums[p->enum_count]);
    p->param = arena_array_of(p->arena, struct ir_param, m->param_count);
    for (p->param_count = 0; p->param_count < m->param_count; p->param_count++)
        p->param[p->param_count] = lower_one_param(l, &m->params[p->param_count]);
}

/* ---- clauses ----------------------------------------------------------------------------------------------------- */

static struct text *lower_strings(struct lower *l, const struct ast_string *list, uint32_t *count) {
    *count = 0;
    for (const struct ast_string *s = list; s; s = s->next)
        ++*count;
    struct text *to = arena_array_of(l->policy->arena, struct text, *count);
    uint32_t i = 0;
    for (const struct ast_string *s = list; s; s = s->next)
        to[i++] = lower_copy(l, s->text);
    return to;
}

void lower_clauses(struct lower *l) {
    struct ir_policy *p = l->policy;
    p->clause = arena_array_of(p->arena, struct ir_clause, l->model->clause_count);
    p->clause_count = l->model->clause_count;
    for (const struct model_clause *c = l->model->clauses; c; c = c->next) {
        assert(c->index < p->clause_count);
        struct ir_clause *out = &p->clause[c->index];
        out->number = lower_copy(l, c->number);
        out->title = lower_copy(l, c->title);
        out->quote = lower_strings(l, c->quotes, &out->quote_count);
        out->lead = lower_strings(l, c->lead, &out->lead_count);
        out->responsible = lower_strings(l, c->responsible, &out->responsible_count);
        out->refers = lower_strings(l, c->refers, &out->refers_count);
        out->reading = lower_strings(l, c->readings, &out->reading_count);
        out->declaratory = c->declaratory;
    }
}

/* ---- cells ------------------------------------------------------------------------------------------------------- */

static struct pol_key lower_key(const struct model_key *key) {
    struct pol_key out = {.kind = (uint8_t)key->kind};
    if (key->kind == POL_KEY_CLAIM_FIELD || key->kind == POL_KEY_PROFILE_FIELD)
        out.field = key->field->index;
    return out;
}

void lower_cells(struct lower *l) {
    struct ir_policy *p = l->policy;
    p->cell = arena_array_of(p->arena, struct ir_cell, l->model->cell_count);
    p->cell_count = l->model->cell_count;
    for (const struct model_cell *c = l->model->cells; c; c = c->next) {
        assert(c->index < p->cell_count);
        struct ir_cell *out = &p->cell[c->index];
        out->name = lower_copy(l, c->name);
        out->kind = c->kind;
        out->clause = lower_clause_index(c->clause);
        out->key_count = c->key_count;
        out->key = arena_array_of(p->arena, struct pol_key, c->key_count);
        for (uint32_t i = 0; i < c->key_count; i++)
            out->key[i] = lower_key(&c->key[i]);
    }
}

/* ---- targets ----------------------------------------------------------------------------------------------------- */

/* By kind, in the order of declaration within a kind. */
void lower_targets(struct lower *l) {
    static const enum pol_target_kind order[] = {POL_TARGET_BY, POL_TARGET_EVERY, POL_TARGET_GROWTH, POL_TARGET_TOTAL};
    struct ir_policy *p = l->policy;
    p->target = arena_array_of(p->arena, struct ir_target, l->model->target_count);
    for (size_t k = 0; k < sizeof order / sizeof *order; k++)
        for (const struct model_target *t = l->model->targets; t; t = t->next)
            if (t->kind == order[k])
                p->target[p->target_count++] = (struct ir_target){
                    .name = lower_copy(l, t->name),
                    .column = lower_copy(l, t->column),
                    .label = lower_copy(l, t->label),
                    .clause = lower_clause_index(t->clause),
                    .kind = t->kind,
                    .sense = t->sense,
                    .type = t->type,
                    .first_year = t->first_year,
                    .last_year = t->last_year,
                    .value = t->value,
                };
    assert(p->target_count == l->model->target_count);
}
