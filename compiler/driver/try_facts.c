#include "driver/try_facts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "driver/suggest.h"
#include "driver/try_value.h"

static const char *say(const struct try_facts *f, const char *english, const char *chinese) {
    return f->chinese ? chinese : english;
}

/* ---- what is wanted
 * --------------------------------------------------------------------------------------------------
 */

static void mark(struct try_facts *f, const struct ir_func *func, uint32_t block) {
    for (ir_ref i = func->block[block].first; i < func->block[block].end; i++) {
        const struct ir_inst *inst = &func->inst[i];
        if (inst->op == IR_CLAIM)
            f->claim[inst->index].wanted = true;
        if (inst->op == IR_PROFILE)
            f->profile[inst->index].wanted = true;
    }
}

/* What the item's own code and that of every claim read can change the outcome. Keys cannot: there is one claim. */
void try_facts_begin(struct try_facts *f, struct arena *arena, const struct model *model,
                     const struct ir_policy *policy, const struct model_item *item) {
    *f = (struct try_facts){
        .model = model, .policy = policy, .item = item, .arena = arena, .chinese = f->chinese, .ask = f->ask};
    f->claim = arena_array_of(arena, struct try_fact, model->claim_count + 1u);
    f->profile = arena_array_of(arena, struct try_fact, model->profile_count + 1u);
    for (uint32_t i = 0; i < model->claim_count; i++)
        f->claim[i] = (struct try_fact){.field = &model->claim[i], .filled = item->needs[i]};
    for (uint32_t i = 0; i < model->profile_count; i++)
        f->profile[i] = (struct try_fact){.field = &model->profile[i], .filled = true};
    mark(f, &policy->row, 0);
    mark(f, &policy->row, item->index + 1);
    if (policy->limit.present && item->limited)
        mark(f, &policy->profile_row, 0);
    f->claim[POL_CLAIM_DATE].wanted = true;
    static const uint32_t own[] = {POL_CLAIM_ID, POL_CLAIM_APPLICANT, POL_CLAIM_ITEM, POL_CLAIM_PAID};
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        f->claim[own[i]].wanted = f->claim[own[i]].filled = false;
    for (uint32_t i = 0; i < POL_PROFILE_BUILTINS; i++)
        f->profile[i].wanted = f->profile[i].filled = false;
}

/* ---- words of the command line
 * ---------------------------------------------------------------------------------------
 */

static bool is_name_of(const struct model_field *field, struct text name) {
    static const char *const chinese[POL_CLAIM_BUILTINS] = {"申请编号", "申请人编号", "事项",
                                                            "日期",     "对象编号",   "已付"};
    bool same = text_equal(field->name, name) || text_equal(field->column, name) ||
                (field->label.size && text_equal(field->label, name));
    for (uint32_t i = 0; i < field->alias_count; i++)
        same |= text_equal(field->alias[i], name);
    return same || (field->builtin && !field->of_profile && text_equal(text_of(chinese[field->index]), name));
}

static struct try_fact *fact_named(struct try_fact *list, uint32_t count, uint32_t from, struct text name) {
    for (uint32_t i = from; i < count; i++)
        if (is_name_of(list[i].field, name))
            return &list[i];
    return NULL;
}

static bool drop_prefix(struct text *name, const char *prefix) {
    size_t size = strlen(prefix);
    if (name->size <= size || memcmp(name->data, prefix, size) != 0)
        return false;
    *name = (struct text){name->data + size, name->size - size};
    return true;
}

static void report_unknown(const struct try_facts *f, struct text name) {
    const struct model *m = f->model;
    const char **names = arena_array_of(f->arena, const char *, m->claim_count + m->profile_count + 1u);
    size_t n = 0;
    for (uint32_t i = 0; i < m->claim_count; i++)
        names[n++] = text_copy(f->arena, m->claim[i].name).data;
    for (uint32_t i = POL_PROFILE_BUILTINS; i < m->profile_count; i++)
        names[n++] = text_copy(f->arena, m->profile[i].name).data;
    const char *near = suggest(text_copy(f->arena, name).data, names);
    if (near)
        command_say("the policy has no field '%.*s'; did you mean '%s'?", TEXT_ARG(name), near);
    else
        command_say("the policy has no field '%.*s'", TEXT_ARG(name));
}

static struct try_fact *find_fact(struct try_facts *f, struct text name) {
    struct text given = name;
    bool applicant = drop_prefix(&name, "applicant.") || drop_prefix(&name, "申请人.") || drop_prefix(&name, "申請人.");
    bool claim =
        !applicant && (drop_prefix(&name, "claim.") || drop_prefix(&name, "申请.") || drop_prefix(&name, "申請."));
    struct try_fact *of_claim = applicant ? NULL : fact_named(f->claim, f->model->claim_count, 0, name);
    struct try_fact *of_profile =
        claim ? NULL : fact_named(f->profile, f->model->profile_count, POL_PROFILE_BUILTINS, name);
    if (of_claim && of_profile) {
        command_say("'%.*s' is a field of the claim and of the applicant: write claim.%.*s or applicant.%.*s",
                    TEXT_ARG(name), TEXT_ARG(name), TEXT_ARG(name));
        return NULL;
    }
    if (!of_claim && !of_profile)
        report_unknown(f, given);
    return of_claim ? of_claim : of_profile;
}

static int take_word(struct try_facts *f, const char *word) {
    const char *equals = strchr(word, '=');
    if (!equals || equals == word) {
        command_say("'%s' is no fact: write field=value", word);
        return EXIT_USAGE;
    }
    struct try_fact *fact = find_fact(f, (struct text){word, (size_t)(equals - word)});
    if (!fact)
        return EXIT_USAGE;
    if (fact->field->builtin && !fact->field->of_profile &&
        (fact->field->index == POL_CLAIM_ID || fact->field->index == POL_CLAIM_ITEM)) {
        command_say("'%.*s' is not for you to give: the item stands before the facts", TEXT_ARG(fact->field->name));
        return EXIT_USAGE;
    }
    if (fact->given) {
        command_say("'%.*s' is given twice", TEXT_ARG(fact->field->name));
        return EXIT_USAGE;
    }
    if (!try_value_read(f->arena, f->policy, fact->field, text_of(equals + 1), &fact->cell)) {
        struct text hint = try_value_hint(f->arena, fact->field, f->chinese);
        command_say("'%s' cannot be read: %.*s", word, TEXT_ARG(hint));
        return EXIT_USAGE;
    }
    fact->given = true;
    return EXIT_CLEAN;
}

int try_facts_take(struct try_facts *f, char *const *word, size_t count) {
    for (size_t i = 0; i < count; i++) {
        int code = take_word(f, word[i]);
        if (code != EXIT_CLEAN)
            return code;
    }
    return EXIT_CLEAN;
}

static void keep(struct try_facts *f, struct try_fact *list, uint32_t count, const struct try_fact *old,
                 uint32_t olds) {
    for (uint32_t k = 0; k < olds; k++)
        for (uint32_t i = 0; i < count && old[k].given; i++)
            if (!list[i].given && text_equal(list[i].field->name, old[k].field->name))
                list[i].given =
                    try_value_read(f->arena, f->policy, list[i].field, text_copy(f->arena, old[k].cell), &list[i].cell);
}

void try_facts_keep(struct try_facts *f, const struct try_facts *before) {
    keep(f, f->claim, f->model->claim_count, before->claim, before->model->claim_count);
    keep(f, f->profile, f->model->profile_count, before->profile, before->model->profile_count);
}

/* ---- asking
 * ----------------------------------------------------------------------------------------------------------
 */

/* What Enter stands for: the field's default, the policy's sample, today. */
static struct text offered(const struct try_facts *f, const struct try_fact *fact) {
    const struct model_field *field = fact->field;
    struct text cell;
    if (field->has_default)
        return try_value_any(f->arena, field);
    for (const struct ast_sample *s = f->model->ast->samples; s; s = s->next)
        for (const struct ast_fact *x = s->of_applicant == field->of_profile ? s->facts : NULL; x; x = x->next)
            if (x->field == field && x->value->kind == AST_NAME &&
                try_value_read(f->arena, f->policy, field, x->value->u.name, &cell))
                return x->value->u.name;
            else if (x->field == field && x->value->kind == AST_BOOL)
                return text_of(x->value->u.boolean ? say(f, "yes", "是") : say(f, "no", "否"));
            else if (x->field == field && x->value->kind == AST_STRING &&
                     try_value_read(f->arena, f->policy, field, x->value->u.string, &cell))
                return x->value->u.string;
    if (field->builtin && !field->of_profile && field->index == POL_CLAIM_DATE) {
        time_t now = time(NULL);
        struct tm day;
        char text[32];
        if (localtime_r(&now, &day) && strftime(text, sizeof text, "%Y-%m-%d", &day))
            return text_copy(f->arena, text_of(text));
    }
    return (struct text){0};
}

static struct text field_words(const struct try_facts *f, const struct model_field *field) {
    const char *owner = field->of_profile ? say(f, "applicant.", "申请人.") : "";
    if (!field->label.size)
        return text_format(f->arena, "%s%.*s", owner, TEXT_ARG(field->name));
    return text_format(f->arena, "%s%.*s %.*s", owner, TEXT_ARG(field->name), TEXT_ARG(field->label));
}

/* False: the input ended. */
static bool ask_one(struct try_facts *f, struct try_fact *fact) {
    struct text name = field_words(f, fact->field), hint = try_value_hint(f->arena, fact->field, f->chinese),
                offer = offered(f, fact);
    char line[1024];
    fprintf(stderr, "%.*s\n  (%.*s)\n", TEXT_ARG(name), TEXT_ARG(hint));
    for (;;) {
        if (offer.size)
            fprintf(stderr, "  [%.*s] > ", TEXT_ARG(offer));
        else
            fputs("  > ", stderr);
        fflush(stderr);
        if (!fgets(line, sizeof line, stdin))
            return false;
        struct text given = text_of(line);
        while (given.size && (given.data[given.size - 1] == '\n' || given.data[given.size - 1] == '\r'))
            given.size--;
        if (!given.size && offer.size)
            given = offer;
        given = text_copy(f->arena, given);
        if (try_value_read(f->arena, f->policy, fact->field, given, &fact->cell))
            return fact->given = true;
        fputs(say(f, "  this cannot be read, or is out of range\n", "  无法读取，或超出范围\n"), stderr);
    }
}

struct missing {
    struct text_buffer lines;
    size_t count;
};

static bool lacks(const struct try_facts *f, const struct try_fact *fact) {
    return fact->wanted && !fact->given && (f->ask || !fact->field->has_default);
}

static bool go_through(struct try_facts *f, struct try_fact *list, uint32_t count, struct missing *missing) {
    for (uint32_t i = 0; i < count; i++) {
        struct try_fact *fact = &list[i];
        if (!lacks(f, fact))
            continue;
        if (f->ask) {
            if (!ask_one(f, fact))
                return false;
            continue;
        }
        struct text name = field_words(f, fact->field), hint = try_value_hint(f->arena, fact->field, f->chinese);
        text_addf(&missing->lines, "  %.*s (%.*s)\n", TEXT_ARG(name), TEXT_ARG(hint));
        missing->count++;
    }
    return true;
}

int try_facts_complete(struct try_facts *f) {
    struct missing missing = {.lines = {.arena = f->arena}};
    bool all = go_through(f, f->claim, f->model->claim_count, &missing) &&
               go_through(f, f->profile, f->model->profile_count, &missing);
    if (!all) {
        fputc('\n', stderr);
        command_say("the input ended before all was answered");
        return EXIT_USAGE;
    }
    if (!missing.count)
        return EXIT_CLEAN;
    command_say("these facts are missing: write them as field=value");
    struct text lines = text_of_buffer(&missing.lines);
    fwrite(lines.data, 1, lines.size, stderr);
    return EXIT_USAGE;
}

/* ---- ledgers
 * ---------------------------------------------------------------------------------------------------------
 */

static void put_cell(struct text_buffer *out, struct text cell) {
    text_add(out, out->size && out->data[out->size - 1] != '\n' ? TEXT(",\"") : TEXT("\""));
    for (size_t i = 0; i < cell.size; i++)
        text_add(out, cell.data[i] == '"' ? TEXT("\"\"") : (struct text){cell.data + i, 1});
    text_add(out, TEXT("\""));
}

static struct text cell_of(const struct try_facts *f, const struct try_fact *fact) {
    const struct model_field *field = fact->field;
    if (fact->given || (field->has_default && !fact->given))
        return fact->cell;
    if (!field->builtin || field->of_profile || field->index == POL_CLAIM_DATE || field->index == POL_CLAIM_OBJECT)
        return fact->filled ? try_value_any(f->arena, field) : (struct text){0};
    return field->index == POL_CLAIM_ID          ? TEXT("try")
           : field->index == POL_CLAIM_APPLICANT ? TEXT("A")
           : field->index == POL_CLAIM_ITEM      ? f->item->column
                                                 : (struct text){0};
}

struct text try_facts_claims(const struct try_facts *f) {
    struct text_buffer out = {.arena = f->arena};
    for (int row = 0; row < 2; row++) {
        for (uint32_t i = 0; i < f->model->claim_count; i++)
            put_cell(&out, row ? cell_of(f, &f->claim[i]) : f->model->claim[i].column);
        text_add(&out, TEXT("\n"));
    }
    return text_of_buffer(&out);
}

/* The year is that of the claim's date, whose cell begins with it. */
struct text try_facts_applicants(const struct try_facts *f) {
    struct text_buffer out = {.arena = f->arena};
    struct text date = f->claim[POL_CLAIM_DATE].cell, year = {date.data, date.size < 4 ? date.size : 4};
    for (int row = 0; row < 2; row++) {
        for (uint32_t i = 0; i < f->model->profile_count; i++) {
            struct text cell = i == POL_PROFILE_APPLICANT ? cell_of(f, &f->claim[POL_CLAIM_APPLICANT])
                               : i == POL_PROFILE_YEAR    ? year
                                                          : cell_of(f, &f->profile[i]);
            put_cell(&out, row ? cell : f->model->profile[i].column);
        }
        text_add(&out, TEXT("\n"));
    }
    return text_of_buffer(&out);
}

static void list_filled(const struct try_facts *f, const struct try_fact *list, uint32_t count,
                        struct text_buffer *out) {
    for (uint32_t i = 0; i < count; i++) {
        const struct try_fact *fact = &list[i];
        if (!fact->filled || fact->wanted || fact->given || fact->field->has_default ||
            (fact->field->builtin && fact->field->index == POL_CLAIM_APPLICANT && !fact->field->of_profile))
            continue;
        text_addf(out, "%s%.*s", out->size ? say(f, ", ", "，") : "", TEXT_ARG(fact->field->name));
    }
}

struct text try_facts_filled(const struct try_facts *f) {
    struct text_buffer out = {.arena = f->arena};
    list_filled(f, f->claim, f->model->claim_count, &out);
    list_filled(f, f->profile, f->model->profile_count, &out);
    return text_of_buffer(&out);
}
