/* differential - random policies and ledgers, decided by the interpreter and by native code: every byte must agree.
 *
 *   differential --bin DIR [--count N] [--seed S] [--work DIR] [--tries N] [--progress]
 *
 * N policies are decided; those that the compiler refuses (a cap that never binds, say) are not counted. A run can be
 * made in pieces: each says the seed that the next goes on with. --progress, and a terminal, show how far it is.
 * A case that disagrees is made smaller and left in the work directory (policy.pol, claims.csv, applicants.csv) with
 * the commands to run it again. Exit 0: all agree; 1: some do not; 2: wrong usage; 4: the system failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "choices.h"
#include "random_case.h"

extern char **environ;

enum outcome { AGREE, REFUSED, DIFFER };

struct test {
    const char *bin, *work;
    char reason[256];
    char polc[1024], polrun[1024], path[8][1024];
};

enum { POLICY, CLAIMS, APPLICANTS, OBJECT, BY_INTERPRETER, BY_NATIVE, BY_THREADS, LOG };
static const char *const file_name[] = {"policy.pol",  "claims.csv", "applicants.csv", "policy.so",
                                        "interpreter", "native",     "threads",        "log"};

_Noreturn static void die(const char *what) {
    fprintf(stderr, "differential: %s: %s\n", what, strerror(errno));
    exit(4);
}

static int run(struct test *t, char *const argv[]) {
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, t->path[LOG], O_WRONLY | O_CREAT | O_TRUNC, 0666);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0 || waitpid(pid, &status, 0) < 0)
        die(argv[0]);
    posix_spawn_file_actions_destroy(&actions);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static bool same_file(const char *a, const char *b, const char *name) {
    char path[2][2048];
    snprintf(path[0], sizeof path[0], "%s/%s", a, name);
    snprintf(path[1], sizeof path[1], "%s/%s", b, name);
    FILE *f = fopen(path[0], "rb"), *g = fopen(path[1], "rb");
    bool same = f && g;
    for (int x = 0; same && x != EOF;) {
        x = getc(f);
        same = x == getc(g);
    }
    if (f)
        fclose(f);
    if (g)
        fclose(g);
    return same;
}

static enum outcome differ(struct test *t, const char *what, int code) {
    snprintf(t->reason, sizeof t->reason, "%s (exit %d)", what, code);
    return DIFFER;
}

static void write_case(struct test *t, struct choices *c) {
    FILE *f[3];
    for (int i = 0; i < 3; i++)
        if (!(f[i] = fopen(t->path[i], "wb")))
            die(t->path[i]);
    random_case(c, f[POLICY], f[CLAIMS], f[APPLICANTS]);
    for (int i = 0; i < 3; i++)
        if (fclose(f[i]) != 0)
            die(t->path[i]);
}

static enum outcome compare(struct test *t) {
    char **p = (char *[]){t->path[0], t->path[1], t->path[2], t->path[3], t->path[4], t->path[5], t->path[6]};
    char *build[] = {t->polc, "build", p[POLICY], "-o", p[OBJECT], NULL};
    char *interpret[] = {t->polc,        "run",         p[POLICY], "--claims",        p[CLAIMS],
                         "--applicants", p[APPLICANTS], "--out",   p[BY_INTERPRETER], NULL};
    char *native[] = {t->polrun,      "audit",       p[OBJECT], "--claims",   p[CLAIMS],
                      "--applicants", p[APPLICANTS], "--out",   p[BY_NATIVE], NULL};
    char *threads[] = {t->polrun,     "audit", p[OBJECT],     "--claims",  p[CLAIMS], "--applicants",
                       p[APPLICANTS], "--out", p[BY_THREADS], "--threads", "2",       "--batch",
                       "7",           NULL};
    int code = run(t, build);
    if (code == 1)
        return REFUSED;
    if (code)
        return differ(t, "polc build failed", code);
    int expected = run(t, interpret);
    if (expected > 4)
        return differ(t, "polc run crashed", expected);
    code = run(t, native);
    if (code != expected)
        return differ(t, "polrun audit ends otherwise than polc run", code);
    code = run(t, threads);
    if (code != expected)
        return differ(t, "two threads end otherwise than one", code);
    if (expected)
        return AGREE;
    static const char *const name[] = {"decisions.csv", "payments.csv"};
    for (int i = 0; i < 2; i++) {
        if (!same_file(p[BY_INTERPRETER], p[BY_NATIVE], name[i]))
            return differ(t, name[i], 0);
        if (!same_file(p[BY_NATIVE], p[BY_THREADS], name[i]))
            return differ(t, "two threads or small batches decide otherwise", 0);
    }
    return AGREE;
}

static bool still_differs(const uint32_t *value, size_t count, void *context) {
    struct test *t = context;
    struct choices c = {0};
    choices_replay(&c, value, count);
    write_case(t, &c);
    choices_free(&c);
    return compare(t) == DIFFER;
}

static void report(struct test *t, struct choices *c, unsigned long seed, unsigned tries) {
    choices_shrink(c, still_differs, t, tries);
    choices_replay(c, c->value, c->count);
    write_case(t, c);
    compare(t);
    printf("seed %lu differs: %s\n  smallest case found is in %s\n", seed, t->reason, t->work);
    printf("  %s run %s --claims %s --applicants %s --out %s\n", t->polc, t->path[POLICY], t->path[CLAIMS],
           t->path[APPLICANTS], t->path[BY_INTERPRETER]);
    printf("  %s audit %s --claims %s --applicants %s --out %s\n", t->polrun, t->path[OBJECT], t->path[CLAIMS],
           t->path[APPLICANTS], t->path[BY_NATIVE]);
}

enum { STEP = 100 };

static void show(unsigned long decided, unsigned long count, unsigned long refused) {
    if (decided % STEP == 0 || decided == count)
        fprintf(stderr, "%lu of %lu decided, %lu refused\n", decided, count, refused);
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"bin", 1, 0, 'b'},  {"count", 1, 0, 'n'}, {"seed", 1, 0, 's'},
                                            {"work", 1, 0, 'w'}, {"tries", 1, 0, 't'}, {"progress", 0, 0, 'p'},
                                            {0, 0, 0, 0}};
    bool progress = isatty(STDERR_FILENO);
    struct test t = {0};
    unsigned long count = 100, seed = 1, refused = 0, failed = 0;
    unsigned tries = 2000;
    char made[] = "/tmp/pol-differential-XXXXXX";
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (o) {
        case 'b':
            t.bin = optarg;
            break;
        case 'n':
            count = strtoul(optarg, NULL, 10);
            break;
        case 's':
            seed = strtoul(optarg, NULL, 10);
            break;
        case 'w':
            t.work = optarg;
            break;
        case 't':
            tries = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'p':
            progress = true;
            break;
        default:
            return 2;
        }
    }
    if (!t.bin) {
        fprintf(stderr, "usage: differential --bin DIR [--count N] [--seed S] [--work DIR] [--tries N] [--progress]\n");
        return 2;
    }
    if (!t.work)
        t.work = mkdtemp(made);
    else if (mkdir(t.work, 0777) != 0 && errno != EEXIST)
        die(t.work);
    if (!t.work)
        die(made);
    for (int i = 0; i < 8; i++)
        snprintf(t.path[i], sizeof t.path[i], "%s/%s", t.work, file_name[i]);
    snprintf(t.polc, sizeof t.polc, "%s/polc", t.bin);
    snprintf(t.polrun, sizeof t.polrun, "%s/polrun", t.bin);
    struct choices c = {0};
    unsigned long decided = 0;
    for (; decided < count && refused <= count && failed == 0; seed++) {
        choices_record(&c, seed * 0x9e3779b9u);
        write_case(&t, &c);
        enum outcome outcome = compare(&t);
        refused += outcome == REFUSED;
        decided += outcome != REFUSED;
        if (outcome == DIFFER) {
            failed++;
            report(&t, &c, seed, tries);
        }
        if (progress && outcome != REFUSED)
            show(decided, count, refused);
    }
    choices_free(&c);
    printf("%lu policies decided, %lu refused by the compiler, %lu differ; next seed %lu\n", decided, refused, failed,
           seed);
    if (refused > count)
        printf("too many are refused: the generator and the language have drifted apart\n");
    return failed || refused > count;
}
