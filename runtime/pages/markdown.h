/* markdown.h - a report as Markdown, in one language. */
#ifndef POL_PAGES_MARKDOWN_H
#define POL_PAGES_MARKDOWN_H

#include "pages/findings_file.h"

/* The totals, the tables, and at most `most` cases, each in a sentence with its clause. */
enum pol_status report_markdown(struct findings_file *file, uint64_t most, bool chinese, struct pol_buffer *out,
                                struct pol_error *error);

/* Text of which no character means anything in Markdown or HTML, on one line. */
void report_markdown_text(struct pol_buffer *out, const char *text);

#endif
