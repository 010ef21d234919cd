/* record.h - inside of a report: the records and how to add to them. Not for other folders. */
#ifndef POL_REPORT_RECORD_H
#define POL_REPORT_RECORD_H

#include <jansson.h>

#include "report/report.h"

struct report {
    struct text folder; /* of our own memory */
    const char *language;
    json_t *files, *diagnostics;
    json_t *accepted; /* findings that the policies accept: each has the reason as `accepted` */
    json_t *pending;  /* of the policy at hand; joins those two when it ends */
    bool failed;
};

/* Adds to an object or array; without memory the report has failed. All take NULL for what could not be made. */
void record_put(struct report *r, json_t *object, const char *key, json_t *value);
void record_append(struct report *r, json_t *array, json_t *value);
void record_put_text(struct report *r, json_t *object, const char *key, struct text t);
void record_put_count(struct report *r, json_t *object, const char *key, size_t count);
/* A new member that is an empty object or array; NULL without memory. */
json_t *record_object(struct report *r, json_t *object, const char *key);
json_t *record_array(struct report *r, json_t *object, const char *key);
json_t *record_element(struct report *r, json_t *array); /* an empty object at the end */

struct text record_text(const json_t *object, const char *key); /* empty where it is absent */
size_t record_count(const json_t *object, const char *key);     /* 0 where it is absent */

/* The path relative to the report's folder, or absolute, without "." and ".."; in the arena. */
struct text record_path(const struct report *r, struct text path, struct arena *arena);

/* What a code means and what is to be done, in a sentence or two; the code's title where nothing more is to be said. */
const char *report_explanation(struct text code);

/* Each fills an empty object. */
void report_json(struct report *r, int code, json_t *document);
void report_sarif(struct report *r, int code, json_t *document, struct arena *arena);
struct text report_github(struct report *r, struct arena *arena);

#endif
