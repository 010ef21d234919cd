#include "ledger/gb18030.h"

#include <iconv.h>
#include <string.h>

#include "ledger/fail.h"

size_t pol_gb18030_room(size_t size) {
    return size * 2 + 16; /* two bytes become at most four (0xFE51 is U+20087), four at most four */
}

/* Bytes of the character at `p` by its structure alone; 0: none begins here. */
static size_t character_size(const unsigned char *p, const unsigned char *end) {
    if (p[0] < 0x81 || p[0] > 0xFE || end - p < 2)
        return 0;
    if (p[1] >= 0x40 && p[1] <= 0xFE && p[1] != 0x7F)
        return 2;
    if (p[1] < 0x30 || p[1] > 0x39 || end - p < 4)
        return 0;
    return p[2] >= 0x81 && p[2] <= 0xFE && p[3] >= 0x30 && p[3] <= 0x39 ? 4 : 0;
}

static const unsigned char *skip_ascii(const unsigned char *p, const unsigned char *end) {
    while (end - p >= 8) {
        uint64_t word;
        memcpy(&word, p, sizeof word);
        if (word & 0x8080808080808080u)
            break;
        p += 8;
    }
    while (p < end && *p < 0x80)
        p++;
    return p;
}

/* Converts characters of sound structure; one that stands for nothing (such have four bytes) stays as it is. */
static unsigned char *convert_run(iconv_t converter, const unsigned char *p, const unsigned char *end,
                                  unsigned char *out, unsigned char *out_end) {
    while (p < end) {
        char *from = (char *)(uintptr_t)p, *to = (char *)out;
        size_t from_left = (size_t)(end - p), to_left = (size_t)(out_end - out);
        size_t result = iconv(converter, &from, &from_left, &to, &to_left);
        p = (const unsigned char *)from;
        out = (unsigned char *)to;
        if (result != (size_t)-1)
            break;
        size_t bad = character_size(p, end);
        if (bad == 0)
            bad = 1;
        memcpy(out, p, bad);
        out += bad;
        p += bad;
        iconv(converter, NULL, NULL, NULL, NULL);
    }
    return out;
}

enum pol_status pol_gb18030_convert(const char *bytes, size_t size, char *out, size_t *written,
                                    struct pol_error *error) {
    iconv_t converter = iconv_open("UTF-8", "GB18030");
    if (converter == (iconv_t)-1)
        return pol_ledger_fail(error, POL_STATUS_SYSTEM,
                               "this system cannot convert GB18030: convert the file to UTF-8 first");
    const unsigned char *p = (const unsigned char *)bytes, *end = p + size;
    unsigned char *to = (unsigned char *)out, *to_end = to + pol_gb18030_room(size);
    while (p < end) {
        const unsigned char *run = skip_ascii(p, end);
        memcpy(to, p, (size_t)(run - p));
        to += run - p;
        p = run;
        size_t step = 0;
        while (p < end && (step = character_size(p, end)) != 0)
            p += step;
        to = convert_run(converter, run, p, to, to_end);
        if (p < end && *p >= 0x80)
            *to++ = *p++;
    }
    iconv_close(converter);
    *written = (size_t)(to - (unsigned char *)out);
    return POL_STATUS_OK;
}
