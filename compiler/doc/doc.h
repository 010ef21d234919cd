/* doc.h - a policy beside its source document, as one self-contained HTML page.
 *
 * On the left the document, paragraph by paragraph; beside each paragraph the rules whose quotes stand in it. Text that
 * no quote covers is marked. No script, no network; readable on a screen, on a telephone and in print.
 */
#ifndef POL_DOC_H
#define POL_DOC_H

#include "base/source.h"
#include "base/text.h"
#include "check/model.h"
#include "legal/original.h"

/* `document` may be NULL: then the clauses stand alone. */
void doc_html(const struct model *model, struct original *document, const struct sources *sources,
              struct text_buffer *out, struct arena *arena);

#endif
