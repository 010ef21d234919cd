#include "legal/original.h"

#include <string.h>

#include "legal/numeral.h"

struct original {
    struct arena *arena;
    struct text document;
    /* the characters that are not white space, and where each stands */
    uint32_t *code, *byte;
    uint32_t *simple; /* the same in simplified form; NULL until needed */
    size_t count;
    struct provision *provision;
    size_t provision_count;
};

static bool blank(uint32_t code) {
    return code == ' ' || code == '\t' || code == '\n' || code == '\r' || code == 0xa0 || code == 0x3000 ||
           (code >= 0x2000 && code <= 0x200b) || code == 0xfeff;
}

static size_t squeeze(struct text t, uint32_t *code, uint32_t *byte) {
    size_t n = 0, size;
    for (size_t at = 0; at < t.size; at += size) {
        uint32_t c = text_decode((struct text){t.data + at, t.size - at}, &size);
        if (blank(c))
            continue;
        code[n] = c;
        byte[n++] = (uint32_t)at;
    }
    byte[n] = (uint32_t)t.size;
    return n;
}

/* ---- simplified and traditional --------------------------------------------------------------------------------- */

/* Ascending; written when pol is built (table/make_simplified.c). */
static const struct {
    uint32_t code, simple;
} simplified_forms[] = {
#include "simplified.inc"
};

static uint32_t simplified(uint32_t code) {
    size_t low = 0, high = sizeof simplified_forms / sizeof *simplified_forms;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (simplified_forms[middle].code == code)
            return simplified_forms[middle].simple;
        if (simplified_forms[middle].code < code)
            low = middle + 1;
        else
            high = middle;
    }
    return code;
}

static void simplify(uint32_t *code, size_t count) {
    for (size_t i = 0; i < count; i++)
        code[i] = simplified(code[i]);
}

static void prepare_simple(struct original *o) {
    if (o->simple)
        return;
    o->simple = arena_array_of(o->arena, uint32_t, o->count + 1);
    memcpy(o->simple, o->code, o->count * sizeof *o->code);
    simplify(o->simple, o->count);
}

/* ---- provisions ------------------------------------------------------------------------------------------------- */

/* `第五条` at the front of a line; `第二章` is a heading. */
static int64_t article_number(struct text line, enum provision_style *style, bool *heading) {
    size_t size, used, at;
    text_decode(line, &size);
    for (at = size; at < line.size && at < 32; at += size) {
        uint32_t code = text_decode((struct text){line.data + at, line.size - at}, &size);
        if (code == 0x6761 || code == 0x689d) /* 条 條 */
            return numeral_of_provision((struct text){line.data, at + size}, style);
        if (code == 0x7ae0 || code == 0x8282 || code == 0x7bc0) { /* 章 节 節 */
            numeral_chinese((struct text){line.data + 3, at - 3}, &used);
            *heading = used == at - 3;
            return 0;
        }
    }
    return 0;
}

/* The number a line begins with; 0 when none. A heading (`一、`, `3、` without text of its own) ends the one before it.
 */
static int64_t line_number(struct text line, enum provision_style *style, bool *heading) {
    size_t size = 0, at = 0, used;
    while (at < line.size && blank(text_decode((struct text){line.data + at, line.size - at}, &size)))
        at += size;
    struct text rest = {line.data + at, line.size - at};
    *style = PROVISION_PLAIN;
    *heading = false;
    uint32_t code = text_decode(rest, &size);
    if (code == '(' || code == 0xff08) {
        for (size_t end = size; end < rest.size && end < 24; end += size) {
            code = text_decode((struct text){rest.data + end, rest.size - end}, &size);
            if (code == ')' || code == 0xff09)
                return numeral_of_provision((struct text){rest.data, end + size}, style);
        }
        return 0;
    }
    if (code == 0x7b2c) /* 第 */
        return article_number(rest, style, heading);
    numeral_chinese(rest, &used);
    if (used) {
        code = text_decode((struct text){rest.data + used, rest.size - used}, &size);
        *heading = code == 0x3001; /* 、 */
        return 0;
    }
    int64_t value = 0;
    for (at = 0; at < rest.size && at < 4 && rest.data[at] >= '0' && rest.data[at] <= '9'; at++)
        value = value * 10 + (rest.data[at] - '0');
    if (at == 0)
        return 0;
    code = text_decode((struct text){rest.data + at, rest.size - at}, &size);
    if (code != 0x3001 && code != '.' && code != 0xff0e)
        return 0;
    int next = at + size < rest.size ? rest.data[at + size] : '\0';
    return next >= '0' && next <= '9' ? 0 : value;
}

/* Ends the provision `*open` (index + 1; 0 = none is open) at a byte. */
static void close_provision(struct original *o, size_t *open, size_t at) {
    if (*open)
        o->provision[*open - 1].hi = at;
    *open = 0;
}

static void find_provisions(struct original *o) {
    size_t capacity = 0, open[PROVISION_STYLES] = {0};
    for (size_t at = 0; at < o->document.size;) {
        const char *end = memchr(o->document.data + at, '\n', o->document.size - at);
        size_t stop = end ? (size_t)(end - o->document.data) : o->document.size;
        enum provision_style style;
        bool heading;
        int64_t number = line_number((struct text){o->document.data + at, stop - at}, &style, &heading);
        for (int i = 0; i < PROVISION_STYLES; i++) /* one of a higher style ends those of the lower ones */
            if (heading || (number && i <= (int)style))
                close_provision(o, &open[i], at);
        if (number) {
            o->provision = arena_grow(o->arena, o->provision, o->provision_count, &capacity, o->provision_count + 1,
                                      sizeof *o->provision);
            o->provision[o->provision_count++] = (struct provision){
                .number = number, .style = style, .lo = at, .hi = o->document.size, .first_line = stop};
            open[style] = o->provision_count;
        }
        at = stop + 1;
    }
}

/* ---- the document ----------------------------------------------------------------------------------------------- */

struct original *original_new(struct text document, struct arena *arena) {
    struct original *o = arena_new_of(arena, struct original);
    o->arena = arena;
    o->document = document;
    o->code = arena_array_of(arena, uint32_t, document.size + 1);
    o->byte = arena_array_of(arena, uint32_t, document.size + 1);
    o->count = squeeze(document, o->code, o->byte);
    find_provisions(o);
    return o;
}

struct text original_text(const struct original *o) {
    return o->document;
}

const struct provision *original_provisions(const struct original *o, size_t *count) {
    *count = o->provision_count;
    return o->provision;
}

/* Position of the first of `count` characters at or behind `from`; SIZE_MAX when they are nowhere. */
static size_t search(const uint32_t *hay, size_t hay_count, const uint32_t *needle, size_t count, size_t from) {
    for (size_t i = from; i + count <= hay_count; i++)
        if (hay[i] == needle[0] && memcmp(hay + i, needle, count * sizeof *needle) == 0)
            return i;
    return SIZE_MAX;
}

static size_t first_behind(const struct original *o, size_t byte) {
    size_t low = 0, high = o->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (o->byte[middle] < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static size_t character_end(const struct original *o, size_t i) {
    size_t size, at = o->byte[i];
    text_decode((struct text){o->document.data + at, o->document.size - at}, &size);
    return at + size;
}

bool original_find(struct original *o, struct text needle, size_t from, size_t *lo, size_t *hi) {
    uint32_t *code = arena_array_of(o->arena, uint32_t, needle.size + 1);
    uint32_t *byte = arena_array_of(o->arena, uint32_t, needle.size + 1);
    size_t count = squeeze(needle, code, byte), start = first_behind(o, from), at;
    if (count == 0)
        return false;
    at = search(o->code, o->count, code, count, start);
    if (at == SIZE_MAX) {
        prepare_simple(o);
        simplify(code, count);
        at = search(o->simple, o->count, code, count, start);
    }
    if (at == SIZE_MAX)
        return false;
    *lo = o->byte[at];
    *hi = character_end(o, at + count - 1);
    return true;
}

size_t original_common(struct original *o, struct text needle, size_t *end) {
    uint32_t *code = arena_array_of(o->arena, uint32_t, needle.size + 1);
    uint32_t *byte = arena_array_of(o->arena, uint32_t, needle.size + 1);
    size_t count = squeeze(needle, code, byte), best = 0;
    prepare_simple(o);
    simplify(code, count);
    *end = 0;
    for (size_t i = 0; i < o->count; i++) {
        size_t n = 0;
        while (n < count && i + n < o->count && o->simple[i + n] == code[n])
            n++;
        if (n > best) {
            best = n;
            *end = character_end(o, i + n - 1);
        }
    }
    return byte[best];
}
