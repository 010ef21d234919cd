#include "source/table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "ledger/csv_error.h"
#include "ledger/fail.h"
#include "source/number.h"

enum { WRITE_AT = 1 << 20, HEADER_ROOM = 1 << 16 };

enum pol_status source_table_column(struct source_table *table, const char *name, size_t size,
                                    struct pol_error *error) {
    if (table->column_count == POL_CSV_COLUMN_LIMIT)
        return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: more than %d columns", table->part->name,
                               POL_CSV_COLUMN_LIMIT);
    if ((table->column_count & (table->column_count - 1)) == 0) {
        size_t capacity = table->column_count > 0 ? 2 * (size_t)table->column_count : 1;
        struct source_column *columns = realloc(table->columns, capacity * sizeof *columns);
        if (columns == NULL)
            return pol_ledger_no_memory(error);
        table->columns = columns;
    }
    struct source_column *column = &table->columns[table->column_count];
    *column = (struct source_column){.name = strndup(name, size)};
    if (column->name == NULL)
        return pol_ledger_no_memory(error);
    column->field = pol_csv_schema_field(table->schema, (struct pol_name){name, (uint32_t)size});
    column->kind = column->field != POL_NONE ? table->schema->fields[column->field].kind : POL_CSV_TEXT;
    table->column_count++;
    return POL_STATUS_OK;
}

static int by_name(const void *a, const void *b) {
    const struct source_column *const *x = a, *const *y = b;
    return strcmp((*x)->name, (*y)->name);
}

/* The strict reader would say so too, but only after everything was fetched. */
static enum pol_status check_names(const struct source_table *table, struct pol_error *error) {
    const struct source_column **sorted = calloc(table->column_count + 1u, sizeof *sorted);
    enum pol_status status = POL_STATUS_OK;
    if (sorted == NULL)
        return pol_ledger_no_memory(error);
    for (uint32_t c = 0; c < table->column_count; c++)
        sorted[c] = &table->columns[c];
    qsort(sorted, table->column_count, sizeof *sorted, by_name);
    for (uint32_t c = 1; c < table->column_count && status == POL_STATUS_OK; c++)
        if (strcmp(sorted[c - 1]->name, sorted[c]->name) == 0)
            status = pol_ledger_fail(error, POL_STATUS_INPUT, "%s: column `%s` stands twice: rename one",
                                     table->part->name, sorted[c]->name);
    free(sorted);
    return status;
}

static void put_header(const struct source_table *table, struct pol_buffer *text) {
    for (uint32_t c = 0; c < table->column_count; c++) {
        size_t size = strlen(table->columns[c].name);
        if (!pol_buffer_reserve(text, 2 * size + 3))
            return;
        if (c > 0)
            text->data[text->size++] = ',';
        text->size = (size_t)(pol_put_cell(text->data + text->size, table->columns[c].name, size) - text->data);
    }
    pol_buffer_text(text, "\n");
}

enum pol_status source_table_header(struct source_table *table, struct pol_error *error) {
    enum pol_status status = check_names(table, error);
    put_header(table, &table->text);
    table->row = table->text.size;
    return status;
}

void source_table_reserve(struct source_table *table) {
    if (pol_buffer_reserve(&table->text, HEADER_ROOM)) {
        memset(table->text.data, '\n', HEADER_ROOM);
        table->row = table->text.size = HEADER_ROOM;
    }
}

/* Blank lines before the header are none to the reader. */
enum pol_status source_table_late_header(struct source_table *table, struct pol_error *error) {
    struct pol_buffer header = {0};
    enum pol_status status = check_names(table, error);
    put_header(table, &header);
    if (status == POL_STATUS_OK && header.failed)
        status = pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK && header.size > HEADER_ROOM)
        status = pol_ledger_fail(error, POL_STATUS_INPUT, "%s: the names of its %u columns are too long",
                                 table->part->name, table->column_count);
    if (status == POL_STATUS_OK)
        status = source_table_finish(table, error);
    off_t at = (off_t)(HEADER_ROOM - header.size);
    if (status == POL_STATUS_OK && pwrite(table->spool.file, header.data, header.size, at) != (ssize_t)header.size)
        status = pol_ledger_fail(error, POL_STATUS_SYSTEM, "a temporary file cannot be written");
    table->before = HEADER_ROOM - header.size + 1;
    pol_buffer_free(&header);
    return status;
}

void source_table_cell(struct source_table *table, const char *data, size_t size) {
    struct pol_buffer *text = &table->text;
    bool wanted = table->cells < table->column_count && table->columns[table->cells].field != POL_NONE;
    if (!pol_buffer_reserve(text, 2 * size + 3))
        return;
    if (table->cells++ > 0)
        text->data[text->size++] = ',';
    if (wanted)
        text->size = (size_t)(pol_put_cell(text->data + text->size, data, size) - text->data);
}

void source_table_number(struct source_table *table, const char *data, size_t size) {
    char plain[SOURCE_NUMBER_ROOM];
    bool text = table->cells < table->column_count && table->columns[table->cells].kind == POL_CSV_TEXT;
    if (!text && source_plain_number(data, size, plain))
        source_table_cell(table, plain, strlen(plain));
    else
        source_table_cell(table, data, size);
}

void source_table_time(struct source_table *table, const char *data, size_t size) {
    bool midnight = size >= 19 && (data[10] == ' ' || data[10] == 'T') && memcmp(data + 11, "00:00:00", 8) == 0;
    for (size_t i = 19; i < size; i++)
        midnight &= data[i] == '.' || data[i] == '0';
    source_table_cell(table, data, midnight ? 10 : size);
}

static enum pol_status write_text(struct source_table *table, struct pol_error *error) {
    if (table->text.failed)
        return pol_ledger_no_memory(error);
    enum pol_status status = source_go_on(table->options, error);
    if (status == POL_STATUS_OK)
        status = source_spool_write(&table->spool, table->text.data, table->text.size, error);
    table->text.size = 0;
    return status;
}

enum pol_status source_table_end_row(struct source_table *table, struct pol_error *error) {
    if (table->text.size == table->row)
        pol_buffer_text(&table->text, "\"\"");
    pol_buffer_text(&table->text, "\n");
    table->rows++;
    table->cells = 0;
    enum pol_status status = POL_STATUS_OK;
    if (table->text.size >= WRITE_AT || table->text.failed)
        status = write_text(table, error);
    table->row = table->text.size;
    return status;
}

void source_table_skip_row(struct source_table *table) {
    table->text.size = table->row;
    pol_buffer_text(&table->text, "\n");
    table->row = table->text.size;
    table->cells = 0;
}

enum pol_status source_table_finish(struct source_table *table, struct pol_error *error) {
    enum pol_status status = write_text(table, error);
    return status == POL_STATUS_OK ? source_spool_flush(&table->spool, error) : status;
}

void source_table_free(struct source_table *table) {
    for (uint32_t c = 0; c < table->column_count; c++)
        free(table->columns[c].name);
    free(table->columns);
    pol_buffer_free(&table->text);
    source_spool_close(&table->spool);
}

enum pol_status source_table_bad(const struct source_table *table, uint64_t row, uint32_t column, const char *value,
                                 size_t size, const char *what, struct pol_error *error) {
    char shown[POL_SHOWN_SIZE];
    return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: row %llu: column `%s`: %s %s", table->part->name,
                           (unsigned long long)row, table->columns[column].name, pol_shown(value, size, shown), what);
}

enum pol_status source_table_which(const struct source_table *table, const char *what, unsigned count,
                                   const char *names, struct pol_error *error) {
    const char *name = table->part->name;
    if (count == 0)
        return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: has no %s", name, what);
    return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: has %u %s: name one as '%s#NAME': %.300s", name, count, what,
                           name, names);
}

bool source_is_query(const char *text) {
    static const char *const words[] = {"select", "with", "from", "values"};
    while (isspace((unsigned char)*text) || *text == '(')
        text++;
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i]);
        if (strncasecmp(text, words[i], size) == 0 && (isspace((unsigned char)text[size]) || text[size] == '('))
            return true;
    }
    return false;
}

void source_put_part(struct pol_buffer *sql, const char *name, size_t size) {
    pol_buffer_text(sql, "\"");
    for (size_t i = 0; i < size; i++)
        pol_buffer_add(sql, name[i] == '"' ? "\"\"" : &name[i], name[i] == '"' ? 2 : 1);
    pol_buffer_text(sql, "\"");
}

void source_put_name(struct pol_buffer *sql, const char *name) {
    source_put_part(sql, name, strlen(name));
}

char *source_relation(const char *text) {
    struct pol_buffer sql = {0};
    if (source_is_query(text)) {
        size_t size = strlen(text);
        while (size > 0 && (isspace((unsigned char)text[size - 1]) || text[size - 1] == ';'))
            size--;
        pol_buffer_text(&sql, "(");
        pol_buffer_add(&sql, text, size);
        pol_buffer_text(&sql, "\n) AS ledger"); /* a comment may end the query */
    } else {
        for (const char *dot; (dot = strchr(text, '.')) != NULL; text = dot + 1) {
            source_put_part(&sql, text, (size_t)(dot - text));
            pol_buffer_text(&sql, ".");
        }
        source_put_name(&sql, text);
    }
    pol_buffer_add(&sql, "", 1);
    if (!sql.failed)
        return sql.data;
    pol_buffer_free(&sql);
    return NULL;
}
