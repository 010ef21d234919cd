/* invalid.csv: what was found while reading, then what only the deciding found. */
#include "audit/audit_spill.h"
#include "audit/work.h"
#include "ledger/fail.h"
#include "tr.h"

enum { STEP_ROWS = 512 };

struct late {
    struct pol_audit *audit;
};

/* What a claim is told by that no cell of its own is to blame for; NULL: nothing. */
static const char *late_column(const struct pol_faults *faults, uint64_t row, enum pol_reason reason) {
    if (reason == POL_DUPLICATE_CLAIM)
        return "claim_id";
    if (reason == POL_MISSING_PROFILE)
        return "applicant_id";
    bool cells = reason == POL_BAD_VALUE || reason == POL_MISSING_FIELD;
    return cells && !pol_faults_has_claim(faults, row) ? "applicant_id" : NULL; /* its applicant's row is to blame */
}

static void add_line(const struct pol_audit *audit, const struct pol_kept *kept, uint32_t local,
                     const struct pol_decision *d, struct pol_buffer *text) {
    uint64_t row = kept->first_row + local;
    const char *column = d->kind == POL_INVALID ? late_column(audit->faults, row, (enum pol_reason)d->reason) : NULL;
    if (column == NULL)
        return;
    struct pol_text claim = pol_kept_claim(kept, local);
    struct pol_text value = d->reason == POL_DUPLICATE_CLAIM ? claim : pol_kept_applicant(kept, local);
    pol_faults_line(text, "claims", row, claim, pol_reason_name((enum pol_reason)d->reason), column, value,
                    kept->input->path, row - kept->input->first_row);
}

/* The claims of one chunk. */
static enum pol_status make_lines(void *context, unsigned worker, uint64_t task, struct pol_buffer *text,
                                  struct pol_error *error) {
    struct pol_audit *audit = ((struct late *)context)->audit;
    uint64_t first = audit->spill != NULL ? audit->spill->kept.lane[0].extent[task].tag : audit->kept[task].first_row;
    struct pol_kept_place place = {0};
    struct pol_decision decisions[STEP_ROWS];
    (void)worker;
    enum pol_status status = pol_audit_go_on(audit, error);
    const struct pol_kept *kept = pol_audit_kept(audit, first, &place, error);
    if (kept == NULL)
        return POL_STATUS_SYSTEM;
    for (uint32_t step = 0; step < kept->rows && status == POL_STATUS_OK; step += STEP_ROWS) {
        uint32_t count = kept->rows - step < STEP_ROWS ? kept->rows - step : STEP_ROWS;
        pol_run_decisions(audit->run, kept->first_row + step, count, decisions);
        for (uint32_t i = 0; i < count; i++)
            add_line(audit, kept, step + i, &decisions[i], text);
    }
    pol_kept_memory_free(&place.memory);
    return status == POL_STATUS_OK ? pol_run_check(audit->run, error) : status;
}

static bool any_fault(const struct pol_audit *audit, const struct pol_summary *summary) {
    const struct pol_tally *reason = summary->reason;
    return audit->faults->lines > 0 || reason[POL_DUPLICATE_CLAIM].claims > 0 ||
           reason[POL_MISSING_PROFILE].claims > 0 || reason[POL_BAD_VALUE].claims > 0 ||
           reason[POL_MISSING_FIELD].claims > 0;
}

bool pol_audit_invalid_text(const struct pol_audit *audit, const struct pol_summary *summary, struct pol_buffer *text) {
    const struct pol_audit_options *options = audit->options;
    if (!any_fault(audit, summary))
        return true;
    pol_buffer_text(text, tr("\nwhat could not be used, and why, stands in\n  "));
    switch (options->sink.format) {
    case POL_FORMAT_CSV:
        pol_buffer_format(text, "%s/invalid.csv\n", options->out);
        break;
    case POL_FORMAT_PARQUET:
        pol_buffer_format(text, "%s/invalid.parquet\n", options->out);
        break;
    case POL_FORMAT_DUCKDB:
        pol_buffer_format(text, tr("%s/%s, table invalid\n"), options->out, options->sink.base);
        break;
    }
    return !text->failed;
}

enum pol_status pol_audit_invalid(struct pol_audit *audit, const struct pol_summary *summary, struct pol_out *out,
                                  struct pol_error *error) {
    unsigned file = 0;
    struct late late = {audit};
    struct pol_out_tasks tasks = {audit->spill != NULL ? audit->spill->kept.lane[0].count : audit->kept_count,
                                  audit->options->threads, make_lines, &late, 1};
    if (!any_fault(audit, summary))
        return pol_out_absent(out, "invalid.csv", error);
    enum pol_status status = pol_faults_seal(audit->faults, error);
    if (status == POL_STATUS_OK)
        status = pol_out_begin(out, "invalid.csv", &file, error);
    if (status == POL_STATUS_OK)
        status = pol_out_write(out, file, pol_faults_header, strlen(pol_faults_header), error);
    if (status == POL_STATUS_OK)
        status = pol_faults_write(audit->faults, out, file, error);
    return status == POL_STATUS_OK ? pol_out_run(out, file, &tasks, error) : status;
}
