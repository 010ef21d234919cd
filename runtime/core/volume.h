/* volume.h - a run over more claims than memory holds: what the parts of it share.
 *
 * Claims are appended as they are otherwise, but what they leave goes to files (spill.h): a few bytes for each row, a
 * record for each claim that reaches the fold, claim ids and keys in lanes by their hash. Deciding then goes through
 * stages, each from files to files, so that no stage holds more than its share:
 *
 *   coding    a lane of ids at a time: duplicates, a bit for each row; a lane of keys at a time: dense numbers, in the
 *             order in which the records ask for them (volume_keys.c)
 *   sorting   records by date and claim id: pieces that fit are sorted, then merged; nothing to do where claims came in
 *             that order (volume_order.c)
 *   folding   block after block of the merged records through the fold of fold.c and limit.c; what became of a claim
 *             goes to a lane by its row (volume_fold.c)
 *   gathering a lane at a time: decisions in the order of rows (volume_results.c)
 *
 * For pol_run_uses the fold also notes what became of each claim in the order of deciding, and the records stay.
 *
 * In memory stay the applicants (until the last batch is evaluated), the cells, the applicants' budgets and deferred
 * claims, a bit for each row. With `keep`, the files have names and every completed stage is noted (volume_save.c), so
 * that another process can go on from there.
 */
#ifndef PRT_VOLUME_H
#define PRT_VOLUME_H

#include <pthread.h>

#include "core/run.h"
#include "core/sorter.h"
#include "core/spill.h"

enum {
    PRT_LANES = 64, /* of ids and keys */
    PRT_LANE_BITS = 6,
    PRT_SPILL_BLOCK = 1 << 16,
    PRT_RESULT_ROWS = 1024, /* rows in a block of results */
    PRT_PIECES_MOST = 4096, /* lanes of PRT_SORTED */
};

enum prt_file {
    PRT_RECORDS,
    PRT_ROWS,
    PRT_IDS,
    PRT_KEYS,
    PRT_CODES,
    PRT_SORTED,
    PRT_LANDED,
    PRT_RESULTS,
    PRT_VISITS,
    PRT_CARRIES,
    PRT_OPENINGS,
    PRT_MISSINGS,
    PRT_WAITS,
    PRT_ENDED,
    PRT_FILES
};
enum prt_stage { PRT_READING, PRT_CODED, PRT_ORDERED, PRT_FOLDED, PRT_GATHERED };

struct prt_last { /* an id to compare the next with */
    char data[POL_TEXT_LIMIT + 1];
    uint32_t size;
    bool any;
};

struct prt_volume {
    pol_run *run;
    struct pol_spill options;
    pthread_mutex_t lock;
    struct pol_error error; /* of the first failure, under the lock */
    enum pol_status status; /* that it gives */
    bool failed;
    bool fresh; /* nothing was taken up: what a state has is to be put into the files */
    struct prt_spill file[PRT_FILES];
    enum prt_stage stage;
    uint32_t *family_of; /* by dictionary */
    uint64_t record_words;
    bool ascending_bytes, ascending_sizes; /* ids so far, strictly: none of them can repeat */
    bool in_order;                         /* records so far, by date and id */
    struct prt_last last_id, order_id;
    uint32_t *codes; /* by lane, then family: how many keys, then the first's number */
    uint8_t *dead;   /* bit by row: its id came before; NULL: none */
    uint64_t bucket_rows;
    uint64_t bucket_count;
    uint8_t *note; /* the caller's latest */
    size_t note_size;
    uint8_t *saved; /* what an interrupted run noted, until it is taken up */
    size_t saved_size;
};

/* Every function that gives a bool has noted why it failed. */
void prt_volume_note(struct prt_volume *volume, const struct prt_spill *spill); /* of this file; NULL: no memory */
static inline bool prt_volume_fail(struct prt_volume *volume, const struct prt_spill *spill) {
    prt_volume_note(volume, spill);
    return false;
}
bool prt_volume_fail_sorter(struct prt_volume *volume, const struct prt_sorter *sorter); /* NULL: no memory */
/* The same with an error of its own. */
bool prt_volume_refuse(struct prt_volume *volume, enum pol_status status, const struct pol_error *error);
bool prt_volume_failed(struct prt_volume *volume);    /* has anything, on any thread? */
bool prt_volume_cancelled(struct prt_volume *volume); /* true: noted as a failure */
void prt_volume_progress(struct prt_volume *volume, const char *stage, uint64_t done, uint64_t total);
bool prt_volume_make_file(struct prt_volume *volume, enum prt_file file, uint32_t lanes);
uint32_t prt_volume_block(enum prt_file file);
void prt_volume_drop_file(struct prt_volume *volume, enum prt_file file);
extern const char *const prt_file_names[PRT_FILES];

/* Runs jobs 0 to count - 1 on the run's threads; stops at the first that fails. */
typedef bool prt_job(struct prt_volume *volume, void *data, uint64_t job);
bool prt_volume_jobs(struct prt_volume *volume, const char *stage, uint64_t count, prt_job *job, void *data);

/* An entry of PRT_ROWS. */
struct prt_row {
    uint16_t rule;
    uint8_t reason, reserved;
};

/* Entries of PRT_IDS and PRT_KEYS: this and the bytes, to a multiple of four. */
struct prt_id_entry {
    uint32_t hash, row, size;
};
struct prt_key_entry {
    uint32_t hash, size; /* the bytes begin with the family */
};
static inline uint32_t prt_padded(uint32_t size) {
    return (size + 3) & ~3u;
}
/* Bytes of an entry, and zeros up to where the next one begins. */
static inline void prt_put_padded(void *to, const char *data, uint32_t size) {
    if (size == 0)
        return;
    memset((char *)to + ((size_t)size - 1) / 4 * 4, 0, 4);
    memcpy(to, data, size);
}
static inline uint32_t prt_lane_of(uint32_t hash) {
    return hash >> (32 - PRT_LANE_BITS);
}

/* An entry of PRT_RECORDS and PRT_SORTED: the record's words, with PRT_ROW the row of the run and for a cell that is
 * looked up its lane; then the size of the id and its bytes, to a multiple of four. */
static inline struct pol_text prt_entry_id(const uint32_t *entry, uint32_t words) {
    return (struct pol_text){.data = (const char *)(entry + words + 1), .size = entry[words]};
}
static inline uint32_t prt_entry_size(uint32_t words, uint32_t id_size) {
    return (words + 1) * (uint32_t)sizeof(uint32_t) + prt_padded(id_size);
}

/* Records in memory: the form that order.c and fold.c work on. PRT_ROW numbers them; `row` has the rows of the run. */
struct prt_pack {
    uint32_t *stream;
    uint32_t *row;
    uint64_t *id; /* packed, by record; into `bytes` */
    char *bytes;
    uint64_t words, count, used;
    uint64_t most_words, most_count, most_bytes;
};
bool prt_pack_make(struct prt_volume *volume, struct prt_pack *pack, uint64_t bytes); /* about so much memory */
void prt_pack_free(struct prt_pack *pack);
/* Adds an entry. False: it is full. */
bool prt_pack_add(const pol_run *run, struct prt_pack *pack, const uint32_t *entry);

/* volume_keys.c */
bool prt_volume_duplicates(struct prt_volume *volume);
bool prt_volume_codes(struct prt_volume *volume);
uint32_t prt_volume_family_count(const struct prt_volume *volume, uint32_t family); /* keys that came up */

/* volume_order.c: records in the order of deciding. */
struct prt_flow;
bool prt_volume_sort(struct prt_volume *volume);
struct prt_flow *prt_flow_new(struct prt_volume *volume);
const uint32_t *prt_flow_next(struct prt_flow *source); /* valid until the next call; NULL: end or failure */
void prt_flow_free(struct prt_flow *source);

/* volume_fold.c */
bool prt_volume_fold(struct prt_volume *volume);

/* Entries of PRT_LANDED, by row. */
enum prt_landing { PRT_LANDS_DECIDED = 1, PRT_LANDS_ADJUSTED = 2 };
struct prt_landed {
    uint32_t row; /* from the lane's first */
    uint16_t rule;
    uint8_t reason, landing;
    int64_t award;
    int32_t year; /* of the claim */
    uint32_t reserved;
};
struct prt_adjusted { /* `landing` PRT_LANDS_ADJUSTED: follows, and then the carries */
    int64_t entitled, payable, carried, waiting;
    int32_t year;
    uint32_t carries;
};
struct prt_carried {
    int64_t amount;
    int32_t year;
    uint32_t reserved;
};

/* An entry of PRT_VISITS, for pol_run_uses: a claim of the fold, in the order of deciding. */
struct prt_visit {
    uint16_t rule;
    uint8_t reason;
    uint8_t pays; /* from its own year's limit */
};
/* An entry of PRT_CARRIES: a deferred claim was paid from a later year's limit. */
struct prt_visit_carry {
    uint32_t place; /* of the claim in the order of deciding */
    int32_t year;
};

/* volume_state.c: a run that goes on from a state, or will be saved. Its files keep keys, ids and records to the end.
 *
 * What a state has of keys and ids goes before the run's own into the same lanes. */
struct prt_key_shape;
struct prt_ranks;
struct prt_waiting;
struct prt_key_value;
struct prt_writer;
struct prt_opened { /* an entry of PRT_OPENINGS: a key of the state, in the order of its lane */
    int64_t value;
    uint32_t family, reserved;
};
struct prt_wait { /* an entry of PRT_WAITS: a claim that waits when all is decided */
    uint32_t place, row;
    int64_t entitled, payable, carried, waiting, paid;
};
struct prt_missed { /* an entry of PRT_MISSINGS: and the applicant's id and the claim's, to a multiple of four */
    uint32_t row;
    int32_t year;
    uint32_t applicant, claim; /* sizes */
};
/* Lanes of PRT_ENDED; behind them the cells, by family. */
enum { PRT_ENDED_LEFT, PRT_ENDED_CARRIED, PRT_ENDED_LAST, PRT_ENDED_CELLS };
uint64_t prt_volume_opened(const struct prt_volume *volume, uint32_t lane);
bool prt_volume_open_key(struct prt_volume *volume, const struct prt_pending *link, uint32_t links, int64_t value);
bool prt_volume_open_id(struct prt_volume *volume, struct pol_text id);
bool prt_volume_check_order(struct prt_volume *volume);
bool prt_volume_open(struct prt_volume *volume); /* the cells, before the fold */
bool prt_volume_note_wait(struct prt_volume *volume, const struct prt_adjust *a);
bool prt_volume_end(struct prt_volume *volume, int32_t last_date, struct pol_text last_id); /* after the fold */

/* What a state is made of, in canonical order. */
struct prt_lists {
    struct prt_volume *volume;
    struct prt_sorter *ids, *absent, *waits, *cells;
    uint64_t id_count, absent_count, wait_count, *cell_count; /* cell_count: by family */
    uint32_t *family_place;                                   /* by family: where it goes among them */
    int64_t waiting_fen;
    int32_t last_date; /* INT32_MIN: no claim reached stage 5 */
    struct prt_last last_id;
    struct prt_flow *flow;
    uint64_t place;
    char *bytes; /* of a key */
    uint64_t bytes_room;
};
/* False: failed; to be freed all the same. */
bool prt_lists_make(struct prt_lists *lists, pol_run *run, const struct prt_ranks *ranks,
                    const struct pol_state_sink *sink);
void prt_lists_free(struct prt_lists *lists);
bool prt_lists_put_absent(struct prt_lists *lists, struct prt_writer *w);
/* These three give false at the end, too. */
bool prt_lists_next_wait(struct prt_lists *lists, struct prt_waiting *wait, const uint32_t *row_of);
bool prt_lists_next_cell(struct prt_lists *lists, const struct prt_key_shape *shape, struct prt_key_value *value,
                         int64_t *amount);
bool prt_lists_next_id(struct prt_lists *lists, struct pol_text *id);

/* volume_order.c: the number of each lane's first key, by lane, then family. NULL: no memory */
uint32_t *prt_volume_first_codes(const struct prt_volume *volume);

/* volume_results.c */
bool prt_volume_gather(struct prt_volume *volume);
struct prt_results;
struct prt_outcome;
struct prt_amounts;
/* For results.c: what prt_results_read and prt_results_amounts say, and the carried payments behind `count` others. */
const struct prt_outcome *prt_volume_outcomes(struct prt_results *results, uint64_t first, uint64_t *count);
struct prt_amounts prt_volume_amounts(const struct prt_results *results, const struct prt_outcome *outcome);
uint64_t prt_volume_carried(const struct prt_results *results, const struct prt_outcome *outcome, uint64_t row,
                            uint64_t count, struct pol_payment *out, uint64_t room);

/* volume_save.c */
bool prt_volume_note_stage(struct prt_volume *volume, enum prt_stage stage);
bool prt_volume_save(struct prt_volume *volume, const void *note, size_t size);
bool prt_volume_seed(struct prt_volume *volume);    /* reads the notes; the seed becomes that of the interrupted run */
bool prt_volume_restore(struct prt_volume *volume); /* takes up what they say */

/* volume.c */
bool prt_volume_new(pol_run *run, const struct pol_spill *options);
void prt_volume_free(struct prt_volume *volume);
bool prt_volume_seal(struct prt_volume *volume);
bool prt_volume_append(struct prt_volume *volume, pol_part *part);
bool prt_volume_decide(struct prt_volume *volume);
enum pol_status prt_volume_break(pol_run *run, struct pol_error *error); /* says what failed; the run cannot go on */

#endif
