/* What is in an object, for people. */
#include <string.h>

#include "audit/audit.h"
#include "audit/display.h"
#include "audit/words.h"
#include "tr.h"

struct info {
    const pol_module *module;
    const struct pol_descriptor *d;
    struct pol_buffer *text;
};

/* "  label      text", the text broken into lines. */
static void entry(const struct info *info, const char *label, const char *value) {
    pol_buffer_text(info->text, "  ");
    pol_display_add(info->text, label, 12, true);
    pol_display_wrap(info->text, value, 14, 14);
    pol_buffer_text(info->text, "\n");
}

/* The same of a buffer, which is freed. */
static void entry_of(const struct info *info, const char *label, struct pol_buffer *value) {
    pol_buffer_add(value, "", 1);
    if (value->failed)
        info->text->failed = true;
    else
        entry(info, label, value->data);
    pol_buffer_free(value);
}

static void string_entry(const struct info *info, const char *label, struct pol_str s) {
    if (s.size > 0)
        entry(info, label, pol_module_string(info->module, s));
}

static void digest_entry(const struct info *info, const char *label, const uint8_t digest[POL_DIGEST_SIZE]) {
    struct pol_buffer hex = {0};
    for (int i = 0; i < POL_DIGEST_SIZE; i++)
        pol_buffer_format(&hex, "%02x", digest[i]);
    entry_of(info, label, &hex);
}

static void in_force(const struct info *info) {
    struct pol_buffer days = {0};
    bool open_begin = info->d->first_day == INT32_MIN, open_end = info->d->last_day == INT32_MAX;
    if (open_begin && open_end)
        pol_buffer_text(&days, tr("always"));
    if (!open_begin) {
        pol_buffer_text(&days, tr("from "));
        pol_words_date(&days, info->d->first_day);
    }
    if (!open_end) {
        pol_buffer_text(&days, open_begin ? tr("to ") : tr(" to "));
        pol_words_date(&days, info->d->last_day);
    }
    entry_of(info, tr("in force"), &days);
}

static void heading(const struct info *info, const char *what, uint32_t count) {
    pol_buffer_format(info->text, "\n%s (%u)\n", what, count);
}

/* What stands for a name in ledgers, and the label where there is one. */
static void named(const struct info *info, struct pol_buffer *line, struct pol_str name, struct pol_str column,
                  struct pol_str label) {
    struct pol_str shown = column.size > 0 ? column : name;
    pol_buffer_text(line, pol_module_string(info->module, shown));
    const char *other = label.size > 0 ? pol_module_string(info->module, label) : "";
    if (other[0] == '\0' && strcmp(pol_module_string(info->module, name), pol_module_string(info->module, shown)) != 0)
        other = pol_module_string(info->module, name);
    if (other[0] != '\0')
        pol_buffer_format(line, " %s", other);
}

/* One indented line of any length, freed. */
static void flush(const struct info *info, struct pol_buffer *line, unsigned indent) {
    pol_buffer_add(line, "", 1);
    if (line->failed) {
        info->text->failed = true;
    } else {
        for (unsigned i = 0; i < indent; i++)
            pol_buffer_text(info->text, " ");
        pol_display_wrap(info->text, line->data, indent, indent + 4);
        pol_buffer_text(info->text, "\n");
    }
    pol_buffer_free(line);
}

static void add_range(const struct info *info, struct pol_buffer *line, unsigned type, int64_t min, int64_t max) {
    if (type == POL_BOOL || type == POL_ENUM)
        return;
    if (type == POL_TEXT) {
        pol_buffer_format(line, tr(" up to %lld bytes"), (long long)(max > 0 ? max : POL_TEXT_LIMIT));
        return;
    }
    pol_buffer_text(line, " ");
    pol_words_value(line, info->module, type, POL_NONE, min);
    pol_buffer_text(line, tr(" to "));
    pol_words_value(line, info->module, type, POL_NONE, max);
}

static void add_values(const struct info *info, struct pol_buffer *line, uint32_t enum_index) {
    if (enum_index == POL_NONE)
        return;
    const struct pol_enum *enums = pol_module_array(info->module, info->d->enums);
    const struct pol_enum_value *values = pol_module_array(info->module, enums[enum_index].values);
    pol_buffer_text(line, ":");
    for (uint32_t v = 0; v < enums[enum_index].values.count; v++) {
        pol_buffer_text(line, v > 0 ? ", " : " ");
        named(info, line, values[v].name, values[v].column, values[v].label);
    }
}

static void params(const struct info *info) {
    const struct pol_param *p = pol_module_array(info->module, info->d->params);
    if (info->d->params.count > 0)
        heading(info, tr("parameters"), info->d->params.count);
    for (uint32_t i = 0; i < info->d->params.count; i++) {
        struct pol_buffer line = {0};
        named(info, &line, p[i].name, p[i].column, p[i].label);
        pol_buffer_format(&line, ": %s", pol_words_type(p[i].type));
        add_range(info, &line, p[i].type, p[i].min, p[i].max);
        add_values(info, &line, p[i].enum_index);
        pol_buffer_text(&line, tr(", default "));
        pol_words_value(&line, info->module, p[i].type, p[i].enum_index, p[i].fallback);
        if (p[i].pending)
            pol_buffer_text(&line, tr(", still open in the draft"));
        flush(info, &line, 2);
    }
}

static void add_list(const struct info *info, struct pol_buffer *line, const char *what, struct pol_ref ref) {
    const struct pol_str *strings = pol_module_array(info->module, ref);
    if (ref.count > 0)
        pol_buffer_text(line, what);
    for (uint32_t i = 0; i < ref.count; i++)
        pol_buffer_format(line, "%s%s", i > 0 ? ", " : "", pol_module_string(info->module, strings[i]));
}

static void clauses(const struct info *info) {
    const struct pol_clause *c = pol_module_array(info->module, info->d->clauses);
    heading(info, tr("clauses"), info->d->clauses.count);
    for (uint32_t i = 0; i < info->d->clauses.count; i++) {
        struct pol_buffer line = {0};
        const char *title = pol_module_string(info->module, c[i].title);
        pol_buffer_format(&line, "%s%s%s", pol_module_string(info->module, c[i].number), *title ? " " : "", title);
        if (c[i].declaratory)
            pol_buffer_text(&line, tr(" (decides nothing)"));
        add_list(info, &line, tr("; lead "), c[i].lead);
        add_list(info, &line, tr("; responsible "), c[i].responsible);
        add_list(info, &line, tr("; refers to "), c[i].refers);
        flush(info, &line, 2);
    }
}

static const char *words_of_field(const struct info *info, struct pol_ref fields, uint32_t field) {
    const struct pol_field *f = pol_module_array(info->module, fields);
    return pol_module_string(info->module, f[field].column);
}

static const char *words_of_key(const struct info *info, const struct pol_key *key) {
    switch ((enum pol_key_kind)key->kind) {
    case POL_KEY_APPLICANT:
        return tr("applicant");
    case POL_KEY_YEAR:
        return tr("year");
    case POL_KEY_ITEM:
        return tr("item");
    case POL_KEY_CLAIM_FIELD:
        return words_of_field(info, info->d->claim_fields, key->field);
    case POL_KEY_PROFILE_FIELD:
        return words_of_field(info, info->d->profile_fields, key->field);
    }
    return "";
}

static void add_cells(const struct info *info, struct pol_buffer *line, const struct pol_item *item) {
    static const char *const words[] = {[POL_STEP_ONCE] = tr_later("once"),
                                        [POL_STEP_ONE_YEAR] = tr_later("in one year only"),
                                        [POL_STEP_LADDER] = tr_later("ladder"),
                                        [POL_STEP_LESS] = tr_later("less what was awarded"),
                                        [POL_STEP_CAP_MONEY] = tr_later("cap"),
                                        [POL_STEP_CAP_CLAIMS] = tr_later("cap of claims"),
                                        [POL_STEP_CAP_UNITS] = tr_later("cap of units"),
                                        [POL_STEP_LIMIT] = tr_later("limit")};
    const struct pol_step *step = pol_module_array(info->module, item->steps);
    const struct pol_cell *cells = pol_module_array(info->module, info->d->cells);
    for (uint32_t s = 0; s < item->steps.count; s++) {
        pol_buffer_format(line, "; %s", tr(words[step[s].kind]));
        if (step[s].max.kind == POL_OPERAND_CONST) {
            pol_buffer_text(line, " ");
            pol_words_value(line, info->module, step[s].kind == POL_STEP_CAP_MONEY ? POL_MONEY : POL_COUNT, POL_NONE,
                            step[s].max.value);
        }
        if (step[s].cell == POL_NONE)
            continue;
        const struct pol_key *key = pol_module_array(info->module, cells[step[s].cell].keys);
        for (uint32_t k = 0; k < cells[step[s].cell].keys.count; k++)
            pol_buffer_format(line, "%s%s", k > 0 ? ", " : tr(" per "), words_of_key(info, &key[k]));
    }
}

static void items(const struct info *info) {
    const struct pol_item *item = pol_module_array(info->module, info->d->items);
    const struct pol_clause *clause = pol_module_array(info->module, info->d->clauses);
    const struct pol_field *field = pol_module_array(info->module, info->d->claim_fields);
    if (info->d->items.count > 0)
        heading(info, tr("items"), info->d->items.count);
    for (uint32_t i = 0; i < info->d->items.count; i++) {
        struct pol_buffer line = {0};
        const uint32_t *needs = pol_module_array(info->module, item[i].needs);
        named(info, &line, item[i].name, item[i].column, item[i].label);
        if (item[i].clause < info->d->clauses.count)
            pol_buffer_format(&line, tr(", clause %s"), pol_module_string(info->module, clause[item[i].clause].number));
        unsigned shown = 0;
        for (uint32_t n = 0; n < item[i].needs.count; n++) {
            if (needs[n] == POL_CLAIM_APPLICANT || needs[n] == POL_CLAIM_DATE)
                continue;
            pol_buffer_format(&line, "%s%s", shown++ > 0 ? ", " : tr("; needs "),
                              pol_module_string(info->module, field[needs[n]].column));
        }
        add_cells(info, &line, &item[i]);
        flush(info, &line, 2);
    }
    if (!info->d->limit.present)
        return;
    struct pol_buffer line = {0};
    pol_buffer_format(&line,
                      tr_count("limit %s per applicant and year, carried for %u year",
                               "limit %s per applicant and year, carried for %u years", info->d->limit.carry_years),
                      pol_module_string(info->module, info->d->limit.name), info->d->limit.carry_years);
    flush(info, &line, 2);
}

static void fields(const struct info *info, const char *what, struct pol_ref ref, uint32_t builtins) {
    const struct pol_field *f = pol_module_array(info->module, ref);
    if (ref.count > 0)
        heading(info, what, ref.count);
    for (uint32_t i = 0; i < ref.count; i++) {
        struct pol_buffer line = {0};
        named(info, &line, f[i].name, f[i].column, f[i].label);
        bool item = builtins == POL_CLAIM_BUILTINS && i == POL_CLAIM_ITEM;
        bool year = builtins == POL_PROFILE_BUILTINS && i == POL_PROFILE_YEAR;
        pol_buffer_format(&line, ": %s",
                          item   ? tr("an item of the policy")
                          : year ? tr("year 1990 to 2099")
                                 : pol_words_type(f[i].type));
        if (!item && !year) {
            add_range(info, &line, f[i].type, f[i].min, f[i].max);
            add_values(info, &line, f[i].enum_index);
        }
        if (f[i].flags & POL_FIELD_DEFAULT) {
            pol_buffer_text(&line, tr(", default "));
            pol_words_value(&line, info->module, f[i].type, f[i].enum_index, f[i].fallback);
        }
        add_list(info, &line, tr("; also "), f[i].aliases);
        flush(info, &line, 2);
    }
}

static void targets(const struct info *info) {
    const struct pol_target *t = pol_module_array(info->module, info->d->targets);
    if (info->d->targets.count > 0)
        heading(info, tr("targets"), info->d->targets.count);
    for (uint32_t i = 0; i < info->d->targets.count; i++) {
        struct pol_buffer line = {0};
        named(info, &line, t[i].name, t[i].column, t[i].label);
        const char *sense = t[i].sense == POL_AT_MOST ? tr("at most") : tr("at least");
        bool growth = t[i].kind == POL_TARGET_GROWTH;
        pol_buffer_format(&line, ": %s%s ", growth ? tr("growth of ") : "", sense);
        pol_words_value(&line, info->module, growth ? POL_RATE : t[i].type, POL_NONE, t[i].value);
        pol_buffer_format(&line, growth ? tr(" of the year before, ") : ", ");
        if (t[i].first_year == t[i].last_year)
            pol_buffer_format(&line, "%d", (int)t[i].first_year);
        else
            pol_buffer_format(&line, tr("%d to %d"), (int)t[i].first_year, (int)t[i].last_year);
        flush(info, &line, 2);
    }
}

static void kernels(const struct info *info) {
    struct pol_buffer levels = {0};
    for (uint32_t i = 0; i < info->d->kernel_count && i < POL_KERNEL_SLOTS; i++) {
        uint32_t level = info->d->kernels[i].level;
        if (level == 0)
            pol_buffer_format(&levels, "%s%s", i > 0 ? ", " : "", pol_module_string(info->module, info->d->cpu));
        else
            pol_buffer_format(&levels, "%sx86-64-v%u", i > 0 ? ", " : "", level);
    }
    if (pol_module_level(info->module) != 0)
        pol_buffer_format(&levels, tr("; in use here: x86-64-v%u"), pol_module_level(info->module));
    entry_of(info, tr("code"), &levels);
}

bool pol_info_text(const pol_module *module, struct pol_buffer *text) {
    struct info info = {module, pol_module_descriptor(module), text};
    const struct pol_descriptor *d = info.d;
    pol_display_wrap(text, pol_words_title(module), 0, 0);
    pol_buffer_text(text, "\n\n");
    string_entry(&info, tr("name"), d->name);
    string_entry(&info, tr("version"), d->version);
    string_entry(&info, tr("issuer"), d->issuer);
    string_entry(&info, tr("source"), d->source_name);
    in_force(&info);
    string_entry(&info, tr("compiler"), d->compiler);
    struct pol_buffer abi = {0};
    pol_buffer_format(&abi, "%u.%u", d->abi_major, d->abi_minor);
    entry_of(&info, "ABI", &abi);
    kernels(&info);
    digest_entry(&info, tr("object"), d->object_digest);
    digest_entry(&info, tr("source hash"), d->source_digest);
    digest_entry(&info, tr("rules hash"), d->rules_digest);
    params(&info);
    clauses(&info);
    items(&info);
    fields(&info, tr("claim fields"), d->claim_fields, POL_CLAIM_BUILTINS);
    fields(&info, tr("applicant fields"), d->profile_fields, POL_PROFILE_BUILTINS);
    targets(&info);
    return !text->failed;
}
