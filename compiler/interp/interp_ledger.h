/* interp_ledger.h - stage 0: the rows of a ledger, each judged valid or not, and joined with its profile. */
#ifndef POL_INTERP_LEDGER_H
#define POL_INTERP_LEDGER_H

#include "interp/interp_csv.h"
#include "interp/ir_eval.h"

struct interp_profile { /* one applicant in one year */
    struct text applicant;
    int32_t year;
    uint64_t line;
    enum pol_reason status;       /* POL_OK: readable, every field present; else POL_BAD_VALUE or POL_MISSING_FIELD */
    const struct ir_value *cells; /* by profile field index */
    /* of the profile function; meaningful where status is POL_OK: */
    bool excluded, limited;
    int64_t limit; /* fen */
};

struct interp_claim {
    const struct interp_csv_row *row;
    struct text id, applicant; /* trimmed, as given */
    enum pol_reason status;    /* POL_OK: valid */
    uint32_t item;             /* POL_NONE: missing or not of the policy */
    bool dated;                /* the date can be read; also of rows that are not valid */
    int32_t date, year;        /* where dated */
    bool has_paid;
    int64_t paid;                   /* where has_paid */
    struct interp_profile *profile; /* NULL: none for the applicant's year, or the claim ended before that was asked */
};

struct interp_ledger {
    struct arena *arena;
    const struct ir_policy *policy;
    struct interp_csv claims_file, applicants_file;
    uint32_t *claim_column, *profile_column; /* by field index; INTERP_NO_COLUMN: not in the file */
    struct interp_claim *claim;              /* in the order of the input */
    struct interp_profile *profile;
    size_t claim_count, profile_count;
    struct text_map *profile_index, *claim_index;
    uint64_t skipped_applicants, unreadable_paid;
    int32_t latest_year; /* of claims that are dated and of applicant rows; 0: there is none */
    struct text *warning;
    size_t warning_count, warning_capacity;
};

struct interp_source { /* one CSV file in memory */
    struct text name, bytes;
    bool gb18030;
};

/* Reads both files and does stage 0. Everything lives in the arena; cells are views of the bytes. INTERP_INPUT: a file
 * that is no CSV, a mandatory column that is not there, two rows for one applicant and year. */
enum interp_status interp_ledger_read(struct arena *arena, const struct ir_policy *policy,
                                      const struct interp_source *claims, const struct interp_source *applicants,
                                      struct interp_ledger *out, struct interp_error *error);

/* Fills cells[claim_count of the policy] for a valid claim: what its item needs, defaults taken; the other cells are
 * not present. */
void interp_ledger_cells(const struct interp_ledger *ledger, const struct interp_claim *claim, struct ir_value *cells);

/* The profile of an applicant's year, readable or not; NULL where there is none. */
struct interp_profile *interp_ledger_profile(const struct interp_ledger *ledger, struct text applicant, int32_t year);

#endif
