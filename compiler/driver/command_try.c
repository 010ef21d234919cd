/* command_try.c - `polc try`: decides one claim and explains it; with --watch again whenever the policy is saved. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "diff/diff.h"
#include "driver/build.h"
#include "driver/child.h"
#include "driver/command.h"
#include "driver/suggest.h"
#include "driver/try_facts.h"
#include "driver/watch.h"
#include "interp/interp_params.h"
#include "interp/interp_run.h"
#include "tr.h"

/* The policy as it was at one time, and what it decided. */
struct attempt {
    struct arena *arena;
    struct pipeline pipeline;
    struct try_facts facts;
    struct text claims, applicants; /* CSV */
    struct text outcome;            /* "granted 50000.00", by which clause and rule; in words */
};

/* Kept through everything, so that it is given back whatever happens. */
struct session {
    const struct command *c;
    bool chinese;
    struct attempt *attempt, *before; /* the one that is being made; the one it follows, NULL: none */
    char folder[CHILD_PATH];
    struct interp_result *result;
};

static const char *say(const struct session *s, const char *english, const char *chinese) {
    return s->chinese ? chinese : english;
}

/* ---- the item -------------------------------------------------------------------------------------------------------
 */

static const struct model_item *find_item(const struct model *m, struct text name) {
    for (int by = 0; by < 3; by++)
        for (const struct model_item *i = m->items; i; i = i->next)
            if (text_equal(by == 0 ? i->name : by == 1 ? i->column : i->label, name))
                return i;
    return NULL;
}

static void report_item(const struct session *s, const struct model *m, const char *name) {
    const char **names = arena_array_of(s->attempt->arena, const char *, m->item_count + 1u);
    for (const struct model_item *i = m->items; i; i = i->next)
        names[i->index] = text_copy(s->attempt->arena, i->name).data;
    const char *near = suggest(name, names);
    if (near)
        command_say("the policy has no item '%s'; did you mean '%s'?", name, near);
    else
        command_say("the policy has no item '%s'", name);
    fputs(say(s, "Its items are:\n", "其事项为：\n"), stderr);
    for (const struct model_item *i = m->items; i; i = i->next)
        fprintf(stderr, "  %.*s  %.*s\n", TEXT_ARG(i->name), TEXT_ARG(i->label));
}

/* ---- deciding -------------------------------------------------------------------------------------------------------
 */

static int failed(const struct interp_error *error) {
    command_say("%s", error->message);
    return (int)error->status;
}

/* "granted 5万元, clause 7 加强专利技术转化运用 (industrialisation.award)" */
static struct text outcome_words(const struct session *s, const struct interp_decision *d) {
    static const char *const chinese[] = {"准予", "核减", "递延", "不予", "无效"};
    static const char *const reasons[POL_REASON_COUNT] = {
        "",           "重复申请", "未知事项", "值有误", "缺少字段", "缺少申请人资料", "不在有效期", "已排除",
        "不符合条件", "已享受",   "已达上限", "上限",   "限额"};
    const struct ir_policy *p = s->attempt->pipeline.ir;
    const struct ir_rule *rule = &p->rule[d->rule];
    struct text_buffer out = {.arena = s->attempt->arena};
    text_addf(&out, "%s", s->chinese ? chinese[d->kind] : interp_decision_name(d->kind));
    if (d->kind <= INTERP_DEFERRED) {
        int64_t fen = d->payable;
        text_addf(&out, say(s, " %lld.%02d yuan", " %lld.%02d 元"), (long long)(fen / 100), (int)(fen % 100));
    }
    if (d->reason != POL_OK)
        text_addf(&out, say(s, " (%s)", "（%s）"), s->chinese ? reasons[d->reason] : interp_reason_name(d->reason));
    if (d->rule && rule->clause != POL_NONE) {
        const struct ir_clause *clause = &p->clause[rule->clause];
        text_addf(&out, say(s, ", clause %.*s", "，条款 %.*s"), TEXT_ARG(clause->number));
        if (clause->title.size)
            text_addf(&out, " %.*s", TEXT_ARG(clause->title));
    }
    if (d->rule)
        text_addf(&out, say(s, ", rule %.*s", "，规则 %.*s"), TEXT_ARG(rule->name));
    return text_of_buffer(&out);
}

static int decide(struct session *s) {
    struct attempt *a = s->attempt;
    struct interp_error error;
    int64_t *params = arena_array_of(a->arena, int64_t, a->pipeline.ir->param_count + 1u);
    interp_params_default(a->pipeline.ir, params);
    if (interp_params_assign_all(a->pipeline.ir, params, s->c->param, s->c->param_count, &error) != INTERP_OK)
        return failed(&error);
    struct interp_options options = {.params = params};
    struct interp_source claims = {TEXT("claims"), a->claims, false},
                         applicants = {TEXT("applicants"), a->applicants, false};
    if (interp_run(a->pipeline.ir, &options, &claims, &applicants, &s->result, &error) != INTERP_OK)
        return failed(&error);
    a->outcome = outcome_words(s, &s->result->decision[0]);
    interp_result_free(s->result);
    s->result = NULL;
    return EXIT_CLEAN;
}

/* Reads the policy, completes the facts, decides. */
static int make_attempt(struct session *s) {
    struct attempt *a = s->attempt;
    const struct command *c = s->c;
    int code = command_open_rules(c, &a->pipeline, a->arena, c->file[0]);
    if (code != EXIT_CLEAN)
        return code;
    const struct model_item *item = find_item(a->pipeline.model, text_of(c->file[1]));
    if (!item) {
        report_item(s, a->pipeline.model, c->file[1]);
        return EXIT_USAGE;
    }
    a->facts.chinese = s->chinese;
    a->facts.ask = isatty(STDIN_FILENO);
    try_facts_begin(&a->facts, a->arena, a->pipeline.model, a->pipeline.ir, item);
    code = try_facts_take(&a->facts, c->file + 2, c->file_count - 2);
    if (code == EXIT_CLEAN && s->before)
        try_facts_keep(&a->facts, &s->before->facts);
    if (code == EXIT_CLEAN)
        code = try_facts_complete(&a->facts);
    if (code != EXIT_CLEAN)
        return code;
    a->claims = try_facts_claims(&a->facts);
    a->applicants = try_facts_applicants(&a->facts);
    return decide(s);
}

/* ---- explaining -----------------------------------------------------------------------------------------------------
 */

/* The explanation is that of `polrun explain`, of the compiled policy. */
static int explain(struct session *s) {
    struct attempt *a = s->attempt;
    char program[CHILD_PATH];
    const char *object = text_format(a->arena, "%s/policy.so", s->folder).data;
    const char *claims = text_format(a->arena, "%s/claims.csv", s->folder).data;
    const char *applicants = text_format(a->arena, "%s/applicants.csv", s->folder).data;
    int code = build_object(a->pipeline.ir, "x86-64", object);
    code = code == EXIT_CLEAN ? build_write(claims, a->claims) : code;
    code = code == EXIT_CLEAN ? build_write(applicants, a->applicants) : code;
    if (code != EXIT_CLEAN)
        return code;
    const char **argv = arena_array_of(a->arena, const char *, 2 * s->c->param_count + 12);
    size_t n = 0;
    child_find("polrun", program);
    argv[n++] = program;
    argv[n++] = "explain";
    argv[n++] = object;
    argv[n++] = text_format(a->arena, "--claims=%s", claims).data;
    argv[n++] = text_format(a->arena, "--applicants=%s", applicants).data;
    argv[n++] = "--claim=try";
    argv[n++] = s->chinese ? "--lang=zh" : "--lang=en";
    for (size_t i = 0; i < s->c->param_count; i++)
        argv[n++] = text_format(a->arena, "--param=%s", s->c->param[i]).data;
    fflush(stdout);
    code = child_show(program, (char *const *)argv);
    if (code < 0)
        command_say("cannot run %s", program);
    return code < 0 ? EXIT_SYSTEM : code;
}

static int show_first(struct session *s) {
    struct text filled;
    printf("%.*s\n\n", TEXT_ARG(s->attempt->outcome));
    int code = explain(s);
    filled = try_facts_filled(&s->attempt->facts);
    if (code == EXIT_CLEAN && filled.size)
        printf(say(s, "\nFilled in, since a ledger must have them and nothing of this item reads them:\n  %.*s\n",
                   "\n以下字段台账必须有，但本事项不读取，已代填：\n  %.*s\n"),
               TEXT_ARG(filled));
    return code;
}

/* ---- watching -------------------------------------------------------------------------------------------------------
 */

static void show_change(struct session *s) {
    const struct attempt *before = s->before;
    struct attempt *a = s->attempt;
    struct text_buffer out = {.arena = a->arena};
    struct diff *diff =
        diff_models(before->pipeline.model, a->pipeline.model, s->chinese ? DIFF_CHINESE : DIFF_ENGLISH, a->arena);
    diff_trial(diff, before->pipeline.model, before->pipeline.ir, a->pipeline.model, a->pipeline.ir, 1, a->arena);
    diff_print_text(&out, diff);
    struct text words = text_of_buffer(&out);
    printf("\n%.*s", TEXT_ARG(words));
    if (text_equal(before->outcome, a->outcome))
        printf(say(s, "the result stays: %.*s\n", "结果不变：%.*s\n"), TEXT_ARG(a->outcome));
    else
        printf(say(s, "the result was: %.*s\n         now: %.*s\n", "结果原为：%.*s\n    现为：%.*s\n"),
               TEXT_ARG(before->outcome), TEXT_ARG(a->outcome));
    fflush(stdout);
}

static struct attempt *attempt_new(void) {
    struct attempt *a = calloc(1, sizeof *a);
    if (a && !(a->arena = arena_new())) {
        free(a);
        a = NULL;
    }
    return a;
}

static void attempt_free(struct attempt *a) {
    if (a)
        arena_free(a->arena);
    free(a);
}

/* Calls `work` for a new attempt; EXIT_SYSTEM when memory runs out. */
static int attempted(struct session *s, int (*work)(struct session *s)) {
    jmp_buf no_memory;
    if (!s->attempt || setjmp(no_memory)) {
        command_say("not enough memory");
        interp_result_free(s->result);
        s->result = NULL;
        return EXIT_SYSTEM;
    }
    arena_on_failure(s->attempt->arena, &no_memory);
    return work(s);
}

static int again(struct session *s) {
    int code = make_attempt(s);
    if (code == EXIT_CLEAN)
        show_change(s);
    return code;
}

/* An attempt with another version; the one before stays where the new one cannot be used. */
static int try_again(struct session *s, struct attempt **good) {
    s->attempt = attempt_new();
    s->before = *good;
    int code = attempted(s, again);
    if (code == EXIT_CLEAN) {
        attempt_free(*good);
        *good = s->attempt;
        return EXIT_CLEAN;
    }
    attempt_free(s->attempt);
    if (code != EXIT_SYSTEM)
        fputs(say(s, "waiting for the next save\n", "等待下一次保存\n"), stderr);
    return code == EXIT_SYSTEM ? EXIT_SYSTEM : EXIT_CLEAN;
}

static int keep_watching(struct session *s, struct attempt **good) {
    struct watch watch;
    if (!watch_begin(&watch, &(*good)->pipeline.sources)) {
        command_say("the files of the policy cannot be watched: %s", tr_errno(watch.error));
        return EXIT_SYSTEM;
    }
    printf(say(s, "\nwatching %s; Ctrl-C ends\n", "\n正在关注 %s；按 Ctrl-C 结束\n"), s->c->file[0]);
    fflush(stdout);
    int code = EXIT_CLEAN;
    while (code == EXIT_CLEAN && watch_next(&watch)) {
        code = try_again(s, good);
        watch_add(&watch, &(*good)->pipeline.sources);
    }
    if (watch.error)
        command_say("the files of the policy cannot be watched: %s", tr_errno(watch.error));
    watch_end(&watch);
    return watch.error ? EXIT_SYSTEM : code;
}

static int first(struct session *s) {
    int code = make_attempt(s);
    return code == EXIT_CLEAN ? show_first(s) : code;
}

int command_try(const struct command *c) {
    struct session s = {.c = c, .chinese = strcmp(c->language ? c->language : tr_language(), "zh") == 0};
    if (!child_folder(s.folder)) {
        command_say("cannot make a temporary folder");
        return EXIT_SYSTEM;
    }
    struct attempt *good = s.attempt = attempt_new();
    int code = attempted(&s, first);
    child_folder_remove(s.folder);
    if (code == EXIT_CLEAN && c->watch)
        code = keep_watching(&s, &good);
    attempt_free(good);
    return code;
}
