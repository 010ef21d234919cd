/* input.h - the bytes of a ledger file, in memory for as long as cells may point into them.
 *
 * A regular file is mapped, anything else (a pipe) is read whole. Before the first and after the last byte there are at
 * least POL_INPUT_PAD readable bytes, so that the reader may load past both ends of a cell. A byte-order mark is
 * skipped by starting at `begin`. GB18030 is converted to UTF-8 when the file is opened; bytes that are no GB18030
 * stay as they are; they are no UTF-8 either, so that they spoil the cell they stand in and nothing else. Offsets are
 * those of the UTF-8 text. */
#ifndef POL_LEDGER_INPUT_H
#define POL_LEDGER_INPUT_H

#include <stdbool.h>

#include "ledger/copies.h"
#include "ledger/guard.h"
#include "polrt.h"

enum { POL_INPUT_PAD = 64 };
enum pol_encoding { POL_ENCODING_UTF8, POL_ENCODING_GB18030 };

struct pol_input {
    const char *data;
    uint64_t begin, size; /* the text is data[begin, size) */
    char *path;           /* for messages */
    char *map;            /* owner of the bytes; the text begins a page in */
    size_t map_size;
    bool of_file;             /* the pages can be read again from the file */
    struct pol_guard *guard;  /* of them; NULL: not of a file */
    const char *unit;         /* what places are counted in: "line", or "row" of a sheet or table */
    uint64_t before;          /* with `rows`: how many rows of the text stand before the first that counts */
    bool rows;                /* the text was made of something else: places are its rows, not its lines */
    uint64_t first_row;       /* of the ledger: the rows of the inputs before it; its reader's */
    struct pol_copies copies; /* of cells, by whoever read them */
};

/* POL_STATUS_INPUT when there is no such file or it cannot be read as one, POL_STATUS_SYSTEM when the system failed. On
 * failure *input needs no close. */
enum pol_status pol_input_open(const char *path, enum pol_encoding encoding, struct pol_input *input,
                               struct pol_error *error);
/* The same over a copy of `size` bytes; `name` stands for the path. */
enum pol_status pol_input_memory(const void *bytes, size_t size, const char *name, enum pol_encoding encoding,
                                 struct pol_input *input, struct pol_error *error);
/* The same over an open file, which stays the caller's; `name` stands for the path. */
enum pol_status pol_input_take(int file, const char *name, enum pol_encoding encoding, struct pol_input *input,
                               struct pol_error *error);
void pol_input_close(struct pol_input *input); /* a zeroed one is fine */

/* POL_STATUS_INPUT when the file has lost bytes since it was opened: what was read of it is worthless. Any thread. */
enum pol_status pol_input_whole(const struct pol_input *input, struct pol_error *error);

/* Tells the system to bring in, or that it may take away, the pages of a range. Taken pages come back when touched. */
void pol_input_fetch(const struct pol_input *input, uint64_t begin, uint64_t end);
void pol_input_release(const struct pol_input *input, uint64_t begin, uint64_t end);

/* The place a byte stands in, for "%s %llu" with `unit`: the line, from 1, which is one more than the line feeds before
 * it; with `rows`, the row. */
uint64_t pol_input_line(const struct pol_input *input, uint64_t offset);

#endif
