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
    record_put_text(s->report, object, "uri", text_of_buffer(&uri));
    if (!absolute && s->report->folder.size)
        record_put(s->report, object, "uriBaseId", json_string(base_id));
}

/* The index of a file among the artifacts; it joins them. */
static size_t artifact_of(struct sarif *s, json_t *location) {
    size_t count = json_array_size(s->artifacts);
    for (size_t i = 0; i < count; i++) {
        const json_t *known = json_object_get(json_array_get(s->artifacts, i), "location");
        if (text_equal(record_text(known, "uri"), record_text(location, "uri")))
            return i;
    }
    json_t *artifact = record_element(s->report, s->artifacts), *own = record_object(s->report, artifact, "location");
    if (json_object_update(own, location) != 0)
        s->report->failed = true;
    record_put(s->report, artifact, "encoding", json_string("UTF-8"));
    return count;
}

static void put_artifact(struct sarif *s, json_t *object, const char *key, struct text path) {
    json_t *location = record_object(s->report, object, key);
    put_uri(s, location, record_path(s->report, path, s->arena));
    record_put_count(s->report, location, "index", artifact_of(s, location));
}

/* ---- places --------------------------------------------------------------------------------------------------------
 */

static void put_region(struct sarif *s, json_t *object, const char *key, const json_t *place) {
    const json_t *start = json_object_get(place, "start"), *end = json_object_get(place, "end");
    if (!start)
        return;
    json_t *region = record_object(s->report, object, key);
    record_put_count(s->report, region, "startLine", record_count(start, "line"));
    record_put_count(s->report, region, "startColumn", record_count(start, "utf16"));
    record_put_count(s->report, region, "endLine", record_count(end, "line"));
    record_put_count(s->report, region, "endColumn", record_count(end, "utf16"));
}

static void put_physical(struct sarif *s, json_t *location, const json_t *place) {
    json_t *physical = record_object(s->report, location, "physicalLocation");
    put_artifact(s, physical, "artifactLocation", record_text(place, "file"));
    put_region(s, physical, "region", place);
}

static void put_message(struct sarif *s, json_t *object, const char *key, struct text t) {
    record_put_text(s->report, record_object(s->report, object, key), "text", t);
}

/* The clause, and the item in it. */
static void put_logical(struct sarif *s, json_t *location, const json_t *record) {
    struct text clause = record_text(record, "clause"), item = record_text(record, "item");
    if (!clause.size)
        return;
    json_t *value = record_element(s->report, record_array(s->report, location, "logicalLocations"));
    record_put_text(s->report, value, "name", item.size ? item : clause);
    struct text whole = text_format(s->arena, "%.*s/%.*s", TEXT_ARG(clause), TEXT_ARG(item));
    record_put_text(s->report, value, "fullyQualifiedName", item.size ? whole : clause);
    record_put(s->report, value, "kind", json_string(item.size ? "item" : "clause"));
}

static void put_related(struct sarif *s, json_t *result, const json_t *labels) {
    if (!json_array_size(labels))
        return;
    json_t *related = record_array(s->report, result, "relatedLocations");
    for (size_t i = 0; i < json_array_size(labels); i++) {
        const json_t *label = json_array_get(labels, i);
        json_t *location = record_element(s->report, related);
        record_put_count(s->report, location, "id", i + 1);
        put_physical(s, location, label);
        put_message(s, location, "message", record_text(label, "message"));
    }
}

/* ---- results -------------------------------------------------------------------------------------------------------
 */

static void put_fix(struct sarif *s, json_t *result, const json_t *fix) {
    if (!json_object_get(fix, "start"))
        return;
    json_t *value = record_element(s->report, record_array(s->report, result, "fixes"));
    struct text words = record_text(fix, "text");
    put_message(s, value, "description", text_format(s->arena, tr("write `%.*s`"), TEXT_ARG(words)));
    json_t *change = record_element(s->report, record_array(s->report, value, "artifactChanges"));
    put_artifact(s, change, "artifactLocation", record_text(fix, "file"));
    json_t *replacement = record_element(s->report, record_array(s->report, change, "replacements"));
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
    json_t *rule = record_element(s->report, s->rules);
    record_put_text(s->report, rule, "id", code);
    put_message(s, rule, "shortDescription", record_text(record, "title"));
    put_message(s, rule, "fullDescription", text_of(report_explanation(code)));
    put_message(s, rule, "help", text_of(report_explanation(code)));
    json_t *configuration = record_object(s->report, rule, "defaultConfiguration");
    record_put(s->report, configuration, "level", json_string(code.size && code.data[0] == 'E' ? "error" : "warning"));
    return count;
}

/* Where one result of a run has the member, all have. */
static void put_suppressions(struct sarif *s, json_t *result, const json_t *record) {
    if (json_array_size(s->report->accepted) == 0)
        return;
    json_t *list = record_array(s->report, result, "suppressions");
    if (!json_object_get(record, "accepted"))
        return;
    json_t *value = record_element(s->report, list);
    struct text reason = record_text(record, "accepted");
    record_put(s->report, value, "kind", json_string("inSource"));
    if (reason.size)
        record_put_text(s->report, value, "justification", reason);
}

static void add_result(struct sarif *s, const json_t *record) {
    json_t *result = record_element(s->report, s->results);
    record_put_text(s->report, result, "ruleId", record_text(record, "code"));
    record_put_count(s->report, result, "ruleIndex", rule_of(s, record));
    record_put_text(s->report, result, "level", record_text(record, "severity"));
    put_message(s, result, "message", whole_message(s, record));
    json_t *location = record_element(s->report, record_array(s->report, result, "locations"));
    put_physical(s, location, record);
    put_logical(s, location, record);
    put_related(s, result, json_object_get(record, "labels"));
    struct text print = record_text(record, "fingerprint");
    json_t *prints = record_object(s->report, result, "partialFingerprints");
    record_put_text(s->report, prints, "primaryLocationLineHash", print); /* what GitHub looks at */
    record_put_text(s->report, prints, "polFinding/v1", print);
    put_fix(s, result, json_object_get(record, "fix"));
    put_suppressions(s, result, record);
}

/* ---- the run -------------------------------------------------------------------------------------------------------
 */

/* What kept polc from doing its work, file by file. */
static void put_invocation(struct sarif *s, json_t *run, int code) {
    json_t *invocation = record_element(s->report, record_array(s->report, run, "invocations"));
    record_put(s->report, invocation, "executionSuccessful", json_boolean(code <= 1));
    record_put(s->report, invocation, "exitCode", json_integer(code));
    json_t *list = record_array(s->report, invocation, "toolExecutionNotifications");
    for (size_t i = 0; i < json_array_size(s->report->files); i++) {
        const json_t *file = json_array_get(s->report->files, i);
        if (!json_object_get(file, "message"))
            continue;
        json_t *notification = record_element(s->report, list);
        record_put(s->report, notification, "level", json_string("error"));
        put_message(s, notification, "message", record_text(file, "message"));
        json_t *location = record_element(s->report, record_array(s->report, notification, "locations"));
        put_artifact(s, record_object(s->report, location, "physicalLocation"), "artifactLocation",
                     record_text(file, "path"));
    }
}

static void put_folder(struct sarif *s, json_t *run) {
    if (!s->report->folder.size)
        return;
    json_t *bases = record_object(s->report, run, "originalUriBaseIds");
    put_uri(s, record_object(s->report, bases, base_id), text_format(s->arena, "%.*s/", TEXT_ARG(s->report->folder)));
}

static void put_driver(struct sarif *s, json_t *run) {
    json_t *driver = record_object(s->report, record_object(s->report, run, "tool"), "driver");
    record_put(s->report, driver, "name", json_string("polc"));
    record_put(s->report, driver, "version", json_string(POL_VERSION));
    record_put(s->report, driver, "semanticVersion", json_string(POL_VERSION));
    s->rules = record_array(s->report, driver, "rules");
}

void report_sarif(struct report *r, int code, json_t *document, struct arena *arena) {
    struct sarif s = {.report = r, .arena = arena};
    record_put(r, document, "$schema",
               json_string("https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/"
                           "sarif-schema-2.1.0.json"));
    record_put(r, document, "version", json_string("2.1.0"));
    json_t *run = record_element(r, record_array(r, document, "runs"));
    put_driver(&s, run);
    record_put(r, run, "language", json_string(strcmp(r->language, "zh") == 0 ? "zh-CN" : "en"));
    record_put(r, run, "columnKind", json_string("utf16CodeUnits"));
    put_folder(&s, run);
    s.artifacts = record_array(r, run, "artifacts");
    for (size_t i = 0; i < json_array_size(r->files); i++) {
        json_t *holder = json_object();
        put_artifact(&s, holder, "file", record_text(json_array_get(r->files, i), "path"));
        json_decref(holder);
    }
    s.results = record_array(r, run, "results");
    for (size_t i = 0; i < json_array_size(r->diagnostics); i++)
        add_result(&s, json_array_get(r->diagnostics, i));
    for (size_t i = 0; i < json_array_size(r->accepted); i++)
        add_result(&s, json_array_get(r->accepted, i));
    put_invocation(&s, run, code);
}
