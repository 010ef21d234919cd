/* junit_suite.h - the examples of one policy as a suite of JUnit: a test for each, named after its title, in the class
 * "policy.clause". */
#ifndef POL_JUNIT_SUITE_H
#define POL_JUNIT_SUITE_H

#include "driver/examples.h"
#include "report/junit.h"

/* `code` is what running them gave. */
void junit_suite_add(struct junit *j, const struct pipeline *p, const char *path, const struct examples_result *result,
                     int code);
/* The policy has errors, or could not be read: one test, "check", that could not be run. */
void junit_suite_add_unchecked(struct junit *j, const struct pipeline *p, const char *path);
/* Anything else that kept the examples from being run. */
void junit_suite_add_failure(struct junit *j, struct arena *arena, const char *path, struct text message);

#endif
