/* finder.h - the parts of a finder among themselves. */
#ifndef POL_AUDIT_FINDER_H
#define POL_AUDIT_FINDER_H

#include "audit/finding.h"
#include "audit/texts.h"
#include "core/sorter.h"

enum { REST_SHOWN = 4, SPLIT_REST_SHOWN = 20 };

/* A claim close below a threshold: the maximum of a cap, the most that the item awards, or of a number of the claim. */
struct finder_near {
    struct pol_case claim; /* what a finding about it would hold */
    uint32_t rule;         /* of the cap, or of the award */
    uint32_t which;        /* of the descriptor's thresholds; POL_NONE: the cap of ... */
    uint32_t step;         /* ... this step of the item, if its condition holds; POL_NONE: it has no condition */
    int64_t threshold, value;
}; /* in a sorter the texts stand behind it: the claim's id, then the applicant's */

/* The most that an item awards. */
struct finder_most {
    int64_t value;
    uint32_t item, which;
};

struct finder_worker {
    struct pol_sums sums;
};

/* Applicants with claims that differ, over those claims. */
struct finder_applicants {
    struct prt_sorter *by_id, *by_gap;
    uint64_t count;
    bool no_memory;
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
    struct pol_finder_room memory;
    struct prt_sorter *found; /* cases of single claims, by row */
    struct prt_sorter *near;  /* struct finder_near */
    /* once everything was seen */
    struct prt_sorter *all; /* every case, the largest amount first */
    struct finder_applicants applicants;
    struct pol_sums sums;
    uint64_t finding_count[POL_FINDING_KINDS];
    pol_wide finding_amount[POL_FINDING_KINDS];
    /* some of the cases, in memory, with what belongs to them */
    struct pol_case *cases;
    uint64_t count, room;
    struct pol_text *rest; /* ids of claims that findings rest on */
    uint64_t rest_count, rest_room;
    struct pol_texts texts;
};

/* The clause that decided; the number of clauses where there is none. */
uint32_t finder_clause(const struct pol_finder *finder, uint32_t rule, uint32_t item);
bool finder_sums_make(struct pol_sums *sums, const struct pol_descriptor *d);
/* A sorter that may take a share of the finder's memory. NULL: no memory. */
struct prt_sorter *finder_sorter(const struct pol_finder_room *room, const struct prt_sorter_kind *kind, unsigned parts,
                                 unsigned share);
/* How many things of `bytes` each may be in memory at once, in a share of the finder's; `most` without files. */
uint64_t finder_at_once(const struct pol_finder *finder, unsigned share, uint64_t bytes, uint64_t most);
/* A finding with the ids of c->rest_shown claims that it rests on goes to its place among all. False: failed. */
bool finder_settle(struct pol_finder *finder, const struct pol_case *c, const struct pol_text *rest);

/* finder_cases.c: cases in sorters. */
extern const struct prt_sorter_kind finder_by_row, finder_by_amount, finder_by_matter;
bool finder_put_case(struct prt_sorter *to, unsigned part, uint64_t number, const struct pol_case *c,
                     const struct pol_text *rest); /* c->rest_shown of them. False: failed */
/* Texts are the entry's; `rest` has room for SPLIT_REST_SHOWN, or is NULL. */
void finder_get_case(const void *entry, struct pol_case *c, struct pol_text *rest);
/* Adds a copy to finder->cases. False: no memory. */
bool finder_keep_case(struct pol_finder *finder, const void *entry, uint32_t size);
void finder_forget_cases(struct pol_finder *finder); /* these, and all texts */

/* finder_split.c: finds the thresholds of awards. False: no memory. */
bool finder_split_begin(struct pol_finder *finder);
/* Of a claim that was granted and not cut by a cap, notes the thresholds it comes close to. False: failed. */
bool finder_note_near(struct pol_finder *finder, unsigned worker, const struct pol_case *claim,
                      const struct pol_found_row *row);
extern const struct prt_sorter_kind finder_by_time;
/* Settles findings about the claims noted that belong together. */
enum pol_status finder_splits(struct pol_finder *finder, struct pol_audit *audit, struct pol_error *error);

/* finder_order.c: applicants with claims that differ. All give false when they failed. */
struct finder_applicant {
    const char *id;
    size_t size;
    struct pol_gap gap;
};
bool finder_applicants_begin(struct finder_applicants *all, const struct pol_finder_room *room);
void finder_applicants_free(struct finder_applicants *all);
bool finder_applicants_add(struct finder_applicants *all, const struct pol_case *c);
bool finder_applicants_end(struct finder_applicants *all); /* all were added: how many applicants, all->count */
/* Begins with the largest sums, as often as wanted. */
bool finder_applicants_first(struct finder_applicants *all);
/* Valid until the next. False: no more, or failed. */
bool finder_applicants_next(struct finder_applicants *all, struct finder_applicant *applicant);

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
enum pol_status finder_write_files(struct pol_finder *finder, struct pol_audit *audit,
                                   const struct pol_summary *summary, struct pol_out *out, struct pol_error *error);

/* finder.c: asks what would make the cases in memory better, of which the first is number `first` of all. */
enum pol_status finder_better(struct pol_finder *finder, struct pol_audit *audit, uint64_t first,
                              struct pol_error *error);

#endif
