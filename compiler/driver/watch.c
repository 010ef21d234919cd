#include "driver/watch.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { SETTLE = 60 /* milliseconds without a further event */ };

static bool add_file(struct watch *w, struct text path) {
    char folder[WATCH_PATH];
    size_t slash = path.size;
    while (slash && path.data[slash - 1] != '/')
        slash--;
    size_t name = path.size - slash;
    if (w->count == WATCH_FILES || name >= sizeof w->file[0].name || path.size >= sizeof folder)
        return true; /* more than anybody edits at once */
    snprintf(folder, sizeof folder, "%.*s", (int)slash, path.data);
    for (size_t i = 0; i < w->count; i++)
        if (text_equal(path, text_of(w->file[i].path)))
            return true;
    int id = inotify_add_watch(w->notify, slash ? folder : ".", IN_CLOSE_WRITE | IN_MOVED_TO);
    if (id < 0)
        return false;
    w->file[w->count].folder = id;
    snprintf(w->file[w->count].path, sizeof w->file[0].path, "%.*s", (int)path.size, path.data);
    snprintf(w->file[w->count].name, sizeof w->file[0].name, "%.*s", (int)name, path.data + slash);
    w->count++;
    return true;
}

bool watch_add(struct watch *w, const struct sources *sources) {
    bool good = true;
    for (const struct source *file = sources->first; good && file; file = file->next)
        good = add_file(w, file->path);
    return good;
}

bool watch_begin(struct watch *w, const struct sources *sources) {
    sigset_t stop;
    *w = (struct watch){.signals = -1};
    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    sigprocmask(SIG_BLOCK, &stop, &w->before);
    w->notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    w->signals = w->notify < 0 ? -1 : signalfd(-1, &stop, SFD_CLOEXEC);
    if (w->signals >= 0 && watch_add(w, sources))
        return true;
    w->error = errno;
    watch_end(w);
    return false;
}

void watch_end(struct watch *w) {
    if (w->notify >= 0)
        close(w->notify);
    if (w->signals >= 0)
        close(w->signals);
    w->notify = w->signals = -1;
    sigprocmask(SIG_SETMASK, &w->before, NULL);
}

static bool is_ours(const struct watch *w, const struct inotify_event *e) {
    for (size_t i = 0; i < w->count; i++)
        if (w->file[i].folder == e->wd && e->len && strcmp(w->file[i].name, e->name) == 0)
            return true;
    return false;
}

/* Whether one of the events that have come in is about a file of ours. */
static bool read_events(const struct watch *w) {
    _Alignas(struct inotify_event) char events[4096];
    bool ours = false;
    for (ssize_t size; (size = read(w->notify, events, sizeof events)) > 0;)
        for (ssize_t at = 0; at < size;) {
            const struct inotify_event *e = (const struct inotify_event *)(const void *)(events + at);
            ours |= is_ours(w, e);
            at += (ssize_t)(sizeof *e + e->len);
        }
    return ours;
}

bool watch_next(struct watch *w) {
    bool saved = false;
    for (;;) {
        struct pollfd ready[] = {{.fd = w->notify, .events = POLLIN}, {.fd = w->signals, .events = POLLIN}};
        int n = poll(ready, 2, saved ? SETTLE : -1);
        if (n < 0 && errno != EINTR)
            w->error = errno;
        if (w->error)
            return false;
        if (n > 0 && ready[1].revents) {
            struct signalfd_siginfo taken; /* else it would strike when signals are let through again */
            (void)!read(w->signals, &taken, sizeof taken);
            return false;
        }
        if (n == 0)
            return true;
        if (n > 0 && ready[0].revents)
            saved |= read_events(w);
    }
}
