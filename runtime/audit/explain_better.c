/* Which single fact, changed, would make a better award? And where none would: which facts together? The policy itself
 * is asked: the claim is decided alone, again and again, with cells changed. */
#include <string.h>

#include "audit/explain_claim.h"
#include "audit/words.h"
#include "ledger/fail.h"

enum { FIELDS_MOST = 256, SUGGESTIONS = 6, TOGETHER_MOST = 8 };

/* The claim's cells as two rows of columns; a change writes one value. */
struct trial {
    const struct explain_claim *c;
    const pol_module *module;
    const struct pol_descriptor *d;
    struct pol_column claim[FIELDS_MOST], profile[FIELDS_MOST];
    int64_t claim_value[FIELDS_MOST], profile_value[FIELDS_MOST];
    struct pol_text claim_text[FIELDS_MOST], profile_text[FIELDS_MOST];
    uint16_t item;
    int64_t award; /* as it is; -1: none */
    unsigned shown;
    struct pol_buffer *out;
    struct pol_error *error;
    enum pol_status status;
};

static void fill(struct pol_column *column, int64_t *value, struct pol_text *text, const struct pol_field *field,
                 const struct explain_row *row, uint32_t fields) {
    for (uint32_t f = 0; f < fields; f++) {
        if (row->cell[f].state != EXPLAIN_PRESENT)
            continue; /* missing: a column without values */
        value[f] = row->cell[f].value;
        text[f] = row->cell[f].text;
        column[f].values = field[f].type == POL_TEXT ? (const void *)&text[f] : (const void *)&value[f];
    }
}

/* The claim decided alone, as the trial's cells say. */
static struct pol_decision decide_now(struct trial *t) {
    pol_run *run = NULL;
    pol_part *part = NULL;
    struct pol_run_options options = {.params = t->c->audit->options->params, .threads = 1};
    struct pol_batch profiles = {.rows = 1, .columns = t->profile}, claims = {.rows = 1, .columns = t->claim};
    struct pol_decision decision = {.award = -1};
    enum pol_status s = pol_run_new(t->module, &options, &run, t->error);
    s = s ? s : pol_run_profiles(run, &profiles, t->error);
    s = s ? s : pol_run_seal_profiles(run, t->error);
    s = s ? s : pol_part_new(run, &part, t->error);
    s = s ? s : pol_run_evaluate(run, &claims, part, t->error);
    s = s ? s : pol_run_append(run, part, t->error);
    s = s ? s : pol_run_decide(run, t->error);
    if (s == POL_STATUS_OK)
        pol_run_decisions(run, 0, 1, &decision);
    else
        t->status = s;
    pol_part_free(part);
    pol_run_free(run);
    return decision;
}

static int64_t award_now(struct trial *t) {
    return decide_now(t).award;
}

static int64_t award_with(struct trial *t, int64_t *cell, int64_t value) {
    int64_t before = *cell;
    *cell = value;
    int64_t award = t->status == POL_STATUS_OK ? award_now(t) : -1;
    *cell = before;
    return award;
}

/* Better by more than a trifle: what only grows along with a fact is no advice. */
static bool better(const struct trial *t, int64_t award) {
    if (t->award < 0)
        return award >= 0;
    return award - t->award >= 100 && (award - t->award) * 100 >= t->award;
}

static void suggest(struct trial *t, const struct pol_field *field, int64_t from, int64_t to, int64_t award) {
    bool chinese = t->c->language == POL_CHINESE;
    if (t->shown++ >= SUGGESTIONS)
        return;
    pol_buffer_format(t->out, chinese ? "  - 若 %s 为 " : "  - with %s ", pol_module_string(t->module, field->column));
    pol_words_value(t->out, t->module, field->type, field->enum_index, to);
    pol_buffer_text(t->out, chinese ? "（现为 " : " instead of ");
    pol_words_value(t->out, t->module, field->type, field->enum_index, from);
    pol_buffer_text(t->out, chinese ? "），奖励为 " : " the award is ");
    pol_words_value(t->out, t->module, POL_MONEY, POL_NONE, award);
    pol_buffer_text(t->out, chinese ? " 元\n" : " yuan\n");
}

/* The value nearest to the present one, upwards or downwards, that is better: steps that double, then halving. */
static void try_direction(struct trial *t, const struct pol_field *field, int64_t *cell, int64_t sign) {
    int64_t now = *cell, far = sign > 0 ? field->max : field->min, worse = now, good = 0;
    bool found = false;
    for (int64_t step = 1; t->status == POL_STATUS_OK && !found; step *= 2) {
        int64_t left = sign > 0 ? far - now : now - far;
        bool last = step >= left;
        int64_t value = last ? far : now + sign * step;
        if (value == now)
            return;
        found = better(t, award_with(t, cell, value));
        *(found ? &good : &worse) = value;
        if (last && !found)
            return;
    }
    while (t->status == POL_STATUS_OK && good - worse != sign) {
        int64_t middle = worse + (good - worse) / 2;
        *(better(t, award_with(t, cell, middle)) ? &good : &worse) = middle;
    }
    /* a step up at this very value is advice; what merely grows along with the fact is none */
    int64_t before = award_with(t, cell, good - sign), after = award_with(t, cell, good);
    bool step_up = before < 0 || (after - before >= 100 && (after - before) * 100 >= before);
    if (t->status == POL_STATUS_OK && step_up)
        suggest(t, field, now, good, after);
}

static void try_values(struct trial *t, const struct pol_field *field, int64_t *cell, int64_t count) {
    int64_t best = t->award, value = 0;
    for (int64_t v = 0; v < count && t->status == POL_STATUS_OK; v++) {
        int64_t award = v == *cell ? t->award : award_with(t, cell, v);
        if (award <= best || !better(t, award))
            continue;
        best = award;
        value = v;
    }
    if (best > t->award && t->status == POL_STATUS_OK)
        suggest(t, field, *cell, value, best);
}

static void try_field(struct trial *t, const struct pol_field *field, int64_t *cell) {
    const struct pol_enum *enums = pol_module_array(t->module, t->d->enums);
    switch ((enum pol_type)field->type) {
    case POL_MONEY:
    case POL_RATE:
    case POL_COUNT:
    case POL_YEARS:
    case POL_DAYS:
        try_direction(t, field, cell, 1);
        if (t->award < 0)
            try_direction(t, field, cell, -1);
        return;
    case POL_BOOL:
        try_values(t, field, cell, 2);
        return;
    case POL_ENUM:
        try_values(t, field, cell, field->enum_index == POL_NONE ? 0 : enums[field->enum_index].values.count);
        return;
    case POL_DATE:
    case POL_TEXT:
        return;
    }
}

/* ---- several facts together ---------------------------------------------------------------------------------------
 */

/* How far the claim comes: the conditions of an item are asked in the order of its rules. INT64_MAX: it is awarded. */
static int64_t progress_now(struct trial *t) {
    struct pol_decision d = decide_now(t);
    return d.award >= 0 ? INT64_MAX : (int64_t)d.rule;
}

static int64_t progress_with(struct trial *t, int64_t *cell, int64_t value) {
    int64_t before = *cell;
    *cell = value;
    int64_t progress = t->status == POL_STATUS_OK ? progress_now(t) : -1;
    *cell = before;
    return progress;
}

/* The value nearest to the present one in this direction with which the claim comes farther than `reached`. */
static bool nearest_farther(struct trial *t, const struct pol_field *field, int64_t *cell, int64_t sign,
                            int64_t reached, int64_t *found) {
    int64_t far = sign > 0 ? field->max : field->min, worse = *cell;
    if (far == *cell || progress_with(t, cell, far) <= reached)
        return false;
    *found = far;
    while (t->status == POL_STATUS_OK && *found - worse != sign) {
        int64_t middle = worse + (*found - worse) / 2;
        *(progress_with(t, cell, middle) > reached ? found : &worse) = middle;
    }
    return t->status == POL_STATUS_OK;
}

/* A value of this fact with which the claim comes farther. */
static bool farther(struct trial *t, const struct pol_field *field, int64_t *cell, int64_t reached, int64_t *found) {
    const struct pol_enum *enums = pol_module_array(t->module, t->d->enums);
    int64_t values = 0;
    switch ((enum pol_type)field->type) {
    case POL_MONEY:
    case POL_RATE:
    case POL_COUNT:
    case POL_YEARS:
    case POL_DAYS:
        return nearest_farther(t, field, cell, 1, reached, found) ||
               nearest_farther(t, field, cell, -1, reached, found);
    case POL_BOOL:
        values = 2;
        break;
    case POL_ENUM:
        values = field->enum_index == POL_NONE ? 0 : enums[field->enum_index].values.count;
        break;
    case POL_DATE:
    case POL_TEXT:
        return false;
    }
    for (*found = 0; *found < values && t->status == POL_STATUS_OK; ++*found)
        if (*found != *cell && progress_with(t, cell, *found) > reached)
            return true;
    return false;
}

/* One fact that may be changed, and what it was. */
struct fact {
    const struct pol_field *field;
    int64_t *cell, before;
};

static uint32_t list_facts(struct trial *t, struct fact *facts) {
    const struct pol_field *claim = pol_module_array(t->module, t->d->claim_fields);
    const struct pol_field *profile = pol_module_array(t->module, t->d->profile_fields);
    const struct pol_item *items = pol_module_array(t->module, t->d->items);
    const uint32_t *needs = pol_module_array(t->module, items[t->item].needs);
    uint32_t n = 0;
    for (uint32_t i = 0; i < items[t->item].needs.count; i++)
        if (needs[i] >= POL_CLAIM_BUILTINS && t->claim[needs[i]].values)
            facts[n++] = (struct fact){&claim[needs[i]], &t->claim_value[needs[i]], t->claim_value[needs[i]]};
    for (uint32_t f = POL_PROFILE_BUILTINS; f < t->d->profile_fields.count; f++)
        if ((profile[f].flags & POL_FIELD_USED) && t->profile[f].values)
            facts[n++] = (struct fact){&profile[f], &t->profile_value[f], t->profile_value[f]};
    return n;
}

/* Changes one fact so that the claim comes farther; false: none does. */
static bool one_step(struct trial *t, const struct fact *facts, uint32_t count, int64_t *reached) {
    for (uint32_t i = 0; i < count && t->status == POL_STATUS_OK; i++) {
        int64_t value;
        if (*facts[i].cell != facts[i].before || !farther(t, facts[i].field, facts[i].cell, *reached, &value))
            continue;
        *facts[i].cell = value;
        *reached = progress_now(t);
        return t->status == POL_STATUS_OK;
    }
    return false;
}

static void tell_together(struct trial *t, const struct fact *facts, uint32_t count, int64_t award) {
    bool chinese = t->c->language == POL_CHINESE;
    pol_buffer_text(t->out, chinese ? "  - 若同时" : "  - with all of");
    const char *between = " ";
    for (uint32_t i = 0; i < count; i++) {
        if (*facts[i].cell == facts[i].before)
            continue;
        pol_buffer_text(t->out, between);
        pol_buffer_text(t->out, pol_module_string(t->module, facts[i].field->column));
        pol_buffer_text(t->out, chinese ? " 为 " : " ");
        pol_words_value(t->out, t->module, facts[i].field->type, facts[i].field->enum_index, *facts[i].cell);
        between = chinese ? "、" : ", ";
    }
    pol_buffer_text(t->out, chinese ? "，奖励为 " : " the award is ");
    pol_words_value(t->out, t->module, POL_MONEY, POL_NONE, award);
    pol_buffer_text(t->out, chinese ? " 元\n" : " yuan\n");
}

/* Fact after fact is changed so that the claim comes farther, until it is awarded. */
static void try_together(struct trial *t) {
    struct fact facts[2 * FIELDS_MOST];
    uint32_t count = list_facts(t, facts);
    int64_t reached = progress_now(t);
    for (int n = 0; n < TOGETHER_MOST && reached != INT64_MAX; n++)
        if (!one_step(t, facts, count, &reached))
            return;
    if (reached == INT64_MAX && t->status == POL_STATUS_OK)
        tell_together(t, facts, count, award_now(t));
}

static void try_all(struct trial *t) {
    struct fact facts[2 * FIELDS_MOST];
    uint32_t count = list_facts(t, facts);
    for (uint32_t i = 0; i < count; i++)
        try_field(t, facts[i].field, facts[i].cell);
}

enum pol_status explain_better(const struct explain_claim *c, struct pol_buffer *text, struct pol_error *error) {
    struct trial t = {.c = c, .module = c->audit->module, .out = text, .error = error};
    t.d = pol_module_descriptor(t.module);
    /* where a cap, a limit or an earlier claim decides, a higher award changes nothing */
    bool decided = (c->decision.reason == POL_OK || c->decision.reason == POL_INELIGIBLE) && c->profile.found;
    if (!decided || t.d->claim_fields.count > FIELDS_MOST || t.d->profile_fields.count > FIELDS_MOST)
        return POL_STATUS_OK;
    fill(t.claim, t.claim_value, t.claim_text, pol_module_array(t.module, t.d->claim_fields), &c->claim,
         t.d->claim_fields.count);
    fill(t.profile, t.profile_value, t.profile_text, pol_module_array(t.module, t.d->profile_fields), &c->profile,
         t.d->profile_fields.count);
    t.item = (uint16_t)c->claim.cell[POL_CLAIM_ITEM].value;
    t.claim[POL_CLAIM_ITEM].values = &t.item;
    t.award = award_now(&t);
    if (t.status == POL_STATUS_OK)
        try_all(&t);
    if (t.status == POL_STATUS_OK && t.award < 0 && t.shown == 0)
        try_together(&t);
    return t.status;
}
