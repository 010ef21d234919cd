/* Audits of whole ledgers through a compiled policy: the cases, cut in every way; what stops a run; what a run leaves
 * behind when it fails. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/audit.h"
#include "audit/display.h"

enum { PATH_ROOM = 512 };

struct fixture {
    char folder[64];
    pol_module *dongyang, *lianzhou, *zhangzhou, *ningbo;
    char warnings[8][512];
    unsigned warning_count;
};

static void path_in(const struct fixture *f, const char *name, char out[PATH_ROOM]) {
    snprintf(out, PATH_ROOM, "%s/%s", f->folder, name);
}

static pol_module *build(const struct fixture *f, const char *name) {
    char command[4 * PATH_ROOM], object[PATH_ROOM], file[64];
    struct pol_error error = {0};
    pol_module *module = NULL;
    snprintf(file, sizeof file, "%s.so", name);
    path_in(f, file, object);
    snprintf(command, sizeof command, "'%s/polc' build '%s/policies/%s.pol' -o '%s' 2>/dev/null", POL_BIN_DIR,
             POL_SOURCE_DIR, name, object);
    assert_int_equal(system(command), 0);
    if (pol_module_open(object, &module, &error) != POL_STATUS_OK)
        fail_msg("%s", error.message);
    return module;
}

static int set_up(void **state) {
    struct fixture *f = calloc(1, sizeof *f);
    assert_non_null(f);
    *state = f;
    snprintf(f->folder, sizeof f->folder, "/tmp/pol_test_audit.XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->dongyang = build(f, "dongyang");
    f->lianzhou = build(f, "lianzhou");
    f->zhangzhou = build(f, "zhangzhou");
    f->ningbo = build(f, "ningbo");
    return 0;
}

static int tear_down(void **state) {
    struct fixture *f = *state;
    char command[128];
    pol_module_close(f->dongyang);
    pol_module_close(f->lianzhou);
    pol_module_close(f->zhangzhou);
    pol_module_close(f->ningbo);
    snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
    int code = system(command);
    free(f);
    return code;
}

static void warn(void *context, const char *message) {
    struct fixture *f = context;
    if (f->warning_count < 8)
        snprintf(f->warnings[f->warning_count], sizeof *f->warnings, "%s", message);
    f->warning_count++;
}

static char *load(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return NULL;
    struct pol_buffer text = {0};
    char block[4096];
    for (size_t got; (got = fread(block, 1, sizeof block, file)) > 0;)
        pol_buffer_add(&text, block, got);
    fclose(file);
    pol_buffer_add(&text, "", 1);
    return text.data;
}

static void store(const char *path, const char *text) {
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

static unsigned files_in(const char *path) {
    unsigned count = 0;
    DIR *folder = opendir(path);
    if (folder == NULL)
        return 0;
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return count;
}

/* Empties the fourth cell of every line, the policy's own name for a rule, in place. Ids may be quoted. */
static void drop_rules(char *text) {
    char *out = text;
    unsigned cell = 0;
    bool quoted = false;
    for (const char *p = text; *p != '\0'; p++) {
        quoted ^= *p == '"';
        bool ends = !quoted && (*p == ',' || *p == '\n');
        if (cell != 3 || ends)
            *out++ = *p;
        if (ends)
            cell = *p == '\n' ? 0 : cell + 1;
    }
    *out = '\0';
}

/* ---- the cases
 * ------------------------------------------------------------------------------------------------------- */

static void expect_file(const char *folder, const char *name, const char *expected_path, bool rules) {
    char path[PATH_ROOM + 64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *found = load(path), *expected = load(expected_path);
    assert_non_null(found);
    assert_non_null(expected);
    if (rules) {
        drop_rules(found);
        drop_rules(expected);
        char *end = strchr(expected, '\n'); /* the header loses its word on both sides */
        assert_non_null(end);
    }
    assert_string_equal(found, expected);
    free(found);
    free(expected);
}

static void run_case(struct fixture *f, const char *name, const pol_module *module) {
    char claims[PATH_ROOM], applicants[PATH_ROOM], decisions[PATH_ROOM], payments[PATH_ROOM], out[PATH_ROOM];
    snprintf(claims, sizeof claims, "%s/tests/cases/%s/claims.csv", POL_SOURCE_DIR, name);
    snprintf(applicants, sizeof applicants, "%s/tests/cases/%s/applicants.csv", POL_SOURCE_DIR, name);
    snprintf(decisions, sizeof decisions, "%s/tests/cases/%s/decisions.csv", POL_SOURCE_DIR, name);
    snprintf(payments, sizeof payments, "%s/tests/cases/%s/payments.csv", POL_SOURCE_DIR, name);
    path_in(f, name, out);
    static const struct {
        unsigned threads;
        uint32_t batch;
        uint64_t chunk;
    } cuts[] = {{1, 0, 0}, {2, 0, 0}, {2, 1, 1000}, {1, 7, 1}, {2, 64, 333}, {3, 1000, 4096}, {2, 5, 77}};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        struct pol_summary summary;
        struct pol_error error = {0};
        struct pol_audit_options options = {.claims = POL_SOURCE(claims),
                                            .applicants = POL_SOURCE(applicants),
                                            .out = out,
                                            .threads = cuts[i].threads,
                                            .batch_rows = cuts[i].batch,
                                            .chunk_bytes = cuts[i].chunk,
                                            .top = 3};
        if (pol_audit_run(module, &options, &summary, NULL, &error) != POL_STATUS_OK)
            fail_msg("%s", error.message);
        assert_int_equal(summary.rows, 600);
        assert_int_equal(summary.top_count, 3);
        expect_file(out, "decisions.csv", decisions, true);
        expect_file(out, "payments.csv", payments, false);
        assert_int_equal(files_in(out), 3); /* and invalid.csv */
        pol_summary_free(&summary);
    }
}

static void test_cases(void **state) {
    struct fixture *f = *state;
    run_case(f, "dongyang", f->dongyang);
    run_case(f, "lianzhou", f->lianzhou);
    run_case(f, "zhangzhou", f->zhangzhou);
}

static void run_targets(struct fixture *f, const char *name, const pol_module *module) {
    char indicators[PATH_ROOM], targets[PATH_ROOM], out[PATH_ROOM];
    struct pol_error error = {0};
    struct pol_observer observer = {0};
    struct pol_buffer text = {0};
    snprintf(indicators, sizeof indicators, "%s/tests/cases/%s/indicators.csv", POL_SOURCE_DIR, name);
    snprintf(targets, sizeof targets, "%s/tests/cases/%s/targets.csv", POL_SOURCE_DIR, name);
    path_in(f, "targets", out);
    struct pol_source source = POL_SOURCE(indicators);
    if (pol_targets_run(module, &source, &(struct pol_source_options){0}, out, &(struct pol_sink){0}, &observer, &text,
                        &error) != POL_STATUS_OK)
        fail_msg("%s", error.message);
    expect_file(out, "targets.csv", targets, false);
    pol_buffer_free(&text);
}

static void test_targets(void **state) {
    struct fixture *f = *state;
    run_targets(f, "dongyang", f->dongyang);
    run_targets(f, "ningbo", f->ningbo);
}

/* ---- a ledger of a few rows
 * ------------------------------------------------------------------------------------------- */

#define APPLICANTS                                                                                                     \
    "applicant_id,year,kind,industry,registered_locally,legal_person,sound_accounts,in_operation,contribution,"        \
    "incident\n"
#define A1 "A1,2022,enterprise,motors,1,1,1,1,1000000,0\n"

struct result {
    enum pol_status status;
    char message[1024];
    char *decisions, *payments, *invalid; /* invalid.csv: NULL where there is none */ /* NULL: not written */
    struct pol_summary summary;
};

static struct result audit(struct fixture *f, const char *claims, const char *applicants, int32_t as_of) {
    char paths[3][PATH_ROOM], file[PATH_ROOM + 64];
    struct result r = {0};
    struct pol_error error = {0};
    path_in(f, "claims.csv", paths[0]);
    path_in(f, "applicants.csv", paths[1]);
    path_in(f, "small", paths[2]);
    store(paths[0], claims);
    store(paths[1], applicants);
    f->warning_count = 0;
    struct pol_audit_options options = {.claims = POL_SOURCE(paths[0]),
                                        .applicants = POL_SOURCE(paths[1]),
                                        .out = paths[2],
                                        .as_of = as_of,
                                        .threads = 2,
                                        .top = 5,
                                        .observer = {.context = f, .warn = warn}};
    r.status = pol_audit_run(f->dongyang, &options, &r.summary, NULL, &error);
    snprintf(r.message, sizeof r.message, "%s", r.status == POL_STATUS_OK ? "" : error.message);
    snprintf(file, sizeof file, "%s/decisions.csv", paths[2]);
    r.decisions = load(file);
    unlink(file);
    snprintf(file, sizeof file, "%s/payments.csv", paths[2]);
    r.payments = load(file);
    unlink(file);
    snprintf(file, sizeof file, "%s/invalid.csv", paths[2]);
    if (access(file, F_OK) == 0)
        r.invalid = load(file);
    unlink(file);
    assert_int_equal(files_in(paths[2]), 0);
    return r;
}

static void drop_result(struct result *r) {
    free(r->decisions);
    free(r->payments);
    free(r->invalid);
    pol_summary_free(&r->summary);
}

static void test_small(void **state) {
    /* clause 6: 50% of the premium, at most 100,000 a year for an applicant */
    struct result r = audit(*state,
                            "claim_id,applicant_id,item,date,premium,paid\n"
                            "\"c,1\",A1,ip_insurance,2022-03-01,150000.01,75000\n"
                            " c2 ,A1,ip_insurance,2022-03-02,80000,\n"
                            "c2,A1,ip_insurance,2022-03-02,80000,1\n"
                            "c3,A1,nothing,x,,\n"
                            "c4,A9,ip_insurance,2022-03-02,1,0.5\n"
                            "c5,A1,ip_insurance,2022-03-02,1,-\n",
                            APPLICANTS A1, 0);
    assert_int_equal(r.status, POL_STATUS_OK);
    drop_rules(r.decisions);
    assert_string_equal(r.decisions,
                        "claim_id,decision,reason,,award,entitled,payable,carried,outstanding,lapsed,paid,difference\n"
                        "\"c,1\",granted,ok,,75000.01,75000.01,75000.01,0.00,0.00,0.00,75000.00,-0.01\n"
                        "c2,reduced,cap,,40000.00,40000.00,24999.99,0.00,0.00,0.00,,\n"
                        "c2,invalid,duplicate_claim,,,0.00,0.00,0.00,0.00,0.00,1.00,1.00\n"
                        "c3,invalid,unknown_item,,,0.00,0.00,0.00,0.00,0.00,,\n"
                        "c4,invalid,missing_profile,,,0.00,0.00,0.00,0.00,0.00,0.50,0.50\n"
                        "c5,denied,cap_reached,,0.50,0.00,0.00,0.00,0.00,0.00,,\n");
    assert_string_equal(r.payments, "claim_id,applicant_id,year,amount\n"
                                    "\"c,1\",A1,2022,75000.01\n"
                                    "c2,A1,2022,24999.99\n");
    assert_int_equal(r.summary.rows, 6);
    assert_int_equal(r.summary.reason[POL_OK].claims, 1);
    assert_int_equal(r.summary.reason[POL_DUPLICATE_CLAIM].claims, 1);
    assert_int_equal((int64_t)r.summary.reason[POL_OK].difference, -1);
    assert_int_equal(r.summary.top_count, 3);
    assert_string_equal(r.summary.top[0].claim, "c2");
    assert_int_equal(r.summary.top[0].difference, 100);
    assert_int_equal(r.summary.top[1].difference, 50);
    assert_int_equal(r.summary.top[2].difference, -1);
    assert_int_equal(((struct fixture *)*state)->warning_count, 1);
    char paths[1][PATH_ROOM], listed[4 * PATH_ROOM + 400];
    path_in(*state, "claims.csv", paths[0]);
    snprintf(listed, sizeof listed,
             "table,row,id,reason,column,value,file,file_row\n"
             "claims,4,c3,unknown_item,item,nothing,%s,4\n"
             "claims,6,c5,unreadable_paid,paid,-,%s,6\n"
             "claims,3,c2,duplicate_claim,claim_id,c2,%s,3\n"
             "claims,5,c4,missing_profile,applicant_id,A9,%s,5\n",
             paths[0], paths[0], paths[0], paths[0]);
    assert_string_equal(r.invalid, listed);
    drop_result(&r);
}

static void test_warnings(void **state) {
    struct fixture *f = *state;
    struct result r = audit(f,
                            "claim_id,applicant_id,item,date,paid,备注,x\n"
                            "c1,A1,brand_station,2022-03-01,1.5.0,,,more\n"
                            "c2,A1,brand_station,2022-03-01,一,,\n",
                            APPLICANTS A1 ",2022\nA2,22\nA3,2100\nA1,2023,enterprise\n", 0);
    assert_int_equal(r.status, POL_STATUS_OK);
    assert_int_equal(f->warning_count, 4);
    assert_non_null(
        strstr(f->warnings[0], "claims.csv: 2 columns that the policy does not declare are ignored: `备注`, `x`"));
    assert_non_null(
        strstr(f->warnings[1],
               "applicants.csv: 3 rows without a readable applicant_id and year are skipped, the first on line 3"));
    assert_non_null(strstr(f->warnings[2], "claims.csv: 1 row with more cells than the header, the first on line 2"));
    assert_non_null(strstr(f->warnings[3], "claims.csv: 2 cells of `paid` cannot be read, the first on line 2"));
    drop_result(&r);
}

static void expect_stop(struct fixture *f, const char *claims, const char *applicants, const char *message) {
    struct result r = audit(f, claims, applicants, 0);
    assert_int_equal(r.status, POL_STATUS_INPUT);
    if (strstr(r.message, message) == NULL)
        fail_msg("'%s' does not say '%s'", r.message, message);
    assert_null(r.decisions);
    assert_null(r.payments);
    drop_result(&r);
}

static void test_stops(void **state) {
    struct fixture *f = *state;
    const char *claims = "claim_id,applicant_id,item,date\nc1,A1,brand_station,2022-03-01\n";
    expect_stop(f, "claim_id,applicant_id,item\n", APPLICANTS, "claims.csv: the header lacks the column `date`");
    expect_stop(f, claims, "applicant_id,kind\n", "applicants.csv: the header lacks the column `year`");
    expect_stop(f, claims, APPLICANTS "A0,2022\n\n" A1 "A1,2023\n \"A1\" ,2022\nA1,2023\n",
                "applicants.csv: lines 4 and 6: two rows for applicant A1 and year 2022: keep one of them");
    expect_stop(f, "claim_id,applicant_id,item,date\nc1,A1,\"x\n", APPLICANTS A1,
                "claims.csv: line 2: a quote is opened here");
    expect_stop(f, claims, APPLICANTS "\"A1\"x,2022\n", "applicants.csv: line 2: text behind a closing quote");
    expect_stop(f, "", APPLICANTS A1, "claims.csv: the file is empty");
}

static void test_empty(void **state) {
    struct result r = audit(*state, "claim_id,applicant_id,item,date\n", APPLICANTS, 0);
    assert_int_equal(r.status, POL_STATUS_OK);
    assert_string_equal(
        r.decisions,
        "claim_id,decision,reason,rule,award,entitled,payable,carried,outstanding,lapsed,paid,difference\n");
    assert_string_equal(r.payments, "claim_id,applicant_id,year,amount\n");
    drop_result(&r);
}

/* 200,000 fit the year's limit and 500,000 the next; the other 500,000 wait for 2024, or have lapsed. */
static void test_as_of(void **state) {
    const char *claims = "claim_id,applicant_id,item,date,object_id\nc1,A1,famous_mark,2022-03-01,M1\n";
    const char *applicants =
        APPLICANTS "A1,2022,enterprise,motors,1,1,1,1,200000,0\nA1,2023,enterprise,motors,1,1,1,1,500000,0\n";
    struct result r = audit(*state, claims, applicants, 0);
    assert_non_null(strstr(r.decisions, ",1200000.00,1200000.00,200000.00,500000.00,500000.00,0.00,,\n"));
    assert_non_null(strstr(r.payments, "c1,A1,2022,200000.00\nc1,A1,2023,500000.00\n"));
    drop_result(&r);
    r = audit(*state, claims, applicants, 2024);
    assert_non_null(strstr(r.decisions, ",1200000.00,1200000.00,200000.00,500000.00,0.00,500000.00,,\n"));
    drop_result(&r);
    /* a date that can be read counts towards the latest year, of an invalid row too */
    r = audit(*state,
              "claim_id,applicant_id,item,date,object_id\nc1,A1,famous_mark,2022-03-01,M1\nc2,,nothing,2024-01-01\n",
              applicants, 0);
    assert_non_null(strstr(r.decisions, ",1200000.00,1200000.00,200000.00,500000.00,0.00,500000.00,,\n"));
    drop_result(&r);
}

/* ---- failures of the system
 * ------------------------------------------------------------------------------------------ */

/* No file may grow beyond a few bytes, as on a disk that is full. */
static void test_full_disk(void **state) {
    struct fixture *f = *state;
    struct rlimit before, small = {200, 200};
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    char claims[PATH_ROOM], applicants[PATH_ROOM], out[PATH_ROOM];
    snprintf(claims, sizeof claims, "%s/tests/cases/dongyang/claims.csv", POL_SOURCE_DIR);
    snprintf(applicants, sizeof applicants, "%s/tests/cases/dongyang/applicants.csv", POL_SOURCE_DIR);
    path_in(f, "full", out);
    struct pol_summary summary;
    struct pol_error error = {0};
    struct pol_audit_options options = {
        .claims = POL_SOURCE(claims), .applicants = POL_SOURCE(applicants), .out = out, .threads = 2};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum pol_status status = pol_audit_run(f->dongyang, &options, &summary, NULL, &error);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, POL_STATUS_SYSTEM);
    assert_non_null(strstr(error.message, "decisions.csv: cannot be written: "));
    assert_int_equal(files_in(out), 0);
}

static bool always(void *context) {
    (void)context;
    return true;
}

static void test_cancelled(void **state) {
    struct fixture *f = *state;
    char claims[PATH_ROOM], applicants[PATH_ROOM], out[PATH_ROOM];
    snprintf(claims, sizeof claims, "%s/tests/cases/dongyang/claims.csv", POL_SOURCE_DIR);
    snprintf(applicants, sizeof applicants, "%s/tests/cases/dongyang/applicants.csv", POL_SOURCE_DIR);
    path_in(f, "cancelled", out);
    struct pol_summary summary;
    struct pol_error error = {0};
    struct pol_audit_options options = {.claims = POL_SOURCE(claims),
                                        .applicants = POL_SOURCE(applicants),
                                        .out = out,
                                        .observer = {.cancelled = always}};
    assert_int_equal(pol_audit_run(f->dongyang, &options, &summary, NULL, &error), POL_STATUS_SYSTEM);
    assert_int_equal(files_in(out), 0);
}

static void test_files_that_are_not(void **state) {
    struct fixture *f = *state;
    struct pol_summary summary;
    struct pol_error error = {0};
    char out[PATH_ROOM];
    path_in(f, "none", out);
    struct pol_audit_options options = {
        .claims = POL_SOURCE("/nonexistent/claims.csv"), .applicants = POL_SOURCE("/dev/null"), .out = out};
    assert_int_equal(pol_audit_run(f->dongyang, &options, &summary, NULL, &error), POL_STATUS_INPUT);
    assert_string_equal(error.message, "/nonexistent/claims.csv: cannot be read: No such file or directory");
    options.claims = (struct pol_source)POL_SOURCE("/tmp");
    assert_int_equal(pol_audit_run(f->dongyang, &options, &summary, NULL, &error), POL_STATUS_INPUT);
    options.claims = (struct pol_source)POL_SOURCE("/dev/null");
    options.out = "/dev/null";
    assert_int_equal(pol_audit_run(f->dongyang, &options, &summary, NULL, &error), POL_STATUS_SYSTEM);
    assert_string_equal(error.message, "/dev/null: cannot be written: Not a directory");
}

/* ---- reports
 * ----------------------------------------------------------------------------------------------------------- */

static void expect_narrow(const struct pol_buffer *text) {
    for (size_t begin = 0; begin < text->size;) {
        const char *feed = memchr(text->data + begin, '\n', text->size - begin);
        assert_non_null(feed);
        char line[2048];
        size_t size = (size_t)(feed - text->data) - begin;
        assert_true(size < sizeof line);
        memcpy(line, text->data + begin, size);
        line[size] = '\0';
        if (pol_display_width(line) > POL_PAGE_WIDTH)
            fail_msg("too wide: %s", line);
        begin += size + 1;
    }
}

static void test_reports(void **state) {
    struct fixture *f = *state;
    const pol_module *modules[] = {f->dongyang, f->lianzhou, f->zhangzhou, f->ningbo};
    for (int i = 0; i < 4; i++) {
        struct pol_buffer text = {0};
        assert_true(pol_info_text(modules[i], &text));
        expect_narrow(&text);
        pol_buffer_free(&text);
    }
    struct result r = audit(f,
                            "claim_id,applicant_id,item,date,premium,paid\n"
                            "c1,A1,ip_insurance,2022-03-01,150000.01,1000000000000\n"
                            "\033[31m\xFF,A1,ip_insurance,2022-03-01,150000.01,1000000000000\n",
                            APPLICANTS A1, 0);
    struct pol_buffer text = {0};
    assert_true(pol_summary_text(f->dongyang, &r.summary, &text));
    expect_narrow(&text);
    pol_buffer_add(&text, "", 1);
    assert_non_null(strstr(text.data, "2 rows in = 1 decided + 1 invalid"));
    assert_non_null(strstr(text.data, "granted  ok"));
    assert_non_null(strstr(text.data, "paid 1,000,000,000,000.00, due 75,000.01, difference 999,999,924,999.99"));
    assert_non_null(strstr(text.data, "clause 6"));
    assert_null(strchr(text.data, '\033')); /* an id does not command the terminal */
    pol_buffer_free(&text);
    drop_result(&r);
}

static void test_display(void **state) {
    (void)state;
    struct pol_buffer text = {0};
    assert_int_equal(pol_display_width("专利 a"), 6);
    assert_int_equal(pol_display_width("e\xCC\x81"), 1);
    pol_display_add(&text, "知识产权", 5, true); /* two characters and the sign of the cut */
    pol_buffer_text(&text, "|");
    pol_display_add(&text, "ab", 4, true);
    pol_buffer_text(&text, "|");
    pol_display_money(&text, (pol_wide)-123456789);
    pol_buffer_text(&text, "|");
    pol_display_count(&text, 1000);
    pol_buffer_add(&text, "", 1);
    assert_string_equal(text.data, "知识…|ab  |-1,234,567.89|1,000");
    pol_buffer_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),     cmocka_unit_test(test_targets),
        cmocka_unit_test(test_small),     cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_stops),     cmocka_unit_test(test_empty),
        cmocka_unit_test(test_as_of),     cmocka_unit_test(test_full_disk),
        cmocka_unit_test(test_cancelled), cmocka_unit_test(test_files_that_are_not),
        cmocka_unit_test(test_reports),   cmocka_unit_test(test_display),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
