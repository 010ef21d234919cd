/* gen_num.c - arithmetic on numbers with intervals. Operands are cut or extended to the width that the result needs:
 * sums, differences and products are exact modulo that width, so that cutting loses nothing. */
#include <assert.h>

#include "codegen/gen_emit.h"

enum { WIDEST = 128, KEPT = 32 };

static unsigned register_bytes(const struct gen_row *r) {
    return r->lanes >= GEN_WIDE_LANES ? 64 : 32;
}

static LLVMTypeRef lanes_of(const struct gen_row *r, LLVMTypeRef scalar) {
    return r->lanes == 1 ? scalar : LLVMVectorType(scalar, r->lanes);
}

LLVMTypeRef gen_type(const struct gen_row *r, unsigned width) {
    return lanes_of(r, emit_int(r->gen, width));
}

static bool fits_signed(ir_int lo, ir_int hi, unsigned width) {
    if (width >= WIDEST)
        return true;
    ir_int end = (ir_int)1 << (width - 1);
    return lo >= -end && hi < end;
}

static bool fits(ir_int lo, ir_int hi, unsigned width) {
    if (width >= WIDEST)
        return true;
    return lo >= 0 ? hi < (ir_int)1 << width : fits_signed(lo, hi, width);
}

unsigned gen_width(const struct gen_row *r, ir_int lo, ir_int hi) {
    unsigned width = r->narrowest;
    while (!fits(lo, hi, width))
        width *= 2;
    return width;
}

LLVMValueRef gen_spread(const struct gen_row *r, LLVMValueRef scalar) {
    if (r->lanes == 1)
        return scalar;
    const struct gen *g = r->gen;
    LLVMTypeRef vector = LLVMVectorType(LLVMTypeOf(scalar), r->lanes);
    LLVMValueRef undefined = LLVMGetPoison(vector);
    LLVMValueRef first = LLVMBuildInsertElement(g->builder, undefined, scalar, emit_i32(g, 0), "");
    LLVMValueRef mask = LLVMConstNull(LLVMVectorType(emit_int(g, 32), r->lanes));
    return LLVMBuildShuffleVector(g->builder, first, undefined, mask, "");
}

LLVMValueRef gen_splat(const struct gen_row *r, unsigned width, gen_uint bits) {
    uint64_t words[2] = {(uint64_t)bits, (uint64_t)(bits >> 64)};
    LLVMValueRef scalar = LLVMConstIntOfArbitraryPrecision(emit_int(r->gen, width), width > 64 ? 2 : 1, words);
    if (r->lanes == 1)
        return scalar;
    LLVMValueRef element[64];
    assert(r->lanes <= 64);
    for (unsigned i = 0; i < r->lanes; i++)
        element[i] = scalar;
    return LLVMConstVector(element, r->lanes);
}

/* The constant in memory, as wide as a register. */
static LLVMValueRef stored_global(const struct gen_row *r, LLVMValueRef constant, unsigned lanes) {
    const struct gen *g = r->gen;
    LLVMValueRef element[64];
    assert(lanes <= 64);
    for (unsigned i = 0; i < lanes; i++)
        element[i] = LLVMGetAggregateElement(constant, i);
    LLVMValueRef value = LLVMConstVector(element, lanes), global = LLVMAddGlobal(g->module, LLVMTypeOf(value), "");
    LLVMSetInitializer(global, value);
    LLVMSetLinkage(global, LLVMPrivateLinkage);
    LLVMSetGlobalConstant(global, 1);
    LLVMSetUnnamedAddress(global, LLVMGlobalUnnamedAddr);
    return global;
}

/* What is longer than a register repeats. */
static LLVMValueRef repeated(const struct gen_row *r, LLVMValueRef part, unsigned lanes) {
    LLVMValueRef index[64];
    assert(r->lanes <= 64);
    for (unsigned i = 0; i < r->lanes; i++)
        index[i] = emit_i32(r->gen, i % lanes);
    LLVMValueRef none = LLVMGetPoison(LLVMTypeOf(part)), order = LLVMConstVector(index, r->lanes);
    return LLVMBuildShuffleVector(r->gen->builder, part, none, order, "");
}

LLVMValueRef gen_stored(const struct gen_row *r, LLVMValueRef constant) {
    const struct gen *g = r->gen;
    struct gen_constants *known = r->constants;
    if (r->lanes == 1 || LLVMIsNull(constant))
        return constant;
    for (size_t i = 0; i < known->count; i++)
        if (known->list[i].constant == constant)
            return known->list[i].loaded;
    unsigned bytes = LLVMGetIntTypeWidth(LLVMGetElementType(LLVMTypeOf(constant))) / 8, lanes = r->lanes;
    unsigned most = register_bytes(r);
    if (bytes * lanes > most)
        lanes = most / bytes;
    LLVMValueRef global = stored_global(r, constant, lanes);
    LLVMSetAlignment(global, bytes * lanes);
    LLVMTypeRef type = LLVMVectorType(emit_int(g, 8 * bytes), lanes);
    LLVMValueRef loaded = emit_load(g, type, global, bytes * lanes);
    if (lanes < r->lanes)
        loaded = repeated(r, loaded, lanes);
    known->list =
        arena_grow(g->arena, known->list, known->count, &known->capacity, known->count + 1, sizeof *known->list);
    known->list[known->count++] = (struct gen_stored){constant, loaded};
    return loaded;
}

/* One side of a comparison or choice. Where one instruction takes a single number for all lanes, it stays one. */
static LLVMValueRef side(const struct gen_row *r, struct num n, unsigned width) {
    LLVMValueRef value = gen_convert(r, n, width);
    bool broadcasts = r->lanes >= GEN_WIDE_LANES && width >= 32;
    return n.lo == n.hi && n.lo != -1 && !broadcasts ? gen_stored(r, value) : value;
}

struct num gen_const(const struct gen_row *r, ir_int value) {
    unsigned width = gen_width(r, value, value);
    return (struct num){gen_splat(r, width, (gen_uint)value), width, value, value};
}

struct num gen_bool(LLVMValueRef bit) {
    return (struct num){bit, 1, 0, 1};
}

LLVMValueRef gen_convert(const struct gen_row *r, struct num n, unsigned width) {
    LLVMBuilderRef b = r->gen->builder;
    assert(n.width != 0);
    if (n.width == width)
        return n.value;
    if (n.lo == n.hi)
        return gen_splat(r, width, (gen_uint)n.lo);
    if (n.width > width)
        return LLVMBuildTrunc(b, n.value, gen_type(r, width), "");
    return n.lo < 0 ? LLVMBuildSExt(b, n.value, gen_type(r, width), "")
                    : LLVMBuildZExt(b, n.value, gen_type(r, width), "");
}

/* Packing 32 bits into fewer costs more than it saves; only what is narrow from the start stays narrower. */
static unsigned kept(struct num n, unsigned width) {
    unsigned own = n.width < KEPT ? n.width : KEPT;
    return n.lo == n.hi || own < width ? width : own;
}

/* The width for a result in [lo, hi] of a and b. */
static unsigned result_width(const struct gen_row *r, ir_int lo, ir_int hi, struct num a, struct num b) {
    unsigned width = gen_width(r, lo, hi), of_a = kept(a, width), of_b = kept(b, width);
    return of_a > of_b ? of_a : of_b;
}

struct num gen_narrow(const struct gen_row *r, struct num n, ir_int lo, ir_int hi) {
    if (n.width == 1)
        return n;
    unsigned width = kept(n, gen_width(r, lo, hi));
    return (struct num){gen_convert(r, n, width), width, lo, hi};
}

LLVMValueRef gen_bit(const struct gen_row *r, struct num n) {
    if (n.width == 1)
        return n.value;
    return LLVMBuildICmp(r->gen->builder, LLVMIntNE, n.value, LLVMConstNull(gen_type(r, n.width)), "");
}

static ir_int smaller(ir_int a, ir_int b) {
    return a < b ? a : b;
}

static ir_int larger(ir_int a, ir_int b) {
    return a > b ? a : b;
}

struct num gen_add(const struct gen_row *r, struct num a, struct num b) {
    struct num n = {.lo = a.lo + b.lo, .hi = a.hi + b.hi};
    n.width = result_width(r, n.lo, n.hi, a, b);
    n.value = LLVMBuildAdd(r->gen->builder, gen_convert(r, a, n.width), gen_convert(r, b, n.width), "");
    return n;
}

struct num gen_sub(const struct gen_row *r, struct num a, struct num b) {
    struct num n = {.lo = a.lo - b.hi, .hi = a.hi - b.lo};
    n.width = result_width(r, n.lo, n.hi, a, b);
    n.value = LLVMBuildSub(r->gen->builder, gen_convert(r, a, n.width), gen_convert(r, b, n.width), "");
    return n;
}

struct num gen_mul(const struct gen_row *r, struct num a, struct num b) {
    ir_int corner[4] = {a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi};
    struct num n = {.lo = corner[0], .hi = corner[0]};
    for (int i = 1; i < 4; i++) {
        n.lo = smaller(n.lo, corner[i]);
        n.hi = larger(n.hi, corner[i]);
    }
    n.width = result_width(r, n.lo, n.hi, a, b);
    n.value = LLVMBuildMul(r->gen->builder, gen_convert(r, a, n.width), gen_convert(r, b, n.width), "");
    return n;
}

/* Makes a <= b, with a constant on one side, a < b of the next constant: there is an instruction for "less" alone. */
static bool as_less(const struct gen_row *r, struct num *a, struct num *b, unsigned width, bool is_signed) {
    struct num *constant = b->lo == b->hi ? b : a;
    ir_int next = constant == b ? b->lo + 1 : a->lo - 1;
    bool there = is_signed ? fits_signed(next, next, width) : next >= 0 && fits(next, next, width);
    if (r->lanes == 1 || constant->lo != constant->hi || !there)
        return false;
    *constant = (struct num){gen_splat(r, width, (gen_uint)next), width, next, next};
    return true;
}

/* The condition for a (op) b in a width that holds both; signed wherever that is right, since it costs less. */
static LLVMValueRef condition(const struct gen_row *r, enum ir_op op, struct num a, struct num b) {
    ir_int lo = smaller(a.lo, b.lo), hi = larger(a.hi, b.hi);
    unsigned width = result_width(r, lo, hi, a, b);
    bool is_signed = fits_signed(lo, hi, width);
    if (op == IR_LE && as_less(r, &a, &b, width, is_signed))
        op = IR_LT;
    LLVMIntPredicate less = is_signed ? LLVMIntSLT : LLVMIntULT, at_most = is_signed ? LLVMIntSLE : LLVMIntULE;
    LLVMIntPredicate predicate = op == IR_EQ ? LLVMIntEQ : op == IR_LT ? less : at_most;
    return LLVMBuildICmp(r->gen->builder, predicate, side(r, a, width), side(r, b, width), "");
}

struct num gen_compare(const struct gen_row *r, enum ir_op op, struct num a, struct num b) {
    return gen_bool(condition(r, op, a, b));
}

/* `take_a` over [lo, hi]. The choice is made in a width that holds both and cut then: a value that is cut before it was
 * compared is compared wrongly. */
static struct num choose(const struct gen_row *r, LLVMValueRef take_a, struct num a, struct num b, ir_int lo,
                         ir_int hi) {
    unsigned width = result_width(r, smaller(a.lo, b.lo), larger(a.hi, b.hi), a, b);
    LLVMValueRef value = LLVMBuildSelect(r->gen->builder, take_a, side(r, a, width), side(r, b, width), "");
    struct num both = {value, width, smaller(a.lo, b.lo), larger(a.hi, b.hi)};
    return gen_narrow(r, both, lo, hi);
}

struct num gen_min(const struct gen_row *r, struct num a, struct num b) {
    return choose(r, condition(r, IR_LT, a, b), a, b, smaller(a.lo, b.lo), smaller(a.hi, b.hi));
}

struct num gen_max(const struct gen_row *r, struct num a, struct num b) {
    return choose(r, condition(r, IR_LT, b, a), a, b, larger(a.lo, b.lo), larger(a.hi, b.hi));
}

struct num gen_select(const struct gen_row *r, struct num c, struct num a, struct num b) {
    LLVMValueRef bit = gen_bit(r, c);
    if (a.width == 1 && b.width == 1)
        return gen_bool(LLVMBuildSelect(r->gen->builder, bit, a.value, b.value, ""));
    return choose(r, bit, a, b, smaller(a.lo, b.lo), larger(a.hi, b.hi));
}
