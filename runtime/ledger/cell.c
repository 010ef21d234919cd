#include "ledger/cell.h"

static int32_t days_in_month(int year, int month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month] + (month == 1 && leap ? 1 : 0);
}

void pol_calendar_fill(struct pol_calendar *calendar) {
    int32_t day = -25567; /* 1900-01-01 */
    for (int i = 0; i < POL_CALENDAR_MONTHS; i++) {
        calendar->month[i] = day;
        day += days_in_month(POL_CALENDAR_FIRST + i / 12, i % 12);
    }
    calendar->month[POL_CALENDAR_MONTHS] = day;
}

int32_t pol_calendar_year(const struct pol_calendar *calendar, int32_t day) {
    int32_t year = (day - calendar->month[0]) / 366; /* at most one too few */
    if (year < POL_CALENDAR_LAST - POL_CALENDAR_FIRST && day >= calendar->month[(size_t)(year + 1) * 12])
        year++;
    return POL_CALENDAR_FIRST + year;
}

static void trim(const char **begin, const char **end) {
    while (*begin < *end && (**begin == ' ' || **begin == '\t'))
        ++*begin;
    while (*begin < *end && ((*end)[-1] == ' ' || (*end)[-1] == '\t'))
        --*end;
}

bool pol_cell_bare(struct pol_copies *copies, const char **begin, const char **end) {
    trim(begin, end);
    if (*end - *begin < 2 || **begin != '"')
        return true;
    ++*begin; /* the scanner has seen to it that a closing quote stands at the end */
    --*end;
    size_t size = (size_t)(*end - *begin);
    const char *mark = memchr(*begin, '"', size);
    if (mark != NULL) {
        char *copy = pol_copies_add(copies, size), *out = copy;
        if (copy == NULL)
            return false;
        for (const char *p = *begin; p < *end; p++) {
            *out++ = *p;
            if (*p == '"')
                p++;
        }
        *begin = copy;
        *end = out;
    }
    trim(begin, end);
    return true;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool pol_cell_number(const char *begin, const char *end, unsigned decimals, int64_t *value) {
    int64_t v = 0;
    const char *p = begin;
    if (!is_digit(*p))
        return false;
    for (; p < end && is_digit(*p); p++)
        if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *p - '0', &v))
            return false;
    unsigned after = 0;
    if (p < end && *p == '.' && decimals > 0) {
        for (p++; p < end && is_digit(*p) && after < decimals; p++, after++)
            if (__builtin_mul_overflow(v, 10, &v) || __builtin_add_overflow(v, *p - '0', &v))
                return false;
        if (after == 0)
            return false;
    }
    for (; after < decimals; after++)
        if (__builtin_mul_overflow(v, 10, &v))
            return false;
    *value = v;
    return p == end;
}

/* Two digits as a number, or 100. */
static int two_digits(const char *p) {
    return is_digit(p[0]) && is_digit(p[1]) ? (p[0] - '0') * 10 + (p[1] - '0') : 100;
}

bool pol_cell_date(const struct pol_calendar *calendar, const char *begin, const char *end, int64_t *value) {
    if (end - begin != 10 || begin[4] != '-' || begin[7] != '-')
        return false;
    int century = two_digits(begin), year = two_digits(begin + 2), month = two_digits(begin + 5),
        day = two_digits(begin + 8);
    if (century > 99 || year > 99 || month < 1 || month > 12)
        return false;
    year += century * 100;
    if (year < POL_CALENDAR_FIRST || year > POL_CALENDAR_LAST)
        return false;
    const int32_t *first = &calendar->month[(year - POL_CALENDAR_FIRST) * 12 + month - 1];
    if (day < 1 || day > first[1] - first[0])
        return false;
    *value = first[0] + day - 1;
    return true;
}

const struct pol_name pol_bool_words[POL_BOOL_WORDS] = {{"false", 5}, {"true", 4}, {"0", 1},
                                                        {"1", 1},     {"否", 3},   {"是", 3}};

bool pol_cell_bool(const char *begin, const char *end, int64_t *value) {
    for (unsigned i = 0; i < POL_BOOL_WORDS; i++)
        if ((size_t)(end - begin) == pol_bool_words[i].size &&
            memcmp(begin, pol_bool_words[i].data, pol_bool_words[i].size) == 0) {
            *value = i & 1;
            return true;
        }
    return false;
}

bool pol_cell_year(const char *begin, const char *end, int64_t *value) {
    if (end - begin != 4)
        return false;
    int high = two_digits(begin), low = two_digits(begin + 2);
    if (high > 99 || low > 99)
        return false;
    *value = high * 100 + low;
    return *value >= POL_YEAR_FIRST && *value <= POL_YEAR_LAST;
}

/* Bytes of the well-formed sequence at `p` (Unicode, table 3-7), 0: none. */
static int sequence(const unsigned char *p, const unsigned char *end) {
    if (p[0] < 0x80)
        return 1;
    if (p[0] < 0xC2 || p[0] > 0xF4)
        return 0;
    int size = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (end - p < size)
        return 0;
    unsigned char low = p[0] == 0xE0 ? 0xA0 : p[0] == 0xF0 ? 0x90 : 0x80;
    unsigned char high = p[0] == 0xED ? 0x9F : p[0] == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high)
        return 0;
    for (int i = 2; i < size; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return size;
}

bool pol_utf8_sound(const char *begin, const char *end) {
    const unsigned char *p = (const unsigned char *)begin, *stop = (const unsigned char *)end;
    while (p < stop) {
        int size = sequence(p, stop);
        if (size == 0)
            return false;
        p += size;
    }
    return true;
}

bool pol_cell_text(const char *begin, const char *end) {
    return end - begin <= POL_TEXT_LIMIT && pol_utf8_sound(begin, end);
}

unsigned pol_kind_decimals(enum pol_csv_kind kind) {
    return kind == POL_CSV_MONEY ? 2 : kind == POL_CSV_RATE ? 6 : 0;
}
