/* state_io.h - the bytes of a state: numbers of variable length, texts, one checksum over all of it.
 *
 * A state is a head of fixed size (struct prt_state_head), a body of numbers and texts, and a foot: the size of the
 * whole (8 bytes) and the SHA-256 of all before it. Writing is one stream from first to last byte. Reading first goes
 * over all bytes for the checksum, then again for their meaning; what a checksum cannot vouch for (somebody may have
 * computed it anew) is checked while reading: no number is trusted.
 *
 * Errors are sticky: after the first one writing does nothing and reading gives zeros, and `status` says so.
 */
#ifndef PRT_STATE_IO_H
#define PRT_STATE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "digest.h"
#include "polrt.h"

enum { PRT_STATE_VERSION = 1, PRT_STATE_FOOT = 8 + POL_DIGEST_SIZE, PRT_STATE_BUFFER = 1 << 16 };
#define PRT_STATE_MAGIC "POLstate"

struct prt_state_head {
    char magic[8];
    uint32_t version;
    uint16_t abi_major, abi_minor;
    uint8_t rules_digest[POL_DIGEST_SIZE];
};

/* ---- writing ----------------------------------------------------------------------------------------------------- */

struct prt_writer {
    const struct pol_state_sink *sink;
    struct pol_error *error;
    enum pol_status status;
    struct pol_sha256 hash;
    uint64_t size; /* of what was given to the sink */
    uint8_t *buffer;
    size_t used;
};

/* False: no memory; the status says so too. */
bool prt_writer_start(struct prt_writer *w, const struct pol_state_sink *sink, struct pol_error *error);
void prt_put(struct prt_writer *w, const void *bytes, size_t size);
void prt_put_number(struct prt_writer *w, uint64_t value);
void prt_put_signed(struct prt_writer *w, int64_t value);
void prt_put_text(struct prt_writer *w, struct pol_text text);
/* Adds the foot, frees the buffer. */
enum pol_status prt_writer_end(struct prt_writer *w);

/* ---- reading ----------------------------------------------------------------------------------------------------- */

struct prt_reader {
    const struct pol_state_source *source;
    struct pol_error *error;
    enum pol_status status;
    uint64_t at, end; /* what comes after the buffer; where the foot begins */
    uint8_t *buffer;
    size_t next, have;
};

/* Checks that the source is a state, and whole: mark, version, size, SHA-256. */
enum pol_status prt_state_check(const struct pol_state_source *source, struct prt_state_head *head,
                                struct pol_error *error);
/* Begins at byte `at` of a state that was checked. False: no memory; the status says so too. */
bool prt_reader_start(struct prt_reader *r, const struct pol_state_source *source, uint64_t at,
                      struct pol_error *error);
void prt_reader_end(struct prt_reader *r);
uint64_t prt_reader_place(const struct prt_reader *r);
bool prt_get(struct prt_reader *r, void *bytes, size_t size);
uint64_t prt_get_number(struct prt_reader *r);
/* ... of at most `most`; a larger one is damage. */
uint64_t prt_get_below(struct prt_reader *r, uint64_t most);
int64_t prt_get_signed(struct prt_reader *r);
int64_t prt_get_within(struct prt_reader *r, int64_t least, int64_t most);
/* The bytes are behind `*text` and belong to `texts`. */
bool prt_reader_damaged(struct prt_reader *r); /* sets the error; always false */

/* Texts that stay where they are until all are freed. */
struct prt_texts {
    struct prt_text_block *last;
};
char *prt_texts_room(struct prt_texts *texts, size_t size); /* NULL: no memory */
void prt_texts_free(struct prt_texts *texts);
/* A text of at most `most` bytes. */
bool prt_get_text(struct prt_reader *r, struct prt_texts *texts, uint64_t most, struct pol_text *text);

#endif
