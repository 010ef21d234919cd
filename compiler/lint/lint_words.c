/* Bounds and maxima of rules against the words around their numbers in the quotes.
 *
 * A bound cuts the numbers in two at N, and N itself is on one of the sides. 以上, 达到, 少于 (and their negations)
 * count N to what is above; 以下, 以内, 超过 (and their negations) to what is below. So do >=, <, from, below; and <=,
 * >, to, above. What the text says of N must be what the rule beside it does with N.
 */
#include <string.h>

#include "legal/numeral.h"
#include "lint/lint_int.h"
#include "tr.h"

enum side { SIDE_NONE, SIDE_ABOVE /* N belongs to what is above */, SIDE_BELOW };
enum { REACH = 6 /* characters between a number and its word: 万元, 件 */ };

static const struct {
    const char *word;
    enum side side;
} before[] =
    {
        {"少于", SIDE_ABOVE}, {"少於", SIDE_ABOVE}, {"低于", SIDE_ABOVE}, {"低於", SIDE_ABOVE}, {"小于", SIDE_ABOVE},
        {"小於", SIDE_ABOVE}, {"不足", SIDE_ABOVE}, {"未满", SIDE_ABOVE}, {"未滿", SIDE_ABOVE}, {"不满", SIDE_ABOVE},
        {"不滿", SIDE_ABOVE}, {"达到", SIDE_ABOVE}, {"達到", SIDE_ABOVE}, {"超过", SIDE_BELOW}, {"超過", SIDE_BELOW},
        {"高于", SIDE_BELOW}, {"高於", SIDE_BELOW}, {"大于", SIDE_BELOW}, {"大於", SIDE_BELOW}, {"多于", SIDE_BELOW},
        {"多於", SIDE_BELOW},
},
  behind[] = {
      {"以上", SIDE_ABOVE},   {"及以上", SIDE_ABOVE}, {"以下", SIDE_BELOW},
      {"及以下", SIDE_BELOW}, {"以内", SIDE_BELOW},   {"以內", SIDE_BELOW},
};

static bool starts_with(struct text t, size_t at, const char *word) {
    size_t size = strlen(word);
    return at <= t.size && t.size - at >= size && memcmp(t.data + at, word, size) == 0;
}

static bool ends_with(struct text t, size_t end, const char *word) {
    size_t size = strlen(word);
    return end >= size && memcmp(t.data + end - size, word, size) == 0;
}

static bool is_break(uint32_t code) {
    static const uint32_t breaks[] = {0xff0c, 0x3002, 0xff1b, 0x3001, 0xff1a, 0x81f3, 0x5230, 0x6216, 0x7684, 0xff08};
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++)
        if (code == breaks[i])
            return true;
    return code < 0x80 && code != '%';
}

/* What the words beside a number say of it. */
static enum side side_of(struct text t, const struct numeral *n, const char **word) {
    size_t at = n->hi, size;
    for (size_t i = 0; i < sizeof before / sizeof *before; i++) {
        *word = before[i].word;
        if (ends_with(t, n->lo, *word))
            return before[i].side;
    }
    for (int step = 0; step <= REACH && at < t.size; step++, at += size) {
        for (size_t i = 0; i < sizeof behind / sizeof *behind; i++) {
            *word = behind[i].word;
            if (starts_with(t, at, *word))
                return behind[i].side;
        }
        if (is_break(text_decode((struct text){t.data + at, t.size - at}, &size)))
            break;
    }
    return SIDE_NONE;
}

/* ---- the quotes of a place ---- */

struct words {
    struct lint *l;
    const struct ast_stmt *item, *clause; /* bodies; NULL where there is none */
};

/* Calls `see` with each number of the quotes, until it gives true. */
typedef bool see_number(void *data, struct text quote, const struct numeral *n);

static bool each_number(const struct ast_stmt *body, see_number *see, void *data) {
    for (const struct ast_stmt *s = body; s; s = s->next) {
        for (const struct ast_string *q = s->kind == AST_QUOTE ? s->strings : NULL; q; q = q->next) {
            struct numeral n;
            for (size_t at = 0; numeral_next(q->text, &at, &n);)
                if (see(data, q->text, &n))
                    return true;
        }
    }
    return false;
}

static void each_quoted(const struct words *w, see_number *see, void *data) {
    if (!each_number(w->item, see, data))
        each_number(w->clause, see, data);
}

/* ---- numbers of rules ---- */

static bool numeral_of(const struct ast_expr *e, struct numeral *out) {
    if (e->kind != AST_NUMBER || e->u.number.num < 0 || e->u.number.num > INT64_MAX / 1000000 ||
        e->u.number.den > INT64_MAX / 1000)
        return false;
    int64_t scale = e->u.number.unit == AST_UNIT_PERCENT || e->u.number.unit == AST_UNIT_FEN ? 100 : 1;
    *out = numeral_value((int64_t)e->u.number.num, e->u.number.den * scale);
    return true;
}

/* The number that a side of a comparison is made of: 10件, 1/3, 1/3 of x. */
static bool number_in(const struct ast_expr *e, struct numeral *out) {
    if (numeral_of(e, out))
        return true;
    if (e->kind != AST_BINARY)
        return false;
    const struct ast_expr *a = e->u.binary.left, *b = e->u.binary.right;
    struct numeral over;
    if (e->u.binary.op == AST_DIV && numeral_of(a, out) && numeral_of(b, &over)) {
        if (out->den != 1 || over.den != 1 || over.num <= 0)
            return false;
        *out = numeral_value(out->num, over.num);
        return true;
    }
    if (e->u.binary.op == AST_OF || e->u.binary.op == AST_MUL)
        return number_in(a, out) || number_in(b, out);
    return false;
}

/* ---- bounds ---- */

struct bound_words {
    struct numeral number;
    enum side side;
    bool agrees, differs;
    const char *word;
};

static bool see_bound(void *data, struct text quote, const struct numeral *n) {
    struct bound_words *b = data;
    const char *word;
    if (!numeral_equal(&b->number, n))
        return false;
    enum side side = side_of(quote, n, &word);
    if (side == b->side)
        return b->agrees = true;
    if (side != SIDE_NONE && !b->differs) {
        b->differs = true;
        b->word = word;
    }
    return false;
}

static void look_at_bound(const struct words *w, const struct ast_expr *at, enum side side, const char *help) {
    struct lint *l = w->l;
    struct bound_words b = {.side = side};
    if (!number_in(at, &b.number))
        return;
    each_quoted(w, see_bound, &b);
    if (b.agrees || !b.differs || !lint_first(l, DIAG_BOUND_WORDS, at->span))
        return;
    struct text shown = sources_text(l->sources, at->span);
    struct diag *r = diag_add(l->d, DIAG_BOUND_WORDS, at->span, "the text has %.*s on the other side of this bound",
                              TEXT_ARG(shown));
    diag_note(l->d, r,
              side == SIDE_ABOVE ? tr("its word is %s: the number itself belongs to what is below")
                                 : tr("its word is %s: the number itself belongs to what is above"),
              b.word);
    diag_help(l->d, r, "write %s", help);
}

static void compare(const struct words *w, const struct ast_expr *e) {
    const struct ast_expr *right = e->u.binary.right, *left = e->u.binary.left;
    struct numeral n;
    bool on_right = number_in(right, &n);
    const struct ast_expr *at = on_right ? right : left;
    switch (e->u.binary.op) {
    case AST_GE:
        look_at_bound(w, at, on_right ? SIDE_ABOVE : SIDE_BELOW, "`>`");
        return;
    case AST_LT:
        look_at_bound(w, at, on_right ? SIDE_ABOVE : SIDE_BELOW, "`<=`");
        return;
    case AST_LE:
        look_at_bound(w, at, on_right ? SIDE_BELOW : SIDE_ABOVE, "`<`");
        return;
    case AST_GT:
        look_at_bound(w, at, on_right ? SIDE_BELOW : SIDE_ABOVE, "`>=`");
        return;
    default: /* no bound */
        return;
    }
}

static void row_bound(const struct words *w, enum ast_bound bound, const struct ast_expr *at) {
    static const char *const other[] = {"", "`above`", "`from`", "`below`", "`to`"};
    if (at && bound != AST_BOUND_NONE)
        look_at_bound(w, at, bound == AST_BOUND_FROM || bound == AST_BOUND_BELOW ? SIDE_ABOVE : SIDE_BELOW,
                      other[bound]);
}

static void look(const struct words *w, const struct ast_expr *e);

static void look_at_list(const struct words *w, const struct ast_expr *list) {
    for (; list; list = list->next)
        look(w, list);
}

/* Numbers of a definition are compared where it is used. */
static void look(const struct words *w, const struct ast_expr *e) {
    if (!e || lint_tired(w->l, 1))
        return;
    const struct decl *decl = e->kind == AST_NAME ? e->decl : NULL;
    if (decl && decl->kind == DECL_DEFINE)
        look(w, decl->u.define->expr);
    if (e->kind == AST_NOT || e->kind == AST_NEGATE)
        look(w, e->u.operand);
    if (e->kind == AST_CALL)
        look_at_list(w, e->u.call.args);
    if (e->kind == AST_BINARY) {
        compare(w, e);
        look(w, e->u.binary.left);
        look(w, e->u.binary.right);
    }
    if (e->kind == AST_IF) {
        look(w, e->u.cond.condition);
        look(w, e->u.cond.then);
        look(w, e->u.cond.otherwise);
    }
    for (const struct ast_case *row = e->kind == AST_BY ? e->u.by.cases : NULL; row; row = row->next)
        look(w, row->value);
    for (const struct ast_row *row = e->kind == AST_TIER ? e->u.tier.rows : NULL; row; row = row->next) {
        row_bound(w, row->lower, row->lower_value);
        row_bound(w, row->upper, row->upper_value);
        look(w, row->value);
    }
}

/* ---- maxima of a year ---- */

struct year_words {
    struct numeral number;
    bool found, yearly, plain; /* quoted at all; of a year; and otherwise */
};

static const char *const years[] = {"每年", "年度", "当年", "當年", "全年", "每一年", NULL};
static const char *const maxima[] = {"最高", "最多", "不超过", "不超過", "上限", "封顶",
                                     "封頂", "至多", "不高于", "不高於", NULL};

static bool among(struct text t, const char *const *words) {
    for (; *words; words++)
        if (memmem(t.data, t.size, *words, strlen(*words)))
            return true;
    return false;
}

/* The words from the last comma or stop to the number. */
static struct text segment(struct text quote, size_t end) {
    static const char *const stops[] = {"，", "。", "；", "：", "、", ",", ";"};
    size_t start = 0;
    for (size_t at = 0; at < end; at++)
        for (size_t i = 0; i < sizeof stops / sizeof *stops; i++)
            if (starts_with(quote, at, stops[i]))
                start = at + strlen(stops[i]);
    return (struct text){quote.data + start, end > start ? end - start : 0};
}

static bool see_year(void *data, struct text quote, const struct numeral *n) {
    struct year_words *y = data;
    if (!numeral_equal(&y->number, n))
        return false;
    struct text t = segment(quote, n->lo);
    y->found = true;
    if (!among(t, maxima))
        return false;
    y->yearly |= among(t, years);
    y->plain |= !among(t, years);
    return false;
}

static bool has_year(const struct model_cell *cell) {
    for (uint32_t i = 0; i < cell->key_count; i++)
        if (cell->key[i].kind == POL_KEY_YEAR)
            return true;
    return false;
}

/* Whether a cap of the item for each year has the number. */
static bool yearly_cap(const struct model_item *m, const struct numeral *n) {
    for (const struct model_use *use = m->uses; use; use = use->next) {
        struct numeral max;
        const struct ast_expr *e = use->cell->max;
        if (use->cell->kind == POL_CELL_CAP && e && has_year(use->cell) && number_in(e, &max) && numeral_equal(&max, n))
            return true;
    }
    return false;
}

static void look_at_maximum(const struct words *w, const struct model_item *m, const struct ast_expr *max,
                            const struct model_cell *cell) {
    struct lint *l = w->l;
    struct year_words y = {0};
    if (!number_in(max, &y.number))
        return;
    each_quoted(w, see_year, &y);
    bool yearly = cell && has_year(cell);
    if (!yearly && y.yearly && !y.plain && !yearly_cap(m, &y.number) && lint_first(l, DIAG_CAP_YEAR, max->span)) {
        struct diag *r = diag_add(l->d, DIAG_CAP_YEAR, max->span, "the text bounds this for each year");
        diag_help(l->d, r, "write a cap with the year in its key: `cap … per applicant, year`");
    }
    if (yearly && y.found && !y.yearly && !lint_mentioned(m, years) && lint_first(l, DIAG_CAP_YEAR, max->span)) {
        struct diag *r = diag_add(l->d, DIAG_CAP_YEAR, max->span, "the text does not bound this for each year");
        diag_help(l->d, r, "leave `year` out of the key, or say in a `reading \"…\"` why it is there");
    }
}

static void look_at_bounded(const struct words *w, const struct model_item *m, const struct ast_expr *e) {
    if (!e || e->kind != AST_BINARY || lint_tired(w->l, 1))
        return;
    if (e->u.binary.op == AST_AT_MOST || e->u.binary.op == AST_UP_TO)
        look_at_maximum(w, m, e->u.binary.right, NULL);
    look_at_bounded(w, m, e->u.binary.left);
    look_at_bounded(w, m, e->u.binary.right);
}

/* ---- places ---- */

static void look_at_body(const struct words *w, const struct ast_stmt *body) {
    for (const struct ast_stmt *s = body; s; s = s->next) {
        if (s->kind == AST_REQUIRE || s->kind == AST_AWARD || s->kind == AST_EXCLUDE)
            look(w, s->expr);
        if (s->kind == AST_CAP)
            look(w, s->when);
    }
}

/* The statements that each maximum of the item is compared with. */
static uint64_t reach(const struct words *w, const struct model_item *m) {
    uint64_t count = 1;
    for (const struct ast_stmt *s = w->item; s; s = s->next)
        count++;
    for (const struct ast_stmt *s = w->clause; s; s = s->next)
        count++;
    for (const struct model_use *use = m->uses; use; use = use->next)
        count++;
    return count;
}

static void look_at_item(struct lint *l, const struct model_item *m) {
    struct words w = {l, m->stmt->body, m->clause ? m->clause->ast->body : NULL};
    look_at_body(&w, m->stmt->body);
    look_at_bounded(&w, m, m->award);
    uint64_t work = reach(&w, m);
    for (const struct model_use *use = m->uses; use; use = use->next)
        if (use->cell->kind == POL_CELL_CAP && use->cell->max && use->cell->clause == m->clause && !lint_tired(l, work))
            look_at_maximum(&w, m, use->cell->max, use->cell);
}

void lint_words(struct lint *l) {
    for (const struct lint_item *i = l->items; i && !lint_tired(l, 1); i = i->next)
        look_at_item(l, i->m);
    for (const struct model_clause *c = l->m->clauses; c && !lint_tired(l, 1); c = c->next) {
        struct words w = {l, NULL, c->ast->body};
        look_at_body(&w, c->ast->body);
    }
}
