/* common.h - what the commands of polrun share; main.c has it. Exit codes are those of options.h. */
#ifndef POL_CLI_COMMON_H
#define POL_CLI_COMMON_H

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "audit/audit.h"
#include "cli/options.h"

/* What the observer of a run works with. */
struct console {
    bool shows_progress; /* stderr is a terminal */
    bool line_open;      /* a progress line stands there */
    struct timespec last;
    char stage[64]; /* under way, since when, from where and how far */
    struct timespec began;
    uint64_t first, latest;
    struct pol_buffer warned; /* each ended by NUL: what is read twice is warned of once */
    pthread_mutex_t lock;
};

struct pol_observer observe(struct console *console, bool quiet);

/* progress.c: one line of at most 79 cells: the stage, a bar, the rate so far and the time left at this rate. `first`
 * of `total` were done when the stage began, `seconds` ago. */
void progress_line(struct pol_buffer *line, const char *stage, uint64_t first, uint64_t done, uint64_t total,
                   enum pol_unit unit, double seconds);
/* The signals that end a program are held back while a run works, so that it can take back what it began to write. */
void hold_signals(sigset_t *held, sigset_t *before);
/* After both: a signal that came during the run takes its effect. */
int end_run(enum pol_status status, const struct pol_error *error, struct console *console, const sigset_t *before);

/* To stdout; frees the text. A full disk or a closed pipe is a failure. */
int print(struct pol_buffer *text);
int failure(enum pol_status status, const struct pol_error *error);

bool is_given(const char *value, const char *option, const char *command);
bool is_named(const struct names *names, const char *option, const char *command);
struct pol_source source_of(const struct names *names);
struct pol_source_options reading_of(const struct options *o);
int open_policy(const char *path, pol_module **module);
/* The parameters with what these assignments of --param say; to be freed, whatever the result. */
int set_params(const pol_module *module, const char *const *assignments, unsigned count, int64_t **params);
/* These assignments of an option on top; one parameter twice among them is wrong usage. */
int add_params(const pol_module *module, const char *option, const char *const *assignments, unsigned count,
               int64_t *params);
/* A parameter still open in the draft that the run does not settle is said, with what it is taken as. */
void warn_pending(const pol_module *module, const struct options *o);

/* report.c */
int run_report(const struct options *o);
extern const char report_help[];

/* compare.c */
int run_compare(const struct options *o);
extern const char compare_help[];

#endif
