/* words.h - values and names of a policy in words, for reports. */
#ifndef POL_AUDIT_WORDS_H
#define POL_AUDIT_WORDS_H

#include "ledger/buffer.h"
#include "polrt.h"

/* "1200000.5", "0.0435", "2024-07-01", "true", the enum's name in ledgers. */
void pol_words_value(struct pol_buffer *buffer, const pol_module *module, unsigned type, uint32_t enum_index,
                     int64_t value);
void pol_words_date(struct pol_buffer *buffer, int64_t day);
const char *pol_words_type(unsigned type);
/* The label, or the column, or the name: the first that is not empty. */
const char *pol_words_label(const pol_module *module, struct pol_str label, struct pol_str column, struct pol_str name);
/* The one line that a policy is known by: title, or name. */
const char *pol_words_title(const pol_module *module);

#endif
