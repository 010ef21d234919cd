/* Whole programs: an audit from CSV to CSV against a plain read of the same file, and the stages of the compiler. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench.h"

static double read_file(struct bench *b, const char *path, double *bytes) {
    static char buffer[1 << 20];
    double start = bench_now();
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 0;
    *bytes = 0;
    if (fd < 0) {
        bench_failed(b, path);
        return 1;
    }
    while ((n = read(fd, buffer, sizeof buffer)) > 0)
        *bytes += (double)n;
    close(fd);
    return bench_now() - start;
}

static bool audit_once(struct bench *b, const char *object, const char *ledger, const char *threads, double *seconds,
                       double *mib) {
    char polrun[4200], claims[4300], applicants[4300], out[4200];
    snprintf(polrun, sizeof polrun, "%s/polrun", b->bin);
    snprintf(claims, sizeof claims, "%s/claims.csv", ledger);
    snprintf(applicants, sizeof applicants, "%s/applicants.csv", ledger);
    snprintf(out, sizeof out, "%s/audit", b->work);
    char *audit[] = {polrun,  "audit", (char *)object, "--claims",      claims, "--applicants", applicants,
                     "--out", out,     "--threads",    (char *)threads, NULL};
    return bench_run(b, seconds, mib, audit);
}

static void audit_rows(struct bench *b, const char *object, uint64_t rows, double *per_claim) {
    char polrun[4200], ledger[4250], claims[4300], count[32];
    double seconds[2] = {1, 1}, mib = 0, bytes = 0, made, first;
    snprintf(polrun, sizeof polrun, "%s/polrun", b->bin);
    snprintf(count, sizeof count, "%llu", (unsigned long long)rows);
    snprintf(ledger, sizeof ledger, "%s/ledger-%s", b->work, count);
    snprintf(claims, sizeof claims, "%s/claims.csv", ledger);
    char *generate[] = {polrun, "generate", (char *)object, "--claims", count, "--out", ledger, NULL};
    if (!bench_run(b, &made, NULL, generate))
        return;
    read_file(b, claims, &bytes);
    first = read_file(b, claims, &bytes);
    if (!audit_once(b, object, ledger, "1", &seconds[0], &mib) ||
        !audit_once(b, object, ledger, "2", &seconds[1], &mib))
        return;
    printf("  %llu claims, %.0f MB; ledger made in %.1f s; peak memory %.0f MiB\n", (unsigned long long)rows,
           bytes / 1e6, made, mib);
    bench_line("plain read of the claims", first, 0, "");
    bench_line("audit, one thread", seconds[0], rows, "claims");
    bench_line("audit, two threads", seconds[1], rows, "claims");
    printf("  two threads: %.0f MB/s of claims\n", bytes / 1e6 / seconds[1]);
    bench_ratio("audit against a plain read", seconds[1] / first, 0, true);
    *per_claim = seconds[1] / (double)rows;
}

void bench_audit(struct bench *b) {
    char polc[4200], source[4200], object[4200];
    double seconds, small = 0, large = 0;
    bench_title("Audit, CSV to CSV, all of Dongyang");
    snprintf(polc, sizeof polc, "%s/polc", b->bin);
    snprintf(source, sizeof source, "%s/policies/dongyang.pol", b->source);
    snprintf(object, sizeof object, "%s/dongyang.so", b->work);
    char *build[] = {polc, "build", source, "-o", object, NULL};
    if (!bench_run(b, &seconds, NULL, build))
        return;
    audit_rows(b, object, b->claims / 10, &small);
    audit_rows(b, object, b->claims, &large);
    if (small > 0 && large > 0)
        bench_ratio("time a claim, ten times the rows", large / small, 1.15, true);
}

static void program(struct bench *b, const char *name, char *const argv[]) {
    double seconds[32] = {0}, least = 1e9;
    for (unsigned i = 0; i < b->rounds; i++) {
        if (!bench_run(b, &seconds[i % 32], NULL, argv))
            return;
        least = seconds[i % 32] < least ? seconds[i % 32] : least;
    }
    bench_line(name, least, 0, "");
}

void bench_compile(struct bench *b) {
    char polc[4200], polrun[4200], source[4200], object[4200];
    snprintf(polc, sizeof polc, "%s/polc", b->bin);
    snprintf(polrun, sizeof polrun, "%s/polrun", b->bin);
    snprintf(source, sizeof source, "%s/policies/dongyang.pol", b->source);
    snprintf(object, sizeof object, "%s/compile.so", b->work);
    bench_title("Compiling Dongyang, whole processes, best of the rounds (targets: check 15 ms, build 100 ms)");
    program(b, "polc --version", (char *[]){polc, "--version", NULL});
    program(b, "polc check", (char *[]){polc, "check", source, NULL});
    program(b, "polc build --emit=ir", (char *[]){polc, "build", "--emit=ir", source, NULL});
    program(b, "polc build --emit=obj", (char *[]){polc, "build", "--emit=obj", source, "-o", object, NULL});
    program(b, "polc build", (char *[]){polc, "build", source, "-o", object, NULL});
    program(b, "polrun info", (char *[]){polrun, "info", object, NULL});
}
