/* unpack.h - what a file is, by its first bytes, and the text inside it. */
#ifndef POL_SOURCE_UNPACK_H
#define POL_SOURCE_UNPACK_H

#include "source/spool.h"

enum source_kind {
    SOURCE_CSV,
    SOURCE_JSON,
    SOURCE_GZIP,
    SOURCE_ZSTD,
    SOURCE_XLSX,
    SOURCE_OLD_EXCEL, /* or an encrypted workbook */
    SOURCE_PARQUET,
    SOURCE_SQLITE,
    SOURCE_DUCKDB,
};

/* Whatever nothing else begins like is CSV. The place in the file is not moved. */
enum source_kind source_kind_of(int file);

/* Each copies a file from its beginning into a spool that is open; `name` is for messages. POL_STATUS_INPUT where the
 * file is damaged or ends too early. */
enum pol_status source_copy(int file, const char *name, const struct pol_source_options *options,
                            struct source_spool *spool, struct pol_error *error);
enum pol_status source_gunzip(int file, const char *name, const struct pol_source_options *options,
                              struct source_spool *spool, struct pol_error *error);
enum pol_status source_unzstd(int file, const char *name, const struct pol_source_options *options,
                              struct source_spool *spool, struct pol_error *error);
enum pol_status source_ungb(int file, const char *name, const struct pol_source_options *options,
                            struct source_spool *spool, struct pol_error *error);

#endif
