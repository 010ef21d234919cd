#include "source/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct decimal {
    bool negative;
    char digits[SOURCE_NUMBER_ROOM]; /* without leading zeros */
    int count;                       /* of them */
    int point;                       /* the value is 0.DIGITS times ten to the power of this */
};

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* An exponent: at most four digits. */
static bool take_exponent(const char *p, const char *end, int *exponent) {
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    const char *first = p;
    for (*exponent = 0; p < end && is_digit(*p) && p - first < 4; p++)
        *exponent = *exponent * 10 + (*p - '0');
    if (negative)
        *exponent = -*exponent;
    return p == end && p > first;
}

static bool take_decimal(const char *p, const char *end, struct decimal *d) {
    bool point = false, any = false;
    *d = (struct decimal){0};
    if (p < end && (*p == '-' || *p == '+'))
        d->negative = *p++ == '-';
    for (; p < end && (is_digit(*p) || (*p == '.' && !point)); p++) {
        if (*p == '.') {
            point = true;
            continue;
        }
        any = true;
        if (d->count == 0 && *p == '0') {
            d->point -= point; /* a zero in front */
            continue;
        }
        if (d->count == (int)sizeof d->digits)
            return false;
        d->digits[d->count++] = *p;
        d->point += !point;
    }
    int exponent = 0;
    if (p < end && (*p == 'e' || *p == 'E') && !take_exponent(p + 1, end, &exponent))
        return false;
    if (p < end && *p != 'e' && *p != 'E')
        return false;
    d->point += exponent;
    while (d->count > 0 && d->digits[d->count - 1] == '0')
        d->count--;
    return any;
}

bool source_plain_number(const char *text, size_t size, char out[SOURCE_NUMBER_ROOM]) {
    struct decimal d;
    if (!take_decimal(text, text + size, &d))
        return false;
    if (d.count == 0) {
        memcpy(out, "0", 2);
        return true;
    }
    int zeros = d.point < 0 ? -d.point : 0, whole = d.point > 0 ? d.point : 0;
    if (zeros + whole + d.count + 4 > SOURCE_NUMBER_ROOM)
        return false;
    char *p = out;
    if (d.negative)
        *p++ = '-';
    if (whole == 0)
        *p++ = '0';
    int given = whole < d.count ? whole : d.count;
    memcpy(p, d.digits, (size_t)given);
    memset(p + given, '0', (size_t)(whole - given));
    p += whole;
    if (whole < d.count) {
        *p++ = '.';
        for (int i = 0; i < zeros; i++)
            *p++ = '0';
        memcpy(p, d.digits + whole, (size_t)(d.count - whole));
        p += d.count - whole;
    }
    *p = '\0';
    return true;
}

bool source_binary_number(double value, char out[SOURCE_NUMBER_ROOM]) {
    char text[64];
    snprintf(text, sizeof text, "%.*g", SOURCE_BINARY_DIGITS, value);
    bool exact = strtod(text, NULL) == value; /* not so for what is no number */
    if (!exact)
        snprintf(text, sizeof text, "%.17g", value);
    if (!source_plain_number(text, strlen(text), out)) {
        memcpy(out, text, sizeof text);
        return false;
    }
    return exact;
}

bool source_binary_text(const char *text, size_t size, char out[SOURCE_NUMBER_ROOM]) {
    struct decimal d;
    char copy[SOURCE_NUMBER_ROOM];
    if (size >= sizeof copy || !take_decimal(text, text + size, &d)) {
        snprintf(out, SOURCE_NUMBER_ROOM, "%.*s", (int)(size < 90 ? size : 90), text);
        return false;
    }
    if (d.count <= SOURCE_BINARY_DIGITS && source_plain_number(text, size, out))
        return true;
    memcpy(copy, text, size);
    copy[size] = '\0';
    return source_binary_number(strtod(copy, NULL), out);
}
