/* What applies to items: kinds, conditions, awards, cells of state, exclusions, the limit. */
#include "check/check_int.h"
#include "tr.h"

#include <stdarg.h>
#include <string.h>

/* Counts work that grows with items times rules; true, and reported once, when it is more than a policy can mean. */
bool check_overworked(struct checker *c, uint64_t more, struct span span) {
    c->work += more;
    if (c->work <= CHECK_WORK || c->overworked)
        return c->overworked;
    c->overworked = true;
    diag_add(c->d, DIAG_LIMIT_EXCEEDED, span, "items and what applies to all of them come to too much");
    return true;
}

/* ---- names of rules ---- */

static struct text given_name(struct checker *c, const struct ast_name *name) {
    void **slot = text_map_slot(c->rules, name->text);
    const struct ast_name *first = *slot;
    if (first) {
        struct diag *r =
            diag_add(c->d, DIAG_NAME_DUPLICATE, name->span, "two rules are named `%.*s`", TEXT_ARG(name->text));
        diag_label(c->d, r, first->span, "the first is here");
        diag_help(c->d, r, "results name the rule that decided: each of the policy needs its own name, or none");
    } else {
        *slot = (void *)name;
    }
    return name->text;
}

/* "<item>.cap.2", "policy.require.1", "cap.3": dots never stand in names that are given. */
static struct text made_name(struct checker *c, struct origin at, const char *what, uint32_t number) {
    if (at.item) {
        struct text item = at.item->model.name;
        return text_format(c->a, "%.*s.%s.%u", TEXT_ARG(item), what, number);
    }
    return text_format(c->a, "%s.%u", what, number);
}

static struct text rule_name(struct checker *c, const struct ast_stmt *stmt, struct origin at, const char *what,
                             uint32_t number) {
    return stmt->name.text.size ? given_name(c, &stmt->name) : made_name(c, at, what, number);
}

/* ---- which items ---- */

struct check_item *check_find_item(struct checker *c, const struct ast_name *name) {
    struct check_item *item = text_map_get(c->items, name->text);
    if (item)
        return item;
    struct nearest n = nearest_to(name->text);
    for (uint32_t i = 0; i < c->m->item_count && c->d->error_count <= CHECK_SUGGEST; i++)
        nearest_offer(&n, c->item[i]->model.name);
    if (check_unsure(c, &n))
        return NULL;
    struct diag *r = diag_add(c->d, DIAG_ITEM_UNKNOWN, name->span, "unknown item `%.*s`", TEXT_ARG(name->text));
    check_say_nearest(c, r, &n);
    return NULL;
}

struct items { /* that a rule applies to */
    struct check_item **item;
    size_t count, capacity;
};

/* What stands in a list already goes, with the comma before it. */
static void fix_listed(struct checker *c, struct diag *r, struct span span) {
    const struct source *file = sources_find(c->sources, span.lo);
    if (!file)
        return;
    struct text before = {file->bytes.data, span.lo - file->base};
    while (before.size && strchr(" \t\r\n", before.data[before.size - 1]))
        before.size--;
    static const char *const commas[] = {",", "，", "、"};
    for (size_t i = 0; i < sizeof commas / sizeof *commas; i++) {
        size_t size = strlen(commas[i]);
        if (before.size >= size && memcmp(before.data + before.size - size, commas[i], size) == 0)
            diag_fix(c->d, r, (struct span){file->base + (uint32_t)(before.size - size), span.hi}, TEXT(""));
    }
}

static void add_listed(struct checker *c, struct items *list, const struct ast_name *name) {
    struct check_item *item = check_find_item(c, name);
    if (!item)
        return;
    if (item->listed == c->list) {
        struct diag *r =
            diag_add(c->d, DIAG_LISTED_TWICE, name->span, "`%.*s` is in this list already", TEXT_ARG(name->text));
        fix_listed(c, r, name->span);
        return;
    }
    item->listed = c->list;
    list->item = arena_grow(c->a, list->item, list->count, &list->capacity, list->count + 1, sizeof *list->item);
    list->item[list->count++] = item;
}

/* The item itself and those after `over`; outside items those after `over`, else every item. */
static struct items items_of(struct checker *c, const struct ast_stmt *stmt, struct origin at) {
    struct items list = {0};
    if (!at.item && !stmt->names) {
        list.item = c->item;
        list.count = c->m->item_count;
        if (!list.count)
            diag_add(c->d, DIAG_RULE_IDLE, stmt->span, "this rule applies to no item");
        return list;
    }
    c->list++;
    if (at.item) {
        at.item->listed = c->list;
        list.item = arena_grow(c->a, NULL, 0, &list.capacity, 1, sizeof *list.item);
        list.item[list.count++] = at.item;
    }
    for (const struct ast_name *n = stmt->names; n; n = n->next)
        add_listed(c, &list, n);
    return list;
}

static bool applies_to_all(const struct ast_stmt *stmt, struct origin at) {
    return !at.item && !stmt->names;
}

/* The fields that a rule reads are needed by the claims of its items. */
static bool add_needs(struct checker *c, const struct items *items, bool all, const struct field_set *set,
                      struct span span) {
    if (all) {
        for (size_t k = 0; k < set->count; k++)
            c->policy_needs[set->index[k]] = true;
        return !check_overworked(c, items->count, span);
    }
    if (check_overworked(c, items->count * (set->count + 1), span))
        return false;
    for (size_t i = 0; i < items->count; i++) {
        for (size_t k = 0; k < set->count; k++)
            items->item[i]->model.needs[set->index[k]] = true;
    }
    return true;
}

/* ---- conditions ---- */

static bool check_condition(struct checker *c, struct ast_expr *e, const char *what, unsigned *reads) {
    struct site p = {.c = c, .name = what, .allowed = READS_ALL};
    bool good = check_kind(&p, e, check_basic(c, TYPE_BOOL));
    if (good)
        check_range_expr(&p, e);
    if (reads)
        *reads = p.reads;
    return good;
}

static bool has_value(const struct model_field *f, struct text name, uint32_t *index) {
    for (uint32_t i = 0; i < f->enumeration->count; i++) {
        if (!text_equal(f->enumeration->value[i].name, name))
            continue;
        *index = i;
        return true;
    }
    return false;
}

static bool has_all(const struct model_field *f, const struct ast_name *names) {
    uint32_t index;
    for (const struct ast_name *n = names; n; n = n->next) {
        if (!has_value(f, n->text, &index))
            return false;
    }
    return true;
}

static void report_kind(struct checker *c, const struct ast_kinds *kinds, const struct model_field *near) {
    const struct ast_name *wrong = kinds->names;
    uint32_t index;
    while (near && wrong->next && has_value(near, wrong->text, &index))
        wrong = wrong->next;
    struct nearest n = nearest_to(wrong->text);
    bool any = false;
    for (uint32_t i = 0; i < c->m->profile_count && c->d->error_count <= CHECK_SUGGEST; i++) {
        const struct model_enum *en = c->m->profile[i].enumeration;
        any |= en != NULL;
        for (uint32_t k = 0; en && k < en->count; k++)
            nearest_offer(&n, en->value[k].name);
    }
    if (check_unsure(c, &n))
        return;
    struct diag *r =
        diag_add(c->d, DIAG_KINDS, wrong->span, "no kind of applicant is called `%.*s`", TEXT_ARG(wrong->text));
    check_say_nearest(c, r, &n);
    diag_note(c->d, r,
              any ? tr("kinds are the values of an enum field of the applicant")
                  : tr("kinds are the values of an enum field of the applicant, and it has none"));
}

/* The one enum field of the applicant that has all the values named. */
static struct model_field *kinds_field(struct checker *c, const struct ast_kinds *kinds) {
    struct model_field *found = NULL;
    const struct check_kind *list = text_map_get(c->kinds, kinds->names->text);
    for (const struct check_kind *k = list; k; k = k->next) {
        if (!has_all(k->field, kinds->names))
            continue;
        if (found) {
            struct text a = k->field->name, b = found->name;
            struct diag *r = diag_add(c->d, DIAG_KINDS, kinds->names->span,
                                      "`%.*s` is a value of two fields of the applicant", TEXT_ARG(kinds->names->text));
            diag_note(c->d, r, "of `%.*s` and of `%.*s`", TEXT_ARG(a), TEXT_ARG(b));
            diag_help(c->d, r, "write it as a condition: `require %.*s = %.*s`", TEXT_ARG(a),
                      TEXT_ARG(kinds->names->text));
            return NULL;
        }
        found = k->field;
    }
    if (!found)
        report_kind(c, kinds, list ? list->field : NULL);
    return found;
}

void check_kinds(struct checker *c, const struct ast_kinds *kinds, struct model_kinds *out) {
    if (!kinds || !kinds->names)
        return;
    struct model_field *field = kinds_field(c, kinds);
    if (!field)
        return;
    uint32_t count = field->enumeration->count, index = 0, named = 0;
    out->field = field;
    out->allowed = arena_array_of(c->a, bool, count);
    for (uint32_t i = 0; i < count; i++)
        out->allowed[i] = kinds->except;
    for (const struct ast_name *n = kinds->names; n; n = n->next) {
        if (!has_value(field, n->text, &index))
            continue;
        if (out->allowed[index] != kinds->except) {
            struct diag *r =
                diag_add(c->d, DIAG_LISTED_TWICE, n->span, "`%.*s` is in this list already", TEXT_ARG(n->text));
            fix_listed(c, r, n->span);
        }
        named += out->allowed[index] == kinds->except;
        out->allowed[index] = !kinds->except;
    }
    if (kinds->except && named == count) {
        diag_add(c->d, DIAG_CONDITION_CONSTANT, kinds->span, "this leaves no kind of applicant");
    }
    check_use_field(c, field, NULL);
}

static void add_require(struct checker *c, struct check_item *item, const struct model_require *require) {
    struct model_require *copy = arena_new_of(c->a, struct model_require);
    *copy = *require;
    *item->require_tail = copy;
    item->require_tail = &copy->next;
}

void check_item_kinds(struct checker *c, struct check_item *item) {
    const struct ast_kinds *kinds = item->model.stmt->kinds;
    check_kinds(c, kinds, &item->model.kinds);
    if (!item->model.kinds.field)
        return;
    struct model_require require = {.kinds = item->model.kinds, .clause = item->model.clause, .span = kinds->span};
    require.name = text_format(c->a, "%.*s.kind", TEXT_ARG(item->model.name));
    add_require(c, item, &require);
}

static struct text require_name(struct checker *c, const struct ast_stmt *stmt, struct origin at) {
    if (stmt->name.text.size)
        return given_name(c, &stmt->name);
    if (at.item)
        return made_name(c, at, "require", ++at.item->requires);
    return text_format(c->a, "policy.require.%u", ++c->policy_requires);
}

void check_require(struct checker *c, struct ast_stmt *stmt, struct origin at) {
    struct model_require require = {.condition = stmt->expr, .clause = at.clause, .span = stmt->span};
    struct items items = items_of(c, stmt, at);
    struct field_set set = {0};
    bool all = applies_to_all(stmt, at);
    require.name = require_name(c, stmt, at);
    require.of_policy = all;
    check_kinds(c, stmt->kinds, &require.kinds);
    if (!check_condition(c, stmt->expr, tr("a condition"), NULL))
        return;
    check_use_begin(c);
    check_use_expr(c, stmt->expr, &set);
    if (!add_needs(c, &items, all, &set, stmt->span))
        return;
    for (size_t i = 0; i < items.count; i++)
        add_require(c, items.item[i], &require);
}

/* ---- award ---- */

void check_award(struct checker *c, struct ast_stmt *stmt, struct origin at) {
    struct check_item *item = at.item;
    if (item->award) {
        struct diag *r = diag_add(c->d, DIAG_AWARD_TWICE, stmt->span, "the item has an award already");
        diag_label(c->d, r, item->award->span, "the first is here");
        return;
    }
    struct site p = {.c = c, .name = tr("an award"), .allowed = READS_ALL, .may_lack = true};
    struct field_set set = {0};
    struct ast_expr *e = stmt->expr;
    item->award = stmt;
    item->model.award = e;
    if (!check_kind(&p, e, check_basic(c, TYPE_MONEY)))
        return;
    item->range = check_range_expr(&p, e);
    if (e->kind == AST_BINARY && e->u.binary.op == AST_FOR_EACH) {
        item->model.unit_price = e->u.binary.left;
        item->model.unit_count = e->u.binary.right;
    }
    if (item->range.known && rat_sign(item->range.hi) <= 0) {
        diag_add(c->d, DIAG_CONDITION_CONSTANT, e->span, "this award is never more than nothing");
    }
    check_use_begin(c);
    check_use_expr(c, e, &set);
    struct items one = {.item = &item, .count = 1};
    add_needs(c, &one, false, &set, stmt->span);
}

/* ---- keys ---- */

static void report_key(struct checker *c, struct span span, const char *why) {
    struct diag *r = diag_add(c->d, DIAG_KEY, span, "this cannot be part of a key");
    diag_note(c->d, r, "%s", why);
}

static bool key_of_field(struct checker *c, const struct ast_key *key, struct model_field *f, struct model_key *out) {
    if (!f->of_profile && f->builtin) {
        if (f->index == POL_CLAIM_APPLICANT) {
            out->kind = POL_KEY_APPLICANT;
            return true;
        }
        if (f->index == POL_CLAIM_ID)
            report_key(c, key->span, tr("every claim has a `claim_id` of its own: nothing would ever meet"));
        if (f->index == POL_CLAIM_PAID)
            report_key(c, key->span, tr("what was paid in the past may not decide anything"));
        if (f->index == POL_CLAIM_ITEM)
            out->kind = POL_KEY_ITEM;
        if (f->index != POL_CLAIM_DATE && f->index != POL_CLAIM_OBJECT)
            return f->index == POL_CLAIM_ITEM;
    }
    out->kind = f->of_profile ? POL_KEY_PROFILE_FIELD : POL_KEY_CLAIM_FIELD;
    out->field = f;
    return true;
}

static bool key_of_name(struct checker *c, const struct ast_key *key, struct model_key *out) {
    struct site p = {.c = c, .name = tr("a key"), .allowed = READS_ALL};
    struct text name = key->name->kind == AST_NAME ? key->name->u.name : key->name->u.member.name.text;
    /* what may not be read in expressions has messages of its own here */
    struct model_field *builtin = key->name->kind == AST_NAME || key->name->u.member.owner == AST_OF_CLAIM
                                      ? check_find_field(c, false, name)
                                      : NULL;
    if (builtin && builtin->builtin) {
        key->name->type = builtin->type;
        return key_of_field(c, key, builtin, out);
    }
    if (!check_known_type(check_expr(&p, key->name, NULL)))
        return false;
    const struct decl *decl = key->name->decl;
    if (decl && decl->kind == DECL_FIELD)
        return key_of_field(c, key, decl->u.field, out);
    if (decl && decl->kind == DECL_YEAR) {
        out->kind = POL_KEY_YEAR;
        return true;
    }
    report_key(c, key->span, tr("a key is made of fields, `applicant`, `year` and `item`"));
    return false;
}

static bool check_key(struct checker *c, const struct ast_key *key, struct model_key *out) {
    switch (key->kind) {
    case AST_KEY_APPLICANT:
        out->kind = POL_KEY_APPLICANT;
        return true;
    case AST_KEY_YEAR:
        out->kind = POL_KEY_YEAR;
        return true;
    case AST_KEY_ITEM:
        out->kind = POL_KEY_ITEM;
        return true;
    case AST_KEY_NAME:
        return key_of_name(c, key, out);
    }
    return false;
}

static bool key_known(const struct model_cell *cell, const struct model_key *key) {
    for (uint32_t i = 0; i < cell->key_count; i++) {
        if (cell->key[i].kind == key->kind && cell->key[i].field == key->field)
            return true;
    }
    return false;
}

enum { KEY_PARTS = 64 };

static void check_keys(struct checker *c, const struct ast_key *keys, struct model_cell *cell, struct field_set *set) {
    uint32_t count = 0;
    for (const struct ast_key *k = keys; k && count <= KEY_PARTS; k = k->next)
        count++;
    cell->key = arena_array_of(c->a, struct model_key, count);
    for (const struct ast_key *k = keys; k; k = k->next) {
        struct model_key key = {0};
        if (!check_key(c, k, &key))
            continue;
        if (key_known(cell, &key)) {
            fix_listed(c, diag_add(c->d, DIAG_LISTED_TWICE, k->span, "this is part of the key already"), k->span);
            continue;
        }
        if (cell->key_count == KEY_PARTS) {
            diag_add(c->d, DIAG_LIMIT_EXCEEDED, k->span, "a key has at most %d parts", KEY_PARTS);
            return;
        }
        if (key.field)
            check_use_field(c, key.field, set);
        cell->key[cell->key_count++] = key;
    }
}

/* ---- cells ---- */

static struct model_cell *new_cell(struct checker *c, const struct ast_stmt *stmt, struct origin at,
                                   enum pol_cell_kind kind) {
    struct model_cell *cell = arena_new_of(c->a, struct model_cell);
    cell->kind = kind;
    cell->clause = at.clause;
    cell->span = stmt->span;
    cell->index = c->m->cell_count++;
    *c->cell_tail = cell;
    c->cell_tail = &cell->next;
    return cell;
}

static void use_cell(struct checker *c, const struct ast_stmt *stmt, struct origin at, struct model_cell *cell,
                     const struct field_set *set) {
    struct items items = items_of(c, stmt, at);
    if (!add_needs(c, &items, applies_to_all(stmt, at), set, stmt->span))
        return;
    for (size_t i = 0; i < items.count; i++) {
        struct model_use *use = arena_new_of(c->a, struct model_use);
        use->cell = cell;
        *items.item[i]->use_tail = use;
        items.item[i]->use_tail = &use->next;
    }
}

/* once and ladder */
void check_once(struct checker *c, struct ast_stmt *stmt, struct origin at) {
    bool ladder = stmt->kind == AST_LADDER;
    uint32_t *number = at.item  ? (ladder ? &at.item->ladders : &at.item->onces)
                       : ladder ? &c->policy_ladders
                                : &c->policy_onces;
    enum pol_cell_kind kind = ladder ? POL_CELL_LADDER : stmt->except_same_year ? POL_CELL_ONE_YEAR : POL_CELL_ONCE;
    struct model_cell *cell = new_cell(c, stmt, at, kind);
    struct field_set set = {0};
    ++*number;
    if (ladder && at.item && *number == 1 && !stmt->name.text.size) {
        cell->name = text_format(c->a, "%.*s.ladder", TEXT_ARG(at.item->model.name));
    } else {
        cell->name = rule_name(c, stmt, at, ladder ? "ladder" : "once", *number);
    }
    check_keys(c, stmt->keys, cell, &set);
    for (uint32_t i = 0; i < cell->key_count && kind == POL_CELL_ONE_YEAR; i++) {
        if (cell->key[i].kind != POL_KEY_YEAR)
            continue;
        struct diag *r = diag_add(c->d, DIAG_KEY, stmt->span, "this never blocks anything");
        diag_note(c->d, r, "claims of one year do not block each other here, and `year` in the key keeps years apart");
    }
    use_cell(c, stmt, at, cell, &set);
}

static enum pol_step_kind cap_measure(const struct ast_stmt *stmt) {
    if (stmt->measure)
        return POL_STEP_CAP_UNITS;
    return stmt->claims ? POL_STEP_CAP_CLAIMS : POL_STEP_CAP_MONEY;
}

static void report_negative(struct checker *c, const struct ast_expr *e, struct range r, const char *what) {
    struct text lo = check_show_value(c->a, r.lo, e->type->kind);
    bool always = rat_sign(r.hi) < 0;
    struct diag *d =
        diag_add(c->d, DIAG_NEGATIVE, e->span, always ? tr("%s is below zero") : tr("%s can be below zero"), what);
    diag_note(c->d, d, "it can be as low as %.*s", TEXT_ARG(lo));
    if (!always)
        diag_help(c->d, d, "write `… at least %s`", e->type->kind == TYPE_MONEY ? "0元" : "0");
}

/* A number of things: whole, not negative. */
static void check_whole(struct checker *c, const struct ast_expr *e, struct range r, const char *what) {
    if (r.known && rat_sign(r.lo) < 0) {
        report_negative(c, e, r, what);
    } else if (r.known && !r.whole) {
        struct diag *d = diag_add(c->d, DIAG_RANGE_INEXACT, e->span, "%s must be a whole number", what);
        diag_help(c->d, d, "round it: `floor (…)`, `ceil (…)` or `round (…)`");
    }
}

static void check_maximum(struct checker *c, struct ast_stmt *stmt, struct model_cell *cell, struct field_set *set) {
    struct site p = {.c = c, .name = tr("a cap"), .allowed = READS_ALL};
    bool money = cell->measure == POL_STEP_CAP_MONEY;
    cell->max = stmt->expr;
    const struct type *found = check_expr(&p, stmt->expr, NULL),
                      *wanted = check_basic(c, money ? TYPE_MONEY : TYPE_COUNT);
    if (!check_known_type(found))
        return;
    if (!check_type_accepts(wanted, found)) {
        struct diag *r = diag_add(c->d, DIAG_TYPE_MISMATCH, stmt->expr->span, "expected %.*s, found %.*s",
                                  TEXT_ARG(wanted->name), TEXT_ARG(found->name));
        if (money)
            diag_help(c->d, r, "for a number of claims write `cap 2 claims`, for units `cap count at most 100`");
        else
            diag_note(c->d, r, "a cap of %s counts, it has no other measure",
                      stmt->claims ? tr("claims") : tr("units"));
        return;
    }
    struct range r = check_range_expr(&p, stmt->expr);
    if (money && r.known && rat_sign(r.lo) < 0)
        report_negative(c, stmt->expr, r, tr("this cap"));
    if (!money)
        check_whole(c, stmt->expr, r, tr("this cap"));
    check_use_expr(c, stmt->expr, set);
}

static bool check_measured(struct checker *c, struct site *p, struct ast_expr *measure) {
    const struct type *found = check_expr(p, measure, NULL), *wanted = check_basic(c, TYPE_COUNT);
    if (!check_known_type(found) || check_type_accepts(wanted, found))
        return check_known_type(found);
    struct diag *r =
        diag_add(c->d, DIAG_TYPE_MISMATCH, measure->span, "expected count, found %.*s", TEXT_ARG(found->name));
    diag_note(c->d, r, "`cap … at most …` is a cap of units, which are counted");
    if (found->kind == TYPE_MONEY)
        diag_help(c->d, r, "for the smaller of two amounts add parentheses: `cap (… at most …)`");
    return false;
}

/* False: the cap measures what cannot be counted. */
static bool check_measure(struct checker *c, struct ast_stmt *stmt, struct model_cell *cell, struct field_set *set) {
    struct site p = {.c = c, .name = tr("a cap"), .allowed = READS_ALL};
    if (!stmt->measure)
        return true;
    cell->units = stmt->measure;
    if (!check_measured(c, &p, stmt->measure))
        return false;
    check_whole(c, stmt->measure, check_range_expr(&p, stmt->measure), tr("the number of units"));
    check_use_expr(c, stmt->measure, set);
    return true;
}

void check_cap(struct checker *c, struct ast_stmt *stmt, struct origin at) {
    struct model_cell *cell = new_cell(c, stmt, at, POL_CELL_CAP);
    struct field_set set = {0};
    uint32_t *number = at.item ? &at.item->caps : &c->policy_caps;
    cell->measure = cap_measure(stmt);
    cell->name = rule_name(c, stmt, at, "cap", ++*number);
    check_use_begin(c);
    check_keys(c, stmt->keys, cell, &set);
    if (check_measure(c, stmt, cell, &set))
        check_maximum(c, stmt, cell, &set);
    if (stmt->when && check_condition(c, stmt->when, tr("the condition of a cap"), NULL)) {
        cell->when = stmt->when;
        check_use_expr(c, stmt->when, &set);
    }
    use_cell(c, stmt, at, cell, &set);
}

void check_less(struct checker *c, struct ast_stmt *stmt, struct origin at) {
    struct site p = {.c = c, .name = tr("what is deducted"), .allowed = READS_ALL};
    struct field_set set = {0};
    struct items items = items_of(c, stmt, at);
    uint32_t *number = at.item ? &at.item->lesses : &c->policy_lesses;
    struct model_less less = {.amount = stmt->expr, .clause = at.clause, .span = stmt->span};
    less.name = rule_name(c, stmt, at, "less", ++*number);
    if (!check_kind(&p, stmt->expr, check_basic(c, TYPE_MONEY)))
        return;
    struct range r = check_range_expr(&p, stmt->expr);
    if (r.known && rat_sign(r.lo) < 0)
        report_negative(c, stmt->expr, r, tr("what is deducted"));
    check_use_begin(c);
    check_use_expr(c, stmt->expr, &set);
    if (!add_needs(c, &items, applies_to_all(stmt, at), &set, stmt->span))
        return;
    for (size_t i = 0; i < items.count; i++) {
        struct model_less *copy = arena_new_of(c->a, struct model_less);
        *copy = less;
        *items.item[i]->less_tail = copy;
        items.item[i]->less_tail = &copy->next;
    }
}

void check_needs(struct checker *c, struct ast_stmt *stmt, struct origin at) {
    for (const struct ast_name *n = stmt->names; n; n = n->next) {
        struct model_field *f = check_find_field(c, false, n->text);
        bool idle =
            f && f->builtin && (f->index == POL_CLAIM_ID || f->index == POL_CLAIM_ITEM || f->index == POL_CLAIM_PAID);
        if (f && !idle) {
            f->used = true;
            at.item->model.needs[f->index] = true;
            continue;
        }
        bool of_profile = check_find_field(c, true, n->text) != NULL;
        struct nearest near = nearest_to(n->text);
        for (uint32_t i = 0; i < c->m->claim_count && !idle && c->d->error_count <= CHECK_SUGGEST; i++)
            nearest_offer(&near, c->m->claim[i].name);
        if (!idle && !of_profile && check_unsure(c, &near))
            continue;
        struct diag *r =
            diag_add(c->d, DIAG_NAME_UNKNOWN, n->span, "the claim has no field `%.*s` to need", TEXT_ARG(n->text));
        if (of_profile)
            diag_note(c->d, r, "the applicant's fields are needed by every claim anyway");
        check_say_nearest(c, r, &near);
    }
}

/* ---- for the whole policy ---- */

void check_exclude(struct checker *c, struct ast_stmt *stmt, struct origin at) {
    struct model_exclusion *x = arena_new_of(c->a, struct model_exclusion);
    struct field_set set = {0};
    unsigned reads = 0;
    x->name = given_name(c, &stmt->name);
    x->condition = stmt->expr;
    x->clause = at.clause;
    x->span = stmt->span;
    *c->exclusion_tail = x;
    c->exclusion_tail = &x->next;
    if (!check_condition(c, stmt->expr, tr("an exclusion"), &reads))
        return;
    x->of_profile = !(reads & (READS_CLAIM | READS_YEAR));
    check_use_begin(c);
    check_use_expr(c, stmt->expr, &set);
    for (size_t i = 0; i < set.count; i++)
        c->policy_needs[set.index[i]] = true;
}

static void check_limit_keys(struct checker *c, const struct ast_stmt *stmt) {
    bool applicant = false, year = false, other = false;
    for (const struct ast_key *k = stmt->keys; k; k = k->next) {
        if ((applicant && k->kind == AST_KEY_APPLICANT) || (year && k->kind == AST_KEY_YEAR))
            fix_listed(c, diag_add(c->d, DIAG_LISTED_TWICE, k->span, "this is part of the key already"), k->span);
        applicant |= k->kind == AST_KEY_APPLICANT;
        year |= k->kind == AST_KEY_YEAR;
        other |= k->kind == AST_KEY_ITEM || k->kind == AST_KEY_NAME;
    }
    if (applicant && year && !other)
        return;
    struct diag *r = diag_add(c->d, DIAG_LIMIT_KEYS, stmt->keys ? stmt->keys->span : stmt->span,
                              "a limit is always per applicant and year");
    diag_help(c->d, r, "write `per applicant, year`; for other keys use `cap`");
}

static void check_carry(struct checker *c, const struct ast_stmt *stmt, struct model_limit *limit) {
    int64_t years;
    if (!stmt->carry.present || !stmt->carry.years)
        return;
    if (!check_constant(c, stmt->carry.years, check_basic(c, TYPE_YEARS), tr("the years carried"), &years))
        return;
    if (years < 0 || years > 100)
        diag_add(c->d, DIAG_RANGE_LIMIT, stmt->carry.years->span, "between 0 and 100 years can be carried");
    else
        limit->carry_years = (uint32_t)years;
}

void check_limit(struct checker *c, struct ast_stmt *stmt, struct origin at) {
    struct site p = {.c = c, .name = tr("a limit"), .allowed = READS_PROFILE | READS_PARAM};
    if (c->limit != stmt) {
        struct diag *r = diag_add(c->d, DIAG_LIMIT_TWICE, stmt->span, "the policy has a limit already");
        diag_label(c->d, r, c->limit->span, "the first is here");
        return;
    }
    struct model_limit *limit = arena_new_of(c->a, struct model_limit);
    limit->name = rule_name(c, stmt, at, "limit", 1);
    limit->amount = stmt->expr;
    limit->clause = at.clause;
    limit->span = stmt->span;
    c->m->limit = limit;
    check_limit_keys(c, stmt);
    check_kinds(c, stmt->kinds, &limit->kinds);
    check_carry(c, stmt, limit);
    if (check_kind(&p, stmt->expr, check_basic(c, TYPE_MONEY))) {
        struct range r = check_range_expr(&p, stmt->expr);
        if (r.known && rat_sign(r.lo) < 0)
            report_negative(c, stmt->expr, r, tr("this limit"));
        check_use_begin(c);
        check_use_expr(c, stmt->expr, NULL);
    }
    struct items exempt = {0};
    c->list++;
    for (const struct ast_name *n = stmt->names; n; n = n->next)
        add_listed(c, &exempt, n);
    for (uint32_t i = 0; i < c->m->item_count; i++)
        c->item[i]->model.limited = c->item[i]->listed != c->list;
}

/* ---- awards against what bounds them ---- */

static bool same_quantity(const struct ast_expr *a, const struct ast_expr *b) {
    if (a->kind == AST_NUMBER && b->kind == AST_NUMBER) {
        return a->u.number.unit == b->u.number.unit && a->u.number.num == b->u.number.num &&
               a->u.number.den == b->u.number.den;
    }
    bool names = (a->kind == AST_NAME || a->kind == AST_MEMBER) && (b->kind == AST_NAME || b->kind == AST_MEMBER);
    if (names)
        return a->decl && a->decl == b->decl;
    if (a->kind != b->kind)
        return false;
    if (a->kind == AST_BINARY) {
        return a->u.binary.op == b->u.binary.op && same_quantity(a->u.binary.left, b->u.binary.left) &&
               same_quantity(a->u.binary.right, b->u.binary.right);
    }
    if (a->kind != AST_CALL || a->decl != b->decl)
        return false;
    const struct ast_expr *x = a->u.call.args, *y = b->u.call.args;
    for (; x && y && same_quantity(x, y); x = x->next)
        y = y->next;
    return !x && !y;
}

static void check_units(struct checker *c, const struct check_item *item, const struct model_cell *cell,
                        bool *reported) {
    const struct model_item *m = &item->model;
    bool good =
        check_known_type(cell->units->type) && check_type_accepts(check_basic(c, TYPE_COUNT), cell->units->type);
    if (*reported || !good || m->award->type != check_basic(c, TYPE_MONEY))
        return;
    if (!m->unit_count || !same_quantity(m->unit_count, cell->units)) {
        struct text units = sources_text(c->sources, cell->units->span);
        struct diag *r =
            diag_add(c->d, DIAG_CAP_UNITS, m->award->span, "a cap of units needs an award for each of them");
        diag_label(c->d, r, cell->span, "the cap is here");
        diag_help(c->d, r, "write the award as `… for each %.*s`", TEXT_ARG(units));
        *reported = true; /* once for each cap, whatever it covers */
        return;
    }
    struct site p = {.c = c, .name = tr("a price")};
    struct diags quiet;
    struct diags *loud = c->d;
    diags_init(&quiet, c->a); /* the award was looked at before: say nothing twice */
    c->d = &quiet;
    struct range price = check_range_expr(&p, m->unit_price);
    c->d = loud;
    if (!price.known || price.whole)
        return;
    struct diag *r = diag_add(c->d, DIAG_RANGE_INEXACT, m->unit_price->span, "the price of a unit must be whole fen");
    diag_label(c->d, r, cell->span, "because of this cap of units");
    diag_help(c->d, r,
              "round it (`round(…)`) where the text does; else bound the units in the award: `… for each min(u, N)`, "
              "and `once per` the rest of the key");
}

struct cell_facts { /* what the awards under a cell have shown so far */
    struct rat award;
    const struct check_item *only; /* the item, while there is just one */
    bool several;
    bool seen, rises; /* ladders: an award; two that differ */
    bool reported;    /* caps of units: an award that is not for each of them */
};

/* `award by level { … }` on a ladder per level: for each of its keys there is one amount. */
static bool fixed_by_key(const struct check_item *item, const struct model_cell *cell) {
    const struct ast_expr *e = item->award->expr;
    const struct decl *decl = e && e->kind == AST_BY ? e->u.by.value->decl : NULL;
    if (!decl || decl->kind != DECL_FIELD)
        return false;
    for (const struct ast_case *c = e->u.by.cases; c; c = c->next)
        if (c->value->kind != AST_NUMBER)
            return false;
    for (uint32_t i = 0; i < cell->key_count; i++)
        if (cell->key[i].field == decl->u.field)
            return true;
    return false;
}

static void note_ladder(struct cell_facts *f, const struct check_item *item, const struct model_cell *cell) {
    bool point = check_range_is_point(item->range);
    if (!f->several && fixed_by_key(item, cell)) {
        f->seen = true;
        return;
    }
    if (!point || (f->seen && !f->rises && rat_compare(f->award, item->range.lo) != 0))
        f->rises = true;
    f->award = item->range.lo; /* looked at only while nothing rises */
    f->seen = true;
}

void check_awards(struct checker *c) {
    struct cell_facts *facts = arena_array_of(c->a, struct cell_facts, c->m->cell_count + 1);
    for (uint32_t i = 0; i < c->m->item_count; i++) {
        struct check_item *item = c->item[i];
        if (!item->award && c->incomplete)
            continue;
        if (!item->award) {
            struct diag *r = diag_add(c->d, DIAG_AWARD_MISSING, item->model.span, "the item `%.*s` has no award",
                                      TEXT_ARG(item->model.name));
            diag_help(c->d, r, "add `award …` to it");
            continue;
        }
        for (const struct model_use *use = item->model.uses; use; use = use->next) {
            struct cell_facts *f = &facts[use->cell->index];
            f->several |= f->only != NULL;
            f->only = item;
            if (use->cell->units)
                check_units(c, item, use->cell, &f->reported);
            if (use->cell->kind == POL_CELL_LADDER)
                note_ladder(f, item, use->cell);
        }
    }
    for (const struct model_cell *cell = c->m->cells; cell; cell = cell->next) {
        const struct cell_facts *f = &facts[cell->index];
        if (cell->kind != POL_CELL_LADDER || !f->seen || f->rises)
            continue;
        struct diag *r = diag_add(c->d, DIAG_LADDER_FLAT, cell->span, "every step of this ladder is the same");
        diag_help(c->d, r, "where nothing can rise write `once`");
    }
}
