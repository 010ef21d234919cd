/* The normal form of expressions, as digests: equal forms have equal values for every claim.
 *
 * A number is a sum of terms with rational coefficients; a term is a product of powers of factors. A condition is a
 * set of conditions joined by "and" or "or", with "not" pushed down to comparisons; tests of an enum are sets of its
 * values. Rationals that do not fit make a factor of their own, named by how they were written: never wrongly equal. */
#include <stdlib.h>
#include <string.h>

#include "check/rat.h"
#include "diff/diff_int.h"
#include "digest.h"

/* ---- digests ----------------------------------------------------------------------------------------------------- */

bool diff_form_equal(struct form a, struct form b) {
    return memcmp(a.byte, b.byte, sizeof a.byte) == 0;
}

int diff_form_compare(const void *a, const void *b) {
    return memcmp(a, b, sizeof(struct form));
}

static void begin(struct pol_sha256 *h, const char *tag) {
    pol_sha256_init(h);
    pol_sha256_add(h, tag, strlen(tag) + 1);
}

static struct form end(struct pol_sha256 *h) {
    uint8_t all[32];
    struct form f;
    pol_sha256_end(h, all);
    memcpy(f.byte, all, sizeof f.byte);
    return f;
}

struct form diff_form_mix(const char *tag, const struct form *form, size_t count) {
    struct pol_sha256 h;
    begin(&h, tag);
    for (size_t i = 0; i < count; i++)
        pol_sha256_add(&h, form[i].byte, sizeof form[i].byte);
    return end(&h);
}

struct form diff_form_number(const char *tag, int64_t number) {
    struct pol_sha256 h;
    begin(&h, tag);
    pol_sha256_add(&h, &number, sizeof number);
    return end(&h);
}

struct form diff_form_text(const char *tag, struct text t) {
    struct pol_sha256 h;
    begin(&h, tag);
    pol_sha256_add(&h, t.data, t.size);
    return end(&h);
}

static struct form mix2(const char *tag, struct form a, struct form b) {
    struct form both[] = {a, b};
    return diff_form_mix(tag, both, 2);
}

static struct form mix_sorted(const char *tag, struct form *form, size_t count) {
    if (count)
        qsort(form, count, sizeof *form, diff_form_compare);
    return diff_form_mix(tag, form, count);
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

struct factor {
    struct form form;
    int power;
};

struct term {
    struct form form;
    struct rat coefficient;
    const struct factor *factor;
    size_t factors;
    bool whole; /* its value is a whole number */
};

struct sum { /* constant + terms, which are in order of their forms */
    struct rat constant;
    struct term *term;
    size_t count;
};

static struct sum sum_of(struct side *s, const struct ast_expr *e);

static struct sum constant(struct rat value) {
    return (struct sum){.constant = value};
}

static bool is_constant(const struct sum *a) {
    return a->count == 0;
}

static struct sum atom(struct side *s, struct form form, bool whole) {
    struct factor *f = arena_new_of(s->arena, struct factor);
    struct sum a = {.constant = rat_int(0), .count = 1};
    *f = (struct factor){form, 1};
    a.term = arena_new_of(s->arena, struct term);
    *a.term = (struct term){form, rat_int(1), f, 1, whole};
    return a;
}

static bool fits(const struct sum *a) {
    for (size_t i = 0; i < a->count; i++)
        if (!rat_valid(a->term[i].coefficient))
            return false;
    return rat_valid(a->constant);
}

static void add_rat(struct pol_sha256 *h, struct rat r) {
    pol_sha256_add(h, &r.num, sizeof r.num);
    pol_sha256_add(h, &r.den, sizeof r.den);
}

static struct form sum_form(const struct sum *a) {
    bool plain = a->count == 1 && rat_sign(a->constant) == 0 && rat_compare(a->term[0].coefficient, rat_int(1)) == 0;
    if (plain)
        return a->term[0].form;
    struct pol_sha256 h;
    begin(&h, a->count ? "sum" : "constant");
    add_rat(&h, a->constant);
    for (size_t i = 0; i < a->count; i++) {
        add_rat(&h, a->term[i].coefficient);
        pol_sha256_add(&h, a->term[i].form.byte, sizeof a->term[i].form.byte);
    }
    return end(&h);
}

static struct sum scaled(struct side *s, const struct sum *a, struct rat by) {
    struct sum out = {.constant = rat_mul(a->constant, by), .count = a->count};
    if (rat_valid(by) && rat_sign(by) == 0)
        return constant(rat_int(0));
    out.term = arena_array_of(s->arena, struct term, a->count + 1);
    for (size_t i = 0; i < a->count; i++) {
        out.term[i] = a->term[i];
        out.term[i].coefficient = rat_mul(a->term[i].coefficient, by);
    }
    return out;
}

static struct sum added(struct side *s, const struct sum *a, const struct sum *b) {
    struct sum out = {.constant = rat_add(a->constant, b->constant)};
    out.term = arena_array_of(s->arena, struct term, a->count + b->count + 1);
    for (size_t i = 0, k = 0; i < a->count || k < b->count;) {
        int order = i == a->count ? 1 : k == b->count ? -1 : diff_form_compare(&a->term[i].form, &b->term[k].form);
        struct term t = order <= 0 ? a->term[i] : b->term[k];
        if (order == 0)
            t.coefficient = rat_add(t.coefficient, b->term[k].coefficient);
        i += order <= 0;
        k += order >= 0;
        if (!rat_valid(t.coefficient) || rat_sign(t.coefficient) != 0)
            out.term[out.count++] = t;
    }
    return out;
}

/* One term for the whole sum, with its content taken out: 2 (a + b) for 2 a + 2 b. */
static struct term single(struct side *s, const struct sum *a) {
    if (a->count == 1 && rat_sign(a->constant) == 0)
        return a->term[0];
    struct rat content = a->term[0].coefficient;
    struct sum rest = scaled(s, a, rat_div(rat_int(1), content));
    if (!fits(&rest))
        return atom(s, sum_form(a), false).term[0];
    struct term t = atom(s, sum_form(&rest), false).term[0];
    t.coefficient = content;
    return t;
}

static int by_form(const void *a, const void *b) {
    return diff_form_compare(&((const struct factor *)a)->form, &((const struct factor *)b)->form);
}

static struct term product(struct side *s, const struct term *a, const struct term *b, int power) {
    struct factor *f = arena_array_of(s->arena, struct factor, a->factors + b->factors + 1);
    size_t n = a->factors, kept = 0;
    memcpy(f, a->factor, n * sizeof *f);
    for (size_t i = 0; i < b->factors; i++)
        f[n++] = (struct factor){b->factor[i].form, b->factor[i].power * power};
    qsort(f, n, sizeof *f, by_form);
    for (size_t i = 0; i < n; i++) {
        if (kept && diff_form_equal(f[kept - 1].form, f[i].form))
            f[kept - 1].power += f[i].power;
        else
            f[kept++] = f[i];
    }
    struct term t = {.factor = f, .whole = a->whole && b->whole && power > 0};
    struct pol_sha256 h;
    begin(&h, "product");
    for (size_t i = 0; i < kept; i++) {
        if (f[i].power == 0)
            continue;
        f[t.factors++] = f[i];
        pol_sha256_add(&h, f[i].form.byte, sizeof f[i].form.byte);
        pol_sha256_add(&h, &f[i].power, sizeof f[i].power);
    }
    t.form = t.factors == 1 && f[0].power == 1 ? f[0].form : end(&h);
    t.coefficient = power > 0 ? rat_mul(a->coefficient, b->coefficient) : rat_div(a->coefficient, b->coefficient);
    return t;
}

static struct sum multiplied(struct side *s, const struct sum *a, const struct sum *b, int power) {
    if (is_constant(b) && (power > 0 || rat_sign(b->constant) != 0))
        return scaled(s, a, power > 0 ? b->constant : rat_div(rat_int(1), b->constant));
    if (is_constant(b))
        return atom(s, mix2("undefined", sum_form(a), sum_form(b)), false); /* the checker refuses it */
    if (is_constant(a) && power > 0)
        return scaled(s, b, a->constant);
    struct term of_b = single(s, b), one = {.coefficient = a->constant, .factor = NULL};
    struct term of_a = is_constant(a) ? one : single(s, a);
    struct term t = product(s, &of_a, &of_b, power);
    if (rat_valid(t.coefficient) && (rat_sign(t.coefficient) == 0 || t.factors == 0))
        return constant(t.coefficient);
    struct sum out = {.constant = rat_int(0), .count = 1};
    out.term = arena_new_of(s->arena, struct term);
    *out.term = t;
    return out;
}

static bool is_kind(const struct ast_expr *e, enum type_kind kind) {
    return e->type && e->type->kind == kind;
}

static bool whole_type(const struct type *t) {
    return t && (t->kind == TYPE_COUNT || t->kind == TYPE_YEARS || t->kind == TYPE_DAYS || t->kind == TYPE_DATE);
}

/* Days since 1970-01-01, by years that begin in March. */
static int64_t day_number(int32_t year, unsigned month, unsigned day) {
    int64_t y = (int64_t)year - (month <= 2), era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct rat number_value(const struct ast_expr *e) {
    struct rat r = rat_of(e->u.number.num, e->u.number.den);
    return e->u.number.unit == AST_UNIT_PERCENT ? rat_div(r, rat_int(100)) : r;
}

static bool is_operation(const struct ast_expr *e, enum ast_op a, enum ast_op b) {
    return e->kind == AST_BINARY && (e->u.binary.op == a || e->u.binary.op == b);
}

static bool is_function(const struct ast_expr *e, enum function_kind f) {
    const struct decl *d = e->kind == AST_CALL ? e->decl : NULL;
    return d && d->kind == DECL_FUNCTION && d->u.function == f;
}

static const struct ast_expr *defined(const struct ast_expr *e) {
    const struct decl *d = e->kind == AST_NAME ? e->decl : NULL;
    return d && d->kind == DECL_DEFINE ? d->u.define->expr : NULL;
}

struct bounds { /* the operands of nested minima or maxima */
    struct form *form;
    size_t count, capacity;
    bool has_constant;
    struct rat constant;
    struct sum last;
};

static void add_bound(struct side *s, const struct ast_expr *e, bool least, struct bounds *b) {
    const struct ast_expr *inner = defined(e);
    if (inner) {
        add_bound(s, inner, least, b);
        return;
    }
    if (least ? is_operation(e, AST_AT_MOST, AST_UP_TO) : is_operation(e, AST_AT_LEAST, AST_AT_LEAST)) {
        add_bound(s, e->u.binary.left, least, b);
        add_bound(s, e->u.binary.right, least, b);
        return;
    }
    if (is_function(e, least ? FUNCTION_MIN : FUNCTION_MAX)) {
        for (const struct ast_expr *x = e->u.call.args; x; x = x->next)
            add_bound(s, x, least, b);
        return;
    }
    struct sum a = sum_of(s, e);
    if (is_constant(&a) && rat_valid(a.constant)) {
        bool better = !b->has_constant || (rat_compare(a.constant, b->constant) < 0) == least;
        b->constant = better ? a.constant : b->constant;
        b->has_constant = true;
        return;
    }
    b->last = a;
    b->form = arena_grow(s->arena, b->form, b->count, &b->capacity, b->count + 2, sizeof *b->form);
    b->form[b->count++] = sum_form(&a);
}

static struct sum bound_of(struct side *s, const struct ast_expr *e, bool least) {
    struct bounds b = {0};
    add_bound(s, e, least, &b);
    if (b.count == 0)
        return constant(b.constant);
    if (b.count == 1 && !b.has_constant)
        return b.last;
    struct sum k = constant(b.constant);
    if (b.has_constant)
        b.form[b.count++] = sum_form(&k);
    qsort(b.form, b.count, sizeof *b.form, diff_form_compare);
    size_t kept = 1;
    for (size_t i = 1; i < b.count; i++)
        if (!diff_form_equal(b.form[kept - 1], b.form[i]))
            b.form[kept++] = b.form[i];
    return atom(s, diff_form_mix(least ? "least" : "greatest", b.form, kept), false);
}

static struct sum years_later(struct side *s, const struct ast_expr *date, const struct ast_expr *years, bool minus) {
    struct sum d = sum_of(s, date), n = sum_of(s, years);
    if (minus)
        n = scaled(s, &n, rat_int(-1));
    return atom(s, mix2("years later", sum_form(&d), sum_form(&n)), true);
}

static struct sum sum_of_sum(struct side *s, const struct ast_expr *e) {
    const struct ast_expr *left = e->u.binary.left, *right = e->u.binary.right;
    bool minus = e->u.binary.op == AST_SUB;
    if (is_kind(left, TYPE_DATE) && is_kind(right, TYPE_YEARS))
        return years_later(s, left, right, minus);
    if (is_kind(right, TYPE_DATE) && is_kind(left, TYPE_YEARS))
        return years_later(s, right, left, false);
    struct sum a = sum_of(s, left), b = sum_of(s, right);
    if (minus)
        b = scaled(s, &b, rat_int(-1));
    return added(s, &a, &b);
}

static struct sum rounded(struct side *s, const char *how, struct rat (*round)(struct rat), struct sum a) {
    struct form f = sum_form(&a);
    return is_constant(&a) ? constant(round(a.constant)) : atom(s, diff_form_mix(how, &f, 1), true);
}

static struct sum how_many(struct side *s, const struct ast_expr *args) {
    struct form *form = NULL;
    size_t count = 0, capacity = 0;
    for (const struct ast_expr *x = args; x; x = x->next) {
        form = arena_grow(s->arena, form, count, &capacity, count + 1, sizeof *form);
        form[count++] = diff_form(s, x);
    }
    return atom(s, mix_sorted("how many", form, count), true);
}

static struct sum sum_of_call(struct side *s, const struct ast_expr *e) {
    const struct decl *d = e->decl;
    const struct ast_expr *a = e->u.call.args;
    switch (d->u.function) {
    case FUNCTION_MIN:
        return bound_of(s, e, true);
    case FUNCTION_MAX:
        return bound_of(s, e, false);
    case FUNCTION_FLOOR:
        return rounded(s, "floor", rat_floor, sum_of(s, a));
    case FUNCTION_CEIL:
        return rounded(s, "ceil", rat_ceil, sum_of(s, a));
    case FUNCTION_ROUND:
        return rounded(s, "round", rat_round, sum_of(s, a));
    case FUNCTION_FULL: {
        struct sum x = sum_of(s, a), unit = sum_of(s, a->next);
        return rounded(s, "floor", rat_floor, multiplied(s, &x, &unit, -1));
    }
    case FUNCTION_HOW_MANY:
        return how_many(s, a);
    case FUNCTION_SHARE:
        return constant(rat_of(a->u.ratio.left, (ast_int)a->u.ratio.left + a->u.ratio.right));
    case FUNCTION_YEAR_OF: {
        struct sum x = sum_of(s, a);
        struct form f = sum_form(&x);
        return atom(s, diff_form_mix("year of", &f, 1), true);
    }
    case FUNCTION_YEARS_AFTER:
        return years_later(s, a, a->next, false);
    case FUNCTION_DAYS_BETWEEN: {
        struct sum from = sum_of(s, a), to = sum_of(s, a->next);
        from = scaled(s, &from, rat_int(-1));
        return added(s, &to, &from);
    }
    }
    return constant(rat_int(0));
}

/* A definition is worked out once. */
struct known {
    struct sum sum;
    struct form form, negated;
    bool has_sum, has_form, has_negated;
};

static struct known *known_of(struct side *s, const struct ast_expr *e) {
    const struct decl *d = e->decl;
    void **slot = text_map_slot(s->defines, d->u.define->name);
    if (!*slot)
        *slot = arena_new_of(s->arena, struct known);
    return *slot;
}

static struct sum sum_of_define(struct side *s, const struct ast_expr *e) {
    struct known *k = known_of(s, e);
    if (!k->has_sum)
        k->sum = sum_of(s, defined(e));
    k->has_sum = true;
    return k->sum;
}

uint32_t diff_field_id(const struct side *s, const struct model_field *field) {
    return field->of_profile ? s->profile[field->index] : s->claim[field->index];
}

static struct form decl_form(struct side *s, const struct ast_expr *e, bool *whole) {
    const struct decl *d = e->decl;
    const struct type *type = e->type;
    *whole = whole_type(type);
    switch (d->kind) {
    case DECL_FIELD:
        return diff_form_number(d->u.field->of_profile ? "of applicant" : "of claim", diff_field_id(s, d->u.field));
    case DECL_PARAM:
        return diff_form_number("parameter", s->param[d->u.param->index]);
    case DECL_ENUM_VALUE: {
        const struct model_enum *en = type->enum_decl;
        return diff_form_number("value", s->value[en->index][d->u.enum_value->index]);
    }
    case DECL_YEAR:
        *whole = true;
        return diff_form_number("year", 0);
    case DECL_DEFINE:
    case DECL_FUNCTION:
        break;
    }
    return diff_form_number("none", 0);
}

static struct sum sum_of_name(struct side *s, const struct ast_expr *e) {
    if (defined(e))
        return sum_of_define(s, e);
    bool whole;
    struct form f = decl_form(s, e, &whole);
    return atom(s, f, whole);
}

static struct sum sum_of_binary(struct side *s, const struct ast_expr *e) {
    struct sum a, b;
    switch (e->u.binary.op) {
    case AST_ADD:
    case AST_SUB:
        return sum_of_sum(s, e);
    case AST_AT_MOST:
    case AST_UP_TO:
        return bound_of(s, e, true);
    case AST_AT_LEAST:
        return bound_of(s, e, false);
    case AST_MUL:
    case AST_OF:
    case AST_FOR_EACH:
    case AST_DIV:
        a = sum_of(s, e->u.binary.left);
        b = sum_of(s, e->u.binary.right);
        return multiplied(s, &a, &b, e->u.binary.op == AST_DIV ? -1 : 1);
    case AST_EQ:
    case AST_NE:
    case AST_LT:
    case AST_LE:
    case AST_GT:
    case AST_GE:
    case AST_AND:
    case AST_OR:
        break;
    }
    return atom(s, diff_form(s, e), false);
}

/* ---- choices ------------------------------------------------------------------------------------------------------
 */

static struct form if_form(struct side *s, const struct ast_expr *e) {
    struct form part[] = {diff_form(s, e->u.cond.condition), diff_form(s, e->u.cond.then),
                          diff_form(s, e->u.cond.otherwise)};
    struct form other[] = {diff_form_not(s, e->u.cond.condition), part[2], part[1]};
    bool turned = diff_form_compare(&other[0], &part[0]) < 0;
    return diff_form_mix("if", turned ? other : part, 3);
}

static struct form by_form_of(struct side *s, const struct ast_expr *e) {
    const struct model_enum *en = is_kind(e->u.by.value, TYPE_ENUM) ? e->u.by.value->type->enum_decl : NULL;
    bool *listed = arena_array_of(s->arena, bool, (en ? en->count : 0) + 1u);
    struct form *row = NULL, otherwise = diff_form(s, NULL);
    size_t count = 0, capacity = 0;
    for (const struct ast_case *c = e->u.by.cases; c; c = c->next) {
        struct form value = diff_form(s, c->value);
        if (!c->keys)
            otherwise = value;
        for (const struct ast_expr *k = c->keys; k; k = k->next) {
            const struct decl *d = en ? k->decl : NULL;
            if (d && d->kind == DECL_ENUM_VALUE)
                listed[d->u.enum_value->index] = true;
            row = arena_grow(s->arena, row, count, &capacity, count + 1, sizeof *row);
            row[count++] = mix2("row", diff_form(s, k), value);
        }
    }
    bool rest = !diff_form_equal(otherwise, diff_form(s, NULL));
    for (uint32_t i = 0; en && rest && i < en->count; i++) {
        if (listed[i] || s->value[en->index][i] >= DIFF_ONLY_BEFORE)
            continue;
        row = arena_grow(s->arena, row, count, &capacity, count + 1, sizeof *row);
        row[count++] = mix2("row", diff_form_number("value", s->value[en->index][i]), otherwise);
    }
    struct form part[] = {diff_form(s, e->u.by.value), mix_sorted("rows", row, count),
                          en ? diff_form(s, NULL) : otherwise};
    return diff_form_mix("by", part, 3);
}

/* A bound of a tier as "from" or "below": of whole numbers `to 9` is `below 10`. */
static struct form bound_form(struct side *s, enum ast_bound bound, const struct ast_expr *value, bool whole,
                              bool *fixed) {
    if (bound == AST_BOUND_NONE || !value)
        return diff_form_number("open", 0);
    struct sum v = sum_of(s, value);
    bool step = bound == AST_BOUND_ABOVE || bound == AST_BOUND_TO;
    *fixed &= is_constant(&v);
    if (step && whole && is_constant(&v) && rat_is_int(v.constant)) {
        v.constant = rat_add(v.constant, rat_int(1));
        step = false;
    }
    struct form f = sum_form(&v);
    return diff_form_mix(step ? "after" : "at", &f, 1);
}

static bool whole_field(const struct ast_expr *e) {
    const struct decl *d = e->kind == AST_NAME || e->kind == AST_MEMBER ? e->decl : NULL;
    return d && (d->kind == DECL_FIELD || d->kind == DECL_PARAM) && whole_type(e->type);
}

static struct form tier_form(struct side *s, const struct ast_expr *e) {
    const struct model_tier *t = e->decl;
    struct form *row = arena_array_of(s->arena, struct form, t->count + 1u);
    bool whole = whole_field(e->u.tier.value), fixed = true;
    for (uint32_t i = 0; i < t->count; i++) {
        const struct model_tier_row *r = &t->row[i];
        bool steps = r->row->full != NULL;
        struct form part[] = {bound_form(s, r->lower, r->lower_value, whole, &fixed),
                              bound_form(s, r->upper, r->upper_value, whole, &fixed),
                              diff_form(s, r->row->value),
                              diff_form(s, r->row->full),
                              diff_form(s, r->row->adds),
                              steps ? diff_form(s, r->lower_value) : diff_form(s, NULL)};
        row[i] = diff_form_mix("row", part, 6);
    }
    struct form part[] = {diff_form(s, e->u.tier.value),
                          fixed ? mix_sorted("rows", row, t->count) : diff_form_mix("rows in turn", row, t->count),
                          diff_form(s, t->otherwise)};
    return diff_form_mix("tier", part, 3);
}

static struct sum sum_of(struct side *s, const struct ast_expr *e) {
    struct sum a = {0};
    switch (e->kind) {
    case AST_NUMBER:
        return constant(number_value(e));
    case AST_RATIO:
        return constant(rat_of(e->u.ratio.left, e->u.ratio.right));
    case AST_DATE:
        return constant(rat_int(day_number(e->u.date.year, e->u.date.month, e->u.date.day)));
    case AST_NEGATE:
        a = sum_of(s, e->u.operand);
        return scaled(s, &a, rat_int(-1));
    case AST_NAME:
    case AST_MEMBER:
        return sum_of_name(s, e);
    case AST_BINARY:
        a = sum_of_binary(s, e);
        break;
    case AST_CALL:
        a = sum_of_call(s, e);
        break;
    case AST_IF:
        return atom(s, if_form(s, e), false);
    case AST_BY:
        return atom(s, by_form_of(s, e), false);
    case AST_TIER:
        return atom(s, tier_form(s, e), false);
    case AST_BOOL:
    case AST_STRING:
    case AST_NOT:
    case AST_IN:
    case AST_MISSING:
    case AST_ERROR:
        return atom(s, diff_form(s, e), false);
    }
    if (fits(&a))
        return a;
    struct pol_sha256 h; /* by how it is written: no two are taken to be equal that differ */
    begin(&h, "as it stands");
    pol_sha256_add(&h, &e->span, sizeof e->span);
    pol_sha256_add(&h, &s, sizeof(void *));
    return atom(s, end(&h), false);
}

/* ---- conditions ---------------------------------------------------------------------------------------------------
 */

struct condition {
    struct form form;
    bool is_set;         /* of the values that `subject`, an enum, may have */
    struct form subject; /* with is_set */
    uint32_t *id;        /* sorted */
    size_t count;
};

struct joined { /* by "and", or by "or" */
    struct condition *part;
    size_t count, capacity;
};

static struct condition condition_of(struct side *s, const struct ast_expr *e, bool negated);

static int by_id(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static void close_set(struct condition *c) {
    if (c->count)
        qsort(c->id, c->count, sizeof *c->id, by_id);
    size_t kept = 0;
    for (size_t i = 0; i < c->count; i++)
        if (!kept || c->id[kept - 1] != c->id[i])
            c->id[kept++] = c->id[i];
    c->count = kept;
    struct pol_sha256 h;
    begin(&h, "among");
    pol_sha256_add(&h, c->subject.byte, sizeof c->subject.byte);
    for (size_t i = 0; i < c->count; i++)
        pol_sha256_add(&h, &c->id[i], sizeof c->id[i]);
    c->form = end(&h);
}

static struct condition set_of(struct side *s, struct form subject, const struct model_enum *en, const bool *set,
                               bool complement) {
    struct condition c = {.is_set = true, .subject = subject};
    c.id = arena_array_of(s->arena, uint32_t, en->count + 1u);
    for (uint32_t i = 0; i < en->count; i++) {
        uint32_t id = s->value[en->index][i];
        /* "all others" does not differ by values that one version lacks; that they are new is told by themselves */
        if (set[i] != complement && !(complement && id >= DIFF_ONLY_BEFORE))
            c.id[c.count++] = id;
    }
    close_set(&c);
    return c;
}

struct form diff_form_kinds(struct side *s, const struct model_kinds *kinds, bool except) {
    if (!kinds->field)
        return diff_form_number("any kind", 0);
    const struct model_enum *en = kinds->field->enumeration;
    bool *set = arena_array_of(s->arena, bool, en->count + 1u);
    for (uint32_t i = 0; i < en->count; i++)
        set[i] = kinds->allowed[i] != except;
    struct form subject = diff_form_number("of applicant", diff_field_id(s, kinds->field));
    return set_of(s, subject, en, set, except).form;
}

static const struct model_enum_value *enum_constant(const struct ast_expr *e) {
    const struct decl *d = e->kind == AST_NAME ? e->decl : NULL;
    return d && d->kind == DECL_ENUM_VALUE ? d->u.enum_value : NULL;
}

static struct condition plain(struct form f) {
    return (struct condition){.form = f};
}

static struct condition truth(bool value) {
    return plain(diff_form_number("truth", value));
}

static bool is_truth(const struct condition *c, bool value) {
    return diff_form_equal(c->form, diff_form_number("truth", value));
}

/* Sets about the same enum become one: their intersection, or their union. */
static void join_set(struct side *s, struct condition *a, const struct condition *b, bool both) {
    uint32_t *id = arena_array_of(s->arena, uint32_t, a->count + b->count + 1);
    size_t n = 0;
    for (size_t i = 0; i < a->count; i++) {
        bool shared = !both;
        for (size_t k = 0; k < b->count; k++)
            shared |= a->id[i] == b->id[k];
        if (shared)
            id[n++] = a->id[i];
    }
    for (size_t k = 0; k < b->count && !both; k++)
        id[n++] = b->id[k];
    a->id = id;
    a->count = n;
    close_set(a);
}

static void join(struct side *s, struct joined *j, struct condition c, bool both) {
    if (is_truth(&c, both))
        return;
    for (size_t i = 0; i < j->count && c.is_set; i++)
        if (j->part[i].is_set && diff_form_equal(j->part[i].subject, c.subject)) {
            join_set(s, &j->part[i], &c, both);
            return;
        }
    j->part = arena_grow(s->arena, j->part, j->count, &j->capacity, j->count + 1, sizeof *j->part);
    j->part[j->count++] = c;
}

static void join_expr(struct side *s, struct joined *j, const struct ast_expr *e, bool negated, bool both) {
    const struct ast_expr *inner = defined(e);
    if (inner && is_kind(e, TYPE_BOOL) && inner->height < 64) {
        join_expr(s, j, inner, negated, both);
        return;
    }
    if (e->kind == AST_NOT) {
        join_expr(s, j, e->u.operand, !negated, both);
        return;
    }
    bool same = is_operation(e, AST_AND, AST_OR) && (e->u.binary.op == AST_AND) != negated;
    if (is_operation(e, AST_AND, AST_OR) && same == both) {
        join_expr(s, j, e->u.binary.left, negated, both);
        join_expr(s, j, e->u.binary.right, negated, both);
        return;
    }
    join(s, j, condition_of(s, e, negated), both);
}

static int by_condition(const void *a, const void *b) {
    return diff_form_compare(&((const struct condition *)a)->form, &((const struct condition *)b)->form);
}

static struct condition joined_of(struct side *s, struct joined *j, bool both) {
    struct form *form = arena_array_of(s->arena, struct form, j->count + 1);
    size_t kept = 0;
    if (j->count)
        qsort(j->part, j->count, sizeof *j->part, by_condition);
    for (size_t i = 0; i < j->count; i++) {
        if (is_truth(&j->part[i], !both))
            return truth(!both);
        if (!kept || !diff_form_equal(form[kept - 1], j->part[i].form))
            form[kept++] = j->part[i].form;
    }
    if (kept == 0)
        return truth(both);
    return kept == 1 ? j->part[0] : plain(diff_form_mix(both ? "all of" : "one of", form, kept));
}

/* a - b compared with 0, with a leading coefficient of one; of whole numbers never "less", always "at most". */
static struct condition order(struct side *s, const struct ast_expr *a, const struct ast_expr *b, bool strict) {
    struct sum left = sum_of(s, a), right = sum_of(s, b);
    right = scaled(s, &right, rat_int(-1));
    struct sum d = added(s, &left, &right);
    if (is_constant(&d) && rat_valid(d.constant))
        return truth(strict ? rat_sign(d.constant) < 0 : rat_sign(d.constant) <= 0);
    struct rat first = d.count ? d.term[0].coefficient : rat_int(1);
    if (rat_valid(first) && rat_sign(first) < 0)
        first = rat_neg(first);
    struct sum scaled_down = scaled(s, &d, rat_div(rat_int(1), first));
    if (fits(&scaled_down))
        d = scaled_down;
    bool whole = fits(&d);
    for (size_t i = 0; i < d.count; i++)
        whole &= d.term[i].whole && rat_is_int(d.term[i].coefficient);
    if (whole) { /* sum <= -constant, rounded down; sum < -constant is one less where that is whole */
        struct rat most = rat_floor(rat_neg(d.constant));
        if (strict && rat_is_int(d.constant))
            most = rat_sub(most, rat_int(1));
        d.constant = rat_neg(most);
        strict = false;
    }
    struct form f = sum_form(&d);
    return plain(diff_form_mix(strict ? "below nought" : "not above nought", &f, 1));
}

static struct condition equal(struct side *s, const struct ast_expr *a, const struct ast_expr *b, bool negated) {
    const char *tag = negated ? "unequal" : "equal";
    if (is_kind(a, TYPE_BOOL)) { /* x = yes is x */
        bool constant_left = a->kind == AST_BOOL;
        const struct ast_expr *k = constant_left ? a : b, *x = constant_left ? b : a;
        if (k->kind == AST_BOOL)
            return condition_of(s, x, k->u.boolean == negated);
    } else if (is_kind(a, TYPE_ENUM)) {
        const struct model_enum_value *left = enum_constant(a), *right = enum_constant(b), *v = right ? right : left;
        const struct model_enum *en = a->type->enum_decl;
        if (v && en && !(left && right)) {
            bool *set = arena_array_of(s->arena, bool, en->count + 1u);
            set[v->index] = true;
            return set_of(s, diff_form(s, right ? a : b), en, set, negated);
        }
    } else if (!is_kind(a, TYPE_TEXT)) {
        struct sum left = sum_of(s, a), right = sum_of(s, b);
        right = scaled(s, &right, rat_int(-1));
        struct sum d = added(s, &left, &right);
        if (is_constant(&d) && rat_valid(d.constant))
            return truth((rat_sign(d.constant) == 0) != negated);
        struct sum one = scaled(s, &d, rat_div(rat_int(1), d.term[0].coefficient));
        struct form f = fits(&one) ? sum_form(&one) : sum_form(&d);
        return plain(diff_form_mix(tag, &f, 1));
    }
    struct form pair[] = {diff_form(s, a), diff_form(s, b)};
    return plain(mix_sorted(tag, pair, 2));
}

static struct condition in_list(struct side *s, const struct ast_expr *e, bool negated) {
    const struct ast_expr *value = e->u.in.value;
    const struct model_enum *en = is_kind(value, TYPE_ENUM) ? value->type->enum_decl : NULL;
    bool outside = e->u.in.negated != negated, all = en != NULL;
    bool *set = arena_array_of(s->arena, bool, (en ? en->count : 0) + 1u);
    for (const struct ast_expr *x = e->u.in.list; x && all; x = x->next) {
        const struct model_enum_value *v = enum_constant(x);
        if (v)
            set[v->index] = true;
        all = v != NULL;
    }
    if (all)
        return set_of(s, diff_form(s, value), en, set, outside);
    struct joined j = {0};
    for (const struct ast_expr *x = e->u.in.list; x; x = x->next)
        join(s, &j, equal(s, value, x, outside), outside);
    return joined_of(s, &j, outside);
}

static struct condition condition_of_binary(struct side *s, const struct ast_expr *e, bool negated) {
    const struct ast_expr *a = e->u.binary.left, *b = e->u.binary.right;
    switch (e->u.binary.op) {
    case AST_EQ:
    case AST_NE:
        return equal(s, a, b, (e->u.binary.op == AST_NE) != negated);
    case AST_LT:
        return negated ? order(s, b, a, false) : order(s, a, b, true);
    case AST_LE:
        return negated ? order(s, b, a, true) : order(s, a, b, false);
    case AST_GT:
        return negated ? order(s, a, b, false) : order(s, b, a, true);
    case AST_GE:
        return negated ? order(s, a, b, true) : order(s, b, a, false);
    case AST_AND:
    case AST_OR: {
        bool both = (e->u.binary.op == AST_AND) != negated;
        struct joined j = {0};
        join_expr(s, &j, e, negated, both);
        return joined_of(s, &j, both);
    }
    case AST_ADD:
    case AST_SUB:
    case AST_MUL:
    case AST_DIV:
    case AST_OF:
    case AST_FOR_EACH:
    case AST_AT_MOST:
    case AST_UP_TO:
    case AST_AT_LEAST:
        break;
    }
    return truth(false);
}

static struct condition opaque(struct form f, bool negated) {
    return plain(negated ? diff_form_mix("not", &f, 1) : f);
}

static struct condition condition_of(struct side *s, const struct ast_expr *e, bool negated) {
    bool whole;
    switch (e->kind) {
    case AST_BOOL:
        return truth(e->u.boolean != negated);
    case AST_NOT:
        return condition_of(s, e->u.operand, !negated);
    case AST_BINARY:
        return condition_of_binary(s, e, negated);
    case AST_IN:
        return in_list(s, e, negated);
    case AST_IF:
        if (negated) {
            struct form part[] = {diff_form(s, e->u.cond.condition), diff_form_not(s, e->u.cond.then),
                                  diff_form_not(s, e->u.cond.otherwise)};
            struct form other[] = {diff_form_not(s, e->u.cond.condition), part[2], part[1]};
            return plain(diff_form_mix("if", diff_form_compare(&other[0], &part[0]) < 0 ? other : part, 3));
        }
        return plain(if_form(s, e));
    case AST_NAME:
    case AST_MEMBER:
        if (defined(e))
            return condition_of(s, defined(e), negated);
        return opaque(decl_form(s, e, &whole), negated);
    case AST_BY:
        return opaque(by_form_of(s, e), negated);
    case AST_TIER:
        return opaque(tier_form(s, e), negated);
    case AST_NUMBER:
    case AST_RATIO:
    case AST_DATE:
    case AST_STRING:
    case AST_NEGATE:
    case AST_CALL:
    case AST_MISSING:
    case AST_ERROR:
        break;
    }
    return truth(false);
}

/* ---- anything -----------------------------------------------------------------------------------------------------
 */

static struct form form_of(struct side *s, const struct ast_expr *e, bool negated) {
    if (is_kind(e, TYPE_BOOL))
        return condition_of(s, e, negated).form;
    bool whole;
    if (is_kind(e, TYPE_ENUM) || is_kind(e, TYPE_TEXT)) {
        if (e->kind == AST_STRING)
            return diff_form_text("text", e->u.string);
        if (defined(e))
            return form_of(s, defined(e), false);
        if (e->kind == AST_NAME || e->kind == AST_MEMBER)
            return decl_form(s, e, &whole);
        if (e->kind == AST_IF)
            return if_form(s, e);
        if (e->kind == AST_BY)
            return by_form_of(s, e);
        return e->kind == AST_TIER ? tier_form(s, e) : diff_form_number("none", 0);
    }
    struct sum a = sum_of(s, e);
    return sum_form(&a);
}

struct form diff_form(struct side *s, const struct ast_expr *e) {
    if (!e)
        return diff_form_number("nothing", 0);
    if (!defined(e))
        return form_of(s, e, false);
    struct known *k = known_of(s, e);
    if (!k->has_form)
        k->form = form_of(s, e, false);
    k->has_form = true;
    return k->form;
}

struct form diff_form_not(struct side *s, const struct ast_expr *e) {
    if (!defined(e))
        return form_of(s, e, true);
    struct known *k = known_of(s, e);
    if (!k->has_negated)
        k->negated = form_of(s, e, true);
    k->has_negated = true;
    return k->negated;
}

void diff_conjuncts(struct side *s, const struct ast_expr *e, bool negated, struct diff_parts *out) {
    const struct ast_expr *inner = defined(e);
    if (inner && is_operation(inner, AST_AND, AST_OR) && (inner->u.binary.op == AST_AND) != negated)
        e = inner;
    if (e->kind == AST_NOT) {
        diff_conjuncts(s, e->u.operand, !negated, out);
        return;
    }
    if (is_operation(e, AST_AND, AST_OR) && (e->u.binary.op == AST_AND) != negated) {
        diff_conjuncts(s, e->u.binary.left, negated, out);
        diff_conjuncts(s, e->u.binary.right, negated, out);
        return;
    }
    size_t capacity = out->capacity;
    out->expr = arena_grow(s->arena, out->expr, out->count, &out->capacity, out->count + 1, sizeof *out->expr);
    out->negated = arena_grow(s->arena, out->negated, out->count, &capacity, out->count + 1, sizeof *out->negated);
    out->expr[out->count] = e;
    out->negated[out->count++] = negated;
}
