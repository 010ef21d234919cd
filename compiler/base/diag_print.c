/* diag_print.c - caret text. */
#include "base/diag_print.h"

#include <string.h>

#include "tr.h"

enum {
    TAB = 4,
    WINDOW = 72, /* columns of a source line that are shown */
    LEAD = 40,   /* of them before the place, when the line is cut */
    EDGE = 80,   /* remarks go on below themselves */
    LABELS = 16, /* shown for one record */
};

enum colour { PLAIN, BOLD, RED, YELLOW, BLUE, CYAN };

struct printer {
    struct text_buffer *out;
    const struct sources *sources;
    bool coloured;
    unsigned gutter; /* digits of the largest line number shown */
};

static void colour(struct printer *p, enum colour c) {
    static const char *const codes[] = {[PLAIN] = "\033[0m",     [BOLD] = "\033[1m",    [RED] = "\033[1;31m",
                                        [YELLOW] = "\033[1;33m", [BLUE] = "\033[1;34m", [CYAN] = "\033[1;36m"};
    if (p->coloured)
        text_add(p->out, text_of(codes[c]));
}

static enum colour severity_colour(enum diag_severity s) {
    switch (s) {
    case DIAG_ERROR:
        return RED;
    case DIAG_WARNING:
        return YELLOW;
    case DIAG_NOTE:
        return CYAN;
    }
    return PLAIN;
}

static const char *severity_name(enum diag_severity s) {
    switch (s) {
    case DIAG_ERROR:
        return tr("error");
    case DIAG_WARNING:
        return tr("warning");
    case DIAG_NOTE:
        return tr("note");
    }
    return "";
}

/* Format characters that change the direction or are invisible. */
static bool is_hidden(uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x61c || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

/* One character of user text as it is shown at a column; returns its width. */
static size_t show(struct text_buffer *out, struct text t, size_t column, size_t *size) {
    static const char blanks[] = "    ";
    uint32_t code = text_decode(t, size);
    if (code == '\t') {
        size_t width = TAB - column % TAB;
        if (out)
            text_add(out, (struct text){blanks, width});
        return width;
    }
    bool bad = is_hidden(code) || code == 0xfffd;
    if (out)
        text_add(out, bad ? TEXT("\xef\xbf\xbd") : (struct text){t.data, *size});
    return bad ? 1 : text_code_width(code);
}

static struct text rest_of(struct text t, size_t size) {
    return (struct text){t.data + size, t.size - size};
}

/* User text in running text: harmless, on one line. */
static void add_safely(struct printer *p, struct text t) {
    for (size_t size; t.size; t = rest_of(t, size))
        show(p->out, t, 0, &size);
}

/* What closes a phrase of Chinese text does not begin a line. */
static bool closes(uint32_t code) {
    return code == 0x3001 || code == 0x3002 || code == 0xff0c || code == 0xff1b || code == 0xff1a || code == 0xff1f ||
           code == 0xff01 || code == 0xff09 || code == 0x201d || code == 0x300d || code == 0x300f;
}

/* Bytes that stay on one line, and the columns they take: a word with the blank before it, or a wide character with
 * what closes behind it. */
static size_t piece_of(struct text t, size_t *width) {
    size_t size, end = t.data[0] == ' ';
    *width = 0;
    while (end < t.size && t.data[end] != ' ') {
        uint32_t code = text_decode(rest_of(t, end), &size);
        bool wide = text_code_width(code) == 2;
        if (wide && *width && !closes(code))
            break;
        *width += show(NULL, rest_of(t, end), 0, &size);
        end += size;
        uint32_t next = end < t.size ? text_decode(rest_of(t, end), &size) : 0;
        if (wide && !closes(next) && code != 0xff08 && code != 0x201c) /* an opening one stays with what follows */
            break;
    }
    return end;
}

/* Running text from a column on: goes on below itself, at a blank or between wide characters, where the next piece
 * would pass the right edge. */
static void add_wrapped(struct printer *p, struct text t, size_t indent) {
    size_t column = indent;
    while (t.size) {
        size_t width, end = piece_of(t, &width), blank = t.data[0] == ' ';
        if (column > indent && column + blank + width > EDGE) {
            text_addf(p->out, "\n%*s", (int)indent, "");
            t = rest_of(t, blank);
            end -= blank;
            column = indent;
        } else {
            column += blank;
        }
        add_safely(p, (struct text){t.data, end});
        column += width;
        t = rest_of(t, end);
    }
}

/* ---- lines ------------------------------------------------------------------------------------------------------ */

/* The part of a line that is shown: bytes [from, to) of it; marks stand where it was cut. */
struct window {
    size_t from, to;
    bool cut_before, cut_after;
};

/* Goes back from a byte by about that many columns; stays on a character boundary. */
static size_t step_back(struct text line, size_t at, size_t columns) {
    size_t width = 0;
    while (at > 0 && width < columns) {
        do
            at--;
        while (at > 0 && ((unsigned char)line.data[at] & 0xc0) == 0x80);
        size_t size;
        width += show(NULL, rest_of(line, at), 0, &size);
    }
    return at;
}

static size_t step_on(struct text line, size_t at, size_t columns) {
    size_t width = 0, size;
    while (at < line.size && width < columns) {
        width += show(NULL, rest_of(line, at), width, &size);
        at += size;
    }
    return at;
}

static struct window window_for(struct text line, size_t at) {
    if (at > line.size)
        at = line.size;
    struct window w = {0, step_on(line, 0, WINDOW), false, false};
    if (at > w.to || (at == w.to && w.to < line.size)) {
        w.from = step_back(line, at, LEAD);
        w.to = step_on(line, w.from, WINDOW);
    }
    w.cut_before = w.from > 0;
    w.cut_after = w.to < line.size;
    return w;
}

static void gutter(struct printer *p, uint32_t line) {
    colour(p, BLUE);
    if (line)
        text_addf(p->out, "%*u | ", (int)p->gutter, line);
    else
        text_addf(p->out, "%*s | ", (int)p->gutter, "");
    colour(p, PLAIN);
}

static void print_line(struct printer *p, const struct place *place, struct window w) {
    gutter(p, place->line);
    size_t column = 0;
    if (w.cut_before)
        text_add(p->out, TEXT("…")), column++;
    struct text t = {place->line_text.data + w.from, w.to - w.from};
    for (size_t size; t.size; t = rest_of(t, size))
        column += show(p->out, t, column, &size);
    text_add(p->out, w.cut_after ? TEXT("…\n") : TEXT("\n"));
}

static void fill(struct printer *p, char c, size_t count) {
    for (size_t i = 0; i < count; i++)
        text_add(p->out, (struct text){&c, 1});
}

/* The column where byte `at` of the line is shown. */
static size_t column_of(struct text line, struct window w, size_t at) {
    size_t column = w.cut_before ? 1 : 0, size;
    for (size_t i = w.from; i < at && i < w.to; i += size)
        column += show(NULL, rest_of(line, i), column, &size);
    return column;
}

/* The underline for bytes [lo, hi) of the line. */
static void print_caret(struct printer *p, const struct place *place, struct window w, size_t lo, size_t hi, char mark,
                        enum colour c, struct text label) {
    size_t start = column_of(place->line_text, w, lo), stop = column_of(place->line_text, w, hi);
    gutter(p, 0);
    fill(p, ' ', start);
    colour(p, c);
    fill(p, mark, stop > start ? stop - start : 1);
    if (label.size) {
        text_add(p->out, TEXT(" "));
        add_safely(p, label);
    }
    colour(p, PLAIN);
    text_add(p->out, TEXT("\n"));
}

/* ---- records ---------------------------------------------------------------------------------------------------- */

struct mark {
    struct span span;
    struct place place;
    struct text text;
    bool primary, done;
};

static size_t gather(struct printer *p, const struct diag *d, struct mark *marks) {
    size_t count = 0;
    marks[count++] = (struct mark){d->span, sources_place(p->sources, d->span.lo), d->label, true, false};
    for (const struct diag_label *l = d->labels; l && count < LABELS; l = l->next)
        if (l->span.lo)
            marks[count++] = (struct mark){l->span, sources_place(p->sources, l->span.lo), l->text, false, false};
    p->gutter = 1;
    for (size_t i = 0; i < count; i++)
        for (uint32_t n = marks[i].place.line, digits = 1; n; n /= 10, digits++)
            if (digits > p->gutter)
                p->gutter = digits;
    return count;
}

static bool same_line(const struct mark *a, const struct mark *b) {
    return a->place.line_lo == b->place.line_lo;
}

/* One source line with every mark on it. A mark outside the window of the first gets a line of its own. */
static void print_marks(struct printer *p, struct mark *marks, size_t count, size_t first, enum colour primary) {
    const struct place *place = &marks[first].place;
    size_t at = marks[first].span.lo - place->line_lo;
    struct window w = window_for(place->line_text, at);
    print_line(p, place, w);
    for (size_t i = first; i < count; i++) {
        struct mark *m = &marks[i];
        if (m->done || !same_line(m, &marks[first]))
            continue;
        size_t lo = m->span.lo - place->line_lo, hi = m->span.hi > m->span.lo ? m->span.hi - place->line_lo : lo;
        if (i != first && (lo < w.from || lo > w.to))
            continue;
        m->done = true;
        print_caret(p, place, w, lo, hi, m->primary ? '^' : '-', m->primary ? primary : BLUE, m->text);
    }
}

static void empty_line(struct printer *p) {
    colour(p, BLUE);
    text_addf(p->out, "%*s |", (int)p->gutter, "");
    colour(p, PLAIN);
    text_add(p->out, TEXT("\n"));
}

static void print_place(struct printer *p, const char *arrow, const struct place *place) {
    colour(p, BLUE);
    text_addf(p->out, "%*s%s ", (int)p->gutter, "", arrow);
    colour(p, PLAIN);
    add_safely(p, place->path);
    text_addf(p->out, ":%u:%u\n", place->line, place->column);
}

static void print_places(struct printer *p, const struct diag *d) {
    struct mark marks[LABELS];
    size_t count = gather(p, d, marks);
    const struct mark *before = NULL;
    for (size_t i = 0; i < count; i++) {
        if (marks[i].done || marks[i].place.line == 0)
            continue;
        bool same_file = before && before->place.path.data == marks[i].place.path.data;
        if (!same_file) {
            print_place(p, before ? ":::" : "-->", &marks[i].place);
            empty_line(p);
        } else if (before->place.line + 1 != marks[i].place.line) {
            text_add(p->out, TEXT("...\n"));
        }
        print_marks(p, marks, count, i, severity_colour(d->severity));
        before = &marks[i];
    }
}

static void print_remarks(struct printer *p, const struct diag_line *lines, const char *word) {
    for (; lines; lines = lines->next) {
        colour(p, BLUE);
        text_addf(p->out, "%*s = ", (int)p->gutter, "");
        colour(p, BOLD);
        text_addf(p->out, "%s: ", word);
        colour(p, PLAIN);
        add_wrapped(p, lines->text, p->gutter + strlen(" = : ") + text_width(text_of(word)));
        text_add(p->out, TEXT("\n"));
    }
}

void diag_print(struct text_buffer *out, const struct sources *sources, const struct diag *d, bool coloured) {
    struct printer p = {out, sources, coloured, 1};
    colour(&p, severity_colour(d->severity));
    text_addf(out, "%s[%s]", severity_name(d->severity), diag_code_name(d->code));
    colour(&p, BOLD);
    text_add(out, TEXT(": "));
    add_safely(&p, d->message);
    colour(&p, PLAIN);
    text_add(out, TEXT("\n"));
    print_places(&p, d);
    print_remarks(&p, d->notes, tr("note"));
    print_remarks(&p, d->helps, tr("help"));
    if (d->has_fix) {
        struct diag_line fix = {d->fix_text.size ? text_format(out->arena, tr("write `%.*s`"), TEXT_ARG(d->fix_text))
                                                 : text_of(tr("leave it out")),
                                NULL};
        print_remarks(&p, &fix, tr("fix"));
    }
}

void diags_print(struct text_buffer *out, const struct sources *sources, const struct diags *d, bool coloured) {
    size_t shown = 0;
    for (const struct diag *r = d->first; r; r = r->next, shown++) {
        diag_print(out, sources, r, coloured);
        text_add(out, TEXT("\n"));
    }
    if (!shown)
        return;
    if (d->error_count)
        text_addf(out, tr_count("%zu error", "%zu errors", d->error_count), d->error_count);
    if (d->error_count && d->warning_count)
        text_add(out, text_of(tr(", ")));
    if (d->warning_count)
        text_addf(out, tr_count("%zu warning", "%zu warnings", d->warning_count), d->warning_count);
    size_t counted = d->error_count + d->warning_count;
    if (counted > shown)
        text_addf(out, tr("; the first %zu are shown"), shown);
    text_add(out, TEXT("\n"));
}
