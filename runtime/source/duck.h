/* duck.h - DuckDB, loaded when it is needed. The declarations are those of its stable C API that are used here. */
#ifndef POL_SOURCE_DUCK_H
#define POL_SOURCE_DUCK_H

#include "source/source.h"

typedef uint64_t duck_size;
enum duck_state { DUCK_DONE, DUCK_FAILED };

struct duck_result { /* duckdb_result */
    duck_size old_columns, old_rows, old_changed;
    void *old_column;
    char *old_error;
    void *inside;
};

union duck_text { /* duckdb_string_t: up to 12 bytes stand inside */
    struct {
        uint32_t size;
        char data[12];
    } near;
    struct {
        uint32_t size;
        char prefix[4];
        char *data;
    } far;
};

struct duck_calls {
    const char *(*duckdb_library_version)(void);
    enum duck_state (*duckdb_create_config)(void **config);
    enum duck_state (*duckdb_set_config)(void *config, const char *name, const char *value);
    void (*duckdb_destroy_config)(void **config);
    enum duck_state (*duckdb_open_ext)(const char *path, void **base, void *config, char **error);
    void (*duckdb_close)(void **base);
    enum duck_state (*duckdb_connect)(void *base, void **connection);
    void (*duckdb_disconnect)(void **connection);
    enum duck_state (*duckdb_query)(void *connection, const char *sql, struct duck_result *result);
    const char *(*duckdb_result_error)(struct duck_result *result);
    void (*duckdb_destroy_result)(struct duck_result *result);
    enum duck_state (*duckdb_prepare)(void *connection, const char *sql, void **statement);
    const char *(*duckdb_prepare_error)(void *statement);
    void (*duckdb_destroy_prepare)(void **statement);
    enum duck_state (*duckdb_pending_prepared_streaming)(void *statement, void **pending);
    const char *(*duckdb_pending_error)(void *pending);
    enum duck_state (*duckdb_execute_pending)(void *pending, struct duck_result *result);
    void (*duckdb_destroy_pending)(void **pending);
    void *(*duckdb_fetch_chunk)(struct duck_result result);
    void (*duckdb_destroy_data_chunk)(void **chunk);
    duck_size (*duckdb_data_chunk_get_size)(void *chunk);
    duck_size (*duckdb_data_chunk_get_column_count)(void *chunk);
    void *(*duckdb_data_chunk_get_vector)(void *chunk, duck_size column);
    void *(*duckdb_vector_get_data)(void *vector);
    uint64_t *(*duckdb_vector_get_validity)(void *vector);
    void (*duckdb_free)(void *memory);
};

/* A database that is open. */
struct duck {
    struct duck_calls call;
    const char *name; /* for messages */
    void *base, *connection;
};

/* Opens the file at `path`, or a database in memory for NULL. DuckDB loads no extension by itself, keeps to the
 * options' threads, and spills to their folder. On failure close it all the same. */
enum pol_status duck_open(struct duck *duck, const char *name, const char *path, bool read_only,
                          const struct pol_source_options *options, struct pol_error *error);
void duck_close(struct duck *duck);

/* Runs a statement whose result does not matter. POL_STATUS_INPUT where `theirs`, else POL_STATUS_SYSTEM. */
enum pol_status duck_tell(struct duck *duck, const char *sql, bool theirs, struct pol_error *error);

/* Gives a query's cells, which must all be VARCHAR, row by row: size POL_NONE for NULL. */
enum pol_status duck_rows(struct duck *duck, const char *sql,
                          enum pol_status (*row)(void *context, const struct pol_text *cells, unsigned count,
                                                 struct pol_error *error),
                          void *context, struct pol_error *error);

#endif
