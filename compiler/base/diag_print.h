/* diag_print.h - diagnostics as text for people: the line, a caret under it, notes and helps.
 *
 *     error[E0203]: money expected, count found
 *      --> dongyang.pol:12:15
 *        |
 *     12 |     award 2万元 + 3件
 *        |                   ^^^ a count
 *        = note: …
 *        = help: …
 *
 * Carets stand by display width: ideographs take two columns, tabs go to the next multiple of four. A long line is cut
 * to a window round the place. What a terminal would act upon (control characters, changes of direction) is shown as
 * U+FFFD. Nothing is printed: the text goes into a buffer.
 */
#ifndef POL_BASE_DIAG_PRINT_H
#define POL_BASE_DIAG_PRINT_H

#include "base/diag.h"

void diag_print(struct text_buffer *out, const struct sources *sources, const struct diag *d, bool colour);
/* All of them in their present order, and a last line that counts them. Nothing when there are none. */
void diags_print(struct text_buffer *out, const struct sources *sources, const struct diags *d, bool colour);

#endif
