#include "audit/faults.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "ledger/fail.h"
#include "tr.h"

const char pol_faults_header[] = "table,row,id,reason,column,value,file,file_row\n";

enum { VALUE_LIMIT = 1024, BLOCK = 1 << 16 };

/* ---- noting ------------------------------------------------------------------------------------------------------ */

/* Before the text "id,reason,column,value" of an entry. */
struct entry {
    uint64_t row; /* of the chunk */
    uint32_t size;
    bool invalid; /* the row is */
    bool garbled; /* the cell is no UTF-8 */
};

static void put_text(struct pol_buffer *text, const char *data, size_t size) {
    if (size > VALUE_LIMIT)
        size = VALUE_LIMIT;
    if (pol_buffer_reserve(text, 2 * size + 4))
        text->size = (size_t)(pol_put_cell(text->data + text->size, data, size) - text->data);
}

struct noting {
    struct pol_chunk_faults *chunk;
    const struct pol_csv_schema *schema;
    struct pol_text id;
    uint64_t row;
};

static void add_entry(struct noting *n, const struct pol_csv_fault *fault, const char *reason, bool invalid) {
    struct pol_buffer *entries = &n->chunk->entries;
    bool garbled = fault->cell.size > 0 && !pol_utf8_sound(fault->cell.data, fault->cell.data + fault->cell.size);
    const struct pol_name *column = &n->schema->fields[fault->field].column;
    size_t at = entries->size;
    pol_buffer_add(entries, (const char *)&(struct entry){n->row, 0, invalid, garbled}, sizeof(struct entry));
    put_text(entries, n->id.data, n->id.size);
    pol_buffer_format(entries, ",%s,", reason);
    put_text(entries, column->data, column->size);
    pol_buffer_text(entries, ",");
    put_text(entries, fault->cell.data, fault->cell.size);
    if (entries->failed)
        return;
    struct entry entry = {n->row, (uint32_t)(entries->size - at - sizeof entry), invalid, garbled};
    memcpy(entries->data + at, &entry, sizeof entry);
}

static void note_fault(void *context, const struct pol_csv_fault *fault) {
    struct noting *n = context;
    enum pol_reason reason = fault->state == POL_CSV_MISSING ? POL_MISSING_FIELD : POL_BAD_VALUE;
    if (fault->field == n->schema->item_field)
        reason = POL_UNKNOWN_ITEM;
    add_entry(n, fault, pol_reason_name(reason), true);
}

/* A claim whose `paid` cannot be read is decided all the same. */
static bool note_paid(struct noting *n, const struct pol_csv_header *header, const struct pol_csv_batch *batch,
                      uint32_t row) {
    struct pol_csv_fault fault = {.field = POL_CLAIM_PAID, .state = POL_CSV_BAD};
    if (!pol_csv_cell_text(header, batch, POL_CLAIM_PAID, row, &n->chunk->copies, &fault.cell))
        return false;
    add_entry(n, &fault, "unreadable_paid", false);
    return true;
}

/* Have these eight rows the cells that they are known by, and no bad `paid`? `row` is the first, a multiple of 8. */
static bool eight_read(const struct pol_csv_batch *batch, bool claims, uint32_t row) {
    const struct pol_column *paid = &batch->columns[POL_CLAIM_PAID];
    if (claims)
        return paid->bad == NULL || paid->bad[row / 8] == 0;
    for (uint32_t key = 0; key < POL_PROFILE_BUILTINS; key++) {
        const struct pol_column *column = &batch->columns[key];
        if (column->validity != NULL && (column->validity[row / 8] != UINT8_MAX || column->bad[row / 8] != 0))
            return false;
    }
    return true;
}

bool pol_faults_note(struct pol_chunk_faults *chunk, const struct pol_csv_schema *schema,
                     const struct pol_csv_header *header, const struct pol_csv_batch *batch, uint64_t first) {
    bool claims = schema->item_field != POL_NONE;
    uint32_t last_key = claims ? 1 : POL_PROFILE_BUILTINS;
    struct noting n = {.chunk = chunk, .schema = schema};
    for (uint32_t row = 0; row < batch->rows; row++) {
        if (row % 8 == 0 && row + 8 <= batch->rows && pol_load64((const char *)batch->status + row) == 0 &&
            eight_read(batch, claims, row)) {
            row += 7; /* eight rows in order */
            continue;
        }
        bool wrong = batch->status[row] != 0;
        for (uint32_t key = 0; key < last_key && !claims; key++)
            wrong |= pol_csv_batch_state(batch, key, row) != POL_CSV_READ;
        bool paid = claims && pol_csv_batch_state(batch, POL_CLAIM_PAID, row) == POL_CSV_BAD;
        if (!wrong && !paid)
            continue;
        n.row = first + row;
        if (!pol_csv_cell_text(header, batch, 0, row, &chunk->copies, &n.id))
            return false;
        if (wrong && !pol_csv_faults(schema, header, batch, row, &chunk->copies, note_fault, &n))
            return false;
        if (paid && !note_paid(&n, header, batch, row))
            return false;
    }
    return !chunk->entries.failed;
}

void pol_chunk_faults_free(struct pol_chunk_faults *chunk) {
    pol_buffer_free(&chunk->entries);
    pol_copies_free(&chunk->copies);
}

/* ---- keeping ----------------------------------------------------------------------------------------------------- */

static enum pol_status open_spools(struct pol_faults *faults, struct pol_error *error) {
    if (faults->text.block != NULL)
        return POL_STATUS_OK;
    enum pol_status status = source_spool_open(&faults->text, faults->options, error);
    return status == POL_STATUS_OK ? source_spool_open(&faults->rows, faults->options, error) : status;
}

static enum pol_status keep_claim(struct pol_faults *faults, uint64_t row, uint64_t *last, struct pol_error *error) {
    if (row == *last)
        return POL_STATUS_OK;
    *last = row;
    faults->claims++;
    return source_spool_write(&faults->rows, (const char *)&row, sizeof row, error);
}

enum pol_status pol_faults_commit(struct pol_faults *faults, struct pol_chunk_faults *chunk, bool claims,
                                  const struct pol_input *input, uint64_t row, uint64_t file_row,
                                  struct pol_error *error) {
    struct pol_buffer line = {0};
    uint64_t last = UINT64_MAX;
    enum pol_status status = chunk->entries.size > 0 ? open_spools(faults, error) : POL_STATUS_OK;
    for (size_t at = 0; at < chunk->entries.size && status == POL_STATUS_OK;) {
        struct entry entry;
        memcpy(&entry, chunk->entries.data + at, sizeof entry);
        line.size = 0;
        pol_buffer_format(&line, "%s,%llu,", claims ? "claims" : "applicants",
                          (unsigned long long)(row + entry.row + 1));
        pol_buffer_add(&line, chunk->entries.data + at + sizeof entry, entry.size);
        pol_buffer_text(&line, ",");
        put_text(&line, input->path, strlen(input->path));
        pol_buffer_format(&line, ",%llu\n", (unsigned long long)(file_row + entry.row + 1));
        status =
            line.failed ? pol_ledger_no_memory(error) : source_spool_write(&faults->text, line.data, line.size, error);
        if (status == POL_STATUS_OK && claims && entry.invalid)
            status = keep_claim(faults, row + entry.row, &last, error);
        faults->lines++;
        if (entry.garbled && !input->rows && faults->garbled++ == 0)
            faults->garbled_file = input->path;
        at += sizeof entry + entry.size;
    }
    pol_buffer_free(&line);
    return status;
}

enum pol_status pol_faults_seal(struct pol_faults *faults, struct pol_error *error) {
    if (faults->lines == 0)
        return POL_STATUS_OK;
    enum pol_status status = source_spool_flush(&faults->text, error);
    if (status == POL_STATUS_OK)
        status = source_spool_flush(&faults->rows, error);
    if (status != POL_STATUS_OK || faults->claims == 0)
        return status;
    void *claim = mmap(NULL, faults->claims * sizeof *faults->claim, PROT_READ, MAP_PRIVATE, faults->rows.file, 0);
    if (claim == MAP_FAILED)
        return pol_ledger_no_memory(error);
    faults->claim = claim;
    return POL_STATUS_OK;
}

bool pol_faults_has_claim(const struct pol_faults *faults, uint64_t row) {
    uint64_t low = 0, high = faults->claim != NULL ? faults->claims : 0;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (faults->claim[middle] < row)
            low = middle + 1;
        else
            high = middle;
    }
    return faults->claim != NULL && low < faults->claims && faults->claim[low] == row;
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

enum pol_status pol_faults_write(struct pol_faults *faults, struct pol_out *out, unsigned file,
                                 struct pol_error *error) {
    if (faults->lines == 0)
        return POL_STATUS_OK;
    char *block = malloc(BLOCK);
    enum pol_status status = block != NULL ? POL_STATUS_OK : pol_ledger_no_memory(error);
    for (off_t at = 0; status == POL_STATUS_OK;) {
        ssize_t got = pread(faults->text.file, block, BLOCK, at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = pol_ledger_fail(error, POL_STATUS_SYSTEM, "a temporary file cannot be read: %s", tr_errno(errno));
        if (got <= 0)
            break;
        status = pol_out_write(out, file, block, (size_t)got, error);
        at += got;
    }
    free(block);
    return status;
}

void pol_faults_line(struct pol_buffer *text, const char *table, uint64_t row, struct pol_text id, const char *reason,
                     const char *column, struct pol_text value, const char *file, uint64_t file_row) {
    pol_buffer_format(text, "%s,%llu,", table, (unsigned long long)(row + 1));
    put_text(text, id.data, id.size);
    pol_buffer_format(text, ",%s,", reason);
    put_text(text, column, strlen(column));
    pol_buffer_text(text, ",");
    put_text(text, value.data, value.size);
    pol_buffer_text(text, ",");
    put_text(text, file, strlen(file));
    pol_buffer_format(text, ",%llu\n", (unsigned long long)(file_row + 1));
}

void pol_faults_free(struct pol_faults *faults) {
    if (faults->claim != NULL)
        munmap((void *)(uintptr_t)faults->claim, faults->claims * sizeof *faults->claim);
    if (faults->text.block != NULL)
        source_spool_close(&faults->text);
    if (faults->rows.block != NULL)
        source_spool_close(&faults->rows);
}
