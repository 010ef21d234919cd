/* diag.h - diagnostics as records; printing them is diag_print.h.
 *
 * A message is lowercase, without full stop, one for each mistake. The cause goes into a note, the remedy into a help.
 * A fix is offered only when it is certain.
 */
#ifndef POL_BASE_DIAG_H
#define POL_BASE_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "base/source.h"

enum diag_severity { DIAG_ERROR, DIAG_WARNING, DIAG_NOTE };

enum diag_code {
#define DIAG(id, number, severity, title) DIAG_##id,
#include "base/diag_codes.def"
#undef DIAG
    DIAG_CODE_COUNT
};

struct diag_label {
    struct span span;
    struct text text;
    struct diag_label *next;
};

struct diag_line { /* a note or a help */
    struct text text;
    struct diag_line *next;
};

struct diag {
    enum diag_code code;
    enum diag_severity severity;
    struct span span;
    struct text message;
    struct text label; /* beside the caret; may be empty */
    struct diag_label *labels;
    struct diag_line *notes, *helps;
    bool has_fix;
    struct span fix_span;
    struct text fix_text;
    struct text accepted; /* why the policy accepts the finding; empty: it does not */
    struct diag *next;
};

/* How the findings of a code are treated. What is an error by its code stays one. */
enum diag_level { DIAG_AS_IS, DIAG_OFF, DIAG_AS_WARNING, DIAG_AS_ERROR };
struct diag_levels {
    enum diag_level of[DIAG_CODE_COUNT];
};

struct diags {
    struct arena *arena;
    struct diag *first, *last;
    size_t error_count, warning_count;
    size_t limit; /* errors kept; further ones are only counted. 0 = 200. Of warnings enough are kept to settle */
    struct diag *accepted; /* taken out by diags_settle */
    struct diag dropped;   /* what diag_add returns beyond the limit; nothing added to it is kept */
};

void diags_init(struct diags *d, struct arena *arena);
/* Whether further errors are only counted: their words need not be made. */
bool diags_full(const struct diags *d);

/* Adds a record with the severity of its code; returns it for labels, notes, helps. Never NULL. */
struct diag *diag_add(struct diags *d, enum diag_code code, struct span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diag_caret(struct diags *d, struct diag *r, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_label(struct diags *d, struct diag *r, struct span span, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void diag_note(struct diags *d, struct diag *r, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_help(struct diags *d, struct diag *r, const char *format, ...) __attribute__((format(printf, 3, 4)));
void diag_fix(struct diags *d, struct diag *r, struct span span, struct text replacement);

const char *diag_code_name(enum diag_code code);  /* "E0203" */
const char *diag_code_title(enum diag_code code); /* "type mismatch" */

bool diag_code_is_warning(enum diag_code code);
/* False when there is no such code. */
bool diag_code_find(struct text name, enum diag_code *code);

/* When everything is known: findings that were accepted go to `accepted`, those switched off away, the others get their
 * level and are counted by it; warnings beyond the limit are dropped. `levels` may be NULL: every code as it is. */
void diags_settle(struct diags *d, const struct diag_levels *levels);

/* Records in order of place. */
void diags_sort(struct diags *d);

#endif
