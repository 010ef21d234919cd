#include "pages/markdown.h"

#include <stdio.h>
#include <string.h>

#include "audit/display.h"
#include "audit/finding.h"

struct writer {
    struct findings_file *file;
    bool chinese;
    struct pol_buffer *out;
    int indent; /* of the case under way: what belongs to its number */
};

void report_markdown_text(struct pol_buffer *out, const char *text) {
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == 0x7F)
            pol_buffer_text(out, " ");
        else if (c == '<' || c == '>' || c == '&')
            pol_buffer_format(out, "&#%d;", c);
        else if (strchr("\\`*_{}[]()#+-.!|~", c) != NULL)
            pol_buffer_format(out, "\\%c", c);
        else
            pol_buffer_add(out, text, 1);
    }
}

static const char *word(const struct writer *w, const char *english, const char *chinese) {
    return w->chinese ? chinese : english;
}

static void say(const struct writer *w, const char *english, const char *chinese) {
    pol_buffer_text(w->out, word(w, english, chinese));
}

static const json_t *entry(const struct writer *w, const char *list, const json_t *finding, const char *member) {
    return json_array_get(json_object_get(w->file->head, list), (size_t)findings_amount(finding, member));
}

/* The entry of a list of words that has this name. */
static const char *label(const struct writer *w, const char *name, unsigned count, const char *(*name_of)(unsigned),
                         const char *(*label_of)(unsigned, bool)) {
    for (unsigned i = 0; i < count; i++)
        if (strcmp(name_of(i), name) == 0)
            return label_of(i, w->chinese);
    return name;
}

static const char *kind_name(unsigned i) {
    return pol_finding_name((enum pol_finding_kind)i);
}
static const char *kind_label(unsigned i, bool chinese) {
    return pol_finding_label((enum pol_finding_kind)i, chinese);
}
static const char *kind_meaning(unsigned i, bool chinese) {
    return pol_finding_meaning((enum pol_finding_kind)i, chinese);
}
static const char *reason_name(unsigned i) {
    return pol_reason_name((enum pol_reason)i);
}
static const char *reason_label(unsigned i, bool chinese) {
    return pol_reason_label((enum pol_reason)i, chinese);
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

static void cell_text(const struct writer *w, const char *text) {
    pol_buffer_text(w->out, " ");
    report_markdown_text(w->out, text);
    pol_buffer_text(w->out, " |");
}

static void cell_money(const struct writer *w, pol_wide fen) {
    pol_buffer_text(w->out, " ");
    pol_display_money(w->out, fen);
    pol_buffer_text(w->out, " |");
}

static void cell_count(const struct writer *w, pol_wide count) {
    pol_buffer_text(w->out, " ");
    pol_display_count(w->out, (uint64_t)count);
    pol_buffer_text(w->out, " |");
}

static void head(const struct writer *w, unsigned columns, const char *english, const char *chinese) {
    pol_buffer_format(w->out, "%s\n|", word(w, english, chinese));
    for (unsigned i = 0; i < columns; i++)
        pol_buffer_text(w->out, i == 0 ? " --- |" : " ---: |");
    pol_buffer_text(w->out, "\n");
}

static void gap_cells(const struct writer *w, const json_t *gap) {
    cell_count(w, findings_amount(gap, "claims"));
    cell_money(w, findings_amount(gap, "paid"));
    cell_money(w, findings_amount(gap, "due"));
    cell_money(w, findings_amount(gap, "over"));
    cell_money(w, findings_amount(gap, "under"));
    pol_buffer_text(w->out, "\n");
}

static void gap_name(const struct writer *w, const char *list, const json_t *gap) {
    struct pol_buffer name = {0};
    int year = (int)findings_amount(gap, "year");
    if (strcmp(list, "items") == 0)
        pol_buffer_text(&name, findings_text(gap, "label"));
    else if (strcmp(list, "clauses") == 0)
        pol_buffer_format(&name, "%s %s", findings_text(gap, "number"), findings_text(gap, "title"));
    else if (strcmp(list, "applicants") == 0)
        pol_buffer_text(&name, findings_text(gap, "id"));
    else if (year > 0)
        pol_buffer_format(&name, "%d", year);
    pol_buffer_add(&name, "", 1);
    bool known = !name.failed && name.data[strspn(name.data, " ")] != '\0';
    pol_buffer_text(w->out, "|");
    cell_text(w, known ? name.data : word(w, "(none)", "（无）"));
    w->out->failed |= name.failed;
    pol_buffer_free(&name);
}

static void gaps(const struct writer *w, const char *list, const char *english, const char *chinese, size_t most) {
    const json_t *rows = json_object_get(w->file->head, list);
    pol_buffer_format(w->out, "\n## %s\n\n", word(w, english, chinese));
    head(w, 6, "| | claims | paid | due | overpaid | underpaid |", "| | 笔数 | 实付 | 应付 | 多付 | 少付 |");
    for (size_t i = 0; i < json_array_size(rows) && most > 0; i++) {
        const json_t *gap = json_array_get(rows, i);
        if (findings_amount(gap, "claims") == 0)
            continue;
        gap_name(w, list, gap);
        gap_cells(w, gap);
        most--;
    }
}

static void put_kinds(const struct writer *w) {
    const json_t *kinds = json_object_get(w->file->head, "kinds");
    pol_buffer_format(w->out, "\n## %s\n\n", word(w, "Findings by kind", "发现汇总"));
    pol_buffer_text(w->out, word(w, "| kind | findings | amount | meaning |\n| --- | ---: | ---: | --- |\n",
                                 "| 类型 | 发现 | 金额 | 含义 |\n| --- | ---: | ---: | --- |\n"));
    for (size_t i = 0; i < json_array_size(kinds); i++) {
        const json_t *kind = json_array_get(kinds, i);
        const char *name = findings_text(kind, "kind");
        pol_buffer_text(w->out, "|");
        cell_text(w, label(w, name, POL_FINDING_KINDS, kind_name, kind_label));
        cell_count(w, findings_amount(kind, "count"));
        cell_money(w, findings_amount(kind, "amount"));
        cell_text(w, label(w, name, POL_FINDING_KINDS, kind_name, kind_meaning));
        pol_buffer_text(w->out, "\n");
    }
}

static void put_reasons(const struct writer *w) {
    const json_t *reasons = json_object_get(w->file->head, "reasons");
    pol_buffer_format(w->out, "\n## %s\n\n", word(w, "What became of the claims", "申请判定结果"));
    head(w, 3, "| reason | claims | due |", "| 原因 | 笔数 | 应付 |");
    for (size_t i = 0; i < json_array_size(reasons); i++) {
        const json_t *reason = json_array_get(reasons, i);
        if (findings_amount(reason, "claims") == 0)
            continue;
        pol_buffer_text(w->out, "|");
        cell_text(w, label(w, findings_text(reason, "reason"), POL_REASON_COUNT, reason_name, reason_label));
        cell_count(w, findings_amount(reason, "claims"));
        cell_money(w, findings_amount(reason, "payable") + findings_amount(reason, "carried"));
        pol_buffer_text(w->out, "\n");
    }
}

/* ---- totals and cases -------------------------------------------------------------------------------------------- */

static void total(const struct writer *w, const char *english, const char *chinese, pol_wide fen) {
    pol_buffer_format(w->out, "- %s", word(w, english, chinese));
    pol_display_money(w->out, fen);
    say(w, " yuan\n", " 元\n");
}

static void put_totals(const struct writer *w) {
    const json_t *years = json_object_get(w->file->head, "years");
    pol_wide paid = 0, due = 0, over = 0, under = 0, with_paid = 0;
    for (size_t i = 0; i < json_array_size(years); i++) {
        const json_t *year = json_array_get(years, i);
        with_paid += findings_amount(year, "claims");
        paid += findings_amount(year, "paid");
        due += findings_amount(year, "due");
        over += findings_amount(year, "over");
        under += findings_amount(year, "under");
    }
    say(w, "- claims: ", "- 申请笔数：");
    pol_display_count(w->out, (uint64_t)findings_amount(w->file->head, "rows"));
    say(w, ", of which say what was paid: ", "，其中有实付金额：");
    pol_display_count(w->out, (uint64_t)with_paid);
    pol_buffer_text(w->out, "\n");
    total(w, "paid: ", "实付：", paid);
    total(w, "due for these: ", "对应应付：", due);
    total(w, "overpaid: ", "多付：", over);
    total(w, "underpaid: ", "少付：", under);
}

/* ---- what would make it better ----------------------------------------------------------------------------------- */

/* Puts the words of help; `value` puts what stands for a name in braces. */
static void put_words(const struct writer *w, enum pol_help help,
                      void (*value)(const struct writer *, const json_t *, char), const json_t *of) {
    const char *p = pol_help_words(help, w->chinese);
    pol_buffer_format(w->out, "%*s- ", w->indent, "");
    while (*p != '\0') {
        char plain[256] = "";
        size_t size = strcspn(p, "{");
        strncat(plain, p, size < sizeof plain - 1 ? size : sizeof plain - 1);
        report_markdown_text(w->out, plain);
        p += size;
        if (*p == '\0')
            break;
        size = strcspn(p, "}");
        value(w, of, p[2]);
        p += size + 1;
    }
    pol_buffer_text(w->out, "\n");
}

static void put_says(const struct writer *w, const json_t *rule, char name) {
    (void)name;
    const char *source = findings_text(rule, "source");
    report_markdown_text(w->out, source[0] != '\0' ? source : findings_text(rule, "name"));
}

/* By the second letter of a name: field, from, to, award, facts. */
static void put_fact(const struct writer *w, const json_t *better, char name) {
    const json_t *facts = json_object_get(better, "facts"), *fact = json_array_get(facts, 0);
    if (name == 'w') {
        pol_display_money(w->out, findings_amount(better, "award"));
        return;
    }
    for (size_t i = 0; name == 'a' && i < json_array_size(facts); i++) {
        fact = json_array_get(facts, i);
        say(w, i > 0 ? ", " : "", i > 0 ? "、" : "");
        report_markdown_text(w->out, json_string_value(json_array_get(fact, 0)));
        say(w, " ", " 为 ");
        report_markdown_text(w->out, json_string_value(json_array_get(fact, 2)));
    }
    if (name != 'a')
        report_markdown_text(w->out, json_string_value(json_array_get(fact, name == 'o' ? 2 : name == 'r' ? 1 : 0)));
}

static enum pol_help help_of(const json_t *finding, const json_t *rule) {
    for (int r = 0; r < POL_REASON_COUNT; r++)
        if (strcmp(findings_text(finding, "reason"), pol_reason_name((enum pol_reason)r)) == 0)
            return pol_help_of((enum pol_reason)r, json_object_get(rule, "no_award") != NULL);
    return POL_HELP_NONE;
}

static void put_better(const struct writer *w, const json_t *finding, const json_t *rule) {
    const json_t *better = json_object_get(finding, "better");
    enum pol_help help = help_of(finding, rule);
    if (strcmp(findings_text(finding, "kind"), pol_finding_name(POL_SPLIT)) == 0)
        return;
    pol_buffer_format(w->out, "%*s%s\n", w->indent, "", word(w, "What would make it better:", "怎样才会更好："));
    if (help != POL_HELP_NONE)
        put_words(w, help, put_says, rule);
    for (size_t i = 0; i < json_array_size(better); i++) {
        const json_t *one = json_array_get(better, i);
        bool single = json_array_size(json_object_get(one, "facts")) == 1;
        put_words(w, single ? POL_HELP_FACT : POL_HELP_TOGETHER, put_fact, one);
    }
    if (help == POL_HELP_NONE && json_array_size(better) == 0)
        put_words(w, POL_HELP_NONE, put_says, rule);
}

static void put_law(const struct writer *w, const json_t *clause, const char *quote) {
    const char *number = findings_text(clause, "number"), *title = findings_text(clause, "title");
    if (number[0] == '\0' && title[0] == '\0' && quote[0] == '\0')
        return;
    pol_buffer_format(w->out, "%*s§ ", w->indent, "");
    report_markdown_text(w->out, number);
    pol_buffer_text(w->out, " ");
    report_markdown_text(w->out, title);
    if (quote[0] != '\0') {
        pol_buffer_text(w->out, " “");
        report_markdown_text(w->out, quote);
        pol_buffer_text(w->out, "”");
    }
    pol_buffer_text(w->out, "  \n");
}

static void put_case(struct writer *w, uint64_t number, const json_t *finding) {
    w->indent = snprintf(NULL, 0, "%llu. ", (unsigned long long)number);
    const json_t *item = entry(w, "items", finding, "item"), *clause = entry(w, "clauses", finding, "clause");
    const json_t *rule = entry(w, "rules", finding, "rule");
    const char *quote =
        findings_text(rule, "quote")[0] != '\0' ? findings_text(rule, "quote") : findings_text(clause, "quote");
    pol_buffer_format(w->out, "%llu. **", (unsigned long long)number);
    report_markdown_text(w->out, findings_text(finding, "claim"));
    pol_buffer_format(w->out, "** — %s, ",
                      label(w, findings_text(finding, "kind"), POL_FINDING_KINDS, kind_name, kind_label));
    pol_display_money(w->out, findings_amount(finding, "amount"));
    say(w, " yuan — ", " 元 — ");
    report_markdown_text(w->out, findings_text(finding, "applicant"));
    pol_buffer_text(w->out, ", ");
    report_markdown_text(w->out, findings_text(item, "label"));
    pol_buffer_format(w->out, ", %s  \n%*s",
                      findings_text(finding, "date")[0] != '\0' ? findings_text(finding, "date") : "?", w->indent, "");
    report_markdown_text(w->out, findings_text(finding, w->chinese ? "words_zh" : "words_en"));
    pol_buffer_text(w->out, "  \n");
    put_law(w, clause, quote);
    put_better(w, finding, rule);
}

static enum pol_status put_cases(struct writer *w, uint64_t most, struct pol_error *error) {
    const json_t *kinds = json_object_get(w->file->head, "kinds");
    pol_wide all = 0;
    for (size_t i = 0; i < json_array_size(kinds); i++)
        all += findings_amount(json_array_get(kinds, i), "count");
    pol_buffer_format(w->out, "\n## %s\n\n", word(w, "Cases", "明细"));
    if (all > (pol_wide)most) {
        pol_buffer_format(w->out, word(w, "The %llu largest of ", "金额最大的 %llu 项，共 "), (unsigned long long)most);
        pol_display_count(w->out, (uint64_t)all);
        say(w, "; all of them are in findings.csv.\n\n", " 项，全部见 findings.csv。\n\n");
    }
    enum pol_status status = POL_STATUS_OK;
    for (uint64_t i = 0; i < most && status == POL_STATUS_OK; i++) {
        json_t *finding;
        status = findings_next(w->file, &finding, error);
        if (finding == NULL)
            break;
        put_case(w, i + 1, finding);
        json_decref(finding);
    }
    if (all == 0)
        say(w, "None.\n", "无。\n");
    return status;
}

enum pol_status report_markdown(struct findings_file *file, uint64_t most, bool chinese, struct pol_buffer *out,
                                struct pol_error *error) {
    struct writer w = {file, chinese, out, 0};
    const json_t *policy = json_object_get(file->head, "policy");
    say(&w, "# Audit: ", "# 审计报告：");
    report_markdown_text(out, findings_text(policy, "title"));
    pol_buffer_text(out, "\n\n");
    report_markdown_text(out, findings_text(policy, "name"));
    pol_buffer_text(out, " ");
    report_markdown_text(out, findings_text(policy, "version"));
    pol_buffer_text(out, "\n\n");
    put_totals(&w);
    put_kinds(&w);
    put_reasons(&w);
    gaps(&w, "items", "By item", "按事项", SIZE_MAX);
    gaps(&w, "clauses", "By clause", "按条款", SIZE_MAX);
    gaps(&w, "years", "By year", "按年度", SIZE_MAX);
    gaps(&w, "applicants", "By applicant (the largest differences)", "按申请人（差额最大的）", 20);
    return put_cases(&w, most, error);
}
