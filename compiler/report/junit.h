/* junit.h - results of tests as JUnit XML, in the form that Jenkins and most others read.
 *
 *     <testsuites tests="2" failures="1" errors="0" skipped="0" time="0.012">
 *       <testsuite name="a.pol" …>
 *         <testcase name="three times 30万" classname="talent.7" time="0.006"><failure message="…"
 * type="…">…</failure></testcase>
 *
 * Suites are kept as text of their own memory, so that the arena of each may go. Text is UTF-8; control characters and
 * bytes that are no text are left out. Not thread-safe.
 */
#ifndef POL_REPORT_JUNIT_H
#define POL_REPORT_JUNIT_H

#include "base/text.h"

struct junit_case {
    struct text name, classname;
    uint64_t nanoseconds;
    bool failed, error;        /* a test that does not hold; one that could not be run */
    struct text type, message; /* with either of them: a code, one line */
    struct text detail;        /* and everything */
    struct junit_case *next;
};

struct junit;

struct junit *junit_new(void); /* NULL without memory */
void junit_free(struct junit *j);
/* Adds a suite. The arena is for work alone; its failure is the caller's to catch, and leaves the document as it was.
 */
void junit_add(struct junit *j, struct text name, const struct junit_case *cases, struct arena *arena);
bool junit_failed(const struct junit *j); /* memory ran out: the document lacks something */
/* The document, in the arena. */
struct text junit_document(const struct junit *j, struct arena *arena);

#endif
