/* The scanner for every x86-64 processor, and what the scanners share. */
#include <emmintrin.h>
#include <string.h>

#include "ledger/csv_scan.h"

#define SCAN_NAME   pol_csv_scan_sse2
#define SCAN_TARGET /* the baseline */
#define LOWEST(m)   ((m) != 0 ? __builtin_ctzll(m) : 0)

static uint64_t equal64(const __m128i *v, char c) {
    __m128i wanted = _mm_set1_epi8(c);
    uint64_t mask = 0;
    for (int i = 0; i < 4; i++)
        mask |= (uint64_t)(uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(v[i], wanted)) << (16 * i);
    return mask;
}

static inline void block_masks(const char *p, uint64_t *commas, uint64_t *feeds, uint64_t *marks, uint64_t *odd) {
    __m128i v[4];
    for (int i = 0; i < 4; i++)
        v[i] = _mm_loadu_si128((const __m128i *)(const void *)(p + 16 * i));
    *commas = equal64(v, ',');
    *feeds = equal64(v, '\n');
    *marks = equal64(v, '"');
    uint64_t low = 0;
    for (int i = 0; i < 4; i++) {
        __m128i limit = _mm_set1_epi8('"');
        __m128i control = _mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(v[i], limit), v[i]), v[i]);
        low |= (uint64_t)(uint32_t)_mm_movemask_epi8(control) << (16 * i);
    }
    *odd |= low & ~*feeds;
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

pol_csv_scanner *pol_csv_scanner_best(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("bmi2") &&
        __builtin_cpu_supports("popcnt"))
        return pol_csv_scan_avx512;
    bool wide = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                __builtin_cpu_supports("popcnt");
    return wide ? pol_csv_scan_avx2 : pol_csv_scan_sse2;
}
