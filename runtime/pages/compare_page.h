/* compare_page.h - a comparison as one page of HTML that needs nothing else. */
#ifndef POL_PAGES_COMPARE_PAGE_H
#define POL_PAGES_COMPARE_PAGE_H

#include "audit/compare.h"
#include "pages/report.h"

/* Lists at most `most` changes (0 = a good number), the largest first. False: no memory. */
bool pol_compare_page(const struct pol_comparison *comparison, enum pol_report_language language, uint64_t most,
                      struct pol_buffer *out);

#endif
