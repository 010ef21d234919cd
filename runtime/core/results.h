/* results.h - what was decided, for those who go through the rows one after another: without a struct pol_decision and
 * the payments of each, which most of them can do without.
 */
#ifndef PRT_RESULTS_H
#define PRT_RESULTS_H

#include "core/run.h"

enum { PRT_OUTCOMES = 256 }; /* rows at once: so many stay in the cache until they are used */

/* What became of a row. */
struct prt_outcome {
    int64_t award;   /* fen; -1: none */
    int32_t year;    /* of the claim; with an award */
    uint32_t adjust; /* 0: paid its award, if its reason pays at all; otherwise prt_results_amounts says what */
    uint16_t rule;
    uint8_t reason, reserved;
    uint32_t reserved_more;
};

struct prt_amounts { /* fen */
    int64_t entitled, payable, carried, outstanding, lapsed;
};

struct prt_result_adjust; /* volume_results.c */
struct prt_carried;       /* volume.h */
struct prt_result_block {
    void *memory;
    uint64_t first, rows;
    const struct prt_outcome *row;
    const struct prt_result_adjust *adjust;
    const struct prt_carried *carry;
};

/* One reader of a decided run; any number may read at once, each on its own thread. */
struct prt_results {
    const pol_run *run;
    uint64_t next, word;           /* a row, and where the first record at or after it begins */
    struct prt_result_block block; /* in a run that goes through files */
    struct prt_outcome row[PRT_OUTCOMES];
};

void prt_results_begin(struct prt_results *results, const pol_run *run);
void prt_results_free(struct prt_results *results);

/* What became of the rows from `first` on: as many as *count, or fewer, then *count says so; valid until the next call.
 * NULL: they could not be read (pol_run_check). */
const struct prt_outcome *prt_results_read(struct prt_results *results, uint64_t first, uint64_t *count);

static inline bool prt_reason_pays(uint8_t reason) {
    return ((1u << POL_OK | 1u << POL_CAP | 1u << POL_LIMIT) >> reason & 1) != 0;
}

/* What an applicant waits for since `year` may still be carried. */
static inline bool prt_still_open(const pol_run *run, int32_t year) {
    return (int64_t)year + run->module->descriptor->limit.carry_years > run->as_of_year;
}

/* More about outcomes that were read last. */
struct prt_amounts prt_results_amounts(const struct prt_results *results, const struct prt_outcome *outcome);
void prt_results_decision(const struct prt_results *results, const struct prt_outcome *outcome,
                          struct pol_decision *decision);
/* How many payments there are, in the order of years. The first `room` of them are put at `out`. */
uint64_t prt_results_payments(const struct prt_results *results, const struct prt_outcome *outcome, uint64_t row,
                              struct pol_payment *out, uint64_t room);

#endif
