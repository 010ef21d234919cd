/* lint.c - the lints, in order. */
#include "lint/lint_int.h"

bool lint_first(struct lint *l, enum diag_code code, struct span span) {
    void **slot = text_map_slot(l->said, text_format(l->a, "%d %u %u", (int)code, span.lo, span.hi));
    bool first = !*slot;
    *slot = l;
    return first;
}

void lint_policy(const struct model *model, const struct sources *sources, struct diags *diags, struct arena *arena) {
    struct lint l = {.m = model, .sources = sources, .d = diags, .a = arena};
    l.said = text_map_new(arena);
    lint_declare(&l);
    lint_items(&l);
    lint_caps(&l);
    lint_once(&l);
    lint_same(&l);
    lint_words(&l);
}
