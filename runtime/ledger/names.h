/* names.h - a set of names (enum values, items) looked up by the bytes of a cell. Immutable once built. */
#ifndef POL_LEDGER_NAMES_H
#define POL_LEDGER_NAMES_H

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

struct pol_name {
    const char *data;
    uint32_t size;
};

/* Up to 24 bytes are the same when their number and these are: the first eight and the last eight, or all with zeros
 * behind them where there are fewer, and of more than sixteen the second eight. */
struct pol_name_words {
    uint64_t front, back, middle;
};

struct pol_names_slot {
    struct pol_name_words words;
    uint32_t size; /* 0: free */
    uint32_t value;
};

struct pol_names {
    struct pol_names_slot *slots;
    const char **data; /* by slot */
    uint64_t factor;   /* chosen so that names do not collide, where that is possible */
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

/* The first bytes of a word, zeros for the rest; all from eight on, and anything from 32 on. */
static inline uint64_t pol_first_bytes(uint64_t word, uint32_t count) {
#ifdef __BMI2__
    return _bzhi_u64(word, 8 * count);
#else
    static const char masks[16] = {-1, -1, -1, -1, -1, -1, -1, -1};
    return word & pol_load64(masks + 8 - (count < 8 ? count : 8));
#endif
}

/* `size` may be 0; 16 bytes at `p` must be readable. No branch depends on the size. `longest` is that of the names. */
static inline struct pol_name_words pol_name_words(const char *p, uint32_t size, uint32_t longest) {
    struct pol_name_words words = {.front = pol_first_bytes(pol_load64(p), size),
                                   .back = pol_first_bytes(pol_load64(p + (size < 8 ? 8 : size) - 8), size)};
    if (longest > 16)
        words.middle = pol_load64(p + 8) & (0 - (uint64_t)(size > 16));
    return words;
}

static inline uint32_t pol_names_place(const struct pol_names *names, struct pol_name_words words, uint32_t size) {
    return (uint32_t)(((words.front + (words.back << 29 | words.back >> 35) + size) * names->factor) >> 32) &
           names->mask;
}

/* The index of the name where it stands in the first place looked at and has up to 24 bytes, `none` otherwise: not an
 * answer yet. As for pol_name_words. */
static inline int64_t pol_names_guess(const struct pol_names *names, const char *p, uint32_t size, uint32_t longest,
                                      int64_t none) {
    struct pol_name_words words = pol_name_words(p, size, longest);
    const struct pol_names_slot *slot = &names->slots[pol_names_place(names, words, size)];
    uint64_t differs = (slot->words.front ^ words.front) | (slot->words.back ^ words.back) | (slot->size ^ size);
    if (longest > 16)
        differs |= (slot->words.middle ^ words.middle) | (size > 24);
    return differs == 0 ? (int64_t)slot->value : none;
}

/* The index of the name, or -1. `size` >= 1; any bytes. */
int64_t pol_names_find(const struct pol_names *names, const char *p, uint32_t size);

#endif
