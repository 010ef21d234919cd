/* options.h - the command line of polrun. */
#ifndef POL_CLI_OPTIONS_H
#define POL_CLI_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/input.h"
#include "source/sink.h"

enum exit_code { EXIT_DONE = 0, EXIT_FOUND = 1, EXIT_USAGE = 2, EXIT_INPUT = 3, EXIT_SYSTEM = 4 };

enum { PARAM_LIMIT = 256, SOURCE_LIMIT = 4096 };

/* The values of an option that may be repeated. */
struct names {
    const char *name[SOURCE_LIMIT];
    unsigned count;
};

/* What was asked for. Strings are those of argv. */
struct options {
    const char *policy; /* report: a directory */
    const char *newer;  /* compare: the second policy; NULL: the same with other parameters */
    const char *out, *items, *claim, *lang, *state, *output, *format;
    struct names claims, applicants, indicators, columns;
    const char *params[PARAM_LIMIT];
    unsigned param_count;
    const char *versus[PARAM_LIMIT];
    unsigned versus_count;
    int32_t as_of;
    unsigned threads, top, batch, years, bad, split_days, split_within, most;
    const char *spill;
    uint64_t memory;
    bool resume;
    uint64_t claim_count, applicant_count, seed;
    enum pol_encoding encoding;
    bool encoding_given;
    enum pol_format results; /* what an audit writes */
    bool results_given, lang_asked, findings, quiet, shuffled;
};

enum parse_result { PARSE_RUN, PARSE_HELP, PARSE_VERSION, PARSE_WRONG };

struct command {
    const char *name;
    const char *help;
    int (*run)(const struct options *options);
    const char *operand; /* as in the usage; DIR: a directory */
    int most_operands;
};

/* The command of that name; NULL: reported on stderr, with the one that was perhaps meant. */
const struct command *command_find(const struct command *commands, unsigned count, const char *name);
/* Reads argv from the word behind the command's name on. PARSE_WRONG: reported on stderr. */
enum parse_result options_parse(const struct command *command, int argc, char **argv, struct options *options);

/* "polrun: …" on stderr. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

#endif
