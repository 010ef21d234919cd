/* What only exact intervals can show. Every message names the fields a value is computed from, and, where it can be
 * found by trying, the range of the widest one that would do. */
#include "lower/lower_int.h"

enum {
    TRY_SHRINK = 1000000,    /* a range more than so much narrower helps nobody */
    SOURCE_LIMIT = 4,        /* fields named in one message */
    TRY_INSTRUCTIONS = 2000, /* larger expressions are not tried with other ranges */
    TRY_ERRORS = 20,         /* nor are those of later errors */
};

/* A field or parameter that an expression reads; `max` is where the IR keeps it. */
struct source_range {
    struct text name;
    const struct type *type;
    int64_t min;
    int64_t *max;
    struct span span;
};

struct source_list {
    struct lower *l;
    struct source_range entry[SOURCE_LIMIT]; /* the widest, widest first */
    uint32_t count;
};

/* ---- what an expression reads -------------------------------------------------------------------------------------
 */

static bool is_number_type(const struct type *type) {
    switch (type->kind) {
    case TYPE_NUMBER:
    case TYPE_MONEY:
    case TYPE_RATE:
    case TYPE_COUNT:
    case TYPE_YEARS:
    case TYPE_DAYS:
        return true;
    case TYPE_DATE:
    case TYPE_BOOL:
    case TYPE_ENUM:
    case TYPE_TEXT:
    case TYPE_MISSING:
    case TYPE_ERROR:
        break;
    }
    return false;
}

static void add_source(struct source_list *list, struct source_range s) {
    if (!is_number_type(s.type))
        return;
    for (uint32_t i = 0; i < list->count; i++)
        if (list->entry[i].max == s.max)
            return;
    uint32_t at = 0;
    while (at < list->count && *list->entry[at].max >= *s.max)
        at++;
    if (at == SOURCE_LIMIT)
        return;
    if (list->count < SOURCE_LIMIT)
        list->count++;
    for (uint32_t i = list->count - 1; i > at; i--)
        list->entry[i] = list->entry[i - 1];
    list->entry[at] = s;
}

static void collect(struct source_list *list, const struct ast_expr *e);

static void collect_list(struct source_list *list, const struct ast_expr *first) {
    for (const struct ast_expr *e = first; e; e = e->next)
        collect(list, e);
}

static void collect_decl(struct source_list *list, const struct decl *decl) {
    struct ir_policy *p = list->l->policy;
    if (decl->kind == DECL_DEFINE) {
        collect(list, decl->u.define->expr);
    } else if (decl->kind == DECL_PARAM) {
        const struct model_param *m = decl->u.param;
        add_source(list, (struct source_range){m->name, m->type, m->min, &p->param[m->index].max, m->span});
    } else if (decl->kind == DECL_FIELD) {
        const struct model_field *m = decl->u.field;
        int64_t *max = m->of_profile ? &p->profile[m->index].max : &p->claim[m->index].max;
        add_source(list, (struct source_range){m->name, m->type, m->min, max, m->span});
    }
}

static void collect_tier(struct source_list *list, const struct ast_expr *e) {
    const struct model_tier *tier = e->decl;
    collect(list, e->u.tier.value);
    for (uint32_t i = 0; i < tier->count; i++) {
        collect_list(list, tier->row[i].row->value);
        collect_list(list, tier->row[i].row->full);
        collect_list(list, tier->row[i].row->adds);
        collect_list(list, tier->row[i].lower_value);
    }
    collect_list(list, tier->otherwise);
}

/* NULL is none. */
static void collect(struct source_list *list, const struct ast_expr *e) {
    switch (e->kind) {
    case AST_NAME:
    case AST_MEMBER:
        collect_decl(list, e->decl);
        break;
    case AST_NOT:
    case AST_NEGATE:
        collect(list, e->u.operand);
        break;
    case AST_BINARY:
        collect(list, e->u.binary.left);
        collect(list, e->u.binary.right);
        break;
    case AST_IN:
        collect(list, e->u.in.value);
        break;
    case AST_CALL:
        collect_list(list, e->u.call.args);
        break;
    case AST_IF:
        collect(list, e->u.cond.then);
        collect(list, e->u.cond.otherwise);
        break;
    case AST_BY:
        for (const struct ast_case *row = e->u.by.cases; row; row = row->next)
            collect(list, row->value);
        break;
    case AST_TIER:
        collect_tier(list, e);
        break;
    case AST_NUMBER:
    case AST_RATIO:
    case AST_DATE:
    case AST_BOOL:
    case AST_STRING:
    case AST_MISSING:
    case AST_ERROR:
        break;
    }
}

/* ---- values for people ------------------------------------------------------------------------------------------- */

static struct text with_decimals(struct arena *arena, int64_t value, int64_t scale, const char *unit) {
    int64_t whole = value / scale, rest = value % scale;
    if (rest == 0)
        return text_format(arena, "%lld%s", (long long)whole, unit);
    int digits = 0;
    for (int64_t s = scale; s > 1; s /= 10)
        digits++;
    for (; rest % 10 == 0; rest /= 10)
        digits--;
    return text_format(arena, "%lld.%0*lld%s", (long long)whole, digits, (long long)rest, unit);
}

static struct text show(struct arena *arena, int64_t value, const struct type *type) {
    const int64_t yi = 10000000000, wan = 1000000;
    if (type->kind == TYPE_RATE)
        return with_decimals(arena, value, 10000, "%");
    if (type->kind != TYPE_MONEY)
        return text_format(arena, "%lld", (long long)value);
    if (value && value % yi == 0)
        return with_decimals(arena, value, yi, "亿元");
    if (value && value % wan == 0)
        return with_decimals(arena, value, wan, "万元");
    return with_decimals(arena, value, 100, "元");
}

/* ---- which range would do ---------------------------------------------------------------------------------------- */

/* Lowers the expression aside, with the ranges as they are at the moment; false when it is too large to try. */
static bool try_expr(struct lower *l, const struct ast_expr *e, bool amount, bool *fine) {
    struct lower aside = *l;
    struct ir_func func = {.inst = NULL};
    aside.func = &func;
    aside.silent = true;
    aside.failures = 0;
    aside.whole = NULL;
    aside.defines = text_map_new(l->arena);
    aside.epoch = 1;
    ir_block_begin(l->policy, &func);
    struct value v = lower_expr(&aside, e);
    *fine = true;
    if (amount)
        *fine = lower_fits_amount(&aside, value_round(&aside, v));
    *fine = *fine && aside.failures == 0;
    return func.inst_count <= TRY_INSTRUCTIONS;
}

/* The largest maximum of the field with which the expression is fine, rounded down to one digit; false: none found. */
static bool find_max(struct lower *l, const struct ast_expr *e, bool amount, const struct source_range *s,
                     int64_t *found) {
    int64_t kept = *s->max, good = s->min, bad = kept;
    bool fine;
    *s->max = good;
    bool possible = try_expr(l, e, amount, &fine) && fine;
    while (possible && (uint64_t)bad - (uint64_t)good > 1) {
        int64_t middle = (int64_t)((uint64_t)good + ((uint64_t)bad - (uint64_t)good) / 2);
        *s->max = middle;
        possible = try_expr(l, e, amount, &fine);
        if (fine)
            good = middle;
        else
            bad = middle;
    }
    *s->max = kept;
    int64_t power = 1;
    while (power <= good / 10)
        power *= 10;
    *found = good > 0 ? good / power * power : good;
    return possible && *found > s->min && *found >= kept / TRY_SHRINK;
}

static void suggest_range(struct lower *l, struct diag *r, const struct ast_expr *e, bool amount) {
    struct source_list list = {.l = l};
    collect(&list, e);
    for (uint32_t i = 0; i < list.count; i++) {
        const struct source_range *s = &list.entry[i];
        struct text min = show(l->arena, s->min, s->type), max = show(l->arena, *s->max, s->type);
        if (s->span.hi)
            diag_label(l->diags, r, s->span, "`%.*s` is %.*s to %.*s", TEXT_ARG(s->name), TEXT_ARG(min), TEXT_ARG(max));
        else
            diag_note(l->diags, r, "`%.*s` is %.*s to %.*s", TEXT_ARG(s->name), TEXT_ARG(min), TEXT_ARG(max));
    }
    int64_t found;
    for (uint32_t i = 0; i < list.count && l->diags->error_count <= TRY_ERRORS; i++) {
        const struct source_range *s = &list.entry[i];
        if (!find_max(l, e, amount, s, &found))
            continue;
        struct text min = show(l->arena, s->min, s->type), max = show(l->arena, found, s->type);
        diag_help(l->diags, r, "declare a narrower range: `%.*s: %.*s range %.*s to %.*s`", TEXT_ARG(s->name),
                  TEXT_ARG(s->type->name), TEXT_ARG(min), TEXT_ARG(max));
        return;
    }
    if (list.count)
        diag_help(l->diags, r, "declare narrower ranges for the fields it is computed from");
}

/* A range for one node alone might only move the mistake outwards. */
static void suggest_whole(struct lower *l, struct diag *r) {
    const struct ast_expr *e = l->whole ? l->whole : l->at;
    if (e)
        suggest_range(l, r, e, false);
}

/* ---- messages ---------------------------------------------------------------------------------------------------- */

/* False when nothing is to be said: while trying, or when this was said before (of another item, say). */
static bool say(struct lower *l, enum diag_code code, struct span span) {
    l->failures++;
    if (l->silent)
        return false;
    struct text key = text_format(l->arena, "%d %u %u", (int)code, span.lo, span.hi);
    void **slot = text_map_slot(l->reported, key);
    bool first = !*slot;
    *slot = l;
    return first;
}

static struct span here(const struct lower *l) {
    return l->at ? l->at->span : (struct span){0, 0};
}

void report_overflow(struct lower *l) {
    if (!say(l, DIAG_LOWER_OVERFLOW, here(l)))
        return;
    struct diag *r = diag_add(l->diags, DIAG_LOWER_OVERFLOW, here(l), "this could become too large to compute exactly");
    diag_note(l->diags, r, "every intermediate result has to stay within 38 digits");
    suggest_whole(l, r);
}

void report_date(struct lower *l) {
    if (!say(l, DIAG_LOWER_DATE, here(l)))
        return;
    struct diag *r = diag_add(l->diags, DIAG_LOWER_DATE, here(l), "this date could leave the calendar");
    diag_note(l->diags, r, "days lie between 0000-03-01 and 9999-12-31");
    suggest_whole(l, r);
}

void report_divisor(struct lower *l, const struct ast_expr *divisor) {
    if (!say(l, DIAG_LOWER_DIVISION, divisor->span))
        return;
    struct diag *r = diag_add(l->diags, DIAG_LOWER_DIVISION, divisor->span, "division by something that can be zero");
    struct source_list list = {.l = l};
    collect(&list, divisor);
    for (uint32_t i = 0; i < list.count; i++) {
        const struct source_range *s = &list.entry[i];
        struct text min = show(l->arena, s->min, s->type), max = show(l->arena, *s->max, s->type);
        if (s->span.hi)
            diag_label(l->diags, r, s->span, "`%.*s` is %.*s to %.*s", TEXT_ARG(s->name), TEXT_ARG(min), TEXT_ARG(max));
    }
    diag_help(l->diags, r, "declare a range without zero, or divide by `max(…, …)` with a lower bound above zero");
}

bool lower_fits_amount(const struct lower *l, ir_ref ref) {
    const struct ir_inst *inst = &l->func->inst[ref];
    return inst->lo >= INT64_MIN && inst->hi <= INT64_MAX;
}

void report_amount(struct lower *l, const struct ast_expr *e) {
    if (!say(l, DIAG_LOWER_AMOUNT, e->span))
        return;
    struct diag *r = diag_add(l->diags, DIAG_LOWER_AMOUNT, e->span, "this could come to more than can be stored");
    diag_note(l->diags, r, "amounts and counts are stored in 64 bits: money up to %s", "92233720368547758.07元");
    suggest_range(l, r, e, true);
}

void report_price(struct lower *l, const struct ast_expr *e) {
    if (!say(l, DIAG_LOWER_PRICE, e->span))
        return;
    struct diag *r =
        diag_add(l->diags, DIAG_LOWER_PRICE, e->span, "a cap of units needs a price of whole fen for each unit");
    diag_help(l->diags, r, "write the award as a price for each unit: `200元 for each count`");
}

void report_too_many(struct lower *l, struct span span, const char *what, unsigned limit) {
    if (say(l, DIAG_LIMIT_EXCEEDED, span))
        diag_add(l->diags, DIAG_LIMIT_EXCEEDED, span, "too many %s: a policy has at most %u", what, limit);
}
