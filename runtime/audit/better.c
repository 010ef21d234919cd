/* Values are tried some dozens at a time: the row part of a policy works on columns. */
#include "audit/better.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 64 };

/* A fact that may be changed: its column, and what it is. */
struct fact {
    const struct pol_field *field;
    void *column;
    int64_t value, before;
};

struct pol_trial {
    const pol_run *run;
    const pol_module *module;
    const struct pol_descriptor *d;
    void **claim, **profile; /* columns of ROWS equal values */
    int64_t **aux;
    struct fact *facts; /* by claim field, then by profile field */
    uint32_t *list;     /* of those that count for the item */
    uint32_t list_count, item;
    uint16_t items[ROWS];
    uint8_t status[ROWS];
    uint16_t rule[ROWS];
    int64_t award[ROWS];
    int64_t now; /* the award as it is; -1: none */
    struct pol_better_list *found;
};

/* ---- columns ----------------------------------------------------------------------------------------------------- */

static void put_number(const struct pol_field *field, void *column, uint32_t row, int64_t value) {
    int32_t narrow = (int32_t)value;
    uint16_t half = (uint16_t)value;
    char *at = (char *)column + (size_t)row * field->width;
    switch (field->width) {
    case 1:
        *at = (char)value;
        return;
    case 2:
        memcpy(at, &half, sizeof half);
        return;
    case 4:
        memcpy(at, &narrow, sizeof narrow);
        return;
    case 8:
        memcpy(at, &value, sizeof value);
        return;
    default:
        return; /* a text */
    }
}

static void put_all(const struct pol_field *field, void *column, int64_t value, struct pol_text text) {
    for (uint32_t i = 0; i < ROWS; i++)
        if (field->width == sizeof text)
            ((struct pol_text *)column)[i] = text;
        else
            put_number(field, column, i, value);
}

static bool make_columns(void **columns, struct fact *facts, const struct pol_field *field, uint32_t count) {
    for (uint32_t f = 0; f < count; f++) {
        columns[f] = calloc(ROWS, field[f].width > 8 ? field[f].width : 8);
        facts[f] = (struct fact){.field = &field[f], .column = columns[f]};
        if (columns[f] == NULL)
            return false;
    }
    return true;
}

struct pol_trial *pol_trial_new(const pol_run *run, const pol_module *module) {
    struct pol_trial *t = calloc(1, sizeof *t);
    if (t == NULL)
        return NULL;
    t->run = run;
    t->module = module;
    t->d = pol_module_descriptor(module);
    uint32_t claims = t->d->claim_fields.count, profiles = t->d->profile_fields.count;
    t->claim = calloc(claims, sizeof *t->claim);
    t->profile = calloc(profiles, sizeof *t->profile);
    t->aux = calloc(t->d->aux_count + 1u, sizeof *t->aux);
    t->facts = calloc((size_t)claims + profiles, sizeof *t->facts);
    t->list = calloc((size_t)claims + profiles, sizeof *t->list);
    bool room = t->claim != NULL && t->profile != NULL && t->aux != NULL && t->facts != NULL && t->list != NULL &&
                make_columns(t->claim, t->facts, pol_module_array(module, t->d->claim_fields), claims) &&
                make_columns(t->profile, t->facts + claims, pol_module_array(module, t->d->profile_fields), profiles);
    for (uint32_t i = 0; room && i < t->d->aux_count; i++) {
        t->aux[i] = calloc(ROWS, sizeof *t->aux[i]);
        room = t->aux[i] != NULL;
    }
    if (room)
        return t;
    pol_trial_free(t);
    return NULL;
}

void pol_trial_free(struct pol_trial *t) {
    if (t == NULL)
        return;
    for (uint32_t f = 0; t->claim != NULL && f < t->d->claim_fields.count; f++)
        free(t->claim[f]);
    for (uint32_t f = 0; t->profile != NULL && f < t->d->profile_fields.count; f++)
        free(t->profile[f]);
    for (uint32_t i = 0; t->aux != NULL && i < t->d->aux_count; i++)
        free(t->aux[i]);
    free(t->claim);
    free(t->profile);
    free(t->aux);
    free(t->facts);
    free(t->list);
    free(t);
}

static void set(struct fact *fact, int64_t value, struct pol_text text) {
    fact->value = fact->before = value;
    put_all(fact->field, fact->column, value, text);
}

void pol_trial_claim(struct pol_trial *t, uint32_t field, int64_t value, struct pol_text text) {
    set(&t->facts[field], value, text);
}

void pol_trial_profile(struct pol_trial *t, uint32_t field, int64_t value, struct pol_text text) {
    set(&t->facts[t->d->claim_fields.count + field], value, text);
}

void pol_trial_begin(struct pol_trial *t, uint32_t item) {
    uint32_t claims = t->d->claim_fields.count, all = claims + t->d->profile_fields.count;
    const struct pol_item *items = pol_module_array(t->module, t->d->items);
    const uint32_t *needs = pol_module_array(t->module, items[item].needs);
    for (uint32_t i = 0; i < all; i++) {
        const struct pol_field *field = t->facts[i].field;
        set(&t->facts[i], field->flags & POL_FIELD_DEFAULT ? field->fallback : 0, (struct pol_text){"", 0, 0});
    }
    for (uint32_t i = 0; i < ROWS; i++)
        t->items[i] = (uint16_t)item;
    t->item = item;
    t->list_count = 0;
    for (uint32_t i = 0; i < items[item].needs.count; i++)
        if (needs[i] >= POL_CLAIM_BUILTINS)
            t->list[t->list_count++] = needs[i];
    for (uint32_t i = claims + POL_PROFILE_BUILTINS; i < all; i++)
        if (t->facts[i].field->flags & POL_FIELD_USED)
            t->list[t->list_count++] = i;
}

/* ---- asking ------------------------------------------------------------------------------------------------------ */

/* Decides the first `rows` rows: t->award, -1 for none. */
static void decide(struct pol_trial *t, uint32_t rows) {
    struct pol_row_args args = {.rows = rows,
                                .claim = (const void *const *)t->claim,
                                .profile = (const void *const *)t->profile,
                                .item = t->items,
                                .status = t->status,
                                .rule = t->rule,
                                .award = t->award,
                                .aux = t->aux};
    pol_run_try(t->run, &args);
    for (uint32_t i = 0; i < rows; i++)
        t->award[i] = t->rule[i] == 0 ? t->award[i] : -1;
}

/* With these values of one fact. */
static void decide_with(struct pol_trial *t, const struct fact *fact, const int64_t *values, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        put_number(fact->field, fact->column, i, values[i]);
    decide(t, count);
    for (uint32_t i = 0; i < count; i++)
        put_number(fact->field, fact->column, i, fact->value);
}

/* How far the claim comes: the conditions of an item are asked in the order of its rules. INT64_MAX: it is awarded. */
static int64_t progress(const struct pol_trial *t, uint32_t row) {
    return t->award[row] >= 0 ? INT64_MAX : (int64_t)t->rule[row];
}

/* What is looked for: an award better by more than a trifle (what only grows along with a fact is no advice), or a
 * claim that comes farther than `reached`. */
struct goal {
    bool farther;
    int64_t reached;
};

static bool is_step(int64_t before, int64_t after) {
    return after - before >= 100 && (pol_wide)(after - before) * 100 >= before;
}

static bool is_met(const struct pol_trial *t, const struct goal *goal, uint32_t row) {
    if (goal->farther)
        return progress(t, row) > goal->reached;
    if (t->now < 0)
        return t->award[row] >= 0;
    return is_step(t->now, t->award[row]);
}

static uint32_t first_met(const struct pol_trial *t, const struct goal *goal, uint32_t count) {
    uint32_t i = 0;
    while (i < count && !is_met(t, goal, i))
        i++;
    return i;
}

/* Between a value that does not meet the goal and one that does: the nearest to the first that does. */
static int64_t narrow(struct pol_trial *t, const struct fact *fact, const struct goal *goal, int64_t worse,
                      int64_t good) {
    while (good - worse > 1 || worse - good > 1) {
        int64_t values[ROWS];
        uint64_t apart = good > worse ? (uint64_t)good - (uint64_t)worse : (uint64_t)worse - (uint64_t)good;
        uint32_t count = apart - 1 < ROWS ? (uint32_t)apart - 1 : ROWS;
        for (uint32_t i = 0; i < count; i++) {
            uint64_t step = (uint64_t)((pol_wide)apart * (i + 1) / (count + 1));
            values[i] = good > worse ? worse + (int64_t)step : worse - (int64_t)step;
        }
        decide_with(t, fact, values, count);
        uint32_t met = first_met(t, goal, count);
        good = met < count ? values[met] : good;
        worse = met > 0 ? values[met - 1] : worse;
    }
    return good;
}

/* ---- single facts ------------------------------------------------------------------------------------------------ */

static void suggest(struct pol_trial *t, const struct fact *fact, int64_t to, int64_t award) {
    struct pol_better_list *list = t->found;
    if (list->count >= POL_BETTER_MOST)
        return;
    struct pol_better *better = &list->better[list->count++];
    *better = (struct pol_better){.facts = 1, .award = award};
    better->fact[0] = (struct pol_better_fact){fact->field, fact->value, to};
}

/* The value nearest to the present one, upwards or downwards, that is better: steps that double, then between them. */
static void try_direction(struct pol_trial *t, const struct fact *fact, bool up) {
    static const struct goal better = {.farther = false};
    int64_t far = up ? fact->field->max : fact->field->min, values[ROWS];
    if (up ? far <= fact->value : far >= fact->value)
        return;
    uint64_t left = up ? (uint64_t)far - (uint64_t)fact->value : (uint64_t)fact->value - (uint64_t)far;
    uint32_t count = 0;
    for (uint64_t step = 1; count < ROWS - 1 && step < left; step *= 2)
        values[count++] = up ? fact->value + (int64_t)step : fact->value - (int64_t)step;
    values[count++] = far;
    decide_with(t, fact, values, count);
    uint32_t met = first_met(t, &better, count);
    if (met == count)
        return;
    int64_t good = narrow(t, fact, &better, met > 0 ? values[met - 1] : fact->value, values[met]);
    /* a step up at this very value is advice; what merely grows along with the fact is none */
    int64_t around[2] = {up ? good - 1 : good + 1, good};
    decide_with(t, fact, around, 2);
    int64_t before = t->award[0], after = t->award[1];
    if (before < 0 || is_step(before, after))
        suggest(t, fact, good, after);
}

static uint32_t values_of(const struct pol_trial *t, const struct pol_field *field) {
    const struct pol_enum *enums = pol_module_array(t->module, t->d->enums);
    if (field->type == POL_BOOL)
        return 2;
    return field->type == POL_ENUM && field->enum_index != POL_NONE ? enums[field->enum_index].values.count : 0;
}

/* The best of the values of a bool or an enum. */
static void try_values(struct pol_trial *t, const struct fact *fact, uint32_t count) {
    static const struct goal better = {.farther = false};
    int64_t best = t->now, to = 0, values[ROWS];
    for (uint32_t first = 0; first < count; first += ROWS) {
        uint32_t some = count - first < ROWS ? count - first : ROWS;
        for (uint32_t i = 0; i < some; i++)
            values[i] = first + i;
        decide_with(t, fact, values, some);
        for (uint32_t i = 0; i < some; i++)
            if (t->award[i] > best && is_met(t, &better, i)) {
                best = t->award[i];
                to = values[i];
            }
    }
    if (best > t->now)
        suggest(t, fact, to, best);
}

static bool is_number(const struct pol_field *field) {
    return field->type >= POL_MONEY && field->type <= POL_DAYS;
}

static void try_fact(struct pol_trial *t, const struct fact *fact) {
    if (is_number(fact->field)) {
        try_direction(t, fact, true);
        if (t->now < 0)
            try_direction(t, fact, false);
        return;
    }
    try_values(t, fact, values_of(t, fact->field));
}

/* ---- several facts together -------------------------------------------------------------------------------------- */

/* A value of this fact with which the claim comes farther, the nearest in its direction. */
static bool farther(struct pol_trial *t, const struct fact *fact, int64_t reached, int64_t *to) {
    const struct goal goal = {.farther = true, .reached = reached};
    if (is_number(fact->field)) {
        const int64_t ends[2] = {fact->field->max, fact->field->min};
        for (unsigned way = 0; way < 2; way++) {
            decide_with(t, fact, &ends[way], 1);
            if (ends[way] == fact->value || !is_met(t, &goal, 0))
                continue;
            *to = narrow(t, fact, &goal, fact->value, ends[way]);
            return true;
        }
        return false;
    }
    uint32_t count = values_of(t, fact->field);
    for (uint32_t value = 0; value < count; value++) {
        *to = value;
        decide_with(t, fact, to, 1);
        if (*to != fact->value && is_met(t, &goal, 0))
            return true;
    }
    return false;
}

/* Changes one fact so that the claim comes farther; false: none does. */
static bool one_step(struct pol_trial *t, int64_t *reached) {
    for (uint32_t i = 0; i < t->list_count; i++) {
        struct fact *fact = &t->facts[t->list[i]];
        int64_t to;
        if (fact->value != fact->before || !farther(t, fact, *reached, &to))
            continue;
        fact->value = to;
        put_all(fact->field, fact->column, to, (struct pol_text){"", 0, 0});
        decide(t, 1);
        *reached = progress(t, 0);
        return true;
    }
    return false;
}

/* Fact after fact is changed so that the claim comes farther, until it is awarded. */
static void try_together(struct pol_trial *t) {
    decide(t, 1);
    int64_t reached = progress(t, 0);
    for (int n = 0; n < POL_BETTER_FACTS && reached != INT64_MAX; n++)
        if (!one_step(t, &reached))
            break;
    struct pol_better together = {.award = t->award[0]};
    for (uint32_t i = 0; i < t->list_count; i++) {
        struct fact *fact = &t->facts[t->list[i]];
        if (fact->value == fact->before)
            continue;
        if (together.facts < POL_BETTER_FACTS)
            together.fact[together.facts++] = (struct pol_better_fact){fact->field, fact->before, fact->value};
        set(fact, fact->before, (struct pol_text){"", 0, 0});
    }
    if (reached == INT64_MAX && together.facts > 0)
        t->found->better[t->found->count++] = together;
}

void pol_trial_better(struct pol_trial *t, struct pol_better_list *list) {
    list->count = 0;
    t->found = list;
    decide(t, 1);
    t->now = t->award[0];
    for (uint32_t i = 0; i < t->list_count; i++)
        try_fact(t, &t->facts[t->list[i]]);
    if (t->now < 0 && list->count == 0)
        try_together(t);
    t->found = NULL;
}

/* ---- caps -------------------------------------------------------------------------------------------------------- */

static int64_t operand(const struct pol_trial *t, const struct pol_operand *o, int64_t without) {
    switch ((enum pol_operand_kind)o->kind) {
    case POL_OPERAND_CONST:
        return o->value;
    case POL_OPERAND_AUX:
        return t->aux[o->aux][0];
    case POL_OPERAND_NONE:
        break;
    }
    return without;
}

/* Of the first row, which was decided. */
static int64_t cap_of(const struct pol_trial *t, const struct pol_step *step) {
    if (step->kind != POL_STEP_CAP_MONEY || t->award[0] < 0 || operand(t, &step->condition, 1) == 0)
        return -1;
    return operand(t, &step->max, 0);
}

int64_t pol_trial_cap(struct pol_trial *t, const struct pol_step *step) {
    decide(t, 1);
    return cap_of(t, step);
}

int64_t pol_trial_alone(struct pol_trial *t, uint32_t field, int64_t value) {
    const struct pol_item *items = pol_module_array(t->module, t->d->items);
    const struct pol_step *steps = pol_module_array(t->module, items[t->item].steps);
    decide_with(t, &t->facts[field], &value, 1);
    int64_t award = t->award[0];
    for (uint32_t s = 0; s < items[t->item].steps.count; s++) {
        int64_t cap = cap_of(t, &steps[s]);
        award = cap >= 0 && cap < award ? cap : award;
    }
    return award;
}
