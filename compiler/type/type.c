#include "type/type.h"

#include <stdint.h>

#include "tr.h"

struct enum_entry {
    struct type type;
    struct enum_entry *next;
};

enum { BUCKETS = 256 };

struct type_table {
    struct arena *arena;
    struct type basic[TYPE_KIND_COUNT];
    struct enum_entry *bucket[BUCKETS];
};

static const char *const basic_name[TYPE_KIND_COUNT] = {
    [TYPE_ERROR] = tr_later("error"), [TYPE_NUMBER] = tr_later("number"), [TYPE_MONEY] = tr_later("money"),
    [TYPE_RATE] = tr_later("rate"),   [TYPE_COUNT] = tr_later("count"),   [TYPE_YEARS] = tr_later("years"),
    [TYPE_DAYS] = tr_later("days"),   [TYPE_DATE] = tr_later("date"),     [TYPE_BOOL] = tr_later("bool"),
    [TYPE_ENUM] = tr_later("enum"),   [TYPE_TEXT] = tr_later("text"),     [TYPE_MISSING] = tr_later("missing"),
};

static const struct {
    enum type_kind kind;
    const char *name;
} declared[] = {
    {TYPE_MONEY, "money"}, {TYPE_MONEY, "金额"}, {TYPE_MONEY, "金額"}, {TYPE_RATE, "rate"},   {TYPE_RATE, "比率"},
    {TYPE_COUNT, "count"}, {TYPE_COUNT, "数量"}, {TYPE_COUNT, "數量"}, {TYPE_YEARS, "years"}, {TYPE_YEARS, "年数"},
    {TYPE_YEARS, "年數"},  {TYPE_DAYS, "days"},  {TYPE_DAYS, "天数"},  {TYPE_DAYS, "天數"},   {TYPE_DATE, "date"},
    {TYPE_DATE, "日期"},   {TYPE_BOOL, "bool"},  {TYPE_BOOL, "是否"},  {TYPE_TEXT, "text"},   {TYPE_TEXT, "文本"},
};

struct type_table *type_table_new(struct arena *arena) {
    struct type_table *table = arena_new_of(arena, struct type_table);
    table->arena = arena;
    for (int kind = 0; kind < TYPE_KIND_COUNT; kind++) {
        table->basic[kind] = (struct type){.kind = (enum type_kind)kind, .name = text_of(tr(basic_name[kind]))};
    }
    return table;
}

const struct type *type_basic(struct type_table *table, enum type_kind kind) {
    return &table->basic[kind];
}

const struct type *type_enum(struct type_table *table, const void *enum_decl, struct text name) {
    struct enum_entry **slot = &table->bucket[((uintptr_t)enum_decl >> 5) % BUCKETS];
    for (struct enum_entry *entry = *slot; entry; entry = entry->next) {
        if (entry->type.enum_decl == enum_decl)
            return &entry->type;
    }
    struct enum_entry *entry = arena_new_of(table->arena, struct enum_entry);
    entry->type.kind = TYPE_ENUM;
    entry->type.name = text_format(table->arena, tr("enum %.*s"), TEXT_ARG(name));
    entry->type.enum_decl = enum_decl;
    entry->next = *slot;
    *slot = entry;
    return &entry->type;
}

const struct type *type_by_name(struct type_table *table, struct text name) {
    for (size_t i = 0; i < sizeof declared / sizeof *declared; i++) {
        if (text_equal(name, text_of(declared[i].name)))
            return &table->basic[declared[i].kind];
    }
    return NULL;
}
