/* report.h - what a check found, for machines: JSON, SARIF 2.1.0 and GitHub's workflow commands.
 *
 * A report gathers the diagnostics of several policies, each in an arena of its own that may be gone when the document
 * is made. It is one record for each diagnostic, in JSON as grammar/REFERENCE.md describes it; the other formats are
 * made from those records. Whatever happens to a policy (it cannot be read, memory runs out half way), the document is
 * valid and says so. A finding's fingerprint is made of its code, the clause and item it stands in, the text it points
 * at without regard to blanks, and a count of its equals before it: not of lines, paths or the words of messages.
 *
 * Files are text in UTF-8; bytes that are not are shown as U+FFFD. Not thread-safe.
 */
#ifndef POL_REPORT_H
#define POL_REPORT_H

#include "ast/ast.h"
#include "base/diag.h"

enum report_format { REPORT_JSON, REPORT_SARIF, REPORT_GITHUB };

struct report;

/* `folder` is the working directory, absolute ("" where it is not known): paths of SARIF and GitHub are relative to it.
 * `language` is that of the messages: en or zh. NULL without memory. */
struct report *report_new(struct text folder, const char *language);
void report_free(struct report *r); /* NULL is fine */

/* What follows is about this policy; the path as the user gave it. Until report_end it counts as failed. */
void report_begin(struct report *r, struct text path);
/* Adds every record of the list. The tree may be NULL. */
void report_diags(struct report *r, const struct sources *sources, const struct diags *d, const struct ast_policy *ast);
/* The policy could not be read or checked: why. */
void report_failure(struct report *r, struct text message);
/* A number about the policy: "clauses", "items" and the like. */
void report_count(struct report *r, const char *what, size_t count);
/* The policy was dealt with, with that exit code of polc. */
void report_end(struct report *r, int code);

/* The document, in the arena, whose failure is the caller's to catch. `code` is the exit code of the whole run. Where
 * memory ran out before, a document that says so. */
struct text report_document(struct report *r, enum report_format format, int code, struct arena *arena);
/* What stands for the document where there is no memory for more. Constant. */
struct text report_without_memory(enum report_format format);
/* Whether memory ran out: the document lacks something. */
bool report_failed(const struct report *r);

#endif
