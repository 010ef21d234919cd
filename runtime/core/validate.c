/* Stage 0 of single cells: is a cell there, and good? Also gives kernels their columns for a block of rows: in place
 * where the caller's memory will do, otherwise copied with defaults filled in. */
#include "core/run.h"

struct work { /* one field of a block */
    const struct prt_block *block;
    uint32_t index;
    const struct pol_field *field;
    const struct pol_column *column;
    int64_t min, max;
};

static void *scratch(const struct work *w) {
    void **memory = &w->block->scratch[w->index];
    if (!*memory)
        *memory = prt_zeroed(PRT_BLOCK, w->field->width < 8 ? 8 : w->field->width);
    return *memory;
}

/* The field's state bytes, first all set to `fill`. */
static uint8_t *states(const struct work *w, enum prt_cell fill) {
    uint8_t **memory = &w->block->state_scratch[w->index];
    if (!*memory)
        *memory = prt_zeroed(PRT_BLOCK, 1);
    if (*memory)
        memset(*memory, (int)fill, w->block->rows);
    w->block->state[w->index] = *memory;
    return *memory;
}

static bool has_default(const struct work *w) {
    return (w->field->flags & POL_FIELD_DEFAULT) != 0;
}

static void put(const struct work *w, void *values, uint32_t row, int64_t value) {
    switch (w->field->width) {
    case 1:
        ((uint8_t *)values)[row] = (uint8_t)value;
        break;
    case 2:
        ((uint16_t *)values)[row] = (uint16_t)value;
        break;
    case 4:
        ((int32_t *)values)[row] = (int32_t)value;
        break;
    case 8:
        ((int64_t *)values)[row] = value;
        break;
    default:
        ((struct pol_text *)values)[row] = (struct pol_text){.data = ""};
        break;
    }
}

/* A column that is not there: defaults or missing, and values that a kernel may read. */
static bool absent_column(const struct work *w) {
    void *values = scratch(w);
    if (!values)
        return false;
    for (uint32_t i = 0; i < w->block->rows; i++)
        put(w, values, i, has_default(w) ? w->field->fallback : 0);
    w->block->column[w->index] = values;
    return has_default(w) || states(w, PRT_MISSING);
}

static bool out_of_range(const struct work *w) {
    const void *values = w->block->column[w->index];
    uint32_t rows = w->block->rows;
    bool out = false;
    if (w->field->width == 1) {
        const uint8_t *v = values;
        for (uint32_t i = 0; i < rows; i++)
            out |= v[i] < w->min || v[i] > w->max;
    } else if (w->field->width == 4) {
        const int32_t *v = values;
        int32_t low = INT32_MAX, high = INT32_MIN;
        for (uint32_t i = 0; i < rows; i++) {
            low = v[i] < low ? v[i] : low;
            high = v[i] > high ? v[i] : high;
        }
        out = low < w->min || high > w->max;
    } else {
        const int64_t *v = values;
        for (uint32_t i = 0; i < rows; i++)
            out |= (v[i] < w->min) | (v[i] > w->max);
    }
    return out;
}

static int64_t value_at(const struct work *w, uint32_t row) {
    const void *values = w->block->column[w->index];
    if (w->field->width == 1)
        return ((const uint8_t *)values)[row];
    return w->field->width == 4 ? ((const int32_t *)values)[row] : ((const int64_t *)values)[row];
}

static enum prt_cell judge_text(const struct work *w, struct pol_text text) {
    if (text.size == 0)
        return PRT_MISSING;
    return text.size > POL_TEXT_LIMIT || text.size < w->min || text.size > w->max ? PRT_BAD : PRT_PRESENT;
}

static enum prt_cell judge(const struct work *w, uint32_t row) {
    enum prt_cell cell = prt_cell_at(w->column, w->block->first + row);
    if (cell != PRT_PRESENT)
        return cell;
    if (w->field->type == POL_TEXT)
        return judge_text(w, ((const struct pol_text *)w->block->column[w->index])[row]);
    int64_t value = value_at(w, row);
    return value < w->min || value > w->max ? PRT_BAD : PRT_PRESENT;
}

/* The block's values with the default in the cells that are missing. */
static bool fill_defaults(const struct work *w, uint8_t *state) {
    void *values = scratch(w);
    if (!values)
        return false;
    const void *old = w->block->column[w->index];
    if (values != old)
        memcpy(values, old, (size_t)w->block->rows * w->field->width);
    for (uint32_t i = 0; i < w->block->rows; i++)
        if (state[i] == PRT_MISSING) {
            put(w, values, i, w->field->fallback);
            state[i] = PRT_PRESENT;
        }
    w->block->column[w->index] = values;
    return true;
}

static bool judge_rows(const struct work *w) {
    uint8_t *state = states(w, PRT_PRESENT);
    if (!state)
        return false;
    uint8_t any = 0, missing = 0;
    for (uint32_t i = 0; i < w->block->rows; i++) {
        state[i] = (uint8_t)judge(w, i);
        any |= state[i];
        missing |= state[i] == PRT_MISSING;
    }
    if (missing && has_default(w) && !fill_defaults(w, state))
        return false;
    if (!any)
        w->block->state[w->index] = NULL;
    return true;
}

/* Texts as views: in place, or from Arrow's offsets; never into cells that are missing, if it is for us to judge. */
static bool text_views(const struct work *w) {
    const struct pol_column *c = w->column;
    if (!c->text_offsets && (!w->block->judge || (!c->validity && !c->bad))) {
        w->block->column[w->index] = (const struct pol_text *)c->values + c->offset + w->block->first;
        return true;
    }
    struct pol_text *views = scratch(w);
    if (!views)
        return false;
    for (uint32_t i = 0; i < w->block->rows; i++) {
        bool present = prt_cell_at(c, w->block->first + i) == PRT_PRESENT;
        views[i] = present ? prt_text_at(c, w->block->first + i) : (struct pol_text){.data = ""};
    }
    w->block->column[w->index] = views;
    return true;
}

static void set_range(struct work *w) {
    w->min = w->field->min;
    w->max = w->field->max;
    if (w->field->type == POL_BOOL || w->field->type == POL_ENUM) {
        w->min = 0;
        w->max = w->field->type == POL_BOOL ? 1 : (int64_t)w->block->enums[w->field->enum_index].values.count - 1;
    }
}

static bool one_field(const struct prt_block *block, uint32_t index) {
    struct work w = {.block = block, .index = index, .field = &block->field[index]};
    w.column = &block->batch->columns[index];
    block->state[index] = NULL;
    if (!w.column->values)
        return absent_column(&w);
    set_range(&w);
    if (w.field->type == POL_TEXT) {
        if (!text_views(&w))
            return false;
        return !block->judge || judge_rows(&w);
    }
    block->column[index] =
        (const uint8_t *)w.column->values + ((uint64_t)w.column->offset + block->first) * w.field->width;
    if (!block->judge || (!w.column->validity && !w.column->bad && !out_of_range(&w)))
        return true;
    return judge_rows(&w);
}

bool prt_block_columns(const struct prt_block *block) {
    for (uint32_t i = 0; i < block->field_count; i++) {
        block->column[i] = NULL;
        block->state[i] = NULL;
        if (i != block->skip && (!block->wanted || block->wanted[i]) && !one_field(block, i))
            return false;
    }
    return true;
}
