#include "driver/guard.h"

#include <errno.h>
#include <signal.h>
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

/* Ends without what an exit would do: the buffers are the parent's. */
_Noreturn static void run_child(guard_work *work, void *data, int file, pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int code = getppid() == parent ? work(data, file) : EXIT_SYSTEM;
    fflush(stderr);
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

int guard_run(guard_work *work, void *data, int *file) {
    *file = memfd_create("code", MFD_CLOEXEC);
    fflush(NULL); /* or a child that LLVM ends by an exit would write our buffers, too */
    pid_t self = getpid(), child = *file < 0 ? -1 : fork();
    if (child == 0)
        run_child(work, data, *file, self);
    if (child < 0)
        command_say("cannot start code generation: %s", tr_errno(errno));
    int code = child < 0 ? GUARD_LOST : wait_for(child);
    if (code == GUARD_LOST && *file >= 0) {
        close(*file);
        *file = -1;
    }
    return code;
}
