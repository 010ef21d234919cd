/* digest.h - SHA-256 (FIPS 180-4), for source and object digests. No allocation, no state outside the struct. */
#ifndef POL_DIGEST_H
#define POL_DIGEST_H

#include <stddef.h>
#include <stdint.h>

struct pol_sha256 {
    uint32_t state[8];
    uint64_t size;
    uint8_t block[64];
};

void pol_sha256_init(struct pol_sha256 *h);
void pol_sha256_add(struct pol_sha256 *h, const void *data, size_t size);
void pol_sha256_end(struct pol_sha256 *h, uint8_t out[32]);

#endif
