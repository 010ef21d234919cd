/* report.h - what an audit found, for people to read: one page of HTML that needs nothing else, or Markdown.
 *
 * A report is made from DIR/findings.json alone (written by an audit with findings); the ledger and the policy are not
 * read again. The page holds its data, its style and its script, loads nothing, and shows every text of the data as
 * text: ids of claims and applicants come from ledgers that anybody may have written. */
#ifndef POL_PAGES_REPORT_H
#define POL_PAGES_REPORT_H

#include "ledger/buffer.h"
#include "polrt.h"

enum pol_report_format { POL_REPORT_HTML, POL_REPORT_MARKDOWN };
enum pol_report_language {
    POL_REPORT_ANY /* the page: as the browser says; Markdown: English */,
    POL_REPORT_ENGLISH,
    POL_REPORT_CHINESE
};

struct pol_report_options {
    enum pol_report_format format;
    enum pol_report_language language; /* at first: the page has a switch */
    uint64_t most; /* cases listed, the largest amounts first; what is left out is said. 0 = a good number */
};

/* POL_STATUS_INPUT: there is no findings.json in the directory, or it is none that this version wrote. */
enum pol_status pol_report_make(const char *directory, const struct pol_report_options *options, struct pol_buffer *out,
                                struct pol_error *error);

#endif
