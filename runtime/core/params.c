/* Parameters of a policy: defaults, and NAME=VALUE as a user writes it. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/days.h"
#include "core/module.h"
#include "core/status.h"
#include "tr.h"

struct slice {
    const char *data;
    size_t size;
};

static bool same(struct slice s, const char *text) {
    return strlen(text) == s.size && memcmp(s.data, text, s.size) == 0;
}

static struct slice trimmed(const char *data, size_t size) {
    while (size && (*data == ' ' || *data == '\t'))
        data++, size--;
    while (size && (data[size - 1] == ' ' || data[size - 1] == '\t'))
        size--;
    return (struct slice){data, size};
}

/* A plain decimal with at most `decimals` digits after the point, as an integer of that many decimals. */
static bool read_decimal(struct slice s, unsigned decimals, int64_t *value) {
    size_t at = 0;
    unsigned seen = 0;
    bool point = false;
    int64_t v = 0;
    for (; at < s.size; at++) {
        char c = s.data[at];
        if (c == '.' && !point && at > 0 && at + 1 < s.size && decimals > 0) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9' || (point && ++seen > decimals))
            return false;
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, c - '0', &v))
            return false;
    }
    for (; seen < decimals; seen++)
        if (__builtin_mul_overflow(v, 10, &v))
            return false;
    *value = v;
    return s.size > 0;
}

static bool read_digits(const char *data, size_t count, int32_t *value) {
    int32_t v = 0;
    for (size_t i = 0; i < count; i++) {
        if (data[i] < '0' || data[i] > '9')
            return false;
        v = v * 10 + (data[i] - '0');
    }
    *value = v;
    return true;
}

static bool read_date(struct slice s, int64_t *value) {
    int32_t year, month, day;
    if (s.size != 10 || s.data[4] != '-' || s.data[7] != '-' || !read_digits(s.data, 4, &year) ||
        !read_digits(s.data + 5, 2, &month) || !read_digits(s.data + 8, 2, &day))
        return false;
    if (year < 1 || month < 1 || month > 12 || day < 1 || day > prt_days_in_month(year, month))
        return false;
    *value = prt_day_of(year, month, day);
    return true;
}

static bool read_bool(struct slice s, int64_t *value) {
    *value = same(s, "true") || same(s, "1") || same(s, "是");
    return *value || same(s, "false") || same(s, "0") || same(s, "否");
}

static bool read_enum(const pol_module *module, const struct pol_param *p, struct slice s, int64_t *value) {
    const struct pol_enum *e = (const struct pol_enum *)prt_at(module, module->descriptor->enums) + p->enum_index;
    const struct pol_enum_value *v = prt_at(module, e->values);
    for (uint32_t i = 0; i < e->values.count; i++)
        if (same(s, pol_module_string(module, v[i].column)) || same(s, pol_module_string(module, v[i].name))) {
            *value = i;
            return true;
        }
    return false;
}

static bool read_value(const pol_module *module, const struct pol_param *p, struct slice s, int64_t *value) {
    switch ((enum pol_type)p->type) {
    case POL_MONEY:
        return read_decimal(s, 2, value);
    case POL_RATE:
        return read_decimal(s, 6, value);
    case POL_COUNT:
    case POL_YEARS:
    case POL_DAYS:
        return read_decimal(s, 0, value);
    case POL_DATE:
        return read_date(s, value);
    case POL_BOOL:
        return read_bool(s, value);
    case POL_ENUM:
        return read_enum(module, p, s, value);
    case POL_TEXT:
        return false;
    }
    return false;
}

static const char *wanted(enum pol_type type) {
    switch (type) {
    case POL_MONEY:
        return tr("an amount in yuan with at most 2 decimals, such as 1200000.50");
    case POL_RATE:
        return tr("a decimal fraction with at most 6 decimals, such as 0.0435");
    case POL_COUNT:
    case POL_YEARS:
    case POL_DAYS:
        return tr("a whole number");
    case POL_DATE:
        return tr("a date as YYYY-MM-DD");
    case POL_BOOL:
        return tr("true or false");
    case POL_ENUM:
        return tr("one of the declared names");
    case POL_TEXT:
        return tr("a text");
    }
    return tr("a value");
}

static void show_date(int64_t day, char *out, size_t size) {
    int32_t year = prt_year_of((int32_t)day), month = 1;
    if (year < 1 || year > 9999) {
        snprintf(out, size, "day %lld", (long long)day);
        return;
    }
    int32_t left = (int32_t)day - prt_day_of(year, 1, 1);
    for (; left >= prt_days_in_month(year, month); month++)
        left -= prt_days_in_month(year, month);
    snprintf(out, size, "%04d-%02d-%02d", (int)year, (int)month, (int)left + 1);
}

static void show_decimal(int64_t value, unsigned decimals, char *out, size_t size) {
    uint64_t scale = 1, magnitude = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    for (unsigned i = 0; i < decimals; i++)
        scale *= 10;
    snprintf(out, size, "%s%llu.%0*llu", value < 0 ? "-" : "", (unsigned long long)(magnitude / scale), (int)decimals,
             (unsigned long long)(magnitude % scale));
}

static void show(enum pol_type type, int64_t value, char *out, size_t size) {
    if (type == POL_DATE)
        show_date(value, out, size);
    else if (type == POL_MONEY)
        show_decimal(value, 2, out, size);
    else if (type == POL_RATE)
        show_decimal(value, 6, out, size);
    else
        snprintf(out, size, "%lld", (long long)value);
}

static enum pol_status out_of_range(const struct pol_param *p, struct slice name, struct slice value,
                                    struct pol_error *error) {
    char low[40], high[40];
    show(p->type, p->min, low, sizeof low);
    show(p->type, p->max, high, sizeof high);
    return prt_fail(error, POL_STATUS_USAGE, "parameter '%.*s': %.*s is out of range; it must be from %s to %s",
                    (int)name.size, name.data, (int)(value.size < 100 ? value.size : 100), value.data, low, high);
}

void pol_params_default(const pol_module *module, int64_t *params) {
    const struct pol_param *p = prt_at(module, module->descriptor->params);
    for (uint32_t i = 0; i < module->descriptor->params.count; i++)
        params[i] = p[i].fallback;
}

static enum pol_status set(const pol_module *module, uint32_t index, struct slice name, struct slice text,
                           int64_t *params, struct pol_error *error) {
    const struct pol_param *p = (const struct pol_param *)prt_at(module, module->descriptor->params) + index;
    int64_t value;
    if (!read_value(module, p, text, &value))
        return prt_fail(error, POL_STATUS_USAGE, "parameter '%.*s': cannot read '%.*s'; write %s", (int)name.size,
                        name.data, (int)(text.size < 100 ? text.size : 100), text.data, wanted(p->type));
    if (p->type != POL_BOOL && p->type != POL_ENUM && (value < p->min || value > p->max))
        return out_of_range(p, name, text, error);
    params[index] = value;
    return POL_STATUS_OK;
}

enum pol_status pol_params_set(const pol_module *module, int64_t *params, const char *assignment,
                               struct pol_error *error) {
    const char *equals = strchr(assignment, '=');
    if (!equals)
        return prt_fail(error, POL_STATUS_USAGE, "'%.100s' sets no parameter; write NAME=VALUE", assignment);
    struct slice name = trimmed(assignment, (size_t)(equals - assignment));
    struct slice text = trimmed(equals + 1, strlen(equals + 1));
    const struct pol_param *p = prt_at(module, module->descriptor->params);
    for (uint32_t i = 0; i < module->descriptor->params.count; i++)
        if (name.size &&
            (same(name, pol_module_string(module, p[i].name)) || same(name, pol_module_string(module, p[i].column))))
            return set(module, i, name, text, params, error);
    return prt_fail(error, POL_STATUS_USAGE, "the policy has no parameter '%.*s'; `polrun info` lists them",
                    (int)(name.size < 100 ? name.size : 100), name.data);
}
