/* What a terminal shows of a run under way. */
#include <stdio.h>

#include "audit/display.h"
#include "cli/common.h"
#include "tr.h"

enum { STAGE_CELLS = 12, BAR_CELLS = 24, RATE_CELLS = 18 };

static void add_bar(struct pol_buffer *line, uint64_t done, uint64_t total) {
    unsigned full = (unsigned)((double)done / (double)total * (double)BAR_CELLS);
    pol_buffer_text(line, "[");
    for (unsigned i = 0; i < BAR_CELLS; i++)
        pol_buffer_text(line, i < full ? "#" : ".");
    pol_buffer_format(line, "] %3u%%", (unsigned)((double)done / (double)total * 100));
}

/* "612 MB/s" or "1,234,567 claims/s", at the right of its cells. */
static void add_rate(struct pol_buffer *line, double rate, enum pol_unit unit) {
    struct pol_buffer text = {0};
    if (unit == POL_UNIT_BYTES)
        pol_buffer_format(&text, tr("%.1f MB/s"), rate / 1e6);
    else
        pol_buffer_format(&text, tr("%s claims/s"), pol_display_shown((uint64_t)rate).text);
    pol_buffer_add(&text, "", 1);
    if (!text.failed) {
        for (unsigned cells = pol_display_width(text.data); cells < RATE_CELLS; cells++)
            pol_buffer_text(line, " ");
        pol_buffer_text(line, text.data);
    }
    pol_buffer_free(&text);
}

/* "1:05", or with hours "2:01:05". */
static void add_left(struct pol_buffer *line, double seconds) {
    enum { MOST = 359999 }; /* 99:59:59 */
    char time[16];
    unsigned left = seconds < (double)MOST ? (unsigned)(seconds + 0.5) : MOST;
    if (left < 3600)
        snprintf(time, sizeof time, "%u:%02u", left / 60, left % 60);
    else
        snprintf(time, sizeof time, "%u:%02u:%02u", left / 3600, left / 60 % 60, left % 60);
    pol_buffer_text(line, "  ");
    pol_buffer_format(line, tr("%s left"), time);
}

void progress_line(struct pol_buffer *line, const char *stage, uint64_t first, uint64_t done, uint64_t total,
                   enum pol_unit unit, double seconds) {
    const double settled = 0.2; /* seconds after which a rate means something */
    pol_display_add(line, stage, STAGE_CELLS, total > 0);
    if (total == 0)
        return;
    done = done < total ? done : total;
    pol_buffer_text(line, " ");
    add_bar(line, done, total);
    if (done <= first || seconds < settled)
        return;
    double rate = (double)(done - first) / seconds;
    pol_buffer_text(line, " ");
    add_rate(line, rate, unit);
    add_left(line, (double)(total - done) / rate);
}
