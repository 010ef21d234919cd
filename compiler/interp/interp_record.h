/* interp_record.h - watching a run: what each claim came by on its way. For coverage of examples. */
#ifndef POL_INTERP_RECORD_H
#define POL_INTERP_RECORD_H

#include "abi.h"
#include "interp/ir_eval.h"

/* What a step of the fold did for one claim. A claim that an earlier step denied does not reach the later ones. */
enum interp_event {
    INTERP_STEP_PASSED,   /* once, one year: the key was free. Less: nothing to subtract. Cap: it left what there was.
                             Limit: all of it is payable */
    INTERP_STEP_STOPPED,  /* once, one year: blocked. Less: something was subtracted. Cap: it left less. Limit: deferred
                           */
    INTERP_STEP_FIRST,    /* ladder: nothing was awarded before */
    INTERP_STEP_UPGRADED, /* ladder: something was awarded before, and this claim gets the difference */
    INTERP_STEP_HELD,     /* ladder: no more than was awarded before */
    INTERP_STEP_SPARED,   /* limit: it is not for this kind of applicant */
    INTERP_STEP_CARRIED,  /* limit: a deferred amount was paid in a later year; `step` is NULL */
};

/* Any function may be NULL. Nothing passed in outlives the call. */
struct interp_recorder {
    void *data;
    /* The instructions of a block of the row function, evaluated for a claim. */
    void (*row)(void *data, uint32_t block, const struct ir_value *value);
    void (*step)(void *data, const struct pol_step *step, enum interp_event event);
    void (*target)(void *data, uint32_t target, int status); /* enum interp_target_status */
};

#endif
