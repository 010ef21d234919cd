#include "driver/try_value.h"

#include <string.h>

#include "check/check.h"
#include "check/constant.h"
#include "interp/interp_cell.h"
#include "parse.h"

static struct text trimmed(struct text t) {
    while (t.size && (t.data[0] == ' ' || t.data[0] == '\t'))
        t = (struct text){t.data + 1, t.size - 1};
    while (t.size && (t.data[t.size - 1] == ' ' || t.data[t.size - 1] == '\t' || t.data[t.size - 1] == '\r'))
        t.size--;
    return t;
}

static bool is_one_of(struct text t, const char *const *words) {
    for (; *words; words++)
        if (text_equal(t, text_of(*words)))
            return true;
    return false;
}

static bool read_bool(struct text t, struct text *cell) {
    static const char *const yes[] = {"yes", "是", "true", "1", "有", "y", NULL};
    static const char *const no[] = {"no", "否", "false", "0", "无", "n", NULL};
    *cell = is_one_of(t, yes) ? TEXT("true") : TEXT("false");
    return is_one_of(t, yes) || is_one_of(t, no);
}

static bool read_enum(const struct model_enum *en, struct text t, struct text *cell) {
    for (int by = 0; by < 3; by++)
        for (uint32_t i = 0; i < en->count; i++) {
            const struct model_enum_value *v = &en->value[i];
            if (!text_equal(t, by == 0 ? v->name : by == 1 ? v->column : v->label) || !t.size)
                continue;
            *cell = v->column;
            return true;
        }
    return false;
}

static const char *type_word(enum type_kind kind) {
    static const char *const words[TYPE_KIND_COUNT] = {
        [TYPE_MONEY] = "money", [TYPE_RATE] = "rate", [TYPE_COUNT] = "count",
        [TYPE_YEARS] = "years", [TYPE_DAYS] = "days", [TYPE_DATE] = "date"};
    return words[kind];
}

/* By the language itself: the value is the default of a parameter of that type, in a policy made for it. */
static bool read_constant(struct arena *arena, const struct model_field *field, struct text t, int64_t *value) {
    if (memchr(t.data, '#', t.size) || memchr(t.data, '{', t.size) || memchr(t.data, '\n', t.size) || t.size > 256)
        return false;
    struct sources sources;
    struct diags diags;
    sources_init(&sources, arena);
    diags_init(&diags, arena);
    struct text policy =
        text_format(arena, "policy p {}\nparameter v: %s%s default %.*s\n", type_word(field->type->kind),
                    field->type->kind == TYPE_DATE ? " range 1900-01-01 to 2199-12-31" : "", TEXT_ARG(t));
    struct source *file = sources_add(&sources, TEXT("value"), policy);
    struct ast_policy *ast = file ? parse_policy(&sources, file, &diags, arena) : NULL;
    if (!ast || diags.error_count || !ast->params || ast->params->next || ast->clauses || ast->statements)
        return false;
    struct model *m = check_policy(ast, &sources, &diags, arena);
    return m->param_count == 1 && ast->params->fallback && ast->params->fallback->type &&
           check_constant_value(arena, ast->params->fallback, m->params[0].type, value);
}

bool try_value_read(struct arena *arena, const struct ir_policy *policy, const struct model_field *field,
                    struct text given, struct text *cell) {
    struct text t = trimmed(given);
    int64_t value;
    if (field->type->kind == TYPE_BOOL)
        return read_bool(t, cell);
    if (field->enumeration)
        return read_enum(field->enumeration, t, cell);
    const struct ir_field *f = &(field->of_profile ? policy->profile : policy->claim)[field->index];
    struct interp_cell_type type = {.type = f->type, .min = f->min, .max = f->max};
    struct ir_value ignored;
    if (interp_cell_read(&type, t, &ignored) == INTERP_CELL_READ) {
        *cell = t;
        return true;
    }
    if (!type_word(field->type->kind) || !read_constant(arena, field, t, &value) || value < field->min ||
        value > field->max)
        return false;
    *cell = check_cell_text(arena, field->type, value);
    return true;
}

struct text try_value_any(struct arena *arena, const struct model_field *field) {
    if (field->type->kind == TYPE_TEXT) {
        char *data = arena_alloc(arena, POL_TEXT_LIMIT + 1);
        size_t size = field->min > 1 ? (size_t)field->min : 1;
        memset(data, '1', size);
        return (struct text){data, size};
    }
    return check_cell_text(arena, field->type, field->has_default ? field->fallback : field->min);
}

/* ---- hints ----------------------------------------------------------------------------------------------------------
 */

static struct text enum_hint(struct arena *arena, const struct model_enum *en, bool chinese) {
    struct text_buffer out = {.arena = arena};
    for (uint32_t i = 0; i < en->count; i++) {
        text_addf(&out, "%s%.*s", i ? (chinese ? "，" : ", ") : "", TEXT_ARG(en->value[i].name));
        if (en->value[i].label.size)
            text_addf(&out, " %.*s", TEXT_ARG(en->value[i].label));
    }
    return text_of_buffer(&out);
}

struct text try_value_hint(struct arena *arena, const struct model_field *field, bool chinese) {
    static const char *const words[TYPE_KIND_COUNT][2] = {
        [TYPE_MONEY] = {"money, as 50万元", "金额，如 50万元"},
        [TYPE_RATE] = {"a rate, as 4.35%", "比率，如 4.35%"},
        [TYPE_COUNT] = {"a number, as 10", "数量，如 10件"},
        [TYPE_YEARS] = {"years, as 3", "年数，如 3年"},
        [TYPE_DAYS] = {"days, as 30", "天数，如 30天"},
        [TYPE_DATE] = {"a day, as 2024-03-01", "日期，如 2024-03-01"},
        [TYPE_BOOL] = {"yes or no", "是 或 否"},
        [TYPE_TEXT] = {"text", "文本"},
    };
    const struct type *type = field->type;
    if (field->enumeration)
        return enum_hint(arena, field->enumeration, chinese);
    const char *word = words[type->kind][chinese] ? words[type->kind][chinese] : "";
    if (type->kind == TYPE_BOOL || type->kind == TYPE_TEXT)
        return text_of(word);
    if (field->max == INT64_C(100000000000000) || field->max == 1000000000) /* of money, of a count: whatever it is */
        return text_of(word);
    struct text lo = check_cell_text(arena, type, field->min), hi = check_cell_text(arena, type, field->max);
    return text_format(arena, chinese ? "%s；%.*s 至 %.*s" : "%s; %.*s to %.*s", word, TEXT_ARG(lo), TEXT_ARG(hi));
}
