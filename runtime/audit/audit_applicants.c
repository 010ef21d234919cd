/* The applicants of an audit: read in parallel, given to the run in order. */
#include <stdlib.h>

#include "audit/parts.h"
#include "audit/work.h"
#include "ledger/csv_error.h"
#include "ledger/fail.h"
#include "tr.h"

/* The rows of a batch that have a key, where there are others. */
struct profile_rows {
    uint64_t rows;
    struct pol_column *columns; /* by field; one block of memory with the values and the status */
    uint8_t *status;
};

struct profile_chunk {
    pol_part *part;                  /* its rows, packed */
    bool added;                      /* to the run: the part is empty */
    uint64_t skipped, first_skipped; /* rows without a readable applicant and year */
    uint64_t rows;
    struct pol_chunk_faults faults;
};

struct profile_reading {
    struct pol_audit *audit;
    const struct pol_csv_schema *schema;
    const struct pol_part_source *part;
    uint64_t before;                 /* bytes of the parts before */
    uint64_t rows;                   /* of all parts */
    uint64_t skipped, first_skipped; /* of the part */
    struct pol_parts_pool pool;
};

static size_t width_of(const struct pol_csv_schema *schema, uint32_t field) {
    const struct pol_csv_field *f = &schema->fields[field];
    return f->kind == POL_CSV_TEXT ? sizeof(struct pol_text) : f->width;
}

static struct profile_rows *make_rows(const struct pol_csv_schema *schema, uint32_t rows) {
    size_t room = sizeof(struct profile_rows) + schema->field_count * sizeof(struct pol_column) + rows + 16;
    for (uint32_t f = 0; f < schema->field_count; f++)
        room += (width_of(schema, f) * rows + 15) / 16 * 16;
    struct profile_rows *copy = calloc(1, room);
    if (copy == NULL)
        return NULL;
    copy->columns = (struct pol_column *)(copy + 1);
    char *values = (char *)(copy->columns + schema->field_count);
    for (uint32_t f = 0; f < schema->field_count; f++) {
        copy->columns[f].values = values;
        values += (width_of(schema, f) * rows + 15) / 16 * 16;
    }
    copy->status = (uint8_t *)values;
    return copy;
}

static bool is_keyed(const struct pol_csv_batch *batch, uint32_t row) {
    return pol_csv_batch_state(batch, POL_PROFILE_APPLICANT, row) == POL_CSV_READ &&
           pol_csv_batch_state(batch, POL_PROFILE_YEAR, row) == POL_CSV_READ;
}

/* How many rows have no key. */
static uint64_t count_unkeyed(const struct pol_csv_batch *batch) {
    uint64_t count = 0;
    if (batch->columns[POL_PROFILE_APPLICANT].validity == NULL && batch->columns[POL_PROFILE_YEAR].validity == NULL)
        return 0;
    for (uint32_t row = 0; row < batch->rows; row++)
        count += !is_keyed(batch, row);
    return count;
}

/* Copies the rows that have a key, side by side. */
static void copy_rows(const struct pol_csv_schema *schema, const struct pol_csv_batch *batch,
                      struct profile_chunk *chunk, struct profile_rows *copy) {
    for (uint32_t row = 0; row < batch->rows; row++) {
        if (!is_keyed(batch, row)) {
            if (chunk->skipped++ == 0)
                chunk->first_skipped = pol_csv_batch_row(batch, row);
            continue;
        }
        copy->status[copy->rows++] = batch->status[row];
    }
    for (uint32_t f = 0; f < schema->field_count; f++) {
        size_t width = width_of(schema, f);
        const char *from = batch->columns[f].values;
        char *to = (char *)(uintptr_t)copy->columns[f].values;
        for (uint32_t row = 0; row < batch->rows; row++) {
            if (!is_keyed(batch, row))
                continue;
            memcpy(to, from + width * row, width);
            to += width;
        }
    }
}

static enum pol_status pack_rows(const struct profile_reading *reading, struct profile_chunk *chunk,
                                 const struct pol_csv_batch *batch, struct pol_error *error) {
    struct pol_batch rows = {batch->rows, batch->columns, batch->status};
    if (count_unkeyed(batch) == 0)
        return pol_run_pack_profiles(reading->audit->run, &rows, chunk->part, error);
    struct profile_rows *copy = make_rows(reading->schema, batch->rows);
    if (copy == NULL)
        return pol_ledger_no_memory(error);
    copy_rows(reading->schema, batch, chunk, copy);
    rows = (struct pol_batch){copy->rows, copy->columns, copy->status};
    enum pol_status status = pol_run_pack_profiles(reading->audit->run, &rows, chunk->part, error);
    free(copy);
    return status;
}

static enum pol_status take_batch(void *context, unsigned worker, struct pol_csv_chunk *chunk,
                                  const struct pol_csv_batch *batch, struct pol_error *error) {
    (void)worker;
    struct profile_reading *reading = context;
    if (chunk->user == NULL)
        chunk->user = calloc(1, sizeof(struct profile_chunk));
    struct profile_chunk *mine = chunk->user;
    if (mine == NULL)
        return pol_ledger_no_memory(error);
    if (reading->audit->faults != NULL &&
        !pol_faults_note(&mine->faults, reading->schema, &reading->part->header, batch, mine->rows))
        return pol_ledger_no_memory(error);
    mine->rows += batch->rows;
    enum pol_status status = mine->part == NULL ? pol_parts_take(&reading->pool, &mine->part, error) : POL_STATUS_OK;
    return status == POL_STATUS_OK ? pack_rows(reading, mine, batch, error) : status;
}

static void drop_chunk(void *context, struct pol_csv_chunk *chunk) {
    struct profile_reading *reading = context;
    struct profile_chunk *mine = chunk->user;
    if (mine->added)
        pol_parts_give_back(&reading->pool, mine->part);
    else
        pol_part_free(mine->part); /* its rows are not wanted */
    pol_chunk_faults_free(&mine->faults);
    free(mine);
    chunk->user = NULL;
}

static enum pol_status commit_chunk(void *context, struct pol_csv_chunk *chunk, struct pol_error *error) {
    struct profile_reading *reading = context;
    struct pol_audit *audit = reading->audit;
    struct profile_chunk *mine = chunk->user;
    if (mine == NULL)
        return POL_STATUS_OK;
    enum pol_status status = pol_audit_go_on(audit, error);
    if (status == POL_STATUS_OK && mine->part != NULL)
        status = pol_run_add_profiles(audit->run, mine->part, error);
    mine->added = status == POL_STATUS_OK && mine->part != NULL;
    const struct pol_input *input = &reading->part->input;
    if (status == POL_STATUS_OK && audit->faults != NULL)
        status = pol_faults_commit(audit->faults, &mine->faults, false, input, reading->rows,
                                   reading->rows - input->first_row, error);
    reading->rows += mine->rows;
    if (reading->skipped == 0)
        reading->first_skipped = mine->first_skipped;
    reading->skipped += mine->skipped;
    pol_audit_progress(audit, tr("applicants"), reading->before + chunk->end, audit->applicants.size, POL_UNIT_BYTES);
    drop_chunk(context, chunk);
    return status;
}

/* ---- two rows for one applicant and year ------------------------------------------------------------------------- */

/* The run has found two such rows; the parts are read once more to say where they stand. */
struct key_row {
    struct pol_text applicant;
    int32_t year;
    unsigned part;
    uint64_t at;
};

struct key_list {
    struct key_row *rows;
    size_t count, capacity;
    unsigned part;
};

static enum pol_status list_batch(void *context, unsigned worker, struct pol_csv_chunk *chunk,
                                  const struct pol_csv_batch *batch, struct pol_error *error) {
    (void)worker;
    (void)chunk;
    struct key_list *list = context;
    if (list->capacity - list->count < batch->rows) {
        size_t capacity = list->capacity * 2 + batch->rows;
        struct key_row *rows = realloc(list->rows, capacity * sizeof *rows);
        if (rows == NULL)
            return pol_ledger_no_memory(error);
        list->rows = rows;
        list->capacity = capacity;
    }
    const struct pol_text *applicants = batch->columns[POL_PROFILE_APPLICANT].values;
    const int32_t *years = batch->columns[POL_PROFILE_YEAR].values;
    for (uint32_t row = 0; row < batch->rows; row++)
        if (is_keyed(batch, row))
            list->rows[list->count++] =
                (struct key_row){applicants[row], years[row], list->part, pol_csv_batch_row(batch, row)};
    return POL_STATUS_OK;
}

static enum pol_status list_commit(void *context, struct pol_csv_chunk *chunk, struct pol_error *error) {
    (void)context;
    (void)chunk;
    (void)error;
    return POL_STATUS_OK;
}

static void list_drop(void *context, struct pol_csv_chunk *chunk) {
    (void)context;
    (void)chunk;
}

static bool same_key(const struct key_row *a, const struct key_row *b) {
    return a->year == b->year && a->applicant.size == b->applicant.size &&
           memcmp(a->applicant.data, b->applicant.data, a->applicant.size) == 0;
}

static int by_place(const struct key_row *a, const struct key_row *b) {
    if (a->part != b->part)
        return a->part < b->part ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

static int by_key(const void *a, const void *b) {
    const struct key_row *x = a, *y = b;
    if (x->year != y->year)
        return x->year < y->year ? -1 : 1;
    if (x->applicant.size != y->applicant.size)
        return x->applicant.size < y->applicant.size ? -1 : 1;
    int order = memcmp(x->applicant.data, y->applicant.data, x->applicant.size);
    return order != 0 ? order : by_place(x, y);
}

/* Replaces `error` where such rows are found; of several, names the pair whose second row comes first. */
static void say_which_lines(const struct pol_parts *parts, struct key_list *list, struct pol_error *error) {
    const struct key_row *found = NULL;
    if (list->count > 0)
        qsort(list->rows, list->count, sizeof *list->rows, by_key);
    for (size_t i = 1; i < list->count; i++)
        if (same_key(&list->rows[i - 1], &list->rows[i]) && (found == NULL || by_place(&list->rows[i], found) < 0))
            found = &list->rows[i];
    if (found == NULL)
        return;
    char shown[POL_SHOWN_SIZE];
    const struct pol_input *first = &parts->part[found[-1].part].input, *second = &parts->part[found->part].input;
    unsigned long long lines[] = {pol_input_line(first, found[-1].at), pol_input_line(second, found->at)};
    pol_shown(found->applicant.data, found->applicant.size, shown);
    if (first == second)
        pol_ledger_fail(error, POL_STATUS_INPUT,
                        first->rows
                            ? tr("%s: rows %llu and %llu: two rows for applicant %s and year %d: keep one of them")
                            : tr("%s: lines %llu and %llu: two rows for applicant %s and year %d: keep one of them"),
                        first->path, lines[0], lines[1], shown, (int)found->year);
    else
        pol_ledger_fail(error, POL_STATUS_INPUT,
                        "%s: %s %llu and %s: %s %llu: two rows for applicant %s and year %d: keep one of them",
                        first->path, tr(tr(first->unit)), lines[0], second->path, tr(tr(second->unit)), lines[1], shown,
                        (int)found->year);
}

static void explain_twice(struct pol_audit *audit, struct pol_error *error) {
    const struct pol_csv_schema *schema = audit->profile_schema;
    struct key_list list = {0};
    struct pol_csv_counts counts = {.bad = calloc(schema->field_count + 1u, sizeof *counts.bad)};
    struct pol_csv_options options = {.threads = 1};
    struct pol_csv_consumer consumer = {&list, list_batch, list_commit, list_drop};
    enum pol_status status = counts.bad != NULL ? POL_STATUS_OK : POL_STATUS_SYSTEM;
    for (; list.part < audit->applicants.count && status == POL_STATUS_OK; list.part++) {
        struct pol_part_source *part = &audit->applicants.part[list.part];
        status = pol_csv_read(&part->input, schema, &part->header, &options, &consumer, &counts, NULL);
    }
    if (status == POL_STATUS_OK)
        say_which_lines(&audit->applicants, &list, error);
    free(list.rows);
    free(counts.bad);
}

/* ---- the whole --------------------------------------------------------------------------------------------------- */

static enum pol_status read_part(struct profile_reading *reading, struct pol_part_source *part,
                                 struct pol_error *error) {
    const struct pol_audit *audit = reading->audit;
    const struct pol_observer *observer = &audit->options->observer;
    struct pol_csv_counts counts = {.bad = calloc(reading->schema->field_count + 1u, sizeof *counts.bad)};
    struct pol_csv_options options = {audit->options->threads, audit->options->batch_rows, audit->options->chunk_bytes,
                                      false};
    struct pol_csv_consumer consumer = {reading, take_batch, commit_chunk, drop_chunk};
    if (counts.bad == NULL)
        return pol_ledger_no_memory(error);
    reading->skipped = 0;
    reading->part = part;
    part->input.first_row = reading->rows;
    pol_audit_warn_ignored(observer, &part->input, &part->header);
    enum pol_status status =
        pol_csv_read(&part->input, reading->schema, &part->header, &options, &consumer, &counts, error);
    if (status == POL_STATUS_OK) {
        pol_audit_warn_extra(observer, &part->input, &counts);
        if (reading->skipped > 0)
            pol_audit_warn(observer,
                           tr_count("%s: %llu row without a readable applicant_id and year is skipped, the first on "
                                    "%s %llu",
                                    "%s: %llu rows without a readable applicant_id and year are skipped, the first on "
                                    "%s %llu",
                                    reading->skipped),
                           part->input.path, (unsigned long long)reading->skipped, tr(part->input.unit),
                           (unsigned long long)pol_input_line(&part->input, reading->first_skipped));
    }
    reading->before += part->input.size;
    free(counts.bad);
    return status;
}

enum pol_status pol_audit_applicants(struct pol_audit *audit, struct pol_error *error) {
    struct profile_reading reading = {.audit = audit, .schema = audit->profile_schema};
    enum pol_status status = POL_STATUS_OK;
    pol_parts_begin(&reading.pool, audit->run);
    for (unsigned i = 0; i < audit->applicants.count && status == POL_STATUS_OK; i++)
        status = read_part(&reading, &audit->applicants.part[i], error);
    pol_parts_end(&reading.pool);
    if (status != POL_STATUS_OK)
        return status;
    status = pol_run_seal_profiles(audit->run, error);
    if (status == POL_STATUS_INPUT)
        explain_twice(audit, error);
    return status;
}
