/* gen_rules.c - levels of conditions, and their code. */
#include "codegen/gen_rules.h"

#include <string.h>

#include "codegen/gen_emit.h"

enum {
    CHAIN = 12,      /* more conditions in one list: the item keeps its own code */
    SHARED_FROM = 4, /* a condition of so many items gets a level of its own */
    TABLE = 16,      /* bytes that one instruction looks up */
    ITEMS = 64,      /* items of a vector loop, at most */
    LARGEST_RULE = 255,
};

/* The claim ends with `code` where the value of `condition` is `holds`. */
struct entry {
    ir_ref condition; /* NO_AWARD: where there is no award */
    bool holds;
    uint8_t code;
};
#define NO_AWARD IR_NO_REF

struct chain {
    struct entry entry[CHAIN];
    uint32_t count, next; /* entries before `next` have their level */
};

struct gen_level {
    bool shared;
    struct entry condition; /* of a shared level */
    uint8_t code[ITEMS];    /* by item; 0 = no entry */
    struct entry own[ITEMS];
    LLVMValueRef fails; /* of the others, gathered */
};

/* ---- lists of conditions --------------------------------------------------------------------------------------------
 */

static bool is_code(const struct ir_func *func, ir_ref ref, ir_int least) {
    const struct ir_inst *inst = &func->inst[ref];
    return inst->op == IR_CONST && inst->type == IR_INT && inst->imm >= least && inst->imm <= LARGEST_RULE;
}

static bool add_entry(struct chain *c, ir_ref condition, bool holds, ir_int code) {
    if (c->count == CHAIN)
        return false;
    c->entry[c->count++] = (struct entry){condition, holds, (uint8_t)code};
    return true;
}

/* Reads a rule as a list; false: it is none. */
static bool read_chain(const struct ir_func *func, ir_ref rule, struct chain *c) {
    while (func->inst[rule].op == IR_SELECT) {
        const struct ir_inst *s = &func->inst[rule];
        bool ends_if = is_code(func, s->b, 1), ends_else = is_code(func, s->c, 1);
        if (ends_if == ends_else)
            return false;
        if (!add_entry(c, s->a, ends_if, func->inst[ends_if ? s->b : s->c].imm))
            return false;
        rule = ends_if ? s->c : s->b;
    }
    return is_code(func, rule, 0) && func->inst[rule].imm == 0;
}

static bool same(struct entry a, struct entry b) {
    return a.condition == b.condition && a.holds == b.holds;
}

/* A condition that is true exactly where there is no award is the same for all items. */
static void find_no_award(const struct ir_func *func, uint32_t block, struct chain *c) {
    ir_ref award = func->block[block].award;
    for (uint32_t i = 0; i < c->count; i++)
        if (award != IR_NO_REF && c->entry[i].holds && gen_is_no_award(func, c->entry[i].condition, award))
            c->entry[i].condition = NO_AWARD;
}

/* ---- levels ---------------------------------------------------------------------------------------------------------
 */

struct layout {
    struct chain *chain; /* by item */
    uint32_t item_count;
};

static const struct entry *head(const struct layout *l, uint32_t item) {
    const struct chain *c = &l->chain[item];
    return c->next < c->count ? &c->entry[c->next] : NULL;
}

/* How often the condition stands in what is left of the lists; *first: how often it comes first. */
static uint32_t left(const struct layout *l, struct entry e, uint32_t *first) {
    uint32_t count = 0;
    *first = 0;
    for (uint32_t k = 0; k < l->item_count; k++)
        for (uint32_t i = l->chain[k].next; i < l->chain[k].count; i++)
            if (same(l->chain[k].entry[i], e)) {
                count++;
                *first += i == l->chain[k].next;
            }
    return count;
}

static bool is_shared(const struct layout *l, struct entry e) {
    uint32_t count = 0;
    for (uint32_t k = 0; k < l->item_count; k++)
        for (uint32_t i = 0; i < l->chain[k].count; i++)
            count += same(l->chain[k].entry[i], e);
    return e.condition == NO_AWARD || count >= SHARED_FROM;
}

/* The condition for the next level: a shared one that comes first wherever it is left, else none as long as there are
 * others to be done, else the one that comes first most often. */
static const struct entry *choose(const struct layout *l) {
    const struct entry *best = NULL;
    uint32_t most = 0, first;
    bool others = false;
    for (uint32_t k = 0; k < l->item_count; k++) {
        const struct entry *e = head(l, k);
        if (!e)
            continue;
        if (!is_shared(l, *e)) {
            others = true;
            continue;
        }
        if (left(l, *e, &first) == first)
            return e;
        if (first > most) {
            most = first;
            best = e;
        }
    }
    return others ? NULL : best;
}

/* Moves the entries that belong there into the level; false: nothing is left to do. */
static bool fill(struct layout *l, struct gen_level *level) {
    const struct entry *chosen = choose(l);
    bool any = false;
    *level = (struct gen_level){.shared = chosen != NULL};
    if (chosen)
        level->condition = *chosen;
    for (uint32_t k = 0; k < l->item_count; k++) {
        const struct entry *e = head(l, k);
        if (!e || (chosen ? !same(*e, level->condition) : is_shared(l, *e)))
            continue;
        level->code[k] = e->code;
        level->own[k] = *e;
        l->chain[k].next++;
        any = true;
    }
    return any;
}

static void want(struct gen_rules *rules, const struct chain *c, bool *wanted) {
    for (uint32_t i = 0; i < c->count; i++)
        if (c->entry[i].condition == NO_AWARD)
            rules->no_award = true;
        else
            wanted[c->entry[i].condition] = true;
}

static bool looks_up(const struct gen *g) {
    return g->target->level >= 3 || g->plan->least >= 2;
}

struct gen_rules gen_rules_plan(struct gen *g, const struct gen_row *r, bool *wanted) {
    uint32_t items = g->policy->item_count;
    struct gen_rules rules = {.tabled = arena_array_of(g->arena, bool, items + 1)};
    struct layout l = {.chain = arena_array_of(g->arena, struct chain, items + 1), .item_count = items};
    bool can = looks_up(g) && items <= ITEMS && (r->lanes == 16 || r->lanes == 32);
    for (uint32_t k = 0; k < items; k++) {
        struct chain *c = &l.chain[k];
        ir_ref rule = r->func->block[k + 1].rule;
        rules.tabled[k] = can && !g->slow[k] && rule != IR_NO_REF && read_chain(r->func, rule, c);
        if (!rules.tabled[k])
            *c = (struct chain){.count = 0};
        find_no_award(r->func, k + 1, c);
        want(&rules, c, wanted);
    }
    struct gen_level level;
    rules.level = arena_array_of(g->arena, struct gen_level, (size_t)items * CHAIN + 1);
    while (fill(&l, &level))
        rules.level[rules.level_count++] = level;
    return rules;
}

/* ---- code -----------------------------------------------------------------------------------------------------------
 */

static LLVMValueRef ends(const struct gen_row *r, struct entry e) {
    LLVMValueRef bit = gen_bit(r, r->value[e.condition]);
    return e.holds ? bit : LLVMBuildNot(r->gen->builder, bit, "");
}

void gen_rules_item(const struct gen_row *r, struct gen_rules *rules, uint32_t item, LLVMValueRef mask) {
    LLVMBuilderRef b = r->gen->builder;
    for (uint32_t i = 0; i < rules->level_count; i++) {
        struct gen_level *level = &rules->level[i];
        if (level->shared || !level->code[item])
            continue;
        LLVMValueRef fails = LLVMBuildAnd(b, mask, ends(r, level->own[item]), "");
        level->fails = level->fails ? LLVMBuildOr(b, level->fails, fails, "") : fails;
    }
}

static LLVMValueRef call(const struct gen_row *r, const char *name, LLVMTypeRef type, LLVMValueRef x, LLVMValueRef y) {
    return gen_intrinsic(r->gen, name, type, (LLVMValueRef[]){x, y}, 2);
}

/* Bytes that look up items [first, first + TABLE) and give 0 for all others: the instruction takes the low four bits of
 * a byte, and gives 0 where its highest bit is set. */
static LLVMValueRef index_of(const struct gen_row *r, LLVMValueRef item, unsigned first) {
    LLVMValueRef from = first ? LLVMBuildSub(r->gen->builder, item, gen_splat(r, 8, first), "") : item;
    return call(r, "llvm.uadd.sat", gen_type(r, 8), from, gen_splat(r, 8, 128 - TABLE));
}

static LLVMValueRef look_up(const struct gen_row *r, const uint8_t *table, LLVMValueRef index) {
    LLVMValueRef element[32];
    for (unsigned i = 0; i < r->lanes; i++)
        element[i] = LLVMConstInt(emit_int(r->gen, 8), table[i % TABLE], 0);
    const char *name = r->lanes == 16 ? "llvm.x86.ssse3.pshuf.b.128" : "llvm.x86.avx2.pshuf.b";
    return call(r, name, gen_type(r, 8), gen_stored(r, LLVMConstVector(element, r->lanes)), index);
}

/* The level's rule for each row's item. */
static LLVMValueRef rule_of(const struct gen_row *r, const struct gen_level *level, LLVMValueRef *index) {
    static const uint8_t nothing[TABLE];
    LLVMValueRef rule = NULL;
    for (unsigned i = 0; i < ITEMS / TABLE; i++) {
        const uint8_t *table = level->code + (size_t)TABLE * i;
        if (memcmp(table, nothing, TABLE) == 0)
            continue;
        LLVMValueRef part = look_up(r, table, index[i]);
        rule = rule ? LLVMBuildOr(r->gen->builder, rule, part, "") : part;
    }
    return rule;
}

LLVMValueRef gen_rules_total(const struct gen_row *r, const struct gen_rules *rules, LLVMValueRef item,
                             LLVMValueRef no_award) {
    LLVMBuilderRef b = r->gen->builder;
    LLVMValueRef index[ITEMS / TABLE], zero = LLVMConstNull(gen_type(r, 8)), total = zero;
    for (unsigned i = 0; i < ITEMS / TABLE; i++)
        index[i] = index_of(r, item, TABLE * i);
    for (uint32_t i = rules->level_count; i-- > 0;) {
        const struct gen_level *level = &rules->level[i];
        LLVMValueRef fails = !level->shared                           ? level->fails
                             : level->condition.condition == NO_AWARD ? no_award
                                                                      : ends(r, level->condition);
        if (!level->shared) { /* where it fails, the row's item has a rule */
            total = LLVMBuildSelect(b, fails, rule_of(r, level, index), total, "");
            continue;
        }
        LLVMValueRef rule = LLVMBuildSelect(b, fails, rule_of(r, level, index), zero, "");
        LLVMValueRef none = LLVMBuildICmp(b, LLVMIntEQ, rule, zero, "");
        total = LLVMBuildSelect(b, none, total, rule, "");
    }
    return total;
}
