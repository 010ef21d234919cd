/* command_check.c - `polc check`: every pass that can report something; writes nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "driver/build.h"
#include "driver/command.h"
#include "driver/fix.h"
#include "driver/severity.h"
#include "legal/legal.h"
#include "tr.h"

static void summary(const struct command *c, const struct pipeline *p, const char *path) {
    const struct model *m = p->model;
    if (c->report) {
        report_count(c->report, "clauses", m->clause_count);
        report_count(c->report, "items", m->item_count);
        report_count(c->report, "targets", m->target_count);
        report_count(c->report, "examples", m->example_count);
    }
    if (c->silent)
        return;
    printf("%s: ", path);
    printf(tr_count("%u clause", "%u clauses", m->clause_count), m->clause_count);
    printf(tr_count(", %u item", ", %u items", m->item_count), m->item_count);
    printf(tr_count(", %u target", ", %u targets", m->target_count), m->target_count);
    printf(tr_count(", %u example", ", %u examples", m->example_count), m->example_count);
    printf(tr_count("; %zu warning", "; %zu warnings", p->diags.warning_count), p->diags.warning_count);
    printf("%s\n", tr(", no errors"));
}

static int check_one(const struct command *c, struct pipeline *p, struct arena *arena, void *data) {
    const char *path = data;
    int code = command_open(c, p, arena, path, PIPELINE_LINT);
    if (code != EXIT_CLEAN)
        return code;
    summary(c, p, path);
    if (c->readings) {
        struct text_buffer out = {.arena = arena};
        legal_readings(p->model, &out);
        struct text list = text_of_buffer(&out);
        fwrite(list.data, 1, list.size, stdout);
    }
    return EXIT_CLEAN;
}

static int fix_one(const struct command *c, char *path) {
    struct fixing fixing = {.path = path};
    int code = command_with_arena(c, fix_policy, &fixing);
    if (fixing.fixes && !c->silent)
        printf(tr_count("%s: %zu fix applied\n", "%s: %zu fixes applied\n", fixing.fixes), path, fixing.fixes);
    return code;
}

static int check_all(const struct command *c) {
    int worst = EXIT_CLEAN;
    for (size_t i = 0; i < c->file_count; i++) {
        if (c->report)
            report_begin(c->report, text_of(c->file[i]));
        int fixed = c->fix ? fix_one(c, c->file[i]) : EXIT_CLEAN;
        int code = command_worse(fixed, command_with_arena(c, check_one, c->file[i]));
        if (c->report)
            report_end(c->report, code);
        worst = command_worse(worst, code);
    }
    return worst;
}

/* ---- for machines --------------------------------------------------------------------------------------------------
 */

struct document {
    enum report_format format;
    int code;     /* of what it tells */
    bool written; /* or tried */
};

static int write_document(const struct command *c, struct pipeline *p, struct arena *arena, void *data) {
    (void)p;
    struct document *d = data;
    struct text text = report_document(c->report, d->format, d->code, arena);
    d->written = true;
    int code = build_write(c->output, text);
    if (report_failed(c->report)) {
        command_say("not enough memory");
        code = EXIT_SYSTEM;
    }
    return command_worse(code, d->code);
}

/* The document goes to --output, and the text for people where it always goes; or alone to standard output. */
static int check_for_machines(const struct command *given, enum report_format format) {
    struct command c = *given;
    char *folder = get_current_dir_name();
    c.report = report_new(text_of(folder ? folder : ""), tr_language());
    free(folder);
    if (!c.report) {
        command_say("not enough memory");
        return EXIT_SYSTEM;
    }
    c.silent = !c.output || strcmp(c.output, "-") == 0;
    struct document d = {format, check_all(&c), false};
    int code = command_with_arena(&c, write_document, &d);
    if (!d.written)
        build_write(c.output, report_without_memory(format));
    report_free(c.report);
    return code;
}

int command_check(const struct command *given) {
    struct command own = *given, *c = &own;
    struct diag_levels levels = {0};
    for (size_t i = 0; i < c->severity_count; i++)
        severity_read(c->severity[i], &levels);
    c->levels = &levels;
    if (c->format && strcmp(c->format, "json") == 0)
        return check_for_machines(c, REPORT_JSON);
    if (c->format && strcmp(c->format, "sarif") == 0)
        return check_for_machines(c, REPORT_SARIF);
    if (c->format && strcmp(c->format, "github") == 0)
        return check_for_machines(c, REPORT_GITHUB);
    return check_all(c);
}
