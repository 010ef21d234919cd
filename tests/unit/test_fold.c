/* The fold and the limit, on hand-made policies: every expected amount is worked out by hand. Amounts are in yuan and
 * written through Y(). */
#include "core_fixture.h"

#define Y(yuan) ((int64_t)(yuan) * 100)

static const struct pol_key by_applicant = {.kind = POL_KEY_APPLICANT};
static const struct pol_key by_year = {.kind = POL_KEY_YEAR};
static const struct pol_key by_object = {.kind = POL_KEY_CLAIM_FIELD, .field = POL_CLAIM_OBJECT};
static const struct pol_key by_region = {.kind = POL_KEY_CLAIM_FIELD, .field = F_REGION};
static const struct pol_key by_level = {.kind = POL_KEY_CLAIM_FIELD, .field = F_LEVEL};
static const struct pol_key by_item = {.kind = POL_KEY_ITEM};

static void expect(const pol_run *run, uint64_t row, enum pol_decision_kind kind, enum pol_reason reason,
                   int64_t entitled, int64_t payable) {
    struct pol_decision d = fx_decision(run, row);
    if (d.kind != kind || d.reason != reason || d.entitled != entitled || d.payable != payable)
        fail_msg("claim %llu: %s, %s, entitled %lld, payable %lld", (unsigned long long)row, pol_decision_name(d.kind),
                 pol_reason_name(d.reason), (long long)d.entitled, (long long)d.payable);
}

static void expect_later(const pol_run *run, uint64_t row, int64_t carried, int64_t outstanding, int64_t lapsed) {
    struct pol_decision d = fx_decision(run, row);
    if (d.carried != carried || d.outstanding != outstanding || d.lapsed != lapsed)
        fail_msg("claim %llu: carried %lld, outstanding %lld, lapsed %lld", (unsigned long long)row,
                 (long long)d.carried, (long long)d.outstanding, (long long)d.lapsed);
}

static const struct fx_profile plain_profiles[] = {
    {"A", 2021, false, false, 0}, {"A", 2022, false, false, 0}, {"B", 2021, false, false, 0},
    {"B", 2022, false, false, 0}, {"C", 2021, false, false, 0},
};

static pol_run *decide_plain(const pol_module *module, const struct fx_claim *claim, uint32_t count, unsigned threads) {
    return fx_run(module, plain_profiles, FX_LEN(plain_profiles), claim, count,
                  (struct fx_options){.threads = threads});
}

/* ---- stage 5 ------------------------------------------------------------------------------------------------------
 */

static void once_blocks_whoever_comes_second(void **state) {
    (void)state;
    static struct db b;
    fx_begin(&b);
    uint32_t per_object = db_cell(&b, POL_CELL_ONCE, &by_object, 1);
    uint32_t per_applicant = db_cell(&b, POL_CELL_ONCE, &by_applicant, 1);
    uint32_t item = fx_item(&b, "x"), rule_object = db_rule(&b, "x.object", POL_ALREADY_AWARDED);
    uint32_t rule_applicant = db_rule(&b, "x.applicant", POL_ALREADY_AWARDED);
    db_step(&b, item, POL_STEP_ONCE, per_object, rule_object);
    db_step(&b, item, POL_STEP_ONCE, per_applicant, rule_applicant);
    pol_module *m = fx_module(&b);
    static const struct fx_claim claims[] = {
        {"c1", "A", 0, "2021-01-01", "o1", Y(10)},
        {"c2", "B", 0, "2021-01-02", "o1", Y(10)}, /* the object was used, by another applicant */
        {"c3", "B", 0, "2021-01-03", "o2", Y(10)}, /* c2 used up nothing: B may */
        {"c4", "A", 0, "2022-01-03", "o3", Y(10)}, /* A had one, in another year */
        {"c5", "C", 0, "2021-01-04", "o3", Y(10)}, /* c4 comes later, and used up nothing anyway */
    };
    pol_run *run = decide_plain(m, claims, 5, 1);
    expect(run, 0, POL_GRANTED, POL_OK, Y(10), Y(10));
    expect(run, 1, POL_DENIED, POL_ALREADY_AWARDED, 0, 0);
    assert_int_equal(fx_decision(run, 1).rule, rule_object);
    assert_int_equal(fx_decision(run, 1).award, Y(10)); /* stage 4 was reached */
    expect(run, 2, POL_GRANTED, POL_OK, Y(10), Y(10));
    assert_int_equal(fx_decision(run, 2).rule, b.item[0].award_rule);
    expect(run, 3, POL_DENIED, POL_ALREADY_AWARDED, 0, 0);
    /* c4 is blocked by A's claim c1, and by c5's use of o3 before it: the first step is the one that is named */
    assert_int_equal(fx_decision(run, 3).rule, rule_object);
    expect(run, 4, POL_GRANTED, POL_OK, Y(10), Y(10));
    pol_run_free(run);
    pol_module_close(m);
}

static void claims_are_decided_by_date_then_id_bytes(void **state) {
    (void)state;
    static struct db b;
    fx_begin(&b);
    uint32_t cell = db_cell(&b, POL_CELL_ONCE, &by_object, 1);
    uint32_t item = fx_item(&b, "x");
    db_step(&b, item, POL_STEP_ONCE, cell, db_rule(&b, "once", POL_ALREADY_AWARDED));
    pol_module *m = fx_module(&b);
    static const struct fx_claim claims[] = {
        {"c9", "A", 0, "2021-05-01", "o1", 100},  /* after c10: bytes, not numbers */
        {"c10", "A", 0, "2021-05-01", "o1", 100}, /* the first of its day */
        {"a", "A", 0, "2021-05-02", "o1", 100},   /* a day later */
        {"d1", "B", 0, "2021-06-01", "o2", 100},
        {"d", "B", 0, "2021-06-01", "o2", 100}, /* the beginning goes first */
        {"\xe4\xb8\xad", "C", 0, "2021-07-01", "o3", 100},
        {"z", "C", 0, "2021-07-01", "o3", 100}, /* bytes unsigned */
    };
    pol_run *run = decide_plain(m, claims, 7, 1);
    static const bool granted[] = {false, true, false, false, true, false, true};
    for (uint64_t i = 0; i < 7; i++)
        expect(run, i, granted[i] ? POL_GRANTED : POL_DENIED, granted[i] ? POL_OK : POL_ALREADY_AWARDED,
               granted[i] ? 100 : 0, granted[i] ? 100 : 0);
    pol_run_free(run);
    pol_module_close(m);
}

static void one_year_blocks_other_years_only(void **state) {
    (void)state;
    static struct db b;
    fx_begin(&b);
    uint32_t cell = db_cell(&b, POL_CELL_ONE_YEAR, &by_object, 1);
    uint32_t item = fx_item(&b, "x");
    db_step(&b, item, POL_STEP_ONE_YEAR, cell, db_rule(&b, "one_year", POL_ALREADY_AWARDED));
    pol_module *m = fx_module(&b);
    static const struct fx_claim claims[] = {
        {"c1", "A", 0, "2021-03-01", "o1", 100}, {"c2", "B", 0, "2021-12-31", "o1", 100}, /* same year, fine */
        {"c3", "A", 0, "2022-01-01", "o1", 100},                                          /* another year */
        {"c4", "A", 0, "2022-01-02", "o2", 100}, {"c5", "B", 0, "2022-12-31", "o2", 100},
    };
    pol_run *run = decide_plain(m, claims, 5, 1);
    expect(run, 0, POL_GRANTED, POL_OK, 100, 100);
    expect(run, 1, POL_GRANTED, POL_OK, 100, 100);
    expect(run, 2, POL_DENIED, POL_ALREADY_AWARDED, 0, 0);
    expect(run, 3, POL_GRANTED, POL_OK, 100, 100);
    expect(run, 4, POL_GRANTED, POL_OK, 100, 100);
    pol_run_free(run);
    pol_module_close(m);
}

/* A ladder of two items, and `less` beside it. */
static void ladders_pay_the_difference(void **state) {
    (void)state;
    static struct db b;
    fx_begin(&b);
    uint32_t cell = db_cell(&b, POL_CELL_LADDER, &by_object, 1);
    uint32_t ladder = db_rule(&b, "ladder", POL_ALREADY_AWARDED), less = db_rule(&b, "less", POL_ALREADY_AWARDED);
    for (int i = 0; i < 2; i++) {
        uint32_t item = fx_item(&b, i ? "y" : "x");
        db_step(&b, item, POL_STEP_LADDER, cell, ladder);
        db_step(&b, item, POL_STEP_LESS, POL_NONE, less)->amount = db_aux(A_LESS);
    }
    pol_module *m = fx_module(&b);
    static const struct fx_claim claims[] = {
        {"c1", "A", 0, "2021-01-01", "o1", Y(100), .less = -1},
        {"c2", "B", 1, "2021-02-01", "o1", Y(300), .less = -1},     /* 300 - 100 */
        {"c3", "A", 0, "2021-03-01", "o1", Y(300), .less = -1},     /* nothing left */
        {"c4", "A", 0, "2021-04-01", "o1", Y(500), .less = Y(350)}, /* 500 - max(300, 350) */
        {"c5", "A", 0, "2021-05-01", "o1", Y(550), .less = Y(20)},  /* 550 - 500: the award is remembered, not 150 */
        {"c6", "A", 0, "2021-06-01", "o2", Y(80), .less = Y(80)},   /* nothing left */
        {"c7", "A", 0, "2021-07-01", "o2", Y(90), .less = Y(89)},   /* c6 moved no ladder */
    };
    pol_run *run = decide_plain(m, claims, 7, 1);
    expect(run, 0, POL_GRANTED, POL_OK, Y(100), Y(100));
    expect(run, 1, POL_GRANTED, POL_OK, Y(200), Y(200));
    assert_int_equal(fx_decision(run, 1).award, Y(300));
    expect(run, 2, POL_DENIED, POL_ALREADY_AWARDED, 0, 0);
    assert_int_equal(fx_decision(run, 2).rule, ladder);
    expect(run, 3, POL_GRANTED, POL_OK, Y(150), Y(150));
    expect(run, 4, POL_GRANTED, POL_OK, Y(50), Y(50));
    expect(run, 5, POL_DENIED, POL_ALREADY_AWARDED, 0, 0);
    assert_int_equal(fx_decision(run, 5).rule, less);
    expect(run, 6, POL_GRANTED, POL_OK, Y(1), Y(1));
    pol_run_free(run);
    pol_module_close(m);
}

/* ---- stage 6 ------------------------------------------------------------------------------------------------------
 */

static void caps_of_money_are_shared_and_the_smallest_binds(void **state) {
    (void)state;
    static struct db b;
    fx_begin(&b);
    struct pol_key both[] = {by_applicant, by_year};
    uint32_t yearly = db_cell(&b, POL_CELL_CAP, both, 2), all = db_cell(&b, POL_CELL_CAP, NULL, 0);
    uint32_t once = db_cell(&b, POL_CELL_ONCE, &by_object, 1);
    uint32_t rule_once = db_rule(&b, "once", POL_ALREADY_AWARDED), rule_year = db_rule(&b, "yearly", POL_CAP);
    uint32_t rule_all = db_rule(&b, "all", POL_CAP);
    for (int i = 0; i < 2; i++) {
        uint32_t item = fx_item(&b, i ? "y" : "x");
        db_step(&b, item, POL_STEP_ONCE, once, rule_once);
        db_step(&b, item, POL_STEP_CAP_MONEY, yearly, rule_year)->max = db_const(Y(100));
        if (i == 0)
            db_step(&b, item, POL_STEP_CAP_MONEY, all, rule_all)->max = db_const(Y(150));
    }
    pol_module *m = fx_module(&b);
    static const struct fx_claim claims[] = {
        {"c1", "A", 0, "2021-01-01", "o1", Y(80)}, {"c2", "A", 1, "2021-02-01", "o2", Y(30)}, /* A's year: 20 left */
        {"c3", "A", 1, "2021-03-01", "o3", Y(30)}, /* nothing left, but o3 is used up */
        {"c4", "B", 1, "2021-04-01", "o3", Y(30)}, /* so B gets nothing for it */
        {"c5", "B", 0, "2021-05-01", "o4", Y(90)}, /* the fund has 150 - 80 = 70, B's year 100 */
        {"c6", "A", 0, "2022-01-01", "o5", Y(1)},  /* the fund is empty, for good */
        {"c7", "A", 1, "2022-01-02", "o6", Y(99)}, /* a new year, and y is not of the fund */
    };
    pol_run *run = decide_plain(m, claims, 7, 1);
    expect(run, 0, POL_GRANTED, POL_OK, Y(80), Y(80));
    expect(run, 1, POL_REDUCED, POL_CAP, Y(30), Y(20));
    assert_int_equal(fx_decision(run, 1).rule, rule_year);
    expect(run, 2, POL_DENIED, POL_CAP_REACHED, 0, 0);
    assert_int_equal(fx_decision(run, 2).rule, rule_year);
    expect(run, 3, POL_DENIED, POL_ALREADY_AWARDED, 0, 0);
    expect(run, 4, POL_REDUCED, POL_CAP, Y(90), Y(70));
    assert_int_equal(fx_decision(run, 4).rule, rule_all);
    expect(run, 5, POL_DENIED, POL_CAP_REACHED, 0, 0);
    assert_int_equal(fx_decision(run, 5).rule, rule_all);
    expect(run, 6, POL_GRANTED, POL_OK, Y(99), Y(99));
    pol_run_free(run);
    pol_module_close(m);
}

static void caps_of_claims_count_those_that_meet_the_condition(void **state) {
    (void)state;
    static struct db b;
    fx_begin(&b);
    uint32_t cell = db_cell(&b, POL_CELL_CAP, &by_year, 1);
    uint32_t item = fx_item(&b, "x"), rule = db_rule(&b, "two a year", POL_CAP);
    struct pol_step *step = db_step(&b, item, POL_STEP_CAP_CLAIMS, cell, rule);
    step->max = db_const(2);
    step->condition = db_aux(A_APPLIES);
    pol_module *m = fx_module(&b);
    static const struct fx_claim claims[] = {
        {"c1", "A", 0, "2021-01-01", "o1", 100},
        {"c2", "B", 0, "2021-01-02", "o1", 100, .idle = true},
        {"c3", "C", 0, "2021-01-03", "o1", 100},
        {"c4", "A", 0, "2021-01-04", "o1", 100},
        {"c5", "A", 0, "2021-01-05", "o1", 100, .idle = true},
        {"c6", "A", 0, "2022-01-05", "o1", 100},
    };
    pol_run *run = decide_plain(m, claims, 6, 1);
    static const bool granted[] = {true, true, true, false, true, true};
    for (uint64_t i = 0; i < 6; i++)
        expect(run, i, granted[i] ? POL_GRANTED : POL_DENIED, granted[i] ? POL_OK : POL_CAP_REACHED,
               granted[i] ? 100 : 0, granted[i] ? 100 : 0);
    assert_int_equal(fx_decision(run, 3).rule, rule);
    pol_run_free(run);
    pol_module_close(m);
}

/* 200 yuan a certificate, 50 certificates a year; an award of 200 times the units. */
static void caps_of_units_grant_the_price_of_the_units_left(void **state) {
    (void)state;
    static struct db b;
    fx_begin(&b);
    struct pol_key both[] = {by_applicant, by_year};
    uint32_t cell = db_cell(&b, POL_CELL_CAP, both, 2);
    uint32_t item = fx_item(&b, "x");
    struct pol_step *step = db_step(&b, item, POL_STEP_CAP_UNITS, cell, db_rule(&b, "certificates", POL_CAP));
    step->max = db_const(50);
    step->units = db_aux(A_UNITS);
    step->price = db_const(Y(200));
    pol_module *m = fx_module(&b);
    static const struct fx_claim claims[] = {
        {"c1", "A", 0, "2021-01-01", "o", Y(6000), .units = 30},
        {"c2", "A", 0, "2021-01-02", "o", Y(5000), .units = 25}, /* 20 left: 4,000 */
        {"c3", "A", 0, "2021-01-03", "o", Y(200), .units = 1},
        {"c4", "B", 0, "2021-01-04", "o", Y(10000), .units = 50},
    };
    pol_run *run = decide_plain(m, claims, 4, 1);
    expect(run, 0, POL_GRANTED, POL_OK, Y(6000), Y(6000));
    expect(run, 1, POL_REDUCED, POL_CAP, Y(5000), Y(4000));
    expect(run, 2, POL_DENIED, POL_CAP_REACHED, 0, 0);
    expect(run, 3, POL_GRANTED, POL_OK, Y(10000), Y(10000));
    pol_run_free(run);
    pol_module_close(m);
}

static void a_maximum_may_depend_on_the_claim(void **state) {
    (void)state;
    static struct db b;
    fx_begin(&b);
    uint32_t cell = db_cell(&b, POL_CELL_CAP, &by_applicant, 1);
    uint32_t item = fx_item(&b, "x");
    db_step(&b, item, POL_STEP_CAP_MONEY, cell, db_rule(&b, "cap", POL_CAP))->max = db_aux(A_CAP);
    pol_module *m = fx_module(&b);
    static const struct fx_claim claims[] = {
        {"c1", "A", 0, "2021-01-01", "o", Y(60), .cap = Y(100)},
        {"c2", "A", 0, "2021-01-02", "o", Y(10), .cap = Y(50)}, /* 60 charged already: nothing left of 50 */
        {"c3", "A", 0, "2021-01-03", "o", Y(60), .cap = Y(100)},
    };
    pol_run *run = decide_plain(m, claims, 3, 1);
    expect(run, 0, POL_GRANTED, POL_OK, Y(60), Y(60));
    expect(run, 1, POL_DENIED, POL_CAP_REACHED, 0, 0);
    expect(run, 2, POL_REDUCED, POL_CAP, Y(60), Y(40));
    pol_run_free(run);
    pol_module_close(m);
}

/* ---- keys ---------------------------------------------------------------------------------------------------------
 */

static void keys_are_tuples_compared_in_full(void **state) {
    (void)state;
    static struct db b;
    fx_begin(&b);
    struct pol_key object_region[] = {by_object, by_region}, object_level[] = {by_object, by_level, by_item};
    uint32_t texts = db_cell(&b, POL_CELL_ONCE, object_region, 2), mixed = db_cell(&b, POL_CELL_ONCE, object_level, 3);
    uint32_t x = fx_item(&b, "x"), y = fx_item(&b, "y"), z = fx_item(&b, "z");
    uint32_t rule = db_rule(&b, "once", POL_ALREADY_AWARDED);
    db_step(&b, x, POL_STEP_ONCE, texts, rule);
    db_step(&b, y, POL_STEP_ONCE, mixed, rule);
    db_step(&b, z, POL_STEP_ONCE, mixed, rule);
    pol_module *m = fx_module(&b);
    static const struct fx_claim claims[] = {
        {"c01", "A", 0, "2021-01-01", "a", 100, .region = "b"},
        {"c02", "A", 0, "2021-01-02", "ab", 100},               /* not (a, b) */
        {"c03", "A", 0, "2021-01-03", "b", 100, .region = "a"}, /* nor this */
        {"c04", "B", 0, "2021-01-04", "a", 100, .region = "b"}, /* this is */
        {"c05", "B", 0, "2021-01-05", "ab", 100},               /* and this: the region's default is the empty text */
        {"c06", "A", 1, "2021-01-06", "a", 100, .level = 0},
        {"c07", "A", 1, "2021-01-07", "a", 100, .level = 1},
        {"c08", "A", 2, "2021-01-08", "a", 100, .level = 1}, /* another item, and the item is in the key */
        {"c09", "C", 1, "2021-01-09", "a", 100, .level = 1},
    };
    pol_run *run = decide_plain(m, claims, 9, 1);
    static const bool granted[] = {true, true, true, false, false, true, true, true, false};
    for (uint64_t i = 0; i < 9; i++)
        assert_int_equal(fx_decision(run, i).kind, granted[i] ? POL_GRANTED : POL_DENIED);
    pol_run_free(run);
    pol_module_close(m);
}

/* A key of two amounts and a date holds more than 64 bits: it is coded in pieces. */
static void wide_numbers_are_keys_too(void **state) {
    (void)state;
    static struct db b;
    fx_begin(&b);
    const struct pol_key keys[] = {{.kind = POL_KEY_CLAIM_FIELD, .field = F_AMOUNT},
                                   {.kind = POL_KEY_CLAIM_FIELD, .field = F_PRICE},
                                   {.kind = POL_KEY_CLAIM_FIELD, .field = F_CAP},
                                   {.kind = POL_KEY_PROFILE_FIELD, .field = P_CONTRIBUTION}};
    uint32_t cell = db_cell(&b, POL_CELL_ONCE, keys, 4);
    db_step(&b, fx_item(&b, "x"), POL_STEP_ONCE, cell, db_rule(&b, "once", POL_ALREADY_AWARDED));
    pol_module *m = fx_module(&b);
    static const struct fx_claim claims[] = {
        {"c1", "A", 0, "2021-01-01", "o", 100, .price = 5, .cap = 7},
        {"c2", "A", 0, "2021-01-02", "o", 100, .price = 7, .cap = 5},
        {"c3", "A", 0, "2021-01-03", "o", 100, .price = 5, .cap = 7 + ((int64_t)1 << 25)},
        {"c4", "B", 0, "2021-01-04", "o", 100, .price = 5, .cap = 7}, /* the same contribution, 0 */
        {"c5", "B", 0, "2021-01-05", "o", 100, .price = 5 + ((int64_t)1 << 26), .cap = 7},
        {"c6", "B", 0, "2021-01-06", "o", 101, .price = 5, .cap = 7},
    };
    pol_run *run = decide_plain(m, claims, 6, 1);
    static const bool granted[] = {true, true, true, false, true, true};
    for (uint64_t i = 0; i < 6; i++)
        assert_int_equal(fx_decision(run, i).kind, granted[i] ? POL_GRANTED : POL_DENIED);
    pol_run_free(run);
    pol_module_close(m);
}

/* ---- stage 7 ------------------------------------------------------------------------------------------------------
 */

/* Item x is limited, y is exempt; x has a cap of 1,000 a claim's applicant for good when `capped`. */
static pol_module *limited_policy(struct db *b, uint32_t years, bool capped) {
    fx_begin(b);
    uint32_t cap = db_cell(b, POL_CELL_CAP, &by_applicant, 1);
    uint32_t x = fx_item(b, "x");
    fx_item(b, "y");
    if (capped)
        db_step(b, x, POL_STEP_CAP_MONEY, cap, db_rule(b, "cap", POL_CAP))->max = db_const(Y(1000));
    uint32_t rule = db_rule(b, "contribution", POL_LIMIT);
    db_step(b, x, POL_STEP_LIMIT, POL_NONE, rule);
    b->limit = (struct pol_limit){.rule = rule, .carry_years = years, .present = 1};
    return fx_module(b);
}

static void expect_payment(const pol_run *run, uint64_t at, uint64_t claim, int32_t year, int64_t amount) {
    uint64_t count;
    const struct pol_payment *p = pol_run_payments(run, &count);
    assert_true(at < count);
    if (p[at].claim != claim || p[at].year != year || p[at].amount != amount)
        fail_msg("payment %llu: claim %llu, year %d, %lld", (unsigned long long)at, (unsigned long long)p[at].claim,
                 (int)p[at].year, (long long)p[at].amount);
}

static void a_limit_defers_and_the_next_two_years_pay(void **state) {
    (void)state;
    static struct db b;
    pol_module *m = limited_policy(&b, 2, false);
    static const struct fx_profile profiles[] = {
        {"A", 2021, true, false, Y(100)},
        {"A", 2022, true, false, Y(50)},
        {"A", 2023, true, false, Y(40)},
        {"A", 2024, true, false, Y(1000)},
    };
    static const struct fx_claim claims[] = {
        {"c1", "A", 0, "2021-03-01", "o", Y(70)},
        {"c2", "A", 0, "2021-04-01", "o", Y(100)}, /* 30 left in 2021; 70 wait */
        {"c3", "A", 1, "2021-05-01", "o", Y(500)}, /* exempt */
        {"c4", "A", 0, "2021-06-01", "o", Y(60)},  /* nothing left; 60 wait */
        {"c5", "A", 0, "2022-02-01", "o", Y(10)},  /* 2022's 50 went to c2 (20 of it still wait): 10 wait */
    };
    pol_run *run = fx_run(m, profiles, FX_LEN(profiles), claims, 5, (struct fx_options){0});
    expect(run, 0, POL_GRANTED, POL_OK, Y(70), Y(70));
    expect(run, 1, POL_DEFERRED, POL_LIMIT, Y(100), Y(30));
    assert_int_equal(fx_decision(run, 1).rule, b.limit.rule);
    expect(run, 2, POL_GRANTED, POL_OK, Y(500), Y(500));
    expect(run, 3, POL_DEFERRED, POL_LIMIT, Y(60), 0);
    expect(run, 4, POL_DEFERRED, POL_LIMIT, Y(10), 0);
    /* 2022: 50 to c2. 2023: 20 to c2, 20 to c4. 2024 is too late for both; c5 gets its 10. */
    expect_later(run, 1, Y(70), 0, 0);
    expect_later(run, 3, Y(20), 0, Y(40));
    expect_later(run, 4, Y(10), 0, 0);
    expect_payment(run, 0, 0, 2021, Y(70));
    expect_payment(run, 1, 1, 2021, Y(30));
    expect_payment(run, 2, 1, 2022, Y(50));
    expect_payment(run, 3, 1, 2023, Y(20));
    expect_payment(run, 4, 2, 2021, Y(500));
    expect_payment(run, 5, 3, 2023, Y(20));
    expect_payment(run, 6, 4, 2024, Y(10));
    uint64_t count;
    pol_run_payments(run, &count);
    assert_int_equal(count, 7);
    assert_int_equal(pol_run_payments_of(run, 1, 1, NULL, 0), 3);
    struct pol_payment some[4];
    assert_int_equal(pol_run_payments_of(run, 3, 2, some, 2), 2);
    assert_int_equal(some[0].claim, 3);
    assert_int_equal(some[1].year, 2024);
    assert_int_equal(pol_run_as_of(run), 2024);
    pol_run_free(run);
    pol_module_close(m);
}

static void carried_amounts_go_before_the_years_own_claims(void **state) {
    (void)state;
    static struct db b;
    pol_module *m = limited_policy(&b, 2, false);
    static const struct fx_profile profiles[] = {
        {"A", 2021, true, false, Y(10)},
        {"A", 2022, true, false, Y(100)},
        {"A", 2023, true, false, Y(0)},
    };
    static const struct fx_claim claims[] = {
        {"c1", "A", 0, "2021-12-31", "o", Y(90)}, /* 80 wait */
        {"c2", "A", 0, "2022-01-01", "o", Y(50)}, /* 100 - 80 = 20 left; 30 wait */
        {"c3", "A", 0, "2022-01-02", "o", Y(5)},  /* nothing left */
    };
    pol_run *run = fx_run(m, profiles, FX_LEN(profiles), claims, 3, (struct fx_options){0});
    expect(run, 0, POL_DEFERRED, POL_LIMIT, Y(90), Y(10));
    expect_later(run, 0, Y(80), 0, 0);
    expect(run, 1, POL_DEFERRED, POL_LIMIT, Y(50), Y(20));
    expect_later(run, 1, 0, Y(30), 0); /* 2022 + 2 is later than 2023 */
    expect(run, 2, POL_DEFERRED, POL_LIMIT, Y(5), 0);
    expect_later(run, 2, 0, Y(5), 0);
    pol_run_free(run);
    pol_module_close(m);
}

/* Years without a row, unreadable, excluded or of another kind. */
static void years_that_pay_nothing_still_pass(void **state) {
    (void)state;
    static struct db b;
    pol_module *m = limited_policy(&b, 2, false);
    static const struct fx_profile profiles[] = {
        {"A", 2021, true, false, 0}, /* no row for 2022 */
        {"A", 2023, true, false, Y(30)},  {"A", 2024, true, false, Y(1000)}, {"B", 2021, true, false, 0},
        {"B", 2022, true, true, Y(1000)}, {"B", 2023, false, false, Y(25)},  {"C", 2021, true, false, 0},
        {"C", 2022, true, false, -2},     {"C", 2023, true, false, -1},      {"C", 2024, true, false, Y(1000)},
        {"D", 2021, true, false, 0},      {"D", 2022, false, false, Y(15)},
    };
    static const struct fx_claim claims[] = {
        {"c1", "A", 0, "2021-01-01", "o", Y(40)}, /* 2022 passes without a row; 2023 pays 30; 2024 is too late */
        {"c2", "B", 0, "2021-01-01", "o", Y(40)}, /* excluded in 2022; 2023 pays whatever the kind */
        {"c3", "C", 0, "2021-01-01", "o", Y(40)}, /* two unreadable rows */
        {"c4", "D", 0, "2021-01-01", "o", Y(10)},
        {"c5", "D", 0, "2022-01-01", "o", Y(99)}, /* not limited in 2022: paid beside what was carried */
    };
    pol_run *run = fx_run(m, profiles, FX_LEN(profiles), claims, 5, (struct fx_options){0});
    expect_later(run, 0, Y(30), 0, Y(10));
    expect_later(run, 1, Y(25), 0, Y(15));
    expect_later(run, 2, 0, 0, Y(40));
    expect_later(run, 3, Y(10), 0, 0);
    expect(run, 4, POL_GRANTED, POL_OK, Y(99), Y(99));
    pol_run_free(run);
    pol_module_close(m);
}

static void the_as_of_year_only_chooses_the_word(void **state) {
    (void)state;
    static struct db b;
    pol_module *m = limited_policy(&b, 2, false);
    static const struct fx_profile profiles[] = {
        {"A", 2021, true, false, Y(1)},
        {"A", 2022, true, false, Y(2)},
        {"A", 2023, true, false, Y(4)},
    };
    static const struct fx_claim claims[] = {{"c1", "A", 0, "2021-01-01", "o", Y(40)}};
    static const struct {
        int32_t as_of;
        bool lapsed;
    } cases[] = {{2020, false}, {2021, false}, {2022, false}, {2023, true}, {2030, true}, {0, true}};
    for (uint32_t i = 0; i < FX_LEN(cases); i++) {
        pol_run *run = fx_run(m, profiles, 3, claims, 1, (struct fx_options){.as_of = cases[i].as_of});
        expect(run, 0, POL_DEFERRED, POL_LIMIT, Y(40), Y(1));
        expect_later(run, 0, Y(6), cases[i].lapsed ? 0 : Y(33), cases[i].lapsed ? Y(33) : 0);
        pol_run_free(run);
    }
    pol_module_close(m);
}

static void a_claim_cut_by_a_cap_and_deferred_is_deferred(void **state) {
    (void)state;
    static struct db b;
    pol_module *m = limited_policy(&b, 1, true);
    static const struct fx_profile profiles[] = {{"A", 2021, true, false, Y(900)}, {"A", 2022, true, false, Y(900)}};
    static const struct fx_claim claims[] = {
        {"c1", "A", 0, "2021-01-01", "o", Y(1200)}, /* the cap leaves 1,000, the limit 900 */
        {"c2", "A", 0, "2022-01-01", "o", Y(1)},    /* the cap counts what was granted, deferred or not */
    };
    pol_run *run = fx_run(m, profiles, 2, claims, 2, (struct fx_options){0});
    expect(run, 0, POL_DEFERRED, POL_LIMIT, Y(1200), Y(900));
    expect_later(run, 0, Y(100), 0, 0);
    expect(run, 1, POL_DENIED, POL_CAP_REACHED, 0, 0);
    pol_run_free(run);
    pol_module_close(m);
}

static void without_carrying_what_is_deferred_lapses(void **state) {
    (void)state;
    static struct db b;
    pol_module *m = limited_policy(&b, 0, false);
    static const struct fx_profile profiles[] = {{"A", 2021, true, false, Y(1)}, {"A", 2022, true, false, Y(900)}};
    static const struct fx_claim claims[] = {{"c1", "A", 0, "2021-01-01", "o", Y(3)}};
    pol_run *run = fx_run(m, profiles, 2, claims, 1, (struct fx_options){0});
    expect(run, 0, POL_DEFERRED, POL_LIMIT, Y(3), Y(1));
    expect_later(run, 0, 0, 0, Y(2));
    pol_run_free(run);
    pol_module_close(m);
}

/* ---- shards: random ledgers give the same decisions however they are cut up -----------------------------------------
 */

static uint32_t next_random(uint64_t *seed) {
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33);
}

enum { RANDOM_CLAIMS = 1500, RANDOM_APPLICANTS = 60 };

static pol_module *busy_policy(struct db *b) {
    fx_begin(b);
    struct pol_key both[] = {by_applicant, by_year}, texts[] = {by_object, by_region};
    uint32_t once = db_cell(b, POL_CELL_ONCE, &by_object, 1), ladder = db_cell(b, POL_CELL_LADDER, texts, 2);
    uint32_t yearly = db_cell(b, POL_CELL_CAP, both, 2), fund = db_cell(b, POL_CELL_CAP, &by_year, 1);
    uint32_t rule = db_rule(b, "limit", POL_LIMIT);
    uint32_t x = fx_item(b, "x"), y = fx_item(b, "y"), z = fx_item(b, "z");
    db_step(b, x, POL_STEP_ONCE, once, rule);
    db_step(b, x, POL_STEP_CAP_MONEY, yearly, rule)->max = db_const(900);
    db_step(b, x, POL_STEP_LIMIT, POL_NONE, rule);
    db_step(b, y, POL_STEP_LADDER, ladder, rule);
    db_step(b, y, POL_STEP_LESS, POL_NONE, rule)->amount = db_aux(A_LESS);
    db_step(b, y, POL_STEP_LIMIT, POL_NONE, rule);
    struct pol_step *step = db_step(b, z, POL_STEP_CAP_CLAIMS, fund, rule);
    step->max = db_const(5);
    step->condition = db_aux(A_APPLIES);
    b->limit = (struct pol_limit){.rule = rule, .carry_years = 2, .present = 1};
    return fx_module(b);
}

static char random_id[RANDOM_CLAIMS][12], random_object[40][8], random_applicant[RANDOM_APPLICANTS][32];
static char random_date[RANDOM_CLAIMS][12];

static void random_ledger(struct fx_claim *claim, struct fx_profile *profile, uint64_t seed) {
    for (uint32_t a = 0; a < RANDOM_APPLICANTS; a++) {
        snprintf(random_applicant[a], sizeof random_applicant[a],
                 a % 3 ? "9133078300000%05u" : "a much longer one, %05u", a);
        for (int32_t y = 0; y < 4; y++)
            profile[a * 4 + (uint32_t)y] =
                (struct fx_profile){random_applicant[a], 2021 + y, next_random(&seed) % 4 != 0,
                                    next_random(&seed) % 8 == 0, next_random(&seed) % 1500};
    }
    for (uint32_t o = 0; o < 40; o++)
        snprintf(random_object[o], sizeof random_object[o], "o%u", o);
    for (uint32_t i = 0; i < RANDOM_CLAIMS; i++) {
        snprintf(random_id[i], sizeof random_id[i], "c%u", next_random(&seed) % 3000);
        snprintf(random_date[i], sizeof random_date[i], "%u-%02u-%02u", 2021 + next_random(&seed) % 4,
                 1 + next_random(&seed) % 12, 1 + next_random(&seed) % 28);
        claim[i] = (struct fx_claim){.id = random_id[i],
                                     .applicant = random_applicant[next_random(&seed) % RANDOM_APPLICANTS],
                                     .item = (int)(next_random(&seed) % 3),
                                     .date = random_date[i],
                                     .object = random_object[next_random(&seed) % 40],
                                     .amount = 1 + next_random(&seed) % 700,
                                     .less = next_random(&seed) % 50,
                                     .region = next_random(&seed) % 2 ? "r" : NULL,
                                     .idle = next_random(&seed) % 2};
    }
}

static void same_results(const pol_run *a, const pol_run *b, const uint32_t *row_of_b) {
    for (uint32_t i = 0; i < RANDOM_CLAIMS; i++) {
        struct pol_decision x = fx_decision(a, i), y = fx_decision(b, row_of_b ? row_of_b[i] : i);
        if (memcmp(&x, &y, sizeof x) != 0)
            fail_msg("claim %u differs: %s %lld, %s %lld", i, pol_reason_name(x.reason), (long long)x.payable,
                     pol_reason_name(y.reason), (long long)y.payable);
    }
    uint64_t n, k;
    const struct pol_payment *p = pol_run_payments(a, &n), *q = pol_run_payments(b, &k);
    assert_int_equal(n, k);
    if (!row_of_b)
        assert_memory_equal(p, q, n * sizeof *p);
}

static void threads_batches_and_order_do_not_show(void **state) {
    (void)state;
    static struct db b;
    static struct fx_claim claim[RANDOM_CLAIMS], shuffled[RANDOM_CLAIMS];
    static struct fx_profile profile[RANDOM_APPLICANTS * 4];
    static uint32_t row[RANDOM_CLAIMS];
    pol_module *m = busy_policy(&b);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        random_ledger(claim, profile, seed);
        pol_run *base = fx_run(m, profile, FX_LEN(profile), claim, RANDOM_CLAIMS, (struct fx_options){0});
        for (unsigned threads = 2; threads <= 10; threads += 2) {
            struct fx_options o = {.threads = threads, .batch = threads * 37};
            pol_run *run = fx_run(m, profile, FX_LEN(profile), claim, RANDOM_CLAIMS, o);
            same_results(base, run, NULL);
            pol_run_free(run);
        }
        /* unique ids, then shuffled: every claim keeps its decision */
        for (uint32_t i = 0; i < RANDOM_CLAIMS; i++) {
            snprintf(random_id[i], sizeof random_id[i], "%u", (i * 7919u) % 100003u);
            row[i] = i;
        }
        uint64_t shuffle = seed * 77;
        for (uint32_t i = RANDOM_CLAIMS - 1; i > 0; i--) {
            uint32_t k = next_random(&shuffle) % (i + 1), t = row[i];
            row[i] = row[k];
            row[k] = t;
        }
        for (uint32_t i = 0; i < RANDOM_CLAIMS; i++)
            shuffled[row[i]] = claim[i];
        pol_run *one = fx_run(m, profile, FX_LEN(profile), claim, RANDOM_CLAIMS, (struct fx_options){0});
        pol_run *two = fx_run(m, profile, FX_LEN(profile), shuffled, RANDOM_CLAIMS,
                              (struct fx_options){.threads = 9, .batch = 100});
        same_results(one, two, row);
        pol_run_free(one);
        pol_run_free(two);
        pol_run_free(base);
    }
    pol_module_close(m);
}

/* 20,000 claims of 1 yuan, in turn of two applicants, who may be paid 3,000 yuan in 2021, 4,000 in 2022 and all in
 * 2023: more claims than are on their way from one thread to the other at any time. */
static void a_thread_that_follows_with_the_limit_pays_the_same(void **state) {
    (void)state;
    enum { CLAIMS = 20000 };
    static struct db b;
    static char id[CLAIMS][8];
    static struct fx_claim claim[CLAIMS];
    pol_module *m = limited_policy(&b, 2, false);
    const struct fx_profile profile[] = {{"A", 2021, true, false, Y(3000)}, {"A", 2022, true, false, Y(4000)},
                                         {"A", 2023, true, false, Y(9000)}, {"B", 2021, true, false, Y(3000)},
                                         {"B", 2022, true, false, Y(4000)}, {"B", 2023, true, false, Y(9000)}};
    for (uint32_t i = 0; i < CLAIMS; i++) {
        snprintf(id[i], sizeof id[i], "%05u", i);
        claim[i] = (struct fx_claim){id[i], i % 2 ? "B" : "A", 0, "2021-03-01", "o", Y(1)};
    }
    for (unsigned threads = 1; threads <= 2; threads++) {
        struct fx_options o = {.as_of = 2023, .threads = threads, .batch = 1000};
        pol_run *run = fx_run(m, profile, FX_LEN(profile), claim, CLAIMS, o);
        for (uint32_t i = 0; i < CLAIMS; i++) {
            bool at_once = i < 6000; /* the first 3,000 of each; then 4,000 and 3,000 in the years that follow */
            expect(run, i, at_once ? POL_GRANTED : POL_DEFERRED, at_once ? POL_OK : POL_LIMIT, Y(1),
                   at_once ? Y(1) : 0);
            expect_later(run, i, at_once ? 0 : Y(1), 0, 0);
        }
        uint64_t count, in[3] = {0};
        const struct pol_payment *paid = pol_run_payments(run, &count);
        assert_int_equal(count, CLAIMS);
        for (uint64_t i = 0; i < count; i++)
            in[paid[i].year - 2021]++;
        assert_int_equal(in[0], 6000);
        assert_int_equal(in[1], 8000);
        assert_int_equal(in[2], 6000);
        pol_run_free(run);
    }
    pol_module_close(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(once_blocks_whoever_comes_second),
        cmocka_unit_test(claims_are_decided_by_date_then_id_bytes),
        cmocka_unit_test(one_year_blocks_other_years_only),
        cmocka_unit_test(ladders_pay_the_difference),
        cmocka_unit_test(caps_of_money_are_shared_and_the_smallest_binds),
        cmocka_unit_test(caps_of_claims_count_those_that_meet_the_condition),
        cmocka_unit_test(caps_of_units_grant_the_price_of_the_units_left),
        cmocka_unit_test(a_maximum_may_depend_on_the_claim),
        cmocka_unit_test(keys_are_tuples_compared_in_full),
        cmocka_unit_test(wide_numbers_are_keys_too),
        cmocka_unit_test(a_limit_defers_and_the_next_two_years_pay),
        cmocka_unit_test(carried_amounts_go_before_the_years_own_claims),
        cmocka_unit_test(years_that_pay_nothing_still_pass),
        cmocka_unit_test(the_as_of_year_only_chooses_the_word),
        cmocka_unit_test(a_claim_cut_by_a_cap_and_deferred_is_deferred),
        cmocka_unit_test(without_carrying_what_is_deferred_lapses),
        cmocka_unit_test(threads_batches_and_order_do_not_show),
        cmocka_unit_test(a_thread_that_follows_with_the_limit_pays_the_same),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
