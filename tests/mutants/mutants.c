/* mutants - does a slip of the pen in a policy stay unnoticed?
 *
 *   mutants --bin DIR [--sample N] [--diff] FILE.pol...
 *
 * Changes one number, comparison, keyword or key of a policy at a time and asks `polc test --interpreter`, which checks
 * first, whether it notices. Strings, comments, examples and samples stay as they are: they are the evidence. Prints
 * the survivors with their line; the share that was caught is the measure. --sample tries every Nth mutant only.
 * --diff asks `polc diff` whether a mutant that is a policy without errors differs from the policy. Exit
 * 0: at least 95% of each policy's mutants are caught; 1: fewer; 2: wrong usage; 4: the system failed.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

enum { TARGET_PERCENT = 95 };

struct mutator {
    const char *file;
    char polc[1024], path[4096];
    char *text;
    size_t size;
    unsigned long sample, seen, tried, caught;
    bool diff; /* ask `polc diff` instead: every mutant that is a policy must be told to differ */
};

_Noreturn static void die(const char *what) {
    fprintf(stderr, "mutants: %s: %s\n", what, strerror(errno));
    exit(4);
}

/* Words that a tired hand confuses; each is replaced by each other one of its group. "" removes the word. */
static const char *const group[][6] = {
    {"at most", "at least"},
    {"up to", "at least"},
    {"and", "or"},
    {"from", "above"},
    {"to", "below"},
    {"yes", "no"},
    {"once", "ladder"},
    {"applicant", "object_id", "year"},
    {"not", ""},
    {"is", "is not"},
    {"in total", "per year"},
    {"以上", "超过"},
    {"不少于", "超过"},
    {"不超过", "少于"},
    {"最高", "最低"},
    {"至多", "最低"},
    {"且", "或"},
    {"从", "高于"},
    {"從", "高於"},
    {"是", "否"},
    {"不重复", "晋级"},
    {"不重復", "晉級"},
    {"申请人", "对象编号", "年度"},
    {"申請人", "object_id", "年度"},
    {"為", "不為"},
    {"为", "不为"},
    {"累计", "每 年度"},
    {"累計", "每 年度"},
    {"超过", "不少于"},
    {"超過", "不少於"},
    {"不少於", "超過"},
    {"不超過", "少於"},
    {"except same year", ""},
    {"claims", ""},
    {"grows", "at least"},
    {"by", "every year 2021 to"},
};

static const char *const comparison[][3] = {
    {">=", ">", "<="}, {"<=", "<", ">="}, {"!=", "="}, {">", ">=", "<"}, {"<", "<=", ">"}, {"≥", ">"}, {"≤", "<"},
};

/* Parts of words and lists: units, keys and kinds that are left out or added. "" removes the piece. */
static const char *const piece[][2] = {
    {"万元", "元"},
    {"萬元", "元"},
    {"亿元", "万元"},
    {"億元", "萬元"},
    {"万件", "件"},
    {"%", ""},
    {", year", ""},
    {"，年度", ""},
    {", level", ""},
    {"applicant, ", ""},
    {"申請人，", ""},
    {"per applicant", "per applicant, year"},
    {"每 申請人", "每 申請人，年度"},
    {"per object_id", "per object_id, year"},
    {"每 對象編號", "每 對象編號，年度"},
    {"per object_id", "per object_id, applicant"},
    {"except year", ""},
    {"for enterprise", ""},
    {"for agency", ""},
    {"適用 企業", ""},
    {"適用 銀行", ""},
    {"for any except individual", ""},
    {"in total", "per applicant"},
    {"累計", "每 申請人"},
    {" pending", ""},
    {"range 2024-01-01 to 2024-12-31", ""},
};

/* ---- running ---------------------------------------------------------------------------------------------------- */

static int run(char *const argv[]) {
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, 1, 2);
    if (posix_spawn(&pid, argv[0], &actions, NULL, argv, environ) != 0 || waitpid(pid, &status, 0) < 0)
        die(argv[0]);
    posix_spawn_file_actions_destroy(&actions);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static unsigned long line_of(const struct mutator *m, size_t at) {
    unsigned long line = 1;
    for (size_t i = 0; i < at; i++)
        line += m->text[i] == '\n';
    return line;
}

/* Writes the text with [at, at + size) replaced, and asks. */
static void attempt(struct mutator *m, size_t at, size_t size, const char *with) {
    if (m->seen++ % m->sample)
        return;
    FILE *f = fopen(m->path, "wb");
    if (!f)
        die(m->path);
    fwrite(m->text, 1, at, f);
    fputs(with, f);
    fwrite(m->text + at + size, 1, m->size - at - size, f);
    if (fclose(f) != 0)
        die(m->path);
    m->tried++;
    char *test[] = {m->polc, "test", "--interpreter", m->path, NULL};
    char *diff[] = {m->polc, "diff", (char *)m->file, m->path, NULL};
    int code = run(m->diff ? diff : test);
    if (m->diff && code == 3) { /* no policy any more: nothing to compare */
        m->tried--;
        return;
    }
    if (code == 1)
        m->caught++;
    else if (code > 4) {
        printf("%s:%lu: CRASH (exit %d): %.*s -> %s\n", m->file, line_of(m, at), code, (int)size, m->text + at, with);
    } else
        printf("%s:%lu: %s: %.*s -> %s\n", m->file, line_of(m, at), m->diff ? "no difference" : "survives", (int)size,
               m->text + at, with[0] ? with : "(removed)");
}

/* ---- finding places --------------------------------------------------------------------------------------------- */

static bool word_byte(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (unsigned char)c >= 0x80;
}

static bool wide_punctuation(const char *p) {
    static const char *const marks[] = {"，", "：", "；", "（", "）", "｛", "｝",
                                        "、", "“",  "”",  "「", "」", "％", "∶"};
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
        if (strncmp(p, marks[i], strlen(marks[i])) == 0)
            return true;
    return false;
}

/* End of a string or comment that begins at `at`; `at` when none does. */
static size_t skip_quiet(const struct mutator *m, size_t at) {
    const char *p = m->text + at, *close = NULL;
    if (*p == '#' || strncmp(p, "＃", 3) == 0)
        close = "\n";
    else if (*p == '"')
        close = "\"";
    else if (strncmp(p, "“", 3) == 0)
        close = "”";
    else if (strncmp(p, "「", 3) == 0)
        close = "」";
    else if (strncmp(p, "『", 3) == 0)
        close = "』";
    else
        return at;
    const char *end = strstr(p + 1, close);
    return end ? (size_t)(end - m->text) + strlen(close) : m->size;
}

/* End of the example or sample whose keyword stands at `at`; `at` when none does. */
static size_t skip_evidence(const struct mutator *m, size_t at) {
    static const char *const keywords[] = {"example", "示例", "sample", "样例", "樣例"};
    size_t depth = 0, end = at;
    for (size_t i = 0; i < sizeof keywords / sizeof *keywords && end == at; i++)
        if (strncmp(m->text + at, keywords[i], strlen(keywords[i])) == 0 &&
            !word_byte(m->text[at + strlen(keywords[i])]))
            end = at + strlen(keywords[i]);
    if (end == at)
        return at;
    while (end < m->size) {
        const char *p = m->text + end;
        size_t quiet = skip_quiet(m, end);
        bool open = *p == '{' || strncmp(p, "｛", 3) == 0, close = *p == '}' || strncmp(p, "｝", 3) == 0;
        end = quiet > end ? quiet : end + 1;
        depth += open;
        if (close && --depth == 0)
            return end;
    }
    return m->size;
}

static void mutate_number(struct mutator *m, size_t at, size_t *end) {
    char with[64];
    size_t digits = at, size;
    while (digits < m->size && m->text[digits] >= '0' && m->text[digits] <= '9')
        digits++;
    size = digits - at;
    *end = digits;
    if (size > 15)
        return;
    long long value = strtoll(m->text + at, NULL, 10);
    snprintf(with, sizeof with, "%0*lld", m->text[at] == '0' ? (int)size : 0, value + 1);
    attempt(m, at, size, with);
    if (value > 0) {
        snprintf(with, sizeof with, "%lld", value * 10);
        attempt(m, at, size, with);
        snprintf(with, sizeof with, "%0*lld", m->text[at] == '0' ? (int)size : 0, value - 1);
        attempt(m, at, size, with);
    }
}

/* Size of the group word that stands at `at`; 0 when it does not stand there as a whole word. */
static size_t stands(const struct mutator *m, size_t at, const char *word) {
    size_t size = strlen(word);
    if (!size || strncmp(m->text + at, word, size) != 0)
        return 0;
    char next = m->text[at + size];
    return word_byte(next) && !wide_punctuation(m->text + at + size) ? 0 : size;
}

static void mutate_word(struct mutator *m, size_t at) {
    for (size_t g = 0; g < sizeof group / sizeof *group; g++) {
        for (size_t i = 0; i < 6 && group[g][i]; i++) {
            size_t size = stands(m, at, group[g][i]);
            for (size_t k = 0; size && k < 6 && group[g][k]; k++)
                if (k != i)
                    attempt(m, at, size, group[g][k]);
        }
    }
}

static void mutate_comparison(struct mutator *m, size_t *at) {
    for (size_t g = 0; g < sizeof comparison / sizeof *comparison; g++) {
        size_t size = strlen(comparison[g][0]);
        if (strncmp(m->text + *at, comparison[g][0], size) != 0)
            continue;
        for (size_t k = 1; k < 3 && comparison[g][k]; k++)
            attempt(m, *at, size, comparison[g][k]);
        *at += size;
        return;
    }
    ++*at;
}

static void mutate_piece(struct mutator *m, size_t at) {
    for (size_t i = 0; i < sizeof piece / sizeof *piece; i++)
        if (strncmp(m->text + at, piece[i][0], strlen(piece[i][0])) == 0)
            attempt(m, at, strlen(piece[i][0]), piece[i][1]);
}

static void mutate_file(struct mutator *m) {
    for (size_t at = 0; at < m->size;) {
        size_t quiet = skip_quiet(m, at), end;
        char c = m->text[at];
        if (quiet == at)
            quiet = skip_evidence(m, at);
        if (quiet == at)
            mutate_piece(m, at);
        if (quiet > at)
            at = quiet;
        else if (c >= '0' && c <= '9') {
            mutate_number(m, at, &end);
            at = end;
        } else if (word_byte(c) && !wide_punctuation(m->text + at)) {
            mutate_comparison(m, &(size_t){at});
            mutate_word(m, at);
            for (size_t in = at + 1; in < m->size && word_byte(m->text[in]); in++)
                mutate_piece(m, in);
            while (at < m->size && word_byte(m->text[at]) && !wide_punctuation(m->text + at))
                at++;
        } else
            mutate_comparison(m, &at);
    }
}

static void read_file(struct mutator *m) {
    FILE *f = fopen(m->file, "rb");
    if (!f || fseek(f, 0, SEEK_END) != 0)
        die(m->file);
    m->size = (size_t)ftell(f);
    rewind(f);
    m->text = calloc(m->size + 16, 1);
    if (!m->text || fread(m->text, 1, m->size, f) != m->size)
        die(m->file);
    fclose(f);
}

int main(int argc, char **argv) {
    static const struct option options[] = {
        {"bin", 1, 0, 'b'}, {"sample", 1, 0, 's'}, {"diff", 0, 0, 'd'}, {0, 0, 0, 0}};
    const char *bin = NULL;
    unsigned long sample = 1;
    bool enough = true, diff = false;
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (o) {
        case 'b':
            bin = optarg;
            break;
        case 's':
            sample = strtoul(optarg, NULL, 10);
            break;
        case 'd':
            diff = true;
            break;
        default:
            return 2;
        }
    }
    if (!bin || !sample || optind == argc) {
        fputs("usage: mutants --bin DIR [--sample N] FILE.pol...\n", stderr);
        return 2;
    }
    for (int i = optind; i < argc; i++) {
        struct mutator m = {.file = argv[i], .sample = sample, .diff = diff};
        const char *slash = strrchr(argv[i], '/');
        /* beside the policy, so that its source document is found */
        snprintf(m.polc, sizeof m.polc, "%s/polc", bin);
        snprintf(m.path, sizeof m.path, "%.*s.mutant-%ld.pol", slash ? (int)(slash - argv[i]) + 1 : 0, argv[i],
                 (long)getpid());
        read_file(&m);
        mutate_file(&m);
        unlink(m.path);
        free(m.text);
        printf("%s: %lu of %lu mutants caught (%.1f%%)\n", m.file, m.caught, m.tried,
               m.tried ? 100.0 * (double)m.caught / (double)m.tried : 100.0);
        enough = enough && m.caught * 100 >= m.tried * (diff ? 100 : TARGET_PERCENT);
    }
    return enough ? 0 : 1;
}
