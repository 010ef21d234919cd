/* coverage.c - points are counted by the interpreter: those of conditions and awards through probes in the IR, those of
 * once, ladder, less, cap and limit as the fold goes by, those of targets by their status. */
#include "driver/coverage.h"

#include <assert.h>
#include <stdio.h>

#include "interp/interp_examples.h"
#include "lower/probe.h"
#include "tr.h"

enum { WIDTH_NAME = 60, WIDTH_SOURCE = 54 };

struct coverage {
    const struct pipeline *p;
    const struct ir_policy *ir;
    struct probes probes;
    const struct model_cell **cell; /* by index */
};

static void touch(struct coverage *c, const void *node, const char *outcome, struct span span) {
    c->probes.point[probe_point(&c->probes, node, outcome, span)].touched = true;
}

/* ---- points of the fold and of targets --------------------------------------------------------------------------- */

static const char *cell_outcome(enum pol_cell_kind kind, enum interp_event event) {
    switch (event) {
    case INTERP_STEP_PASSED:
        return kind == POL_CELL_CAP ? tr("does not bind") : tr("lets pass");
    case INTERP_STEP_STOPPED:
        return kind == POL_CELL_CAP ? tr("binds") : tr("blocks");
    case INTERP_STEP_FIRST:
        return tr("first award");
    case INTERP_STEP_UPGRADED:
        return tr("pays the difference");
    case INTERP_STEP_HELD:
        return tr("no rise, denied");
    case INTERP_STEP_SPARED:
    case INTERP_STEP_CARRIED:
        break;
    }
    return "";
}

static const char *less_outcome(enum interp_event event) {
    return event == INTERP_STEP_STOPPED ? tr("subtracts") : tr("nothing to subtract");
}

static const char *limit_outcome(enum interp_event event) {
    switch (event) {
    case INTERP_STEP_PASSED:
        return tr("all of it payable");
    case INTERP_STEP_STOPPED:
        return tr("defers");
    case INTERP_STEP_SPARED:
        return tr("not for this kind");
    case INTERP_STEP_CARRIED:
        return tr("paid in a later year");
    case INTERP_STEP_FIRST:
    case INTERP_STEP_UPGRADED:
    case INTERP_STEP_HELD:
        break;
    }
    return "";
}

static void add_cell(struct coverage *c, const struct model_cell *cell) {
    bool ladder = cell->kind == POL_CELL_LADDER;
    c->cell[cell->index] = cell;
    for (int e = ladder ? INTERP_STEP_FIRST : INTERP_STEP_PASSED;
         e <= (ladder ? INTERP_STEP_HELD : INTERP_STEP_STOPPED); e++)
        probe_point(&c->probes, cell, cell_outcome(cell->kind, (enum interp_event)e), cell->span);
}

static void add_limit(struct coverage *c, const struct model_limit *limit) {
    probe_point(&c->probes, limit, limit_outcome(INTERP_STEP_PASSED), limit->span);
    probe_point(&c->probes, limit, limit_outcome(INTERP_STEP_STOPPED), limit->span);
    if (limit->kinds.field)
        probe_point(&c->probes, limit, limit_outcome(INTERP_STEP_SPARED), limit->span);
    if (limit->carry_years)
        probe_point(&c->probes, limit, limit_outcome(INTERP_STEP_CARRIED), limit->span);
}

/* Where a target stands: its statement. */
static struct span target_span(const struct model_target *target) {
    const struct ast_stmt *s = target->clause ? target->clause->ast->body : NULL;
    for (; s; s = s->next)
        if (s->kind == AST_TARGET && s->label && s->name.text.data == target->name.data)
            return s->span;
    for (s = target->clause ? target->clause->ast->body : NULL; s; s = s->next)
        if (s->kind == AST_TARGET && text_equal(s->name.text, target->name) &&
            s->target.first_year == target->first_year && s->target.last_year == target->last_year)
            return s->span;
    return (struct span){0, 0};
}

static void add_points(struct coverage *c) {
    const struct model *m = c->p->model;
    for (const struct model_item *item = m->items; item; item = item->next) {
        for (const struct model_use *use = item->uses; use; use = use->next)
            add_cell(c, use->cell);
        for (const struct model_less *less = item->less; less; less = less->next) {
            probe_point(&c->probes, less->amount, less_outcome(INTERP_STEP_PASSED), less->span);
            probe_point(&c->probes, less->amount, less_outcome(INTERP_STEP_STOPPED), less->span);
        }
    }
    if (m->limit)
        add_limit(c, m->limit);
    for (const struct model_target *target = m->targets; target; target = target->next) {
        probe_point(&c->probes, target, tr("met"), target_span(target));
        probe_point(&c->probes, target, tr("missed"), target_span(target));
    }
}

/* ---- watching ---------------------------------------------------------------------------------------------------- */

static void watch_row(void *data, uint32_t block, const struct ir_value *value) {
    struct coverage *c = data;
    for (size_t i = 0; i < c->probes.probe_count; i++) {
        const struct probe *probe = &c->probes.probe[i];
        if (probe->block == block && value[probe->when].number != 0)
            c->probes.point[probe->point].touched = true;
    }
}

static void watch_less(struct coverage *c, const struct pol_step *step, enum interp_event event) {
    struct text name = c->ir->rule[step->rule].name;
    for (const struct model_item *item = c->p->model->items; item; item = item->next)
        for (const struct model_less *less = item->less; less; less = less->next)
            if (text_equal(less->name, name))
                touch(c, less->amount, less_outcome(event), less->span);
}

static void watch_step(void *data, const struct pol_step *step, enum interp_event event) {
    struct coverage *c = data;
    const struct model_limit *limit = c->p->model->limit;
    if (!step || step->kind == POL_STEP_LIMIT)
        touch(c, limit, limit_outcome(event), limit->span);
    else if (step->kind == POL_STEP_LESS)
        watch_less(c, step, event);
    else
        touch(c, c->cell[step->cell], cell_outcome(c->cell[step->cell]->kind, event), c->cell[step->cell]->span);
}

/* The IR's targets are sorted by kind; the model's stand as declared. */
static void watch_target(void *data, uint32_t index, int status) {
    struct coverage *c = data;
    const struct ir_target *seen = &c->ir->target[index];
    if (status == INTERP_NO_DATA)
        return;
    for (const struct model_target *t = c->p->model->targets; t; t = t->next)
        if (text_equal(t->name, seen->name) && t->kind == seen->kind && t->first_year == seen->first_year &&
            t->last_year == seen->last_year && t->value == seen->value && t->sense == seen->sense)
            touch(c, t, status == INTERP_MET ? tr("met") : tr("missed"), target_span(t));
}

/* ---- the table --------------------------------------------------------------------------------------------------- */

struct count {
    size_t touched, all;
};

static bool within(struct span inner, struct span outer) {
    return inner.lo >= outer.lo && inner.hi <= outer.hi && outer.hi > 0;
}

/* Points in the outer place, but in none of the inner ones. */
static bool is_in(const struct coverage *c, const struct probe_point *point, const struct model_clause *clause,
                  const struct model_item *item) {
    if (item)
        return within(point->span, item->stmt->span);
    for (const struct model_item *i = c->p->model->items; i; i = i->next)
        if (within(point->span, i->stmt->span))
            return false;
    if (clause)
        return within(point->span, clause->ast->span);
    for (const struct model_clause *i = c->p->model->clauses; i; i = i->next)
        if (within(point->span, i->ast->span))
            return false;
    return true;
}

static struct count count_in(const struct coverage *c, const struct model_clause *clause,
                             const struct model_item *item) {
    struct count n = {0};
    for (size_t i = 0; i < c->probes.point_count; i++) {
        const struct probe_point *point = &c->probes.point[i];
        if (is_in(c, point, clause, item)) {
            n.all++;
            n.touched += point->touched;
        }
    }
    return n;
}

/* Cut to a width with an ellipsis, on one line, padded where `pad`. */
static void print_cut(struct text t, size_t width, bool pad) {
    size_t at = 0, used = 0, size;
    bool cut = text_width(t) > width, blank = false;
    while (at < t.size) {
        uint32_t code = text_decode((struct text){t.data + at, t.size - at}, &size);
        bool space = code == ' ' || code == '\n' || code == '\t' || code == '\r';
        unsigned wide = space ? !blank : text_code_width(code);
        if (used + wide > width - cut)
            break;
        if (!space)
            fwrite(t.data + at, 1, size, stdout);
        else if (!blank)
            putchar(' ');
        blank = space;
        used += wide;
        at += size;
    }
    if (at < t.size) {
        fputs("…", stdout);
        used++;
    }
    for (; pad && used < width; used++)
        putchar(' ');
}

static unsigned percent_of(struct count n) {
    return n.all ? (unsigned)(n.touched * 100 / n.all) : 100;
}

static void print_row(const struct coverage *c, const char *indent, struct text name, struct text label,
                      struct count n) {
    struct text whole =
        text_format(c->p->arena, "%s%.*s%s%.*s", indent, TEXT_ARG(name), label.size ? " " : "", TEXT_ARG(label));
    print_cut(whole, WIDTH_NAME, n.all > 0);
    if (n.all)
        printf(tr(" %4zu of %4zu %3u%%"), n.touched, n.all, percent_of(n));
    putchar('\n');
}

static void print_clause(const struct coverage *c, const struct model_clause *clause) {
    struct count own = count_in(c, clause, NULL);
    bool any = own.all > 0;
    for (const struct model_item *item = c->p->model->items; item; item = item->next)
        any |= item->clause == clause;
    if (!any)
        return;
    print_row(c, "", clause->number, clause->title, own);
    for (const struct model_item *item = c->p->model->items; item; item = item->next)
        if (item->clause == clause)
            print_row(c, "  ", item->name, item->label, count_in(c, clause, item));
}

static struct count print_table(const struct coverage *c) {
    struct count head = count_in(c, NULL, NULL), all = {0};
    print_cut(text_of(tr("clause, item")), WIDTH_NAME, true);
    printf(" %s\n", tr("touched by examples"));
    if (head.all)
        print_row(c, "", text_of(tr("outside clauses")), TEXT(""), head);
    for (const struct model_item *item = c->p->model->items; item; item = item->next)
        if (!item->clause)
            print_row(c, "  ", item->name, item->label, count_in(c, NULL, item));
    for (const struct model_clause *clause = c->p->model->clauses; clause; clause = clause->next)
        print_clause(c, clause);
    all.all = c->probes.point_count;
    for (size_t i = 0; i < all.all; i++)
        all.touched += c->probes.point[i].touched;
    print_row(c, "", text_of(tr("in all")), TEXT(""), all);
    return all;
}

/* In the order of the source. */
static const struct probe_point *next_untouched(const struct coverage *c, const struct probe_point *last) {
    const struct probe_point *next = NULL;
    for (size_t i = 0; i < c->probes.point_count; i++) {
        const struct probe_point *point = &c->probes.point[i];
        bool later = !last || point->span.lo > last->span.lo || (point->span.lo == last->span.lo && point > last);
        if (!point->touched && later && (!next || point->span.lo < next->span.lo))
            next = point;
    }
    return next;
}

static void print_untouched(const struct coverage *c) {
    const struct probe_point *point = next_untouched(c, NULL);
    if (point)
        printf("\n%s\n", tr("not touched:"));
    for (; point; point = next_untouched(c, point)) {
        printf("%6u: ", sources_place(&c->p->sources, point->span.lo).line);
        print_cut(sources_text(&c->p->sources, point->span), WIDTH_SOURCE, false);
        printf(": %s\n", point->outcome);
    }
}

int coverage_report(struct pipeline *p, const char *path, unsigned least) {
    struct coverage c = {.p = p, .probes = {.arena = p->arena}};
    struct interp_recorder recorder = {.data = &c, .row = watch_row, .step = watch_step, .target = watch_target};
    struct interp_mismatches ignored = {0};
    struct interp_error error;
    struct diags diags;
    size_t run;
    diags_init(&diags, p->arena);
    c.ir = lower_probed(p->model, &p->sources, &diags, p->arena, &c.probes);
    assert(c.ir != NULL);
    c.cell = arena_array_of(p->arena, const struct model_cell *, p->model->cell_count);
    add_points(&c);
    if (interp_examples_record(p->arena, p->model, c.ir, &recorder, &run, &ignored, &error) != INTERP_OK) {
        command_say("%s", error.message);
        return EXIT_SYSTEM;
    }
    struct count all = print_table(&c);
    print_untouched(&c);
    if (all.touched * 100 >= least * all.all)
        return EXIT_CLEAN;
    printf(tr("\n%s: %u%% touched, %u%% wanted\n"), path, percent_of(all), least);
    return EXIT_FOUND;
}
