/* Examples and samples: facts against the schema, expectations against the words there are. */
#include "check/check_int.h"

#include "tr.h"
#include <string.h>

/* ---- facts ---- */

static void report_range(struct checker *c, const struct ast_expr *e, const struct type *type, int64_t min,
                         int64_t max) {
    struct text lo = check_show_stored(c->a, min, type), hi = check_show_stored(c->a, max, type);
    struct diag *r =
        diag_add(c->d, DIAG_EXAMPLE_VALUE, e->span, "outside the range from %.*s to %.*s", TEXT_ARG(lo), TEXT_ARG(hi));
    diag_help(c->d, r, "to show a bad cell write it as it stands in a ledger, in quotes");
}

static void check_fact_value(struct checker *c, struct ast_expr *e, const struct model_field *f) {
    int64_t value;
    if (e->kind == AST_MISSING || e->kind == AST_STRING) {
        e->type = check_basic(c, e->kind == AST_STRING ? TYPE_TEXT : TYPE_MISSING);
        return;
    }
    if (!check_known_type(f->type))
        return;
    if (f->type->kind == TYPE_TEXT) {
        struct diag *r =
            diag_add(c->d, DIAG_EXAMPLE_VALUE, e->span, "`%.*s` is text: write it in quotes", TEXT_ARG(f->name));
        diag_label(c->d, r, f->span.hi ? f->span : e->span, "declared here");
        return;
    }
    if (!check_constant(c, e, f->type, tr("a fact"), &value))
        return;
    if (value < f->min || value > f->max)
        report_range(c, e, f->type, f->min, f->max);
}

/* What a sample or the words of the claim itself give is not a fact. */
static bool is_given(const struct model_field *f) {
    if (!f->builtin)
        return false;
    if (f->of_profile)
        return true;
    return f->index != POL_CLAIM_OBJECT && f->index != POL_CLAIM_PAID;
}

static void report_fact(struct checker *c, const struct ast_fact *fact, bool of_profile) {
    const struct model_field *fields = of_profile ? c->m->profile : c->m->claim;
    uint32_t count = of_profile ? c->m->profile_count : c->m->claim_count;
    bool other = check_find_field(c, !of_profile, fact->name.text) != NULL;
    struct nearest n = nearest_to(fact->name.text);
    for (uint32_t i = 0; i < count && !other && c->d->error_count <= CHECK_SUGGEST; i++)
        nearest_offer(&n, fields[i].name);
    if (!other && check_unsure(c, &n))
        return;
    struct diag *r = diag_add(c->d, DIAG_EXAMPLE_NAME, fact->name.span, "the %s has no field `%.*s`",
                              of_profile ? tr("applicant") : tr("claim"), TEXT_ARG(fact->name.text));
    if (other)
        diag_help(c->d, r, "it is a field of the %s", of_profile ? tr("claim") : tr("applicant"));
    else
        check_say_nearest(c, r, &n);
}

static void check_fact(struct checker *c, struct ast_fact *fact, bool of_profile, struct text_map *seen) {
    struct model_field *f = check_find_field(c, of_profile, fact->name.text);
    fact->field = f;
    if (!f) {
        report_fact(c, fact, of_profile);
        return;
    }
    if (is_given(f)) {
        diag_add(c->d, DIAG_EXAMPLE_NAME, fact->name.span, "`%.*s` is given by the line itself",
                 TEXT_ARG(fact->name.text));
        return;
    }
    void **slot = text_map_slot(seen, f->name);
    const struct ast_fact *first = *slot;
    *slot = fact;
    if (first) {
        struct diag *r =
            diag_add(c->d, DIAG_EXAMPLE_TWICE, fact->name.span, "`%.*s` is given twice", TEXT_ARG(fact->name.text));
        diag_label(c->d, r, first->name.span, "the first is here");
    }
    check_fact_value(c, fact->value, f);
}

static void check_facts(struct checker *c, struct ast_fact *facts, bool of_profile) {
    if (!facts)
        return;
    struct text_map *seen = text_map_new(c->a);
    for (struct ast_fact *f = facts; f; f = f->next)
        check_fact(c, f, of_profile, seen);
}

/* ---- the words of expectations ---- */

enum word_kind {
    WORD_DECISION,
    WORD_ENDED /* denied, invalid: takes a reason */,
    WORD_AMOUNT,
    WORD_PAID,
    WORD_REASON,
    WORD_RULE,
    WORD_STATUS /* of a target */,
    WORD_GROWTH /* the same, of a target of growth */
};

static const struct {
    enum word_kind kind;
    const char *names[3];
} words[] = {
    {WORD_DECISION, {"granted", "准予", "准予"}},   {WORD_DECISION, {"reduced", "核减", "核減"}},
    {WORD_DECISION, {"deferred", "递延", "遞延"}},  {WORD_ENDED, {"denied", "不予", "不予"}},
    {WORD_ENDED, {"invalid", "无效", "無效"}},      {WORD_AMOUNT, {"award", "奖励", "獎勵"}},
    {WORD_AMOUNT, {"entitled", "应享", "應享"}},    {WORD_AMOUNT, {"payable", "应付", "應付"}},
    {WORD_AMOUNT, {"carried", "结转", "結轉"}},     {WORD_AMOUNT, {"outstanding", "待付", "待付"}},
    {WORD_AMOUNT, {"lapsed", "失效", "失效"}},      {WORD_PAID, {"paid", "支付", "支付"}},
    {WORD_REASON, {"reason", "理由", "理由"}},      {WORD_RULE, {"rule", "规则", "規則"}},
    {WORD_STATUS, {"met", "达成", "達成"}},         {WORD_STATUS, {"missed", "未达成", "未達成"}},
    {WORD_STATUS, {"no_data", "无数据", "無數據"}}, {WORD_GROWTH, {"growth", "增长", "增長"}},
};

static const char *const reasons[][3] = {
    {"ok", "ok", "ok"},
    {"duplicate_claim", "重复申请", "重複申請"},
    {"unknown_item", "未知事项", "未知事項"},
    {"bad_value", "值有误", "值有誤"},
    {"missing_field", "缺少字段", "缺少字段"},
    {"missing_profile", "缺少申请人资料", "缺少申請人資料"},
    {"not_in_force", "不在有效期", "不在有效期"},
    {"excluded", "已排除", "已排除"},
    {"ineligible", "不符合条件", "不符合條件"},
    {"already_awarded", "已享受", "已享受"},
    {"cap_reached", "已达上限", "已達上限"},
    {"cap", "上限", "上限"},
    {"limit", "限额", "限額"},
};
enum { REASON_DUPLICATE = 1, REASON_ITEM = 2, REASON_PROFILE = 5, REASONS = sizeof reasons / sizeof *reasons };

static int find_reason(const struct ast_expr *e) {
    if (!e || e->kind != AST_NAME)
        return -1;
    for (int i = 0; i < REASONS; i++) {
        for (int k = 0; k < 3; k++) {
            if (text_equal(e->u.name, text_of(reasons[i][k])))
                return i;
        }
    }
    return -1;
}

static int find_word(struct text name) {
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        for (int k = 0; k < 3; k++) {
            if (text_equal(name, text_of(words[i].names[k])))
                return (int)i;
        }
    }
    return -1;
}

static void report_word(struct checker *c, const struct ast_name *word) {
    struct diag *r = diag_add(c->d, DIAG_EXAMPLE_WORD, word->span, "`%.*s` is nothing to expect", TEXT_ARG(word->text));
    struct nearest n = nearest_to(word->text);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        for (int k = 0; k < 3; k++)
            nearest_offer(&n, text_of(words[i].names[k]));
    }
    check_say_nearest(c, r, &n);
    diag_note(c->d, r,
              "expect granted, reduced, deferred, denied or invalid, an amount, `paid … in …`, a reason or a rule");
    diag_note(c->d, r, "of a target expect `met in …`, `missed in …` or `no_data in …`");
}

static void check_reason(struct checker *c, const struct ast_expected *x) {
    if (find_reason(x->value) >= 0)
        return;
    struct span span = x->value ? x->value->span : x->word.span;
    struct diag *r = diag_add(c->d, DIAG_EXAMPLE_WORD, span, "no such reason");
    if (x->value && x->value->kind == AST_NAME) {
        struct nearest n = nearest_to(x->value->u.name);
        for (int i = 0; i < REASONS; i++) {
            for (int k = 0; k < 3; k++)
                nearest_offer(&n, text_of(reasons[i][k]));
        }
        check_say_nearest(c, r, &n);
    }
}

static void check_amount(struct checker *c, const struct ast_expected *x, bool wanted) {
    int64_t value;
    if (!x->value && wanted) {
        diag_add(c->d, DIAG_EXAMPLE_WORD, x->word.span, "`%.*s` needs an amount", TEXT_ARG(x->word.text));
    } else if (x->value && x->value->kind == AST_MISSING) {
        x->value->type = check_basic(c, TYPE_MISSING); /* an award that is not reached */
    } else if (x->value) {
        check_constant(c, x->value, check_basic(c, TYPE_MONEY), tr("an amount"), &value);
    }
}

/* Names that are given; those made up have dots, and whoever writes one has seen it. */
static void check_rule_name(struct checker *c, const struct ast_expr *e) {
    struct text name = e->kind == AST_STRING ? e->u.string : e->u.name;
    if (memchr(name.data, '.', name.size) || text_equal(name, TEXT("in_force")) || text_map_get(c->rules, name))
        return;
    struct nearest n = nearest_to(name);
    for (uint32_t i = 0; i < c->m->item_count && c->d->error_count <= CHECK_SUGGEST; i++)
        for (const struct model_require *r = c->item[i]->model.requires; r; r = r->next)
            nearest_offer(&n, r->name);
    for (const struct model_cell *cell = c->m->cells; cell; cell = cell->next)
        nearest_offer(&n, cell->name);
    for (const struct model_exclusion *x = c->m->exclusions; x; x = x->next)
        nearest_offer(&n, x->name);
    if (check_unsure(c, &n))
        return;
    struct diag *r = diag_add(c->d, DIAG_EXAMPLE_NAME, e->span, "no rule is named `%.*s`", TEXT_ARG(name));
    check_say_nearest(c, r, &n);
}

static void check_expected(struct checker *c, const struct ast_expected *x) {
    int word = find_word(x->word.text);
    if (word < 0) {
        report_word(c, &x->word);
        return;
    }
    enum word_kind kind = words[word].kind;
    if (kind == WORD_STATUS || kind == WORD_GROWTH) {
        diag_add(c->d, DIAG_EXAMPLE_WORD, x->word.span, "`%.*s` is of targets, not of claims", TEXT_ARG(x->word.text));
        return;
    }
    if (x->year && kind != WORD_PAID) {
        diag_add(c->d, DIAG_EXAMPLE_WORD, x->word.span, "only `paid` looks at one year");
    } else if (x->year && (x->year < 1990 || x->year > 2099)) {
        diag_add(c->d, DIAG_EXAMPLE_DATE, x->word.span, "years go from 1990 to 2099");
    }
    bool named = x->value && x->value->kind == AST_NAME;
    switch (kind) {
    case WORD_DECISION:
        if (named)
            check_reason(c, x);
        else
            check_amount(c, x, false);
        return;
    case WORD_ENDED:
        if (x->value)
            check_reason(c, x);
        return;
    case WORD_AMOUNT:
    case WORD_PAID:
        check_amount(c, x, true);
        return;
    case WORD_REASON:
        check_reason(c, x);
        return;
    case WORD_RULE:
        if (!x->value || (x->value->kind != AST_STRING && !named)) {
            diag_add(c->d, DIAG_EXAMPLE_WORD, x->word.span, "`rule` needs the name of a rule");
        } else {
            check_rule_name(c, x->value);
        }
        return;
    case WORD_STATUS:
    case WORD_GROWTH:
        return;
    }
}

/* ---- targets ---- */

static bool is_of_target(const struct ast_expect *e) {
    int word = e->expected ? find_word(e->expected->word.text) : -1;
    return word >= 0 && (words[word].kind == WORD_STATUS || words[word].kind == WORD_GROWTH);
}

/* The first target of the name; an unknown one is reported. */
static const struct model_target *find_target(struct checker *c, const struct ast_name *name) {
    struct nearest n = nearest_to(name->text);
    for (const struct model_target *t = c->m->targets; t; t = t->next) {
        if (text_equal(t->name, name->text))
            return t;
        if (c->d->error_count <= CHECK_SUGGEST)
            nearest_offer(&n, t->name);
    }
    if (!check_unsure(c, &n)) {
        struct diag *r =
            diag_add(c->d, DIAG_EXAMPLE_NAME, name->span, "the policy has no target `%.*s`", TEXT_ARG(name->text));
        check_say_nearest(c, r, &n);
    }
    return NULL;
}

static void check_indicator(struct checker *c, const struct ast_example_indicator *i, struct text_map *seen) {
    const struct model_target *target = find_target(c, &i->name);
    if (i->year < 1990 || i->year > 2099)
        diag_add(c->d, DIAG_EXAMPLE_DATE, i->span, "years go from 1990 to 2099");
    void **slot = text_map_slot(seen, text_format(c->a, "%d %.*s", (int)i->year, TEXT_ARG(i->name.text)));
    const struct ast_example_indicator *first = *slot;
    *slot = (void *)i;
    if (first) {
        struct diag *r = diag_add(c->d, DIAG_EXAMPLE_TWICE, i->name.span, "the indicator `%.*s` of %d is given twice",
                                  TEXT_ARG(i->name.text), (int)i->year);
        diag_label(c->d, r, first->name.span, "the first is here");
    }
    if (!target || i->value->kind == AST_MISSING || i->value->kind == AST_STRING)
        return;
    int64_t value;
    const struct type *type = check_basic(c, target->type == POL_MONEY  ? TYPE_MONEY
                                             : target->type == POL_RATE ? TYPE_RATE
                                                                        : TYPE_COUNT);
    if (check_constant(c, i->value, type, tr("an indicator"), &value) &&
        (value < check_type_min(type) || value > check_type_max(type)))
        report_range(c, i->value, type, check_type_min(type), check_type_max(type));
}

/* Whether a target of the name is evaluated in the year. Growth alone is asked for with `growth`, or where the name has
 * no other target. */
static bool has_year(const struct checker *c, struct text name, bool growth, int32_t year) {
    bool level = false;
    for (const struct model_target *t = c->m->targets; t; t = t->next)
        level |= text_equal(t->name, name) && t->kind != POL_TARGET_GROWTH;
    for (const struct model_target *t = c->m->targets; t; t = t->next) {
        bool meant = (t->kind == POL_TARGET_GROWTH) == (growth || !level);
        if (meant && text_equal(t->name, name) && t->first_year <= year && year <= t->last_year)
            return true;
    }
    return false;
}

static void check_target_word(struct checker *c, const struct ast_expect *e, const struct ast_expected *x) {
    int word = find_word(x->word.text);
    enum word_kind kind = word < 0 ? WORD_RULE : words[word].kind;
    bool growth = kind == WORD_GROWTH;
    int status = growth && x->value && x->value->kind == AST_NAME ? find_word(x->value->u.name) : word;
    if (word < 0) {
        report_word(c, &x->word);
    } else if ((kind != WORD_STATUS && !growth) || status < 0 || words[status].kind != WORD_STATUS ||
               (x->value && !growth)) {
        struct diag *r = diag_add(c->d, DIAG_EXAMPLE_WORD, x->word.span, "this is nothing to expect of a target");
        diag_help(c->d, r, "write `met in 2023`, `missed in 2023` or `no_data in 2023`, or `growth met in 2023`");
    } else if (!x->year) {
        struct diag *r = diag_add(c->d, DIAG_EXAMPLE_WORD, x->word.span, "a target is expected for a year");
        diag_help(c->d, r, "write `%.*s in 2023`", TEXT_ARG(x->word.text));
    } else if (!has_year(c, e->claim.text, growth, x->year)) {
        diag_add(c->d, DIAG_EXAMPLE_DATE, x->word.span,
                 growth ? tr("`%.*s` has no growth target for %d") : tr("`%.*s` has no target for %d"),
                 TEXT_ARG(e->claim.text), (int)x->year);
    }
}

static void check_target_expect(struct checker *c, const struct ast_expect *e) {
    if (find_target(c, &e->claim))
        for (const struct ast_expected *x = e->expected; x; x = x->next)
            check_target_word(c, e, x);
}

/* ---- one example ---- */

struct expected_claim { /* what the expectations of one claim id say of stage 0 */
    const struct ast_example_claim *claim;
    bool expected, duplicate, item, profile;
};

static struct expected_claim *claim_slot(struct checker *c, struct text_map *claims, struct text name) {
    void **slot = text_map_slot(claims, name);
    if (!*slot)
        *slot = arena_new_of(c->a, struct expected_claim);
    return *slot;
}

static void check_expect(struct checker *c, const struct ast_expect *e, struct text_map *claims) {
    if (is_of_target(e)) {
        check_target_expect(c, e);
        return;
    }
    struct expected_claim *claim = claim_slot(c, claims, e->claim.text);
    claim->expected = true;
    for (const struct ast_expected *x = e->expected; x; x = x->next) {
        check_expected(c, x);
        int reason = find_reason(x->value);
        claim->duplicate |= reason == REASON_DUPLICATE;
        claim->item |= reason == REASON_ITEM;
        claim->profile |= reason == REASON_PROFILE;
    }
}

static void check_applicants(struct checker *c, const struct ast_example *ex, struct text_map *applicants) {
    struct text_map *years = text_map_new(c->a);
    for (const struct ast_example_applicant *a = ex->applicants; a; a = a->next) {
        struct text key = text_format(c->a, "%d %.*s", (int)a->year, TEXT_ARG(a->name.text));
        void **slot = text_map_slot(years, key);
        const struct ast_example_applicant *first = *slot;
        if (first) {
            struct diag *r = diag_add(c->d, DIAG_EXAMPLE_TWICE, a->name.span, "applicant `%.*s` of %d is given twice",
                                      TEXT_ARG(a->name.text), (int)a->year);
            diag_label(c->d, r, first->name.span, "the first is here");
        }
        *slot = (void *)a;
        *text_map_slot(applicants, a->name.text) = (void *)a;
        if (a->year < 1990 || a->year > 2099)
            diag_add(c->d, DIAG_EXAMPLE_DATE, a->span, "years go from 1990 to 2099");
        check_facts(c, a->facts, true);
    }
}

static void check_applicant_name(struct checker *c, const struct ast_example *ex,
                                 const struct ast_example_claim *claim) {
    struct nearest n = nearest_to(claim->applicant.text);
    const struct ast_example_applicant *a = c->d->error_count <= CHECK_SUGGEST ? ex->applicants : NULL;
    for (; a; a = a->next)
        nearest_offer(&n, a->name.text);
    if (check_unsure(c, &n))
        return;
    struct diag *r = diag_add(c->d, DIAG_EXAMPLE_NAME, claim->applicant.span, "the example has no applicant `%.*s`",
                              TEXT_ARG(claim->applicant.text));
    check_say_nearest(c, r, &n);
    diag_note(c->d, r, "only a claim that is expected to be invalid, missing_profile, may lack one");
}

static void check_claim(struct checker *c, const struct ast_example *ex, const struct ast_example_claim *claim,
                        struct text_map *claims, const struct text_map *applicants) {
    struct expected_claim *known = claim_slot(c, claims, claim->name.text);
    if (known->claim && !known->duplicate) {
        struct diag *r = diag_add(c->d, DIAG_EXAMPLE_TWICE, claim->name.span, "claim `%.*s` is given twice",
                                  TEXT_ARG(claim->name.text));
        diag_label(c->d, r, known->claim->name.span, "the first is here");
    }
    if (!known->claim)
        known->claim = claim;
    if (!text_map_get(c->items, claim->item.text) && !known->item)
        check_find_item(c, &claim->item);
    if (!text_map_get(applicants, claim->applicant.text) && !known->profile)
        check_applicant_name(c, ex, claim);
    if (claim->date) {
        struct model_field *date = &c->m->claim[POL_CLAIM_DATE];
        check_fact_value(c, claim->date, date);
    }
    check_facts(c, claim->facts, false);
}

static void check_setting(struct checker *c, struct ast_setting *s) {
    const struct scope_entry *entry = scope_find(&c->scope, s->name.text);
    const struct decl *decl = entry ? entry->decl[SCOPE_OTHER] : NULL;
    int64_t value;
    if (!decl || decl->kind != DECL_PARAM) {
        struct nearest n = nearest_to(s->name.text);
        for (uint32_t i = 0; i < c->m->param_count && c->d->error_count <= CHECK_SUGGEST; i++)
            nearest_offer(&n, c->m->params[i].name);
        if (check_unsure(c, &n))
            return;
        struct diag *r = diag_add(c->d, DIAG_EXAMPLE_NAME, s->name.span, "the policy has no parameter `%.*s`",
                                  TEXT_ARG(s->name.text));
        check_say_nearest(c, r, &n);
        return;
    }
    const struct model_param *p = decl->u.param;
    if (!check_known_type(p->type) || !check_constant(c, s->value, p->type, tr("a setting"), &value))
        return;
    if (value < p->min || value > p->max)
        report_range(c, s->value, p->type, p->min, p->max);
}

static void check_as_of(struct checker *c, struct ast_expr *as_of) {
    int64_t year;
    if (!as_of || !check_constant(c, as_of, check_basic(c, TYPE_NUMBER), tr("the as-of year"), &year))
        return;
    if (year < 1990 || year > 2099)
        diag_add(c->d, DIAG_EXAMPLE_DATE, as_of->span, "years go from 1990 to 2099");
}

static void report_no_claim(struct checker *c, const struct ast_example *ex, const struct ast_name *name) {
    struct nearest n = nearest_to(name->text);
    const struct ast_example_claim *x = c->d->error_count <= CHECK_SUGGEST ? ex->claims : NULL;
    for (; x; x = x->next)
        nearest_offer(&n, x->name.text);
    if (check_unsure(c, &n))
        return;
    struct diag *r =
        diag_add(c->d, DIAG_EXAMPLE_NAME, name->span, "the example has no claim `%.*s`", TEXT_ARG(name->text));
    check_say_nearest(c, r, &n);
}

static void check_example(struct checker *c, const struct ast_example *ex) {
    struct text_map *claims = text_map_new(c->a), *applicants = text_map_new(c->a);
    for (struct ast_setting *s = ex->settings; s; s = s->next)
        check_setting(c, s);
    check_as_of(c, ex->as_of);
    check_applicants(c, ex, applicants);
    struct text_map *indicators = text_map_new(c->a);
    for (const struct ast_example_indicator *i = ex->indicators; i; i = i->next)
        check_indicator(c, i, indicators);
    for (const struct ast_expect *e = ex->expects; e; e = e->next)
        check_expect(c, e, claims);
    for (const struct ast_example_claim *x = ex->claims; x; x = x->next)
        check_claim(c, ex, x, claims, applicants);
    for (const struct ast_expect *e = ex->expects; e; e = e->next) {
        if (!is_of_target(e) && !claim_slot(c, claims, e->claim.text)->claim)
            report_no_claim(c, ex, &e->claim);
    }
    if (!ex->expects)
        diag_add(c->d, DIAG_EXAMPLE_IDLE, ex->title ? ex->title->span : ex->span, "this example expects nothing");
}

void check_examples(struct checker *c) {
    for (const struct ast_sample *s = c->ast->samples; s; s = s->next)
        check_facts(c, s->facts, s->of_applicant);
    for (const struct model_example *e = c->m->examples; e; e = e->next)
        check_example(c, e->ast);
}
