/* command_test.c - `polc test`: the examples of each policy, on the interpreter and on native code. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "driver/build.h"
#include "driver/child.h"
#include "driver/command.h"
#include "driver/coverage.h"
#include "driver/examples.h"
#include "driver/junit_suite.h"
#include "tr.h"

struct test {
    const char *path;
    char folder[CHILD_PATH];
    struct junit *junit; /* NULL: not asked for */
    bool added;          /* its suite is in there */
};

static void tell(const struct pipeline *p, const char *path, const char *object, size_t run, int code) {
    if (code > EXIT_FOUND)
        return;
    printf("%s: ", path);
    printf(tr_count("%zu example", "%zu examples", run), run);
    if (code == EXIT_CLEAN)
        printf("%s\n",
               object ? tr(", interpreter and native code: all as expected") : tr(", interpreter: all as expected"));
    else
        printf(tr_count(", %zu difference\n", ", %zu differences\n", p->diags.error_count), p->diags.error_count);
}

static int test_policy(const struct command *c, struct pipeline *p, struct arena *arena, void *data) {
    struct test *t = data;
    struct examples_result result = {0};
    int code = command_open(c, p, arena, t->path, PIPELINE_LOWER);
    if (code != EXIT_CLEAN) {
        if (t->junit)
            junit_suite_add_unchecked(t->junit, p, t->path);
        t->added = true;
        return code;
    }
    const char *object = c->interpreter ? NULL : text_format(arena, "%s/policy.so", t->folder).data;
    if (object)
        code = build_object(p->ir, NULL, object);
    if (code == EXIT_CLEAN)
        code = examples_check(c, p, object, t->folder, &result);
    if (!c->silent)
        tell(p, t->path, object, result.run, code);
    if (t->junit)
        junit_suite_add(t->junit, p, t->path, &result, code);
    t->added = true;
    if (c->coverage && code <= EXIT_FOUND)
        code = command_worse(code, coverage_report(p, t->path, (unsigned)atoi(c->coverage)));
    return code;
}

static int add_failure(const struct command *c, struct pipeline *p, struct arena *arena, void *data) {
    (void)c, (void)p;
    const struct test *t = data;
    junit_suite_add_failure(t->junit, arena, t->path, text_of(tr("the system failed; see the messages of polc")));
    return EXIT_SYSTEM;
}

static int test_all(const struct command *c, struct junit *junit) {
    int worst = EXIT_CLEAN;
    for (size_t i = 0; i < c->file_count; i++) {
        struct test t = {.path = c->file[i], .junit = junit};
        int code = EXIT_SYSTEM;
        if (child_folder(t.folder)) {
            code = command_with_arena(c, test_policy, &t);
            child_folder_remove(t.folder);
        } else {
            command_say("cannot make a temporary folder");
        }
        if (junit && !t.added)
            code = command_with_arena(c, add_failure, &t);
        worst = command_worse(worst, code);
    }
    return worst;
}

/* ---- JUnit ---------------------------------------------------------------------------------------------------------
 */

struct document {
    struct junit *junit;
    bool written; /* or tried */
};

static int write_document(const struct command *c, struct pipeline *p, struct arena *arena, void *data) {
    (void)p;
    struct document *d = data;
    struct text text = junit_document(d->junit, arena);
    d->written = true;
    return build_write(c->output, text);
}

/* What is found goes to --output, and the text for people where it always goes; or alone to standard output. */
static int test_for_machines(const struct command *given) {
    struct command c = *given;
    struct document d = {.junit = junit_new()};
    c.silent = !c.output || strcmp(c.output, "-") == 0;
    int code = d.junit ? test_all(&c, d.junit) : EXIT_SYSTEM;
    if (d.junit)
        code = command_worse(code, command_with_arena(&c, write_document, &d));
    if (!d.junit || junit_failed(d.junit)) {
        command_say("not enough memory");
        code = EXIT_SYSTEM;
    }
    if (!d.written)
        build_write(c.output, TEXT("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites/>\n"));
    junit_free(d.junit);
    return code;
}

int command_test(const struct command *c) {
    return c->format && strcmp(c->format, "junit") == 0 ? test_for_machines(c) : test_all(c, NULL);
}
