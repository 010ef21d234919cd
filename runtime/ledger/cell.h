/* cell.h - what one cell says. The forms are those of the contract: only ASCII digits, at most one point with digits on
 * both sides, a real day, words matched exactly. Money in fen, rates in millionths, dates in days since 1970-01-01. */
#ifndef POL_LEDGER_CELL_H
#define POL_LEDGER_CELL_H

#include <stdbool.h>
#include <stdint.h>

#include "ledger/copies.h"
#include "ledger/names.h"
#include "polrt.h"

enum pol_csv_state { POL_CSV_READ, POL_CSV_MISSING, POL_CSV_BAD };

/* How a cell is read: the types of abi.h and two more. */
enum pol_csv_kind {
    POL_CSV_MONEY = POL_MONEY,
    POL_CSV_RATE = POL_RATE,
    POL_CSV_COUNT = POL_COUNT,
    POL_CSV_YEARS = POL_YEARS,
    POL_CSV_DAYS = POL_DAYS,
    POL_CSV_DATE = POL_DATE,
    POL_CSV_BOOL = POL_BOOL,
    POL_CSV_ENUM = POL_ENUM,
    POL_CSV_TEXT = POL_TEXT,
    POL_CSV_ITEM = 100, /* an enum whose column holds uint16_t */
    POL_CSV_YEAR,       /* four digits */
};

/* The years that a row or an indicator may be of. */
enum { POL_YEAR_FIRST = 1990, POL_YEAR_LAST = 2099 };

/* The years of days that can be read; a field's range bounds them further (a date of birth may be long before 1990). */
enum { POL_CALENDAR_FIRST = 1900, POL_CALENDAR_LAST = 2199, POL_CALENDAR_MONTHS = 300 * 12 };

/* The first day of each month of these years, and of the month after. */
struct pol_calendar {
    int32_t month[POL_CALENDAR_MONTHS + 1];
};
void pol_calendar_fill(struct pol_calendar *calendar);
/* The calendar year of a day that the calendar has. */
int32_t pol_calendar_year(const struct pol_calendar *calendar, int32_t day);

/* [*begin, *end) is a raw cell. Takes blanks and quotes off; doubled quotes are undone in a copy. False: no memory. */
bool pol_cell_bare(struct pol_copies *copies, const char **begin, const char **end);

/* These take a bare cell that is not empty, and say false where it is not of that form. Eight bytes behind `end` must
 * be readable. `decimals` is how many the type has; the value is scaled by it. */
bool pol_cell_number(const char *begin, const char *end, unsigned decimals, int64_t *value);
bool pol_cell_date(const struct pol_calendar *calendar, const char *begin, const char *end, int64_t *value);
/* The words for false and true in turn. */
enum { POL_BOOL_WORDS = 6 };
extern const struct pol_name pol_bool_words[POL_BOOL_WORDS];
bool pol_cell_bool(const char *begin, const char *end, int64_t *value);
bool pol_cell_year(const char *begin, const char *end, int64_t *value);
/* Any UTF-8 of at most POL_TEXT_LIMIT bytes. */
bool pol_cell_text(const char *begin, const char *end);
bool pol_utf8_sound(const char *begin, const char *end);

/* Digits after the point: 2 for money, 6 for rates, else 0. */
unsigned pol_kind_decimals(enum pol_csv_kind kind);

#endif
