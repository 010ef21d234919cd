#include "source/workbook.h"

#include <expat.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zip.h>

#include "ledger/fail.h"
#include "source/library.h"
#include "tr.h"

enum { BLOCK = 1 << 16, STRINGS_LIMIT = 1 << 30, STYLE_LIMIT = 1 << 17, NAME_ROOM = 512 };

/* libzip brings a dozen libraries with it: it is loaded when there is a workbook to read. */
/* clang-format off */
#define ZIP_CALLS(X) \
    X(zip_fdopen) \
    X(zip_discard) \
    X(zip_fopen) \
    X(zip_fread) \
    X(zip_fclose) \
    X(zip_error_strerror) \
    X(zip_get_error) \
    X(zip_file_get_error) \
    X(zip_error_init_with_code) \
    X(zip_error_fini) \
    X(zip_name_locate)
/* clang-format on */
struct zip_calls {
#define CALL(NAME) __typeof__(NAME) *NAME;
    ZIP_CALLS(CALL)
#undef CALL
};

struct sheet {
    char *name, *link;
};

struct workbook {
    struct zip_calls call;
    const char *file_name; /* for messages */
    zip_t *zip;
    zip_file_t *stream; /* of the sheet */
    struct sheet *sheets;
    unsigned sheet_count;
    char target[NAME_ROOM]; /* of the sheet */
    bool from_1904;
    /* texts of the shared strings; string i is text[ends[i - 1], ends[i]) */
    struct pol_buffer strings;
    size_t *ends;
    uint64_t string_count, string_capacity;
    /* formats of the workbook's own that show a day; the styles that do */
    unsigned *formats;
    unsigned format_count;
    bool *styles;
    uint64_t style_count;
    /* while XML is parsed */
    unsigned skipped; /* depth of an element that is not read */
    bool in_text, in_styles, failed;
};

/* ---- XML --------------------------------------------------------------------------------------------------------- */

const char *source_xml_name(const char *name) {
    const char *colon = strrchr(name, ':');
    return colon != NULL ? colon + 1 : name;
}

const char *source_xml_attribute(const char **attributes, const char *name) {
    for (; attributes[0] != NULL; attributes += 2)
        if (strcmp(attributes[0], name) == 0)
            return attributes[1];
    return NULL;
}

static int hex(char c) {
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                  : -1;
}

/* The character of "_xHHHH_", below 128; -1: none. */
static int escaped(const char *p, const char *end) {
    if (end - p < 7 || p[0] != '_' || p[1] != 'x' || p[6] != '_')
        return -1;
    int value = 0;
    for (int i = 2; i < 6; i++) {
        int digit = hex(p[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value < 128 ? value : -1;
}

size_t source_xml_plain(char *text, size_t size) {
    char *out = text;
    const char *p = text, *end = text + size;
    while (p < end) {
        int c = escaped(p, end);
        if (c < 0) {
            *out++ = *p++;
        } else {
            *out++ = (char)c;
            p += 7;
        }
    }
    return (size_t)(out - text);
}

/* ---- the parts of the file --------------------------------------------------------------------------------------- */

static enum pol_status damaged(const struct workbook *w, const char *how, struct pol_error *error) {
    return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: the Excel file is damaged or cut short: %s", w->file_name,
                           how);
}

static enum pol_status load_zip(struct workbook *w, struct pol_error *error) {
    static const char *const files[] = {"libzip.so.4", "libzip.so.5"};
    const struct source_symbol symbols[] = {
#define CALL(NAME) {#NAME, &w->call.NAME},
        ZIP_CALLS(CALL)
#undef CALL
    };
    const char *wrong = source_library(files, 2, symbols, sizeof symbols / sizeof *symbols);
    if (wrong == NULL)
        return POL_STATUS_OK;
    return pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: reading .xlsx needs libzip (Debian: libzip4): %s",
                           w->file_name, wrong);
}

/* Feeds one part of the file to a parser. *there, where not NULL, says whether it has it; else it must. */
static enum pol_status parse_part(struct workbook *w, const char *part, XML_StartElementHandler start,
                                  XML_EndElementHandler end, XML_CharacterDataHandler text, bool *there,
                                  struct pol_error *error) {
    if (there != NULL)
        *there = w->call.zip_name_locate(w->zip, part, 0) >= 0;
    if (there != NULL && !*there)
        return POL_STATUS_OK;
    zip_file_t *stream = w->call.zip_fopen(w->zip, part, 0);
    if (stream == NULL)
        return damaged(w, part, error);
    char *block = malloc(BLOCK);
    XML_Parser parser = XML_ParserCreate(NULL);
    enum pol_status status = block != NULL && parser != NULL ? POL_STATUS_OK : pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK) {
        XML_SetUserData(parser, w);
        XML_SetElementHandler(parser, start, end);
        XML_SetCharacterDataHandler(parser, text);
    }
    for (bool last = false; status == POL_STATUS_OK && !last;) {
        zip_int64_t got = w->call.zip_fread(stream, block, BLOCK);
        last = got == 0;
        if (got < 0)
            status = damaged(w, w->call.zip_error_strerror(w->call.zip_file_get_error(stream)), error);
        else if (XML_Parse(parser, block, (int)got, last) == XML_STATUS_ERROR)
            status = damaged(w, XML_ErrorString(XML_GetErrorCode(parser)), error);
        else if (w->failed || w->strings.failed)
            status = pol_ledger_no_memory(error);
        else if (w->strings.size > STRINGS_LIMIT)
            status = damaged(w, tr("more than 1 GiB of text"), error);
    }
    if (parser != NULL)
        XML_ParserFree(parser);
    free(block);
    w->call.zip_fclose(stream);
    return status;
}

static void no_end(void *context, const char *name) {
    (void)context;
    (void)name;
}

static void no_text(void *context, const char *text, int size) {
    (void)context;
    (void)text;
    (void)size;
}

/* workbook.xml */
static void on_workbook(void *context, const char *name, const char **attributes) {
    struct workbook *w = context;
    const char *element = source_xml_name(name);
    if (strcmp(element, "workbookPr") == 0) {
        const char *value = source_xml_attribute(attributes, "date1904");
        w->from_1904 = value != NULL && (strcmp(value, "1") == 0 || strcmp(value, "true") == 0);
    }
    if (strcmp(element, "sheet") != 0)
        return;
    const char *title = source_xml_attribute(attributes, "name"), *link = NULL;
    for (const char **a = attributes; a[0] != NULL; a += 2)
        if (strchr(a[0], ':') != NULL && strcmp(source_xml_name(a[0]), "id") == 0)
            link = a[1];
    struct sheet *sheets = realloc(w->sheets, (w->sheet_count + 1u) * sizeof *sheets);
    if (sheets == NULL) {
        w->failed = true;
        return;
    }
    w->sheets = sheets;
    struct sheet *sheet = &sheets[w->sheet_count++];
    *sheet = (struct sheet){strdup(title != NULL ? title : ""), strdup(link != NULL ? link : "")};
    w->failed |= sheet->name == NULL || sheet->link == NULL;
}

/* workbook.xml.rels: target holds the link on the way in */
static void on_relation(void *context, const char *name, const char **attributes) {
    struct workbook *w = context;
    const char *id = source_xml_attribute(attributes, "Id"), *to = source_xml_attribute(attributes, "Target");
    if (strcmp(source_xml_name(name), "Relationship") != 0 || id == NULL || to == NULL || w->in_text)
        return;
    if (strcmp(id, w->target) != 0)
        return;
    w->in_text = true; /* found */
    if (to[0] == '/')
        snprintf(w->target, sizeof w->target, "%s", to + 1);
    else
        snprintf(w->target, sizeof w->target, "xl/%s", to);
}

/* sharedStrings.xml: <si> with <t>, or with runs of <t>; what is said of their pronunciation is not read */
static void on_string_begin(void *context, const char *name, const char **attributes) {
    struct workbook *w = context;
    const char *element = source_xml_name(name);
    (void)attributes;
    if (w->skipped > 0 || strcmp(element, "rPh") == 0)
        w->skipped++;
    w->in_text = w->skipped == 0 && strcmp(element, "t") == 0;
}

static void on_string_end(void *context, const char *name) {
    struct workbook *w = context;
    w->in_text = false;
    if (w->skipped > 0)
        w->skipped--;
    else if (strcmp(source_xml_name(name), "si") == 0) {
        if (w->string_count == w->string_capacity) {
            uint64_t capacity = w->string_capacity * 2 + 1024;
            size_t *ends = realloc(w->ends, capacity * sizeof *ends);
            if (ends == NULL) {
                w->failed = true;
                return;
            }
            w->ends = ends;
            w->string_capacity = capacity;
        }
        size_t begin = w->string_count > 0 ? w->ends[w->string_count - 1] : 0;
        if (w->strings.size > begin)
            w->strings.size = begin + source_xml_plain(w->strings.data + begin, w->strings.size - begin);
        w->ends[w->string_count++] = w->strings.size;
    }
}

static void on_string_text(void *context, const char *text, int size) {
    struct workbook *w = context;
    if (w->in_text)
        pol_buffer_add(&w->strings, text, (size_t)size);
}

/* ---- styles ------------------------------------------------------------------------------------------------------ */

/* Has the format's code a year, month or day outside of quotes, brackets and escapes? Only its first section counts. */
static bool shows_day(const char *code) {
    for (const char *p = code; *p != '\0' && *p != ';'; p++) {
        if (*p == '\\' || *p == '_' || *p == '*') {
            if (p[1] != '\0')
                p++;
        } else if (*p == '"' || *p == '[') {
            const char *end = strchr(p + 1, *p == '"' ? '"' : ']');
            if (end == NULL)
                return false;
            p = end;
        } else if (strchr("yYdD", *p) != NULL || strncmp(p, "年", 3) == 0) {
            return true;
        }
    }
    return false;
}

/* The numbers that every Excel knows; 27 to 36 and 50 to 58 are days in Chinese, Japanese and Korean ones. */
static bool builtin_day(unsigned format) {
    return (format >= 14 && format <= 17) || format == 22 || (format >= 27 && format <= 31) || format == 36 ||
           (format >= 50 && format <= 54) || format == 57 || format == 58;
}

static void add_format(struct workbook *w, unsigned format) {
    unsigned *formats = realloc(w->formats, (w->format_count + 1u) * sizeof *formats);
    w->failed |= formats == NULL;
    if (formats == NULL)
        return;
    w->formats = formats;
    formats[w->format_count++] = format;
}

static void add_style(struct workbook *w, unsigned format) {
    bool day = builtin_day(format);
    for (unsigned i = 0; i < w->format_count; i++)
        day |= w->formats[i] == format;
    if (w->style_count >= STYLE_LIMIT)
        return;
    if ((w->style_count & (w->style_count - 1)) == 0) {
        bool *styles = realloc(w->styles, w->style_count > 0 ? 2 * w->style_count : 1);
        w->failed |= styles == NULL;
        if (styles == NULL)
            return;
        w->styles = styles;
    }
    w->styles[w->style_count++] = day;
}

static void on_style(void *context, const char *name, const char **attributes) {
    struct workbook *w = context;
    const char *element = source_xml_name(name), *id = source_xml_attribute(attributes, "numFmtId");
    const char *code = source_xml_attribute(attributes, "formatCode");
    unsigned format = id != NULL ? (unsigned)strtoul(id, NULL, 10) : 0;
    if (strcmp(element, "cellXfs") == 0)
        w->in_styles = true;
    else if (strcmp(element, "numFmt") == 0 && code != NULL && shows_day(code))
        add_format(w, format);
    else if (strcmp(element, "xf") == 0 && w->in_styles)
        add_style(w, format);
}

static void on_style_end(void *context, const char *name) {
    struct workbook *w = context;
    if (strcmp(source_xml_name(name), "cellXfs") == 0)
        w->in_styles = false;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

static enum pol_status choose_sheet(struct workbook *w, const struct source_table *table, struct pol_error *error) {
    const char *wanted = table->part->table;
    const struct sheet *found = w->sheet_count == 1 && wanted == NULL ? w->sheets : NULL;
    struct pol_buffer names = {0};
    for (unsigned i = 0; i < w->sheet_count; i++) {
        if (wanted != NULL && strcmp(w->sheets[i].name, wanted) == 0)
            found = &w->sheets[i];
        pol_buffer_format(&names, "%s`%s`", i > 0 ? ", " : "", w->sheets[i].name);
    }
    pol_buffer_add(&names, "", 1);
    enum pol_status status = POL_STATUS_OK;
    if (names.failed)
        status = pol_ledger_no_memory(error);
    else if (found == NULL && wanted != NULL)
        status =
            pol_ledger_fail(error, POL_STATUS_INPUT, "%s: has no such sheet; it has %.300s", w->file_name, names.data);
    else if (found == NULL)
        status = source_table_which(table, tr("sheets"), w->sheet_count, names.data, error);
    else
        snprintf(w->target, sizeof w->target, "%s", found->link);
    pol_buffer_free(&names);
    return status;
}

static enum pol_status open_zip(struct workbook *w, int file, struct pol_error *error) {
    int code = 0, own = dup(file);
    lseek(file, 0, SEEK_SET);
    w->zip = own >= 0 ? w->call.zip_fdopen(own, 0, &code) : NULL;
    if (w->zip != NULL)
        return POL_STATUS_OK;
    if (own >= 0)
        close(own);
    zip_error_t wrong;
    w->call.zip_error_init_with_code(&wrong, code);
    enum pol_status status =
        code == ZIP_ER_MEMORY ? pol_ledger_no_memory(error) : damaged(w, w->call.zip_error_strerror(&wrong), error);
    w->call.zip_error_fini(&wrong);
    return status;
}

static enum pol_status read_parts(struct workbook *w, const struct source_table *table, struct pol_error *error) {
    bool there = false;
    enum pol_status status = parse_part(w, "xl/workbook.xml", on_workbook, no_end, no_text, &there, error);
    if (status == POL_STATUS_OK && !there)
        return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: is a ZIP archive, but no Excel workbook (.xlsx)",
                               w->file_name);
    if (status == POL_STATUS_OK)
        status = choose_sheet(w, table, error);
    if (status == POL_STATUS_OK)
        status = parse_part(w, "xl/_rels/workbook.xml.rels", on_relation, no_end, no_text, NULL, error);
    if (status == POL_STATUS_OK && !w->in_text)
        return damaged(w, tr("the sheet is not in it"), error);
    w->in_text = false;
    if (status == POL_STATUS_OK)
        status = parse_part(w, "xl/styles.xml", on_style, on_style_end, no_text, &there, error);
    if (status == POL_STATUS_OK)
        status = parse_part(w, "xl/sharedStrings.xml", on_string_begin, on_string_end, on_string_text, &there, error);
    return status;
}

enum pol_status source_workbook_open(struct source_table *table, struct workbook **workbook, struct pol_error *error) {
    struct workbook *w = calloc(1, sizeof *w);
    *workbook = w;
    if (w == NULL)
        return pol_ledger_no_memory(error);
    w->file_name = table->part->name;
    enum pol_status status = load_zip(w, error);
    if (status == POL_STATUS_OK)
        status = open_zip(w, table->file, error);
    if (status == POL_STATUS_OK)
        status = read_parts(w, table, error);
    if (status == POL_STATUS_OK && (w->stream = w->call.zip_fopen(w->zip, w->target, 0)) == NULL)
        status = damaged(w, tr("the sheet is not in it"), error);
    return status;
}

void source_workbook_close(struct workbook *w) {
    if (w == NULL)
        return;
    if (w->stream != NULL)
        w->call.zip_fclose(w->stream);
    if (w->zip != NULL)
        w->call.zip_discard(w->zip);
    for (unsigned i = 0; i < w->sheet_count; i++) {
        free(w->sheets[i].name);
        free(w->sheets[i].link);
    }
    free(w->sheets);
    pol_buffer_free(&w->strings);
    free(w->ends);
    free(w->formats);
    free(w->styles);
    free(w);
}

enum pol_status source_workbook_read(struct workbook *w, char *out, size_t room, size_t *size,
                                     struct pol_error *error) {
    zip_int64_t got = w->call.zip_fread(w->stream, out, room);
    *size = got > 0 ? (size_t)got : 0;
    return got >= 0 ? POL_STATUS_OK
                    : damaged(w, w->call.zip_error_strerror(w->call.zip_file_get_error(w->stream)), error);
}

bool source_workbook_string(const struct workbook *w, uint64_t number, const char **data, size_t *size) {
    if (number >= w->string_count)
        return false;
    size_t begin = number > 0 ? w->ends[number - 1] : 0;
    *size = w->ends[number] - begin;
    *data = *size > 0 ? w->strings.data + begin : "";
    return true;
}

bool source_workbook_is_day(const struct workbook *w, uint64_t style) {
    return style < w->style_count && w->styles[style];
}

bool source_workbook_from_1904(const struct workbook *w) {
    return w->from_1904;
}
