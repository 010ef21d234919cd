/* The strict CSV reader: what the contract says of cells and files, worked out by hand, and that neither chunks nor
 * batches nor threads nor instruction sets change anything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/buffer.h"
#include "ledger/csv_error.h"
#include "ledger/output.h"
#include "ledger/reader.h"

/* ---- a small policy ------------------------------------------------------------------------------------------------
 */

enum { ID, APPLICANT, ITEM, DATE, OBJECT, PAID, MONEY, RATE, COUNT, YES, LEVEL, PRIOR, FIELDS };

#define NAME(text) {text, sizeof text - 1}

static const struct pol_name item_names[] = {NAME("grant"), NAME("a_rather_long_name_of_an_item"), NAME("物品")};
static const struct pol_name levels[] = {NAME("national"), NAME("city"), NAME("provincial"), NAME("省级")};
static const struct pol_name object_aliases[] = {NAME("对象"), NAME("object")};

static const uint32_t grant_needs[] = {APPLICANT, DATE, MONEY, LEVEL, PRIOR};
static const uint32_t long_needs[] = {APPLICANT, DATE, OBJECT, RATE, COUNT, YES};
static const uint32_t thing_needs[] = {APPLICANT, DATE};
static const struct pol_csv_item items[] = {{grant_needs, 5}, {long_needs, 6}, {thing_needs, 2}};

static const int64_t trillion = 100000000000000; /* yuan 1,000,000,000,000 in fen */

static struct pol_csv_schema *make_schema(void) {
    const unsigned must = POL_CSV_ALWAYS | POL_CSV_MUST_STAND;
    const struct pol_csv_field fields[FIELDS] = {
        [ID] = {.column = NAME("claim_id"), .kind = POL_CSV_TEXT, .flags = must | POL_CSV_BAD_COUNTS, .width = 16},
        [APPLICANT] = {.column = NAME("applicant_id"),
                       .kind = POL_CSV_TEXT,
                       .flags = must | POL_CSV_NEEDED,
                       .width = 16},
        [ITEM] = {.column = NAME("item"),
                  .kind = POL_CSV_ITEM,
                  .flags = must,
                  .width = 2,
                  .values = item_names,
                  .value_count = 3},
        [DATE] = {.column = NAME("date"),
                  .kind = POL_CSV_DATE,
                  .flags = must | POL_CSV_NEEDED,
                  .width = 4,
                  .min = 7305,
                  .max = 47481},
        [OBJECT] = {.column = NAME("object_id"),
                    .aliases = object_aliases,
                    .alias_count = 2,
                    .kind = POL_CSV_TEXT,
                    .flags = POL_CSV_NEEDED,
                    .width = 16},
        [PAID] = {.column = NAME("paid"), .kind = POL_CSV_MONEY, .flags = POL_CSV_ALWAYS, .width = 8, .max = trillion},
        [MONEY] =
            {.column = NAME("money"), .kind = POL_CSV_MONEY, .flags = POL_CSV_NEEDED, .width = 8, .max = trillion},
        [RATE] = {.column = NAME("rate"), .kind = POL_CSV_RATE, .flags = POL_CSV_NEEDED, .width = 4, .max = 1000000},
        [COUNT] =
            {.column = NAME("count"), .kind = POL_CSV_COUNT, .flags = POL_CSV_NEEDED, .width = 4, .max = 1000000000},
        [YES] = {.column = NAME("yes"), .kind = POL_CSV_BOOL, .flags = POL_CSV_NEEDED, .width = 1, .max = 1},
        [LEVEL] = {.column = NAME("level"),
                   .kind = POL_CSV_ENUM,
                   .flags = POL_CSV_NEEDED,
                   .width = 1,
                   .values = levels,
                   .value_count = 4},
        [PRIOR] = {.column = NAME("prior"),
                   .kind = POL_CSV_MONEY,
                   .flags = POL_CSV_NEEDED | POL_CSV_HAS_DEFAULT,
                   .width = 8,
                   .max = trillion,
                   .fallback = 700},
    };
    struct pol_csv_schema *schema = NULL;
    struct pol_csv_spec spec = {fields, FIELDS, items, ITEM};
    assert_int_equal(pol_csv_schema_new(&spec, &schema, NULL), POL_STATUS_OK);
    return schema;
}

/* ---- everything that a reader finds, as text ------------------------------------------------------------------------
 */

struct dump {
    const struct pol_csv_schema *schema;
    struct pol_buffer text;
};

static int64_t value_at(const struct pol_csv_schema *schema, const struct pol_csv_batch *batch, uint32_t f,
                        uint32_t row) {
    const void *values = batch->columns[f].values;
    switch (schema->fields[f].width) {
    case 1:
        return ((const uint8_t *)values)[row];
    case 2:
        return ((const uint16_t *)values)[row];
    case 4:
        return ((const int32_t *)values)[row];
    default:
        return ((const int64_t *)values)[row];
    }
}

static bool bit(const uint8_t *bitmap, uint32_t row) {
    return (bitmap[row / 8] >> (row % 8) & 1) != 0;
}

static void dump_cell(struct pol_buffer *out, const struct pol_csv_schema *schema, const struct pol_csv_batch *batch,
                      uint32_t f, uint32_t row) {
    const struct pol_column *column = &batch->columns[f];
    if (schema->fields[f].flags & POL_CSV_ALWAYS) {
        enum pol_csv_state state = pol_csv_batch_state(batch, f, row);
        bool valid = column->validity == NULL || bit(column->validity, row);
        bool bad = column->bad != NULL && bit(column->bad, row);
        assert_int_equal(valid, state != POL_CSV_MISSING);
        assert_int_equal(bad, state == POL_CSV_BAD);
        if (state == POL_CSV_MISSING) {
            pol_buffer_text(out, "|-");
            return;
        }
        pol_buffer_text(out, state == POL_CSV_BAD ? "|!" : "|");
    } else {
        pol_buffer_text(out, "|");
    }
    if (schema->fields[f].kind == POL_CSV_TEXT) {
        const struct pol_text *text = &((const struct pol_text *)column->values)[row];
        pol_buffer_add(out, text->data, text->size);
    } else {
        pol_buffer_format(out, "%lld", (long long)value_at(schema, batch, f, row));
    }
}

/* status|id|applicant|item|date|paid, and the fields that the item needs where the row is fine. */
static enum pol_status dump_batch(void *context, unsigned worker, struct pol_csv_chunk *chunk,
                                  const struct pol_csv_batch *batch, struct pol_error *error) {
    static const uint32_t always[] = {ID, APPLICANT, DATE, PAID};
    (void)worker;
    (void)error;
    struct dump *dump = context;
    if (chunk->user == NULL)
        chunk->user = calloc(1, sizeof(struct pol_buffer));
    struct pol_buffer *out = chunk->user;
    assert_non_null(out);
    for (uint32_t row = 0; row < batch->rows; row++) {
        uint16_t item = ((const uint16_t *)batch->columns[ITEM].values)[row];
        pol_buffer_format(out, "%d|%d", batch->status[row], item == POL_ITEM_UNKNOWN ? -1 : item);
        for (unsigned i = 0; i < 4; i++)
            dump_cell(out, dump->schema, batch, always[i], row);
        for (uint32_t n = 2; item != POL_ITEM_UNKNOWN && batch->status[row] == 0 && n < items[item].need_count; n++)
            dump_cell(out, dump->schema, batch, items[item].needs[n], row);
        pol_buffer_text(out, "\n");
    }
    return POL_STATUS_OK;
}

static void dump_drop(void *context, struct pol_csv_chunk *chunk) {
    (void)context;
    pol_buffer_free(chunk->user);
    free(chunk->user);
    chunk->user = NULL;
}

static enum pol_status dump_commit(void *context, struct pol_csv_chunk *chunk, struct pol_error *error) {
    (void)error;
    struct dump *dump = context;
    if (chunk->user == NULL)
        return POL_STATUS_OK;
    const struct pol_buffer *mine = chunk->user;
    pol_buffer_add(&dump->text, mine->data, mine->size);
    dump_drop(context, chunk);
    return POL_STATUS_OK;
}

/* What the text comes to: rows, then counts; or the error. To be freed. */
static char *read_text(const char *bytes, size_t size, const struct pol_csv_options *options) {
    struct pol_csv_schema *schema = make_schema();
    struct dump dump = {.schema = schema};
    struct pol_input input;
    struct pol_csv_header header;
    struct pol_csv_bad bad[FIELDS] = {0};
    struct pol_csv_counts counts = {.bad = bad};
    struct pol_error error = {0};
    struct pol_csv_consumer consumer = {&dump, dump_batch, dump_commit, dump_drop};
    assert_int_equal(pol_input_memory(bytes, size, "f", POL_ENCODING_UTF8, &input, &error), POL_STATUS_OK);
    enum pol_status status = pol_csv_header_read(schema, &input, &header, &error);
    if (status == POL_STATUS_OK) {
        status = pol_csv_read(&input, schema, &header, options, &consumer, &counts, &error);
        pol_csv_header_free(&header);
    }
    if (status != POL_STATUS_OK) {
        assert_int_equal(status, POL_STATUS_INPUT);
        dump.text.size = 0;
        pol_buffer_text(&dump.text, error.message);
    } else {
        pol_buffer_format(&dump.text, "rows %llu, extra %llu at %llu, paid %llu", (unsigned long long)counts.rows,
                          (unsigned long long)counts.extra_rows, (unsigned long long)counts.first_extra,
                          (unsigned long long)bad[PAID].count);
    }
    pol_buffer_add(&dump.text, "", 1);
    pol_input_close(&input);
    pol_csv_schema_free(schema);
    return dump.text.data;
}

static const struct pol_csv_options plain = {.threads = 1};

/* `rows` under a full header come to the `expected` rows and counts. */
#define HEADER "claim_id,applicant_id,item,date,object_id,paid,money,rate,count,yes,level,prior\n"

static void expect_sized(const char *bytes, size_t size, const char *expected) {
    char *found = read_text(bytes, size, &plain);
    assert_string_equal(found, expected);
    free(found);
}

static void expect(const char *rows, const char *expected) {
    struct pol_buffer all = {0};
    pol_buffer_text(&all, HEADER);
    pol_buffer_text(&all, rows);
    struct pol_buffer last = {0};
    pol_buffer_text(&last, expected);
    pol_buffer_add(&last, "", 1);
    char *found = read_text(all.data, all.size, &plain);
    /* the counts are tested on their own */
    char *counts = strstr(found, "rows ");
    if (counts != NULL)
        *counts = '\0';
    assert_string_equal(found, last.data);
    free(found);
    pol_buffer_free(&all);
    pol_buffer_free(&last);
}

/* One row of `grant` whose cell `money` is `cell`: its fen, -1 missing, -2 bad. */
static int64_t cell_of(const char *item, uint32_t field, const char *cell) {
    struct pol_buffer row = {0};
    pol_buffer_text(&row, HEADER);
    pol_buffer_format(&row, "c,a,%s,2024-01-01", item);
    for (uint32_t f = OBJECT; f < FIELDS; f++) {
        static const char *const fine[FIELDS] = {[OBJECT] = "o", [PAID] = "", [MONEY] = "1",    [RATE] = "0.5",
                                                 [COUNT] = "1",  [YES] = "1", [LEVEL] = "city", [PRIOR] = "0"};
        pol_buffer_format(&row, ",%s", f == field ? cell : fine[f]);
    }
    pol_buffer_text(&row, "\n");
    char *found = read_text(row.data, row.size, &plain);
    int status = atoi(found);
    int64_t value = status == POL_MISSING_FIELD ? -1 : status == POL_BAD_VALUE ? -2 : 0;
    if (status == 0) {
        uint32_t index = 5; /* bars before the first needed field */
        const struct pol_csv_item *it = strcmp(item, "grant") == 0 ? &items[0] : &items[1];
        for (uint32_t n = 2; n < it->need_count && it->needs[n] != field; n++)
            index++;
        const char *p = found;
        for (; index > 0; index--)
            p = strchr(p, '|') + 1;
        p = strchr(p, '|') + 1;
        value = atoll(p);
    }
    free(found);
    pol_buffer_free(&row);
    return value;
}

static int64_t money(const char *cell) {
    return cell_of("grant", MONEY, cell);
}

static int64_t in_long(uint32_t field, const char *cell) {
    return cell_of("a_rather_long_name_of_an_item", field, cell);
}

/* ---- cells ---------------------------------------------------------------------------------------------------------
 */

static void test_money(void **state) {
    (void)state;
    assert_int_equal(money("1200000"), 120000000);
    assert_int_equal(money("1200000.50"), 120000050);
    assert_int_equal(money("300000.5"), 30000050);
    assert_int_equal(money("0.01"), 1);
    assert_int_equal(money("0"), 0);
    assert_int_equal(money("007"), 700);
    assert_int_equal(money("00000000000000000000000000000012.30"), 1230);
    assert_int_equal(money("1000000000000"), trillion);
    assert_int_equal(money("1000000000000.00"), trillion);
    assert_int_equal(money("999999999999.99"), trillion - 1);
    assert_int_equal(money("1000000000000.01"), -2);
    assert_int_equal(money("1000000000001"), -2);
    assert_int_equal(money("99999999999999999999999999"), -2);
    const char *const bad[] = {".5",        "5.",       "1.500",      "1.000",      "+1",
                               "-1",        "-0",       "1e3",        "1,0",        "1 000",
                               "1_0",       "0x1F",     "１",         "1..2",       "1.2.3",
                               "abc",       "10亿",     "1.",         ".",          "1.5.",
                               "12345678a", "a2345678", "1234567.a0", "1234567.0a", "123456789012345x",
                               "1/2",       "1:2"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (strchr(bad[i], ',') == NULL)
            assert_int_equal(money(bad[i]), -2);
    assert_int_equal(money(""), -1);
    assert_int_equal(money(" \t "), -1);
    assert_int_equal(money("\"\""), -1);
    assert_int_equal(money("\"  \""), -1);
    assert_int_equal(money(" 12.5\t"), 1250);
    assert_int_equal(money("\t\" 12.5 \" "), 1250);
    assert_int_equal(money("\"1\"\"2\""), -2);
}

static void test_decimals_of_every_length(void **state) {
    (void)state;
    int64_t value = 0;
    char cell[40];
    for (unsigned digits = 1; digits <= 12; digits++) {
        value = value * 10 + digits % 10;
        snprintf(cell, sizeof cell, "%lld", (long long)value);
        assert_int_equal(money(cell), value * 100);
        snprintf(cell, sizeof cell, "%lld.7", (long long)value);
        assert_int_equal(money(cell), value * 100 + 70);
        snprintf(cell, sizeof cell, "%lld.07", (long long)value);
        assert_int_equal(money(cell), value * 100 + 7);
        for (unsigned at = 0; at < digits; at++) { /* a letter anywhere spoils it */
            snprintf(cell, sizeof cell, "%lld", (long long)value);
            cell[at] = 'x';
            assert_int_equal(money(cell), -2);
        }
    }
}

static void test_rate_and_count(void **state) {
    (void)state;
    assert_int_equal(in_long(RATE, "0.0435"), 43500);
    assert_int_equal(in_long(RATE, "1"), 1000000);
    assert_int_equal(in_long(RATE, "1.000000"), 1000000);
    assert_int_equal(in_long(RATE, "0.000001"), 1);
    assert_int_equal(in_long(RATE, "1.000001"), -2);
    assert_int_equal(in_long(RATE, "0.0000001"), -2);
    assert_int_equal(in_long(RATE, "4.35%"), -2);
    assert_int_equal(in_long(COUNT, "12345678"), 12345678);
    assert_int_equal(in_long(COUNT, "123456789"), 123456789);
    assert_int_equal(in_long(COUNT, "1000000000"), 1000000000);
    assert_int_equal(in_long(COUNT, "0000000000000000000000005"), 5);
    assert_int_equal(in_long(COUNT, "1000000001"), -2);
    assert_int_equal(in_long(COUNT, "4294967297"), -2); /* 1, if it were cut to 32 bits */
    assert_int_equal(in_long(COUNT, "5.0"), -2);
    assert_int_equal(in_long(COUNT, "1e3"), -2);
    assert_int_equal(in_long(COUNT, ""), -1);
}

static void test_bool(void **state) {
    (void)state;
    const char *const yes[] = {"true", "1", "是", "\"是\"", " true "}, *const no[] = {"false", "0", "否", "\t0"};
    const char *const bad[] = {"TRUE", "True", "yes", "真", "10", "01", "2", "truee", "fals", "是是", "t", "no"};
    for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
        assert_int_equal(in_long(YES, yes[i]), 1);
    for (size_t i = 0; i < sizeof no / sizeof *no; i++)
        assert_int_equal(in_long(YES, no[i]), 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(in_long(YES, bad[i]), -2);
}

static void test_enum(void **state) {
    (void)state;
    assert_int_equal(cell_of("grant", LEVEL, "national"), 0);
    assert_int_equal(cell_of("grant", LEVEL, "city"), 1);
    assert_int_equal(cell_of("grant", LEVEL, "provincial"), 2);
    assert_int_equal(cell_of("grant", LEVEL, "\"省级\""), 3);
    assert_int_equal(cell_of("grant", LEVEL, "City"), -2);
    assert_int_equal(cell_of("grant", LEVEL, "cit"), -2);
    assert_int_equal(cell_of("grant", LEVEL, "citya"), -2);
    assert_int_equal(cell_of("grant", LEVEL, "nationalprovincial"), -2);
    assert_int_equal(cell_of("grant", LEVEL, ""), -1);
}

static void test_default(void **state) {
    (void)state;
    assert_int_equal(cell_of("grant", PRIOR, ""), 700);
    assert_int_equal(cell_of("grant", PRIOR, "\"\""), 700);
    assert_int_equal(cell_of("grant", PRIOR, "3"), 300);
    assert_int_equal(cell_of("grant", PRIOR, "x"), -2);
}

static void test_date(void **state) {
    (void)state;
    expect("1,a,物品,1990-01-01\n2,a,物品,2024-02-29\n3,a,物品,2099-12-31\n4,a,物品,2000-02-29\n",
           "0|2|1|a|7305|-\n0|2|2|a|19782|-\n0|2|3|a|47481|-\n0|2|4|a|11016|-\n");
    const char *const bad[] = {"1989-12-31",  "2100-01-01", "2023-02-29",  "2024-13-01", "2024-00-10", "2024-04-31",
                               "2024-4-1",    "2024/04/01", "20240401",    "2024-04-00", "2024-04-1x", "x024-04-01",
                               "2024-04-011", "2024-04-0",  "２024-04-01", "2024-0a-01", "2024-04x01", "2024x04-01"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char row[80], expected[80];
        snprintf(row, sizeof row, "1,a,物品,%s\n", bad[i]);
        snprintf(expected, sizeof expected, "%d|2|1|a|!0|-\n", POL_BAD_VALUE);
        expect(row, expected);
    }
}

static void test_text(void **state) {
    (void)state;
    char row[700], expected[700], long_text[300];
    memset(long_text, 'x', sizeof long_text);
    snprintf(row, sizeof row, "\" %.255s\t\",a,物品,2024-02-29\n", long_text); /* counted after trimming */
    snprintf(expected, sizeof expected, "0|2|%.255s|a|19782|-\n", long_text);
    expect(row, expected);
    snprintf(row, sizeof row, "%.256s,a,物品,2024-02-29\n", long_text);
    snprintf(expected, sizeof expected, "3|2|!%.256s|a|19782|-\n", long_text);
    expect(row, expected);
    snprintf(row, sizeof row, "%.256s,a,nothing,2024-02-29\n", long_text); /* unknown_item goes before it */
    snprintf(expected, sizeof expected, "2|-1|!%.256s|a|19782|-\n", long_text);
    expect(row, expected);
    expect("\"a\"\"b\",\"x,y\",物品,2024-02-29\n", "0|2|a\"b|x,y|19782|-\n");
    expect("\"\"\"\"\"\",\"a\nb\",物品,2024-02-29\n", "0|2|\"\"|a\nb|19782|-\n");
    expect("a\"b,c\"\"d\",物品,2024-02-29\n", "0|2|a\"b|c\"\"d\"|19782|-\n"); /* quotes inside a plain cell */
    expect("a\rb,\rc,物品,2024-02-29\n", "0|2|a\rb|\rc|19782|-\n");
    expect("e\xC3\xA9,\xE4\xB8\xAD,物品,2024-02-29\n", "0|2|e\xC3\xA9|\xE4\xB8\xAD|19782|-\n");
}

static void test_utf8(void **state) {
    (void)state;
    const char *const bad[] = {"\xFF",
                               "a\x80",
                               "\xC0\xAF",
                               "\xC1\xBF",
                               "\xE0\x80\x80",
                               "\xED\xA0\x80",
                               "\xF4\x90\x80\x80",
                               "\xF5\x80\x80\x80",
                               "\xE4\xB8",
                               "\xF0\x8F\xBF\xBF",
                               "abcdefghijklmnopqrstuvwxyz012345678\xFF"};
    const char *const good[] = {"\xED\x9F\xBF", "\xEE\x80\x80", "\xF4\x8F\xBF\xBF",
                                "\xC2\x80",     "\xE0\xA0\x80", "\xF0\x90\x80\x80"};
    char row[120], expected[120];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        snprintf(row, sizeof row, "1,%s,物品,2024-02-29\n", bad[i]);
        snprintf(expected, sizeof expected, "%d|2|1|!%s|19782|-\n", POL_BAD_VALUE, bad[i]);
        expect(row, expected);
    }
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        snprintf(row, sizeof row, "1,%s,物品,2024-02-29\n", good[i]);
        snprintf(expected, sizeof expected, "0|2|1|%s|19782|-\n", good[i]);
        expect(row, expected);
    }
    expect("1,a,物品,2024-02-29,\xFF\n", "0|2|1|a|19782|-\n"); /* not looked at: spoils nothing */
}

/* ---- stage 0 -------------------------------------------------------------------------------------------------------
 */

static void test_order_of_status(void **state) {
    (void)state;
    expect("1,,物品,2024-02-29\n", "4|2|1|-|19782|-\n");
    expect("1,,物品,x\n", "3|2|1|-|!0|-\n"); /* bad before missing, whichever comes first */
    expect("1,\xFF,物品,\n", "3|2|1|!\xFF|-|-\n");
    expect("1,,,x\n", "2|-1|1|-|!0|-\n");                /* unknown item before all, and the date is still read */
    expect(",a,物品,2024-02-29\n", "0|2|-|a|19782|-\n"); /* an empty id is the run's affair */
    expect("1,a,grant,2024-02-29,,,,,,,x\n", "3|0|1|a|19782|-\n");
    expect("1,a,grant,2024-02-29,,,,,,,city\n", "4|0|1|a|19782|-\n");
    expect("1,a,grant,2024-02-29,\xFF,,5,x,x,x,city\n", "0|0|1|a|19782|-|500|1|700\n"); /* cells not needed */
}

static void test_paid(void **state) {
    (void)state;
    expect("1,a,物品,2024-02-29,,12.5\n2,a,nothing,2024-02-29,,3\n", "0|2|1|a|19782|1250\n2|-1|2|a|19782|300\n");
    expect("1,a,物品,2024-02-29,,-1\n", "0|2|1|a|19782|!0\n"); /* never makes the claim invalid */
}

/* ---- files
 * ----------------------------------------------------------------------------------------------------------- */

static void test_lines(void **state) {
    (void)state;
    expect("1,a,物品,2024-02-29\r\n2,b,物品,2024-02-29", "0|2|1|a|19782|-\n0|2|2|b|19782|-\n");
    expect("\n \t \r\n1,a,物品,2024-02-29\n\r\n\n", "0|2|1|a|19782|-\n");
    expect(",,,\n", "2|-1|-|-|-|-\n"); /* a row */
    expect("\"\"\n", "2|-1|-|-|-|-\n");
    expect("\r\r\n", "2|-1|\r|-|-|-\n"); /* a lone CR belongs to the cell, the last one to the line end */
    expect("\r", "2|-1|\r|-|-|-\n");
    expect("1,a,物品,2024-02-29\r", "3|2|1|a|!0|-\n");
    expect("1,a,物品,\"2024-02-29\"\r\n", "0|2|1|a|19782|-\n");
    expect("1,a,物品,\t\"2024-02-29\" \t", "0|2|1|a|19782|-\n");
    expect("1\n", "2|-1|1|-|-|-\n"); /* short */
}

static void test_extra_cells(void **state) {
    (void)state;
    const char *text =
        "claim_id,applicant_id,item,date\n1,a,物品,2024-02-29\n2,b,物品,2024-02-29,\n3,c,物品,2024-02-29,x,\"y\nz\"\n";
    expect_sized(text, strlen(text),
                 "0|2|1|a|19782|-\n0|2|2|b|19782|-\n0|2|3|c|19782|-\nrows 3, extra 2 at 54, paid 0");
}

static void test_header(void **state) {
    (void)state;
    const char *text = "\xEF\xBB\xBF \"date\" ,item, 对象,claim_id\t,applicant_id,备注\r\n2024-02-29,物品,o,1,a,x\n";
    expect_sized(text, strlen(text), "0|2|1|a|19782|-\nrows 1, extra 0 at 0, paid 0");
    text = "\n\nclaim_id,applicant_id,item,date\n";
    expect_sized(text, strlen(text), "rows 0, extra 0 at 0, paid 0");
    text = "claim_id,applicant_id,item,date";
    expect_sized(text, strlen(text), "rows 0, extra 0 at 0, paid 0");
}

static void test_header_errors(void **state) {
    (void)state;
    expect_sized("", 0, "f: the file is empty: it needs at least a header row");
    expect_sized("\n \n", 3, "f: the file is empty: it needs at least a header row");
    const char *text = "claim_id,item,paid\n";
    expect_sized(text, strlen(text), "f: the header lacks the columns `applicant_id`, `date`");
    text = "编号,applicant_id,事项,date\n";
    expect_sized(text, strlen(text),
                 "f: the header lacks the columns `claim_id`, `item`, and has `编号`, `事项`: to read one of these for "
                 "the first, give --column=claim_id=NAME");
    text = "claim_id;applicant_id;item;date\n";
    expect_sized(text, strlen(text),
                 "f: the header lacks the columns `claim_id`, `applicant_id`, `item`, `date`; it has no comma: save "
                 "the file with commas between cells");
    text = "claim_id,applicant_id,item,\xC8\xD5\xC6\xDA\n"; /* 日期 in GB18030 */
    expect_sized(text, strlen(text),
                 "f: the header lacks the column `date`; it is no UTF-8: if the file is GB18030, give "
                 "--encoding=gb18030");
    text = "# claims\rclaim_id,applicant_id,item,date\r\n1,a,物品,2024-02-29\n";
    expect_sized(text, strlen(text),
                 "f: the header lacks the column `claim_id`; its lines may end with a carriage return alone: save it "
                 "with line feeds");
    expect_sized("\xFF\xFE"
                 "c\0l\0\n\0",
                 8,
                 "f: the header lacks the columns `claim_id`, `applicant_id`, `item`, `date`; the file may be UTF-16: "
                 "save it as UTF-8");
    text = "\nclaim_id,applicant_id,item,date,x,y,x\n";
    expect_sized(text, strlen(text), "f: line 2: column `x` stands twice (columns 5 and 7): remove one");
    text = "claim_id,applicant_id,item,date,date\n";
    expect_sized(text, strlen(text), "f: line 1: column `date` stands twice (columns 4 and 5): remove one");
    text = "claim_id,applicant_id,item,date,object_id,对象\n";
    expect_sized(text, strlen(text),
                 "f: line 1: columns `object_id` and `对象` are two names of one field: remove one");
}

/* Lines that end with a carriage return alone make one row of a file, whatever its last column is. */
static void test_returns_alone(void **state) {
    (void)state;
#define ALONE "lines end with a carriage return alone, so that the whole file is one header: save it with line feeds"
    const char *text = "claim_id,applicant_id,item,date\r1,a,物品,2024-02-29\r";
    expect_sized(text, strlen(text), "f: line 1: " ALONE);
    text = "claim_id,applicant_id,item,date,paid\r1,a,物品,2024-02-29,1\r2,a,物品,2024-02-29,1\r";
    expect_sized(text, strlen(text), "f: line 1: " ALONE); /* `2` stands twice, were it a header */
    text = "\r\nclaim_id,applicant_id,item,date,note\r1,a,物品,2024-02-29,x\r\n \n";
    expect_sized(text, strlen(text), "f: line 2: " ALONE);
    text = "claim_id,applicant_id,item,date,\"a\"\r1,a,物品,2024-02-29,x\r";
    expect_sized(text, strlen(text),
                 "f: line 1: a carriage return alone behind a closing quote: save the file with line feeds");
    /* in a quoted name it is a character, and where rows follow it is one of the header's */
    text = "claim_id,applicant_id,item,date, \"a\r\"\"b\" \r\n";
    expect_sized(text, strlen(text), "rows 0, extra 0 at 0, paid 0");
    text = "claim_id,applicant_id,item,date,a\rb\n1,a,物品,2024-02-29\n";
    expect_sized(text, strlen(text), "0|2|1|a|19782|-\nrows 1, extra 0 at 0, paid 0");
    text = "claim_id,applicant_id,item,date\r\n\"1\r2\",a,物品,2024-02-29\r\n";
    expect_sized(text, strlen(text), "0|2|1\r2|a|19782|-\nrows 1, extra 0 at 0, paid 0");
}

static void test_quote_errors(void **state) {
    (void)state;
    expect("1,a,物品,2024-02-29\n2,b,\"物品,2024-02-29\n3,c,\n",
           "f: line 3: a quote is opened here and never closed: close it, or double it if it belongs to the text");
    expect("1,a,\"物品\"x,2024-02-29\n",
           "f: line 2: text behind a closing quote: double the quotes inside a quoted cell");
    expect(
        "1,a,\"物\n品\" \"x,2024-02-29\n",
        "f: line 3: text behind a closing quote (the cell begins on line 2): double the quotes inside a quoted cell");
    expect("\n1,\"\"\"\n",
           "f: line 3: a quote is opened here and never closed: close it, or double it if it belongs to the text");
    expect("1,\"a\"\r", "f: line 2: a carriage return alone behind a closing quote: save the file with line feeds");
    expect("1,a,物品,2024-02-29,,,,,,,,,,,\"x\"y\n", /* beyond the columns, yet wrong */
           "f: line 2: text behind a closing quote: double the quotes inside a quoted cell");
}

/* ---- nothing depends on how the file is cut
 * ---------------------------------------------------------------------------- */

static const char tricky[] =
    HEADER "1,a,grant,2024-01-01,,,5,,,,city,\n"
           "\"2\n\n,\"\"3\"\"\n\",\"b\",\"a_rather_long_name_of_an_item\",2024-01-02,\"o\n1\",7.25,,0.5,3,是\r\n"
           "\n \t\r\n"
           "4\"5,\"x\ny\",物品,2024-02-30,,x\n"
           "  \"6\" ,\t\"c \"\t,\"grant\"\r\n"
           ",,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,,\n"
           "7,a,grant,2024-01-01,"
           "\"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
           "\n\n\n\n\n"
           "8,not,a,row\n\",,1,,,,city\n"
           "9,aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,物品,"
           "2024-05-06,,0\r\n"
           "\"10\",a,物品,2099-12-31";

static const unsigned levels_of_code[] = {0, 1, 3, 4};

static void test_chunks_change_nothing(void **state) {
    (void)state;
    char *whole = read_text(tricky, sizeof tricky - 1, &plain);
    assert_non_null(strstr(whole, "rows 8, "));
    for (uint64_t chunk = 1; chunk <= sizeof tricky; chunk++)
        for (unsigned variant = 0; variant < 4; variant++) {
            struct pol_csv_options options = {1 + variant % 2, 1 + variant * 3, chunk, levels_of_code[variant]};
            char *found = read_text(tricky, sizeof tricky - 1, &options);
            assert_string_equal(found, whole);
            free(found);
        }
    free(whole);
}

static void test_every_beginning(void **state) {
    (void)state;
    for (size_t size = 0; size < sizeof tricky; size++) { /* cut anywhere: the same result or the same error */
        char *whole = read_text(tricky, size, &plain);
        const uint64_t chunks[] = {1, 7, 64, 100};
        for (unsigned i = 0; i < 4; i++) {
            struct pol_csv_options options = {1 + i % 2, 3, chunks[i], levels_of_code[i]};
            char *found = read_text(tricky, size, &options);
            assert_string_equal(found, whole);
            free(found);
        }
        free(whole);
    }
}

/* Texts of little but what matters to the scanner. */
static void test_random_texts(void **state) {
    (void)state;
    static const char *const bits[] = {"\"", "\"\"", ",",     "\n",  "\r\n", "\r",   " ",    "\t",
                                       "a",  "1",    "\"x\"", ",\"", "\",",  "物品", "\n\"", "2024-01-01"};
    uint64_t seed = 1;
    for (unsigned round = 0; round < 3000; round++) {
        struct pol_buffer text = {0};
        pol_buffer_text(&text, HEADER);
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        for (unsigned n = (unsigned)(seed >> 56); n > 0; n--) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            pol_buffer_text(&text, bits[seed >> 60]);
        }
        char *whole = read_text(text.data, text.size, &(struct pol_csv_options){.threads = 1, .level = 1});
        struct pol_csv_options options = {1 + round % 2, 1 + round % 5, 1 + round % 90, levels_of_code[round % 4]};
        char *found = read_text(text.data, text.size, &options);
        assert_string_equal(found, whole);
        free(found);
        free(whole);
        pol_buffer_free(&text);
    }
}

/* Cells right and wrong, as [applicant, date, object, paid, money, rate, count, yes, level, prior]. */
static const char *const samples[10][12] = {
    {"a", "91330783000278180F", "", "é", "x y", "0123456789012345678901234567890123456789", "!"},
    {"2024-02-29", "2023-02-29", "1990-01-01", "2099-12-31", "1989-12-31", "2024-2-29", "2024-02-29x", "", "2024/02/29",
     "20240229", "2024-13-01", "202a-01-01"},
    {"", "ZL0001", "b,c", "o"},
    {"5", "", "0.05", "1000000000000.00", "1000000000000.01", "12345678901234", ".5", "5.", "1..5", "1.234", "x", "-1"},
    {"00000000012.3", "0", "99999999999.99", "1,5", "1 5", "12345678901234567", "7.7.7", "", "1.2a", "a.25", "3.a",
     "999999"},
    {"0.0385", "1", "1.000001", "", "0", "0.1234567", ".1", "0.", "0.000001", "00.5"},
    {"0", "1000000000", "1000000001", "", "9999999999999999", "00000000000000001", "1.0", "12a", "a12", "123456789"},
    {"true", "false", "是", "否", "1", "0", "", "TRUE", "true1", "yes", "10", "falsefalsefalse"},
    {"national", "city", "provincial", "省级", "", "City", "citycitycity", "provincial_and_more_than_24", "nationa"},
    {"", "0", "12.34", "", "x", "8", "8.8", "8.88", "8.888", "88888888", "888888888.8"},
};

/* Of `rows` rows; every cell in quotes goes through cell.c, the others through what the processor does best. */
static void add_sample_rows(struct pol_buffer *text, uint64_t seed, unsigned rows, bool quoted, unsigned wild) {
    for (unsigned row = 0; row < rows; row++) {
        pol_buffer_format(text, quoted ? "\"%u\"" : "%u", row);
        for (unsigned column = 1; column < FIELDS; column++) {
            static const unsigned sample_of[FIELDS] = {0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9};
            const char *cell = NULL;
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            unsigned pick = (unsigned)(seed >> 40);
            if (column == ITEM)
                cell = pick % 9 == 8 ? "gran" : item_names[pick % 3].data;
            else
                cell = samples[sample_of[column]][(seed >> 33) % 100 < wild ? pick % 12 : pick % 2];
            if (cell == NULL)
                cell = "";
            bool marks = quoted || strchr(cell, ',') != NULL;
            pol_buffer_format(text, marks ? ",\"%s\"" : ",%s", cell);
        }
        pol_buffer_text(text, row % 7 == 0 && wild > 50 ? "\r\n" : "\n");
    }
}

static void test_levels_agree(void **state) {
    (void)state;
    for (unsigned round = 0; round < 120; round++) {
        unsigned rows = 1 + round * 3 % 200, wild = round % 4 * 33;
        struct pol_buffer bare = {0}, quoted = {0};
        pol_buffer_text(&bare, HEADER);
        pol_buffer_text(&quoted, HEADER);
        add_sample_rows(&bare, round, rows, false, wild);
        add_sample_rows(&quoted, round, rows, true, wild);
        char *slow = read_text(quoted.data, quoted.size, &plain);
        for (unsigned i = 0; i < 4; i++) {
            char *found =
                read_text(bare.data, bare.size, &(struct pol_csv_options){.threads = 1, .level = levels_of_code[i]});
            assert_string_equal(found, slow);
            free(found);
        }
        free(slow);
        pol_buffer_free(&bare);
        pol_buffer_free(&quoted);
    }
}

static void test_wide_row(void **state) {
    (void)state;
    struct pol_buffer text = {0}; /* more cells in a row than the scanner has room for */
    pol_buffer_text(&text, HEADER "1,a,物品,2024-02-29");
    for (unsigned i = 0; i < 300000; i++)
        pol_buffer_text(&text, i % 1000 == 0 ? ",\"x,\n\"" : ",y");
    pol_buffer_text(&text, "\n2,b,物品,2024-02-29\n");
    char *found = read_text(text.data, text.size, &plain);
    assert_string_equal(found, "0|2|1|a|19782|!0\n0|2|2|b|19782|-\nrows 2, extra 1 at 80, paid 1"); /* paid is "y" */
    free(found);
    pol_buffer_free(&text);
}

/* ---- GB18030
 * ----------------------------------------------------------------------------------------------------------- */

static void test_gb18030(void **state) {
    (void)state;
    struct pol_input input;
    /* 物品 是 in two bytes each, U+20087 in two, U+1F600 in four, a byte that begins nothing, a lead byte before LF */
    /* and then four bytes and three that stand for nothing */
    const char bytes[] = "\xCE\xEF\xC6\xB7,\xCA\xC7,\xFE\x51,\x94\x39\xFC\x36,\x80x\xFF,\x81\n\xFE"
                         "9\x90"
                         "0\"\x81\x30\x81";
    assert_int_equal(pol_input_memory(bytes, sizeof bytes - 1, "f", POL_ENCODING_GB18030, &input, NULL), POL_STATUS_OK);
    const char expected[] = "物品,是,\xF0\xA0\x82\x87,\xF0\x9F\x98\x80,\x80x\xFF,\x81\n\xFE"
                            "9\x90"
                            "0\"\x81\x30\x81";
    assert_int_equal(input.size, sizeof expected - 1);
    assert_memory_equal(input.data, expected, sizeof expected - 1);
    pol_input_close(&input);
}

/* ---- writing
 * ------------------------------------------------------------------------------------------------------------ */

static void expect_money(int64_t fen, const char *expected) {
    char text[POL_MONEY_ROOM + 1];
    *pol_put_money(text, fen) = '\0';
    assert_string_equal(text, expected);
}

static void test_put_money(void **state) {
    (void)state;
    expect_money(0, "0.00");
    expect_money(5, "0.05");
    expect_money(-50, "-0.50");
    expect_money(-1, "-0.01");
    expect_money(120000050, "1200000.50");
    expect_money(trillion, "1000000000000.00");
    expect_money(INT64_MAX, "92233720368547758.07");
    expect_money(INT64_MIN, "-92233720368547758.08");
}

/* Eight digits at once, by multiplication: right for numbers of every length, and around each power of ten. */
static void test_put_money_of_every_length(void **state) {
    (void)state;
    expect_money(999999999999, "9999999999.99");
    expect_money(10000000000, "100000000.00"); /* the first that is not written so */
    expect_money(9999999999, "99999999.99");   /* the last */
    for (uint64_t power = 1; power <= 1000000000000u; power *= 10)
        for (uint64_t step = 0; step < 2000; step++) {
            uint64_t fen = power + step * (power / 997 + 1);
            char expected[POL_MONEY_ROOM];
            snprintf(expected, sizeof expected, "%llu.%02llu", (unsigned long long)(fen / 100),
                     (unsigned long long)(fen % 100));
            expect_money((int64_t)fen, expected);
        }
    for (uint32_t value = 0; value < 100000000; value += 9973) {
        char expected[16], digits[8];
        uint64_t got = pol_eight_digits(value);
        snprintf(expected, sizeof expected, "%08u", value);
        for (int i = 0; i < 8; i++)
            digits[i] = (char)('0' + (got >> (8 * i) & 0xff));
        assert_memory_equal(digits, expected, sizeof digits);
    }
}

static void expect_decimal(pol_wide value, unsigned decimals, const char *expected) {
    char text[64];
    *pol_put_decimal(text, value, decimals) = '\0';
    assert_string_equal(text, expected);
}

static void test_put_decimal(void **state) {
    (void)state;
    expect_decimal(0, 0, "0");
    expect_decimal(0, 6, "0");
    expect_decimal(2500, 0, "2500");
    expect_decimal(4501200000, 6, "4501.2");
    expect_decimal(-1, 2, "-0.01");
    expect_decimal(100, 2, "1");
    expect_decimal(-1050, 2, "-10.5");
    expect_decimal(1000000, 6, "1");
    expect_decimal((pol_wide)INT64_MAX * 100, 2, "9223372036854775807");
}

static void expect_cell(const char *cell, const char *expected) {
    char text[64];
    *pol_put_cell(text, cell, strlen(cell)) = '\0';
    assert_string_equal(text, expected);
}

static void test_put_cell(void **state) {
    (void)state;
    expect_cell("", "");
    expect_cell("C 1", "C 1");
    expect_cell("a,b", "\"a,b\"");
    expect_cell("a\"b", "\"a\"\"b\"");
    expect_cell("a\nb", "\"a\nb\"");
    expect_cell("a\rb", "\"a\rb\"");
}

static enum pol_status make_task(void *context, unsigned worker, uint64_t task, struct pol_buffer *buffer,
                                 struct pol_error *error) {
    (void)worker;
    if (context != NULL && task == 37) {
        error->status = POL_STATUS_INPUT;
        return POL_STATUS_INPUT;
    }
    for (uint64_t i = 0; i < task % 7; i++)
        pol_buffer_format(buffer, "%llu,", (unsigned long long)task);
    return POL_STATUS_OK;
}

static void test_output(void **state) {
    (void)state;
    char folder[] = "/tmp/pol_test_csv.XXXXXX", path[160], below[80];
    assert_non_null(mkdtemp(folder));
    snprintf(below, sizeof below, "%s/a/b", folder);
    snprintf(path, sizeof path, "%s/x.csv", below);
    struct pol_out *out = NULL;
    struct pol_error error;
    unsigned file = 0;
    assert_int_equal(pol_out_new(below, &out, &error), POL_STATUS_OK);
    assert_int_equal(pol_out_begin(out, "x.csv", &file, &error), POL_STATUS_OK);
    struct pol_out_tasks tasks = {100, 2, make_task, NULL, 1};
    assert_int_equal(pol_out_write(out, file, "head\n", 5, &error), POL_STATUS_OK);
    assert_int_equal(pol_out_run(out, file, &tasks, &error), POL_STATUS_OK);
    assert_int_equal(access(path, F_OK), -1); /* not before it is complete */
    assert_int_equal(pol_out_commit(out, &error), POL_STATUS_OK);
    pol_out_free(out);
    struct pol_buffer expected = {0};
    pol_buffer_text(&expected, "head\n");
    for (uint64_t task = 0; task < 100; task++)
        make_task(NULL, 0, task, &expected, &error);
    struct pol_input input;
    assert_int_equal(pol_input_open(path, POL_ENCODING_UTF8, &input, &error), POL_STATUS_OK);
    assert_int_equal(input.size, expected.size);
    assert_memory_equal(input.data, expected.data, expected.size);
    pol_input_close(&input);
    pol_buffer_free(&expected);
    /* what would fail is found out early: below a file no folder can be made; below a folder any can */
    char under[200];
    snprintf(under, sizeof under, "%s/y/z", path);
    assert_int_equal(pol_out_check(under, &error), POL_STATUS_SYSTEM);
    assert_non_null(strstr(error.message, "x.csv/y/z: cannot be written: Not a directory"));
    assert_int_equal(pol_out_check(path, &error), POL_STATUS_SYSTEM);
    snprintf(under, sizeof under, "%s/c/d", below);
    assert_int_equal(pol_out_check(under, &error), POL_STATUS_OK);
    assert_int_equal(pol_out_check("never/made", &error), POL_STATUS_OK);
    /* a task that fails leaves the old file alone, and nothing beside it */
    assert_int_equal(pol_out_new(below, &out, &error), POL_STATUS_OK);
    assert_int_equal(pol_out_begin(out, "x.csv", &file, &error), POL_STATUS_OK);
    tasks.context = path;
    assert_int_equal(pol_out_run(out, file, &tasks, &error), POL_STATUS_INPUT);
    pol_out_free(out);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(below), 0); /* so it was empty */
    below[strlen(below) - 2] = '\0';
    assert_int_equal(rmdir(below), 0);
    assert_int_equal(rmdir(folder), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_money),
        cmocka_unit_test(test_decimals_of_every_length),
        cmocka_unit_test(test_rate_and_count),
        cmocka_unit_test(test_bool),
        cmocka_unit_test(test_enum),
        cmocka_unit_test(test_default),
        cmocka_unit_test(test_date),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_utf8),
        cmocka_unit_test(test_order_of_status),
        cmocka_unit_test(test_paid),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_extra_cells),
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_header_errors),
        cmocka_unit_test(test_returns_alone),
        cmocka_unit_test(test_quote_errors),
        cmocka_unit_test(test_chunks_change_nothing),
        cmocka_unit_test(test_every_beginning),
        cmocka_unit_test(test_random_texts),
        cmocka_unit_test(test_levels_agree),
        cmocka_unit_test(test_wide_row),
        cmocka_unit_test(test_gb18030),
        cmocka_unit_test(test_put_money),
        cmocka_unit_test(test_put_money_of_every_length),
        cmocka_unit_test(test_put_decimal),
        cmocka_unit_test(test_put_cell),
        cmocka_unit_test(test_output),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
