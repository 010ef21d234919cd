#include "audit/display.h"

#include <stdint.h>
#include <string.h>

/* One character: its bytes (1 where they are no UTF-8) and its width. */
struct glyph {
    unsigned size, width;
    bool broken;
};

static bool in(uint32_t c, const uint32_t (*ranges)[2], size_t count) {
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

static unsigned width_of(uint32_t c) {
    static const uint32_t none[][2] = {{0x300, 0x36F},   {0x200B, 0x200F}, {0x202A, 0x202E}, {0x2060, 0x2064},
                                       {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}, {0xFEFF, 0xFEFF}};
    static const uint32_t wide[][2] = {{0x1100, 0x115F}, {0x2E80, 0x303E},   {0x3041, 0x4DBF},   {0x4E00, 0xA4CF},
                                       {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},
                                       {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
    if (in(c, none, sizeof none / sizeof *none))
        return 0;
    return in(c, wide, sizeof wide / sizeof *wide) ? 2 : 1;
}

static struct glyph glyph_at(const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    if (p[0] < 0x80)
        return (struct glyph){1, 1, p[0] < 0x20 || p[0] == 0x7F};
    unsigned size = p[0] < 0xC2 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 1;
    uint32_t c = size == 2 ? p[0] & 0x1Fu : size == 3 ? p[0] & 0x0Fu : p[0] & 0x07u;
    if (size == 1)
        return (struct glyph){1, 1, true};
    for (unsigned i = 1; i < size; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return (struct glyph){1, 1, true};
        c = c << 6 | (p[i] & 0x3Fu);
    }
    if (c < 0xA0)
        return (struct glyph){size, 1, true}; /* C1 controls */
    return (struct glyph){size, width_of(c), c >= 0x202A && c <= 0x202E};
}

unsigned pol_display_width(const char *text) {
    unsigned width = 0;
    while (*text != '\0') {
        struct glyph g = glyph_at(text);
        width += g.broken ? 1 : g.width;
        text += g.size;
    }
    return width;
}

void pol_display_add(struct pol_buffer *buffer, const char *text, unsigned width, bool pad) {
    unsigned whole = pol_display_width(text), used = 0, room = whole > width && width > 0 ? width - 1 : width;
    while (*text != '\0') {
        struct glyph g = glyph_at(text);
        unsigned cells = g.broken ? 1 : g.width;
        if (used + cells > room)
            break;
        if (g.broken)
            pol_buffer_text(buffer, "?");
        else
            pol_buffer_add(buffer, text, g.size);
        used += cells;
        text += g.size;
    }
    if (*text != '\0' && width > 0) {
        pol_buffer_text(buffer, "…");
        used++;
    }
    for (; pad && used < width; used++)
        pol_buffer_text(buffer, " ");
}

/* Bytes that stay on one line: a word, or one wide character. */
static size_t unbroken(const char *text, unsigned *width) {
    size_t size = 0;
    *width = 0;
    while (text[size] != '\0' && text[size] != ' ' && text[size] != '\n') {
        struct glyph g = glyph_at(text + size);
        if (g.width == 2 && size > 0)
            break;
        size += g.size;
        *width += g.broken ? 1 : g.width;
        if (g.width == 2 || *width >= POL_PAGE_WIDTH / 2)
            break;
    }
    return size;
}

static void new_line(struct pol_buffer *buffer, unsigned indent) {
    pol_buffer_text(buffer, "\n");
    for (unsigned i = 0; i < indent; i++)
        pol_buffer_text(buffer, " ");
}

static void add_shown(struct pol_buffer *buffer, const char *text, size_t size) {
    for (size_t i = 0; i < size;) {
        struct glyph g = glyph_at(text + i);
        if (g.broken)
            pol_buffer_text(buffer, "?");
        else
            pol_buffer_add(buffer, text + i, g.size);
        i += g.size;
    }
}

void pol_display_wrap(struct pol_buffer *buffer, const char *text, unsigned column, unsigned indent) {
    bool blank_before = false, line_begins = true;
    while (*text != '\0') {
        if (*text == ' ' || *text == '\n') {
            blank_before = true;
            text++;
            continue;
        }
        unsigned width = 0;
        size_t size = unbroken(text, &width);
        unsigned blank = blank_before && !line_begins ? 1 : 0;
        if (column + blank + width > POL_PAGE_WIDTH && !line_begins) {
            new_line(buffer, indent);
            column = indent;
            blank = 0;
        }
        if (blank != 0)
            pol_buffer_text(buffer, " ");
        add_shown(buffer, text, size);
        column += blank + width;
        text += size;
        blank_before = line_begins = false;
    }
}

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

/* Before `p`. */
static char *put_grouped(char *p, pol_wide value) {
    unsigned written = 0;
    uint64_t low = (uint64_t)value;
    for (bool wide = value > INT64_MAX; wide || low != 0 || written == 0; written++) {
        if (written > 0 && written % 3 == 0)
            *--p = ',';
        *--p = (char)('0' + (wide ? (int)(value % 10) : (int)(low % 10)));
        value = wide ? value / 10 : value;
        low = wide ? (uint64_t)value : low / 10;
        wide = wide && value > INT64_MAX;
    }
    return p;
}

enum { GROUPED_ROOM = 64 };

static void add_grouped(struct pol_buffer *buffer, pol_wide value) {
    char digits[GROUPED_ROOM], *end = digits + sizeof digits, *p = put_grouped(end, value);
    pol_buffer_add(buffer, p, (size_t)(end - p));
}

void pol_display_money(struct pol_buffer *buffer, pol_wide fen) {
    char digits[GROUPED_ROOM], *end = digits + sizeof digits, *p = end;
    pol_wide value = fen < 0 ? -fen : fen;
    int cents = (int)(value % 100);
    *--p = (char)('0' + cents % 10);
    *--p = (char)('0' + cents / 10);
    *--p = '.';
    p = put_grouped(p, value / 100);
    if (fen < 0)
        *--p = '-';
    pol_buffer_add(buffer, p, (size_t)(end - p));
}

void pol_display_count(struct pol_buffer *buffer, uint64_t count) {
    add_grouped(buffer, (pol_wide)count);
}

/* ---- tables ------------------------------------------------------------------------------------------------------ */

void pol_table_head(struct pol_table *table, unsigned columns, const char *const *heads) {
    *table = (struct pol_table){.columns = columns};
    for (unsigned c = 0; c < columns; c++) {
        table->heads[c] = heads[c];
        table->width[c] = pol_display_width(heads[c]);
    }
}

static void end_cell(struct pol_table *table, unsigned column, size_t begin) {
    pol_buffer_add(&table->cells, "", 1);
    if (table->cells.failed)
        return;
    unsigned width = pol_display_width(table->cells.data + begin);
    if (width > table->width[column])
        table->width[column] = width;
    if (column + 1 == table->columns)
        table->rows++;
}

void pol_table_text(struct pol_table *table, unsigned column, const char *text) {
    size_t begin = table->cells.size;
    pol_buffer_text(&table->cells, text);
    end_cell(table, column, begin);
}

void pol_table_count(struct pol_table *table, unsigned column, uint64_t count) {
    size_t begin = table->cells.size;
    pol_display_count(&table->cells, count);
    end_cell(table, column, begin);
}

void pol_table_money(struct pol_table *table, unsigned column, pol_wide fen) {
    size_t begin = table->cells.size;
    pol_display_money(&table->cells, fen);
    end_cell(table, column, begin);
}

static const char *write_row(const struct pol_table *table, const char *cell, struct pol_buffer *buffer) {
    for (unsigned c = 0; c < table->columns; c++) {
        if (c == 0) {
            pol_display_add(buffer, cell, table->width[0], true);
        } else {
            unsigned width = pol_display_width(cell);
            for (unsigned i = width; i < table->width[c] + 2; i++)
                pol_buffer_text(buffer, " ");
            pol_buffer_text(buffer, cell);
        }
        cell += strlen(cell) + 1;
    }
    pol_buffer_text(buffer, "\n");
    return cell;
}

/* What the columns of numbers take up. */
static unsigned width_of_numbers(const struct pol_table *table) {
    unsigned width = 0;
    for (unsigned c = 1; c < table->columns; c++)
        width += table->width[c] + 2;
    return width;
}

/* For sums so large that no room is left: the numbers without their commas. */
static void drop_commas(struct pol_table *table) {
    char *out = table->cells.data, *cell = out;
    for (unsigned c = 1; c < table->columns; c++)
        table->width[c] = pol_display_width(table->heads[c]);
    for (unsigned i = 0; i < table->rows * table->columns; i++) {
        unsigned column = i % table->columns, width = 0;
        for (; *cell != '\0'; cell++) {
            if (column > 0 && *cell == ',')
                continue;
            *out++ = *cell;
            width++;
        }
        *out++ = *cell++;
        if (column > 0 && width > table->width[column])
            table->width[column] = width;
    }
}

void pol_table_write(struct pol_table *table, struct pol_buffer *buffer) {
    enum { LEAST_LABEL = 12 };
    if (!table->cells.failed && width_of_numbers(table) + LEAST_LABEL > POL_PAGE_WIDTH)
        drop_commas(table);
    unsigned others = width_of_numbers(table);
    unsigned room = others + LEAST_LABEL < POL_PAGE_WIDTH ? POL_PAGE_WIDTH - others : LEAST_LABEL;
    if (table->width[0] > room)
        table->width[0] = room;
    struct pol_buffer heads = {0};
    for (unsigned c = 0; c < table->columns; c++)
        pol_buffer_add(&heads, table->heads[c], strlen(table->heads[c]) + 1);
    if (heads.failed || table->cells.failed) {
        buffer->failed = true;
    } else {
        write_row(table, heads.data, buffer);
        const char *cell = table->cells.data;
        for (unsigned row = 0; row < table->rows; row++)
            cell = write_row(table, cell, buffer);
    }
    pol_buffer_free(&heads);
    pol_buffer_free(&table->cells);
}

struct pol_shown pol_display_shown(uint64_t count) {
    struct pol_buffer buffer = {0};
    struct pol_shown shown = {""};
    pol_display_count(&buffer, count);
    if (!buffer.failed && buffer.size < sizeof shown.text)
        memcpy(shown.text, buffer.data, buffer.size);
    pol_buffer_free(&buffer);
    return shown;
}
