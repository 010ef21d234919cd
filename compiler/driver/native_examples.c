#include "driver/native_examples.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "driver/child.h"
#include "interp/interp_cell.h"
#include "interp/interp_date.h"
#include "interp/interp_file.h"
#include "interp/interp_params.h"
#include "tr.h"

enum { ARGUMENTS = 16 };

struct native {
    struct arena *arena;
    const struct ir_policy *policy;
    const char *object, *folder;
    char program[CHILD_PATH];
    struct interp_mismatches *mismatches;
    struct interp_error *error;
};

/* The result of one example; files are kept until it was compared, because cells are views of them. */
struct outcome {
    struct interp_file decisions_file, payments_file;
    struct interp_decision *decision;
    struct interp_payment *payment;
    size_t decision_count, payment_count;
};

static char *path_in(const struct native *n, const char *name) {
    return (char *)text_format(n->arena, "%s/%s", n->folder, name).data;
}

static enum interp_status write_file(const struct native *n, const char *path, struct text bytes) {
    FILE *file = fopen(path, "wb");
    bool written = file && fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
    if (file && fclose(file) != 0)
        written = false;
    return written ? INTERP_OK : interp_fail(n->error, INTERP_SYSTEM, "cannot write %s: %s", path, tr_errno(errno));
}

/* ---- running --------------------------------------------------------------------------------------------------------
 */

/* A parameter's value as `--param` takes it. */
static struct text param_value(const struct native *n, const struct ir_param *p, int64_t value) {
    int32_t month, day;
    switch (p->type) {
    case POL_MONEY:
        return interp_decimal(n->arena, value, 2);
    case POL_RATE:
        return interp_decimal(n->arena, value, 6);
    case POL_COUNT:
    case POL_YEARS:
    case POL_DAYS:
        return interp_decimal(n->arena, value, 0);
    case POL_DATE:
        interp_month_day_of(value, &month, &day);
        return text_format(n->arena, "%04d-%02d-%02d", (int)interp_year_of(value), (int)month, (int)day);
    case POL_BOOL:
        return value ? TEXT("true") : TEXT("false");
    case POL_ENUM:
        return n->policy->enums[p->enum_index].value[value].column;
    case POL_TEXT:
        break;
    }
    return TEXT("");
}

static char **arguments_of(const struct native *n, const struct interp_example *e) {
    char **argument = arena_array_of(n->arena, char *, ARGUMENTS + 2 * n->policy->param_count);
    size_t count = 0;
    argument[count++] = "polrun";
    argument[count++] = "audit";
    argument[count++] = (char *)n->object;
    argument[count++] = "--claims";
    argument[count++] = path_in(n, "claims.csv");
    argument[count++] = "--applicants";
    argument[count++] = path_in(n, "applicants.csv");
    argument[count++] = "--out";
    argument[count++] = path_in(n, "out");
    if (e->as_of_year) {
        argument[count++] = "--as-of";
        argument[count++] = (char *)text_format(n->arena, "%d", (int)e->as_of_year).data;
    }
    for (uint32_t i = 0; i < n->policy->param_count; i++) {
        const struct ir_param *p = &n->policy->param[i];
        if (e->params[i] == p->fallback)
            continue;
        struct text value = param_value(n, p, e->params[i]);
        argument[count++] = "--param";
        argument[count++] = (char *)text_format(n->arena, "%.*s=%.*s", TEXT_ARG(p->name), TEXT_ARG(value)).data;
    }
    return argument;
}

/* False: polrun refused the ledger, which was added to the mismatches, or could not be run (*status). */
static bool audit(struct native *n, const struct interp_example *e, enum interp_status *status) {
    char message[512];
    *status = write_file(n, path_in(n, "claims.csv"), e->claims);
    if (*status == INTERP_OK)
        *status = write_file(n, path_in(n, "applicants.csv"), e->applicants);
    if (*status != INTERP_OK)
        return false;
    int code = child_run(n->program, arguments_of(n, e), message, sizeof message);
    if (code == 0)
        return true;
    if (code == INTERP_USAGE || code == INTERP_INPUT)
        interp_example_failed(n->arena, e, message, n->mismatches);
    else
        *status = interp_fail(n->error, INTERP_SYSTEM, "polrun failed (%d): %s", code, *message ? message : n->program);
    return false;
}

/* Likewise for the indicators. */
static bool evaluate_targets(struct native *n, const struct interp_example *e, enum interp_status *status) {
    char message[512];
    char *argument[] = {
        "polrun",          "targets", (char *)n->object, "--indicators", path_in(n, "indicators.csv"), "--out",
        path_in(n, "out"), NULL};
    *status = write_file(n, path_in(n, "indicators.csv"), e->indicators);
    if (*status != INTERP_OK)
        return false;
    int code = child_run(n->program, argument, message, sizeof message);
    if (code == 0)
        return true;
    if (code == INTERP_USAGE || code == INTERP_INPUT)
        interp_example_failed(n->arena, e, message, n->mismatches);
    else
        *status = interp_fail(n->error, INTERP_SYSTEM, "polrun failed (%d): %s", code, *message ? message : n->program);
    return false;
}

/* ---- reading what came out ------------------------------------------------------------------------------------------
 */

static struct text cell_of(const struct interp_csv *file, const struct interp_csv_row *row, struct text column) {
    for (uint32_t i = 0; i < file->column_count; i++)
        if (text_equal(file->column[i], column))
            return interp_csv_cell(row, i);
    return TEXT("");
}

static int64_t money_of(const struct interp_csv *file, const struct interp_csv_row *row, struct text column,
                        int64_t missing) {
    struct interp_cell_type type = {.type = POL_MONEY, .min = 0, .max = INT64_MAX};
    struct ir_value value;
    return interp_cell_read(&type, cell_of(file, row, column), &value) == INTERP_CELL_READ ? (int64_t)value.number
                                                                                           : missing;
}

static uint32_t rule_named(const struct native *n, struct text name) {
    for (uint32_t i = 1; i < n->policy->rule_count; i++)
        if (text_equal(n->policy->rule[i].name, name))
            return i;
    return 0;
}

static struct interp_decision decision_of(const struct native *n, const struct interp_csv *f,
                                          const struct interp_csv_row *row) {
    struct interp_decision d = {.claim_id = cell_of(f, row, TEXT("claim_id")), .item = POL_NONE};
    struct text kind = cell_of(f, row, TEXT("decision")), reason = cell_of(f, row, TEXT("reason"));
    while (d.kind < INTERP_INVALID && !text_equal(text_of(interp_decision_name(d.kind)), kind))
        d.kind++;
    while (d.reason < POL_LIMIT && !text_equal(text_of(interp_reason_name(d.reason)), reason))
        d.reason++;
    d.rule = rule_named(n, cell_of(f, row, TEXT("rule")));
    d.award = money_of(f, row, TEXT("award"), -1);
    d.entitled = money_of(f, row, TEXT("entitled"), 0);
    d.payable = money_of(f, row, TEXT("payable"), 0);
    d.carried = money_of(f, row, TEXT("carried"), 0);
    d.outstanding = money_of(f, row, TEXT("outstanding"), 0);
    d.lapsed = money_of(f, row, TEXT("lapsed"), 0);
    return d;
}

/* The first decision of each claim id, by its name. */
static struct text_map *decisions_by_name(struct arena *arena, const struct outcome *o) {
    struct text_map *map = text_map_new(arena);
    for (size_t i = 0; i < o->decision_count; i++) {
        void **slot = text_map_slot(map, o->decision[i].claim_id);
        *slot = *slot ? *slot : &o->decision[i];
    }
    return map;
}

static size_t row_named(const struct outcome *o, const struct text_map *map, struct text claim) {
    const struct interp_decision *d = text_map_get(map, claim);
    return d ? (size_t)(d - o->decision) : o->decision_count;
}

static enum interp_status read_csv(struct native *n, const char *name, struct interp_file *file,
                                   struct interp_csv *out) {
    const char *path = path_in(n, name);
    enum interp_status status = interp_file_read(path, file, n->error);
    if (status != INTERP_OK)
        return status;
    return interp_csv_read(n->arena, text_of(path), (struct text){file->data, file->size}, false, out, n->error);
}

static enum interp_status read_outcome(struct native *n, struct outcome *o) {
    struct interp_csv decisions, payments;
    enum interp_status status = read_csv(n, "out/decisions.csv", &o->decisions_file, &decisions);
    if (status == INTERP_OK)
        status = read_csv(n, "out/payments.csv", &o->payments_file, &payments);
    if (status != INTERP_OK)
        return status;
    o->decision = arena_array_of(n->arena, struct interp_decision, decisions.row_count + 1);
    o->payment = arena_array_of(n->arena, struct interp_payment, payments.row_count + 1);
    for (; o->decision_count < decisions.row_count; o->decision_count++)
        o->decision[o->decision_count] = decision_of(n, &decisions, &decisions.row[o->decision_count]);
    const struct text_map *map = decisions_by_name(n->arena, o);
    for (size_t i = 0; i < payments.row_count; i++) {
        const struct interp_csv_row *row = &payments.row[i];
        struct interp_payment *p = &o->payment[o->payment_count++];
        p->claim = row_named(o, map, cell_of(&payments, row, TEXT("claim_id")));
        interp_cell_year(cell_of(&payments, row, TEXT("year")), &p->year);
        p->amount = money_of(&payments, row, TEXT("amount"), 0);
    }
    return INTERP_OK;
}

static enum interp_status run_example(struct native *n, const struct interp_example *e) {
    enum interp_status status;
    if (!audit(n, e, &status))
        return status;
    struct outcome o = {0};
    status = read_outcome(n, &o);
    if (status == INTERP_OK && o.decision_count != e->claim_count)
        status =
            interp_fail(n->error, INTERP_SYSTEM, "polrun decided %zu claims of %zu", o.decision_count, e->claim_count);
    if (status == INTERP_OK)
        interp_example_compare(n->arena, n->policy, e, o.decision, o.decision_count, o.payment, o.payment_count,
                               n->mismatches);
    interp_file_free(&o.decisions_file);
    interp_file_free(&o.payments_file);
    return status == INTERP_INPUT ? INTERP_SYSTEM : status;
}

static enum interp_status run_targets(struct native *n, const struct interp_example *e) {
    struct interp_file file = {0};
    struct interp_csv csv;
    enum interp_status status;
    if (!evaluate_targets(n, e, &status))
        return status;
    status = read_csv(n, "out/targets.csv", &file, &csv);
    if (status == INTERP_OK) {
        enum interp_target_status *row = arena_array_of(n->arena, enum interp_target_status, csv.row_count + 1);
        for (size_t i = 0; i < csv.row_count; i++) {
            struct text name = cell_of(&csv, &csv.row[i], TEXT("status"));
            while (row[i] < INTERP_NO_DATA && !text_equal(text_of(interp_target_status_name(row[i])), name))
                row[i]++;
        }
        interp_example_compare_targets(n->arena, n->policy, e, row, csv.row_count, n->mismatches);
    }
    interp_file_free(&file);
    return status == INTERP_INPUT ? INTERP_SYSTEM : status;
}

enum interp_status native_examples_run(struct arena *arena, const struct model *model, const struct ir_policy *policy,
                                       const char *object, const char *folder, struct interp_mismatches *mismatches,
                                       struct interp_error *error) {
    struct native n = {
        .arena = arena, .policy = policy, .object = object, .folder = folder, .mismatches = mismatches, .error = error};
    child_find("polrun", n.program);
    enum interp_status status = INTERP_OK;
    size_t index = 0;
    for (const struct model_example *e = model->examples; e && status == INTERP_OK; e = e->next, index++) {
        struct interp_example *example = arena_new_of(arena, struct interp_example);
        uint64_t start = interp_now();
        struct interp_mismatches ignored = {0}; /* the interpreter's run reported it */
        if (!interp_example_build(arena, model, policy, e, example, &ignored))
            continue;
        if (example->claim_count > 0)
            status = run_example(&n, example);
        if (status == INTERP_OK && example->indicators.size > 0)
            status = run_targets(&n, example);
        if (mismatches->nanoseconds)
            mismatches->nanoseconds[index] += interp_now() - start;
    }
    return status;
}
