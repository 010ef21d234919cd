/* Checks of the descriptor: after them every reference can be followed, every index used and every text printed. */
#include "core/object.h"

#include <stddef.h>
#include <string.h>

#include "core/status.h"
#include "tr.h"

struct check {
    const uint8_t *base;
    const struct pol_descriptor *d;
    uint64_t size;
    uint64_t budget; /* bytes still to be looked at; texts may be shared, but not without end */
    struct pol_error *error;
};

/* One bool per descriptor part: false means that `error` is filled. */
__attribute__((format(printf, 2, 3))) static bool bad(const struct check *c, const char *format, ...) {
    char what[200];
    va_list list;
    va_start(list, format);
    struct pol_error part;
    prt_fail_list(&part, POL_STATUS_INPUT, format, list);
    va_end(list);
    memcpy(what, part.message, sizeof what - 1);
    what[sizeof what - 1] = 0;
    prt_fail(c->error, POL_STATUS_INPUT, "the policy object is damaged: %s; build it again with `polc build`", what);
    return false;
}

static bool spend(struct check *c, uint64_t bytes) {
    if (bytes > c->budget)
        return bad(c, "its parts overlap");
    c->budget -= bytes;
    return true;
}

/* Length of the UTF-8 character at `s`, 0 if it is none: no surrogates, no overlong forms, nothing above U+10FFFF. */
static size_t character(const uint8_t *s, size_t left) {
    if (s[0] < 0x80)
        return 1;
    size_t length = s[0] >= 0xf0 ? 4 : s[0] >= 0xe0 ? 3 : 2;
    if (s[0] < 0xc2 || s[0] > 0xf4 || left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f))
        return 0;
    if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
        return 0;
    return length;
}

static bool text_ok(struct check *c, struct pol_str s, const char *what) {
    if (s.offset >= c->size || s.size >= c->size - s.offset)
        return bad(c, "%s lies outside", tr(what));
    if (!spend(c, s.size))
        return false;
    const uint8_t *text = c->base + s.offset;
    if (text[s.size] != 0)
        return bad(c, "%s has no end", tr(what));
    for (size_t at = 0; at < s.size;) {
        size_t length = character(text + at, s.size - at);
        if (length == 0 || text[at] == 0)
            return bad(c, "%s is not UTF-8 text", tr(what));
        at += length;
    }
    return true;
}

static bool name_ok(struct check *c, struct pol_str s, const char *what) {
    return text_ok(c, s, what) && (s.size > 0 || bad(c, "%s is empty", tr(what)));
}

/* The array behind a reference, NULL (with the error) if it does not lie inside or is badly aligned. */
static const void *array(struct check *c, struct pol_ref ref, size_t width, size_t align, const char *what) {
    uint64_t bytes = (uint64_t)ref.count * width;
    if (ref.offset > c->size || bytes > c->size - ref.offset) {
        bad(c, "the list of %s lies outside", tr(what));
        return NULL;
    }
    if (ref.count && ref.offset % align) {
        bad(c, "the list of %s is badly aligned", tr(what));
        return NULL;
    }
    return spend(c, bytes) ? c->base + ref.offset : NULL;
}

#define ARRAY(c, ref, type, what) ((const type *)array(c, ref, sizeof(type), _Alignof(type), what))

static bool texts_ok(struct check *c, struct pol_ref ref, const char *what) {
    const struct pol_str *s = ARRAY(c, ref, struct pol_str, what);
    if (!s)
        return false;
    for (uint32_t i = 0; i < ref.count; i++)
        if (!text_ok(c, s[i], what))
            return false;
    return true;
}

static bool index_ok(struct check *c, uint32_t index, uint32_t count, bool none, const char *what) {
    if (index < count || (none && index == POL_NONE))
        return true;
    return bad(c, "%s %u does not exist", tr(what), index);
}

static bool enums_ok(struct check *c) {
    const struct pol_enum *e = ARRAY(c, c->d->enums, struct pol_enum, tr_later("enums"));
    if (!e)
        return false;
    for (uint32_t i = 0; i < c->d->enums.count; i++) {
        const struct pol_enum_value *v = ARRAY(c, e[i].values, struct pol_enum_value, tr_later("enum values"));
        if (!v || !text_ok(c, e[i].name, tr_later("an enum's name")))
            return false;
        if (e[i].values.count == 0 || e[i].values.count > POL_ENUM_LIMIT)
            return bad(c, "an enum has %u values", e[i].values.count);
        for (uint32_t k = 0; k < e[i].values.count; k++)
            if (!name_ok(c, v[k].name, tr_later("an enum value's name")) ||
                !name_ok(c, v[k].column, tr_later("an enum value's column")) ||
                !text_ok(c, v[k].label, tr_later("an enum value's label")))
                return false;
    }
    return true;
}

static bool type_ok(struct check *c, uint8_t type, uint32_t enum_index, const char *what) {
    if (type < POL_MONEY || type > POL_TEXT)
        return bad(c, "%s has unknown type %u", tr(what), type);
    if (type == POL_ENUM)
        return index_ok(c, enum_index, c->d->enums.count, false, tr_later("enum"));
    return enum_index == POL_NONE || bad(c, "%s is no enum but names one", tr(what));
}

static bool width_ok(enum pol_type type, uint8_t width) {
    switch (type) {
    case POL_MONEY:
        return width == 8;
    case POL_RATE:
    case POL_COUNT:
    case POL_YEARS:
    case POL_DAYS:
        return width == 4 || width == 8;
    case POL_DATE:
        return width == 4;
    case POL_BOOL:
    case POL_ENUM:
        return width == 1;
    case POL_TEXT:
        return width == sizeof(struct pol_text);
    }
    return false;
}

enum { DAYS_MIN = -719162, DAYS_MAX = 2932896 }; /* years 1 to 9999 */

/* Builtins have the shapes that the runtime works with, whatever the type says of them for people. */
static bool builtin_ok(struct check *c, const struct pol_field *f, bool claim, uint32_t index) {
    uint8_t type = POL_TEXT, width = sizeof(struct pol_text);
    if (f->type < POL_MONEY || f->type > POL_TEXT)
        return bad(c, "builtin field %u has unknown type %u", index, f->type);
    if (!index_ok(c, f->enum_index, c->d->enums.count, true, tr_later("enum")))
        return false;
    if (claim && index == POL_CLAIM_ITEM)
        return f->width == 2 || bad(c, "the item column has width %u", f->width);
    if (claim && index == POL_CLAIM_DATE) {
        type = POL_DATE, width = 4;
        if (f->min > f->max || f->min < DAYS_MIN || f->max > DAYS_MAX)
            return bad(c, "the range of the claim's date is not possible");
    }
    if (claim && index == POL_CLAIM_PAID)
        type = POL_MONEY, width = 8;
    if (!claim && index == POL_PROFILE_YEAR)
        return f->width == 4 || bad(c, "the year column has width %u", f->width);
    return (f->type == type && f->width == width) || bad(c, "builtin field %u has the wrong type", index);
}

static bool field_ok(struct check *c, const struct pol_field *f, bool claim, uint32_t index) {
    bool builtin = index < (claim ? (uint32_t)POL_CLAIM_BUILTINS : (uint32_t)POL_PROFILE_BUILTINS);
    if (!name_ok(c, f->name, tr_later("a field's name")) || !name_ok(c, f->column, tr_later("a field's column")) ||
        !text_ok(c, f->label, tr_later("a field's label")) || !texts_ok(c, f->aliases, tr_later("field aliases")))
        return false;
    if (builtin != ((f->flags & POL_FIELD_BUILTIN) != 0))
        return bad(c, "the builtin fields are not the first");
    if (f->flags & ~(POL_FIELD_BUILTIN | POL_FIELD_DEFAULT | POL_FIELD_USED))
        return bad(c, "a field has unknown flags");
    if (builtin)
        return builtin_ok(c, f, claim, index);
    if (!type_ok(c, f->type, f->enum_index, tr_later("a field")))
        return false;
    if (!width_ok(f->type, f->width))
        return bad(c, "a field of type %u has width %u", f->type, f->width);
    if (f->type != POL_BOOL && f->type != POL_ENUM && f->min > f->max)
        return bad(c, "a field's range is empty");
    return f->width != 4 || f->type == POL_TEXT || (f->min >= INT32_MIN && f->max <= INT32_MAX) ||
           bad(c, "a field's range is wider than its column");
}

static bool fields_ok(struct check *c, struct pol_ref ref, bool claim) {
    const struct pol_field *f = ARRAY(c, ref, struct pol_field, tr_later("fields"));
    if (!f)
        return false;
    if (ref.count < (claim ? (uint32_t)POL_CLAIM_BUILTINS : (uint32_t)POL_PROFILE_BUILTINS))
        return bad(c, "a builtin field is missing");
    for (uint32_t i = 0; i < ref.count; i++)
        if (!field_ok(c, &f[i], claim, i))
            return false;
    return true;
}

static bool params_ok(struct check *c) {
    const struct pol_param *p = ARRAY(c, c->d->params, struct pol_param, tr_later("parameters"));
    if (!p)
        return false;
    for (uint32_t i = 0; i < c->d->params.count; i++) {
        if (!name_ok(c, p[i].name, tr_later("a parameter's name")) ||
            !text_ok(c, p[i].column, tr_later("a parameter's column")) ||
            !text_ok(c, p[i].label, tr_later("a parameter's label")) ||
            !type_ok(c, p[i].type, p[i].enum_index, tr_later("a parameter")))
            return false;
        if (p[i].type == POL_TEXT)
            return bad(c, "a parameter is a text");
        if (p[i].type == POL_DATE &&
            (p[i].min < DAYS_MIN || p[i].max > DAYS_MAX || p[i].fallback < DAYS_MIN || p[i].fallback > DAYS_MAX))
            return bad(c, "the days of a parameter are not possible");
    }
    return true;
}

static bool clauses_ok(struct check *c) {
    const struct pol_clause *k = ARRAY(c, c->d->clauses, struct pol_clause, tr_later("clauses"));
    if (!k)
        return false;
    for (uint32_t i = 0; i < c->d->clauses.count; i++)
        if (!text_ok(c, k[i].number, tr_later("a clause's number")) ||
            !text_ok(c, k[i].title, tr_later("a clause's title")) || !texts_ok(c, k[i].quotes, tr_later("quotes")) ||
            !texts_ok(c, k[i].lead, tr_later("lead departments")) ||
            !texts_ok(c, k[i].responsible, tr_later("responsible departments")) ||
            !texts_ok(c, k[i].refers, tr_later("references")) || !texts_ok(c, k[i].readings, tr_later("readings")))
            return false;
    return true;
}

static bool rules_ok(struct check *c) {
    if (c->d->rules.count > UINT16_MAX + 1u) /* kernels and results name them by 16 bits */
        return bad(c, "there are %u rules", c->d->rules.count);
    const struct pol_rule *r = ARRAY(c, c->d->rules, struct pol_rule, tr_later("rules"));
    if (!r)
        return false;
    if (c->d->rules.count == 0)
        return bad(c, "there is no rule 0");
    for (uint32_t i = 0; i < c->d->rules.count; i++) {
        if (!text_ok(c, r[i].name, tr_later("a rule's name")) ||
            !text_ok(c, r[i].source, tr_later("a rule's source")) ||
            !text_ok(c, r[i].quote, tr_later("a rule's quote")))
            return false;
        if (i == 0)
            continue;
        if (!index_ok(c, r[i].clause, c->d->clauses.count, true, tr_later("clause")) ||
            !index_ok(c, r[i].item, c->d->items.count, true, tr_later("item")))
            return false;
        if (r[i].reason >= POL_REASON_COUNT)
            return bad(c, "a rule has unknown reason %u", r[i].reason);
    }
    return true;
}

static bool key_ok(struct check *c, const struct pol_key *k) {
    switch (k->kind) {
    case POL_KEY_APPLICANT:
    case POL_KEY_YEAR:
    case POL_KEY_ITEM:
        return true;
    case POL_KEY_CLAIM_FIELD:
        return index_ok(c, k->field, c->d->claim_fields.count, false, tr_later("claim field"));
    case POL_KEY_PROFILE_FIELD:
        return index_ok(c, k->field, c->d->profile_fields.count, false, tr_later("applicant field"));
    default:
        return bad(c, "unknown kind of key %u", k->kind);
    }
}

enum { KEYS_MAX = 64 };

static bool cells_ok(struct check *c) {
    const struct pol_cell *cell = ARRAY(c, c->d->cells, struct pol_cell, tr_later("cells"));
    if (!cell)
        return false;
    for (uint32_t i = 0; i < c->d->cells.count; i++) {
        const struct pol_key *k = ARRAY(c, cell[i].keys, struct pol_key, tr_later("keys"));
        if (!k || !text_ok(c, cell[i].name, tr_later("a cell's name")) ||
            !index_ok(c, cell[i].clause, c->d->clauses.count, true, tr_later("clause")))
            return false;
        if (cell[i].kind < POL_CELL_ONCE || cell[i].kind > POL_CELL_CAP)
            return bad(c, "unknown kind of cell %u", cell[i].kind);
        if (cell[i].keys.count > KEYS_MAX)
            return bad(c, "a cell has %u keys", cell[i].keys.count);
        for (uint32_t n = 0; n < cell[i].keys.count; n++)
            if (!key_ok(c, &k[n]))
                return false;
    }
    return true;
}

static bool operand_ok(struct check *c, const struct pol_operand *o, bool needed, const char *what) {
    switch (o->kind) {
    case POL_OPERAND_NONE:
        return !needed || bad(c, "a step lacks its %s", tr(what));
    case POL_OPERAND_CONST:
        return true;
    case POL_OPERAND_AUX:
        return index_ok(c, o->aux, c->d->aux_count, false, tr_later("aux column"));
    default:
        return bad(c, "unknown kind of operand %u", o->kind);
    }
}

/* The kind of cell a step works on, 0 for none; -1 for an unknown step. */
static int cell_of_step(uint8_t kind) {
    switch (kind) {
    case POL_STEP_ONCE:
        return POL_CELL_ONCE;
    case POL_STEP_ONE_YEAR:
        return POL_CELL_ONE_YEAR;
    case POL_STEP_LADDER:
        return POL_CELL_LADDER;
    case POL_STEP_CAP_MONEY:
    case POL_STEP_CAP_CLAIMS:
    case POL_STEP_CAP_UNITS:
        return POL_CELL_CAP;
    case POL_STEP_LESS:
    case POL_STEP_LIMIT:
        return 0;
    default:
        return -1;
    }
}

static int stage_of_step(uint8_t kind) {
    if (kind <= POL_STEP_ONE_YEAR)
        return 0;
    if (kind <= POL_STEP_LESS)
        return kind - POL_STEP_ONE_YEAR;
    return kind == POL_STEP_LIMIT ? 4 : 3;
}

static bool needs_field(const struct check *c, const struct pol_item *item, uint32_t field) {
    const uint32_t *need = (const uint32_t *)(const void *)(c->base + item->needs.offset);
    for (uint32_t i = 0; i < item->needs.count; i++)
        if (need[i] == field)
            return true;
    return false;
}

/* A key that reads a claim field is only known where the item needs that field. */
static bool keys_needed(struct check *c, const struct pol_item *item, const struct pol_cell *cell) {
    const struct pol_key *k = (const struct pol_key *)(const void *)(c->base + cell->keys.offset);
    for (uint32_t i = 0; i < cell->keys.count; i++)
        if (k[i].kind == POL_KEY_CLAIM_FIELD && !needs_field(c, item, k[i].field))
            return bad(c, "an item does not need the field of its key");
    return true;
}

static bool step_ok(struct check *c, const struct pol_item *item, const struct pol_step *s) {
    int kind = cell_of_step(s->kind);
    if (kind < 0)
        return bad(c, "unknown kind of step %u", s->kind);
    bool cap = kind == POL_CELL_CAP, units = s->kind == POL_STEP_CAP_UNITS;
    if (!index_ok(c, s->rule, c->d->rules.count, false, tr_later("rule")) ||
        !operand_ok(c, &s->max, cap, tr_later("maximum")) ||
        !operand_ok(c, &s->condition, false, tr_later("condition")) ||
        !operand_ok(c, &s->amount, s->kind == POL_STEP_LESS, tr_later("amount")) ||
        !operand_ok(c, &s->units, units, tr_later("units")) || !operand_ok(c, &s->price, units, tr_later("price")))
        return false;
    if (kind == 0)
        return s->cell == POL_NONE || bad(c, "a step and its cell are of different kinds");
    if (!index_ok(c, s->cell, c->d->cells.count, false, tr_later("cell")))
        return false;
    const struct pol_cell *cell = (const struct pol_cell *)(const void *)(c->base + c->d->cells.offset) + s->cell;
    if (cell->kind != kind)
        return bad(c, "a step and its cell are of different kinds");
    return keys_needed(c, item, cell);
}

static bool needs_ok(struct check *c, const struct pol_item *item) {
    const uint32_t *need = ARRAY(c, item->needs, uint32_t, tr_later("needed fields"));
    if (!need)
        return false;
    for (uint32_t i = 0; i < item->needs.count; i++) {
        if (!index_ok(c, need[i], c->d->claim_fields.count, false, tr_later("claim field")))
            return false;
        if (i && need[i] <= need[i - 1])
            return bad(c, "an item's needed fields are not in order");
        if (need[i] == POL_CLAIM_ID || need[i] == POL_CLAIM_ITEM)
            return bad(c, "an item needs a field that it cannot read");
    }
    if (!needs_field(c, item, POL_CLAIM_APPLICANT) || !needs_field(c, item, POL_CLAIM_DATE))
        return bad(c, "an item does not need applicant and date");
    return true;
}

static bool item_ok(struct check *c, const struct pol_item *item) {
    const struct pol_step *s = ARRAY(c, item->steps, struct pol_step, tr_later("steps"));
    if (!s || !name_ok(c, item->name, tr_later("an item's name")) ||
        !name_ok(c, item->column, tr_later("an item's column")) ||
        !text_ok(c, item->label, tr_later("an item's label")) ||
        !text_ok(c, item->quote, tr_later("an item's quote")) ||
        !index_ok(c, item->clause, c->d->clauses.count, true, tr_later("clause")) ||
        !index_ok(c, item->award_rule, c->d->rules.count, false, tr_later("rule")) || !needs_ok(c, item))
        return false;
    for (uint32_t i = 0; i < item->steps.count; i++) {
        if (!step_ok(c, item, &s[i]))
            return false;
        if (i && stage_of_step(s[i].kind) < stage_of_step(s[i - 1].kind))
            return bad(c, "the steps of an item are out of order");
        if (i && s[i].kind == POL_STEP_LIMIT && s[i - 1].kind == POL_STEP_LIMIT)
            return bad(c, "an item has two limits");
        if (s[i].kind == POL_STEP_LIMIT && !c->d->limit.present)
            return bad(c, "an item uses a limit that is not there");
    }
    return true;
}

static bool items_ok(struct check *c) {
    if (c->d->items.count >= POL_ITEM_UNKNOWN)
        return bad(c, "there are %u items", c->d->items.count);
    const struct pol_item *item = ARRAY(c, c->d->items, struct pol_item, tr_later("items"));
    if (!item)
        return false;
    for (uint32_t i = 0; i < c->d->items.count; i++)
        if (!item_ok(c, &item[i]))
            return false;
    return true;
}

static bool targets_ok(struct check *c) {
    const struct pol_target *t = ARRAY(c, c->d->targets, struct pol_target, tr_later("targets"));
    if (!t)
        return false;
    for (uint32_t i = 0; i < c->d->targets.count; i++) {
        if (!name_ok(c, t[i].name, tr_later("a target's name")) ||
            !name_ok(c, t[i].column, tr_later("a target's indicator")) ||
            !text_ok(c, t[i].label, tr_later("a target's label")) ||
            !index_ok(c, t[i].clause, c->d->clauses.count, true, tr_later("clause")))
            return false;
        if (t[i].kind < POL_TARGET_BY || t[i].kind > POL_TARGET_TOTAL || t[i].sense < POL_AT_LEAST ||
            t[i].sense > POL_AT_MOST || t[i].type < POL_MONEY || t[i].type > POL_COUNT)
            return bad(c, "a target is of unknown kind");
        if (t[i].first_year > t[i].last_year || t[i].first_year < 1 || t[i].last_year > 9999)
            return bad(c, "a target's years are not possible");
    }
    return true;
}

static bool limit_ok(struct check *c) {
    const struct pol_limit *l = &c->d->limit;
    if (l->present > 1)
        return bad(c, "unknown limit");
    if (!l->present)
        return true;
    return text_ok(c, l->name, tr_later("the limit's name")) &&
           index_ok(c, l->clause, c->d->clauses.count, true, tr_later("clause")) &&
           index_ok(c, l->rule, c->d->rules.count, false, tr_later("rule"));
}

static bool header_texts_ok(struct check *c) {
    const struct pol_descriptor *d = c->d;
    return name_ok(c, d->name, tr_later("the policy's name")) && text_ok(c, d->title, tr_later("the title")) &&
           text_ok(c, d->issuer, tr_later("the issuer")) && text_ok(c, d->version, tr_later("the version")) &&
           text_ok(c, d->source_name, tr_later("the source's name")) &&
           text_ok(c, d->compiler, tr_later("the compiler's name")) &&
           text_ok(c, d->cpu, tr_later("the processor's name"));
}

/* What a header of the writer's ABI has: fields are appended, each by a minor version. */
static size_t header_size(const struct pol_descriptor *d) {
    return d->abi_minor == 0   ? offsetof(struct pol_descriptor, cell_digests)
           : d->abi_minor == 1 ? offsetof(struct pol_descriptor, thresholds)
                               : sizeof *d;
}

static bool sizes_ok(const struct check *c) {
    const struct pol_descriptor *d = c->d;
    const struct {
        const char *name;
        size_t is, want;
    } sizes[] = {
        {"field", d->size_field, sizeof(struct pol_field)},
        {"enum", d->size_enum, sizeof(struct pol_enum)},
        {"enum_value", d->size_enum_value, sizeof(struct pol_enum_value)},
        {"param", d->size_param, sizeof(struct pol_param)},
        {"clause", d->size_clause, sizeof(struct pol_clause)},
        {"rule", d->size_rule, sizeof(struct pol_rule)},
        {"cell", d->size_cell, sizeof(struct pol_cell)},
        {"key", d->size_key, sizeof(struct pol_key)},
        {"step", d->size_step, sizeof(struct pol_step)},
        {"item", d->size_item, sizeof(struct pol_item)},
        {"target", d->size_target, sizeof(struct pol_target)},
        {"kernels", d->size_kernels, sizeof(struct pol_kernels)},
        {"descriptor", d->header_size, header_size(d)},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (sizes[i].is != sizes[i].want) {
            prt_fail(c->error, POL_STATUS_INPUT,
                     "the policy object was built for another runtime: a %s record has %zu bytes, this runtime's has "
                     "%zu; build it again with a matching `polc`",
                     sizes[i].name, sizes[i].is, sizes[i].want);
            return false;
        }
    return true;
}

static bool version_ok(const struct check *c) {
    const struct pol_descriptor *d = c->d;
    if (memcmp(d->magic, POL_MAGIC, sizeof d->magic) != 0)
        return bad(c, "pol_descriptor does not begin with the mark of a policy");
    if (d->abi_major == POL_ABI_MAJOR && d->abi_minor <= POL_ABI_MINOR)
        return true;
    prt_fail(c->error, POL_STATUS_INPUT,
             "the policy object has ABI %u.%u, this runtime reads %u.0 to %u.%u; build it again with a matching `polc`",
             d->abi_major, d->abi_minor, (unsigned)POL_ABI_MAJOR, (unsigned)POL_ABI_MAJOR, (unsigned)POL_ABI_MINOR);
    return false;
}

static bool cell_digests_ok(struct check *c) {
    if (c->d->abi_minor < 1)
        return true;
    struct pol_ref ref = c->d->cell_digests;
    if (ref.count != 0 && ref.count != c->d->cells.count)
        return bad(c, "it has %u digests of cells", ref.count);
    return array(c, ref, POL_DIGEST_SIZE, 1, tr_later("digests of cells")) != NULL;
}

static bool thresholds_ok(struct check *c) {
    if (c->d->abi_minor < 2)
        return true;
    const struct pol_threshold *t = ARRAY(c, c->d->thresholds, struct pol_threshold, tr("thresholds"));
    const struct pol_item *item = (const struct pol_item *)(const void *)(c->base + c->d->items.offset);
    const struct pol_field *field = (const struct pol_field *)(const void *)(c->base + c->d->claim_fields.offset);
    for (uint32_t i = 0; t && i < c->d->thresholds.count; i++) {
        if (!index_ok(c, t[i].item, c->d->items.count, false, tr("item")) ||
            !index_ok(c, t[i].field, c->d->claim_fields.count, true, tr("claim field")) ||
            !index_ok(c, t[i].param, c->d->params.count, true, tr("parameter")))
            return false;
        if (i > 0 && t[i].item < t[i - 1].item)
            return bad(c, "the thresholds are not in the order of items");
        if (t[i].field != POL_NONE &&
            (field[t[i].field].type > POL_DAYS || !needs_field(c, &item[t[i].item], t[i].field)))
            return bad(c, "a threshold is not of a number that its item needs");
    }
    return t != NULL;
}

static bool kernels_ok(const struct check *c) {
    const struct pol_descriptor *d = c->d;
    if (d->kernel_count == 0 || d->kernel_count > POL_KERNEL_SLOTS)
        return bad(c, "it has %u kernels", d->kernel_count);
    for (uint32_t i = 0; i < d->kernel_count; i++) {
        if (d->kernels[i].level > 4)
            return bad(c, "kernels for unknown level %u", d->kernels[i].level);
        if (d->kernels[i].least > 4)
            return bad(c, "kernels for unknown level %u", d->kernels[i].least);
        for (uint32_t k = 0; k < i; k++)
            if (d->kernels[k].level == d->kernels[i].level)
                return bad(c, "two kernels for level %u", d->kernels[i].level);
    }
    return true;
}

enum pol_status prt_descriptor_check(const uint8_t *blob, uint64_t size, struct pol_error *error) {
    struct check check = {.base = blob, .d = (const struct pol_descriptor *)(const void *)blob, .error = error};
    struct check *c = &check;
    if (size < offsetof(struct pol_descriptor, size) || !version_ok(c)) {
        if (size < offsetof(struct pol_descriptor, size))
            bad(c, "the descriptor is too short");
        return POL_STATUS_INPUT;
    }
    bool whole = size >= header_size(c->d);
    if (!whole || !sizes_ok(c)) {
        if (!whole)
            bad(c, "the descriptor is too short");
        return POL_STATUS_INPUT;
    }
    if (c->d->size < header_size(c->d) || c->d->size > size || c->d->size > UINT32_MAX) {
        bad(c, "its size is wrong");
        return POL_STATUS_INPUT;
    }
    c->size = c->d->size;
    c->budget = (1u << 20) + (c->size < (1u << 24) ? c->size * 256 : (uint64_t)1 << 32);
    bool ok = kernels_ok(c) && header_texts_ok(c) && enums_ok(c) && fields_ok(c, c->d->claim_fields, true) &&
              fields_ok(c, c->d->profile_fields, false) && params_ok(c) && clauses_ok(c) && rules_ok(c) &&
              cells_ok(c) && cell_digests_ok(c) && items_ok(c) && thresholds_ok(c) && targets_ok(c) && limit_ok(c);
    return ok ? POL_STATUS_OK : POL_STATUS_INPUT;
}
