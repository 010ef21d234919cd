/* The table of rules, and the texts that go with them. */
#include "lower/lower_int.h"
#include "tr.h"

struct text lower_copy(struct lower *l, struct text t) {
    return t.size ? text_copy(l->policy->arena, t) : TEXT("");
}

uint32_t lower_clause_index(const struct model_clause *clause) {
    return clause ? clause->index : POL_NONE;
}

struct text lower_quote(const struct model_clause *clause) {
    return clause && clause->quotes ? clause->quotes->text : TEXT("");
}

/* The character that ends a string that `c` begins; 0 when it begins none. */
static uint32_t closing(uint32_t c) {
    switch (c) {
    case '"':
        return '"';
    case 0x201c: /* “ */
        return 0x201d;
    case 0x300c: /* 「 */
        return 0x300d;
    case 0x300e: /* 『 */
        return 0x300f;
    default:
        return 0;
    }
}

static bool is_blank(uint32_t c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0x3000; /* ideographic space */
}

/* Length of a blank or a comment at the beginning; 0 = neither. */
static size_t skip_blank(struct text t) {
    size_t size;
    uint32_t c = text_decode(t, &size);
    if (is_blank(c))
        return size;
    if (c != '#' && c != 0xff03) /* ＃ */
        return 0;
    while (size < t.size && t.data[size] != '\n')
        size++;
    return size;
}

/* Copies a character, or a whole string with its quotes; returns its length. */
static size_t copy_token(struct text_buffer *out, struct text t) {
    size_t size, at;
    uint32_t end = closing(text_decode(t, &at));
    while (end && at < t.size) {
        struct text rest = {t.data + at, t.size - at};
        uint32_t c = text_decode(rest, &size);
        at += size;
        if (c == '\\' && end == '"' && at < t.size)
            at++;
        else if (c == end)
            break;
    }
    text_add(out, (struct text){t.data, at});
    return at;
}

struct text lower_source(struct lower *l, struct span span) {
    struct text_buffer out = {.arena = l->policy->arena};
    struct text t = span.hi > span.lo ? sources_text(l->sources, span) : TEXT("");
    bool blank = false;
    for (size_t at = 0, size; at < t.size; at += size) {
        struct text rest = {t.data + at, t.size - at};
        size = skip_blank(rest);
        if (size > 0) {
            blank = true;
            continue;
        }
        if (blank && out.size > 0)
            text_add(&out, TEXT(" "));
        blank = false;
        size = copy_token(&out, rest);
    }
    return out.size ? text_of_buffer(&out) : TEXT("");
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

static uint32_t add_rule(struct lower *l, struct ir_rule rule) {
    struct ir_policy *p = l->policy;
    rule.name = lower_copy(l, rule.name);
    rule.quote = lower_copy(l, rule.quote);
    p->rule = arena_grow(p->arena, p->rule, p->rule_count, &l->rule_capacity, p->rule_count + 1, sizeof *p->rule);
    p->rule[p->rule_count] = rule;
    return p->rule_count++;
}

uint32_t lower_rule(struct lower *l, struct ir_rule rule) {
    if (l->rules_full)
        return 0;
    struct text key = text_format(l->arena, "%d %u %u %.*s\n%.*s", (int)rule.reason, rule.clause, rule.item,
                                  TEXT_ARG(rule.name), TEXT_ARG(rule.source));
    void **slot = text_map_slot(l->rules, key);
    if (*slot)
        return *(uint32_t *)*slot;
    if (l->policy->rule_count > UINT16_MAX) {
        l->rules_full = true;
        report_too_many(l, l->model->ast->name.span, tr("rules"), UINT16_MAX);
        return 0;
    }
    uint32_t *index = arena_new_of(l->arena, uint32_t);
    *slot = index;
    *index = add_rule(l, rule);
    return *index;
}

/* ---- what ends a claim ------------------------------------------------------------------------------------------- */

void lower_ends(struct lower *l, struct ending_list *list, ir_ref when, struct ir_rule rule) {
    if (lower_is_const(l, when, 0))
        return;
    uint32_t index = lower_rule(l, rule);
    list->entry = arena_grow(l->arena, list->entry, list->count, &list->capacity, list->count + 1, sizeof *list->entry);
    list->entry[list->count++] = (struct ending){when, index};
}

ir_ref lower_first_ending(struct lower *l, const struct ending_list *list) {
    ir_ref rule = lower_const(l, 0);
    for (size_t i = list->count; i-- > 0;)
        rule = lower_emit(l, IR_SELECT, list->entry[i].when, lower_const(l, list->entry[i].rule), rule);
    return rule;
}
