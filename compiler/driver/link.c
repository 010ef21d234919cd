#include "driver/link.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi.h"
#include "digest.h"
#include "driver/shared_object.h"
#include "tr.h"

struct link {
    const char *path;
    char *aside; /* in the folder of path */
    char *message;
    sigset_t signals; /* as they were */
};

__attribute__((format(printf, 2, 3))) static void link_say(struct link *l, const char *format, ...) {
    va_list list;
    va_start(list, format);
    vsnprintf(l->message, LINK_MESSAGE, tr(format), list);
    va_end(list);
}

static enum link_status system_failed(struct link *l, const char *what, const char *path) {
    link_say(l, "%s %s: %s", what, path, tr_errno(errno));
    return LINK_SYSTEM;
}

static bool write_all(int file, const void *bytes, size_t size) {
    for (const char *at = bytes; size > 0;) {
        ssize_t n = write(file, at, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ENOSPC;
        if (n <= 0)
            return false;
        at += n;
        size -= (size_t)n;
    }
    return true;
}

/* ---- ld -------------------------------------------------------------------------------------------------------------
 */

/* A file without a name that a child inherits under its number. */
static int open_unnamed(const char *name) {
    return memfd_create(name, 0);
}

/* Everything that a distribution may have built into its ld is said here, so that every ld of one version writes the
 * same bytes. Headers, descriptor and code share one read-only segment: a policy object is mapped whole. */
static int spawn_linker(struct link *l, const int *object, size_t count, int messages, pid_t *child) {
    char input[LINK_OBJECTS][32], *inputs[LINK_OBJECTS + 1] = {NULL};
    for (size_t i = 0; i < count; i++) {
        snprintf(input[i], sizeof input[i], "/proc/self/fd/%d", object[i]);
        inputs[i] = input[i];
    }
    char *arguments[] = {"ld",
                         "-m",
                         "elf_x86_64",
                         "-shared",
                         "-s",
                         "-z",
                         "noexecstack",
                         "-z",
                         "relro",
                         "-z",
                         "now",
                         "-z",
                         "defs",
                         "-z",
                         "noseparate-code",
                         "-z",
                         "max-page-size=4096",
                         "-z",
                         "common-page-size=4096",
                         "--build-id=none",
                         "--hash-style=gnu",
                         "--no-eh-frame-hdr",
                         "--no-ld-generated-unwind-info",
                         "-o",
                         l->aside,
                         inputs[0],
                         inputs[1],
                         inputs[2],
                         inputs[3],
                         NULL};
    char *environment[] = {"LC_ALL=C", NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&files) != 0)
        return ENOMEM;
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&files, messages, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&files, messages, STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setsigmask(&attributes, &l->signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int error = posix_spawnp(child, "ld", &files, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

/* The first line of what ld said. */
static void say_linker(struct link *l, int messages) {
    char text[300];
    ssize_t n = pread(messages, text, sizeof text - 1, 0);
    text[n > 0 ? n : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    link_say(l, "ld failed: %s", *text ? text : tr("without a message"));
}

static enum link_status wait_for(struct link *l, pid_t child, int messages) {
    int state;
    while (waitpid(child, &state, 0) < 0)
        if (errno != EINTR)
            return system_failed(l, tr("cannot wait for"), "ld");
    if (WIFEXITED(state) && WEXITSTATUS(state) == 0)
        return LINK_OK;
    if (WIFEXITED(state) && WEXITSTATUS(state) == 127) { /* what posix_spawn reports where it cannot return the error */
        link_say(l, "cannot run ld: not found");
        return LINK_NO_LINKER;
    }
    say_linker(l, messages);
    struct stat info;
    bool full = stat(l->aside, &info) != 0 || info.st_size == 0;
    return WIFSIGNALED(state) || full ? LINK_SYSTEM : LINK_REFUSED;
}

static enum link_status run_linker(struct link *l, const int *object, size_t count) {
    int messages = open_unnamed("messages");
    if (messages < 0)
        return system_failed(l, tr("cannot make"), tr("a temporary file"));
    pid_t child;
    int error = spawn_linker(l, object, count, messages, &child);
    enum link_status status;
    if (error) {
        link_say(l, "cannot run ld: %s", tr_errno(error));
        status = error == ENOENT ? LINK_NO_LINKER : LINK_SYSTEM;
    } else {
        status = wait_for(l, child, messages);
    }
    close(messages);
    return status;
}

static enum link_status make_shared(struct link *l, const struct link_object *object, size_t count) {
    int file[LINK_OBJECTS];
    size_t open_count = 0;
    enum link_status status = LINK_OK;
    while (open_count < count && status == LINK_OK) {
        int fd = open_unnamed("policy.o");
        if (fd < 0) {
            status = system_failed(l, tr("cannot make"), tr("a temporary file"));
            break;
        }
        file[open_count] = fd;
        if (!write_all(fd, object[open_count].bytes, object[open_count].size))
            status = system_failed(l, tr("cannot write"), tr("a temporary file"));
        open_count++;
    }
    if (status == LINK_OK)
        status = run_linker(l, file, count);
    while (open_count > 0)
        close(file[--open_count]);
    return status;
}

static bool write_at(int file, const uint8_t *bytes, size_t size, size_t at) {
    while (size > 0) {
        ssize_t n = pwrite(file, bytes, size, (off_t)at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ENOSPC;
        if (n <= 0)
            return false;
        bytes += n;
        at += (size_t)n;
        size -= (size_t)n;
    }
    return true;
}

/* ---- digest and name ------------------------------------------------------------------------------------------------
 */

static enum link_status seal_bytes(struct link *l, int file, uint8_t *bytes, size_t size) {
    size_t descriptor = 0;
    const char *wrong = shared_object_check(bytes, size, &descriptor);
    if (wrong) {
        link_say(l, "ld made something that is not a policy object: %s", wrong);
        return LINK_REFUSED;
    }
    uint8_t digest[POL_DIGEST_SIZE];
    size_t at = descriptor + offsetof(struct pol_descriptor, object_digest);
    struct pol_sha256 hash;
    memset(bytes + at, 0, sizeof digest);
    pol_sha256_init(&hash);
    pol_sha256_add(&hash, bytes, size);
    pol_sha256_end(&hash, digest);
    mode_t mask = umask(0);
    umask(mask);
    if (!write_at(file, digest, sizeof digest, at) || fchmod(file, 0777 & ~mask) != 0 || fsync(file) != 0)
        return system_failed(l, tr("cannot write"), l->aside);
    return LINK_OK;
}

/* Checks the file, and writes its digest into it. */
static enum link_status seal(struct link *l) {
    int file = open(l->aside, O_RDWR | O_CLOEXEC);
    struct stat info;
    if (file < 0 || fstat(file, &info) != 0) {
        enum link_status status = system_failed(l, tr("cannot open"), l->aside);
        if (file >= 0)
            close(file);
        return status;
    }
    enum link_status status = LINK_SYSTEM;
    size_t size = (size_t)info.st_size;
    uint8_t *bytes = size ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0) : MAP_FAILED;
    if (bytes == MAP_FAILED) {
        system_failed(l, tr("cannot read"), l->aside);
    } else {
        status = seal_bytes(l, file, bytes, size);
        munmap(bytes, size);
    }
    if (close(file) != 0 && status == LINK_OK)
        status = system_failed(l, tr("cannot write"), l->aside);
    return status;
}

static enum link_status place(struct link *l) {
    if (rename(l->aside, l->path) != 0)
        return system_failed(l, tr("cannot write"), l->path);
    return LINK_OK;
}

/* An empty file beside the final one; ld replaces it. */
static enum link_status open_aside(struct link *l) {
    size_t size = strlen(l->path) + sizeof ".XXXXXX";
    l->aside = malloc(size);
    if (!l->aside) {
        link_say(l, "not enough memory");
        return LINK_SYSTEM;
    }
    snprintf(l->aside, size, "%s.XXXXXX", l->path);
    int file = mkstemp(l->aside);
    if (file < 0) {
        enum link_status status = system_failed(l, tr("cannot write"), l->path);
        free(l->aside);
        l->aside = NULL;
        return status;
    }
    close(file);
    return LINK_OK;
}

enum link_status link_shared(const struct link_object *object, size_t count, const char *path,
                             char message[LINK_MESSAGE]) {
    assert(count <= LINK_OBJECTS);
    struct link l = {.path = path, .message = message};
    message[0] = '\0';
    sigset_t stop;
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigaddset(&stop, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &stop, &l.signals); /* they arrive when nothing is left behind */
    enum link_status status = open_aside(&l);
    if (status == LINK_OK)
        status = make_shared(&l, object, count);
    if (status == LINK_OK)
        status = seal(&l);
    if (status == LINK_OK)
        status = place(&l);
    if (status != LINK_OK && l.aside)
        unlink(l.aside);
    free(l.aside);
    pthread_sigmask(SIG_SETMASK, &l.signals, NULL);
    return status;
}
