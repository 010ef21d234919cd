/* Notes of what is complete, so that another process can go on: one small file, replaced as a whole. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "core/status.h"
#include "core/volume.h"

#define NOTES       "progress"
#define NOTES_ASIDE "progress.new"

enum { VERSION = 3 };
#define MAGIC 0x31657661534c4f50u

struct saved {
    uint64_t magic, seed, rows, records, record_words, bucket_rows, bucket_count, note_size, dead_size, code_count;
    uint32_t version, stage;
    int32_t last_day, order_date;
    uint8_t ascending_bytes, ascending_sizes, in_order, reserved[5];
    struct prt_last last_id, order_id;
    uint64_t end[PRT_FILES];
    uint64_t sum; /* of all this, with 0 here, and what follows: codes, dead, note */
};

/* What a stage needs of what the stages before it wrote. */
static bool is_needed(const struct prt_volume *v, enum prt_stage stage, enum prt_file file) {
    bool past = v->run->past != NULL, uses = v->options.uses != 0 && stage >= PRT_FOLDED;
    bool walked = uses || (past && stage >= PRT_FOLDED); /* they walk over the records once more */
    switch (file) {
    case PRT_RECORDS:
        return stage < PRT_ORDERED || (walked && v->in_order);
    case PRT_ROWS:
        return stage < PRT_GATHERED;
    case PRT_IDS:
    case PRT_KEYS:
        return stage == PRT_READING || past;
    case PRT_CODES:
        return stage == PRT_CODED || (walked && v->in_order) || (past && stage >= PRT_CODED);
    case PRT_SORTED:
        return stage == PRT_ORDERED || (walked && !v->in_order);
    case PRT_OPENINGS:
    case PRT_MISSINGS:
        return past;
    case PRT_WAITS:
    case PRT_ENDED:
        return past && stage >= PRT_FOLDED;
    case PRT_LANDED:
        return stage == PRT_FOLDED;
    case PRT_RESULTS:
        return stage == PRT_GATHERED;
    case PRT_VISITS:
    case PRT_CARRIES:
        return uses;
    case PRT_FILES:
        break;
    }
    return false;
}

static uint32_t lanes_of(const struct prt_volume *v, enum prt_file file) {
    switch (file) {
    case PRT_RECORDS:
    case PRT_ROWS:
    case PRT_VISITS:
    case PRT_CARRIES:
    case PRT_MISSINGS:
    case PRT_WAITS:
        return 1;
    case PRT_IDS:
    case PRT_KEYS:
    case PRT_CODES:
    case PRT_OPENINGS:
        return PRT_LANES;
    case PRT_ENDED:
        return PRT_ENDED_CELLS + v->run->module->descriptor->cells.count;
    case PRT_SORTED:
        return PRT_PIECES_MOST;
    case PRT_LANDED:
    case PRT_RESULTS:
    case PRT_FILES:
        break;
    }
    return (uint32_t)v->bucket_count;
}

uint32_t prt_volume_block(enum prt_file file) {
    return file == PRT_RECORDS ? 16 * PRT_SPILL_BLOCK : file == PRT_SORTED ? 4 * PRT_SPILL_BLOCK : PRT_SPILL_BLOCK;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

static uint64_t code_count(const struct prt_volume *v) {
    return v->codes ? (uint64_t)PRT_LANES * v->run->module->descriptor->cells.count : 0;
}

static struct saved state_of(const struct prt_volume *v) {
    const pol_run *run = v->run;
    struct saved s = {.magic = MAGIC,
                      .version = VERSION,
                      .seed = run->seed,
                      .rows = run->rows,
                      .records = run->records,
                      .record_words = v->record_words,
                      .bucket_rows = v->bucket_rows,
                      .bucket_count = v->bucket_count,
                      .note_size = v->note_size,
                      .dead_size = v->dead ? run->rows / 8 + 1 : 0,
                      .code_count = code_count(v),
                      .stage = (uint32_t)v->stage,
                      .last_day = run->last_day,
                      .order_date = run->order_date,
                      .ascending_bytes = v->ascending_bytes,
                      .ascending_sizes = v->ascending_sizes,
                      .in_order = v->in_order,
                      .last_id = v->last_id,
                      .order_id = v->order_id};
    for (int f = 0; f < PRT_FILES; f++)
        s.end[f] = v->file[f].lane ? v->file[f].end : 0;
    return s;
}

static bool system_failed(struct prt_volume *v, int cause) {
    struct prt_spill told = {.failure = cause ? cause : EIO};
    return prt_volume_fail(v, &told);
}

static bool write_whole(int file, const uint8_t *data, size_t size) {
    while (size > 0) {
        ssize_t wrote = write(file, data, size);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0) {
            errno = wrote == 0 ? ENOSPC : errno;
            return false;
        }
        data += wrote;
        size -= (size_t)wrote;
    }
    return true;
}

static bool replace_notes(struct prt_volume *v, const uint8_t *data, size_t size) {
    int file = openat(v->options.folder, NOTES_ASIDE, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return system_failed(v, errno);
    bool ok = write_whole(file, data, size);
    int cause = errno;
    if (close(file) != 0 && ok) {
        ok = false;
        cause = errno;
    }
    if (ok && renameat(v->options.folder, NOTES_ASIDE, v->options.folder, NOTES) != 0) {
        ok = false;
        cause = errno;
    }
    return ok || system_failed(v, cause);
}

static bool write_notes(struct prt_volume *v) {
    struct saved s = state_of(v);
    size_t codes = (size_t)s.code_count * sizeof *v->codes,
           size = sizeof s + codes + (size_t)s.dead_size + v->note_size;
    uint8_t *data = prt_resize(NULL, size);
    if (!data)
        return prt_volume_fail(v, NULL);
    uint8_t *at = data + sizeof s;
    if (codes)
        memcpy(at, v->codes, codes);
    if (s.dead_size)
        memcpy(at + codes, v->dead, (size_t)s.dead_size);
    if (v->note_size)
        memcpy(at + codes + s.dead_size, v->note, v->note_size);
    memcpy(data, &s, sizeof s);
    s.sum = prt_checksum(data, size);
    memcpy(data, &s, sizeof s);
    bool ok = replace_notes(v, data, size);
    prt_release(data);
    return ok;
}

bool prt_volume_note_stage(struct prt_volume *v, enum prt_stage stage) {
    v->stage = stage;
    for (int f = 0; f < PRT_FILES; f++)
        if (v->file[f].lane && is_needed(v, stage, (enum prt_file)f) && !prt_spill_flush_all(&v->file[f]))
            return prt_volume_fail(v, &v->file[f]);
    if (v->options.keep && !write_notes(v))
        return false;
    for (int f = 0; f < PRT_FILES; f++) {
        /* records that came in order are read by the fold itself */
        bool records = (f == PRT_RECORDS || f == PRT_CODES) && v->in_order && stage == PRT_ORDERED;
        if (!records && !is_needed(v, stage, (enum prt_file)f))
            prt_volume_drop_file(v, (enum prt_file)f);
    }
    return true;
}

bool prt_volume_save(struct prt_volume *v, const void *note, size_t size) {
    uint8_t *copy = prt_resize(NULL, size ? size : 1);
    if (!copy)
        return prt_volume_fail(v, NULL);
    if (size)
        memcpy(copy, note, size);
    prt_release(v->note);
    v->note = copy;
    v->note_size = size;
    return prt_volume_note_stage(v, v->stage);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static uint8_t *read_whole(int file, size_t *size) {
    off_t end = lseek(file, 0, SEEK_END);
    uint8_t *data = end > 0 ? prt_resize(NULL, (size_t)end) : NULL;
    size_t got = 0;
    while (data && got < (size_t)end) {
        ssize_t part = pread(file, data + got, (size_t)end - got, (off_t)got);
        if (part <= 0)
            break;
        got += (size_t)part;
    }
    *size = got;
    return data;
}

static bool is_whole(const struct prt_volume *v, struct saved *s, uint8_t *data, size_t size) {
    if (size < sizeof *s)
        return false;
    memcpy(s, data, sizeof *s);
    uint64_t sum = s->sum, families = v->run->module->descriptor->cells.count;
    s->sum = 0;
    memcpy(data, s, sizeof *s);
    return s->magic == MAGIC && s->version == VERSION && sum == prt_checksum(data, size) &&
           (s->code_count == 0 || s->code_count == PRT_LANES * families) &&
           size == sizeof *s + s->code_count * sizeof(uint32_t) + s->dead_size + s->note_size &&
           s->stage <= PRT_GATHERED && (s->dead_size == 0 || s->dead_size == s->rows / 8 + 1);
}

bool prt_volume_seed(struct prt_volume *v) {
    int file = openat(v->options.folder, NOTES, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0)
        return errno == ENOENT || system_failed(v, errno);
    struct saved s;
    v->saved = read_whole(file, &v->saved_size);
    close(file);
    if (!v->saved || !is_whole(v, &s, v->saved, v->saved_size))
        return system_failed(v, EBADMSG);
    v->run->seed = s.seed;
    return true;
}

static bool copy_arrays(struct prt_volume *v, const struct saved *s) {
    const uint8_t *at = v->saved + sizeof *s;
    size_t codes = (size_t)s->code_count * sizeof *v->codes;
    if (codes) {
        v->codes = prt_zeroed((size_t)s->code_count, sizeof *v->codes);
        if (!v->codes)
            return prt_volume_fail(v, NULL);
        memcpy(v->codes, at, codes);
    }
    if (s->dead_size) {
        v->dead = prt_zeroed((size_t)s->dead_size, 1);
        if (!v->dead)
            return prt_volume_fail(v, NULL);
        memcpy(v->dead, at + codes, (size_t)s->dead_size);
    }
    v->note = prt_resize(NULL, s->note_size ? (size_t)s->note_size : 1);
    if (!v->note)
        return prt_volume_fail(v, NULL);
    memcpy(v->note, at + codes + s->dead_size, (size_t)s->note_size);
    v->note_size = (size_t)s->note_size;
    return true;
}

static void take_state(struct prt_volume *v, const struct saved *s) {
    pol_run *run = v->run;
    run->rows = s->rows;
    run->records = s->records;
    run->last_day = s->last_day;
    run->order_date = s->order_date;
    v->record_words = s->record_words;
    v->bucket_rows = s->bucket_rows;
    v->bucket_count = s->bucket_count;
    v->stage = (enum prt_stage)s->stage;
    v->ascending_bytes = s->ascending_bytes;
    v->ascending_sizes = s->ascending_sizes;
    v->in_order = s->in_order;
    v->last_id = s->last_id;
    v->order_id = s->order_id;
}

bool prt_volume_restore(struct prt_volume *v) {
    struct saved s;
    memcpy(&s, v->saved, sizeof s);
    take_state(v, &s);
    if (!copy_arrays(v, &s))
        return false;
    prt_release(v->saved);
    v->saved = NULL;
    for (int f = 0; f < PRT_FILES; f++) {
        enum prt_file file = (enum prt_file)f;
        if (is_needed(v, v->stage, file) && !prt_spill_find(&v->file[f], v->options.folder, prt_file_names[f], s.end[f],
                                                            lanes_of(v, file), prt_volume_block(file)))
            return prt_volume_fail(v, &v->file[f]);
    }
    return true;
}
