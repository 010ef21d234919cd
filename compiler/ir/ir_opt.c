#include "ir/ir_opt.h"

struct sweep {
    struct ir_func *func;
    ir_ref *moved; /* for each instruction: IR_NO_REF = not needed, later where it has gone */
};

static void need(struct sweep *s, ir_ref ref) {
    if (ref != IR_NO_REF)
        s->moved[ref] = 0;
}

static void follow(const struct sweep *s, ir_ref *ref) {
    if (*ref != IR_NO_REF)
        *ref = s->moved[*ref];
}

/* Applies `visit` to every result of the function; `extra` are those that it has outside its blocks. */
static void each_result(struct sweep *s, ir_ref *extra[], size_t extras, void (*visit)(struct sweep *, ir_ref *)) {
    for (uint32_t b = 0; b < s->func->block_count; b++) {
        struct ir_block *block = &s->func->block[b];
        visit(s, &block->rule);
        visit(s, &block->award);
        for (uint32_t i = 0; block->aux && i < s->func->aux_count; i++)
            visit(s, &block->aux[i]);
    }
    for (size_t i = 0; i < extras; i++)
        visit(s, extra[i]);
}

static void visit_need(struct sweep *s, ir_ref *ref) {
    need(s, *ref);
}

static void visit_follow(struct sweep *s, ir_ref *ref) {
    follow(s, ref);
}

static void mark_operands(struct sweep *s) {
    for (ir_ref ref = s->func->inst_count; ref-- > 0;)
        if (s->moved[ref] != IR_NO_REF) {
            need(s, s->func->inst[ref].a);
            need(s, s->func->inst[ref].b);
            need(s, s->func->inst[ref].c);
        }
}

/* Moves what is needed to the front, block by block. */
static void compact(struct sweep *s) {
    struct ir_func *func = s->func;
    ir_ref to = 0;
    for (uint32_t b = 0; b < func->block_count; b++) {
        struct ir_block *block = &func->block[b];
        ir_ref from = block->first, end = block->end;
        block->first = to;
        for (; from < end; from++) {
            if (s->moved[from] == IR_NO_REF)
                continue;
            struct ir_inst inst = func->inst[from];
            follow(s, &inst.a);
            follow(s, &inst.b);
            follow(s, &inst.c);
            s->moved[from] = to;
            func->inst[to++] = inst;
        }
        block->end = to;
    }
    func->inst_count = to;
    func->memo = NULL;
}

static void sweep_func(struct arena *arena, struct ir_func *func, ir_ref *extra[], size_t extras) {
    struct sweep s = {.func = func, .moved = arena_array_of(arena, ir_ref, func->inst_count)};
    for (ir_ref ref = 0; ref < func->inst_count; ref++)
        s.moved[ref] = IR_NO_REF;
    each_result(&s, extra, extras, visit_need);
    mark_operands(&s);
    compact(&s);
    each_result(&s, extra, extras, visit_follow);
}

void ir_sweep(struct ir_policy *policy) {
    struct ir_limit *limit = &policy->limit;
    ir_ref *extra[] = {&limit->excluded, &limit->limited, &limit->amount};
    sweep_func(policy->arena, &policy->row, NULL, 0);
    sweep_func(policy->arena, &policy->profile_row, extra, sizeof extra / sizeof *extra);
}
