#include "ledger/output.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/fail.h"
#include "tr.h"

enum { FILE_LIMIT = 24, NAME_ROOM = 96 };

struct out_file {
    char name[NAME_ROOM];
    char aside[NAME_ROOM]; /* the name it is written under; empty once renamed, or taken back */
    char old[NAME_ROOM];   /* a second name of the file that it replaces; empty: none */
    int file;              /* -1 once closed */
    bool keep, gone;       /* an old one is to be kept meanwhile; this one was taken back */
    bool absent;           /* gone, and an old one has to go, too */
    uint64_t size;
};

struct pol_out {
    char *directory;
    int folder;
    struct out_file files[FILE_LIMIT];
    unsigned count;
    enum pol_status (*then)(void *context, struct pol_error *error); /* NULL: nothing */
    void *then_context;
};

static enum pol_status unwritable(const char *directory, const char *name, struct pol_error *error) {
    size_t size = strlen(directory);
    bool slash = name[0] != '\0' && (size == 0 || directory[size - 1] != '/');
    return pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s%s%s: cannot be written: %s", directory, slash ? "/" : "", name,
                           tr_errno(errno));
}

/* The nearest folder of a path that is there: the path itself, or what is to hold it. Cuts `path`. */
static const char *nearest(char *path) {
    struct stat facts;
    while (stat(path, &facts) != 0 && errno == ENOENT) {
        char *slash = strrchr(path, '/');
        if (slash == NULL)
            return ".";
        if (slash == path)
            return "/";
        *slash = '\0';
    }
    return path;
}

enum pol_status pol_out_check(const char *directory, struct pol_error *error) {
    struct stat facts;
    char *path = strdup(directory);
    if (path == NULL)
        return pol_ledger_no_memory(error);
    const char *there = nearest(path);
    bool sound = stat(there, &facts) == 0;
    if (sound && !S_ISDIR(facts.st_mode)) {
        errno = ENOTDIR;
        sound = false;
    }
    sound = sound && access(there, W_OK | X_OK) == 0;
    int cause = errno;
    free(path);
    errno = cause;
    return sound ? POL_STATUS_OK : unwritable(directory, "", error);
}

/* mkdir -p. `path` is written to and restored. */
bool pol_out_make_folders(char *path) {
    for (char *p = path + 1; *p != '\0'; p++) {
        if (*p != '/' || p[-1] == '/')
            continue;
        *p = '\0';
        bool made = mkdir(path, 0777) == 0 || errno == EEXIST;
        *p = '/';
        if (!made)
            return false;
    }
    return mkdir(path, 0777) == 0 || errno == EEXIST;
}

enum pol_status pol_out_new(const char *directory, struct pol_out **result, struct pol_error *error) {
    struct pol_out *out = calloc(1, sizeof *out);
    if (out == NULL)
        return pol_ledger_no_memory(error);
    out->folder = -1;
    out->directory = strdup(directory);
    enum pol_status status = POL_STATUS_OK;
    if (out->directory == NULL) {
        status = pol_ledger_no_memory(error);
    } else if (directory[0] == '\0') {
        errno = ENOENT;
        status = unwritable(".", "", error);
    } else if (!pol_out_make_folders(out->directory) ||
               (out->folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
        status = unwritable(directory, "", error);
    }
    if (status == POL_STATUS_OK)
        *result = out;
    else
        pol_out_free(out);
    return status;
}

void pol_out_free(struct pol_out *out) {
    if (out == NULL)
        return;
    for (unsigned i = 0; i < out->count; i++) {
        if (out->files[i].file >= 0)
            close(out->files[i].file);
        if (out->files[i].aside[0] != '\0')
            unlinkat(out->folder, out->files[i].aside, 0);
        if (out->files[i].old[0] != '\0')
            unlinkat(out->folder, out->files[i].old, 0);
    }
    if (out->folder >= 0)
        close(out->folder);
    free(out->directory);
    free(out);
}

/* A file without a name is gone with the process, however that ends. */
static int open_nameless(const struct pol_out *out) {
    return access("/proc/self/fd", X_OK) == 0 ? openat(out->folder, ".", O_WRONLY | O_TMPFILE | O_CLOEXEC, 0666) : -1;
}

static int open_aside(const struct pol_out *out, const char *aside) {
    return openat(out->folder, aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
}

static void make_aside(struct out_file *f, unsigned attempt) {
    char name[41];
    snprintf(name, sizeof name, "%.40s", f->name);
    snprintf(f->aside, sizeof f->aside, ".%s.%ld-%u.part", name, (long)getpid(), attempt);
}

/* The next file, with its name alone; it does not count yet. */
static enum pol_status name_file(struct pol_out *out, const char *name, struct pol_error *error) {
    if (out->count == FILE_LIMIT)
        return pol_ledger_fail(error, POL_STATUS_USAGE, "more than %d files at once", FILE_LIMIT);
    struct out_file *f = &out->files[out->count];
    *f = (struct out_file){.file = -1};
    if (snprintf(f->name, sizeof f->name, "%s", name) < (int)sizeof f->name)
        return POL_STATUS_OK;
    errno = ENAMETOOLONG;
    return unwritable(out->directory, name, error);
}

enum pol_status pol_out_absent(struct pol_out *out, const char *name, struct pol_error *error) {
    enum pol_status status = name_file(out, name, error);
    if (status == POL_STATUS_OK) {
        out->files[out->count].gone = out->files[out->count].absent = true;
        out->count++;
    }
    return status;
}

enum pol_status pol_out_begin(struct pol_out *out, const char *name, unsigned *file, struct pol_error *error) {
    enum pol_status status = name_file(out, name, error);
    if (status != POL_STATUS_OK)
        return status;
    struct out_file *f = &out->files[out->count];
    f->file = open_nameless(out);
    for (unsigned attempt = 0; f->file < 0; attempt++) {
        make_aside(f, attempt);
        f->file = open_aside(out, f->aside);
        if (f->file >= 0)
            break;
        if (errno == EEXIST && attempt < 1000)
            continue;
        f->aside[0] = '\0';
        return unwritable(out->directory, name, error);
    }
    *file = out->count++;
    return POL_STATUS_OK;
}

static enum pol_status write_at(struct pol_out *out, unsigned file, uint64_t at, const char *data, size_t size,
                                struct pol_error *error) {
    struct out_file *f = &out->files[file];
    while (size > 0) {
        ssize_t wrote = pwrite(f->file, data, size, (off_t)at);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote == 0)
            errno = ENOSPC;
        if (wrote <= 0)
            return unwritable(out->directory, f->name, error);
        data += wrote;
        at += (uint64_t)wrote;
        size -= (size_t)wrote;
    }
    return POL_STATUS_OK;
}

enum pol_status pol_out_write(struct pol_out *out, unsigned file, const char *data, size_t size,
                              struct pol_error *error) {
    uint64_t at = out->files[file].size;
    out->files[file].size += size;
    return write_at(out, file, at, data, size, error);
}

/* What is written starts on its way to the disk, so that there is less to wait for in the end. */
static void begin_sync(const struct pol_out *out, unsigned file, uint64_t at, size_t size) {
    if (size > 0)
        (void)sync_file_range(out->files[file].file, (off_t)at, (off_t)size, SYNC_FILE_RANGE_WRITE);
}

/* ---- tasks on threads -------------------------------------------------------------------------------------------- */

struct crew {
    struct pol_out *out;
    unsigned file, files; /* the first one, and how many */
    const struct pol_out_tasks *tasks;
    pthread_mutex_t lock;
    pthread_cond_t placed;
    /* under the lock */
    uint64_t next, turn; /* the next task to make, the next to be given its place in the file */
    uint64_t failed;     /* the first task that failed, or no_task */
    enum pol_status status;
    struct pol_error error;
};

struct hand {
    struct crew *crew;
    unsigned number;
    pthread_t thread;
    bool running;
};

static const uint64_t no_task = UINT64_MAX;

static void note_failure(struct crew *crew, uint64_t task, enum pol_status status, const struct pol_error *error) {
    if (task >= crew->failed)
        return;
    crew->failed = task;
    crew->status = status;
    crew->error = *error;
}

/* Waits for the task's turn and takes its place in each file. Under the lock. */
static void take_places(struct crew *crew, uint64_t task, const struct pol_buffer *text, uint64_t *at) {
    while (crew->turn != task)
        pthread_cond_wait(&crew->placed, &crew->lock);
    for (unsigned i = 0; i < crew->files; i++) {
        at[i] = crew->out->files[crew->file + i].size;
        crew->out->files[crew->file + i].size += text[i].size;
    }
    crew->turn++;
    pthread_cond_broadcast(&crew->placed);
}

static enum pol_status make_task(const struct hand *hand, uint64_t task, struct pol_buffer *text,
                                 struct pol_error *error) {
    const struct crew *crew = hand->crew;
    for (unsigned i = 0; i < crew->files; i++)
        text[i].size = 0;
    enum pol_status status = crew->tasks->make(crew->tasks->context, hand->number, task, text, error);
    for (unsigned i = 0; i < crew->files && status == POL_STATUS_OK; i++)
        if (text[i].failed)
            status = pol_ledger_no_memory(error);
    for (unsigned i = 0; i < crew->files && status != POL_STATUS_OK; i++)
        text[i].size = 0;
    return status;
}

static enum pol_status write_task(const struct crew *crew, const struct pol_buffer *text, const uint64_t *at,
                                  struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    for (unsigned i = 0; i < crew->files && status == POL_STATUS_OK; i++)
        status = write_at(crew->out, crew->file + i, at[i], text[i].data, text[i].size, error);
    for (unsigned i = 0; i < crew->files && status == POL_STATUS_OK; i++)
        begin_sync(crew->out, crew->file + i, at[i], text[i].size);
    return status;
}

static void *make_tasks(void *argument) {
    struct hand *hand = argument;
    struct crew *crew = hand->crew;
    struct pol_buffer text[POL_OUT_TASK_FILES] = {{0}};
    pthread_mutex_lock(&crew->lock);
    while (crew->next < crew->tasks->count && crew->failed == no_task) {
        uint64_t task = crew->next++;
        pthread_mutex_unlock(&crew->lock);
        struct pol_error error = {0};
        uint64_t at[POL_OUT_TASK_FILES] = {0};
        enum pol_status status = make_task(hand, task, text, &error);
        pthread_mutex_lock(&crew->lock);
        take_places(crew, task, text, at);
        if (status == POL_STATUS_OK && crew->failed == no_task) {
            pthread_mutex_unlock(&crew->lock);
            status = write_task(crew, text, at, &error);
            pthread_mutex_lock(&crew->lock);
        }
        if (status != POL_STATUS_OK)
            note_failure(crew, task, status, &error);
    }
    pthread_mutex_unlock(&crew->lock);
    for (unsigned i = 0; i < crew->files; i++)
        pol_buffer_free(&text[i]);
    return NULL;
}

enum pol_status pol_out_run(struct pol_out *out, unsigned file, const struct pol_out_tasks *tasks,
                            struct pol_error *error) {
    unsigned threads = tasks->threads > 0 ? tasks->threads : 1;
    if (threads > tasks->count)
        threads = tasks->count > 0 ? (unsigned)tasks->count : 1;
    struct crew crew = {
        .out = out, .file = file, .files = tasks->files > 0 ? tasks->files : 1, .tasks = tasks, .failed = no_task};
    struct hand *hands = calloc(threads, sizeof *hands);
    if (hands == NULL)
        return pol_ledger_no_memory(error);
    pthread_mutex_init(&crew.lock, NULL);
    pthread_cond_init(&crew.placed, NULL);
    for (unsigned i = 0; i < threads; i++)
        hands[i] = (struct hand){.crew = &crew, .number = i};
    for (unsigned i = 1; i < threads; i++)
        hands[i].running = pthread_create(&hands[i].thread, NULL, make_tasks, &hands[i]) == 0;
    make_tasks(&hands[0]);
    for (unsigned i = 1; i < threads; i++)
        if (hands[i].running)
            pthread_join(hands[i].thread, NULL);
    pthread_cond_destroy(&crew.placed);
    pthread_mutex_destroy(&crew.lock);
    free(hands);
    if (crew.failed != no_task && error != NULL)
        *error = crew.error;
    return crew.failed != no_task ? crew.status : POL_STATUS_OK;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

/* A name that could not be given takes those given before it back: half a result looks whole. */
static enum pol_status take_back(struct pol_out *out, unsigned count, const char *name, struct pol_error *error) {
    enum pol_status status = unwritable(out->directory, name, error);
    for (unsigned i = 0; i < count; i++) {
        struct out_file *f = &out->files[i];
        if (f->old[0] != '\0' && renameat(out->folder, f->old, out->folder, f->name) == 0)
            f->old[0] = '\0';
        else if (!f->gone)
            unlinkat(out->folder, f->name, 0);
    }
    return status;
}

/* The file that has the name now gets a second one. */
static bool keep_old(struct pol_out *out, struct out_file *f) {
    if (!f->keep || faccessat(out->folder, f->name, F_OK, 0) != 0)
        return true;
    char old[NAME_ROOM];
    snprintf(old, sizeof old, ".%.40s.%ld.old", f->name, (long)getpid());
    memcpy(f->old, old, sizeof old);
    if (linkat(out->folder, f->name, out->folder, f->old, 0) == 0)
        return true;
    f->old[0] = '\0';
    return false;
}

/* Gives a nameless file a name; false with EEXIST if there is such a file. */
static bool link_as(const struct pol_out *out, const struct out_file *f, const char *name) {
    char path[40];
    snprintf(path, sizeof path, "/proc/self/fd/%d", f->file);
    return linkat(AT_FDCWD, path, out->folder, name, AT_SYMLINK_FOLLOW) == 0;
}

static bool give_name(struct pol_out *out, struct out_file *f) {
    if (f->aside[0] == '\0') {
        if (link_as(out, f, f->name))
            return true;
        for (unsigned attempt = 0; errno == EEXIST && attempt < 1000; attempt++) {
            make_aside(f, attempt);
            if (link_as(out, f, f->aside))
                break;
            f->aside[0] = '\0';
        }
    }
    if (f->aside[0] == '\0' || renameat(out->folder, f->aside, out->folder, f->name) != 0)
        return false;
    f->aside[0] = '\0';
    return true;
}

static enum pol_status rename_all(struct pol_out *out, struct pol_error *error) {
    for (unsigned i = 0; i < out->count; i++)
        if (!out->files[i].gone && (!keep_old(out, &out->files[i]) || !give_name(out, &out->files[i])))
            return take_back(out, i, out->files[i].name, error);
    if (fsync(out->folder) != 0 && errno != EINVAL && errno != EROFS)
        return take_back(out, out->count, "", error);
    enum pol_status status = out->then != NULL ? out->then(out->then_context, error) : POL_STATUS_OK;
    if (status != POL_STATUS_OK)
        take_back(out, out->count, "", NULL);
    for (unsigned i = 0; i < out->count && status == POL_STATUS_OK; i++)
        if (out->files[i].absent)
            unlinkat(out->folder, out->files[i].name, 0); /* mostly there is none */
    return status;
}

void pol_out_then(struct pol_out *out, enum pol_status (*then)(void *context, struct pol_error *error), void *context) {
    out->then = then;
    out->then_context = context;
}

enum pol_status pol_out_commit(struct pol_out *out, struct pol_error *error) {
    for (unsigned i = 0; i < out->count; i++)
        if (!out->files[i].gone && fsync(out->files[i].file) != 0 && errno != EINVAL && errno != EROFS)
            return unwritable(out->directory, out->files[i].name, error);
    return rename_all(out, error); /* all bytes are on the disk: closing has nothing to say any more */
}

/* ---- for others that write --------------------------------------------------------------------------------------- */

unsigned pol_out_count(const struct pol_out *out) {
    return out->count;
}

const char *pol_out_folder(const struct pol_out *out) {
    return out->directory;
}

const char *pol_out_name(const struct pol_out *out, unsigned file) {
    return out->files[file].name;
}

void pol_out_path(struct pol_out *out, unsigned file, char path[POL_OUT_PATH]) {
    struct out_file *f = &out->files[file];
    for (unsigned attempt = 0; f->aside[0] == '\0' && f->file >= 0 && attempt < 1000; attempt++) {
        make_aside(f, attempt);
        if (!link_as(out, f, f->aside))
            f->aside[0] = '\0';
    }
    snprintf(path, POL_OUT_PATH, "/proc/self/fd/%d/%s", out->folder, f->aside);
}

enum pol_status pol_out_renew(struct pol_out *out, unsigned file, struct pol_error *error) {
    struct out_file *f = &out->files[file];
    int opened = openat(out->folder, f->aside, O_WRONLY | O_CLOEXEC);
    if (opened < 0)
        return unwritable(out->directory, f->name, error);
    if (f->file >= 0)
        close(f->file);
    f->file = opened;
    return POL_STATUS_OK;
}

void pol_out_drop(struct pol_out *out, unsigned file) {
    struct out_file *f = &out->files[file];
    if (f->file >= 0)
        close(f->file);
    if (f->aside[0] != '\0')
        unlinkat(out->folder, f->aside, 0);
    f->file = -1;
    f->aside[0] = '\0';
    f->gone = true;
    f->absent = false;
}

bool pol_out_is_absent(const struct pol_out *out, unsigned file) {
    return out->files[file].absent;
}

void pol_out_keep(struct pol_out *out, unsigned file) {
    out->files[file].keep = true;
}
