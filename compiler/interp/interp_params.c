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

static const struct ir_param *param_of(const struct ir_policy *policy, const char *assignment) {
    return find(policy, (struct text){assignment, strcspn(assignment, "=")});
}

enum interp_status interp_params_distinct(const struct ir_policy *policy, const char *const *assignment, size_t count,
                                          struct interp_error *error) {
    for (size_t i = 0; i < count; i++) {
        const struct ir_param *p = param_of(policy, assignment[i]);
        for (size_t j = 0; j < i && p != NULL; j++) {
            if (param_of(policy, assignment[j]) == p) {
                return interp_fail(error, INTERP_USAGE, "one parameter is set twice, by '%s' and by '%s'; give one",
                                   interp_show(text_of(assignment[j])).text, interp_show(text_of(assignment[i])).text);
            }
        }
    }
    return INTERP_OK;
}

enum interp_status interp_params_assign_all(const struct ir_policy *policy, int64_t *param,
                                            const char *const *assignment, size_t count, struct interp_error *error) {
    enum interp_status status = interp_params_distinct(policy, assignment, count, error);
    for (size_t i = 0; i < count && status == INTERP_OK; i++) {
        status = interp_params_assign(policy, param, text_of(assignment[i]), error);
    }
    return status;
}
