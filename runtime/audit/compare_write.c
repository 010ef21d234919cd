/* A comparison for the terminal and as CSV. */
#include <stdio.h>
#include <string.h>

#include "audit/compare.h"
#include "audit/display.h"
#include "audit/words.h"
#include "ledger/csv_error.h"
#include "tr.h"

static pol_wide change(const struct pol_change_sum *sum) {
    return sum->after - sum->before;
}

static const char *item_name(const struct pol_comparison *c, uint32_t item) {
    const struct pol_compared_item *i = &c->item[item];
    return i->label[0] != '\0' ? i->label : i->name[0] != '\0' ? i->name : tr("(no item)");
}

/* ---- what the sides read ----------------------------------------------------------------------------------------- */

static void note(struct pol_buffer *lines, bool chinese, const char *english, const char *in_chinese, const char *name,
                 const char *label) {
    pol_buffer_format(lines, "%s%s%s%s\n", chinese ? in_chinese : english, name, label[0] != '\0' ? " " : "", label);
}

static bool has_field(const pol_module *module, struct pol_ref fields, const char *column) {
    const struct pol_field *field = pol_module_array(module, fields);
    for (uint32_t f = 0; f < fields.count; f++)
        if (strcmp(pol_module_string(module, field[f].column), column) == 0)
            return true;
    return false;
}

static void note_fields(struct pol_buffer *lines, bool chinese, const pol_module *of, struct pol_ref fields,
                        const pol_module *other, struct pol_ref others, const char *english, const char *in_chinese) {
    const struct pol_field *field = pol_module_array(of, fields);
    for (uint32_t f = 0; f < fields.count; f++) {
        const char *column = pol_module_string(of, field[f].column);
        if ((field[f].flags & POL_FIELD_USED) != 0 && !has_field(other, others, column))
            note(lines, chinese, english, in_chinese, column, pol_module_string(of, field[f].label));
    }
}

static void note_params(const struct pol_comparison *c, bool chinese, struct pol_buffer *lines) {
    const struct pol_descriptor *d = pol_module_descriptor(c->now.module);
    const struct pol_param *param = pol_module_array(c->now.module, d->params);
    if (c->old.module != c->now.module || c->old.params == NULL || c->now.params == NULL)
        return;
    for (uint32_t p = 0; p < d->params.count; p++) {
        if (c->old.params[p] == c->now.params[p])
            continue;
        pol_buffer_format(lines, "%s%s ", chinese ? "参数 " : "parameter ",
                          pol_module_string(c->now.module, param[p].name));
        pol_words_value(lines, c->now.module, param[p].type, param[p].enum_index, c->old.params[p]);
        pol_buffer_text(lines, " → ");
        pol_words_value(lines, c->now.module, param[p].type, param[p].enum_index, c->now.params[p]);
        pol_buffer_text(lines, "\n");
    }
}

bool pol_comparison_notes(const struct pol_comparison *c, bool chinese, struct pol_buffer *lines) {
    const pol_module *old = c->old.module, *now = c->now.module;
    const struct pol_descriptor *a = pol_module_descriptor(old), *b = pol_module_descriptor(now);
    note_params(c, chinese, lines);
    for (uint32_t i = 0; i < c->item_count; i++)
        if (c->item[i].old == POL_NONE)
            note(lines, chinese, "new item ", "新增事项 ", c->item[i].name, c->item[i].label);
    for (uint32_t i = 0; i < c->item_count; i++)
        if (c->item[i].now == POL_NONE)
            note(lines, chinese, "dropped item ", "取消事项 ", c->item[i].name, c->item[i].label);
    note_fields(lines, chinese, now, b->claim_fields, old, a->claim_fields, "new field of claims ", "新增申请字段 ");
    note_fields(lines, chinese, now, b->profile_fields, old, a->profile_fields, "new field of applicants ",
                "新增申请人字段 ");
    note_fields(lines, chinese, old, a->claim_fields, now, b->claim_fields, "field of claims no longer read ",
                "不再使用的申请字段 ");
    note_fields(lines, chinese, old, a->profile_fields, now, b->profile_fields, "field of applicants no longer read ",
                "不再使用的申请人字段 ");
    if (c->undecidable > 0)
        pol_buffer_format(lines,
                          chinese ? "原可判定、按新规无法判定的申请 %llu 笔\n"
                                  : "claims that the old policy decides and the new one cannot: %llu\n",
                          (unsigned long long)c->undecidable);
    return !lines->failed;
}

/* ---- the terminal ------------------------------------------------------------------------------------------------ */

static void who(const pol_module *module, const char *label, struct pol_buffer *text) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    struct pol_buffer line = {0};
    pol_buffer_format(&line, "%s %s (%s%s%s)", label, pol_words_title(module), pol_module_string(module, d->name),
                      d->version.size > 0 ? ", " : "", pol_module_string(module, d->version));
    pol_buffer_add(&line, "", 1);
    pol_display_wrap(text, line.failed ? "" : line.data, 0, 4);
    pol_buffer_text(text, "\n");
    text->failed |= line.failed;
    pol_buffer_free(&line);
}

static void put_notes(const struct pol_comparison *c, struct pol_buffer *text) {
    struct pol_buffer lines = {0};
    pol_comparison_notes(c, strcmp(tr_language(), "zh") == 0, &lines);
    pol_buffer_add(&lines, "", 1);
    for (char *line = lines.failed ? NULL : lines.data, *end; line != NULL && *line != '\0'; line = end + 1) {
        end = strchr(line, '\n');
        *end = '\0';
        pol_buffer_text(text, "  ");
        pol_display_wrap(text, line, 2, 4);
        pol_buffer_text(text, "\n");
    }
    text->failed |= lines.failed;
    pol_buffer_free(&lines);
}

static void overview(const struct pol_comparison *c, struct pol_buffer *text) {
    const struct pol_change_sum *all = &c->all;
    struct pol_table table;
    pol_buffer_text(text, "\n");
    pol_table_head(&table, 3, (const char *const[]){tr("due"), tr("claims"), tr("amount")});
    const struct {
        const char *label;
        uint64_t claims;
        pol_wide amount;
    } rows[] = {{tr("before"), all->claims, all->before},
                {tr("after"), all->claims, all->after},
                {tr("gain"), all->gainers, all->gain},
                {tr("lose"), all->losers, -all->loss},
                {tr("change"), all->gainers + all->losers, change(all)}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pol_table_text(&table, 0, rows[i].label);
        pol_table_count(&table, 1, rows[i].claims);
        pol_table_money(&table, 2, rows[i].amount);
    }
    pol_table_write(&table, text);
    pol_buffer_format(text, tr("applicants: %s gain, %s lose"), pol_display_shown(c->applicants_gaining).text,
                      pol_display_shown(c->applicants_losing).text);
    if (all->otherwise > 0)
        pol_buffer_format(text,
                          tr_count("; %s claim keeps its due by another decision",
                                   "; %s claims keep their due by another decision", all->otherwise),
                          pol_display_shown(all->otherwise).text);
    pol_buffer_text(text, "\n");
}

static void sum_head(struct pol_table *table, const char *of) {
    pol_table_head(table, 5, (const char *const[]){of, tr("gain/lose"), tr("before"), tr("after"), tr("change")});
}

static void sum_row(struct pol_table *table, const char *label, const struct pol_change_sum *sum) {
    char counts[64];
    snprintf(counts, sizeof counts, "%s/%s", pol_display_shown(sum->gainers).text, pol_display_shown(sum->losers).text);
    pol_table_text(table, 0, label);
    pol_table_text(table, 1, counts);
    pol_table_money(table, 2, sum->before);
    pol_table_money(table, 3, sum->after);
    pol_table_money(table, 4, change(sum));
}

static bool changes(const struct pol_change_sum *sum) {
    return sum->gainers + sum->losers > 0;
}

static void by_item(const struct pol_comparison *c, struct pol_buffer *text) {
    struct pol_table table;
    sum_head(&table, tr("item"));
    for (uint32_t i = 0; i <= c->item_count; i++)
        if (changes(&c->item[i].sum))
            sum_row(&table, item_name(c, i), &c->item[i].sum);
    pol_buffer_text(text, "\n");
    pol_table_write(&table, text);
}

static void by_clause(const struct pol_comparison *c, struct pol_buffer *text) {
    struct pol_table table;
    sum_head(&table, tr("clause"));
    for (uint32_t i = 0; i <= c->clause_count; i++) {
        struct pol_buffer label = {0};
        if (!changes(&c->clause[i].sum))
            continue;
        pol_buffer_format(&label, "%s %s", c->clause[i].number, c->clause[i].title);
        pol_buffer_add(&label, "", 1);
        sum_row(&table, i == c->clause_count ? tr("(no clause)") : label.failed ? "" : label.data, &c->clause[i].sum);
        text->failed |= label.failed;
        pol_buffer_free(&label);
    }
    pol_buffer_text(text, "\n");
    pol_table_write(&table, text);
}

static void by_year(const struct pol_comparison *c, struct pol_buffer *text) {
    struct pol_table table;
    sum_head(&table, tr("year"));
    for (int y = 0; y < POL_COMPARED_YEARS; y++) {
        char year[16];
        snprintf(year, sizeof year, "%d", 1989 + y);
        if (changes(&c->year[y]))
            sum_row(&table, y > 0 ? year : tr("(no date)"), &c->year[y]);
    }
    pol_buffer_text(text, "\n");
    pol_table_write(&table, text);
}

static void put_outcome(const pol_module *module, const struct pol_outcome *o, struct pol_buffer *line) {
    const struct pol_rule *rules = pol_module_array(module, pol_module_descriptor(module)->rules);
    pol_display_money(line, o->due);
    pol_buffer_format(line, " (%s", tr(pol_reason_name((enum pol_reason)o->reason)));
    if (o->rule != 0)
        pol_buffer_format(line, tr(": %s"), pol_module_string(module, rules[o->rule].name));
    pol_buffer_text(line, ")");
}

static void put_line(struct pol_buffer *line, struct pol_buffer *text) {
    pol_buffer_add(line, "", 1);
    pol_display_wrap(text, line->failed ? "" : line->data, 5, 5);
    pol_buffer_text(text, "\n");
    text->failed |= line->failed;
    pol_buffer_free(line);
}

static void largest(const struct pol_comparison *c, unsigned top, struct pol_buffer *text) {
    if (top > 0 && c->change_count > 0)
        pol_buffer_text(text, tr("\nlargest changes\n"));
    for (uint64_t i = 0; i < top && i < c->change_count; i++) {
        const struct pol_change *one = &c->change[i];
        char claim[POL_SHOWN_SIZE], applicant[POL_SHOWN_SIZE];
        struct pol_buffer line = {0};
        pol_buffer_format(&line, tr("%s, %s, %s: "), pol_shown(one->claim, one->claim_size, claim),
                          pol_shown(one->applicant, one->applicant_size, applicant), item_name(c, one->item));
        pol_display_money(&line, pol_change_of(one));
        pol_buffer_format(text, "%3llu. ", (unsigned long long)i + 1);
        put_line(&line, text);
        pol_buffer_text(text, "     ");
        put_outcome(c->old.module, &one->old, &line);
        pol_buffer_text(&line, " → ");
        put_outcome(c->now.module, &one->now, &line);
        put_line(&line, text);
    }
}

bool pol_comparison_text(const struct pol_comparison *c, unsigned top, struct pol_buffer *text) {
    who(c->old.module, tr("old:"), text);
    who(c->now.module, tr("new:"), text);
    put_notes(c, text);
    overview(c, text);
    if (changes(&c->all)) {
        by_item(c, text);
        by_clause(c, text);
        by_year(c, text);
        largest(c, top, text);
    }
    return !text->failed;
}

/* ---- CSV --------------------------------------------------------------------------------------------------------- */

static void cell(struct pol_buffer *out, const char *data, size_t size) {
    if (!pol_buffer_reserve(out, 2 * size + 3))
        return;
    out->size = (size_t)(pol_put_cell(out->data + out->size, data, size) - out->data);
    pol_buffer_text(out, ",");
}

static void cell_text(struct pol_buffer *out, const char *text) {
    cell(out, text, strlen(text));
}

static void cell_money(struct pol_buffer *out, pol_wide fen) {
    pol_wide whole = fen < 0 ? -fen : fen;
    char digits[48];
    pol_buffer_text(out, fen < 0 ? "-" : "");
    pol_buffer_add(out, digits, (size_t)(pol_put_decimal(digits, whole / 100, 0) - digits));
    pol_buffer_format(out, ".%02d,", (int)(whole % 100));
}

static void end_row(struct pol_buffer *out) {
    if (!out->failed)
        out->data[out->size - 1] = '\n';
}

static void cell_outcome(struct pol_buffer *out, const pol_module *module, const struct pol_outcome *o) {
    const struct pol_rule *rules = pol_module_array(module, pol_module_descriptor(module)->rules);
    cell_text(out, pol_decision_name((enum pol_decision_kind)o->decision));
    cell_text(out, pol_reason_name((enum pol_reason)o->reason));
    cell_text(out, o->rule != 0 ? pol_module_string(module, rules[o->rule].name) : "");
    cell_money(out, o->due);
}

bool pol_comparison_changes_csv(const struct pol_comparison *c, struct pol_buffer *out) {
    pol_buffer_text(out, "claim_id,applicant_id,item,date,old_decision,old_reason,old_rule,old_due,new_decision,"
                         "new_reason,new_rule,new_due,change\n");
    for (uint64_t i = 0; i < c->change_count && !out->failed; i++) {
        const struct pol_change *one = &c->change[i];
        cell(out, one->claim, one->claim_size);
        cell(out, one->applicant, one->applicant_size);
        cell_text(out, c->item[one->item].name);
        if (one->date != INT32_MIN)
            pol_words_date(out, one->date);
        pol_buffer_text(out, ",");
        cell_outcome(out, c->old.module, &one->old);
        cell_outcome(out, c->now.module, &one->now);
        cell_money(out, pol_change_of(one));
        end_row(out);
    }
    return !out->failed;
}

static void sum_csv(struct pol_buffer *out, const char *by, const char *name, size_t size, const char *label,
                    const struct pol_change_sum *sum) {
    if (sum->claims == 0)
        return;
    cell_text(out, by);
    cell(out, name, size);
    cell_text(out, label);
    pol_buffer_format(out, "%llu,%llu,", (unsigned long long)sum->claims, (unsigned long long)sum->gainers);
    cell_money(out, sum->gain);
    pol_buffer_format(out, "%llu,", (unsigned long long)sum->losers);
    cell_money(out, sum->loss);
    cell_money(out, sum->before);
    cell_money(out, sum->after);
    cell_money(out, change(sum));
    end_row(out);
}

bool pol_comparison_sums_csv(const struct pol_comparison *c, struct pol_buffer *out) {
    pol_buffer_text(out, "by,name,label,claims,gainers,gain,losers,loss,old_due,new_due,change\n");
    sum_csv(out, "all", "", 0, "", &c->all);
    for (uint32_t i = 0; i <= c->item_count; i++)
        sum_csv(out, "item", c->item[i].name, strlen(c->item[i].name), c->item[i].label, &c->item[i].sum);
    for (uint32_t i = 0; i <= c->clause_count; i++)
        sum_csv(out, "clause", c->clause[i].number, strlen(c->clause[i].number), c->clause[i].title, &c->clause[i].sum);
    for (int y = 0; y < POL_COMPARED_YEARS; y++) {
        char year[16] = "";
        if (y > 0)
            snprintf(year, sizeof year, "%d", 1989 + y);
        sum_csv(out, "year", year, strlen(year), "", &c->year[y]);
    }
    for (uint64_t i = 0; i < c->applicant_count && !out->failed; i++)
        sum_csv(out, "applicant", c->applicant[i].id, c->applicant[i].size, "", &c->applicant[i].sum);
    return !out->failed;
}
