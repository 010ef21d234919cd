/* A sheet of an .xlsx file, as a stream of XML. Excel keeps every number as binary floating point: the rules are those
 * of number.h. What it made of an id it cannot tell, so numbers in columns of text are refused. */
#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/fail.h"
#include "source/number.h"
#include "source/workbook.h"
#include "tr.h"

enum { BLOCK = 1 << 16, ROWS = 1048576, COLUMNS = 16384, DAYS_LAST = 2958465 /* 9999-12-31 */, TEXT_LIMIT = 1 << 20 };

enum cell_type { CELL_NUMBER, CELL_SHARED, CELL_TEXT, CELL_BOOL, CELL_ERROR, CELL_DAY };

struct sheet {
    struct source_table *table;
    struct workbook *workbook;
    XML_Parser parser;
    struct pol_buffer value;
    enum cell_type type;
    uint64_t style;
    uint32_t column;  /* of the cell */
    uint64_t row;     /* that is read, from 1 */
    uint64_t written; /* rows that were written or skipped */
    bool in_row, in_cell, in_value, headed;
    unsigned skipped; /* depth of an element that is not read */
    /* the cells of the row: by column of the sheet, where they stand in `text` */
    struct pol_buffer text;
    struct {
        size_t begin, size;
    } *cells;
    uint32_t cell_count, cell_capacity;
    /* by column of the sheet: of the table, POL_NONE where the header has none */
    uint32_t *columns;
    uint32_t column_count;
    enum pol_status status;
    struct pol_error *error;
};

static void stop(struct sheet *s, enum pol_status status) {
    s->status = status;
    XML_StopParser(s->parser, XML_FALSE);
}

static void malformed(struct sheet *s, const char *what) {
    stop(s, pol_ledger_fail(s->error, POL_STATUS_INPUT, "%s: row %llu: the sheet is damaged: %s", s->table->part->name,
                            (unsigned long long)s->row, what));
}

/* ---- cells ------------------------------------------------------------------------------------------------------- */

/* Keeps a cell of the row; an empty one is no cell. */
static void keep(struct sheet *s, const char *data, size_t size) {
    if (size == 0)
        return;
    if (s->column >= s->cell_capacity) {
        uint32_t capacity = s->column * 2 + 16;
        void *cells = realloc(s->cells, capacity * sizeof *s->cells);
        if (cells == NULL) {
            stop(s, pol_ledger_no_memory(s->error));
            return;
        }
        s->cells = cells;
        s->cell_capacity = capacity;
    }
    for (; s->cell_count <= s->column; s->cell_count++)
        s->cells[s->cell_count].size = 0;
    s->cells[s->column].begin = s->text.size;
    s->cells[s->column].size = size;
    pol_buffer_add(&s->text, data, size);
    if (s->text.failed)
        stop(s, pol_ledger_no_memory(s->error));
}

static void civil(int64_t days, int *year, int *month, int *day) {
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    *day = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = (int)(mp < 10 ? mp + 3 : mp - 9);
    *year = (int)(yoe + era * 400 + (*month <= 2));
}

/* A number that shows a day. With a time of day it is written with it, and refused as a date. Excel's calendar has a
 * day that never was, its number 60; the days before it count one less. */
static void keep_day(struct sheet *s, const char *text, size_t size) {
    char plain[SOURCE_NUMBER_ROOM], date[64];
    bool sound = source_binary_text(text, size, plain);
    char *point = strchr(plain, '.');
    long serial = strtol(plain, NULL, 10);
    bool from_1904 = source_workbook_from_1904(s->workbook);
    if (!sound || plain[0] == '-' || strlen(plain) > 40 || serial > DAYS_LAST || (serial == 60 && !from_1904)) {
        keep(s, text, size);
        return;
    }
    int year, month, day;
    civil(serial + (from_1904 ? -24107 : serial < 60 ? -25568 : -25569), &year, &month, &day);
    int used = snprintf(date, sizeof date, "%04d-%02d-%02d", year, month, day);
    if (point != NULL) {
        long minutes = (long)(strtod(point, NULL) * 1440); /* for people to look at */
        snprintf(date + used, sizeof date - (size_t)used, " %02ld:%02ld", minutes / 60, minutes % 60);
    }
    keep(s, date, strlen(date));
}

static uint32_t table_column(const struct sheet *s) {
    return s->column < s->column_count ? s->columns[s->column] : POL_NONE;
}

static void refuse_number(struct sheet *s, uint32_t column, const char *text, size_t size) {
    stop(s, source_table_bad(s->table, s->row, column, text, size,
                             tr("is a number to Excel, which may have cost it digits and leading zeros: make the "
                                "column Text in Excel and enter it again"),
                             s->error));
}

static void keep_number(struct sheet *s, const char *text, size_t size) {
    char plain[SOURCE_NUMBER_ROOM];
    uint32_t at = table_column(s);
    const struct source_column *column = at != POL_NONE ? &s->table->columns[at] : NULL;
    if (s->headed && column != NULL && column->field != POL_NONE && column->kind == POL_CSV_TEXT) {
        refuse_number(s, at, text, size);
        return;
    }
    if (source_workbook_is_day(s->workbook, s->style)) {
        keep_day(s, text, size);
        return;
    }
    source_binary_text(text, size, plain); /* an inexact one has more digits than any field takes, and is refused */
    keep(s, plain, strlen(plain));
}

/* The text of the workbook that a cell names by its number. */
static void keep_shared(struct sheet *s) {
    const char *data = NULL;
    size_t size = 0, digits = s->value.size;
    if (digits == 0)
        return;
    pol_buffer_add(&s->value, "", 1);
    bool sound = !s->value.failed && strspn(s->value.data, "0123456789") == digits;
    uint64_t number = sound ? strtoull(s->value.data, NULL, 10) : UINT64_MAX;
    if (!source_workbook_string(s->workbook, number, &data, &size))
        malformed(s, tr("a text is not in it"));
    else
        keep(s, data, size);
}

/* "#N/A" is no text that somebody entered: two claims with it do not name the same thing. With a byte that is no UTF-8
 * it is a bad cell in a column of text, too. */
static void keep_error(struct sheet *s, const char *data, size_t size) {
    char shown[40] = "\xFF";
    uint32_t at = table_column(s);
    bool text = s->headed && at != POL_NONE && s->table->columns[at].kind == POL_CSV_TEXT;
    size = size < sizeof shown - 1 ? size : sizeof shown - 1;
    memcpy(shown + 1, data, size);
    keep(s, text ? shown : data, text ? size + 1 : size);
}

static void take_cell(struct sheet *s) {
    const char *data = s->value.size > 0 ? s->value.data : "";
    size_t size = s->value.size;
    switch (s->type) {
    case CELL_NUMBER:
        if (size > 0)
            keep_number(s, data, size);
        break;
    case CELL_SHARED:
        keep_shared(s);
        break;
    case CELL_TEXT:
        keep(s, data, size > 0 ? source_xml_plain(s->value.data, size) : 0);
        break;
    case CELL_BOOL:
        if (size == 1 && (data[0] == '0' || data[0] == '1'))
            keep(s, data[0] == '1' ? "true" : "false", data[0] == '1' ? 4 : 5);
        else
            keep(s, data, size);
        break;
    case CELL_DAY: /* "2024-03-05T00:00:00" */
        if (size > 10 && strncmp(data + 10, "T00:00:00", 9) == 0 && strspn(data + 19, ".0Z") == size - 19)
            size = 10;
        keep(s, data, size);
        break;
    case CELL_ERROR:
        keep_error(s, data, size);
        break;
    }
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

static enum pol_status take_header(struct sheet *s) {
    s->columns = calloc(s->cell_count + 1u, sizeof *s->columns);
    if (s->columns == NULL)
        return pol_ledger_no_memory(s->error);
    enum pol_status status = POL_STATUS_OK;
    for (s->column_count = 0; s->column_count < s->cell_count && status == POL_STATUS_OK; s->column_count++) {
        size_t size = s->cells[s->column_count].size;
        s->columns[s->column_count] = size > 0 ? s->table->column_count : POL_NONE;
        if (size > 0)
            status = source_table_column(s->table, s->text.data + s->cells[s->column_count].begin, size, s->error);
    }
    s->headed = true;
    return status == POL_STATUS_OK ? source_table_header(s->table, s->error) : status;
}

static enum pol_status write_row(struct sheet *s) {
    for (uint32_t c = 0; c < s->column_count; c++) {
        bool there = c < s->cell_count && s->cells[c].size > 0;
        if (s->columns[c] != POL_NONE)
            source_table_cell(s->table, there ? s->text.data + s->cells[c].begin : "", there ? s->cells[c].size : 0);
    }
    return source_table_end_row(s->table, s->error);
}

/* Rows of the sheet keep their numbers: those that it leaves out, and those without any cell, are blank lines. */
static void end_row(struct sheet *s) {
    while (s->written + 1 < s->row) {
        source_table_skip_row(s->table);
        s->written++;
    }
    s->written++;
    enum pol_status status = POL_STATUS_OK;
    if (s->cell_count == 0)
        source_table_skip_row(s->table);
    else
        status = s->headed ? write_row(s) : take_header(s);
    s->text.size = 0;
    s->cell_count = 0;
    if (status != POL_STATUS_OK)
        stop(s, status);
}

/* ---- XML --------------------------------------------------------------------------------------------------------- */

static void begin_row(struct sheet *s, const char **attributes) {
    const char *number = source_xml_attribute(attributes, "r");
    uint64_t row = number != NULL ? strtoull(number, NULL, 10) : s->written + 1;
    if (row <= s->written || row > ROWS) {
        malformed(s, tr("its rows are not in order"));
        return;
    }
    s->row = row;
    s->in_row = true;
    s->column = UINT32_MAX; /* before the first */
}

/* "AB12" is column 27. */
static uint32_t column_number(const char *reference) {
    uint32_t column = 0;
    for (; *reference >= 'A' && *reference <= 'Z' && column <= COLUMNS; reference++)
        column = column * 26 + (uint32_t)(*reference - 'A' + 1);
    return column - 1;
}

static void begin_cell(struct sheet *s, const char **attributes) {
    static const struct {
        const char *name;
        enum cell_type type;
    } types[] = {{"s", CELL_SHARED}, {"str", CELL_TEXT}, {"inlineStr", CELL_TEXT}, {"b", CELL_BOOL},
                 {"e", CELL_ERROR},  {"d", CELL_DAY},    {"n", CELL_NUMBER}};
    const char *reference = source_xml_attribute(attributes, "r"), *type = source_xml_attribute(attributes, "t");
    const char *style = source_xml_attribute(attributes, "s");
    uint32_t column = reference != NULL ? column_number(reference) : s->column + 1;
    if (column >= COLUMNS || (s->column != UINT32_MAX && column <= s->column)) {
        malformed(s, tr("its cells are not in order"));
        return;
    }
    s->column = column;
    s->style = style != NULL ? strtoull(style, NULL, 10) : 0;
    s->type = CELL_NUMBER;
    for (unsigned i = 0; type != NULL && i < sizeof types / sizeof *types; i++)
        if (strcmp(types[i].name, type) == 0)
            s->type = types[i].type;
    s->in_cell = true;
    s->value.size = 0;
}

static void on_begin(void *context, const char *name, const char **attributes) {
    struct sheet *s = context;
    const char *element = source_xml_name(name);
    if (s->skipped > 0 || strcmp(element, "rPh") == 0)
        s->skipped++;
    else if (!s->in_row && strcmp(element, "row") == 0)
        begin_row(s, attributes);
    else if (s->in_row && !s->in_cell && strcmp(element, "c") == 0)
        begin_cell(s, attributes);
    else if (s->in_cell)
        s->in_value = strcmp(element, "v") == 0 || strcmp(element, "t") == 0;
}

static void on_end(void *context, const char *name) {
    struct sheet *s = context;
    const char *element = source_xml_name(name);
    s->in_value = false;
    if (s->skipped > 0) {
        s->skipped--;
    } else if (s->in_cell && strcmp(element, "c") == 0) {
        s->in_cell = false;
        take_cell(s);
    } else if (s->in_row && !s->in_cell && strcmp(element, "row") == 0) {
        s->in_row = false;
        end_row(s);
    }
}

static void on_text(void *context, const char *text, int size) {
    struct sheet *s = context;
    if (!s->in_value)
        return;
    pol_buffer_add(&s->value, text, (size_t)size);
    if (s->value.failed)
        stop(s, pol_ledger_no_memory(s->error));
    else if (s->value.size > TEXT_LIMIT)
        malformed(s, tr("a cell is too long"));
}

static enum pol_status read_sheet(struct sheet *s, char *block) {
    for (bool last = false; !last && s->status == POL_STATUS_OK;) {
        size_t size = 0;
        enum pol_status status = source_workbook_read(s->workbook, block, BLOCK, &size, s->error);
        if (status != POL_STATUS_OK)
            return status;
        last = size == 0;
        if (XML_Parse(s->parser, block, (int)size, last) == XML_STATUS_ERROR && s->status == POL_STATUS_OK)
            malformed(s, XML_ErrorString(XML_GetErrorCode(s->parser)));
    }
    return s->status;
}

enum pol_status source_read_xlsx(struct source_table *table, struct pol_error *error) {
    struct sheet sheet = {.table = table, .error = error, .parser = XML_ParserCreate(NULL)};
    char *block = malloc(BLOCK);
    enum pol_status status = source_workbook_open(table, &sheet.workbook, error);
    if (status == POL_STATUS_OK && (block == NULL || sheet.parser == NULL))
        status = pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK) {
        XML_SetUserData(sheet.parser, &sheet);
        XML_SetElementHandler(sheet.parser, on_begin, on_end);
        XML_SetCharacterDataHandler(sheet.parser, on_text);
        table->before = 0; /* rows are numbered as in the sheet */
        status = read_sheet(&sheet, block);
    }
    if (sheet.parser != NULL)
        XML_ParserFree(sheet.parser);
    source_workbook_close(sheet.workbook);
    pol_buffer_free(&sheet.value);
    pol_buffer_free(&sheet.text);
    free(sheet.cells);
    free(sheet.columns);
    free(block);
    return status;
}
