/* make_simplified - at build time: writes the characters that have a simplified form, as OpenCC's t2s has it, and that
 * form, as lines of C in the order of the characters. polc itself needs neither OpenCC nor its dictionaries.
 */
#include <opencc/opencc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { FIRST = 0x3400, LAST = 0x323af }; /* the blocks of Chinese characters */

static size_t encode(uint32_t code, char *out) {
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

/* The first character of `text`, which OpenCC made and which is at least as far along as FIRST. */
static uint32_t decode(const char *text) {
    const unsigned char *p = (const unsigned char *)text;
    if (p[0] >= 0xf0)
        return (p[0] & 7u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
    return (p[0] & 15u) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
}

int main(void) {
    opencc_t converter = opencc_open("t2s.json");
    if (converter == (opencc_t)-1) {
        fprintf(stderr, "make_simplified: OpenCC: %s\n", opencc_error());
        return 4;
    }
    for (uint32_t code = FIRST; code <= LAST; code++) {
        char in[8] = {0}, out[64] = {0};
        if ((code >= 0xa000 && code < 0xf900) || (code >= 0xfb00 && code < 0x20000))
            continue; /* other scripts, surrogates */
        size_t size = opencc_convert_utf8_to_buffer(converter, in, encode(code, in), out);
        if (size != (size_t)-1 && size >= 3 && (unsigned char)out[0] >= 0xe3 && decode(out) != code)
            printf("{0x%x, 0x%x},\n", (unsigned)code, (unsigned)decode(out));
    }
    opencc_close(converter);
    return fflush(stdout) != 0 || ferror(stdout) ? 4 : 0;
}
