#include "driver/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "driver/command.h"
#include "tr.h"

/* Exit codes of a child that came to its end, to tell them from those of a library that ends the process. */
enum { CODE_BASE = 64 };

/* Ends without what an exit would do: the buffers are the parent's. The code is told beforehand: to take down a process
 * that used much memory takes a while, in which the parent goes on. */
_Noreturn static void run_child(guard_work *work, void *data, int file, int told, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int code = getppid() == parent ? work(data, file) : EXIT_SYSTEM;
    fflush(stderr);
    uint8_t byte = (uint8_t)(CODE_BASE + code);
    while (write(told, &byte, 1) < 0 && errno == EINTR)
        ;
    _exit(CODE_BASE + code);
}

static int wait_for(pid_t child) {
    int state;
    while (waitpid(child, &state, 0) < 0)
        if (errno != EINTR) {
            command_say("cannot wait for code generation: %s", tr_errno(errno));
            return GUARD_LOST;
        }
    if (WIFEXITED(state) && WEXITSTATUS(state) >= CODE_BASE && WEXITSTATUS(state) <= CODE_BASE + EXIT_SYSTEM)
        return WEXITSTATUS(state) - CODE_BASE;
    command_say("code generation was ended by %s %d: there is not enough memory, or a mistake in polc",
                WIFEXITED(state) ? tr("an exit") : tr("signal"),
                WIFEXITED(state) ? WEXITSTATUS(state) : WTERMSIG(state));
    return GUARD_LOST;
}

/* What the child tells; a child that ended without telling says it by how it ended. */
static int hear(int told, pid_t child) {
    uint8_t byte;
    ssize_t n;
    while ((n = read(told, &byte, 1)) < 0 && errno == EINTR)
        ;
    return n == 1 && byte >= CODE_BASE && byte <= CODE_BASE + EXIT_SYSTEM ? byte - CODE_BASE : wait_for(child);
}

static int run(guard_work *work, void *data, int file, const int told[2]) {
    pid_t self = getpid(), child;
    fflush(NULL); /* or a child that LLVM ends by an exit would write our buffers, too */
    child = fork();
    if (child == 0)
        run_child(work, data, file, told[1], self);
    int error = errno;
    close(told[1]); /* so that the end of the child ends what is read */
    int code = GUARD_LOST;
    if (child < 0)
        command_say("cannot start code generation: %s", tr_errno(error));
    else
        code = hear(told[0], child);
    close(told[0]);
    return code;
}

int guard_run(guard_work *work, void *data, int *file) {
    int told[2], code = GUARD_LOST;
    *file = memfd_create("code", MFD_CLOEXEC);
    if (*file < 0 || pipe2(told, O_CLOEXEC) != 0)
        command_say("cannot start code generation: %s", tr_errno(errno));
    else
        code = run(work, data, *file, told);
    if (code == GUARD_LOST && *file >= 0) {
        close(*file);
        *file = -1;
    }
    return code;
}

void guard_end(void) {
    while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
        ;
}
