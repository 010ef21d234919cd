/* spill.h - files for what does not fit in memory: blocks, written one behind the other, read back one by one.
 *
 * A file has lanes; a block belongs to one. Entries are put whole into a block, so a block that was read can be walked
 * by pointer. Every block has a checksum and says whose it is: a file can be taken up again by whoever finds it. A lane
 * has one writer at a time; different lanes may be written, and any be read, from different threads.
 *
 * Nothing here reports errors in words: what fails leaves an errno in `failure`, ENOMEM and EBADMSG (a block that is
 * not what was written) among them.
 */
#ifndef PRT_SPILL_H
#define PRT_SPILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct prt_extent { /* a block in the file */
    uint64_t at;
    uint64_t tag; /* of its first entry */
    uint32_t size;
};

struct prt_lane {
    struct prt_extent *extent; /* what was written, in order */
    uint64_t count, room;
    uint8_t *buffer; /* the block under way */
    uint32_t used, capacity;
    uint64_t tag;
};

struct prt_spill {
    int file;     /* -1: not open */
    int failure;  /* errno of what failed first; 0. Threads that share the file ask prt_spill_failure. */
    uint64_t end; /* of the file */
    uint32_t lane_count, block;
    struct prt_lane *lane;
};

static inline int prt_spill_failure(const struct prt_spill *spill) {
    return __atomic_load_n(&spill->failure, __ATOMIC_RELAXED);
}

/* Makes the file in an open folder, empty; without `keep` it has no name once this returns. `block` is what a block
 * holds as a rule. */
bool prt_spill_make(struct prt_spill *spill, int folder, const char *name, bool keep, uint32_t lanes, uint32_t block);
/* Takes up a file of that name whose first `end` bytes were complete, and checks them; what is behind is cut off. */
bool prt_spill_find(struct prt_spill *spill, int folder, const char *name, uint64_t end, uint32_t lanes,
                    uint32_t block);
void prt_spill_close(struct prt_spill *spill); /* a zeroed one is fine */

/* Writes what lanes still hold in memory. */
bool prt_spill_flush(struct prt_spill *spill, uint32_t lane);
/* The same, where nothing will be added to the lane: its block goes back. */
bool prt_spill_end(struct prt_spill *spill, uint32_t lane);
bool prt_spill_flush_all(struct prt_spill *spill);
bool prt_spill_flush_for(struct prt_spill *spill, struct prt_lane *lane, uint32_t size);

/* Room for an entry at the end of a lane. NULL: failed. */
static inline void *prt_spill_take(struct prt_spill *spill, uint32_t lane, uint32_t size, uint64_t tag) {
    struct prt_lane *l = &spill->lane[lane];
    if (size > l->capacity - l->used && !prt_spill_flush_for(spill, l, size))
        return NULL;
    if (l->used == 0)
        l->tag = tag;
    l->used += size;
    return l->buffer + l->used - size;
}

/* Reads a block into `buffer`, which has room for extent->size bytes. */
bool prt_spill_load(struct prt_spill *spill, const struct prt_extent *extent, void *buffer);

/* Walks the blocks of a lane that was flushed. */
struct prt_walk {
    struct prt_spill *spill;
    uint32_t lane;
    uint64_t next; /* block */
    uint8_t *buffer;
    uint32_t size, at, capacity;
};

/* The next entry; the caller adds its size to `at`. NULL: the end, or a failure. */
bool prt_walk_fill(struct prt_walk *reader);
static inline const void *prt_walk_entry(struct prt_walk *reader) {
    return reader->at < reader->size || prt_walk_fill(reader) ? reader->buffer + reader->at : NULL;
}
void prt_walk_free(struct prt_walk *reader);

/* A checksum of any bytes. */
uint64_t prt_checksum(const void *data, size_t size);

#endif
