/* interp_write.h - results as the contract's files: decisions.csv, payments.csv, targets.csv. */
#ifndef POL_INTERP_WRITE_H
#define POL_INTERP_WRITE_H

#include <stdio.h>

#include "interp/interp_run.h"
#include "interp/interp_targets.h"

/* Write one file with its header. Errors of the stream are the caller's to look at (ferror). */
void interp_write_decisions(FILE *file, const struct interp_result *result);
void interp_write_payments(FILE *file, const struct interp_result *result);
void interp_write_targets(FILE *file, const struct interp_targets *targets);

/* folder/decisions.csv and folder/payments.csv, or folder/targets.csv: written aside and renamed when all is complete.
 * INTERP_SYSTEM: they could not be written; nothing is left under these names. */
enum interp_status interp_save_run(const struct interp_result *result, const char *folder, struct interp_error *error);
enum interp_status interp_save_targets(const struct interp_targets *targets, const char *folder,
                                       struct interp_error *error);

#endif
