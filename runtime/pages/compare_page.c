/* The data of the page; compare.js shows it. Clauses, items and rules are numbers of its lists. */
#include "pages/compare_page.h"

#include <string.h>

#include "audit/json.h"
#include "audit/words.h"
#include "pages/page.h"

enum { MOST_ON_A_PAGE = 100000, MOST_APPLICANTS = 1000 };

static void member_text(struct pol_buffer *out, const char *name, const char *text) {
    pol_json_name(out, name);
    pol_json_string(out, text);
}

static void member_number(struct pol_buffer *out, const char *name, pol_wide value) {
    pol_json_name(out, name);
    pol_json_number(out, value);
}

static void open_object(struct pol_buffer *out) {
    pol_json_next(out);
    pol_buffer_text(out, "\n{");
}

static void put_sum(struct pol_buffer *out, const struct pol_change_sum *sum) {
    member_number(out, "claims", (pol_wide)sum->claims);
    member_number(out, "gainers", (pol_wide)sum->gainers);
    member_number(out, "losers", (pol_wide)sum->losers);
    member_number(out, "otherwise", (pol_wide)sum->otherwise);
    member_number(out, "gain", sum->gain);
    member_number(out, "loss", sum->loss);
    member_number(out, "before", sum->before);
    member_number(out, "after", sum->after);
    pol_buffer_text(out, "}");
}

static void put_items(struct pol_buffer *out, const struct pol_comparison *c) {
    pol_json_name(out, "items");
    pol_buffer_text(out, "[");
    for (uint32_t i = 0; i <= c->item_count; i++) {
        bool known = i < c->item_count;
        open_object(out);
        member_text(out, "name", c->item[i].name);
        member_text(out, "label", c->item[i].label);
        member_text(out, "is",
                    known && c->item[i].old == POL_NONE   ? "new"
                    : known && c->item[i].now == POL_NONE ? "dropped"
                                                          : "");
        put_sum(out, &c->item[i].sum);
    }
    pol_buffer_text(out, "]");
    pol_json_name(out, "clauses");
    pol_buffer_text(out, "[");
    for (uint32_t i = 0; i <= c->clause_count; i++) {
        open_object(out);
        member_text(out, "number", c->clause[i].number);
        member_text(out, "title", c->clause[i].title);
        put_sum(out, &c->clause[i].sum);
    }
    pol_buffer_text(out, "]");
}

static void put_years(struct pol_buffer *out, const struct pol_comparison *c) {
    pol_json_name(out, "years");
    pol_buffer_text(out, "[");
    for (int y = 0; y < POL_COMPARED_YEARS; y++) {
        if (c->year[y].claims == 0)
            continue;
        open_object(out);
        member_number(out, "year", y > 0 ? 1989 + y : 0);
        put_sum(out, &c->year[y]);
    }
    pol_buffer_text(out, "]");
    member_number(out, "applicant_count", (pol_wide)c->applicant_count);
    member_number(out, "applicants_gaining", (pol_wide)c->applicants_gaining);
    member_number(out, "applicants_losing", (pol_wide)c->applicants_losing);
    pol_json_name(out, "applicants");
    pol_buffer_text(out, "[");
    for (uint64_t i = 0; i < c->applicant_count && i < MOST_APPLICANTS; i++) {
        open_object(out);
        pol_json_name(out, "id");
        pol_json_text(out, c->applicant[i].id, c->applicant[i].size);
        put_sum(out, &c->applicant[i].sum);
    }
    pol_buffer_text(out, "]");
}

/* Each side's rules: name, what it says, its quote, its clause. */
static void put_rules(struct pol_buffer *out, const char *name, const pol_module *module) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_rule *rule = pol_module_array(module, d->rules);
    const struct pol_clause *clause = pol_module_array(module, d->clauses);
    pol_json_name(out, name);
    pol_buffer_text(out, "[");
    for (uint32_t i = 0; i < d->rules.count; i++) {
        struct pol_buffer number = {0};
        if (rule[i].clause < d->clauses.count)
            pol_buffer_format(&number, "%s %s", pol_module_string(module, clause[rule[i].clause].number),
                              pol_module_string(module, clause[rule[i].clause].title));
        open_object(out);
        member_text(out, "name", pol_module_string(module, rule[i].name));
        member_text(out, "source", pol_module_string(module, rule[i].source));
        member_text(out, "quote", pol_module_string(module, rule[i].quote));
        pol_json_name(out, "clause");
        pol_json_text(out, number.data, number.size);
        pol_buffer_text(out, "}");
        out->failed |= number.failed;
        pol_buffer_free(&number);
    }
    pol_buffer_text(out, "]");
}

static void put_outcome(struct pol_buffer *out, const struct pol_outcome *o) {
    pol_json_next(out);
    pol_json_string(out, pol_decision_name((enum pol_decision_kind)o->decision));
    pol_json_next(out);
    pol_json_string(out, pol_reason_name((enum pol_reason)o->reason));
    pol_json_next(out);
    pol_json_number(out, o->rule);
    pol_json_next(out);
    pol_json_number(out, o->due);
}

/* In the order of NAMES in compare.js. */
static void put_changes(struct pol_buffer *out, const struct pol_comparison *c, uint64_t most) {
    member_number(out, "changes", (pol_wide)c->change_count);
    pol_json_name(out, "cases");
    pol_buffer_text(out, "[");
    for (uint64_t i = 0; i < c->change_count && i < most && !out->failed; i++) {
        const struct pol_change *one = &c->change[i];
        pol_json_next(out);
        pol_buffer_text(out, "\n[");
        pol_json_text(out, one->claim, one->claim_size);
        pol_json_next(out);
        pol_json_text(out, one->applicant, one->applicant_size);
        pol_buffer_format(out, ",%u,\"", one->item);
        if (one->date != INT32_MIN)
            pol_words_date(out, one->date);
        pol_buffer_text(out, "\"");
        put_outcome(out, &one->old);
        put_outcome(out, &one->now);
        pol_buffer_text(out, "]");
    }
    pol_buffer_text(out, "]");
}

static void put_pair(struct pol_buffer *out, const struct pol_buffer *english, const struct pol_buffer *chinese) {
    pol_json_next(out);
    pol_buffer_text(out, "[");
    pol_json_text(out, english->data, english->size);
    pol_buffer_text(out, ",");
    pol_json_text(out, chinese->data, chinese->size);
    pol_buffer_text(out, "]");
    out->failed |= english->failed || chinese->failed;
}

static void put_side(struct pol_buffer *out, const char *english, const char *chinese, const pol_module *module) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    struct pol_buffer line = {0}, in_chinese = {0};
    const char *version = pol_module_string(module, d->version);
    pol_buffer_format(&line, "%s%s · %s%s%s", english, pol_words_title(module), pol_module_string(module, d->name),
                      version[0] != '\0' ? " · " : "", version);
    pol_buffer_format(&in_chinese, "%s%s · %s%s%s", chinese, pol_words_title(module),
                      pol_module_string(module, d->name), version[0] != '\0' ? " · " : "", version);
    put_pair(out, &line, &in_chinese);
    pol_buffer_free(&line);
    pol_buffer_free(&in_chinese);
}

/* The notes in both languages, line by line. */
static void put_notes(struct pol_buffer *out, const struct pol_comparison *c) {
    struct pol_buffer english = {0}, chinese = {0};
    pol_comparison_notes(c, false, &english);
    pol_comparison_notes(c, true, &chinese);
    pol_json_name(out, "notes");
    pol_buffer_text(out, "[");
    const char *e = english.data, *z = chinese.data;
    while (!english.failed && !chinese.failed && e != NULL && e < english.data + english.size) {
        const char *e_end = memchr(e, '\n', (size_t)(english.data + english.size - e));
        const char *z_end = memchr(z, '\n', (size_t)(chinese.data + chinese.size - z));
        if (e_end == NULL || z_end == NULL)
            break;
        pol_json_next(out);
        pol_buffer_text(out, "[");
        pol_json_text(out, e, (size_t)(e_end - e));
        pol_buffer_text(out, ",");
        pol_json_text(out, z, (size_t)(z_end - z));
        pol_buffer_text(out, "]");
        e = e_end + 1;
        z = z_end + 1;
    }
    pol_buffer_text(out, "]");
    out->failed |= english.failed || chinese.failed;
    pol_buffer_free(&english);
    pol_buffer_free(&chinese);
}

bool pol_compare_page(const struct pol_comparison *c, enum pol_report_language language, uint64_t most,
                      struct pol_buffer *out) {
    struct pol_buffer data = {0};
    pol_buffer_text(&data, "{\"view\":\"compare\",\"title\":[\"What would have changed\",\"政策变动影响\"]");
    if (language != POL_REPORT_ANY)
        pol_buffer_format(&data, ",\"lang\":\"%s\"", language == POL_REPORT_CHINESE ? "zh" : "en");
    pol_json_name(&data, "lines");
    pol_buffer_text(&data, "[");
    put_side(&data, "old: ", "原：", c->old.module);
    put_side(&data, "new: ", "新：", c->now.module);
    pol_buffer_text(&data, "]");
    put_notes(&data, c);
    member_number(&data, "rows", (pol_wide)c->rows);
    pol_json_name(&data, "all");
    pol_buffer_text(&data, "{");
    put_sum(&data, &c->all);
    put_items(&data, c);
    put_years(&data, c);
    put_rules(&data, "old_rules", c->old.module);
    put_rules(&data, "new_rules", c->now.module);
    report_words(&data);
    put_changes(&data, c, most > 0 ? most : MOST_ON_A_PAGE);
    pol_buffer_text(&data, "}");
    report_page(out, REPORT_VIEW_COMPARE, "pol compare", &data);
    pol_buffer_free(&data);
    return !out->failed;
}
