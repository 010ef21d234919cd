/* The checker: what it makes of sound policies, and what it says of unsound ones (tests/diag/check). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/diag_print.h"
#include "check/check.h"
#include "check/constant.h"
#include "check/rat.h"
#include "diag_expect.h"
#include "parse.h"
#include "type/builtin.h"

struct checked {
    struct arena *arena;
    struct sources sources;
    struct diags diags;
    struct model *model;
};

static struct checked check_source(struct text path, struct text bytes) {
    struct checked k = {.arena = arena_new()};
    sources_init(&k.sources, k.arena);
    diags_init(&k.diags, k.arena);
    struct source *file = sources_add(&k.sources, path, bytes);
    struct ast_policy *policy = parse_policy(&k.sources, file, &k.diags, k.arena);
    assert_non_null(policy);
    k.model = check_policy(policy, &k.sources, &k.diags, k.arena);
    assert_non_null(k.model);
    diags_sort(&k.diags);
    return k;
}

static void print_diags(const struct checked *k) {
    for (const struct diag *d = k->diags.first; d; d = d->next) {
        struct place at = sources_place(&k->sources, d->span.lo);
        print_error("%.*s:%u: %s %.*s\n", TEXT_ARG(at.path), at.line, diag_code_name(d->code), TEXT_ARG(d->message));
    }
}

/* A policy without mistakes. */
static struct checked check_sound(const char *source) {
    struct checked k = check_source(TEXT("test.pol"), text_of(source));
    if (k.diags.error_count)
        print_diags(&k);
    assert_int_equal(k.diags.error_count, 0);
    return k;
}

static struct text read_file(struct arena *arena, const char *path) {
    FILE *f = fopen(path, "rb");
    if (!f)
        return (struct text){0};
    struct text_buffer b = {.arena = arena};
    char part[4096];
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;)
        text_add(&b, (struct text){part, n});
    fclose(f);
    return text_of_buffer(&b);
}

/* ---- expectations beside the lines: `#! CODE words` ---- */

static int compare_file(const char *path) {
    struct arena *arena = arena_new();
    struct text source = read_file(arena, path);
    assert_true(source.size > 0);
    struct checked k = check_source(text_of(path), source);
    int wrong = expect_diags(path, source, &k.sources, k.diags.first);
    arena_free(k.arena);
    arena_free(arena);
    return wrong;
}

static void test_diagnostics(void **state) {
    (void)state;
    expect_folder(POL_SOURCE_DIR "/tests/diag/check", 7, compare_file);
}

/* ---- the policies we ship ---- */

static void test_policies(void **state) {
    (void)state;
    static const char *const names[] = {"dongyang", "lianzhou", "zhangzhou", "ningbo"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/policies/%s.pol", POL_SOURCE_DIR, names[i]);
        struct arena *arena = arena_new();
        struct text source = read_file(arena, path);
        if (source.size) {
            struct checked k = check_source(text_of(path), source);
            if (k.diags.error_count)
                print_diags(&k);
            assert_int_equal(k.diags.error_count, 0);
            arena_free(k.arena);
        }
        arena_free(arena);
    }
}

/* ---- the model ---- */

static const char *const small =
    "policy small \"小\" { issuer \"市\" effective from 2021-01-01 lasting 3年 from start }\n"
    "parameter start: date range 2024-01-01 to 2024-12-31 default 2024-07-01 pending\n"
    "applicant { kind: enum { enterprise \"企业\" as \"ent\", agency, individual } local: bool contribution: money }\n"
    "claim { object_id as \"专利号\" or \"patent\" cost, fee \"费\" as \"f1\" or \"f2\": money\n"
    "  share: rate default 1.5%  number: count range 1 to 50  sales: money  level: enum { gold, silver }\n"
    "  before: money default 0元  city: bool default no  product: text }\n"
    "define half = cost / 2\n"
    "clause 1 \"甲\" { quote \"原文一\" lead \"局\"\n"
    "  item a \"事项甲\" as \"A\" for enterprise, agency { quote \"原文二\" reading \"解\"\n"
    "    require half > 5元\n"
    "    require big: sales >= 100万元 for agency\n"
    "    needs product\n"
    "    award 200元 for each number\n"
    "    once per object_id\n"
    "    once first: per applicant except same year\n"
    "    cap number at most 10件 per applicant, year\n"
    "    cap 2 claims in total when level = gold }\n"
    "  item b for any except individual { award by level { gold: 5元, silver: 3元 } ladder per product }\n"
    "  require applicant.local\n"
    "  ladder shared: per object_id over a, b\n"
    "  cap 30万元 per applicant over b }\n"
    "clause 2 { less before exclude moved when city exclude away when not local }\n"
    "clause 3 declaratory\n"
    "limit own: contribution per applicant, year for enterprise except b carry 2年\n"
    "clause 4 { target t \"指标\" as \"t1\" at least 10亿元 by 2023\n"
    "  target t grows 10% every year 2021 to 2022\n"
    "  target u at most 5件 every year 2020 to 2022 }\n";

static const struct model_field *claim_field(const struct model *m, const char *name) {
    for (uint32_t i = 0; i < m->claim_count; i++)
        if (text_equal(m->claim[i].name, text_of(name)))
            return &m->claim[i];
    fail_msg("no field %s", name);
    return NULL;
}

#define assert_text(t, z) assert_true(text_equal((t), text_of(z)))

static void test_fields(void **state) {
    (void)state;
    struct checked k = check_sound(small);
    const struct model *m = k.model;
    assert_text(m->name, "small");
    assert_text(m->issuer, "市");
    assert_int_equal(m->years, 3);
    assert_non_null(m->years_from);
    assert_int_equal(m->claim_count, POL_CLAIM_BUILTINS + 9);
    assert_int_equal(m->profile_count, POL_PROFILE_BUILTINS + 3);
    const struct model_field *object = &m->claim[POL_CLAIM_OBJECT];
    assert_text(object->name, "object_id");
    assert_text(object->column, "专利号");
    assert_int_equal(object->alias_count, 1);
    assert_text(object->alias[0], "patent");
    assert_true(object->builtin && object->used);
    const struct model_field *share = claim_field(m, "share");
    assert_true(share->has_default);
    assert_int_equal(share->fallback, 15000); /* 1.5% in millionths */
    assert_int_equal(share->max, 1000000);
    assert_false(share->used);
    const struct model_field *fee = claim_field(m, "fee");
    assert_text(fee->column, "f1");
    assert_text(fee->alias[0], "f2");
    assert_text(fee->label, "费");
    assert_int_equal(fee->max, 100000000000000);
    assert_int_equal(claim_field(m, "number")->max, 50);
    assert_int_equal(m->params[0].fallback, 19905); /* 2024-07-01 */
    assert_int_equal(m->params[0].min, 19723);      /* 2024-01-01 */
    assert_true(m->params[0].pending && m->params[0].used);
    assert_text(m->profile[POL_PROFILE_BUILTINS].enumeration->value[0].column, "ent");
    assert_int_equal(m->enum_count, 2);
    assert_int_equal(k.diags.warning_count, 3); /* still open; fee and share are not used */
    arena_free(k.arena);
}

static void test_items(void **state) {
    (void)state;
    struct checked k = check_sound(small);
    const struct model *m = k.model;
    const struct model_item *a = m->items, *b = a->next;
    assert_int_equal(m->item_count, 2);
    assert_text(a->column, "A");
    assert_text(a->quote, "原文二");
    assert_text(b->quote, "原文一");
    assert_true(a->kinds.allowed[0] && a->kinds.allowed[1] && !a->kinds.allowed[2]);
    assert_true(b->kinds.allowed[0] && b->kinds.allowed[1] && !b->kinds.allowed[2]);
    assert_text(sources_text(&k.sources, a->unit_price->span), "200元");
    assert_text(sources_text(&k.sources, a->unit_count->span), "number");
    assert_null(b->unit_price);
    assert_true(a->limited && !b->limited);

    const struct model_require *r = a->
                                        requires;
    assert_text(r->name, "a.kind");
    assert_null(r->condition);
    assert_text((r = r->next)->name, "a.require.1");
    assert_text((r = r->next)->name, "big");
    assert_true(!r->kinds.allowed[0] && r->kinds.allowed[1]);
    assert_text((r = r->next)->name, "policy.require.1");
    assert_true(r->of_policy);
    assert_ptr_equal(r->condition, b->requires->next->condition);
    assert_null(r->next);

    const char *needed[] = {"applicant_id", "date",  "object_id", "cost",   "number",
                            "sales",        "level", "product",   "before", "city"};
    uint32_t count = 0;
    for (uint32_t i = 0; i < m->claim_count; i++)
        count += a->needs[i];
    assert_int_equal(count, 10);
    for (size_t i = 0; i < 10; i++)
        assert_true(a->needs[claim_field(m, needed[i])->index]);
    const char *needed_b[] = {"applicant_id", "date", "object_id", "level", "product", "before", "city"};
    count = 0;
    for (uint32_t i = 0; i < m->claim_count; i++)
        count += b->needs[i];
    assert_int_equal(count, 7);
    for (size_t i = 0; i < 7; i++)
        assert_true(b->needs[claim_field(m, needed_b[i])->index]);
    assert_text(a->less->name, "less.1");
    assert_non_null(b->less);
    arena_free(k.arena);
}

static void test_cells(void **state) {
    (void)state;
    struct checked k = check_sound(small);
    const struct model *m = k.model;
    static const struct {
        const char *name;
        enum pol_cell_kind kind;
        uint32_t keys;
    } cells[] = {{"a.once.1", POL_CELL_ONCE, 1}, {"first", POL_CELL_ONE_YEAR, 1},  {"a.cap.1", POL_CELL_CAP, 2},
                 {"a.cap.2", POL_CELL_CAP, 0},   {"b.ladder", POL_CELL_LADDER, 1}, {"shared", POL_CELL_LADDER, 1},
                 {"cap.1", POL_CELL_CAP, 1}};
    const struct model_cell *c = m->cells;
    assert_int_equal(m->cell_count, 7);
    for (size_t i = 0; i < 7; i++, c = c->next) {
        assert_text(c->name, cells[i].name);
        assert_int_equal(c->kind, cells[i].kind);
        assert_int_equal(c->key_count, cells[i].keys);
        assert_int_equal(c->index, i);
    }
    assert_int_equal(m->cells->next->next->measure, POL_STEP_CAP_UNITS);
    assert_int_equal(m->cells->next->next->next->measure, POL_STEP_CAP_CLAIMS);
    assert_non_null(m->cells->next->next->next->when);
    const struct model_use *use = m->items->uses; /* of a: its own four and the shared ladder */
    for (int i = 0; i < 4; i++, use = use->next)
        assert_int_equal(use->cell->index, i);
    assert_text(use->cell->name, "shared");
    assert_null(use->next);
    use = m->items->next->uses;
    assert_text(use->cell->name, "b.ladder");
    assert_ptr_equal(use->next->cell, m->items->uses->next->next->next->next->cell);
    assert_text(use->next->next->cell->name, "cap.1");
    arena_free(k.arena);
}

static void test_policy_rules(void **state) {
    (void)state;
    struct checked k = check_sound(small);
    const struct model *m = k.model;
    assert_text(m->exclusions->name, "moved");
    assert_false(m->exclusions->of_profile);
    assert_true(m->exclusions->next->of_profile);
    assert_text(m->limit->name, "own");
    assert_int_equal(m->limit->carry_years, 2);
    assert_true(m->limit->kinds.allowed[0] && !m->limit->kinds.allowed[1]);
    const struct model_clause *clause = m->clauses;
    assert_int_equal(m->clause_count, 4);
    assert_text(clause->quotes->text, "原文一");
    assert_text(clause->quotes->next->text, "原文二");
    assert_text(clause->readings->text, "解");
    assert_text(clause->lead->text, "局");
    assert_true(clause->next->next->declaratory && !clause->declaratory);
    const struct model_target *t = m->targets;
    assert_int_equal(m->target_count, 3);
    assert_int_equal(t->type, POL_MONEY);
    assert_int_equal(t->value, 100000000000); /* 10亿元 in fen */
    assert_text(t->column, "t1");
    assert_true(t->first_year == 2023 && t->last_year == 2023 && t->sense == POL_AT_LEAST);
    t = t->next;
    assert_int_equal(t->kind, POL_TARGET_GROWTH);
    assert_int_equal(t->type, POL_MONEY);
    assert_int_equal(t->value, 100000);
    assert_text(t->column, "t1");
    assert_text(t->label, "指标");
    t = t->next;
    assert_true(t->type == POL_COUNT && t->sense == POL_AT_MOST && t->value == 5 && t->first_year == 2020);
    arena_free(k.arena);
}

/* Rows may fall as well as rise; what a row leaves open comes from its neighbour. */
static void check_tier_bounds(const char *rows, const enum ast_bound expected[][2]) {
    char source[512];
    snprintf(
        source, sizeof source,
        "policy p { effective from 2021-01-01 } claim { age: years } clause 1 { item a { award tier age { %s } } }",
        rows);
    struct checked k = check_sound(source);
    const struct model_tier *tier = k.model->items->award->decl;
    for (uint32_t i = 0; i < tier->count; i++) {
        assert_int_equal(tier->row[i].lower, expected[i][0]);
        assert_int_equal(tier->row[i].upper, expected[i][1]);
    }
    arena_free(k.arena);
}

static void test_tiers(void **state) {
    (void)state;
    check_tier_bounds("from 10年: 5元, from 15年: 8元",
                      (const enum ast_bound[][2]){{AST_BOUND_FROM, AST_BOUND_BELOW}, {AST_BOUND_FROM, AST_BOUND_NONE}});
    check_tier_bounds(
        "from 15年: 8元, above 10年: 5元",
        (const enum ast_bound[][2]){{AST_BOUND_FROM, AST_BOUND_NONE}, {AST_BOUND_ABOVE, AST_BOUND_BELOW}});
    check_tier_bounds("to 5年: 1元, below 10年: 2元, else: 3元",
                      (const enum ast_bound[][2]){{AST_BOUND_NONE, AST_BOUND_TO}, {AST_BOUND_ABOVE, AST_BOUND_BELOW}});
    check_tier_bounds("below 5年: 1元, from 5年 to 9年: 2元, above 9年: 3元",
                      (const enum ast_bound[][2]){{AST_BOUND_NONE, AST_BOUND_BELOW},
                                                  {AST_BOUND_FROM, AST_BOUND_TO},
                                                  {AST_BOUND_ABOVE, AST_BOUND_NONE}});
}

/* An enum value, a field and an item may share a name; the place decides which is meant. */
static void test_shared_names(void **state) {
    (void)state;
    struct checked k = check_sound("policy p { effective from 2021-01-01 }\n"
                                   "applicant { kind: enum { operator, bank } }\n"
                                   "claim { national: bool level: enum { national, city } }\n"
                                   "clause 1 { item operator for operator { require national and level = national\n"
                                   "  require city = level award 5元 } }\n");
    const struct ast_expr *both = k.model->items->
                                      requires
        ->next->condition;
    assert_int_equal(((const struct decl *)both->u.binary.left->decl)->kind, DECL_FIELD);
    assert_int_equal(((const struct decl *)both->u.binary.right->u.binary.right->decl)->kind, DECL_ENUM_VALUE);
    arena_free(k.arena);
}

/* The example of the language: half of a rate, of money, by the day. */
static void test_interest(void **state) {
    (void)state;
    struct checked k =
        check_sound("policy p { effective from 2021-01-01 }\n"
                    "claim { benchmark: rate principal: money days: days range 0 to 366 number, high: count }\n"
                    "clause 1 { item a { require high >= 1/3 of number\n"
                    "  award 50% of benchmark * principal * days / 365 } }\n");
    assert_int_equal(k.model->items->award->type->kind, TYPE_MONEY);
    arena_free(k.arena);
}

static void test_chinese_names(void **state) {
    (void)state;
    struct checked k = check_sound(
        "政策 某市 { 施行 从 2024年2月2日 }\n"
        "申请 { 对象编号 记作 \"专利号\" 金额一：金额 }\n"
        "条款 (一) { 事项 甲 { 要求 日期 不少于 2024年3月1日 奖励 最小(金额一, 5元) 不重复 每 对象编号 } }\n"
        "条款 \"二\" 宣示\n");
    assert_text(k.model->claim[POL_CLAIM_OBJECT].column, "专利号");
    assert_true(k.model->items->needs[POL_CLAIM_OBJECT]);
    arena_free(k.arena);
}

static void test_constants(void **state) {
    (void)state;
    struct checked k =
        check_sound("policy p { effective from 2021-01-01 } claim { c: money }\n"
                    "clause 1 { item a { award c less 3 * 1.5元 at most 100元 require c > 12.5% of 80元 } }\n");
    const struct type *money = type_basic(k.model->types, TYPE_MONEY);
    int64_t value;
    assert_true(check_constant_value(k.arena, k.model->items->less->amount->u.binary.left, money, &value));
    assert_int_equal(value, 450);
    assert_true(check_constant_value(k.arena, k.model->items->requires->condition->u.binary.right, money, &value));
    assert_int_equal(value, 1000);
    assert_false(check_constant_value(k.arena, k.model->items->award, money, &value));
    assert_text(check_cell_text(k.arena, money, 450), "4.50");
    assert_text(check_cell_text(k.arena, type_basic(k.model->types, TYPE_RATE), 43500), "0.043500");
    assert_text(check_cell_text(k.arena, type_basic(k.model->types, TYPE_DATE), 18628), "2021-01-01");
    arena_free(k.arena);
}

/* ---- parts ---- */

static void test_operators(void **state) {
    (void)state;
    assert_int_equal(builtin_binary(BUILTIN_ADD, TYPE_MONEY, TYPE_MONEY), TYPE_MONEY);
    assert_int_equal(builtin_binary(BUILTIN_ADD, TYPE_MONEY, TYPE_NUMBER), TYPE_ERROR);
    assert_int_equal(builtin_binary(BUILTIN_MUL, TYPE_MONEY, TYPE_MONEY), TYPE_ERROR);
    assert_int_equal(builtin_binary(BUILTIN_DIV, TYPE_MONEY, TYPE_MONEY), TYPE_RATE);
    assert_int_equal(builtin_binary(BUILTIN_DIV, TYPE_COUNT, TYPE_COUNT), TYPE_RATE);
    assert_int_equal(builtin_binary(BUILTIN_MUL, TYPE_RATE, TYPE_COUNT), TYPE_COUNT);
    assert_int_equal(builtin_binary(BUILTIN_SUB, TYPE_DATE, TYPE_DATE), TYPE_DAYS);
    assert_int_equal(builtin_binary(BUILTIN_ADD, TYPE_DATE, TYPE_NUMBER), TYPE_ERROR);
    assert_int_equal(builtin_binary(BUILTIN_OF, TYPE_RATE, TYPE_DAYS), TYPE_DAYS);
    assert_int_equal(builtin_binary(BUILTIN_MUL, TYPE_RATE, TYPE_DAYS), TYPE_NUMBER);
    assert_true(builtin_comparable(BUILTIN_ORDER, TYPE_COUNT, TYPE_NUMBER));
    assert_false(builtin_comparable(BUILTIN_ORDER, TYPE_MONEY, TYPE_NUMBER));
    assert_false(builtin_comparable(BUILTIN_ORDER, TYPE_BOOL, TYPE_BOOL));
    assert_true(builtin_comparable(BUILTIN_EQUAL, TYPE_TEXT, TYPE_TEXT));
    assert_int_equal(builtin_common(TYPE_NUMBER, TYPE_YEARS), TYPE_YEARS);
    assert_int_equal(builtin_common(TYPE_NUMBER, TYPE_MONEY), TYPE_ERROR);
}

static void test_rationals(void **state) {
    (void)state;
    struct rat third = rat_of(-2, -6);
    assert_true(third.num == 1 && third.den == 3);
    assert_int_equal(rat_compare(rat_add(third, third), rat_of(2, 3)), 0);
    assert_true(rat_floor(rat_of(-7, 2)).num == -4 && rat_ceil(rat_of(-7, 2)).num == -3);
    assert_true(rat_round(rat_of(5, 2)).num == 3 && rat_round(rat_of(-5, 2)).num == -2);
    ast_int big = (ast_int)1 << 126;
    assert_int_equal(rat_compare(rat_of(big, big - 1), rat_of(big + 1, big)), 1);
    assert_int_equal(rat_compare(rat_of(-big, big - 1), rat_of(-big - 1, big)), -1);
    assert_false(rat_valid(rat_add(rat_int(big), rat_int(big))));
    assert_false(rat_valid(rat_mul(rat_int(big), rat_int(4))));
    assert_true(rat_valid(rat_mul(rat_int(big), rat_of(1, big))));
    assert_false(rat_valid(rat_div(third, rat_int(0))));
    int64_t out;
    assert_false(rat_to_int64(third, &out));
    assert_false(rat_to_int64(rat_int((ast_int)INT64_MAX + 1), &out));
    assert_true(rat_to_int64(rat_int(INT64_MIN), &out) && out == INT64_MIN);
}

/* ---- sizes ---- */

static void test_many_clauses(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct text_buffer b = {.arena = arena};
    text_addf(&b, "policy p { effective from 2021-01-01 } claim { c: money }\n");
    for (int i = 0; i < 100000; i++)
        text_addf(&b, "clause %d { define d%d = c + %d元 }\n", i, i, i);
    struct checked k = check_source(TEXT("many.pol"), text_of_buffer(&b));
    assert_int_equal(k.diags.error_count, 0);
    assert_int_equal(k.model->clause_count, 100000);
    arena_free(k.arena);
    arena_free(arena);
}

/* d0 = c, d1 = d0 + d0, …: written out it doubles with each line. */
static void test_doubling_definitions(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct text_buffer b = {.arena = arena};
    text_addf(&b, "policy p { effective from 2021-01-01 } claim { c: money } define d0 = c\n");
    for (int i = 1; i < 64; i++)
        text_addf(&b, "define d%d = d%d + d%d\n", i, i - 1, i - 1);
    text_addf(&b, "clause 1 { item a { award d63 } }\n");
    struct checked k = check_source(TEXT("doubling.pol"), text_of_buffer(&b));
    assert_int_equal(k.diags.error_count, 1);
    assert_string_equal(diag_code_name(k.diags.first->code), "E0002");
    arena_free(k.arena);
    arena_free(arena);
}

/* Each definition uses the next one: as deep as it is long. */
static void test_deep_definitions(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct text_buffer b = {.arena = arena};
    text_addf(&b, "policy p { effective from 2021-01-01 } claim { c: money }\n");
    for (int i = 0; i < 20000; i++)
        text_addf(&b, "define d%d = d%d\n", i, i + 1);
    text_addf(&b, "define d20000 = c clause 1 { item a { award d0 } }\n");
    struct checked k = check_source(TEXT("deep.pol"), text_of_buffer(&b));
    assert_true(k.diags.error_count >= 1);
    assert_string_equal(diag_code_name(k.diags.first->code), "E0002");
    arena_free(k.arena);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_diagnostics),
        cmocka_unit_test(test_policies),
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_items),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_policy_rules),
        cmocka_unit_test(test_tiers),
        cmocka_unit_test(test_shared_names),
        cmocka_unit_test(test_interest),
        cmocka_unit_test(test_chinese_names),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_operators),
        cmocka_unit_test(test_rationals),
        cmocka_unit_test(test_many_clauses),
        cmocka_unit_test(test_doubling_definitions),
        cmocka_unit_test(test_deep_definitions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
