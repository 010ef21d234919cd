/* The canonical form, worked out by hand; the policies there and back; the command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "format/format.h"
#include "type/type.h"

struct work {
    struct arena *arena;
    struct sources sources;
    struct diags diags;
};

static void begin(struct work *w) {
    w->arena = arena_new();
    assert_non_null(w->arena);
    sources_init(&w->sources, w->arena);
    diags_init(&w->diags, w->arena);
}

static struct text format(struct work *w, enum format_language language, struct text text) {
    struct text out = {0};
    struct source *file = sources_add(&w->sources, TEXT("t.pol"), text);
    assert_int_equal(format_file(&w->sources, file, language, &w->diags, w->arena, &out), FORMAT_OK);
    return out;
}

/* The form is as expected, and formatting it again changes nothing. */
static void check(enum format_language language, const char *text, const char *expected) {
    struct work w;
    begin(&w);
    struct text once = format(&w, language, text_of(text));
    assert_string_equal(once.data, expected);
    struct text twice = format(&w, language, once);
    assert_string_equal(twice.data, expected);
    arena_free(w.arena);
}

/* Each is the other in the other language. */
static void both(const char *english, const char *chinese) {
    check(FORMAT_CHINESE, english, chinese);
    check(FORMAT_ENGLISH, chinese, english);
    check(FORMAT_AS_WRITTEN, english, english);
    check(FORMAT_AS_WRITTEN, chinese, chinese);
}

/* ---- one language ----------------------------------------------------------------------------------------------- */

static void blanks_are_uniform(void **state) {
    (void)state;
    check(FORMAT_AS_WRITTEN, "define a=b+ -c*( d - 1 )\n", "define a = b + -c * (d - 1)\n");
    check(FORMAT_AS_WRITTEN, "define a=max ( b ,c )  \r\n\r\n", "define a = max(b, c)\n");
    check(FORMAT_AS_WRITTEN, "define a=by  k{x , y:1元,else :2元}", "define a = by k { x, y: 1元, else: 2元 }\n");
    check(FORMAT_AS_WRITTEN, "exclude x when claim . a  not   in(b,c)\n", "exclude x when claim.a not in (b, c)\n");
    check(FORMAT_AS_WRITTEN, "define a=5 years+５００ 万元\ndefine b=50 ％ of c",
          "define a = 5 years + 500万元\ndefine b = 50% of c\n");
    check(FORMAT_AS_WRITTEN, "define a = 1/3 of b\ndefine c = 2 / 3\n", "define a = 1/3 of b\ndefine c = 2 / 3\n");
    check(FORMAT_AS_WRITTEN, "define a = ２０２４ 年 １ 月 ２ 日\n", "define a = 2024年1月2日\n");
    check(FORMAT_AS_WRITTEN, "定义 a = 成本的50%最高10万元\n", "定义 a = 成本 的 50% 最高 10万元\n");
    check(FORMAT_AS_WRITTEN, "", "");
    check(FORMAT_AS_WRITTEN, "# a \t\r\n", "# a\n");
}

static void punctuation_is_that_of_the_language(void **state) {
    (void)state;
    check(FORMAT_AS_WRITTEN, "define a = max（b，c、d）；", "define a = max(b, c, d);\n");
    check(FORMAT_AS_WRITTEN, "定义 a = max（b, c、d）;", "定义 a = max(b，c，d)；\n");
    check(FORMAT_AS_WRITTEN, "定义 a = 按 n { 1: 2, 3: 4件 }",
          "定义 a = 按 n { 1: 2，3：4件 }\n"); /* not the ratio 1：2 */
    check(FORMAT_AS_WRITTEN, "定义 a = b * c / d\n", "定义 a = b × c ÷ d\n");
    check(FORMAT_AS_WRITTEN, "define a = b × c ÷ d\n", "define a = b * c / d\n");
    check(FORMAT_AS_WRITTEN, "exclude x when a ≥ 1 and b ≠ 2 and c ＜ 3\n",
          "exclude x when a >= 1 and b != 2 and c < 3\n");
}

static void quotes_become_straight(void **state) {
    (void)state;
    check(FORMAT_AS_WRITTEN, "include “a.pol”\ninclude 「b」\ninclude 『c』\n",
          "include \"a.pol\"\ninclude \"b\"\ninclude \"c\"\n");
    check(FORMAT_AS_WRITTEN, "quote 「他说\"好\"」\nquote “a\\b”\nquote \"a \\\" ，ｂ\"\n",
          "quote 「他说\"好\"」\nquote “a\\b”\nquote \"a \\\" ，ｂ\"\n");
}

static void a_clause_number_is_kept(void **state) {
    (void)state;
    check(FORMAT_AS_WRITTEN, "clause（ 五 ）\"a\"declaratory", "clause （ 五 ） \"a\" declaratory\n");
    check(FORMAT_AS_WRITTEN, "clause ７{declaratory}", "clause ７ { declaratory }\n");
    check(FORMAT_AS_WRITTEN, "clause 第五条{declaratory}", "clause 第五条 { declaratory }\n");
    check(FORMAT_AS_WRITTEN, "define a = 5kWh + 5 千瓦时\n", "define a = 5 kWh + 5千瓦时\n");
    check(FORMAT_AS_WRITTEN, "clause (1){\nquote \"b\"}", "clause (1) {\n    quote \"b\"\n}\n");
}

static void lines_are_indented(void **state) {
    (void)state;
    check(FORMAT_AS_WRITTEN,
          "clause 1\n{\n\n\n  item a for k { award 5元\n at most 3元\n\n\n\n# c\nonce per applicant,\nitem }\n\n}\n\n",
          "clause 1 {\n"
          "    item a for k {\n"
          "        award 5元\n"
          "            at most 3元\n"
          "\n"
          "        # c\n"
          "        once per applicant,\n"
          "            item\n"
          "    }\n"
          "}\n");
    check(FORMAT_AS_WRITTEN, "claim {\na, b,\nc: money\nd: enum { x,\ny }\ne: count range 0\nto 5\n# last\n}",
          "claim {\n"
          "    a, b,\n"
          "        c: money\n"
          "    d: enum { x,\n"
          "        y }\n"
          "    e: count range 0\n"
          "        to 5\n"
          "    # last\n"
          "}\n");
    check(FORMAT_AS_WRITTEN, "define a = max(\nb,\nc\n)\ndefine d = tier n {\nfrom 1: 2,\neach full 1 adds 3\n}\n",
          "define a = max(\n"
          "    b,\n"
          "    c\n"
          ")\n"
          "define d = tier n {\n"
          "    from 1: 2,\n"
          "        each full 1 adds 3\n"
          "}\n");
}

static void second_statements_stand_in_a_column(void **state) {
    (void)state;
    check(FORMAT_AS_WRITTEN,
          "example \"e\" {\n"
          "applicant A 2024 # one\n"
          "applicant 乙方 2024 # two\n"
          "claim c1 x by A on 2024-01-01 { a \"甲\" } expect c1 granted 5元, award 6元\n"
          "claim c2 x by A on 2024-01-01 expect c2 reduced cap\n"
          "\n"
          "claim c3 x by A on 2024-01-01 expect c3 denied excluded\n"
          "}\n",
          "example \"e\" {\n"
          "    applicant A 2024     # one\n"
          "    applicant 乙方 2024  # two\n"
          "    claim c1 x by A on 2024-01-01 { a \"甲\" }    expect c1 granted 5元, award 6元\n"
          "    claim c2 x by A on 2024-01-01               expect c2 reduced cap\n"
          "\n"
          "    claim c3 x by A on 2024-01-01    expect c3 denied excluded\n"
          "}\n");
}

/* ---- two languages ---------------------------------------------------------------------------------------------- */

static void keywords_change(void **state) {
    (void)state;
    both("policy p \"t\" {\n    issuer \"甲\"\n    effective from 2024-01-01 lasting 3 years\n}\n",
         "政策 p \"t\" {\n    发布机关 \"甲\"\n    施行 从 2024-01-01 有效期 3 年\n}\n");
    both("item x for any except k {\n    cap 2 claims per year when a is not b\n    once per object_id except same "
         "year\n}\n",
         "事项 x 适用 所有 除外 k {\n    封顶 2 项申请 每 年度 当 a 不为 b\n    不重复 每 object_id 除外 同 年度\n}\n");
    both("limit t: applicant.tax per applicant, year\n    carry 2年\n",
         "限额 t：申请人.tax 每 申请人，年度\n    结转 2年\n");
    both("require n >= 3件 and date < d and m < 5\n", "要求 n 不少于 3件 且 date < d 且 m 少于 5\n");
}

static void names_with_a_meaning_change(void **state) {
    (void)state;
    both("claim {\n    money, b: money\n    c: bool default no\n    year as \"y\"\n}\n",
         "申请 {\n    money，b：金额\n    c：是否 默认 否\n    年度 记作 \"y\"\n}\n");
    both("define max = max(min, full(a, 2))\n", "定义 max = 最大(min，满数(a，2))\n");
    both("example \"e\" {\n"
         "    claim max denied by A on 2024-01-01 { full (3), cap_reached max(1, 2) }\n"
         "    expect c1 granted 5元, carried 1元, award 6元, paid 3元 in 2024\n"
         "    expect c2 denied cap_reached\n"
         "    expect c3 reduced cap, rule limited\n"
         "    expect c4 deferred limit\n"
         "    expect t growth met in 2024, missed in 2025\n"
         "}\n",
         "示例 \"e\" {\n"
         "    申请 max denied 按 A 于 2024-01-01 { full (3)，cap_reached 最大(1，2) }\n"
         "    应得 c1 准予 5元，结转 1元，奖励 6元，支付 3元 于 2024\n"
         "    应得 c2 不予 已达上限\n"
         "    应得 c3 核减 上限，规则 limited\n"
         "    应得 c4 递延 限额\n"
         "    应得 t 增长 达成 于 2024，未达成 于 2025\n"
         "}\n");
}

static void shares_change_places(void **state) {
    (void)state;
    both("define x = 50% of cost at most 5万元\n", "定义 x = cost 的 50% 最高 5万元\n");
    both("define x = 1/3 of max(a, b) * c\n", "定义 x = 最大(a，b) 的 1/3 × c\n");
    both("define x = (a + b) of (20% of c)\n", "定义 x = (c 的 20%) 的 (a + b)\n");
    both("define x = share(8:2) of by k { x: 1元 }\n", "定义 x = 按 k { x：1元 } 的 份额(8:2)\n");
    both("define x = a * 50% of c\n", "定义 x = a × 50% of c\n"); /* (a * 50%) of c: the operand is no primary */
    both("define x = 2 of c / 3\n", "定义 x = c 的 2 ÷ 3\n");
    both("define x = 50%\n    of cost\n", "定义 x = cost\n    的 50%\n");
    both("define x = 50%  # half\n    of cost\n", "定义 x = 50%  # half\n    of cost\n");
}

static void traditional_stays_traditional(void **state) {
    (void)state;
    check(FORMAT_CHINESE, "定義 x = cost 的 50%\nonce per applicant\n", "定義 x = cost 的 50%\n不重復 每 申請人\n");
    check(FORMAT_CHINESE, "define x = 5萬元\n", "定義 x = 5萬元\n");
    check(FORMAT_ENGLISH, "要求 a 不為 b 且 n 不少於 5\n", "require a is not b and n >= 5\n");
    check(FORMAT_AS_WRITTEN, "要求 a 非 屬於 (b)\n", "要求 a 不屬於 (b)\n");
}

static void units_come_back(void **state) {
    (void)state;
    both("define a = 1 year + 2 years + 3年 + 4 days + 1 day + 30天\n",
         "定义 a = 1 年 + 2 年 + 3年 + 4 天 + 1 天 + 30天\n");
    both("define a = 600 yuan + 5万元 + 30 fen + 600元\n", "定义 a = 600 元 + 5万元 + 30 分 + 600元\n");
    both("target t at least 5 by 2024年\n", "目标 t 最低 5 按 2024年\n");
    check(FORMAT_AS_WRITTEN, "define a = 5 年 + 5years\n", "define a = 5年 + 5 years\n");
}

/* Each type has all of its names here. */
static void types_are_those_of_the_checker(void **state) {
    (void)state;
    static const char *const names[][2] = {
#define TYPE(english, simplified, traditional) {english, simplified}, {english, traditional},
#include "format/words.def"
    };
    struct arena *arena = arena_new();
    struct type_table *table = type_table_new(arena);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct type *english = type_by_name(table, text_of(names[i][0]));
        assert_non_null(english);
        assert_ptr_equal(english, type_by_name(table, text_of(names[i][1])));
    }
    arena_free(arena);
}

/* ---- mistakes --------------------------------------------------------------------------------------------------- */

static void mistakes_are_reported(void **state) {
    (void)state;
    struct work w;
    begin(&w);
    struct text out = {0};
    struct source *file = sources_add(&w.sources, TEXT("t.pol"), TEXT("define a = = b\n"));
    assert_int_equal(format_file(&w.sources, file, FORMAT_AS_WRITTEN, &w.diags, w.arena, &out), FORMAT_ERRORS);
    assert_int_equal(w.diags.error_count, 1);
    assert_null(out.data);
    arena_free(w.arena);
}

/* ---- the policies ----------------------------------------------------------------------------------------------- */

static size_t count_of(struct text t, const char *what) {
    size_t count = 0;
    for (const char *at = t.data; (at = strstr(at, what)); at++)
        count++;
    return count;
}

static void policies_come_back(void **state) {
    (void)state;
    static const char *const names[] = {"dongyang", "lianzhou", "ningbo", "zhangzhou"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct work w;
        begin(&w);
        struct text path = text_format(w.arena, "%s/policies/%s.pol", POL_SOURCE_DIR, names[i]);
        struct source *file;
        assert_int_equal(sources_read(&w.sources, path, &file), SOURCE_OK);
        struct text plain = format(&w, FORMAT_AS_WRITTEN, file->bytes);
        struct text english = format(&w, FORMAT_ENGLISH, plain), chinese = format(&w, FORMAT_CHINESE, english);
        struct text back = format(&w, FORMAT_ENGLISH, chinese), again = format(&w, FORMAT_AS_WRITTEN, plain);
        assert_string_equal(again.data, plain.data);
        assert_string_equal(back.data, english.data);
        assert_string_not_equal(chinese.data, english.data);
        assert_int_equal(count_of(plain, "# ----"), count_of(file->bytes, "# ----"));
        assert_int_equal(count_of(chinese, "# ----"), count_of(file->bytes, "# ----"));
        assert_int_equal(count_of(english, "\n        奖励 "), 0);
        assert_int_equal(count_of(chinese, "\n        award "), 0);
        arena_free(w.arena);
    }
}

/* ---- the command ------------------------------------------------------------------------------------------------ */

struct folder {
    char path[64], file[80], out[80];
};

static void write_file(const char *path, const char *text) {
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fputs(text, f) >= 0, 1);
    assert_int_equal(fclose(f), 0);
}

static void assert_file(const char *path, const char *expected) {
    char text[512];
    FILE *f = fopen(path, "r");
    assert_non_null(f);
    text[fread(text, 1, sizeof text - 1, f)] = 0;
    fclose(f);
    assert_string_equal(text, expected);
}

static void open_folder(struct folder *f) {
    strcpy(f->path, "/tmp/pol_format_XXXXXX");
    assert_non_null(mkdtemp(f->path));
    snprintf(f->file, sizeof f->file, "%s/a.pol", f->path);
    snprintf(f->out, sizeof f->out, "%s/out", f->path);
}

static void close_folder(const struct folder *f) {
    unlink(f->file);
    unlink(f->out);
    assert_int_equal(rmdir(f->path), 0); /* nothing else was left behind */
}

/* polc fmt OPTIONS a.pol; its standard output goes to `out`. */
static int run(const struct folder *f, const char *options) {
    char command[512];
    snprintf(command, sizeof command, "'%s/polc' fmt %s '%s' >'%s' 2>/dev/null", POL_BIN_DIR, options, f->file, f->out);
    int status = system(command);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static void the_command_writes_in_place(void **state) {
    (void)state;
    struct folder f;
    open_folder(&f);
    write_file(f.file, "define a=b\n");
    assert_int_equal(chmod(f.file, 0640), 0);
    assert_int_equal(run(&f, "--check"), 1);
    assert_file(f.file, "define a=b\n");
    assert_int_equal(run(&f, "-o -"), 0);
    assert_file(f.out, "define a = b\n");
    assert_file(f.file, "define a=b\n");
    assert_int_equal(run(&f, ""), 0);
    assert_file(f.file, "define a = b\n");
    struct stat info;
    assert_int_equal(stat(f.file, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0640);
    assert_int_equal(run(&f, "--check"), 0);
    assert_file(f.out, "");
    assert_int_equal(run(&f, "--lang zh"), 0);
    assert_file(f.file, "定义 a = b\n");
    close_folder(&f);
}

static void the_command_leaves_mistakes_alone(void **state) {
    (void)state;
    struct folder f;
    open_folder(&f);
    write_file(f.file, "define  a= = b\n");
    assert_int_equal(run(&f, ""), 1);
    assert_int_equal(run(&f, "--check"), 1);
    assert_file(f.file, "define  a= = b\n");
    assert_int_equal(run(&f, "--lang fr"), 2);
    assert_int_equal(run(&f, "--check -o -"), 2);
    assert_int_equal(run(&f, "/nowhere/b.pol"), 3);
    close_folder(&f);
}

static void the_command_lists_files(void **state) {
    (void)state;
    struct folder f;
    open_folder(&f);
    write_file(f.file, "\xef\xbb\xbf"
                       "define a = b\n"); /* a mark of byte order is dropped */
    assert_int_equal(run(&f, "--check"), 1);
    char expected[96];
    snprintf(expected, sizeof expected, "%s\n", f.file);
    assert_file(f.out, expected);
    close_folder(&f);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blanks_are_uniform),
        cmocka_unit_test(punctuation_is_that_of_the_language),
        cmocka_unit_test(quotes_become_straight),
        cmocka_unit_test(a_clause_number_is_kept),
        cmocka_unit_test(lines_are_indented),
        cmocka_unit_test(second_statements_stand_in_a_column),
        cmocka_unit_test(keywords_change),
        cmocka_unit_test(names_with_a_meaning_change),
        cmocka_unit_test(shares_change_places),
        cmocka_unit_test(traditional_stays_traditional),
        cmocka_unit_test(units_come_back),
        cmocka_unit_test(types_are_those_of_the_checker),
        cmocka_unit_test(mistakes_are_reported),
        cmocka_unit_test(policies_come_back),
        cmocka_unit_test(the_command_writes_in_place),
        cmocka_unit_test(the_command_leaves_mistakes_alone),
        cmocka_unit_test(the_command_lists_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
