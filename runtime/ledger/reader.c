#include "ledger/reader.h"

#include <pthread.h>
#include <stdlib.h>

#include "ledger/csv_error.h"
#include "ledger/fail.h"

enum {
    OVERRUN = 1 << 22, /* how far a supposed start may lead beyond its chunk before it is given up */
    SLOTS_PER_THREAD = 3,
    ENDS_IN_CACHE = 1 << 16,
};

static const uint64_t no_start = UINT64_MAX;

/* What was made of a chunk, until its turn comes. */
struct slot {
    struct pol_csv_chunk chunk; /* begin: where reading started, or no_start */
    struct pol_csv_counts counts;
    struct pol_copies copies;
    bool done, unfinished; /* unfinished: given up, to be read again */
    enum pol_status status;
    struct pol_error error;
};

/* What a thread reads with. */
struct worker {
    struct reader *reader;
    unsigned number;
    struct pol_csv_batch *batch;
    struct pol_csv_scan scan;
    pthread_t thread;
    bool running;
};

struct reader {
    struct pol_input *input;
    const struct pol_csv_schema *schema;
    const struct pol_csv_header *header;
    const struct pol_csv_consumer *consumer;
    struct pol_csv_counts *counts;
    pol_csv_scanner *scanner;
    pol_csv_filler *filler;
    uint64_t chunk_bytes, chunks;
    struct worker *workers;
    unsigned worker_count, slot_count;
    struct slot *slots;
    pthread_mutex_t lock;
    pthread_cond_t moved; /* `head` moved, or `stop` */
    /* under the lock */
    uint64_t next, head; /* the next chunk to take, the next to commit */
    bool committing, stop;
    /* of whoever commits */
    uint64_t reached; /* where the committed rows end */
    enum pol_status status;
    struct pol_error *error;
};

static uint64_t chunk_limit(const struct reader *r, uint64_t chunk) {
    uint64_t size = r->input->size;
    return chunk + 1 >= r->chunks ? size : r->header->data + (chunk + 1) * r->chunk_bytes;
}

/* The first row that begins in the chunk, if a line feed is a line end there. */
static uint64_t supposed_start(const struct reader *r, uint64_t chunk) {
    uint64_t begin = r->header->data + chunk * r->chunk_bytes, end = chunk_limit(r, chunk);
    if (chunk == 0)
        return begin;
    const char *data = r->input->data;
    const char *feed = memchr(data + begin - 1, '\n', end - begin);
    return feed == NULL ? no_start : (uint64_t)(feed - data) + 1;
}

static void clear_slot(const struct reader *r, struct slot *slot) {
    if (slot->chunk.user != NULL)
        r->consumer->drop(r->consumer->context, &slot->chunk);
    pol_copies_free(&slot->copies);
    struct pol_csv_bad *bad = slot->counts.bad;
    memset(slot, 0, sizeof *slot);
    memset(bad, 0, r->schema->field_count * sizeof *bad);
    slot->counts.bad = bad;
}

/* Reads the rows that begin in [start, limit). */
static void read_rows(struct worker *w, struct slot *slot, uint64_t start, uint64_t limit, uint64_t hard) {
    struct reader *r = w->reader;
    struct pol_csv_scan *scan = &w->scan;
    slot->chunk.begin = slot->chunk.end = start;
    if (start == no_start)
        return;
    for (scan->next = start; scan->next < limit && slot->status == POL_STATUS_OK;) {
        scan->from = scan->next;
        scan->limit = limit;
        scan->hard = hard;
        r->scanner(scan);
        if (scan->stop == POL_CSV_STOP_HARD) {
            slot->unfinished = true;
            return;
        }
        if (scan->stop != POL_CSV_STOP_DONE) {
            slot->status = pol_csv_scan_error(r->input, scan, &slot->error);
            return;
        }
        slot->chunk.end = scan->next;
        if (scan->row_count == 0)
            continue;
        slot->status = r->filler(w->batch, r->schema, r->header, scan, &slot->copies, &slot->counts, &slot->error);
        if (slot->status == POL_STATUS_OK)
            slot->status = r->consumer->batch(r->consumer->context, w->number, &slot->chunk, w->batch, &slot->error);
        slot->chunk.rows += scan->row_count;
    }
}

static void process(struct worker *w, uint64_t chunk, struct slot *slot) {
    struct reader *r = w->reader;
    uint64_t limit = chunk_limit(r, chunk), start = supposed_start(r, chunk);
    pol_input_fetch(r->input, r->header->data + chunk * r->chunk_bytes, limit);
    read_rows(w, slot, start, limit, chunk == 0 ? UINT64_MAX : limit + OVERRUN);
}

static void add_counts(struct reader *r, const struct pol_csv_counts *from) {
    struct pol_csv_counts *to = r->counts;
    to->rows += from->rows;
    if (to->extra_rows == 0)
        to->first_extra = from->first_extra;
    to->extra_rows += from->extra_rows;
    for (uint32_t f = 0; f < r->schema->field_count; f++) {
        if (to->bad[f].count == 0)
            to->bad[f].first = from->bad[f].first;
        to->bad[f].count += from->bad[f].count;
    }
}

/* Pages that were read need not stay: some chunks' at a time, as each time stops the other threads. Cells that are
 * looked at again later bring some of them back, so from time to time everything is given up once more. */
static void release_read(const struct reader *r, uint64_t chunk) {
    enum { SOME_AFTER = 1 << 23, ALL_AFTER = 8 };
    uint64_t some = r->chunk_bytes < SOME_AFTER ? SOME_AFTER / r->chunk_bytes : 1, done = chunk + 1;
    if (done % some != 0 && done != r->chunks)
        return;
    bool all = done % (some * ALL_AFTER) == 0 || done == r->chunks;
    uint64_t first = all || done < some ? 0 : done - some;
    pol_input_release(r->input, r->header->data + first * r->chunk_bytes, r->reached);
}

/* The turn of a chunk: is it what reading on from the chunk before gives? */
static void commit(struct worker *w, uint64_t chunk, struct slot *slot) {
    struct reader *r = w->reader;
    uint64_t limit = chunk_limit(r, chunk);
    if (r->reached >= limit) {
        clear_slot(r, slot); /* a row that began earlier covers all of it */
        return;
    }
    if (slot->chunk.begin != r->reached || slot->unfinished) {
        clear_slot(r, slot);
        read_rows(w, slot, r->reached, limit, UINT64_MAX);
    }
    enum pol_status status = pol_input_whole(r->input, r->error);
    if (status != POL_STATUS_OK) {
        r->status = status;
        clear_slot(r, slot);
        return;
    }
    status = slot->status;
    if (status != POL_STATUS_OK) {
        if (r->error != NULL)
            *r->error = slot->error;
    } else {
        r->reached = slot->chunk.end;
        add_counts(r, &slot->counts);
        pol_copies_move(&r->input->copies, &slot->copies);
        status = r->consumer->commit(r->consumer->context, &slot->chunk, r->error);
        slot->chunk.user = NULL;
        release_read(r, chunk);
    }
    r->status = status;
    clear_slot(r, slot);
}

/* Commits what is ready, in order; one thread at a time. Called and returns under the lock. */
static void commit_ready(struct worker *w) {
    struct reader *r = w->reader;
    if (r->committing)
        return;
    r->committing = true;
    while (!r->stop && r->head < r->chunks && r->slots[r->head % r->slot_count].done) {
        struct slot *slot = &r->slots[r->head % r->slot_count];
        uint64_t chunk = r->head;
        pthread_mutex_unlock(&r->lock);
        commit(w, chunk, slot);
        pthread_mutex_lock(&r->lock);
        r->head++;
        if (r->status != POL_STATUS_OK)
            r->stop = true;
        pthread_cond_broadcast(&r->moved);
    }
    r->committing = false;
}

static void *work(void *argument) {
    struct worker *w = argument;
    struct reader *r = w->reader;
    pthread_mutex_lock(&r->lock);
    while (!r->stop && r->next < r->chunks) {
        if (r->next - r->head >= r->slot_count) {
            pthread_cond_wait(&r->moved, &r->lock);
            continue;
        }
        uint64_t chunk = r->next++;
        struct slot *slot = &r->slots[chunk % r->slot_count];
        pthread_mutex_unlock(&r->lock);
        process(w, chunk, slot);
        pthread_mutex_lock(&r->lock);
        slot->done = true;
        commit_ready(w);
    }
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* Room for the cells of a batch, as long as they stay in the cache; wider batches are cut. */
static size_t end_capacity(uint32_t columns, uint32_t batch_rows) {
    size_t all = ((size_t)columns + 1) * batch_rows;
    return (all < ENDS_IN_CACHE ? all : ENDS_IN_CACHE) + columns + POL_CSV_SLACK;
}

static bool make_worker(struct reader *r, unsigned number, uint32_t batch_rows) {
    struct worker *w = &r->workers[number];
    w->reader = r;
    w->number = number;
    w->batch = pol_csv_batch_new(r->schema, batch_rows);
    w->scan = (struct pol_csv_scan){.data = r->input->data,
                                    .size = r->input->size,
                                    .max_rows = batch_rows,
                                    .columns = r->header->columns,
                                    .end_capacity = end_capacity(r->header->columns, batch_rows)};
    w->scan.ends = malloc(w->scan.end_capacity * sizeof *w->scan.ends);
    w->scan.rows = malloc((size_t)batch_rows * sizeof *w->scan.rows);
    return w->batch != NULL && w->scan.ends != NULL && w->scan.rows != NULL;
}

static bool make_reader(struct reader *r, uint32_t batch_rows) {
    r->workers = calloc(r->worker_count, sizeof *r->workers);
    r->slots = calloc(r->slot_count, sizeof *r->slots);
    if (r->workers == NULL || r->slots == NULL)
        return false;
    for (unsigned i = 0; i < r->slot_count; i++) {
        r->slots[i].counts.bad = calloc(r->schema->field_count + 1u, sizeof *r->slots[i].counts.bad);
        if (r->slots[i].counts.bad == NULL)
            return false;
    }
    for (unsigned i = 0; i < r->worker_count; i++)
        if (!make_worker(r, i, batch_rows))
            return false;
    return true;
}

static void free_reader(struct reader *r) {
    for (unsigned i = 0; r->slots != NULL && i < r->slot_count; i++) {
        if (r->slots[i].counts.bad != NULL)
            clear_slot(r, &r->slots[i]);
        free(r->slots[i].counts.bad);
    }
    for (unsigned i = 0; r->workers != NULL && i < r->worker_count; i++) {
        pol_csv_batch_free(r->workers[i].batch, r->schema);
        free(r->workers[i].scan.ends);
        free(r->workers[i].scan.rows);
    }
    free(r->slots);
    free(r->workers);
    pthread_cond_destroy(&r->moved);
    pthread_mutex_destroy(&r->lock);
}

/* The calling thread is one of the workers; if no other can be started, it does all of it. */
static void run_workers(struct reader *r) {
    for (unsigned i = 1; i < r->worker_count; i++)
        r->workers[i].running = pthread_create(&r->workers[i].thread, NULL, work, &r->workers[i]) == 0;
    work(&r->workers[0]);
    for (unsigned i = 1; i < r->worker_count; i++)
        if (r->workers[i].running)
            pthread_join(r->workers[i].thread, NULL);
}

static void choose_level(struct reader *r, unsigned most) {
    unsigned level = pol_csv_level();
    if (most != 0 && most < level)
        level = most;
    r->scanner = level >= 4 ? pol_csv_scan_avx512 : level >= 3 ? pol_csv_scan_avx2 : pol_csv_scan_sse2;
    r->filler = level >= 4 ? pol_csv_batch_fill_v4 : level >= 3 ? pol_csv_batch_fill_v3 : pol_csv_batch_fill_v1;
}

enum pol_status pol_csv_read(struct pol_input *input, const struct pol_csv_schema *schema,
                             const struct pol_csv_header *header, const struct pol_csv_options *options,
                             const struct pol_csv_consumer *consumer, struct pol_csv_counts *counts,
                             struct pol_error *error) {
    struct reader r = {.input = input,
                       .schema = schema,
                       .header = header,
                       .consumer = consumer,
                       .counts = counts,
                       .chunk_bytes = options->chunk_bytes != 0 ? options->chunk_bytes : POL_CSV_CHUNK_BYTES,
                       .reached = header->data,
                       .error = error};
    choose_level(&r, options->level);
    uint64_t text = input->size - header->data;
    r.chunks = text / r.chunk_bytes + (text % r.chunk_bytes != 0);
    r.worker_count = options->threads > 0 ? options->threads : 1;
    if (r.worker_count > r.chunks)
        r.worker_count = r.chunks > 0 ? (unsigned)r.chunks : 1;
    r.slot_count = r.worker_count * SLOTS_PER_THREAD;
    pthread_mutex_init(&r.lock, NULL);
    pthread_cond_init(&r.moved, NULL);
    uint32_t batch_rows = options->batch_rows != 0 ? options->batch_rows : POL_CSV_BATCH_ROWS;
    if (make_reader(&r, batch_rows))
        run_workers(&r);
    else
        r.status = pol_ledger_no_memory(error);
    free_reader(&r);
    return r.status;
}
