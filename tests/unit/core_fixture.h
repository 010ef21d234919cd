/* core_fixture.h - small ledgers for a policy made by hand, decided by the real runtime.
 *
 * The policy's claim fields: amount (what the claim is awarded), less, units, price, cap, applies, region (text), level
 * (enum), deny (the number of the rule that the kernel names, 0 = none). Its applicants: limited, excluded,
 * contribution. Tests add cells, items and steps. Amounts are in fen. */
#ifndef CORE_FIXTURE_H
#define CORE_FIXTURE_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/days.h"
#include "core/module.h"
#include "core/run.h"
#include "descriptor_builder.h"
#include "polrt.h"

enum {
    F_AMOUNT = POL_CLAIM_BUILTINS,
    F_LESS,
    F_UNITS,
    F_PRICE,
    F_CAP,
    F_APPLIES,
    F_REGION,
    F_LEVEL,
    F_DENY,
    F_COUNT,
    P_LIMITED = POL_PROFILE_BUILTINS,
    P_EXCLUDED,
    P_CONTRIBUTION,
    P_COUNT,
    A_LESS = 0,
    A_UNITS,
    A_PRICE,
    A_CAP,
    A_APPLIES,
    A_COUNT,
    MONEY_MAX_YUAN = 1000000
};

/* Rows of test ledgers say only what matters to the test. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct fx_claim { /* NOLINT(clang-analyzer-optin.performance.Padding): in the order of reading */
    const char *id, *applicant;
    int item;         /* -1 = unknown */
    const char *date; /* NULL = missing */
    const char *object;
    int64_t amount; /* -1 = missing, -2 = unreadable */
    int64_t less;   /* -1 = missing: the default, 0 */
    int32_t units;
    int64_t price, cap;
    bool idle; /* does not meet the condition `applies` */
    const char *region;
    uint8_t level;
    int32_t deny;
};

struct fx_profile {
    const char *applicant;
    int32_t year;
    bool limited, excluded;
    int64_t contribution; /* -1 = missing, -2 = unreadable */
};

static inline void fx_row_kernel(const struct pol_row_args *a) {
    for (uint64_t i = 0; i < a->rows; i++) {
        a->rule[i] = 0;
        a->award[i] = 0;
        for (int k = 0; k < A_COUNT; k++)
            a->aux[k][i] = 0;
        if (a->status[i])
            continue;
        a->rule[i] = (uint16_t)((const int32_t *)a->claim[F_DENY])[i];
        if (a->rule[i])
            continue;
        a->award[i] = ((const int64_t *)a->claim[F_AMOUNT])[i];
        a->aux[A_LESS][i] = ((const int64_t *)a->claim[F_LESS])[i];
        a->aux[A_UNITS][i] = ((const int32_t *)a->claim[F_UNITS])[i];
        a->aux[A_PRICE][i] = ((const int64_t *)a->claim[F_PRICE])[i];
        a->aux[A_CAP][i] = ((const int64_t *)a->claim[F_CAP])[i];
        a->aux[A_APPLIES][i] = ((const uint8_t *)a->claim[F_APPLIES])[i];
    }
}

static inline void fx_profile_kernel(const struct pol_profile_args *a) {
    for (uint64_t i = 0; i < a->rows; i++) {
        a->flags[i] = (uint8_t)((((const uint8_t *)a->profile[P_LIMITED])[i] ? POL_PROFILE_LIMITED : 0) |
                                (((const uint8_t *)a->profile[P_EXCLUDED])[i] ? POL_PROFILE_EXCLUDED : 0));
        a->limit[i] = ((const int64_t *)a->profile[P_CONTRIBUTION])[i];
    }
}

/* The fields; needs are given to items by fx_item. */
static inline void fx_begin(struct db *b) {
    const int64_t money = (int64_t)MONEY_MAX_YUAN * 100;
    db_begin(b);
    db_field(b->claim, &b->claim_count, "amount", POL_MONEY, 0, money);
    db_field(b->claim, &b->claim_count, "less", POL_MONEY, 0, money);
    b->claim[F_LESS].flags |= POL_FIELD_DEFAULT;
    db_field(b->claim, &b->claim_count, "units", POL_COUNT, 0, 1000000000);
    db_field(b->claim, &b->claim_count, "price", POL_MONEY, 0, money);
    db_field(b->claim, &b->claim_count, "cap", POL_MONEY, 0, money);
    db_field(b->claim, &b->claim_count, "applies", POL_BOOL, 0, 1);
    db_field(b->claim, &b->claim_count, "region", POL_TEXT, 0, 255);
    b->claim[F_REGION].flags |= POL_FIELD_DEFAULT;
    b->claim[db_field(b->claim, &b->claim_count, "level", POL_ENUM, 0, 0)].enum_index = 0;
    db_field(b->claim, &b->claim_count, "deny", POL_COUNT, 0, 1000);
    db_field(b->profile, &b->profile_count, "limited", POL_BOOL, 0, 1);
    db_field(b->profile, &b->profile_count, "excluded", POL_BOOL, 0, 1);
    db_field(b->profile, &b->profile_count, "contribution", POL_MONEY, 0, money);
    b->enum_count = 1;
    b->value[0][0] = "national";
    b->value[0][1] = "provincial";
    b->value[0][2] = "city";
    b->value_count[0] = 3;
    b->aux_count = A_COUNT;
}

static inline uint32_t fx_item(struct db *b, const char *name) {
    uint32_t item = db_item(b, name);
    b->item[item].needs[b->item[item].need_count++] = POL_CLAIM_APPLICANT;
    b->item[item].needs[b->item[item].need_count++] = POL_CLAIM_DATE;
    b->item[item].needs[b->item[item].need_count++] = POL_CLAIM_OBJECT;
    for (uint32_t f = F_AMOUNT; f < F_COUNT; f++)
        b->item[item].needs[b->item[item].need_count++] = f;
    return item;
}

static inline pol_module *fx_module(struct db *b) {
    struct pol_descriptor *d = db_finish(b);
    struct prt_kernels kernels = {.level = 1, .row = fx_row_kernel, .profile = fx_profile_kernel};
    struct pol_error error = {.message = ""};
    pol_module *module;
    enum pol_status status = prt_module_make(b->blob, (size_t)d->size, &kernels, &module, &error);
    if (status)
        fail_msg("%s", error.message);
    return module;
}

static inline int32_t fx_day(const char *date) {
    int y = 0, m = 0, d = 0;
    if (!date || sscanf(date, "%d-%d-%d", &y, &m, &d) != 3)
        return 0;
    return prt_day_of(y, m, d);
}

/* ---- columns ------------------------------------------------------------------------------------------------------
 */

enum { FX_ROWS = 4096 };

/* Columns of a batch; texts point at the caller's strings. */
struct fx_batch {
    struct pol_column column[F_COUNT];
    struct pol_batch batch;
    struct pol_text id[FX_ROWS], applicant[FX_ROWS], object[FX_ROWS], region[FX_ROWS];
    uint16_t item[FX_ROWS];
    int32_t date[FX_ROWS], units[FX_ROWS], deny[FX_ROWS], year[FX_ROWS];
    int64_t amount[FX_ROWS], less[FX_ROWS], price[FX_ROWS], cap[FX_ROWS];
    uint8_t applies[FX_ROWS], level[FX_ROWS], limited[FX_ROWS], excluded[FX_ROWS];
    uint8_t valid[F_COUNT][FX_ROWS / 8], bad[F_COUNT][FX_ROWS / 8];
};

static inline struct pol_text fx_text(const char *s) {
    return (struct pol_text){.data = s ? s : "", .size = s ? (uint32_t)strlen(s) : 0};
}

static inline void fx_mark(struct fx_batch *b, uint32_t field, uint32_t row, bool missing, bool bad) {
    uint8_t bit = (uint8_t)(1u << row % 8);
    if (missing)
        b->valid[field][row / 8] &= (uint8_t)~bit;
    if (bad)
        b->bad[field][row / 8] |= bit;
}

static inline void fx_columns(struct fx_batch *b, uint32_t fields, uint32_t rows) {
    memset(b->valid, 0xff, sizeof b->valid);
    memset(b->bad, 0, sizeof b->bad);
    for (uint32_t f = 0; f < fields; f++) {
        b->column[f].validity = b->valid[f];
        b->column[f].bad = b->bad[f];
    }
    b->batch = (struct pol_batch){.rows = rows, .columns = b->column};
}

static inline void fx_claims(struct fx_batch *b, const struct fx_claim *claim, uint32_t count) {
    memset(b, 0, sizeof *b);
    fx_columns(b, F_COUNT, count);
    const void *values[F_COUNT] = {b->id,    b->applicant, b->item, b->date,    b->object, NULL,     b->amount, b->less,
                                   b->units, b->price,     b->cap,  b->applies, b->region, b->level, b->deny};
    for (uint32_t f = 0; f < F_COUNT; f++)
        b->column[f].values = values[f];
    for (uint32_t i = 0; i < count; i++) {
        const struct fx_claim *c = &claim[i];
        b->id[i] = fx_text(c->id);
        b->applicant[i] = fx_text(c->applicant);
        b->object[i] = fx_text(c->object ? c->object : "o");
        b->region[i] = fx_text(c->region);
        b->item[i] = c->item < 0 ? POL_ITEM_UNKNOWN : (uint16_t)c->item;
        b->date[i] = fx_day(c->date);
        b->amount[i] = c->amount;
        b->less[i] = c->less;
        b->units[i] = c->units;
        b->price[i] = c->price;
        b->cap[i] = c->cap;
        b->applies[i] = !c->idle;
        b->level[i] = c->level;
        b->deny[i] = c->deny;
        fx_mark(b, POL_CLAIM_DATE, i, !c->date, false);
        fx_mark(b, F_AMOUNT, i, c->amount == -1, c->amount == -2);
        fx_mark(b, F_LESS, i, c->less == -1, c->less == -2);
        fx_mark(b, F_REGION, i, !c->region, false);
    }
}

static inline void fx_plain(struct fx_batch *b) {
    for (uint32_t f = 0; f < F_COUNT; f++) {
        bool odd = false;
        for (size_t i = 0; i < sizeof b->valid[f]; i++)
            odd = odd || b->valid[f][i] != 0xff || b->bad[f][i] != 0;
        if (!odd)
            b->column[f].validity = b->column[f].bad = NULL;
    }
}

static inline void fx_profiles(struct fx_batch *b, const struct fx_profile *profile, uint32_t count) {
    memset(b, 0, sizeof *b);
    fx_columns(b, P_COUNT, count);
    const void *values[P_COUNT] = {b->applicant, b->year, b->limited, b->excluded, b->amount};
    for (uint32_t f = 0; f < P_COUNT; f++)
        b->column[f].values = values[f];
    for (uint32_t i = 0; i < count; i++) {
        b->applicant[i] = fx_text(profile[i].applicant);
        b->year[i] = profile[i].year;
        b->limited[i] = profile[i].limited;
        b->excluded[i] = profile[i].excluded;
        b->amount[i] = profile[i].contribution;
        fx_mark(b, P_CONTRIBUTION, i, profile[i].contribution == -1, profile[i].contribution == -2);
    }
}

/* ---- deciding -----------------------------------------------------------------------------------------------------
 */

struct fx_options {
    int32_t as_of;
    unsigned threads;
    uint32_t batch; /* rows at a time; 0 = all */
    bool plain;     /* columns of claims in which every cell is there and good have no bitmaps */
    uint64_t expect;
    bool goes_on; /* from `state`; NULL: from nothing */
    const struct pol_state_source *state;
};

/* With POL_TEST_SPILL set, every run works through files. */
static inline const struct pol_spill *fx_spill(void) {
    static struct pol_spill spill = {.folder = -1, .name = "a test's folder", .memory = 4096};
    const char *folder = getenv("POL_TEST_SPILL");
    if (!folder)
        return NULL;
    if (spill.folder < 0)
        spill.folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return &spill;
}

/* Everything up to pol_run_decide; on failure *out is NULL. */
static inline enum pol_status fx_try(const pol_module *module, const struct fx_profile *profile, uint32_t profiles,
                                     const struct fx_claim *claim, uint32_t claims, struct fx_options o, pol_run **out,
                                     struct pol_error *error) {
    struct fx_batch *b = malloc(sizeof *b);
    struct pol_run_options options = {.as_of_year = o.as_of, .threads = o.threads, .spill = fx_spill()};
    pol_run *run = NULL;
    pol_part *part = NULL;
    *out = NULL;
    enum pol_status status = b ? pol_run_new(module, &options, &run, error) : POL_STATUS_SYSTEM;
    if (!status && o.goes_on)
        status = pol_run_continue(run, o.state, error);
    if (!status) {
        run->shard_minimum = 2;
        fx_profiles(b, profile, profiles);
        status = pol_run_profiles(run, &b->batch, error);
    }
    if (!status)
        status = pol_run_seal_profiles(run, error);
    if (!status)
        status = pol_part_new(run, &part, error);
    if (!status)
        pol_run_expect(run, o.expect);
    uint32_t step = o.batch ? o.batch : FX_ROWS;
    for (uint32_t at = 0; !status && at < claims; at += step) {
        fx_claims(b, claim + at, claims - at < step ? claims - at : step);
        if (o.plain)
            fx_plain(b);
        status = pol_run_evaluate(run, &b->batch, part, error);
        if (!status)
            status = pol_run_append(run, part, error);
    }
    pol_part_free(part);
    if (!status)
        status = pol_run_decide(run, error);
    free(b);
    if (status) {
        pol_run_free(run);
        return status;
    }
    *out = run;
    return POL_STATUS_OK;
}

static inline pol_run *fx_run(const pol_module *module, const struct fx_profile *profile, uint32_t profiles,
                              const struct fx_claim *claim, uint32_t claims, struct fx_options o) {
    struct pol_error error = {.message = ""};
    pol_run *run;
    if (fx_try(module, profile, profiles, claim, claims, o, &run, &error))
        fail_msg("%s", error.message);
    return run;
}

static inline struct pol_decision fx_decision(const pol_run *run, uint64_t row) {
    struct pol_decision d;
    pol_run_decisions(run, row, 1, &d);
    return d;
}

#define FX_LEN(a) ((uint32_t)(sizeof(a) / sizeof *(a)))

#endif
