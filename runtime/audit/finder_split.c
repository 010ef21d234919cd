/* The same matter split into claims close below a threshold.
 *
 * Thresholds are the maxima of the policy's caps, the most that an item awards, and values of a number of the claim
 * from which on the policy decides otherwise. Several claims of one applicant and item, near in time, each close below
 * the same threshold, are worth a look where they came to more than one claim for all of it would.
 */
#include <stdlib.h>
#include <string.h>

#include "audit/finder.h"
#include "audit/thresholds.h"
#include "ledger/fail.h"

bool finder_split_begin(struct pol_finder *f) {
    uint32_t items = f->descriptor->items.count, n = 0;
    f->thresholds = pol_thresholds_of(f->module, &f->threshold_count);
    f->most = calloc(f->threshold_count + 1u, sizeof *f->most);
    f->most_first = calloc(items + 1u, sizeof *f->most_first);
    if (f->most == NULL || f->most_first == NULL)
        return false;
    for (uint32_t item = 0, i = 0; item < items; item++) {
        f->most_first[item] = n;
        for (; i < f->threshold_count && f->thresholds[i].item == item; i++)
            if (f->thresholds[i].field == POL_NONE)
                f->most[n++] =
                    (struct finder_most){pol_threshold_value(f->module, &f->thresholds[i], f->params), item, i};
    }
    f->most_first[items] = n;
    return true;
}

/* ---- what is close ----------------------------------------------------------------------------------------------- */

static bool add_near(struct finder_worker *w, const struct pol_case *claim, struct finder_near what) {
    if (w->near_count == w->near_room) {
        uint64_t room = w->near_room * 2 + 64;
        struct finder_near *near = realloc(w->near, room * sizeof *near);
        if (near == NULL)
            return false;
        w->near = near;
        w->near_room = room;
    }
    struct finder_near *near = &w->near[w->near_count];
    *near = what;
    near->claim = *claim;
    struct pol_text id = {claim->claim, claim->claim_size, 0}, applicant = {claim->applicant, claim->applicant_size, 0};
    near->claim.claim = pol_texts_copy(&w->texts, id);
    near->claim.applicant = pol_texts_copy(&w->texts, applicant);
    w->near_count++;
    return near->claim.claim != NULL && near->claim.applicant != NULL;
}

static bool is_cap(const struct pol_step *step) {
    return step->kind == POL_STEP_CAP_MONEY && step->max.kind == POL_OPERAND_CONST;
}

static bool note_caps(const struct pol_finder *f, struct finder_worker *w, const struct pol_case *claim,
                      const struct pol_item *item) {
    const struct pol_step *steps = pol_module_array(f->module, item->steps);
    for (uint32_t s = 0; s < item->steps.count; s++) {
        struct finder_near near = {.rule = steps[s].rule,
                                   .which = POL_NONE,
                                   .step = steps[s].condition.kind == POL_OPERAND_AUX ? s : POL_NONE,
                                   .threshold = steps[s].max.value,
                                   .value = claim->entitled};
        if (is_cap(&steps[s]) && pol_threshold_is_near(near.value, near.threshold, false, f->split.percent) &&
            !add_near(w, claim, near))
            return false;
    }
    return true;
}

/* A cap with the same maximum is the same threshold. */
static bool has_cap(const struct pol_finder *f, const struct pol_item *item, int64_t max) {
    const struct pol_step *steps = pol_module_array(f->module, item->steps);
    for (uint32_t s = 0; s < item->steps.count; s++)
        if (is_cap(&steps[s]) && steps[s].max.value == max)
            return true;
    return false;
}

bool finder_note_near(struct pol_finder *f, struct finder_worker *w, const struct pol_case *claim,
                      const struct pol_found_row *row) {
    const struct pol_item *items = pol_module_array(f->module, f->descriptor->items);
    if (claim->item >= f->descriptor->items.count || claim->date == INT32_MIN)
        return true;
    const struct pol_item *item = &items[claim->item];
    struct finder_near near = {.rule = item->award_rule, .step = POL_NONE};
    bool room = note_caps(f, w, claim, item);
    for (uint32_t i = f->most_first[claim->item]; room && i < f->most_first[claim->item + 1]; i++) {
        near.which = f->most[i].which;
        near.threshold = f->most[i].value;
        near.value = claim->award;
        if (pol_threshold_is_near(claim->award, near.threshold, false, f->split.percent) &&
            !has_cap(f, item, near.threshold))
            room = add_near(w, claim, near);
    }
    for (uint32_t i = 0; room && i < row->near_count; i++) {
        near.which = row->near[i].which;
        near.threshold = pol_threshold_value(f->module, &f->thresholds[near.which], f->params);
        near.value = row->near[i].value;
        room = add_near(w, claim, near);
    }
    return room;
}

/* ---- what belongs together --------------------------------------------------------------------------------------- */

/* Of one threshold and item, then of one applicant. */
static int by_matter(const struct finder_near *x, const struct finder_near *y) {
    if (x->claim.item != y->claim.item)
        return x->claim.item < y->claim.item ? -1 : 1;
    if (x->rule != y->rule)
        return x->rule < y->rule ? -1 : 1;
    if (x->which != y->which)
        return x->which < y->which ? -1 : 1;
    if (x->threshold != y->threshold)
        return x->threshold < y->threshold ? -1 : 1;
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

/* Claims that may be one matter: `near` and those behind it. */
struct matter {
    const struct finder_near *near;
    uint64_t count;
    int64_t sum; /* of the values that are close below the threshold */
};

struct matters {
    struct matter *list;
    struct finder_question *questions;
    uint64_t count, room, question_count;
};

static bool is_of_field(const struct pol_finder *f, const struct finder_near *near) {
    return near->which != POL_NONE && f->thresholds[near->which].field != POL_NONE;
}

/* What is to be asked before it is known whether they are: what one claim for all of it would come to, or whether the
 * cap holds for them. */
static bool is_question(const struct pol_finder *f, const struct finder_near *near) {
    return near->step != POL_NONE || is_of_field(f, near);
}

/* Claims [0, count), each within some days of the one before. */
static bool add_matter(const struct pol_finder *f, struct matters *all, const struct finder_near *near,
                       uint64_t count) {
    pol_wide sum = 0;
    for (uint64_t i = 0; i < count; i++)
        sum += near[i].value;
    if (count < 2 || sum <= near->threshold)
        return true;
    if (all->count == all->room) {
        uint64_t room = all->room * 2 + 64;
        struct matter *list = realloc(all->list, room * sizeof *list);
        if (list == NULL)
            return false;
        all->list = list;
        all->room = room;
    }
    all->list[all->count++] = (struct matter){near, count, bounded(sum)};
    all->question_count += is_question(f, near);
    return true;
}

static struct finder_question question_of(const struct pol_finder *f, const struct matter *matter) {
    const struct finder_near *near = matter->near;
    const struct pol_field *fields = pol_module_array(f->module, f->descriptor->claim_fields);
    struct finder_question q = {.claim = {near->claim.claim, near->claim.claim_size, 0},
                                .applicant = {near->claim.applicant, near->claim.applicant_size, 0},
                                .year = 1970 + (int32_t)((4 * (int64_t)near->claim.date + 2) / 1461),
                                .item = near->claim.item,
                                .step = near->step,
                                .field = POL_NONE};
    if (near->step == POL_NONE) {
        q.field = f->thresholds[near->which].field;
        q.value = matter->sum < fields[q.field].max ? matter->sum : fields[q.field].max;
    }
    return q;
}

static bool add_split(struct pol_finder *f, const struct matter *matter, const struct finder_question *asked) {
    const struct finder_near *near = matter->near;
    pol_wide entitled = 0, paid = 0, payable = 0, carried = 0;
    for (uint64_t i = 0; i < matter->count; i++) {
        entitled += near[i].claim.entitled;
        paid += near[i].claim.paid;
        payable += near[i].claim.payable;
        carried += near[i].claim.carried;
    }
    bool field = is_of_field(f, near);
    int64_t one = asked == NULL ? near->threshold : field && asked->award < 0 ? 0 : asked->award;
    if (one < 0 || entitled <= one)
        return true; /* the cap does not hold for it; one claim would have come to as much */
    struct pol_case c = near->claim;
    c.kind = POL_SPLIT;
    c.words = field ? WORDS_SPLIT_FIELD : near->which != POL_NONE ? WORDS_SPLIT_AWARD : WORDS_SPLIT_CAP;
    c.rule = near->rule;
    c.award = one;
    c.edge = near->threshold;
    c.which = field ? near->which : POL_NONE;
    c.entitled = bounded(entitled);
    c.paid = bounded(paid);
    c.payable = bounded(payable);
    c.carried = bounded(carried);
    c.amount = bounded(entitled - one);
    return keep_others(f, &c, near, matter->count) && finder_add(&f->worker[0], &c);
}

static int by_claims(const void *a, const void *b) {
    const struct pol_case *x = a, *y = b;
    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    if (x->rest_count != y->rest_count)
        return x->rest_count < y->rest_count ? -1 : 1;
    if (x->entitled != y->entitled)
        return x->entitled < y->entitled ? -1 : 1;
    if (x->amount != y->amount)
        return x->amount > y->amount ? -1 : 1;
    if (x->words != y->words)
        return (int)x->words - (int)y->words;
    return (x->which > y->which) - (x->which < y->which);
}

/* The same claims may be below several thresholds: one finding, of the largest amount. */
static void drop_doubles(struct finder_worker *w, uint64_t first) {
    uint64_t kept = first;
    if (w->count - first > 1)
        qsort(w->cases + first, w->count - first, sizeof *w->cases, by_claims);
    for (uint64_t i = first; i < w->count; i++) {
        const struct pol_case *last = kept > first ? &w->cases[kept - 1] : NULL;
        const struct pol_case *c = &w->cases[i];
        if (last != NULL && last->row == c->row && last->rest_count == c->rest_count && last->entitled == c->entitled)
            continue;
        w->cases[kept++] = *c;
    }
    w->count = kept;
}

/* Asks what has to be asked, and adds those that are. */
static enum pol_status add_splits(struct pol_finder *f, struct pol_audit *audit, struct matters *all,
                                  struct pol_error *error) {
    uint32_t asked = 0;
    uint64_t first = f->worker[0].count;
    if (all->question_count > UINT32_MAX)
        return pol_ledger_no_memory(error);
    all->questions = calloc(all->question_count + 1, sizeof *all->questions);
    if (all->questions == NULL)
        return pol_ledger_no_memory(error);
    for (uint64_t i = 0; i < all->count; i++)
        if (is_question(f, all->list[i].near))
            all->questions[asked++] = question_of(f, &all->list[i]);
    enum pol_status status = finder_ask(f, audit, all->questions, asked, error);
    asked = 0;
    for (uint64_t i = 0; i < all->count && status == POL_STATUS_OK; i++) {
        const struct finder_question *q = is_question(f, all->list[i].near) ? &all->questions[asked++] : NULL;
        if ((q == NULL || q->answered) && !add_split(f, &all->list[i], q))
            status = pol_ledger_no_memory(error);
    }
    drop_doubles(&f->worker[0], first);
    return status;
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

enum pol_status finder_splits(struct pol_finder *f, struct pol_audit *audit, struct pol_error *error) {
    struct finder_near *near;
    struct matters all = {0};
    uint64_t count;
    if (!gather(f, &near, &count))
        return pol_ledger_no_memory(error);
    if (count > 0)
        qsort(near, count, sizeof *near, by_time);
    bool room = true;
    for (uint64_t first = 0, i = 1; room && first < count; i++) {
        bool together = i < count && by_matter(&near[first], &near[i]) == 0 &&
                        (int64_t)near[i].claim.date - near[i - 1].claim.date <= (int64_t)f->split.days;
        if (together)
            continue;
        room = add_matter(f, &all, &near[first], i - first);
        first = i;
    }
    enum pol_status status = room ? add_splits(f, audit, &all, error) : pol_ledger_no_memory(error);
    free(all.list);
    free(all.questions);
    free(near);
    return status;
}
