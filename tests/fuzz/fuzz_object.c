/* fuzz_object.c - any bytes as a policy object. The digest is written anew, so that what was changed gets past it and
 * meets the checks behind. An object that is loaded is shown and read in full, and a ledger is decided with its
 * descriptor and kernels of our own: generated code is trusted once its bytes were accepted, what the descriptor says
 * is not. The fuzzer's sanitizers judge.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "core/module.h"
#include "core/object.h"
#include "digest.h"
#include "ledger/schema.h"

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- the digest -----------------------------------------------------------------------------------------------------
 */

static void sign(uint8_t *bytes, size_t size) {
    struct prt_object object;
    struct pol_error error;
    if (prt_object_check(bytes, size, &object, &error) != POL_STATUS_OK ||
        object.descriptor_size < offsetof(struct pol_descriptor, source_digest))
        return;
    uint8_t *digest = bytes + object.descriptor_offset + offsetof(struct pol_descriptor, object_digest);
    struct pol_sha256 hash;
    memset(digest, 0, POL_DIGEST_SIZE);
    pol_sha256_init(&hash);
    pol_sha256_add(&hash, bytes, size);
    uint8_t result[POL_DIGEST_SIZE];
    pol_sha256_end(&hash, result);
    memcpy(digest, result, sizeof result);
}

/* ---- kernels of our own: whatever they may answer -------------------------------------------------------------------
 */

static uint64_t mix(uint64_t x) {
    x ^= x >> 31;
    x *= 0x9e3779b97f4a7c15u;
    return x ^ x >> 29;
}

/* What a kernel is not told: it takes no context. The fuzzer runs one input at a time. */
static uint64_t aux_told, rules_told;

static void any_row(const struct pol_row_args *a) {
    for (uint64_t i = 0; i < a->rows; i++) {
        uint64_t chance = mix(i + 1);
        a->rule[i] = 0;
        a->award[i] = 0;
        for (uint64_t k = 0; k < aux_told; k++)
            a->aux[k][i] = 0;
        if (a->status[i])
            continue;
        if (rules_told > 1 && chance % 8 == 0) {
            a->rule[i] = (uint16_t)(1 + chance / 8 % (rules_told - 1 < 65535 ? rules_told - 1 : 65535));
            continue;
        }
        a->award[i] = (int64_t)(1 + chance % (chance % 5 == 0 ? (uint64_t)INT64_MAX / 4 : 10000000));
        for (uint64_t k = 0; k < aux_told; k++)
            a->aux[k][i] = (int64_t)(mix(chance + k) >> (chance % 3 == 0 ? 1 : 40));
    }
}

static void any_profile(const struct pol_profile_args *a) {
    for (uint64_t i = 0; i < a->rows; i++) {
        a->flags[i] = (uint8_t)(mix(i) % 4);
        a->limit[i] = (int64_t)(mix(i + 7) >> 30);
    }
}

/* ---- a ledger -------------------------------------------------------------------------------------------------------
 */

enum { ROWS = 24 };

struct ledger {
    struct pol_column *column;
    struct pol_batch batch;
    uint8_t *room; /* all values */
};

/* Columns of ROWS cells for the fields, every one as the field's width says; texts of two letters. */
static bool fill(struct ledger *l, const struct pol_field *field, uint32_t count, uint32_t items) {
    static const char letters[] = "aabbaabaabbb";
    l->column = calloc(count + 1u, sizeof *l->column);
    l->room = calloc((size_t)count * ROWS + 1, sizeof(struct pol_text));
    l->batch = (struct pol_batch){.rows = ROWS, .columns = l->column};
    if (!l->column || !l->room)
        return false;
    for (uint32_t f = 0; f < count; f++) {
        uint8_t *values = l->room + (size_t)f * ROWS * sizeof(struct pol_text);
        l->column[f].values = values;
        for (uint32_t i = 0; i < ROWS; i++) {
            uint64_t chance = mix(f * 1000 + i);
            if (field[f].type == POL_TEXT) {
                struct pol_text t = {letters + chance % 10, f == 0 ? 1 + (uint32_t)i % 2 : 1, 0};
                memcpy(values + i * sizeof t, &t, sizeof t);
                continue;
            }
            uint64_t span = (uint64_t)field[f].max - (uint64_t)field[f].min;
            int64_t value = (int64_t)((uint64_t)field[f].min + (span == UINT64_MAX ? chance : chance % (span + 1)));
            memcpy(values + (size_t)i * field[f].width, &value, field[f].width < 8 ? field[f].width : 8);
        }
    }
    if (count > POL_CLAIM_BUILTINS && items)
        for (uint32_t i = 0; i < ROWS; i++)
            ((uint16_t *)(l->room + POL_CLAIM_ITEM * ROWS * sizeof(struct pol_text)))[i] = (uint16_t)(i % items);
    return true;
}

static void release(struct ledger *l) {
    free(l->column);
    free(l->room);
}

/* Days close to each other, in the years of the applicants. */
static void set_days(struct ledger *claims, struct ledger *profiles) {
    int32_t *day = (int32_t *)(void *)(claims->room + POL_CLAIM_DATE * ROWS * sizeof(struct pol_text));
    int32_t *year = (int32_t *)(void *)(profiles->room + POL_PROFILE_YEAR * ROWS * sizeof(struct pol_text));
    for (int32_t i = 0; i < ROWS; i++) {
        day[i] = 18628 + (int32_t)(mix((uint64_t)i) % 1500); /* from 2021 on */
        year[i] = 2000 + i;
    }
}

static void decide(const pol_module *module, pol_run *run, struct ledger *claims, struct ledger *profiles) {
    pol_part *part = NULL;
    struct pol_error error;
    set_days(claims, profiles);
    if (pol_run_profiles(run, &profiles->batch, &error) || pol_run_seal_profiles(run, &error) ||
        pol_part_new(run, &part, &error))
        return;
    if (!pol_run_evaluate(run, &claims->batch, part, &error) && !pol_run_append(run, part, &error) &&
        !pol_run_decide(run, &error)) {
        struct pol_decision decision[ROWS];
        uint64_t count;
        pol_run_decisions(run, 0, ROWS, decision);
        pol_run_payments(run, &count);
        const struct pol_rule *rules = pol_module_array(module, pol_module_descriptor(module)->rules);
        for (unsigned i = 0; i < ROWS; i++)
            if (strlen(pol_module_string(module, rules[decision[i].rule].name)) > 1u << 30)
                abort();
    }
    pol_part_free(part);
}

static void run_ledger(const pol_module *loaded) {
    const struct pol_descriptor *d = pol_module_descriptor(loaded);
    struct prt_kernels kernels[POL_KERNEL_SLOTS];
    for (int i = 0; i < POL_KERNEL_SLOTS; i++)
        kernels[i] = (struct prt_kernels){.level = 1, .row = any_row, .profile = any_profile};
    pol_module *module;
    struct pol_error error;
    if (prt_module_make(d, (size_t)d->size, kernels, &module, &error) != POL_STATUS_OK)
        abort(); /* it was accepted a moment ago */
    int64_t *params = calloc(d->params.count + 1u, sizeof *params);
    struct ledger claims = {0}, profiles = {0};
    pol_run *run = NULL;
    if (params && fill(&claims, pol_module_array(module, d->claim_fields), d->claim_fields.count, d->items.count) &&
        fill(&profiles, pol_module_array(module, d->profile_fields), d->profile_fields.count, 0)) {
        pol_params_default(module, params);
        aux_told = d->aux_count;
        rules_told = d->rules.count;
        struct pol_run_options options = {.params = params};
        if (pol_run_new(module, &options, &run, &error) == POL_STATUS_OK)
            decide(module, run, &claims, &profiles);
    }
    pol_run_free(run);
    release(&claims);
    release(&profiles);
    free(params);
    pol_module_close(module);
}

/* ---- the object -----------------------------------------------------------------------------------------------------
 */

static void look_through(const pol_module *module) {
    struct pol_buffer text = {0};
    struct pol_csv_schema *schema = NULL;
    struct pol_error error;
    int64_t params[64] = {0};
    pol_info_text(module, &text);
    pol_buffer_free(&text);
    if (pol_csv_schema_claims(module, &schema, &error) == POL_STATUS_OK)
        pol_csv_schema_free(schema);
    if (pol_csv_schema_profiles(module, &schema, &error) == POL_STATUS_OK)
        pol_csv_schema_free(schema);
    if (pol_module_descriptor(module)->params.count <= 64) {
        pol_params_default(module, params);
        pol_params_set(module, params, "quota=5", &error);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint8_t *bytes = malloc(size + 8);
    pol_module *module = NULL;
    struct pol_error error;
    if (!bytes)
        return 0;
    memcpy(bytes, data, size);
    sign(bytes, size);
    if (pol_module_load(bytes, size, &module, &error) == POL_STATUS_OK) {
        look_through(module);
        /* more is memory and time, nothing new */
        const struct pol_descriptor *d = pol_module_descriptor(module);
        if (d->aux_count < 1000 && d->claim_fields.count < 1000 && d->params.count < 1000)
            run_ledger(module);
        pol_module_close(module);
    }
    free(bytes);
    return 0;
}

/* ---- mutation: a number of the headers or the descriptor, more often than any byte
 * ------------------------------------ */

static size_t begin_of_descriptor(const uint8_t *data, size_t size) {
    const uint8_t *at = size > 64 ? memmem(data, size, POL_MAGIC, 8) : NULL;
    return at ? (size_t)(at - data) : 0;
}

static void change_word(uint8_t *data, size_t size, unsigned seed) {
    static const uint32_t values[] = {0,    1,     2,      3,       4,          7,          8,
                                      0xff, 0x100, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff};
    size_t begin = seed % 4 == 0 ? 0 : begin_of_descriptor(data, size);
    uint64_t chance = mix(seed + 1);
    size_t range = size - begin;
    if (chance % 3)
        range = range < 1024 ? range : 1024; /* the fixed part */
    size_t at = begin + (chance >> 8) % range / 4 * 4;
    uint32_t word;
    if (at + sizeof word > size)
        return;
    memcpy(&word, data + at, sizeof word);
    switch (chance >> 40 & 3) {
    case 0:
        word = values[(chance >> 44) % (sizeof values / sizeof *values)];
        break;
    case 1:
        word += (uint32_t)(chance >> 44) % 33 - 16;
        break;
    case 2:
        word ^= 1u << (chance >> 44) % 32;
        break;
    default:
        word = (uint32_t)((chance >> 44) % size);
    }
    memcpy(data + at, &word, sizeof word);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed) {
    if (size < 64 || seed % 16 == 0)
        return LLVMFuzzerMutate(data, size, max_size);
    for (unsigned i = 0; i < 1 + seed / 16 % 3; i++)
        change_word(data, size, seed + i * 7919);
    return size;
}
