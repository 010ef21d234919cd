#include "generate/generate.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "generate/out.h"
#include "generate/pool.h"
#include "tr.h"

/* Everything of one generation, passed first. */
struct maker {
    const pol_module *module;
    const struct pol_descriptor *d;
    const struct pol_field *claim, *profile;
    const struct pol_item *item;
    struct generate_options options;
    struct pool *pool;
    struct draw draw;
    bool *wanted;        /* by item */
    bool *written;       /* by claim field */
    uint32_t *choice;    /* items an archetype may claim, item_count for each archetype */
    uint32_t *choices;   /* how many */
    uint32_t *archetype; /* candidates whose profile is accepted for a wanted item */
    uint32_t archetypes;
    int32_t first_day, days, first_year;
    unsigned profile_years;
    struct out out;
    const char *done[3]; /* the files that are complete */
    unsigned done_count;
};

static enum pol_status fail(struct pol_error *error, enum pol_status status, const char *message) {
    if (error) {
        error->status = status;
        snprintf(error->message, sizeof error->message, "%s", tr(message));
    }
    return status;
}

/* ---- cells that are wrong on purpose ---------------------------------------------------------------------------- */

static const char *const bad_cell[] = {
    "abc",
    "-5",
    "1,000",
    "1_000",
    "1.234",
    "1e3",
    "0x1F",
    "+5",
    "１２",
    "NaN",
    "12元",
    "1 000",
    "9999999999999999",
    "",
    "yes",
    "TRUE",
    "True",
    "真",
    "2023-02-29",
    "2023/01/05",
    "2023-1-5",
    "1989-12-31",
    "Enterprise",
    "???",
    "\xff\xfe",
    "  ",
    "\"\"",
    ".5",
    "5.",
    "null",
};

/* Cells that look odd and are fine: the reader must not stumble over them. */
static void out_odd(struct maker *m, const char *cell) {
    switch (draw_below(&m->draw, 3)) {
    case 0:
        out_text(&m->out, "  ");
        out_text(&m->out, cell);
        out_text(&m->out, "\t");
        break;
    case 1:
        out_text(&m->out, "\"");
        out_text(&m->out, cell);
        out_text(&m->out, "\"");
        break;
    default:
        out_text(&m->out, " \" ");
        out_text(&m->out, cell);
        out_text(&m->out, " \"");
    }
}

static void out_bad(struct maker *m) {
    uint64_t k = draw_below(&m->draw, sizeof bad_cell / sizeof *bad_cell + 2);
    if (k < sizeof bad_cell / sizeof *bad_cell) {
        const char *z = bad_cell[k];
        bool quote = strchr(z, ',') != NULL;
        out_text(&m->out, quote ? "\"" : "");
        out_text(&m->out, z);
        out_text(&m->out, quote ? "\"" : "");
        return;
    }
    if (k == sizeof bad_cell / sizeof *bad_cell) {
        for (int i = 0; i < 90; i++)
            out_text(&m->out, "木");
        return;
    }
    out_text(&m->out, "\"two\nlines, \"\"quoted\"\"\"");
}

/* ---- cells ------------------------------------------------------------------------------------------------------ */

static void out_value(struct maker *m, const struct pol_field *field, int64_t value) {
    switch ((enum pol_type)field->type) {
    case POL_MONEY:
        out_money(&m->out, value);
        break;
    case POL_RATE:
        out_rate(&m->out, value);
        break;
    case POL_COUNT:
    case POL_YEARS:
    case POL_DAYS:
        out_int(&m->out, value);
        break;
    case POL_DATE:
        out_date(&m->out, (int32_t)value);
        break;
    case POL_BOOL:
        out_text(&m->out, value ? "true" : "false");
        break;
    case POL_ENUM: {
        const struct pol_enum *e = pol_module_array(m->module, m->d->enums);
        const struct pol_enum_value *v = pol_module_array(m->module, e[field->enum_index].values);
        out_text(&m->out, pol_module_string(m->module, v[value].column));
        break;
    }
    case POL_TEXT:
        out_text(&m->out, "T");
        out_padded(&m->out, (uint64_t)value, 6);
        break;
    }
}

/* 18 characters, as credit codes of organisations and identity numbers have; distinct for distinct numbers. */
static void out_applicant(struct maker *m, uint64_t number) {
    static const char check[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    char last[2] = {check[(number * 2654435761u >> 7) % 31], 0};
    out_text(&m->out, "91330783");
    out_padded(&m->out, number * 7 % 1000000007 + number / 1000000007 * 1000000007, 9);
    out_text(&m->out, last);
}

static bool is_bad(struct maker *m) {
    return m->options.bad_per_mille && draw_chance(&m->draw, m->options.bad_per_mille);
}

/* ---- applicants ------------------------------------------------------------------------------------------------- */

static uint32_t archetype_of(const struct maker *m, uint64_t applicant) {
    struct draw own = {m->options.seed ^ (applicant + 1) * 0x9e3779b97f4a7c15u};
    return m->archetype[draw_below(&own, m->archetypes)];
}

static int64_t profile_value(struct maker *m, const struct candidate *c, uint32_t f) {
    const struct pol_field *field = &m->profile[f];
    if (draw_chance(&m->draw, 10))
        return draw_value(&m->draw, field, pool_enum_values(m->module, field));
    return field->type == POL_MONEY && draw_chance(&m->draw, 500) ? draw_near(&m->draw, field, c->profile[f])
                                                                  : c->profile[f];
}

static void out_profile(struct maker *m, uint64_t applicant, int32_t year) {
    const struct candidate *c = &m->pool->candidate[archetype_of(m, applicant)];
    uint32_t bad = is_bad(m) ? (uint32_t)draw_below(&m->draw, m->d->profile_fields.count) : POL_NONE;
    for (uint32_t f = 0; f < m->d->profile_fields.count; f++) {
        if (f)
            out_text(&m->out, ",");
        if (f == bad && f == POL_PROFILE_APPLICANT)
            continue; /* missing: the row is skipped. Any other text might be the key of two rows, which stops a run */
        if (f == bad && f == POL_PROFILE_YEAR)
            out_text(&m->out, "2022年");
        else if (f == bad)
            out_bad(m);
        else if (f == POL_PROFILE_APPLICANT)
            out_applicant(m, applicant);
        else if (f == POL_PROFILE_YEAR)
            out_int(&m->out, year);
        else
            out_value(m, &m->profile[f], profile_value(m, c, f));
    }
    out_text(&m->out, "\n");
}

static void out_header(struct maker *m, const struct pol_field *field, uint32_t fields, const bool *written) {
    bool first = true;
    for (uint32_t f = 0; f < fields; f++) {
        if (written && !written[f])
            continue;
        out_text(&m->out, first ? "" : ",");
        out_text(&m->out, pol_module_string(m->module, field[f].column));
        first = false;
    }
    out_text(&m->out, "\n");
}

static enum pol_status end_file(struct maker *m, const char *name, struct pol_error *error) {
    enum pol_status s = out_close(&m->out, error);
    if (!s)
        m->done[m->done_count++] = name;
    return s;
}

static enum pol_status make_applicants(struct maker *m, const char *directory, struct pol_error *error) {
    enum pol_status s = out_open(&m->out, directory, "applicants.csv", error);
    if (s)
        return s;
    out_header(m, m->profile, m->d->profile_fields.count, NULL);
    for (uint64_t a = 0; a < m->options.applicants; a++) {
        for (unsigned y = 0; y < m->profile_years; y++) {
            if (m->options.bad_per_mille && draw_chance(&m->draw, 30))
                continue; /* a year without a profile */
            out_profile(m, a, m->first_year + (int32_t)y);
        }
    }
    return end_file(m, "applicants.csv", error);
}

/* ---- claims ----------------------------------------------------------------------------------------------------- */

struct row {
    uint64_t number, applicant;
    uint32_t item;
    int32_t day;
    uint64_t object;
    const struct candidate *like; /* the cells it resembles */
    bool exact;                   /* cells as in `like`: the award is known */
};

static struct row draw_row(struct maker *m, uint64_t i) {
    struct row r = {.number = i};
    /* a few applicants claim much: the square of a uniform draw */
    uint64_t a = draw_below(&m->draw, 1u << 20), n = m->options.applicants;
    r.applicant = (uint64_t)((unsigned long long)(a * a >> 20) * n >> 20);
    uint32_t archetype = archetype_of(m, r.applicant), k = m->choices[archetype];
    r.item = k && draw_chance(&m->draw, 960)
                 ? m->choice[(size_t)archetype * m->d->items.count + draw_below(&m->draw, k)]
                 : (uint32_t)draw_below(&m->draw, m->d->items.count);
    while (!m->wanted[r.item])
        r.item = (r.item + 1) % m->d->items.count;
    uint64_t at = m->options.shuffled ? draw_below(&m->draw, m->options.claims) : i;
    r.day = m->first_day + (int32_t)((uint64_t)at * (uint64_t)m->days / m->options.claims);
    /* one object in twenty is claimed for again: by an earlier claim's object */
    r.object = draw_chance(&m->draw, 50) && i ? draw_below(&m->draw, i) : i;
    uint32_t good = m->pool->accepted[r.item];
    const struct candidate *c = m->pool->candidate + (size_t)r.item * POOL_SIZE;
    r.like = good && draw_chance(&m->draw, 920) ? &c[draw_below(&m->draw, good)] : &c[draw_below(&m->draw, POOL_SIZE)];
    r.exact = draw_chance(&m->draw, 600);
    return r;
}

static void out_paid(struct maker *m, const struct row *r) {
    int64_t award = r->like->award < 0 ? 0 : r->like->award;
    uint64_t k = draw_below(&m->draw, 100);
    if (k < 8)
        return; /* not known */
    if (k < 90)
        out_money(&m->out, award);
    else if (k < 94)
        out_money(&m->out, award * 2);
    else if (k < 97)
        out_money(&m->out, award / 2);
    else
        out_money(&m->out, 0);
}

static bool needed(const struct maker *m, uint32_t item, uint32_t field) {
    const uint32_t *needs = pol_module_array(m->module, m->item[item].needs);
    for (uint32_t i = 0; i < m->item[item].needs.count; i++)
        if (needs[i] == field)
            return true;
    return false;
}

static void out_declared(struct maker *m, const struct row *r, uint32_t f) {
    const struct pol_field *field = &m->claim[f];
    bool has_default = field->flags & POL_FIELD_DEFAULT;
    if (!needed(m, r->item, f) || (has_default && draw_chance(&m->draw, 950)))
        return;
    int64_t value = r->like->claim[f];
    if (field->type == POL_TEXT)
        value = (int64_t)(r->object / 3 % 1000000);
    else if (has_default)
        value = field->type == POL_MONEY ? r->like->award / 4 : value;
    else if (!r->exact)
        value = draw_near(&m->draw, field, value);
    out_value(m, field, value);
}

static void out_builtin(struct maker *m, const struct row *r, uint32_t f) {
    switch ((enum pol_claim_builtin)f) {
    case POL_CLAIM_ID:
        out_text(&m->out, "C");
        out_padded(&m->out, r->number, 9);
        break;
    case POL_CLAIM_APPLICANT:
        out_applicant(m, r->applicant);
        break;
    case POL_CLAIM_ITEM:
        out_text(&m->out, pol_module_string(m->module, m->item[r->item].column));
        break;
    case POL_CLAIM_DATE:
        out_date(&m->out, r->day);
        break;
    case POL_CLAIM_OBJECT:
        out_text(&m->out, "ZL");
        out_padded(&m->out, r->object, 10);
        break;
    case POL_CLAIM_PAID:
        out_paid(m, r);
        break;
    case POL_CLAIM_BUILTINS:
        break;
    }
}

static void out_odd_builtin(struct maker *m, const struct row *r, uint32_t f) {
    if (f == POL_CLAIM_ITEM)
        out_odd(m, pol_module_string(m->module, m->item[r->item].column));
    else
        out_builtin(m, r, f);
}

static void out_claim(struct maker *m, struct row r) {
    bool first = true, bad_row = is_bad(m), repeat = bad_row && r.number && draw_chance(&m->draw, 60);
    uint32_t bad = bad_row && !repeat ? (uint32_t)draw_below(&m->draw, m->d->claim_fields.count) : POL_NONE;
    if (repeat)
        r.number = draw_below(&m->draw, r.number);
    if (bad_row && draw_chance(&m->draw, 30))
        out_text(&m->out, draw_chance(&m->draw, 500) ? "\n" : " \t\r\n"); /* a blank line: skipped */
    for (uint32_t f = 0; f < m->d->claim_fields.count; f++) {
        if (!m->written[f])
            continue;
        if (!first)
            out_text(&m->out, ",");
        first = false;
        if (f == bad)
            out_bad(m);
        else if (f >= POL_CLAIM_BUILTINS)
            out_declared(m, &r, f);
        else if (bad_row)
            out_odd_builtin(m, &r, f);
        else
            out_builtin(m, &r, f);
    }
    out_text(&m->out, bad_row && draw_chance(&m->draw, 100) ? "\r\n" : "\n");
}

static enum pol_status make_claims(struct maker *m, const char *directory, struct pol_error *error) {
    enum pol_status s = out_open(&m->out, directory, "claims.csv", error);
    if (s)
        return s;
    out_header(m, m->claim, m->d->claim_fields.count, m->written);
    for (uint64_t i = 0; i < m->options.claims; i++)
        out_claim(m, draw_row(m, i));
    return end_file(m, "claims.csv", error);
}

/* ---- indicators ------------------------------------------------------------------------------------------------- */

static bool indicator_seen(const struct maker *m, const struct pol_target *target, uint32_t before) {
    const char *name = pol_module_string(m->module, target[before].column);
    for (uint32_t i = 0; i < before; i++)
        if (strcmp(pol_module_string(m->module, target[i].column), name) == 0)
            return true;
    return false;
}

static void out_indicator(struct maker *m, const struct pol_target *t, int32_t year) {
    int64_t value = t->kind == POL_TARGET_GROWTH ? 4000 : t->value;
    value = value / 100 * (int64_t)(70 + draw_below(&m->draw, 60)) + (int64_t)draw_below(&m->draw, 5);
    out_text(&m->out, pol_module_string(m->module, t->column));
    out_text(&m->out, ",");
    out_int(&m->out, year);
    out_text(&m->out, ",");
    if (is_bad(m))
        out_bad(m);
    else if (t->type == POL_MONEY)
        out_money(&m->out, value);
    else if (t->type == POL_RATE)
        out_rate(&m->out, value);
    else
        out_int(&m->out, value);
    out_text(&m->out, "\n");
}

static enum pol_status make_indicators(struct maker *m, const char *directory, struct pol_error *error) {
    const struct pol_target *target = pol_module_array(m->module, m->d->targets);
    int32_t first = INT32_MAX, last = INT32_MIN;
    if (m->d->targets.count == 0)
        return POL_STATUS_OK;
    enum pol_status s = out_open(&m->out, directory, "indicators.csv", error);
    if (s)
        return s;
    out_text(&m->out, "indicator,year,value\n");
    for (uint32_t i = 0; i < m->d->targets.count; i++) {
        first = target[i].first_year < first ? target[i].first_year : first;
        last = target[i].last_year > last ? target[i].last_year : last;
    }
    for (uint32_t i = 0; i < m->d->targets.count; i++)
        for (int32_t year = first - 1; year <= last && !indicator_seen(m, target, i); year++)
            out_indicator(m, &target[i], year);
    return end_file(m, "indicators.csv", error);
}

/* ---- set-up ----------------------------------------------------------------------------------------------------- */

static enum pol_status choose_items(struct maker *m, struct pol_error *error) {
    const char *list = m->options.items;
    for (uint32_t i = 0; i < m->d->items.count; i++)
        m->wanted[i] = !list;
    while (list && *list) {
        size_t size = strcspn(list, ",");
        bool found = false;
        for (uint32_t i = 0; i < m->d->items.count; i++) {
            const char *name = pol_module_string(m->module, m->item[i].column);
            if (strlen(name) != size || memcmp(name, list, size) != 0)
                continue;
            m->wanted[i] = found = true;
        }
        if (!found)
            return fail(error, POL_STATUS_USAGE,
                        "--items names an item that the policy does not have; see polrun info");
        list += size + (list[size] == ',');
    }
    for (uint32_t f = 0; f < m->d->claim_fields.count; f++) {
        m->written[f] = !m->options.items || f == POL_CLAIM_ID || f == POL_CLAIM_ITEM || f == POL_CLAIM_PAID;
        for (uint32_t i = 0; i < m->d->items.count && !m->written[f]; i++)
            m->written[f] = m->wanted[i] && needed(m, i, f);
    }
    return POL_STATUS_OK;
}

/* Applicants resemble candidates that a wanted item accepts, the more often the more items their profile suits: healthy
 * enterprises rather than bodies that only what everybody may claim accepts. When there are none, any candidate. */
static void choose_archetypes(struct maker *m) {
    uint32_t items = m->d->items.count;
    for (uint32_t i = 0; i < items * POOL_SIZE; i++) {
        for (uint32_t k = 0; k < items; k++)
            if (m->wanted[k] && m->pool->accepts[(size_t)i * items + k])
                m->choice[(size_t)i * items + m->choices[i]++] = k;
        bool own = m->wanted[i / POOL_SIZE] && i % POOL_SIZE < m->pool->accepted[i / POOL_SIZE];
        for (uint32_t n = 0; own && n < m->choices[i]; n++)
            m->archetype[m->archetypes++] = i;
    }
    if (m->archetypes == 0)
        for (; m->archetypes < items * POOL_SIZE; m->archetypes++)
            m->archetype[m->archetypes] = m->archetypes;
}

static void choose_days(struct maker *m) {
    int32_t first = m->d->first_day == INT32_MIN ? out_day(2021, 1, 1) : m->d->first_day, last, year;
    unsigned month, day;
    out_civil(first, &year, &month, &day);
    last = out_day(year + (int32_t)m->options.years, month, day > 28 ? 28 : day) - 1;
    if (m->d->last_day < last)
        last = m->d->last_day;
    m->first_day = first;
    m->days = last - first + 1;
    m->first_year = year;
    out_civil(last, &year, &month, &day);
    m->profile_years = (unsigned)(year - m->first_year) + 1 + (m->d->limit.present ? m->d->limit.carry_years : 0);
}

static bool maker_storage(struct maker *m) {
    size_t items = m->d->items.count, rows = items * POOL_SIZE;
    m->wanted = calloc(items + 1, sizeof *m->wanted);
    m->written = calloc(m->d->claim_fields.count, sizeof *m->written);
    m->choice = calloc(rows * items + 1, sizeof *m->choice);
    m->choices = calloc(rows + 1, sizeof *m->choices);
    m->archetype = calloc(rows * items + rows + 1, sizeof *m->archetype);
    return m->wanted && m->written && m->choice && m->choices && m->archetype;
}

static enum pol_status make_ledger(struct maker *m, const char *directory, struct pol_error *error) {
    enum pol_status s = choose_items(m, error);
    choose_days(m);
    if (s)
        return s;
    if (m->days <= 0)
        return fail(error, POL_STATUS_INPUT, "the policy is in force on no day, so no ledger can be made for it");
    s = pool_new(m->module, m->options.seed, m->first_day + m->days / 2, &m->pool, error);
    if (s)
        return s;
    choose_archetypes(m);
    s = make_applicants(m, directory, error);
    return s ? s : make_claims(m, directory, error);
}

/* Before anything is made: is a file in the way? */
static enum pol_status look(const struct maker *m, const char *directory, struct pol_error *error) {
    enum pol_status s = POL_STATUS_OK;
    if (m->d->items.count)
        s = out_look(directory, "claims.csv", error);
    if (!s && m->d->items.count)
        s = out_look(directory, "applicants.csv", error);
    if (!s && m->d->targets.count)
        s = out_look(directory, "indicators.csv", error);
    return s;
}

enum pol_status generate_ledger(const pol_module *module, const struct generate_options *options, const char *directory,
                                struct pol_error *error) {
    struct maker m = {
        .module = module, .d = pol_module_descriptor(module), .options = *options, .draw = {options->seed}};
    enum pol_status s = POL_STATUS_OK;
    m.claim = pol_module_array(module, m.d->claim_fields);
    m.profile = pol_module_array(module, m.d->profile_fields);
    m.item = pol_module_array(module, m.d->items);
    if (m.options.years == 0)
        m.options.years = 3;
    if (m.options.applicants == 0)
        m.options.applicants = m.options.claims / 10 + 1;
    if (m.options.applicants > 1000000000 || m.options.claims > 10000000000u || m.options.years > 20)
        return fail(error, POL_STATUS_USAGE, "at most 10,000,000,000 claims, 1,000,000,000 applicants and 20 years");
    if (mkdir(directory, 0777) != 0 && errno != EEXIST)
        return fail(error, POL_STATUS_SYSTEM, "cannot make the output directory");
    s = look(&m, directory, error);
    if (!s && !maker_storage(&m))
        s = fail(error, POL_STATUS_SYSTEM, "out of memory while making a ledger");
    if (!s && m.d->items.count)
        s = make_ledger(&m, directory, error);
    if (!s)
        s = make_indicators(&m, directory, error);
    out_discard(&m.out);
    for (unsigned i = 0; s && i < m.done_count; i++) /* all of them, or none */
        out_remove(directory, m.done[i]);
    pool_free(m.pool);
    free(m.wanted);
    free(m.written);
    free(m.choice);
    free(m.choices);
    free(m.archetype);
    return s;
}
