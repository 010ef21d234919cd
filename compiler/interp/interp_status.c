#include "interp/interp_status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tr.h"

/* The longest prefix of `size` bytes that does not end inside a character. */
static size_t whole_characters(const char *data, size_t size) {
    size_t start = size;
    while (start > 0 && size - start < 3 && ((unsigned char)data[start - 1] & 0xc0) == 0x80) {
        start--;
    }
    if (start == 0) {
        return size;
    }
    unsigned char lead = (unsigned char)data[start - 1];
    size_t need = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return size - (start - 1) < need ? start - 1 : size;
}

enum interp_status interp_fail(struct interp_error *error, enum interp_status status, const char *format, ...) {
    if (error == NULL) {
        return status;
    }
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(error->message, sizeof error->message, tr(format), arguments);
    va_end(arguments);
    if (size < 0) {
        error->message[0] = '\0';
    } else if ((size_t)size >= sizeof error->message) {
        error->message[whole_characters(error->message, sizeof error->message - 1)] = '\0';
    }
    error->status = status;
    return status;
}

/* Control characters, and those that are not seen or turn what stands around them. */
static bool is_unseen(uint32_t code) {
    return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x200b && code <= 0x200f) ||
           (code >= 0x2028 && code <= 0x202e) || (code >= 0x2060 && code <= 0x206f) || code == 0xfeff;
}

struct interp_shown interp_show(struct text t) {
    struct interp_shown shown;
    size_t used = 0;
    bool cut = false;
    while (t.size > 0) {
        size_t size = 0;
        uint32_t code = text_decode(t, &size);
        if (size == 0) {
            break;
        }
        if (used + size > sizeof shown.text - 4) {
            cut = true;
            break;
        }
        if (is_unseen(code) || (code == 0xfffd && size == 1)) {
            shown.text[used++] = '?';
        } else {
            memcpy(shown.text + used, t.data, size);
            used += size;
        }
        t.data += size;
        t.size -= size;
    }
    memcpy(shown.text + used, cut ? "..." : "", cut ? 4 : 1);
    return shown;
}
