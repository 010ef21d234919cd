#include "legal/numeral.h"

#include <string.h>

/* ---- characters ------------------------------------------------------------------------------------------------- */

static uint32_t at_code(struct text t, size_t at, size_t *size) {
    if (at >= t.size) {
        *size = 0;
        return 0;
    }
    return text_decode((struct text){t.data + at, t.size - at}, size);
}

static uint32_t before_code(struct text t, size_t at) {
    size_t size;
    if (at == 0)
        return 0;
    size_t start = at - 1;
    while (start > 0 && ((unsigned char)t.data[start] & 0xc0) == 0x80)
        start--;
    return at_code(t, start, &size);
}

static int digit_of(uint32_t code) {
    if (code >= '0' && code <= '9')
        return (int)(code - '0');
    return code >= 0xff10 && code <= 0xff19 ? (int)(code - 0xff10) : -1;
}

static int chinese_digit(uint32_t code) {
    static const uint32_t digits[] = {0x96f6, 0x4e00, 0x4e8c, 0x4e09, 0x56db, 0x4e94, 0x516d, 0x4e03, 0x516b, 0x4e5d};
    for (int i = 0; i < 10; i++)
        if (digits[i] == code)
            return i;
    if (code == 0x3007) /* 〇 */
        return 0;
    return code == 0x4e24 || code == 0x5169 ? 2 : -1; /* 两 兩 */
}

static int64_t chinese_power(uint32_t code) {
    switch (code) {
    case 0x5341: /* 十 */
        return 10;
    case 0x767e: /* 百 */
        return 100;
    case 0x5343: /* 千 */
        return 1000;
    default:
        return 0;
    }
}

static int64_t myriad(uint32_t code) {
    if (code == 0x4e07 || code == 0x842c) /* 万 萬 */
        return 10000;
    return code == 0x4ebf || code == 0x5104 ? 100000000 : 0; /* 亿 億 */
}

static bool latin(uint32_t code) {
    return (code >= 'A' && code <= 'Z') || (code >= 'a' && code <= 'z');
}

/* Beside these, digits belong to a name. */
static bool joins_names(uint32_t code) {
    return latin(code) || code == '-' || code == '+' || code == 0x2014 || code == 0xb7 || code == '_';
}

enum { ORDINAL = 0x7b2c }; /* 第 */

/* 条 條 款 项 項 章 节 節: behind 第 and a number, a part of a text that is referred to. */
static bool part_of_text(uint32_t code) {
    return code == 0x6761 || code == 0x689d || code == 0x6b3e || code == 0x9879 || code == 0x9805 || code == 0x7ae0 ||
           code == 0x8282 || code == 0x7bc0;
}

static bool is_colon(uint32_t code) {
    return code == ':' || code == 0xff1a || code == 0x2236;
}

static bool measure_word(uint32_t code) {
    static const uint32_t words[] = {
        0x5e74, 0x4ef6, 0x9879, 0x9805, 0x4e2a, 0x500b, 0x5bb6, 0x7ea7, 0x7d1a, 0x4f4d, 0x6b21, 0x500d, 0x6210, 0x6863,
        0x6a94, 0x4eba, 0x540d, 0x6708, 0x5929, 0x65e5, 0x671f, 0x7c7b, 0x985e, 0x7a2e, 0x79cd, 0x5143, 0x5468, 0x5c81,
        0x6b72, 0x6237, 0x6236, 0x53f0, 0x81fa, 0x5957, 0x8f86, 0x8f1b, 0x5428, 0x5678, 0x4ea9, 0x755d, 0x5ea6, 0x5c0f};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i] == code)
            return true;
    return myriad(code) != 0;
}

/* ---- values ----------------------------------------------------------------------------------------------------- */

static int64_t common_divisor(int64_t a, int64_t b) {
    while (b) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a ? a : 1;
}

struct numeral numeral_value(int64_t num, int64_t den) {
    int64_t d = common_divisor(num < 0 ? -num : num, den);
    return (struct numeral){.kind = NUMERAL_VALUE, .num = num / d, .den = den / d};
}

bool numeral_equal(const struct numeral *a, const struct numeral *b) {
    bool plain_a = a->kind == NUMERAL_VALUE || a->kind == NUMERAL_YEAR;
    bool plain_b = b->kind == NUMERAL_VALUE || b->kind == NUMERAL_YEAR;
    return (a->kind == b->kind || (plain_a && plain_b)) && a->num == b->num && a->den == b->den;
}

int64_t numeral_chinese(struct text t, size_t *size) {
    int64_t total = 0, part = 0, digit = -1;
    size_t at = 0, step;
    for (; at < t.size; at += step) {
        uint32_t code = at_code(t, at, &step);
        int d = chinese_digit(code);
        int64_t power = chinese_power(code), scale = myriad(code);
        if (d >= 0)
            digit = digit > 0 && at ? digit * 10 + d : d; /* 二〇二三 */
        else if (power) {
            part += (digit < 0 ? 1 : digit) * power;
            digit = -1;
        } else if (scale && (part || digit > 0)) {
            total = (total + part + (digit > 0 ? digit : 0)) * scale;
            part = 0;
            digit = -1;
        } else
            break;
        if (total > INT64_MAX / 1000000000 || part > INT64_MAX / 100000 || digit > 100000) {
            *size = 0;
            return 0;
        }
    }
    *size = at;
    return total + part + (digit > 0 ? digit : 0);
}

int64_t numeral_of_provision(struct text t, enum provision_style *style) {
    size_t at = 0, size, used;
    uint32_t code = at_code(t, 0, &size);
    int64_t value = 0;
    *style = code == '(' || code == 0xff08 ? PROVISION_BRACKETED
             : code == ORDINAL             ? PROVISION_ARTICLE
                                           : PROVISION_PLAIN;
    if (*style != PROVISION_PLAIN)
        at += size;
    value = numeral_chinese((struct text){t.data + at, t.size - at}, &used);
    if (used == 0)
        for (int d; (d = digit_of(at_code(t, at + used, &size))) >= 0 && value < 100000; used += size)
            value = value * 10 + d;
    if (used == 0)
        return 0;
    at += used;
    if (*style != PROVISION_PLAIN) {
        bool article = *style == PROVISION_ARTICLE;
        code = at_code(t, at, &size);
        if (article ? code != 0x6761 && code != 0x689d : code != ')' && code != 0xff09) /* 条 條 */
            return 0;
        at += size;
    }
    return at == t.size ? value : 0;
}

/* ---- numbers written in digits ---------------------------------------------------------------------------------- */

/* Digits with decimals; false when they are too many to be a number. */
static bool read_digits(struct text t, size_t *at, int64_t *num, int64_t *den) {
    size_t size, start = *at;
    bool point = false;
    *num = 0;
    *den = 1;
    for (;;) {
        uint32_t code = at_code(t, *at, &size);
        int d = digit_of(code);
        if (d < 0 && !point && (code == '.' || code == 0xff0e)) {
            size_t next;
            if (digit_of(at_code(t, *at + size, &next)) < 0)
                break;
            point = true;
        } else if (d < 0 && code == ',' && !point) { /* 1,000 */
            size_t s1, s2, s3;
            if (digit_of(at_code(t, *at + 1, &s1)) < 0 || digit_of(at_code(t, *at + 2, &s2)) < 0 ||
                digit_of(at_code(t, *at + 3, &s3)) < 0)
                break;
        } else if (d < 0)
            break;
        else {
            if (*num > INT64_MAX / 1000 || *den > 1000000000)
                return false;
            *num = *num * 10 + d;
            *den *= point ? 10 : 1;
        }
        *at += size;
    }
    return *at > start;
}

/* `年M月D日` behind a year. */
static bool read_date(struct text t, size_t *at, struct numeral *out) {
    int64_t part[2], den;
    size_t size, p = *at;
    static const uint32_t after[] = {0x6708, 0x65e5}; /* 月 日 */
    if (at_code(t, p, &size) != 0x5e74)
        return false;
    p += size;
    for (int i = 0; i < 2; i++) {
        if (!read_digits(t, &p, &part[i], &den) || den != 1 || at_code(t, p, &size) != after[i])
            return false;
        p += size;
    }
    out->kind = NUMERAL_DATE;
    out->num = out->num * 10000 + part[0] * 100 + part[1];
    *at = p;
    return true;
}

static bool calendar_year(struct text t, size_t at, int64_t num, int64_t den) {
    size_t size;
    return den == 1 && num >= 1900 && num < 2100 && at_code(t, at, &size) == 0x5e74;
}

/* 千瓦 千克 千米 千卡 千伏 千赫 千升: the 千 belongs to the unit. */
static bool unit_behind_kilo(struct text t, size_t at) {
    static const uint32_t units[] = {0x74e6, 0x514b, 0x7c73, 0x5361, 0x4f0f, 0x8d6b, 0x5347};
    size_t size;
    uint32_t code = at_code(t, at, &size);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (units[i] == code)
            return true;
    return false;
}

static void read_scale(struct text t, size_t *at, int64_t *num, int64_t *den) {
    size_t size, blank = *at;
    while (blank < t.size && t.data[blank] == ' ')
        blank++;
    uint32_t code = at_code(t, blank, &size);
    int64_t scale = myriad(code);
    if (code == 0x5343 && !unit_behind_kilo(t, blank + size)) /* 千 */
        scale = 1000;
    if (scale && *num < INT64_MAX / scale) {
        *num *= scale;
        *at = blank + size;
        code = at_code(t, *at, &size);
    } else
        code = at_code(t, *at, &size);
    if (code == '%' || code == 0xff05) {
        *den *= 100;
        *at += size;
    }
}

/* `8:2` and `1/3`: a second number behind a colon or slash. */
static bool read_pair(struct text t, size_t *at, struct numeral *out) {
    int64_t num, den;
    size_t size, p = *at;
    uint32_t code = at_code(t, p, &size), next;
    if (!is_colon(code) && code != '/' && code != 0xff0f)
        return false;
    p += size;
    if (!read_digits(t, &p, &num, &den) || den != 1 || num == 0 || out->den != 1)
        return false;
    next = at_code(t, p, &size);
    if (latin(next))
        return false;
    size_t lo = out->lo;
    if (is_colon(code)) {
        out->kind = NUMERAL_RATIO;
        out->den = num;
    } else {
        *out = numeral_value(out->num, num);
        out->lo = lo;
    }
    *at = p;
    return true;
}

static bool digits_numeral(struct text t, size_t *at, struct numeral *out) {
    size_t start = *at, size;
    int64_t num, den;
    bool name = joins_names(before_code(t, start));
    if (!read_digits(t, at, &num, &den))
        name = true;
    uint32_t next = at_code(t, *at, &size);
    if (name || joins_names(next)) {
        while (*at < t.size && (digit_of(next) >= 0 || joins_names(next))) {
            *at += size;
            next = at_code(t, *at, &size);
        }
        *at = *at == start ? start + 1 : *at;
        return false;
    }
    *out = (struct numeral){.kind = NUMERAL_VALUE, .num = num, .den = den, .lo = start};
    if (calendar_year(t, *at, num, den)) {
        if (!read_date(t, at, out))
            out->kind = NUMERAL_YEAR;
    } else if (!read_pair(t, at, out)) {
        read_scale(t, at, &num, &den);
        *out = numeral_value(num, den);
        out->lo = start;
    }
    out->hi = *at;
    return before_code(t, start) != ORDINAL || !part_of_text(at_code(t, *at, &size));
}

/* Behind a number: 分之 and another, `百分之五十`, `三分之一`. */
static bool read_parts(struct text t, size_t *at, int64_t den, struct numeral *out) {
    size_t size, used, start = *at, p = start;
    int64_t num, num_den = 1;
    for (int i = 0; i < 2; i++) {
        if (at_code(t, p, &size) != (i ? 0x4e4bu : 0x5206u)) /* 之 分 */
            return false;
        p += size;
    }
    num = numeral_chinese((struct text){t.data + p, t.size - p}, &used);
    p += used;
    if (used == 0 && !read_digits(t, &p, &num, &num_den))
        return false;
    if (den <= 0 || num_den > INT64_MAX / den)
        return false;
    *out = numeral_value(num, den * num_den);
    *at = p;
    return true;
}

static bool chinese_numeral(struct text t, size_t *at, struct numeral *out) {
    size_t used, size, start = *at;
    uint32_t first = at_code(t, start, &size);
    int64_t value = numeral_chinese((struct text){t.data + start, t.size - start}, &used);
    if (used == 0)
        return false;
    *at = start + used;
    if (read_parts(t, at, value, out)) {
        out->lo = start;
        out->hi = *at;
        return true;
    }
    if (chinese_digit(first) < 0 && first != 0x5341) /* 千百亿 is a figure of speech; 十 is a number */
        return false;
    uint32_t last = before_code(t, *at), next = at_code(t, *at, &size);
    if (!measure_word(next) && !myriad(last))
        return false;
    if (before_code(t, start) == ORDINAL && part_of_text(next))
        return false;
    if (next == 0x6b21) { /* 一次性: once and for all, no number */
        size_t more;
        if (at_code(t, *at + size, &more) == 0x6027)
            return false;
    }
    *out =
        (struct numeral){.kind = NUMERAL_VALUE, .num = value, .den = 1, .lo = start, .hi = *at, .optional = value <= 1};
    return true;
}

bool numeral_next(struct text t, size_t *at, struct numeral *out) {
    while (*at < t.size) {
        size_t size;
        uint32_t code = at_code(t, *at, &size);
        if (digit_of(code) >= 0) {
            if (digits_numeral(t, at, out))
                return true;
        } else if (chinese_digit(code) >= 0 || chinese_power(code)) {
            size_t before = *at;
            if (chinese_numeral(t, at, out))
                return true;
            if (*at == before)
                *at += size;
        } else
            *at += size;
    }
    return false;
}
