/* gen.h - state of code generation, shared by the files of this folder and by nobody else.
 *
 * Numbers. Every value travels with the interval it has when the cells it is computed from are in their ranges, and is
 * held in the narrowest of 8, 16, 32, 64 and 128 bits for that interval: as an unsigned number where the interval has
 * no negative value, as a signed one otherwise. Cells that a row does not need hold anything, so that a value may be
 * out of its interval; its arithmetic wraps and its result is thrown away. Therefore no instruction with undefined
 * behaviour is emitted: no nsw, nuw or inbounds, no division by what could be zero, no shift by a variable.
 *
 * Lanes. The same emitter writes code for one row (lanes == 1) and for a vector of rows.
 */
#ifndef POL_GEN_H
#define POL_GEN_H

#include <llvm-c/Core.h>

#include "ir/ir.h"

__extension__ typedef unsigned __int128 gen_uint;

/* A processor that functions are written for. */
struct gen_target {
    const char *cpu, *features;
    const char *suffix; /* of the functions' names */
    uint32_t level;     /* struct pol_kernels.level */
    unsigned lanes;     /* of the vector loop */
};
enum { GEN_WIDE_LANES = 32 }; /* with so many, registers have 512 bits */

/* What an object holds: code for single rows, written for one processor, and vector loops for one or two. Only the
 * vector loops are worth writing for each level, and code takes long to write. */
enum { GEN_VECTORS = 2 };
struct gen_plan {
    const char *name; /* for people */
    struct gen_target rows, vector[GEN_VECTORS];
    uint32_t vector_count;
    uint32_t least;  /* the level that code for a named processor (level 0) needs */
    bool rows_alone; /* a kernel without vector loop too, for processors below those of the vector loops */
};

struct gen {
    const struct ir_policy *policy;
    struct arena *arena;
    LLVMContextRef context;
    LLVMModuleRef module;
    LLVMBuilderRef builder;
    LLVMTypeRef pointer, void_type, text_type;
    const struct gen_plan *plan;
    const struct gen_target *target; /* of the function being written */
    LLVMValueRef divide, text_equal; /* helpers of this target; NULL until used */
    unsigned text_count;             /* literals written so far */
    struct ir_func row, profile;     /* the functions as they are emitted: narrowed */
    struct num *value;               /* room for struct gen_row.value of any function */
    bool *need;                      /* room for gen_need */
    bool *slow;                      /* by item: not for the vector kernel */
    bool any_fast, any_slow;
};

struct num {
    LLVMValueRef value;
    unsigned width; /* bits of a lane; 1 = bool; 0 = not there */
    ir_int lo, hi;
};

enum gen_table { GEN_CLAIM, GEN_PROFILE, GEN_TABLES };

/* Constants that the vector loop loaded already. */
struct gen_stored {
    LLVMValueRef constant, loaded;
};
struct gen_constants {
    struct gen_stored *list;
    size_t count, capacity;
};

/* The function being written. */
struct gen_row {
    struct gen *gen;
    const struct ir_func *func;
    LLVMValueRef function, args;
    unsigned lanes, narrowest;
    bool prefetch;                  /* columns are more than the processor follows by itself */
    LLVMValueRef index;             /* of the first row, i64 */
    LLVMBasicBlockRef entry;        /* vector kernels: parameters are loaded here, before its branch */
    LLVMValueRef table[GEN_TABLES]; /* the arrays of column pointers */
    LLVMValueRef params;
    struct num *value;              /* by instruction */
    struct num *column[GEN_TABLES]; /* vector kernels: cells that were loaded already, by field */
    struct gen_constants *constants;
};

/* ---- gen_num.c: arithmetic on numbers with intervals ---------------------------------------------------------------
 */

LLVMTypeRef gen_type(const struct gen_row *r, unsigned width); /* of one value for every lane */
/* Narrowest width that holds [lo, hi], at least r->narrowest. */
unsigned gen_width(const struct gen_row *r, ir_int lo, ir_int hi);
struct num gen_const(const struct gen_row *r, ir_int value);
LLVMValueRef gen_splat(const struct gen_row *r, unsigned width, gen_uint bits);
/* A constant of vectors as the loop reads it: from memory. LLVM looks at constants it knows element by element, and
 * compares each with all others: a tenth of the time that code takes. It makes nothing of those that are only compared
 * with, chosen or looked up. */
LLVMValueRef gen_stored(const struct gen_row *r, LLVMValueRef constant);
/* One value in every lane. */
LLVMValueRef gen_spread(const struct gen_row *r, LLVMValueRef scalar);
/* The value in `width` bits: cut, or extended as its interval says. */
LLVMValueRef gen_convert(const struct gen_row *r, struct num n, unsigned width);
/* The same value, known to be in [lo, hi]. */
struct num gen_narrow(const struct gen_row *r, struct num n, ir_int lo, ir_int hi);
LLVMValueRef gen_bit(const struct gen_row *r, struct num n); /* i1 for each lane */
struct num gen_bool(LLVMValueRef bit);

struct num gen_add(const struct gen_row *r, struct num a, struct num b);
struct num gen_sub(const struct gen_row *r, struct num a, struct num b);
struct num gen_mul(const struct gen_row *r, struct num a, struct num b);
struct num gen_min(const struct gen_row *r, struct num a, struct num b);
struct num gen_max(const struct gen_row *r, struct num a, struct num b);
struct num gen_select(const struct gen_row *r, struct num condition, struct num a, struct num b);
/* op: IR_EQ, IR_LT, IR_LE */
struct num gen_compare(const struct gen_row *r, enum ir_op op, struct num a, struct num b);

/* ---- gen_div.c ------------------------------------------------------------------------------------------------------
 */

/* Whether the vector kernel can divide a number of this interval by this one. */
bool gen_div_in_vector(ir_int lo, ir_int hi, ir_int divisor_lo, ir_int divisor_hi);
struct num gen_floordiv(const struct gen_row *r, struct num a, struct num b);
struct num gen_rounddiv(const struct gen_row *r, struct num a, struct num b);

/* ---- gen_text.c, gen_date.c -----------------------------------------------------------------------------------------
 */

LLVMValueRef gen_text_load(const struct gen_row *r, LLVMValueRef column); /* { ptr, i32 } */
LLVMValueRef gen_text_literal(struct gen *g, struct text t);
LLVMValueRef gen_text_equal(const struct gen_row *r, LLVMValueRef a, LLVMValueRef b); /* i1 */
struct num gen_year(const struct gen_row *r, struct num date);
struct num gen_add_years(const struct gen_row *r, struct num date, struct num years);

/* ---- gen_inst.c: instructions ---------------------------------------------------------------------------------------
 */

/* Which instructions the results of the blocks [first, end) are computed from, block 0's instructions included (its
 * rule only when first is 0). Valid until the next call. */
const bool *gen_need(struct gen *g, const struct ir_func *func, uint32_t first, uint32_t end);
/* The same for all blocks but those of items with skip[item]; what `more` marks is needed in place of the rule of items
 * with no_rule[item], and of the results of no_result[0] (the award) and no_result[1 + aux]. */
struct gen_wanted {
    const bool *skip, *no_rule, *const *no_result; /* by item */
    const bool *more;                              /* by instruction */
};
const bool *gen_need_of(struct gen *g, const struct ir_func *func, const struct gen_wanted *wanted);
/* Emits the needed instructions of one block. */
void gen_block(struct gen_row *r, uint32_t block, const bool *need);
/* The number an optional result stands for. */
struct num gen_result(const struct gen_row *r, ir_ref ref);
/* What a block yields for an aux column; IR_NO_REF = 0. */
static inline ir_ref gen_aux(const struct ir_block *block, uint32_t aux) {
    return block->aux ? block->aux[aux] : IR_NO_REF;
}
/* Whether a block can go into the vector kernel. */
bool gen_block_is_fast(struct gen *g, const struct ir_func *func, uint32_t block);

/* ---- narrow.c: caps pushed below the arithmetic ---------------------------------------------------------------------
 */

/* A function with the same meaning whose capped values are computed in fewer bits: min (f (x), k) with f rising becomes
 * min (f (min (x, m)), k), where m is the first x with f (x) >= k. */
struct ir_func gen_narrow_caps(struct ir_policy *policy, const struct ir_func *func, struct arena *arena);
/* Whether it can be seen that the condition holds exactly where the award is not above 0. */
bool gen_is_no_award(const struct ir_func *func, ir_ref condition, ir_ref award);

/* ---- gen_row.c, gen_profile.c: kernels of g->target; the function, to be named by the descriptor --------------------
 */

void gen_classify(struct gen *g); /* fills slow, any_fast, any_slow */
LLVMValueRef gen_profile_kernel(struct gen *g);
LLVMTypeRef gen_args_index_type(const struct gen *g); /* void (ptr args, i64) */
/* (args, row): everything about one row. */
LLVMValueRef gen_row_one(struct gen *g);
/* A row kernel: `vector` (NULL: none) for whole vectors of `lanes` rows, row_one for the rest. */
LLVMValueRef gen_row_kernel(struct gen *g, LLVMValueRef row_one, LLVMValueRef vector, unsigned lanes);
/* gen_vector.c: (args, rows) for a number of rows that g->target->lanes divides; rows of slow items are handed to
 * row_one (args, row). */
LLVMValueRef gen_vector_rows(struct gen *g, LLVMValueRef row_one);

/* ---- gen_module.c: functions ----------------------------------------------------------------------------------------
 */

/* An internal function `name` plus the target's suffix, with the target's attributes; leaves the builder in its entry.
 */
LLVMValueRef gen_function(struct gen *g, const char *name, LLVMTypeRef type);
/* Makes a function known to the other parts of the object, which are written as modules of their own. */
void gen_share(LLVMValueRef function);
/* Such a function of type gen_args_index_type, written for `target`: the module's own, or declared. */
LLVMValueRef gen_shared(struct gen *g, const char *name, const struct gen_target *target);
/* A call of an intrinsic function of LLVM; `type` where it has several. */
LLVMValueRef gen_intrinsic(struct gen *g, const char *name, LLVMTypeRef type, LLVMValueRef *args, unsigned count);
/* Starts the emission state for a function whose first parameter is the arguments of the row kernel or, for the profile
 * function, of the profile kernel. */
struct gen_row gen_row_begin(struct gen *g, const struct ir_func *func, LLVMValueRef function, unsigned lanes);
/* A loop of i64 from `first` up to `end`, excluded: leaves the builder in its body, and gives the counter. */
struct gen_loop {
    LLVMBasicBlockRef head, done;
    LLVMValueRef counter, end;
};
struct gen_loop gen_loop_begin(struct gen *g, LLVMValueRef function, LLVMValueRef first, LLVMValueRef end);
void gen_loop_end(struct gen *g, const struct gen_loop *loop, uint64_t step); /* leaves the builder behind the loop */

/* ---- gen_descriptor.c -----------------------------------------------------------------------------------------------
 */

struct gen_kernels {
    uint32_t level, least; /* as in struct pol_kernels */
    LLVMValueRef row, profile;
};

/* Writes the constant pol_descriptor. False when the policy is too large for it. */
bool gen_descriptor(struct gen *g, const char *cpu, const struct gen_kernels *kernels, uint32_t kernel_count);

/* ---- rules_digest.c -------------------------------------------------------------------------------------------------
 */

/* `rules`: of the policy; `cells`: for each cell POL_DIGEST_SIZE bytes that say what it counts (abi.h, cell_digests).
 */
void gen_digests(const struct ir_policy *policy, struct arena *arena, uint8_t rules[POL_DIGEST_SIZE], uint8_t *cells);

/* gen_thresholds.c */
/* What the descriptor says of thresholds, item by item; the list is the arena's. */
uint32_t gen_thresholds(const struct ir_policy *policy, struct arena *arena, struct pol_threshold **list);

#endif
