/* Shards: claims that share a cell, directly or through others, stay together; every grouping that keeps to this gives
 * the same decisions, so the number of threads never shows in them.
 *
 * A claim belongs to its applicant, and applicants who touch the same cell are joined. Cells whose key holds the
 * applicant need no look: nobody else can touch them. */
#include "core/run.h"

/* Finding the components takes half as long as folding: with two threads that is all they would gain. Where another
 * thread can follow with the limit, the fold takes two thirds of its time without them. */
enum { WORTHWHILE = 3, WORTHWHILE_WITH_LIMIT = 8 };

struct shards {
    pol_run *run;
    uint32_t *parent;   /* by applicant: union-find */
    uint32_t *load;     /* by root: claims */
    uint8_t *shard;     /* by applicant, once assigned */
    uint32_t **toucher; /* by family: by cell, 1 + an applicant who touched it; NULL where none is needed */
};

static uint32_t find_root(uint32_t *parent, uint32_t a) {
    while (parent[a] != a) {
        parent[a] = parent[parent[a]];
        a = parent[a];
    }
    return a;
}

static void join(uint32_t *parent, uint32_t a, uint32_t b) {
    a = find_root(parent, a);
    b = find_root(parent, b);
    if (a < b)
        parent[b] = a;
    else
        parent[a] = b;
}

static void join_record(struct shards *s, const uint32_t *record) {
    const struct prt_plan *plan = &s->run->plan;
    const struct prt_item *item = prt_item_of(s->run, record);
    const struct prt_step *step = &plan->step[item->first_step];
    uint32_t applicant = record[PRT_APPLICANT];
    for (uint32_t i = 0; i < item->cap_end; i++) {
        uint32_t *toucher = step[i].family == PRT_NONE ? NULL : s->toucher[step[i].family];
        uint32_t cell = record[step[i].word];
        if (!toucher || cell == PRT_NONE)
            continue;
        if (toucher[cell] == 0)
            toucher[cell] = applicant + 1;
        else if (toucher[cell] != applicant + 1)
            join(s->parent, applicant, toucher[cell] - 1);
    }
    s->load[applicant]++;
}

static bool allocate(struct shards *s) {
    const pol_run *run = s->run;
    uint32_t applicants = run->profiles.applicants, families = run->module->descriptor->cells.count;
    s->parent = prt_zeroed(applicants, sizeof *s->parent);
    s->load = prt_zeroed(applicants, sizeof *s->load);
    s->shard = prt_zeroed(applicants, 1);
    s->toucher = prt_zeroed(families, sizeof *s->toucher);
    if (!s->parent || !s->load || !s->shard || !s->toucher)
        return false;
    for (uint32_t f = 0; f < families; f++) {
        if (run->plan.family[f].of_applicant)
            continue;
        s->toucher[f] = prt_zeroed((size_t)run->state[f].count, sizeof **s->toucher);
        if (!s->toucher[f])
            return false;
    }
    for (uint32_t a = 0; a < applicants; a++)
        s->parent[a] = a;
    return true;
}

static void release(struct shards *s) {
    for (uint32_t f = 0; s->toucher && f < s->run->module->descriptor->cells.count; f++)
        prt_release(s->toucher[f]);
    prt_release(s->parent);
    prt_release(s->load);
    prt_release(s->shard);
    prt_release(s->toucher);
}

static unsigned lightest(const uint64_t *loads, unsigned count) {
    unsigned best = 0;
    for (unsigned i = 1; i < count; i++)
        if (loads[i] < loads[best])
            best = i;
    return best;
}

/* Gives each component to the shard with least to do: the large ones first, then the others. */
static void assign(struct shards *s, unsigned count, uint64_t *loads) {
    uint32_t applicants = s->run->profiles.applicants;
    uint64_t total = 0;
    for (uint32_t a = 0; a < applicants; a++) {
        uint32_t root = find_root(s->parent, a);
        total += s->load[a];
        if (root != a) {
            s->load[root] += s->load[a];
            s->load[a] = 0;
        }
    }
    uint64_t large = total / (8 * (uint64_t)count) + 1;
    for (int pass = 0; pass < 2; pass++)
        for (uint32_t a = 0; a < applicants; a++)
            if (s->parent[a] == a && s->load[a] > 0 && (s->load[a] >= large) == (pass == 0)) {
                unsigned shard = lightest(loads, count);
                s->shard[a] = (uint8_t)shard;
                loads[shard] += s->load[a];
            }
    for (uint32_t a = 0; a < applicants; a++)
        s->shard[a] = s->shard[find_root(s->parent, a)];
}

typedef void visit_record(struct shards *s, uint32_t record, void *data);

/* Every live record in the order of deciding. */
static void visit(struct shards *s, visit_record *each, void *data) {
    const pol_run *run = s->run;
    if (run->order) {
        for (uint64_t i = 0; i < run->records - run->dead; i++)
            each(s, run->order[i], data);
        return;
    }
    for (uint32_t at = 0; at < run->words; at += prt_item_of(run, run->stream + at)->words)
        if (!(run->stream[at + PRT_ITEM] & PRT_DEAD))
            each(s, at, data);
}

static void visit_join(struct shards *s, uint32_t record, void *data) {
    (void)data;
    join_record(s, s->run->stream + record);
}

struct lists {
    uint32_t *next[UINT8_MAX];
};

static void visit_list(struct shards *s, uint32_t record, void *data) {
    struct lists *lists = data;
    *lists->next[s->shard[s->run->stream[record + PRT_APPLICANT]]]++ = record;
}

static bool make_lists(struct shards *s, struct prt_shard *shards, unsigned count, uint32_t **order) {
    uint64_t loads[UINT8_MAX] = {0};
    assign(s, count, loads);
    *order = prt_zeroed((size_t)(s->run->records - s->run->dead), sizeof **order);
    if (!*order)
        return false;
    struct lists lists;
    uint32_t *next = *order;
    for (unsigned i = 0; i < count; i++) {
        lists.next[i] = next;
        shards[i] = (struct prt_shard){.run = s->run, .order = next, .count = loads[i]};
        next += loads[i];
    }
    visit(s, visit_list, &lists);
    return true;
}

bool prt_shards_make(pol_run *run, struct prt_shard *shards, unsigned threads, unsigned *count, uint32_t **order) {
    uint64_t claims = run->records - run->dead;
    *order = NULL;
    *count = 1;
    shards[0] = (struct prt_shard){.run = run, .order = run->order, .count = claims, .whole = true};
    if (threads < (run->profiles.budget ? WORTHWHILE_WITH_LIMIT : WORTHWHILE) || claims < run->shard_minimum)
        return true;
    struct shards s = {.run = run};
    bool ok = allocate(&s);
    if (ok) {
        visit(&s, visit_join, NULL);
        *count = threads;
        ok = make_lists(&s, shards, threads, order);
    }
    release(&s);
    return ok;
}
