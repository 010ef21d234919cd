/* scan_number.c - numbers with scale and unit, ratios, dates.
 *
 * The pattern of the scanner matches the digits; what follows is looked at here, at most some dozens of bytes ahead.
 */
#include <string.h>

#include "policy.tab.h"
#include "scan_text.h"
#include "tr.h"

enum {
    AHEAD = 64,          /* bytes of a word looked at behind a number */
    DECIMALS_LIMIT = 18, /* so that the denominator fits 64 bits */
};

/* A place in the text that moves on. */
struct reader {
    const struct scan *scan;
    size_t at;
};

static uint32_t peek(const struct reader *r, size_t *size) {
    return text_decode(scan_rest(r->scan, r->at), size);
}

static bool take(struct reader *r, uint32_t a, uint32_t b) {
    size_t size;
    uint32_t c = peek(r, &size);
    if (size == 0 || (c != a && c != b))
        return false;
    r->at += size;
    return true;
}

static void take_blanks(struct reader *r) {
    size_t size;
    for (int i = 0; i < 16 && (size = scan_blank_size(scan_rest(r->scan, r->at))) > 0; i++)
        r->at += size;
}

/* Reads digits; returns how many, at most `most`; their value only where that is small. */
static size_t take_digits(struct reader *r, size_t most, uint32_t *value) {
    size_t count = 0, size;
    *value = 0;
    for (uint32_t c; count < most && scan_is_digit(c = peek(r, &size)) && size > 0; count++) {
        if (*value < 100000000)
            *value = *value * 10 + (c >= 0xff10 ? c - 0xff10 : c - '0');
        r->at += size;
    }
    return count;
}

/* ---- dates ------------------------------------------------------------------------------------------------------ */

/* 2021-01-01 */
static struct ast_expr *date_iso(struct scan *s, size_t at, size_t *size) {
    struct reader r = {s, at};
    uint32_t year, month, day;
    if (take_digits(&r, 5, &year) != 4 || !take(&r, '-', 0xff0d))
        return NULL;
    size_t digits = take_digits(&r, 3, &month);
    if (digits == 0 || digits > 2 || !take(&r, '-', 0xff0d) || take_digits(&r, SIZE_MAX, &day) == 0)
        return NULL;
    *size = r.at - at;
    return ast_date(&s->parse->build, scan_span(s, at, *size), year, month, day);
}

/* 2021年1月1日 */
static struct ast_expr *date_chinese(struct scan *s, size_t at, size_t *size) {
    enum { YEAR = 0x5e74, MONTH = 0x6708, DAY = 0x65e5 };
    struct reader r = {s, at};
    uint32_t year, month, day;
    if (take_digits(&r, 5, &year) != 4)
        return NULL;
    take_blanks(&r);
    if (!take(&r, YEAR, YEAR))
        return NULL;
    take_blanks(&r);
    if (take_digits(&r, 3, &month) == 0)
        return NULL;
    take_blanks(&r);
    if (!take(&r, MONTH, MONTH))
        return NULL;
    size_t end_of_month = r.at;
    take_blanks(&r);
    size_t digits = take_digits(&r, 3, &day);
    take_blanks(&r);
    struct ast_builder *b = &s->parse->build;
    if (digits == 0 || !take(&r, DAY, DAY)) {
        *size = end_of_month - at;
        struct span span = scan_span(s, at, *size);
        struct diag *d = diag_add(s->parse->diags, DIAG_DATE_FORM, span, "this date has no day");
        diag_help(s->parse->diags, d, "a date is written 2021-03-31 or 2021年3月31日");
        return ast_error(b, span);
    }
    *size = r.at - at;
    return ast_date(b, scan_span(s, at, *size), year, month, day);
}

/* ---- units ------------------------------------------------------------------------------------------------------ */

static const struct {
    const char *spelling;
    enum ast_unit unit;
} units[] = {
    /* a spelling that begins with another one stands before it */
    {"元", AST_UNIT_YUAN},      {"yuan", AST_UNIT_YUAN},    {"分", AST_UNIT_FEN},     {"fen", AST_UNIT_FEN},
    {"个月", AST_UNIT_COUNT},   {"個月", AST_UNIT_COUNT},   {"人", AST_UNIT_COUNT},   {"户", AST_UNIT_COUNT},
    {"戶", AST_UNIT_COUNT},     {"台", AST_UNIT_COUNT},     {"套", AST_UNIT_COUNT},   {"辆", AST_UNIT_COUNT},
    {"輛", AST_UNIT_COUNT},     {"吨", AST_UNIT_COUNT},     {"噸", AST_UNIT_COUNT},   {"亩", AST_UNIT_COUNT},
    {"畝", AST_UNIT_COUNT},     {"平方米", AST_UNIT_COUNT}, {"度", AST_UNIT_COUNT},   {"千克", AST_UNIT_COUNT},
    {"千瓦时", AST_UNIT_COUNT}, {"千瓦時", AST_UNIT_COUNT}, {"千瓦", AST_UNIT_COUNT}, {"kWh", AST_UNIT_COUNT},
    {"kW", AST_UNIT_COUNT},     {"months", AST_UNIT_COUNT}, {"项次", AST_UNIT_COUNT}, {"項次", AST_UNIT_COUNT},
    {"件", AST_UNIT_COUNT},     {"项", AST_UNIT_COUNT},     {"項", AST_UNIT_COUNT},   {"家", AST_UNIT_COUNT},
    {"个", AST_UNIT_COUNT},     {"個", AST_UNIT_COUNT},     {"次", AST_UNIT_COUNT},   {"名", AST_UNIT_COUNT},
    {"年", AST_UNIT_YEARS},     {"years", AST_UNIT_YEARS},  {"year", AST_UNIT_YEARS}, {"天", AST_UNIT_DAYS},
    {"日", AST_UNIT_DAYS},      {"days", AST_UNIT_DAYS},    {"day", AST_UNIT_DAYS},   {"percent", AST_UNIT_PERCENT},
};

static bool begins_with(struct text t, struct text prefix) {
    return t.size >= prefix.size && memcmp(t.data, prefix.data, prefix.size) == 0;
}

static struct text behind(struct text t, size_t size) {
    return (struct text){t.data + size, t.size - size};
}

struct unit {
    size_t size;    /* bytes from the end of the digits, blanks included; 0 = none */
    size_t begin;   /* where the unit's own text begins, from the end of the digits */
    unsigned zeros; /* of the scale: 万 4, 亿 8 */
    enum ast_unit unit;
};

static struct text take_scale(struct text run, unsigned *zeros) {
    static const struct {
        const char *spelling;
        unsigned zeros;
    } scales[] = {{"万", 4}, {"萬", 4}, {"亿", 8}, {"億", 8}};
    *zeros = 0;
    for (size_t i = 0; i < sizeof scales / sizeof *scales && *zeros < 12; i++) /* 万亿 is read too */
        if (begins_with(run, text_of(scales[i].spelling))) {
            *zeros += scales[i].zeros;
            run = behind(run, strlen(scales[i].spelling));
        }
    return run;
}

/* What is left of the word behind a unit must be nothing, a keyword, or a keyword and a number. */
static bool may_follow_unit(const struct scan *s, struct text rest) {
    if (rest.size == 0)
        return true;
    const struct keyword_match *match = keywords_find(s->parse->keywords, rest);
    size_t size;
    return (match && match->keyword) || scan_keyword_before_digit(s, rest, &size);
}

/* The unit in a run of word characters; unit.size counts from the run's beginning. */
static struct unit unit_of_run(const struct scan *s, struct text run) {
    struct unit u = {0};
    struct text rest = take_scale(run, &u.zeros);
    size_t scale_size = run.size - rest.size;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct text spelling = text_of(units[i].spelling);
        if (!begins_with(rest, spelling))
            continue;
        struct text left = behind(rest, spelling.size);
        bool ascii = (unsigned char)*spelling.data < 0x80;
        if (ascii ? left.size == 0 : may_follow_unit(s, left)) {
            u.unit = units[i].unit;
            u.size = scale_size + spelling.size;
            return u;
        }
    }
    if (scale_size && may_follow_unit(s, rest))
        u.size = scale_size;
    return u;
}

/* Scale and unit behind the digits that end at `end`. */
static struct unit unit_behind(const struct scan *s, size_t end) {
    struct reader r = {s, end};
    take_blanks(&r);
    size_t begin = r.at - end;
    if (take(&r, '%', 0xff05))
        return (struct unit){.size = r.at - end, .begin = begin, .unit = AST_UNIT_PERCENT};
    struct text run = scan_word_run(scan_rest(s, r.at), AHEAD);
    if (run.size == 0 || run.size >= AHEAD)
        return (struct unit){0};
    const struct keyword_match *match = keywords_find(s->parse->keywords, run);
    struct unit u = {0};
    if (!match || !match->keyword || !match->chinese) /* 年度 and 项申请 are keywords; `year` is a unit here */
        u = unit_of_run(s, run);
    if (u.size) {
        u.size += begin;
        u.begin = begin;
    }
    return u;
}

/* ---- ratios ----------------------------------------------------------------------------------------------------- */

static bool is_colon(const struct reader *r, size_t *size) {
    uint32_t c = peek(r, size);
    return *size > 0 && (c == ':' || c == 0xff1a || c == 0x2236);
}

static int64_t ratio_part(struct scan *s, size_t from, size_t to, bool *fits) {
    int64_t value = 0;
    for (struct reader r = {s, from}; r.at < to;) {
        size_t size;
        uint32_t c = peek(&r, &size);
        r.at += size;
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, (int64_t)(c >= 0xff10 ? c - 0xff10 : c - '0'), &value))
            *fits = false;
    }
    return value;
}

/* 8:2. NULL where the colon is not part of a ratio, as in `to 10:5万元`. */
static struct ast_expr *ratio(struct scan *s, size_t at, size_t *size) {
    struct reader r = {s, at};
    uint32_t unused;
    size_t colon, next;
    take_digits(&r, SIZE_MAX, &unused);
    size_t left_end = r.at;
    if (!is_colon(&r, &colon))
        return NULL;
    r.at += colon;
    size_t right = r.at;
    if (take_digits(&r, SIZE_MAX, &unused) == 0)
        return NULL;
    uint32_t c = peek(&r, &next);
    if (next && (scan_is_word(c) || c == '.' || c == 0xff0e || is_colon(&r, &next)))
        return NULL;
    if (unit_behind(s, r.at).size)
        return NULL;
    *size = r.at - at;
    struct span span = scan_span(s, at, *size);
    bool fits = true;
    int64_t a = ratio_part(s, at, left_end, &fits), b = ratio_part(s, right, r.at, &fits);
    if (fits && a > 0 && b > 0)
        return ast_ratio(&s->parse->build, span, a, b);
    diag_add(s->parse->diags, DIAG_NUMBER_FORM, span,
             fits ? tr("a part of this ratio is zero") : tr("this ratio is too large"));
    return ast_error(&s->parse->build, span);
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

struct value {
    ast_int num;
    int64_t den;
};

/* The largest magnitude of a number: passes may still multiply it by a million within 128 bits. */
static ast_int largest(void) {
    ast_int n = 1;
    for (int i = 0; i < 30; i++)
        n *= 10;
    return n;
}

static const char *too_long(bool decimals) {
    return decimals ? tr("this number has more than 18 decimals") : tr("this number is too large");
}

/* Digits and decimals as a fraction. NULL, or why it cannot be held. */
static const char *read_value(struct scan *s, size_t at, size_t end, struct value *v) {
    bool point = false;
    int decimals = 0, zeros = 0; /* zeros at the end of the decimals are held back */
    v->num = 0;
    v->den = 1;
    for (struct reader r = {s, at}; r.at < end;) {
        size_t size;
        uint32_t c = peek(&r, &size);
        r.at += size;
        if (!scan_is_digit(c)) {
            point = true;
            continue;
        }
        unsigned digit = c >= 0xff10 ? c - 0xff10 : c - '0';
        if (point && digit == 0) {
            if (zeros < DECIMALS_LIMIT)
                zeros++;
            continue;
        }
        for (zeros = point ? zeros + 1 : 1; zeros > 0; zeros--) {
            if (v->num > largest() / 10)
                return too_long(point);
            v->num *= 10;
            if (point && ++decimals > DECIMALS_LIMIT)
                return too_long(true);
            if (point)
                v->den *= 10;
        }
        v->num += digit;
    }
    return NULL;
}

static const char *apply_unit(struct value *v, struct unit u) {
    for (unsigned i = 0; i < u.zeros; i++) {
        if (v->den > 1) {
            v->den /= 10;
            continue;
        }
        if (v->num > largest() / 10)
            return too_long(false);
        v->num *= 10;
    }
    if (u.unit == AST_UNIT_FEN) {
        if (v->den > INT64_MAX / 100)
            return too_long(true);
        v->den *= 100;
    }
    if (v->den == 1)
        return v->num > largest() ? too_long(false) : NULL;
    int64_t a = v->den; /* lowest terms */
    ast_int rest = v->num % a;
    int64_t b = (int64_t)rest;
    while (b) {
        int64_t c = a % b;
        a = b;
        b = c;
    }
    v->num /= a;
    v->den /= a;
    return v->num > largest() ? too_long(false) : NULL;
}

/* Letters behind digits that are neither unit nor keyword. Takes them all, so that it is one mistake. */
static struct ast_expr *run_on(struct scan *s, size_t at, size_t digits_end, size_t *size) {
    struct text run = scan_word_run(scan_rest(s, digits_end), SIZE_MAX);
    *size = digits_end + run.size - at;
    struct span span = scan_span(s, at, *size);
    struct diags *diags = s->parse->diags;
    struct text shown = {run.data, run.size < AHEAD ? run.size : 0};
    struct diag *d;
    if (shown.size && (unsigned char)*run.data < 0x80) {
        d = diag_add(diags, DIAG_NUMBER_FORM, span, "neither a number nor a name");
        diag_help(diags, d,
                  "a name does not begin with a digit; units are yuan, fen, percent, years, days, months, kWh");
    } else {
        d = diag_add(diags, DIAG_NUMBER_FORM, span, "`%.*s` is not a unit", TEXT_ARG(shown));
        diag_help(diags, d,
                  "scales are 万 亿, units 元 分 件 项 家 个 次 名 人 台 吨 个月 千瓦时 年 天 %%; a blank parts a "
                  "number from a word "
                  "that is none");
    }
    return ast_error(&s->parse->build, span);
}

/* A keyword that follows directly, and directly before another number (5万元至10万元), is taken apart here: the word
 * pattern would read `至10万元` as one name. */
static void take_keyword_behind(struct scan *s, size_t at, size_t *size) {
    struct text run = scan_word_run(scan_rest(s, at + *size), AHEAD);
    size_t keyword_size;
    const struct keyword_match *match = scan_keyword_before_digit(s, run, &keyword_size);
    if (!match)
        return;
    scan_queue(s, match->keyword->token, at + *size, keyword_size);
    *size += keyword_size;
}

static struct ast_expr *number(struct scan *s, size_t at, size_t *size) {
    size_t digits_end = at + *size;
    struct unit u = unit_behind(s, digits_end);
    if (!u.size) {
        struct text run = scan_word_run(scan_rest(s, digits_end), AHEAD);
        if (!may_follow_unit(s, run))
            return run_on(s, at, digits_end, size);
    }
    *size += u.size;
    struct span span = scan_span(s, at, *size);
    struct value v;
    const char *why = read_value(s, at, digits_end, &v);
    if (!why)
        why = apply_unit(&v, u);
    if (why) {
        struct diag *d = diag_add(s->parse->diags, DIAG_NUMBER_FORM, span, "%s", why);
        diag_note(s->parse->diags, d, "numbers have at most 30 digits, 18 of them decimals");
        return ast_error(&s->parse->build, span);
    }
    struct text unit_text = scan_slice(s, digits_end + u.begin, u.size - u.begin);
    return ast_number(&s->parse->build, span, v.num, v.den, u.unit, scan_slice(s, at, digits_end - at), unit_text);
}

int scan_number(struct scan *s, size_t at, union parse_value *value, struct span *span, size_t *size) {
    int token = TOK_DATE;
    value->expr = date_iso(s, at, size);
    if (!value->expr)
        value->expr = date_chinese(s, at, size);
    if (!value->expr) {
        token = TOK_RATIO;
        value->expr = ratio(s, at, size);
    }
    if (!value->expr) {
        token = TOK_NUMBER;
        value->expr = number(s, at, size);
    }
    *span = scan_span(s, at, *size);
    take_keyword_behind(s, at, size);
    return token;
}
