/* Targets: what an indicator was to reach, and what it did. */
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/display.h"
#include "audit/words.h"
#include "audit/work.h"
#include "ledger/csv_error.h"
#include "ledger/fail.h"
#include "tr.h"

enum { FIELD_INDICATOR, FIELD_YEAR, FIELD_VALUE, FIELD_COUNT };

struct indicator {
    struct pol_text name, value;
    int32_t year;
    unsigned part;
    uint64_t at; /* where its row begins */
};

struct indicators {
    struct indicator *rows;
    size_t count, capacity;
    unsigned part;                   /* that is read */
    uint64_t skipped, first_skipped; /* of it */
};

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static enum pol_status take_batch(void *context, unsigned worker, struct pol_csv_chunk *chunk,
                                  const struct pol_csv_batch *batch, struct pol_error *error) {
    (void)worker;
    (void)chunk;
    struct indicators *list = context;
    if (list->capacity - list->count < batch->rows) {
        size_t capacity = list->capacity * 2 + batch->rows;
        struct indicator *rows = realloc(list->rows, capacity * sizeof *rows);
        if (rows == NULL)
            return pol_ledger_no_memory(error);
        list->rows = rows;
        list->capacity = capacity;
    }
    const struct pol_text *names = batch->columns[FIELD_INDICATOR].values, *values = batch->columns[FIELD_VALUE].values;
    const int32_t *years = batch->columns[FIELD_YEAR].values;
    for (uint32_t i = 0; i < batch->rows; i++) {
        uint64_t at = pol_csv_batch_row(batch, i);
        if (pol_csv_batch_state(batch, FIELD_INDICATOR, i) == POL_CSV_READ &&
            pol_csv_batch_state(batch, FIELD_YEAR, i) == POL_CSV_READ)
            list->rows[list->count++] = (struct indicator){names[i], values[i], years[i], list->part, at};
        else if (list->skipped++ == 0)
            list->first_skipped = at;
    }
    return POL_STATUS_OK;
}

static enum pol_status commit_chunk(void *context, struct pol_csv_chunk *chunk, struct pol_error *error) {
    (void)context;
    (void)chunk;
    (void)error;
    return POL_STATUS_OK;
}

static void drop_chunk(void *context, struct pol_csv_chunk *chunk) {
    (void)context;
    (void)chunk;
}

static int by_key(const void *a, const void *b) {
    const struct indicator *x = a, *y = b;
    if (x->year != y->year)
        return x->year < y->year ? -1 : 1;
    if (x->name.size != y->name.size)
        return x->name.size < y->name.size ? -1 : 1;
    return memcmp(x->name.data, y->name.data, x->name.size);
}

static int by_place(const struct indicator *a, const struct indicator *b) {
    if (a->part != b->part)
        return a->part < b->part ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

static int by_key_and_place(const void *a, const void *b) {
    int order = by_key(a, b);
    return order != 0 ? order : by_place(a, b);
}

/* Sorts the list; of pairs with one key, names the one whose second row comes first. */
static enum pol_status index_rows(const struct pol_parts *parts, struct indicators *list, struct pol_error *error) {
    const struct indicator *twice = NULL;
    if (list->count > 0)
        qsort(list->rows, list->count, sizeof *list->rows, by_key_and_place);
    for (size_t i = 1; i < list->count; i++)
        if (by_key(&list->rows[i - 1], &list->rows[i]) == 0 && (twice == NULL || by_place(&list->rows[i], twice) < 0))
            twice = &list->rows[i];
    if (twice == NULL)
        return POL_STATUS_OK;
    char shown[POL_SHOWN_SIZE];
    const struct pol_input *first = &parts->part[twice[-1].part].input, *second = &parts->part[twice->part].input;
    unsigned long long lines[] = {pol_input_line(first, twice[-1].at), pol_input_line(second, twice->at)};
    pol_shown(twice->name.data, twice->name.size, shown);
    if (first == second)
        return pol_ledger_fail(
            error, POL_STATUS_INPUT,
            first->rows ? tr("%s: rows %llu and %llu: two rows for indicator %s and year %d: keep one of them")
                        : tr("%s: lines %llu and %llu: two rows for indicator %s and year %d: keep one of them"),
            first->path, lines[0], lines[1], shown, (int)twice->year);
    return pol_ledger_fail(error, POL_STATUS_INPUT,
                           "%s: %s %llu and %s: %s %llu: two rows for indicator %s and year %d: keep one of them",
                           first->path, tr(tr(first->unit)), lines[0], second->path, tr(tr(second->unit)), lines[1],
                           shown, (int)twice->year);
}

static enum pol_status read_part(struct pol_part_source *part, const struct pol_csv_schema *schema,
                                 const struct pol_observer *observer, struct indicators *list,
                                 struct pol_error *error) {
    struct pol_csv_bad bad[FIELD_COUNT] = {0};
    struct pol_csv_counts counts = {.bad = bad};
    struct pol_csv_options options = {.threads = 1}; /* rows are listed as they come, which takes one thread */
    struct pol_csv_consumer consumer = {list, take_batch, commit_chunk, drop_chunk};
    const struct pol_input *input = &part->input;
    pol_audit_warn_ignored(observer, input, &part->header);
    list->skipped = 0;
    enum pol_status status = pol_csv_read(&part->input, schema, &part->header, &options, &consumer, &counts, error);
    if (status != POL_STATUS_OK)
        return status;
    pol_audit_warn_extra(observer, input, &counts);
    if (list->skipped > 0)
        pol_audit_warn(observer,
                       tr_count("%s: %llu row without a readable indicator and year is skipped, the first on %s %llu",
                                "%s: %llu rows without a readable indicator and year are skipped, the first on %s %llu",
                                list->skipped),
                       input->path, (unsigned long long)list->skipped, tr(input->unit),
                       (unsigned long long)pol_input_line(input, list->first_skipped));
    return POL_STATUS_OK;
}

static enum pol_status read_rows(struct pol_parts *parts, const struct pol_csv_schema *schema,
                                 const struct pol_observer *observer, struct indicators *list,
                                 struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    for (; list->part < parts->count && status == POL_STATUS_OK; list->part++)
        status = read_part(&parts->part[list->part], schema, observer, list, error);
    return status == POL_STATUS_OK ? index_rows(parts, list, error) : status;
}

static enum pol_status make_schema(struct pol_csv_schema **schema, struct pol_error *error) {
    const unsigned flags = POL_CSV_ALWAYS | POL_CSV_MUST_STAND;
    const struct pol_csv_field fields[FIELD_COUNT] = {
        {.column = {"indicator", 9}, .kind = POL_CSV_TEXT, .flags = flags},
        {.column = {"year", 4},
         .kind = POL_CSV_YEAR,
         .flags = flags,
         .width = 4,
         .min = POL_YEAR_FIRST,
         .max = POL_YEAR_LAST},
        {.column = {"value", 5}, .kind = POL_CSV_TEXT, .flags = flags},
    };
    return pol_csv_schema_new(&(struct pol_csv_spec){fields, FIELD_COUNT, NULL, POL_NONE}, schema, error);
}

/* ---- judging ----------------------------------------------------------------------------------------------------- */

/* The value of an indicator in a year, in the units of its type. */
static bool value_of(const pol_module *module, const struct indicators *list, const struct pol_target *target,
                     int32_t year, int64_t *value) {
    static const int64_t limits[] = {
        [POL_MONEY] = 100000000000000, [POL_RATE] = POL_RATE_SCALE, [POL_COUNT] = 1000000000};
    struct indicator key = {.name = {pol_module_string(module, target->column), target->column.size, 0}, .year = year};
    const struct indicator *found = list->count > 0 ? bsearch(&key, list->rows, list->count, sizeof key, by_key) : NULL;
    if (found == NULL || found->value.size == 0 || target->type < POL_MONEY || target->type > POL_COUNT)
        return false;
    const char *begin = found->value.data;
    return pol_cell_number(begin, begin + found->value.size, pol_kind_decimals((enum pol_csv_kind)target->type),
                           value) &&
           *value <= limits[target->type];
}

/* One line of the result. Numbers are scaled by 10^decimals. */
struct verdict {
    const struct pol_target *target;
    int32_t year;
    unsigned decimals;
    bool has_target, has_actual;
    pol_wide wanted, actual;
};

static const char *status_of(const struct verdict *v) {
    if (!v->has_target || !v->has_actual)
        return "no_data";
    bool met = v->target->sense == POL_AT_MOST ? v->actual <= v->wanted : v->actual >= v->wanted;
    return met ? "met" : "missed";
}

static struct verdict judge(const pol_module *module, const struct indicators *list, const struct pol_target *target,
                            int32_t year) {
    unsigned decimals = pol_kind_decimals((enum pol_csv_kind)target->type);
    struct verdict v = {
        .target = target, .year = year, .decimals = decimals, .has_target = true, .wanted = target->value};
    int64_t actual = 0, before = 0;
    v.has_actual = value_of(module, list, target, year, &actual);
    v.actual = actual;
    if (target->kind != POL_TARGET_GROWTH)
        return v;
    v.has_target = value_of(module, list, target, year - 1, &before);
    v.wanted = (pol_wide)before * (POL_RATE_SCALE + target->value);
    v.actual *= POL_RATE_SCALE;
    v.decimals += 6;
    return v;
}

static void add_number(struct pol_buffer *buffer, bool there, pol_wide value, unsigned decimals) {
    char text[64];
    if (there)
        pol_buffer_add(buffer, text, (size_t)(pol_put_decimal(text, value, decimals) - text));
}

static void add_line(const pol_module *module, const struct verdict *v, struct pol_buffer *csv) {
    const struct pol_target *t = v->target;
    if (!pol_buffer_reserve(csv, 2 * (size_t)t->column.size + 2))
        return;
    char *end = csv->data + csv->size;
    end = pol_put_cell(end, pol_module_string(module, t->column), t->column.size);
    csv->size = (size_t)(end - csv->data);
    pol_buffer_format(csv, ",%d,", (int)v->year);
    add_number(csv, v->has_target, v->wanted, v->decimals);
    pol_buffer_text(csv, ",");
    add_number(csv, v->has_actual, v->actual, v->decimals);
    pol_buffer_text(csv, ",");
    add_number(csv, v->has_target && v->has_actual, v->wanted - v->actual, v->decimals);
    pol_buffer_format(csv, ",%s\n", status_of(v));
}

static void add_row(const pol_module *module, const struct verdict *v, struct pol_table *table) {
    struct pol_buffer cells[4] = {0};
    pol_buffer_format(&cells[0], "%d", (int)v->year);
    add_number(&cells[1], v->has_target, v->wanted, v->decimals);
    add_number(&cells[2], v->has_actual, v->actual, v->decimals);
    add_number(&cells[3], v->has_target && v->has_actual, v->wanted - v->actual, v->decimals);
    pol_table_text(table, 0, pol_words_label(module, v->target->label, v->target->column, v->target->name));
    for (unsigned i = 0; i < 4; i++) {
        pol_buffer_add(&cells[i], "", 1);
        table->cells.failed |= cells[i].failed;
        pol_table_text(table, i + 1, cells[i].failed ? "" : cells[i].data);
        pol_buffer_free(&cells[i]);
    }
    pol_table_text(table, 5, tr(status_of(v)));
}

static bool judge_all(const pol_module *module, const struct indicators *list, struct pol_buffer *csv,
                      struct pol_buffer *text) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_target *targets = pol_module_array(module, d->targets);
    struct pol_table table;
    unsigned counts[3] = {0};
    pol_table_head(
        &table, 6,
        (const char *const[]){tr("indicator"), tr("year"), tr("target"), tr("actual"), tr("gap"), tr("status")});
    pol_buffer_text(csv, "indicator,year,target,actual,gap,status\n");
    for (uint32_t i = 0; i < d->targets.count; i++)
        for (int32_t year = targets[i].first_year; year <= targets[i].last_year; year++) {
            struct verdict v = judge(module, list, &targets[i], year);
            add_line(module, &v, csv);
            add_row(module, &v, &table);
            counts[status_of(&v)[1] == 'e' ? 0 : status_of(&v)[1] == 'i' ? 1 : 2]++;
        }
    pol_display_wrap(text, pol_words_title(module), 0, 0);
    pol_buffer_format(text, tr("\n\n%u met, %u missed, %u without data\n\n"), counts[0], counts[1], counts[2]);
    pol_table_write(&table, text);
    return !csv->failed && !text->failed;
}

static enum pol_status write_file(const char *directory, const struct pol_buffer *csv, const struct pol_sink *sink,
                                  const struct pol_source_options *options, struct pol_error *error) {
    struct pol_out *out = NULL;
    unsigned file = 0;
    enum pol_status status = pol_out_new(directory, &out, error);
    if (status == POL_STATUS_OK)
        status = pol_out_begin(out, "targets.csv", &file, error);
    if (status == POL_STATUS_OK)
        status = pol_out_write(out, file, csv->data, csv->size, error);
    if (status == POL_STATUS_OK)
        status = pol_sink_convert(out, sink, options, error);
    if (status == POL_STATUS_OK)
        status = pol_out_commit(out, error);
    pol_out_free(out);
    return status;
}

enum pol_status pol_targets_run(const pol_module *module, const struct pol_source *indicators,
                                const struct pol_source_options *options, const char *out, const struct pol_sink *sink,
                                const struct pol_observer *observer, struct pol_buffer *text, struct pol_error *error) {
    struct pol_parts parts = {0};
    struct pol_csv_schema *schema = NULL;
    struct indicators list = {0};
    struct pol_buffer csv = {0};
    enum pol_status status = pol_out_check(out, error);
    if (status == POL_STATUS_OK)
        status = pol_sink_check(out, sink, options, error);
    if (status == POL_STATUS_OK)
        status = pol_source_find(indicators, &parts, error);
    if (status == POL_STATUS_OK)
        status = make_schema(&schema, error);
    struct pol_source_options source = pol_audit_source(options, observer, 1);
    if (status == POL_STATUS_OK)
        status = pol_source_map(&source, &schema, 1, error);
    if (status == POL_STATUS_OK)
        status = pol_source_open(&parts, &source, schema, error);
    if (status == POL_STATUS_OK)
        status = pol_source_mapped(&source, &schema, 1, error);
    static const char *const names[] = {"targets.csv", "targets.parquet"};
    if (status == POL_STATUS_OK)
        status = pol_source_spared(&parts, out, names, 2, error);
    if (status == POL_STATUS_OK)
        status = read_rows(&parts, schema, observer, &list, error);
    if (status == POL_STATUS_OK && !judge_all(module, &list, &csv, text))
        status = pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK)
        status = pol_source_unchanged(&parts, error);
    if (status == POL_STATUS_OK)
        status = write_file(out, &csv, sink, &source, error);
    pol_buffer_free(&csv);
    free(list.rows);
    pol_csv_schema_free(schema);
    pol_source_close(&parts);
    return status;
}
