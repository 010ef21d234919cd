#include "interp/interp_params.h"

#include <string.h>

#include "interp/interp_cell.h"

void interp_params_default(const struct ir_policy *policy, int64_t *param) {
    for (uint32_t i = 0; i < policy->param_count; i++) {
        param[i] = policy->param[i].fallback;
    }
}

static const struct ir_param *find(const struct ir_policy *policy, struct text name) {
    for (uint32_t i = 0; i < policy->param_count; i++) {
        if (text_equal(policy->param[i].name, name) || text_equal(policy->param[i].column, name)) {
            return &policy->param[i];
        }
    }
    return NULL;
}

enum interp_status interp_params_set(const struct ir_policy *policy, int64_t *param, struct text name,
                                     struct text value, struct interp_error *error) {
    const struct ir_param *p = find(policy, name);
    if (p == NULL) {
        return interp_fail(error, INTERP_USAGE, "the policy has no parameter '%s'", interp_show(name).text);
    }
    struct interp_cell_type type = {
        .type = p->type,
        .enumeration = p->type == POL_ENUM ? &policy->enums[p->enum_index] : NULL,
        .min = p->min,
        .max = p->max,
    };
    struct ir_value read;
    if (interp_cell_read(&type, value, &read) != INTERP_CELL_READ) {
        return interp_fail(error, INTERP_USAGE, "'%s' is no value of parameter '%s', or out of its range",
                           interp_show(value).text, interp_show(name).text);
    }
    param[p - policy->param] = (int64_t)read.number;
    return INTERP_OK;
}

enum interp_status interp_params_assign(const struct ir_policy *policy, int64_t *param, struct text assignment,
                                        struct interp_error *error) {
    const char *equals = assignment.size == 0 ? NULL : memchr(assignment.data, '=', assignment.size);
    if (equals == NULL) {
        return interp_fail(error, INTERP_USAGE, "a parameter is set as NAME=VALUE, not '%s'",
                           interp_show(assignment).text);
    }
    size_t size = (size_t)(equals - assignment.data);
    return interp_params_set(policy, param, (struct text){assignment.data, size},
                             (struct text){equals + 1, assignment.size - size - 1}, error);
}
