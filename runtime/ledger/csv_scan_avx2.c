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

SCAN_TARGET static inline void block_masks(const char *p, uint64_t *commas, uint64_t *feeds, uint64_t *marks) {
    __m256i low = _mm256_loadu_si256((const __m256i *)(const void *)p);
    __m256i high = _mm256_loadu_si256((const __m256i *)(const void *)(p + 32));
    *commas = equal64(low, high, ',');
    *feeds = equal64(low, high, '\n');
    *marks = equal64(low, high, '"');
}

#include "ledger/csv_scan_body.inc"
