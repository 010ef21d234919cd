/* command.h - the commands of polc. Each gives the exit code; messages go to standard error. */
#ifndef POL_COMMAND_H
#define POL_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "driver/pipeline.h"
#include "report/report.h"

enum exit_code { EXIT_CLEAN = 0, EXIT_FOUND = 1, EXIT_USAGE = 2, EXIT_INPUT = 3, EXIT_SYSTEM = 4 };

/* What the command line says. Strings belong to it; NULL where an option was not given. */
struct command {
    char **file;
    size_t file_count;
    const char *output, *emit, *cpu;
    const char *language; /* fmt: of keywords, en or zh; NULL: as written. diff: of words; NULL: by locale */
    const char *coverage; /* test: the least percentage, "" for any; NULL: not measured */
    const char *claims, *applicants, *indicators, *folder, *as_of, *encoding;
    const char **param; /* "NAME=VALUE" */
    size_t param_count;
    const char **severity; /* check: "CODE=LEVEL,…", as severity.h reads them */
    size_t severity_count;
    const struct diag_levels *levels; /* what they say; NULL: nothing */
    const char *format;               /* check, test: text (NULL), or one for machines */
    struct report *report;            /* check: gathers what is found; NULL: nothing does */
    bool verify;
    bool check;       /* fmt: only say what is not formatted */
    bool readings;    /* check: list them */
    bool interpreter; /* test: without native code */
    bool fix;         /* check: apply the certain fixes first */
    bool colour;      /* of messages */
    bool silent;      /* diagnostics are not for people */
    bool watch;       /* try: again whenever the policy is saved */
};

int command_check(const struct command *c);
int command_build(const struct command *c);
int command_test(const struct command *c);
int command_run(const struct command *c);
int command_doc(const struct command *c);
int command_fmt(const struct command *c);
int command_diff(const struct command *c);
int command_try(const struct command *c);

/* ---- shared by the commands (command.c) -----------------------------------------------------------------------------
 */

/* Calls `action` with a pipeline and an arena of its own; without memory it says so and gives EXIT_SYSTEM. `data` must
 * hold what is to be given back afterwards: an action does not come back when memory runs out. */
typedef int command_action(const struct command *c, struct pipeline *p, struct arena *arena, void *data);
int command_with_arena(const struct command *c, command_action *action, void *data);

/* Runs the pipeline and prints its diagnostics. Gives EXIT_CLEAN when later work can go on. */
int command_open(const struct command *c, struct pipeline *p, struct arena *arena, const char *path,
                 enum pipeline_stage last);
/* The same up to IR, but without the source document, and quiet unless there are errors, which are EXIT_INPUT here: for
 * commands whose question is not whether the policy is right. */
int command_open_rules(const struct command *c, struct pipeline *p, struct arena *arena, const char *path);
/* Prints diagnostics that were added since, all of them. */
void command_diagnostics(const struct command *c, const struct pipeline *p);

/* "polc: " and the message on standard error. */
void command_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The worse of two results: a failing system before unusable input, before usage, before what was found. */
int command_worse(int a, int b);

#endif
