/* value.h - JSON documents for machines, made of jansson's values. What adds to one sets *failed where memory runs out;
 * it takes NULL for an object, array or value that could not be made. Whoever makes a document gives it back with
 * json_decref. */
#ifndef POL_REPORT_VALUE_H
#define POL_REPORT_VALUE_H

#include <jansson.h>

#include "base/text.h"

/* Members stay in the order in which they are added. */
void value_put(bool *failed, json_t *object, const char *key, json_t *value);
void value_append(bool *failed, json_t *array, json_t *value);
/* What is no UTF-8 becomes U+FFFD. */
void value_put_text(bool *failed, json_t *object, const char *key, struct text t);
void value_put_count(bool *failed, json_t *object, const char *key, size_t count);
/* A new member that is an empty object or array; NULL without memory. */
json_t *value_object(bool *failed, json_t *object, const char *key);
json_t *value_array(bool *failed, json_t *object, const char *key);
json_t *value_element(bool *failed, json_t *array); /* an empty object at the end */

/* The document with a line feed behind it, in the arena; empty without memory. */
struct text value_dump(const json_t *document, struct arena *arena);

#endif
