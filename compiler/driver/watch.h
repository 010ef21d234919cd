/* watch.h - waits until a file of a policy is saved, or Ctrl-C. For one thread; blocks SIGINT and SIGTERM meanwhile. */
#ifndef POL_WATCH_H
#define POL_WATCH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/source.h"

enum { WATCH_FILES = 64, WATCH_PATH = 4096 };

struct watch {
    int notify, signals;
    sigset_t before;
    struct {
        int folder;                       /* its watch */
        char path[WATCH_PATH], name[256]; /* in that folder */
    } file[WATCH_FILES];
    size_t count;
    int error; /* errno of what went wrong; 0: nothing did */
};

/* Watches the folders of the files, so that an editor that renames a new file into place is noticed too. False: it
 * cannot; see `error`. */
bool watch_begin(struct watch *w, const struct sources *sources);
/* Adds those that are not watched yet: what a policy includes may change. */
bool watch_add(struct watch *w, const struct sources *sources);
/* Waits for a save, and until the writing is over. False: Ctrl-C, or `error`. */
bool watch_next(struct watch *w);
void watch_end(struct watch *w);

#endif
