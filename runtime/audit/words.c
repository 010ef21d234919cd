#include "audit/words.h"

#include "ledger/cell.h"
#include "tr.h"

static char digit(int64_t value) {
    return (char)('0' + value % 10);
}

/* Days since 1970-01-01 to the civil calendar, by years that begin in March. */
void pol_words_date(struct pol_buffer *buffer, int64_t day) {
    int64_t shifted = day + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    int64_t d = of_year - (153 * month + 2) / 5 + 1, m = month < 10 ? month + 3 : month - 9;
    year += era * 400 + (m <= 2);
    if (year < 0 || year > 9999) {
        pol_buffer_format(buffer, "%04lld-%02d-%02d", (long long)year, (int)m, (int)d);
        return;
    }
    const char text[] = {
        digit(year / 1000), digit(year / 100), digit(year / 10), digit(year), '-', digit(m / 10), digit(m), '-',
        digit(d / 10),      digit(d)};
    pol_buffer_add(buffer, text, sizeof text);
}

static void add_decimal(struct pol_buffer *buffer, int64_t value, unsigned decimals) {
    char text[48];
    pol_buffer_add(buffer, text, (size_t)(pol_put_decimal(text, value, decimals) - text));
}

void pol_words_value(struct pol_buffer *buffer, const pol_module *module, unsigned type, uint32_t enum_index,
                     int64_t value) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_enum *enums = pol_module_array(module, d->enums);
    switch ((enum pol_type)type) {
    case POL_MONEY:
        add_decimal(buffer, value, 2);
        return;
    case POL_RATE:
        add_decimal(buffer, value, 6);
        return;
    case POL_COUNT:
    case POL_YEARS:
    case POL_DAYS:
    case POL_TEXT:
        add_decimal(buffer, value, 0);
        return;
    case POL_DATE:
        pol_words_date(buffer, value);
        return;
    case POL_BOOL:
        pol_buffer_text(buffer, value != 0 ? "true" : "false");
        return;
    case POL_ENUM:
        break;
    }
    if (enum_index == POL_NONE || value < 0 || (uint64_t)value >= enums[enum_index].values.count)
        return;
    const struct pol_enum_value *values = pol_module_array(module, enums[enum_index].values);
    pol_buffer_text(buffer, pol_module_string(module, values[value].column));
}

const char *pol_words_type(unsigned type) {
    switch ((enum pol_type)type) {
    case POL_MONEY:
        return tr("money");
    case POL_RATE:
        return tr("rate");
    case POL_COUNT:
        return tr("count");
    case POL_YEARS:
        return tr("years");
    case POL_DAYS:
        return tr("days");
    case POL_DATE:
        return tr("date");
    case POL_BOOL:
        return tr("bool");
    case POL_ENUM:
        return tr("enum");
    case POL_TEXT:
        return tr("text");
    }
    return "";
}

const char *pol_words_label(const pol_module *module, struct pol_str label, struct pol_str column,
                            struct pol_str name) {
    return pol_module_string(module, label.size > 0 ? label : column.size > 0 ? column : name);
}

const char *pol_words_title(const pol_module *module) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    return pol_module_string(module, d->title.size > 0 ? d->title : d->name);
}
