/* From cells to their keys in full, and back: the plan's numbering of cells is of one run only. */
#include "core/state.h"

#include <string.h>

/* ---- the shape of a key ------------------------------------------------------------------------------------------ */

static struct pol_text column_of(const pol_run *run, const struct pol_field *f) {
    return prt_module_text(run->module, f->column);
}

/* A profile field by where its value stands in a row. */
static struct pol_text profile_column(const pol_run *run, uint32_t offset) {
    const struct pol_field *f = prt_at(run->module, run->module->descriptor->profile_fields);
    for (uint32_t i = POL_PROFILE_BUILTINS; i < run->module->descriptor->profile_fields.count; i++)
        if (run->profiles.offset[i] == offset)
            return column_of(run, &f[i]);
    return (struct pol_text){.data = ""};
}

static struct pol_text name_of(const pol_run *run, uint8_t source, uint32_t field) {
    const struct pol_field *claim = prt_at(run->module, run->module->descriptor->claim_fields);
    if (source == PRT_FROM_CLAIM)
        return column_of(run, &claim[field]);
    return source == PRT_FROM_PROFILE ? profile_column(run, field) : (struct pol_text){.data = ""};
}

static bool part_before(const struct prt_key_part *a, const struct prt_key_part *b) {
    return a->source != b->source ? a->source < b->source : prt_text_order(a->name, b->name) < 0;
}

static void add_part(const pol_run *run, struct prt_key_shape *shape, uint8_t form, uint8_t source, uint32_t field,
                     uint32_t index) {
    struct prt_key_part part = {.form = form, .source = source, .index = index, .name = name_of(run, source, field)};
    uint32_t at = shape->count++;
    for (; at > 0 && part_before(&part, &shape->part[at - 1]); at--)
        shape->part[at] = shape->part[at - 1];
    shape->part[at] = part;
}

void prt_key_shape_make(const pol_run *run, uint32_t index, struct prt_key_shape *shape) {
    const struct prt_family *family = &run->plan.family[index];
    shape->family = family;
    shape->count = 0;
    for (uint32_t i = 0; i < family->number_count; i++) {
        const struct prt_number *n = &run->plan.number[family->first_number + i];
        add_part(run, shape, PRT_KEY_NUMBER, n->source, n->field, i);
    }
    for (uint32_t i = 0; i < family->link_count; i++) {
        const struct prt_link *link = &run->plan.link[family->first_link + i];
        if (link->has_piece && link->high)
            add_part(run, shape, PRT_KEY_WIDE, link->number.source, link->number.field, i);
        if (link->has_text)
            add_part(run, shape, PRT_KEY_TEXT, link->text_of_profile ? PRT_FROM_PROFILE : PRT_FROM_CLAIM, link->text,
                     i);
    }
}

int prt_key_order(const struct prt_key_shape *shape, const struct prt_key_value *a, const struct prt_key_value *b) {
    for (uint32_t i = 0; i < shape->count; i++) {
        int order = shape->part[i].form == PRT_KEY_TEXT ? prt_text_order(a[i].text, b[i].text)
                                                        : (a[i].number > b[i].number) - (a[i].number < b[i].number);
        if (order)
            return order;
    }
    return 0;
}

/* ---- from a cell ------------------------------------------------------------------------------------------------- */

/* What the links on the way to a cell had. */
struct chain {
    uint64_t first; /* the family's packed numbers */
    uint32_t piece[PRT_KEY_PARTS];
    struct pol_text text[PRT_KEY_PARTS];
};

static void follow(const pol_run *run, const struct prt_family *family, uint32_t cell, struct chain *chain) {
    chain->first = cell;
    for (uint32_t i = family->link_count; i-- > 0;) {
        uint64_t prefix;
        chain->text[i] = prt_dict_key(&run->dict[run->plan.link[family->first_link + i].dict], cell, &prefix);
        chain->piece[i] = (uint32_t)prefix;
        if (i == 0)
            chain->first = prefix;
        else
            cell = (uint32_t)(prefix >> 32);
    }
}

static const struct prt_number *plan_number(const pol_run *run, const struct prt_family *family,
                                            const struct prt_key_part *part) {
    if (part->form == PRT_KEY_WIDE)
        return &run->plan.link[family->first_link + part->index].number;
    return &run->plan.number[family->first_number + part->index];
}

static int64_t rank_of(const struct prt_ranks *ranks, uint8_t source, int64_t number) {
    switch ((enum prt_source)source) {
    case PRT_FROM_APPLICANT:
        return ranks->applicant[number];
    case PRT_FROM_PROFILE_ROW:
        return ranks->row[number];
    case PRT_FROM_ITEM:
        return ranks->item[number];
    case PRT_FROM_YEAR:
    case PRT_FROM_CLAIM:
    case PRT_FROM_PROFILE:
        break;
    }
    return number;
}

static void gather(const pol_run *run, const struct prt_key_shape *shape, const struct prt_ranks *ranks,
                   const struct chain *chain, struct prt_key_value *value) {
    const struct prt_family *family = shape->family;
    for (uint32_t i = 0; i < shape->count; i++) {
        const struct prt_key_part *part = &shape->part[i];
        value[i] = (struct prt_key_value){.text = {.data = ""}};
        if (part->form == PRT_KEY_TEXT) {
            value[i].text = chain->text[part->index];
            continue;
        }
        const struct prt_number *n = plan_number(run, family, part);
        uint64_t number = part->form == PRT_KEY_WIDE
                              ? (uint64_t)chain->piece[part->index] << 32 | chain->piece[part->index + 1]
                              : chain->first / n->stride % n->span;
        value[i].number = rank_of(ranks, part->source, (int64_t)(number + (uint64_t)n->min));
    }
}

void prt_key_of_cell(const pol_run *run, const struct prt_key_shape *shape, const struct prt_ranks *ranks,
                     uint32_t cell, struct prt_key_value *value) {
    struct chain chain;
    follow(run, shape->family, cell, &chain);
    gather(run, shape, ranks, &chain, value);
}

void prt_key_of_links(const pol_run *run, const struct prt_key_shape *shape, const struct prt_ranks *ranks,
                      const struct prt_pending *link, struct prt_key_value *value) {
    struct chain chain = {.first = link[0].prefix};
    for (uint32_t i = 0; i < shape->family->link_count; i++) {
        chain.piece[i] = (uint32_t)link[i].prefix;
        chain.text[i] = (struct pol_text){.data = link[i].data, .size = link[i].size};
    }
    gather(run, shape, ranks, &chain, value);
}

/* ---- to a cell --------------------------------------------------------------------------------------------------- */

/* The run's number behind a value of a key, counted from the smallest; false where there is none. */
static bool number_of(const pol_run *run, const struct prt_ranks *ranks, const struct prt_number *n, int64_t value,
                      uint64_t *number) {
    switch ((enum prt_source)n->source) {
    case PRT_FROM_APPLICANT:
    case PRT_FROM_PROFILE_ROW:
        if (value < 0 || value >= run->profiles.restored)
            return false;
        if (n->source == PRT_FROM_APPLICANT)
            value = prt_profile_at(&run->profiles, (uint32_t)value)->applicant;
        break;
    case PRT_FROM_ITEM:
        if (value < 0 || value >= run->module->descriptor->items.count)
            return false;
        value = ranks->item_at[value];
        break;
    case PRT_FROM_YEAR:
    case PRT_FROM_CLAIM:
    case PRT_FROM_PROFILE:
        break;
    }
    *number = (uint64_t)value - (uint64_t)n->min;
    return n->span == 0 || *number < n->span;
}

/* Spreads a key's values over what the links look up. */
static bool spread(const pol_run *run, const struct prt_key_shape *shape, const struct prt_ranks *ranks,
                   const struct prt_key_value *value, struct chain *chain) {
    const struct prt_family *family = shape->family;
    chain->first = 0;
    for (uint32_t i = 0; i < family->link_count; i++) {
        chain->piece[i] = 0;
        chain->text[i] = (struct pol_text){.data = ""};
    }
    for (uint32_t i = 0; i < shape->count; i++) {
        const struct prt_key_part *part = &shape->part[i];
        if (part->form == PRT_KEY_TEXT) {
            chain->text[part->index] = value[i].text;
            continue;
        }
        const struct prt_number *n = plan_number(run, family, part);
        uint64_t number = 0;
        if (!number_of(run, ranks, n, value[i].number, &number))
            return false;
        if (part->form == PRT_KEY_WIDE) {
            chain->piece[part->index] = (uint32_t)(number >> 32);
            chain->piece[part->index + 1] = (uint32_t)number;
        } else {
            chain->first += number * n->stride;
        }
    }
    return true;
}

bool prt_links_of_key(const pol_run *run, const struct prt_key_shape *shape, const struct prt_ranks *ranks,
                      const struct prt_key_value *value, struct prt_pending *link) {
    const struct prt_family *family = shape->family;
    struct chain chain;
    if (!spread(run, shape, ranks, value, &chain))
        return false;
    for (uint32_t i = 0; i < family->link_count; i++) {
        const struct prt_link *l = &run->plan.link[family->first_link + i];
        struct pol_text text = chain.text[i];
        link[i] = (struct prt_pending){.prefix = i == 0 ? chain.first : chain.piece[i],
                                       .data = text.data,
                                       .size = text.size,
                                       .text_hash = l->has_text ? prt_hash_text(text.data, text.size, run->seed) : 0,
                                       .dict = l->dict};
    }
    return true;
}

bool prt_cell_of_key(pol_run *run, const struct prt_key_shape *shape, const struct prt_ranks *ranks,
                     const struct prt_key_value *value, uint32_t *cell, bool *damaged) {
    const struct prt_family *family = shape->family;
    struct chain chain;
    *damaged = !spread(run, shape, ranks, value, &chain);
    if (*damaged)
        return false;
    if (family->link_count == 0)
        *cell = (uint32_t)chain.first;
    for (uint32_t i = 0; i < family->link_count; i++) {
        const struct prt_link *link = &run->plan.link[family->first_link + i];
        uint64_t prefix = i == 0 ? chain.first : (uint64_t)*cell << 32 | chain.piece[i];
        struct pol_text text = chain.text[i];
        uint64_t hash = link->has_text ? prt_hash_text(text.data, text.size, run->seed) : 0;
        if (!prt_dict_code(&run->dict[link->dict], prefix, prt_hold(text.data, text.size), prt_hash_key(hash, prefix),
                           cell))
            return false;
    }
    return true;
}
