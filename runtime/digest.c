/* digest.c - SHA-256, written from FIPS 180-4. */
#include "digest.h"

#include <string.h>

static const uint32_t round_constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, unsigned n) {
    return x >> n | x << (32 - n);
}

/* One round; the standard's a stands at v[a % 8], b at the place after it, and so on. */
static inline __attribute__((always_inline)) void add_round(uint32_t v[8], unsigned a, uint32_t word) {
    uint32_t e = v[(a + 4) % 8], f = v[(a + 5) % 8], g = v[(a + 6) % 8];
    uint32_t b = v[(a + 1) % 8], c = v[(a + 2) % 8];
    uint32_t t1 = v[(a + 7) % 8] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + ((e & f) ^ (~e & g)) + word;
    uint32_t s0 = rotate(v[a % 8], 2) ^ rotate(v[a % 8], 13) ^ rotate(v[a % 8], 22);
    v[(a + 3) % 8] += t1;
    v[(a + 7) % 8] = t1 + s0 + ((v[a % 8] & b) ^ (v[a % 8] & c) ^ (b & c));
}

static void add_block(uint32_t state[8], const uint8_t *p) {
    uint32_t w[64];
    for (size_t i = 0; i < 16; i++)
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (unsigned i = 16; i < 64; i++) {
        uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    uint32_t v[8]; /* a to h of the standard; instead of moving them, eight rounds change their roles */
    memcpy(v, state, sizeof v);
    for (unsigned i = 0; i < 64; i += 8)
#pragma GCC unroll 8
        for (unsigned k = 0; k < 8; k++)
            add_round(v, 8 - k, round_constant[i + k] + w[i + k]);
    for (unsigned i = 0; i < 8; i++)
        state[i] += v[i];
}

void pol_sha256_init(struct pol_sha256 *h) {
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    memset(h, 0, sizeof *h);
    memcpy(h->state, start, sizeof start);
}

void pol_sha256_add(struct pol_sha256 *h, const void *data, size_t size) {
    const uint8_t *p = data;
    size_t held = h->size % 64;
    h->size += size;
    if (held && size) {
        size_t take = size < 64 - held ? size : 64 - held;
        memcpy(h->block + held, p, take);
        if (held + take < 64)
            return;
        add_block(h->state, h->block);
        p += take;
        size -= take;
    }
    for (; size >= 64; p += 64, size -= 64)
        add_block(h->state, p);
    if (size)
        memcpy(h->block, p, size);
}

void pol_sha256_end(struct pol_sha256 *h, uint8_t out[32]) {
    static const uint8_t padding[64] = {0x80};
    uint64_t bits = h->size * 8;
    size_t held = h->size % 64;
    pol_sha256_add(h, padding, held < 56 ? 56 - held : 120 - held);
    uint8_t length[8];
    for (unsigned i = 0; i < 8; i++)
        length[i] = (uint8_t)(bits >> (56 - 8 * i));
    pol_sha256_add(h, length, sizeof length);
    for (unsigned i = 0; i < 32; i++)
        out[i] = (uint8_t)(h->state[i / 4] >> (24 - 8 * (i % 4)));
}
