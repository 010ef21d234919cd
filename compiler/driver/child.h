/* child.h - runs another program of pol, and keeps a folder for temporary files. */
#ifndef POL_CHILD_H
#define POL_CHILD_H

#include <stdbool.h>
#include <stddef.h>

enum { CHILD_PATH = 4096 };

/* The path of a program or module that stands beside this program, or in ../lib/pol; failing that, its bare name, to be
 * looked up where the system looks. */
void child_find(const char *program, char path[CHILD_PATH]);

/* Runs it with standard output dropped and the last line of standard error copied into message (cut to `size`,
 * NUL-terminated). Gives its exit code; -1 when it could not be run or was killed. */
int child_run(const char *path, char *const argv[], char *message, size_t size);

/* Runs it with our standard output and standard error. Gives its exit code; -1 when it could not be run or was killed.
 */
int child_show(const char *path, char *const argv[]);

/* A new folder of our own for temporary files. False: it cannot be made. */
bool child_folder(char path[CHILD_PATH]);
/* Removes the folder and the files in it; folders in it as well, when they hold files alone. */
void child_folder_remove(const char *path);

#endif
