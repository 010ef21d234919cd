/* diff.h - what two versions of a policy say differently, clause by clause, in words.
 *
 * Compared are the checked models, not the text: amounts by value, conditions and awards in a normal form (definitions
 * written out, `and` and `or` in any order, `not (a < 5)` as `a >= 5`, 1/2 as 50%), rules as sets. So the order of
 * statements, formatting, the language of keywords, the names of definitions and examples are no difference. Two
 * forms that the normal form cannot show to be equal are told as a difference.
 *
 * What ledgers and results carry is part of a policy: a field, item, enum value, parameter or target is the same one
 * where its column is the same. Where it got another name in the source that ledgers follow, and its label stayed, it
 * is renamed, which is told apart and is no difference of meaning; a column that was chosen (`as`), and a name without
 * a label, say what a thing is, and are one.
 *
 * Everything lives in the caller's arena; the models must outlive the result. No state, no output.
 */
#ifndef POL_DIFF_H
#define POL_DIFF_H

#include "base/text.h"
#include "check/model.h"
#include "ir/ir.h"
#include "report/value.h"

enum diff_language { DIFF_ENGLISH, DIFF_CHINESE };
enum diff_change { DIFF_CHANGED, DIFF_ADDED, DIFF_REMOVED, DIFF_RENAMED };

struct diff_entry {
    const char *what; /* for programs: "cap", "field.range", "quote"; diff.c lists them */
    enum diff_change change;
    bool decides;              /* a decision may differ; otherwise only what is read and shown */
    struct text clause, item;  /* its number, the item's name in ledgers; empty where there is none */
    struct text place;         /* "§7 navigation", in words; empty for the whole policy */
    struct text subject;       /* "cap per applicant and year" */
    struct text before, after; /* in words; empty where nothing was or is */
    uint32_t rank;             /* order in the policy */
    struct diff_entry *next;
};

struct diff {
    enum diff_language language;
    struct diff_entry *first;
    size_t count;   /* differences */
    size_t decides; /* of these: decisions may differ */
    size_t renamed; /* entries that are DIFF_RENAMED; not counted as differences */
};

struct diff *diff_models(const struct model *before, const struct model *after, enum diff_language language,
                         struct arena *arena);

/* The net below the words: decides made-up claims by both, and adds an entry where the outcome differs although no
 * rule was told to differ. Nothing where an entry already says that decisions may differ. `seed` makes it repeatable.
 */
void diff_trial(struct diff *diff, const struct model *before, const struct ir_policy *before_ir,
                const struct model *after, const struct ir_policy *after_ir, uint64_t seed, struct arena *arena);

/* One line for each difference, long ones on several, and a line that counts them. */
void diff_print_text(struct text_buffer *out, const struct diff *diff);
/* The same for machines, added to an object: "differences", "renamed" and others; the words are in the language of the
 * comparison, what is made on the way in the arena. *failed: no memory for all of it. */
void diff_put_json(bool *failed, json_t *document, const struct diff *diff, struct text before, struct text after,
                   struct arena *arena);

#endif
