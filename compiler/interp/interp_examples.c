#include "interp/interp_examples.h"

#include <stdio.h>
#include <string.h>

#include "interp/interp_cell.h"
#include "interp/interp_date.h"
#include "interp/interp_params.h"

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
        .expected = TEXT("an example that can be run"),
        .found = text_copy(arena, text_of(message)),
    };
    interp_mismatch_add(arena, mismatches, &m);
}

/* ---- constants -------------------------------------------------------------------------------------------------- */

struct fraction { /* den > 0 */
    interp_int num, den;
};

static bool times(interp_int a, interp_int b, interp_int *out) {
    return !__builtin_mul_overflow(a, b, out);
}

static bool sum(struct fraction a, struct fraction b, struct fraction *out) {
    interp_int left, right;
    return times(a.num, b.den, &left) && times(b.num, a.den, &right) &&
           !__builtin_add_overflow(left, right, &out->num) && times(a.den, b.den, &out->den);
}

static bool quotient(struct fraction a, struct fraction b, struct fraction *out) {
    if (b.num < 0) {
        b = (struct fraction){-b.num, -b.den};
    }
    if (b.num == 0 || !times(a.num, b.den, &out->num) || !times(a.den, b.num, &out->den)) {
        return false;
    }
    return true;
}

static bool constant(const struct ast_expr *e, struct fraction *out);

static bool binary_constant(const struct ast_expr *e, struct fraction *out) {
    struct fraction a, b;
    if (!constant(e->u.binary.left, &a) || !constant(e->u.binary.right, &b)) {
        return false;
    }
    enum ast_op op = e->u.binary.op;
    if (op == AST_SUB) {
        b.num = -b.num;
    }
    return op == AST_ADD || op == AST_SUB ? sum(a, b, out)
           : op == AST_DIV                ? quotient(a, b, out)
                           : (op == AST_MUL || op == AST_OF || op == AST_FOR_EACH) && times(a.num, b.num, &out->num) &&
                                 times(a.den, b.den, &out->den);
}

/* An exact number written out with numbers alone: money in yuan, rates as they are. */
static bool constant(const struct ast_expr *e, struct fraction *out) {
    switch (e->kind) {
    case AST_NUMBER:
        *out = (struct fraction){e->u.number.num, e->u.number.den};
        return e->u.number.unit != AST_UNIT_PERCENT || times(out->den, 100, &out->den);
    case AST_RATIO:
        return quotient((struct fraction){e->u.ratio.left, 1}, (struct fraction){e->u.ratio.right, 1}, out);
    case AST_NEGATE:
        if (!constant(e->u.operand, out)) {
            return false;
        }
        out->num = -out->num;
        return true;
    case AST_BINARY:
        return binary_constant(e, out);
    case AST_DATE:
    case AST_BOOL:
    case AST_STRING:
    case AST_NAME:
    case AST_MEMBER:
    case AST_NOT:
    case AST_IN:
    case AST_CALL:
    case AST_IF:
    case AST_BY:
    case AST_TIER:
    case AST_MISSING:
    case AST_ERROR:
        return false;
    }
    return false;
}

/* ---- cells ------------------------------------------------------------------------------------------------------ */

struct slot {                             /* what a cell is of: a field, or a parameter */
    const struct model_enum *enumeration; /* NULL unless enum */
};

/* The number as a plain decimal; false where it has none of at most twelve places. */
static bool number_cell(struct build *b, const struct ast_expr *e, struct text *out) {
    enum { PLACES = 12 };
    struct fraction f;
    interp_int scaled;
    if (!constant(e, &f) || !times(f.num, INT64_C(1000000000000), &scaled) || scaled % f.den != 0) {
        return false;
    }
    *out = interp_decimal(b->arena, scaled / f.den, PLACES);
    return true;
}

static struct text enum_cell(const struct slot *slot, struct text name) {
    for (uint32_t i = 0; slot->enumeration != NULL && i < slot->enumeration->count; i++) {
        const struct model_enum_value *value = &slot->enumeration->value[i];
        if (text_equal(value->name, name)) {
            return value->column;
        }
    }
    return name; /* not of the enum: a cell that cannot be read */
}

/* A fact as the cell of a ledger. */
static bool fact_cell(struct build *b, const struct slot *slot, const struct ast_expr *e, struct text *out) {
    switch (e->kind) {
    case AST_MISSING:
        *out = TEXT("");
        return true;
    case AST_STRING:
        *out = e->u.string;
        return true;
    case AST_BOOL:
        *out = e->u.boolean ? TEXT("true") : TEXT("false");
        return true;
    case AST_DATE:
        *out = text_format(b->arena, "%04d-%02d-%02d", (int)e->u.date.year, (int)e->u.date.month, (int)e->u.date.day);
        return true;
    case AST_NAME:
        *out = enum_cell(slot, e->u.name);
        return true;
    case AST_NUMBER:
    case AST_RATIO:
    case AST_NEGATE:
    case AST_BINARY:
        return number_cell(b, e, out);
    case AST_MEMBER:
    case AST_NOT:
    case AST_IN:
    case AST_CALL:
    case AST_IF:
    case AST_BY:
    case AST_TIER:
    case AST_ERROR:
        return false;
    }
    return false;
}

/* A column that every ledger has, by its name in either language; `count` = none is called so. */
static uint32_t find_builtin(bool of_profile, uint32_t count, struct text name) {
    enum { OWNER_CLAIM, OWNER_PROFILE };
    static const struct {
        bool of_profile;
        uint32_t index;
        const char *name[3];
    } builtin[] = {
#define FIELD(owner, index, type, english, simplified, traditional)                                                    \
    {OWNER_##owner == OWNER_PROFILE, index, {english, simplified, traditional}},
#include "check/builtin_fields.def"
    };
    for (size_t i = 0; i < sizeof builtin / sizeof builtin[0]; i++) {
        for (size_t n = 0; n < 3 && builtin[i].of_profile == of_profile; n++) {
            if (text_equal(name, text_of(builtin[i].name[n]))) {
                return builtin[i].index;
            }
        }
    }
    return count;
}

/* By name, then by the built-in names, then by column. */
static uint32_t find_field(const struct model_field *field, uint32_t count, bool of_profile, struct text name) {
    for (uint32_t i = 0; i < count; i++) {
        if (text_equal(field[i].name, name)) {
            return i;
        }
    }
    uint32_t builtin = find_builtin(of_profile, count, name);
    for (uint32_t i = 0; i < count && builtin == count; i++) {
        if (text_equal(field[i].column, name)) {
            return i;
        }
    }
    return builtin;
}

static void put_facts(struct build *b, bool of_profile, const struct ast_fact *facts, struct text *cell) {
    const struct model_field *field = of_profile ? b->model->profile : b->model->claim;
    uint32_t count = of_profile ? b->model->profile_count : b->model->claim_count;
    for (const struct ast_fact *fact = facts; fact != NULL; fact = fact->next) {
        uint32_t f = find_field(field, count, of_profile, fact->name.text);
        if (f == count) {
            unusable(b, fact->name.span, "the name of a field", fact->name.text);
            continue;
        }
        struct slot slot = {.enumeration = field[f].enumeration};
        if (!fact_cell(b, &slot, fact->value, &cell[f])) {
            unusable(b, fact->value->span, "a value that a cell can hold", fact->name.text);
        }
    }
}

static void put_samples(struct build *b, bool of_applicant, struct text *cell) {
    for (const struct ast_sample *sample = b->model->ast->samples; sample != NULL; sample = sample->next) {
        if (sample->of_applicant == of_applicant) {
            put_facts(b, of_applicant, sample->facts, cell);
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
        put_facts(b, true, a->facts, cell);
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
        struct slot slot = {0};
        put_samples(b, false, cell);
        cell[POL_CLAIM_ID] = c->name.text;
        cell[POL_CLAIM_APPLICANT] = c->applicant.text;
        cell[POL_CLAIM_ITEM] = item_column(m, c->item.text);
        if (!fact_cell(b, &slot, c->date, &cell[POL_CLAIM_DATE])) {
            unusable(b, c->date->span, "a date", TEXT(""));
        }
        put_facts(b, false, c->facts, cell);
        add_row(&csv, cell, m->claim_count);
        b->out->claim_id[b->out->claim_count++] = c->name.text;
    }
    return text_of_buffer(&csv);
}

/* ---- the example ------------------------------------------------------------------------------------------------ */

static const struct model_enum *enum_of_param(const struct model *model, struct text name) {
    for (uint32_t i = 0; i < model->param_count; i++) {
        if (text_equal(model->params[i].name, name) || text_equal(model->params[i].column, name)) {
            return model->params[i].enumeration;
        }
    }
    return NULL;
}

static const int64_t *example_params(struct build *b, const struct ast_example *example) {
    int64_t *param = arena_array_of(b->arena, int64_t, b->policy->param_count);
    interp_params_default(b->policy, param);
    for (const struct ast_setting *setting = example->settings; setting != NULL; setting = setting->next) {
        struct slot slot = {.enumeration = enum_of_param(b->model, setting->name.text)};
        struct interp_error error = {.message = "the value cannot be written as a cell"};
        struct text cell;
        if (!fact_cell(b, &slot, setting->value, &cell) ||
            interp_params_set(b->policy, param, setting->name.text, cell, &error) != INTERP_OK) {
            unusable(b, setting->name.span, "a value of the parameter", text_copy(b->arena, text_of(error.message)));
        }
    }
    return param;
}

static int32_t example_as_of(struct build *b, const struct ast_example *example) {
    struct fraction year;
    if (example->as_of == NULL) {
        return 0;
    }
    if (!constant(example->as_of, &year) || year.den != 1 || year.num < 1 || year.num > 9999) {
        unusable(b, example->as_of->span, "a year", TEXT(""));
        return 0;
    }
    return (int32_t)year.num;
}

bool interp_example_build(struct arena *arena, const struct model *model, const struct ir_policy *policy,
                          const struct model_example *source, struct interp_example *out,
                          struct interp_mismatches *mismatches) {
    const struct ast_example *example = source->ast;
    size_t claims = 0;
    for (const struct ast_example_claim *c = example->claims; c != NULL; c = c->next) {
        claims++;
    }
    *out = (struct interp_example){.source = source, .span = example->span};
    out->title = example->title == NULL ? TEXT("") : example->title->text;
    out->claim_id = arena_array_of(arena, struct text, claims);
    struct build b = {.arena = arena, .model = model, .policy = policy, .out = out, .mismatches = mismatches};
    out->params = example_params(&b, example);
    out->as_of_year = example_as_of(&b, example);
    out->applicants = applicants_csv(&b, example);
    out->claims = claims_csv(&b, example);
    return !b.failed;
}

static enum interp_status run_example(struct arena *arena, const struct ir_policy *policy,
                                      const struct interp_example *example, struct interp_mismatches *mismatches,
                                      struct interp_error *error) {
    struct interp_options options = {.params = example->params, .as_of_year = example->as_of_year};
    struct interp_source claims = {.name = TEXT("claims of the example"), .bytes = example->claims};
    struct interp_source applicants = {.name = TEXT("applicants of the example"), .bytes = example->applicants};
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

enum interp_status interp_examples_run(struct arena *arena, const struct model *model, const struct ir_policy *policy,
                                       size_t *run, struct interp_mismatches *mismatches, struct interp_error *error) {
    struct interp_error own;
    enum interp_status status = INTERP_OK;
    *run = 0;
    for (const struct model_example *e = model->examples; e != NULL && status == INTERP_OK; e = e->next) {
        struct interp_example *example = arena_new_of(arena, struct interp_example);
        if (interp_example_build(arena, model, policy, e, example, mismatches)) {
            status = run_example(arena, policy, example, mismatches, error == NULL ? &own : error);
        }
        *run += 1;
    }
    return status;
}
