/* try_facts.h - the facts of one claim that is tried: given on the command line, asked for, or filled in. */
#ifndef POL_TRY_FACTS_H
#define POL_TRY_FACTS_H

#include "driver/command.h"

struct try_fact {
    const struct model_field *field;
    bool wanted;      /* it can change the outcome */
    bool filled;      /* it cannot, but must be there */
    bool given;       /* by somebody */
    struct text cell; /* as in a ledger; empty: missing, its default is taken */
};

struct try_facts {
    const struct model *model;
    const struct ir_policy *policy;
    const struct model_item *item;
    struct try_fact *claim, *profile; /* by field */
    bool chinese, ask;                /* ask: on the terminal for what is missing */
    struct arena *arena;
};

/* Works out what the item needs. */
void try_facts_begin(struct try_facts *facts, struct arena *arena, const struct model *model,
                     const struct ir_policy *policy, const struct model_item *item);

/* Takes "field=value" words. EXIT_USAGE, with a message, where a word names no field or a value cannot be read. */
int try_facts_take(struct try_facts *facts, char *const *word, size_t count);

/* What was given or answered for an earlier version of the policy, where it can still be used. */
void try_facts_keep(struct try_facts *facts, const struct try_facts *before);

/* Asks for what is wanted and still missing, or says what that is. EXIT_USAGE: something is missing. */
int try_facts_complete(struct try_facts *facts);

/* The claim and its applicant as ledger files. */
struct text try_facts_claims(const struct try_facts *facts);
struct text try_facts_applicants(const struct try_facts *facts);

/* Fields that were filled in because they must be there, in words; empty when there are none. */
struct text try_facts_filled(const struct try_facts *facts);

#endif
