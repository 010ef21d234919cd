/* bench.h - measuring in one process: alternating runs, medians, ratios. */
#ifndef POL_BENCH_H
#define POL_BENCH_H

#include <stdbool.h>
#include <stdint.h>

struct bench {
    const char *bin;    /* where polc and polrun are */
    const char *work;   /* a directory for what is made on the way */
    const char *source; /* the project's top folder */
    uint64_t rows;      /* of kernels and folds */
    uint64_t claims;    /* of the audited ledger */
    unsigned rounds;
    unsigned failures; /* results that are not equal, programs that fail */
};

double bench_now(void); /* seconds, monotonic */

/* Runs each of `count` things once in turn, `rounds` times; seconds[i] gets the median of thing i. */
typedef void bench_thing(void *context);
void bench_alternate(bench_thing *const *thing, void *const *context, unsigned count, unsigned rounds, double *seconds);

void bench_title(const char *title);
/* "  name   12.3 ms   81 M rows/s" */
void bench_line(const char *name, double seconds, uint64_t rows, const char *unit);
/* "  ratio ...  1.07 x   (target: at most 1.15 x)": `target` > 0 with at_most, or at least; 0 = no target. */
void bench_ratio(const char *name, double ratio, double target, bool at_most);
void bench_failed(struct bench *b, const char *what);

/* Runs a program to its end; false (and a failure counted) unless it exits 0. Output is dropped. */
bool bench_run(struct bench *b, double *seconds, double *peak_mib, char *const argv[]);

void bench_kernels(struct bench *b);
void bench_fold(struct bench *b);
void bench_csv(struct bench *b);
void bench_audit(struct bench *b);
void bench_compile(struct bench *b);

#endif
