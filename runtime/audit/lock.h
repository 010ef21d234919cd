/* lock.h - one process at a time. */
#ifndef POL_AUDIT_LOCK_H
#define POL_AUDIT_LOCK_H

#include <stdbool.h>

/* Locks an open file or folder until it is closed. Waits up to a second for another process: one that was just killed
 * keeps its locks for as long as the system takes its memory back. False: errno, EWOULDBLOCK where it is still locked.
 */
bool pol_lock(int file);

#endif
