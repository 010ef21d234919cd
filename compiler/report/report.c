/* report.c - from diagnostics to records, and the JSON document. */
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digest.h"
#include "report/record.h"

enum { SCHEMA_VERSION = 1 };
static const size_t DIGEST_SHOWN = 16; /* bytes */

struct report *report_new(struct text folder, const char *language) {
    struct report *r = calloc(1, sizeof *r);
    char *copy = r ? malloc(folder.size + 1) : NULL;
    if (!copy) {
        free(r);
        return NULL;
    }
    if (folder.size)
        memcpy(copy, folder.data, folder.size);
    r->folder = (struct text){copy, folder.size == 1 ? 0 : folder.size}; /* below "/" paths are absolute anyway */
    r->language = language;
    r->files = json_array();
    r->diagnostics = json_array();
    r->accepted = json_array();
    r->failed = !r->files || !r->diagnostics || !r->accepted;
    return r;
}

void report_free(struct report *r) {
    if (!r)
        return;
    json_decref(r->files);
    json_decref(r->diagnostics);
    json_decref(r->accepted);
    json_decref(r->pending);
    free((char *)(uintptr_t)r->folder.data);
    free(r);
}

bool report_failed(const struct report *r) {
    return r->failed;
}

static json_t *file_at_hand(const struct report *r) {
    return json_array_get(r->files, json_array_size(r->files) - 1);
}

void report_begin(struct report *r, struct text path) {
    json_t *file = value_element(&r->failed, r->files);
    value_put_text(&r->failed, file, "path", path);
    value_put(&r->failed, file, "status", json_string("failed"));
    json_decref(r->pending);
    r->pending = json_array();
}

void report_count(struct report *r, const char *what, size_t count) {
    value_put_count(&r->failed, file_at_hand(r), what, count);
}

static const char *status_name(int code) {
    switch (code) {
    case 0:
        return "clean";
    case 1:
        return "found";
    case 3:
        return "unusable";
    default: /* exit codes are open-ended */
        return "failed";
    }
}

void report_end(struct report *r, int code) {
    value_put(&r->failed, file_at_hand(r), "status", json_string(status_name(code)));
    for (size_t i = 0; i < json_array_size(r->pending); i++) {
        json_t *record = json_array_get(r->pending, i);
        value_append(&r->failed, json_object_get(record, "accepted") ? r->accepted : r->diagnostics,
                     json_incref(record));
    }
    json_decref(r->pending);
    r->pending = NULL;
}

/* ---- places --------------------------------------------------------------------------------------------------------
 */

/* Line and columns of an offset: characters, and units of UTF-16; the offset is in bytes of the file, from 0. */
static void put_place(struct report *r, json_t *object, const char *key, const struct sources *sources,
                      uint32_t offset) {
    struct place place = sources_place(sources, offset);
    const struct source *file = sources_find(sources, offset);
    json_t *value = value_object(&r->failed, object, key);
    size_t units = place.column;
    for (size_t i = 0; file && i < offset - place.line_lo; i++)
        units += (unsigned char)file->bytes.data[place.line_lo - file->base + i] >= 0xf0; /* beyond the basic plane */
    value_put_count(&r->failed, value, "line", place.line);
    value_put_count(&r->failed, value, "column", place.column);
    value_put_count(&r->failed, value, "utf16", units);
    value_put_count(&r->failed, value, "offset", file ? offset - file->base : 0);
}

/* "file", "start" and "end"; nothing for what has no place. */
static bool put_span(struct report *r, json_t *object, const struct sources *sources, struct span span) {
    const struct source *file = span.lo ? sources_find(sources, span.lo) : NULL;
    if (!file)
        return false;
    uint32_t end = file->base + (uint32_t)file->bytes.size, hi = span.hi < span.lo ? span.lo : span.hi;
    value_put_text(&r->failed, object, "file", file->path);
    put_place(r, object, "start", sources, span.lo);
    put_place(r, object, "end", sources, hi > end ? end : hi);
    return true;
}

static bool holds(struct span outer, struct span inner) {
    return inner.lo && inner.lo >= outer.lo && inner.lo < outer.hi;
}

/* The clause and the item that a place is in; empty outside. */
static void find_rule(const struct ast_policy *ast, struct span span, struct text *clause, struct text *item) {
    *clause = *item = TEXT("");
    for (const struct ast_clause *c = ast ? ast->clauses : NULL; c; c = c->next) {
        if (!holds(c->span, span))
            continue;
        *clause = c->number.text;
        for (const struct ast_stmt *s = c->body; s; s = s->next)
            if (s->kind == AST_ITEM && holds(s->span, span))
                *item = s->name.text;
    }
}

/* ---- fingerprints --------------------------------------------------------------------------------------------------
 */

/* Words are told apart by one blank, however they are set apart in the file. */
static void digest_words(struct pol_sha256 *h, struct text t) {
    bool blank = false, any = false;
    for (size_t i = 0; i < t.size; i++) {
        bool space = t.data[i] == ' ' || t.data[i] == '\t' || t.data[i] == '\r' || t.data[i] == '\n';
        if (!space && blank && any)
            pol_sha256_add(h, " ", 1);
        if (!space)
            pol_sha256_add(h, t.data + i, 1);
        blank = space;
        any |= !space;
    }
    pol_sha256_add(h, "", 1);
}

static void put_fingerprint(struct report *r, json_t *record, const char *code, struct text clause, struct text item,
                            struct text words) {
    struct pol_sha256 hash;
    uint8_t digest[32];
    char name[sizeof digest * 2 + 1];
    pol_sha256_init(&hash);
    pol_sha256_add(&hash, code, strlen(code) + 1);
    digest_words(&hash, clause);
    digest_words(&hash, item);
    digest_words(&hash, words);
    pol_sha256_end(&hash, digest);
    for (size_t i = 0; i < DIGEST_SHOWN; i++)
        snprintf(name + 2 * i, 3, "%02x", digest[i]);
    size_t equals = 1;
    for (size_t i = 0; i < json_array_size(r->pending); i++) {
        struct text other = record_text(json_array_get(r->pending, i), "fingerprint");
        equals += other.size > DIGEST_SHOWN * 2 && memcmp(other.data, name, DIGEST_SHOWN * 2) == 0;
    }
    value_put(&r->failed, record, "fingerprint", json_sprintf("%s:%zu", name, equals));
}

/* ---- records -------------------------------------------------------------------------------------------------------
 */

static const char *severity_name(enum diag_severity severity) {
    switch (severity) {
    case DIAG_ERROR:
        return "error";
    case DIAG_WARNING:
        return "warning";
    case DIAG_NOTE:
        return "note";
    }
    return "";
}

static void put_lines(struct report *r, json_t *record, const char *key, const struct diag_line *lines) {
    json_t *array = value_array(&r->failed, record, key);
    for (; lines; lines = lines->next) {
        json_t *holder = json_object();
        value_put_text(&r->failed, holder, "text", lines->text);
        if (json_array_append(array, json_object_get(holder, "text")) != 0)
            r->failed = true;
        json_decref(holder);
    }
}

static void put_labels(struct report *r, json_t *record, const struct sources *sources,
                       const struct diag_label *label) {
    json_t *array = value_array(&r->failed, record, "labels");
    for (; label; label = label->next) {
        if (!label->span.lo || !sources_find(sources, label->span.lo))
            continue;
        json_t *value = value_element(&r->failed, array);
        value_put_text(&r->failed, value, "message", label->text);
        put_span(r, value, sources, label->span);
    }
}

static void put_fix(struct report *r, json_t *record, const struct sources *sources, const struct diag *d) {
    if (!d->has_fix)
        return;
    json_t *fix = value_object(&r->failed, record, "fix");
    put_span(r, fix, sources, d->fix_span);
    value_put_text(&r->failed, fix, "text", d->fix_text);
}

static void add(struct report *r, const struct sources *sources, const struct diag *d, const struct ast_policy *ast) {
    struct text clause, item, words = d->span.lo ? sources_text(sources, d->span) : TEXT("");
    find_rule(ast, d->span, &clause, &item);
    json_t *record = value_element(&r->failed, r->pending);
    value_put(&r->failed, record, "code", json_string(diag_code_name(d->code)));
    value_put(&r->failed, record, "severity", json_string(severity_name(d->severity)));
    value_put_text(&r->failed, record, "title", text_of(diag_code_title(d->code)));
    value_put_text(&r->failed, record, "message", d->message);
    if (!put_span(r, record, sources, d->span))
        value_put_text(&r->failed, record, "file", record_text(file_at_hand(r), "path"));
    if (clause.size)
        value_put_text(&r->failed, record, "clause", clause);
    if (item.size)
        value_put_text(&r->failed, record, "item", item);
    if (d->label.size)
        value_put_text(&r->failed, record, "caret", d->label);
    put_labels(r, record, sources, d->labels);
    put_lines(r, record, "notes", d->notes);
    put_lines(r, record, "helps", d->helps);
    put_fix(r, record, sources, d);
    if (d->accepted.size)
        value_put_text(&r->failed, record, "accepted", text_equal(d->accepted, TEXT("-")) ? TEXT("") : d->accepted);
    put_fingerprint(r, record, diag_code_name(d->code), clause, item, words);
}

void report_diags(struct report *r, const struct sources *sources, const struct diags *d,
                  const struct ast_policy *ast) {
    json_t *file = file_at_hand(r);
    for (const struct diag *i = d->first; i; i = i->next)
        add(r, sources, i, ast);
    for (const struct diag *i = d->accepted; i;
         i = i->next) /* behind the others, whose fingerprints they leave alone */
        add(r, sources, i, ast);
    value_put_count(&r->failed, file, "errors", record_count(file, "errors") + d->error_count);
    value_put_count(&r->failed, file, "warnings", record_count(file, "warnings") + d->warning_count);
}

void report_failure(struct report *r, struct text message) {
    json_t *file = file_at_hand(r), *record = value_element(&r->failed, r->pending);
    value_put_text(&r->failed, file, "message", message);
    value_put(&r->failed, record, "code", json_string(diag_code_name(DIAG_FILE)));
    value_put(&r->failed, record, "severity", json_string("error"));
    value_put_text(&r->failed, record, "title", text_of(diag_code_title(DIAG_FILE)));
    value_put_text(&r->failed, record, "message", message);
    value_put_text(&r->failed, record, "file", record_text(file, "path"));
    put_labels(r, record, NULL, NULL);
    put_lines(r, record, "notes", NULL);
    put_lines(r, record, "helps", NULL);
    put_fingerprint(r, record, diag_code_name(DIAG_FILE), TEXT(""), TEXT(""), TEXT(""));
}

/* ---- documents -----------------------------------------------------------------------------------------------------
 */

/* Numbers of all policies. */
static size_t sum(const struct report *r, const char *key) {
    size_t total = 0;
    for (size_t i = 0; i < json_array_size(r->files); i++)
        total += record_count(json_array_get(r->files, i), key);
    return total;
}

void report_json(struct report *r, int code, json_t *document) {
    value_put(&r->failed, document, "format", json_string("pol-check"));
    value_put(&r->failed, document, "version", json_integer(SCHEMA_VERSION));
    json_t *tool = value_object(&r->failed, document, "tool");
    value_put(&r->failed, tool, "name", json_string("polc"));
    value_put(&r->failed, tool, "version", json_string(POL_VERSION));
    value_put(&r->failed, document, "language", json_string(r->language));
    value_put(&r->failed, document, "exit", json_integer(code));
    value_put_count(&r->failed, document, "errors", sum(r, "errors"));
    value_put_count(&r->failed, document, "warnings", sum(r, "warnings"));
    value_put(&r->failed, document, "files", json_incref(r->files));
    value_put(&r->failed, document, "diagnostics", json_incref(r->diagnostics));
    value_put(&r->failed, document, "accepted", json_incref(r->accepted));
}

struct text report_without_memory(enum report_format format) {
    switch (format) {
    case REPORT_JSON:
        return TEXT("{\"format\": \"pol-check\", \"version\": 1, \"tool\": {\"name\": \"polc\", \"version\": "
                    "\"" POL_VERSION "\"}, \"exit\": 4, \"errors\": 0, \"warnings\": 0, \"files\": [], "
                    "\"diagnostics\": [], \"accepted\": []}\n");
    case REPORT_SARIF:
        return TEXT("{\"version\": \"2.1.0\", \"runs\": [{\"tool\": {\"driver\": {\"name\": \"polc\"}}, "
                    "\"invocations\": [{\"executionSuccessful\": false, \"exitCode\": 4}], \"results\": []}]}\n");
    case REPORT_GITHUB:
        return TEXT("::error title=polc::not enough memory\n");
    }
    return TEXT("");
}

/* Fills the document, or for GitHub the text; false without memory. */
static bool fill(struct report *r, enum report_format format, int code, struct arena *arena, json_t *document,
                 struct text *text) {
    jmp_buf no_memory, *before = arena_on_failure(arena, &no_memory);
    bool done = setjmp(no_memory) == 0;
    if (done) {
        switch (format) {
        case REPORT_JSON:
            report_json(r, code, document);
            break;
        case REPORT_SARIF:
            report_sarif(r, code, document, arena);
            break;
        case REPORT_GITHUB:
            *text = report_github(r, arena);
            break;
        }
    }
    arena_on_failure(arena, before);
    return done && !r->failed;
}

struct text report_document(struct report *r, enum report_format format, int code, struct arena *arena) {
    struct text text = {0};
    json_t *document = json_object();
    bool made = fill(r, format, code, arena, document, &text);
    if (made && format != REPORT_GITHUB) {
        text = value_dump(document, arena);
        made = text.size > 0;
    }
    json_decref(document);
    r->failed |= !made;
    return made ? text : report_without_memory(format);
}
