/* Numbers of other formats as plain decimals: what JSON, SQL and Excel write for the same amounts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "source/number.h"

static void expect_plain(const char *text, const char *plain) {
    char out[SOURCE_NUMBER_ROOM] = "untouched";
    bool good = source_plain_number(text, strlen(text), out);
    assert_int_equal(good, plain != NULL);
    assert_string_equal(out, plain != NULL ? plain : "untouched");
}

static void test_plain(void **state) {
    (void)state;
    expect_plain("12.50", "12.5");
    expect_plain("12000.00", "12000");
    expect_plain("0.07", "0.07");
    expect_plain("007", "7");
    expect_plain("-1.50E+3", "-1500");
    expect_plain("1.200050E4", "12000.5");
    expect_plain("5e-2", "0.05");
    expect_plain("1e2", "100");
    expect_plain("0.0e9", "0");
    expect_plain("-0", "0");
    expect_plain("99999999999999999999.99", "99999999999999999999.99");
    expect_plain("", NULL);
    expect_plain(".", NULL);
    expect_plain("1.2.3", NULL);
    expect_plain("1e", NULL);
    expect_plain("1e+", NULL);
    expect_plain("1e99999", NULL);
    expect_plain("1e200", NULL); /* longer than any amount */
    expect_plain("1,000", NULL);
    expect_plain("NaN", NULL);
    expect_plain("12元", NULL);
}

static void expect_binary(double value, bool exact, const char *text) {
    char out[SOURCE_NUMBER_ROOM];
    assert_int_equal(source_binary_number(value, out), exact);
    assert_string_equal(out, text);
}

/* What was entered with at most 15 digits comes back; the result of a calculation does not look like an amount. */
static void test_binary(void **state) {
    (void)state;
    expect_binary(12000.50, true, "12000.5");
    expect_binary(0.07, true, "0.07");
    expect_binary(9999999999999.99, true, "9999999999999.99");
    expect_binary(1e15, true, "1000000000000000");
    expect_binary(0.0, true, "0");
    expect_binary(0.1 + 0.2, false, "0.30000000000000004");
    expect_binary(1.0 / 3, false, "0.33333333333333331");
}

static void expect_text(const char *text, bool exact, const char *wanted) {
    char out[SOURCE_NUMBER_ROOM];
    assert_int_equal(source_binary_text(text, strlen(text), out), exact);
    assert_string_equal(out, wanted);
}

static void test_text(void **state) {
    (void)state;
    expect_text("1.1000000000000001", true, "1.1");
    expect_text("0.28999999999999998", true, "0.29");
    expect_text("1.200050E+4", true, "12000.5");
    expect_text("0.30000000000000004", false, "0.30000000000000004");
    expect_text("#N/A", false, "#N/A");
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_plain), cmocka_unit_test(test_binary),
                                       cmocka_unit_test(test_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
