#include "driver/junit_suite.h"

#include "base/diag_print.h"
#include "tr.h"

static struct text class_of(const struct pipeline *p, const struct model_example *e) {
    struct text policy = p->model->name;
    if (!e->clause)
        return policy;
    return text_format(p->arena, "%.*s.%.*s", TEXT_ARG(policy), TEXT_ARG(e->clause->number));
}

/* Titles need not differ; names within a class have to. */
static void name_case(const struct pipeline *p, struct junit_case *c, const struct model_example *e,
                      const struct junit_case *before) {
    struct text title = e->ast->title ? e->ast->title->text : TEXT("");
    struct text plain = title.size ? title : TEXT("example");
    size_t same = 1;
    const struct model_example *other = p->model->examples;
    for (; before && other != e; before = before->next, other = other->next) {
        struct text theirs = other->ast->title ? other->ast->title->text : TEXT("");
        same += text_equal(before->classname, c->classname) && text_equal(theirs, title);
    }
    c->name = same == 1 ? plain : text_format(p->arena, "%.*s (%zu)", TEXT_ARG(plain), same);
}

static void add_problem(const struct pipeline *p, struct text_buffer *out, const struct examples_difference *d) {
    struct place place = sources_place(&p->sources, d->span.lo);
    text_addf(out, "%.*s:%u:%u: %.*s\n", TEXT_ARG(place.path), place.line, place.column, TEXT_ARG(d->message));
    if (d->expected.size)
        text_addf(out, tr("  expected: %.*s\n"), TEXT_ARG(d->expected));
    if (d->found.size)
        text_addf(out, tr("  found:    %.*s\n"), TEXT_ARG(d->found));
}

static void judge(const struct pipeline *p, struct junit_case *c, const struct model_example *e,
                  const struct examples_result *result) {
    struct text_buffer detail = {.arena = p->arena};
    size_t count = 0;
    for (const struct examples_difference *d = result->first; d; d = d->next) {
        if (d->example != e)
            continue;
        c->message = count++ ? c->message : d->message;
        c->error |= !d->expected.size; /* it could not be run */
        add_problem(p, &detail, d);
    }
    c->failed = count > 0;
    c->type = text_of(diag_code_name(DIAG_EXAMPLE_DIFFERS));
    if (count > 1)
        c->message = text_format(p->arena, tr("%.*s (and %zu more)"), TEXT_ARG(c->message), count - 1);
    if (count)
        c->detail = text_of_buffer(&detail);
}

void junit_suite_add(struct junit *j, const struct pipeline *p, const char *path, const struct examples_result *result,
                     int code) {
    struct junit_case *first = NULL, **end = &first;
    size_t index = 0;
    for (const struct model_example *e = p->model->examples; e; e = e->next, index++) {
        struct junit_case *c = arena_new_of(p->arena, struct junit_case);
        c->classname = class_of(p, e);
        c->nanoseconds = result->nanoseconds ? result->nanoseconds[index] : 0;
        name_case(p, c, e, first);
        judge(p, c, e, result);
        if (code > EXIT_FOUND) { /* some were not run, and it is not known which */
            c->error = true;
            c->message = result->failure.size ? result->failure : text_of(tr("the examples could not be run"));
            c->type = TEXT("system");
        }
        *end = c;
        end = &c->next;
    }
    junit_add(j, text_of(path), first, p->arena);
}

static void add_one(struct junit *j, struct arena *arena, const char *path, struct text type, struct text message,
                    struct text detail) {
    struct junit_case c = {.name = TEXT("check"),
                           .classname = text_of(path),
                           .error = true,
                           .type = type,
                           .message = message,
                           .detail = detail};
    junit_add(j, text_of(path), &c, arena);
}

void junit_suite_add_unchecked(struct junit *j, const struct pipeline *p, const char *path) {
    const struct diag *d = p->diags.first;
    while (d && d->severity != DIAG_ERROR)
        d = d->next;
    if (!d || p->message.size) {
        junit_suite_add_failure(j, p->arena, path, p->message);
        return;
    }
    struct text_buffer detail = {.arena = p->arena};
    diags_print(&detail, &p->sources, &p->diags, false);
    add_one(j, p->arena, path, text_of(diag_code_name(d->code)), d->message, text_of_buffer(&detail));
}

void junit_suite_add_failure(struct junit *j, struct arena *arena, const char *path, struct text message) {
    add_one(j, arena, path, TEXT("system"), message, TEXT(""));
}
