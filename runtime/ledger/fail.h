/* fail.h - filling a pol_error in one line. */
#ifndef POL_LEDGER_FAIL_H
#define POL_LEDGER_FAIL_H

#include "polrt.h"

/* Writes the message (one line, UTF-8, cut to fit) and returns `status`. `error` may be NULL. */
__attribute__((format(printf, 3, 4))) enum pol_status pol_ledger_fail(struct pol_error *error, enum pol_status status,
                                                                      const char *format, ...);
/* POL_STATUS_SYSTEM, "no memory". */
enum pol_status pol_ledger_no_memory(struct pol_error *error);

#endif
