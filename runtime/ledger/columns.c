/* Batches, and cells to typed columns for every x86-64 processor. */
#include "ledger/columns.h"

#include <immintrin.h>
#include <stdlib.h>

#include "ledger/fail.h"

#define FILL_NAME  pol_csv_batch_fill_v1
#define FILL_LEVEL 1
#include "ledger/columns_body.inc"

/* ---- storage ----------------------------------------------------------------------------------------------------- */

static bool make_field(struct pol_csv_batch *batch, const struct pol_csv_schema *schema, uint32_t field) {
    const struct pol_csv_field *f = &schema->fields[field];
    size_t width = f->kind == POL_CSV_TEXT ? sizeof(struct pol_text) : f->width;
    batch->values[field] = calloc(batch->capacity, width);
    batch->columns[field].values = batch->values[field];
    if (batch->values[field] == NULL)
        return false;
    if (!(f->flags & POL_CSV_ALWAYS))
        return true;
    batch->bitmaps[field] = calloc(batch->capacity / 64, 2 * sizeof **batch->bitmaps);
    return batch->bitmaps[field] != NULL;
}

struct pol_csv_batch *pol_csv_batch_new(const struct pol_csv_schema *schema, uint32_t capacity) {
    size_t fields = schema->field_count + 1u;
    struct pol_csv_batch *batch = calloc(1, sizeof *batch);
    if (batch == NULL)
        return NULL;
    batch->capacity = (capacity + 63) / 64 * 64;
    batch->columns = calloc(fields, sizeof *batch->columns);
    batch->values = calloc(fields, sizeof *batch->values);
    batch->bitmaps = calloc(fields, sizeof *batch->bitmaps);
    batch->status = calloc(batch->capacity, 1);
    batch->order = calloc(batch->capacity, sizeof *batch->order);
    batch->holes = calloc(fields, sizeof *batch->holes);
    batch->item_start = calloc(schema->item_count + 1u, sizeof *batch->item_start);
    bool whole = batch->columns != NULL && batch->values != NULL && batch->bitmaps != NULL && batch->status != NULL &&
                 batch->order != NULL && batch->holes != NULL && batch->item_start != NULL;
    for (uint32_t field = 0; whole && field < schema->field_count; field++)
        whole = make_field(batch, schema, field);
    if (whole)
        return batch;
    pol_csv_batch_free(batch, schema);
    return NULL;
}

void pol_csv_batch_free(struct pol_csv_batch *batch, const struct pol_csv_schema *schema) {
    if (batch == NULL)
        return;
    for (uint32_t field = 0; field < schema->field_count; field++) {
        if (batch->values != NULL)
            free(batch->values[field]);
        if (batch->bitmaps != NULL)
            free(batch->bitmaps[field]);
    }
    free(batch->columns);
    free(batch->values);
    free(batch->bitmaps);
    free(batch->status);
    free(batch->order);
    free(batch->holes);
    free(batch->item_start);
    free(batch);
}
