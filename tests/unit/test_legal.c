/* Numbers of legal texts, and finding quotes in a document. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "legal/numeral.h"
#include "legal/original.h"

/* Writes the numbers of a text as "num/den" words; ratios with ':', dates with 'd', years with 'y', optional ones in
 * (). */
static void expect_numbers(const char *text, const char *expected) {
    char out[512] = "";
    size_t at = 0, n = 0;
    struct numeral v;
    while (numeral_next(text_of(text), &at, &v)) {
        char kind = v.kind == NUMERAL_RATIO ? ':' : '/';
        n += (size_t)snprintf(out + n, sizeof out - n, "%s%s%lld", n ? " " : "", v.optional ? "(" : "",
                              (long long)v.num);
        if (v.den != 1 || v.kind == NUMERAL_RATIO)
            n += (size_t)snprintf(out + n, sizeof out - n, "%c%lld", kind, (long long)v.den);
        if (v.kind == NUMERAL_DATE)
            n += (size_t)snprintf(out + n, sizeof out - n, "d");
        if (v.kind == NUMERAL_YEAR)
            n += (size_t)snprintf(out + n, sizeof out - n, "y");
        if (v.optional)
            n += (size_t)snprintf(out + n, sizeof out - n, ")");
    }
    assert_string_equal(out, expected);
}

static void numbers_of_texts(void **state) {
    (void)state;
    expect_numbers("达到500万（含）的每件资助2万元", "5000000 20000");
    expect_numbers("按50%给予补助，不超过10万", "1/2 100000");
    expect_numbers("两年内新增发明专利10件以上", "2 10");
    expect_numbers("按8∶2的比例，不低于1:1配套", "8:2 1:1");
    expect_numbers("不少于1/3的，每家一次性给予50萬元", "1/3 500000");
    expect_numbers("有效期三年，有效期五年，十五年", "3 5 15");
    expect_numbers("5000、8000元，5 万元，２０％", "5000 8000 50000 1/5");
    expect_numbers("自2021年1月1日起，到2023年，年质押金额达到10亿元", "20210101d 2023y 1000000000");
    expect_numbers("评价二级以上，前二位，正常开展业务一年以上", "2 2 (1)");
    expect_numbers("1亿元，1.5万元，1,000元", "100000000 15000 1000");
}

static void numbers_that_are_none(void **state) {
    (void)state;
    expect_numbers("同一项目，一次性奖励，统一，第一", "(1)");
    expect_numbers("ISO56005、GB/T29490-2013、“9+5”千百億產業、4·26", "");
    expect_numbers("99999999999999999999999", "");
    expect_numbers("", "");
}

static void numbers_compare_by_value(void **state) {
    struct numeral half = numeral_value(50, 100), same = numeral_value(1, 2),
                   year = {.kind = NUMERAL_YEAR, .num = 2023, .den = 1};
    struct numeral plain = numeral_value(2023, 1), ratio = {.kind = NUMERAL_RATIO, .num = 1, .den = 2};
    (void)state;
    assert_true(numeral_equal(&half, &same));
    assert_true(numeral_equal(&year, &plain));
    assert_false(numeral_equal(&ratio, &half));
}

static void provisions_have_numbers(void **state) {
    enum provision_style style;
    (void)state;
    assert_int_equal(numeral_of_provision(TEXT("7"), &style), 7);
    assert_int_equal(style, PROVISION_PLAIN);
    assert_int_equal(numeral_of_provision(TEXT("（二十一）"), &style), 21);
    assert_int_equal(style, PROVISION_BRACKETED);
    assert_int_equal(numeral_of_provision(TEXT("(七)"), &style), 7);
    assert_int_equal(numeral_of_provision(TEXT("第二十条"), &style), 20);
    assert_int_equal(style, PROVISION_ARTICLE);
    assert_int_equal(numeral_of_provision(TEXT("第7條"), &style), 7);
    assert_int_equal(numeral_of_provision(TEXT("第二章"), &style), 0);
    assert_int_equal(numeral_of_provision(TEXT("附则"), &style), 0);
    assert_int_equal(numeral_of_provision(TEXT("（五"), &style), 0);
}

static const char document[] = "一、总则\n（一）支持创造。对获奖的给予每项1萬元 奖励。\n   "
                               "（二）支持運用。按50%\n给予补助。\n二、附则\n1、说明。\n2.3万件\n";

static void quotes_are_found(void **state) {
    struct arena *arena = arena_new();
    struct original *o = original_new(text_of(document), arena);
    size_t lo, hi, end, count;
    (void)state;
    assert_true(original_find(o, TEXT("按50%给予补助"), 0, &lo, &hi)); /* white space does not count */
    assert_memory_equal(document + lo, "按50%\n给予补助", hi - lo);
    assert_true(original_find(o, TEXT("每项1万元奖励"), 0, &lo, &hi)); /* nor does the form of a character */
    assert_memory_equal(document + lo, "每项1萬元 奖励", hi - lo);
    assert_false(original_find(o, TEXT("每项2万元"), 0, &lo, &hi));
    assert_int_equal(original_common(o, TEXT("支持运用。按60%"), &end), strlen("支持运用。按"));
    const struct provision *p = original_provisions(o, &count);
    assert_int_equal(count, 3); /* `2.3万件` is no provision */
    assert_int_equal(p[1].number, 2);
    assert_int_equal(p[1].style, PROVISION_BRACKETED);
    assert_memory_equal(document + p[1].hi, "二、附则", strlen("二、附则"));
    assert_int_equal(p[2].number, 1);
    assert_int_equal(p[2].style, PROVISION_PLAIN);
    arena_free(arena);
}

/* An article ends at the next one or at a chapter; bracketed points within it belong to it. */
static void articles_hold_their_points(void **state) {
    struct arena *arena = arena_new();
    (void)state;
    static const char articles[] =
        "第一章 总则\n第一条 目的\n第二条 条件：\n（一）甲；\n（二）乙。\n第二章 补贴\n第三条 丙";
    struct original *o = original_new(text_of(articles), arena);
    size_t count;
    const struct provision *p = original_provisions(o, &count);
    assert_int_equal(count, 5);
    assert_int_equal(p[1].number, 2);
    assert_int_equal(p[1].style, PROVISION_ARTICLE);
    assert_int_equal(p[3].style, PROVISION_BRACKETED);
    assert_int_equal(p[1].hi, p[3].hi);
    assert_memory_equal(articles + p[1].hi, "第二章", 9);
    assert_int_equal(p[4].number, 3);
    arena_free(arena);
}

static int64_t first_number(const char *text, int64_t *den) {
    size_t at = 0;
    struct numeral n;
    if (!numeral_next(text_of(text), &at, &n))
        return -1;
    *den = n.den;
    return n.num;
}

static void units_and_parts_are_understood(void **state) {
    int64_t den = 0;
    (void)state;
    assert_int_equal(first_number("400千瓦", &den), 400);
    assert_int_equal(first_number("60万千瓦时", &den), 600000);
    assert_int_equal(first_number("5千元", &den), 5000);
    assert_int_equal(first_number("百分之五十", &den), 1);
    assert_int_equal(den, 2);
    assert_int_equal(first_number("三分之二", &den), 2);
    assert_int_equal(den, 3);
    assert_int_equal(first_number("未满三十五周岁", &den), 35);
    assert_int_equal(first_number("按第三条、第2款和第四项", &den), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_of_texts),
        cmocka_unit_test(numbers_that_are_none),
        cmocka_unit_test(numbers_compare_by_value),
        cmocka_unit_test(provisions_have_numbers),
        cmocka_unit_test(units_and_parts_are_understood),
        cmocka_unit_test(quotes_are_found),
        cmocka_unit_test(articles_hold_their_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
