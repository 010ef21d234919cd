/* copies.h - cells that could not stay where they are (doubled quotes), in blocks that never move.
 *
 * A pol_copies belongs to one thread at a time; its bytes live until pol_copies_free. Each block ends in readable
 * bytes, so that a cell may be loaded past its end as in a pol_input. */
#ifndef POL_LEDGER_COPIES_H
#define POL_LEDGER_COPIES_H

#include <stddef.h>

struct pol_copies {
    struct pol_copies_block *head;
};

char *pol_copies_add(struct pol_copies *copies, size_t size); /* room for `size` bytes; NULL: no memory */
/* Moves all of `from` to `to`. */
void pol_copies_move(struct pol_copies *to, struct pol_copies *from);
void pol_copies_free(struct pol_copies *copies);

#endif
