/* fix.h - `polc check --fix`: the certain fixes of diagnostics, applied to the files. */
#ifndef POL_FIX_H
#define POL_FIX_H

#include "driver/command.h"

/* Applies every fix of the policy and of the files it includes, and checks again, until none is left. Each round's
 * files are written aside and renamed. Says nothing of what remains. *fixes counts what was applied. Gives EXIT_CLEAN,
 * or what went wrong with a file, which was said. An action of command_with_arena; `data` is a struct fixing. */
struct fixing {
    const char *path;
    size_t fixes;
};
int fix_policy(const struct command *c, struct pipeline *p, struct arena *arena, void *data);

#endif
