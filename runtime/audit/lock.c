#include "audit/lock.h"

#include <errno.h>
#include <sys/file.h>
#include <time.h>

bool pol_lock(int file) {
    const struct timespec tick = {.tv_nsec = 20000000L};
    enum { TICKS = 50 };
    for (int i = 0;; i++) {
        if (flock(file, LOCK_EX | LOCK_NB) == 0)
            return true;
        if ((errno != EWOULDBLOCK && errno != EINTR) || i == TICKS)
            return false;
        nanosleep(&tick, NULL);
    }
}
