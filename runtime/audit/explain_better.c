/* What would make a better award, in words: better.c finds it. */
#include "audit/better.h"
#include "audit/explain_claim.h"
#include "audit/words.h"
#include "ledger/fail.h"

struct telling {
    const struct explain_claim *c;
    const pol_module *module;
    bool chinese;
    struct pol_buffer *out;
};

static void put_value(const struct telling *t, const struct pol_better_fact *fact, int64_t value) {
    pol_words_value(t->out, t->module, fact->field->type, fact->field->enum_index, value);
}

static void put_award(const struct telling *t, int64_t award) {
    pol_words_value(t->out, t->module, POL_MONEY, POL_NONE, award);
    pol_buffer_text(t->out, t->chinese ? " 元\n" : " yuan\n");
}

static void tell_single(const struct telling *t, const struct pol_better *better) {
    const struct pol_better_fact *fact = &better->fact[0];
    pol_buffer_format(t->out, t->chinese ? "  - 若 %s 为 " : "  - with %s ",
                      pol_module_string(t->module, fact->field->column));
    put_value(t, fact, fact->to);
    pol_buffer_text(t->out, t->chinese ? "（现为 " : " instead of ");
    put_value(t, fact, fact->from);
    pol_buffer_text(t->out, t->chinese ? "），奖励为 " : " the award is ");
    put_award(t, better->award);
}

static void tell_together(const struct telling *t, const struct pol_better *better) {
    pol_buffer_text(t->out, t->chinese ? "  - 若同时" : "  - with all of");
    const char *between = " ";
    for (unsigned i = 0; i < better->facts; i++) {
        pol_buffer_text(t->out, between);
        pol_buffer_text(t->out, pol_module_string(t->module, better->fact[i].field->column));
        pol_buffer_text(t->out, t->chinese ? " 为 " : " ");
        put_value(t, &better->fact[i], better->fact[i].to);
        between = t->chinese ? "、" : ", ";
    }
    pol_buffer_text(t->out, t->chinese ? "，奖励为 " : " the award is ");
    put_award(t, better->award);
}

static void set_cells(struct pol_trial *trial, const struct pol_descriptor *d, const struct explain_claim *c) {
    for (uint32_t f = POL_CLAIM_APPLICANT; f < d->claim_fields.count; f++)
        if (f != POL_CLAIM_ITEM && c->claim.cell[f].state == EXPLAIN_PRESENT)
            pol_trial_claim(trial, f, c->claim.cell[f].value, c->claim.cell[f].text);
    for (uint32_t f = 0; f < d->profile_fields.count; f++)
        if (c->profile.cell[f].state == EXPLAIN_PRESENT)
            pol_trial_profile(trial, f, c->profile.cell[f].value, c->profile.cell[f].text);
}

enum pol_status explain_better(const struct explain_claim *c, struct pol_buffer *text, struct pol_error *error) {
    struct telling t = {c, c->audit->module, c->language == POL_CHINESE, text};
    /* where a cap, a limit or an earlier claim decides, a higher award changes nothing */
    if ((c->decision.reason != POL_OK && c->decision.reason != POL_INELIGIBLE) || !c->profile.found)
        return POL_STATUS_OK;
    struct pol_trial *trial = pol_trial_new(c->audit->run, t.module);
    if (trial == NULL)
        return pol_ledger_no_memory(error);
    struct pol_better_list list;
    pol_trial_begin(trial, (uint32_t)c->claim.cell[POL_CLAIM_ITEM].value);
    set_cells(trial, pol_module_descriptor(t.module), c);
    pol_trial_better(trial, &list);
    for (unsigned i = 0; i < list.count; i++)
        list.better[i].facts > 1 ? tell_together(&t, &list.better[i]) : tell_single(&t, &list.better[i]);
    pol_trial_free(trial);
    return POL_STATUS_OK;
}
