/* A table or query of a PostgreSQL server, through a cursor of one read-only transaction: one state of the base, in
 * bounded memory. Values come as text, as the server writes them. */
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/fail.h"
#include "source/library.h"
#include "source/table.h"
#include "tr.h"

enum { ROWS_AT_ONCE = 5000 };

/* libpq brings a dozen libraries with it: it is loaded when there is a server to ask. */
/* clang-format off */
#define PQ_CALLS(X) \
    X(PQconnectdbParams) \
    X(PQfinish) \
    X(PQstatus) \
    X(PQerrorMessage) \
    X(PQexec) \
    X(PQclear) \
    X(PQresultStatus) \
    X(PQntuples) \
    X(PQnfields) \
    X(PQfname) \
    X(PQftype) \
    X(PQgetvalue) \
    X(PQgetisnull) \
    X(PQgetlength) \
    X(PQsetNoticeProcessor) \
    X(PQresultErrorField)
/* clang-format on */
struct pq_calls {
#define CALL(NAME) __typeof__(NAME) *NAME;
    PQ_CALLS(CALL)
#undef CALL
};

/* Of pg_type; they never change. */
enum oid {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_MONEY = 790,
    OID_TIMESTAMP = 1114,
    OID_TIMESTAMPTZ = 1184,
    OID_NUMERIC = 1700,
};

struct postgres {
    struct pq_calls call;
    struct source_table *table;
    PGconn *connection;
    Oid *types;       /* by column of the table */
    uint32_t *wanted; /* columns of the table that are fetched, in order */
    uint32_t wanted_count;
    struct pol_error *error;
};

static enum pol_status load(struct postgres *p) {
    static const char *const files[] = {"libpq.so.5"};
    const struct source_symbol symbols[] = {
#define CALL(NAME) {#NAME, &p->call.NAME},
        PQ_CALLS(CALL)
#undef CALL
    };
    const char *wrong = source_library(files, 1, symbols, sizeof symbols / sizeof *symbols);
    if (wrong == NULL)
        return POL_STATUS_OK;
    return pol_ledger_fail(p->error, POL_STATUS_SYSTEM, "%s: reading PostgreSQL needs libpq (Debian: libpq5): %s",
                           p->table->part->name, wrong);
}

static enum pol_status failed(struct postgres *p, const char *what, const char *why) {
    char message[400];
    snprintf(message, sizeof message, "%s", why);
    size_t size = strlen(message);
    while (size > 0 && message[size - 1] == '\n')
        message[--size] = '\0';
    for (size_t i = 0; i < size; i++)
        if (message[i] == '\n' || message[i] == '\t')
            message[i] = ' ';
    return pol_ledger_fail(p->error, POL_STATUS_INPUT, "%s: %s: %s", p->table->part->name, what, message);
}

static void ignore_notice(void *context, const char *message) {
    (void)context;
    (void)message;
}

static enum pol_status connect_to(struct postgres *p) {
    const char *path = p->table->part->path, *colon = strchr(path, ':');
    const char *base = strstr(path, "://") == NULL ? colon + 1 : path; /* an address, or "host=... dbname=..." */
    const char *const keys[] = {"connect_timeout", "application_name", "dbname", "client_encoding", NULL};
    const char *const values[] = {"10", "polrun", base, "UTF8", NULL};
    p->connection = p->call.PQconnectdbParams(keys, values, 1);
    if (p->connection == NULL)
        return pol_ledger_no_memory(p->error);
    if (p->call.PQstatus(p->connection) != CONNECTION_OK)
        return failed(p, tr("cannot be connected to"), p->call.PQerrorMessage(p->connection));
    p->call.PQsetNoticeProcessor(p->connection, ignore_notice, NULL);
    return POL_STATUS_OK;
}

static enum pol_status ask(struct postgres *p, const char *sql, ExecStatusType expected, PGresult **result) {
    *result = p->call.PQexec(p->connection, sql);
    if (*result != NULL && p->call.PQresultStatus(*result) == expected)
        return POL_STATUS_OK;
    const char *why = *result != NULL ? p->call.PQresultErrorField(*result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
    return failed(p, tr("cannot be read"), why != NULL ? why : p->call.PQerrorMessage(p->connection));
}

static enum pol_status tell(struct postgres *p, const char *sql) {
    PGresult *result;
    enum pol_status status = ask(p, sql, PGRES_COMMAND_OK, &result);
    p->call.PQclear(result);
    return status;
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

/* What a column's type says about reading it exactly; NULL: nothing against it. */
static const char *objection(Oid type, enum pol_csv_kind kind) {
    switch ((enum oid)type) {
    case OID_FLOAT4:
    case OID_FLOAT8:
        return tr("is binary floating point, which is not exact: cast it in a query, \"column\"::numeric(18,2)");
    case OID_MONEY:
        return tr("is of type money, which is written as the locale has it: cast it in a query, "
                  "\"column\"::numeric(18,2)");
    case OID_TIMESTAMPTZ:
        return kind == POL_CSV_DATE ? tr("is a time that is another day in another time zone: cast it in a query, "
                                         "(\"column\" at time zone 'Asia/Shanghai')::date")
                                    : NULL;
    case OID_BYTEA:
        return tr("is of type bytea, which is no text: decode it in a query");
    case OID_BOOL:
    case OID_INT8:
    case OID_INT2:
    case OID_INT4:
    case OID_TIMESTAMP:
    case OID_NUMERIC:
        break;
    }
    return NULL;
}

static enum pol_status take_columns(struct postgres *p, const char *relation) {
    struct pol_buffer sql = {0};
    struct source_table *table = p->table;
    PGresult *result = NULL;
    pol_buffer_format(&sql, "SELECT * FROM %s LIMIT 0", relation);
    pol_buffer_add(&sql, "", 1);
    enum pol_status status = sql.failed ? pol_ledger_no_memory(p->error) : ask(p, sql.data, PGRES_TUPLES_OK, &result);
    int count = status == POL_STATUS_OK ? p->call.PQnfields(result) : 0;
    p->types = calloc((size_t)count + 1, sizeof *p->types);
    p->wanted = calloc((size_t)count + 1, sizeof *p->wanted);
    if (status == POL_STATUS_OK && (p->types == NULL || p->wanted == NULL))
        status = pol_ledger_no_memory(p->error);
    for (int c = 0; c < count && status == POL_STATUS_OK; c++) {
        const char *name = p->call.PQfname(result, c);
        p->types[c] = p->call.PQftype(result, c);
        status = source_table_column(table, name, strlen(name), p->error);
        if (status != POL_STATUS_OK || table->columns[c].field == POL_NONE)
            continue;
        p->wanted[p->wanted_count++] = (uint32_t)c;
        const char *against = objection(p->types[c], table->columns[c].kind);
        if (against != NULL)
            status =
                pol_ledger_fail(p->error, POL_STATUS_INPUT, "%s: column `%s` %s", table->part->name, name, against);
    }
    p->call.PQclear(result);
    pol_buffer_free(&sql);
    return status == POL_STATUS_OK ? source_table_header(table, p->error) : status;
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static void put_value(struct postgres *p, const PGresult *result, int row, int field, uint32_t column) {
    struct source_table *table = p->table;
    const char *text = p->call.PQgetvalue(result, row, field);
    size_t size = (size_t)p->call.PQgetlength(result, row, field);
    if (p->call.PQgetisnull(result, row, field))
        size = 0;
    if (size > 0 && p->types[column] == OID_BOOL)
        source_table_cell(table, text[0] == 't' ? "true" : "false", text[0] == 't' ? 4 : 5);
    else if (p->types[column] == OID_NUMERIC)
        source_table_number(table, text, size);
    else if (p->types[column] == OID_TIMESTAMP && table->columns[column].kind == POL_CSV_DATE)
        source_table_time(table, text, size);
    else
        source_table_cell(table, text, size);
}

static enum pol_status write_rows(struct postgres *p, const PGresult *result, int count) {
    struct source_table *table = p->table;
    enum pol_status status = POL_STATUS_OK;
    for (int row = 0; row < count && status == POL_STATUS_OK; row++) {
        uint32_t next = 0;
        for (uint32_t c = 0; c < table->column_count; c++) {
            if (next < p->wanted_count && p->wanted[next] == c)
                put_value(p, result, row, (int)next++, c);
            else
                source_table_cell(table, "", 0);
        }
        status = source_table_end_row(table, p->error);
    }
    return status;
}

static enum pol_status fetch_rows(struct postgres *p, const char *relation) {
    struct pol_buffer sql = {0};
    char fetch[64];
    pol_buffer_text(&sql, "DECLARE polrun_rows NO SCROLL CURSOR FOR SELECT ");
    for (uint32_t i = 0; i < p->wanted_count; i++) {
        pol_buffer_text(&sql, i > 0 ? ", " : "");
        source_put_name(&sql, p->table->columns[p->wanted[i]].name);
    }
    pol_buffer_format(&sql, " FROM %s", relation);
    pol_buffer_add(&sql, "", 1);
    snprintf(fetch, sizeof fetch, "FETCH FORWARD %d FROM polrun_rows", ROWS_AT_ONCE);
    enum pol_status status = sql.failed ? pol_ledger_no_memory(p->error) : tell(p, sql.data);
    for (int count = 1; status == POL_STATUS_OK && count > 0;) {
        PGresult *result;
        status = ask(p, fetch, PGRES_TUPLES_OK, &result);
        count = status == POL_STATUS_OK ? p->call.PQntuples(result) : 0;
        if (status == POL_STATUS_OK)
            status = write_rows(p, result, count);
        p->call.PQclear(result);
    }
    pol_buffer_free(&sql);
    return status;
}

enum pol_status source_read_postgres(struct source_table *table, struct pol_error *error) {
    struct postgres p = {.table = table, .error = error};
    if (table->part->table == NULL)
        return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: names no table: put '#TABLE' or '#SELECT ...' behind it",
                               table->part->name);
    char *relation = source_relation(table->part->table);
    enum pol_status status = relation != NULL ? load(&p) : pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK)
        status = connect_to(&p);
    if (status == POL_STATUS_OK)
        status = tell(&p, "BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY");
    /* a plain scan from the table's beginning, so that the same table gives the same rows in the same order */
    static const char *const settings[] = {"SET LOCAL datestyle TO ISO", "SET LOCAL synchronize_seqscans TO off",
                                           "SET LOCAL max_parallel_workers_per_gather TO 0"};
    for (unsigned i = 0; i < sizeof settings / sizeof *settings && status == POL_STATUS_OK; i++)
        status = tell(&p, settings[i]);
    if (status == POL_STATUS_OK)
        status = take_columns(&p, relation);
    if (status == POL_STATUS_OK)
        status = fetch_rows(&p, relation);
    if (p.connection != NULL)
        p.call.PQfinish(p.connection);
    free(p.types);
    free(p.wanted);
    free(relation);
    return status;
}
