/* original.h - the source document of a policy, prepared for finding quotes in it.
 *
 * Matching looks at characters without white space; where that fails, simplified and traditional forms of a character
 * are taken as one (OpenCC's t2s, as a table). What is quoted is never rewritten: every find is a range of bytes of the
 * document.
 */
#ifndef POL_LEGAL_ORIGINAL_H
#define POL_LEGAL_ORIGINAL_H

#include "base/source.h"
#include "base/text.h"
#include "legal/numeral.h"

struct original;

/* A numbered provision: a paragraph that begins with `7、`, `20.`, `（五）`, `第五条`. */
struct provision {
    int64_t number;
    enum provision_style style;
    size_t lo, hi;     /* bytes of the document: to the next provision of the same or a higher style, or heading */
    size_t first_line; /* end of the line it begins with */
};

/* Indexes a document; lives in the arena. */
struct original *original_new(struct text document, struct arena *arena);

struct text original_text(const struct original *o);
const struct provision *original_provisions(const struct original *o, size_t *count);

/* Finds `needle` at or behind byte `from`; false when it is not there. */
bool original_find(struct original *o, struct text needle, size_t from, size_t *lo, size_t *hi);

/* The longest part of the needle, from its beginning, that stands in the document: its size in bytes of the needle, and
 * the end of it in the document. */
size_t original_common(struct original *o, struct text needle, size_t *end);

#endif
