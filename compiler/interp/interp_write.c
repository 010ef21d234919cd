#include "interp/interp_write.h"

#include "interp/interp_file.h"

/* ---- cells ------------------------------------------------------------------------------------------------------ */

static void write_cell(FILE *file, struct text t) {
    if (!interp_csv_needs_quotes(t)) {
        fwrite(t.data, 1, t.size, file);
        return;
    }
    fputc('"', file);
    for (size_t i = 0; i < t.size; i++) {
        if (t.data[i] == '"') {
            fputc('"', file);
        }
        fputc(t.data[i], file);
    }
    fputc('"', file);
}

/* Yuan with two decimals. */
static void write_money(FILE *file, int64_t fen) {
    uint64_t size = fen < 0 ? 0 - (uint64_t)fen : (uint64_t)fen;
    fprintf(file, "%s%llu.%02u", fen < 0 ? "-" : "", (unsigned long long)(size / 100), (unsigned)(size % 100));
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static void write_decision(FILE *file, const struct ir_policy *policy, const struct interp_decision *d) {
    write_cell(file, d->claim_id);
    fprintf(file, ",%s,%s,", interp_decision_name(d->kind), interp_reason_name(d->reason));
    if (d->rule != 0) {
        write_cell(file, policy->rule[d->rule].name);
    }
    fputc(',', file);
    if (d->award >= 0) {
        write_money(file, d->award);
    }
    const int64_t amounts[] = {d->entitled, d->payable, d->carried, d->outstanding, d->lapsed};
    for (size_t i = 0; i < sizeof amounts / sizeof amounts[0]; i++) {
        fputc(',', file);
        write_money(file, amounts[i]);
    }
    fputc(',', file);
    if (d->has_paid) {
        write_money(file, d->paid);
    }
    fputc(',', file);
    if (d->has_paid) {
        write_money(file, d->paid - (d->payable + d->carried));
    }
    fputc('\n', file);
}

void interp_write_decisions(FILE *file, const struct interp_result *result) {
    fputs("claim_id,decision,reason,rule,award,entitled,payable,carried,outstanding,lapsed,paid,difference\n", file);
    for (size_t i = 0; i < result->decision_count; i++) {
        write_decision(file, result->policy, &result->decision[i]);
    }
}

void interp_write_payments(FILE *file, const struct interp_result *result) {
    fputs("claim_id,applicant_id,year,amount\n", file);
    for (size_t i = 0; i < result->payment_count; i++) {
        const struct interp_payment *payment = &result->payment[i];
        write_cell(file, result->decision[payment->claim].claim_id);
        fputc(',', file);
        write_cell(file, result->decision[payment->claim].applicant_id);
        fprintf(file, ",%d,", (int)payment->year);
        write_money(file, payment->amount);
        fputc('\n', file);
    }
}

void interp_write_targets(FILE *file, const struct interp_targets *targets) {
    fputs("indicator,year,target,actual,gap,status\n", file);
    for (size_t i = 0; i < targets->count; i++) {
        const struct interp_target *t = &targets->target[i];
        write_cell(file, t->indicator);
        fprintf(file, ",%d,%.*s,%.*s,%.*s,%s\n", (int)t->year, TEXT_ARG(t->target), TEXT_ARG(t->actual),
                TEXT_ARG(t->gap), interp_target_status_name(t->status));
    }
}

/* ---- saving ----------------------------------------------------------------------------------------------------- */

enum interp_status interp_save_run(const struct interp_result *result, const char *folder, struct interp_error *error) {
    struct interp_output output;
    FILE *decisions, *payments;
    enum interp_status status = interp_output_begin(&output, folder, error);
    if (status == INTERP_OK) {
        status = interp_output_add(&output, "decisions.csv", &decisions, error);
    }
    if (status == INTERP_OK) {
        status = interp_output_add(&output, "payments.csv", &payments, error);
    }
    if (status != INTERP_OK) {
        interp_output_abandon(&output);
        return status;
    }
    interp_write_decisions(decisions, result);
    interp_write_payments(payments, result);
    return interp_output_end(&output, error);
}

enum interp_status interp_save_targets(const struct interp_targets *targets, const char *folder,
                                       struct interp_error *error) {
    struct interp_output output;
    FILE *file;
    enum interp_status status = interp_output_begin(&output, folder, error);
    if (status == INTERP_OK) {
        status = interp_output_add(&output, "targets.csv", &file, error);
    }
    if (status != INTERP_OK) {
        interp_output_abandon(&output);
        return status;
    }
    interp_write_targets(file, targets);
    return interp_output_end(&output, error);
}
