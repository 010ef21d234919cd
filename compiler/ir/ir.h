/* ir.h - the intermediate representation: what a checked policy means, in two parts.
 *
 * The row part (struct ir_func) is straight-line code over exact integers, without control flow: block 0 holds what
 * every claim goes through (in force? excluded? eligible for the policy?), then one block for each item. The fold part
 * (cells and steps) is data. The interpreter (ir_eval) defines the meaning of both; code generation must agree with it
 * bit for bit.
 *
 * Every instruction of a block has a value for every claim whose fields are in their ranges, whatever its item: nothing
 * is evaluated conditionally. (Kernels are also run over rows whose cells hold anything, as abi.h says; those rows'
 * results are not used, but a machine division by zero would trap all the same: code generation guards variable
 * divisors.)
 *
 * Rational values do not exist here: lowering carries numerator and denominator as separate integers. Everything is
 * owned by the arena given to ir_policy_new; strings are slices that live as long as the arena.
 */
#ifndef POL_IR_H
#define POL_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "abi.h"
#include "base/arena.h"
#include "base/text.h"

__extension__ typedef __int128 ir_int;

enum ir_op {
#define IR_OP(op, text, arity, result) IR_##op,
#include "ir/ir_ops.def"
#undef IR_OP
    IR_OP_COUNT
};

enum ir_type { IR_INT, IR_BOOL, IR_TEXT };

/* Every value and every bound of an interval lies in [IR_INT_MIN, IR_INT_MAX]: 127 bits, so that the sum or the
 * difference of two of them never overflows ir_int. */
#define IR_INT_MAX ((((ir_int)1) << 126) - 1)
#define IR_INT_MIN (-(((ir_int)1) << 126))

/* Operands of YEAR, dates of ADD_YEARS and its results lie between 0000-03-01 and 9999-12-31; the verifier proves it.
 * (Days since 1970-01-01; adding 719468 makes any of them non-negative.) */
enum { IR_DAY_MIN = -719468, IR_DAY_MAX = 2932896 };

typedef uint32_t ir_ref; /* index of an instruction in its function; IR_NO_REF = none */
#define IR_NO_REF 0xffffffffu

struct ir_inst {
    uint8_t op;   /* enum ir_op */
    uint8_t type; /* enum ir_type */
    ir_ref a, b, c;
    uint32_t index;   /* CLAIM, PROFILE, PARAM */
    ir_int imm;       /* CONST */
    struct text text; /* LITERAL */
    ir_int lo, hi;    /* interval of the value, INT and BOOL, given that every field is in its range */
};

/* What a block yields for the claim. Block 0: only `rule` (0 = go on). */
struct ir_block {
    ir_ref first, end; /* instructions [first, end); may refer to block 0's and its own earlier ones */
    ir_ref rule;       /* index of the rule that ends the claim; 0 = award stands */
    ir_ref award;      /* fen, rounded; > 0 wherever rule is 0 */
    ir_ref *aux;       /* aux_count entries of the function; IR_NO_REF = 0 */
};

struct ir_func {
    struct ir_inst *inst;
    uint32_t inst_count, inst_capacity;
    struct ir_block *block;
    uint32_t block_count; /* row function: items + 1; profile function: 1 */
    uint32_t aux_count;
    struct ir_memo *memo; /* ir_emit's index of equal instructions; nobody else looks at it */
};

struct ir_enum_value {
    struct text name, column, label;
};

struct ir_enum {
    struct text name;
    struct ir_enum_value *value;
    uint32_t value_count;
};

struct ir_field {
    struct text name, column, label;
    struct text *alias;
    uint32_t alias_count;
    enum pol_type type;
    bool builtin, has_default, used;
    uint32_t enum_index; /* POL_NONE unless enum */
    int64_t min, max, fallback;
};

struct ir_param {
    struct text name, column, label;
    enum pol_type type;
    bool pending;
    uint32_t enum_index;
    int64_t min, max, fallback;
};

struct ir_clause {
    struct text number, title;
    struct text *quote, *lead, *responsible, *refers, *reading;
    uint32_t quote_count, lead_count, responsible_count, refers_count, reading_count;
    bool declaratory;
};

struct ir_rule {
    struct text name, source, quote;
    uint32_t clause, item; /* POL_NONE = none */
    enum pol_reason reason;
};

struct ir_cell {
    struct text name;
    enum pol_cell_kind kind;
    uint32_t clause;
    struct pol_key *key;
    uint32_t key_count;
};

struct ir_item {
    struct text name, column, label, quote;
    uint32_t clause, award_rule;
    uint32_t *need; /* claim field indices, ascending */
    uint32_t need_count;
    struct pol_step *step; /* in stage order */
    uint32_t step_count;
};

struct ir_limit {
    bool present;
    struct text name;
    uint32_t clause, rule, carry_years;
    ir_ref excluded, limited, amount; /* instructions of the profile function; IR_NO_REF = false / false / 0 */
};

struct ir_target {
    struct text name, column, label;
    uint32_t clause;
    enum pol_target_kind kind;
    enum pol_target_sense sense;
    enum pol_type type;
    int32_t first_year, last_year;
    int64_t value;
};

struct ir_policy {
    struct arena *arena;
    struct text name, title, issuer, version, source_name;
    uint8_t source_digest[POL_DIGEST_SIZE];
    struct ir_field *claim, *profile; /* builtins first, as in abi.h */
    struct ir_enum *enums;
    struct ir_param *param;
    struct ir_clause *clause;
    struct ir_rule *rule; /* entry 0: none */
    struct ir_cell *cell;
    struct ir_item *item;
    struct ir_target *target;
    uint32_t claim_count, profile_count, enum_count, param_count, clause_count, rule_count, cell_count, item_count,
        target_count;
    struct ir_limit limit;
    int32_t first_day, last_day; /* with default parameters */
    struct ir_func row;
    struct ir_func
        profile_row; /* the profile kernel; results named in `limit` (excluded is set with or without a limit) */
};

extern const char *const ir_op_name[IR_OP_COUNT];
extern const uint8_t ir_op_arity[IR_OP_COUNT];

/* An empty policy; everything it will hold is allocated from the arena. Rule 0 ("none") is not yet there. */
struct ir_policy *ir_policy_new(struct arena *arena);

/* Bytes of one value of a field in a column (1, 4, 8, or sizeof (struct pol_text); the builtin claim field `item`: 2).
 * Rates and counts take 4 bytes where their range fits 32 bits signed. */
uint8_t ir_field_width(const struct ir_field *field);

/* Values a field or parameter can have, its default included; {0, 1} for bool, {0, values - 1} for enum, {0, 0} for
 * text. */
struct ir_range {
    ir_int lo, hi;
};
struct ir_range ir_field_range(const struct ir_policy *policy, const struct ir_field *field);
struct ir_range ir_param_range(const struct ir_policy *policy, const struct ir_param *param);
enum ir_type ir_type_of(enum pol_type type);

/* Appends an instruction, computes its interval, folds constants and reuses an equal instruction that is visible
 * (same function, in block 0 or the current block). The result may be another instruction than the one asked for, of
 * equal value. Unused operands are IR_NO_REF. Returns IR_NO_REF when the exact result would not fit 127 bits, a
 * divisor's interval holds zero or less, or a date could leave IR_DAY_MIN..IR_DAY_MAX: the caller reports it. Operands
 * must be visible and of the right types (asserted). */
ir_ref ir_emit(struct ir_policy *policy, struct ir_func *func, enum ir_op op, ir_ref a, ir_ref b, ir_ref c);
ir_ref ir_const(struct ir_policy *policy, struct ir_func *func, ir_int value);
ir_ref ir_bool(struct ir_policy *policy, struct ir_func *func, bool value);
ir_ref ir_claim(struct ir_policy *policy, struct ir_func *func, uint32_t field);
ir_ref ir_profile(struct ir_policy *policy, struct ir_func *func, uint32_t field);
ir_ref ir_param(struct ir_policy *policy, struct ir_func *func, uint32_t param);
ir_ref ir_text(struct ir_policy *policy, struct ir_func *func, struct text literal);

/* Starts a new block; instructions emitted from now on belong to it. The result's `rule` and `award` are IR_NO_REF and
 * `aux` NULL; it is valid until the next block begins. */
struct ir_block *ir_block_begin(struct ir_policy *policy, struct ir_func *func);
void ir_block_end(struct ir_func *func);

/* Floor division and rounding half up for a divisor >= 1; no overflow for operands in 127 bits. */
ir_int ir_floor_div(ir_int a, ir_int b);
ir_int ir_round_div(ir_int a, ir_int b);
/* Greatest common divisor of the absolute values; gcd (0, 0) = 0. */
ir_int ir_gcd(ir_int a, ir_int b);

/* The proleptic Gregorian calendar on days since 1970-01-01; arguments and results in IR_DAY_MIN..IR_DAY_MAX. */
int32_t ir_day_year(int32_t day);
int32_t ir_day_of(int32_t year, uint32_t month, uint32_t mday); /* year 0..9999 */
/* The same day `years` later or earlier; 29 February becomes 1 March in a common year. */
int64_t ir_day_add_years(int32_t day, int64_t years); /* not bounded: the caller checks the result */

#endif
