/* ir.h - the intermediate representation: what a checked policy means, in two parts.
 *
 * The row part (struct ir_func) is straight-line code over exact integers, without control flow: block 0 holds what
 * every claim goes through (in force? excluded? eligible for the policy?), then one block for each item. The fold part
 * (cells and steps) is data. The interpreter (ir_eval) defines the meaning of both; code generation must agree with it
 * bit for bit.
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

typedef uint32_t ir_ref; /* index of an instruction in its function; IR_NO_REF = none */
#define IR_NO_REF 0xffffffffu

struct ir_inst {
    uint8_t op;   /* enum ir_op */
    uint8_t type; /* enum ir_type */
    ir_ref a, b, c;
    uint32_t index;    /* CLAIM, PROFILE, PARAM */
    ir_int imm;        /* CONST */
    struct text text;  /* TEXT */
    ir_int lo, hi;     /* interval of the value, INT and BOOL, given that every field is in its range */
};

/* What a block yields for the claim. Block 0: only `rule` (0 = go on). */
struct ir_block {
    ir_ref first, end;   /* instructions [first, end); may refer to block 0's and its own earlier ones */
    ir_ref rule;         /* index of the rule that ends the claim; 0 = award stands */
    ir_ref award;        /* fen, rounded; > 0 wherever rule is 0 */
    ir_ref *aux;         /* aux_count entries of the function; IR_NO_REF = 0 */
};

struct ir_func {
    struct ir_inst *inst;
    uint32_t inst_count, inst_capacity;
    struct ir_block *block;
    uint32_t block_count; /* row function: items + 1; profile function: 1 */
    uint32_t aux_count;
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
    struct ir_func profile_row; /* the profile kernel; results named in `limit` (excluded is set with or without a limit) */
};

extern const char *const ir_op_name[IR_OP_COUNT];
extern const uint8_t ir_op_arity[IR_OP_COUNT];

/* Bytes of one value of a field in a column (1, 4, 8, or sizeof (struct pol_text)). */
uint8_t ir_field_width(const struct ir_field *field);

/* Appends an instruction, computes its interval, folds constants and reuses an equal instruction that is visible
 * (same function, in block 0 or the current block). Returns IR_NO_REF when the exact result would not fit 127 bits or a
 * divisor's interval holds zero or less: the caller reports it. */
ir_ref ir_emit(struct ir_policy *policy, struct ir_func *func, enum ir_op op, ir_ref a, ir_ref b, ir_ref c);
ir_ref ir_const(struct ir_policy *policy, struct ir_func *func, ir_int value);
ir_ref ir_bool(struct ir_policy *policy, struct ir_func *func, bool value);
ir_ref ir_claim(struct ir_policy *policy, struct ir_func *func, uint32_t field);
ir_ref ir_profile(struct ir_policy *policy, struct ir_func *func, uint32_t field);
ir_ref ir_param(struct ir_policy *policy, struct ir_func *func, uint32_t param);
ir_ref ir_text(struct ir_policy *policy, struct ir_func *func, struct text literal);

/* Starts a new block; instructions emitted from now on belong to it. */
struct ir_block *ir_block_begin(struct ir_policy *policy, struct ir_func *func);
void ir_block_end(struct ir_func *func);

#endif
