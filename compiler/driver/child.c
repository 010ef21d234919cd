#include "driver/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tr.h"

void child_find(const char *program, char path[CHILD_PATH]) {
    static const char *const places[] = {"", "../lib/pol/"};
    char self[CHILD_PATH];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    self[size > 0 ? size : 0] = '\0';
    char *slash = strrchr(self, '/');
    for (int i = 0; slash && i < 2; i++) {
        int n = snprintf(path, CHILD_PATH, "%.*s/%s%s", (int)(slash - self), self, places[i], program);
        if (n > 0 && n < CHILD_PATH && access(path, R_OK) == 0)
            return;
    }
    snprintf(path, CHILD_PATH, "%s", program);
}

static int spawn(const char *path, char *const argv[], int messages, pid_t *child) {
    posix_spawn_file_actions_t files;
    if (posix_spawn_file_actions_init(&files) != 0)
        return ENOMEM;
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&files, messages, STDERR_FILENO);
    int error = posix_spawnp(child, path, &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

static int wait_for(pid_t child) {
    int state;
    while (waitpid(child, &state, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(state) ? WEXITSTATUS(state) : -1;
}

/* Warnings come before the error. */
static void read_last_line(int file, char *message, size_t size) {
    off_t whole = lseek(file, 0, SEEK_END);
    off_t from = whole > (off_t)size - 1 ? whole - ((off_t)size - 1) : 0;
    ssize_t n = pread(file, message, size - 1, from);
    message[n > 0 ? n : 0] = '\0';
    while (n > 0 && message[n - 1] == '\n')
        message[--n] = '\0';
    char *line = strrchr(message, '\n');
    if (line)
        memmove(message, line + 1, strlen(line));
}

int child_run(const char *path, char *const argv[], char *message, size_t size) {
    int messages = memfd_create("messages", MFD_CLOEXEC);
    message[0] = '\0';
    if (messages < 0)
        return -1;
    pid_t child;
    int error = spawn(path, argv, messages, &child), code = -1;
    if (error) {
        snprintf(message, size, tr("cannot run %s: %s"), path, tr_errno(error));
    } else {
        code = wait_for(child);
        read_last_line(messages, message, size);
    }
    close(messages);
    return code;
}

int child_show(const char *path, char *const argv[]) {
    posix_spawn_file_actions_t files;
    pid_t child;
    if (posix_spawn_file_actions_init(&files) != 0)
        return -1;
    posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    int error = posix_spawnp(&child, path, &files, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    return error ? -1 : wait_for(child);
}

bool child_folder(char path[CHILD_PATH]) {
    const char *base = getenv("TMPDIR");
    int size = snprintf(path, CHILD_PATH, "%s/polc.XXXXXX", base && *base ? base : "/tmp");
    return size > 0 && size < CHILD_PATH - 64 && mkdtemp(path);
}

static void remove_files(const char *path, int depth) {
    DIR *folder = opendir(path);
    if (!folder && errno != ENOENT)
        folder = opendir(path); /* too many files may have been open a moment ago */
    if (!folder)
        return;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char name[CHILD_PATH + 260];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        if (unlink(name) != 0 && depth > 0) {
            remove_files(name, depth - 1);
            rmdir(name);
        }
    }
    closedir(folder);
}

void child_folder_remove(const char *path) {
    remove_files(path, 1);
    rmdir(path);
}
