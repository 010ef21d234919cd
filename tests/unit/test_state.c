/* Runs that go on from a state: every expected amount is worked out by hand; what is to be equal to one run is compared
 * with one run, claim by claim, at every place where a ledger can be cut. Amounts are in yuan, written through Y(). */
#include "core_fixture.h"

#include "core/state_io.h"

#define Y(yuan) ((int64_t)(yuan) * 100)

static const struct pol_key by_applicant = {.kind = POL_KEY_APPLICANT};
static const struct pol_key by_object = {.kind = POL_KEY_CLAIM_FIELD, .field = POL_CLAIM_OBJECT};

/* ---- states in memory ---------------------------------------------------------------------------------------------
 */

struct bytes {
    uint8_t *data;
    size_t size, room;
};

static enum pol_status keep(void *context, const void *data, size_t size, struct pol_error *error) {
    (void)error;
    struct bytes *b = context;
    while (b->room - b->size < size) {
        b->room = b->room * 2 + 1024;
        b->data = realloc(b->data, b->room);
        assert_non_null(b->data);
    }
    memcpy(b->data + b->size, data, size);
    b->size += size;
    return POL_STATUS_OK;
}

static enum pol_status give(void *context, uint64_t at, void *data, size_t size, struct pol_error *error) {
    (void)error;
    const struct bytes *b = context;
    assert_true(at <= b->size && size <= b->size - at);
    memcpy(data, b->data + at, size);
    return POL_STATUS_OK;
}

static struct pol_state_source source_of(struct bytes *b) {
    return (struct pol_state_source){b, b->size, give};
}

static int64_t paid_seven(void *context, uint64_t row) {
    (void)context;
    return row == 0 ? Y(7) : POL_PAID_UNKNOWN;
}

static struct bytes save_with(pol_run *run, int64_t (*paid)(void *context, uint64_t row)) {
    struct bytes b = {0};
    struct pol_error error = {.message = ""};
    struct pol_state_sink sink = {&b, keep, paid};
    if (pol_run_save_state(run, &sink, &error))
        fail_msg("%s", error.message);
    return b;
}

static struct bytes save(pol_run *run) {
    return save_with(run, NULL);
}

struct ledger {
    const struct fx_profile *profile;
    uint32_t profiles;
    const struct fx_claim *claim;
    uint32_t claims;
};

/* A run over a part of a ledger; `from` NULL: the first. */
static pol_run *go_on(const pol_module *m, struct ledger l, struct bytes *from, struct fx_options o) {
    struct pol_state_source source = from ? source_of(from) : (struct pol_state_source){0};
    o.goes_on = true;
    o.state = from ? &source : NULL;
    return fx_run(m, l.profile, l.profiles, l.claim, l.claims, o);
}

static void refuse(const pol_module *m, struct ledger l, struct bytes *from, struct fx_options o, const char *says) {
    struct pol_state_source source = source_of(from);
    struct pol_error error = {.message = ""};
    pol_run *run;
    o.goes_on = true;
    o.state = &source;
    assert_int_equal(fx_try(m, l.profile, l.profiles, l.claim, l.claims, o, &run, &error), POL_STATUS_INPUT);
    if (!strstr(error.message, says))
        fail_msg("'%s' does not say '%s'", error.message, says);
}

static void expect(const pol_run *run, uint64_t row, enum pol_reason reason, int64_t entitled, int64_t payable) {
    struct pol_decision d = fx_decision(run, row);
    if (d.reason != reason || d.entitled != entitled || d.payable != payable)
        fail_msg("claim %llu: %s, entitled %lld, payable %lld", (unsigned long long)row, pol_reason_name(d.reason),
                 (long long)d.entitled, (long long)d.payable);
}

static void finish(pol_run *run, struct bytes *b) {
    pol_run_free(run);
    if (b)
        free(b->data);
}

/* ---- policies -----------------------------------------------------------------------------------------------------
 */

/* Item 0: once by object. Item 1: a ladder by object. Item 2: at most 100 yuan by applicant. */
static pol_module *simple_policy(void) {
    static struct db b;
    fx_begin(&b);
    uint32_t once = db_cell(&b, POL_CELL_ONCE, &by_object, 1), ladder = db_cell(&b, POL_CELL_LADDER, &by_object, 1);
    uint32_t cap = db_cell(&b, POL_CELL_CAP, &by_applicant, 1);
    uint32_t item[] = {fx_item(&b, "once"), fx_item(&b, "ladder"), fx_item(&b, "cap")};
    db_step(&b, item[0], POL_STEP_ONCE, once, db_rule(&b, "once.once", POL_ALREADY_AWARDED));
    db_step(&b, item[1], POL_STEP_LADDER, ladder, db_rule(&b, "ladder.ladder", POL_ALREADY_AWARDED));
    db_step(&b, item[2], POL_STEP_CAP_MONEY, cap, db_rule(&b, "cap.cap", POL_CAP))->max = db_const(Y(100));
    return fx_module(&b);
}

/* Item 0: under the limit of the applicant's year, carried for two years; its sheet's limit is `contribution`. */
static pol_module *limit_policy(void) {
    static struct db b;
    fx_begin(&b);
    uint32_t rule = db_rule(&b, "limit", POL_LIMIT), item = fx_item(&b, "limited");
    db_step(&b, item, POL_STEP_LIMIT, POL_NONE, rule);
    b.limit = (struct pol_limit){.rule = rule, .carry_years = 2, .present = 1};
    return fx_module(&b);
}

static const struct fx_profile plain[] = {
    {"A", 2021, false, false, 0}, {"A", 2022, false, false, 0}, {"B", 2021, false, false, 0}};

/* ---- what is carried on -------------------------------------------------------------------------------------------
 */

static void keys_ladders_and_caps_go_on(void **state) {
    (void)state;
    pol_module *m = simple_policy();
    static const struct fx_claim first[] = {{"c1", "A", 0, "2021-01-01", "o1", Y(10)},
                                            {"c2", "A", 1, "2021-01-02", "o1", Y(30)},
                                            {"c3", "A", 2, "2021-01-03", "o1", Y(70)}};
    static const struct fx_claim second[] = {{"d1", "B", 0, "2021-02-01", "o1", Y(10)},  /* the object was used */
                                             {"d2", "B", 1, "2021-02-02", "o1", Y(50)},  /* 50 less 30 */
                                             {"d3", "A", 2, "2022-02-03", "o2", Y(70)},  /* 30 are left of 100 */
                                             {"d4", "B", 2, "2021-02-03", "o2", Y(70)},  /* B has its own 100 */
                                             {"c2", "B", 0, "2021-02-04", "o9", Y(70)},  /* an id of before */
                                             {"d6", "B", 0, "2021-02-05", "o9", Y(10)}}; /* c2 used up nothing */
    pol_run *run = go_on(m, (struct ledger){plain, 3, first, 3}, NULL, (struct fx_options){0});
    struct bytes b = save(run);
    finish(run, NULL);
    run = go_on(m, (struct ledger){NULL, 0, second, 6}, &b, (struct fx_options){0}); /* applicants are known */
    expect(run, 0, POL_ALREADY_AWARDED, 0, 0);
    expect(run, 1, POL_OK, Y(20), Y(20));
    expect(run, 2, POL_CAP, Y(70), Y(30));
    expect(run, 3, POL_OK, Y(70), Y(70));
    expect(run, 4, POL_DUPLICATE_CLAIM, 0, 0);
    expect(run, 5, POL_OK, Y(10), Y(10));
    assert_int_equal(pol_run_settled_count(run), 0);
    finish(run, &b);
    pol_module_close(m);
}

static void what_is_deferred_is_carried_by_a_later_run(void **state) {
    (void)state;
    pol_module *m = limit_policy();
    static const struct fx_profile first[] = {{"A", 2021, true, false, Y(100)}};
    static const struct fx_profile second[] = {{"A", 2022, true, false, Y(50)}, {"A", 2021, true, false, Y(100)}};
    static const struct fx_profile third[] = {{"A", 2023, true, false, Y(20)}};
    static const struct fx_claim one[] = {{"c1", "A", 0, "2021-03-01", NULL, Y(180)}}; /* 80 are deferred */
    static const struct fx_claim two[] = {{"d1", "A", 0, "2022-03-01", NULL, Y(10)}};  /* c1 takes all 50 first */
    static const struct fx_claim three[] = {{"e1", "A", 0, "2023-03-01", NULL, Y(5)}}; /* c1 20; 10 of it lapse */
    pol_run *run = go_on(m, (struct ledger){first, 1, one, 1}, NULL, (struct fx_options){0});
    expect(run, 0, POL_LIMIT, Y(180), Y(100));
    assert_int_equal(fx_decision(run, 0).outstanding, Y(80));
    struct bytes b = save_with(run, paid_seven), c;
    finish(run, NULL);

    run = go_on(m, (struct ledger){second, 2, two, 1}, &b, (struct fx_options){0});
    expect(run, 0, POL_LIMIT, Y(10), 0);
    struct pol_settled s;
    assert_int_equal(pol_run_settled_count(run), 1);
    pol_run_settled(run, 0, 1, &s);
    assert_memory_equal(s.claim.data, "c1", 2);
    assert_memory_equal(s.applicant.data, "A", 1);
    assert_int_equal(s.paid, Y(7)); /* as its own run said */
    assert_int_equal(s.date, fx_day("2021-03-01"));
    assert_int_equal(s.decision.kind, POL_DEFERRED);
    assert_int_equal(s.decision.award, Y(180));
    assert_int_equal(s.decision.payable, Y(100));
    assert_int_equal(s.decision.carried, Y(50));
    assert_int_equal(s.decision.outstanding, Y(30));
    uint64_t count;
    const struct pol_payment *p = pol_run_settled_payments(run, &count);
    assert_int_equal(count, 1);
    assert_int_equal(p[0].claim, 0);
    assert_int_equal(p[0].year, 2022);
    assert_int_equal(p[0].amount, Y(50));
    c = save(run);
    finish(run, &b);

    run = go_on(m, (struct ledger){third, 1, three, 1}, &c, (struct fx_options){0});
    expect(run, 0, POL_LIMIT, Y(5), 0);
    assert_int_equal(pol_run_settled_count(run), 1); /* d1 waits on, as it was */
    pol_run_settled(run, 0, 1, &s);
    assert_int_equal(s.decision.carried, Y(70));
    assert_int_equal(s.decision.outstanding, 0);
    assert_int_equal(s.decision.lapsed, Y(10)); /* 2021 + 2 is not later than 2023 */
    finish(run, &c);
    pol_module_close(m);
}

/* ---- as one run, wherever the ledger is cut -----------------------------------------------------------------------
 */

/* Cells of every kind with keys of every kind, among them numbers too wide to be packed, a limit, and claims that meet
 * in them. */
static pol_module *wild_policy(void) {
    static struct db b;
    fx_begin(&b);
    const struct pol_key year = {.kind = POL_KEY_YEAR}, item = {.kind = POL_KEY_ITEM};
    const struct pol_key region = {.kind = POL_KEY_CLAIM_FIELD, .field = F_REGION};
    const struct pol_key level = {.kind = POL_KEY_CLAIM_FIELD, .field = F_LEVEL};
    const struct pol_key price = {.kind = POL_KEY_CLAIM_FIELD, .field = F_PRICE};
    const struct pol_key cap = {.kind = POL_KEY_CLAIM_FIELD, .field = F_CAP};
    const struct pol_key less = {.kind = POL_KEY_CLAIM_FIELD, .field = F_LESS};
    const struct pol_key amount = {.kind = POL_KEY_CLAIM_FIELD, .field = F_AMOUNT};
    const struct pol_key wide[] = {region, price, cap, less, amount}, texts[] = {by_object, region};
    const struct pol_key own_year[] = {by_applicant, year, level}, all_year[] = {year}, items[] = {item, by_applicant};
    uint32_t cell[] = {db_cell(&b, POL_CELL_ONCE, wide, 5),       db_cell(&b, POL_CELL_ONE_YEAR, texts, 2),
                       db_cell(&b, POL_CELL_LADDER, own_year, 3), db_cell(&b, POL_CELL_CAP, all_year, 1),
                       db_cell(&b, POL_CELL_CAP, items, 2),       db_cell(&b, POL_CELL_CAP, NULL, 0)};
    uint32_t blocked = db_rule(&b, "blocked", POL_ALREADY_AWARDED), capped = db_rule(&b, "capped", POL_CAP);
    uint32_t limit = db_rule(&b, "limit", POL_LIMIT), x = fx_item(&b, "x"), y = fx_item(&b, "y");
    db_step(&b, x, POL_STEP_ONCE, cell[0], blocked);
    db_step(&b, x, POL_STEP_LADDER, cell[2], blocked);
    db_step(&b, x, POL_STEP_CAP_MONEY, cell[3], capped)->max = db_const(Y(700));
    struct pol_step *units = db_step(&b, x, POL_STEP_CAP_UNITS, cell[5], capped);
    units->max = db_const(25);
    units->units = db_aux(A_UNITS);
    units->price = db_aux(A_PRICE);
    db_step(&b, y, POL_STEP_ONE_YEAR, cell[1], blocked);
    struct pol_step *claims = db_step(&b, y, POL_STEP_CAP_CLAIMS, cell[4], capped);
    claims->max = db_const(4);
    claims->condition = db_aux(A_APPLIES);
    db_step(&b, x, POL_STEP_LIMIT, POL_NONE, limit);
    db_step(&b, y, POL_STEP_LIMIT, POL_NONE, limit);
    b.limit = (struct pol_limit){.rule = limit, .carry_years = 1, .present = 1};
    return fx_module(&b);
}

enum { MANY = 48 };

static struct fx_claim wild_claims[MANY];
static char wild_ids[MANY][8];

/* Claims in the order of deciding, two or three on a day, three years; numbers of no meaning. */
static void fill_wild(void) {
    static const char *const applicants[] = {"A", "B", "C", "D"}, *const objects[] = {"o1", "o2", "", "object three"};
    static const char *const regions[] = {"东", "西", NULL};
    static char dates[MANY][16];
    for (uint32_t i = 0; i < MANY; i++) {
        snprintf(wild_ids[i], sizeof wild_ids[i], "%s%u", i % 7 == 0 ? "k" : "w", 10 + i);
        snprintf(dates[i], sizeof dates[i], "202%u-0%u-1%u", 1 + i / 16, 1 + i % 16 / 4, i % 16 / 2 % 2);
        uint32_t mix = i * 2654435761u >> 16;
        wild_claims[i] = (struct fx_claim){.id = wild_ids[i],
                                           .applicant = applicants[mix % 4],
                                           .item = (int)(mix / 4 % 2),
                                           .date = dates[i],
                                           .object = objects[mix / 8 % 4],
                                           .amount = Y(10 + mix % 9 * 17),
                                           .less = (int64_t)(mix % 2),
                                           .units = (int32_t)(mix % 3),
                                           .price = Y(20 + mix % 3 * 20),
                                           .cap = Y(mix % 2),
                                           .idle = mix % 5 == 0,
                                           .region = regions[mix / 32 % 3],
                                           .level = (uint8_t)(mix % 3)};
    }
    for (uint32_t i = 1; i < MANY; i++) /* by date, then id */
        for (uint32_t k = i; k > 0; k--) {
            int order = strcmp(wild_claims[k - 1].date, wild_claims[k].date);
            if (order < 0 || (order == 0 && strcmp(wild_claims[k - 1].id, wild_claims[k].id) <= 0))
                break;
            struct fx_claim swap = wild_claims[k];
            wild_claims[k] = wild_claims[k - 1];
            wild_claims[k - 1] = swap;
        }
}

static const struct fx_profile wild_profiles[] = {{"C", 2023, true, false, Y(90)}, {"A", 2021, true, false, Y(60)},
                                                  {"A", 2022, true, false, Y(40)}, {"A", 2023, true, true, Y(500)},
                                                  {"B", 2021, true, false, Y(10)}, {"B", 2022, false, false, Y(40)},
                                                  {"B", 2023, true, false, Y(15)}, {"C", 2021, false, false, Y(90)},
                                                  {"D", 2022, true, false, -1},    {"D", 2023, true, false, Y(1)}};

static void same_decision(const struct pol_decision *a, const struct pol_decision *b, uint32_t claim) {
    if (memcmp(a, b, sizeof *a) != 0)
        fail_msg("claim %u: %s, payable %lld, carried %lld, open %lld, lapsed %lld; in one run %s, %lld, %lld, %lld, "
                 "%lld",
                 claim, pol_reason_name(a->reason), (long long)a->payable, (long long)a->carried,
                 (long long)a->outstanding, (long long)a->lapsed, pol_reason_name(b->reason), (long long)b->payable,
                 (long long)b->carried, (long long)b->outstanding, (long long)b->lapsed);
}

/* Puts what a run settled in the place of what earlier runs said; sums its payments. */
static void settle(const pol_run *run, struct pol_decision *d, int64_t *paid) {
    for (uint64_t i = 0; i < pol_run_settled_count(run); i++) {
        struct pol_settled s;
        pol_run_settled(run, i, 1, &s);
        uint32_t at = 0;
        while (strlen(wild_claims[at].id) != s.claim.size || memcmp(wild_claims[at].id, s.claim.data, s.claim.size))
            at++;
        d[at] = s.decision;
    }
    uint64_t count;
    const struct pol_payment *p = pol_run_settled_payments(run, &count);
    for (uint64_t i = 0; i < count; i++)
        *paid += p[i].amount;
    p = pol_run_payments(run, &count);
    for (uint64_t i = 0; i < count; i++)
        *paid += p[i].amount;
}

static void cut_at(const pol_module *m, uint32_t first, uint32_t second, const pol_run *one,
                   const struct bytes *whole) {
    const uint32_t place[] = {0, first, second, MANY};
    struct pol_decision d[MANY], want;
    struct bytes before = {0};
    int64_t paid = 0, due = 0;
    for (int i = 0; i < 3; i++) {
        struct ledger part = {wild_profiles, i == 0 ? FX_LEN(wild_profiles) : 0, wild_claims + place[i],
                              place[i + 1] - place[i]};
        pol_run *run = go_on(m, part, i ? &before : NULL,
                             (struct fx_options){.threads = first % 3 == 2 ? 8 : 1 + first % 3, .batch = 5});
        if (part.claims)
            pol_run_decisions(run, 0, part.claims, d + place[i]);
        settle(run, d, &paid);
        struct bytes after = save(run);
        finish(run, &before);
        before = after;
    }
    for (uint32_t i = 0; i < MANY; i++) {
        want = fx_decision(one, i);
        same_decision(&d[i], &want, i);
        due += want.payable + want.carried;
    }
    assert_int_equal(paid, due);
    assert_int_equal(before.size, whole->size);
    assert_memory_equal(before.data, whole->data, whole->size);
    free(before.data);
}

static void cut_anywhere_it_is_as_one_run(void **state) {
    (void)state;
    fill_wild();
    pol_module *m = wild_policy();
    pol_run *one = go_on(m, (struct ledger){wild_profiles, FX_LEN(wild_profiles), wild_claims, MANY}, NULL,
                         (struct fx_options){0});
    unsigned kinds[POL_REASON_COUNT] = {0};
    for (uint32_t i = 0; i < MANY; i++)
        kinds[fx_decision(one, i).reason]++;
    assert_true(kinds[POL_OK] && kinds[POL_CAP] && kinds[POL_LIMIT] && kinds[POL_ALREADY_AWARDED] &&
                kinds[POL_CAP_REACHED] && kinds[POL_MISSING_PROFILE]);
    struct bytes whole = save(one);
    for (uint32_t first = 0; first <= MANY; first++)
        cut_at(m, first, first + (MANY - first) / 2, one, &whole);
    finish(one, &whole);
    pol_module_close(m);
}

/* ---- what cannot be as in one run -------------------------------------------------------------------------------- */

static void claims_that_come_too_late_are_refused_by_name(void **state) {
    (void)state;
    pol_module *m = simple_policy();
    static const struct fx_claim first[] = {{"c5", "A", 0, "2021-03-05", "o1", Y(10)}};
    pol_run *run = go_on(m, (struct ledger){plain, 3, first, 1}, NULL, (struct fx_options){0});
    struct bytes b = save(run);
    finish(run, NULL);
    static const struct fx_claim day_before[] = {{"d1", "A", 2, "2021-03-05", "o1", Y(10)},
                                                 {"d2", "A", 2, "2021-03-04", "o1", Y(10)}};
    static const struct fx_claim smaller_id[] = {{"c4", "A", 2, "2021-03-05", "o1", Y(10)}};
    refuse(m, (struct ledger){NULL, 0, day_before, 2}, &b, (struct fx_options){0},
           "claim 'd2' of 2021-03-04 comes too late: earlier runs have decided up to 2021-03-05, claim 'c5'");
    refuse(m, (struct ledger){NULL, 0, smaller_id, 1}, &b, (struct fx_options){0}, "claim 'c4' of 2021-03-05");
    /* What stages 0 to 4 end meets nothing: it may have any date. So may an id that was there before. */
    static const struct fx_claim ended[] = {{"c50", "A", 0, "2021-03-05", "o2", Y(10)},
                                            {"d1", "A", -1, "2021-01-01", "o1", Y(10)},
                                            {"d2", "A", 2, "2021-01-01", "o1", 0},
                                            {"d3", "Z", 2, "2021-01-01", "o1", Y(5)},
                                            {"c5", "A", 2, "2021-01-01", "o1", Y(5)}};
    run = go_on(m, (struct ledger){NULL, 0, ended, 5}, &b, (struct fx_options){0});
    expect(run, 0, POL_OK, Y(10), Y(10)); /* "c50" follows "c5" */
    expect(run, 1, POL_UNKNOWN_ITEM, 0, 0);
    expect(run, 2, POL_INELIGIBLE, 0, 0);
    expect(run, 3, POL_MISSING_PROFILE, 0, 0);
    expect(run, 4, POL_DUPLICATE_CLAIM, 0, 0);
    finish(run, &b);
    pol_module_close(m);
}

static void applicants_rows_that_say_otherwise_are_refused(void **state) {
    (void)state;
    pol_module *m = limit_policy();
    static const struct fx_profile first[] = {{"A", 2021, true, false, Y(100)}, {"B", 2021, true, false, -2}};
    static const struct fx_claim claims[] = {{"c1", "A", 0, "2021-03-01", NULL, Y(180)},
                                             {"c3", "C", 0, "2021-03-01", NULL, Y(180)},
                                             {"c2", "C", 0, "2021-03-01", NULL, Y(180)}};
    pol_run *run = go_on(m, (struct ledger){first, 2, claims, 3}, NULL, (struct fx_options){0});
    struct bytes b = save(run);
    finish(run, NULL);
    static const struct fx_profile other[] = {{"A", 2021, true, false, Y(101)}};
    static const struct fx_profile readable[] = {{"B", 2021, true, false, Y(1)}};
    static const struct fx_profile twice[] = {{"A", 2021, true, false, Y(100)}, {"A", 2021, true, false, Y(100)}};
    static const struct fx_profile absent[] = {{"C", 2022, true, false, 0}, {"C", 2021, true, false, 0}};
    static const struct fx_profile as_before[] = {{"B", 2021, true, false, -2}, {"A", 2021, true, false, Y(100)}};
    refuse(m, (struct ledger){other, 1, NULL, 0}, &b, (struct fx_options){0},
           "applicant 'A' and year 2021 is not what an earlier run was given");
    refuse(m, (struct ledger){readable, 1, NULL, 0}, &b, (struct fx_options){0}, "applicant 'B' and year 2021 is not");
    refuse(m, (struct ledger){twice, 2, NULL, 0}, &b, (struct fx_options){0}, "two applicants rows");
    refuse(m, (struct ledger){absent, 2, NULL, 0}, &b, (struct fx_options){0},
           "applicant 'C' and year 2021 comes too late: claim 'c2' of an earlier run was missing_profile");
    finish(go_on(m, (struct ledger){as_before, 2, NULL, 0}, &b, (struct fx_options){0}), NULL);
    /* 2023 pays what 2021 deferred; then a row of 2022 would have paid it before, but not one that pays nothing */
    static const struct fx_profile later[] = {{"A", 2023, true, false, Y(100)}};
    static const struct fx_profile between[] = {{"A", 2022, true, false, Y(1)}};
    static const struct fx_profile pays_nothing[] = {{"A", 2022, true, true, Y(1)}};
    run = go_on(m, (struct ledger){later, 1, NULL, 0}, &b, (struct fx_options){0});
    struct bytes c = save(run);
    finish(run, &b);
    refuse(m, (struct ledger){between, 1, NULL, 0}, &c, (struct fx_options){0},
           "applicant 'A' and year 2022 comes too late: what was deferred before it has been paid in 2023");
    finish(go_on(m, (struct ledger){pays_nothing, 1, NULL, 0}, &c, (struct fx_options){0}), &c);
    pol_module_close(m);
}

static pol_module *module_of(struct db *b) {
    struct prt_kernels kernels = {.level = 1, .row = fx_row_kernel, .profile = fx_profile_kernel};
    struct pol_error error = {.message = ""};
    pol_module *module;
    if (prt_module_make(b->blob, ((struct pol_descriptor *)(void *)b->blob)->size, &kernels, &module, &error))
        fail_msg("%s", error.message);
    return module;
}

/* simple_policy with its cells the other way round, a parameter, a name and a digest of rules. */
static struct pol_descriptor *turned(struct db *b, bool turn) {
    fx_begin(b);
    uint32_t cell[2];
    for (int i = 0; i < 2; i++)
        cell[turn ? 1 - i : i] = db_cell(b, (turn ? 1 - i : i) ? POL_CELL_CAP : POL_CELL_ONCE,
                                         (turn ? 1 - i : i) ? &by_applicant : &by_object, 1);
    uint32_t item = fx_item(b, "x"), rule = db_rule(b, "x.once", POL_ALREADY_AWARDED);
    db_step(b, item, POL_STEP_ONCE, cell[0], rule);
    db_step(b, item, POL_STEP_CAP_MONEY, cell[1], rule)->max = db_const(Y(100));
    b->param_name[0] = "rate";
    b->param[0] = (struct pol_param){.type = POL_MONEY, .enum_index = POL_NONE, .max = Y(10), .fallback = Y(5)};
    b->param_count = 1;
    struct pol_descriptor *d = db_finish(b);
    uint8_t *digest = b->blob + d->cell_digests.offset;
    for (int i = 0; i < 2; i++)
        digest[cell[i] * POL_DIGEST_SIZE] = (uint8_t)(200 - i);
    memset(d->rules_digest, 0xab, sizeof d->rules_digest);
    return d;
}

static void a_policy_is_known_by_its_rules_whatever_their_order(void **state) {
    (void)state;
    static struct db straight, other, b;
    turned(&straight, false);
    turned(&other, true);
    pol_module *m = module_of(&straight), *n = module_of(&other);
    static const struct fx_claim first[] = {{"c1", "A", 0, "2021-01-01", "o1", Y(70)}};
    static const struct fx_claim second[] = {{"d1", "B", 0, "2021-02-01", "o1", Y(70)},
                                             {"d2", "A", 0, "2021-02-02", "o2", Y(70)}};
    pol_run *run = go_on(m, (struct ledger){plain, 3, first, 1}, NULL, (struct fx_options){0});
    struct bytes s = save(run);
    finish(run, NULL);
    run = go_on(n, (struct ledger){NULL, 0, second, 2}, &s, (struct fx_options){0});
    expect(run, 0, POL_ALREADY_AWARDED, 0, 0);
    expect(run, 1, POL_CAP, Y(70), Y(30));
    finish(run, NULL);
    struct ledger none = {NULL, 0, NULL, 0};
    refuse(n, none, &s, (struct fx_options){.as_of = 2022}, "as of the latest year, this run is as of 2022");
    pol_module *changed[4];
    turned(&b, false)->rules_digest[31] = 0;
    changed[0] = module_of(&b);
    refuse(changed[0], none, &s, (struct fx_options){0}, "rules of the policy have changed");
    b.blob[((struct pol_descriptor *)(void *)b.blob)->name.offset] = 'H';
    changed[1] = module_of(&b);
    refuse(changed[1], none, &s, (struct fx_options){0}, "the state is of the policy 'hand_made', not of 'Hand_made'");
    turned(&b, false)->cell_digests.count = 0;
    changed[2] = module_of(&b);
    refuse(changed[2], none, &s, (struct fx_options){0}, "built by an older polc");
    struct pol_param *p = (struct pol_param *)(void *)(b.blob + turned(&b, false)->params.offset);
    p->fallback = Y(6); /* as if it had been set */
    changed[3] = module_of(&b);
    refuse(changed[3], none, &s, (struct fx_options){0}, "the parameter 'rate' at 5.00, now it is 6.00");
    for (int i = 0; i < 4; i++)
        pol_module_close(changed[i]);
    pol_module_close(m);
    pol_module_close(n);
    free(s.data);
}

/* ---- damage ------------------------------------------------------------------------------------------------------ */

static struct bytes wild_state(const pol_module *m) {
    fill_wild();
    pol_run *run = go_on(m, (struct ledger){wild_profiles, FX_LEN(wild_profiles), wild_claims, MANY / 2}, NULL,
                         (struct fx_options){0});
    struct bytes b = save_with(run, paid_seven);
    finish(run, NULL);
    return b;
}

static void every_flipped_bit_and_every_cut_is_refused(void **state) {
    (void)state;
    pol_module *m = wild_policy();
    struct bytes b = wild_state(m);
    struct ledger rest = {NULL, 0, wild_claims + MANY / 2, MANY / 2};
    for (size_t bit = 0; bit < b.size * 8; bit++) {
        b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
        refuse(m, rest, &b, (struct fx_options){0},
               bit / 8 < 8    ? "not a state"
               : bit / 8 < 12 ? "a state of version"
                              : "the state is damaged");
        b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    size_t size = b.size;
    for (b.size = 0; b.size < size; b.size++)
        refuse(m, rest, &b, (struct fx_options){0}, b.size < 8 ? "not a state" : "the state is damaged");
    keep(&b, "x", 1, NULL);
    refuse(m, rest, &b, (struct fx_options){0}, "the state is damaged");
    free(b.data);
    pol_module_close(m);
}

/* Whoever changes a state and computes its checksum anew is no honest clerk, but must not crash the audit. */
static void forged_states_never_crash(void **state) {
    (void)state;
    pol_module *m = wild_policy();
    struct bytes b = wild_state(m);
    uint64_t seed = 20241122;
    for (size_t at = sizeof(struct prt_state_head); at < b.size - PRT_STATE_FOOT; at++)
        for (int way = 0; way < 3; way++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            uint8_t was = b.data[at];
            b.data[at] = (uint8_t)(way == 0 ? was ^ 1u << (seed >> 60) % 8 : way == 1 ? 0xff : seed >> 56);
            struct pol_sha256 h;
            pol_sha256_init(&h);
            pol_sha256_add(&h, b.data, b.size - POL_DIGEST_SIZE);
            pol_sha256_end(&h, b.data + b.size - POL_DIGEST_SIZE);
            struct pol_state_source source = source_of(&b);
            struct pol_error error;
            pol_run *run;
            enum pol_status status = fx_try(m, NULL, 0, wild_claims + MANY / 2, MANY / 2,
                                            (struct fx_options){.goes_on = true, .state = &source}, &run, &error);
            assert_true(status == POL_STATUS_OK || status == POL_STATUS_INPUT);
            if (!status) {
                struct bytes after = {0};
                struct pol_state_sink sink = {&after, keep, NULL};
                status = pol_run_save_state(run, &sink, &error);
                assert_true(status == POL_STATUS_OK || status == POL_STATUS_INPUT);
                finish(run, &after);
            }
            b.data[at] = was;
        }
    free(b.data);
    pol_module_close(m);
}

static void a_state_tells_what_it_is_about(void **state) {
    (void)state;
    pol_module *m = limit_policy();
    static const struct fx_profile first[] = {{"A", 2021, true, false, Y(100)}};
    static const struct fx_claim claims[] = {{"c1", "A", 0, "2021-03-01", NULL, Y(180)},
                                             {"c2", "A", -1, "2021-04-01", NULL, Y(180)}};
    pol_run *run = go_on(m, (struct ledger){first, 1, claims, 2}, NULL, (struct fx_options){.as_of = 2022});
    struct bytes b = save(run);
    finish(run, NULL);
    struct pol_state_source source = source_of(&b);
    struct pol_state_facts facts;
    assert_int_equal(pol_state_facts(&source, &facts, NULL), POL_STATUS_OK);
    assert_string_equal(facts.policy, "hand_made");
    assert_string_equal(facts.last_claim, "c1");
    assert_int_equal(facts.last_date, fx_day("2021-03-01"));
    assert_int_equal(facts.claims, 2);
    assert_int_equal(facts.profiles, 1);
    assert_int_equal(facts.waiting, 1);
    assert_int_equal(facts.waiting_fen, Y(80));
    assert_int_equal(facts.as_of_option, 2022);
    assert_int_equal(facts.as_of_year, 2022);
    refuse(m, (struct ledger){NULL, 0, NULL, 0}, &b, (struct fx_options){0}, "give --as-of=2022");
    free(b.data);
    pol_module_close(m);
}

static void only_a_run_with_a_state_can_save_one(void **state) {
    (void)state;
    pol_module *m = simple_policy();
    struct pol_error error;
    struct bytes b = {0};
    struct pol_state_sink sink = {&b, keep, NULL};
    pol_run *run = fx_run(m, plain, 3, NULL, 0, (struct fx_options){0});
    assert_int_equal(pol_run_save_state(run, &sink, &error), POL_STATUS_USAGE);
    assert_int_equal(pol_run_continue(run, NULL, &error), POL_STATUS_USAGE);
    finish(run, &b);
    pol_module_close(m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_ladders_and_caps_go_on),
        cmocka_unit_test(what_is_deferred_is_carried_by_a_later_run),
        cmocka_unit_test(cut_anywhere_it_is_as_one_run),
        cmocka_unit_test(claims_that_come_too_late_are_refused_by_name),
        cmocka_unit_test(applicants_rows_that_say_otherwise_are_refused),
        cmocka_unit_test(a_policy_is_known_by_its_rules_whatever_their_order),
        cmocka_unit_test(every_flipped_bit_and_every_cut_is_refused),
        cmocka_unit_test(forged_states_never_crash),
        cmocka_unit_test(a_state_tells_what_it_is_about),
        cmocka_unit_test(only_a_run_with_a_state_can_save_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
