/* findings.csv, findings.json and differences.csv. */
#include <stdlib.h>
#include <string.h>

#include "audit/display.h"
#include "audit/finder.h"
#include "audit/json.h"
#include "audit/words.h"
#include "audit/work.h"
#include "ledger/fail.h"
#include "ledger/output.h"

enum { FLUSH_BYTES = 1 << 20 };

struct file {
    struct pol_out *out;
    unsigned number;
    struct pol_buffer buffer;
    enum pol_status status;
    struct pol_error *error;
};

static void begin(struct file *file, struct pol_out *out, const char *name, struct pol_error *error) {
    *file = (struct file){.out = out, .error = error};
    file->status = pol_out_begin(out, name, &file->number, error);
}

static void flush(struct file *file, size_t beyond) {
    if (file->status != POL_STATUS_OK || file->buffer.size < beyond)
        return;
    if (file->buffer.failed)
        file->status = pol_ledger_no_memory(file->error);
    else
        file->status = pol_out_write(file->out, file->number, file->buffer.data, file->buffer.size, file->error);
    file->buffer.size = 0;
}

/* Cases are written on all threads, some at a time. */
enum { TASK_CASES = 2048 };

struct words {
    struct pol_buffer text[2]; /* of a case, in English and in Chinese */
};

struct writing {
    struct pol_finder *f;
    struct words *words; /* by worker */
    uint64_t first;      /* of the cases in memory */
};

static enum pol_status end(struct file *file) {
    flush(file, 0);
    pol_buffer_free(&file->buffer);
    return file->status;
}

/* ---- sentences --------------------------------------------------------------------------------------------------- */

struct sentence {
    const struct pol_finder *f;
    const struct pol_case *c;
    bool chinese;
    struct pol_buffer *out;
};

static void put_money(const struct sentence *s, int64_t fen) {
    pol_display_money(s->out, fen);
}

/* "C1, C2 and 3 more" */
static void put_claims(const struct sentence *s) {
    const struct pol_case *c = s->c;
    for (unsigned i = 0; i < c->rest_shown; i++) {
        const struct pol_text *id = &s->f->rest[c->rest + i];
        pol_buffer_text(s->out, i == 0 ? "" : s->chinese ? "、" : ", ");
        pol_buffer_add(s->out, id->data, id->size);
    }
    if (c->rest_count > c->rest_shown)
        pol_buffer_format(s->out, s->chinese ? " 等 %llu 笔" : " and %llu more",
                          (unsigned long long)(s->chinese ? c->rest_count : c->rest_count - c->rest_shown));
}

/* The condition as it stands in the policy, else the rule's name. */
static void put_rule(const struct sentence *s) {
    const struct pol_rule *rules = pol_module_array(s->f->module, s->f->descriptor->rules);
    const struct pol_rule *rule = &rules[s->c->rule];
    struct pol_str text = rule->source.size > 0 ? rule->source : rule->name;
    if (s->c->rule != 0)
        pol_buffer_add(s->out, pol_module_string(s->f->module, text), text.size);
    else
        pol_buffer_text(s->out, "-");
}

static void put_date(const struct sentence *s, bool year_only) {
    if (s->c->date == INT32_MIN)
        pol_buffer_text(s->out, "?");
    else if (year_only)
        pol_buffer_format(s->out, "%d", 1970 + (int)((4 * (int64_t)s->c->date + 2) / 1461));
    else
        pol_words_date(s->out, s->c->date);
}

static const struct pol_field *field_of(const struct pol_finder *f, const struct pol_case *c) {
    const struct pol_field *fields = pol_module_array(f->module, f->descriptor->claim_fields);
    return &fields[f->thresholds[c->which].field];
}

/* The number whose threshold it is, or the threshold. */
static void put_edge(const struct sentence *s, bool field) {
    if (s->c->which == POL_NONE)
        return;
    const struct pol_field *f = field_of(s->f, s->c);
    if (field)
        pol_buffer_text(s->out, pol_module_string(s->f->module, f->column));
    else if (f->type == POL_MONEY)
        put_money(s, s->c->edge);
    else
        pol_words_value(s->out, s->f->module, f->type, f->enum_index, s->c->edge);
}

static bool is_word(const char *name, size_t size, const char *word) {
    return strlen(word) == size && memcmp(name, word, size) == 0;
}

static void put_value(const struct sentence *s, const char *name, size_t size) {
    const struct pol_case *c = s->c;
    if (is_word(name, size, "paid"))
        put_money(s, c->paid);
    else if (is_word(name, size, "due"))
        put_money(s, pol_case_due(c));
    else if (is_word(name, size, "award"))
        put_money(s, c->award);
    else if (is_word(name, size, "entitled"))
        put_money(s, c->entitled);
    else if (is_word(name, size, "payable"))
        put_money(s, c->payable);
    else if (is_word(name, size, "claims"))
        put_claims(s);
    else if (is_word(name, size, "says"))
        put_rule(s);
    else if (is_word(name, size, "field") || is_word(name, size, "edge"))
        put_edge(s, name[0] == 'f');
    else if (is_word(name, size, "year") || is_word(name, size, "date"))
        put_date(s, name[0] == 'y');
}

void finder_put_words(const struct pol_finder *f, const struct pol_case *c, bool chinese, struct pol_buffer *out) {
    struct sentence s = {f, c, chinese, out};
    for (const char *p = pol_finding_words((enum words_of_finding)c->words, chinese); *p != '\0';) {
        size_t plain = strcspn(p, "{[]");
        pol_buffer_add(out, p, plain);
        p += plain;
        if (*p == '{') {
            size_t name = strcspn(p, "}");
            put_value(&s, p + 1, name - 1);
            p += name + 1;
        } else if (*p == '[' && c->rest_count == 0) {
            p += strcspn(p, "]") + 1;
        } else if (*p != '\0') {
            p++;
        }
    }
}

/* ---- findings.csv ------------------------------------------------------------------------------------------------ */

static void csv_cell(struct pol_buffer *out, const char *data, size_t size) {
    if (!pol_buffer_reserve(out, 2 * size + 3))
        return;
    out->size = (size_t)(pol_put_cell(out->data + out->size, data, size) - out->data);
    pol_buffer_text(out, ",");
}

static void csv_string(struct pol_buffer *out, const char *text) {
    csv_cell(out, text, strlen(text));
}

static void csv_count(struct pol_buffer *out, uint64_t count) {
    if (!pol_buffer_reserve(out, POL_MONEY_ROOM + 1))
        return;
    char *end = pol_put_number(out->data + out->size, count);
    *end++ = ',';
    out->size = (size_t)(end - out->data);
}

static void csv_money(struct pol_buffer *out, pol_wide fen) {
    if (fen <= INT64_MAX && fen >= -INT64_MAX && pol_buffer_reserve(out, POL_MONEY_ROOM + 1)) {
        char *end = pol_put_money(out->data + out->size, (int64_t)fen);
        *end++ = ',';
        out->size = (size_t)(end - out->data);
        return;
    }
    pol_wide whole = fen < 0 ? -fen : fen;
    char digits[48];
    size_t size = (size_t)(pol_put_decimal(digits, whole / 100, 0) - digits);
    pol_buffer_text(out, fen < 0 ? "-" : "");
    pol_buffer_add(out, digits, size);
    pol_buffer_format(out, ".%02d,", (int)(whole % 100));
}

static void csv_end(struct pol_buffer *out) {
    if (!out->failed)
        out->data[out->size - 1] = '\n';
}

static void csv_clause(const struct pol_finder *f, const struct pol_case *c, struct pol_buffer *out) {
    const struct pol_clause *clauses = pol_module_array(f->module, f->descriptor->clauses);
    const struct pol_rule *rules = pol_module_array(f->module, f->descriptor->rules);
    uint32_t clause = finder_clause(f, c->rule, c->item);
    bool known = clause < f->descriptor->clauses.count;
    csv_string(out, known ? pol_module_string(f->module, clauses[clause].number) : "");
    csv_string(out, known ? pol_module_string(f->module, clauses[clause].title) : "");
    csv_string(out, c->rule != 0 ? pol_module_string(f->module, rules[c->rule].name) : "");
}

static void csv_text(struct pol_buffer *out, const struct pol_buffer *text) {
    csv_cell(out, text->size > 0 ? text->data : "", text->size);
}

static void csv_others(const struct pol_finder *f, const struct pol_case *c, struct pol_buffer *out) {
    struct pol_buffer others = {0};
    for (unsigned i = 0; i < c->rest_shown; i++) {
        pol_buffer_text(&others, i > 0 ? ";" : "");
        pol_buffer_add(&others, f->rest[c->rest + i].data, f->rest[c->rest + i].size);
    }
    csv_text(out, &others);
    csv_count(out, c->rest_count);
    out->failed |= others.failed;
    pol_buffer_free(&others);
}

static void csv_finding(const struct pol_finder *f, const struct pol_case *c, const struct words *words,
                        struct pol_buffer *out) {
    const struct pol_item *items = pol_module_array(f->module, f->descriptor->items);
    csv_string(out, pol_finding_name((enum pol_finding_kind)c->kind));
    csv_cell(out, c->claim, c->claim_size);
    csv_cell(out, c->applicant, c->applicant_size);
    csv_string(out, c->item < f->descriptor->items.count ? pol_module_string(f->module, items[c->item].column) : "");
    if (c->date != INT32_MIN)
        pol_words_date(out, c->date);
    pol_buffer_text(out, ",");
    csv_clause(f, c, out);
    csv_string(out, pol_decision_name((enum pol_decision_kind)c->decision));
    csv_string(out, pol_reason_name((enum pol_reason)c->reason));
    csv_money(out, c->paid);
    csv_money(out, pol_case_due(c));
    csv_money(out, (pol_wide)c->paid - pol_case_due(c));
    csv_money(out, c->amount);
    csv_others(f, c, out);
    csv_text(out, &words->text[0]);
    csv_text(out, &words->text[1]);
    csv_end(out);
}

/* ---- differences.csv --------------------------------------------------------------------------------------------- */

static void csv_gap(struct pol_buffer *out, const char *by, const char *name, size_t name_size, const char *label,
                    const struct pol_gap *gap) {
    csv_string(out, by);
    csv_cell(out, name, name_size);
    csv_string(out, label);
    csv_count(out, gap->claims);
    csv_money(out, gap->paid);
    csv_money(out, gap->due);
    csv_money(out, gap->paid - gap->due);
    csv_count(out, gap->over_claims);
    csv_money(out, gap->over);
    csv_count(out, gap->under_claims);
    csv_money(out, gap->under);
    csv_end(out);
}

static void csv_items(const struct pol_finder *f, struct pol_buffer *out) {
    const struct pol_item *items = pol_module_array(f->module, f->descriptor->items);
    uint32_t count = f->descriptor->items.count;
    for (uint32_t i = 0; i <= count; i++) {
        if (f->sums.item[i].claims == 0)
            continue;
        const char *name = i < count ? pol_module_string(f->module, items[i].column) : "";
        csv_gap(out, "item", name, strlen(name), i < count ? pol_module_string(f->module, items[i].label) : "",
                &f->sums.item[i]);
    }
}

static void csv_clauses(const struct pol_finder *f, struct pol_buffer *out) {
    const struct pol_clause *clauses = pol_module_array(f->module, f->descriptor->clauses);
    uint32_t count = f->descriptor->clauses.count;
    for (uint32_t i = 0; i <= count; i++) {
        if (f->sums.clause[i].claims == 0)
            continue;
        const char *number = i < count ? pol_module_string(f->module, clauses[i].number) : "";
        csv_gap(out, "clause", number, strlen(number), i < count ? pol_module_string(f->module, clauses[i].title) : "",
                &f->sums.clause[i]);
    }
}

static void csv_years(const struct pol_finder *f, struct pol_buffer *out) {
    for (int y = 0; y < POL_GAP_YEARS; y++) {
        char year[16] = "";
        if (f->sums.year[y].claims == 0)
            continue;
        if (y > 0)
            pol_put_decimal(year, 1989 + y, 0);
        csv_gap(out, "year", year, y > 0 ? 4 : 0, "", &f->sums.year[y]);
    }
}

static enum pol_status write_differences(struct pol_finder *f, const struct pol_audit *audit, struct pol_out *out,
                                         struct pol_error *error) {
    struct finder_applicant applicant;
    struct file file;
    begin(&file, out, "differences.csv", error);
    pol_buffer_text(&file.buffer, "by,name,label,claims,paid,due,difference,overpaid_claims,overpaid,underpaid_claims,"
                                  "underpaid\n");
    csv_items(f, &file.buffer);
    csv_clauses(f, &file.buffer);
    csv_years(f, &file.buffer);
    bool begun = finder_applicants_first(&f->applicants);
    while (begun && file.status == POL_STATUS_OK && finder_applicants_next(&f->applicants, &applicant)) {
        csv_gap(&file.buffer, "applicant", applicant.id, applicant.size, "", &applicant.gap);
        flush(&file, FLUSH_BYTES);
    }
    enum pol_status status = end(&file);
    if (status == POL_STATUS_OK && prt_sorter_failure(f->applicants.by_gap) != 0)
        status = pol_finder_failed(f, audit, error);
    return status;
}

/* ---- findings.json ----------------------------------------------------------------------------------------------- */

static void member_text(struct pol_buffer *out, const char *name, const char *text) {
    pol_json_name(out, name);
    pol_json_string(out, text);
}

static void member_number(struct pol_buffer *out, const char *name, pol_wide value) {
    pol_json_name(out, name);
    pol_json_number(out, value);
}

static void json_policy(const struct pol_finder *f, struct pol_buffer *out) {
    const struct pol_descriptor *d = f->descriptor;
    struct pol_buffer hex = {0};
    for (int i = 0; i < POL_DIGEST_SIZE; i++)
        pol_buffer_format(&hex, "%02x", d->object_digest[i]);
    pol_buffer_add(&hex, "", 1);
    pol_json_name(out, "policy");
    pol_buffer_text(out, "{");
    member_text(out, "name", pol_module_string(f->module, d->name));
    member_text(out, "title", pol_words_title(f->module));
    member_text(out, "issuer", pol_module_string(f->module, d->issuer));
    member_text(out, "version", pol_module_string(f->module, d->version));
    member_text(out, "object", hex.failed ? "" : hex.data);
    member_number(out, "limited", d->limit.present != 0);
    pol_buffer_text(out, "}\n");
    out->failed |= hex.failed;
    pol_buffer_free(&hex);
}

static void json_gap(struct pol_buffer *out, const struct pol_gap *gap) {
    member_number(out, "claims", (pol_wide)gap->claims);
    member_number(out, "paid", gap->paid);
    member_number(out, "due", gap->due);
    member_number(out, "over_claims", (pol_wide)gap->over_claims);
    member_number(out, "over", gap->over);
    member_number(out, "under_claims", (pol_wide)gap->under_claims);
    member_number(out, "under", gap->under);
    pol_buffer_text(out, "}");
}

static void json_open(struct pol_buffer *out) {
    pol_json_next(out);
    pol_buffer_text(out, "\n{");
}

static void json_items(const struct pol_finder *f, struct pol_buffer *out) {
    const struct pol_item *items = pol_module_array(f->module, f->descriptor->items);
    uint32_t count = f->descriptor->items.count;
    pol_json_name(out, "items");
    pol_buffer_text(out, "[");
    for (uint32_t i = 0; i <= count; i++) {
        json_open(out);
        member_text(out, "name", i < count ? pol_module_string(f->module, items[i].column) : "");
        member_text(out, "label",
                    i < count ? pol_words_label(f->module, items[i].label, items[i].column, items[i].name) : "");
        json_gap(out, &f->sums.item[i]);
    }
    pol_buffer_text(out, "]\n");
}

static void json_clauses(const struct pol_finder *f, struct pol_buffer *out) {
    const struct pol_clause *clauses = pol_module_array(f->module, f->descriptor->clauses);
    uint32_t count = f->descriptor->clauses.count;
    pol_json_name(out, "clauses");
    pol_buffer_text(out, "[");
    for (uint32_t i = 0; i <= count; i++) {
        const struct pol_str *quotes = i < count ? pol_module_array(f->module, clauses[i].quotes) : NULL;
        json_open(out);
        member_text(out, "number", i < count ? pol_module_string(f->module, clauses[i].number) : "");
        member_text(out, "title", i < count ? pol_module_string(f->module, clauses[i].title) : "");
        member_text(out, "quote",
                    i < count && clauses[i].quotes.count > 0 ? pol_module_string(f->module, quotes[0]) : "");
        json_gap(out, &f->sums.clause[i]);
    }
    pol_buffer_text(out, "]\n");
}

/* Whether what fails is the award itself: it comes to nothing, or its table has no row for the value. */
static bool is_no_award(const struct pol_finder *f, const struct pol_rule *rule) {
    const struct pol_rule *rules = pol_module_array(f->module, f->descriptor->rules);
    const struct pol_item *items = pol_module_array(f->module, f->descriptor->items);
    if (rule->item >= f->descriptor->items.count || rule->reason != POL_INELIGIBLE || rule->source.size == 0)
        return false;
    const struct pol_str award = rules[items[rule->item].award_rule].source;
    return rule->source.offset == award.offset && rule->source.size == award.size;
}

static void json_rules(const struct pol_finder *f, struct pol_buffer *out) {
    const struct pol_rule *rules = pol_module_array(f->module, f->descriptor->rules);
    pol_json_name(out, "rules");
    pol_buffer_text(out, "[");
    for (uint32_t i = 0; i < f->descriptor->rules.count; i++) {
        json_open(out);
        member_text(out, "name", pol_module_string(f->module, rules[i].name));
        member_text(out, "source", pol_module_string(f->module, rules[i].source));
        member_text(out, "quote", pol_module_string(f->module, rules[i].quote));
        if (is_no_award(f, &rules[i]))
            member_number(out, "no_award", 1);
        pol_buffer_text(out, "}");
    }
    pol_buffer_text(out, "]\n");
}

static void json_years(const struct pol_finder *f, struct pol_buffer *out) {
    pol_json_name(out, "years");
    pol_buffer_text(out, "[");
    for (int y = 0; y < POL_GAP_YEARS; y++) {
        if (f->sums.year[y].claims == 0)
            continue;
        json_open(out);
        member_number(out, "year", y > 0 ? 1989 + y : 0);
        json_gap(out, &f->sums.year[y]);
    }
    pol_buffer_text(out, "]\n");
}

static void json_applicants(struct finder_applicants *all, struct pol_buffer *out) {
    enum { MOST = 1000 }; /* all of them are in differences.csv */
    struct finder_applicant applicant;
    member_number(out, "applicant_count", (pol_wide)all->count);
    pol_json_name(out, "applicants");
    pol_buffer_text(out, "[");
    bool begun = finder_applicants_first(all); /* what fails is told when they are written */
    for (int i = 0; begun && i < MOST && finder_applicants_next(all, &applicant); i++) {
        json_open(out);
        pol_json_name(out, "id");
        pol_json_text(out, applicant.id, applicant.size);
        json_gap(out, &applicant.gap);
    }
    pol_buffer_text(out, "]\n");
}

static void json_kinds(const struct pol_summary *summary, struct pol_buffer *out) {
    pol_json_name(out, "kinds");
    pol_buffer_text(out, "[");
    for (int k = 0; k < POL_FINDING_KINDS; k++) {
        json_open(out);
        member_text(out, "kind", pol_finding_name((enum pol_finding_kind)k));
        member_number(out, "count", (pol_wide)summary->finding_count[k]);
        member_number(out, "amount", summary->finding_amount[k]);
        pol_buffer_text(out, "}");
    }
    pol_buffer_text(out, "]\n");
}

/* Claims by what became of them: every row of the ledger, paid or not. */
static void json_reasons(const struct pol_summary *summary, struct pol_buffer *out) {
    pol_json_name(out, "reasons");
    pol_buffer_text(out, "[");
    for (int r = 0; r < POL_REASON_COUNT; r++) {
        const struct pol_tally *tally = &summary->reason[r];
        json_open(out);
        member_text(out, "reason", pol_reason_name((enum pol_reason)r));
        member_number(out, "claims", (pol_wide)tally->claims);
        member_number(out, "entitled", tally->entitled);
        member_number(out, "payable", tally->payable);
        member_number(out, "carried", tally->carried);
        member_number(out, "outstanding", tally->outstanding);
        member_number(out, "lapsed", tally->lapsed);
        member_number(out, "with_paid", (pol_wide)tally->with_paid);
        member_number(out, "paid", tally->paid);
        member_number(out, "difference", tally->difference);
        pol_buffer_text(out, "}");
    }
    pol_buffer_text(out, "]\n");
}

static void json_sizes(const struct pol_finder *f, struct pol_buffer *out) {
    member_number(out, "exact", (pol_wide)f->sums.exact);
    for (int under = 0; under < 2; under++) {
        pol_json_name(out, under ? "under_by_size" : "over_by_size");
        pol_buffer_text(out, "[");
        for (int i = 1; i < POL_GAP_SIZES; i++) {
            pol_json_next(out);
            pol_json_number(out, (pol_wide)(under ? f->sums.under_by_size[i] : f->sums.over_by_size[i]));
        }
        pol_buffer_text(out, "]");
    }
    pol_buffer_text(out, "\n");
}

/* Findings are many: their members' names are put as they stand. */
#define PUT(out, literal) pol_buffer_add(out, literal, sizeof(literal) - 1)

static void json_case_texts(const struct pol_finder *f, const struct pol_case *c, struct pol_buffer *out) {
    PUT(out, ",\"claim\":");
    pol_json_text(out, c->claim, c->claim_size);
    PUT(out, ",\"applicant\":");
    pol_json_text(out, c->applicant, c->applicant_size);
    PUT(out, ",\"date\":\"");
    if (c->date != INT32_MIN)
        pol_words_date(out, c->date);
    PUT(out, "\",\"other_claims\":[");
    for (unsigned i = 0; i < c->rest_shown; i++) {
        pol_json_next(out);
        pol_json_text(out, f->rest[c->rest + i].data, f->rest[c->rest + i].size);
    }
    PUT(out, "],\"other_count\":");
    pol_json_number(out, (pol_wide)c->rest_count);
}

static void json_case_amounts(const struct pol_case *c, struct pol_buffer *out) {
    if (c->award >= 0) {
        pol_buffer_text(out, c->kind != POL_SPLIT   ? ",\"award\":"
                             : c->which == POL_NONE ? ",\"threshold\":"
                                                    : ",\"as_one\":");
        pol_json_number(out, c->award);
    }
    PUT(out, ",\"entitled\":");
    pol_json_number(out, c->entitled);
    PUT(out, ",\"payable\":");
    pol_json_number(out, c->payable);
    PUT(out, ",\"carried\":");
    pol_json_number(out, c->carried);
    PUT(out, ",\"paid\":");
    pol_json_number(out, c->paid);
    PUT(out, ",\"due\":");
    pol_json_number(out, pol_case_due(c));
    PUT(out, ",\"amount\":");
    pol_json_number(out, c->amount);
}

/* Items, clauses and rules as numbers of the lists above: they repeat in every case. */
static void json_case(const struct pol_finder *f, const struct pol_case *c, const struct words *words,
                      struct pol_buffer *out) {
    PUT(out, "\"kind\":");
    pol_json_string(out, pol_finding_name((enum pol_finding_kind)c->kind));
    json_case_texts(f, c, out);
    PUT(out, ",\"item\":");
    pol_json_number(out, c->item);
    PUT(out, ",\"clause\":");
    pol_json_number(out, finder_clause(f, c->rule, c->item));
    PUT(out, ",\"rule\":");
    pol_json_number(out, c->rule);
    PUT(out, ",\"decision\":");
    pol_json_string(out, pol_decision_name((enum pol_decision_kind)c->decision));
    PUT(out, ",\"reason\":");
    pol_json_string(out, pol_reason_name((enum pol_reason)c->reason));
    json_case_amounts(c, out);
    PUT(out, ",\"sentence\":");
    pol_json_number(out, c->words);
    PUT(out, ",\"words_en\":");
    pol_json_text(out, words->text[0].size > 0 ? words->text[0].data : "", words->text[0].size);
    PUT(out, ",\"words_zh\":");
    pol_json_text(out, words->text[1].size > 0 ? words->text[1].data : "", words->text[1].size);
    if (c->which != POL_NONE) {
        struct sentence s = {f, c, false, out};
        PUT(out, ",\"field\":");
        pol_json_string(out, pol_module_string(f->module, field_of(f, c)->column));
        PUT(out, ",\"edge\":\"");
        put_edge(&s, false);
        PUT(out, "\"");
    }
    if (c->better != NULL) {
        PUT(out, ",\"better\":[");
        pol_buffer_add(out, c->better, c->better_size);
        PUT(out, "]");
    }
    PUT(out, "}");
}

/* findings.csv and findings.json at once: the sentences stand in both. */
static enum pol_status make_cases(void *context, unsigned worker, uint64_t task, struct pol_buffer *buffer,
                                  struct pol_error *error) {
    const struct writing *w = context;
    struct words *words = &w->words[worker];
    (void)error; /* the buffers say what fails */
    for (uint64_t i = task * TASK_CASES; i < w->f->count && i < (task + 1) * TASK_CASES; i++) {
        for (int chinese = 0; chinese < 2; chinese++) {
            words->text[chinese].size = 0;
            finder_put_words(w->f, &w->f->cases[i], chinese, &words->text[chinese]);
            buffer->failed |= words->text[chinese].failed;
        }
        csv_finding(w->f, &w->f->cases[i], words, &buffer[0]);
        pol_buffer_text(&buffer[1], w->first + i > 0 ? ",\n{" : "\n{");
        json_case(w->f, &w->f->cases[i], words, &buffer[1]);
    }
    return POL_STATUS_OK;
}

static void json_head(struct pol_finder *f, const struct pol_summary *summary, struct pol_buffer *text) {
    pol_buffer_text(text, "{");
    member_text(text, "format", "pol findings 1");
    json_policy(f, text);
    member_number(text, "rows", (pol_wide)summary->rows);
    member_number(text, "as_of", summary->as_of);
    member_number(text, "split_days", f->split.days);
    member_number(text, "split_percent", f->split.percent);
    json_reasons(summary, text);
    json_kinds(summary, text);
    json_items(f, text);
    json_clauses(f, text);
    json_rules(f, text);
    json_years(f, text);
    json_applicants(&f->applicants, text);
    json_sizes(f, text);
    pol_json_name(text, "findings");
    pol_buffer_text(text, "[");
}

/* The next cases in their order, with what would make them better. */
static enum pol_status load_cases(struct writing *w, struct pol_audit *audit, uint64_t most, struct pol_error *error) {
    struct pol_finder *f = w->f;
    const void *entry = NULL;
    uint32_t size = 0;
    finder_forget_cases(f);
    while (f->count < most && (entry = prt_sorter_next(f->all, NULL, &size)) != NULL)
        if (!finder_keep_case(f, entry, size))
            return pol_ledger_no_memory(error);
    if (prt_sorter_failure(f->all) != 0)
        return pol_finder_failed(f, audit, error);
    return finder_better(f, audit, w->first, error);
}

/* All cases, some at a time: they were put in order in work files where they are many. */
static enum pol_status put_cases(struct writing *w, struct pol_audit *audit, struct pol_out *out, unsigned file,
                                 struct pol_error *error) {
    struct pol_finder *f = w->f;
    enum { MOST = 100000, CASE_BYTES = 700 }; /* with its question and the answer */
    uint64_t most = finder_at_once(f, 60, CASE_BYTES + f->descriptor->profile_fields.count * (uint64_t)16, MOST);
    enum pol_status status = prt_sorter_begin(f->all) ? POL_STATUS_OK : pol_finder_failed(f, audit, error);
    do {
        w->first += f->count;
        if (status == POL_STATUS_OK)
            status = load_cases(w, audit, most, error);
        struct pol_out_tasks tasks = {(f->count + TASK_CASES - 1) / TASK_CASES, f->workers, make_cases, w, 2};
        if (status == POL_STATUS_OK && f->count > 0)
            status = pol_out_run(out, file, &tasks, error);
        if (status == POL_STATUS_OK)
            status = pol_audit_go_on(audit, error);
    } while (status == POL_STATUS_OK && f->count > 0);
    return status;
}

static enum pol_status write_cases(struct pol_finder *f, struct pol_audit *audit, const struct pol_summary *summary,
                                   struct pol_out *out, struct pol_error *error) {
    struct file csv, json;
    struct writing w = {.f = f, .words = calloc(f->workers, sizeof *w.words)};
    if (w.words == NULL)
        return pol_ledger_no_memory(error);
    begin(&csv, out, "findings.csv", error);
    pol_buffer_text(&csv.buffer, "kind,claim_id,applicant_id,item,date,clause,clause_title,rule,decision,reason,paid,"
                                 "due,difference,amount,other_claims,other_count,words_en,words_zh\n");
    enum pol_status status = end(&csv);
    json = (struct file){.out = out, .error = error, .status = status};
    if (status == POL_STATUS_OK)
        begin(&json, out, "findings.json", error);
    json_head(f, summary, &json.buffer);
    flush(&json, 0);
    if (json.status == POL_STATUS_OK)
        json.status = put_cases(&w, audit, out, csv.number, error);
    pol_buffer_text(&json.buffer, "]}\n");
    status = end(&json);
    for (unsigned i = 0; i < f->workers; i++) {
        pol_buffer_free(&w.words[i].text[0]);
        pol_buffer_free(&w.words[i].text[1]);
    }
    free(w.words);
    return status;
}

enum pol_status finder_write_files(struct pol_finder *f, struct pol_audit *audit, const struct pol_summary *summary,
                                   struct pol_out *out, struct pol_error *error) {
    enum pol_status status = write_cases(f, audit, summary, out, error);
    return status == POL_STATUS_OK ? write_differences(f, audit, out, error) : status;
}
