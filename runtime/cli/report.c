/* polrun report: what an audit found, as a page or as Markdown. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/common.h"
#include "ledger/output.h"
#include "pages/report.h"
#include "tr.h"

const char report_help[] = tr_later("usage: polrun report DIR [OPTION]...\n"
                                    "\n"
                                    "Shows what an audit found. DIR is where `polrun audit --findings` wrote to.\n"
                                    "The page holds all it needs, in Chinese and English; tables sort and filter,\n"
                                    "each case has its explanation.\n"
                                    "\n"
                                    "  -o, --output=FILE       where to write, - for standard output; DIR/report.html\n"
                                    "                          or DIR/report.md otherwise\n"
                                    "      --format=FORMAT     html (default) or md\n"
                                    "      --lang=LANG         en or zh; otherwise the page goes by the browser,\n"
                                    "                          Markdown by the locale\n"
                                    "      --most=N            list the N largest cases; otherwise 100,000 in a page\n"
                                    "                          and 200 in Markdown\n"
                                    "      --help              this text\n");

/* FILE appears complete or not at all; `name` is its last part. */
static enum pol_status write_output(const char *directory, const char *name, const struct pol_buffer *text,
                                    struct pol_error *error) {
    struct pol_out *out = NULL;
    unsigned file = 0;
    enum pol_status status = pol_out_new(directory, &out, error);
    if (status == POL_STATUS_OK)
        status = pol_out_begin(out, name, &file, error);
    if (status == POL_STATUS_OK)
        status = pol_out_write(out, file, text->data, text->size, error);
    if (status == POL_STATUS_OK)
        status = pol_out_commit(out, error);
    pol_out_free(out);
    return status;
}

/* Is this the file that the report is made of? */
static bool is_findings(const char *output, const char *directory) {
    struct stat own, read;
    struct pol_buffer path = {0};
    pol_buffer_format(&path, "%s/findings.json", directory);
    pol_buffer_add(&path, "", 1);
    bool is = !path.failed && stat(path.data, &read) == 0 && stat(output, &own) == 0 && own.st_dev == read.st_dev &&
              own.st_ino == read.st_ino;
    pol_buffer_free(&path);
    return is;
}

/* To standard output for "-", to the file, or to `name` in the directory where none was named. */
static int put_output(const char *output, const char *directory, const char *name, struct pol_buffer *text) {
    struct pol_error error = {0};
    if (output != NULL && strcmp(output, "-") == 0)
        return print(text);
    char *folder = output != NULL ? strdup(output) : NULL;
    char *slash = folder != NULL ? strrchr(folder, '/') : NULL;
    bool failed = text->failed || (output != NULL && folder == NULL);
    if (slash != NULL)
        *slash = '\0';
    if (output != NULL) {
        name = slash != NULL ? slash + 1 : output;
        directory = slash == NULL ? "." : slash == folder ? "/" : folder;
    }
    int code = EXIT_DONE;
    if (failed) {
        say("not enough memory");
        code = EXIT_SYSTEM;
    } else if (name[0] == '\0') {
        say("'%s' is no file to write", output);
        code = EXIT_USAGE;
    } else {
        enum pol_status status = write_output(directory, name, text, &error);
        code = status == POL_STATUS_OK ? EXIT_DONE : failure(status, &error);
    }
    free(folder);
    pol_buffer_free(text);
    return code;
}

int run_report(const struct options *o) {
    bool markdown = o->format != NULL && strcmp(o->format, "md") == 0;
    struct pol_report_options options = {.format = markdown ? POL_REPORT_MARKDOWN : POL_REPORT_HTML, .most = o->most};
    struct pol_buffer text = {0};
    struct pol_error error = {0};
    if (o->output != NULL && is_findings(o->output, o->policy)) {
        say("'%s' is what the report is made of: choose another file", o->output);
        return EXIT_USAGE;
    }
    if (o->lang_asked || markdown)
        options.language = strcmp(o->lang, "zh") == 0 ? POL_REPORT_CHINESE : POL_REPORT_ENGLISH;
    enum pol_status status = pol_report_make(o->policy, &options, &text, &error);
    if (status == POL_STATUS_OK)
        return put_output(o->output, o->policy, markdown ? "report.md" : "report.html", &text);
    pol_buffer_free(&text);
    return failure(status, &error);
}
