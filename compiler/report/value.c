/* value.c - JSON values, added with one place to notice that memory ran out. */
#include "report/value.h"

#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

void value_put(bool *failed, json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, value) != 0)
        *failed = true;
}

void value_append(bool *failed, json_t *array, json_t *value) {
    if (json_array_append_new(array, value) != 0)
        *failed = true;
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

void value_put_text(bool *failed, json_t *object, const char *key, struct text t) {
    value_put(failed, object, key, clean_string(t));
}

void value_put_count(bool *failed, json_t *object, const char *key, size_t count) {
    value_put(failed, object, key, json_integer((json_int_t)count));
}

json_t *value_object(bool *failed, json_t *object, const char *key) {
    value_put(failed, object, key, json_object());
    return json_object_get(object, key);
}

json_t *value_array(bool *failed, json_t *object, const char *key) {
    value_put(failed, object, key, json_array());
    return json_object_get(object, key);
}

json_t *value_element(bool *failed, json_t *array) {
    size_t before = json_array_size(array);
    value_append(failed, array, json_object());
    return json_array_get(array, before);
}

/* Measures first, so that nothing is lost when the arena has no room. */
struct text value_dump(const json_t *document, struct arena *arena) {
    size_t size = json_dumpb(document, NULL, 0, JSON_INDENT(2));
    char *bytes = size ? malloc(size + 1) : NULL;
    if (!bytes || json_dumpb(document, bytes, size, JSON_INDENT(2)) != size) {
        free(bytes);
        return TEXT("");
    }
    bytes[size] = '\n';
    jmp_buf no_memory, *before = arena_on_failure(arena, &no_memory);
    if (setjmp(no_memory)) {
        free(bytes);
        arena_on_failure(arena, before);
        return TEXT("");
    }
    struct text copy = text_copy(arena, (struct text){bytes, size + 1});
    arena_on_failure(arena, before);
    free(bytes);
    return copy;
}
