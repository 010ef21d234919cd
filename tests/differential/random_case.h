/* random_case.h - random well-typed policies, and random claims for them, from a sequence of choices. */
#ifndef POL_TESTS_RANDOM_CASE_H
#define POL_TESTS_RANDOM_CASE_H

#include <stdio.h>

#include "choices.h"

/* Writes the text of a policy, and a ledger of it. Any sequence of choices gives a policy that the compiler should
 * accept, except where an exact range cannot be known here (then it must be refused with a diagnostic). */
void random_case(struct choices *c, FILE *policy, FILE *claims, FILE *applicants);

#endif
