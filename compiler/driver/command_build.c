/* command_build.c - `polc build`: a shared object, or one stage shown. */
#include <stdio.h>
#include <string.h>

#include "ast/ast_print.h"
#include "driver/build.h"
#include "driver/child.h"
#include "driver/command.h"
#include "driver/examples.h"
#include "driver/verify.h"
#include "ir/ir_print.h"

enum { VERIFY_ROWS = 20000 };

/* FILE.so beside FILE.pol. */
static const char *object_path(const struct command *c, struct arena *arena) {
    if (c->output)
        return c->output;
    struct text path = text_of(c->file[0]);
    if (path.size > 4 && memcmp(path.data + path.size - 4, ".pol", 4) == 0)
        path.size -= 4;
    return text_format(arena, "%.*s.so", TEXT_ARG(path)).data;
}

/* Builds into the temporary folder first, so that nothing is in place that was not found good. */
static int verify(const struct command *c, struct pipeline *p, const char *folder) {
    const char *path = text_format(p->arena, "%s/policy.so", folder).data;
    int code = build_object(p->ir, c->cpu, path);
    if (code != EXIT_CLEAN)
        return code;
    char message[VERIFY_MESSAGE];
    switch (verify_object(p->arena, p->ir, path, VERIFY_ROWS, message)) {
    case VERIFY_OK:
        return examples_check(c, p, path, folder, &(struct examples_result){0});
    case VERIFY_DIFFERS:
        command_say("%s", message);
        return EXIT_FOUND;
    case VERIFY_SYSTEM:
        command_say("%s", message);
        return EXIT_SYSTEM;
    }
    return EXIT_SYSTEM;
}

static int build_stage(const struct command *c, struct pipeline *p, struct arena *arena) {
    if (strcmp(c->emit, "ast") == 0) {
        struct text_buffer out = {.arena = arena};
        ast_print(&out, p->ast);
        return build_write(c->output, text_of_buffer(&out));
    }
    if (strcmp(c->emit, "ir") == 0)
        return build_write(c->output, ir_print(p->ir, arena));
    return build_emit(p->ir, c->cpu, c->emit, c->output);
}

static int build_policy(const struct command *c, struct pipeline *p, struct arena *arena, void *folder) {
    if (!c->emit && !c->verify)
        return build_source(c, object_path(c, arena));
    bool tree = c->emit && strcmp(c->emit, "ast") == 0;
    int code = command_open(c, p, arena, c->file[0], tree ? PIPELINE_PARSE : PIPELINE_LOWER);
    if (code != EXIT_CLEAN)
        return code;
    if (c->emit)
        return build_stage(c, p, arena);
    code = verify(c, p, folder);
    return code == EXIT_CLEAN ? build_object(p->ir, c->cpu, object_path(c, arena)) : code;
}

int command_build(const struct command *c) {
    char folder[CHILD_PATH] = "";
    if (c->verify && !c->emit && !child_folder(folder)) {
        command_say("cannot make a temporary folder");
        return EXIT_SYSTEM;
    }
    int code = command_with_arena(c, build_policy, folder);
    if (*folder)
        child_folder_remove(folder);
    return code;
}
