#include "core/state_io.h"

#include <string.h>

#include "core/memory.h"
#include "core/status.h"

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static void flush(struct prt_writer *w) {
    if (w->status || w->used == 0)
        return;
    pol_sha256_add(&w->hash, w->buffer, w->used);
    w->status = w->sink->write(w->sink->context, w->buffer, w->used, w->error);
    w->size += w->used;
    w->used = 0;
}

bool prt_writer_start(struct prt_writer *w, const struct pol_state_sink *sink, struct pol_error *error) {
    *w = (struct prt_writer){.sink = sink, .error = error};
    pol_sha256_init(&w->hash);
    w->buffer = prt_resize(NULL, PRT_STATE_BUFFER);
    if (!w->buffer)
        w->status = prt_no_memory(error);
    return w->buffer != NULL;
}

void prt_put(struct prt_writer *w, const void *bytes, size_t size) {
    const uint8_t *from = bytes;
    while (size && !w->status) {
        size_t room = PRT_STATE_BUFFER - w->used, part = size < room ? size : room;
        memcpy(w->buffer + w->used, from, part);
        w->used += part;
        from += part;
        size -= part;
        if (w->used == PRT_STATE_BUFFER)
            flush(w);
    }
}

/* Seven bits a byte, the lowest first; the top bit says that more follow. */
void prt_put_number(struct prt_writer *w, uint64_t value) {
    uint8_t bytes[10];
    size_t size = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[size++] = (uint8_t)(value | 0x80);
    bytes[size++] = (uint8_t)value;
    prt_put(w, bytes, size);
}

/* 0, -1, 1, -2, ... */
void prt_put_signed(struct prt_writer *w, int64_t value) {
    prt_put_number(w, (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0));
}

void prt_put_text(struct prt_writer *w, struct pol_text text) {
    prt_put_number(w, text.size);
    prt_put(w, text.data, text.size);
}

enum pol_status prt_writer_end(struct prt_writer *w) {
    uint8_t foot[8], digest[POL_DIGEST_SIZE];
    uint64_t size = w->size + w->used + PRT_STATE_FOOT;
    memcpy(foot, &size, sizeof foot);
    prt_put(w, foot, sizeof foot);
    flush(w);
    pol_sha256_end(&w->hash, digest);
    if (!w->status)
        w->status = w->sink->write(w->sink->context, digest, sizeof digest, w->error);
    prt_release(w->buffer);
    w->buffer = NULL;
    return w->status;
}

/* ---- checking ---------------------------------------------------------------------------------------------------- */

static enum pol_status damaged(struct pol_error *error) {
    return prt_fail(error, POL_STATUS_INPUT,
                    "the state is damaged: it was cut short or changed; take a copy of it, or decide all claims again "
                    "with a new one");
}

static enum pol_status read_bytes(const struct pol_state_source *source, uint64_t at, void *bytes, size_t size,
                                  struct pol_error *error) {
    return source->read(source->context, at, bytes, size, error);
}

/* SHA-256 over all but the digest at the end. */
static enum pol_status check_digest(const struct pol_state_source *source, struct pol_error *error) {
    uint64_t end = source->size - POL_DIGEST_SIZE;
    uint8_t *buffer = prt_resize(NULL, PRT_STATE_BUFFER), is[POL_DIGEST_SIZE], want[POL_DIGEST_SIZE];
    if (!buffer)
        return prt_no_memory(error);
    struct pol_sha256 hash;
    pol_sha256_init(&hash);
    enum pol_status status = POL_STATUS_OK;
    for (uint64_t at = 0; at < end && !status;) {
        size_t part = end - at < PRT_STATE_BUFFER ? (size_t)(end - at) : PRT_STATE_BUFFER;
        status = read_bytes(source, at, buffer, part, error);
        if (!status)
            pol_sha256_add(&hash, buffer, part);
        at += part;
    }
    prt_release(buffer);
    pol_sha256_end(&hash, is);
    if (!status)
        status = read_bytes(source, end, want, sizeof want, error);
    if (!status && memcmp(is, want, sizeof is) != 0)
        status = damaged(error);
    return status;
}

enum pol_status prt_state_check(const struct pol_state_source *source, struct prt_state_head *head,
                                struct pol_error *error) {
    *head = (struct prt_state_head){0};
    size_t have = source->size < sizeof *head ? (size_t)source->size : sizeof *head;
    enum pol_status status = read_bytes(source, 0, head, have, error);
    if (status)
        return status;
    if (have < sizeof head->magic || memcmp(head->magic, PRT_STATE_MAGIC, sizeof head->magic) != 0)
        return prt_fail(error, POL_STATUS_INPUT, "not a state of polrun");
    if (have < sizeof *head || source->size < sizeof *head + PRT_STATE_FOOT)
        return damaged(error);
    if (head->version != PRT_STATE_VERSION)
        return prt_fail(error, POL_STATUS_INPUT,
                        "a state of version %u, this runtime reads version %d; use the polrun that wrote it",
                        head->version, PRT_STATE_VERSION);
    uint64_t size;
    status = read_bytes(source, source->size - PRT_STATE_FOOT, &size, sizeof size, error);
    if (!status && size != source->size)
        status = damaged(error);
    return status ? status : check_digest(source, error);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

bool prt_reader_start(struct prt_reader *r, const struct pol_state_source *source, uint64_t at,
                      struct pol_error *error) {
    *r = (struct prt_reader){.source = source, .error = error, .at = at, .end = source->size - PRT_STATE_FOOT};
    r->buffer = prt_resize(NULL, PRT_STATE_BUFFER);
    if (!r->buffer)
        r->status = prt_no_memory(error);
    return r->buffer != NULL;
}

void prt_reader_end(struct prt_reader *r) {
    prt_release(r->buffer);
    r->buffer = NULL;
}

uint64_t prt_reader_place(const struct prt_reader *r) {
    return r->at - (r->have - r->next);
}

bool prt_reader_damaged(struct prt_reader *r) {
    if (!r->status)
        r->status = damaged(r->error);
    return false;
}

static bool fill(struct prt_reader *r) {
    if (r->status)
        return false;
    if (r->at >= r->end)
        return prt_reader_damaged(r);
    uint64_t left = r->end - r->at;
    r->have = left < PRT_STATE_BUFFER ? (size_t)left : PRT_STATE_BUFFER;
    r->next = 0;
    r->status = read_bytes(r->source, r->at, r->buffer, r->have, r->error);
    r->at += r->have;
    return !r->status;
}

bool prt_get(struct prt_reader *r, void *bytes, size_t size) {
    uint8_t *to = bytes;
    while (size) {
        if (r->status || (r->next == r->have && !fill(r))) {
            memset(to, 0, size);
            return false;
        }
        size_t part = r->have - r->next < size ? r->have - r->next : size;
        memcpy(to, r->buffer + r->next, part);
        r->next += part;
        to += part;
        size -= part;
    }
    return true;
}

uint64_t prt_get_number(struct prt_reader *r) {
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = 0;
        if (!prt_get(r, &byte, 1))
            return 0;
        if (shift == 63 && byte > 1)
            break;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return value;
    }
    prt_reader_damaged(r);
    return 0;
}

uint64_t prt_get_below(struct prt_reader *r, uint64_t most) {
    uint64_t value = prt_get_number(r);
    if (value <= most)
        return value;
    prt_reader_damaged(r);
    return 0;
}

int64_t prt_get_signed(struct prt_reader *r) {
    uint64_t value = prt_get_number(r);
    return (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
}

int64_t prt_get_within(struct prt_reader *r, int64_t least, int64_t most) {
    int64_t value = prt_get_signed(r);
    if (value >= least && value <= most)
        return value;
    prt_reader_damaged(r);
    return least;
}

/* ---- texts ------------------------------------------------------------------------------------------------------- */

enum { BLOCK = 1 << 16 };

struct prt_text_block {
    struct prt_text_block *before;
    size_t used, room;
    char bytes[];
};

char *prt_texts_room(struct prt_texts *texts, size_t size) {
    struct prt_text_block *block = texts->last;
    if (!block || block->room - block->used < size) {
        size_t room = size > BLOCK ? size : BLOCK;
        block = prt_resize(NULL, sizeof *block + room);
        if (!block)
            return NULL;
        block->before = texts->last;
        block->used = 0;
        block->room = room;
        texts->last = block;
    }
    char *bytes = block->bytes + block->used;
    block->used += size;
    return bytes;
}

void prt_texts_free(struct prt_texts *texts) {
    while (texts->last) {
        struct prt_text_block *block = texts->last;
        texts->last = block->before;
        prt_release(block);
    }
}

bool prt_get_text(struct prt_reader *r, struct prt_texts *texts, uint64_t most, struct pol_text *text) {
    *text = (struct pol_text){.data = ""};
    uint64_t size = prt_get_below(r, most);
    if (r->status || size > r->end - prt_reader_place(r))
        return prt_reader_damaged(r);
    char *bytes = prt_texts_room(texts, (size_t)size);
    if (!bytes) {
        r->status = prt_no_memory(r->error);
        return false;
    }
    if (!prt_get(r, bytes, (size_t)size))
        return false;
    *text = (struct pol_text){.data = bytes, .size = (uint32_t)size};
    return true;
}
