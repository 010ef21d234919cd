/* Entries, in order. The words for programs (`what`):
 *
 *   policy.name policy.title policy.issuer policy.version policy.source policy.effective
 *   parameter, parameter.NAME and field, field.NAME with NAME one of type range default pending label column alias
 *   value value.label value.column    of an enum
 *   clause clause.number clause.title clause.place quote reading lead responsible refers declaratory
 *   item item.label item.column item.place kinds needs award require once ladder less cap
 *   limit limit.except limit.carry limit.kinds exclude target target.label target.column rule.name rules */
#include "diff/diff_int.h"

/* Head 0, schema 1, the rest outside clauses 2; then the clauses as they stand now, those that are gone in between. */
static uint32_t rank_of(const struct comparison *c, const struct side *side, const struct model_clause *clause) {
    if (!clause)
        return 2;
    if (side == &c->after)
        return 4 + 2 * clause->index;
    uint32_t rank = 3;
    for (const struct model_clause *k = side->model->clauses; k != clause; k = k->next) {
        const struct model_clause *now = diff_partner_clause(side, &c->after, k);
        if (now)
            rank = 5 + 2 * now->index;
    }
    return rank;
}

void diff_at(struct comparison *c, const struct side *side, const struct model_clause *clause,
             const struct model_item *item) {
    const struct model_clause *now = clause && side == &c->before ? diff_partner_clause(side, &c->after, clause) : NULL;
    c->side = now ? &c->after : side;
    c->clause = now ? now : clause;
    c->item = item;
    c->rank = rank_of(c, c->side, c->clause);
}

bool diff_renamed(struct diff_named a, struct diff_named b) {
    return a.label.size && text_equal(a.label, b.label) && !text_equal(a.name, b.name) &&
           text_equal(a.name, a.column) && text_equal(b.name, b.column);
}

struct text diff_part(const struct comparison *c, struct text subject, struct text part) {
    return text_format(c->arena, "%.*s%s%.*s", TEXT_ARG(subject), diff_say(c, ", ", "，"), TEXT_ARG(part));
}

static uint32_t items_of(const struct side *s, const struct model_clause *clause) {
    uint32_t n = 0;
    for (const struct model_item *i = s->model->items; i && n < 2; i = i->next)
        n += i->clause == clause;
    return n;
}

/* An item that is the only one of its clause, before and after, needs no name. */
static bool named(const struct comparison *c) {
    const struct side *other = c->side == &c->after ? &c->before : &c->after;
    if (!c->item)
        return false;
    if (!c->clause)
        return true;
    const struct model_clause *partner = diff_partner_clause(c->side, other, c->clause);
    return items_of(c->side, c->clause) > 1 || (partner && items_of(other, partner) != 1);
}

static struct text place_words(const struct comparison *c) {
    struct text_buffer out = {.arena = c->arena};
    if (c->clause)
        text_add(&out, diff_clause_mark(c, c->clause));
    if (!named(c))
        return text_of_buffer(&out);
    if (out.size)
        text_add(&out, TEXT(" "));
    text_add(&out, diff_item_name(c, c->item));
    text_add(&out, text_of(diff_say(c, ",", "，")));
    return text_of_buffer(&out);
}

void diff_add(struct comparison *c, const char *what, enum diff_change change, bool decides, struct text subject,
              struct text before, struct text after) {
    struct diff_entry *e = arena_new_of(c->arena, struct diff_entry);
    *e = (struct diff_entry){.what = what,
                             .change = change,
                             .decides = decides,
                             .place = place_words(c),
                             .subject = subject,
                             .before = before,
                             .after = after,
                             .rank = c->rank};
    if (c->clause)
        e->clause = c->clause->number;
    if (c->item)
        e->item = c->item->column;
    *c->last = e;
    c->last = &e->next;
    c->diff->count += change != DIFF_RENAMED;
    c->diff->renamed += change == DIFF_RENAMED;
    c->diff->decides += decides;
}

void diff_texts(struct comparison *c, const char *what, bool decides, struct text subject, struct text before,
                struct text after) {
    if (text_equal(before, after))
        return;
    diff_add(c, what,
             before.size && after.size ? DIFF_CHANGED
             : before.size             ? DIFF_REMOVED
                                       : DIFF_ADDED,
             decides, subject, before, after);
}

/* Stable, by rank. */
static struct diff_entry *sorted(struct diff_entry *list) {
    if (!list || !list->next)
        return list;
    struct diff_entry *slow = list, *fast = list->next, *out = NULL, **last = &out;
    for (; fast && fast->next; fast = fast->next->next)
        slow = slow->next;
    struct diff_entry *right = slow->next;
    slow->next = NULL;
    struct diff_entry *left = sorted(list);
    right = sorted(right);
    while (left && right) {
        struct diff_entry **from = right->rank < left->rank ? &right : &left;
        *last = *from;
        last = &(*last)->next;
        *from = (*from)->next;
    }
    *last = left ? left : right;
    return out;
}

struct diff *diff_models(const struct model *before, const struct model *after, enum diff_language language,
                         struct arena *arena) {
    struct diff *diff = arena_new_of(arena, struct diff);
    struct comparison c = {.language = language, .arena = arena, .diff = diff, .last = &diff->first};
    diff->language = language;
    c.before = (struct side){.model = before, .arena = arena, .only = DIFF_ONLY_BEFORE};
    c.after = (struct side){.model = after, .arena = arena, .only = DIFF_ONLY_AFTER};
    diff_pair(&c);
    diff_head(&c);
    diff_schema(&c);
    diff_clauses(&c);
    diff_rules(&c);
    diff_targets(&c);
    diff->first = sorted(diff->first);
    return diff;
}
