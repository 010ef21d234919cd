/* days.h - calendar days as days since 1970-01-01 (proleptic Gregorian). */
#ifndef PRT_DAYS_H
#define PRT_DAYS_H

#include <stdint.h>

/* The calendar year of a day. Any int32_t day is fine. */
static inline int32_t prt_year_of(int32_t day) {
    if (day >= 0 && day <= 47540) /* 1970-01-01 to 2100-02-28: every fourth year is a leap year */
        return 1970 + (4 * day + 2) / 1461;
    /* Count from 0000-03-01, so that leap days end a year; 14,700 cycles of 400 years keep everything positive. */
    uint64_t n = (uint64_t)((int64_t)day + 719468 + (int64_t)146097 * 14700);
    uint64_t cycle = n / 146097;
    uint32_t in_cycle = (uint32_t)(n % 146097);
    uint32_t year = (in_cycle - in_cycle / 1460 + in_cycle / 36524 - in_cycle / 146096) / 365;
    uint32_t in_year = in_cycle - (365 * year + year / 4 - year / 100);
    return (int32_t)((int64_t)cycle * 400 - (int64_t)14700 * 400 + year + (in_year >= 306));
}

/* The day of a date; month 1 to 12, year 1 to 9999. */
static inline int32_t prt_day_of(int32_t year, int32_t month, int32_t day) {
    int32_t y = month > 2 ? year : year - 1;
    int32_t cycle = y / 400, in_cycle = y % 400;
    int32_t in_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    return cycle * 146097 + in_cycle * 365 + in_cycle / 4 - in_cycle / 100 + in_year - 719468;
}

static inline int32_t prt_days_in_month(int32_t year, int32_t month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
}

/* "2024-05-31" of a day of the years 1 to 9999; 11 bytes. */
static inline void prt_date_text(int32_t day, char *text) {
    int32_t year = prt_year_of(day), month = 1, rest = day - prt_day_of(year, 1, 1);
    while (month < 12 && rest >= prt_days_in_month(year, month))
        rest -= prt_days_in_month(year, month++);
    const int32_t digits[] = {
        year / 1000 % 10, year / 100 % 10, year / 10 % 10, year % 10, -1, month / 10, month % 10, -1,
        (rest + 1) / 10,  (rest + 1) % 10};
    for (int i = 0; i < 10; i++)
        text[i] = (char)(digits[i] < 0 ? '-' : '0' + digits[i]);
    text[10] = 0;
}

#endif
