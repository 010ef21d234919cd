#include "interp/interp_csv.h"

#include <assert.h>
#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "tr.h"

/* ---- characters to cells ---------------------------------------------------------------------------------------- */

struct reader {
    struct arena *arena;
    struct text name, bytes;
    size_t at;
    uint64_t line;
    struct text *cell; /* of the record being read */
    size_t cell_count, cell_capacity;
    size_t keep;  /* cells of a record that are kept */
    bool dropped; /* the record had more */
    bool returns; /* a cell without quotes holds a carriage return */
    struct interp_error *error;
};

static bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/* Bytes of the line end at `at`: 0 where there is none. A CR alone is none. */
static size_t line_end(const struct reader *r, size_t at) {
    if (at < r->bytes.size && r->bytes.data[at] == '\n') {
        return 1;
    }
    return at + 1 < r->bytes.size && r->bytes.data[at] == '\r' && r->bytes.data[at + 1] == '\n' ? 2 : 0;
}

static bool cell_ends(const struct reader *r, size_t at) {
    return at >= r->bytes.size || r->bytes.data[at] == ',' || line_end(r, at) > 0;
}

static struct text trim(struct text t) {
    while (t.size > 0 && is_blank(t.data[0])) {
        t.data++;
        t.size--;
    }
    while (t.size > 0 && is_blank(t.data[t.size - 1])) {
        t.size--;
    }
    return t;
}

static void skip_blanks(struct reader *r) {
    while (r->at < r->bytes.size && is_blank(r->bytes.data[r->at])) {
        r->at++;
    }
}

static struct text slice(const struct reader *r, size_t from, size_t to) {
    return (struct text){r->bytes.data + from, to - from};
}

/* The content of a quoted cell with each doubled quote made one. */
static struct text undouble(struct arena *arena, struct text quoted) {
    char *data = arena_alloc(arena, quoted.size + 1);
    size_t size = 0;
    for (size_t i = 0; i < quoted.size; i++) {
        data[size++] = quoted.data[i];
        if (quoted.data[i] == '"') {
            i++;
        }
    }
    return (struct text){data, size};
}

/* From behind the opening quote to behind the closing one and the blanks that follow it. */
static enum interp_status read_quoted(struct reader *r, struct text *out) {
    uint64_t begin_line = r->line;
    size_t begin = r->at;
    bool doubled = false;
    for (;; r->at++) {
        if (r->at >= r->bytes.size) {
            return interp_fail(r->error, INTERP_INPUT, "%s:%llu: a quote is opened here and never closed",
                               interp_show(r->name).text, (unsigned long long)begin_line);
        }
        char c = r->bytes.data[r->at];
        if (c == '\n') {
            r->line++;
        } else if (c == '"') {
            if (r->at + 1 >= r->bytes.size || r->bytes.data[r->at + 1] != '"') {
                break;
            }
            doubled = true;
            r->at++;
        }
    }
    *out = slice(r, begin, r->at);
    if (doubled) {
        *out = undouble(r->arena, *out);
    }
    r->at++;
    skip_blanks(r);
    if (!cell_ends(r, r->at) && r->bytes.data[r->at] == '\r') {
        return interp_fail(r->error, INTERP_INPUT,
                           "%s:%llu: a carriage return stands alone behind a closing quote; save the file with line "
                           "feeds",
                           interp_show(r->name).text, (unsigned long long)r->line);
    }
    if (!cell_ends(r, r->at)) {
        return interp_fail(r->error, INTERP_INPUT,
                           "%s:%llu: text stands behind a closing quote; double the quotes that belong to the cell",
                           interp_show(r->name).text, (unsigned long long)r->line);
    }
    return INTERP_OK;
}

static enum interp_status read_cell(struct reader *r, struct text *out) {
    skip_blanks(r);
    enum interp_status status = INTERP_OK;
    if (r->at < r->bytes.size && r->bytes.data[r->at] == '"') {
        r->at++;
        status = read_quoted(r, out);
    } else {
        size_t begin = r->at;
        while (!cell_ends(r, r->at)) {
            r->at++;
        }
        *out = slice(r, begin, r->at);
        r->returns |= out->size > 0 && memchr(out->data, '\r', out->size) != NULL;
    }
    *out = trim(*out);
    return status;
}

/* ---- cells to records ------------------------------------------------------------------------------------------- */

static void skip_blank_lines(struct reader *r) {
    for (;;) {
        size_t at = r->at;
        while (at < r->bytes.size && is_blank(r->bytes.data[at])) {
            at++;
        }
        size_t end = line_end(r, at);
        if (end == 0 && at < r->bytes.size) {
            return; /* something stands on this line */
        }
        r->at = at + end;
        if (end == 0) {
            return;
        }
        r->line++;
    }
}

static void keep_cell(struct reader *r, struct text cell) {
    if (r->cell_count == r->keep) {
        r->dropped = true;
        return;
    }
    r->cell = arena_grow(r->arena, r->cell, r->cell_count, &r->cell_capacity, r->cell_count + 1, sizeof *r->cell);
    r->cell[r->cell_count++] = cell;
}

/* One record, with its line end. There is one: the caller has skipped blank lines and the end is not reached. */
static enum interp_status read_record(struct reader *r) {
    r->cell_count = 0;
    r->dropped = false;
    for (;;) {
        struct text cell = {0};
        enum interp_status status = read_cell(r, &cell);
        if (status != INTERP_OK) {
            return status;
        }
        keep_cell(r, cell);
        if (r->at < r->bytes.size && r->bytes.data[r->at] == ',') {
            r->at++;
            continue;
        }
        size_t end = line_end(r, r->at);
        r->at += end;
        r->line += end > 0 ? 1 : 0;
        return INTERP_OK;
    }
}

static const struct text *copy_cells(struct reader *r) {
    struct text *copy = arena_array_of(r->arena, struct text, r->cell_count);
    memcpy(copy, r->cell, r->cell_count * sizeof *copy);
    return copy;
}

/* ---- the file --------------------------------------------------------------------------------------------------- */

static enum interp_status check_columns(struct reader *r, const struct interp_csv *csv) {
    struct text_map *seen = text_map_new(r->arena);
    for (uint32_t i = 0; i < csv->column_count; i++) {
        void **slot = text_map_slot(seen, csv->column[i]);
        if (*slot != NULL && csv->column[i].size == 0) {
            return interp_fail(r->error, INTERP_INPUT, "%s:%llu: two columns have no name; name or remove them",
                               interp_show(r->name).text, (unsigned long long)csv->header_line);
        }
        if (*slot != NULL) {
            return interp_fail(r->error, INTERP_INPUT, "%s:%llu: the column '%s' stands in the header twice",
                               interp_show(r->name).text, (unsigned long long)csv->header_line,
                               interp_show(csv->column[i]).text);
        }
        *slot = seen;
    }
    return INTERP_OK;
}

static enum interp_status read_header(struct reader *r, struct interp_csv *out) {
    skip_blank_lines(r);
    if (r->at >= r->bytes.size) {
        return interp_fail(r->error, INTERP_INPUT, "%s: the file has no header row", interp_show(r->name).text);
    }
    out->header_line = r->line;
    r->keep = INTERP_COLUMN_LIMIT;
    enum interp_status status = read_record(r);
    if (status != INTERP_OK) {
        return status;
    }
    skip_blank_lines(r);
    if (r->returns && r->at >= r->bytes.size) {
        return interp_fail(r->error, INTERP_INPUT,
                           "%s:%llu: lines end with a carriage return alone, so that the whole file is one header; "
                           "save it with line feeds",
                           interp_show(r->name).text, (unsigned long long)out->header_line);
    }
    if (r->dropped) {
        return interp_fail(r->error, INTERP_INPUT, "%s:%llu: the header has more than %d columns",
                           interp_show(r->name).text, (unsigned long long)out->header_line, INTERP_COLUMN_LIMIT);
    }
    out->column_count = (uint32_t)r->cell_count;
    out->column = arena_array_of(r->arena, struct text, r->cell_count);
    memcpy(out->column, r->cell, r->cell_count * sizeof *out->column);
    return check_columns(r, out);
}

static enum interp_status read_rows(struct reader *r, struct interp_csv *out) {
    size_t capacity = 0;
    r->keep = out->column_count;
    for (skip_blank_lines(r); r->at < r->bytes.size; skip_blank_lines(r)) {
        uint64_t line = r->line;
        enum interp_status status = read_record(r);
        if (status != INTERP_OK) {
            return status;
        }
        out->row = arena_grow(r->arena, out->row, out->row_count, &capacity, out->row_count + 1, sizeof *out->row);
        out->row[out->row_count++] =
            (struct interp_csv_row){.line = line, .count = (uint32_t)r->cell_count, .cell = copy_cells(r)};
        out->wide_rows += r->dropped ? 1 : 0;
    }
    return INTERP_OK;
}

/* ---- GB18030 ---------------------------------------------------------------------------------------------------- */

static bool within(char byte, unsigned low, unsigned high) {
    return (unsigned char)byte >= low && (unsigned char)byte <= high;
}

/* How many bytes to keep as they are where no character begins: the four of one that stands for nothing, else one. What
 * is kept is no UTF-8 either, so the cell that holds it is unreadable, and other bytes make another cell. */
static size_t unreadable(const char *at, size_t rest) {
    bool whole = rest >= 4 && within(at[0], 0x81, 0xFE) && within(at[1], '0', '9') && within(at[2], 0x81, 0xFE) &&
                 within(at[3], '0', '9');
    return whole ? 4 : 1;
}

static size_t convert(iconv_t converter, struct text bytes, char *data, size_t room) {
    char *to = data;
    char *from = (char *)(uintptr_t)bytes.data; /* iconv does not write to its input */
    size_t rest = bytes.size;
    while (rest > 0 && iconv(converter, &from, &rest, &to, &room) == (size_t)-1) {
        size_t kept = unreadable(from, rest);
        assert(kept <= room);
        memcpy(to, from, kept);
        to += kept;
        room -= kept;
        from += kept;
        rest -= kept;
    }
    return (size_t)(to - data);
}

static enum interp_status decode_gb18030(struct arena *arena, struct text *bytes, struct interp_error *error) {
    /* Two bytes of GB18030 become at most four of UTF-8 (0xFE51 is U+20087), four become four, and what is malformed
     * stays; glibc wants room for its longest character ahead. */
    size_t room = bytes->size * 2 + 64;
    char *data = arena_alloc(arena, room);
    iconv_t converter = iconv_open("UTF-8", "GB18030");
    if (converter == (iconv_t)-1) {
        return interp_fail(error, INTERP_SYSTEM, "this system cannot convert from GB18030: %s", tr_errno(errno));
    }
    *bytes = (struct text){data, convert(converter, *bytes, data, room)};
    iconv_close(converter);
    return INTERP_OK;
}

enum interp_status interp_csv_read(struct arena *arena, struct text name, struct text bytes, bool gb18030,
                                   struct interp_csv *out, struct interp_error *error) {
    *out = (struct interp_csv){.name = name};
    if (gb18030) {
        enum interp_status status = decode_gb18030(arena, &bytes, error);
        if (status != INTERP_OK) {
            return status;
        }
    }
    if (bytes.size >= 3 && memcmp(bytes.data, "\xEF\xBB\xBF", 3) == 0) {
        bytes.data += 3;
        bytes.size -= 3;
    }
    struct reader r = {.arena = arena, .name = name, .bytes = bytes, .line = 1, .error = error};
    enum interp_status status = read_header(&r, out);
    return status == INTERP_OK ? read_rows(&r, out) : status;
}

struct text interp_csv_cell(const struct interp_csv_row *row, uint32_t column) {
    return column < row->count ? row->cell[column] : (struct text){"", 0};
}

bool interp_csv_needs_quotes(struct text cell) {
    for (size_t i = 0; i < cell.size; i++) {
        if (cell.data[i] == ',' || cell.data[i] == '"' || cell.data[i] == '\n' || cell.data[i] == '\r') {
            return true;
        }
    }
    return false;
}
