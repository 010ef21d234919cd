/* From policy text to IR: what a claim comes to is worked out by hand for every case. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check/check.h"
#include "interp/ir_eval.h"
#include "ir/ir_print.h"
#include "ir/ir_verify.h"
#include "lower/lower.h"
#include "parse.h"

#define HEAD "policy t \"t\" { effective from 2021-01-01 to 2025-12-31 }\n"
#define SCHEMA                                                                                                         \
    "applicant { kind: enum { enterprise, institution, agency, individual }  contribution: money  local, incident: "   \
    "bool }\n"                                                                                                         \
    "claim { sales, cost, assessed, prior: money  rate: rate  days: days range 0 to 366  n, m: count  won: bool\n"     \
    "  level: enum { gold, silver, bronze, tin }  place: text  first: date  shares: count range 1 to 100  age: years " \
    "range 0 to 9000 }\n"
#define ITEM(body) HEAD SCHEMA "clause 1 \"c\" { item x { " body " } }\n"

enum { YUAN = 100, WAN = 1000000 };

struct compiled {
    struct arena *arena;
    struct sources sources;
    struct diags diags;
    struct model *model;
    struct ir_policy *policy;
    struct ir_value claim[64], profile[64];
    int64_t param[16];
    const struct ir_block *block; /* of the claim evaluated last */
    struct ir_value *value;
};

/* Without failing the test when there are errors. */
static void compile_any(struct compiled *c, const char *text) {
    memset(c, 0, sizeof *c);
    c->arena = arena_new();
    sources_init(&c->sources, c->arena);
    diags_init(&c->diags, c->arena);
    struct source *file = sources_add(&c->sources, TEXT("t.pol"), text_of(text));
    struct ast_policy *ast = parse_policy(&c->sources, file, &c->diags, c->arena);
    if (ast && c->diags.error_count == 0)
        c->model = check_policy(ast, &c->sources, &c->diags, c->arena);
    if (c->model && c->diags.error_count == 0)
        c->policy = lower_policy(c->model, &c->sources, &c->diags, c->arena);
}

static void print_diags(const struct compiled *c) {
    for (const struct diag *d = c->diags.first; d; d = d->next) {
        struct place at = sources_place(&c->sources, d->span.lo);
        print_message("%s %u:%u %.*s\n", diag_code_name(d->code), at.line, at.column, TEXT_ARG(d->message));
        for (const struct diag_line *h = d->helps; h; h = h->next)
            print_message("  help: %.*s\n", TEXT_ARG(h->text));
    }
}

static void defaults(struct compiled *c) {
    const struct ir_policy *p = c->policy;
    for (uint32_t i = 0; i < p->claim_count; i++)
        c->claim[i] = (struct ir_value){
            .present = true, .number = p->claim[i].type == POL_TEXT ? 0 : p->claim[i].min, .text = TEXT("")};
    for (uint32_t i = 0; i < p->profile_count; i++)
        c->profile[i] = (struct ir_value){.present = true, .number = p->profile[i].min};
    for (uint32_t i = 0; i < p->param_count; i++)
        c->param[i] = p->param[i].fallback;
    c->claim[POL_CLAIM_DATE].number = ir_day_of(2022, 3, 1);
    c->profile[POL_PROFILE_YEAR].number = 2022;
}

static void compile(struct compiled *c, const char *text) {
    compile_any(c, text);
    if (c->diags.error_count || !c->policy) {
        print_diags(c);
        fail_msg("the policy has errors");
    }
    assert_true(c->policy->claim_count <= 64 && c->policy->profile_count <= 64 && c->policy->param_count <= 16);
    defaults(c);
}

static void release(struct compiled *c) {
    free(c->value);
    arena_free(c->arena);
}

static struct ir_value *cell(struct compiled *c, const char *name) {
    for (uint32_t i = 0; i < c->policy->claim_count; i++)
        if (text_equal(c->policy->claim[i].name, text_of(name)))
            return &c->claim[i];
    for (uint32_t i = 0; i < c->policy->profile_count; i++)
        if (text_equal(c->policy->profile[i].name, text_of(name)))
            return &c->profile[i];
    fail_msg("no field %s", name);
    return NULL;
}

static void set(struct compiled *c, const char *name, int64_t value) {
    cell(c, name)->number = value;
}

static void set_date(struct compiled *c, int32_t year, uint32_t month, uint32_t day) {
    set(c, "date", ir_day_of(year, month, day));
}

/* Evaluates the item's block; the rule that ends the claim. */
static const struct ir_rule *decide(struct compiled *c, uint32_t item) {
    const struct ir_func *row = &c->policy->row;
    struct ir_row in = {c->claim, c->profile, c->param};
    free(c->value);
    c->value = calloc(row->inst_count + 1u, sizeof *c->value);
    ir_eval_block(row, 0, &in, c->value);
    c->block = &row->block[0];
    ir_int rule = ir_eval_result(c->value, row->block[0].rule, 0);
    ir_eval_block(row, item + 1, &in, c->value);
    c->block = &row->block[item + 1];
    if (rule == 0)
        rule = ir_eval_result(c->value, c->block->rule, 0);
    return &c->policy->rule[rule];
}

static void assert_award(struct compiled *c, uint32_t item, int64_t fen) {
    const struct ir_rule *rule = decide(c, item);
    if (rule != &c->policy->rule[0])
        fail_msg("ended by %.*s", TEXT_ARG(rule->name));
    assert_int_equal((int64_t)ir_eval_result(c->value, c->block->award, 0), fen);
}

static void assert_ended(struct compiled *c, uint32_t item, enum pol_reason reason, const char *name) {
    const struct ir_rule *rule = decide(c, item);
    if (!text_equal(rule->name, text_of(name)))
        fail_msg("ended by '%.*s' instead of %s", TEXT_ARG(rule->name), name);
    assert_int_equal(rule->reason, reason);
}

static int64_t operand(struct compiled *c, struct pol_operand operand) {
    if (operand.kind == POL_OPERAND_CONST)
        return operand.value;
    assert_int_equal(operand.kind, POL_OPERAND_AUX);
    return (int64_t)ir_eval_result(c->value, c->block->aux[operand.aux], 0);
}

/* ---- awards ------------------------------------------------------------------------------------------------------ */

static void test_steps_of_a_tier(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, ITEM("award tier sales { from 500万元: 2万元, each full 500万元 adds 1万元 } at most 10万元"));
    set(&c, "sales", 500LL * WAN - 1);
    assert_ended(&c, 0, POL_INELIGIBLE, "x.no_award");
    set(&c, "sales", 500LL * WAN);
    assert_award(&c, 0, 2 * WAN);
    set(&c, "sales", 1000LL * WAN - 1);
    assert_award(&c, 0, 2 * WAN);
    set(&c, "sales", 1000LL * WAN);
    assert_award(&c, 0, 3 * WAN);
    set(&c, "sales", 4500LL * WAN - 1);
    assert_award(&c, 0, 9 * WAN);
    set(&c, "sales", 4500LL * WAN);
    assert_award(&c, 0, 10 * WAN);
    set(&c, "sales", 100000000LL * WAN);
    assert_award(&c, 0, 10 * WAN);
    release(&c);
}

static void test_tiers(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, HEAD SCHEMA "clause 1 \"c\" {\n"
                            "item falling { award tier n { from 15: 8000元, from 10: 5000元 } }\n"
                            "item higher { award tier n { above 10 to 20: 1元, above 20: 2元 } }\n"
                            "item gap { award tier n { from 1 to 2: 1元, from 5 below 7: 2元, else: 3元 } }\n"
                            "item closed { award tier n { to 3: 1元, above 3 to 5: 2元 } } }\n");
    static const int64_t expected[][5] = {
        /* n, then each item's award in yuan; 0 = none */
        {0, 0, 0, 3, 1},     {1, 0, 0, 1, 1},     {2, 0, 0, 1, 1},     {3, 0, 0, 3, 1},     {4, 0, 0, 3, 2},
        {5, 0, 0, 2, 2},     {6, 0, 0, 2, 0},     {7, 0, 0, 3, 0},     {9, 0, 0, 3, 0},     {10, 5000, 0, 3, 0},
        {11, 5000, 1, 3, 0}, {14, 5000, 1, 3, 0}, {15, 8000, 1, 3, 0}, {20, 8000, 1, 3, 0}, {21, 8000, 2, 3, 0}};
    static const char *const none[] = {"falling.no_award", "higher.no_award", "gap.no_award", "closed.no_award"};
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        set(&c, "n", expected[i][0]);
        for (uint32_t item = 0; item < 4; item++) {
            if (expected[i][item + 1])
                assert_award(&c, item, expected[i][item + 1] * YUAN);
            else
                assert_ended(&c, item, POL_INELIGIBLE, none[item]);
        }
    }
    release(&c);
}

static void test_tables(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, HEAD SCHEMA "clause 1 \"c\" {\n"
                            "item some { award by level { gold: 3元, silver, tin: 2元 } }\n"
                            "item all { award by level { gold: 3元, silver, tin: 2元, bronze: 1元 } }\n"
                            "item rest { award by level { bronze: 5元, else: 4元 } }\n"
                            "item many { award by n { 1: 1元, 2, 3: 2元 } }\n"
                            "item words { award by place { \"东\": 1元, \"西\": 2元, else: 3元 } } }\n");
    static const int64_t some[] = {3, 2, 0, 2}, all[] = {3, 2, 1, 2}, rest[] = {4, 4, 5, 4}, many[] = {0, 1, 2, 2, 0};
    for (int level = 0; level < 4; level++) {
        set(&c, "level", level);
        if (some[level])
            assert_award(&c, 0, some[level] * YUAN);
        else
            assert_ended(&c, 0, POL_INELIGIBLE, "some.no_award");
        assert_award(&c, 1, all[level] * YUAN);
        assert_award(&c, 2, rest[level] * YUAN);
    }
    for (int n = 0; n < 5; n++) {
        set(&c, "n", n);
        if (many[n])
            assert_award(&c, 3, many[n] * YUAN);
        else
            assert_ended(&c, 3, POL_INELIGIBLE, "many.no_award");
    }
    cell(&c, "place")->text = TEXT("西");
    assert_award(&c, 4, 2 * YUAN);
    cell(&c, "place")->text = TEXT("西 ");
    assert_award(&c, 4, 3 * YUAN);
    release(&c);
}

static void test_rounding_half_up_at_the_end(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, HEAD SCHEMA "clause 1 \"c\" {\n"
                            "item half { award 50% of cost }\n"
                            "item fifth { award 20% of cost at most 5万元 }\n"
                            "item third { award 1/3 of cost + 1/3 of cost + 1/3 of cost }\n"
                            "item minus { award cost - assessed } }\n");
    set(&c, "cost", 1); /* 0.5 fen */
    assert_award(&c, 0, 1);
    assert_ended(&c, 1, POL_INELIGIBLE, "fifth.no_award"); /* 0.2 fen is 0 */
    assert_award(&c, 2, 1);                                /* exact until the end */
    set(&c, "cost", 3);
    assert_award(&c, 0, 2); /* 1.5 */
    assert_award(&c, 1, 1); /* 0.6 */
    set(&c, "cost", 25LL * WAN + 2);
    assert_award(&c, 1, 5 * WAN); /* 50,000.004 is more than 50,000 */
    set(&c, "assessed", 25LL * WAN + 3);
    assert_ended(&c, 3, POL_INELIGIBLE, "minus.no_award");
    set(&c, "assessed", 25LL * WAN + 1);
    assert_award(&c, 3, 1);
    release(&c);
}

/* 50% of a year's interest: 4.35% of 1,000,000 yuan for 200 days is 23,835.62 (…/365); half is 11,917.808… */
static void test_interest(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, ITEM("award 50% * rate * sales * days / 365"));
    set(&c, "rate", 43500);
    set(&c, "sales", 100LL * WAN);
    set(&c, "days", 200);
    assert_award(&c, 0, 1191781);
    set(&c, "days", 0);
    assert_ended(&c, 0, POL_INELIGIBLE, "x.no_award");
    release(&c);
}

static void test_assessed(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, HEAD SCHEMA "clause 1 \"c\" {\n"
                            "item most { award assessed up to 50% of cost }\n"
                            "item least { award assessed at least 5万元 }\n"
                            "item share_of { award share(8:2) * cost }\n"
                            "item each { award 200元 for each n } }\n");
    set(&c, "assessed", 700);
    set(&c, "cost", 1399);
    assert_award(&c, 0, 700); /* 699.5 fen is the smaller, and rounds to 700 */
    set(&c, "cost", 1397);
    assert_award(&c, 0, 699); /* 698.5 */
    assert_award(&c, 1, 5 * WAN);
    set(&c, "assessed", 0);
    assert_award(&c, 1, 5 * WAN);
    set(&c, "assessed", 5 * WAN + 1);
    assert_award(&c, 1, 5 * WAN + 1);
    set(&c, "cost", 1001);
    assert_award(&c, 2, 801); /* 800.8 */
    set(&c, "n", 7);
    assert_award(&c, 3, 1400 * YUAN);
    release(&c);
}

/* ---- conditions -------------------------------------------------------------------------------------------------- */

static void test_conditions_in_order(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, HEAD SCHEMA "require here: applicant.local for enterprise\n"
                            "clause 1 \"c\" { item x for any except individual {\n"
                            "require second: won and not (sales < cost)\n"
                            "require third: n >= 1/3 of m\n"
                            "award 1元 } }\n");
    set(&c, "kind", 3);
    assert_ended(&c, 0, POL_INELIGIBLE, "x.kind");
    set(&c, "kind", 0);
    assert_ended(&c, 0, POL_INELIGIBLE, "here");
    set(&c, "kind", 1); /* not an enterprise */
    assert_ended(&c, 0, POL_INELIGIBLE, "second");
    set(&c, "won", 1);
    set(&c, "cost", 1);
    assert_ended(&c, 0, POL_INELIGIBLE, "second");
    set(&c, "sales", 1);
    set(&c, "m", 40);
    set(&c, "n", 13); /* 13 * 3 = 39 */
    assert_ended(&c, 0, POL_INELIGIBLE, "third");
    set(&c, "n", 14);
    assert_award(&c, 0, YUAN);
    set(&c, "kind", 0);
    set(&c, "local", 1);
    assert_award(&c, 0, YUAN);
    assert_int_equal(c.policy->rule[c.policy->item[0].award_rule].reason, POL_OK);
    assert_string_equal(c.policy->rule[c.policy->item[0].award_rule].name.data, "x.award");
    release(&c);
}

static void test_membership_and_texts(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, HEAD SCHEMA "clause 1 \"c\" {\n"
                            "item a { require level in (gold, bronze) award 1元 }\n"
                            "item b { require level not in (gold, silver, tin) award 1元 }\n"
                            "item c { require place in (\"东\", \"西\") award 1元 }\n"
                            "item d { require place != \"东\" and level is not tin award 1元 }\n"
                            "item e { require how_many(won, n > 3, place = \"东\") >= 2 award 1元 } }\n");
    static const bool in_a[] = {1, 0, 1, 0}, in_b[] = {0, 0, 1, 0};
    for (int level = 0; level < 4; level++) {
        set(&c, "level", level);
        assert_int_equal(decide(&c, 0) == &c.policy->rule[0], in_a[level]);
        assert_int_equal(decide(&c, 1) == &c.policy->rule[0], in_b[level]);
    }
    set(&c, "level", 0);
    assert_ended(&c, 2, POL_INELIGIBLE, "c.require.1");
    assert_award(&c, 3, YUAN);
    cell(&c, "place")->text = TEXT("东");
    assert_award(&c, 2, YUAN);
    assert_ended(&c, 3, POL_INELIGIBLE, "d.require.1");
    assert_ended(&c, 4, POL_INELIGIBLE, "e.require.1");
    set(&c, "n", 4);
    assert_award(&c, 4, YUAN);
    release(&c);
}

static void test_functions_and_dates(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, HEAD SCHEMA "define span = days_between(first, date)\n"
                            "clause 1 \"c\" {\n"
                            "item whole { award 1元 * floor(n / 3) + 10元 * ceil(n / 3) + 100元 * round(n / 3) }\n"
                            "item full_of { award 1元 * full(cost, 3元) }\n"
                            "item least { award min(cost, 5元, 7元) + max(1元, 0.5元) }\n"
                            "item dates { require year_of(first) = year - 1 and date < first + 1 years\n"
                            "  and years_after(first, 1) > date and span >= 100 award 1元 }\n"
                            "item each { award cost / shares } }\n");
    set(&c, "n", 5); /* 1.67: 1, 2, 2 */
    assert_award(&c, 0, 221 * YUAN);
    set(&c, "cost", 899);
    assert_award(&c, 1, 2 * YUAN);
    assert_award(&c, 2, 6 * YUAN);
    set(&c, "cost", 120);
    assert_award(&c, 2, 220);
    set(&c, "shares", 7);
    assert_award(&c, 4, 17); /* 17.14 */
    set(&c, "shares", 16);
    assert_award(&c, 4, 8); /* 7.5 rounds up */
    set(&c, "first", ir_day_of(2021, 3, 2));
    assert_award(&c, 3, YUAN);
    set(&c, "first", ir_day_of(2021, 3, 1)); /* a year has passed */
    assert_ended(&c, 3, POL_INELIGIBLE, "dates.require.1");
    set(&c, "first", ir_day_of(2021, 11, 22)); /* 99 days */
    assert_ended(&c, 3, POL_INELIGIBLE, "dates.require.1");
    set(&c, "first", ir_day_of(2021, 11, 21));
    assert_award(&c, 3, YUAN);
    release(&c);
}

static void test_if(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, ITEM("award 50% of cost at most (if level in (gold, silver) then 30元 else 15元)"));
    set(&c, "cost", 100 * YUAN);
    assert_award(&c, 0, 30 * YUAN);
    set(&c, "level", 2);
    assert_award(&c, 0, 15 * YUAN);
    set(&c, "cost", 20 * YUAN);
    assert_award(&c, 0, 10 * YUAN);
    release(&c);
}

/* ---- in force, excluded ------------------------------------------------------------------------------------------ */

static void test_days_in_force(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, ITEM("award 1元"));
    set_date(&c, 2020, 12, 31);
    assert_ended(&c, 0, POL_NOT_IN_FORCE, "in_force");
    set_date(&c, 2021, 1, 1);
    assert_award(&c, 0, YUAN);
    set_date(&c, 2025, 12, 31);
    assert_award(&c, 0, YUAN);
    set_date(&c, 2026, 1, 1);
    assert_ended(&c, 0, POL_NOT_IN_FORCE, "in_force");
    assert_int_equal(c.policy->first_day, ir_day_of(2021, 1, 1));
    assert_int_equal(c.policy->last_day, ir_day_of(2025, 12, 31));
    release(&c);
}

static void test_days_of_a_parameter(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, "policy t \"t\" { effective from 2024-01-01 lasting 3 years from commencement }\n"
                "parameter commencement: date range 2024-01-01 to 2024-12-31 default 2024-07-01 pending\n" SCHEMA
                "clause 1 \"c\" { item x { award 1元 } }\n");
    assert_int_equal(c.policy->first_day, ir_day_of(2024, 1, 1));
    assert_int_equal(c.policy->last_day, ir_day_of(2027, 6, 30));
    set_date(&c, 2024, 1, 1);
    assert_award(&c, 0, YUAN);
    set_date(&c, 2027, 6, 30);
    assert_award(&c, 0, YUAN);
    set_date(&c, 2027, 7, 1);
    assert_ended(&c, 0, POL_NOT_IN_FORCE, "in_force");
    c.param[0] = ir_day_of(2024, 2, 29);
    set_date(&c, 2027, 2, 28);
    assert_award(&c, 0, YUAN);
    set_date(&c, 2027, 3, 1);
    assert_ended(&c, 0, POL_NOT_IN_FORCE, "in_force");
    release(&c);
}

static void test_exclusions_and_profile(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, HEAD SCHEMA "clause 1 \"c\" { item x for enterprise { award 1元 } item free { award 1元 } }\n"
                            "clause 2 \"c\" { exclude incident when applicant.incident\n"
                            "exclude elsewhere when won\n"
                            "limit local: 50% of applicant.contribution per applicant, year for enterprise, agency\n"
                            "  except free carry 2 years }\n");
    set(&c, "kind", 3);
    set(&c, "won", 1);
    assert_ended(&c, 0, POL_EXCLUDED, "elsewhere"); /* before the kind */
    set(&c, "incident", 1);
    assert_ended(&c, 0, POL_EXCLUDED, "incident");
    set_date(&c, 2020, 1, 1);
    assert_ended(&c, 0, POL_NOT_IN_FORCE, "in_force");
    const struct ir_policy *p = c.policy;
    assert_true(p->limit.present);
    assert_int_equal(p->limit.carry_years, 2);
    assert_string_equal(p->limit.name.data, "local");
    assert_int_equal(p->rule[p->limit.rule].reason, POL_LIMIT);
    set(&c, "contribution", 101);
    struct ir_row in = {NULL, c.profile, c.param};
    static const bool limited[] = {1, 0, 1, 0};
    for (int kind = 0; kind < 4; kind++) {
        set(&c, "kind", kind);
        struct ir_value *value = calloc(p->profile_row.inst_count + 1u, sizeof *value);
        ir_eval_block(&p->profile_row, 0, &in, value);
        assert_int_equal((int)ir_eval_result(value, p->limit.limited, 0), limited[kind]);
        assert_int_equal((int)ir_eval_result(value, p->limit.excluded, 0), 1); /* the claim's exclusion plays no part */
        assert_int_equal((int)ir_eval_result(value, p->limit.amount, 0), 50);  /* rounded down */
        free(value);
    }
    assert_int_equal(p->item[0].step_count, 1);
    assert_int_equal(p->item[0].step[0].kind, POL_STEP_LIMIT);
    assert_int_equal(p->item[0].step[0].rule, p->limit.rule);
    assert_int_equal(p->item[1].step_count, 0);
    release(&c);
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

static void test_steps_in_stage_order(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, HEAD SCHEMA "less prior\n"
                            "clause 1 \"c\" { item x {\n"
                            "  cap top: 30万元 per applicant, year\n"
                            "  ladder up: per object_id\n"
                            "  once first: per object_id, level\n"
                            "  once one: per object_id except same year\n"
                            "  cap two: 2 claims in total when level is gold\n"
                            "  award cost }\n"
                            "item y { award cost } }\n");
    const struct ir_item *x = &c.policy->item[0];
    static const enum pol_step_kind kinds[] = {POL_STEP_ONCE, POL_STEP_ONE_YEAR,  POL_STEP_LADDER,
                                               POL_STEP_LESS, POL_STEP_CAP_MONEY, POL_STEP_CAP_CLAIMS};
    static const char *const names[] = {"first", "one", "up", NULL, "top", "two"};
    static const enum pol_reason reasons[] = {POL_ALREADY_AWARDED, POL_ALREADY_AWARDED, POL_ALREADY_AWARDED,
                                              POL_ALREADY_AWARDED, POL_CAP_REACHED,     POL_CAP_REACHED};
    assert_int_equal(x->step_count, 6);
    for (int i = 0; i < 6; i++) {
        assert_int_equal(x->step[i].kind, kinds[i]);
        assert_int_equal(c.policy->rule[x->step[i].rule].reason, reasons[i]);
        if (names[i])
            assert_string_equal(c.policy->rule[x->step[i].rule].name.data, names[i]);
    }
    set(&c, "prior", 1234);
    set(&c, "cost", 5000);
    assert_award(&c, 0, 5000);
    assert_int_equal(operand(&c, x->step[3].amount), 1234);
    assert_int_equal(operand(&c, x->step[4].max), 30 * WAN);
    assert_int_equal(x->step[4].condition.kind, POL_OPERAND_NONE);
    assert_int_equal(operand(&c, x->step[5].max), 2);
    assert_int_equal(operand(&c, x->step[5].condition), 1);
    set(&c, "level", 1);
    assert_award(&c, 0, 5000);
    assert_int_equal(operand(&c, x->step[5].condition), 0);
    assert_int_equal(c.policy->item[1].step_count, 1);
    assert_int_equal(c.policy->item[1].step[0].rule, x->step[3].rule); /* one rule for all items */
    const struct ir_cell *once = &c.policy->cell[x->step[0].cell];
    assert_int_equal(once->kind, POL_CELL_ONCE);
    assert_int_equal(once->key_count, 2);
    assert_int_equal(once->key[0].kind, POL_KEY_CLAIM_FIELD);
    assert_int_equal(once->key[0].field, POL_CLAIM_OBJECT);
    assert_int_equal(c.policy->row.aux_count, 2);
    release(&c);
}

static void test_cap_of_units(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, ITEM("award 200元 for each n\n"
                     "cap n at most (if applicant.kind is individual then 50 else 100) per applicant, year"));
    const struct pol_step *step = c.policy->item[0].step;
    assert_int_equal(c.policy->item[0].step_count, 1);
    assert_int_equal(step->kind, POL_STEP_CAP_UNITS);
    set(&c, "n", 130);
    assert_award(&c, 0, 26000 * YUAN);
    assert_int_equal(operand(&c, step->units), 130);
    assert_int_equal(operand(&c, step->price), 200 * YUAN);
    assert_int_equal(operand(&c, step->max), 100);
    set(&c, "kind", 3);
    assert_award(&c, 0, 26000 * YUAN);
    assert_int_equal(operand(&c, step->max), 50);
    release(&c);
}

static void test_cap_over_items(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, HEAD SCHEMA "clause 1 \"c\" { quote \"q\" cap both: 10万元 per applicant over x, y\n"
                            "item x { award 1元 } item y { award 2元 } item z { award 3元 } }\n");
    const struct ir_policy *p = c.policy;
    assert_int_equal(p->item[0].step_count, 1);
    assert_int_equal(p->item[1].step_count, 1);
    assert_int_equal(p->item[2].step_count, 0);
    assert_int_equal(p->item[0].step[0].cell, p->item[1].step[0].cell);
    const struct ir_rule *rule = &p->rule[p->item[0].step[0].rule];
    assert_int_equal(rule->item, POL_NONE);
    assert_int_equal(rule->clause, 0);
    assert_string_equal(rule->quote.data, "q");
    assert_string_equal(rule->source.data, "cap both: 10万元 per applicant over x, y");
    release(&c);
}

/* ---- what surrounds ---------------------------------------------------------------------------------------------- */

static void test_texts_and_needs(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, HEAD SCHEMA "clause \"（一）\" \"甲\" { quote \"原文\" lead \"局\" reading \"释\"\n"
                            "item x \"事项\" as \"甲-1\" { needs days\n"
                            "require ok: won and # 说明\n      n > 3\n award cost once per place } }\n"
                            "clause 2 \"乙\" declaratory\n");
    const struct ir_policy *p = c.policy;
    assert_int_equal(p->clause_count, 2);
    assert_string_equal(p->clause[0].title.data, "甲");
    assert_int_equal(p->clause[0].quote_count, 1);
    assert_string_equal(p->clause[0].quote[0].data, "原文");
    assert_string_equal(p->clause[0].lead[0].data, "局");
    assert_string_equal(p->clause[0].reading[0].data, "释");
    assert_true(p->clause[1].declaratory);
    assert_string_equal(p->item[0].column.data, "甲-1");
    assert_string_equal(p->item[0].quote.data, "原文");
    const struct ir_rule *rule = decide(&c, 0);
    assert_string_equal(rule->source.data, "won and n > 3");
    assert_string_equal(rule->quote.data, "原文");
    assert_int_equal(rule->item, 0);
    static const char *const needs[] = {"applicant_id", "date", "cost", "days", "n", "won", "place"};
    assert_int_equal(p->item[0].need_count, 7);
    for (int i = 0; i < 7; i++)
        assert_string_equal(p->claim[p->item[0].need[i]].name.data, needs[i]);
    release(&c);
}

static void test_targets_by_kind(void **state) {
    (void)state;
    struct compiled c;
    compile(&c, HEAD "clause 1 \"c\" {\n"
                     "target grown grows 10% every year 2021 to 2023\n"
                     "target last at least 5 in total by 2023\n"
                     "target second at least 7 every year 2021 to 2022\n"
                     "target a at least 100元 by 2023\n"
                     "target b at most 3 by 2022 }\n");
    static const char *const names[] = {"a", "b", "second", "grown", "last"};
    assert_int_equal(c.policy->target_count, 5);
    for (int i = 0; i < 5; i++)
        assert_string_equal(c.policy->target[i].name.data, names[i]);
    assert_int_equal(c.policy->target[0].value, 100 * YUAN);
    assert_int_equal(c.policy->target[1].sense, POL_AT_MOST);
    assert_int_equal(c.policy->target[3].value, 100000);
    release(&c);
}

/* ---- what only exact ranges show ----------------------------------------------------------------------------------
 */

static void assert_error(const char *text, enum diag_code code, const char *help) {
    struct compiled c;
    compile_any(&c, text);
    const struct diag *d = c.diags.first;
    while (d && d->code != code)
        d = d->next;
    if (!d) {
        print_diags(&c);
        fail_msg("expected %s", diag_code_name(code));
    }
    assert_null(c.policy);
    bool found = !help;
    for (const struct diag_line *h = d->helps; h; h = h->next)
        found = found || strstr(h->text.data, help) != NULL;
    if (!found) {
        print_diags(&c);
        fail_msg("no help says '%s'", help);
    }
    release(&c);
}

static void test_ranges(void **state) {
    (void)state;
    /* 10^14 fen times 10^9 is over 9.2 * 10^18. The largest cost that fits is 9,223,372,036 fen; one digit of it:
     * 9,000万元. */
    assert_error(ITEM("award cost * n"), DIAG_LOWER_AMOUNT, "`cost: money range 0元 to 9000万元`");
    assert_error(ITEM("award cost * n * m / 7"), DIAG_LOWER_AMOUNT, "narrower ranges for the fields");
    assert_error(ITEM("award 1元 at most 1元 * n * n * n * n * n"), DIAG_LOWER_OVERFLOW,
                 "`n: count range 0 to 10000000`");
    assert_error(ITEM("award 1元\ncap n at most 3 per applicant"), DIAG_CAP_UNITS, NULL);
    assert_error(ITEM("award (1元 * days / 7) for each n\ncap n at most 3 per applicant"), DIAG_RANGE_INEXACT, NULL);
    assert_error(ITEM("require first + age > date award 1元"), DIAG_LOWER_DATE,
                 "narrower range: `age: years range 0 to 7000`");
    assert_error(ITEM("less cost * n\naward 1元"), DIAG_LOWER_AMOUNT, "`cost: money range 0元 to 9000万元`");
    assert_error(ITEM("award cost / (n + m)"), DIAG_DIVISION_BY_ZERO, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_of_a_tier),
        cmocka_unit_test(test_tiers),
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_rounding_half_up_at_the_end),
        cmocka_unit_test(test_interest),
        cmocka_unit_test(test_assessed),
        cmocka_unit_test(test_conditions_in_order),
        cmocka_unit_test(test_membership_and_texts),
        cmocka_unit_test(test_functions_and_dates),
        cmocka_unit_test(test_if),
        cmocka_unit_test(test_days_in_force),
        cmocka_unit_test(test_days_of_a_parameter),
        cmocka_unit_test(test_exclusions_and_profile),
        cmocka_unit_test(test_steps_in_stage_order),
        cmocka_unit_test(test_cap_of_units),
        cmocka_unit_test(test_cap_over_items),
        cmocka_unit_test(test_texts_and_needs),
        cmocka_unit_test(test_targets_by_kind),
        cmocka_unit_test(test_ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
