/* command_diff.c - `polc diff`: what two versions of a policy say differently, in words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check/check.h"
#include "diff/diff.h"
#include "driver/build.h"
#include "driver/command.h"
#include "lower/lower.h"
#include "tr.h"

/* Reads, checks and lowers one version. Its source document is not looked at: a version that was fetched alone can be
 * compared. A version with errors is input that cannot be used. */
int command_open_rules(const struct command *c, struct pipeline *p, struct arena *arena, const char *path) {
    switch (pipeline_run(p, arena, path, PIPELINE_CHECK)) {
    case PIPELINE_OK:
        p->ir = lower_policy(p->model, &p->sources, &p->diags, arena);
        if (p->ir && !p->diags.error_count)
            return EXIT_CLEAN;
        break;
    case PIPELINE_ERRORS:
        break;
    case PIPELINE_INPUT:
        command_say("%.*s", TEXT_ARG(p->message));
        return EXIT_INPUT;
    case PIPELINE_SYSTEM:
        command_say("%.*s", TEXT_ARG(p->message));
        return EXIT_SYSTEM;
    }
    diags_sort(&p->diags);
    command_diagnostics(c, p);
    return EXIT_INPUT;
}

static int show(const struct command *c, const struct diff *diff, struct arena *arena) {
    struct text_buffer out = {.arena = arena};
    if (c->format && strcmp(c->format, "json") == 0)
        diff_print_json(&out, diff, text_of(c->file[0]), text_of(c->file[1]));
    else
        diff_print_text(&out, diff);
    int code = build_write(NULL, text_of_buffer(&out));
    return code != EXIT_CLEAN ? code : diff->count ? EXIT_FOUND : EXIT_CLEAN;
}

static int compare(const struct command *c, struct pipeline *before, struct arena *arena, void *data) {
    struct pipeline *after = data;
    int code = command_open_rules(c, before, arena, c->file[0]);
    if (code == EXIT_CLEAN)
        code = command_open_rules(c, after, arena, c->file[1]);
    if (code != EXIT_CLEAN)
        return code;
    enum diff_language language =
        strcmp(c->language ? c->language : tr_language(), "zh") == 0 ? DIFF_CHINESE : DIFF_ENGLISH;
    struct diff *diff = diff_models(before->model, after->model, language, arena);
    diff_trial(diff, before->model, before->ir, after->model, after->ir, 1, arena);
    return show(c, diff, arena);
}

int command_diff(const struct command *c) {
    struct pipeline after = {0};
    return command_with_arena(c, compare, &after);
}
