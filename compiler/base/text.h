/* text.h - slices of bytes, interned names, growing buffers.
 *
 * A slice does not own its bytes and is not NUL-terminated, except where a function says so.
 */
#ifndef POL_BASE_TEXT_H
#define POL_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

struct text {
    const char *data;
    size_t size;
};

#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})
#define TEXT_ARG(t)   (int)(t).size, (t).data /* for "%.*s" */

struct text text_of(const char *z); /* of a NUL-terminated string */
bool text_equal(struct text a, struct text b);
int text_compare(struct text a, struct text b); /* as bytes */
/* A NUL-terminated copy in the arena (the NUL is not counted). */
struct text text_copy(struct arena *arena, struct text t);
struct text text_format(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct text text_vformat(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0), nonnull));

/* Columns on a terminal: wide East Asian characters take 2, combining marks and control characters 0, others 1. */
size_t text_width(struct text t);
unsigned text_code_width(uint32_t code); /* of one character: 0, 1 or 2 */
/* Decodes one UTF-8 character at t.data; *size gets its bytes. Malformed: returns 0xFFFD and *size 1. Empty: *size 0.
 */
uint32_t text_decode(struct text t, size_t *size);
/* Appends the UTF-8 form of a code point to out (4 bytes room); returns its size. */
size_t text_encode(uint32_t code, char *out);

/* Whether `wrong` can only be a slip of the pen for `right`: one letter put in, left out or exchanged inside a word of
 * at least four (words are parted by underscores), or two neighbours swapped. Digits, first letters and Chinese
 * characters, of which one makes another word, are never guessed; two Chinese characters may be swapped in three or
 * more. */
bool text_is_slip(struct text wrong, struct text right);

/* A growing byte buffer in an arena. Zero-initialise with the arena set. */
struct text_buffer {
    struct arena *arena;
    char *data;
    size_t size, capacity;
};
void text_add(struct text_buffer *b, struct text t);
void text_addf(struct text_buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct text text_of_buffer(struct text_buffer *b); /* NUL-terminated */

/* A map from text to a pointer; keys are copied. */
struct text_map;
struct text_map *text_map_new(struct arena *arena);
/* Adds or finds: the returned slot holds NULL when the key is new. Valid until the next text_map_slot. */
void **text_map_slot(struct text_map *map, struct text key);
void *text_map_get(const struct text_map *map, struct text key); /* NULL when absent */

#endif
