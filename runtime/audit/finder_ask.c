/* Questions about single claims, once all is decided: what would make a decision better, what the award would be with
 * another value. The facts of claims are gone by then, so the ledger is read once more, applicants first; a claim is
 * tried where it is read. */
#include <stdlib.h>
#include <string.h>

#include "audit/better.h"
#include "audit/finder.h"
#include "audit/json.h"
#include "audit/words.h"
#include "audit/work.h"
#include "core/keys.h"
#include "ledger/fail.h"
#include "tr.h"

union cell {
    int64_t value;
    struct pol_text text;
};

/* An applicant's row that is needed. */
struct profile {
    struct pol_text applicant;
    int32_t year;
    bool found;
};

/* Numbers by a hash, open addressing. */
struct index {
    uint32_t *slot; /* number + 1; 0 is free */
    uint64_t mask, seed;
};

struct asking {
    struct pol_audit *audit;
    const struct pol_descriptor *d;
    struct finder_question *questions;
    uint32_t count;
    struct profile *profiles;
    uint32_t *profile_of; /* by question */
    uint32_t *next;       /* by question: another one about the same claim, + 1 */
    union cell *cells;    /* by profile, then by field */
    uint32_t profile_count;
    struct index by_claim, by_profile;
    struct pol_trial **trials; /* by worker */
    unsigned workers;
    struct pol_texts *texts;
    struct pol_input *input; /* of the part under way */
};

/* What a chunk has answers to, until its turn comes: a chunk may be dropped, and the first of equal ids counts. */
struct answer {
    uint32_t number; /* of the question, or of the profile */
    int64_t award;
    size_t text, size; /* in the buffer; cells of a profile likewise */
};

struct answers {
    struct answer *list;
    uint32_t count, room;
    struct pol_buffer text;
};

/* ---- who is asked for -------------------------------------------------------------------------------------------- */

static bool make_index(struct index *index, uint64_t count, const void *seed) {
    index->mask = 15;
    while (index->mask < count * 2)
        index->mask = index->mask * 2 + 1;
    index->seed = (uint64_t)(uintptr_t)seed;
    index->slot = calloc(index->mask + 1, sizeof *index->slot);
    return index->slot != NULL;
}

static bool same(struct pol_text a, struct pol_text b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

/* Where this claim's question is or would be. */
static uint32_t *claim_slot(const struct asking *a, struct pol_text claim) {
    uint64_t at = prt_hash_text(claim.data, claim.size, a->by_claim.seed) & a->by_claim.mask;
    while (a->by_claim.slot[at] != 0 && !same(a->questions[a->by_claim.slot[at] - 1].claim, claim))
        at = (at + 1) & a->by_claim.mask;
    return &a->by_claim.slot[at];
}

static uint32_t *profile_slot(const struct asking *a, struct pol_text applicant, int32_t year) {
    uint64_t hash = prt_hash_text(applicant.data, applicant.size, a->by_profile.seed + (uint64_t)year);
    uint64_t at = hash & a->by_profile.mask;
    for (; a->by_profile.slot[at] != 0; at = (at + 1) & a->by_profile.mask) {
        const struct profile *p = &a->profiles[a->by_profile.slot[at] - 1];
        if (p->year == year && same(p->applicant, applicant))
            break;
    }
    return &a->by_profile.slot[at];
}

static bool begin(struct asking *a) {
    uint64_t count = a->count;
    a->profiles = calloc(count + 1, sizeof *a->profiles);
    a->profile_of = calloc(count + 1, sizeof *a->profile_of);
    a->next = calloc(count + 1, sizeof *a->next);
    a->trials = calloc(a->workers, sizeof(struct pol_trial *));
    if (a->profiles == NULL || a->profile_of == NULL || a->next == NULL || a->trials == NULL)
        return false;
    /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): end() frees them */
    if (!make_index(&a->by_claim, count, a->profiles) || !make_index(&a->by_profile, count, a->profiles))
        return false;
    for (uint32_t i = 0; i < a->count; i++) {
        const struct finder_question *q = &a->questions[i];
        uint32_t *slot = profile_slot(a, q->applicant, q->year);
        if (*slot == 0) {
            a->profiles[a->profile_count++] = (struct profile){q->applicant, q->year, false};
            *slot = a->profile_count;
        }
        a->profile_of[i] = *slot - 1;
        slot = claim_slot(a, q->claim);
        a->next[i] = *slot;
        *slot = i + 1;
    }
    a->cells = calloc((size_t)a->profile_count * a->d->profile_fields.count + 1, sizeof *a->cells);
    for (unsigned i = 0; a->cells != NULL && i < a->workers; i++) {
        a->trials[i] = pol_trial_new(a->audit->run, a->audit->module);
        if (a->trials[i] == NULL)
            return false;
    }
    return a->cells != NULL;
}

/* With work files no text of the input is looked at again. */
static void forget_copies(const struct asking *a, struct pol_input *input) {
    if (a->audit->spill != NULL)
        pol_copies_free(&input->copies);
}

static void end(struct asking *a) {
    for (unsigned i = 0; i < a->audit->applicants.count; i++)
        forget_copies(a, &a->audit->applicants.part[i].input);
    for (unsigned i = 0; a->trials != NULL && i < a->workers; i++)
        pol_trial_free(a->trials[i]);
    free(a->trials);
    free(a->profiles);
    free(a->profile_of);
    free(a->next);
    free(a->cells);
    free(a->by_claim.slot);
    free(a->by_profile.slot);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static struct answers *answers_of(struct pol_csv_chunk *chunk) {
    if (chunk->user == NULL)
        chunk->user = calloc(1, sizeof(struct answers));
    return chunk->user;
}

static struct answer *add_answer(struct answers *answers, uint32_t number) {
    if (answers->count == answers->room) {
        uint32_t room = answers->room * 2 + 16;
        struct answer *list = realloc(answers->list, room * sizeof *list);
        if (list == NULL)
            return NULL;
        answers->list = list;
        answers->room = room;
    }
    struct answer *answer = &answers->list[answers->count++];
    *answer = (struct answer){.number = number, .text = answers->text.size};
    return answer;
}

static void drop_chunk(void *context, struct pol_csv_chunk *chunk) {
    (void)context;
    struct answers *answers = chunk->user;
    pol_buffer_free(&answers->text);
    free(answers->list);
    free(answers);
    chunk->user = NULL;
}

static union cell cell_at(const struct pol_csv_batch *batch, const struct pol_field *field, uint32_t f, uint32_t row) {
    union cell cell = {.value = 0};
    const char *from = (const char *)batch->columns[f].values + (size_t)row * field->width;
    int32_t narrow;
    switch (field->width) {
    case 1:
        cell.value = (unsigned char)*from;
        break;
    case 4:
        memcpy(&narrow, from, sizeof narrow);
        cell.value = narrow;
        break;
    case 8:
        memcpy(&cell.value, from, sizeof cell.value);
        break;
    case sizeof(struct pol_text):
        memcpy(&cell.text, from, sizeof cell.text);
        break;
    default:
        break;
    }
    return cell;
}

static bool is_read(const struct pol_csv_batch *batch, uint32_t field, uint32_t row) {
    return pol_csv_batch_state(batch, field, row) == POL_CSV_READ;
}

static enum pol_status profile_batch(void *context, unsigned worker, struct pol_csv_chunk *chunk,
                                     const struct pol_csv_batch *batch, struct pol_error *error) {
    (void)worker;
    const struct asking *a = context;
    struct answers *answers = answers_of(chunk);
    const struct pol_field *field = pol_module_array(a->audit->module, a->d->profile_fields);
    const struct pol_text *applicant = batch->columns[POL_PROFILE_APPLICANT].values;
    const int32_t *year = batch->columns[POL_PROFILE_YEAR].values;
    if (answers == NULL)
        return pol_ledger_no_memory(error);
    for (uint32_t row = 0; row < batch->rows; row++) {
        if (batch->status[row] != POL_OK || !is_read(batch, POL_PROFILE_APPLICANT, row) ||
            !is_read(batch, POL_PROFILE_YEAR, row))
            continue;
        uint32_t number = *profile_slot(a, applicant[row], year[row]);
        struct answer *answer = number != 0 ? add_answer(answers, number - 1) : NULL;
        if (number != 0 && answer == NULL)
            return pol_ledger_no_memory(error);
        for (uint32_t f = 0; answer != NULL && f < a->d->profile_fields.count; f++) {
            union cell cell = cell_at(batch, &field[f], f, row);
            pol_buffer_add(&answers->text, (const char *)&cell, sizeof cell);
        }
    }
    return answers->text.failed ? pol_ledger_no_memory(error) : POL_STATUS_OK;
}

static enum pol_status profile_commit(void *context, struct pol_csv_chunk *chunk, struct pol_error *error) {
    struct asking *a = context;
    struct answers *answers = chunk->user;
    if (answers == NULL)
        return POL_STATUS_OK;
    size_t width = a->d->profile_fields.count * sizeof *a->cells;
    for (uint32_t i = 0; i < answers->count; i++) {
        struct profile *profile = &a->profiles[answers->list[i].number];
        if (!profile->found)
            memcpy((char *)a->cells + answers->list[i].number * width, answers->text.data + answers->list[i].text,
                   width);
        profile->found = true;
    }
    drop_chunk(context, chunk);
    return pol_audit_go_on(a->audit, error);
}

/* ---- trying ------------------------------------------------------------------------------------------------------ */

static void put_value(const struct asking *a, const struct pol_field *field, int64_t value, struct pol_buffer *out) {
    struct pol_buffer text = {0};
    pol_words_value(&text, a->audit->module, field->type, field->enum_index, value);
    pol_json_next(out);
    pol_json_text(out, text.size > 0 ? text.data : "", text.size);
    out->failed |= text.failed;
    pol_buffer_free(&text);
}

/* {"facts":[["cost","800","1000"]],"award":50000}, one after the other. */
static void put_better(const struct asking *a, const struct pol_better_list *list, struct pol_buffer *out) {
    for (unsigned i = 0; i < list->count; i++) {
        pol_buffer_text(out, i > 0 ? ",{\"facts\":[" : "{\"facts\":[");
        for (unsigned k = 0; k < list->better[i].facts; k++) {
            const struct pol_better_fact *fact = &list->better[i].fact[k];
            pol_buffer_text(out, k > 0 ? ",[" : "[");
            pol_json_string(out, pol_module_string(a->audit->module, fact->field->column));
            put_value(a, fact->field, fact->from, out);
            put_value(a, fact->field, fact->to, out);
            pol_buffer_text(out, "]");
        }
        pol_buffer_text(out, "],\"award\":");
        pol_json_number(out, list->better[i].award);
        pol_buffer_text(out, "}");
    }
}

static void set_cells(const struct asking *a, struct pol_trial *trial, const struct pol_csv_batch *batch, uint32_t row,
                      uint32_t number) {
    const struct pol_field *field = pol_module_array(a->audit->module, a->d->claim_fields);
    const struct pol_field *profile = pol_module_array(a->audit->module, a->d->profile_fields);
    const struct pol_item *items = pol_module_array(a->audit->module, a->d->items);
    uint32_t item = a->questions[number].item;
    const uint32_t *needs = pol_module_array(a->audit->module, items[item].needs);
    const union cell *cells = a->cells + (size_t)a->profile_of[number] * a->d->profile_fields.count;
    pol_trial_begin(trial, item);
    for (uint32_t i = 0; i < items[item].needs.count; i++) {
        union cell cell = cell_at(batch, &field[needs[i]], needs[i], row);
        bool text = field[needs[i]].width == sizeof cell.text;
        pol_trial_claim(trial, needs[i], text ? 0 : cell.value, text ? cell.text : (struct pol_text){"", 0, 0});
    }
    for (uint32_t f = 0; f < a->d->profile_fields.count; f++) {
        bool text = profile[f].width == sizeof cells->text;
        pol_trial_profile(trial, f, text ? 0 : cells[f].value, text ? cells[f].text : (struct pol_text){"", 0, 0});
    }
}

static bool answer_one(const struct asking *a, struct pol_trial *trial, const struct pol_csv_batch *batch, uint32_t row,
                       uint32_t number, struct answers *answers) {
    const struct finder_question *q = &a->questions[number];
    const struct pol_item *items = pol_module_array(a->audit->module, a->d->items);
    const struct pol_step *steps = pol_module_array(a->audit->module, items[q->item].steps);
    struct answer *answer = add_answer(answers, number);
    if (answer == NULL)
        return false;
    set_cells(a, trial, batch, row, number);
    if (q->step != POL_NONE) {
        answer->award = pol_trial_cap(trial, &steps[q->step]);
        return true;
    }
    if (q->field != POL_NONE) {
        answer->award = pol_trial_alone(trial, q->field, q->value);
        return true;
    }
    struct pol_better_list list;
    pol_trial_better(trial, &list);
    put_better(a, &list, &answers->text);
    answer->size = answers->text.size - answer->text;
    return true;
}

static enum pol_status claim_batch(void *context, unsigned worker, struct pol_csv_chunk *chunk,
                                   const struct pol_csv_batch *batch, struct pol_error *error) {
    const struct asking *a = context;
    struct answers *answers = answers_of(chunk);
    const struct pol_text *claim = batch->columns[POL_CLAIM_ID].values;
    const uint16_t *item = batch->columns[POL_CLAIM_ITEM].values;
    if (answers == NULL)
        return pol_ledger_no_memory(error);
    for (uint32_t row = 0; row < batch->rows; row++) {
        uint32_t number = batch->status[row] == POL_OK ? *claim_slot(a, claim[row]) : 0;
        for (; number != 0; number = a->next[number - 1])
            if (item[row] == a->questions[number - 1].item && a->profiles[a->profile_of[number - 1]].found &&
                !answer_one(a, a->trials[worker], batch, row, number - 1, answers))
                return pol_ledger_no_memory(error);
    }
    return answers->text.failed ? pol_ledger_no_memory(error) : POL_STATUS_OK;
}

static enum pol_status claim_commit(void *context, struct pol_csv_chunk *chunk, struct pol_error *error) {
    struct asking *a = context;
    struct answers *answers = chunk->user;
    enum pol_status status = pol_audit_go_on(a->audit, error);
    for (uint32_t i = 0; answers != NULL && status == POL_STATUS_OK && i < answers->count; i++) {
        const struct answer *answer = &answers->list[i];
        struct finder_question *q = &a->questions[answer->number];
        if (q->answered)
            continue;
        q->answered = true;
        q->award = answer->award;
        q->text =
            (struct pol_text){answer->size > 0 ? answers->text.data + answer->text : "", (uint32_t)answer->size, 0};
        q->text.data = pol_texts_copy(a->texts, q->text);
        status = q->text.data != NULL ? POL_STATUS_OK : pol_ledger_no_memory(error);
    }
    if (answers != NULL)
        drop_chunk(context, chunk);
    forget_copies(a, a->input);
    return status;
}

static enum pol_status read_parts(struct asking *a, struct pol_parts *parts, const struct pol_csv_schema *schema,
                                  const struct pol_csv_consumer *consumer, struct pol_error *error) {
    struct pol_csv_options options = {.threads = a->workers, .chunk_bytes = a->audit->options->chunk_bytes};
    struct pol_csv_counts counts = {.bad = calloc(schema->field_count + 1u, sizeof *counts.bad)};
    enum pol_status status = counts.bad != NULL ? POL_STATUS_OK : pol_ledger_no_memory(error);
    for (unsigned i = 0; i < parts->count && status == POL_STATUS_OK; i++) {
        a->input = &parts->part[i].input;
        status = pol_csv_read(a->input, schema, &parts->part[i].header, &options, consumer, &counts, error);
    }
    free(counts.bad);
    return status;
}

enum pol_status finder_ask(struct pol_finder *f, struct pol_audit *audit, struct finder_question *questions,
                           uint32_t count, struct pol_error *error) {
    struct asking a = {.audit = audit,
                       .d = f->descriptor,
                       .questions = questions,
                       .count = count,
                       .workers = f->workers,
                       .texts = &f->texts};
    if (count == 0)
        return POL_STATUS_OK;
    pol_audit_progress(audit, tr("explaining"), 0, 0, POL_UNIT_CLAIMS);
    struct pol_csv_consumer profiles = {&a, profile_batch, profile_commit, drop_chunk};
    struct pol_csv_consumer claims = {&a, claim_batch, claim_commit, drop_chunk};
    enum pol_status status = begin(&a) ? POL_STATUS_OK : pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK)
        status = read_parts(&a, &audit->applicants, audit->profile_schema, &profiles, error);
    if (status == POL_STATUS_OK)
        status = read_parts(&a, &audit->claims, audit->claim_schema, &claims, error);
    end(&a);
    return status;
}
