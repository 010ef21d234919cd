/* Entries in order, in memory and through files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "core/sorter.h"

static int by_bytes(const void *a, const void *b) {
    return strcmp(a, b);
}

static struct pol_text text_of(const void *entry) {
    return (struct pol_text){.data = entry, .size = (uint32_t)strlen(entry)};
}

static const struct prt_sorter_kind plain = {.order = by_bytes}, by_text = {.order = by_bytes, .text = text_of};

static void add(struct prt_sorter *s, unsigned part, uint64_t number, const char *text) {
    char *entry = prt_sorter_add(s, part, number, (uint32_t)strlen(text) + 1);
    assert_non_null(entry);
    assert_int_equal((uintptr_t)entry % 8, 0);
    memcpy(entry, text, strlen(text) + 1);
}

static void expect(struct prt_sorter *s, uint64_t number, const char *text) {
    uint64_t is = 0;
    uint32_t size = 0;
    const char *entry = prt_sorter_next(s, &is, &size);
    assert_non_null(entry);
    assert_string_equal(entry, text);
    assert_int_equal(is, number);
    assert_int_equal(size, strlen(text) + 1);
}

/* By number, then by text; walked as often as wanted. */
static void test_order(void **state) {
    (void)state;
    struct prt_sorter *s = prt_sorter_new(&by_text, 2, 1 << 20, -1, "none");
    assert_non_null(s);
    add(s, 0, 7, "claim-b");
    add(s, 1, 7, "claim-a");
    add(s, 0, 3, "claim-z");
    add(s, 0, 7, "claim");
    add(s, 1, UINT64_MAX, "");
    assert_int_equal(prt_sorter_count(s), 5);
    for (int again = 0; again < 2; again++) {
        assert_true(again ? prt_sorter_begin_last(s) : prt_sorter_begin(s));
        expect(s, 3, "claim-z");
        expect(s, 7, "claim");
        expect(s, 7, "claim-a");
        expect(s, 7, "claim-b");
        expect(s, UINT64_MAX, "");
        assert_null(prt_sorter_next(s, NULL, NULL));
    }
    assert_int_equal(prt_sorter_failure(s), 0);
    prt_sorter_free(s);
}

static void test_none(void **state) {
    (void)state;
    struct prt_sorter *s = prt_sorter_new(&plain, 3, 0, -1, "none");
    assert_true(prt_sorter_begin(s));
    assert_null(prt_sorter_next(s, NULL, NULL));
    prt_sorter_free(s);
}

enum { COUNT = 200000, THREADS = 4 };

struct adding {
    struct prt_sorter *sorter;
    unsigned part;
};

/* Numbers 0 to COUNT / 2 - 1, each twice: every thread adds its share, in an order of its own. */
static void *add_share(void *data) {
    const struct adding *a = data;
    for (uint64_t i = a->part; i < COUNT; i += THREADS) {
        uint64_t number = i * 7919 % COUNT;
        char *entry = prt_sorter_add(a->sorter, a->part, number / 2, 16);
        if (entry == NULL)
            return NULL;
        snprintf(entry, 16, "%s", number % 2 ? "second" : "first");
    }
    return data;
}

static void fill(struct prt_sorter *s, bool fails) {
    pthread_t thread[THREADS];
    struct adding adding[THREADS];
    for (unsigned i = 0; i < THREADS; i++) {
        adding[i] = (struct adding){s, i};
        assert_int_equal(pthread_create(&thread[i], NULL, add_share, &adding[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        void *done = NULL;
        pthread_join(thread[i], &done);
        if (!fails)
            assert_ptr_equal(done, &adding[i]);
    }
}

static void check_all(int folder) {
    struct prt_sorter *s = prt_sorter_new(&plain, THREADS, 0, folder, "a_sorter");
    fill(s, false);
    assert_int_equal(prt_sorter_count(s), COUNT);
    for (int again = 0; again < 2; again++) {
        assert_true(prt_sorter_begin(s));
        for (uint64_t i = 0; i < COUNT; i++) {
            uint64_t number = 0;
            const char *entry = prt_sorter_next(s, &number, NULL);
            assert_non_null(entry);
            assert_int_equal(number, i / 2);
            assert_string_equal(entry, i % 2 ? "second" : "first");
        }
        assert_null(prt_sorter_next(s, NULL, NULL));
    }
    prt_sorter_free(s);
}

/* Far more than may stay in memory: many runs in a file, which has no name. */
static void test_files(void **state) {
    (void)state;
    char path[] = "/tmp/pol_sorter_XXXXXX";
    assert_non_null(mkdtemp(path));
    int folder = open(path, O_RDONLY | O_DIRECTORY);
    assert_true(folder >= 0);
    check_all(folder);
    assert_int_equal(faccessat(folder, "a_sorter", F_OK, 0), -1);
    close(folder);
    assert_int_equal(rmdir(path), 0);
    check_all(-1);
}

/* A folder that cannot be written to fails whoever comes to need the file. */
static void test_unwritable(void **state) {
    (void)state;
    int folder = open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
    struct prt_sorter *s = prt_sorter_new(&plain, THREADS, 0, folder, "a_sorter");
    fill(s, true);
    assert_false(prt_sorter_begin(s));
    assert_int_not_equal(prt_sorter_failure(s), 0);
    assert_null(prt_sorter_next(s, NULL, NULL));
    prt_sorter_free(s);
    close(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order), cmocka_unit_test(test_none),
                                       cmocka_unit_test(test_files), cmocka_unit_test(test_unwritable)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
