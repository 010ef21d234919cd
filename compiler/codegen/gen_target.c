#include "codegen/gen_target.h"

#include <string.h>

#include <llvm-c/TargetMachine.h>

#include "codegen/codegen.h"

/* Rows in a vector. Twice as many give 5 to 10% fewer instructions a row and take almost twice as long to compile. */
enum { LANES = 16, AVX512_LANES = 32 };

/* Processors by name, with the x86-64 level they have. */
static const struct {
    const char *name;
    unsigned level;
} processors[] = {
    {"x86-64", 1},         {"x86-64-v2", 2},      {"x86-64-v3", 3},   {"x86-64-v4", 4},    {"nehalem", 2},
    {"westmere", 2},       {"sandybridge", 2},    {"ivybridge", 2},   {"haswell", 3},      {"broadwell", 3},
    {"skylake", 3},        {"skylake-avx512", 4}, {"cascadelake", 4}, {"cooperlake", 4},   {"icelake-client", 4},
    {"icelake-server", 4}, {"tigerlake", 4},      {"rocketlake", 4},  {"alderlake", 3},    {"sapphirerapids", 4},
    {"emeraldrapids", 4},  {"graniterapids", 4},  {"gracemont", 3},   {"sierraforest", 3}, {"znver1", 3},
    {"znver2", 3},         {"znver3", 3},         {"znver4", 4},
};
enum { PROCESSORS = sizeof processors / sizeof *processors };

const char *const *codegen_cpus(void) {
    static const char *const names[] = {
        "native",         "x86-64",      "x86-64-v2",      "x86-64-v3",      "x86-64-v4",      "nehalem",
        "westmere",       "sandybridge", "ivybridge",      "haswell",        "broadwell",      "skylake",
        "skylake-avx512", "cascadelake", "cooperlake",     "icelake-client", "icelake-server", "tigerlake",
        "rocketlake",     "alderlake",   "sapphirerapids", "emeraldrapids",  "graniterapids",  "gracemont",
        "sierraforest",   "znver1",      "znver2",         "znver3",         "znver4",         NULL,
    };
    return names;
}

static unsigned lanes_of(unsigned level) {
    return level >= 4 ? AVX512_LANES : LANES;
}

/* Processors below level 3 take the code for single rows: none that audits a ledger is that old. */
static void portable_plan(struct gen_plan *plan) {
    plan->name = "x86-64";
    plan->rows = (struct gen_target){"x86-64", "", "v1", 1, 1};
    plan->vector[0] = (struct gen_target){"x86-64-v3", "", "v3", 3, lanes_of(3)};
    plan->vector[1] = (struct gen_target){"x86-64-v4", "", "v4", 4, lanes_of(4)};
    plan->vector_count = 2;
    plan->rows_alone = true;
}

static void single_plan(struct gen_plan *plan, const char *name, const char *cpu, const char *features, uint32_t level,
                        unsigned lanes) {
    plan->name = name;
    plan->rows = (struct gen_target){cpu, features, "rows", level, 1};
    plan->vector[0] = (struct gen_target){cpu, features, "cpu", level, lanes};
    plan->vector_count = 1;
    plan->rows_alone = false;
}

static bool named_plan(struct gen_plan *plan, const char *cpu) {
    for (int i = 0; i < PROCESSORS; i++)
        if (strcmp(processors[i].name, cpu) == 0) {
            bool is_level = strncmp(cpu, "x86-64", 6) == 0; /* one that the loader can check */
            single_plan(plan, cpu, cpu, "", is_level ? processors[i].level : 0, lanes_of(processors[i].level));
            plan->least = processors[i].level;
            return true;
        }
    return false;
}

/* The x86-64 level of a list like "+sse4.2,-avx512f,...". */
static uint32_t host_level(const char *features) {
    static const char *const needs[][10] = {{"+sse4.2", "+ssse3", "+popcnt", "+cx16", "+sahf"},
                                            {"+avx2", "+bmi,", "+bmi2", "+f16c", "+fma,", "+lzcnt", "+movbe"},
                                            {"+avx512f,", "+avx512bw", "+avx512cd", "+avx512dq", "+avx512vl"}};
    for (uint32_t level = 1; level < 4; level++)
        for (int i = 0; i < 10 && needs[level - 1][i]; i++)
            if (!strstr(features, needs[level - 1][i]))
                return level;
    return 4;
}

/* The host's name can promise more than a virtual machine gives; its features say what there is. */
static void native_plan(struct gen_plan *plan, struct gen_host *host) {
    host->cpu = LLVMGetHostCPUName();
    host->features = LLVMGetHostCPUFeatures();
    bool wide = strstr(host->features, "+avx512bw") && strstr(host->features, "+avx512dq") &&
                strstr(host->features, "+avx512vl");
    single_plan(plan, host->cpu, host->cpu, host->features, 0, lanes_of(wide ? 4 : 3));
    plan->least = host_level(host->features);
}

bool gen_plan_for(const char *cpu, struct gen_plan *plan, struct gen_host *host) {
    *host = (struct gen_host){NULL, NULL};
    *plan = (struct gen_plan){0};
    if (!cpu) {
        portable_plan(plan);
        return true;
    }
    if (strcmp(cpu, "native") != 0)
        return named_plan(plan, cpu);
    native_plan(plan, host);
    return true;
}

void gen_host_free(struct gen_host *host) {
    if (host->cpu)
        LLVMDisposeMessage(host->cpu);
    if (host->features)
        LLVMDisposeMessage(host->features);
}
