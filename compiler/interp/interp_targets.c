#include "interp/interp_targets.h"

#include <assert.h>
#include <setjmp.h>
#include <string.h>

#include "interp/interp_cell.h"
#include "tr.h"

enum { COLUMN_INDICATOR, COLUMN_YEAR, COLUMN_VALUE, COLUMN_COUNT };
enum { GROWTH_DECIMALS = 6 }; /* growth is given in millionths */
#define GROWTH_ONE ((ir_int)1000000)

struct reading {
    struct arena *arena;
    const struct ir_policy *policy;
    struct interp_csv file;
    uint32_t column[COLUMN_COUNT];
    struct text_map *rows; /* struct interp_csv_row by year and indicator */
    uint64_t skipped;
    struct text *warning;
    size_t warning_count, warning_capacity;
    struct interp_target *target;
    size_t target_count, target_capacity;
};

const char *interp_target_status_name(enum interp_target_status status) {
    switch (status) {
    case INTERP_MET:
        return tr_later("met");
    case INTERP_MISSED:
        return tr_later("missed");
    case INTERP_NO_DATA:
        return tr_later("no_data");
    }
    return "";
}

/* ---- indicators ------------------------------------------------------------------------------------------------- */

static void warn(struct reading *r, struct text message) {
    r->warning = arena_grow(r->arena, r->warning, r->warning_count, &r->warning_capacity, r->warning_count + 1,
                            sizeof *r->warning);
    r->warning[r->warning_count++] = message;
}

static enum interp_status find_columns(struct reading *r, struct interp_error *error) {
    static const char *const name[COLUMN_COUNT] = {"indicator", "year", "value"};
    uint64_t ignored = r->file.column_count;
    for (uint32_t c = 0; c < COLUMN_COUNT; c++) {
        r->column[c] = INTERP_NO_COLUMN;
        for (uint32_t i = 0; i < r->file.column_count; i++) {
            if (text_equal(r->file.column[i], text_of(name[c]))) {
                r->column[c] = i;
                ignored--;
            }
        }
        if (r->column[c] == INTERP_NO_COLUMN) {
            return interp_fail(error, INTERP_INPUT, "%s:%llu: the header lacks '%s'", interp_show(r->file.name).text,
                               (unsigned long long)r->file.header_line, name[c]);
        }
    }
    if (ignored > 0) {
        warn(r, text_format(r->arena,
                            tr_count("%s: ignored %llu column other than indicator, year, value",
                                     "%s: ignored %llu columns other than indicator, year, value", ignored),
                            interp_show(r->file.name).text, (unsigned long long)ignored));
    }
    if (r->file.wide_rows > 0) {
        warn(r, text_format(r->arena,
                            tr_count("%s: ignored cells beyond the header in %llu row",
                                     "%s: ignored cells beyond the header in %llu rows", r->file.wide_rows),
                            interp_show(r->file.name).text, (unsigned long long)r->file.wide_rows));
    }
    return INTERP_OK;
}

/* Year in four digits, then the indicator. */
static struct text row_key(struct arena *arena, struct text indicator, int32_t year) {
    struct text_buffer key = {.arena = arena};
    text_addf(&key, "%04d", (int)year);
    text_add(&key, indicator);
    return text_of_buffer(&key);
}

static enum interp_status index_row(struct reading *r, const struct interp_csv_row *row, struct interp_error *error) {
    static const struct interp_cell_type name_type = {.type = POL_TEXT, .min = 1, .max = POL_TEXT_LIMIT};
    struct text indicator = interp_csv_cell(row, r->column[COLUMN_INDICATOR]);
    struct ir_value value;
    int32_t year;
    if (interp_cell_read(&name_type, indicator, &value) != INTERP_CELL_READ ||
        interp_cell_year(interp_csv_cell(row, r->column[COLUMN_YEAR]), &year) != INTERP_CELL_READ) {
        r->skipped++;
        return INTERP_OK;
    }
    void **slot = text_map_slot(r->rows, row_key(r->arena, indicator, year));
    if (*slot != NULL) {
        const struct interp_csv_row *first = *slot;
        return interp_fail(error, INTERP_INPUT,
                           "%s:%llu: a second row for indicator '%s' in %d; the first is on line %llu",
                           interp_show(r->file.name).text, (unsigned long long)row->line, interp_show(indicator).text,
                           (int)year, (unsigned long long)first->line);
    }
    *slot = (void *)(uintptr_t)row; /* read only */
    return INTERP_OK;
}

static enum interp_status read_indicators(struct reading *r, const struct interp_source *source,
                                          struct interp_error *error) {
    enum interp_status status =
        interp_csv_read(r->arena, source->name, source->bytes, source->gb18030, &r->file, error);
    if (status == INTERP_OK) {
        status = find_columns(r, error);
    }
    r->rows = text_map_new(r->arena);
    for (size_t i = 0; i < r->file.row_count && status == INTERP_OK; i++) {
        status = index_row(r, &r->file.row[i], error);
    }
    if (status == INTERP_OK && r->skipped > 0) {
        warn(r, text_format(r->arena,
                            tr_count("%s: skipped %llu row whose indicator or year cannot be read",
                                     "%s: skipped %llu rows whose indicator or year cannot be read", r->skipped),
                            interp_show(r->file.name).text, (unsigned long long)r->skipped));
    }
    return status;
}

/* ---- targets ---------------------------------------------------------------------------------------------------- */

/* Decimals that the number of a type keeps, and the range the contract gives it. */
static uint32_t type_decimals(enum pol_type type) {
    return type == POL_MONEY ? 2 : type == POL_RATE ? 6 : 0;
}

static int64_t type_max(enum pol_type type) {
    return type == POL_MONEY ? INT64_C(100000000000000) : type == POL_RATE ? POL_RATE_SCALE : 1000000000;
}

/* The indicator's value in a year, in the units of its type. False: missing or unreadable. */
static bool value_in(const struct reading *r, const struct ir_target *target, int32_t year, ir_int *out) {
    const struct interp_csv_row *row = text_map_get(r->rows, row_key(r->arena, target->column, year));
    struct interp_cell_type type = {.type = target->type, .max = type_max(target->type)};
    struct ir_value value;
    if (row == NULL ||
        interp_cell_read(&type, interp_csv_cell(row, r->column[COLUMN_VALUE]), &value) != INTERP_CELL_READ) {
        return false;
    }
    *out = value.number;
    return true;
}

static enum interp_target_status judge(const struct ir_target *target, ir_int goal, ir_int actual) {
    bool met = target->sense == POL_AT_MOST ? actual <= goal : actual >= goal;
    return met ? INTERP_MET : INTERP_MISSED;
}

/* One row of the output. Goal and actual are compared in millionths of the type's unit: growth is exact there. */
static void add_target(struct reading *r, const struct ir_target *target, int32_t year) {
    struct interp_target out = {.indicator = target->column, .year = year, .status = INTERP_NO_DATA};
    uint32_t decimals = type_decimals(target->type) + GROWTH_DECIMALS;
    ir_int goal = target->value * GROWTH_ONE, actual = 0, before = 0;
    bool has_goal = true;
    if (target->kind == POL_TARGET_GROWTH) {
        has_goal = value_in(r, target, year - 1, &before);
        goal = before * (GROWTH_ONE + target->value);
    }
    bool has_actual = value_in(r, target, year, &actual);
    actual *= GROWTH_ONE;
    if (has_goal) {
        out.target = interp_decimal(r->arena, goal, decimals);
    }
    if (has_actual) {
        out.actual = interp_decimal(r->arena, actual, decimals);
    }
    if (has_goal && has_actual) {
        out.gap = interp_decimal(r->arena, goal - actual, decimals);
        out.status = judge(target, goal, actual);
    }
    r->target =
        arena_grow(r->arena, r->target, r->target_count, &r->target_capacity, r->target_count + 1, sizeof *r->target);
    r->target[r->target_count++] = out;
}

static enum interp_status run_in(struct arena *arena, const struct ir_policy *policy,
                                 const struct interp_source *indicators, struct interp_targets **out,
                                 struct interp_error *error) {
    struct reading *r = arena_new_of(arena, struct reading);
    r->arena = arena;
    r->policy = policy;
    enum interp_status status = read_indicators(r, indicators, error);
    if (status != INTERP_OK) {
        return status;
    }
    for (uint32_t i = 0; i < policy->target_count; i++) {
        for (int32_t year = policy->target[i].first_year; year <= policy->target[i].last_year; year++) {
            add_target(r, &policy->target[i], year);
        }
    }
    *out = arena_new_of(arena, struct interp_targets);
    **out = (struct interp_targets){.arena = arena,
                                    .target = r->target,
                                    .count = r->target_count,
                                    .warning = r->warning,
                                    .warning_count = r->warning_count};
    return INTERP_OK;
}

enum interp_status interp_targets_run(const struct ir_policy *policy, const struct interp_source *indicators,
                                      struct interp_targets **out, struct interp_error *error) {
    *out = NULL;
    struct arena *arena = arena_new();
    if (arena == NULL) {
        return interp_fail(error, INTERP_SYSTEM, "out of memory");
    }
    jmp_buf no_memory;
    if (setjmp(no_memory) != 0) {
        arena_free(arena);
        *out = NULL;
        return interp_fail(error, INTERP_SYSTEM, "out of memory");
    }
    arena_on_failure(arena, &no_memory);
    enum interp_status status = run_in(arena, policy, indicators, out, error);
    arena_on_failure(arena, NULL);
    if (status != INTERP_OK) {
        arena_free(arena);
    }
    return status;
}

void interp_targets_free(struct interp_targets *targets) {
    if (targets != NULL) {
        arena_free(targets->arena);
    }
}
