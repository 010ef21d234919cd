/* Expressions, values and keys in words: the language's own forms with the keywords of one language, amounts in one
 * spelling, and fields by their labels in Chinese. */
#include <stdlib.h>

#include "diff/diff_int.h"

const char *diff_say(const struct comparison *c, const char *english, const char *chinese) {
    return c->language == DIFF_CHINESE ? chinese : english;
}

static bool is_ascii(struct text t) {
    for (size_t i = 0; i < t.size; i++)
        if ((unsigned char)t.data[i] >= 0x80)
            return false;
    return t.size > 0;
}

struct text diff_name(const struct comparison *c, struct text name, struct text column, struct text label) {
    bool chinese = c->language == DIFF_CHINESE;
    if (c->plain)
        return name;
    if (is_ascii(name) != chinese)
        return name;
    if (chinese)
        return label.size ? label : !is_ascii(column) && column.size ? column : name;
    return is_ascii(column) ? column : name;
}

struct text diff_field_name(const struct comparison *c, const struct model_field *f) {
    static const char *const claim[] = {"申请编号", "申请人编号", "事项", "日期", "对象编号", "已付"};
    if (f->builtin && c->language == DIFF_CHINESE && !c->plain)
        return f->of_profile ? text_of(f->index == POL_PROFILE_YEAR ? "年度" : "申请人编号") : text_of(claim[f->index]);
    return f->builtin ? f->name : diff_name(c, f->name, f->column, f->label);
}

struct text diff_item_name(const struct comparison *c, const struct model_item *i) {
    return diff_name(c, i->name, i->column, i->label);
}

struct text diff_quoted(const struct comparison *c, struct text t) {
    return text_format(c->arena, "“%.*s”", TEXT_ARG(t));
}

/* ---- amounts ------------------------------------------------------------------------------------------------------
 */

/* num / den with as many decimals as it needs, at most six; false where that is not exact. */
static bool put_decimal(struct text_buffer *out, ast_int num, ast_int den) {
    ast_int whole = num / den, rest = num % den;
    char digits[8];
    int n = 0;
    while (rest && n < 6) {
        rest *= 10;
        digits[n++] = (char)('0' + (int)(rest / den));
        rest %= den;
    }
    if (rest || whole > INT64_MAX)
        return false;
    text_addf(out, "%lld%s", (long long)whole, n ? "." : "");
    text_add(out, (struct text){digits, (size_t)n});
    return true;
}

/* 30万元, 1.5亿元, 2500元: the largest unit that needs no more than two decimals. */
struct text diff_money(struct arena *arena, ast_int num, int64_t den) {
    static const struct {
        int64_t size;
        const char *name;
    } units[] = {{100000000, "亿元"}, {10000, "万元"}, {1, "元"}};
    struct text_buffer out = {.arena = arena};
    bool negative = num < 0;
    num = negative ? -num : num;
    if (negative)
        text_add(&out, TEXT("-"));
    for (int i = 0; i < 3; i++) {
        ast_int unit = (ast_int)den * units[i].size;
        if (i < 2 && (num < unit || num % (unit / 100 ? unit / 100 : 1)))
            continue;
        if (!put_decimal(&out, num, unit))
            text_addf(&out, "%lld/%lld", (long long)num, (long long)den);
        text_add(&out, text_of(units[i].name));
        break;
    }
    return text_of_buffer(&out);
}

static void put_date(struct text_buffer *out, int64_t day) {
    int64_t shifted = day + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t of_era = shifted - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    int64_t d = of_year - (153 * month + 2) / 5 + 1, m = month < 10 ? month + 3 : month - 9;
    text_addf(out, "%04lld-%02d-%02d", (long long)(year + era * 400 + (m <= 2)), (int)m, (int)d);
}

struct text diff_value(const struct comparison *c, const struct type *type, int64_t value) {
    struct text_buffer out = {.arena = c->arena};
    const struct model_enum *en = type->enum_decl;
    switch (type->kind) {
    case TYPE_MONEY:
        return diff_money(c->arena, value, 100);
    case TYPE_RATE:
        put_decimal(&out, value, 10000);
        text_add(&out, TEXT("%"));
        break;
    case TYPE_YEARS:
    case TYPE_DAYS:
        text_addf(&out, "%lld%s", (long long)value,
                  type->kind == TYPE_YEARS ? diff_say(c, " years", "年") : diff_say(c, " days", "天"));
        break;
    case TYPE_DATE:
        put_date(&out, value);
        break;
    case TYPE_BOOL:
        return text_of(value ? diff_say(c, "yes", "是") : diff_say(c, "no", "否"));
    case TYPE_ENUM:
        if (en && value >= 0 && value < (int64_t)en->count)
            return diff_name(c, en->value[value].name, en->value[value].column, en->value[value].label);
        break;
    case TYPE_NUMBER:
    case TYPE_COUNT:
    case TYPE_TEXT:
    case TYPE_ERROR:
    case TYPE_MISSING:
        text_addf(&out, "%lld", (long long)value);
        break;
    }
    return text_of_buffer(&out);
}

struct text diff_type_name(const struct comparison *c, const struct type *type) {
    static const char *const chinese[TYPE_KIND_COUNT] = {
        [TYPE_MONEY] = "金额", [TYPE_RATE] = "比率", [TYPE_COUNT] = "数量", [TYPE_YEARS] = "年数", [TYPE_DAYS] = "天数",
        [TYPE_DATE] = "日期",  [TYPE_BOOL] = "是否", [TYPE_ENUM] = "枚举",  [TYPE_TEXT] = "文本"};
    if (c->language == DIFF_CHINESE && chinese[type->kind])
        return text_of(chinese[type->kind]);
    return type->kind == TYPE_ENUM ? TEXT("enum") : type->name;
}

/* ---- expressions --------------------------------------------------------------------------------------------------
 */

enum level {
    LEVEL_BOUND,
    LEVEL_IF,
    LEVEL_OR,
    LEVEL_AND,
    LEVEL_NOT,
    LEVEL_COMPARE,
    LEVEL_SUM,
    LEVEL_PRODUCT,
    LEVEL_PRIMARY
};

struct printer {
    const struct comparison *c;
    struct text_buffer *out;
};

static void put_expr(const struct printer *p, const struct ast_expr *e, enum level least);

static void put(const struct printer *p, const char *english, const char *chinese) {
    text_add(p->out, text_of(diff_say(p->c, english, chinese)));
}

static void put_number(const struct printer *p, const struct ast_expr *e) {
    ast_int num = e->u.number.num;
    int64_t den = e->u.number.den;
    switch (e->u.number.unit) {
    case AST_UNIT_YUAN:
    case AST_UNIT_FEN:
        text_add(p->out, diff_money(p->c->arena, num, den));
        return;
    case AST_UNIT_PERCENT:
    case AST_UNIT_NONE:
    case AST_UNIT_COUNT:
    case AST_UNIT_YEARS:
    case AST_UNIT_DAYS:
        break;
    }
    if (!put_decimal(p->out, num, den)) {
        text_add(p->out, e->u.number.digits);
        text_add(p->out, e->u.number.unit_text);
        return;
    }
    if (e->u.number.unit == AST_UNIT_PERCENT)
        text_add(p->out, TEXT("%"));
    if (e->u.number.unit == AST_UNIT_YEARS)
        put(p, " years", "年");
    if (e->u.number.unit == AST_UNIT_DAYS)
        put(p, " days", "天");
    if (e->u.number.unit != AST_UNIT_COUNT)
        return;
    struct text unit = e->u.number.unit_text; /* with the scale before it: 1万件 */
    static const char *const scales[] = {"万", "亿", "萬", "億"};
    for (int i = 0; i < 4; i++)
        if (unit.size >= 3 && text_equal((struct text){unit.data, 3}, text_of(scales[i])))
            unit = (struct text){unit.data + 3, unit.size - 3};
    text_add(p->out, unit);
}

static void put_list(const struct printer *p, const struct ast_expr *e) {
    for (const struct ast_expr *x = e; x; x = x->next) {
        put_expr(p, x, LEVEL_BOUND);
        if (x->next)
            put(p, ", ", "，");
    }
}

static const struct ast_stmt *define_among(const struct ast_stmt *list, const struct model_define *d) {
    for (const struct ast_stmt *s = list; s; s = s->next)
        if (s->kind == AST_DEFINE && s->expr == d->expr)
            return s;
    return NULL;
}

/* Definitions are few; their statement, which has the label, is looked for in both versions. */
static struct text define_label(const struct comparison *c, const struct model_define *d) {
    const struct model *both[] = {c->after.model, c->before.model};
    for (int i = 0; i < 2; i++) {
        const struct ast_stmt *s = define_among(both[i]->ast->statements, d);
        for (const struct model_clause *k = both[i]->clauses; k && !s; k = k->next)
            s = define_among(k->ast->body, d);
        if (s)
            return s->label ? s->label->text : (struct text){0};
    }
    return (struct text){0};
}

static void put_name(const struct printer *p, const struct ast_expr *e) {
    const struct decl *d = e->decl;
    bool of_applicant = e->kind == AST_MEMBER && e->u.member.owner == AST_OF_APPLICANT;
    struct text written = e->kind == AST_MEMBER ? e->u.member.name.text : e->u.name;
    if (of_applicant)
        put(p, "applicant.", "申请人.");
    if (!d) {
        text_add(p->out, written);
        return;
    }
    switch (d->kind) {
    case DECL_FIELD:
        text_add(p->out, diff_field_name(p->c, d->u.field));
        return;
    case DECL_PARAM:
        text_add(p->out, diff_name(p->c, d->u.param->name, d->u.param->column, d->u.param->label));
        return;
    case DECL_ENUM_VALUE:
        text_add(p->out, diff_name(p->c, d->u.enum_value->name, d->u.enum_value->column, d->u.enum_value->label));
        return;
    case DECL_YEAR:
        put(p, "year", "年度");
        return;
    case DECL_DEFINE:
        if (p->c->written_out)
            put_expr(p, d->u.define->expr, LEVEL_PRIMARY);
        else
            text_add(p->out, diff_name(p->c, written, (struct text){0}, define_label(p->c, d->u.define)));
        return;
    case DECL_FUNCTION:
        text_add(p->out, written);
        return;
    }
}

static const struct {
    const char *english, *chinese;
    enum level level;
} op_words[] = {
    [AST_ADD] = {" + ", " + ", LEVEL_SUM},
    [AST_SUB] = {" - ", " - ", LEVEL_SUM},
    [AST_MUL] = {" * ", " × ", LEVEL_PRODUCT},
    [AST_DIV] = {" / ", " ÷ ", LEVEL_PRODUCT},
    [AST_OF] = {" of ", " 的 ", LEVEL_PRODUCT},
    [AST_FOR_EACH] = {" for each ", " 乘以 ", LEVEL_PRODUCT},
    [AST_EQ] = {" is ", " 为 ", LEVEL_COMPARE},
    [AST_NE] = {" is not ", " 不为 ", LEVEL_COMPARE},
    [AST_LT] = {" < ", " 少于 ", LEVEL_COMPARE},
    [AST_LE] = {" <= ", " 不超过 ", LEVEL_COMPARE},
    [AST_GT] = {" > ", " 超过 ", LEVEL_COMPARE},
    [AST_GE] = {" >= ", " 不少于 ", LEVEL_COMPARE},
    [AST_AND] = {" and ", " 且 ", LEVEL_AND},
    [AST_OR] = {" or ", " 或 ", LEVEL_OR},
    [AST_AT_MOST] = {" at most ", " 最高 ", LEVEL_BOUND},
    [AST_UP_TO] = {" up to ", " 至多 ", LEVEL_BOUND},
    [AST_AT_LEAST] = {" at least ", " 最低 ", LEVEL_BOUND},
};

static enum level level_of(const struct ast_expr *e) {
    switch (e->kind) {
    case AST_BINARY:
        return op_words[e->u.binary.op].level;
    case AST_IF:
        return LEVEL_IF;
    case AST_NOT:
        return LEVEL_NOT;
    case AST_IN:
        return LEVEL_COMPARE;
    case AST_NEGATE:
        return LEVEL_PRODUCT;
    case AST_NUMBER:
    case AST_RATIO:
    case AST_DATE:
    case AST_BOOL:
    case AST_STRING:
    case AST_NAME:
    case AST_MEMBER:
    case AST_CALL:
    case AST_BY:
    case AST_TIER:
    case AST_MISSING:
    case AST_ERROR:
        break;
    }
    return LEVEL_PRIMARY;
}

static void put_binary(const struct printer *p, const struct ast_expr *e) {
    enum ast_op op = e->u.binary.op;
    enum level level = op_words[op].level, next = (enum level)(level + 1);
    const struct ast_expr *left = e->u.binary.left, *right = e->u.binary.right;
    if (op == AST_OF && p->c->language == DIFF_CHINESE) { /* `50% of cost` is `费用 的 50%` */
        left = right;
        right = e->u.binary.left;
    }
    put_expr(p, left, level);
    put(p, op_words[op].english, op_words[op].chinese);
    put_expr(p, right, next);
}

static void put_by(const struct printer *p, const struct ast_expr *e) {
    put(p, "by ", "按 ");
    put_expr(p, e->u.by.value, LEVEL_PRIMARY);
    put(p, " { ", " { ");
    for (const struct ast_case *k = e->u.by.cases; k; k = k->next) {
        if (k->keys)
            put_list(p, k->keys);
        else
            put(p, "else", "否则");
        put(p, ": ", "：");
        put_expr(p, k->value, LEVEL_BOUND);
        if (k->next)
            put(p, ", ", "，");
    }
    put(p, " }", " }");
}

static const char *bound_word(const struct printer *p, enum ast_bound bound) {
    switch (bound) {
    case AST_BOUND_FROM:
        return diff_say(p->c, "from ", "从 ");
    case AST_BOUND_ABOVE:
        return diff_say(p->c, "above ", "高于 ");
    case AST_BOUND_TO:
        return diff_say(p->c, "to ", "至 ");
    case AST_BOUND_BELOW:
        return diff_say(p->c, "below ", "低于 ");
    case AST_BOUND_NONE:
        break;
    }
    return "";
}

static void put_row(const struct printer *p, const struct ast_row *r) {
    if (r->lower == AST_BOUND_NONE && r->upper == AST_BOUND_NONE)
        put(p, "else", "否则");
    if (r->lower != AST_BOUND_NONE) {
        text_add(p->out, text_of(bound_word(p, r->lower)));
        put_expr(p, r->lower_value, LEVEL_BOUND);
    }
    if (r->upper != AST_BOUND_NONE) {
        text_add(p->out, text_of(r->lower != AST_BOUND_NONE ? " " : ""));
        text_add(p->out, text_of(bound_word(p, r->upper)));
        put_expr(p, r->upper_value, LEVEL_BOUND);
    }
    put(p, ": ", "：");
    put_expr(p, r->value, LEVEL_BOUND);
    if (!r->full)
        return;
    put(p, ", each full ", "，每满 ");
    put_expr(p, r->full, LEVEL_BOUND);
    put(p, " adds ", " 增加 ");
    put_expr(p, r->adds, LEVEL_BOUND);
}

static void put_tier(const struct printer *p, const struct ast_expr *e) {
    put(p, "tier ", "分档 ");
    put_expr(p, e->u.tier.value, LEVEL_PRIMARY);
    put(p, " { ", " { ");
    for (const struct ast_row *r = e->u.tier.rows; r; r = r->next) {
        put_row(p, r);
        if (r->next)
            put(p, ", ", "，");
    }
    put(p, " }", " }");
}

static void put_call(const struct printer *p, const struct ast_expr *e) {
    static const char *const words[][2] = {
        [FUNCTION_MIN] = {"min", "最小"},
        [FUNCTION_MAX] = {"max", "最大"},
        [FUNCTION_FLOOR] = {"floor", "取整"},
        [FUNCTION_CEIL] = {"ceil", "进整"},
        [FUNCTION_ROUND] = {"round", "四舍五入"},
        [FUNCTION_FULL] = {"full", "满数"},
        [FUNCTION_HOW_MANY] = {"how_many", "几项"},
        [FUNCTION_SHARE] = {"share", "份额"},
        [FUNCTION_YEAR_OF] = {"year_of", "年份"},
        [FUNCTION_YEARS_AFTER] = {"years_after", "若干年后"},
        [FUNCTION_DAYS_BETWEEN] = {"days_between", "相隔天数"},
    };
    const struct decl *d = e->decl;
    put(p, words[d->u.function][0], words[d->u.function][1]);
    put(p, "(", "(");
    put_list(p, e->u.call.args);
    put(p, ")", ")");
}

static void put_node(const struct printer *p, const struct ast_expr *e) {
    switch (e->kind) {
    case AST_NUMBER:
        put_number(p, e);
        return;
    case AST_RATIO:
        text_addf(p->out, "%lld:%lld", (long long)e->u.ratio.left, (long long)e->u.ratio.right);
        return;
    case AST_DATE:
        text_addf(p->out, "%04d-%02d-%02d", e->u.date.year, e->u.date.month, e->u.date.day);
        return;
    case AST_BOOL:
        put(p, e->u.boolean ? "yes" : "no", e->u.boolean ? "是" : "否");
        return;
    case AST_STRING:
        text_addf(p->out, "“%.*s”", TEXT_ARG(e->u.string));
        return;
    case AST_NAME:
    case AST_MEMBER:
        put_name(p, e);
        return;
    case AST_NOT:
        put(p, "not ", "非 ");
        put_expr(p, e->u.operand, LEVEL_NOT);
        return;
    case AST_NEGATE:
        put(p, "-", "-");
        put_expr(p, e->u.operand, LEVEL_PRIMARY);
        return;
    case AST_BINARY:
        put_binary(p, e);
        return;
    case AST_IN:
        put_expr(p, e->u.in.value, LEVEL_SUM);
        put(p, e->u.in.negated ? " not in (" : " in (", e->u.in.negated ? " 不属于 (" : " 属于 (");
        put_list(p, e->u.in.list);
        put(p, ")", ")");
        return;
    case AST_CALL:
        put_call(p, e);
        return;
    case AST_IF:
        put(p, "if ", "若 ");
        put_expr(p, e->u.cond.condition, LEVEL_OR);
        put(p, " then ", " 则 ");
        put_expr(p, e->u.cond.then, LEVEL_IF);
        put(p, " else ", " 否则 ");
        put_expr(p, e->u.cond.otherwise, LEVEL_IF);
        return;
    case AST_BY:
        put_by(p, e);
        return;
    case AST_TIER:
        put_tier(p, e);
        return;
    case AST_MISSING:
    case AST_ERROR:
        put(p, "missing", "缺");
        return;
    }
}

static void put_expr(const struct printer *p, const struct ast_expr *e, enum level least) {
    bool wrap = level_of(e) < least;
    if (wrap)
        put(p, "(", "(");
    put_node(p, e);
    if (wrap)
        put(p, ")", ")");
}

struct text diff_expr(const struct comparison *c, const struct ast_expr *e) {
    struct text_buffer out = {.arena = c->arena};
    struct printer p = {c, &out};
    if (e)
        put_expr(&p, e, LEVEL_BOUND);
    return text_of_buffer(&out);
}

bool diff_is_either(const struct ast_expr *e, bool negated) {
    return !negated && level_of(e) <= LEVEL_OR;
}

struct text diff_expr_negated(const struct comparison *c, const struct ast_expr *e) {
    struct text_buffer out = {.arena = c->arena};
    struct printer p = {c, &out};
    put(&p, "not ", "非 ");
    put_expr(&p, e, LEVEL_NOT);
    return text_of_buffer(&out);
}

/* ---- keys, kinds, clauses -----------------------------------------------------------------------------------------
 */

static struct text key_name(const struct comparison *c, const struct model_key *k) {
    switch (k->kind) {
    case POL_KEY_APPLICANT:
        return text_of(diff_say(c, "applicant", "申请人"));
    case POL_KEY_YEAR:
        return text_of(diff_say(c, "year", "年"));
    case POL_KEY_ITEM:
        return text_of(diff_say(c, "item", "事项"));
    case POL_KEY_CLAIM_FIELD:
    case POL_KEY_PROFILE_FIELD:
        break;
    }
    return k->field ? diff_field_name(c, k->field) : (struct text){0};
}

static int by_kind(const void *a, const void *b) {
    const struct model_key *x = *(const struct model_key *const *)a, *y = *(const struct model_key *const *)b;
    if (x->kind == y->kind || (x->kind >= POL_KEY_CLAIM_FIELD && y->kind >= POL_KEY_CLAIM_FIELD))
        return (x->field && y->field) ? (x->field->index > y->field->index) - (x->field->index < y->field->index) : 0;
    bool x_last = x->kind == POL_KEY_YEAR, y_last = y->kind == POL_KEY_YEAR; /* "per applicant and year" */
    return x_last != y_last ? (x_last ? 1 : -1) : x->kind < y->kind ? -1 : 1;
}

struct text diff_keys(const struct comparison *c, const struct model_cell *cell) {
    struct text_buffer out = {.arena = c->arena};
    if (!cell->key_count)
        return text_of(diff_say(c, "in total", "累计"));
    const struct model_key **key = arena_array_of(c->arena, const struct model_key *, cell->key_count);
    for (uint32_t i = 0; i < cell->key_count; i++)
        key[i] = &cell->key[i];
    qsort(key, cell->key_count, sizeof *key, by_kind);
    for (uint32_t i = 0; i < cell->key_count; i++) {
        if (i == 0 || c->language == DIFF_CHINESE)
            text_add(&out, text_of(diff_say(c, "per ", "每")));
        else
            text_add(&out, text_of(i + 1 < cell->key_count ? ", " : " and "));
        text_add(&out, key_name(c, key[i]));
    }
    return text_of_buffer(&out);
}

struct text diff_kinds(const struct comparison *c, const struct model_kinds *kinds) {
    if (!kinds->field)
        return text_of(diff_say(c, "anybody", "所有"));
    struct text_buffer out = {.arena = c->arena};
    const struct model_enum *en = kinds->field->enumeration;
    for (uint32_t i = 0; i < en->count; i++) {
        if (!kinds->allowed[i])
            continue;
        if (out.size)
            text_add(&out, text_of(diff_say(c, ", ", "，")));
        text_add(&out, diff_name(c, en->value[i].name, en->value[i].column, en->value[i].label));
    }
    return out.size ? text_of_buffer(&out) : text_of(diff_say(c, "nobody", "无"));
}

struct text diff_clause_mark(const struct comparison *c, const struct model_clause *clause) {
    struct text n = clause->number;
    bool digits = n.size > 0;
    for (size_t i = 0; i < n.size; i++)
        digits &= n.data[i] >= '0' && n.data[i] <= '9';
    if (digits)
        return text_format(c->arena, diff_say(c, "§%.*s", "第%.*s条"), TEXT_ARG(n));
    struct text first = {n.data, n.size < 3 ? n.size : 3}; /* of three bytes, as all of these are */
    if (text_equal(first, TEXT("（")) || text_equal(first, TEXT("第")))
        return c->language == DIFF_CHINESE ? n : text_format(c->arena, "§%.*s", TEXT_ARG(n));
    return diff_quoted(c, n);
}
