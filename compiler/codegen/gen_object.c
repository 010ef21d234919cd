/* gen_object.c - the whole: targets, module, passes, emission. */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <llvm-c/Analysis.h>
#include <llvm-c/Error.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "codegen/codegen.h"
#include "codegen/gen_emit.h"

#define TRIPLE "x86_64-pc-linux-gnu"

enum { BASE_LANES = 16, AVX2_LANES = 32, AVX512_LANES = 64 };

/* The portable object. Processors below level 3 take the code for single rows: none that audits a ledger is that old, and
 * vectors without AVX2 gain little. */
static const struct gen_target portable[] = {
    {"x86-64", "", "v1", 1, 1},
    {"x86-64-v3", "", "v3", 3, AVX2_LANES},
    {"x86-64-v4", "", "v4", 4, AVX512_LANES},
};

/* Processors by name, with the x86-64 level they have. */
static const struct {
    const char *name;
    unsigned level;
} processors[] = {
    {"x86-64", 1},         {"x86-64-v2", 2},      {"x86-64-v3", 3},      {"x86-64-v4", 4}, {"nehalem", 2},
    {"westmere", 2},       {"sandybridge", 2},    {"ivybridge", 2},      {"haswell", 3},   {"broadwell", 3},
    {"skylake", 3},        {"skylake-avx512", 4}, {"cascadelake", 4},    {"cooperlake", 4}, {"icelake-client", 4},
    {"icelake-server", 4}, {"tigerlake", 4},      {"rocketlake", 4},     {"alderlake", 3}, {"sapphirerapids", 4},
    {"emeraldrapids", 4},  {"graniterapids", 4},  {"gracemont", 3},      {"sierraforest", 3}, {"znver1", 3},
    {"znver2", 3},         {"znver3", 3},         {"znver4", 4},
};
enum { PROCESSORS = sizeof processors / sizeof *processors };

const char *const *codegen_cpus(void) {
    static const char *const names[] = {
        "native",     "x86-64",         "x86-64-v2",  "x86-64-v3",  "x86-64-v4",      "nehalem",       "westmere",
        "sandybridge", "ivybridge",     "haswell",    "broadwell",  "skylake",        "skylake-avx512", "cascadelake",
        "cooperlake", "icelake-client", "icelake-server", "tigerlake", "rocketlake",  "alderlake",     "sapphirerapids",
        "emeraldrapids", "graniterapids", "gracemont", "sierraforest", "znver1",      "znver2",        "znver3",
        "znver4",     NULL,
    };
    return names;
}

static unsigned lanes_of(unsigned level) {
    return level >= 4 ? AVX512_LANES : level == 3 ? AVX2_LANES : BASE_LANES;
}

/* ---- the target ----------------------------------------------------------------------------------------------------- */

struct targets {
    struct gen_target one;
    const struct gen_target *target;
    uint32_t count;
    char *host, *host_features; /* of LLVM, for "native" */
};

static bool named_target(struct targets *t, const char *cpu) {
    for (int i = 0; i < PROCESSORS; i++)
        if (strcmp(processors[i].name, cpu) == 0) {
            bool is_level = strncmp(cpu, "x86-64", 6) == 0;
            uint32_t level = is_level ? processors[i].level : 0;
            t->one = (struct gen_target){cpu, "", "cpu", level, lanes_of(processors[i].level)};
            return true;
        }
    return false;
}

/* The host's name can promise more than a virtual machine gives; its features say what there is. */
static void native_target(struct targets *t) {
    t->host = LLVMGetHostCPUName();
    t->host_features = LLVMGetHostCPUFeatures();
    unsigned level = strstr(t->host_features, "+avx512bw") && strstr(t->host_features, "+avx512dq") &&
                             strstr(t->host_features, "+avx512vl")
                         ? 4
                     : strstr(t->host_features, "+avx2") ? 3
                                                         : 2;
    t->one = (struct gen_target){t->host, t->host_features, "cpu", 0, lanes_of(level)};
}

static bool choose_targets(struct targets *t, const char *cpu) {
    *t = (struct targets){.target = portable, .count = sizeof portable / sizeof *portable};
    if (!cpu)
        return true;
    t->target = &t->one;
    t->count = 1;
    if (strcmp(cpu, "native") != 0)
        return named_target(t, cpu);
    native_target(t);
    return true;
}

static LLVMTargetMachineRef new_machine(const struct gen *g, const struct targets *t) {
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    LLVMTargetRef target;
    char *message = NULL;
    if (LLVMGetTargetFromTriple(TRIPLE, &target, &message)) {
        LLVMDisposeMessage(message);
        return NULL;
    }
    const char *cpu = t->count == 1 ? t->one.cpu : "x86-64";
    LLVMCodeGenOptLevel level = g->any_fast ? LLVMCodeGenLevelDefault : LLVMCodeGenLevelLess;
    return LLVMCreateTargetMachine(target, TRIPLE, cpu, "", level, LLVMRelocPIC, LLVMCodeModelDefault);
}

/* ---- the module ----------------------------------------------------------------------------------------------------- */

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

/* Intermediate functions have no names of ours to keep; very large policies are decided row by row anyway, and get code
 * for one level, so that the time to build them stays bounded. */
static enum codegen_status fill_module(struct gen *g, const struct targets *t, const char *cpu) {
    struct gen_kernels kernels[POL_KERNEL_SLOTS];
    uint32_t count = g->any_fast ? t->count : 1;
    for (uint32_t i = 0; i < count; i++) {
        g->target = &t->target[i];
        g->divide = g->text_equal = NULL;
        kernels[i] = (struct gen_kernels){.level = g->target->level, .profile = gen_profile_kernel(g)};
        kernels[i].row = gen_row_kernel(g);
    }
    return gen_descriptor(g, cpu ? cpu : "x86-64", kernels, count) ? CODEGEN_OK : CODEGEN_TOO_LARGE;
}

static enum codegen_status failed(struct codegen_output *out, char *message) {
    size_t size = strlen(message);
    out->bytes = malloc(size);
    if (out->bytes) {
        memcpy(out->bytes, message, size);
        out->size = size;
    }
    LLVMDisposeMessage(message);
    return CODEGEN_FAILED;
}

static enum codegen_status take(struct codegen_output *out, const char *bytes, size_t size) {
    out->bytes = malloc(size ? size : 1);
    if (!out->bytes)
        return CODEGEN_NO_MEMORY;
    memcpy(out->bytes, bytes, size);
    out->size = size;
    return CODEGEN_OK;
}

static enum codegen_status emit(struct gen *g, LLVMTargetMachineRef machine, enum codegen_kind kind,
                                struct codegen_output *out) {
    if (kind == CODEGEN_LLVM) {
        char *text = LLVMPrintModuleToString(g->module);
        enum codegen_status status = take(out, text, strlen(text));
        LLVMDisposeMessage(text);
        return status;
    }
    char *message = NULL;
    LLVMMemoryBufferRef buffer;
    LLVMCodeGenFileType type = kind == CODEGEN_ASM ? LLVMAssemblyFile : LLVMObjectFile;
    if (LLVMTargetMachineEmitToMemoryBuffer(machine, g->module, type, &message, &buffer))
        return failed(out, message);
    enum codegen_status status = take(out, LLVMGetBufferStart(buffer), LLVMGetBufferSize(buffer));
    LLVMDisposeMemoryBuffer(buffer);
    return status;
}

/* Code is emitted as it should stay; what is left to do is to compute equal things once. The usual pipeline would widen
 * what was made narrow and costs three times the time. */
static enum codegen_status optimise(struct gen *g, LLVMTargetMachineRef machine, struct codegen_output *out) {
    LLVMTargetDataRef layout = LLVMCreateTargetDataLayout(machine);
    LLVMSetModuleDataLayout(g->module, layout);
    LLVMDisposeTargetData(layout);
    char *message = NULL;
    if (LLVMVerifyModule(g->module, LLVMReturnStatusAction, &message))
        return failed(out, message);
    LLVMDisposeMessage(message);
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    LLVMErrorRef error = LLVMRunPasses(g->module, "function(early-cse)", machine, options);
    LLVMDisposePassBuilderOptions(options);
    if (!error)
        return CODEGEN_OK;
    char *text = LLVMGetErrorMessage(error);
    enum codegen_status status = failed(out, LLVMCreateMessage(text));
    LLVMDisposeErrorMessage(text);
    return status;
}

static enum codegen_status generate(struct gen *g, const struct targets *t, const char *cpu, enum codegen_kind kind,
                                    struct codegen_output *out) {
    uint32_t insts = g->row.inst_count > g->profile.inst_count ? g->row.inst_count : g->profile.inst_count;
    g->value = arena_array_of(g->arena, struct num, insts + 1);
    g->need = arena_array_of(g->arena, bool, insts + 1);
    gen_classify(g);
    open_module(g);
    enum codegen_status status = fill_module(g, t, cpu);
    if (status != CODEGEN_OK)
        return status;
    LLVMTargetMachineRef machine = new_machine(g, t);
    if (!machine)
        return failed(out, LLVMCreateMessage("no code generator for " TRIPLE));
    status = optimise(g, machine, out);
    if (status == CODEGEN_OK)
        status = emit(g, machine, kind, out);
    LLVMDisposeTargetMachine(machine);
    return status;
}

/* ---- the entry ------------------------------------------------------------------------------------------------------ */

/* With an arena of its own, so that running out of memory comes back here and LLVM's objects are given back. */
static enum codegen_status with_arena(struct gen *g, const struct targets *t, const char *cpu, enum codegen_kind kind,
                                      struct codegen_output *out) {
    jmp_buf no_memory;
    if (setjmp(no_memory))
        return CODEGEN_NO_MEMORY;
    arena_on_failure(g->arena, &no_memory);
    struct ir_policy *own = arena_new_of(g->arena, struct ir_policy);
    *own = *g->policy;
    own->arena = g->arena;
    g->row = gen_narrow_caps(own, &g->policy->row, g->arena);
    g->profile = g->policy->profile_row;
    return generate(g, t, cpu, kind, out);
}

enum codegen_status codegen_policy(const struct ir_policy *policy, const char *cpu, enum codegen_kind kind,
                                   struct codegen_output *out) {
    *out = (struct codegen_output){NULL, 0};
    struct targets t;
    if (!choose_targets(&t, cpu))
        return CODEGEN_UNKNOWN_CPU;
    enum codegen_status status = CODEGEN_NO_MEMORY;
    struct gen *g = calloc(1, sizeof *g);
    if (g && (g->arena = arena_new())) {
        g->policy = policy;
        status = with_arena(g, &t, cpu, kind, out);
        close_module(g);
        arena_free(g->arena);
    }
    free(g);
    if (t.host) {
        LLVMDisposeMessage(t.host);
        LLVMDisposeMessage(t.host_features);
    }
    return status;
}

void codegen_free(struct codegen_output *out) {
    free(out->bytes);
    *out = (struct codegen_output){NULL, 0};
}
