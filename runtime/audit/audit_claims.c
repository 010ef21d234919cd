/* The claims of an audit: read and evaluated in parallel, appended to the run in order. */
#include <stdlib.h>

#include "audit/audit_spill.h"
#include "audit/parts.h"
#include "audit/thresholds.h"
#include "audit/work.h"
#include "ledger/fail.h"
#include "tr.h"

/* What became of a chunk until its turn comes. */
struct claims_chunk {
    struct pol_kept kept;
    struct pol_chunk_faults faults;
    pol_part **parts;
    uint32_t part_count, part_capacity;
};

struct claims_reading {
    struct pol_audit *audit;
    struct pol_part_source *part;
    const struct pol_csv_counts *counts; /* of the part, up to the chunk that is committed */
    bool has_paid;                       /* the part */
    uint64_t before;                     /* bytes of the parts before */
    uint64_t looked;                     /* bytes read when it was last asked how much memory is used */
    struct pol_parts_pool pool;
    struct pol_thresholds *thresholds; /* NULL: no findings wanted */
};

static bool add_part(struct claims_chunk *chunk, pol_part *part) {
    if (chunk->part_count == chunk->part_capacity) {
        uint32_t capacity = chunk->part_capacity * 2 + 8;
        pol_part **parts = realloc(chunk->parts, capacity * sizeof *parts);
        if (parts == NULL)
            return false;
        chunk->parts = parts;
        chunk->part_capacity = capacity;
    }
    chunk->parts[chunk->part_count++] = part;
    return true;
}

static enum pol_status take_batch(void *context, unsigned worker, struct pol_csv_chunk *chunk,
                                  const struct pol_csv_batch *batch, struct pol_error *error) {
    (void)worker;
    struct claims_reading *reading = context;
    if (chunk->user == NULL)
        chunk->user = calloc(1, sizeof(struct claims_chunk));
    struct claims_chunk *mine = chunk->user;
    if (mine != NULL)
        mine->kept.with_date = reading->audit->options->findings;
    if (mine == NULL || !pol_kept_add(&mine->kept, batch, reading->has_paid))
        return pol_ledger_no_memory(error);
    if (reading->thresholds != NULL && !pol_thresholds_note(reading->thresholds, &mine->kept, batch))
        return pol_ledger_no_memory(error);
    const struct pol_audit *audit = reading->audit;
    if (audit->faults != NULL && !pol_faults_note(&mine->faults, audit->claim_schema, &reading->part->header, batch,
                                                  mine->kept.rows - batch->rows))
        return pol_ledger_no_memory(error);
    pol_part *part = NULL;
    enum pol_status status = pol_parts_take(&reading->pool, &part, error);
    if (status != POL_STATUS_OK)
        return status;
    if (!add_part(mine, part)) {
        pol_parts_give_back(&reading->pool, part);
        return pol_ledger_no_memory(error);
    }
    struct pol_batch rows = {batch->rows, batch->columns, batch->status};
    return pol_run_evaluate(reading->audit->run, &rows, part, error);
}

static void drop_chunk(void *context, struct pol_csv_chunk *chunk) {
    struct claims_reading *reading = context;
    struct claims_chunk *mine = chunk->user;
    for (uint32_t i = 0; i < mine->part_count; i++)
        pol_parts_give_back(&reading->pool, mine->parts[i]);
    pol_kept_free(&mine->kept);
    pol_chunk_faults_free(&mine->faults);
    free(mine->parts);
    free(mine);
    chunk->user = NULL;
}

/* Takes over what is kept of the chunk. */
static bool keep(struct pol_audit *audit, const struct pol_input *input, struct claims_chunk *chunk) {
    if (audit->kept_count == audit->kept_capacity) {
        size_t capacity = audit->kept_capacity * 2 + 16;
        struct pol_kept *kept = realloc(audit->kept, capacity * sizeof *kept);
        if (kept == NULL)
            return false;
        audit->kept = kept;
        audit->kept_capacity = capacity;
    }
    pol_kept_trim(&chunk->kept);
    chunk->kept.input = input;
    chunk->kept.first_row = audit->rows;
    audit->rows += chunk->kept.rows;
    audit->kept[audit->kept_count++] = chunk->kept;
    chunk->kept = (struct pol_kept){0};
    return true;
}

/* The chunk goes to the work files, and its texts need not stay. */
static enum pol_status spill_chunk(struct claims_reading *reading, struct pol_csv_chunk *chunk,
                                   struct pol_error *error) {
    struct pol_audit *audit = reading->audit;
    struct claims_chunk *mine = chunk->user;
    struct pol_place *place = &audit->spill->place;
    pol_kept_trim(&mine->kept);
    mine->kept.first_row = audit->rows;
    mine->kept.input = &reading->part->input;
    mine->kept.part = (uint32_t)place->part;
    enum pol_status status = pol_audit_spill_faults(audit, &mine->faults, error);
    if (status == POL_STATUS_OK)
        status = pol_audit_spill_keep(audit, &mine->kept, error);
    audit->rows += mine->kept.rows;
    pol_copies_free(&reading->part->input.copies);
    place->offset = chunk->end;
    place->extra_rows = reading->counts->extra_rows;
    place->first_extra = reading->counts->first_extra;
    place->bad_paid = reading->counts->bad[POL_CLAIM_PAID].count;
    place->first_bad_paid = reading->counts->bad[POL_CLAIM_PAID].first;
    return status == POL_STATUS_OK ? pol_audit_spill_save(audit, false, error) : status;
}

/* Do the claims take more memory than was thought? */
static bool outgrows(struct claims_reading *reading, const struct pol_csv_chunk *chunk) {
    enum { NOW_AND_THEN = 1 << 26 };
    const struct pol_audit *audit = reading->audit;
    if (audit->memory == 0)
        return false;
    if (audit->ascending && !pol_run_ascends(audit->run))
        return true;
    uint64_t read = reading->before + chunk->end;
    if (read - reading->looked < NOW_AND_THEN)
        return false;
    reading->looked = read;
    return pol_audit_memory_used() > audit->memory;
}

static enum pol_status commit_chunk(void *context, struct pol_csv_chunk *chunk, struct pol_error *error) {
    struct claims_reading *reading = context;
    struct pol_audit *audit = reading->audit;
    struct claims_chunk *mine = chunk->user;
    if (mine == NULL)
        return POL_STATUS_OK;
    enum pol_status status = pol_audit_go_on(audit, error);
    for (uint32_t i = 0; i < mine->part_count && status == POL_STATUS_OK; i++)
        status = pol_run_append(audit->run, mine->parts[i], error);
    if (status == POL_STATUS_OK && outgrows(reading, chunk)) {
        audit->outgrown = true;
        status = POL_STATUS_INPUT; /* nobody is told: pol_audit_read begins again */
    }
    const struct pol_input *input = &reading->part->input;
    if (status == POL_STATUS_OK && audit->faults != NULL)
        status = pol_faults_commit(audit->faults, &mine->faults, true, input, audit->rows,
                                   audit->rows - input->first_row, error);
    if (status == POL_STATUS_OK && audit->spill != NULL)
        status = spill_chunk(reading, chunk, error);
    else if (status == POL_STATUS_OK && !keep(audit, input, mine))
        status = pol_ledger_no_memory(error);
    pol_audit_progress(audit, tr("claims"), reading->before + chunk->end, audit->claims.size, POL_UNIT_BYTES);
    drop_chunk(context, chunk);
    return status;
}

static void warn_bad_paid(const struct pol_audit *audit, const struct pol_input *input, const struct pol_csv_bad *bad) {
    if (bad->count == 0)
        return;
    pol_audit_warn(
        &audit->options->observer,
        tr_count("%s: %llu cell of `paid` cannot be read, the first on %s %llu: paid and difference stay empty there",
                 "%s: %llu cells of `paid` cannot be read, the first on %s %llu: paid and difference stay empty there",
                 bad->count),
        input->path, (unsigned long long)bad->count, tr(input->unit),
        (unsigned long long)pol_input_line(input, bad->first));
}

/* A part of which an interrupted audit had read something goes on behind it. */
static void begin_part(struct claims_reading *reading, struct pol_part_source *part, struct pol_csv_header *header,
                       struct pol_csv_counts *counts) {
    reading->part = part;
    reading->counts = counts;
    if (reading->audit->spill == NULL || reading->audit->spill->place.offset == 0)
        return;
    const struct pol_place *place = &reading->audit->spill->place;
    header->data = place->offset;
    counts->extra_rows = place->extra_rows;
    counts->first_extra = place->first_extra;
    counts->bad[POL_CLAIM_PAID] = (struct pol_csv_bad){place->bad_paid, place->first_bad_paid};
}

/* The next part begins at its beginning; behind the last, all is read. */
static enum pol_status end_part(struct claims_reading *reading, unsigned part, struct pol_error *error) {
    struct pol_audit *audit = reading->audit;
    if (audit->spill == NULL)
        return POL_STATUS_OK;
    audit->spill->place = (struct pol_place){.part = part + 1, .first_row = audit->rows};
    return pol_audit_spill_save(audit, part + 1 == audit->claims.count, error);
}

static enum pol_status read_part(struct claims_reading *reading, struct pol_part_source *part,
                                 struct pol_error *error) {
    const struct pol_audit *audit = reading->audit;
    struct pol_csv_counts counts = {.bad = calloc(audit->claim_schema->field_count + 1u, sizeof *counts.bad)};
    struct pol_csv_options options = {audit->options->threads, audit->options->batch_rows, audit->options->chunk_bytes,
                                      false};
    struct pol_csv_consumer consumer = {reading, take_batch, commit_chunk, drop_chunk};
    if (counts.bad == NULL)
        return pol_ledger_no_memory(error);
    struct pol_csv_header header = part->header;
    begin_part(reading, part, &header, &counts);
    part->input.first_row = audit->spill != NULL ? audit->spill->place.first_row : audit->rows;
    reading->has_paid = part->header.column[POL_CLAIM_PAID] != POL_NONE;
    enum pol_status status =
        pol_csv_read(&part->input, audit->claim_schema, &header, &options, &consumer, &counts, error);
    if (status == POL_STATUS_OK) {
        pol_audit_warn_extra(&audit->options->observer, &part->input, &counts);
        warn_bad_paid(audit, &part->input, &counts.bad[POL_CLAIM_PAID]);
    }
    reading->before += part->input.size;
    free(counts.bad);
    return status;
}

enum pol_status pol_audit_claims(struct pol_audit *audit, struct pol_error *error) {
    struct claims_reading reading = {.audit = audit};
    enum pol_status status = POL_STATUS_OK;
    const struct pol_audit_options *options = audit->options;
    if (options->findings) {
        reading.thresholds = pol_thresholds_new(audit->module, options->params, options->split.percent);
        status = reading.thresholds != NULL ? POL_STATUS_OK : pol_ledger_no_memory(error);
    }
    pol_run_expect(audit->run, pol_audit_guess_rows(&audit->claims));
    pol_parts_begin(&reading.pool, audit->run);
    for (unsigned i = 0; i < audit->claims.count && status == POL_STATUS_OK; i++) {
        if (audit->spill != NULL && i < audit->spill->place.part) {
            reading.before += audit->claims.part[i].input.size; /* an interrupted audit has read it */
            continue;
        }
        status = read_part(&reading, &audit->claims.part[i], error);
        if (status == POL_STATUS_OK)
            status = end_part(&reading, i, error);
    }
    pol_parts_end(&reading.pool);
    pol_thresholds_free(reading.thresholds);
    return status;
}
