/* Which single fact, changed, would make a better award? The policy itself is asked: the claim is decided alone, again
 * and again, with one cell changed. */
#include <string.h>

#include "audit/explain_claim.h"
#include "audit/words.h"
#include "ledger/fail.h"

enum { FIELDS_MOST = 256, SUGGESTIONS = 6 };

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

/* The award of the claim decided alone, as the trial's cells say. */
static int64_t award_now(struct trial *t) {
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
    return decision.award;
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

static void try_all(struct trial *t) {
    const struct pol_field *claim = pol_module_array(t->module, t->d->claim_fields);
    const struct pol_field *profile = pol_module_array(t->module, t->d->profile_fields);
    const struct pol_item *items = pol_module_array(t->module, t->d->items);
    const uint32_t *needs = pol_module_array(t->module, items[t->item].needs);
    for (uint32_t i = 0; i < items[t->item].needs.count; i++)
        if (needs[i] >= POL_CLAIM_BUILTINS && t->claim[needs[i]].values)
            try_field(t, &claim[needs[i]], &t->claim_value[needs[i]]);
    for (uint32_t f = POL_PROFILE_BUILTINS; f < t->d->profile_fields.count; f++)
        if ((profile[f].flags & POL_FIELD_USED) && t->profile[f].values)
            try_field(t, &profile[f], &t->profile_value[f]);
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
    return t.status;
}
