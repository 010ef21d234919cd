/* Rules: conditions, not twice, caps, exclusions, the limit. Each version's rules are gathered as sets, equal ones are
 * paired first, then those that are most alike; what is left was added or removed. */
#include <stdlib.h>
#include <string.h>

#include "diff/diff_int.h"

enum rule_kind { RULE_REQUIRE, RULE_ONCE, RULE_LADDER, RULE_LESS, RULE_CAP, RULE_EXCLUDE };

struct rule {
    enum rule_kind kind;
    const struct model_clause *clause;
    struct text name; /* given; empty otherwise */
    uint32_t *item;   /* the items it holds for: identities, sorted */
    uint32_t items;
    bool every;                      /* all items of the policy */
    const struct model_cell *cell;   /* ONCE, LADDER, CAP */
    const struct model_kinds *kinds; /* REQUIRE */
    const struct ast_expr *expr;     /* REQUIRE, EXCLUDE, LESS */
    bool negated;                    /* the condition is `not expr` */
    struct form what;                /* what it demands, whomever of */
    struct form whole, shape;        /* with its items; less precise: for pairing */
    struct rule *partner, *also;     /* also: what else is left of its statement, and told with it */
    bool joined;                     /* is such another one */
};

struct rules {
    struct side *side;
    struct rule *rule;
    size_t count, capacity;
};

/* ---- gathering ----------------------------------------------------------------------------------------------------
 */

static bool is_given(struct text name) {
    return name.size && !memchr(name.data, '.', name.size);
}

static int by_number(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

static struct form items_form(const struct rule *r) {
    struct text bytes = {(const char *)r->item, r->items * sizeof *r->item};
    return r->every ? diff_form_number("every item", 0) : diff_form_text("items", bytes);
}

static struct form keys_form(const struct side *s, const struct model_cell *cell) {
    struct form key[64 + 1];
    uint32_t n = cell->key_count < 64 ? cell->key_count : 64;
    for (uint32_t i = 0; i < n; i++) {
        const struct model_key *k = &cell->key[i];
        key[i] = k->field
                     ? diff_form_number(k->field->of_profile ? "of applicant" : "of claim", diff_field_id(s, k->field))
                     : diff_form_number("key", (int64_t)k->kind);
    }
    if (n)
        qsort(key, n, sizeof *key, diff_form_compare);
    return diff_form_mix("keys", key, n);
}

static struct form cell_form(struct side *s, const struct model_cell *cell) {
    struct form part[] = {diff_form_number("cell", (int64_t)cell->kind),
                          keys_form(s, cell),
                          diff_form_number("measure", cell->kind == POL_CELL_CAP ? (int64_t)cell->measure : 0),
                          diff_form(s, cell->max),
                          diff_form(s, cell->units),
                          diff_form(s, cell->when)};
    return diff_form_mix("cell", part, 6);
}

static void finish(struct rules *all, struct rule *r) {
    struct side *s = all->side;
    if (r->items)
        qsort(r->item, r->items, sizeof *r->item, by_number);
    struct form items = items_form(r), kind = diff_form_number("kind", (int64_t)r->kind),
                part[4] = {kind, r->what, items};
    r->whole = diff_form_mix("rule", part, 3);
    part[1] = r->cell ? keys_form(s, r->cell) : kind;
    part[3] = diff_form_number("measure", r->cell ? (int64_t)r->cell->measure : 0);
    r->shape = diff_form_mix("shape", part, 4);
}

static struct rule *new_rule(struct rules *all) {
    all->rule = arena_grow(all->side->arena, all->rule, all->count, &all->capacity, all->count + 1, sizeof *all->rule);
    memset(&all->rule[all->count], 0, sizeof *all->rule);
    return &all->rule[all->count++];
}

/* Which items a rule holds for, gathered while items are walked. */
struct holders {
    uint32_t *item;
    size_t count, capacity;
};

static void add_holder(struct side *s, struct holders *h, const struct model_item *i) {
    h->item = arena_grow(s->arena, h->item, h->count, &h->capacity, h->count + 1, sizeof *h->item);
    h->item[h->count++] = s->item[i->index];
}

static void set_items(const struct side *s, struct rule *r, const struct holders *h) {
    r->item = h->item;
    r->items = (uint32_t)h->count;
    r->every = h->count > 1 && h->count == s->model->item_count;
}

static void gather_cells(struct rules *all) {
    struct side *s = all->side;
    const struct model *m = s->model;
    struct holders *holders = arena_array_of(s->arena, struct holders, m->cell_count + 1u);
    for (const struct model_item *i = m->items; i; i = i->next)
        for (const struct model_use *u = i->uses; u; u = u->next)
            add_holder(s, &holders[u->cell->index], i);
    for (const struct model_cell *cell = m->cells; cell; cell = cell->next) {
        struct rule *r = new_rule(all);
        r->kind = cell->kind == POL_CELL_CAP ? RULE_CAP : cell->kind == POL_CELL_LADDER ? RULE_LADDER : RULE_ONCE;
        r->clause = cell->clause;
        r->name = is_given(cell->name) ? cell->name : (struct text){0};
        r->cell = cell;
        r->what = cell_form(s, cell);
        set_items(s, r, &holders[cell->index]);
        finish(all, r);
    }
}

/* Conditions and deductions are copied to each of their items: those of one statement share its place. */
struct gathered {
    struct holders holders;
    const struct model_require *require;
    const struct model_less *less;
    struct gathered *next;
};

struct statements {
    struct text_map *at;
    struct gathered *first, **last;
};

static struct gathered *gathered_at(struct side *s, struct statements *all, struct span span) {
    struct text key = {(const char *)&span, sizeof span};
    void **slot = text_map_slot(all->at, key);
    if (!*slot) {
        struct gathered *g = arena_new_of(s->arena, struct gathered);
        *slot = *all->last = g;
        all->last = &g->next;
    }
    return *slot;
}

static bool kinds_except(const struct side *s, const struct model_require *q);

static void add_require(struct rules *all, const struct gathered *g) {
    struct side *s = all->side;
    const struct model_require *q = g->require;
    struct diff_parts parts = {0};
    diff_conjuncts(s, q->condition, false, &parts);
    struct form kinds = diff_form_kinds(s, &q->kinds, kinds_except(s, q));
    for (size_t i = 0; i < parts.count; i++) {
        struct rule *r = new_rule(all);
        r->kind = RULE_REQUIRE;
        r->clause = q->clause;
        r->name = is_given(q->name) ? q->name : (struct text){0};
        r->kinds = &q->kinds;
        r->expr = parts.expr[i];
        r->negated = parts.negated[i];
        struct form both[] = {r->negated ? diff_form_not(s, r->expr) : diff_form(s, r->expr), kinds};
        r->what = diff_form_mix("require", both, 2);
        set_items(s, r, &g->holders);
        finish(all, r);
    }
}

static const struct ast_stmt *statement_at(const struct ast_stmt *list, struct span span) {
    for (const struct ast_stmt *x = list; x; x = x->next) {
        if (x->span.lo == span.lo && x->span.hi == span.hi)
            return x;
        if (x->span.lo <= span.lo && span.hi <= x->span.hi && x->body)
            return statement_at(x->body, span);
    }
    return NULL;
}

/* `for any except a`: the statement knows, the model does not. */
static bool kinds_except(const struct side *s, const struct model_require *q) {
    if (!q->kinds.field)
        return false;
    const struct ast_stmt *list = q->clause ? q->clause->ast->body : s->model->ast->statements;
    const struct ast_stmt *stmt = statement_at(list, q->span);
    return stmt && stmt->kinds && stmt->kinds->except;
}

static void gather_statements(struct rules *all) {
    struct side *s = all->side;
    struct statements
        requires
    = {.at = text_map_new(s->arena)}, lesses = {.at = text_map_new(s->arena)};
    requires.last = &
                requires
        .first;
    lesses.last = &lesses.first;
    for (const struct model_item *i = s->model->items; i; i = i->next) {
        for (const struct model_require *q = i->requires; q; q = q->next) {
            if (!q->condition)
                continue; /* the item's kinds */
            struct gathered *g = gathered_at(s, &requires, q->span);
            g->require = q;
            add_holder(s, &g->holders, i);
        }
        for (const struct model_less *q = i->less; q; q = q->next) {
            struct gathered *g = gathered_at(s, &lesses, q->span);
            g->less = q;
            add_holder(s, &g->holders, i);
        }
    }
    for (const struct gathered *g = requires.first; g; g = g->next)
        add_require(all, g);
    for (const struct gathered *g = lesses.first; g; g = g->next) {
        struct rule *r = new_rule(all);
        r->kind = RULE_LESS;
        r->clause = g->less->clause;
        r->expr = g->less->amount;
        r->what = diff_form(s, r->expr);
        set_items(s, r, &g->holders);
        finish(all, r);
    }
}

static void gather_exclusions(struct rules *all) {
    for (const struct model_exclusion *x = all->side->model->exclusions; x; x = x->next) {
        struct rule *r = new_rule(all);
        r->kind = RULE_EXCLUDE;
        r->clause = x->clause;
        r->name = x->name;
        r->expr = x->condition;
        r->what = diff_form(all->side, x->condition);
        /* who is excluded by his profile alone is not paid what was deferred either */
        struct form both[] = {r->what, diff_form_number("by profile", x->of_profile)};
        r->what = diff_form_mix("exclude", both, 2);
        finish(all, r);
    }
}

/* ---- pairing ------------------------------------------------------------------------------------------------------
 */

static bool same_clause(const struct comparison *c, const struct rule *a, const struct rule *b) {
    if (!a->clause || !b->clause)
        return a->clause == b->clause;
    return c->before.clause[a->clause->index] == c->after.clause[b->clause->index];
}

/* The less two rules have in common, the later the round that pairs them. */
enum pairing {
    PAIR_EQUAL_HERE,
    PAIR_EQUAL,
    PAIR_NAME,
    PAIR_SAME_DEMAND,
    PAIR_SHAPE,
    PAIR_ITEMS,
    PAIR_KEYS,
    PAIR_ROUNDS
};

static bool same_items(const struct rule *a, const struct rule *b) {
    return a->every == b->every &&
           (a->every ||
            (a->items == b->items && (a->items == 0 || memcmp(a->item, b->item, a->items * sizeof *a->item) == 0)));
}

static const struct ast_expr *measured(const struct rule *r) {
    const struct ast_expr *e = r->expr;
    return e && e->kind == AST_BINARY ? e->u.binary.left : e && e->kind == AST_IN ? e->u.in.value : NULL;
}

/* Both compare the same thing, with something else; or are the same for others. */
static bool same_question(struct comparison *c, const struct rule *a, const struct rule *b) {
    const struct ast_expr *x = measured(a), *y = measured(b);
    if (a->negated == b->negated && diff_form_equal(diff_form(&c->before, a->expr), diff_form(&c->after, b->expr)))
        return true; /* of other applicants */
    return x && y && x->type && x->type->kind != TYPE_BOOL && y->type && y->type->kind == x->type->kind &&
           diff_form_equal(diff_form(&c->before, x), diff_form(&c->after, y));
}

static bool fits(struct comparison *c, const struct rule *a, const struct rule *b, enum pairing round) {
    bool conditions = a->kind == RULE_REQUIRE;
    if (a->kind != b->kind)
        return false;
    switch (round) {
    case PAIR_EQUAL_HERE:
        return diff_form_equal(a->whole, b->whole) && same_clause(c, a, b);
    case PAIR_EQUAL:
        return diff_form_equal(a->whole, b->whole);
    case PAIR_NAME:
        return a->name.size && text_equal(a->name, b->name) && (!conditions || same_question(c, a, b));
    case PAIR_SAME_DEMAND:
        return diff_form_equal(a->what, b->what) && same_clause(c, a, b);
    case PAIR_SHAPE:
        return same_items(a, b) &&
               (conditions || a->kind == RULE_EXCLUDE ? same_question(c, a, b) : diff_form_equal(a->shape, b->shape));
    case PAIR_ITEMS:
        return same_items(a, b) && same_clause(c, a, b) && !conditions && a->kind != RULE_EXCLUDE;
    case PAIR_KEYS:
        return a->cell && same_clause(c, a, b) && a->cell->measure == b->cell->measure &&
               diff_form_equal(keys_form(&c->before, a->cell), keys_form(&c->after, b->cell));
    case PAIR_ROUNDS:
        break;
    }
    return false;
}

static void bind(struct rule *a, struct rule *b) {
    a->partner = b;
    b->partner = a;
}

/* Equal ones by a map; what is left is little, unless everything was rewritten: then not everything is tried. */
static void pair_equal(struct comparison *c, struct rules *before, struct rules *after) {
    for (int here = 1; here >= 0; here--) {
        struct text_map *map = text_map_new(c->arena);
        struct rule **next = arena_array_of(c->arena, struct rule *, after->count + 1);
        for (size_t k = after->count; k-- > 0;) {
            struct rule *b = &after->rule[k];
            if (b->partner)
                continue;
            void **slot = text_map_slot(map, (struct text){(const char *)b->whole.byte, sizeof b->whole.byte});
            next[k] = *slot;
            *slot = b;
        }
        for (size_t i = 0; i < before->count; i++) {
            struct rule *a = &before->rule[i];
            struct rule *b =
                a->partner ? NULL : text_map_get(map, (struct text){(const char *)a->whole.byte, sizeof a->whole.byte});
            while (b && (b->partner || (here && !same_clause(c, a, b))))
                b = next[b - after->rule];
            if (b)
                bind(a, b);
        }
    }
}

/* Conditions of one statement are taken apart; where all that is left of one statement stands against all that is left
 * of another, for the same items, the two are told as one change. */
static bool sole_statement(const struct comparison *c, const struct rule **list, size_t n, const struct rule *like,
                           bool before) {
    const struct model_kinds *kinds = NULL; /* one for each statement */
    for (size_t i = 0; i < n; i++) {
        const struct rule *r = list[i];
        if (r->partner || r->kind != RULE_REQUIRE || !same_items(r, like) ||
            !(before ? same_clause(c, r, like) : r->clause == like->clause))
            continue;
        if (kinds && kinds != r->kinds)
            return false;
        kinds = r->kinds;
    }
    return kinds != NULL;
}

static void join_left(struct rule **list, size_t n, struct rule *first) {
    struct rule *last = first;
    for (size_t i = 0; i < n; i++)
        if (list[i] != first && !list[i]->partner && list[i]->kind == RULE_REQUIRE && list[i]->kinds == first->kinds) {
            last = last->also = list[i];
            list[i]->joined = true;
        }
}

static void pair_statements(struct comparison *c, struct rule **a, size_t n, struct rule **b, size_t m) {
    for (size_t k = 0; k < m; k++) {
        if (b[k]->partner || b[k]->joined || b[k]->kind != RULE_REQUIRE ||
            !sole_statement(c, (const struct rule **)b, m, b[k], false) ||
            !sole_statement(c, (const struct rule **)a, n, b[k], true))
            continue;
        for (size_t i = 0; i < n; i++) {
            if (a[i]->partner || a[i]->joined || a[i]->kind != RULE_REQUIRE || !same_items(a[i], b[k]) ||
                !same_clause(c, a[i], b[k]))
                continue;
            join_left(a, n, a[i]);
            join_left(b, m, b[k]);
            bind(a[i], b[k]);
            break;
        }
    }
}

enum { PAIR_MOST = 4000 }; /* rules of a side that are compared one by one */

static void pair_rules(struct comparison *c, struct rules *before, struct rules *after) {
    pair_equal(c, before, after);
    struct rule **a = arena_array_of(c->arena, struct rule *, before->count + 1),
                **b = arena_array_of(c->arena, struct rule *, after->count + 1);
    size_t n = 0, m = 0;
    for (size_t i = 0; i < before->count && n < PAIR_MOST; i++)
        if (!before->rule[i].partner)
            a[n++] = &before->rule[i];
    for (size_t k = 0; k < after->count && m < PAIR_MOST; k++)
        if (!after->rule[k].partner)
            b[m++] = &after->rule[k];
    for (enum pairing round = PAIR_NAME; round < PAIR_ROUNDS; round++)
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < m && !a[i]->partner; k++)
                if (!b[k]->partner && fits(c, a[i], b[k], round))
                    bind(a[i], b[k]);
    pair_statements(c, a, n, b, m);
}

/* ---- telling ------------------------------------------------------------------------------------------------------
 */

static const struct model_item *item_with(const struct side *s, uint32_t id) {
    uint32_t only = s->only;
    return id >= only ? s->items[id - only] : id < DIFF_ONLY_BEFORE ? s->items[s->item_at[id]] : NULL;
}

enum { ITEMS_SHOWN = 6 };

static struct text items_words(const struct comparison *c, const struct side *s, const struct rule *r) {
    struct text_buffer out = {.arena = c->arena};
    if (r->every)
        return text_of(diff_say(c, "every item", "所有事项"));
    for (uint32_t i = 0; i < r->items && i < ITEMS_SHOWN; i++) {
        const struct model_item *item = item_with(s, r->item[i]);
        if (out.size)
            text_add(&out, text_of(diff_say(c, ", ", "，")));
        text_add(&out, item ? diff_item_name(c, item) : TEXT("?"));
    }
    if (r->items > ITEMS_SHOWN)
        text_addf(&out, diff_say(c, " and %u more", "等 %u 项"),
                  r->items - (c->language == DIFF_CHINESE ? 0 : ITEMS_SHOWN));
    return text_of_buffer(&out);
}

static void at_rule(struct comparison *c, struct side *s, const struct rule *r) {
    diff_at(c, s, r->clause, r->items == 1 ? item_with(s, r->item[0]) : NULL);
}

/* "cap per applicant and year over a, b" */
static struct text cell_subject(const struct comparison *c, const struct side *s, const struct rule *r) {
    struct text keys = diff_keys(c, r->cell), units = diff_expr(c, r->cell->units), words = {0};
    switch (r->cell->kind) {
    case POL_CELL_ONCE:
        words = text_format(c->arena, diff_say(c, "once %.*s", "%.*s不重复"), TEXT_ARG(keys));
        break;
    case POL_CELL_ONE_YEAR:
        words = text_format(c->arena, diff_say(c, "once %.*s except same year", "%.*s不重复（同年度除外）"),
                            TEXT_ARG(keys));
        break;
    case POL_CELL_LADDER:
        words = text_format(c->arena, diff_say(c, "ladder %.*s", "%.*s晋级"), TEXT_ARG(keys));
        break;
    case POL_CELL_CAP:
        words = r->cell->units ? text_format(c->arena, diff_say(c, "cap of %.*s %.*s", "%.*s%.*s封顶"),
                                             TEXT_ARG(c->language == DIFF_CHINESE ? keys : units),
                                             TEXT_ARG(c->language == DIFF_CHINESE ? units : keys))
                               : text_format(c->arena, diff_say(c, "cap %.*s", "%.*s封顶"), TEXT_ARG(keys));
        break;
    }
    if (r->items == 1 || r->every)
        return words;
    struct text items = items_words(c, s, r);
    return text_format(c->arena, diff_say(c, "%.*s over %.*s", "%.*s（涵盖 %.*s）"), TEXT_ARG(words), TEXT_ARG(items));
}

static struct text over(const struct comparison *c, const struct side *s, const struct rule *r, const char *english,
                        const char *chinese) {
    const char *word = diff_say(c, english, chinese);
    if (r->items == 1 || r->every || r->kind == RULE_EXCLUDE)
        return text_of(word);
    struct text items = items_words(c, s, r);
    return text_format(c->arena, diff_say(c, "%s over %.*s", "%s（涵盖 %.*s）"), word, TEXT_ARG(items));
}

static struct text subject_of(const struct comparison *c, const struct side *s, const struct rule *r) {
    switch (r->kind) {
    case RULE_REQUIRE:
        return over(c, s, r, "condition", "条件");
    case RULE_LESS:
        return over(c, s, r, "less", "扣除");
    case RULE_EXCLUDE:
        return text_format(c->arena, diff_say(c, "exclusion %.*s", "排除 %.*s"), TEXT_ARG(r->name));
    case RULE_ONCE:
    case RULE_LADDER:
    case RULE_CAP:
        break;
    }
    return cell_subject(c, s, r);
}

static const char *what_word(const struct rule *r) {
    static const char *const words[] = {[RULE_REQUIRE] = "require", [RULE_ONCE] = "once", [RULE_LADDER] = "ladder",
                                        [RULE_LESS] = "less",       [RULE_CAP] = "cap",   [RULE_EXCLUDE] = "exclude"};
    return words[r->kind];
}

static struct text condition_words(const struct comparison *c, const struct rule *r) {
    struct text_buffer out = {.arena = c->arena};
    for (const struct rule *part = r; part; part = part->also) {
        bool wrap = (r->also && diff_is_either(part->expr, part->negated));
        text_add(&out, text_of(part == r ? "" : diff_say(c, " and ", " 且 ")));
        text_add(&out, text_of(wrap ? "(" : ""));
        text_add(&out, part->negated ? diff_expr_negated(c, part->expr) : diff_expr(c, part->expr));
        text_add(&out, text_of(wrap ? ")" : ""));
    }
    struct text words = text_of_buffer(&out);
    if (!r->kinds || !r->kinds->field)
        return words;
    struct text kinds = diff_kinds(c, r->kinds);
    return text_format(c->arena, diff_say(c, "%.*s, for %.*s", "%.*s，适用 %.*s"), TEXT_ARG(words), TEXT_ARG(kinds));
}

static struct text maximum_words(const struct comparison *c, const struct rule *r) {
    struct text max = diff_expr(c, r->cell->max);
    if (r->cell->measure != POL_STEP_CAP_CLAIMS)
        return max;
    return text_format(c->arena, diff_say(c, "%.*s claims", "%.*s 项申请"), TEXT_ARG(max));
}

/* What the rule says beside its subject. */
static struct text value_of(const struct comparison *c, const struct rule *r) {
    struct text words;
    switch (r->kind) {
    case RULE_REQUIRE:
    case RULE_EXCLUDE:
        return condition_words(c, r);
    case RULE_LESS:
        return diff_expr(c, r->expr);
    case RULE_ONCE:
    case RULE_LADDER:
        return (struct text){0};
    case RULE_CAP:
        break;
    }
    words = maximum_words(c, r);
    if (!r->cell->when)
        return words;
    struct text when = diff_expr(c, r->cell->when);
    return text_format(c->arena, diff_say(c, "%.*s when %.*s", "%.*s，当 %.*s"), TEXT_ARG(words), TEXT_ARG(when));
}

static void tell_name(struct comparison *c, const struct rule *a, const struct rule *b, struct text subject) {
    if (text_equal(a->name, b->name))
        return;
    struct text none = text_of(diff_say(c, "without a name", "未命名"));
    diff_add(c, "rule.name", DIFF_CHANGED, false,
             diff_part(c, subject, text_of(diff_say(c, "name in results", "结果中的名称"))),
             a->name.size ? a->name : none, b->name.size ? b->name : none);
}

static struct text cell_words(const struct comparison *c, const struct side *s, const struct rule *r) {
    struct text subject = cell_subject(c, s, r), value = value_of(c, r);
    if (!value.size)
        return subject;
    return text_format(c->arena, diff_say(c, "%.*s: %.*s", "%.*s：%.*s"), TEXT_ARG(subject), TEXT_ARG(value));
}

/* Two cells of one kind: the keys in one line with everything, else each part that differs. */
static void tell_cells(struct comparison *c, const struct rule *a, const struct rule *b, struct text subject) {
    struct form x = keys_form(&c->before, a->cell), y = keys_form(&c->after, b->cell);
    bool other = !diff_form_equal(x, y) || a->cell->kind != b->cell->kind || a->cell->measure != b->cell->measure ||
                 !a->cell->units != !b->cell->units;
    if (other) {
        struct text word = text_of(b->kind == RULE_CAP      ? diff_say(c, "cap", "封顶")
                                   : b->kind == RULE_LADDER ? diff_say(c, "ladder", "晋级")
                                                            : diff_say(c, "not twice", "不重复"));
        struct text before = value_of(c, a), after = value_of(c, b);
        bool keys_only =
            text_equal(before, after) && a->cell->kind == b->cell->kind && !a->cell->units && !b->cell->units;
        bool several = b->items != 1 && !b->every;
        if (keys_only && after.size)
            word = text_format(c->arena, "%.*s %.*s", TEXT_ARG(word), TEXT_ARG(after));
        if (keys_only && several) {
            struct text items = items_words(c, &c->after, b);
            word = text_format(c->arena, diff_say(c, "%.*s over %.*s", "%.*s（涵盖 %.*s）"), TEXT_ARG(word),
                               TEXT_ARG(items));
        }
        if (keys_only)
            diff_texts(c, what_word(b), true, word, diff_keys(c, a->cell), diff_keys(c, b->cell));
        else
            diff_texts(c, what_word(b), true, word, cell_words(c, &c->before, a), cell_words(c, &c->after, b));
        return;
    }
    if (a->cell->max && b->cell->max && b->cell->measure == POL_STEP_CAP_CLAIMS && b->cell->max->kind == AST_NUMBER) {
        if (!diff_form_equal(diff_form(&c->before, a->cell->max), diff_form(&c->after, b->cell->max)))
            diff_texts(c, "cap", true, subject, maximum_words(c, a), maximum_words(c, b));
    } else {
        diff_two(c, "cap", subject, a->cell->max, b->cell->max);
    }
    diff_two(c, "cap", diff_part(c, subject, text_of(diff_say(c, "units", "计量"))), a->cell->units, b->cell->units);
    diff_two(c, "cap", diff_part(c, subject, text_of(diff_say(c, "when", "当"))), a->cell->when, b->cell->when);
}

static void tell_pair(struct comparison *c, const struct rule *a, const struct rule *b) {
    struct text before_items = items_words(c, &c->before, a), after_items = items_words(c, &c->after, b);
    at_rule(c, &c->after, b);
    if (!same_items(a, b))
        diff_at(c, &c->after, b->clause, NULL);
    struct text subject = subject_of(c, &c->after, b);
    tell_name(c, a, b, b->kind == RULE_EXCLUDE ? text_of(diff_say(c, "exclusion", "排除")) : subject);
    if (!same_clause(c, a, b))
        diff_texts(c, what_word(b), false, diff_part(c, subject, text_of(diff_say(c, "clause", "所在条款"))),
                   a->clause ? diff_clause_mark(c, a->clause) : (struct text){0},
                   b->clause ? diff_clause_mark(c, b->clause) : (struct text){0});
    if (diff_form_equal(a->whole, b->whole))
        return;
    if (!same_items(a, b)) {
        struct text part =
            b->cell ? cell_subject(c, &c->after, &(struct rule){.kind = b->kind, .cell = b->cell, .every = true})
                    : text_of(b->kind == RULE_LESS ? diff_say(c, "less", "扣除") : diff_say(c, "condition", "条件"));
        diff_texts(c, what_word(b), true, diff_part(c, part, text_of(diff_say(c, "over", "涵盖"))), before_items,
                   after_items);
    }
    if (diff_form_equal(a->what, b->what))
        return;
    if (b->cell) {
        tell_cells(c, a, b, subject);
        return;
    }
    struct text before = value_of(c, a), after = value_of(c, b);
    if (b->kind == RULE_LESS || text_equal(before, after))
        diff_two(c, what_word(b), subject, a->expr, b->expr);
    else
        diff_texts(c, what_word(b), true, subject, before, after);
}

/* Nothing of it is left beside items that are gone: they were told as a whole. */
static bool of_gone_items(const struct rule *r) {
    bool all = r->items > 0;
    for (uint32_t i = 0; i < r->items; i++)
        all &= r->item[i] >= DIFF_ONLY_BEFORE && r->item[i] < DIFF_ONLY_AFTER;
    return all;
}

static void tell_rules(struct comparison *c, const struct rules *before, const struct rules *after) {
    struct text nothing = {0};
    for (size_t k = 0; k < after->count; k++) {
        const struct rule *b = &after->rule[k];
        if (b->joined)
            continue;
        if (b->partner) {
            tell_pair(c, b->partner, b);
            continue;
        }
        at_rule(c, &c->after, b);
        diff_add(c, what_word(b), DIFF_ADDED, true, subject_of(c, &c->after, b), nothing, value_of(c, b));
    }
    for (size_t i = 0; i < before->count; i++) {
        const struct rule *a = &before->rule[i];
        if (a->partner || a->joined || of_gone_items(a))
            continue;
        at_rule(c, &c->before, a);
        diff_add(c, what_word(a), DIFF_REMOVED, true, subject_of(c, &c->before, a), value_of(c, a), nothing);
    }
}

/* ---- the limit ----------------------------------------------------------------------------------------------------
 */

static const struct ast_stmt *limit_statement(const struct side *s) {
    const struct model_limit *limit = s->model->limit;
    return statement_at(limit->clause ? limit->clause->ast->body : s->model->ast->statements, limit->span);
}

static bool limit_except(const struct side *s) {
    const struct ast_stmt *stmt = limit_statement(s);
    return stmt && stmt->kinds && stmt->kinds->except;
}

/* Items that are free of the limit, as far as both versions have them. */
static struct text exempt(const struct comparison *c, const struct side *s, const struct side *other,
                          struct form *form) {
    struct text_buffer out = {.arena = c->arena};
    struct form f = diff_form_number("exempt", 0);
    for (const struct model_item *i = s->model->items; i; i = i->next) {
        if (i->limited)
            continue;
        if (diff_partner_item(s, other, i)) {
            struct form next = diff_form_number("item", s->item[i->index]);
            for (size_t k = 0; k < sizeof f.byte; k++) /* a set: order does not count */
                f.byte[k] = (uint8_t)(f.byte[k] + next.byte[k]);
        }
        text_add(&out, text_of(out.size ? diff_say(c, ", ", "，") : ""));
        text_add(&out, diff_item_name(c, i));
    }
    *form = f;
    return out.size ? text_of_buffer(&out) : text_of(diff_say(c, "none", "无"));
}

static struct text limit_words(const struct comparison *c, const struct model_limit *l) {
    struct text amount = diff_expr(c, l->amount);
    if (!l->carry_years)
        return amount;
    return text_format(c->arena, diff_say(c, "%.*s, carry %u years", "%.*s，结转 %u年"), TEXT_ARG(amount),
                       l->carry_years);
}

static void diff_limit(struct comparison *c) {
    const struct model_limit *a = c->before.model->limit, *b = c->after.model->limit;
    struct text subject = text_of(diff_say(c, "limit per applicant and year", "每申请人每年限额")), none = {0};
    if (!a && !b)
        return;
    diff_at(c, b ? &c->after : &c->before, b ? b->clause : a->clause, NULL);
    if (!a || !b) {
        diff_add(c, "limit", b ? DIFF_ADDED : DIFF_REMOVED, true, subject, b ? none : limit_words(c, a),
                 b ? limit_words(c, b) : none);
        return;
    }
    if (!text_equal(a->name, b->name))
        diff_texts(c, "rule.name", false,
                   diff_part(c, subject, text_of(diff_say(c, "name in results", "结果中的名称"))), a->name, b->name);
    diff_two(c, "limit", subject, a->amount, b->amount);
    struct form x = diff_form_kinds(&c->before, &a->kinds, limit_except(&c->before)),
                y = diff_form_kinds(&c->after, &b->kinds, limit_except(&c->after));
    if (!diff_form_equal(x, y))
        diff_add(c, "limit.kinds", DIFF_CHANGED, true,
                 diff_part(c, subject, text_of(diff_say(c, "applicants", "适用对象"))), diff_kinds(c, &a->kinds),
                 diff_kinds(c, &b->kinds));
    struct text before = exempt(c, &c->before, &c->after, &x), after = exempt(c, &c->after, &c->before, &y);
    if (!diff_form_equal(x, y))
        diff_texts(c, "limit.except", true, diff_part(c, subject, text_of(diff_say(c, "except", "除外"))), before,
                   after);
    if (a->carry_years != b->carry_years)
        diff_texts(c, "limit.carry", true, diff_part(c, subject, text_of(diff_say(c, "carry", "结转"))),
                   text_format(c->arena, diff_say(c, "%u years", "%u年"), a->carry_years),
                   text_format(c->arena, diff_say(c, "%u years", "%u年"), b->carry_years));
    const struct model_clause *was = a->clause ? diff_partner_clause(&c->before, &c->after, a->clause) : NULL;
    if (was != b->clause)
        diff_texts(c, "limit", false, diff_part(c, subject, text_of(diff_say(c, "clause", "所在条款"))),
                   a->clause ? diff_clause_mark(c, a->clause) : none,
                   b->clause ? diff_clause_mark(c, b->clause) : none);
}

void diff_rules(struct comparison *c) {
    struct rules before = {.side = &c->before}, after = {.side = &c->after};
    struct rules *both[] = {&before, &after};
    for (int i = 0; i < 2; i++) {
        gather_statements(both[i]);
        gather_cells(both[i]);
        gather_exclusions(both[i]);
    }
    pair_rules(c, &before, &after);
    tell_rules(c, &before, &after);
    diff_limit(c);
}
