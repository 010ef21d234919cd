/* The scanner for every x86-64 processor, and what the scanners share. */
#include <emmintrin.h>
#include <string.h>

#include "ledger/csv_scan.h"

#define SCAN_NAME   pol_csv_scan_sse2
#define SCAN_TARGET /* the baseline */

/* What stands at place b, if it is set, behind `before` others; and how many are set below places 1 to 8. */
#define PLACE(m, b, before) ((uint64_t)((m) >> (b) & 1) * (b) << 8 * (before))
#define BELOW1(m)           ((m) & 1)
#define BELOW2(m)           (BELOW1(m) + ((m) >> 1 & 1))
#define BELOW3(m)           (BELOW2(m) + ((m) >> 2 & 1))
#define BELOW4(m)           (BELOW3(m) + ((m) >> 3 & 1))
#define BELOW5(m)           (BELOW4(m) + ((m) >> 4 & 1))
#define BELOW6(m)           (BELOW5(m) + ((m) >> 5 & 1))
#define BELOW7(m)           (BELOW6(m) + ((m) >> 6 & 1))
#define BELOW8(m)           (BELOW7(m) + ((m) >> 7 & 1))
#define PLACES(m)                                                                                                      \
    (PLACE(m, 1, BELOW1(m)) | PLACE(m, 2, BELOW2(m)) | PLACE(m, 3, BELOW3(m)) | PLACE(m, 4, BELOW4(m)) |               \
     PLACE(m, 5, BELOW5(m)) | PLACE(m, 6, BELOW6(m)) | PLACE(m, 7, BELOW7(m)))
#define FOUR(what, m)    what(m), what((m) + 1), what((m) + 2), what((m) + 3)
#define SIXTEEN(what, m) FOUR(what, m), FOUR(what, (m) + 4), FOUR(what, (m) + 8), FOUR(what, (m) + 12)
#define ALL(what)                                                                                                      \
    SIXTEEN(what, 0), SIXTEEN(what, 16), SIXTEEN(what, 32), SIXTEEN(what, 48), SIXTEEN(what, 64), SIXTEEN(what, 80),   \
        SIXTEEN(what, 96), SIXTEEN(what, 112), SIXTEEN(what, 128), SIXTEEN(what, 144), SIXTEEN(what, 160),             \
        SIXTEEN(what, 176), SIXTEEN(what, 192), SIXTEEN(what, 208), SIXTEEN(what, 224), SIXTEEN(what, 240)

const uint64_t pol_csv_places[256] = {ALL(PLACES)};
const uint8_t pol_csv_counts_of[256] = {ALL(BELOW8)};

struct scan_tools {
    int none;
};

static inline struct scan_tools make_tools(void) {
    return (struct scan_tools){0};
}

static inline __m128i load16(const char *p) {
    return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline uint64_t equal64(const __m128i *v, char c) {
    __m128i wanted = _mm_set1_epi8(c);
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++)
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[i], wanted)) << (16 * i);
    return mask;
}

static inline void block_masks(const struct scan_tools *t, const char *p, uint64_t *commas, uint64_t *feeds,
                               uint64_t *low, uint64_t *high) {
    (void)t;
    __m128i v[4] = {load16(p), load16(p + 16), load16(p + 32), load16(p + 48)};
    *commas = equal64(v, ',');
    *feeds = equal64(v, '\n');
    *low = 0;
    for (int i = 0; i < 4; i++) {
        __m128i lower = _mm_cmpeq_epi8(_mm_min_epu8(v[i], _mm_set1_epi8('"')), v[i]);
        *low |= (uint64_t)(uint32_t)_mm_movemask_epi8(lower) << (16 * i);
        *high |= (uint32_t)_mm_movemask_epi8(v[i]);
    }
}

static inline uint64_t quote_mask(const struct scan_tools *t, const char *p) {
    (void)t;
    __m128i v[4] = {load16(p), load16(p + 16), load16(p + 32), load16(p + 48)};
    return equal64(v, '"');
}

/* One or two rows end in most blocks, or none. */
static inline uint32_t count_feeds(uint64_t feeds) {
    uint32_t count = 0;
    for (; feeds != 0; feeds &= feeds - 1)
        count++;
    return count;
}

/* Eight at a time without asking: a wrong guess of how many there are costs more than writing them. */
static inline uint32_t write_ends(const struct scan_tools *t, uint32_t *ends, uint32_t count, uint32_t offset,
                                  uint64_t mask) {
    (void)t;
    const __m128i zero = _mm_setzero_si128();
    __m128i at = _mm_set1_epi32((int)offset + 1);
#pragma GCC unroll 8
    for (int part = 0; part < 8; part++) {
        uint8_t bits = (uint8_t)mask;
        __m128i places = _mm_loadl_epi64((const __m128i *)(const void *)&pol_csv_places[bits]);
        places = _mm_unpacklo_epi8(places, zero);
        __m128i *out = (__m128i *)(void *)(ends + count);
        _mm_storeu_si128(out, _mm_add_epi32(at, _mm_unpacklo_epi16(places, zero)));
        _mm_storeu_si128(out + 1, _mm_add_epi32(at, _mm_unpackhi_epi16(places, zero)));
        count += pol_csv_counts_of[bits];
        at = _mm_add_epi32(at, _mm_set1_epi32(8));
        mask >>= 8;
    }
    return count;
}

#include "ledger/csv_scan_body.inc"

/* Bits [low, high) of a word; high <= 64. */
static uint64_t bits(uint64_t low, uint64_t high) {
    if (low >= high)
        return 0;
    return (high == 64 ? ~(uint64_t)0 : ((uint64_t)1 << high) - 1) & ~(((uint64_t)1 << low) - 1);
}

static bool all_blank(const char *p, const char *end) {
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    return p == end;
}

/* A quote closes at `at`: only blanks may follow before the separator or the end. */
static void close_quote(struct pol_csv_quotes *quotes, uint64_t at) {
    quotes->open = false;
    const char *p = quotes->base + at + 1, *end = quotes->base + quotes->left;
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    if (p == end || *p == ',' || *p == '\n' || (*p == '\r' && p + 1 < end && p[1] == '\n'))
        return;
    quotes->wrong = true;
    quotes->at = (uint64_t)(p - quotes->base);
}

uint64_t pol_csv_quotes_block(struct pol_csv_quotes *quotes, uint64_t offset, uint64_t cell, uint64_t separators,
                              uint64_t marks) {
    uint64_t out = 0, at = 0; /* everything before bit `at` is dealt with */
    if (quotes->resume > offset)
        at = quotes->resume - offset;
    while (at < 64) {
        uint64_t ahead = marks & bits(at, 64);
        uint64_t mark = ahead != 0 ? (uint64_t)__builtin_ctzll(ahead) : 64;
        if (!quotes->open)
            out |= separators & bits(at, mark);
        if (mark == 64)
            break;
        at = mark + 1;
        if (!quotes->open) {
            uint64_t begin = out != 0 ? offset + 64 - (uint64_t)__builtin_clzll(out) : cell;
            if (quotes->plain == begin + 1)
                continue;
            if (!all_blank(quotes->base + begin, quotes->base + offset + mark)) {
                quotes->plain = begin + 1;
                continue;
            }
            quotes->open = true;
            quotes->cell = begin;
        } else if (offset + at < quotes->left && quotes->base[offset + at] == '"') {
            at++; /* a doubled quote */
        } else {
            close_quote(quotes, offset + mark);
            if (quotes->wrong)
                break;
        }
    }
    quotes->resume = offset + at;
    return out;
}

unsigned pol_csv_level(void) {
    __builtin_cpu_init();
    bool three = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                 __builtin_cpu_supports("lzcnt") && __builtin_cpu_supports("popcnt");
    bool four = three && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    return four ? 4 : three ? 3 : 1;
}
