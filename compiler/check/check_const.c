/* Constants in the units of abi.h, the ranges that types have by themselves, and the policy's days in force. */
#include "check/check_int.h"
#include "check/constant.h"
#include "tr.h"

int64_t check_type_min(const struct type *type) {
    return type->kind == TYPE_DATE ? 7305 : 0; /* 1990-01-01 */
}

int64_t check_type_max(const struct type *type) {
    switch (type->kind) {
    case TYPE_MONEY:
        return 100000000000000; /* 1,000,000,000,000 yuan in fen */
    case TYPE_RATE:
        return POL_RATE_SCALE;
    case TYPE_COUNT:
        return 1000000000;
    case TYPE_YEARS:
        return 200;
    case TYPE_DAYS:
        return 3660;
    case TYPE_DATE:
        return 47481; /* 2099-12-31 */
    case TYPE_BOOL:
        return 1;
    case TYPE_TEXT:
        return POL_TEXT_LIMIT;
    case TYPE_ENUM:
        return type->enum_decl ? (int64_t)((const struct model_enum *)type->enum_decl)->count - 1 : 0;
    case TYPE_NUMBER:
        return 2099; /* year of applicants */
    case TYPE_MISSING:
    case TYPE_ERROR:
        break;
    }
    return 0;
}

static struct rat from_units(int64_t value, const struct type *type) {
    return type->kind == TYPE_RATE ? rat_of(value, POL_RATE_SCALE) : rat_int(value);
}

static struct rat to_units(struct rat value, const struct type *type) {
    return type->kind == TYPE_RATE ? rat_mul(value, rat_int(POL_RATE_SCALE)) : value;
}

struct text check_show_stored(struct arena *arena, int64_t value, const struct type *type) {
    const struct model_enum *en = type->kind == TYPE_ENUM ? type->enum_decl : NULL;
    if (en && value >= 0 && value < en->count)
        return en->value[value].name;
    if (type->kind == TYPE_BOOL)
        return value ? text_of(tr("yes")) : text_of(tr("no"));
    return check_show_value(arena, from_units(value, type), type->kind);
}

static const char *unit_of(const struct type *type) {
    if (type->kind == TYPE_MONEY)
        return tr("money is exact to 0.01元");
    if (type->kind == TYPE_RATE)
        return tr("a rate has at most 6 decimals (0.0001%)");
    return tr("it must be a whole number");
}

bool check_constant(struct checker *c, struct ast_expr *e, const struct type *type, const char *what, int64_t *out) {
    struct site p = {.c = c, .name = what};
    *out = 0;
    if (!check_kind(&p, e, type))
        return false;
    struct range r = check_range_expr(&p, e);
    if (!check_range_is_point(r)) {
        diag_add(c->d, DIAG_NOT_CONSTANT, e->span, "%s must be a constant that can be worked out exactly", what);
        return false;
    }
    struct rat units = to_units(r.lo, type);
    if (rat_to_int64(units, out))
        return true;
    struct text t = check_show_value(c->a, r.lo, type->kind);
    bool whole = rat_is_int(units);
    struct diag *d = diag_add(c->d, whole ? DIAG_RANGE_LIMIT : DIAG_RANGE_INEXACT, e->span,
                              whole ? tr("%.*s is too large") : tr("%.*s is not exact"), TEXT_ARG(t));
    if (!whole)
        diag_note(c->d, d, "%s", unit_of(type));
    return false;
}

bool check_constant_value(struct arena *arena, const struct ast_expr *e, const struct type *type, int64_t *out) {
    bool reads = (e->kind == AST_NAME || e->kind == AST_MEMBER) &&
                 (!e->decl || ((const struct decl *)e->decl)->kind != DECL_ENUM_VALUE);
    if (reads || !check_known_type(e->type) || !check_type_accepts(type, e->type))
        return false;
    struct diags quiet;
    diags_init(&quiet, arena);
    struct checker c = {.d = &quiet, .a = arena};
    struct site p = {.c = &c, .may_lack = true};
    struct range r = check_range_expr(&p, e);
    return check_range_is_point(r) && !quiet.error_count && rat_to_int64(to_units(r.lo, type), out);
}

struct text check_cell_text(struct arena *arena, const struct type *type, int64_t value) {
    const struct model_enum *en = type->kind == TYPE_ENUM ? type->enum_decl : NULL;
    if (en && value >= 0 && value < en->count)
        return en->value[value].column;
    if (type->kind == TYPE_BOOL)
        return value ? TEXT("true") : TEXT("false");
    if (type->kind == TYPE_DATE)
        return check_show_value(arena, rat_int(value), TYPE_DATE);
    const char *sign = value < 0 ? "-" : "";
    uint64_t size = value < 0 ? -(uint64_t)value : (uint64_t)value;
    if (type->kind == TYPE_MONEY) {
        return text_format(arena, "%s%llu.%02llu", sign, (unsigned long long)(size / 100),
                           (unsigned long long)(size % 100));
    }
    if (type->kind == TYPE_RATE) {
        return text_format(arena, "%s%llu.%06llu", sign, (unsigned long long)(size / POL_RATE_SCALE),
                           (unsigned long long)(size % POL_RATE_SCALE));
    }
    return text_format(arena, "%s%llu", sign, (unsigned long long)size);
}

/* ---- in force ---- */

static struct range check_day(struct checker *c, struct ast_expr *e) {
    struct site p = {.c = c, .name = tr("the days in force"), .allowed = READS_PARAM};
    if (!e || !check_kind(&p, e, check_basic(c, TYPE_DATE)))
        return check_range_unknown();
    struct range r = check_range_expr(&p, e);
    check_use_begin(c);
    check_use_expr(c, e, NULL);
    return r;
}

static void check_lasting(struct checker *c, struct ast_expr *years) {
    int64_t n;
    if (!check_constant(c, years, check_basic(c, TYPE_YEARS), tr("the duration"), &n))
        return;
    if (n >= 1 && n <= 1000) {
        c->m->years = (uint32_t)n;
        return;
    }
    diag_add(c->d, DIAG_EFFECTIVE_EMPTY, years->span, "a policy lasts from 1 to 1000 years");
}

void check_effective(struct checker *c) {
    struct ast_effective *eff = c->ast->effective;
    if (!eff)
        return;
    c->m->from = eff->from;
    c->m->to = eff->to;
    c->m->years_from = eff->years_from;
    struct range from = check_day(c, eff->from), to = check_day(c, eff->to), start = check_day(c, eff->years_from);
    if (eff->years)
        check_lasting(c, eff->years);
    if (from.known && to.known && rat_compare(from.lo, to.hi) > 0) {
        struct diag *r = diag_add(c->d, DIAG_EFFECTIVE_EMPTY, eff->to->span, "the policy ends before it begins");
        diag_label(c->d, r, eff->from->span, "it begins here");
    }
    if (from.known && start.known && eff->years && c->m->years &&
        rat_compare(from.lo, rat_add(start.hi, rat_int((ast_int)c->m->years * 366))) > 0) {
        struct diag *r = diag_add(c->d, DIAG_EFFECTIVE_EMPTY, eff->years->span, "the policy ends before it begins");
        diag_label(c->d, r, eff->from->span, "it begins here");
    }
}
