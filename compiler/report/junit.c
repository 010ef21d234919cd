/* junit.c - JUnit XML. */
#include "report/junit.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct counts {
    size_t tests, failures, errors;
    uint64_t nanoseconds;
};

struct junit {
    char *text; /* of all suites */
    size_t size;
    struct counts all;
    bool failed;
};

struct junit *junit_new(void) {
    return calloc(1, sizeof(struct junit));
}

void junit_free(struct junit *j) {
    if (j)
        free(j->text);
    free(j);
}

bool junit_failed(const struct junit *j) {
    return j->failed;
}

/* ---- text ----------------------------------------------------------------------------------------------------------
 */

/* What XML 1.0 has no place for, or advises against. */
static bool is_dropped(uint32_t code) {
    bool control = (code < 0x20 && code != '\t' && code != '\n' && code != '\r') || (code >= 0x7f && code < 0xa0);
    return control || (code & 0xfffe) == 0xfffe || (code >= 0xfdd0 && code <= 0xfdef);
}

static const char *reference(uint32_t code, bool attribute) {
    switch (code) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return attribute ? "&quot;" : NULL;
    case '\t':
        return attribute ? "&#9;" : NULL;
    case '\n':
        return attribute ? "&#10;" : NULL;
    case '\r':
        return "&#13;";
    default: /* any other character */
        return NULL;
    }
}

static void add_xml(struct text_buffer *out, struct text t, bool attribute) {
    for (size_t size; t.size; t.data += size, t.size -= size) {
        uint32_t code = text_decode(t, &size);
        const char *name = reference(code, attribute);
        if (name)
            text_add(out, text_of(name));
        else if (code == 0xfffd)
            text_add(out, TEXT("\xef\xbf\xbd"));
        else if (!is_dropped(code))
            text_add(out, (struct text){t.data, size});
    }
}

static void add_attribute(struct text_buffer *out, const char *name, struct text value) {
    text_addf(out, " %s=\"", name);
    add_xml(out, value, true);
    text_add(out, TEXT("\""));
}

static void add_counts(struct text_buffer *out, const struct counts *n) {
    text_addf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"0\"", n->tests, n->failures, n->errors);
}

static void add_time(struct text_buffer *out, uint64_t nanoseconds) {
    uint64_t micro = nanoseconds / 1000;
    text_addf(out, " time=\"%" PRIu64 ".%06" PRIu64 "\"", micro / 1000000, micro % 1000000);
}

/* ---- tests ---------------------------------------------------------------------------------------------------------
 */

static void add_case(struct text_buffer *out, const struct junit_case *c) {
    text_add(out, TEXT("    <testcase"));
    add_attribute(out, "name", c->name);
    add_attribute(out, "classname", c->classname);
    add_time(out, c->nanoseconds);
    if (!c->failed && !c->error) {
        text_add(out, TEXT("/>\n"));
        return;
    }
    const char *element = c->error ? "error" : "failure";
    text_addf(out, ">\n      <%s", element);
    add_attribute(out, "message", c->message);
    add_attribute(out, "type", c->type);
    text_add(out, TEXT(">"));
    add_xml(out, c->detail, false);
    text_addf(out, "</%s>\n    </testcase>\n", element);
}

static struct counts count(const struct junit_case *cases) {
    struct counts n = {0};
    for (; cases; cases = cases->next) {
        n.tests++;
        n.errors += cases->error;
        n.failures += cases->failed && !cases->error;
        n.nanoseconds += cases->nanoseconds;
    }
    return n;
}

void junit_add(struct junit *j, struct text name, const struct junit_case *cases, struct arena *arena) {
    struct text_buffer out = {.arena = arena};
    struct counts n = count(cases);
    text_add(&out, TEXT("  <testsuite"));
    add_attribute(&out, "name", name);
    add_counts(&out, &n);
    add_time(&out, n.nanoseconds);
    text_add(&out, TEXT(">\n"));
    for (; cases; cases = cases->next)
        add_case(&out, cases);
    text_add(&out, TEXT("  </testsuite>\n"));
    char *grown = realloc(j->text, j->size + out.size);
    if (!grown) {
        j->failed = true;
        return;
    }
    memcpy(grown + j->size, out.data, out.size);
    j->text = grown;
    j->size += out.size;
    j->all.tests += n.tests;
    j->all.failures += n.failures;
    j->all.errors += n.errors;
    j->all.nanoseconds += n.nanoseconds;
}

struct text junit_document(const struct junit *j, struct arena *arena) {
    struct text_buffer out = {.arena = arena};
    text_add(&out, TEXT("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"polc test\""));
    text_addf(&out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"", j->all.tests, j->all.failures, j->all.errors);
    add_time(&out, j->all.nanoseconds);
    text_add(&out, TEXT(">\n"));
    if (j->size)
        text_add(&out, (struct text){j->text, j->size});
    text_add(&out, TEXT("</testsuites>\n"));
    return text_of_buffer(&out);
}
