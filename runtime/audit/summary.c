/* What an audit came to, for people. */
#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "audit/display.h"
#include "audit/finding.h"
#include "audit/words.h"
#include "tr.h"

static pol_wide due_of(const struct pol_tally *tally) {
    return tally->payable + tally->carried;
}

static void merge(struct pol_tally *to, const struct pol_tally *from) {
    to->claims += from->claims;
    to->with_paid += from->with_paid;
    to->entitled += from->entitled;
    to->payable += from->payable;
    to->carried += from->carried;
    to->outstanding += from->outstanding;
    to->lapsed += from->lapsed;
    to->paid += from->paid;
    to->difference += from->difference;
}

/* ---- by decision ------------------------------------------------------------------------------------------------- */

static void decision_row(struct pol_table *table, const char *label, const struct pol_tally *tally) {
    pol_table_text(table, 0, label);
    pol_table_count(table, 1, tally->claims);
    pol_table_money(table, 2, tally->entitled);
    pol_table_money(table, 3, due_of(tally));
}

static void decisions(const struct pol_summary *summary, struct pol_buffer *text) {
    static const struct {
        enum pol_decision_kind kind;
        enum pol_reason reason;
    } order[] = {{POL_GRANTED, POL_OK},
                 {POL_REDUCED, POL_CAP},
                 {POL_DEFERRED, POL_LIMIT},
                 {POL_DENIED, POL_NOT_IN_FORCE},
                 {POL_DENIED, POL_EXCLUDED},
                 {POL_DENIED, POL_INELIGIBLE},
                 {POL_DENIED, POL_ALREADY_AWARDED},
                 {POL_DENIED, POL_CAP_REACHED},
                 {POL_INVALID, POL_DUPLICATE_CLAIM},
                 {POL_INVALID, POL_UNKNOWN_ITEM},
                 {POL_INVALID, POL_BAD_VALUE},
                 {POL_INVALID, POL_MISSING_FIELD},
                 {POL_INVALID, POL_MISSING_PROFILE}};
    struct pol_table table;
    struct pol_tally all = {0};
    pol_table_head(&table, 4, (const char *const[]){tr("decision"), tr("claims"), tr("entitled"), tr("due")});
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        const struct pol_tally *tally = &summary->reason[order[i].reason];
        if (tally->claims == 0)
            continue;
        struct pol_buffer label = {0};
        pol_display_add(&label, tr(pol_decision_name(order[i].kind)), 9, true);
        pol_buffer_text(&label, tr(pol_reason_name(order[i].reason)));
        pol_buffer_add(&label, "", 1);
        decision_row(&table, label.failed ? "" : label.data, tally);
        pol_buffer_free(&label);
        merge(&all, tally);
    }
    decision_row(&table, tr("all"), &all);
    pol_table_write(&table, text);
}

/* ---- by item and clause ------------------------------------------------------------------------------------------ */

/* Due stands beside paid only over the same claims: those that say what was paid. Where none does, due stands alone. */
static bool says_paid(const struct pol_summary *summary) {
    for (int r = 0; r < POL_REASON_COUNT; r++)
        if (summary->reason[r].with_paid > 0)
            return true;
    return false;
}

static uint64_t counted(const struct pol_tally *tally, bool paid) {
    return paid ? tally->with_paid : tally->claims;
}

static void due_row(struct pol_table *table, const char *label, const struct pol_tally *tally, bool paid) {
    pol_table_text(table, 0, label);
    pol_table_count(table, 1, counted(tally, paid));
    pol_table_money(table, 2, paid ? tally->paid - tally->difference : due_of(tally));
    if (!paid)
        return;
    pol_table_money(table, 3, tally->paid);
    pol_table_money(table, 4, tally->difference);
}

static void due_head(struct pol_table *table, const char *of, bool paid) {
    const char *const heads[] = {of, tr("claims"), tr("due"), tr("paid"), tr("difference")};
    pol_table_head(table, paid ? 5 : 3, heads);
}

static void due_title(const struct pol_summary *summary, bool paid, struct pol_buffer *text) {
    uint64_t with_paid = 0;
    for (int r = 0; r < POL_REASON_COUNT; r++)
        with_paid += summary->reason[r].with_paid;
    if (!paid || with_paid == summary->rows)
        return;
    uint64_t without = summary->rows - with_paid;
    pol_buffer_format(
        text,
        tr_count("of the %s claim that says what was paid (", "of the %s claims that say what was paid (", with_paid),
        pol_display_shown(with_paid).text);
    pol_buffer_format(text, tr_count("%s does not)\n", "%s do not)\n", without), pol_display_shown(without).text);
}

static void items(const pol_module *module, const struct pol_summary *summary, struct pol_buffer *text) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_item *item = pol_module_array(module, d->items);
    struct pol_table table;
    bool paid = says_paid(summary);
    due_title(summary, paid, text);
    due_head(&table, tr("item"), paid);
    for (uint32_t i = 0; i < d->items.count; i++)
        if (counted(&summary->item[i], paid) > 0)
            due_row(&table, pol_words_label(module, item[i].label, item[i].column, item[i].name), &summary->item[i],
                    paid);
    if (counted(&summary->item[d->items.count], paid) > 0)
        due_row(&table, tr("(no item)"), &summary->item[d->items.count], paid);
    pol_table_write(&table, text);
}

static void clauses(const pol_module *module, const struct pol_summary *summary, struct pol_buffer *text) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_item *item = pol_module_array(module, d->items);
    const struct pol_clause *clause = pol_module_array(module, d->clauses);
    struct pol_tally *sums = calloc(d->clauses.count + 1u, sizeof *sums);
    if (sums == NULL) {
        text->failed = true;
        return;
    }
    struct pol_table table;
    bool paid = says_paid(summary);
    due_head(&table, tr("clause"), paid);
    for (uint32_t i = 0; i < d->items.count; i++)
        merge(&sums[item[i].clause < d->clauses.count ? item[i].clause : d->clauses.count], &summary->item[i]);
    merge(&sums[d->clauses.count], &summary->item[d->items.count]);
    for (uint32_t c = 0; c < d->clauses.count; c++) {
        if (counted(&sums[c], paid) == 0)
            continue;
        struct pol_buffer label = {0};
        pol_buffer_format(&label, "%s %s", pol_module_string(module, clause[c].number),
                          pol_module_string(module, clause[c].title));
        pol_buffer_add(&label, "", 1);
        due_row(&table, label.failed ? "" : label.data, &sums[c], paid);
        pol_buffer_free(&label);
    }
    if (counted(&sums[d->clauses.count], paid) > 0)
        due_row(&table, tr("(no clause)"), &sums[d->clauses.count], paid);
    pol_table_write(&table, text);
    free(sums);
}

/* ---- the rest ---------------------------------------------------------------------------------------------------- */

static void line(struct pol_buffer *text, const char *label, pol_wide fen) {
    pol_buffer_text(text, "  ");
    pol_display_add(text, label, 12, true);
    struct pol_buffer amount = {0};
    pol_display_money(&amount, fen);
    for (size_t i = amount.size; i < 24; i++)
        pol_buffer_text(text, " ");
    pol_buffer_add(text, amount.data, amount.size);
    pol_buffer_text(text, "\n");
    text->failed |= amount.failed;
    pol_buffer_free(&amount);
}

static void paid_against_due(const pol_module *module, const struct pol_summary *summary, struct pol_buffer *text) {
    struct pol_tally all = {0};
    for (int r = 0; r < POL_REASON_COUNT; r++)
        merge(&all, &summary->reason[r]);
    pol_buffer_text(text, tr("\nin all\n"));
    line(text, tr("payable"), all.payable);
    if (pol_module_descriptor(module)->limit.present) {
        line(text, tr("carried"), all.carried);
        line(text, tr("outstanding"), all.outstanding);
        line(text, tr("lapsed"), all.lapsed);
    }
    if (all.with_paid == 0) {
        pol_buffer_text(text, tr("  no claim says what was paid\n"));
        return;
    }
    pol_buffer_format(text,
                      tr_count("\npaid against due, over %s claim that says what was paid\n",
                               "\npaid against due, over %s claims that say what was paid\n", all.with_paid),
                      pol_display_shown(all.with_paid).text);
    line(text, tr("paid"), all.paid);
    line(text, tr("due"), all.paid - all.difference);
    line(text, tr("difference"), all.difference);
}

/* One line of any length, freed. */
static void flush(struct pol_buffer *line, unsigned column, struct pol_buffer *text) {
    pol_buffer_add(line, "", 1);
    pol_display_wrap(text, line->failed ? "" : line->data, column, 5);
    pol_buffer_text(text, "\n");
    text->failed |= line->failed;
    pol_buffer_free(line);
}

static void finding(const pol_module *module, unsigned number, const struct pol_finding *f, struct pol_buffer *text) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_item *item = pol_module_array(module, d->items);
    const struct pol_clause *clause = pol_module_array(module, d->clauses);
    const struct pol_rule *rule = pol_module_array(module, d->rules);
    struct pol_buffer line = {0};
    uint32_t of = f->decision.rule != 0 ? rule[f->decision.rule].clause : POL_NONE;
    if (f->item < d->items.count && of == POL_NONE)
        of = item[f->item].clause;
    pol_buffer_format(&line, "%s", f->claim);
    if (f->item < d->items.count)
        pol_buffer_format(&line, tr(", %s"),
                          pol_words_label(module, item[f->item].label, item[f->item].column, item[f->item].name));
    if (of < d->clauses.count)
        pol_buffer_format(&line, tr(", clause %s"), pol_module_string(module, clause[of].number));
    pol_buffer_format(text, "%3u. ", number);
    flush(&line, 5, text);
    pol_buffer_text(&line, tr("paid "));
    pol_display_money(&line, f->paid);
    pol_buffer_text(&line, tr(", due "));
    pol_display_money(&line, f->paid - f->difference);
    pol_buffer_text(&line, tr(", difference "));
    pol_display_money(&line, f->difference);
    pol_buffer_text(text, "     ");
    flush(&line, 5, text);
    pol_buffer_format(&line, tr("%s, %s"), tr(pol_decision_name((enum pol_decision_kind)f->decision.kind)),
                      tr(pol_reason_name((enum pol_reason)f->decision.reason)));
    if (f->decision.rule != 0)
        pol_buffer_format(&line, tr(": %s"), pol_module_string(module, rule[f->decision.rule].name));
    pol_buffer_text(text, "     ");
    flush(&line, 5, text);
}

static void findings(const struct pol_summary *summary, struct pol_buffer *text) {
    struct pol_table table;
    pol_table_head(&table, 3, (const char *const[]){tr("finding"), tr("count"), tr("amount")});
    for (int k = 0; k < POL_FINDING_KINDS; k++) {
        if (summary->finding_count[k] == 0)
            continue;
        pol_table_text(&table, 0, pol_finding_label((enum pol_finding_kind)k, strcmp(tr_language(), "zh") == 0));
        pol_table_count(&table, 1, summary->finding_count[k]);
        pol_table_money(&table, 2, summary->finding_amount[k]);
    }
    pol_buffer_text(text, table.rows > 0 ? "\n" : tr("\nno findings\n"));
    if (table.rows > 0)
        pol_table_write(&table, text);
    else
        pol_buffer_free(&table.cells);
}

static void opening(const pol_module *module, const struct pol_summary *summary, struct pol_buffer *text) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    uint64_t invalid = 0;
    for (int r = POL_DUPLICATE_CLAIM; r <= POL_MISSING_PROFILE; r++)
        invalid += summary->reason[r].claims;
    pol_display_wrap(text, pol_words_title(module), 0, 0);
    pol_buffer_format(text, "\n%s%s%s\n\n", pol_module_string(module, d->name),
                      d->version.size > 0 ? tr(", version ") : "", pol_module_string(module, d->version));
    pol_buffer_format(
        text, tr_count("%s row in = %s decided + %s invalid", "%s rows in = %s decided + %s invalid", summary->rows),
        pol_display_shown(summary->rows).text, pol_display_shown(summary->rows - invalid).text,
        pol_display_shown(invalid).text);
    if (d->limit.present)
        pol_buffer_format(text, tr("; as of %d"), (int)summary->as_of);
    pol_buffer_text(text, tr("; amounts in yuan\n\n"));
}

bool pol_summary_text(const pol_module *module, const struct pol_summary *summary, struct pol_buffer *text) {
    opening(module, summary, text);
    decisions(summary, text);
    if (summary->rows > 0) {
        pol_buffer_text(text, "\n");
        items(module, summary, text);
        pol_buffer_text(text, "\n");
        clauses(module, summary, text);
        paid_against_due(module, summary, text);
    }
    if (summary->has_findings)
        findings(summary, text);
    if (summary->top_count > 0)
        pol_buffer_text(text, tr("\nlargest differences\n"));
    for (unsigned i = 0; i < summary->top_count; i++)
        finding(module, i + 1, &summary->top[i], text);
    return !text->failed;
}
