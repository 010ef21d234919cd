/* polrun compare: what another policy, or another value of a parameter, would have meant for past claims. */
#include <stdlib.h>
#include <string.h>

#include "audit/compare.h"
#include "cli/common.h"
#include "ledger/fail.h"
#include "ledger/output.h"
#include "pages/compare_page.h"
#include "tr.h"

const char compare_help[] = tr_later("usage: polrun compare OLD.so NEW.so --claims=FILE --applicants=FILE [OPTION]...\n"
                                     "       polrun compare POLICY.so --versus=NAME=VALUE --claims=FILE\n"
                                     "                      --applicants=FILE [OPTION]...\n"
                                     "\n"
                                     "Decides past claims by two policies, or by one with two values of a parameter,\n"
                                     "and shows who gains, who loses and how much, by item, clause and year. Items\n"
                                     "and fields are matched by name.\n"
                                     "\n"
                                     "      --claims=FILE        claims; may be repeated, or be a pattern\n"
                                     "      --applicants=FILE    applicants by year, likewise\n"
                                     "      --param=NAME=VALUE   a parameter of OLD or POLICY; may be repeated\n"
                                     "      --versus=NAME=VALUE  a parameter of NEW; of one policy, its other value\n"
                                     "      --out=DIR            also write DIR/changes.csv, claim by claim,\n"
                                     "                           DIR/changes_by.csv, the sums, and DIR/changes.html\n"
                                     "      --as-of=YEAR         as in audit\n"
                                     "      --threads=N          worker threads; otherwise one for each processor\n"
                                     "      --encoding=NAME      of the input: utf-8 (default) or gb18030\n"
                                     "      --column=FIELD=NAME  as in audit\n"
                                     "      --top=N              how many of the largest changes to show (5)\n"
                                     "      --most=N             list the N largest changes in the page (100,000)\n"
                                     "      --quiet              no summary, no progress\n"
                                     "      --lang=LANG          language, en or zh; the page can switch\n"
                                     "      --help               this text\n");

struct sides {
    pol_module *old, *newer;
    int64_t *old_params, *new_params;
};

/* NEW has the parameters of --versus; of one policy, its other side has them on top of those of --param. */
static int set_side(const pol_module *module, const struct options *o, bool versus, int64_t **params) {
    bool own = versus && o->newer != NULL;
    int code = set_params(module, o->params, own ? 0 : o->param_count, params);
    return code == EXIT_DONE && versus ? add_params(module, "versus", o->versus, o->versus_count, *params) : code;
}

static int open_sides(const struct options *o, struct sides *s) {
    int code = open_policy(o->policy, &s->old);
    if (code == EXIT_DONE && o->newer != NULL)
        code = open_policy(o->newer, &s->newer);
    const pol_module *newer = s->newer != NULL ? s->newer : s->old;
    if (code == EXIT_DONE)
        code = set_side(s->old, o, false, &s->old_params);
    if (code == EXIT_DONE)
        code = set_side(newer, o, true, &s->new_params);
    return code;
}

static enum pol_status write_text(struct pol_out *out, const char *name, struct pol_buffer *text, bool made,
                                  struct pol_error *error) {
    unsigned file = 0;
    enum pol_status status = POL_STATUS_OK;
    if (!made)
        status = pol_ledger_no_memory(error);
    if (status == POL_STATUS_OK)
        status = pol_out_begin(out, name, &file, error);
    if (status == POL_STATUS_OK)
        status = pol_out_write(out, file, text->data, text->size, error);
    pol_buffer_free(text);
    return status;
}

static enum pol_status write_files(const struct pol_comparison *c, const struct options *o, struct pol_error *error) {
    struct pol_out *out = NULL;
    struct pol_buffer text = {0};
    enum pol_report_language language = !o->lang_asked               ? POL_REPORT_ANY
                                        : strcmp(o->lang, "zh") == 0 ? POL_REPORT_CHINESE
                                                                     : POL_REPORT_ENGLISH;
    enum pol_status status = pol_out_new(o->out, &out, error);
    if (status == POL_STATUS_OK)
        status = write_text(out, "changes.csv", &text, pol_comparison_changes_csv(c, &text), error);
    if (status == POL_STATUS_OK)
        status = write_text(out, "changes_by.csv", &text, pol_comparison_sums_csv(c, &text), error);
    if (status == POL_STATUS_OK)
        status = write_text(out, "changes.html", &text, pol_compare_page(c, language, o->most, &text), error);
    if (status == POL_STATUS_OK)
        status = pol_out_commit(out, error);
    pol_out_free(out);
    return status;
}

static int compare_sides(const struct sides *s, const struct options *o) {
    struct console console;
    struct pol_error error = {0};
    struct pol_buffer text = {0};
    sigset_t held, before;
    struct pol_comparison comparison;
    struct pol_audit_options options = {.claims = source_of(&o->claims),
                                        .applicants = source_of(&o->applicants),
                                        .source = reading_of(o),
                                        .as_of = o->as_of,
                                        .threads = o->threads,
                                        .observer = observe(&console, o->quiet)};
    struct pol_compare_side old = {s->old, s->old_params},
                            newer = {s->newer != NULL ? s->newer : s->old, s->new_params};
    hold_signals(&held, &before);
    enum pol_status status = o->out != NULL ? pol_out_check(o->out, &error) : POL_STATUS_OK;
    bool compared = false;
    if (status == POL_STATUS_OK) {
        status = pol_compare_run(&old, &newer, &options, &comparison, &error);
        compared = status == POL_STATUS_OK;
    }
    if (compared && !o->quiet && !pol_comparison_text(&comparison, o->top, &text))
        status = pol_ledger_no_memory(&error);
    if (status == POL_STATUS_OK && o->out != NULL)
        status = write_files(&comparison, o, &error);
    if (compared)
        pol_comparison_free(&comparison);
    int code = end_run(status, &error, &console, &before);
    if (code == EXIT_DONE)
        return print(&text);
    pol_buffer_free(&text);
    return code;
}

int run_compare(const struct options *o) {
    if (!is_named(&o->claims, "claims", "compare") || !is_named(&o->applicants, "applicants", "compare"))
        return EXIT_USAGE;
    if (o->newer == NULL && o->versus_count == 0) {
        say("nothing to compare with: name a second policy, or another value with '--versus'");
        return EXIT_USAGE;
    }
    struct sides sides = {0};
    int code = open_sides(o, &sides);
    if (code == EXIT_DONE)
        code = compare_sides(&sides, o);
    free(sides.old_params);
    free(sides.new_params);
    pol_module_close(sides.old);
    pol_module_close(sides.newer);
    return code;
}
