/* Parquet files, tables and queries of DuckDB files: every value as the text that DuckDB writes for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/fail.h"
#include "source/duck.h"
#include "source/table.h"
#include "tr.h"

/* How the text of a column's type is read. */
enum reading { AS_TEXT, AS_NUMBER, AS_TIME };

struct columns {
    struct duck *duck;
    struct source_table *table;
    enum reading *readings; /* by column of the table */
    uint32_t reading_count;
    uint32_t *wanted; /* columns of the table that are fetched, in order */
    uint32_t wanted_count;
    struct pol_buffer select; /* their list, for the query */
    struct pol_buffer quoted; /* as they are named in a query, each ended by NUL */
    bool parquet;
    /* of a Parquet file: its names of the columns, each ended by NUL; DuckDB renames a name that it has had */
    struct pol_buffer names;
    size_t name;     /* where the next one begins */
    uint64_t nested; /* rows of the schema that belong to a column that was named */
    bool root;       /* the schema's first row was seen */
};

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

/* What a column's type says against reading it exactly; NULL: nothing. Parquet's BLOB is text of which the file does
 * not say that it is UTF-8. */
static const char *objection(const char *type, enum pol_csv_kind kind, bool parquet) {
    static const char *const others[] = {"STRUCT", "MAP", "UNION", "BLOB", "BIT", "INTERVAL", "TIME", "GEOMETRY"};
    size_t size = strlen(type);
    if (strcmp(type, "DOUBLE") == 0 || strcmp(type, "FLOAT") == 0 || strcmp(type, "REAL") == 0)
        return tr("is binary floating point, which is not exact: store it as DECIMAL(18,2), or cast it in a query of a "
                  "DuckDB file");
    if (strcmp(type, "TIMESTAMP WITH TIME ZONE") == 0)
        return kind == POL_CSV_DATE ? tr("is a time that is another day in another time zone: store it as DATE") : NULL;
    if (begins(type, "TIMESTAMP") || (parquet && strcmp(type, "BLOB") == 0))
        return NULL;
    if (size > 0 && type[size - 1] == ']')
        return tr("is a list: a cell is one value");
    for (unsigned i = 0; i < sizeof others / sizeof *others; i++)
        if (begins(type, others[i]))
            return tr("is of a type that no cell is read from: cast it in a query");
    return NULL;
}

/* A row of a Parquet file's schema, a tree in depth-first order: a name and how many children follow. */
static enum pol_status take_name(void *context, const struct pol_text *cells, unsigned count, struct pol_error *error) {
    struct columns *c = context;
    char number[24] = "";
    (void)count;
    (void)error;
    if (cells[1].size != POL_NONE)
        snprintf(number, sizeof number, "%.*s", (int)cells[1].size, cells[1].data);
    uint64_t children = strtoull(number, NULL, 10);
    if (!c->root) {
        c->root = true;
        return POL_STATUS_OK;
    }
    if (c->nested > 0) {
        c->nested += children - 1;
        return POL_STATUS_OK;
    }
    c->nested = children;
    pol_buffer_add(&c->names, cells[0].data, cells[0].size != POL_NONE ? strnlen(cells[0].data, cells[0].size) : 0);
    pol_buffer_add(&c->names, "", 1);
    return POL_STATUS_OK;
}

/* What the file calls the column that DuckDB describes next. */
static struct pol_text own_name(struct columns *c, struct pol_text described) {
    if (c->name >= c->names.size)
        return described;
    const char *name = c->names.data + c->name;
    size_t size = strlen(name);
    c->name += size + 1;
    return size > 0 ? (struct pol_text){name, (uint32_t)size, 0} : described;
}

/* A BLOB comes as its bytes, in the form of a text. */
static void put_wanted(struct columns *c, struct pol_text name, const char *type) {
    bool bytes = strcmp(type, "BLOB") == 0;
    pol_buffer_text(&c->select, c->wanted_count > 0 ? ", " : "");
    pol_buffer_text(&c->select, bytes ? "" : "CAST(");
    source_put_part(&c->select, name.data, name.size);
    pol_buffer_text(&c->select, bytes ? "" : " AS VARCHAR)");
    source_put_part(&c->quoted, name.data, name.size);
    pol_buffer_add(&c->quoted, "", 1);
}

/* A row of DESCRIBE: the name and the type of a column. */
static enum pol_status take_column(void *context, const struct pol_text *cells, unsigned count,
                                   struct pol_error *error) {
    struct columns *c = context;
    struct source_table *table = c->table;
    char type[64];
    if (count < 2 || cells[0].size == POL_NONE || cells[1].size == POL_NONE)
        return pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: DuckDB does not name its columns", table->part->name);
    snprintf(type, sizeof type, "%.*s", (int)cells[1].size, cells[1].data);
    uint32_t at = table->column_count;
    struct pol_text name = own_name(c, cells[0]);
    enum pol_status status = source_table_column(table, name.data, name.size, error);
    if (status != POL_STATUS_OK)
        return status;
    if (at >= c->reading_count) {
        uint32_t room = at * 2 + 16;
        enum reading *readings = realloc(c->readings, room * sizeof *readings);
        uint32_t *wanted = readings != NULL ? realloc(c->wanted, room * sizeof *wanted) : NULL;
        c->readings = readings != NULL ? readings : c->readings;
        c->wanted = wanted != NULL ? wanted : c->wanted;
        if (wanted == NULL)
            return pol_ledger_no_memory(error);
        c->reading_count = room;
    }
    c->readings[at] = begins(type, "DECIMAL") ? AS_NUMBER : begins(type, "TIMESTAMP") ? AS_TIME : AS_TEXT;
    if (table->columns[at].field == POL_NONE)
        return POL_STATUS_OK;
    put_wanted(c, cells[0], type);
    c->wanted[c->wanted_count++] = at;
    const char *against = objection(type, table->columns[at].kind, c->parquet);
    if (against == NULL)
        return POL_STATUS_OK;
    return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: column `%s` (%s) %s", table->part->name,
                           table->columns[at].name, type, against);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static void put_value(const struct columns *c, uint32_t column, struct pol_text cell) {
    if (cell.size == POL_NONE)
        cell.size = 0;
    if (c->readings[column] == AS_NUMBER)
        source_table_number(c->table, cell.data, cell.size);
    else if (c->readings[column] == AS_TIME && c->table->columns[column].kind == POL_CSV_DATE)
        source_table_time(c->table, cell.data, cell.size);
    else
        source_table_cell(c->table, cell.data, cell.size);
}

static enum pol_status take_row(void *context, const struct pol_text *cells, unsigned count, struct pol_error *error) {
    const struct columns *c = context;
    uint32_t next = 0;
    for (uint32_t column = 0; column < c->table->column_count; column++) {
        if (next < c->wanted_count && next < count && c->wanted[next] == column)
            put_value(c, column, cells[next++]);
        else
            source_table_cell(c->table, "", 0);
    }
    return source_table_end_row(c->table, error);
}

/* Does reading this column alone fail likewise? */
static bool is_in_column(const struct columns *c, const char *name, const char *relation) {
    struct pol_error error = {0};
    struct pol_buffer probe = {0};
    pol_buffer_format(&probe, "SELECT max(length(CAST(%s AS VARCHAR))) FROM %s", name, relation);
    pol_buffer_add(&probe, "", 1);
    bool is = !probe.failed && duck_tell(c->duck, probe.data, true, &error) == POL_STATUS_INPUT &&
              strstr(error.message, "not valid UTF8") != NULL;
    pol_buffer_free(&probe);
    return is;
}

/* Text that a Parquet file says is UTF-8 and is not: DuckDB gives nothing of the file then, and does not say where. */
static void say_column(const struct columns *c, const char *relation, struct pol_error *error) {
    char value[200];
    const char *begin = strstr(error->message, ": value \""), *end = strstr(error->message, " is not valid UTF8"),
               *name = c->quoted.data;
    if (!c->parquet || begin == NULL || end == NULL || end < begin + 8 || c->quoted.failed)
        return;
    snprintf(value, sizeof value, "%.*s", (int)(end - begin - 8), begin + 8);
    for (uint32_t i = 0; i < c->wanted_count; i++, name += strlen(name) + 1) {
        if (!is_in_column(c, name, relation))
            continue;
        pol_ledger_fail(error, POL_STATUS_INPUT,
                        "%s: column `%s`: the text %s is no UTF-8, which Parquet demands of all of it: write the file "
                        "again, or give its rows as CSV, where only that row is invalid",
                        c->table->part->name, c->table->columns[c->wanted[i]].name, value);
        return;
    }
}

static enum pol_status read_relation(struct columns *c, const char *relation, struct pol_error *error) {
    struct pol_buffer describe = {0};
    pol_buffer_format(&describe, "SELECT column_name, column_type FROM (DESCRIBE SELECT * FROM %s)", relation);
    pol_buffer_add(&describe, "", 1);
    pol_buffer_text(&c->select, "SELECT ");
    enum pol_status status =
        describe.failed ? pol_ledger_no_memory(error) : duck_rows(c->duck, describe.data, take_column, c, error);
    if (status == POL_STATUS_OK)
        status = source_table_header(c->table, error);
    pol_buffer_format(&c->select, "%s FROM %s", c->wanted_count == 0 ? "NULL::VARCHAR" : "", relation);
    pol_buffer_add(&c->select, "", 1);
    if (status == POL_STATUS_OK && c->select.failed)
        status = pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK)
        status = duck_rows(c->duck, c->select.data, take_row, c, error);
    if (status == POL_STATUS_INPUT)
        say_column(c, relation, error);
    pol_buffer_free(&describe);
    return status;
}

static void free_columns(struct columns *c) {
    pol_buffer_free(&c->select);
    pol_buffer_free(&c->quoted);
    pol_buffer_free(&c->names);
    free(c->readings);
    free(c->wanted);
}

enum pol_status source_read_parquet(struct source_table *table, struct pol_error *error) {
    char relation[96], schema[128];
    struct duck duck;
    struct columns columns = {.duck = &duck, .table = table, .parquet = true};
    snprintf(relation, sizeof relation, "read_parquet('/proc/self/fd/%d')", table->file);
    enum pol_status status = duck_open(&duck, table->part->name, NULL, false, table->options, error);
    snprintf(schema, sizeof schema,
             "SELECT name, CAST(num_children AS VARCHAR) FROM parquet_schema('/proc/self/fd/%d')", table->file);
    if (status == POL_STATUS_OK)
        status = duck_rows(&duck, schema, take_name, &columns, error);
    if (status == POL_STATUS_OK && columns.names.failed)
        status = pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK)
        status = read_relation(&columns, relation, error);
    free_columns(&columns);
    duck_close(&duck);
    return status;
}

/* ---- a DuckDB file ----------------------------------------------------------------------------------------------- */

struct found_tables {
    struct pol_buffer names, first;
    unsigned count;
};

static enum pol_status take_table_name(void *context, const struct pol_text *cells, unsigned count,
                                       struct pol_error *error) {
    struct found_tables *found = context;
    (void)count;
    (void)error;
    pol_buffer_text(&found->names, found->count > 0 ? ", `" : "`");
    pol_buffer_add(&found->names, cells[0].data, cells[0].size);
    pol_buffer_text(&found->names, "`");
    if (found->count++ == 0)
        pol_buffer_add(&found->first, cells[0].data, cells[0].size);
    return POL_STATUS_OK;
}

/* The name of the only table, to be freed. */
static enum pol_status only_table(struct duck *duck, const struct source_table *table, char **only,
                                  struct pol_error *error) {
    static const char sql[] = "SELECT table_name FROM information_schema.tables WHERE table_catalog = "
                              "current_database() ORDER BY table_name";
    struct found_tables found = {0};
    enum pol_status status = duck_rows(duck, sql, take_table_name, &found, error);
    pol_buffer_add(&found.names, "", 1);
    pol_buffer_add(&found.first, "", 1);
    if (status == POL_STATUS_OK && (found.names.failed || found.first.failed))
        status = pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK && found.count != 1)
        status = source_table_which(table, tr("tables"), found.count, found.names.data, error);
    if (status == POL_STATUS_OK)
        *only = found.first.data;
    else
        pol_buffer_free(&found.first);
    pol_buffer_free(&found.names);
    return status;
}

enum pol_status source_read_duckdb(struct source_table *table, struct pol_error *error) {
    struct duck duck;
    struct columns columns = {.duck = &duck, .table = table};
    char *only = NULL, *relation = NULL;
    enum pol_status status = duck_open(&duck, table->part->name, table->part->path, true, table->options, error);
    if (status == POL_STATUS_OK && table->part->table == NULL)
        status = only_table(&duck, table, &only, error);
    if (status == POL_STATUS_OK) {
        relation = source_relation(only != NULL ? only : table->part->table);
        status = relation != NULL ? read_relation(&columns, relation, error) : pol_ledger_no_memory(error);
    }
    free_columns(&columns);
    duck_close(&duck);
    free(relation);
    free(only);
    return status;
}
