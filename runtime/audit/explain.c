/* Reads the ledger like an audit, but writes nothing: one claim is traced and told (explain_tell.c). */
#include "audit/explain.h"

#include <stdlib.h>
#include <string.h>

#include "audit/explain_claim.h"
#include "ledger/fail.h"

static bool same_text(struct pol_text a, const char *z, size_t size) {
    return a.size == size && memcmp(a.data, z, size) == 0;
}

/* Space and tab do not count around an id, in a ledger and on the command line. */
static struct pol_text trimmed(const char *z) {
    while (*z == ' ' || *z == '\t')
        z++;
    size_t size = strlen(z);
    while (size > 0 && (z[size - 1] == ' ' || z[size - 1] == '\t'))
        size--;
    return (struct pol_text){.data = z, .size = (uint32_t)size};
}

/* ---- the cells of one row ---------------------------------------------------------------------------------------- */

struct search {
    const pol_module *module;
    struct pol_text claim, applicant; /* applicant: when looking for a profile */
    int32_t year;
    struct explain_row *row;
    struct pol_ref fields;
    bool profiles;
};

static int64_t number_at(const struct pol_column *column, uint8_t width, uint64_t at) {
    const char *from = (const char *)column->values + ((uint64_t)column->offset + at) * width;
    int64_t wide;
    int32_t narrow;
    uint16_t half;
    switch (width) {
    case 1:
        return (unsigned char)*from;
    case 2:
        memcpy(&half, from, sizeof half);
        return half;
    case 4:
        memcpy(&narrow, from, sizeof narrow);
        return narrow;
    default:
        memcpy(&wide, from, sizeof wide);
        return wide;
    }
}

static bool bit(const uint8_t *bits, uint64_t at, bool without) {
    return bits ? (bits[at / 8] >> (at % 8)) & 1 : without;
}

static enum explain_state state_at(const struct pol_column *column, uint64_t at) {
    uint64_t i = (uint64_t)column->offset + at;
    if (!column->values || !bit(column->validity, i, true))
        return EXPLAIN_MISSING;
    return bit(column->bad, i, false) ? EXPLAIN_BAD : EXPLAIN_PRESENT;
}

static struct pol_text text_at(const struct pol_column *column, uint64_t at) {
    uint64_t i = (uint64_t)column->offset + at;
    if (!column->text_offsets)
        return ((const struct pol_text *)column->values)[i];
    return (struct pol_text){.data = (const char *)column->values + column->text_offsets[i],
                             .size = (uint32_t)(column->text_offsets[i + 1] - column->text_offsets[i])};
}

static void take_row(const struct search *s, const struct pol_csv_batch *batch, uint32_t row) {
    const struct pol_field *field = pol_module_array(s->module, s->fields);
    s->row->found = true;
    s->row->status = batch->status ? batch->status[row] : 0;
    for (uint32_t f = 0; f < s->fields.count; f++) {
        struct explain_cell *cell = &s->row->cell[f];
        const struct pol_column *column = &batch->columns[f];
        cell->state = state_at(column, row);
        if (cell->state != EXPLAIN_PRESENT)
            continue;
        if (field[f].type == POL_TEXT && !(f == POL_CLAIM_ITEM && !s->profiles))
            cell->text = text_at(column, row);
        else
            cell->value = number_at(column, f == POL_CLAIM_ITEM && !s->profiles ? 2 : field[f].width, row);
    }
}

static enum pol_status look_through(void *context, unsigned worker, struct pol_csv_chunk *chunk,
                                    const struct pol_csv_batch *batch, struct pol_error *error) {
    (void)worker;
    (void)chunk;
    (void)error;
    struct search *s = context;
    const struct pol_column *id = &batch->columns[0]; /* POL_CLAIM_ID, POL_PROFILE_APPLICANT */
    for (uint32_t row = 0; row < batch->rows && !s->row->found; row++) {
        if (state_at(id, row) == EXPLAIN_MISSING)
            continue;
        struct pol_text text = text_at(id, row);
        if (!s->profiles && same_text(text, s->claim.data, s->claim.size))
            take_row(s, batch, row);
        const struct pol_column *year = &batch->columns[POL_PROFILE_YEAR];
        if (s->profiles && same_text(text, s->applicant.data, s->applicant.size) &&
            state_at(year, row) == EXPLAIN_PRESENT && number_at(year, 4, row) == s->year)
            take_row(s, batch, row);
    }
    return POL_STATUS_OK;
}

static enum pol_status pass_on(void *context, struct pol_csv_chunk *chunk, struct pol_error *error) {
    (void)context;
    (void)chunk;
    (void)error;
    return POL_STATUS_OK;
}

static void let_go(void *context, struct pol_csv_chunk *chunk) {
    (void)context;
    (void)chunk;
}

static enum pol_status find_row(struct search *s, struct pol_parts *parts, const struct pol_csv_schema *schema,
                                struct pol_error *error) {
    struct pol_csv_consumer consumer = {s, look_through, pass_on, let_go};
    struct pol_csv_options options = {.threads = 1};
    struct pol_csv_counts counts = {.bad = calloc(schema->field_count + 1u, sizeof *counts.bad)};
    enum pol_status status = POL_STATUS_OK;
    s->row->cell = calloc(s->fields.count + 1u, sizeof *s->row->cell);
    if (!counts.bad || !s->row->cell)
        status = pol_ledger_no_memory(error);
    for (unsigned i = 0; i < parts->count && status == POL_STATUS_OK && !s->row->found; i++)
        status =
            pol_csv_read(&parts->part[i].input, schema, &parts->part[i].header, &options, &consumer, &counts, error);
    free(counts.bad);
    return status;
}

/* ---- the run ------------------------------------------------------------------------------------------------------
 */

/* The first row with the claim's id: later ones are duplicates. */
static bool find_claim(const struct pol_audit *audit, struct pol_text id, uint64_t *row) {
    for (size_t k = 0; k < audit->kept_count; k++)
        for (uint32_t r = 0; r < audit->kept[k].rows; r++)
            if (same_text(pol_kept_claim(&audit->kept[k], r), id.data, id.size)) {
                *row = audit->kept[k].first_row + r;
                return true;
            }
    return false;
}

static enum pol_status no_claim(const struct pol_audit *audit, const char *id, struct pol_error *error) {
    if (audit->claims.count == 1)
        return pol_ledger_fail(error, POL_STATUS_INPUT, "%s has no claim '%.200s'", audit->claims.part->input.path, id);
    return pol_ledger_fail(error, POL_STATUS_INPUT, "none of the %u files of claims has a claim '%.200s'",
                           audit->claims.count, id);
}

static enum pol_status explain_claim(struct pol_audit *audit, const struct pol_explain_options *options,
                                     struct pol_buffer *text, struct pol_error *error) {
    const struct pol_descriptor *d = pol_module_descriptor(audit->module);
    struct explain_claim e = {.audit = audit, .language = options->language};
    struct search s = {.module = audit->module, .claim = trimmed(options->claim), .row = &e.claim};
    if (!find_claim(audit, s.claim, &e.row))
        return no_claim(audit, options->claim, error);
    pol_run_decisions(audit->run, e.row, 1, &e.decision);
    s.fields = d->claim_fields;
    enum pol_status status = find_row(&s, &audit->claims, audit->claim_schema, error);
    const struct explain_cell *applicant = &e.claim.cell[POL_CLAIM_APPLICANT], *date = &e.claim.cell[POL_CLAIM_DATE];
    if (status == POL_STATUS_OK && applicant->state == EXPLAIN_PRESENT && date->state == EXPLAIN_PRESENT) {
        s = (struct search){.module = audit->module,
                            .applicant = applicant->text,
                            .year = explain_year(date->value),
                            .row = &e.profile,
                            .fields = d->profile_fields,
                            .profiles = true};
        status = find_row(&s, &audit->applicants, audit->profile_schema, error);
    }
    if (status == POL_STATUS_OK)
        status = pol_run_trace(audit->run, e.row, &e.trace, error);
    if (status == POL_STATUS_OK)
        status = explain_tell(&e, text, error);
    pol_trace_free(e.trace);
    free(e.claim.cell);
    free(e.profile.cell);
    return status;
}

enum pol_status pol_explain_run(const pol_module *module, const struct pol_explain_options *options,
                                struct pol_buffer *text, struct pol_error *error) {
    struct pol_audit audit = {.module = module, .options = &options->audit};
    enum pol_status status = pol_audit_read(&audit, error);
    if (status == POL_STATUS_OK)
        status = pol_run_decide(audit.run, error);
    if (status == POL_STATUS_OK)
        status = explain_claim(&audit, options, text, error);
    if (status == POL_STATUS_OK)
        status = pol_audit_unchanged(&audit, error);
    pol_audit_close(&audit);
    return status;
}
