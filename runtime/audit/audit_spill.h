/* audit_spill.h - an audit of more than memory holds: where its work files are, and how an interrupted one goes on.
 *
 * The files are in DIR/.polrun-work, DIR being the folder for results or one of the caller's choice. They are gone when
 * the audit is done or has failed; when it was interrupted or killed they stay, and the next audit of the same input by
 * the same policy can go on from them. */
#ifndef POL_AUDIT_AUDIT_SPILL_H
#define POL_AUDIT_AUDIT_SPILL_H

#include <pthread.h>
#include <time.h>

#include "audit/work.h"
#include "core/spill.h"

/* How far the claims were read. A zeroed one: not at all. */
struct pol_place {
    uint64_t part;   /* under way; as many as there are: all was read */
    uint64_t offset; /* where its next row begins; 0: its first */
    uint64_t rows, kept_end, faults_end;
    uint64_t first_row;                                         /* of the part */
    uint64_t extra_rows, first_extra, bad_paid, first_bad_paid; /* of the part, for its warnings */
};

struct pol_audit_spill {
    struct pol_audit *audit;
    char *path;
    int folder;
    struct pol_spill run;    /* for the run */
    struct prt_spill kept;   /* chunks of pol_kept */
    struct prt_spill faults; /* of claims, chunk by chunk, to be noted once more by another process */
    struct pol_place place;
    uint64_t saved_offset;
    struct timespec saved;
    pthread_mutex_t lock; /* of progress */
    bool interrupted;
};

/* What an audit may take when nothing is said: most of what the machine has to spare. */
uint64_t pol_audit_memory(void);
/* What the process holds, but for pages of files; 0: the system does not say. */
uint64_t pol_audit_memory_used(void);
/* Rows, by the length of the first ones. */
uint64_t pol_audit_guess_rows(const struct pol_parts *parts);

/* Finds out whether the ledger fits, once its parts are open, and makes or takes up the work files if it does not:
 * audit->spill. POL_STATUS_INPUT: what an interrupted audit left is of another input or policy. */
enum pol_status pol_audit_spill_open(struct pol_audit *audit, struct pol_error *error);
/* After the applicants: where to go on, in spill->place. */
enum pol_status pol_audit_spill_resume(struct pol_audit *audit, struct pol_error *error);
/* Now and then, or with `now` at once, notes spill->place. */
enum pol_status pol_audit_spill_save(struct pol_audit *audit, bool now, struct pol_error *error);
/* Puts what is kept of a chunk into the file. */
enum pol_status pol_audit_spill_keep(struct pol_audit *audit, const struct pol_kept *kept, struct pol_error *error);
/* Puts the faults of the next chunk of a part into the file. */
enum pol_status pol_audit_spill_faults(struct pol_audit *audit, const struct pol_chunk_faults *faults,
                                       struct pol_error *error);
/* The error for an errno of work files. */
enum pol_status pol_audit_spill_cause(const struct pol_audit *audit, int cause, struct pol_error *error);
enum pol_status pol_audit_spill_failed(const struct pol_audit *audit, struct pol_error *error);
/* Nobody is to go on from the files any more. NULL is fine. */
void pol_audit_spill_end(struct pol_audit_spill *spill);
/* Removes the files, unless the audit was interrupted. NULL is fine. */
void pol_audit_spill_close(struct pol_audit_spill *spill);

#endif
