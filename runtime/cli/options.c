#include "cli/options.h"

#include <errno.h>
#include <getopt.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tr.h"

enum key {
    KEY_CLAIMS = 256,
    KEY_APPLICANTS,
    KEY_INDICATORS,
    KEY_OUT,
    KEY_AS_OF,
    KEY_PARAM,
    KEY_THREADS,
    KEY_ENCODING,
    KEY_BATCH,
    KEY_TOP,
    KEY_QUIET,
    KEY_SEED,
    KEY_YEARS,
    KEY_BAD,
    KEY_SHUFFLED,
    KEY_ITEMS,
    KEY_CLAIM,
    KEY_LANG,
    KEY_FINDINGS,
    KEY_FORMAT,
    KEY_MOST,
    KEY_VERSUS,
    KEY_STATE,
    KEY_SPLIT_DAYS,
    KEY_SPLIT_WITHIN,
    KEY_COLUMN,
    KEY_RESULTS,
    KEY_MEMORY,
    KEY_SPILL,
    KEY_RESUME,
    KEY_HELP,
    KEY_VERSION,
};

static const struct option audit_options[] = {
    {"claims", required_argument, NULL, KEY_CLAIMS},
    {"applicants", required_argument, NULL, KEY_APPLICANTS},
    {"out", required_argument, NULL, KEY_OUT},
    {"memory", required_argument, NULL, KEY_MEMORY},
    {"spill", required_argument, NULL, KEY_SPILL},
    {"resume", no_argument, NULL, KEY_RESUME},
    {"as-of", required_argument, NULL, KEY_AS_OF},
    {"param", required_argument, NULL, KEY_PARAM},
    {"threads", required_argument, NULL, KEY_THREADS},
    {"column", required_argument, NULL, KEY_COLUMN},
    {"format", required_argument, NULL, KEY_RESULTS},
    {"encoding", required_argument, NULL, KEY_ENCODING},
    {"batch", required_argument, NULL, KEY_BATCH},
    {"top", required_argument, NULL, KEY_TOP},
    {"findings", no_argument, NULL, KEY_FINDINGS},
    {"state", required_argument, NULL, KEY_STATE},
    {"split-days", required_argument, NULL, KEY_SPLIT_DAYS},
    {"split-within", required_argument, NULL, KEY_SPLIT_WITHIN},
    {"quiet", no_argument, NULL, KEY_QUIET},
    {"lang", required_argument, NULL, KEY_LANG},
    {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION},
    {0},
};

static const struct option targets_options[] = {
    {"indicators", required_argument, NULL, KEY_INDICATORS},
    {"out", required_argument, NULL, KEY_OUT},
    {"column", required_argument, NULL, KEY_COLUMN},
    {"format", required_argument, NULL, KEY_RESULTS},
    {"encoding", required_argument, NULL, KEY_ENCODING},
    {"quiet", no_argument, NULL, KEY_QUIET},
    {"lang", required_argument, NULL, KEY_LANG},
    {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION},
    {0},
};

static const struct option explain_options[] = {
    {"claims", required_argument, NULL, KEY_CLAIMS},     {"applicants", required_argument, NULL, KEY_APPLICANTS},
    {"claim", required_argument, NULL, KEY_CLAIM},       {"lang", required_argument, NULL, KEY_LANG},
    {"as-of", required_argument, NULL, KEY_AS_OF},       {"param", required_argument, NULL, KEY_PARAM},
    {"threads", required_argument, NULL, KEY_THREADS},   {"column", required_argument, NULL, KEY_COLUMN},
    {"encoding", required_argument, NULL, KEY_ENCODING}, {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION},         {0},
};

static const struct option compare_options[] = {
    {"claims", required_argument, NULL, KEY_CLAIMS},   {"applicants", required_argument, NULL, KEY_APPLICANTS},
    {"out", required_argument, NULL, KEY_OUT},         {"as-of", required_argument, NULL, KEY_AS_OF},
    {"param", required_argument, NULL, KEY_PARAM},     {"versus", required_argument, NULL, KEY_VERSUS},
    {"threads", required_argument, NULL, KEY_THREADS}, {"encoding", required_argument, NULL, KEY_ENCODING},
    {"column", required_argument, NULL, KEY_COLUMN},   {"top", required_argument, NULL, KEY_TOP},
    {"most", required_argument, NULL, KEY_MOST},       {"quiet", no_argument, NULL, KEY_QUIET},
    {"lang", required_argument, NULL, KEY_LANG},       {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION},       {0},
};

static const struct option report_options[] = {
    {"format", required_argument, NULL, KEY_FORMAT},
    {"lang", required_argument, NULL, KEY_LANG},
    {"most", required_argument, NULL, KEY_MOST},
    {"output", required_argument, NULL, 'o'},
    {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION},
    {0},
};

static const struct option info_options[] = {
    {"lang", required_argument, NULL, KEY_LANG},
    {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION},
    {0},
};

static const struct option generate_options[] = {
    {"claims", required_argument, NULL, KEY_CLAIMS}, {"applicants", required_argument, NULL, KEY_APPLICANTS},
    {"out", required_argument, NULL, KEY_OUT},       {"seed", required_argument, NULL, KEY_SEED},
    {"years", required_argument, NULL, KEY_YEARS},   {"bad", required_argument, NULL, KEY_BAD},
    {"shuffled", no_argument, NULL, KEY_SHUFFLED},   {"items", required_argument, NULL, KEY_ITEMS},
    {"lang", required_argument, NULL, KEY_LANG},     {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION},     {0},
};

void say(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs("polrun: ", stderr);
    vfprintf(stderr, tr(format), arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

/* ---- what was perhaps meant ---------------------------------------------------------------------------------------
 */

/* Insertions, deletions and replacements that make one word of the other; words are cut at 31 letters. */
static unsigned distance(const char *a, const char *b) {
    unsigned row[33];
    size_t n = strnlen(b, 31), m = strnlen(a, 31);
    for (unsigned j = 0; j <= n; j++)
        row[j] = j;
    for (unsigned i = 1; i <= m; i++) {
        unsigned corner = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= n; j++) {
            unsigned here = corner + (a[i - 1] != b[j - 1]);
            corner = row[j];
            if (row[j] + 1 < here)
                here = row[j] + 1;
            if (row[j - 1] + 1 < here)
                here = row[j - 1] + 1;
            row[j] = here;
        }
    }
    return row[n];
}

static void consider(const char *word, const char *name, const char **best, unsigned *least) {
    unsigned d = distance(word, name);
    if (d >= *least || (size_t)d * 2 > strlen(name))
        return;
    *best = name;
    *least = d;
}

const struct command *command_find(const struct command *commands, unsigned count, const char *name) {
    const char *best = NULL;
    unsigned least = 4;
    for (unsigned i = 0; i < count; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
        consider(name, commands[i].name, &best, &least);
    }
    if (best != NULL)
        say("unknown command '%s'; did you mean '%s'?", name, best);
    else
        say("unknown command '%s'; see 'polrun --help'", name);
    return NULL;
}

static const struct option *options_of(const struct command *command) {
    switch (command->name[0]) {
    case 'a':
        return audit_options;
    case 't':
        return targets_options;
    case 'e':
        return explain_options;
    case 'g':
        return generate_options;
    case 'r':
        return report_options;
    case 'c':
        return compare_options;
    default:
        return info_options;
    }
}

static enum parse_result unknown_option(const struct command *command, char **argv) {
    char word[64];
    const char *given = argv[optind - 1], *best = NULL;
    unsigned least = 4;
    if (optopt != 0 && optopt < KEY_CLAIMS) {
        say("unknown option '-%c'; see 'polrun %s --help'", optopt, command->name);
        return PARSE_WRONG;
    }
    snprintf(word, sizeof word, "%.*s", (int)strcspn(given + 2, "="), given + 2);
    for (const struct option *o = options_of(command); o->name != NULL; o++)
        consider(word, o->name, &best, &least);
    if (optopt != 0)
        say("option '--%s' takes no value", word);
    else if (best != NULL)
        say("unknown option '--%s'; did you mean '--%s'?", word, best);
    else
        say("unknown option '--%s'; see 'polrun %s --help'", word, command->name);
    return PARSE_WRONG;
}

/* ---- values -------------------------------------------------------------------------------------------------------
 */

/* A number of plain digits within a range. */
static bool number(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *value) {
    char *end = NULL;
    errno = 0;
    *value = strtoull(text, &end, 10);
    bool plain = text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
    if (plain && *value >= min && *value <= max)
        return true;
    say("option '--%s' takes a whole number from %llu to %llu, not '%s'", option, (unsigned long long)min,
        (unsigned long long)max, text);
    return false;
}

static bool small(const char *option, const char *text, uint64_t min, uint64_t max, unsigned *value) {
    uint64_t wide = 0;
    if (!number(option, text, min, max, &wide))
        return false;
    *value = (unsigned)wide;
    return true;
}

/* "4G", "512M": binary units, also as GiB and GB. */
static bool memory_size(const char *text, uint64_t *bytes) {
    static const char units[] = "KMGT";
    enum { LEAST = 64 << 20 };
    char *end = NULL;
    errno = 0;
    *bytes = strtoull(text, &end, 10);
    const char *unit = *end != '\0' ? strchr(units, *end >= 'a' ? *end - 32 : *end) : NULL;
    unsigned shift = unit != NULL ? 10 * (unsigned)(unit - units + 1) : 0;
    end += unit != NULL;
    bool sound = text[0] >= '0' && text[0] <= '9' && errno == 0 && *bytes <= UINT64_MAX >> (shift + 1) &&
                 (*end == '\0' || strcasecmp(end, "b") == 0 || strcasecmp(end, "ib") == 0);
    *bytes <<= sound ? shift : 0;
    if (sound && *bytes >= LEAST)
        return true;
    say("option '--memory' takes a size such as 512M or 4G, at least 64M, not '%s'", text);
    return false;
}

static bool encoding(const char *text, enum pol_encoding *value) {
    if (strcasecmp(text, "utf-8") == 0 || strcasecmp(text, "utf8") == 0)
        *value = POL_ENCODING_UTF8;
    else if (strcasecmp(text, "gb18030") == 0)
        *value = POL_ENCODING_GB18030;
    else {
        say("option '--encoding' takes utf-8 or gb18030, not '%s'", text);
        return false;
    }
    return true;
}

/* Results go to a DuckDB file where the name says so. */
static void choose_results(struct options *o) {
    size_t size = o->out != NULL ? strlen(o->out) : 0;
    if (!o->results_given && size > 7 && strcmp(o->out + size - 7, ".duckdb") == 0)
        o->results = POL_FORMAT_DUCKDB;
}

static bool results(const char *text, struct options *o) {
    static const char *const names[] = {
        [POL_FORMAT_CSV] = "csv", [POL_FORMAT_PARQUET] = "parquet", [POL_FORMAT_DUCKDB] = "duckdb"};
    o->results_given = true;
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(text, names[i]) == 0) {
            o->results = (enum pol_format)i;
            return true;
        }
    say("option '--format' takes csv, parquet or duckdb, not '%s'", text);
    return false;
}

static bool param(const char *text, const char **params, unsigned *count) {
    if (*count == PARAM_LIMIT) {
        say("more than %d parameters", PARAM_LIMIT);
        return false;
    }
    params[(*count)++] = text;
    return true;
}

static bool name(const char *option, const char *text, struct names *names) {
    if (names->count == SOURCE_LIMIT) {
        say("option '--%s' is given more than %d times; a pattern like '*.csv' names many files at once", option,
            SOURCE_LIMIT);
        return false;
    }
    names->name[names->count++] = text;
    return true;
}

static bool take(const struct command *command, int key, const char *text, struct options *o) {
    unsigned year = 0;
    bool generate = command->name[0] == 'g';
    if (key == 'o') {
        o->output = text;
        return true;
    }
    switch ((enum key)key) {
    case KEY_CLAIMS:
        if (generate)
            return number("claims", text, 0, UINT32_MAX - 1, &o->claim_count);
        return name("claims", text, &o->claims);
    case KEY_APPLICANTS:
        if (generate)
            return number("applicants", text, 1, UINT32_MAX - 1, &o->applicant_count);
        return name("applicants", text, &o->applicants);
    case KEY_INDICATORS:
        return name("indicators", text, &o->indicators);
    case KEY_OUT:
        o->out = text;
        return true;
    case KEY_ITEMS:
        if (o->items != NULL)
            say("option '--items' is given twice, as '%s' and '%s': name all items in one, as in --items=A,B", o->items,
                text);
        else
            o->items = text;
        return o->items == text;
    case KEY_AS_OF:
        if (!small("as-of", text, 1990, 2099, &year))
            return false;
        o->as_of = (int32_t)year;
        return true;
    case KEY_PARAM:
        return param(text, o->params, &o->param_count);
    case KEY_VERSUS:
        return param(text, o->versus, &o->versus_count);
    case KEY_THREADS:
        return small("threads", text, 1, 256, &o->threads);
    case KEY_BATCH:
        return small("batch", text, 1, 1000000, &o->batch);
    case KEY_TOP:
        return small("top", text, 0, 10000, &o->top);
    case KEY_YEARS:
        return small("years", text, 1, 20, &o->years);
    case KEY_BAD:
        return small("bad", text, 0, 1000, &o->bad);
    case KEY_SEED:
        return number("seed", text, 0, UINT64_MAX, &o->seed);
    case KEY_RESULTS:
        return results(text, o);
    case KEY_COLUMN:
        return name("column", text, &o->columns);
    case KEY_ENCODING:
        o->encoding_given = true;
        return encoding(text, &o->encoding);
    case KEY_CLAIM:
        if (o->claim != NULL)
            say("option '--claim' is given twice, as '%s' and '%s': one claim at a time", o->claim, text);
        else
            o->claim = text;
        return o->claim == text;
    case KEY_LANG:
        if (strcmp(text, "en") != 0 && strcmp(text, "zh") != 0) {
            say("option '--lang' takes en or zh, not '%s'", text);
            return false;
        }
        o->lang = text;
        return true;
    case KEY_STATE:
        o->state = text;
        return true;
    case KEY_FORMAT:
        if (strcmp(text, "html") != 0 && strcmp(text, "md") != 0) {
            say("option '--format' takes html or md, not '%s'", text);
            return false;
        }
        o->format = text;
        return true;
    case KEY_MOST:
        return small("most", text, 1, 10000000, &o->most);
    case KEY_FINDINGS:
        o->findings = true;
        return true;
    case KEY_SPLIT_DAYS:
        return small("split-days", text, 0, 3660, &o->split_days);
    case KEY_SPLIT_WITHIN:
        return small("split-within", text, 1, 50, &o->split_within);
    case KEY_QUIET:
        o->quiet = true;
        return true;
    case KEY_SHUFFLED:
        o->shuffled = true;
        return true;
    case KEY_MEMORY:
        return memory_size(text, &o->memory);
    case KEY_SPILL:
        o->spill = text;
        return true;
    case KEY_RESUME:
        o->resume = true;
        return true;
    case KEY_HELP:
    case KEY_VERSION:
        break;
    }
    return true;
}

/* No value may be empty but a claim's id. */
static bool has_value(const struct command *command, int key, const char *text) {
    if (text == NULL || text[0] != '\0' || key == KEY_CLAIM)
        return true;
    const struct option *option = options_of(command);
    while (option->name != NULL && option->val != key)
        option++;
    char shown[40];
    snprintf(shown, sizeof shown, "--%s", option->name != NULL ? option->name : "");
    say("option '%s' needs a value", shown);
    return false;
}

static enum parse_result no_operand(const struct command *command, bool directory) {
    if (directory)
        say("no directory given: polrun %s %s; see 'polrun %s --help'", command->name, command->operand, command->name);
    else
        say("no policy given: polrun %s %s; see 'polrun %s --help'", command->name, command->operand, command->name);
    return PARSE_WRONG;
}

static enum parse_result operands(const struct command *command, int argc, char **argv, struct options *o) {
    bool directory = strcmp(command->operand, "DIR") == 0;
    int most = command->most_operands;
    if (optind == argc)
        return no_operand(command, directory);
    o->policy = argv[optind];
    o->newer = most > 1 && optind + 1 < argc ? argv[optind + 1] : NULL;
    if (argc - optind <= most)
        return PARSE_RUN;
    if (directory)
        say("one directory at a time: '%s' is one too many", argv[optind + most]);
    else if (most > 1)
        say("two policies at a time: '%s' is one too many", argv[optind + most]);
    else
        say("one policy at a time: '%s' is one too many", argv[optind + most]);
    return PARSE_WRONG;
}

/* Those that this process may run on, as a container or taskset may say. */
static unsigned processors(void) {
    enum { MOST = 64 };
    cpu_set_t set;
    int count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
    return count < MOST ? (unsigned)count : MOST;
}

enum parse_result options_parse(const struct command *command, int argc, char **argv, struct options *options) {
    *options = (struct options){.threads = processors(), .top = 5, .split_days = 30, .split_within = 10};
    const char *letters = options_of(command) == report_options ? ":o:" : ":";
    opterr = 0;
    optind = 1;
    for (int key; (key = getopt_long(argc, argv, letters, options_of(command), NULL)) != -1;) {
        if (key == KEY_HELP)
            return PARSE_HELP;
        if (key == KEY_VERSION)
            return PARSE_VERSION;
        if (key == '?')
            return unknown_option(command, argv);
        if (key == ':') {
            say("option '%s' needs a value", argv[optind - 1]);
            return PARSE_WRONG;
        }
        if (!has_value(command, key, optarg) || !take(command, key, optarg, options))
            return PARSE_WRONG;
    }
    choose_results(options);
    return operands(command, argc, argv, options);
}
