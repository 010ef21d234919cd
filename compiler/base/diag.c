/* diag.c - collecting diagnostics. */
#include "base/diag.h"

#include "tr.h"

static const struct {
    const char *name, *title;
    enum diag_severity severity;
} codes[] = {
#define SEVERITY_ERROR                    DIAG_ERROR
#define SEVERITY_WARNING                  DIAG_WARNING
#define SEVERITY_NOTE                     DIAG_NOTE
#define DIAG(id, number, severity, title) {number, title, SEVERITY_##severity},
#include "base/diag_codes.def"
#undef DIAG
};

enum { DEFAULT_LIMIT = 200 };

void diags_init(struct diags *d, struct arena *arena) {
    *d = (struct diags){.arena = arena};
}

bool diags_full(const struct diags *d) {
    return d->error_count >= (d->limit ? d->limit : DEFAULT_LIMIT);
}

/* Counts the record; false when there are enough of its severity. */
static bool keep(struct diags *d, enum diag_severity severity) {
    size_t limit = d->limit ? d->limit : DEFAULT_LIMIT;
    return severity == DIAG_ERROR ? d->error_count++ < limit : d->warning_count++ < limit;
}

struct diag *diag_add(struct diags *d, enum diag_code code, struct span span, const char *message, ...) {
    if (!keep(d, codes[code].severity)) {
        d->dropped = (struct diag){.code = code, .severity = codes[code].severity, .span = span};
        return &d->dropped;
    }
    struct diag *r = arena_new_of(d->arena, struct diag);
    r->code = code;
    r->severity = codes[code].severity;
    r->span = span;
    va_list args;
    va_start(args, message);
    r->message = text_vformat(d->arena, tr(message), args);
    va_end(args);
    if (d->last)
        d->last->next = r;
    else
        d->first = r;
    d->last = r;
    return r;
}

void diag_caret(struct diags *d, struct diag *r, const char *message, ...) {
    if (r == &d->dropped)
        return;
    va_list args;
    va_start(args, message);
    r->label = text_vformat(d->arena, tr(message), args);
    va_end(args);
}

void diag_label(struct diags *d, struct diag *r, struct span span, const char *message, ...) {
    if (r == &d->dropped)
        return;
    struct diag_label *label = arena_new_of(d->arena, struct diag_label), **end = &r->labels;
    label->span = span;
    va_list args;
    va_start(args, message);
    label->text = text_vformat(d->arena, tr(message), args);
    va_end(args);
    while (*end)
        end = &(*end)->next;
    *end = label;
}

static void add_line(struct diags *d, struct diag_line **end, const char *message, va_list args) {
    struct diag_line *line = arena_new_of(d->arena, struct diag_line);
    line->text = text_vformat(d->arena, tr(message), args);
    while (*end)
        end = &(*end)->next;
    *end = line;
}

void diag_note(struct diags *d, struct diag *r, const char *message, ...) {
    if (r == &d->dropped)
        return;
    va_list args;
    va_start(args, message);
    add_line(d, &r->notes, message, args);
    va_end(args);
}

void diag_help(struct diags *d, struct diag *r, const char *message, ...) {
    if (r == &d->dropped)
        return;
    va_list args;
    va_start(args, message);
    add_line(d, &r->helps, message, args);
    va_end(args);
}

void diag_fix(struct diags *d, struct diag *r, struct span span, struct text replacement) {
    if (r == &d->dropped)
        return;
    r->has_fix = true;
    r->fix_span = span;
    r->fix_text = text_copy(d->arena, replacement);
}

const char *diag_code_name(enum diag_code code) {
    return codes[code].name;
}

const char *diag_code_title(enum diag_code code) {
    return tr(codes[code].title);
}

static struct diag *merge(struct diag *a, struct diag *b) {
    struct diag *first = NULL, **end = &first;
    while (a && b) {
        struct diag **from = b->span.lo < a->span.lo ? &b : &a; /* equal places keep their order */
        *end = *from;
        end = &(*from)->next;
        *from = (*from)->next;
    }
    *end = a ? a : b;
    return first;
}

/* Merge sort; recursion is as deep as the logarithm of the count. */
static struct diag *sort(struct diag *list, size_t count) {
    if (count < 2)
        return list;
    struct diag *cut = list;
    for (size_t i = 1; i < count / 2; i++)
        cut = cut->next;
    struct diag *second = cut->next;
    cut->next = NULL;
    return merge(sort(list, count / 2), sort(second, count - count / 2));
}

void diags_sort(struct diags *d) {
    size_t count = 0;
    for (const struct diag *r = d->first; r; r = r->next)
        count++;
    d->first = sort(d->first, count);
    d->last = d->first;
    while (d->last && d->last->next)
        d->last = d->last->next;
}
