/* report_github.c - workflow commands, a line each: `::error file=F,line=1,col=5,title=T::message`. */
#include <string.h>

#include "report/record.h"
#include "tr.h"

/* Characters that end a line, a command or one of its properties are written in hexadecimal. */
static void add_escaped(struct text_buffer *out, struct text t, const char *special) {
    for (size_t i = 0; i < t.size; i++)
        if (t.data[i] == '\0' || strchr(special, t.data[i]))
            text_addf(out, "%%%02X", (unsigned)t.data[i]);
        else
            text_add(out, (struct text){t.data + i, 1});
}

static void add_property(struct text_buffer *out, struct text t) {
    add_escaped(out, t, "%\r\n:,");
}

static void add_data(struct text_buffer *out, struct text t) {
    add_escaped(out, t, "%\r\n");
}

static void add_lines(struct text_buffer *out, const json_t *lines, const char *word) {
    for (size_t i = 0; i < json_array_size(lines); i++) {
        text_addf(out, "%%0A%s: ", word);
        const json_t *line = json_array_get(lines, i);
        add_data(out, (struct text){json_string_value(line), json_string_length(line)});
    }
}

static const char *command(struct text severity) {
    if (text_equal(severity, TEXT("error")))
        return "error";
    return text_equal(severity, TEXT("warning")) ? "warning" : "notice";
}

static void add_place(struct text_buffer *out, const json_t *record) {
    const json_t *start = json_object_get(record, "start"), *end = json_object_get(record, "end");
    if (!start)
        return;
    size_t line = record_count(start, "line"), last = record_count(end, "line");
    text_addf(out, ",line=%zu,endLine=%zu,col=%zu", line, last, record_count(start, "column"));
    if (last == line)
        text_addf(out, ",endColumn=%zu", record_count(end, "column"));
}

static void add_record(const struct report *r, struct text_buffer *out, const json_t *record) {
    text_addf(out, "::%s file=", command(record_text(record, "severity")));
    add_property(out, record_path(r, record_text(record, "file"), out->arena));
    add_place(out, record);
    text_add(out, TEXT(",title="));
    add_property(out, record_text(record, "code"));
    text_add(out, TEXT(" "));
    add_property(out, record_text(record, "title"));
    text_add(out, TEXT("::"));
    add_data(out, record_text(record, "message"));
    add_lines(out, json_object_get(record, "notes"), tr("note"));
    add_lines(out, json_object_get(record, "helps"), tr("help"));
    const json_t *fix = json_object_get(record, "fix");
    if (fix) {
        text_addf(out, "%%0A%s: ", tr("fix"));
        add_data(out, record_text(fix, "text"));
    }
    text_add(out, TEXT("\n"));
}

struct text report_github(struct report *r, struct arena *arena) {
    struct text_buffer out = {.arena = arena};
    for (size_t i = 0; i < json_array_size(r->diagnostics); i++)
        add_record(r, &out, json_array_get(r->diagnostics, i));
    return text_of_buffer(&out);
}
