/* guard.h - work in a process of its own. LLVM ends the process where it finds no memory; then it is the child that
 * ends, and polc can say so and leave nothing behind.
 */
#ifndef POL_GUARD_H
#define POL_GUARD_H

enum { GUARD_LOST = -1 };

/* Runs in the child. What it finds out it writes to `file`; messages for people it prints itself. Gives an exit code.
 */
typedef int guard_work(void *data, int file);

/* Gives the exit code of `work` and in *file an open file with what it wrote, to be read from its beginning and closed.
 * GUARD_LOST, with a message printed and no file: the child could not be started or ended early. */
int guard_run(guard_work *work, void *data, int *file);

/* Waits for what is left of the children: to take down a process that used much memory takes a while, and guard_run
 * does not wait for it. To be called when there is nothing else to be done; the process has no other children then. */
void guard_end(void);

#endif
