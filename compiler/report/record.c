/* record.c - JSON values, added with one place to notice that memory ran out; paths. */
#include "report/record.h"

#include <stdlib.h>
#include <string.h>

void record_put(struct report *r, json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, value) != 0)
        r->failed = true;
}

void record_append(struct report *r, json_t *array, json_t *value) {
    if (json_array_append_new(array, value) != 0)
        r->failed = true;
}

static const char replacement[] = "\xef\xbf\xbd";

/* JSON text is UTF-8: what is malformed becomes U+FFFD. */
static json_t *clean_string(struct text t) {
    json_t *value = json_stringn(t.data ? t.data : "", t.size);
    char *bytes = value ? NULL : malloc(t.size * (sizeof replacement - 1) + 1);
    if (!bytes)
        return value;
    size_t used = 0, size;
    for (; t.data && t.size; t.data += size, t.size -= size) {
        bool bad = text_decode(t, &size) == 0xfffd;
        memcpy(bytes + used, bad ? replacement : t.data, bad ? sizeof replacement - 1 : size);
        used += bad ? sizeof replacement - 1 : size;
    }
    value = json_stringn(bytes, used);
    free(bytes);
    return value;
}

void record_put_text(struct report *r, json_t *object, const char *key, struct text t) {
    record_put(r, object, key, clean_string(t));
}

void record_put_count(struct report *r, json_t *object, const char *key, size_t count) {
    record_put(r, object, key, json_integer((json_int_t)count));
}

json_t *record_object(struct report *r, json_t *object, const char *key) {
    record_put(r, object, key, json_object());
    return json_object_get(object, key);
}

json_t *record_array(struct report *r, json_t *object, const char *key) {
    record_put(r, object, key, json_array());
    return json_object_get(object, key);
}

json_t *record_element(struct report *r, json_t *array) {
    size_t before = json_array_size(array);
    record_append(r, array, json_object());
    return json_array_get(array, before);
}

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
