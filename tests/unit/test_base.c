/* test_base.c - arena, text, sources, diagnostics, SHA-256. Expected values worked out by hand or from the standards.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/diag_print.h"
#include "digest.h"

static struct text T(const char *z) {
    return text_of(z);
}

/* ---- arena ------------------------------------------------------------------------------------------------------ */

static void
arena_gives_zeroed_aligned_memory(void **state) {
    (void)state;
    struct arena *a = arena_new();
    for (size_t size = 0; size < 300000; size = size * 2 + 1) {
        unsigned char *p = arena_alloc(a, size);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        for (size_t i = 0; i < size; i++)
            assert_int_equal(p[i], 0);
        memset(p, 0xff, size);
    }
    arena_free(a);
    arena_free(NULL);
}

static void arena_limit_leaves_through_the_target(void **state) {
    (void)state;
    struct arena *a = arena_new();
    jmp_buf outer, inner;
    assert_null(arena_on_failure(a, &outer));
    assert_ptr_equal(arena_on_failure(a, &inner), &outer);
    arena_limit(a, 1 << 20);
    volatile size_t got = 0;
    if (setjmp(inner) == 0) {
        for (;;) {
            arena_alloc(a, 1000);
            got += 1000;
        }
    }
    assert_true(arena_failed(a));
    assert_in_range(got, 1 << 18, 1 << 20);
    if (setjmp(inner) == 0) {
        arena_array(a, SIZE_MAX / 2, 3); /* the product overflows */
        fail();
    }
    arena_free(a);
}

static void arrays_grow_by_doubling(void **state) {
    (void)state;
    struct arena *a = arena_new();
    size_t capacity = 0;
    int *numbers = NULL;
    for (size_t i = 0; i < 1000; i++) {
        numbers = arena_grow(a, numbers, i, &capacity, i + 1, sizeof *numbers);
        numbers[i] = (int)i;
    }
    assert_int_equal(capacity, 1024);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(numbers[i], i);
    arena_free(a);
}

/* ---- text ------------------------------------------------------------------------------------------------------- */

static void decoding_rejects_malformed_bytes(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        uint32_t code;
        size_t size;
    } cases[] = {
        {"A", 'A', 1},
        {"é", 0xe9, 2},
        {"万", 0x4e07, 3},
        {"😀", 0x1f600, 4},
        {"\x80", 0xfffd, 1},             /* continuation alone */
        {"\xc0\xaf", 0xfffd, 1},         /* overlong '/' */
        {"\xe0\x80\x80", 0xfffd, 1},     /* overlong NUL */
        {"\xed\xa0\x80", 0xfffd, 1},     /* surrogate */
        {"\xf4\x90\x80\x80", 0xfffd, 1}, /* beyond U+10FFFF */
        {"\xe4\xb8", 0xfffd, 1},         /* cut short */
        {"\xff", 0xfffd, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        size_t size;
        assert_int_equal(text_decode(T(cases[i].bytes), &size), cases[i].code);
        assert_int_equal(size, cases[i].size);
    }
    size_t size = 9;
    text_decode(T(""), &size);
    assert_int_equal(size, 0);
}

static void encoding_is_the_inverse_of_decoding(void **state) {
    (void)state;
    for (uint32_t code = 0; code < 0x110000; code += 7) {
        if (code >= 0xd800 && code < 0xe000)
            continue;
        char out[4];
        size_t size = text_encode(code, out), read;
        assert_int_equal(text_decode((struct text){out, size}, &read), code);
        assert_int_equal(read, size);
    }
}

static void widths_are_those_of_a_terminal(void **state) {
    (void)state;
    assert_int_equal(text_width(T("award 2")), 7);
    assert_int_equal(text_width(T("奖励")), 4);
    assert_int_equal(text_width(T("（五）：")), 8);
    assert_int_equal(text_width(T("２万")), 4);
    assert_int_equal(text_width(T("e\xcc\x81")), 1);     /* combining acute */
    assert_int_equal(text_width(T("a\xe2\x80\x8b")), 1); /* zero-width space */
    assert_int_equal(text_width(T("Δж“")), 3);
}

static void comparison_is_by_bytes(void **state) {
    (void)state;
    assert_true(text_equal(T("ab"), T("ab")));
    assert_false(text_equal(T("ab"), T("abc")));
    assert_true(text_equal((struct text){NULL, 0}, T("")));
    assert_true(text_compare(T("ab"), T("abc")) < 0);
    assert_true(text_compare(T("b"), T("abc")) > 0);
    assert_int_equal(text_compare(T("x"), T("x")), 0);
    assert_true(text_compare(T("z"), T("万")) < 0);
}

static void buffers_hold_what_was_added(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct text_buffer b = {.arena = a};
    assert_string_equal(text_of_buffer(&b).data, "");
    for (int i = 0; i < 1000; i++) {
        text_addf(&b, "%d,", i % 10);
        text_add(&b, T("ab"));
    }
    struct text all = text_of_buffer(&b);
    assert_int_equal(all.size, 4000);
    assert_memory_equal(all.data + 3996, "9,ab", 5);
    text_addf(&b, "%0200d", 7); /* longer than the first guess */
    assert_int_equal(text_of_buffer(&b).size, 4200);
    assert_string_equal(text_format(a, "%s=%d", "x", 5).data, "x=5");
    arena_free(a);
}

static void maps_find_what_was_put_in(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct text_map *map = text_map_new(a);
    static int values[5000];
    char key[16];
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        void **slot = text_map_slot(map, T(key));
        assert_null(*slot);
        *slot = &values[i];
    }
    for (int i = 0; i < 5000; i++) {
        snprintf(key, sizeof key, "k%d", i);
        assert_ptr_equal(text_map_get(map, T(key)), &values[i]);
        assert_ptr_equal(*text_map_slot(map, T(key)), &values[i]);
    }
    assert_null(text_map_get(map, T("k5000")));
    assert_null(text_map_get(map, T("")));
    *text_map_slot(map, T("")) = values;
    assert_ptr_equal(text_map_get(map, T("")), values);
    arena_free(a);
}

/* ---- sources ---------------------------------------------------------------------------------------------------- */

static void places_count_lines_and_characters(void **state) {
    (void)state;
    struct arena *a = arena_new();
    struct sources s;
    sources_init(&s, a);
    sources_add(&s, T("one"), T("x"));
    struct source *f = sources_add(&s, T("two.pol"), T("a\r\n奖励 b\nlast"));
    assert_string_equal(sources_place(&s, f->base).path.data, "two.pol");
    struct place p = sources_place(&s, f->base + 3 + 7); /* b: after two ideographs and a blank */
    assert_int_equal(p.line, 2);
    assert_int_equal(p.column, 4);
    assert_true(text_equal(p.line_text, T("奖励 b")));
    assert_int_equal(p.line_lo, f->base + 3);
    p = sources_place(&s, f->base + (uint32_t)f->bytes.size); /* the end is a place too */
    assert_int_equal(p.line, 3);
    assert_int_equal(p.column, 5);
    assert_true(text_equal(sources_place(&s, f->base + 1).line_text, T("a"))); /* without CR */
    assert_int_equal(sources_place(&s, 0).line, 0);
    assert_int_equal(sources_place(&s, 100000).line, 0);
    assert_true(text_equal(sources_text(&s, (struct span){f->base + 3, f->base + 9}), T("奖励")));
    assert_int_equal(sources_text(&s, (struct span){0, 0}).size, 0);
    f = sources_add(&s, T("old.pol"),
                    T("# a\r奖励\rb\r")); /* carriage returns alone end lines; beside line feeds they do not */
    assert_true(text_equal(f->bytes, T("# a\n奖励\nb\n")));
    assert_int_equal(sources_place(&s, f->base + 11).line, 3);
    f = sources_add(&s, T("odd.pol"), T("a\rb\n"));
    assert_true(text_equal(f->bytes, T("a\rb\n")));
    arena_free(a);
}

static void spans_join_to_the_smallest_that_covers_both(void **state) {
    (void)state;
    struct span j = span_join((struct span){5, 7}, (struct span){2, 6});
    assert_int_equal(j.lo, 2);
    assert_int_equal(j.hi, 7);
    j = span_join((struct span){0, 0}, (struct span){2, 6});
    assert_int_equal(j.lo, 2);
}

static void reading_skips_the_byte_order_mark(void **state) {
    (void)state;
    char path[] = "/tmp/pol_test_base_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "\xef\xbb\xbfpolicy", 9), 9);
    struct arena *a = arena_new();
    struct sources s;
    sources_init(&s, a);
    struct source *f;
    assert_int_equal(sources_read(&s, T(path), &f), SOURCE_OK);
    assert_true(text_equal(f->bytes, T("policy")));
    assert_int_equal(f->bytes.data[6], 0);
    assert_int_equal(f->bytes.data[7], 0);
    assert_int_equal(ftruncate(fd, (off_t)SOURCE_SIZE_LIMIT + 1), 0);
    assert_int_equal(sources_read(&s, T(path), &f), SOURCE_TOO_LARGE);
    assert_null(f);
    assert_int_equal(sources_read(&s, T("/nowhere/x.pol"), &f), SOURCE_NOT_FOUND);
    assert_int_equal(sources_read(&s, T("/tmp"), &f), SOURCE_UNREADABLE);
    assert_int_equal(sources_read(&s, T("/dev/zero"), &f), SOURCE_TOO_LARGE);
    assert_int_equal(sources_read(&s, T("/dev/null"), &f), SOURCE_OK);
    assert_int_equal(f->bytes.size, 0);
    close(fd);
    unlink(path);
    arena_free(a);
}

/* ---- diagnostics ------------------------------------------------------------------------------------------------ */

struct shop {
    struct arena *arena;
    struct sources sources;
    struct diags diags;
    struct source *file;
};

static struct shop open_shop(const char *text) {
    struct shop s = {.arena = arena_new()};
    sources_init(&s.sources, s.arena);
    s.file = sources_add(&s.sources, T("p.pol"), T(text));
    return s;
}

static struct diag *report(struct shop *s, uint32_t lo, uint32_t hi, const char *message) {
    if (!s->diags.arena)
        diags_init(&s->diags, s->arena);
    return diag_add(&s->diags, DIAG_SYNTAX, (struct span){s->file->base + lo, s->file->base + hi}, "%s", message);
}

static const char *printed(struct shop *s, const struct diag *d, bool colour) {
    struct text_buffer out = {.arena = s->arena};
    diag_print(&out, &s->sources, d, colour);
    return text_of_buffer(&out).data;
}

static void carets_stand_under_wide_characters(void **state) {
    (void)state;
    struct shop s = open_shop("line 1\n  奖励 2万元 + 三件\n");
    struct diag *d = report(&s, 7 + 19, 7 + 25, "money expected, count found");
    diag_caret(&s.diags, d, "a count");
    diag_note(&s.diags, d, "only like can be added to like");
    diag_help(&s.diags, d, "write an amount");
    assert_string_equal(printed(&s, d, false), "error[E0105]: money expected, count found\n"
                                               " --> p.pol:2:12\n"
                                               "  |\n"
                                               "2 |   奖励 2万元 + 三件\n"
                                               "  |                ^^^^ a count\n"
                                               "  = note: only like can be added to like\n"
                                               "  = help: write an amount\n");
    arena_free(s.arena);
}

static void tabs_go_to_the_next_stop(void **state) {
    (void)state;
    struct shop s = open_shop("\ta\tbc");
    struct diag *d = report(&s, 3, 5, "m");
    assert_string_equal(printed(&s, d, false), "error[E0105]: m\n"
                                               " --> p.pol:1:4\n"
                                               "  |\n"
                                               "1 |     a   bc\n"
                                               "  |         ^^\n");
    arena_free(s.arena);
}

static void labels_show_their_own_lines(void **state) {
    (void)state;
    struct shop s = open_shop("item a {\n  award 1\n\n  cap b\n");
    struct diag *d = report(&s, 26, 27, "m"); /* the b of line 4 */
    diag_label(&s.diags, d, (struct span){s.file->base, s.file->base + 4}, "opened here");
    diag_label(&s.diags, d, (struct span){s.file->base + 22, s.file->base + 25}, "this cap");
    assert_string_equal(printed(&s, d, false), "error[E0105]: m\n"
                                               " --> p.pol:4:7\n"
                                               "  |\n"
                                               "4 |   cap b\n"
                                               "  |       ^\n"
                                               "  |   --- this cap\n"
                                               "...\n"
                                               "1 | item a {\n"
                                               "  | ---- opened here\n");
    arena_free(s.arena);
}

static void remarks_stay_within_eighty_columns(void **state) {
    (void)state;
    struct shop s = open_shop("abc\n");
    struct diag *d = report(&s, 0, 3, "m");
    diag_note(&s.diags, d, "%s", "一二三四五六七八九十一二三四五六七八九十 一二三四五六七八九十 abcdefghi jkl");
    const char *text = printed(&s, d, false);
    /* `  = note: ` is ten columns wide; 40 + 1 + 20 of ideographs and 1 + 8 more letters would end in column 80 */
    assert_non_null(strstr(text, "\n  = note: 一二三四五六七八九十一二三四五六七八九十 一二三四五六七八九十\n"
                                 "          abcdefghi jkl\n"));
    d = report(&s, 0, 3, "m");
    diag_note(&s.diags, d, "%s", "一二三四五六七八九十一二三四五六七八九十 一二三四五六七八九十 abcdefgh jkl");
    assert_non_null(strstr(printed(&s, d, false), "一二三四五六七八九十 abcdefgh\n          jkl\n"));
    arena_free(s.arena);
}

static void long_lines_are_cut_round_the_place(void **state) {
    (void)state;
    enum { SIZE = 1000000, AT = 500000 };
    char *line = malloc(SIZE + 1);
    memset(line, 'x', SIZE);
    line[SIZE] = 0;
    memcpy(line + AT, "HERE", 4);
    struct shop s = open_shop(line);
    struct diag *d = report(&s, AT, AT + 4, "m");
    const char *text = printed(&s, d, false);
    assert_true(strlen(text) < 400);
    const char *source_line = strstr(text, "1 | …") + 4, *caret_line = strstr(text, "^^^^");
    const char *row = caret_line;
    while (row[-1] != '\n')
        row--;
    /* "…" is three bytes and one column: 40 columns of lead, then the place */
    assert_int_equal(strstr(source_line, "HERE") - source_line, 3 + 40);
    assert_int_equal(caret_line - row, 4 + 1 + 40);
    arena_free(s.arena);
    free(line);
}

static void terminal_controls_are_made_harmless(void **state) {
    (void)state;
    struct shop s = open_shop("a\x1b[2J\xe2\x80\xae"
                              "b\xff");
    struct diag *d = report(&s, 8, 9, "evil \x1b[0m");
    const char *text = printed(&s, d, false);
    assert_null(strchr(text, '\x1b'));
    assert_null(strstr(text, "\xe2\x80\xae"));
    assert_non_null(strstr(text, "1 | a\xef\xbf\xbd[2J\xef\xbf\xbd"
                                 "b\xef\xbf\xbd\n"
                                 "  |       ^\n"));
    assert_non_null(strstr(printed(&s, d, true), "\033[1;31merror[E0105]"));
    arena_free(s.arena);
}

static void a_place_behind_the_end_can_be_shown(void **state) {
    (void)state;
    struct shop s = open_shop("ab\n");
    struct diag *d = report(&s, 3, 3, "m");
    assert_string_equal(printed(&s, d, false), "error[E0105]: m\n --> p.pol:2:1\n  |\n2 | \n  | ^\n");
    d = diag_add(&s.diags, DIAG_FILE, (struct span){0, 0}, "cannot read `x`");
    assert_string_equal(printed(&s, d, false), "error[E0001]: cannot read `x`\n");
    arena_free(s.arena);
}

static void records_beyond_the_limit_are_only_counted(void **state) {
    (void)state;
    struct shop s = open_shop("abcdef");
    for (uint32_t i = 0; i < 1000; i++) {
        struct diag *d = report(&s, i % 6, i % 6 + 1, "m");
        diag_note(&s.diags, d, "n");
        diag_label(&s.diags, d, d->span, "l");
    }
    size_t kept = 0;
    diags_sort(&s.diags);
    uint32_t before = 0;
    for (const struct diag *d = s.diags.first; d; d = d->next, kept++) {
        assert_true(d->span.lo >= before);
        before = d->span.lo;
    }
    assert_int_equal(kept, 200);
    assert_int_equal(s.diags.error_count, 1000);
    assert_null(s.diags.last->next);
    struct text_buffer out = {.arena = s.arena};
    diags_print(&out, &s.sources, &s.diags, false);
    assert_non_null(strstr(text_of_buffer(&out).data, "\n1000 errors; the first 200 are shown\n"));
    arena_free(s.arena);
}

/* ---- SHA-256: the examples of FIPS 180-4 ------------------------------------------------------------------------ */

static void check_digest(const char *data, size_t size, size_t step, const char *expected) {
    struct pol_sha256 h;
    pol_sha256_init(&h);
    for (size_t i = 0; i < size; i += step)
        pol_sha256_add(&h, data + i, size - i < step ? size - i : step);
    uint8_t out[32];
    char hex[65];
    pol_sha256_end(&h, out);
    for (int i = 0; i < 32; i++)
        snprintf(hex + 2 * i, 3, "%02x", out[i]);
    assert_string_equal(hex, expected);
}

static void digests_are_those_of_the_standard(void **state) {
    (void)state;
    check_digest("", 0, 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    check_digest("abc", 3, 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    const char *two = "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq";
    for (size_t step = 1; step < 57; step += 5)
        check_digest(two, 56, step, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    char *million = malloc(1000000);
    memset(million, 'a', 1000000);
    check_digest(million, 1000000, 999, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    free(million);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_gives_zeroed_aligned_memory),
        cmocka_unit_test(arena_limit_leaves_through_the_target),
        cmocka_unit_test(arrays_grow_by_doubling),
        cmocka_unit_test(decoding_rejects_malformed_bytes),
        cmocka_unit_test(encoding_is_the_inverse_of_decoding),
        cmocka_unit_test(widths_are_those_of_a_terminal),
        cmocka_unit_test(comparison_is_by_bytes),
        cmocka_unit_test(buffers_hold_what_was_added),
        cmocka_unit_test(maps_find_what_was_put_in),
        cmocka_unit_test(places_count_lines_and_characters),
        cmocka_unit_test(spans_join_to_the_smallest_that_covers_both),
        cmocka_unit_test(reading_skips_the_byte_order_mark),
        cmocka_unit_test(carets_stand_under_wide_characters),
        cmocka_unit_test(tabs_go_to_the_next_stop),
        cmocka_unit_test(labels_show_their_own_lines),
        cmocka_unit_test(remarks_stay_within_eighty_columns),
        cmocka_unit_test(long_lines_are_cut_round_the_place),
        cmocka_unit_test(terminal_controls_are_made_harmless),
        cmocka_unit_test(a_place_behind_the_end_can_be_shown),
        cmocka_unit_test(records_beyond_the_limit_are_only_counted),
        cmocka_unit_test(digests_are_those_of_the_standard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
