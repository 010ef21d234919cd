/* fault.h - which cells made a row unusable, said once more of rows whose status says that some did. */
#ifndef POL_LEDGER_FAULT_H
#define POL_LEDGER_FAULT_H

#include "ledger/columns.h"

struct pol_csv_fault {
    uint32_t field;
    enum pol_csv_state state; /* POL_CSV_BAD or POL_CSV_MISSING */
    struct pol_text cell;     /* its text, bare; points into the input or `copies` */
};

/* Calls `found` for each cell of the row that its status in the batch rests on: what cannot be read for bad_value, what
 * is missing for missing_field, the item for unknown_item; in a schema without items also a key (a field that must
 * stand) that is missing or cannot be read. False: no memory. One thread. */
bool pol_csv_faults(const struct pol_csv_schema *schema, const struct pol_csv_header *header,
                    const struct pol_csv_batch *batch, uint32_t row, struct pol_copies *copies,
                    void (*found)(void *context, const struct pol_csv_fault *fault), void *context);

/* The text of a cell, bare; empty where the row or the file has none. False: no memory. */
bool pol_csv_cell_text(const struct pol_csv_header *header, const struct pol_csv_batch *batch, uint32_t field,
                       uint32_t row, struct pol_copies *copies, struct pol_text *text);

#endif
