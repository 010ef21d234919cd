/* test_driver.c - polc as its users meet it: exit codes, messages, files; and the parts behind it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "abi.h"
#include "digest.h"
#include "driver/shared_object.h"
#include "driver/suggest.h"

enum { ARGUMENTS = 20, TEXT = 1 << 18 };

struct run {
    int code;
    char out[TEXT], err[TEXT];
};

static char folder[] = "/tmp/pol-driver-XXXXXX";

/* ---- files ----------------------------------------------------------------------------------------------------------
 */

static const char *in_folder(const char *name) {
    static char path[16][512];
    static int next;
    next = (next + 1) % 16;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

static void write_text(const char *name, const char *text) {
    FILE *file = fopen(in_folder(name), "wb");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static size_t read_bytes(const char *path, void *out, size_t size) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return 0;
    size_t n = fread(out, 1, size, file);
    fclose(file);
    return n;
}

static const char *read_text(const char *name) {
    static char text[TEXT];
    text[read_bytes(in_folder(name), text, sizeof text - 1)] = '\0';
    return text;
}

static bool exists(const char *name) {
    return access(in_folder(name), F_OK) == 0;
}

static unsigned files_in(const char *name) {
    unsigned count = 0;
    DIR *d = opendir(in_folder(name));
    assert_non_null(d);
    for (struct dirent *e; (e = readdir(d));)
        count += e->d_name[0] != '.';
    closedir(d);
    return count;
}

/* ---- running --------------------------------------------------------------------------------------------------------
 */

static void run_with(struct run *r, const char *out_path, char *const environment[], const char *const *argument) {
    char *argv[ARGUMENTS] = {POL_BIN_DIR "/polc"};
    for (int i = 0; argument[i]; i++)
        argv[i + 1] = (char *)argument[i];
    char out[512], err[512];
    snprintf(out, sizeof out, "%s", out_path ? out_path : in_folder(".out"));
    snprintf(err, sizeof err, "%s", in_folder(".err"));
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_addopen(&files, 1, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    posix_spawn_file_actions_addopen(&files, 2, err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    pid_t child;
    int status, error = posix_spawn(&child, argv[0], &files, NULL, argv, environment ? environment : environ);
    posix_spawn_file_actions_destroy(&files);
    assert_int_equal(error, 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    r->code = WEXITSTATUS(status);
    r->out[out_path ? 0 : read_bytes(out, r->out, TEXT - 1)] = '\0';
    r->err[read_bytes(err, r->err, TEXT - 1)] = '\0';
}

static struct run *polc(const char *first, ...) {
    static struct run r;
    const char *argument[ARGUMENTS] = {first};
    va_list list;
    va_start(list, first);
    for (int i = 1; first && (argument[i] = va_arg(list, const char *)); i++)
        assert_true(i < ARGUMENTS - 2);
    va_end(list);
    run_with(&r, NULL, NULL, argument);
    return &r;
}

static void assert_says(const char *text, const char *part) {
    if (!strstr(text, part))
        fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static const char good[] = "policy good \"试行\" {\n"
                           "    effective from 2021-01-01\n"
                           "}\n"
                           "applicant { kind: enum { enterprise, individual } }\n"
                           "claim { sales: money }\n"
                           "clause 1 \"资助\" {\n"
                           "    item sale for enterprise {\n"
                           "        award 15% of sales at most 100元\n"
                           "    }\n"
                           "    example \"一\" {\n"
                           "        applicant A 2021 { kind enterprise }\n"
                           "        claim c1 sale by A on 2021-03-01 { sales 33.30元 }\n"
                           "        expect c1 granted 5.00元\n"
                           "    }\n"
                           "}\n";

/* ---- wrong usage ----------------------------------------------------------------------------------------------------
 */

static void test_usage(void **state) {
    (void)state;
    assert_int_equal(polc(NULL)->code, 2);
    assert_int_equal(polc("check", NULL)->code, 2);
    assert_int_equal(polc("build", "a.pol", "b.pol", NULL)->code, 2);
    assert_int_equal(polc("build", "--emit=tokens", "a.pol", NULL)->code, 2);
    assert_int_equal(polc("run", "a.pol", "--claims=x", "--out=y", NULL)->code, 2);
    assert_int_equal(polc("run", "a.pol", "--indicators=x", "--claims=x", "--out=y", NULL)->code, 2);
    assert_int_equal(polc("run", "a.pol", "--indicators=x", "--out=y", "--as-of=20x1", NULL)->code, 2);
    assert_int_equal(polc("check", "-q", "a.pol", NULL)->code, 2);
    const struct run *r = polc("chekc", NULL);
    assert_int_equal(r->code, 2);
    assert_says(r->err, "did you mean 'check'?");
    r = polc("build", "--verfy", "a.pol", NULL);
    assert_int_equal(r->code, 2);
    assert_says(r->err, "did you mean '--verify'?");
    r = polc("build", "a.pol", "-o", NULL);
    assert_int_equal(r->code, 2);
    assert_says(r->err, "needs a value");
    assert_string_equal(r->out, "");
}

static void assert_fits_terminal(const char *text) {
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
        assert_true(strcspn(line, "\n") <= 80);
}

static void test_help(void **state) {
    (void)state;
    static const char *const commands[] = {"check", "build", "test", "run", NULL};
    const struct run *r = polc("--help", NULL);
    assert_int_equal(r->code, 0);
    assert_fits_terminal(r->out);
    for (int i = 0; commands[i]; i++) {
        r = polc(commands[i], "--help", NULL);
        assert_int_equal(r->code, 0);
        assert_says(r->out, commands[i]);
        assert_string_equal(r->err, "");
        assert_fits_terminal(r->out);
    }
    r = polc("--version", NULL);
    assert_int_equal(r->code, 0);
    assert_says(r->out, "polc");
}

static void test_suggest(void **state) {
    (void)state;
    static const char *const words[] = {"check", "build", "claims", NULL};
    assert_string_equal(suggest("chekc", words), "check");
    assert_string_equal(suggest("claim", words), "claims");
    assert_null(suggest("xyz", words));
    assert_null(suggest("", words));
    assert_null(suggest("a word so long that it can be none of the others at all", words));
}

/* ---- check ----------------------------------------------------------------------------------------------------------
 */

static void test_check(void **state) {
    (void)state;
    write_text("good.pol", good);
    write_text("bad.pol", "policy bad \"x\" { }\nclause 1 { item i { award 3件 } }\n");
    struct run *r = polc("check", in_folder("good.pol"), NULL);
    assert_int_equal(r->code, 0);
    assert_says(r->out, "1 item");
    r = polc("check", in_folder("good.pol"), in_folder("bad.pol"), NULL);
    assert_int_equal(r->code, 1);
    assert_says(r->err, "bad.pol:2:");
    assert_null(strchr(r->err, '\033'));
    r = polc("check", in_folder("none.pol"), NULL);
    assert_int_equal(r->code, 3);
    assert_says(r->err, "none.pol");
    assert_int_equal(polc("check", in_folder("bad.pol"), in_folder("none.pol"), NULL)->code, 3);
    assert_int_equal(polc("check", "/", NULL)->code, 3);
    write_text("--odd.pol", good);
    assert_int_equal(polc("check", "--", in_folder("--odd.pol"), NULL)->code, 0);
}

/* ---- build ----------------------------------------------------------------------------------------------------------
 */

static uint8_t object[1 << 20], again[1 << 20];

static void test_build(void **state) {
    (void)state;
    mkdir(in_folder("b"), 0700);
    write_text("b/p.pol", good);
    mode_t mask = umask(022);
    assert_int_equal(polc("build", in_folder("b/p.pol"), NULL)->code, 0);
    assert_int_equal(polc("build", in_folder("b/p.pol"), "-o", in_folder("other.bin"), NULL)->code, 0);
    umask(mask);
    assert_int_equal(files_in("b"), 2);
    struct stat info;
    assert_int_equal(stat(in_folder("b/p.so"), &info), 0);
    assert_int_equal(info.st_mode & 07777, 0755);
    size_t size = read_bytes(in_folder("b/p.so"), object, sizeof object);
    assert_int_equal(read_bytes(in_folder("other.bin"), again, sizeof again), size);
    assert_memory_equal(object, again, size);
    size_t at = 0;
    assert_null(shared_object_check(object, size, &at));
    uint8_t digest[32], zero[32] = {0}, found[32];
    uint8_t *field = object + at + offsetof(struct pol_descriptor, object_digest);
    memcpy(found, field, sizeof found);
    memcpy(field, zero, sizeof zero);
    struct pol_sha256 h;
    pol_sha256_init(&h);
    pol_sha256_add(&h, object, size);
    pol_sha256_end(&h, digest);
    assert_memory_equal(found, digest, sizeof digest);
}

static void test_build_refused(void **state) {
    (void)state;
    mkdir(in_folder("c"), 0700);
    write_text("c/p.pol", good);
    assert_int_equal(polc("build", in_folder("c/p.pol"), "-o", in_folder("nowhere/p.so"), NULL)->code, 4);
    mkdir(in_folder("c/dir"), 0700);
    assert_int_equal(polc("build", in_folder("c/p.pol"), "-o", in_folder("c/dir"), NULL)->code, 4);
    struct run *r = polc("build", in_folder("c/p.pol"), "--target-cpu=skylake-avx521", NULL);
    assert_int_equal(r->code, 2);
    assert_says(r->err, "did you mean 'skylake-avx512'?");
    static struct run without;
    char *nothing[] = {"PATH=/nonexistent", NULL};
    run_with(&without, NULL, nothing, (const char *[]){"build", in_folder("c/p.pol"), NULL});
    assert_int_equal(without.code, 4);
    assert_says(without.err, "ld");
    assert_int_equal(files_in("c"), 2); /* the policy and the folder */
}

static void test_stages(void **state) {
    (void)state;
    write_text("s.pol", good);
    const char *path = in_folder("s.pol");
    assert_says(polc("build", path, "--emit=ast", NULL)->out, "sale");
    assert_says(polc("build", path, "--emit=ir", NULL)->out, "block 1 item sale");
    assert_says(polc("build", path, "--emit=llvm", NULL)->out, "@pol_descriptor = protected constant");
    assert_says(polc("build", path, "--emit=asm", NULL)->out, "row_one.v1:");
    struct run *r = polc("build", in_folder("s.pol"), "--emit=obj", "-o", in_folder("s.o"), NULL);
    assert_int_equal(r->code, 0);
    assert_true(read_bytes(in_folder("s.o"), object, sizeof object) > 1000);
    assert_memory_equal(object, "\177ELF", 4);
    assert_false(exists("s.so"));
    static struct run full;
    run_with(&full, "/dev/full", NULL, (const char *[]){"build", in_folder("s.pol"), "--emit=llvm", NULL});
    assert_int_equal(full.code, 4);
    assert_int_equal(polc("build", in_folder("s.pol"), "--emit=llvm", "-o", "/dev/full", NULL)->code, 4);
}

static void test_verify(void **state) {
    (void)state;
    write_text("v.pol", good);
    assert_int_equal(polc("build", in_folder("v.pol"), "--verify", NULL)->code, 0);
    assert_true(exists("v.so"));
    char wrong[2000];
    snprintf(wrong, sizeof wrong, "%s", good);
    memcpy(strstr(wrong, "5.00元"), "6.00", 4);
    write_text("w.pol", wrong);
    assert_int_equal(polc("build", in_folder("w.pol"), "--verify", NULL)->code, 1);
    assert_false(exists("w.so"));
}

/* ---- test and run ---------------------------------------------------------------------------------------------------
 */

static void test_examples(void **state) {
    (void)state;
    write_text("t.pol", good);
    struct run *r = polc("test", in_folder("t.pol"), NULL);
    assert_int_equal(r->code, 0);
    assert_says(r->out, "1 example");
    char wrong[2000];
    snprintf(wrong, sizeof wrong, "%s", good);
    memcpy(strstr(wrong, "5.00元"), "5.01", 4);
    write_text("u.pol", wrong);
    r = polc("test", in_folder("u.pol"), NULL);
    assert_int_equal(r->code, 1);
    assert_says(r->err, "u.pol:13:");
    assert_says(r->err, "is granted 5 ");
    assert_says(r->err, "not granted 5.01");
}

/* 15% of 33.30 is 4.995, half up 5.00; 15% of 1,000 is 150, cut to 100 in stage 4. */
static void test_run(void **state) {
    (void)state;
    write_text("r.pol", good);
    write_text("claims.csv", "claim_id,applicant_id,item,date,sales,paid\n"
                             "c1,A,sale,2021-03-01,33.30,6\n"
                             "c2,A,sale,2021-03-02,1000,\n"
                             "c3,B,sale,2021-03-03,1,\n"
                             "c4,A,sale,2020-12-31,1,\n");
    write_text("applicants.csv", "applicant_id,year,kind\nA,2021,enterprise\nA,2020,enterprise\nB,2021,individual\n");
    struct run *r = polc("run", in_folder("r.pol"), "--claims", in_folder("claims.csv"), "--applicants",
                         in_folder("applicants.csv"), "--out", in_folder("out"), NULL);
    assert_string_equal(r->err, "");
    assert_int_equal(r->code, 0);
    const char *decisions = read_text("out/decisions.csv");
    assert_says(decisions, "\nc1,granted,ok,sale.award,5.00,5.00,5.00,0.00,0.00,0.00,6.00,1.00\n");
    assert_says(decisions, "\nc2,granted,ok,sale.award,100.00,100.00,100.00,0.00,0.00,0.00,,\n");
    assert_says(decisions, "\nc3,denied,ineligible,sale.kind,,0.00,0.00,0.00,0.00,0.00,,\n");
    assert_says(decisions, "\nc4,denied,not_in_force,");
    assert_string_equal(read_text("out/payments.csv"),
                        "claim_id,applicant_id,year,amount\nc1,A,2021,5.00\nc2,A,2021,100.00\n");
    assert_int_equal(polc("run", in_folder("r.pol"), "--claims", in_folder("claims.csv"), "--applicants",
                          in_folder("claims.csv"), "--out", in_folder("out2"), NULL)
                         ->code,
                     3);
    assert_false(exists("out2/decisions.csv"));
    assert_int_equal(polc("run", in_folder("r.pol"), "--claims", in_folder("claims.csv"), "--applicants",
                          in_folder("applicants.csv"), "--out", in_folder("out2"), "--param", "none=1", NULL)
                         ->code,
                     2);
}

/* ---- the reader of shared objects -----------------------------------------------------------------------------------
 */

static void test_damaged_object(void **state) {
    (void)state;
    write_text("d.pol", good);
    assert_int_equal(polc("build", in_folder("d.pol"), NULL)->code, 0);
    size_t size = read_bytes(in_folder("d.so"), object, sizeof object), at;
    assert_non_null(shared_object_check(object, 0, &at));
    for (size_t cut = 1; cut < size; cut += 97) {
        uint8_t *copy = malloc(cut); /* of exactly that size, so that a read beyond it is seen */
        assert_non_null(copy);
        memcpy(copy, object, cut);
        assert_non_null(shared_object_check(copy, cut, &at));
        free(copy);
    }
    for (size_t i = 0; i < size; i += 3) {
        memcpy(again, object, size);
        again[i] ^= (uint8_t)(1u << (i % 8));
        shared_object_check(again, size, &at); /* either answer, no bad read */
    }
}

static int make_folder(void **state) {
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state) {
    (void)state;
    char command[600];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_usage),  cmocka_unit_test(test_help),           cmocka_unit_test(test_suggest),
        cmocka_unit_test(test_check),  cmocka_unit_test(test_build),          cmocka_unit_test(test_build_refused),
        cmocka_unit_test(test_stages), cmocka_unit_test(test_verify),         cmocka_unit_test(test_examples),
        cmocka_unit_test(test_run),    cmocka_unit_test(test_damaged_object),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
