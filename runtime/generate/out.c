#include "generate/out.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "tr.h"

static enum pol_status failed(struct pol_error *error, const char *what, const char *path) {
    if (error) {
        error->status = POL_STATUS_SYSTEM;
        snprintf(error->message, sizeof error->message, tr("cannot %s %.900s: %s"), what, path, tr_errno(errno));
    }
    return POL_STATUS_SYSTEM;
}

static enum pol_status taken(struct pol_error *error, const char *path) {
    if (error) {
        error->status = POL_STATUS_USAGE;
        snprintf(error->message, sizeof error->message,
                 tr("%.900s is there already, and a made ledger replaces nothing: give another --out, or take it away"),
                 path);
    }
    return POL_STATUS_USAGE;
}

enum pol_status out_look(const char *directory, const char *name, struct pol_error *error) {
    char path[4096];
    bool there = snprintf(path, sizeof path, "%s/%s", directory, name) < (int)sizeof path &&
                 faccessat(AT_FDCWD, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    return there ? taken(error, path) : POL_STATUS_OK;
}

enum pol_status out_open(struct out *o, const char *directory, const char *name, struct pol_error *error) {
    int n = snprintf(o->path, sizeof o->path, "%s/%s", directory, name);
    int m = snprintf(o->aside, sizeof o->aside, "%s/.%s.%ld", directory, name, (long)getpid());
    o->file = NULL;
    if (n < 0 || m < 0 || (size_t)m >= sizeof o->aside) {
        errno = ENAMETOOLONG;
        return failed(error, tr("write"), directory);
    }
    o->file = fopen(o->aside, "wbx");
    if (!o->file)
        return failed(error, tr("write"), o->aside);
    setvbuf(o->file, NULL, _IOFBF, 1 << 20);
    return POL_STATUS_OK;
}

/* False with EEXIST: there is a file of that name. */
static bool give_name(const struct out *o) {
    if (renameat2(AT_FDCWD, o->aside, AT_FDCWD, o->path, RENAME_NOREPLACE) == 0)
        return true;
    return errno == EINVAL && rename(o->aside, o->path) == 0; /* a file system that cannot look and rename at once */
}

enum pol_status out_close(struct out *o, struct pol_error *error) {
    FILE *file = o->file;
    bool bad = ferror(file) || fflush(file) != 0 || fsync(fileno(file)) != 0;
    o->file = NULL;
    bad = fclose(file) != 0 || bad;
    if (!bad && give_name(o))
        return POL_STATUS_OK;
    enum pol_status s = !bad && errno == EEXIST ? taken(error, o->path) : failed(error, tr("write"), o->path);
    unlink(o->aside);
    return s;
}

void out_remove(const char *directory, const char *name) {
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s", directory, name) < (int)sizeof path)
        unlink(path);
}

void out_discard(struct out *o) {
    if (!o->file)
        return;
    fclose(o->file);
    o->file = NULL;
    unlink(o->aside);
}

void out_text(struct out *o, const char *z) {
    fputs(z, o->file);
}

void out_padded(struct out *o, uint64_t value, unsigned digits) {
    char buffer[32];
    unsigned n = sizeof buffer;
    do {
        buffer[--n] = (char)('0' + value % 10);
        value /= 10;
    } while (value || sizeof buffer - n < digits);
    fwrite(buffer + n, 1, sizeof buffer - n, o->file);
}

void out_int(struct out *o, int64_t value) {
    if (value < 0)
        putc('-', o->file);
    out_padded(o, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, 1);
}

void out_money(struct out *o, int64_t fen) {
    out_int(o, fen / 100);
    if (fen % 100) {
        putc('.', o->file);
        out_padded(o, (uint64_t)(fen % 100), 2);
    }
}

void out_rate(struct out *o, int64_t millionths) {
    char digits[8];
    int n = 6;
    out_int(o, millionths / POL_RATE_SCALE);
    if (millionths % POL_RATE_SCALE == 0)
        return;
    snprintf(digits, sizeof digits, "%06d", (int)(millionths % POL_RATE_SCALE));
    while (digits[n - 1] == '0')
        n--;
    putc('.', o->file);
    fwrite(digits, 1, (size_t)n, o->file);
}

static int32_t days_before_year(int32_t year) {
    int32_t y = year - 1;
    return y * 365 + y / 4 - y / 100 + y / 400;
}

static bool leap(int32_t year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static const unsigned before_month[13] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365};

static unsigned days_before_month(int32_t year, unsigned month) /* month 1 to 13 */
{
    return before_month[month - 1] + (month > 2 && leap(year));
}

int32_t out_day(int32_t year, unsigned month, unsigned day_of_month) {
    return days_before_year(year) - days_before_year(1970) + (int32_t)(days_before_month(year, month) + day_of_month) -
           1;
}

void out_civil(int32_t day, int32_t *year, unsigned *month, unsigned *day_of_month) {
    int32_t y = 1970 + day / 366, rest;
    while (out_day(y + 1, 1, 1) <= day)
        y++;
    rest = day - out_day(y, 1, 1);
    *year = y;
    *month = 1;
    while (*month < 12 && (int32_t)days_before_month(y, *month + 1) <= rest)
        ++*month;
    *day_of_month = (unsigned)rest - days_before_month(y, *month) + 1;
}

void out_date(struct out *o, int32_t day) {
    int32_t year;
    unsigned month, day_of_month;
    out_civil(day, &year, &month, &day_of_month);
    out_padded(o, (uint64_t)year, 4);
    putc('-', o->file);
    out_padded(o, month, 2);
    putc('-', o->file);
    out_padded(o, day_of_month, 2);
}
