#include "choices.h"

#include <stdlib.h>
#include <string.h>

static uint64_t next(struct choices *c) {
    uint64_t z = c->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

void choices_record(struct choices *c, uint64_t seed) {
    c->count = c->at = 0;
    c->state = seed;
    c->replay = false;
}

static void reserve(struct choices *c, size_t count) {
    if (count <= c->capacity)
        return;
    c->capacity = count * 2 + 64;
    c->value = realloc(c->value, c->capacity * sizeof *c->value);
    if (!c->value)
        abort();
}

void choices_replay(struct choices *c, const uint32_t *value, size_t count) {
    reserve(c, count);
    if (count)
        memmove(c->value, value, count * sizeof *value);
    c->count = count;
    c->at = 0;
    c->replay = true;
}

void choices_free(struct choices *c) {
    free(c->value);
    *c = (struct choices){0};
}

uint32_t choose(struct choices *c, uint32_t bound) {
    if (bound <= 1)
        return 0;
    if (c->replay)
        return c->at < c->count ? c->value[c->at++] % bound : 0;
    reserve(c, c->count + 1);
    c->value[c->count] = (uint32_t)(next(c) >> 33) % bound;
    c->at++;
    return c->value[c->count++];
}

bool chance(struct choices *c, uint32_t percent) {
    return choose(c, 100) >= 100 - percent;
}

static bool try_sequence(struct choices *c, const uint32_t *value, size_t count, choices_fail *fails, void *context,
                         unsigned *tries) {
    if (*tries == 0)
        return false;
    --*tries;
    if (!fails(value, count, context))
        return false;
    choices_replay(c, value, count);
    return true;
}

/* Takes out runs of choices, long ones first. */
static bool shrink_runs(struct choices *c, uint32_t *work, choices_fail *fails, void *context, unsigned *tries) {
    bool any = false;
    for (size_t run = c->count / 2; run > 0; run /= 2) {
        for (size_t at = 0; at + run <= c->count && *tries;) {
            memcpy(work, c->value, at * sizeof *work);
            memcpy(work + at, c->value + at + run, (c->count - at - run) * sizeof *work);
            if (try_sequence(c, work, c->count - run, fails, context, tries))
                any = true;
            else
                at += run;
        }
    }
    return any;
}

/* Lowers single choices: to 0, else to half. */
static bool shrink_values(struct choices *c, uint32_t *work, choices_fail *fails, void *context, unsigned *tries) {
    bool any = false;
    for (size_t i = 0; i < c->count && *tries; i++) {
        for (uint32_t to = 0; c->value[i] && *tries; to = c->value[i] / 2) {
            memcpy(work, c->value, c->count * sizeof *work);
            work[i] = to;
            if (try_sequence(c, work, c->count, fails, context, tries)) {
                any = true;
                continue;
            }
            if (to)
                break;
            if (c->value[i] == 1)
                break;
        }
    }
    return any;
}

void choices_shrink(struct choices *c, choices_fail *fails, void *context, unsigned tries) {
    uint32_t *work = malloc((c->count + 1) * sizeof *work);
    if (!work)
        abort();
    bool more = true;
    while (more && tries) {
        more = shrink_runs(c, work, fails, context, &tries);
        more = shrink_values(c, work, fails, context, &tries) || more;
    }
    free(work);
}
