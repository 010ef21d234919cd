/* parse.c - the driver: opens files, keeps braces balanced, feeds the parser, follows includes.
 *
 * The parser sees only balanced braces. A `}` that was forgotten shows where a keyword stands that cannot stand there:
 * it is reported with the place of the `{` and supplied; a `}` too many is reported and dropped. So a mistake with a
 * brace costs one message and not the rest of the file.
 */
#include "parse.h"

#include <errno.h>
#include <string.h>

#include "policy.tab.h"
#include "scan_text.h"
#include "tr.h"

enum { INCLUDE_DEPTH_LIMIT = 32, BLOCK_DEPTH_LIMIT = 1000 };

/* ---- braces ----------------------------------------------------------------------------------------------------- */

/* Sections stand outside of all braces. */
static bool begins_section(int token) {
    return token == TOK_CLAUSE || token == TOK_PARAMETER || token == TOK_SAMPLE || token == TOK_POLICY ||
           token == TOK_INCLUDE;
}

static bool begins_statement(int token) {
    switch (token) {
    case TOK_QUOTE:
    case TOK_LEAD:
    case TOK_RESPONSIBLE:
    case TOK_READING:
    case TOK_ACCEPT:
    case TOK_DECLARATORY:
    case TOK_REFERS_TO:
    case TOK_DEFINE:
    case TOK_ITEM:
    case TOK_NEEDS:
    case TOK_REQUIRE:
    case TOK_AWARD:
    case TOK_ONCE:
    case TOK_LADDER:
    case TOK_LESS:
    case TOK_CAP:
    case TOK_EXCLUDE:
    case TOK_LIMIT:
    case TOK_TARGET:
    case TOK_EXAMPLE:
        return true;
    default: /* every other token */
        return false;
    }
}

static bool begins_head(int token) {
    return token == TOK_ISSUER || token == TOK_SOURCE || token == TOK_VERSION || token == TOK_EFFECTIVE;
}

static bool begins_schema(int token) {
    return token == TOK_APPLICANT || token == TOK_CLAIM;
}

/* What else may stand in an example. */
static bool begins_result(int token) {
    return token == TOK_EXPECT || token == TOK_INDICATOR;
}

/* Whether a keyword at the beginning of a line shows that the block was not closed. */
static bool ends_block(enum block_kind kind, int token) {
    if (begins_section(token))
        return true;
    switch (kind) {
    case BLOCK_VALUES:
        return begins_statement(token) || begins_head(token) || begins_schema(token) || begins_result(token);
    case BLOCK_HEAD:
        return begins_statement(token) || begins_schema(token);
    case BLOCK_EXAMPLE:
        return begins_statement(token);
    case BLOCK_ITEM:
        return token == TOK_ITEM || begins_schema(token);
    case BLOCK_CLAUSE:
        return begins_schema(token);
    case BLOCK_UNKNOWN:
        return false;
    }
    return false;
}

/* Remembers what the next `{` opens. */
static void note_opening(struct scan *s, int token, struct span span) {
    enum block_kind kind = BLOCK_VALUES;
    switch (token) {
    case TOK_POLICY:
        kind = BLOCK_HEAD;
        break;
    case TOK_CLAUSE:
        kind = BLOCK_CLAUSE;
        break;
    case TOK_EXAMPLE:
        kind = BLOCK_EXAMPLE;
        break;
    case TOK_ITEM:
        if (s->token_before == TOK_PER || s->token_before == TOK_COMMA || scan_used_as_name(s, token, span))
            return; /* a key, or a column */
        kind = BLOCK_ITEM;
        break;
    case TOK_BY:
    case TOK_TIER:
    case TOK_ENUM:
    case TOK_APPLICANT:
    case TOK_CLAIM:
    case TOK_EXPECT:
    case TOK_INDICATOR:
        break;
    default:
        if (!begins_statement(token))
            return; /* part of a heading */
    }
    s->opening = kind;
    s->heading = span;
}

static void open_block(struct scan *s, struct span span) {
    s->blocks = arena_grow(s->parse->arena, s->blocks, s->block_count, &s->block_capacity, s->block_count + 1,
                           sizeof *s->blocks);
    s->blocks[s->block_count++] = (struct block){s->opening, false, span};
    s->opening = BLOCK_VALUES;
}

static struct block *innermost(struct scan *s) {
    return s->block_count ? &s->blocks[s->block_count - 1] : NULL;
}

static bool push(struct scan *s, int token, const union parse_value *value, struct span span) {
    bool ended = parser_push(s, token, value, span);
    if (ended && errno == ENOMEM)
        arena_fail(s->parse->arena);
    return ended;
}

/* Closes the innermost block in the user's stead, without a message. */
static bool supply_close(struct scan *s, struct span at) {
    s->block_count--;
    if (s->skipping) {
        s->skipping--;
        return false;
    }
    union parse_value none = {0};
    return push(s, TOK_RBRACE, &none, (struct span){at.lo, at.lo});
}

static void report_unclosed(struct scan *s, struct span at, int token) {
    struct parse *p = s->parse;
    struct text found = scan_text(s, at);
    struct diag *d = token == TOK_END
                         ? diag_add(p->diags, DIAG_SYNTAX, at, "`}` is missing at the end of the file")
                         : diag_add(p->diags, DIAG_SYNTAX, at, "`}` is missing before `%.*s`", TEXT_ARG(found));
    diag_label(p->diags, d, innermost(s)->open, "this `{` is not closed");
}

/* Whether this keyword has to stand in the block whose heading has been read, but no `{`. */
static bool begins_body(enum block_kind heading, int token) {
    switch (heading) {
    case BLOCK_VALUES:
    case BLOCK_UNKNOWN:
        return false;
    case BLOCK_HEAD:
        return begins_head(token);
    case BLOCK_CLAUSE:
        return begins_statement(token) && token != TOK_DECLARATORY;
    case BLOCK_ITEM:
        return begins_statement(token) && token != TOK_ITEM;
    case BLOCK_EXAMPLE:
        return token == TOK_APPLICANT || token == TOK_CLAIM || begins_result(token);
    }
    return false;
}

/* Supplies a forgotten `{` before the token. True when the parser has ended. */
static bool open_forgotten(struct scan *s, int token, struct span span) {
    if (!s->fresh_line || !begins_body(s->opening, token))
        return false;
    struct diag *d =
        diag_add(s->parse->diags, DIAG_SYNTAX, span, "`{` is missing before `%.*s`", TEXT_ARG(scan_text(s, span)));
    diag_label(s->parse->diags, d, s->heading, "what begins here is written in braces");
    struct span at = {span.lo, span.lo};
    open_block(s, at);
    if (s->skipping) {
        s->skipping++;
        return false;
    }
    union parse_value none = {0};
    if (push(s, TOK_LBRACE, &none, at))
        return true;
    innermost(s)->silent = parser_silent(s);
    if (parser_recovering(s))
        s->skipping = 1;
    return false;
}

/* Supplies each `}` forgotten before the token: together they are one mistake. True when the parser has ended. */
static bool close_forgotten(struct scan *s, int token, struct span span) {
    bool key = s->token_before == TOK_PER || s->token_before == TOK_COMMA;
    bool at_start = (s->fresh_line && !key) || token == TOK_END || begins_section(token);
    bool ended = false, reported = false;
    if (token != TOK_END && at_start && s->block_count && scan_used_as_name(s, token, span))
        return false;
    while (!ended && at_start && s->block_count && (token == TOK_END || ends_block(innermost(s)->kind, token))) {
        if (!reported)
            report_unclosed(s, span, token);
        reported = true;
        ended = supply_close(s, span);
    }
    return ended;
}

/* A `}`: false when it is not for the parser. */
static bool close_block(struct scan *s, struct span span, bool *silent) {
    if (!s->block_count) {
        struct diag *d = diag_add(s->parse->diags, DIAG_SYNTAX, span, "this `}` closes nothing");
        diag_help(s->parse->diags, d, "remove it, or look for a `{` that is missing above");
        return false;
    }
    *silent = innermost(s)->silent;
    s->block_count--;
    if (s->skipping) {
        s->skipping--;
        return false;
    }
    return true;
}

bool parse_misplaced(const struct scan *s, int token) {
    return !s->fresh_line && (begins_statement(token) || begins_section(token) || begins_head(token) ||
                              begins_schema(token) || begins_result(token));
}

/* ---- tokens ----------------------------------------------------------------------------------------------------- */

static int next_token(struct scan *s, union parse_value *value, struct span *span) {
    if (s->queued) {
        int token = s->queued;
        s->queued = 0;
        *span = s->queued_span;
        return token;
    }
    *span = (struct span){0, 0};
    int token = scanner_next(s, value, span);
    if (token == TOK_END) {
        uint32_t end = s->file->base + (uint32_t)s->file->bytes.size;
        *span = (struct span){end, end};
    }
    return token;
}

static bool first_of_line(const struct scan *s, struct span span) {
    const char *from = s->text + (s->last_end - s->file->base);
    return s->last_end == s->file->base || memchr(from, '\n', span.lo - s->last_end) != NULL;
}

/* `policy` comes first, only includes may stand before it, and there is one. */
static void check_head(struct scan *s, int token, struct span span) {
    struct parse *p = s->parse;
    if (s->block_count || token == TOK_END)
        return;
    if (token == TOK_POLICY) {
        struct diag *d = NULL;
        if (s->outer)
            d = diag_add(p->diags, DIAG_SYNTAX, span, "an included file has no `policy` of its own");
        else if (p->head_begun)
            d = diag_add(p->diags, DIAG_SYNTAX, span, "a file has one `policy`");
        else if (p->sections_begun)
            d = diag_add(p->diags, DIAG_SYNTAX, span, "`policy` comes first");
        if (d)
            diag_help(p->diags, d, "only `include` may stand before `policy NAME { … }`");
        p->head_begun = p->head_begun || !s->outer;
    } else if (token != TOK_INCLUDE && token != TOK_STRING && token != TOK_SEMICOLON && !s->outer) {
        p->sections_begun = true;
    }
}

/* Hands a token to the parser. True when it has ended. */
static bool feed(struct scan *s, int token, const union parse_value *value, struct span span) {
    bool expect =
        begins_result(token) && s->block_count && innermost(s)->kind == BLOCK_EXAMPLE && !innermost(s)->silent;
    bool starts = s->fresh_line && (begins_statement(token) || begins_section(token) || begins_head(token) || expect);
    if (starts)
        parser_resume(s); /* whatever is wrong from here on is another mistake */
    bool ended = push(s, token, value, span);
    if (ended)
        return true;
    if ((starts || token == TOK_SEMICOLON) && !parser_recovering(s))
        parser_resume(s);
    if (token == TOK_LBRACE) {
        struct block *block = innermost(s);
        block->silent = parser_silent(s);
        if (block->silent && block->kind == BLOCK_VALUES)
            block->kind = BLOCK_UNKNOWN;
        if (parser_recovering(s))
            s->skipping = 1; /* it has no use for it: what these braces hold is passed over */
    }
    return false;
}

/* ---- files ------------------------------------------------------------------------------------------------------ */

static struct text directory_of(struct text path) {
    size_t size = path.size;
    while (size && path.data[size - 1] != '/')
        size--;
    return (struct text){path.data, size};
}

/* The path of an included file: relative to the including one, without `.` and needless `..`. */
static struct text resolve(struct arena *arena, struct text from, struct text name) {
    struct text_buffer out = {.arena = arena};
    if (name.size == 0 || name.data[0] != '/')
        text_add(&out, directory_of(from));
    while (name.size) {
        const char *slash = memchr(name.data, '/', name.size);
        size_t size = slash ? (size_t)(slash - name.data) + 1 : name.size;
        struct text part = {name.data, size};
        bool up = part.size >= 2 && memcmp(part.data, "..", 2) == 0 && (part.size == 2 || part.data[2] == '/');
        bool here = part.size == 2 && memcmp(part.data, "./", 2) == 0;
        struct text parent = {out.data, out.size ? out.size - 1 : 0};
        size_t kept = directory_of(parent).size;
        bool named = out.size > 1 && !(out.size - kept == 3 && memcmp(out.data + kept, "../", 3) == 0) &&
                     !(out.size - kept == 2 && out.data[kept] == '.');
        if (up && part.size == 3 && named)
            out.size = kept;
        else if (!here)
            text_add(&out, part);
        name.data += size;
        name.size -= size;
    }
    return text_of_buffer(&out);
}

static bool is_open(const struct parse *p, const struct source *file) {
    for (const struct scan *s = p->open; s; s = s->outer)
        if (s->file == file)
            return true;
    return false;
}

static void parse_file(struct parse *p, struct source *file);

static void report_unreadable(struct parse *p, const struct ast_string *name, enum source_status status) {
    int error = errno;
    struct diag *d = diag_add(p->diags, DIAG_FILE, name->span, "cannot read `%.*s`", TEXT_ARG(name->text));
    if (status == SOURCE_TOO_LARGE)
        diag_note(p->diags, d, "it is larger than %d MiB", (int)SOURCE_SIZE_LIMIT >> 20);
    else
        diag_note(p->diags, d, "%s", tr_errno(error));
    if (status == SOURCE_NOT_FOUND)
        diag_help(p->diags, d, "the path is relative to the file that includes it");
}

/* A file is read once, however often it is included. */
static void include_file(struct scan *s, const struct ast_string *name) {
    struct parse *p = s->parse;
    struct text path = resolve(p->arena, s->file->path, name->text);
    struct source *file = text_map_get(p->included, path);
    if (file) {
        if (is_open(p, file))
            diag_add(p->diags, DIAG_SYNTAX, name->span, "`%.*s` includes itself", TEXT_ARG(name->text));
        return;
    }
    size_t depth = 0;
    for (const struct scan *o = s; o; o = o->outer)
        depth++;
    if (depth > INCLUDE_DEPTH_LIMIT) {
        diag_add(p->diags, DIAG_NESTING, name->span, "files include each other more than %d deep",
                 (int)INCLUDE_DEPTH_LIMIT);
        return;
    }
    enum source_status status = sources_read(p->sources, path, &file);
    if (status != SOURCE_OK) {
        report_unreadable(p, name, status);
        return;
    }
    *text_map_slot(p->included, path) = file;
    parse_file(p, file);
}

/* One token of the file. False at its end. */
static bool step(struct scan *s) {
    union parse_value value = {0};
    struct span span;
    int token = next_token(s, &value, &span);
    if (s->parse->tokens && token != TOK_END)
        tokens_add(s, token, &value, span);
    s->fresh_line = first_of_line(s, span);
    check_head(s, token, span);
    if (open_forgotten(s, token, span) || close_forgotten(s, token, span))
        return false;
    s->last_end = span.hi;
    s->token = token;
    bool silent = true;
    if (token == TOK_LBRACE) {
        open_block(s, span);
        if (s->block_count > BLOCK_DEPTH_LIMIT) {
            diag_add(s->parse->diags, DIAG_NESTING, span, "braces nested more than %d deep", (int)BLOCK_DEPTH_LIMIT);
            return false;
        }
        if (s->skipping) {
            s->skipping++;
            return true;
        }
    } else if (token == TOK_RBRACE) {
        if (!close_block(s, span, &silent))
            return true;
    } else {
        note_opening(s, token, span);
        if (s->skipping)
            return true;
    }
    bool ended = feed(s, token, &value, span);
    if (!ended && !silent && !parser_recovering(s))
        parser_resume(s); /* a block that began well has ended well, whatever was wrong inside */
    s->token_before = token;
    s->span_before = span;
    if (s->include) {
        struct ast_string *name = s->include;
        s->include = NULL;
        if (!s->parse->tokens)
            include_file(s, name);
    }
    return !ended && token != TOK_END;
}

static void parse_file(struct parse *p, struct source *file) {
    struct scan *s = arena_new_of(p->arena, struct scan);
    s->parse = p;
    s->file = file;
    s->last_end = file->base;
    s->outer = p->open;
    p->open = s; /* from here on clean_up releases the parser */
    errno = 0;
    s->parser = parser_new();
    if (!s->parser || !scanner_open(s))
        arena_fail(p->arena);
    while (step(s)) {}
    parser_free(s->parser);
    p->open = s->outer;
}

/* ---- the whole -------------------------------------------------------------------------------------------------- */

/* The arenas of a parse may be one, two or three. Whichever runs out, the parsers are released first. */
struct targets {
    struct arena *arena[3];
    jmp_buf *before[3];
    size_t count;
};

static void set_target(struct targets *t, struct arena *arena, jmp_buf *target) {
    for (size_t i = 0; i < t->count; i++)
        if (t->arena[i] == arena)
            return;
    t->arena[t->count] = arena;
    t->before[t->count++] = arena_on_failure(arena, target);
}

static void restore_targets(const struct targets *t) {
    for (size_t i = 0; i < t->count; i++)
        arena_on_failure(t->arena[i], t->before[i]);
}

static void clean_up(struct parse *p, const struct targets *t) {
    for (struct scan *s = p->open; s; s = s->outer)
        parser_free(s->parser);
    restore_targets(t);
    for (size_t i = 0; i < t->count; i++)
        if (arena_failed(t->arena[i]))
            arena_fail(t->arena[i]);
}

static void run(struct parse *p, struct source *file) {
    p->keywords = keywords_new(p->arena);
    p->included = text_map_new(p->arena);
    *text_map_slot(p->included, resolve(p->arena, TEXT(""), file->path)) = file;
    ast_builder_init(&p->build, p->arena, p->diags);
    parse_file(p, file);
    if (!p->head_begun && !p->tokens) {
        struct diag *d =
            diag_add(p->diags, DIAG_SYNTAX, (struct span){file->base, file->base}, "this file has no `policy`");
        diag_help(p->diags, d, "a policy begins with `policy NAME \"title\" { … }`, in Chinese `政策`");
    }
}

static struct ast_policy *parse(struct sources *sources, struct source *file, struct diags *diags, struct arena *arena,
                                struct tokens *tokens) {
    struct parse *p = arena_new_of(arena, struct parse);
    *p = (struct parse){.sources = sources, .diags = diags, .arena = arena, .tokens = tokens};
    jmp_buf out_of_memory;
    struct targets targets = {.count = 0};
    set_target(&targets, arena, &out_of_memory);
    set_target(&targets, sources->arena, &out_of_memory);
    set_target(&targets, diags->arena, &out_of_memory);
    if (setjmp(out_of_memory))
        clean_up(p, &targets); /* goes on to the caller's target */
    else
        run(p, file);
    restore_targets(&targets);
    return ast_builder_finish(&p->build);
}

struct ast_policy *parse_policy(struct sources *sources, struct source *file, struct diags *diags,
                                struct arena *arena) {
    return parse(sources, file, diags, arena, NULL);
}

void parse_tokens(struct sources *sources, struct source *file, struct diags *diags, struct arena *arena,
                  struct tokens *out) {
    *out = (struct tokens){.arena = arena};
    out->shares = parse(sources, file, diags, arena, out)->shares;
}
