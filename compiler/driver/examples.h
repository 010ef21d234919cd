/* examples.h - the examples of a policy on both of its meanings, with the differences reported as diagnostics. */
#ifndef POL_EXAMPLES_H
#define POL_EXAMPLES_H

#include "driver/command.h"

struct examples_difference {
    const struct model_example *example; /* NULL: not of one */
    struct text message, expected, found;
    struct span span;
    struct examples_difference *next;
};

struct examples_result { /* zero-initialise */
    size_t run;
    uint64_t *nanoseconds; /* by example, on both meanings together */
    struct examples_difference *first, *last;
    struct text failure; /* why they could not be run to the end; empty */
};

/* Decides every example with the interpreter and with the object (NULL: with the interpreter alone), prints what does
 * not come out as expected, and gives the exit code. *result is in the pipeline's arena. */
int examples_check(const struct command *c, struct pipeline *p, const char *object, const char *folder,
                   struct examples_result *result);

#endif
