#include "audit/lines.h"

#include <stdlib.h>

/* Any amount, with its comma. */
static inline char *put_any(char *out, int64_t fen) {
    if ((uint64_t)fen < POL_AMOUNT_LIMIT)
        return pol_put_amount(out, pol_amount_of((uint64_t)fen));
    out = pol_put_large_money(out, fen);
    *out++ = ',';
    return out;
}

char *pol_put_amounts(char *out, int64_t award, const struct prt_amounts *a) {
    if (award >= 0)
        out = put_any(out, award);
    else
        *out++ = ',';
    out = put_any(out, a->entitled);
    out = put_any(out, a->payable);
    out = put_any(out, a->carried);
    out = put_any(out, a->outstanding);
    return put_any(out, a->lapsed);
}

char *pol_put_paid(char *out, int64_t paid, int64_t due) {
    if (paid == POL_PAID_NONE)
        return pol_put_not_paid(out);
    int64_t difference = paid - due;
    out = put_any(out, paid);
    *out = '-';
    if (difference < 0 && difference > -(int64_t)POL_AMOUNT_LIMIT)
        out = put_any(out + 1, -difference);
    else
        out = put_any(out, difference);
    out[-1] = '\n';
    return out;
}

char *pol_put_decision(char *out, const struct pol_lines *lines, struct pol_text claim, uint8_t reason, uint32_t rule,
                       int64_t award, const struct prt_amounts *amounts, int64_t paid) {
    out = pol_put_padded_cell(out, claim.data, claim.size);
    out = pol_put_why(out, lines, reason, rule);
    out = pol_put_amounts(out, award, amounts);
    return pol_put_paid(out, paid, amounts->payable + amounts->carried);
}

char *pol_put_payment(char *out, struct pol_text claim, struct pol_text applicant, int32_t year, int64_t fen) {
    out = pol_put_padded_cell(out, claim.data, claim.size);
    *out++ = ',';
    out = pol_put_padded_cell(out, applicant.data, applicant.size);
    *out++ = ',';
    out = pol_put_year(out, year);
    *out++ = ',';
    out = put_any(out, fen);
    out[-1] = '\n';
    return out;
}

/* ---- phrases ----------------------------------------------------------------------------------------------------- */

static bool make_rule(struct pol_lines *lines, uint32_t rule, const char *name, size_t size) {
    struct pol_phrase *phrase = &lines->rules[rule];
    phrase->data = calloc(1, 2 * size + 3 + POL_CELL_ROOM);
    if (phrase->data == NULL)
        return false;
    char *end = pol_put_cell(phrase->data, name, size);
    *end++ = ',';
    phrase->size = (size_t)(end - phrase->data);
    if (phrase->size > lines->longest_rule)
        lines->longest_rule = phrase->size;
    return true;
}

static bool make_reason(struct pol_phrase *phrase, enum pol_reason reason) {
    struct pol_buffer text = {0};
    pol_buffer_format(&text, ",%s,%s,", pol_decision_name(pol_decision_kind(reason)), pol_reason_name(reason));
    bool room = pol_buffer_reserve(&text, POL_CELL_ROOM);
    if (room)
        memset(text.data + text.size, 0, POL_CELL_ROOM);
    *phrase = (struct pol_phrase){text.data, text.size};
    return room;
}

bool pol_lines_make(struct pol_lines *lines, const pol_module *module) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_rule *rules = pol_module_array(module, d->rules);
    *lines =
        (struct pol_lines){.rules = calloc(d->rules.count + 1u, sizeof *lines->rules), .rule_count = d->rules.count};
    bool made = lines->rules != NULL;
    for (uint32_t i = 0; made && i < d->rules.count; i++)
        made = make_rule(lines, i, pol_module_string(module, rules[i].name), rules[i].name.size);
    for (int r = 0; made && r < POL_REASON_COUNT; r++)
        made = make_reason(&lines->reasons[r], (enum pol_reason)r);
    return made;
}

void pol_lines_free(struct pol_lines *lines) {
    for (uint32_t i = 0; lines->rules != NULL && i < lines->rule_count; i++)
        free(lines->rules[i].data);
    free(lines->rules);
    for (int r = 0; r < POL_REASON_COUNT; r++)
        free(lines->reasons[r].data);
    *lines = (struct pol_lines){0};
}
