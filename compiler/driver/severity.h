/* severity.h - what `--severity CODE=LEVEL,…` says. */
#ifndef POL_SEVERITY_H
#define POL_SEVERITY_H

#include "base/diag.h"

/* Reads one value of the option into *levels; what is given last counts. LEVEL is error, warning or off; the code `all`
 * stands for every warning. NULL, or in a few words what is wrong with it. */
const char *severity_read(const char *value, struct diag_levels *levels);

#endif
