/* The net below the words: made-up claims, decided by both versions. Whatever differs although every rule was found to
 * be the same is a mistake of the comparison; it is told as a difference, with the claim. */
#include <string.h>

#include "diff/diff_int.h"
#include "interp/ir_eval.h"

enum { ROWS_MOST = 400, ROWS_LEAST = 20, WORK = 4000000, POOL_MOST = 4096 };

struct pool { /* numbers and texts that stand in either policy: what decides lies beside them */
    ir_int number[POOL_MOST];
    struct text text[POOL_MOST];
    size_t numbers, texts;
};

struct version {
    struct side *side;
    const struct ir_policy *ir;
    struct ir_value *claim, *profile; /* by field */
    int64_t *param;
    struct ir_value *value; /* of the row function */
};

struct trial {
    struct comparison *c;
    struct version before, after;
    struct pool *pool;
    uint64_t state;
};

static uint64_t draw(struct trial *t) { /* xorshift: repeatable, and good enough to choose with */
    t->state ^= t->state << 13;
    t->state ^= t->state >> 7;
    t->state ^= t->state << 17;
    return t->state;
}

static void collect(struct pool *p, const struct ir_func *f) {
    for (uint32_t i = 0; i < f->inst_count; i++) {
        if (f->inst[i].op == IR_CONST && p->numbers < POOL_MOST)
            p->number[p->numbers++] = f->inst[i].imm;
        if (f->inst[i].op == IR_LITERAL && p->texts < POOL_MOST)
            p->text[p->texts++] = f->inst[i].text;
    }
}

/* ---- rows ---------------------------------------------------------------------------------------------------------
 */

static int64_t between(struct trial *t, int64_t min, int64_t max) {
    uint64_t width = (uint64_t)max - (uint64_t)min;
    ir_int near = 0;
    if (max <= min)
        return min;
    switch (draw(t) % 8) {
    case 0:
        return min;
    case 1:
        return max;
    case 2:
        return min + (int64_t)(draw(t) % (width < 20 ? width + 1 : 20));
    case 3:
    case 4:
        return min + (int64_t)(draw(t) % (width + 1 ? width + 1 : width));
    default:
        break;
    }
    if (t->pool->numbers)
        near = t->pool->number[draw(t) % t->pool->numbers] + (ir_int)(draw(t) % 3) - 1;
    if (draw(t) % 4 == 0)
        near *= 100;
    return near < min ? min : near > max ? max : (int64_t)near;
}

static struct text a_text(struct trial *t) {
    size_t n = t->pool->texts;
    return n && draw(t) % 2 ? t->pool->text[draw(t) % n] : draw(t) % 2 ? TEXT("a") : TEXT("b");
}

static uint32_t value_with(const struct side *s, const struct model_enum *en, uint32_t id) {
    for (uint32_t i = 0; i < en->count; i++)
        if (s->value[en->index][i] == id)
            return i;
    return 0;
}

/* The same cell for both, each in its own terms. */
static void fill(struct trial *t, const struct model_field *a, const struct model_field *b, struct ir_value *x,
                 struct ir_value *y) {
    x->present = y->present = true;
    if (b->type->kind == TYPE_TEXT) {
        x->text = y->text = a_text(t);
    } else if (b->enumeration && a->enumeration) {
        y->number = (ir_int)(draw(t) % b->enumeration->count);
        x->number = value_with(t->before.side, a->enumeration, t->after.side->value[b->enumeration->index][y->number]);
    } else if (b->type->kind == TYPE_BOOL) {
        x->number = y->number = (ir_int)(draw(t) % 2);
    } else {
        x->number = y->number = between(t, b->min, b->max);
    }
}

static void fill_row(struct trial *t) {
    const struct model *m = t->after.side->model;
    for (int of_profile = 0; of_profile < 2; of_profile++) {
        const struct model_field *now = of_profile ? m->profile : m->claim;
        for (uint32_t i = 0; i < (of_profile ? m->profile_count : m->claim_count); i++) {
            const struct model_field *old = diff_partner_field(t->after.side, t->before.side, &now[i]);
            if (old)
                fill(t, old, &now[i], &(of_profile ? t->before.profile : t->before.claim)[old->index],
                     &(of_profile ? t->after.profile : t->after.claim)[i]);
        }
    }
    for (uint32_t i = 0; i < t->before.side->model->param_count; i++)
        t->before.param[i] = t->before.side->model->params[i].fallback;
    for (uint32_t i = 0; i < m->param_count; i++)
        t->after.param[i] = m->params[i].fallback;
}

/* ---- outcomes -----------------------------------------------------------------------------------------------------
 */

struct outcome {
    enum pol_reason reason;
    ir_int award;   /* with POL_OK */
    uint64_t steps; /* of what the fold is given, whatever its order */
};

static uint64_t mixed(uint64_t h, uint64_t value) {
    h = (h ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ (h >> 29);
}

static uint64_t operand(const struct version *v, const struct ir_block *b, struct pol_operand o) {
    ir_int value = o.kind == POL_OPERAND_CONST ? o.value
                   : o.kind == POL_OPERAND_AUX ? ir_eval_result(v->value, b->aux[o.aux], 0)
                                               : -1;
    return (uint64_t)value;
}

static uint64_t keys(const struct version *v, uint32_t cell) {
    uint64_t sum = 0;
    if (cell == POL_NONE)
        return 0;
    const struct ir_cell *c = &v->ir->cell[cell];
    for (uint32_t i = 0; i < c->key_count; i++) {
        uint32_t field = c->key[i].kind == POL_KEY_CLAIM_FIELD     ? v->side->claim[c->key[i].field]
                         : c->key[i].kind == POL_KEY_PROFILE_FIELD ? v->side->profile[c->key[i].field]
                                                                   : 0;
        sum += mixed(c->key[i].kind, field);
    }
    return sum;
}

static uint64_t step(const struct version *v, const struct ir_block *b, const struct pol_step *s) {
    uint64_t h = mixed(1, s->kind);
    h = mixed(h, keys(v, s->cell));
    if (s->condition.kind != POL_OPERAND_NONE && operand(v, b, s->condition) == 0)
        return 0; /* not for this claim */
    h = mixed(h, operand(v, b, s->max));
    h = mixed(h, s->kind == POL_STEP_LESS ? operand(v, b, s->amount) : 0);
    h = mixed(h, operand(v, b, s->units));
    return mixed(h, operand(v, b, s->price));
}

static struct outcome decide(const struct version *v, uint32_t item) {
    struct ir_row row = {v->claim, v->profile, v->param};
    const struct ir_func *f = &v->ir->row;
    const struct ir_block *b = &f->block[item + 1];
    ir_eval_block(f, 0, &row, v->value);
    ir_int rule = ir_eval_result(v->value, f->block[0].rule, 0);
    if (rule == 0) {
        ir_eval_block(f, item + 1, &row, v->value);
        rule = ir_eval_result(v->value, b->rule, 0);
    }
    struct outcome o = {.reason = v->ir->rule[rule].reason};
    if (rule)
        return o;
    o.reason = POL_OK;
    o.award = ir_eval_result(v->value, b->award, 0);
    for (uint32_t i = 0; i < v->ir->item[item].step_count; i++)
        o.steps += step(v, b, &v->ir->item[item].step[i]);
    return o;
}

/* ---- telling ------------------------------------------------------------------------------------------------------
 */

static struct text outcome_words(const struct comparison *c, struct outcome o) {
    if (o.reason == POL_OK)
        return diff_money(c->arena, o.award, 100);
    return text_of(o.reason == POL_EXCLUDED       ? diff_say(c, "excluded", "已排除")
                   : o.reason == POL_NOT_IN_FORCE ? diff_say(c, "not in force", "不在有效期")
                                                  : diff_say(c, "ineligible", "不符合条件"));
}

static void put_fact(struct text_buffer *out, const struct comparison *c, const struct model_field *f,
                     const struct ir_value *v) {
    struct text name = diff_field_name(c, f),
                value = f->type->kind == TYPE_TEXT ? v->text : diff_value(c, f->type, (int64_t)v->number);
    text_addf(out, "%s%.*s %.*s", out->size ? diff_say(c, ", ", "，") : "", TEXT_ARG(name), TEXT_ARG(value));
}

static void tell(struct trial *t, const struct model_item *item, struct outcome a, struct outcome b) {
    struct comparison *c = t->c;
    const struct model *m = c->after.model;
    struct text_buffer facts = {.arena = c->arena};
    for (uint32_t i = 0; i < m->claim_count; i++)
        if (item->needs[i] && i != POL_CLAIM_APPLICANT)
            put_fact(&facts, c, &m->claim[i], &t->after.claim[i]);
    for (uint32_t i = POL_PROFILE_BUILTINS; i < m->profile_count; i++)
        if (m->profile[i].used)
            put_fact(&facts, c, &m->profile[i], &t->after.profile[i]);
    struct text words = text_of_buffer(&facts), before = outcome_words(c, a), after = outcome_words(c, b);
    if (text_equal(before, after))
        before = after = (struct text){0}; /* what is granted, later, differs */
    diff_at(c, &c->after, item->clause, item);
    diff_add(c, "rules", DIFF_CHANGED, true,
             text_format(c->arena,
                         diff_say(c, "decides otherwise though its rules look the same, so with %.*s",
                                  "规则看似相同而决定不同，例如 %.*s"),
                         TEXT_ARG(words)),
             before, after);
}

static void try_item(struct trial *t, const struct model_item *old, const struct model_item *now, uint32_t rows) {
    for (uint32_t i = 0; i < rows; i++) {
        fill_row(t);
        struct outcome a = decide(&t->before, old->index), b = decide(&t->after, now->index);
        if (a.reason == b.reason && a.award == b.award && a.steps == b.steps)
            continue;
        tell(t, now, a, b);
        return;
    }
}

static struct version version_of(struct side *side, const struct ir_policy *ir, struct pool *pool) {
    struct arena *arena = side->arena;
    collect(pool, &ir->row);
    collect(pool, &ir->profile_row);
    return (struct version){.side = side,
                            .ir = ir,
                            .claim = arena_array_of(arena, struct ir_value, ir->claim_count + 1u),
                            .profile = arena_array_of(arena, struct ir_value, ir->profile_count + 1u),
                            .param = arena_array_of(arena, int64_t, ir->param_count + 1u),
                            .value = arena_array_of(arena, struct ir_value, ir->row.inst_count + 1u)};
}

void diff_trial(struct diff *diff, const struct model *before, const struct ir_policy *before_ir,
                const struct model *after, const struct ir_policy *after_ir, uint64_t seed, struct arena *arena) {
    struct comparison c = {.language = diff->language, .arena = arena, .diff = diff, .last = &diff->first};
    struct trial t = {.c = &c, .pool = arena_new_of(arena, struct pool), .state = seed ? seed : 1};
    if (diff->decides)
        return;
    while (*c.last)
        c.last = &(*c.last)->next;
    c.before = (struct side){.model = before, .arena = arena, .only = DIFF_ONLY_BEFORE};
    c.after = (struct side){.model = after, .arena = arena, .only = DIFF_ONLY_AFTER};
    diff_pair(&c);
    t.before = version_of(&c.before, before_ir, t.pool);
    t.after = version_of(&c.after, after_ir, t.pool);
    uint64_t each = (uint64_t)after->claim_count + after->profile_count + after_ir->row.inst_count / 8 + 1;
    uint64_t rows = WORK / each / (after->item_count + 1u);
    rows = rows > ROWS_MOST ? ROWS_MOST : rows < ROWS_LEAST ? ROWS_LEAST : rows;
    for (const struct model_item *i = after->items; i; i = i->next) {
        const struct model_item *old = diff_partner_item(&c.after, &c.before, i);
        if (old)
            try_item(&t, old, i, (uint32_t)rows);
    }
}
