#include "audit/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/lock.h"
#include "ledger/fail.h"
#include "tr.h"

struct pol_state_file {
    char *path, *next; /* FILE and FILE.next */
    int old, new;      /* -1: none */
    struct pol_state_source source;
    bool written; /* FILE.next is ours to rename */
    int64_t (*paid)(void *context, uint64_t row);
    void *context;
};

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static enum pol_status read_at(const char *path, int file, uint64_t at, void *bytes, size_t size,
                               struct pol_error *error) {
    char *to = bytes;
    while (size > 0) {
        ssize_t got = pread(file, to, size, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: cannot be read: %s", path, tr_errno(errno));
        if (got == 0)
            return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: became shorter while it was read", path);
        to += got;
        at += (uint64_t)got;
        size -= (size_t)got;
    }
    return POL_STATUS_OK;
}

static enum pol_status read_old(void *context, uint64_t at, void *bytes, size_t size, struct pol_error *error) {
    const struct pol_state_file *file = context;
    return read_at(file->path, file->old, at, bytes, size, error);
}

static enum pol_status read_next(void *context, uint64_t at, void *bytes, size_t size, struct pol_error *error) {
    const struct pol_state_file *file = context;
    return read_at(file->next, file->new, at, bytes, size, error);
}

bool pol_state_file_is(const char *path) {
    char mark[8] = {0};
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0)
        return false;
    bool is = pread(file, mark, sizeof mark, 0) == sizeof mark && memcmp(mark, "POLstate", sizeof mark) == 0;
    close(file);
    return is;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static enum pol_status unusable(const char *path, const char *what, struct pol_error *error) {
    return pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: %s: %s", path, what, tr_errno(errno));
}

/* Opens and locks FILE.next. Between the two a run may have renamed it: then there is another one to lock. */
static enum pol_status lock(struct pol_state_file *file, struct pol_error *error) {
    for (int attempt = 0; attempt < 100; attempt++) {
        struct stat mine, there;
        file->new = open(file->next, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (file->new < 0)
            return unusable(file->next, tr("cannot be written"), error);
        if (!pol_lock(file->new)) {
            bool busy = errno == EWOULDBLOCK;
            enum pol_status status = unusable(file->next, tr("cannot be locked"), error);
            close(file->new);
            file->new = -1;
            return busy ? pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: another run is using this state", file->path)
                        : status;
        }
        if (fstat(file->new, &mine) == 0 && lstat(file->next, &there) == 0 && mine.st_ino == there.st_ino &&
            mine.st_dev == there.st_dev)
            return POL_STATUS_OK;
        close(file->new);
        file->new = -1;
    }
    return pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: other runs are using this state", file->path);
}

static enum pol_status open_old(struct pol_state_file *file, struct pol_error *error) {
    struct stat facts;
    file->old = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file->old < 0 && errno == ENOENT)
        return POL_STATUS_OK;
    if (file->old < 0 || fstat(file->old, &facts) != 0)
        return unusable(file->path, tr("cannot be read"), error);
    if (!S_ISREG(facts.st_mode))
        return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: not a file", file->path);
    file->source = (struct pol_state_source){file, (uint64_t)facts.st_size, read_old};
    return POL_STATUS_OK;
}

/* A whole state under the other name: a run died when all was written. */
static bool is_left(struct pol_state_file *file) {
    struct stat facts;
    struct pol_state_facts left;
    if (file->new < 0 || fstat(file->new, &facts) != 0 || facts.st_size == 0)
        return false;
    struct pol_state_source source = {file, (uint64_t)facts.st_size, read_next};
    return pol_state_facts(&source, &left, NULL) == POL_STATUS_OK;
}

/* The file that a link leads to is the state, not the link. */
static char *real_path(const char *path) {
    char *real = realpath(path, NULL);
    return real != NULL ? real : strdup(path);
}

enum pol_status pol_state_file_open(const char *path, struct pol_state_file **result, bool *left,
                                    struct pol_error *error) {
    struct pol_state_file *file = calloc(1, sizeof *file);
    *left = false;
    if (file == NULL)
        return pol_ledger_no_memory(error);
    file->old = file->new = -1;
    file->path = real_path(path);
    if (file->path == NULL || asprintf(&file->next, "%s.next", file->path) < 0) {
        file->next = NULL;
        pol_state_file_close(file);
        return pol_ledger_no_memory(error);
    }
    enum pol_status status = lock(file, error);
    if (status == POL_STATUS_OK) {
        *left = is_left(file);
        status = open_old(file, error);
    }
    if (status == POL_STATUS_OK)
        *result = file;
    else
        pol_state_file_close(file);
    return status;
}

void pol_state_file_close(struct pol_state_file *file) {
    if (file == NULL)
        return;
    if (file->new >= 0 && file->next != NULL)
        unlink(file->next); /* still locked: nobody else's */
    if (file->new >= 0)
        close(file->new);
    if (file->old >= 0)
        close(file->old);
    free(file->path);
    free(file->next);
    free(file);
}

const struct pol_state_source *pol_state_file_source(const struct pol_state_file *file) {
    return file->old >= 0 ? &file->source : NULL;
}

const char *pol_state_file_path(const struct pol_state_file *file) {
    return file->path;
}

enum pol_status pol_state_file_facts(const char *path, struct pol_state_facts *facts, struct pol_error *error) {
    struct pol_state_file file = {.path = (char *)(uintptr_t)path, .old = -1, .new = -1};
    enum pol_status status = open_old(&file, error);
    if (status == POL_STATUS_OK && file.old < 0) {
        errno = ENOENT;
        status = unusable(path, tr("cannot be read"), error);
    }
    if (status == POL_STATUS_OK)
        status = pol_state_facts(&file.source, facts, error);
    if (file.old >= 0)
        close(file.old);
    return status;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static enum pol_status write_next(void *context, const void *bytes, size_t size, struct pol_error *error) {
    const struct pol_state_file *file = context;
    const char *from = bytes;
    while (size > 0) {
        ssize_t wrote = write(file->new, from, size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote == 0)
            errno = ENOSPC;
        if (wrote <= 0)
            return unusable(file->next, tr("cannot be written"), error);
        from += wrote;
        size -= (size_t)wrote;
    }
    return POL_STATUS_OK;
}

static int64_t paid_of(void *context, uint64_t row) {
    const struct pol_state_file *file = context;
    return file->paid(file->context, row);
}

enum pol_status pol_state_file_save(struct pol_state_file *file, pol_run *run,
                                    int64_t (*paid)(void *context, uint64_t row), void *context,
                                    struct pol_error *error) {
    struct pol_state_sink sink = {file, write_next, paid != NULL ? paid_of : NULL};
    file->paid = paid;
    file->context = context;
    if (lseek(file->new, 0, SEEK_SET) != 0 || ftruncate(file->new, 0) != 0)
        return unusable(file->next, tr("cannot be written"), error);
    enum pol_status status = pol_run_save_state(run, &sink, error);
    if (status == POL_STATUS_OK && fsync(file->new) != 0 && errno != EINVAL && errno != EROFS)
        status = unusable(file->next, tr("cannot be written"), error);
    file->written = status == POL_STATUS_OK;
    return status;
}

/* The new name has to outlive a power cut, too. */
static bool sync_folder(const char *path) {
    char *folder = strdup(path);
    if (folder == NULL)
        return false;
    char *slash = strrchr(folder, '/');
    if (slash == NULL)
        memcpy(folder, ".", 2);
    else
        slash[slash == folder] = '\0';
    int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    bool done = file >= 0 && (fsync(file) == 0 || errno == EINVAL || errno == EROFS);
    if (file >= 0)
        close(file);
    return done;
}

enum pol_status pol_state_file_commit(void *context, struct pol_error *error) {
    struct pol_state_file *file = context;
    if (!file->written || rename(file->next, file->path) != 0)
        return unusable(file->path, tr("cannot be written"), error);
    close(file->new);
    file->new = -1;
    sync_folder(file->path); /* the name stands, whether or not it does so on the disk by now */
    return POL_STATUS_OK;
}
