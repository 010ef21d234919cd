/* audit.h - the run: ledger in, decisions and payments out, and what they come to.
 *
 * Nothing here prints: what people are to read comes as text in a pol_buffer, warnings and progress through the
 * observer. */
#ifndef POL_AUDIT_AUDIT_H
#define POL_AUDIT_AUDIT_H

#include <stdbool.h>

#include "ledger/buffer.h"
#include "ledger/input.h"
#include "polrt.h"
#include "source/sink.h"
#include "source/source.h"

/* Any of these may be NULL. They may be called from any thread, one at a time. */
struct pol_observer {
    void *context;
    void (*warn)(void *context, const char *message);
    /* `stage` is in the language of messages; `total` 0: nobody knows */
    void (*progress)(void *context, const char *stage, uint64_t done, uint64_t total, enum pol_unit unit);
    bool (*cancelled)(void *context); /* true: stop, leave nothing behind, return POL_STATUS_SYSTEM */
};

/* What looks like one matter in pieces: claims of one applicant and item, each close below a threshold. */
struct pol_split_options {
    unsigned days;    /* from one claim to the next, at most */
    unsigned percent; /* how far below the threshold, at most; 1 to 50 */
};

struct pol_audit_options {
    struct pol_source claims, applicants;
    struct pol_source_options source; /* how they are read */
    const char *out;                  /* a directory */
    struct pol_sink sink;             /* what the results become */
    const char *state;                /* NULL: none; a file from which the run goes on (docs/STATE.md) */
    const int64_t *params;            /* NULL: defaults */
    int32_t as_of;                    /* 0: the latest year */
    unsigned threads;                 /* 0 = 1 */
    uint32_t batch_rows;              /* 0 = a good number */
    uint64_t chunk_bytes;             /* 0 = a good number */
    uint64_t memory;                  /* bytes; above it, the audit works through files; 0 = what there is to spare */
    const char *spill;                /* the folder for such files; NULL: `out` */
    bool resume;                      /* go on from what an interrupted audit left, and leave it if interrupted */
    unsigned top;                     /* how many of the largest differences */
    bool findings;                    /* find what is wrong with what was paid (audit/finding.h) */
    struct pol_split_options split;   /* with it */
    struct pol_observer observer;
};

/* Claims and money of those that have something in common. */
struct pol_tally {
    uint64_t claims;
    uint64_t with_paid; /* of which so many say what was paid */
    pol_wide entitled, payable, carried, outstanding, lapsed;
    pol_wide paid;       /* of those that say so */
    pol_wide difference; /* likewise: paid less payable and carried */
};

/* One of the largest differences. */
struct pol_finding {
    uint64_t row; /* in the order of the file, from 0 */
    int64_t difference, paid;
    uint32_t item; /* POL_ITEM_UNKNOWN: none */
    struct pol_decision decision;
    char claim[64]; /* its id as it may be shown */
};

/* Kinds of findings (audit/finding.h, docs/FINDINGS.md), in the order of the summary. */
enum pol_finding_kind {
    POL_PAID_TWICE,
    POL_PAID_EXCLUDED,
    POL_PAID_UNDECIDED,
    POL_LIMIT_USED_UP,
    POL_OVER_CAP,
    POL_OVERPAID,
    POL_UNDERPAID,
    POL_SPLIT,
    POL_FINDING_KINDS
};

struct pol_summary {
    uint64_t rows;
    int32_t as_of;
    struct pol_tally reason[POL_REASON_COUNT];
    struct pol_tally *item;   /* by item, and at the end claims without one */
    uint64_t (*item_kind)[5]; /* likewise: claims by enum pol_decision_kind */
    struct pol_finding *top;
    unsigned top_count;
    bool has_findings; /* they were asked for */
    uint64_t finding_count[POL_FINDING_KINDS];
    pol_wide finding_amount[POL_FINDING_KINDS];
};

/* Writes decisions.csv and payments.csv, with `findings` findings.csv, findings.json and differences.csv, and with
 * `state` settled.csv; the state is replaced when all of them have their names. On
 * success the summary is the caller's, to be freed. `report` (NULL: none) gets the summary as text before the files get
 * their names, so that they stand only when all has been done. */
enum pol_status pol_audit_run(const pol_module *module, const struct pol_audit_options *options,
                              struct pol_summary *summary, struct pol_buffer *report, struct pol_error *error);
void pol_summary_free(struct pol_summary *summary);

/* The summary for people, in 80 columns. False: no memory. */
bool pol_summary_text(const pol_module *module, const struct pol_summary *summary, struct pol_buffer *text);

/* Writes targets.csv, and says what it holds in `text`. */
enum pol_status pol_targets_run(const pol_module *module, const struct pol_source *indicators,
                                const struct pol_source_options *options, const char *out, const struct pol_sink *sink,
                                const struct pol_observer *observer, struct pol_buffer *text, struct pol_error *error);

/* What is in an object, for people. False: no memory. */
bool pol_info_text(const pol_module *module, struct pol_buffer *text);

#endif
