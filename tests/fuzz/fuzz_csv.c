/* fuzz_csv.c - any bytes as a ledger: the reader must stay sound, and find the same whatever the chunks, batches and
 * instruction sets. The first two bytes choose how the rest is cut and in which encoding it is read. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/reader.h"

enum { ID, APPLICANT, ITEM, DATE, OBJECT, PAID, RATE, COUNT, YES, LEVEL, FIELDS };
enum { ROWS_KEPT = 4096 }; /* a row is at least one byte and its line feed; longer inputs are not compared beyond */

#define NAME(text) {text, sizeof text - 1}

static struct pol_csv_schema *make_schema(void) {
    static const struct pol_name names[] = {NAME("a"), NAME("a_name_of_more_than_24_bytes"), NAME("物品")};
    static const struct pol_name aliases[] = {NAME("对象"), NAME("o")};
    static const uint32_t first[] = {APPLICANT, DATE, OBJECT, RATE}, second[] = {APPLICANT, DATE, COUNT, YES, LEVEL};
    static const struct pol_csv_item items[] = {{first, 4}, {second, 5}, {first, 2}};
    const unsigned must = POL_CSV_ALWAYS | POL_CSV_MUST_STAND;
    const struct pol_csv_field fields[FIELDS] = {
        [ID] = {.column = NAME("i"), .kind = POL_CSV_TEXT, .flags = must | POL_CSV_BAD_COUNTS},
        [APPLICANT] = {.column = NAME("p"), .kind = POL_CSV_TEXT, .flags = must | POL_CSV_NEEDED},
        [ITEM] =
            {.column = NAME("t"), .kind = POL_CSV_ITEM, .flags = must, .width = 2, .values = names, .value_count = 3},
        [DATE] =
            {.column = NAME("d"), .kind = POL_CSV_DATE, .flags = must | POL_CSV_NEEDED, .width = 4, .max = INT32_MAX},
        [OBJECT] = {.column = NAME("object_id"),
                    .aliases = aliases,
                    .alias_count = 2,
                    .kind = POL_CSV_TEXT,
                    .flags = POL_CSV_NEEDED},
        [PAID] =
            {.column = NAME("m"), .kind = POL_CSV_MONEY, .flags = POL_CSV_ALWAYS, .width = 8, .max = 100000000000000},
        [RATE] = {.column = NAME("r"), .kind = POL_CSV_RATE, .flags = POL_CSV_NEEDED, .width = 4, .max = 1000000},
        [COUNT] = {.column = NAME("c"),
                   .kind = POL_CSV_COUNT,
                   .flags = POL_CSV_NEEDED | POL_CSV_HAS_DEFAULT,
                   .width = 4,
                   .max = 1000000000},
        [YES] = {.column = NAME("y"), .kind = POL_CSV_BOOL, .flags = POL_CSV_NEEDED, .width = 1, .max = 1},
        [LEVEL] = {.column = NAME("l"),
                   .kind = POL_CSV_ENUM,
                   .flags = POL_CSV_NEEDED,
                   .width = 1,
                   .values = names,
                   .value_count = 3},
    };
    struct pol_csv_schema *schema = NULL;
    pol_csv_schema_new(&(struct pol_csv_spec){fields, FIELDS, items, ITEM}, &schema, NULL);
    return schema;
}

/* A digest of all that was found, row by row and in order. */
struct digest {
    const struct pol_csv_schema *schema;
    uint64_t hash;
};

static uint64_t mix(uint64_t hash, const void *data, size_t size) {
    const unsigned char *p = data;
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ p[i]) * 0x100000001B3u;
    return hash;
}

/* The reader runs on one thread, so that batches of a chunk that is dropped must not be counted: they are kept by
 * chunk. */
static enum pol_status take_batch(void *context, unsigned worker, struct pol_csv_chunk *chunk,
                                  const struct pol_csv_batch *batch, struct pol_error *error) {
    (void)worker;
    (void)error;
    const struct digest *digest = context;
    if (chunk->user == NULL)
        chunk->user = calloc(ROWS_KEPT + 1, sizeof(uint64_t));
    uint64_t *rows = chunk->user; /* rows[0] is how many */
    if (rows == NULL)
        return POL_STATUS_SYSTEM;
    for (uint32_t row = 0; row < batch->rows && rows[0] < ROWS_KEPT; row++) {
        uint64_t hash = mix(1, &batch->status[row], 1);
        for (uint32_t f = 0; f < FIELDS; f++) {
            const struct pol_csv_field *field = &digest->schema->fields[f];
            bool always = (field->flags & POL_CSV_ALWAYS) != 0;
            uint16_t item = ((const uint16_t *)batch->columns[ITEM].values)[row];
            bool needed =
                batch->status[row] == 0 && ((item == 0 && (f == OBJECT || f == RATE)) || (item == 1 && f >= COUNT));
            if (!always && !needed)
                continue;
            if (always)
                hash = mix(hash, &(uint8_t){(uint8_t)pol_csv_batch_state(batch, f, row)}, 1);
            if (field->kind == POL_CSV_TEXT) {
                const struct pol_text *text = &((const struct pol_text *)batch->columns[f].values)[row];
                hash = mix(hash, text->data, text->size);
            } else {
                hash = mix(hash, (const char *)batch->columns[f].values + (size_t)row * field->width, field->width);
            }
        }
        rows[++rows[0]] = hash;
    }
    return POL_STATUS_OK;
}

static void drop_chunk(void *context, struct pol_csv_chunk *chunk) {
    (void)context;
    free(chunk->user);
    chunk->user = NULL;
}

static enum pol_status commit_chunk(void *context, struct pol_csv_chunk *chunk, struct pol_error *error) {
    (void)error;
    struct digest *digest = context;
    const uint64_t *rows = chunk->user;
    if (rows != NULL)
        digest->hash = mix(digest->hash, rows + 1, rows[0] * sizeof *rows);
    drop_chunk(context, chunk);
    return POL_STATUS_OK;
}

static uint64_t read_once(const uint8_t *data, size_t size, enum pol_encoding encoding,
                          const struct pol_csv_options *options) {
    struct digest digest = {make_schema(), 0};
    struct pol_csv_bad bad[FIELDS] = {0};
    struct pol_csv_counts counts = {.bad = bad};
    struct pol_csv_consumer consumer = {&digest, take_batch, commit_chunk, drop_chunk};
    struct pol_input input;
    struct pol_csv_header header;
    struct pol_error error = {0};
    if (digest.schema == NULL)
        return 0;
    if (pol_input_memory(data, size, "fuzz", encoding, &input, &error) == POL_STATUS_OK) {
        enum pol_status status = pol_csv_header_read(digest.schema, &input, &header, &error);
        if (status == POL_STATUS_OK) {
            status = pol_csv_read(&input, digest.schema, &header, options, &consumer, &counts, &error);
            pol_csv_header_free(&header);
        }
        if (status != POL_STATUS_OK) { /* how far it came before that is no result */
            digest.hash = mix(0, error.message, strlen(error.message));
        } else {
            digest.hash = mix(digest.hash, &counts.rows, sizeof counts.rows);
            digest.hash = mix(digest.hash, &counts.extra_rows, sizeof counts.extra_rows);
        }
        pol_input_close(&input);
    }
    pol_csv_schema_free((struct pol_csv_schema *)(uintptr_t)digest.schema);
    return digest.hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    enum pol_encoding encoding = data[0] & 1 ? POL_ENCODING_GB18030 : POL_ENCODING_UTF8;
    static const unsigned levels[] = {0, 3, 4, 1};
    unsigned level = levels[data[0] >> 4 & 3];
    struct pol_csv_options whole = {.threads = 1, .level = 1}, best = {.threads = 1, .level = level};
    struct pol_csv_options cut = {
        .threads = 1, .batch_rows = 1 + (data[0] >> 1 & 7), .chunk_bytes = 1 + data[1], .level = level};
    uint64_t one = read_once(data + 2, size - 2, encoding, &whole);
    if (read_once(data + 2, size - 2, encoding, &best) != one || read_once(data + 2, size - 2, encoding, &cut) != one)
        abort();
    return 0;
}
