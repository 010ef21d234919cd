/* gb18030.h - GB18030 to UTF-8, by the C library's iconv. */
#ifndef POL_LEDGER_GB18030_H
#define POL_LEDGER_GB18030_H

#include "polrt.h"

/* Room that is always enough for the converted text. */
size_t pol_gb18030_room(size_t size);
/* Converts `size` bytes into `out` and sets *written. Bytes that are no character stay as they are: what follows them
 * never continues them, so they are no UTF-8 either, and cells that differ in them stay different.
 * POL_STATUS_SYSTEM when the C library has no such conversion. */
enum pol_status pol_gb18030_convert(const char *bytes, size_t size, char *out, size_t *written,
                                    struct pol_error *error);

#endif
