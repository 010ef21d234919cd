/* legal.h - ties the rules of a policy to the text of its source document.
 *
 * Every quote stands word for word in the document, inside the provision its clause names; every numbered provision has
 * its clause; every number of a quote is used by the rule beside it, and every number of a rule stands in a quote. What
 * the text leaves open is named by a `reading "…"`: a number that a reading mentions needs no other place.
 */
#ifndef POL_LEGAL_H
#define POL_LEGAL_H

#include "base/diag.h"
#include "base/source.h"
#include "check/model.h"
#include "legal/original.h"

/* Reads the source document named by the policy, relative to its file. NULL with a diagnostic when it cannot be read;
 * NULL without one when the policy names none. Lives in the arena. */
struct original *legal_document(const struct model *model, struct sources *sources, struct diags *diags,
                                struct arena *arena);

/* Reports what does not hold. `document` may be NULL: then only numbers and quotes are compared. */
void legal_check(const struct model *model, struct original *document, const struct sources *sources,
                 struct diags *diags, struct arena *arena);

/* All readings of a policy, clause by clause: what a lawyer should sign. */
void legal_readings(const struct model *model, struct text_buffer *out);

#endif
