#include "driver/fix.h"

#include <stdlib.h>

#include "driver/build.h"

enum { ROUNDS = 100 /* a fix can show the next mistake; more than this would be a mistake of ours */ };

static int by_place(const void *a, const void *b) {
    const struct diag *x = *(const struct diag *const *)a, *y = *(const struct diag *const *)b;
    if (x->fix_span.lo != y->fix_span.lo)
        return x->fix_span.lo < y->fix_span.lo ? -1 : 1;
    return 0;
}

/* The fixes in order of place; of those that overlap the first, the others are looked at again in the next round. */
static size_t gather(const struct pipeline *p, const struct diag **out) {
    size_t count = 0, kept = 0;
    for (const struct diag *d = p->diags.first; d; d = d->next)
        if (d->has_fix && d->fix_span.hi >= d->fix_span.lo && d->fix_span.lo)
            out[count++] = d;
    qsort(out, count, sizeof *out, by_place);
    for (size_t i = 0; i < count; i++)
        if (!kept || out[i]->fix_span.lo >= out[kept - 1]->fix_span.hi)
            out[kept++] = out[i];
    return kept;
}

static struct text part_of(const struct source *file, uint32_t lo, uint32_t hi) {
    return (struct text){file->bytes.data + (lo - file->base), hi - lo};
}

static bool is_within(const struct source *file, const struct diag *d) {
    return d->fix_span.lo >= file->base && d->fix_span.hi <= file->base + file->bytes.size;
}

/* Writes one file with its fixes. */
static int write_file(const struct pipeline *p, const struct source *file, const struct diag *const *fix, size_t count,
                      size_t *applied) {
    struct text_buffer out = {.arena = p->arena};
    uint32_t at = file->base;
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        if (!is_within(file, fix[i]))
            continue;
        text_add(&out, part_of(file, at, fix[i]->fix_span.lo));
        text_add(&out, fix[i]->fix_text);
        at = fix[i]->fix_span.hi;
        used++;
    }
    if (!used)
        return EXIT_CLEAN;
    text_add(&out, part_of(file, at, file->base + (uint32_t)file->bytes.size));
    struct text path = text_copy(p->arena, file->path);
    *applied += used;
    return build_replace(path.data, text_of_buffer(&out));
}

static int apply(const struct pipeline *p, size_t *applied) {
    size_t count = 0;
    for (const struct diag *d = p->diags.first; d; d = d->next)
        count++;
    const struct diag **fix = arena_array_of(p->arena, const struct diag *, count + 1);
    count = gather(p, fix);
    int code = EXIT_CLEAN;
    for (const struct source *file = p->sources.first; file && code == EXIT_CLEAN && count; file = file->next)
        code = write_file(p, file, fix, count, applied);
    return code;
}

int fix_policy(const struct command *c, struct pipeline *p, struct arena *arena, void *data) {
    struct fixing *f = data;
    (void)c;
    for (int round = 0; round < ROUNDS; round++) {
        enum pipeline_status status = pipeline_run(p, arena, f->path, PIPELINE_LINT);
        if (status == PIPELINE_INPUT || status == PIPELINE_SYSTEM)
            return EXIT_CLEAN; /* the check that follows says so */
        size_t applied = 0;
        int code = apply(p, &applied);
        f->fixes += applied;
        if (code != EXIT_CLEAN || !applied)
            return code;
    }
    return EXIT_CLEAN;
}
