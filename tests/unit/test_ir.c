/* The IR builder: intervals, folding, reuse; the verifier; the printer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ir/ir.h"
#include "ir/ir_opt.h"
#include "ir/ir_print.h"
#include "ir/ir_verify.h"

#define NONE IR_NO_REF

/* Claim fields after the builtin ones. */
enum { SALES = POL_CLAIM_BUILTINS, COUNT, RATE, WON, LEVEL, PLACE, CLAIM_FIELDS };

struct fixture {
    struct arena *arena;
    struct ir_policy *policy;
};

static struct ir_field field(const char *name, enum pol_type type, int64_t min, int64_t max) {
    return (struct ir_field){.name = text_of(name),
                             .column = text_of(name),
                             .type = type,
                             .enum_index = type == POL_ENUM ? 0 : POL_NONE,
                             .min = min,
                             .max = max};
}

static void add_schema(struct ir_policy *p) {
    p->claim = arena_array_of(p->arena, struct ir_field, CLAIM_FIELDS);
    p->claim_count = CLAIM_FIELDS;
    p->claim[POL_CLAIM_ID] = field("claim_id", POL_TEXT, 0, 255);
    p->claim[POL_CLAIM_APPLICANT] = field("applicant_id", POL_TEXT, 0, 255);
    p->claim[POL_CLAIM_ITEM] = field("item", POL_TEXT, 0, 255);
    p->claim[POL_CLAIM_DATE] = field("date", POL_DATE, 7305, 47481); /* 1990-01-01 to 2099-12-31 */
    p->claim[POL_CLAIM_OBJECT] = field("object_id", POL_TEXT, 0, 255);
    p->claim[POL_CLAIM_PAID] = field("paid", POL_MONEY, 0, 100000000000000);
    for (int i = 0; i < POL_CLAIM_BUILTINS; i++)
        p->claim[i].builtin = true;
    p->claim[SALES] = field("sales", POL_MONEY, 0, 100000000000000);
    p->claim[COUNT] = field("count", POL_COUNT, 1, 1000000000);
    p->claim[RATE] = field("rate", POL_RATE, 0, 1000000);
    p->claim[WON] = field("won", POL_BOOL, 0, 1);
    p->claim[LEVEL] = field("level", POL_ENUM, 0, 2);
    p->claim[PLACE] = field("place", POL_TEXT, 0, 255);
    p->profile = arena_array_of(p->arena, struct ir_field, POL_PROFILE_BUILTINS);
    p->profile_count = POL_PROFILE_BUILTINS;
    p->profile[POL_PROFILE_APPLICANT] = field("applicant_id", POL_TEXT, 0, 255);
    p->profile[POL_PROFILE_YEAR] = field("year", POL_COUNT, 1990, 2099);
    p->profile[0].builtin = p->profile[1].builtin = true;
    p->enums = arena_array_of(p->arena, struct ir_enum, 1);
    p->enum_count = 1;
    p->enums[0].name = TEXT("level");
    p->enums[0].value = arena_array_of(p->arena, struct ir_enum_value, 3);
    p->enums[0].value_count = 3;
    p->param = arena_array_of(p->arena, struct ir_param, 1);
    p->param_count = 1;
    p->param[0] = (struct ir_param){
        .name = TEXT("share"), .type = POL_COUNT, .enum_index = POL_NONE, .min = 2, .max = 9, .fallback = 1};
}

static int setup(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    f->arena = arena_new();
    f->policy = ir_policy_new(f->arena);
    add_schema(f->policy);
    ir_block_begin(f->policy, &f->policy->row);
    *state = f;
    return 0;
}

static int teardown(void **state) {
    struct fixture *f = *state;
    arena_free(f->arena);
    free(f);
    return 0;
}

static struct ir_policy *policy_of(void **state) {
    return ((struct fixture *)*state)->policy;
}

static ir_ref emit(struct ir_policy *p, enum ir_op op, ir_ref a, ir_ref b, ir_ref c) {
    return ir_emit(p, &p->row, op, a, b, c);
}

static ir_ref k(struct ir_policy *p, ir_int value) {
    return ir_const(p, &p->row, value);
}

static ir_ref claim(struct ir_policy *p, uint32_t index) {
    return ir_claim(p, &p->row, index);
}

static void assert_range(const struct ir_policy *p, ir_ref ref, int64_t lo, int64_t hi) {
    assert_int_not_equal(ref, NONE);
    assert_int_equal((int64_t)p->row.inst[ref].lo, lo);
    assert_int_equal((int64_t)p->row.inst[ref].hi, hi);
}

static void assert_const(const struct ir_policy *p, ir_ref ref, enum ir_type type, int64_t value) {
    assert_int_not_equal(ref, NONE);
    assert_int_equal(p->row.inst[ref].op, IR_CONST);
    assert_int_equal(p->row.inst[ref].type, type);
    assert_true(p->row.inst[ref].imm == value);
}

/* `op` over `a` and the constant `value`. */
static void assert_form(const struct ir_policy *p, ir_ref ref, enum ir_op op, ir_ref a, int64_t value) {
    const struct ir_inst *inst = &p->row.inst[ref];
    assert_int_equal(inst->op, op);
    assert_int_equal(inst->a, a);
    assert_const(p, inst->b, IR_INT, value);
}

/* ---- intervals --------------------------------------------------------------------------------------------------- */

static void test_intervals(void **state) {
    struct ir_policy *p = policy_of(state);
    ir_ref sales = claim(p, SALES), count = claim(p, COUNT);
    assert_range(p, sales, 0, 100000000000000);
    assert_range(p, emit(p, IR_ADD, sales, count, NONE), 1, 100001000000000);
    assert_range(p, emit(p, IR_SUB, count, sales, NONE), -99999999999999, 1000000000);
    assert_range(p, emit(p, IR_FLOORDIV, sales, count, NONE), 0, 100000000000000);
    assert_range(p, emit(p, IR_MIN, sales, count, NONE), 0, 1000000000);
    assert_range(p, emit(p, IR_MAX, sales, count, NONE), 1, 100000000000000);
    ir_ref negative = emit(p, IR_SUB, k(p, 0), count, NONE);
    assert_range(p, emit(p, IR_MUL, negative, k(p, 3), NONE), -3000000000, -3);
    assert_range(p, emit(p, IR_FLOORDIV, negative, k(p, 3), NONE), -333333334, -1);
    assert_range(p, emit(p, IR_ROUNDDIV, negative, k(p, 2), NONE), -500000000, 0); /* -1/2 rounds up to 0 */
    assert_range(p, emit(p, IR_SELECT, claim(p, WON), k(p, 5), negative), -1000000000, 5);
    assert_range(p, claim(p, LEVEL), 0, 2);
    assert_range(p, ir_param(p, &p->row, 0), 1, 9); /* its default lies outside its range */
}

static void test_overflow_is_refused(void **state) {
    struct ir_policy *p = policy_of(state);
    ir_ref big = emit(p, IR_MUL, claim(p, SALES), claim(p, SALES), NONE);
    assert_int_not_equal(big, NONE);                            /* 1e28 */
    assert_int_equal(emit(p, IR_MUL, big, big, NONE), NONE);    /* 1e56 */
    ir_ref wide = emit(p, IR_MUL, big, k(p, 8000000000), NONE); /* 8e37 < 2^126 = 8.5e37 */
    assert_int_not_equal(wide, NONE);
    assert_int_equal(emit(p, IR_ADD, wide, wide, NONE), NONE);
    assert_int_equal(ir_const(p, &p->row, IR_INT_MAX + 1), NONE);
    assert_int_not_equal(ir_const(p, &p->row, IR_INT_MAX), NONE);
    assert_int_not_equal(ir_const(p, &p->row, IR_INT_MIN), NONE);
    assert_int_equal(emit(p, IR_MUL, k(p, IR_INT_MIN), claim(p, COUNT), NONE), NONE);
}

static void test_division_needs_a_positive_divisor(void **state) {
    struct ir_policy *p = policy_of(state);
    assert_int_equal(emit(p, IR_FLOORDIV, claim(p, COUNT), claim(p, SALES), NONE), NONE);
    assert_int_equal(emit(p, IR_ROUNDDIV, claim(p, COUNT), k(p, 0), NONE), NONE);
    assert_int_equal(emit(p, IR_FLOORDIV, claim(p, COUNT), k(p, -1), NONE), NONE);
    assert_int_not_equal(emit(p, IR_FLOORDIV, claim(p, SALES), claim(p, COUNT), NONE), NONE);
}

static void test_dates(void **state) {
    struct ir_policy *p = policy_of(state);
    /* `date -d 2024-02-29 +%s` / 86400 = 19782 and so on */
    assert_int_equal(ir_day_of(1970, 1, 1), 0);
    assert_int_equal(ir_day_of(2024, 2, 29), 19782);
    assert_int_equal(ir_day_of(2000, 3, 1), 11017);
    assert_int_equal(ir_day_of(1900, 2, 28), -25509);
    assert_int_equal(ir_day_of(0, 3, 1), IR_DAY_MIN);
    assert_int_equal(ir_day_of(9999, 12, 31), IR_DAY_MAX);
    assert_int_equal(ir_day_year(19782), 2024);
    assert_int_equal(ir_day_year(-1), 1969);
    assert_int_equal(ir_day_add_years(19782, 3), ir_day_of(2027, 3, 1));
    assert_int_equal(ir_day_add_years(19782, 4), ir_day_of(2028, 2, 29));
    assert_int_equal(ir_day_add_years(19782, -124), ir_day_of(1900, 3, 1));
    assert_int_equal(ir_day_add_years(ir_day_of(2021, 1, 1), -1), ir_day_of(2020, 1, 1));
    ir_ref date = claim(p, POL_CLAIM_DATE);
    assert_range(p, emit(p, IR_YEAR, date, NONE, NONE), 1990, 2099);
    assert_range(p, emit(p, IR_ADD_YEARS, date, k(p, 1), NONE), 7670, 47846);
    assert_int_equal(emit(p, IR_ADD_YEARS, date, k(p, 8000), NONE), NONE);
    assert_int_equal(emit(p, IR_YEAR, claim(p, SALES), NONE, NONE), NONE);
    for (int32_t day = IR_DAY_MIN; day <= IR_DAY_MAX; day += 97) {
        int32_t year = ir_day_year(day);
        assert_true(ir_day_of(year, 1, 1) <= day || year == 0);
        assert_true(year == 9999 || day < ir_day_of(year + 1, 1, 1));
    }
}

static void test_rounding(void **state) {
    (void)state;
    assert_int_equal((int64_t)ir_floor_div(-7, 2), -4);
    assert_int_equal((int64_t)ir_floor_div(7, 2), 3);
    assert_int_equal((int64_t)ir_round_div(7, 2), 4);
    assert_int_equal((int64_t)ir_round_div(-7, 2), -3); /* -3.5 rounds up */
    assert_int_equal((int64_t)ir_round_div(-8, 3), -3); /* -2.67 */
    assert_int_equal((int64_t)ir_round_div(10, 4), 3);
    assert_int_equal((int64_t)ir_round_div(9, 4), 2);
    assert_true(ir_round_div(IR_INT_MAX, 1) == IR_INT_MAX);
    assert_true(ir_round_div(IR_INT_MAX, IR_INT_MAX) == 1);
    assert_true(ir_round_div(IR_INT_MIN, IR_INT_MAX) == -1);
    assert_int_equal((int64_t)ir_gcd(-12, 18), 6);
    assert_int_equal((int64_t)ir_gcd(0, 5), 5);
}

/* ---- folding and reuse ------------------------------------------------------------------------------------------- */

static void test_constants_fold(void **state) {
    struct ir_policy *p = policy_of(state);
    assert_const(p, emit(p, IR_ADD, k(p, 2), k(p, 3), NONE), IR_INT, 5);
    assert_const(p, emit(p, IR_ROUNDDIV, k(p, 5), k(p, 2), NONE), IR_INT, 3);
    assert_const(p, emit(p, IR_LT, k(p, 2), k(p, 3), NONE), IR_BOOL, 1);
    assert_const(p, emit(p, IR_LT, claim(p, SALES), k(p, 0), NONE), IR_BOOL, 0);
    assert_const(p, emit(p, IR_EQ, claim(p, LEVEL), k(p, 3), NONE), IR_BOOL, 0);
    assert_const(p, emit(p, IR_YEAR, k(p, 19782), NONE, NONE), IR_INT, 2024);
    ir_ref east = ir_text(p, &p->row, TEXT("东")), west = ir_text(p, &p->row, TEXT("西"));
    assert_const(p, emit(p, IR_TEXT_EQ, east, west, NONE), IR_BOOL, 0);
    assert_const(p, emit(p, IR_TEXT_EQ, east, ir_text(p, &p->row, TEXT("东")), NONE), IR_BOOL, 1);
}

static void test_algebra(void **state) {
    struct ir_policy *p = policy_of(state);
    ir_ref sales = claim(p, SALES), won = claim(p, WON), count = claim(p, COUNT);
    ir_ref yes = ir_bool(p, &p->row, true), no = ir_bool(p, &p->row, false);
    assert_int_equal(emit(p, IR_MUL, sales, k(p, 1), NONE), sales);
    assert_int_equal(emit(p, IR_ADD, k(p, 0), sales, NONE), sales);
    assert_int_equal(emit(p, IR_SUB, sales, k(p, 0), NONE), sales);
    assert_const(p, emit(p, IR_SUB, sales, sales, NONE), IR_INT, 0);
    assert_int_equal(emit(p, IR_AND, won, yes, NONE), won);
    assert_const(p, emit(p, IR_AND, won, no, NONE), IR_BOOL, 0);
    assert_int_equal(emit(p, IR_OR, no, won, NONE), won);
    ir_ref lost = emit(p, IR_NOT, won, NONE, NONE);
    assert_int_equal(emit(p, IR_NOT, lost, NONE, NONE), won);
    assert_const(p, emit(p, IR_OR, won, lost, NONE), IR_BOOL, 1);
    assert_int_equal(emit(p, IR_SELECT, won, sales, sales), sales);
    assert_int_equal(emit(p, IR_SELECT, lost, sales, count), emit(p, IR_SELECT, won, count, sales));
    assert_int_equal(emit(p, IR_SELECT, won, yes, no), won);
    assert_int_equal(emit(p, IR_EQ, won, no, NONE), lost);
    assert_int_equal(emit(p, IR_MIN, sales, k(p, 100000000000000), NONE), sales);
    assert_int_equal(emit(p, IR_MAX, sales, k(p, -3), NONE), sales);
    assert_form(p, emit(p, IR_ADD, emit(p, IR_ADD, sales, k(p, 4), NONE), k(p, 5), NONE), IR_ADD, sales, 9);
    assert_form(p, emit(p, IR_SUB, sales, k(p, 4), NONE), IR_ADD, sales, -4);
    assert_form(p, emit(p, IR_MIN, emit(p, IR_MIN, sales, k(p, 9), NONE), k(p, 5), NONE), IR_MIN, sales, 5);
    assert_form(p, emit(p, IR_FLOORDIV, emit(p, IR_MUL, sales, k(p, 6), NONE), k(p, 4), NONE), IR_FLOORDIV,
                emit(p, IR_MUL, sales, k(p, 3), NONE), 2);
    assert_int_equal(emit(p, IR_ROUNDDIV, emit(p, IR_MUL, sales, k(p, 100), NONE), k(p, 100), NONE), sales);
}

static void test_comparisons_reach_the_input(void **state) {
    struct ir_policy *p = policy_of(state);
    ir_ref count = claim(p, COUNT), date = claim(p, POL_CLAIM_DATE);
    ir_ref five = emit(p, IR_MUL, count, k(p, 5), NONE);
    assert_form(p, emit(p, IR_LE, five, k(p, 24), NONE), IR_LE, count, 4);
    assert_form(p, emit(p, IR_LT, five, k(p, 25), NONE), IR_LE, count, 4);
    assert_form(p, emit(p, IR_EQ, five, k(p, 25), NONE), IR_EQ, count, 5);
    assert_const(p, emit(p, IR_EQ, five, k(p, 24), NONE), IR_BOOL, 0);
    ir_ref seventh = emit(p, IR_FLOORDIV, count, k(p, 7), NONE);
    assert_form(p, emit(p, IR_LE, seventh, k(p, 2), NONE), IR_LE, count, 20);
    ir_ref half = emit(p, IR_ROUNDDIV, count, k(p, 2), NONE); /* 5/2 = 2.5 -> 3 */
    assert_form(p, emit(p, IR_LE, half, k(p, 2), NONE), IR_LE, count, 4);
    ir_ref year = emit(p, IR_YEAR, date, NONE, NONE);
    assert_form(p, emit(p, IR_LE, year, k(p, 2023), NONE), IR_LE, date, ir_day_of(2023, 12, 31));
    ir_ref later = emit(p, IR_LT, k(p, 2023), year, NONE);
    assert_const(p, p->row.inst[later].a, IR_INT, ir_day_of(2024, 1, 1));
    assert_int_equal(p->row.inst[later].b, date);
}

/* 20,000 yuan, and 10,000 more for every full 5,000,000 above 5,000,000; at most 100,000: the bound becomes one on
 * sales, and the quotient is small. */
static void test_bound_moves_below_the_steps(void **state) {
    struct ir_policy *p = policy_of(state);
    ir_ref sales = claim(p, SALES);
    ir_ref above = emit(p, IR_SUB, sales, k(p, 500000000), NONE);
    ir_ref full = emit(p, IR_FLOORDIV, above, k(p, 500000000), NONE);
    ir_ref more = emit(p, IR_MUL, full, k(p, 1000000), NONE);
    ir_ref sum = emit(p, IR_ADD, more, k(p, 2000000), NONE);
    ir_ref award = emit(p, IR_MIN, sum, k(p, 10000000), NONE);
    const struct ir_inst *inst = p->row.inst;
    assert_int_equal(inst[award].op, IR_ADD);
    ir_ref product = inst[award].a;
    assert_form(p, award, IR_ADD, product, 1000000);
    ir_ref quotient = inst[product].a;
    assert_form(p, product, IR_MUL, quotient, 1000000);
    assert_form(p, quotient, IR_FLOORDIV, inst[quotient].a, 500000000);
    assert_form(p, inst[quotient].a, IR_MIN, sales, 4500000000);
    assert_range(p, quotient, 0, 9);
    assert_range(p, award, 1000000, 10000000);
}

static void test_equal_instructions_are_shared_where_visible(void **state) {
    struct ir_policy *p = policy_of(state);
    ir_ref count = claim(p, COUNT);
    assert_int_equal(claim(p, COUNT), count);
    ir_ref sum = emit(p, IR_ADD, count, claim(p, SALES), NONE);
    assert_int_equal(emit(p, IR_ADD, claim(p, SALES), count, NONE), sum);
    assert_int_not_equal(k(p, 1), ir_bool(p, &p->row, true)); /* equal value, other type */
    ir_block_end(&p->row);
    ir_block_begin(p, &p->row);
    assert_int_equal(claim(p, COUNT), count);
    ir_ref rate = claim(p, RATE);
    ir_block_end(&p->row);
    ir_block_begin(p, &p->row);
    assert_int_equal(emit(p, IR_ADD, count, claim(p, SALES), NONE), sum);
    assert_int_not_equal(claim(p, RATE), rate); /* of a block that is not visible */
    for (int i = 0; i < 500; i++)               /* the index grows */
        assert_int_equal(k(p, 1000 + i), k(p, 1000 + i));
    assert_int_equal(claim(p, COUNT), count);
    ir_block_end(&p->row);
}

/* ---- folding never changes a value --------------------------------------------------------------------------------
 */

static uint64_t next_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

struct point { /* one claim's values */
    ir_int claim[CLAIM_FIELDS];
};

static ir_int apply(enum ir_op op, ir_int a, ir_int b, ir_int c) {
    switch (op) {
    case IR_ADD:
        return a + b;
    case IR_SUB:
        return a - b;
    case IR_MUL:
        return a * b;
    case IR_FLOORDIV:
        return a / b - (a % b < 0);
    case IR_ROUNDDIV:
        return (2 * a + b) / (2 * b) - ((2 * a + b) % (2 * b) < 0);
    case IR_MIN:
        return a < b ? a : b;
    case IR_MAX:
        return a > b ? a : b;
    case IR_EQ:
        return a == b;
    case IR_LT:
        return a < b;
    case IR_LE:
        return a <= b;
    case IR_AND:
        return a && b;
    case IR_OR:
        return a || b;
    case IR_NOT:
        return !a;
    case IR_SELECT:
        return a ? b : c;
    case IR_YEAR:
        return ir_day_year((int32_t)a);
    default:
        fail();
        return 0;
    }
}

static void evaluate(const struct ir_policy *p, const struct point *at, ir_int *value) {
    for (ir_ref i = 0; i < p->row.inst_count; i++) {
        const struct ir_inst *inst = &p->row.inst[i];
        if (inst->op == IR_CONST)
            value[i] = inst->imm;
        else if (inst->op == IR_CLAIM)
            value[i] = at->claim[inst->index];
        else
            value[i] = apply((enum ir_op)inst->op, value[inst->a], inst->b == NONE ? 0 : value[inst->b],
                             inst->c == NONE ? 0 : value[inst->c]);
        assert_true(value[i] >= inst->lo && value[i] <= inst->hi);
    }
}

enum { POINTS = 6, POOL = 60 };

/* A random expression grown from a pool; beside every instruction, what it must come to at each point. */
struct grown {
    ir_ref ref[POOL];
    bool is_bool[POOL];
    ir_int value[POOL][POINTS];
    int count;
};

static void grow_leaf(struct ir_policy *p, struct grown *g, const struct point *points, uint32_t index) {
    g->ref[g->count] = claim(p, index);
    g->is_bool[g->count] = index == WON;
    for (int i = 0; i < POINTS; i++)
        g->value[g->count][i] = points[i].claim[index];
    g->count++;
}

static void grow_const(struct ir_policy *p, struct grown *g, ir_int value) {
    g->ref[g->count] = k(p, value);
    g->is_bool[g->count] = false;
    for (int i = 0; i < POINTS; i++)
        g->value[g->count][i] = value;
    g->count++;
}

static int pick(const struct grown *g, uint64_t *seed, bool is_bool) {
    int i;
    do
        i = (int)(next_random(seed) % (uint64_t)g->count);
    while (g->is_bool[i] != is_bool);
    return i;
}

static void grow_one(struct ir_policy *p, struct grown *g, uint64_t *seed) {
    static const enum ir_op ops[] = {IR_ADD, IR_SUB, IR_MUL, IR_FLOORDIV, IR_ROUNDDIV, IR_MIN,    IR_MAX, IR_EQ,
                                     IR_LT,  IR_LE,  IR_AND, IR_OR,       IR_NOT,      IR_SELECT, IR_YEAR};
    enum ir_op op = ops[next_random(seed) % (sizeof ops / sizeof *ops)];
    bool logic = op == IR_AND || op == IR_OR || op == IR_NOT;
    bool arms = (op == IR_SELECT || op == IR_EQ) && next_random(seed) % 3 == 0;
    int a = pick(g, seed, logic || op == IR_SELECT || (op == IR_EQ && arms));
    int b = pick(g, seed, logic || arms), c = pick(g, seed, arms);
    unsigned arity = ir_op_arity[op];
    ir_ref ref = emit(p, op, g->ref[a], arity > 1 ? g->ref[b] : NONE, arity > 2 ? g->ref[c] : NONE);
    if (ref == NONE)
        return;
    g->ref[g->count] = ref;
    g->is_bool[g->count] = p->row.inst[ref].type == IR_BOOL;
    for (int i = 0; i < POINTS; i++)
        g->value[g->count][i] = apply(op, g->value[a][i], g->value[b][i], g->value[c][i]);
    g->count++;
}

static ir_int random_in(uint64_t *seed, int64_t lo, int64_t hi) {
    uint64_t how = next_random(seed) % 4;
    if (how == 0)
        return lo;
    if (how == 1)
        return hi;
    uint64_t span = (uint64_t)(hi - lo) + 1;
    return how == 2 ? lo + (int64_t)(next_random(seed) % span) : lo + (int64_t)(next_random(seed) % 40 % span);
}

static void try_random(uint64_t seed) {
    struct arena *arena = arena_new();
    struct ir_policy *p = ir_policy_new(arena);
    add_schema(p);
    ir_block_begin(p, &p->row);
    struct point points[POINTS];
    for (int i = 0; i < POINTS; i++)
        for (uint32_t f = 0; f < CLAIM_FIELDS; f++)
            points[i].claim[f] = f == WON     ? (ir_int)(next_random(&seed) % 2)
                                 : f == LEVEL ? (ir_int)(next_random(&seed) % 3)
                                              : random_in(&seed, p->claim[f].min, p->claim[f].max);
    struct grown g = {.count = 0};
    static const uint32_t leaves[] = {SALES, COUNT, RATE, WON, LEVEL, POL_CLAIM_DATE};
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++)
        grow_leaf(p, &g, points, leaves[i]);
    for (int i = 0; i < 10; i++)
        grow_const(p, &g, (ir_int)(next_random(&seed) % 12) - 3);
    grow_const(p, &g, 500000000);
    grow_const(p, &g, 2023);
    for (int i = 0; i < 200 && g.count < POOL; i++)
        grow_one(p, &g, &seed);
    ir_int *value = calloc(p->row.inst_count, sizeof *value);
    for (int i = 0; i < POINTS; i++) {
        evaluate(p, &points[i], value);
        for (int n = 0; n < g.count; n++)
            assert_true(value[g.ref[n]] == g.value[n][i]);
    }
    free(value);
    arena_free(arena);
}

static void test_folding_keeps_values(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 3000; seed++)
        try_random(seed * 0x9e3779b97f4a7c15u);
}

/* ---- verifier and printer -----------------------------------------------------------------------------------------
 */

/* One item: 5% of sales for those who won, less a constant, capped by an aux maximum. */
static void finish_policy(struct ir_policy *p) {
    struct ir_func *row = &p->row;
    p->name = TEXT("tiny");
    p->first_day = INT32_MIN;
    p->last_day = INT32_MAX;
    p->limit.excluded = p->limit.limited = p->limit.amount = NONE;
    p->rule = arena_array_of(p->arena, struct ir_rule, 4);
    p->rule_count = 4;
    p->rule[0] = (struct ir_rule){.clause = POL_NONE, .item = POL_NONE};
    p->rule[1] = (struct ir_rule){.name = TEXT("won"), .clause = POL_NONE, .item = 0, .reason = POL_INELIGIBLE};
    p->rule[2] = (struct ir_rule){.name = TEXT("suit.award"), .clause = POL_NONE, .item = 0};
    p->rule[3] = (struct ir_rule){.name = TEXT("cap.1"), .clause = POL_NONE, .item = 0, .reason = POL_CAP_REACHED};
    row->block[0].rule = k(p, 0);
    ir_block_end(row);
    struct ir_block *block = ir_block_begin(p, row);
    ir_ref rule = emit(p, IR_SELECT, claim(p, WON), k(p, 0), k(p, 1));
    ir_ref award = emit(p, IR_ROUNDDIV, claim(p, SALES), k(p, 20), NONE);
    block->rule = rule;
    block->award = award;
    row->aux_count = 1;
    block->aux = arena_array_of(p->arena, ir_ref, 1);
    block->aux[0] = claim(p, SALES);
    ir_block_end(row);
    ir_block_begin(p, &p->profile_row);
    ir_block_end(&p->profile_row);
    p->cell = arena_array_of(p->arena, struct ir_cell, 1);
    p->cell_count = 1;
    p->cell[0] = (struct ir_cell){.name = TEXT("cap.1"), .kind = POL_CELL_CAP, .clause = POL_NONE};
    p->item = arena_array_of(p->arena, struct ir_item, 1);
    p->item_count = 1;
    p->item[0] = (struct ir_item){.name = TEXT("suit"), .clause = POL_NONE, .award_rule = 2};
    p->item[0].step = arena_array_of(p->arena, struct pol_step, 2);
    p->item[0].step_count = 2;
    p->item[0].step[0] = (struct pol_step){
        .kind = POL_STEP_LESS, .cell = POL_NONE, .rule = 3, .amount = {.kind = POL_OPERAND_CONST, .value = 100}};
    p->item[0].step[1] =
        (struct pol_step){.kind = POL_STEP_CAP_MONEY, .cell = 0, .rule = 3, .max = {.kind = POL_OPERAND_AUX, .aux = 0}};
}

static void assert_valid(struct ir_policy *p) {
    struct text message;
    if (!ir_verify(p, p->arena, &message))
        fail_msg("%.*s", TEXT_ARG(message));
    assert_int_equal(message.size, 0);
}

static void assert_broken(struct ir_policy *p, const char *part) {
    struct text message;
    assert_false(ir_verify(p, p->arena, &message));
    if (!strstr(message.data, part))
        fail_msg("expected '%s' in: %s", part, message.data);
}

static void test_verifier_accepts(void **state) {
    struct ir_policy *p = policy_of(state);
    finish_policy(p);
    assert_valid(p);
}

/* Breaks one thing, expects the message, and mends it again. */
#define BREAK(place, value, part)                                                                                      \
    do {                                                                                                               \
        __typeof__(place) kept_ = (place);                                                                             \
        (place) = (value);                                                                                             \
        assert_broken(p, part);                                                                                        \
        (place) = kept_;                                                                                               \
        assert_valid(p);                                                                                               \
    } while (0)

static void test_verifier_rejects(void **state) {
    struct ir_policy *p = policy_of(state);
    finish_policy(p);
    struct ir_block *block = &p->row.block[1];
    struct ir_inst *award = &p->row.inst[block->award], *rule = &p->row.inst[block->rule];
    BREAK(award->a, block->end, "not visible");
    BREAK(award->b, NONE, "takes 2 operands");
    BREAK(award->a, rule->a, "wrong type");
    BREAK(award->hi, 4999999999999, "does not hold every value");
    BREAK(award->type, IR_BOOL, "wrong type");
    BREAK(award->op, IR_YEAR, "takes 1 operands");
    BREAK(p->row.inst[award->b].lo, 0, "may leave its domain");
    BREAK(p->row.inst[rule->c].imm, 5, "does not hold every value");
    BREAK(p->claim[SALES].max, 200000000000000, "does not hold every value");
    BREAK(p->claim_count, SALES, "not there");
    BREAK(block->award, NONE, "should not have, or has not");
    BREAK(block->rule, rule->a, "rule out of bounds");
    BREAK(p->row.aux_count, 0, "aux 0 of 0");
    BREAK(p->item[0].step[0].kind, POL_STEP_LIMIT, "limit step");
    BREAK(p->item[0].step[1].kind, POL_STEP_ONCE, "later stage");
    BREAK(p->item[0].step[1].cell, 1, "not of its kind");
    BREAK(p->item[0].step[1].max.kind, POL_OPERAND_NONE, "lacks an operand");
    BREAK(p->item[0].step[1].rule, 4, "names rule 4");
    BREAK(p->item[0].step[0].amount.value, -1, "negative operand");
    BREAK(p->item[0].award_rule, 1, "award rule");
    BREAK(p->rule[1].item, 1, "no item 1");
    BREAK(p->rule[1].reason, POL_BAD_VALUE, "ends no valid claim");
    BREAK(p->cell[0].clause, 0, "no clause 0");
    BREAK(p->limit.amount, 0, "without a limit");
    BREAK(p->claim[LEVEL].enum_index, 1, "no enum 1");
}

static void test_printer(void **state) {
    struct ir_policy *p = policy_of(state);
    finish_policy(p);
    struct text text = ir_print(p, p->arena);
    assert_non_null(strstr(text.data, "policy tiny\n"));
    assert_non_null(strstr(text.data, "claim 6 sales: money 0..100000000000000"));
    assert_non_null(strstr(text.data, "step cap.money cell 0 max aux.0 rule 3"));
    assert_non_null(strstr(text.data, "rounddiv"));
    assert_non_null(strstr(text.data, "; 0..5000000000000\n"));
    struct text_buffer out = {.arena = p->arena};
    ir_print_int(&out, IR_INT_MIN);
    assert_string_equal(text_of_buffer(&out).data, "-85070591730234615865843651857942052864");
}

static void test_sweep(void **state) {
    struct ir_policy *p = policy_of(state);
    for (int i = 0; i < 20; i++)
        emit(p, IR_ADD, claim(p, COUNT), k(p, 100 + i), NONE); /* used by nothing */
    finish_policy(p);
    ir_sweep(p);
    assert_valid(p);
    /* block 0: const 0; block 1: won, 1, select, sales, 20, rounddiv */
    assert_int_equal(p->row.block[0].end, 1);
    assert_int_equal(p->row.inst_count, 7);
    const struct ir_inst *award = &p->row.inst[p->row.block[1].award];
    assert_int_equal(award->op, IR_ROUNDDIV);
    assert_int_equal(award->a, p->row.block[1].aux[0]);
    assert_int_equal(p->row.inst[award->a].index, SALES);
}

static void test_widths(void **state) {
    struct ir_policy *p = policy_of(state);
    assert_int_equal(ir_field_width(&p->claim[POL_CLAIM_ID]), 16);
    assert_int_equal(ir_field_width(&p->claim[POL_CLAIM_ITEM]), 2);
    assert_int_equal(ir_field_width(&p->claim[POL_CLAIM_DATE]), 4);
    assert_int_equal(ir_field_width(&p->claim[SALES]), 8);
    assert_int_equal(ir_field_width(&p->claim[COUNT]), 4);
    assert_int_equal(ir_field_width(&p->claim[LEVEL]), 1);
    p->claim[COUNT].max = 3000000000;
    assert_int_equal(ir_field_width(&p->claim[COUNT]), 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_intervals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_overflow_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_division_needs_a_positive_divisor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dates, setup, teardown),
        cmocka_unit_test_setup_teardown(test_rounding, setup, teardown),
        cmocka_unit_test_setup_teardown(test_constants_fold, setup, teardown),
        cmocka_unit_test_setup_teardown(test_algebra, setup, teardown),
        cmocka_unit_test_setup_teardown(test_comparisons_reach_the_input, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bound_moves_below_the_steps, setup, teardown),
        cmocka_unit_test_setup_teardown(test_equal_instructions_are_shared_where_visible, setup, teardown),
        cmocka_unit_test_setup_teardown(test_folding_keeps_values, setup, teardown),
        cmocka_unit_test_setup_teardown(test_verifier_accepts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_verifier_rejects, setup, teardown),
        cmocka_unit_test_setup_teardown(test_printer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sweep, setup, teardown),
        cmocka_unit_test_setup_teardown(test_widths, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
