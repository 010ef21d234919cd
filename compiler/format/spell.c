/* spell.c - how each piece is written. */
#include <string.h>

#include "format/pieces.h"

/* ---- names with a meaning in their place ------------------------------------------------------------------------ */

struct spelling {
    const char *form[3]; /* english, simplified, traditional */
};

static const struct spelling types[] = {
#define TYPE(english, simplified, traditional) {{english, simplified, traditional}},
#include "format/words.def"
};

static const struct spelling functions[] = {
#define FUNCTION(id, english, simplified, traditional, least, most) {{english, simplified, traditional}},
#include "type/builtin.def"
};

static const struct spelling words[] = {
#define WORD(group, english, simplified, traditional) {{english, simplified, traditional}},
#include "format/words.def"
};

static const enum word_group groups[] = {
#define WORD(group, english, simplified, traditional) WORD_##group,
#include "format/words.def"
};

static const struct spelling reasons[] = {
#define REASON(english, simplified, traditional) {{english, simplified, traditional}},
#include "format/words.def"
};

#define COUNT(table) (sizeof(table) / sizeof *(table))

static const struct spelling *find(const struct spelling *table, size_t count, struct text word) {
    for (size_t i = 0; i < count; i++)
        for (int form = 0; form < 3; form++)
            if (text_equal(word, text_of(table[i].form[form])))
                return &table[i];
    return NULL;
}

enum word_group format_word_group(struct text word) {
    const struct spelling *found = find(words, COUNT(words), word);
    return found ? groups[found - words] : WORD_NONE;
}

static const struct spelling *find_in_place(const struct piece *piece) {
    struct text word = piece->token->text;
    switch (piece->role) {
    case ROLE_TYPE:
        return find(types, COUNT(types), word);
    case ROLE_CALLEE:
        return find(functions, COUNT(functions), word);
    case ROLE_WORD:
        return find(words, COUNT(words), word);
    case ROLE_REASON:
        return find(reasons, COUNT(reasons), word);
    case ROLE_PLAIN:
    case ROLE_VERBATIM:
    case ROLE_YEAR_OF:
        return NULL;
    }
    return NULL;
}

/* ---- which language --------------------------------------------------------------------------------------------- */

static bool is_ascii(struct text t) {
    return t.size == 0 || (unsigned char)*t.data < 0x80;
}

static const char *form_of(const struct pieces *p, const struct spelling *s) {
    return s->form[p->language == FORMAT_ENGLISH ? 0 : p->traditional ? 2 : 1];
}

static bool is_scaled(const struct token *number, const char *a, const char *b) {
    struct text unit = number->number->u.number.unit_text;
    return unit.size >= 3 && (memcmp(unit.data, a, 3) == 0 || memcmp(unit.data, b, 3) == 0);
}

/* Positive: more traditional spellings than simplified ones. Scales decide where no keyword does. */
static long traditional_balance(const struct pieces *p) {
    long keywords = 0, numbers = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct token *t = p->piece[i].token;
        if (t->kind == TOKEN_NUMBER)
            numbers += is_scaled(t, "萬", "億") - is_scaled(t, "万", "亿");
        if (!t->keyword || !t->keyword->simplified || strcmp(t->keyword->simplified, t->keyword->traditional) == 0)
            continue;
        size_t size = strlen(t->keyword->simplified);
        if (t->text.size < size || is_ascii(t->text))
            continue;
        keywords += memcmp(t->text.data, t->keyword->traditional, size) == 0;
        keywords -= memcmp(t->text.data, t->keyword->simplified, size) == 0;
    }
    return keywords ? keywords : numbers;
}

/* The first keyword decides where there are as many of either. */
static bool mostly_chinese(const struct pieces *p) {
    long balance = 0, first = 0;
    for (size_t i = 0; i < p->count; i++) {
        const struct token *t = p->piece[i].token;
        if (!t->keyword)
            continue;
        long one = is_ascii(t->text) ? -1 : 1;
        first = first ? first : one;
        balance += one;
    }
    return balance ? balance > 0 : first > 0;
}

/* ---- keywords --------------------------------------------------------------------------------------------------- */

static const char *sign_for(enum keyword_id id) {
    switch (id) {
    case KEYWORD_GE_WORD:
        return ">=";
    case KEYWORD_LE_WORD:
        return "<=";
    case KEYWORD_GT_WORD:
        return ">";
    case KEYWORD_LT_WORD:
        return "<";
    default: /* the others have English words */
        return NULL;
    }
}

static bool begins_with(struct text t, const char *form) {
    return t.size >= strlen(form) && memcmp(t.data, form, strlen(form)) == 0;
}

/* A further spelling (`非 屬於`) ends as the form does that it stands for, or tells nothing. */
static bool ends_as(struct text t, const char *form) {
    size_t size = strlen(form);
    return t.size >= 3 && memcmp(t.data + t.size - 3, form + size - 3, 3) == 0;
}

static const char *as_written(const struct pieces *p, const struct token *t) {
    const struct keyword *k = t->keyword;
    if (is_ascii(t->text) && k->english)
        return k->english;
    if (begins_with(t->text, k->simplified))
        return k->simplified;
    if (begins_with(t->text, k->traditional))
        return k->traditional;
    bool traditional = ends_as(t->text, k->simplified) ? ends_as(t->text, k->traditional) && p->traditional
                                                       : p->traditional || ends_as(t->text, k->traditional);
    return traditional ? k->traditional : k->simplified;
}

static const char *in_language(const struct pieces *p, const struct token *t) {
    const struct keyword *k = t->keyword;
    const char *chinese = p->traditional ? k->traditional : k->simplified;
    if (p->language == FORMAT_CHINESE)
        return chinese ? chinese : as_written(p, t);
    if (k->english)
        return k->english;
    return sign_for(k->id) ? sign_for(k->id) : as_written(p, t);
}

/* `of` and `的` have changed into each other where their operands have changed places. */
static const char *share_word(const struct pieces *p, const struct piece *piece) {
    if (!piece->exchanged)
        return as_written(p, piece->token);
    return p->language == FORMAT_ENGLISH ? "of" : "的";
}

static struct text spell_keyword(const struct pieces *p, const struct piece *piece) {
    const struct token *t = piece->token;
    enum keyword_id id = t->keyword->id;
    if (p->language == FORMAT_AS_WRITTEN)
        return text_of(as_written(p, t));
    if (id == KEYWORD_OF || id == KEYWORD_DE)
        return text_of(share_word(p, piece));
    const struct spelling *word = find_in_place(piece);
    if (word)
        return text_of(form_of(p, word));
    if (piece->role == ROLE_YEAR_OF)
        return text_of(p->language == FORMAT_ENGLISH ? "in" : p->traditional ? "於" : "于");
    return text_of(in_language(p, t));
}

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

/* Full-width digits and signs as half-width ones, without blanks. */
static void add_half_width(struct text_buffer *out, struct text t) {
    for (size_t i = 0, size; i < t.size; i += size) {
        uint32_t c = text_decode((struct text){t.data + i, t.size - i}, &size);
        char half = (char)(c - 0xfee0);
        if (c >= 0xff01 && c <= 0xff5e)
            text_add(out, (struct text){&half, 1});
        else if (c != ' ' && c != '\t' && c != 0x3000)
            text_add(out, (struct text){t.data + i, size});
    }
}

/* Units that have an English word. `5 years` and `5 年` are each other's form; `5年`, without a blank, is written so in
 * either language. */
static const struct {
    const char *chinese, *english, *of_one;
    enum ast_unit unit;
} units[] = {
    {"元", "yuan", "yuan", AST_UNIT_YUAN},
    {"分", "fen", "fen", AST_UNIT_FEN},
    {"年", "years", "year", AST_UNIT_YEARS},
    {"天", "days", "day", AST_UNIT_DAYS},
};

/* Whether a Chinese unit stands behind a blank: the unit alone, without a scale. English files have none such. */
static bool is_apart(const struct pieces *p, const struct token *t) {
    struct text unit = t->number->u.number.unit_text;
    bool blank = t->text.size > t->number->u.number.digits.size + unit.size;
    return (p->chinese || p->language == FORMAT_ENGLISH) && blank && unit.size == 3;
}

/* Index of the unit in the table; COUNT(units) = it has no English word, or is that of a calendar year. */
static size_t unit_of(const struct token *t, struct text digits) {
    enum ast_unit unit = t->number->u.number.unit;
    size_t i = 0;
    while (i < COUNT(units) && (units[i].unit != unit || (unit == AST_UNIT_YEARS && digits.size == 4)))
        i++;
    return i;
}

static void add_unit(const struct pieces *p, struct text_buffer *out, const struct token *t) {
    struct text unit = t->number->u.number.unit_text, digits = text_of_buffer(out);
    bool english = is_ascii(unit) && unit.data[0] != '%', one = text_equal(digits, TEXT("1"));
    size_t known = unit_of(t, digits);
    if (known == COUNT(units) || !(english || is_apart(p, t))) {
        text_add(out, english ? TEXT(" ") : TEXT(""));
        add_half_width(out, unit);
        return;
    }
    text_add(out, TEXT(" "));
    if (english ? p->language != FORMAT_CHINESE : p->language == FORMAT_ENGLISH)
        text_add(out, text_of(one ? units[known].of_one : units[known].english));
    else
        text_add(out, english ? text_of(units[known].chinese) : unit);
}

static struct text spell_number(const struct pieces *p, const struct token *t) {
    struct text_buffer out = {.arena = p->arena};
    add_half_width(&out, t->number->u.number.digits);
    if (t->number->u.number.unit_text.size)
        add_unit(p, &out, t);
    return text_of_buffer(&out);
}

static struct text half_width(const struct pieces *p, struct text t) {
    struct text_buffer out = {.arena = p->arena};
    add_half_width(&out, t);
    return text_of_buffer(&out);
}

/* ---- signs and texts -------------------------------------------------------------------------------------------- */

static bool is_bare(const struct piece *piece) {
    return piece && piece->token->kind == TOKEN_NUMBER && piece->token->number->u.number.unit_text.size == 0;
}

/* `1：8` would be read as a ratio. */
static bool like_ratio(const struct piece *before, const struct piece *after) {
    return is_bare(before) &&
           (is_bare(after) || (after && (after->token->kind == TOKEN_RATIO || after->token->kind == TOKEN_DATE)));
}

static const char *chinese_sign(const struct pieces *p, size_t at) {
    const char *sign = p->piece[at].token->sign;
    switch (*sign) {
    case ',':
        return "，";
    case ';':
        return "；";
    case ':':
        return like_ratio(piece_before(p, at), piece_after(p, at)) ? sign : "：";
    case '*':
        return "×";
    case '/':
        return p->piece[at].tight ? sign : "÷";
    default: /* the same in both */
        return sign;
    }
}

/* `>= 10件` reads `不少于 10件`; with dates and names the sign reads better. */
static const char *comparison_word(const struct pieces *p, const char *sign) {
    static const struct {
        const char *sign, *simplified, *traditional;
    } comparisons[] = {
        {">=", "不少于", "不少於"}, {"<=", "不超过", "不超過"}, {">", "超过", "超過"}, {"<", "少于", "少於"}};
    for (size_t i = 0; i < sizeof comparisons / sizeof *comparisons; i++)
        if (strcmp(sign, comparisons[i].sign) == 0)
            return p->traditional ? comparisons[i].traditional : comparisons[i].simplified;
    return NULL;
}

static struct text spell_sign(const struct pieces *p, size_t at) {
    const struct token *t = p->piece[at].token;
    const char *word = NULL; /* a sign that compares is not the last token */
    if (p->language == FORMAT_CHINESE && strchr("<>", *t->sign) && t[1].kind == TOKEN_NUMBER)
        word = comparison_word(p, t->sign);
    return text_of(word ? word : p->chinese ? chinese_sign(p, at) : t->sign);
}

/* ASCII quotes, unless what is quoted would have to be written otherwise. */
static struct text spell_string(const struct pieces *p, struct text t) {
    if (*t.data == '"' || memchr(t.data, '"', t.size) || memchr(t.data, '\\', t.size))
        return t;
    return text_format(p->arena, "\"%.*s\"", (int)(t.size - 6), t.data + 3);
}

static struct text without_end(struct text t) {
    while (t.size && strchr(" \t\r", t.data[t.size - 1]))
        t.size--;
    return t;
}

static struct text spell(const struct pieces *p, size_t at) {
    const struct piece *piece = &p->piece[at];
    const struct token *t = piece->token;
    if (piece->role == ROLE_VERBATIM)
        return piece->text;
    switch (t->kind) {
    case TOKEN_KEYWORD:
        return spell_keyword(p, piece);
    case TOKEN_OWNER: {
        struct text keyword = spell_keyword(p, piece);
        return text_format(p->arena, "%.*s.", TEXT_ARG(keyword));
    }
    case TOKEN_NAME: {
        const struct spelling *word = p->language == FORMAT_AS_WRITTEN ? NULL : find_in_place(piece);
        return word ? text_of(form_of(p, word)) : t->text;
    }
    case TOKEN_NUMBER:
        return spell_number(p, t);
    case TOKEN_RATIO:
    case TOKEN_DATE:
        return half_width(p, t->text);
    case TOKEN_STRING:
        return spell_string(p, t->text);
    case TOKEN_SIGN:
        return spell_sign(p, at);
    case TOKEN_COMMENT:
        return without_end(t->text);
    }
    return t->text;
}

void format_spell(struct pieces *p) {
    p->chinese = p->language == FORMAT_AS_WRITTEN ? mostly_chinese(p) : p->language == FORMAT_CHINESE;
    p->traditional = traditional_balance(p) > 0;
    for (size_t i = 0; i < p->count; i++)
        p->piece[i].text = spell(p, i);
}
