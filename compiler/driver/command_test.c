/* command_test.c - `polc test`: the examples of each policy, on the interpreter and on native code. */
#include <stdio.h>
#include <stdlib.h>

#include "driver/build.h"
#include "driver/child.h"
#include "driver/command.h"
#include "driver/coverage.h"
#include "driver/examples.h"

struct test {
    const char *path;
    char folder[CHILD_PATH];
};

static int test_policy(const struct command *c, struct pipeline *p, struct arena *arena, void *data) {
    const struct test *t = data;
    int code = command_open(c, p, arena, t->path, PIPELINE_LOWER);
    if (code != EXIT_CLEAN)
        return code;
    const char *object = c->interpreter ? NULL : text_format(arena, "%s/policy.so", t->folder).data;
    if (object)
        code = build_object(p->ir, NULL, object);
    size_t run = 0;
    if (code == EXIT_CLEAN)
        code = examples_check(c, p, object, t->folder, &run);
    if (code == EXIT_CLEAN)
        printf("%s: %zu %s, %s: all as expected\n", t->path, run, run == 1 ? "example" : "examples",
               object ? "interpreter and native code" : "interpreter");
    else if (code == EXIT_FOUND)
        printf("%s: %zu %s, %zu %s\n", t->path, run, run == 1 ? "example" : "examples", p->diags.error_count,
               p->diags.error_count == 1 ? "difference" : "differences");
    if (c->coverage && code <= EXIT_FOUND)
        code = command_worse(code, coverage_report(p, t->path, (unsigned)atoi(c->coverage)));
    return code;
}

int command_test(const struct command *c) {
    int worst = EXIT_CLEAN;
    for (size_t i = 0; i < c->file_count; i++) {
        struct test t = {.path = c->file[i]};
        int code = EXIT_SYSTEM;
        if (child_folder(t.folder)) {
            code = command_with_arena(c, test_policy, &t);
            child_folder_remove(t.folder);
        } else {
            command_say("cannot make a temporary folder");
        }
        worst = command_worse(worst, code);
    }
    return worst;
}
