#include "ir/ir_print.h"

void ir_print_int(struct text_buffer *out, ir_int value) {
    char digits[48];
    size_t at = sizeof digits;
    bool negative = value < 0;
    do {
        int digit = (int)(value % 10);
        digits[--at] = (char)('0' + (digit < 0 ? -digit : digit));
        value /= 10;
    } while (value);
    if (negative)
        digits[--at] = '-';
    text_add(out, (struct text){digits + at, sizeof digits - at});
}

static const char *type_name(enum pol_type type) {
    switch (type) {
    case POL_MONEY:
        return "money";
    case POL_RATE:
        return "rate";
    case POL_COUNT:
        return "count";
    case POL_YEARS:
        return "years";
    case POL_DAYS:
        return "days";
    case POL_DATE:
        return "date";
    case POL_BOOL:
        return "bool";
    case POL_ENUM:
        return "enum";
    case POL_TEXT:
        return "text";
    }
    return "?";
}

static const char *reason_name(enum pol_reason reason) {
    static const char *const name[POL_REASON_COUNT] = {
        [POL_OK] = "ok",
        [POL_DUPLICATE_CLAIM] = "duplicate_claim",
        [POL_UNKNOWN_ITEM] = "unknown_item",
        [POL_BAD_VALUE] = "bad_value",
        [POL_MISSING_FIELD] = "missing_field",
        [POL_MISSING_PROFILE] = "missing_profile",
        [POL_NOT_IN_FORCE] = "not_in_force",
        [POL_EXCLUDED] = "excluded",
        [POL_INELIGIBLE] = "ineligible",
        [POL_ALREADY_AWARDED] = "already_awarded",
        [POL_CAP_REACHED] = "cap_reached",
        [POL_CAP] = "cap",
        [POL_LIMIT] = "limit",
    };
    return (unsigned)reason < POL_REASON_COUNT ? name[reason] : "?";
}

static const char *cell_name(enum pol_cell_kind kind) {
    switch (kind) {
    case POL_CELL_ONCE:
        return "once";
    case POL_CELL_ONE_YEAR:
        return "one_year";
    case POL_CELL_LADDER:
        return "ladder";
    case POL_CELL_CAP:
        return "cap";
    }
    return "?";
}

static const char *step_name(enum pol_step_kind kind) {
    switch (kind) {
    case POL_STEP_ONCE:
        return "once";
    case POL_STEP_ONE_YEAR:
        return "one_year";
    case POL_STEP_LADDER:
        return "ladder";
    case POL_STEP_LESS:
        return "less";
    case POL_STEP_CAP_MONEY:
        return "cap.money";
    case POL_STEP_CAP_CLAIMS:
        return "cap.claims";
    case POL_STEP_CAP_UNITS:
        return "cap.units";
    case POL_STEP_LIMIT:
        return "limit";
    }
    return "?";
}

static const char *target_name(enum pol_target_kind kind) {
    switch (kind) {
    case POL_TARGET_BY:
        return "by";
    case POL_TARGET_EVERY:
        return "every";
    case POL_TARGET_GROWTH:
        return "growth";
    case POL_TARGET_TOTAL:
        return "total";
    }
    return "?";
}

/* A quoted string on one line. */
static void put_string(struct text_buffer *out, struct text t) {
    text_add(out, TEXT("\""));
    for (size_t i = 0; i < t.size; i++) {
        unsigned char c = (unsigned char)t.data[i];
        if (c == '"' || c == '\\')
            text_addf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7f)
            text_addf(out, "\\x%02x", c);
        else
            text_add(out, (struct text){t.data + i, 1});
    }
    text_add(out, TEXT("\""));
}

static void put_labelled(struct text_buffer *out, const char *word, struct text t) {
    if (t.size == 0)
        return;
    text_addf(out, " %s ", word);
    put_string(out, t);
}

static void put_strings(struct text_buffer *out, const char *word, const struct text *t, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        text_addf(out, "  %s ", word);
        put_string(out, t[i]);
        text_add(out, TEXT("\n"));
    }
}

static void put_clause(struct text_buffer *out, uint32_t clause) {
    if (clause != POL_NONE)
        text_addf(out, " clause %u", clause);
}

/* ---- the policy, its schema, what it says -------------------------------------------------------------------------
 */

static void put_head(struct text_buffer *out, const struct ir_policy *p) {
    text_addf(out, "policy %.*s", TEXT_ARG(p->name));
    put_labelled(out, "title", p->title);
    put_labelled(out, "issuer", p->issuer);
    put_labelled(out, "version", p->version);
    put_labelled(out, "source", p->source_name);
    text_add(out, TEXT("\ndays"));
    if (p->first_day != INT32_MIN)
        text_addf(out, " from %d", p->first_day);
    if (p->last_day != INT32_MAX)
        text_addf(out, " to %d", p->last_day);
    text_add(out, TEXT("\n"));
}

static void put_field(struct text_buffer *out, const char *word, uint32_t index, const struct ir_field *f) {
    text_addf(out, "%s %u %.*s: %s", word, index, TEXT_ARG(f->name), type_name(f->type));
    if (f->type == POL_ENUM)
        text_addf(out, " %u", f->enum_index);
    else if (f->type != POL_BOOL)
        text_addf(out, " %lld..%lld", (long long)f->min, (long long)f->max);
    if (f->has_default)
        text_addf(out, " default %lld", (long long)f->fallback);
    if (f->builtin)
        text_add(out, TEXT(" builtin"));
    if (f->used)
        text_add(out, TEXT(" used"));
    put_labelled(out, "as", f->column);
    for (uint32_t i = 0; i < f->alias_count; i++)
        put_labelled(out, "or", f->alias[i]);
    put_labelled(out, "label", f->label);
    text_add(out, TEXT("\n"));
}

static void put_param(struct text_buffer *out, uint32_t index, const struct ir_param *f) {
    text_addf(out, "param %u %.*s: %s", index, TEXT_ARG(f->name), type_name(f->type));
    if (f->type == POL_ENUM)
        text_addf(out, " %u", f->enum_index);
    text_addf(out, " %lld..%lld default %lld%s", (long long)f->min, (long long)f->max, (long long)f->fallback,
              f->pending ? " pending" : "");
    put_labelled(out, "as", f->column);
    put_labelled(out, "label", f->label);
    text_add(out, TEXT("\n"));
}

static void put_enum(struct text_buffer *out, uint32_t index, const struct ir_enum *e) {
    text_addf(out, "enum %u %.*s\n", index, TEXT_ARG(e->name));
    for (uint32_t i = 0; i < e->value_count; i++) {
        text_addf(out, "  %u %.*s", i, TEXT_ARG(e->value[i].name));
        put_labelled(out, "as", e->value[i].column);
        put_labelled(out, "label", e->value[i].label);
        text_add(out, TEXT("\n"));
    }
}

static void put_clause_text(struct text_buffer *out, uint32_t index, const struct ir_clause *c) {
    text_addf(out, "clause %u", index);
    put_labelled(out, "number", c->number);
    put_labelled(out, "title", c->title);
    text_add(out, c->declaratory ? TEXT(" declaratory\n") : TEXT("\n"));
    put_strings(out, "quote", c->quote, c->quote_count);
    put_strings(out, "lead", c->lead, c->lead_count);
    put_strings(out, "responsible", c->responsible, c->responsible_count);
    put_strings(out, "refers to", c->refers, c->refers_count);
    put_strings(out, "reading", c->reading, c->reading_count);
}

static void put_rule(struct text_buffer *out, uint32_t index, const struct ir_rule *r) {
    text_addf(out, "rule %u %s", index, reason_name(r->reason));
    put_labelled(out, "name", r->name);
    put_clause(out, r->clause);
    if (r->item != POL_NONE)
        text_addf(out, " item %u", r->item);
    put_labelled(out, "source", r->source);
    put_labelled(out, "quote", r->quote);
    text_add(out, TEXT("\n"));
}

static void put_key(struct text_buffer *out, const struct ir_policy *p, struct pol_key key) {
    switch ((enum pol_key_kind)key.kind) {
    case POL_KEY_APPLICANT:
        text_add(out, TEXT("applicant"));
        return;
    case POL_KEY_YEAR:
        text_add(out, TEXT("year"));
        return;
    case POL_KEY_ITEM:
        text_add(out, TEXT("item"));
        return;
    case POL_KEY_CLAIM_FIELD:
        if (key.field < p->claim_count)
            text_addf(out, "claim.%.*s", TEXT_ARG(p->claim[key.field].name));
        return;
    case POL_KEY_PROFILE_FIELD:
        if (key.field < p->profile_count)
            text_addf(out, "applicant.%.*s", TEXT_ARG(p->profile[key.field].name));
        return;
    }
    text_add(out, TEXT("?"));
}

static void put_cell(struct text_buffer *out, const struct ir_policy *p, uint32_t index) {
    const struct ir_cell *c = &p->cell[index];
    text_addf(out, "cell %u %s", index, cell_name(c->kind));
    put_labelled(out, "name", c->name);
    put_clause(out, c->clause);
    text_add(out, c->key_count ? TEXT(" per ") : TEXT(" in total"));
    for (uint32_t i = 0; i < c->key_count; i++) {
        text_add(out, i ? TEXT(", ") : TEXT(""));
        put_key(out, p, c->key[i]);
    }
    text_add(out, TEXT("\n"));
}

static void put_operand(struct text_buffer *out, const char *word, struct pol_operand operand) {
    if (operand.kind == POL_OPERAND_CONST)
        text_addf(out, " %s %lld", word, (long long)operand.value);
    else if (operand.kind == POL_OPERAND_AUX)
        text_addf(out, " %s aux.%u", word, operand.aux);
}

static void put_step(struct text_buffer *out, const struct pol_step *s) {
    text_addf(out, "  step %s", step_name((enum pol_step_kind)s->kind));
    if (s->cell != POL_NONE)
        text_addf(out, " cell %u", s->cell);
    put_operand(out, "max", s->max);
    put_operand(out, "when", s->condition);
    put_operand(out, "amount", s->amount);
    put_operand(out, "units", s->units);
    put_operand(out, "price", s->price);
    text_addf(out, " rule %u\n", s->rule);
}

static void put_item(struct text_buffer *out, uint32_t index, const struct ir_item *item) {
    text_addf(out, "item %u %.*s", index, TEXT_ARG(item->name));
    put_labelled(out, "as", item->column);
    put_labelled(out, "label", item->label);
    put_clause(out, item->clause);
    text_addf(out, " rule %u", item->award_rule);
    put_labelled(out, "quote", item->quote);
    text_add(out, TEXT("\n  needs"));
    for (uint32_t i = 0; i < item->need_count; i++)
        text_addf(out, " %u", item->need[i]);
    text_add(out, TEXT("\n"));
    for (uint32_t i = 0; i < item->step_count; i++)
        put_step(out, &item->step[i]);
}

static void put_target(struct text_buffer *out, uint32_t index, const struct ir_target *t) {
    text_addf(out, "target %u %.*s: %s", index, TEXT_ARG(t->name), type_name(t->type));
    put_labelled(out, "as", t->column);
    put_labelled(out, "label", t->label);
    put_clause(out, t->clause);
    text_addf(out, " %s %lld %s %d..%d\n", t->sense == POL_AT_LEAST ? "at least" : "at most", (long long)t->value,
              target_name(t->kind), t->first_year, t->last_year);
}

/* ---- functions --------------------------------------------------------------------------------------------------- */

static struct text name_of(const struct ir_policy *p, const struct ir_inst *inst) {
    if (inst->op == IR_CLAIM && inst->index < p->claim_count)
        return p->claim[inst->index].name;
    if (inst->op == IR_PROFILE && inst->index < p->profile_count)
        return p->profile[inst->index].name;
    if (inst->op == IR_PARAM && inst->index < p->param_count)
        return p->param[inst->index].name;
    return TEXT("?");
}

static void put_operation(struct text_buffer *out, const struct ir_inst *inst) {
    ir_ref operand[3] = {inst->a, inst->b, inst->c};
    for (unsigned i = 0; i < ir_op_arity[inst->op] && i < 3; i++)
        text_addf(out, "%s%%%u", i ? ", " : " ", operand[i]);
}

static void put_inst(struct text_buffer *out, const struct ir_policy *p, const struct ir_func *func, ir_ref ref) {
    const struct ir_inst *inst = &func->inst[ref];
    size_t start = out->size;
    text_addf(out, "  %%%u = %s", ref, inst->op < IR_OP_COUNT ? ir_op_name[inst->op] : "?");
    if (inst->op == IR_CONST) {
        text_add(out, TEXT(" "));
        ir_print_int(out, inst->imm);
    } else if (inst->op == IR_LITERAL) {
        put_labelled(out, "", inst->text);
    } else if (inst->op == IR_CLAIM || inst->op == IR_PROFILE || inst->op == IR_PARAM) {
        text_addf(out, " %u %.*s", inst->index, TEXT_ARG(name_of(p, inst)));
    } else if (inst->op < IR_OP_COUNT) {
        put_operation(out, inst);
    }
    if (inst->type == IR_INT && inst->op != IR_CONST) {
        for (size_t width = out->size - start; width < 40; width++)
            text_add(out, TEXT(" "));
        text_add(out, TEXT(" ; "));
        ir_print_int(out, inst->lo);
        text_add(out, TEXT(".."));
        ir_print_int(out, inst->hi);
    } else if (inst->type == IR_BOOL) {
        text_add(out, TEXT(" ; bool"));
    }
    text_add(out, TEXT("\n"));
}

static void put_result(struct text_buffer *out, const char *word, ir_ref ref) {
    if (ref != IR_NO_REF)
        text_addf(out, "  %s %%%u\n", word, ref);
}

static void put_block(struct text_buffer *out, const struct ir_policy *p, const struct ir_func *func, uint32_t index) {
    const struct ir_block *block = &func->block[index];
    text_addf(out, "block %u", index);
    if (func == &p->row && index > 0 && index <= p->item_count)
        text_addf(out, " item %.*s", TEXT_ARG(p->item[index - 1].name));
    text_add(out, TEXT("\n"));
    for (ir_ref ref = block->first; ref < block->end && ref < func->inst_count; ref++)
        put_inst(out, p, func, ref);
    put_result(out, "rule", block->rule);
    put_result(out, "award", block->award);
    for (uint32_t i = 0; block->aux && i < func->aux_count; i++)
        if (block->aux[i] != IR_NO_REF)
            text_addf(out, "  aux.%u %%%u\n", i, block->aux[i]);
}

static void put_func(struct text_buffer *out, const struct ir_policy *p, const struct ir_func *func, const char *name) {
    text_addf(out, "\nfunction %s: %u instructions, %u aux\n", name, func->inst_count, func->aux_count);
    for (uint32_t i = 0; i < func->block_count; i++)
        put_block(out, p, func, i);
}

static void put_limit(struct text_buffer *out, const struct ir_limit *limit) {
    if (limit->present) {
        text_add(out, TEXT("limit"));
        put_labelled(out, "name", limit->name);
        put_clause(out, limit->clause);
        text_addf(out, " rule %u carry %u years\n", limit->rule, limit->carry_years);
    }
}

struct text ir_print(const struct ir_policy *p, struct arena *arena) {
    struct text_buffer out = {.arena = arena};
    put_head(&out, p);
    for (uint32_t i = 0; i < p->enum_count; i++)
        put_enum(&out, i, &p->enums[i]);
    for (uint32_t i = 0; i < p->param_count; i++)
        put_param(&out, i, &p->param[i]);
    for (uint32_t i = 0; i < p->claim_count; i++)
        put_field(&out, "claim", i, &p->claim[i]);
    for (uint32_t i = 0; i < p->profile_count; i++)
        put_field(&out, "profile", i, &p->profile[i]);
    for (uint32_t i = 0; i < p->clause_count; i++)
        put_clause_text(&out, i, &p->clause[i]);
    for (uint32_t i = 1; i < p->rule_count; i++)
        put_rule(&out, i, &p->rule[i]);
    for (uint32_t i = 0; i < p->cell_count; i++)
        put_cell(&out, p, i);
    for (uint32_t i = 0; i < p->item_count; i++)
        put_item(&out, i, &p->item[i]);
    put_limit(&out, &p->limit);
    for (uint32_t i = 0; i < p->target_count; i++)
        put_target(&out, i, &p->target[i]);
    put_func(&out, p, &p->row, "row");
    put_func(&out, p, &p->profile_row, "profile");
    put_result(&out, "excluded", p->limit.excluded);
    put_result(&out, "limited", p->limit.limited);
    put_result(&out, "amount", p->limit.amount);
    return text_of_buffer(&out);
}
