#include "driver/command.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/diag_print.h"
#include "tr.h"

void command_say(const char *format, ...) {
    va_list list;
    va_start(list, format);
    fputs("polc: ", stderr);
    vfprintf(stderr, tr(format), list);
    fputc('\n', stderr);
    va_end(list);
}

int command_worse(int a, int b) {
    return a > b ? a : b;
}

int command_with_arena(const struct command *c, command_action *action, void *data) {
    struct arena *arena = arena_new();
    jmp_buf no_memory;
    struct pipeline p = {0};
    if (!arena || setjmp(no_memory)) {
        command_say("not enough memory");
        if (c->report)
            report_failure(c->report, text_of(tr("not enough memory")));
        arena_free(arena);
        return EXIT_SYSTEM;
    }
    arena_on_failure(arena, &no_memory);
    int code = action(c, &p, arena, data);
    arena_free(arena);
    return code;
}

void command_diagnostics(const struct command *c, const struct pipeline *p) {
    if (c->report)
        report_diags(c->report, &p->sources, &p->diags, p->ast);
    if (c->silent)
        return;
    struct text_buffer out = {.arena = p->arena};
    diags_print(&out, &p->sources, &p->diags, c->colour);
    if (out.size)
        fwrite(out.data, 1, out.size, stderr);
}

int command_open(const struct command *c, struct pipeline *p, struct arena *arena, const char *path,
                 enum pipeline_stage last) {
    enum pipeline_status status = pipeline_run(p, arena, path, last);
    if (c->levels)
        diags_settle(&p->diags, c->levels);
    if (status == PIPELINE_OK && p->diags.error_count)
        status = PIPELINE_ERRORS;
    diags_sort(&p->diags);
    command_diagnostics(c, p);
    switch (status) {
    case PIPELINE_OK:
        return EXIT_CLEAN;
    case PIPELINE_ERRORS:
        return EXIT_FOUND;
    case PIPELINE_INPUT:
    case PIPELINE_SYSTEM:
        if (c->report)
            report_failure(c->report, p->message);
        if (!c->silent)
            command_say("%.*s", TEXT_ARG(p->message));
        break;
    }
    return status == PIPELINE_SYSTEM ? EXIT_SYSTEM : EXIT_INPUT;
}
