/* report_sarif.c - SARIF 2.1.0 (OASIS): one run, the rules of what was found, a result for each record. */
#include <string.h>

#include "report/record.h"
#include "tr.h"

static const char base_id[] = "SRCROOT";

/* What a document is being made of. */
struct sarif {
    struct report *report;
    struct arena *arena;
    json_t *artifacts, *rules, *results, *notifications;
};

/* ---- files ---------------------------------------------------------------------------------------------------------
 */

static void add_uri_path(struct text_buffer *out, struct text path) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/!$&'()*+,;=@";
    for (size_t i = 0; i < path.size; i++)
        if (path.data[i] && strchr(plain, path.data[i]))
            text_add(out, (struct text){path.data + i, 1});
        else
            text_addf(out, "%%%02X", (unsigned)(unsigned char)path.data[i]);
}

static void put_uri(struct sarif *s, json_t *object, struct text path) {
    struct text_buffer uri = {.arena = s->arena};
    bool absolute = path.size && path.data[0] == '/';
    if (absolute)
        text_add(&uri, TEXT("file://"));
    add_uri_path(&uri, path);
    value_put_text(&s->report->failed, object, "uri", text_of_buffer(&uri));
    if (!absolute && s->report->folder.size)
        value_put(&s->report->failed, object, "uriBaseId", json_string(base_id));
}

/* The index of a file among the artifacts; it joins them. */
static size_t artifact_of(struct sarif *s, json_t *location) {
    size_t count = json_array_size(s->artifacts);
    for (size_t i = 0; i < count; i++) {
        const json_t *known = json_object_get(json_array_get(s->artifacts, i), "location");
        if (text_equal(record_text(known, "uri"), record_text(location, "uri")))
            return i;
    }
    json_t *artifact = value_element(&s->report->failed, s->artifacts),
           *own = value_object(&s->report->failed, artifact, "location");
    if (json_object_update(own, location) != 0)
        s->report->failed = true;
    value_put(&s->report->failed, artifact, "encoding", json_string("UTF-8"));
    return count;
}

static void put_artifact(struct sarif *s, json_t *object, const char *key, struct text path) {
    json_t *location = value_object(&s->report->failed, object, key);
    put_uri(s, location, record_path(s->report, path, s->arena));
    value_put_count(&s->report->failed, location, "index", artifact_of(s, location));
}

/* ---- places --------------------------------------------------------------------------------------------------------
 */

static void put_region(struct sarif *s, json_t *object, const char *key, const json_t *place) {
    const json_t *start = json_object_get(place, "start"), *end = json_object_get(place, "end");
    if (!start)
        return;
    json_t *region = value_object(&s->report->failed, object, key);
    value_put_count(&s->report->failed, region, "startLine", record_count(start, "line"));
    value_put_count(&s->report->failed, region, "startColumn", record_count(start, "utf16"));
    value_put_count(&s->report->failed, region, "endLine", record_count(end, "line"));
    value_put_count(&s->report->failed, region, "endColumn", record_count(end, "utf16"));
}

static void put_physical(struct sarif *s, json_t *location, const json_t *place) {
    json_t *physical = value_object(&s->report->failed, location, "physicalLocation");
    put_artifact(s, physical, "artifactLocation", record_text(place, "file"));
    put_region(s, physical, "region", place);
}

static void put_message(struct sarif *s, json_t *object, const char *key, struct text t) {
    value_put_text(&s->report->failed, value_object(&s->report->failed, object, key), "text", t);
}

/* The clause, and the item in it. */
static void put_logical(struct sarif *s, json_t *location, const json_t *record) {
    struct text clause = record_text(record, "clause"), item = record_text(record, "item");
    if (!clause.size)
        return;
    json_t *value = value_element(&s->report->failed, value_array(&s->report->failed, location, "logicalLocations"));
    value_put_text(&s->report->failed, value, "name", item.size ? item : clause);
    struct text whole = text_format(s->arena, "%.*s/%.*s", TEXT_ARG(clause), TEXT_ARG(item));
    value_put_text(&s->report->failed, value, "fullyQualifiedName", item.size ? whole : clause);
    value_put(&s->report->failed, value, "kind", json_string(item.size ? "item" : "clause"));
}

static void put_related(struct sarif *s, json_t *result, const json_t *labels) {
    if (!json_array_size(labels))
        return;
    json_t *related = value_array(&s->report->failed, result, "relatedLocations");
    for (size_t i = 0; i < json_array_size(labels); i++) {
        const json_t *label = json_array_get(labels, i);
        json_t *location = value_element(&s->report->failed, related);
        value_put_count(&s->report->failed, location, "id", i + 1);
        put_physical(s, location, label);
        put_message(s, location, "message", record_text(label, "message"));
    }
}

/* ---- results -------------------------------------------------------------------------------------------------------
 */

static void put_fix(struct sarif *s, json_t *result, const json_t *fix) {
    if (!json_object_get(fix, "start"))
        return;
    json_t *value = value_element(&s->report->failed, value_array(&s->report->failed, result, "fixes"));
    struct text words = record_text(fix, "text");
    put_message(s, value, "description", text_format(s->arena, tr("write `%.*s`"), TEXT_ARG(words)));
    json_t *change = value_element(&s->report->failed, value_array(&s->report->failed, value, "artifactChanges"));
    put_artifact(s, change, "artifactLocation", record_text(fix, "file"));
    json_t *replacement = value_element(&s->report->failed, value_array(&s->report->failed, change, "replacements"));
    put_region(s, replacement, "deletedRegion", fix);
    put_message(s, replacement, "insertedContent", words);
}

static void add_lines(struct text_buffer *out, const json_t *lines, const char *word) {
    for (size_t i = 0; i < json_array_size(lines); i++)
        text_addf(out, "\n%s: %s", word, json_string_value(json_array_get(lines, i)));
}

/* The message with its caret's words, notes and helps: viewers show nothing else. */
static struct text whole_message(struct sarif *s, const json_t *record) {
    struct text_buffer out = {.arena = s->arena};
    text_add(&out, record_text(record, "message"));
    struct text caret = record_text(record, "caret");
    if (caret.size)
        text_addf(&out, " (%.*s)", TEXT_ARG(caret));
    add_lines(&out, json_object_get(record, "notes"), tr("note"));
    add_lines(&out, json_object_get(record, "helps"), tr("help"));
    return text_of_buffer(&out);
}

static size_t rule_of(struct sarif *s, const json_t *record) {
    struct text code = record_text(record, "code");
    size_t count = json_array_size(s->rules);
    for (size_t i = 0; i < count; i++)
        if (text_equal(record_text(json_array_get(s->rules, i), "id"), code))
            return i;
    json_t *rule = value_element(&s->report->failed, s->rules);
    value_put_text(&s->report->failed, rule, "id", code);
    put_message(s, rule, "shortDescription", record_text(record, "title"));
    put_message(s, rule, "fullDescription", text_of(report_explanation(code)));
    put_message(s, rule, "help", text_of(report_explanation(code)));
    json_t *configuration = value_object(&s->report->failed, rule, "defaultConfiguration");
    value_put(&s->report->failed, configuration, "level",
              json_string(code.size && code.data[0] == 'E' ? "error" : "warning"));
    return count;
}

/* Where one result of a run has the member, all have. */
static void put_suppressions(struct sarif *s, json_t *result, const json_t *record) {
    if (json_array_size(s->report->accepted) == 0)
        return;
    json_t *list = value_array(&s->report->failed, result, "suppressions");
    if (!json_object_get(record, "accepted"))
        return;
    json_t *value = value_element(&s->report->failed, list);
    struct text reason = record_text(record, "accepted");
    value_put(&s->report->failed, value, "kind", json_string("inSource"));
    if (reason.size)
        value_put_text(&s->report->failed, value, "justification", reason);
}

static void add_result(struct sarif *s, const json_t *record) {
    json_t *result = value_element(&s->report->failed, s->results);
    value_put_text(&s->report->failed, result, "ruleId", record_text(record, "code"));
    value_put_count(&s->report->failed, result, "ruleIndex", rule_of(s, record));
    value_put_text(&s->report->failed, result, "level", record_text(record, "severity"));
    put_message(s, result, "message", whole_message(s, record));
    json_t *location = value_element(&s->report->failed, value_array(&s->report->failed, result, "locations"));
    put_physical(s, location, record);
    put_logical(s, location, record);
    put_related(s, result, json_object_get(record, "labels"));
    struct text print = record_text(record, "fingerprint");
    json_t *prints = value_object(&s->report->failed, result, "partialFingerprints");
    value_put_text(&s->report->failed, prints, "primaryLocationLineHash", print); /* what GitHub looks at */
    value_put_text(&s->report->failed, prints, "polFinding/v1", print);
    put_fix(s, result, json_object_get(record, "fix"));
    put_suppressions(s, result, record);
}

/* ---- the run -------------------------------------------------------------------------------------------------------
 */

/* What kept polc from doing its work, file by file. */
static void put_invocation(struct sarif *s, json_t *run, int code) {
    json_t *invocation = value_element(&s->report->failed, value_array(&s->report->failed, run, "invocations"));
    value_put(&s->report->failed, invocation, "executionSuccessful", json_boolean(code <= 1));
    value_put(&s->report->failed, invocation, "exitCode", json_integer(code));
    json_t *list = value_array(&s->report->failed, invocation, "toolExecutionNotifications");
    for (size_t i = 0; i < json_array_size(s->report->files); i++) {
        const json_t *file = json_array_get(s->report->files, i);
        if (!json_object_get(file, "message"))
            continue;
        json_t *notification = value_element(&s->report->failed, list);
        value_put(&s->report->failed, notification, "level", json_string("error"));
        put_message(s, notification, "message", record_text(file, "message"));
        json_t *location =
            value_element(&s->report->failed, value_array(&s->report->failed, notification, "locations"));
        put_artifact(s, value_object(&s->report->failed, location, "physicalLocation"), "artifactLocation",
                     record_text(file, "path"));
    }
}

static void put_folder(struct sarif *s, json_t *run) {
    if (!s->report->folder.size)
        return;
    json_t *bases = value_object(&s->report->failed, run, "originalUriBaseIds");
    put_uri(s, value_object(&s->report->failed, bases, base_id),
            text_format(s->arena, "%.*s/", TEXT_ARG(s->report->folder)));
}

static void put_driver(struct sarif *s, json_t *run) {
    json_t *driver = value_object(&s->report->failed, value_object(&s->report->failed, run, "tool"), "driver");
    value_put(&s->report->failed, driver, "name", json_string("polc"));
    value_put(&s->report->failed, driver, "version", json_string(POL_VERSION));
    value_put(&s->report->failed, driver, "semanticVersion", json_string(POL_VERSION));
    s->rules = value_array(&s->report->failed, driver, "rules");
}

void report_sarif(struct report *r, int code, json_t *document, struct arena *arena) {
    struct sarif s = {.report = r, .arena = arena};
    value_put(&r->failed, document, "$schema",
              json_string("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
                          "sarif-schema-2.1.0.json"));
    value_put(&r->failed, document, "version", json_string("2.1.0"));
    json_t *run = value_element(&r->failed, value_array(&r->failed, document, "runs"));
    put_driver(&s, run);
    value_put(&r->failed, run, "language", json_string(strcmp(r->language, "zh") == 0 ? "zh-CN" : "en"));
    value_put(&r->failed, run, "columnKind", json_string("utf16CodeUnits"));
    put_folder(&s, run);
    s.artifacts = value_array(&r->failed, run, "artifacts");
    for (size_t i = 0; i < json_array_size(r->files); i++) {
        json_t *holder = json_object();
        put_artifact(&s, holder, "file", record_text(json_array_get(r->files, i), "path"));
        json_decref(holder);
    }
    s.results = value_array(&r->failed, run, "results");
    for (size_t i = 0; i < json_array_size(r->diagnostics); i++)
        add_result(&s, json_array_get(r->diagnostics, i));
    for (size_t i = 0; i < json_array_size(r->accepted); i++)
        add_result(&s, json_array_get(r->accepted, i));
    put_invocation(&s, run, code);
}
