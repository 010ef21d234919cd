/* source.c - reading files; offsets to lines and columns. */
#include "base/source.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void sources_init(struct sources *s, struct arena *arena) {
    *s = (struct sources){.arena = arena, .end = 1};
}

static bool space_for(const struct sources *s, size_t size) {
    return size < UINT32_MAX - 1 - s->end;
}

/* Where no line ends with a line feed, those that end with a carriage return do: offsets stay as they are. */
static void mend_line_ends(char *data, size_t size) {
    if (size == 0 || memchr(data, '\n', size))
        return;
    for (char *at = data; (at = memchr(at, '\r', size - (size_t)(at - data))); at++)
        *at = '\n';
}

/* Takes over `data`, which has room for two more bytes. */
static struct source *append(struct sources *s, struct text path, char *data, size_t size) {
    struct source *file = arena_new_of(s->arena, struct source);
    file->path = text_copy(s->arena, path);
    data[size] = data[size + 1] = 0;
    mend_line_ends(data, size);
    file->bytes = (struct text){data, size};
    file->base = s->end;
    s->end += (uint32_t)size + 1; /* the end of a file is a place of its own */
    if (s->last)
        s->last->next = file;
    else
        s->first = file;
    s->last = file;
    return file;
}

struct source *sources_add(struct sources *s, struct text path, struct text bytes) {
    if (!space_for(s, bytes.size))
        return NULL;
    char *data = arena_alloc(s->arena, bytes.size + 2);
    if (bytes.size)
        memcpy(data, bytes.data, bytes.size);
    return append(s, path, data, bytes.size);
}

/* Reads at most `room` bytes, all there are. SIZE_MAX: an error, errno says which. */
static size_t read_all(int fd, char *data, size_t room) {
    size_t size = 0;
    while (size < room) {
        ssize_t got = read(fd, data + size, room - size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return SIZE_MAX;
        if (got == 0)
            break;
        size += (size_t)got;
    }
    return size;
}

static enum source_status fail(int fd, int error, enum source_status status) {
    if (fd >= 0)
        close(fd);
    errno = error;
    return status;
}

/* Opens a file and says how many bytes to make room for: one more than it has, so that growth is seen. */
static enum source_status open_file(const char *path, int *fd, size_t *room) {
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (*fd < 0)
        return fail(-1, errno, errno == ENOENT || errno == ENOTDIR ? SOURCE_NOT_FOUND : SOURCE_UNREADABLE);
    struct stat st;
    if (fstat(*fd, &st) != 0)
        return fail(*fd, errno, SOURCE_UNREADABLE);
    if (S_ISDIR(st.st_mode))
        return fail(*fd, EISDIR, SOURCE_UNREADABLE);
    if (S_ISREG(st.st_mode) && st.st_size > SOURCE_SIZE_LIMIT)
        return fail(*fd, EFBIG, SOURCE_TOO_LARGE);
    *room = S_ISREG(st.st_mode) && st.st_size > 0 ? (size_t)st.st_size + 1 : (size_t)SOURCE_SIZE_LIMIT + 1;
    return SOURCE_OK;
}

static size_t mark_size(const char *data, size_t size) {
    return size >= 3 && memcmp(data, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
}

/* Reads, see sources_read. */
static enum source_status read_file(struct sources *s, struct text path, struct source **out) {
    *out = NULL;
    if (memchr(path.data, 0, path.size)) {
        errno = EINVAL;
        return SOURCE_NOT_FOUND;
    }
    int fd;
    size_t room;
    enum source_status status = open_file(text_copy(s->arena, path).data, &fd, &room);
    if (status != SOURCE_OK)
        return status;
    /* The arena may leave by longjmp: the file must not stay open. */
    jmp_buf out_of_memory, *before = arena_on_failure(s->arena, &out_of_memory);
    if (setjmp(out_of_memory)) {
        close(fd);
        arena_on_failure(s->arena, before);
        arena_fail(s->arena);
    }
    char *data = arena_alloc(s->arena, room + 2);
    arena_on_failure(s->arena, before);
    size_t size = read_all(fd, data, room);
    if (size == SIZE_MAX)
        return fail(fd, errno, SOURCE_UNREADABLE);
    close(fd);
    if (size > SOURCE_SIZE_LIMIT || !space_for(s, size))
        return fail(-1, EFBIG, SOURCE_TOO_LARGE);
    size_t mark = mark_size(data, size);
    *out = append(s, path, data + mark, size - mark);
    return SOURCE_OK;
}

static bool is_system_error(int error) {
    return error == EIO || error == EMFILE || error == ENFILE || error == ENOMEM;
}

enum source_status sources_read(struct sources *s, struct text path, struct source **out) {
    enum source_status status = read_file(s, path, out);
    int error = errno;
    if (status == SOURCE_UNREADABLE && is_system_error(error)) {
        s->system_error = error;
        s->system_path = text_copy(s->arena, path);
        errno = error;
    }
    return status;
}

struct source *sources_find(const struct sources *s, uint32_t offset) {
    for (struct source *file = s->first; file; file = file->next)
        if (offset >= file->base && offset - file->base <= file->bytes.size)
            return file;
    return NULL;
}

static size_t count_lines(const char *data, size_t size) {
    size_t lines = 0;
    for (const char *end = data + size, *p = data; p < end && (p = memchr(p, '\n', (size_t)(end - p))); p++)
        lines++;
    return lines;
}

static size_t count_characters(const char *data, size_t size) {
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)data[i] & 0xc0) != 0x80; /* all but continuation bytes */
    return count;
}

struct place sources_place(const struct sources *s, uint32_t offset) {
    const struct source *file = sources_find(s, offset);
    if (!file)
        return (struct place){.path = TEXT("")};
    const char *data = file->bytes.data, *at = data + (offset - file->base);
    const char *start = memrchr(data, '\n', (size_t)(at - data));
    start = start ? start + 1 : data;
    size_t rest = file->bytes.size - (size_t)(start - data);
    const char *stop = memchr(start, '\n', rest);
    if (!stop)
        stop = start + rest;
    else if (stop > start && stop[-1] == '\r')
        stop--;
    return (struct place){
        .path = file->path,
        .line = (uint32_t)count_lines(data, (size_t)(start - data)) + 1,
        .column = (uint32_t)count_characters(start, (size_t)(at - start)) + 1,
        .line_text = {start, (size_t)(stop - start)},
        .line_lo = file->base + (uint32_t)(start - data),
    };
}

struct text sources_text(const struct sources *s, struct span span) {
    const struct source *file = sources_find(s, span.lo);
    if (!file || span.hi < span.lo)
        return TEXT("");
    size_t lo = span.lo - file->base, hi = span.hi - file->base;
    if (hi > file->bytes.size)
        hi = file->bytes.size;
    return (struct text){file->bytes.data + lo, hi - lo};
}

struct span span_join(struct span a, struct span b) {
    if (a.lo == 0)
        return b;
    if (b.lo == 0)
        return a;
    return (struct span){a.lo < b.lo ? a.lo : b.lo, a.hi > b.hi ? a.hi : b.hi};
}
