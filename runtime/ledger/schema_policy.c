/* The schemas of a policy, from its descriptor. */
#include <stdlib.h>

#include "ledger/fail.h"
#include "ledger/schema.h"

/* A spec under construction: the arrays it points to. */
struct draft {
    struct pol_csv_field *fields;
    struct pol_name *aliases, *values;
    struct pol_csv_item *items;
    size_t alias_count, value_count;
};

static struct pol_name name_of(const pol_module *module, struct pol_str s) {
    return (struct pol_name){pol_module_string(module, s), s.size};
}

static void free_draft(struct draft *draft) {
    free(draft->fields);
    free(draft->aliases);
    free(draft->values);
    free(draft->items);
}

/* Room for all aliases and names of the fields and items. */
static bool make_draft(const pol_module *module, struct pol_ref fields, struct draft *draft) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_field *field = pol_module_array(module, fields);
    const struct pol_enum *enums = pol_module_array(module, d->enums);
    size_t aliases = 1, values = 1 + (size_t)d->items.count;
    for (uint32_t f = 0; f < fields.count; f++) {
        aliases += field[f].aliases.count + 1;
        if (field[f].enum_index != POL_NONE)
            values += enums[field[f].enum_index].values.count;
    }
    *draft = (struct draft){calloc(fields.count + 1u, sizeof *draft->fields),
                            calloc(aliases, sizeof *draft->aliases),
                            calloc(values, sizeof *draft->values),
                            calloc(d->items.count + 1u, sizeof *draft->items),
                            0,
                            0};
    return draft->fields != NULL && draft->aliases != NULL && draft->values != NULL && draft->items != NULL;
}

static void draft_values(const pol_module *module, const struct pol_field *from, struct draft *draft,
                         struct pol_csv_field *field) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_enum *enums = pol_module_array(module, d->enums);
    field->values = draft->values + draft->value_count;
    if (field->kind == POL_CSV_ITEM) {
        const struct pol_item *items = pol_module_array(module, d->items);
        for (uint32_t i = 0; i < d->items.count; i++)
            draft->values[draft->value_count++] = name_of(module, items[i].column);
        field->value_count = d->items.count;
    } else if (from->enum_index != POL_NONE) {
        const struct pol_enum *set = &enums[from->enum_index];
        const struct pol_enum_value *value = pol_module_array(module, set->values);
        for (uint32_t v = 0; v < set->values.count; v++)
            draft->values[draft->value_count++] = name_of(module, value[v].column);
        field->value_count = set->values.count;
    }
}

static void draft_field(const pol_module *module, const struct pol_field *from, enum pol_csv_kind kind, unsigned flags,
                        struct draft *draft, struct pol_csv_field *field) {
    const struct pol_str *aliases = pol_module_array(module, from->aliases);
    *field = (struct pol_csv_field){.column = name_of(module, from->column),
                                    .name = name_of(module, from->name),
                                    .aliases = draft->aliases + draft->alias_count,
                                    .alias_count = from->aliases.count,
                                    .kind = kind,
                                    .flags = flags,
                                    .width = from->width,
                                    .min = from->min,
                                    .max = from->max,
                                    .fallback = from->fallback};
    if (from->flags & POL_FIELD_DEFAULT)
        field->flags |= POL_CSV_HAS_DEFAULT;
    for (uint32_t a = 0; a < from->aliases.count; a++)
        draft->aliases[draft->alias_count++] = name_of(module, aliases[a]);
    draft_values(module, from, draft, field);
}

static unsigned claim_flags(uint32_t field) {
    switch (field) {
    case POL_CLAIM_ID:
        return POL_CSV_ALWAYS | POL_CSV_BAD_COUNTS | POL_CSV_MUST_STAND;
    case POL_CLAIM_APPLICANT:
    case POL_CLAIM_DATE:
        return POL_CSV_ALWAYS | POL_CSV_NEEDED | POL_CSV_MUST_STAND;
    case POL_CLAIM_ITEM:
        return POL_CSV_ALWAYS | POL_CSV_MUST_STAND;
    case POL_CLAIM_PAID:
        return POL_CSV_ALWAYS;
    default:
        return POL_CSV_NEEDED;
    }
}

enum pol_status pol_csv_schema_claims(const pol_module *module, struct pol_csv_schema **out, struct pol_error *error) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_field *fields = pol_module_array(module, d->claim_fields);
    const struct pol_item *items = pol_module_array(module, d->items);
    struct draft draft;
    enum pol_status status = POL_STATUS_SYSTEM;
    if (make_draft(module, d->claim_fields, &draft)) {
        for (uint32_t f = 0; f < d->claim_fields.count; f++) {
            enum pol_csv_kind kind = f == POL_CLAIM_ITEM ? POL_CSV_ITEM : (enum pol_csv_kind)fields[f].type;
            draft_field(module, &fields[f], kind, claim_flags(f), &draft, &draft.fields[f]);
        }
        draft.fields[POL_CLAIM_ITEM].width = sizeof(uint16_t);
        for (uint32_t i = 0; i < d->items.count; i++)
            draft.items[i] = (struct pol_csv_item){pol_module_array(module, items[i].needs), items[i].needs.count};
        status = pol_csv_schema_new(
            &(struct pol_csv_spec){draft.fields, d->claim_fields.count, draft.items, POL_CLAIM_ITEM}, out, error);
    } else {
        pol_ledger_no_memory(error);
    }
    free_draft(&draft);
    return status;
}

enum pol_status pol_csv_schema_profiles(const pol_module *module, struct pol_csv_schema **out,
                                        struct pol_error *error) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_field *fields = pol_module_array(module, d->profile_fields);
    struct draft draft;
    enum pol_status status = POL_STATUS_SYSTEM;
    if (make_draft(module, d->profile_fields, &draft)) {
        for (uint32_t f = 0; f < d->profile_fields.count; f++) {
            bool key = f < POL_PROFILE_BUILTINS;
            enum pol_csv_kind kind = f == POL_PROFILE_YEAR ? POL_CSV_YEAR : (enum pol_csv_kind)fields[f].type;
            unsigned flags = POL_CSV_ALWAYS | (key ? POL_CSV_MUST_STAND : POL_CSV_NEEDED);
            draft_field(module, &fields[f], kind, flags, &draft, &draft.fields[f]);
        }
        draft.fields[POL_PROFILE_YEAR].width = sizeof(int32_t);
        status = pol_csv_schema_new(&(struct pol_csv_spec){draft.fields, d->profile_fields.count, NULL, POL_NONE}, out,
                                    error);
    } else {
        pol_ledger_no_memory(error);
    }
    free_draft(&draft);
    return status;
}
