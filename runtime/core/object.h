/* object.h - the bytes of a policy object, judged before any of them is mapped or run. */
#ifndef PRT_OBJECT_H
#define PRT_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "polrt.h"

enum { PRT_SEGMENTS_MAX = 16, PRT_CODES_MAX = 64 };

struct prt_segment {
    uint64_t offset, address, size; /* in the file; at run time relative to the load address; bytes of both */
    bool executable;
};

/* A section of instructions, inside one executable segment. */
struct prt_code {
    uint64_t address, size;
};

/* What the loader needs to know of a file that passed. */
struct prt_object {
    struct prt_segment segment[PRT_SEGMENTS_MAX]; /* by address, no two on one page */
    uint32_t segment_count;
    struct prt_code code[PRT_CODES_MAX]; /* none of it overlaps the descriptor */
    uint32_t code_count;
    uint64_t descriptor_address; /* of the symbol pol_descriptor */
    uint64_t descriptor_offset;  /* the same place in the file */
    uint64_t descriptor_size;    /* bytes from there to the end of its symbol, all inside one segment */
};

/* Checks that `bytes` (8-byte aligned) are an x86-64 ELF shared object that exports pol_descriptor and nothing else,
 * imports nothing, relocates nothing, runs nothing on loading and has no segment both writable and executable. */
enum pol_status prt_object_check(const uint8_t *bytes, size_t size, struct prt_object *object, struct pol_error *error);

/* Checks a descriptor of `size` readable bytes at `blob` (8-byte aligned): magic, ABI, record sizes, then every
 * reference, text, index and enumerator in it. Neither digest nor kernels are looked at. */
enum pol_status prt_descriptor_check(const uint8_t *blob, uint64_t size, struct pol_error *error);

#endif
