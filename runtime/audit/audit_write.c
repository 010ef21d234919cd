/* decisions.csv and payments.csv, made together by ranges of rows on all threads, and the sums of the summary. */
#include <stdlib.h>

#include "audit/audit_spill.h"
#include "audit/finding.h"
#include "audit/row_writer.h"
#include "audit/work.h"
#include "ledger/csv_error.h"
#include "ledger/fail.h"
#include "tr.h"

enum { TASK_ROWS = 4096 }; /* the texts of a task stay in the cache until they are written */

struct writing {
    struct pol_audit *audit;
    const struct pol_descriptor *descriptor;
    struct pol_lines lines;
    struct pol_row_writer *writers; /* one for each thread */
    unsigned threads;
    struct pol_finder *finder; /* NULL: no findings wanted */
    uint64_t done;             /* rows */
};

/* ---- rows -------------------------------------------------------------------------------------------------------- */

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

static enum pol_status make_rows(void *context, unsigned worker, uint64_t task, struct pol_buffer *text,
                                 struct pol_error *error) {
    struct writing *w = context;
    struct pol_audit *audit = w->audit;
    uint64_t row = task * TASK_ROWS, end = row + TASK_ROWS < audit->rows ? row + TASK_ROWS : audit->rows;
    enum pol_status status = pol_audit_go_on(audit, error);
    if (!pol_buffer_reserve(&text[0], (size_t)TASK_ROWS * 128) || !pol_buffer_reserve(&text[1], (size_t)TASK_ROWS * 64))
        return POL_STATUS_OK; /* the buffers say so */
    if (status == POL_STATUS_OK)
        status = pol_row_writer_put(&w->writers[worker], row, end, text, error);
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
    struct pol_text claim = settled->claim;
    struct prt_amounts amounts = {d->entitled, d->payable, d->carried, d->outstanding, d->lapsed};
    if (!pol_buffer_reserve(buffer, pol_decision_room(&w->lines, claim.size)))
        return false;
    char *end = pol_put_decision(buffer->data + buffer->size, &w->lines, claim, d->reason, d->rule, d->award, &amounts,
                                 settled->paid);
    buffer->size = (size_t)(end - buffer->data);
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

/* payments.csv begins with what earlier claims are paid. */
static enum pol_status write_settled_payments(struct writing *w, struct pol_out *out, unsigned file,
                                              struct pol_error *error) {
    uint64_t count = 0;
    const struct pol_payment *payments = pol_run_settled_payments(w->audit->run, &count);
    struct pol_buffer text = {0};
    for (uint64_t i = 0; i < count; i++) {
        struct pol_settled claim;
        pol_run_settled(w->audit->run, payments[i].claim, 1, &claim);
        if (!pol_buffer_reserve(&text, pol_payment_room(claim.claim.size, claim.applicant.size)))
            break;
        char *end =
            pol_put_payment(text.data + text.size, claim.claim, claim.applicant, payments[i].year, payments[i].amount);
        text.size = (size_t)(end - text.data);
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
    if (!make_summary(summary, w->descriptor->items.count, w->audit->options->top) ||
        !pol_lines_make(&w->lines, w->audit->module))
        return false;
    const struct pol_audit_spill *spill = w->audit->spill;
    struct pol_finder_room room = {.memory = UINT64_MAX / 2, .folder = -1};
    if (spill != NULL)
        room = (struct pol_finder_room){.memory = spill->run.memory, .folder = spill->folder};
    if (w->audit->options->findings)
        w->finder =
            pol_finder_new(w->audit->module, w->threads, &w->audit->options->split, w->audit->options->params, room);
    if (w->finder == NULL && w->audit->options->findings)
        return false;
    w->writers = calloc(w->threads, sizeof *w->writers);
    bool made = w->writers != NULL;
    for (unsigned t = 0; made && t < w->threads; t++)
        made = pol_row_writer_make(&w->writers[t], w->audit, &w->lines, w->finder, t);
    return made;
}

static void free_writing(struct writing *w) {
    pol_finder_free(w->finder);
    for (unsigned t = 0; w->writers != NULL && t < w->threads; t++)
        pol_row_writer_free(&w->writers[t]);
    free(w->writers);
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
            pol_totals_merge(&w.writers[t].totals, summary);
        status = pol_audit_invalid(audit, summary, out, error);
        if (status == POL_STATUS_OK && w.finder != NULL)
            status = pol_finder_write(w.finder, audit, summary, out, error);
    }
    if (status == POL_STATUS_OK) {
        if (audit->report != NULL &&
            (!pol_summary_text(audit->module, summary, audit->report) || !pol_audit_state_text(audit, audit->report) ||
             !pol_audit_invalid_text(audit, summary, audit->report)))
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
