#include "interp/interp_file.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tr.h"

/* ---- reading ---------------------------------------------------------------------------------------------------- */

static enum interp_status cannot(struct interp_error *error, const char *what, const char *path) {
    int cause = errno;
    return interp_fail(error, INTERP_SYSTEM, "cannot %s '%s': %s", what, path, tr_errno(cause));
}

/* A name that stands for nothing readable is the user's to mend. */
static enum interp_status unreadable(struct interp_error *error, const char *what, const char *path) {
    int cause = errno;
    bool theirs = cause == ENOENT || cause == ENOTDIR || cause == EISDIR || cause == EACCES || cause == ELOOP ||
                  cause == ENAMETOOLONG || cause == ENXIO;
    return interp_fail(error, theirs ? INTERP_INPUT : INTERP_SYSTEM, "cannot %s '%s': %s", what, path, tr_errno(cause));
}

/* Room for the rest of the file, and for one byte more so that the end is seen without growing again. */
static bool make_room(struct interp_file *file, size_t *capacity, size_t expected) {
    if (file->size < *capacity) {
        return true;
    }
    size_t wanted = *capacity == 0 ? expected + 1 : *capacity * 2;
    wanted = wanted < 4096 ? 4096 : wanted;
    char *data = wanted > *capacity && wanted <= PTRDIFF_MAX ? realloc(file->data, wanted) : NULL;
    if (data == NULL) {
        errno = ENOMEM;
        return false;
    }
    file->data = data;
    *capacity = wanted;
    return true;
}

static enum interp_status read_all(int descriptor, const char *path, struct interp_file *out,
                                   struct interp_error *error) {
    struct stat info;
    if (fstat(descriptor, &info) != 0) {
        return unreadable(error, tr("read"), path);
    }
    size_t expected = S_ISREG(info.st_mode) && info.st_size > 0 ? (size_t)info.st_size : 0;
    size_t capacity = 0;
    for (;;) {
        if (!make_room(out, &capacity, expected)) {
            return unreadable(error, tr("read"), path);
        }
        ssize_t got = read(descriptor, out->data + out->size, capacity - out->size);
        if (got == 0) {
            return INTERP_OK;
        }
        if (got < 0 && errno != EINTR) {
            return unreadable(error, tr("read"), path);
        }
        out->size += got > 0 ? (size_t)got : 0;
    }
}

enum interp_status interp_file_read(const char *path, struct interp_file *out, struct interp_error *error) {
    *out = (struct interp_file){0};
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        return unreadable(error, tr("open"), path);
    }
    enum interp_status status = read_all(descriptor, path, out, error);
    close(descriptor);
    return status;
}

void interp_file_free(struct interp_file *file) {
    free(file->data);
    *file = (struct interp_file){0};
}

/* ---- writing ---------------------------------------------------------------------------------------------------- */

enum interp_status interp_output_begin(struct interp_output *output, const char *folder, struct interp_error *error) {
    *output = (struct interp_output){.folder = folder};
    return mkdir(folder, 0777) != 0 && errno != EEXIST ? cannot(error, tr("make the folder"), folder) : INTERP_OK;
}

/* folder/name suffix, malloc; NULL without memory. */
static char *join(const char *folder, const char *name, const char *suffix) {
    size_t size = strlen(folder) + 1 + strlen(name) + strlen(suffix) + 1;
    char *path = malloc(size);
    if (path != NULL) {
        snprintf(path, size, "%s/%s%s", folder, name, suffix);
    }
    return path;
}

static void forget(struct interp_output *output, size_t part) {
    free(output->part[part].temporary);
    free(output->part[part].path);
    output->part[part].temporary = output->part[part].path = NULL;
}

enum interp_status interp_output_add(struct interp_output *output, const char *name, FILE **file,
                                     struct interp_error *error) {
    assert(output->count < INTERP_OUTPUT_LIMIT);
    size_t part = output->count;
    char suffix[48];
    /* The process number keeps two runs into one folder apart; a file left by a killed run is written over. */
    snprintf(suffix, sizeof suffix, ".%ld.tmp", (long)getpid());
    output->part[part].path = join(output->folder, name, "");
    output->part[part].temporary = join(output->folder, name, suffix);
    if (output->part[part].path == NULL || output->part[part].temporary == NULL) {
        forget(output, part);
        errno = ENOMEM;
        return cannot(error, tr("write"), name);
    }
    *file = output->part[part].file = fopen(output->part[part].temporary, "we");
    if (*file == NULL) {
        enum interp_status status = cannot(error, tr("write"), output->part[part].temporary);
        forget(output, part);
        return status;
    }
    output->count++;
    return INTERP_OK;
}

/* Closes a file, having brought its bytes to the disk. */
static bool complete(FILE **file) {
    bool good = ferror(*file) == 0 && fflush(*file) == 0;
    /* A place that cannot be synchronised (a pipe, some file systems) says EINVAL; that is no loss of data. */
    good = good && (fsync(fileno(*file)) == 0 || errno == EINVAL);
    int cause = errno;
    good = fclose(*file) == 0 && good;
    errno = good || cause == 0 ? errno : cause;
    *file = NULL;
    return good;
}

static void sync_folder(const char *folder) {
    int descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor >= 0) {
        fsync(descriptor); /* the names; a folder that cannot be synchronised holds complete files all the same */
        close(descriptor);
    }
}

void interp_output_abandon(struct interp_output *output) {
    for (size_t i = 0; i < output->count; i++) {
        if (output->part[i].file != NULL) {
            fclose(output->part[i].file);
        }
        unlink(output->part[i].renamed ? output->part[i].path : output->part[i].temporary);
        forget(output, i);
    }
    output->count = 0;
}

static enum interp_status rename_all(struct interp_output *output, struct interp_error *error) {
    for (size_t i = 0; i < output->count; i++) {
        if (rename(output->part[i].temporary, output->part[i].path) != 0) {
            return cannot(error, tr("write"), output->part[i].path);
        }
        output->part[i].renamed = true;
    }
    return INTERP_OK;
}

enum interp_status interp_output_end(struct interp_output *output, struct interp_error *error) {
    enum interp_status status = INTERP_OK;
    for (size_t i = 0; i < output->count && status == INTERP_OK; i++) {
        errno = 0;
        if (!complete(&output->part[i].file)) {
            errno = errno == 0 ? EIO : errno;
            status = cannot(error, tr("write"), output->part[i].path);
        }
    }
    status = status == INTERP_OK ? rename_all(output, error) : status;
    if (status != INTERP_OK) {
        interp_output_abandon(output);
        return status;
    }
    sync_folder(output->folder);
    for (size_t i = 0; i < output->count; i++) {
        forget(output, i);
    }
    output->count = 0;
    return INTERP_OK;
}
