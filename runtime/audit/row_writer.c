#include "audit/row_writer.h"

#include <stdlib.h>

#include "audit/finding.h"
#include "ledger/csv_error.h"
#include "ledger/fail.h"

bool pol_row_writer_make(struct pol_row_writer *w, const struct pol_audit *audit, const struct pol_lines *lines,
                         struct pol_finder *finder, unsigned worker) {
    w->audit = audit;
    w->lines = lines;
    w->finder = finder;
    w->worker = worker;
    prt_results_begin(&w->results, audit->run);
    return pol_totals_make(&w->totals, pol_module_descriptor(audit->module)->items.count, audit->options->top);
}

void pol_row_writer_free(struct pol_row_writer *w) {
    pol_totals_free(&w->totals);
    prt_results_free(&w->results);
    free(w->payments);
    pol_kept_memory_free(&w->place.memory);
}

/* Rows that are kept together, and what became of them. */
struct step {
    const struct pol_kept *kept;
    uint64_t first, count;
    uint32_t local; /* the first, in the chunk */
    const struct prt_outcome *outcome;
};

/* ---- what is told of some rows ----------------------------------------------------------------------------------- */

/* The thresholds that the claim comes close to. */
static void put_near(const struct pol_kept *kept, uint32_t row, struct pol_found_row *found) {
    uint32_t low = 0, high = kept->near_count;
    if (high == 0)
        return;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (kept->near[middle].row < row)
            low = middle + 1;
        else
            high = middle;
    }
    found->near = kept->near + low;
    while (low + found->near_count < kept->near_count && found->near[found->near_count].row == row)
        found->near_count++;
}

static bool find(struct pol_row_writer *w, const struct step *s, uint32_t i) {
    uint32_t local = s->local + i;
    struct pol_decision decision;
    struct pol_found_row found = {.row = s->first + i,
                                  .claim = pol_kept_claim(s->kept, local),
                                  .applicant = pol_kept_applicant(s->kept, local),
                                  .item = s->kept->item[local],
                                  .date = s->kept->date[local],
                                  .paid = pol_kept_paid(s->kept, local),
                                  .decision = &decision};
    if (found.paid == POL_PAID_NONE)
        return true;
    prt_results_decision(&w->results, &s->outcome[i], &decision);
    put_near(s->kept, local, &found);
    return pol_finder_row(w->finder, w->worker, &found);
}

__attribute__((noinline)) static void consider(struct pol_row_writer *w, const struct step *s, uint32_t i,
                                               int64_t difference) {
    struct pol_text claim = pol_kept_claim(s->kept, s->local + i);
    struct pol_finding finding = {.row = s->first + i,
                                  .difference = difference,
                                  .paid = pol_kept_paid(s->kept, s->local + i),
                                  .item = s->kept->item[s->local + i]};
    if (finding.item > w->totals.items)
        finding.item = w->totals.items;
    prt_results_decision(&w->results, &s->outcome[i], &finding.decision);
    char shown[POL_SHOWN_SIZE];
    memcpy(finding.claim, pol_shown(claim.data, claim.size, shown), sizeof finding.claim);
    pol_totals_consider(&w->totals, &finding);
}

/* ---- any row ----------------------------------------------------------------------------------------------------- */

/* The payments of a claim but for the first `done` of them. False: no memory. */
static bool put_payments(struct pol_row_writer *w, const struct step *s, uint32_t i, uint64_t done,
                         struct pol_buffer *buffer) {
    const struct prt_outcome *o = &s->outcome[i];
    uint64_t count = prt_results_payments(&w->results, o, s->first + i, w->payments, w->payment_room);
    if (count > w->payment_room) {
        free(w->payments);
        w->payments = calloc(count * 2, sizeof *w->payments);
        w->payment_room = w->payments != NULL ? count * 2 : 0;
        if (w->payments == NULL)
            return false;
        prt_results_payments(&w->results, o, s->first + i, w->payments, w->payment_room);
    }
    struct pol_text claim = pol_kept_claim(s->kept, s->local + i),
                    applicant = pol_kept_applicant(s->kept, s->local + i);
    if (!pol_buffer_reserve(buffer, count * pol_payment_room(claim.size, applicant.size)))
        return false;
    char *out = buffer->data + buffer->size;
    for (uint64_t p = done; p < count; p++)
        out = pol_put_payment(out, claim, applicant, w->payments[p].year, w->payments[p].amount);
    buffer->size = (size_t)(out - buffer->data);
    return true;
}

/* False: no memory. */
static bool put_any_row(struct pol_row_writer *w, const struct step *s, uint32_t i, struct pol_buffer *text) {
    const struct prt_outcome *o = &s->outcome[i];
    struct prt_amounts amounts = prt_results_amounts(&w->results, o);
    struct pol_text claim = pol_kept_claim(s->kept, s->local + i);
    if (!pol_buffer_reserve(&text[0], pol_decision_room(w->lines, claim.size)) || !put_payments(w, s, i, 0, &text[1]))
        return false;
    int64_t paid = pol_kept_paid(s->kept, s->local + i), due = amounts.payable + amounts.carried;
    char *end =
        pol_put_decision(text[0].data + text[0].size, w->lines, claim, o->reason, o->rule, o->award, &amounts, paid);
    text[0].size = (size_t)(end - text[0].data);
    struct pol_total *total = pol_totals_of(&w->totals, s->kept->item[s->local + i], o->reason, paid);
    total->claims++;
    pol_total_add(total, &amounts);
    if (paid != POL_PAID_NONE) {
        total->paid += paid;
        if (pol_totals_may_be_top(&w->totals, paid - due))
            consider(w, s, i, paid - due);
    }
    return true;
}

/* ---- rows as most are -------------------------------------------------------------------------------------------- */

enum { AHEAD = 32 }; /* rows whose texts are on their way */

/* Where the next lines go. */
struct pens {
    char *decision, *payment;
};

static bool take_payment_pen(struct pens *pens, struct pol_buffer *text, uint64_t rows) {
    bool ok = pol_buffer_reserve(&text[1], rows * pol_payment_room(POL_CELL_ROOM, POL_CELL_ROOM));
    pens->payment = text[1].data + (ok ? text[1].size : 0);
    return ok;
}

/* With room for the lines of so many rows with short ids, a payment each. False: no memory. */
static bool take_pens(struct pens *pens, const struct pol_row_writer *w, struct pol_buffer *text, uint64_t rows) {
    if (!pol_buffer_reserve(&text[0], rows * pol_decision_room(w->lines, POL_CELL_ROOM)))
        return false;
    pens->decision = text[0].data + text[0].size;
    return take_payment_pen(pens, text, rows);
}

/* What a claim is paid that is not simply paid its award. */
struct adjusted {
    int64_t payable, carried;
    struct pol_amount payable_text;
};

/* Its amounts but for the award. NULL: they are too large. */
__attribute__((noinline)) static char *put_adjusted(const struct pol_row_writer *w, const struct prt_outcome *o,
                                                    char *out, struct pol_amount award_text, struct pol_total *total,
                                                    struct adjusted *adjusted) {
    struct prt_amounts a = prt_results_amounts(&w->results, o);
    if ((uint64_t)(a.entitled | a.payable | a.carried | a.outstanding | a.lapsed) > POL_AMOUNT_LIMIT / 2)
        return NULL; /* one of them, perhaps */
    adjusted->payable = a.payable;
    adjusted->carried = a.carried;
    adjusted->payable_text = pol_amount_of((uint64_t)a.payable);
    pol_total_add(total, &a);
    out = pol_put_amount(out, a.entitled == o->award ? award_text : pol_amount_of((uint64_t)a.entitled));
    out = pol_put_amount(out, adjusted->payable_text);
    if ((a.carried | a.outstanding | a.lapsed) == 0)
        return pol_put_zeros(out, 3);
    const int64_t waiting[] = {a.carried, a.outstanding, a.lapsed};
    for (int which = 0; which < 3; which++) /* most of them are 0 */
        out = pol_put_amount(out, waiting[which] == 0 ? pol_no_amount() : pol_amount_of((uint64_t)waiting[which]));
    return out;
}

/* The end of a decision's line. `award` is the amount that `text` says, if there is one. */
static inline char *put_end(struct pol_row_writer *w, const struct step *s, uint32_t i, char *out, int64_t paid,
                            int64_t due, int64_t award, struct pol_amount text) {
    if (paid == POL_PAID_NONE)
        return pol_put_not_paid(out);
    int64_t difference = paid - due;
    if (pol_totals_may_be_top(&w->totals, difference))
        consider(w, s, i, difference);
    uint64_t absolute = difference < 0 ? -(uint64_t)difference : (uint64_t)difference;
    if ((uint64_t)paid >= POL_AMOUNT_LIMIT || absolute >= POL_AMOUNT_LIMIT)
        return pol_put_paid(out, paid, due);
    out = pol_put_amount(out, paid == award ? text : pol_amount_of((uint64_t)paid));
    if (difference == 0)
        return pol_put_no_difference(out);
    *out = '-';
    out = pol_put_amount(out + (difference < 0), pol_amount_of(absolute));
    out[-1] = '\n';
    return out;
}

/* Rows from *row on, as long as ids are short and amounts not too large; *row becomes the first that is to be put by
 * put_any_row. False: no memory. Nearly all that a row needs stays in registers: what is read through pointers has to
 * be read anew after every byte that is written. That makes it one long function. */
static bool put_short_rows(struct pol_row_writer *w, const struct step *s, uint32_t *row, struct pol_buffer *text) {
    const struct pol_kept *kept = s->kept;
    const char *base = kept->base;
    const uint32_t *claim_at = kept->at[0] + s->local, *payee_at = kept->at[1] + s->local;
    const uint8_t *claim_sizes = kept->size[0] + s->local, *payee_sizes = kept->size[1] + s->local;
    uint32_t i = *row, count = (uint32_t)s->count, last = kept->rows - s->local - 1;
    struct pens pens;
    if (!take_pens(&pens, w, text, count - i))
        return false;
    for (; i < count; i++) {
        const struct prt_outcome *o = &s->outcome[i];
        size_t claim_size = claim_sizes[i], payee_size = payee_sizes[i];
        __builtin_prefetch(base + claim_at[i + AHEAD < last ? i + AHEAD : last]);
        if (((claim_size - 1) | (payee_size - 1)) >= POL_CELL_ROOM)
            break;
        struct pol_padded claim = pol_padded_at(base + claim_at[i]), payee = pol_padded_at(base + payee_at[i]);
        if (!pol_surely_plain(claim, claim_size) || !pol_surely_plain(payee, payee_size))
            break;
        int64_t award = o->award, paid = pol_kept_paid(kept, s->local + i), payable = 0, carried = 0;
        struct pol_amount award_text = {0}, payable_text;
        struct pol_total *total = pol_totals_of(&w->totals, kept->item[s->local + i], o->reason, paid);
        char *out = pol_put_why(pol_put_padded(pens.decision, claim, claim_size), w->lines, o->reason, o->rule);
        if (award < 0) {
            out = pol_put_no_award(out);
        } else if ((uint64_t)award >= POL_AMOUNT_LIMIT) {
            break;
        } else {
            award_text = payable_text = pol_amount_of((uint64_t)award);
            out = pol_put_amount(out, award_text);
            if (!prt_reason_pays(o->reason)) {
                out = pol_put_zeros(out, 5);
            } else if (o->adjust == 0) {
                payable = award;
                total->whole += award;
                out = pol_put_zeros(pol_put_amount(pol_put_amount(out, award_text), award_text), 3);
            } else {
                struct adjusted adjusted;
                out = put_adjusted(w, o, out, award_text, total, &adjusted);
                if (out == NULL)
                    break;
                payable = adjusted.payable;
                payable_text = adjusted.payable_text;
                carried = adjusted.carried;
            }
            if (payable > 0) {
                char *pay = pol_put_padded(pens.payment, claim, claim_size);
                *pay = ',';
                pay = pol_put_padded(pay + 1, payee, payee_size);
                pens.payment = pol_put_year_and_amount(pay, o->year, payable_text);
            }
            if (carried > 0) {
                text[1].size = (size_t)(pens.payment - text[1].data);
                if (!put_payments(w, s, i, payable > 0, &text[1]) || !take_payment_pen(&pens, text, count - i))
                    return false;
            }
        }
        total->claims++;
        if (paid != POL_PAID_NONE)
            total->paid += paid;
        pens.decision = put_end(w, s, i, out, paid, payable + carried, award, award_text);
    }
    text[0].size = (size_t)(pens.decision - text[0].data);
    text[1].size = (size_t)(pens.payment - text[1].data);
    *row = i;
    return true;
}

static bool put_rows(struct pol_row_writer *w, const struct step *s, struct pol_buffer *text) {
    for (uint32_t i = 0; i < s->count; i++)
        if (!put_short_rows(w, s, &i, text) || (i < s->count && !put_any_row(w, s, i, text)))
            return false;
    return true;
}

enum pol_status pol_row_writer_put(struct pol_row_writer *w, uint64_t first, uint64_t end, struct pol_buffer *text,
                                   struct pol_error *error) {
    while (first < end) {
        struct step s = {.kept = pol_audit_kept(w->audit, first, &w->place, error), .first = first};
        if (s.kept == NULL)
            return POL_STATUS_SYSTEM;
        s.local = (uint32_t)(first - s.kept->first_row);
        s.count = end - first < s.kept->rows - s.local ? end - first : s.kept->rows - s.local;
        s.outcome = prt_results_read(&w->results, first, &s.count);
        if (s.outcome == NULL)
            return POL_STATUS_OK; /* pol_run_check says why */
        if (!put_rows(w, &s, text))
            return pol_ledger_no_memory(error);
        for (uint32_t i = 0; w->finder != NULL && i < s.count; i++)
            if (!find(w, &s, i))
                return pol_finder_failed(w->finder, w->audit, error);
        first += s.count;
    }
    return POL_STATUS_OK;
}
