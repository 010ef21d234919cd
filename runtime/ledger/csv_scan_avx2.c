/* The scanner for processors with AVX2 and BMI. */
#include <immintrin.h>
#include <string.h>

#include "ledger/csv_scan.h"

#define SCAN_NAME   pol_csv_scan_avx2
#define SCAN_TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define LOWEST(m)   _tzcnt_u64(m)

SCAN_TARGET static inline uint64_t equal64(__m256i low, __m256i high, char c) {
    __m256i wanted = _mm256_set1_epi8(c);
    uint64_t a = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, wanted));
    uint64_t b = (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(high, wanted));
    return a | b << 32;
}

SCAN_TARGET static inline void block_masks(const char *p, uint64_t *commas, uint64_t *feeds, uint64_t *marks,
                                           uint64_t *odd) {
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    *commas = equal64(low, high, ',');
    *feeds = equal64(low, high, '\n');
    *marks = equal64(low, high, '"');
    __m256i limit = _mm256_set1_epi8('"');
    low = _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_min_epu8(low, limit), low), low);
    high = _mm256_or_si256(_mm256_cmpeq_epi8(_mm256_min_epu8(high, limit), high), high);
    uint64_t strange = (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high) << 32;
    *odd |= strange & ~*feeds;
}

/* 16 at a time without asking: a wrong guess of how many there are costs more than writing them. */
SCAN_TARGET static inline uint32_t write_ends(uint32_t *ends, uint32_t count, uint32_t offset, uint64_t mask) {
    uint32_t *out = ends + count;
    uint32_t bits = (uint32_t)__builtin_popcountll(mask);
    for (uint32_t done = 0;; done += 16) {
#pragma GCC unroll 16
        for (uint32_t i = 0; i < 16; i++) {
            out[done + i] = offset + (uint32_t)LOWEST(mask) + 1;
            mask &= mask - 1;
        }
        if (__builtin_expect(bits <= done + 16, 1))
            break;
    }
    return count + bits;
}

#include "ledger/csv_scan_body.inc"
