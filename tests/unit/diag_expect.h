/* diag_expect.h - policies that carry what is to be said of them: `#! CODE words` on the line that it is said of.
 *
 * What is said and not expected, and what is expected and not said, is printed and counted. */
#ifndef DIAG_EXPECT_H
#define DIAG_EXPECT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <dirent.h>

#include "base/diag.h"
#include "base/source.h"

enum { WANTED_LIMIT = 400 };

struct wanted {
    uint32_t line;
    char code[8];
    char words[160];
    bool met;
};

static inline size_t wanted_of(struct text source, struct wanted out[WANTED_LIMIT]) {
    size_t count = 0;
    uint32_t line = 1;
    for (size_t i = 0; i + 2 < source.size; i++) {
        line += source.data[i] == '\n';
        if (source.data[i] != '#' || source.data[i + 1] != '!')
            continue;
        assert_true(count < WANTED_LIMIT);
        struct wanted *w = &out[count];
        if (sscanf(source.data + i + 2, " %7[EW0-9] %159[^\n#]", w->code, w->words) != 2)
            continue;
        for (size_t n = strlen(w->words); n && w->words[n - 1] == ' '; n--)
            w->words[n - 1] = 0;
        w->line = line;
        w->met = false;
        count++;
    }
    return count;
}

static inline bool wanted_meets(const struct wanted *w, const struct diag *d, uint32_t line) {
    return !w->met && w->line == line && strcmp(w->code, diag_code_name(d->code)) == 0 &&
           strstr(d->message.data, w->words);
}

/* What was said of the file `source` against what stands in it. */
static inline int expect_diags(const char *path, struct text source, const struct sources *sources,
                               const struct diag *said) {
    struct wanted wanted[WANTED_LIMIT];
    size_t count = wanted_of(source, wanted);
    int wrong = 0;
    for (const struct diag *d = said; d; d = d->next) {
        struct place at = sources_place(sources, d->span.lo);
        size_t i = 0;
        while (i < count && !wanted_meets(&wanted[i], d, at.line))
            i++;
        if (i < count) {
            wanted[i].met = true;
            continue;
        }
        print_error("%s:%u: not expected: %s %.*s\n", path, at.line, diag_code_name(d->code), TEXT_ARG(d->message));
        wrong++;
    }
    for (size_t i = 0; i < count; i++) {
        if (wanted[i].met)
            continue;
        print_error("%s:%u: not reported: %s %s\n", path, wanted[i].line, wanted[i].code, wanted[i].words);
        wrong++;
    }
    return wrong;
}

/* Every policy of a folder, of which there are so many at least. */
static inline void expect_folder(const char *folder, int least, int (*one)(const char *path)) {
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    int wrong = 0, files = 0;
    for (struct dirent *entry; (entry = readdir(dir));) {
        char path[512];
        size_t size = strlen(entry->d_name);
        if (size < 4 || strcmp(entry->d_name + size - 4, ".pol") != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        wrong += one(path);
        files++;
    }
    closedir(dir);
    assert_true(files >= least);
    assert_int_equal(wrong, 0);
}

#endif
