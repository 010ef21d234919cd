/* columns.h - a batch of rows as typed columns. */
#ifndef POL_LEDGER_COLUMNS_H
#define POL_LEDGER_COLUMNS_H

#include "ledger/csv_scan.h"
#include "ledger/schema.h"

/* What was found bad in one column, over any number of rows. */
struct pol_csv_bad {
    uint64_t count;
    uint64_t first; /* where the row of the first begins */
};

struct pol_csv_counts {
    uint64_t rows;
    uint64_t extra_rows, first_extra; /* more cells than columns */
    struct pol_csv_bad *bad;          /* by field */
};

/* Typed columns of the rows of one scan. Cells of fields that are not ALWAYS hold anything where the row's item does
 * not need them. Values point into the input or its copies. */
struct pol_csv_batch {
    uint32_t rows, capacity;
    struct pol_column *columns;      /* by field; bitmaps for ALWAYS fields only, where a cell is missing or bad */
    uint8_t *status;                 /* unknown_item, bad_value, missing_field as the flags say; 0 = fine */
    const struct pol_csv_scan *scan; /* for pol_csv_batch_row */
    /* the rest is the reader's */
    void **values;                /* by field */
    uint64_t **bitmaps;           /* by ALWAYS field: validity, then bad */
    uint64_t *holes;              /* by ALWAYS field: not 0 where some cell was not read */
    uint32_t *order, *item_start; /* rows sorted by item */
};

/* Batches of up to `capacity` rows. NULL: no memory. */
struct pol_csv_batch *pol_csv_batch_new(const struct pol_csv_schema *schema, uint32_t capacity);
void pol_csv_batch_free(struct pol_csv_batch *batch, const struct pol_csv_schema *schema);

/* Reads the cells of the rows of `scan`, adds to `counts`. POL_STATUS_SYSTEM: no memory. */
typedef enum pol_status pol_csv_filler(struct pol_csv_batch *batch, const struct pol_csv_schema *schema,
                                       const struct pol_csv_header *header, const struct pol_csv_scan *scan,
                                       struct pol_copies *copies, struct pol_csv_counts *counts,
                                       struct pol_error *error);
pol_csv_filler pol_csv_batch_fill_v1; /* for every processor */
pol_csv_filler pol_csv_batch_fill_v3; /* AVX2 and BMI */
pol_csv_filler pol_csv_batch_fill_v4; /* AVX-512 F, BW, DQ and VL */

/* The state of a cell of an ALWAYS field. */
static inline enum pol_csv_state pol_csv_batch_state(const struct pol_csv_batch *batch, uint32_t field, uint32_t row) {
    const struct pol_column *column = &batch->columns[field];
    unsigned bit = row % 8;
    if (column->validity == NULL)
        return POL_CSV_READ;
    if (!(column->validity[row / 8] >> bit & 1))
        return POL_CSV_MISSING;
    return column->bad[row / 8] >> bit & 1 ? POL_CSV_BAD : POL_CSV_READ;
}
/* Where a row begins in the input. */
static inline uint64_t pol_csv_batch_row(const struct pol_csv_batch *batch, uint32_t row) {
    const struct pol_csv_scan *scan = batch->scan;
    return (uint64_t)(scan->base - scan->data) + scan->ends[pol_csv_row_at(scan, row).first - 1];
}

#endif
