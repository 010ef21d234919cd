#include "ledger/schema.h"

#include <stdlib.h>

#include "ledger/fail.h"

static bool copy_fields(struct pol_csv_schema *schema, const struct pol_csv_spec *spec) {
    size_t aliases = 0;
    for (uint32_t f = 0; f < spec->field_count; f++)
        aliases += spec->fields[f].alias_count;
    schema->fields = calloc(spec->field_count + 1, sizeof *schema->fields);
    schema->names = calloc(spec->field_count + 1, sizeof *schema->names);
    schema->aliases = calloc(aliases + 1, sizeof *schema->aliases);
    if (schema->fields == NULL || schema->names == NULL || schema->aliases == NULL)
        return false;
    schema->field_count = spec->field_count;
    struct pol_name *alias = schema->aliases;
    for (uint32_t f = 0; f < spec->field_count; f++) {
        struct pol_csv_field *field = &schema->fields[f];
        *field = spec->fields[f];
        if (field->alias_count > 0)
            memcpy(alias, field->aliases, field->alias_count * sizeof *alias);
        field->aliases = alias;
        alias += field->alias_count;
        if (field->kind == POL_CSV_BOOL) {
            field->values = pol_bool_words;
            field->value_count = POL_BOOL_WORDS;
        }
        if (field->kind == POL_CSV_ENUM || field->kind == POL_CSV_ITEM) {
            field->min = 0; /* whatever name was found is in range */
            field->max = INT64_MAX;
        }
        if (!pol_names_build(&schema->names[f], field->values, field->value_count))
            return false;
    }
    return true;
}

static bool copy_needs(struct pol_csv_schema *schema, const struct pol_csv_spec *spec) {
    schema->item_field = spec->item_field;
    if (spec->item_field == POL_NONE)
        return true;
    schema->item_count = spec->fields[spec->item_field].value_count;
    size_t total = 0;
    for (uint32_t i = 0; i < schema->item_count; i++)
        total += spec->items[i].need_count;
    schema->need = calloc(total + 1, sizeof *schema->need);
    schema->need_first = calloc((size_t)schema->item_count + 1, sizeof *schema->need_first);
    if (schema->need == NULL || schema->need_first == NULL)
        return false;
    uint32_t count = 0;
    for (uint32_t i = 0; i < schema->item_count; i++) {
        schema->need_first[i] = count;
        for (uint32_t n = 0; n < spec->items[i].need_count; n++) {
            uint32_t field = spec->items[i].needs[n];
            if (!(schema->fields[field].flags & POL_CSV_ALWAYS))
                schema->need[count++] = field;
        }
    }
    schema->need_first[schema->item_count] = count;
    return true;
}

enum pol_status pol_csv_schema_new(const struct pol_csv_spec *spec, struct pol_csv_schema **out,
                                   struct pol_error *error) {
    struct pol_csv_schema *schema = calloc(1, sizeof *schema);
    if (schema == NULL || !copy_fields(schema, spec) || !copy_needs(schema, spec)) {
        pol_csv_schema_free(schema);
        return pol_ledger_no_memory(error);
    }
    pol_calendar_fill(&schema->calendar);
    *out = schema;
    return POL_STATUS_OK;
}

static bool same_name(struct pol_name a, struct pol_name b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static bool has_header(const struct pol_csv_field *field, struct pol_name column) {
    if (same_name(field->column, column))
        return true;
    for (uint32_t a = 0; a < field->alias_count; a++)
        if (same_name(field->aliases[a], column))
            return true;
    return false;
}

uint32_t pol_csv_schema_field(const struct pol_csv_schema *schema, struct pol_name column) {
    for (uint32_t m = 0; m < schema->mapped_count; m++)
        if (same_name(schema->mapped[m].column, column))
            return schema->mapped[m].field;
    for (uint32_t f = 0; f < schema->field_count; f++)
        if (has_header(&schema->fields[f], column))
            return f;
    return POL_NONE;
}

enum pol_status pol_csv_schema_map(struct pol_csv_schema *schema, struct pol_name field, struct pol_name column,
                                   bool *known, struct pol_error *error) {
    uint32_t index = POL_NONE;
    for (uint32_t f = 0; f < schema->field_count && index == POL_NONE; f++)
        if (schema->fields[f].name.size > 0 && same_name(schema->fields[f].name, field))
            index = f;
    for (uint32_t f = 0; f < schema->field_count && index == POL_NONE; f++)
        if (has_header(&schema->fields[f], field))
            index = f;
    *known = index != POL_NONE;
    if (index == POL_NONE)
        return POL_STATUS_OK;
    struct pol_csv_mapped *mapped = realloc(schema->mapped, (schema->mapped_count + 1u) * sizeof *mapped);
    if (mapped == NULL)
        return pol_ledger_no_memory(error);
    schema->mapped = mapped;
    mapped[schema->mapped_count++] = (struct pol_csv_mapped){.field = index, .column = column};
    return POL_STATUS_OK;
}

void pol_csv_schema_free(struct pol_csv_schema *schema) {
    if (schema == NULL)
        return;
    for (uint32_t f = 0; f < schema->field_count; f++)
        pol_names_free(&schema->names[f]);
    free(schema->fields);
    free(schema->names);
    free(schema->need);
    free(schema->need_first);
    free(schema->aliases);
    free(schema->mapped);
    free(schema);
}
