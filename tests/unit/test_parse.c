/* test_parse.c - scanner and parser: what is read, and what is said of what cannot be read (tests/diag/syntax). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ast/ast_build.h"
#include "ast/ast_print.h"
#include "base/diag_print.h"
#include "keywords.h"
#include "parse.h"

#ifndef POL_SOURCE_DIR
#define POL_SOURCE_DIR "."
#endif

struct parsed {
    struct arena *arena;
    struct sources sources;
    struct diags diags;
    struct ast_policy *policy;
};

static struct parsed begin(void) {
    return (struct parsed){.arena = arena_new()};
}

static void parse(struct parsed *k, struct source *file) {
    k->policy = parse_policy(&k->sources, file, &k->diags, k->arena);
    assert_non_null(k->policy);
    diags_sort(&k->diags);
}

static struct parsed parse_bytes(struct text bytes) {
    struct parsed k = begin();
    sources_init(&k.sources, k.arena);
    diags_init(&k.diags, k.arena);
    parse(&k, sources_add(&k.sources, TEXT("test.pol"), bytes));
    return k;
}

static struct parsed parse_path(const char *path) {
    struct parsed k = begin();
    sources_init(&k.sources, k.arena);
    diags_init(&k.diags, k.arena);
    struct source *file;
    assert_int_equal(sources_read(&k.sources, text_of(path), &file), SOURCE_OK);
    parse(&k, file);
    return k;
}

static void end(struct parsed *k) {
    arena_free(k->arena);
}

static void print_diags(const struct parsed *k) {
    for (const struct diag *d = k->diags.first; d; d = d->next) {
        struct place at = sources_place(&k->sources, d->span.lo);
        print_error("%.*s:%u: %s %.*s\n", TEXT_ARG(at.path), at.line, diag_code_name(d->code), TEXT_ARG(d->message));
    }
}

#define HEAD "policy p \"t\" { }\n"

/* ---- expressions ------------------------------------------------------------------------------------------------ */

/* The dump of `define x = SOURCE`; NULL = one mistake. */
static void check_expr(const char *source, const char *expected) {
    struct arena *arena = arena_new();
    struct text t = text_format(arena, HEAD "define x = %s\n", source);
    struct parsed k = parse_bytes(t);
    if (k.diags.error_count && expected)
        print_diags(&k);
    assert_int_equal(k.diags.error_count, expected ? 0 : 1);
    struct text_buffer out = {.arena = arena};
    if (expected) {
        ast_print_expr(&out, k.policy->statements->expr);
        assert_string_equal(text_of_buffer(&out).data, expected);
    }
    end(&k);
    arena_free(arena);
}

static void numbers_carry_scale_and_unit(void **state) {
    (void)state;
    static const struct {
        const char *source, *expected;
    } cases[] = {
        {"500", "(number 500)"},
        {"500万元", "(number 5000000 yuan)"},
        {"500 万元", "(number 5000000 yuan)"},
        {"５００万元", "(number 5000000 yuan)"},
        {"1.5亿元", "(number 150000000 yuan)"},
        {"1．50", "(number 3/2)"},
        {"0.05万", "(number 500)"},
        {"0.00005万", "(number 1/2)"},
        {"1万亿元", "(number 1000000000000 yuan)"},
        {"3億元", "(number 300000000 yuan)"},
        {"20 yuan", "(number 20 yuan)"},
        {"50 fen", "(number 1/2 fen)"},
        {"7分", "(number 7/100 fen)"},
        {"3件", "(number 3 count)"},
        {"2项次", "(number 2 count)"},
        {"5 years", "(number 5 years)"},
        {"1 year", "(number 1 years)"},
        {"10天", "(number 10 days)"},
        {"30日", "(number 30 days)"},
        {"50%", "(number 50 percent)"},
        {"0.5 ％", "(number 1/2 percent)"},
        {"12 percent", "(number 12 percent)"},
        {"000.000", "(number 0)"},
        {"1.000000000000000000000000", "(number 1)"},
        {"0.000000000000000001", "(number 1/1000000000000000000)"},
        {"1000000000000000000000000000000", "(number 1000000000000000000000000000000)"},
        {"8:2", "(ratio 8:2)"},
        {"８：２", "(ratio 8:2)"},
        {"2021-01-31", "(date 2021-01-31)"},
        {"2021年1月31日", "(date 2021-01-31)"},
        {"2021 年 1 月 31 日", "(date 2021-01-31)"},
        {"２０２１年１月３１日", "(date 2021-01-31)"},
        {"2000-02-29", "(date 2000-02-29)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_expr(cases[i].source, cases[i].expected);
}

static void words_behind_numbers_are_units_only_when_nothing_is_left(void **state) {
    (void)state;
    check_expr("5 and b", "(and (number 5) b)");
    check_expr("5万元且 b", "(and (number 50000 yuan) b)");
    check_expr("5 件数", NULL); /* a name behind a number: no unit 件 */
    check_expr("5年度", NULL);
    check_expr("tier x { 从1元至2元: 3 }", "(tier x (row (from (number 1 yuan)) (to (number 2 yuan)) (number 3)))");
    check_expr("n + 最高", NULL);
}

static void operators_bind_as_specified(void **state) {
    (void)state;
    static const struct {
        const char *source, *expected;
    } cases[] = {
        {"a + b * c", "(+ a (* b c))"},
        {"a - b - c", "(- (- a b) c)"},
        {"(a + b) * c", "(* (+ a b) c)"},
        {"a / b / c", "(/ (/ a b) c)"},
        {"-a * b", "(* (negate a) b)"},
        {"- - a", "(negate (negate a))"},
        {"a or b and not c = d", "(or a (and b (not (= c d))))"},
        {"not a and b", "(and (not a) b)"},
        {"a + 1 < b * 2", "(< (+ a (number 1)) (* b (number 2)))"},
        {"a is b", "(= a b)"},
        {"a is not b", "(!= a b)"},
        {"a is\n not b", "(!= a b)"},
        {"a 不少于 5", "(>= a (number 5))"},
        {"a 不超过 5", "(<= a (number 5))"},
        {"a 超过 5", "(> a (number 5))"},
        {"a 少于 5", "(< a (number 5))"},
        {"a in (b, c) or d", "(or (in a b c) d)"},
        {"a + 1 not in (b)", "(not-in (+ a (number 1)) b)"},
        {"not a in (b)", "(not (in a b))"},
        {"50% of a + b", "(+ (of (number 50 percent) a) b)"},
        {"a 的 50%", "(of (number 50 percent) a)"},
        {"成本的50%", "(of (number 50 percent) 成本)"},
        {"200元 for each n", "(for-each (number 200 yuan) n)"},
        {"a at most b or c", "(at-most a (or b c))"},
        {"a at most b at least c", "(at-least (at-most a b) c)"},
        {"assessed up to 50% of fee", "(up-to assessed (of (number 50 percent) fee))"},
        {"if a then b else c at most d", "(at-most (if a b c) d)"},
        {"if a or b then c else d or e", "(if (or a b) c (or d e))"},
        {"a + if b then c else d + e", "(+ a (if b c (+ d e)))"},
        {"max(a, b + 1)", "(call max a (+ b (number 1)))"},
        {"applicant.kind = claim . kind", "(= applicant.kind claim.kind)"},
        {"year >= 2023 and yes or 否", "(or (and (>= year (number 2023)) yes) no)"},
        {"by x { a, b: 1, c: 2 else: 3, }", "(by x (case a b : (number 1)) (case c : (number 2)) (else (number 3)))"},
        {"by applicant.x { a: 1 } at most 2", "(at-most (by applicant.x (case a : (number 1))) (number 2))"},
        {"tier x { from 1 to 2: a to 5: b, each full 2 adds 3, else: c }",
         "(tier x (row (from (number 1)) (to (number 2)) a) (row (to (number 5)) b (each-full (number 2)) (adds "
         "(number 3))) (else c))"},
        {"tier x { 从5元低于10元：1元，每满2元 增加 3元 }",
         "(tier x (row (from (number 5 yuan)) (below (number 10 yuan)) (number 1 yuan) (each-full (number 2 yuan)) "
         "(adds (number 3 yuan))))"},
        {"\"a \\\"b\\\" \\\\ \\n\"", "\"a \\\"b\\\" \\\\ \\x0a\""},
        {"“说 \"话\"”", "\"说 \\\"话\\\"\""},
        {"share(8:2) * missing", "(* (call share (ratio 8:2)) missing)"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_expr(cases[i].source, cases[i].expected);
}

/* ---- the tree --------------------------------------------------------------------------------------------------- */

static struct text file_text(struct arena *arena, const char *path) {
    struct sources s;
    sources_init(&s, arena);
    struct source *file;
    assert_int_equal(sources_read(&s, text_of(path), &file), SOURCE_OK);
    return file->bytes;
}

static struct text behind_first_line(struct text t) {
    const char *line_end = memchr(t.data, '\n', t.size);
    assert_non_null(line_end);
    return (struct text){line_end, t.size - (size_t)(line_end - t.data)};
}

/* all.pol uses every construct; in each set of keywords it is the same tree. */
static void every_construct_is_read_in_every_script(void **state) {
    (void)state;
    static const char *const names[] = {"all.pol", "all_zh.pol", "all_hant.pol"};
    struct arena *arena = arena_new();
    struct text golden = file_text(arena, POL_SOURCE_DIR "/tests/golden/ast/all.ast");
    for (size_t i = 0; i < 3; i++) {
        struct parsed k = parse_path(text_format(arena, "%s/tests/golden/ast/%s", POL_SOURCE_DIR, names[i]).data);
        print_diags(&k);
        assert_int_equal(k.diags.error_count, 0);
        assert_int_equal(k.policy->uses_chinese, i > 0);
        struct text_buffer out = {.arena = arena};
        ast_print(&out, k.policy);
        struct text made = text_of_buffer(&out);
        assert_string_equal(behind_first_line(made).data, behind_first_line(golden).data);
        end(&k);
    }
    arena_free(arena);
}

static void spans_cover_what_was_written(void **state) {
    (void)state;
    struct parsed k = parse_bytes(TEXT(HEAD "clause （五） \"题\" { require ok: a + 500 万元 >= b over_x }\n"
                                            "clause 7 declaratory # end\n"));
    assert_int_equal(k.diags.error_count, 1); /* over_x */
    end(&k);
    k = parse_bytes(
        TEXT(HEAD "clause （五） \"题\" { require ok: (a + 500 万元) >= b; }\nclause 7 declaratory # end\n"));
    assert_int_equal(k.diags.error_count, 0);
    const struct ast_clause *c = k.policy->clauses;
    assert_true(text_equal(c->number.text, TEXT("（五）")));
    assert_true(text_equal(sources_text(&k.sources, c->title->span), TEXT("\"题\"")));
    const struct ast_stmt *s = c->body;
    assert_true(text_equal(sources_text(&k.sources, s->span), TEXT("require ok: (a + 500 万元) >= b")));
    assert_true(text_equal(sources_text(&k.sources, s->name.span), TEXT("ok")));
    assert_true(text_equal(sources_text(&k.sources, s->expr->span), TEXT("(a + 500 万元) >= b")));
    assert_true(text_equal(sources_text(&k.sources, s->expr->u.binary.op_span), TEXT(">=")));
    const struct ast_expr *sum = s->expr->u.binary.left;
    assert_true(sum->parenthesised);
    assert_true(text_equal(sources_text(&k.sources, sum->u.binary.right->span), TEXT("500 万元")));
    assert_true(text_equal(sum->u.binary.right->u.number.digits, TEXT("500")));
    assert_true(text_equal(sum->u.binary.right->u.number.unit_text, TEXT("万元")));
    assert_true(text_equal(sources_text(&k.sources, c->next->span), TEXT("clause 7 declaratory")));
    assert_true(text_equal(sources_text(&k.sources, k.policy->comments->span), TEXT("# end")));
    end(&k);
}

static void keywords_have_one_meaning_each(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct keywords *k = keywords_new(arena);
    static const struct {
        const char *a, *b;
    } same[] = {{"award", "奖励"}, {"award", "獎勵"}, {"at most", "最高"}, {"每", "per"}, {"not in", "非 屬於"}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++)
        assert_ptr_equal(keywords_find(k, text_of(same[i].a))->keyword, keywords_find(k, text_of(same[i].b))->keyword);
    assert_true(keywords_find(k, TEXT("at"))->begins_pair);
    assert_null(keywords_find(k, TEXT("at"))->keyword);
    assert_null(keywords_find(k, TEXT("applicants")));
    /* no spelling belongs to two tokens */
    static const char *const all[][4] = {
#define KEYWORD(token, english, simplified, traditional) {#token, english, simplified, traditional},
#define ALSO(token, spelling)                            {#token, spelling, NULL, NULL},
#include "keywords.def"
#undef KEYWORD
#undef ALSO
    };
    struct text_map *seen = text_map_new(arena);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        for (size_t j = 1; j < 4; j++) {
            void **slot = all[i][j] ? text_map_slot(seen, text_of(all[i][j])) : NULL;
            if (slot && *slot && strcmp(*slot, all[i][0]) != 0)
                fail_msg("%s is %s and %s", all[i][j], (char *)*slot, all[i][0]);
            if (slot)
                *slot = (void *)(uintptr_t)all[i][0];
        }
    arena_free(arena);
}

static void columns_may_be_called_item_and_year(void **state) {
    (void)state;
    struct parsed k = parse_bytes(TEXT(HEAD "applicant {\n year\n a: money\n 年度 \"年份\"\n}\n"
                                            "claim {\n item as \"事项\"\n item\n b: money\n}\n"));
    print_diags(&k);
    assert_int_equal(k.diags.error_count, 0);
    assert_true(text_equal(k.policy->applicant->names->name.text, TEXT("year")));
    assert_true(text_equal(k.policy->applicant->next->next->names->name.text, TEXT("year")));
    assert_true(text_equal(k.policy->claim->names->name.text, TEXT("item")));
    assert_true(text_equal(k.policy->claim->names->columns->text, TEXT("事项")));
    assert_true(text_equal(k.policy->claim->next->names->name.text, TEXT("item")));
    end(&k);
}

/* ---- mistakes: every file of tests/diag/syntax says beside each line, `#! CODE words`, what is said of it ---------
 */

struct wanted {
    uint32_t line;
    struct text code, words;
};

static size_t find_bytes(struct text t, const char *what) {
    const char *at = memmem(t.data, t.size, what, strlen(what));
    return at ? (size_t)(at - t.data) : t.size;
}

static size_t wanted_of(struct text t, struct wanted *out, size_t room) {
    size_t count = 0;
    for (uint32_t line = 1; t.size; line++) {
        size_t line_size = find_bytes(t, "\n");
        struct text rest = {t.data, line_size};
        for (size_t at; (at = find_bytes(rest, "#! ")) < rest.size;) {
            rest = (struct text){rest.data + at + 3, rest.size - at - 3};
            if (rest.size < 5 || rest.data[0] != 'E')
                continue; /* `nothing`, for people */
            size_t size = find_bytes(rest, "#! ");
            struct text words = {rest.data + 6, size - 6};
            while (words.size && words.data[words.size - 1] == ' ')
                words.size--;
            assert_true(count < room);
            out[count++] = (struct wanted){line, {rest.data, 5}, words};
        }
        size_t step = line_size < t.size ? line_size + 1 : line_size;
        t = (struct text){t.data + step, t.size - step};
    }
    return count;
}

static bool meets(const struct parsed *k, const struct diag *d, const struct wanted *w) {
    return d && sources_place(&k->sources, d->span.lo).line == w->line &&
           text_equal(text_of(diag_code_name(d->code)), w->code) &&
           memmem(d->message.data, d->message.size, w->words.data, w->words.size);
}

/* Everything wanted is said, in this order, and nothing else. */
static bool says_what_is_wanted(const char *path) {
    enum { ROOM = 256 };
    static struct wanted wanted[ROOM];
    struct parsed k = parse_path(path);
    size_t count = wanted_of(k.sources.first->bytes, wanted, ROOM), i = 0;
    bool good = true;
    const struct diag *d = k.diags.first;
    while (i < count || d) {
        uint32_t line = d ? sources_place(&k.sources, d->span.lo).line : UINT32_MAX;
        if (i < count && meets(&k, d, &wanted[i])) {
            d = d->next;
            i++;
            continue;
        }
        good = false;
        if (i < count && wanted[i].line <= line) {
            print_error("%s:%u: not said: %.*s %.*s\n", path, wanted[i].line, TEXT_ARG(wanted[i].code),
                        TEXT_ARG(wanted[i].words));
            i++;
        } else {
            print_error("%s:%u: said: %s %.*s\n", path, line, diag_code_name(d->code), TEXT_ARG(d->message));
            d = d->next;
        }
    }
    end(&k);
    return good;
}

static void mistakes_are_told_once_each(void **state) {
    (void)state;
    DIR *folder = opendir(POL_SOURCE_DIR "/tests/diag/syntax");
    assert_non_null(folder);
    bool good = true;
    size_t files = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char path[4096];
        if (!strstr(entry->d_name, ".pol"))
            continue;
        snprintf(path, sizeof path, "%s/tests/diag/syntax/%s", POL_SOURCE_DIR, entry->d_name);
        good = says_what_is_wanted(path) && good;
        files++;
    }
    closedir(folder);
    assert_true(files >= 4);
    assert_true(good);
}

static const struct diag *only_diag(const struct parsed *k) {
    if (k->diags.error_count != 1)
        print_diags(k);
    assert_int_equal(k->diags.error_count, 1);
    return k->diags.first;
}

static void check_help(const char *source, const char *help) {
    struct arena *arena = arena_new();
    struct parsed k = parse_bytes(text_format(arena, HEAD "%s\n", source));
    const struct diag *d = only_diag(&k);
    if (!d->helps)
        fail_msg("no help for %s: %s", source, d->message.data);
    assert_string_equal(d->helps->text.data, help);
    end(&k);
    arena_free(arena);
}

static void helps_name_the_remedy(void **state) {
    (void)state;
    check_help("reqiure a", "did you mean `require`?");
    check_help("要求首次产业化 且 b", "put a blank behind the keyword: `要求 首次产业化`");
    check_help("define limit = 5", "write another name, such as `limit_1`");
    check_help("define a = 0 < b < 5", "comparisons are joined with `and`: a < b and b < c");
    check_help("define a = b at 5", "did you mean `at most`?");
    check_help("define a = 1,000", "numbers are written without commas: 1000000, or 100万");
    check_help("define a = ｂ", "write `b`, which looks alike");
    check_help("define a = b\xe2\x80\x8b", "remove it; it may have come in by copying");
    check_help("define a = 成本的 50%", "if the keyword `的` is meant, put a blank before it: `成本 的`");
    check_help("define a = 按级别 { b: 1 }", "if the keyword `按` is meant, put a blank behind it: `按 级别`");
    check_help("clause third { }", "the number of a clause is written 7, （五）, 第五条 or \"5a\"");
    check_help("effective from 2021-01-01", "it belongs into `policy NAME { … }` at the beginning");
    check_help("define a = tier x { from 5:2 }",
               "digits on both sides of a colon are a ratio; put a blank behind the colon");
}

static void a_file_needs_one_policy_and_it_comes_first(void **state) {
    (void)state;
    static const struct {
        const char *source, *message;
    } cases[] = {
        {"", "this file has no `policy`"},
        {"# nothing\n", "this file has no `policy`"},
        {"define a = 1\n", "this file has no `policy`"},
        {"define a = 1\n" HEAD, "`policy` comes first"},
        {HEAD HEAD, "a file has one `policy`"},
        {"policy p { ", "`}` is missing at the end of the file"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed k = parse_bytes(text_of(cases[i].source));
        assert_string_equal(only_diag(&k)->message.data, cases[i].message);
        end(&k);
    }
}

static void bytes_that_are_no_text_are_told(void **state) {
    (void)state;
    static const struct {
        struct text source;
        const char *message;
    } cases[] = {
        {TEXT(HEAD "define a = \xff\xfe\x80 1"), "byte 0xFF is not UTF-8"},
        {TEXT(HEAD "# comment \xc3\x28"), "byte 0xC3 is not UTF-8"},
        {TEXT(HEAD "quote \"\xe4\xb8\""), "byte 0xE4 is not UTF-8"},
        {TEXT(HEAD "define a\0 = 1"), "NUL (U+0000) cannot stand here"},
        {TEXT(HEAD "quote \"a\0b\""), "NUL (U+0000) cannot stand here"},
        {TEXT(HEAD "define a = 1\x01"), "control character (U+0001) cannot stand here"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct parsed k = parse_bytes(cases[i].source);
        assert_string_equal(only_diag(&k)->message.data, cases[i].message);
        end(&k);
    }
}

/* ---- includes --------------------------------------------------------------------------------------------------- */

static void write_file(const char *folder, const char *name, const char *content) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fputs(content, f);
    fclose(f);
}

static void remove_file(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    unlink(path);
}

static void includes_are_merged_and_cycles_told(void **state) {
    (void)state;
    char folder[] = "/tmp/pol_test_parse_XXXXXX", path[4096];
    assert_non_null(mkdtemp(folder));
    write_file(folder, "main.pol",
               "include \"./b.pol\"\n" HEAD "define a = 1 include \"b.pol\"\ninclude \"c.pol\"\n"
               "include \"none.pol\" define z = 26");
    write_file(folder, "b.pol", "define b = 2\n");
    write_file(folder, "c.pol", "define c = 3 include \"main.pol\"\ndefine d = + \n");
    snprintf(path, sizeof path, "%s/main.pol", folder);
    struct parsed k = parse_path(path);
    /* in the order of reading: b first, once; c and z behind a */
    const char *const names[] = {"b", "a", "c", "z"};
    const struct ast_stmt *s = k.policy->statements;
    for (size_t i = 0; i < 4; i++, s = s->next)
        assert_true(text_equal(s->name.text, text_of(names[i])));
    assert_null(s);
    assert_int_equal(k.diags.error_count, 3);
    assert_string_equal(k.diags.first->message.data, "cannot read `none.pol`");
    assert_string_equal(k.diags.first->notes->text.data, "No such file or directory");
    assert_string_equal(k.diags.first->next->message.data, "`main.pol` includes itself");
    struct place at = sources_place(&k.sources, k.diags.last->span.lo);
    assert_int_equal(at.line, 2);
    assert_non_null(strstr(at.path.data, "/c.pol"));
    end(&k);
    remove_file(folder, "main.pol");
    remove_file(folder, "b.pol");
    remove_file(folder, "c.pol");
    rmdir(folder);
}

static void long_chains_of_includes_are_cut(void **state) {
    (void)state;
    char folder[] = "/tmp/pol_test_parse_XXXXXX", path[4096], name[32], content[64];
    assert_non_null(mkdtemp(folder));
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "f%d.pol", i);
        snprintf(content, sizeof content, "%sinclude \"f%d.pol\"\n", i ? "" : HEAD, i + 1);
        write_file(folder, name, content);
    }
    snprintf(path, sizeof path, "%s/f0.pol", folder);
    struct parsed k = parse_path(path);
    assert_int_equal(only_diag(&k)->code, DIAG_NESTING);
    end(&k);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "f%d.pol", i);
        remove_file(folder, name);
    }
    rmdir(folder);
}

/* ---- size and memory -------------------------------------------------------------------------------------------- */

/* HEAD, then `first`, `count` times `part`, `last`. */
static struct text repeated(struct arena *arena, const char *first, const char *part, size_t count, const char *last) {
    struct text_buffer b = {.arena = arena};
    text_add(&b, TEXT(HEAD));
    text_add(&b, text_of(first));
    for (size_t i = 0; i < count; i++)
        text_add(&b, text_of(part));
    text_add(&b, text_of(last));
    return text_of_buffer(&b);
}

static void what_is_nested_too_deeply_is_told(void **state) {
    (void)state;
    static const struct {
        const char *first, *part, *last;
    } cases[] = {
        {"define x = ", "(", "1"},         {"define x = ", "not ", "a"},       {"define x = ", "-", "a"},
        {"define x = ", "if a then ", ""}, {"define x = ", "by a { b: ", "1"}, {"", "item a { ", ""},
        {"define x = ", "min(1, ", "1"},   {"define x = ", "a in (", "1"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena *arena = arena_new();
        struct parsed k = parse_bytes(repeated(arena, cases[i].first, cases[i].part, 100000, cases[i].last));
        assert_int_equal(k.diags.first->code, DIAG_NESTING);
        assert_in_range(k.diags.error_count, 1, 2);
        end(&k);
        arena_free(arena);
    }
}

static void a_chain_of_100000_terms_is_one_mistake(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct parsed k = parse_bytes(repeated(arena, "define x = a", " + a", 100000, "\ndefine y = 1"));
    assert_int_equal(only_diag(&k)->code, DIAG_NESTING);
    assert_true(k.policy->statements->expr->height <= AST_HEIGHT_LIMIT);
    assert_true(text_equal(k.policy->statements->next->name.text, TEXT("y")));
    end(&k);
    k = parse_bytes(repeated(arena, "define x = a", " + a", 900, ""));
    assert_int_equal(k.diags.error_count, 0);
    end(&k);
    k = parse_bytes(repeated(arena, "define x = ", "(", 1000, "1"));
    assert_int_equal(k.diags.error_count, 1); /* no `)`, but not too deep */
    assert_int_equal(k.diags.first->code, DIAG_SYNTAX);
    end(&k);
    arena_free(arena);
}

static void many_clauses_and_long_lines_are_read(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct parsed k = parse_bytes(repeated(arena, "", "clause 1 { quote \"x\" } ", 100000, ""));
    assert_int_equal(k.diags.error_count, 0);
    size_t count = 0;
    for (const struct ast_clause *c = k.policy->clauses; c; c = c->next)
        count++;
    assert_int_equal(count, 100000);
    end(&k);
    k = parse_bytes(repeated(arena, "define x = 1 ", "          ", 500000, "+ *"));
    struct text_buffer out = {.arena = k.arena};
    diags_print(&out, &k.sources, &k.diags, false);
    assert_true(out.size < 1000);
    end(&k);
    arena_free(arena);
}

static void parse_within(struct arena *arena, struct text source) {
    struct sources sources;
    struct diags diags;
    sources_init(&sources, arena);
    diags_init(&diags, arena);
    struct source *file = sources_add(&sources, TEXT("x"), source);
    assert_non_null(parse_policy(&sources, file, &diags, arena));
}

/* Whatever the bound on memory, the parse ends with a tree or through the caller's target, and nothing leaks. */
static void running_out_of_memory_leaves_nothing_behind(void **state) {
    (void)state;
    struct arena *input = arena_new();
    struct text source = repeated(input, "define x = ", "1 + (", 5000, "2");
    volatile size_t failed = 0;
    for (volatile size_t bound = 70000; bound < 4000000; bound += bound / 8) {
        struct arena *arena = arena_new();
        jmp_buf out_of_memory;
        arena_on_failure(arena, &out_of_memory);
        arena_limit(arena, bound);
        if (setjmp(out_of_memory))
            failed++;
        else
            parse_within(arena, source);
        arena_free(arena);
    }
    assert_true(failed > 3);
    arena_free(input);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_carry_scale_and_unit),
        cmocka_unit_test(words_behind_numbers_are_units_only_when_nothing_is_left),
        cmocka_unit_test(operators_bind_as_specified),
        cmocka_unit_test(every_construct_is_read_in_every_script),
        cmocka_unit_test(spans_cover_what_was_written),
        cmocka_unit_test(keywords_have_one_meaning_each),
        cmocka_unit_test(columns_may_be_called_item_and_year),
        cmocka_unit_test(mistakes_are_told_once_each),
        cmocka_unit_test(helps_name_the_remedy),
        cmocka_unit_test(a_file_needs_one_policy_and_it_comes_first),
        cmocka_unit_test(bytes_that_are_no_text_are_told),
        cmocka_unit_test(includes_are_merged_and_cycles_told),
        cmocka_unit_test(long_chains_of_includes_are_cut),
        cmocka_unit_test(what_is_nested_too_deeply_is_told),
        cmocka_unit_test(a_chain_of_100000_terms_is_one_mistake),
        cmocka_unit_test(many_clauses_and_long_lines_are_read),
        cmocka_unit_test(running_out_of_memory_leaves_nothing_behind),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
