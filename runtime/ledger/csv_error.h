/* csv_error.h - what the scanner found wrong, in words. */
#ifndef POL_LEDGER_CSV_ERROR_H
#define POL_LEDGER_CSV_ERROR_H

#include "ledger/csv_scan.h"
#include "ledger/input.h"
#include "polrt.h"

/* For a scan that stopped at something wrong; returns POL_STATUS_INPUT. */
enum pol_status pol_csv_scan_error(const struct pol_input *input, const struct pol_csv_scan *scan,
                                   struct pol_error *error);

enum { POL_SHOWN_SIZE = 64 };
/* A cell as it may be shown in a message: cut after some 40 bytes, what is not seen and what is no UTF-8 replaced. */
const char *pol_shown(const char *data, size_t size, char out[POL_SHOWN_SIZE]);

#endif
