/* Findings: what each claim's decision says about what was paid for it. */
#include "audit/finder.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit_spill.h"
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

enum { WHOLE = 100 };

uint64_t finder_at_once(const struct pol_finder *f, unsigned share, uint64_t bytes, uint64_t most) {
    enum { LEAST = 1024 };
    if (f->memory.folder < 0)
        return most;
    uint64_t count = f->memory.memory / WHOLE * share / bytes;
    count = count < most ? count : most;
    return count > LEAST ? count : LEAST;
}

struct prt_sorter *finder_sorter(const struct pol_finder_room *room, const struct prt_sorter_kind *kind, unsigned parts,
                                 unsigned share) {
    return prt_sorter_new(kind, parts, room->memory / WHOLE * share, room->folder, "findings");
}

static bool make_sorters(struct pol_finder *f) {
    f->found = finder_sorter(&f->memory, &finder_by_row, f->workers, 20);
    f->near = finder_sorter(&f->memory, &finder_by_time, f->workers, 10);
    f->all = finder_sorter(&f->memory, &finder_by_amount, 1, 20);
    return f->found != NULL && f->near != NULL && f->all != NULL && finder_applicants_begin(&f->applicants, &f->memory);
}

struct pol_finder *pol_finder_new(const pol_module *module, unsigned workers, const struct pol_split_options *split,
                                  const int64_t *params, struct pol_finder_room room) {
    struct pol_finder *f = calloc(1, sizeof *f);
    if (f == NULL)
        return NULL;
    f->module = module;
    f->descriptor = pol_module_descriptor(module);
    f->split = *split;
    f->params = params;
    f->workers = workers;
    f->memory = room;
    f->about = calloc(f->descriptor->rules.count + 1u, 1);
    f->worker = calloc(workers, sizeof *f->worker);
    bool made = f->about != NULL && f->worker != NULL && finder_sums_make(&f->sums, f->descriptor) &&
                finder_split_begin(f) && make_sorters(f);
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
    for (unsigned i = 0; f->worker != NULL && i < f->workers; i++)
        free_sums(&f->worker[i].sums);
    prt_sorter_free(f->found);
    prt_sorter_free(f->near);
    prt_sorter_free(f->all);
    finder_applicants_free(&f->applicants);
    pol_texts_free(&f->texts);
    free(f->worker);
    free(f->about);
    free(f->most);
    free(f->most_first);
    free(f->cases);
    free(f->rest);
    free_sums(&f->sums);
    free(f);
}

enum pol_status pol_finder_failed(const struct pol_finder *f, const struct pol_audit *audit, struct pol_error *error) {
    const struct prt_sorter *const sorters[] = {f->found, f->near, f->all, f->applicants.by_id, f->applicants.by_gap};
    for (size_t i = 0; i < sizeof sorters / sizeof *sorters; i++) {
        int cause = sorters[i] != NULL ? prt_sorter_failure(sorters[i]) : 0;
        if (cause != 0)
            return pol_audit_spill_cause(audit, cause, error);
    }
    return pol_ledger_no_memory(error);
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
static bool find(const struct pol_finder *f, unsigned worker, const struct pol_case *claim) {
    int64_t due = pol_case_due(claim);
    struct pol_case found = *claim;
    bool over_limit = claim->reason == POL_LIMIT && claim->paid > claim->payable;
    if (claim->paid > due || over_limit) {
        why_over(f, &found);
        if (!finder_put_case(f->found, worker, found.row, &found, NULL))
            return false;
        found.again = true;
    }
    if (claim->paid >= due)
        return true;
    put_kind(&found, POL_UNDERPAID, WORDS_UNDERPAID);
    found.amount = due - claim->paid;
    return finder_put_case(f->found, worker, found.row, &found, NULL);
}

static uint16_t bounded_size(uint32_t size) {
    return (uint16_t)(size < UINT16_MAX ? size : UINT16_MAX);
}

bool pol_finder_row(struct pol_finder *f, unsigned worker, const struct pol_found_row *row) {
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
    add_to_sums(f, &f->worker[worker].sums, &c);
    c.claim = row->claim.data;
    c.applicant = row->applicant.data;
    c.claim_size = bounded_size(row->claim.size);
    c.applicant_size = bounded_size(row->applicant.size);
    bool uncut = (d->reason == POL_OK || d->reason == POL_LIMIT) && row->paid > 0;
    bool differs = row->paid != pol_case_due(&c) || (d->reason == POL_LIMIT && row->paid > d->payable);
    if (differs && !find(f, worker, &c))
        return false;
    return !uncut || finder_note_near(f, worker, &c, row);
}

/* ---- what findings rest on --------------------------------------------------------------------------------------- */

static bool has_uses(const struct pol_case *c) {
    return c->kind != POL_SPLIT && c->kind != POL_UNDERPAID &&
           (c->reason == POL_ALREADY_AWARDED || c->reason == POL_CAP || c->reason == POL_CAP_REACHED ||
            c->reason == POL_LIMIT || c->words == WORDS_TWICE_PART);
}

/* Claims that are asked about at once, and what they rest on. */
struct asked {
    uint64_t *claims, *used, *uses; /* uses: REST_SHOWN for each */
    uint64_t count, room;
    struct named *named; /* the claims in `uses`, by row */
};

struct named {
    uint64_t row, at; /* in `uses` */
    struct pol_text id;
};

/* Bytes for a claim that is asked about: here and while it is looked for. */
enum { ASKED_BYTES = 16 + REST_SHOWN * (8 + sizeof(struct named) + 24) + 96 };

static void free_asked(struct asked *a) {
    free(a->claims);
    free(a->used);
    free(a->uses);
    free(a->named);
}

/* Nobody knows how many there will be: they grow. */
static bool grow_asked(struct asked *a, uint64_t most) {
    uint64_t room = a->room * 2 + 1024 < most ? a->room * 2 + 1024 : most;
    uint64_t *claims = realloc(a->claims, room * sizeof *claims);
    a->claims = claims != NULL ? claims : a->claims;
    uint64_t *used = realloc(a->used, room * sizeof *used);
    a->used = used != NULL ? used : a->used;
    uint64_t *uses = realloc(a->uses, room * REST_SHOWN * sizeof *uses);
    a->uses = uses != NULL ? uses : a->uses;
    if (claims == NULL || used == NULL || uses == NULL)
        return false;
    a->room = room;
    return true;
}

static int by_named_row(const void *a, const void *b) {
    const struct named *x = a, *y = b;
    return (x->row > y->row) - (x->row < y->row);
}

static int by_named_place(const void *a, const void *b) {
    const struct named *x = a, *y = b;
    return (x->at > y->at) - (x->at < y->at);
}

static uint64_t shown_of(uint64_t used) {
    return used < REST_SHOWN ? used : REST_SHOWN;
}

/* The ids of the claims that others rest on, in the order of the latter. */
static enum pol_status name_uses(struct pol_finder *f, struct pol_audit *audit, struct asked *a,
                                 struct pol_error *error) {
    struct pol_kept_place place = {0};
    enum pol_status status = POL_STATUS_OK;
    uint64_t count = 0;
    a->named = calloc(a->count * REST_SHOWN + 1, sizeof *a->named);
    if (a->named == NULL)
        return pol_ledger_no_memory(error);
    for (uint64_t i = 0; i < a->count; i++)
        for (uint64_t k = 0; k < shown_of(a->used[i]); k++)
            a->named[count++] = (struct named){.row = a->uses[i * REST_SHOWN + k], .at = i * REST_SHOWN + k};
    if (count > 0)
        qsort(a->named, count, sizeof *a->named, by_named_row);
    for (uint64_t i = 0; i < count && status == POL_STATUS_OK; i++) {
        struct named *n = &a->named[i];
        const struct pol_kept *kept = pol_audit_kept(audit, n->row, &place, error);
        if (kept == NULL) {
            status = POL_STATUS_SYSTEM;
            break;
        }
        n->id = pol_kept_claim(kept, (uint32_t)(n->row - kept->first_row));
        n->id.data = pol_texts_copy(&f->texts, n->id);
        if (n->id.data == NULL)
            status = pol_ledger_no_memory(error);
    }
    if (count > 0)
        qsort(a->named, count, sizeof *a->named, by_named_place);
    pol_kept_memory_free(&place.memory);
    return status;
}

/* An answer: how many claims a claim rests on, and behind it the ids of the first. */
struct answer {
    uint64_t used;
    uint32_t size[REST_SHOWN];
};

static int by_nothing(const void *a, const void *b) {
    (void)a;
    (void)b;
    return 0; /* a claim is asked about once */
}

static const struct prt_sorter_kind kind_of_answers = {.order = by_nothing};

static bool put_answers(const struct asked *a, struct prt_sorter *answers) {
    const struct named *next = a->named;
    for (uint64_t i = 0; i < a->count; i++) {
        struct answer answer = {.used = a->used[i]};
        size_t size = sizeof answer;
        for (uint64_t k = 0; k < shown_of(answer.used); k++)
            size += answer.size[k] = next[k].id.size;
        char *out = prt_sorter_add(answers, 0, a->claims[i], (uint32_t)size);
        if (out == NULL)
            return false;
        memcpy(out, &answer, sizeof answer);
        out += sizeof answer;
        for (uint64_t k = 0; k < shown_of(answer.used); k++, next++) {
            if (next->id.size > 0)
                memcpy(out, next->id.data, next->id.size);
            out += next->id.size;
        }
    }
    return true;
}

static void take_answer(const struct answer *answer, struct pol_case *c, struct pol_text *rest) {
    const char *at = (const char *)(answer + 1);
    c->rest_count = answer->used;
    c->rest_shown = (uint8_t)shown_of(answer->used);
    for (unsigned k = 0; k < c->rest_shown; k++) {
        rest[k] = (struct pol_text){at, answer->size[k], 0};
        at += answer->size[k];
    }
}

static enum pol_status answer_asked(struct pol_finder *f, struct pol_audit *audit, struct asked *a,
                                    struct prt_sorter *answers, struct pol_error *error) {
    if (a->count == 0)
        return POL_STATUS_OK;
    enum pol_status status = pol_run_uses(audit->run, a->claims, a->count, REST_SHOWN, a->uses, a->used, error);
    if (status == POL_STATUS_OK)
        status = name_uses(f, audit, a, error);
    if (status == POL_STATUS_OK && !put_answers(a, answers))
        status = pol_audit_spill_cause(audit, prt_sorter_failure(answers), error);
    free(a->named);
    a->named = NULL;
    a->count = 0;
    pol_texts_free(&f->texts);
    return status;
}

/* Asks for all claims whose findings rest on others, as many at once as memory allows. */
static enum pol_status ask_uses(struct pol_finder *f, struct pol_audit *audit, struct prt_sorter *answers,
                                struct pol_error *error) {
    struct asked a = {0};
    uint64_t most = finder_at_once(f, 40, ASKED_BYTES, UINT64_MAX / 2);
    enum pol_status status = prt_sorter_begin(f->found) ? POL_STATUS_OK : pol_finder_failed(f, audit, error);
    const void *entry;
    while (status == POL_STATUS_OK && (entry = prt_sorter_next(f->found, NULL, NULL)) != NULL) {
        struct pol_case c;
        finder_get_case(entry, &c, NULL);
        if (!has_uses(&c))
            continue;
        if (a.count == most)
            status = answer_asked(f, audit, &a, answers, error);
        if (status == POL_STATUS_OK && (a.claims == NULL || a.count == a.room) && !grow_asked(&a, most))
            status = pol_ledger_no_memory(error);
        if (status == POL_STATUS_OK)
            /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is room, or it was grown */
            a.claims[a.count++] = c.row;
    }
    if (status == POL_STATUS_OK && prt_sorter_failure(f->found) != 0)
        status = pol_finder_failed(f, audit, error);
    if (status == POL_STATUS_OK)
        status = answer_asked(f, audit, &a, answers, error);
    free_asked(&a);
    return status;
}

/* Settles the findings about single claims, each with what it rests on. */
static bool settle_found(struct pol_finder *f, struct prt_sorter *answers) {
    if (!prt_sorter_begin_last(f->found) || !prt_sorter_begin_last(answers))
        return false;
    const void *entry;
    while ((entry = prt_sorter_next(f->found, NULL, NULL)) != NULL) {
        struct pol_case c;
        struct pol_text rest[REST_SHOWN];
        finder_get_case(entry, &c, NULL);
        const struct answer *answer = has_uses(&c) ? prt_sorter_next(answers, NULL, NULL) : NULL;
        if (answer != NULL)
            take_answer(answer, &c, rest);
        if (!finder_settle(f, &c, rest))
            return false;
    }
    return prt_sorter_failure(f->found) == 0 && prt_sorter_failure(answers) == 0;
}

static enum pol_status find_rest(struct pol_finder *f, struct pol_audit *audit, struct pol_error *error) {
    struct prt_sorter *answers = finder_sorter(&f->memory, &kind_of_answers, 1, 10);
    enum pol_status status = answers != NULL ? ask_uses(f, audit, answers, error) : pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK && !settle_found(f, answers))
        status = prt_sorter_failure(answers) != 0 ? pol_audit_spill_cause(audit, prt_sorter_failure(answers), error)
                                                  : pol_finder_failed(f, audit, error);
    prt_sorter_free(answers);
    prt_sorter_free(f->found);
    f->found = NULL;
    return status;
}

/* ---- what would make it better ----------------------------------------------------------------------------------- */

/* Where a cap, a limit or an earlier claim decides, a higher award changes nothing. */
static bool is_asked(const struct pol_case *c) {
    return (c->reason == POL_OK || c->reason == POL_INELIGIBLE) && c->kind != POL_SPLIT && !c->again &&
           c->date != INT32_MIN;
}

enum pol_status finder_better(struct pol_finder *f, struct pol_audit *audit, uint64_t first, struct pol_error *error) {
    enum { MOST = 100000 }; /* of the largest findings, as many as a page lists */
    uint64_t left = first < MOST ? MOST - first : 0;
    uint32_t count = 0, cases = f->count < left ? (uint32_t)f->count : (uint32_t)left;
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

bool finder_settle(struct pol_finder *f, const struct pol_case *c, const struct pol_text *rest) {
    f->finding_count[c->kind]++;
    f->finding_amount[c->kind] += c->amount;
    return finder_applicants_add(&f->applicants, c) &&
           finder_put_case(f->all, 0, UINT64_MAX - (uint64_t)c->amount, c, rest);
}

enum pol_status pol_finder_write(struct pol_finder *f, struct pol_audit *audit, struct pol_summary *summary,
                                 struct pol_out *out, struct pol_error *error) {
    for (unsigned i = 0; i < f->workers; i++)
        merge_sums(f, &f->sums, &f->worker[i].sums);
    enum pol_status status = finder_splits(f, audit, error);
    if (status == POL_STATUS_OK)
        status = find_rest(f, audit, error);
    if (status != POL_STATUS_OK)
        return status;
    if (!finder_applicants_end(&f->applicants))
        return pol_finder_failed(f, audit, error);
    summary->has_findings = true;
    for (int k = 0; k < POL_FINDING_KINDS; k++) {
        summary->finding_count[k] = f->finding_count[k];
        summary->finding_amount[k] = f->finding_amount[k];
    }
    return finder_write_files(f, audit, summary, out, error);
}
