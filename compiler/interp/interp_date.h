/* interp_date.h - the Gregorian calendar over days since 1970-01-01. Exact for every year, before and after. */
#ifndef POL_INTERP_DATE_H
#define POL_INTERP_DATE_H

#include <stdbool.h>
#include <stdint.h>

__extension__ typedef __int128 interp_int;

bool interp_leap_year(interp_int year);
int32_t interp_month_days(interp_int year, int32_t month); /* month from 1 */
/* Days of year-month-day. A day beyond its month counts on into the next: 29 February of a common year is 1 March. */
interp_int interp_days(interp_int year, int32_t month, int32_t day);
interp_int interp_year_of(interp_int days);
void interp_month_day_of(interp_int days, int32_t *month, int32_t *day);

/* Quotient rounded towards minus infinity; divisor > 0. */
interp_int interp_floor_div(interp_int a, interp_int b);

#endif
