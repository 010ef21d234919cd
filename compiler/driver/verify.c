#include "driver/verify.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

#include "interp/ir_eval.h"
#include "tr.h"

struct verify {
    struct arena *arena;
    const struct ir_policy *policy;
    uint64_t random, rows;
    void **claim, **profile;   /* columns by field */
    struct ir_value *cells[2]; /* of one row: claim, profile; by field */
    bool *reads[2];            /* by block * fields + field */
    const int64_t *constant;   /* of the rules: values next to them decide most */
    uint32_t constant_count;
    struct text *literal;
    uint32_t literal_count;
    uint16_t *item, *rule;
    uint8_t *status;
    int64_t *award, **aux, *params;
    struct ir_value *value; /* by instruction */
    char *message;
};

/* ---- random cells ---------------------------------------------------------------------------------------------------
 */

static uint64_t next_random(struct verify *v) {
    uint64_t z = v->random += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint64_t below(struct verify *v, uint64_t n) {
    return next_random(v) % n;
}

/* Bounds, small values, values next to a constant of the rules, and any. */
static int64_t random_number(struct verify *v, struct ir_range range) {
    ir_int n = 0, span = range.hi - range.lo + 1;
    switch (below(v, 6)) {
    case 0:
        n = below(v, 2) ? range.lo : range.hi;
        break;
    case 1:
        n = range.lo + (ir_int)below(v, 30);
        break;
    case 2:
    case 3:
        if (v->constant_count)
            n = (ir_int)v->constant[below(v, v->constant_count)] + (ir_int)below(v, 3) - 1;
        break;
    default:
        n = range.lo + (ir_int)next_random(v) % span;
    }
    return (int64_t)(n < range.lo ? range.lo : n > range.hi ? range.hi : n);
}

static struct text random_text(struct verify *v) {
    return v->literal_count && below(v, 2) ? v->literal[below(v, v->literal_count)] : TEXT("x");
}

/* Writes the cell; one that no rule reads for the row gets rubbish. */
static void fill_cell(struct verify *v, const struct ir_field *f, void *column, uint64_t row, bool read,
                      struct ir_value *out) {
    size_t width = ir_field_width(f);
    uint64_t bits[2] = {next_random(v), next_random(v)};
    *out = (struct ir_value){.present = read};
    if (read && f->type == POL_TEXT) {
        out->text = random_text(v);
        struct pol_text t = {out->text.data, (uint32_t)out->text.size, 0};
        memcpy(bits, &t, sizeof t);
    } else if (read) {
        int64_t n = random_number(v, ir_field_range(v->policy, f));
        out->number = n;
        memcpy(bits, &n, sizeof n);
    }
    memcpy((char *)column + row * width, bits, width);
}

static bool reads(const struct verify *v, int table, uint32_t block, uint32_t field) {
    uint32_t count = table ? v->policy->profile_count : v->policy->claim_count;
    return v->reads[table][field] || v->reads[table][(size_t)block * count + field];
}

static void fill_row(struct verify *v, uint64_t row, struct ir_value *claim, struct ir_value *profile) {
    const struct ir_policy *p = v->policy;
    v->status[row] = below(v, 16) == 0 ? POL_BAD_VALUE : POL_OK;
    v->item[row] = (uint16_t)below(v, p->item_count);
    uint32_t block = v->item[row] + 1u;
    for (uint32_t i = 0; i < p->claim_count; i++)
        fill_cell(v, &p->claim[i], v->claim[i], row, !v->status[row] && reads(v, 0, block, i), &claim[i]);
    for (uint32_t i = 0; i < p->profile_count; i++)
        fill_cell(v, &p->profile[i], v->profile[i], row, !v->status[row] && reads(v, 1, block, i), &profile[i]);
}

/* ---- what the rules hold --------------------------------------------------------------------------------------------
 */

static void collect(struct verify *v) {
    const struct ir_func *f = &v->policy->row;
    int64_t *constant = arena_array_of(v->arena, int64_t, f->inst_count + 1u);
    v->literal = arena_array_of(v->arena, struct text, f->inst_count + 1u);
    for (ir_ref i = 0; i < f->inst_count; i++) {
        const struct ir_inst *inst = &f->inst[i];
        if (inst->op == IR_CONST && inst->imm >= INT64_MIN && inst->imm <= INT64_MAX)
            constant[v->constant_count++] = (int64_t)inst->imm;
        if (inst->op == IR_LITERAL)
            v->literal[v->literal_count++] = inst->text;
    }
    v->constant = constant;
    v->reads[0] = arena_array_of(v->arena, bool, (size_t)f->block_count * v->policy->claim_count + 1);
    v->reads[1] = arena_array_of(v->arena, bool, (size_t)f->block_count * v->policy->profile_count + 1);
    for (uint32_t b = 0; b < f->block_count; b++)
        for (ir_ref i = f->block[b].first; i < f->block[b].end; i++) {
            const struct ir_inst *inst = &f->inst[i];
            if (inst->op == IR_CLAIM)
                v->reads[0][(size_t)b * v->policy->claim_count + inst->index] = true;
            if (inst->op == IR_PROFILE)
                v->reads[1][(size_t)b * v->policy->profile_count + inst->index] = true;
        }
}

static void **columns(struct verify *v, const struct ir_field *field, uint32_t count) {
    void **column = arena_array_of(v->arena, void *, count + 1u);
    for (uint32_t i = 0; i < count; i++)
        column[i] = arena_array(v->arena, v->rows, ir_field_width(&field[i]));
    return column;
}

static void set_up(struct verify *v) {
    const struct ir_policy *p = v->policy;
    collect(v);
    v->claim = columns(v, p->claim, p->claim_count);
    v->profile = columns(v, p->profile, p->profile_count);
    v->cells[0] = arena_array_of(v->arena, struct ir_value, v->rows * p->claim_count + 1);
    v->cells[1] = arena_array_of(v->arena, struct ir_value, v->rows * p->profile_count + 1);
    v->item = arena_array_of(v->arena, uint16_t, v->rows);
    v->rule = arena_array_of(v->arena, uint16_t, v->rows);
    v->status = arena_array_of(v->arena, uint8_t, v->rows);
    v->award = arena_array_of(v->arena, int64_t, v->rows);
    v->aux = arena_array_of(v->arena, int64_t *, p->row.aux_count + 1u);
    for (uint32_t i = 0; i < p->row.aux_count; i++)
        v->aux[i] = arena_array_of(v->arena, int64_t, v->rows);
    v->params = arena_array_of(v->arena, int64_t, p->param_count + 1u);
    for (uint32_t i = 0; i < p->param_count; i++)
        v->params[i] = p->param[i].fallback;
    v->value = arena_array_of(v->arena, struct ir_value, p->row.inst_count + 1u);
    for (uint64_t row = 0; row < v->rows; row++)
        fill_row(v, row, v->cells[0] + row * p->claim_count, v->cells[1] + row * p->profile_count);
}

/* ---- comparing ------------------------------------------------------------------------------------------------------
 */

static bool differs(struct verify *v, uint32_t level, uint64_t row, const char *what, int64_t native, ir_int expected) {
    if (native == expected)
        return false;
    struct text item = v->policy->item[v->item[row]].name;
    snprintf(
        v->message, VERIFY_MESSAGE,
        tr("native code of level %u differs from the interpreter: %s of item %.*s is %lld, not %lld (random row %llu)"),
        (unsigned)level, what, TEXT_ARG(item), (long long)native, (long long)expected, (unsigned long long)row);
    return true;
}

static bool row_differs(struct verify *v, uint32_t level, uint64_t row) {
    const struct ir_func *f = &v->policy->row;
    const struct ir_block *b = &f->block[v->item[row] + 1];
    struct ir_row in = {v->cells[0] + row * v->policy->claim_count, v->cells[1] + row * v->policy->profile_count,
                        v->params};
    bool live = v->status[row] == POL_OK;
    ir_int rule = 0, award = 0;
    if (live) {
        ir_eval_block(f, 0, &in, v->value);
        rule = ir_eval_result(v->value, f->block[0].rule, 0);
        live = rule == 0;
    }
    if (live) {
        ir_eval_block(f, v->item[row] + 1u, &in, v->value);
        rule = ir_eval_result(v->value, b->rule, 0);
        award = rule == 0 ? ir_eval_result(v->value, b->award, 0) : 0;
    }
    if (differs(v, level, row, tr("rule"), v->rule[row], rule) ||
        differs(v, level, row, tr("award"), v->award[row], award))
        return true;
    for (uint32_t i = 0; i < f->aux_count; i++) {
        ir_int aux = live && b->aux ? ir_eval_result(v->value, b->aux[i], 0) : 0;
        if (differs(v, level, row, tr("aux"), v->aux[i][row], aux))
            return true;
    }
    return false;
}

static bool can_run(uint32_t level) {
    __builtin_cpu_init();
    switch (level) {
    case 2:
        return __builtin_cpu_supports("x86-64-v2");
    case 3:
        return __builtin_cpu_supports("x86-64-v3");
    case 4:
        return __builtin_cpu_supports("x86-64-v4");
    default:
        return level == 1;
    }
}

static enum verify_status compare(struct verify *v, const struct pol_descriptor *d) {
    for (uint32_t k = 0; k < d->kernel_count; k++) {
        if (!can_run(d->kernels[k].level))
            continue;
        pol_row_kernel *kernel = (pol_row_kernel *)((uintptr_t)d + (uintptr_t)d->kernels[k].row);
        kernel(&(struct pol_row_args){.rows = v->rows,
                                      .claim = (const void *const *)v->claim,
                                      .profile = (const void *const *)v->profile,
                                      .item = v->item,
                                      .status = v->status,
                                      .params = v->params,
                                      .rule = v->rule,
                                      .award = v->award,
                                      .aux = v->aux});
        for (uint64_t row = 0; row < v->rows; row++)
            if (row_differs(v, d->kernels[k].level, row))
                return VERIFY_DIFFERS;
    }
    return VERIFY_OK;
}

enum verify_status verify_object(struct arena *arena, const struct ir_policy *policy, const char *path, uint64_t rows,
                                 char message[VERIFY_MESSAGE]) {
    struct verify v = {.arena = arena, .policy = policy, .random = 1, .rows = rows, .message = message};
    message[0] = '\0';
    if (policy->item_count == 0)
        return VERIFY_OK;
    set_up(&v); /* before the object is opened: memory that runs out does not come back here */
    void *object = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct pol_descriptor *d = object ? dlsym(object, POL_DESCRIPTOR_SYMBOL) : NULL;
    if (!d) {
        snprintf(message, VERIFY_MESSAGE, tr("cannot load the object: %s"), dlerror());
        return VERIFY_SYSTEM;
    }
    enum verify_status status = compare(&v, d);
    dlclose(object);
    return status;
}
