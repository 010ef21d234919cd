#include "ledger/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool pol_buffer_grow(struct pol_buffer *buffer, size_t more) {
    if (buffer->failed)
        return false;
    size_t capacity = buffer->capacity < 256 ? 256 : buffer->capacity * 2;
    if (capacity < buffer->size + more)
        capacity = buffer->size + more;
    char *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        buffer->failed = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void pol_buffer_add(struct pol_buffer *buffer, const char *data, size_t size) {
    if (size == 0 || !pol_buffer_reserve(buffer, size))
        return;
    memcpy(buffer->data + buffer->size, data, size);
    buffer->size += size;
}

void pol_buffer_text(struct pol_buffer *buffer, const char *text) {
    pol_buffer_add(buffer, text, strlen(text));
}

void pol_buffer_format(struct pol_buffer *buffer, const char *format, ...) {
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    if (size > 0 && pol_buffer_reserve(buffer, (size_t)size + 1)) {
        vsnprintf(buffer->data + buffer->size, (size_t)size + 1, format, again);
        buffer->size += (size_t)size;
    }
    va_end(again);
    va_end(arguments);
}

void pol_buffer_free(struct pol_buffer *buffer) {
    free(buffer->data);
    *buffer = (struct pol_buffer){0};
}

#define DIGITS(a, b, c, d) ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)
#define ONES(a, b, c)                                                                                                  \
    DIGITS(a, b, c, 0), DIGITS(a, b, c, 1), DIGITS(a, b, c, 2), DIGITS(a, b, c, 3), DIGITS(a, b, c, 4),                \
        DIGITS(a, b, c, 5), DIGITS(a, b, c, 6), DIGITS(a, b, c, 7), DIGITS(a, b, c, 8), DIGITS(a, b, c, 9)
#define TENS(a, b)                                                                                                     \
    ONES(a, b, 0), ONES(a, b, 1), ONES(a, b, 2), ONES(a, b, 3), ONES(a, b, 4), ONES(a, b, 5), ONES(a, b, 6),           \
        ONES(a, b, 7), ONES(a, b, 8), ONES(a, b, 9)
#define HUNDREDS(a)                                                                                                    \
    TENS(a, 0), TENS(a, 1), TENS(a, 2), TENS(a, 3), TENS(a, 4), TENS(a, 5), TENS(a, 6), TENS(a, 7), TENS(a, 8),        \
        TENS(a, 9)
const uint32_t pol_four_digits[10000] = {HUNDREDS(0), HUNDREDS(1), HUNDREDS(2), HUNDREDS(3), HUNDREDS(4),
                                         HUNDREDS(5), HUNDREDS(6), HUNDREDS(7), HUNDREDS(8), HUNDREDS(9)};

static const char pairs[201] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                               "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                               "8081828384858687888990919293949596979899";

char *pol_put_number(char *out, uint64_t value) {
    char digits[48], *end = digits + 20, *p = end;
    for (; value >= 100; value /= 100) {
        p -= 2;
        memcpy(p, pairs + 2 * (value % 100), 2);
    }
    if (value >= 10) {
        p -= 2;
        memcpy(p, pairs + 2 * value, 2);
    } else {
        *--p = (char)('0' + value);
    }
    memset(end, 0, 20);
    memcpy(out, p, 20); /* always as many: cheaper than asking how many there are */
    return out + (end - p);
}

char *pol_put_large_money(char *out, int64_t fen) {
    uint64_t value = (uint64_t)fen;
    if (fen < 0) {
        *out++ = '-';
        value = -value;
    }
    out = pol_put_number(out, value / 100);
    *out++ = '.';
    memcpy(out, pairs + 2 * (value % 100), 2);
    return out + 2;
}

char *pol_put_cell(char *out, const char *data, size_t size) {
    bool plain = true;
    for (size_t i = 0; i < size; i++)
        plain &= data[i] != ',' && data[i] != '"' && data[i] != '\n' && data[i] != '\r';
    if (plain) {
        memcpy(out, data, size);
        return out + size;
    }
    *out++ = '"';
    for (size_t i = 0; i < size; i++) {
        if (data[i] == '"')
            *out++ = '"';
        *out++ = data[i];
    }
    *out++ = '"';
    return out;
}

char *pol_put_decimal(char *out, pol_wide value, unsigned decimals) {
    char digits[64], *p = digits + sizeof digits, *end = p;
    bool negative = value < 0, written = false;
    if (decimals == 0 && value >= 0 && value <= INT64_MAX) {
        uint64_t left = (uint64_t)value; /* 128 bits are slow to divide */
        do {
            *--p = (char)('0' + left % 10);
            left /= 10;
        } while (left != 0);
        memcpy(out, p, (size_t)(end - p));
        return out + (end - p);
    }
    for (unsigned place = 0; value != 0 || place <= decimals; place++) {
        if (place == decimals && written)
            *--p = '.';
        int digit = (int)(value % 10);
        value /= 10;
        if (digit < 0)
            digit = -digit;
        if (place < decimals && digit == 0 && !written)
            continue; /* zeros at the end say nothing */
        written = true;
        *--p = (char)('0' + digit);
    }
    if (negative)
        *out++ = '-';
    memcpy(out, p, (size_t)(end - p));
    return out + (end - p);
}
