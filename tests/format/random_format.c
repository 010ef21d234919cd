/* random_format.c - random policies, formatted: twice changes nothing; English to Chinese and back gives the same
 * bytes, and every form decides the same.
 *
 *   random_format [COUNT [SEED]]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../differential/random_case.h"
#include "check/check.h"
#include "format/format.h"
#include "ir/ir_print.h"
#include "lower/lower.h"
#include "parse.h"

static _Noreturn void fail(uint64_t seed, const char *what, struct text before, struct text after) {
    printf("seed %llu: %s\n---- before\n%.*s\n---- after\n%.*s\n", (unsigned long long)seed, what, TEXT_ARG(before),
           TEXT_ARG(after));
    exit(1);
}

static struct text random_policy(struct arena *arena, uint64_t seed) {
    char *bytes[3] = {0};
    size_t size[3];
    FILE *file[3];
    for (int i = 0; i < 3; i++) {
        file[i] = open_memstream(&bytes[i], &size[i]);
        if (!file[i])
            exit(4);
    }
    struct choices choices = {0};
    choices_record(&choices, seed);
    random_case(&choices, file[0], file[1], file[2]);
    choices_free(&choices);
    for (int i = 0; i < 3; i++)
        fclose(file[i]);
    struct text policy = text_copy(arena, (struct text){bytes[0], size[0]});
    for (int i = 0; i < 3; i++)
        free(bytes[i]);
    return policy;
}

/* The text with other blanks and line ends, and comments, as the seed will have it. */
static struct text disorder(struct arena *arena, struct text text, uint64_t seed) {
    struct text_buffer out = {.arena = arena};
    bool quoted = false;
    for (size_t i = 0; i < text.size; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        unsigned draw = (unsigned)(seed >> 33) % 100;
        quoted ^= text.data[i] == '"';
        char before = i > 0 ? text.data[i - 1] : ' ';
        bool number = before >= '0' && before <= '9'; /* its unit stays on the line */
        bool word = before >= 'a' && before <= 'z';   /* two may be one keyword */
        if (text.data[i] != ' ' || quoted)
            text_add(&out, (struct text){text.data + i, 1});
        else
            text_add(&out, draw < 4 && !number            ? TEXT("\n \n\n")
                           : draw < 8 && !number && !word ? TEXT("  # 註 note \n")
                           : draw < 20                    ? TEXT("\t  ")
                                                          : TEXT(" "));
    }
    return text_of_buffer(&out);
}

static struct text form(struct arena *arena, enum format_language language, struct text text, uint64_t seed) {
    struct sources sources;
    struct diags diags;
    struct text out = {0};
    sources_init(&sources, arena);
    diags_init(&diags, arena);
    struct source *file = sources_add(&sources, TEXT("random.pol"), text);
    if (!file || format_file(&sources, file, language, &diags, arena, &out) != FORMAT_OK)
        fail(seed, "cannot be formatted", text, diags.first ? diags.first->message : TEXT("it would read differently"));
    return out;
}

/* What the policy decides; empty where the compiler refuses it. The rules' own text is left out: it is in the language
 * of the file. */
static struct text meaning(struct arena *arena, struct text text) {
    struct sources sources;
    struct diags diags;
    sources_init(&sources, arena);
    diags_init(&diags, arena);
    struct source *file = sources_add(&sources, TEXT("random.pol"), text);
    struct ast_policy *ast = parse_policy(&sources, file, &diags, arena);
    struct model *model = diags.error_count ? NULL : check_policy(ast, &sources, &diags, arena);
    struct ir_policy *ir = diags.error_count ? NULL : lower_policy(model, &sources, &diags, arena);
    struct text_buffer out = {.arena = arena};
    if (diags.error_count || !ir)
        return text_of_buffer(&out);
    for (const char *line = ir_print(ir, arena).data; *line;) {
        const char *end = strchr(line, '\n'), *source = strstr(line, " source \"");
        size_t size = end ? (size_t)(end - line) + 1 : strlen(line);
        bool rule = strncmp(line, "rule ", 5) == 0 && source && source < line + size;
        text_add(&out, (struct text){line, rule ? (size_t)(source - line) : size});
        line += size;
    }
    return text_of_buffer(&out);
}

static void same(uint64_t seed, const char *what, struct text before, struct text after) {
    if (!text_equal(before, after))
        fail(seed, what, before, after);
}

/* Returns whether the policy compiles. */
static bool try_one(uint64_t seed) {
    struct arena *arena = arena_new();
    if (!arena)
        exit(4);
    struct text policy = disorder(arena, random_policy(arena, seed), seed);
    struct text plain = form(arena, FORMAT_AS_WRITTEN, policy, seed);
    same(seed, "formatted twice", plain, form(arena, FORMAT_AS_WRITTEN, plain, seed));
    struct text english = form(arena, FORMAT_ENGLISH, policy, seed);
    same(seed, "formatted, then English", english, form(arena, FORMAT_ENGLISH, plain, seed));
    same(seed, "English is formatted", english, form(arena, FORMAT_AS_WRITTEN, english, seed));
    struct text chinese = form(arena, FORMAT_CHINESE, english, seed);
    same(seed, "Chinese is formatted", chinese, form(arena, FORMAT_AS_WRITTEN, chinese, seed));
    same(seed, "Chinese twice", chinese, form(arena, FORMAT_CHINESE, chinese, seed));
    same(seed, "English, Chinese, English", english, form(arena, FORMAT_ENGLISH, chinese, seed));
    struct text decided = meaning(arena, policy);
    same(seed, "plain decides the same", decided, meaning(arena, plain));
    same(seed, "English decides the same", decided, meaning(arena, english));
    same(seed, "Chinese decides the same", decided, meaning(arena, chinese));
    arena_free(arena);
    return decided.size > 0;
}

int main(int argc, char **argv) {
    uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 200, seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    uint64_t compiled = 0;
    for (uint64_t i = 0; i < count; i++)
        compiled += try_one(seed + i);
    printf("%llu policies, %llu of them compile\n", (unsigned long long)count, (unsigned long long)compiled);
    return compiled * 2 > count ? 0 : 1;
}
