/* command_fmt.c - `polc fmt`: policies in their canonical form. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "driver/build.h"
#include "driver/command.h"
#include "format/format.h"
#include "tr.h"

struct job {
    const char *path;
    enum format_language language;
};

/* Reads the file into the pipeline. */
static int open_source(struct pipeline *p, struct arena *arena, const char *path) {
    *p = (struct pipeline){.arena = arena};
    sources_init(&p->sources, arena);
    diags_init(&p->diags, arena);
    enum source_status status = sources_read(&p->sources, text_of(path), &p->file);
    if (status == SOURCE_OK)
        return EXIT_CLEAN;
    command_say("cannot read %s: %s", path, status == SOURCE_TOO_LARGE ? tr("larger than 64 MiB") : tr_errno(errno));
    return p->sources.system_error ? EXIT_SYSTEM : EXIT_INPUT;
}

/* Whether the file holds just this text; a mark of byte order is something else. */
static bool holds(const struct source *file, const struct stat *info, struct text text) {
    return text_equal(text, file->bytes) && (!S_ISREG(info->st_mode) || (size_t)info->st_size == text.size);
}

/* What was formatted: listed, shown, or put in place of the file, which is not touched when it is so already. */
static int deliver(const struct command *c, const struct pipeline *p, const char *path, struct text text) {
    struct stat info = {0};
    if (stat(path, &info) != 0) {
        command_say("cannot read %s: %s", path, tr_errno(errno));
        return EXIT_INPUT;
    }
    bool same = holds(p->file, &info, text);
    if (c->check) {
        if (!same)
            printf("%s\n", path);
        return same ? EXIT_CLEAN : EXIT_FOUND;
    }
    if (c->output)
        return build_write(c->output, text);
    return same ? EXIT_CLEAN : build_replace(path, text);
}

static int format_one(const struct command *c, struct pipeline *p, struct arena *arena, void *data) {
    const struct job *job = data;
    int code = open_source(p, arena, job->path);
    if (code != EXIT_CLEAN)
        return code;
    struct text text = {0};
    enum format_status status = format_file(&p->sources, p->file, job->language, &p->diags, arena, &text);
    diags_sort(&p->diags);
    command_diagnostics(c, p);
    switch (status) {
    case FORMAT_OK:
        return deliver(c, p, job->path, text);
    case FORMAT_ERRORS:
        return EXIT_FOUND;
    case FORMAT_UNSAFE:
        command_say("%s is left as it is: formatted, it would read differently; this is a mistake in polc", job->path);
        return EXIT_SYSTEM;
    }
    return EXIT_SYSTEM;
}

int command_fmt(const struct command *c) {
    struct job job = {.language = FORMAT_AS_WRITTEN};
    if (c->language)
        job.language = strcmp(c->language, "zh") == 0 ? FORMAT_CHINESE : FORMAT_ENGLISH;
    int code = EXIT_CLEAN;
    for (size_t i = 0; i < c->file_count; i++) {
        job.path = c->file[i];
        code = command_worse(code, command_with_arena(c, format_one, &job));
    }
    return code;
}
