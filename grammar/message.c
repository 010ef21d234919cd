/* message.c - a syntax error in words: what was expected, what was found, and what may have been meant. */
#include <string.h>

#include "policy.tab.h"
#include "scan_text.h"
#include "tr.h"

/* What the grammar calls a token is translated where it is shown: */
#define END_OF_FILE tr_later("the end of the file")

enum { SHOWN_LIMIT = 6, WORD_LIMIT = 40 /* bytes of a user's word that are repeated */ };

/* What is expected, as a set. Names are those of the grammar. */
struct expectation {
    const char *const *names;
    size_t count;
    bool *told; /* by a word for a whole group */
};

static bool same(const char *a, const char *b) {
    return strcmp(a, b) == 0;
}

static bool expects(const struct expectation *e, const char *name) {
    for (size_t i = 0; i < e->count; i++)
        if (same(e->names[i], name))
            return true;
    return false;
}

static void tell(struct expectation *e, const char *const *group) {
    for (; *group; group++)
        for (size_t i = 0; i < e->count; i++)
            if (same(e->names[i], *group))
                e->told[i] = true;
}

static const char *const expression_group[] = {
    tr_later("a number"),
    tr_later("a ratio"),
    tr_later("a date"),
    tr_later("a text in quotes"),
    tr_later("a name"),
    "yes",
    "no",
    "missing",
    "applicant.",
    "claim.",
    "year",
    "(",
    "by",
    "tier",
    "not",
    "-",
    "if",
    NULL,
};
static const char *const operator_group[] = {
    "+",      "-",    "*",    "/",   "of", "的",      "for each", "=",      "!=",
    "<",      "<=",   ">",    ">=",  "is", "is not",  "in",       "not in", "不少于",
    "不超过", "超过", "少于", "and", "or", "at most", "at least", "up to",  NULL,
};
static const char *const comparison_group[] = {
    "=", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in", "不少于", "不超过", "超过", "少于", NULL,
};
static const char *const statement_group[] = {
    "quote",  "lead", "responsible", "reading", "accept", "declaratory", "refers to",
    "define", "item", "needs",       "require", "award",  "once",        "ladder",
    "less",   "cap",  "exclude",     "limit",   "target", "example",     NULL,
};
static const char *const section_group[] = {
    "include", "policy", "parameter", "applicant", "claim", "sample", "clause", NULL,
};
static const char *const key_group[] = {"applicant", "year", "item", "a name", "applicant.", "claim.", NULL};
static const char *const bound_group[] = {"from", "above", "to", "below", NULL};

/* ---- wording ---------------------------------------------------------------------------------------------------- */

struct wording {
    struct text_buffer out;
    size_t said;
    bool chinese; /* the file is in Chinese: that spelling first */
};

static const struct keyword *keyword_named(const struct scan *s, const char *name) {
    const struct keyword_match *match = keywords_find(s->parse->keywords, text_of(name));
    return match ? match->keyword : NULL;
}

static void add_word(struct wording *w, const char *words) {
    if (w->said++)
        text_add(&w->out, TEXT("\x1f")); /* becomes a comma or `or` when all are known */
    text_add(&w->out, text_of(words));
}

static void add_token(struct wording *w, const struct scan *s, const char *name) {
    if (strncmp(name, "a ", 2) == 0 || strncmp(name, "the ", 4) == 0) {
        add_word(w, tr(name));
        return;
    }
    add_word(w, "`");
    const struct keyword *k = keyword_named(s, name);
    const char *first = k && w->chinese && k->simplified ? k->simplified : name;
    const char *second = !k ? NULL : first == name ? k->simplified : k->english;
    if (second && same(first, second))
        second = NULL;
    text_addf(&w->out, "%s`", first);
    if (second)
        text_addf(&w->out, " (%s)", second);
}

static void add_groups(struct wording *w, struct expectation *e) {
    bool operators = expects(e, "+") && expects(e, "*");
    if (expects(e, "if")) {
        add_word(w, tr("an expression"));
        tell(e, expression_group);
    } else if (expects(e, "(") && expects(e, "a number") && expects(e, "a ratio")) {
        add_word(w, tr("a value"));
        tell(e, expression_group);
    } else if (expects(e, "item") && expects(e, "year") && expects(e, "claim.")) {
        add_word(w, tr("a key (applicant, year, item or a field)"));
        tell(e, key_group);
    }
    if (operators) { /* an expression can always go on: no news */
        tell(e, operator_group);
        tell(e, (const char *const[]){"(", NULL});
    }
    if (expects(e, "from") && expects(e, "below") && expects(e, "else")) {
        add_word(w, tr("a row (from, above, to, below, else)"));
        tell(e, bound_group);
        tell(e, (const char *const[]){"else", NULL});
    }
    if (expects(e, "quote") && expects(e, "require")) {
        add_word(w, expects(e, "clause") ? tr("a clause or statement") : tr("a statement"));
        tell(e, statement_group);
        if (expects(e, "clause"))
            tell(e, section_group);
    }
}

/* Puts `, ` and ` or ` between the parts. */
static struct text join(struct arena *arena, struct text parts, size_t count) {
    struct text_buffer out = {.arena = arena};
    size_t left = count;
    for (size_t i = 0; i < parts.size; i++) {
        if (parts.data[i] == '\x1f')
            text_add(&out, text_of(--left > 1 ? tr(", ") : tr(" or ")));
        else
            text_add(&out, (struct text){parts.data + i, 1});
    }
    return text_of_buffer(&out);
}

/* Leaves a token out when more than `few` others are named. */
static void tell_if_others(struct expectation *e, size_t said, const char *name, size_t few) {
    size_t others = said;
    for (size_t i = 0; i < e->count; i++)
        others += !e->told[i] && !same(e->names[i], name);
    if (others > few)
        tell(e, (const char *const[]){name, NULL});
}

static struct text expected_words(struct scan *s, struct expectation *e) {
    struct wording w = {.out = {.arena = s->parse->arena}, .chinese = s->parse->build.policy->uses_chinese};
    add_groups(&w, e);
    /* What is possible nearly everywhere is worth a word only when little else is. */
    tell_if_others(e, w.said, ";", 0);
    tell_if_others(e, w.said, ",", w.said ? 0 : 2);
    if (!expects(e, "a number"))
        tell_if_others(e, w.said, "(", 0);
    for (size_t i = 0; i < e->count && w.said < SHOWN_LIMIT; i++)
        if (!e->told[i])
            add_token(&w, s, e->names[i]);
    if (w.said == 0)
        add_word(&w, tr("an operator"));
    return join(s->parse->arena, text_of_buffer(&w.out), w.said);
}

static struct text shortened(struct arena *arena, struct text t) {
    if (t.size <= WORD_LIMIT)
        return t;
    size_t end = WORD_LIMIT;
    while (end > 0 && ((unsigned char)t.data[end] & 0xc0) == 0x80)
        end--;
    return text_format(arena, "%.*s…", (int)end, t.data);
}

static struct text found_words(struct scan *s, struct span span, const char *found) {
    struct arena *arena = s->parse->arena;
    if (span.lo == span.hi)
        return text_of(same(found, "}") ? tr("the end of the block") : tr(found));
    struct text t = shortened(arena, scan_text(s, span));
    const struct keyword_match *match = keywords_find(s->parse->keywords, scan_text(s, span));
    bool alone = (match && match->keyword) || keyword_named(s, found);
    const char *format = alone                             ? tr("keyword `%.*s`")
                         : same(found, "a name")           ? tr("the name `%.*s`")
                         : same(found, "a number")         ? tr("the number `%.*s`")
                         : same(found, "a date")           ? tr("the date `%.*s`")
                         : same(found, "a ratio")          ? tr("the ratio `%.*s`")
                         : same(found, "a text in quotes") ? tr("the text `%.*s`")
                                                           : "`%.*s`";
    return text_format(arena, format, TEXT_ARG(t));
}

/* ---- what may have been meant ----------------------------------------------------------------------------------- */

/* Characters of a word, at most `most`; 0 = more than that. */
static size_t characters(struct text t, uint32_t *out, size_t most) {
    size_t count = 0, size;
    for (; t.size; t.data += size, t.size -= size) {
        if (count == most)
            return 0;
        out[count++] = text_decode(t, &size);
    }
    return count;
}

/* Whether two words differ by one letter: put in, left out, exchanged, or two swapped. */
static bool nearly_same(struct text a, struct text b) {
    enum { MOST = 16 };
    uint32_t x[MOST], y[MOST];
    size_t m = characters(a, x, MOST), n = characters(b, y, MOST);
    if (m == 0 || n == 0 || (m > n ? m - n : n - m) > 1 || (m < 3 && x[0] < 0x80) || m < 2)
        return false;
    size_t i = 0, j = 0;
    while (i < m && i < n && x[i] == y[i])
        i++;
    while (j < m - i && j < n - i && x[m - 1 - j] == y[n - 1 - j])
        j++;
    size_t left = m - i - j, right = n - i - j;
    if (left <= 1 && right <= 1)
        return true;
    return left == 2 && right == 2 && x[i] == y[i + 1] && x[i + 1] == y[i];
}

/* The expected keyword, in any spelling, for which `fits` holds. */
static const char *find_keyword(struct scan *s, const struct expectation *e, struct text word,
                                bool (*fits)(struct text word, struct text spelling)) {
    for (size_t i = 0; i < e->count; i++) {
        const struct keyword *k = keyword_named(s, e->names[i]);
        const char *spellings[] = {k ? k->english : NULL, k ? k->simplified : NULL, k ? k->traditional : NULL};
        for (size_t j = 0; j < 3; j++)
            if (spellings[j] && fits(word, text_of(spellings[j])))
                return spellings[j];
    }
    return NULL;
}

static bool grown_together(struct text word, struct text spelling) {
    return (unsigned char)*spelling.data >= 0x80 && spelling.size >= 3 && word.size > spelling.size &&
           memcmp(word.data, spelling.data, spelling.size) == 0;
}

static bool first_of_two(struct text word, struct text spelling) {
    return spelling.size > word.size && spelling.data[word.size] == ' ' &&
           memcmp(word.data, spelling.data, word.size) == 0;
}

/* The one keyword of which the word can only be a slip. */
static const char *only_slip(struct scan *s, const struct expectation *e, struct text word) {
    const char *only = NULL;
    for (size_t i = 0; i < e->count; i++) {
        const struct keyword *k = keyword_named(s, e->names[i]);
        const char *spellings[] = {k ? k->english : NULL, k ? k->simplified : NULL, k ? k->traditional : NULL};
        for (size_t j = 0; j < 3; j++) {
            if (!spellings[j] || !text_is_slip(word, text_of(spellings[j])))
                continue;
            if (only && !same(only, spellings[j]))
                return NULL;
            only = spellings[j];
        }
    }
    return only;
}

/* True when it knew something. */
static bool help_with_name(struct scan *s, struct diag *d, const struct expectation *e, struct text word) {
    struct diags *diags = s->parse->diags;
    const char *near = find_keyword(s, e, word, first_of_two);
    if (!near)
        near = find_keyword(s, e, word, nearly_same);
    if (near) {
        diag_help(diags, d, "did you mean `%s`?", near);
        const char *slip = only_slip(s, e, word);
        if (slip && text_equal(scan_text(s, d->span), word))
            diag_fix(diags, d, d->span, text_of(slip));
        return true;
    }
    const char *together = find_keyword(s, e, word, grown_together);
    if (together)
        diag_help(diags, d, "put a blank behind the keyword: `%s %.*s`", together, (int)(word.size - strlen(together)),
                  word.data + strlen(together));
    return together != NULL;
}

static bool is_among(const char *name, const char *const *group) {
    for (; *group; group++)
        if (same(name, *group))
            return true;
    return false;
}

/* 1,000: a comma between digits. */
static bool parts_digits(const struct scan *s, struct span span) {
    size_t lo = span.lo - s->file->base, hi = span.hi - s->file->base, size;
    return lo > 0 && s->text[lo - 1] >= '0' && s->text[lo - 1] <= '9' &&
           scan_is_digit(text_decode(scan_rest(s, hi), &size));
}

/* Whether only a name fits (or an expression, which a name can be), so that a keyword was taken for one. */
static bool wants_name(const struct scan *s, const struct expectation *e, const char *found) {
    if (!expects(e, "a name"))
        return false;
    if (expects(e, "if"))
        return !is_among(found, operator_group) && !(s->fresh_line && is_among(found, statement_group));
    for (size_t i = 0; i < e->count; i++)
        if (!same(e->names[i], "a name") && !same(e->names[i], "}") && !same(e->names[i], ";"))
            return false;
    return true;
}

/* The Chinese keyword that a name begins with; empty = none. */
static struct text keyword_within(const struct scan *s, struct text name) {
    enum { LONGEST = 18 };
    struct text found = {name.data, 0};
    for (size_t i = 0, size; i < name.size && i < LONGEST; i += size) {
        if (!scan_is_han(text_decode((struct text){name.data + i, name.size - i}, &size)) || i + size == name.size)
            break;
        const struct keyword_match *match = keywords_find(s->parse->keywords, (struct text){name.data, i + size});
        if (match && match->keyword)
            found.size = i + size;
    }
    return found;
}

/* The name before the mistake may be a keyword and a name grown together: 按级别, 成本的. */
static void help_with_name_before(struct scan *s, struct diag *d) {
    struct text name = scan_text(s, s->span_before), keyword = keyword_within(s, name);
    static const char of[] = "的";
    if (name.size > 3 && memcmp(name.data + name.size - 3, of, 3) == 0)
        diag_help(s->parse->diags, d, "if the keyword `的` is meant, put a blank before it: `%.*s 的`",
                  (int)name.size - 3, name.data);
    else if (keyword.size)
        diag_help(s->parse->diags, d, "if the keyword `%.*s` is meant, put a blank behind it: `%.*s %.*s`",
                  TEXT_ARG(keyword), TEXT_ARG(keyword), (int)(name.size - keyword.size), name.data + keyword.size);
}

static bool is_head(const char *found) {
    return same(found, "issuer") || same(found, "source") || same(found, "version") || same(found, "effective");
}

static void add_help(struct scan *s, struct diag *d, struct span span, const char *found, const struct expectation *e) {
    struct diags *diags = s->parse->diags;
    struct text word = scan_text(s, span);
    const struct keyword_match *match = keywords_find(s->parse->keywords, word);
    if (s->token_before == TOK_CLAUSE)
        diag_help(diags, d, "the number of a clause is written 7, （五）, 第五条 or \"5a\"");
    else if (same(found, "a name") && help_with_name(s, d, e, word))
        return;
    else if (match && match->keyword && wants_name(s, e, found))
        diag_help(diags, d, "`%.*s` is a keyword and cannot be a name; `%.*s_1` can", TEXT_ARG(word), TEXT_ARG(word));
    else if ((same(found, "a ratio") || s->token_before == TOK_RATIO) && expects(e, ":"))
        diag_help(diags, d, "digits on both sides of a colon are a ratio; put a blank behind the colon");
    else if (is_among(found, comparison_group) && expects(e, "+") && !expects(e, found))
        diag_help(diags, d, "comparisons are joined with `and`: a < b and b < c");
    else if (same(found, ",") && parts_digits(s, span))
        diag_help(diags, d, "numbers are written without commas: 1000000, or 100万");
    else if (same(found, ",") && expects(e, "pending"))
        diag_help(diags, d,
                  "a comma joins fields of the same type; a field with a type of its own follows without one");
    else if (is_head(found) && expects(e, "clause"))
        diag_help(diags, d, "it belongs into `policy NAME { … }` at the beginning");
    else if (s->token_before == TOK_NAME && !s->fresh_line)
        help_with_name_before(s, d);
}

/* A keyword where a name is declared or given a value. */
static bool report_keyword(struct scan *s, struct span span, const struct expectation *e) {
    struct diags *diags = s->parse->diags;
    struct text word = scan_text(s, span);
    const struct keyword_match *match = keywords_find(s->parse->keywords, word);
    if (!match || !match->keyword || !expects(e, "a name") || !scan_used_as_name(s, match->keyword->token, span))
        return false;
    struct diag *d = diag_add(diags, DIAG_SYNTAX, span, "`%.*s` is a keyword and cannot be a name", TEXT_ARG(word));
    diag_help(diags, d, "write another name, such as `%.*s_1`", TEXT_ARG(word));
    return true;
}

void syntax_error(struct scan *s, struct span span, const char *found, const char *const *expected, size_t count) {
    bool *told = arena_array_of(s->parse->arena, bool, count + 1);
    struct expectation e = {expected, count, told};
    if (report_keyword(s, span, &e))
        return;
    struct text wanted = expected_words(s, &e), got = found_words(s, span, found);
    struct diag *d =
        diag_add(s->parse->diags, DIAG_SYNTAX, span, "expected %.*s, found %.*s", TEXT_ARG(wanted), TEXT_ARG(got));
    diag_caret(s->parse->diags, d, "expected %.*s", TEXT_ARG(wanted));
    add_help(s, d, span, found, &e);
}
