/* The differences as text for people and as JSON. */
#include "diff/diff_int.h"

enum { LINE = 80 };

static const char *say(const struct diff *d, const char *english, const char *chinese) {
    return d->language == DIFF_CHINESE ? chinese : english;
}

/* "§7 award: 10万元 → 8万元" up to what comes behind the colon. */
static struct text heading(const struct diff *d, const struct diff_entry *e, struct arena *arena) {
    struct text_buffer out = {.arena = arena};
    text_add(&out, e->place);
    if (out.size && !(out.size >= 3 && text_equal((struct text){out.data + out.size - 3, 3}, TEXT("，"))))
        text_add(&out, TEXT(" "));
    switch (e->change) {
    case DIFF_CHANGED:
        break;
    case DIFF_ADDED:
        text_add(&out, text_of(say(d, "added ", "新增")));
        break;
    case DIFF_REMOVED:
        text_add(&out, text_of(say(d, "removed ", "删除")));
        break;
    case DIFF_RENAMED:
        break;
    }
    text_add(&out, e->subject);
    return text_of_buffer(&out);
}

static struct text line_of(const struct diff *d, const struct diff_entry *e, struct text head, struct arena *arena) {
    bool both = e->before.size && e->after.size;
    if (!e->before.size && !e->after.size)
        return head;
    return text_format(arena, "%.*s%s%.*s%s%.*s", TEXT_ARG(head), say(d, ": ", "："), TEXT_ARG(e->before),
                       both ? " → " : "", TEXT_ARG(e->after));
}

/* What no terminal is to act upon, and line breaks, are shown as blanks. */
static void put_shown(struct text_buffer *out, struct text t) {
    for (size_t at = 0, size; at < t.size; at += size) {
        uint32_t code = text_decode((struct text){t.data + at, t.size - at}, &size);
        bool turns = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) || code == 0x200e ||
                     code == 0x200f;
        bool control = code < 0x20 || (code >= 0x7f && code < 0xa0);
        bool broken = code == 0xfffd && size == 1;
        text_add(out, broken ? TEXT("?") : turns || control ? TEXT(" ") : (struct text){t.data + at, size});
    }
}

/* Broken into lines of at most LINE columns, at blanks and between wide characters, the later ones indented. */
static void put_wrapped(struct text_buffer *out, const char *mark, struct text t) {
    enum { INDENT = 6 };
    text_addf(out, "    %s ", mark);
    size_t column = INDENT, at = 0;
    while (at < t.size) {
        size_t end = at, width = 0, size;
        do { /* a word: up to the next blank or wide character */
            uint32_t code = text_decode((struct text){t.data + end, t.size - end}, &size);
            bool breaks = code == ' ' || text_code_width(code) == 2;
            if (breaks && end > at && code != ' ')
                break;
            width += text_code_width(code);
            end += size;
            if (breaks)
                break;
        } while (end < t.size);
        bool blank = t.data[end - 1] == ' ';
        if (column > INDENT && column + width - blank > LINE) {
            text_add(out, TEXT("\n      "));
            column = INDENT;
        }
        put_shown(out, (struct text){t.data + at, end - at});
        column += width;
        at = end;
    }
    text_add(out, TEXT("\n"));
}

static void put_entry(struct text_buffer *out, const struct diff *d, const struct diff_entry *e) {
    struct text head = heading(d, e, out->arena), line = line_of(d, e, head, out->arena);
    if (text_width(line) <= LINE || (!e->before.size && !e->after.size)) {
        put_shown(out, line);
        text_add(out, TEXT("\n"));
        return;
    }
    put_shown(out, head);
    text_add(out, text_of(say(d, ":\n", "：\n")));
    if (e->before.size)
        put_wrapped(out, "-", e->before);
    if (e->after.size)
        put_wrapped(out, "+", e->after);
}

static void put_renamed(struct text_buffer *out, const struct diff *d) {
    if (!d->renamed)
        return;
    text_add(out, text_of(say(d, "\nOnly called otherwise in ledgers (the label says that it is the same):\n",
                              "\n仅台账中的名称不同（标签相同，即为同一事物）：\n")));
    for (const struct diff_entry *e = d->first; e; e = e->next)
        if (e->change == DIFF_RENAMED)
            put_entry(out, d, e);
}

static void put_count(struct text_buffer *out, const struct diff *d) {
    if (!d->count) {
        text_add(out, text_of(say(d, "no difference of meaning\n", "含义无差异\n")));
        return;
    }
    if (d->language == DIFF_CHINESE)
        text_addf(out, "共 %zu 处差异，其中 %zu 处可能改变决定\n", d->count, d->decides);
    else
        text_addf(out, "%zu %s, %zu of which may change decisions\n", d->count,
                  d->count == 1 ? "difference" : "differences", d->decides);
}

void diff_print_text(struct text_buffer *out, const struct diff *diff) {
    for (const struct diff_entry *e = diff->first; e; e = e->next)
        if (e->change != DIFF_RENAMED)
            put_entry(out, diff, e);
    if (diff->count)
        text_add(out, TEXT("\n"));
    put_count(out, diff);
    put_renamed(out, diff);
}

/* ---- JSON ---------------------------------------------------------------------------------------------------------
 */

static void put_entry_value(bool *failed, json_t *array, const struct diff *d, const struct diff_entry *e,
                            struct arena *arena) {
    static const char *const changes[] = {"changed", "added", "removed", "renamed"};
    struct text line = line_of(d, e, heading(d, e, arena), arena);
    json_t *value = value_element(failed, array);
    value_put_text(failed, value, "what", text_of(e->what));
    value_put_text(failed, value, "change", text_of(changes[e->change]));
    value_put(failed, value, "decides", json_boolean(e->decides));
    if (e->clause.size)
        value_put_text(failed, value, "clause", e->clause);
    if (e->item.size)
        value_put_text(failed, value, "item", e->item);
    value_put_text(failed, value, "subject", e->subject);
    if (e->before.size)
        value_put_text(failed, value, "old", e->before);
    if (e->after.size)
        value_put_text(failed, value, "new", e->after);
    value_put_text(failed, value, "text", line);
}

void diff_put_json(bool *failed, json_t *document, const struct diff *diff, struct text before, struct text after,
                   struct arena *arena) {
    value_put_text(failed, document, "old", before);
    value_put_text(failed, document, "new", after);
    value_put_text(failed, document, "language", text_of(say(diff, "en", "zh")));
    value_put_count(failed, document, "may_change_decisions", diff->decides);
    json_t *differences = value_array(failed, document, "differences");
    json_t *renamed = value_array(failed, document, "renamed");
    for (const struct diff_entry *e = diff->first; e; e = e->next)
        put_entry_value(failed, e->change == DIFF_RENAMED ? renamed : differences, diff, e, arena);
}
