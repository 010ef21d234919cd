/* Claim ids in a state: sorted by size, then bytes, each written as what it does not share with the one before, so that
 * numbered ids take two or three bytes. They are never in memory together: what an earlier run had and what this run
 * has are two sorted streams. */
#include "core/state.h"

#include <string.h>

#include "core/memory.h"
#include "core/status.h"
#include "core/volume.h"

static int ids_order(struct pol_text a, struct pol_text b) {
    if (a.size != b.size)
        return a.size < b.size ? -1 : 1;
    return a.size ? memcmp(a.data, b.data, a.size) : 0;
}

static struct pol_text id_of_row(const pol_run *run, uint32_t row) {
    return prt_id_text(&run->ids, run->id[row]);
}

/* ---- writing ----------------------------------------------------------------------------------------------------- */

/* 0 and a size where the size changes; then how many bytes differ at the end, and these. False: no memory. */
static bool put_id(struct prt_id_writer *w, struct pol_text id) {
    char *last = prt_grown(w->last, &w->room, id.size, 1);
    if (!last)
        return false;
    w->last = last;
    uint32_t shared = prt_text_shared((struct pol_text){.data = w->last, .size = w->size}, id, id.size);
    if (id.size != w->size) {
        prt_put_number(w->out, 0);
        prt_put_number(w->out, id.size);
    }
    prt_put_number(w->out, id.size - shared);
    if (id.data && id.size > shared) {
        prt_put(w->out, id.data + shared, id.size - shared);
        memcpy(w->last + shared, id.data + shared, id.size - shared);
    }
    w->size = id.size;
    return true;
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static bool no_memory(struct prt_id_reader *r) {
    r->in->status = prt_no_memory(r->in->error);
    return false;
}

bool prt_id_next(struct prt_id_reader *r) {
    bool first = !r->any;
    r->any = false;
    if (r->left == 0)
        return false;
    uint64_t most = r->in->end - prt_reader_place(r->in), size = r->size;
    uint64_t differ = prt_get_below(r->in, r->size);
    if (differ == 0 && !r->in->status) {
        size = prt_get_below(r->in, UINT32_MAX);
        differ = prt_get_below(r->in, size);
        if (size <= r->size || differ == 0 || size - r->size > most || differ > most)
            return prt_reader_damaged(r->in);
    }
    char *bytes = r->in->status ? NULL : prt_grown(r->bytes, &r->room, size, 1);
    if (!bytes)
        return r->in->status ? false : no_memory(r);
    r->bytes = bytes;
    uint64_t shared = size - differ;
    bool grows = size > r->size;
    unsigned char before = shared < r->size ? (unsigned char)bytes[shared] : 0;
    if (grows && shared > r->size)
        return prt_reader_damaged(r->in);
    if (!prt_get(r->in, bytes + shared, (size_t)differ))
        return false;
    if (!grows && !first && (unsigned char)bytes[shared] <= before)
        return prt_reader_damaged(r->in);
    r->size = (uint32_t)size;
    r->left--;
    r->any = true;
    return true;
}

static struct pol_text current(const struct prt_id_reader *r) {
    return (struct pol_text){.data = r->bytes, .size = r->size};
}

static bool start_reading(const pol_run *run, struct prt_id_reader *ids, struct prt_reader *in,
                          struct pol_error *error) {
    const struct prt_past *past = run->past;
    *ids = (struct prt_id_reader){.in = in, .left = past->id_count};
    if (!past->goes_on) {
        *in = (struct prt_reader){0};
        return true;
    }
    return prt_reader_start(in, &past->source, past->ids_at, error);
}

static void end_reading(struct prt_id_reader *ids) {
    prt_reader_end(ids->in);
    prt_release(ids->bytes);
}

/* ---- this run's ids ---------------------------------------------------------------------------------------------- */

static int by_id(const void *context, uint32_t a, uint32_t b) {
    const pol_run *run = context;
    return ids_order(id_of_row(run, a), id_of_row(run, b));
}

static bool list_ids(pol_run *run) {
    struct prt_ids_list *list = &run->past->ids;
    list->row = prt_zeroed((size_t)run->rows, sizeof *list->row);
    if (!list->row)
        return false;
    for (uint64_t row = 0; row < run->rows; row++)
        if (run->id[row] != 0 && run->reason[row] != POL_DUPLICATE_CLAIM)
            list->row[list->count++] = (uint32_t)row;
    return prt_sort(list->row, list->count, by_id, run);
}

static void make_duplicate(pol_run *run, uint32_t row) {
    run->reason[row] = POL_DUPLICATE_CLAIM;
    run->rule[row] = 0;
    uint64_t word = prt_find_record(run, row);
    if (word >= run->words || run->stream[word + PRT_ROW] != row)
        return;
    run->stream[word + PRT_ITEM] |= PRT_DEAD;
    run->dead++;
}

enum pol_status prt_past_ids(pol_run *run, struct pol_error *error) {
    struct prt_ids_list *list = &run->past->ids;
    struct prt_reader in;
    struct prt_id_reader ids;
    if (!list_ids(run))
        return prt_no_memory(error);
    start_reading(run, &ids, &in, error);
    uint64_t at = 0, kept = 0;
    while (!in.status && prt_id_next(&ids)) {
        int order = -1;
        while (at < list->count && (order = ids_order(id_of_row(run, list->row[at]), current(&ids))) < 0)
            list->row[kept++] = list->row[at++];
        if (at < list->count && order == 0)
            make_duplicate(run, list->row[at++]);
    }
    while (at < list->count)
        list->row[kept++] = list->row[at++];
    list->count = kept;
    if (!in.status && ids.left > 0)
        prt_reader_damaged(&in);
    enum pol_status status = in.status;
    end_reading(&ids);
    return status;
}

/* With work files: the state's ids go where those of claims go. */
enum pol_status prt_past_open_ids(pol_run *run, struct pol_error *error) {
    struct prt_reader in;
    struct prt_id_reader ids;
    start_reading(run, &ids, &in, error);
    bool ok = true;
    while (ok && !in.status && prt_id_next(&ids))
        ok = prt_volume_open_id(run->volume, current(&ids));
    if (ok && !in.status && ids.left > 0)
        prt_reader_damaged(&in);
    enum pol_status status = ok ? in.status : prt_volume_break(run, error);
    end_reading(&ids);
    return status;
}

uint64_t prt_past_id_count(const pol_run *run) {
    return run->past->id_count + run->past->ids.count;
}

/* This run's ids, one after the other. False: no more, or failed. */
static bool next_own(const pol_run *run, struct prt_lists *lists, uint64_t *at, struct pol_text *id) {
    if (lists)
        return prt_lists_next_id(lists, id);
    if (*at == run->past->ids.count)
        return false;
    *id = id_of_row(run, run->past->ids.row[(*at)++]);
    return true;
}

bool prt_past_write_ids(const pol_run *run, struct prt_lists *lists, struct prt_writer *w) {
    struct pol_text own = {.data = ""};
    uint64_t at = 0;
    struct prt_reader in;
    struct prt_id_reader ids;
    struct prt_id_writer out = {.out = w};
    bool ok = start_reading(run, &ids, &in, w->error);
    bool more = ok && prt_id_next(&ids);
    bool mine = next_own(run, lists, &at, &own);
    while (ok && !in.status && (more || mine)) {
        bool old = more && (!mine || ids_order(current(&ids), own) < 0);
        ok = put_id(&out, old ? current(&ids) : own);
        if (old)
            more = prt_id_next(&ids);
        else
            mine = next_own(run, lists, &at, &own);
    }
    if (!ok && !in.status)
        in.status = prt_no_memory(w->error);
    w->status = w->status ? w->status : in.status;
    end_reading(&ids);
    prt_release(out.last);
    return !w->status;
}
