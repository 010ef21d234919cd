/* Records in the order of date and claim id: as they came, or pieces sorted in memory and merged. */
#include "core/status.h"
#include "core/volume.h"
#include "tr.h"

/* ---- records as they came ---------------------------------------------------------------------------------------- */

/* Puts the numbers of keys where the records hold lanes: each lane's codes stand in the order in which they are asked
 * for. */
struct coder {
    struct prt_volume *volume;
    struct prt_walk records;
    struct prt_walk codes[PRT_LANES];
    uint32_t *first; /* by lane, then family: the number of the lane's first key */
};

uint32_t *prt_volume_first_codes(const struct prt_volume *v) {
    uint32_t families = v->run->module->descriptor->cells.count;
    uint32_t *first = prt_zeroed((size_t)PRT_LANES * families + 1, sizeof *first);
    for (uint32_t f = 0; first && f < families; f++)
        for (uint32_t lane = 0, sum = 0; lane < PRT_LANES; lane++) {
            first[lane * families + f] = sum;
            sum += v->codes[lane * families + f];
        }
    return first;
}

/* No record asks for the keys that a state has put before them. */
static bool skip_opened(struct prt_volume *v, struct prt_walk *codes) {
    for (uint64_t left = prt_volume_opened(v, codes->lane); left > 0;) {
        if (!prt_walk_entry(codes))
            return prt_volume_fail(v, &v->file[PRT_CODES]);
        uint64_t here = (codes->size - codes->at) / sizeof(uint32_t);
        here = here < left ? here : left;
        codes->at += (uint32_t)(here * sizeof(uint32_t));
        left -= here;
    }
    return true;
}

static bool start_coder(struct prt_volume *v, struct coder *coder) {
    *coder = (struct coder){.volume = v, .records = {.spill = &v->file[PRT_RECORDS]}};
    for (uint32_t lane = 0; lane < PRT_LANES; lane++)
        coder->codes[lane] = (struct prt_walk){.spill = &v->file[PRT_CODES], .lane = lane};
    coder->first = prt_volume_first_codes(v);
    if (!coder->first)
        return prt_volume_fail(v, NULL);
    for (uint32_t lane = 0; lane < PRT_LANES; lane++)
        if (!skip_opened(v, &coder->codes[lane]))
            return false;
    return true;
}

static void end_coder(struct coder *coder) {
    prt_walk_free(&coder->records);
    for (uint32_t lane = 0; lane < PRT_LANES; lane++)
        prt_walk_free(&coder->codes[lane]);
    prt_release(coder->first);
}

static bool code_record(struct coder *coder, uint32_t *record) {
    const pol_run *run = coder->volume->run;
    const struct prt_item *item = prt_item_of(run, record);
    const struct prt_step *step = &run->plan.step[item->first_step];
    for (uint32_t i = 0; i < item->cap_end; i++) {
        uint32_t family = step[i].family;
        if (family == PRT_NONE || run->plan.family[family].link_count == 0 || record[step[i].word] == PRT_NONE)
            continue;
        uint32_t lane = record[step[i].word];
        const uint32_t *code = prt_walk_entry(&coder->codes[lane]);
        if (!code)
            return prt_volume_fail(coder->volume, &coder->volume->file[PRT_CODES]);
        coder->codes[lane].at += (uint32_t)sizeof *code;
        record[step[i].word] = coder->first[lane * run->module->descriptor->cells.count + family] + *code;
    }
    return true;
}

static bool is_dead(const struct prt_volume *v, uint32_t row) {
    return v->dead && (v->dead[row / 8] >> (row % 8) & 1) != 0;
}

/* The next record of a claim that is no duplicate. */
static const uint32_t *next_coded(struct coder *coder) {
    for (;;) {
        uint32_t *entry = (uint32_t *)(uintptr_t)prt_walk_entry(&coder->records);
        if (!entry) {
            if (prt_spill_failure(coder->records.spill))
                prt_volume_fail(coder->volume, coder->records.spill);
            return NULL;
        }
        uint32_t words = prt_item_of(coder->volume->run, entry)->words;
        coder->records.at += prt_entry_size(words, entry[words]);
        if (!code_record(coder, entry))
            return NULL;
        if (!is_dead(coder->volume, entry[PRT_ROW]))
            return entry;
    }
}

/* ---- sorting pieces ---------------------------------------------------------------------------------------------- */

/* Pieces are filled one after the other and sorted and written on threads, as many at a time as there are. */
struct piece {
    struct prt_volume *volume;
    struct prt_pack pack;
    uint32_t lane;
    pthread_t thread;
    bool running, ok;
};

/* order.c sorts what looks like a run. */
static bool order_pack(const struct prt_volume *v, struct prt_pack *pack, uint32_t **order) {
    struct pol_run view = {.module = v->run->module, .plan = v->run->plan};
    view.stream = pack->stream;
    view.words = pack->words;
    view.records = pack->count;
    view.id = pack->id;
    bool ok = prt_order(&view);
    *order = view.order;
    return ok;
}

static bool write_record(struct prt_volume *v, const struct prt_pack *pack, uint32_t at, uint32_t lane) {
    struct prt_spill *sorted = &v->file[PRT_SORTED];
    const uint32_t *record = pack->stream + at;
    uint32_t words = prt_item_of(v->run, record)->words, local = record[PRT_ROW];
    uint32_t size = prt_packed_size(pack->id[local]);
    uint32_t *entry = prt_spill_take(sorted, lane, prt_entry_size(words, size), 0);
    if (!entry)
        return prt_volume_fail(v, sorted);
    memcpy(entry, record, words * sizeof *entry);
    entry[PRT_ROW] = pack->row[local];
    entry[words] = size;
    prt_put_padded(entry + words + 1, prt_packed_data(pack->id[local]), size);
    return true;
}

static void *sort_piece(void *data) {
    struct piece *piece = data;
    struct prt_volume *v = piece->volume;
    uint32_t *order = NULL;
    piece->ok = order_pack(v, &piece->pack, &order) || prt_volume_fail(v, NULL);
    for (uint64_t i = 0; piece->ok && i < piece->pack.count; i++)
        piece->ok = write_record(v, &piece->pack, order[i], piece->lane);
    if (piece->ok)
        piece->ok = prt_spill_flush(&v->file[PRT_SORTED], piece->lane) || prt_volume_fail(v, &v->file[PRT_SORTED]);
    prt_release(order);
    return NULL;
}

static bool end_piece(struct piece *piece) {
    if (piece->running)
        pthread_join(piece->thread, NULL);
    piece->running = false;
    return piece->ok;
}

static void start_piece(struct piece *piece) {
    piece->ok = true;
    piece->running = pthread_create(&piece->thread, NULL, sort_piece, piece) == 0;
    if (!piece->running)
        sort_piece(piece);
}

/* Fills a piece; `entry` is the record that did not fit the one before. */
static const uint32_t *fill_piece(struct coder *coder, struct prt_pack *pack, const uint32_t *entry) {
    pack->count = pack->words = pack->used = 0;
    while (entry && prt_pack_add(coder->volume->run, pack, entry))
        entry = next_coded(coder);
    return entry;
}

/* Memory for two pieces, each with what sorting takes beside it. */
static uint64_t piece_bytes(const struct prt_volume *v) {
    uint64_t bytes = v->options.memory / 5;
    return bytes > (1u << 22) ? bytes : 1u << 22;
}

enum { PIECES = 2 };

static bool sort_all(struct prt_volume *v, struct coder *coder, struct piece *pieces) {
    const uint32_t *entry = next_coded(coder);
    uint64_t done = 0;
    for (uint32_t lane = 0; entry; lane++) {
        struct piece *piece = &pieces[lane % PIECES];
        if (!end_piece(piece) || prt_volume_cancelled(v))
            return false;
        if (lane == PRT_PIECES_MOST)
            return prt_volume_fail(v, NULL);
        piece->lane = lane;
        entry = fill_piece(coder, &piece->pack, entry);
        done += piece->pack.count;
        prt_volume_progress(v, tr_later("sorting"), done, v->run->records);
        start_piece(piece);
    }
    return !prt_volume_failed(v);
}

bool prt_volume_sort(struct prt_volume *v) {
    struct coder coder = {0}; /* given back below, begun or not */
    struct piece pieces[PIECES] = {0};
    bool ok = prt_volume_make_file(v, PRT_SORTED, PRT_PIECES_MOST) && start_coder(v, &coder);
    for (int i = 0; i < PIECES; i++) {
        pieces[i].volume = v;
        pieces[i].ok = true;
        ok = ok && prt_pack_make(v, &pieces[i].pack, piece_bytes(v));
    }
    ok = ok && sort_all(v, &coder, pieces);
    for (int i = 0; i < PIECES; i++) {
        ok = end_piece(&pieces[i]) && ok;
        prt_pack_free(&pieces[i].pack);
    }
    end_coder(&coder);
    return ok;
}

/* ---- merging ----------------------------------------------------------------------------------------------------- */

struct cursor {
    struct prt_walk reader;
    const uint32_t *entry;
    struct pol_text id;
    int32_t date;
};

struct prt_flow {
    struct prt_volume *volume;
    struct coder coder;
    bool merges, started;
    struct cursor *cursor;
    uint32_t *heap; /* of cursors, the first record's at the top */
    uint32_t count;
};

static bool goes_before(const struct cursor *a, const struct cursor *b) {
    return a->date != b->date ? a->date < b->date : prt_text_order(a->id, b->id) < 0;
}

/* The cursor's next record; false: there is none. */
static bool look(const struct prt_flow *s, struct cursor *c) {
    c->entry = prt_walk_entry(&c->reader);
    if (!c->entry)
        return false;
    uint32_t words = prt_item_of(s->volume->run, c->entry)->words;
    c->id = prt_entry_id(c->entry, words);
    c->date = (int32_t)c->entry[PRT_DATE];
    return true;
}

static void sink(struct prt_flow *s, uint32_t at) {
    uint32_t moved = s->heap[at];
    for (uint32_t child; (child = 2 * at + 1) < s->count; at = child) {
        if (child + 1 < s->count && goes_before(&s->cursor[s->heap[child + 1]], &s->cursor[s->heap[child]]))
            child++;
        if (!goes_before(&s->cursor[s->heap[child]], &s->cursor[moved]))
            break;
        s->heap[at] = s->heap[child];
    }
    s->heap[at] = moved;
}

static bool start_merge(struct prt_flow *s) {
    struct prt_spill *sorted = &s->volume->file[PRT_SORTED];
    uint32_t lanes = 0;
    while (lanes < sorted->lane_count && sorted->lane[lanes].count > 0)
        lanes++;
    s->cursor = prt_zeroed((size_t)lanes + 1, sizeof *s->cursor);
    s->heap = prt_zeroed((size_t)lanes + 1, sizeof *s->heap);
    if (!s->cursor || !s->heap)
        return prt_volume_fail(s->volume, NULL);
    for (uint32_t lane = 0; lane < lanes; lane++) {
        s->cursor[lane].reader = (struct prt_walk){.spill = sorted, .lane = lane};
        if (look(s, &s->cursor[lane]))
            s->heap[s->count++] = lane;
    }
    for (uint32_t at = s->count; at-- > 0;)
        sink(s, at);
    return prt_spill_failure(sorted) == 0 || prt_volume_fail(s->volume, sorted);
}

struct prt_flow *prt_flow_new(struct prt_volume *v) {
    struct prt_flow *s = prt_zeroed(1, sizeof *s);
    if (!s) {
        prt_volume_fail(v, NULL);
        return NULL;
    }
    s->volume = v;
    s->merges = !v->in_order;
    if (s->merges ? start_merge(s) : start_coder(v, &s->coder))
        return s;
    prt_flow_free(s);
    return NULL;
}

void prt_flow_free(struct prt_flow *s) {
    if (!s)
        return;
    if (s->coder.volume)
        end_coder(&s->coder);
    for (uint32_t i = 0; s->cursor && i < s->volume->file[PRT_SORTED].lane_count; i++) {
        if (!s->cursor[i].reader.spill)
            break;
        prt_walk_free(&s->cursor[i].reader);
    }
    prt_release(s->cursor);
    prt_release(s->heap);
    prt_release(s);
}

/* The record given out last stays in its block until it is asked for the next. */
static const uint32_t *next_merged(struct prt_flow *s) {
    if (s->started && s->count > 0) {
        struct cursor *c = &s->cursor[s->heap[0]];
        uint32_t words = prt_item_of(s->volume->run, c->entry)->words;
        c->reader.at += prt_entry_size(words, c->entry[words]);
        if (!look(s, c))
            s->heap[0] = s->heap[--s->count];
        if (s->count > 0)
            sink(s, 0);
    }
    s->started = true;
    if (prt_spill_failure(&s->volume->file[PRT_SORTED])) {
        prt_volume_fail(s->volume, &s->volume->file[PRT_SORTED]);
        return NULL;
    }
    return s->count > 0 ? s->cursor[s->heap[0]].entry : NULL;
}

const uint32_t *prt_flow_next(struct prt_flow *s) {
    return s->merges ? next_merged(s) : next_coded(&s->coder);
}
