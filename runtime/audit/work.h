/* work.h - the parts of an audit among themselves. */
#ifndef POL_AUDIT_WORK_H
#define POL_AUDIT_WORK_H

#include <pthread.h>

#include "audit/audit.h"
#include "audit/faults.h"
#include "audit/kept.h"
#include "audit/kept_file.h"
#include "audit/state_file.h"
#include "ledger/output.h"
#include "ledger/reader.h"
#include "source/source.h"

/* An audit under way. */
struct pol_audit {
    const pol_module *module;
    const struct pol_audit_options *options;
    pol_run *run;
    struct pol_csv_schema *claim_schema, *profile_schema;
    struct pol_parts claims, applicants;
    struct pol_kept *kept; /* chunks in the order of the parts */
    size_t kept_count, kept_capacity;
    uint64_t rows;
    struct pol_faults *faults;     /* NULL: not listed */
    struct pol_buffer *report;     /* NULL: none wanted */
    struct pol_state_file *state;  /* NULL: none wanted */
    uint64_t state_bytes;          /* about what it takes in memory */
    struct pol_audit_spill *spill; /* NULL: everything stays in memory, chunks in `kept`; see audit_spill.h */
    uint64_t memory;               /* it may stay there up to so many bytes; 0: any */
    bool ascending;                /* ... and only as long as the claims' ids ascend */
    bool outgrown;                 /* it was not to stay there */
};

/* What is kept of a row, and of those that were read with it. In memory, or read into the place. NULL: failed. */
struct pol_kept_place {
    struct pol_kept kept;
    struct pol_kept_memory memory;
};
const struct pol_kept *pol_audit_kept(const struct pol_audit *audit, uint64_t row, struct pol_kept_place *place,
                                      struct pol_error *error);

/* ---- audit_applicants.c */
/* Reads the applicants into the run and seals them. */
enum pol_status pol_audit_applicants(struct pol_audit *audit, struct pol_error *error);

/* ---- audit_claims.c */
/* Reads, evaluates and appends the claims. POL_STATUS_INPUT with audit->outgrown: they take more memory than was
 * thought, and have to be read again through work files. */
enum pol_status pol_audit_claims(struct pol_audit *audit, struct pol_error *error);

/* ---- audit_write.c */
/* Writes what was decided, and sums it up. */
enum pol_status pol_audit_write(struct pol_audit *audit, struct pol_summary *summary, struct pol_error *error);

/* ---- audit_invalid.c */
/* Writes invalid.csv, where there is anything to write; the summary has the counts. */
enum pol_status pol_audit_invalid(struct pol_audit *audit, const struct pol_summary *summary, struct pol_out *out,
                                  struct pol_error *error);
/* Where what could not be used is listed, if anything is, for people. False: no memory. */
bool pol_audit_invalid_text(const struct pol_audit *audit, const struct pol_summary *summary, struct pol_buffer *text);

/* ---- audit_state.c: all three do nothing without a state */
/* Opens the state and locks it; warns of a run that died in its last moment. */
enum pol_status pol_audit_state_open(struct pol_audit *audit, struct pol_error *error);
/* The new run goes on from it. */
enum pol_status pol_audit_state_begin(struct pol_audit *audit, struct pol_error *error);
/* What became of earlier claims, for people. False: no memory. */
bool pol_audit_state_text(const struct pol_audit *audit, struct pol_buffer *text);

/* ---- audit.c */
/* Makes the schemas, opens claims and applicants, and reads all of them into a new run. */
enum pol_status pol_audit_read(struct pol_audit *audit, struct pol_error *error);
void pol_audit_close(struct pol_audit *audit);
/* Makes of the files what they are to become, and commits them. */
enum pol_status pol_audit_commit(const struct pol_audit *audit, struct pol_out *out, struct pol_error *error);
/* How sources are opened under an observer. */
struct pol_source_options pol_audit_source(const struct pol_source_options *options,
                                           const struct pol_observer *observer, unsigned threads);
/* POL_STATUS_INPUT: a file of the ledger changed while it was read. To be asked once all was read and before anything
 * is said or named. */
enum pol_status pol_audit_unchanged(const struct pol_audit *audit, struct pol_error *error);
__attribute__((format(printf, 2, 3))) void pol_audit_warn(const struct pol_observer *observer, const char *format, ...);
void pol_audit_progress(const struct pol_audit *audit, const char *stage, uint64_t done, uint64_t total,
                        enum pol_unit unit);
enum pol_status pol_audit_go_on(const struct pol_audit *audit, struct pol_error *error);
/* One warning for columns of a file that the policy does not declare. */
void pol_audit_warn_ignored(const struct pol_observer *observer, const struct pol_input *input,
                            const struct pol_csv_header *header);
void pol_audit_warn_extra(const struct pol_observer *observer, const struct pol_input *input,
                          const struct pol_csv_counts *counts);

#endif
