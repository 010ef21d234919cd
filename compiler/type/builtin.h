/* builtin.h - what operators make of types: the tables of builtin.def as look-ups. */
#ifndef POL_TYPE_BUILTIN_H
#define POL_TYPE_BUILTIN_H

#include <stdbool.h>

#include "type/type.h"

enum builtin_op { BUILTIN_ADD, BUILTIN_SUB, BUILTIN_MUL, BUILTIN_OF, BUILTIN_FOR_EACH, BUILTIN_DIV, BUILTIN_OP_COUNT };
enum builtin_compare { BUILTIN_EQUAL, BUILTIN_ORDER, BUILTIN_COMPARE_COUNT };

/* The result, or TYPE_ERROR where the operator is not defined for these operands. */
enum type_kind builtin_binary(enum builtin_op op, enum type_kind left, enum type_kind right);

/* Enums of two declarations are told apart by the caller. */
bool builtin_comparable(enum builtin_compare op, enum type_kind left, enum type_kind right);

/* The common type of two values of which one is taken (branches, at most, min): the same kind, or that of the other
 * beside a number that can adapt to it. TYPE_ERROR where there is none. */
enum type_kind builtin_common(enum type_kind left, enum type_kind right);

/* Whether a bare number can stand for a value of this kind. */
bool builtin_adapts(enum type_kind kind);

/* Money, rate, count, years, days or number: what arithmetic works on. */
bool builtin_numeric(enum type_kind kind);

#endif
