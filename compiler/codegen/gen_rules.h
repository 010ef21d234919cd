/* gen_rules.h - which rule ends a claim, in the vector loop.
 *
 * The rule of an item is the first of a list of conditions that holds, and lists are much alike: the same few
 * conditions come first in most of them. So the conditions are laid out in levels, each with a table of rules by item:
 * where the level's condition holds, the row's item looks up its rule; 0 where its list has nothing there. Conditions
 * of few items share a level, in which each counts for its own item. This needs an instruction that looks up bytes by
 * bytes.
 */
#ifndef POL_GEN_RULES_H
#define POL_GEN_RULES_H

#include "codegen/gen.h"

struct gen_level;

struct gen_rules {
    bool *tabled; /* by item: its rule comes from the levels */
    struct gen_level *level;
    uint32_t level_count;
    bool no_award; /* some rule is for claims without an award */
};

/* Lays out the levels of the fast items; what stands in the arena stays. Marks in `wanted`, by instruction, the
 * conditions to be computed in place of the rules. */
struct gen_rules gen_rules_plan(struct gen *g, const struct gen_row *r, bool *wanted);
/* To be called for each tabled item when its conditions are there; `mask`: rows of the item. */
void gen_rules_item(const struct gen_row *r, struct gen_rules *rules, uint32_t item, LLVMValueRef mask);
/* The rules of all rows in 8 bits, 0 = none; `item` has their items in 8 bits, `no_award` where there is no award. */
LLVMValueRef gen_rules_total(const struct gen_row *r, const struct gen_rules *rules, LLVMValueRef item,
                             LLVMValueRef no_award);

#endif
