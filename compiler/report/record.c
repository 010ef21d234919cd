/* record.c - JSON values, added with one place to notice that memory ran out; paths. */
#include "report/record.h"

#include <stdlib.h>
#include <string.h>

struct text record_text(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return value ? (struct text){json_string_value(value), json_string_length(value)} : TEXT("");
}

size_t record_count(const json_t *object, const char *key) {
    return (size_t)json_integer_value(json_object_get(object, key));
}

/* ---- paths ---------------------------------------------------------------------------------------------------------
 */

/* Takes "." and ".." out of an absolute path, by its letters alone; `out` has room for it. Returns the size. */
static size_t normalise(struct text path, char *out) {
    size_t used = 0, size;
    for (size_t at = 0; at < path.size; at += size + 1) {
        const char *part = path.data + at, *slash = memchr(part, '/', path.size - at);
        size = slash ? (size_t)(slash - part) : path.size - at;
        if (size == 0 || (size == 1 && part[0] == '.'))
            continue;
        if (size == 2 && memcmp(part, "..", 2) == 0) {
            while (used && out[used - 1] != '/')
                used--;
            used -= used > 0;
            continue;
        }
        out[used] = '/';
        memcpy(out + used + 1, part, size);
        used += size + 1;
    }
    return used;
}

struct text record_path(const struct report *r, struct text path, struct arena *arena) {
    bool absolute = path.size && path.data[0] == '/';
    if (!absolute && !r->folder.size)
        return path;
    struct text whole = absolute ? path : text_format(arena, "%.*s/%.*s", TEXT_ARG(r->folder), TEXT_ARG(path));
    char *out = arena_alloc(arena, whole.size + 1);
    size_t size = normalise(whole, out), base = r->folder.size;
    bool inside = base && size > base + 1 && memcmp(out, r->folder.data, base) == 0 && out[base] == '/';
    return inside ? (struct text){out + base + 1, size - base - 1} : (struct text){out, size};
}
