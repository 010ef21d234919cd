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
/* The four decimal digits (not characters) of 0 to 9999, the first in the lowest byte. */
extern const uint32_t pol_four_digits[10000];

/* Bytes up to out + POL_MONEY_ROOM may be written by these, whatever the end. */
char *pol_put_number(char *out, uint64_t value);
char *pol_put_large_money(char *out, int64_t fen); /* any amount */
static inline char *pol_put_year(char *out, int32_t year) {
    if (year < 1000 || year > 9999)
        return pol_put_number(out, (uint64_t)year);
    uint32_t digits = pol_four_digits[year] | 0x30303030u;
    memcpy(out, &digits, sizeof digits);
    return out + sizeof digits;
}

/* 0 to 99999999 as eight decimal digits (not characters), the first in the lowest byte. */
static inline uint64_t pol_eight_digits(uint32_t value) {
    uint32_t high = value / 10000;
    return pol_four_digits[high] | (uint64_t)pol_four_digits[value - 10000 * high] << 32;
}

/* An amount with a comma behind it, "1200.50,", as the bytes of two words: it often goes to several places. */
struct pol_amount {
    uint64_t low, high;
    size_t size;
};
#define POL_AMOUNT_LIMIT 10000000000u /* fen; from here on amounts have no room in it */

static inline struct pol_amount pol_amount_of(uint64_t fen) {
    uint32_t yuan = (uint32_t)(fen / 100), cents = (uint32_t)(fen - (uint64_t)yuan * 100);
    uint64_t digits = pol_eight_digits(yuan);
    unsigned skip = (unsigned)__builtin_ctzll(digits | (uint64_t)1 << 56) & ~7u; /* zeros in front, in bits */
    uint64_t behind = (pol_four_digits[cents] >> 8) | 0x2c30302eu;               /* ".00," and the digits */
    return (struct pol_amount){.low = (digits | 0x3030303030303030u) >> skip | behind << 1 << (63 - skip),
                               .high = behind >> skip,
                               .size = 12 - skip / 8};
}

static inline struct pol_amount pol_no_amount(void) {
    return (struct pol_amount){.low = 0x2c30302e30u, .size = 5};
}

static inline char *pol_put_amount(char *out, struct pol_amount amount) {
    memcpy(out, &amount.low, sizeof amount.low);
    memcpy(out + sizeof amount.low, &amount.high, sizeof amount.high);
    return out + amount.size;
}

/* "-0.50" */
static inline char *pol_put_money(char *out, int64_t fen) {
    if ((uint64_t)fen >= POL_AMOUNT_LIMIT)
        return pol_put_large_money(out, fen);
    return pol_put_amount(out, pol_amount_of((uint64_t)fen)) - 1;
}

/* A CSV cell, quoted where it must be (comma, quote, LF, CR); at most 2 * size + 2 bytes. */
char *pol_put_cell(char *out, const char *data, size_t size);

/* A short cell and what stands behind it, from a place where POL_CELL_ROOM bytes can be read. */
struct pol_padded {
    __m128i low, high;
};
static inline struct pol_padded pol_padded_at(const char *data) {
    return (struct pol_padded){_mm_loadu_si128((const __m128i *)(const void *)data),
                               _mm_loadu_si128((const __m128i *)(const void *)(data + 16))};
}

/* Is there none among the first `size` bytes that a cell must be quoted for? "No" may also be due to others, rare in
 * ids, that are no greater than a comma. */
static inline bool pol_surely_plain(struct pol_padded text, size_t size) {
    const __m128i least = _mm_set1_epi8(',' + 1);
    uint32_t good = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(text.low, least), least)) |
                    (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(text.high, least), least)) << 16;
    return (~(uint64_t)good << (64 - size)) == 0;
}

/* POL_CELL_ROOM bytes are written. */
static inline char *pol_put_padded(char *out, struct pol_padded text, size_t size) {
    _mm_storeu_si128((__m128i *)(void *)out, text.low);
    _mm_storeu_si128((__m128i *)(void *)(out + 16), text.high);
    return out + size;
}

/* A cell of text behind which POL_CELL_ROOM bytes can be read; as many may be written behind the end. */
static inline char *pol_put_padded_cell(char *out, const char *data, size_t size) {
    if (size - 1 >= POL_CELL_ROOM || !pol_surely_plain(pol_padded_at(data), size))
        return pol_put_cell(out, data, size);
    return pol_put_padded(out, pol_padded_at(data), size);
}
/* value / 10^decimals as the shortest plain decimal, "-0.5"; at most 44 bytes; decimals <= 18. */
char *pol_put_decimal(char *out, pol_wide value, unsigned decimals);

#endif
