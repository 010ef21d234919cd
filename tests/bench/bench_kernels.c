/* Row kernels: generated code against hand-written C for the same rules over the same columns, and against a sweep that
 * reads and writes the same bytes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "hand.h"
#include "polrt.h"

/* What a run evaluates at a time (runtime/core/run.h, PRT_BLOCK). */
enum { BLOCK_ROWS = 1024, ORDERS = 64 };

struct table {
    uint64_t rows;
    void *column[64]; /* by claim field, then profile fields from 48 on */
    uint16_t *item;   /* up to ORDERS of them, one after the other: no processor is to learn one by heart */
    uint8_t *status;
    uint16_t *rule;
    int64_t *award, *aux[16];
    uint64_t state;
};

static uint64_t bits(struct table *t) {
    uint64_t z = t->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void *room(uint64_t bytes) {
    void *p = aligned_alloc(64, (bytes + 127) / 64 * 64);
    if (!p) {
        perror("bench");
        exit(4);
    }
    memset(p, 0, bytes);
    return p;
}

/* A plausible value: most conditions hold, so that most awards are computed. */
static int64_t value(struct table *t, const struct pol_field *f, uint32_t enum_values) {
    uint64_t r = bits(t);
    switch ((enum pol_type)f->type) {
    case POL_MONEY:
        return (int64_t)(r % 6000000000u);
    case POL_RATE:
        return (int64_t)(r % 60000);
    case POL_COUNT:
        return (int64_t)(r % 120);
    case POL_YEARS:
        return (int64_t)(r % 20);
    case POL_DAYS:
        return (int64_t)(r % 366);
    case POL_DATE:
        return 18600 + (int64_t)(r % 1000);
    case POL_BOOL:
        return r % 16 != 0;
    case POL_ENUM:
        return (int64_t)(r % 4 ? 0 : r / 4 % enum_values);
    case POL_TEXT:
        return 0;
    }
    return 0;
}

static void fill(struct table *t, const pol_module *module, const struct pol_field *f, uint32_t slot) {
    const struct pol_enum *enums = pol_module_array(module, pol_module_descriptor(module)->enums);
    uint32_t values = f->enum_index == POL_NONE ? 1 : enums[f->enum_index].values.count;
    bool rare =
        strstr(pol_module_string(module, f->name), "incident") || strstr(pol_module_string(module, f->name), "public");
    if (f->type == POL_TEXT)
        return;
    t->column[slot] = room(t->rows * f->width);
    for (uint64_t i = 0; i < t->rows; i++) {
        int64_t v = rare ? bits(t) % 50 == 0 : value(t, f, values);
        memcpy((char *)t->column[slot] + i * f->width, &v, f->width); /* little-endian */
    }
}

static void table_new(struct table *t, const pol_module *module, uint64_t rows, uint64_t orders) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_field *claim = pol_module_array(module, d->claim_fields);
    const struct pol_field *profile = pol_module_array(module, d->profile_fields);
    *t = (struct table){.rows = rows, .state = 7};
    t->item = room(rows * 2 * orders);
    t->status = room(rows);
    t->rule = room(rows * 2);
    t->award = room(rows * 8);
    for (uint32_t k = 0; k < d->aux_count; k++)
        t->aux[k] = room(rows * 8);
    for (uint64_t i = 0; i < rows * orders; i++)
        t->item[i] = (uint16_t)(bits(t) % d->items.count);
    for (uint32_t f = 0; f < d->claim_fields.count; f++)
        fill(t, module, &claim[f], f);
    for (uint32_t f = 0; f < d->profile_fields.count; f++)
        fill(t, module, &profile[f], 48 + f);
}

static void table_free(struct table *t) {
    free(t->item);
    free(t->status);
    free(t->rule);
    free(t->award);
    for (int i = 0; i < 16; i++)
        free(t->aux[i]);
    for (int i = 0; i < 64; i++)
        free(t->column[i]);
}

static const void *named(const struct table *t, const pol_module *module, const char *name) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_field *claim = pol_module_array(module, d->claim_fields);
    const struct pol_field *profile = pol_module_array(module, d->profile_fields);
    for (uint32_t f = 0; f < d->claim_fields.count; f++)
        if (strcmp(pol_module_string(module, claim[f].name), name) == 0)
            return t->column[f];
    for (uint32_t f = 0; f < d->profile_fields.count; f++)
        if (strcmp(pol_module_string(module, profile[f].name), name) == 0)
            return t->column[48 + f];
    fprintf(stderr, "bench: the policy has no field %s\n", name);
    exit(4);
}

static struct hand_columns hand_columns(const struct table *t, const pol_module *m, uint16_t *rule, int64_t *award,
                                        int64_t *less, bool six) {
    struct hand_columns c = {
        .rows = t->rows, .item = t->item, .status = t->status, .rule = rule, .award = award, .less = less};
    c.assessed = named(t, m, "assessed");
    c.cost = named(t, m, "cost");
    c.premium = named(t, m, "premium");
    c.sales = named(t, m, "sales");
    c.judgment = named(t, m, "judgment");
    c.maintained = named(t, m, "maintained_years");
    c.new_inventions = named(t, m, "new_inventions");
    c.first_industrialised = named(t, m, "first_industrialised");
    c.core = named(t, m, "core_support");
    c.won = named(t, m, "won");
    if (six)
        return c;
    c.date = named(t, m, "date");
    c.kind = named(t, m, "kind");
    c.industry = named(t, m, "industry");
    c.registered = named(t, m, "registered_locally");
    c.legal = named(t, m, "legal_person");
    c.accounts = named(t, m, "sound_accounts");
    c.operating = named(t, m, "in_operation");
    c.incident = named(t, m, "incident");
    c.official_fee = named(t, m, "official_fee");
    c.agent_fee = named(t, m, "agent_fee");
    c.prior = named(t, m, "prior_awarded");
    c.principal = named(t, m, "principal");
    c.rate = named(t, m, "benchmark_rate");
    c.days = named(t, m, "days");
    c.operating_years = named(t, m, "operating_years");
    c.agency_patents = named(t, m, "agency_patents");
    c.agency_inventions = named(t, m, "agency_inventions");
    c.accepted = named(t, m, "accepted");
    c.provincial = named(t, m, "provincial");
    c.recorded = named(t, m, "recorded_provincial");
    c.domestic = named(t, m, "domestic");
    c.separable = named(t, m, "separable");
    c.succeeded = named(t, m, "succeeded");
    c.first_registration = named(t, m, "first_registration");
    c.repaid = named(t, m, "repaid");
    c.public_employee = named(t, m, "public_employee");
    c.level = named(t, m, "level");
    c.patent_type = named(t, m, "patent_type");
    c.country = named(t, m, "country");
    return c;
}

struct generated {
    pol_row_kernel *kernel;
    struct pol_row_args args;
    uint64_t times;
};

static void run_generated(void *context) {
    struct generated *g = context;
    struct pol_row_args args = g->args;
    for (uint64_t i = 0; i < g->times; i++) {
        args.item = g->args.item + i % ORDERS * args.rows;
        g->kernel(&args);
    }
}

/* One of the hand-written kernels, so many times over the same rows. */
struct hand {
    void (*kernel)(const struct hand_columns *columns);
    struct hand_columns columns;
    uint64_t times;
};

static void run_hand(void *context) {
    struct hand *h = context;
    struct hand_columns columns = h->columns;
    for (uint64_t i = 0; i < h->times; i++) {
        columns.item = h->columns.item + i % ORDERS * columns.rows;
        h->kernel(&columns);
    }
}

static pol_row_kernel *kernel_of(const pol_module *module) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    for (uint32_t i = 0; i < d->kernel_count; i++)
        if (d->kernels[i].level == pol_module_level(module))
            return (pol_row_kernel *)(uintptr_t)((const char *)d + d->kernels[i].row);
    return NULL;
}

/* What is asked of a policy's kernel; 0: nothing. */
struct targets {
    double sweep, selects, branches;
};

enum { GENERATED, SELECTS, BRANCHES, SWEEP, KERNELS };

static void report(const double seconds[KERNELS], uint64_t claims, bool six, struct targets targets) {
    bench_line("generated", seconds[GENERATED], claims, "claims");
    bench_line("hand-written C, selects", seconds[SELECTS], claims, "claims");
    bench_line("hand-written C, branches", seconds[BRANCHES], claims, "claims");
    if (six) {
        bench_line("sweep of the same bytes", seconds[SWEEP], claims, "claims");
        bench_ratio("time against the sweep", seconds[GENERATED] / seconds[SWEEP], targets.sweep, true);
    }
    bench_ratio("speed against selects", seconds[SELECTS] / seconds[GENERATED], targets.selects, false);
    bench_ratio("speed against branches", seconds[BRANCHES] / seconds[GENERATED], targets.branches, false);
}

/* `rows` rows, so often that all kernels see about b->rows claims. */
static void compare(struct bench *b, const pol_module *module, uint64_t rows, bool six, struct targets targets) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    uint64_t times = b->rows > rows ? b->rows / rows : 1;
    struct table t;
    table_new(&t, module, rows, times < ORDERS ? times : ORDERS);
    uint16_t *rule = room(rows * 2);
    int64_t *award = room(rows * 8), *less = room(rows * 8), *params = room(8 + 8 * d->params.count);
    pol_params_default(module, params);
    struct hand_columns columns = hand_columns(&t, module, rule, award, less, six);
    struct hand selects = {six ? hand_six_select : hand_dongyang_select, columns, times},
                branches = {six ? hand_six_branchy : hand_dongyang_branchy, columns, times},
                sweep = {hand_six_sweep, columns, times};
    struct generated g = {.kernel = kernel_of(module),
                          .times = times,
                          .args = {.rows = t.rows,
                                   .claim = (const void *const *)t.column,
                                   .profile = (const void *const *)(t.column + 48),
                                   .item = t.item,
                                   .status = t.status,
                                   .params = params,
                                   .rule = t.rule,
                                   .award = t.award,
                                   .aux = t.aux}};
    bench_thing *things[KERNELS] = {run_generated, run_hand, run_hand, run_hand};
    void *contexts[KERNELS] = {&g, &selects, &branches, &sweep};
    double seconds[KERNELS];
    run_generated(&g);
    run_hand(&selects);
    uint64_t different = 0;
    for (uint64_t i = 0; i < t.rows; i++)
        different += t.award[i] != award[i];
    if (different)
        bench_failed(b, "generated and hand-written kernels award differently");
    bench_alternate(things, contexts, six ? KERNELS : SWEEP, b->rounds, seconds);
    report(seconds, rows * times, six, targets);
    table_free(&t);
    free(rule);
    free(award);
    free(less);
    free(params);
}

static void bench_policy(struct bench *b, const char *policy, bool six) {
    char polc[4200], source[4200], object[4200];
    double seconds;
    pol_module *module = NULL;
    struct pol_error error = {0};
    snprintf(polc, sizeof polc, "%s/polc", b->bin);
    snprintf(source, sizeof source, "%s/%s", b->source, policy);
    snprintf(object, sizeof object, "%s/kernel.so", b->work);
    char *build[] = {polc, "build", source, "-o", object, NULL};
    if (!bench_run(b, &seconds, NULL, build))
        return;
    if (pol_module_open(object, &module, &error)) {
        bench_failed(b, error.message);
        return;
    }
    printf("  kernels of level %u; %llu rows, from memory\n", pol_module_level(module), (unsigned long long)b->rows);
    struct targets far = {.sweep = 1.15, .selects = 1.0}, near = {.selects = 1.0, .branches = six ? 0 : 3.0};
    compare(b, module, b->rows, six, far);
    printf("  blocks of %d rows, as a run calls it, in cache\n", BLOCK_ROWS);
    compare(b, module, BLOCK_ROWS, six, near);
    pol_module_close(module);
}

void bench_kernels(struct bench *b) {
    bench_title("Row kernel, six items, one thread");
    bench_policy(b, "tests/bench/six.pol", true);
    bench_title("Row kernel, all items of Dongyang, one thread");
    bench_policy(b, "policies/dongyang.pol", false);
}
