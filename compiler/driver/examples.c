#include "driver/examples.h"

#include <stdio.h>

#include "driver/native_examples.h"
#include "tr.h"

/* The same difference on both is one mistake, of the policy or of the example; one that only native code has is a
 * mistake of ours. */
static bool has(const struct interp_mismatches *list, const struct interp_mismatch *m) {
    for (const struct interp_mismatch *i = list->first; i; i = i->next)
        if (i->span.lo == m->span.lo && i->span.hi == m->span.hi && text_equal(i->claim, m->claim) &&
            text_equal(i->expected, m->expected) && text_equal(i->found, m->found))
            return true;
    return false;
}

static void keep(struct pipeline *p, const struct interp_mismatch *m, struct text message,
                 struct examples_result *result) {
    struct examples_difference *d = arena_new_of(p->arena, struct examples_difference);
    *d = (struct examples_difference){.example = m->example ? m->example->source : NULL,
                                      .message = message,
                                      .expected = m->claim.size ? m->expected : TEXT(""),
                                      .found = m->found,
                                      .span = m->span};
    *(result->last ? &result->last->next : &result->first) = d;
    result->last = d;
}

static void report(struct pipeline *p, const struct interp_mismatch *m, const char *where,
                   struct examples_result *result) {
    struct text title = m->example ? m->example->title : TEXT("");
    struct diag *d;
    if (m->claim.size)
        d = diag_add(&p->diags, DIAG_EXAMPLE_DIFFERS, m->span, "%s %.*s is %.*s, not %.*s%s",
                     m->of_target ? tr("target") : tr("claim"), TEXT_ARG(m->claim), TEXT_ARG(m->found),
                     TEXT_ARG(m->expected), where);
    else
        d = diag_add(&p->diags, DIAG_EXAMPLE_DIFFERS, m->span, "the example cannot be run: %.*s%s", TEXT_ARG(m->found),
                     where);
    keep(p, m, d->message, result);
    diag_caret(&p->diags, d, "expected here");
    if (title.size)
        diag_note(&p->diags, d, "in the example \"%.*s\"", TEXT_ARG(title));
}

static int failed(const struct pipeline *p, const struct interp_error *error, struct examples_result *result) {
    result->failure = text_format(p->arena, "%s", error->message);
    command_say("%s", error->message);
    return EXIT_SYSTEM;
}

int examples_check(const struct command *c, struct pipeline *p, const char *object, const char *folder,
                   struct examples_result *result) {
    result->nanoseconds = arena_array_of(p->arena, uint64_t, p->model->example_count);
    struct interp_mismatches interpreted = {.nanoseconds = result->nanoseconds}, native = interpreted;
    struct interp_error error;
    if (interp_examples_run(p->arena, p->model, p->ir, &result->run, &interpreted, &error) != INTERP_OK)
        return failed(p, &error, result);
    if (object && native_examples_run(p->arena, p->model, p->ir, object, folder, &native, &error) != INTERP_OK)
        return failed(p, &error, result);
    diags_init(&p->diags, p->arena); /* the pipeline's own were printed */
    for (const struct interp_mismatch *m = interpreted.first; m; m = m->next)
        report(p, m, !object || has(&native, m) || !m->claim.size ? "" : tr(" (interpreter only)"), result);
    for (const struct interp_mismatch *m = native.first; m; m = m->next)
        if (!has(&interpreted, m))
            report(p, m, tr(" (native code only)"), result);
    command_diagnostics(c, p);
    return p->diags.error_count ? EXIT_FOUND : EXIT_CLEAN;
}
