/* hand.h - the Dongyang rules written by hand in C: what generated kernels are measured against.
 *
 * Money in fen, rates in millionths, dates in days, enums as in policies/dongyang.pol. `branchy` is what one would
 * write first; `select` is the fastest formulation known: no control flow, every item computed for every row.
 */
#ifndef POL_BENCH_HAND_H
#define POL_BENCH_HAND_H

#include <stdint.h>

enum hand_item {
    HAND_CERTIFICATION,
    HAND_DEMO_ENTERPRISE,
    HAND_DEMO_BRAND,
    HAND_NAVIGATION,
    HAND_ALLIANCE,
    HAND_VALUE_PLATFORM,
    HAND_INVENTION_FEE,
    HAND_CARVING_PATENT,
    HAND_VALUE_PORTFOLIO,
    HAND_PATENT_MAINTAINED,
    HAND_FAMOUS_MARK,
    HAND_MADRID,
    HAND_REGIONAL_MARK,
    HAND_NATIONAL_MARK,
    HAND_GI_MARK,
    HAND_BRAND_BASE,
    HAND_BRAND_STATION,
    HAND_PLEDGE_INTEREST,
    HAND_IP_INSURANCE,
    HAND_INDUSTRIALISATION,
    HAND_PATENT_PRIZE,
    HAND_MEDIATION,
    HAND_PROTECTED_MARKET,
    HAND_DOMESTIC_SUIT,
    HAND_FOREIGN_SUIT,
    HAND_AGENCY,
    HAND_ITEMS
};

struct hand_columns {
    uint64_t rows;
    const uint16_t *item;
    const uint8_t *status;
    const int32_t *date;
    const uint8_t *kind, *industry, *registered, *legal, *accounts, *operating, *incident;
    const int64_t *assessed, *cost, *official_fee, *agent_fee, *prior, *principal, *premium, *sales, *judgment;
    const int32_t *rate, *days, *maintained, *operating_years, *new_inventions, *agency_patents, *agency_inventions;
    const uint8_t *accepted, *provincial, *recorded, *domestic, *separable, *succeeded, *first_registration, *repaid,
        *first_industrialised, *core, *public_employee, *won, *level, *patent_type, *country;
    uint16_t *rule; /* out: 0 = awarded, 1 not in force, 2 excluded, 3 ineligible */
    int64_t *award, *less;
};

void hand_dongyang_branchy(const struct hand_columns *c);
void hand_dongyang_select(const struct hand_columns *c);

/* Six of them, with only the columns they need: industrialisation, domestic_suit, ip_insurance, value_portfolio,
 * patent_maintained, certification, as items 0 to 5. */
void hand_six_branchy(const struct hand_columns *c);
void hand_six_select(const struct hand_columns *c);
/* Reads and writes the bytes of the six-item kernel and does nothing else with them. */
void hand_six_sweep(const struct hand_columns *c);

#endif
