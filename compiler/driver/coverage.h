/* coverage.h - what of a policy its examples touch, clause by clause and item by item. */
#ifndef POL_COVERAGE_H
#define POL_COVERAGE_H

#include "driver/command.h"

/* Runs the examples once more, watched, prints a table of at most 80 columns to standard output with everything that
 * no example touches, and gives EXIT_FOUND where less than `least` percent are touched. The pipeline has been run
 * without errors. */
int coverage_report(struct pipeline *p, const char *path, unsigned least);

#endif
