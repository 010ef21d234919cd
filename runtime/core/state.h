/* state.h - what a run remembers of earlier runs (polrt.h: pol_run_continue, pol_run_save_state), and how it takes
 * part.
 *
 * A state holds, in canonical order, so that equal histories give equal bytes: the applicants rows with what their
 * limits have left; for which applicants and years a row was missing; the deferred claims that wait; the cells by their
 * keys in full; every claim id. Fields, parameters, items and cells are named by what they are, not by their place in
 * the object: a policy whose texts were edited, or moved about, goes on from the same state.
 *
 * Going on reads the rows of applicants (state_read.c); sealing reads the rest but for the ids, once applicants have
 * their numbers; deciding goes over the ids as a stream (state_ids.c), refuses claims out of order, and carries what
 * waits (state_settle.c): every earlier claim goes before every claim of this run, so that is done before the fold.
 * Saving merges what was there with what is new (state_write.c).
 */
#ifndef PRT_STATE_H
#define PRT_STATE_H

#include "core/run.h"
#include "core/state_io.h"

/* An applicant and year whose row was missing, and the first claim (by its bytes) that lacked it. */
struct prt_absent {
    struct pol_text applicant, claim;
    int32_t year;
};

/* A deferred claim of an earlier run. */
struct prt_waiting {
    struct pol_text id;
    uint32_t profile; /* row: its applicant and year */
    int32_t date;
    uint32_t item;
    bool settled; /* its amounts changed in this run */
    int64_t award, entitled, payable, carried, waiting, paid;
};

/* What cells held when the earlier run ended. */
struct prt_opening {
    uint32_t *cell;
    int64_t *value;
    uint64_t count, cell_room, value_room;
};

struct prt_ids_list {
    uint32_t *row; /* in the order of (size, bytes) of their ids */
    uint64_t count;
};

struct prt_past {
    bool goes_on; /* there is a source */
    struct pol_state_source source;
    struct prt_texts texts;
    int32_t as_of_year; /* of the earlier run */
    int32_t last_date;  /* of claims that reached stage 5; INT32_MIN: none did */
    struct pol_text last_id;
    int64_t *left;         /* by restored row; until sealed */
    int32_t *carried_from; /* by budget: the first year whose deferred claims it paid; 0: none (only with a limit) */
    uint64_t rest_at;      /* where the state goes on behind the rows */
    uint64_t ids_at, id_count;
    struct prt_absent *absent; /* by applicant, then year */
    uint64_t absent_count;
    struct prt_waiting *waiting; /* by date, then id */
    uint64_t waiting_count;
    struct prt_opening *opening; /* by family; until the fold */
    struct prt_missing *missing; /* of this run's claims */
    uint64_t missing_count, missing_room;
    struct prt_ids_list ids; /* of this run's claims, duplicates left out */
    struct pol_payment *payments;
    uint64_t payment_count, payment_room;
    uint32_t *settled; /* the waiting claims that changed */
    uint64_t settled_count;
};

/* ---- names that do not depend on the object: state_names.c ------------------------------------------------------- */

/* Indices of fields, params or items by the bytes of their columns, cells by their digests. NULL: no memory. */
uint32_t *prt_field_order(const pol_module *module);
uint32_t *prt_param_order(const pol_module *module);
uint32_t *prt_item_order(const pol_module *module);
uint32_t *prt_cell_order(const pol_module *module);
struct pol_text prt_module_text(const pol_module *module, struct pol_str s);

/* ---- cells by their keys: state_keys.c --------------------------------------------------------------------------- */

enum { PRT_KEY_PARTS = 160 };

struct prt_key_part {
    uint8_t form; /* enum prt_key_form */
    uint8_t source;
    uint32_t index; /* into the plan: a number; the first link of a wide number; a link with a text */
    struct pol_text name;
};

enum prt_key_form { PRT_KEY_NUMBER, PRT_KEY_WIDE, PRT_KEY_TEXT };

/* The parts of a family's keys in canonical order. */
struct prt_key_shape {
    const struct prt_family *family;
    struct prt_key_part part[PRT_KEY_PARTS];
    uint32_t count;
};

struct prt_key_value {
    int64_t number; /* profile rows, applicants and items: their ranks */
    struct pol_text text;
};

/* Ranks: a profile row's place by (applicant, year), an applicant's first one, an item's place by column. */
struct prt_ranks {
    const uint32_t *row, *applicant, *item; /* by index: the rank */
    const uint32_t *item_at;                /* by rank: the item */
};

void prt_key_shape_make(const pol_run *run, uint32_t family, struct prt_key_shape *shape);
void prt_key_of_cell(const pol_run *run, const struct prt_key_shape *shape, const struct prt_ranks *ranks,
                     uint32_t cell, struct prt_key_value *value);
/* From what the links on the way to a cell have, to the key, and back: for a family with links. `link` has room for
 * family->link_count; only prefix, data, size, text_hash and dict count, the prefix without the code before it. The
 * texts are those of the key. Returns false for values that cannot be. */
void prt_key_of_links(const pol_run *run, const struct prt_key_shape *shape, const struct prt_ranks *ranks,
                      const struct prt_pending *link, struct prt_key_value *value);
bool prt_links_of_key(const pol_run *run, const struct prt_key_shape *shape, const struct prt_ranks *ranks,
                      const struct prt_key_value *value, struct prt_pending *link);
/* The cell of a key, a new one if need be. Rows of the state stand at their ranks. Returns false with *damaged for
 * values that cannot be, without it when there is no memory. */
bool prt_cell_of_key(pol_run *run, const struct prt_key_shape *shape, const struct prt_ranks *ranks,
                     const struct prt_key_value *value, uint32_t *cell, bool *damaged);
int prt_key_order(const struct prt_key_shape *shape, const struct prt_key_value *a, const struct prt_key_value *b);

/* ---- ids: state_ids.c -------------------------------------------------------------------------------------------- */

/* Ids in the order of (size, bytes), each as what it does not share with the one before. */
struct prt_id_writer {
    struct prt_writer *out;
    char *last;
    uint64_t room;
    uint32_t size;
};
struct prt_id_reader {
    struct prt_reader *in;
    uint64_t left;
    char *bytes;
    uint64_t room;
    uint32_t size;
    bool any; /* there is a current id */
};
bool prt_id_next(struct prt_id_reader *r); /* false: no more, or an error of the reader */
/* Lists this run's ids, and makes duplicates of those that an earlier run had. */
enum pol_status prt_past_ids(pol_run *run, struct pol_error *error);
/* How many ids there are by now. */
uint64_t prt_past_id_count(const pol_run *run);
/* A record's claim, of that id, with what it waits for; `row_of`: prt_budget_rows. */
struct prt_wait; /* volume.h */
struct prt_waiting prt_waiting_of(const uint32_t *record, struct pol_text id, const uint32_t *row_of,
                                  const struct prt_wait *wait);
struct prt_lists; /* volume.h; NULL: everything is in memory */
bool prt_past_write_ids(const pol_run *run, struct prt_lists *lists, struct prt_writer *w);

/* ---- the beginning of the body: what a state is about -------------------------------------------------------------
 */

#define PRT_STATE_FEN ((int64_t)1 << 60) /* no amount in a state is larger */

struct prt_intro {
    struct pol_text policy, version, last_id;
    int32_t as_of_option, as_of_year, last_day, last_date;
    uint64_t claims, rows, absent, waiting, cells;
    int64_t waiting_fen;
};
void prt_put_intro(struct prt_writer *w, const struct prt_intro *intro);
bool prt_get_intro(struct prt_reader *r, struct prt_texts *texts, struct prt_intro *intro);

/* ---- the run's side ---------------------------------------------------------------------------------------------- */

void prt_past_free(pol_run *run);
bool prt_past_append(pol_run *run, const pol_part *part, uint64_t base); /* false: no memory */
enum pol_status prt_past_seal(pol_run *run, struct pol_error *error);
enum pol_status prt_past_begin(pol_run *run, struct pol_error *error);  /* deciding, before anything is ordered */
enum pol_status prt_past_settle(pol_run *run, struct pol_error *error); /* deciding, with work files */
enum pol_status prt_past_open_ids(pol_run *run, struct pol_error *error);
/* POL_STATUS_INPUT: it would have been decided before claims that earlier runs have decided. */
enum pol_status prt_past_too_late(const pol_run *run, struct pol_text id, int32_t date, struct pol_error *error);
/* The limit of a year paid for a claim of the year `of` and that budget. */
void prt_past_note_carry(pol_run *run, uint32_t budget, int32_t of, int32_t year);
void prt_past_open(pol_run *run); /* the cells, once they are made */
/* The profile row of each budget; NULL: no memory. */
uint32_t *prt_budget_rows(const pol_run *run);
enum pol_status prt_past_finish(pol_run *run, struct pol_error *error); /* after the fold, with the as-of year */

/* ---- sorting ----------------------------------------------------------------------------------------------------- */

/* Sorts `list` stably; runs that are in order already cost one look. False: no memory. */
bool prt_sort(uint32_t *list, uint64_t count, int (*order)(const void *context, uint32_t a, uint32_t b),
              const void *context);

#endif
