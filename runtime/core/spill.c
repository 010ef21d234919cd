#include "core/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/keys.h"
#include "core/status.h"

#define MAGIC 0x53544f50u

struct head {
    uint32_t magic, lane, size, reserved;
    uint64_t tag, sum;
};

/* Four sums side by side: one alone would wait for one multiplication after the other. */
uint64_t prt_checksum(const void *data, size_t size) {
    const char *bytes = data;
    uint64_t a = MAGIC ^ size, b = a ^ PRT_ODD_1, c = a ^ PRT_ODD_2, d = ~a;
    for (; size >= 32; bytes += 32, size -= 32) {
        a = prt_mix(a ^ prt_load(bytes, 8), PRT_ODD_2);
        b = prt_mix(b ^ prt_load(bytes + 8, 8), PRT_ODD_2);
        c = prt_mix(c ^ prt_load(bytes + 16, 8), PRT_ODD_2);
        d = prt_mix(d ^ prt_load(bytes + 24, 8), PRT_ODD_2);
    }
    uint64_t all = prt_mix(prt_mix(prt_mix(a, PRT_ODD_1) ^ b, PRT_ODD_1) ^ c, PRT_ODD_1) ^ d;
    return prt_hash_text(bytes, size, all);
}

static uint64_t sum_of(const struct head *head, const void *data) {
    return prt_mix(prt_checksum(data, head->size) ^ head->tag, PRT_ODD_1 ^ head->lane);
}

static bool fail(struct prt_spill *spill, int cause) {
    int none = 0;
    __atomic_compare_exchange_n(&spill->failure, &none, cause, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return false;
}

/* ---- the file ---------------------------------------------------------------------------------------------------- */

static bool write_at(struct prt_spill *spill, uint64_t at, const void *data, size_t size) {
    const char *bytes = data;
    while (size > 0) {
        ssize_t wrote = pwrite(spill->file, bytes, size, (off_t)at);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return fail(spill, wrote == 0 ? ENOSPC : errno);
        bytes += wrote;
        at += (uint64_t)wrote;
        size -= (size_t)wrote;
    }
    return true;
}

static bool read_at(struct prt_spill *spill, uint64_t at, void *data, size_t size) {
    char *bytes = data;
    while (size > 0) {
        ssize_t got = pread(spill->file, bytes, size, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return fail(spill, got == 0 ? EBADMSG : errno);
        bytes += got;
        at += (uint64_t)got;
        size -= (size_t)got;
    }
    return true;
}

static bool make_lanes(struct prt_spill *spill, uint32_t lanes, uint32_t block) {
    spill->lane_count = lanes;
    spill->block = block;
    spill->lane = prt_zeroed(lanes, sizeof *spill->lane);
    return spill->lane != NULL || fail(spill, ENOMEM);
}

bool prt_spill_make(struct prt_spill *spill, int folder, const char *name, bool keep, uint32_t lanes, uint32_t block) {
    *spill = (struct prt_spill){0};
    spill->file = openat(folder, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (spill->file < 0)
        return fail(spill, errno);
    if (!keep)
        (void)unlinkat(folder, name, 0);
    return make_lanes(spill, lanes, block);
}

static void release_buffer(struct prt_lane *lane) {
    if (lane->buffer)
        prt_release(lane->buffer - sizeof(struct head));
    lane->buffer = NULL;
    lane->capacity = 0;
}

void prt_spill_close(struct prt_spill *spill) {
    for (uint32_t i = 0; spill->lane && i < spill->lane_count; i++) {
        prt_release(spill->lane[i].extent);
        release_buffer(&spill->lane[i]);
    }
    if (spill->lane)
        prt_release(spill->lane);
    if (spill->lane || spill->file > 0)
        close(spill->file);
    *spill = (struct prt_spill){.file = -1};
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static bool add_extent(struct prt_spill *spill, struct prt_lane *lane, struct prt_extent extent) {
    struct prt_extent *grown = prt_grown(lane->extent, &lane->room, lane->count + 1, sizeof *grown);
    if (!grown)
        return fail(spill, ENOMEM);
    lane->extent = grown;
    lane->extent[lane->count++] = extent;
    return true;
}

/* The block's head stands in front of its buffer. */
static bool flush(struct prt_spill *spill, struct prt_lane *lane) {
    if (prt_spill_failure(spill) || lane->used == 0)
        return prt_spill_failure(spill) == 0;
    struct head head = {.magic = MAGIC, .lane = (uint32_t)(lane - spill->lane), .size = lane->used, .tag = lane->tag};
    head.sum = sum_of(&head, lane->buffer);
    memcpy(lane->buffer - sizeof head, &head, sizeof head);
    size_t size = sizeof head + lane->used;
    uint64_t at = __atomic_fetch_add(&spill->end, size, __ATOMIC_RELAXED);
    if (!write_at(spill, at, lane->buffer - sizeof head, size))
        return false;
    lane->used = 0;
    return add_extent(spill, lane, (struct prt_extent){.at = at, .tag = head.tag, .size = head.size});
}

bool prt_spill_flush(struct prt_spill *spill, uint32_t lane) {
    return flush(spill, &spill->lane[lane]);
}

bool prt_spill_end(struct prt_spill *spill, uint32_t lane) {
    bool ok = flush(spill, &spill->lane[lane]);
    release_buffer(&spill->lane[lane]);
    return ok;
}

bool prt_spill_flush_all(struct prt_spill *spill) {
    for (uint32_t i = 0; i < spill->lane_count; i++)
        if (!flush(spill, &spill->lane[i]))
            return false;
    return prt_spill_failure(spill) == 0;
}

bool prt_spill_flush_for(struct prt_spill *spill, struct prt_lane *lane, uint32_t size) {
    if (prt_spill_failure(spill) || !flush(spill, lane))
        return false;
    if (size <= lane->capacity)
        return true;
    release_buffer(lane);
    uint32_t capacity = size > spill->block ? size : spill->block;
    uint8_t *memory = prt_resize(NULL, sizeof(struct head) + capacity);
    if (!memory)
        return fail(spill, ENOMEM);
    lane->buffer = memory + sizeof(struct head);
    lane->capacity = capacity;
    return true;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

bool prt_spill_load(struct prt_spill *spill, const struct prt_extent *extent, void *buffer) {
    struct head head;
    if (!read_at(spill, extent->at, &head, sizeof head))
        return false;
    if (head.magic != MAGIC || head.size != extent->size)
        return fail(spill, EBADMSG);
    return read_at(spill, extent->at + sizeof head, buffer, head.size) &&
           (head.sum == sum_of(&head, buffer) || fail(spill, EBADMSG));
}

bool prt_walk_fill(struct prt_walk *reader) {
    const struct prt_lane *lane = &reader->spill->lane[reader->lane];
    if (reader->next >= lane->count || prt_spill_failure(reader->spill))
        return false;
    const struct prt_extent *extent = &lane->extent[reader->next++];
    if (extent->size > reader->capacity) {
        uint8_t *grown = prt_resize(reader->buffer, extent->size);
        if (!grown)
            return fail(reader->spill, ENOMEM);
        reader->buffer = grown;
        reader->capacity = extent->size;
    }
    reader->at = 0;
    reader->size = 0;
    if (!prt_spill_load(reader->spill, extent, reader->buffer))
        return false;
    reader->size = extent->size;
    return true;
}

void prt_walk_free(struct prt_walk *reader) {
    prt_release(reader->buffer);
    reader->buffer = NULL;
    reader->size = reader->at = reader->capacity = 0;
}

/* ---- taking a file up again -------------------------------------------------------------------------------------- */

static bool find_blocks(struct prt_spill *spill, uint64_t end) {
    struct prt_walk reader = {.spill = spill};
    bool ok = true;
    while (ok && spill->end < end) {
        struct head head;
        ok = read_at(spill, spill->end, &head, sizeof head);
        if (ok && (head.magic != MAGIC || head.lane >= spill->lane_count || head.size > end - spill->end))
            ok = fail(spill, EBADMSG);
        if (!ok)
            break;
        struct prt_extent extent = {.at = spill->end, .tag = head.tag, .size = head.size};
        struct prt_lane *lane = &spill->lane[head.lane];
        ok = add_extent(spill, lane, extent);
        reader.lane = head.lane;
        reader.next = lane->count - 1;
        ok = ok && prt_walk_fill(&reader);
        spill->end += sizeof head + head.size;
    }
    prt_walk_free(&reader);
    return ok && (spill->end == end || fail(spill, EBADMSG));
}

bool prt_spill_find(struct prt_spill *spill, int folder, const char *name, uint64_t end, uint32_t lanes,
                    uint32_t block) {
    *spill = (struct prt_spill){0};
    spill->file = openat(folder, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (spill->file < 0)
        return fail(spill, errno);
    return make_lanes(spill, lanes, block) && find_blocks(spill, end) &&
           (ftruncate(spill->file, (off_t)end) == 0 || fail(spill, errno));
}
