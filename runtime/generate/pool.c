#include "generate/pool.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tr.h"

/* Rounds of change-and-judge. A candidate that fails keeps a change when it fails no earlier than before, so that the
 * conditions of an item are passed one after the other. */
enum { POOL_ROUNDS = 80, LOWER_ROUNDS = 12 };

struct trial {
    struct pool *pool;
    uint64_t rows;
    struct candidate *row; /* judged together: row i is candidate i with item[i] */
    uint16_t *item;
    int64_t *progress; /* how far each came; INT64_MAX: awarded */
    int32_t day, year;
};

/* Column storage for one judged batch. */
struct columns {
    struct pol_column *column;
    unsigned char *bytes;
    struct pol_text *text;
    char *names;
};

static enum pol_status no_memory(struct pol_error *error) {
    if (error) {
        error->status = POL_STATUS_SYSTEM;
        snprintf(error->message, sizeof error->message, "%s", tr("out of memory while making a ledger"));
    }
    return POL_STATUS_SYSTEM;
}

uint32_t pool_enum_values(const pol_module *module, const struct pol_field *field) {
    if (field->enum_index == POL_NONE)
        return 0;
    const struct pol_enum *e = pol_module_array(module, pol_module_descriptor(module)->enums);
    return e[field->enum_index].values.count;
}

static void store(unsigned char *to, uint8_t width, uint64_t row, int64_t value) {
    int8_t v1 = (int8_t)value;
    int16_t v2 = (int16_t)value;
    int32_t v4 = (int32_t)value;
    switch (width) {
    case 1:
        memcpy(to + row, &v1, 1);
        break;
    case 2:
        memcpy(to + row * 2, &v2, 2);
        break;
    case 4:
        memcpy(to + row * 4, &v4, 4);
        break;
    default:
        memcpy(to + row * 8, &value, 8);
    }
}

static void columns_free(struct columns *c) {
    free(c->column);
    free(c->bytes);
    free(c->text);
    free(c->names);
}

enum { NAME_SIZE = 24 };

/* Lays `rows` values of each field into columns; every text cell is a name of its own row, so that no key is shared. */
static bool columns_fill(struct columns *c, const struct pol_field *field, uint32_t fields, const struct trial *t,
                         bool profile) {
    *c = (struct columns){.column = calloc((size_t)fields + 1, sizeof *c->column),
                          .bytes = calloc((size_t)fields * t->rows + 1, 8),
                          .text = calloc(t->rows, sizeof *c->text),
                          .names = calloc(t->rows, NAME_SIZE)};
    if (!c->column || !c->bytes || !c->text || !c->names)
        return false;
    for (uint64_t i = 0; i < t->rows; i++) {
        char *name = c->names + i * NAME_SIZE;
        int size = snprintf(name, NAME_SIZE, "N%llu", (unsigned long long)i);
        c->text[i] = (struct pol_text){.data = name, .size = (uint32_t)size};
    }
    for (uint32_t f = 0; f < fields; f++) {
        unsigned char *bytes = c->bytes + (size_t)f * t->rows * 8;
        if (field[f].type == POL_TEXT) {
            c->column[f].values = c->text;
            continue;
        }
        c->column[f].values = bytes;
        for (uint64_t i = 0; i < t->rows; i++)
            store(bytes, field[f].width, i, (profile ? t->row[i].profile : t->row[i].claim)[f]);
    }
    return true;
}

static void read_progress(const struct trial *t, const pol_run *run) {
    for (uint64_t i = 0; i < t->rows; i++) {
        struct pol_decision d;
        pol_run_decisions(run, i, 1, &d);
        t->row[i].award = d.award;
        if (d.award >= 0)
            t->progress[i] = INT64_MAX;
        else
            t->progress[i] = d.reason == POL_INELIGIBLE ? 1000 + (int64_t)d.rule : (int64_t)d.reason;
    }
}

static enum pol_status judge_columns(const struct trial *t, struct columns *claims, struct columns *profiles,
                                     struct pol_error *error) {
    pol_run *run = NULL;
    pol_part *part = NULL;
    struct pol_run_options options = {.threads = 1};
    claims->column[POL_CLAIM_ITEM] = (struct pol_column){.values = t->item};
    struct pol_batch claim_batch = {.rows = t->rows, .columns = claims->column};
    struct pol_batch profile_batch = {.rows = t->rows, .columns = profiles->column};
    enum pol_status s = pol_run_new(t->pool->module, &options, &run, error);
    if (!s)
        s = pol_run_profiles(run, &profile_batch, error);
    if (!s)
        s = pol_run_seal_profiles(run, error);
    if (!s)
        s = pol_part_new(run, &part, error);
    if (!s)
        s = pol_run_evaluate(run, &claim_batch, part, error);
    if (!s)
        s = pol_run_append(run, part, error);
    if (!s)
        s = pol_run_decide(run, error);
    if (!s)
        read_progress(t, run);
    pol_part_free(part);
    pol_run_free(run);
    return s;
}

static enum pol_status judge(const struct trial *t, struct pol_error *error) {
    const struct pol_descriptor *d = pol_module_descriptor(t->pool->module);
    struct columns claims = {0}, profiles = {0};
    enum pol_status s;
    for (uint64_t i = 0; i < t->rows; i++) {
        t->row[i].claim[POL_CLAIM_DATE] = t->day;
        t->row[i].profile[POL_PROFILE_YEAR] = t->year;
    }
    if (columns_fill(&claims, pol_module_array(t->pool->module, d->claim_fields), d->claim_fields.count, t, false) &&
        columns_fill(&profiles, pol_module_array(t->pool->module, d->profile_fields), d->profile_fields.count, t, true))
        s = judge_columns(t, &claims, &profiles, error);
    else
        s = no_memory(error);
    columns_free(&claims);
    columns_free(&profiles);
    return s;
}

static void redraw(struct draw *draw, const pol_module *module, const struct pol_field *field, uint32_t f,
                   int64_t *values) {
    values[f] = draw_value(draw, &field[f], pool_enum_values(module, &field[f]));
}

/* Changes one to three cells that the item reads, profile cells among them. */
static void change(struct draw *draw, const struct pool *pool, uint32_t item, struct candidate *c) {
    const struct pol_descriptor *d = pol_module_descriptor(pool->module);
    const struct pol_item *items = pol_module_array(pool->module, d->items);
    const uint32_t *needs = pol_module_array(pool->module, items[item].needs);
    const struct pol_field *claim = pol_module_array(pool->module, d->claim_fields);
    const struct pol_field *profile = pol_module_array(pool->module, d->profile_fields);
    uint32_t own = d->profile_fields.count - POL_PROFILE_BUILTINS, all = items[item].needs.count + own;
    if (all == 0)
        return;
    for (uint64_t n = 1 + draw_below(draw, 3); n > 0; n--) {
        uint32_t k = (uint32_t)draw_below(draw, all);
        if (k >= own)
            redraw(draw, pool->module, claim, needs[k - own], c->claim);
        else
            redraw(draw, pool->module, profile, POL_PROFILE_BUILTINS + k, c->profile);
    }
}

static void copy_candidate(const struct pool *pool, struct candidate *to, const struct candidate *from) {
    memcpy(to->profile, from->profile, pool->profile_fields * sizeof *to->profile);
    memcpy(to->claim, from->claim, pool->claim_fields * sizeof *to->claim);
    to->award = from->award;
}

static void draw_candidates(struct pool *pool, struct draw *draw) {
    const struct pol_descriptor *d = pol_module_descriptor(pool->module);
    const struct pol_field *claim = pol_module_array(pool->module, d->claim_fields);
    const struct pol_field *profile = pol_module_array(pool->module, d->profile_fields);
    for (uint32_t i = 0; i < pool->rows; i++) {
        for (uint32_t f = 0; f < pool->claim_fields; f++) {
            redraw(draw, pool->module, claim, f, pool->candidate[i].claim);
            if (claim[f].flags & POL_FIELD_DEFAULT)
                pool->candidate[i].claim[f] = claim[f].fallback;
        }
        for (uint32_t f = 0; f < pool->profile_fields; f++)
            redraw(draw, pool->module, profile, f, pool->candidate[i].profile);
    }
}

/* Takes over the profile of some accepted candidate: what one item accepts often suits others. */
static void borrow_profile(const struct pool *pool, struct draw *draw, const struct trial *now, struct candidate *to) {
    uint64_t other = draw_below(draw, now->rows);
    const int64_t *profile = now->row[other].profile;
    assert(profile != NULL); /* pool_storage gave every row one */
    if (now->progress[other] == INT64_MAX)
        memcpy(to->profile, profile, pool->profile_fields * sizeof *to->profile);
}

static enum pol_status improve(struct pool *pool, struct draw *draw, struct trial *now, struct trial *next,
                               struct pol_error *error) {
    enum pol_status s = judge(now, error);
    for (int round = 0; round < POOL_ROUNDS && !s; round++) {
        for (uint64_t i = 0; i < now->rows; i++) {
            copy_candidate(pool, &next->row[i], &now->row[i]);
            if (now->progress[i] == INT64_MAX)
                continue;
            if (draw_chance(draw, 250))
                borrow_profile(pool, draw, now, &next->row[i]);
            change(draw, pool, now->item[i], &next->row[i]);
        }
        s = judge(next, error);
        for (uint64_t i = 0; i < now->rows && !s; i++) {
            if (next->progress[i] < now->progress[i])
                continue;
            copy_candidate(pool, &now->row[i], &next->row[i]);
            now->progress[i] = next->progress[i];
        }
    }
    return s;
}

/* Lowers money cells to a tenth where they are beyond what is usual. */
static void lower_money(const struct pool *pool, struct draw *draw, uint32_t item, struct candidate *c) {
    static const int64_t usual[] = {200000, 1000000, 5000000, 20000000,
                                    100000000}; /* 2,000 to 1,000,000 yuan, in fen */
    const struct pol_descriptor *d = pol_module_descriptor(pool->module);
    const struct pol_item *items = pol_module_array(pool->module, d->items);
    const uint32_t *needs = pol_module_array(pool->module, items[item].needs);
    const struct pol_field *claim = pol_module_array(pool->module, d->claim_fields);
    int64_t most = usual[draw_below(draw, sizeof usual / sizeof *usual)];
    for (uint32_t k = 0; k < items[item].needs.count; k++) {
        const struct pol_field *field = &claim[needs[k]];
        if (field->type == POL_MONEY && c->claim[needs[k]] > most && c->claim[needs[k]] / 10 >= field->min &&
            draw_chance(draw, 500))
            c->claim[needs[k]] /= 10;
    }
}

/* What was accepted with large amounts is as a rule accepted with usual ones, too. */
static enum pol_status settle_amounts(struct pool *pool, struct draw *draw, struct trial *now, struct trial *next,
                                      struct pol_error *error) {
    enum pol_status s = POL_STATUS_OK;
    for (int round = 0; round < LOWER_ROUNDS && !s; round++) {
        for (uint64_t i = 0; i < now->rows; i++) {
            copy_candidate(pool, &next->row[i], &now->row[i]);
            lower_money(pool, draw, now->item[i], &next->row[i]);
        }
        s = judge(next, error);
        for (uint64_t i = 0; i < now->rows && !s; i++)
            if (next->progress[i] >= now->progress[i])
                copy_candidate(pool, &now->row[i], &next->row[i]);
    }
    return s;
}

static void accepted_first(struct pool *pool) {
    for (uint32_t item = 0; item < pool->item_count; item++) {
        struct candidate *c = pool->candidate + (size_t)item * POOL_SIZE;
        uint32_t n = 0;
        for (uint32_t i = 0; i < POOL_SIZE; i++) {
            if (c[i].award < 0)
                continue;
            struct candidate swap = c[n];
            c[n++] = c[i];
            c[i] = swap;
        }
        pool->accepted[item] = n;
    }
}

/* Which profiles (one archetype for each accepted candidate) suit which items. */
static enum pol_status match(struct pool *pool, struct trial *t, struct pol_error *error) {
    enum pol_status s = POL_STATUS_OK;
    for (uint32_t item = 0; item < pool->item_count && !s; item++) {
        if (!pool->accepted[item])
            continue;
        const struct candidate *good = pool->candidate + (size_t)item * POOL_SIZE;
        for (uint64_t i = 0; i < t->rows; i++) {
            copy_candidate(pool, &t->row[i], good);
            memcpy(t->row[i].profile, pool->candidate[i].profile, pool->profile_fields * sizeof(int64_t));
            t->item[i] = (uint16_t)item;
        }
        s = judge(t, error);
        for (uint64_t i = 0; i < t->rows && !s; i++)
            pool->accepts[i * pool->item_count + item] = t->row[i].award >= 0;
    }
    return s;
}

static bool trial_new(struct trial *t, struct pool *pool, struct candidate *row, int32_t day) {
    *t = (struct trial){.pool = pool, .rows = pool->rows, .row = row, .day = day};
    t->item = calloc(t->rows, sizeof *t->item);
    t->progress = calloc(t->rows, sizeof *t->progress);
    for (uint64_t i = 0; i < t->rows && t->item; i++)
        t->item[i] = (uint16_t)(i / POOL_SIZE);
    /* civil year of a day count, good from 1970 on: average year, then corrected */
    int32_t year = 1970 + day / 366;
    while ((year + 1 - 1970) * 365 + (year + 1 - 1969) / 4 - (year + 1 - 1901) / 100 + (year + 1 - 1601) / 400 <= day)
        year++;
    t->year = year;
    return t->item && t->progress;
}

static bool pool_storage(struct pool *pool, struct candidate **spare) {
    size_t rows = pool->rows, width = pool->claim_fields + pool->profile_fields;
    pool->candidate = calloc(rows, sizeof *pool->candidate);
    pool->accepted = calloc(pool->item_count, sizeof *pool->accepted);
    pool->accepts = calloc(rows, pool->item_count);
    pool->values = calloc(2 * rows, width * sizeof *pool->values);
    *spare = calloc(rows, sizeof **spare);
    if (!pool->candidate || !pool->accepted || !pool->accepts || !pool->values || !*spare)
        return false;
    for (size_t i = 0; i < rows; i++) {
        pool->candidate[i].claim = pool->values + i * width;
        (*spare)[i].claim = pool->values + (rows + i) * width;
        pool->candidate[i].profile = pool->candidate[i].claim + pool->claim_fields;
        (*spare)[i].profile = (*spare)[i].claim + pool->claim_fields;
    }
    return true;
}

enum pol_status pool_new(const pol_module *module, uint64_t seed, int32_t day, struct pool **out,
                         struct pol_error *error) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    struct draw draw = {seed};
    struct candidate *spare = NULL;
    struct trial now = {0}, next = {0};
    struct pool *pool = calloc(1, sizeof *pool);
    enum pol_status s = POL_STATUS_OK;
    *out = NULL;
    if (!pool)
        return no_memory(error);
    pool->module = module;
    pool->item_count = d->items.count;
    pool->claim_fields = d->claim_fields.count;
    pool->profile_fields = d->profile_fields.count;
    pool->rows = (uint64_t)d->items.count * POOL_SIZE;
    if (pool->rows == 0)
        goto done;
    if (!pool_storage(pool, &spare) || !trial_new(&now, pool, pool->candidate, day) ||
        !trial_new(&next, pool, spare, day)) {
        s = no_memory(error);
        goto done;
    }
    draw_candidates(pool, &draw);
    s = improve(pool, &draw, &now, &next, error);
    if (!s)
        s = settle_amounts(pool, &draw, &now, &next, error);
    accepted_first(pool);
    if (!s)
        s = match(pool, &next, error);
done:
    free(spare);
    free(now.item);
    free(now.progress);
    free(next.item);
    free(next.progress);
    if (s)
        pool_free(pool);
    else
        *out = pool;
    return s;
}

void pool_free(struct pool *pool) {
    if (!pool)
        return;
    free(pool->candidate);
    free(pool->accepted);
    free(pool->accepts);
    free(pool->values);
    free(pool);
}
