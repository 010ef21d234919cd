/* status.h - how core reports failure, and growing arrays. */
#ifndef PRT_STATUS_H
#define PRT_STATUS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "core/memory.h"
#include "polrt.h"

/* Fills `error` (NULL is fine) with one line and returns `status`. Control characters become spaces; a message that is
 * too long is cut at a character. */
__attribute__((format(printf, 3, 4))) enum pol_status prt_fail(struct pol_error *error, enum pol_status status,
                                                               const char *format, ...);
enum pol_status prt_fail_list(struct pol_error *error, enum pol_status status, const char *format, va_list list);
enum pol_status prt_no_memory(struct pol_error *error);

/* `array` with room for `needed` elements of `width` bytes; *capacity is kept up to date. NULL: no memory, and `array`
 * is as it was. */
void *prt_grown(void *array, uint64_t *capacity, uint64_t needed, size_t width);

#endif
