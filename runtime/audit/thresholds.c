#include "audit/thresholds.h"

#include <stdlib.h>

#include "ledger/buffer.h"

struct edge {
    int64_t value;
    uint32_t field, which; /* which: of the descriptor */
    uint8_t width;
    bool inclusive;
};

struct pol_thresholds {
    unsigned percent;
    uint32_t items;
    uint32_t *first; /* by item, and at the end how many there are */
    struct edge *edge;
};

const struct pol_threshold *pol_thresholds_of(const pol_module *module, uint32_t *count) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    *count = d->abi_minor >= 2 ? d->thresholds.count : 0;
    return *count > 0 ? pol_module_array(module, d->thresholds) : NULL;
}

int64_t pol_threshold_value(const pol_module *module, const struct pol_threshold *threshold, const int64_t *params) {
    const struct pol_param *param = pol_module_array(module, pol_module_descriptor(module)->params);
    if (threshold->param == POL_NONE)
        return threshold->value;
    return params != NULL ? params[threshold->param] : param[threshold->param].fallback;
}

struct pol_thresholds *pol_thresholds_new(const pol_module *module, const int64_t *params, unsigned percent) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_field *field = pol_module_array(module, d->claim_fields);
    uint32_t count, n = 0;
    const struct pol_threshold *list = pol_thresholds_of(module, &count);
    struct pol_thresholds *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->percent = percent;
    t->items = d->items.count;
    t->first = calloc(d->items.count + 1u, sizeof *t->first);
    t->edge = calloc(count + 1u, sizeof *t->edge);
    if (t->first == NULL || t->edge == NULL) {
        pol_thresholds_free(t);
        return NULL;
    }
    for (uint32_t item = 0, i = 0; item < d->items.count; item++) {
        t->first[item] = n;
        for (; i < count && list[i].item == item; i++)
            if (list[i].field != POL_NONE)
                t->edge[n++] = (struct edge){pol_threshold_value(module, &list[i], params), list[i].field, i,
                                             field[list[i].field].width, list[i].inclusive != 0};
    }
    t->first[d->items.count] = n;
    return t;
}

void pol_thresholds_free(struct pol_thresholds *t) {
    if (t == NULL)
        return;
    free(t->first);
    free(t->edge);
    free(t);
}

bool pol_threshold_is_near(int64_t value, int64_t threshold, bool inclusive, unsigned percent) {
    pol_wide least = (pol_wide)threshold * (100 - (int)percent);
    return threshold > 0 && (value < threshold || (inclusive && value == threshold)) && (pol_wide)value * 100 >= least;
}

static bool add(struct pol_kept *kept, struct pol_kept_near near) {
    if (kept->near_count == kept->near_room) {
        uint32_t room = kept->near_room * 2 + 64;
        struct pol_kept_near *grown = realloc(kept->near, room * sizeof *grown);
        if (grown == NULL)
            return false;
        kept->near = grown;
        kept->near_room = room;
    }
    kept->near[kept->near_count++] = near;
    return true;
}

bool pol_thresholds_note(const struct pol_thresholds *t, struct pol_kept *kept, const struct pol_csv_batch *batch) {
    uint32_t before = kept->rows - batch->rows;
    const uint16_t *item = batch->columns[POL_CLAIM_ITEM].values;
    for (uint32_t row = 0; row < batch->rows; row++) {
        if (item[row] >= t->items || batch->status[row] != POL_OK)
            continue;
        for (uint32_t i = t->first[item[row]]; i < t->first[item[row] + 1]; i++) {
            const struct edge *edge = &t->edge[i];
            const void *values = batch->columns[edge->field].values;
            int64_t value = edge->width == 8 ? ((const int64_t *)values)[row] : ((const int32_t *)values)[row];
            if (pol_threshold_is_near(value, edge->value, edge->inclusive, t->percent) &&
                !add(kept, (struct pol_kept_near){before + row, edge->which, value}))
                return false;
        }
    }
    return true;
}
