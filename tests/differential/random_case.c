#include "random_case.h"

#include <stdlib.h>
#include <string.h>

enum kind { MONEY, RATE, COUNT, YEARS, DAYS, DATE, BOOL, ENUM, TEXT, KINDS };

static const char *const type_name[] = {"money", "rate", "count", "years", "days", "date", "bool", "enum", "text"};
static const char *const type_name_zh[] = {"金额", "比率", "数量", "年数", "天数", "日期", "是否", "枚举", "文本"};

struct field {
    enum kind kind;
    bool profile, has_default;
    char name[24];
    unsigned values; /* of an enum */
};

enum { FIELDS = 16, ITEMS = 6, NUMBERS = 64 };

struct maker {
    struct choices *c;
    FILE *out;
    struct field field[FIELDS];
    unsigned fields, items;
    bool zh, profile_only; /* profile_only: expressions may read the profile and parameters alone */
    /* numbers that the policy names: ledgers use them, and their neighbours */
    long money[NUMBERS], number[NUMBERS]; /* fen; counts, years, days */
    unsigned moneys, numbers;
    bool has_param;
};

#define WORD(m, en, zh_word) ((m)->zh && chance((m)->c, 50) ? (zh_word) : (en))

/* ---- literals --------------------------------------------------------------------------------------------------- */

static void put_money(struct maker *m, bool positive) {
    static const long yuan[] = {1, 5, 30, 100, 999, 5000, 10000, 20000, 50000, 300000, 1000000, 0};
    long v = yuan[choose(m->c, positive ? 11 : 12)];
    if (m->moneys < NUMBERS)
        m->money[m->moneys++] = v * 100;
    if (v && v % 10000 == 0)
        fprintf(m->out, "%ld%s", v / 10000, WORD(m, "万元", "萬元"));
    else if (chance(m->c, 10))
        fprintf(m->out, "%ld.5元", v);
    else
        fprintf(m->out, "%ld%s", v, WORD(m, " yuan", "元"));
}

static void put_number(struct maker *m) {
    static const long n[] = {1, 2, 3, 5, 6, 10, 12, 40, 100, 0};
    long v = n[choose(m->c, 10)];
    if (m->numbers < NUMBERS)
        m->number[m->numbers++] = v;
    fprintf(m->out, "%ld", v);
}

static void put_rate(struct maker *m) {
    static const char *const r[] = {"50%", "20%", "5%", "1/3", "0.0435", "100%", "2/7", "share(8:2)", "33.3333%"};
    fputs(r[choose(m->c, 9)], m->out);
}

static void put_date(struct maker *m) {
    static const char *const d[] = {"2022-01-01", "2021-06-30", "2023年3月1日", "2024-02-29"};
    fputs(d[choose(m->c, 4)], m->out);
}

/* ---- expressions ------------------------------------------------------------------------------------------------ */

static const struct field *pick(struct maker *m, enum kind kind) {
    const struct field *found[FIELDS];
    unsigned n = 0;
    for (unsigned i = 0; i < m->fields; i++)
        if (m->field[i].kind == kind && (m->field[i].profile || !m->profile_only))
            found[n++] = &m->field[i];
    return n ? found[choose(m->c, n)] : NULL;
}

static void put_field(struct maker *m, const struct field *f) {
    if (chance(m->c, 20))
        fputs(f->profile ? WORD(m, "applicant.", "申请人.") : WORD(m, "claim.", "申请."), m->out);
    fputs(f->name, m->out);
}

static void put_money_expr(struct maker *m, int depth);
static void put_condition(struct maker *m, int depth);

static void put_count_expr(struct maker *m, int depth) {
    const struct field *f = pick(m, COUNT);
    switch (depth > 0 ? choose(m->c, 5) : choose(m->c, 2)) {
    case 0:
        if (f) {
            put_field(m, f);
            return;
        }
        put_number(m);
        return;
    case 1:
        put_number(m);
        return;
    case 2:
        fputs("(", m->out);
        put_count_expr(m, depth - 1);
        fputs(" + ", m->out);
        put_count_expr(m, depth - 1);
        fputs(")", m->out);
        return;
    case 3:
        fputs("how_many(", m->out);
        put_condition(m, 0);
        fputs(", ", m->out);
        put_condition(m, 0);
        fputs(")", m->out);
        return;
    default:
        fputs("floor(", m->out);
        put_count_expr(m, depth - 1);
        fputs(" / 3)", m->out);
        return;
    }
}

static void put_by(struct maker *m, int depth) {
    const struct field *f = pick(m, ENUM);
    if (!f) {
        put_money(m, true);
        return;
    }
    fputs(WORD(m, "by ", "按 "), m->out);
    put_field(m, f);
    fputs(" { ", m->out);
    bool any = false;
    for (unsigned v = 0; v < f->values; v++) {
        if (any && chance(m->c, 25))
            continue; /* an award for some values only */
        fprintf(m->out, "%sv%u: ", any ? ", " : "", v);
        put_money_expr(m, depth > 1 ? 1 : 0);
        any = true;
    }
    if (chance(m->c, 30)) {
        fprintf(m->out, ", %s: ", WORD(m, "else", "否则"));
        put_money(m, true);
    }
    fputs(" }", m->out);
}

static void put_tier(struct maker *m, int depth) {
    static const long edge[] = {1, 3, 10, 40, 100};
    const struct field *f = pick(m, chance(m->c, 50) ? COUNT : MONEY);
    if (!f || f->kind == BOOL) {
        put_money(m, true);
        return;
    }
    unsigned rows = 1 + choose(m->c, 3), first = choose(m->c, 2);
    fputs(WORD(m, "tier ", "分档 "), m->out);
    put_field(m, f);
    fputs(" { ", m->out);
    for (unsigned i = 0; i < rows; i++) {
        long v = edge[first + i];
        bool inclusive = chance(m->c, 70) || (i > 0);
        fprintf(m->out, "%s%s %ld%s: ", i ? ", " : "", inclusive ? WORD(m, "from", "从") : WORD(m, "above", "高于"), v,
                f->kind == MONEY ? "万元" : "");
        if (f->kind == MONEY && m->moneys < NUMBERS)
            m->money[m->moneys++] = v * 1000000;
        if (f->kind == COUNT && m->numbers < NUMBERS)
            m->number[m->numbers++] = v;
        put_money_expr(m, depth > 1 ? 1 : 0);
        if (chance(m->c, 25))
            fprintf(m->out, ", %s %s %s 1000元", WORD(m, "each full", "每满"), f->kind == MONEY ? "2万元" : "2",
                    WORD(m, "adds", "增加"));
    }
    fputs(" }", m->out);
}

static void put_money_expr(struct maker *m, int depth) {
    const struct field *f = pick(m, MONEY);
    switch (depth > 0 ? choose(m->c, 12) : choose(m->c, 2)) {
    case 0:
        put_money(m, true);
        return;
    case 1:
        if (f)
            put_field(m, f);
        else
            put_money(m, true);
        return;
    case 2:
        put_rate(m);
        fputs(WORD(m, " of ", " * "), m->out);
        fputs("(", m->out);
        put_money_expr(m, depth - 1);
        fputs(")", m->out);
        return;
    case 3:
        fputs("(", m->out);
        put_money_expr(m, depth - 1);
        fprintf(m->out, " %s ", WORD(m, "at most", "最高"));
        put_money(m, true);
        fputs(")", m->out);
        return;
    case 4:
        fputs("(", m->out);
        put_money_expr(m, depth - 1);
        fputs(WORD(m, " at least ", " 最低 "), m->out);
        put_money(m, false);
        fputs(")", m->out);
        return;
    case 5:
        put_money(m, true);
        fputs(WORD(m, " for each ", " 乘以 "), m->out);
        put_count_expr(m, 1);
        return;
    case 6:
        fputs("(", m->out);
        put_money_expr(m, depth - 1);
        fputs(chance(m->c, 50) ? " + " : " - ", m->out);
        put_money_expr(m, depth - 1);
        fputs(")", m->out);
        return;
    case 7:
        fputs("(", m->out);
        fputs(WORD(m, "if ", "若 "), m->out);
        put_condition(m, 1);
        fputs(WORD(m, " then ", " 则 "), m->out);
        put_money_expr(m, depth - 1);
        fputs(WORD(m, " else ", " 否则 "), m->out);
        put_money_expr(m, depth - 1);
        fputs(")", m->out);
        return;
    case 8:
        put_by(m, depth);
        return;
    case 9:
        put_tier(m, depth);
        return;
    case 10: {
        const struct field *r = pick(m, RATE), *d = pick(m, DAYS);
        fputs("(", m->out);
        put_money_expr(m, depth - 1);
        fputs(")", m->out);
        if (r) {
            fputs(" * ", m->out);
            put_field(m, r);
        }
        if (d) {
            fputs(" * ", m->out);
            put_field(m, d);
            fputs(" / 365", m->out);
        }
        return;
    }
    default:
        fputs("(", m->out);
        put_money_expr(m, depth - 1);
        fputs(") / (1 + ", m->out);
        put_count_expr(m, 0);
        fputs(")", m->out);
    }
}

static const char *comparison(struct maker *m) {
    static const char *const op[] = {" >= ", " > ", " < ", " <= ", " = ", " != ", " 不少于 ", " 超过 ", "≤", "≠"};
    return op[choose(m->c, 10)];
}

static void put_condition(struct maker *m, int depth) {
    const struct field *f;
    switch (choose(m->c, depth > 0 ? 13 : 9)) {
    case 0:
        f = pick(m, BOOL);
        if (f) {
            put_field(m, f);
            return;
        }
        __attribute__((fallthrough)); /* no bool to read */
    case 1:
        f = pick(m, COUNT);
        if (f)
            put_field(m, f);
        else
            put_number(m);
        fputs(comparison(m), m->out);
        put_number(m);
        return;
    case 2:
        f = pick(m, MONEY);
        if (f)
            put_field(m, f);
        else
            put_money(m, true);
        fputs(comparison(m), m->out);
        put_money(m, false);
        return;
    case 3:
        f = pick(m, ENUM);
        if (!f)
            break;
        put_field(m, f);
        fprintf(m->out, "%sv%u", chance(m->c, 50) ? " is " : WORD(m, " is not ", " 不为 "), choose(m->c, f->values));
        return;
    case 4:
        f = pick(m, ENUM);
        if (!f)
            break;
        put_field(m, f);
        fprintf(m->out, "%s (v0, v%u)", chance(m->c, 80) ? WORD(m, " in", " 属于") : " not in", f->values - 1);
        return;
    case 5:
        f = pick(m, DATE);
        if (f)
            put_field(m, f);
        else if (!m->profile_only)
            fputs(WORD(m, "date", "日期"), m->out);
        else
            break;
        fputs(chance(m->c, 50) ? " >= " : " < ", m->out);
        put_date(m);
        if (chance(m->c, 30))
            fputs(chance(m->c, 50) ? " + 2 years" : " + 30 days", m->out);
        return;
    case 6:
        f = pick(m, TEXT);
        if (!f)
            break;
        put_field(m, f);
        fprintf(m->out, " %s \"K%u\"", chance(m->c, 50) ? "=" : "!=", choose(m->c, 3));
        return;
    case 7:
        f = pick(m, RATE);
        if (!f)
            break;
        put_field(m, f);
        fputs(comparison(m), m->out);
        put_rate(m);
        return;
    case 8:
        f = pick(m, YEARS);
        if (!f)
            break;
        put_field(m, f);
        fputs(" >= 2 years", m->out);
        return;
    case 9:
        fputs(WORD(m, "not (", "非 ("), m->out);
        put_condition(m, depth - 1);
        fputs(")", m->out);
        return;
    case 12:
        put_count_expr(m, 1);
        fputs(comparison(m), m->out);
        fputs("1/3 of (1 + ", m->out);
        put_count_expr(m, 1);
        fputs(")", m->out);
        return;
    default:
        fputs("(", m->out);
        put_condition(m, depth - 1);
        fputs(chance(m->c, 50) ? WORD(m, " and ", " 且 ") : WORD(m, " or ", " 或 "), m->out);
        put_condition(m, depth - 1);
        fputs(")", m->out);
        return;
    }
    fputs("(", m->out);
    put_number(m);
    fputs(" < 7)", m->out);
}

/* ---- statements ------------------------------------------------------------------------------------------------- */

static void put_keys(struct maker *m, bool may_be_none) {
    if (may_be_none && chance(m->c, 15)) {
        fputs(WORD(m, " in total", " 累计"), m->out);
        return;
    }
    fputs(WORD(m, " per ", " 每 "), m->out);
    const struct field *f = NULL;
    switch (choose(m->c, 7)) {
    case 0:
        fputs(WORD(m, "applicant", "申请人"), m->out);
        return;
    case 1:
        fputs("object_id", m->out);
        return;
    case 2:
        fputs(WORD(m, "applicant, year", "申请人，年度"), m->out);
        return;
    case 3:
        fputs("applicant、object_id", m->out);
        return;
    case 4:
        fputs(WORD(m, "year", "年度"), m->out);
        return;
    case 5:
        f = pick(m, (enum kind)choose(m->c, KINDS));
        fprintf(m->out, "applicant%s%s", f ? ", " : "", f ? f->name : "");
        return;
    default:
        f = pick(m, chance(m->c, 50) ? TEXT : ENUM);
        fprintf(m->out, "%s, year", f ? f->name : "object_id");
    }
}

static void put_over(struct maker *m) {
    fprintf(m->out, " %s i0", WORD(m, "over", "涵盖"));
    for (unsigned i = 1; i < m->items; i++)
        if (chance(m->c, 50))
            fprintf(m->out, ", i%u", i);
}

static void put_kinds(struct maker *m) {
    if (!chance(m->c, 40))
        return;
    if (chance(m->c, 30))
        fputs(WORD(m, " for any except k2", " 适用 所有 除外 k2"), m->out);
    else
        fprintf(m->out, " %s k%u", WORD(m, "for", "适用"), choose(m->c, 3));
}

static void put_cap(struct maker *m, bool per_units) {
    fprintf(m->out, "    %s ", WORD(m, "cap", "封顶"));
    const struct field *f;
    if (per_units) {
        fprintf(m->out, "units %s ", WORD(m, "at most", "最高"));
        if (chance(m->c, 30))
            fputs("(if kind is k0 then 5 else 12)", m->out);
        else
            fputs("7", m->out);
    } else if (chance(m->c, 20))
        fprintf(m->out, "%u %s", 1 + choose(m->c, 3), WORD(m, "claims", "项申请"));
    else if (chance(m->c, 15) && (f = pick(m, MONEY)))
        put_field(m, f);
    else
        put_money(m, true);
    put_keys(m, true);
    if (chance(m->c, 25)) {
        fprintf(m->out, " %s ", WORD(m, "when", "当"));
        put_condition(m, 1);
    }
}

static void put_item(struct maker *m, unsigned index) {
    bool units = chance(m->c, 15);
    fprintf(m->out, "  %s i%u", WORD(m, "item", "事项"), index);
    put_kinds(m);
    fputs(" {\n", m->out);
    for (unsigned n = choose(m->c, 3); n > 0; n--) {
        fprintf(m->out, "    %s ", WORD(m, "require", "要求"));
        put_condition(m, 2);
        fputs("\n", m->out);
    }
    fprintf(m->out, "    %s ", WORD(m, "award", "奖励"));
    if (units)
        fputs("200元 for each units", m->out);
    else
        put_money_expr(m, 3);
    fputs("\n", m->out);
    for (unsigned n = choose(m->c, 3); n > 0; n--) {
        fputs(WORD(m, "    once", "    不重复"), m->out);
        put_keys(m, false);
        fputs(chance(m->c, 15) ? " except same year\n" : "\n", m->out);
    }
    if (chance(m->c, 25)) {
        fputs("    ladder", m->out);
        put_keys(m, false);
        fputs("\n", m->out);
    }
    const struct field *f = chance(m->c, 20) ? pick(m, MONEY) : NULL;
    if (f)
        fprintf(m->out, "    %s %s\n", WORD(m, "less", "扣除"), f->name);
    if (units) {
        put_cap(m, true);
        fputs("\n", m->out);
    }
    for (unsigned n = choose(m->c, 3); n > 0; n--) {
        put_cap(m, false);
        fputs("\n", m->out);
    }
    fputs("  }\n", m->out);
}

static void put_schema_field(struct maker *m, const struct field *f) {
    fprintf(m->out, "    %s: ", f->name);
    if (f->kind == ENUM) {
        fputs("enum { ", m->out);
        for (unsigned v = 0; v < f->values; v++)
            fprintf(m->out, "%s%s%u", v ? ", " : "", strcmp(f->name, "kind") ? "v" : "k", v);
        fputs(" }", m->out);
    } else
        fputs(WORD(m, type_name[f->kind], type_name_zh[f->kind]), m->out);
    if (f->kind == MONEY)
        fputs(chance(m->c, 50) ? " range 0元 to 1亿元" : " range 0元 to 1000万元", m->out);
    if (f->kind == COUNT)
        fputs(chance(m->c, 50) ? " range 0 to 10000" : " range 0 to 100", m->out);
    if (f->has_default)
        fputs(f->kind == MONEY ? " default 0元" : f->kind == BOOL ? " default no" : "", m->out);
    fputs("\n", m->out);
}

static void add_field(struct maker *m, enum kind kind, bool profile, const char *name) {
    struct field *f = &m->field[m->fields];
    *f = (struct field){.kind = kind, .profile = profile};
    if (name)
        snprintf(f->name, sizeof f->name, "%s", name);
    else
        snprintf(f->name, sizeof f->name, chance(m->c, 20) ? "字段%u" : "f%u", m->fields);
    f->values = kind == ENUM ? 2 + choose(m->c, 3) : 0;
    f->has_default = !profile && (kind == MONEY || kind == BOOL) && chance(m->c, 25);
    m->fields++;
}

static void put_schema(struct maker *m) {
    for (unsigned n = choose(m->c, 4); n > 0; n--)
        add_field(m, (enum kind)choose(m->c, KINDS), true, NULL);
    unsigned profiles = m->fields;
    add_field(m, COUNT, false, "units");
    add_field(m, MONEY, false, NULL);
    add_field(m, BOOL, false, NULL);
    for (unsigned n = choose(m->c, 7); n > 0; n--)
        add_field(m, (enum kind)choose(m->c, KINDS), false, NULL);
    fputs("applicant {\n    kind: enum { k0, k1, k2 }\n", m->out);
    for (unsigned i = 0; i < profiles; i++)
        put_schema_field(m, &m->field[i]);
    fputs("}\nclaim {\n", m->out);
    for (unsigned i = profiles; i < m->fields; i++)
        put_schema_field(m, &m->field[i]);
    fputs("}\n", m->out);
}

static void put_exclusions(struct maker *m) {
    for (unsigned n = choose(m->c, 3); n > 0; n--) {
        m->profile_only = chance(m->c, 50);
        fprintf(m->out, "  exclude x%u when ", n);
        put_condition(m, 0);
        fputs(" and ", m->out);
        put_condition(m, 0);
        fputs("\n", m->out);
        m->profile_only = false;
    }
}

static void put_limit(struct maker *m) {
    m->profile_only = true;
    if (chance(m->c, 40)) {
        const struct field *f = pick(m, MONEY);
        fprintf(m->out, "  %s pot: ", WORD(m, "limit", "限额"));
        if (f)
            put_field(m, f);
        else
            put_money(m, false);
        fputs(" per applicant, year", m->out);
        put_kinds(m);
        if (m->items > 1 && chance(m->c, 30))
            fputs(" except i1", m->out);
        if (chance(m->c, 80))
            fprintf(m->out, " %s %u years", WORD(m, "carry", "结转"), choose(m->c, 4));
        fputs("\n", m->out);
    }
    m->profile_only = false;
}

static void put_policy(struct maker *m) {
    m->zh = chance(m->c, 30);
    m->items = 1 + choose(m->c, ITEMS);
    fputs("policy random \"随机\" {\n", m->out);
    if (chance(m->c, 60)) {
        fputs("    effective from 2021-03-01", m->out);
        if (chance(m->c, 50))
            fputs(chance(m->c, 50) ? " to 2023-06-30" : " lasting 2 years", m->out);
        fputs("\n", m->out);
    }
    fputs("}\n", m->out);
    put_schema(m);
    fputs("clause 1 \"甲\" {\n", m->out);
    put_exclusions(m);
    if (chance(m->c, 30)) {
        fputs("  require ", m->out);
        put_condition(m, 1);
        put_kinds(m);
        fputs("\n", m->out);
    }
    put_limit(m);
    const struct field *f = chance(m->c, 25) ? pick(m, MONEY) : NULL;
    if (f)
        fprintf(m->out, "  less %s\n", f->name);
    for (unsigned i = 0; i < m->items; i++)
        put_item(m, i);
    if (chance(m->c, 25)) {
        put_cap(m, false);
        put_over(m);
        fputs("\n", m->out);
    }
    if (chance(m->c, 15)) {
        fputs("  ladder", m->out);
        put_keys(m, false);
        put_over(m);
        fputs("\n", m->out);
    }
    fputs("}\n", m->out);
}

/* ---- ledgers ---------------------------------------------------------------------------------------------------- */

static const char *const bad_cell[] = {"",           "abc",  "-1", "1,5",  "1.005", "1e3",
                                       "2023-02-29", "TRUE", "k9", "\xff", "９",    "99999999999999999999",
                                       "\"\"",       "5.",   ".5", "+1",   "真",    "  "};

static void put_cell_value(struct maker *m, FILE *out, const struct field *f) {
    static const char *const date[] = {"2022-01-01", "2021-12-31", "2021-06-30",
                                       "2023-03-01", "2024-02-29", "2026-02-28"};
    static const char *const yes_no[] = {"true", "false", "1", "0", "是", "否"};
    static const char *const rate[] = {"0.5", "0", "1", "0.0435", "0.333333", "0.2"};
    long v;
    switch (f->kind) {
    case MONEY:
        v = m->moneys && chance(m->c, 70) ? m->money[choose(m->c, m->moneys)] + (long)choose(m->c, 3) - 1
                                          : (long)choose(m->c, 3000000);
        v = v < 0 ? 0 : v > 1000000000 ? 1000000000 : v;
        fprintf(out, "%ld.%02ld", v / 100, v % 100);
        return;
    case RATE:
        fputs(rate[choose(m->c, 6)], out);
        return;
    case COUNT:
    case YEARS:
    case DAYS:
        v = m->numbers && chance(m->c, 70) ? m->number[choose(m->c, m->numbers)] + (long)choose(m->c, 3) - 1
                                           : (long)choose(m->c, 30);
        fprintf(out, "%ld", v < 0 ? 0 : v);
        return;
    case DATE:
        fputs(date[choose(m->c, 6)], out);
        return;
    case BOOL:
        fputs(yes_no[choose(m->c, 6)], out);
        return;
    case ENUM:
        fprintf(out, "v%u", choose(m->c, f->values));
        return;
    case TEXT:
        fprintf(out, "K%u", choose(m->c, 4));
        return;
    case KINDS:
        return;
    }
}

static void put_cell(struct maker *m, FILE *out, const struct field *f) {
    if (chance(m->c, 2))
        fputs(bad_cell[choose(m->c, sizeof bad_cell / sizeof *bad_cell)], out);
    else
        put_cell_value(m, out, f);
}

static void put_applicants(struct maker *m, FILE *out, unsigned applicants) {
    fputs("applicant_id,year,kind", out);
    for (unsigned i = 0; i < m->fields; i++)
        if (m->field[i].profile)
            fprintf(out, ",%s", m->field[i].name);
    fputs("\n", out);
    for (unsigned a = 0; a < applicants; a++) {
        for (unsigned year = 2020; year <= 2026; year++) {
            if (chance(m->c, 8))
                continue;
            fprintf(out, "A%u,%u,k%u", a, year, choose(m->c, 3));
            for (unsigned i = 0; i < m->fields; i++) {
                if (!m->field[i].profile)
                    continue;
                fputs(",", out);
                put_cell(m, out, &m->field[i]);
            }
            fputs("\n", out);
        }
    }
}

static void put_claims(struct maker *m, FILE *out, unsigned applicants) {
    unsigned rows = 1 + choose(m->c, 60);
    fputs("claim_id,applicant_id,item,date,object_id,paid", out);
    for (unsigned i = 0; i < m->fields; i++)
        if (!m->field[i].profile)
            fprintf(out, ",%s", m->field[i].name);
    fputs("\n", out);
    for (unsigned r = 0; r < rows; r++) {
        unsigned day = choose(m->c, 28) + 1, month = 1 + choose(m->c, 12), year = 2021 + choose(m->c, 4);
        fprintf(out, "C%u,A%u,i%u,", chance(m->c, 3) ? choose(m->c, r + 1) : (r * 37) % 101, choose(m->c, applicants),
                choose(m->c, m->items));
        if (chance(m->c, 2))
            fputs(bad_cell[choose(m->c, sizeof bad_cell / sizeof *bad_cell)], out);
        else
            fprintf(out, "%04u-%02u-%02u", year, month, chance(m->c, 30) ? 1 : day);
        fprintf(out, ",O%u,", choose(m->c, 6));
        if (chance(m->c, 60))
            fprintf(out, "%u", choose(m->c, 100000));
        for (unsigned i = 0; i < m->fields; i++) {
            if (m->field[i].profile)
                continue;
            fputs(",", out);
            put_cell(m, out, &m->field[i]);
        }
        fputs("\n", out);
    }
}

void random_case(struct choices *c, FILE *policy, FILE *claims, FILE *applicants) {
    struct maker m = {.c = c, .out = policy};
    put_policy(&m);
    unsigned people = 1 + choose(c, 4);
    put_applicants(&m, applicants, people);
    put_claims(&m, claims, people);
}
