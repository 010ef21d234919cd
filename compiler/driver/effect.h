/* effect.h - what another version of a policy would have meant for a ledger: both decide it with the interpreter. */
#ifndef POL_EFFECT_H
#define POL_EFFECT_H

#include "interp/interp_run.h"
#include "report/value.h"

struct effect_side { /* one version */
    const struct ir_policy *policy;
    const struct interp_result *result;
};

struct effect_sum { /* fen, of what is payable and carried */
    __extension__ __int128 before, after;
    size_t claims;
};

struct effect_row { /* of a clause and the year of payment */
    struct text clause;
    int32_t year;
    struct effect_sum sum;
};

struct effect_claim { /* one that is decided otherwise */
    struct text id, applicant, item;
    const struct interp_decision *before, *after;
    int64_t difference; /* fen */
};

struct effect {
    struct effect_sum gain, lose, same, all; /* claims, by what they would get */
    size_t applicants_gain, applicants_lose, applicants;
    size_t otherwise;       /* claims with another decision or reason, whatever they get */
    struct effect_row *row; /* by clause in the order of the new version, then year */
    size_t rows;
    struct effect_claim *claim; /* the largest differences first */
    size_t claims;
};

/* Both results are of the same claims file. */
struct effect *effect_of(struct arena *arena, struct effect_side before, struct effect_side after);

void effect_print_text(struct text_buffer *out, const struct effect *effect, struct text file, bool chinese);
/* Added to an object of JSON. *failed: no memory for all of it. */
void effect_put_json(bool *failed, json_t *object, const struct effect *effect);

#endif
