/* polrun - decide and audit claims with a compiled policy. */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit/audit.h"
#include "audit/explain.h"
#include "audit/state_file.h"
#include "audit/words.h"
#include "cli/common.h"
#include "cli/options.h"
#include "generate/generate.h"
#include "ledger/output.h"
#include "tr.h"
#include "tr_start.h"

static const char general_help[] =
    tr_later("usage: polrun COMMAND POLICY.so [OPTION]...\n"
             "\n"
             "Decides and audits claims with a compiled policy.\n"
             "\n"
             "  audit      decide every claim of a ledger, compare paid with due\n"
             "  targets    compare indicators with the policy's targets\n"
             "  report     show what an audit found, as a page or as Markdown\n"
             "  compare    tell what another policy would have meant for past claims\n"
             "  explain    tell why one claim was decided as it was\n"
             "  info       show what is in a compiled policy\n"
             "  generate   make a realistic ledger for a policy\n"
             "\n"
             "  --help        this text; with a command, that command's options\n"
             "  --lang=LANG   messages in English (en) or in Chinese (zh); otherwise as\n"
             "                the locale says. Behind a command as well\n"
             "  --version     the version\n"
             "\n"
             "Exit status: 0 done, 2 wrong usage, 3 input that cannot be used,\n"
             "4 the system failed.\n");

static const char audit_help[] =
    tr_later("usage: polrun audit POLICY.so --claims=SOURCE --applicants=SOURCE --out=DIR\n"
             "                    [OPTION]...\n"
             "\n"
             "Decides every claim of a ledger. Writes DIR/decisions.csv, a row for each\n"
             "claim in the order of the input, DIR/payments.csv, what is paid in which year,\n"
             "and DIR/invalid.csv, what could not be used, if there is any. Shows counts and\n"
             "sums, and where paid and due differ most.\n"
             "\n"
             "      --claims=SOURCE     claims: a file of CSV, JSON lines or Excel (.xlsx), or\n"
             "                          Parquet; FILE#TABLE of SQLite or DuckDB, or\n"
             "                          postgresql://...#TABLE; a query instead of TABLE;\n"
             "                          may be repeated, or be a pattern like 'c/*.csv.gz'\n"
             "      --applicants=SOURCE applicants by year, likewise\n"
             "      --column=FIELD=NAME read the column NAME for FIELD; may be repeated\n"
             "      --out=DIR           where to write; made if missing\n"
             "      --format=FORMAT     csv (default) or parquet; with duckdb, or where\n"
             "                          --out ends in .duckdb, --out is a DuckDB file\n"
             "      --as-of=YEAR        what is unpaid by then is outstanding, not lapsed;\n"
             "                          otherwise the latest year of the input\n"
             "      --param=NAME=VALUE  a parameter of the policy; may be repeated\n"
             "      --threads=N         worker threads; otherwise one for each processor\n"
             "      --memory=SIZE       what may be used, such as 512M or 4G; otherwise most\n"
             "                          of what is free. A larger ledger goes through work\n"
             "                          files\n"
             "      --spill=DIR         where to put them; otherwise with the results\n"
             "      --resume            go on from what an interrupted audit left; and keep\n"
             "                          what is done, should this one be interrupted\n"
             "      --encoding=NAME     of the input: utf-8 (default) or gb18030\n"
             "      --batch=ROWS        claims evaluated together\n"
             "      --top=N             how many of the largest differences to show (5)\n"
             "      --findings          also write DIR/findings.csv, DIR/findings.json and\n"
             "                          DIR/differences.csv: what is wrong with what was paid\n"
             "      --split-days=N      claims at most N days apart may be one matter in\n"
             "                          pieces (30), and claims at most\n"
             "      --split-within=N    N percent below a threshold are close to it (10)\n"
             "      --state=FILE        go on from the state that the last run left in FILE,\n"
             "                          and leave this run's there; begun if missing. Writes\n"
             "                          DIR/settled.csv, too: earlier claims that changed\n"
             "      --quiet             no summary, no progress\n"
             "      --lang=LANG         language of messages, en or zh\n"
             "      --help              this text\n"
             "\n"
             "The result is the same whatever the threads and batches.\n");

static const char targets_help[] =
    tr_later("usage: polrun targets POLICY.so --indicators=SOURCE --out=DIR [OPTION]...\n"
             "\n"
             "Compares indicators with the policy's targets and writes DIR/targets.csv.\n"
             "\n"
             "      --indicators=SOURCE indicators by year: as the claims of an audit\n"
             "      --column=FIELD=NAME read the column NAME for FIELD; may be repeated\n"
             "      --out=DIR           where to write; made if missing\n"
             "      --format=FORMAT     as in audit\n"
             "      --encoding=NAME     of the input: utf-8 (default) or gb18030\n"
             "      --quiet             no summary\n"
             "      --lang=LANG         language of messages, en or zh\n"
             "      --help              this text\n");

static const char explain_help[] =
    tr_later("usage: polrun explain POLICY.so --claims=SOURCE --applicants=SOURCE --claim=ID\n"
             "                      [OPTION]...\n"
             "\n"
             "Tells one claim's whole way through the stages: which facts were used, which\n"
             "clause granted, cut, deferred or denied how much, which earlier claims counted\n"
             "against it, and what would have to be different for a better outcome.\n"
             "\n"
             "      --claims=SOURCE     claims: a file of CSV, JSON lines or Excel (.xlsx), or\n"
             "                          Parquet; FILE#TABLE of SQLite or DuckDB, or\n"
             "                          postgresql://...#TABLE; a query instead of TABLE;\n"
             "                          may be repeated, or be a pattern like 'c/*.csv.gz'\n"
             "      --applicants=SOURCE applicants by year, likewise\n"
             "      --column=FIELD=NAME read the column NAME for FIELD; may be repeated\n"
             "      --claim=ID          the claim\n"
             "      --lang=LANGUAGE     en or zh; otherwise by the locale\n"
             "      --as-of=YEAR        as in audit\n"
             "      --param=NAME=VALUE  a parameter of the policy; may be repeated\n"
             "      --encoding=NAME     of the input: utf-8 (default) or gb18030\n"
             "      --help              this text\n");

static const char info_help[] = tr_later("usage: polrun info POLICY.so\n"
                                         "       polrun info STATE\n"
                                         "\n"
                                         "Shows what is in a compiled policy: names, days in force, parameters,\n"
                                         "clauses, items, fields, targets; or what a state of polrun audit is about.\n"
                                         "\n"
                                         "      --lang=LANG         language of messages, en or zh\n"
                                         "      --help              this text\n");

static const char generate_help[] =
    tr_later("usage: polrun generate POLICY.so --claims=N --out=DIR [OPTION]...\n"
             "\n"
             "Makes a ledger for a policy: DIR/claims.csv, DIR/applicants.csv and, where\n"
             "the policy has targets, DIR/indicators.csv. The same options give the same\n"
             "bytes. Replaces no file.\n"
             "\n"
             "      --claims=N          how many claims\n"
             "      --out=DIR           where to write; made if missing\n"
             "      --applicants=N      how many applicants; otherwise one for ten claims\n"
             "      --seed=N            another seed, another ledger (0)\n"
             "      --years=N           calendar years the claims spread over, 1 to 20 (3)\n"
             "      --bad=N             of 1000 claims, so many with a bad cell (0)\n"
             "      --shuffled          in random order instead of by date\n"
             "      --items=A,B,...     these items alone, with the columns they need\n"
             "      --lang=LANG         language of messages, en or zh\n"
             "      --help              this text\n");

/* ---- the terminal -------------------------------------------------------------------------------------------------
 */

static void clear_line(struct console *console) {
    if (console->line_open)
        fputs("\r\033[K", stderr);
    console->line_open = false;
}

static bool was_warned(const struct console *console, const char *message) {
    for (size_t at = 0; at < console->warned.size; at += strlen(console->warned.data + at) + 1)
        if (strcmp(console->warned.data + at, message) == 0)
            return true;
    return false;
}

static void warn(void *context, const char *message) {
    struct console *console = context;
    pthread_mutex_lock(&console->lock);
    if (!was_warned(console, message)) {
        clear_line(console);
        fprintf(stderr, tr("polrun: warning: %s\n"), message);
        pol_buffer_add(&console->warned, message, strlen(message) + 1); /* without memory it may be told again */
    }
    pthread_mutex_unlock(&console->lock);
}

static double seconds_since(const struct timespec *then, const struct timespec *now) {
    return (double)(now->tv_sec - then->tv_sec) + 1e-9 * (double)(now->tv_nsec - then->tv_nsec);
}

/* Ten times a second, and whenever a stage begins. */
static void show_progress(void *context, const char *stage, uint64_t done, uint64_t total, enum pol_unit unit) {
    struct console *console = context;
    struct timespec now;
    if (!console->shows_progress)
        return;
    clock_gettime(CLOCK_MONOTONIC, &now);
    pthread_mutex_lock(&console->lock);
    bool begins = strncmp(console->stage, stage, sizeof console->stage - 1) != 0 || done < console->latest;
    if (begins) {
        snprintf(console->stage, sizeof console->stage, "%s", stage);
        console->began = now;
        console->first = done;
    }
    console->latest = done;
    if (begins || seconds_since(&console->last, &now) >= 0.1) {
        struct pol_buffer line = {0};
        progress_line(&line, stage, console->first, done, total, unit, seconds_since(&console->began, &now));
        if (!line.failed)
            fprintf(stderr, "\r\033[K%.*s", (int)line.size, line.data);
        pol_buffer_free(&line);
        console->last = now;
        console->line_open = true;
        fflush(stderr);
    }
    pthread_mutex_unlock(&console->lock);
}

void hold_signals(sigset_t *held, sigset_t *before) {
    sigemptyset(held);
    sigaddset(held, SIGINT);
    sigaddset(held, SIGTERM);
    sigaddset(held, SIGHUP);
    pthread_sigmask(SIG_BLOCK, held, before);
}

static bool is_cancelled(void *context) {
    (void)context;
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    return sigismember(&pending, SIGINT) || sigismember(&pending, SIGTERM) || sigismember(&pending, SIGHUP);
}

struct pol_observer observe(struct console *console, bool quiet) {
    *console = (struct console){.shows_progress = !quiet && isatty(STDERR_FILENO)};
    pthread_mutex_init(&console->lock, NULL);
    return (struct pol_observer){console, warn, show_progress, is_cancelled};
}

int print(struct pol_buffer *text) {
    int code = EXIT_DONE;
    if (text->failed) {
        say("not enough memory");
        code = EXIT_SYSTEM;
    } else if ((text->size > 0 && fwrite(text->data, 1, text->size, stdout) != text->size) || fflush(stdout) != 0) {
        say("standard output cannot be written");
        code = EXIT_SYSTEM;
    }
    pol_buffer_free(text);
    return code;
}

static int print_text(const char *text) {
    struct pol_buffer buffer = {0};
    pol_buffer_text(&buffer, text);
    return print(&buffer);
}

int failure(enum pol_status status, const struct pol_error *error) {
    say("%s", error->message);
    return (int)status;
}

/* ---- commands -----------------------------------------------------------------------------------------------------
 */

bool is_given(const char *value, const char *option, const char *command) {
    if (value != NULL)
        return true;
    if (strcmp(option, "out") == 0)
        say("'--out' is missing: name a folder for the results, as in '--out=result'; see 'polrun %s --help'", command);
    else
        say("'--%s' is missing; see 'polrun %s --help'", option, command);
    return false;
}

bool is_named(const struct names *names, const char *option, const char *command) {
    return is_given(names->count > 0 ? names->name[0] : NULL, option, command);
}

struct pol_source source_of(const struct names *names) {
    return (struct pol_source){names->name, names->count};
}

struct pol_source_options reading_of(const struct options *o) {
    return (struct pol_source_options){.encoding = o->encoding,
                                       .encoding_given = o->encoding_given,
                                       .columns = o->columns.name,
                                       .column_count = o->columns.count};
}

/* A file that is not there cannot be used; the library takes it for a failure of the system. */
int open_policy(const char *path, pol_module **module) {
    struct pol_error error = {0};
    enum pol_status status = pol_module_open(path, module, &error);
    if (status == POL_STATUS_OK)
        return EXIT_DONE;
    if (status == POL_STATUS_SYSTEM && access(path, R_OK) != 0)
        status = POL_STATUS_INPUT;
    size_t size = strlen(path);
    if (status == POL_STATUS_INPUT && size > 4 && strcmp(path + size - 4, ".pol") == 0 && access(path, R_OK) == 0) {
        say("'%s' is the source of a policy: build it with 'polc build', and give what that makes", path);
        return (int)status;
    }
    return failure(status, &error);
}

/* The parameter that NAME=VALUE is about, by its name or its column; POL_NONE: none. */
static uint32_t param_of(const pol_module *module, const char *assignment) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_param *params = pol_module_array(module, d->params);
    assignment += strspn(assignment, " \t");
    size_t size = strcspn(assignment, "=");
    while (size > 0 && (assignment[size - 1] == ' ' || assignment[size - 1] == '\t'))
        size--;
    for (uint32_t p = 0; p < d->params.count; p++) {
        const char *names[] = {pol_module_string(module, params[p].name), pol_module_string(module, params[p].column)};
        for (int n = 0; n < 2; n++)
            if (strlen(names[n]) == size && memcmp(names[n], assignment, size) == 0)
                return p;
    }
    return POL_NONE;
}

int add_params(const pol_module *module, const char *option, const char *const *assignments, unsigned count,
               int64_t *params) {
    struct pol_error error = {0};
    for (unsigned i = 0; i < count; i++) {
        enum pol_status status = pol_params_set(module, params, assignments[i], &error);
        if (status != POL_STATUS_OK)
            return failure(status, &error);
        for (unsigned j = 0; j < i; j++) {
            if (param_of(module, assignments[i]) != param_of(module, assignments[j]))
                continue;
            say("option '--%s' sets one parameter twice, by '%.100s' and by '%.100s': give one of them", option,
                assignments[j], assignments[i]);
            return EXIT_USAGE;
        }
    }
    return EXIT_DONE;
}

int set_params(const pol_module *module, const char *const *assignments, unsigned count, int64_t **params) {
    *params = calloc(pol_module_descriptor(module)->params.count + 1u, sizeof **params);
    if (*params == NULL) {
        say("not enough memory");
        return EXIT_SYSTEM;
    }
    pol_params_default(module, *params);
    return add_params(module, "param", assignments, count, *params);
}

void warn_pending(const pol_module *module, const struct options *o) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_param *params = pol_module_array(module, d->params);
    for (uint32_t p = 0; p < d->params.count; p++) {
        bool settled = params[p].pending == 0;
        for (unsigned i = 0; i < o->param_count && !settled; i++)
            settled = param_of(module, o->params[i]) == p;
        if (settled)
            continue;
        struct pol_buffer value = {0};
        pol_words_value(&value, module, params[p].type, params[p].enum_index, params[p].fallback);
        fprintf(stderr,
                tr("polrun: warning: parameter '%s' is still open in the draft; taken as %.*s, set it with --param\n"),
                pol_module_string(module, params[p].name), (int)value.size, value.size > 0 ? value.data : "");
        pol_buffer_free(&value);
    }
}

int end_run(enum pol_status status, const struct pol_error *error, struct console *console, const sigset_t *before) {
    clear_line(console);
    pol_buffer_free(&console->warned);
    pthread_mutex_destroy(&console->lock);
    int code = status == POL_STATUS_OK ? EXIT_DONE : failure(status, error);
    pthread_sigmask(SIG_SETMASK, before, NULL);
    return code;
}

/* Where results go: a folder, or a DuckDB file in one. */
struct output {
    char folder[4096];
    struct pol_sink sink;
};

static bool output_of(const struct options *o, struct output *out) {
    const char *slash = strrchr(o->out, '/');
    const char *base = slash != NULL ? slash + 1 : o->out;
    out->sink = (struct pol_sink){o->results, base};
    int size = o->results != POL_FORMAT_DUCKDB
                   ? snprintf(out->folder, sizeof out->folder, "%s", o->out)
                   : snprintf(out->folder, sizeof out->folder, "%.*s", slash != NULL ? (int)(base - o->out) : 1,
                              slash != NULL ? o->out : ".");
    if (o->results == POL_FORMAT_DUCKDB && *base == '\0')
        say("'--out' names no DuckDB file: '%s'", o->out);
    else if (size >= (int)sizeof out->folder)
        say("'--out' is too long");
    else
        return true;
    return false;
}

static int audit_policy(const pol_module *module, const int64_t *params, const struct options *o) {
    struct console console;
    struct pol_error error = {0};
    struct pol_summary summary;
    struct pol_buffer text = {0};
    struct output output;
    sigset_t held, before;
    if (!output_of(o, &output))
        return EXIT_USAGE;
    struct pol_audit_options audit = {.claims = source_of(&o->claims),
                                      .applicants = source_of(&o->applicants),
                                      .source = reading_of(o),
                                      .out = output.folder,
                                      .sink = output.sink,
                                      .params = params,
                                      .as_of = o->as_of,
                                      .threads = o->threads,
                                      .batch_rows = o->batch,
                                      .memory = o->memory,
                                      .spill = o->spill,
                                      .resume = o->resume,
                                      .top = o->top,
                                      .findings = o->findings,
                                      .state = o->state,
                                      .split = {o->split_days, o->split_within},
                                      .observer = observe(&console, o->quiet)};
    hold_signals(&held, &before);
    enum pol_status status = pol_audit_run(module, &audit, &summary, o->quiet ? NULL : &text, &error);
    int code = end_run(status, &error, &console, &before);
    pol_summary_free(&summary);
    if (code == EXIT_DONE)
        return print(&text);
    pol_buffer_free(&text);
    return code;
}

/* A state has the applicants of earlier runs; without one, all claims would lack theirs. */
static bool has_applicants(const struct options *o) {
    bool known = o->state != NULL && access(o->state, F_OK) == 0;
    return known || is_named(&o->applicants, "applicants", "audit");
}

static int run_audit(const struct options *o) {
    if (!is_named(&o->claims, "claims", "audit") || !has_applicants(o) || !is_given(o->out, "out", "audit"))
        return EXIT_USAGE;
    pol_module *module = NULL;
    int64_t *params = NULL;
    int code = open_policy(o->policy, &module);
    if (code == EXIT_DONE)
        code = set_params(module, o->params, o->param_count, &params);
    if (code == EXIT_DONE) {
        warn_pending(module, o);
        code = audit_policy(module, params, o);
    }
    free(params);
    pol_module_close(module);
    return code;
}

static int run_targets(const struct options *o) {
    struct output output;
    if (!is_named(&o->indicators, "indicators", "targets") || !is_given(o->out, "out", "targets") ||
        !output_of(o, &output))
        return EXIT_USAGE;
    pol_module *module = NULL;
    int code = open_policy(o->policy, &module);
    if (code != EXIT_DONE)
        return code;
    struct console console;
    struct pol_error error = {0};
    struct pol_buffer text = {0};
    sigset_t held, before;
    struct pol_observer observer = observe(&console, o->quiet);
    hold_signals(&held, &before);
    struct pol_source indicators = source_of(&o->indicators);
    struct pol_source_options reading = reading_of(o);
    enum pol_status status =
        pol_targets_run(module, &indicators, &reading, output.folder, &output.sink, &observer, &text, &error);
    code = end_run(status, &error, &console, &before);
    if (code == EXIT_DONE && !o->quiet)
        code = print(&text);
    else
        pol_buffer_free(&text);
    pol_module_close(module);
    return code;
}

static int explain_policy(const pol_module *module, const int64_t *params, const struct options *o) {
    struct console console;
    struct pol_error error = {0};
    struct pol_buffer text = {0};
    sigset_t held, before;
    struct pol_explain_options explain = {.audit = {.claims = source_of(&o->claims),
                                                    .applicants = source_of(&o->applicants),
                                                    .source = reading_of(o),
                                                    .params = params,
                                                    .as_of = o->as_of,
                                                    .threads = o->threads,
                                                    .observer = observe(&console, true)},
                                          .claim = o->claim,
                                          .language = strcmp(o->lang, "zh") == 0 ? POL_CHINESE : POL_ENGLISH};
    hold_signals(&held, &before);
    enum pol_status status = pol_explain_run(module, &explain, &text, &error);
    int code = end_run(status, &error, &console, &before);
    if (code == EXIT_DONE)
        return print(&text);
    pol_buffer_free(&text);
    return code;
}

static int run_explain(const struct options *o) {
    if (!is_named(&o->claims, "claims", "explain") || !is_named(&o->applicants, "applicants", "explain") ||
        !is_given(o->claim, "claim", "explain"))
        return EXIT_USAGE;
    pol_module *module = NULL;
    int64_t *params = NULL;
    int code = open_policy(o->policy, &module);
    if (code == EXIT_DONE)
        code = set_params(module, o->params, o->param_count, &params);
    if (code == EXIT_DONE)
        code = explain_policy(module, params, o);
    free(params);
    pol_module_close(module);
    return code;
}

static int info_of_state(const char *path) {
    struct pol_error error = {0};
    struct pol_buffer text = {0};
    enum pol_status status = pol_state_info(path, &text, &error);
    if (status == POL_STATUS_OK)
        return print(&text);
    pol_buffer_free(&text);
    return failure(status, &error);
}

static int run_info(const struct options *o) {
    if (pol_state_file_is(o->policy))
        return info_of_state(o->policy);
    pol_module *module = NULL;
    int code = open_policy(o->policy, &module);
    if (code != EXIT_DONE)
        return code;
    struct pol_buffer text = {0};
    if (!pol_info_text(module, &text))
        text.failed = true;
    pol_module_close(module);
    return print(&text);
}

static int run_generate(const struct options *o) {
    if (!is_given(o->out, "out", "generate"))
        return EXIT_USAGE;
    if (o->claim_count == 0) {
        say("'--claims' is missing or 0; see 'polrun generate --help'");
        return EXIT_USAGE;
    }
    pol_module *module = NULL;
    int code = open_policy(o->policy, &module);
    if (code != EXIT_DONE)
        return code;
    struct pol_error error = {0};
    struct generate_options options = {o->claim_count, o->applicant_count, o->seed, o->years,
                                       o->bad,         o->shuffled,        o->items};
    struct pol_out *out = NULL; /* makes the folders above, too */
    enum pol_status status = pol_out_new(o->out, &out, &error);
    pol_out_free(out);
    if (status == POL_STATUS_OK)
        status = generate_ledger(module, &options, o->out, &error);
    pol_module_close(module);
    return status == POL_STATUS_OK ? EXIT_DONE : failure(status, &error);
}

static const struct command commands[] = {{"audit", audit_help, run_audit, "POLICY.so", 1},
                                          {"targets", targets_help, run_targets, "POLICY.so", 1},
                                          {"explain", explain_help, run_explain, "POLICY.so", 1},
                                          {"report", report_help, run_report, "DIR", 1},
                                          {"compare", compare_help, run_compare, "OLD.so [NEW.so]", 2},
                                          {"info", info_help, run_info, "POLICY.so", 1},
                                          {"generate", generate_help, run_generate, "POLICY.so", 1}};

static int run_command(int argc, char **argv, bool chinese) {
    const struct command *command = command_find(commands, sizeof commands / sizeof *commands, argv[1]);
    struct options options;
    if (command == NULL)
        return EXIT_USAGE;
    switch (options_parse(command, argc - 1, argv + 1, &options)) {
    case PARSE_HELP:
        return print_text(tr(command->help));
    case PARSE_VERSION:
        return print_text("polrun " POL_VERSION "\n");
    case PARSE_WRONG:
        return EXIT_USAGE;
    case PARSE_RUN:
        break;
    }
    options.lang_asked = options.lang != NULL;
    if (options.lang == NULL)
        options.lang = chinese ? "zh" : "en";
    return command->run(&options);
}

/* The language may stand before the command too: how many words that takes; -1: it is none. */
static int skip_language(int argc, char **argv) {
    bool joined = argc > 1 && strncmp(argv[1], "--lang=", 7) == 0;
    if (!joined && (argc < 2 || strcmp(argv[1], "--lang") != 0))
        return 0;
    const char *value = joined ? argv[1] + 7 : argc > 2 ? argv[2] : "";
    if (strcmp(value, "en") == 0 || strcmp(value, "zh") == 0)
        return joined ? 1 : 2;
    if (*value == '\0')
        say("option '%s' needs a value", "--lang");
    else
        say("option '--lang' takes en or zh, not '%s'", value);
    return -1;
}

static int choose(int argc, char **argv, bool chinese) {
    if (argc < 2) {
        fputs(tr(general_help), stderr);
        return EXIT_USAGE;
    }
    bool help = strcmp(argv[1], "help") == 0;
    if (help && argc > 2) { /* of a command */
        const struct command *command = command_find(commands, sizeof commands / sizeof *commands, argv[2]);
        return command != NULL ? print_text(tr(command->help)) : EXIT_USAGE;
    }
    if (help || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return print_text(tr(general_help));
    if (strcmp(argv[1], "--version") == 0)
        return print_text("polrun " POL_VERSION "\n");
    if (argv[1][0] == '-') {
        say("unknown option '%s'; see 'polrun --help'", argv[1]);
        return EXIT_USAGE;
    }
    return run_command(argc, argv, chinese);
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is reported like any other failure to write */
    signal(SIGXFSZ, SIG_IGN); /* likewise a file that grows beyond what is allowed */
    bool chinese = tr_start(tr_asked(argc, argv));
    int skipped = skip_language(argc, argv);
    return skipped < 0 ? EXIT_USAGE : choose(argc - skipped, argv + skipped, chinese);
}
