/* names.h - a set of names (enum values, items) looked up by the bytes of a cell. Immutable once built. */
#ifndef POL_LEDGER_NAMES_H
#define POL_LEDGER_NAMES_H

#include <emmintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct pol_name {
    const char *data;
    uint32_t size;
};

struct pol_names_slot {
    char front[16]; /* see struct pol_name_words */
    uint64_t back;
    const char *data;
    uint32_t size; /* 0: free */
    uint32_t value;
    char reserved[24]; /* a line of the cache */
};

struct pol_names {
    struct pol_names_slot *slots;
    uint64_t factor; /* chosen so that names do not collide, where that is possible */
    uint32_t mask;
    uint32_t longest;
};

/* The names' bytes must outlive the set; equal names find the first. False: no memory. */
bool pol_names_build(struct pol_names *names, const struct pol_name *list, uint32_t count);
void pol_names_free(struct pol_names *names);

static inline uint64_t pol_load64(const char *p) {
    uint64_t word;
    memcpy(&word, p, sizeof word);
    return word;
}

/* Up to 24 bytes are the same when their number, the first sixteen (zeros where there are fewer) and the last eight of
 * at least sixteen are. */
struct pol_name_words {
    __m128i front;
    uint64_t back;
};

/* `size` >= 1; 24 bytes at `p` must be readable. No branch depends on the size. */
static inline struct pol_name_words pol_name_words(const char *p, uint32_t size) {
    static const uint8_t masks[48] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    uint32_t front = size < 16 ? size : 16, whole = size < 16 ? 16 : size;
    __m128i mask = _mm_loadu_si128((const __m128i *)(const void *)(masks + 16 - front));
    __m128i bytes = _mm_and_si128(_mm_loadu_si128((const __m128i *)(const void *)p), mask);
    uint64_t high = (uint64_t)_mm_cvtsi128_si64(_mm_unpackhi_epi64(mask, mask));
    return (struct pol_name_words){bytes, pol_load64(p + whole - 8) & high};
}

static inline uint32_t pol_names_place(const struct pol_names *names, struct pol_name_words words, uint32_t size) {
    uint64_t head = (uint64_t)_mm_cvtsi128_si64(words.front);
    return (uint32_t)(((head + words.back * 0x9E3779B97F4A7C15u + size) * names->factor) >> 32) & names->mask;
}

/* The index of the name where it stands in the first place looked at and has up to 24 bytes, -1 otherwise: not an
 * answer yet. `size` >= 1; 24 bytes at `p` must be readable. */
static inline int64_t pol_names_guess(const struct pol_names *names, const char *p, uint32_t size) {
    struct pol_name_words words = pol_name_words(p, size);
    const struct pol_names_slot *slot = &names->slots[pol_names_place(names, words, size)];
    __m128i front = _mm_loadu_si128((const __m128i *)(const void *)slot->front);
    unsigned same = (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(front, words.front)) ^ 0xFFFF;
    uint64_t differs = same | (slot->back ^ words.back) | (slot->size ^ size) | (size > 24);
    return differs == 0 ? (int64_t)slot->value : -1;
}

/* The index of the name, or -1. `size` >= 1; any bytes. */
int64_t pol_names_find(const struct pol_names *names, const char *p, uint32_t size);

#endif
