#include "source/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/fail.h"
#include "tr.h"

enum { BLOCK = 1 << 20, PATH_ROOM = 4096 };

const char *source_folder(const struct pol_source_options *options) {
    if (options->folder != NULL)
        return options->folder;
    const char *given = getenv("TMPDIR");
    return given != NULL && given[0] != '\0' ? given : "/var/tmp";
}

/* Some file systems know no file without a name: there it loses its name at once. */
static int make_file(const char *folder) {
    int file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL))
        return file;
    char path[PATH_ROOM];
    if (snprintf(path, sizeof path, "%s/polrun.XXXXXX", folder) >= (int)sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    file = mkostemp(path, O_CLOEXEC);
    if (file >= 0)
        unlink(path);
    return file;
}

enum pol_status source_spool_open(struct source_spool *spool, const struct pol_source_options *options,
                                  struct pol_error *error) {
    const char *folder = source_folder(options);
    *spool = (struct source_spool){.file = -1, .block = malloc(BLOCK)};
    if (spool->block == NULL)
        return pol_ledger_no_memory(error);
    spool->file = make_file(folder);
    if (spool->file >= 0)
        return POL_STATUS_OK;
    free(spool->block);
    spool->block = NULL;
    return pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: a temporary file cannot be written there: %s", folder,
                           tr_errno(errno));
}

static enum pol_status write_all(int file, const char *data, size_t size, struct pol_error *error) {
    while (size > 0) {
        ssize_t wrote = write(file, data, size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return pol_ledger_fail(error, POL_STATUS_SYSTEM,
                                   "a temporary file cannot be written: %s; TMPDIR names another folder for it",
                                   tr_errno(wrote == 0 ? ENOSPC : errno));
        data += wrote;
        size -= (size_t)wrote;
    }
    return POL_STATUS_OK;
}

enum pol_status source_spool_flush(struct source_spool *spool, struct pol_error *error) {
    enum pol_status status = write_all(spool->file, spool->block, spool->used, error);
    spool->used = 0;
    return status;
}

enum pol_status source_spool_write(struct source_spool *spool, const char *data, size_t size, struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    if (size > BLOCK - spool->used)
        status = source_spool_flush(spool, error);
    if (status == POL_STATUS_OK && size > BLOCK)
        return write_all(spool->file, data, size, error);
    if (status == POL_STATUS_OK) {
        memcpy(spool->block + spool->used, data, size);
        spool->used += size;
    }
    return status;
}

void source_spool_close(struct source_spool *spool) {
    if (spool->file >= 0)
        close(spool->file);
    free(spool->block);
    *spool = (struct source_spool){.file = -1};
}

enum pol_status source_go_on(const struct pol_source_options *options, struct pol_error *error) {
    if (options->cancelled == NULL || !options->cancelled(options->context))
        return POL_STATUS_OK;
    return pol_ledger_fail(error, POL_STATUS_SYSTEM, "interrupted: nothing was written");
}
