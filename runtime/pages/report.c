/* A report from findings.json: the page, or Markdown (markdown.c). */
#include "pages/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "audit/json.h"
#include "ledger/fail.h"
#include "pages/markdown.h"
#include "pages/page.h"

enum { MOST_ON_A_PAGE = 100000, MOST_AS_TEXT = 200 };

/* ---- the page's data --------------------------------------------------------------------------------------------- */

static void put_value(struct pol_buffer *out, const json_t *value) {
    pol_wide number = 0;
    pol_json_next(out);
    if (json_is_string(value))
        pol_json_text(out, json_string_value(value), json_string_length(value));
    else if (findings_wide(value, &number))
        pol_json_number(out, number);
    else
        pol_buffer_text(out, "null");
}

/* [[[[field, from, to] ...], award] ...]; nothing where nobody asked. */
static void put_better(struct pol_buffer *out, const json_t *better) {
    if (better == NULL)
        return;
    pol_buffer_text(out, ",[");
    for (size_t i = 0; i < json_array_size(better); i++) {
        const json_t *one = json_array_get(better, i), *facts = json_object_get(one, "facts");
        pol_json_next(out);
        pol_buffer_text(out, "[[");
        for (size_t k = 0; k < json_array_size(facts); k++) {
            pol_json_next(out);
            pol_buffer_text(out, "[");
            for (size_t part = 0; part < 3; part++)
                put_value(out, json_array_get(json_array_get(facts, k), part));
            pol_buffer_text(out, "]");
        }
        pol_buffer_text(out, "],");
        pol_json_number(out, findings_amount(one, "award"));
        pol_buffer_text(out, "]");
    }
    pol_buffer_text(out, "]");
}

/* In the order of NAMES in page.js. */
static void put_case(struct pol_buffer *out, const json_t *finding) {
    static const char *const before[] = {"kind",   "claim", "applicant", "item",   "date",
                                         "clause", "rule",  "decision",  "reason", NULL};
    static const char *const amounts[] = {"entitled", "payable", "carried", "paid", "due", "amount", NULL};
    const json_t *award = json_object_get(finding, "award"), *others = json_object_get(finding, "other_claims");
    pol_json_next(out);
    pol_buffer_text(out, "\n[");
    for (const char *const *name = before; *name != NULL; name++)
        put_value(out, json_object_get(finding, *name));
    award = award != NULL ? award : json_object_get(finding, "threshold");
    put_value(out, award != NULL ? award : json_object_get(finding, "as_one"));
    for (const char *const *name = amounts; *name != NULL; name++) {
        pol_json_next(out);
        pol_json_number(out, findings_amount(finding, *name));
    }
    pol_buffer_text(out, ",[");
    for (size_t i = 0; i < json_array_size(others); i++)
        put_value(out, json_array_get(others, i));
    pol_buffer_text(out, "]");
    put_value(out, json_object_get(finding, "other_count"));
    put_value(out, json_object_get(finding, "sentence"));
    put_better(out, json_object_get(finding, "better"));
    if (json_object_get(finding, "edge") != NULL) { /* a split, of which nobody asked what would make it better */
        pol_buffer_text(out, ",null");
        put_value(out, json_object_get(finding, "field"));
        put_value(out, json_object_get(finding, "edge"));
    }
    pol_buffer_text(out, "]");
}

static void put_line(struct pol_buffer *out, const struct pol_buffer *english, const struct pol_buffer *chinese) {
    pol_json_next(out);
    out->failed |= english->failed || chinese->failed;
    pol_buffer_text(out, "[");
    pol_json_text(out, english->data, english->size);
    pol_buffer_text(out, ",");
    pol_json_text(out, chinese->data, chinese->size);
    pol_buffer_text(out, "]");
}

/* What stands below the title: issuer and version; the name and digest of the object; the as-of year. */
static void put_lines(struct pol_buffer *out, const json_t *head) {
    const json_t *policy = json_object_get(head, "policy");
    const char *issuer = findings_text(policy, "issuer"), *version = findings_text(policy, "version");
    struct pol_buffer line = {0}, chinese = {0};
    pol_json_name(out, "lines");
    pol_buffer_text(out, "[");
    pol_buffer_format(&line, "%s%s%s", issuer, issuer[0] != '\0' && version[0] != '\0' ? " · " : "", version);
    if (line.size > 0)
        put_line(out, &line, &line);
    line.size = 0;
    pol_buffer_format(&line, "%s · %.16s… · as of %d", findings_text(policy, "name"), findings_text(policy, "object"),
                      (int)findings_amount(head, "as_of"));
    pol_buffer_format(&chinese, "%s · %.16s… · 截至 %d 年", findings_text(policy, "name"),
                      findings_text(policy, "object"), (int)findings_amount(head, "as_of"));
    put_line(out, &line, &chinese);
    pol_buffer_text(out, "]");
    pol_buffer_free(&line);
    pol_buffer_free(&chinese);
}

static void put_title(struct pol_buffer *out, const char *title) {
    struct pol_buffer english = {0}, chinese = {0};
    pol_json_name(out, "title");
    pol_buffer_format(&english, "Audit: %s", title);
    pol_buffer_format(&chinese, "审计报告：%s", title);
    put_line(out, &english, &chinese);
    pol_buffer_free(&english);
    pol_buffer_free(&chinese);
}

static bool put_head(struct pol_buffer *out, const json_t *head, enum pol_report_language language) {
    static const char *const lists[] = {"rows",         "reasons",      "kinds",      "items",           "clauses",
                                        "rules",        "years",        "applicants", "applicant_count", "exact",
                                        "over_by_size", "under_by_size"};
    pol_buffer_text(out, "{\"view\":\"audit\"");
    if (language != POL_REPORT_ANY)
        pol_buffer_format(out, ",\"lang\":\"%s\"", language == POL_REPORT_CHINESE ? "zh" : "en");
    put_title(out, findings_text(json_object_get(head, "policy"), "title"));
    put_lines(out, head);
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        char *value = json_dumps(json_object_get(head, lists[i]), JSON_COMPACT | JSON_ENCODE_ANY);
        pol_json_name(out, lists[i]);
        pol_buffer_text(out, value != NULL ? value : "null");
        out->failed |= value == NULL;
        free(value);
    }
    report_words(out);
    return !out->failed;
}

static enum pol_status make_page(struct findings_file *file, const struct pol_report_options *options,
                                 struct pol_buffer *out, struct pol_error *error) {
    struct pol_buffer data = {0};
    uint64_t most = options->most > 0 ? options->most : MOST_ON_A_PAGE;
    enum pol_status status =
        put_head(&data, file->head, options->language) ? POL_STATUS_OK : pol_ledger_no_memory(error);
    pol_json_name(&data, "cases");
    pol_buffer_text(&data, "[");
    for (uint64_t i = 0; i < most && status == POL_STATUS_OK; i++) {
        json_t *finding;
        status = findings_next(file, &finding, error);
        if (finding == NULL)
            break;
        put_case(&data, finding);
        json_decref(finding);
    }
    pol_buffer_text(&data, "]}");
    if (status == POL_STATUS_OK)
        report_page(out, REPORT_VIEW_AUDIT, findings_text(json_object_get(file->head, "policy"), "title"), &data);
    pol_buffer_free(&data);
    return status;
}

enum pol_status pol_report_make(const char *directory, const struct pol_report_options *options, struct pol_buffer *out,
                                struct pol_error *error) {
    struct findings_file file;
    enum pol_status status = findings_open(directory, &file, error);
    if (status == POL_STATUS_OK) {
        switch (options->format) {
        case POL_REPORT_HTML:
            status = make_page(&file, options, out, error);
            break;
        case POL_REPORT_MARKDOWN:
            status = report_markdown(&file, options->most > 0 ? options->most : MOST_AS_TEXT,
                                     options->language == POL_REPORT_CHINESE, out, error);
            break;
        }
    }
    findings_close(&file);
    return status == POL_STATUS_OK && out->failed ? pol_ledger_no_memory(error) : status;
}
