/* csv_scan.h - where the rows and cells of a CSV text are. RFC 4180 as the contract settles it, and nothing else:
 *
 * - A row ends at LF or at the end of the text. CR before that LF is not part of the last cell; any other CR is a
 *   character like any other.
 * - A cell that begins with a quote, blanks (space, tab) before it aside, ends at the next quote that is not doubled;
 * only blanks may follow it. A quote elsewhere is a character.
 * - A row of nothing but blanks is no row.
 *
 * The scanner writes one number for each cell, without looking into it; the cells of a row are cut from these. */
#ifndef POL_LEDGER_CSV_SCAN_H
#define POL_LEDGER_CSV_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Cell c of a row is base[ends[first + c - 1], ends[first + c] - 1), still with its blanks, quotes and CR: two
 * neighbouring numbers. */
struct pol_csv_row {
    uint32_t first; /* at least 1 */
    uint32_t cells; /* at least 1; those beyond the columns of the header have no ends */
};

enum pol_csv_stop {
    POL_CSV_STOP_DONE,     /* max_rows, limit or the end of the text */
    POL_CSV_STOP_HARD,     /* `hard` came before the end of a row that had to be read */
    POL_CSV_STOP_UNCLOSED, /* a quote that nothing closes */
    POL_CSV_STOP_BEHIND,   /* text behind a closing quote */
    POL_CSV_STOP_LONG,     /* a row of over 2 GiB */
};

struct pol_csv_scan {
    /* Given. All offsets count from data; POL_INPUT_PAD bytes behind `size` are readable. */
    const char *data;
    uint64_t size;
    uint64_t from;     /* where a row begins */
    uint64_t limit;    /* rows that begin here or later are left alone */
    uint64_t hard;     /* do not look further than this, when below size */
    uint32_t max_rows; /* at least 1 */
    uint32_t columns;  /* of the header: further cells are counted, not kept */
    uint32_t *ends;    /* room for end_capacity numbers, at least columns + POL_CSV_SLACK */
    size_t end_capacity;
    struct pol_csv_row *rows; /* room for max_rows */
    /* Found. `next` is behind `from` unless `stop` says why not. */
    const char *base;
    uint32_t row_count;
    uint64_t next;                    /* where the next row begins */
    uint64_t extra_rows, first_extra; /* rows with more cells than columns, and where the first begins */
    bool regular; /* every row has exactly its columns and none was left out: `rows` is not written, see pol_csv_row_at
                   */
    bool visible; /* nothing was seen but visible ASCII and line feeds */
    enum pol_csv_stop stop;
    uint64_t error_at, error_cell; /* the byte that is wrong, and where its cell begins */
};

enum { POL_CSV_SLACK = 224 };

static inline struct pol_csv_row pol_csv_row_at(const struct pol_csv_scan *scan, uint32_t row) {
    return scan->regular ? (struct pol_csv_row){1 + row * scan->columns, scan->columns} : scan->rows[row];
}

typedef void pol_csv_scanner(struct pol_csv_scan *scan);

pol_csv_scanner pol_csv_scan_sse2, pol_csv_scan_avx2, pol_csv_scan_avx512;
/* What this processor has: 1 for nothing but SSE2, 3 for AVX2 and BMI, 4 for AVX-512 F, BW, DQ and VL as well. */
unsigned pol_csv_level(void);

/* By eight bits: the places of those that are set, a byte each from the lowest up, and how many they are. */
extern const uint64_t pol_csv_places[256];
extern const uint8_t pol_csv_counts_of[256];

/* Shared by the scanners: a block of 64 bytes in which a quote stands or is open. */
struct pol_csv_quotes {
    const char *base;
    uint64_t left;   /* bytes of text from base on */
    uint64_t cell;   /* where the quoted cell begins */
    uint64_t resume; /* quotes before this have been dealt with */
    uint64_t plain;  /* one more than the beginning of the last cell found to begin with something else */
    bool open;
    bool wrong; /* text behind the closing quote, at `at` */
    uint64_t at;
};

/* Given the masks of separators and quotes of the block at `offset`, and where the current cell begins, returns the
 * separators that separate. */
uint64_t pol_csv_quotes_block(struct pol_csv_quotes *quotes, uint64_t offset, uint64_t cell, uint64_t separators,
                              uint64_t marks);

#endif
