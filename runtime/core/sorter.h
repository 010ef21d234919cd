/* sorter.h - entries in order, in work files (spill.h) where they are more than memory is to hold.
 *
 * Entries are bytes of any size, each with a number. They come in order of that number, and those of one number in the
 * order that the kind says. They may be added on several threads at once, each under a number of its own; what comes
 * out does not depend on who added what, as long as the kind tells any two entries apart.
 *
 * The file has no name, and goes when the sorter does. Nothing here reports errors in words: see prt_sorter_failure.
 */
#ifndef PRT_SORTER_H
#define PRT_SORTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"

struct prt_sorter_kind {
    int (*order)(const void *a, const void *b); /* of entries of one number */
    /* What `order` looks at first, by its bytes, so that entries need rarely be looked at; NULL: nothing is. */
    struct pol_text (*text)(const void *entry);
};

struct prt_sorter;

/* Entries take about `memory` bytes and then go to a file in the open folder; -1: they never do. `parts` are the
 * threads that will add. `kind` and `name` (of the file while it is made) stay the caller's. NULL: no memory. */
struct prt_sorter *prt_sorter_new(const struct prt_sorter_kind *kind, unsigned parts, uint64_t memory, int folder,
                                  const char *name);
void prt_sorter_free(struct prt_sorter *sorter); /* NULL is fine */

/* Room for an entry, aligned to 8 bytes, to be filled before the part adds another one. NULL: failed. */
void *prt_sorter_add(struct prt_sorter *sorter, unsigned part, uint64_t number, uint32_t size);
/* How many there are. Not while others add. */
uint64_t prt_sorter_count(const struct prt_sorter *sorter);

/* All was added: begins with the first, and again with the first whenever it is called. False: failed. */
bool prt_sorter_begin(struct prt_sorter *sorter);
/* The same for the last time: memory of what was walked over may go back at once. */
bool prt_sorter_begin_last(struct prt_sorter *sorter);
/* The next entry, valid until the next call; NULL: no more, or failed. `number` and `size` may be NULL. */
const void *prt_sorter_next(struct prt_sorter *sorter, uint64_t *number, uint32_t *size);

/* errno of what failed first, EBADMSG for a file that does not hold what was written; 0: nothing. */
int prt_sorter_failure(const struct prt_sorter *sorter);

#endif
