/* faults - polc and polrun while the system fails, call by call.
 *
 *   faults --bin DIR [--preload LIBRARY] --policy FILE.pol --work DIR [--full|--every] [--kind KIND] [--from N]
 *          [--until N] [SCENARIO]...
 *
 * Every scenario is a command on small inputs. It runs once as it should, and then again and again, with the first, the
 * second, the third ... call of a kind made to fail, until a run ends before the fault came. Without --full most of the
 * later calls are left out; with it, of those beyond the 4000th (in LLVM) every two-hundredth part is tried; with
 * --every, all; --from and --until take a part of them. Without --preload the programs are those of a build with
 * sanitizers that have fault_wrap.c in them: allocations alone are made to fail, and a leak is a failure. What must
 * hold each time:
 *   - it ends by itself: exit 4 with a message, or as without the fault; or by the signal that it was sent;
 *   - under a final name stands what stood there before, the complete new file, or nothing; nothing else is left in the
 *     folder, nor in the one for temporary files, unless a signal ended it.
 * Exit 0: it held; 1: it did not; 2: wrong usage; 4: the test could not be made; 77: processes cannot be traced here.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <iconv.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tracer.h"

enum { PATH = 1024, FILES = 8, ARGUMENTS = 24, CODE_SYSTEM = 4, CODE_SKIP = 77 };
enum { WORST = 10, SAID = 300 }; /* failures of a kind that are shown; bytes of a message */

static const char old_text[] = "what was here before\n";

struct scenario {
    const char *name;
    const char *arguments; /* of the program, by blanks: %b bin, %i inputs, %o the output folder */
    const char *outputs;   /* by blanks; what stands in the output folder afterwards */
    bool replaces_none;    /* it is refused where one of them stands there before */
};

static const struct scenario scenarios[] = {
    {"check", "%b/polc check %i/small.pol %i/quoted.pol", "", false},
    {"check_wrong", "%b/polc check %i/wrong.pol", "", false},
    {"build", "%b/polc build %i/small.pol -o %o/small.so", "small.so", false},
    {"emit", "%b/polc build %i/small.pol --emit=asm -o %o/small.s", "small.s", false},
    {"verify", "%b/polc build %i/small.pol --verify -o %o/small.so", "small.so", false},
    {"test", "%b/polc test %i/small.pol", "", false},
    {"run", "%b/polc run %i/small.pol --claims %i/claims.csv --applicants %i/applicants.csv --out %o",
     "decisions.csv payments.csv", false},
    {"run_targets", "%b/polc run %i/small.pol --indicators %i/indicators.csv --out %o", "targets.csv", false},
    {"doc", "%b/polc doc %i/quoted.pol -o %o/quoted.html", "quoted.html", false},
    {"fmt", "%b/polc fmt %i/small.pol -o %o/small.pol", "small.pol", false},
    {"audit", "%b/polrun audit %i/small.so --claims %i/claims.csv --applicants %i/applicants.csv --out %o --threads 2",
     "decisions.csv payments.csv invalid.csv", false},
    {"audit_one",
     "%b/polrun audit %i/small.so --claims %i/gb.csv --applicants %i/applicants.csv --out %o --threads 1 "
     "--encoding gb18030 --batch 7",
     "decisions.csv payments.csv invalid.csv", false},
    {"explain",
     "%b/polrun explain %i/small.so --claims %i/claims.csv --applicants %i/applicants.csv --claim C000000007", "",
     false},
    {"targets", "%b/polrun targets %i/small.so --indicators %i/indicators.csv --out %o", "targets.csv", false},
    {"info", "%b/polrun info %i/small.so", "", false},
    {"generate", "%b/polrun generate %i/small.so --claims 40 --out %o", "applicants.csv claims.csv indicators.csv",
     true},
};
enum { SCENARIOS = sizeof scenarios / sizeof *scenarios };

static const struct fault faults[] = {
    {"alloc", 0, FAULT_LIBRARY, false, {-1}},
    {"no_memory", 0, FAULT_LIBRARY, false, {-1}}, /* from the Nth allocation on */
    {"full", ENOSPC, FAULT_INSTEAD, false, {SYS_write, SYS_pwrite64, SYS_writev, SYS_ftruncate, SYS_fallocate, -1}},
    {"short", 0, FAULT_SHORT, true, {SYS_write, SYS_pwrite64, SYS_read, SYS_pread64, -1}},
    {"interrupted", EINTR, FAULT_INSTEAD, false, {SYS_read, SYS_pread64, SYS_wait4, -1}},
    {"read", EIO, FAULT_INSTEAD, false, {SYS_read, SYS_pread64, -1}},
    {"sync", EIO, FAULT_INSTEAD, false, {SYS_fsync, SYS_fdatasync, SYS_msync, -1}},
    {"close", EIO, FAULT_AFTER, false, {SYS_close, -1}},
    {"rename", EIO, FAULT_INSTEAD, false, {SYS_rename, SYS_renameat, SYS_renameat2, SYS_link, SYS_linkat, -1}},
    {"open", EMFILE, FAULT_INSTEAD, false, {SYS_openat, SYS_open, SYS_memfd_create, SYS_pipe2, -1}},
    {"folder", ENOSPC, FAULT_INSTEAD, false, {SYS_mkdir, SYS_mkdirat, -1}},
    {"map", ENOMEM, FAULT_INSTEAD, false, {SYS_mmap, SYS_mremap, -1}},
    {"interrupted_write", EINTR, FAULT_INSTEAD, false, {SYS_write, SYS_pwrite64, SYS_writev, -1}},
    {"too_large", EFBIG, FAULT_LIMIT, false, {-1}},
    {"kill",
     SIGKILL,
     FAULT_SIGNAL,
     false,
     {SYS_openat, SYS_write, SYS_pwrite64, SYS_rename, SYS_renameat, SYS_renameat2, SYS_close, -1}},
    {"stop",
     SIGTERM,
     FAULT_SIGNAL,
     false,
     {SYS_openat, SYS_write, SYS_pwrite64, SYS_rename, SYS_renameat, SYS_renameat2, SYS_close, -1}},
    {"process", EAGAIN, FAULT_INSTEAD, false, {SYS_clone, SYS_clone3, SYS_vfork, SYS_fork, -1}},
};
enum { FAULTS = sizeof faults / sizeof *faults };

struct test {
    const char *bin, *preload, *policy, *work, *kind;
    bool full, every;
    long from, until; /* which of the calls */
    char in[PATH], out[PATH], tmp[PATH], log[PATH], stdout_path[PATH], stderr_path[PATH];
    /* of the scenario at hand */
    const struct scenario *scenario;
    char text[4 * PATH];
    char *argv[ARGUMENTS];
    char output[FILES][64], *bytes[FILES];
    size_t size[FILES];
    int output_count, clean_code;
    long runs, failures;
};

static void die(const char *what) {
    fprintf(stderr, "faults: %s: %s\n", what, strerror(errno));
    exit(CODE_SYSTEM);
}

/* ---- files ----------------------------------------------------------------------------------------------------------
 */

static void write_file(const char *folder, const char *name, const char *bytes, size_t size) {
    char path[2 * PATH];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        die(path);
}

/* NULL: there is no such file. */
static char *read_file(const char *folder, const char *name, size_t *size) {
    char path[2 * PATH];
    snprintf(path, sizeof path, "%s%s%s", folder, *name ? "/" : "", name);
    FILE *file = fopen(path, "rb");
    if (!file)
        return NULL;
    struct stat info;
    if (fstat(fileno(file), &info) != 0)
        die(path);
    *size = (size_t)info.st_size;
    char *bytes = malloc(*size + 1);
    if (!bytes || fread(bytes, 1, *size, file) != *size)
        die(path);
    bytes[*size] = '\0';
    fclose(file);
    return bytes;
}

/* Calls `seen` for what stands in a folder. */
static void each_file(struct test *t, const char *folder, void (*seen)(struct test *, const char *, const char *)) {
    DIR *list = opendir(folder);
    if (!list)
        return;
    for (struct dirent *entry; (entry = readdir(list));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            seen(t, folder, entry->d_name);
    closedir(list);
}

static void remove_seen(struct test *t, const char *folder, const char *name) {
    char path[2 * PATH];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (unlink(path) != 0) {
        each_file(t, path, remove_seen);
        rmdir(path);
    }
}

static void empty(struct test *t, const char *folder) {
    mkdir(folder, 0777);
    each_file(t, folder, remove_seen);
}

/* ---- one run --------------------------------------------------------------------------------------------------------
 */

static void prepare(struct test *t, bool with_old) {
    empty(t, t->out);
    empty(t, t->tmp);
    unlink(t->log);
    for (int i = 0; with_old && i < t->output_count; i++)
        write_file(t->out, t->output[i], old_text, sizeof old_text - 1);
}

/* Runs the scenario. `fault` NULL: as it should run. False: it ended before the fault came. */
static bool run(struct test *t, const struct fault *fault, long at, struct trace *trace) {
    char preload[PATH + 32] = "NO_PRELOAD=", alloc[64] = "NONE=", log[PATH + 32], tmp[PATH + 32];
    bool by_library = fault && fault->mode == FAULT_LIBRARY;
    if (by_library)
        snprintf(alloc, sizeof alloc, "POL_FAULT_ALLOC=%ld%s", at, strcmp(fault->name, "alloc") == 0 ? "" : "+");
    if (t->preload)
        snprintf(preload, sizeof preload, "LD_PRELOAD=%s", t->preload);
    snprintf(log, sizeof log, "POL_FAULT_LOG=%s", t->log);
    snprintf(tmp, sizeof tmp, "TMPDIR=%s", t->tmp);
    char *environment[] = {"PATH=/usr/local/bin:/usr/bin:/bin",
                           "LC_ALL=C.UTF-8",
                           preload,
                           alloc,
                           log,
                           tmp,
                           "ASAN_OPTIONS=exitcode=99:detect_leaks=1",
                           NULL};
    t->runs++;
    if (!trace_run(t->argv, environment, t->stdout_path, t->stderr_path, fault, at, trace))
        exit(CODE_SKIP);
    if (fault && fault->mode == FAULT_LIMIT)
        return trace->exit_code != t->clean_code;
    return by_library ? access(t->log, F_OK) == 0 : trace->fired;
}

/* ---- judging --------------------------------------------------------------------------------------------------------
 */

struct verdict {
    char text[2 * PATH];
};

static bool same(const struct test *t, int i, const char *bytes, size_t size) {
    return size == t->size[i] && memcmp(bytes, t->bytes[i], size) == 0;
}

static bool is_output(const struct test *t, const char *name) {
    for (int i = 0; i < t->output_count; i++)
        if (strcmp(t->output[i], name) == 0)
            return true;
    return false;
}

/* The name of something that should not be in the folder, hidden or not; empty: there is nothing. */
static void find_stranger(const struct test *t, const char *folder, bool outputs_may, char found[256]) {
    DIR *list = opendir(folder);
    *found = '\0';
    if (!list)
        return;
    for (struct dirent *entry; (entry = readdir(list));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
            !(outputs_may && is_output(t, entry->d_name)))
            snprintf(found, 256, "%s", entry->d_name);
    closedir(list);
}

static bool judge_folders(const struct test *t, struct verdict *v) {
    char stranger[256];
    find_stranger(t, t->out, true, stranger);
    if (!*stranger)
        find_stranger(t, t->tmp, false, stranger);
    if (*stranger)
        snprintf(v->text, sizeof v->text, "left %s behind", stranger);
    return !*stranger;
}

static bool judge_outputs(const struct test *t, bool with_old, bool done, struct verdict *v) {
    for (int i = 0; i < t->output_count; i++) {
        size_t size;
        char *bytes = read_file(t->out, t->output[i], &size);
        bool complete = bytes && same(t, i, bytes, size);
        bool before = !bytes || (with_old && size == sizeof old_text - 1 && memcmp(bytes, old_text, size) == 0);
        free(bytes);
        if (complete || (before && !done))
            continue;
        snprintf(v->text, sizeof v->text, "%s is not complete", t->output[i]);
        return false;
    }
    return true;
}

static bool judge(const struct test *t, const struct fault *fault, bool with_old, const struct trace *trace,
                  struct verdict *v) {
    bool done = trace->exit_code == t->clean_code;
    if (fault->mode == FAULT_SIGNAL && trace->exit_code == 128 + fault->error)
        return judge_outputs(t, with_old, false, v); /* what it wrote aside stays behind */
    if (!done && (trace->exit_code != CODE_SYSTEM || fault->harmless)) {
        snprintf(v->text, sizeof v->text, trace->exit_code > 128 ? "ended by signal %d" : "exit %d",
                 trace->exit_code > 128 ? trace->exit_code - 128 : trace->exit_code);
        return false;
    }
    size_t size = 0;
    char *message = read_file(t->stderr_path, "", &size);
    free(message);
    /* without any memory even a message may be too much for the library of the system, not for us */
    if (!done && size == 0) {
        snprintf(v->text, sizeof v->text, "no message");
        return false;
    }
    return judge_folders(t, v) && judge_outputs(t, with_old, done, v);
}

static void report(struct test *t, const struct fault *fault, long at, const struct verdict *v) {
    size_t size;
    char *message = read_file(t->stderr_path, "", &size);
    t->failures++;
    printf("%s, %s %ld: %s\n", t->scenario->name, fault->name, at, v->text);
    if (message && size) /* the end of it: warnings come first */
        printf("    it said: %s%s", message + (size > SAID ? size - SAID : 0), message[size - 1] == '\n' ? "" : "\n");
    fflush(stdout);
    free(message);
}

/* ---- the tests of a scenario ----------------------------------------------------------------------------------------
 */

/* The next call that is made to fail. */
static long next(const struct test *t, long at) {
    if (t->full)
        return at < 4000 || t->every ? at + 1 : at + at / 200;
    return at < 2 ? at + 1 : at * 4 + 1;
}

static void try_fault(struct test *t, const struct fault *fault) {
    struct trace trace;
    struct verdict verdict;
    long before = t->failures;
    for (long at = t->from; at <= t->until; at = next(t, at)) {
        bool with_old = at % 2 && !t->scenario->replaces_none;
        prepare(t, with_old);
        bool fired = run(t, fault, at, &trace);
        if (!judge(t, fault, with_old, &trace, &verdict))
            report(t, fault, at, &verdict);
        if (!fired || t->failures - before >= WORST)
            break;
    }
}

/* Fills in the arguments. */
static void set_arguments(struct test *t) {
    char *to = t->text, *end = t->text + sizeof t->text - PATH;
    int count = 0;
    t->argv[count++] = to;
    for (const char *p = t->scenario->arguments; *p && to < end && count < ARGUMENTS - 1; p++) {
        if (*p == '%') {
            const char *folder = *++p == 'b' ? t->bin : *p == 'i' ? t->in : t->out;
            to += snprintf(to, PATH, "%s", folder);
        } else if (*p == ' ') {
            *to++ = '\0';
            t->argv[count++] = to;
        } else {
            *to++ = *p;
        }
    }
    *to = '\0';
    t->argv[count] = NULL;
}

static void set_outputs(struct test *t) {
    t->output_count = 0;
    for (const char *p = t->scenario->outputs; *p; p += strspn(p, " ")) {
        size_t size = strcspn(p, " ");
        snprintf(t->output[t->output_count++], sizeof t->output[0], "%.*s", (int)size, p);
        p += size;
    }
}

static void try_scenario(struct test *t, const struct scenario *s) {
    struct trace trace;
    t->scenario = s;
    set_arguments(t);
    set_outputs(t);
    prepare(t, false);
    run(t, NULL, 0, &trace);
    t->clean_code = trace.exit_code;
    if (trace.exit_code > 1) {
        size_t size;
        char *message = read_file(t->stderr_path, "", &size);
        fprintf(stderr, "faults: %s: exit %d: %s\n", s->name, trace.exit_code, message ? message : "");
        free(message);
        exit(CODE_SYSTEM);
    }
    for (int i = 0; i < t->output_count; i++)
        if (!(t->bytes[i] = read_file(t->out, t->output[i], &t->size[i])))
            die(t->output[i]);
    long before = t->runs;
    for (int i = 0; i < FAULTS; i++)
        if ((!t->kind || strcmp(t->kind, faults[i].name) == 0) && (t->preload || faults[i].mode == FAULT_LIBRARY))
            try_fault(t, &faults[i]);
    printf("%-12s %ld runs\n", s->name, t->runs - before);
    fflush(stdout);
    for (int i = 0; i < t->output_count; i++)
        free(t->bytes[i]);
}

/* ---- inputs ---------------------------------------------------------------------------------------------------------
 */

static const char quoted_policy[] = "policy p \"t\" {\n    source \"quoted.txt\"\n}\n"
                                    "claim {\n    cost: money\n}\n"
                                    "clause 7 {\n    quote \"按10%給予獎勵，最高5萬元\"\n"
                                    "    item i {\n        award 10% of cost at most 5万元\n    }\n}\n";
static const char quoted_text[] = "標題\n7、按10%给予奖励，最高5万元。\n";
static const char wrong_policy[] = "policy p {\n}\nclause 1 {\n    item i {\n        award x\n    }\n    item i {\n"
                                   "        award 5 +\n    }\n}\n";

static void make(struct test *t, const char *arguments) {
    struct scenario s = {"preparing", arguments, "", false};
    struct trace trace;
    t->scenario = &s;
    set_arguments(t);
    run(t, NULL, 0, &trace);
    if (trace.exit_code != 0) {
        size_t size;
        char *message = read_file(t->stderr_path, "", &size);
        fprintf(stderr, "faults: %s: %s\n", arguments, message ? message : "");
        free(message);
        exit(CODE_SYSTEM);
    }
}

/* The claims in GB18030. */
static void make_gb18030(struct test *t) {
    size_t size, left;
    char *claims = read_file(t->in, "claims.csv", &size), *in = claims;
    left = size * 2;
    char *converted = malloc(left + 1), *out = converted;
    iconv_t to = iconv_open("GB18030", "UTF-8");
    if (!claims || !converted || to == (iconv_t)-1 || iconv(to, &in, &size, &out, &left) == (size_t)-1)
        die("claims.csv");
    iconv_close(to);
    write_file(t->in, "gb.csv", converted, (size_t)(out - converted));
    free(claims);
    free(converted);
}

static void make_inputs(struct test *t) {
    size_t size;
    char *policy = read_file(t->policy, "", &size);
    if (!policy)
        die(t->policy);
    empty(t, t->in);
    empty(t, t->out);
    empty(t, t->tmp);
    write_file(t->in, "small.pol", policy, size);
    free(policy);
    write_file(t->in, "quoted.pol", quoted_policy, sizeof quoted_policy - 1);
    write_file(t->in, "quoted.txt", quoted_text, sizeof quoted_text - 1);
    write_file(t->in, "wrong.pol", wrong_policy, sizeof wrong_policy - 1);
    make(t, "%b/polc build %i/small.pol -o %i/small.so");
    make(t, "%b/polrun generate %i/small.so --claims 60 --bad 100 --out %i");
    make_gb18030(t);
}

/* ---- options --------------------------------------------------------------------------------------------------------
 */

static int usage(void) {
    fputs("usage: faults --bin DIR [--preload LIBRARY] --policy FILE --work DIR [--full|--every] [--kind KIND] "
          "[--from N] [--until N] [SCENARIO]...\n",
          stderr);
    return 2;
}

static bool read_options(struct test *t, int argc, char **argv) {
    static const struct option options[] = {
        {"bin", required_argument, NULL, 'b'},    {"preload", required_argument, NULL, 'p'},
        {"policy", required_argument, NULL, 'y'}, {"work", required_argument, NULL, 'w'},
        {"kind", required_argument, NULL, 'k'},   {"full", no_argument, NULL, 'f'},
        {"every", no_argument, NULL, 'e'},        {"from", required_argument, NULL, 'a'},
        {"until", required_argument, NULL, 'z'},  {0},
    };
    t->from = 1;
    t->until = LONG_MAX;
    for (int key; (key = getopt_long(argc, argv, "", options, NULL)) != -1;)
        switch (key) {
        case 'b':
            t->bin = optarg;
            break;
        case 'p':
            t->preload = optarg;
            break;
        case 'y':
            t->policy = optarg;
            break;
        case 'w':
            t->work = optarg;
            break;
        case 'k':
            t->kind = optarg;
            break;
        case 'a':
            t->from = atol(optarg);
            break;
        case 'z':
            t->until = atol(optarg);
            break;
        case 'e':
            t->every = true;
            /* fall through */
        case 'f':
            t->full = true;
            break;
        default:
            return false;
        }
    return t->from > 0 && t->bin && t->policy && t->work && strlen(t->work) < PATH - 32;
}

static bool named(char **names, const char *name) {
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

int main(int argc, char **argv) {
    static struct test t;
    if (!read_options(&t, argc, argv))
        return usage();
    char *const paths[] = {t.in, t.out, t.tmp, t.log, t.stdout_path, t.stderr_path};
    static const char *const names[] = {"in", "out", "tmp", "fired", "stdout", "stderr"};
    for (int i = 0; i < 6; i++)
        snprintf(paths[i], PATH, "%s/%s", t.work, names[i]);
    mkdir(t.work, 0777);
    make_inputs(&t);
    for (int i = 0; i < SCENARIOS; i++)
        if (optind == argc || named(argv + optind, scenarios[i].name))
            try_scenario(&t, &scenarios[i]);
    printf("%ld runs, %ld failures\n", t.runs, t.failures);
    return t.failures ? 1 : 0;
}
