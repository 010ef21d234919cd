/* rules_digest.c - one number for what a policy decides: equal digests decide equally.
 *
 * An instruction is named by the digest of its opcode and of its operands' names; a field by how ledgers spell it, with
 * its type and range; a rule by its reason; a cell by its kind, its keys and everything that uses it. So neither the
 * names, labels and quotes of the source count, nor the order in which fields, items, cells and clauses are declared.
 */
#include <stdlib.h>
#include <string.h>

#include "codegen/gen.h"
#include "digest.h"

struct name {
    uint8_t byte[POL_DIGEST_SIZE];
};

struct namer {
    const struct ir_policy *policy;
    struct arena *arena;
    struct name *claim, *profile, *param, *cell; /* by index */
    struct name *inst, *item;                    /* instructions of the row function, items */
};

/* ---- hashing --------------------------------------------------------------------------------------------------------
 */

static void add_number(struct pol_sha256 *h, ir_int value) {
    uint8_t byte[16];
    for (int i = 0; i < 16; i++)
        byte[i] = (uint8_t)((gen_uint)value >> (8 * i));
    pol_sha256_add(h, byte, sizeof byte);
}

static void add_text(struct pol_sha256 *h, struct text t) {
    add_number(h, (ir_int)t.size);
    pol_sha256_add(h, t.data, t.size);
}

static void add_name(struct pol_sha256 *h, const struct name *n) {
    pol_sha256_add(h, n->byte, sizeof n->byte);
}

static void begin(struct pol_sha256 *h, const char *kind) {
    pol_sha256_init(h);
    add_text(h, text_of(kind));
}

static struct name end(struct pol_sha256 *h) {
    struct name n;
    pol_sha256_end(h, n.byte);
    return n;
}

static int by_bytes(const void *a, const void *b) {
    return memcmp(a, b, sizeof(struct name));
}

/* A set of names: sorted, so that the order they came in does not count. */
static void add_set(struct pol_sha256 *h, struct name *name, size_t count) {
    if (count)
        qsort(name, count, sizeof *name, by_bytes);
    add_number(h, (ir_int)count);
    for (size_t i = 0; i < count; i++)
        add_name(h, &name[i]);
}

/* ---- schema ---------------------------------------------------------------------------------------------------------
 */

static void add_enum(struct pol_sha256 *h, const struct namer *n, uint32_t index) {
    if (index >= n->policy->enum_count)
        return;
    const struct ir_enum *e = &n->policy->enums[index];
    add_number(h, e->value_count);
    for (uint32_t i = 0; i < e->value_count; i++)
        add_text(h, e->value[i].column);
}

static struct name field_name(const struct namer *n, const struct ir_field *f) {
    struct pol_sha256 h;
    begin(&h, "field");
    add_text(&h, f->column);
    add_number(&h, f->type);
    add_enum(&h, n, f->type == POL_ENUM ? f->enum_index : POL_NONE);
    add_number(&h, f->min);
    add_number(&h, f->max);
    add_number(&h, f->has_default);
    add_number(&h, f->has_default ? f->fallback : 0);
    struct name *alias = arena_array_of(n->arena, struct name, f->alias_count + 1u);
    for (uint32_t i = 0; i < f->alias_count; i++) {
        struct pol_sha256 a;
        begin(&a, "alias");
        add_text(&a, f->alias[i]);
        alias[i] = end(&a);
    }
    add_set(&h, alias, f->alias_count);
    return end(&h);
}

static struct name *field_names(const struct namer *n, const struct ir_field *field, uint32_t count) {
    struct name *name = arena_array_of(n->arena, struct name, count + 1u);
    for (uint32_t i = 0; i < count; i++)
        name[i] = field_name(n, &field[i]);
    return name;
}

static struct name *param_names(const struct namer *n) {
    const struct ir_policy *p = n->policy;
    struct name *name = arena_array_of(n->arena, struct name, p->param_count + 1u);
    for (uint32_t i = 0; i < p->param_count; i++) {
        const struct ir_param *q = &p->param[i];
        struct pol_sha256 h;
        begin(&h, "param");
        add_text(&h, q->column);
        add_number(&h, q->type);
        add_enum(&h, n, q->type == POL_ENUM ? q->enum_index : POL_NONE);
        add_number(&h, q->min);
        add_number(&h, q->max);
        add_number(&h, q->fallback);
        name[i] = end(&h);
    }
    return name;
}

/* ---- functions ------------------------------------------------------------------------------------------------------
 */

static bool commutes(enum ir_op op) {
    return op == IR_ADD || op == IR_MUL || op == IR_MIN || op == IR_MAX || op == IR_EQ || op == IR_AND || op == IR_OR ||
           op == IR_TEXT_EQ;
}

static struct name inst_name(const struct namer *n, const struct ir_inst *inst, const struct name *known) {
    struct pol_sha256 h;
    begin(&h, "inst");
    add_text(&h, text_of(ir_op_name[inst->op]));
    if (inst->op == IR_CONST)
        add_number(&h, inst->imm);
    if (inst->op == IR_LITERAL)
        add_text(&h, inst->text);
    if (inst->op == IR_CLAIM)
        add_name(&h, &n->claim[inst->index]);
    if (inst->op == IR_PROFILE)
        add_name(&h, &n->profile[inst->index]);
    if (inst->op == IR_PARAM)
        add_name(&h, &n->param[inst->index]);
    uint8_t arity = ir_op_arity[inst->op];
    struct name operand[3];
    for (uint8_t i = 0; i < arity; i++)
        operand[i] = known[i == 0 ? inst->a : i == 1 ? inst->b : inst->c];
    if (commutes((enum ir_op)inst->op))
        add_set(&h, operand, arity);
    else
        for (uint8_t i = 0; i < arity; i++)
            add_name(&h, &operand[i]);
    return end(&h);
}

static struct name *inst_names(const struct namer *n, const struct ir_func *func) {
    struct name *name = arena_array_of(n->arena, struct name, func->inst_count + 1u);
    for (ir_ref i = 0; i < func->inst_count; i++)
        name[i] = inst_name(n, &func->inst[i], name);
    return name;
}

static void add_result(struct pol_sha256 *h, const struct name *name, ir_ref ref) {
    add_number(h, ref != IR_NO_REF);
    if (ref != IR_NO_REF)
        add_name(h, &name[ref]);
}

/* A rule's number says nothing to another policy, its reason does. Conditions are asked in turn, so that what stands in
 * between is walked as it is: choices down to a constant. */
static void add_rule(struct pol_sha256 *h, const struct namer *n, const struct ir_func *func, const struct name *name,
                     ir_ref ref) {
    while (ref != IR_NO_REF && func->inst[ref].op == IR_SELECT) {
        const struct ir_inst *inst = &func->inst[ref];
        add_name(h, &name[inst->a]);
        const struct ir_inst *taken = &func->inst[inst->b];
        if (taken->op == IR_CONST) {
            add_number(h, n->policy->rule[taken->imm].reason);
            ref = inst->c;
        } else {
            add_result(h, name, inst->b);
            ref = inst->c;
        }
    }
    if (ref != IR_NO_REF && func->inst[ref].op == IR_CONST)
        add_number(h, n->policy->rule[func->inst[ref].imm].reason);
    else
        add_result(h, name, ref);
}

/* ---- cells and items ------------------------------------------------------------------------------------------------
 */

static struct name key_name(const struct namer *n, const struct pol_key *key) {
    struct pol_sha256 h;
    begin(&h, "key");
    add_number(&h, key->kind);
    if (key->kind == POL_KEY_CLAIM_FIELD)
        add_name(&h, &n->claim[key->field]);
    if (key->kind == POL_KEY_PROFILE_FIELD)
        add_name(&h, &n->profile[key->field]);
    return end(&h);
}

/* By kind, keys and the items that share it: two cells with the same keys are the same cell only where they are used
 * together. */
static struct name cell_name(const struct namer *n, uint32_t index) {
    const struct ir_policy *p = n->policy;
    const struct ir_cell *c = &p->cell[index];
    struct pol_sha256 h;
    begin(&h, "cell");
    add_number(&h, c->kind);
    struct name *key = arena_array_of(n->arena, struct name, c->key_count + 1u);
    for (uint32_t i = 0; i < c->key_count; i++)
        key[i] = key_name(n, &c->key[i]);
    add_set(&h, key, c->key_count);
    return end(&h);
}

static void add_operand(struct pol_sha256 *h, const struct name *name, const struct ir_block *b, struct pol_operand o) {
    add_number(h, o.kind);
    if (o.kind == POL_OPERAND_CONST)
        add_number(h, o.value);
    if (o.kind == POL_OPERAND_AUX)
        add_result(h, name, gen_aux(b, o.aux));
}

static struct name step_name(const struct namer *n, const struct name *name, const struct ir_block *b,
                             const struct pol_step *s) {
    struct pol_sha256 h;
    begin(&h, "step");
    add_number(&h, s->kind);
    if (s->cell != POL_NONE)
        add_name(&h, &n->cell[s->cell]);
    add_operand(&h, name, b, s->max);
    add_operand(&h, name, b, s->condition);
    add_operand(&h, name, b, s->amount);
    add_operand(&h, name, b, s->units);
    add_operand(&h, name, b, s->price);
    return end(&h);
}

static struct name item_name(const struct namer *n, const struct name *name, uint32_t index) {
    const struct ir_item *item = &n->policy->item[index];
    const struct ir_func *func = &n->policy->row;
    const struct ir_block *b = &func->block[index + 1];
    struct pol_sha256 h;
    begin(&h, "item");
    add_text(&h, item->column);
    add_rule(&h, n, func, name, b->rule);
    add_result(&h, name, b->award);
    uint32_t most = item->need_count > item->step_count ? item->need_count : item->step_count;
    struct name *set = arena_array_of(n->arena, struct name, most + 1u);
    for (uint32_t i = 0; i < item->need_count; i++)
        set[i] = n->claim[item->need[i]];
    add_set(&h, set, item->need_count);
    for (uint32_t i = 0; i < item->step_count; i++)
        set[i] = step_name(n, name, b, &item->step[i]);
    add_set(&h, set, item->step_count);
    return end(&h);
}

/* Which items share which cell: for each cell the set of its users. */
static void add_sharing(struct pol_sha256 *h, const struct namer *n, const struct name *item) {
    const struct ir_policy *p = n->policy;
    struct name *cell = arena_array_of(n->arena, struct name, p->cell_count + 1u);
    struct name **user = arena_array_of(n->arena, struct name *, p->cell_count + 1u);
    size_t *count = arena_array_of(n->arena, size_t, p->cell_count + 1u);
    size_t *capacity = arena_array_of(n->arena, size_t, p->cell_count + 1u);
    for (uint32_t i = 0; i < p->item_count; i++)
        for (uint32_t j = 0; j < p->item[i].step_count; j++) {
            uint32_t c = p->item[i].step[j].cell;
            if (c == POL_NONE)
                continue;
            user[c] = arena_grow(n->arena, user[c], count[c], &capacity[c], count[c] + 1, sizeof **user);
            user[c][count[c]++] = item[i];
        }
    for (uint32_t c = 0; c < p->cell_count; c++) {
        struct pol_sha256 each;
        begin(&each, "shared");
        add_name(&each, &n->cell[c]);
        add_set(&each, user[c], count[c]);
        cell[c] = end(&each);
    }
    add_set(h, cell, p->cell_count);
}

/* What a cell counts: its kind and keys, and every step of every item that works on it. Cells that come out equal are
 * charged alike by every claim. */
static struct name cell_digest(const struct namer *n, const struct name *inst, const struct name *item, uint32_t cell) {
    const struct ir_policy *p = n->policy;
    struct name *use = NULL;
    size_t count = 0, capacity = 0;
    for (uint32_t i = 0; i < p->item_count; i++)
        for (uint32_t j = 0; j < p->item[i].step_count; j++) {
            const struct pol_step *s = &p->item[i].step[j];
            if (s->cell != cell)
                continue;
            struct pol_sha256 each;
            begin(&each, "use");
            add_name(&each, &item[i]);
            struct name step = step_name(n, inst, &p->row.block[i + 1], s);
            add_name(&each, &step);
            use = arena_grow(n->arena, use, count, &capacity, count + 1, sizeof *use);
            use[count++] = end(&each);
        }
    struct pol_sha256 h;
    begin(&h, "cell of a policy");
    add_name(&h, &n->cell[cell]);
    add_set(&h, use, count);
    return end(&h);
}

static void add_items(struct pol_sha256 *h, const struct namer *n) {
    const struct ir_policy *p = n->policy;
    struct name *set = arena_array_of(n->arena, struct name, p->item_count + 1u);
    if (p->row.block_count)
        add_rule(h, n, &p->row, n->inst, p->row.block[0].rule);
    for (uint32_t i = 0; i < p->item_count; i++)
        set[i] = n->item[i];
    add_sharing(h, n, n->item);
    add_set(h, set, p->item_count);
}

/* ---- targets and the whole ------------------------------------------------------------------------------------------
 */

static void add_targets(struct pol_sha256 *h, const struct namer *n) {
    const struct ir_policy *p = n->policy;
    struct name *set = arena_array_of(n->arena, struct name, p->target_count + 1u);
    for (uint32_t i = 0; i < p->target_count; i++) {
        const struct ir_target *t = &p->target[i];
        struct pol_sha256 each;
        begin(&each, "target");
        add_text(&each, t->column);
        add_number(&each, t->kind);
        add_number(&each, t->sense);
        add_number(&each, t->type);
        add_number(&each, t->first_year);
        add_number(&each, t->last_year);
        add_number(&each, t->value);
        set[i] = end(&each);
    }
    add_set(h, set, p->target_count);
}

static void add_limit(struct pol_sha256 *h, const struct namer *n) {
    const struct ir_limit *limit = &n->policy->limit;
    struct name *name = inst_names(n, &n->policy->profile_row);
    add_number(h, limit->present);
    add_number(h, limit->present ? limit->carry_years : 0);
    add_result(h, name, limit->excluded);
    add_result(h, name, limit->limited);
    add_result(h, name, limit->amount);
}

static struct namer make_namer(const struct ir_policy *policy, struct arena *arena) {
    struct namer n = {.policy = policy, .arena = arena};
    n.claim = field_names(&n, policy->claim, policy->claim_count);
    n.profile = field_names(&n, policy->profile, policy->profile_count);
    n.param = param_names(&n);
    n.cell = arena_array_of(arena, struct name, policy->cell_count + 1u);
    for (uint32_t i = 0; i < policy->cell_count; i++)
        n.cell[i] = cell_name(&n, i);
    n.inst = inst_names(&n, &policy->row);
    n.item = arena_array_of(arena, struct name, policy->item_count + 1u);
    for (uint32_t i = 0; i < policy->item_count; i++)
        n.item[i] = item_name(&n, n.inst, i);
    return n;
}

static struct name rules_digest(const struct namer *n) {
    const struct ir_policy *p = n->policy;
    struct pol_sha256 h;
    begin(&h, "policy 1");
    add_items(&h, n);
    add_limit(&h, n);
    add_targets(&h, n);
    struct name *set = arena_array_of(n->arena, struct name, p->profile_count + 1u);
    memcpy(set, n->profile, p->profile_count * sizeof *set); /* every claim needs every field of its profile */
    add_set(&h, set, p->profile_count);
    return end(&h);
}

void gen_digests(const struct ir_policy *policy, struct arena *arena, uint8_t rules[POL_DIGEST_SIZE], uint8_t *cells) {
    struct namer n = make_namer(policy, arena);
    struct name digest = rules_digest(&n);
    memcpy(rules, digest.byte, sizeof digest.byte);
    for (uint32_t i = 0; i < policy->cell_count; i++) {
        digest = cell_digest(&n, n.inst, n.item, i);
        memcpy(cells + (size_t)i * POL_DIGEST_SIZE, digest.byte, sizeof digest.byte);
    }
}
