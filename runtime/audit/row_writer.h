/* row_writer.h - what is said of each claims row when all is decided: its lines in decisions.csv and payments.csv, its
 * place in the totals, and in the findings where they are wanted.
 */
#ifndef POL_AUDIT_ROW_WRITER_H
#define POL_AUDIT_ROW_WRITER_H

#include "audit/totals.h"
#include "audit/work.h"

struct pol_finder;

/* What one thread works with. */
struct pol_row_writer {
    const struct pol_audit *audit;
    const struct pol_lines *lines;
    struct pol_finder *finder; /* NULL: no findings wanted */
    unsigned worker;           /* the finder's */
    struct pol_totals totals;
    struct prt_results results;
    struct pol_payment *payments; /* of one claim */
    uint64_t payment_room;
    struct pol_kept_place place;
};

/* Audit, lines and finder stay the caller's. False: no memory; to be freed in any case. */
bool pol_row_writer_make(struct pol_row_writer *writer, const struct pol_audit *audit, const struct pol_lines *lines,
                         struct pol_finder *finder, unsigned worker);
void pol_row_writer_free(struct pol_row_writer *writer);

/* Rows [first, end): adds their decisions to text[0] and their payments to text[1]. With a spill, pol_run_check says
 * afterwards whether what was read can be trusted. */
enum pol_status pol_row_writer_put(struct pol_row_writer *writer, uint64_t first, uint64_t end, struct pol_buffer *text,
                                   struct pol_error *error);

#endif
