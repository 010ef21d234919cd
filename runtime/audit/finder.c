/* Findings: what each claim's decision says about what was paid for it. */
#include "audit/finder.h"

#include <stdlib.h>
#include <string.h>

#include "audit/work.h"
#include "ledger/fail.h"

/* ---- making ------------------------------------------------------------------------------------------------------ */

static bool by_year(const struct pol_finder *f, uint32_t cell) {
    const struct pol_cell *cells = pol_module_array(f->module, f->descriptor->cells);
    const struct pol_key *key = pol_module_array(f->module, cells[cell].keys);
    for (uint32_t i = 0; i < cells[cell].keys.count; i++)
        if (key[i].kind == POL_KEY_YEAR)
            return true;
    return false;
}

static enum rule_about about_of(const struct pol_finder *f, const struct pol_step *step) {
    switch ((enum pol_step_kind)step->kind) {
    case POL_STEP_LESS:
        return ABOUT_LESS;
    case POL_STEP_CAP_MONEY:
    case POL_STEP_CAP_CLAIMS:
    case POL_STEP_CAP_UNITS:
        return by_year(f, step->cell) ? ABOUT_YEAR_CAP : ABOUT_CAP;
    case POL_STEP_ONCE:
    case POL_STEP_ONE_YEAR:
    case POL_STEP_LADDER:
    case POL_STEP_LIMIT:
        break;
    }
    return ABOUT_OTHER;
}

static void look_at_rules(struct pol_finder *f) {
    const struct pol_item *items = pol_module_array(f->module, f->descriptor->items);
    for (uint32_t i = 0; i < f->descriptor->items.count; i++) {
        const struct pol_step *steps = pol_module_array(f->module, items[i].steps);
        for (uint32_t s = 0; s < items[i].steps.count; s++)
            f->about[steps[s].rule] = (uint8_t)about_of(f, &steps[s]);
    }
}

bool finder_sums_make(struct pol_sums *sums, const struct pol_descriptor *d) {
    sums->item = calloc(d->items.count + 1u, sizeof *sums->item);
    sums->clause = calloc(d->clauses.count + 1u, sizeof *sums->clause);
    return sums->item != NULL && sums->clause != NULL;
}

struct pol_finder *pol_finder_new(const pol_module *module, unsigned workers, const struct pol_split_options *split,
                                  const int64_t *params) {
    struct pol_finder *f = calloc(1, sizeof *f);
    if (f == NULL)
        return NULL;
    f->module = module;
    f->descriptor = pol_module_descriptor(module);
    f->split = *split;
    f->params = params;
    f->workers = workers;
    f->about = calloc(f->descriptor->rules.count + 1u, 1);
    f->worker = calloc(workers, sizeof *f->worker);
    bool made =
        f->about != NULL && f->worker != NULL && finder_sums_make(&f->sums, f->descriptor) && finder_split_begin(f);
    for (unsigned i = 0; made && i < workers; i++)
        made = finder_sums_make(&f->worker[i].sums, f->descriptor);
    if (made) {
        look_at_rules(f);
        return f;
    }
    pol_finder_free(f);
    return NULL;
}

static void free_sums(struct pol_sums *sums) {
    free(sums->item);
    free(sums->clause);
}

void pol_finder_free(struct pol_finder *f) {
    if (f == NULL)
        return;
    for (unsigned i = 0; f->worker != NULL && i < f->workers; i++) {
        struct finder_worker *w = &f->worker[i];
        pol_texts_free(&w->texts);
        free(w->cases);
        free(w->near);
        free_sums(&w->sums);
    }
    free(f->worker);
    free(f->about);
    free(f->most);
    free(f->most_first);
    free(f->cases);
    free(f->rest);
    free_sums(&f->sums);
    free(f);
}

/* ---- room -------------------------------------------------------------------------------------------------------- */

static bool grow(void *array, uint64_t *room, uint64_t needed, size_t width) {
    void **place = array;
    if (needed <= *room)
        return true;
    uint64_t more = *room * 2 > needed ? *room * 2 : needed + 64;
    void *memory = realloc(*place, more * width);
    if (memory == NULL)
        return false;
    *place = memory;
    *room = more;
    return true;
}

bool finder_add(struct finder_worker *w, const struct pol_case *found) {
    if (!grow(&w->cases, &w->room, w->count + 1, sizeof *w->cases))
        return false;
    w->cases[w->count++] = *found;
    return true;
}

/* ---- sums -------------------------------------------------------------------------------------------------------- */

uint32_t finder_clause(const struct pol_finder *f, uint32_t rule, uint32_t item) {
    const struct pol_rule *rules = pol_module_array(f->module, f->descriptor->rules);
    const struct pol_item *items = pol_module_array(f->module, f->descriptor->items);
    uint32_t clause = rule != 0 ? rules[rule].clause : POL_NONE;
    if (clause == POL_NONE && item < f->descriptor->items.count)
        clause = items[item].clause;
    return clause < f->descriptor->clauses.count ? clause : f->descriptor->clauses.count;
}

static int32_t year_of(int32_t date) {
    return date == INT32_MIN ? 0 : 1970 + (int32_t)((4 * (int64_t)date + 2) / 1461);
}

static void add_to_gap(struct pol_gap *gap, int64_t due, int64_t paid) {
    gap->claims++;
    gap->due += due;
    gap->paid += paid;
    if (paid > due) {
        gap->over_claims++;
        gap->over += (pol_wide)paid - due;
    } else if (paid < due) {
        gap->under_claims++;
        gap->under += (pol_wide)due - paid;
    }
}

static unsigned size_class(int64_t difference) {
    unsigned size = 1;
    for (int64_t edge = 1000; size < POL_GAP_SIZES - 1 && difference > edge; edge *= 10)
        size++;
    return size;
}

static void add_to_sums(const struct pol_finder *f, struct pol_sums *sums, const struct pol_case *c) {
    int64_t due = pol_case_due(c);
    int32_t year = year_of(c->date) - 1989;
    add_to_gap(&sums->item[c->item], due, c->paid);
    add_to_gap(&sums->clause[finder_clause(f, c->rule, c->item)], due, c->paid);
    add_to_gap(&sums->year[year > 0 && year < POL_GAP_YEARS ? year : 0], due, c->paid);
    if (c->paid == due)
        sums->exact++;
    else if (c->paid > due)
        sums->over_by_size[size_class(c->paid - due)]++;
    else
        sums->under_by_size[size_class(due - c->paid)]++;
}

static void merge_gap(struct pol_gap *to, const struct pol_gap *from) {
    to->claims += from->claims;
    to->over_claims += from->over_claims;
    to->under_claims += from->under_claims;
    to->due += from->due;
    to->paid += from->paid;
    to->over += from->over;
    to->under += from->under;
}

static void merge_sums(const struct pol_finder *f, struct pol_sums *to, const struct pol_sums *from) {
    for (uint32_t i = 0; i <= f->descriptor->items.count; i++)
        merge_gap(&to->item[i], &from->item[i]);
    for (uint32_t i = 0; i <= f->descriptor->clauses.count; i++)
        merge_gap(&to->clause[i], &from->clause[i]);
    for (int i = 0; i < POL_GAP_YEARS; i++)
        merge_gap(&to->year[i], &from->year[i]);
    for (int i = 0; i < POL_GAP_SIZES; i++) {
        to->over_by_size[i] += from->over_by_size[i];
        to->under_by_size[i] += from->under_by_size[i];
    }
    to->exact += from->exact;
}

/* ---- one claim --------------------------------------------------------------------------------------------------- */

static void put_kind(struct pol_case *c, enum pol_finding_kind kind, enum words_of_finding words) {
    c->kind = (uint8_t)kind;
    c->words = (uint8_t)words;
}

/* Of a claim that a cap cut or denied. */
static void over_cap(const struct pol_finder *f, struct pol_case *c) {
    bool yearly = f->about[c->rule] == ABOUT_YEAR_CAP;
    put_kind(c, yearly ? POL_LIMIT_USED_UP : POL_OVER_CAP, yearly ? WORDS_YEAR_CAP : WORDS_CAP);
}

/* What it means that more was paid than due. */
static void why_over(const struct pol_finder *f, struct pol_case *c) {
    static const uint8_t undecided[POL_REASON_COUNT] = {
        [POL_NOT_IN_FORCE] = WORDS_NOT_IN_FORCE,   [POL_INELIGIBLE] = WORDS_INELIGIBLE,
        [POL_UNKNOWN_ITEM] = WORDS_UNKNOWN_ITEM,   [POL_BAD_VALUE] = WORDS_BAD_VALUE,
        [POL_MISSING_FIELD] = WORDS_MISSING_FIELD, [POL_MISSING_PROFILE] = WORDS_MISSING_PROFILE};
    c->amount = c->paid - pol_case_due(c);
    switch ((enum pol_reason)c->reason) {
    case POL_DUPLICATE_CLAIM:
        put_kind(c, POL_PAID_TWICE, WORDS_TWICE_SAME_ID);
        return;
    case POL_ALREADY_AWARDED:
        put_kind(c, POL_PAID_TWICE, f->about[c->rule] == ABOUT_LESS ? WORDS_TWICE_ELSEWHERE : WORDS_TWICE);
        return;
    case POL_EXCLUDED:
        put_kind(c, POL_PAID_EXCLUDED, WORDS_EXCLUDED);
        return;
    case POL_NOT_IN_FORCE:
    case POL_INELIGIBLE:
    case POL_UNKNOWN_ITEM:
    case POL_BAD_VALUE:
    case POL_MISSING_FIELD:
    case POL_MISSING_PROFILE:
        put_kind(c, POL_PAID_UNDECIDED, (enum words_of_finding)undecided[c->reason]);
        return;
    case POL_CAP:
    case POL_CAP_REACHED:
        over_cap(f, c);
        return;
    case POL_LIMIT:
        put_kind(c, POL_LIMIT_USED_UP, WORDS_LIMIT);
        c->amount = c->paid - c->payable;
        return;
    case POL_OK:
        if (c->entitled < c->award)
            put_kind(c, POL_PAID_TWICE, WORDS_TWICE_PART);
        else
            put_kind(c, POL_OVERPAID, WORDS_OVERPAID);
        return;
    case POL_REASON_COUNT:
        return;
    }
}

/* A deferred claim may have got more than its year had left, and less than was due in the end: that is two findings. */
static bool find(const struct pol_finder *f, struct finder_worker *w, const struct pol_case *claim) {
    int64_t due = pol_case_due(claim);
    struct pol_case found = *claim;
    bool over_limit = claim->reason == POL_LIMIT && claim->paid > claim->payable;
    if (claim->paid > due || over_limit) {
        why_over(f, &found);
        if (!finder_add(w, &found))
            return false;
        found.again = true;
    }
    if (claim->paid >= due)
        return true;
    put_kind(&found, POL_UNDERPAID, WORDS_UNDERPAID);
    found.amount = due - claim->paid;
    return finder_add(w, &found);
}

static bool copy_ids(struct finder_worker *w, const struct pol_found_row *row, struct pol_case *c) {
    c->claim = pol_texts_copy(&w->texts, row->claim);
    c->applicant = pol_texts_copy(&w->texts, row->applicant);
    c->claim_size = (uint16_t)(row->claim.size < UINT16_MAX ? row->claim.size : UINT16_MAX);
    c->applicant_size = (uint16_t)(row->applicant.size < UINT16_MAX ? row->applicant.size : UINT16_MAX);
    return c->claim != NULL && c->applicant != NULL;
}

bool pol_finder_row(struct pol_finder *f, unsigned worker, const struct pol_found_row *row) {
    struct finder_worker *w = &f->worker[worker];
    const struct pol_decision *d = row->decision;
    uint32_t items = f->descriptor->items.count;
    struct pol_case c = {.row = row->row,
                         .paid = row->paid,
                         .award = d->award,
                         .entitled = d->entitled,
                         .payable = d->payable,
                         .carried = d->carried,
                         .rule = d->rule,
                         .item = row->item < items ? row->item : items,
                         .date = row->date,
                         .which = POL_NONE,
                         .decision = d->kind,
                         .reason = d->reason};
    add_to_sums(f, &w->sums, &c);
    bool uncut = (d->reason == POL_OK || d->reason == POL_LIMIT) && row->paid > 0;
    bool differs = row->paid != pol_case_due(&c) || (d->reason == POL_LIMIT && row->paid > d->payable);
    if (differs && (!copy_ids(w, row, &c) || !find(f, w, &c)))
        return false;
    c.claim = differs ? c.claim : row->claim.data;
    c.applicant = differs ? c.applicant : row->applicant.data;
    c.claim_size = (uint16_t)row->claim.size;
    c.applicant_size = (uint16_t)row->applicant.size;
    return !uncut || finder_note_near(f, w, &c, row);
}

/* ---- what findings rest on --------------------------------------------------------------------------------------- */

static bool has_uses(const struct pol_case *c) {
    return c->kind != POL_SPLIT && c->kind != POL_UNDERPAID &&
           (c->reason == POL_ALREADY_AWARDED || c->reason == POL_CAP || c->reason == POL_CAP_REACHED ||
            c->reason == POL_LIMIT || c->words == WORDS_TWICE_PART);
}

static int by_row(const void *a, const void *b) {
    const struct pol_case *x = *(const struct pol_case *const *)a, *y = *(const struct pol_case *const *)b;
    return (x->row > y->row) - (x->row < y->row);
}

static struct pol_text claim_at(const struct pol_audit *audit, uint64_t row) {
    const struct pol_kept *kept = pol_audit_kept(audit, row, NULL, NULL);
    return pol_kept_claim(kept, (uint32_t)(row - kept->first_row));
}

static bool keep_rest(struct pol_finder *f, const struct pol_audit *audit, struct pol_case *c, const uint64_t *uses,
                      uint64_t used) {
    c->rest = f->rest_count;
    c->rest_count = used;
    c->rest_shown = (uint8_t)(used < REST_SHOWN ? used : REST_SHOWN);
    if (!grow(&f->rest, &f->rest_room, f->rest_count + c->rest_shown, sizeof *f->rest))
        return false;
    for (unsigned k = 0; k < c->rest_shown; k++) {
        struct pol_text id = claim_at(audit, uses[k]);
        id.data = pol_texts_copy(&f->worker[0].texts, id);
        if (id.data == NULL)
            return false;
        f->rest[f->rest_count++] = id;
    }
    return true;
}

static enum pol_status find_rest(struct pol_finder *f, struct pol_audit *audit, struct pol_error *error) {
    uint64_t count = 0;
    for (uint64_t i = 0; i < f->count; i++)
        count += has_uses(&f->cases[i]);
    struct pol_case **list = malloc((count + 1) * sizeof(struct pol_case *));
    uint64_t *claims = malloc((count + 1) * sizeof *claims), *used = malloc((count + 1) * sizeof *used);
    uint64_t *uses = malloc((count + 1) * REST_SHOWN * sizeof *uses);
    enum pol_status status = POL_STATUS_OK;
    if (list == NULL || claims == NULL || used == NULL || uses == NULL) {
        status = pol_ledger_no_memory(error);
        count = 0;
    }
    for (uint64_t i = 0, n = 0; count > 0 && i < f->count; i++)
        if (has_uses(&f->cases[i]))
            list[n++] = &f->cases[i];
    if (count > 0)
        qsort(list, count, sizeof *list, by_row);
    for (uint64_t i = 0; i < count; i++)
        claims[i] = list[i]->row;
    if (status == POL_STATUS_OK && count > 0)
        status = pol_run_uses(audit->run, claims, count, REST_SHOWN, uses, used, error);
    for (uint64_t i = 0; status == POL_STATUS_OK && i < count; i++)
        if (!keep_rest(f, audit, list[i], &uses[i * REST_SHOWN], used[i]))
            status = pol_ledger_no_memory(error);
    free(list);
    free(claims);
    free(used);
    free(uses);
    return status;
}

/* ---- what would make it better ----------------------------------------------------------------------------------- */

/* Where a cap, a limit or an earlier claim decides, a higher award changes nothing. */
static bool is_asked(const struct pol_case *c) {
    return (c->reason == POL_OK || c->reason == POL_INELIGIBLE) && c->kind != POL_SPLIT && !c->again &&
           c->date != INT32_MIN;
}

/* Of the largest findings, as many as a page lists. */
static enum pol_status find_better(struct pol_finder *f, struct pol_audit *audit, struct pol_error *error) {
    enum { MOST = 100000 };
    uint32_t count = 0, cases = f->count < MOST ? (uint32_t)f->count : MOST;
    struct finder_question *questions = calloc(cases + 1u, sizeof *questions);
    if (questions == NULL)
        return pol_ledger_no_memory(error);
    for (uint32_t i = 0; i < cases; i++) {
        const struct pol_case *c = &f->cases[i];
        if (is_asked(c))
            questions[count++] = (struct finder_question){.claim = {c->claim, c->claim_size, 0},
                                                          .applicant = {c->applicant, c->applicant_size, 0},
                                                          .year = year_of(c->date),
                                                          .item = c->item,
                                                          .step = POL_NONE,
                                                          .field = POL_NONE};
    }
    enum pol_status status = finder_ask(f, audit, questions, count, error);
    for (uint32_t i = 0, n = 0; i < cases && status == POL_STATUS_OK; i++) {
        struct pol_case *c = &f->cases[i];
        if (!is_asked(c))
            continue;
        c->better = questions[n].answered ? questions[n].text.data : NULL;
        c->better_size = questions[n++].text.size;
    }
    free(questions);
    return status;
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static enum pol_status gather(struct pol_finder *f, struct pol_audit *audit, struct pol_error *error) {
    for (unsigned i = 0; i < f->workers; i++) {
        struct finder_worker *w = &f->worker[i];
        if (!grow(&f->cases, &f->room, f->count + w->count, sizeof *f->cases))
            return pol_ledger_no_memory(error);
        if (w->count > 0)
            memcpy(f->cases + f->count, w->cases, w->count * sizeof *w->cases);
        f->count += w->count;
        free(w->cases);
        w->cases = NULL;
        w->count = w->room = 0;
        merge_sums(f, &f->sums, &w->sums);
    }
    enum pol_status status = finder_splits(f, audit, error);
    if (status != POL_STATUS_OK)
        return status;
    struct finder_worker *first = &f->worker[0]; /* where the splits are */
    if (!grow(&f->cases, &f->room, f->count + first->count, sizeof *f->cases))
        return pol_ledger_no_memory(error);
    if (first->count > 0)
        memcpy(f->cases + f->count, first->cases, first->count * sizeof *first->cases);
    f->count += first->count;
    return POL_STATUS_OK;
}

enum pol_status pol_finder_write(struct pol_finder *f, struct pol_audit *audit, struct pol_summary *summary,
                                 struct pol_out *out, struct pol_error *error) {
    enum pol_status status = gather(f, audit, error);
    if (status == POL_STATUS_OK)
        status = find_rest(f, audit, error);
    if (status != POL_STATUS_OK)
        return status;
    if (!finder_order(f))
        return pol_ledger_no_memory(error);
    status = find_better(f, audit, error);
    if (status != POL_STATUS_OK)
        return status;
    summary->has_findings = true;
    for (uint64_t i = 0; i < f->count; i++) {
        summary->finding_count[f->cases[i].kind]++;
        summary->finding_amount[f->cases[i].kind] += f->cases[i].amount;
    }
    return finder_write_files(f, summary, out, error);
}
