/* One claim's way through the stages, in English or Chinese. */
#include <string.h>

#include "audit/explain_claim.h"
#include "audit/finding.h"
#include "audit/words.h"
#include "ledger/fail.h"

struct teller {
    const struct explain_claim *c;
    const pol_module *module;
    const struct pol_descriptor *d;
    struct pol_buffer *out;
};

int32_t explain_year(int64_t day) {
    int32_t year = 1970;
    for (int64_t left = day; left >= 0; year++) {
        bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        left -= leap ? 366 : 365;
        if (left < 0)
            return year;
    }
    return year - 1;
}

static const char *word(const struct teller *t, const char *english, const char *chinese) {
    return t->c->language == POL_CHINESE ? chinese : english;
}

static void say(const struct teller *t, const char *english, const char *chinese) {
    pol_buffer_text(t->out, word(t, english, chinese));
}

static void put_money(const struct teller *t, int64_t fen) {
    char digits[POL_MONEY_ROOM + 1], grouped[2 * POL_MONEY_ROOM];
    size_t size = (size_t)(pol_put_money(digits, fen) - digits), n = 0;
    size_t whole = size > 3 ? size - 3 : size;
    for (size_t i = 0; i < size; i++) {
        bool comma = i > 0 && i < whole && (whole - i) % 3 == 0 && digits[i - 1] != '-';
        if (comma)
            grouped[n++] = ',';
        grouped[n++] = digits[i];
    }
    pol_buffer_add(t->out, grouped, n);
    say(t, " yuan", " 元");
}

static void put_title(const struct teller *t, const char *english, const char *chinese) {
    pol_buffer_text(t->out, "\n");
    say(t, english, chinese);
    pol_buffer_text(t->out, "\n");
}

/* ---- facts --------------------------------------------------------------------------------------------------------
 */

static void put_cell(const struct teller *t, const struct pol_field *field, const struct explain_cell *cell) {
    pol_buffer_format(t->out, "  %s", pol_module_string(t->module, field->column));
    if (field->label.size)
        pol_buffer_format(t->out, " %s", pol_module_string(t->module, field->label));
    say(t, ": ", "：");
    if (cell->state == EXPLAIN_MISSING && (field->flags & POL_FIELD_DEFAULT)) {
        pol_words_value(t->out, t->module, field->type, field->enum_index, field->fallback);
        say(t, " (missing: the default)", "（缺失，取默认值）");
    } else if (cell->state == EXPLAIN_MISSING)
        say(t, "missing", "缺失");
    else if (cell->state == EXPLAIN_BAD)
        say(t, "cannot be read", "不可读");
    else if (field->type == POL_TEXT)
        pol_buffer_add(t->out, cell->text.data, cell->text.size);
    else
        pol_words_value(t->out, t->module, field->type, field->enum_index, cell->value);
    pol_buffer_text(t->out, "\n");
}

static const struct pol_item *item_of(const struct teller *t) {
    const struct explain_cell *cell = &t->c->claim.cell[POL_CLAIM_ITEM];
    const struct pol_item *items = pol_module_array(t->module, t->d->items);
    bool known = cell->state == EXPLAIN_PRESENT && cell->value >= 0 && cell->value < (int64_t)t->d->items.count;
    return known ? &items[cell->value] : NULL;
}

static void tell_facts(const struct teller *t) {
    const struct pol_item *item = item_of(t);
    const struct pol_field *fields = pol_module_array(t->module, t->d->claim_fields);
    const struct pol_field *profile = pol_module_array(t->module, t->d->profile_fields);
    put_title(t, "Facts used", "所用事实");
    put_cell(t, &fields[POL_CLAIM_APPLICANT], &t->c->claim.cell[POL_CLAIM_APPLICANT]);
    put_cell(t, &fields[POL_CLAIM_DATE], &t->c->claim.cell[POL_CLAIM_DATE]);
    const uint32_t *needs = item ? pol_module_array(t->module, item->needs) : NULL;
    for (uint32_t i = 0; needs && i < item->needs.count; i++)
        if (needs[i] != POL_CLAIM_APPLICANT && needs[i] != POL_CLAIM_DATE)
            put_cell(t, &fields[needs[i]], &t->c->claim.cell[needs[i]]);
    put_title(t, "The applicant in that year", "申请人当年资料");
    if (!t->c->profile.found)
        say(t, "  no row\n", "  无此行\n");
    for (uint32_t f = POL_PROFILE_BUILTINS; t->c->profile.found && f < t->d->profile_fields.count; f++)
        put_cell(t, &profile[f], &t->c->profile.cell[f]);
}

/* ---- rules --------------------------------------------------------------------------------------------------------
 */

static const struct pol_rule *rule_at(const struct teller *t, uint32_t index) {
    const struct pol_rule *rules = pol_module_array(t->module, t->d->rules);
    return index && index < t->d->rules.count ? &rules[index] : NULL;
}

/* "clause 6, ip_insurance.cap.1" */
static void put_rule(const struct teller *t, uint32_t index) {
    const struct pol_rule *rule = rule_at(t, index);
    const struct pol_clause *clauses = pol_module_array(t->module, t->d->clauses);
    if (!rule)
        return;
    if (rule->clause != POL_NONE) {
        say(t, "clause ", "条款 ");
        pol_buffer_format(t->out, "%s, ", pol_module_string(t->module, clauses[rule->clause].number));
    }
    pol_buffer_text(t->out, pol_module_string(t->module, rule->name));
}

static void put_law(const struct teller *t, uint32_t index) {
    const struct pol_rule *rule = rule_at(t, index);
    const struct pol_clause *clauses = pol_module_array(t->module, t->d->clauses);
    if (!rule)
        return;
    if (rule->source.size)
        pol_buffer_format(t->out, "  %s\n", pol_module_string(t->module, rule->source));
    if (rule->clause == POL_NONE)
        return;
    const struct pol_clause *c = &clauses[rule->clause];
    pol_buffer_format(t->out, "  § %s", pol_module_string(t->module, c->number));
    if (c->title.size)
        pol_buffer_format(t->out, " %s", pol_module_string(t->module, c->title));
    pol_buffer_text(t->out, "\n");
    const struct pol_str *quotes = pol_module_array(t->module, c->quotes);
    if (rule->quote.size)
        pol_buffer_format(t->out, "  “%s”\n", pol_module_string(t->module, rule->quote));
    else if (c->quotes.count)
        pol_buffer_format(t->out, "  “%s”\n", pol_module_string(t->module, quotes[0]));
}

/* ---- the stages ---------------------------------------------------------------------------------------------------
 */

static struct pol_text claim_id(const struct teller *t, uint64_t row) {
    const struct pol_audit *audit = t->c->audit;
    for (size_t k = 0; k < audit->kept_count; k++)
        if (row - audit->kept[k].first_row < audit->kept[k].rows && row >= audit->kept[k].first_row)
            return pol_kept_claim(&audit->kept[k], (uint32_t)(row - audit->kept[k].first_row));
    return (struct pol_text){.data = ""};
}

enum { USES_SHOWN = 8 };

static void put_uses(const struct teller *t, const struct pol_trace_step *step, bool money) {
    for (uint64_t i = 0; i < step->use_count && i < USES_SHOWN; i++) {
        const struct pol_trace_use *use = &t->c->trace->uses[step->first_use + i];
        struct pol_text id = claim_id(t, use->claim);
        pol_buffer_text(t->out, "       ");
        say(t, "earlier: ", "在先：");
        pol_buffer_add(t->out, id.data, id.size);
        pol_buffer_format(t->out, " (%d)", use->year);
        if (money) {
            pol_buffer_text(t->out, " ");
            put_money(t, use->amount);
        } else if (step->kind == POL_STEP_CAP_UNITS)
            pol_buffer_format(t->out, " %lld", (long long)use->amount);
        pol_buffer_text(t->out, "\n");
    }
    if (step->use_count > USES_SHOWN)
        pol_buffer_format(t->out, word(t, "       and %llu more\n", "       另有 %llu 项\n"),
                          (unsigned long long)(step->use_count - USES_SHOWN));
}

static void put_count_or_money(const struct teller *t, int64_t value, bool money) {
    if (money)
        put_money(t, value);
    else
        pol_buffer_format(t->out, "%lld", (long long)value);
}

static void tell_cap(const struct teller *t, const struct pol_trace_step *step, const char *english,
                     const char *chinese, bool money) {
    int64_t left = step->max > step->used ? step->max - step->used : 0;
    say(t, english, chinese);
    put_rule(t, step->rule);
    say(t, ": at most ", "：上限 ");
    put_count_or_money(t, step->max, money);
    say(t, ", used before ", "，此前已用 ");
    put_count_or_money(t, step->used, money);
    say(t, ", left ", "，尚余 ");
    put_count_or_money(t, left, money);
    pol_buffer_text(t->out, "\n");
    put_uses(t, step, money);
}

static void tell_step(const struct teller *t, const struct pol_trace_step *step) {
    switch ((enum pol_step_kind)step->kind) {
    case POL_STEP_ONCE:
    case POL_STEP_ONE_YEAR:
        say(t, "  5. not twice: ", "  5. 不重复：");
        put_rule(t, step->rule);
        if (step->use_count == 0)
            say(t, ": not used before", "：此前未用");
        pol_buffer_text(t->out, "\n");
        put_uses(t, step, false);
        return;
    case POL_STEP_LADDER:
        say(t, "  5. ladder: ", "  5. 晋级：");
        put_rule(t, step->rule);
        say(t, ": highest before ", "：此前最高 ");
        put_money(t, step->used);
        pol_buffer_text(t->out, "\n");
        put_uses(t, step, true);
        return;
    case POL_STEP_LESS:
        say(t, "  5. less: ", "  5. 扣除：");
        put_rule(t, step->rule);
        pol_buffer_text(t->out, " ");
        put_money(t, step->used);
        pol_buffer_text(t->out, "\n");
        return;
    case POL_STEP_CAP_MONEY:
        tell_cap(t, step, "  6. cap: ", "  6. 封顶：", true);
        return;
    case POL_STEP_CAP_CLAIMS:
    case POL_STEP_CAP_UNITS:
        tell_cap(t, step, "  6. cap: ", "  6. 封顶：", false);
        return;
    case POL_STEP_LIMIT:
        tell_cap(t, step, "  7. limit: ", "  7. 限额：", true);
        return;
    }
}

/* Whether the claim came as far as this step: what was awarded before, or a cap with nothing left, ends its way. */
static bool reached(enum pol_reason reason, const struct pol_trace_step *step) {
    bool limit = step->kind == POL_STEP_LIMIT;
    bool cap =
        step->kind == POL_STEP_CAP_MONEY || step->kind == POL_STEP_CAP_CLAIMS || step->kind == POL_STEP_CAP_UNITS;
    if (reason == POL_ALREADY_AWARDED)
        return !limit && !cap;
    return reason != POL_CAP_REACHED || !limit;
}

static void tell_stages(const struct teller *t) {
    const struct pol_decision *d = &t->c->decision;
    enum pol_reason reason = (enum pol_reason)d->reason;
    put_title(t, "The way through the stages", "逐级经过");
    bool valid = d->kind != POL_INVALID;
    say(t, "  0. valid: ", "  0. 有效：");
    pol_buffer_text(t->out, valid ? word(t, "yes", "是") : pol_reason_name(reason));
    pol_buffer_text(t->out, "\n");
    if (!valid)
        return;
    say(t, "  1. in force: ", "  1. 在有效期：");
    say(t, reason == POL_NOT_IN_FORCE ? "no\n" : "yes\n", reason == POL_NOT_IN_FORCE ? "否\n" : "是\n");
    if (reason == POL_NOT_IN_FORCE)
        return;
    say(t, "  2. excluded: ", "  2. 被排除：");
    say(t, reason == POL_EXCLUDED ? "yes\n" : "no\n", reason == POL_EXCLUDED ? "是\n" : "否\n");
    if (reason == POL_EXCLUDED)
        return;
    say(t, "  3. eligible: ", "  3. 符合条件：");
    say(t, reason == POL_INELIGIBLE ? "no\n" : "yes\n", reason == POL_INELIGIBLE ? "否\n" : "是\n");
    if (reason == POL_INELIGIBLE)
        return;
    say(t, "  4. award: ", "  4. 奖励：");
    put_money(t, d->award);
    pol_buffer_text(t->out, "\n");
    for (uint64_t i = 0; i < t->c->trace->step_count; i++)
        if (reached(reason, &t->c->trace->steps[i]))
            tell_step(t, &t->c->trace->steps[i]);
}

/* ---- the outcome --------------------------------------------------------------------------------------------------
 */

static void put_amount(const struct teller *t, const char *english, const char *chinese, int64_t fen) {
    pol_buffer_text(t->out, "  ");
    say(t, english, chinese);
    put_money(t, fen);
    pol_buffer_text(t->out, "\n");
}

static const char *decision_word(const struct teller *t) {
    static const char *const chinese[] = {"准予", "核减", "递延", "不予", "无效"};
    enum pol_decision_kind kind = (enum pol_decision_kind)t->c->decision.kind;
    return t->c->language == POL_CHINESE ? chinese[kind] : pol_decision_name(kind);
}

static void tell_outcome(const struct teller *t) {
    const struct pol_decision *d = &t->c->decision;
    put_title(t, "Decision", "决定");
    pol_buffer_format(t->out, "  %s (%s)", decision_word(t), pol_reason_name((enum pol_reason)d->reason));
    if (rule_at(t, d->rule)) {
        say(t, ", by ", "，依据 ");
        put_rule(t, d->rule);
    }
    pol_buffer_text(t->out, "\n");
    if (d->kind <= POL_DEFERRED) {
        put_amount(t, "entitled ", "应得 ", d->entitled);
        put_amount(t, "payable ", "当年支付 ", d->payable);
    }
    if (d->kind == POL_DEFERRED) {
        put_amount(t, "carried ", "结转支付 ", d->carried);
        put_amount(t, "outstanding ", "待付 ", d->outstanding);
        put_amount(t, "lapsed ", "失效 ", d->lapsed);
    }
    if (rule_at(t, d->rule)) {
        put_title(t, "What the policy says", "政策依据");
        put_law(t, d->rule);
    }
}

static void put_bad_cells(const struct teller *t, const struct pol_field *field, uint32_t f,
                          const struct explain_cell *cell) {
    if (cell[f].state == EXPLAIN_PRESENT || (cell[f].state == EXPLAIN_MISSING && (field[f].flags & POL_FIELD_DEFAULT)))
        return;
    pol_buffer_format(t->out, word(t, "  - %s must hold a readable value of type %s\n", "  - %s 须为可读的 %s\n"),
                      pol_module_string(t->module, field[f].column), pol_words_type(field[f].type));
}

static void tell_invalid(const struct teller *t) {
    const struct pol_item *item = item_of(t);
    const struct pol_field *fields = pol_module_array(t->module, t->d->claim_fields);
    const struct pol_field *profile = pol_module_array(t->module, t->d->profile_fields);
    const uint32_t *needs = item ? pol_module_array(t->module, item->needs) : NULL;
    if (!item)
        say(t, "  - the item must be one of the policy\n", "  - 事项须为本政策的事项\n");
    for (uint32_t i = 0; needs && i < item->needs.count; i++)
        put_bad_cells(t, fields, needs[i], t->c->claim.cell);
    if (t->c->decision.reason == POL_MISSING_PROFILE)
        say(t, "  - the applicants file must have a row for this applicant and the claim's year\n",
            "  - 申请人资料须有该申请人当年一行\n");
    for (uint32_t f = POL_PROFILE_BUILTINS; t->c->profile.found && f < t->d->profile_fields.count; f++)
        put_bad_cells(t, profile, f, t->c->profile.cell);
}

/* Whether what failed is no condition: the award came to nothing, or its table has no row for the value. */
static bool came_to_nothing(const struct teller *t) {
    const struct pol_item *item = item_of(t);
    const struct pol_rule *failed = rule_at(t, t->c->decision.rule);
    const struct pol_rule *award = item ? rule_at(t, item->award_rule) : NULL;
    return failed && award && failed->source.offset == award->source.offset &&
           failed->source.size == award->source.size;
}

/* By the decision's reason; with the condition as it stands in the policy, else the rule's name. */
static void put_help(const struct teller *t, enum pol_help help) {
    const struct pol_rule *rule = rule_at(t, t->c->decision.rule);
    const char *words = pol_help_words(help, t->c->language == POL_CHINESE), *says = strstr(words, "{says}");
    size_t plain = says != NULL ? (size_t)(says - words) : strlen(words);
    pol_buffer_text(t->out, "  - ");
    pol_buffer_add(t->out, words, plain);
    if (says != NULL && rule != NULL)
        pol_buffer_text(t->out, pol_module_string(t->module, rule->source.size ? rule->source : rule->name));
    pol_buffer_text(t->out, "\n");
}

/* What would have to be different for the next better outcome. */
static enum pol_status tell_better(const struct teller *t, struct pol_error *error) {
    enum pol_reason reason = (enum pol_reason)t->c->decision.reason;
    put_title(t, "What would make it better", "怎样才会更好");
    size_t before = t->out->size;
    enum pol_help help = pol_help_of(reason, came_to_nothing(t));
    if (help == POL_HELP_UNKNOWN_ITEM || help == POL_HELP_UNREADABLE || help == POL_HELP_PROFILE)
        tell_invalid(t);
    else if (help != POL_HELP_NONE)
        put_help(t, help);
    enum pol_status status = explain_better(t->c, t->out, error);
    if (status == POL_STATUS_OK && t->out->size == before)
        pol_buffer_format(t->out, "  %s\n", pol_help_words(POL_HELP_NONE, t->c->language == POL_CHINESE));
    return status;
}

enum pol_status explain_tell(const struct explain_claim *claim, struct pol_buffer *text, struct pol_error *error) {
    const pol_module *module = claim->audit->module;
    struct teller t = {.c = claim, .module = module, .d = pol_module_descriptor(module), .out = text};
    struct pol_text id = claim_id(&t, claim->row);
    const struct pol_item *item = item_of(&t);
    say(&t, "Claim ", "申请 ");
    pol_buffer_add(text, id.data, id.size);
    if (item) {
        say(&t, ", item ", "，事项 ");
        pol_buffer_format(text, "%s (%s)", pol_words_label(module, item->label, item->column, item->name),
                          pol_module_string(module, item->column));
    }
    pol_buffer_format(text, "\n%s\n", pol_words_title(module));
    tell_facts(&t);
    tell_stages(&t);
    tell_outcome(&t);
    enum pol_status status = tell_better(&t, error);
    return status == POL_STATUS_OK && text->failed ? pol_ledger_no_memory(error) : status;
}
