/* texts.h - copies of texts, in blocks that stay where they are until all are freed together. One thread. */
#ifndef POL_AUDIT_TEXTS_H
#define POL_AUDIT_TEXTS_H

#include "polrt.h"

struct pol_texts {
    struct pol_texts_block *block;
};

/* A copy; not NUL-terminated. NULL: no memory. */
const char *pol_texts_copy(struct pol_texts *texts, struct pol_text text);
void pol_texts_free(struct pol_texts *texts);

/* The order of bytes, shorter texts before those they begin. */
int pol_texts_order(const char *a, size_t a_size, const char *b, size_t b_size);

#endif
