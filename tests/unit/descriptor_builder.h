/* descriptor_builder.h - descriptors made by hand, for tests of the runtime without a compiler.
 *
 * Fill the lists of a struct db (texts are ordinary strings, references are indices), then db_finish lays them out as a
 * blob. Limits are generous fixed sizes: this is for small policies. */
#ifndef DESCRIPTOR_BUILDER_H
#define DESCRIPTOR_BUILDER_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"

enum { DB_FIELDS = 24, DB_CELLS = 16, DB_ITEMS = 12, DB_STEPS = 8, DB_RULES = 40, DB_KEYS = 5, DB_VALUES = 12 };

struct db_item {
    const char *name;
    uint32_t needs[DB_FIELDS], need_count;
    struct pol_step step[DB_STEPS];
    uint32_t step_count, award_rule;
};

struct db_cell {
    uint8_t kind;
    struct pol_key key[DB_KEYS];
    uint32_t key_count;
};

struct db_field {
    const char *name;
    uint8_t type, flags;
    int64_t min, max, fallback;
    uint32_t enum_index;
};

struct db {
    struct db_field claim[DB_FIELDS], profile[DB_FIELDS];
    uint32_t claim_count, profile_count;
    const char *value[2][DB_VALUES]; /* enums */
    uint32_t value_count[2], enum_count;
    struct {
        const char *name;
        uint8_t reason;
    } rule[DB_RULES];
    uint32_t rule_count;
    struct db_cell cell[DB_CELLS];
    uint32_t cell_count;
    struct db_item item[DB_ITEMS];
    uint32_t item_count;
    struct pol_param param[4];
    const char *param_name[4];
    uint32_t param_count;
    uint32_t aux_count;
    struct pol_limit limit;
    /* the blob */
    _Alignas(8) uint8_t blob[65536];
    uint32_t size;
};

static inline uint32_t db_field(struct db_field *list, uint32_t *count, const char *name, uint8_t type, int64_t min,
                                int64_t max) {
    list[*count] = (struct db_field){.name = name, .type = type, .min = min, .max = max, .enum_index = POL_NONE};
    list[*count].flags = POL_FIELD_USED;
    return (*count)++;
}

static inline uint32_t db_rule(struct db *b, const char *name, uint8_t reason) {
    b->rule[b->rule_count].name = name;
    b->rule[b->rule_count].reason = reason;
    return b->rule_count++;
}

/* The builtin fields, and rule 0. */
static inline void db_begin(struct db *b) {
    memset(b, 0, sizeof *b);
    db_field(b->claim, &b->claim_count, "claim_id", POL_TEXT, 0, 255);
    db_field(b->claim, &b->claim_count, "applicant_id", POL_TEXT, 0, 255);
    db_field(b->claim, &b->claim_count, "item", POL_COUNT, 0, 65534);
    db_field(b->claim, &b->claim_count, "date", POL_DATE, 7305, 47481); /* 1990-01-01 to 2099-12-31 */
    db_field(b->claim, &b->claim_count, "object_id", POL_TEXT, 0, 255);
    db_field(b->claim, &b->claim_count, "paid", POL_MONEY, 0, 100000000000000);
    db_field(b->profile, &b->profile_count, "applicant_id", POL_TEXT, 0, 255);
    db_field(b->profile, &b->profile_count, "year", POL_COUNT, 1990, 2099);
    for (uint32_t i = 0; i < b->claim_count; i++)
        b->claim[i].flags = POL_FIELD_BUILTIN;
    for (uint32_t i = 0; i < b->profile_count; i++)
        b->profile[i].flags = POL_FIELD_BUILTIN;
    db_rule(b, "", POL_OK);
}

/* ... with up to DB_KEYS keys, ended by kind 0. */
static inline uint32_t db_cell(struct db *b, uint8_t kind, const struct pol_key *keys, uint32_t count) {
    struct db_cell *cell = &b->cell[b->cell_count];
    cell->kind = kind;
    for (uint32_t i = 0; i < count; i++)
        cell->key[i] = keys[i];
    cell->key_count = count;
    return b->cell_count++;
}

static inline uint32_t db_item(struct db *b, const char *name) {
    struct db_item *item = &b->item[b->item_count];
    item->name = name;
    item->award_rule = db_rule(b, name, POL_OK);
    return b->item_count++;
}

static inline struct pol_step *db_step(struct db *b, uint32_t item, uint8_t kind, uint32_t cell, uint32_t rule) {
    struct pol_step *step = &b->item[item].step[b->item[item].step_count++];
    *step = (struct pol_step){.kind = kind, .cell = cell, .rule = rule};
    return step;
}

static inline struct pol_operand db_const(int64_t value) {
    return (struct pol_operand){.kind = POL_OPERAND_CONST, .value = value};
}

static inline struct pol_operand db_aux(uint32_t aux) {
    return (struct pol_operand){.kind = POL_OPERAND_AUX, .aux = aux};
}

/* ---- layout -------------------------------------------------------------------------------------------------------
 */

static inline uint32_t db_room(struct db *b, size_t size) {
    b->size = (b->size + 7u) & ~7u;
    if (b->size + size > sizeof b->blob)
        abort();
    uint32_t at = b->size;
    b->size += (uint32_t)size;
    return at;
}

static inline struct pol_str db_text(struct db *b, const char *text) {
    size_t size = strlen(text);
    uint32_t at = db_room(b, size + 1);
    memcpy(b->blob + at, text, size + 1);
    return (struct pol_str){at, (uint32_t)size};
}

static inline struct pol_ref db_list(struct db *b, const void *records, uint32_t count, size_t width) {
    uint32_t at = db_room(b, count * width);
    if (count)
        memcpy(b->blob + at, records, count * width);
    return (struct pol_ref){at, count};
}

static inline uint8_t db_width(uint8_t type) {
    switch (type) {
    case POL_MONEY:
        return 8;
    case POL_BOOL:
    case POL_ENUM:
        return 1;
    case POL_TEXT:
        return sizeof(struct pol_text);
    default:
        return 4;
    }
}

static inline struct pol_ref db_fields(struct db *b, const struct db_field *list, uint32_t count) {
    struct pol_field out[DB_FIELDS];
    memset(out, 0, sizeof out);
    for (uint32_t i = 0; i < count; i++) {
        const struct db_field *f = &list[i];
        out[i].name = out[i].column = db_text(b, f->name);
        out[i].label = db_text(b, "");
        out[i].type = f->type;
        out[i].width = db_width(f->type);
        if (list == b->claim && i == POL_CLAIM_ITEM)
            out[i].width = 2;
        out[i].flags = f->flags;
        out[i].enum_index = f->enum_index;
        out[i].min = f->min;
        out[i].max = f->max;
        out[i].fallback = f->fallback;
    }
    return db_list(b, out, count, sizeof *out);
}

static inline struct pol_ref db_enums(struct db *b) {
    struct pol_enum out[2];
    memset(out, 0, sizeof out);
    for (uint32_t i = 0; i < b->enum_count; i++) {
        struct pol_enum_value values[DB_VALUES];
        for (uint32_t k = 0; k < b->value_count[i]; k++) {
            values[k].name = values[k].column = db_text(b, b->value[i][k]);
            values[k].label = db_text(b, "");
        }
        out[i].name = db_text(b, "e");
        out[i].values = db_list(b, values, b->value_count[i], sizeof *values);
    }
    return db_list(b, out, b->enum_count, sizeof *out);
}

static inline struct pol_ref db_items(struct db *b) {
    struct pol_item out[DB_ITEMS];
    memset(out, 0, sizeof out);
    for (uint32_t i = 0; i < b->item_count; i++) {
        const struct db_item *item = &b->item[i];
        out[i].name = out[i].column = db_text(b, item->name);
        out[i].label = out[i].quote = db_text(b, "");
        out[i].needs = db_list(b, item->needs, item->need_count, sizeof *item->needs);
        out[i].steps = db_list(b, item->step, item->step_count, sizeof *item->step);
        out[i].clause = POL_NONE;
        out[i].award_rule = item->award_rule;
    }
    return db_list(b, out, b->item_count, sizeof *out);
}

static inline struct pol_ref db_rules(struct db *b) {
    struct pol_rule out[DB_RULES];
    memset(out, 0, sizeof out);
    for (uint32_t i = 0; i < b->rule_count; i++) {
        out[i].name = db_text(b, b->rule[i].name);
        out[i].source = out[i].quote = db_text(b, "");
        out[i].clause = out[i].item = POL_NONE;
        out[i].reason = b->rule[i].reason;
    }
    return db_list(b, out, b->rule_count, sizeof *out);
}

static inline struct pol_ref db_cells(struct db *b) {
    struct pol_cell out[DB_CELLS];
    memset(out, 0, sizeof out);
    for (uint32_t i = 0; i < b->cell_count; i++) {
        out[i].name = db_text(b, "cell");
        out[i].keys = db_list(b, b->cell[i].key, b->cell[i].key_count, sizeof *b->cell[i].key);
        out[i].clause = POL_NONE;
        out[i].kind = b->cell[i].kind;
    }
    return db_list(b, out, b->cell_count, sizeof *out);
}

/* Any that differ will do. */
static inline struct pol_ref db_cell_digests(struct db *b) {
    uint8_t out[DB_CELLS][POL_DIGEST_SIZE];
    memset(out, 0, sizeof out);
    for (uint32_t i = 0; i < b->cell_count; i++)
        out[i][0] = (uint8_t)(i + 1);
    return db_list(b, out, b->cell_count, sizeof *out);
}

static inline struct pol_ref db_params(struct db *b) {
    for (uint32_t i = 0; i < b->param_count; i++) {
        b->param[i].name = b->param[i].column = db_text(b, b->param_name[i]);
        b->param[i].label = db_text(b, "");
    }
    return db_list(b, b->param, b->param_count, sizeof *b->param);
}

static inline void db_sizes(struct pol_descriptor *d) {
    memcpy(d->magic, POL_MAGIC, sizeof d->magic);
    d->abi_major = POL_ABI_MAJOR;
    d->abi_minor = POL_ABI_MINOR;
    d->header_size = sizeof *d;
    d->size_field = sizeof(struct pol_field);
    d->size_enum = sizeof(struct pol_enum);
    d->size_enum_value = sizeof(struct pol_enum_value);
    d->size_param = sizeof(struct pol_param);
    d->size_clause = sizeof(struct pol_clause);
    d->size_rule = sizeof(struct pol_rule);
    d->size_cell = sizeof(struct pol_cell);
    d->size_key = sizeof(struct pol_key);
    d->size_step = sizeof(struct pol_step);
    d->size_item = sizeof(struct pol_item);
    d->size_target = sizeof(struct pol_target);
    d->size_kernels = sizeof(struct pol_kernels);
}

/* The finished descriptor, at the start of b->blob; b->size bytes. */
static inline struct pol_descriptor *db_finish(struct db *b) {
    b->size = 0;
    db_room(b, sizeof(struct pol_descriptor));
    struct pol_descriptor d;
    memset(&d, 0, sizeof d);
    db_sizes(&d);
    d.name = db_text(b, "hand_made");
    d.title = d.issuer = d.version = d.source_name = d.compiler = d.cpu = db_text(b, "");
    d.claim_fields = db_fields(b, b->claim, b->claim_count);
    d.profile_fields = db_fields(b, b->profile, b->profile_count);
    d.enums = db_enums(b);
    d.params = db_params(b);
    d.clauses = d.targets = db_list(b, NULL, 0, 1);
    d.rules = db_rules(b);
    d.cells = db_cells(b);
    d.cell_digests = db_cell_digests(b);
    d.items = db_items(b);
    d.limit = b->limit;
    d.limit.name = db_text(b, "limit");
    d.limit.clause = POL_NONE;
    d.aux_count = b->aux_count;
    d.first_day = INT32_MIN;
    d.last_day = INT32_MAX;
    d.kernel_count = 1;
    d.kernels[0].level = 1;
    d.size = b->size;
    memcpy(b->blob, &d, sizeof d);
    return (struct pol_descriptor *)(void *)b->blob;
}

#endif
