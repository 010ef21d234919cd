/* record.h - inside of a report: the records. Not for other folders. */
#ifndef POL_REPORT_RECORD_H
#define POL_REPORT_RECORD_H

#include "report/report.h"
#include "report/value.h"

struct report {
    struct text folder; /* of our own memory */
    const char *language;
    json_t *files, *diagnostics;
    json_t *accepted; /* findings that the policies accept: each has the reason as `accepted` */
    json_t *pending;  /* of the policy at hand; joins those two when it ends */
    bool failed;
};

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
