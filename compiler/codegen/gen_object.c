/* gen_object.c - modules, emission.
 *
 * An object is written in parts: single rows, the kernels and the descriptor are one, each vector loop is another. They
 * share nothing of LLVM, so that they can be written at the same time; linked together they are the object that one
 * module would give. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>

#include "codegen/codegen.h"
#include "codegen/gen_emit.h"
#include "codegen/gen_target.h"

#define TRIPLE "x86_64-pc-linux-gnu"

enum { ALL_PARTS = CODEGEN_PART_LIMIT, FUNCTION_INSTS = 4000 };

struct part {
    struct gen g;
    const struct gen_plan *plan;
    enum codegen_kind kind;
    unsigned first, end; /* which parts of the object this module holds; 0 = rows and descriptor, then vector loops */
    LLVMTargetMachineRef machine;
    enum codegen_status status;
    char *bytes;
    size_t size;
    char message[CODEGEN_MESSAGE];
};

/* ---- contents -------------------------------------------------------------------------------------------------------
 */

static void open_module(struct gen *g) {
    g->context = LLVMContextCreate();
    g->module = LLVMModuleCreateWithNameInContext("policy", g->context);
    g->builder = LLVMCreateBuilderInContext(g->context);
    LLVMSetTarget(g->module, TRIPLE);
    g->pointer = LLVMPointerTypeInContext(g->context, 0);
    g->void_type = LLVMVoidTypeInContext(g->context);
    g->text_type = LLVMStructCreateNamed(g->context, "text");
    LLVMTypeRef members[2] = {g->pointer, emit_int(g, 32)};
    LLVMStructSetBody(g->text_type, members, 2, 0);
}

static void close_module(struct gen *g) {
    if (!g->context)
        return;
    LLVMDisposeBuilder(g->builder);
    LLVMDisposeModule(g->module);
    LLVMContextDispose(g->context);
}

/* Functions of the kernels themselves are named after the level they are for, and run on any. */
static LLVMValueRef kernel(struct gen *g, LLVMValueRef row_one, const struct gen_target *vector) {
    struct gen_target target = g->plan->rows;
    const struct gen_target *before = g->target;
    LLVMValueRef loop = vector ? gen_shared(g, "row_vector", vector) : NULL;
    if (vector)
        target.suffix = vector->suffix;
    g->target = &target;
    LLVMValueRef function = gen_row_kernel(g, row_one, loop, vector ? vector->lanes : 1);
    g->target = before;
    return function;
}

static struct gen_kernels kernels_of(struct gen *g, LLVMValueRef row_one, const struct gen_target *vector,
                                     LLVMValueRef profile) {
    uint32_t level = vector ? vector->level : g->plan->rows.level;
    return (struct gen_kernels){level, level ? 0 : g->plan->least, kernel(g, row_one, vector), profile};
}

static bool rows_part(struct gen *g) {
    const struct gen_plan *plan = g->plan;
    struct gen_kernels kernels[POL_KERNEL_SLOTS];
    uint32_t count = 0;
    g->target = &plan->rows;
    LLVMValueRef profile = gen_profile_kernel(g), row_one = gen_row_one(g);
    if (plan->rows_alone || !g->any_fast)
        kernels[count++] = kernels_of(g, row_one, NULL, profile);
    for (uint32_t i = 0; i < plan->vector_count && g->any_fast; i++)
        kernels[count++] = kernels_of(g, row_one, &plan->vector[i], profile);
    return gen_descriptor(g, plan->name, kernels, count);
}

static void vector_part(struct gen *g, const struct gen_target *target) {
    g->target = target;
    gen_vector_rows(g, gen_shared(g, "row_one", &g->plan->rows));
}

/* ---- emission ------------------------------------------------------------------------------------------------------
 */

static enum codegen_status failed(struct part *p, const char *message) {
    snprintf(p->message, sizeof p->message, "%s", message);
    return CODEGEN_FAILED;
}

static enum codegen_status take(struct part *p, const char *bytes, size_t size) {
    p->bytes = malloc(size ? size : 1);
    if (!p->bytes)
        return CODEGEN_NO_MEMORY;
    memcpy(p->bytes, bytes, size);
    p->size = size;
    return CODEGEN_OK;
}

/* Where vector loops take most items, the code for single rows decides little more than the rows behind the last whole
 * vector: instructions are chosen one by one, in half the time. Very large policies are decided row by row; what little
 * more speed there is would take minutes. The time that good code takes grows with the square of the longest function:
 * one of many thousand instructions is written as it stands. */
static LLVMCodeGenOptLevel level_of(const struct gen *g, bool quick) {
    if (g->any_fast)
        return quick ? LLVMCodeGenLevelLess : LLVMCodeGenLevelDefault;
    uint32_t longest = g->profile.inst_count;
    for (uint32_t i = 0; i < g->row.block_count; i++)
        if (g->row.block[i].end - g->row.block[i].first > longest)
            longest = g->row.block[i].end - g->row.block[i].first;
    return longest > FUNCTION_INSTS ? LLVMCodeGenLevelNone : LLVMCodeGenLevelLess;
}

static enum codegen_status open_machine(struct part *p) {
    LLVMTargetRef target;
    char *message = NULL;
    if (LLVMGetTargetFromTriple(TRIPLE, &target, &message)) {
        LLVMDisposeMessage(message);
        return failed(p, "no code generator for " TRIPLE);
    }
    bool quick = p->g.any_fast && p->end == 1; /* single rows alone */
    LLVMCodeGenOptLevel level = level_of(&p->g, quick);
    p->machine =
        LLVMCreateTargetMachine(target, TRIPLE, p->plan->rows.cpu, "", level, LLVMRelocPIC, LLVMCodeModelDefault);
    if (!p->machine)
        return failed(p, "no code generator for " TRIPLE);
    if (quick)
        LLVMSetTargetMachineFastISel(p->machine, 1);
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(p->machine);
    LLVMSetModuleDataLayout(p->g.module, layout);
    LLVMDisposeTargetData(layout);
    return CODEGEN_OK;
}

/* Code is emitted as it should stay: equal things of a loop are computed once by instruction selection, and the usual
 * passes would widen what was made narrow. */
static enum codegen_status verify(struct part *p) {
    char *message = NULL;
    bool broken = LLVMVerifyModule(p->g.module, LLVMReturnStatusAction, &message);
    enum codegen_status status = broken ? failed(p, message) : CODEGEN_OK;
    LLVMDisposeMessage(message);
    return status;
}

static enum codegen_status emit(struct part *p) {
    if (p->kind == CODEGEN_LLVM) {
        char *text = LLVMPrintModuleToString(p->g.module);
        enum codegen_status status = take(p, text, strlen(text));
        LLVMDisposeMessage(text);
        return status;
    }
    char *message = NULL;
    LLVMMemoryBufferRef buffer;
    LLVMCodeGenFileType type = p->kind == CODEGEN_ASM ? LLVMAssemblyFile : LLVMObjectFile;
    if (LLVMTargetMachineEmitToMemoryBuffer(p->machine, p->g.module, type, &message, &buffer)) {
        enum codegen_status status = failed(p, message);
        LLVMDisposeMessage(message);
        return status;
    }
    enum codegen_status status = take(p, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
    LLVMDisposeMemoryBuffer(buffer);
    return status;
}

/* ---- one part -------------------------------------------------------------------------------------------------------
 */

static enum codegen_status write_part(struct part *p) {
    struct gen *g = &p->g;
    uint32_t insts = g->row.inst_count > g->profile.inst_count ? g->row.inst_count : g->profile.inst_count;
    g->value = arena_array_of(g->arena, struct num, insts + 1u);
    g->need = arena_array_of(g->arena, bool, insts + 1u);
    open_module(g);
    for (unsigned i = p->first; i < p->end; i++)
        if (i > 0)
            vector_part(g, &p->plan->vector[i - 1]);
        else if (!rows_part(g))
            return CODEGEN_TOO_LARGE;
    enum codegen_status status = open_machine(p);
    if (status == CODEGEN_OK)
        status = verify(p);
    return status == CODEGEN_OK ? emit(p) : status;
}

/* With an arena of its own, so that running out of memory comes back here and LLVM's objects are given back. */
static void run_part(struct part *p) {
    jmp_buf no_memory;
    p->status = CODEGEN_NO_MEMORY;
    p->g.arena = arena_new();
    if (p->g.arena && !setjmp(no_memory)) {
        arena_on_failure(p->g.arena, &no_memory);
        p->status = write_part(p);
    }
    if (p->machine)
        LLVMDisposeTargetMachine(p->machine);
    close_module(&p->g);
    if (p->g.arena)
        arena_free(p->g.arena);
}

/* ---- all of them ----------------------------------------------------------------------------------------------------
 */

/* The parts, dearest first: the vector loops take twice as long as single rows. */
struct work {
    struct part *part;
    unsigned count;
    atomic_uint next;
};

static void *run_next(void *argument) {
    struct work *work = argument;
    for (unsigned i; (i = atomic_fetch_add(&work->next, 1)) < work->count;)
        run_part(&work->part[(i + 1) % work->count]);
    return NULL;
}

static unsigned processors(void) {
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 ? (unsigned)CPU_COUNT(&set) : ALL_PARTS;
}

/* No more threads than processors, or the dearest part would wait for the others and be written alone in the end. What
 * gets no thread is written by this one. */
static void run_parts(struct part *part, unsigned count) {
    struct work work = {.part = part, .count = count};
    pthread_t thread[ALL_PARTS];
    unsigned wanted = processors(), threads = 0;
    for (unsigned i = 1; i < count && i < wanted; i++)
        if (pthread_create(&thread[threads], NULL, run_next, &work) == 0)
            threads++;
    run_next(&work);
    while (threads > 0)
        pthread_join(thread[--threads], NULL);
}

static enum codegen_status collect(struct part *part, unsigned count, struct codegen_output *out) {
    enum codegen_status status = CODEGEN_OK;
    for (unsigned i = 0; i < count; i++) {
        out->part[i].bytes = part[i].bytes;
        out->part[i].size = part[i].size;
        if (part[i].status != CODEGEN_OK && status == CODEGEN_OK) {
            status = part[i].status;
            memcpy(out->message, part[i].message, sizeof out->message);
        }
    }
    out->count = count;
    return status;
}

static enum codegen_status generate(const struct gen *base, enum codegen_kind kind, struct codegen_output *out) {
    struct part *part = calloc(ALL_PARTS, sizeof *part);
    if (!part)
        return CODEGEN_NO_MEMORY;
    unsigned all = base->any_fast ? 1 + base->plan->vector_count : 1;
    unsigned count = kind == CODEGEN_PARTS ? all : 1;
    for (unsigned i = 0; i < count; i++) {
        part[i] = (struct part){.g = *base, .plan = base->plan, .kind = kind, .first = i, .end = i + 1};
        if (count == 1)
            part[i].end = all;
    }
    run_parts(part, count);
    enum codegen_status status = collect(part, count, out);
    free(part);
    return status;
}

/* What all parts read: the narrowed functions, and which items suit a vector. */
static enum codegen_status prepare(struct gen *base, enum codegen_kind kind, struct codegen_output *out) {
    jmp_buf no_memory;
    if (setjmp(no_memory))
        return CODEGEN_NO_MEMORY;
    arena_on_failure(base->arena, &no_memory);
    struct ir_policy *own = arena_new_of(base->arena, struct ir_policy);
    *own = *base->policy;
    own->arena = base->arena;
    base->row = gen_narrow_caps(own, &base->policy->row, base->arena);
    base->profile = base->policy->profile_row;
    base->need = arena_array_of(base->arena, bool, base->row.inst_count + 1u);
    gen_classify(base);
    return generate(base, kind, out);
}

/* LLVM's options are the process's. Scheduling takes a tenth of the time; a processor that runs vector loops reorders
 * instructions itself, and the loops got no faster. The other passes find next to nothing in code without common parts
 * and with one loop: a twelfth of the time. */
static void set_options(void) {
    static const char *const options[] = {"polc",
                                          "-enable-misched=false",
                                          "-x86-machine-combiner=false",
                                          "-disable-lsr",
                                          "-disable-machine-cse",
                                          "-disable-machine-licm",
                                          "-enable-tail-merge=false"};
    LLVMParseCommandLineOptions(sizeof options / sizeof *options, options, NULL);
}

void codegen_start(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    pthread_once(&once, set_options);
}

enum codegen_status codegen_policy(const struct ir_policy *policy, const char *cpu, enum codegen_kind kind,
                                   struct codegen_output *out) {
    *out = (struct codegen_output){.count = 0};
    struct gen_plan plan;
    struct gen_host host;
    if (!gen_plan_for(cpu, &plan, &host))
        return CODEGEN_UNKNOWN_CPU;
    codegen_start();
    enum codegen_status status = CODEGEN_NO_MEMORY;
    struct gen base = {.policy = policy, .plan = &plan, .arena = arena_new()};
    if (base.arena) {
        status = prepare(&base, kind, out);
        arena_free(base.arena);
    }
    gen_host_free(&host);
    return status;
}

void codegen_free(struct codegen_output *out) {
    for (size_t i = 0; i < CODEGEN_PART_LIMIT; i++)
        free(out->part[i].bytes);
    *out = (struct codegen_output){.count = 0};
}

const struct codegen_entry codegen_entry = {
    .version = POL_VERSION,
    .start = codegen_start,
    .policy = codegen_policy,
    .free = codegen_free,
    .cpus = codegen_cpus,
};
