/* sink.h - results as Parquet files or as tables of a DuckDB file, made by DuckDB from the CSV that was written: every
 * amount is DECIMAL, taken digit by digit. Rows keep their order. Missing values are NULL; bytes that are no UTF-8 are
 * U+FFFD, for neither format can hold them. */
#ifndef POL_SOURCE_SINK_H
#define POL_SOURCE_SINK_H

#include "ledger/output.h"
#include "source/source.h"

enum pol_format { POL_FORMAT_CSV, POL_FORMAT_PARQUET, POL_FORMAT_DUCKDB };

struct pol_sink {
    enum pol_format format;
    const char *base; /* POL_FORMAT_DUCKDB: the file's name in the folder of the results */
};

/* Finds out early what would make it fail: DuckDB is not there, or cannot open the file in `folder` that is to be
 * extended. */
enum pol_status pol_sink_check(const char *folder, const struct pol_sink *sink,
                               const struct pol_source_options *options, struct pol_error *error);

/* Replaces the CSV files of `out`, which are complete and not committed, by files "NAME.parquet", or by one DuckDB file
 * with a table for each: its other tables are kept, and what is not CSV is dropped. Does nothing for
 * POL_FORMAT_CSV. */
enum pol_status pol_sink_convert(struct pol_out *out, const struct pol_sink *sink,
                                 const struct pol_source_options *options, struct pol_error *error);

#endif
