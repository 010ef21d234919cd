/* gen_div.c - exact division without the divisions that are slow, cannot be vectorised or need a library.
 *
 * Division rounds towards minus infinity. A negative a goes through its complement: floor (a / d) = ~((~a) / d), so
 * that only division of numbers >= 0 remains. By a constant it is a multiplication by its scaled inverse: with m =
 * floor (2^s / d) + 1 and e = m * d - 2^s, (a * m) >> s is exact for every a with e * a < 2^s. */
#include <assert.h>

#include "codegen/gen_emit.h"

/* a >= 0 above this is left to the scalar kernel: its inverse would need more than 64 bits. */
#define VECTOR_LIMIT ((ir_int)1 << 62)
#define WORD         ((gen_uint)1 << 32)

struct inverse {
    gen_uint m;
    unsigned shift;
};

/* For 0 <= a <= hi < 2^63 and an odd d > 2. */
static struct inverse inverse_of(gen_uint hi, gen_uint d) {
    for (unsigned s = 1; s < 127; s++) {
        gen_uint power = (gen_uint)1 << s, m = power / d + 1, e = m * d - power;
        if (e * hi < power)
            return (struct inverse){m, s};
    }
    assert(!"s = 63 + the bits of d is enough");
    return (struct inverse){0, 0};
}

/* Every value is >= 0. */
static bool constant_in_vector(ir_int hi, ir_int d) {
    return hi < VECTOR_LIMIT && d < VECTOR_LIMIT;
}

bool gen_div_in_vector(ir_int lo, ir_int hi, ir_int divisor_lo, ir_int divisor_hi) {
    ir_int size = hi > -1 - lo ? hi : -1 - lo;
    /* rounding adds half of the divisor */
    return divisor_lo == divisor_hi && constant_in_vector(size, divisor_lo) && size + divisor_lo / 2 < VECTOR_LIMIT;
}

static LLVMValueRef right(const struct gen_row *r, LLVMValueRef v, unsigned width, unsigned bits) {
    return bits ? LLVMBuildLShr(r->gen->builder, v, gen_splat(r, width, bits), "") : v;
}

static LLVMValueRef low_word(const struct gen_row *r, LLVMValueRef v) {
    return LLVMBuildAnd(r->gen->builder, v, gen_splat(r, 64, WORD - 1), "");
}

/* (a * m) >> shift in 64-bit lanes, out of products of 32-bit halves, where the product needs more than 64 bits. */
static LLVMValueRef high_by_halves(const struct gen_row *r, LLVMValueRef a, gen_uint hi, struct inverse k) {
    LLVMBuilderRef b = r->gen->builder;
    bool short_form = k.shift >= 32 && k.m < ((gen_uint)1 << 64) / ((hi >> 32) + 1);
    if (!short_form && k.shift < 64) {
        k.m <<= 64 - k.shift;
        k.shift = 64;
    }
    LLVMValueRef m0 = gen_splat(r, 64, k.m % WORD), m1 = gen_splat(r, 64, k.m / WORD);
    LLVMValueRef a0 = low_word(r, a), a1 = right(r, a, 64, 32);
    LLVMValueRef low = right(r, LLVMBuildMul(b, a0, m0, ""), 64, 32);
    LLVMValueRef mid = LLVMBuildAdd(b, LLVMBuildMul(b, a1, m0, ""), low, "");
    LLVMValueRef cross = LLVMBuildMul(b, a0, m1, ""), high = LLVMBuildMul(b, a1, m1, "");
    if (short_form) { /* a * m < 2^96: all but the low word fits 64 bits */
        LLVMValueRef sum = LLVMBuildAdd(b, mid, cross, "");
        sum = LLVMBuildAdd(b, sum, LLVMBuildShl(b, high, gen_splat(r, 64, 32), ""), "");
        return right(r, sum, 64, k.shift - 32);
    }
    cross = LLVMBuildAdd(b, cross, low_word(r, mid), "");
    high = LLVMBuildAdd(b, high, right(r, mid, 64, 32), "");
    high = LLVMBuildAdd(b, high, right(r, cross, 64, 32), "");
    return right(r, high, 64, k.shift - 64);
}

/* a / d for 0 <= a < 2^63, d odd. */
static struct num by_inverse(const struct gen_row *r, struct num a, ir_int d) {
    LLVMBuilderRef b = r->gen->builder;
    struct inverse k = inverse_of((gen_uint)a.hi, (gen_uint)d);
    gen_uint top = k.m * (gen_uint)a.hi; /* < 2^127 */
    struct num q = {.lo = a.lo / d, .hi = a.hi / d};
    if (top < (gen_uint)1 << 64) {
        q.width = top < WORD && k.m < WORD ? 32 : 64;
        LLVMValueRef product = LLVMBuildMul(b, gen_convert(r, a, q.width), gen_splat(r, q.width, k.m), "");
        q.value = right(r, product, q.width, k.shift);
    } else if (r->lanes == 1) {
        LLVMValueRef product = LLVMBuildMul(b, gen_convert(r, a, 128), gen_splat(r, 128, k.m), "");
        q.value = right(r, product, 128, k.shift);
        q.width = 128;
    } else {
        q.value = high_by_halves(r, gen_convert(r, a, 64), (gen_uint)a.hi, k);
        q.width = 64;
    }
    return gen_narrow(r, q, q.lo, q.hi);
}

/* ---- 128 bits, one row at a time ------------------------------------------------------------------------------------
 */

/* One step of the division below: (rest, quotient) << 1, minus d where it goes. */
static void divide_step(struct gen *g, LLVMValueRef d, LLVMValueRef phi[2], LLVMValueRef next[2]) {
    LLVMBuilderRef b = g->builder;
    LLVMTypeRef wide = emit_int(g, 128);
    LLVMValueRef one = LLVMConstInt(wide, 1, 0);
    LLVMValueRef top = LLVMBuildLShr(b, phi[1], LLVMConstInt(wide, 127, 0), "");
    LLVMValueRef rest = LLVMBuildOr(b, LLVMBuildShl(b, phi[0], one, ""), top, "");
    LLVMValueRef goes = LLVMBuildICmp(b, LLVMIntUGE, rest, d, "");
    next[0] = LLVMBuildSelect(b, goes, LLVMBuildSub(b, rest, d, ""), rest, "");
    next[1] = LLVMBuildOr(b, LLVMBuildShl(b, phi[1], one, ""), LLVMBuildZExt(b, goes, wide, ""), "");
}

/* The loop over 128 bits: phi[0] is the rest, phi[1] what is left of a with the quotient behind it. */
static void divide_long(struct gen *g, LLVMValueRef function) {
    LLVMBuilderRef b = g->builder;
    LLVMTypeRef wide = emit_int(g, 128);
    LLVMBasicBlockRef from = LLVMGetInsertBlock(b), loop = emit_block(g, function, "bit"),
                      done = emit_block(g, function, "done");
    LLVMBuildBr(b, loop);
    emit_at(g, loop);
    LLVMValueRef count = emit_phi(g, emit_int(g, 32), emit_i32(g, 128), from), next[2];
    LLVMValueRef phi[2] = {emit_phi(g, wide, LLVMConstNull(wide), from),
                           emit_phi(g, wide, LLVMGetParam(function, 0), from)};
    divide_step(g, LLVMGetParam(function, 1), phi, next);
    LLVMValueRef left = LLVMBuildSub(b, count, emit_i32(g, 1), "");
    emit_incoming(count, left, loop);
    emit_incoming(phi[0], next[0], loop);
    emit_incoming(phi[1], next[1], loop);
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntEQ, left, emit_i32(g, 0), ""), done, loop);
    emit_at(g, done);
    LLVMBuildRet(b, next[1]);
}

/* The function (a, d) -> a / d over unsigned 128 bits, d > 0: one machine division where both fit 64 bits. */
static LLVMValueRef divide_function(struct gen *g, LLVMTypeRef type) {
    if (g->divide)
        return g->divide;
    LLVMBuilderRef b = g->builder;
    LLVMBasicBlockRef caller = LLVMGetInsertBlock(b);
    LLVMTypeRef wide = emit_int(g, 128), word = emit_int(g, 64);
    LLVMValueRef function = gen_function(g, "divide", type);
    LLVMBasicBlockRef small = emit_block(g, function, "small"), large = emit_block(g, function, "large");
    LLVMValueRef a = LLVMGetParam(function, 0), d = LLVMGetParam(function, 1);
    LLVMValueRef top = LLVMBuildLShr(b, LLVMBuildOr(b, a, d, ""), LLVMConstInt(wide, 64, 0), "");
    LLVMBuildCondBr(b, LLVMBuildICmp(b, LLVMIntEQ, top, LLVMConstNull(wide), ""), small, large);
    emit_at(g, small);
    LLVMValueRef q = LLVMBuildUDiv(b, LLVMBuildTrunc(b, a, word, ""), LLVMBuildTrunc(b, d, word, ""), "");
    LLVMBuildRet(b, LLVMBuildZExt(b, q, wide, ""));
    emit_at(g, large);
    divide_long(g, function);
    emit_at(g, caller);
    return g->divide = function;
}

static LLVMValueRef divide_call(const struct gen_row *r, LLVMValueRef a, LLVMValueRef d) {
    struct gen *g = r->gen;
    LLVMTypeRef wide = emit_int(g, 128), params[2] = {wide, wide}, type = LLVMFunctionType(wide, params, 2, 0);
    LLVMValueRef args[2] = {a, d};
    return LLVMBuildCall2(g->builder, type, divide_function(g, type), args, 2, "");
}

/* Long division in digits of 32 bits: each step divides 64 bits by a constant below 2^32. */
static LLVMValueRef divide_by_digits(const struct gen_row *r, struct num a, ir_int d) {
    LLVMBuilderRef b = r->gen->builder;
    LLVMTypeRef word = emit_int(r->gen, 64), wide = emit_int(r->gen, 128);
    LLVMValueRef value = gen_convert(r, a, 128), divisor = gen_splat(r, 64, (gen_uint)d);
    LLVMValueRef rest = LLVMConstNull(word), quotient = LLVMConstNull(wide);
    for (int digit = (gen_uint)a.hi >= WORD * WORD * WORD ? 3 : 2; digit >= 0; digit--) {
        unsigned shift = 32 * (unsigned)digit;
        LLVMValueRef part = LLVMBuildTrunc(b, right(r, value, 128, shift), word, "");
        LLVMValueRef top = LLVMBuildShl(b, rest, gen_splat(r, 64, 32), "");
        LLVMValueRef step = LLVMBuildOr(b, top, low_word(r, part), "");
        LLVMValueRef q = LLVMBuildUDiv(b, step, divisor, "");
        rest = LLVMBuildSub(b, step, LLVMBuildMul(b, q, divisor, ""), "");
        LLVMValueRef placed = LLVMBuildShl(b, LLVMBuildZExt(b, q, wide, ""), gen_splat(r, 128, shift), "");
        quotient = LLVMBuildOr(b, quotient, placed, "");
    }
    return quotient;
}

/* ---- the two kinds of divisor ---------------------------------------------------------------------------------------
 */

static struct num by_constant(const struct gen_row *r, struct num a, ir_int d) {
    struct num q = {.lo = a.lo / d, .hi = a.hi / d};
    if (q.hi == 0)
        return gen_const(r, 0);
    unsigned twos = 0;
    for (; d % 2 == 0; d /= 2)
        twos++;
    if (twos) {
        a.value = right(r, a.value, a.width, twos);
        a = gen_narrow(r, a, a.lo >> twos, a.hi >> twos);
    }
    if (d == 1)
        return a;
    if (a.hi < (ir_int)1 << 63)
        return by_inverse(r, a, d);
    assert(r->lanes == 1);
    q.width = 128;
    q.value = (gen_uint)d < WORD ? divide_by_digits(r, a, d)
                                 : divide_call(r, gen_convert(r, a, 128), gen_splat(r, 128, (gen_uint)d));
    return gen_narrow(r, q, q.lo, q.hi);
}

/* The divisor is made 1 where it is 0: a value that is thrown away must not stop the program. */
static struct num by_variable(const struct gen_row *r, struct num a, struct num d) {
    LLVMBuilderRef b = r->gen->builder;
    assert(r->lanes == 1);
    struct num q = {.lo = a.lo / d.hi, .hi = a.hi / d.lo};
    q.width = gen_width(r, 0, a.hi > d.hi ? a.hi : d.hi);
    LLVMValueRef divisor = gen_convert(r, d, q.width), zero = gen_splat(r, q.width, 0);
    divisor = LLVMBuildSelect(b, LLVMBuildICmp(b, LLVMIntEQ, divisor, zero, ""), gen_splat(r, q.width, 1), divisor, "");
    LLVMValueRef top = gen_convert(r, a, q.width);
    q.value = q.width == 128 ? divide_call(r, top, divisor) : LLVMBuildUDiv(b, top, divisor, "");
    return gen_narrow(r, q, q.lo, q.hi);
}

static struct num divide(const struct gen_row *r, struct num a, struct num d) {
    return d.lo == d.hi ? by_constant(r, a, d.lo) : by_variable(r, a, d);
}

/* v ^ sign in the width of v. */
static LLVMValueRef flip(const struct gen_row *r, LLVMValueRef v, LLVMValueRef negative, unsigned width) {
    LLVMBuilderRef b = r->gen->builder;
    return LLVMBuildXor(b, v, LLVMBuildSExt(b, negative, gen_type(r, width), ""), "");
}

struct num gen_floordiv(const struct gen_row *r, struct num a, struct num d) {
    assert(d.lo > 0);
    if (a.lo >= 0)
        return divide(r, a, d);
    LLVMValueRef zero = gen_splat(r, a.width, 0);
    LLVMValueRef negative = LLVMBuildICmp(r->gen->builder, LLVMIntSLT, a.value, zero, "");
    struct num size = {.width = a.width, .lo = 0, .hi = a.hi > -1 - a.lo ? a.hi : -1 - a.lo};
    size.value = flip(r, a.value, negative, a.width);
    struct num q = divide(r, size, d);
    ir_int below = -1 - a.lo, lo = -1 - below / d.lo, hi = a.hi < 0 ? -1 : a.hi / d.lo;
    unsigned width = gen_width(r, lo, q.hi);
    struct num back = {.width = width, .lo = lo, .hi = q.hi > hi ? q.hi : hi};
    back.value = flip(r, gen_convert(r, q, width), negative, width);
    return gen_narrow(r, back, lo, hi);
}

/* floor (a / d + 1/2) = floor ((a + floor (d / 2)) / d), for odd d too: the half that is lost cannot reach the next
 * multiple of d. */
struct num gen_rounddiv(const struct gen_row *r, struct num a, struct num d) {
    struct num half = {.lo = d.lo / 2, .hi = d.hi / 2, .width = d.width};
    if (d.lo == d.hi)
        half = gen_const(r, d.lo / 2);
    else
        half.value = right(r, d.value, d.width, 1);
    return gen_floordiv(r, gen_add(r, a, half), d);
}
