#include "source/unpack.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "ledger/fail.h"
#include "ledger/gb18030.h"
#include "tr.h"

enum { BLOCK = 1 << 18, SNIFFED = 64 };

/* ---- what it is -------------------------------------------------------------------------------------------------- */

static bool begins(const char *bytes, size_t size, size_t at, const char *with, size_t length) {
    return size >= at + length && memcmp(bytes + at, with, length) == 0;
}

/* A brace with a name or its end behind it, or with a bracket before it. */
static bool is_json(const char *p, size_t size) {
    const char *end = p + size;
    if (begins(p, size, 0, "\xEF\xBB\xBF", 3))
        p += 3;
    for (int braces = 0; p < end; p++) {
        if (strchr(" \t\r\n", *p) != NULL)
            continue;
        if (braces > 0)
            return *p == '"' || *p == '}';
        if (*p != '{' && *p != '[')
            return false;
        braces += *p == '{';
    }
    return false;
}

enum source_kind source_kind_of(int file) {
    char bytes[SNIFFED + 1] = {0};
    ssize_t got = pread(file, bytes, SNIFFED, 0);
    size_t size = got > 0 ? (size_t)got : 0;
    if (begins(bytes, size, 0, "\x1F\x8B", 2))
        return SOURCE_GZIP;
    bool skippable = begins(bytes, size, 1, "\x2A\x4D\x18", 3) && (bytes[0] & 0xF0) == 0x50; /* pzstd begins so */
    if (begins(bytes, size, 0, "\x28\xB5\x2F\xFD", 4) || skippable)
        return SOURCE_ZSTD;
    if (begins(bytes, size, 0, "PK\x03\x04", 4))
        return SOURCE_XLSX;
    if (begins(bytes, size, 0, "\xD0\xCF\x11\xE0", 4))
        return SOURCE_OLD_EXCEL;
    if (begins(bytes, size, 0, "PAR1", 4))
        return SOURCE_PARQUET;
    if (begins(bytes, size, 0, "SQLite format 3", 16))
        return SOURCE_SQLITE;
    if (begins(bytes, size, 8, "DUCK", 4))
        return SOURCE_DUCKDB;
    return is_json(bytes, size) ? SOURCE_JSON : SOURCE_CSV;
}

/* ---- reading it -------------------------------------------------------------------------------------------------- */

/* A file, block by block. */
struct feed {
    int file;
    const char *name;
    const struct pol_source_options *options;
    char *block;
    size_t size;   /* of what the block holds */
    uint64_t read; /* in all */
};

static enum pol_status begin_feed(struct feed *feed, int file, const char *name,
                                  const struct pol_source_options *options, struct pol_error *error) {
    *feed = (struct feed){file, name, options, malloc(BLOCK), 0, 0};
    if (feed->block == NULL)
        return pol_ledger_no_memory(error);
    lseek(file, 0, SEEK_SET); /* a pipe stays where it is */
    return POL_STATUS_OK;
}

/* The next block, behind the first `kept` bytes of it; size stays at `kept` at the end of the file. */
static enum pol_status next_block(struct feed *feed, size_t kept, struct pol_error *error) {
    enum pol_status status = source_go_on(feed->options, error);
    feed->size = kept;
    while (status == POL_STATUS_OK) {
        ssize_t got = read(feed->file, feed->block + kept, BLOCK - kept);
        if (got >= 0) {
            feed->size += (size_t)got;
            feed->read += (uint64_t)got;
            break;
        }
        if (errno != EINTR)
            status = pol_ledger_fail(error, errno == EISDIR ? POL_STATUS_INPUT : POL_STATUS_SYSTEM,
                                     "%s: cannot be read: %s", feed->name, tr_errno(errno));
    }
    return status;
}

static enum pol_status cut_short(const char *name, struct pol_error *error) {
    return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: the compressed file ends too early: it was cut short", name);
}

static enum pol_status damaged(const char *name, const char *how, struct pol_error *error) {
    return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: the compressed file is damaged: %s", name,
                           how != NULL ? how : tr("no sense can be made of it"));
}

/* What never ends a line may never end: a device, a program gone wrong. */
struct unending {
    uint64_t bytes; /* since a line ended */
    bool zeros;     /* nothing else but zero bytes */
};

static enum pol_status is_ending(struct unending *line, const struct feed *feed, struct pol_error *error) {
    static const uint64_t most = (uint64_t)1 << 30, most_zeros = (uint64_t)1 << 24;
    const char *end = memrchr(feed->block, '\n', feed->size);
    bool zeros = feed->size > 0 && feed->block[0] == 0 && memcmp(feed->block, feed->block + 1, feed->size - 1) == 0;
    line->zeros = zeros && (line->zeros || line->bytes == 0);
    line->bytes = end != NULL ? (uint64_t)(feed->block + feed->size - end - 1) : line->bytes + feed->size;
    if (line->bytes <= (line->zeros ? most_zeros : most))
        return POL_STATUS_OK;
    return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: no line ends within %llu MiB: this is no ledger", feed->name,
                           (unsigned long long)(line->bytes >> 20));
}

enum pol_status source_copy(int file, const char *name, const struct pol_source_options *options,
                            struct source_spool *spool, struct pol_error *error) {
    struct feed feed;
    struct unending line = {0, false};
    enum pol_status status = begin_feed(&feed, file, name, options, error);
    do {
        if (status == POL_STATUS_OK)
            status = next_block(&feed, 0, error);
        if (status == POL_STATUS_OK)
            status = is_ending(&line, &feed, error);
        if (status == POL_STATUS_OK)
            status = source_spool_write(spool, feed.block, feed.size, error);
    } while (status == POL_STATUS_OK && feed.size > 0);
    free(feed.block);
    return status;
}

/* ---- gzip -------------------------------------------------------------------------------------------------------- */

/* All that the block holds. *inside: a member has begun and not ended. */
static enum pol_status inflate_block(z_stream *stream, const struct feed *feed, bool *inside, char *out,
                                     struct source_spool *spool, struct pol_error *error) {
    stream->next_in = (Bytef *)feed->block;
    stream->avail_in = (uInt)feed->size;
    enum pol_status status = POL_STATUS_OK;
    do {
        if (!*inside) { /* members may follow each other, and zeros the last */
            for (; stream->avail_in > 0 && *stream->next_in == 0; stream->avail_in--)
                stream->next_in++;
            if (stream->avail_in == 0)
                return POL_STATUS_OK;
            inflateReset(stream);
            *inside = true;
        }
        stream->next_out = (Bytef *)out;
        stream->avail_out = BLOCK;
        int result = inflate(stream, Z_NO_FLUSH);
        if (result == Z_MEM_ERROR)
            return pol_ledger_no_memory(error);
        if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
            return damaged(feed->name, stream->msg, error);
        *inside = result != Z_STREAM_END;
        status = source_spool_write(spool, out, BLOCK - stream->avail_out, error);
    } while (status == POL_STATUS_OK && (stream->avail_in > 0 || stream->avail_out == 0));
    return status;
}

enum pol_status source_gunzip(int file, const char *name, const struct pol_source_options *options,
                              struct source_spool *spool, struct pol_error *error) {
    struct feed feed;
    z_stream stream = {0};
    bool inside = true;
    char *out = malloc(BLOCK);
    enum pol_status status = begin_feed(&feed, file, name, options, error);
    bool ready = out != NULL && inflateInit2(&stream, 15 + 16) == Z_OK; /* 16: gzip and nothing else */
    if (!ready)
        status = pol_ledger_no_memory(error);
    do {
        if (status == POL_STATUS_OK)
            status = next_block(&feed, 0, error);
        if (status == POL_STATUS_OK && feed.size > 0)
            status = inflate_block(&stream, &feed, &inside, out, spool, error);
    } while (status == POL_STATUS_OK && feed.size > 0);
    if (status == POL_STATUS_OK && inside)
        status = cut_short(name, error);
    if (ready)
        inflateEnd(&stream);
    free(out);
    free(feed.block);
    return status;
}

/* ---- zstd -------------------------------------------------------------------------------------------------------- */

/* *left: 0 once a frame is complete. */
static enum pol_status unzstd_block(ZSTD_DCtx *context, const struct feed *feed, size_t *left, char *out,
                                    struct source_spool *spool, struct pol_error *error) {
    ZSTD_inBuffer in = {feed->block, feed->size, 0};
    enum pol_status status = POL_STATUS_OK;
    bool full;
    do {
        ZSTD_outBuffer to = {out, BLOCK, 0};
        *left = ZSTD_decompressStream(context, &to, &in);
        if (ZSTD_isError(*left))
            return damaged(feed->name, ZSTD_getErrorName(*left), error);
        full = to.pos == to.size;
        status = source_spool_write(spool, out, to.pos, error);
    } while (status == POL_STATUS_OK && (in.pos < in.size || full));
    return status;
}

enum pol_status source_unzstd(int file, const char *name, const struct pol_source_options *options,
                              struct source_spool *spool, struct pol_error *error) {
    struct feed feed;
    size_t left = 1;
    char *out = malloc(BLOCK);
    ZSTD_DCtx *context = ZSTD_createDCtx();
    enum pol_status status = begin_feed(&feed, file, name, options, error);
    if (out == NULL || context == NULL)
        status = pol_ledger_no_memory(error);
    do {
        if (status == POL_STATUS_OK)
            status = next_block(&feed, 0, error);
        if (status == POL_STATUS_OK && feed.size > 0)
            status = unzstd_block(context, &feed, &left, out, spool, error);
    } while (status == POL_STATUS_OK && feed.size > 0);
    if (status == POL_STATUS_OK && left != 0)
        status = cut_short(name, error);
    ZSTD_freeDCtx(context);
    free(out);
    free(feed.block);
    return status;
}

/* ---- GB18030 ----------------------------------------------------------------------------------------------------- */

/* Where the block can be cut: behind a line feed, which is no part of any character; else between two characters, as
 * far as that can be told. */
static size_t cut_of(const char *block, size_t size, bool last) {
    const char *feed = last ? NULL : memrchr(block, '\n', size);
    if (last)
        return size;
    return feed != NULL ? (size_t)(feed - block) + 1 : 0;
}

enum pol_status source_ungb(int file, const char *name, const struct pol_source_options *options,
                            struct source_spool *spool, struct pol_error *error) {
    struct feed feed;
    char *out = malloc(pol_gb18030_room(BLOCK));
    enum pol_status status = begin_feed(&feed, file, name, options, error);
    size_t kept = 0;
    bool last = false;
    if (out == NULL)
        status = pol_ledger_no_memory(error);
    while (status == POL_STATUS_OK && !last) {
        status = next_block(&feed, kept, error);
        last = feed.size == kept;
        size_t cut = cut_of(feed.block, feed.size, last), written = 0;
        if (cut == 0 && feed.size == BLOCK)
            status = pol_ledger_fail(error, POL_STATUS_INPUT, "%s: a line of more than %d bytes cannot be GB18030 text",
                                     name, BLOCK);
        if (status == POL_STATUS_OK && cut > 0)
            status = pol_gb18030_convert(feed.block, cut, out, &written, error);
        if (status == POL_STATUS_OK)
            status = source_spool_write(spool, out, written, error);
        kept = feed.size - cut;
        memmove(feed.block, feed.block + cut, kept);
    }
    free(out);
    free(feed.block);
    return status;
}
