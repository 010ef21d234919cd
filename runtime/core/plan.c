/* The plan: a policy's cells, steps and items in the form that evaluation and fold walk over. */
#include "core/run.h"

#include "core/days.h"

enum { DIRECT_MINIMUM = 65536, DIRECT_FACTOR = 4 };

struct maker {
    struct prt_plan *plan;
    const pol_module *module;
    const struct pol_descriptor *d;
    const struct pol_field *claim, *profile;
    const struct pol_enum *enums;
    const struct prt_profiles *profiles;
    uint32_t numbers, links;
};

/* ---- keys -------------------------------------------------------------------------------------------------------- */

/* The values that a field's cells can have: `min` and how many from there; more than 64 bits hold: 0. */
static uint64_t field_span(const struct maker *m, const struct pol_field *f, int64_t *min) {
    *min = 0;
    if (f->type == POL_BOOL)
        return 2;
    if (f->type == POL_ENUM)
        return f->enum_index < m->d->enums.count ? m->enums[f->enum_index].values.count : POL_ITEM_UNKNOWN;
    *min = f->min;
    return f->min <= f->max ? (uint64_t)f->max - (uint64_t)f->min + 1 : 1;
}

static struct prt_number year_number(const struct maker *m) {
    const struct pol_field *date = &m->claim[POL_CLAIM_DATE];
    struct prt_number n = {.source = PRT_FROM_YEAR, .min = INT32_MIN, .span = (uint64_t)1 << 32};
    if (date->min <= date->max && date->min >= INT32_MIN && date->max <= INT32_MAX) {
        n.min = prt_year_of((int32_t)date->min);
        n.span = (uint64_t)(prt_year_of((int32_t)date->max) - n.min) + 1;
    }
    return n;
}

static struct prt_number field_number(const struct maker *m, const struct pol_key *key) {
    bool claim = key->kind == POL_KEY_CLAIM_FIELD;
    const struct pol_field *f = claim ? &m->claim[key->field] : &m->profile[key->field];
    struct prt_number n = {.source = claim ? PRT_FROM_CLAIM : PRT_FROM_PROFILE, .width = f->width};
    n.field = claim ? key->field : m->profiles->offset[key->field];
    n.span = field_span(m, f, &n.min);
    return n;
}

static bool is_applicant(const struct pol_key *k) {
    return k->kind == POL_KEY_APPLICANT || (k->kind == POL_KEY_CLAIM_FIELD && k->field == POL_CLAIM_APPLICANT) ||
           (k->kind == POL_KEY_PROFILE_FIELD && k->field == POL_PROFILE_APPLICANT);
}

static bool is_year(const struct pol_key *k) {
    return k->kind == POL_KEY_YEAR || (k->kind == POL_KEY_PROFILE_FIELD && k->field == POL_PROFILE_YEAR);
}

static struct prt_link *add_link(struct maker *m, struct prt_family *family) {
    struct prt_link *link = &m->plan->link[m->links++];
    link->dict = m->plan->dicts++;
    family->link_count++;
    return link;
}

/* Packs a number into the family's first prefix while that fits 64 bits; else it becomes two links. */
static void add_number(struct maker *m, struct prt_family *family, struct prt_number n) {
    uint64_t domain;
    if (n.span && !__builtin_mul_overflow(family->domain, n.span, &domain)) {
        n.stride = family->domain;
        family->domain = domain;
        m->plan->number[m->numbers++] = n;
        family->number_count++;
        return;
    }
    if (family->link_count == 0)
        add_link(m, family); /* for the prefix: later links have the code before them there */
    for (int part = 0; part < 2; part++) {
        struct prt_link *link = add_link(m, family);
        link->has_piece = true;
        link->high = part == 0;
        link->number = n;
    }
}

static void add_text(struct maker *m, struct prt_family *family, const struct pol_key *key) {
    struct prt_link *link = add_link(m, family);
    link->has_text = true;
    link->text_of_profile = key->kind == POL_KEY_PROFILE_FIELD;
    link->text = link->text_of_profile ? m->profiles->offset[key->field] : key->field;
}

static void add_key(struct maker *m, struct prt_family *family, const struct pol_key *key, bool whole_profile) {
    if (is_applicant(key) || is_year(key))
        return; /* added before */
    if (key->kind == POL_KEY_ITEM) {
        add_number(m, family, (struct prt_number){.source = PRT_FROM_ITEM, .span = m->d->items.count});
        return;
    }
    if (key->kind == POL_KEY_PROFILE_FIELD && whole_profile)
        return; /* the same for all claims of the profile row, which is part of the key */
    const struct pol_field *f = key->kind == POL_KEY_CLAIM_FIELD ? &m->claim[key->field] : &m->profile[key->field];
    if (f->type == POL_TEXT)
        add_text(m, family, key);
    else
        add_number(m, family, field_number(m, key));
}

static uint64_t at_least_one(uint64_t count) {
    return count ? count : 1;
}

/* Applicant and year together are the profile row. */
static bool add_applicant_and_year(struct maker *m, struct prt_family *family, const struct pol_cell *cell) {
    const struct pol_key *key = prt_at(m->module, cell->keys);
    bool applicant = false, year = false;
    for (uint32_t i = 0; i < cell->keys.count; i++) {
        applicant |= is_applicant(&key[i]);
        year |= is_year(&key[i]);
    }
    family->of_applicant = applicant;
    if (applicant && year)
        add_number(m, family,
                   (struct prt_number){.source = PRT_FROM_PROFILE_ROW, .span = at_least_one(m->profiles->count)});
    else if (applicant)
        add_number(m, family,
                   (struct prt_number){.source = PRT_FROM_APPLICANT, .span = at_least_one(m->profiles->applicants)});
    else if (year)
        add_number(m, family, year_number(m));
    return applicant && year;
}

static uint8_t state_width(uint8_t kind) {
    return kind == POL_CELL_ONCE ? 1 : kind == POL_CELL_ONE_YEAR ? sizeof(int32_t) : sizeof(int64_t);
}

static void make_family(struct maker *m, struct prt_family *family, const struct pol_cell *cell) {
    *family = (struct prt_family){.kind = cell->kind, .width = state_width(cell->kind), .domain = 1};
    family->first_number = m->numbers;
    family->first_link = m->links;
    bool whole_profile = add_applicant_and_year(m, family, cell);
    const struct pol_key *key = prt_at(m->module, cell->keys);
    for (uint32_t i = 0; i < cell->keys.count; i++)
        add_key(m, family, &key[i], whole_profile);
    /* Numbers alone are the cell if they are dense enough. */
    uint64_t direct = (uint64_t)m->profiles->count * DIRECT_FACTOR;
    if (family->link_count == 0 && family->domain > (direct > DIRECT_MINIMUM ? direct : DIRECT_MINIMUM))
        add_link(m, family);
}

/* ---- steps ------------------------------------------------------------------------------------------------------- */

static struct prt_operand make_operand(const struct pol_operand *o, uint32_t *words) {
    if (o->kind != POL_OPERAND_AUX)
        return (struct prt_operand){.value = o->kind == POL_OPERAND_CONST ? o->value : 0};
    *words += 2;
    return (struct prt_operand){.in_record = true, .word = *words - 2, .aux = o->aux};
}

static void make_step(struct prt_step *step, const struct pol_step *s, uint32_t *words) {
    *step = (struct prt_step){.kind = s->kind, .family = s->cell, .rule = s->rule};
    if (s->kind != POL_STEP_LESS && s->kind != POL_STEP_LIMIT)
        step->word = (*words)++;
    else
        step->family = PRT_NONE;
    step->conditional = s->condition.kind == POL_OPERAND_AUX;
    step->condition_aux = s->condition.aux;
    step->never = s->condition.kind == POL_OPERAND_CONST && s->condition.value == 0;
    step->max = make_operand(&s->max, words);
    step->amount = make_operand(&s->amount, words);
    step->units = make_operand(&s->units, words);
    step->price = make_operand(&s->price, words);
}

static void make_item(struct maker *m, struct prt_item *item, const struct pol_item *source, uint32_t first_step) {
    const struct pol_step *s = prt_at(m->module, source->steps);
    *item = (struct prt_item){.first_step = first_step, .words = PRT_HEAD, .award_rule = source->award_rule};
    for (uint32_t i = 0; i < source->steps.count; i++) {
        make_step(&m->plan->step[first_step + i], &s[i], &item->words);
        if (s[i].kind <= POL_STEP_ONE_YEAR)
            item->once_end = i + 1;
        if (s[i].kind <= POL_STEP_LESS)
            item->less_end = i + 1;
        if (s[i].kind <= POL_STEP_CAP_UNITS)
            item->cap_end = i + 1;
        if (s[i].kind == POL_STEP_LIMIT) {
            item->limited = true;
            item->limit_rule = m->d->limit.rule ? m->d->limit.rule : s[i].rule;
        }
    }
    if (item->less_end < item->once_end)
        item->less_end = item->once_end;
    if (item->cap_end < item->less_end)
        item->cap_end = item->less_end;
    for (uint32_t i = 0; i < item->cap_end; i++)
        if (m->plan->step[first_step + i].family != PRT_NONE)
            item->links += m->plan->family[m->plan->step[first_step + i].family].link_count;
    m->plan->most_words = item->words > m->plan->most_words ? item->words : m->plan->most_words;
    m->plan->most_links = item->links > m->plan->most_links ? item->links : m->plan->most_links;
}

static void make_needs(struct maker *m) {
    const struct pol_item *item = prt_at(m->module, m->d->items);
    uint32_t fields = m->d->claim_fields.count;
    for (uint32_t f = 0; f < fields; f++)
        m->plan->wanted[f] = (m->claim[f].flags & POL_FIELD_USED) != 0;
    m->plan->wanted[POL_CLAIM_ITEM] = false;
    m->plan->wanted[POL_CLAIM_APPLICANT] = m->plan->wanted[POL_CLAIM_DATE] = true;
    for (uint32_t i = 0; i < m->d->items.count; i++) {
        const uint32_t *need = prt_at(m->module, item[i].needs);
        for (uint32_t k = 0; k < item[i].needs.count; k++) {
            m->plan->need[(size_t)i * fields + need[k]] = 1;
            m->plan->wanted[need[k]] = true;
        }
    }
}

/* ---- all of it --------------------------------------------------------------------------------------------------- */

static bool allocate(struct maker *m) {
    const struct pol_cell *cell = prt_at(m->module, m->d->cells);
    const struct pol_item *item = prt_at(m->module, m->d->items);
    size_t keys = 0, steps = 0;
    for (uint32_t i = 0; i < m->d->cells.count; i++)
        keys += cell[i].keys.count + 2;
    for (uint32_t i = 0; i < m->d->items.count; i++)
        steps += item[i].steps.count;
    struct prt_plan *plan = m->plan;
    plan->number = prt_zeroed(keys, sizeof *plan->number);
    plan->link = prt_zeroed(2 * keys, sizeof *plan->link);
    plan->family = prt_zeroed(m->d->cells.count, sizeof *plan->family);
    plan->step = prt_zeroed(steps, sizeof *plan->step);
    plan->item = prt_zeroed(m->d->items.count, sizeof *plan->item);
    plan->need = prt_zeroed((size_t)m->d->items.count * m->d->claim_fields.count, 1);
    plan->wanted = prt_zeroed(m->d->claim_fields.count, sizeof *plan->wanted);
    return plan->number && plan->link && plan->family && plan->step && plan->item && plan->need && plan->wanted;
}

bool prt_plan_make(struct prt_plan *plan, const pol_module *module, const struct prt_profiles *profiles) {
    const struct pol_descriptor *d = module->descriptor;
    struct maker maker = {.plan = plan,
                          .module = module,
                          .d = d,
                          .claim = prt_at(module, d->claim_fields),
                          .profile = prt_at(module, d->profile_fields),
                          .enums = prt_at(module, d->enums),
                          .profiles = profiles};
    struct maker *m = &maker;
    if (!allocate(m))
        return false;
    const struct pol_cell *cell = prt_at(module, d->cells);
    for (uint32_t i = 0; i < d->cells.count; i++)
        make_family(m, &plan->family[i], &cell[i]);
    const struct pol_item *item = prt_at(module, d->items);
    uint32_t steps = 0;
    for (uint32_t i = 0; i < d->items.count; i++) {
        make_item(m, &plan->item[i], &item[i], steps);
        steps += item[i].steps.count;
    }
    make_needs(m);
    return true;
}

void prt_plan_free(struct prt_plan *plan) {
    prt_release(plan->number);
    prt_release(plan->link);
    prt_release(plan->family);
    prt_release(plan->step);
    prt_release(plan->item);
    prt_release(plan->need);
    prt_release(plan->wanted);
    *plan = (struct prt_plan){0};
}
