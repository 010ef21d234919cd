/* workbook.h - an .xlsx file opened: one sheet's XML as a stream, the strings and styles it refers to. */
#ifndef POL_SOURCE_WORKBOOK_H
#define POL_SOURCE_WORKBOOK_H

#include "source/table.h"

struct workbook;

/* Opens the file of the table's part and the sheet that it names, or its only one. */
enum pol_status source_workbook_open(struct source_table *table, struct workbook **workbook, struct pol_error *error);
void source_workbook_close(struct workbook *workbook);

/* The next bytes of the sheet's XML; 0 bytes at its end. */
enum pol_status source_workbook_read(struct workbook *workbook, char *out, size_t room, size_t *size,
                                     struct pol_error *error);
/* A shared string; false: there is none of that number. */
bool source_workbook_string(const struct workbook *workbook, uint64_t number, const char **data, size_t *size);
/* Do cells of this style show a day? */
bool source_workbook_is_day(const struct workbook *workbook, uint64_t style);
/* Days are counted from 1904. */
bool source_workbook_from_1904(const struct workbook *workbook);

/* XML names without their prefix. */
const char *source_xml_name(const char *name);
const char *source_xml_attribute(const char **attributes, const char *name); /* NULL: not there */
/* Undoes the _x000A_ of Excel's texts, in place; returns the new size. */
size_t source_xml_plain(char *text, size_t size);

#endif
