/* native_examples.h - the examples of a policy, decided by its shared object through `polrun audit`. */
#ifndef POL_NATIVE_EXAMPLES_H
#define POL_NATIVE_EXAMPLES_H

#include "interp/interp_examples.h"

/* Runs every example with the object and adds whatever differs to *mismatches. `folder` is for temporary files. Gives
 * INTERP_SYSTEM when a file cannot be written or polrun cannot be run. */
enum interp_status native_examples_run(struct arena *arena, const struct model *model, const struct ir_policy *policy,
                                       const char *object, const char *folder, struct interp_mismatches *mismatches,
                                       struct interp_error *error);

#endif
