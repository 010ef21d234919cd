/* The same matter split into claims close below a threshold.
 *
 * Thresholds are the maxima of the policy's caps, the most that an item awards, and values of a number of the claim
 * from which on the policy decides otherwise. Several claims of one applicant and item, near in time, each close below
 * the same threshold, are worth a look where they came to more than one claim for all of it would.
 */
#include <stdlib.h>
#include <string.h>

#include "audit/audit_spill.h"
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

static bool add_near(struct pol_finder *f, unsigned worker, const struct pol_case *claim, struct finder_near what) {
    uint32_t size = (uint32_t)sizeof what + claim->claim_size + claim->applicant_size;
    uint64_t number = (uint64_t)claim->item << 32 | what.rule;
    struct finder_near *near = prt_sorter_add(f->near, worker, number, size);
    if (near == NULL)
        return false;
    *near = what;
    near->claim = *claim;
    char *texts = (char *)(near + 1);
    if (claim->claim_size > 0)
        memcpy(texts, claim->claim, claim->claim_size);
    if (claim->applicant_size > 0)
        memcpy(texts + claim->claim_size, claim->applicant, claim->applicant_size);
    return true;
}

static bool is_cap(const struct pol_step *step) {
    return step->kind == POL_STEP_CAP_MONEY && step->max.kind == POL_OPERAND_CONST;
}

static bool note_caps(struct pol_finder *f, unsigned worker, const struct pol_case *claim,
                      const struct pol_item *item) {
    const struct pol_step *steps = pol_module_array(f->module, item->steps);
    for (uint32_t s = 0; s < item->steps.count; s++) {
        struct finder_near near = {.rule = steps[s].rule,
                                   .which = POL_NONE,
                                   .step = steps[s].condition.kind == POL_OPERAND_AUX ? s : POL_NONE,
                                   .threshold = steps[s].max.value,
                                   .value = claim->entitled};
        if (is_cap(&steps[s]) && pol_threshold_is_near(near.value, near.threshold, false, f->split.percent) &&
            !add_near(f, worker, claim, near))
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

bool finder_note_near(struct pol_finder *f, unsigned worker, const struct pol_case *claim,
                      const struct pol_found_row *row) {
    const struct pol_item *items = pol_module_array(f->module, f->descriptor->items);
    if (claim->item >= f->descriptor->items.count || claim->date == INT32_MIN)
        return true;
    const struct pol_item *item = &items[claim->item];
    struct finder_near near = {.rule = item->award_rule, .step = POL_NONE};
    bool room = note_caps(f, worker, claim, item);
    for (uint32_t i = f->most_first[claim->item]; room && i < f->most_first[claim->item + 1]; i++) {
        near.which = f->most[i].which;
        near.threshold = f->most[i].value;
        near.value = claim->award;
        if (pol_threshold_is_near(claim->award, near.threshold, false, f->split.percent) &&
            !has_cap(f, item, near.threshold))
            room = add_near(f, worker, claim, near);
    }
    for (uint32_t i = 0; room && i < row->near_count; i++) {
        near.which = row->near[i].which;
        near.threshold = pol_threshold_value(f->module, &f->thresholds[near.which], f->params);
        near.value = row->near[i].value;
        room = add_near(f, worker, claim, near);
    }
    return room;
}

/* ---- what belongs together --------------------------------------------------------------------------------------- */

static struct pol_text claim_of(const struct finder_near *near) {
    return (struct pol_text){(const char *)(near + 1), near->claim.claim_size, 0};
}

static struct pol_text applicant_of(const struct finder_near *near) {
    return (struct pol_text){(const char *)(near + 1) + near->claim.claim_size, near->claim.applicant_size, 0};
}

static int order_of(struct pol_text a, struct pol_text b) {
    return pol_texts_order(a.data, a.size, b.data, b.size);
}

/* Of one threshold and item, then of one applicant; item and rule are the sorter's number. */
static int by_matter(const struct finder_near *x, const struct finder_near *y) {
    if (x->which != y->which)
        return x->which < y->which ? -1 : 1;
    if (x->threshold != y->threshold)
        return x->threshold < y->threshold ? -1 : 1;
    return order_of(applicant_of(x), applicant_of(y));
}

static int by_time(const void *a, const void *b) {
    const struct finder_near *x = a, *y = b;
    int order = by_matter(x, y);
    if (order != 0)
        return order;
    if (x->claim.date != y->claim.date)
        return x->claim.date < y->claim.date ? -1 : 1;
    order = order_of(claim_of(x), claim_of(y));
    return order != 0 ? order : (x->claim.row > y->claim.row) - (x->claim.row < y->claim.row);
}

const struct prt_sorter_kind finder_by_time = {.order = by_time};

/* Claims that may be one matter: those of one threshold and applicant, each within some days of the one before. */
struct matter {
    struct finder_near first;
    char *bytes; /* of the first one's entry: with its texts; then the ids of the others */
    size_t used, room;
    uint32_t other[SPLIT_REST_SHOWN], other_size[SPLIT_REST_SHOWN]; /* where they stand in the bytes */
    uint64_t count;
    int32_t last; /* date */
    pol_wide sum; /* of the values that are close below the threshold */
    pol_wide entitled, paid, payable, carried;
};

struct splitting {
    struct pol_finder *f;
    struct pol_audit *audit;
    struct prt_sorter *splits;
    struct matter *list; /* what is to be asked about */
    struct finder_question *questions;
    uint64_t count, room, most;
};

static int64_t bounded(pol_wide value) {
    return value < INT64_MAX ? (int64_t)value : INT64_MAX;
}

static bool is_of_field(const struct pol_finder *f, const struct finder_near *near) {
    return near->which != POL_NONE && f->thresholds[near->which].field != POL_NONE;
}

/* What is to be asked before it is known whether they are: what one claim for all of it would come to, or whether the
 * cap holds for them. */
static bool is_question(const struct pol_finder *f, const struct finder_near *near) {
    return near->step != POL_NONE || is_of_field(f, near);
}

static bool add_bytes(struct matter *m, const void *data, size_t size) {
    if (m->used + size > m->room) {
        size_t room = m->room * 2 + size + 256;
        char *bytes = realloc(m->bytes, room);
        if (bytes == NULL)
            return false;
        m->bytes = bytes;
        m->room = room;
    }
    if (size > 0)
        memcpy(m->bytes + m->used, data, size);
    m->used += size;
    return true;
}

static const struct finder_near *first_of(const struct matter *m) {
    return (const void *)m->bytes;
}

static bool add_to_matter(struct matter *m, const struct finder_near *near, uint32_t size) {
    bool room = true;
    if (m->count == 0) {
        *m = (struct matter){.first = *near, .bytes = m->bytes, .room = m->room};
        room = add_bytes(m, near, size);
    } else if (m->count <= SPLIT_REST_SHOWN) {
        struct pol_text id = claim_of(near);
        m->other[m->count - 1] = (uint32_t)m->used;
        m->other_size[m->count - 1] = id.size;
        room = add_bytes(m, id.data, id.size);
    }
    m->count++;
    m->last = near->claim.date;
    m->sum += near->value;
    m->entitled += near->claim.entitled;
    m->paid += near->claim.paid;
    m->payable += near->claim.payable;
    m->carried += near->claim.carried;
    return room;
}

static bool belongs(const struct splitting *s, const struct matter *m, const struct finder_near *near) {
    return m->first.claim.item == near->claim.item && m->first.rule == near->rule &&
           by_matter(first_of(m), near) == 0 && (int64_t)near->claim.date - m->last <= (int64_t)s->f->split.days;
}

static struct finder_question question_of(const struct pol_finder *f, const struct matter *matter) {
    const struct finder_near *near = &matter->first;
    const struct pol_field *fields = pol_module_array(f->module, f->descriptor->claim_fields);
    struct finder_question q = {.claim = claim_of(first_of(matter)),
                                .applicant = applicant_of(first_of(matter)),
                                .year = 1970 + (int32_t)((4 * (int64_t)near->claim.date + 2) / 1461),
                                .item = near->claim.item,
                                .step = near->step,
                                .field = POL_NONE};
    if (near->step == POL_NONE) {
        int64_t sum = bounded(matter->sum);
        q.field = f->thresholds[near->which].field;
        q.value = sum < fields[q.field].max ? sum : fields[q.field].max;
    }
    return q;
}

static bool put_split(const struct splitting *s, const struct matter *m, struct pol_case *c) {
    struct pol_text rest[SPLIT_REST_SHOWN], claim = claim_of(first_of(m)), applicant = applicant_of(first_of(m));
    c->claim = claim.data;
    c->applicant = applicant.data;
    c->rest_count = m->count - 1;
    c->rest_shown = (uint8_t)(m->count - 1 < SPLIT_REST_SHOWN ? m->count - 1 : SPLIT_REST_SHOWN);
    for (unsigned i = 0; i < c->rest_shown; i++)
        rest[i] = (struct pol_text){m->bytes + m->other[i], m->other_size[i], 0};
    return finder_put_case(s->splits, 0, c->row, c, rest);
}

static bool add_split(const struct splitting *s, const struct matter *m, const struct finder_question *asked) {
    const struct finder_near *near = &m->first;
    bool field = is_of_field(s->f, near);
    int64_t one = asked == NULL ? near->threshold : field && asked->award < 0 ? 0 : asked->award;
    if (one < 0 || m->entitled <= one)
        return true; /* the cap does not hold for it; one claim would have come to as much */
    struct pol_case c = near->claim;
    c.kind = POL_SPLIT;
    c.words = field ? WORDS_SPLIT_FIELD : near->which != POL_NONE ? WORDS_SPLIT_AWARD : WORDS_SPLIT_CAP;
    c.rule = near->rule;
    c.award = one;
    c.edge = near->threshold;
    c.which = field ? near->which : POL_NONE;
    c.entitled = bounded(m->entitled);
    c.paid = bounded(m->paid);
    c.payable = bounded(m->payable);
    c.carried = bounded(m->carried);
    c.amount = bounded(m->entitled - one);
    return put_split(s, m, &c);
}

static enum pol_status split_failed(const struct splitting *s, struct pol_error *error) {
    int cause = prt_sorter_failure(s->splits);
    return cause != 0 ? pol_audit_spill_cause(s->audit, cause, error) : pol_finder_failed(s->f, s->audit, error);
}

static void forget_matters(struct splitting *s) {
    for (uint64_t i = 0; i < s->count; i++)
        free(s->list[i].bytes);
    s->count = 0;
    pol_texts_free(&s->f->texts);
}

/* Asks what has to be asked, and adds those that are. */
static enum pol_status ask_matters(struct splitting *s, struct pol_error *error) {
    s->questions = calloc(s->count + 1, sizeof *s->questions);
    if (s->questions == NULL)
        return pol_ledger_no_memory(error);
    for (uint64_t i = 0; i < s->count; i++)
        s->questions[i] = question_of(s->f, &s->list[i]);
    enum pol_status status = finder_ask(s->f, s->audit, s->questions, (uint32_t)s->count, error);
    for (uint64_t i = 0; i < s->count && status == POL_STATUS_OK; i++)
        if (s->questions[i].answered && !add_split(s, &s->list[i], &s->questions[i]))
            status = split_failed(s, error);
    free(s->questions);
    s->questions = NULL;
    forget_matters(s);
    return status;
}

/* A matter is complete: it is a finding, or asked about, or nothing. Its bytes may go to the list. */
static enum pol_status end_matter(struct splitting *s, struct matter *m, struct pol_error *error) {
    bool maybe = m->count >= 2 && m->sum > m->first.threshold;
    if (maybe && !is_question(s->f, &m->first) && !add_split(s, m, NULL))
        return split_failed(s, error);
    enum pol_status status = POL_STATUS_OK;
    if (maybe && is_question(s->f, &m->first)) {
        if (s->count == s->most)
            status = ask_matters(s, error);
        if (s->count == s->room) {
            uint64_t room = s->room * 2 + 64 < s->most ? s->room * 2 + 64 : s->most;
            struct matter *list = realloc(s->list, room * sizeof *list);
            if (list == NULL)
                return pol_ledger_no_memory(error);
            s->list = list;
            s->room = room;
        }
        s->list[s->count++] = *m;
        m->bytes = NULL;
        m->room = 0;
    }
    m->count = 0;
    return status;
}

static enum pol_status walk_near(struct splitting *s, struct matter *m, struct pol_error *error) {
    if (!prt_sorter_begin(s->f->near))
        return split_failed(s, error);
    enum pol_status status = POL_STATUS_OK;
    const struct finder_near *near;
    uint32_t size = 0;
    while (status == POL_STATUS_OK && (near = prt_sorter_next(s->f->near, NULL, &size)) != NULL) {
        if (m->count > 0 && !belongs(s, m, near))
            status = end_matter(s, m, error);
        if (status == POL_STATUS_OK && !add_to_matter(m, near, size))
            status = pol_ledger_no_memory(error);
    }
    if (status == POL_STATUS_OK && prt_sorter_failure(s->f->near) != 0)
        status = split_failed(s, error);
    if (status == POL_STATUS_OK)
        status = end_matter(s, m, error);
    return status == POL_STATUS_OK ? ask_matters(s, error) : status;
}

/* The same claims may be below several thresholds: one finding, of the largest amount. */
static bool settle_splits(const struct splitting *s) {
    struct pol_case last = {.row = UINT64_MAX};
    if (!prt_sorter_begin(s->splits))
        return false;
    const void *entry;
    while ((entry = prt_sorter_next(s->splits, NULL, NULL)) != NULL) {
        struct pol_text rest[SPLIT_REST_SHOWN];
        struct pol_case c;
        finder_get_case(entry, &c, rest);
        if (last.row == c.row && last.rest_count == c.rest_count && last.entitled == c.entitled)
            continue;
        if (!finder_settle(s->f, &c, rest))
            return false;
        last = c;
    }
    return prt_sorter_failure(s->splits) == 0;
}

enum pol_status finder_splits(struct pol_finder *f, struct pol_audit *audit, struct pol_error *error) {
    enum { MATTER_BYTES = sizeof(struct matter) + sizeof(struct finder_question) + 256 };
    struct splitting s = {.f = f, .audit = audit, .splits = finder_sorter(&f->memory, &finder_by_matter, 1, 10)};
    struct matter matter = {.bytes = NULL};
    s.most = finder_at_once(f, 20, MATTER_BYTES + f->descriptor->profile_fields.count * (uint64_t)16, UINT32_MAX / 2);
    enum pol_status status = s.splits != NULL ? walk_near(&s, &matter, error) : pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK && !settle_splits(&s))
        status = split_failed(&s, error);
    forget_matters(&s);
    free(s.list);
    free(matter.bytes);
    prt_sorter_free(s.splits);
    prt_sorter_free(f->near);
    f->near = NULL;
    return status;
}
