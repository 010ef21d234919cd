#include "audit/json.h"

#include <string.h>

/* Bytes of the UTF-8 character at `p`, 0 where there is none. */
static size_t character(const unsigned char *p, size_t left) {
    size_t size = p[0] < 0x80 ? 1 : p[0] < 0xC2 ? 0 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : p[0] < 0xF5 ? 4 : 0;
    if (size == 0 || size > left)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    bool surrogate = p[0] == 0xED && p[1] >= 0xA0,
         overlong = (p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xF0 && p[1] < 0x90),
         beyond = p[0] == 0xF4 && p[1] >= 0x90;
    return surrogate || overlong || beyond ? 0 : size;
}

static bool is_plain(unsigned char c) {
    return c >= 0x20 && c != '"' && c != '\\' && c != '<' && c != '&' && c != 0x7F;
}

/* U+2028 and U+2029 end lines in scripts. */
static bool is_separator(const unsigned char *p) {
    return p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9);
}

static void escape(struct pol_buffer *out, const unsigned char *p, size_t size) {
    if (size == 1)
        pol_buffer_format(out, "\\u%04x", p[0]);
    else if (size == 3)
        pol_buffer_format(out, "\\u20%02x", p[2] - 0x80);
    else
        pol_buffer_text(out, "\xEF\xBF\xBD");
}

void pol_json_text(struct pol_buffer *out, const char *text, size_t size) {
    const unsigned char *p = (const unsigned char *)text;
    size_t from = 0; /* what stands before was added */
    pol_buffer_text(out, "\"");
    for (size_t i = 0; i < size;) {
        if (p[i] < 0x80 && is_plain(p[i])) {
            i++;
            continue;
        }
        size_t bytes = character(p + i, size - i);
        if (bytes > 1 && !is_separator(p + i)) {
            i += bytes;
            continue;
        }
        pol_buffer_add(out, text + from, i - from);
        escape(out, p + i, bytes);
        i += bytes > 0 ? bytes : 1;
        from = i;
    }
    pol_buffer_add(out, text + from, size - from);
    pol_buffer_text(out, "\"");
}

void pol_json_string(struct pol_buffer *out, const char *text) {
    pol_json_text(out, text, strlen(text));
}

void pol_json_number(struct pol_buffer *out, pol_wide value) {
    const pol_wide exact = (pol_wide)1 << 53;
    char digits[48];
    size_t size = (size_t)(pol_put_decimal(digits, value, 0) - digits);
    bool quoted = value > exact || value < -exact;
    pol_buffer_add(out, "\"", quoted);
    pol_buffer_add(out, digits, size);
    pol_buffer_add(out, "\"", quoted);
}

void pol_json_next(struct pol_buffer *out) {
    char last = '{';
    if (out->size > 0)
        last = out->data[out->size - 1];
    if (last == '\n' && out->size > 1)
        last = out->data[out->size - 2];
    if (last != '{' && last != '[' && last != ',' && last != ':')
        pol_buffer_text(out, ",");
}

void pol_json_name(struct pol_buffer *out, const char *name) {
    size_t size = strlen(name);
    pol_json_next(out);
    if (!pol_buffer_reserve(out, size + 3))
        return;
    char *to = out->data + out->size;
    *to++ = '"';
    for (size_t i = 0; i < size; i++)
        to[i] = name[i];
    to[size] = '"';
    to[size + 1] = ':';
    out->size += size + 3;
}
