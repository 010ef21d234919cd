/* The strict reader: from a 12-column ledger to typed columns, against a plain read of the same file. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"
#include "ledger/reader.h"
#include "polrt.h"

struct reading {
    const char *path;
    const struct pol_csv_schema *schema;
    unsigned threads;
    uint64_t rows, bytes;
    bool failed;
};

static enum pol_status count_rows(void *context, unsigned worker, struct pol_csv_chunk *chunk,
                                  const struct pol_csv_batch *batch, struct pol_error *error) {
    (void)context;
    (void)worker;
    (void)chunk;
    (void)batch;
    (void)error;
    return POL_STATUS_OK;
}

static enum pol_status take_chunk(void *context, struct pol_csv_chunk *chunk, struct pol_error *error) {
    (void)error;
    struct reading *r = context;
    r->rows += chunk->rows;
    return POL_STATUS_OK;
}

static void drop_chunk(void *context, struct pol_csv_chunk *chunk) {
    (void)context;
    (void)chunk;
}

static void read_typed(void *context) {
    struct reading *r = context;
    struct pol_error error = {0};
    struct pol_input input;
    struct pol_csv_header header;
    struct pol_csv_consumer consumer = {r, count_rows, take_chunk, drop_chunk};
    struct pol_csv_options options = {.threads = r->threads};
    struct pol_csv_counts counts = {.bad = calloc(r->schema->field_count + 1u, sizeof *counts.bad)};
    r->rows = 0;
    r->failed = pol_input_open(r->path, POL_ENCODING_UTF8, &input, &error) != POL_STATUS_OK;
    if (!r->failed) {
        r->failed = pol_csv_header_read(r->schema, &input, &header, &error) != POL_STATUS_OK;
        if (!r->failed) {
            r->failed = pol_csv_read(&input, r->schema, &header, &options, &consumer, &counts, &error) != POL_STATUS_OK;
            pol_csv_header_free(&header);
        }
        pol_input_close(&input);
    }
    free(counts.bad);
}

static void read_plain(void *context) {
    static const size_t room = 1 << 20;
    struct reading *r = context;
    char *buffer = malloc(room);
    int fd = open(r->path, O_RDONLY | O_CLOEXEC);
    ssize_t n;
    r->bytes = 0;
    while (buffer && fd >= 0 && (n = read(fd, buffer, room)) > 0)
        r->bytes += (uint64_t)n;
    if (fd >= 0)
        close(fd);
    free(buffer);
}

void bench_csv(struct bench *b) {
    char polc[4200], polrun[4200], source[4200], object[4200], folder[4200], claims[4200], count[32];
    double seconds[3], took;
    pol_module *module = NULL;
    struct pol_csv_schema *schema = NULL;
    struct pol_error error = {0};
    bench_title("CSV to typed columns, a ledger of 12 columns");
    snprintf(polc, sizeof polc, "%s/polc", b->bin);
    snprintf(polrun, sizeof polrun, "%s/polrun", b->bin);
    snprintf(source, sizeof source, "%s/policies/dongyang.pol", b->source);
    snprintf(object, sizeof object, "%s/csv.so", b->work);
    snprintf(folder, sizeof folder, "%s/twelve", b->work);
    snprintf(claims, sizeof claims, "%s/twelve/claims.csv", b->work);
    snprintf(count, sizeof count, "%llu", (unsigned long long)b->claims);
    char *build[] = {polc, "build", source, "-o", object, NULL};
    char *generate[] = {polrun,     "generate", object,
                        "--claims", count,      "--out",
                        folder,     "--items",  "domestic_suit,ip_insurance,famous_mark,alliance,brand_base",
                        NULL};
    if (!bench_run(b, &took, NULL, build) || !bench_run(b, &took, NULL, generate))
        return;
    if (pol_module_open(object, &module, &error) || pol_csv_schema_claims(module, &schema, &error)) {
        bench_failed(b, error.message);
        pol_module_close(module);
        return;
    }
    struct reading one = {.path = claims, .schema = schema, .threads = 1}, two = one, plain = one;
    two.threads = 2;
    bench_thing *things[] = {read_typed, read_typed, read_plain};
    void *contexts[] = {&one, &two, &plain};
    bench_alternate(things, contexts, 3, b->rounds, seconds);
    if (one.failed || two.failed || one.rows != b->claims || two.rows != b->claims)
        bench_failed(b, "the reader lost rows");
    bench_line("typed columns, one thread", seconds[0], one.rows, "rows");
    bench_line("typed columns, two threads", seconds[1], two.rows, "rows");
    bench_line("plain read", seconds[2], one.rows, "rows");
    printf("  %.0f MB: %.2f GB/s on one thread, %.2f on two, %.2f read plainly\n", (double)plain.bytes / 1e6,
           (double)plain.bytes / 1e9 / seconds[0], (double)plain.bytes / 1e9 / seconds[1],
           (double)plain.bytes / 1e9 / seconds[2]);
    bench_ratio("GB/s on one thread", (double)plain.bytes / 1e9 / seconds[0], 1.2, false);
    pol_csv_schema_free(schema);
    pol_module_close(module);
}
