/* format.h - a policy's text in its canonical form.
 *
 * Works on the row of tokens, so that nothing is lost: comments stay, lines break where the author broke them. What is
 * made uniform: blanks, indentation, empty lines (one at most), columns of a second statement on a line, punctuation,
 * digits and quotes. Formatting twice changes nothing.
 */
#ifndef POL_FORMAT_H
#define POL_FORMAT_H

#include "base/diag.h"
#include "base/source.h"

enum format_language {
    FORMAT_AS_WRITTEN, /* every keyword in the language it is written in */
    FORMAT_ENGLISH,
    FORMAT_CHINESE, /* traditional characters where the file has mostly those */
};

enum format_status {
    FORMAT_OK,
    FORMAT_ERRORS, /* mistakes of syntax, in `diags` */
    FORMAT_UNSAFE, /* the result would not read as the same tokens: a mistake of ours */
};

/* Formats one file, whole policy or a part to be included. *out lives in the arena; set with FORMAT_OK alone. The
 * result is read again before it is handed out. Running out of memory leaves through the arena's failure target. */
enum format_status format_file(struct sources *sources, struct source *file, enum format_language language,
                               struct diags *diags, struct arena *arena, struct text *out);

#endif
