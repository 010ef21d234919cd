/* decisions.csv and payments.csv, made together by ranges of rows on all threads, and the sums of the summary. */
#include <stdlib.h>

#include "audit/audit_spill.h"
#include "audit/finding.h"
#include "audit/lines.h"
#include "audit/totals.h"
#include "audit/work.h"
#include "ledger/csv_error.h"
#include "ledger/fail.h"
#include "tr.h"

enum { TASK_ROWS = 4096 }; /* the texts of a task stay in the cache until they are written */

/* What one thread works with. */
struct share {
    struct pol_totals totals;
    struct prt_results results;
    struct pol_payment *payments; /* of one claim */
    uint64_t payment_room;
    struct pol_kept_place place;
};

struct writing {
    struct pol_audit *audit;
    const struct pol_descriptor *descriptor;
    struct pol_lines lines;
    struct share *shares;
    unsigned threads;
    struct pol_finder *finder; /* NULL: no findings wanted */
    uint64_t done;             /* rows */
};

/* ---- rows -------------------------------------------------------------------------------------------------------- */

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

/* A row that is being written. */
struct row {
    uint64_t row;
    const struct pol_kept *kept;
    uint32_t local; /* of the chunk */
    struct pol_text claim;
    int64_t paid;
    const struct prt_outcome *outcome;
    const char *id; /* the claim's cell, in its line */
    size_t id_size;
};

static bool find(const struct writing *w, unsigned worker, const struct row *row) {
    struct pol_decision decision;
    prt_results_decision(&w->shares[worker].results, row->outcome, &decision);
    struct pol_found_row found = {.row = row->row,
                                  .claim = row->claim,
                                  .applicant = pol_kept_applicant(row->kept, row->local),
                                  .item = row->kept->item[row->local],
                                  .date = row->kept->date[row->local],
                                  .paid = row->paid,
                                  .decision = &decision};
    put_near(row->kept, row->local, &found);
    return pol_finder_row(w->finder, worker, &found);
}

static void consider(const struct writing *w, struct share *share, const struct row *row, int64_t difference) {
    uint32_t items = w->descriptor->items.count, item = row->kept->item[row->local];
    struct pol_finding finding = {
        .row = row->row, .difference = difference, .paid = row->paid, .item = item < items ? item : items};
    prt_results_decision(&share->results, row->outcome, &finding.decision);
    char shown[POL_SHOWN_SIZE];
    memcpy(finding.claim, pol_shown(row->claim.data, row->claim.size, shown), sizeof finding.claim);
    pol_totals_consider(&share->totals, &finding);
}

/* The payments of a claim. False: no memory. */
static bool put_payments(struct share *share, const struct row *row, struct pol_buffer *buffer) {
    uint64_t count =
        prt_results_payments(&share->results, row->outcome, row->row, share->payments, share->payment_room);
    if (count > share->payment_room) {
        free(share->payments);
        share->payments = calloc(count * 2, sizeof *share->payments);
        share->payment_room = share->payments != NULL ? count * 2 : 0;
        if (share->payments == NULL)
            return false;
        prt_results_payments(&share->results, row->outcome, row->row, share->payments, share->payment_room);
    }
    struct pol_text applicant = pol_kept_applicant(row->kept, row->local);
    for (uint64_t i = 0; i < count; i++) {
        if (!pol_buffer_reserve(buffer, pol_payment_room(row->id_size, applicant.size)))
            return false;
        char *out = pol_put_padded(buffer->data + buffer->size, row->id, row->id_size);
        out = pol_put_payee(out, applicant, share->payments[i].year);
        buffer->size = (size_t)(pol_end_any_payment(out, share->payments[i].amount) - buffer->data);
    }
    return true;
}

/* The rest of a decision's line, and the payments, of any claim. NULL: no memory. */
static char *put_any(const struct writing *w, struct share *share, const struct row *row, struct pol_total *total,
                     char *out, struct pol_buffer *payments) {
    int64_t due = 0;
    if (row->outcome->award < 0 || !prt_reason_pays(row->outcome->reason)) {
        out = pol_put_no_amounts(out, row->outcome->award);
    } else {
        struct prt_amounts amounts = prt_results_amounts(&share->results, row->outcome);
        out = pol_put_amounts(out, row->outcome->award, &amounts);
        due = amounts.payable + amounts.carried;
        pol_total_add(total, &amounts);
        if (!put_payments(share, row, payments))
            return NULL;
    }
    if (row->paid != POL_PAID_NONE) {
        total->paid += row->paid;
        if (pol_totals_may_be_top(&share->totals, row->paid - due))
            consider(w, share, row, row->paid - due);
    }
    return pol_put_paid(out, row->paid, due);
}

/* The same of one that is paid its award: of most. */
static inline char *put_whole(const struct writing *w, struct share *share, const struct row *row,
                              struct pol_total *total, char *out, struct pol_buffer *payments) {
    int64_t award = row->outcome->award;
    struct pol_amount amount = pol_amount_of((uint64_t)award);
    total->whole += award;
    out = pol_put_whole_award(out, amount);
    if (award > 0) {
        struct pol_text applicant = pol_kept_applicant(row->kept, row->local);
        if (!pol_buffer_reserve(payments, pol_payment_room(row->id_size, applicant.size)))
            return NULL;
        char *end = pol_put_padded(payments->data + payments->size, row->id, row->id_size);
        end = pol_put_payee(end, applicant, row->outcome->year);
        payments->size = (size_t)(pol_end_payment(end, amount) - payments->data);
    }
    if (row->paid == POL_PAID_NONE)
        return pol_put_paid(out, row->paid, award);
    total->paid += row->paid;
    if (row->paid == award)
        return pol_put_paid_as_due(out, amount);
    if (pol_totals_may_be_top(&share->totals, row->paid - award))
        consider(w, share, row, row->paid - award);
    return pol_put_paid(out, row->paid, award);
}

/* One row: its lines, and its place in the sums. False: no memory. */
static inline bool take_row(const struct writing *w, struct share *share, struct row *row, struct pol_buffer *text) {
    if (!pol_buffer_reserve(&text[0], pol_decision_room(&w->lines, row->claim.size)))
        return false;
    const struct prt_outcome *o = row->outcome;
    char *begin = text[0].data + text[0].size, *id_end;
    char *out = pol_put_decided(begin, &w->lines, row->claim, o->reason, o->rule, &id_end);
    row->id = begin;
    row->id_size = (size_t)(id_end - begin);
    struct pol_total *total = pol_totals_of(&share->totals, row->kept->item[row->local], o->reason, row->paid);
    total->claims++;
    bool whole = (uint64_t)o->award < POL_AMOUNT_LIMIT && o->adjust == 0 && prt_reason_pays(o->reason);
    out = whole ? put_whole(w, share, row, total, out, &text[1]) : put_any(w, share, row, total, out, &text[1]);
    if (out == NULL)
        return false;
    text[0].size = (size_t)(out - text[0].data);
    return true;
}

/* The ids of rows [first, end) were written: their pages need not stay. */
static void release(const struct pol_audit *audit, uint64_t first, uint64_t end) {
    if (audit->spill != NULL || first >= end)
        return;
    const struct pol_kept *last = pol_audit_kept(audit, end - 1, NULL, NULL);
    for (const struct pol_kept *kept = pol_audit_kept(audit, first, NULL, NULL); kept < last; kept++) {
        const struct pol_input *input = kept->input;
        uint64_t stop = kept[1].input == input ? (uint64_t)(kept[1].base - input->data) : input->size;
        pol_input_release(input, (uint64_t)(kept->base - input->data), stop);
    }
}

/* Rows that a task has written. One worker alone tells of them: progress is told one at a time. */
static void count_done(struct writing *w, unsigned worker, uint64_t rows) {
    uint64_t done = __atomic_add_fetch(&w->done, rows, __ATOMIC_RELAXED);
    if (worker == 0)
        pol_audit_progress(w->audit, tr("writing"), done, w->audit->rows, POL_UNIT_CLAIMS);
}

/* The lines of `count` rows that are kept together, from `first` on. */
static enum pol_status make_step(struct writing *w, unsigned worker, const struct pol_kept *kept, uint64_t first,
                                 uint64_t count, const struct prt_outcome *outcome, struct pol_buffer *text,
                                 struct pol_error *error) {
    struct share *share = &w->shares[worker];
    for (uint64_t i = 0; i < count; i++) {
        uint32_t local = (uint32_t)(first + i - kept->first_row);
        struct row row = {.row = first + i,
                          .kept = kept,
                          .local = local,
                          .claim = pol_kept_claim(kept, local),
                          .paid = pol_kept_paid(kept, local),
                          .outcome = &outcome[i]};
        if (!take_row(w, share, &row, text))
            return pol_ledger_no_memory(error);
        if (w->finder != NULL && row.paid != POL_PAID_NONE && !find(w, worker, &row))
            return pol_finder_failed(w->finder, w->audit, error);
    }
    return POL_STATUS_OK;
}

/* The lines of rows [first, end) in both files. */
static enum pol_status make_lines(struct writing *w, unsigned worker, uint64_t first, uint64_t end,
                                  struct pol_buffer *text, struct pol_error *error) {
    struct share *share = &w->shares[worker];
    enum pol_status status = POL_STATUS_OK;
    while (first < end && status == POL_STATUS_OK) {
        uint64_t count = end - first;
        const struct pol_kept *kept = pol_audit_kept(w->audit, first, &share->place, error);
        if (kept == NULL)
            return POL_STATUS_SYSTEM;
        if (count > kept->first_row + kept->rows - first)
            count = kept->first_row + kept->rows - first;
        const struct prt_outcome *outcome = prt_results_read(&share->results, first, &count);
        if (outcome == NULL)
            break; /* pol_run_check says why */
        status = make_step(w, worker, kept, first, count, outcome, text, error);
        first += count;
    }
    return status;
}

static enum pol_status make_rows(void *context, unsigned worker, uint64_t task, struct pol_buffer *text,
                                 struct pol_error *error) {
    struct writing *w = context;
    struct pol_audit *audit = w->audit;
    uint64_t row = task * TASK_ROWS, end = row + TASK_ROWS < audit->rows ? row + TASK_ROWS : audit->rows;
    enum pol_status status = pol_audit_go_on(audit, error);
    if (!pol_buffer_reserve(&text[0], (size_t)TASK_ROWS * 128) || !pol_buffer_reserve(&text[1], (size_t)TASK_ROWS * 64))
        return POL_STATUS_OK; /* the buffers say so */
    if (status == POL_STATUS_OK)
        status = make_lines(w, worker, row, end, text, error);
    if (status != POL_STATUS_OK)
        return status;
    release(audit, row, end);
    count_done(w, worker, end - row);
    return pol_run_check(audit->run, error);
}

/* ---- earlier claims, with a state -------------------------------------------------------------------------------- */

enum { SETTLED_STEP = 512 };

static bool put_settled(const struct writing *w, const struct pol_settled *settled, struct pol_buffer *buffer) {
    const struct pol_decision *d = &settled->decision;
    struct prt_amounts amounts = {d->entitled, d->payable, d->carried, d->outstanding, d->lapsed};
    if (!pol_buffer_reserve(buffer, pol_decision_room(&w->lines, settled->claim.size)))
        return false;
    char *id_end;
    char *out = pol_put_decided(buffer->data + buffer->size, &w->lines, settled->claim, d->reason, d->rule, &id_end);
    out = pol_put_amounts(out, d->award, &amounts);
    out = pol_put_paid(out, settled->paid, d->payable + d->carried);
    buffer->size = (size_t)(out - buffer->data);
    return true;
}

/* settled.csv: the whole row of an earlier claim that this run changed, in the place of the one it had. */
static enum pol_status write_settled(struct writing *w, struct pol_out *out, const char *header,
                                     struct pol_error *error) {
    struct pol_settled settled[SETTLED_STEP];
    struct pol_buffer text = {0};
    uint64_t count = pol_run_settled_count(w->audit->run);
    unsigned file = 0;
    enum pol_status status = pol_out_begin(out, "settled.csv", &file, error);
    pol_buffer_text(&text, header);
    for (uint64_t at = 0; at < count && status == POL_STATUS_OK; at += SETTLED_STEP) {
        uint64_t step = count - at < SETTLED_STEP ? count - at : SETTLED_STEP;
        pol_run_settled(w->audit->run, at, step, settled);
        for (uint64_t i = 0; i < step; i++)
            put_settled(w, &settled[i], &text);
        if (!text.failed)
            status = pol_out_write(out, file, text.data, text.size, error);
        text.size = 0;
    }
    if (status == POL_STATUS_OK && text.failed)
        status = pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK)
        status = pol_out_write(out, file, text.data, text.size, error);
    pol_buffer_free(&text);
    return status;
}

static bool put_settled_payment(const struct pol_settled *settled, const struct pol_payment *payment,
                                struct pol_buffer *buffer) {
    if (!pol_buffer_reserve(buffer, pol_payment_room(2 * (size_t)settled->claim.size, settled->applicant.size)))
        return false;
    char *out = pol_put_padded_cell(buffer->data + buffer->size, settled->claim.data, settled->claim.size);
    out = pol_put_payee(out, settled->applicant, payment->year);
    out = pol_end_any_payment(out, payment->amount);
    buffer->size = (size_t)(out - buffer->data);
    return true;
}

/* payments.csv begins with what earlier claims are paid. */
static enum pol_status write_settled_payments(struct writing *w, struct pol_out *out, unsigned file,
                                              struct pol_error *error) {
    uint64_t count = 0;
    const struct pol_payment *payments = pol_run_settled_payments(w->audit->run, &count);
    struct pol_buffer text = {0};
    for (uint64_t i = 0; i < count; i++) {
        struct pol_settled claim;
        pol_run_settled(w->audit->run, payments[i].claim, 1, &claim);
        put_settled_payment(&claim, &payments[i], &text);
    }
    enum pol_status status = text.failed ? pol_ledger_no_memory(error) : POL_STATUS_OK;
    if (status == POL_STATUS_OK && text.size > 0)
        status = pol_out_write(out, file, text.data, text.size, error);
    pol_buffer_free(&text);
    return status;
}

struct paying {
    const struct pol_audit *audit;
    struct pol_kept_place place;
    struct pol_error *error;
    enum pol_status status;
};

static int64_t paid_for(void *context, uint64_t row) {
    struct paying *paying = context;
    const struct pol_kept *kept =
        paying->status == POL_STATUS_OK ? pol_audit_kept(paying->audit, row, &paying->place, paying->error) : NULL;
    if (kept == NULL) {
        paying->status = POL_STATUS_SYSTEM;
        return POL_PAID_UNKNOWN;
    }
    return pol_kept_paid(kept, (uint32_t)(row - kept->first_row));
}

/* Once the results have their names nobody is to go on from the work files: the state is about to be another. */
static enum pol_status commit_state(void *context, struct pol_error *error) {
    struct pol_audit *audit = context;
    pol_audit_spill_end(audit->spill);
    return pol_state_file_commit(audit->state, error);
}

static enum pol_status save_state(struct pol_audit *audit, struct pol_out *out, struct pol_error *error) {
    enum pol_status status = pol_audit_go_on(audit, error);
    pol_audit_progress(audit, tr("state"), 0, 0, POL_UNIT_CLAIMS);
    struct paying paying = {.audit = audit, .error = error};
    if (status == POL_STATUS_OK)
        status = pol_state_file_save(audit->state, audit->run, paid_for, &paying, error);
    if (status == POL_STATUS_OK)
        status = paying.status;
    pol_kept_memory_free(&paying.place.memory);
    pol_out_then(out, commit_state, audit);
    return status;
}

/* ---- the files --------------------------------------------------------------------------------------------------- */

static bool make_summary(struct pol_summary *summary, uint32_t items, unsigned top) {
    summary->item = calloc(items + 1u, sizeof *summary->item);
    summary->item_kind = calloc(items + 1u, sizeof *summary->item_kind);
    summary->top = calloc(top + 1u, sizeof *summary->top);
    return summary->item != NULL && summary->item_kind != NULL && summary->top != NULL;
}

static bool make_writing(struct writing *w, struct pol_summary *summary) {
    uint32_t items = w->descriptor->items.count;
    unsigned top = w->audit->options->top;
    w->shares = calloc(w->threads, sizeof *w->shares);
    if (w->shares == NULL || !pol_lines_make(&w->lines, w->audit->module) || !make_summary(summary, items, top))
        return false;
    for (unsigned t = 0; t < w->threads; t++) {
        prt_results_begin(&w->shares[t].results, w->audit->run);
        if (!pol_totals_make(&w->shares[t].totals, items, top))
            return false;
    }
    const struct pol_audit_spill *spill = w->audit->spill;
    struct pol_finder_room room = {.memory = UINT64_MAX / 2, .folder = -1};
    if (spill != NULL)
        room = (struct pol_finder_room){.memory = spill->run.memory, .folder = spill->folder};
    if (w->audit->options->findings)
        w->finder =
            pol_finder_new(w->audit->module, w->threads, &w->audit->options->split, w->audit->options->params, room);
    return w->finder != NULL || !w->audit->options->findings;
}

static void free_writing(struct writing *w) {
    pol_finder_free(w->finder);
    for (unsigned t = 0; w->shares != NULL && t < w->threads; t++) {
        pol_totals_free(&w->shares[t].totals);
        prt_results_free(&w->shares[t].results);
        free(w->shares[t].payments);
        pol_kept_memory_free(&w->shares[t].place.memory);
    }
    free(w->shares);
    pol_lines_free(&w->lines);
}

static enum pol_status begin_file(struct pol_out *out, const char *name, const char *header, unsigned *file,
                                  struct pol_error *error) {
    enum pol_status status = pol_out_begin(out, name, file, error);
    return status == POL_STATUS_OK ? pol_out_write(out, *file, header, strlen(header), error) : status;
}

static enum pol_status write_files(struct writing *w, struct pol_out *out, const char *decisions,
                                   struct pol_error *error) {
    unsigned first = 0, second = 0;
    struct pol_out_tasks tasks = {(w->audit->rows + TASK_ROWS - 1) / TASK_ROWS, w->threads, make_rows, w, 2};
    pol_audit_progress(w->audit, tr("writing"), 0, w->audit->rows, POL_UNIT_CLAIMS);
    enum pol_status status = begin_file(out, "decisions.csv", decisions, &first, error);
    if (status == POL_STATUS_OK)
        status = begin_file(out, "payments.csv", "claim_id,applicant_id,year,amount\n", &second, error);
    if (status == POL_STATUS_OK && w->audit->state != NULL)
        status = write_settled_payments(w, out, second, error);
    return status == POL_STATUS_OK ? pol_out_run(out, first, &tasks, error) : status;
}

enum pol_status pol_audit_write(struct pol_audit *audit, struct pol_summary *summary, struct pol_error *error) {
    static const char decisions[] = "claim_id,decision,reason,rule,award,entitled,payable,carried,outstanding,lapsed,"
                                    "paid,difference\n";
    struct writing w = {.audit = audit,
                        .descriptor = pol_module_descriptor(audit->module),
                        .threads = audit->options->threads > 0 ? audit->options->threads : 1};
    struct pol_out *out = NULL;
    enum pol_status status = make_writing(&w, summary) ? POL_STATUS_OK : pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK)
        status = pol_out_new(audit->options->out, &out, error);
    if (status == POL_STATUS_OK)
        status = write_files(&w, out, decisions, error);
    if (status == POL_STATUS_OK && audit->state != NULL)
        status = write_settled(&w, out, decisions, error);
    if (status == POL_STATUS_OK) {
        summary->rows = audit->rows;
        summary->as_of = pol_run_as_of(audit->run);
        for (unsigned t = 0; t < w.threads; t++)
            pol_totals_merge(&w.shares[t].totals, summary);
        status = pol_audit_invalid(audit, summary, out, error);
        if (status == POL_STATUS_OK && w.finder != NULL)
            status = pol_finder_write(w.finder, audit, summary, out, error);
    }
    if (status == POL_STATUS_OK) {
        if (audit->report != NULL &&
            (!pol_summary_text(audit->module, summary, audit->report) || !pol_audit_state_text(audit, audit->report)))
            status = pol_ledger_no_memory(error);
    }
    if (status == POL_STATUS_OK && audit->state != NULL)
        status = save_state(audit, out, error);
    if (status == POL_STATUS_OK)
        status = pol_audit_commit(audit, out, error);
    pol_out_free(out);
    free_writing(&w);
    return status;
}
