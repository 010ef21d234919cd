/* compare.h - what a new draft, or another value of a parameter, would have meant for past claims.
 *
 * The same ledger is decided twice, by OLD and by NEW, and claim is laid beside claim. Due is payable and carried.
 * Items and fields are the same where they have the same name in ledgers. A claim whose due changes gains or loses; one
 * that keeps its due by another decision is counted, too.
 *
 * Takes the memory of one run, 16 bytes for each claim, and some 120 for each claim that changes. Money is in fen. The
 * result is the same whatever the threads, the batches and the order of the rows. */
#ifndef POL_AUDIT_COMPARE_H
#define POL_AUDIT_COMPARE_H

#include "audit/audit.h"
#include "audit/texts.h"

struct pol_compare_side {
    const pol_module *module;
    const int64_t *params; /* NULL: defaults */
};

/* What one side made of a claim. */
struct pol_outcome {
    int64_t due;
    uint32_t rule;
    uint16_t item; /* of that side; POL_ITEM_UNKNOWN: none */
    uint8_t reason;
    uint8_t decision;
};

struct pol_change {
    uint64_t row;
    const char *claim, *applicant;
    struct pol_outcome old, now;
    uint32_t item; /* of the comparison */
    int32_t date;  /* INT32_MIN: unreadable */
    uint16_t claim_size, applicant_size;
};

struct pol_change_sum {
    uint64_t claims, gainers, losers, otherwise; /* otherwise: the same due by another decision */
    pol_wide before, after, gain, loss;          /* loss above zero */
};

/* An item of either side. */
struct pol_compared_item {
    const char *name, *label; /* the new side's label where it has one */
    uint32_t old, now;        /* POL_NONE: it is not there */
    uint32_t clause;          /* of the comparison */
    struct pol_change_sum sum;
};

struct pol_compared_clause { /* of the new side, then those of the old that have items the new one has not */
    const char *number, *title;
    struct pol_change_sum sum;
};

struct pol_compared_applicant {
    const char *id;
    size_t size;
    struct pol_change_sum sum; /* over the claims that change */
};

enum { POL_COMPARED_YEARS = 111 /* unreadable, 1990 to 2099 */ };

struct pol_comparison {
    struct pol_compare_side old, now;
    uint64_t rows;
    struct pol_change_sum all;
    struct pol_compared_item *item; /* at the end: claims without one */
    uint32_t item_count;
    struct pol_compared_clause *clause; /* at the end: none */
    uint32_t clause_count;
    struct pol_change_sum year[POL_COMPARED_YEARS];
    uint64_t undecidable;      /* claims that OLD decides and NEW finds invalid */
    struct pol_change *change; /* the largest first */
    uint64_t change_count, change_room;
    struct pol_compared_applicant *applicant; /* those with a change, the largest first */
    uint64_t applicant_count, applicants_gaining, applicants_losing;
    struct pol_texts texts;
    struct pol_outcome *outcome; /* OLD's by row; gone once compared */
};

/* Decides the claims of `options` (out, findings, state, top are not used) by both sides. On success the comparison is
 * the caller's, to be freed; it points into both modules. */
enum pol_status pol_compare_run(const struct pol_compare_side *old, const struct pol_compare_side *now,
                                const struct pol_audit_options *options, struct pol_comparison *comparison,
                                struct pol_error *error);
void pol_comparison_free(struct pol_comparison *comparison);

/* For people, in 80 columns; `top` is how many of the largest changes. False: no memory. */
bool pol_comparison_text(const struct pol_comparison *comparison, unsigned top, struct pol_buffer *text);

/* changes.csv: claim by claim; changes_by.csv: sums by item, clause, year and applicant. False: no memory. */
bool pol_comparison_changes_csv(const struct pol_comparison *comparison, struct pol_buffer *text);
bool pol_comparison_sums_csv(const struct pol_comparison *comparison, struct pol_buffer *text);

/* What differs in what the sides read: one line each, "new item …". False: no memory. */
bool pol_comparison_notes(const struct pol_comparison *comparison, bool chinese, struct pol_buffer *lines);

static inline int64_t pol_change_of(const struct pol_change *change) {
    return change->now.due - change->old.due;
}

#endif
