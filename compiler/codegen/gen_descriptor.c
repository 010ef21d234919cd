/* gen_descriptor.c - the constant pol_descriptor: the policy as a flat blob of records and strings, every reference an
 * offset from its first byte. Arrays are reserved before they are filled; equal strings are stored once. */
#include <stddef.h>
#include <string.h>

#include "codegen/gen_emit.h"

struct blob {
    struct text_buffer bytes;
    struct text_map *strings; /* to offset + 1 */
};

static uint32_t reserve(struct blob *b, size_t size, size_t align) {
    static const char zero[64];
    while (b->bytes.size % align)
        text_add(&b->bytes, TEXT("\0"));
    size_t offset = b->bytes.size;
    for (; size > sizeof zero; size -= sizeof zero)
        text_add(&b->bytes, (struct text){zero, sizeof zero});
    text_add(&b->bytes, (struct text){zero, size});
    return (uint32_t)offset;
}

static struct pol_str string(struct blob *b, struct text t) {
    void **slot = text_map_slot(b->strings, t);
    if (!*slot) {
        size_t offset = b->bytes.size;
        text_add(&b->bytes, t);
        text_add(&b->bytes, TEXT("\0"));
        *slot = (void *)(uintptr_t)(offset + 1);
    }
    return (struct pol_str){(uint32_t)((uintptr_t)*slot - 1), (uint32_t)t.size};
}

static struct pol_ref array(struct blob *b, uint32_t count, size_t size) {
    return (struct pol_ref){reserve(b, count * size, 8), count};
}

static void put(struct blob *b, struct pol_ref ref, uint32_t i, const void *record, size_t size) {
    memcpy(b->bytes.data + ref.offset + (size_t)i * size, record, size);
}

static struct pol_ref strings(struct blob *b, const struct text *t, uint32_t count) {
    struct pol_ref ref = array(b, count, sizeof(struct pol_str));
    for (uint32_t i = 0; i < count; i++) {
        struct pol_str s = string(b, t[i]);
        put(b, ref, i, &s, sizeof s);
    }
    return ref;
}

/* ---- schema ---------------------------------------------------------------------------------------------------------
 */

static struct pol_ref fields(struct blob *b, const struct ir_field *field, uint32_t count) {
    struct pol_ref ref = array(b, count, sizeof(struct pol_field));
    for (uint32_t i = 0; i < count; i++) {
        const struct ir_field *f = &field[i];
        struct pol_field out = {.name = string(b, f->name), .column = string(b, f->column)};
        out.aliases = strings(b, f->alias, f->alias_count);
        out.label = string(b, f->label);
        out.type = (uint8_t)f->type;
        out.width = ir_field_width(f);
        out.flags = (uint8_t)((f->builtin ? POL_FIELD_BUILTIN : 0) | (f->has_default ? POL_FIELD_DEFAULT : 0) |
                              (f->used ? POL_FIELD_USED : 0));
        out.enum_index = f->type == POL_ENUM ? f->enum_index : POL_NONE;
        out.min = f->min;
        out.max = f->max;
        out.fallback = f->fallback;
        put(b, ref, i, &out, sizeof out);
    }
    return ref;
}

static struct pol_ref enums(struct blob *b, const struct ir_policy *p) {
    struct pol_ref ref = array(b, p->enum_count, sizeof(struct pol_enum));
    for (uint32_t i = 0; i < p->enum_count; i++) {
        const struct ir_enum *e = &p->enums[i];
        struct pol_enum out = {string(b, e->name), array(b, e->value_count, sizeof(struct pol_enum_value))};
        for (uint32_t j = 0; j < e->value_count; j++) {
            struct pol_enum_value value = {string(b, e->value[j].name), string(b, e->value[j].column),
                                           string(b, e->value[j].label)};
            put(b, out.values, j, &value, sizeof value);
        }
        put(b, ref, i, &out, sizeof out);
    }
    return ref;
}

static struct pol_ref params(struct blob *b, const struct ir_policy *p) {
    struct pol_ref ref = array(b, p->param_count, sizeof(struct pol_param));
    for (uint32_t i = 0; i < p->param_count; i++) {
        const struct ir_param *q = &p->param[i];
        struct pol_param out = {
            .name = string(b, q->name), .column = string(b, q->column), .label = string(b, q->label)};
        out.type = (uint8_t)q->type;
        out.pending = q->pending;
        out.enum_index = q->type == POL_ENUM ? q->enum_index : POL_NONE;
        out.min = q->min;
        out.max = q->max;
        out.fallback = q->fallback;
        put(b, ref, i, &out, sizeof out);
    }
    return ref;
}

/* ---- clauses and rules ----------------------------------------------------------------------------------------------
 */

static struct pol_ref clauses(struct blob *b, const struct ir_policy *p) {
    struct pol_ref ref = array(b, p->clause_count, sizeof(struct pol_clause));
    for (uint32_t i = 0; i < p->clause_count; i++) {
        const struct ir_clause *c = &p->clause[i];
        struct pol_clause out = {.number = string(b, c->number), .title = string(b, c->title)};
        out.quotes = strings(b, c->quote, c->quote_count);
        out.lead = strings(b, c->lead, c->lead_count);
        out.responsible = strings(b, c->responsible, c->responsible_count);
        out.refers = strings(b, c->refers, c->refers_count);
        out.readings = strings(b, c->reading, c->reading_count);
        out.declaratory = c->declaratory;
        put(b, ref, i, &out, sizeof out);
    }
    return ref;
}

static struct pol_ref rules(struct blob *b, const struct ir_policy *p) {
    struct pol_ref ref = array(b, p->rule_count, sizeof(struct pol_rule));
    for (uint32_t i = 0; i < p->rule_count; i++) {
        const struct ir_rule *r = &p->rule[i];
        struct pol_rule out = {
            .name = string(b, r->name), .source = string(b, r->source), .quote = string(b, r->quote)};
        out.clause = r->clause;
        out.item = r->item;
        out.reason = (uint8_t)r->reason;
        put(b, ref, i, &out, sizeof out);
    }
    return ref;
}

/* ---- items, cells, targets ------------------------------------------------------------------------------------------
 */

static struct pol_ref cells(struct blob *b, const struct ir_policy *p) {
    struct pol_ref ref = array(b, p->cell_count, sizeof(struct pol_cell));
    for (uint32_t i = 0; i < p->cell_count; i++) {
        const struct ir_cell *c = &p->cell[i];
        struct pol_cell out = {.name = string(b, c->name), .keys = array(b, c->key_count, sizeof(struct pol_key))};
        for (uint32_t j = 0; j < c->key_count; j++) {
            struct pol_key key = {.kind = c->key[j].kind, .field = c->key[j].field};
            put(b, out.keys, j, &key, sizeof key);
        }
        out.clause = c->clause;
        out.kind = (uint8_t)c->kind;
        put(b, ref, i, &out, sizeof out);
    }
    return ref;
}

static struct pol_operand operand(struct pol_operand o) {
    return (struct pol_operand){.kind = o.kind, .aux = o.aux, .value = o.value};
}

static struct pol_ref steps(struct blob *b, const struct ir_item *item) {
    struct pol_ref ref = array(b, item->step_count, sizeof(struct pol_step));
    for (uint32_t i = 0; i < item->step_count; i++) {
        const struct pol_step *s = &item->step[i];
        struct pol_step out = {.kind = s->kind, .cell = s->cell, .rule = s->rule};
        out.max = operand(s->max);
        out.condition = operand(s->condition);
        out.amount = operand(s->amount);
        out.units = operand(s->units);
        out.price = operand(s->price);
        put(b, ref, i, &out, sizeof out);
    }
    return ref;
}

static struct pol_ref items(struct blob *b, const struct ir_policy *p) {
    struct pol_ref ref = array(b, p->item_count, sizeof(struct pol_item));
    for (uint32_t i = 0; i < p->item_count; i++) {
        const struct ir_item *item = &p->item[i];
        struct pol_item out = {.name = string(b, item->name), .column = string(b, item->column)};
        out.label = string(b, item->label);
        out.quote = string(b, item->quote);
        out.needs = array(b, item->need_count, sizeof(uint32_t));
        for (uint32_t j = 0; j < item->need_count; j++)
            put(b, out.needs, j, &item->need[j], sizeof item->need[j]);
        out.steps = steps(b, item);
        out.clause = item->clause;
        out.award_rule = item->award_rule;
        put(b, ref, i, &out, sizeof out);
    }
    return ref;
}

static struct pol_ref targets(struct blob *b, const struct ir_policy *p) {
    struct pol_ref ref = array(b, p->target_count, sizeof(struct pol_target));
    for (uint32_t i = 0; i < p->target_count; i++) {
        const struct ir_target *t = &p->target[i];
        struct pol_target out = {
            .name = string(b, t->name), .column = string(b, t->column), .label = string(b, t->label)};
        out.clause = t->clause;
        out.kind = (uint8_t)t->kind;
        out.sense = (uint8_t)t->sense;
        out.type = (uint8_t)t->type;
        out.first_year = t->first_year;
        out.last_year = t->last_year;
        out.value = t->value;
        put(b, ref, i, &out, sizeof out);
    }
    return ref;
}

/* ---- the header -----------------------------------------------------------------------------------------------------
 */

static void sizes(struct pol_descriptor *d) {
    d->header_size = sizeof *d;
    d->size_field = sizeof(struct pol_field);
    d->size_enum = sizeof(struct pol_enum);
    d->size_enum_value = sizeof(struct pol_enum_value);
    d->size_param = sizeof(struct pol_param);
    d->size_clause = sizeof(struct pol_clause);
    d->size_rule = sizeof(struct pol_rule);
    d->size_cell = sizeof(struct pol_cell);
    d->size_key = sizeof(struct pol_key);
    d->size_step = sizeof(struct pol_step);
    d->size_item = sizeof(struct pol_item);
    d->size_target = sizeof(struct pol_target);
    d->size_kernels = sizeof(struct pol_kernels);
}

static void identity(struct gen *g, struct blob *b, struct pol_descriptor *d, const char *cpu) {
    const struct ir_policy *p = g->policy;
    memcpy(d->magic, POL_MAGIC, sizeof d->magic);
    d->abi_major = POL_ABI_MAJOR;
    d->abi_minor = POL_ABI_MINOR;
    memcpy(d->source_digest, p->source_digest, sizeof d->source_digest);
    d->name = string(b, p->name);
    d->title = string(b, p->title);
    d->issuer = string(b, p->issuer);
    d->version = string(b, p->version);
    d->source_name = string(b, p->source_name);
    d->compiler = string(b, TEXT("polc " POL_VERSION));
    d->cpu = string(b, text_of(cpu));
}

static void digests(const struct ir_policy *p, struct arena *arena, struct blob *b, struct pol_descriptor *d) {
    d->cell_digests = array(b, p->cell_count, POL_DIGEST_SIZE);
    gen_digests(p, arena, d->rules_digest, (uint8_t *)b->bytes.data + d->cell_digests.offset);
}

static struct pol_ref thresholds(struct blob *b, const struct ir_policy *p, struct arena *arena) {
    struct pol_threshold *list;
    uint32_t count = gen_thresholds(p, arena, &list);
    struct pol_ref ref = array(b, count, sizeof *list);
    for (uint32_t i = 0; i < count; i++)
        put(b, ref, i, &list[i], sizeof list[i]);
    return ref;
}

static void tables(const struct ir_policy *p, struct blob *b, struct pol_descriptor *d) {
    d->claim_fields = fields(b, p->claim, p->claim_count);
    d->profile_fields = fields(b, p->profile, p->profile_count);
    d->enums = enums(b, p);
    d->params = params(b, p);
    d->clauses = clauses(b, p);
    d->rules = rules(b, p);
    d->cells = cells(b, p);
    d->items = items(b, p);
    d->targets = targets(b, p);
    d->limit = (struct pol_limit){.name = string(b, p->limit.name), .clause = POL_NONE};
    if (p->limit.present) {
        d->limit.present = 1;
        d->limit.clause = p->limit.clause;
        d->limit.rule = p->limit.rule;
        d->limit.carry_years = p->limit.carry_years;
    }
    d->aux_count = p->row.aux_count;
    d->first_day = p->first_day;
    d->last_day = p->last_day;
}

/* ---- as a constant of the module ------------------------------------------------------------------------------------
 */

static LLVMValueRef bytes_of(const struct gen *g, struct text t) {
    return LLVMConstStringInContext2(g->context, t.data, t.size, 1);
}

static LLVMTypeRef constant_type(const struct gen *g, uint32_t kernels, size_t before, size_t after) {
    LLVMTypeRef member[2 + 3 * POL_KERNEL_SLOTS], byte = emit_int(g, 8);
    unsigned n = 0;
    member[n++] = LLVMArrayType2(byte, before);
    for (uint32_t i = 0; i < 3 * kernels; i++)
        member[n++] = emit_int(g, 64);
    member[n++] = LLVMArrayType2(byte, after);
    return LLVMStructTypeInContext(g->context, member, n, 1);
}

/* An address in the code minus the address of the descriptor: known when the object is linked, so that nothing is left
 * to relocate when it is loaded. */
static LLVMValueRef distance(const struct gen *g, LLVMValueRef function, LLVMValueRef global) {
    LLVMTypeRef word = emit_int(g, 64);
    return LLVMConstSub(LLVMConstPtrToInt(function, word), LLVMConstPtrToInt(global, word));
}

static void define(struct gen *g, struct text blob, const struct gen_kernels *kernels, uint32_t count) {
    size_t at = offsetof(struct pol_descriptor, kernels), rest = at + count * sizeof(struct pol_kernels);
    LLVMTypeRef type = constant_type(g, count, at, blob.size - rest);
    LLVMValueRef global = LLVMAddGlobal(g->module, type, POL_DESCRIPTOR_SYMBOL);
    LLVMValueRef member[2 + 3 * POL_KERNEL_SLOTS];
    unsigned n = 0;
    member[n++] = bytes_of(g, (struct text){blob.data, at});
    for (uint32_t i = 0; i < count; i++) {
        member[n++] = emit_i64(g, (uint64_t)kernels[i].least << 32 | kernels[i].level);
        member[n++] = distance(g, kernels[i].row, global);
        member[n++] = distance(g, kernels[i].profile, global);
    }
    member[n++] = bytes_of(g, (struct text){blob.data + rest, blob.size - rest});
    LLVMSetInitializer(global, LLVMConstStructInContext(g->context, member, n, 1));
    LLVMSetGlobalConstant(global, 1);
    LLVMSetAlignment(global, 64);
    LLVMSetVisibility(global, LLVMProtectedVisibility);
}

bool gen_descriptor(struct gen *g, const char *cpu, const struct gen_kernels *kernels, uint32_t kernel_count) {
    struct blob b = {.bytes = {.arena = g->arena}, .strings = text_map_new(g->arena)};
    struct pol_descriptor d;
    memset(&d, 0, sizeof d);
    if (g->policy->item_count >= POL_ITEM_UNKNOWN || g->policy->rule_count > UINT16_MAX + 1u)
        return false;
    reserve(&b, sizeof d, 8);
    sizes(&d);
    identity(g, &b, &d, cpu);
    tables(g->policy, &b, &d);
    digests(g->policy, g->arena, &b, &d);
    d.thresholds = thresholds(&b, g->policy, g->arena);
    d.kernel_count = kernel_count;
    d.size = b.bytes.size;
    if (d.size > UINT32_MAX)
        return false;
    memcpy(b.bytes.data, &d, sizeof d);
    define(g, text_of_buffer(&b.bytes), kernels, kernel_count);
    return true;
}
