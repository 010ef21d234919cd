/* explain_claim.h - what is known of the claim that is explained. */
#ifndef POL_AUDIT_EXPLAIN_CLAIM_H
#define POL_AUDIT_EXPLAIN_CLAIM_H

#include "audit/explain.h"
#include "audit/work.h"

enum explain_state { EXPLAIN_PRESENT, EXPLAIN_MISSING, EXPLAIN_BAD };

struct explain_cell {
    enum explain_state state;
    int64_t value;
    struct pol_text text;
};

struct explain_row {
    bool found;
    uint8_t status;
    struct explain_cell *cell; /* by field */
};

struct explain_claim {
    struct pol_audit *audit;
    enum pol_language language;
    uint64_t row;
    struct pol_decision decision;
    struct explain_row claim, profile;
    struct pol_trace *trace;
};

int32_t explain_year(int64_t day);

/* explain_tell.c */
enum pol_status explain_tell(const struct explain_claim *claim, struct pol_buffer *text, struct pol_error *error);

/* explain_better.c: changes of single cells that would make a better award; adds lines to the text. */
enum pol_status explain_better(const struct explain_claim *claim, struct pol_buffer *text, struct pol_error *error);

#endif
