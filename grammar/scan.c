/* scan.c - words, texts and characters that cannot stand here. Numbers and dates are in scan_number.c. */
#include "scan.h"

#include <string.h>

#include "policy.tab.h"
#include "scan_text.h"
#include "tr.h"

struct span scan_span(const struct scan *s, size_t at, size_t size) {
    uint32_t lo = s->file->base + (uint32_t)at;
    return (struct span){lo, lo + (uint32_t)size};
}

struct text scan_text(const struct scan *s, struct span span) {
    return (struct text){s->text + (span.lo - s->file->base), span.hi - span.lo};
}

struct text scan_slice(const struct scan *s, size_t at, size_t size) {
    return (struct text){s->text + at, size};
}

struct text scan_rest(const struct scan *s, size_t at) {
    return (struct text){s->text + at, s->file->bytes.size - at};
}

/* ---- characters ------------------------------------------------------------------------------------------------- */

bool scan_is_han(uint32_t c) {
    return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) || c == 0x3005 || c == 0x3007 ||
           (c >= 0x20000 && c <= 0x33fff);
}

bool scan_is_digit(uint32_t c) {
    return (c >= '0' && c <= '9') || (c >= 0xff10 && c <= 0xff19);
}

static bool is_letter(uint32_t c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool scan_is_word(uint32_t c) {
    return is_letter(c) || scan_is_digit(c) || scan_is_han(c);
}

size_t scan_blank_size(struct text t) {
    size_t size;
    uint32_t c = text_decode(t, &size);
    return c == ' ' || c == '\t' || c == 0x3000 ? size : 0;
}

struct text scan_word_run(struct text t, size_t bound) {
    size_t end = 0, size;
    while (end < t.size && end < bound && scan_is_word(text_decode((struct text){t.data + end, t.size - end}, &size)))
        end += size;
    return (struct text){t.data, end};
}

static bool is_invisible(uint32_t c) {
    return (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
           c == 0xfeff || c == 0xad || c == 0xa0 || c == 0x2028 || c == 0x2029 || (c >= 0x2000 && c <= 0x200a);
}

static const struct {
    uint32_t code;
    const char *name;
} character_names[] = {
    {0x00, tr_later("NUL")},
    {0xa0, tr_later("no-break space")},
    {0xad, tr_later("soft hyphen")},
    {0x200b, tr_later("zero-width space")},
    {0x200c, tr_later("zero-width non-joiner")},
    {0x200d, tr_later("zero-width joiner")},
    {0x200e, tr_later("left-to-right mark")},
    {0x200f, tr_later("right-to-left mark")},
    {0x2028, tr_later("line separator")},
    {0x2029, tr_later("paragraph separator")},
    {0x202a, tr_later("left-to-right embedding")},
    {0x202b, tr_later("right-to-left embedding")},
    {0x202c, tr_later("end of directional formatting")},
    {0x202d, tr_later("left-to-right override")},
    {0x202e, tr_later("right-to-left override")},
    {0x2060, tr_later("word joiner")},
    {0x2066, tr_later("left-to-right isolate")},
    {0x2067, tr_later("right-to-left isolate")},
    {0x2068, tr_later("first strong isolate")},
    {0x2069, tr_later("end of directional isolate")},
    {0x3002, tr_later("ideographic full stop")},
    {0xfeff, tr_later("byte-order mark")},
};

static const char *character_name(uint32_t c) {
    for (size_t i = 0; i < sizeof character_names / sizeof *character_names; i++)
        if (character_names[i].code == c)
            return tr(character_names[i].name);
    if (c < 0x20 || (c >= 0x7f && c < 0xa0))
        return tr("control character");
    if (is_invisible(c))
        return tr("invisible character");
    if (c >= 0x370 && c <= 0x3ff)
        return tr("Greek letter");
    if (c >= 0x400 && c <= 0x52f)
        return tr("Cyrillic letter");
    if (c >= 0xff00 && c <= 0xffef)
        return tr("full-width character");
    if (c >= 0xc0 && c <= 0x24f)
        return tr("letter with a mark");
    if (c >= 0x2e80 && c <= 0x2fdf)
        return tr("radical");
    if (c >= 0xf900 && c <= 0xfaff)
        return tr("compatibility ideograph");
    if (c >= 0x3040 && c <= 0x30ff)
        return tr("Japanese kana");
    if (c >= 0x1f000 && c <= 0x1faff)
        return tr("pictograph");
    return NULL;
}

static const struct {
    uint32_t code, meant;
} lookalikes[] = {
#define LOOKALIKE(code, meant) {code, meant},
#include "lookalikes.def"
#undef LOOKALIKE
};

/* What a character looks like; 0 = nothing else that pol reads. */
static uint32_t looks_like(uint32_t c) {
    if ((c >= 0xff01 && c <= 0xff5e))
        return c - 0xff00 + 0x20;
    size_t lo = 0, hi = sizeof lookalikes / sizeof *lookalikes;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (lookalikes[mid].code < c)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo < sizeof lookalikes / sizeof *lookalikes && lookalikes[lo].code == c ? lookalikes[lo].meant : 0;
}

/* The remedy. */
static void help_for(struct scan *s, struct diag *d, uint32_t c) {
    struct diags *diags = s->parse->diags;
    uint32_t meant = looks_like(c);
    char like[4];
    if (is_invisible(c) || c < 0x20 || (c >= 0x7f && c < 0xa0))
        diag_help(diags, d, "remove it; it may have come in by copying");
    else if (meant)
        diag_help(diags, d, "write `%.*s`, which looks alike", (int)text_encode(meant, like), like);
    else if (c == 0x3002)
        diag_help(diags, d, "remove it; a statement needs no end");
    else if (c == '\'' || c == 0x2018 || c == 0x2019 || c == 0x201d || c == 0x300a || c == 0x300b)
        diag_help(diags, d, "a text is written \"…\", “…”, 「…」 or 『…』");
    else
        diag_help(diags, d,
                  "names are made of letters a to z, digits, `_` and Chinese characters; other characters can "
                  "stand in texts and comments only");
}

static struct diag *report_character(struct scan *s, struct span span, uint32_t c) {
    const char *name = character_name(c);
    struct diags *diags = s->parse->diags;
    struct diag *d;
    char shown[4];
    bool printable = !is_invisible(c) && c >= 0x20 && !(c >= 0x7f && c < 0xa0);
    if (printable && name)
        d = diag_add(diags, DIAG_CHARACTER, span, "%s `%.*s` (U+%04X) cannot stand here", name,
                     (int)text_encode(c, shown), shown, c);
    else if (printable)
        d = diag_add(diags, DIAG_CHARACTER, span, "character `%.*s` (U+%04X) cannot stand here",
                     (int)text_encode(c, shown), shown, c);
    else
        d = diag_add(diags, DIAG_CHARACTER, span, "%s (U+%04X) cannot stand here", name ? name : tr("character"), c);
    help_for(s, d, c);
    return d;
}

static void report_malformed(struct scan *s, struct span span, unsigned byte) {
    struct diag *d = diag_add(s->parse->diags, DIAG_CHARACTER, span, "byte 0x%02X is not UTF-8", byte);
    diag_help(s->parse->diags, d, "save the file in the encoding UTF-8");
}

static bool is_malformed(struct text t, uint32_t c, size_t size) {
    return c == 0xfffd && size == 1 && t.size > 0;
}

/* True when a run of bad characters goes on that has been reported. */
static bool bad_goes_on(struct scan *s, size_t at, size_t size) {
    uint32_t lo = s->file->base + (uint32_t)at;
    bool on = s->bad_end == lo;
    s->bad_end = lo + (uint32_t)size;
    return on;
}

static bool line_ends_between(const struct scan *s, uint32_t from, size_t to) {
    size_t lo = from - s->file->base;
    return lo < to && memchr(s->text + lo, '\n', to - lo) != NULL;
}

/* What cannot be seen goes where it parts nothing; what looks like a character of pol becomes it. */
static void fix_character(struct scan *s, struct diag *d, size_t at, size_t size, uint32_t c) {
    struct diags *diags = s->parse->diags;
    struct span span = scan_span(s, at, size);
    uint32_t meant = looks_like(c);
    char like[4];
    size_t step;
    bool parts = at > 0 && !strchr(" \t\r\n,;:(){}=<>", s->text[at - 1]) &&
                 scan_is_word(text_decode(scan_rest(s, at + size), &step));
    if (is_invisible(c) || c == 0x3002) {
        if (!parts)
            diag_fix(diags, d, span, TEXT(""));
    } else if (meant)
        diag_fix(diags, d, span, (struct text){like, text_encode(meant, like)});
}

int scan_bad(struct scan *s, size_t at, size_t size) {
    struct text t = scan_slice(s, at, size);
    size_t decoded;
    uint32_t c = text_decode(t, &decoded);
    bool malformed = is_malformed(t, c, decoded);
    /* What cannot be seen, or ends a sentence, is no part of what was meant. */
    bool meant = !malformed && c >= 0x20 && c != 0x7f && !is_invisible(c) && c != 0x3002;
    uint32_t before = s->bad_end;
    if (bad_goes_on(s, at, size))
        return 0;
    if (meant && parser_silent(s) && before && !line_ends_between(s, before, at))
        return 0; /* the other one of two quotes, say: one mistake */
    if (malformed)
        report_malformed(s, scan_span(s, at, size), (unsigned char)t.data[0]);
    else
        fix_character(s, report_character(s, scan_span(s, at, size), c), at, size, c);
    return meant ? TOK_POLICY_YYerror : 0;
}

int scan_wrong_operator(struct scan *s, size_t at, size_t size, const char *meant, int token) {
    struct text t = scan_slice(s, at, size);
    struct span span = scan_span(s, at, size);
    struct diag *d = diag_add(s->parse->diags, DIAG_CHARACTER, span, "`%.*s` is not used in pol", TEXT_ARG(t));
    diag_help(s->parse->diags, d, "write `%s`", meant);
    bool word = scan_is_word((unsigned char)*meant);
    uint32_t before = at > 0 ? (unsigned char)s->text[at - 1] : ' ';
    size_t step;
    bool grown = scan_is_word(text_decode(scan_rest(s, at + size), &step));
    struct text fix =
        text_format(s->parse->arena, "%s%s%s", word && (scan_is_word(before) || before >= 0x80) ? " " : "", meant,
                    word && grown ? " " : "");
    diag_fix(s->parse->diags, d, span, fix);
    return token;
}

/* In texts and comments any character may stand, but it has to be one. */
static void check_encoding(struct scan *s, size_t at, size_t size) {
    bool before_bad = false;
    for (size_t i = at, step; i < at + size; i += step) {
        struct text t = scan_slice(s, i, at + size - i);
        if ((unsigned char)*t.data >= 0x20 && (unsigned char)*t.data < 0x7f) {
            step = 1;
            before_bad = false;
            continue;
        }
        uint32_t c = text_decode(t, &step);
        bool malformed = is_malformed(t, c, step), bad = malformed || c == 0;
        if (bad && !before_bad) {
            if (malformed)
                report_malformed(s, scan_span(s, i, 1), (unsigned char)*t.data);
            else
                report_character(s, scan_span(s, i, 1), c);
        }
        before_bad = bad;
    }
}

void scan_comment(struct scan *s, size_t at, size_t size) {
    while (size && s->text[at + size - 1] == '\r')
        size--;
    check_encoding(s, at, size);
    ast_comment_add(&s->parse->build, scan_span(s, at, size));
    if (s->parse->tokens)
        tokens_add_comment(s, scan_span(s, at, size));
}

/* ---- texts ------------------------------------------------------------------------------------------------------ */

static struct text unescape(struct scan *s, size_t at, size_t size) {
    char *out = arena_alloc(s->parse->arena, size + 1);
    size_t length = 0;
    for (size_t i = at; i < at + size; i++) {
        char c = s->text[i];
        if (c == '\\') {
            c = s->text[++i]; /* the pattern has one behind every backslash */
            if (c == 'n') {
                c = '\n';
            } else if (c != '"' && c != '\\') {
                struct diag *d = diag_add(s->parse->diags, DIAG_CHARACTER, scan_span(s, i - 1, 1),
                                          "a `\\` cannot stand alone in a text");
                diag_help(s->parse->diags, d,
                          "write `\\\\` for the character itself, `\\\"` for a quote, `\\n` for a "
                          "new line");
            }
        }
        out[length++] = c;
    }
    return (struct text){out, length};
}

int scan_string(struct scan *s, size_t at, size_t size, size_t quote, bool closed, union parse_value *value) {
    size_t inner = at + quote, inner_size = size - quote - (closed ? quote : 0);
    check_encoding(s, at, size);
    struct text content = scan_slice(s, inner, inner_size);
    if (!closed) {
        struct diag *d = diag_add(s->parse->diags, DIAG_STRING_OPEN, scan_span(s, at, quote), "this text has no end");
        diag_help(s->parse->diags, d,
                  "a text ends on its line, with the quote that belongs to the first: \"…\", “…”, "
                  "「…」, 『…』");
    }
    if (quote == 1 && memchr(content.data, '\\', content.size))
        content = unescape(s, inner, inner_size);
    value->string = ast_string_new(&s->parse->build, content, scan_span(s, at, size));
    return TOK_STRING;
}

/* ---- words ------------------------------------------------------------------------------------------------------ */

enum word_class { WORD_PLAIN, WORD_WIDE_DIGITS, WORD_ODD };

static enum word_class classify(struct text word) {
    enum word_class found = WORD_PLAIN;
    for (size_t i = 0, size; i < word.size; i += size) {
        size = 1;
        if ((unsigned char)word.data[i] < 0x80)
            continue;
        uint32_t c = text_decode((struct text){word.data + i, word.size - i}, &size);
        if (scan_is_digit(c))
            found = found == WORD_ODD ? WORD_ODD : WORD_WIDE_DIGITS;
        else if (!scan_is_han(c))
            found = WORD_ODD;
    }
    return found;
}

/* The word as it was meant: half-width digits, without what cannot be seen. Reports the first odd character. */
static struct text normalise(struct scan *s, size_t at, struct text word) {
    char *out = arena_alloc(s->parse->arena, word.size + 1);
    size_t length = 0;
    bool reported = bad_goes_on(s, at, 0), certain = true;
    struct diag *d = NULL;
    for (size_t i = 0, size; i < word.size; i += size) {
        uint32_t c = text_decode((struct text){word.data + i, word.size - i}, &size);
        bool odd = !scan_is_word(c);
        if (odd && !reported)
            d = report_character(s, scan_span(s, at + i, size), c);
        reported = reported || odd;
        uint32_t meant = odd || scan_is_digit(c) ? looks_like(c) : 0;
        if (odd && is_invisible(c))
            continue;
        certain = certain && (!odd || meant);
        length += text_encode(meant ? meant : c, out + length);
    }
    if (d && certain && length)
        diag_fix(s->parse->diags, d, scan_span(s, at, word.size), (struct text){out, length});
    return (struct text){out, length};
}

/* `applicant.` and `claim.` are tokens of their own. Returns how many bytes behind the word belong to it. */
static size_t dot_behind(const struct scan *s, size_t end) {
    struct text rest = scan_rest(s, end);
    size_t at = 0, step;
    while (at < 64 && (step = scan_blank_size((struct text){rest.data + at, rest.size - at})) > 0)
        at += step;
    size_t size;
    uint32_t c = text_decode((struct text){rest.data + at, rest.size - at}, &size);
    return c == '.' || c == 0xff0e ? at + size : 0;
}

/* The second word of a spelling of two words. Returns the keyword and how many bytes behind the first belong to it. */
static const struct keyword_match *pair_behind(const struct scan *s, struct text first, size_t end, size_t *size) {
    enum { BLANKS = 256, LONGEST = 48 };
    struct text rest = scan_rest(s, end);
    size_t at = 0, step;
    while (at < BLANKS && at < rest.size) {
        step = rest.data[at] == '\n' || rest.data[at] == '\r'
                   ? 1
                   : scan_blank_size((struct text){rest.data + at, rest.size - at});
        if (step == 0)
            break;
        at += step;
    }
    struct text second = scan_word_run((struct text){rest.data + at, rest.size - at}, LONGEST);
    char both[2 * LONGEST + 8];
    if (at == 0 || second.size == 0 || second.size >= LONGEST || first.size >= LONGEST)
        return NULL;
    memcpy(both, first.data, first.size);
    both[first.size] = ' ';
    memcpy(both + first.size + 1, second.data, second.size);
    *size = at + second.size;
    const struct keyword_match *match =
        keywords_find(s->parse->keywords, (struct text){both, first.size + 1 + second.size});
    return match && match->keyword ? match : NULL;
}

/* Keywords that an amount follows may be written together with it: 最高10万元. */
static bool leads_amount(int token) {
    switch (token) {
    case TOK_FROM:
    case TOK_ABOVE:
    case TOK_TO:
    case TOK_BELOW:
    case TOK_EACH_FULL:
    case TOK_ADDS:
    case TOK_AT_MOST:
    case TOK_AT_LEAST:
    case TOK_UP_TO:
    case TOK_GE_WORD:
    case TOK_LE_WORD:
    case TOK_GT_WORD:
    case TOK_LT_WORD:
    case TOK_FOR_EACH:
    case TOK_AWARD:
    case TOK_CAP:
    case TOK_LESS:
    case TOK_THEN:
    case TOK_ELSE:
    case TOK_DE:
    case TOK_CARRY:
    case TOK_LASTING:
    case TOK_GROWS:
    case TOK_CLAUSE:
        return true;
    default: /* every other token */
        return false;
    }
}

const struct keyword_match *scan_keyword_before_digit(const struct scan *s, struct text run, size_t *size) {
    enum { LONGEST = 24 };
    for (size_t i = 0, step; i < run.size && i < LONGEST; i += step) {
        uint32_t c = text_decode((struct text){run.data + i, run.size - i}, &step);
        if (scan_is_digit(c)) {
            const struct keyword_match *match =
                i ? keywords_find(s->parse->keywords, (struct text){run.data, i}) : NULL;
            *size = i;
            return match && match->keyword && match->chinese ? match : NULL;
        }
        if (!scan_is_han(c))
            return NULL;
    }
    return NULL;
}

/* The byte offset of a 的 that a digit follows (成本的50%); 0 = none. */
static size_t of_before_digit(struct text word) {
    static const struct text of = {"的", 3};
    for (size_t i = 3; i + 4 <= word.size; i++) {
        size_t size;
        if (memcmp(word.data + i, of.data, 3) == 0 &&
            scan_is_digit(text_decode((struct text){word.data + i + 3, word.size - i - 3}, &size)))
            return i;
    }
    return 0;
}

void scan_queue(struct scan *s, int token, size_t at, size_t size) {
    s->queued = token;
    s->queued_span = scan_span(s, at, size);
}

static int keyword_token(struct scan *s, const struct keyword_match *match, size_t end, struct span *span, long *more) {
    int token = match->keyword->token;
    if (token == TOK_POLICY && !s->outer)
        s->parse->build.policy->uses_chinese = match->chinese;
    size_t dot = token == TOK_APPLICANT || token == TOK_CLAIM ? dot_behind(s, end) : 0;
    if (dot) {
        *more += (long)dot;
        span->hi += (uint32_t)dot;
        token = token == TOK_CLAIM ? TOK_CLAIM_OF : TOK_APPLICANT_OF;
    }
    return token;
}

/* `第五条`, the number of a clause. */
static bool is_article(struct text word) {
    static const char first[] = "第", last[][4] = {"条", "條"};
    if (word.size <= 6 || memcmp(word.data, first, 3) != 0)
        return false;
    const char *end = word.data + word.size - 3;
    return memcmp(end, last[0], 3) == 0 || memcmp(end, last[1], 3) == 0;
}

int scan_word(struct scan *s, size_t at, size_t size, union parse_value *value, struct span *span, long *more) {
    struct text word = scan_slice(s, at, size);
    if (s->token_before == TOK_CLAUSE && is_article(word)) {
        value->string = ast_string_new(&s->parse->build, word, *span);
        return TOK_STRING;
    }
    enum word_class class = classify(word);
    size_t cut;
    const struct keyword_match *match = scan_keyword_before_digit(s, word, &cut);
    if (class != WORD_ODD && match && leads_amount(match->keyword->token)) {
        *more = (long)cut - (long)size;
        *span = scan_span(s, at, cut);
        return match->keyword->token;
    }
    if (class != WORD_ODD && (cut = of_before_digit(word)) > 0) {
        *more = (long)(cut + 3) - (long)size;
        scan_queue(s, TOK_DE, at + cut, 3);
        word.size = size = cut;
        *span = scan_span(s, at, cut);
    }
    if (class != WORD_PLAIN)
        word = normalise(s, at, word);
    if (word.size == 0)
        return 0; /* nothing that can be seen */
    size_t end = at + size;
    match = keywords_find(s->parse->keywords, word);
    size_t pair_size;
    const struct keyword_match *pair =
        match && match->begins_pair && !s->queued ? pair_behind(s, word, end, &pair_size) : NULL;
    if (pair) {
        *more = (long)pair_size;
        span->hi += (uint32_t)pair_size;
        return keyword_token(s, pair, end + pair_size, span, more);
    }
    if (match && match->keyword)
        return keyword_token(s, match, end, span, more);
    value->name = ast_name_new(&s->parse->build, word, *span);
    return TOK_NAME;
}

bool scan_used_as_name(const struct scan *s, int token, struct span span) {
    size_t size;
    struct text rest = scan_rest(s, span.hi - s->file->base);
    for (int i = 0; i < 64 && (size = scan_blank_size(rest)) > 0; i++)
        rest = (struct text){rest.data + size, rest.size - size};
    uint32_t c = text_decode(rest, &size);
    bool column = s->block_count && s->blocks[s->block_count - 1].kind == BLOCK_VALUES;
    if (token == TOK_ITEM && column) { /* an item has a name; the column `item` has none */
        const struct keyword_match *match = keywords_find(s->parse->keywords, scan_word_run(rest, 64));
        return !scan_is_word(c) || (match && match->keyword);
    }
    return c == ':' || c == 0xff1a || c == ',' || c == 0xff0c || c == 0x3001 || c == '=' || c == 0xff1d;
}
