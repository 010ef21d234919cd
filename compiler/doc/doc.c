#include "doc/doc.h"

#include <string.h>

#include "legal/numeral.h"

/* A quote found in the document, and whose it is. */
struct found {
    size_t lo, hi;
    const struct model_clause *clause;
    const struct ast_stmt *item; /* NULL: the clause's own */
    struct found *next;
};

struct doc {
    const struct model *model;
    struct original *document;
    const struct sources *sources;
    struct text_buffer *out;
    struct arena *arena;
    struct found *found, **last;
    unsigned char *covered; /* by byte of the document: 0 no quote, 1 quoted, 2 quoted by a declaratory clause */
    bool *shown;            /* by clause: its own card has been written */
};

static void put(struct doc *d, const char *z) {
    text_add(d->out, text_of(z));
}

static void put_escaped(struct doc *d, struct text t) {
    for (size_t i = 0, from = 0; i <= t.size; i++) {
        const char *as = NULL;
        if (i < t.size && t.data[i] == '<')
            as = "&lt;";
        else if (i < t.size && t.data[i] == '>')
            as = "&gt;";
        else if (i < t.size && t.data[i] == '&')
            as = "&amp;";
        else if (i < t.size && t.data[i] == '"')
            as = "&quot;";
        if (!as && i < t.size)
            continue;
        text_add(d->out, (struct text){t.data + from, i - from});
        if (as)
            put(d, as);
        from = i + 1;
    }
}

static void put_element(struct doc *d, const char *open, struct text content, const char *close) {
    put(d, open);
    put_escaped(d, content);
    put(d, close);
}

/* ---- where quotes stand ----------------------------------------------------------------------------------------- */

static void add_quote(struct doc *d, const struct model_clause *clause, const struct ast_stmt *item,
                      const struct ast_string *quote) {
    size_t lo, hi;
    if (!original_find(d->document, quote->text, 0, &lo, &hi))
        return;
    struct found *f = arena_new_of(d->arena, struct found);
    *f = (struct found){.lo = lo, .hi = hi, .clause = clause, .item = item};
    *d->last = f;
    d->last = &f->next;
    memset(d->covered + lo, clause->declaratory ? 2 : 1, hi - lo);
}

/* The title of a clause, and the number before it, are covered by the clause itself. */
static void cover_title(struct doc *d, const struct model_clause *c) {
    size_t count, lo, hi;
    enum provision_style style;
    int64_t number = numeral_of_provision(c->number, &style);
    const struct provision *p = original_provisions(d->document, &count);
    for (size_t i = 0; number && i < count; i++) {
        if (p[i].number != number || p[i].style != style)
            continue;
        if (c->title.size && original_find(d->document, c->title, p[i].lo, &lo, &hi) && hi <= p[i].first_line)
            memset(d->covered + p[i].lo, c->declaratory ? 2 : 1, hi - p[i].lo);
    }
}

/* A department that leads or is responsible covers its line, from the words before it. */
static void cover_departments(struct doc *d, const struct model_clause *c) {
    size_t count, lo, hi;
    enum provision_style style;
    int64_t number = numeral_of_provision(c->number, &style);
    const struct provision *p = original_provisions(d->document, &count);
    struct text document = original_text(d->document);
    for (size_t i = 0; number && i < count; i++) {
        if (p[i].number != number || p[i].style != style)
            continue;
        for (const struct ast_stmt *s = c->ast->body; s; s = s->next)
            for (const struct ast_string *t = s->kind == AST_LEAD || s->kind == AST_RESPONSIBLE ? s->strings : NULL; t;
                 t = t->next) {
                if (!original_find(d->document, t->text, p[i].first_line, &lo, &hi) || hi > p[i].hi)
                    continue;
                while (lo > p[i].first_line && document.data[lo - 1] != '\n')
                    lo--;
                memset(d->covered + lo, c->declaratory ? 2 : 1, hi - lo);
            }
    }
}

/* Punctuation beside covered text goes with it. */
static void cover_punctuation(struct doc *d) {
    static const char *const marks[] = {"。", "，", "；", "、", "：", ".", ",", ";", ":", " ", "　"};
    struct text document = original_text(d->document);
    for (size_t at = 1; at < document.size; at++) {
        if (d->covered[at] || !d->covered[at - 1])
            continue;
        for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
            size_t size = strlen(marks[i]);
            if (document.size - at >= size && memcmp(document.data + at, marks[i], size) == 0)
                memset(d->covered + at, d->covered[at - 1], size);
        }
    }
}

static void find_quotes(struct doc *d) {
    for (const struct model_clause *c = d->model->clauses; c; c = c->next) {
        cover_title(d, c);
        cover_departments(d, c);
        for (const struct ast_stmt *s = c->ast->body; s; s = s->next) {
            for (const struct ast_string *q = s->kind == AST_QUOTE ? s->strings : NULL; q; q = q->next)
                add_quote(d, c, NULL, q);
            for (const struct ast_stmt *i = s->kind == AST_ITEM ? s->body : NULL; i; i = i->next)
                for (const struct ast_string *q = i->kind == AST_QUOTE ? i->strings : NULL; q; q = q->next)
                    add_quote(d, c, s, q);
        }
    }
}

/* ---- rules ------------------------------------------------------------------------------------------------------ */

static bool is_rule(const struct ast_stmt *s) {
    switch (s->kind) {
    case AST_DEFINE:
    case AST_NEEDS:
    case AST_REQUIRE:
    case AST_AWARD:
    case AST_ONCE:
    case AST_LADDER:
    case AST_LESS:
    case AST_CAP:
    case AST_LIMIT:
    case AST_EXCLUDE:
    case AST_TARGET:
        return true;
    case AST_QUOTE:
    case AST_LEAD:
    case AST_RESPONSIBLE:
    case AST_READING:
    case AST_ACCEPT:
    case AST_DECLARATORY:
    case AST_REFERS:
    case AST_ITEM:
    case AST_EXAMPLE:
        return false;
    }
    return false;
}

static void put_rules(struct doc *d, const struct ast_stmt *body) {
    bool any = false;
    for (const struct ast_stmt *s = body; s; s = s->next) {
        if (!is_rule(s))
            continue;
        put(d, any ? "\n" : "<pre>");
        put_escaped(d, sources_text(d->sources, s->span));
        any = true;
    }
    put(d, any ? "</pre>\n" : "");
}

static void put_strings(struct doc *d, const struct ast_stmt *body, enum ast_stmt_kind kind, const char *label) {
    for (const struct ast_stmt *s = body; s; s = s->next) {
        if (s->kind != kind)
            continue;
        put(d, "<p class=\"note\"><b>");
        put(d, label);
        put(d, "</b> ");
        for (const struct ast_string *t = s->strings; t; t = t->next) {
            put_escaped(d, t->text);
            put(d, t->next ? "，" : "");
        }
        put(d, "</p>\n");
    }
}

static void put_examples(struct doc *d, const struct ast_stmt *body) {
    for (const struct ast_stmt *s = body; s; s = s->next) {
        if (s->kind != AST_EXAMPLE || !s->example)
            continue;
        put(d, "<details><summary>示例 Example: ");
        put_escaped(d, s->example->title ? s->example->title->text : TEXT(""));
        put(d, "</summary><pre>");
        put_escaped(d, sources_text(d->sources, s->span));
        put(d, "</pre></details>\n");
    }
}

static void put_body(struct doc *d, const struct ast_stmt *body) {
    put_rules(d, body);
    put_strings(d, body, AST_READING, "释义 Reading");
    put_strings(d, body, AST_ACCEPT, "接受 Accepted");
    put_strings(d, body, AST_REFERS, "参照 Refers to");
    put_strings(d, body, AST_LEAD, "牵头 Lead");
    put_strings(d, body, AST_RESPONSIBLE, "责任 Responsible");
    put_examples(d, body);
}

static bool has_body(const struct ast_stmt *body) {
    for (const struct ast_stmt *s = body; s; s = s->next)
        if (s->kind != AST_ITEM && s->kind != AST_QUOTE)
            return true;
    return false;
}

static void put_item_card(struct doc *d, const struct model_clause *c, const struct ast_stmt *item) {
    put(d, "<section class=\"card\">");
    put_element(d, "<h4><span class=\"number\">§ ", c->number, "</span> ");
    if (item->label)
        put_element(d, "", item->label->text, " ");
    put_element(d, "<code>", item->name.text, "</code>");
    if (item->kinds) {
        put(d, " <small>");
        put_escaped(d, sources_text(d->sources, item->kinds->span));
        put(d, "</small>");
    }
    put(d, "</h4>\n");
    put_body(d, item->body);
    put(d, "</section>\n");
}

/* Does a quote of its own place the item? */
static bool placed(const struct doc *d, const struct ast_stmt *item) {
    for (const struct found *f = d->found; f; f = f->next)
        if (f->item == item)
            return true;
    return false;
}

/* The clause's card, with the items that stand by the clause's quotes. */
static void put_clause_card(struct doc *d, const struct model_clause *c) {
    if (d->shown[c->index])
        return;
    d->shown[c->index] = true;
    if (c->declaratory || has_body(c->ast->body)) {
        put(d, c->declaratory ? "<section class=\"card quiet\">" : "<section class=\"card\">");
        put_element(d, "<h3><span class=\"number\">§ ", c->number, "</span> ");
        put_element(d, "", c->title, "</h3>\n");
        if (c->declaratory)
            put(d, "<p class=\"note\">宣示：不决定金额 · declaratory: decides nothing</p>\n");
        put_body(d, c->ast->body);
        put(d, "</section>\n");
    }
    for (const struct ast_stmt *s = c->ast->body; s; s = s->next)
        if (s->kind == AST_ITEM && !placed(d, s))
            put_item_card(d, c, s);
}

/* ---- the document ----------------------------------------------------------------------------------------------- */

static bool inside_declaratory(const struct doc *d, size_t at) {
    size_t count;
    const struct provision *p = original_provisions(d->document, &count);
    for (size_t i = 0; i < count; i++) {
        if (at < p[i].lo || at >= p[i].hi)
            continue;
        for (const struct found *f = d->found; f; f = f->next)
            if (f->clause->declaratory && f->lo >= p[i].lo && f->lo < p[i].hi)
                return true;
    }
    return false;
}

static void put_paragraph(struct doc *d, size_t lo, size_t hi) {
    struct text document = original_text(d->document);
    bool quiet = inside_declaratory(d, lo);
    put(d, "<p>");
    for (size_t at = lo; at < hi;) {
        size_t end = at;
        while (end < hi && d->covered[end] == d->covered[at])
            end++;
        const char *open = d->covered[at] == 1   ? "<span class=\"in\">"
                           : d->covered[at] == 2 ? "<span class=\"said\">"
                           : quiet               ? "<span class=\"said\">"
                                                 : "<span class=\"out\">";
        put_element(d, open, (struct text){document.data + at, end - at}, "</span>");
        at = end;
    }
    put(d, "</p>\n");
}

static void put_cards_of(struct doc *d, size_t lo, size_t hi, const struct found *from) {
    for (const struct found *f = from; f; f = f->next) {
        if (f->lo < lo || f->lo >= hi)
            continue;
        if (!d->shown[f->clause->index] && (has_body(f->clause->ast->body) || !f->item))
            put_clause_card(d, f->clause);
        bool before = !f->item;
        for (const struct found *g = d->found; g != f && !before; g = g->next)
            before = g->item == f->item;
        if (!before)
            put_item_card(d, f->clause, f->item);
    }
}

static void put_document(struct doc *d) {
    struct text document = original_text(d->document);
    for (size_t at = 0; at < document.size;) {
        const char *line_end = memchr(document.data + at, '\n', document.size - at);
        size_t end = line_end ? (size_t)(line_end - document.data) : document.size;
        size_t text = at;
        while (text < end && (document.data[text] == ' ' || document.data[text] == '\t' || document.data[text] == '\r'))
            text++;
        if (text < end) {
            put(d, "<div class=\"row\"><div class=\"law\">");
            put_paragraph(d, text, end);
            put(d, "</div><div class=\"rules\">");
            put_cards_of(d, at, end + 1, d->found);
            put(d, "</div></div>\n");
        }
        at = end + 1;
    }
}

/* Clauses whose quotes were not found. */
static void put_rest(struct doc *d) {
    for (const struct model_clause *c = d->model->clauses; c; c = c->next) {
        bool items = false;
        for (const struct ast_stmt *s = c->ast->body; s; s = s->next)
            items |= s->kind == AST_ITEM && !placed(d, s);
        if (d->shown[c->index] || (!items && d->document && !has_body(c->ast->body)))
            continue;
        put(d, "<div class=\"row\"><div class=\"law\"></div><div class=\"rules\">");
        put_clause_card(d, c);
        put(d, "</div></div>\n");
    }
}

static const char style[] =
    ":root{--ink:#1d2129;--soft:#5c6470;--line:#d9dde3;--paper:#fff;--card:#f6f8fa;--accent:#0b5c8a;--out:#fff1cc;"
    "--outline:#c98a00}\n"
    "*{box-sizing:border-box}\n"
    "body{margin:0;color:var(--ink);background:var(--paper);font:16px/1.75 \"Noto Serif CJK SC\",\"Source Han Serif "
    "SC\",\"Songti SC\",SimSun,serif}\n"
    "header,main,footer{max-width:1400px;margin:0 auto;padding:0 24px}\n"
    "header{border-bottom:3px double var(--line);padding-top:24px;padding-bottom:12px}\n"
    "h1{font-size:1.6rem;margin:0 0 .3em;line-height:1.35}\n"
    "header p{margin:.15em 0;color:var(--soft);font-size:.9rem}\n"
    ".row{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:28px;border-bottom:1px solid "
    "var(--line);padding:10px 0}\n"
    ".law p{margin:0;text-align:justify;overflow-wrap:anywhere}\n"
    ".in{}\n.said{color:var(--soft)}\n"
    ".out{background:var(--out);border-bottom:1px dotted var(--outline)}\n"
    ".card{background:var(--card);border-left:4px solid var(--accent);padding:8px 14px;margin:0 0 "
    "10px;break-inside:avoid}\n"
    ".quiet{border-left-color:var(--line)}\n"
    "h3,h4{margin:0 0 .3em;font-size:1rem;line-height:1.5}\n"
    ".number{color:var(--accent);white-space:nowrap}\n"
    "code,pre{font-family:\"Noto Sans Mono CJK SC\",ui-monospace,Menlo,Consolas,monospace;font-size:.84rem}\n"
    "pre{margin:.3em 0;white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.55}\n"
    ".note{margin:.25em 0;font-size:.88rem;color:var(--soft)}\n.note b{color:var(--ink);font-weight:600}\n"
    "summary{cursor:pointer;font-size:.88rem;color:var(--accent)}\n"
    ".legend span{padding:0 .4em}\n"
    "footer{padding-top:16px;padding-bottom:32px;color:var(--soft);font-size:.85rem}\n"
    "@media(max-width:760px){header,main,footer{padding-left:14px;padding-right:14px}.row{grid-template-columns:1fr;"
    "gap:8px}h1{font-size:1.3rem}}\n"
    "@media print{body{font-size:10pt}header,main,footer{max-width:none;padding:0}.row{gap:14pt}"
    ".out,.card{-webkit-print-color-adjust:exact;print-color-adjust:exact}details>pre{display:none}}\n";

static void put_head(struct doc *d) {
    const struct model *m = d->model;
    put(d, "<!doctype html>\n<html lang=\"zh\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
           "content=\"width=device-width,initial-scale=1\">\n<title>");
    put_escaped(d, m->title.size ? m->title : m->name);
    put(d, "</title>\n<style>\n");
    put(d, style);
    put(d, "</style>\n</head>\n<body>\n<header>\n");
    put_element(d, "<h1>", m->title.size ? m->title : m->name, "</h1>\n");
    put_element(d, "<p>", m->issuer, m->version.size ? " · " : "");
    put_element(d, "", m->version, "");
    put_element(d, " <code>", m->name, "</code></p>\n");
    if (m->ast->effective)
        put_element(d, "<p><code>", sources_text(d->sources, m->ast->effective->span), "</code></p>\n");
    if (d->document)
        put(d, "<p class=\"legend\">左：原文；右：规则。<span class=\"out\">未被引用的文字</span> left: the source; "
               "right: "
               "the rules. <span class=\"out\">text that no quote covers</span></p>\n");
    put(d, "</header>\n<main>\n");
}

void doc_html(const struct model *model, struct original *document, const struct sources *sources,
              struct text_buffer *out, struct arena *arena) {
    struct doc d = {.model = model, .document = document, .sources = sources, .out = out, .arena = arena};
    d.last = &d.found;
    d.shown = arena_array_of(arena, bool, model->clause_count + 1);
    put_head(&d);
    if (document) {
        d.covered = arena_alloc(arena, original_text(document).size + 1);
        find_quotes(&d);
        cover_punctuation(&d);
        put_document(&d);
    }
    put_rest(&d);
    put(&d, "</main>\n<footer>pol</footer>\n</body>\n</html>\n");
}
