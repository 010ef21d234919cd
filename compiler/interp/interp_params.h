/* interp_params.h - the parameters of a policy: their defaults, and values given by name. */
#ifndef POL_INTERP_PARAMS_H
#define POL_INTERP_PARAMS_H

#include "interp/interp_status.h"
#include "ir/ir.h"

/* Fills param[param_count] with the defaults. */
void interp_params_default(const struct ir_policy *policy, int64_t *param);

/* Sets one parameter, named by its name or its column, to a value written as a cell of its type. An unknown name, an
 * unreadable value or one out of range: INTERP_USAGE. */
enum interp_status interp_params_set(const struct ir_policy *policy, int64_t *param, struct text name,
                                     struct text value, struct interp_error *error);
/* The same for "NAME=VALUE". */
enum interp_status interp_params_assign(const struct ir_policy *policy, int64_t *param, struct text assignment,
                                        struct interp_error *error);
/* Each of these assignments; one parameter twice is INTERP_USAGE, too. */
enum interp_status interp_params_assign_all(const struct ir_policy *policy, int64_t *param,
                                            const char *const *assignment, size_t count, struct interp_error *error);
/* Two of these assignments set one parameter: INTERP_USAGE. Those of no parameter are passed over. */
enum interp_status interp_params_distinct(const struct ir_policy *policy, const char *const *assignment, size_t count,
                                          struct interp_error *error);

#endif
