/* type.h - the types of pol. Types are interned in a type_table: equality is pointer equality. */
#ifndef POL_TYPE_H
#define POL_TYPE_H

#include "base/arena.h"
#include "base/text.h"

enum type_kind {
    TYPE_ERROR,  /* of an expression that was already reported; agrees with everything */
    TYPE_NUMBER, /* a bare number, or a quantity without unit */
    TYPE_MONEY,
    TYPE_RATE,
    TYPE_COUNT,
    TYPE_YEARS,
    TYPE_DAYS,
    TYPE_DATE,
    TYPE_BOOL,
    TYPE_ENUM,
    TYPE_TEXT,
    TYPE_MISSING, /* of `missing`, in examples */
};
enum { TYPE_KIND_COUNT = TYPE_MISSING + 1 };

struct type {
    enum type_kind kind;
    struct text name;      /* as shown to people: "money", "enum kind" */
    const void *enum_decl; /* struct model_enum of TYPE_ENUM */
};

struct type_table;
struct type_table *type_table_new(struct arena *arena);
const struct type *type_basic(struct type_table *table, enum type_kind kind);
const struct type *type_enum(struct type_table *table, const void *enum_decl, struct text name);
/* The type named in a declaration, English or Chinese; NULL when there is none. */
const struct type *type_by_name(struct type_table *table, struct text name);

#endif
