/* The scanner for processors with AVX2 and BMI. */
#include <immintrin.h>
#include <string.h>

#include "ledger/csv_scan.h"

#define SCAN_NAME   pol_csv_scan_avx2
#define SCAN_TARGET __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt")))

struct scan_tools {
    __m256i comma, feed, quote, at;
};

SCAN_TARGET static inline struct scan_tools make_tools(void) {
    return (struct scan_tools){_mm256_set1_epi8(','), _mm256_set1_epi8('\n'), _mm256_set1_epi8('"'),
                               _mm256_set1_epi32(1)};
}

SCAN_TARGET static inline uint64_t mask64(__m256i low, __m256i high) {
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
}

SCAN_TARGET static inline uint64_t equal64(__m256i low, __m256i high, __m256i wanted) {
    return mask64(_mm256_cmpeq_epi8(low, wanted), _mm256_cmpeq_epi8(high, wanted));
}

SCAN_TARGET static inline __m256i load32(const char *p) {
    return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

SCAN_TARGET static inline void block_masks(const struct scan_tools *t, const char *p, uint64_t *commas, uint64_t *feeds,
                                           uint64_t *low, uint64_t *high) {
    __m256i first = load32(p), second = load32(p + 32), limit = t->quote;
    *commas = equal64(first, second, t->comma);
    *feeds = equal64(first, second, t->feed);
    *low = mask64(_mm256_cmpeq_epi8(_mm256_min_epu8(first, limit), first),
                  _mm256_cmpeq_epi8(_mm256_min_epu8(second, limit), second));
    *high |= (uint32_t)_mm256_movemask_epi8(_mm256_or_si256(first, second));
}

SCAN_TARGET static inline uint64_t quote_mask(const struct scan_tools *t, const char *p) {
    return equal64(load32(p), load32(p + 32), t->quote);
}

SCAN_TARGET static inline uint32_t count_feeds(uint64_t feeds) {
    return (uint32_t)__builtin_popcountll(feeds);
}

/* Eight at a time without asking: a wrong guess of how many there are costs more than writing them. */
SCAN_TARGET static inline uint32_t write_ends(struct scan_tools *t, uint32_t *ends, uint32_t count, uint32_t offset,
                                              uint64_t mask) {
    const uint32_t all = (uint32_t)__builtin_popcountll(mask);
    (void)offset;
    uint32_t *out = ends + count;
#pragma GCC unroll 8
    for (int part = 0; part < 8; part++) {
        uint8_t bits = (uint8_t)mask;
        __m128i places = _mm_loadl_epi64((const __m128i *)(const void *)&pol_csv_places[bits]);
        _mm256_storeu_si256((__m256i *)(void *)out, _mm256_add_epi32(t->at, _mm256_cvtepu8_epi32(places)));
        out += __builtin_popcount(bits);
        t->at = _mm256_add_epi32(t->at, _mm256_set1_epi32(8));
        mask >>= 8;
    }
    return count + all;
}

#include "ledger/csv_scan_body.inc"
