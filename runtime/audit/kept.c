#include "audit/kept.h"

#include <stdlib.h>

static bool resize(void *array, uint32_t capacity, size_t width) {
    void **place = array;
    void *memory = realloc(*place, (capacity > 0 ? capacity : 1) * width);
    if (memory == NULL)
        return false;
    *place = memory;
    return true;
}

static bool set_capacity(struct pol_kept *kept, uint32_t capacity, bool has_paid) {
    for (int which = 0; which < 2; which++)
        if (!resize(&kept->at[which], capacity, sizeof **kept->at) ||
            !resize(&kept->size[which], capacity, sizeof **kept->size))
            return false;
    if (!resize(&kept->item, capacity, sizeof *kept->item))
        return false;
    if (has_paid && !resize(&kept->paid, capacity, sizeof *kept->paid))
        return false;
    if (kept->with_date && !resize(&kept->date, capacity, sizeof *kept->date))
        return false;
    kept->capacity = capacity;
    return true;
}

static void add_dates(struct pol_kept *kept, const struct pol_csv_batch *batch) {
    const int32_t *date = batch->columns[POL_CLAIM_DATE].values;
    for (uint32_t i = 0; i < batch->rows; i++) {
        bool read = pol_csv_batch_state(batch, POL_CLAIM_DATE, i) == POL_CSV_READ;
        kept->date[kept->rows + i] = read ? date[i] : INT32_MIN;
    }
}

static bool add_odd(struct pol_kept *kept, uint32_t row, uint32_t applicant, struct pol_text text) {
    if (kept->odd_count == kept->odd_capacity) {
        uint32_t capacity = kept->odd_capacity * 2 + 8;
        if (!resize(&kept->odd, capacity, sizeof *kept->odd))
            return false;
        kept->odd_capacity = capacity;
    }
    kept->odd[kept->odd_count++] = (struct pol_kept_odd){row, applicant, text};
    return true;
}

static bool add_odd_texts(struct pol_kept *kept, const struct pol_text *texts, uint32_t rows, uint32_t applicant) {
    for (uint32_t i = 0; i < rows; i++) {
        uint32_t row = kept->rows + i;
        uint64_t at = (uint64_t)((uintptr_t)texts[i].data - (uintptr_t)kept->base);
        if ((texts[i].size < POL_KEPT_ODD && at <= UINT32_MAX) || texts[i].size == 0)
            continue;
        kept->size[applicant][row] = POL_KEPT_ODD;
        if (!add_odd(kept, row, applicant, texts[i]))
            return false;
    }
    return true;
}

static bool add_texts(struct pol_kept *kept, const struct pol_csv_batch *batch, uint32_t applicant) {
    const struct pol_text *texts = batch->columns[applicant ? POL_CLAIM_APPLICANT : POL_CLAIM_ID].values;
    uint32_t *const ats = kept->at[applicant] + kept->rows;
    uint8_t *const sizes = kept->size[applicant] + kept->rows;
    const uintptr_t base = (uintptr_t)kept->base;
    const uint32_t rows = batch->rows;
    uint64_t odd = 0; /* not 0: four bytes or one do not suffice somewhere */
    for (uint32_t i = 0; i < rows; i++) {
        const uint64_t at = (uint64_t)((uintptr_t)texts[i].data - base), size = texts[i].size;
        ats[i] = (uint32_t)at;
        sizes[i] = (uint8_t)size;
        odd |= at >> 32 | (size + 1) >> 8;
    }
    return odd == 0 || add_odd_texts(kept, texts, rows, applicant);
}

/* The odd ones of the batch were added id by id: back to the order of rows, ids before applicants. */
static int by_row(const void *a, const void *b) {
    const struct pol_kept_odd *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (int)x->applicant - (int)y->applicant;
}

static void add_paid(struct pol_kept *kept, const struct pol_csv_batch *batch) {
    const struct pol_column *column = &batch->columns[POL_CLAIM_PAID];
    const int64_t *values = column->values;
    int64_t *paid = kept->paid + kept->rows;
    memcpy(paid, values, batch->rows * sizeof *paid);
    for (uint32_t first = 0; column->validity != NULL && first < batch->rows; first += 8)
        if (column->validity[first / 8] != UINT8_MAX || column->bad[first / 8] != 0)
            for (uint32_t i = first; i < batch->rows && i < first + 8; i++)
                if (pol_csv_batch_state(batch, POL_CLAIM_PAID, i) != POL_CSV_READ)
                    paid[i] = POL_PAID_NONE;
}

/* How many rows the chunk may have in the end, by the batch that is its next: the rest of it with rows as long. */
static uint32_t guess_rows(const struct pol_kept *kept, const struct pol_csv_batch *batch) {
    const struct pol_csv_scan *scan = batch->scan;
    uint64_t bytes = scan->next - scan->from, rest = scan->limit > scan->next ? scan->limit - scan->next : 0;
    uint64_t more = bytes > 0 ? (uint64_t)((double)rest / (double)bytes * batch->rows * 1.02) : 0;
    uint64_t most = (uint64_t)kept->rows + batch->rows + 64; /* should the batch be of short rows */
    more = more < most * 15 ? more : most * 15;
    return (uint32_t)(kept->rows + batch->rows + more < UINT32_MAX ? kept->rows + batch->rows + more : UINT32_MAX);
}

bool pol_kept_add(struct pol_kept *kept, const struct pol_csv_batch *batch, bool has_paid) {
    uint32_t needed = kept->rows + batch->rows;
    if (needed > kept->capacity && !set_capacity(kept, guess_rows(kept, batch), has_paid))
        return false;
    if (kept->base == NULL)
        kept->base = batch->scan->base;
    uint32_t odd = kept->odd_count;
    if (!add_texts(kept, batch, 0) || !add_texts(kept, batch, 1))
        return false;
    if (kept->odd_count > odd)
        qsort(kept->odd + odd, kept->odd_count - odd, sizeof *kept->odd, by_row);
    memcpy(kept->item + kept->rows, batch->columns[POL_CLAIM_ITEM].values, batch->rows * sizeof *kept->item);
    if (has_paid)
        add_paid(kept, batch);
    if (kept->with_date)
        add_dates(kept, batch);
    kept->rows = needed;
    return true;
}

/* What was paid rarely needs eight bytes. */
static void shorten_paid(struct pol_kept *kept) {
    bool large = false;
    for (uint32_t row = 0; row < kept->rows; row++)
        large |= kept->paid[row] >= UINT32_MAX;
    if (large)
        return;
    kept->small_paid = malloc((kept->rows > 0 ? kept->rows : 1) * sizeof *kept->small_paid);
    if (kept->small_paid == NULL)
        return; /* then it stays as it is */
    for (uint32_t row = 0; row < kept->rows; row++)
        kept->small_paid[row] = kept->paid[row] != POL_PAID_NONE ? (uint32_t)kept->paid[row] : UINT32_MAX;
    free(kept->paid);
    kept->paid = NULL;
}

void pol_kept_trim(struct pol_kept *kept) {
    if (kept->paid != NULL)
        shorten_paid(kept);
    set_capacity(kept, kept->rows, kept->paid != NULL); /* failing to shrink loses nothing */
}

void pol_kept_free(struct pol_kept *kept) {
    for (int which = 0; which < 2; which++) {
        free(kept->at[which]);
        free(kept->size[which]);
    }
    free(kept->item);
    free(kept->date);
    free(kept->paid);
    free(kept->small_paid);
    free(kept->odd);
    free(kept->near);
    *kept = (struct pol_kept){0};
}

struct pol_text pol_kept_odd(const struct pol_kept *kept, uint32_t row, uint32_t applicant) {
    struct pol_kept_odd wanted = {.row = row, .applicant = applicant};
    const struct pol_kept_odd *odd = bsearch(&wanted, kept->odd, kept->odd_count, sizeof wanted, by_row);
    return odd != NULL ? odd->text : (struct pol_text){"", 0, 0};
}
