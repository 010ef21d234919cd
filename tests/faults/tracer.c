#include "tracer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/reg.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/ptrace.h>

#include "marker.h"

enum { TASKS = 128, SECONDS = 120 };

struct task {
    pid_t id;
    bool armed;  /* its calls count */
    long result; /* what the call it is in is to give; 0: what it gives */
};

struct tracer {
    struct task task[TASKS];
    const struct fault *fault;
    long at;
    pid_t root;
    struct trace *trace;
};

static struct task *task_of(struct tracer *t, pid_t id) {
    struct task *free_one = NULL;
    for (int i = 0; i < TASKS; i++) {
        if (t->task[i].id == id)
            return &t->task[i];
        if (!t->task[i].id && !free_one)
            free_one = &t->task[i];
    }
    if (!free_one)
        abort();
    /* a child whose stop comes before that of its parent: like its parent */
    *free_one = (struct task){.id = id, .armed = id != t->root};
    return free_one;
}

static bool is_of_kind(const struct fault *fault, uint64_t call, const uint64_t *arguments) {
    for (int i = 0; i < FAULT_CALLS && fault->calls[i] >= 0; i++)
        if ((uint64_t)fault->calls[i] == call)
            return !((call == SYS_write || call == SYS_writev || call == SYS_close) && arguments[0] == 2);
    return false;
}

static void set_register(pid_t id, int number, uint64_t value) {
    ptrace(PTRACE_POKEUSER, id, (void *)(sizeof(long) * (size_t)number), (void *)value);
}

static void enter(struct tracer *t, struct task *task, const struct ptrace_syscall_info *call) {
    const uint64_t *arguments = (const uint64_t *)call->entry.args;
    if (call->entry.nr == SYS_prctl && arguments[0] == FAULT_MARKER)
        task->armed = true;
    if (!task->armed || !t->fault || !is_of_kind(t->fault, call->entry.nr, arguments) || ++t->trace->count != t->at)
        return;
    t->trace->fired = true;
    switch (t->fault->mode) {
    case FAULT_INSTEAD:
        set_register(task->id, ORIG_RAX, (uint64_t)-1);
        task->result = -t->fault->error;
        break;
    case FAULT_AFTER:
        task->result = -t->fault->error;
        break;
    case FAULT_SIGNAL:
        kill(t->root, t->fault->error);
        break;
    case FAULT_LIBRARY:
    case FAULT_LIMIT:
        break;
    case FAULT_SHORT:
        set_register(task->id, RDX, arguments[2] / 2 ? arguments[2] / 2 : arguments[2]);
        break;
    }
}

static void at_call(struct tracer *t, struct task *task) {
    struct ptrace_syscall_info call;
    if (ptrace(PTRACE_GET_SYSCALL_INFO, task->id, (void *)sizeof call, &call) <= 0)
        return;
    if (call.op == PTRACE_SYSCALL_INFO_ENTRY) {
        enter(t, task, &call);
    } else if (call.op == PTRACE_SYSCALL_INFO_EXIT && task->result) {
        set_register(task->id, RAX, (uint64_t)task->result);
        task->result = 0;
    }
}

static void at_event(struct tracer *t, struct task *task, int event) {
    unsigned long child = 0;
    if (event == PTRACE_EVENT_EXEC) {
        task->armed = false;
    } else if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE) {
        ptrace(PTRACE_GETEVENTMSG, task->id, NULL, &child);
        bool armed = task->armed;
        task_of(t, (pid_t)child)->armed = armed;
    }
}

/* One stop of a task. The signal to go on with. */
static int at_stop(struct tracer *t, pid_t id, int status) {
    struct task *task = task_of(t, id);
    int signal_number = WSTOPSIG(status), event = status >> 16;
    if (signal_number == (SIGTRAP | 0x80))
        at_call(t, task);
    else if (event)
        at_event(t, task, event);
    else
        return signal_number;
    return 0;
}

static void follow(struct tracer *t) {
    struct timespec begin, now;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int status;;) {
        pid_t id = waitpid(-1, &status, __WALL);
        if (id < 0)
            return; /* nobody is left */
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (now.tv_sec - begin.tv_sec > SECONDS) {
            t->trace->exit_code = 255;
            kill(t->root, SIGKILL);
            begin = now;
        }
        if (WIFSTOPPED(status)) {
            int signal_number = at_stop(t, id, status);
            ptrace(PTRACE_SYSCALL, id, NULL, (void *)(intptr_t)signal_number);
            continue;
        }
        task_of(t, id)->id = 0;
        if (id == t->root && t->trace->exit_code != 255)
            t->trace->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
}

static void redirect(const char *path, int to) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (file < 0 || dup2(file, to) < 0)
        _exit(126);
}

_Noreturn static void start(char *const argv[], char *const environment[], const char *out, const char *err,
                            rlim_t largest, int go) {
    char byte;
    struct rlimit limit = {largest, largest};
    if (read(go, &byte, 1) != 1)
        _exit(126);
    redirect(out, STDOUT_FILENO);
    redirect(err, STDERR_FILENO);
    setrlimit(RLIMIT_FSIZE, &limit);
    execve(argv[0], argv, environment);
    _exit(127);
}

/* Waits for the program alone; what it started may live on for a moment. */
static void await(struct tracer *t) {
    int status;
    for (int i = 0; waitpid(t->root, &status, WNOHANG) == 0; i++) {
        if (i > SECONDS * 1000)
            kill(t->root, SIGKILL);
        usleep(1000);
    }
    t->trace->exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool trace_run(char *const argv[], char *const environment[], const char *out, const char *err,
               const struct fault *fault, long at, struct trace *trace) {
    bool limited = fault && fault->mode == FAULT_LIMIT, untraced = !fault || limited || fault->mode == FAULT_LIBRARY;
    struct tracer t = {.fault = fault, .at = at, .trace = trace};
    *trace = (struct trace){.exit_code = 126};
    int go[2], status;
    if (pipe2(go, O_CLOEXEC) != 0)
        return false;
    t.root = fork();
    if (t.root == 0)
        start(argv, environment, out, err, limited ? (rlim_t)(at * FAULT_GRAIN) : RLIM_INFINITY, go[0]);
    long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
                   PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC;
    bool traced = t.root > 0 && (untraced || (ptrace(PTRACE_SEIZE, t.root, NULL, (void *)options) == 0 &&
                                              ptrace(PTRACE_INTERRUPT, t.root, NULL, NULL) == 0 &&
                                              waitpid(t.root, &status, __WALL) == t.root &&
                                              ptrace(PTRACE_SYSCALL, t.root, NULL, NULL) == 0));
    if (!traced && t.root > 0)
        kill(t.root, SIGKILL);
    if (write(go[1], "!", 1) != 1)
        traced = false;
    close(go[0]);
    close(go[1]);
    if (!untraced && traced)
        follow(&t);
    else
        await(&t);
    return traced;
}
