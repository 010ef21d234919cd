/* The same matter split into claims close below a threshold.
 *
 * What the descriptor says of thresholds are the maxima of its caps: a claim whose entitlement stays just below one is
 * never cut by it. Several such claims of one applicant and item, near in time, that escape the cap only because they
 * fall into different cells of it (another object, another year) and come to more than it together, are worth a look.
 */
#include <stdlib.h>
#include <string.h>

#include "audit/finder.h"

static bool is_near(const struct pol_finder *f, const struct pol_step *step, int64_t entitled) {
    if (step->kind != POL_STEP_CAP_MONEY || step->max.kind != POL_OPERAND_CONST ||
        step->condition.kind == POL_OPERAND_AUX || step->max.value <= 0)
        return false;
    pol_wide least = (pol_wide)step->max.value * (100 - (int)f->split.percent);
    return entitled < step->max.value && (pol_wide)entitled * 100 >= least;
}

static bool add_near(struct finder_worker *w, const struct pol_case *claim, const struct pol_step *step) {
    if (w->near_count == w->near_room) {
        uint64_t room = w->near_room * 2 + 64;
        struct finder_near *near = realloc(w->near, room * sizeof *near);
        if (near == NULL)
            return false;
        w->near = near;
        w->near_room = room;
    }
    struct finder_near *near = &w->near[w->near_count];
    *near = (struct finder_near){.claim = *claim, .rule = step->rule, .threshold = step->max.value};
    struct pol_text id = {claim->claim, claim->claim_size, 0}, applicant = {claim->applicant, claim->applicant_size, 0};
    near->claim.claim = pol_texts_copy(&w->texts, id);
    near->claim.applicant = pol_texts_copy(&w->texts, applicant);
    w->near_count++;
    return near->claim.claim != NULL && near->claim.applicant != NULL;
}

bool finder_note_near(struct pol_finder *f, struct finder_worker *w, const struct pol_case *claim) {
    const struct pol_item *items = pol_module_array(f->module, f->descriptor->items);
    if (claim->item >= f->descriptor->items.count || claim->date == INT32_MIN)
        return true;
    const struct pol_step *steps = pol_module_array(f->module, items[claim->item].steps);
    for (uint32_t s = 0; s < items[claim->item].steps.count; s++)
        if (is_near(f, &steps[s], claim->entitled) && !add_near(w, claim, &steps[s]))
            return false;
    return true;
}

/* ---- what belongs together --------------------------------------------------------------------------------------- */

/* Of one cap and item, then of one applicant. */
static int by_matter(const struct finder_near *x, const struct finder_near *y) {
    if (x->claim.item != y->claim.item)
        return x->claim.item < y->claim.item ? -1 : 1;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    return pol_texts_order(x->claim.applicant, x->claim.applicant_size, y->claim.applicant, y->claim.applicant_size);
}

static int by_time(const void *a, const void *b) {
    const struct finder_near *x = a, *y = b;
    int order = by_matter(x, y);
    if (order != 0)
        return order;
    if (x->claim.date != y->claim.date)
        return x->claim.date < y->claim.date ? -1 : 1;
    order = pol_texts_order(x->claim.claim, x->claim.claim_size, y->claim.claim, y->claim.claim_size);
    return order != 0 ? order : (x->claim.row > y->claim.row) - (x->claim.row < y->claim.row);
}

static bool keep_others(struct pol_finder *f, struct pol_case *c, const struct finder_near *near, uint64_t count) {
    c->rest = f->rest_count;
    c->rest_count = count - 1;
    c->rest_shown = (uint8_t)(count - 1 < SPLIT_REST_SHOWN ? count - 1 : SPLIT_REST_SHOWN);
    if (f->rest_count + c->rest_shown > f->rest_room) {
        uint64_t room = f->rest_room * 2 + SPLIT_REST_SHOWN;
        struct pol_text *rest = realloc(f->rest, room * sizeof *rest);
        if (rest == NULL)
            return false;
        f->rest = rest;
        f->rest_room = room;
    }
    for (unsigned i = 0; i < c->rest_shown; i++)
        f->rest[f->rest_count++] = (struct pol_text){near[i + 1].claim.claim, near[i + 1].claim.claim_size, 0};
    return true;
}

static int64_t bounded(pol_wide value) {
    return value < INT64_MAX ? (int64_t)value : INT64_MAX;
}

/* Claims [0, count), each within some days of the one before. */
static bool add_split(struct pol_finder *f, const struct finder_near *near, uint64_t count) {
    pol_wide entitled = 0, paid = 0, payable = 0, carried = 0;
    for (uint64_t i = 0; i < count; i++) {
        entitled += near[i].claim.entitled;
        paid += near[i].claim.paid;
        payable += near[i].claim.payable;
        carried += near[i].claim.carried;
    }
    if (count < 2 || entitled <= near->threshold)
        return true;
    struct pol_case c = near->claim;
    c.kind = POL_SPLIT;
    c.words = WORDS_SPLIT_CAP;
    c.rule = near->rule;
    c.award = near->threshold;
    c.entitled = bounded(entitled);
    c.paid = bounded(paid);
    c.payable = bounded(payable);
    c.carried = bounded(carried);
    c.amount = bounded(entitled - near->threshold);
    return keep_others(f, &c, near, count) && finder_add(&f->worker[0], &c);
}

static bool gather(struct pol_finder *f, struct finder_near **all, uint64_t *count) {
    *count = 0;
    for (unsigned i = 0; i < f->workers; i++)
        *count += f->worker[i].near_count;
    *all = malloc((*count + 1) * sizeof **all);
    if (*all == NULL)
        return false;
    uint64_t at = 0;
    for (unsigned i = 0; i < f->workers; i++) {
        struct finder_worker *w = &f->worker[i];
        if (w->near_count > 0)
            memcpy(*all + at, w->near, w->near_count * sizeof **all);
        at += w->near_count;
        free(w->near);
        w->near = NULL;
        w->near_count = w->near_room = 0;
    }
    return true;
}

bool finder_splits(struct pol_finder *f) {
    struct finder_near *near;
    uint64_t count;
    if (!gather(f, &near, &count))
        return false;
    if (count > 0)
        qsort(near, count, sizeof *near, by_time);
    bool room = true;
    for (uint64_t first = 0, i = 1; room && first < count; i++) {
        bool together = i < count && by_matter(&near[first], &near[i]) == 0 &&
                        (int64_t)near[i].claim.date - near[i - 1].claim.date <= (int64_t)f->split.days;
        if (together)
            continue;
        room = add_split(f, &near[first], i - first);
        first = i;
    }
    free(near);
    return room;
}
