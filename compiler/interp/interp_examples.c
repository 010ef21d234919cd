#include "interp/interp_examples.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "check/constant.h"
#include "interp/interp_params.h"
#include "tr.h"

struct build {
    struct arena *arena;
    const struct model *model;
    const struct ir_policy *policy;
    struct interp_example *out;
    struct interp_mismatches *mismatches;
    bool failed;
};

/* ---- what cannot be run ----------------------------------------------------------------------------------------- */

/* `expected` says what should stand at the span; `found` what does. */
static void unusable(struct build *b, struct span span, const char *expected, struct text found) {
    struct interp_mismatch m = {.example = b->out, .span = span, .expected = text_of(expected), .found = found};
    interp_mismatch_add(b->arena, b->mismatches, &m);
    b->failed = true;
}

void interp_example_failed(struct arena *arena, const struct interp_example *example, const char *message,
                           struct interp_mismatches *mismatches) {
    struct interp_mismatch m = {
        .example = example,
        .span = example->span,
        .expected = text_of(tr("an example that can be run")),
        .found = text_copy(arena, text_of(message)),
    };
    interp_mismatch_add(arena, mismatches, &m);
}

/* ---- cells ------------------------------------------------------------------------------------------------------ */

/* A fact as the cell of a ledger. False: it is no constant of the type. */
static bool fact_cell(struct build *b, const struct type *type, const struct ast_expr *e, struct text *out) {
    int64_t value;
    if (e == NULL || e->kind == AST_MISSING) {
        *out = TEXT("");
        return true;
    }
    if (e->kind == AST_STRING) { /* text, or a cell as it stands in a ledger */
        *out = e->u.string;
        return true;
    }
    if (!check_constant_value(b->arena, e, type, &value)) {
        return false;
    }
    *out = check_cell_text(b->arena, type, value);
    return true;
}

static void put_facts(struct build *b, const struct ast_fact *facts, struct text *cell) {
    for (const struct ast_fact *fact = facts; fact != NULL; fact = fact->next) {
        const struct model_field *field = fact->field;
        if (field == NULL) {
            unusable(b, fact->name.span, tr("the name of a field"), fact->name.text);
        } else if (!fact_cell(b, field->type, fact->value, &cell[field->index])) {
            unusable(b, fact->value->span, tr("a value that a cell can hold"), fact->name.text);
        }
    }
}

static void put_samples(struct build *b, bool of_applicant, struct text *cell) {
    for (const struct ast_sample *sample = b->model->ast->samples; sample != NULL; sample = sample->next) {
        if (sample->of_applicant == of_applicant) {
            put_facts(b, sample->facts, cell);
        }
    }
}

/* ---- CSV -------------------------------------------------------------------------------------------------------- */

static void add_cell(struct text_buffer *csv, struct text cell) {
    if (!interp_csv_needs_quotes(cell)) {
        text_add(csv, cell);
        return;
    }
    text_add(csv, TEXT("\""));
    for (size_t i = 0; i < cell.size; i++) {
        text_add(csv, cell.data[i] == '"' ? TEXT("\"\"") : (struct text){cell.data + i, 1});
    }
    text_add(csv, TEXT("\""));
}

static void add_row(struct text_buffer *csv, const struct text *cell, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0) {
            text_add(csv, TEXT(","));
        }
        add_cell(csv, cell[i]);
    }
    text_add(csv, TEXT("\n"));
}

static void add_header(struct build *b, struct text_buffer *csv, const struct model_field *field, uint32_t count) {
    struct text *cell = arena_array_of(b->arena, struct text, count);
    for (uint32_t i = 0; i < count; i++) {
        cell[i] = field[i].column;
    }
    add_row(csv, cell, count);
}

/* ---- rows ------------------------------------------------------------------------------------------------------- */

static struct text *empty_cells(struct build *b, uint32_t count) {
    struct text *cell = arena_array_of(b->arena, struct text, count);
    for (uint32_t i = 0; i < count; i++) {
        cell[i] = TEXT("");
    }
    return cell;
}

static struct text applicants_csv(struct build *b, const struct ast_example *example) {
    const struct model *m = b->model;
    struct text_buffer csv = {.arena = b->arena};
    add_header(b, &csv, m->profile, m->profile_count);
    for (const struct ast_example_applicant *a = example->applicants; a != NULL; a = a->next) {
        struct text *cell = empty_cells(b, m->profile_count);
        cell[POL_PROFILE_APPLICANT] = a->name.text;
        cell[POL_PROFILE_YEAR] = text_format(b->arena, "%04d", (int)a->year);
        put_samples(b, true, cell);
        put_facts(b, a->facts, cell);
        add_row(&csv, cell, m->profile_count);
    }
    return text_of_buffer(&csv);
}

static struct text item_column(const struct model *model, struct text name) {
    for (const struct model_item *item = model->items; item != NULL; item = item->next) {
        if (text_equal(item->name, name)) {
            return item->column;
        }
    }
    return name; /* not of the policy: unknown_item */
}

static struct text claims_csv(struct build *b, const struct ast_example *example) {
    const struct model *m = b->model;
    struct text_buffer csv = {.arena = b->arena};
    add_header(b, &csv, m->claim, m->claim_count);
    for (const struct ast_example_claim *c = example->claims; c != NULL; c = c->next) {
        struct text *cell = empty_cells(b, m->claim_count);
        put_samples(b, false, cell);
        cell[POL_CLAIM_ID] = c->name.text;
        cell[POL_CLAIM_APPLICANT] = c->applicant.text;
        cell[POL_CLAIM_ITEM] = item_column(m, c->item.text);
        if (!fact_cell(b, m->claim[POL_CLAIM_DATE].type, c->date, &cell[POL_CLAIM_DATE])) {
            unusable(b, c->date->span, tr("a date"), TEXT(""));
        }
        put_facts(b, c->facts, cell);
        add_row(&csv, cell, m->claim_count);
        b->out->claim_id[b->out->claim_count++] = c->name.text;
    }
    return text_of_buffer(&csv);
}

/* The name an indicator has in ledgers, and its type. */
static const struct model_target *find_target(const struct model *model, struct text name) {
    for (const struct model_target *target = model->targets; target != NULL; target = target->next) {
        if (text_equal(target->name, name)) {
            return target;
        }
    }
    return NULL;
}

static const struct type *target_type(const struct model *model, const struct model_target *target) {
    return type_basic(model->types, target->type == POL_MONEY  ? TYPE_MONEY
                                    : target->type == POL_RATE ? TYPE_RATE
                                                               : TYPE_COUNT);
}

static struct text indicators_csv(struct build *b, const struct ast_example *example) {
    struct text_buffer csv = {.arena = b->arena};
    bool wanted = example->indicators != NULL;
    for (const struct ast_expect *e = example->expects; e != NULL; e = e->next) {
        wanted = wanted || interp_expects_target(e);
    }
    if (!wanted) {
        return TEXT("");
    }
    add_row(&csv, (struct text[]){TEXT("indicator"), TEXT("year"), TEXT("value")}, 3);
    for (const struct ast_example_indicator *i = example->indicators; i != NULL; i = i->next) {
        const struct model_target *target = find_target(b->model, i->name.text);
        struct text cell[3] = {i->name.text, text_format(b->arena, "%04d", (int)i->year), TEXT("")};
        if (target == NULL) {
            unusable(b, i->name.span, tr("the name of a target"), i->name.text);
            continue;
        }
        cell[0] = target->column;
        if (!fact_cell(b, target_type(b->model, target), i->value, &cell[2])) {
            unusable(b, i->value->span, tr("a value that a cell can hold"), i->name.text);
        }
        add_row(&csv, cell, 3);
    }
    return text_of_buffer(&csv);
}

/* ---- the example ------------------------------------------------------------------------------------------------ */

static const struct model_param *find_param(const struct model *model, struct text name) {
    for (uint32_t i = 0; i < model->param_count; i++) {
        if (text_equal(model->params[i].name, name)) {
            return &model->params[i];
        }
    }
    return NULL;
}

static const int64_t *example_params(struct build *b, const struct ast_example *example) {
    int64_t *param = arena_array_of(b->arena, int64_t, b->policy->param_count);
    interp_params_default(b->policy, param);
    for (const struct ast_setting *setting = example->settings; setting != NULL; setting = setting->next) {
        const struct model_param *p = find_param(b->model, setting->name.text);
        if (p == NULL || !check_constant_value(b->arena, setting->value, p->type, &param[p->index])) {
            unusable(b, setting->name.span, tr("a parameter and its value"), setting->name.text);
        }
    }
    return param;
}

static int32_t example_as_of(struct build *b, const struct ast_example *example) {
    int64_t year;
    if (example->as_of == NULL) {
        return 0;
    }
    if (!check_constant_value(b->arena, example->as_of, type_basic(b->model->types, TYPE_NUMBER), &year) || year < 1 ||
        year > 9999) {
        unusable(b, example->as_of->span, tr("a year"), TEXT(""));
        return 0;
    }
    return (int32_t)year;
}

bool interp_example_build(struct arena *arena, const struct model *model, const struct ir_policy *policy,
                          const struct model_example *source, struct interp_example *out,
                          struct interp_mismatches *mismatches) {
    const struct ast_example *example = source->ast;
    size_t claims = 0;
    for (const struct ast_example_claim *c = example->claims; c != NULL; c = c->next) {
        claims++;
    }
    *out = (struct interp_example){.model = model, .source = source, .span = example->span};
    out->title = example->title == NULL ? TEXT("") : example->title->text;
    out->claim_id = arena_array_of(arena, struct text, claims);
    struct build b = {.arena = arena, .model = model, .policy = policy, .out = out, .mismatches = mismatches};
    out->params = example_params(&b, example);
    out->as_of_year = example_as_of(&b, example);
    out->applicants = applicants_csv(&b, example);
    out->claims = claims_csv(&b, example);
    out->indicators = indicators_csv(&b, example);
    return !b.failed;
}

static enum interp_status run_example(struct arena *arena, const struct ir_policy *policy,
                                      const struct interp_recorder *recorder, const struct interp_example *example,
                                      struct interp_mismatches *mismatches, struct interp_error *error) {
    struct interp_options options = {
        .params = example->params, .as_of_year = example->as_of_year, .recorder = recorder};
    struct interp_source claims = {.name = text_of(tr("claims of the example")), .bytes = example->claims};
    struct interp_source applicants = {.name = text_of(tr("applicants of the example")), .bytes = example->applicants};
    struct interp_result *result;
    enum interp_status status = interp_run(policy, &options, &claims, &applicants, &result, error);
    if (status == INTERP_INPUT) {
        interp_example_failed(arena, example, error->message, mismatches);
        return INTERP_OK;
    }
    if (status == INTERP_OK) {
        interp_example_compare(arena, policy, example, result->decision, result->decision_count, result->payment,
                               result->payment_count, mismatches);
    }
    interp_result_free(result);
    return status;
}

/* Which target each row is of. */
static void record_targets(const struct ir_policy *policy, const struct interp_recorder *recorder,
                           const struct interp_targets *result) {
    size_t row = 0;
    for (uint32_t i = 0; recorder != NULL && recorder->target != NULL && i < policy->target_count; i++) {
        const struct ir_target *target = &policy->target[i];
        for (int32_t y = target->first_year; y <= target->last_year && row < result->count; y++, row++) {
            recorder->target(recorder->data, i, (int)result->target[row].status);
        }
    }
}

static enum interp_status run_targets(struct arena *arena, const struct ir_policy *policy,
                                      const struct interp_recorder *recorder, const struct interp_example *example,
                                      struct interp_mismatches *mismatches, struct interp_error *error) {
    struct interp_source indicators = {.name = text_of(tr("indicators of the example")), .bytes = example->indicators};
    struct interp_targets *result;
    enum interp_status status = interp_targets_run(policy, &indicators, &result, error);
    if (status == INTERP_INPUT) {
        interp_example_failed(arena, example, error->message, mismatches);
        return INTERP_OK;
    }
    if (status == INTERP_OK) {
        enum interp_target_status *row = arena_array_of(arena, enum interp_target_status, result->count);
        for (size_t i = 0; i < result->count; i++) {
            row[i] = result->target[i].status;
        }
        interp_example_compare_targets(arena, policy, example, row, result->count, mismatches);
        record_targets(policy, recorder, result);
    }
    interp_targets_free(result);
    return status;
}

uint64_t interp_now(void) {
    struct timespec now = {0};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

enum interp_status interp_examples_record(struct arena *arena, const struct model *model,
                                          const struct ir_policy *policy, const struct interp_recorder *recorder,
                                          size_t *run, struct interp_mismatches *mismatches,
                                          struct interp_error *error) {
    struct interp_error own, *to = error == NULL ? &own : error;
    enum interp_status status = INTERP_OK;
    *run = 0;
    for (const struct model_example *e = model->examples; e != NULL && status == INTERP_OK; e = e->next) {
        struct interp_example *example = arena_new_of(arena, struct interp_example);
        uint64_t start = interp_now();
        bool built = interp_example_build(arena, model, policy, e, example, mismatches);
        if (built && example->claim_count > 0) {
            status = run_example(arena, policy, recorder, example, mismatches, to);
        }
        if (built && status == INTERP_OK && example->indicators.size > 0) {
            status = run_targets(arena, policy, recorder, example, mismatches, to);
        }
        if (mismatches->nanoseconds != NULL) {
            mismatches->nanoseconds[*run] += interp_now() - start;
        }
        *run += 1;
    }
    return status;
}

enum interp_status interp_examples_run(struct arena *arena, const struct model *model, const struct ir_policy *policy,
                                       size_t *run, struct interp_mismatches *mismatches, struct interp_error *error) {
    return interp_examples_record(arena, model, policy, NULL, run, mismatches, error);
}
