#include "audit/audit_spill.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/lock.h"
#include "ledger/fail.h"
#include "tr.h"

#define FOLDER   ".polrun-work"
#define IDENTITY "run"

/* ---- how much memory there is ------------------------------------------------------------------------------------ */

/* The number behind a word in a small file; 0: none. */
static uint64_t number_in(const char *path, const char *word) {
    char line[256];
    uint64_t value = 0;
    FILE *file = fopen(path, "re");
    while (file != NULL && value == 0 && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, word, strlen(word)) == 0)
            value = strtoull(line + strlen(word), NULL, 10);
    if (file != NULL)
        fclose(file);
    return value;
}

uint64_t pol_audit_memory(void) {
    enum { LEAST = 256 << 20 };
    uint64_t free_bytes = number_in("/proc/meminfo", "MemAvailable:") * 1024;
    uint64_t limit = number_in("/sys/fs/cgroup/memory.max", "");
    if (free_bytes == 0 || (limit > 0 && limit < free_bytes))
        free_bytes = limit > 0 ? limit : (uint64_t)4 << 30;
    free_bytes = free_bytes / 4 * 3;
    return free_bytes > LEAST ? free_bytes : LEAST;
}

uint64_t pol_audit_memory_used(void) {
    unsigned long long resident = 0, shared = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    bool read = file != NULL && fscanf(file, "%*u %llu %llu", &resident, &shared) == 2;
    if (file != NULL)
        fclose(file);
    return read && resident > shared ? (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

/* ---- how much the ledger takes ----------------------------------------------------------------------------------- */

uint64_t pol_audit_guess_rows(const struct pol_parts *parts) {
    enum { SAMPLE = 1 << 20 };
    uint64_t bytes = 0, lines = 0;
    for (unsigned i = 0; i < parts->count && bytes < SAMPLE; i++) {
        const struct pol_input *input = &parts->part[i].input;
        uint64_t size = input->size - input->begin < SAMPLE ? input->size - input->begin : SAMPLE;
        const char *at = input->data + input->begin, *end = at + size;
        for (; at < end && (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
            lines++;
        bytes += size;
    }
    return bytes == 0 ? 0 : (uint64_t)((double)parts->size / (double)bytes * (double)(lines + 1));
}

/* What a run takes in memory for a claims row and for an applicants row, measured with the largest policy that is
 * shipped: rows in any order, or ids that ascend. With work files: the applicants while claims are read; then what is
 * left of them and the cells, whose number nobody knows before. */
enum { CLAIM_BYTES = 190, ASCENDING_BYTES = 110, APPLICANT_BYTES = 120, FIXED_BYTES = 64 << 20 };
enum { CELL_BYTES = 20, BUDGET_BYTES = 30, LEAST_BYTES = 44 << 20 };

/* What a state brings along: applicants, keys in use, deferred claims. */
static uint64_t state_bytes(const struct pol_audit *audit) {
    enum { WAITING_BYTES = 160 };
    struct pol_state_facts facts;
    const struct pol_state_source *source = audit->state != NULL ? pol_state_file_source(audit->state) : NULL;
    if (source == NULL || pol_state_facts(source, &facts, NULL) != POL_STATUS_OK) /* what is wrong is told later */
        return 0;
    return facts.profiles * APPLICANT_BYTES + facts.cells * CELL_BYTES + facts.waiting * WAITING_BYTES;
}

static uint64_t guess_bytes(const struct pol_audit *audit, uint64_t claim) {
    return FIXED_BYTES + 2 * audit->state_bytes + pol_audit_guess_rows(&audit->claims) * claim +
           pol_audit_guess_rows(&audit->applicants) * APPLICANT_BYTES;
}

/* Does everything fit? Most ledgers come in the order of claim ids. Those who keep to it take so much less that this is
 * tried where it makes the difference; a state, however, holds all ids in any case. */
static bool fits(struct pol_audit *audit, uint64_t memory) {
    bool in_any_order = guess_bytes(audit, CLAIM_BYTES) <= memory;
    audit->ascending = !in_any_order && audit->state == NULL && guess_bytes(audit, ASCENDING_BYTES) <= memory;
    return in_any_order || audit->ascending;
}

/* What deciding through files takes whatever it may take. */
static uint64_t fold_bytes(const struct pol_audit *audit) {
    uint64_t applicant = audit->state != NULL ? APPLICANT_BYTES : BUDGET_BYTES; /* a state needs them in the end */
    return LEAST_BYTES + audit->state_bytes + pol_audit_guess_rows(&audit->claims) * CELL_BYTES +
           pol_audit_guess_rows(&audit->applicants) * applicant;
}

static uint64_t least_bytes(const struct pol_audit *audit) {
    uint64_t reading = LEAST_BYTES + audit->state_bytes + pol_audit_guess_rows(&audit->applicants) * APPLICANT_BYTES,
             folding = fold_bytes(audit);
    return reading > folding ? reading : folding;
}

/* In the unit of --memory, rounded up. */
static unsigned long long mebibytes(uint64_t bytes) {
    return (bytes + (1 << 20) - 1) >> 20;
}

/* ---- whose files these are --------------------------------------------------------------------------------------- */

/* Of a file's bytes: all of them when they were made in memory, else the ends and places between; with the time of
 * change that tells a changed file as surely as can be done without reading it twice. */
static uint64_t digest_of(const struct pol_input *input) {
    enum { ENDS = 1 << 16, BETWEEN = 256, PIECE = 4096 };
    uint64_t size = input->size;
    if (!input->of_file || size <= (uint64_t)BETWEEN * PIECE)
        return prt_checksum(input->data, size);
    uint64_t sum = prt_checksum(input->data, ENDS) ^ prt_checksum(input->data + size - ENDS, ENDS) * 3;
    for (uint64_t i = 1; i < BETWEEN; i++)
        sum = sum * 0x9e3779b97f4a7c15u + prt_checksum(input->data + size / BETWEEN * i, PIECE);
    return sum;
}

static void put_parts(struct pol_buffer *text, const struct pol_parts *parts) {
    for (unsigned i = 0; i < parts->count; i++) {
        struct stat facts = {0};
        const struct pol_part_source *part = &parts->part[i];
        if (stat(part->name, &facts) != 0)
            facts = (struct stat){0};
        pol_buffer_format(text, "%s: %" PRIu64 " bytes, changed %lld.%09ld, digest %016" PRIx64 "\n", part->name,
                          part->input.size, (long long)facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec,
                          digest_of(&part->input));
    }
}

static void put_digest(struct pol_buffer *text, const char *what, const uint8_t *digest) {
    pol_buffer_format(text, "%s: ", what);
    for (int i = 0; i < POL_DIGEST_SIZE; i++)
        pol_buffer_format(text, "%02x", digest[i]);
    pol_buffer_text(text, "\n");
}

/* A state ends with its digest. */
static void put_state(struct pol_buffer *text, const struct pol_audit *audit) {
    const struct pol_state_source *source = audit->state != NULL ? pol_state_file_source(audit->state) : NULL;
    uint8_t digest[POL_DIGEST_SIZE] = {0};
    pol_buffer_text(text, audit->state == NULL ? "--state: none\n" : source == NULL ? "--state: new\n" : "");
    if (source != NULL && source->size > sizeof digest &&
        source->read(source->context, source->size - sizeof digest, digest, sizeof digest, NULL) == POL_STATUS_OK)
        put_digest(text, "--state", digest);
}

/* What decides the result, a line for each thing. */
static void put_identity(struct pol_buffer *text, const struct pol_audit *audit) {
    const struct pol_audit_options *o = audit->options;
    const struct pol_descriptor *d = pol_module_descriptor(audit->module);
    const struct pol_param *params = pol_module_array(audit->module, d->params);
    pol_buffer_text(text, "polrun " POL_VERSION "\n");
    put_digest(text, "the policy", d->object_digest);
    for (uint32_t p = 0; p < d->params.count; p++)
        pol_buffer_format(text, "parameter %s: %lld\n", pol_module_string(audit->module, params[p].name),
                          (long long)(o->params != NULL ? o->params[p] : params[p].fallback));
    pol_buffer_format(text, "--as-of: %d\n", (int)o->as_of);
    pol_buffer_format(text, "--encoding: %d\n", (int)o->source.encoding);
    pol_buffer_format(text, "--findings: %d\n", (int)o->findings);
    put_state(text, audit);
    put_parts(text, &audit->claims);
    pol_buffer_text(text, "--applicants: below\n");
    put_parts(text, &audit->applicants);
}

/* Says which line is another one than it was. */
static enum pol_status say_changed(const struct pol_audit_spill *s, const char *was, const char *is,
                                   struct pol_error *error) {
    while (*was != '\0' && *was == *is && strcspn(was, "\n") == strcspn(is, "\n") &&
           memcmp(was, is, strcspn(was, "\n")) == 0) {
        is += strcspn(is, "\n") + 1;
        was += strcspn(was, "\n") + 1;
    }
    const char *line = *is != '\0' ? is : was;
    int size = (int)strcspn(line, "\n");
    const char *end = memchr(line, ':', (size_t)size);
    return pol_ledger_fail(error, POL_STATUS_INPUT,
                           "%s: the interrupted audit was of something else: %.*s is not what it was; without --resume "
                           "it begins anew",
                           s->path, end != NULL ? (int)(end - line) : size, line);
}

static char *read_text(int folder, const char *name) {
    int file = folder < 0 ? -1 : openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    struct stat facts;
    char *text = NULL;
    if (file >= 0 && fstat(file, &facts) == 0 && facts.st_size < 1 << 26)
        text = calloc(1, (size_t)facts.st_size + 1);
    if (text != NULL && read(file, text, (size_t)facts.st_size) != facts.st_size) {
        free(text);
        text = NULL;
    }
    if (file >= 0)
        close(file);
    return text;
}

/* Under its name it is whole. */
static bool write_text(int folder, const char *name, const char *aside, const struct pol_buffer *text) {
    int file = folder < 0 ? -1 : openat(folder, aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (file < 0)
        return false;
    ssize_t wrote = write(file, text->data, text->size);
    if (wrote >= 0 && (size_t)wrote != text->size)
        errno = ENOSPC;
    bool whole = (close(file) == 0) & (wrote >= 0 && (size_t)wrote == text->size);
    return whole && renameat(folder, aside, folder, name) == 0;
}

/* ---- the folder -------------------------------------------------------------------------------------------------- */

static enum pol_status unwritable(const struct pol_audit_spill *s, struct pol_error *error) {
    return pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: cannot be written: %s", s->path, tr_errno(errno));
}

/* First the one that says that there is work to go on with: whoever is killed here leaves nothing that looks like it.
 */
static void remove_files(int folder) {
    (void)unlinkat(folder, IDENTITY, 0);
    int again = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = again >= 0 ? fdopendir(again) : NULL;
    for (struct dirent *entry; list != NULL && (entry = readdir(list)) != NULL;)
        if (entry->d_name[0] != '.')
            (void)unlinkat(folder, entry->d_name, 0);
    if (list != NULL)
        closedir(list);
}

static enum pol_status open_folder(struct pol_audit_spill *s, struct pol_error *error) {
    if (!pol_out_make_folders(s->path)) /* and with it, the one for the results */
        return unwritable(s, error);
    s->folder = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (s->folder < 0)
        return unwritable(s, error);
    if (pol_lock(s->folder))
        return POL_STATUS_OK;
    close(s->folder);
    s->folder = -1;
    return pol_ledger_fail(error, POL_STATUS_SYSTEM,
                           "%s: another audit is at work there; give this one another --spill", s->path);
}

/* Takes up what an interrupted audit left, or begins anew. */
static enum pol_status settle(struct pol_audit_spill *s, struct pol_error *error) {
    struct pol_buffer identity = {0};
    put_identity(&identity, s->audit);
    pol_buffer_add(&identity, "", 1);
    if (identity.failed) {
        pol_buffer_free(&identity);
        return pol_ledger_no_memory(error);
    }
    identity.size--;
    enum pol_status status = POL_STATUS_OK;
    char *before = read_text(s->folder, IDENTITY);
    if (before != NULL && s->audit->options->resume) {
        if (strcmp(before, identity.data) != 0)
            status = say_changed(s, before, identity.data, error);
        s->run.keep = 2;
    } else {
        remove_files(s->folder);
        if (!write_text(s->folder, IDENTITY, IDENTITY ".new", &identity))
            status = unwritable(s, error);
    }
    free(before);
    pol_buffer_free(&identity);
    return status;
}

/* ---- beginning --------------------------------------------------------------------------------------------------- */

static void progress(void *context, const char *stage, uint64_t done, uint64_t total) {
    struct pol_audit_spill *s = context;
    pthread_mutex_lock(&s->lock);
    pol_audit_progress(s->audit, tr(stage), done, total, POL_UNIT_CLAIMS);
    pthread_mutex_unlock(&s->lock);
}

static uint8_t cancelled(void *context) {
    struct pol_audit_spill *s = context;
    const struct pol_observer *observer = &s->audit->options->observer;
    return observer->cancelled != NULL && observer->cancelled(observer->context);
}

static bool work_stands(const struct pol_audit_options *options) {
    struct stat facts;
    struct pol_buffer path = {0};
    pol_buffer_format(&path, "%s/" FOLDER "/" IDENTITY, options->spill != NULL ? options->spill : options->out);
    pol_buffer_add(&path, "", 1);
    bool stands = !path.failed && stat(path.data, &facts) == 0;
    pol_buffer_free(&path);
    return stands;
}

static struct pol_audit_spill *make(struct pol_audit *audit, uint64_t memory) {
    const struct pol_audit_options *options = audit->options;
    struct pol_audit_spill *s = calloc(1, sizeof *s);
    struct pol_buffer path = {0};
    pol_buffer_format(&path, "%s/" FOLDER, options->spill != NULL ? options->spill : options->out);
    pol_buffer_add(&path, "", 1);
    if (s == NULL || path.failed) {
        free(s);
        pol_buffer_free(&path);
        return NULL;
    }
    uint64_t others = fold_bytes(audit);
    s->audit = audit;
    s->path = path.data;
    s->folder = -1;
    s->kept.file = s->faults.file = -1;
    s->run = (struct pol_spill){.name = s->path, .keep = 1, .context = s, .progress = progress, .cancelled = cancelled};
    s->run.uses = options->findings;
    s->run.memory = memory > 2 * others ? memory - others : memory / 2;
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

/* Can what was asked for be kept? */
static enum pol_status check_least(const struct pol_audit *audit, uint64_t memory, struct pol_error *error) {
    const struct pol_audit_options *options = audit->options;
    unsigned long long needed = mebibytes(least_bytes(audit));
    if (least_bytes(audit) <= memory)
        return POL_STATUS_OK;
    if (options->memory != 0)
        return pol_ledger_fail(
            error, POL_STATUS_USAGE,
            "with work files, too, this ledger takes about %llu MiB of memory, for the applicants and "
            "what their claims use up: give --memory=%lluM",
            needed, needed);
    pol_audit_warn(
        &options->observer,
        "with work files, too, this ledger takes about %llu MiB of memory, for the applicants and what their "
        "claims use up, which is more than is free",
        needed);
    return POL_STATUS_OK;
}

enum pol_status pol_audit_spill_open(struct pol_audit *audit, struct pol_error *error) {
    const struct pol_audit_options *options = audit->options;
    uint64_t memory = options->memory != 0 ? options->memory : pol_audit_memory();
    audit->state_bytes = state_bytes(audit);
    audit->memory = 0;
    if (options->out == NULL)
        return POL_STATUS_OK;
    if (!options->resume && !audit->outgrown && fits(audit, memory)) {
        audit->memory = memory;
        return POL_STATUS_OK;
    }
    enum pol_status status = check_least(audit, memory, error);
    if (status != POL_STATUS_OK)
        return status;
    bool stands = work_stands(options);
    if (!options->resume && stands)
        pol_audit_warn(&options->observer, "what an interrupted audit left is given up; --resume would go on from it");
    audit->spill = make(audit, memory);
    if (audit->spill == NULL)
        return pol_ledger_no_memory(error);
    status = open_folder(audit->spill, error);
    if (status == POL_STATUS_OK)
        status = settle(audit->spill, error);
    audit->spill->run.folder = audit->spill->folder;
    audit->spill->interrupted = status == POL_STATUS_INPUT; /* what is there is not ours to remove */
    clock_gettime(CLOCK_MONOTONIC, &audit->spill->saved);
    return status;
}

enum pol_status pol_audit_spill_failed(const struct pol_audit *audit, struct pol_error *error) {
    const struct pol_audit_spill *s = audit->spill;
    int cause = prt_spill_failure(&s->kept) != 0 ? prt_spill_failure(&s->kept) : prt_spill_failure(&s->faults);
    return pol_audit_spill_cause(audit, cause, error);
}

enum pol_status pol_audit_spill_cause(const struct pol_audit *audit, int cause, struct pol_error *error) {
    const struct pol_audit_spill *s = audit->spill;
    if (cause == 0 || cause == ENOMEM || s == NULL)
        return pol_ledger_no_memory(error);
    if (cause == EBADMSG)
        return pol_ledger_fail(error, POL_STATUS_SYSTEM,
                               "%s: a work file does not hold what was written; begin the audit anew", s->path);
    return pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: a work file cannot be written or read: %s", s->path,
                           tr_errno(cause));
}

/* An entry of the faults: this and the entries of a chunk. */
struct faults_entry {
    uint64_t row, file_row;
    uint32_t part, size;
};
enum { FAULTS_BLOCK = 1 << 16 };

enum pol_status pol_audit_spill_faults(struct pol_audit *audit, const struct pol_chunk_faults *faults,
                                       struct pol_error *error) {
    struct pol_audit_spill *s = audit->spill;
    size_t size = faults->entries.size, whole = sizeof(struct faults_entry) + (size + 7) / 8 * 8;
    if (size == 0)
        return POL_STATUS_OK;
    struct faults_entry *entry = whole <= UINT32_MAX ? prt_spill_take(&s->faults, 0, (uint32_t)whole, 0) : NULL;
    if (entry == NULL)
        return pol_audit_spill_failed(audit, error);
    *entry =
        (struct faults_entry){audit->rows, audit->rows - s->place.first_row, (uint32_t)s->place.part, (uint32_t)size};
    memset((char *)entry + whole - 8, 0, 8);
    memcpy(entry + 1, faults->entries.data, size);
    return POL_STATUS_OK;
}

/* The faults that an interrupted audit had found. */
static enum pol_status note_faults(struct pol_audit *audit, struct pol_error *error) {
    struct pol_audit_spill *s = audit->spill;
    struct prt_walk walk = {.spill = &s->faults};
    enum pol_status status = POL_STATUS_OK;
    const struct faults_entry *entry;
    while (status == POL_STATUS_OK && (entry = prt_walk_entry(&walk)) != NULL) {
        struct pol_chunk_faults chunk = {.entries = {.data = (char *)(uintptr_t)(entry + 1), .size = entry->size}};
        if (audit->faults != NULL && entry->part < audit->claims.count)
            status = pol_faults_commit(audit->faults, &chunk, true, &audit->claims.part[entry->part].input, entry->row,
                                       entry->file_row, error);
        walk.at += (uint32_t)(sizeof *entry + ((size_t)entry->size + 7) / 8 * 8);
    }
    prt_walk_free(&walk);
    return status == POL_STATUS_OK && s->faults.failure != 0 ? pol_audit_spill_failed(audit, error) : status;
}

/* Where the parts began that an interrupted audit had read. */
static enum pol_status find_parts(struct pol_audit *audit, struct pol_error *error) {
    struct pol_audit_spill *s = audit->spill;
    struct pol_kept_memory memory = {0};
    struct pol_kept kept;
    bool ok = true;
    for (uint64_t i = 0; ok && i < s->kept.lane[0].count; i++) {
        uint64_t first = 0;
        ok = pol_kept_read(&s->kept, s->kept.lane[0].extent[i].tag, &memory, &kept, &first);
        if (ok && kept.part < audit->claims.count)
            audit->claims.part[kept.part].input.first_row = first;
    }
    pol_kept_memory_free(&memory);
    return ok ? POL_STATUS_OK : pol_audit_spill_failed(audit, error);
}

enum pol_status pol_audit_spill_resume(struct pol_audit *audit, struct pol_error *error) {
    struct pol_audit_spill *s = audit->spill;
    const void *note = NULL;
    size_t size = 0;
    enum pol_status status = pol_run_resume(audit->run, &note, &size, error);
    if (status != POL_STATUS_OK)
        return status;
    bool ok;
    if (note != NULL && size == sizeof s->place) {
        memcpy(&s->place, note, sizeof s->place);
        audit->rows = s->place.rows;
        ok = prt_spill_find(&s->kept, s->folder, "kept", s->place.kept_end, 1, 1) &&
             prt_spill_find(&s->faults, s->folder, "faults", s->place.faults_end, 1, FAULTS_BLOCK);
    } else {
        ok = prt_spill_make(&s->kept, s->folder, "kept", true, 1, 1) &&
             prt_spill_make(&s->faults, s->folder, "faults", true, 1, FAULTS_BLOCK);
    }
    s->saved_offset = s->place.offset;
    status = ok ? find_parts(audit, error) : pol_audit_spill_failed(audit, error);
    return status == POL_STATUS_OK ? note_faults(audit, error) : status;
}

/* ---- under way --------------------------------------------------------------------------------------------------- */

enum pol_status pol_audit_spill_keep(struct pol_audit *audit, const struct pol_kept *kept, struct pol_error *error) {
    return pol_kept_write(&audit->spill->kept, kept) ? POL_STATUS_OK : pol_audit_spill_failed(audit, error);
}

static bool is_due(struct pol_audit_spill *s) {
    enum { BYTES = 256 << 20 };
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (s->place.offset - s->saved_offset < BYTES && now.tv_sec - s->saved.tv_sec < 2)
        return false;
    s->saved = now;
    return true;
}

enum pol_status pol_audit_spill_save(struct pol_audit *audit, bool now, struct pol_error *error) {
    struct pol_audit_spill *s = audit->spill;
    if (!now && !is_due(s))
        return POL_STATUS_OK;
    s->saved_offset = s->place.offset;
    s->place.rows = audit->rows;
    if (!prt_spill_flush_all(&s->faults))
        return pol_audit_spill_failed(audit, error);
    s->place.kept_end = s->kept.end;
    s->place.faults_end = s->faults.end;
    return pol_run_save(audit->run, &s->place, sizeof s->place, error);
}

void pol_audit_spill_end(struct pol_audit_spill *s) {
    if (s != NULL && s->folder >= 0)
        (void)unlinkat(s->folder, IDENTITY, 0);
}

void pol_audit_spill_close(struct pol_audit_spill *s) {
    if (s == NULL)
        return;
    prt_spill_close(&s->kept);
    prt_spill_close(&s->faults);
    if (s->folder >= 0) {
        if (!s->interrupted) {
            remove_files(s->folder);
            (void)rmdir(s->path);
        }
        close(s->folder);
    }
    pthread_mutex_destroy(&s->lock);
    free(s->path);
    free(s);
}
