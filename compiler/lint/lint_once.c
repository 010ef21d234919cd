/* What can be paid twice: items that nothing keeps from it, and keys that are narrower than the text. */
#include <string.h>

#include "lint/lint_int.h"
#include "tr.h"

/* ---- words ---- */

static const char *find_word(struct text t, const char *const *words) {
    for (; *words; words++)
        if (memmem(t.data, t.size, *words, strlen(*words)))
            return *words;
    return NULL;
}

static const char *in_body(const struct ast_stmt *body, bool readings, const char *const *words, bool *any) {
    const char *found = NULL;
    for (const struct ast_stmt *s = body; s && !found; s = s->next) {
        if (s->kind != AST_QUOTE && !(readings && s->kind == AST_READING))
            continue;
        *any |= s->kind == AST_QUOTE;
        for (const struct ast_string *t = s->strings; t && !found; t = t->next)
            found = find_word(t->text, words);
    }
    return found;
}

const char *lint_quoted(const struct model_item *m, const char *const *words) {
    bool any = false;
    const char *found = in_body(m->stmt->body, false, words, &any);
    return any || !m->clause ? found : in_body(m->clause->ast->body, false, words, &any);
}

const char *lint_mentioned(const struct model_item *m, const char *const *words) {
    bool any = false;
    const char *found = in_body(m->stmt->body, true, words, &any);
    return found || !m->clause ? found : in_body(m->clause->ast->body, true, words, &any);
}

static const char *const once_words[] = {"一次", "1次", "不重复", "不重復", NULL};
static const char *const year_words[] = {"每年", "年度", "当年", "當年", "逐年", NULL};
static const char *const applicant_words[] = {
    "每家",     "每个单位", "每個單位", "每人",     "每户",   "每戶",   "每名",     "每位",     "单个企业", "單個企業",
    "同一单位", "同一單位", "同一企业", "同一企業", "各单位", "各單位", "每个企业", "每個企業", NULL};
static const char *const level_words[] = {"同一级别", "同一級別", "各级", "各級", "同级", "同級", "每级", "每級", NULL};

/* ---- items ---- */

static bool is_gate(const struct model_cell *cell) {
    return cell->kind != POL_CELL_CAP;
}

static void look_at_gates(struct lint *l, const struct model_item *m) {
    bool gated = false, capped = false;
    for (const struct model_use *use = m->uses; use; use = use->next) {
        gated |= is_gate(use->cell);
        capped |= !is_gate(use->cell);
    }
    const char *word = lint_quoted(m, once_words);
    if (gated || (capped && !word))
        return;
    struct diag *r = diag_add(l->d, DIAG_NOT_ONCE, m->span, "nothing keeps the same thing from being paid twice");
    if (word)
        diag_note(l->d, r, "the text says %s", word);
    diag_help(l->d, r, "add `once per …` with what may be paid once: `object_id`, `applicant`, `applicant, year`");
}

/* ---- keys ---- */

struct parts {
    bool applicant, year, object, level;
};

static struct parts parts_of(const struct model_cell *cell) {
    struct parts p = {0};
    for (uint32_t i = 0; i < cell->key_count; i++) {
        const struct model_field *f = cell->key[i].field;
        p.applicant |= cell->key[i].kind == POL_KEY_APPLICANT;
        p.year |= cell->key[i].kind == POL_KEY_YEAR;
        p.level |= f && f->enumeration;
        p.object |= f && !f->enumeration;
    }
    return p;
}

/* A part of the key that makes it narrower than what the text says; NULL: none. */
static const char *narrow_part(const struct model_item *m, const struct parts *p) {
    bool several = p->applicant + p->object + p->level + p->year > 1;
    if (p->year && !lint_mentioned(m, year_words))
        return tr_later("the year");
    if (p->applicant && p->object && !lint_mentioned(m, applicant_words))
        return tr_later("the applicant");
    return several && p->level && !lint_mentioned(m, level_words) ? tr_later("the level") : NULL;
}

/* Where an item has several keys, the widest one holds. */
static void look_at_keys(struct lint *l, const struct model_item *m) {
    const struct model_cell *narrow = NULL;
    const char *part = NULL, *word = lint_quoted(m, once_words);
    for (const struct model_use *use = word ? m->uses : NULL; use; use = use->next) {
        if (!is_gate(use->cell))
            continue;
        struct parts p = parts_of(use->cell);
        part = narrow_part(m, &p);
        if (!part)
            return;
        narrow = use->cell;
    }
    if (!narrow || !lint_first(l, DIAG_ONCE_NARROW, narrow->span))
        return;
    struct diag *r = diag_add(l->d, DIAG_ONCE_NARROW, narrow->span, "this key is narrower than the text");
    diag_note(l->d, r, "the text says %s, and %s is part of the key: the same is paid again for another one", word,
              tr(part));
}

void lint_once(struct lint *l) {
    for (const struct lint_item *i = l->items; i; i = i->next) {
        if (i->dead)
            continue;
        look_at_gates(l, i->m);
        look_at_keys(l, i->m);
    }
}
