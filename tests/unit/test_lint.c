/* The lints: each fires where `#! CODE words` stands in tests/diag/lint, and nowhere else; what is accepted is silent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "diag_expect.h"
#include "driver/pipeline.h"
#include "driver/severity.h"

static int compare_file(const char *path) {
    struct arena *arena = arena_new();
    struct pipeline p;
    enum pipeline_status status = pipeline_run(&p, arena, path, PIPELINE_LINT);
    assert_int_equal(status, PIPELINE_OK);
    int wrong = expect_diags(path, p.file->bytes, &p.sources, p.diags.first);
    arena_free(arena);
    return wrong;
}

static void test_findings(void **state) {
    (void)state;
    expect_folder(POL_SOURCE_DIR "/tests/diag/lint", 6, compare_file);
}

/* The policies we ship are clean, or say why not; that a date is still open stays a warning (contract, Lianzhou). */
static void test_policies(void **state) {
    (void)state;
    static const char *const names[] = {"policies/dongyang", "policies/lianzhou",       "policies/zhangzhou",
                                        "policies/ningbo",   "examples/policies/green", "examples/policies/talent"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s.pol", POL_SOURCE_DIR, names[i]);
        struct arena *arena = arena_new();
        struct pipeline p;
        assert_int_equal(pipeline_run(&p, arena, path, PIPELINE_LINT), PIPELINE_OK);
        unsigned open = 0;
        for (const struct diag *d = p.diags.first; d; d = d->next) {
            if (d->code != DIAG_PARAM_PENDING)
                print_error("%s: %s %.*s\n", path, diag_code_name(d->code), TEXT_ARG(d->message));
            assert_int_equal(d->code, DIAG_PARAM_PENDING);
            open++;
        }
        assert_int_equal(open, strcmp(names[i], "policies/lianzhou") == 0 ? 1 : 0);
        arena_free(arena);
    }
}

static void test_levels(void **state) {
    (void)state;
    struct diag_levels levels = {0};
    assert_null(severity_read("W0805=error,W0806=off", &levels));
    assert_int_equal(levels.of[DIAG_CLIFF], DIAG_AS_ERROR);
    assert_int_equal(levels.of[DIAG_AWARD_FALLS], DIAG_OFF);
    assert_int_equal(levels.of[DIAG_NOT_ONCE], DIAG_AS_IS);
    assert_null(severity_read("all=off,W0805=warning", &levels));
    assert_int_equal(levels.of[DIAG_CLIFF], DIAG_AS_WARNING);
    assert_int_equal(levels.of[DIAG_NOT_ONCE], DIAG_OFF);
    assert_non_null(severity_read("", &levels));
    assert_non_null(severity_read("W0805", &levels));
    assert_non_null(severity_read("W0805=loud", &levels));
    assert_non_null(severity_read("W9999=off", &levels));
    assert_non_null(severity_read("E0101=off", &levels));
    assert_non_null(severity_read("W0805=off,", &levels));
}

/* Three findings: one is accepted, one switched off, one made an error. */
static void test_settle(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct diags d;
    struct diag_levels levels = {0};
    diags_init(&d, arena);
    struct span here = {1, 2};
    diag_add(&d, DIAG_CLIFF, here, "a")->accepted = TEXT("why");
    diag_add(&d, DIAG_AWARD_FALLS, here, "b");
    diag_add(&d, DIAG_NOT_ONCE, here, "c");
    diag_add(&d, DIAG_NAME_UNKNOWN, here, "d");
    levels.of[DIAG_AWARD_FALLS] = levels.of[DIAG_NAME_UNKNOWN] = DIAG_OFF;
    levels.of[DIAG_NOT_ONCE] = DIAG_AS_ERROR;
    diags_settle(&d, &levels);
    assert_int_equal(d.error_count, 2);
    assert_int_equal(d.warning_count, 0);
    assert_int_equal(d.first->code, DIAG_NOT_ONCE);
    assert_int_equal(d.first->severity, DIAG_ERROR);
    assert_int_equal(d.last->code, DIAG_NAME_UNKNOWN);
    assert_null(d.last->next);
    assert_int_equal(d.accepted->code, DIAG_CLIFF);
    assert_null(d.accepted->next);
    arena_free(arena);
}

/* Findings beyond the limit are counted, and those that are accepted do not use it up. */
static void test_many(void **state) {
    (void)state;
    struct arena *arena = arena_new();
    struct diags d;
    diags_init(&d, arena);
    for (uint32_t i = 0; i < 1000; i++) {
        struct diag *r = diag_add(&d, DIAG_CLIFF, (struct span){i, i + 1}, "a");
        if (i < 700)
            r->accepted = TEXT("why");
    }
    diags_settle(&d, NULL);
    size_t kept = 0;
    for (const struct diag *r = d.first; r; r = r->next)
        kept++;
    assert_int_equal(kept, 200);
    assert_int_equal(d.warning_count, 300);
    assert_int_equal(d.error_count, 0);
    arena_free(arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_findings), cmocka_unit_test(test_policies), cmocka_unit_test(test_levels),
        cmocka_unit_test(test_settle),   cmocka_unit_test(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
