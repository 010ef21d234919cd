/* ir_print.h - the textual form of a policy's IR, for people (`polc build --emit=ir`) and tests.
 *
 * Everything the IR holds is shown: schema, rules, cells, items with their steps, both functions with the interval of
 * every instruction. Money is in fen, rates in millionths, dates as days; the form is not read back.
 */
#ifndef POL_IR_PRINT_H
#define POL_IR_PRINT_H

#include "ir/ir.h"

/* The text lives in the arena. The policy need not be valid for ir_verify, but its counts must be those of its arrays.
 */
struct text ir_print(const struct ir_policy *policy, struct arena *arena);

/* Appends a decimal. */
void ir_print_int(struct text_buffer *out, ir_int value);

#endif
