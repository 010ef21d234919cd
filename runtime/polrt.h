/* polrt.h - libpolrt: load a compiled policy and decide claims with it.
 *
 * The library has no global state, never prints, never exits, and reads no file but the object it is told to open.
 * Every function that can fail returns a pol_status and fills `error` (which may be NULL). Money is in fen.
 *
 * Threads: a pol_module is immutable and may be used by any number of threads. A pol_run belongs to one thread at a
 * time, except pol_run_evaluate, which any number of threads may call at once, each with its own pol_part.
 */
#ifndef POLRT_H
#define POLRT_H

#include <stddef.h>
#include <stdint.h>

#include "abi.h"

#ifdef __cplusplus
extern "C" {
#endif

enum pol_status {
    POL_STATUS_OK = 0,
    POL_STATUS_USAGE = 2,  /* the caller asked for something that cannot be */
    POL_STATUS_INPUT = 3,  /* the object or the data cannot be used */
    POL_STATUS_SYSTEM = 4, /* no memory, no disk, no such file */
};

struct pol_error {
    enum pol_status status;
    char message[1024]; /* UTF-8, one line, what and remedy */
};

/* ---- modules ---------------------------------------------------------------------------------------------------- */

typedef struct pol_module pol_module;

/* Reads, checks and loads an object. The file's bytes are checked in full (ELF bounds, no imports, no initialisers,
 * digest, ABI, every reference of the descriptor) before they are mapped; the path is not opened again. */
enum pol_status pol_module_open(const char *path, pol_module **out, struct pol_error *error);
/* The same for bytes in memory (copied). */
enum pol_status pol_module_load(const void *bytes, size_t size, pol_module **out, struct pol_error *error);
void pol_module_close(pol_module *module); /* NULL is fine */

const struct pol_descriptor *pol_module_descriptor(const pol_module *module);
const char *pol_module_string(const pol_module *module, struct pol_str s); /* NUL-terminated, valid until close */
const void *pol_module_array(const pol_module *module, struct pol_ref ref);
/* The level of the kernels in use (struct pol_kernels.level). */
unsigned pol_module_level(const pol_module *module);

const char *pol_reason_name(enum pol_reason reason); /* "already_awarded" */

/* ---- parameters ------------------------------------------------------------------------------------------------- */

/* Fills params[param count] with the defaults. */
void pol_params_default(const pol_module *module, int64_t *params);
/* Applies "NAME=VALUE"; an unknown name, an unreadable value or one out of range is POL_STATUS_USAGE. */
enum pol_status pol_params_set(const pol_module *module, int64_t *params, const char *assignment,
                               struct pol_error *error);

/* ---- batches ---------------------------------------------------------------------------------------------------- */

/* One column; the layout of the Arrow C Data Interface: row i is at index offset + i of values, validity and bad. */
struct pol_column {
    const void *values;      /* by the field's type (abi.h); NULL: every cell is missing */
    const uint8_t *validity; /* bitmap, 1 = present; NULL: all are */
    const uint8_t *bad;      /* bitmap, 1 = present but unreadable or out of range; NULL: none is */
    const int32_t
        *text_offsets; /* text only: NULL: values are struct pol_text; else Arrow utf8: values are the bytes */
    int64_t offset;
};

struct pol_batch {
    uint64_t rows;
    const struct pol_column *columns; /* by field index, builtins first */
    /* Stage 0 as far as the reader judged it (unknown_item, bad_value, missing_field; 0 = fine), by row; NULL: judge by
     * validity, bad and the fields' ranges. With it, defaults are already filled in. Duplicates and missing profiles
     * are always found by the run, and so are the cells of claim_id and date on every row: their validity and bad bits
     * count whatever the status, the bytes of a bad claim_id being what tells it from others. An applicants row's
     * status is bad_value, missing_field or 0. A text of no bytes is missing. */
    const uint8_t *status;
};

/* ---- deciding a ledger ------------------------------------------------------------------------------------------ */

typedef struct pol_run pol_run;
typedef struct pol_part pol_part;

/* Where a run puts what it would otherwise keep in memory for each claim, and how it tells how far it is. Then memory
 * holds the applicants, the cells of the fold and what `memory` says; and the texts of a batch of claims need stay only
 * until the batch was appended. */
struct pol_spill {
    int folder;       /* an open directory; it stays the caller's, and open until pol_run_free */
    const char *name; /* of the directory, for messages; likewise */
    uint64_t memory;  /* bytes that stages of deciding may take for their work */
    /* 0: the files have no names and vanish with the run. 1: they are kept by name, with notes of what is complete, so
     * that a run with 2 can go on from there: the same policy, options and input, or the result is nonsense. */
    unsigned keep;
    /* Any may be NULL; called on any thread, and not one at a time. */
    void *context;
    /* `stage` in English, to be looked up in the catalogue; how many of `total` claims are through it, about */
    void (*progress)(void *context, const char *stage, uint64_t done, uint64_t total);
    uint8_t (*cancelled)(void *context); /* not 0: fail */
    unsigned uses;                       /* 0: pol_run_uses will not be called, and what it takes is not kept */
};

struct pol_run_options {
    const int64_t *params;         /* NULL: defaults */
    int32_t as_of_year;            /* 0: the latest year in claims and applicants */
    unsigned threads;              /* for pol_run_decide; 0 = 1 */
    unsigned level;                /* 0: the best kernels for this processor; else that level exactly */
    const struct pol_spill *spill; /* NULL: everything stays in memory */
};

/* The bytes of every text cell given to a run must stay where they are until pol_run_free. */
enum pol_status pol_run_new(const pol_module *module, const struct pol_run_options *options, pol_run **out,
                            struct pol_error *error);
void pol_run_free(pol_run *run);

/* Applicant rows, in any number of batches, before the first claim. Rows whose applicant or year is missing or bad
 * must be left out by the caller. `row_label` numbers the first row for messages (a line of the file). Two rows for one
 * applicant and year: POL_STATUS_INPUT. */
enum pol_status pol_run_profiles(pol_run *run, const struct pol_batch *batch, struct pol_error *error);
/* The same in two steps, the first of them on any thread: adds the batch's rows to those packed in `part`, then gives
 * all of these to the run. Afterwards the part is empty. */
enum pol_status pol_run_pack_profiles(const pol_run *run, const struct pol_batch *batch, pol_part *part,
                                      struct pol_error *error);
enum pol_status pol_run_add_profiles(pol_run *run, pol_part *part, struct pol_error *error);
/* No more applicants: indexes them. */
enum pol_status pol_run_seal_profiles(pol_run *run, struct pol_error *error);

/* About how many claims there will be: tables are made for as many at once. What comes of the run is the same with any
 * number, and without one. Before claims are appended. */
void pol_run_expect(pol_run *run, uint64_t claims);
/* 1: memory holds no table of claim ids, as they came in an order of theirs so far, or are in files; 0: it does. Not
 * while another thread appends. */
uint8_t pol_run_ascends(const pol_run *run);

enum pol_status pol_part_new(const pol_run *run, pol_part **out, struct pol_error *error);
void pol_part_free(pol_part *part);
/* Stages 0 to 4 of a batch of claims (duplicates aside), and its keys ready for the fold. Pure in the run. */
enum pol_status pol_run_evaluate(const pol_run *run, const struct pol_batch *batch, pol_part *part,
                                 struct pol_error *error);
/* Takes a part over, in the order of the input. The part may be reused for another batch. */
enum pol_status pol_run_append(pol_run *run, pol_part *part, struct pol_error *error);
/* Stages 5 to 7 over everything appended. Once. */
enum pol_status pol_run_decide(pol_run *run, struct pol_error *error);

enum pol_decision_kind { POL_GRANTED, POL_REDUCED, POL_DEFERRED, POL_DENIED, POL_INVALID };
const char *pol_decision_name(enum pol_decision_kind kind);
enum pol_decision_kind pol_decision_kind(enum pol_reason reason); /* what a reason comes to by its stage */

struct pol_decision {
    uint8_t kind;   /* enum pol_decision_kind */
    uint8_t reason; /* enum pol_reason */
    uint16_t reserved;
    uint32_t rule; /* index into the descriptor's rules; 0 = none (stage 0) */
    int64_t award; /* fen; -1 where stage 4 was not reached or failed */
    int64_t entitled, payable, carried, outstanding, lapsed;
};

struct pol_payment {
    uint64_t claim; /* row number in the order of appending, from 0 */
    int32_t year;
    uint32_t reserved;
    int64_t amount; /* fen, > 0 */
};

uint64_t pol_run_rows(const pol_run *run);
void pol_run_decisions(const pol_run *run, uint64_t first, uint64_t count, struct pol_decision *out);
/* Ordered by claim, then year. Valid until pol_run_free. Made on the first call: NULL with a count above zero means
 * that there is no memory for it, or with a spill that it could not be read (pol_run_check). */
const struct pol_payment *pol_run_payments(const pol_run *run, uint64_t *count);
/* The payments of the claims [first, first + count) alone, in the same order: how many there are. The first `room` of
 * them are put at `out`. Needs no memory but with a spill: see pol_run_check. */
uint64_t pol_run_payments_of(const pol_run *run, uint64_t first, uint64_t count, struct pol_payment *out,
                             uint64_t room);
int32_t pol_run_as_of(const pol_run *run);
/* With a spill, decisions and payments are read from files: fails if any of them could not be, and what was read since
 * the run was decided cannot be trusted. */
enum pol_status pol_run_check(const pol_run *run, struct pol_error *error);

/* With a spill that is kept: notes all that was appended so far, together with the caller's note of where it stands.
 * What is appended later and not noted is lost with the process. */
enum pol_status pol_run_save(pol_run *run, const void *note, size_t size, struct pol_error *error);
/* After sealing the applicants: takes up what was noted. *note is the caller's latest, valid until pol_run_free; NULL:
 * nothing was noted, begin with the first claim. */
enum pol_status pol_run_resume(pol_run *run, const void **note, size_t *size, struct pol_error *error);

/* ---- going on where an earlier run ended ------------------------------------------------------------------------- */

/* The bytes of a state, wherever they are kept. `read` gives `size` bytes from `at` on, all of them or an error, and is
 * called again and again until the run is freed; the bytes must stay the same. */
struct pol_state_source {
    void *context;
    uint64_t size;
    enum pol_status (*read)(void *context, uint64_t at, void *bytes, size_t size, struct pol_error *error);
};

#define POL_PAID_UNKNOWN INT64_MIN

/* Where a state is written to, from its first byte to its last. `paid` (NULL: nobody knows) says what was paid for a
 * claim of this run, POL_PAID_UNKNOWN if that is not known; it comes back with the claim when it is settled. */
struct pol_state_sink {
    void *context;
    enum pol_status (*write)(void *context, const void *bytes, size_t size, struct pol_error *error);
    int64_t (*paid)(void *context, uint64_t row);
};

/* Right after pol_run_new: this run goes on where the run that saved `state` ended, as if its claims followed in one
 * run; with NULL it is the first of its kind. Only such a run can save its state. POL_STATUS_INPUT: the state is
 * damaged, of another policy, of other rules, or of other parameters or another as-of year.
 *
 * The applicants of earlier runs are there already. A row given again must say the same; a row that comes too late,
 * when earlier runs have decided without it, is refused by pol_run_seal_profiles. pol_run_decide refuses, with
 * POL_STATUS_INPUT, a claim that reaches stage 5 although the state has one with a later date, or the same date and a
 * greater id: in one run it would have come first. Claim ids of earlier runs are duplicates. */
enum pol_status pol_run_continue(pol_run *run, const struct pol_state_source *state, struct pol_error *error);

/* After pol_run_decide, once: the state from which the next run goes on. Equal histories give equal bytes, however the
 * claims were ordered or divided into runs. */
enum pol_status pol_run_save_state(pol_run *run, const struct pol_state_sink *sink, struct pol_error *error);

/* A deferred claim of an earlier run whose amounts this run has changed: it was carried, or has lapsed. */
struct pol_settled {
    struct pol_text claim, applicant; /* valid until pol_run_free */
    int32_t date;
    uint32_t item;
    int64_t paid;                 /* as the sink of its run had it */
    struct pol_decision decision; /* the whole of it, as one run would give it */
};

/* Settled claims in the order of (date, claim id); after pol_run_decide. */
uint64_t pol_run_settled_count(const pol_run *run);
void pol_run_settled(const pol_run *run, uint64_t first, uint64_t count, struct pol_settled *out);
/* What this run pays for them, by claim (the number of the settled claim), then year. Not among pol_run_payments. */
const struct pol_payment *pol_run_settled_payments(const pol_run *run, uint64_t *count);

/* What a state is about. */
struct pol_state_facts {
    uint32_t version;                      /* of the format */
    uint8_t rules_digest[POL_DIGEST_SIZE]; /* of the policy */
    char policy[256], policy_version[256]; /* its name and version, cut if need be */
    uint64_t claims, profiles, cells;      /* ids seen, applicants rows, keys in use */
    uint64_t waiting;                      /* deferred claims that wait or have lapsed ... */
    int64_t waiting_fen;                   /* ... with so much */
    int32_t last_date;                     /* of a claim that reached stage 5; INT32_MIN: none did */
    char last_claim[256];                  /* its id, cut if need be */
    int32_t as_of_option, as_of_year;
};

/* Checks the whole state, then tells. Needs no policy. */
enum pol_status pol_state_facts(const struct pol_state_source *state, struct pol_state_facts *facts,
                                struct pol_error *error);

/* The row part of the policy by itself, with the parameters of the run: stages 1 to 4 of claims whose profiles stand
 * beside them. args->params is not looked at. Pure in the run. */
void pol_run_try(const pol_run *run, const struct pol_row_args *args);

/* ---- why -------------------------------------------------------------------------------------------------------- */

/* An earlier claim that counted against a claim: it had used the same once-key, ladder, cap or limit. */
struct pol_trace_use {
    uint64_t claim; /* row number */
    int32_t year;   /* of that claim */
    uint32_t reserved;
    int64_t amount; /* ladders: its award; caps and limits: what it took; else 1 */
};

struct pol_trace_step {
    uint8_t kind; /* enum pol_step_kind */
    uint8_t reserved[3];
    uint32_t rule;
    int64_t max;        /* caps: the maximum; LIMIT: the year's limit */
    int64_t used;       /* what earlier claims had used of it; LADDER: the highest award; LESS: the amount */
    uint64_t first_use; /* its earlier claims are uses[first_use] to uses[first_use + use_count - 1] */
    uint64_t use_count;
};

struct pol_trace {
    struct pol_trace_step *steps; /* in the order of the stages; none for claims that stages 0 to 4 ended */
    uint64_t step_count;
    struct pol_trace_use *uses;
    uint64_t use_count;
};

/* The steps a decided claim went through. Takes time in proportion to the ledger. Free with pol_trace_free. A run that
 * goes on from a state has not got the earlier claims, and traces nothing (POL_STATUS_USAGE). */
enum pol_status pol_run_trace(const pol_run *run, uint64_t claim, struct pol_trace **out, struct pol_error *error);
void pol_trace_free(struct pol_trace *trace);

/* For many claims at once, and by claim numbers alone: the earlier claims that had used what the rule of a claim's
 * decision is about (the key it was denied for, the ladder, the cap or the limit that cut it; of a claim granted in
 * full, the first ladder). `claims` ascend. claims[i] gets its first `most` at uses[i * most], in the order of
 * deciding, and used[i] says how many there are in all. Takes time in proportion to the ledger. Of a run that goes on
 * from a state, earlier runs' claims are not among them. */
enum pol_status pol_run_uses(pol_run *run, const uint64_t *claims, uint64_t count, unsigned most, uint64_t *uses,
                             uint64_t *used, struct pol_error *error);

#ifdef __cplusplus
}
#endif

#endif
