#include "interp/interp_date.h"

#include <assert.h>
#include <stddef.h>

enum { FEBRUARY = 2, DAYS_BEFORE_1970 = 719162 /* from 0001-01-01 */ };

interp_int interp_floor_div(interp_int a, interp_int b) {
    assert(b > 0);
    interp_int quotient = a / b;
    return a % b < 0 ? quotient - 1 : quotient;
}

static bool divides(interp_int number, interp_int by) {
    return number % by == 0;
}

bool interp_leap_year(interp_int year) {
    return divides(year, 4) && (!divides(year, 100) || divides(year, 400));
}

int32_t interp_month_days(interp_int year, int32_t month) {
    static const int32_t days[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    assert(month >= 1 && month <= 12);
    return days[month - 1] + (month == FEBRUARY && interp_leap_year(year) ? 1 : 0);
}

/* Days of 1 January. */
static interp_int year_start(interp_int year) {
    interp_int before = year - 1;
    return 365 * before + interp_floor_div(before, 4) - interp_floor_div(before, 100) + interp_floor_div(before, 400) -
           DAYS_BEFORE_1970;
}

interp_int interp_days(interp_int year, int32_t month, int32_t day) {
    interp_int days = year_start(year);
    for (int32_t m = 1; m < month; m++) {
        days += interp_month_days(year, m);
    }
    return days + day - 1;
}

interp_int interp_year_of(interp_int days) {
    /* 400 years are 146,097 days: the guess is off by one at most. */
    interp_int year = 1970 + interp_floor_div(days * 400, 146097);
    while (year_start(year) > days) {
        year--;
    }
    while (year_start(year + 1) <= days) {
        year++;
    }
    return year;
}

void interp_month_day_of(interp_int days, int32_t *month, int32_t *day) {
    interp_int year = interp_year_of(days);
    interp_int left = days - year_start(year);
    int32_t m = 1;
    while (left >= interp_month_days(year, m)) {
        left -= interp_month_days(year, m);
        m++;
    }
    *month = m;
    *day = (int32_t)left + 1;
}
