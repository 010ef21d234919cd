/* format.c - tokens to pieces, the passes, and a second look at the result. */
#include "format/format.h"

#include <string.h>

#include "format/pieces.h"

bool piece_is_sign(const struct piece *p, const char *sign) {
    return p->role != ROLE_VERBATIM && p->token->kind == TOKEN_SIGN && strcmp(p->token->sign, sign) == 0;
}

bool piece_is_keyword(const struct piece *p, enum keyword_id id) {
    return p->token->kind == TOKEN_KEYWORD && p->token->keyword->id == id;
}

const struct piece *piece_after(const struct pieces *p, size_t at) {
    return p->piece[at].after ? &p->piece[p->piece[at].after] : NULL;
}

const struct piece *piece_before(const struct pieces *p, size_t at) {
    return p->piece[at].before ? &p->piece[p->piece[at].before - 1] : NULL;
}

/* Finds the neighbours of each piece among those that are no comments. */
static void link_neighbours(struct pieces *p) {
    size_t before = 0, after = 0;
    for (size_t i = 0; i < p->count; i++) {
        p->piece[i].before = before;
        if (p->piece[i].token->kind != TOKEN_COMMENT)
            before = i + 1;
    }
    for (size_t i = p->count; i-- > 0;) {
        p->piece[i].after = after;
        if (p->piece[i].token->kind != TOKEN_COMMENT)
            after = i;
    }
}

/* ---- collecting ------------------------------------------------------------------------------------------------- */

/* Line ends among the blanks between two tokens: 0, 1, or 2 for more. */
static unsigned count_breaks(const struct source *file, uint32_t from, uint32_t to) {
    unsigned count = 0;
    const char *at = file->bytes.data + (from - file->base), *end = file->bytes.data + (to - file->base);
    while (count < 2 && at < end && (at = memchr(at, '\n', (size_t)(end - at)))) {
        count++;
        at++;
    }
    return count;
}

/* The number of a clause is kept as it is: `（五）` is its name, 第五条 too. Returns how many tokens it takes; 0 = not
 * here. */
static size_t clause_number(const struct tokens *tokens, size_t at) {
    const struct token *t = &tokens->token[at];
    if (at == 0 || !t[-1].keyword || t[-1].keyword->id != KEYWORD_CLAUSE)
        return 0;
    if (t->kind == TOKEN_NUMBER || (t->kind == TOKEN_STRING && !strchr("\"\xe2\xe3", *t->text.data)))
        return 1;
    if (t->kind != TOKEN_SIGN || *t->sign != '(')
        return 0;
    size_t size = 1;
    while (at + size < tokens->count && !(t[size].kind == TOKEN_SIGN && *t[size].sign == ')'))
        size++;
    return at + size < tokens->count ? size + 1 : 0;
}

static bool is_bare_number(const struct token *t) {
    return t->kind == TOKEN_NUMBER && t->number->u.number.unit_text.size == 0;
}

/* The `/` of 1/3. Written with blanks it can mean something else behind `的`. */
static bool is_tight(const struct tokens *tokens, size_t at) {
    const struct token *t = &tokens->token[at];
    return at > 0 && at + 1 < tokens->count && t->kind == TOKEN_SIGN && *t->sign == '/' && is_bare_number(t - 1) &&
           is_bare_number(t + 1) && t[-1].span.hi == t->span.lo && t->span.hi == t[1].span.lo;
}

static void collect(struct pieces *p, const struct tokens *tokens, const struct source *file) {
    p->piece = arena_array_of(p->arena, struct piece, tokens->count + 1);
    uint32_t end = file->base;
    for (size_t i = 0; i < tokens->count;) {
        struct piece *piece = &p->piece[p->count++];
        size_t number = clause_number(tokens, i), size = number ? number : 1;
        piece->token = &tokens->token[i];
        piece->tokens = (unsigned)size;
        piece->tight = is_tight(tokens, i);
        piece->breaks = count_breaks(file, end, piece->token->span.lo);
        end = tokens->token[i + size - 1].span.hi;
        if (number) {
            piece->role = ROLE_VERBATIM;
            piece->text =
                (struct text){file->bytes.data + (piece->token->span.lo - file->base), end - piece->token->span.lo};
        }
        i += size;
    }
}

/* ---- the second look -------------------------------------------------------------------------------------------- */

static size_t tokens_of(const struct pieces *p) {
    size_t count = 0;
    for (size_t i = 0; i < p->count; i++)
        count += p->piece[i].tokens;
    return count;
}

static bool same_comments(const struct pieces *p, const struct tokens *again) {
    size_t at = 0;
    for (size_t i = 0; i < p->count; i++) {
        if (p->piece[i].token->kind != TOKEN_COMMENT)
            continue;
        while (at < again->count && again->token[at].kind != TOKEN_COMMENT)
            at++;
        if (at == again->count || !text_equal(again->token[at].text, p->piece[i].text))
            return false;
        at++;
    }
    return true;
}

/* In the language it was written in, every token is what it was. */
static bool same_kinds(const struct pieces *p, const struct tokens *again) {
    size_t at = 0;
    for (size_t i = 0; i < p->count; at += p->piece[i++].tokens) {
        const struct token *a = p->piece[i].token, *b = &again->token[at];
        if (a->kind != b->kind || a->keyword != b->keyword || (a->sign && strcmp(a->sign, b->sign) != 0))
            return false;
        if (a->kind == TOKEN_NAME && !text_equal(a->text, b->text))
            return false;
    }
    return true;
}

static bool reads_the_same(const struct pieces *p, struct sources *sources, const struct source *file,
                           struct text text) {
    struct source *result = sources_add(sources, file->path, text);
    if (!result)
        return false;
    struct diags diags;
    struct tokens again;
    diags_init(&diags, p->arena);
    parse_tokens(sources, result, &diags, p->arena, &again);
    if (diags.error_count || again.count != tokens_of(p))
        return false;
    return same_comments(p, &again) && (p->language != FORMAT_AS_WRITTEN || same_kinds(p, &again));
}

enum format_status format_file(struct sources *sources, struct source *file, enum format_language language,
                               struct diags *diags, struct arena *arena, struct text *out) {
    size_t before = diags->error_count;
    struct tokens tokens;
    parse_tokens(sources, file, diags, arena, &tokens);
    if (diags->error_count > before)
        return FORMAT_ERRORS;
    struct pieces pieces = {.arena = arena, .language = language};
    collect(&pieces, &tokens, file);
    format_share(&pieces, &tokens);
    link_neighbours(&pieces);
    format_context(&pieces);
    format_break(&pieces);
    format_spell(&pieces);
    struct text text = format_layout(&pieces);
    if (!reads_the_same(&pieces, sources, file, text))
        return FORMAT_UNSAFE;
    *out = text;
    return FORMAT_OK;
}
