/* The whole policy. Row function: block 0 decides stages 1 and 2, one block for each item stages 3 and 4. */
#include "lower/lower.h"

#include <assert.h>

#include "ir/ir_opt.h"
#include "ir/ir_verify.h"
#include "lower/lower_int.h"
#include "tr.h"

void lower_block_begin(struct lower *l, struct ir_func *func) {
    ir_block_begin(l->policy, func);
    l->func = func;
    l->epoch++;
}

/* ---- stage 1 ----------------------------------------------------------------------------------------------------- */

/* The first day that is past the policy's days; IR_NO_REF: they have no end. */
static ir_ref lower_end(struct lower *l) {
    const struct model *m = l->model;
    if (m->to) {
        l->at = m->to;
        return lower_emit(l, IR_ADD, lower_expr(l, m->to).num, lower_const(l, 1), IR_NO_REF);
    }
    const struct ast_expr *from = m->years_from ? m->years_from : m->from;
    if (!m->years || !from)
        return IR_NO_REF;
    l->at = from;
    return lower_emit(l, IR_ADD_YEARS, lower_expr(l, from).num, lower_const(l, m->years), IR_NO_REF);
}

static struct span days_span(const struct model *m) {
    struct span span = {0, 0};
    const struct ast_expr *part[] = {m->from, m->to, m->years_from};
    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        if (part[i])
            span = span.hi ? span_join(span, part[i]->span) : part[i]->span;
    return span;
}

static void probe_days(struct lower *l, ir_ref date, ir_ref end) {
    const struct model *m = l->model;
    if (!l->probes)
        return;
    if (m->from) {
        ir_ref early = lower_emit(l, IR_LT, date, lower_expr(l, m->from).num, IR_NO_REF);
        lower_probe(l, m->from, tr("a claim before"), m->from->span, early);
        lower_probe(l, m->from, tr("a claim from then on"), m->from->span, lower_not(l, early));
    }
    if (end != IR_NO_REF)
        lower_probe(l, m, tr("a claim after the last day"), days_span(m), lower_emit(l, IR_LE, end, date, IR_NO_REF));
}

static void lower_in_force(struct lower *l, struct ending_list *endings) {
    ir_ref date = ir_claim(l->policy, l->func, POL_CLAIM_DATE);
    ir_ref outside = lower_bool(l, false);
    ir_ref end = lower_end(l);
    if (l->model->from)
        outside = lower_emit(l, IR_LT, date, lower_expr(l, l->model->from).num, IR_NO_REF);
    if (end != IR_NO_REF)
        outside = lower_or(l, outside, lower_emit(l, IR_LE, end, date, IR_NO_REF));
    l->at = NULL;
    probe_days(l, date, end);
    lower_ends(l, endings, outside,
               (struct ir_rule){.name = TEXT("in_force"),
                                .source = lower_source(l, days_span(l->model)),
                                .quote = TEXT(""),
                                .clause = POL_NONE,
                                .item = POL_NONE,
                                .reason = POL_NOT_IN_FORCE});
}

/* A day when it is the same for every claim; otherwise `open`. */
static int32_t constant_day(const struct lower *l, ir_ref ref, int32_t open) {
    if (ref == IR_NO_REF || l->func->inst[ref].op != IR_CONST)
        return open;
    ir_int day = l->func->inst[ref].imm;
    return day > INT32_MIN && day < INT32_MAX ? (int32_t)day : open;
}

/* With every parameter at its default. */
static void lower_days(struct lower *l) {
    struct lower aside = *l;
    struct ir_func func = {.inst = NULL};
    aside.pinned = aside.silent = true;
    aside.defines = text_map_new(l->arena);
    aside.epoch = 0;
    lower_block_begin(&aside, &func);
    ir_ref from = l->model->from ? lower_expr(&aside, l->model->from).num : IR_NO_REF;
    ir_ref end = lower_end(&aside);
    l->policy->first_day = constant_day(&aside, from, INT32_MIN);
    l->policy->last_day = constant_day(&aside, end, INT32_MAX);
    if (l->policy->last_day != INT32_MAX)
        l->policy->last_day--;
}

/* ---- stage 2 ----------------------------------------------------------------------------------------------------- */

static void lower_exclusions(struct lower *l, struct ending_list *endings) {
    for (const struct model_exclusion *x = l->model->exclusions; x; x = x->next) {
        ir_ref holds = value_holds(l, lower_expr(l, x->condition));
        lower_probe_condition(l, x->condition, lower_probe_passed(l, endings));
        lower_ends(l, endings, holds,
                   (struct ir_rule){.name = x->name,
                                    .source = lower_source(l, x->condition->span),
                                    .quote = lower_quote(x->clause),
                                    .clause = lower_clause_index(x->clause),
                                    .item = POL_NONE,
                                    .reason = POL_EXCLUDED});
    }
}

/* What every item requires is computed once, where every item's block sees it. */
static void lower_shared(struct lower *l) {
    if (l->model->item_count < 2)
        return;
    for (const struct model_require *r = l->model->items->requires; r; r = r->next)
        if (r->of_policy)
            lower_requirement(l, r);
}

static void lower_first_block(struct lower *l) {
    struct ir_func *row = &l->policy->row;
    struct ending_list endings = {.entry = NULL};
    lower_block_begin(l, row);
    lower_in_force(l, &endings);
    lower_exclusions(l, &endings);
    ir_ref rule = lower_first_ending(l, &endings);
    lower_shared(l);
    row->block[0].rule = rule;
    ir_block_end(row);
}

/* ---- the profile function ---------------------------------------------------------------------------------------- */

static void lower_limit(struct lower *l, struct ir_limit *out) {
    const struct model_limit *limit = l->model->limit;
    out->present = true;
    out->name = lower_copy(l, limit->name);
    out->clause = lower_clause_index(limit->clause);
    out->carry_years = limit->carry_years;
    out->limited = lower_kinds(l, &limit->kinds);
    if (out->limited == IR_NO_REF)
        out->limited = lower_bool(l, true);
    struct value v = lower_expr(l, limit->amount);
    l->at = limit->amount;
    ir_ref amount = value_floor(l, v), zero = lower_const(l, 0);
    if (v.ok != IR_NO_REF)
        amount = lower_emit(l, IR_SELECT, v.ok, amount, zero);
    out->amount = lower_emit(l, IR_MAX, amount, zero, IR_NO_REF);
    if (!lower_fits_amount(l, out->amount)) {
        report_amount(l, limit->amount);
        out->amount = zero;
    }
    l->at = NULL;
    out->rule = lower_rule(l, (struct ir_rule){.name = limit->name,
                                               .source = lower_source(l, limit->amount->span),
                                               .quote = lower_quote(limit->clause),
                                               .clause = out->clause,
                                               .item = POL_NONE,
                                               .reason = POL_LIMIT});
}

static void lower_profile(struct lower *l) {
    struct ir_limit *limit = &l->policy->limit;
    *limit = (struct ir_limit){.clause = POL_NONE, .excluded = IR_NO_REF, .limited = IR_NO_REF, .amount = IR_NO_REF};
    lower_block_begin(l, &l->policy->profile_row);
    l->of_profile = true;
    for (const struct model_exclusion *x = l->model->exclusions; x; x = x->next) {
        if (!x->of_profile)
            continue;
        ir_ref holds = value_holds(l, lower_expr(l, x->condition));
        limit->excluded = limit->excluded == IR_NO_REF ? holds : lower_or(l, limit->excluded, holds);
    }
    if (l->model->limit)
        lower_limit(l, limit);
    l->of_profile = false;
    ir_block_end(&l->policy->profile_row);
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static void add_empty_rule(struct lower *l) {
    struct ir_rule none = {
        .name = TEXT(""), .source = TEXT(""), .quote = TEXT(""), .clause = POL_NONE, .item = POL_NONE};
    struct ir_policy *p = l->policy;
    p->rule = arena_grow(p->arena, p->rule, 0, &l->rule_capacity, 1, sizeof *p->rule);
    p->rule[p->rule_count++] = none;
}

struct ir_policy *lower_probed(const struct model *model, const struct sources *sources, struct diags *diags,
                               struct arena *arena, struct probes *probes) {
    struct lower l = {
        .model = model,
        .sources = sources,
        .diags = diags,
        .arena = arena,
        .policy = ir_policy_new(arena),
        .reported = text_map_new(arena),
        .defines = text_map_new(arena),
        .rules = text_map_new(arena),
        .probes = probes,
        .silent = probes != NULL, /* what is wrong was reported without them */
    };
    size_t errors = diags->error_count;
    add_empty_rule(&l);
    lower_schema(&l);
    lower_clauses(&l);
    lower_cells(&l);
    lower_targets(&l);
    lower_first_block(&l);
    lower_items(&l);
    lower_profile(&l);
    lower_days(&l);
    if (diags->error_count > errors)
        return NULL;
    if (!probes) /* it would sweep the probes too */
        ir_sweep(l.policy);
    struct text message;
    bool valid = ir_verify(l.policy, arena, &message);
    assert(valid);
    (void)valid;
    return l.policy;
}

struct ir_policy *lower_policy(const struct model *model, const struct sources *sources, struct diags *diags,
                               struct arena *arena) {
    return lower_probed(model, sources, diags, arena, NULL);
}
