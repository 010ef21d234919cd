/* test_codegen.c - native code against the interpreter of the IR on random functions, and the shape of the object. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "codegen/codegen.h"
#include "driver/link.h"
#include "driver/pipeline.h"
#include "driver/shared_object.h"
#include "interp/ir_eval.h"
#include "ir/ir_print.h"
#include "ir/ir_verify.h"

/* ---- random numbers -------------------------------------------------------------------------------------------------
 */

static uint64_t next_random(uint64_t *state) {
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static uint32_t below(uint64_t *state, uint32_t n) {
    return (uint32_t)(next_random(state) % n);
}

static int64_t between(uint64_t *state, int64_t lo, int64_t hi) {
    uint64_t span = (uint64_t)hi - (uint64_t)lo + 1;
    switch (below(state, 5)) {
    case 0:
        return lo;
    case 1:
        return hi;
    case 2:
        return (int64_t)((uint64_t)lo + next_random(state) % (span < 20 ? span : 20));
    default:
        return (int64_t)((uint64_t)lo + (span ? next_random(state) % span : next_random(state)));
    }
}

/* ---- a policy with a schema and nothing else ------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    enum pol_type type;
    int64_t min, max;
} schema[] = {
    {"money", POL_MONEY, 0, 100000000000000},
    {"small", POL_MONEY, 0, 500000000},
    {"signed", POL_MONEY, -7000000, 9000000},
    {"rate", POL_RATE, 0, 1000000},
    {"count", POL_COUNT, 0, 1000000000},
    {"big", POL_COUNT, 0, INT64_MAX},
    {"years", POL_YEARS, 0, 200},
    {"date", POL_DATE, 7305, 47481},
    {"flag", POL_BOOL, 0, 1},
    {"kind", POL_ENUM, 0, 4},
    {"name", POL_TEXT, 0, 255},
    {"other", POL_TEXT, 0, 255},
    {"positive", POL_COUNT, 1, 70000},
    {"divisor", POL_MONEY, 1, 3000000000000},
};
enum { SCHEMA = sizeof schema / sizeof *schema, CLAIM_FIELDS = POL_CLAIM_BUILTINS + SCHEMA };
enum { PROFILE_FIELDS = POL_PROFILE_BUILTINS + SCHEMA, PARAMS = 3 };

static struct ir_field *make_fields(struct arena *arena, uint32_t builtins) {
    struct ir_field *field = arena_array_of(arena, struct ir_field, builtins + SCHEMA);
    static const enum pol_type claim[] = {POL_TEXT, POL_TEXT, POL_TEXT, POL_DATE, POL_TEXT, POL_MONEY};
    for (uint32_t i = 0; i < builtins; i++) {
        field[i].builtin = true;
        field[i].name = field[i].column =
            builtins == POL_CLAIM_BUILTINS && i == POL_CLAIM_ITEM ? TEXT("item") : TEXT("b");
        field[i].type = builtins == POL_CLAIM_BUILTINS ? claim[i] : i == POL_PROFILE_YEAR ? POL_COUNT : POL_TEXT;
        field[i].enum_index = POL_NONE;
        field[i].min = field[i].type == POL_DATE ? 7305 : 0;
        field[i].max = field[i].type == POL_DATE ? 47481 : 2099;
    }
    for (uint32_t i = 0; i < SCHEMA; i++) {
        struct ir_field *f = &field[builtins + i];
        f->name = f->column = text_of(schema[i].name);
        f->type = schema[i].type;
        f->enum_index = f->type == POL_ENUM ? 0 : POL_NONE;
        f->min = schema[i].min;
        f->max = schema[i].max;
        f->used = true;
    }
    return field;
}

static struct ir_policy *make_policy(struct arena *arena, uint32_t items, uint32_t rules) {
    struct ir_policy *p = ir_policy_new(arena);
    p->name = p->title = TEXT("test");
    p->claim = make_fields(arena, POL_CLAIM_BUILTINS);
    p->claim_count = CLAIM_FIELDS;
    p->profile = make_fields(arena, POL_PROFILE_BUILTINS);
    p->profile_count = PROFILE_FIELDS;
    p->enums = arena_array_of(arena, struct ir_enum, 1);
    p->enum_count = 1;
    p->enums[0].value = arena_array_of(arena, struct ir_enum_value, 5);
    p->enums[0].value_count = 5;
    p->param = arena_array_of(arena, struct ir_param, PARAMS);
    p->param_count = PARAMS;
    p->param[0] =
        (struct ir_param){.name = TEXT("p"), .type = POL_MONEY, .min = 0, .max = 100000000, .enum_index = POL_NONE};
    p->param[1] = (struct ir_param){.name = TEXT("q"), .type = POL_COUNT, .min = 1, .max = 90, .enum_index = POL_NONE};
    p->param[1].fallback = 1;
    p->param[2] = (struct ir_param){.name = TEXT("r"), .type = POL_BOOL, .max = 1, .enum_index = POL_NONE};
    p->rule = arena_array_of(arena, struct ir_rule, rules);
    p->rule_count = rules;
    for (uint32_t i = 0; i < rules; i++)
        p->rule[i] = (struct ir_rule){.clause = POL_NONE, .item = POL_NONE, .reason = POL_INELIGIBLE};
    p->item = arena_array_of(arena, struct ir_item, items + 1);
    p->item_count = items;
    for (uint32_t i = 0; i < items; i++)
        p->item[i].name = p->item[i].column = text_format(arena, "item%u", i);
    p->limit.excluded = p->limit.limited = p->limit.amount = IR_NO_REF;
    p->first_day = INT32_MIN;
    p->last_day = INT32_MAX;
    return p;
}

/* ---- random functions -----------------------------------------------------------------------------------------------
 */

enum { POOL = 400 };

struct maker {
    struct ir_policy *policy;
    struct ir_func *func;
    uint64_t *random;
    ir_ref number[POOL], truth[POOL], text[POOL];
    uint32_t numbers, truths, texts;
    bool with_text;
};

static void keep(struct maker *m, ir_ref ref) {
    if (ref == IR_NO_REF)
        return;
    enum ir_type type = (enum ir_type)m->func->inst[ref].type;
    uint32_t *count = type == IR_INT ? &m->numbers : type == IR_BOOL ? &m->truths : &m->texts;
    ir_ref *pool = type == IR_INT ? m->number : type == IR_BOOL ? m->truth : m->text;
    if (*count < POOL)
        pool[(*count)++] = ref;
}

/* Newer values more often, so that expressions grow deep. */
static ir_ref pick(struct maker *m, const ir_ref *pool, uint32_t count) {
    uint32_t back = below(m->random, 2) ? below(m->random, count) : below(m->random, count < 4 ? count : 4);
    return pool[count - 1 - back];
}

static ir_ref number(struct maker *m) {
    return pick(m, m->number, m->numbers);
}

static ir_ref truth(struct maker *m) {
    return pick(m, m->truth, m->truths);
}

static void add_leaf(struct maker *m) {
    uint32_t i = below(m->random, SCHEMA);
    bool of_claim = below(m->random, 2);
    if (schema[i].type == POL_TEXT && !m->with_text)
        return;
    switch (below(m->random, 4)) {
    case 0:
        keep(m, ir_const(m->policy, m->func, between(m->random, -5, 3000000)));
        break;
    case 1:
        keep(m, ir_param(m->policy, m->func, below(m->random, PARAMS)));
        break;
    default:
        keep(m, of_claim ? ir_claim(m->policy, m->func, POL_CLAIM_BUILTINS + i)
                         : ir_profile(m->policy, m->func, POL_PROFILE_BUILTINS + i));
    }
}

static void add_inst(struct maker *m) {
    static const enum ir_op numeric[] = {IR_ADD, IR_SUB, IR_MUL, IR_FLOORDIV, IR_ROUNDDIV, IR_MIN, IR_MAX, IR_MIN};
    static const enum ir_op relation[] = {IR_EQ, IR_LT, IR_LE};
    ir_ref none = IR_NO_REF, by = number(m);
    uint32_t choice = below(m->random, 20);
    if (choice < 9) {
        enum ir_op op = numeric[below(m->random, 8)];
        if (op != IR_ADD && op != IR_SUB && below(m->random, 2))
            by = ir_const(m->policy, m->func, between(m->random, 1, 40000));
        keep(m, ir_emit(m->policy, m->func, op, number(m), by, none));
    } else if (choice < 13) {
        keep(m, ir_emit(m->policy, m->func, relation[below(m->random, 3)], number(m), by, none));
    } else if (choice < 15) {
        keep(m, ir_emit(m->policy, m->func, below(m->random, 2) ? IR_AND : IR_OR, truth(m), truth(m), none));
    } else if (choice == 15) {
        keep(m, ir_emit(m->policy, m->func, IR_NOT, truth(m), none, none));
    } else if (choice < 18) {
        keep(m, ir_emit(m->policy, m->func, IR_SELECT, truth(m), number(m), by));
    } else if (choice == 18) {
        keep(m, ir_emit(m->policy, m->func, IR_YEAR, number(m), none, none));
        ir_ref years = ir_const(m->policy, m->func, between(m->random, -30, 40));
        keep(m, ir_emit(m->policy, m->func, IR_ADD_YEARS, number(m), years, none));
    } else if (m->texts > 0) {
        keep(m, ir_text(m->policy, m->func, below(m->random, 2) ? TEXT("de") : TEXT("")));
        ir_ref a = pick(m, m->text, m->texts), b = pick(m, m->text, m->texts);
        keep(m, ir_emit(m->policy, m->func, IR_TEXT_EQ, a, b, none));
    }
}

static ir_ref clamped(struct maker *m, int64_t lo, int64_t hi) {
    ir_ref low = ir_const(m->policy, m->func, lo), high = ir_const(m->policy, m->func, hi);
    ir_ref at_most = ir_emit(m->policy, m->func, IR_MIN, number(m), high, IR_NO_REF);
    return ir_emit(m->policy, m->func, IR_MAX, at_most, low, IR_NO_REF);
}

static ir_ref random_rule(struct maker *m) {
    ir_ref rule = ir_const(m->policy, m->func, 0);
    for (uint32_t i = below(m->random, 4); i > 0; i--) {
        ir_ref named = ir_const(m->policy, m->func, below(m->random, m->policy->rule_count));
        rule = ir_emit(m->policy, m->func, IR_SELECT, truth(m), named, rule);
    }
    return rule;
}

static void make_block(struct maker *m, uint32_t size, bool of_item) {
    uint32_t numbers = m->numbers, truths = m->truths, texts = m->texts;
    ir_block_begin(m->policy, m->func);
    keep(m, ir_const(m->policy, m->func, 100));
    keep(m, ir_bool(m->policy, m->func, true));
    keep(m, ir_claim(m->policy, m->func, POL_CLAIM_DATE));
    for (uint32_t i = 0; i < 5; i++)
        add_leaf(m);
    for (uint32_t i = 0; i < size; i++) {
        if (below(m->random, 5) == 0)
            add_leaf(m);
        add_inst(m);
    }
    struct ir_block b = m->func->block[m->func->block_count - 1];
    if (of_item || below(m->random, 3))
        b.rule = random_rule(m);
    if (of_item) {
        b.award = clamped(m, below(m->random, 2) ? 1 : -((int64_t)1 << 60),
                          below(m->random, 2) ? 90000000 : (int64_t)1 << 62);
        b.aux = arena_array_of(m->policy->arena, ir_ref, m->func->aux_count + 1);
        for (uint32_t i = 0; i < m->func->aux_count; i++)
            b.aux[i] = below(m->random, 3) ? clamped(m, -1000, (int64_t)1 << 55) : IR_NO_REF;
    }
    b.first = m->func->block[m->func->block_count - 1].first;
    b.end = m->func->block[m->func->block_count - 1].end;
    m->func->block[m->func->block_count - 1] = b;
    ir_block_end(m->func);
    if (of_item) { /* what other items compute is not visible */
        m->numbers = numbers;
        m->truths = truths;
        m->texts = texts;
    }
}

static struct ir_policy *random_policy(struct arena *arena, uint64_t *random) {
    uint32_t items = below(random, 12) == 0 ? 120 : 1 + below(random, 12);
    struct ir_policy *p = make_policy(arena, items, below(random, 2) ? 12 : 700);
    static struct maker m;
    m = (struct maker){.policy = p, .func = &p->row, .random = random, .with_text = below(random, 3) == 0};
    bool text = m.with_text;
    p->row.aux_count = below(random, 4);
    m.with_text = text && below(random, 4) == 0;
    make_block(&m, below(random, 10), false);
    m.with_text = text;
    for (uint32_t i = 0; i < items; i++)
        make_block(&m, 1 + below(random, 25), true);
    m = (struct maker){.policy = p, .func = &p->profile_row, .random = random};
    ir_block_begin(p, &p->profile_row);
    keep(&m, ir_profile(p, &p->profile_row, POL_PROFILE_BUILTINS));
    keep(&m, ir_profile(p, &p->profile_row, POL_PROFILE_BUILTINS + 8));
    for (uint32_t i = 0; i < 3; i++)
        keep(&m, ir_profile(p, &p->profile_row, POL_PROFILE_BUILTINS + below(random, 10)));
    p->limit.excluded = truth(&m);
    p->limit.limited = truth(&m);
    p->limit.amount = clamped(&m, 0, INT64_MAX);
    ir_block_end(&p->profile_row);
    return p;
}

/* ---- random rows ----------------------------------------------------------------------------------------------------
 */

enum { ROWS = 200, AUX = 4 };

struct rows {
    void *claim[CLAIM_FIELDS], *profile[PROFILE_FIELDS];
    struct ir_value claim_value[ROWS][CLAIM_FIELDS], profile_value[ROWS][PROFILE_FIELDS];
    uint16_t item[ROWS], rule[ROWS];
    uint8_t status[ROWS];
    int64_t award[ROWS], aux[AUX][ROWS], *aux_column[AUX], params[PARAMS];
};

static void used_by(const struct ir_func *func, uint32_t block, bool *claim, bool *profile) {
    for (ir_ref i = func->block[block].first; i < func->block[block].end; i++) {
        if (func->inst[i].op == IR_CLAIM)
            claim[func->inst[i].index] = true;
        if (func->inst[i].op == IR_PROFILE)
            profile[func->inst[i].index] = true;
    }
}

static const char *const words[] = {"", "de", "cn", "deu"};

/* Writes one cell; a cell that is not read gets rubbish. */
static struct ir_value fill_cell(const struct ir_field *f, void *column, uint32_t row, bool read, uint64_t *random) {
    unsigned width = ir_field_width(f);
    struct ir_value v = {.present = read};
    char *at = (char *)column + (size_t)row * width;
    uint64_t bits[2] = {next_random(random), next_random(random)};
    if (f->type == POL_TEXT) {
        const char *word = words[below(random, 4)];
        struct pol_text t = {word, (uint32_t)strlen(word), 0};
        v.text = text_of(word);
        memcpy(at, read ? (void *)&t : (void *)bits, width);
        return v;
    }
    if (read) {
        int64_t max = f->type == POL_ENUM ? 4 : f->type == POL_BOOL ? 1 : f->max;
        int64_t number = between(random, f->type == POL_ENUM || f->type == POL_BOOL ? 0 : f->min, max);
        v.number = number;
        memcpy(bits, &number, sizeof number);
    }
    memcpy(at, bits, width);
    return v;
}

static void fill_rows(struct rows *r, const struct ir_policy *p, uint64_t *random) {
    for (uint32_t i = 0; i < CLAIM_FIELDS; i++)
        r->claim[i] = malloc((size_t)ROWS * 16);
    for (uint32_t i = 0; i < PROFILE_FIELDS; i++)
        r->profile[i] = malloc((size_t)ROWS * 16);
    for (uint32_t row = 0; row < ROWS; row++) {
        bool claim[CLAIM_FIELDS] = {0}, profile[PROFILE_FIELDS] = {0};
        r->status[row] = below(random, 8) == 0 ? (uint8_t)(1 + below(random, 5)) : 0;
        r->item[row] = r->status[row] && below(random, 2) ? POL_ITEM_UNKNOWN : (uint16_t)below(random, p->item_count);
        if (!r->status[row]) {
            used_by(&p->row, 0, claim, profile);
            used_by(&p->row, r->item[row] + 1u, claim, profile);
        }
        for (uint32_t i = 0; i < CLAIM_FIELDS; i++)
            r->claim_value[row][i] = fill_cell(&p->claim[i], r->claim[i], row, claim[i], random);
        for (uint32_t i = 0; i < PROFILE_FIELDS; i++)
            r->profile_value[row][i] = fill_cell(&p->profile[i], r->profile[i], row, profile[i], random);
    }
    for (uint32_t i = 0; i < PARAMS; i++)
        r->params[i] = between(random, p->param[i].min, p->param[i].max);
    for (uint32_t i = 0; i < AUX; i++)
        r->aux_column[i] = r->aux[i];
}

static void free_rows(struct rows *r) {
    for (uint32_t i = 0; i < CLAIM_FIELDS; i++)
        free(r->claim[i]);
    for (uint32_t i = 0; i < PROFILE_FIELDS; i++)
        free(r->profile[i]);
    free(r);
}

/* ---- native code ----------------------------------------------------------------------------------------------------
 */

struct native {
    void *handle;
    const struct pol_descriptor *descriptor;
    char path[64];
};

static void open_native(struct native *n, const struct ir_policy *p, const char *cpu) {
    struct codegen_output parts;
    char message[LINK_MESSAGE];
    assert_int_equal(codegen_policy(p, cpu, CODEGEN_PARTS, &parts), CODEGEN_OK);
    struct link_object object[LINK_OBJECTS];
    for (size_t i = 0; i < parts.count; i++)
        object[i] = (struct link_object){parts.part[i].bytes, parts.part[i].size};
    snprintf(n->path, sizeof n->path, "/tmp/pol-test-%d.so", (int)getpid());
    enum link_status status = link_shared(object, parts.count, n->path, message);
    codegen_free(&parts);
    assert_string_equal(message, "");
    assert_int_equal(status, LINK_OK);
    n->handle = dlopen(n->path, RTLD_NOW | RTLD_LOCAL);
    if (!n->handle)
        fail_msg("%s", dlerror());
    n->descriptor = dlsym(n->handle, POL_DESCRIPTOR_SYMBOL);
    assert_non_null(n->descriptor);
    unlink(n->path);
}

static bool has_level(unsigned level) {
    __builtin_cpu_init();
    return level <= 1 || (level == 3 && __builtin_cpu_supports("x86-64-v3")) ||
           (level == 4 && __builtin_cpu_supports("x86-64-v4"));
}

static pol_row_kernel *row_kernel(const struct native *n, uint32_t k) {
    return (pol_row_kernel *)((uintptr_t)n->descriptor + (uintptr_t)n->descriptor->kernels[k].row);
}

static void run_native(struct rows *r, pol_row_kernel *kernel, uint64_t rows) {
    memset(r->rule, 0xff, sizeof r->rule);
    memset(r->award, 0xff, sizeof r->award);
    memset(r->aux, 0xff, sizeof r->aux);
    kernel(&(struct pol_row_args){.rows = rows,
                                  .claim = (const void *const *)r->claim,
                                  .profile = (const void *const *)r->profile,
                                  .item = r->item,
                                  .status = r->status,
                                  .params = r->params,
                                  .rule = r->rule,
                                  .award = r->award,
                                  .aux = r->aux_column});
}

/* ---- comparing ------------------------------------------------------------------------------------------------------
 */

struct expected {
    int64_t rule, award, aux[AUX];
};

static struct expected interpret(const struct ir_policy *p, const struct rows *r, uint32_t row,
                                 struct ir_value *value) {
    struct expected e = {0};
    struct ir_row in = {r->claim_value[row], r->profile_value[row], r->params};
    if (r->status[row])
        return e;
    ir_eval_block(&p->row, 0, &in, value);
    e.rule = (int64_t)ir_eval_result(value, p->row.block[0].rule, 0);
    if (e.rule)
        return e;
    const struct ir_block *b = &p->row.block[r->item[row] + 1];
    ir_eval_block(&p->row, r->item[row] + 1u, &in, value);
    e.rule = (int64_t)ir_eval_result(value, b->rule, 0);
    e.award = e.rule ? 0 : (int64_t)ir_eval_result(value, b->award, 0);
    for (uint32_t i = 0; i < p->row.aux_count; i++)
        e.aux[i] = (int64_t)ir_eval_result(value, b->aux[i], 0);
    return e;
}

static void compare_rows(const struct ir_policy *p, struct rows *r, pol_row_kernel *kernel, uint64_t rows,
                         struct ir_value *value) {
    run_native(r, kernel, rows);
    for (uint32_t row = 0; row < rows; row++) {
        struct expected e = interpret(p, r, row, value);
        if (r->rule[row] != e.rule || r->award[row] != e.award)
            print_error("row %u of %u, item %u, status %u: rule %u, award %lld\n", row, (unsigned)rows, r->item[row],
                        r->status[row], r->rule[row], (long long)r->award[row]);
        assert_int_equal(r->rule[row], e.rule);
        assert_int_equal(r->award[row], e.award);
        for (uint32_t i = 0; i < p->row.aux_count; i++)
            assert_int_equal(r->aux[i][row], e.aux[i]);
    }
    if (rows < ROWS) { /* nothing behind the last row is touched */
        assert_int_equal(r->rule[rows], 0xffff);
        assert_int_equal(r->award[rows], -1);
    }
}

static void compare_profile(const struct ir_policy *p, struct rows *r, pol_profile_kernel *kernel, uint64_t *random,
                            struct ir_value *value) {
    uint8_t flags[ROWS];
    int64_t limit[ROWS];
    for (uint32_t row = 0; row < ROWS; row++)
        for (uint32_t i = 0; i < PROFILE_FIELDS; i++)
            r->profile_value[row][i] = fill_cell(&p->profile[i], r->profile[i], row, true, random);
    kernel(&(struct pol_profile_args){ROWS, (const void *const *)r->profile, r->params, flags, limit});
    for (uint32_t row = 0; row < ROWS; row++) {
        ir_eval_block(&p->profile_row, 0, &(struct ir_row){NULL, r->profile_value[row], r->params}, value);
        int expected = (ir_eval_result(value, p->limit.excluded, 0) ? POL_PROFILE_EXCLUDED : 0) |
                       (ir_eval_result(value, p->limit.limited, 0) ? POL_PROFILE_LIMITED : 0);
        assert_int_equal(flags[row], expected);
        assert_int_equal(limit[row], (int64_t)ir_eval_result(value, p->limit.amount, 0));
    }
}

static void compare_policy(uint64_t seed) {
    uint64_t random = seed;
    struct arena *arena = arena_new();
    struct ir_policy *p = random_policy(arena, &random);

    if (getenv("POL_VERBOSE"))
        fputs(ir_print(p, arena).data, stderr);
    struct rows *r = calloc(1, sizeof *r);
    fill_rows(r, p, &random);
    uint32_t insts = p->row.inst_count + p->profile_row.inst_count;
    struct ir_value *value = arena_array_of(arena, struct ir_value, insts + 1);
    static const char *const cpus[] = {NULL, "native", "nehalem", "x86-64"};
    struct native n;
    open_native(&n, p, cpus[seed % 8 < 4 ? seed % 8 : 0]);
    static const uint64_t sizes[] = {ROWS, 1, 0, 15, 64, 129};
    for (uint32_t k = 0; k < n.descriptor->kernel_count; k++) {
        const struct pol_kernels *at = &n.descriptor->kernels[k];
        if (!has_level(at->level))
            continue;
        for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
            compare_rows(p, r, row_kernel(&n, k), sizes[i], value);
    }
    for (uint32_t k = 0; k < n.descriptor->kernel_count; k++)
        if (has_level(n.descriptor->kernels[k].level))
            compare_profile(
                p, r, (pol_profile_kernel *)((uintptr_t)n.descriptor + (uintptr_t)n.descriptor->kernels[k].profile),
                &random, value);
    dlclose(n.handle);
    free_rows(r);
    arena_free(arena);
}

static void test_random(void **state) {
    (void)state;
    const char *from = getenv("POL_SEED"), *count = getenv("POL_COUNT");
    uint64_t first = from ? strtoull(from, NULL, 10) : 1, n = count ? strtoull(count, NULL, 10) : 60;
    for (uint64_t seed = first; seed < first + n; seed++) {
        if (getenv("POL_VERBOSE"))
            fprintf(stderr, "seed %llu\n", (unsigned long long)seed);
        compare_policy(seed);
    }
}

/* ---- worked out by hand ---------------------------------------------------------------------------------------------
 */

enum { MONEY = 0, SIGNED = 2, RATE = 3, COUNT = 4, DATE = 7, NAME = 10 }; /* indices into schema */

static ir_ref cell(struct ir_policy *p, uint32_t field) {
    return ir_claim(p, &p->row, POL_CLAIM_BUILTINS + field);
}

static ir_ref with_const(struct ir_policy *p, enum ir_op op, ir_ref a, ir_int k) {
    return ir_emit(p, &p->row, op, a, ir_const(p, &p->row, k), IR_NO_REF);
}

static void item(struct ir_policy *p, ir_ref rule, ir_ref award) {
    struct ir_block *b = &p->row.block[p->row.block_count - 1];
    b->rule = rule;
    b->award = award;
    ir_block_end(&p->row);
}

/* Items: interest of 128 bits; -(signed / 2) rounded down and half up; a date a year later; a name that must be "de".
 */
static struct ir_policy *worked_policy(struct arena *arena) {
    struct ir_policy *p = make_policy(arena, 5, 3);
    ir_block_begin(p, &p->row);
    ir_block_end(&p->row);
    ir_block_begin(p, &p->row);
    ir_ref product = ir_emit(p, &p->row, IR_MUL, cell(p, MONEY), cell(p, RATE), IR_NO_REF);
    product = ir_emit(p, &p->row, IR_MUL, product, cell(p, COUNT), IR_NO_REF);
    item(p, IR_NO_REF, with_const(p, IR_MIN, with_const(p, IR_ROUNDDIV, product, 730000000), INT64_MAX));
    ir_block_begin(p, &p->row);
    item(p, IR_NO_REF, with_const(p, IR_FLOORDIV, cell(p, SIGNED), 2));
    ir_block_begin(p, &p->row);
    item(p, IR_NO_REF, with_const(p, IR_ROUNDDIV, cell(p, SIGNED), 2));
    ir_block_begin(p, &p->row);
    item(p, IR_NO_REF, with_const(p, IR_ADD_YEARS, cell(p, DATE), 1));
    ir_block_begin(p, &p->row);
    ir_ref same = ir_emit(p, &p->row, IR_TEXT_EQ, cell(p, NAME), ir_text(p, &p->row, TEXT("de")), IR_NO_REF);
    ir_ref zero = ir_const(p, &p->row, 0), two = ir_const(p, &p->row, 2);
    item(p, ir_emit(p, &p->row, IR_SELECT, same, zero, two), ir_const(p, &p->row, 77));
    return p;
}

struct worked {
    uint16_t item;
    int64_t money, signed_, rate, count, date;
    const char *name;
    int64_t rule, award;
};

static const struct worked worked[] = {
    {0, 99999999999999, 0, 999999, 366, 0, "", 0, 50136936164383},
    {0, 1, 0, 1, 364999999, 0, "", 0, 0}, /* 0.4999… */
    {0, 1, 0, 1, 365000000, 0, "", 0, 1}, /* 0.5 */
    {1, 0, -3, 0, 0, 0, "", 0, -2},
    {1, 0, 3, 0, 0, 0, "", 0, 1},
    {2, 0, -3, 0, 0, 0, "", 0, -1},
    {2, 0, 3, 0, 0, 0, "", 0, 2},
    {3, 0, 0, 0, 0, 11016, "", 0, 11382}, /* 2000-02-29 to 2001-03-01 */
    {3, 0, 0, 0, 0, 12476, "", 0, 12842}, /* 2004-02-28 to 2005-02-28 */
    {4, 0, 0, 0, 0, 0, "de", 0, 77},
    {4, 0, 0, 0, 0, 0, "dex", 2, 0},
    {4, 0, 0, 0, 0, 0, "", 2, 0},
};
enum { WORKED = sizeof worked / sizeof *worked };

static void put_number(struct rows *r, const struct ir_policy *p, uint32_t field, uint32_t row, int64_t value) {
    uint32_t i = POL_CLAIM_BUILTINS + field;
    unsigned width = ir_field_width(&p->claim[i]);
    memcpy((char *)r->claim[i] + (size_t)row * width, &value, width);
}

/* The cases over and over, so that each stands in whole vectors and behind the last one. */
static void test_worked(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct ir_policy *p = worked_policy(arena);
    struct rows *r = calloc(1, sizeof *r);
    uint64_t random = 1;
    fill_rows(r, p, &random);
    for (uint32_t row = 0; row < ROWS; row++) {
        const struct worked *w = &worked[row % WORKED];
        r->status[row] = 0;
        r->item[row] = w->item;
        put_number(r, p, MONEY, row, w->money);
        put_number(r, p, SIGNED, row, w->signed_);
        put_number(r, p, RATE, row, w->rate);
        put_number(r, p, COUNT, row, w->count);
        put_number(r, p, DATE, row, w->date);
        ((struct pol_text *)r->claim[POL_CLAIM_BUILTINS + NAME])[row] =
            (struct pol_text){w->name, (uint32_t)strlen(w->name), 0};
    }
    struct native n;
    open_native(&n, p, NULL);
    assert_int_equal(n.descriptor->kernel_count, 3);
    for (uint32_t k = 0; k < 3; k++) {
        assert_int_equal(n.descriptor->kernels[k].level, k == 0 ? 1 : k + 2);
        if (!has_level(n.descriptor->kernels[k].level))
            continue;
        run_native(r, row_kernel(&n, k), ROWS);
        for (uint32_t row = 0; row < ROWS; row++) {
            assert_int_equal(r->rule[row], worked[row % WORKED].rule);
            assert_int_equal(r->award[row], worked[row % WORKED].award);
        }
    }
    dlclose(n.handle);
    free_rows(r);
    arena_free(arena);
}

/* ---- amounts to choose among ----------------------------------------------------------------------------------------
 */

enum { AMOUNT_ITEMS = 5 };

/* The Kth amount: nothing, the largest that fits 32 bits, 2000, 3000, ... */
static ir_int amount(uint32_t k) {
    return k == 0 ? 0 : k == 1 ? UINT32_MAX : 1000 * (ir_int)k;
}

/* The amount `first` + the count of the claim, and beyond it the last of `count` amounts. */
static ir_ref chosen(struct ir_policy *p, uint32_t first, uint32_t count) {
    ir_ref result = ir_const(p, &p->row, amount(first + count - 1));
    for (uint32_t k = count - 1; k > 0; k--)
        result = ir_emit(p, &p->row, IR_SELECT, with_const(p, IR_LT, cell(p, COUNT), k),
                         ir_const(p, &p->row, amount(first + k - 1)), result);
    return result;
}

/* Items: the first half of the amounts, where the count is not 3; the other half; always 5000; always 2^32; the money
 * of the claim, less 7. */
static struct ir_policy *amounts_policy(struct arena *arena, uint32_t amounts) {
    struct ir_policy *p = make_policy(arena, AMOUNT_ITEMS, 3);
    uint32_t half = amounts / 2;
    ir_block_begin(p, &p->row);
    ir_block_end(&p->row);
    ir_block_begin(p, &p->row);
    ir_ref three = with_const(p, IR_EQ, cell(p, COUNT), 3);
    ir_ref rule = ir_emit(p, &p->row, IR_SELECT, three, ir_const(p, &p->row, 2), ir_const(p, &p->row, 0));
    item(p, rule, chosen(p, 0, half));
    ir_block_begin(p, &p->row);
    item(p, IR_NO_REF, chosen(p, half, amounts - half));
    ir_block_begin(p, &p->row);
    item(p, IR_NO_REF, ir_const(p, &p->row, 5000));
    ir_block_begin(p, &p->row);
    item(p, IR_NO_REF, ir_const(p, &p->row, (ir_int)1 << 32));
    ir_block_begin(p, &p->row);
    item(p, IR_NO_REF, with_const(p, IR_SUB, cell(p, MONEY), 7));
    return p;
}

static ir_int expected_amount(uint32_t amounts, uint32_t item_index, uint32_t count, ir_int money) {
    uint32_t half = amounts / 2, rest = amounts - half;
    switch (item_index) {
    case 0:
        return count == 3 ? 0 : amount(count < half ? count : half - 1);
    case 1:
        return amount(half + (count < rest ? count : rest - 1));
    case 2:
        return 5000;
    case 3:
        return (ir_int)1 << 32;
    default:
        return money - 7;
    }
}

static void compare_amounts(struct rows *r, uint32_t amounts) {
    struct arena *arena = arena_new();
    struct ir_policy *p = amounts_policy(arena, amounts);
    for (uint32_t row = 0; row < ROWS; row++) {
        r->status[row] = row % 11 == 10;
        r->item[row] = (uint16_t)(row % 7 % AMOUNT_ITEMS);
        put_number(r, p, COUNT, row, row % (amounts + 1));
        put_number(r, p, MONEY, row, (int64_t)row * 1000000000);
    }
    struct native n;
    open_native(&n, p, NULL);
    for (uint32_t k = 0; k < n.descriptor->kernel_count; k++) {
        if (!has_level(n.descriptor->kernels[k].level))
            continue;
        run_native(r, row_kernel(&n, k), ROWS);
        for (uint32_t row = 0; row < ROWS; row++) {
            bool valid = row % 11 != 10, three = row % (amounts + 1) == 3;
            ir_int award = expected_amount(amounts, r->item[row], row % (amounts + 1), (ir_int)row * 1000000000);
            assert_int_equal(r->rule[row], valid && r->item[row] == 0 && three ? 2 : 0);
            assert_int_equal(r->award[row], valid ? award : 0);
        }
    }
    dlclose(n.handle);
    arena_free(arena);
}

/* Around every number of amounts that some instruction can choose among. */
static void test_amounts(void **state) {
    (void)state;
    static const uint32_t amounts[] = {4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 62, 63, 64, 65, 90, 140};
    struct arena *arena = arena_new();
    struct rows *r = calloc(1, sizeof *r);
    uint64_t random = 1;
    fill_rows(r, amounts_policy(arena, 4), &random);
    for (size_t i = 0; i < sizeof amounts / sizeof *amounts; i++)
        compare_amounts(r, amounts[i]);
    free_rows(r);
    arena_free(arena);
}

/* ---- the object -----------------------------------------------------------------------------------------------------
 */

static void test_same_bytes(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    for (int kind = CODEGEN_LLVM; kind <= CODEGEN_PARTS; kind++) {
        struct codegen_output a, b;
        assert_int_equal(codegen_policy(worked_policy(arena), NULL, (enum codegen_kind)kind, &a), CODEGEN_OK);
        assert_int_equal(codegen_policy(worked_policy(arena), NULL, (enum codegen_kind)kind, &b), CODEGEN_OK);
        assert_int_equal(a.count, kind == CODEGEN_PARTS ? 3 : 1);
        for (size_t i = 0; i < a.count; i++) {
            assert_int_equal(a.part[i].size, b.part[i].size);
            assert_memory_equal(a.part[i].bytes, b.part[i].bytes, a.part[i].size);
        }
        codegen_free(&a);
        codegen_free(&b);
    }
    arena_free(arena);
}

static void test_processors(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct codegen_output out;
    assert_int_equal(codegen_policy(worked_policy(arena), "pdp-11", CODEGEN_OBJECT, &out), CODEGEN_UNKNOWN_CPU);
    codegen_free(&out);
    for (const char *const *cpu = codegen_cpus(); *cpu; cpu++) {
        assert_int_equal(codegen_policy(worked_policy(arena), *cpu, CODEGEN_OBJECT, &out), CODEGEN_OK);
        codegen_free(&out);
    }
    arena_free(arena);
}

/* ---- the digest of the rules ----------------------------------------------------------------------------------------
 */

struct rules {
    int64_t limit; /* of the first item's condition */
    bool swapped, relabelled, other_cell;
};

static void rules_item(struct ir_policy *p, uint32_t index, ir_ref condition, uint32_t rule, const char *column) {
    p->item[index].column = text_of(column);
    ir_ref named = ir_const(p, &p->row, rule);
    item(p, ir_emit(p, &p->row, IR_SELECT, condition, ir_const(p, &p->row, 0), named), cell(p, MONEY));
}

static void rules_of(struct arena *arena, struct rules change, uint8_t digest[POL_DIGEST_SIZE]) {
    struct ir_policy *p = make_policy(arena, 2, 3);
    p->cell = arena_array_of(arena, struct ir_cell, 2);
    p->cell_count = 2;
    for (uint32_t i = 0; i < 2; i++) {
        p->cell[i].kind = POL_CELL_ONCE;
        p->cell[i].key = arena_array_of(arena, struct pol_key, 1);
        p->cell[i].key[0].kind = POL_KEY_APPLICANT;
        p->cell[i].key_count = 1;
        p->item[i].step = arena_array_of(arena, struct pol_step, 1);
        p->item[i].step[0] = (struct pol_step){.kind = POL_STEP_ONCE, .cell = change.other_cell ? 0 : i};
        p->item[i].step_count = 1;
    }
    if (change.relabelled)
        p->title = p->rule[1].name = p->item[0].label = p->item[0].name = TEXT("another");
    ir_block_begin(p, &p->row);
    ir_block_end(&p->row);
    for (uint32_t i = 0; i < 2; i++) {
        bool first = (i == 0) != change.swapped;
        ir_block_begin(p, &p->row);
        ir_ref limit = with_const(p, IR_LE, cell(p, first ? COUNT : SIGNED), first ? change.limit : 5);
        rules_item(p, i, limit, first ? 1 : 2, first ? "a" : "b");
    }
    ir_block_begin(p, &p->profile_row);
    ir_block_end(&p->profile_row);
    struct native n;
    open_native(&n, p, "x86-64");
    memcpy(digest, n.descriptor->rules_digest, POL_DIGEST_SIZE);
    dlclose(n.handle);
}

static void test_rules_digest(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    uint8_t base[POL_DIGEST_SIZE], other[POL_DIGEST_SIZE];
    rules_of(arena, (struct rules){.limit = 9}, base);
    rules_of(arena, (struct rules){.limit = 9, .relabelled = true}, other);
    assert_memory_equal(base, other, sizeof base);
    rules_of(arena, (struct rules){.limit = 9, .swapped = true}, other);
    assert_memory_equal(base, other, sizeof base);
    rules_of(arena, (struct rules){.limit = 8}, other);
    assert_memory_not_equal(base, other, sizeof base);
    rules_of(arena, (struct rules){.limit = 9, .other_cell = true}, other);
    assert_memory_not_equal(base, other, sizeof base);
    arena_free(arena);
}

/* ---- where a policy decides otherwise -------------------------------------------------------------------------------
 */

/* gen_thresholds.c; its header needs LLVM */
uint32_t gen_thresholds(const struct ir_policy *policy, struct arena *arena, struct pol_threshold **list);

enum { DEEP = 200 };

/* if n = 200 then (if n = 199 then ( ... cost ...) else (cost at most 199元)) else (cost at most 200元) */
static void write_deep(const char *path) {
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("policy deep \"d\" {\n}\nclaim {\n    cost: money\n    n: count\n}\nclause 1 {\n    item i {\n        award ",
          file);
    for (int i = DEEP; i > 0; i--)
        fprintf(file, "if n = %d then (", i);
    fputs("cost", file);
    for (int i = 1; i <= DEEP; i++)
        fprintf(file, ") else (cost at most %d元)", i);
    fputs("\n    }\n}\n", file);
    assert_int_equal(fclose(file), 0);
}

/* However deep a maximum stands in an award, it is one of the most that the award comes to, and a bound of its field.
 */
static void test_deep_thresholds(void **state) {
    (void)state;
    char path[] = "/tmp/pol_test_deep.XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    write_deep(path);
    struct arena *arena = arena_new();
    struct pipeline p;
    assert_int_equal(pipeline_run(&p, arena, path, PIPELINE_LOWER), PIPELINE_OK);
    struct pol_threshold *list;
    uint32_t count = gen_thresholds(p.ir, arena, &list);
    int award[DEEP + 1] = {0}, cost[DEEP + 1] = {0};
    for (uint32_t i = 0; i < count; i++) {
        assert_int_equal(list[i].value % 100, 0);
        assert_in_range(list[i].value / 100, 1, DEEP);
        (list[i].field == POL_NONE ? award : cost)[list[i].value / 100]++;
    }
    for (int i = 1; i <= DEEP; i++) {
        assert_int_equal(award[i], 1);
        assert_int_equal(cost[i], 1);
    }
    arena_free(arena);
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked),       cmocka_unit_test(test_same_bytes), cmocka_unit_test(test_processors),
        cmocka_unit_test(test_rules_digest), cmocka_unit_test(test_random),     cmocka_unit_test(test_deep_thresholds),
        cmocka_unit_test(test_amounts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
