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

enum { DEFAULT_LIMIT = 200, WARNINGS_KEPT = 20000 };

void diags_init(struct diags *d, struct arena *arena) {
    *d = (struct diags){.arena = arena};
}

bool diags_full(const struct diags *d) {
    return d->error_count >= (d->limit ? d->limit : DEFAULT_LIMIT);
}

/* Counts the record; false when there are enough of its severity. */
static bool keep(struct diags *d, enum diag_severity severity) {
    size_t limit = d->limit ? d->limit : DEFAULT_LIMIT;
    return severity == DIAG_ERROR ? d->error_count++ < limit : d->warning_count++ < WARNINGS_KEPT;
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

bool diag_code_is_warning(enum diag_code code) {
    return codes[code].severity == DIAG_WARNING;
}

bool diag_code_find(struct text name, enum diag_code *code) {
    for (int i = 0; i < DIAG_CODE_COUNT; i++) {
        if (!text_equal(name, text_of(codes[i].name)))
            continue;
        *code = (enum diag_code)i;
        return true;
    }
    return false;
}

/* ---- settling ---- */

static enum diag_level level_of(const struct diag *r, const struct diag_levels *levels) {
    return levels && diag_code_is_warning(r->code) ? levels->of[r->code] : DIAG_AS_IS;
}

/* Takes the list apart; what is kept is counted anew, what was only counted stays so. */
void diags_settle(struct diags *d, const struct diag_levels *levels) {
    size_t limit = d->limit ? d->limit : DEFAULT_LIMIT, errors = 0, warnings = 0, errors_kept = 0, warnings_kept = 0;
    struct diag **end = &d->first, **accepted = &d->accepted, *next;
    while (*accepted)
        accepted = &(*accepted)->next;
    size_t errors_seen = 0, warnings_seen = 0;
    d->last = NULL;
    for (struct diag *r = d->first; r; r = next) {
        enum diag_level level = level_of(r, levels);
        next = r->next;
        r->next = NULL;
        errors_seen += r->severity == DIAG_ERROR;
        warnings_seen += r->severity != DIAG_ERROR;
        if (level != DIAG_AS_IS && level != DIAG_OFF)
            r->severity = level == DIAG_AS_ERROR ? DIAG_ERROR : DIAG_WARNING;
        if (r->accepted.size) {
            *accepted = r;
            accepted = &r->next;
            continue;
        }
        if (level == DIAG_OFF)
            continue;
        bool error = r->severity == DIAG_ERROR;
        errors += error;
        warnings += !error;
        if ((error ? errors_kept++ : warnings_kept++) >= limit)
            continue;
        *end = d->last = r;
        end = &r->next;
    }
    *end = NULL;
    d->error_count += errors - errors_seen;
    d->warning_count += warnings - warnings_seen;
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
