/* JSON lines: an object for each row, by yajl, which gives numbers as they are written. An array of objects will do. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yajl/yajl_parse.h>

#include "ledger/fail.h"
#include "source/table.h"
#include "tr.h"

enum { BLOCK = 1 << 16, KEY_SHOWN = 60, MESSAGE = 300, PAIR = 12 /* bytes of "\\ud83d\\ude00" */ };

/* Where in the text of the row a column's cell stands. */
struct place {
    size_t begin, size;
    bool there, number;
};

struct json {
    struct source_table *table;
    struct place *places; /* by column */
    uint32_t place_count;
    uint32_t guess;  /* the column that a name is compared with first: names come in one order as a rule */
    uint32_t column; /* of the value that comes next */
    struct pol_buffer text;
    unsigned depth; /* of objects and arrays */
    unsigned base;  /* the depth of the rows' objects: 1, in an array 2 */
    uint64_t line;  /* before the block */
    enum pol_status status;
    struct pol_error *error;
    char message[MESSAGE]; /* what is wrong, when a call-back stops the parser */
};

static int stop(struct json *json, const char *what) {
    snprintf(json->message, sizeof json->message, "%s", what);
    return 0;
}

static int fail(struct json *json, enum pol_status status) {
    json->status = status;
    return 0;
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

static bool same(const char *name, const unsigned char *key, size_t size) {
    return strncmp(name, (const char *)key, size) == 0 && name[size] == '\0';
}

/* The column of a name; a new one where there is none. POL_NONE: no memory. */
static uint32_t column_of(struct json *json, const unsigned char *key, size_t size) {
    struct source_table *table = json->table;
    for (uint32_t i = 0; i < table->column_count; i++) {
        uint32_t at = (json->guess + i) % table->column_count;
        if (same(table->columns[at].name, key, size)) {
            json->guess = at + 1;
            return at;
        }
    }
    json->status = source_table_column(table, (const char *)key, size, json->error);
    return json->status == POL_STATUS_OK ? table->column_count - 1 : POL_NONE;
}

static bool make_room(struct json *json) {
    if (json->place_count >= json->table->column_count)
        return true;
    uint32_t count = json->table->column_count * 2;
    struct place *places = realloc(json->places, count * sizeof *places);
    if (places == NULL)
        return false;
    memset(places + json->place_count, 0, (count - json->place_count) * sizeof *places);
    json->places = places;
    json->place_count = count;
    return true;
}

/* ---- values ------------------------------------------------------------------------------------------------------ */

static bool is_row_value(const struct json *json) {
    return json->base > 0 && json->depth == json->base;
}

static int take(struct json *json, const char *data, size_t size, bool number) {
    if (json->base == 0 || json->depth < json->base)
        return stop(json, tr("a row is an object: {\"name\": value, ...}"));
    if (!is_row_value(json))
        return 1; /* inside a value that nothing reads */
    struct place *place = &json->places[json->column];
    place->begin = json->text.size;
    place->size = size;
    place->number = number;
    if (json->table->columns[json->column].field != POL_NONE)
        pol_buffer_add(&json->text, data, size);
    else
        place->size = 0;
    return json->text.failed ? fail(json, pol_ledger_no_memory(json->error)) : 1;
}

static int on_null(void *context) {
    return take(context, "", 0, false);
}

static int on_boolean(void *context, int value) {
    return take(context, value ? "true" : "false", value ? 4 : 5, false);
}

static int on_number(void *context, const char *text, size_t size) {
    return take(context, text, size, true);
}

static int on_string(void *context, const unsigned char *text, size_t size) {
    return take(context, (const char *)text, size, false);
}

static int on_key(void *context, const unsigned char *key, size_t size) {
    struct json *json = context;
    if (!is_row_value(json))
        return 1;
    json->column = column_of(json, key, size);
    if (json->column == POL_NONE)
        return 0;
    if (!make_room(json))
        return fail(json, pol_ledger_no_memory(json->error));
    if (json->places[json->column].there) {
        snprintf(json->message, sizeof json->message, tr("`%.*s` stands twice in one object"),
                 (int)(size < KEY_SHOWN ? size : KEY_SHOWN), (const char *)key);
        return 0;
    }
    json->places[json->column].there = true;
    return 1;
}

/* An object or array as the value of a name: nothing can be read from it. */
static int enter_value(struct json *json) {
    const struct source_column *column = &json->table->columns[json->column];
    if (is_row_value(json) && column->field != POL_NONE) {
        snprintf(json->message, sizeof json->message, tr("`%.*s` is no single value"), KEY_SHOWN, column->name);
        return 0;
    }
    json->depth++;
    return 1;
}

static int on_map_begin(void *context) {
    struct json *json = context;
    if (json->base > 0 && json->depth >= json->base)
        return enter_value(json);
    json->base = ++json->depth;
    json->guess = 0;
    json->text.size = 0;
    for (uint32_t c = 0; c < json->place_count; c++)
        json->places[c].there = false;
    return 1;
}

/* Names that come later make later rows longer. */
static int write_row(struct json *json) {
    struct source_table *table = json->table;
    for (uint32_t c = 0; c < table->column_count; c++) {
        const struct place *place = &json->places[c];
        if (!place->there)
            source_table_cell(table, "", 0);
        else if (place->number)
            source_table_number(table, json->text.data + place->begin, place->size);
        else
            source_table_cell(table, place->size > 0 ? json->text.data + place->begin : "", place->size);
    }
    json->status = source_table_end_row(table, json->error);
    return json->status == POL_STATUS_OK;
}

static int on_map_end(void *context) {
    struct json *json = context;
    bool row = is_row_value(json);
    json->depth--;
    return row ? write_row(json) : 1;
}

static int on_array_begin(void *context) {
    struct json *json = context;
    if (json->base > 0 && json->depth >= json->base)
        return enter_value(json);
    if (json->depth > 0)
        return stop(json, tr("a row is an object: {\"name\": value, ...}"));
    json->depth++;
    return 1;
}

static int on_array_end(void *context) {
    struct json *json = context;
    json->depth--;
    return 1;
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static const yajl_callbacks callbacks = {on_null,      on_boolean, NULL,       NULL,           on_number,   on_string,
                                         on_map_begin, on_key,     on_map_end, on_array_begin, on_array_end};

/* Is this an escape of 16 bits from `low` to `high`? */
static bool is_escape(const char *text, size_t size, unsigned low, unsigned high, unsigned *value) {
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    if (size < 6 || text[0] != '\\' || text[1] != 'u')
        return false;
    *value = 0;
    for (unsigned i = 2; i < 6; i++) {
        const char *digit = text[i] != '\0' ? strchr(digits, text[i]) : NULL;
        if (digit == NULL)
            return false;
        *value = *value << 4 | (unsigned)((digit - digits) & 15);
    }
    return *value >= low && *value <= high;
}

/* Half of a pair of escapes is no character, and the parser would make "?" of it, or another one with the escape behind
 * it: it becomes the three bytes that would stand for it if it were one, which are no UTF-8. In place; sets *size to
 * what can be parsed, and returns what was read of the block: an escape at its end may go on in the next one. */
static size_t mend_halves(char *block, size_t *size, bool last) {
    size_t from = 0, to = 0, end = *size;
    while (from < end) {
        unsigned value, other;
        const char *at = block + from, *slash = memchr(at, '\\', end - from);
        size_t left = end - from, step = slash != NULL ? (size_t)(slash - at) : left;
        if (step == 0 && left < PAIR && !last)
            break;
        if (step == 0 && is_escape(at, left, 0xD800, 0xDBFF, &value)) {
            step = is_escape(at + 6, left - 6, 0xDC00, 0xDFFF, &other) ? PAIR : 0;
            if (step == 0) {
                const char half[] = {(char)0xED, (char)(0x80 | (value >> 6 & 0x3F)), (char)(0x80 | (value & 0x3F))};
                memcpy(block + to, half, sizeof half);
                to += sizeof half;
                from += 6;
                continue;
            }
        } else if (step == 0) {
            step = left < 2 ? left : 2;
        }
        memmove(block + to, at, step);
        to += step;
        from += step;
    }
    *size = to;
    return from;
}

static uint64_t feeds_in(const char *data, size_t size) {
    uint64_t count = 0;
    for (const char *end = data + size; (data = memchr(data, '\n', (size_t)(end - data))) != NULL; data++)
        count++;
    return count;
}

/* The parser's own message has a line of its own for the place. */
static enum pol_status parse_error(struct json *json, yajl_handle parser, const char *block, size_t size) {
    if (json->status != POL_STATUS_OK)
        return json->status;
    unsigned long long line = json->line + 1 + (block != NULL ? feeds_in(block, yajl_get_bytes_consumed(parser)) : 0);
    if (json->message[0] == '\0') {
        unsigned char *told = yajl_get_error(parser, 0, (const unsigned char *)block, size);
        snprintf(json->message, sizeof json->message, "%.*s", told != NULL ? (int)strcspn((char *)told, "\n") : 0,
                 told != NULL ? (char *)told : "");
        yajl_free_error(parser, told);
    }
    return pol_ledger_fail(json->error, POL_STATUS_INPUT, "%s: line %llu: this is no JSON lines: %s",
                           json->table->part->name, line, json->message);
}

static enum pol_status read_blocks(struct json *json, yajl_handle parser, char *block) {
    const char *name = json->table->part->name;
    lseek(json->table->file, 0, SEEK_SET);
    size_t kept = 0; /* of the block before */
    for (bool first = true, last = false; !last; first = false) {
        ssize_t got = read(json->table->file, block + kept, BLOCK);
        if (got < 0)
            return pol_ledger_fail(json->error, POL_STATUS_SYSTEM, "%s: cannot be read", name);
        last = got == 0;
        size_t end = kept + (size_t)got, size = end, done = mend_halves(block, &size, last);
        size_t skip = first && size >= 3 && memcmp(block, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
        if (size > 0 && yajl_parse(parser, (unsigned char *)block + skip, size - skip) != yajl_status_ok)
            return parse_error(json, parser, block + skip, size - skip);
        json->line += feeds_in(block, size);
        kept = end - done;
        memmove(block, block + done, kept);
    }
    if (json->depth > 0)
        return pol_ledger_fail(json->error, POL_STATUS_INPUT,
                               "%s: line %llu: the file ends inside an object: it was "
                               "cut short",
                               name, (unsigned long long)json->line + 1);
    return yajl_complete_parse(parser) == yajl_status_ok ? POL_STATUS_OK : parse_error(json, parser, NULL, 0);
}

enum pol_status source_read_json(struct source_table *table, struct pol_error *error) {
    struct json json = {.table = table, .error = error};
    char *block = malloc(BLOCK + PAIR);
    yajl_handle parser = yajl_alloc(&callbacks, NULL, &json);
    enum pol_status status = POL_STATUS_OK;
    if (block == NULL || parser == NULL) {
        status = pol_ledger_no_memory(error);
    } else {
        yajl_config(parser, yajl_allow_multiple_values, 1);
        yajl_config(parser, yajl_dont_validate_strings, 1); /* a cell that is no UTF-8 spoils nothing but itself */
        source_table_reserve(table);
        status = read_blocks(&json, parser, block);
    }
    if (status == POL_STATUS_OK)
        status = source_table_late_header(table, error);
    if (parser != NULL)
        yajl_free(parser);
    free(block);
    free(json.places);
    pol_buffer_free(&json.text);
    return status;
}
