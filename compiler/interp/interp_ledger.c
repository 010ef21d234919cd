#include "interp/interp_ledger.h"

#include <assert.h>
#include <string.h>

#include "interp/interp_cell.h"
#include "interp/interp_date.h"
#include "tr.h"

/* ---- columns ---------------------------------------------------------------------------------------------------- */

static void warn(struct interp_ledger *ledger, struct text message) {
    ledger->warning = arena_grow(ledger->arena, ledger->warning, ledger->warning_count, &ledger->warning_capacity,
                                 ledger->warning_count + 1, sizeof *ledger->warning);
    ledger->warning[ledger->warning_count++] = message;
}

/* The field that a header stands for; `count` = none. */
static uint32_t field_of_column(const struct ir_field *field, uint32_t count, struct text column) {
    for (uint32_t i = 0; i < count; i++) {
        if (text_equal(field[i].column, column)) {
            return i;
        }
        for (uint32_t a = 0; a < field[i].alias_count; a++) {
            if (text_equal(field[i].alias[a], column)) {
                return i;
            }
        }
    }
    return count;
}

static void warn_ignored(struct interp_ledger *ledger, const struct interp_csv *file, const bool *ignored) {
    enum { NAMED = 20 }; /* names in the message */
    struct text_buffer names = {.arena = ledger->arena};
    uint32_t count = 0;
    for (uint32_t i = 0; i < file->column_count; i++) {
        count += ignored[i] ? 1 : 0;
        if (ignored[i] && count <= NAMED) {
            text_addf(&names, "%s'%s'", count == 1 ? "" : ", ", interp_show(file->column[i]).text);
        }
    }
    if (count > NAMED) {
        text_addf(&names, tr(" and %u more"), (unsigned)(count - NAMED));
    }
    if (count > 0) {
        struct text list = text_of_buffer(&names);
        warn(ledger, text_format(ledger->arena,
                                 tr_count("%s: ignored a column that the policy does not declare: %.*s",
                                          "%s: ignored columns that the policy does not declare: %.*s", count),
                                 interp_show(file->name).text, TEXT_ARG(list)));
    }
}

/* Finds the column of every field. Two columns for one field, by two of its names, are the same column twice. */
static enum interp_status match_columns(struct interp_ledger *ledger, const struct interp_csv *file,
                                        const struct ir_field *field, uint32_t count, uint32_t **out,
                                        struct interp_error *error) {
    uint32_t *column = *out = arena_array_of(ledger->arena, uint32_t, count);
    bool *ignored = arena_array_of(ledger->arena, bool, file->column_count);
    memset(column, 0xff, count * sizeof *column); /* INTERP_NO_COLUMN */
    for (uint32_t i = 0; i < file->column_count; i++) {
        uint32_t f = field_of_column(field, count, file->column[i]);
        if (f == count) {
            ignored[i] = true;
            continue;
        }
        if (column[f] != INTERP_NO_COLUMN) {
            return interp_fail(error, INTERP_INPUT, "%s:%llu: the columns '%s' and '%s' are the same field",
                               interp_show(file->name).text, (unsigned long long)file->header_line,
                               interp_show(file->column[column[f]]).text, interp_show(file->column[i]).text);
        }
        column[f] = i;
    }
    warn_ignored(ledger, file, ignored);
    if (file->wide_rows > 0) {
        warn(ledger, text_format(ledger->arena,
                                 tr_count("%s: ignored cells beyond the header in %llu row",
                                          "%s: ignored cells beyond the header in %llu rows", file->wide_rows),
                                 interp_show(file->name).text, (unsigned long long)file->wide_rows));
    }
    return INTERP_OK;
}

static enum interp_status require_columns(struct arena *arena, const struct interp_csv *file,
                                          const struct ir_field *field, const uint32_t *column, const uint32_t *needed,
                                          size_t count, struct interp_error *error) {
    struct text_buffer missing = {.arena = arena};
    for (size_t i = 0; i < count; i++) {
        if (column[needed[i]] == INTERP_NO_COLUMN) {
            text_addf(&missing, "%s'%s'", missing.size == 0 ? "" : ", ", interp_show(field[needed[i]].column).text);
        }
    }
    if (missing.size == 0) {
        return INTERP_OK;
    }
    struct text list = text_of_buffer(&missing);
    return interp_fail(error, INTERP_INPUT, "%s:%llu: the header lacks %.*s", interp_show(file->name).text,
                       (unsigned long long)file->header_line, TEXT_ARG(list));
}

/* ---- cells ------------------------------------------------------------------------------------------------------ */

static enum interp_cell_state read_field(const struct ir_policy *policy, const struct ir_field *field, struct text cell,
                                         struct ir_value *out) {
    struct interp_cell_type type = {
        .type = field->type,
        .enumeration = field->type == POL_ENUM ? &policy->enums[field->enum_index] : NULL,
        .min = field->min,
        .max = field->max,
    };
    enum interp_cell_state state = interp_cell_read(&type, cell, out);
    if (state == INTERP_CELL_MISSING && field->has_default) {
        *out = (struct ir_value){.present = true, .number = field->fallback};
        return INTERP_CELL_READ;
    }
    return state;
}

static struct text claim_cell(const struct interp_ledger *ledger, const struct interp_csv_row *row, uint32_t field) {
    return interp_csv_cell(row, ledger->claim_column[field]);
}

static enum interp_cell_state read_claim_field(const struct interp_ledger *ledger, const struct interp_csv_row *row,
                                               uint32_t field, struct ir_value *out) {
    return read_field(ledger->policy, &ledger->policy->claim[field], claim_cell(ledger, row, field), out);
}

/* ---- applicants ------------------------------------------------------------------------------------------------- */

/* The year in four bytes, then the applicant: two keys are equal only where both are. */
struct profile_key {
    char data[4 + POL_TEXT_LIMIT];
};

static struct text profile_key(struct profile_key *key, struct text applicant, int32_t year) {
    assert(applicant.size <= POL_TEXT_LIMIT);
    memcpy(key->data, &year, 4);
    if (applicant.size)
        memcpy(key->data + 4, applicant.data, applicant.size);
    return (struct text){key->data, 4 + applicant.size};
}

struct interp_profile *interp_ledger_profile(const struct interp_ledger *ledger, struct text applicant, int32_t year) {
    struct profile_key key;
    return text_map_get(ledger->profile_index, profile_key(&key, applicant, year));
}

static void read_profile_cells(const struct interp_ledger *ledger, const struct interp_csv_row *row,
                               struct interp_profile *profile) {
    const struct ir_policy *policy = ledger->policy;
    struct ir_value *cells = arena_array_of(ledger->arena, struct ir_value, policy->profile_count);
    bool bad = false, missing = false;
    for (uint32_t f = POL_PROFILE_BUILTINS; f < policy->profile_count; f++) {
        struct text cell = interp_csv_cell(row, ledger->profile_column[f]);
        enum interp_cell_state state = read_field(policy, &policy->profile[f], cell, &cells[f]);
        bad = bad || state == INTERP_CELL_BAD;
        missing = missing || state == INTERP_CELL_MISSING;
    }
    cells[POL_PROFILE_APPLICANT] = (struct ir_value){.present = true, .text = profile->applicant};
    cells[POL_PROFILE_YEAR] = (struct ir_value){.present = true, .number = profile->year};
    profile->cells = cells;
    profile->status = bad ? POL_BAD_VALUE : missing ? POL_MISSING_FIELD : POL_OK;
}

static void note_year(struct interp_ledger *ledger, int32_t year) {
    ledger->latest_year = year > ledger->latest_year ? year : ledger->latest_year;
}

/* Adds a row; one whose applicant or year cannot be read is skipped and counted. */
static enum interp_status add_profile(struct interp_ledger *ledger, const struct interp_csv_row *row,
                                      struct interp_error *error) {
    const uint32_t *column = ledger->profile_column;
    struct interp_profile *profile = &ledger->profile[ledger->profile_count];
    struct ir_value applicant;
    enum interp_cell_state state = read_field(ledger->policy, &ledger->policy->profile[POL_PROFILE_APPLICANT],
                                              interp_csv_cell(row, column[POL_PROFILE_APPLICANT]), &applicant);
    if (state != INTERP_CELL_READ ||
        interp_cell_year(interp_csv_cell(row, column[POL_PROFILE_YEAR]), &profile->year) != INTERP_CELL_READ) {
        ledger->skipped_applicants++;
        return INTERP_OK;
    }
    profile->applicant = applicant.text;
    profile->line = row->line;
    struct profile_key key;
    void **slot = text_map_slot(ledger->profile_index, profile_key(&key, profile->applicant, profile->year));
    if (*slot != NULL) {
        const struct interp_profile *first = *slot;
        return interp_fail(error, INTERP_INPUT,
                           "%s:%llu: a second row for applicant '%s' in %d; the first is on line %llu",
                           interp_show(ledger->applicants_file.name).text, (unsigned long long)row->line,
                           interp_show(profile->applicant).text, (int)profile->year, (unsigned long long)first->line);
    }
    *slot = profile;
    read_profile_cells(ledger, row, profile);
    note_year(ledger, profile->year);
    ledger->profile_count++;
    return INTERP_OK;
}

static enum interp_status read_applicants(struct interp_ledger *ledger, const struct interp_source *source,
                                          struct interp_error *error) {
    static const uint32_t needed[] = {POL_PROFILE_APPLICANT, POL_PROFILE_YEAR};
    const struct ir_policy *policy = ledger->policy;
    struct interp_csv *file = &ledger->applicants_file;
    enum interp_status status =
        interp_csv_read(ledger->arena, source->name, source->bytes, source->gb18030, file, error);
    if (status == INTERP_OK) {
        status = match_columns(ledger, file, policy->profile, policy->profile_count, &ledger->profile_column, error);
    }
    if (status == INTERP_OK) {
        status = require_columns(ledger->arena, file, policy->profile, ledger->profile_column, needed,
                                 sizeof needed / sizeof needed[0], error);
    }
    ledger->profile_index = text_map_new(ledger->arena);
    ledger->profile = arena_array_of(ledger->arena, struct interp_profile, file->row_count);
    for (size_t i = 0; i < file->row_count && status == INTERP_OK; i++) {
        status = add_profile(ledger, &file->row[i], error);
    }
    if (status == INTERP_OK && ledger->skipped_applicants > 0) {
        warn(ledger, text_format(ledger->arena,
                                 tr_count("%s: skipped %llu row whose applicant or year cannot be read",
                                          "%s: skipped %llu rows whose applicant or year cannot be read",
                                          ledger->skipped_applicants),
                                 interp_show(file->name).text, (unsigned long long)ledger->skipped_applicants));
    }
    return status;
}

/* ---- claims: stage 0 -------------------------------------------------------------------------------------------- */

static uint32_t find_item(const struct ir_policy *policy, struct text column) {
    for (uint32_t i = 0; i < policy->item_count; i++) {
        if (column.size > 0 && text_equal(policy->item[i].column, column)) {
            return i;
        }
    }
    return POL_NONE;
}

/* The claim's own cells: what its item needs, and its id. `bad_value` goes before `missing_field`. */
static enum pol_reason judge_cells(const struct interp_ledger *ledger, const struct interp_claim *claim) {
    const struct ir_item *item = &ledger->policy->item[claim->item];
    struct ir_value value;
    bool missing = false;
    if (read_claim_field(ledger, claim->row, POL_CLAIM_ID, &value) == INTERP_CELL_BAD) {
        return POL_BAD_VALUE;
    }
    for (uint32_t i = 0; i < item->need_count; i++) {
        enum interp_cell_state state = read_claim_field(ledger, claim->row, item->need[i], &value);
        if (state == INTERP_CELL_BAD) {
            return POL_BAD_VALUE;
        }
        missing = missing || state == INTERP_CELL_MISSING;
    }
    return missing ? POL_MISSING_FIELD : POL_OK;
}

/* Stage 0, in the order of the contract. */
static enum pol_reason judge_claim(struct interp_ledger *ledger, struct interp_claim *claim) {
    void **seen = claim->id.size == 0 ? NULL : text_map_slot(ledger->claim_index, claim->id);
    if (seen == NULL || *seen != NULL) {
        return POL_DUPLICATE_CLAIM;
    }
    *seen = claim;
    if (claim->item == POL_NONE) {
        return POL_UNKNOWN_ITEM;
    }
    enum pol_reason reason = judge_cells(ledger, claim);
    if (reason != POL_OK) {
        return reason;
    }
    claim->profile = interp_ledger_profile(ledger, claim->applicant, claim->year);
    return claim->profile == NULL ? POL_MISSING_PROFILE : claim->profile->status;
}

static void read_claim(struct interp_ledger *ledger, const struct interp_csv_row *row, struct interp_claim *claim) {
    struct ir_value value;
    claim->row = row;
    claim->id = claim_cell(ledger, row, POL_CLAIM_ID);
    claim->applicant = claim_cell(ledger, row, POL_CLAIM_APPLICANT);
    claim->item = find_item(ledger->policy, claim_cell(ledger, row, POL_CLAIM_ITEM));
    claim->dated = read_claim_field(ledger, row, POL_CLAIM_DATE, &value) == INTERP_CELL_READ;
    if (claim->dated) {
        claim->date = (int32_t)value.number;
        claim->year = (int32_t)interp_year_of(claim->date);
        note_year(ledger, claim->year);
    }
    enum interp_cell_state paid = read_claim_field(ledger, row, POL_CLAIM_PAID, &value);
    claim->has_paid = paid == INTERP_CELL_READ;
    claim->paid = claim->has_paid ? (int64_t)value.number : 0;
    ledger->unreadable_paid += paid == INTERP_CELL_BAD ? 1 : 0;
    claim->status = judge_claim(ledger, claim);
}

static enum interp_status read_claims(struct interp_ledger *ledger, const struct interp_source *source,
                                      struct interp_error *error) {
    static const uint32_t needed[] = {POL_CLAIM_ID, POL_CLAIM_APPLICANT, POL_CLAIM_ITEM, POL_CLAIM_DATE};
    const struct ir_policy *policy = ledger->policy;
    struct interp_csv *file = &ledger->claims_file;
    enum interp_status status =
        interp_csv_read(ledger->arena, source->name, source->bytes, source->gb18030, file, error);
    if (status == INTERP_OK) {
        status = match_columns(ledger, file, policy->claim, policy->claim_count, &ledger->claim_column, error);
    }
    if (status == INTERP_OK) {
        status = require_columns(ledger->arena, file, policy->claim, ledger->claim_column, needed,
                                 sizeof needed / sizeof needed[0], error);
    }
    if (status != INTERP_OK) {
        return status;
    }
    ledger->claim_index = text_map_new(ledger->arena);
    ledger->claim_count = file->row_count;
    ledger->claim = arena_array_of(ledger->arena, struct interp_claim, file->row_count);
    for (size_t i = 0; i < file->row_count; i++) {
        read_claim(ledger, &file->row[i], &ledger->claim[i]);
    }
    if (ledger->unreadable_paid > 0) {
        warn(ledger, text_format(ledger->arena,
                                 tr_count("%s: %llu cell of '%.*s' cannot be read",
                                          "%s: %llu cells of '%.*s' cannot be read", ledger->unreadable_paid),
                                 interp_show(file->name).text, (unsigned long long)ledger->unreadable_paid,
                                 TEXT_ARG(policy->claim[POL_CLAIM_PAID].column)));
    }
    return INTERP_OK;
}

enum interp_status interp_ledger_read(struct arena *arena, const struct ir_policy *policy,
                                      const struct interp_source *claims, const struct interp_source *applicants,
                                      struct interp_ledger *out, struct interp_error *error) {
    *out = (struct interp_ledger){.arena = arena, .policy = policy};
    enum interp_status status = read_applicants(out, applicants, error);
    return status == INTERP_OK ? read_claims(out, claims, error) : status;
}

void interp_ledger_cells(const struct interp_ledger *ledger, const struct interp_claim *claim, struct ir_value *cells) {
    const struct ir_item *item = &ledger->policy->item[claim->item];
    assert(claim->status == POL_OK);
    memset(cells, 0, ledger->policy->claim_count * sizeof *cells);
    for (uint32_t i = 0; i < item->need_count; i++) {
        read_claim_field(ledger, claim->row, item->need[i], &cells[item->need[i]]);
    }
    cells[POL_CLAIM_ID] = (struct ir_value){.present = true, .text = claim->id};
    cells[POL_CLAIM_ITEM] = (struct ir_value){.present = true, .number = claim->item};
}
