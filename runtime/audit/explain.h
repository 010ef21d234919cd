/* explain.h - the whole way of one claim through the stages, in plain words. */
#ifndef POL_AUDIT_EXPLAIN_H
#define POL_AUDIT_EXPLAIN_H

#include "audit/audit.h"

enum pol_language { POL_ENGLISH, POL_CHINESE };

struct pol_explain_options {
    struct pol_audit_options audit; /* `out`, `top` are not used */
    const char *claim;              /* its id */
    enum pol_language language;
};

/* Decides the ledger and says of one claim: which facts were used, which clause granted, cut, deferred or denied how
 * much, which earlier claims counted against it, and what would have to be different for the next better outcome.
 * Writes no file. A claim that the ledger does not hold is POL_STATUS_INPUT. */
enum pol_status pol_explain_run(const pol_module *module, const struct pol_explain_options *options,
                                struct pol_buffer *text, struct pol_error *error);

#endif
