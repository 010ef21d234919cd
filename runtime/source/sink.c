#include "source/sink.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ledger/buffer.h"
#include "ledger/cell.h"
#include "ledger/fail.h"
#include "source/duck.h"
#include "source/spool.h"
#include "tr.h"

enum { HEADER_ROOM = 4096, NAME_ROOM = 64, PATH_ROOM = 4096, PIECE = 1 << 20 };

/* ---- columns ----------------------------------------------------------------------------------------------------- */

/* The types of the columns that are no texts. Sums over many claims stand in other files than single amounts. */
static const struct {
    const char *file, *column, *type; /* file NULL: any */
} types[] = {
    {"targets.csv", "target", "DECIMAL(28,8)"}, /* amounts, rates and counts in one column */
    {"targets.csv", "actual", "DECIMAL(28,8)"},
    {"targets.csv", "gap", "DECIMAL(28,8)"},
    {"differences.csv", "paid", "DECIMAL(38,2)"},
    {"differences.csv", "due", "DECIMAL(38,2)"},
    {"differences.csv", "difference", "DECIMAL(38,2)"},
    {"differences.csv", "overpaid", "DECIMAL(38,2)"},
    {"differences.csv", "underpaid", "DECIMAL(38,2)"},
    {"findings.csv", "amount", "DECIMAL(38,2)"},
    {NULL, "claims", "BIGINT"},
    {NULL, "overpaid_claims", "BIGINT"},
    {NULL, "underpaid_claims", "BIGINT"},
    {NULL, "other_count", "BIGINT"},
    {"invalid.csv", "row", "BIGINT"},
    {"invalid.csv", "file_row", "BIGINT"},
    {NULL, "year", "INTEGER"},
    {NULL, "date", "DATE"},
    {NULL, "award", "DECIMAL(18,2)"},
    {NULL, "entitled", "DECIMAL(18,2)"},
    {NULL, "payable", "DECIMAL(18,2)"},
    {NULL, "carried", "DECIMAL(18,2)"},
    {NULL, "outstanding", "DECIMAL(18,2)"},
    {NULL, "lapsed", "DECIMAL(18,2)"},
    {NULL, "paid", "DECIMAL(18,2)"},
    {NULL, "due", "DECIMAL(18,2)"},
    {NULL, "difference", "DECIMAL(18,2)"},
    {NULL, "amount", "DECIMAL(18,2)"},
};

static const char *type_of(const char *file, const char *column, size_t size) {
    for (unsigned i = 0; i < sizeof types / sizeof *types; i++)
        if ((types[i].file == NULL || strcmp(types[i].file, file) == 0) && strlen(types[i].column) == size &&
            memcmp(types[i].column, column, size) == 0)
            return types[i].type;
    return "VARCHAR";
}

/* 'claim_id': 'VARCHAR', ... from the header of the file. False: it has none. */
static bool put_columns(struct pol_buffer *sql, const char *name, const char *path) {
    char header[HEADER_ROOM];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = file >= 0 ? read(file, header, sizeof header - 1) : -1;
    if (file >= 0)
        close(file);
    header[got > 0 ? got : 0] = '\0';
    char *end = strchr(header, '\n');
    if (end == NULL)
        return false;
    *end = '\0';
    for (char *column = header; column <= end;) {
        size_t size = strcspn(column, ",");
        pol_buffer_format(sql, "%s'%.*s': '%s'", column > header ? ", " : "", (int)size, column,
                          type_of(name, column, size));
        column += size + 1;
    }
    return true;
}

/* ---- text that is no UTF-8 ----------------------------------------------------------------------------------------
 */

static size_t sound_size(const unsigned char *p, const unsigned char *end) {
    for (size_t size = 1; size <= 4 && size <= (size_t)(end - p); size++)
        if (pol_utf8_sound((const char *)p, (const char *)p + size))
            return *p == '\0' ? 0 : size;
    return 0;
}

static enum pol_status put_sound(struct source_spool *spool, const unsigned char *p, const unsigned char *end,
                                 struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    while (p < end && status == POL_STATUS_OK) {
        const unsigned char *run = p;
        size_t size = 0;
        while (p < end && p - run < PIECE && (size = sound_size(p, end)) > 0)
            p += size;
        status = source_spool_write(spool, (const char *)run, (size_t)(p - run), error);
        if (status == POL_STATUS_OK && p < end && size == 0) {
            status = source_spool_write(spool, "\xEF\xBF\xBD", 3, error);
            p++;
        }
    }
    return status;
}

static bool is_sound(const char *data, size_t size) {
    return pol_utf8_sound(data, data + size) && memchr(data, '\0', size) == NULL;
}

/* Where the file has such bytes, a copy of it without them stands in the spool and under `path`. */
static enum pol_status make_sound(char path[POL_OUT_PATH], const struct pol_source_options *options,
                                  struct source_spool *spool, struct pol_error *error) {
    struct stat facts;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    char *data = MAP_FAILED;
    if (file >= 0 && fstat(file, &facts) == 0 && facts.st_size > 0)
        data = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (file >= 0)
        close(file);
    if (data == MAP_FAILED)
        return pol_ledger_fail(error, POL_STATUS_SYSTEM, "results that were written cannot be read again: %s",
                               tr_errno(errno));
    size_t size = (size_t)facts.st_size;
    madvise(data, size, MADV_SEQUENTIAL);
    enum pol_status status = POL_STATUS_OK;
    if (!is_sound(data, size)) {
        status = source_spool_open(spool, options, error);
        if (status == POL_STATUS_OK)
            status = put_sound(spool, (const unsigned char *)data, (const unsigned char *)data + size, error);
        if (status == POL_STATUS_OK)
            status = source_spool_flush(spool, error);
        snprintf(path, POL_OUT_PATH, "/proc/self/fd/%d", spool->file);
    }
    munmap(data, size);
    return status;
}

/* ---- converting -------------------------------------------------------------------------------------------------- */

static bool is_csv(const char *name, char stem[NAME_ROOM]) {
    size_t size = strlen(name);
    if (size < 5 || size >= NAME_ROOM || strcmp(name + size - 4, ".csv") != 0)
        return false;
    memcpy(stem, name, size - 4);
    stem[size - 4] = '\0';
    return true;
}

/* Runs "BEFORE select * from the CSV file AFTER". */
static enum pol_status convert(struct duck *duck, struct pol_out *out, unsigned file,
                               const struct pol_source_options *options, const char *before, const char *after,
                               struct pol_error *error) {
    char path[POL_OUT_PATH];
    struct source_spool spool = {.file = -1};
    struct pol_buffer sql = {0};
    const char *name = pol_out_name(out, file);
    pol_out_path(out, file, path);
    enum pol_status status = make_sound(path, options, &spool, error);
    if (status == POL_STATUS_OK) {
        pol_buffer_format(&sql,
                          "%s SELECT * FROM read_csv('%s', auto_detect = false, header = true, delim = ',', quote = "
                          "'\"', escape = '\"', new_line = '\\n', nullstr = '', parallel = false, columns = {",
                          before, path);
        bool headed = put_columns(&sql, name, path);
        pol_buffer_format(&sql, "})%s", after);
        pol_buffer_add(&sql, "", 1);
        assert(headed); /* we wrote it */
        (void)headed;
        status = sql.failed ? pol_ledger_no_memory(error) : duck_tell(duck, sql.data, false, error);
    }
    pol_buffer_free(&sql);
    source_spool_close(&spool);
    return status;
}

static enum pol_status to_parquet(struct duck *duck, struct pol_out *out, const struct pol_source_options *options,
                                  struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    unsigned count = pol_out_count(out);
    for (unsigned file = 0; file < count && status == POL_STATUS_OK; file++) {
        char stem[NAME_ROOM], name[NAME_ROOM + 16], path[POL_OUT_PATH], after[POL_OUT_PATH + 96];
        unsigned made = 0;
        if (!is_csv(pol_out_name(out, file), stem))
            continue;
        snprintf(name, sizeof name, "%s.parquet", stem);
        bool absent = pol_out_is_absent(out, file);
        if (absent)
            pol_out_drop(out, file);
        status = absent ? pol_out_absent(out, name, error) : pol_out_begin(out, name, &made, error);
        if (absent || status != POL_STATUS_OK)
            continue;
        pol_out_path(out, made, path);
        snprintf(after, sizeof after, ") TO '%s' (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)", path);
        status = convert(duck, out, file, options, "COPY (", after, error);
        if (status == POL_STATUS_OK)
            status = pol_out_renew(out, made, error);
        pol_out_drop(out, file);
    }
    return status;
}

static enum pol_status to_tables(struct duck *duck, struct pol_out *out, unsigned base,
                                 const struct pol_source_options *options, struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    for (unsigned file = 0; file < base && status == POL_STATUS_OK; file++) {
        char stem[NAME_ROOM], before[NAME_ROOM + 48];
        if (is_csv(pol_out_name(out, file), stem) && pol_out_is_absent(out, file)) {
            snprintf(before, sizeof before, "DROP TABLE IF EXISTS %s", stem);
            status = duck_tell(duck, before, false, error);
        } else if (is_csv(pol_out_name(out, file), stem)) {
            snprintf(before, sizeof before, "CREATE OR REPLACE TABLE %s AS", stem);
            status = convert(duck, out, file, options, before, "", error);
        }
        pol_out_drop(out, file);
    }
    return status == POL_STATUS_OK ? duck_tell(duck, "CHECKPOINT", false, error) : status;
}

/* ---- the DuckDB file --------------------------------------------------------------------------------------------- */

static enum pol_status copy_bytes(int from, const char *name, const char *path,
                                  const struct pol_source_options *options, struct pol_error *error) {
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    struct stat facts = {0};
    enum pol_status status = POL_STATUS_OK;
    if (to < 0 || fstat(from, &facts) != 0)
        status = pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: cannot be copied: %s", name, tr_errno(errno));
    for (off_t at = 0; status == POL_STATUS_OK && at < facts.st_size;) {
        ssize_t copied = copy_file_range(from, &at, to, NULL, (size_t)PIECE * 64, 0);
        if (copied <= 0)
            status = pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: cannot be copied: %s", name,
                                     tr_errno(copied == 0 ? EIO : errno));
        else
            status = source_go_on(options, error);
    }
    if (to >= 0)
        close(to);
    return status;
}

/* Copies the file as it is now, while DuckDB holds others off it. *old: there is one. */
static enum pol_status copy_old(const char *old_path, const char *path, const struct pol_source_options *options,
                                bool *old, struct pol_error *error) {
    struct duck duck;
    int from = open(old_path, O_RDONLY | O_CLOEXEC);
    *old = from >= 0;
    if (from < 0)
        return POL_STATUS_OK;
    enum pol_status status = duck_open(&duck, old_path, old_path, true, options, error);
    if (status == POL_STATUS_OK && path != NULL)
        status = copy_bytes(from, old_path, path, options, error);
    duck_close(&duck);
    close(from);
    return status;
}

static enum pol_status old_path_of(const char *folder, const char *base, char path[PATH_ROOM],
                                   struct pol_error *error) {
    if (snprintf(path, PATH_ROOM, "%s/%s", folder, base) < PATH_ROOM)
        return POL_STATUS_OK;
    return pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: cannot be written: %s", base, tr_errno(ENAMETOOLONG));
}

/* What DuckDB writes beside a database. */
static void remove_log(const char *path) {
    char log[POL_OUT_PATH + 8];
    snprintf(log, sizeof log, "%s.wal", path);
    unlink(log);
}

static enum pol_status to_base(struct pol_out *out, const char *base, const struct pol_source_options *options,
                               struct pol_error *error) {
    struct duck duck = {0};
    char path[POL_OUT_PATH], old_path[PATH_ROOM];
    unsigned made = 0;
    bool old = false;
    enum pol_status status = pol_out_begin(out, base, &made, error);
    if (status != POL_STATUS_OK)
        return status;
    pol_out_path(out, made, path);
    pol_out_keep(out, made);
    unlink(path); /* DuckDB wants to make it, or it is a copy */
    status = old_path_of(pol_out_folder(out), base, old_path, error);
    if (status == POL_STATUS_OK)
        status = copy_old(old_path, path, options, &old, error);
    if (status == POL_STATUS_OK)
        status = duck_open(&duck, base, path, false, options, error);
    if (status == POL_STATUS_OK)
        status = to_tables(&duck, out, made, options, error);
    duck_close(&duck);
    if (status == POL_STATUS_OK)
        status = pol_out_renew(out, made, error);
    remove_log(path);
    return status;
}

/* ---- for all ----------------------------------------------------------------------------------------------------- */

enum pol_status pol_sink_check(const char *folder, const struct pol_sink *sink,
                               const struct pol_source_options *options, struct pol_error *error) {
    struct duck duck;
    char path[PATH_ROOM];
    bool old;
    if (sink->format == POL_FORMAT_CSV)
        return POL_STATUS_OK;
    const char *name = sink->format == POL_FORMAT_DUCKDB ? sink->base : folder;
    enum pol_status status = duck_open(&duck, name, NULL, false, options, error);
    duck_close(&duck);
    if (status == POL_STATUS_OK && sink->format == POL_FORMAT_DUCKDB) {
        status = old_path_of(folder, sink->base, path, error);
        if (status == POL_STATUS_OK)
            status = copy_old(path, NULL, options, &old, error);
    }
    return status;
}

enum pol_status pol_sink_convert(struct pol_out *out, const struct pol_sink *sink,
                                 const struct pol_source_options *options, struct pol_error *error) {
    struct duck duck = {0};
    enum pol_status status = POL_STATUS_OK;
    switch (sink->format) {
    case POL_FORMAT_CSV:
        return POL_STATUS_OK;
    case POL_FORMAT_PARQUET:
        status = duck_open(&duck, pol_out_folder(out), NULL, false, options, error);
        if (status == POL_STATUS_OK)
            status = to_parquet(&duck, out, options, error);
        duck_close(&duck);
        return status;
    case POL_FORMAT_DUCKDB:
        return to_base(out, sink->base, options, error);
    }
    return status;
}
