/* The head, fields, parameters and targets. */
#include "diff/diff_int.h"

/* ---- the head -----------------------------------------------------------------------------------------------------
 */

static struct text effective_words(const struct comparison *c, const struct model *m) {
    struct text_buffer out = {.arena = c->arena};
    if (!m->from)
        return (struct text){0};
    text_add(&out, text_of(diff_say(c, "from ", "从 ")));
    text_add(&out, diff_expr(c, m->from));
    if (m->to) {
        text_add(&out, text_of(diff_say(c, " to ", " 至 ")));
        text_add(&out, diff_expr(c, m->to));
    }
    if (m->years)
        text_addf(&out, diff_say(c, " lasting %u years", " 有效期 %u年"), m->years);
    if (m->years_from) {
        text_add(&out, text_of(diff_say(c, " from ", " 从 ")));
        text_add(&out, diff_expr(c, m->years_from));
    }
    return text_of_buffer(&out);
}

/* Without `from C` the years count from the first day. */
static struct form effective_form(struct side *s) {
    const struct model *m = s->model;
    const struct ast_expr *start = m->years_from ? m->years_from : m->from;
    struct form part[] = {diff_form(s, m->from), diff_form(s, m->to), diff_form_number("years", m->years),
                          diff_form(s, m->years ? start : NULL)};
    return diff_form_mix("in force", part, 4);
}

void diff_head(struct comparison *c) {
    const struct model *a = c->before.model, *b = c->after.model;
    diff_at(c, &c->after, NULL, NULL);
    c->rank = 0;
    diff_texts(c, "policy.name", false, text_of(diff_say(c, "name of the policy", "政策名称")), a->name, b->name);
    diff_texts(c, "policy.title", false, text_of(diff_say(c, "title", "标题")), a->title, b->title);
    diff_texts(c, "policy.issuer", false, text_of(diff_say(c, "issuer", "发布机关")), a->issuer, b->issuer);
    diff_texts(c, "policy.version", false, text_of(diff_say(c, "version", "版本")), a->version, b->version);
    diff_texts(c, "policy.source", false, text_of(diff_say(c, "source document", "文件")), a->source, b->source);
    if (!diff_form_equal(effective_form(&c->before), effective_form(&c->after)))
        diff_texts(c, "policy.effective", true, text_of(diff_say(c, "in force", "施行")), effective_words(c, a),
                   effective_words(c, b));
}

/* ---- fields and parameters ----------------------------------------------------------------------------------------
 */

struct declared {     /* what a field and a parameter have in common */
    const char *kind; /* "field", "parameter" */
    struct text subject, name, column, label;
    const struct type *type;
    const struct model_enum *enumeration;
    int64_t min, max, fallback;
    bool has_default;
};

static struct text with(const struct comparison *c, struct text subject, const char *english, const char *chinese) {
    return diff_part(c, subject, text_of(diff_say(c, english, chinese)));
}

static struct text range_words(const struct comparison *c, const struct declared *d) {
    if (d->type->kind == TYPE_TEXT)
        return text_format(c->arena, diff_say(c, "%lld to %lld bytes", "%lld 至 %lld 字节"), (long long)d->min,
                           (long long)d->max);
    struct text lo = diff_value(c, d->type, d->min), hi = diff_value(c, d->type, d->max);
    return text_format(c->arena, diff_say(c, "%.*s to %.*s", "%.*s 至 %.*s"), TEXT_ARG(lo), TEXT_ARG(hi));
}

static struct text default_words(const struct comparison *c, const struct declared *d) {
    return d->has_default ? diff_value(c, d->type, d->fallback) : (struct text){0};
}

static struct text quoted_or_none(const struct comparison *c, struct text t) {
    return t.size ? diff_quoted(c, t) : t;
}

static const char *word(const struct comparison *c, const struct declared *d, const char *part) {
    return text_format(c->arena, "%s.%s", d->kind, part).data;
}

/* What ledgers call it. Another name in the source that ledgers follow is a mere renaming where the label says that the
 * thing is the same; a column that was chosen (`as`), and a name without a label, mean something. */
static void compare_column(struct comparison *c, const char *what, struct text subject, struct diff_named a,
                           struct diff_named b) {
    if (text_equal(a.column, b.column))
        return;
    bool renamed = diff_renamed(a, b);
    diff_add(c, what, renamed ? DIFF_RENAMED : DIFF_CHANGED, !renamed, with(c, subject, "name in ledgers", "台账名称"),
             a.column, b.column);
}

static void compare_values(struct comparison *c, const struct declared *a, const struct declared *b) {
    const struct model_enum *x = a->enumeration, *y = b->enumeration;
    for (uint32_t k = 0; y && k < y->count; k++) {
        const struct model_enum_value *v = &y->value[k];
        const struct model_enum_value *old = NULL;
        for (uint32_t i = 0; x && i < x->count && !old; i++)
            if (c->before.value[x->index][i] == c->after.value[y->index][k])
                old = &x->value[i];
        struct text name = diff_name(c, v->name, v->column, v->label);
        if (!old) {
            diff_add(c, "value", DIFF_ADDED, true, with(c, b->subject, "value", "取值"), (struct text){0}, name);
            continue;
        }
        struct text subject = text_format(c->arena, "%.*s %.*s", TEXT_ARG(b->subject), TEXT_ARG(name));
        compare_column(c, "value.column", subject, (struct diff_named){old->name, old->column, old->label},
                       (struct diff_named){v->name, v->column, v->label});
        diff_texts(c, "value.label", false, with(c, subject, "label", "标签"), quoted_or_none(c, old->label),
                   quoted_or_none(c, v->label));
    }
    for (uint32_t i = 0; x && i < x->count; i++) {
        const struct model_enum_value *v = &x->value[i];
        if (c->before.value[x->index][i] >= DIFF_ONLY_BEFORE)
            diff_add(c, "value", DIFF_REMOVED, true, with(c, b->subject, "value", "取值"),
                     diff_name(c, v->name, v->column, v->label), (struct text){0});
    }
}

static void compare_declared(struct comparison *c, const struct declared *a, const struct declared *b) {
    compare_column(c, word(c, b, "column"), b->subject, (struct diff_named){a->name, a->column, a->label},
                   (struct diff_named){b->name, b->column, b->label});
    diff_texts(c, word(c, b, "label"), false, with(c, b->subject, "label", "标签"), quoted_or_none(c, a->label),
               quoted_or_none(c, b->label));
    if (a->type->kind != b->type->kind)
        diff_texts(c, word(c, b, "type"), true, with(c, b->subject, "type", "类型"), diff_type_name(c, a->type),
                   diff_type_name(c, b->type));
    else if (a->type->kind != TYPE_BOOL && a->type->kind != TYPE_ENUM && (a->min != b->min || a->max != b->max))
        diff_texts(c, word(c, b, "range"), true, with(c, b->subject, "range", "范围"), range_words(c, a),
                   range_words(c, b));
    bool same = a->has_default == b->has_default &&
                (!a->has_default || (a->type->kind == b->type->kind && a->fallback == b->fallback));
    if (a->enumeration && b->enumeration && a->has_default && b->has_default)
        same =
            c->before.value[a->enumeration->index][a->fallback] == c->after.value[b->enumeration->index][b->fallback];
    if (!same)
        diff_texts(c, word(c, b, "default"), true, with(c, b->subject, "default", "默认值"), default_words(c, a),
                   default_words(c, b));
    compare_values(c, a, b);
}

static struct text declared_words(const struct comparison *c, const struct declared *d) {
    struct text_buffer out = {.arena = c->arena};
    text_add(&out, diff_type_name(c, d->type));
    for (uint32_t i = 0; d->enumeration && i < d->enumeration->count; i++) {
        const struct model_enum_value *v = &d->enumeration->value[i];
        text_add(&out, text_of(i ? diff_say(c, ", ", "，") : " { "));
        text_add(&out, diff_name(c, v->name, v->column, v->label));
    }
    if (d->enumeration)
        text_add(&out, TEXT(" }"));
    if (d->has_default) {
        text_add(&out, text_of(diff_say(c, ", default ", "，默认 ")));
        text_add(&out, diff_value(c, d->type, d->fallback));
    }
    return text_of_buffer(&out);
}

static struct declared field_declared(const struct comparison *c, const struct model_field *f) {
    struct text name = diff_field_name(c, f);
    const char *owner =
        f->of_profile ? diff_say(c, "applicant field", "申请人字段") : diff_say(c, "claim field", "申请字段");
    return (struct declared){"field",        text_format(c->arena, "%s %.*s", owner, TEXT_ARG(name)),
                             f->name,        f->column,
                             f->label,       f->type,
                             f->enumeration, f->min,
                             f->max,         f->fallback,
                             f->has_default};
}

static bool has_alias(const struct model_field *f, struct text t) {
    bool found = text_equal(f->column, t);
    for (uint32_t i = 0; i < f->alias_count; i++)
        found |= text_equal(f->alias[i], t);
    return found;
}

static struct text other_columns(const struct comparison *c, const struct model_field *f,
                                 const struct model_field *other) {
    struct text_buffer out = {.arena = c->arena};
    for (uint32_t i = 0; i < f->alias_count; i++) {
        if (has_alias(other, f->alias[i]))
            continue;
        text_add(&out, text_of(out.size ? diff_say(c, ", ", "，") : ""));
        text_add(&out, f->alias[i]);
    }
    return out.size ? text_of_buffer(&out) : (struct text){0};
}

static void compare_field(struct comparison *c, const struct model_field *a, const struct model_field *b) {
    struct declared x = field_declared(c, a), y = field_declared(c, b);
    if (b->builtin)
        x.type = y.type; /* only its column can be chosen */
    struct text gone = other_columns(c, a, b), come = other_columns(c, b, a), none = {0};
    struct text subject = with(c, y.subject, "other name in ledgers", "台账别名");
    if (gone.size && !text_equal(gone, b->column))
        diff_add(c, "field.alias", DIFF_REMOVED, true, subject, gone, none);
    if (come.size && !text_equal(come, a->column))
        diff_add(c, "field.alias", DIFF_ADDED, true, subject, none, come);
    compare_declared(c, &x, &y);
}

static void compare_fields(struct comparison *c, bool of_profile) {
    const struct model *a = c->before.model, *b = c->after.model;
    const struct model_field *old = of_profile ? a->profile : a->claim, *now = of_profile ? b->profile : b->claim;
    for (uint32_t k = 0; k < (of_profile ? b->profile_count : b->claim_count); k++) {
        const struct model_field *partner = diff_partner_field(&c->after, &c->before, &now[k]);
        struct declared d = field_declared(c, &now[k]);
        if (partner)
            compare_field(c, partner, &now[k]);
        else
            diff_add(c, "field", DIFF_ADDED, true, d.subject, (struct text){0}, declared_words(c, &d));
    }
    for (uint32_t i = 0; i < (of_profile ? a->profile_count : a->claim_count); i++) {
        struct declared d = field_declared(c, &old[i]);
        if (!diff_partner_field(&c->before, &c->after, &old[i]))
            diff_add(c, "field", DIFF_REMOVED, true, d.subject, declared_words(c, &d), (struct text){0});
    }
}

static struct declared param_declared(const struct comparison *c, const struct model_param *q) {
    struct text name = diff_name(c, q->name, q->column, q->label);
    return (struct declared){"parameter",
                             text_format(c->arena, "%s %.*s", diff_say(c, "parameter", "参数"), TEXT_ARG(name)),
                             q->name,
                             q->column,
                             q->label,
                             q->type,
                             q->enumeration,
                             q->min,
                             q->max,
                             q->fallback,
                             true};
}

static void compare_params(struct comparison *c) {
    const struct model *a = c->before.model, *b = c->after.model;
    struct text yes = text_of(diff_say(c, "open", "待定")), no = text_of(diff_say(c, "settled", "已定"));
    for (uint32_t k = 0; k < b->param_count; k++) {
        const struct model_param *now = &b->params[k], *old = NULL;
        for (uint32_t i = 0; i < a->param_count; i++)
            if (c->before.param[i] == c->after.param[k])
                old = &a->params[i];
        struct declared y = param_declared(c, now);
        if (!old) {
            diff_add(c, "parameter", DIFF_ADDED, true, y.subject, (struct text){0}, declared_words(c, &y));
            continue;
        }
        struct declared x = param_declared(c, old);
        compare_declared(c, &x, &y);
        if (old->pending != now->pending)
            diff_texts(c, "parameter.pending", false, with(c, y.subject, "in the draft", "草案中"),
                       old->pending ? yes : no, now->pending ? yes : no);
    }
    for (uint32_t i = 0; i < a->param_count; i++) {
        struct declared d = param_declared(c, &a->params[i]);
        if (c->before.param[i] >= DIFF_ONLY_BEFORE)
            diff_add(c, "parameter", DIFF_REMOVED, true, d.subject, declared_words(c, &d), (struct text){0});
    }
}

void diff_schema(struct comparison *c) {
    diff_at(c, &c->after, NULL, NULL);
    c->rank = 1;
    compare_params(c);
    compare_fields(c, true);
    compare_fields(c, false);
}

/* ---- targets ------------------------------------------------------------------------------------------------------
 */

static struct text target_words(const struct comparison *c, const struct model_target *t) {
    static const enum type_kind kinds[] = {[POL_MONEY] = TYPE_MONEY, [POL_RATE] = TYPE_RATE, [POL_COUNT] = TYPE_COUNT};
    struct type type = {.kind = t->kind == POL_TARGET_GROWTH ? TYPE_RATE : kinds[t->type]};
    struct text value = diff_value(c, &type, t->value);
    const char *sense = t->sense == POL_AT_MOST ? diff_say(c, "at most", "最高") : diff_say(c, "at least", "最低");
    switch (t->kind) {
    case POL_TARGET_BY:
        return text_format(c->arena, diff_say(c, "%s %.*s by %d", "%s %.*s 按 %d"), sense, TEXT_ARG(value),
                           t->last_year);
    case POL_TARGET_TOTAL:
        return text_format(c->arena, diff_say(c, "%s %.*s in total by %d", "%s %.*s 累计 按 %d"), sense,
                           TEXT_ARG(value), t->last_year);
    case POL_TARGET_EVERY:
        return text_format(c->arena, diff_say(c, "%s %.*s every year %d to %d", "%s %.*s 逐年 %d 至 %d"), sense,
                           TEXT_ARG(value), t->first_year, t->last_year);
    case POL_TARGET_GROWTH:
        break;
    }
    return text_format(c->arena, diff_say(c, "grows %.*s every year %d to %d", "递增 %.*s 逐年 %d 至 %d"),
                       TEXT_ARG(value), t->first_year, t->last_year);
}

static struct text target_subject(const struct comparison *c, const struct model_target *t) {
    struct text name = diff_name(c, t->name, t->column, t->label);
    return text_format(c->arena, "%s %.*s", diff_say(c, "target", "目标"), TEXT_ARG(name));
}

static const struct model_target *target_with(const struct side *s, uint32_t id) {
    const struct model_target *t = s->model->targets;
    for (uint32_t i = 0; t; t = t->next, i++)
        if (s->target[i] == id)
            return t;
    return NULL;
}

void diff_targets(struct comparison *c) {
    uint32_t n = 0;
    for (const struct model_target *t = c->after.model->targets; t; t = t->next, n++) {
        const struct model_target *old = target_with(&c->before, c->after.target[n]);
        struct text subject = target_subject(c, t);
        diff_at(c, &c->after, t->clause, NULL);
        if (!old) {
            diff_add(c, "target", DIFF_ADDED, true, subject, (struct text){0}, target_words(c, t));
            continue;
        }
        compare_column(c, "target.column", subject, (struct diff_named){old->name, old->column, old->label},
                       (struct diff_named){t->name, t->column, t->label});
        diff_texts(c, "target.label", false, with(c, subject, "label", "标签"), quoted_or_none(c, old->label),
                   quoted_or_none(c, t->label));
        diff_texts(c, "target", true, subject, target_words(c, old), target_words(c, t));
    }
    n = 0;
    for (const struct model_target *t = c->before.model->targets; t; t = t->next, n++)
        if (c->before.target[n] >= DIFF_ONLY_BEFORE) {
            diff_at(c, &c->before, t->clause, NULL);
            diff_add(c, "target", DIFF_REMOVED, true, target_subject(c, t), target_words(c, t), (struct text){0});
        }
}
