/* faults.h - invalid.csv: every row that could not be used, with the cells to blame: table, row, id, reason, column,
 * value, file and row of the file. What is found while reading waits in a file without a name, in the order of rows;
 * what only the deciding finds (a claim twice, no applicant) is added when the decisions are written. */
#ifndef POL_AUDIT_FAULTS_H
#define POL_AUDIT_FAULTS_H

#include "ledger/buffer.h"
#include "ledger/fault.h"
#include "ledger/output.h"
#include "source/spool.h"

struct pol_faults {
    const struct pol_source_options *options;
    struct source_spool text, rows; /* lines; the numbers of the claims in them, 8 bytes each, ascending */
    uint64_t lines, claims;
    const uint64_t *claim;    /* the numbers, once sealed */
    uint64_t garbled;         /* cells of CSV files that are no UTF-8 */
    const char *garbled_file; /* where the first of them stands; as long as the input */
};

/* Of one chunk, until its turn comes. */
struct pol_chunk_faults {
    struct pol_buffer entries;
    struct pol_copies copies;
};

/* Notes the faults of a batch whose first row has this number in the chunk. False: no memory. */
bool pol_faults_note(struct pol_chunk_faults *chunk, const struct pol_csv_schema *schema,
                     const struct pol_csv_header *header, const struct pol_csv_batch *batch, uint64_t first);
/* The chunk's turn: its rows are those from `row` on of the table, from `file_row` on of the file. */
enum pol_status pol_faults_commit(struct pol_faults *faults, struct pol_chunk_faults *chunk, bool claims,
                                  const struct pol_input *input, uint64_t row, uint64_t file_row,
                                  struct pol_error *error);
void pol_chunk_faults_free(struct pol_chunk_faults *chunk);

/* No more will be noted. */
enum pol_status pol_faults_seal(struct pol_faults *faults, struct pol_error *error);
/* Was a fault of this claim noted? Any thread. */
bool pol_faults_has_claim(const struct pol_faults *faults, uint64_t row);
/* Writes the lines that were noted, without a header. */
enum pol_status pol_faults_write(struct pol_faults *faults, struct pol_out *out, unsigned file,
                                 struct pol_error *error);
/* A line. */
void pol_faults_line(struct pol_buffer *text, const char *table, uint64_t row, struct pol_text id, const char *reason,
                     const char *column, struct pol_text value, const char *file, uint64_t file_row);
void pol_faults_free(struct pol_faults *faults);

extern const char pol_faults_header[];

#endif
