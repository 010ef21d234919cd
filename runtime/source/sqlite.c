/* A table or query of an SQLite file. One statement reads it, so that it sees one state of the file. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/fail.h"
#include "source/number.h"
#include "source/table.h"
#include "tr.h"

enum { WAIT_MS = 5000 };

static enum pol_status failed(const struct source_table *table, sqlite3 *base, struct pol_error *error) {
    int code = base != NULL ? sqlite3_errcode(base) & 0xFF : SQLITE_NOMEM;
    bool system = code == SQLITE_NOMEM || code == SQLITE_IOERR || code == SQLITE_FULL;
    return pol_ledger_fail(error, system ? POL_STATUS_SYSTEM : POL_STATUS_INPUT, "%s: cannot be read by SQLite: %s",
                           table->part->name, base != NULL ? sqlite3_errmsg(base) : tr("not enough memory"));
}

/* The names of a file's tables and views, as "`a`, `b`"; *only, to be freed, is the name where there is one alone. */
static enum pol_status only_table(const struct source_table *table, sqlite3 *base, char **only,
                                  struct pol_error *error) {
    static const char sql[] = "select name from sqlite_schema where type in ('table', 'view') and name not like "
                              "'sqlite\\_%' escape '\\' order by name";
    struct pol_buffer names = {0};
    unsigned count = 0;
    sqlite3_stmt *statement = NULL;
    *only = NULL;
    int code = sqlite3_prepare_v2(base, sql, -1, &statement, NULL);
    while (code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(statement, 0);
        if (count++ == 0 && name != NULL)
            *only = strdup(name);
        pol_buffer_format(&names, "%s`%s`", count > 1 ? ", " : "", name != NULL ? name : "");
    }
    if (code == SQLITE_OK)
        code = sqlite3_finalize(statement);
    enum pol_status status = POL_STATUS_OK;
    if (code != SQLITE_OK)
        status = failed(table, base, error);
    else if (count != 1)
        status = source_table_which(table, tr("tables"), count, names.size > 0 ? names.data : "", error);
    else if (*only == NULL)
        status = pol_ledger_no_memory(error);
    pol_buffer_free(&names);
    return status;
}

/* A REAL in a text column was a number that SQLite could not keep as it was written. */
static enum pol_status put_real(struct source_table *table, uint32_t column, double value, struct pol_error *error) {
    char text[SOURCE_NUMBER_ROOM];
    source_binary_number(value, text); /* an inexact one has more digits than any field takes, and is refused */
    enum pol_csv_kind kind = table->columns[column].kind;
    if (table->columns[column].field != POL_NONE && kind == POL_CSV_TEXT)
        return source_table_bad(table, table->rows + 1, column, text, strlen(text),
                                tr("is a floating point number: keep texts and ids as TEXT"), error);
    source_table_cell(table, text, strlen(text));
    return POL_STATUS_OK;
}

static enum pol_status put_cell(struct source_table *table, sqlite3_stmt *statement, int column,
                                struct pol_error *error) {
    const char *text;
    switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
        source_table_cell(table, "", 0);
        return POL_STATUS_OK;
    case SQLITE_FLOAT:
        return put_real(table, (uint32_t)column, sqlite3_column_double(statement, column), error);
    case SQLITE_BLOB:
        if (table->columns[column].field != POL_NONE)
            return source_table_bad(table, table->rows + 1, (uint32_t)column, "a BLOB", 6,
                                    tr("is no text and no number"), error);
        source_table_cell(table, "", 0);
        return POL_STATUS_OK;
    default: /* SQLITE_INTEGER, SQLITE_TEXT */
        text = (const char *)sqlite3_column_text(statement, column);
        if (text == NULL)
            return pol_ledger_no_memory(error);
        source_table_cell(table, text, (size_t)sqlite3_column_bytes(statement, column));
        return POL_STATUS_OK;
    }
}

static enum pol_status read_rows(struct source_table *table, sqlite3 *base, sqlite3_stmt *statement,
                                 struct pol_error *error) {
    int columns = sqlite3_column_count(statement), code = SQLITE_ROW;
    enum pol_status status = POL_STATUS_OK;
    for (int c = 0; c < columns && status == POL_STATUS_OK; c++) {
        const char *name = sqlite3_column_name(statement, c);
        status = name != NULL ? source_table_column(table, name, strlen(name), error) : pol_ledger_no_memory(error);
    }
    if (status == POL_STATUS_OK)
        status = source_table_header(table, error);
    while (status == POL_STATUS_OK && (code = sqlite3_step(statement)) == SQLITE_ROW) {
        for (int c = 0; c < columns && status == POL_STATUS_OK; c++)
            status = put_cell(table, statement, c, error);
        if (status == POL_STATUS_OK)
            status = source_table_end_row(table, error);
    }
    return status == POL_STATUS_OK && code != SQLITE_DONE ? failed(table, base, error) : status;
}

static enum pol_status read_base(struct source_table *table, sqlite3 *base, struct pol_error *error) {
    char *only = NULL;
    sqlite3_stmt *statement = NULL;
    sqlite3_busy_timeout(base, WAIT_MS);
    sqlite3_db_config(base, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    enum pol_status status = table->part->table == NULL ? only_table(table, base, &only, error) : POL_STATUS_OK;
    char *relation = status == POL_STATUS_OK ? source_relation(only != NULL ? only : table->part->table) : NULL;
    struct pol_buffer sql = {0};
    if (status == POL_STATUS_OK && relation == NULL)
        status = pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK) {
        pol_buffer_format(&sql, "select * from %s", relation);
        pol_buffer_add(&sql, "", 1);
        if (sql.failed)
            status = pol_ledger_no_memory(error);
        else if (sqlite3_prepare_v2(base, sql.data, -1, &statement, NULL) != SQLITE_OK)
            status = failed(table, base, error);
        else
            status = read_rows(table, base, statement, error);
    }
    sqlite3_finalize(statement);
    pol_buffer_free(&sql);
    free(relation);
    free(only);
    return status;
}

enum pol_status source_read_sqlite(struct source_table *table, struct pol_error *error) {
    sqlite3 *base = NULL;
    enum pol_status status = sqlite3_open_v2(table->part->path, &base, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK
                                 ? read_base(table, base, error)
                                 : failed(table, base, error);
    sqlite3_close(base);
    return status;
}
