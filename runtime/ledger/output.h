/* output.h - files that appear under their names together and complete, or not at all.
 *
 * They are written under other names in the directory they belong to; pol_out_commit brings them to the disk and
 * renames them. Whatever fails before leaves nothing behind. */
#ifndef POL_LEDGER_OUTPUT_H
#define POL_LEDGER_OUTPUT_H

#include "ledger/buffer.h"
#include "polrt.h"

struct pol_out;

/* Finds out early what would make writing fail: the directory, or where it is to be made, is a file, or may not be
 * written to. */
enum pol_status pol_out_check(const char *directory, struct pol_error *error);
/* mkdir -p. `path` is written to and restored. False: errno says why. */
bool pol_out_make_folders(char *path);
/* Makes the directory, and those above it, where they are missing. */
enum pol_status pol_out_new(const char *directory, struct pol_out **out, struct pol_error *error);
/* Removes what was not committed. NULL is fine. */
void pol_out_free(struct pol_out *out);

/* Begins a file; the name is copied. The files are numbered from 0. */
enum pol_status pol_out_begin(struct pol_out *out, const char *name, unsigned *file, struct pol_error *error);
/* The results have no file of this name: one that an earlier run has left is removed when these are complete. Takes a
 * number, too. */
enum pol_status pol_out_absent(struct pol_out *out, const char *name, struct pol_error *error);
/* Appends; one thread. */
enum pol_status pol_out_write(struct pol_out *out, unsigned file, const char *data, size_t size,
                              struct pol_error *error);

/* Appends the texts of tasks 0 to count - 1 in their order, to one file or to some that were begun one after the other.
 * They are made on up to `threads` threads; `make` adds a task's text for file + i to buffer[i]; `worker` is below the
 * number of threads. The error is that of the first task that failed. */
enum { POL_OUT_TASK_FILES = 2 };
struct pol_out_tasks {
    uint64_t count;
    unsigned threads;
    enum pol_status (*make)(void *context, unsigned worker, uint64_t task, struct pol_buffer *buffer,
                            struct pol_error *error);
    void *context;
    unsigned files; /* 0 = 1; at most POL_OUT_TASK_FILES */
};
enum pol_status pol_out_run(struct pol_out *out, unsigned file, const struct pol_out_tasks *tasks,
                            struct pol_error *error);

/* What pol_out_commit does last, when all files have their names: if it fails, they are taken back. */
void pol_out_then(struct pol_out *out, enum pol_status (*then)(void *context, struct pol_error *error), void *context);
enum pol_status pol_out_commit(struct pol_out *out, struct pol_error *error);

/* ---- for what writes files by itself, from what was written before the commit */
unsigned pol_out_count(const struct pol_out *out);
const char *pol_out_folder(const struct pol_out *out); /* as it was named */
const char *pol_out_name(const struct pol_out *out, unsigned file);
enum { POL_OUT_PATH = 160 };
/* A path under which a file lies until it is committed. */
void pol_out_path(struct pol_out *out, unsigned file, char path[POL_OUT_PATH]);
/* Opens a file that was made anew under that path: it is the one that is committed. */
enum pol_status pol_out_renew(struct pol_out *out, unsigned file, struct pol_error *error);
bool pol_out_is_absent(const struct pol_out *out, unsigned file);
/* Takes a file back: it will not be committed. Its name and number remain. */
void pol_out_drop(struct pol_out *out, unsigned file);
/* An old file of that name is put back should the commit fail after it has been replaced. */
void pol_out_keep(struct pol_out *out, unsigned file);

#endif
