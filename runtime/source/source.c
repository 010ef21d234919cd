#include "source/source.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "ledger/fail.h"
#include "source/table.h"
#include "source/unpack.h"
#include "tr.h"

/* A file that cannot be opened is the user's to mend, unless the system lacks something. */
static enum pol_status unreadable(const char *name, struct pol_error *error) {
    bool system = errno == EIO || errno == EMFILE || errno == ENFILE || errno == ENOMEM;
    return pol_ledger_fail(error, system ? POL_STATUS_SYSTEM : POL_STATUS_INPUT, "%s: cannot be read: %s", name,
                           tr_errno(errno));
}

/* ---- finding ----------------------------------------------------------------------------------------------------- */

/* `name` is what is shown; NULL: the path, and the table behind it. */
static enum pol_status add_part(struct pol_parts *parts, const char *path, const char *table, const char *name,
                                struct pol_error *error) {
    struct pol_part_source *part = realloc(parts->part, (parts->count + 1u) * sizeof *part);
    if (part == NULL)
        return pol_ledger_no_memory(error);
    parts->part = part;
    part += parts->count++;
    *part = (struct pol_part_source){.path = strdup(path), .table = table != NULL ? strdup(table) : NULL};
    struct pol_buffer shown = {0};
    if (name == NULL)
        pol_buffer_format(&shown, table != NULL ? "%s#%s" : "%s", path, table);
    else
        pol_buffer_text(&shown, name);
    pol_buffer_add(&shown, "", 1);
    part->name = shown.data;
    bool there = part->path != NULL && part->name != NULL && !shown.failed && (table == NULL || part->table != NULL);
    return there ? POL_STATUS_OK : pol_ledger_no_memory(error);
}

/* The files that a pattern matches, in the order of their names' bytes. */
static enum pol_status add_matches(struct pol_parts *parts, const char *pattern, const char *table,
                                   struct pol_error *error) {
    glob_t found = {0};
    enum pol_status status = POL_STATUS_OK;
    switch (glob(pattern, GLOB_ERR, NULL, &found)) {
    case 0:
        for (size_t i = 0; i < found.gl_pathc && status == POL_STATUS_OK; i++)
            status = add_part(parts, found.gl_pathv[i], table, NULL, error);
        break;
    case GLOB_NOSPACE:
        status = pol_ledger_no_memory(error);
        break;
    case GLOB_ABORTED:
        status = pol_ledger_fail(error, POL_STATUS_INPUT, "%s: a folder cannot be read: %s", pattern, tr_errno(errno));
        break;
    default:
        status = pol_ledger_fail(error, POL_STATUS_INPUT, "%s: no file matches this pattern", pattern);
        break;
    }
    globfree(&found);
    return status;
}

static enum pol_status add_files(struct pol_parts *parts, const char *path, const char *table,
                                 struct pol_error *error) {
    bool pattern = strpbrk(path, "*?[") != NULL && access(path, F_OK) != 0;
    return pattern ? add_matches(parts, path, table, error) : add_part(parts, path, table, NULL, error);
}

/* Where the next password stands in what names a server: behind "user:" of an address, behind "password=". */
static const char *password_of(const char *name, const char *from, size_t *size) {
    const char *scheme = from == name ? strstr(name, "://") : NULL, *key = strstr(from, "password=");
    if (scheme != NULL) {
        const char *host = scheme + 3, *end = host + strcspn(host, "/?#"),
                   *at = memchr(host, '@', (size_t)(end - host));
        const char *colon = at != NULL ? memchr(host, ':', (size_t)(at - host)) : NULL;
        if (colon != NULL) {
            *size = (size_t)(at - colon - 1);
            return colon + 1;
        }
    }
    if (key == NULL)
        return NULL;
    key += strlen("password=");
    *size = *key == '\'' ? strcspn(key + 1, "'") + 2 : strcspn(key, " &#");
    return key;
}

/* What names a server, without passwords. */
static void put_shown(struct pol_buffer *shown, const char *name) {
    size_t size = 0;
    const char *rest = name;
    for (const char *secret; (secret = password_of(name, rest, &size)) != NULL; rest = secret + size) {
        pol_buffer_add(shown, rest, (size_t)(secret - rest));
        pol_buffer_text(shown, "***");
    }
    pol_buffer_text(shown, rest);
}

static enum pol_status add_server(struct pol_parts *parts, const char *name, struct pol_error *error) {
    const char *mark = strchr(name, '#');
    struct pol_buffer shown = {0};
    put_shown(&shown, name);
    pol_buffer_add(&shown, "", 1);
    char *path = strndup(name, mark != NULL ? (size_t)(mark - name) : strlen(name));
    enum pol_status status =
        path != NULL && !shown.failed
            ? add_part(parts, path, mark != NULL && mark[1] != '\0' ? mark + 1 : NULL, shown.data, error)
            : pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK && parts->part != NULL)
        parts->part[parts->count - 1].server = true;
    free(path);
    pol_buffer_free(&shown);
    return status;
}

static bool is_server(const char *name) {
    return strncmp(name, "postgresql:", 11) == 0 || strncmp(name, "postgres:", 9) == 0;
}

/* A name that is there is that file, whatever characters it has; else what stands behind the first '#' is a table. */
static enum pol_status find_one(struct pol_parts *parts, const char *name, struct pol_error *error) {
    const char *mark = strchr(name, '#');
    if (is_server(name))
        return add_server(parts, name, error);
    if (mark == NULL || mark == name || access(name, F_OK) == 0)
        return add_files(parts, name, NULL, error);
    char *path = strndup(name, (size_t)(mark - name));
    enum pol_status status =
        path != NULL ? add_files(parts, path, mark[1] != '\0' ? mark + 1 : NULL, error) : pol_ledger_no_memory(error);
    free(path);
    return status;
}

enum pol_status pol_source_find(const struct pol_source *source, struct pol_parts *parts, struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    *parts = (struct pol_parts){0};
    for (unsigned i = 0; i < source->count && status == POL_STATUS_OK; i++)
        status = find_one(parts, source->names[i], error);
    for (unsigned i = 0; i < parts->count && status == POL_STATUS_OK; i++)
        if (!parts->part[i].server && access(parts->part[i].path, R_OK) != 0)
            status = unreadable(parts->part[i].path, error);
    if (status != POL_STATUS_OK)
        pol_source_close(parts);
    return status;
}

/* ---- columns ----------------------------------------------------------------------------------------------------- */

enum pol_status pol_source_map(const struct pol_source_options *options, struct pol_csv_schema *const *schemas,
                               unsigned count, struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    for (unsigned i = 0; i < options->column_count && status == POL_STATUS_OK; i++) {
        const char *text = options->columns[i], *equals = strchr(text, '=');
        if (equals == NULL || equals == text || equals[1] == '\0')
            return pol_ledger_fail(error, POL_STATUS_USAGE,
                                   "'%.200s' is no FIELD=NAME, which lets a column NAME be "
                                   "read for FIELD",
                                   text);
        struct pol_name field = {text, (uint32_t)(equals - text)}, column = {equals + 1, (uint32_t)strlen(equals + 1)};
        bool any = false;
        for (unsigned s = 0; s < count && status == POL_STATUS_OK; s++) {
            bool known = false;
            status = pol_csv_schema_map(schemas[s], field, column, &known, error);
            any |= known;
        }
        if (status == POL_STATUS_OK && !any)
            status = pol_ledger_fail(error, POL_STATUS_USAGE,
                                     "the policy has no field `%.*s` that a column could be read for; see polrun info",
                                     (int)field.size, field.data);
    }
    return status;
}

static bool was_found(const struct pol_csv_schema *schema, const char *name) {
    for (uint32_t m = 0; m < schema->mapped_count; m++)
        if (schema->mapped[m].found && strcmp(schema->mapped[m].column.data, name) == 0)
            return true;
    return false;
}

enum pol_status pol_source_mapped(const struct pol_source_options *options, struct pol_csv_schema *const *schemas,
                                  unsigned count, struct pol_error *error) {
    for (unsigned i = 0; i < options->column_count; i++) {
        const char *name = strchr(options->columns[i], '=') + 1;
        bool found = false;
        for (unsigned s = 0; s < count; s++)
            found |= was_found(schemas[s], name);
        if (!found)
            return pol_ledger_fail(error, POL_STATUS_INPUT, "no file has the column `%.200s` given for `%.*s`", name,
                                   (int)(name - 1 - options->columns[i]), options->columns[i]);
    }
    return POL_STATUS_OK;
}

/* ---- opening ----------------------------------------------------------------------------------------------------- */

/* What a part is, and what of it is read already. */
struct opening {
    struct pol_part_source *part;
    const struct pol_source_options *options;
    const struct pol_csv_schema *schema;
    int file;                  /* its text, from the beginning */
    struct source_spool spool; /* that holds it, if the part's own file does not */
};

/* Times of files go by ticks of the system: a change in the tick in which it was looked at would not show. */
static void wait_for_tick(const struct timespec *changed) {
    enum { TICK = 20 }; /* milliseconds, and some to spare */
    struct timespec now, tick = {.tv_nsec = TICK * 1000000L};
    clock_gettime(CLOCK_REALTIME, &now);
    int64_t past = (int64_t)(now.tv_sec - changed->tv_sec) * 1000 + (now.tv_nsec - changed->tv_nsec) / 1000000;
    if (past >= 0 && past < TICK)
        nanosleep(&tick, NULL);
}

static enum pol_status watch(struct pol_part_source *part, int file, struct pol_error *error) {
    struct stat facts;
    if (fstat(file, &facts) == 0)
        wait_for_tick(&facts.st_ctim);
    if (fstat(file, &facts) != 0)
        return pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: cannot be read: %s", part->name, tr_errno(errno));
    part->file = (struct pol_source_file){S_ISREG(facts.st_mode), facts.st_dev,  facts.st_ino,
                                          facts.st_size,          facts.st_mtim, facts.st_ctim};
    return POL_STATUS_OK;
}

/* Puts what `unpack` makes of the file in its place. */
static enum pol_status pass(struct opening *o,
                            enum pol_status (*unpack)(int, const char *, const struct pol_source_options *,
                                                      struct source_spool *, struct pol_error *),
                            struct pol_error *error) {
    struct source_spool spool;
    enum pol_status status = source_spool_open(&spool, o->options, error);
    if (status == POL_STATUS_OK)
        status = unpack(o->file, o->part->name, o->options, &spool, error);
    if (status == POL_STATUS_OK)
        status = source_spool_flush(&spool, error);
    if (o->spool.file >= 0)
        source_spool_close(&o->spool);
    else
        close(o->file);
    o->spool = spool;
    o->file = spool.file;
    return status;
}

static enum pol_status take_table(struct opening *o, enum pol_status (*read)(struct source_table *, struct pol_error *),
                                  const char *unit, struct pol_error *error) {
    struct source_table table = {
        .part = o->part, .options = o->options, .schema = o->schema, .file = o->file, .spool.file = -1, .before = 1};
    enum pol_status status = source_spool_open(&table.spool, o->options, error);
    if (status == POL_STATUS_OK)
        status = read(&table, error);
    if (status == POL_STATUS_OK)
        status = source_table_finish(&table, error);
    if (status == POL_STATUS_OK)
        status = pol_input_take(table.spool.file, o->part->name, POL_ENCODING_UTF8, &o->part->input, error);
    o->part->input.rows = true;
    o->part->input.unit = unit;
    o->part->input.before = table.before;
    source_table_free(&table);
    return status;
}

static enum pol_status take_text(struct opening *o, struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    if (o->options->encoding == POL_ENCODING_GB18030)
        status = pass(o, source_ungb, error);
    return status == POL_STATUS_OK ? pol_input_take(o->file, o->part->name, POL_ENCODING_UTF8, &o->part->input, error)
                                   : status;
}

/* A file of text has no tables, and '#' behind its name is a mistake. */
static enum pol_status check_table(const struct opening *o, bool tables, struct pol_error *error) {
    if (o->part->table == NULL || tables)
        return POL_STATUS_OK;
    return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: the file has no tables or sheets to choose from by '#'",
                           o->part->name);
}

static enum pol_status take_kind(struct opening *o, enum source_kind kind, struct pol_error *error) {
    bool tables = kind == SOURCE_XLSX || kind == SOURCE_SQLITE || kind == SOURCE_DUCKDB;
    enum pol_status status = check_table(o, tables, error);
    if (status != POL_STATUS_OK)
        return status;
    switch (kind) {
    case SOURCE_JSON:
        if (o->options->encoding == POL_ENCODING_GB18030)
            status = pass(o, source_ungb, error);
        return status == POL_STATUS_OK ? take_table(o, source_read_json, tr_later("row"), error) : status;
    case SOURCE_XLSX:
        return take_table(o, source_read_xlsx, tr_later("row"), error);
    case SOURCE_PARQUET:
        return take_table(o, source_read_parquet, tr_later("row"), error);
    case SOURCE_SQLITE: /* a database gives one state of itself, whoever writes to it meanwhile */
        o->part->file.watched = false;
        return take_table(o, source_read_sqlite, tr_later("row"), error);
    case SOURCE_DUCKDB:
        o->part->file.watched = false;
        return take_table(o, source_read_duckdb, tr_later("row"), error);
    case SOURCE_OLD_EXCEL:
        return pol_ledger_fail(error, POL_STATUS_INPUT,
                               "%s: is an old (.xls) or a locked Excel file: save it as .xlsx, without a password",
                               o->part->name);
    case SOURCE_GZIP:
    case SOURCE_ZSTD:
    case SOURCE_CSV:
        break;
    }
    return take_text(o, error);
}

/* What is not a regular file is copied first: its beginning can be read only once. */
static enum pol_status open_file(struct opening *o, struct pol_error *error) {
    enum { PACKED = 4 };
    o->file = open(o->part->path, O_RDONLY | O_CLOEXEC);
    if (o->file < 0)
        return unreadable(o->part->name, error);
    enum pol_status status = watch(o->part, o->file, error);
    if (status == POL_STATUS_OK && !o->part->file.watched)
        status = pass(o, source_copy, error);
    enum source_kind kind = SOURCE_CSV;
    for (int i = 0; i < PACKED && status == POL_STATUS_OK; i++) {
        kind = source_kind_of(o->file);
        if (kind == SOURCE_GZIP)
            status = pass(o, source_gunzip, error);
        else if (kind == SOURCE_ZSTD)
            status = pass(o, source_unzstd, error);
        else
            break;
    }
    return status == POL_STATUS_OK ? take_kind(o, kind, error) : status;
}

static enum pol_status open_part(struct pol_part_source *part, const struct pol_source_options *options,
                                 const struct pol_csv_schema *schema, struct pol_error *error) {
    struct opening o = {part, options, schema, -1, {.file = -1}};
    enum pol_status status =
        part->server ? take_table(&o, source_read_postgres, tr_later("row"), error) : open_file(&o, error);
    if (o.spool.file >= 0)
        source_spool_close(&o.spool);
    else if (o.file >= 0)
        close(o.file);
    return status == POL_STATUS_OK ? pol_csv_header_read(schema, &part->input, &part->header, error) : status;
}

enum pol_status pol_source_open(struct pol_parts *parts, const struct pol_source_options *options,
                                const struct pol_csv_schema *schema, struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    for (unsigned i = 0; i < parts->count && status == POL_STATUS_OK; i++) {
        status = open_part(&parts->part[i], options, schema, error);
        parts->size += parts->part[i].input.size;
    }
    return status;
}

static bool same_time(const struct timespec *a, const struct timespec *b) {
    return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_same(const struct pol_source_file *file, const struct stat *facts) {
    return facts->st_dev == file->device && facts->st_ino == file->inode && facts->st_size == file->size &&
           same_time(&facts->st_mtim, &file->changed) && same_time(&facts->st_ctim, &file->touched);
}

enum pol_status pol_source_unchanged(const struct pol_parts *parts, struct pol_error *error) {
    for (unsigned i = 0; i < parts->count; i++) {
        const struct pol_part_source *part = &parts->part[i];
        struct stat facts;
        enum pol_status status = pol_input_whole(&part->input, error);
        if (status != POL_STATUS_OK)
            return status;
        if (part->file.watched && (stat(part->path, &facts) != 0 || !is_same(&part->file, &facts)))
            return pol_ledger_fail(error, POL_STATUS_INPUT,
                                   "%s: changed while it was read: run again when it stays as it is", part->name);
    }
    return POL_STATUS_OK;
}

static enum pol_status spare(const struct pol_part_source *part, const char *folder, const char *name,
                             struct pol_error *error) {
    struct stat facts;
    struct pol_buffer path = {0};
    pol_buffer_format(&path, "%s/%s", folder, name);
    pol_buffer_add(&path, "", 1);
    enum pol_status status = path.failed ? pol_ledger_no_memory(error) : POL_STATUS_OK;
    bool is = !path.failed && lstat(path.data, &facts) == 0 && facts.st_dev == part->file.device &&
              facts.st_ino == part->file.inode;
    pol_buffer_free(&path);
    if (is)
        return pol_ledger_fail(error, POL_STATUS_USAGE,
                               "%s: is read, and the results would take its place: give another folder for --out",
                               part->name);
    return status;
}

enum pol_status pol_source_spared(const struct pol_parts *parts, const char *folder, const char *const *names,
                                  unsigned count, struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    for (unsigned i = 0; i < parts->count; i++)
        for (unsigned n = 0; n < count && status == POL_STATUS_OK && parts->part[i].file.watched; n++)
            status = spare(&parts->part[i], folder, names[n], error);
    return status;
}

void pol_source_close(struct pol_parts *parts) {
    for (unsigned i = 0; i < parts->count; i++) {
        struct pol_part_source *part = &parts->part[i];
        pol_csv_header_free(&part->header);
        pol_input_close(&part->input);
        free(part->name);
        free(part->path);
        free(part->table);
    }
    free(parts->part);
    *parts = (struct pol_parts){0};
}
