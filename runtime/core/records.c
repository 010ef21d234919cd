/* The records of the claims that go on to the fold, made item by item: what the plan says of an item is looked at once
 * for all rows of a block that have it, not anew for each claim. */
#include "core/run.h"
#include "core/status.h"

struct prt_groups {
    uint32_t *count;     /* by item: of its rows; 0 between blocks */
    uint32_t item_count; /* of the items that came up */
    bool failed;         /* a cell of a key has a value that it cannot have (the caller judged it good) */
    uint64_t first;      /* the block's first row */
    uint64_t key[PRT_BLOCK];
    uint32_t at[PRT_BLOCK];      /* by row: where its record begins in the stream */
    uint64_t pending[PRT_BLOCK]; /* by row: where its look-ups begin */
    uint16_t item[PRT_BLOCK];    /* the items that came up */
    uint16_t row[PRT_BLOCK];     /* an item's rows one behind the other */
    uint16_t some[PRT_BLOCK];    /* those of them that a step applies to */
};

struct prt_groups *prt_groups_make(uint32_t items) {
    struct prt_groups *groups = prt_zeroed(1, sizeof *groups);
    if (groups)
        groups->count = prt_zeroed(items, sizeof *groups->count);
    if (groups && groups->count)
        return groups;
    prt_groups_free(groups);
    return NULL;
}

void prt_groups_free(struct prt_groups *groups) {
    if (groups)
        prt_release(groups->count);
    prt_release(groups);
}

/* Rows of one item. */
struct rows {
    pol_part *part;
    struct prt_groups *groups;
    const uint16_t *row;
    uint32_t count;
};

static inline uint32_t *record_of(const struct rows *rows, uint32_t i) {
    return rows->part->stream + rows->groups->at[rows->row[i]];
}

static void fail(const struct rows *rows, uint32_t i) {
    rows->part->status[rows->row[i]] = POL_BAD_VALUE;
    rows->groups->failed = true;
}

/* ---- keys -------------------------------------------------------------------------------------------------------- */

static inline int64_t read_value(const void *values, uint8_t width, uint64_t at) {
    if (width == 1)
        return ((const uint8_t *)values)[at];
    if (width == 4) {
        int32_t v;
        memcpy(&v, (const uint8_t *)values + at * sizeof v, sizeof v);
        return v;
    }
    int64_t v;
    memcpy(&v, (const uint8_t *)values + at * sizeof v, sizeof v);
    return v;
}

static inline int64_t number_of(const pol_part *part, const struct prt_number *n, uint32_t r) {
    switch ((enum prt_source)n->source) {
    case PRT_FROM_APPLICANT:
        return ((const struct prt_profile *)(const void *)part->profile_data[r])->applicant;
    case PRT_FROM_PROFILE_ROW:
        return part->profile_row[r];
    case PRT_FROM_YEAR:
        return part->year[r];
    case PRT_FROM_CLAIM:
        return read_value(part->claim[n->field], n->width, r);
    case PRT_FROM_PROFILE:
        return read_value(part->profile_data[r] + n->field, n->width, 0);
    case PRT_FROM_ITEM:
        return part->item[r];
    }
    return 0;
}

/* Counted from the smallest value. */
static inline uint64_t key_number(const struct rows *rows, const struct prt_number *n, uint32_t i) {
    uint64_t number = (uint64_t)number_of(rows->part, n, rows->row[i]) - (uint64_t)n->min;
    if (n->span != 0 && number >= n->span)
        fail(rows, i);
    return number;
}

/* To the keys so far. */
static void add_numbers(const struct rows *rows, const struct prt_number *n) {
    uint64_t *key = rows->groups->key;
    for (uint32_t i = 0; i < rows->count; i++) {
        key[i] += key_number(rows, n, i) * n->stride;
    }
}

static struct pol_text link_text(const pol_part *part, const struct prt_link *link, uint32_t r) {
    if (!link->text_of_profile)
        return ((const struct pol_text *)part->claim[link->text])[r];
    struct pol_text text;
    memcpy(&text, part->profile_data[r] + link->text, sizeof text);
    return text;
}

static void pend_text(const struct rows *rows, const struct prt_link *link, uint32_t i, struct prt_pending *p) {
    struct pol_text text = link_text(rows->part, link, rows->row[i]);
    if (text.size > POL_TEXT_LIMIT) {
        fail(rows, i);
        return;
    }
    p->data = text.data;
    p->size = text.size;
    p->held = prt_hold(text.data, text.size);
    p->text_hash = prt_hash_text(text.data, text.size, rows->part->run->seed);
}

/* Where a row has its look-ups of a step: in the order of the rows, whatever the order they are made in. */
static inline struct prt_pending *pending_of(const struct rows *rows, uint32_t i, uint32_t links) {
    return rows->part->pending + rows->groups->pending[rows->row[i]] + links;
}

/* Leaves the look-ups of a key for append. */
static void pend(const struct rows *rows, const struct prt_family *family, uint32_t i, uint32_t word,
                 struct prt_pending *p) {
    const struct prt_link *link = &rows->part->run->plan.link[family->first_link];
    uint64_t prefix = rows->groups->key[i];
    for (uint32_t l = 0; l < family->link_count; l++, p++, prefix = 0) {
        *p = (struct prt_pending){.prefix = prefix,
                                  .dict = link[l].dict,
                                  .word = word,
                                  .chained = l > 0,
                                  .last = l + 1 == family->link_count};
        if (link[l].has_piece) {
            uint64_t number = key_number(rows, &link[l].number, i);
            p->prefix = link[l].high ? number >> 32 : number & 0xffffffffu;
        }
        if (link[l].has_text)
            pend_text(rows, &link[l], i, p);
    }
}

/* ---- a step ------------------------------------------------------------------------------------------------------ */

/* The rows that the step applies to. The others are told so, and have nothing to look up. */
static struct rows choose(const struct rows *rows, const struct prt_step *step, uint32_t links, uint32_t link_count) {
    if (!step->never && !step->conditional)
        return *rows;
    const int64_t *condition = step->never ? NULL : rows->part->aux[step->condition_aux];
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        bool applies = condition && condition[rows->row[i]] != 0;
        rows->groups->some[count] = rows->row[i];
        count += applies;
        record_of(rows, i)[step->word] = PRT_NONE; /* for now */
        for (uint32_t l = 0; l < link_count; l++)
            *pending_of(rows, i, links + l) = (struct prt_pending){.dict = PRT_NONE};
    }
    return (struct rows){rows->part, rows->groups, rows->groups->some, count};
}

static void put_cells(const struct rows *all, const struct prt_step *step, uint32_t links) {
    const struct prt_plan *plan = &all->part->run->plan;
    const struct prt_family *family = &plan->family[step->family];
    const struct rows rows = choose(all, step, links, family->link_count);
    memset(rows.groups->key, 0, rows.count * sizeof *rows.groups->key);
    for (uint32_t n = 0; n < family->number_count; n++)
        add_numbers(&rows, &plan->number[family->first_number + n]);
    for (uint32_t i = 0; i < rows.count && family->link_count > 0; i++)
        pend(&rows, family, i, rows.groups->at[rows.row[i]] + step->word, pending_of(&rows, i, links));
    for (uint32_t i = 0; i < rows.count && family->link_count == 0; i++)
        record_of(&rows, i)[step->word] = (uint32_t)rows.groups->key[i];
}

static void put_operand(const struct rows *rows, const struct prt_operand *o) {
    for (uint32_t i = 0; i < rows->count && o->in_record; i++)
        memcpy(record_of(rows, i) + o->word, &rows->part->aux[o->aux][rows->row[i]], sizeof(int64_t));
}

/* ---- an item ----------------------------------------------------------------------------------------------------- */

static void put_heads(const struct rows *rows, const struct prt_item *item) {
    const pol_part *part = rows->part;
    const int32_t *date = part->claim[POL_CLAIM_DATE];
    for (uint32_t i = 0; i < rows->count; i++) {
        uint32_t r = rows->row[i], *record = record_of(rows, i);
        const struct prt_profile *profile = (const void *)part->profile_data[r];
        bool limited = item->limited && (profile->flags & POL_PROFILE_LIMITED);
        memcpy(record + PRT_AWARD, &part->award[r], sizeof part->award[r]);
        record[PRT_ROW] = (uint32_t)(rows->groups->first + r);
        record[PRT_DATE] = (uint32_t)date[r];
        record[PRT_BUDGET] = profile->budget;
        record[PRT_ITEM] = part->item[r] | (limited ? PRT_LIMITED : 0);
        record[PRT_ADJUST] = 0;
        record[PRT_APPLICANT] = profile->applicant;
    }
}

static void put_item(const struct rows *rows, const struct prt_item *item) {
    const struct prt_step *step = &rows->part->run->plan.step[item->first_step];
    uint32_t links = 0;
    put_heads(rows, item);
    for (uint32_t i = 0; i < item->cap_end; i++) {
        if (step[i].family != PRT_NONE) {
            put_cells(rows, &step[i], links);
            links += rows->part->run->plan.family[step[i].family].link_count;
        }
        put_operand(rows, &step[i].max);
        put_operand(rows, &step[i].amount);
        put_operand(rows, &step[i].units);
        put_operand(rows, &step[i].price);
    }
}

/* ---- a block ----------------------------------------------------------------------------------------------------- */

static bool reserve(pol_part *part, uint32_t rows) {
    const struct prt_plan *plan = &part->run->plan;
    uint64_t words = part->words + (uint64_t)rows * plan->most_words + PRT_HEAD,
             links = part->pending_count + (uint64_t)rows * plan->most_links + 1;
    uint32_t *stream = words < PRT_NONE ? prt_grown(part->stream, &part->word_room, words, sizeof *stream) : NULL;
    if (!stream)
        return false;
    part->stream = stream;
    struct prt_pending *pending = prt_grown(part->pending, &part->pending_room, links, sizeof *pending);
    if (pending)
        part->pending = pending;
    return pending != NULL;
}

/* Gives the rows their places in the stream and puts an item's rows one behind the other. */
static void group(pol_part *part, const uint16_t *row, uint32_t count) {
    struct prt_groups *g = part->groups;
    const struct prt_item *items = part->run->plan.item;
    uint64_t words = part->words, links = part->pending_count;
    g->item_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        uint16_t item = part->item[row[i]];
        if (g->count[item]++ == 0)
            g->item[g->item_count++] = item;
        g->at[row[i]] = (uint32_t)words;
        g->pending[row[i]] = links;
        words += items[item].words;
        links += items[item].links;
    }
    part->words = words;
    part->pending_count = links;
    uint32_t end = 0;
    for (uint32_t i = 0; i < g->item_count; i++) {
        end += g->count[g->item[i]];
        g->count[g->item[i]] = end; /* where its rows end; where they begin, once they are there */
    }
    for (uint32_t i = count; i-- > 0;)
        g->row[--g->count[part->item[row[i]]]] = row[i];
}

static void put_groups(pol_part *part, uint32_t count) {
    struct prt_groups *g = part->groups;
    for (uint32_t i = 0; i < g->item_count; i++) {
        uint32_t begin = g->count[g->item[i]], end = i + 1 < g->item_count ? g->count[g->item[i + 1]] : count;
        struct rows rows = {part, g, g->row + begin, end - begin};
        put_item(&rows, &part->run->plan.item[g->item[i]]);
    }
    for (uint32_t i = 0; i < g->item_count; i++)
        g->count[g->item[i]] = 0;
}

/* Those whose keys can be had; the others' reason is told. */
static uint32_t keep_good(pol_part *part, uint16_t *row, uint32_t count) {
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (part->status[row[i]] == POL_OK)
            row[kept++] = row[i];
        else
            part->reason[part->groups->first + row[i]] = part->status[row[i]];
    }
    return kept;
}

bool prt_records_put(pol_part *part, uint64_t first, uint16_t *row, uint32_t count) {
    struct prt_groups *g = part->groups;
    const uint64_t words = part->words, pending = part->pending_count;
    g->first = first;
    if (!reserve(part, count))
        return false;
    do { /* once, as nearly always nothing fails; and, without what fails, once more */
        g->failed = false;
        part->words = words;
        part->pending_count = pending;
        group(part, row, count);
        put_groups(part, count);
        count = keep_good(part, row, count);
    } while (g->failed);
    return true;
}
