/* The scanner for processors with AVX-512. */
#include <immintrin.h>
#include <string.h>

#include "ledger/csv_scan.h"

#define SCAN_NAME   pol_csv_scan_avx512
#define SCAN_TARGET __attribute__((target("avx512f,avx512bw,bmi,bmi2,popcnt")))

SCAN_TARGET static inline void block_masks(const char *p, uint64_t *commas, uint64_t *feeds, uint64_t *marks,
                                           uint64_t *odd) {
    __m512i block = _mm512_loadu_si512(p);
    *commas = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8(','));
    *feeds = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\n'));
    *marks = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('"'));
    *odd |= (_mm512_cmple_epu8_mask(block, _mm512_set1_epi8('"')) | _mm512_movepi8_mask(block)) & ~*feeds;
}

SCAN_TARGET static inline uint32_t write_ends(uint32_t *ends, uint32_t count, uint32_t offset, uint64_t mask) {
    __m512i at = _mm512_add_epi32(_mm512_setr_epi32(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16),
                                  _mm512_set1_epi32((int)offset));
#pragma GCC unroll 4
    for (int part = 0; part < 4; part++) {
        __mmask16 here = (__mmask16)(mask >> (16 * part));
        _mm512_storeu_si512(ends + count, _mm512_maskz_compress_epi32(here, at));
        count += (uint32_t)__builtin_popcount(here);
        at = _mm512_add_epi32(at, _mm512_set1_epi32(16));
    }
    return count;
}

#include "ledger/csv_scan_body.inc"
