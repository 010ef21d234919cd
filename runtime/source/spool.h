/* spool.h - a file without a name: what is written to it is read as a ledger, and it is gone with its last user. */
#ifndef POL_SOURCE_SPOOL_H
#define POL_SOURCE_SPOOL_H

#include "source/source.h"

struct source_spool {
    int file; /* -1: none */
    char *block;
    size_t used;
};

/* Where temporary files go. */
const char *source_folder(const struct pol_source_options *options);
/* In the folder of the options. POL_STATUS_SYSTEM where none can be made. A spool that was not opened has no file. */
enum pol_status source_spool_open(struct source_spool *spool, const struct pol_source_options *options,
                                  struct pol_error *error);
enum pol_status source_spool_write(struct source_spool *spool, const char *data, size_t size, struct pol_error *error);
enum pol_status source_spool_flush(struct source_spool *spool, struct pol_error *error);
void source_spool_close(struct source_spool *spool);

/* POL_STATUS_SYSTEM where the run was called off. */
enum pol_status source_go_on(const struct pol_source_options *options, struct pol_error *error);

#endif
