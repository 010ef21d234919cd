/* table.h - the rows of anything but CSV, as they become CSV.
 *
 * A reader names the columns, then gives cells row by row. Cells of columns that the schema does not know stay empty,
 * and need not be fetched. What a cell holds is written as it is, for the strict reader to judge. */
#ifndef POL_SOURCE_TABLE_H
#define POL_SOURCE_TABLE_H

#include "ledger/buffer.h"
#include "source/spool.h"

struct source_column {
    char *name;
    uint32_t field; /* POL_NONE: of no field */
    enum pol_csv_kind kind;
};

/* A part that is being read. */
struct source_table {
    const struct pol_part_source *part;
    const struct pol_source_options *options;
    const struct pol_csv_schema *schema;
    int file; /* open at its beginning; -1: none */
    struct source_spool spool;
    struct source_column *columns;
    uint32_t column_count;
    uint64_t rows;          /* written, without the header */
    uint64_t before;        /* as in pol_input */
    struct pol_buffer text; /* rows that wait to be written */
    size_t row;             /* where the one that is being made begins */
    uint32_t cells;         /* of it */
};

/* Adds a column; they are numbered from 0. */
enum pol_status source_table_column(struct source_table *table, const char *name, size_t size, struct pol_error *error);
/* Writes the header. POL_STATUS_INPUT: two columns of one name. */
enum pol_status source_table_header(struct source_table *table, struct pol_error *error);

/* For a reader that knows all columns only at the end: leaves room for the header; writes it there. POL_STATUS_INPUT:
 * two columns of one name, or so many that there is no room. */
void source_table_reserve(struct source_table *table);
enum pol_status source_table_late_header(struct source_table *table, struct pol_error *error);

/* The next cell of the row. */
void source_table_cell(struct source_table *table, const char *data, size_t size);
/* A number in any decimal form, "1.50E+3"; it is written as a plain one. In a column of text it stays as it is. */
void source_table_number(struct source_table *table, const char *data, size_t size);
/* A time as "2024-03-05 00:00:00": at midnight it is that day; with a time of day it is no date, and is refused. */
void source_table_time(struct source_table *table, const char *data, size_t size);
/* A row without a column in it would be a blank line, which is no row. */
enum pol_status source_table_end_row(struct source_table *table, struct pol_error *error);
/* A row that does not count, but has a number. */
void source_table_skip_row(struct source_table *table);

enum pol_status source_table_finish(struct source_table *table, struct pol_error *error);
void source_table_free(struct source_table *table);

/* "NAME: row N: column `C`: " and what is wrong. POL_STATUS_INPUT. */
enum pol_status source_table_bad(const struct source_table *table, uint64_t row, uint32_t column, const char *value,
                                 size_t size, const char *what, struct pol_error *error);

/* Nothing says which of `count` tables (or sheets) is meant; `names` lists them. POL_STATUS_INPUT. */
enum pol_status source_table_which(const struct source_table *table, const char *what, unsigned count,
                                   const char *names, struct pol_error *error);

/* Does this name a query, and not a table? */
bool source_is_query(const char *text);
/* "select * from (QUERY)" or "select * from "SCHEMA"."TABLE"" without the "select * from"; to be freed; NULL: no
 * memory. */
char *source_relation(const char *text);
/* A name in double quotes, for SQL. */
void source_put_name(struct pol_buffer *sql, const char *name);
void source_put_part(struct pol_buffer *sql, const char *name, size_t size);

/* ---- readers: each names the columns and gives all rows. POL_STATUS_INPUT where the part cannot be read. */
enum pol_status source_read_json(struct source_table *table, struct pol_error *error);
enum pol_status source_read_xlsx(struct source_table *table, struct pol_error *error);
enum pol_status source_read_sqlite(struct source_table *table, struct pol_error *error);
enum pol_status source_read_postgres(struct source_table *table, struct pol_error *error);
enum pol_status source_read_parquet(struct source_table *table, struct pol_error *error);
enum pol_status source_read_duckdb(struct source_table *table, struct pol_error *error);

#endif
