/* choices.h - a recorded sequence of choices from which a test case is made.
 *
 * A generator asks for one number after the other. Recorded, the sequence makes the same case again; with parts taken
 * out or lowered it makes a smaller case: that is all shrinking needs to know.
 */
#ifndef POL_TESTS_CHOICES_H
#define POL_TESTS_CHOICES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct choices {
    uint32_t *value;
    size_t count, capacity, at;
    uint64_t state; /* of the random source, while recording */
    bool replay;
};

void choices_record(struct choices *c, uint64_t seed);
/* Replays a copy of `value`; when it is used up every choice is 0, the simplest. */
void choices_replay(struct choices *c, const uint32_t *value, size_t count);
void choices_free(struct choices *c);

/* A number in [0, bound). Generators put the simplest alternative first. */
uint32_t choose(struct choices *c, uint32_t bound);
bool chance(struct choices *c, uint32_t percent); /* 0 is false */

/* Shrinks a failing sequence: tries smaller ones as long as `fails` says that they still fail, at most `tries`. */
typedef bool choices_fail(const uint32_t *value, size_t count, void *context);
void choices_shrink(struct choices *c, choices_fail *fails, void *context, unsigned tries);

#endif
