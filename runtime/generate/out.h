/* out.h - a buffered file that gets its name only when complete. */
#ifndef POL_GENERATE_OUT_H
#define POL_GENERATE_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "polrt.h"

struct out {
    FILE *file;
    char path[4096], aside[4096];
};

/* Refuses where there is such a file already. */
enum pol_status out_look(const char *directory, const char *name, struct pol_error *error);
enum pol_status out_open(struct out *o, const char *directory, const char *name, struct pol_error *error);
/* Renames into place, unless there is a file by now; reports what failed since out_open. On failure the file is
 * removed. */
enum pol_status out_close(struct out *o, struct pol_error *error);
void out_remove(const char *directory, const char *name);
void out_discard(struct out *o); /* after a failure elsewhere; fine on a closed one */

void out_text(struct out *o, const char *z);
void out_int(struct out *o, int64_t value);
void out_padded(struct out *o, uint64_t value, unsigned digits);
void out_money(struct out *o, int64_t fen); /* as short as exact: 12, 12.5 becomes 12.50 */
void out_rate(struct out *o, int64_t millionths);
void out_date(struct out *o, int32_t day);

/* Calendar of a day count since 1970-01-01, and back; years 1 to 9999. */
void out_civil(int32_t day, int32_t *year, unsigned *month, unsigned *day_of_month);
int32_t out_day(int32_t year, unsigned month, unsigned day_of_month);

#endif
