/* number.h - numbers of other formats as plain decimals. Nothing is rounded. */
#ifndef POL_SOURCE_NUMBER_H
#define POL_SOURCE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>

enum { SOURCE_NUMBER_ROOM = 96, SOURCE_BINARY_DIGITS = 15 };

/* "-1.50E+3" as "-1500": the same number without an exponent, without zeros that say nothing. False, and nothing
 * written, for what is no such number or would be longer than the room. */
bool source_plain_number(const char *text, size_t size, char out[SOURCE_NUMBER_ROOM]);

/* A binary floating point number, where a format has no other. It stands for the one decimal of at most 15 digits that
 * reads as exactly this number: any decimal of 15 digits that was stored comes back as it was. False where there is
 * none (the result of a calculation, 0.1 + 0.2): *out is then its decimal of 17 digits. */
bool source_binary_number(double value, char out[SOURCE_NUMBER_ROOM]);

/* A text of a binary number with any count of digits ("1.1000000000000001"), likewise. False as in both. */
bool source_binary_text(const char *text, size_t size, char out[SOURCE_NUMBER_ROOM]);

#endif
