/* page.h - the page that data is put into. */
#ifndef POL_PAGES_PAGE_H
#define POL_PAGES_PAGE_H

#include <stdbool.h>

#include "ledger/buffer.h"

enum report_view { REPORT_VIEW_AUDIT, REPORT_VIEW_COMPARE };

/* Writes the page: a policy that lets only its own script run, the style, the data and the script. `data` is JSON; a
 * "<" in it becomes an escape, so that it cannot end its element. `title` is plain text. */
void report_page(struct pol_buffer *out, enum report_view view, const char *title, const struct pol_buffer *data);

/* Plain text as HTML. */
void report_html_text(struct pol_buffer *out, const char *text);

/* `"words":{…}`: the names of kinds, decisions and reasons and the sentences of findings in both languages. */
void report_words(struct pol_buffer *out);

#endif
