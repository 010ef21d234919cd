/* The interpreter, on policies built by hand. Every expected value was worked out from the contract. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "check/check.h"
#include "interp/interp_cell.h"
#include "interp/interp_csv.h"
#include "interp/interp_date.h"
#include "interp/interp_examples.h"
#include "interp/interp_file.h"
#include "interp/interp_params.h"
#include "interp/interp_write.h"
#include "lower/lower.h"
#include "parse.h"

/* ---- dates, cells ----------------------------------------------------------------------------------------------- */

static void test_dates(void **state) {
    (void)state;
    assert_true(interp_days(1970, 1, 1) == 0);
    assert_true(interp_days(2000, 2, 29) == 11016);
    assert_true(interp_days(1969, 12, 31) == -1);
    assert_true(interp_days(2023, 2, 29) == interp_days(2023, 3, 1));
    assert_true(interp_days(1, 1, 1) == -719162);
    assert_true(interp_year_of(0) == 1970);
    assert_true(interp_year_of(-1) == 1969);
    assert_true(interp_year_of(interp_days(2024, 12, 31)) == 2024);
    assert_true(interp_year_of(interp_days(2024, 12, 31) + 1) == 2025);
    assert_true(interp_leap_year(2000) && interp_leap_year(2024) && !interp_leap_year(1900) && !interp_leap_year(2023));
    for (int64_t d = -800000; d < 3000000; d += 137) {
        int32_t month, day;
        interp_month_day_of(d, &month, &day);
        assert_true(interp_days(interp_year_of(d), month, day) == d);
    }
}

/* What a cell reads as; "-" = missing, "!" = unreadable, text as it is. */
static const char *cell(enum pol_type type, int64_t min, int64_t max, const char *raw) {
    static char shown[300];
    static struct ir_enum_value values[2];
    static struct ir_enum enumeration = {.value = values, .value_count = 2};
    values[0].name = TEXT("gold_name");
    values[0].column = TEXT("gold");
    values[1].column = TEXT("银");
    struct interp_cell_type t = {.type = type, .enumeration = &enumeration, .min = min, .max = max};
    struct ir_value v;
    enum interp_cell_state s = interp_cell_read(&t, text_of(raw), &v);
    snprintf(shown, sizeof shown, "%s", s == INTERP_CELL_MISSING ? "-" : "!");
    if (s == INTERP_CELL_READ) {
        assert_true(v.present);
        snprintf(shown, sizeof shown, "%lld", (long long)v.number);
    }
    return shown;
}

static const int64_t MONEY_MAX = INT64_C(100000000000000);

static void test_cells(void **state) {
    (void)state;
    assert_string_equal(cell(POL_MONEY, 0, MONEY_MAX, "1200000.50"), "120000050");
    assert_string_equal(cell(POL_MONEY, 0, MONEY_MAX, "0.5"), "50");
    assert_string_equal(cell(POL_MONEY, 0, MONEY_MAX, "007"), "700");
    assert_string_equal(cell(POL_MONEY, 0, MONEY_MAX, "1000000000000"), "100000000000000");
    assert_string_equal(cell(POL_MONEY, 0, MONEY_MAX, "1000000000000.00"), "100000000000000");
    assert_string_equal(cell(POL_MONEY, 0, MONEY_MAX, "1000000000000.01"), "!");
    assert_string_equal(cell(POL_MONEY, 0, MONEY_MAX, "99999999999999999999999999999999999999999999"), "!");
    assert_string_equal(cell(POL_MONEY, 0, INT64_MAX, "99999999999999999999999999999999999999999999"), "!");
    assert_string_equal(cell(POL_MONEY, 0, MONEY_MAX, "000000000000000000000000000000000000000000001"), "100");
    static const char *const bad[] = {"1.500", ".5",    "5.",  "-0",   "+5",    "1e3", "1,000", "1_000", "0x1F",
                                      "NaN",   "1 000", "¥12", "12元", "1.2.3", ".",   "１",    "--1"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_string_equal(cell(POL_MONEY, 0, MONEY_MAX, bad[i]), "!");
    }
    assert_string_equal(cell(POL_RATE, 0, 1000000, "0.0435"), "43500");
    assert_string_equal(cell(POL_RATE, 0, 1000000, "1.000000"), "1000000");
    assert_string_equal(cell(POL_RATE, 0, 1000000, "1.000001"), "!");
    assert_string_equal(cell(POL_RATE, 0, 1000000, "0.0000000"), "!");
    assert_string_equal(cell(POL_COUNT, 0, 1000000000, "5"), "5");
    assert_string_equal(cell(POL_COUNT, 0, 1000000000, "5.0"), "!");
    assert_string_equal(cell(POL_DAYS, 0, 366, "367"), "!");
    assert_string_equal(cell(POL_COUNT, 3, 9, "2"), "!");
    assert_string_equal(cell(POL_BOOL, 0, 1, "是"), "1");
    assert_string_equal(cell(POL_BOOL, 0, 1, "false"), "0");
    assert_string_equal(cell(POL_BOOL, 0, 1, "TRUE"), "!");
    assert_string_equal(cell(POL_BOOL, 0, 1, "真"), "!");
    assert_string_equal(cell(POL_ENUM, 0, 0, "银"), "1");
    assert_string_equal(cell(POL_ENUM, 0, 0, "gold_name"), "!");
    assert_string_equal(cell(POL_ENUM, 0, 0, "Gold"), "!");
    assert_string_equal(cell(POL_MONEY, 0, MONEY_MAX, ""), "-");
    int64_t first = 7305, last = 47481; /* 1990-01-01, 2099-12-31 */
    assert_string_equal(cell(POL_DATE, first, last, "1990-01-01"), "7305");
    assert_string_equal(cell(POL_DATE, first, last, "2099-12-31"), "47481");
    assert_string_equal(cell(POL_DATE, first, last, "1989-12-31"), "!");
    assert_string_equal(cell(POL_DATE, first, last, "2024-02-29"), "19782");
    static const char *const bad_dates[] = {"2023-02-29", "2023-2-1",   "2023/02/01", "20230201",     "2023-13-01",
                                            "2023-00-10", "2023-01-00", "2023-01-32", "　2024-05-05", "2023-01-01 "};
    for (size_t i = 0; i < sizeof bad_dates / sizeof bad_dates[0]; i++) {
        assert_string_equal(cell(POL_DATE, first, last, bad_dates[i]), "!");
    }
}

static void test_text_cells(void **state) {
    (void)state;
    char raw[300];
    memset(raw, 'x', sizeof raw);
    raw[255] = '\0';
    assert_string_equal(cell(POL_TEXT, 0, 255, raw), "255");
    raw[255] = 'x';
    raw[256] = '\0';
    assert_string_equal(cell(POL_TEXT, 0, 255, raw), "!");
    assert_string_equal(cell(POL_TEXT, 0, 255, "木雕"), "6");
    assert_string_equal(cell(POL_TEXT, 0, 255, "\xF0\x9F\x98\x80"), "4");
    static const char *const bad[] = {"\x80",
                                      "\xC0\xAF",
                                      "\xE4\xB8",
                                      "\xED\xA0\x80",
                                      "\xF4\x90\x80\x80",
                                      "\xE0\x80\x80",
                                      "\xF0\x80\x80\x80",
                                      ("a\xFF"
                                       "b"),
                                      "\xC3",
                                      "\xF5\x80\x80\x80"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_string_equal(cell(POL_TEXT, 0, 255, bad[i]), "!");
    }
    int32_t year = 0;
    assert_int_equal(interp_cell_year(TEXT("2022"), &year), INTERP_CELL_READ);
    assert_int_equal(year, 2022);
    static const char *const years[] = {"1989", "2100", "02022", "22", "+2022", "2022年", "2022.", "20 2"};
    for (size_t i = 0; i < sizeof years / sizeof years[0]; i++) {
        assert_int_equal(interp_cell_year(text_of(years[i]), &year), INTERP_CELL_BAD);
    }
    assert_int_equal(interp_cell_year(TEXT(""), &year), INTERP_CELL_MISSING);
}

static void test_decimals(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    assert_string_equal(interp_decimal(arena, 0, 0).data, "0");
    assert_string_equal(interp_decimal(arena, 0, 6).data, "0");
    assert_string_equal(interp_decimal(arena, 100, 2).data, "1");
    assert_string_equal(interp_decimal(arena, 5, 2).data, "0.05");
    assert_string_equal(interp_decimal(arena, -1, 2).data, "-0.01");
    assert_string_equal(interp_decimal(arena, 45012000000, 7).data, "4501.2");
    assert_string_equal(interp_decimal(arena, -400000, 0).data, "-400000");
    assert_string_equal(interp_decimal(arena, 1234500, 4).data, "123.45");
    arena_free(arena);
}

/* ---- CSV -------------------------------------------------------------------------------------------------------- */

/* The cells of a file as "a|b/c|d" with '/' between rows, header first; or the error. */
static const char *csv_bytes(const char *bytes, size_t size, bool gb18030) {
    static char shown[2000];
    struct arena *arena = arena_new();
    struct interp_csv csv;
    struct interp_error error;
    if (interp_csv_read(arena, TEXT("f"), (struct text){bytes, size}, gb18030, &csv, &error) != INTERP_OK) {
        assert_int_equal(error.status, INTERP_INPUT);
        snprintf(shown, sizeof shown, "%s", error.message);
        arena_free(arena);
        return shown;
    }
    size_t at = 0;
    for (uint32_t i = 0; i < csv.column_count; i++) {
        at += (size_t)snprintf(shown + at, sizeof shown - at, "%s%.*s", i == 0 ? "" : "|", TEXT_ARG(csv.column[i]));
    }
    for (size_t r = 0; r < csv.row_count; r++) {
        for (uint32_t i = 0; i < csv.row[r].count; i++) {
            at += (size_t)snprintf(shown + at, sizeof shown - at, "%s%.*s", i == 0 ? "/" : "|",
                                   TEXT_ARG(csv.row[r].cell[i]));
        }
    }
    if (csv.wide_rows > 0) {
        snprintf(shown + at, sizeof shown - at, " wide %d", (int)csv.wide_rows);
    }
    arena_free(arena);
    return shown;
}

static const char *csv(const char *text) {
    return csv_bytes(text, strlen(text), false);
}

static void test_csv(void **state) {
    (void)state;
    assert_string_equal(csv("a,b\n1,2\n"), "a|b/1|2");
    assert_string_equal(csv("\xEF\xBB\xBF\"a\",b\r\n1,2\r\n3,4"), "a|b/1|2/3|4");
    assert_string_equal(csv("\n \t\na,b\n\n  \n1,2\n\t\n"), "a|b/1|2");
    assert_string_equal(csv("a,b,c\n,,,\n"), "a|b|c/|| wide 1");
    assert_string_equal(csv("a,b,c\n1\n,\n"), "a|b|c/1/|");
    assert_string_equal(csv("a,b\n  x\t ,\t\" y  \" \n"), "a|b/x|y");
    assert_string_equal(csv("a,b\n\"x\"\"y\",\"1\n2\"\n"), "a|b/x\"y|1\n2");
    assert_string_equal(csv("a\n\"\"\n"), "a/");
    assert_string_equal(csv("a,b\nx\ry,z\r\n"), "a|b/x\ry|z");
    assert_string_equal(csv("a,b\n12\"5,6\n"), "a|b/12\"5|6");
    assert_string_equal(csv("a,b\n\"p\r\nq\",6\r\n"), "a|b/p\r\nq|6");
    assert_string_equal(csv("a\n\"\"\"\"\n"), "a/\"");
    assert_string_equal(csv("a\n\r"), "a/\r");
}

/* Lines that end with a carriage return alone make one row of a file; in quotes, or where rows follow, it is a
 * character of its cell. */
static void test_csv_returns_alone(void **state) {
    (void)state;
    const char *alone = "f:1: lines end with a carriage return alone, so that the whole file is one header; save it "
                        "with line feeds";
    assert_string_equal(csv("a,b\r1,2\r3,4\r"), alone);
    assert_string_equal(csv("a,b\r1,1\r1,1"), alone); /* `1` stands twice, were it a header */
    assert_string_equal(csv("a,b\r1,2\r\n \n"), alone);
    assert_string_equal(csv("a, \"b\r\"\"c\" \r\n"), "a|b\r\"c");
    assert_string_equal(csv("a,b\rc\n1,2\n"), "a|b\rc/1|2");
    assert_string_equal(csv("a,b\r\n\"1\r2\",\r\r\n"), "a|b/1\r2|\r");
}

static void test_csv_errors(void **state) {
    (void)state;
    assert_string_equal(csv(""), "f: the file has no header row");
    assert_string_equal(csv(" \n\n"), "f: the file has no header row");
    assert_string_equal(csv("a,x,a\n"), "f:1: the column 'a' stands in the header twice");
    assert_string_equal(csv("\na, x ,\"x\"\n"), "f:2: the column 'x' stands in the header twice");
    assert_string_equal(csv("a,,b, \n"), "f:1: two columns have no name; name or remove them");
    assert_string_equal(csv("a,b\n1,\"2\n\n3"), "f:2: a quote is opened here and never closed");
    assert_string_equal(csv("a,b\n\"1\n\",\"2"), "f:3: a quote is opened here and never closed");
    const char *behind = "f:3: text stands behind a closing quote; double the quotes that belong to the cell";
    assert_string_equal(csv("a,b\n1,2\n\"x\" y,3\n"), behind);
    assert_string_equal(csv("a,b\n\n\"x\"\r,3\n"),
                        "f:3: a carriage return stands alone behind a closing quote; save the file with line feeds");
    assert_string_equal(csv("a,b\n\"p\n\"q,3\n"), behind);
}

static void test_gb18030(void **state) {
    (void)state;
    /* 木雕 in GB18030: C4 BE B5 F1 */
    static const char text[] = "a,b\n\xC4\xBE\xB5\xF1,\xD6\xD0\n";
    assert_string_equal(csv_bytes(text, sizeof text - 1, true), "a|b/木雕|中");
    static const char bom[] = "\x84\x31\x95\x33"
                              "a,b\n1,2";
    assert_string_equal(csv_bytes(bom, sizeof bom - 1, true), "a|b/1|2");
    static const char broken[] = "a,b\n\xC4,2\n\xFF,3\n\xC4";
    assert_string_equal(csv_bytes(broken, sizeof broken - 1, true), "a|b/\xC4|2/\xFF|3/\xC4");
    /* four bytes that stand for nothing stay together, or their end would begin U+10000 with what follows */
    static const char nothing[] = "a,b\n\xFE"
                                  "9\x90"
                                  "0,\x81"
                                  "0\x81";
    assert_string_equal(csv_bytes(nothing, sizeof nothing - 1, true), "a|b/\xFE"
                                                                      "9\x90"
                                                                      "0|\x81"
                                                                      "0\x81");
    /* characters that grow to twice their size: 200 times U+20087 */
    char grows[4 + 400] = "a,b\n", grown[4 + 800 + 1] = "a|b/";
    for (size_t i = 0; i < 200; i++) {
        memcpy(grows + 4 + 2 * i, "\xFE\x51", 2);
        memcpy(grown + 4 + 4 * i, "\xF0\xA0\x82\x87", 4);
    }
    grown[sizeof grown - 1] = '\0';
    assert_string_equal(csv_bytes(grows, sizeof grows, true), grown);
}

/* ---- policies built by hand ------------------------------------------------------------------------------------- */

enum { AMOUNT = POL_CLAIM_BUILTINS, COUNT, PRIZE, LEVEL, CLAIM_FIELDS };
enum { KIND = POL_PROFILE_BUILTINS, BUDGET, INCIDENT, PROFILE_FIELDS };
enum { R_NONE, R_FORCE, R_INCIDENT, R_AMOUNT, R_AWARD_A, R_AWARD_B, R_STEP1, R_STEP2, R_STEP3, R_COUNT };
enum { AUX_COUNT_UNITS, AUX_PRIZE, AUX_COUNT };

static void field(struct ir_field *f, const char *name, enum pol_type type, int64_t min, int64_t max) {
    *f = (struct ir_field){
        .name = text_of(name), .column = text_of(name), .type = type, .min = min, .max = max, .enum_index = POL_NONE};
}

static void add_fields(struct ir_policy *p) {
    p->claim_count = CLAIM_FIELDS;
    p->claim = arena_array_of(p->arena, struct ir_field, CLAIM_FIELDS);
    field(&p->claim[POL_CLAIM_ID], "claim_id", POL_TEXT, 0, 255);
    field(&p->claim[POL_CLAIM_APPLICANT], "applicant_id", POL_TEXT, 0, 255);
    field(&p->claim[POL_CLAIM_ITEM], "item", POL_ENUM, 0, 0);
    field(&p->claim[POL_CLAIM_DATE], "date", POL_DATE, 7305, 47481);
    field(&p->claim[POL_CLAIM_OBJECT], "object_id", POL_TEXT, 0, 255);
    field(&p->claim[POL_CLAIM_PAID], "paid", POL_MONEY, 0, MONEY_MAX);
    field(&p->claim[AMOUNT], "amount", POL_MONEY, 0, MONEY_MAX);
    field(&p->claim[COUNT], "count", POL_COUNT, 0, 1000000000);
    p->claim[COUNT].has_default = true;
    field(&p->claim[PRIZE], "prize", POL_MONEY, 0, MONEY_MAX);
    p->claim[PRIZE].has_default = true;
    field(&p->claim[LEVEL], "level", POL_ENUM, 0, 1);
    p->claim[LEVEL].enum_index = 0;
    static struct text alias[] = {{"等级", 6}};
    p->claim[LEVEL].alias = alias;
    p->claim[LEVEL].alias_count = 1;
    p->profile_count = PROFILE_FIELDS;
    p->profile = arena_array_of(p->arena, struct ir_field, PROFILE_FIELDS);
    field(&p->profile[POL_PROFILE_APPLICANT], "applicant_id", POL_TEXT, 0, 255);
    field(&p->profile[POL_PROFILE_YEAR], "year", POL_COUNT, 1990, 2099);
    field(&p->profile[KIND], "kind", POL_ENUM, 0, 1);
    p->profile[KIND].enum_index = 0;
    field(&p->profile[BUDGET], "budget", POL_MONEY, 0, MONEY_MAX);
    field(&p->profile[INCIDENT], "incident", POL_BOOL, 0, 1);
}

/* Kind 0 is limited by its budget. */
static void add_profile_function(struct ir_policy *p) {
    struct ir_func *f = &p->profile_row;
    ir_block_begin(p, f);
    p->limit.excluded = ir_profile(p, f, INCIDENT);
    p->limit.limited = ir_emit(p, f, IR_EQ, ir_profile(p, f, KIND), ir_const(p, f, 0), IR_NO_REF);
    p->limit.amount = ir_profile(p, f, BUDGET);
    ir_block_end(f);
}

/* In force from 2021-01-01 on; excluded with an incident; an award of nothing is ineligible. */
static void add_row_function(struct ir_policy *p) {
    struct ir_func *f = &p->row;
    f->aux_count = AUX_COUNT;
    ir_block_begin(p, f);
    ir_ref zero = ir_const(p, f, 0);
    ir_ref early = ir_emit(p, f, IR_LT, ir_claim(p, f, POL_CLAIM_DATE), ir_const(p, f, 18628), IR_NO_REF);
    ir_ref excluded = ir_emit(p, f, IR_SELECT, ir_profile(p, f, INCIDENT), ir_const(p, f, R_INCIDENT), zero);
    ir_ref rule = ir_emit(p, f, IR_SELECT, early, ir_const(p, f, R_FORCE), excluded);
    f->block[0].rule = rule;
    ir_block_end(f);
    for (uint32_t i = 0; i < 2; i++) {
        ir_block_begin(p, f);
        ir_ref amount = ir_claim(p, f, AMOUNT);
        ir_ref none = ir_emit(p, f, IR_LE, amount, zero, IR_NO_REF);
        ir_ref *aux = arena_array_of(p->arena, ir_ref, AUX_COUNT);
        aux[AUX_COUNT_UNITS] = ir_claim(p, f, COUNT);
        aux[AUX_PRIZE] = ir_claim(p, f, PRIZE);
        rule = ir_emit(p, f, IR_SELECT, none, ir_const(p, f, R_AMOUNT), zero);
        f->block[1 + i].rule = rule;
        f->block[1 + i].award = amount;
        f->block[1 + i].aux = aux;
        ir_block_end(f);
    }
}

static void add_rules(struct ir_policy *p) {
    static const struct ir_rule rules[R_COUNT] = {
        [R_FORCE] = {.name = {"in_force", 8}, .reason = POL_NOT_IN_FORCE},
        [R_INCIDENT] = {.name = {"incident", 8}, .reason = POL_EXCLUDED},
        [R_AMOUNT] = {.name = {"a.amount", 8}, .reason = POL_INELIGIBLE},
        [R_AWARD_A] = {.name = {"a", 1}},
        [R_AWARD_B] = {.name = {"b", 1}},
        [R_STEP1] = {.name = {"step,1", 6}},
        [R_STEP2] = {.name = {"step2", 5}},
        [R_STEP3] = {.name = {"step3", 5}},
    };
    p->rule_count = R_COUNT;
    p->rule = arena_array_of(p->arena, struct ir_rule, R_COUNT);
    memcpy(p->rule, rules, sizeof rules);
}

static void add_items(struct ir_policy *p) {
    static uint32_t need[] = {POL_CLAIM_APPLICANT, POL_CLAIM_DATE, POL_CLAIM_OBJECT, AMOUNT, COUNT, PRIZE};
    p->item_count = 2;
    p->item = arena_array_of(p->arena, struct ir_item, 2);
    for (uint32_t i = 0; i < 2; i++) {
        p->item[i] = (struct ir_item){.name = i == 0 ? TEXT("a") : TEXT("b"),
                                      .column = i == 0 ? TEXT("a") : TEXT("事项乙"),
                                      .award_rule = i == 0 ? R_AWARD_A : R_AWARD_B,
                                      .need = need,
                                      .need_count = sizeof need / sizeof need[0]};
    }
}

static struct ir_policy *policy_new(void) {
    struct ir_policy *p = ir_policy_new(arena_new());
    p->enum_count = 1;
    p->enums = arena_array_of(p->arena, struct ir_enum, 1);
    p->enums[0].value_count = 2;
    p->enums[0].value = arena_array_of(p->arena, struct ir_enum_value, 2);
    p->enums[0].value[0].column = TEXT("firm");
    p->enums[0].value[1].column = TEXT("person");
    add_fields(p);
    add_rules(p);
    add_items(p);
    p->limit = (struct ir_limit){.rule = R_STEP3, .carry_years = 2};
    add_profile_function(p);
    add_row_function(p);
    return p;
}

/* A family of cells keyed by up to two parts; kind 0 ends the key. */
static uint32_t add_cell(struct ir_policy *p, enum pol_cell_kind kind, struct pol_key a, struct pol_key b) {
    struct ir_cell *cell = arena_array_of(p->arena, struct ir_cell, p->cell_count + 1);
    for (uint32_t i = 0; i < p->cell_count; i++) {
        cell[i] = p->cell[i];
    }
    p->cell = cell;
    cell += p->cell_count;
    cell->kind = kind;
    cell->key = arena_array_of(p->arena, struct pol_key, 2);
    cell->key[0] = a;
    cell->key[1] = b;
    cell->key_count = a.kind == 0 ? 0 : b.kind == 0 ? 1 : 2;
    return p->cell_count++;
}

static void add_step(struct ir_policy *p, uint32_t item, struct pol_step step) {
    struct pol_step *steps = arena_array_of(p->arena, struct pol_step, p->item[item].step_count + 1);
    for (uint32_t i = 0; i < p->item[item].step_count; i++) {
        steps[i] = p->item[item].step[i];
    }
    steps[p->item[item].step_count++] = step;
    p->item[item].step = steps;
}

static const struct pol_key BY_NOTHING = {0}, BY_APPLICANT = {.kind = POL_KEY_APPLICANT},
                            BY_YEAR = {.kind = POL_KEY_YEAR}, BY_ITEM = {.kind = POL_KEY_ITEM},
                            BY_OBJECT = {.kind = POL_KEY_CLAIM_FIELD, .field = POL_CLAIM_OBJECT},
                            BY_KIND = {.kind = POL_KEY_PROFILE_FIELD, .field = KIND};

static struct pol_operand constant(int64_t value) {
    return (struct pol_operand){.kind = POL_OPERAND_CONST, .value = value};
}

static struct pol_operand aux(uint32_t column) {
    return (struct pol_operand){.kind = POL_OPERAND_AUX, .aux = column};
}

static const char PROFILES[] = "applicant_id,year,kind,budget,incident\n"
                               "X,2021,person,0,否\nX,2022,person,0,false\nX,2023,person,0,0\n"
                               "Y,2021,person,0,0\nY,2022,person,0,0\nY,2023,person,0,是\n";

/* Decides a ledger, checks that all is well with it, and returns decisions and payments with the columns that carry
 * nothing here left out. Freed by the caller. */
static char *decide_as_of(const struct ir_policy *p, const char *applicants, const char *claims, int32_t as_of,
                          bool payments) {
    struct interp_options options = {.as_of_year = as_of};
    struct interp_source c = {.name = TEXT("claims.csv"), .bytes = text_of(claims)};
    struct interp_source a = {.name = TEXT("applicants.csv"), .bytes = text_of(applicants)};
    struct interp_result *result = NULL;
    struct interp_error error = {0};
    if (interp_run(p, &options, &c, &a, &result, &error) != INTERP_OK) {
        assert_null(result);
        return strdup(error.message);
    }
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    (payments ? interp_write_payments : interp_write_decisions)(file, result);
    fclose(file);
    interp_result_free(result);
    return text;
}

static void expect_decisions(const struct ir_policy *p, const char *claims, const char *expected) {
    char *text = decide_as_of(p, PROFILES, claims, 0, false);
    const char *header =
        "claim_id,decision,reason,rule,award,entitled,payable,carried,outstanding,lapsed,paid,difference\n";
    assert_memory_equal(text, header, strlen(header));
    assert_string_equal(text + strlen(header), expected);
    free(text);
}

static void policy_free(struct ir_policy *p) {
    arena_free(p->arena);
}

/* ---- stage 0 to 4 ----------------------------------------------------------------------------------------------- */

static void test_validity(void **state) {
    (void)state;
    struct ir_policy *p = policy_new();
    expect_decisions(p,
                     "claim_id,applicant_id,item,date,object_id,amount,paid,level\n"
                     "c1,X,a,2021-05-01,o,100,5,nonsense\n" /* level is not needed */
                     ",X,a,2021-05-01,o,100,5,\n"           /* no id */
                     "c1,X,a,2021-05-01,o,100,x,\n"         /* seen; paid unreadable */
                     "c2,X,zzz,bad,o,100,,\n"               /* unknown item before bad value */
                     "c3,X,事项乙,2021-05-01,,abc,0.5,\n"   /* bad value before missing field */
                     "c4,X,a,2021-05-01,,100,,\n"           /* object missing */
                     "c5,Z,a,2021-05-01,o,100,,\n"          /* no profile */
                     "c6,X,a,2020-05-01,o,100,,\n"          /* no profile for 2020 */
                     "c7,,a,2021-05-01,o,100,,\n"           /* no applicant */
                     "\"c,8\",X,a,2021-13-01,o,100,,\n"     /* bad date */
                     "c9,Y,a,2023-05-01,o,100,,\n"          /* excluded */
                     "d1,X,a,2021-05-01,o,0,,\n"            /* nothing: ineligible */
                     "d2,X,,2021-05-01,o,0,,\n"             /* item missing */
                     "a\xFF,X,a,2021-05-01,o,1,,\n"         /* an id that is no UTF-8 */
                     "a\xFF,X,a,2021-05-01,o,1,,\n"         /* and was seen */
                     "d3,X,a,2021-05-01,o,100.005,,\n",
                     "c1,granted,ok,a,100.00,100.00,100.00,0.00,0.00,0.00,5.00,-95.00\n"
                     ",invalid,duplicate_claim,,,0.00,0.00,0.00,0.00,0.00,5.00,5.00\n"
                     "c1,invalid,duplicate_claim,,,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c2,invalid,unknown_item,,,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c3,invalid,bad_value,,,0.00,0.00,0.00,0.00,0.00,0.50,0.50\n"
                     "c4,invalid,missing_field,,,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c5,invalid,missing_profile,,,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c6,invalid,missing_profile,,,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c7,invalid,missing_field,,,0.00,0.00,0.00,0.00,0.00,,\n"
                     "\"c,8\",invalid,bad_value,,,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c9,denied,excluded,incident,,0.00,0.00,0.00,0.00,0.00,,\n"
                     "d1,denied,ineligible,a.amount,,0.00,0.00,0.00,0.00,0.00,,\n"
                     "d2,invalid,unknown_item,,,0.00,0.00,0.00,0.00,0.00,,\n"
                     "a\xFF,invalid,bad_value,,,0.00,0.00,0.00,0.00,0.00,,\n"
                     "a\xFF,invalid,duplicate_claim,,,0.00,0.00,0.00,0.00,0.00,,\n"
                     "d3,invalid,bad_value,,,0.00,0.00,0.00,0.00,0.00,,\n");
    policy_free(p);
}

static void expect_message(const struct ir_policy *p, const char *applicants, const char *claims,
                           const char *expected) {
    char *text = decide_as_of(p, applicants, claims, 0, false);
    assert_string_equal(text, expected);
    free(text);
}

static void test_unusable_ledgers(void **state) {
    (void)state;
    struct ir_policy *p = policy_new();
    const char *claims = "claim_id,applicant_id,item,date\n";
    expect_message(p, PROFILES, "claim_id,object_id\n",
                   "claims.csv:1: the header lacks 'applicant_id', 'item', 'date'");
    expect_message(p, "kind\n", claims, "applicants.csv:1: the header lacks 'applicant_id', 'year'");
    expect_message(p, "applicant_id,year,kind\nX,2021,firm\n\n\"X\",2021 ,firm\n", claims,
                   "applicants.csv:4: a second row for applicant 'X' in 2021; the first is on line 2");
    expect_message(p, PROFILES, "claim_id,applicant_id,item,date,level,等级\n",
                   "claims.csv:1: the columns 'level' and '等级' are the same field");
    expect_message(p, PROFILES, "claim_id,applicant_id,item,date\nc,x,\"a",
                   "claims.csv:2: a quote is opened here and never closed");
    policy_free(p);
}

static void test_profiles_and_warnings(void **state) {
    (void)state;
    struct ir_policy *p = policy_new();
    struct interp_source a = {.name = TEXT("p.csv"),
                              .bytes = TEXT("applicant_id,year,kind,budget,incident,note\n"
                                            "X,2021,firm,x,,\n" /* bad and missing: bad goes first */
                                            "X,2022,firm,1,,\n" /* missing */
                                            "Y,20,firm,1,0,\n"  /* skipped */
                                            ",2030,firm,1,0,\n" /* skipped */
                                            "Y,2024,firm,1,0,,\n" /* one cell too many */)};
    struct interp_source c = {.name = TEXT("c.csv"),
                              .bytes = TEXT("x,claim_id,applicant_id,item,date,object_id,amount,paid,y\n"
                                            ",c1,X,a,2021-05-01,o,100,x,\n"
                                            ",c2,X,a,2022-05-01,o,100,-1,\n"
                                            ",c3,X,a,2027-05-01,o,,,\n")};
    struct interp_result *result;
    assert_int_equal(interp_run(p, NULL, &c, &a, &result, NULL), INTERP_OK);
    assert_int_equal(result->decision[0].reason, POL_BAD_VALUE);
    assert_int_equal(result->decision[1].reason, POL_MISSING_FIELD);
    assert_int_equal(result->decision[2].reason, POL_MISSING_FIELD);
    assert_int_equal(result->as_of_year, 2027); /* of an invalid claim; the skipped row of 2030 does not count */
    assert_int_equal(result->skipped_applicants, 2);
    assert_int_equal(result->unreadable_paid, 2);
    static const char *const expected[] = {
        "p.csv: ignored a column that the policy does not declare: 'note'",
        "p.csv: ignored cells beyond the header in 1 row",
        "p.csv: skipped 2 rows whose applicant or year cannot be read",
        "c.csv: ignored columns that the policy does not declare: 'x', 'y'",
        "c.csv: 2 cells of 'paid' cannot be read",
    };
    assert_int_equal(result->warning_count, 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(result->warning[i].data, expected[i]);
    }
    interp_result_free(result);
    policy_free(p);
}

/* ---- stage 5 ---------------------------------------------------------------------------------------------------- */

static void test_once(void **state) {
    (void)state;
    struct ir_policy *p = policy_new();
    uint32_t shared = add_cell(p, POL_CELL_ONCE, BY_OBJECT, BY_NOTHING);
    uint32_t own = add_cell(p, POL_CELL_ONCE, BY_APPLICANT, BY_YEAR);
    add_step(p, 0, (struct pol_step){.kind = POL_STEP_ONCE, .cell = shared, .rule = R_STEP1});
    add_step(p, 0, (struct pol_step){.kind = POL_STEP_ONCE, .cell = own, .rule = R_STEP2});
    add_step(p, 1, (struct pol_step){.kind = POL_STEP_ONCE, .cell = shared, .rule = R_STEP1});
    /* Order of decision: c1, c2 (same day, by id), c3 … whatever the order of the file. c4 is blocked by the object and
     * does not use up its applicant and year, so c5 passes. */
    expect_decisions(p,
                     "claim_id,applicant_id,item,date,object_id,amount\n"
                     "c5,X,a,2022-05-01,q,10\n"
                     "c4,X,a,2022-04-01,o,10\n"
                     "c3,X,a,2021-06-01,q,10\n"
                     "c2,Y,a,2021-05-01,o,10\n"
                     "c1,X,事项乙,2021-05-01,o,10\n"
                     "c0,X,a,2021-05-02,r,10\n",
                     "c5,granted,ok,a,10.00,10.00,10.00,0.00,0.00,0.00,,\n"
                     "c4,denied,already_awarded,\"step,1\",10.00,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c3,denied,already_awarded,step2,10.00,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c2,denied,already_awarded,\"step,1\",10.00,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c1,granted,ok,b,10.00,10.00,10.00,0.00,0.00,0.00,,\n"
                     "c0,granted,ok,a,10.00,10.00,10.00,0.00,0.00,0.00,,\n");
    policy_free(p);
}

static void test_one_year(void **state) {
    (void)state;
    struct ir_policy *p = policy_new();
    uint32_t cell = add_cell(p, POL_CELL_ONE_YEAR, BY_OBJECT, BY_NOTHING);
    add_step(p, 0, (struct pol_step){.kind = POL_STEP_ONE_YEAR, .cell = cell, .rule = R_STEP1});
    expect_decisions(p,
                     "claim_id,applicant_id,item,date,object_id,amount\n"
                     "c1,X,a,2021-05-01,o,10\n"
                     "c2,Y,a,2021-12-31,o,10\n"
                     "c3,X,a,2022-01-01,o,10\n"
                     "c4,X,a,2022-01-01,p,10\n",
                     "c1,granted,ok,a,10.00,10.00,10.00,0.00,0.00,0.00,,\n"
                     "c2,granted,ok,a,10.00,10.00,10.00,0.00,0.00,0.00,,\n"
                     "c3,denied,already_awarded,\"step,1\",10.00,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c4,granted,ok,a,10.00,10.00,10.00,0.00,0.00,0.00,,\n");
    policy_free(p);
}

static void test_ladder_and_less(void **state) {
    (void)state;
    struct ir_policy *p = policy_new();
    uint32_t ladder = add_cell(p, POL_CELL_LADDER, BY_OBJECT, BY_NOTHING);
    for (uint32_t i = 0; i < 2; i++) {
        add_step(p, i, (struct pol_step){.kind = POL_STEP_LADDER, .cell = ladder, .rule = R_STEP1});
        add_step(p, i, (struct pol_step){.kind = POL_STEP_LESS, .rule = R_STEP2, .amount = aux(AUX_PRIZE)});
    }
    /* c2: the larger of 10 and 30 is subtracted, and the ladder moves to 50. c3 remembers no 30. c5: the ladder still
     * stands at 50; equal subtractions name the first. c6: less, where nothing came before. */
    expect_decisions(p,
                     "claim_id,applicant_id,item,date,object_id,amount,prize\n"
                     "c1,X,a,2021-05-01,o,10,\n"
                     "c2,X,事项乙,2021-05-02,o,50,30\n"
                     "c3,X,a,2021-05-03,o,60.01,\n"
                     "c4,X,a,2021-05-04,o,60.01,\n"
                     "c5,X,a,2021-05-05,o,60.01,60.01\n"
                     "c6,X,a,2021-05-05,p,60,61\n"
                     "c7,X,a,2021-05-06,p,60,59.99\n",
                     "c1,granted,ok,a,10.00,10.00,10.00,0.00,0.00,0.00,,\n"
                     "c2,granted,ok,b,50.00,20.00,20.00,0.00,0.00,0.00,,\n"
                     "c3,granted,ok,a,60.01,10.01,10.01,0.00,0.00,0.00,,\n"
                     "c4,denied,already_awarded,\"step,1\",60.01,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c5,denied,already_awarded,\"step,1\",60.01,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c6,denied,already_awarded,step2,60.00,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c7,granted,ok,a,60.00,0.01,0.01,0.00,0.00,0.00,,\n");
    policy_free(p);
}

/* ---- stage 6 ---------------------------------------------------------------------------------------------------- */

static void test_money_caps(void **state) {
    (void)state;
    struct ir_policy *p = policy_new();
    uint32_t own = add_cell(p, POL_CELL_CAP, BY_APPLICANT, BY_YEAR);
    uint32_t all = add_cell(p, POL_CELL_CAP, BY_NOTHING, BY_NOTHING);
    uint32_t once = add_cell(p, POL_CELL_ONCE, BY_OBJECT, BY_NOTHING);
    for (uint32_t i = 0; i < 2; i++) {
        add_step(p, i, (struct pol_step){.kind = POL_STEP_ONCE, .cell = once, .rule = R_STEP3});
        add_step(p, i,
                 (struct pol_step){.kind = POL_STEP_CAP_MONEY, .cell = own, .rule = R_STEP1, .max = constant(10000)});
        add_step(p, i,
                 (struct pol_step){.kind = POL_STEP_CAP_MONEY, .cell = all, .rule = R_STEP2, .max = constant(15000)});
    }
    /* c3 is denied by its own cap, yet its object is used up (c6). Both caps leave 50 for c5: the first is named. */
    expect_decisions(p,
                     "claim_id,applicant_id,item,date,object_id,amount,paid\n"
                     "c1,X,a,2021-05-01,o1,60,\n"
                     "c2,X,事项乙,2021-05-02,o2,60,60\n"
                     "c3,X,a,2021-05-03,o3,60,\n"
                     "c5,Y,a,2021-05-05,o5,200,\n"
                     "c6,Y,a,2021-05-06,o3,60,\n"
                     "c7,X,a,2022-05-06,o7,60,1\n",
                     "c1,granted,ok,a,60.00,60.00,60.00,0.00,0.00,0.00,,\n"
                     "c2,reduced,cap,\"step,1\",60.00,60.00,40.00,0.00,0.00,0.00,60.00,20.00\n"
                     "c3,denied,cap_reached,\"step,1\",60.00,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c5,reduced,cap,step2,200.00,200.00,50.00,0.00,0.00,0.00,,\n"
                     "c6,denied,already_awarded,step3,60.00,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c7,denied,cap_reached,step2,60.00,0.00,0.00,0.00,0.00,0.00,1.00,1.00\n");
    policy_free(p);
}

static void test_claim_and_unit_caps(void **state) {
    (void)state;
    struct ir_policy *p = policy_new();
    uint32_t claims = add_cell(p, POL_CELL_CAP, BY_YEAR, BY_NOTHING);
    uint32_t units = add_cell(p, POL_CELL_CAP, BY_APPLICANT, BY_NOTHING);
    /* a: two claims a year, but only those with a prize count; b: 5 units of 2 yuan for each applicant */
    add_step(p, 0,
             (struct pol_step){.kind = POL_STEP_CAP_CLAIMS,
                               .cell = claims,
                               .rule = R_STEP1,
                               .max = constant(2),
                               .condition = aux(AUX_PRIZE)});
    add_step(p, 1,
             (struct pol_step){.kind = POL_STEP_CAP_UNITS,
                               .cell = units,
                               .rule = R_STEP2,
                               .max = constant(5),
                               .units = aux(AUX_COUNT_UNITS),
                               .price = constant(200)});
    expect_decisions(p,
                     "claim_id,applicant_id,item,date,object_id,amount,prize,count\n"
                     "c1,X,a,2021-05-01,o,10,1,\n"
                     "c2,X,a,2021-05-02,o,10,0,\n"
                     "c3,Y,a,2021-05-03,o,10,1,\n"
                     "c4,Y,a,2021-05-04,o,10,1,\n"
                     "c5,Y,a,2021-05-05,o,10,,\n"
                     "c6,Y,a,2022-05-05,o,10,1,\n"
                     "d1,X,事项乙,2021-05-01,o,6,,3\n"
                     "d2,X,事项乙,2021-05-02,o,8,,4\n"
                     "d3,X,事项乙,2021-05-03,o,2,,1\n"
                     "d4,Y,事项乙,2021-05-03,o,10,,5\n"
                     "d5,X,事项乙,2021-05-04,o,2,,0\n",
                     "c1,granted,ok,a,10.00,10.00,10.00,0.00,0.00,0.00,,\n"
                     "c2,granted,ok,a,10.00,10.00,10.00,0.00,0.00,0.00,,\n"
                     "c3,granted,ok,a,10.00,10.00,10.00,0.00,0.00,0.00,,\n"
                     "c4,denied,cap_reached,\"step,1\",10.00,0.00,0.00,0.00,0.00,0.00,,\n"
                     "c5,granted,ok,a,10.00,10.00,10.00,0.00,0.00,0.00,,\n"
                     "c6,granted,ok,a,10.00,10.00,10.00,0.00,0.00,0.00,,\n"
                     "d1,granted,ok,b,6.00,6.00,6.00,0.00,0.00,0.00,,\n"
                     "d2,reduced,cap,step2,8.00,8.00,4.00,0.00,0.00,0.00,,\n"
                     "d3,denied,cap_reached,step2,2.00,0.00,0.00,0.00,0.00,0.00,,\n"
                     "d4,granted,ok,b,10.00,10.00,10.00,0.00,0.00,0.00,,\n"
                     "d5,denied,cap_reached,step2,2.00,0.00,0.00,0.00,0.00,0.00,,\n");
    policy_free(p);
}

static void test_keys_are_whole(void **state) {
    (void)state;
    struct ir_policy *p = policy_new();
    uint32_t cell = add_cell(p, POL_CELL_ONCE, BY_APPLICANT, BY_OBJECT);
    uint32_t by_item = add_cell(p, POL_CELL_ONCE, BY_ITEM, BY_KIND);
    add_step(p, 0, (struct pol_step){.kind = POL_STEP_ONCE, .cell = cell, .rule = R_STEP1});
    add_step(p, 1, (struct pol_step){.kind = POL_STEP_ONCE, .cell = by_item, .rule = R_STEP2});
    char *text = decide_as_of(p,
                              "applicant_id,year,kind,budget,incident\n1,2021,firm,0,0\n11,2021,person,0,0\n"
                              "1:,2021,firm,0,0\n",
                              "claim_id,applicant_id,item,date,object_id,amount\n"
                              "c1,1,a,2021-05-01,12,1\n"
                              "c2,11,a,2021-05-01,2,1\n"
                              "c3,1:,a,2021-05-01,1:12,1\n"
                              "c4,1,a,2021-05-02,12,1\n"
                              "d1,1,事项乙,2021-05-02,12,1\n"
                              "d2,11,事项乙,2021-05-02,12,1\n"
                              "d3,1:,事项乙,2021-05-02,13,1\n",
                              0, false);
    assert_non_null(strstr(text, "\nc1,granted,"));
    assert_non_null(strstr(text, "\nc2,granted,"));
    assert_non_null(strstr(text, "\nc3,granted,"));
    assert_non_null(strstr(text, "\nc4,denied,already_awarded,"));
    assert_non_null(strstr(text, "\nd1,granted,"));
    assert_non_null(strstr(text, "\nd2,granted,"));
    assert_non_null(strstr(text, "\nd3,denied,already_awarded,step2,"));
    free(text);
    policy_free(p);
}

/* ---- stage 7 ---------------------------------------------------------------------------------------------------- */

static void test_limit_and_carry(void **state) {
    (void)state;
    struct ir_policy *p = policy_new();
    p->limit.present = true;
    uint32_t cap = add_cell(p, POL_CELL_CAP, BY_YEAR, BY_NOTHING);
    add_step(p, 0,
             (struct pol_step){.kind = POL_STEP_CAP_MONEY, .cell = cap, .rule = R_STEP1, .max = constant(100000)});
    add_step(p, 0, (struct pol_step){.kind = POL_STEP_LIMIT, .cell = POL_NONE, .rule = R_STEP3});
    /* Item b is exempt. X: 100 in 2021 of 200 due; 2022 is a person's year with a limit of 30 all the same; 2023 has no
     * readable row; 2024 comes too late. W: an incident in 2022 stops the carrying of that year only. */
    const char *applicants = "applicant_id,year,kind,budget,incident\n"
                             "X,2021,firm,100,0\nX,2022,person,30,0\nX,2023,firm,,0\nX,2024,firm,1000,0\n"
                             "W,2021,firm,10,0\nW,2022,firm,50,1\nW,2023,firm,25,0\n"
                             "V,2022,firm,0,0\nV,2024,firm,7,0\n";
    const char *claims = "claim_id,applicant_id,item,date,object_id,amount,paid\n"
                         "x1,X,a,2021-03-01,o,80,\n"
                         "x2,X,a,2021-03-02,o,60,\n"
                         "x3,X,a,2021-03-03,o,60,10\n"
                         "x4,X,事项乙,2021-03-04,o,999,\n"
                         "w1,W,a,2021-03-04,o,40,\n"
                         "w2,W,a,2023-03-04,o,30,30\n"
                         "v1,V,a,2022-07-01,o,900,\n";
    const char *header =
        "claim_id,decision,reason,rule,award,entitled,payable,carried,outstanding,lapsed,paid,difference\n";
    /* x2: 20 paid, 40 left; 2022 pays 30, 10 lapse after 2023. x3: 60 lapse. w1: 10, then 25 in 2023, 5 lapse; w2 finds
     * nothing left in 2023 and stays outstanding to 2025. v1 is cut by nothing, deferred whole, 7 paid in 2024. */
    char *text = decide_as_of(p, applicants, claims, 0, false);
    assert_memory_equal(text, header, strlen(header));
    assert_string_equal(text + strlen(header), "x1,granted,ok,a,80.00,80.00,80.00,0.00,0.00,0.00,,\n"
                                               "x2,deferred,limit,step3,60.00,60.00,20.00,30.00,0.00,10.00,,\n"
                                               "x3,deferred,limit,step3,60.00,60.00,0.00,0.00,0.00,60.00,10.00,10.00\n"
                                               "x4,granted,ok,b,999.00,999.00,999.00,0.00,0.00,0.00,,\n"
                                               "w1,deferred,limit,step3,40.00,40.00,10.00,25.00,0.00,5.00,,\n"
                                               "w2,deferred,limit,step3,30.00,30.00,0.00,0.00,30.00,0.00,30.00,30.00\n"
                                               "v1,deferred,limit,step3,900.00,900.00,0.00,7.00,0.00,893.00,,\n");
    free(text);
    text = decide_as_of(p, applicants, claims, 0, true);
    assert_string_equal(text, "claim_id,applicant_id,year,amount\n"
                              "x1,X,2021,80.00\n"
                              "x2,X,2021,20.00\nx2,X,2022,30.00\n"
                              "x4,X,2021,999.00\n"
                              "w1,W,2021,10.00\nw1,W,2023,25.00\n"
                              "v1,V,2024,7.00\n");
    free(text);
    /* As of 2022 nothing has lapsed yet, and everything is decided and carried all the same. */
    text = decide_as_of(p, applicants, claims, 2022, false);
    assert_non_null(strstr(text, "\nx2,deferred,limit,step3,60.00,60.00,20.00,30.00,10.00,0.00,,\n"));
    assert_non_null(strstr(text, "\nv1,deferred,limit,step3,900.00,900.00,0.00,7.00,893.00,0.00,,\n"));
    free(text);
    /* After 2025 all of it has. */
    text = decide_as_of(p, applicants, claims, 2025, false);
    assert_non_null(strstr(text, "\nw2,deferred,limit,step3,30.00,30.00,0.00,0.00,0.00,30.00,30.00,30.00\n"));
    free(text);
    policy_free(p);
}

static void test_carried_before_own_claims(void **state) {
    (void)state;
    struct ir_policy *p = policy_new();
    p->limit.present = true;
    uint32_t cap = add_cell(p, POL_CELL_CAP, BY_APPLICANT, BY_YEAR);
    add_step(p, 0, (struct pol_step){.kind = POL_STEP_CAP_MONEY, .cell = cap, .rule = R_STEP1, .max = constant(5000)});
    add_step(p, 0, (struct pol_step){.kind = POL_STEP_LIMIT, .cell = POL_NONE, .rule = R_STEP3});
    /* 2021 pays 10 of 40; 2022 pays the other 30 first, then 5 of its own, cut to 50 and deferred: `deferred`. 2023
     * pays
     * 45. The cap of 2023 is not charged with what is carried. */
    char *text = decide_as_of(p,
                              "applicant_id,year,kind,budget,incident\n"
                              "X,2021,firm,10,0\nX,2022,firm,35,0\nX,2023,firm,1000,0\n",
                              "claim_id,applicant_id,item,date,object_id,amount\n"
                              "c3,X,a,2023-01-01,o,50\n"
                              "c2,X,a,2022-01-01,o,60\n"
                              "c1,X,a,2021-12-31,o,40\n",
                              0, false);
    assert_non_null(strstr(text, "\nc3,granted,ok,a,50.00,50.00,50.00,0.00,0.00,0.00,,\n"
                                 "c2,deferred,limit,step3,60.00,60.00,5.00,45.00,0.00,0.00,,\n"
                                 "c1,deferred,limit,step3,40.00,40.00,10.00,30.00,0.00,0.00,,\n"));
    free(text);
    policy_free(p);
}

/* ---- the evaluator ---------------------------------------------------------------------------------------------- */

static int64_t evaluate(enum ir_op op, int64_t a, int64_t b) {
    struct ir_policy *p = policy_new();
    struct ir_func f = {0};
    ir_block_begin(p, &f);
    /* Instructions set by hand, so that nothing is folded. */
    static struct ir_inst inst[3];
    memset(inst, 0, sizeof inst);
    for (uint32_t i = 0; i < 3; i++) {
        inst[i].lo = INT64_MIN;
        inst[i].hi = INT64_MAX;
    }
    inst[0].op = inst[1].op = IR_CONST;
    inst[0].imm = a;
    inst[1].imm = b;
    inst[2].op = (uint8_t)op;
    inst[2].b = 1;
    struct ir_block block = {.first = 0, .end = 3};
    struct ir_func func = {.inst = inst, .inst_count = 3, .block = &block, .block_count = 1};
    struct ir_value value[3];
    struct ir_row row = {0};
    ir_eval_block(&func, 0, &row, value);
    policy_free(p);
    return (int64_t)value[2].number;
}

static void test_instructions(void **state) {
    (void)state;
    assert_int_equal(evaluate(IR_ADD, 2, -5), -3);
    assert_int_equal(evaluate(IR_SUB, 2, -5), 7);
    assert_int_equal(evaluate(IR_MUL, -3, 5), -15);
    assert_int_equal(evaluate(IR_FLOORDIV, 7, 2), 3);
    assert_int_equal(evaluate(IR_FLOORDIV, -7, 2), -4);
    assert_int_equal(evaluate(IR_FLOORDIV, -8, 2), -4);
    assert_int_equal(evaluate(IR_ROUNDDIV, 5, 2), 3);
    assert_int_equal(evaluate(IR_ROUNDDIV, -5, 2), -2);
    assert_int_equal(evaluate(IR_ROUNDDIV, 4, 3), 1);
    assert_int_equal(evaluate(IR_ROUNDDIV, 5, 3), 2);
    assert_int_equal(evaluate(IR_ROUNDDIV, -1, 3), 0);
    assert_int_equal(evaluate(IR_ROUNDDIV, INT64_MAX, 1), INT64_MAX);
    assert_int_equal(evaluate(IR_MIN, 3, -4), -4);
    assert_int_equal(evaluate(IR_MAX, 3, -4), 3);
    assert_int_equal(evaluate(IR_EQ, 3, 3), 1);
    assert_int_equal(evaluate(IR_LT, 3, 3), 0);
    assert_int_equal(evaluate(IR_LE, 3, 3), 1);
    assert_int_equal(evaluate(IR_AND, 1, 0), 0);
    assert_int_equal(evaluate(IR_OR, 1, 0), 1);
    assert_int_equal(evaluate(IR_NOT, 1, 0), 0);
    assert_int_equal(evaluate(IR_YEAR, 18627, 0), 2020);
    assert_int_equal(evaluate(IR_YEAR, 18628, 0), 2021);
    assert_int_equal(evaluate(IR_ADD_YEARS, 19782, 1), 20148);  /* 2024-02-29 -> 2025-03-01 */
    assert_int_equal(evaluate(IR_ADD_YEARS, 19782, 4), 21243);  /* -> 2028-02-29 */
    assert_int_equal(evaluate(IR_ADD_YEARS, 19905, 3), 21000);  /* 2024-07-01 -> 2027-07-01 */
    assert_int_equal(evaluate(IR_ADD_YEARS, 19905, -1), 19539); /* -> 2023-07-01 */
}

/* ---- parameters, targets, files --------------------------------------------------------------------------------- */

static void test_params(void **state) {
    (void)state;
    struct ir_param param[] = {
        {.name = TEXT("起算日"),
         .column = TEXT("commencement"),
         .type = POL_DATE,
         .min = 19723,
         .max = 20088,
         .fallback = 19905},
        {.name = TEXT("ratio"), .column = TEXT("ratio"), .type = POL_RATE, .min = 0, .max = 1000000, .fallback = 5},
    };
    struct ir_policy p = {.param = param, .param_count = 2};
    int64_t value[2];
    struct interp_error error;
    interp_params_default(&p, value);
    assert_int_equal(value[0], 19905);
    assert_int_equal(interp_params_assign(&p, value, TEXT("commencement=2024-12-31"), &error), INTERP_OK);
    assert_int_equal(value[0], 20088);
    assert_int_equal(interp_params_assign(&p, value, TEXT("起算日=2024-01-01"), &error), INTERP_OK);
    assert_int_equal(value[0], 19723);
    assert_int_equal(interp_params_assign(&p, value, TEXT("commencement=2025-01-01"), &error), INTERP_USAGE);
    assert_string_equal(error.message, "'2025-01-01' is no value of parameter 'commencement', or out of its range");
    assert_int_equal(interp_params_assign(&p, value, TEXT("commencement="), &error), INTERP_USAGE);
    assert_int_equal(interp_params_assign(&p, value, TEXT("ratio"), &error), INTERP_USAGE);
    assert_int_equal(interp_params_assign(&p, value, TEXT("x=1"), &error), INTERP_USAGE);
    assert_string_equal(error.message, "the policy has no parameter 'x'");
    assert_int_equal(value[0], 19723);
    assert_int_equal(value[1], 5);
}

static char *targets_text(const struct ir_policy *p, const char *indicators) {
    struct interp_source source = {.name = TEXT("i.csv"), .bytes = text_of(indicators)};
    struct interp_targets *targets;
    struct interp_error error;
    if (interp_targets_run(p, &source, &targets, &error) != INTERP_OK) {
        return strdup(error.message);
    }
    char *text = NULL;
    size_t size = 0;
    FILE *file = open_memstream(&text, &size);
    interp_write_targets(file, targets);
    fclose(file);
    interp_targets_free(targets);
    return text;
}

static void test_targets(void **state) {
    (void)state;
    struct ir_target target[] = {
        {.column = TEXT("patents"),
         .kind = POL_TARGET_BY,
         .sense = POL_AT_LEAST,
         .type = POL_COUNT,
         .first_year = 2023,
         .last_year = 2023,
         .value = 2500},
        {.column = TEXT("pledge"),
         .kind = POL_TARGET_BY,
         .sense = POL_AT_MOST,
         .type = POL_MONEY,
         .first_year = 2023,
         .last_year = 2023,
         .value = 100000000},
        {.column = TEXT("new"),
         .kind = POL_TARGET_EVERY,
         .sense = POL_AT_LEAST,
         .type = POL_COUNT,
         .first_year = 2020,
         .last_year = 2022,
         .value = 5},
        {.column = TEXT("grow"),
         .kind = POL_TARGET_GROWTH,
         .sense = POL_AT_LEAST,
         .type = POL_COUNT,
         .first_year = 2021,
         .last_year = 2023,
         .value = 100000},
    };
    struct ir_policy p = {.target = target, .target_count = 4};
    char *text = targets_text(&p, "value,indicator,year,x\n"
                                  "2500,patents,2023\n9999,patents,2022\n1000000.01,pledge,2023\n"
                                  "5,new,2020\n6.0,new,2021\n5,new,2022年\n5,new,2022年\n"
                                  "4092,grow,2020\n4501,grow,2021\n4952,grow,2022\n");
    assert_string_equal(text, "indicator,year,target,actual,gap,status\n"
                              "patents,2023,2500,2500,0,met\n"
                              "pledge,2023,1000000,1000000.01,-0.01,missed\n"
                              "new,2020,5,5,0,met\n"
                              "new,2021,5,,,no_data\n"
                              "new,2022,5,,,no_data\n"
                              "grow,2021,4501.2,4501,0.2,missed\n"
                              "grow,2022,4951.1,4952,-0.9,met\n"
                              "grow,2023,5447.2,,,no_data\n");
    free(text);
    text = targets_text(&p, "value,indicator,year\n4952,grow,2022\n");
    assert_non_null(strstr(text, "\ngrow,2022,,4952,,no_data\ngrow,2023,5447.2,,,no_data\n"));
    free(text);
    text = targets_text(&p, "value,indicator,year\n1,q,2022\n1,q,2022\n");
    assert_string_equal(text, "i.csv:3: a second row for indicator 'q' in 2022; the first is on line 2");
    free(text);
    text = targets_text(&p, "value,indicator\n");
    assert_string_equal(text, "i.csv:1: the header lacks 'year'");
    free(text);
}

static void test_files(void **state) {
    (void)state;
    char folder[] = "/tmp/pol_interp_XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct ir_policy *p = policy_new();
    struct interp_source c = {.name = TEXT("c"), .bytes = TEXT("claim_id,applicant_id,item,date\nc1,,,\n")};
    struct interp_source a = {.name = TEXT("a"), .bytes = text_of(PROFILES)};
    struct interp_result *result;
    struct interp_error error;
    assert_int_equal(interp_run(p, NULL, &c, &a, &result, &error), INTERP_OK);
    char out[64], path[80];
    snprintf(out, sizeof out, "%s/out", folder);
    assert_int_equal(interp_save_run(result, out, &error), INTERP_OK);
    assert_int_equal(interp_save_run(result, out, &error), INTERP_OK); /* over the first */
    struct interp_file file;
    snprintf(path, sizeof path, "%s/decisions.csv", out);
    assert_int_equal(interp_file_read(path, &file, &error), INTERP_OK);
    const char *expected =
        "claim_id,decision,reason,rule,award,entitled,payable,carried,outstanding,lapsed,paid,difference\n"
        "c1,invalid,unknown_item,,,0.00,0.00,0.00,0.00,0.00,,\n";
    assert_int_equal(file.size, strlen(expected));
    assert_memory_equal(file.data, expected, file.size);
    interp_file_free(&file);
    /* A folder where payments.csv cannot be put: nothing is left, decisions.csv neither. */
    unlink(path);
    snprintf(path, sizeof path, "%s/payments.csv", out);
    unlink(path);
    assert_int_equal(mkdir(path, 0777), 0);
    assert_int_equal(interp_save_run(result, out, &error), INTERP_SYSTEM);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(out), 0);                                      /* empty: no temporary file either */
    assert_int_equal(interp_file_read(out, &file, &error), INTERP_INPUT); /* no such file */
    interp_file_free(&file);
    assert_int_equal(interp_file_read("/", &file, &error), INTERP_INPUT); /* a folder */
    interp_file_free(&file);
    assert_int_equal(interp_save_run(result, "/nonexistent/deep/folder", &error), INTERP_SYSTEM);
    interp_result_free(result);
    policy_free(p);
    assert_int_equal(rmdir(folder), 0);
}

/* ---- examples --------------------------------------------------------------------------------------------------- */

static const char EXAMPLES[] =
    "policy t \"t\" { effective from 2021-01-01 }\n"
    "parameter top: money range 1元 to 1000元 default 100元\n"
    "applicant { kind: enum { firm, person } }\n"
    "claim { amount: money rate: rate default 0% }\n"
    "sample applicant { kind firm }\n"
    "sample claim { object_id \"甲,\\\"1\\\"\" }\n"
    "clause 1 {\n"
    "  item a for firm { award amount - rate of amount once per object_id\n"
    "    cap yearly: top per applicant, year }\n"
    "}\n"
    "example \"as it is\" {\n"
    "  applicant X 2021 applicant X 2022 { kind person } applicant Y 2021\n"
    "  claim c1 a by X on 2021-05-01 { amount 300.01元, rate 50% }\n"
    "  claim c1 a by X on 2021-05-01 { amount 1元 }\n"
    "  claim c2 a by Y on 2021-05-02 { amount 1元 }\n"
    "  claim c3 a by X on 2022-05-02 { amount 1元 }\n"
    "  claim c4 a by X on 2020-12-31 { amount \"1,0\" }\n"
    "  claim c5 a by Y on 2021-12-31 { amount missing }\n"
    "  expect c1 核减 100元, award 150.01元, reason 上限, paid 100元 in 2021, entitled 150.01元\n"
    "  expect c1 invalid duplicate_claim\n"
    "  expect c2 denied already_awarded, award 1元\n"
    "  expect c3 denied, reason ineligible, award missing\n"
    "  expect c4 invalid bad_value expect c5 invalid 缺少字段\n"
    "}\n"
    "example \"with another cap\" with top = 2元 {\n"
    "  applicant X 2021\n"
    "  claim c1 a by X on 2021-05-01 { amount 3元 }\n"
    "  expect c1 reduced 2元\n"
    "}\n"
    "example \"wrong\" {\n"
    "  applicant X 2021\n"
    "  claim c1 a by X on 2021-05-01 { amount 300元 }\n"
    "  expect c1 reduced 99.99元, award 1元\n"
    "  expect c1 reason ok, paid 100元 in 2022, award 299元\n"
    "  expect c1 denied ineligible\n"
    "}\n";

static void test_examples(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct sources sources;
    struct diags diags;
    sources_init(&sources, arena);
    diags_init(&diags, arena);
    struct source *file = sources_add(&sources, TEXT("t.pol"), text_of(EXAMPLES));
    struct ast_policy *ast = parse_policy(&sources, file, &diags, arena);
    assert_int_equal(diags.error_count, 0);
    struct model *model = check_policy(ast, &sources, &diags, arena);
    for (struct diag *d = diags.first; d != NULL && diags.error_count > 0; d = d->next) {
        print_message("%.*s\n", TEXT_ARG(d->message));
    }
    assert_int_equal(diags.error_count, 0);
    struct ir_policy *policy = lower_policy(model, &sources, &diags, arena);
    assert_non_null(policy);
    struct interp_mismatches mismatches = {0};
    size_t run = 0;
    assert_int_equal(interp_examples_run(arena, model, policy, &run, &mismatches, NULL), INTERP_OK);
    assert_int_equal(run, 3);
    static const char *const expected[][2] = {
        {"reduced 99.99", "reduced 100 (yearly)"},     {"reason ok", "reduced 100 (yearly)"},
        {"paid in 2022 100", "paid in 2022 0"},        {"award 299", "award 300"},
        {"denied ineligible", "reduced 100 (yearly)"},
    };
    assert_int_equal(mismatches.count, 5);
    const struct interp_mismatch *m = mismatches.first;
    for (size_t i = 0; i < 5; i++, m = m->next) {
        assert_string_equal(text_copy(arena, m->expected).data, expected[i][0]);
        assert_string_equal(text_copy(arena, m->found).data, expected[i][1]);
        assert_true(text_equal(m->claim, TEXT("c1")) && text_equal(m->example->title, TEXT("wrong")));
    }
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_cells),
        cmocka_unit_test(test_text_cells),
        cmocka_unit_test(test_decimals),
        cmocka_unit_test(test_csv),
        cmocka_unit_test(test_csv_errors),
        cmocka_unit_test(test_csv_returns_alone),
        cmocka_unit_test(test_gb18030),
        cmocka_unit_test(test_validity),
        cmocka_unit_test(test_unusable_ledgers),
        cmocka_unit_test(test_profiles_and_warnings),
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_one_year),
        cmocka_unit_test(test_ladder_and_less),
        cmocka_unit_test(test_money_caps),
        cmocka_unit_test(test_claim_and_unit_caps),
        cmocka_unit_test(test_keys_are_whole),
        cmocka_unit_test(test_limit_and_carry),
        cmocka_unit_test(test_carried_before_own_claims),
        cmocka_unit_test(test_instructions),
        cmocka_unit_test(test_params),
        cmocka_unit_test(test_targets),
        cmocka_unit_test(test_files),
        cmocka_unit_test(test_examples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
