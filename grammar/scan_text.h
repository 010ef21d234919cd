/* scan_text.h - looking at the text of a file: shared by scan.c and scan_number.c. */
#ifndef POL_SCAN_TEXT_H
#define POL_SCAN_TEXT_H

#include "scan.h"

struct text scan_slice(const struct scan *s, size_t at, size_t size);
struct text scan_rest(const struct scan *s, size_t at);

bool scan_is_han(uint32_t c);
bool scan_is_digit(uint32_t c); /* full-width ones too */
bool scan_is_word(uint32_t c);

/* Bytes of the blank that the text begins with (no line end); 0 = none. */
size_t scan_blank_size(struct text t);
/* The characters of words that the text begins with; stops looking behind `bound` bytes. */
struct text scan_word_run(struct text t, size_t bound);
/* The Chinese keyword that a run begins with, when a digit follows it at once; *size gets its bytes. NULL = none. */
const struct keyword_match *scan_keyword_before_digit(const struct scan *s, struct text run, size_t *size);
/* Whether what follows a keyword follows names only: it was taken for a name. */
bool scan_used_as_name(const struct scan *s, int token, struct span span);
/* The token to be returned after the one at hand. */
void scan_queue(struct scan *s, int token, size_t at, size_t size);

#endif
