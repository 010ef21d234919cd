/* command_check.c - `polc check`: every pass that can report something; writes nothing. */
#include <stdio.h>

#include "driver/command.h"
#include "legal/legal.h"

static void count(const char *separator, uint32_t n, const char *one, const char *many) {
    printf("%s%u %s", separator, n, n == 1 ? one : many);
}

static int check_one(const struct command *c, struct pipeline *p, struct arena *arena, void *data) {
    const char *path = data;
    int code = command_open(c, p, arena, path, PIPELINE_LOWER);
    if (code != EXIT_CLEAN)
        return code;
    const struct model *m = p->model;
    printf("%s: ", path);
    count("", m->clause_count, "clause", "clauses");
    count(", ", m->item_count, "item", "items");
    count(", ", m->target_count, "target", "targets");
    count(", ", m->example_count, "example", "examples");
    count("; ", (uint32_t)p->diags.warning_count, "warning", "warnings");
    printf(", no errors\n");
    if (c->readings) {
        struct text_buffer out = {.arena = arena};
        legal_readings(m, &out);
        struct text list = text_of_buffer(&out);
        fwrite(list.data, 1, list.size, stdout);
    }
    return EXIT_CLEAN;
}

int command_check(const struct command *c) {
    int worst = EXIT_CLEAN;
    for (size_t i = 0; i < c->file_count; i++)
        worst = command_worse(worst, command_with_arena(c, check_one, c->file[i]));
    return worst;
}
