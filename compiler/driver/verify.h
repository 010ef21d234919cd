/* verify.h - compares the kernels of a shared object with the interpreter, on random rows. */
#ifndef POL_VERIFY_H
#define POL_VERIFY_H

#include <stdint.h>

#include "ir/ir.h"

enum verify_status { VERIFY_OK, VERIFY_DIFFERS, VERIFY_SYSTEM };

/* Loads the object, which must be one that we made ourselves, and runs `rows` random rows for each kernel that this
 * processor can run. `message` gets one line unless the result is VERIFY_OK. */
enum { VERIFY_MESSAGE = 512 };
enum verify_status verify_object(struct arena *arena, const struct ir_policy *policy, const char *path, uint64_t rows,
                                 char message[VERIFY_MESSAGE]);

#endif
