/* The header row: names, twice or not, known or not. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ledger/cell.h"
#include "ledger/csv_error.h"
#include "ledger/csv_scan.h"
#include "ledger/fail.h"
#include "ledger/schema.h"
#include "tr.h"

struct header_cell {
    struct pol_name name;
    uint32_t column;
};

static int by_name(const void *a, const void *b) {
    const struct header_cell *x = a, *y = b;
    uint32_t common = x->name.size < y->name.size ? x->name.size : y->name.size;
    int order = common > 0 ? memcmp(x->name.data, y->name.data, common) : 0;
    if (order != 0)
        return order;
    if (x->name.size != y->name.size)
        return x->name.size < y->name.size ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

static const struct header_cell *find_cell(const struct header_cell *cells, uint32_t count, struct pol_name name) {
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (by_name(&cells[middle], &(struct header_cell){name, 0}) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == count || cells[low].name.size != name.size)
        return NULL;
    return name.size == 0 || memcmp(cells[low].name.data, name.data, name.size) == 0 ? &cells[low] : NULL;
}

static enum pol_status twice(const struct pol_input *input, uint64_t line, const struct header_cell *a,
                             const struct header_cell *b, struct pol_error *error) {
    char name[POL_SHOWN_SIZE];
    if (a->name.size == 0)
        return pol_ledger_fail(error, POL_STATUS_INPUT,
                               "%s: %s %llu: columns %u and %u both have no name: name or remove them", input->path,
                               tr(input->unit), (unsigned long long)line, a->column + 1, b->column + 1);
    return pol_ledger_fail(error, POL_STATUS_INPUT,
                           "%s: %s %llu: column `%s` stands twice (columns %u and %u): remove one", input->path,
                           tr(input->unit), (unsigned long long)line, pol_shown(a->name.data, a->name.size, name),
                           a->column + 1, b->column + 1);
}

/* What looks for the column of one field. */
struct search {
    const struct pol_input *input;
    uint64_t line;
    const struct header_cell *cells; /* sorted */
    uint32_t count;
    const struct header_cell *found;
};

/* Two of a field's names in one header are an error. *stands: there is such a column. */
static enum pol_status look_for(struct search *s, struct pol_name name, bool *stands, struct pol_error *error) {
    const struct header_cell *cell = find_cell(s->cells, s->count, name);
    *stands = cell != NULL;
    if (cell == NULL || cell == s->found)
        return POL_STATUS_OK;
    if (s->found != NULL) {
        char a[POL_SHOWN_SIZE], b[POL_SHOWN_SIZE];
        return pol_ledger_fail(
            error, POL_STATUS_INPUT, "%s: %s %llu: columns `%s` and `%s` are two names of one field: remove one",
            s->input->path, tr(s->input->unit), (unsigned long long)s->line,
            pol_shown(s->found->name.data, s->found->name.size, a), pol_shown(cell->name.data, cell->name.size, b));
    }
    s->found = cell;
    return POL_STATUS_OK;
}

/* The column of a field: under a name given for this run, else under one of its own. */
static enum pol_status bind(const struct pol_csv_schema *schema, uint32_t f, struct search *s, uint32_t *column,
                            bool *known, struct pol_error *error) {
    const struct pol_csv_field *field = &schema->fields[f];
    enum pol_status status = POL_STATUS_OK;
    bool stands;
    s->found = NULL;
    *column = POL_NONE;
    for (uint32_t m = 0; m < schema->mapped_count && status == POL_STATUS_OK; m++) {
        if (schema->mapped[m].field != f)
            continue;
        status = look_for(s, schema->mapped[m].column, &stands, error);
        schema->mapped[m].found |= stands;
    }
    bool given = s->found != NULL;
    for (uint32_t i = 0; !given && i <= field->alias_count && status == POL_STATUS_OK; i++)
        status = look_for(s, i == 0 ? field->column : field->aliases[i - 1], &stands, error);
    if (s->found != NULL) {
        *column = s->found->column;
        known[s->found->column] = true;
    }
    return status;
}

/* What the header's bytes look like, where columns are missing: why they may be. NULL: nothing to say. */
static const char *cause_of(const struct pol_input *input, const struct pol_csv_header *header) {
    const char *text = input->data + input->begin;
    size_t size = (size_t)(header->data - input->begin);
    const char *nul = memchr(text, '\0', size);
    bool wide = size > 1 && (memcmp(text, "\xFF\xFE", 2) == 0 || memcmp(text, "\xFE\xFF", 2) == 0 ||
                             (nul != NULL && nul - text < 2 && text[text == nul] != '\0'));
    if (wide)
        return tr("the file may be UTF-16: save it as UTF-8");
    if (nul != NULL)
        return tr("it holds NUL bytes: it is no file of text");
    if (!pol_utf8_sound(text, text + size))
        return tr("it is no UTF-8: if the file is GB18030, give --encoding=gb18030");
    if (size > 2 && memchr(text, '\r', size - 2) != NULL)
        return tr("its lines may end with a carriage return alone: save it with line feeds");
    if (header->columns == 1 && (memchr(text, ';', size) != NULL || memchr(text, '\t', size) != NULL))
        return tr("it has no comma: save the file with commas between cells");
    if (header->columns == 1 && memmem(text, size, "，", strlen("，")) != NULL)
        return tr("its commas are full-width: save the file with `,` between cells");
    return NULL;
}

static enum pol_status fail_missing(const struct pol_input *input, const struct pol_csv_header *header,
                                    const char *names, unsigned count, struct pol_name first, struct pol_error *error) {
    const char *cause = cause_of(input, header);
    if (cause != NULL)
        return pol_ledger_fail(
            error, POL_STATUS_INPUT,
            tr_count("%s: the header lacks the column %s; %s", "%s: the header lacks the columns %s; %s", count),
            input->path, names, cause);
    if (header->ignored == 0)
        return pol_ledger_fail(
            error, POL_STATUS_INPUT,
            tr_count("%s: the header lacks the column %s", "%s: the header lacks the columns %s", count), input->path,
            names);
    return pol_ledger_fail(error, POL_STATUS_INPUT,
                           tr_count("%s: the header lacks the column %s, and has %s%s: to read one of these for it, "
                                    "give --column=%.*s=NAME",
                                    "%s: the header lacks the columns %s, and has %s%s: to read one of these for the "
                                    "first, give --column=%.*s=NAME",
                                    count),
                           input->path, names, header->ignored_names, header->ignored > 6 ? ", …" : "", (int)first.size,
                           first.data);
}

/* The columns that must stand and do not, all of them. */
static enum pol_status check_missing(const struct pol_csv_schema *schema, const struct pol_input *input,
                                     const struct pol_csv_header *header, struct pol_error *error) {
    char names[400] = "";
    size_t used = 0;
    unsigned count = 0;
    struct pol_name first = {NULL, 0};
    for (uint32_t f = 0; f < schema->field_count; f++) {
        const struct pol_csv_field *field = &schema->fields[f];
        if (!(field->flags & POL_CSV_MUST_STAND) || header->column[f] != POL_NONE)
            continue;
        int wrote = snprintf(names + used, sizeof names - used, "%s`%.*s`", count > 0 ? ", " : "",
                             (int)field->column.size, field->column.data);
        if (wrote > 0 && (size_t)wrote < sizeof names - used)
            used += (size_t)wrote;
        if (count == 0)
            first = field->column;
        count++;
    }
    if (count == 0)
        return POL_STATUS_OK;
    names[used] = '\0';
    return fail_missing(input, header, names, count, first, error);
}

static void note_ignored(struct pol_csv_header *header, struct pol_name name) {
    size_t used = strlen(header->ignored_names);
    char shown[POL_SHOWN_SIZE];
    pol_shown(name.data, name.size, shown);
    header->returns |= name.size > 0 && memchr(name.data, '\r', name.size) != NULL;
    header->ignored++;
    if (header->ignored > 1 && header->ignored <= 6)
        used += (size_t)snprintf(header->ignored_names + used, sizeof header->ignored_names - used, ", ");
    if (header->ignored > 6 || used + strlen(shown) + 8 > sizeof header->ignored_names)
        return;
    snprintf(header->ignored_names + used, sizeof header->ignored_names - used, "`%s`", shown);
}

static enum pol_status match(const struct pol_csv_schema *schema, const struct pol_input *input, uint64_t line,
                             struct header_cell *cells, bool *known, struct pol_csv_header *header,
                             struct pol_error *error) {
    uint32_t count = header->columns;
    struct header_cell *sorted = malloc(count * sizeof *sorted);
    if (sorted == NULL)
        return pol_ledger_no_memory(error);
    memcpy(sorted, cells, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_name);
    struct search search = {input, line, sorted, count, NULL};
    enum pol_status status = POL_STATUS_OK;
    for (uint32_t i = 1; i < count && status == POL_STATUS_OK; i++)
        if (find_cell(&sorted[i - 1], 1, sorted[i].name) != NULL)
            status = twice(input, line, &sorted[i - 1], &sorted[i], error);
    for (uint32_t f = 0; f < schema->field_count && status == POL_STATUS_OK; f++)
        status = bind(schema, f, &search, &header->column[f], known, error);
    free(sorted);
    for (uint32_t i = 0; i < count && status == POL_STATUS_OK; i++)
        if (!known[i])
            note_ignored(header, cells[i].name);
    return status == POL_STATUS_OK ? check_missing(schema, input, header, error) : status;
}

/* Cuts the cells of the header row. */
static enum pol_status cut(struct pol_input *input, const struct pol_csv_scan *scan, struct header_cell *cells,
                           struct pol_error *error) {
    const struct pol_csv_row row = pol_csv_row_at(scan, 0);
    for (uint32_t c = 0; c < row.cells; c++) {
        const char *begin = scan->base + scan->ends[row.first + c - 1],
                   *end = scan->base + scan->ends[row.first + c] - 1;
        if (c + 1 == row.cells && end > begin && end[-1] == '\r' && (uint64_t)(end - input->data) < input->size)
            end--;
        if (!pol_cell_bare(&input->copies, &begin, &end))
            return pol_ledger_no_memory(error);
        cells[c] = (struct header_cell){{begin, (uint32_t)(end - begin)}, c};
    }
    return POL_STATUS_OK;
}

/* Does a carriage return stand in the row, outside quotes and not at its end? */
static bool holds_return(const char *p, const char *end) {
    bool begins = true, quoted = false; /* a quote elsewhere than where a cell begins is a character */
    if (end > p && end[-1] == '\n')
        end -= end - p > 1 && end[-2] == '\r' ? 2 : 1;
    for (; p < end; p++) {
        if (*p == '"' && (begins || quoted))
            quoted = !quoted; /* a doubled one closes and opens again */
        else if (*p == '\r' && !quoted)
            return true;
        begins = !quoted && (*p == ',' || *p == '"' || (begins && (*p == ' ' || *p == '\t')));
    }
    return false;
}

/* A row and nothing behind it may be a whole file of lines that end with a carriage return alone. */
static bool is_whole_file(const struct pol_csv_scan *scan) {
    const char *begin = scan->base + scan->ends[pol_csv_row_at(scan, 0).first - 1], *next = scan->data + scan->next;
    const char *end = scan->data + scan->size, *p = next;
    while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || (*p == '\r' && p + 1 < end && p[1] == '\n')))
        p++;
    return p == end && memchr(begin, '\0', (size_t)(next - begin)) == NULL && /* UTF-16 is told elsewhere */
           holds_return(begin, next);
}

static uint64_t header_line(const struct pol_input *input, const struct pol_csv_scan *scan) {
    return pol_input_line(input, (uint64_t)(scan->base - input->data) + scan->ends[pol_csv_row_at(scan, 0).first - 1]);
}

static enum pol_status scan_header(struct pol_input *input, struct pol_csv_scan *scan, struct pol_error *error) {
    scan->next = input->begin;
    do {
        scan->from = scan->next;
        pol_csv_scan_sse2(scan);
        if (scan->stop != POL_CSV_STOP_DONE)
            return pol_csv_scan_error(input, scan, error);
    } while (scan->row_count == 0 && scan->next < scan->size);
    if (scan->row_count == 0)
        return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: the file is empty: it needs at least a header row",
                               input->path);
    if (is_whole_file(scan))
        return pol_ledger_fail(error, POL_STATUS_INPUT,
                               "%s: %s %llu: lines end with a carriage return alone, so that the whole file is one "
                               "header: save it with line feeds",
                               input->path, tr(input->unit), (unsigned long long)header_line(input, scan));
    if (pol_csv_row_at(scan, 0).cells > POL_CSV_COLUMN_LIMIT)
        return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: the header has %u columns; %d are the limit", input->path,
                               pol_csv_row_at(scan, 0).cells, POL_CSV_COLUMN_LIMIT);
    return POL_STATUS_OK;
}

/* Names and binds the cells of the row that was found. */
static enum pol_status read_cells(const struct pol_csv_schema *schema, struct pol_input *input,
                                  const struct pol_csv_scan *scan, struct pol_csv_header *header,
                                  struct pol_error *error) {
    const struct pol_csv_row row = pol_csv_row_at(scan, 0);
    struct header_cell *cells = calloc(row.cells, sizeof *cells);
    bool *known = calloc(row.cells, sizeof *known);
    header->column = calloc(schema->field_count + 1u, sizeof *header->column);
    header->columns = row.cells;
    header->data = scan->next;
    enum pol_status status = POL_STATUS_OK;
    if (cells == NULL || known == NULL || header->column == NULL) {
        status = pol_ledger_no_memory(error);
    } else if ((status = cut(input, scan, cells, error)) == POL_STATUS_OK) {
        status = match(schema, input, header_line(input, scan), cells, known, header, error);
    }
    free(cells);
    free(known);
    return status;
}

enum pol_status pol_csv_header_read(const struct pol_csv_schema *schema, struct pol_input *input,
                                    struct pol_csv_header *header, struct pol_error *error) {
    memset(header, 0, sizeof *header);
    struct pol_csv_row row;
    struct pol_csv_scan scan = {.data = input->data,
                                .size = input->size,
                                .limit = UINT64_MAX,
                                .max_rows = 1,
                                .columns = POL_CSV_COLUMN_LIMIT,
                                .end_capacity = POL_CSV_COLUMN_LIMIT + POL_CSV_SLACK,
                                .rows = &row};
    scan.ends = malloc(scan.end_capacity * sizeof *scan.ends);
    if (scan.ends == NULL)
        return pol_ledger_no_memory(error);
    enum pol_status status = scan_header(input, &scan, error);
    if (status == POL_STATUS_OK)
        status = read_cells(schema, input, &scan, header, error);
    free(scan.ends);
    if (status != POL_STATUS_OK)
        pol_csv_header_free(header);
    return status;
}

void pol_csv_header_free(struct pol_csv_header *header) {
    free(header->column);
    header->column = NULL;
}
