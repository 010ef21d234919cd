#include "audit/compare.h"

#include <stdlib.h>
#include <string.h>

#include "audit/work.h"
#include "ledger/fail.h"
#include "tr.h"

/* ---- what is compared -------------------------------------------------------------------------------------------- */

static const char *string(const pol_module *module, struct pol_str s) {
    return pol_module_string(module, s);
}

static const struct pol_item *items_of(const pol_module *module, uint32_t *count) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    *count = d->items.count;
    return pol_module_array(module, d->items);
}

static uint32_t find_item(const pol_module *module, const char *name) {
    uint32_t count;
    const struct pol_item *item = items_of(module, &count);
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(string(module, item[i].column), name) == 0)
            return i;
    return POL_NONE;
}

static uint32_t add_clause(struct pol_comparison *c, const pol_module *module, uint32_t index) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_clause *clauses = pol_module_array(module, d->clauses);
    if (index >= d->clauses.count)
        return POL_NONE;
    const char *number = string(module, clauses[index].number), *title = string(module, clauses[index].title);
    for (uint32_t i = 0; i < c->clause_count; i++)
        if (strcmp(c->clause[i].number, number) == 0 && strcmp(c->clause[i].title, title) == 0)
            return i;
    c->clause[c->clause_count] = (struct pol_compared_clause){.number = number, .title = title};
    return c->clause_count++;
}

static void add_item(struct pol_comparison *c, const pol_module *module, uint32_t index, uint32_t old, uint32_t now) {
    uint32_t count;
    const struct pol_item *item = &items_of(module, &count)[index];
    const char *label = string(module, item->label);
    if (label[0] == '\0' && old != POL_NONE)
        label = string(c->old.module, items_of(c->old.module, &count)[old].label);
    c->item[c->item_count++] = (struct pol_compared_item){.name = string(module, item->column),
                                                          .label = label,
                                                          .old = old,
                                                          .now = now,
                                                          .clause = add_clause(c, module, item->clause)};
}

/* The new side's items in their order, then those that only the old one has. */
static bool list_items(struct pol_comparison *c) {
    uint32_t old_count, now_count;
    const struct pol_item *old = items_of(c->old.module, &old_count), *now = items_of(c->now.module, &now_count);
    uint32_t clauses =
        pol_module_descriptor(c->old.module)->clauses.count + pol_module_descriptor(c->now.module)->clauses.count;
    c->item = calloc((size_t)old_count + now_count + 1, sizeof *c->item);
    c->clause = calloc((size_t)clauses + 1, sizeof *c->clause);
    if (c->item == NULL || c->clause == NULL)
        return false;
    for (uint32_t i = 0; i < now_count; i++)
        add_item(c, c->now.module, i, find_item(c->old.module, string(c->now.module, now[i].column)), i);
    for (uint32_t i = 0; i < old_count; i++)
        if (find_item(c->now.module, string(c->old.module, old[i].column)) == POL_NONE)
            add_item(c, c->old.module, i, i, POL_NONE);
    c->item[c->item_count] = (struct pol_compared_item){"", "", POL_NONE, POL_NONE, POL_NONE, {0}};
    c->clause[c->clause_count] = (struct pol_compared_clause){"", "", {0}};
    return true;
}

/* ---- the sides --------------------------------------------------------------------------------------------------- */

enum { STEP_ROWS = 1024 };

/* Visits the rows of a decided audit in the order of the input. */
typedef bool visitor(struct pol_comparison *c, const struct pol_kept *kept, uint32_t local, uint64_t row,
                     const struct pol_outcome *outcome);

static struct pol_outcome outcome_of(const struct pol_decision *d, uint16_t item) {
    return (struct pol_outcome){d->payable + d->carried, d->rule, item, d->reason, d->kind};
}

static enum pol_status visit_all(struct pol_comparison *c, struct pol_audit *audit, visitor *visit,
                                 struct pol_error *error) {
    struct pol_decision decisions[STEP_ROWS];
    for (size_t k = 0; k < audit->kept_count; k++) {
        const struct pol_kept *kept = &audit->kept[k];
        enum pol_status status = pol_audit_go_on(audit, error);
        if (status != POL_STATUS_OK)
            return status;
        for (uint32_t at = 0; at < kept->rows; at += STEP_ROWS) {
            uint32_t count = kept->rows - at < STEP_ROWS ? kept->rows - at : STEP_ROWS;
            pol_run_decisions(audit->run, kept->first_row + at, count, decisions);
            for (uint32_t i = 0; i < count; i++) {
                struct pol_outcome outcome = outcome_of(&decisions[i], kept->item[at + i]);
                if (!visit(c, kept, at + i, kept->first_row + at + i, &outcome))
                    return pol_ledger_no_memory(error);
            }
        }
    }
    return POL_STATUS_OK;
}

static bool keep_outcome(struct pol_comparison *c, const struct pol_kept *kept, uint32_t local, uint64_t row,
                         const struct pol_outcome *outcome) {
    (void)kept;
    (void)local;
    c->outcome[row] = *outcome;
    return true;
}

/* ---- claim beside claim ------------------------------------------------------------------------------------------ */

static void add_to_sum(struct pol_change_sum *sum, const struct pol_outcome *old, const struct pol_outcome *now) {
    sum->claims++;
    sum->before += old->due;
    sum->after += now->due;
    if (now->due > old->due) {
        sum->gainers++;
        sum->gain += (pol_wide)now->due - old->due;
    } else if (now->due < old->due) {
        sum->losers++;
        sum->loss += (pol_wide)old->due - now->due;
    } else if (now->reason != old->reason) {
        sum->otherwise++;
    }
}

/* The claim's item among those compared: known to the new side, or to the old, or none. */
static uint32_t item_of(const struct pol_comparison *c, const struct pol_outcome *old, const struct pol_outcome *now) {
    uint32_t now_count, old_count;
    items_of(c->now.module, &now_count);
    const struct pol_item *items = items_of(c->old.module, &old_count);
    if (now->item < now_count)
        return now->item;
    if (old->item >= old_count)
        return c->item_count;
    const char *name = string(c->old.module, items[old->item].column);
    for (uint32_t i = now_count; i < c->item_count; i++)
        if (strcmp(c->item[i].name, name) == 0)
            return i;
    return c->item_count;
}

static unsigned year_index(int32_t date) {
    int64_t year = date == INT32_MIN ? 0 : 1970 + (4 * (int64_t)date + 2) / 1461 - 1989;
    return year > 0 && year < POL_COMPARED_YEARS ? (unsigned)year : 0;
}

static bool add_change(struct pol_comparison *c, const struct pol_change *change, struct pol_text claim,
                       struct pol_text applicant) {
    if (c->change_count == c->change_room) {
        uint64_t room = c->change_room * 2 + 256;
        struct pol_change *grown = realloc(c->change, room * sizeof *grown);
        if (grown == NULL)
            return false;
        c->change = grown;
        c->change_room = room;
    }
    struct pol_change *mine = &c->change[c->change_count++];
    *mine = *change;
    mine->claim = pol_texts_copy(&c->texts, claim);
    mine->applicant = pol_texts_copy(&c->texts, applicant);
    mine->claim_size = (uint16_t)(claim.size < UINT16_MAX ? claim.size : UINT16_MAX);
    mine->applicant_size = (uint16_t)(applicant.size < UINT16_MAX ? applicant.size : UINT16_MAX);
    return mine->claim != NULL && mine->applicant != NULL;
}

static bool compare_row(struct pol_comparison *c, const struct pol_kept *kept, uint32_t local, uint64_t row,
                        const struct pol_outcome *now) {
    const struct pol_outcome *old = &c->outcome[row];
    struct pol_change change = {
        .row = row, .old = *old, .now = *now, .item = item_of(c, old, now), .date = kept->date[local]};
    uint32_t clause = c->item[change.item].clause;
    add_to_sum(&c->all, old, now);
    add_to_sum(&c->item[change.item].sum, old, now);
    add_to_sum(&c->clause[clause < c->clause_count ? clause : c->clause_count].sum, old, now);
    add_to_sum(&c->year[year_index(change.date)], old, now);
    c->undecidable += now->decision == POL_INVALID && old->decision != POL_INVALID;
    if (old->due == now->due)
        return true;
    return add_change(c, &change, pol_kept_claim(kept, local), pol_kept_applicant(kept, local));
}

/* ---- the end ----------------------------------------------------------------------------------------------------- */

static uint64_t magnitude(int64_t value) {
    return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

static int by_size(const void *a, const void *b) {
    const struct pol_change *x = a, *y = b;
    uint64_t mine = magnitude(pol_change_of(x)), theirs = magnitude(pol_change_of(y));
    if (mine != theirs)
        return mine > theirs ? -1 : 1;
    int order = pol_texts_order(x->claim, x->claim_size, y->claim, y->claim_size);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

static int by_applicant(const void *a, const void *b) {
    const struct pol_change *x = *(const struct pol_change *const *)a, *y = *(const struct pol_change *const *)b;
    int order = pol_texts_order(x->applicant, x->applicant_size, y->applicant, y->applicant_size);
    return order != 0 ? order : (x->row > y->row) - (x->row < y->row);
}

static pol_wide net(const struct pol_compared_applicant *a) {
    return a->sum.after - a->sum.before;
}

static int by_net(const void *a, const void *b) {
    const struct pol_compared_applicant *x = a, *y = b;
    pol_wide mine = net(x) < 0 ? -net(x) : net(x), theirs = net(y) < 0 ? -net(y) : net(y);
    if (mine != theirs)
        return mine > theirs ? -1 : 1;
    return pol_texts_order(x->id, x->size, y->id, y->size);
}

static bool sum_applicants(struct pol_comparison *c) {
    const struct pol_change **list = calloc(c->change_count + 1, sizeof(struct pol_change *));
    c->applicant = calloc(c->change_count + 1, sizeof *c->applicant);
    if (list == NULL || c->applicant == NULL) {
        free(list);
        return false;
    }
    for (uint64_t i = 0; i < c->change_count; i++)
        list[i] = &c->change[i];
    if (c->change_count > 0)
        qsort(list, c->change_count, sizeof *list, by_applicant);
    for (uint64_t i = 0; i < c->change_count; i++) {
        const struct pol_change *change = list[i];
        struct pol_compared_applicant *last = c->applicant_count > 0 ? &c->applicant[c->applicant_count - 1] : NULL;
        if (last == NULL || pol_texts_order(last->id, last->size, change->applicant, change->applicant_size) != 0) {
            last = &c->applicant[c->applicant_count++];
            *last = (struct pol_compared_applicant){.id = change->applicant, .size = change->applicant_size};
        }
        add_to_sum(&last->sum, &change->old, &change->now);
    }
    free(list);
    for (uint64_t i = 0; i < c->applicant_count; i++) {
        c->applicants_gaining += net(&c->applicant[i]) > 0;
        c->applicants_losing += net(&c->applicant[i]) < 0;
    }
    if (c->applicant_count > 0)
        qsort(c->applicant, c->applicant_count, sizeof *c->applicant, by_net);
    return true;
}

static enum pol_status decide(struct pol_audit *audit, struct pol_error *error) {
    enum pol_status status = pol_audit_read(audit, error);
    if (status == POL_STATUS_OK)
        status = pol_audit_go_on(audit, error);
    if (status == POL_STATUS_OK) {
        pol_audit_progress(audit, tr("deciding"), 0, 0, POL_UNIT_CLAIMS);
        status = pol_run_decide(audit->run, error);
    }
    return status;
}

static enum pol_status decide_old(struct pol_comparison *c, const struct pol_audit_options *options,
                                  struct pol_error *error) {
    struct pol_audit audit = {.module = c->old.module, .options = options};
    enum pol_status status = decide(&audit, error);
    if (status == POL_STATUS_OK) {
        c->rows = audit.rows;
        c->outcome = calloc(audit.rows + 1, sizeof *c->outcome);
        status = c->outcome != NULL ? visit_all(c, &audit, keep_outcome, error) : pol_ledger_no_memory(error);
    }
    pol_audit_close(&audit);
    return status;
}

static enum pol_status decide_new(struct pol_comparison *c, const struct pol_audit_options *options,
                                  struct pol_error *error) {
    struct pol_audit audit = {.module = c->now.module, .options = options};
    enum pol_status status = decide(&audit, error);
    if (status == POL_STATUS_OK && audit.rows != c->rows)
        status = pol_ledger_fail(error, POL_STATUS_INPUT, "the claims changed while they were compared");
    if (status == POL_STATUS_OK)
        status = visit_all(c, &audit, compare_row, error);
    pol_audit_close(&audit);
    return status;
}

enum pol_status pol_compare_run(const struct pol_compare_side *old, const struct pol_compare_side *now,
                                const struct pol_audit_options *options, struct pol_comparison *c,
                                struct pol_error *error) {
    *c = (struct pol_comparison){.old = *old, .now = *now};
    struct pol_audit_options side = *options;
    side.findings = true; /* keeps the dates */
    side.state = NULL;
    side.params = old->params;
    enum pol_status status = list_items(c) ? POL_STATUS_OK : pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK)
        status = decide_old(c, &side, error);
    side.params = now->params;
    side.observer.warn = NULL; /* it is the same ledger */
    if (status == POL_STATUS_OK)
        status = decide_new(c, &side, error);
    free(c->outcome);
    c->outcome = NULL;
    if (status == POL_STATUS_OK && c->change_count > 0)
        qsort(c->change, c->change_count, sizeof *c->change, by_size);
    if (status == POL_STATUS_OK && !sum_applicants(c))
        status = pol_ledger_no_memory(error);
    if (status != POL_STATUS_OK)
        pol_comparison_free(c);
    return status;
}

void pol_comparison_free(struct pol_comparison *c) {
    free(c->item);
    free(c->clause);
    free(c->change);
    free(c->applicant);
    free(c->outcome);
    pol_texts_free(&c->texts);
    *c = (struct pol_comparison){0};
}
