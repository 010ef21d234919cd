/* gen_codes.c - which results become numbers of constants, and their code. */
#include "codegen/gen_codes.h"

#include <assert.h>
#include <string.h>

#include "codegen/gen_emit.h"

enum {
    CODES = 64,  /* with 0 */
    LEAST = 6,   /* choices that must be saved: looking up costs as much as some */
    NARROW = 255 /* what fits 8 bits needs no code */
};

/* Constants in one register, by which 32-bit words are looked up. */
static unsigned table_size(const struct gen_row *r) {
    return r->lanes >= GEN_WIDE_LANES ? 16 : 8;
}

static bool looks_up(const struct gen_row *r) {
    const struct gen *g = r->gen;
    uint32_t level = g->target->level > g->plan->least ? g->target->level : g->plan->least;
    return r->lanes == GEN_WIDE_LANES || (r->lanes == 16 && level >= 3);
}

/* ---- plan -----------------------------------------------------------------------------------------------------------
 */

/* Marks what the result is chosen among; gives the number of choices, 0: it is not chosen among constants alone. */
static uint32_t mark_parts(struct gen_codes *c, ir_ref result, ir_int *largest) {
    uint32_t choices = 1; /* by item */
    memset(c->part, 0, ((size_t)result + 1) * sizeof *c->part);
    c->part[result] = true;
    *largest = 0;
    for (ir_ref i = result + 1; i-- > 0;) {
        const struct ir_inst *inst = &c->func->inst[i];
        if (!c->part[i])
            continue;
        if (inst->op == IR_SELECT && inst->type == IR_INT) {
            c->part[inst->b] = c->part[inst->c] = true;
            choices++;
        } else if (inst->op != IR_CONST || inst->type != IR_INT || inst->imm < 0 || inst->imm > UINT32_MAX) {
            return 0;
        } else if (inst->imm > *largest) {
            *largest = inst->imm;
        }
    }
    return choices;
}

static uint32_t code_of(const struct gen_codes *c, ir_int value) {
    uint32_t code = 0;
    while (code < c->count && c->value[code] != value)
        code++;
    return code;
}

/* Numbers the constants of the result that is marked. False: there are too many. */
static bool number_constants(struct gen_codes *c, ir_ref result) {
    uint32_t before = c->count;
    for (ir_ref i = 0; i <= result; i++) {
        if (!c->part[i] || c->func->inst[i].op != IR_CONST)
            continue;
        uint32_t code = code_of(c, c->func->inst[i].imm);
        if (code == CODES) {
            c->count = before;
            return false;
        }
        c->value[code] = c->func->inst[i].imm;
        c->count += code == c->count;
    }
    return true;
}

/* Choices that are saved when item's result is a code. */
static uint32_t add_item(struct gen_codes *c, uint32_t item) {
    ir_ref result = c->result[item];
    ir_int largest;
    if (result == IR_NO_REF)
        return 0;
    uint32_t choices = mark_parts(c, result, &largest), before = c->count;
    c->item[item] = choices && largest > NARROW && number_constants(c, result);
    if (!c->item[item])
        return 0;
    /* equal constants of several items are chosen once */
    return c->func->inst[result].op == IR_CONST ? c->count - before : choices;
}

static void want(struct gen_codes *c, ir_ref result, bool *wanted) {
    ir_int largest;
    mark_parts(c, result, &largest);
    for (ir_ref i = 0; i <= result; i++)
        if (c->part[i] && c->func->inst[i].op == IR_SELECT)
            wanted[c->func->inst[i].a] = true;
}

struct gen_codes gen_codes_plan(const struct gen_row *r, ir_ref *result, bool *wanted) {
    struct gen *g = r->gen;
    uint32_t items = g->policy->item_count, saved = 0;
    struct gen_codes c = {.func = r->func, .result = result, .count = 1};
    c.item = arena_array_of(g->arena, bool, items + 1);
    c.value = arena_array_of(g->arena, ir_int, CODES + 1);
    c.code = arena_array_of(g->arena, LLVMValueRef, r->func->inst_count + 1);
    c.part = arena_array_of(g->arena, bool, r->func->inst_count + 1);
    for (uint32_t k = 0; k < items && looks_up(r); k++)
        if (!g->slow[k])
            saved += add_item(&c, k);
    if (saved < LEAST) {
        memset(c.item, 0, items * sizeof *c.item);
        c.count = 1;
    }
    for (uint32_t k = 0; k < items; k++)
        if (c.item[k])
            want(&c, result[k], wanted);
    return c;
}

/* ---- code -----------------------------------------------------------------------------------------------------------
 */

static LLVMValueRef code_value(const struct gen_row *r, const struct gen_codes *c, const struct ir_inst *inst) {
    if (inst->op == IR_CONST)
        return gen_stored(r, gen_splat(r, 8, code_of(c, inst->imm)));
    LLVMValueRef condition = gen_bit(r, r->value[inst->a]);
    return LLVMBuildSelect(r->gen->builder, condition, c->code[inst->b], c->code[inst->c], "");
}

struct num gen_codes_item(const struct gen_row *r, struct gen_codes *c, uint32_t item) {
    ir_ref result = c->result[item];
    ir_int largest;
    mark_parts(c, result, &largest);
    for (ir_ref i = 0; i <= result; i++)
        if (c->part[i] && !c->code[i])
            c->code[i] = code_value(r, c, &c->func->inst[i]);
    return (struct num){c->code[result], 8, 0, c->count - 1};
}

/* `size` lanes of a vector from the first on. */
static LLVMValueRef lanes_from(const struct gen_row *r, LLVMValueRef vector, unsigned first, unsigned size) {
    LLVMValueRef index[64];
    for (unsigned i = 0; i < size; i++)
        index[i] = emit_i32(r->gen, first + i);
    LLVMValueRef none = LLVMGetPoison(LLVMTypeOf(vector));
    return LLVMBuildShuffleVector(r->gen->builder, vector, none, LLVMConstVector(index, size), "");
}

static LLVMValueRef join(const struct gen_row *r, LLVMValueRef a, LLVMValueRef b) {
    LLVMValueRef index[64];
    for (unsigned i = 0; i < r->lanes; i++)
        index[i] = emit_i32(r->gen, i);
    return LLVMBuildShuffleVector(r->gen->builder, a, b, LLVMConstVector(index, r->lanes), "");
}

static LLVMValueRef words(const struct gen_row *r, uint32_t first, const struct gen_codes *c) {
    LLVMValueRef word[16];
    unsigned size = table_size(r);
    for (unsigned i = 0; i < size; i++)
        word[i] = emit_i32(r->gen, first + i < c->count ? (uint32_t)c->value[first + i] : 0);
    return LLVMConstVector(word, size);
}

/* Looks up codes [first, ...) of one or, where two registers can be looked up at once, two tables; the instructions
 * ignore the upper bits of an index. */
static LLVMValueRef look_up(const struct gen_row *r, const struct gen_codes *c, LLVMValueRef index, uint32_t first) {
    unsigned size = table_size(r);
    LLVMValueRef table = words(r, first, c);
    if (size == 8)
        return gen_intrinsic(r->gen, "llvm.x86.avx2.permd", NULL, (LLVMValueRef[]){table, index}, 2);
    if (c->count <= first + size)
        return gen_intrinsic(r->gen, "llvm.x86.avx512.permvar.si.512", NULL, (LLVMValueRef[]){table, index}, 2);
    LLVMValueRef next = words(r, first + size, c);
    return gen_intrinsic(r->gen, "llvm.x86.avx512.vpermi2var.d.512", NULL, (LLVMValueRef[]){table, index, next}, 3);
}

/* The lanes [first, first + table_size) of `code`. */
static LLVMValueRef part_values(const struct gen_row *r, const struct gen_codes *c, LLVMValueRef code, unsigned first) {
    LLVMBuilderRef b = r->gen->builder;
    unsigned size = table_size(r), step = size == 8 ? 8 : 32;
    LLVMTypeRef type = LLVMVectorType(emit_int(r->gen, 32), size);
    LLVMValueRef index = LLVMBuildZExt(b, lanes_from(r, code, first, size), type, "");
    LLVMValueRef value = look_up(r, c, index, 0);
    for (uint32_t from = step; from < c->count; from += step) {
        LLVMValueRef bound[16];
        for (unsigned i = 0; i < size; i++)
            bound[i] = emit_i32(r->gen, from - 1);
        LLVMValueRef beyond = LLVMBuildICmp(b, LLVMIntSGT, index, LLVMConstVector(bound, size), "");
        value = LLVMBuildSelect(b, beyond, look_up(r, c, index, from), value, "");
    }
    return value;
}

struct num gen_codes_values(const struct gen_row *r, const struct gen_codes *c, LLVMValueRef code) {
    unsigned size = table_size(r);
    assert(r->lanes == 2 * size);
    struct num n = {.width = 32, .lo = 0};
    n.value = join(r, part_values(r, c, code, 0), part_values(r, c, code, size));
    for (uint32_t i = 0; i < c->count; i++)
        n.hi = c->value[i] > n.hi ? c->value[i] : n.hi;
    return n;
}
