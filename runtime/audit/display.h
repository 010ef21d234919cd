/* display.h - text laid out for a terminal: what a character takes up, tables whose columns line up. */
#ifndef POL_AUDIT_DISPLAY_H
#define POL_AUDIT_DISPLAY_H

#include <stdbool.h>
#include <stddef.h>

#include "ledger/buffer.h"

enum { POL_PAGE_WIDTH = 80 };

/* Cells of a terminal that UTF-8 text takes up: 2 for East Asian wide and full-width characters, 0 for combining ones.
 */
unsigned pol_display_width(const char *text);
/* Adds at most `width` cells of the text, "…" where it was cut, and blanks up to `width` when `pad`. Control characters
 * are shown as "?". */
void pol_display_add(struct pol_buffer *buffer, const char *text, unsigned width, bool pad);
/* Adds text broken into lines of at most POL_PAGE_WIDTH cells, the second and later ones, and the first from where the
 * line stands, indented by `indent`. */
void pol_display_wrap(struct pol_buffer *buffer, const char *text, unsigned column, unsigned indent);

enum { POL_TABLE_COLUMNS = 8 };

/* A table: the first column is text and gets what the others leave, the others are numbers. */
struct pol_table {
    unsigned columns;
    const char *heads[POL_TABLE_COLUMNS];
    struct pol_buffer cells; /* row by row, each cell ended by a NUL */
    unsigned rows;
    unsigned width[POL_TABLE_COLUMNS];
};
void pol_table_head(struct pol_table *table, unsigned columns, const char *const *heads);
void pol_table_text(struct pol_table *table, unsigned column, const char *text);
void pol_table_count(struct pol_table *table, unsigned column, uint64_t count);
void pol_table_money(struct pol_table *table, unsigned column, pol_wide fen);
/* Writes the table and frees it. */
void pol_table_write(struct pol_table *table, struct pol_buffer *buffer);

/* "1,234,567.89"; for people only. */
void pol_display_money(struct pol_buffer *buffer, pol_wide fen);
void pol_display_count(struct pol_buffer *buffer, uint64_t count);

/* The same count for a sentence; empty without memory. */
struct pol_shown {
    char text[32];
};
struct pol_shown pol_display_shown(uint64_t count);

#endif
