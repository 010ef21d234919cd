/* fuzz_parse.c - any bytes as a policy: scanner, parser, tree dump and printed diagnostics must stay sound, in bounded
 * memory. The fuzzer's sanitizers judge. */
#include <setjmp.h>
#include <stdint.h>

#include "ast/ast_print.h"
#include "base/diag_print.h"
#include "parse.h"

enum { MEMORY = 256 << 20 };

static void parse_and_print(struct arena *arena, struct text bytes) {
    struct sources sources;
    struct diags diags;
    sources_init(&sources, arena);
    diags_init(&diags, arena);
    struct source *file = sources_add(&sources, TEXT("fuzz.pol"), bytes);
    struct ast_policy *policy = parse_policy(&sources, file, &diags, arena);
    struct text_buffer out = {.arena = arena};
    ast_print(&out, policy);
    diags_sort(&diags);
    diags_print(&out, &sources, &diags, true);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct arena *arena = arena_new();
    if (!arena)
        return 0;
    arena_limit(arena, MEMORY);
    jmp_buf out_of_memory;
    arena_on_failure(arena, &out_of_memory);
    if (!setjmp(out_of_memory))
        parse_and_print(arena, (struct text){(const char *)data, size});
    arena_free(arena);
    return 0;
}
