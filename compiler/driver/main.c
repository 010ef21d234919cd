/* main.c - polc: options only. */
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "driver/command.h"
#include "driver/severity.h"
#include "driver/suggest.h"
#include "tr.h"
#include "tr_start.h"

static const char general_help[] =
    tr_later("usage: polc COMMAND [OPTION]... FILE.pol...\n"
             "\n"
             "Checks, tests and compiles subsidy policies.\n"
             "\n"
             "  check   report every mistake of the policies\n"
             "  build   compile a policy to a shared object\n"
             "  test    run the examples of the policies, interpreted and compiled\n"
             "  run     decide a ledger with the interpreter\n"
             "  doc     show a policy beside its source document, as a web page\n"
             "  fmt     lay the policies out, in English or in Chinese\n"
             "  diff    say what two versions of a policy mean differently\n"
             "  try     decide one claim and explain it; again whenever the policy is saved\n"
             "\n"
             "  --help        this text; with a command, that command's options\n"
             "  --lang=LANG   messages in English (en) or in Chinese (zh); otherwise as\n"
             "                the locale says. Behind a command as well\n"
             "  --version     the version\n"
             "\n"
             "Exit status: 0 done and clean, 1 errors in a policy or failing examples,\n"
             "2 wrong usage, 3 input that cannot be used, 4 the system failed.\n");

static const char check_help[] =
    tr_later("usage: polc check FILE.pol... [OPTION]...\n"
             "\n"
             "Reads and checks the policies and reports every mistake. Writes nothing\n"
             "without --fix. Warnings do not fail it; docs/lints tells of each.\n"
             "\n"
             "      --format=FORMAT\n"
             "                   text, json, sarif (2.1.0) or github (workflow commands)\n"
             "  -o, --output=FILE\n"
             "                   where to write json, sarif or github; text is then shown\n"
             "                   as well. Otherwise standard output, and no text\n"
             "      --fix        apply the fixes that are certain, in place; then check\n"
             "      --severity=CODE=LEVEL\n"
             "                   make a warning an error, keep it, or switch it off: error,\n"
             "                   warning or off; all=LEVEL for every one; may be repeated\n"
             "      --readings   list the readings: what the text leaves open and how the\n"
             "                   policy decides it, for a lawyer to sign\n"
             "      --lang=LANG  language of messages, en or zh\n"
             "      --help       this text\n");

static const char doc_help[] = tr_later("usage: polc doc FILE.pol [-o FILE.html]\n"
                                        "\n"
                                        "Writes one self-contained web page: the source document, and beside each\n"
                                        "paragraph the rules that carry it. Text that no quote covers is marked.\n"
                                        "\n"
                                        "  -o, --output=FILE   where to write; FILE.html beside the source otherwise\n"
                                        "      --lang=LANG     language of messages, en or zh\n"
                                        "      --help          this text\n");

static const char diff_help[] =
    tr_later("usage: polc diff OLD.pol NEW.pol [OPTION]...\n"
             "\n"
             "Says clause by clause what two versions of a policy mean differently. Order,\n"
             "layout, the language of keywords, names of definitions and examples do not\n"
             "count. Exit status: 0 no difference, 1 differences, 3 a version has errors.\n"
             "\n"
             "      --claims=FILE       a ledger: adds what the change would have meant for\n"
             "      --applicants=FILE   it, who gains, who loses, sums by clause and year\n"
             "      --as-of=YEAR        as in run\n"
             "      --param=NAME=VALUE  a parameter of either version; may be repeated\n"
             "      --encoding=NAME     of the ledger: utf-8 or gb18030\n"
             "      --format=FORMAT     text, or json: for machines\n"
             "      --lang=LANG         language of the words and of messages, en or zh\n"
             "      --help              this text\n");

static const char try_help[] =
    tr_later("usage: polc try FILE.pol ITEM [FIELD=VALUE]... [OPTION]...\n"
             "\n"
             "Decides one claim for an item and explains the decision. Values are written as\n"
             "in policies (500万元, 2024-03-01, 50%, yes) or as in ledgers; applicant.FIELD\n"
             "and claim.FIELD say whose a field is where both have it. On a terminal it asks\n"
             "for what the item needs and was not given; elsewhere it says what is missing.\n"
             "\n"
             "      --watch             decide again whenever the policy is saved, and show\n"
             "                          what changed in its meaning and in the result\n"
             "      --param=NAME=VALUE  a parameter of the policy; may be repeated\n"
             "      --lang=LANG         language of the words and of messages, en or zh\n"
             "      --help              this text\n");

static const char fmt_help[] =
    tr_later("usage: polc fmt FILE.pol... [OPTION]...\n"
             "\n"
             "Lays the policies out in one form. Comments stay, lines break where they broke.\n"
             "A file with mistakes of syntax is reported and left alone.\n"
             "\n"
             "      --check         write nothing; list the files that would change, and fail\n"
             "      --lang=LANG     write keywords in English (en) or in Chinese (zh);\n"
             "                      messages follow\n"
             "  -o, --output=FILE   where to write, - for standard output; in place otherwise\n"
             "      --help          this text\n");

static const char build_help[] =
    tr_later("usage: polc build FILE.pol [OPTION]...\n"
             "\n"
             "Compiles a policy to a shared object. The same source gives the same bytes\n"
             "on every machine.\n"
             "\n"
             "  -o, --output=FILE   where to write; FILE.so beside the source otherwise\n"
             "      --emit=KIND     show a stage instead: ast, ir, llvm, asm or obj\n"
             "      --target-cpu=CPU\n"
             "                      code for this processor alone, or native; otherwise for\n"
             "                      every x86-64, with code for levels 1, 3 and 4\n"
             "      --verify        compare the code with the interpreter before it is put\n"
             "                      in place, on the examples and on random rows\n"
             "      --lang=LANG     language of messages, en or zh\n"
             "      --help          this text\n");

static const char test_help[] =
    tr_later("usage: polc test FILE.pol... [OPTION]...\n"
             "\n"
             "Runs the examples of the policies, with the interpreter and with native code.\n"
             "\n"
             "      --coverage      show what of each clause and item the examples touch, and\n"
             "                      what they do not\n"
             "      --min-coverage=PERCENT\n"
             "                      the same, and fail below this\n"
             "      --interpreter   without native code\n"
             "      --format=FORMAT text, or junit: XML with a test for each example\n"
             "  -o, --output=FILE   where to write junit; text is then shown as well.\n"
             "                      Otherwise standard output, and no text\n"
             "      --lang=LANG     language of messages, en or zh\n"
             "      --help          this text\n");

static const char run_help[] =
    tr_later("usage: polc run FILE.pol --claims=FILE --applicants=FILE --out=DIR [OPTION]...\n"
             "       polc run FILE.pol --indicators=FILE --out=DIR\n"
             "\n"
             "Decides a ledger, or evaluates the targets, with the interpreter: the\n"
             "reference for what a policy means.\n"
             "\n"
             "      --claims=FILE       claims, CSV\n"
             "      --applicants=FILE   applicants by year, CSV\n"
             "      --indicators=FILE   indicators by year, CSV\n"
             "      --out=DIR           where decisions.csv and payments.csv, or\n"
             "                          targets.csv, are written\n"
             "      --as-of=YEAR        what is unpaid by then is outstanding, not lapsed;\n"
             "                          otherwise the latest year of the input\n"
             "      --param=NAME=VALUE  a parameter of the policy; may be repeated\n"
             "      --encoding=NAME     of the input: utf-8 or gb18030\n"
             "      --lang=LANG         language of messages, en or zh\n"
             "      --help              this text\n");

enum option_key {
    KEY_HELP = 256,
    KEY_VERSION,
    KEY_EMIT,
    KEY_CPU,
    KEY_VERIFY,
    KEY_CLAIMS,
    KEY_APPLICANTS,
    KEY_INDICATORS,
    KEY_OUT,
    KEY_AS_OF,
    KEY_PARAM,
    KEY_ENCODING,
    KEY_READINGS,
    KEY_COVERAGE,
    KEY_MIN_COVERAGE,
    KEY_INTERPRETER,
    KEY_CHECK,
    KEY_LANG,
    KEY_FORMAT,
    KEY_SEVERITY,
    KEY_WATCH,
    KEY_FIX
};

static const struct option test_options[] = {
    {"coverage", no_argument, NULL, KEY_COVERAGE},
    {"min-coverage", required_argument, NULL, KEY_MIN_COVERAGE},
    {"interpreter", no_argument, NULL, KEY_INTERPRETER},
    {"format", required_argument, NULL, KEY_FORMAT},
    {"output", required_argument, NULL, 'o'},
    {"lang", required_argument, NULL, KEY_LANG},
    {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION},
    {0},
};

static const struct option check_options[] = {
    {"fix", no_argument, NULL, KEY_FIX},
    {"severity", required_argument, NULL, KEY_SEVERITY},
    {"readings", no_argument, NULL, KEY_READINGS},
    {"format", required_argument, NULL, KEY_FORMAT},
    {"output", required_argument, NULL, 'o'},
    {"lang", required_argument, NULL, KEY_LANG},
    {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION},
    {0},
};

static const struct option doc_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"lang", required_argument, NULL, KEY_LANG},
    {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION},
    {0},
};

static const struct option fmt_options[] = {
    {"check", no_argument, NULL, KEY_CHECK},     {"lang", required_argument, NULL, KEY_LANG},
    {"output", required_argument, NULL, 'o'},    {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION}, {0},
};

static const struct option diff_options[] = {
    {"claims", required_argument, NULL, KEY_CLAIMS},     {"applicants", required_argument, NULL, KEY_APPLICANTS},
    {"as-of", required_argument, NULL, KEY_AS_OF},       {"param", required_argument, NULL, KEY_PARAM},
    {"encoding", required_argument, NULL, KEY_ENCODING}, {"lang", required_argument, NULL, KEY_LANG},
    {"format", required_argument, NULL, KEY_FORMAT},     {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION},         {0},
};

static const struct option try_options[] = {
    {"watch", no_argument, NULL, KEY_WATCH},     {"param", required_argument, NULL, KEY_PARAM},
    {"lang", required_argument, NULL, KEY_LANG}, {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION}, {0},
};

static const struct option build_options[] = {
    {"output", required_argument, NULL, 'o'},         {"emit", required_argument, NULL, KEY_EMIT},
    {"target-cpu", required_argument, NULL, KEY_CPU}, {"verify", no_argument, NULL, KEY_VERIFY},
    {"lang", required_argument, NULL, KEY_LANG},      {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION},      {0},
};

static const struct option run_options[] = {
    {"claims", required_argument, NULL, KEY_CLAIMS},
    {"applicants", required_argument, NULL, KEY_APPLICANTS},
    {"indicators", required_argument, NULL, KEY_INDICATORS},
    {"out", required_argument, NULL, KEY_OUT},
    {"as-of", required_argument, NULL, KEY_AS_OF},
    {"param", required_argument, NULL, KEY_PARAM},
    {"encoding", required_argument, NULL, KEY_ENCODING},
    {"lang", required_argument, NULL, KEY_LANG},
    {"help", no_argument, NULL, KEY_HELP},
    {"version", no_argument, NULL, KEY_VERSION},
    {0},
};

struct entry {
    const char *name, *help, *letters;
    const struct option *options;
    int (*run)(const struct command *c);
    bool one_file;
};

static const struct entry entries[] = {
    {"check", check_help, ":o:", check_options, command_check, false},
    {"build", build_help, ":o:", build_options, command_build, true},
    {"test", test_help, ":o:", test_options, command_test, false},
    {"run", run_help, ":", run_options, command_run, true},
    {"doc", doc_help, ":o:", doc_options, command_doc, true},
    {"fmt", fmt_help, ":o:", fmt_options, command_fmt, false},
    {"diff", diff_help, ":", diff_options, command_diff, false},
    {"try", try_help, ":", try_options, command_try, false},
};
enum { ENTRIES = sizeof entries / sizeof *entries };

/* ---- wrong usage ----------------------------------------------------------------------------------------------------
 */

static int see_help(const struct entry *e) {
    fprintf(stderr, tr("polc: see 'polc %s%s--help'\n"), e ? e->name : "", e ? " " : "");
    return EXIT_USAGE;
}

static int unknown_option(const struct entry *e, char **argv) {
    char word[64];
    if (optopt && optopt < KEY_HELP) {
        command_say("unknown option '-%c'", optopt);
        return see_help(e);
    }
    const char *given = argv[optind - 1], *names[20];
    size_t count = 0;
    for (const struct option *o = e->options; o->name; o++)
        names[count++] = o->name;
    names[count] = NULL;
    snprintf(word, sizeof word, "%.*s", (int)strcspn(given + 2, "="), given + 2);
    const char *near = suggest(word, names);
    if (optopt) /* a known option with a value that it does not take */
        command_say("option '--%s' takes no value", word);
    else if (near)
        command_say("unknown option '--%s'; did you mean '--%s'?", word, near);
    else
        command_say("unknown option '--%s'", word);
    return see_help(e);
}

static int unknown_command(const char *name) {
    const char *names[ENTRIES + 1];
    for (int i = 0; i < ENTRIES; i++)
        names[i] = entries[i].name;
    names[ENTRIES] = NULL;
    const char *near = suggest(name, names);
    size_t size = strlen(name);
    if (size > 4 && strcmp(name + size - 4, ".pol") == 0)
        command_say("a command comes first, as in 'polc check %s'", name);
    else if (near)
        command_say("unknown command '%s'; did you mean '%s'?", name, near);
    else
        command_say("unknown command '%s'", name);
    return see_help(NULL);
}

/* ---- options --------------------------------------------------------------------------------------------------------
 */

static int version(void) {
    printf("polc (pol) %s\n", POL_VERSION);
    return EXIT_CLEAN;
}

/* polc reads one file of each kind: the first must not be dropped without a word. */
static bool is_second_file(const struct command *c, int key) {
    return (key == KEY_CLAIMS && c->claims) || (key == KEY_APPLICANTS && c->applicants) ||
           (key == KEY_INDICATORS && c->indicators);
}

static void take(struct command *c, int key) {
    switch (key) {
    case 'o':
        c->output = optarg;
        break;
    case KEY_EMIT:
        c->emit = optarg;
        break;
    case KEY_CPU:
        c->cpu = optarg;
        break;
    case KEY_VERIFY:
        c->verify = true;
        break;
    case KEY_READINGS:
        c->readings = true;
        break;
    case KEY_FORMAT:
        c->format = optarg;
        break;
    case KEY_COVERAGE:
        c->coverage = c->coverage ? c->coverage : "";
        break;
    case KEY_MIN_COVERAGE:
        c->coverage = optarg;
        break;
    case KEY_INTERPRETER:
        c->interpreter = true;
        break;
    case KEY_CHECK:
        c->check = true;
        break;
    case KEY_WATCH:
        c->watch = true;
        break;
    case KEY_LANG:
        c->language = optarg;
        break;
    case KEY_CLAIMS:
        c->claims = optarg;
        break;
    case KEY_APPLICANTS:
        c->applicants = optarg;
        break;
    case KEY_INDICATORS:
        c->indicators = optarg;
        break;
    case KEY_OUT:
        c->folder = optarg;
        break;
    case KEY_AS_OF:
        c->as_of = optarg;
        break;
    case KEY_PARAM:
        c->param[c->param_count++] = optarg;
        break;
    case KEY_FIX:
        c->fix = true;
        break;
    case KEY_SEVERITY:
        c->severity[c->severity_count++] = optarg;
        break;
    case KEY_ENCODING:
        c->encoding = optarg;
        break;
    default: /* the caller's keys */
        break;
    }
}

static const char *wrong_build(const struct command *c) {
    static const char *const kinds[] = {"ast", "ir", "llvm", "asm", "obj", NULL};
    bool known = !c->emit;
    for (int i = 0; kinds[i] && !known; i++)
        known = strcmp(kinds[i], c->emit) == 0;
    return known ? NULL : tr_later("--emit takes ast, ir, llvm, asm or obj");
}

static bool is_year(const char *text) {
    return strlen(text) == 4 && strspn(text, "0123456789") == 4 && atoi(text) >= 1990 && atoi(text) <= 2099;
}

static const char *wrong_ledger(const struct command *c) {
    if (c->as_of && !is_year(c->as_of))
        return tr_later("--as-of takes a year from 1990 to 2099");
    if (c->encoding && strcasecmp(c->encoding, "utf-8") != 0 && strcasecmp(c->encoding, "gb18030") != 0)
        return tr_later("--encoding takes utf-8 or gb18030");
    return NULL;
}

/* Would a file that is read be replaced by one that is written? */
static bool replaces_ledger(const struct command *c) {
    static const char *const names[] = {"decisions.csv", "payments.csv", "targets.csv"};
    const char *const files[] = {c->claims, c->applicants, c->indicators};
    char path[4096];
    struct stat out, in;
    for (size_t n = 0; n < 3; n++)
        for (size_t i = 0; i < 3; i++)
            if (files[i] && snprintf(path, sizeof path, "%s/%s", c->folder, names[n]) < (int)sizeof path &&
                lstat(path, &out) == 0 && stat(files[i], &in) == 0 && in.st_dev == out.st_dev &&
                in.st_ino == out.st_ino)
                return true;
    return false;
}

static const char *wrong_run(const struct command *c) {
    if (!c->folder)
        return tr_later("--out=DIR is missing");
    if (c->indicators && (c->claims || c->applicants))
        return tr_later("--indicators stands alone, without --claims and --applicants");
    if (c->indicators && (c->param_count || c->as_of))
        return tr_later("--param and --as-of are about claims; --indicators stands without them");
    if (!c->indicators && !(c->claims && c->applicants))
        return tr_later("--claims=FILE and --applicants=FILE are both needed (or --indicators=FILE)");
    if (replaces_ledger(c))
        return tr_later("the results would take the place of a file that is read; choose another --out");
    return wrong_ledger(c);
}

static const char *wrong_test(const struct command *c) {
    const char *percent = c->coverage ? c->coverage : "";
    bool junit = c->format && strcmp(c->format, "junit") == 0;
    if (c->format && !junit && strcmp(c->format, "text") != 0)
        return tr_later("--format takes text or junit");
    if (c->output && !junit)
        return tr_later("--output takes --format=junit");
    if (junit && c->coverage && (!c->output || strcmp(c->output, "-") == 0))
        return tr_later("--coverage shows text; --format=junit then needs --output=FILE");
    size_t digits = strspn(percent, "0123456789");
    return percent[digits] || digits > 3 || (digits && atoi(percent) > 100)
               ? tr_later("--min-coverage takes a percentage, 0 to 100")
               : NULL;
}

static const char *wrong_fmt(const struct command *c) {
    if (c->output && c->check)
        return tr_later("--check writes nothing; it stands without --output");
    return c->output && c->file_count > 1 ? tr_later("--output takes one policy at a time") : NULL;
}

static const char *wrong_check(const struct command *c) {
    static const char *const formats[] = {"text", "json", "sarif", "github", NULL};
    bool known = !c->format, text = !c->format || strcmp(c->format, "text") == 0;
    for (int i = 0; formats[i] && !known; i++)
        known = strcmp(formats[i], c->format) == 0;
    if (!known)
        return tr_later("--format takes text, json, sarif or github");
    if (c->output && text)
        return tr_later("--output takes a format for machines: --format=json, sarif or github");
    struct diag_levels levels = {0};
    const char *mistake = NULL;
    for (size_t i = 0; i < c->severity_count && !mistake; i++)
        mistake = severity_read(c->severity[i], &levels);
    if (mistake)
        return mistake;
    return c->readings && !text ? tr_later("--readings lists text; it stands without --format") : NULL;
}

static const char *wrong_diff(const struct command *c) {
    if (c->file_count != 2)
        return tr_later("two versions of a policy are needed: OLD.pol NEW.pol");
    if (c->format && strcmp(c->format, "text") != 0 && strcmp(c->format, "json") != 0)
        return tr_later("--format takes text or json");
    if (!c->claims != !c->applicants)
        return tr_later("--claims=FILE and --applicants=FILE are both needed");
    if (!c->claims && (c->param_count || c->as_of || c->encoding))
        return tr_later(
            "--param, --as-of and --encoding are about a ledger: --claims=FILE and --applicants=FILE are needed");
    return wrong_ledger(c);
}

/* Whether what is made would replace what it is made of. */
static bool replaces_source(const struct command *c) {
    struct stat out, in;
    if (!c->output || stat(c->output, &out) != 0 || !S_ISREG(out.st_mode))
        return false;
    for (size_t i = 0; i < c->file_count; i++)
        if (stat(c->file[i], &in) == 0 && in.st_dev == out.st_dev && in.st_ino == out.st_ino)
            return true;
    return false;
}

static const char *wrong(const struct entry *e, const struct command *c) {
    if (c->language && strcmp(c->language, "en") != 0 && strcmp(c->language, "zh") != 0)
        return tr_later("--lang takes en or zh");
    if (c->file_count == 0)
        return tr_later("no policy is given");
    if (e->one_file && c->file_count > 1)
        return tr_later("one policy at a time");
    if (e->run != command_fmt && replaces_source(c))
        return tr_later("--output is the policy itself; choose another file");
    if (e->run == command_try)
        return c->file_count < 2 ? tr_later("a policy and one of its items are needed") : NULL;
    if (e->run == command_diff)
        return wrong_diff(c);
    if (e->run == command_check)
        return wrong_check(c);
    if (e->run == command_build)
        return wrong_build(c);
    if (e->run == command_fmt)
        return wrong_fmt(c);
    if (e->run == command_test)
        return wrong_test(c);
    return e->run == command_run ? wrong_run(c) : NULL;
}

/* argv[0] is the command's name. */
static int run_entry(const struct entry *e, struct command *c, int argc, char **argv) {
    opterr = 0;
    for (int key; (key = getopt_long(argc, argv, e->letters, e->options, NULL)) != -1;) {
        if (key == KEY_HELP) {
            fputs(tr(e->help), stdout);
            return EXIT_CLEAN;
        }
        if (key == KEY_VERSION)
            return version();
        if (key == '?')
            return unknown_option(e, argv);
        if (key == ':') {
            command_say("option '%s' needs a value", argv[optind - 1]);
            return see_help(e);
        }
        if (optarg && *optarg == '\0') {
            command_say("option '%s' needs a value", optarg == argv[optind - 1] ? argv[optind - 2] : argv[optind - 1]);
            return see_help(e);
        }
        if (is_second_file(c, key)) {
            command_say("one ledger file of a kind is read: '%s' is one too many", optarg);
            return see_help(e);
        }
        take(c, key);
    }
    c->file = argv + optind;
    c->file_count = (size_t)(argc - optind);
    const char *mistake = wrong(e, c);
    if (!mistake)
        return e->run(c);
    command_say("%s", tr(mistake));
    return see_help(e);
}

/* The language may stand before the command too; its value was taken by main. How many words that takes; -1: it is
 * none. */
static int skip_language(int argc, char **argv) {
    bool joined = argc > 1 && strncmp(argv[1], "--lang=", 7) == 0;
    if (!joined && (argc < 2 || strcmp(argv[1], "--lang") != 0))
        return 0;
    const char *value = joined ? argv[1] + 7 : argc > 2 ? argv[2] : "";
    if (strcmp(value, "en") == 0 || strcmp(value, "zh") == 0)
        return joined ? 1 : 2;
    command_say("--lang takes en or zh");
    return -1;
}

static const struct entry *entry_of(const char *name) {
    for (int i = 0; i < ENTRIES; i++)
        if (strcmp(entries[i].name, name) == 0)
            return &entries[i];
    return NULL;
}

static int help(const char *command) {
    const struct entry *e = command ? entry_of(command) : NULL;
    if (command && !e)
        return unknown_command(command);
    fputs(tr(e ? e->help : general_help), stdout);
    return EXIT_CLEAN;
}

static int choose(struct command *c, int argc, char **argv) {
    int skipped = skip_language(argc, argv);
    if (skipped < 0)
        return see_help(NULL);
    argc -= skipped;
    argv += skipped;
    if (argc < 2) {
        fputs(tr(general_help), stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "help") == 0)
        return help(argv[2]);
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return help(NULL);
    if (strcmp(argv[1], "--version") == 0)
        return version();
    const struct entry *e = entry_of(argv[1]);
    return e ? run_entry(e, c, argc - 1, argv + 1) : unknown_command(argv[1]);
}

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN); /* a reader that went away is an error of writing, and reported as one */
    signal(SIGXFSZ, SIG_IGN); /* likewise a file that grows beyond what is allowed */
    tr_start(tr_asked(argc, argv));
    const char *no_colour = getenv("NO_COLOR"), *terminal = getenv("TERM");
    struct command c = {.colour = isatty(STDERR_FILENO) && !(no_colour && *no_colour) &&
                                  !(terminal && strcmp(terminal, "dumb") == 0)};
    c.param = calloc((size_t)argc + 1, sizeof *c.param);
    c.severity = calloc((size_t)argc + 1, sizeof *c.severity);
    int code = EXIT_SYSTEM;
    if (c.param && c.severity)
        code = choose(&c, argc, argv);
    else
        command_say("not enough memory");
    free(c.param);
    free(c.severity);
    if (fflush(stdout) != 0 || ferror(stdout) || fclose(stdout) != 0) {
        command_say("cannot write to standard output");
        code = EXIT_SYSTEM;
    }
    return code;
}
