/* Stage 0, input formats, the order of calls, and every allocation that can fail. */
#include "core_fixture.h"

#include <stdatomic.h>

#include "core/memory.h"

/* ---- memory that fails on demand: replaces core's memory.c ---------------------------------------------------------
 */

static struct {
    _Atomic long live, countdown; /* countdown: calls until one fails; < 0 = never */
} memory = {0, -1};

static bool fails(void) {
    return memory.countdown >= 0 && atomic_fetch_sub(&memory.countdown, 1) == 0;
}

void *prt_resize(void *old, size_t size) {
    if (fails())
        return NULL;
    memory.live += old == NULL;
    return realloc(old, size ? size : 1);
}

void *prt_zeroed(size_t count, size_t size) {
    if (fails())
        return NULL;
    memory.live++;
    return calloc(count ? count : 1, size ? size : 1);
}

void prt_release(void *old) {
    memory.live -= old != NULL;
    free(old);
}

/* ---- a policy with a bit of everything -----------------------------------------------------------------------------
 */

static pol_module *policy(struct db *b) {
    static const struct pol_key object[] = {{.kind = POL_KEY_CLAIM_FIELD, .field = POL_CLAIM_OBJECT},
                                            {.kind = POL_KEY_CLAIM_FIELD, .field = F_REGION}};
    static const struct pol_key yearly[] = {{.kind = POL_KEY_APPLICANT}, {.kind = POL_KEY_YEAR}};
    fx_begin(b);
    uint32_t once = db_cell(b, POL_CELL_ONCE, object, 1), ladder = db_cell(b, POL_CELL_LADDER, object, 2);
    uint32_t cap = db_cell(b, POL_CELL_CAP, yearly, 2);
    uint32_t x = fx_item(b, "x"), y = fx_item(b, "y"), rule = db_rule(b, "limit", POL_LIMIT);
    db_rule(b, "excluded", POL_EXCLUDED);
    db_step(b, x, POL_STEP_ONCE, once, rule);
    db_step(b, x, POL_STEP_CAP_MONEY, cap, rule)->max = db_const(5000);
    db_step(b, x, POL_STEP_LIMIT, POL_NONE, rule);
    db_step(b, y, POL_STEP_LADDER, ladder, rule);
    b->limit = (struct pol_limit){.rule = rule, .carry_years = 2, .present = 1};
    /* y needs neither region nor units */
    struct db_item *item = &b->item[y];
    uint32_t kept = 0;
    for (uint32_t i = 0; i < item->need_count; i++)
        if (item->needs[i] != F_UNITS)
            item->needs[kept++] = item->needs[i];
    item->need_count = kept;
    return fx_module(b);
}

static const struct fx_profile profiles[] = {
    {"A", 2021, false, false, 10}, {"A", 2022, true, false, 10}, {"B", 2021, false, false, -1},
    {"C", 2021, false, false, -2}, {"D", 2021, true, false, 50}, {"D", 2023, true, false, 500},
};

static void reasons_follow_the_order_of_the_contract(void **state) {
    (void)state;
    static struct db b;
    pol_module *m = policy(&b);
    static char long_id[300], other_long_id[300];
    memset(long_id, 'x', 299);
    memset(other_long_id, 'x', 298);
    const struct {
        struct fx_claim claim;
        enum pol_reason reason;
    } cases[] = {
        {{"c1", "A", 0, "2021-01-01", "o1", 100}, POL_OK},
        {{"c1", "Z", -1, NULL, NULL, -2}, POL_DUPLICATE_CLAIM},       /* before anything else */
        {{"", "A", 0, "2021-01-01", "o2", 100}, POL_DUPLICATE_CLAIM}, /* empty */
        {{"c2", "Z", -1, NULL, NULL, -2}, POL_UNKNOWN_ITEM},
        {{"c2", "A", 0, "2021-01-01", "o3", 100}, POL_DUPLICATE_CLAIM}, /* whatever became of the first */
        {{"c3", "A", 0, NULL, "o4", -2}, POL_BAD_VALUE},                /* before the missing date */
        {{"c4", "A", 0, "2021-01-01", "o5", -1}, POL_MISSING_FIELD},
        {{"c5", "A", 0, NULL, "o6", 100}, POL_MISSING_FIELD},
        {{"c6", "", 0, "2021-01-01", "o7", 100}, POL_MISSING_FIELD},    /* an applicant of no bytes */
        {{"c7", "A", 0, "2021-01-01", "o8", 100000001}, POL_BAD_VALUE}, /* above a million yuan */
        {{"c8", "A", 0, "1989-12-31", "o9", 100}, POL_BAD_VALUE},
        {{"c9", "A", 0, "2023-01-01", "o10", 100}, POL_MISSING_PROFILE},
        {{"d1", "Z", 0, "2021-01-01", "o11", 100}, POL_MISSING_PROFILE},
        {{"d2", "B", 0, "2021-01-01", "o12", 100}, POL_MISSING_FIELD}, /* of the profile */
        {{"d3", "C", 0, "2021-01-01", "o13", 100}, POL_BAD_VALUE},
        {{"d4", "A", 0, "2021-01-01", "o14", 100, .units = -1}, POL_BAD_VALUE},
        {{"d5", "A", 1, "2021-01-01", "o15", 100, .units = -1}, POL_OK}, /* y does not need the units */
        {{"d6", "A", 0, "2021-01-01", "o16", 100, .level = 3}, POL_BAD_VALUE},
        {{"d7", "A", 0, "2021-01-01", "o17", 100, .less = -1}, POL_OK}, /* the default */
        {{"d8", "A", 0, "2021-01-01", "o18", 100, .less = -2}, POL_BAD_VALUE},
        {{long_id, "A", 0, "2021-01-01", "o19", 100}, POL_BAD_VALUE},
        {{long_id, "A", 0, "2021-01-01", "o20", 100}, POL_DUPLICATE_CLAIM}, /* bad, yet seen */
        {{other_long_id, "A", 0, "2021-01-01", "o21", 100}, POL_BAD_VALUE},
        {{other_long_id, "A", -1, "2021-01-01", "o21", 100}, POL_DUPLICATE_CLAIM},
        {{"d9", "A", 0, "2021-01-01", "o22", 100, .deny = 4}, POL_EXCLUDED},
        {{"c9", "A", 0, "2021-01-01", "o23", 100}, POL_DUPLICATE_CLAIM},
        {{"e1", "A", 0, "2021-01-01", "o22", 100}, POL_OK}, /* d9 used up nothing */
    };
    enum { N = sizeof cases / sizeof *cases };
    assert_string_equal(b.rule[4].name, "excluded");
    struct fx_claim claims[N];
    for (uint32_t i = 0; i < N; i++)
        claims[i] = cases[i].claim;
    for (uint32_t batch = 1; batch <= N; batch += 4) {
        pol_run *run = fx_run(m, profiles, FX_LEN(profiles), claims, N, (struct fx_options){.batch = batch});
        for (uint32_t i = 0; i < N; i++) {
            struct pol_decision d = fx_decision(run, i);
            if (d.reason != cases[i].reason)
                fail_msg("claim %u: %s, not %s", i, pol_reason_name(d.reason), pol_reason_name(cases[i].reason));
            bool reached = d.reason == POL_OK;
            assert_int_equal(d.award, reached ? claims[i].amount : -1);
            assert_int_equal(d.entitled, reached ? claims[i].amount : 0);
        }
        assert_int_equal(fx_decision(run, 24).kind, POL_DENIED);
        assert_int_equal(fx_decision(run, 24).rule, 4);
        assert_int_equal(fx_decision(run, 2).kind, POL_INVALID);
        assert_int_equal(fx_decision(run, 2).rule, 0);
        pol_run_free(run);
    }
    pol_module_close(m);
}

static void the_as_of_year_is_the_latest_that_can_be_read(void **state) {
    (void)state;
    static struct db b;
    pol_module *m = policy(&b);
    const struct fx_claim claims[] = {{"c1", "A", 0, "2021-01-01", "o1", 100},
                                      {"", "Z", -1, "2027-01-01", NULL, -2},    /* invalid, but its date can be read */
                                      {"c2", "A", 0, "2100-01-01", "o1", 100}}; /* out of range */
    pol_run *run = fx_run(m, profiles, FX_LEN(profiles), claims, 3, (struct fx_options){0});
    assert_int_equal(pol_run_as_of(run), 2027);
    pol_run_free(run);
    run = fx_run(m, profiles, FX_LEN(profiles), claims, 1, (struct fx_options){0});
    assert_int_equal(pol_run_as_of(run), 2023);
    pol_run_free(run);
    run = fx_run(m, profiles, FX_LEN(profiles), claims, 0, (struct fx_options){.as_of = 2020});
    assert_int_equal(pol_run_as_of(run), 2020);
    assert_int_equal(pol_run_rows(run), 0);
    uint64_t count;
    pol_run_payments(run, &count);
    assert_int_equal(count, 0);
    pol_run_free(run);
    run = fx_run(m, NULL, 0, claims, 1, (struct fx_options){0});
    assert_int_equal(fx_decision(run, 0).reason, POL_MISSING_PROFILE);
    pol_run_free(run);
    pol_module_close(m);
}

static void two_rows_for_an_applicant_and_year_are_named(void **state) {
    (void)state;
    static struct db b;
    pol_module *m = policy(&b);
    const struct fx_profile twice[] = {{"A", 2021},
                                       {"91330783311052143X", 2022},
                                       {"B", 2022},
                                       {"91330783311052143X", 2021},
                                       {"91330783311052143X", 2022}};
    pol_run *run;
    struct pol_error error;
    assert_int_equal(fx_try(m, twice, 5, NULL, 0, (struct fx_options){0}, &run, &error), POL_STATUS_INPUT);
    assert_non_null(strstr(error.message, "91330783311052143X"));
    assert_non_null(strstr(error.message, "2022"));
    pol_module_close(m);
}

/* Duplicates are found when ids do not ascend, far apart and across batches. */
static void duplicates_are_found_in_any_order(void **state) {
    (void)state;
    static struct db b;
    pol_module *m = policy(&b);
    enum { N = 3000 };
    static struct fx_claim claims[N];
    static char id[N][12], object[N][12];
    for (uint32_t i = 0; i < N; i++) {
        uint32_t number = i < 1000 ? i : i < 2000 ? (i * 613u) % 1000u : 5000 - i;
        snprintf(id[i], sizeof id[i], "%u",
                 number); /* 0 to 999 ascend by size; then all of them again; then new ones */
        snprintf(object[i], sizeof object[i], "o%u", i);
        claims[i] = (struct fx_claim){id[i], "A", 1, "2021-05-05", object[i], 100};
    }
    static const uint64_t expect[] = {0, N, UINT64_MAX};
    for (uint32_t round = 0; round < 8; round++) {
        struct fx_options options = {
            .batch = 64 + round / 2 * 977, .plain = round % 2 != 0, .expect = expect[round % FX_LEN(expect)]};
        pol_run *run = fx_run(m, profiles, FX_LEN(profiles), claims, N, options);
        for (uint32_t i = 0; i < N; i++)
            assert_int_equal(fx_decision(run, i).reason, i >= 1000 && i < 2000 ? POL_DUPLICATE_CLAIM : POL_OK);
        assert_int_equal(pol_run_ascends(run), fx_spill() != NULL); /* through files, memory never has a table */
        pol_run_free(run);
        run = fx_run(m, profiles, FX_LEN(profiles), claims, 1000, options);
        assert_true(pol_run_ascends(run));
        pol_run_free(run);
    }
    pol_module_close(m);
}

/* Whether ids ascend is watched in batches, whose ends must be compared, too; a row without an id is no reason to lose
 * the others. */
static void duplicates_are_found_across_batches(void **state) {
    (void)state;
    static struct db b;
    pol_module *m = policy(&b);
    static const struct fx_claim claims[] = {
        {"c1", "A", 1, "2021-05-05", "o1", 100},  {"c2", "A", 1, "2021-05-05", "o2", 100}, /* ascend */
        {"c2", "A", 1, "2021-05-05", "o3", 100},  {"c3", "A", 1, "2021-05-05", "o4", 100}, /* begin with the last */
        {"c30", "A", 1, "2021-05-05", "o5", 100}, {"", "A", 1, "2021-05-05", "o6", 100},   /* one is missing */
        {"c3", "A", 1, "2021-05-05", "o7", 100},  {"c4", "A", 1, "2021-05-05", "o8", 100}, /* begin anew */
        {"b", "A", 1, "2021-05-05", "o9", 100},   {"c30", "A", 1, "2021-05-05", "o0", 100},
    };
    static const uint8_t twice[] = {0, 0, 1, 0, 0, 1, 1, 0, 0, 1};
    for (uint32_t batch = 1; batch <= FX_LEN(claims); batch++)
        for (int plain = 0; plain < 2; plain++) {
            struct fx_options options = {.batch = batch, .plain = plain != 0};
            pol_run *run = fx_run(m, profiles, FX_LEN(profiles), claims, FX_LEN(claims), options);
            for (uint32_t i = 0; i < FX_LEN(claims); i++)
                assert_int_equal(fx_decision(run, i).reason, twice[i] ? POL_DUPLICATE_CLAIM : POL_OK);
            pol_run_free(run);
        }
    pol_module_close(m);
}

/* ---- other layouts of columns ---------------------------------------------------------------------------------------
 */

/* A run that has its applicants, and a part of it. */
static pol_run *begin(const pol_module *m, struct fx_batch *batch, pol_part **part) {
    struct pol_error error = {.message = ""};
    pol_run *run;
    assert_int_equal(pol_run_new(m, NULL, &run, &error), POL_STATUS_OK);
    fx_profiles(batch, profiles, FX_LEN(profiles));
    assert_int_equal(pol_run_profiles(run, &batch->batch, &error), POL_STATUS_OK);
    assert_int_equal(pol_run_seal_profiles(run, &error), POL_STATUS_OK);
    assert_int_equal(pol_part_new(run, part, &error), POL_STATUS_OK);
    return run;
}

/* Arrow: utf8 offsets, a bitmap and values that start at an offset; and stage 0 judged by the caller. */
static void arrow_columns_and_judged_rows_are_read_in_place(void **state) {
    (void)state;
    static struct db b;
    static struct fx_batch batch;
    pol_module *m = policy(&b);
    const struct fx_claim claims[] = {{"zz", "Z", 0, "2021-01-01", "zz", 1},   {"zz", "Z", 0, "2021-01-01", "zz", 1},
                                      {"c1", "A", 0, "2021-01-01", "o1", 100}, {"c2", "A", 0, "2021-01-02", "o2", -1},
                                      {"c3", "A", 0, "2021-01-03", "o1", 100}, {"c4", "A", 0, "2021-01-04", "o9", 100}};
    static const char ids[] = "zzzzc1c2c3c4", objects[] = "zzzzo1o2o1o9";
    static const int32_t offsets[] = {0, 2, 4, 6, 8, 10, 12};
    static const uint8_t judged[] = {0, POL_MISSING_FIELD, 0, POL_BAD_VALUE};
    struct pol_error error = {.message = ""};
    for (int given = 0; given < 2; given++) {
        pol_part *part;
        pol_run *run = begin(m, &batch, &part);
        fx_claims(&batch, claims, 6);
        for (uint32_t f = 0; f < F_COUNT; f++)
            batch.column[f].offset = 2;
        batch.column[POL_CLAIM_ID].values = ids;
        batch.column[POL_CLAIM_OBJECT].values = objects;
        batch.column[POL_CLAIM_ID].text_offsets = batch.column[POL_CLAIM_OBJECT].text_offsets = offsets;
        batch.column[POL_CLAIM_ID].validity = NULL;
        batch.column[F_LESS].values = NULL; /* a column that the ledger lacks: the default */
        batch.batch.rows = 4;
        batch.batch.status = given ? judged : NULL;
        assert_int_equal(pol_run_evaluate(run, &batch.batch, part, &error), POL_STATUS_OK);
        assert_int_equal(pol_run_append(run, part, &error), POL_STATUS_OK);
        assert_int_equal(pol_run_append(run, part, &error), POL_STATUS_OK); /* empty by now */
        pol_part_free(part);
        assert_int_equal(pol_run_decide(run, &error), POL_STATUS_OK);
        assert_int_equal(pol_run_rows(run), 4);
        assert_int_equal(fx_decision(run, 0).reason, POL_OK);
        assert_int_equal(fx_decision(run, 1).reason, POL_MISSING_FIELD);
        assert_int_equal(fx_decision(run, 2).reason, POL_ALREADY_AWARDED);
        assert_int_equal(fx_decision(run, 3).reason, given ? POL_BAD_VALUE : POL_OK);
        pol_run_free(run);
    }
    pol_module_close(m);
}

/* Rows that a caller calls good though a cell of a key cannot be: they are bad values, and only they. */
static void keys_that_cannot_be_are_bad_values(void **state) {
    (void)state;
    static struct db b;
    static struct fx_batch batch;
    static const struct pol_key by_level = {.kind = POL_KEY_CLAIM_FIELD, .field = F_LEVEL};
    static const struct pol_key by_object = {.kind = POL_KEY_CLAIM_FIELD, .field = POL_CLAIM_OBJECT};
    fx_begin(&b);
    uint32_t level = db_cell(&b, POL_CELL_ONCE, &by_level, 1), object = db_cell(&b, POL_CELL_ONCE, &by_object, 1);
    uint32_t rule = db_rule(&b, "once", POL_ALREADY_AWARDED), x = fx_item(&b, "x"), y = fx_item(&b, "y");
    db_step(&b, x, POL_STEP_ONCE, object, rule);
    db_step(&b, x, POL_STEP_ONCE, level, rule);
    db_step(&b, y, POL_STEP_ONCE, object, rule);
    pol_module *m = fx_module(&b);
    const struct fx_claim claims[] = {{"c1", "A", 0, "2021-01-01", "o1", 100, .level = 1},
                                      {"c2", "A", 0, "2021-01-02", "o2", 100, .level = 200},
                                      {"c3", "A", 1, "2021-01-03", "o2", 100, .level = 200}, /* y has no such key */
                                      {"c4", "A", 0, "2021-01-04", "o3", 100, .level = 1},
                                      {"c5", "A", 0, "2021-01-05", "o4", 100, .level = 2}};
    static const enum pol_reason reasons[] = {POL_OK, POL_BAD_VALUE, POL_OK, POL_ALREADY_AWARDED, POL_OK};
    static const uint8_t judged[FX_LEN(claims)] = {0};
    struct pol_error error = {.message = ""};
    pol_part *part;
    pol_run *run = begin(m, &batch, &part);
    fx_claims(&batch, claims, FX_LEN(claims));
    batch.batch.status = judged;
    assert_int_equal(pol_run_evaluate(run, &batch.batch, part, &error), POL_STATUS_OK);
    assert_int_equal(pol_run_append(run, part, &error), POL_STATUS_OK);
    pol_part_free(part);
    assert_int_equal(pol_run_decide(run, &error), POL_STATUS_OK);
    for (uint32_t i = 0; i < FX_LEN(claims); i++)
        assert_int_equal(fx_decision(run, i).reason, reasons[i]);
    pol_run_free(run);
    pol_module_close(m);
}

/* An applicants row is found whatever the order of the rows, and wherever an applicant's years begin, end or miss one.
 */
static void applicants_rows_are_found_in_any_order(void **state) {
    (void)state;
    enum { ROWS = 12, YEARS = 40 };
    static const struct fx_profile rows[ROWS] = {
        {"A", 2001}, {"A", 2002}, {"A", 2003}, {"B", 2001}, {"B", 2003}, {"B", 2030},
        {"C", 2002}, {"D", 1999}, {"D", 2001}, {"D", 2002}, {"D", 2003}, {"E", 2001},
    };
    static const char *const names[] = {"A", "B", "C", "D", "E", "F"};
    static struct db b;
    pol_module *m = policy(&b);
    static const uint32_t steps[] = {1, 5, 7, 11}; /* as above, and shuffled */
    for (uint32_t s = 0; s < FX_LEN(steps); s++) {
        struct fx_profile profile[ROWS];
        for (uint32_t i = 0; i < ROWS; i++)
            profile[i] = rows[i * steps[s] % ROWS];
        struct fx_claim claims[FX_LEN(names) * YEARS];
        char id[FX_LEN(claims)][8], date[FX_LEN(claims)][16];
        for (uint32_t i = 0; i < FX_LEN(claims); i++) {
            snprintf(id[i], sizeof id[i], "%03u", i);
            snprintf(date[i], sizeof date[i], "%u-05-01", 1995 + i % YEARS);
            claims[i] = (struct fx_claim){id[i], names[i / YEARS], 0, date[i], id[i], 100};
        }
        pol_run *run = fx_run(m, profile, ROWS, claims, FX_LEN(claims), (struct fx_options){.threads = 2});
        for (uint32_t i = 0; i < FX_LEN(claims); i++) {
            bool known = false;
            for (uint32_t k = 0; k < ROWS; k++)
                known = known || (strcmp(rows[k].applicant, names[i / YEARS]) == 0 &&
                                  rows[k].year == (int32_t)(1995 + i % YEARS));
            assert_int_equal(fx_decision(run, i).reason, known ? POL_OK : POL_MISSING_PROFILE);
        }
        pol_run_free(run);
        profile[3] = profile[7]; /* twice */
        struct pol_error error = {.message = ""};
        assert_int_equal(fx_try(m, profile, ROWS, claims, 1, (struct fx_options){.threads = 2}, &run, &error),
                         POL_STATUS_INPUT);
        assert_non_null(strstr(error.message, "two applicants rows for applicant"));
    }
    pol_module_close(m);
}

static void calls_out_of_order_are_refused(void **state) {
    (void)state;
    static struct db b;
    static struct fx_batch batch;
    pol_module *m = policy(&b);
    struct pol_error error = {.message = ""};
    pol_run *run;
    pol_part *part;
    assert_int_equal(pol_run_new(m, &(struct pol_run_options){.level = 4}, &run, &error), POL_STATUS_USAGE);
    assert_null(run);
    assert_int_equal(pol_run_new(m, &(struct pol_run_options){.level = 1}, &run, &error), POL_STATUS_OK);
    assert_int_equal(pol_part_new(run, &part, &error), POL_STATUS_OK);
    fx_claims(&batch, NULL, 0);
    assert_int_equal(pol_run_evaluate(run, &batch.batch, part, &error), POL_STATUS_USAGE);
    assert_int_equal(pol_run_append(run, part, &error), POL_STATUS_USAGE);
    assert_int_equal(pol_run_decide(run, &error), POL_STATUS_USAGE);
    assert_int_equal(pol_run_seal_profiles(run, &error), POL_STATUS_OK);
    assert_int_equal(pol_run_seal_profiles(run, NULL), POL_STATUS_USAGE);
    assert_int_equal(pol_run_profiles(run, &batch.batch, &error), POL_STATUS_USAGE);
    assert_int_equal(pol_run_decide(run, &error), POL_STATUS_OK);
    assert_int_equal(pol_run_decide(run, &error), POL_STATUS_USAGE);
    assert_int_equal(pol_run_append(run, part, &error), POL_STATUS_USAGE);
    pol_part_free(part);
    pol_part_free(NULL);
    pol_run_free(run);
    pol_run_free(NULL);
    /* an applicants row without an applicant must not be handed over */
    assert_int_equal(pol_run_new(m, NULL, &run, &error), POL_STATUS_OK);
    const struct fx_profile nameless[] = {{"A", 2021}, {"", 2022}};
    fx_profiles(&batch, nameless, 2);
    assert_int_equal(pol_run_profiles(run, &batch.batch, &error), POL_STATUS_USAGE);
    assert_non_null(strstr(error.message, "row 1"));
    pol_run_free(run);
    pol_module_close(m);
}

/* ---- parameters
 * ------------------------------------------------------------------------------------------------------ */

static void add_param(struct db *b, const char *name, uint8_t type, int64_t min, int64_t max, int64_t fallback) {
    b->param_name[b->param_count] = name;
    b->param[b->param_count++] = (struct pol_param){
        .type = type, .enum_index = type == POL_ENUM ? 0 : POL_NONE, .min = min, .max = max, .fallback = fallback};
}

static void parameters_are_read_like_cells(void **state) {
    (void)state;
    static struct db b;
    fx_begin(&b);
    add_param(&b, "commencement", POL_DATE, 19723, 20088, 19905); /* 2024-01-01, 2024-12-31, 2024-07-01 */
    add_param(&b, "总额", POL_MONEY, 0, 100000000, 5000);
    add_param(&b, "level", POL_ENUM, 0, 2, 1);
    add_param(&b, "open", POL_BOOL, 0, 1, 0);
    pol_module *m = fx_module(&b);
    static const struct {
        const char *text;
        uint32_t index;
        int64_t value; /* -1: refused */
        const char *says;
    } cases[] = {
        {"commencement=2024-02-29", 0, 19782, NULL},
        {" commencement = 2024-12-31 ", 0, 20088, NULL},
        {"commencement=2025-01-01", 0, -1, "from 2024-01-01 to 2024-12-31"},
        {"commencement=2024-02-30", 0, -1, "YYYY-MM-DD"},
        {"commencement=2024-2-3", 0, -1, "YYYY-MM-DD"},
        {"总额=1000000", 1, 100000000, NULL},
        {"总额=0.5", 1, 50, NULL},
        {"总额=007.05", 1, 705, NULL},
        {"总额=1000000.01", 1, -1, "from 0.00 to 1000000.00"},
        {"总额=1.005", 1, -1, "2 decimals"},
        {"总额=.5", 1, -1, "2 decimals"},
        {"总额=5.", 1, -1, "2 decimals"},
        {"总额=-5", 1, -1, "2 decimals"},
        {"总额=1e3", 1, -1, "2 decimals"},
        {"总额=99999999999999999999", 1, -1, "2 decimals"},
        {"总额=", 1, -1, "2 decimals"},
        {"level=city", 2, 2, NULL},
        {"level=City", 2, -1, "declared names"},
        {"open=是", 3, 1, NULL},
        {"open=0", 3, 0, NULL},
        {"open=yes", 3, -1, "true or false"},
        {"unknown=1", 0, -1, "no parameter 'unknown'"},
        {"open", 0, -1, "NAME=VALUE"},
        {"=1", 0, -1, "no parameter"},
    };
    for (uint32_t i = 0; i < FX_LEN(cases); i++) {
        int64_t params[4];
        struct pol_error error = {.message = ""};
        pol_params_default(m, params);
        assert_int_equal(params[0], 19905);
        enum pol_status status = pol_params_set(m, params, cases[i].text, &error);
        if (cases[i].value >= 0) {
            assert_int_equal(status, POL_STATUS_OK);
            assert_int_equal(params[cases[i].index], cases[i].value);
        } else {
            assert_int_equal(status, POL_STATUS_USAGE);
            if (!strstr(error.message, cases[i].says))
                fail_msg("%s: %s", cases[i].text, error.message);
        }
    }
    pol_module_close(m);
}

/* ---- every allocation fails once
 * -------------------------------------------------------------------------------------- */

static void make_busy(struct fx_claim *claims, uint32_t count) {
    static char id[400][12], object[400][12], date[400][12];
    for (uint32_t i = 0; i < count; i++) {
        snprintf(id[i], sizeof id[i], "c%u", (i * 37u) % 300u); /* not ascending, some twice */
        snprintf(object[i], sizeof object[i], "o%u", i % 90);
        snprintf(date[i], sizeof date[i], "2021-%02u-%02u", 1 + i % 12, 1 + i % 28);
        claims[i] = (struct fx_claim){id[i], i % 3 ? "A" : "D", (int)(i % 2), date[i], object[i], 100 + i};
    }
}

static void an_allocation_that_fails_is_reported_and_nothing_leaks(void **state) {
    (void)state;
    static struct db b;
    pol_module *m = policy(&b);
    static struct fx_claim claims[400];
    static char long_id[300];
    memset(long_id, 'y', 299);
    make_busy(claims, 400);
    claims[7].id = long_id;
    long before = memory.live;
    bool done = false;
    for (long at = 0; !done; at++) {
        struct pol_error error = {.message = ""};
        struct fx_options o = {.threads = at % 3 == 2 ? 8 : 1 + (unsigned)(at % 3), .batch = 150};
        pol_run *run;
        memory.countdown = at / 2;
        enum pol_status status = fx_try(m, profiles, FX_LEN(profiles), claims, 400, o, &run, &error);
        uint64_t count = 0;
        if (!status && !pol_run_payments(run, &count))
            assert_true(count > 0);
        done = memory.countdown >= 0 && at % 2 == 1;
        memory.countdown = -1;
        if (status) {
            assert_int_equal(status, POL_STATUS_SYSTEM);
            assert_string_equal(error.message, "out of memory");
        }
        pol_run_free(run);
        assert_int_equal(memory.live, before);
        assert_true(at < 100000);
    }
    pol_module_close(m);
    assert_int_equal(memory.live, before - 2);
}

/* Reading the payments fails at any allocation: there is no list then, and it is not taken for an empty one. */
static void payments_that_cannot_be_listed_are_none(void **state) {
    (void)state;
    static struct db b;
    pol_module *m = policy(&b);
    static struct fx_claim claims[400];
    make_busy(claims, 400);
    long before = memory.live;
    bool listed = false;
    for (long at = 0; !listed; at++) {
        pol_run *run = fx_run(m, profiles, FX_LEN(profiles), claims, 400, (struct fx_options){.threads = 1});
        uint64_t count = 0;
        memory.countdown = at;
        const struct pol_payment *list = pol_run_payments(run, &count);
        listed = memory.countdown >= 0;
        memory.countdown = -1;
        assert_true(count > 0);
        assert_int_equal(list != NULL, listed);
        pol_run_free(run);
        assert_int_equal(memory.live, before);
    }
    pol_module_close(m);
}

static void loading_survives_failing_allocations(void **state) {
    (void)state;
    static struct db b;
    fx_begin(&b);
    fx_item(&b, "x");
    struct pol_descriptor *d = db_finish(&b);
    struct prt_kernels kernels = {.level = 1, .row = fx_row_kernel, .profile = fx_profile_kernel};
    long before = memory.live;
    for (long at = 0; at < 3; at++) {
        struct pol_error error;
        pol_module *m;
        memory.countdown = at;
        enum pol_status status = prt_module_make(b.blob, (size_t)d->size, &kernels, &m, &error);
        memory.countdown = -1;
        assert_int_equal(status, at < 2 ? POL_STATUS_SYSTEM : POL_STATUS_OK);
        pol_module_close(m);
        assert_int_equal(memory.live, before);
    }
}

/* The numbers of tables stay right while they grow. */
static void dictionaries_number_keys_in_order_of_appearance(void **state) {
    (void)state;
    enum { N = 20000 };
    static char text[N][8];
    struct prt_dict dict = {.prefixed = true};
    for (int round = 0; round < 2; round++)
        for (uint32_t i = 0; i < N; i++) {
            uint32_t code, size = (uint32_t)snprintf(text[i], sizeof text[i], "%u", i / 2);
            uint64_t prefix = i % 2;
            /* hashes of 7 bits: most keys collide, and are told apart all the same */
            uint32_t hash = prt_hash_key(prt_hash_text(text[i], size, 1), prefix) & 0xfe000000u;
            if (i > 2000 && round == 1)
                break;
            if (i > 2000)
                hash = prt_hash_key(prt_hash_text(text[i], size, 1), prefix);
            assert_true(prt_dict_code(&dict, prefix, prt_hold(text[i], size), hash, &code));
            assert_int_equal(code, i);
        }
    assert_int_equal(dict.count, N);
    prt_dict_free(&dict);
}

/* Texts of every length, of which some are held in the dictionary and some stay where they are. */
static void dictionaries_tell_texts_of_all_lengths_apart(void **state) {
    (void)state;
    static char text[POL_TEXT_LIMIT + 2];
    struct prt_dict dict = {.likely = 1u << 20};
    memset(text, 'a', sizeof text);
    text[POL_TEXT_LIMIT] = 'b'; /* so that the texts end differently */
    for (int round = 0; round < 2; round++)
        for (uint32_t size = 0; size <= POL_TEXT_LIMIT; size++)
            for (uint32_t end = 0; end < 2; end++) {
                const char *from = text + (end ? POL_TEXT_LIMIT + 1 - size : 0);
                uint32_t code, want = size == 0 ? 0 : 2 * size - 1 + end;
                assert_true(prt_dict_code(&dict, 0, prt_hold(from, size), 7, &code)); /* one hash for all */
                assert_int_equal(code, want);
                uint64_t prefix;
                struct pol_text held = prt_dict_key(&dict, code, &prefix);
                assert_int_equal(held.size, size);
                assert_memory_equal(held.data, from, size);
                assert_int_equal(prefix, 0);
            }
    assert_int_equal(dict.count, 2 * POL_TEXT_LIMIT + 1);
    prt_dict_free(&dict);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reasons_follow_the_order_of_the_contract),
        cmocka_unit_test(the_as_of_year_is_the_latest_that_can_be_read),
        cmocka_unit_test(two_rows_for_an_applicant_and_year_are_named),
        cmocka_unit_test(duplicates_are_found_in_any_order),
        cmocka_unit_test(duplicates_are_found_across_batches),
        cmocka_unit_test(arrow_columns_and_judged_rows_are_read_in_place),
        cmocka_unit_test(keys_that_cannot_be_are_bad_values),
        cmocka_unit_test(applicants_rows_are_found_in_any_order),
        cmocka_unit_test(calls_out_of_order_are_refused),
        cmocka_unit_test(parameters_are_read_like_cells),
        cmocka_unit_test(an_allocation_that_fails_is_reported_and_nothing_leaks),
        cmocka_unit_test(payments_that_cannot_be_listed_are_none),
        cmocka_unit_test(loading_survives_failing_allocations),
        cmocka_unit_test(dictionaries_number_keys_in_order_of_appearance),
        cmocka_unit_test(dictionaries_tell_texts_of_all_lengths_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
