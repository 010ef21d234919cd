/* interp_csv.h - the interpreter's own strict reader of ledgers: bytes in, rows of trimmed cells out.
 *
 * RFC 4180 with the contract's settlements: a byte-order mark is skipped; lines end with LF or CRLF and a lone CR
 * belongs to its cell; spaces and tabs around a cell do not count, inside quotes and around them; a line that is empty
 * or blank is skipped; a row may be shorter than the header (its other cells are missing) or longer (they are
 * ignored). What a cell means is not judged here.
 */
#ifndef POL_INTERP_CSV_H
#define POL_INTERP_CSV_H

#include <stdint.h>

#include "base/arena.h"
#include "interp/interp_status.h"

enum { INTERP_COLUMN_LIMIT = 65536 };

struct interp_csv_row {
    uint64_t line; /* where it begins, from 1 */
    uint32_t count;
    const struct text *cell; /* `count` of them, at most the header's */
};

struct interp_csv {
    struct text name; /* of the file, for messages */
    uint64_t header_line;
    struct text *column; /* names as they stand in the header, trimmed */
    uint32_t column_count;
    struct interp_csv_row *row;
    size_t row_count;
    uint64_t wide_rows; /* rows with cells beyond the header */
};

/* Reads a whole file. Cells are slices of `bytes` where they can be, which must outlive *out; everything else is in the
 * arena. With `gb18030` the bytes are converted first; a malformed sequence becomes a byte that is not UTF-8, so that
 * it spoils its own cell only. INTERP_INPUT: no header, the same column twice, an unclosed quote, text behind a closing
 * quote; the message names the file and the line. */
enum interp_status interp_csv_read(struct arena *arena, struct text name, struct text bytes, bool gb18030,
                                   struct interp_csv *out, struct interp_error *error);

/* The cell of a row, empty where the row ends before it or `column` is INTERP_NO_COLUMN. */
#define INTERP_NO_COLUMN 0xffffffffu
struct text interp_csv_cell(const struct interp_csv_row *row, uint32_t column);

/* Whether a cell must be quoted where it is written: it holds a comma, a quote, LF or CR. */
bool interp_csv_needs_quotes(struct text cell);

#endif
