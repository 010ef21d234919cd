/* Cells to typed columns: one tight loop for each column and item, so that what a loop does is the same for every row.
 * The common forms of a cell are read by words of eight bytes; whatever is not of these forms (blanks, quotes, more
 * digits) goes through cell.c, which alone decides what is right. The fast forms accept nothing that it would not. */
#include "ledger/columns.h"

#include <emmintrin.h>
#include <stdlib.h>

#include "ledger/fail.h"

#define LIKELY(x)   __builtin_expect((x) != 0, 1)
#define UNLIKELY(x) __builtin_expect((x) != 0, 0)

/* ---- the fast forms ---------------------------------------------------------------------------------------------- */

static const uint64_t zeros = 0x3030303030303030u;

static inline bool eight_digits(uint64_t word) {
    return ((word & 0xF0F0F0F0F0F0F0F0u) | (((word + 0x0606060606060606u) & 0xF0F0F0F0F0F0F0F0u) >> 4)) ==
           0x3333333333333333u;
}

static inline uint64_t eight_value(uint64_t word) {
    word -= zeros;
    word = word * 10 + (word >> 8);
    return (((word & 0x000000FF000000FFu) * 0x000F424000000064u) +
            (((word >> 16) & 0x000000FF000000FFu) * 0x0000271000000001u)) >>
           32;
}

/* 1 to 8 characters as eight digits, zeros in front. */
static inline uint64_t digits_word(const char *p, uint32_t size) {
    return pol_load64(p) << (64 - 8 * size) | zeros >> 1 >> (8 * size - 1);
}

/* 1 to 16 digits. */
static inline bool fast_digits(const char *p, size_t size, int64_t *value) {
    if (LIKELY(size - 1 < 8)) {
        uint64_t word = digits_word(p, (uint32_t)size);
        *value = (int64_t)eight_value(word);
        return eight_digits(word);
    }
    if (size - 9 >= 8) return false;
    uint64_t high = digits_word(p, (uint32_t)size - 8), low = pol_load64(p + size - 8);
    *value = (int64_t)(eight_value(high) * 100000000u + eight_value(low));
    return eight_digits(high) && eight_digits(low);
}

/* Money: 1 to 16 digits, perhaps a point and one or two more. */
static inline bool fast_money(const char *begin, const char *end, int64_t *value) {
    size_t size = (size_t)(end - begin);
    unsigned fen = 0;
    if (size >= 4 && end[-3] == '.') {
        unsigned a = (unsigned)(end[-2] - '0'), b = (unsigned)(end[-1] - '0');
        if (a > 9 || b > 9) return false;
        fen = a * 10 + b;
        size -= 3;
    } else if (size >= 3 && end[-2] == '.') {
        unsigned a = (unsigned)(end[-1] - '0');
        if (a > 9) return false;
        fen = a * 10;
        size -= 2;
    }
    if (!fast_digits(begin, size, value)) return false;
    *value = *value * 100 + fen;
    return true;
}

static inline bool fast_date(const struct pol_calendar *calendar, const char *begin, const char *end, int64_t *value) {
    if (end - begin != 10) return false;
    uint64_t word = pol_load64(begin) ^ 0x1D00001D00000000u; /* the two hyphens become zeros */
    unsigned tens = (unsigned)(begin[8] - '0'), ones = (unsigned)(begin[9] - '0');
    if (!eight_digits(word) || (word >> 56) != '0' || ((word >> 32) & 0xFF) != '0' || tens > 9 || ones > 9) return false;
    uint64_t number = eight_value(word); /* YYYY0MM0 */
    uint64_t year = number / 10000 - POL_CALENDAR_FIRST, month = number % 10000 / 10 - 1;
    if (year > POL_CALENDAR_LAST - POL_CALENDAR_FIRST || month > 11) return false;
    const int32_t *first = &calendar->month[year * 12 + month];
    unsigned day = tens * 10 + ones - 1;
    *value = first[0] + (int32_t)day;
    return day < (unsigned)(first[1] - first[0]);
}

/* No blank, no quote, no control character at either end: a plain cell that is bare already. */
static inline bool is_bare(const char *begin, const char *end) {
    return (unsigned char)*begin > '"' && (unsigned char)end[-1] > ' ';
}

/* Short ASCII; 32 bytes at `begin` are readable. */
static inline bool fast_text(const char *begin, const char *end) {
    size_t size = (size_t)(end - begin);
    if (size > 32) return false;
    uint64_t low = (uint32_t)_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)begin));
    uint64_t high = (uint32_t)_mm_movemask_epi8(_mm_loadu_si128((const __m128i *)(const void *)(begin + 16)));
    return ((low | high << 16) & (((uint64_t)1 << size) - 1)) == 0;
}

/* ---- one cell ---------------------------------------------------------------------------------------------------- */

struct filler {
    struct pol_csv_batch *batch;
    const struct pol_csv_schema *schema;
    const struct pol_csv_scan *scan;
    struct pol_copies *copies;
    struct pol_csv_counts *counts;
    bool no_memory;
    /* the field being read */
    const struct pol_csv_field *field;
    const struct pol_names *names;
    uint32_t index;  /* of the field */
    uint32_t column; /* of the file */
    void *values;
    uint8_t *states; /* NULL unless ALWAYS */
};

/* False: the row is too short, or the cell empty. */
static inline bool raw_cell(const struct filler *f, uint32_t row, const char **begin, const char **end) {
    const struct pol_csv_scan *scan = f->scan;
    struct pol_csv_row place = scan->rows[row];
    if (f->column >= place.cells) return false;
    const uint32_t *e = scan->ends + place.first + f->column;
    *begin = scan->base + e[-1];
    *end = scan->base + e[0] - 1;
    if (f->column + 1 == place.cells && *end > *begin && (*end)[-1] == '\r' &&
        (uint64_t)(*end - scan->data) < scan->size)
        --*end; /* of CR LF */
    return *begin < *end;
}

static inline void store(void *values, uint32_t width, uint32_t row, int64_t value) {
    switch (width) {
    case 1: ((uint8_t *)values)[row] = (uint8_t)value; break;
    case 2: ((uint16_t *)values)[row] = (uint16_t)value; break;
    case 4: ((int32_t *)values)[row] = (int32_t)value; break;
    default: ((int64_t *)values)[row] = value;
    }
}

/* Notes a cell that was not simply read. */
static void note(struct filler *f, uint32_t row, enum pol_csv_state state) {
    const struct pol_csv_field *field = f->field;
    uint8_t *status = &f->batch->status[row];
    if (state == POL_CSV_MISSING && (field->flags & POL_CSV_HAS_DEFAULT)) {
        if (field->kind != POL_CSV_TEXT) store(f->values, field->width, row, field->fallback);
        return;
    }
    if (f->states != NULL) f->states[row] = (uint8_t)state;
    if (state == POL_CSV_BAD) {
        struct pol_csv_bad *bad = &f->counts->bad[f->index];
        uint64_t at = pol_csv_batch_row(f->batch, row);
        if (bad->count++ == 0 || at < bad->first) bad->first = at;
        if (!(field->flags & (POL_CSV_NEEDED | POL_CSV_BAD_COUNTS))) return;
        if (*status == 0 || *status == POL_MISSING_FIELD) *status = POL_BAD_VALUE;
    } else if ((field->flags & POL_CSV_NEEDED) && *status == 0) {
        *status = POL_MISSING_FIELD;
    }
}

/* The right way to read any cell but text. */
static enum pol_csv_state read_value(struct filler *f, const char *begin, const char *end, int64_t *value) {
    if (!pol_cell_bare(f->copies, &begin, &end)) {
        f->no_memory = true;
        return POL_CSV_MISSING;
    }
    if (begin == end) return POL_CSV_MISSING;
    bool read = false;
    switch (f->field->kind) {
    case POL_CSV_MONEY:
    case POL_CSV_RATE:
    case POL_CSV_COUNT:
    case POL_CSV_YEARS:
    case POL_CSV_DAYS: read = pol_cell_number(begin, end, pol_kind_decimals(f->field->kind), value); break;
    case POL_CSV_DATE: read = pol_cell_date(&f->schema->calendar, begin, end, value); break;
    case POL_CSV_BOOL: read = pol_cell_bool(begin, end, value); break;
    case POL_CSV_YEAR: read = pol_cell_year(begin, end, value); break;
    case POL_CSV_ENUM:
    case POL_CSV_ITEM:
        if (end - begin <= POL_TEXT_LIMIT) *value = pol_names_find(f->names, begin, (uint32_t)(end - begin));
        else *value = -1;
        return *value >= 0 ? POL_CSV_READ : POL_CSV_BAD;
    case POL_CSV_TEXT: break;
    }
    if (!read || *value < f->field->min || *value > f->field->max) return POL_CSV_BAD;
    return POL_CSV_READ;
}

static void slow_value(struct filler *f, uint32_t row) {
    const char *begin, *end;
    int64_t value = 0;
    enum pol_csv_state state = POL_CSV_MISSING;
    if (raw_cell(f, row, &begin, &end)) state = read_value(f, begin, end, &value);
    store(f->values, f->field->width, row, state == POL_CSV_READ ? value : 0);
    if (state != POL_CSV_READ) note(f, row, state);
}

static void slow_text(struct filler *f, uint32_t row) {
    const char *begin = "", *end = begin;
    if (!raw_cell(f, row, &begin, &end)) end = begin = "";
    if (!pol_cell_bare(f->copies, &begin, &end)) {
        f->no_memory = true;
        end = begin = "";
    }
    ((struct pol_text *)f->values)[row] = (struct pol_text){begin, (uint32_t)(end - begin), 0};
    if (begin == end) note(f, row, POL_CSV_MISSING);
    else if (!pol_cell_text(begin, end)) note(f, row, POL_CSV_BAD);
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

/* Every loop goes over rows[0..count), or over all rows where `rows` is NULL. */
#define EACH_ROW(i, row, rows, count)                                                                                  \
    for (uint32_t i = 0, row; i < (count) && ((row = (rows) != NULL ? (rows)[i] : i), true); i++)

/* `ATTEMPT` reads [begin, end) into `value` the fast way. */
#define VALUE_LOOP(ATTEMPT)                                                                                            \
    do {                                                                                                               \
        const int64_t min = f->field->min, max = f->field->max;                                                        \
        const uint32_t width = f->field->width;                                                                        \
        void *values = f->values;                                                                                      \
        EACH_ROW(i, row, rows, count) {                                                                                \
            const char *begin, *end;                                                                                   \
            int64_t value;                                                                                             \
            if (LIKELY(raw_cell(f, row, &begin, &end) && (ATTEMPT) && value >= min && value <= max))                    \
                store(values, width, row, value);                                                                      \
            else slow_value(f, row);                                                                                   \
        }                                                                                                              \
    } while (0)

static void fill_money(struct filler *f, const uint32_t *rows, uint32_t count) {
    VALUE_LOOP(fast_money(begin, end, &value));
}

static void fill_integer(struct filler *f, const uint32_t *rows, uint32_t count) {
    VALUE_LOOP(fast_digits(begin, (size_t)(end - begin), &value));
}

static void fill_rate(struct filler *f, const uint32_t *rows, uint32_t count) {
    VALUE_LOOP(pol_cell_number(begin, end, 6, &value));
}

static void fill_date(struct filler *f, const uint32_t *rows, uint32_t count) {
    const struct pol_calendar *calendar = &f->schema->calendar;
    VALUE_LOOP(fast_date(calendar, begin, end, &value));
}

static void fill_bool(struct filler *f, const uint32_t *rows, uint32_t count) {
    VALUE_LOOP(pol_cell_bool(begin, end, &value));
}

static void fill_year(struct filler *f, const uint32_t *rows, uint32_t count) {
    VALUE_LOOP(pol_cell_year(begin, end, &value));
}

static void fill_enum(struct filler *f, const uint32_t *rows, uint32_t count) {
    const struct pol_names names = *f->names;
    EACH_ROW(i, row, rows, count) {
        const char *begin, *end;
        int64_t value = -1;
        if (raw_cell(f, row, &begin, &end)) value = pol_names_find(&names, begin, (uint32_t)(end - begin));
        if (LIKELY(value >= 0)) store(f->values, f->field->width, row, value);
        else slow_value(f, row);
    }
}

static void fill_text(struct filler *f, const uint32_t *rows, uint32_t count) {
    struct pol_text *values = f->values;
    EACH_ROW(i, row, rows, count) {
        const char *begin, *end;
        if (LIKELY(raw_cell(f, row, &begin, &end) && is_bare(begin, end) && fast_text(begin, end)))
            values[row] = (struct pol_text){begin, (uint32_t)(end - begin), 0};
        else slow_text(f, row);
    }
}

static void fill_missing(struct filler *f, const uint32_t *rows, uint32_t count) {
    bool text = f->field->kind == POL_CSV_TEXT;
    EACH_ROW(i, row, rows, count) {
        if (text) ((struct pol_text *)f->values)[row] = (struct pol_text){"", 0, 0};
        else store(f->values, f->field->width, row, 0);
        note(f, row, POL_CSV_MISSING);
    }
}

/* An item that is missing or unknown. */
static void settle_items(struct filler *f) {
    uint16_t *item = f->values;
    for (uint32_t row = 0; row < f->batch->rows; row++) {
        if (LIKELY(f->states[row] == POL_CSV_READ)) continue;
        item[row] = POL_ITEM_UNKNOWN;
        f->batch->status[row] = POL_UNKNOWN_ITEM;
    }
}

static void fill_field(struct filler *f, uint32_t field, const struct pol_csv_header *header, const uint32_t *rows,
                       uint32_t count) {
    f->field = &f->schema->fields[field];
    f->names = &f->schema->names[field];
    f->index = field;
    f->column = header->column[field];
    f->values = f->batch->values[field];
    f->states = f->batch->states[field];
    if (f->states != NULL) memset(f->states, POL_CSV_READ, count);
    if (f->column == POL_NONE) {
        fill_missing(f, rows, count);
        return;
    }
    switch (f->field->kind) {
    case POL_CSV_MONEY: fill_money(f, rows, count); break;
    case POL_CSV_RATE: fill_rate(f, rows, count); break;
    case POL_CSV_COUNT:
    case POL_CSV_YEARS:
    case POL_CSV_DAYS: fill_integer(f, rows, count); break;
    case POL_CSV_DATE: fill_date(f, rows, count); break;
    case POL_CSV_BOOL: fill_bool(f, rows, count); break;
    case POL_CSV_ENUM:
    case POL_CSV_ITEM: fill_enum(f, rows, count); break;
    case POL_CSV_YEAR: fill_year(f, rows, count); break;
    case POL_CSV_TEXT: fill_text(f, rows, count); break;
    }
}

/* Rows in the order of their items; unknown ones are left out. */
static void sort_by_item(struct filler *f) {
    struct pol_csv_batch *batch = f->batch;
    const uint16_t *item = batch->values[f->schema->item_field];
    uint32_t items = f->schema->item_count, *start = batch->item_start;
    memset(start, 0, (items + 1u) * sizeof *start);
    for (uint32_t row = 0; row < batch->rows; row++)
        if (item[row] != POL_ITEM_UNKNOWN) start[item[row]]++;
    uint32_t sum = 0;
    for (uint32_t i = 0; i <= items; i++) {
        uint32_t here = start[i];
        start[i] = sum;
        sum += here;
    }
    for (uint32_t row = 0; row < batch->rows; row++)
        if (item[row] != POL_ITEM_UNKNOWN) batch->order[start[item[row]]++] = row;
}

/* After sort_by_item, start[i] is the end of item i. */
static void fill_needs(struct filler *f, const struct pol_csv_header *header) {
    uint32_t begin = 0;
    for (uint32_t i = 0; i < f->schema->item_count; i++) {
        uint32_t end = f->batch->item_start[i];
        if (begin == end) continue;
        for (uint32_t n = f->schema->need_first[i]; n < f->schema->need_first[i + 1]; n++)
            fill_field(f, f->schema->need[n], header, f->batch->order + begin, end - begin);
        begin = end;
    }
}

/* States to bitmaps; a column in which every cell was read needs none. */
static void make_bitmaps(struct pol_csv_batch *batch, uint32_t field) {
    const uint8_t *states = batch->states[field];
    uint64_t *validity = batch->bitmaps[field], *bad = validity + batch->capacity / 64;
    struct pol_column *column = &batch->columns[field];
    column->validity = column->bad = NULL;
    if (memchr(states, POL_CSV_MISSING, batch->rows) == NULL && memchr(states, POL_CSV_BAD, batch->rows) == NULL) return;
    for (uint32_t word = 0; word * 64 < batch->rows; word++) {
        validity[word] = bad[word] = 0;
        for (uint32_t bit = 0; bit < 64 && word * 64 + bit < batch->rows; bit++) {
            validity[word] |= (uint64_t)(states[word * 64 + bit] != POL_CSV_MISSING) << bit;
            bad[word] |= (uint64_t)(states[word * 64 + bit] == POL_CSV_BAD) << bit;
        }
    }
    column->validity = (const uint8_t *)validity;
    column->bad = (const uint8_t *)bad;
}

enum pol_status pol_csv_batch_fill(struct pol_csv_batch *batch, const struct pol_csv_schema *schema,
                                   const struct pol_csv_header *header, const struct pol_csv_scan *scan,
                                   struct pol_copies *copies, struct pol_csv_counts *counts, struct pol_error *error) {
    struct filler f = {.batch = batch, .schema = schema, .scan = scan, .copies = copies, .counts = counts};
    batch->rows = scan->row_count;
    batch->scan = scan;
    memset(batch->status, 0, batch->rows);
    if (schema->item_field != POL_NONE) {
        fill_field(&f, schema->item_field, header, NULL, batch->rows);
        settle_items(&f);
        sort_by_item(&f);
    }
    for (uint32_t field = 0; field < schema->field_count; field++) {
        if (!(schema->fields[field].flags & POL_CSV_ALWAYS)) continue;
        if (field != schema->item_field) fill_field(&f, field, header, NULL, batch->rows);
        make_bitmaps(batch, field);
    }
    if (schema->item_field != POL_NONE) fill_needs(&f, header);
    if (scan->extra_rows > 0 && (counts->extra_rows == 0 || scan->first_extra < counts->first_extra))
        counts->first_extra = scan->first_extra;
    counts->extra_rows += scan->extra_rows;
    counts->rows += batch->rows;
    return f.no_memory ? pol_ledger_no_memory(error) : POL_STATUS_OK;
}

/* ---- storage ----------------------------------------------------------------------------------------------------- */

static bool take_field(struct pol_csv_batch *batch, const struct pol_csv_schema *schema, uint32_t field) {
    const struct pol_csv_field *f = &schema->fields[field];
    size_t width = f->kind == POL_CSV_TEXT ? sizeof(struct pol_text) : f->width;
    batch->values[field] = calloc(batch->capacity, width);
    batch->columns[field].values = batch->values[field];
    if (batch->values[field] == NULL) return false;
    if (!(f->flags & POL_CSV_ALWAYS)) return true;
    batch->states[field] = calloc(batch->capacity, 1);
    batch->bitmaps[field] = calloc(batch->capacity / 64, 2 * sizeof **batch->bitmaps);
    return batch->states[field] != NULL && batch->bitmaps[field] != NULL;
}

struct pol_csv_batch *pol_csv_batch_new(const struct pol_csv_schema *schema, uint32_t capacity) {
    size_t fields = schema->field_count + 1u;
    struct pol_csv_batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL) return NULL;
    batch->capacity = (capacity + 63) / 64 * 64;
    batch->columns = calloc(fields, sizeof *batch->columns);
    batch->values = calloc(fields, sizeof *batch->values);
    batch->states = calloc(fields, sizeof *batch->states);
    batch->bitmaps = calloc(fields, sizeof *batch->bitmaps);
    batch->status = calloc(batch->capacity, 1);
    batch->order = calloc(batch->capacity, sizeof *batch->order);
    batch->item_start = calloc(schema->item_count + 1u, sizeof *batch->item_start);
    bool whole = batch->columns != NULL && batch->values != NULL && batch->states != NULL && batch->bitmaps != NULL &&
                 batch->status != NULL && batch->order != NULL && batch->item_start != NULL;
    for (uint32_t field = 0; whole && field < schema->field_count; field++) whole = take_field(batch, schema, field);
    if (whole) return batch;
    pol_csv_batch_free(batch, schema);
    return NULL;
}

void pol_csv_batch_free(struct pol_csv_batch *batch, const struct pol_csv_schema *schema) {
    if (batch == NULL) return;
    for (uint32_t field = 0; field < schema->field_count; field++) {
        if (batch->values != NULL) free(batch->values[field]);
        if (batch->states != NULL) free(batch->states[field]);
        if (batch->bitmaps != NULL) free(batch->bitmaps[field]);
    }
    free(batch->columns);
    free(batch->values);
    free(batch->states);
    free(batch->bitmaps);
    free(batch->status);
    free(batch->order);
    free(batch->item_start);
    free(batch);
}
