/* source.h - ledgers, wherever they are kept.
 *
 * A source is what one option names, in the order given: files and patterns of files, tables and queries of databases.
 * Each of them becomes a part: text in CSV with a header of its own, for the one strict reader of runtime/ledger. Plain
 * CSV is read where it lies; everything else is first turned into CSV in a file without a name, row by row, so that a
 * cell means the same wherever it comes from. Rows follow each other in the order of the parts, as if in one file.
 *
 * What a file is, is told by its first bytes, not by its name: CSV, JSON lines, gzip and zstd of either, Excel (.xlsx),
 * Parquet, SQLite, DuckDB. A table, sheet or query is named behind '#': "ledger.db#claims", "ledger.db#select ...";
 * "postgresql://..." with a '#' is a table or query of that server. */
#ifndef POL_SOURCE_SOURCE_H
#define POL_SOURCE_SOURCE_H

#include <sys/types.h>

#include "ledger/reader.h"

struct pol_source {
    const char *const *names;
    unsigned count;
};
/* An initialiser of a source with these names; they live as long as the block it stands in. */
#define POL_SOURCE(...)                                                                                                \
    {(const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)}

/* What progress is counted in: bytes of a ledger, or claims. */
enum pol_unit { POL_UNIT_BYTES, POL_UNIT_CLAIMS };

struct pol_source_options {
    enum pol_encoding encoding; /* of CSV and JSON */
    bool encoding_given;        /* by the user: not to be doubted in a warning */
    const char *const *columns; /* "FIELD=NAME": the column NAME, where a part has it, is read for FIELD */
    unsigned column_count;
    unsigned threads;   /* 0 = 1 */
    const char *folder; /* of temporary files; NULL: $TMPDIR, or /var/tmp */
    /* May be NULL; called on the thread that opens. */
    void *context;
    bool (*cancelled)(void *context);
    void (*progress)(void *context, const char *stage, uint64_t done, uint64_t total, enum pol_unit unit);
};

/* A file as it was when it was opened. */
struct pol_source_file {
    bool watched; /* a regular file, which ought not to change */
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed, touched; /* its bytes; anything about it, which nobody can set back */
};

struct pol_part_source {
    char *name;  /* as shown: what was given, without a password */
    char *path;  /* of the file; what to connect to */
    char *table; /* a table, sheet or query; NULL: none was named */
    bool server; /* of a database */
    struct pol_source_file file;
    struct pol_input input;
    struct pol_csv_header header;
};

/* The parts of a source. A zeroed one has none. */
struct pol_parts {
    struct pol_part_source *part;
    unsigned count;
    uint64_t size; /* bytes of all inputs, once opened */
};

/* Finds the parts without reading them, so that a name that leads nowhere is known before any work: POL_STATUS_INPUT
 * for a pattern that nothing matches or a name that cannot be read. On failure *parts needs no close. */
enum pol_status pol_source_find(const struct pol_source *source, struct pol_parts *parts, struct pol_error *error);
/* Opens the parts and matches their headers with the schema. On failure close them all the same. */
enum pol_status pol_source_open(struct pol_parts *parts, const struct pol_source_options *options,
                                const struct pol_csv_schema *schema, struct pol_error *error);
/* Once opened: is no file of the parts one that stands in `folder` under one of these names, where results would take
 * its place? POL_STATUS_USAGE: one does. */
enum pol_status pol_source_spared(const struct pol_parts *parts, const char *folder, const char *const *names,
                                  unsigned count, struct pol_error *error);
/* Has no file of the parts changed since it was opened? To be asked when nothing more is read from them.
 * POL_STATUS_INPUT: one has. */
enum pol_status pol_source_unchanged(const struct pol_parts *parts, struct pol_error *error);
void pol_source_close(struct pol_parts *parts);

/* Gives the schemas of a run the columns of its options. POL_STATUS_USAGE: one is not of the form FIELD=NAME, or its
 * field is in none of the schemas. */
enum pol_status pol_source_map(const struct pol_source_options *options, struct pol_csv_schema *const *schemas,
                               unsigned count, struct pol_error *error);
/* Was each of them the column of a part? Asked when all parts are open. POL_STATUS_INPUT: one was not. */
enum pol_status pol_source_mapped(const struct pol_source_options *options, struct pol_csv_schema *const *schemas,
                                  unsigned count, struct pol_error *error);

#endif
