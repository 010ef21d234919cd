/* Lowering against exact rationals: random awards and conditions are written as text, and what they come to is computed
 * beside the text, by an evaluator that shares nothing with the compiler. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check/check.h"
#include "interp/ir_eval.h"
#include "lower/lower.h"
#include "parse.h"

__extension__ typedef __int128 wide;

enum { POINTS = 5, SEEDS = 400, DEPTH = 4 };

#define SCHEMA                                                                                                         \
    "policy t \"t\" { effective from 2021-01-01 }\n"                                                                   \
    "applicant { kind: enum { a, b } }\n"                                                                              \
    "claim { sales, cost: money range 0元 to 5000元  n: count range 0 to 30  m: count range 1 to 9  rate: rate\n"      \
    "  won, lost: bool  level: enum { gold, silver, bronze, tin } }\n"

/* One claim's fields; money in fen, the rate in millionths. */
struct point {
    int64_t sales, cost, n, m, rate, won, lost, level;
};

struct ratio { /* exact; `none` where a table has no row */
    wide num, den;
    bool none;
};

struct node { /* text, and what it comes to at every point; money in fen, bools 0 and 1 */
    char *text;
    struct ratio at[POINTS];
};

struct random {
    uint64_t state;
    const struct point *point;
    bool may_lack; /* tables without `else` are allowed */
};

static uint64_t draw(struct random *r, uint64_t below) {
    r->state ^= r->state << 13;
    r->state ^= r->state >> 7;
    r->state ^= r->state << 17;
    return r->state % below;
}

/* ---- exact values ------------------------------------------------------------------------------------------------ */

static struct ratio ratio(wide num, wide den) {
    wide a = num < 0 ? -num : num, b = den;
    while (b) {
        wide rest = a % b;
        a = b;
        b = rest;
    }
    return a ? (struct ratio){num / a, den / a, false} : (struct ratio){0, 1, false};
}

static wide floor_of(struct ratio v) {
    return v.num / v.den - (v.num % v.den < 0);
}

static int order(struct ratio a, struct ratio b) {
    wide left = a.num * b.den, right = b.num * a.den;
    return (left > right) - (left < right);
}

enum op { ADD, SUB, MUL, DIV, MIN, MAX, FULL, EQ, LT, LE, AND, OR };

static struct ratio apply(enum op op, struct ratio a, struct ratio b) {
    if (a.none || b.none)
        return (struct ratio){0, 1, true};
    switch (op) {
    case ADD:
        return ratio(a.num * b.den + b.num * a.den, a.den * b.den);
    case SUB:
        return ratio(a.num * b.den - b.num * a.den, a.den * b.den);
    case MUL:
        return ratio(a.num * b.num, a.den * b.den);
    case DIV:
        return ratio(a.num * b.den, a.den * b.num);
    case MIN:
        return order(a, b) <= 0 ? a : b;
    case MAX:
        return order(a, b) >= 0 ? a : b;
    case FULL:
        return ratio(floor_of(ratio(a.num * b.den, a.den * b.num)), 1);
    case EQ:
        return ratio(order(a, b) == 0, 1);
    case LT:
        return ratio(order(a, b) < 0, 1);
    case LE:
        return ratio(order(a, b) <= 0, 1);
    case AND:
        return ratio(a.num && b.num, 1);
    case OR:
        return ratio(a.num || b.num, 1);
    }
    return a;
}

/* ---- nodes ------------------------------------------------------------------------------------------------------- */

static char *format(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *format(const char *form, ...) {
    char *text = NULL;
    va_list args;
    va_start(args, form);
    int size = vasprintf(&text, form, args);
    va_end(args);
    assert_true(size >= 0);
    return text;
}

static void drop(struct node *n) {
    free(n->text);
    n->text = NULL;
}

static struct node literal(char *text, struct ratio value) {
    struct node n = {.text = text};
    for (int i = 0; i < POINTS; i++)
        n.at[i] = value;
    return n;
}

/* `form` has the places of both operands' texts. */
static struct node join(enum op op, const char *before, struct node a, const char *between, struct node b,
                        const char *after) {
    struct node n = {.text = format("%s%s%s%s%s", before, a.text, between, b.text, after)};
    for (int i = 0; i < POINTS; i++)
        n.at[i] = apply(op, a.at[i], b.at[i]);
    drop(&a);
    drop(&b);
    return n;
}

static struct node money(struct random *r, int depth);
static struct node count(struct random *r, int depth);
static struct node condition(struct random *r, int depth);

static struct node money_literal(struct random *r) {
    int64_t fen = (int64_t)draw(r, 4) * 50 + (int64_t)draw(r, 60) * 100 + 1 * (int64_t)draw(r, 2);
    return literal(format("%lld.%02lld元", (long long)fen / 100, (long long)fen % 100), ratio(fen, 1));
}

static struct node money_leaf(struct random *r) {
    uint64_t which = draw(r, 3);
    if (which == 0)
        return money_literal(r);
    struct node n = {.text = format("%s", which == 1 ? "sales" : "cost")};
    for (int i = 0; i < POINTS; i++)
        n.at[i] = ratio(which == 1 ? r->point[i].sales : r->point[i].cost, 1);
    return n;
}

/* Takes the chosen one's value, none included; none where the choice itself is none. */
static void choose(struct node *n, int i, struct ratio chosen, bool unknown) {
    n->at[i] = unknown ? (struct ratio){0, 1, true} : chosen;
}

static struct node money_if(struct random *r, int depth) {
    struct node c = condition(r, depth - 1), a = money(r, depth - 1), b = money(r, depth - 1);
    struct node n = {.text = format("(if %s then %s else %s)", c.text, a.text, b.text)};
    for (int i = 0; i < POINTS; i++)
        choose(&n, i, c.at[i].num ? a.at[i] : b.at[i], c.at[i].none);
    drop(&a);
    drop(&b);
    drop(&c);
    return n;
}

static struct node money_by(struct random *r, int depth) {
    static const char *const name[] = {"gold", "silver", "bronze", "tin"};
    bool otherwise = !r->may_lack || draw(r, 2);
    int rows = 1 + (int)draw(r, 3), first = (int)draw(r, 2);
    struct node v[4], n = {.text = format("(by level { ")};
    for (int i = 0; i <= rows; i++) {
        v[i] = money(r, depth - 2);
        if (i == rows && !otherwise)
            continue;
        char *text = format("%s%s%s: %s", n.text, i ? ", " : "", i == rows ? "else" : name[(first + i) % 4], v[i].text);
        free(n.text);
        n.text = text;
    }
    char *text = format("%s })", n.text);
    free(n.text);
    n.text = text;
    for (int p = 0; p < POINTS; p++) {
        int row = ((int)r->point[p].level - first + 4) % 4;
        n.at[p] = row < rows ? v[row].at[p] : otherwise ? v[rows].at[p] : (struct ratio){0, 1, true};
    }
    for (int i = 0; i <= rows; i++)
        drop(&v[i]);
    return n;
}

/* Rows by count or by money; the first may rise in steps. */
static struct node money_tier(struct random *r, int depth) {
    bool of_count = draw(r, 2), otherwise = !r->may_lack || draw(r, 2), steps = draw(r, 2), above = draw(r, 2);
    struct node x = of_count ? count(r, depth - 1) : money(r, depth - 1);
    int64_t low = (int64_t)draw(r, 12), high = low + 1 + (int64_t)draw(r, 12), scale = of_count ? 1 : 10000;
    struct node a = money(r, depth - 2), b = money(r, depth - 2), c = money(r, depth - 2), add = money_literal(r);
    const char *unit = of_count ? "" : "00元", *word = above ? "above" : "from";
    char *step = steps ? format(", each full 3%s adds %s", unit, add.text) : format("%s", "");
    char *last = otherwise ? format(", else: %s", c.text) : format("%s", "");
    struct node n = {.text = format("(tier %s { %s %lld%s: %s%s, %s %lld%s: %s%s })", x.text, word, (long long)low,
                                    unit, a.text, step, word, (long long)high, unit, b.text, last)};
    for (int p = 0; p < POINTS; p++) {
        struct ratio from = ratio(low * scale, 1), then = ratio(high * scale, 1), first = a.at[p];
        if (steps && !x.at[p].none)
            first =
                apply(ADD, first, apply(MUL, add.at[p], apply(FULL, apply(SUB, x.at[p], from), ratio(3 * scale, 1))));
        int least = above ? 1 : 0;
        struct ratio none = {0, 1, true};
        struct ratio chosen = order(x.at[p], then) >= least   ? b.at[p]
                              : order(x.at[p], from) >= least ? first
                              : otherwise                     ? c.at[p]
                                                              : none;
        choose(&n, p, chosen, x.at[p].none);
    }
    struct node *used[] = {&x, &a, &b, &c, &add};
    for (size_t i = 0; i < sizeof used / sizeof *used; i++)
        drop(used[i]);
    free(step);
    free(last);
    return n;
}

static struct node rate_of(struct random *r) {
    if (draw(r, 2)) {
        struct node n = {.text = format("rate")};
        for (int i = 0; i < POINTS; i++)
            n.at[i] = ratio(r->point[i].rate, 1000000);
        return n;
    }
    int64_t percent = 1 + (int64_t)draw(r, 120);
    return literal(format("%lld%%", (long long)percent), ratio(percent, 100));
}

static struct node money(struct random *r, int depth) {
    if (depth <= 0)
        return money_leaf(r);
    switch (draw(r, 12)) {
    case 0:
        return join(ADD, "(", money(r, depth - 1), " + ", money(r, depth - 1), ")");
    case 1:
        return join(SUB, "(", money(r, depth - 1), " - ", money(r, depth - 1), ")");
    case 2:
        return join(MUL, "(", rate_of(r), " of ", money(r, depth - 1), ")");
    case 3:
        return join(MUL, "(", money(r, depth - 1), " for each ", count(r, depth - 2), ")");
    case 4: {
        int64_t by = 2 + (int64_t)draw(r, 12);
        struct node divisor = literal(format("%lld", (long long)by), ratio(by, 1));
        return join(DIV, "(", money(r, depth - 1), " / ", divisor, ")");
    }
    case 5: {
        struct node m = {.text = format("m")};
        for (int i = 0; i < POINTS; i++)
            m.at[i] = ratio(r->point[i].m, 1);
        return join(DIV, "(", money(r, depth - 1), " / ", m, ")");
    }
    case 6:
        return join(MIN, "(", money(r, depth - 1), " at most ", money(r, depth - 1), ")");
    case 7:
        return join(MAX, "max(", money(r, depth - 1), ", ", money(r, depth - 1), ")");
    case 8:
        return money_if(r, depth);
    case 9:
        return money_by(r, depth);
    case 10:
        return money_tier(r, depth);
    default:
        return money_leaf(r);
    }
}

static struct node count(struct random *r, int depth) {
    uint64_t which = draw(r, depth > 0 ? 5 : 2);
    if (which == 2)
        return join(ADD, "(", count(r, depth - 1), " + ", count(r, depth - 1), ")");
    if (which == 3) {
        int64_t yuan = 1 + (int64_t)draw(r, 40);
        struct node unit = literal(format("%lld元", (long long)yuan), ratio(yuan * 100, 1));
        return join(FULL, "full(", money(r, depth - 1), ", ", unit, ")");
    }
    if (which == 4) {
        struct node a = condition(r, depth - 1), b = condition(r, depth - 1);
        return join(ADD, "how_many(", a, ", ", b, ")");
    }
    struct node n = {.text = format("%s", which ? "n" : "m")};
    for (int i = 0; i < POINTS; i++)
        n.at[i] = ratio(which ? r->point[i].n : r->point[i].m, 1);
    return n;
}

static struct node compare(struct random *r, int depth) {
    static const struct {
        const char *text;
        enum op op;
        bool swapped, negated;
    } form[] = {{" = ", EQ, 0, 0},  {" != ", EQ, 0, 1}, {" < ", LT, 0, 0},
                {" <= ", LE, 0, 0}, {" > ", LE, 0, 1},  {" >= ", LT, 0, 1}};
    size_t which = draw(r, 6);
    bool of_money = draw(r, 2);
    struct node a = of_money ? money(r, depth - 1) : count(r, depth - 1);
    struct node b = of_money ? money(r, depth - 1) : count(r, depth - 1);
    struct node n = join(form[which].op, "(", a, form[which].text, b, ")");
    for (int i = 0; i < POINTS; i++)
        if (form[which].negated && !n.at[i].none)
            n.at[i] = ratio(!n.at[i].num, 1);
    return n;
}

static struct node condition(struct random *r, int depth) {
    struct node n;
    switch (draw(r, depth > 0 ? 6 : 2)) {
    case 0:
        n.text = format("won");
        for (int i = 0; i < POINTS; i++)
            n.at[i] = ratio(r->point[i].won, 1);
        return n;
    case 1:
        n.text = format("(level in (gold, bronze))");
        for (int i = 0; i < POINTS; i++)
            n.at[i] = ratio(r->point[i].level == 0 || r->point[i].level == 2, 1);
        return n;
    case 2:
        return join(AND, "(", condition(r, depth - 1), " and ", condition(r, depth - 1), ")");
    case 3:
        return join(OR, "(", condition(r, depth - 1), " or ", condition(r, depth - 1), ")");
    case 4: {
        struct node a = condition(r, depth - 1);
        n.text = format("(not %s)", a.text);
        for (int i = 0; i < POINTS; i++)
            n.at[i] = a.at[i].none ? a.at[i] : ratio(!a.at[i].num, 1);
        drop(&a);
        return n;
    }
    default:
        return compare(r, depth);
    }
}

/* ---- the compiled side ------------------------------------------------------------------------------------------- */

static void cells_of(const struct ir_policy *p, const struct point *at, struct ir_value *claim) {
    const struct {
        const char *name;
        int64_t value;
    } field[] = {{"sales", at->sales}, {"cost", at->cost},   {"n", at->n},
                 {"m", at->m},         {"rate", at->rate},   {"won", at->won},
                 {"lost", at->lost},   {"level", at->level}, {"date", ir_day_of(2022, 1, 1)}};
    for (uint32_t i = 0; i < p->claim_count; i++) {
        claim[i] = (struct ir_value){.present = true, .text = TEXT("")};
        for (size_t f = 0; f < sizeof field / sizeof *field; f++)
            if (text_equal(p->claim[i].name, text_of(field[f].name)))
                claim[i].number = field[f].value;
    }
}

/* The rounded award, or 0 with the name of the rule that ended the claim. */
static int64_t run(const struct ir_policy *p, const struct point *at, const char **rule) {
    struct ir_value claim[32], profile[8] = {{.present = true}, {.present = true, .number = 2022}, {.present = true}};
    cells_of(p, at, claim);
    struct ir_row row = {claim, profile, NULL};
    struct ir_value *value = calloc(p->row.inst_count + 1u, sizeof *value);
    ir_eval_block(&p->row, 0, &row, value);
    ir_eval_block(&p->row, 1, &row, value);
    ir_int ended = ir_eval_result(value, p->row.block[1].rule, 0);
    int64_t award = ended ? 0 : (int64_t)ir_eval_result(value, p->row.block[1].award, 0);
    *rule = p->rule[ended].name.data;
    free(value);
    return award;
}

static void compare_all(const struct ir_policy *p, const struct random *r, const struct node *when,
                        const struct node *award, const char *source) {
    for (int i = 0; i < POINTS; i++) {
        struct ratio v = award->at[i];
        wide rounded = v.none ? 0 : floor_of(ratio(2 * v.num + v.den, 2 * v.den));
        const char *rule, *expected = "";
        if (when->at[i].none || !when->at[i].num)
            expected = "ok";
        else if (rounded <= 0)
            expected = "x.no_award";
        int64_t got = run(p, &r->point[i], &rule);
        if (strcmp(rule, expected) != 0 || (!*expected && got != rounded))
            fail_msg("%s\npoint %d: %s %lld instead of %s %lld", source, i, rule, (long long)got, expected,
                     (long long)rounded);
    }
}

static bool try_seed(uint64_t seed) {
    struct point point[POINTS];
    struct random r = {.state = seed * 0x9e3779b97f4a7c15u + 1, .point = point};
    for (int i = 0; i < 30; i++)
        draw(&r, 2);
    for (int i = 0; i < POINTS; i++)
        point[i] = (struct point){.sales = (int64_t)draw(&r, 2) * (int64_t)draw(&r, 500001),
                                  .cost = (int64_t)draw(&r, 20000),
                                  .n = (int64_t)draw(&r, 31),
                                  .m = 1 + (int64_t)draw(&r, 9),
                                  .rate = (int64_t)draw(&r, 3) * 435000 / 2,
                                  .won = (int64_t)draw(&r, 2),
                                  .lost = 0,
                                  .level = (int64_t)draw(&r, 4)};
    struct node when = condition(&r, DEPTH - 1);
    r.may_lack = true;
    struct node award = money(&r, DEPTH);
    char *source = format(SCHEMA "clause 1 \"c\" { item x { require ok: %s award %s } }\n", when.text, award.text);
    struct arena *arena = arena_new();
    struct sources sources;
    struct diags diags;
    sources_init(&sources, arena);
    diags_init(&diags, arena);
    struct source *file = sources_add(&sources, TEXT("t.pol"), text_of(source));
    struct ast_policy *ast = parse_policy(&sources, file, &diags, arena);
    struct model *model = diags.error_count ? NULL : check_policy(ast, &sources, &diags, arena);
    struct ir_policy *policy = diags.error_count ? NULL : lower_policy(model, &sources, &diags, arena);
    if (policy)
        compare_all(policy, &r, &when, &award, source);
    else if (diags.first && getenv("POL_TEST_VERBOSE"))
        for (struct diag *d = diags.first; d; d = d->next)
            if (d->severity == DIAG_ERROR)
                print_message("%.*s\n  in %s", TEXT_ARG(d->message), source);
    drop(&when);
    drop(&award);
    free(source);
    arena_free(arena);
    return policy != NULL;
}

static void test_against_rationals(void **state) {
    (void)state;
    int compiled = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        compiled += try_seed(seed);
    assert_true(compiled >= SEEDS * 3 / 4); /* others could overflow, or subtract where nothing may be negative */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_rationals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
