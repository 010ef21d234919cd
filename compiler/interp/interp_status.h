/* interp_status.h - how the interpreter reports that it could not do what was asked.
 *
 * Nothing of compiler/interp prints or exits. A function that can fail returns a status and fills the error, whose
 * message is one line of UTF-8 that names the place and the remedy. The numbers are the exit codes of the programs.
 */
#ifndef POL_INTERP_STATUS_H
#define POL_INTERP_STATUS_H

#include "base/text.h"

enum interp_status {
    INTERP_OK = 0,
    INTERP_USAGE = 2,  /* asked for something that cannot be */
    INTERP_INPUT = 3,  /* the ledger cannot be used */
    INTERP_SYSTEM = 4, /* no memory, no disk, no such file */
};

struct interp_error {
    enum interp_status status;
    char message[1024];
};

/* Fills *error (NULL is fine) and returns the status. The message is cut at a character where it is too long. */
enum interp_status interp_fail(struct interp_error *error, enum interp_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* What of a cell fits a message: control characters and malformed bytes shown as "?", cut after some 60 bytes. */
struct interp_shown {
    char text[72];
};
struct interp_shown interp_show(struct text t);

#endif
