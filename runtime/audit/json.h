/* json.h - JSON written into a buffer, member by member. Text that is no UTF-8 comes out with U+FFFD for every byte
 * that does not belong: what reads it back need not doubt it. Control characters are escaped, and so are "<", "&" and
 * the line separators of JavaScript, so that the text may stand inside a page. */
#ifndef POL_AUDIT_JSON_H
#define POL_AUDIT_JSON_H

#include "ledger/buffer.h"

void pol_json_text(struct pol_buffer *out, const char *text, size_t size);
void pol_json_string(struct pol_buffer *out, const char *text); /* ends with a NUL */
/* A number: money in fen, a count. Whatever is beyond 2^53, where readers lose digits, is written as text. */
void pol_json_number(struct pol_buffer *out, pol_wide value);
/* `"name":`, with a comma before it unless it is the first of its object. */
void pol_json_name(struct pol_buffer *out, const char *name);
/* A comma, unless nothing stands before the next value of this list, or a name. */
void pol_json_next(struct pol_buffer *out);

#endif
