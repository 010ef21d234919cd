/* examples.h - the examples of a policy on both of its meanings, with the differences reported as diagnostics. */
#ifndef POL_EXAMPLES_H
#define POL_EXAMPLES_H

#include "driver/command.h"

/* Decides every example with the interpreter and with the object (NULL: with the interpreter alone), prints what does
 * not come out as expected, and gives the exit code. *run (NULL is fine) gets the number of examples. */
int examples_check(const struct command *c, struct pipeline *p, const char *object, const char *folder, size_t *run);

#endif
