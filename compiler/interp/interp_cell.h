/* interp_cell.h - what one cell of a ledger says: missing, unreadable, or a value in the units of abi.h. */
#ifndef POL_INTERP_CELL_H
#define POL_INTERP_CELL_H

#include "interp/ir_eval.h"

enum interp_cell_state { INTERP_CELL_MISSING, INTERP_CELL_BAD, INTERP_CELL_READ };

/* What is expected of a cell. `min` and `max` include their own number; for text they count bytes. */
struct interp_cell_type {
    enum pol_type type;
    const struct ir_enum *enumeration; /* POL_ENUM only */
    int64_t min, max;
};

/* `cell` is trimmed and unquoted. *out is filled where the result is INTERP_CELL_READ; text stays a view of the cell.
 */
enum interp_cell_state interp_cell_read(const struct interp_cell_type *type, struct text cell, struct ir_value *out);

/* A year as columns of that name hold it: four digits, 1990 to 2099. */
enum interp_cell_state interp_cell_year(struct text cell, int32_t *out);

/* An amount with `scale` decimals kept in the number (fen: 2, millionths: 6, counts: 0), without superfluous zeros. */
struct text interp_decimal(struct arena *arena, ir_int number, uint32_t scale);

#endif
