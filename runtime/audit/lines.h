/* lines.h - the lines of decisions.csv and payments.csv.
 *
 * Both are written at `out`, where there must be room (pol_decision_room, pol_payment_room), and return the end. Behind
 * the ids that are given, POL_CELL_ROOM bytes must be readable.
 */
#ifndef POL_AUDIT_LINES_H
#define POL_AUDIT_LINES_H

#include "audit/kept.h"
#include "core/results.h"
#include "ledger/buffer.h"
#include "polrt.h"

/* Text that stands in many lines; behind it POL_CELL_ROOM bytes can be read. */
struct pol_phrase {
    char *data;
    size_t size;
};

/* What lines of a policy's decisions have in common. Any thread may read it. */
struct pol_lines {
    struct pol_phrase *rules; /* "name," by rule */
    uint32_t rule_count;
    struct pol_phrase reasons[POL_REASON_COUNT]; /* ",decision,reason," */
    size_t longest_rule;
};

/* False: no memory; to be freed in any case. */
bool pol_lines_make(struct pol_lines *lines, const pol_module *module);
void pol_lines_free(struct pol_lines *lines);

static inline size_t pol_decision_room(const struct pol_lines *lines, size_t claim_size) {
    enum { AMOUNTS = 8, OTHERS = 3 };
    return 2 * claim_size + lines->longest_rule + (size_t)AMOUNTS * POL_MONEY_ROOM + (size_t)OTHERS * POL_CELL_ROOM;
}

/* `id_size` is that of the claim's cell, quoted or not. */
static inline size_t pol_payment_room(size_t id_size, size_t applicant_size) {
    enum { NUMBERS = 2, OTHERS = 3 };
    return id_size + 2 * applicant_size + (size_t)NUMBERS * POL_MONEY_ROOM + (size_t)OTHERS * POL_CELL_ROOM;
}

/* Text behind which POL_CELL_ROOM bytes can be read; as many may be written behind the end. */
static inline char *pol_put_padded(char *out, const char *data, size_t size) {
    if (__builtin_expect(size <= POL_CELL_ROOM, 1))
        memcpy(out, data, POL_CELL_ROOM);
    else
        memcpy(out, data, size);
    return out + size;
}

/* ---- a decision's line: its beginning, its amounts, its end ------------------------------------------------------ */

/* Up to the comma before the award; the claim's cell ends at *id_end. */
static inline char *pol_put_decided(char *out, const struct pol_lines *lines, struct pol_text claim, uint8_t reason,
                                    uint32_t rule, char **id_end) {
    *id_end = out = pol_put_padded_cell(out, claim.data, claim.size);
    out = pol_put_padded(out, lines->reasons[reason].data, lines->reasons[reason].size);
    return pol_put_padded(out, lines->rules[rule].data, lines->rules[rule].size);
}

/* Award to lapsed, of a claim that is paid its award. */
static inline char *pol_put_whole_award(char *out, struct pol_amount award) {
    out = pol_put_amount(out, award);
    out = pol_put_amount(out, award);
    out = pol_put_amount(out, award);
    memcpy(out, "0.00,0.00,0.00,", 16);
    return out + 15;
}

/* The same of one that is paid nothing; award -1: none. */
char *pol_put_no_amounts(char *out, int64_t award);
/* The same of any. */
char *pol_put_amounts(char *out, int64_t award, const struct prt_amounts *amounts);

/* Paid, and what that is more than was due. */
char *pol_put_paid(char *out, int64_t paid, int64_t due);
static inline char *pol_put_paid_as_due(char *out, struct pol_amount due) {
    out = pol_put_amount(out, due);
    memcpy(out, "0.00\n", 5);
    return out + 5;
}

/* ---- a payment's line: the claim's cell, this, its end
 * -------------------------------------------------------------------- */

/* What follows the claim's cell, up to the comma before the amount. */
static inline char *pol_put_payee(char *out, struct pol_text applicant, int32_t year) {
    *out++ = ',';
    out = pol_put_padded_cell(out, applicant.data, applicant.size);
    *out++ = ',';
    out = pol_put_year(out, year);
    *out++ = ',';
    return out;
}

static inline char *pol_end_payment(char *out, struct pol_amount amount) {
    out = pol_put_amount(out, amount);
    out[-1] = '\n';
    return out;
}

static inline char *pol_end_any_payment(char *out, int64_t fen) {
    out = pol_put_money(out, fen);
    *out++ = '\n';
    return out;
}

#endif
