/* Going on: a state's rows of applicants before this run's own, the rest once they are sealed. */
#include "core/state.h"

#include <string.h>

#include "core/days.h"
#include "core/memory.h"
#include "core/status.h"
#include "core/volume.h"
#include "tr.h"

enum { YEAR_FIRST = 1, YEAR_LAST = 9999, DAY_FIRST = -719162, DAY_LAST = 2932896 };

/* ---- what a state is about --------------------------------------------------------------------------------------- */

void prt_put_intro(struct prt_writer *w, const struct prt_intro *intro) {
    prt_put_text(w, intro->policy);
    prt_put_text(w, intro->version);
    prt_put_signed(w, intro->as_of_option);
    prt_put_signed(w, intro->as_of_year);
    prt_put_signed(w, intro->last_day);
    prt_put_signed(w, intro->last_date);
    prt_put_text(w, intro->last_id);
    const uint64_t counts[] = {intro->claims, intro->rows, intro->absent, intro->waiting, intro->cells};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        prt_put_number(w, counts[i]);
    prt_put_signed(w, intro->waiting_fen);
}

static int32_t get_day(struct prt_reader *r) {
    int64_t day = prt_get_signed(r);
    if (day == INT32_MIN || (day >= DAY_FIRST && day <= DAY_LAST))
        return (int32_t)day;
    prt_reader_damaged(r);
    return INT32_MIN;
}

bool prt_get_intro(struct prt_reader *r, struct prt_texts *texts, struct prt_intro *intro) {
    *intro = (struct prt_intro){0};
    if (!prt_get_text(r, texts, UINT32_MAX, &intro->policy) || !prt_get_text(r, texts, UINT32_MAX, &intro->version))
        return false;
    intro->as_of_option = (int32_t)prt_get_within(r, 0, YEAR_LAST);
    intro->as_of_year = (int32_t)prt_get_within(r, 0, YEAR_LAST);
    intro->last_day = get_day(r);
    intro->last_date = get_day(r);
    if (!prt_get_text(r, texts, POL_TEXT_LIMIT, &intro->last_id))
        return false;
    intro->claims = prt_get_number(r);
    intro->rows = prt_get_below(r, PRT_NONE - 1);
    intro->absent = prt_get_number(r);
    intro->waiting = prt_get_below(r, PRT_NONE - 1);
    intro->cells = prt_get_number(r);
    intro->waiting_fen = prt_get_within(r, 0, INT64_MAX);
    /* No entry is written in less than a byte: no list is longer than the state. */
    uint64_t left = r->end - prt_reader_place(r);
    if (intro->claims > left || intro->rows > left || intro->absent > left || intro->waiting > left ||
        intro->cells > left)
        return prt_reader_damaged(r);
    return !r->status;
}

static void cut(char *to, size_t room, struct pol_text from) {
    size_t size = from.size < room - 1 ? from.size : room - 1;
    while (size > 0 && size < from.size && ((unsigned char)from.data[size] & 0xc0) == 0x80)
        size--;
    memcpy(to, from.data, size);
    to[size] = 0;
}

enum pol_status pol_state_facts(const struct pol_state_source *state, struct pol_state_facts *facts,
                                struct pol_error *error) {
    struct prt_state_head head;
    struct prt_reader r;
    struct prt_texts texts = {0};
    struct prt_intro intro;
    *facts = (struct pol_state_facts){0};
    enum pol_status status = prt_state_check(state, &head, error);
    if (status)
        return status;
    if (prt_reader_start(&r, state, sizeof head, error) && prt_get_intro(&r, &texts, &intro)) {
        facts->version = head.version;
        memcpy(facts->rules_digest, head.rules_digest, sizeof head.rules_digest);
        cut(facts->policy, sizeof facts->policy, intro.policy);
        cut(facts->policy_version, sizeof facts->policy_version, intro.version);
        cut(facts->last_claim, sizeof facts->last_claim, intro.last_id);
        facts->claims = intro.claims;
        facts->profiles = intro.rows;
        facts->cells = intro.cells;
        facts->waiting = intro.waiting;
        facts->waiting_fen = intro.waiting_fen;
        facts->last_date = intro.last_date;
        facts->as_of_option = intro.as_of_option;
        facts->as_of_year = intro.as_of_year;
    }
    prt_reader_end(&r);
    prt_texts_free(&texts);
    return r.status;
}

/* ---- is it ours? ------------------------------------------------------------------------------------------------- */

static bool names_cells(const pol_module *module) {
    uint32_t cells = module->descriptor->cells.count;
    return cells == 0 || prt_cell_digest(module, cells - 1) != NULL;
}

static void digest_text(const uint8_t *digest, char *text) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < 6; i++) {
        text[2 * i] = digits[digest[i] >> 4];
        text[2 * i + 1] = digits[digest[i] & 15];
    }
    text[12] = 0;
}

static enum pol_status check_policy(const pol_run *run, const struct prt_state_head *head,
                                    const struct prt_intro *intro, struct pol_error *error) {
    const struct pol_descriptor *d = run->module->descriptor;
    struct pol_text name = prt_module_text(run->module, d->name);
    char then[13], now[13];
    if (head->abi_major != POL_ABI_MAJOR)
        return prt_fail(error, POL_STATUS_INPUT,
                        "the state is of ABI %u, this runtime of ABI %u; use the polrun that wrote it", head->abi_major,
                        (unsigned)POL_ABI_MAJOR);
    if (memcmp(head->rules_digest, d->rules_digest, sizeof head->rules_digest) == 0)
        return POL_STATUS_OK;
    if (prt_text_order(intro->policy, name) != 0)
        return prt_fail(
            error, POL_STATUS_INPUT,
            "the state is of the policy '%.*s', not of '%.*s'; give the state of this policy, or a new file",
            (int)(intro->policy.size < 100 ? intro->policy.size : 100), intro->policy.data,
            (int)(name.size < 100 ? name.size : 100), name.data);
    digest_text(head->rules_digest, then);
    digest_text(d->rules_digest, now);
    return prt_fail(error, POL_STATUS_INPUT,
                    "the rules of the policy have changed since the state was written (rules hash %s… then, %s… now): "
                    "what the old rules decided cannot go on under new ones; decide all claims again with a new state, "
                    "or use the policy as it was",
                    then, now);
}

/* A parameter's value as --param takes it. */
static void value_text(const pol_module *module, const struct pol_param *p, int64_t value, char *text, size_t room) {
    const struct pol_enum *e = prt_at(module, module->descriptor->enums);
    struct pol_error line = {0};
    int64_t size = value < 0 ? -value : value;
    const char *sign = value < 0 ? "-" : "";
    if (p->type == POL_MONEY)
        prt_fail(&line, POL_STATUS_OK, "%s%lld.%02d", sign, (long long)(size / 100), (int)(size % 100));
    else if (p->type == POL_RATE)
        prt_fail(&line, POL_STATUS_OK, "%s%lld.%06d", sign, (long long)(size / POL_RATE_SCALE),
                 (int)(size % POL_RATE_SCALE));
    else if (p->type == POL_BOOL)
        prt_fail(&line, POL_STATUS_OK, "%s", value ? "true" : "false");
    else if (p->type == POL_ENUM && value >= 0 && value < e[p->enum_index].values.count)
        prt_fail(&line, POL_STATUS_OK, "%s",
                 pol_module_string(
                     module, ((const struct pol_enum_value *)prt_at(module, e[p->enum_index].values))[value].column));
    else if (p->type == POL_DATE)
        prt_date_text((int32_t)value, line.message);
    else
        prt_fail(&line, POL_STATUS_OK, "%lld", (long long)value);
    cut(text, room, (struct pol_text){.data = line.message, .size = (uint32_t)strlen(line.message)});
}

static enum pol_status other_param(const pol_run *run, const struct pol_param *p, int64_t then, int64_t now,
                                   struct pol_error *error) {
    char was[64], is[64], name[100];
    value_text(run->module, p, then, was, sizeof was);
    value_text(run->module, p, now, is, sizeof is);
    cut(name, sizeof name, prt_module_text(run->module, p->column.size ? p->column : p->name));
    return prt_fail(
        error, POL_STATUS_INPUT,
        "the state was made with the parameter '%s' at %s, now it is %s: one run has one value; set it with "
        "--param '%s=%s'",
        name, was, is, name, was);
}

static enum pol_status check_params(const pol_run *run, struct prt_reader *r, struct pol_error *error) {
    const struct pol_param *p = prt_at(run->module, run->module->descriptor->params);
    uint32_t *order = prt_param_order(run->module);
    enum pol_status status = order ? POL_STATUS_OK : prt_no_memory(error);
    if (prt_get_number(r) != run->module->descriptor->params.count)
        prt_reader_damaged(r);
    for (uint32_t i = 0; order && !status && !r->status && i < run->module->descriptor->params.count; i++) {
        int64_t then = prt_get_signed(r), now = run->params[order[i]];
        if (p[order[i]].type == POL_DATE && (then < DAY_FIRST || then > DAY_LAST))
            prt_reader_damaged(r);
        else if (!r->status && (then < -PRT_STATE_FEN || then > PRT_STATE_FEN))
            prt_reader_damaged(r);
        else if (!r->status && then != now)
            status = other_param(run, &p[order[i]], then, now, error);
    }
    prt_release(order);
    return status ? status : r->status;
}

static enum pol_status check_as_of(const pol_run *run, const struct prt_intro *intro, struct pol_error *error) {
    if (intro->as_of_option == run->as_of_option)
        return POL_STATUS_OK;
    if (intro->as_of_option == 0)
        return prt_fail(error, POL_STATUS_INPUT,
                        "the state was made as of the latest year, this run is as of %d: one run has one such year; "
                        "leave --as-of out",
                        run->as_of_option);
    return prt_fail(error, POL_STATUS_INPUT,
                    "the state was made as of %d, this run is as of %s%.0d: one run has one such year; give --as-of=%d",
                    intro->as_of_option, run->as_of_option ? "" : tr("the latest year"), run->as_of_option,
                    intro->as_of_option);
}

/* ---- applicants rows --------------------------------------------------------------------------------------------- */

/* A block of rows as columns. */
struct rows {
    pol_run *run;
    struct prt_reader *r;
    const struct pol_field *field;
    uint32_t field_count;
    uint32_t *order; /* of the fields */
    struct pol_column *column;
    void **value;
    uint8_t *status;
    struct pol_text last; /* applicant of the row before */
    int32_t last_year;
    uint64_t done;
};

static bool make_rows(struct rows *rows) {
    const struct pol_descriptor *d = rows->run->module->descriptor;
    rows->field = prt_at(rows->run->module, d->profile_fields);
    rows->field_count = d->profile_fields.count;
    rows->order = prt_field_order(rows->run->module);
    rows->column = prt_zeroed(rows->field_count, sizeof *rows->column);
    rows->value = prt_zeroed(rows->field_count, sizeof *rows->value);
    rows->status = prt_zeroed(PRT_BLOCK, 1);
    if (!rows->order || !rows->column || !rows->value || !rows->status)
        return false;
    for (uint32_t f = 0; f < rows->field_count; f++) {
        rows->value[f] = prt_zeroed(PRT_BLOCK, rows->field[f].width < 8 ? 8 : rows->field[f].width);
        rows->column[f].values = rows->value[f];
        if (!rows->value[f])
            return false;
    }
    return true;
}

static void free_rows(struct rows *rows) {
    for (uint32_t f = 0; rows->value && f < rows->field_count; f++)
        prt_release(rows->value[f]);
    prt_release(rows->order);
    prt_release(rows->column);
    prt_release(rows->value);
    prt_release(rows->status);
}

static void store(const struct pol_field *f, void *values, uint32_t at, int64_t value) {
    if (f->width == 1)
        ((uint8_t *)values)[at] = (uint8_t)value;
    else if (f->width == 4)
        ((int32_t *)values)[at] = (int32_t)value;
    else
        ((int64_t *)values)[at] = value;
}

static void get_value(struct rows *rows, uint32_t f, uint32_t at) {
    const struct pol_field *field = &rows->field[f];
    const struct pol_enum *e = prt_at(rows->run->module, rows->run->module->descriptor->enums);
    if (field->type == POL_TEXT) {
        struct pol_text text;
        prt_get_text(rows->r, &rows->run->past->texts, POL_TEXT_LIMIT, &text);
        ((struct pol_text *)rows->value[f])[at] = text;
        return;
    }
    int64_t min = field->min, max = field->max;
    if (field->type == POL_BOOL || field->type == POL_ENUM) {
        min = 0;
        max = field->type == POL_BOOL ? 1 : (int64_t)e[field->enum_index].values.count - 1;
    }
    store(field, rows->value[f], at, prt_get_within(rows->r, min, max));
}

/* The key: 0 for the applicant of the row before, else 1 + the size of the id. Keys ascend. */
static bool get_key(struct rows *rows, struct pol_text *id, int32_t *year) {
    struct prt_past *past = rows->run->past;
    *id = rows->last;
    uint64_t size = prt_get_below(rows->r, POL_TEXT_LIMIT + 1);
    if (size > 0) {
        char *bytes = prt_texts_room(&past->texts, (size_t)size - 1);
        if (!bytes)
            rows->r->status = prt_no_memory(rows->r->error);
        if (!bytes || !prt_get(rows->r, bytes, (size_t)size - 1))
            return false;
        *id = (struct pol_text){.data = bytes, .size = (uint32_t)size - 1};
    }
    *year = (int32_t)prt_get_within(rows->r, YEAR_FIRST, YEAR_LAST);
    int order = rows->done == 0 && !rows->last.data ? 1 : size == 0 ? 0 : prt_text_order(*id, rows->last);
    if (id->size == 0 || order < 0 || (order == 0 && *year <= rows->last_year))
        return prt_reader_damaged(rows->r);
    rows->last = *id;
    rows->last_year = *year;
    return !rows->r->status;
}

static bool get_row(struct rows *rows, uint32_t at) {
    struct prt_past *past = rows->run->past;
    struct pol_text id;
    int32_t year;
    if (!get_key(rows, &id, &year))
        return false;
    uint64_t status = prt_get_below(rows->r, 2);
    ((struct pol_text *)rows->value[POL_PROFILE_APPLICANT])[at] = id;
    ((int32_t *)rows->value[POL_PROFILE_YEAR])[at] = year;
    rows->status[at] = status == 0 ? POL_OK : status == 1 ? POL_MISSING_FIELD : POL_BAD_VALUE;
    for (uint32_t i = 0; i < rows->field_count; i++) {
        uint32_t f = rows->order[i];
        if (f < POL_PROFILE_BUILTINS)
            continue;
        memset((uint8_t *)rows->value[f] + (size_t)at * rows->field[f].width, 0, rows->field[f].width);
        if (status == 0)
            get_value(rows, f, at);
    }
    if (rows->run->module->descriptor->limit.present) {
        past->left[rows->done + at] = prt_get_within(rows->r, 0, INT64_MAX);
        past->carried_from[rows->done + at] = (int32_t)prt_get_within(rows->r, 0, YEAR_LAST);
    }
    return !rows->r->status;
}

static enum pol_status read_rows(struct rows *rows, uint64_t count, struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    while (rows->done < count && !status) {
        uint64_t left = count - rows->done;
        uint32_t block = left < PRT_BLOCK ? (uint32_t)left : PRT_BLOCK;
        for (uint32_t i = 0; i < block; i++)
            if (!get_row(rows, i))
                return rows->r->status;
        struct pol_batch batch = {.rows = block, .columns = rows->column, .status = rows->status};
        status = pol_run_profiles(rows->run, &batch, error);
        rows->done += block;
    }
    return status;
}

static enum pol_status take_rows(pol_run *run, struct prt_reader *r, uint64_t count, struct pol_error *error) {
    struct prt_past *past = run->past;
    struct rows rows = {.run = run, .r = r};
    past->left = prt_zeroed((size_t)count, sizeof *past->left);
    past->carried_from = prt_zeroed((size_t)count, sizeof *past->carried_from);
    enum pol_status status = POL_STATUS_OK;
    if (!make_rows(&rows) || !past->left || !past->carried_from)
        status = prt_no_memory(error);
    else
        status = read_rows(&rows, count, error);
    free_rows(&rows);
    run->profiles.restored = (uint32_t)count;
    return status;
}

/* ---- going on ---------------------------------------------------------------------------------------------------- */

static enum pol_status begin_with(pol_run *run, struct prt_reader *r, const struct prt_state_head *head,
                                  struct pol_error *error) {
    struct prt_past *past = run->past;
    struct prt_intro intro;
    if (!prt_get_intro(r, &past->texts, &intro))
        return r->status;
    enum pol_status status = check_policy(run, head, &intro, error);
    if (!status)
        status = check_params(run, r, error);
    if (!status)
        status = check_as_of(run, &intro, error);
    if (status)
        return status;
    past->as_of_year = intro.as_of_year;
    past->last_date = intro.last_date;
    past->last_id = intro.last_id;
    past->id_count = intro.claims;
    past->absent_count = intro.absent;
    past->waiting_count = intro.waiting;
    run->last_day = intro.last_day;
    status = take_rows(run, r, intro.rows, error);
    past->rest_at = prt_reader_place(r);
    return status;
}

enum pol_status pol_run_continue(pol_run *run, const struct pol_state_source *state, struct pol_error *error) {
    if (run->phase != PRT_TAKES_PROFILES || run->profiles.packed.count > 0 || run->past)
        return prt_fail(error, POL_STATUS_USAGE, "a run goes on from one state, before it takes applicants");
    if (!names_cells(run->module))
        return prt_fail(error, POL_STATUS_INPUT,
                        "the policy was built by an older polc, and does not say which cell is which; build it again");
    run->past = prt_zeroed(1, sizeof *run->past);
    if (!run->past)
        return prt_break(run, error);
    run->past->last_date = INT32_MIN;
    if (!state)
        return POL_STATUS_OK;
    run->past->goes_on = true;
    run->past->source = *state;
    struct prt_state_head head;
    struct prt_reader r = {0};
    enum pol_status status = prt_state_check(&run->past->source, &head, error);
    if (!status && !prt_reader_start(&r, &run->past->source, sizeof head, error))
        status = r.status;
    if (!status)
        status = begin_with(run, &r, &head, error);
    prt_reader_end(&r);
    if (status)
        run->phase = PRT_BROKEN;
    return status;
}

void prt_past_free(pol_run *run) {
    struct prt_past *past = run->past;
    if (!past)
        return;
    for (uint32_t f = 0; past->opening && f < run->module->descriptor->cells.count; f++) {
        prt_release(past->opening[f].cell);
        prt_release(past->opening[f].value);
    }
    void *const memory[] = {past->left,    past->carried_from, past->absent,   past->waiting, past->opening,
                            past->missing, past->ids.row,      past->payments, past->settled};
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
        prt_release(memory[i]);
    prt_texts_free(&past->texts);
    prt_release(past);
    run->past = NULL;
}

/* ---- once applicants are sealed ---------------------------------------------------------------------------------- */

static bool get_absent(const pol_run *run, struct prt_reader *r) {
    struct prt_past *past = run->past;
    past->absent = prt_zeroed((size_t)past->absent_count, sizeof *past->absent);
    if (!past->absent) {
        r->status = prt_no_memory(r->error);
        return false;
    }
    for (uint64_t i = 0; i < past->absent_count && !r->status; i++) {
        struct prt_absent *a = &past->absent[i], *before = i ? a - 1 : NULL;
        prt_get_text(r, &past->texts, POL_TEXT_LIMIT, &a->applicant);
        a->year = (int32_t)prt_get_within(r, INT32_MIN, INT32_MAX);
        prt_get_text(r, &past->texts, UINT32_MAX, &a->claim);
        int order = before ? prt_text_order(before->applicant, a->applicant) : -1;
        if (order > 0 || (order == 0 && before->year >= a->year))
            prt_reader_damaged(r);
    }
    return !r->status;
}

static int64_t get_fen(struct prt_reader *r) {
    return prt_get_within(r, 0, PRT_STATE_FEN);
}

static bool get_waiting(const pol_run *run, struct prt_reader *r, const struct prt_ranks *ranks) {
    struct prt_past *past = run->past;
    uint32_t items = run->module->descriptor->items.count;
    past->waiting = prt_zeroed((size_t)past->waiting_count, sizeof *past->waiting);
    if (!past->waiting) {
        r->status = prt_no_memory(r->error);
        return false;
    }
    if (past->waiting_count > 0 &&
        (!run->module->descriptor->limit.present || run->profiles.restored == 0 || items == 0))
        return prt_reader_damaged(r);
    for (uint64_t i = 0; i < past->waiting_count && !r->status; i++) {
        struct prt_waiting *w = &past->waiting[i];
        prt_get_text(r, &past->texts, POL_TEXT_LIMIT, &w->id);
        w->profile = (uint32_t)prt_get_below(r, run->profiles.restored - 1u);
        w->date = (int32_t)prt_get_within(r, DAY_FIRST, DAY_LAST);
        w->item = ranks->item_at[prt_get_below(r, items - 1u)];
        int64_t *const amounts[] = {&w->award, &w->entitled, &w->payable, &w->carried, &w->waiting};
        for (size_t k = 0; k < sizeof amounts / sizeof *amounts; k++)
            *amounts[k] = get_fen(r);
        w->paid = prt_get_number(r) ? prt_get_within(r, -PRT_STATE_FEN, PRT_STATE_FEN) : POL_PAID_UNKNOWN;
    }
    return !r->status;
}

static bool add_opening(struct prt_opening *o, uint32_t cell, int64_t value) {
    uint32_t *cells = prt_grown(o->cell, &o->cell_room, o->count + 1, sizeof *cells);
    if (cells)
        o->cell = cells;
    int64_t *values = prt_grown(o->value, &o->value_room, o->count + 1, sizeof *values);
    if (values)
        o->value = values;
    if (!cells || !values)
        return false;
    o->cell[o->count] = cell;
    o->value[o->count++] = value;
    return true;
}

static int64_t get_cell(struct prt_reader *r, uint8_t kind) {
    if (kind == POL_CELL_ONCE)
        return prt_get_within(r, 1, 1);
    return kind == POL_CELL_ONE_YEAR ? prt_get_within(r, INT32_MIN, INT32_MAX) : prt_get_within(r, 0, INT64_MAX / 2);
}

/* With work files keys go where those of claims go, once. */
static bool open_key(const pol_run *run, const struct prt_key_shape *shape, const struct prt_ranks *ranks,
                     const struct prt_key_value *value, int64_t amount, bool *damaged) {
    struct prt_pending link[PRT_KEY_PARTS];
    *damaged = !prt_links_of_key(run, shape, ranks, value, link);
    return !*damaged &&
           (!run->volume->fresh || prt_volume_open_key(run->volume, link, shape->family->link_count, amount));
}

static void get_key_value(struct prt_reader *r, const struct prt_key_shape *shape, struct prt_texts *texts,
                          struct prt_key_value *value) {
    for (uint32_t k = 0; k < shape->count; k++) {
        value[k] = (struct prt_key_value){.text = {.data = ""}};
        if (shape->part[k].form == PRT_KEY_TEXT)
            prt_get_text(r, texts, POL_TEXT_LIMIT, &value[k].text);
        else
            value[k].number = prt_get_signed(r);
    }
}

static bool get_family(pol_run *run, struct prt_reader *r, const struct prt_ranks *ranks, uint32_t family,
                       struct prt_texts *texts) {
    enum { AT_ONCE = 256 };
    struct prt_key_shape shape;
    struct prt_key_value value[PRT_KEY_PARTS];
    prt_key_shape_make(run, family, &shape);
    uint8_t digest[POL_DIGEST_SIZE];
    prt_get(r, digest, sizeof digest);
    if (!r->status && memcmp(digest, prt_cell_digest(run->module, family), sizeof digest) != 0)
        return prt_reader_damaged(r);
    uint64_t count = prt_get_number(r);
    for (uint64_t i = 0; i < count && !r->status; i++) {
        if (run->volume && i % AT_ONCE == 0)
            prt_texts_free(texts);
        get_key_value(r, &shape, texts, value);
        int64_t amount = get_cell(r, shape.family->kind);
        uint32_t cell = 0;
        bool bad = false;
        if (r->status)
            return false;
        bool files = run->volume && shape.family->link_count > 0;
        if (!(files ? open_key(run, &shape, ranks, value, amount, &bad)
                    : prt_cell_of_key(run, &shape, ranks, value, &cell, &bad))) {
            if (bad)
                return prt_reader_damaged(r);
            r->status = prt_no_memory(r->error);
        } else if (!files && !add_opening(&run->past->opening[family], cell, amount)) {
            r->status = prt_no_memory(r->error);
        }
    }
    return !r->status;
}

static bool get_cells(pol_run *run, struct prt_reader *r, const struct prt_ranks *ranks) {
    uint32_t families = run->module->descriptor->cells.count;
    uint32_t *order = prt_cell_order(run->module);
    struct prt_texts scratch = {0}; /* with work files the texts of keys go there */
    run->past->opening = prt_zeroed(families, sizeof *run->past->opening);
    if (!order || !run->past->opening)
        r->status = prt_no_memory(r->error);
    else if (prt_get_number(r) != families)
        prt_reader_damaged(r);
    for (uint32_t i = 0; order && i < families && !r->status; i++)
        get_family(run, r, ranks, order[i], run->volume ? &scratch : &run->past->texts);
    prt_texts_free(&scratch);
    prt_release(order);
    return !r->status;
}

/* ---- rows that come too late ------------------------------------------------------------------------------------- */

/* A claim of an earlier run had no row for its applicant and year; now there is one. */
static enum pol_status check_absent(const pol_run *run, struct pol_error *error) {
    const struct prt_past *past = run->past;
    for (uint64_t i = 0; i < past->absent_count; i++) {
        const struct prt_absent *a = &past->absent[i];
        uint64_t id = prt_hash_text(a->applicant.data, a->applicant.size, run->seed);
        uint32_t hash = prt_profile_hash(&run->profiles, id, a->year);
        if (prt_profile_find(&run->profiles, a->applicant, a->year, hash) == PRT_NONE)
            continue;
        return prt_fail(
            error, POL_STATUS_INPUT,
            "the applicants row for applicant '%.*s' and year %d comes too late: claim '%.*s' of an earlier "
            "run was missing_profile for want of it; leave it out, or go back to the state before that run "
            "and decide from there again",
            (int)a->applicant.size, a->applicant.data, (int)a->year, (int)(a->claim.size < 100 ? a->claim.size : 100),
            a->claim.data);
    }
    return POL_STATUS_OK;
}

static enum pol_status too_late(const pol_run *run, uint32_t row, const struct prt_budget *later,
                                struct pol_error *error) {
    struct pol_text id = prt_profile_id(prt_profile_at(&run->profiles, row));
    return prt_fail(error, POL_STATUS_INPUT,
                    "the applicants row for applicant '%.*s' and year %d comes too late: what was deferred before it "
                    "has been paid in %d; leave it out, or go back to the state before that run and decide from there "
                    "again",
                    (int)id.size, id.data, (int)prt_profile_at(&run->profiles, row)->year, (int)later->year);
}

/* A new row whose limit would have paid what a later year's limit has paid already. */
static enum pol_status check_late(const pol_run *run, struct pol_error *error) {
    const struct prt_profiles *p = &run->profiles;
    for (uint32_t row = p->restored; row < p->count; row++) {
        const struct prt_budget *mine = &p->budget[prt_profile_at(p, row)->budget];
        for (const struct prt_budget *b = mine; mine->left > 0 && !b->last;) {
            int32_t from = run->past->carried_from[++b - p->budget];
            if (from != 0 && from < mine->year)
                return too_late(run, row, b, error);
        }
    }
    return POL_STATUS_OK;
}

/* From rows to budgets; r: NULL without a state. */
static bool restore_budgets(pol_run *run, struct prt_reader *r) {
    struct prt_past *past = run->past;
    const struct prt_profiles *p = &run->profiles;
    if (!run->module->descriptor->limit.present)
        return true;
    int32_t *from = prt_zeroed((size_t)p->count + 1, sizeof *from);
    if (!from)
        return false;
    for (uint32_t row = 0; row < p->restored; row++) {
        uint32_t budget = prt_profile_at(p, row)->budget;
        if (past->left[row] > p->budget[budget].left)
            prt_reader_damaged(r);
        p->budget[budget].left = past->left[row];
        from[budget] = past->carried_from[row];
    }
    prt_release(past->carried_from);
    past->carried_from = from;
    prt_release(past->left);
    past->left = NULL;
    return true;
}

static enum pol_status read_rest(pol_run *run, struct pol_error *error) {
    struct prt_past *past = run->past;
    struct prt_reader r;
    uint32_t *items = prt_item_order(run->module);
    if (!items)
        return prt_no_memory(error);
    struct prt_ranks ranks = {.item_at = items};
    if (prt_reader_start(&r, &past->source, past->rest_at, error) && !restore_budgets(run, &r))
        r.status = prt_no_memory(error);
    if (!r.status && get_absent(run, &r) && get_waiting(run, &r, &ranks) && get_cells(run, &r, &ranks))
        past->ids_at = prt_reader_place(&r);
    prt_reader_end(&r);
    prt_release(items);
    if (run->volume && prt_volume_failed(run->volume))
        return prt_volume_break(run, error);
    if (!r.status && run->volume && run->volume->fresh)
        return prt_past_open_ids(run, error);
    return r.status;
}

enum pol_status prt_past_seal(pol_run *run, struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    if (run->past->goes_on)
        status = read_rest(run, error);
    else if (!restore_budgets(run, NULL))
        status = prt_no_memory(error);
    if (!status)
        status = check_absent(run, error);
    if (!status && run->module->descriptor->limit.present)
        status = check_late(run, error);
    return status;
}
