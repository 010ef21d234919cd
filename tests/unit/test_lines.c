/* Lines of decisions.csv and payments.csv, and what they are added up to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audit/totals.h"

enum { ROOM = 1024 };

static void expect_amount(uint64_t fen, const char *expected) {
    char text[POL_MONEY_ROOM] = "";
    char *end = pol_put_amount(text, pol_amount_of(fen));
    *end = '\0';
    assert_string_equal(text, expected);
}

static void test_amount(void **state) {
    (void)state;
    expect_amount(0, "0.00,");
    expect_amount(7, "0.07,");
    expect_amount(100, "1.00,");
    expect_amount(99999, "999.99,");
    expect_amount(1000000, "10000.00,");
    expect_amount(120000050, "1200000.50,");
    expect_amount(POL_AMOUNT_LIMIT - 1, "99999999.99,");
    char text[POL_MONEY_ROOM] = "";
    *pol_put_amount(text, pol_no_amount()) = '\0';
    assert_string_equal(text, "0.00,");
}

/* A byte that needs quotes is found wherever it stands in the cell, and not behind its end. */
static void test_cell(void **state) {
    (void)state;
    static const char special[] = {',', '"', '\n', '\r'};
    for (size_t size = 1; size <= 40; size++)
        for (size_t at = 0; at < 44; at++)
            for (size_t which = 0; which < sizeof special; which++) {
                char text[40 + 2 * POL_CELL_ROOM], found[ROOM], expected[ROOM];
                memset(text, 'x', sizeof text);
                text[at] = special[which];
                *pol_put_padded_cell(found, text, size) = '\0';
                *pol_put_cell(expected, text, size) = '\0';
                assert_string_equal(found, expected);
                assert_int_equal(found[0] == '"', at < size);
            }
    char found[ROOM];
    static const char mixed[POL_CELL_ROOM + 16] = "#1 (\xE7\x94\xB3)*"; /* nothing that needs quotes */
    *pol_put_padded_cell(found, mixed, strlen(mixed)) = '\0';
    assert_string_equal(found, mixed);
    *pol_put_padded_cell(found, "", 0) = '\0';
    assert_string_equal(found, "");
}

static void expect_amounts(int64_t award, struct prt_amounts amounts, const char *expected) {
    char text[ROOM];
    *pol_put_amounts(text, award, &amounts) = '\0';
    assert_string_equal(text, expected);
}

static void expect_paid(int64_t paid, int64_t due, const char *expected) {
    char text[ROOM];
    *pol_put_paid(text, paid, due) = '\0';
    assert_string_equal(text, expected);
}

static void test_decision(void **state) {
    (void)state;
    expect_amounts(-1, (struct prt_amounts){0}, ",0.00,0.00,0.00,0.00,0.00,");
    expect_amounts(5000, (struct prt_amounts){0}, "50.00,0.00,0.00,0.00,0.00,0.00,");
    expect_amounts(5000, (struct prt_amounts){5000, 1000, 500, 3500, 0}, "50.00,50.00,10.00,5.00,35.00,0.00,");
    expect_amounts(INT64_MAX, (struct prt_amounts){INT64_MAX, 10000000000, 0, 0, 1},
                   "92233720368547758.07,92233720368547758.07,100000000.00,0.00,0.00,0.01,");
    expect_paid(POL_PAID_NONE, 100, ",\n");
    expect_paid(100, 100, "1.00,0.00\n");
    expect_paid(0, 250, "0.00,-2.50\n");
    expect_paid(250, 0, "2.50,2.50\n");
    expect_paid(0, 10000000000, "0.00,-100000000.00\n");
    expect_paid(10000000000, 1, "100000000.00,99999999.99\n");
    expect_paid(0, INT64_MAX, "0.00,-92233720368547758.07\n");
}

static void test_payment(void **state) {
    (void)state;
    static const char claim[POL_CELL_ROOM + 8] = "a,1", applicant[POL_CELL_ROOM + 8] = "\"x\"";
    char text[ROOM];
    *pol_put_payment(text, (struct pol_text){claim, 3, 0}, (struct pol_text){applicant, 3, 0}, 2024, 12345) = '\0';
    assert_string_equal(text, "\"a,1\",\"\"\"x\"\"\",2024,123.45\n");
    *pol_put_payment(text, (struct pol_text){claim, 1, 0}, (struct pol_text){applicant + 1, 1, 0}, 2024,
                     1000000000000) = '\0';
    assert_string_equal(text, "a,x,2024,10000000000.00\n");
}

/* One claim is paid its award of 10.00; two wait, one of them says that 7.00 were paid, 3.00 more than it was due. */
static void test_totals(void **state) {
    (void)state;
    struct pol_totals totals;
    assert_true(pol_totals_make(&totals, 2, 1));
    struct pol_total *total = pol_totals_of(&totals, 1, POL_OK, 1000);
    total->claims++;
    total->whole += 1000;
    total->paid += 1000;
    struct prt_amounts waits = {.entitled = 900, .payable = 300, .carried = 100, .lapsed = 500};
    total = pol_totals_of(&totals, 1, POL_LIMIT, 700);
    total->claims++;
    total->paid += 700;
    pol_total_add(total, &waits);
    total = pol_totals_of(&totals, POL_ITEM_UNKNOWN, POL_LIMIT, POL_PAID_NONE);
    total->claims++;
    pol_total_add(total, &waits);
    assert_false(pol_totals_may_be_top(&totals, 0));
    pol_totals_consider(&totals, &(struct pol_finding){.row = 5, .difference = -300});
    assert_false(pol_totals_may_be_top(&totals, 299));
    assert_true(pol_totals_may_be_top(&totals, -300));
    pol_totals_consider(&totals, &(struct pol_finding){.row = 6, .difference = 300});
    pol_totals_consider(&totals, &(struct pol_finding){.row = 4, .difference = 300});
    struct pol_finding top[2];
    struct pol_tally items[3] = {0};
    uint64_t kinds[3][5] = {0};
    struct pol_summary summary = {.item = items, .item_kind = kinds, .top = top};
    pol_totals_merge(&totals, &summary);
    assert_int_equal(summary.top_count, 1);
    assert_int_equal(top[0].row, 4);
    assert_int_equal(items[1].claims, 2);
    assert_int_equal(items[1].entitled, 1900);
    assert_int_equal(items[1].payable, 1300);
    assert_int_equal(items[1].carried, 100);
    assert_int_equal(items[1].lapsed, 500);
    assert_int_equal(items[1].with_paid, 2);
    assert_int_equal(items[1].paid, 1700);
    assert_int_equal(items[1].difference, 300); /* 1000 + 700 - 1300 - 100 */
    assert_int_equal(items[2].claims, 1);
    assert_int_equal(items[2].with_paid, 0);
    assert_int_equal(items[2].difference, 0);
    assert_int_equal(kinds[1][POL_GRANTED], 1);
    assert_int_equal(kinds[1][POL_DEFERRED], 1);
    assert_int_equal(summary.reason[POL_LIMIT].claims, 2);
    assert_int_equal(summary.reason[POL_LIMIT].payable, 600);
    pol_totals_free(&totals);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_amount), cmocka_unit_test(test_cell),
                                       cmocka_unit_test(test_decision), cmocka_unit_test(test_payment),
                                       cmocka_unit_test(test_totals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
