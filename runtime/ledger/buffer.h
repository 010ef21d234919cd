/* buffer.h - text that grows, and numbers and cells written into it. */
#ifndef POL_LEDGER_BUFFER_H
#define POL_LEDGER_BUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A sum of money over any number of claims. */
__extension__ typedef __int128 pol_wide;

struct pol_buffer {
    char *data;
    size_t size, capacity;
    bool failed; /* an addition found no memory; what came after it is lost */
};

/* Room for `more` bytes behind data + size. False: no memory. */
bool pol_buffer_reserve(struct pol_buffer *buffer, size_t more);
void pol_buffer_add(struct pol_buffer *buffer, const char *data, size_t size);
void pol_buffer_text(struct pol_buffer *buffer, const char *text);
__attribute__((format(printf, 2, 3))) void pol_buffer_format(struct pol_buffer *buffer, const char *format, ...);
void pol_buffer_free(struct pol_buffer *buffer);

/* These write at `out` and return the end. */

enum { POL_MONEY_ROOM = 32, POL_CELL_ROOM = 32 };
/* "-0.50". Bytes up to out + POL_MONEY_ROOM may be written, whatever the end. */
char *pol_put_money(char *out, int64_t fen);
char *pol_put_number(char *out, uint64_t value); /* likewise */
/* A CSV cell, quoted where it must be (comma, quote, LF, CR); at most 2 * size + 2 bytes. */
char *pol_put_cell(char *out, const char *data, size_t size);
/* The same for text behind which POL_CELL_ROOM bytes can be read; as many may be written behind the end. */
char *pol_put_padded_cell(char *out, const char *data, size_t size);
/* value / 10^decimals as the shortest plain decimal, "-0.5"; at most 44 bytes; decimals <= 18. */
char *pol_put_decimal(char *out, pol_wide value, unsigned decimals);

#endif
