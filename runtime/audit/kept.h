/* kept.h - what an audit keeps of each claims row until its decision is written: where its id and its applicant's id
 * stand in the input, its item, and what was paid. 16 bytes a row as a rule; chunk by chunk, in the order of the file.
 */
#ifndef POL_AUDIT_KEPT_H
#define POL_AUDIT_KEPT_H

#include "ledger/columns.h"
#include "polrt.h"

#define POL_PAID_NONE INT64_MIN /* missing or unreadable */

/* A text that four bytes and one byte cannot point to: a copy, or a long one. */
struct pol_kept_odd {
    uint32_t row;       /* of the chunk */
    uint32_t applicant; /* 0: the claim's id, 1: the applicant's */
    struct pol_text text;
};

/* A claim close below a threshold of the policy (thresholds.h). */
struct pol_kept_near {
    uint32_t row;   /* of the chunk */
    uint32_t which; /* of the descriptor's thresholds */
    int64_t value;
};

struct pol_kept {
    uint64_t first_row; /* in the order of the file, once its place is known */
    uint32_t rows, capacity;
    uint32_t part;                 /* of the source; in a file instead of `input` */
    const struct pol_input *input; /* that holds the chunk */
    const char *base;              /* of the chunk's bytes */
    uint32_t *at[2];               /* by row: where the text begins, from base; of the claim, of the applicant */
    uint8_t *size[2];              /* 255: look among the odd ones */
    uint16_t *item;
    bool with_date;           /* set before rows are added: keep their dates */
    int32_t *date;            /* INT32_MIN: missing or unreadable; NULL: not kept */
    int64_t *paid;            /* NULL: the file has no such column, or small_paid holds it */
    uint32_t *small_paid;     /* once trimmed, where every amount fits: fen, UINT32_MAX is none */
    struct pol_kept_odd *odd; /* in the order of rows */
    uint32_t odd_count, odd_capacity;
    struct pol_kept_near *near; /* in the order of rows */
    uint32_t near_count, near_room;
};

/* Adds the rows of a batch of claims. False: no memory. */
bool pol_kept_add(struct pol_kept *kept, const struct pol_csv_batch *batch, bool has_paid);
/* Gives back what was taken in advance; no row can be added after it. */
void pol_kept_trim(struct pol_kept *kept);
void pol_kept_free(struct pol_kept *kept);

enum { POL_KEPT_ODD = 255 };
struct pol_text pol_kept_odd(const struct pol_kept *kept, uint32_t row, uint32_t applicant);
static inline struct pol_text pol_kept_text(const struct pol_kept *kept, uint32_t row, uint32_t applicant) {
    uint8_t size = kept->size[applicant][row];
    if (size == POL_KEPT_ODD)
        return pol_kept_odd(kept, row, applicant);
    return (struct pol_text){size > 0 ? kept->base + kept->at[applicant][row] : "", size, 0};
}
static inline struct pol_text pol_kept_claim(const struct pol_kept *kept, uint32_t row) {
    return pol_kept_text(kept, row, 0);
}
static inline struct pol_text pol_kept_applicant(const struct pol_kept *kept, uint32_t row) {
    return pol_kept_text(kept, row, 1);
}
static inline int64_t pol_kept_paid(const struct pol_kept *kept, uint32_t row) {
    if (kept->small_paid != NULL)
        return kept->small_paid[row] != UINT32_MAX ? (int64_t)kept->small_paid[row] : POL_PAID_NONE;
    return kept->paid != NULL ? kept->paid[row] : POL_PAID_NONE;
}

#endif
