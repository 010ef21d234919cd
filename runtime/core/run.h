/* run.h - the insides of a run: what the parts of core share about deciding one ledger.
 *
 * The life of a run: profiles are packed as they come (profiles.c); sealing them indexes them and makes the plan
 * (plan.c); parts evaluate batches, on any thread (evaluate.c); append takes them over in the order of the input
 * (append.c); decide orders, shards and folds (order.c, shard.c, fold.c, limit.c); results are read out (results.c).
 *
 * Dense numbers are 32 bits wide throughout: rows, applicants, profile rows, cells, words of the stream. What does not
 * fit is refused where it is counted.
 */
#ifndef PRT_RUN_H
#define PRT_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/keys.h"
#include "core/module.h"
#include "polrt.h"

enum { PRT_BLOCK = 1024 }; /* rows that go through the stages together, so that their columns stay in the cache */
#define PRT_NONE 0xffffffffu

/* ---- profiles --------------------------------------------------------------------------------------------------- */

enum { PRT_INLINE_ID = 23 };

/* The head of a packed profile row; the values of the declared fields follow. A claim's whole profile is found in one
 * or two cache lines. */
struct prt_profile {
    char id[PRT_INLINE_ID]; /* the applicant; longer ids: the address of their bytes, first */
    uint8_t id_size;
    int32_t year;
    uint32_t applicant; /* dense */
    uint32_t budget;    /* of applicant and year: index into prt_profiles.budget */
    uint8_t status;     /* stage 0 of the row: POL_OK, POL_BAD_VALUE or POL_MISSING_FIELD */
    uint8_t flags;      /* enum pol_profile_flags */
    uint8_t small[10];  /* the first fields of one byte */
};

enum { PRT_ADJUSTS_MOST = (1 << 29) - 1 }; /* what struct prt_budget can name */

/* What the limit of an applicant's year has left, and who waits for other years' limits. An applicant's years stand
 * side by side, ascending. */
struct prt_budget {
    int64_t left; /* 0 where the year pays nothing: excluded, or no readable profile */
    int32_t year;
    uint32_t waits : 29;  /* 1 + index of the year's latest claim that was deferred and may still be paid; 0 = none */
    uint32_t settled : 1; /* what waits at earlier years was paid from it, as far as it goes */
    uint32_t first : 1;   /* of its applicant */
    uint32_t last : 1;    /* likewise: what comes next may be another thread's */
};

/* Rows on their way into a run. */
struct prt_packed {
    uint8_t *data;  /* count rows of prt_profiles.stride bytes */
    int64_t *limit; /* by row, only with a limit */
    uint64_t *hash; /* by row: of the applicant's id */
    uint64_t data_room, limit_room, hash_room, count;
    int32_t last_year; /* INT32_MIN without rows */
};

struct prt_profiles {
    struct prt_packed packed; /* until sealed; all parts' */
    uint8_t *memory;          /* owns `data` */
    uint8_t *data;            /* count rows of `stride` bytes, aligned to 64, and one more row, all zero */
    uint32_t *offset;         /* by profile field: where its value stands in a row; 0 = not kept */
    uint32_t stride, count, applicants;
    uint32_t restored;         /* the first rows are those of a state */
    int32_t last_year;         /* INT32_MIN without rows */
    uint32_t numbered;         /* the first rows have their applicants' numbers */
    bool side_by_side;         /* so far, each applicant's rows stand together, of ascending years */
    int32_t usual_year;        /* of most applicants' first rows, perhaps */
    int64_t votes;             /* for it */
    struct prt_table index;    /* side by side: an applicant to the first row; otherwise (applicant, year) to row */
    struct prt_budget *budget; /* only with a limit: by applicant, then year */
};

/* ---- the plan ---------------------------------------------------------------------------------------------------- */

enum prt_source {
    PRT_FROM_APPLICANT,
    PRT_FROM_PROFILE_ROW,
    PRT_FROM_YEAR,
    PRT_FROM_CLAIM,
    PRT_FROM_PROFILE,
    PRT_FROM_ITEM
};

/* A number that is part of a key: (value - min) * stride adds to the family's cell or prefix. */
struct prt_number {
    uint8_t source; /* enum prt_source */
    uint8_t width;  /* CLAIM, PROFILE */
    uint32_t field; /* claim field; offset in a profile row */
    int64_t min;
    uint64_t span; /* values are min to min + span - 1 */
    uint64_t stride;
};

/* One dictionary on the way to a cell: codes (prefix, text). The first link's prefix is the family's numbers, a later
 * one's is the code before it (high half) and a piece of a number too wide to be packed (low half). */
struct prt_link {
    uint32_t dict;
    bool has_text, text_of_profile;
    uint32_t text;  /* claim field; offset in a profile row */
    bool has_piece; /* ... of `number`: its high or low 32 bits */
    bool high;
    struct prt_number number;
};

/* How the cells of one struct pol_cell are numbered. */
struct prt_family {
    uint8_t kind;      /* enum pol_cell_kind */
    uint8_t width;     /* bytes of state of a cell */
    bool of_applicant; /* no two applicants share a cell */
    uint32_t first_number, number_count;
    uint32_t first_link, link_count; /* none: the numbers are the cell */
    uint64_t domain;                 /* cells, without links */
};

/* An operand: a constant, or two words of the record. */
struct prt_operand {
    bool in_record;
    uint32_t word;
    uint32_t aux;
    int64_t value;
};

struct prt_step {
    uint8_t kind; /* enum pol_step_kind */
    bool conditional;
    bool never; /* a constant condition that does not hold */
    uint32_t family, rule;
    uint32_t word; /* of the record: the cell, PRT_NONE where the step does not apply */
    uint32_t condition_aux;
    struct prt_operand max, amount, units, price;
};

struct prt_item {
    uint32_t first_step;
    uint32_t once_end, less_end, cap_end; /* relative to first_step: where the stages' steps end */
    uint32_t words;                       /* of a record */
    uint32_t links;                       /* dictionary look-ups of a record */
    uint32_t award_rule, limit_rule;
    bool limited;
};

struct prt_plan {
    struct prt_number *number;
    struct prt_link *link;
    struct prt_family *family; /* by cell index */
    struct prt_step *step;
    struct prt_item *item;
    uint8_t *need; /* item * claim fields + field: does the item need it? */
    bool *wanted;  /* by claim field: is it needed by an item or read by a rule? */
    uint32_t dicts;
    uint32_t most_words, most_links; /* of any item */
};

/* Makes the plan from a checked descriptor and sealed profiles. False: no memory. */
bool prt_plan_make(struct prt_plan *plan, const pol_module *module, const struct prt_profiles *profiles);
void prt_plan_free(struct prt_plan *plan);

/* ---- claims that reach the fold ---------------------------------------------------------------------------------- */

/* A record in the stream of 32-bit words: this head, then a word for every step with a cell, then two words for every
 * operand that is not constant. */
enum prt_record {
    PRT_AWARD = 0, /* two words: fen */
    PRT_ROW = 2,   /* the claim's row; in a part, the row in the batch */
    PRT_DATE = 3,
    PRT_BUDGET = 4, /* of the claim's applicant and year, with PRT_LIMITED */
    PRT_ITEM = 5,   /* low half: item; PRT_LIMITED, PRT_DEAD */
    PRT_ADJUST = 6, /* 1 + index of the claim's struct prt_adjust; 0 = none */
    PRT_APPLICANT = 7,
    PRT_HEAD = 8,
};
#define PRT_LIMITED 0x10000u /* the limit applies */
#define PRT_DEAD    0x20000u /* turned out a duplicate */

static inline int64_t prt_wide(const uint32_t *words) {
    int64_t value;
    memcpy(&value, words, sizeof value);
    return value;
}

/* A dictionary look-up that append has to make, for a word of a record or for the next link. */
struct prt_pending {
    uint64_t prefix;
    const char *data;
    uint64_t text_hash;
    struct prt_held held; /* the text once more, made while its bytes are in the cache */
    uint32_t size;
    uint32_t dict; /* PRT_NONE: nothing to look up */
    uint32_t word; /* in the part's stream */
    bool chained;  /* the high half of the prefix is the code before */
    bool last;     /* the code is the cell */
};

struct prt_ids {
    struct pol_text *longer; /* ids over POL_TEXT_LIMIT bytes */
    uint64_t longer_room;
    uint32_t longer_count;
};

#define PRT_ID_LONG ((uint64_t)1 << 55)

/* The bytes behind a claim id: packed, or PRT_ID_LONG and an index. */
static inline struct pol_text prt_id_text(const struct prt_ids *ids, uint64_t id) {
    if ((id & PRT_ID_LONG) != 0)
        return ids->longer[(uint32_t)id];
    return (struct pol_text){.data = prt_packed_data(id), .size = prt_packed_size(id)};
}

/* Eight bytes as a number that orders as they do. */
static inline uint64_t prt_load_ordered(const char *bytes) {
    return __builtin_bswap64(prt_load(bytes, 8));
}

/* Of two texts with their order by bytes: shorter ones first. */
static inline int prt_size_order(struct pol_text a, struct pol_text b, int order) {
    return a.size != b.size ? (a.size > b.size) - (a.size < b.size) : order;
}

/* By bytes; of two of which one begins with the other, the shorter one first. */
static inline int prt_text_order(struct pol_text a, struct pol_text b) {
    uint32_t size = a.size < b.size ? a.size : b.size;
    int order = 0;
    if (size >= 8 && size <= 16) { /* as claim ids have: two words, which may overlap */
        uint64_t x = prt_load_ordered(a.data), y = prt_load_ordered(b.data);
        if (x == y) {
            x = prt_load_ordered(a.data + size - 8);
            y = prt_load_ordered(b.data + size - 8);
        }
        order = (x > y) - (x < y);
    } else if (size) {
        order = memcmp(a.data, b.data, size);
    }
    return order ? order : (a.size > b.size) - (a.size < b.size);
}

/* A claim without a profile row, noted for a state. */
struct prt_missing {
    uint32_t row;
    int32_t year;
    struct pol_text applicant;
};

struct pol_part {
    const pol_run *run;
    struct prt_packed packed; /* applicants, before they are sealed */
    /* results of the batch, by row */
    uint64_t rows, row_room;
    uint64_t *id;      /* 0 = missing */
    uint32_t *id_hash; /* with `hashed` */
    bool hashed;
    bool known;             /* every row has an id of at most POL_TEXT_LIMIT bytes ... */
    bool by_bytes, by_size; /* ... and they ascend strictly in this order */
    struct pol_text last_id;
    uint8_t *reason;
    uint32_t *rule;
    uint64_t id_room, hash_room, reason_room, rule_room;
    struct prt_ids ids;
    uint32_t *stream;
    uint64_t words, word_room;
    struct prt_pending *pending;
    uint64_t pending_count, pending_room;
    struct prt_missing *missing; /* only for a run with a past */
    uint64_t missing_count, missing_room;
    int32_t last_day; /* of readable dates; INT32_MIN = none */
    /* one block at work */
    const void **claim, **profile;           /* columns for the kernel */
    void **claim_scratch, **profile_scratch; /* by field: PRT_BLOCK values, made when needed */
    uint8_t **state; /* by claim field: NULL = every cell present and good; else bytes of enum prt_cell */
    uint8_t **state_scratch;
    int64_t **aux;
    uint64_t *hash; /* of the applicant's id */
    uint32_t *profile_row;
    const uint8_t **profile_data; /* the packed row of profile_row */
    int32_t *year;
    int64_t *award;
    uint16_t *kernel_rule, *item;
    uint8_t *status;
    struct prt_groups *groups;
};

enum prt_cell { PRT_PRESENT = 0, PRT_MISSING = 1, PRT_BAD = 2 };

/* ---- the fold ---------------------------------------------------------------------------------------------------- */

/* What became of a claim that was not simply granted its award. */
struct prt_adjust {
    int64_t waiting; /* deferred and not yet carried */
    int64_t carried;
    uint32_t next; /* 1 + index of the next one that waits at the same year; of the latest, of the oldest */
    int32_t year;
    uint32_t carry;  /* 1 + index of the latest payment in a later year; 0 = none */
    uint32_t record; /* first word in the stream; in a block of many: the claim's row */
    int64_t entitled, payable;
    uint32_t place, budget; /* in a block of many: the claim's place in the order of deciding; its year's budget */
    uint64_t reserved;      /* one cache line for each */
};

struct prt_carry { /* a deferred amount paid in a later year */
    int64_t amount;
    int32_t year;
    uint32_t before; /* 1 + index of the claim's payment before it; 0 = none */
};

/* A claim that stages 5 and 6 left something. */
struct prt_granted {
    int64_t entitled, granted; /* fen */
    uint32_t record;           /* first word in the stream */
    uint32_t budget;           /* of its applicant and year; PRT_NONE: no limit applies */
    bool reduced;              /* less than its award is granted */
};

/* Claims between fetching a claim's cells into the cache and deciding it; and, nearer, what is found through them. */
enum { PRT_AHEAD = 24, PRT_NEAR = 8 };

struct prt_pipeline;

/* A set of claims that shares no cell with any other: folded by one thread. */
struct prt_shard {
    pol_run *run;
    const uint32_t *order; /* first words of its records, in order; NULL: the whole stream as it stands */
    uint64_t count;
    struct prt_adjust *adjust;
    uint64_t adjust_count, adjust_room;
    struct prt_carry *carry;
    uint64_t carry_count, carry_room;
    /* With `retire`, the records are a block of many: `row` has their claims' rows, and claims that wait no more are
     * taken out of memory by it. */
    const uint32_t *row;
    uint64_t place;                                           /* of its first record in the order of deciding */
    bool (*retire)(struct prt_shard *shard, uint32_t adjust); /* 1 + index */
    void *retired;
    uint32_t retired_adjust, free_adjust, free_carry; /* 1 + index of the first; adjusts are linked by `next`, carries
                                                         by `before` */
    struct prt_pipeline *pipeline;                    /* stage 7 follows on another thread; NULL: it does not */
    bool whole;                                       /* there is no other shard */
    bool failed;                                      /* out of memory */
};

struct prt_state {
    void *cells; /* by cell: uint8_t ONCE, int32_t ONE_YEAR, int64_t LADDER and CAP */
    uint64_t count;
};

struct prt_seen {           /* claim ids so far */
    bool by_bytes, by_size; /* strictly ascending in this order */
    bool tabled;            /* in neither: they are in the table. Set once, by append; other threads look at it. */
    bool any;
    uint64_t last;
    struct prt_table table;
};

struct prt_mark { /* every so many records: where row `row` stands in the stream */
    uint32_t row, word;
};

enum prt_phase { PRT_TAKES_PROFILES, PRT_TAKES_CLAIMS, PRT_DECIDED, PRT_BROKEN };

struct prt_volume;

struct pol_run {
    const pol_module *module;
    struct prt_volume *volume; /* NULL: everything stays in memory */
    const struct prt_kernels *kernels;
    int64_t *params;
    int32_t as_of_option, as_of_year;
    unsigned threads;
    uint64_t shard_minimum; /* claims, or applicants rows, below which one thread does it all */
    enum prt_phase phase;
    uint64_t seed;
    struct prt_profiles profiles;
    struct prt_plan plan;
    struct pol_part *profile_part; /* scratch of pol_run_profiles */
    struct prt_dict *dict;
    uint64_t expected; /* claims in all, about; at most PRT_NONE; 0: nobody knows */
    /* claims, by row */
    uint64_t rows;
    uint64_t *id;
    uint8_t *reason;
    uint32_t *rule;
    uint64_t id_room, reason_room, rule_room;
    struct prt_ids ids;
    struct prt_seen seen;
    int32_t last_day;
    /* claims of the fold */
    uint32_t *stream;
    uint64_t words, word_room, records, dead;
    struct prt_mark *mark;
    uint64_t mark_count, mark_room;
    bool in_order;
    int32_t order_date;
    uint64_t order_id;
    uint32_t *order;
    /* the fold */
    struct prt_state *state;
    struct prt_adjust *adjust;
    uint64_t adjust_count;
    struct prt_carry *carry;
    uint64_t carry_count;
    struct prt_payments *payments;
    struct prt_past *past; /* state.h; NULL: the run neither has a past nor will be saved */
};

struct prt_payments { /* made when first asked for */
    struct pol_payment *list;
    uint64_t count;
};

static inline const struct prt_profile *prt_profile_at(const struct prt_profiles *p, uint32_t row) {
    return (const struct prt_profile *)(const void *)(p->data + (size_t)row * p->stride);
}

static inline uint32_t prt_record_item(const uint32_t *record) {
    return record[PRT_ITEM] & 0xffffu;
}

static inline const struct prt_item *prt_item_of(const pol_run *run, const uint32_t *record) {
    return &run->plan.item[prt_record_item(record)];
}

static inline bool prt_bit(const uint8_t *bitmap, uint64_t at) {
    return (bitmap[at / 8] >> (at % 8) & 1) != 0;
}

/* A cell by the bitmaps alone. */
static inline enum prt_cell prt_cell_at(const struct pol_column *column, uint64_t row) {
    uint64_t at = (uint64_t)column->offset + row;
    if (!column->values)
        return PRT_MISSING;
    if (column->bad && prt_bit(column->bad, at))
        return PRT_BAD;
    return column->validity && !prt_bit(column->validity, at) ? PRT_MISSING : PRT_PRESENT;
}

static inline struct pol_text prt_text_at(const struct pol_column *column, uint64_t row) {
    uint64_t at = (uint64_t)column->offset + row;
    if (!column->text_offsets)
        return ((const struct pol_text *)column->values)[at];
    int32_t start = column->text_offsets[at], end = column->text_offsets[at + 1];
    return (struct pol_text){.data = (const char *)column->values + start, .size = (uint32_t)(end - start)};
}

/* profiles.c */
bool prt_profiles_begin(pol_run *run); /* settles the shape of a packed row. False: no memory */
void prt_packed_free(struct prt_packed *packed);
void prt_profiles_free(struct prt_profiles *profiles);
void prt_profiles_forget(struct prt_profiles *profiles); /* the rows and their index; counts and budgets stay */

/* profiles_seal.c: numbers the applicants of the rows that came. False: no memory. */
bool prt_profiles_number(struct prt_profiles *p);
enum pol_status prt_profiles_seal(pol_run *run, struct pol_error *error);

/* What a row's place in the index comes from. */
static inline uint32_t prt_applicant_hash(uint64_t id_hash) {
    return (uint32_t)(id_hash >> 32);
}

static inline uint32_t prt_profile_hash(const struct prt_profiles *p, uint64_t id_hash, int32_t year) {
    return p->side_by_side ? prt_applicant_hash(id_hash) : prt_hash_key(id_hash, (uint64_t)(int64_t)year);
}

static inline struct pol_text prt_profile_id(const struct prt_profile *p) {
    struct pol_text id = {.data = p->id, .size = p->id_size};
    if (p->id_size > PRT_INLINE_ID)
        memcpy(&id.data, p->id, sizeof id.data);
    return id;
}

/* Ids of organisations have 18 bytes: two overlapping pairs of words are quicker than a call. */
static inline bool prt_profile_is(const struct prt_profile *profile, struct pol_text id) {
    if (profile->id_size != id.size)
        return false;
    if (id.size >= 16 && id.size <= PRT_INLINE_ID)
        return ((prt_load(profile->id, 8) ^ prt_load(id.data, 8)) |
                (prt_load(profile->id + 8, 8) ^ prt_load(id.data + 8, 8)) |
                (prt_load(profile->id + id.size - 8, 8) ^ prt_load(id.data + id.size - 8, 8))) == 0;
    return memcmp(prt_profile_id(profile).data, id.data, id.size) == 0;
}

/* The row of an applicant and year, with its prt_profile_hash; PRT_NONE. */
uint32_t prt_profile_find(const struct prt_profiles *p, struct pol_text id, int32_t year, uint32_t hash);

/* validate.c */
struct prt_block {
    const struct pol_field *field;
    uint32_t field_count;
    const struct pol_batch *batch;
    uint64_t first; /* row of the batch */
    uint32_t rows;
    bool judge;         /* by validity, bad and ranges; otherwise the caller judged */
    const bool *wanted; /* by field */
    uint32_t skip;      /* a field that the caller judges itself: the item column; PRT_NONE */
    const void **column;
    void **scratch;
    uint8_t **state, **state_scratch;
    const struct pol_enum *enums;
};
/* Columns and states of a block's wanted fields. False: no memory. */
bool prt_block_columns(const struct prt_block *block);

/* records.c: puts the records of the block's rows, of which `row` has some, behind those of the part. A row with a key
 * that cannot be becomes bad_value. Changes `row`. False: no memory. */
struct prt_groups *prt_groups_make(uint32_t items); /* NULL: no memory */
void prt_groups_free(struct prt_groups *groups);
bool prt_records_put(pol_part *part, uint64_t first, uint16_t *row, uint32_t count);

/* evaluate.c */
pol_part *prt_part_make(const pol_run *run);

/* order.c: run->order, unless the claims came in order. False: no memory. */
bool prt_order(pol_run *run);

/* shard.c: the claims in at most `threads` shards. *order backs their orders. False: no memory. */
bool prt_shards_make(pol_run *run, struct prt_shard *shards, unsigned threads, unsigned *count, uint32_t **order);

/* fold.c */
void prt_fold(struct prt_shard *shard);
void prt_fold_records(struct prt_shard *shard); /* the same without prt_limit_finish */

/* pipeline.c: folds a shard with another thread for stage 7. False: there is none, and nothing was done. */
bool prt_pipeline_fold(struct prt_shard *shard);
bool prt_pipeline_put(struct prt_pipeline *pipeline, const struct prt_granted *granted); /* false: stage 7 failed */

/* limit.c: stage 7, and what is remembered of claims that are not simply paid their award. False: no memory. */
bool prt_limit(struct prt_shard *shard, const struct prt_granted *granted);
bool prt_limit_batch(struct prt_shard *shard, const struct prt_granted *claim, uint32_t count);
/* A budget, or PRT_NONE, begins its way to the cache; and, once it is there, what waits at it. */
void prt_limit_fetch(const struct prt_shard *shard, uint32_t budget);
void prt_limit_fetch_waiting(const struct prt_shard *shard, uint32_t budget);
/* Carries into all later years. With `retire`, what waits still is retired then. */
bool prt_limit_finish(struct prt_shard *shard);

/* results.c: the first word of the first record at or after a row */
uint64_t prt_find_record(const pol_run *run, uint64_t row);

/* run.c */
bool prt_cells_make(pol_run *run); /* once it is known how many keys there are */
void prt_cells_free(pol_run *run);
enum pol_status prt_break(pol_run *run, struct pol_error *error); /* out of memory: the run cannot go on */

#endif
