/* fuzz_policy.c - any bytes as a policy, through the whole front of polc: scanner, parser, checker, quotes and numbers,
 * lowering, the IR's invariants, its printed form, and the examples on the interpreter. Bytes behind the first RS
 * (0x1e) are the source document. The fuzzer's sanitizers and our assertions judge.
 */
#include <assert.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/diag_print.h"
#include "check/check.h"
#include "interp/interp_examples.h"
#include "ir/ir_print.h"
#include "ir/ir_verify.h"
#include "legal/legal.h"
#include "lower/lower.h"
#include "parse.h"

enum { MEMORY = 256 << 20 };

struct job {
    struct arena *arena;
    struct text policy, document;
};

static void check_legal(struct job *job, const struct model *model, const struct sources *sources,
                        struct diags *diags) {
    struct original *original = job->document.data ? original_new(job->document, job->arena) : NULL;
    legal_check(model, original, sources, diags, job->arena);
    struct text_buffer readings = {.arena = job->arena};
    legal_readings(model, &readings);
}

static void compile(struct job *job, struct sources *sources, struct diags *diags) {
    struct source *file = sources_add(sources, TEXT("fuzz.pol"), job->policy);
    struct ast_policy *ast = parse_policy(sources, file, diags, job->arena);
    if (!ast || diags->error_count)
        return;
    struct model *model = check_policy(ast, sources, diags, job->arena);
    assert(model);
    if (diags->error_count)
        return;
    struct ir_policy *ir = lower_policy(model, sources, diags, job->arena);
    assert(ir || diags->error_count);
    check_legal(job, model, sources, diags);
    if (!ir)
        return;
    struct text broken = {0};
    if (!ir_verify(ir, job->arena, &broken)) {
        fprintf(stderr, "broken: %.*s\n", TEXT_ARG(broken));
        assert(!"lowering keeps the invariants of the IR");
    }
    ir_print(ir, job->arena);
    size_t run;
    struct interp_mismatches mismatches = {0};
    struct interp_error error;
    interp_examples_run(job->arena, model, ir, &run, &mismatches, &error);
}

static void compile_and_print(struct job *job) {
    struct sources sources;
    struct diags diags;
    sources_init(&sources, job->arena);
    diags_init(&diags, job->arena);
    compile(job, &sources, &diags);
    struct text_buffer out = {.arena = job->arena};
    diags_sort(&diags);
    diags_print(&out, &sources, &diags, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *border = size ? memchr(data, 0x1e, size) : NULL;
    struct job job = {.arena = arena_new(), .policy = {(const char *)data, size}};
    if (!job.arena)
        return 0;
    if (border) {
        job.policy.size = (size_t)(border - data);
        job.document = (struct text){(const char *)border + 1, size - job.policy.size - 1};
    }
    arena_limit(job.arena, MEMORY);
    jmp_buf out_of_memory;
    arena_on_failure(job.arena, &out_of_memory);
    if (!setjmp(out_of_memory))
        compile_and_print(&job);
    arena_free(job.arena);
    return 0;
}
