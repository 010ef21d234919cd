/* Two expressions, told where they differ: a row of a table, a bound; or whole. */
#include "diff/diff_int.h"

static struct text words(const struct comparison *c, const struct ast_expr *e) {
    return e ? diff_expr(c, e) : text_of(diff_say(c, "none", "无"));
}

/* Both in words that differ: with definitions written out, or with names instead of labels, where they would not. */
static void whole(struct comparison *c, const char *what, struct text subject, const struct ast_expr *before,
                  const struct ast_expr *after) {
    struct text a = words(c, before), b = words(c, after);
    for (int more = 1; more < 4 && text_equal(a, b); more++) {
        c->written_out = more & 1;
        c->plain = more & 2;
        a = words(c, before);
        b = words(c, after);
    }
    c->written_out = c->plain = false;
    enum diff_change change = !before ? DIFF_ADDED : !after ? DIFF_REMOVED : DIFF_CHANGED;
    diff_add(c, what, change, true, subject, before ? a : (struct text){0}, after ? b : (struct text){0});
}

static const struct ast_expr *written_out(const struct ast_expr *e) {
    const struct decl *d = e && e->kind == AST_NAME ? e->decl : NULL;
    while (d && d->kind == DECL_DEFINE) {
        e = d->u.define->expr;
        d = e->kind == AST_NAME ? e->decl : NULL;
    }
    return e;
}

static bool equal(struct comparison *c, const struct ast_expr *before, const struct ast_expr *after) {
    return diff_form_equal(diff_form(&c->before, before), diff_form(&c->after, after));
}

/* ---- tables -------------------------------------------------------------------------------------------------------
 */

static const struct ast_case *case_with(struct comparison *c, struct side *side, const struct ast_expr *by,
                                        struct form key) {
    (void)c;
    for (const struct ast_case *k = by->u.by.cases; k; k = k->next) {
        if (!k->keys && diff_form_equal(key, diff_form(side, NULL)))
            return k;
        for (const struct ast_expr *x = k->keys; x; x = x->next)
            if (diff_form_equal(diff_form(side, x), key))
                return k;
    }
    return NULL;
}

/* "award, level national" */
static struct text row_subject(const struct comparison *c, struct text subject, const struct ast_expr *value,
                               struct text row) {
    struct text of = diff_expr(c, value);
    return diff_part(c, subject, text_format(c->arena, "%.*s %.*s", TEXT_ARG(of), TEXT_ARG(row)));
}

static void case_changed(struct comparison *c, const char *what, struct text subject, const struct ast_expr *by,
                         const struct ast_expr *key, const struct ast_expr *before, const struct ast_expr *after) {
    if (before && after && equal(c, before, after))
        return;
    struct text name = key ? diff_expr(c, key) : text_of(diff_say(c, "otherwise", "否则"));
    struct text row = row_subject(c, subject, by->u.by.value, name);
    if (before && after)
        diff_two(c, what, row, before, after);
    else
        whole(c, what, row, before, after);
}

static void two_tables(struct comparison *c, const char *what, struct text subject, const struct ast_expr *before,
                       const struct ast_expr *after) {
    for (const struct ast_case *k = after->u.by.cases; k; k = k->next) {
        const struct ast_expr *x = k->keys;
        do {
            const struct ast_case *old = case_with(c, &c->before, before, diff_form(&c->after, x));
            case_changed(c, what, subject, after, x, old ? old->value : NULL, k->value);
            x = x ? x->next : NULL;
        } while (x);
    }
    for (const struct ast_case *k = before->u.by.cases; k; k = k->next) {
        const struct ast_expr *x = k->keys;
        do {
            if (!case_with(c, &c->after, after, diff_form(&c->before, x)))
                case_changed(c, what, subject, before, x, k->value, NULL);
            x = x ? x->next : NULL;
        } while (x);
    }
}

/* ---- tiers --------------------------------------------------------------------------------------------------------
 */

static bool same_bound(struct comparison *c, enum ast_bound a, const struct ast_expr *x, enum ast_bound b,
                       const struct ast_expr *y) {
    return a == b && equal(c, x, y);
}

static bool same_place(struct comparison *c, const struct ast_row *a, const struct ast_row *b) {
    if (a->lower == AST_BOUND_NONE && b->lower == AST_BOUND_NONE)
        return same_bound(c, a->upper, a->upper_value, b->upper, b->upper_value);
    return same_bound(c, a->lower, a->lower_value, b->lower, b->lower_value);
}

static bool same_row(struct comparison *c, const struct ast_row *a, const struct ast_row *b) {
    return same_place(c, a, b) && same_bound(c, a->upper, a->upper_value, b->upper, b->upper_value) &&
           equal(c, a->value, b->value) && equal(c, a->full, b->full) && equal(c, a->adds, b->adds);
}

static const char *bound_word(const struct comparison *c, enum ast_bound bound) {
    switch (bound) {
    case AST_BOUND_FROM:
        return diff_say(c, "from", "从");
    case AST_BOUND_ABOVE:
        return diff_say(c, "above", "高于");
    case AST_BOUND_TO:
        return diff_say(c, "to", "至");
    case AST_BOUND_BELOW:
        return diff_say(c, "below", "低于");
    case AST_BOUND_NONE:
        break;
    }
    return diff_say(c, "otherwise", "否则");
}

static struct text bounds_words(const struct comparison *c, const struct ast_row *r) {
    struct text_buffer out = {.arena = c->arena};
    struct text lower = diff_expr(c, r->lower_value), upper = diff_expr(c, r->upper_value);
    if (r->lower != AST_BOUND_NONE || r->upper == AST_BOUND_NONE)
        text_addf(&out, "%s %.*s", bound_word(c, r->lower), TEXT_ARG(lower));
    if (r->upper != AST_BOUND_NONE)
        text_addf(&out, "%s%s %.*s", out.size ? " " : "", bound_word(c, r->upper), TEXT_ARG(upper));
    struct text t = text_of_buffer(&out);
    while (t.size && t.data[t.size - 1] == ' ')
        t.size--;
    return t;
}

static struct text row_words(const struct comparison *c, const struct ast_row *r, bool bounds) {
    struct text_buffer out = {.arena = c->arena};
    if (bounds) {
        text_add(&out, bounds_words(c, r));
        text_add(&out, text_of(diff_say(c, ": ", "：")));
    }
    text_add(&out, diff_expr(c, r->value));
    if (r->full) {
        struct text full = diff_expr(c, r->full), adds = diff_expr(c, r->adds);
        text_addf(&out, diff_say(c, ", each full %.*s adds %.*s", "，每满 %.*s 增加 %.*s"), TEXT_ARG(full),
                  TEXT_ARG(adds));
    }
    return text_of_buffer(&out);
}

enum { ROWS = 4096 };

struct rows {
    const struct ast_row *row[ROWS];
    uint32_t count;
};

static void row_changed(struct comparison *c, const char *what, struct text subject, const struct ast_expr *value,
                        const struct ast_row *a, const struct ast_row *b) {
    bool bounds = !same_place(c, a, b) || !same_bound(c, a->upper, a->upper_value, b->upper, b->upper_value);
    if (bounds) {
        diff_texts(c, what, true, diff_part(c, subject, diff_expr(c, value)), row_words(c, a, true),
                   row_words(c, b, true));
        return;
    }
    struct text row = row_subject(c, subject, value, bounds_words(c, b));
    if (!a->full && !b->full)
        diff_two(c, what, row, a->value, b->value);
    else
        diff_texts(c, what, true, row, row_words(c, a, false), row_words(c, b, false));
}

static void two_tiers(struct comparison *c, const char *what, struct text subject, const struct ast_expr *before,
                      const struct ast_expr *after) {
    struct rows *gone = arena_new_of(c->arena, struct rows), *come = arena_new_of(c->arena, struct rows);
    const struct ast_expr *value = after->u.tier.value;
    for (const struct ast_row *b = after->u.tier.rows; b; b = b->next) {
        const struct ast_row *a = before->u.tier.rows;
        while (a && !same_place(c, a, b))
            a = a->next;
        if (a && !same_row(c, a, b))
            row_changed(c, what, subject, value, a, b);
        if (!a && come->count < ROWS)
            come->row[come->count++] = b;
    }
    for (const struct ast_row *a = before->u.tier.rows; a; a = a->next) {
        const struct ast_row *b = after->u.tier.rows;
        while (b && !same_place(c, a, b))
            b = b->next;
        if (!b && gone->count < ROWS)
            gone->row[gone->count++] = a;
    }
    subject = diff_part(c, subject, diff_expr(c, value));
    for (uint32_t i = 0; i < gone->count || i < come->count; i++) {
        bool both = gone->count == come->count;
        if (i < come->count)
            diff_texts(c, what, true, subject, both ? row_words(c, gone->row[i], true) : (struct text){0},
                       row_words(c, come->row[i], true));
        if (i < gone->count && !both)
            diff_texts(c, what, true, subject, row_words(c, gone->row[i], true), (struct text){0});
    }
}

/* ---- whatever it is -----------------------------------------------------------------------------------------------
 */

static bool is_bound(const struct ast_expr *e) {
    return e->kind == AST_BINARY &&
           (e->u.binary.op == AST_AT_MOST || e->u.binary.op == AST_UP_TO || e->u.binary.op == AST_AT_LEAST);
}

static struct text bound_subject(const struct comparison *c, struct text subject, enum ast_op op) {
    const char *word = op == AST_AT_LEAST ? diff_say(c, "at least", "最低")
                       : op == AST_UP_TO  ? diff_say(c, "up to", "至多")
                                          : diff_say(c, "at most", "最高");
    return diff_part(c, subject, text_of(word));
}

/* `A at most 5万元` against `B at most 3万元`, or against `B` alone. False: not bounds of one kind. */
static bool two_bounds(struct comparison *c, const char *what, struct text subject, const struct ast_expr *a,
                       const struct ast_expr *b) {
    if (is_bound(a) && is_bound(b) && a->u.binary.op == b->u.binary.op) {
        if (!equal(c, a->u.binary.left, b->u.binary.left))
            diff_two(c, what, subject, a->u.binary.left, b->u.binary.left);
        if (!equal(c, a->u.binary.right, b->u.binary.right))
            diff_two(c, what, bound_subject(c, subject, b->u.binary.op), a->u.binary.right, b->u.binary.right);
        return true;
    }
    if (is_bound(b) && equal(c, a, b->u.binary.left)) {
        whole(c, what, bound_subject(c, subject, b->u.binary.op), NULL, b->u.binary.right);
        return true;
    }
    if (!is_bound(a) || !equal(c, a->u.binary.left, b))
        return false;
    whole(c, what, bound_subject(c, subject, a->u.binary.op), a->u.binary.right, NULL);
    return true;
}

static bool is_table(const struct ast_expr *e) {
    e = written_out(e);
    return e->kind == AST_BY || e->kind == AST_TIER || e->kind == AST_IF || is_bound(e);
}

/* `S of X` against `S of Y`, where X and Y have parts of their own; likewise for sums. */
static void two_products(struct comparison *c, const char *what, struct text subject, const struct ast_expr *a,
                         const struct ast_expr *b) {
    const struct ast_expr *x[] = {a->u.binary.left, a->u.binary.right}, *y[] = {b->u.binary.left, b->u.binary.right};
    for (int i = 0; i < 2; i++)
        if (equal(c, x[1 - i], y[1 - i]) && is_table(x[i]) && is_table(y[i]))
            diff_two(c, what, subject, x[i], y[i]);
}

static void two_choices(struct comparison *c, const char *what, struct text subject, const struct ast_expr *a,
                        const struct ast_expr *b) {
    const struct ast_expr *condition = b->u.cond.condition;
    if (!equal(c, a->u.cond.condition, condition))
        return;
    struct text holds = diff_expr(c, condition), fails = diff_expr_negated(c, condition);
    const char *format = diff_say(c, "if %.*s", "若 %.*s");
    diff_two(c, what, diff_part(c, subject, text_format(c->arena, format, TEXT_ARG(holds))), a->u.cond.then,
             b->u.cond.then);
    diff_two(c, what, diff_part(c, subject, text_format(c->arena, format, TEXT_ARG(fails))), a->u.cond.otherwise,
             b->u.cond.otherwise);
}

void diff_two(struct comparison *c, const char *what, struct text subject, const struct ast_expr *before,
              const struct ast_expr *after) {
    const struct ast_expr *a = written_out(before), *b = written_out(after);
    size_t already = c->diff->count;
    if (equal(c, before, after))
        return;
    if (a && b && a->height < 256 && b->height < 256) {
        if (two_bounds(c, what, subject, a, b) && c->diff->count > already)
            return;
        if (a->kind == AST_BY && b->kind == AST_BY && equal(c, a->u.by.value, b->u.by.value))
            two_tables(c, what, subject, a, b);
        if (a->kind == AST_TIER && b->kind == AST_TIER && equal(c, a->u.tier.value, b->u.tier.value))
            two_tiers(c, what, subject, a, b);
        if (a->kind == AST_BINARY && b->kind == AST_BINARY && a->u.binary.op == b->u.binary.op && !is_bound(a))
            two_products(c, what, subject, a, b);
        if (a->kind == AST_IF && b->kind == AST_IF)
            two_choices(c, what, subject, a, b);
    }
    if (c->diff->count == already)
        whole(c, what, subject, before, after);
}
