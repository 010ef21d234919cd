#include "driver/effect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diff/diff.h"

__extension__ typedef __int128 wide;

/* ---- sums
 * ------------------------------------------------------------------------------------------------------------
 */

static void add(struct effect_sum *s, wide before, wide after) {
    s->before += before;
    s->after += after;
    s->claims++;
}

struct person {
    wide difference;
    struct person *next;
};

struct people {
    struct text_map *named;
    struct person *first;
};

static struct person *person_of(struct arena *arena, struct people *all, struct text id) {
    void **slot = text_map_slot(all->named, id);
    if (!*slot) {
        struct person *p = arena_new_of(arena, struct person);
        p->next = all->first;
        *slot = all->first = p;
    }
    return *slot;
}

static struct text item_name(struct effect_side side, const struct interp_decision *d) {
    return d->item == POL_NONE ? (struct text){0} : side.policy->item[d->item].column;
}

static void add_claim(struct arena *arena, struct effect *e, struct people *people, const struct effect_side *before,
                      const struct effect_side *after, size_t row, size_t *capacity) {
    const struct interp_decision *a = &before->result->decision[row], *b = &after->result->decision[row];
    wide was = (wide)a->payable + a->carried, is = (wide)b->payable + b->carried;
    bool otherwise = a->kind != b->kind || a->reason != b->reason;
    add(&e->all, was, is);
    add(is > was ? &e->gain : is < was ? &e->lose : &e->same, was, is);
    person_of(arena, people, b->applicant_id)->difference += is - was;
    e->otherwise += otherwise;
    if (is == was && !otherwise)
        return;
    e->claim = arena_grow(arena, e->claim, e->claims, capacity, e->claims + 1, sizeof *e->claim);
    struct text item = item_name(*after, b);
    e->claim[e->claims++] = (struct effect_claim){
        b->claim_id, b->applicant_id, item.size ? item : item_name(*before, a), a, b, (int64_t)(is - was)};
}

static int by_difference(const void *x, const void *y) {
    const struct effect_claim *a = x, *b = y;
    uint64_t p = (uint64_t)(a->difference < 0 ? -a->difference : a->difference),
             q = (uint64_t)(b->difference < 0 ? -b->difference : b->difference);
    if (p != q)
        return p < q ? 1 : -1;
    return text_compare(a->id, b->id);
}

/* ---- by clause and year ---------------------------------------------------------------------------------------------
 */

struct rows {
    struct effect *effect;
    struct text_map *at; /* clause and year -> index + 1 */
    size_t capacity;
};

static struct effect_row *row_of(struct arena *arena, struct rows *rows, struct text clause, int32_t year) {
    struct effect *e = rows->effect;
    struct text key = text_format(arena, "%d %.*s", year, TEXT_ARG(clause));
    uintptr_t *slot = (uintptr_t *)text_map_slot(rows->at, key);
    if (!*slot) {
        e->row = arena_grow(arena, e->row, e->rows, &rows->capacity, e->rows + 1, sizeof *e->row);
        e->row[e->rows++] = (struct effect_row){.clause = clause, .year = year};
        *slot = e->rows;
    }
    return &e->row[*slot - 1];
}

static void add_payments(struct arena *arena, struct rows *rows, const struct effect_side *side, bool after) {
    const struct interp_result *r = side->result;
    for (size_t i = 0; i < r->payment_count; i++) {
        uint32_t item = r->decision[r->payment[i].claim].item;
        uint32_t clause = item == POL_NONE ? POL_NONE : side->policy->item[item].clause;
        struct text number = clause == POL_NONE ? (struct text){0} : side->policy->clause[clause].number;
        struct effect_row *row = row_of(arena, rows, number, r->payment[i].year);
        *(after ? &row->sum.after : &row->sum.before) += r->payment[i].amount;
        row->sum.claims++;
    }
}

struct placed { /* a row, with where its clause stands */
    size_t place;
    struct effect_row row;
};

static int by_place(const void *x, const void *y) {
    const struct placed *a = x, *b = y;
    if (a->place != b->place)
        return a->place < b->place ? -1 : 1;
    int order = text_compare(a->row.clause, b->row.clause);
    return order ? order : (a->row.year > b->row.year) - (a->row.year < b->row.year);
}

static void sort_rows(struct arena *arena, struct effect *e, const struct ir_policy *policy) {
    struct placed *list = arena_array_of(arena, struct placed, e->rows + 1);
    for (size_t i = 0; i < e->rows; i++) {
        list[i] = (struct placed){policy->clause_count, e->row[i]};
        for (uint32_t k = 0; k < policy->clause_count; k++)
            if (text_equal(policy->clause[k].number, e->row[i].clause))
                list[i].place = k;
    }
    if (e->rows)
        qsort(list, e->rows, sizeof *list, by_place);
    for (size_t i = 0; i < e->rows; i++)
        e->row[i] = list[i].row;
}

struct effect *effect_of(struct arena *arena, struct effect_side before, struct effect_side after) {
    struct effect *e = arena_new_of(arena, struct effect);
    struct people people = {.named = text_map_new(arena)};
    struct rows rows = {.effect = e, .at = text_map_new(arena)};
    size_t capacity = 0;
    for (size_t i = 0; i < after.result->decision_count; i++)
        add_claim(arena, e, &people, &before, &after, i, &capacity);
    for (const struct person *p = people.first; p; p = p->next) {
        e->applicants++;
        e->applicants_gain += p->difference > 0;
        e->applicants_lose += p->difference < 0;
    }
    add_payments(arena, &rows, &before, false);
    add_payments(arena, &rows, &after, true);
    sort_rows(arena, e, after.policy);
    if (e->claims)
        qsort(e->claim, e->claims, sizeof *e->claim, by_difference);
    return e;
}

/* ---- text
 * ------------------------------------------------------------------------------------------------------------
 */

enum { FIRST = 24, COLUMN = 18, SHOWN = 10 };

/* "1,234,567.89" */
static struct text money(struct arena *arena, wide fen) {
    char digits[64];
    size_t n = sizeof digits;
    wide rest = fen < 0 ? -fen : fen;
    for (int i = 0; i < 3 || rest; i++) {
        if (i == 2)
            digits[--n] = '.';
        if (i > 2 && (i - 2) % 3 == 0)
            digits[--n] = ',';
        digits[--n] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (fen < 0)
        digits[--n] = '-';
    return text_copy(arena, (struct text){digits + n, sizeof digits - n});
}

static void put_left(struct text_buffer *out, struct text t) {
    text_add(out, t);
    for (size_t w = text_width(t); w < FIRST; w++)
        text_add(out, TEXT(" "));
}

static void put_right(struct text_buffer *out, struct text t, size_t width) {
    for (size_t w = text_width(t); w < width; w++)
        text_add(out, TEXT(" "));
    text_add(out, t);
}

static void put_amounts(struct text_buffer *out, const struct effect_sum *s) {
    put_right(out, money(out->arena, s->before), COLUMN);
    put_right(out, money(out->arena, s->after), COLUMN);
    put_right(out, money(out->arena, s->after - s->before), COLUMN);
    text_add(out, TEXT("\n"));
}

static void put_heads(struct text_buffer *out, bool chinese, const char *first) {
    text_add(out, TEXT("\n"));
    put_left(out, text_of(first));
    put_right(out, text_of(chinese ? "原为" : "before"), COLUMN);
    put_right(out, text_of(chinese ? "现为" : "after"), COLUMN);
    put_right(out, text_of(chinese ? "差额" : "difference"), COLUMN);
    text_add(out, TEXT("\n"));
}

static void put_group(struct text_buffer *out, const char *english, const char *chinese, bool zh,
                      const struct effect_sum *s) {
    put_left(out, text_format(out->arena, zh ? "%s %zu 项" : "%s %zu", zh ? chinese : english, s->claims));
    put_amounts(out, s);
}

static struct text clause_words(struct arena *arena, struct text number, int32_t year, bool chinese) {
    bool digits = number.size && strspn(text_copy(arena, number).data, "0123456789") == number.size;
    const char *format = !digits ? "%.*s %d" : chinese ? "第%.*s条 %d" : "§%.*s %d";
    return text_format(arena, format, TEXT_ARG(number), year);
}

static struct text decision_words(struct arena *arena, const struct interp_decision *d) {
    struct text due = money(arena, (wide)d->payable + d->carried);
    if (d->reason == POL_OK)
        return due;
    return text_format(arena, "%.*s (%s)", TEXT_ARG(due), interp_reason_name(d->reason));
}

static void put_claims(struct text_buffer *out, const struct effect *e, bool chinese) {
    if (!e->claims)
        return;
    text_addf(out,
              chinese ? "\n变动的申请（按差额，前 %d 项，共 %zu 项）：\n"
                      : "\nclaims decided otherwise (the largest %d of %zu):\n",
              SHOWN, e->claims);
    for (size_t i = 0; i < e->claims && i < SHOWN; i++) {
        const struct effect_claim *k = &e->claim[i];
        struct text a = decision_words(out->arena, k->before), b = decision_words(out->arena, k->after);
        text_addf(out, "  %.*s %.*s %.*s\n      %.*s → %.*s\n", TEXT_ARG(k->id), TEXT_ARG(k->applicant),
                  TEXT_ARG(k->item), TEXT_ARG(a), TEXT_ARG(b));
    }
}

void effect_print_text(struct text_buffer *out, const struct effect *e, struct text file, bool chinese) {
    text_addf(out,
              chinese ? "\n对台账 %.*s 的影响（应付与结转，元）：\n"
                      : "\nWhat the change would have meant for %.*s (due, in yuan):\n",
              TEXT_ARG(file));
    put_heads(out, chinese, chinese ? "申请" : "claims");
    put_group(out, "gain", "增加", chinese, &e->gain);
    put_group(out, "lose", "减少", chinese, &e->lose);
    put_group(out, "as before", "不变", chinese, &e->same);
    put_group(out, "in all", "合计", chinese, &e->all);
    text_addf(out,
              chinese ? "申请人 %zu 家：增加 %zu，减少 %zu；决定或理由改变的申请 %zu 项\n"
                      : "%zu applicants: %zu gain, %zu lose; %zu claims have another decision or reason\n",
              e->applicants, e->applicants_gain, e->applicants_lose, e->otherwise);
    bool any = false;
    for (size_t i = 0; i < e->rows; i++) { /* those that stay are in the document for machines */
        if (e->row[i].sum.before == e->row[i].sum.after)
            continue;
        if (!any)
            put_heads(out, chinese, chinese ? "条款与支付年度" : "clause, year paid");
        any = true;
        put_left(out, clause_words(out->arena, e->row[i].clause, e->row[i].year, chinese));
        put_amounts(out, &e->row[i].sum);
    }
    put_claims(out, e, chinese);
}

/* ---- JSON
 * ------------------------------------------------------------------------------------------------------------
 */

static void put_yuan(bool *failed, json_t *object, const char *key, wide fen) {
    char text[48];
    wide size = fen < 0 ? -fen : fen;
    snprintf(text, sizeof text, "%s%lld.%02d", fen < 0 ? "-" : "", (long long)(size / 100), (int)(size % 100));
    value_put(failed, object, key, json_string(text));
}

static void put_sum(bool *failed, json_t *object, const char *key, const struct effect_sum *s) {
    json_t *value = value_object(failed, object, key);
    value_put_count(failed, value, "claims", s->claims);
    put_yuan(failed, value, "old", s->before);
    put_yuan(failed, value, "new", s->after);
    put_yuan(failed, value, "difference", s->after - s->before);
}

static void put_applicants(bool *failed, json_t *object, const struct effect *e) {
    json_t *value = value_object(failed, object, "applicants");
    value_put_count(failed, value, "all", e->applicants);
    value_put_count(failed, value, "gain", e->applicants_gain);
    value_put_count(failed, value, "lose", e->applicants_lose);
}

static void put_row(bool *failed, json_t *array, const struct effect_row *row) {
    json_t *value = value_element(failed, array);
    value_put_text(failed, value, "clause", row->clause);
    value_put(failed, value, "year", json_integer(row->year));
    put_yuan(failed, value, "old", row->sum.before);
    put_yuan(failed, value, "new", row->sum.after);
}

static void put_decision(bool *failed, json_t *object, const char *key, const struct interp_decision *d) {
    json_t *value = value_object(failed, object, key);
    value_put_text(failed, value, "decision", text_of(interp_decision_name(d->kind)));
    value_put_text(failed, value, "reason", text_of(interp_reason_name(d->reason)));
    put_yuan(failed, value, "due", (wide)d->payable + d->carried);
}

static void put_claim(bool *failed, json_t *array, const struct effect_claim *claim) {
    json_t *value = value_element(failed, array);
    value_put_text(failed, value, "claim_id", claim->id);
    value_put_text(failed, value, "applicant_id", claim->applicant);
    value_put_text(failed, value, "item", claim->item);
    put_decision(failed, value, "old", claim->before);
    put_decision(failed, value, "new", claim->after);
}

void effect_put_json(bool *failed, json_t *object, const struct effect *e) {
    put_sum(failed, object, "gain", &e->gain);
    put_sum(failed, object, "lose", &e->lose);
    put_sum(failed, object, "same", &e->same);
    put_sum(failed, object, "all", &e->all);
    put_applicants(failed, object, e);
    json_t *rows = value_array(failed, object, "by_clause_and_year");
    for (size_t i = 0; i < e->rows; i++)
        put_row(failed, rows, &e->row[i]);
    json_t *claims = value_array(failed, object, "claims");
    for (size_t i = 0; i < e->claims; i++)
        put_claim(failed, claims, &e->claim[i]);
}
