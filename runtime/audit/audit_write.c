/* decisions.csv and payments.csv, made together by ranges of rows on all threads, and the sums of the summary. */
#include <stdlib.h>

#include "audit/audit_spill.h"
#include "audit/finding.h"
#include "audit/work.h"
#include "ledger/csv_error.h"
#include "ledger/fail.h"
#include "tr.h"

enum { TASK_ROWS = 4096, STEP_ROWS = 1024 }; /* the texts of a task stay in the cache until they are written */

/* What one thread has added up. */
struct share {
    struct pol_summary sum;  /* its tallies are made of `tally` in the end */
    struct pol_tally *tally; /* by item, and at the end claims without one: by reason */
    struct pol_decision decisions[STEP_ROWS];
    struct pol_payment *payments;
    uint64_t payment_room, payment_count;
    struct pol_kept_place place;
};

/* Text that stands in many rows; behind it POL_CELL_ROOM bytes can be read. */
struct phrase {
    char *data;
    size_t size;
};

struct writing {
    struct pol_audit *audit;
    const struct pol_descriptor *descriptor;
    struct phrase *rules;                    /* "name," by rule */
    struct phrase reasons[POL_REASON_COUNT]; /* ",decision,reason," */
    size_t longest_rule;
    struct share *shares;
    unsigned threads;
    struct pol_finder *finder; /* NULL: no findings wanted */
    uint64_t done;             /* rows */
};

/* ---- sums -------------------------------------------------------------------------------------------------------- */

static void add_to_tally(struct pol_tally *tally, const struct pol_decision *d, int64_t paid) {
    tally->claims++;
    tally->entitled += d->entitled;
    tally->payable += d->payable;
    if ((d->carried | d->outstanding | d->lapsed) != 0) {
        tally->carried += d->carried;
        tally->outstanding += d->outstanding;
        tally->lapsed += d->lapsed;
    }
    if (paid == POL_PAID_NONE)
        return;
    tally->with_paid++;
    tally->paid += paid;
    tally->difference += (pol_wide)paid - d->payable - d->carried;
}

static void merge_tally(struct pol_tally *to, const struct pol_tally *from) {
    to->claims += from->claims;
    to->with_paid += from->with_paid;
    to->entitled += from->entitled;
    to->payable += from->payable;
    to->carried += from->carried;
    to->outstanding += from->outstanding;
    to->lapsed += from->lapsed;
    to->paid += from->paid;
    to->difference += from->difference;
}

static uint64_t magnitude(int64_t value) {
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

/* The larger difference goes first; of equal ones, the earlier row. */
static bool goes_before(int64_t difference, uint64_t row, const struct pol_finding *other) {
    uint64_t mine = magnitude(difference), theirs = magnitude(other->difference);
    return mine != theirs ? mine > theirs : row < other->row;
}

/* Keeps the list sorted; `finding` is put where it belongs, the last one may drop out. */
static void insert_finding(struct pol_summary *sum, unsigned limit, const struct pol_finding *finding) {
    unsigned at = sum->top_count;
    if (sum->top_count < limit)
        sum->top_count++;
    else
        at--;
    for (; at > 0 && goes_before(finding->difference, finding->row, &sum->top[at - 1]); at--)
        sum->top[at] = sum->top[at - 1];
    sum->top[at] = *finding;
}

static void consider(struct pol_summary *sum, unsigned limit, uint64_t row, const struct pol_decision *d, int64_t paid,
                     uint32_t item, struct pol_text claim) {
    int64_t difference = paid - d->payable - d->carried;
    if (difference == 0 || limit == 0)
        return;
    if (sum->top_count == limit && !goes_before(difference, row, &sum->top[limit - 1]))
        return;
    struct pol_finding finding = {row, difference, paid, item, *d, ""};
    char shown[POL_SHOWN_SIZE];
    memcpy(finding.claim, pol_shown(claim.data, claim.size, shown), sizeof finding.claim);
    insert_finding(sum, limit, &finding);
}

static void merge_top(struct pol_summary *summary, const struct pol_summary *sum, unsigned limit) {
    for (unsigned f = 0; f < sum->top_count; f++) {
        const struct pol_finding *finding = &sum->top[f];
        if (summary->top_count < limit || goes_before(finding->difference, finding->row, &summary->top[limit - 1]))
            insert_finding(summary, limit, finding);
    }
}

static void merge_shares(struct writing *w, struct pol_summary *summary) {
    for (unsigned t = 0; t < w->threads; t++) {
        const struct pol_tally *tally = w->shares[t].tally;
        for (uint32_t i = 0; i <= w->descriptor->items.count; i++)
            for (int r = 0; r < POL_REASON_COUNT; r++, tally++) {
                merge_tally(&summary->reason[r], tally);
                merge_tally(&summary->item[i], tally);
                summary->item_kind[i][pol_decision_kind((enum pol_reason)r)] += tally->claims;
            }
        merge_top(summary, &w->shares[t].sum, w->audit->options->top);
    }
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* Bytes behind which POL_CELL_ROOM can be read and written. */
static inline char *put(char *out, const char *data, size_t size) {
    if (__builtin_expect(size <= POL_CELL_ROOM, 1))
        memcpy(out, data, POL_CELL_ROOM);
    else
        memcpy(out, data, size);
    return out + size;
}

static inline char *put_amount(char *out, int64_t fen) {
    *out++ = ',';
    return pol_put_money(out, fen);
}

/* An amount with its comma, as it stands in the row already. */
struct written {
    int64_t fen;
    const char *text;
    size_t size;
};

/* Amounts that are equal to the one before are copied. */
static inline char *put_next(char *out, int64_t fen, struct written *before) {
    if (fen == before->fen) {
        pol_copy_money(out, before->text);
        return out + before->size;
    }
    char *end = put_amount(out, fen);
    *before = (struct written){fen, out, (size_t)(end - out)};
    return end;
}

/* Writes the amounts of a row, behind the comma that is there. */
static inline char *put_amounts(char *out, const struct pol_decision *d, int64_t paid) {
    static const char zeros[POL_MONEY_ROOM] = ",0.00,0.00,0.00,0.00,0.00"; /* no amount has as many bytes as three */
    enum { ZERO = 5, THREE = 3 * ZERO, ALL = 5 * ZERO };                   /* bytes of so many */
    struct written before = {0, zeros, ZERO};
    if (d->award >= 0) {
        char *end = pol_put_money(out, d->award);
        before = (struct written){d->award, out - 1, (size_t)(end - out) + 1};
        out = end;
    }
    if ((d->entitled | d->payable | d->carried | d->outstanding | d->lapsed) == 0) {
        pol_copy_money(out, zeros);
        out += ALL;
    } else {
        out = put_next(out, d->entitled, &before);
        out = put_next(out, d->payable, &before);
        if ((d->carried | d->outstanding | d->lapsed) == 0) {
            pol_copy_money(out, zeros);
            out += THREE;
        } else {
            out = put_amount(out, d->carried);
            out = put_amount(out, d->outstanding);
            out = put_amount(out, d->lapsed);
        }
    }
    if (paid == POL_PAID_NONE) {
        static const char none[3] = {',', ',', '\n'};
        return (char *)memcpy(out, none, sizeof none) + sizeof none;
    }
    int64_t difference = paid - d->payable - d->carried;
    out = put_next(out, paid, &before);
    if (difference == 0) {
        pol_copy_money(out, zeros);
        out += ZERO;
    } else {
        out = put_amount(out, difference);
    }
    *out++ = '\n';
    return out;
}

static void put_decision(const struct writing *w, struct pol_buffer *buffer, struct pol_text claim,
                         const struct pol_decision *d, int64_t paid) {
    if (!pol_buffer_reserve(buffer, 2 * (size_t)claim.size + w->longest_rule + (size_t)8 * POL_MONEY_ROOM +
                                        (size_t)4 * POL_CELL_ROOM))
        return;
    char *out = pol_put_padded_cell(buffer->data + buffer->size, claim.data, claim.size);
    out = put(out, w->reasons[d->reason].data, w->reasons[d->reason].size);
    out = put(out, w->rules[d->rule].data, w->rules[d->rule].size);
    out = put_amounts(out, d, paid);
    buffer->size = (size_t)(out - buffer->data);
}

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

static bool find(const struct writing *w, unsigned worker, const struct pol_kept *kept, uint64_t row,
                 const struct pol_decision *d) {
    uint32_t local = (uint32_t)(row - kept->first_row);
    struct pol_found_row found = {.row = row,
                                  .claim = pol_kept_claim(kept, local),
                                  .applicant = pol_kept_applicant(kept, local),
                                  .item = kept->item[local],
                                  .date = kept->date[local],
                                  .paid = pol_kept_paid(kept, local),
                                  .decision = d};
    put_near(kept, local, &found);
    return found.paid == POL_PAID_NONE || pol_finder_row(w->finder, worker, &found);
}

/* One row: its line, and its place in the sums. */
static inline void take_row(const struct writing *w, struct share *share, struct pol_buffer *buffer,
                            const struct pol_kept *kept, uint64_t row, const struct pol_decision *d) {
    uint32_t local = (uint32_t)(row - kept->first_row);
    struct pol_text claim = pol_kept_claim(kept, local);
    int64_t paid = pol_kept_paid(kept, local);
    uint32_t items = w->descriptor->items.count;
    uint32_t item = kept->item[local] < items ? kept->item[local] : items;
    put_decision(w, buffer, claim, d, paid);
    add_to_tally(&share->tally[item * POL_REASON_COUNT + d->reason], d, paid);
    if (paid != POL_PAID_NONE)
        consider(&share->sum, w->audit->options->top, row, d, paid, item, claim);
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

static void put_payment(struct pol_buffer *buffer, struct pol_text claim, struct pol_text applicant, int32_t year,
                        int64_t amount) {
    if (!pol_buffer_reserve(buffer, 2 * ((size_t)claim.size + applicant.size) + (size_t)2 * POL_MONEY_ROOM +
                                        (size_t)3 * POL_CELL_ROOM))
        return;
    char *out = pol_put_padded_cell(buffer->data + buffer->size, claim.data, claim.size);
    *out++ = ',';
    out = pol_put_padded_cell(out, applicant.data, applicant.size);
    *out++ = ',';
    out = pol_put_year(out, year);
    out = put_amount(out, amount);
    *out++ = '\n';
    buffer->size = (size_t)(out - buffer->data);
}

/* Decisions and payments of rows [first, end), at most STEP_ROWS. False: no memory. */
static bool load_step(const struct writing *w, struct share *share, uint64_t first, uint64_t end) {
    const pol_run *run = w->audit->run;
    pol_run_decisions(run, first, end - first, share->decisions);
    share->payment_count = pol_run_payments_of(run, first, end - first, share->payments, share->payment_room);
    if (share->payment_count <= share->payment_room)
        return true;
    free(share->payments);
    share->payment_room = share->payment_count * 2;
    share->payments = calloc(share->payment_room, sizeof *share->payments);
    if (share->payments == NULL) {
        share->payment_room = 0;
        return false;
    }
    pol_run_payments_of(run, first, end - first, share->payments, share->payment_count);
    return true;
}

/* The lines of rows [first, end) in both files. */
static enum pol_status make_step(struct writing *w, unsigned worker, uint64_t first, uint64_t end,
                                 struct pol_buffer *text, struct pol_error *error) {
    struct share *share = &w->shares[worker];
    if (!load_step(w, share, first, end))
        return pol_ledger_no_memory(error);
    const struct pol_payment *next = share->payments, *behind = next + share->payment_count;
    const struct pol_kept *kept = NULL;
    for (uint64_t row = first; row < end; row++) {
        if (kept == NULL || row - kept->first_row >= kept->rows)
            kept = pol_audit_kept(w->audit, row, &share->place, error);
        if (kept == NULL)
            return POL_STATUS_SYSTEM;
        const struct pol_decision *d = &share->decisions[row - first];
        take_row(w, share, &text[0], kept, row, d);
        for (; next < behind && next->claim == row; next++) {
            uint32_t local = (uint32_t)(row - kept->first_row);
            put_payment(&text[1], pol_kept_claim(kept, local), pol_kept_applicant(kept, local), next->year,
                        next->amount);
        }
        if (w->finder != NULL && !find(w, worker, kept, row, d))
            return pol_finder_failed(w->finder, w->audit, error);
    }
    return POL_STATUS_OK;
}

static enum pol_status make_rows(void *context, unsigned worker, uint64_t task, struct pol_buffer *text,
                                 struct pol_error *error) {
    struct writing *w = context;
    struct pol_audit *audit = w->audit;
    uint64_t row = task * TASK_ROWS, end = row + TASK_ROWS < audit->rows ? row + TASK_ROWS : audit->rows;
    enum pol_status status = pol_audit_go_on(audit, error);
    if (!pol_buffer_reserve(&text[0], (size_t)TASK_ROWS * 128) || !pol_buffer_reserve(&text[1], (size_t)TASK_ROWS * 64))
        return POL_STATUS_OK; /* the buffers say so */
    for (uint64_t step = row; step < end && status == POL_STATUS_OK; step += STEP_ROWS)
        status = make_step(w, worker, step, step + STEP_ROWS < end ? step + STEP_ROWS : end, text, error);
    if (status != POL_STATUS_OK)
        return status;
    release(audit, row, end);
    count_done(w, worker, end - row);
    return pol_run_check(audit->run, error);
}

/* ---- earlier claims, with a state -------------------------------------------------------------------------------- */

enum { SETTLED_STEP = 512 };

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
            put_decision(w, &text, settled[i].claim, &settled[i].decision, settled[i].paid);
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
        put_payment(&text, claim.claim, claim.applicant, payments[i].year, payments[i].amount);
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

static bool make_phrases(struct writing *w) {
    const pol_module *module = w->audit->module;
    const struct pol_rule *rules = pol_module_array(module, w->descriptor->rules);
    w->rules = calloc(w->descriptor->rules.count + 1u, sizeof *w->rules);
    if (w->rules == NULL)
        return false;
    for (uint32_t i = 0; i < w->descriptor->rules.count; i++) {
        struct phrase *phrase = &w->rules[i];
        phrase->data = calloc(1, 2 * (size_t)rules[i].name.size + 3 + POL_CELL_ROOM);
        if (phrase->data == NULL)
            return false;
        char *end = pol_put_cell(phrase->data, pol_module_string(module, rules[i].name), rules[i].name.size);
        *end++ = ',';
        phrase->size = (size_t)(end - phrase->data);
        if (phrase->size > w->longest_rule)
            w->longest_rule = phrase->size;
    }
    for (int r = 0; r < POL_REASON_COUNT; r++) {
        struct pol_buffer text = {0};
        pol_buffer_format(&text, ",%s,%s,", pol_decision_name(pol_decision_kind((enum pol_reason)r)),
                          pol_reason_name((enum pol_reason)r));
        bool room = pol_buffer_reserve(&text, POL_CELL_ROOM);
        if (room)
            memset(text.data + text.size, 0, POL_CELL_ROOM);
        w->reasons[r] = (struct phrase){text.data, text.size};
        if (!room)
            return false;
    }
    return true;
}

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
    if (w->shares == NULL || !make_phrases(w) || !make_summary(summary, items, top))
        return false;
    for (unsigned t = 0; t < w->threads; t++) {
        struct share *share = &w->shares[t];
        share->tally = calloc((items + (size_t)1) * POL_REASON_COUNT, sizeof *share->tally);
        share->sum.top = calloc(top + 1u, sizeof *share->sum.top);
        if (share->tally == NULL || share->sum.top == NULL)
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
        pol_summary_free(&w->shares[t].sum);
        free(w->shares[t].tally);
        free(w->shares[t].payments);
        pol_kept_memory_free(&w->shares[t].place.memory);
    }
    free(w->shares);
    for (uint32_t i = 0; w->rules != NULL && i < w->descriptor->rules.count; i++)
        free(w->rules[i].data);
    free(w->rules);
    for (int r = 0; r < POL_REASON_COUNT; r++)
        free(w->reasons[r].data);
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
        merge_shares(&w, summary);
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
