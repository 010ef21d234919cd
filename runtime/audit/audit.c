#include "audit/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "audit/audit_spill.h"
#include "audit/work.h"
#include "ledger/fail.h"
#include "tr.h"

void pol_audit_warn(const struct pol_observer *observer, const char *format, ...) {
    if (observer->warn == NULL)
        return;
    char message[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, tr(format), arguments);
    va_end(arguments);
    observer->warn(observer->context, message);
}

void pol_audit_progress(const struct pol_audit *audit, const char *stage, uint64_t done, uint64_t total,
                        enum pol_unit unit) {
    const struct pol_observer *observer = &audit->options->observer;
    if (observer->progress != NULL)
        observer->progress(observer->context, stage, done, total, unit);
}

enum pol_status pol_audit_go_on(const struct pol_audit *audit, struct pol_error *error) {
    const struct pol_observer *observer = &audit->options->observer;
    if (observer->cancelled == NULL || !observer->cancelled(observer->context))
        return POL_STATUS_OK;
    if (audit->spill != NULL)
        return pol_ledger_fail(error, POL_STATUS_SYSTEM,
                               "interrupted: the same command with --resume goes on from here");
    return pol_ledger_fail(error, POL_STATUS_SYSTEM, "interrupted: nothing was written");
}

void pol_audit_warn_ignored(const struct pol_observer *observer, const struct pol_input *input,
                            const struct pol_csv_header *header) {
    if (header->ignored == 0)
        return;
    pol_audit_warn(observer,
                   tr_count("%s: %u column that the policy does not declare is ignored: %s%s",
                            "%s: %u columns that the policy does not declare are ignored: %s%s", header->ignored),
                   input->path, header->ignored, header->ignored_names, header->ignored > 6 ? ", …" : "");
    if (header->returns)
        pol_audit_warn(
            observer,
            "%s: the header holds a carriage return: where these end the lines, save the file with line feeds",
            input->path);
}

void pol_audit_warn_extra(const struct pol_observer *observer, const struct pol_input *input,
                          const struct pol_csv_counts *counts) {
    if (counts->extra_rows == 0)
        return;
    pol_audit_warn(observer,
                   tr_count("%s: %llu row with more cells than the header, the first on %s %llu: these cells are "
                            "ignored",
                            "%s: %llu rows with more cells than the header, the first on %s %llu: these cells are "
                            "ignored",
                            counts->extra_rows),
                   input->path, (unsigned long long)counts->extra_rows, tr(input->unit),
                   (unsigned long long)pol_input_line(input, counts->first_extra));
}

/* Cells that are not what the encoding says: another one may be meant. */
static void warn_garbled(const struct pol_audit *audit) {
    const struct pol_faults *faults = audit->faults;
    const struct pol_source_options *source = &audit->options->source;
    if (faults->garbled == 0)
        return;
    if (source->encoding == POL_ENCODING_GB18030)
        pol_audit_warn(&audit->options->observer,
                       tr_count("%llu cell that was refused is no GB18030, in %s: if the file is UTF-8, leave out "
                                "--encoding=gb18030",
                                "%llu cells that were refused are no GB18030, the first in %s: if the file is UTF-8, "
                                "leave out --encoding=gb18030",
                                faults->garbled),
                       (unsigned long long)faults->garbled, faults->garbled_file);
    else if (!source->encoding_given)
        pol_audit_warn(&audit->options->observer,
                       tr_count("%llu cell that was refused is no UTF-8, in %s: if the file is GB18030, give "
                                "--encoding=gb18030",
                                "%llu cells that were refused are no UTF-8, the first in %s: if the file is GB18030, "
                                "give --encoding=gb18030",
                                faults->garbled),
                       (unsigned long long)faults->garbled, faults->garbled_file);
}

/* Findings that stand beside these results and are not theirs. */
static void warn_old_findings(const struct pol_audit_options *options) {
    struct stat facts;
    struct pol_buffer path = {0};
    pol_buffer_format(&path, "%s/findings.json", options->out);
    pol_buffer_add(&path, "", 1);
    if (!options->findings && !path.failed && stat(path.data, &facts) == 0)
        pol_audit_warn(&options->observer, "%s is of an earlier audit; with --findings it is made anew", path.data);
    pol_buffer_free(&path);
}

static enum pol_status decide(struct pol_audit *audit, struct pol_summary *summary, struct pol_error *error) {
    enum pol_status status = pol_audit_go_on(audit, error);
    if (status != POL_STATUS_OK)
        return status;
    pol_audit_progress(audit, tr("deciding"), 0, 0, POL_UNIT_CLAIMS);
    status = pol_run_decide(audit->run, error);
    if (status != POL_STATUS_OK && pol_audit_go_on(audit, NULL) != POL_STATUS_OK)
        return pol_audit_go_on(audit, error);
    if (status == POL_STATUS_OK)
        status = pol_audit_write(audit, summary, error);
    return status;
}

struct pol_source_options pol_audit_source(const struct pol_source_options *options,
                                           const struct pol_observer *observer, unsigned threads) {
    struct pol_source_options source = *options;
    source.threads = threads;
    source.context = observer->context;
    source.cancelled = observer->cancelled;
    source.progress = observer->progress;
    return source;
}

enum pol_status pol_audit_unchanged(const struct pol_audit *audit, struct pol_error *error) {
    enum pol_status status = pol_source_unchanged(&audit->claims, error);
    return status == POL_STATUS_OK ? pol_source_unchanged(&audit->applicants, error) : status;
}

enum pol_status pol_audit_commit(const struct pol_audit *audit, struct pol_out *out, struct pol_error *error) {
    const struct pol_audit_options *options = audit->options;
    struct pol_source_options source = pol_audit_source(&options->source, &options->observer, options->threads);
    if (options->sink.format != POL_FORMAT_CSV)
        pol_audit_progress(audit, tr("converting"), 0, 0, POL_UNIT_CLAIMS);
    enum pol_status status = pol_sink_convert(out, &options->sink, &source, error);
    if (status == POL_STATUS_OK)
        status = pol_audit_unchanged(audit, error);
    return status == POL_STATUS_OK ? pol_out_commit(out, error) : status;
}

/* Whatever the options, so that what is read can be written under none of the names of results. */
static enum pol_status spare_ledger(const struct pol_audit *audit, struct pol_error *error) {
    static const char *const names[] = {"decisions.csv",      "payments.csv",    "settled.csv",     "invalid.csv",
                                        "findings.csv",       "findings.json",   "differences.csv", "decisions.parquet",
                                        "payments.parquet",   "settled.parquet", "invalid.parquet", "findings.parquet",
                                        "differences.parquet"};
    enum { COUNT = sizeof names / sizeof *names };
    const char *folder = audit->options->out;
    enum pol_status status = POL_STATUS_OK;
    if (folder != NULL)
        status = pol_source_spared(&audit->claims, folder, names, COUNT, error);
    if (folder != NULL && status == POL_STATUS_OK)
        status = pol_source_spared(&audit->applicants, folder, names, COUNT, error);
    return status;
}

/* Names that lead nowhere are known before anything is opened, and wrong headers before anything is read. */
static enum pol_status open_ledger(struct pol_audit *audit, struct pol_error *error) {
    const struct pol_audit_options *options = audit->options;
    enum pol_status status = pol_source_find(&options->claims, &audit->claims, error);
    if (status == POL_STATUS_OK)
        status = pol_source_find(&options->applicants, &audit->applicants, error);
    if (status == POL_STATUS_OK)
        status = pol_csv_schema_claims(audit->module, &audit->claim_schema, error);
    if (status == POL_STATUS_OK)
        status = pol_csv_schema_profiles(audit->module, &audit->profile_schema, error);
    struct pol_csv_schema *const schemas[] = {audit->claim_schema, audit->profile_schema};
    struct pol_source_options source = pol_audit_source(&options->source, &options->observer, options->threads);
    if (status == POL_STATUS_OK)
        status = pol_source_map(&source, schemas, 2, error);
    if (status == POL_STATUS_OK)
        status = pol_source_open(&audit->claims, &source, audit->claim_schema, error);
    if (status == POL_STATUS_OK)
        status = pol_source_open(&audit->applicants, &source, audit->profile_schema, error);
    if (status == POL_STATUS_OK)
        status = spare_ledger(audit, error);
    return status == POL_STATUS_OK ? pol_source_mapped(&source, schemas, 2, error) : status;
}

/* Into a new run, which goes through files if there is `spill`. */
static enum pol_status read_ledger(struct pol_audit *audit, struct pol_error *error) {
    const struct pol_audit_options *options = audit->options;
    struct pol_run_options run = {.params = options->params, .as_of_year = options->as_of, .threads = options->threads};
    enum pol_status status = pol_audit_spill_open(audit, error);
    run.spill = audit->spill != NULL ? &audit->spill->run : NULL;
    if (status == POL_STATUS_OK)
        status = pol_run_new(audit->module, &run, &audit->run, error);
    if (status == POL_STATUS_OK)
        status = pol_audit_state_begin(audit, error);
    if (status == POL_STATUS_OK)
        status = pol_audit_applicants(audit, error);
    if (status == POL_STATUS_OK && audit->spill != NULL)
        status = pol_audit_spill_resume(audit, error);
    return status == POL_STATUS_OK ? pol_audit_claims(audit, error) : status;
}

/* Gives up what was read, and nothing else. */
static void forget_ledger(struct pol_audit *audit) {
    pol_run_free(audit->run);
    audit->run = NULL;
    for (size_t i = 0; i < audit->kept_count; i++)
        pol_kept_free(&audit->kept[i]);
    audit->kept_count = 0;
    audit->rows = 0;
    for (unsigned i = 0; i < audit->claims.count; i++)
        pol_copies_free(&audit->claims.part[i].input.copies);
    for (unsigned i = 0; i < audit->applicants.count; i++)
        pol_copies_free(&audit->applicants.part[i].input.copies);
    if (audit->faults != NULL) {
        const struct pol_source_options *source = audit->faults->options;
        pol_faults_free(audit->faults);
        *audit->faults = (struct pol_faults){.options = source};
    }
}

enum pol_status pol_audit_read(struct pol_audit *audit, struct pol_error *error) {
    const struct pol_observer *observer = &audit->options->observer;
    enum pol_status status = open_ledger(audit, error);
    for (unsigned i = 0; i < audit->claims.count && status == POL_STATUS_OK; i++)
        pol_audit_warn_ignored(observer, &audit->claims.part[i].input, &audit->claims.part[i].header);
    if (status == POL_STATUS_OK)
        status = read_ledger(audit, error);
    if (status != POL_STATUS_INPUT || !audit->outgrown)
        return status;
    pol_audit_warn(observer, pol_run_ascends(audit->run)
                                 ? tr_later("the claims take more memory than they may: beginning again, with work "
                                            "files")
                                 : tr_later("the claims do not come in the order of their ids, which takes more memory "
                                            "than they may: beginning again, with work files"));
    forget_ledger(audit);
    return read_ledger(audit, error);
}

const struct pol_kept *pol_audit_kept(const struct pol_audit *audit, uint64_t row, struct pol_kept_place *place,
                                      struct pol_error *error) {
    if (audit->spill != NULL) {
        if (row - place->kept.first_row < place->kept.rows)
            return &place->kept;
        if (pol_kept_read(&audit->spill->kept, row, &place->memory, &place->kept, NULL)) {
            place->kept.input = &audit->claims.part[place->kept.part].input;
            return &place->kept;
        }
        place->kept.rows = 0;
        pol_audit_spill_failed(audit, error);
        return NULL;
    }
    size_t low = 0, high = audit->kept_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (audit->kept[middle].first_row <= row)
            low = middle;
        else
            high = middle;
    }
    return &audit->kept[low];
}

void pol_audit_close(struct pol_audit *audit) {
    forget_ledger(audit);
    pol_audit_spill_close(audit->spill);
    free(audit->kept);
    pol_source_close(&audit->claims);
    pol_source_close(&audit->applicants);
    pol_csv_schema_free(audit->claim_schema);
    pol_csv_schema_free(audit->profile_schema);
    pol_state_file_close(audit->state);
}

enum pol_status pol_audit_run(const pol_module *module, const struct pol_audit_options *options,
                              struct pol_summary *summary, struct pol_buffer *report, struct pol_error *error) {
    struct pol_source_options source = pol_audit_source(&options->source, &options->observer, options->threads);
    struct pol_faults faults = {.options = &source};
    struct pol_audit audit = {.module = module, .options = options, .faults = &faults, .report = report};
    *summary = (struct pol_summary){0};
    enum pol_status status = pol_out_check(options->out, error);
    if (status == POL_STATUS_OK)
        status = pol_sink_check(options->out, &options->sink, &options->source, error);
    if (status == POL_STATUS_OK)
        status = pol_audit_state_open(&audit, error);
    if (status == POL_STATUS_OK)
        status = pol_audit_read(&audit, error);
    if (status == POL_STATUS_OK)
        warn_garbled(&audit);
    if (status == POL_STATUS_OK)
        status = decide(&audit, summary, error);
    if (status == POL_STATUS_OK && options->sink.format != POL_FORMAT_DUCKDB)
        warn_old_findings(options);
    if (status != POL_STATUS_OK && audit.spill != NULL && pol_audit_go_on(&audit, NULL) != POL_STATUS_OK)
        audit.spill->interrupted = true;
    pol_audit_close(&audit);
    pol_faults_free(&faults);
    if (status != POL_STATUS_OK)
        pol_summary_free(summary);
    return status;
}

void pol_summary_free(struct pol_summary *summary) {
    free(summary->item);
    free(summary->item_kind);
    free(summary->top);
    *summary = (struct pol_summary){0};
}
