/* hand_fold.h - stages 5 to 7 of Dongyang written by hand in C, over dense numbers and arrays made for it. */
#ifndef POL_BENCH_HAND_FOLD_H
#define POL_BENCH_HAND_FOLD_H

#include <stdint.h>

enum { HAND_YEARS = 6, HAND_FIRST_YEAR = 2021, HAND_PLACES = 8, HAND_LEVELS = 12 };

struct hand_claims {
    uint64_t rows;
    const uint16_t *item;
    const uint32_t *applicant, *object, *product;
    const uint8_t *year, *right, *place, *level; /* year - HAND_FIRST_YEAR */
    const int64_t *award, *less;                 /* award 0: ended before the fold */
    const uint8_t *enterprise;                   /* by applicant */
    int64_t *contribution;                       /* by applicant * HAND_YEARS + year; used up */
    uint32_t applicants, objects;
};

struct hand_state;
struct hand_state *hand_state_new(const struct hand_claims *c);
void hand_state_free(struct hand_state *s);
/* What is payable and carried in all, in fen. The claims are in the order of deciding. */
int64_t hand_fold(const struct hand_claims *c, struct hand_state *s);

#endif
