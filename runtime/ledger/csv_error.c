#include "ledger/csv_error.h"

#include <string.h>

#include "ledger/cell.h"
#include "ledger/fail.h"

enum pol_status pol_csv_scan_error(const struct pol_input *input, const struct pol_csv_scan *scan,
                                   struct pol_error *error) {
    unsigned long long line = pol_input_line(input, scan->error_at), cell = pol_input_line(input, scan->error_cell);
    if (scan->stop == POL_CSV_STOP_UNCLOSED)
        return pol_ledger_fail(error, POL_STATUS_INPUT,
                               "%s: line %llu: a quote is opened here and never closed: close it, or double it if it "
                               "belongs to the text",
                               input->path, cell);
    if (scan->stop == POL_CSV_STOP_LONG)
        return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: line %llu: a row of more than 2 GiB", input->path, cell);
    if (input->data[scan->error_at] == '\r')
        return pol_ledger_fail(error, POL_STATUS_INPUT,
                               "%s: line %llu: a carriage return alone behind a closing quote: save the file with "
                               "line feeds",
                               input->path, line);
    if (line != cell)
        return pol_ledger_fail(error, POL_STATUS_INPUT,
                               "%s: line %llu: text behind a closing quote (the cell begins on line %llu): double the "
                               "quotes inside a quoted cell",
                               input->path, line, cell);
    return pol_ledger_fail(error, POL_STATUS_INPUT,
                           "%s: line %llu: text behind a closing quote: double the quotes inside a quoted cell",
                           input->path, line);
}

/* Characters that are not seen, or turn what stands around them: U+0080 to U+009F, U+200B to U+200F, U+2028 to U+202E,
 * U+2060 to U+206F, U+FEFF. `p` is a sound sequence of `size` bytes. */
static bool is_unseen(const char *p, size_t size) {
    const unsigned char *b = (const unsigned char *)p;
    if (size == 2)
        return b[0] == 0xC2 && b[1] < 0xA0;
    if (size != 3)
        return false;
    unsigned code = (b[0] & 0x0Fu) << 12 | (b[1] & 0x3Fu) << 6 | (b[2] & 0x3Fu);
    return (code >= 0x200B && code <= 0x200F) || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2060 && code <= 0x206F) || code == 0xFEFF;
}

const char *pol_shown(const char *data, size_t size, char out[POL_SHOWN_SIZE]) {
    size_t used = 0;
    const char *p = data, *end = data + size;
    while (p < end && used < 40) {
        size_t step = 1;
        while (step < 4 && step <= (size_t)(end - p) && !pol_utf8_sound(p, p + step))
            step++;
        if (step > (size_t)(end - p) || !pol_utf8_sound(p, p + step) || (unsigned char)*p < 0x20 || *p == 0x7F) {
            out[used++] = '?';
            p++;
            continue;
        }
        if (is_unseen(p, step)) {
            out[used++] = '?';
        } else {
            memcpy(out + used, p, step);
            used += step;
        }
        p += step;
    }
    if (p < end) {
        memcpy(out + used, "…", 3);
        used += 3;
    }
    out[used] = '\0';
    return out;
}
