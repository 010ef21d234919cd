#include "driver/severity.h"

#include <string.h>

#include "tr.h"

static bool level_of(struct text t, enum diag_level *out) {
    static const struct {
        const char *name;
        enum diag_level level;
    } levels[] = {{"off", DIAG_OFF}, {"warning", DIAG_AS_WARNING}, {"error", DIAG_AS_ERROR}};
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++) {
        if (!text_equal(t, text_of(levels[i].name)))
            continue;
        *out = levels[i].level;
        return true;
    }
    return false;
}

static const char *take(struct text code, struct text name, struct diag_levels *levels) {
    enum diag_level level;
    enum diag_code known;
    if (!level_of(name, &level))
        return tr_later("--severity takes CODE=error, CODE=warning or CODE=off");
    if (text_equal(code, TEXT("all"))) {
        for (int i = 0; i < DIAG_CODE_COUNT; i++)
            levels->of[i] = level;
        return NULL;
    }
    if (!diag_code_find(code, &known))
        return tr_later("--severity takes the code of a finding, such as W0805, or all");
    if (!diag_code_is_warning(known))
        return tr_later("--severity is for warnings (W…): an error stays one");
    levels->of[known] = level;
    return NULL;
}

const char *severity_read(const char *value, struct diag_levels *levels) {
    const char *wrong = NULL;
    while (!wrong) {
        size_t size = strcspn(value, ","), code = strcspn(value, "=,");
        size_t level = code < size ? code + 1 : size;
        wrong = take((struct text){value, code}, (struct text){value + level, size - level}, levels);
        if (!value[size])
            break;
        value += size + 1;
    }
    return wrong;
}
