/* bench - what pol's parts cost, against what the machine can do and what one would write by hand.
 *
 *   bench [--quick] [--rows N] [--claims N] [--only kernels|fold|csv|audit|compile]
 *
 * Everything compared is measured in one run, alternating; ratios are what counts. Exit 1 when results differ or a
 * program fails: a slow machine is no failure.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <libgen.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

double bench_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_size(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

enum { ROUNDS = 32, THINGS = 8 };

void bench_alternate(bench_thing *const *thing, void *const *context, unsigned count, unsigned rounds,
                     double *seconds) {
    static const unsigned most = ROUNDS;
    double took[THINGS][ROUNDS];
    if (rounds > most)
        rounds = most;
    for (unsigned round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < count; i++) {
            double start = bench_now();
            thing[i](context[i]);
            took[i][round] = bench_now() - start;
        }
    }
    for (unsigned i = 0; i < count; i++) {
        qsort(took[i], rounds, sizeof took[i][0], by_size);
        seconds[i] = took[i][rounds / 2];
    }
}

void bench_title(const char *title) {
    printf("\n%s\n", title);
}

void bench_line(const char *name, double seconds, uint64_t rows, const char *unit) {
    printf("  %-38s %9.2f ms", name, seconds * 1e3);
    if (rows)
        printf("  %9.1f M %s/s", (double)rows / seconds / 1e6, unit);
    printf("\n");
}

void bench_ratio(const char *name, double ratio, double target, bool at_most) {
    printf("  = %-36s %9.2f x ", name, ratio);
    if (target > 0)
        printf("  (target: %s %.2f x%s)", at_most ? "at most" : "at least", target,
               (at_most ? ratio <= target : ratio >= target) ? "" : ", MISSED");
    printf("\n");
}

void bench_failed(struct bench *b, const char *what) {
    b->failures++;
    printf("  FAILED: %s\n", what);
}

bool bench_run(struct bench *b, double *seconds, double *peak_mib, char *const argv[]) {
    posix_spawn_file_actions_t actions;
    struct rusage usage;
    pid_t pid;
    int status = 0;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    double start = bench_now();
    int error = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
    if (error == 0 && wait4(pid, &status, 0, &usage) < 0)
        error = errno;
    *seconds = bench_now() - start;
    posix_spawn_file_actions_destroy(&actions);
    if (error == 0 && peak_mib)
        *peak_mib = (double)usage.ru_maxrss / 1024;
    if (error == 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    bench_failed(b, argv[0]);
    return false;
}

static void usage(void) {
    fputs("usage: bench [--quick] [--rows N] [--claims N] [--only kernels|fold|csv|audit|compile]\n", stderr);
    exit(2);
}

static bool wanted(const char *only, const char *part) {
    return !only || strcmp(only, part) == 0;
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"quick", 0, 0, 'q'}, {"rows", 1, 0, 'r'}, {"claims", 1, 0, 'c'}, {"only", 1, 0, 'o'}, {0, 0, 0, 0}};
    struct bench b = {.rows = 10000000, .claims = 10000000, .rounds = 9, .source = POL_SOURCE_DIR};
    char self[4096], work[] = "/tmp/pol-bench-XXXXXX";
    const char *only = NULL;
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (o) {
        case 'q':
            b.rows = 1000000;
            b.claims = 200000;
            b.rounds = 5;
            break;
        case 'r':
            b.rows = strtoull(optarg, NULL, 10);
            break;
        case 'c':
            b.claims = strtoull(optarg, NULL, 10);
            break;
        case 'o':
            only = optarg;
            break;
        default:
            usage();
        }
    }
    if (n <= 0 || !mkdtemp(work)) {
        perror("bench");
        return 4;
    }
    self[n] = 0;
    b.bin = dirname(self);
    b.work = work;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (wanted(only, "compile"))
        bench_compile(&b);
    if (wanted(only, "audit")) /* while this process is small: its peak would count as that of those it starts */
        bench_audit(&b);
    if (wanted(only, "kernels"))
        bench_kernels(&b);
    if (wanted(only, "fold"))
        bench_fold(&b);
    if (wanted(only, "csv"))
        bench_csv(&b);
    char *clean[] = {"/bin/rm", "-rf", work, NULL};
    double seconds;
    bench_run(&b, &seconds, NULL, clean);
    return b.failures ? 1 : 0;
}
