/* finder.h - the parts of a finder among themselves. */
#ifndef POL_AUDIT_FINDER_H
#define POL_AUDIT_FINDER_H

#include "audit/finding.h"
#include "audit/texts.h"

enum { REST_SHOWN = 4, SPLIT_REST_SHOWN = 20 };

/* A claim close below a threshold: the maximum of a cap, the most that the item awards, or of a number of the claim. */
struct finder_near {
    struct pol_case claim; /* what a finding about it would hold */
    uint32_t rule;         /* of the cap, or of the award */
    uint32_t which;        /* of the descriptor's thresholds; POL_NONE: the cap of ... */
    uint32_t step;         /* ... this step of the item, if its condition holds; POL_NONE: it has no condition */
    int64_t threshold, value;
};

/* The most that an item awards. */
struct finder_most {
    int64_t value;
    uint32_t item, which;
};

struct finder_worker {
    struct pol_case *cases;
    uint64_t count, room;
    struct finder_near *near;
    uint64_t near_count, near_room;
    struct pol_texts texts;
    struct pol_sums sums;
};

/* What a rule's step is about. */
enum rule_about { ABOUT_OTHER, ABOUT_LESS, ABOUT_CAP, ABOUT_YEAR_CAP };

struct pol_finder {
    const pol_module *module;
    const struct pol_descriptor *descriptor;
    struct pol_split_options split;
    const int64_t *params;
    const struct pol_threshold *thresholds; /* of the descriptor */
    uint32_t threshold_count;
    struct finder_most *most; /* by item; most_first: by item, and at the end how many there are */
    uint32_t *most_first;
    uint8_t *about; /* by rule */
    struct finder_worker *worker;
    unsigned workers;
    /* once everything was seen: all workers' */
    struct pol_case *cases;
    uint64_t count, room;
    struct pol_text *rest; /* ids of claims that findings rest on */
    uint64_t rest_count, rest_room;
    struct pol_sums sums;
};

/* The clause that decided; the number of clauses where there is none. */
uint32_t finder_clause(const struct pol_finder *finder, uint32_t rule, uint32_t item);
bool finder_sums_make(struct pol_sums *sums, const struct pol_descriptor *d);
/* Adds a finding to those of a worker; false: no memory. */
bool finder_add(struct finder_worker *worker, const struct pol_case *found);

/* finder_split.c: finds the thresholds of awards. False: no memory. */
bool finder_split_begin(struct pol_finder *finder);
/* Of a claim that was granted and not cut by a cap, notes the thresholds it comes close to. */
bool finder_note_near(struct pol_finder *finder, struct finder_worker *worker, const struct pol_case *claim,
                      const struct pol_found_row *row);
/* Makes findings of the claims noted that belong together, the first worker's. */
enum pol_status finder_splits(struct pol_finder *finder, struct pol_audit *audit, struct pol_error *error);

/* finder_order.c: puts the cases in their order, the largest amount first. False: no memory. */
bool finder_order(struct pol_finder *finder);

/* Applicants with claims that differ, over those claims; the largest sums first. The list is the caller's to free. */
struct finder_applicant {
    const char *id;
    size_t size;
    struct pol_gap gap;
};
struct finder_applicants {
    struct finder_applicant *list;
    uint64_t count;
};
/* False: no memory, and nothing to free. */
bool finder_applicants(const struct pol_finder *finder, struct finder_applicants *all);

/* finder_ask.c: a question about a claim, and its answer. */
struct finder_question {
    struct pol_text claim, applicant;
    int32_t year;
    uint32_t item;
    uint32_t step;  /* not POL_NONE: the maximum of this cap of the item, for this claim? Else: */
    uint32_t field; /* POL_NONE: what would make its award better? Else: what would it come to with ... */
    int64_t value;  /* ... this value of that field? */
    bool answered;
    int64_t award;        /* fen; -1: none */
    struct pol_text text; /* what would make it better, as in findings.json, without the brackets */
};
/* Reads the ledger once more, unless there is no question. Those whose claim or applicant cannot be read stay without
 * an answer. */
enum pol_status finder_ask(struct pol_finder *finder, struct pol_audit *audit, struct finder_question *questions,
                           uint32_t count, struct pol_error *error);

/* finder_write.c: the sentence of a finding. */
void finder_put_words(const struct pol_finder *finder, const struct pol_case *c, bool chinese, struct pol_buffer *out);
/* Opens findings.csv, findings.json and differences.csv and writes all that was found. */
enum pol_status finder_write_files(const struct pol_finder *finder, const struct pol_summary *summary,
                                   struct pol_out *out, struct pol_error *error);

#endif
