/* state_file.h - the file behind --state: read where it stands, written aside, renamed when the run's results have
 * their names.
 *
 * The new state is written to FILE.next, which also keeps two runs from using one state at once (a lock on it). The
 * order of the end: results and state are complete and on the disk under other names; the results get theirs; then the
 * state gets its own. A run that dies in between has left its results and the old state: run again from there, it gives
 * the same results. It also leaves FILE.next whole, by which the next run knows and warns. */
#ifndef POL_AUDIT_STATE_FILE_H
#define POL_AUDIT_STATE_FILE_H

#include <stdbool.h>

#include "ledger/buffer.h"
#include "polrt.h"

struct pol_state_file;

/* Opens the state, or takes note that there is none yet. `*left` says that a run died as told above. */
enum pol_status pol_state_file_open(const char *path, struct pol_state_file **file, bool *left,
                                    struct pol_error *error);
/* Removes what was not committed, and unlocks. NULL is fine. Only after the run was freed. */
void pol_state_file_close(struct pol_state_file *file);
/* NULL: there is none yet. */
const struct pol_state_source *pol_state_file_source(const struct pol_state_file *file);
const char *pol_state_file_path(const struct pol_state_file *file);

/* Writes the run's state aside, down to the disk. `paid` and `context` as in struct pol_state_sink. */
enum pol_status pol_state_file_save(struct pol_state_file *file, pol_run *run,
                                    int64_t (*paid)(void *context, uint64_t row), void *context,
                                    struct pol_error *error);
enum pol_status pol_state_file_commit(void *file, struct pol_error *error); /* a struct pol_state_file */

/* Is this file a state? Looks at its first bytes; false where it cannot be read. */
bool pol_state_file_is(const char *path);

enum pol_status pol_state_file_facts(const char *path, struct pol_state_facts *facts, struct pol_error *error);
/* What a state is about, for people. */
enum pol_status pol_state_info(const char *path, struct pol_buffer *text, struct pol_error *error);

#endif
