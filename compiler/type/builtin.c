#include "type/builtin.h"

/* TYPE_ERROR is 0, so that every pair that builtin.def does not list has it. */
static const unsigned char binary[BUILTIN_OP_COUNT][TYPE_KIND_COUNT][TYPE_KIND_COUNT] = {
#define BINARY(op, left, right, result) [BUILTIN_##op][TYPE_##left][TYPE_##right] = TYPE_##result,
#include "type/builtin.def"
};

static const bool comparable[BUILTIN_COMPARE_COUNT][TYPE_KIND_COUNT][TYPE_KIND_COUNT] = {
#define COMPARE(op, left, right) [BUILTIN_##op][TYPE_##left][TYPE_##right] = true,
#include "type/builtin.def"
};

enum type_kind builtin_binary(enum builtin_op op, enum type_kind left, enum type_kind right) {
    return (enum type_kind)binary[op][left][right];
}

bool builtin_comparable(enum builtin_compare op, enum type_kind left, enum type_kind right) {
    return comparable[op][left][right];
}

bool builtin_adapts(enum type_kind kind) {
    return kind == TYPE_RATE || kind == TYPE_COUNT || kind == TYPE_YEARS || kind == TYPE_DAYS;
}

bool builtin_numeric(enum type_kind kind) {
    return builtin_adapts(kind) || kind == TYPE_NUMBER || kind == TYPE_MONEY;
}

enum type_kind builtin_common(enum type_kind left, enum type_kind right) {
    if (left == right)
        return left;
    if (left == TYPE_NUMBER && builtin_adapts(right))
        return right;
    if (right == TYPE_NUMBER && builtin_adapts(left))
        return left;
    return TYPE_ERROR;
}
