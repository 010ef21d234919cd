/* source.h - source files, and positions in them.
 *
 * All files of one compilation share one space of byte offsets, so that a span is two numbers and names its file too.
 * Lines and columns are worked out only when a message is printed.
 */
#ifndef POL_BASE_SOURCE_H
#define POL_BASE_SOURCE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/text.h"

/* [lo, hi) in the shared offset space. {0, 0} = no place. */
struct span {
    uint32_t lo, hi;
};

struct source {
    struct text path;  /* as the user gave it */
    struct text bytes; /* the whole file, followed by two NULs that are not counted (as flex wants); a file whose lines
                          end with carriage returns alone has line feeds instead */
    uint32_t base;     /* offset of its first byte in the shared space, >= 1 */
    struct source *next;
};

struct sources {
    struct arena *arena;
    struct source *first, *last;
    uint32_t end;
    int system_error;        /* errno of a file that the system failed to read; 0: none */
    struct text system_path; /* that file */
};

enum { SOURCE_SIZE_LIMIT = 64 << 20 }; /* bytes of one file; larger ones are refused before they are read */

enum source_status { SOURCE_OK, SOURCE_NOT_FOUND, SOURCE_UNREADABLE, SOURCE_TOO_LARGE };

void sources_init(struct sources *s, struct arena *arena);
/* Reads a file. On failure *out is NULL and errno says why. A byte-order mark is skipped. */
enum source_status sources_read(struct sources *s, struct text path, struct source **out);
/* Adds text that is already in memory (copied). NULL when all files together exceed the space of offsets (4 GiB). */
struct source *sources_add(struct sources *s, struct text path, struct text bytes);
struct source *sources_find(const struct sources *s, uint32_t offset); /* NULL = none */

struct place {
    struct text path;
    uint32_t line, column; /* from 1; column counts characters */
    struct text line_text; /* without the line end */
    uint32_t line_lo;      /* shared offset of the line's first byte */
};
struct place sources_place(const struct sources *s, uint32_t offset);
struct text sources_text(const struct sources *s, struct span span);
struct span span_join(struct span a, struct span b);

#endif
