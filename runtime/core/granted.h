/* granted.h - what became of a record of a decided run. */
#ifndef PRT_GRANTED_H
#define PRT_GRANTED_H

#include "core/run.h"

/* Its caps and limits were charged. */
static inline bool prt_was_granted(const pol_run *run, const uint32_t *record) {
    uint8_t reason = run->reason[record[PRT_ROW]];
    return reason == POL_OK || reason == POL_CAP || reason == POL_LIMIT;
}

/* It used up its once-keys and moved its ladders. */
static inline bool prt_was_entitled(const pol_run *run, const uint32_t *record) {
    return prt_was_granted(run, record) || run->reason[record[PRT_ROW]] == POL_CAP_REACHED;
}

static inline const struct prt_adjust *prt_adjust_of(const pol_run *run, const uint32_t *record) {
    return record[PRT_ADJUST] ? &run->adjust[record[PRT_ADJUST] - 1] : NULL;
}

#endif
