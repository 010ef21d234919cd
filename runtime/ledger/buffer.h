/* buffer.h - text that grows, and numbers and cells written into it. */
#ifndef POL_LEDGER_BUFFER_H
#define POL_LEDGER_BUFFER_H

#include <emmintrin.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A sum of money over any number of claims. */
__extension__ typedef __int128 pol_wide;

struct pol_buffer {
    char *data;
    size_t size, capacity;
    bool failed; /* an addition found no memory; what came after it is lost */
};

bool pol_buffer_grow(struct pol_buffer *buffer, size_t more); /* for pol_buffer_reserve */
/* Room for `more` bytes behind data + size. False: no memory. */
static inline bool pol_buffer_reserve(struct pol_buffer *buffer, size_t more) {
    return (buffer->data != NULL && buffer->capacity - buffer->size >= more && !buffer->failed) ||
           pol_buffer_grow(buffer, more);
}
void pol_buffer_add(struct pol_buffer *buffer, const char *data, size_t size);
void pol_buffer_text(struct pol_buffer *buffer, const char *text);
__attribute__((format(printf, 2, 3))) void pol_buffer_format(struct pol_buffer *buffer, const char *format, ...);
void pol_buffer_free(struct pol_buffer *buffer);

/* These write at `out` and return the end. */

enum { POL_MONEY_ROOM = 32, POL_CELL_ROOM = 32 };
/* Bytes up to out + POL_MONEY_ROOM may be written by the next three, whatever the end. */
char *pol_put_number(char *out, uint64_t value);
char *pol_put_large_money(char *out, int64_t fen); /* any amount */
static inline char *pol_put_year(char *out, int32_t year) {
    if (year < 1000 || year > 9999)
        return pol_put_number(out, (uint64_t)year);
    uint32_t hundreds = (uint32_t)year / 100, twos = hundreds | ((uint32_t)year - hundreds * 100) << 16;
    uint32_t tens = (twos * 103 >> 10) & 0x000f000fu;
    uint32_t digits = (tens | (twos - 10 * tens) << 8) + 0x30303030u;
    memcpy(out, &digits, sizeof digits);
    return out + sizeof digits;
}

/* 0 to 99999999 as eight decimal digits (not characters), the first in the lowest byte. Halves, quarters and eighths of
 * a word are divided at once by multiplying with rounded reciprocals, which are exact in these ranges. */
static inline uint64_t pol_eight_digits(uint32_t value) {
    uint64_t high = value / 10000, fours = high | (uint64_t)(value - (uint32_t)high * 10000) << 32;
    uint64_t hundreds = (fours * 10486 >> 20) & 0x0000007f0000007fu;
    uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
    uint64_t tens = (twos * 103 >> 10) & 0x000f000f000f000fu;
    return tens | (twos - 10 * tens) << 8;
}

/* "-0.50" */
static inline char *pol_put_money(char *out, int64_t fen) {
    if ((uint64_t)fen >= 10000000000u)
        return pol_put_large_money(out, fen);
    uint32_t yuan = (uint32_t)((uint64_t)fen / 100), cents = (uint32_t)((uint64_t)fen - (uint64_t)yuan * 100);
    uint64_t digits = pol_eight_digits(yuan);
    unsigned skip = (unsigned)__builtin_ctzll(digits | (uint64_t)1 << 56) & ~7u; /* zeros in front, in bits */
    digits = (digits | 0x3030303030303030u) >> skip;
    memcpy(out, &digits, sizeof digits);
    out += 8 - skip / 8;
    uint32_t behind = (uint32_t)'.' | (cents / 10 + '0') << 8 | (cents % 10 + '0') << 16;
    memcpy(out, &behind, sizeof behind);
    return out + 3;
}

/* POL_MONEY_ROOM bytes from one place to another; the two may overlap. */
static inline void pol_copy_money(char *out, const char *from) {
    __m128i low = _mm_loadu_si128((const __m128i *)(const void *)from);
    __m128i high = _mm_loadu_si128((const __m128i *)(const void *)(from + 16));
    _mm_storeu_si128((__m128i *)(void *)out, low);
    _mm_storeu_si128((__m128i *)(void *)(out + 16), high);
}

/* A CSV cell, quoted where it must be (comma, quote, LF, CR); at most 2 * size + 2 bytes. */
char *pol_put_cell(char *out, const char *data, size_t size);
/* The bytes of a cell of at most POL_CELL_ROOM that it must be quoted for, as bits. */
static inline uint32_t pol_special_bytes(const char *data, size_t size) {
    uint32_t found = 0;
    for (int half = 0; half < 2; half++) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(data + (ptrdiff_t)16 * half));
        __m128i comma = _mm_cmpeq_epi8(v, _mm_set1_epi8(',')), quote = _mm_cmpeq_epi8(v, _mm_set1_epi8('"'));
        __m128i feed = _mm_cmpeq_epi8(v, _mm_set1_epi8('\n')), back = _mm_cmpeq_epi8(v, _mm_set1_epi8('\r'));
        __m128i any = _mm_or_si128(_mm_or_si128(comma, quote), _mm_or_si128(feed, back));
        found |= (uint32_t)_mm_movemask_epi8(any) << (16 * half);
    }
    return found & (uint32_t)(((uint64_t)1 << size) - 1);
}

/* The same for text behind which POL_CELL_ROOM bytes can be read; as many may be written behind the end. */
static inline char *pol_put_padded_cell(char *out, const char *data, size_t size) {
    if (__builtin_expect(size == 0 || size > POL_CELL_ROOM || pol_special_bytes(data, size) != 0, 0))
        return pol_put_cell(out, data, size);
    memcpy(out, data, POL_CELL_ROOM);
    return out + size;
}
/* value / 10^decimals as the shortest plain decimal, "-0.5"; at most 44 bytes; decimals <= 18. */
char *pol_put_decimal(char *out, pol_wide value, unsigned decimals);

#endif
