/* finding.h - what an audit finds wrong with what was paid.
 *
 * A finding is about one claim that says what was paid, or about several that look like one matter in pieces. What each
 * kind means stands in docs/FINDINGS.md.
 *
 * Money is in fen. A finder is filled by any number of workers at once, each under its own number; everything else is
 * one thread's. Texts are copied: nothing of the input need stay. */
#ifndef POL_AUDIT_FINDING_H
#define POL_AUDIT_FINDING_H

#include "audit/audit.h"
#include "audit/kept.h"

/* "paid_twice"; for people; one sentence. */
const char *pol_finding_name(enum pol_finding_kind kind);
const char *pol_finding_label(enum pol_finding_kind kind, bool chinese);
const char *pol_finding_meaning(enum pol_finding_kind kind, bool chinese);

/* Decisions and their reasons, for people. */
const char *pol_decision_label(enum pol_decision_kind kind, bool chinese);
const char *pol_reason_label(enum pol_reason reason, bool chinese);

/* A finding. */
struct pol_case {
    uint64_t row; /* of the claim, or of the first claim */
    const char *claim, *applicant;
    int64_t paid, award, entitled, payable, carried; /* of a split: of all its claims; award is the
                                                        threshold, or what one claim for all of it would come to */
    int64_t amount;
    uint64_t rest_count; /* the claims it rests on beside its own; some of them are at finder->rest[rest] */
    uint64_t rest;
    uint32_t rule, item;
    int32_t date;       /* INT32_MIN: unreadable */
    int64_t edge;       /* of a split below a threshold of a number: the threshold, in the units of the field */
    uint32_t which;     /* likewise: of the descriptor's thresholds; POL_NONE otherwise */
    const char *better; /* what would make it better, as in findings.json; NULL: not asked */
    uint32_t better_size;
    uint16_t claim_size, applicant_size;
    uint8_t rest_shown;
    uint8_t kind, decision, reason;
    uint8_t words; /* enum words_of_finding */
    bool again;    /* the claim has another finding, which is not marked */
};

static inline int64_t pol_case_due(const struct pol_case *c) {
    return c->payable + c->carried;
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

/* How a finding is put. Sentences have names in braces for what differs from case to case. */
enum words_of_finding {
    WORDS_TWICE,
    WORDS_TWICE_ELSEWHERE,
    WORDS_TWICE_PART,
    WORDS_TWICE_SAME_ID,
    WORDS_EXCLUDED,
    WORDS_NOT_IN_FORCE,
    WORDS_INELIGIBLE,
    WORDS_UNKNOWN_ITEM,
    WORDS_BAD_VALUE,
    WORDS_MISSING_FIELD,
    WORDS_MISSING_PROFILE,
    WORDS_LIMIT,
    WORDS_YEAR_CAP,
    WORDS_CAP,
    WORDS_OVERPAID,
    WORDS_UNDERPAID,
    WORDS_SPLIT_CAP,
    WORDS_SPLIT_AWARD,
    WORDS_SPLIT_FIELD,
    WORDS_COUNT
};
const char *pol_finding_words(enum words_of_finding words, bool chinese);

/* What would make a decision better, in the same way: by its reason, and of single facts. */
enum pol_help {
    POL_HELP_DUPLICATE,
    POL_HELP_UNKNOWN_ITEM,
    POL_HELP_UNREADABLE,
    POL_HELP_PROFILE,
    POL_HELP_IN_FORCE,
    POL_HELP_EXCLUDED,
    POL_HELP_CONDITION,
    POL_HELP_NOTHING, /* the award came to nothing, or its table has no row for the value */
    POL_HELP_AWARDED,
    POL_HELP_CAP,
    POL_HELP_LIMIT,
    POL_HELP_FACT,     /* a fact with another value */
    POL_HELP_TOGETHER, /* several */
    POL_HELP_NONE,     /* no fact */
    POL_HELP_COUNT
};
const char *pol_help_words(enum pol_help help, bool chinese);
/* POL_HELP_NONE: nothing is to be said of the reason. `nothing`: what failed is the award itself, no condition. */
enum pol_help pol_help_of(enum pol_reason reason, bool nothing);

/* ---- sums -------------------------------------------------------------------------------------------------------- */

/* Of claims that say what was paid. */
struct pol_gap {
    uint64_t claims, over_claims, under_claims;
    pol_wide due, paid, over, under; /* under: above zero */
};

/* Differences by size: index 0 is none, then up to 10, 100, ... yuan; over and under. */
enum { POL_GAP_SIZES = 10, POL_GAP_YEARS = 111 /* unreadable, 1990 to 2099 */ };

struct pol_sums {
    struct pol_gap *item;   /* by item, and at the end claims without one */
    struct pol_gap *clause; /* by the clause that decided, and at the end none */
    struct pol_gap year[POL_GAP_YEARS];
    uint64_t over_by_size[POL_GAP_SIZES], under_by_size[POL_GAP_SIZES], exact;
};

/* ---- the finder -------------------------------------------------------------------------------------------------- */

struct pol_finder;
struct pol_audit;
struct pol_out;

/* Where findings go that are more than memory is to hold. */
struct pol_finder_room {
    uint64_t memory; /* about so many bytes stay there */
    int folder;      /* for work files; -1: everything stays in memory, whatever it takes */
};
/* NULL: no memory. */
struct pol_finder *pol_finder_new(const pol_module *module, unsigned workers, const struct pol_split_options *split,
                                  const int64_t *params, /* as in pol_run_options; they stay the caller's */
                                  struct pol_finder_room room);
void pol_finder_free(struct pol_finder *finder); /* NULL is fine */

struct pol_found_row {
    uint64_t row;
    struct pol_text claim, applicant;
    uint32_t item; /* the policy's number of items where it has none */
    int32_t date;  /* INT32_MIN: unreadable */
    int64_t paid;  /* known */
    const struct pol_decision *decision;
    const struct pol_kept_near *near; /* thresholds of numbers that it is close below */
    uint32_t near_count;
};
/* One decided claim that says what was paid. False: failed. */
bool pol_finder_row(struct pol_finder *finder, unsigned worker, const struct pol_found_row *row);

/* Why: sets the error. */
enum pol_status pol_finder_failed(const struct pol_finder *finder, const struct pol_audit *audit,
                                  struct pol_error *error);

/* Writes findings.csv, findings.json and differences.csv, and adds the findings to the summary. */
enum pol_status pol_finder_write(struct pol_finder *finder, struct pol_audit *audit, struct pol_summary *summary,
                                 struct pol_out *out, struct pol_error *error);

#endif
