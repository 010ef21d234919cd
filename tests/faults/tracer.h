/* tracer.h - runs a program and makes the Nth system call of a kind fail.
 *
 * Calls are counted in the program and everything it starts that carries the preloaded marker (fault_alloc.c), threads
 * included, from the marker on. Writes to standard error are left alone: a message that cannot be written cannot be
 * looked for.
 */
#ifndef FAULTS_TRACER_H
#define FAULTS_TRACER_H

#include <stdbool.h>

enum fault_mode {
    FAULT_INSTEAD, /* the call is not made, and gives the error */
    FAULT_AFTER,   /* the call is made, and gives the error all the same */
    FAULT_SHORT,   /* the call transfers half of what was asked for */
    FAULT_SIGNAL,  /* the program gets the signal `error` before the call */
    FAULT_LIBRARY, /* no call fails here: the preloaded library sees to it */
    FAULT_LIMIT,   /* no call fails: files may not grow beyond N times FAULT_GRAIN bytes, standard error included */
};

enum { FAULT_CALLS = 8, FAULT_GRAIN = 600 };

struct fault {
    const char *name;
    int error; /* errno, or a signal */
    enum fault_mode mode;
    bool harmless;           /* a program must get over it */
    long calls[FAULT_CALLS]; /* system calls; -1 ends the list */
};

struct trace {
    int exit_code; /* or 128 + signal; 255: it did not end in time */
    long count;    /* calls of the kind */
    bool fired;
};

/* `fault` NULL: no call is made to fail, nothing is traced. Nor is it with FAULT_LIBRARY and FAULT_LIMIT. False:
 * processes cannot be traced here. */
bool trace_run(char *const argv[], char *const environment[], const char *out, const char *err,
               const struct fault *fault, long at, struct trace *trace);

#endif
