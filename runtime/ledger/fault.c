#include "ledger/fault.h"

bool pol_csv_cell_text(const struct pol_csv_header *header, const struct pol_csv_batch *batch, uint32_t field,
                       uint32_t row, struct pol_copies *copies, struct pol_text *text) {
    const struct pol_csv_scan *scan = batch->scan;
    struct pol_csv_row place = pol_csv_row_at(scan, row);
    uint32_t column = header->column[field];
    *text = (struct pol_text){"", 0, 0};
    if (column == POL_NONE || column >= place.cells)
        return true;
    const uint32_t *e = scan->ends + place.first + column;
    const char *begin = scan->base + e[-1], *end = scan->base + e[0] - 1;
    if (column + 1 == place.cells && end > begin && end[-1] == '\r' && end < scan->data + scan->size)
        end--; /* of CR LF */
    if (begin >= end)
        return true;
    if (!pol_cell_bare(copies, &begin, &end))
        return false;
    *text = (struct pol_text){begin, (uint32_t)(end - begin), 0};
    return true;
}

static bool reads(const struct pol_csv_schema *schema, uint32_t index, const char *begin, const char *end) {
    const struct pol_csv_field *field = &schema->fields[index];
    int64_t value = 0;
    bool read = false;
    switch (field->kind) {
    case POL_CSV_MONEY:
    case POL_CSV_RATE:
    case POL_CSV_COUNT:
    case POL_CSV_YEARS:
    case POL_CSV_DAYS:
        read = pol_cell_number(begin, end, pol_kind_decimals(field->kind), &value);
        break;
    case POL_CSV_DATE:
        read = pol_cell_date(&schema->calendar, begin, end, &value);
        break;
    case POL_CSV_BOOL:
        read = pol_cell_bool(begin, end, &value);
        break;
    case POL_CSV_YEAR:
        read = pol_cell_year(begin, end, &value);
        break;
    case POL_CSV_ENUM:
    case POL_CSV_ITEM:
        return end - begin <= POL_TEXT_LIMIT &&
               pol_names_find(&schema->names[index], begin, (uint32_t)(end - begin)) >= 0;
    case POL_CSV_TEXT:
        return pol_cell_text(begin, end);
    }
    return read && value >= field->min && value <= field->max;
}

/* What the reading has in hand. */
struct look {
    const struct pol_csv_schema *schema;
    const struct pol_csv_header *header;
    const struct pol_csv_batch *batch;
    uint32_t row;
    struct pol_copies *copies;
    void (*found)(void *context, const struct pol_csv_fault *fault);
    void *context;
};

/* Does this state of the field make the row what its status says? */
static bool counts(const struct look *look, uint32_t field, enum pol_csv_state state) {
    const struct pol_csv_schema *schema = look->schema;
    unsigned flags = schema->fields[field].flags;
    uint8_t status = look->batch->status[look->row];
    if (state == POL_CSV_READ)
        return false;
    if (schema->item_field == POL_NONE && (flags & POL_CSV_MUST_STAND))
        return true;
    if (status == POL_UNKNOWN_ITEM)
        return field == schema->item_field;
    if (state == POL_CSV_BAD)
        return status == POL_BAD_VALUE && (flags & (POL_CSV_NEEDED | POL_CSV_BAD_COUNTS));
    return status == POL_MISSING_FIELD && (flags & POL_CSV_NEEDED) && !(flags & POL_CSV_HAS_DEFAULT);
}

static bool look_at(const struct look *look, uint32_t field) {
    struct pol_csv_fault fault = {.field = field, .state = POL_CSV_READ};
    if (!pol_csv_cell_text(look->header, look->batch, field, look->row, look->copies, &fault.cell))
        return false;
    if (fault.cell.size == 0)
        fault.state = POL_CSV_MISSING;
    else if (!reads(look->schema, field, fault.cell.data, fault.cell.data + fault.cell.size))
        fault.state = POL_CSV_BAD;
    if (counts(look, field, fault.state))
        look->found(look->context, &fault);
    return true;
}

bool pol_csv_faults(const struct pol_csv_schema *schema, const struct pol_csv_header *header,
                    const struct pol_csv_batch *batch, uint32_t row, struct pol_copies *copies,
                    void (*found)(void *context, const struct pol_csv_fault *fault), void *context) {
    struct look look = {schema, header, batch, row, copies, found, context};
    bool memory = true;
    for (uint32_t f = 0; f < schema->field_count && memory; f++)
        if (schema->fields[f].flags & POL_CSV_ALWAYS)
            memory = look_at(&look, f);
    if (schema->item_field == POL_NONE)
        return memory;
    uint16_t item = ((const uint16_t *)batch->columns[schema->item_field].values)[row];
    if (item == POL_ITEM_UNKNOWN)
        return memory;
    for (uint32_t n = schema->need_first[item]; n < schema->need_first[item + 1] && memory; n++)
        memory = look_at(&look, schema->need[n]);
    return memory;
}
