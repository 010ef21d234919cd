/* text.c - slices, UTF-8, widths, buffers, and a hash map from text. */
#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

struct text text_of(const char *z) {
    return (struct text){z, strlen(z)};
}

bool text_equal(struct text a, struct text b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

int text_compare(struct text a, struct text b) {
    size_t common = a.size < b.size ? a.size : b.size;
    int order = common ? memcmp(a.data, b.data, common) : 0;
    if (order)
        return order;
    return (a.size > b.size) - (a.size < b.size);
}

struct text text_copy(struct arena *arena, struct text t) {
    char *copy = arena_alloc(arena, t.size + 1);
    if (t.size)
        memcpy(copy, t.data, t.size);
    return (struct text){copy, t.size};
}

struct text text_vformat(struct arena *arena, const char *format, va_list args) {
    va_list again;
    va_copy(again, args);
    int size = vsnprintf(NULL, 0, format, args);
    size_t bytes = size < 0 ? 0 : (size_t)size;
    char *out = arena_alloc(arena, bytes + 1);
    if (bytes)
        vsnprintf(out, bytes + 1, format, again);
    va_end(again);
    return (struct text){out, bytes};
}

struct text text_format(struct arena *arena, const char *format, ...) {
    va_list args;
    va_start(args, format);
    struct text t = text_vformat(arena, format, args);
    va_end(args);
    return t;
}

/* ---- UTF-8 ------------------------------------------------------------------------------------------------------ */

enum { REPLACEMENT = 0xfffd };

/* Bytes of the sequence that starts with `lead`; 0 = it starts none. */
static size_t sequence_size(unsigned char lead) {
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead < 0xe0)
        return 2;
    if (lead >= 0xe0 && lead < 0xf0)
        return 3;
    if (lead >= 0xf0 && lead < 0xf5)
        return 4;
    return 0;
}

uint32_t text_decode(struct text t, size_t *size) {
    if (t.size == 0) {
        *size = 0;
        return 0;
    }
    const unsigned char *p = (const unsigned char *)t.data;
    *size = 1;
    if (p[0] < 0x80)
        return p[0];
    size_t length = sequence_size(p[0]);
    if (length == 0 || length > t.size)
        return REPLACEMENT;
    uint32_t code = p[0] & (0x7fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((p[i] & 0xc0) != 0x80)
            return REPLACEMENT;
        code = code << 6 | (p[i] & 0x3fu);
    }
    bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
    if (overlong || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
        return REPLACEMENT;
    *size = length;
    return code;
}

size_t text_encode(uint32_t code, char *out) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | (code >> 18 & 7));
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

struct range {
    uint32_t first, last;
};

static const struct range wide_ranges[] = {
#define WIDE(first, last) {first, last},
#define ZERO(first, last)
#include "base/width.def"
#undef WIDE
#undef ZERO
};

static const struct range zero_ranges[] = {
#define WIDE(first, last)
#define ZERO(first, last) {first, last},
#include "base/width.def"
#undef WIDE
#undef ZERO
};

static bool in_ranges(const struct range *r, size_t count, uint32_t code) {
    size_t lo = 0, hi = count;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (code > r[mid].last)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < count && code >= r[lo].first;
}

unsigned text_code_width(uint32_t code) {
    if (code < 0x80)
        return code >= 0x20 && code != 0x7f;
    if (in_ranges(zero_ranges, sizeof zero_ranges / sizeof *zero_ranges, code))
        return 0;
    return in_ranges(wide_ranges, sizeof wide_ranges / sizeof *wide_ranges, code) ? 2 : 1;
}

size_t text_width(struct text t) {
    size_t width = 0;
    while (t.size) {
        size_t size;
        width += text_code_width(text_decode(t, &size));
        t.data += size;
        t.size -= size;
    }
    return width;
}

/* ---- buffers ---------------------------------------------------------------------------------------------------- */

static void buffer_reserve(struct text_buffer *b, size_t more) {
    if (more >= SIZE_MAX - b->size)
        arena_fail(b->arena);
    b->data = arena_grow(b->arena, b->data, b->size, &b->capacity, b->size + more + 1, 1); /* and a NUL */
}

void text_add(struct text_buffer *b, struct text t) {
    buffer_reserve(b, t.size);
    if (t.size)
        memcpy(b->data + b->size, t.data, t.size);
    b->size += t.size;
    b->data[b->size] = 0;
}

void text_addf(struct text_buffer *b, const char *format, ...) {
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    buffer_reserve(b, 64);
    size_t room = b->capacity - b->size;
    int size = vsnprintf(b->data + b->size, room, format, args);
    assert(size >= 0);
    if ((size_t)size >= room) {
        buffer_reserve(b, (size_t)size);
        vsnprintf(b->data + b->size, (size_t)size + 1, format, again);
    }
    b->size += (size_t)size;
    va_end(again);
    va_end(args);
}

struct text text_of_buffer(struct text_buffer *b) {
    buffer_reserve(b, 0);
    b->data[b->size] = 0;
    return (struct text){b->data, b->size};
}

/* ---- maps ------------------------------------------------------------------------------------------------------- */

struct map_entry {
    struct text key; /* data NULL = free */
    uint64_t hash;
    void *value;
};

struct text_map {
    struct arena *arena;
    struct map_entry *entries; /* open addressing; a power of two, at most three quarters full */
    size_t capacity, count;
};

struct text_map *text_map_new(struct arena *arena) {
    struct text_map *map = arena_new_of(arena, struct text_map);
    map->arena = arena;
    map->capacity = 16;
    map->entries = arena_array_of(arena, struct map_entry, map->capacity);
    return map;
}

static uint64_t hash_text(struct text t) {
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a, then mixed so that the low bits depend on all */
    for (size_t i = 0; i < t.size; i++)
        h = (h ^ (unsigned char)t.data[i]) * 0x100000001b3u;
    h ^= h >> 32;
    h *= 0xd6e8feb86659fd93u;
    return h ^ h >> 32;
}

/* The entry that holds the key, or the free one where it belongs. */
static struct map_entry *find_entry(const struct text_map *map, struct text key, uint64_t hash) {
    size_t mask = map->capacity - 1;
    for (size_t i = (size_t)hash & mask;; i = (i + 1) & mask) {
        struct map_entry *e = &map->entries[i];
        if (!e->key.data || (e->hash == hash && text_equal(e->key, key)))
            return e;
    }
}

static void map_double(struct text_map *map) {
    struct text_map larger = *map;
    larger.capacity *= 2;
    larger.entries = arena_array_of(map->arena, struct map_entry, larger.capacity);
    for (size_t i = 0; i < map->capacity; i++) {
        struct map_entry *e = &map->entries[i];
        if (e->key.data)
            *find_entry(&larger, e->key, e->hash) = *e;
    }
    *map = larger;
}

void **text_map_slot(struct text_map *map, struct text key) {
    uint64_t hash = hash_text(key);
    struct map_entry *e = find_entry(map, key, hash);
    if (e->key.data)
        return &e->value;
    if ((map->count + 1) * 4 > map->capacity * 3) {
        map_double(map);
        e = find_entry(map, key, hash);
    }
    map->count++;
    e->key = text_copy(map->arena, key);
    e->hash = hash;
    return &e->value;
}

void *text_map_get(const struct text_map *map, struct text key) {
    return find_entry(map, key, hash_text(key))->value;
}

/* ---- slips of the pen ---- */

enum { SLIP_MOST = 64 /* characters */, SLIP_LEAST = 4 /* letters of the word it is in */ };

static bool is_letter(uint32_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t characters_of(struct text t, uint32_t *out) {
    size_t count = 0, size;
    for (; t.size; t.data += size, t.size -= size) {
        if (count == SLIP_MOST)
            return 0;
        out[count++] = text_decode(t, &size);
    }
    return count;
}

/* Whether place i is inside a word, not at its beginning, and the word is long enough. */
static bool inside_word(const uint32_t *t, size_t count, size_t i) {
    size_t lo = i, hi = i;
    while (lo > 0 && is_letter(t[lo - 1]))
        lo--;
    while (hi < count && is_letter(t[hi]))
        hi++;
    return lo < i && hi - lo >= SLIP_LEAST;
}

static bool is_swap(const uint32_t *a, const uint32_t *b, size_t i, size_t count) {
    bool letters = is_letter(a[i]) && is_letter(a[i + 1]), han = a[i] >= 0x3400 && a[i + 1] >= 0x3400;
    if (a[i] != b[i + 1] || a[i + 1] != b[i])
        return false;
    return letters ? inside_word(a, count, i + 1) : han && count >= 3;
}

bool text_is_slip(struct text wrong, struct text right) {
    uint32_t a[SLIP_MOST], b[SLIP_MOST];
    size_t m = characters_of(wrong, a), n = characters_of(right, b), i = 0, j = 0;
    if (!m || !n || (m > n ? m - n : n - m) > 1)
        return false;
    while (i < m && i < n && a[i] == b[i])
        i++;
    while (j < m - i && j < n - i && a[m - 1 - j] == b[n - 1 - j])
        j++;
    size_t left = m - i - j, right_side = n - i - j;
    if (left == 2 && right_side == 2)
        return is_swap(a, b, i, m);
    if (left > 1 || right_side > 1 || (left == 0 && right_side == 0))
        return false;
    return (!left || is_letter(a[i])) && (!right_side || is_letter(b[i])) && inside_word(a, m, i) &&
           inside_word(b, n, i);
}
