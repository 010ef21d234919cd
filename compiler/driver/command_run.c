/* command_run.c - `polc run`: decides a ledger, or evaluates targets, with the interpreter. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "driver/command.h"
#include "interp/interp_file.h"
#include "interp/interp_params.h"
#include "interp/interp_run.h"
#include "interp/interp_targets.h"
#include "interp/interp_write.h"
#include "tr.h"

/* What must be given back whatever happens. */
struct inputs {
    struct interp_file first, second;
    struct interp_result *result;
    struct interp_targets *targets;
};

static int failed(const struct interp_error *error) {
    command_say("%s", error->message);
    return (int)error->status;
}

static void warn(const struct text *warning, size_t count) {
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, tr("polc: warning: %.*s\n"), TEXT_ARG(warning[i]));
}

static struct interp_source source_of(const struct command *c, const char *path, const struct interp_file *file) {
    bool gb18030 = c->encoding && strcasecmp(c->encoding, "gb18030") == 0;
    return (struct interp_source){text_of(path), {file->data, file->size}, gb18030};
}

static int run_targets(const struct command *c, struct pipeline *p, struct inputs *in) {
    struct interp_error error;
    if (interp_file_read(c->indicators, &in->first, &error) != INTERP_OK)
        return failed(&error);
    struct interp_source indicators = source_of(c, c->indicators, &in->first);
    if (interp_targets_run(p->ir, &indicators, &in->targets, &error) != INTERP_OK)
        return failed(&error);
    warn(in->targets->warning, in->targets->warning_count);
    if (interp_save_targets(in->targets, c->folder, &error) != INTERP_OK)
        return failed(&error);
    return EXIT_CLEAN;
}

static int run_ledger(const struct command *c, struct pipeline *p, const struct interp_options *options,
                      struct inputs *in) {
    struct interp_error error;
    if (interp_file_read(c->claims, &in->first, &error) != INTERP_OK ||
        interp_file_read(c->applicants, &in->second, &error) != INTERP_OK)
        return failed(&error);
    struct interp_source claims = source_of(c, c->claims, &in->first);
    struct interp_source applicants = source_of(c, c->applicants, &in->second);
    if (interp_run(p->ir, options, &claims, &applicants, &in->result, &error) != INTERP_OK)
        return failed(&error);
    warn(in->result->warning, in->result->warning_count);
    if (interp_save_run(in->result, c->folder, &error) != INTERP_OK)
        return failed(&error);
    printf(tr_count("%zu claim decided", "%zu claims decided", in->result->decision_count), in->result->decision_count);
    printf(tr_count(", %zu payment\n", ", %zu payments\n", in->result->payment_count), in->result->payment_count);
    return EXIT_CLEAN;
}

static int run_policy(const struct command *c, struct pipeline *p, struct arena *arena, void *data) {
    int code = command_open(c, p, arena, c->file[0], PIPELINE_LOWER);
    if (code != EXIT_CLEAN)
        return code;
    if (c->indicators)
        return run_targets(c, p, data);
    int64_t *params = arena_array_of(arena, int64_t, p->ir->param_count + 1u);
    interp_params_default(p->ir, params);
    struct interp_error error;
    if (interp_params_assign_all(p->ir, params, c->param, c->param_count, &error) != INTERP_OK)
        return failed(&error);
    struct interp_options options = {.params = params, .as_of_year = c->as_of ? atoi(c->as_of) : 0};
    return run_ledger(c, p, &options, data);
}

int command_run(const struct command *c) {
    struct inputs in = {0};
    int code = command_with_arena(c, run_policy, &in);
    interp_result_free(in.result);
    interp_targets_free(in.targets);
    interp_file_free(&in.first);
    interp_file_free(&in.second);
    return code;
}
