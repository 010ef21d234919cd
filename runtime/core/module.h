/* module.h - a loaded policy as core sees it. */
#ifndef PRT_MODULE_H
#define PRT_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "polrt.h"

struct prt_kernels {
    unsigned level;
    pol_row_kernel *row;
    pol_profile_kernel *profile;
};

struct pol_module {
    const struct pol_descriptor *descriptor;
    void *map; /* address space of the loaded object; NULL for a module made in memory */
    size_t map_size;
    void *copy;                                   /* the descriptor of a module made in memory */
    struct prt_kernels kernels[POL_KERNEL_SLOTS]; /* those that this processor can run, the best first */
    unsigned kernel_count;
};

/* A module of a descriptor (copied, checked like that of a file) and kernels of the calling program: for tests and for
 * programs that generate code in memory. `kernels` stands for the descriptor's own list, in its order. */
enum pol_status prt_module_make(const void *blob, size_t size, const struct prt_kernels *kernels, pol_module **out,
                                struct pol_error *error);

/* The kernels of a level, or the best with level 0; NULL if there are none. */
const struct prt_kernels *prt_module_kernels(const pol_module *module, unsigned level);

/* What cell `cell` counts: POL_DIGEST_SIZE bytes; NULL where the object does not say. */
static inline const uint8_t *prt_cell_digest(const pol_module *module, uint32_t cell) {
    const struct pol_descriptor *d = module->descriptor;
    if (d->header_size < offsetof(struct pol_descriptor, thresholds) || cell >= d->cell_digests.count)
        return NULL;
    return (const uint8_t *)d + d->cell_digests.offset + (size_t)cell * POL_DIGEST_SIZE;
}

static inline const void *prt_at(const pol_module *module, struct pol_ref ref) {
    return (const uint8_t *)module->descriptor + ref.offset;
}

#endif
