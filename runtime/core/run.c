/* A run from its options to its decisions. */
#include "core/run.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "core/days.h"
#include "core/state.h"
#include "core/status.h"
#include "core/volume.h"

enum { THREADS_MAX = 64, SHARD_MINIMUM = 20000 };

enum pol_status prt_break(pol_run *run, struct pol_error *error) {
    run->phase = PRT_BROKEN;
    return prt_no_memory(error);
}

/* ---- making and freeing ------------------------------------------------------------------------------------------ */

static bool copy_params(pol_run *run, const int64_t *params) {
    uint32_t count = run->module->descriptor->params.count;
    run->params = prt_zeroed((size_t)count + 1, sizeof *run->params);
    if (!run->params)
        return false;
    if (params)
        memcpy(run->params, params, count * sizeof *params);
    else
        pol_params_default(run->module, run->params);
    return true;
}

enum pol_status pol_run_new(const pol_module *module, const struct pol_run_options *options, pol_run **out,
                            struct pol_error *error) {
    static const struct pol_run_options defaults;
    if (!options)
        options = &defaults;
    *out = NULL;
    const struct prt_kernels *kernels = prt_module_kernels(module, options->level);
    if (!kernels)
        return prt_fail(error, POL_STATUS_USAGE, "no code for level %u that this processor can run", options->level);
    pol_run *run = prt_zeroed(1, sizeof *run);
    if (!run)
        return prt_no_memory(error);
    run->module = module;
    run->kernels = kernels;
    run->as_of_option = options->as_of_year;
    run->threads = options->threads ? options->threads : 1;
    run->threads = run->threads < THREADS_MAX ? run->threads : THREADS_MAX;
    run->shard_minimum = SHARD_MINIMUM;
    run->last_day = run->order_date = run->profiles.last_year = run->profiles.packed.last_year = INT32_MIN;
    run->profiles.side_by_side = true;
    run->in_order = run->seen.by_bytes = run->seen.by_size = true;
    if (getrandom(&run->seed, sizeof run->seed, GRND_NONBLOCK) != sizeof run->seed)
        run->seed = (uint64_t)(uintptr_t)run; /* hard to guess is all that is asked of it */
    if (!copy_params(run, options->params) || !prt_profiles_begin(run) ||
        (options->spill && !prt_volume_new(run, options->spill))) {
        pol_run_free(run);
        return prt_no_memory(error);
    }
    if (options->spill && options->spill->keep == 2 && !prt_volume_seed(run->volume)) {
        enum pol_status status = prt_volume_break(run, error);
        pol_run_free(run);
        return status;
    }
    *out = run;
    return POL_STATUS_OK;
}

static void free_states(pol_run *run) {
    for (uint32_t f = 0; run->state && f < run->module->descriptor->cells.count; f++)
        prt_release(run->state[f].cells);
    prt_release(run->state);
    run->state = NULL;
}

static void free_dicts(pol_run *run) {
    for (uint32_t i = 0; run->dict && i < run->plan.dicts; i++)
        prt_dict_free(&run->dict[i]);
    prt_release(run->dict);
    run->dict = NULL;
}

void pol_run_free(pol_run *run) {
    if (!run)
        return;
    pol_part_free(run->profile_part);
    prt_volume_free(run->volume);
    prt_past_free(run);
    free_states(run);
    free_dicts(run);
    prt_table_free(&run->seen.table);
    prt_profiles_free(&run->profiles);
    prt_plan_free(&run->plan);
    if (run->payments)
        prt_release(run->payments->list);
    void *const memory[] = {run->params, run->id,    run->reason, run->rule,  run->ids.longer, run->stream,
                            run->mark,   run->order, run->adjust, run->carry, run->payments};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
        prt_release(memory[i]);
    prt_release(run);
}

/* ---- sealing the profiles ---------------------------------------------------------------------------------------- */

static bool make_dicts(pol_run *run) {
    run->dict = prt_zeroed(run->plan.dicts, sizeof *run->dict);
    if (!run->dict)
        return false;
    for (uint32_t f = 0; f < run->module->descriptor->cells.count; f++) {
        const struct prt_family *family = &run->plan.family[f];
        for (uint32_t i = 0; i < family->link_count; i++)
            run->dict[run->plan.link[family->first_link + i].dict].prefixed = i > 0 || family->number_count > 0;
    }
    return true;
}

enum pol_status pol_run_seal_profiles(pol_run *run, struct pol_error *error) {
    if (run->phase != PRT_TAKES_PROFILES)
        return prt_fail(error, POL_STATUS_USAGE, "the applicants are sealed already");
    enum pol_status status = prt_profiles_seal(run, error);
    if (status) {
        run->phase = PRT_BROKEN;
        return status;
    }
    run->payments = prt_zeroed(1, sizeof *run->payments);
    if (!run->payments || !prt_plan_make(&run->plan, run->module, &run->profiles) || !make_dicts(run))
        return prt_break(run, error);
    if (run->volume && !prt_volume_seal(run->volume))
        status = prt_volume_break(run, error);
    if (!status && run->past)
        status = prt_past_seal(run, error);
    run->phase = status ? PRT_BROKEN : PRT_TAKES_CLAIMS;
    return status;
}

void pol_run_expect(pol_run *run, uint64_t claims) {
    run->expected = claims < PRT_NONE ? claims : PRT_NONE;
}

uint8_t pol_run_ascends(const pol_run *run) {
    return !run->seen.tabled;
}

/* ---- deciding ---------------------------------------------------------------------------------------------------- */

/* How many cells each family has: a cell for every key that came up. */
static bool count_cells(pol_run *run) {
    uint32_t families = run->module->descriptor->cells.count;
    run->state = prt_zeroed(families, sizeof *run->state);
    for (uint32_t f = 0; run->state && f < families; f++) {
        const struct prt_family *family = &run->plan.family[f];
        run->state[f].count = family->domain;
        if (family->link_count && run->volume)
            run->state[f].count = prt_volume_family_count(run->volume, f);
        else if (family->link_count)
            run->state[f].count = run->dict[run->plan.link[family->first_link + family->link_count - 1].dict].count;
    }
    return run->state != NULL;
}

static bool make_cells(pol_run *run) {
    for (uint32_t f = 0; f < run->module->descriptor->cells.count; f++) {
        run->state[f].cells = prt_zeroed((size_t)run->state[f].count, run->plan.family[f].width);
        if (!run->state[f].cells)
            return false;
    }
    return true;
}

bool prt_cells_make(pol_run *run) {
    return count_cells(run) && make_cells(run);
}

void prt_cells_free(pol_run *run) {
    free_states(run);
}

static void *fold_thread(void *data) {
    prt_fold(data);
    return NULL;
}

/* One thread for each shard; where no thread can be had, this one does the work. */
static void fold_all(struct prt_shard *shards, unsigned count) {
    pthread_t thread[THREADS_MAX];
    bool started[THREADS_MAX] = {false};
    for (unsigned i = 1; i < count; i++)
        started[i] = pthread_create(&thread[i], NULL, fold_thread, &shards[i]) == 0;
    prt_fold(&shards[0]);
    for (unsigned i = 1; i < count; i++) {
        if (started[i])
            pthread_join(thread[i], NULL);
        else
            prt_fold(&shards[i]);
    }
}

/* Adds a shard's findings to the run's; what refers to them by index moves along. */
static void add_findings(pol_run *run, struct prt_shard *shard) {
    for (uint64_t i = 0; i < shard->adjust_count; i++) {
        struct prt_adjust *a = &shard->adjust[i];
        run->stream[a->record + PRT_ADJUST] += (uint32_t)run->adjust_count;
        a->carry += a->carry ? (uint32_t)run->carry_count : 0;
        run->adjust[run->adjust_count + i] = *a;
    }
    for (uint64_t i = 0; i < shard->carry_count; i++) {
        struct prt_carry *c = &shard->carry[i];
        c->before += c->before ? (uint32_t)run->carry_count : 0;
        run->carry[run->carry_count + i] = *c;
    }
    run->adjust_count += shard->adjust_count;
    run->carry_count += shard->carry_count;
}

static bool gather(pol_run *run, struct prt_shard *shards, unsigned count) {
    uint64_t adjusts = 0, carries = 0;
    for (unsigned i = 0; i < count; i++) {
        adjusts += shards[i].adjust_count;
        carries += shards[i].carry_count;
    }
    if (count == 1) {
        run->adjust = shards[0].adjust;
        run->carry = shards[0].carry;
        run->adjust_count = adjusts;
        run->carry_count = carries;
        shards[0].adjust = NULL;
        shards[0].carry = NULL;
        return true;
    }
    if (adjusts >= PRT_NONE || carries >= PRT_NONE)
        return false;
    run->adjust = prt_zeroed((size_t)adjusts, sizeof *run->adjust);
    run->carry = prt_zeroed((size_t)carries, sizeof *run->carry);
    for (unsigned i = 0; run->adjust && run->carry && i < count; i++)
        add_findings(run, &shards[i]);
    return run->adjust && run->carry;
}

static bool fold_shards(pol_run *run) {
    struct prt_shard shards[THREADS_MAX] = {{0}};
    unsigned count = 0;
    uint32_t *order = NULL;
    bool ok = prt_shards_make(run, shards, run->threads, &count, &order);
    if (ok)
        fold_all(shards, count);
    for (unsigned i = 0; i < count; i++)
        ok = ok && !shards[i].failed;
    ok = ok && gather(run, shards, count);
    for (unsigned i = 0; i < count; i++) {
        prt_release(shards[i].adjust);
        prt_release(shards[i].carry);
    }
    prt_release(order);
    return ok;
}

static void set_as_of(pol_run *run) {
    run->as_of_year = run->as_of_option;
    if (run->as_of_year != 0)
        return;
    int32_t claims = run->last_day == INT32_MIN ? INT32_MIN : prt_year_of(run->last_day);
    run->as_of_year = claims > run->profiles.last_year ? claims : run->profiles.last_year;
    if (run->as_of_year == INT32_MIN)
        run->as_of_year = 0;
}

/* What the fold does not read makes room for its cells; a run that will be saved needs it again. */
static void make_way(pol_run *run) {
    prt_table_free(&run->seen.table);
    if (run->past)
        return;
    prt_profiles_forget(&run->profiles);
    free_dicts(run);
}

static bool fold(pol_run *run) {
    if (!prt_order(run) || !make_cells(run))
        return false;
    if (run->past)
        prt_past_open(run);
    return fold_shards(run);
}

static enum pol_status decide_volume(pol_run *run, struct pol_error *error) {
    enum pol_status status = run->past ? prt_past_settle(run, error) : POL_STATUS_OK;
    if (!run->past)
        prt_profiles_forget(&run->profiles); /* a state needs them again */
    free_dicts(run);
    set_as_of(run);
    if (!status && !prt_volume_decide(run->volume))
        status = prt_volume_break(run, error);
    if (!status && run->past)
        status = prt_past_finish(run, error);
    run->phase = status ? PRT_BROKEN : PRT_DECIDED;
    return status;
}

enum pol_status pol_run_decide(pol_run *run, struct pol_error *error) {
    if (run->phase != PRT_TAKES_CLAIMS)
        return prt_fail(error, POL_STATUS_USAGE, "a run decides once, after its applicants were sealed");
    if (run->volume)
        return decide_volume(run, error);
    enum pol_status status = run->past ? prt_past_begin(run, error) : POL_STATUS_OK;
    run->phase = PRT_BROKEN; /* until all is done */
    if (status)
        return status;
    bool ok = count_cells(run);
    make_way(run);
    ok = ok && fold(run);
    if (!run->past)
        free_states(run);
    prt_release(run->order);
    run->order = NULL;
    if (!ok)
        return prt_break(run, error);
    set_as_of(run);
    if (run->past)
        status = prt_past_finish(run, error);
    run->phase = status ? PRT_BROKEN : PRT_DECIDED;
    return status;
}

uint64_t pol_run_rows(const pol_run *run) {
    return run->rows;
}

int32_t pol_run_as_of(const pol_run *run) {
    return run->as_of_year;
}
