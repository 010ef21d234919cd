/* command_diff.c - `polc diff`: what two versions of a policy say differently, in words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "check/check.h"
#include "diff/diff.h"
#include "driver/build.h"
#include "driver/command.h"
#include "driver/effect.h"
#include "interp/interp_file.h"
#include "interp/interp_params.h"
#include "interp/interp_run.h"
#include "lower/lower.h"
#include "tr.h"

/* Reads, checks and lowers one version. Its source document is not looked at: a version that was fetched alone can be
 * compared. A version with errors is input that cannot be used. */
int command_open_rules(const struct command *c, struct pipeline *p, struct arena *arena, const char *path) {
    switch (pipeline_run(p, arena, path, PIPELINE_CHECK)) {
    case PIPELINE_OK:
        p->ir = lower_policy(p->model, &p->sources, &p->diags, arena);
        if (p->ir && !p->diags.error_count)
            return EXIT_CLEAN;
        break;
    case PIPELINE_ERRORS:
        break;
    case PIPELINE_INPUT:
        command_say("%.*s", TEXT_ARG(p->message));
        return EXIT_INPUT;
    case PIPELINE_SYSTEM:
        command_say("%.*s", TEXT_ARG(p->message));
        return EXIT_SYSTEM;
    }
    diags_sort(&p->diags);
    command_diagnostics(c, p);
    return EXIT_INPUT;
}

/* ---- a ledger
 * --------------------------------------------------------------------------------------------------------
 */

/* What must be given back whatever happens. */
struct job {
    struct pipeline after;
    struct interp_file claims, applicants;
    struct interp_result *before_result, *after_result;
    json_t *document;
};

static int failed(const struct interp_error *error) {
    command_say("%s", error->message);
    return (int)error->status;
}

static struct interp_source source_of(const struct command *c, const char *path, const struct interp_file *file) {
    bool gb18030 = c->encoding && strcasecmp(c->encoding, "gb18030") == 0;
    return (struct interp_source){text_of(path), {file->data, file->size}, gb18030};
}

/* A parameter that only one version has is given to that one. */
static int read_params(const struct command *c, const struct ir_policy *policy, const struct ir_policy *other,
                       int64_t *params) {
    struct interp_error error;
    interp_params_default(policy, params);
    if (interp_params_distinct(policy, c->param, c->param_count, &error) != INTERP_OK)
        return failed(&error);
    for (size_t i = 0; i < c->param_count; i++) {
        int64_t *elsewhere = arena_array_of(policy->arena, int64_t, other->param_count + 1u);
        interp_params_default(other, elsewhere);
        if (interp_params_assign(policy, params, text_of(c->param[i]), &error) != INTERP_OK &&
            interp_params_assign(other, elsewhere, text_of(c->param[i]), NULL) != INTERP_OK)
            return failed(&error);
    }
    return EXIT_CLEAN;
}

static int decide(const struct command *c, const struct job *job, const struct ir_policy *policy,
                  const struct ir_policy *other, struct interp_result **result) {
    struct interp_error error;
    int64_t *params = arena_array_of(policy->arena, int64_t, policy->param_count + 1u);
    int code = read_params(c, policy, other, params);
    if (code != EXIT_CLEAN)
        return code;
    struct interp_options options = {.params = params, .as_of_year = c->as_of ? atoi(c->as_of) : 0};
    struct interp_source claims = source_of(c, c->claims, &job->claims),
                         applicants = source_of(c, c->applicants, &job->applicants);
    if (interp_run(policy, &options, &claims, &applicants, result, &error) != INTERP_OK)
        return failed(&error);
    for (size_t i = 0; i < (*result)->warning_count; i++)
        command_say("%.*s", TEXT_ARG((*result)->warning[i]));
    return EXIT_CLEAN;
}

static int compare_ledger(const struct command *c, struct job *job, const struct ir_policy *before, struct arena *arena,
                          struct effect **effect) {
    struct interp_error error;
    if (interp_file_read(c->claims, &job->claims, &error) != INTERP_OK ||
        interp_file_read(c->applicants, &job->applicants, &error) != INTERP_OK)
        return failed(&error);
    int code = decide(c, job, before, job->after.ir, &job->before_result);
    if (code == EXIT_CLEAN)
        code = decide(c, job, job->after.ir, before, &job->after_result);
    if (code == EXIT_CLEAN)
        *effect = effect_of(arena, (struct effect_side){before, job->before_result},
                            (struct effect_side){job->after.ir, job->after_result});
    return code;
}

/* ---- both
 * ------------------------------------------------------------------------------------------------------------
 */

/* Empty without memory. */
static struct text document_of(const struct command *c, struct job *job, const struct diff *diff,
                               const struct effect *effect, struct arena *arena) {
    bool failed = false;
    job->document = json_object();
    diff_put_json(&failed, job->document, diff, text_of(c->file[0]), text_of(c->file[1]), arena);
    if (effect)
        effect_put_json(&failed, value_object(&failed, job->document, "ledger"), effect);
    return failed ? (struct text){0} : value_dump(job->document, arena);
}

static struct text text_for_people(const struct command *c, const struct diff *diff, const struct effect *effect,
                                   struct arena *arena) {
    struct text_buffer out = {.arena = arena};
    diff_print_text(&out, diff);
    if (effect)
        effect_print_text(&out, effect, text_of(c->claims), diff->language == DIFF_CHINESE);
    return text_of_buffer(&out);
}

static int show(const struct command *c, struct job *job, const struct diff *diff, const struct effect *effect,
                struct arena *arena) {
    bool json = c->format && strcmp(c->format, "json") == 0;
    struct text out = json ? document_of(c, job, diff, effect, arena) : text_for_people(c, diff, effect, arena);
    if (!out.size) {
        command_say("not enough memory");
        return EXIT_SYSTEM;
    }
    int code = build_write(NULL, out);
    return code != EXIT_CLEAN ? code : diff->count ? EXIT_FOUND : EXIT_CLEAN;
}

static int compare(const struct command *c, struct pipeline *before, struct arena *arena, void *data) {
    struct job *job = data;
    struct pipeline *after = &job->after;
    int code = command_open_rules(c, before, arena, c->file[0]);
    if (code == EXIT_CLEAN)
        code = command_open_rules(c, after, arena, c->file[1]);
    if (code != EXIT_CLEAN)
        return code;
    bool chinese = strcmp(c->language ? c->language : tr_language(), "zh") == 0;
    struct diff *diff = diff_models(before->model, after->model, chinese ? DIFF_CHINESE : DIFF_ENGLISH, arena);
    diff_trial(diff, before->model, before->ir, after->model, after->ir, 1, arena);
    struct effect *effect = NULL;
    if (c->claims)
        code = compare_ledger(c, job, before->ir, arena, &effect);
    return code == EXIT_CLEAN ? show(c, job, diff, effect, arena) : code;
}

int command_diff(const struct command *c) {
    struct job job = {0};
    int code = command_with_arena(c, compare, &job);
    interp_result_free(job.before_result);
    interp_result_free(job.after_result);
    interp_file_free(&job.claims);
    interp_file_free(&job.applicants);
    json_decref(job.document);
    return code;
}
