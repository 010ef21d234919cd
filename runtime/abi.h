/* abi.h - what a compiled policy (policy.so) holds, shared by compiler, runtime and objects.
 *
 * A policy object exports one constant symbol, `pol_descriptor`: a flat, position-independent blob. It holds no
 * pointers, only byte offsets from its own first byte, so that a loader can check every reference in the bytes of the
 * file before anything of it is mapped for execution, and so that the object needs no dynamic relocation.
 *
 * Numbers are little-endian, the layout is that of x86-64 System V C. Money is in fen, rates in millionths (1e-6),
 * dates in days since 1970-01-01, bools 0/1, enums the index of the value. A published field is never changed:
 * append, and raise POL_ABI_MINOR.
 */
#ifndef POL_ABI_H
#define POL_ABI_H

#include <stdint.h>

#define POL_DESCRIPTOR_SYMBOL "pol_descriptor"
#define POL_MAGIC             "POLicy\r\n" /* 8 bytes, no NUL */
enum { POL_ABI_MAJOR = 1, POL_ABI_MINOR = 2 };

#define POL_NONE         0xffffffffu /* "no such entry" in any index field */
#define POL_RATE_SCALE   1000000     /* a rate of 1 */
#define POL_ITEM_UNKNOWN 0xffffu     /* item column: missing, or not of the policy */
#define POL_ENUM_LIMIT   255         /* values of one enum; stored as uint8_t */
#define POL_TEXT_LIMIT   255         /* bytes of a text cell after trimming */

/* A string: `size` bytes at `offset`, followed by a NUL that `size` does not count. UTF-8. */
struct pol_str {
    uint32_t offset;
    uint32_t size;
};

/* An array: `count` records at `offset`. */
struct pol_ref {
    uint32_t offset;
    uint32_t count;
};

enum pol_type {
    POL_MONEY = 1, /* int64_t, fen */
    POL_RATE,      /* millionths */
    POL_COUNT,
    POL_YEARS,
    POL_DAYS,
    POL_DATE, /* int32_t, days since 1970-01-01 */
    POL_BOOL, /* uint8_t */
    POL_ENUM, /* uint8_t index into the enum's values */
    POL_TEXT, /* struct pol_text */
};

/* Every outcome of a claim, in the words of the contract. The order is the order of `enum pol_reason` names in
 * runtime/core; the first six are stage 0 (decision `invalid`). */
enum pol_reason {
    POL_OK = 0,
    POL_DUPLICATE_CLAIM,
    POL_UNKNOWN_ITEM,
    POL_BAD_VALUE,
    POL_MISSING_FIELD,
    POL_MISSING_PROFILE,
    POL_NOT_IN_FORCE,
    POL_EXCLUDED,
    POL_INELIGIBLE,
    POL_ALREADY_AWARDED,
    POL_CAP_REACHED, /* denied: nothing left */
    POL_CAP,         /* reduced */
    POL_LIMIT,       /* deferred */
    POL_REASON_COUNT
};

/* A text cell as kernels and folds see it: a view; bytes are not NUL-terminated. */
struct pol_text {
    const char *data;
    uint32_t size;
    uint32_t reserved; /* 0 */
};

/* The claim fields every policy has, at fixed indices before the declared ones. */
enum pol_claim_builtin {
    POL_CLAIM_ID = 0,
    POL_CLAIM_APPLICANT,
    POL_CLAIM_ITEM, /* column of uint16_t item indices */
    POL_CLAIM_DATE,
    POL_CLAIM_OBJECT,
    POL_CLAIM_PAID,
    POL_CLAIM_BUILTINS
};

/* Likewise for applicants. */
enum pol_profile_builtin {
    POL_PROFILE_APPLICANT = 0,
    POL_PROFILE_YEAR, /* int32_t */
    POL_PROFILE_BUILTINS
};

struct pol_enum_value {
    struct pol_str name;   /* as written in the .pol file */
    struct pol_str column; /* as it stands in ledgers */
    struct pol_str label;  /* for people; may be empty */
};

struct pol_enum {
    struct pol_str name;   /* of the field that declared it */
    struct pol_ref values; /* struct pol_enum_value */
};

enum pol_field_flags {
    POL_FIELD_BUILTIN = 1,
    POL_FIELD_DEFAULT = 2, /* `fallback` is taken where the cell is missing */
    POL_FIELD_USED = 4,    /* some item, exclusion or rule reads it */
};

struct pol_field {
    struct pol_str name;
    struct pol_str column;  /* the header a ledger carries */
    struct pol_ref aliases; /* struct pol_str: other headers that are accepted */
    struct pol_str label;
    uint8_t type;  /* enum pol_type */
    uint8_t width; /* bytes of a value in a column: 1, 2, 4, 8; text: sizeof (struct pol_text) */
    uint8_t flags;
    uint8_t reserved;
    uint32_t enum_index; /* POL_NONE unless type is POL_ENUM */
    int64_t min, max;    /* inclusive; text: bytes */
    int64_t fallback;    /* with POL_FIELD_DEFAULT */
};

struct pol_param {
    struct pol_str name;
    struct pol_str column; /* name accepted by --param beside `name` */
    struct pol_str label;
    uint8_t type;    /* not text */
    uint8_t pending; /* still open in the draft */
    uint8_t reserved[2];
    uint32_t enum_index;
    int64_t min, max, fallback;
};

struct pol_clause {
    struct pol_str number; /* as in the source: "7", "（五）" */
    struct pol_str title;
    struct pol_ref quotes;      /* struct pol_str */
    struct pol_ref lead;        /* struct pol_str: departments */
    struct pol_ref responsible; /* struct pol_str */
    struct pol_ref refers;      /* struct pol_str: other policies */
    struct pol_ref readings;    /* struct pol_str */
    uint8_t declaratory;
    uint8_t reserved[3];
};

/* What decided: a condition that failed, a key that was used, a cap that bound. Rule 0 is "none". */
struct pol_rule {
    struct pol_str name;   /* shown in the column `rule` */
    struct pol_str source; /* the condition as it stands in the .pol file; may be empty */
    struct pol_str quote;  /* of the item or clause; may be empty */
    uint32_t clause;       /* POL_NONE if none */
    uint32_t item;         /* POL_NONE for rules of the whole policy */
    uint8_t reason;        /* enum pol_reason when this rule ends a claim; POL_OK for an item's award rule */
    uint8_t reserved[3];
};

enum pol_key_kind {
    POL_KEY_APPLICANT = 1, /* the applicant's id */
    POL_KEY_YEAR,          /* calendar year of the claim's date */
    POL_KEY_CLAIM_FIELD,   /* `field` indexes claim fields */
    POL_KEY_PROFILE_FIELD, /* `field` indexes profile fields, in the claim's year */
    POL_KEY_ITEM,          /* the item */
};

struct pol_key {
    uint8_t kind;
    uint8_t reserved[3];
    uint32_t field;
};

/* A family of cells: one cell of state for each distinct value of the key. No keys: one cell for everything. */
enum pol_cell_kind {
    POL_CELL_ONCE = 1, /* used or not */
    POL_CELL_ONE_YEAR, /* the calendar year of the first entitled claim; a claim of another year is blocked */
    POL_CELL_LADDER,   /* the highest award of entitled claims, fen */
    POL_CELL_CAP,      /* what has been charged: fen, claims or units */
};

struct pol_cell {
    struct pol_str name;
    struct pol_ref keys; /* struct pol_key */
    uint32_t clause;
    uint8_t kind; /* enum pol_cell_kind */
    uint8_t reserved[3];
};

/* A number a step needs: a constant, or the value the row kernel wrote to an aux column for this claim. */
enum pol_operand_kind { POL_OPERAND_NONE = 0, POL_OPERAND_CONST, POL_OPERAND_AUX };

struct pol_operand {
    uint8_t kind;
    uint8_t reserved[3];
    uint32_t aux;  /* aux column, with POL_OPERAND_AUX */
    int64_t value; /* with POL_OPERAND_CONST */
};

/* One step of the fold. The steps of an item stand in the order of the contract's stages: every ONCE and ONE_YEAR,
 * every LADDER, LESS, every cap, LIMIT; order inside a kind never changes a decision (only which rule is named). */
enum pol_step_kind {
    POL_STEP_ONCE = 1,   /* cell used -> already_awarded */
    POL_STEP_ONE_YEAR,   /* cell holds another year -> already_awarded */
    POL_STEP_LADDER,     /* subtract the cell's highest award */
    POL_STEP_LESS,       /* subtract `amount`; with ladders the largest of all is subtracted, once */
    POL_STEP_CAP_MONEY,  /* at most `max` fen in the cell */
    POL_STEP_CAP_CLAIMS, /* at most `max` claims in the cell; charged 1 */
    POL_STEP_CAP_UNITS,  /* at most `max` units in the cell: granted <= price * min(units, left) */
    POL_STEP_LIMIT,      /* stage 7 */
};

struct pol_step {
    uint8_t kind;
    uint8_t reserved[3];
    uint32_t cell; /* POL_NONE for LESS and LIMIT */
    uint32_t rule; /* named when this step denies, cuts or defers */
    uint32_t reserved2;
    struct pol_operand max;       /* caps: the maximum, >= 0 */
    struct pol_operand condition; /* caps: 0 = does not apply to this claim; NONE = applies */
    struct pol_operand amount;    /* LESS: fen, >= 0 */
    struct pol_operand units;     /* CAP_UNITS: units of this claim */
    struct pol_operand price;     /* CAP_UNITS: fen for each unit */
};

struct pol_item {
    struct pol_str name;
    struct pol_str column; /* as it stands in ledgers */
    struct pol_str label;
    struct pol_str quote;
    struct pol_ref needs; /* uint32_t claim fields that are read for this item, ascending, builtins included
                             (applicant and date always); fields with a default too */
    struct pol_ref steps; /* struct pol_step */
    uint32_t clause;
    uint32_t award_rule; /* named when granted in full */
};

/* Stage 7. The amount and whether it applies to the profile come from the profile kernel. */
struct pol_limit {
    struct pol_str name;
    uint32_t clause;
    uint32_t rule;
    uint32_t carry_years;
    uint32_t present; /* 0: the policy has no limit */
};

enum pol_target_kind { POL_TARGET_BY = 1, POL_TARGET_EVERY, POL_TARGET_GROWTH, POL_TARGET_TOTAL };
enum pol_target_sense { POL_AT_LEAST = 1, POL_AT_MOST };

/* Targets are stored in the order of output: by kind in the order of enum pol_target_kind, then as declared. */
struct pol_target {
    struct pol_str name;
    struct pol_str column; /* the indicator's name in ledgers */
    struct pol_str label;
    uint32_t clause;
    uint8_t kind, sense, type; /* type: POL_MONEY, POL_RATE or POL_COUNT of the indicator */
    uint8_t reserved;
    int32_t first_year, last_year; /* inclusive; equal for BY and TOTAL */
    int64_t value;                 /* fen, millionths or count; GROWTH: growth in millionths (10% = 100000) */
};

/* Since ABI 1.2. A value of one number of a claim, or of its award, from which on an item decides otherwise: what
 * audits look just below of. Nothing that decides reads it. */
struct pol_threshold {
    uint32_t item;
    uint32_t field;    /* claim field, a number that the item needs; POL_NONE: the award, which goes no higher */
    uint32_t param;    /* the value is that of this parameter; POL_NONE: `value` */
    uint8_t inclusive; /* the value itself is still below */
    uint8_t reserved[3];
    int64_t value; /* in the units of the field; the award: fen */
};

/* Kernels. All pointers in the arguments are valid for the call; a kernel writes only rows [0, rows) of its outputs,
 * keeps no state, calls nothing, and may run on any thread. Columns that no rule reads may be NULL. Cells of rows
 * that are not valid, or that the row's item does not need, may hold any value. */
struct pol_row_args {
    uint64_t rows;
    const void *const *claim;   /* by claim field index; text: struct pol_text */
    const void *const *profile; /* by profile field index, already joined: row i is claim i's profile */
    const uint16_t *item;       /* POL_ITEM_UNKNOWN allowed where status is not 0 */
    const uint8_t *status;      /* stage 0: enum pol_reason; 0 = valid */
    const int64_t *params;
    uint16_t *rule; /* out: 0 = award stands; else the rule that ended the claim (stages 1 to 4). 0 where invalid */
    int64_t *award; /* out: fen; 0 unless rule is 0 and the row valid */
    int64_t *const *aux; /* out: aux_count columns; meaning as the item's steps say; 0 where not used */
};

enum pol_profile_flags { POL_PROFILE_EXCLUDED = 1, POL_PROFILE_LIMITED = 2 };

struct pol_profile_args {
    uint64_t rows;
    const void *const *profile; /* by profile field index; only readable rows are meaningful */
    const int64_t *params;
    uint8_t *flags; /* out: enum pol_profile_flags. EXCLUDED: an exclusion that reads only the profile holds.
                       LIMITED: the limit applies to claims of this applicant and year */
    int64_t *limit; /* out: the year's limit in fen, >= 0 */
};

typedef void pol_row_kernel(const struct pol_row_args *args);
typedef void pol_profile_kernel(const struct pol_profile_args *args);

/* Code for one x86-64 level; the loader takes the highest that the processor has. */
struct pol_kernels {
    uint32_t level;  /* 1 = x86-64, 2, 3 (AVX2), 4 (AVX-512); 0 = built for one named CPU */
    uint32_t least;  /* since ABI 1.1, for level 0: the level that a processor must have; 0: not known */
    int64_t row;     /* address of the row kernel minus address of the descriptor */
    int64_t profile; /* likewise */
};

enum { POL_KERNEL_SLOTS = 4, POL_DIGEST_SIZE = 32 };

struct pol_descriptor {
    char magic[8];
    uint16_t abi_major, abi_minor;
    uint32_t header_size; /* sizeof (struct pol_descriptor) of the writer */
    uint64_t size;        /* of the whole blob */
    /* SHA-256 of the whole file with these 32 bytes zero: written by the linker stage last, checked by the loader
     * first. */
    uint8_t object_digest[POL_DIGEST_SIZE];
    uint8_t source_digest[POL_DIGEST_SIZE]; /* SHA-256 of the .pol text (with its includes, in order) */
    /* SHA-256 of what decides: everything but names, labels, quotes and order. Equal digests decide equally. */
    uint8_t rules_digest[POL_DIGEST_SIZE];
    /* record sizes of the writer, in the order of the refs below; the loader names the one that differs */
    uint16_t size_field, size_enum, size_enum_value, size_param, size_clause, size_rule, size_cell, size_key, size_step,
        size_item, size_target, size_kernels;
    struct pol_str name, title, issuer, version, source_name, compiler, cpu;
    struct pol_ref claim_fields;   /* struct pol_field, builtins first */
    struct pol_ref profile_fields; /* struct pol_field, builtins first */
    struct pol_ref enums;          /* struct pol_enum */
    struct pol_ref params;         /* struct pol_param */
    struct pol_ref clauses;        /* struct pol_clause */
    struct pol_ref rules;          /* struct pol_rule; entry 0 is empty */
    struct pol_ref cells;          /* struct pol_cell */
    struct pol_ref items;          /* struct pol_item, at most 65,534 */
    struct pol_ref targets;        /* struct pol_target */
    struct pol_limit limit;
    uint32_t aux_count;
    int32_t first_day, last_day; /* in force with default parameters; INT32_MIN / INT32_MAX where open */
    uint32_t kernel_count;
    struct pol_kernels kernels[POL_KERNEL_SLOTS];
    /* Since ABI 1.1 (a header of ABI 1.0 ends before it). For each cell POL_DIGEST_SIZE bytes that say what it counts,
     * whatever its name and place: policies with equal rules digests have the same ones. Cells of one policy with
     * equal digests always hold the same. Empty: not known; such a policy cannot go on from a state. */
    struct pol_ref cell_digests;
    /* Since ABI 1.2. */
    struct pol_ref thresholds; /* struct pol_threshold, by item */
};

#endif
