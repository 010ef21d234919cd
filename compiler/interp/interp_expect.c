/* interp_expect.c - what the examples expect, compared with what came out. */
#include <stddef.h>
#include <string.h>

#include "check/constant.h"
#include "interp/interp_cell.h"
#include "interp/interp_examples.h"
#include "tr.h"

enum amount { AMOUNT_AWARD, AMOUNT_ENTITLED, AMOUNT_PAYABLE, AMOUNT_CARRIED, AMOUNT_OUTSTANDING, AMOUNT_LAPSED };

/* `granted 5万元`: the decision, and with an amount what is payable, with a name the reason. */
enum word_kind { WORD_DECISION, WORD_AMOUNT, WORD_PAID, WORD_REASON, WORD_RULE, WORD_STATUS, WORD_GROWTH };

struct word {
    const char *spelling[4];
    enum word_kind kind;
    int value; /* enum interp_decision_kind, enum amount */
};

static const struct word words[] = {
    {{tr_later("granted"), "准予", "准予"}, WORD_DECISION, INTERP_GRANTED},
    {{tr_later("reduced"), "核减", "核減"}, WORD_DECISION, INTERP_REDUCED},
    {{tr_later("deferred"), "递延", "遞延"}, WORD_DECISION, INTERP_DEFERRED},
    {{tr_later("denied"), "不予", "不予"}, WORD_DECISION, INTERP_DENIED},
    {{tr_later("invalid"), "无效", "無效"}, WORD_DECISION, INTERP_INVALID},
    {{tr_later("award"), "奖励", "獎勵"}, WORD_AMOUNT, AMOUNT_AWARD},
    {{tr_later("entitled"), "应享", "應享"}, WORD_AMOUNT, AMOUNT_ENTITLED},
    {{tr_later("payable"), "应付", "應付"}, WORD_AMOUNT, AMOUNT_PAYABLE},
    {{tr_later("carried"), "结转", "結轉"}, WORD_AMOUNT, AMOUNT_CARRIED},
    {{tr_later("outstanding"), "待付", "待付"}, WORD_AMOUNT, AMOUNT_OUTSTANDING},
    {{tr_later("lapsed"), "失效", "失效"}, WORD_AMOUNT, AMOUNT_LAPSED},
    {{tr_later("paid"), "支付", "支付"}, WORD_PAID, 0},
    {{tr_later("reason"), "理由", "理由"}, WORD_REASON, 0},
    {{tr_later("rule"), "规则", "規則"}, WORD_RULE, 0},
    {{tr_later("met"), "达成", "達成"}, WORD_STATUS, INTERP_MET},
    {{tr_later("missed"), "未达成", "未達成"}, WORD_STATUS, INTERP_MISSED},
    {{tr_later("no_data"), "无数据", "無數據"}, WORD_STATUS, INTERP_NO_DATA},
    {{tr_later("growth"), "增长", "增長"}, WORD_GROWTH, 0},
};

static const struct {
    const char *spelling[2];
    enum pol_reason reason;
} reasons[] = {
    {{"重复申请", "重複申請"}, POL_DUPLICATE_CLAIM},
    {{"未知事项", "未知事項"}, POL_UNKNOWN_ITEM},
    {{"值有误", "值有誤"}, POL_BAD_VALUE},
    {{"缺少字段", "缺少字段"}, POL_MISSING_FIELD},
    {{"缺少申请人资料", "缺少申請人資料"}, POL_MISSING_PROFILE},
    {{"不在有效期", "不在有效期"}, POL_NOT_IN_FORCE},
    {{"已排除", "已排除"}, POL_EXCLUDED},
    {{"不符合条件", "不符合條件"}, POL_INELIGIBLE},
    {{"已享受", "已享受"}, POL_ALREADY_AWARDED},
    {{"已达上限", "已達上限"}, POL_CAP_REACHED},
    {{"上限", "上限"}, POL_CAP},
    {{"限额", "限額"}, POL_LIMIT},
};

static const struct word *find_word(struct text t) {
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        for (size_t s = 0; words[i].spelling[s] != NULL; s++) {
            if (text_equal(t, text_of(words[i].spelling[s]))) {
                return &words[i];
            }
        }
    }
    return NULL;
}

/* POL_REASON_COUNT: no reason is called so. */
static enum pol_reason find_reason(struct text t) {
    for (int r = 0; r < POL_REASON_COUNT; r++) {
        if (text_equal(t, text_of(interp_reason_name((enum pol_reason)r)))) {
            return (enum pol_reason)r;
        }
    }
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        if (text_equal(t, text_of(reasons[i].spelling[0])) || text_equal(t, text_of(reasons[i].spelling[1]))) {
            return reasons[i].reason;
        }
    }
    return POL_REASON_COUNT;
}

/* ---- one claim's outcome ---------------------------------------------------------------------------------------- */

struct outcome {
    struct arena *arena;
    const struct type *money;
    const struct ir_policy *policy;
    const struct interp_decision *decision;
    const struct paid *paid; /* of the claim */
};

struct paid { /* the payments of one claim */
    int32_t year;
    int64_t amount;
    const struct paid *next;
};

static struct text yuan(struct arena *arena, int64_t fen) {
    return interp_decimal(arena, fen, 2);
}

static struct text rule_name(const struct outcome *o) {
    uint32_t rule = o->decision->rule;
    return rule == 0 || rule >= o->policy->rule_count ? TEXT("") : o->policy->rule[rule].name;
}

/* "reduced 30000 (cap, <rule>)" */
static struct text describe(const struct outcome *o) {
    const struct interp_decision *d = o->decision;
    struct text rule = rule_name(o), payable = yuan(o->arena, d->payable);
    struct text_buffer out = {.arena = o->arena};
    text_addf(&out, "%s", tr(interp_decision_name(d->kind)));
    if (d->kind == INTERP_DENIED || d->kind == INTERP_INVALID) {
        text_addf(&out, " %s", tr(interp_reason_name(d->reason)));
    } else {
        text_addf(&out, " %.*s", TEXT_ARG(payable));
    }
    if (rule.size > 0) {
        text_addf(&out, " (%.*s)", TEXT_ARG(rule));
    }
    return text_of_buffer(&out);
}

/* -1: there is none (an award that was not reached). */
static int64_t amount_of(const struct interp_decision *d, enum amount which) {
    switch (which) {
    case AMOUNT_AWARD:
        return d->award;
    case AMOUNT_ENTITLED:
        return d->entitled;
    case AMOUNT_PAYABLE:
        return d->payable;
    case AMOUNT_CARRIED:
        return d->carried;
    case AMOUNT_OUTSTANDING:
        return d->outstanding;
    case AMOUNT_LAPSED:
        return d->lapsed;
    }
    return -1;
}

/* What was paid in a year; 0 = in all years. */
static int64_t paid_in(const struct outcome *o, int32_t year) {
    int64_t total = 0;
    for (const struct paid *p = o->paid; p != NULL; p = p->next) {
        total += year == 0 || p->year == year ? p->amount : 0;
    }
    return total;
}

/* ---- one expected word ------------------------------------------------------------------------------------------ */

struct verdict {
    bool holds;
    struct text expected, found;
};

static struct verdict judge_money(const struct outcome *o, const char *word, const struct ast_expr *e, int64_t actual) {
    int64_t expected = -1;
    bool none = e == NULL || e->kind == AST_MISSING;
    bool readable = none || check_constant_value(o->arena, e, o->money, &expected);
    struct text shown = none       ? text_of(tr("none"))
                        : readable ? yuan(o->arena, expected)
                                   : text_of(tr("an amount of money"));
    struct text found = actual < 0 ? text_of(tr("none")) : yuan(o->arena, actual);
    return (struct verdict){.holds = readable && expected == actual,
                            .expected = text_format(o->arena, "%s %.*s", word, TEXT_ARG(shown)),
                            .found = text_format(o->arena, "%s %.*s", word, TEXT_ARG(found))};
}

static struct verdict judge_reason(const struct outcome *o, const char *prefix, struct text name) {
    enum pol_reason reason = find_reason(name);
    return (struct verdict){
        .holds = reason == o->decision->reason,
        .expected = text_format(o->arena, "%s %.*s", prefix, TEXT_ARG(name)),
        .found = describe(o),
    };
}

static struct verdict judge_decision(const struct outcome *o, const struct word *word, const struct ast_expr *value) {
    enum interp_decision_kind kind = (enum interp_decision_kind)word->value;
    const char *name = tr(interp_decision_name(kind));
    struct verdict v = {.holds = true, .expected = text_of(name), .found = describe(o)};
    if (value != NULL && value->kind == AST_NAME) {
        v = judge_reason(o, name, value->u.name);
    } else if (value != NULL) {
        v = judge_money(o, name, value, o->decision->payable);
    }
    v.holds = v.holds && kind == o->decision->kind;
    v.found = describe(o);
    return v;
}

static struct verdict judge_rule(const struct outcome *o, const struct ast_expr *value) {
    struct text name = value == NULL               ? TEXT("")
                       : value->kind == AST_STRING ? value->u.string
                       : value->kind == AST_NAME   ? value->u.name
                                                   : TEXT("?");
    struct text found = rule_name(o);
    return (struct verdict){.holds = text_equal(name, found),
                            .expected = text_format(o->arena, tr("rule %.*s"), TEXT_ARG(name)),
                            .found = text_format(o->arena, tr("rule %.*s"), TEXT_ARG(found))};
}

static struct verdict judge_word(const struct outcome *o, const struct word *word, const struct ast_expected *e) {
    switch (word->kind) {
    case WORD_DECISION:
        return judge_decision(o, word, e->value);
    case WORD_AMOUNT:
        return judge_money(o, tr(word->spelling[0]), e->value, amount_of(o->decision, (enum amount)word->value));
    case WORD_PAID: {
        struct text label = e->year == 0 ? text_of(tr("paid")) : text_format(o->arena, tr("paid in %d"), (int)e->year);
        return judge_money(o, label.data, e->value, paid_in(o, e->year));
    }
    case WORD_REASON:
        return judge_reason(o, tr("reason"),
                            e->value != NULL && e->value->kind == AST_NAME ? e->value->u.name : TEXT("?"));
    case WORD_RULE:
        return judge_rule(o, e->value);
    case WORD_STATUS:
    case WORD_GROWTH:
        return (struct verdict){.expected = text_of(tr("what a claim comes to")), .found = e->word.text};
    }
    return (struct verdict){0};
}

/* ---- the example ------------------------------------------------------------------------------------------------ */

void interp_mismatch_add(struct arena *arena, struct interp_mismatches *list, const struct interp_mismatch *mismatch) {
    struct interp_mismatch *m = arena_new_of(arena, struct interp_mismatch);
    *m = *mismatch;
    m->next = NULL;
    *(list->first == NULL ? &list->first : &list->last->next) = m;
    list->last = m;
    list->count++;
}

static void add(struct arena *arena, struct interp_mismatches *list, const struct interp_example *example,
                struct text claim, struct span span, struct verdict v) {
    struct interp_mismatch m = {
        .example = example, .claim = claim, .span = span, .expected = v.expected, .found = v.found};
    interp_mismatch_add(arena, list, &m);
}

static bool expects_duplicate(const struct ast_expect *e) {
    for (const struct ast_expected *x = e->expected; x != NULL; x = x->next) {
        if (x->value != NULL && x->value->kind == AST_NAME && find_reason(x->value->u.name) == POL_DUPLICATE_CLAIM) {
            return true;
        }
    }
    return false;
}

struct rows { /* of the claims of one name */
    size_t first, last;
};

static struct text_map *rows_by_name(struct arena *arena, const struct interp_example *example) {
    struct text_map *map = text_map_new(arena);
    for (size_t i = 0; i < example->claim_count; i++) {
        void **slot = text_map_slot(map, example->claim_id[i]);
        if (*slot == NULL) {
            struct rows *rows = arena_new_of(arena, struct rows);
            rows->first = i;
            *slot = rows;
        }
        ((struct rows *)*slot)->last = i;
    }
    return map;
}

/* The row that is meant: the first of that name, or the last where a duplicate is expected. claim_count: none is. */
static size_t find_claim(const struct interp_example *example, const struct text_map *map, const struct ast_expect *e) {
    const struct rows *rows = text_map_get(map, e->claim.text);
    if (rows == NULL) {
        return example->claim_count;
    }
    return expects_duplicate(e) ? rows->last : rows->first;
}

/* By row. */
static const struct paid **paid_by_row(struct arena *arena, size_t rows, const struct interp_payment *payment,
                                       size_t count) {
    const struct paid **paid = arena_array_of(arena, const struct paid *, rows + 1);
    for (size_t i = 0; i < count; i++) {
        if (payment[i].claim < rows) {
            struct paid *p = arena_new_of(arena, struct paid);
            *p = (struct paid){payment[i].year, payment[i].amount, paid[payment[i].claim]};
            paid[payment[i].claim] = p;
        }
    }
    return paid;
}

/* Every word of one `expect`. Where the decision itself differs, the rest follows from it and is not reported. */
static void compare_expect(const struct outcome *o, const struct interp_example *example, const struct ast_expect *e,
                           struct interp_mismatches *mismatches) {
    for (const struct ast_expected *x = e->expected; x != NULL; x = x->next) {
        const struct word *word = find_word(x->word.text);
        if (word == NULL) {
            struct verdict v = {.expected = text_of(tr("a decision, an amount, paid, reason or rule")),
                                .found = x->word.text};
            add(o->arena, mismatches, example, e->claim.text, x->word.span, v);
            continue;
        }
        struct verdict v = judge_word(o, word, x);
        if (!v.holds) {
            add(o->arena, mismatches, example, e->claim.text, e->span, v);
            if (word->kind == WORD_DECISION) {
                return;
            }
        }
    }
}

void interp_example_compare(struct arena *arena, const struct ir_policy *policy, const struct interp_example *example,
                            const struct interp_decision *decision, size_t decision_count,
                            const struct interp_payment *payment, size_t payment_count,
                            struct interp_mismatches *mismatches) {
    const struct text_map *map = rows_by_name(arena, example);
    const struct paid **paid = paid_by_row(arena, decision_count, payment, payment_count);
    for (const struct ast_expect *e = example->source->ast->expects; e != NULL; e = e->next) {
        if (interp_expects_target(e)) {
            continue;
        }
        size_t row = find_claim(example, map, e);
        if (row >= decision_count || row >= example->claim_count) {
            struct verdict v = {.expected = text_of(tr("a claim of the example")), .found = e->claim.text};
            add(arena, mismatches, example, e->claim.text, e->claim.span, v);
            continue;
        }
        struct outcome o = {.arena = arena,
                            .money = type_basic(example->model->types, TYPE_MONEY),
                            .policy = policy,
                            .decision = &decision[row],
                            .paid = paid[row]};
        compare_expect(&o, example, e, mismatches);
    }
}

/* ---- targets ---------------------------------------------------------------------------------------------------- */

bool interp_expects_target(const struct ast_expect *expect) {
    const struct word *word = expect->expected == NULL ? NULL : find_word(expect->expected->word.text);
    return word != NULL && (word->kind == WORD_STATUS || word->kind == WORD_GROWTH);
}

/* Rows of the output stand in the order of the targets, each target's years in turn. */
struct target_rows {
    const struct ir_policy *policy;
    const enum interp_target_status *status;
    size_t count;
};

static bool has_level(const struct ir_policy *policy, struct text name) {
    for (uint32_t i = 0; i < policy->target_count; i++) {
        if (policy->target[i].kind != POL_TARGET_GROWTH && text_equal(policy->target[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* Every row of the name and year that is meant must be so: those of growth with `growth`, or where the name has no
 * other; else all the others. *found is a row that is not so, or one that is. False: there is no row. */
static bool find_status(const struct target_rows *rows, struct text name, bool growth, int32_t year,
                        enum interp_target_status wanted, enum interp_target_status *found) {
    bool any = false;
    size_t row = 0;
    growth = growth || !has_level(rows->policy, name);
    for (uint32_t i = 0; i < rows->policy->target_count; i++) {
        const struct ir_target *target = &rows->policy->target[i];
        bool meant = (target->kind == POL_TARGET_GROWTH) == growth && text_equal(target->name, name);
        for (int32_t y = target->first_year; y <= target->last_year && row < rows->count; y++, row++) {
            if (meant && y == year) {
                *found = any && *found != wanted ? *found : rows->status[row];
                any = true;
            }
        }
    }
    return any;
}

static void compare_target(struct arena *arena, const struct target_rows *rows, const struct interp_example *example,
                           const struct ast_expect *e, const struct ast_expected *x,
                           struct interp_mismatches *mismatches) {
    const struct word *word = find_word(x->word.text);
    bool growth = word != NULL && word->kind == WORD_GROWTH;
    struct interp_mismatch differs = {
        .example = example, .of_target = true, .claim = e->claim.text, .span = x->word.span};
    if (growth) {
        word = x->value != NULL && x->value->kind == AST_NAME ? find_word(x->value->u.name) : NULL;
    }
    if (word == NULL || word->kind != WORD_STATUS) {
        differs.expected = text_of(tr("met, missed or no_data"));
        differs.found = x->word.text;
        interp_mismatch_add(arena, mismatches, &differs);
        return;
    }
    enum interp_target_status wanted = (enum interp_target_status)word->value, found = INTERP_NO_DATA;
    bool any = find_status(rows, e->claim.text, growth, x->year, wanted, &found);
    if (!any || found != wanted) {
        const char *what = growth ? tr("growth ") : "";
        differs.expected =
            text_format(arena, tr("%s%s in %d"), what, tr(interp_target_status_name(wanted)), (int)x->year);
        differs.found = any ? text_format(arena, "%s%s", what, tr(interp_target_status_name(found)))
                            : text_of(tr("without a target"));
        interp_mismatch_add(arena, mismatches, &differs);
    }
}

void interp_example_compare_targets(struct arena *arena, const struct ir_policy *policy,
                                    const struct interp_example *example, const enum interp_target_status *status,
                                    size_t count, struct interp_mismatches *mismatches) {
    struct target_rows rows = {.policy = policy, .status = status, .count = count};
    for (const struct ast_expect *e = example->source->ast->expects; e != NULL; e = e->next) {
        for (const struct ast_expected *x = interp_expects_target(e) ? e->expected : NULL; x != NULL; x = x->next) {
            compare_target(arena, &rows, example, e, x, mismatches);
        }
    }
}
