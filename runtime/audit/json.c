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

static void escape(struct pol_buffer *out, const unsigned char *p, size_t size) {
    if (size == 1)
        pol_buffer_format(out, "\\u%04x", p[0]);
    else if (size == 3 && p[0] == 0xE2 && p[1] == 0x80 && (p[2] == 0xA8 || p[2] == 0xA9))
        pol_buffer_format(out, "\\u20%02x", p[2] - 0x80);
    else
        pol_buffer_add(out, (const char *)p, size);
}

void pol_json_text(struct pol_buffer *out, const char *text, size_t size) {
    const unsigned char *p = (const unsigned char *)text;
    pol_buffer_text(out, "\"");
    for (size_t i = 0, plain = 0; i < size; i += plain) {
        for (plain = 0; i + plain < size && p[i + plain] < 0x80 && is_plain(p[i + plain]);)
            plain++;
        pol_buffer_add(out, text + i, plain);
        if (i + plain == size)
            break;
        size_t bytes = character(p + i + plain, size - i - plain);
        if (bytes == 0)
            pol_buffer_text(out, "\xEF\xBF\xBD");
        else
            escape(out, p + i + plain, bytes);
        plain += bytes > 0 ? bytes : 1;
    }
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
    pol_json_next(out);
    pol_json_string(out, name);
    pol_buffer_text(out, ":");
}
