/* The scanner for processors with AVX-512. */
#include <immintrin.h>
#include <string.h>

#include "ledger/csv_scan.h"

#define SCAN_NAME   pol_csv_scan_avx512
#define SCAN_TARGET __attribute__((target("avx512f,avx512bw,bmi,bmi2,lzcnt,popcnt")))

/* Kept in registers from block to block: the compiler would rather make them anew each time. */
#define HELD(v) __asm__("" : "+v"(v))
#define HERE(x) __asm__("" : "+r"(x))

struct scan_tools {
    __m512i comma, feed, quote;
    __m512i at[4]; /* the ends that the places of the block stand for */
};

SCAN_TARGET static inline struct scan_tools make_tools(void) {
    struct scan_tools t = {
        .comma = _mm512_set1_epi8(','), .feed = _mm512_set1_epi8('\n'), .quote = _mm512_set1_epi8('"')};
    HELD(t.comma);
    HELD(t.feed);
    HELD(t.quote);
    for (int part = 0; part < 4; part++)
        t.at[part] = _mm512_add_epi32(_mm512_setr_epi32(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
                                      _mm512_set1_epi32(16 * part));
    return t;
}

SCAN_TARGET static inline void block_masks(const struct scan_tools *t, const char *p, uint64_t *commas, uint64_t *feeds,
                                           uint64_t *low, uint64_t *high) {
    __m512i block = _mm512_loadu_si512(p);
    *commas = _mm512_cmpeq_epi8_mask(block, t->comma);
    *feeds = _mm512_cmpeq_epi8_mask(block, t->feed);
    *low = _mm512_cmple_epu8_mask(block, t->quote);
    *high |= _mm512_movepi8_mask(block);
}

SCAN_TARGET static inline uint64_t quote_mask(const struct scan_tools *t, const char *p) {
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), t->quote);
}

SCAN_TARGET static inline uint32_t count_feeds(uint64_t feeds) {
    return (uint32_t)__builtin_popcountll(feeds);
}

SCAN_TARGET static inline void write_sixteen(struct scan_tools *t, uint32_t *ends, uint64_t mask, int part) {
    uint64_t here = mask >> (16 * part);
    HERE(here);
    _mm512_storeu_si512(ends, _mm512_maskz_compress_epi32((__mmask16)here, t->at[part]));
    t->at[part] = _mm512_add_epi32(t->at[part], _mm512_set1_epi32(64));
}

/* Where each part goes does not wait for the one before. */
SCAN_TARGET static inline uint32_t write_ends(struct scan_tools *t, uint32_t *ends, uint32_t count, uint32_t offset,
                                              uint64_t mask) {
    uint32_t *out = ends + count;
    (void)offset;
    write_sixteen(t, out, mask, 0);
    write_sixteen(t, out + __builtin_popcountll(mask & 0xFFFF), mask, 1);
    write_sixteen(t, out + __builtin_popcountll(mask & 0xFFFFFFFF), mask, 2);
    write_sixteen(t, out + __builtin_popcountll(mask & 0xFFFFFFFFFFFF), mask, 3);
    return count + (uint32_t)__builtin_popcountll(mask);
}

#include "ledger/csv_scan_body.inc"
