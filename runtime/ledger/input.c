#include "ledger/input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/fail.h"
#include "ledger/gb18030.h"
#include "tr.h"

static size_t page_size(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

static enum pol_status unreadable(const char *path, struct pol_error *error) {
    int cause = errno;
    bool theirs = cause == ENOENT || cause == ENOTDIR || cause == EISDIR || cause == EACCES || cause == ELOOP ||
                  cause == ENAMETOOLONG || cause == ENXIO;
    return pol_ledger_fail(error, theirs ? POL_STATUS_INPUT : POL_STATUS_SYSTEM, "%s: cannot be read: %s", path,
                           tr_errno(cause));
}

/* Room for `size` bytes and the padding, zeroed; the text begins at the second page. */
static enum pol_status take_memory(struct pol_input *input, size_t size, struct pol_error *error) {
    size_t page = page_size();
    if (size > SIZE_MAX / 4)
        return pol_ledger_no_memory(error);
    size_t total = page + (size + POL_INPUT_PAD + page - 1) / page * page;
    void *map = mmap(NULL, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (map == MAP_FAILED)
        return pol_ledger_no_memory(error);
    input->map = map;
    input->map_size = total;
    input->data = input->map + page;
    return POL_STATUS_OK;
}

/* The file's pages, and a page of zeros behind them. */
static enum pol_status map_file(int file, size_t size, struct pol_input *input, struct pol_error *error) {
    enum pol_status status = take_memory(input, size, error);
    if (status != POL_STATUS_OK)
        return status;
    void *pages = mmap(input->map + page_size(), size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, file, 0);
    if (pages == MAP_FAILED)
        return unreadable(input->path, error);
    input->guard = pol_guard_new(pages, size);
    if (input->guard == NULL)
        return pol_ledger_no_memory(error);
    madvise(pages, size, MADV_SEQUENTIAL);
    input->of_file = true;
    input->size = size;
    return POL_STATUS_OK;
}

static enum pol_status grow(struct pol_input *input, size_t used, struct pol_error *error) {
    size_t total = input->map_size * 2;
    void *map = mremap(input->map, input->map_size, total, MREMAP_MAYMOVE);
    if (map == MAP_FAILED)
        return pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: not enough memory for more than %zu bytes", input->path,
                               used);
    input->map = map;
    input->map_size = total;
    input->data = input->map + page_size();
    return POL_STATUS_OK;
}

/* For what cannot be mapped: a pipe, a terminal. */
static enum pol_status read_whole(int file, struct pol_input *input, struct pol_error *error) {
    enum pol_status status = take_memory(input, (size_t)1 << 20, error);
    size_t used = 0;
    while (status == POL_STATUS_OK) {
        size_t left = input->map_size - page_size() - used;
        if (left <= POL_INPUT_PAD) {
            status = grow(input, used, error);
            continue;
        }
        ssize_t got = read(file, input->map + page_size() + used, left - POL_INPUT_PAD);
        if (got == 0)
            break;
        if (got > 0)
            used += (size_t)got;
        else if (errno != EINTR)
            return unreadable(input->path, error);
    }
    input->size = used;
    return status;
}

static enum pol_status to_utf8(struct pol_input *input, struct pol_error *error) {
    struct pol_input out = {.path = input->path, .unit = input->unit};
    enum pol_status status = take_memory(&out, pol_gb18030_room(input->size), error);
    if (status != POL_STATUS_OK)
        return status;
    size_t written = 0;
    status = pol_gb18030_convert(input->data, input->size, out.map + page_size(), &written, error);
    if (status == POL_STATUS_OK)
        status = pol_input_whole(input, error);
    pol_guard_free(input->guard);
    munmap(input->map, input->map_size);
    out.size = written;
    *input = out;
    return status;
}

static enum pol_status finish(struct pol_input *input, enum pol_encoding encoding, struct pol_error *error) {
    if (encoding == POL_ENCODING_GB18030) {
        enum pol_status status = to_utf8(input, error);
        if (status != POL_STATUS_OK)
            return status;
    }
    if (input->size >= 3 && memcmp(input->data, "\xEF\xBB\xBF", 3) == 0)
        input->begin = 3;
    return POL_STATUS_OK;
}

static enum pol_status load(int file, struct pol_input *input, struct pol_error *error) {
    struct stat facts;
    if (fstat(file, &facts) != 0)
        return unreadable(input->path, error);
    if (S_ISDIR(facts.st_mode)) {
        errno = EISDIR;
        return unreadable(input->path, error);
    }
    if (S_ISREG(facts.st_mode) && facts.st_size > 0)
        return map_file(file, (size_t)facts.st_size, input, error);
    return read_whole(file, input, error);
}

enum pol_status pol_input_open(const char *path, enum pol_encoding encoding, struct pol_input *input,
                               struct pol_error *error) {
    memset(input, 0, sizeof *input);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return unreadable(path, error);
    enum pol_status status = pol_input_take(file, path, encoding, input, error);
    close(file);
    return status;
}

/* A path that is NULL says that there was no memory for it. */
static void begin_input(struct pol_input *input, const char *name) {
    *input = (struct pol_input){.path = strdup(name), .unit = tr_later("line")};
}

enum pol_status pol_input_take(int file, const char *name, enum pol_encoding encoding, struct pol_input *input,
                               struct pol_error *error) {
    begin_input(input, name);
    enum pol_status status = input->path != NULL ? load(file, input, error) : pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK)
        status = finish(input, encoding, error);
    if (status != POL_STATUS_OK)
        pol_input_close(input);
    return status;
}

enum pol_status pol_input_memory(const void *bytes, size_t size, const char *name, enum pol_encoding encoding,
                                 struct pol_input *input, struct pol_error *error) {
    begin_input(input, name);
    enum pol_status status = input->path != NULL ? take_memory(input, size, error) : pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK) {
        if (size > 0)
            memcpy(input->map + page_size(), bytes, size);
        input->size = size;
        status = finish(input, encoding, error);
    }
    if (status != POL_STATUS_OK)
        pol_input_close(input);
    return status;
}

enum pol_status pol_input_whole(const struct pol_input *input, struct pol_error *error) {
    if (!pol_guard_lost(input->guard))
        return POL_STATUS_OK;
    return pol_ledger_fail(error, POL_STATUS_INPUT,
                           "%s: was cut short while it was read, or its disk fails: run again when it stays as it is",
                           input->path);
}

void pol_input_close(struct pol_input *input) {
    pol_guard_free(input->guard);
    if (input->map != NULL)
        munmap(input->map, input->map_size);
    pol_copies_free(&input->copies);
    free(input->path);
    memset(input, 0, sizeof *input);
}

/* Whole pages inside the range only when `inner`, all that it touches otherwise. */
static void advise(const struct pol_input *input, uint64_t begin, uint64_t end, bool inner, int advice) {
    uint64_t page = page_size();
    if (!input->of_file || end <= begin)
        return;
    uint64_t low = inner ? (begin + page - 1) / page * page : begin / page * page;
    uint64_t high = inner ? end / page * page : end;
    if (low < high)
        madvise(input->map + page + low, high - low, advice);
}

void pol_input_fetch(const struct pol_input *input, uint64_t begin, uint64_t end) {
#ifdef MADV_POPULATE_READ
    advise(input, begin, end < input->size ? end : input->size, false, MADV_POPULATE_READ);
#else
    advise(input, begin, end, false, MADV_WILLNEED);
#endif
}

void pol_input_release(const struct pol_input *input, uint64_t begin, uint64_t end) {
    advise(input, begin, end, true, MADV_DONTNEED);
}

/* Line feeds inside quotes end no row. */
static uint64_t row_at(const struct pol_input *input, uint64_t offset) {
    uint64_t row = 1;
    bool quoted = false;
    for (uint64_t i = input->begin; i < offset && i < input->size; i++) {
        quoted ^= input->data[i] == '"';
        row += input->data[i] == '\n' && !quoted;
    }
    return row > input->before ? row - input->before : 0;
}

uint64_t pol_input_line(const struct pol_input *input, uint64_t offset) {
    if (input->rows)
        return row_at(input, offset);
    uint64_t line = 1;
    const char *p = input->data, *end = input->data + (offset < input->size ? offset : input->size);
    while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        line++;
        p++;
    }
    return line;
}
