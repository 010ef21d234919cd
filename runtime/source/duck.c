#include "source/duck.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/fail.h"
#include "source/library.h"
#include "source/spool.h"
#include "tr.h"

enum { PATH_ROOM = 4096, CELLS = 4096 };

/* ---- loading ----------------------------------------------------------------------------------------------------- */

/* Beside the program, where it is installed to, and where libraries are looked for. */
static const char *load(struct duck_calls *call) {
#define CALL(NAME) {#NAME, &call->NAME}
    const struct source_symbol symbols[] = {CALL(duckdb_library_version),
                                            CALL(duckdb_create_config),
                                            CALL(duckdb_set_config),
                                            CALL(duckdb_destroy_config),
                                            CALL(duckdb_open_ext),
                                            CALL(duckdb_close),
                                            CALL(duckdb_connect),
                                            CALL(duckdb_disconnect),
                                            CALL(duckdb_query),
                                            CALL(duckdb_result_error),
                                            CALL(duckdb_destroy_result),
                                            CALL(duckdb_prepare),
                                            CALL(duckdb_prepare_error),
                                            CALL(duckdb_destroy_prepare),
                                            CALL(duckdb_pending_prepared_streaming),
                                            CALL(duckdb_pending_error),
                                            CALL(duckdb_execute_pending),
                                            CALL(duckdb_destroy_pending),
                                            CALL(duckdb_fetch_chunk),
                                            CALL(duckdb_destroy_data_chunk),
                                            CALL(duckdb_data_chunk_get_size),
                                            CALL(duckdb_data_chunk_get_column_count),
                                            CALL(duckdb_data_chunk_get_vector),
                                            CALL(duckdb_vector_get_data),
                                            CALL(duckdb_vector_get_validity),
                                            CALL(duckdb_free)};
#undef CALL
    char own[PATH_ROOM], beside[PATH_ROOM + 64], installed[PATH_ROOM + 64];
    const char *files[4];
    unsigned count = 0;
    const char *given = getenv("POL_DUCKDB");
    if (given != NULL && given[0] != '\0') {
        files[count++] = given;
    } else {
        ssize_t size = readlink("/proc/self/exe", own, sizeof own - 1);
        char *slash = size > 0 ? (own[size] = '\0', strrchr(own, '/')) : NULL;
        if (slash != NULL) {
            *slash = '\0';
            snprintf(beside, sizeof beside, "%s/libduckdb.so", own);
            snprintf(installed, sizeof installed, "%s/../lib/pol/libduckdb.so", own);
            files[count++] = beside;
            files[count++] = installed;
        }
        files[count++] = "libduckdb.so";
    }
    return source_library(files, count, symbols, sizeof symbols / sizeof *symbols);
}

/* ---- messages ---------------------------------------------------------------------------------------------------- */

/* DuckDB's message up to the place in the query, on one line. */
static enum pol_status failed(const struct duck *duck, const char *message, bool theirs, struct pol_error *error) {
    char line[400];
    snprintf(line, sizeof line, "%s", message != NULL ? message : tr("unknown reason"));
    char *end = strstr(line, "\n\nLINE");
    if (end != NULL)
        *end = '\0';
    for (char *p = line; *p != '\0'; p++)
        if (*p == '\n')
            *p = ' ';
    for (unsigned i = 0; i < 2; i++) { /* the name that it was given stands in front */
        char *file = strstr(line, i == 0 ? " '/proc/self/fd/" : " \"/proc/self/fd/");
        size_t shown = file != NULL ? strcspn(file + 2, i == 0 ? "'" : "\"") + 3 : 0;
        if (file != NULL && strlen(file) >= shown)
            memmove(file, file + shown, strlen(file + shown) + 1);
    }
    bool system = !theirs || strstr(line, "Out of Memory") == line || strstr(line, "No space left") != NULL;
    return pol_ledger_fail(error, system ? POL_STATUS_SYSTEM : POL_STATUS_INPUT, "%s: DuckDB: %s", duck->name, line);
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static enum pol_status configure(struct duck *duck, bool file, bool read_only, const struct pol_source_options *options,
                                 void *config, struct pol_error *error) {
    char threads[16];
    snprintf(threads, sizeof threads, "%u", options->threads > 0 ? options->threads : 1);
    const char *folder = source_folder(options);
    const char *const pairs[][2] = {{"threads", threads},
                                    {"memory_limit", "1GB"},
                                    {"temp_directory", folder},
                                    {"autoinstall_known_extensions", "false"},
                                    {"autoload_known_extensions", "false"},
                                    {"access_mode", file && read_only ? "READ_ONLY" : "AUTOMATIC"}};
    for (unsigned i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (duck->call.duckdb_set_config(config, pairs[i][0], pairs[i][1]) != DUCK_DONE)
            return pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: DuckDB %s knows no %s: another version is needed",
                                   duck->name, duck->call.duckdb_library_version(), pairs[i][0]);
    return POL_STATUS_OK;
}

enum pol_status duck_open(struct duck *duck, const char *name, const char *path, bool read_only,
                          const struct pol_source_options *options, struct pol_error *error) {
    *duck = (struct duck){.name = name};
    void *config = NULL;
    char *message = NULL;
    const char *wrong = load(&duck->call);
    if (wrong != NULL)
        return pol_ledger_fail(error, POL_STATUS_SYSTEM,
                               "%s: this needs DuckDB: libduckdb.so is neither installed nor named by POL_DUCKDB: %s",
                               name, wrong);
    if (duck->call.duckdb_create_config(&config) != DUCK_DONE)
        return pol_ledger_no_memory(error);
    enum pol_status status = configure(duck, path != NULL, read_only, options, config, error);
    if (status == POL_STATUS_OK && duck->call.duckdb_open_ext(path, &duck->base, config, &message) != DUCK_DONE)
        status = failed(duck, message, true, error);
    if (status == POL_STATUS_OK && duck->call.duckdb_connect(duck->base, &duck->connection) != DUCK_DONE)
        status = pol_ledger_no_memory(error);
    if (message != NULL)
        duck->call.duckdb_free(message);
    duck->call.duckdb_destroy_config(&config);
    return status;
}

void duck_close(struct duck *duck) {
    if (duck->connection != NULL)
        duck->call.duckdb_disconnect(&duck->connection);
    if (duck->base != NULL)
        duck->call.duckdb_close(&duck->base);
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

enum pol_status duck_tell(struct duck *duck, const char *sql, bool theirs, struct pol_error *error) {
    struct duck_result result = {0};
    enum pol_status status = POL_STATUS_OK;
    if (duck->call.duckdb_query(duck->connection, sql, &result) != DUCK_DONE)
        status = failed(duck, duck->call.duckdb_result_error(&result), theirs, error);
    duck->call.duckdb_destroy_result(&result);
    return status;
}

struct rows {
    enum pol_status (*row)(void *context, const struct pol_text *cells, unsigned count, struct pol_error *error);
    void *context;
    const union duck_text **columns;
    const uint64_t **validity;
    struct pol_text *cells;
};

static enum pol_status make_rows(struct rows *rows, duck_size columns, struct pol_error *error) {
    if (rows->cells != NULL)
        return POL_STATUS_OK;
    rows->columns = calloc(columns + 1, sizeof *rows->columns);
    rows->validity = calloc(columns + 1, sizeof *rows->validity);
    rows->cells = calloc(columns + 1, sizeof *rows->cells);
    return rows->columns != NULL && rows->validity != NULL && rows->cells != NULL ? POL_STATUS_OK
                                                                                  : pol_ledger_no_memory(error);
}

static struct pol_text text_of(const union duck_text *text) {
    bool near = text->near.size <= sizeof text->near.data;
    return (struct pol_text){near ? text->near.data : text->far.data, text->near.size, 0};
}

static enum pol_status give_chunk(struct duck *duck, void *chunk, struct rows *rows, struct pol_error *error) {
    duck_size count = duck->call.duckdb_data_chunk_get_size(chunk);
    duck_size columns = duck->call.duckdb_data_chunk_get_column_count(chunk);
    enum pol_status status = make_rows(rows, columns, error);
    if (status != POL_STATUS_OK)
        return status;
    for (duck_size c = 0; c < columns; c++) {
        void *vector = duck->call.duckdb_data_chunk_get_vector(chunk, c);
        rows->columns[c] = duck->call.duckdb_vector_get_data(vector);
        rows->validity[c] = duck->call.duckdb_vector_get_validity(vector);
    }
    for (duck_size r = 0; r < count && status == POL_STATUS_OK; r++) {
        for (duck_size c = 0; c < columns; c++) {
            const uint64_t *valid = rows->validity[c];
            bool there = valid == NULL || (valid[r / 64] >> (r % 64) & 1);
            rows->cells[c] = there ? text_of(&rows->columns[c][r]) : (struct pol_text){"", POL_NONE, 0};
        }
        status = rows->row(rows->context, rows->cells, (unsigned)columns, error);
    }
    return status;
}

static enum pol_status give_rows(struct duck *duck, struct duck_result *result, struct rows *rows,
                                 struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    while (status == POL_STATUS_OK) {
        void *chunk = duck->call.duckdb_fetch_chunk(*result);
        if (chunk == NULL)
            break;
        status = give_chunk(duck, chunk, rows, error);
        duck->call.duckdb_destroy_data_chunk(&chunk);
    }
    const char *wrong = duck->call.duckdb_result_error(result);
    return status == POL_STATUS_OK && wrong != NULL ? failed(duck, wrong, true, error) : status;
}

enum pol_status duck_rows(struct duck *duck, const char *sql,
                          enum pol_status (*row)(void *, const struct pol_text *, unsigned, struct pol_error *),
                          void *context, struct pol_error *error) {
    struct rows rows = {.row = row, .context = context};
    void *statement = NULL, *pending = NULL;
    struct duck_result result = {0};
    enum pol_status status = POL_STATUS_OK;
    if (duck->call.duckdb_prepare(duck->connection, sql, &statement) != DUCK_DONE)
        status = failed(duck, duck->call.duckdb_prepare_error(statement), true, error);
    else if (duck->call.duckdb_pending_prepared_streaming(statement, &pending) != DUCK_DONE)
        status = failed(duck, duck->call.duckdb_pending_error(pending), true, error);
    else if (duck->call.duckdb_execute_pending(pending, &result) != DUCK_DONE)
        status = failed(duck, duck->call.duckdb_result_error(&result), true, error);
    else
        status = give_rows(duck, &result, &rows, error);
    duck->call.duckdb_destroy_result(&result);
    duck->call.duckdb_destroy_pending(&pending);
    duck->call.duckdb_destroy_prepare(&statement);
    free(rows.columns);
    free(rows.validity);
    free(rows.cells);
    return status;
}
