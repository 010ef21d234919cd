#include "ledger/fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tr.h"

/* A message cut in the middle of a character would not be UTF-8 any more. */
static void cut_at_character(char *text, size_t capacity) {
    size_t size = strlen(text);
    if (size + 1 < capacity)
        return;
    while (size > 0 && ((unsigned char)text[size - 1] & 0xC0) == 0x80)
        size--;
    if (size > 0 && ((unsigned char)text[size - 1] & 0x80) != 0)
        size--;
    text[size] = '\0';
}

enum pol_status pol_ledger_fail(struct pol_error *error, enum pol_status status, const char *format, ...) {
    if (error == NULL)
        return status;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->message, sizeof error->message, tr(format), arguments);
    va_end(arguments);
    cut_at_character(error->message, sizeof error->message);
    error->status = status;
    return status;
}

enum pol_status pol_ledger_no_memory(struct pol_error *error) {
    return pol_ledger_fail(error, POL_STATUS_SYSTEM, "not enough memory");
}
