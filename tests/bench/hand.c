#include "hand.h"

__extension__ typedef __int128 wide;

enum { ENTERPRISE, INSTITUTION, ASSOCIATION, AGENCY, INDIVIDUAL };
enum { WOODCARVING, CONSTRUCTION };
enum {
    NATIONAL_DEMO,
    NATIONAL_ADVANTAGE,
    PROVINCIAL_DEMO,
    CITY_DEMO,
    NATIONAL,
    PROVINCIAL,
    CITY,
    CN_GOLD,
    CN_SILVER,
    CN_EXCELLENT,
    PROV_GOLD,
    PROV_EXCELLENT
};
enum { INVENTION, UTILITY, DESIGN };
enum { US, JP, EU, OTHER };
enum { FIRST_DAY = 18628 }; /* 2021-01-01 */
#define YUAN(n) ((int64_t)(n) * 100)

static inline int64_t least(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static inline int64_t half_up(int64_t doubled) /* doubled >= 0 */
{
    return (doubled + 1) >> 1;
}

static int64_t interest(const struct hand_columns *c, uint64_t i) {
    wide n = (wide)c->rate[i] * c->principal[i] * c->days[i], d = (wide)2 * 1000000 * 365;
    return (int64_t)((2 * n + d) / (2 * d));
}

static int64_t demo_level(uint8_t level) {
    switch (level) {
    case NATIONAL_DEMO:
        return YUAN(500000);
    case NATIONAL_ADVANTAGE:
        return YUAN(300000);
    case PROVINCIAL_DEMO:
        return YUAN(200000);
    case CITY_DEMO:
        return YUAN(50000);
    default:
        return 0;
    }
}

static int64_t brand_level(uint8_t level) {
    switch (level) {
    case NATIONAL:
        return YUAN(500000);
    case PROVINCIAL:
        return YUAN(200000);
    case CITY:
        return YUAN(50000);
    default:
        return 0;
    }
}

static int64_t prize_level(uint8_t level) {
    switch (level) {
    case CN_GOLD:
        return YUAN(1000000);
    case CN_SILVER:
        return YUAN(600000);
    case CN_EXCELLENT:
    case PROV_GOLD:
        return YUAN(300000);
    case PROV_EXCELLENT:
        return YUAN(200000);
    default:
        return 0;
    }
}

static int64_t industrial(int64_t sales) {
    if (sales < YUAN(5000000))
        return 0;
    return least(YUAN(20000) + (sales - YUAN(5000000)) / YUAN(5000000) * YUAN(10000), YUAN(100000));
}

/* The amount, or 0 where a condition of the item fails. */
static int64_t amount(const struct hand_columns *c, uint64_t i) {
    uint8_t kind = c->kind[i], level = c->level[i];
    int enterprise = kind == ENTERPRISE, body = kind != INDIVIDUAL;
    switch ((enum hand_item)c->item[i]) {
    case HAND_CERTIFICATION:
        return enterprise ? least(c->assessed[i], c->cost[i]) : 0;
    case HAND_DEMO_ENTERPRISE:
        return enterprise ? demo_level(level) : 0;
    case HAND_DEMO_BRAND:
        return enterprise ? brand_level(level) : 0;
    case HAND_NAVIGATION:
    case HAND_VALUE_PLATFORM:
        return c->accepted[i] && c->provincial[i] ? YUAN(100000) : 0;
    case HAND_ALLIANCE:
        return c->recorded[i] ? YUAN(100000) : 0;
    case HAND_INVENTION_FEE:
        return c->patent_type[i] == INVENTION ? half_up(least(2 * c->assessed[i], c->official_fee[i])) : 0;
    case HAND_CARVING_PATENT:
        if (!enterprise || c->industry[i] > CONSTRUCTION || !c->domestic[i])
            return 0;
        return c->patent_type[i] == INVENTION ? YUAN(4000) : YUAN(400);
    case HAND_VALUE_PORTFOLIO:
        return enterprise && c->new_inventions[i] >= 10 ? YUAN(100000) : 0;
    case HAND_PATENT_MAINTAINED:
        if (c->patent_type[i] != INVENTION || c->maintained[i] < 10)
            return 0;
        return c->maintained[i] >= 15 ? YUAN(8000) : YUAN(5000);
    case HAND_FAMOUS_MARK:
        return YUAN(1200000);
    case HAND_MADRID:
        return body && c->cost[i] > c->agent_fee[i] ? c->cost[i] - c->agent_fee[i] : 0;
    case HAND_REGIONAL_MARK:
        return body ? YUAN(8000) : 0;
    case HAND_NATIONAL_MARK:
        return body ? YUAN(2000) : 0;
    case HAND_GI_MARK:
        return body && c->first_registration[i] ? YUAN(200000) : 0;
    case HAND_BRAND_BASE:
        return level == NATIONAL ? YUAN(300000) : level == PROVINCIAL ? YUAN(100000) : 0;
    case HAND_BRAND_STATION:
        return body ? YUAN(100000) : 0;
    case HAND_PLEDGE_INTEREST:
        return enterprise && c->repaid[i] && c->separable[i] ? interest(c, i) : 0;
    case HAND_IP_INSURANCE:
        return enterprise ? half_up(c->premium[i]) : 0;
    case HAND_INDUSTRIALISATION:
        return enterprise && c->first_industrialised[i] && c->core[i] ? industrial(c->sales[i]) : 0;
    case HAND_PATENT_PRIZE:
        return prize_level(level);
    case HAND_MEDIATION:
        return kind == INDIVIDUAL && c->succeeded[i] && !c->public_employee[i] ? YUAN(300) : 0;
    case HAND_PROTECTED_MARKET:
        return level == NATIONAL ? YUAN(200000) : level == PROVINCIAL ? YUAN(100000) : 0;
    case HAND_DOMESTIC_SUIT:
        return enterprise && c->won[i] ? least((2 * c->judgment[i] + 5) / 10, YUAN(50000)) : 0;
    case HAND_FOREIGN_SUIT:
        return enterprise && c->won[i]
                   ? least(half_up(c->agent_fee[i]), c->country[i] == OTHER ? YUAN(150000) : YUAN(300000))
                   : 0;
    case HAND_AGENCY:
        return kind == AGENCY && c->operating_years[i] >= 1 && c->agency_patents[i] >= 50 &&
                       c->agency_inventions[i] >= 10
                   ? YUAN(50000)
                   : 0;
    case HAND_ITEMS:
        return 0;
    }
    return 0;
}

void hand_dongyang_branchy(const struct hand_columns *c) {
    for (uint64_t i = 0; i < c->rows; i++) {
        c->award[i] = c->less[i] = 0;
        c->rule[i] = 0;
        if (c->status[i])
            continue;
        if (c->date[i] < FIRST_DAY) {
            c->rule[i] = 1;
            continue;
        }
        if (c->incident[i]) {
            c->rule[i] = 2;
            continue;
        }
        if (c->kind[i] == ENTERPRISE && !(c->registered[i] && c->legal[i] && c->accounts[i] && c->operating[i])) {
            c->rule[i] = 3;
            continue;
        }
        int64_t a = amount(c, i);
        if (a <= 0) {
            c->rule[i] = 3;
            continue;
        }
        c->award[i] = a;
        c->less[i] = c->prior[i];
    }
}

/* Masks instead of branches, or the compiler makes a switch of it and vectorises nothing. */
#define ONLY(condition, value)   ((-(int32_t)((condition) != 0)) & (value))
#define ONLY64(condition, value) ((-(int64_t)((condition) != 0)) & (value))
#define PICK(code, value)                                                                                              \
    do {                                                                                                               \
        int32_t value_ = (value);                                                                                      \
        a = item == (code) ? value_ : a;                                                                               \
    } while (0)

void hand_dongyang_select(const struct hand_columns *c) {
    const uint64_t n = c->rows;
    const uint16_t *restrict items = c->item;
    const uint8_t
        *restrict status = c->status,
                  *restrict kinds = c->kind, *restrict industry = c->industry, *restrict registered = c->registered,
                  *restrict legal = c->legal, *restrict accounts = c->accounts, *restrict operating = c->operating,
                  *restrict incident = c->incident, *restrict accepted = c->accepted,
                  *restrict provincial = c->provincial, *restrict recorded = c->recorded,
                  *restrict domestic = c->domestic, *restrict succeeded = c->succeeded,
                  *restrict first_registration = c->first_registration, *restrict first = c->first_industrialised,
                  *restrict core = c->core, *restrict public_employee = c->public_employee, *restrict won = c->won,
                  *restrict levels = c->level, *restrict patent = c->patent_type, *restrict country = c->country;
    const int32_t *restrict date = c->date, *restrict maintained = c->maintained, *restrict years = c->operating_years,
                            *restrict new_inventions = c->new_inventions, *restrict patents = c->agency_patents,
                            *restrict inventions = c->agency_inventions;
    const int64_t *restrict assessed = c->assessed, *restrict cost = c->cost, *restrict official = c->official_fee,
                            *restrict agent = c->agent_fee, *restrict prior = c->prior, *restrict premium = c->premium,
                            *restrict sales = c->sales, *restrict judgment = c->judgment;
    uint16_t *restrict rule = c->rule;
    int64_t *restrict award = c->award, *restrict less = c->less;
#pragma clang loop vectorize(assume_safety) vectorize_width(16) interleave_count(1)
    for (uint64_t i = 0; i < n; i++) {
        uint16_t item = items[i];
        uint8_t kind = kinds[i], level = levels[i];
        uint8_t enterprise = kind == ENTERPRISE, body = kind != INDIVIDUAL, invention = patent[i] == INVENTION;
        int32_t prov = accepted[i] & provincial[i];
        /* fixed amounts in yuan, 32 bits */
        int32_t a = 0;
        int32_t demo = ONLY(level == NATIONAL_DEMO, 500000) | ONLY(level == NATIONAL_ADVANTAGE, 300000) |
                       ONLY(level == PROVINCIAL_DEMO, 200000) | ONLY(level == CITY_DEMO, 50000);
        int32_t brand =
            ONLY(level == NATIONAL, 500000) | ONLY(level == PROVINCIAL, 200000) | ONLY(level == CITY, 50000);
        int32_t prize = ONLY(level == CN_GOLD, 1000000) | ONLY(level == CN_SILVER, 600000) |
                        ONLY((level == CN_EXCELLENT) | (level == PROV_GOLD), 300000) |
                        ONLY(level == PROV_EXCELLENT, 200000);
        int32_t is_national = level == NATIONAL, is_provincial = level == PROVINCIAL;
        int32_t held = maintained[i], agencies = (years[i] >= 1) & (patents[i] >= 50) & (inventions[i] >= 10);
        PICK(HAND_DEMO_ENTERPRISE, ONLY(enterprise, demo));
        PICK(HAND_DEMO_BRAND, ONLY(enterprise, brand));
        PICK(HAND_NAVIGATION, ONLY(prov, 100000));
        PICK(HAND_VALUE_PLATFORM, ONLY(prov, 100000));
        PICK(HAND_ALLIANCE, ONLY(recorded[i], 100000));
        PICK(HAND_CARVING_PATENT,
             ONLY(enterprise & (industry[i] <= CONSTRUCTION) & domestic[i], 400 + ONLY(invention, 3600)));
        PICK(HAND_VALUE_PORTFOLIO, ONLY(enterprise & (new_inventions[i] >= 10), 100000));
        PICK(HAND_PATENT_MAINTAINED, ONLY(invention & (held >= 10), 5000 + ONLY(held >= 15, 3000)));
        PICK(HAND_FAMOUS_MARK, 1200000);
        PICK(HAND_REGIONAL_MARK, ONLY(body, 8000));
        PICK(HAND_NATIONAL_MARK, ONLY(body, 2000));
        PICK(HAND_GI_MARK, ONLY(body & first_registration[i], 200000));
        PICK(HAND_BRAND_BASE, ONLY(is_national, 300000) | ONLY(is_provincial, 100000));
        PICK(HAND_BRAND_STATION, ONLY(body, 100000));
        PICK(HAND_PATENT_PRIZE, prize);
        PICK(HAND_MEDIATION, ONLY((kind == INDIVIDUAL) & succeeded[i] & !public_employee[i], 300));
        PICK(HAND_PROTECTED_MARKET, ONLY(is_national, 200000) | ONLY(is_provincial, 100000));
        PICK(HAND_AGENCY, ONLY((kind == AGENCY) & agencies, 50000));
        /* with the cap pushed below the division: at 8 further steps the maximum is reached, and 32 bits suffice */
        int64_t capped = least(sales[i], YUAN(45000000));
        uint32_t steps = (uint32_t)(capped - YUAN(5000000)) / (uint32_t)YUAN(5000000);
        PICK(HAND_INDUSTRIALISATION,
             ONLY(enterprise & first[i] & core[i] & (capped >= YUAN(5000000)), 20000 + (int32_t)steps * 10000));
        int64_t m = (int64_t)a * 100, x, spent = cost[i], fee = agent[i], p = prior[i];
        uint8_t win = won[i];
        x = least(assessed[i], spent);
        m = ((item == HAND_CERTIFICATION) & enterprise) ? x : m;
        x = half_up(least(2 * assessed[i], official[i]));
        m = ((item == HAND_INVENTION_FEE) & invention) ? x : m;
        x = spent - fee;
        m = ((item == HAND_MADRID) & body) ? x : m;
        x = half_up(premium[i]);
        m = ((item == HAND_IP_INSURANCE) & enterprise) ? x : m;
        uint32_t j = (uint32_t)least(judgment[i], YUAN(250000));
        x = (2 * j + 5) / 10;
        m = ((item == HAND_DOMESTIC_SUIT) & enterprise & win) ? x : m;
        x = least(half_up(fee), YUAN(150000) + ONLY64(country[i] != OTHER, YUAN(150000)));
        m = ((item == HAND_FOREIGN_SUIT) & enterprise & win) ? x : m;
        uint8_t bad_enterprise = enterprise & !(registered[i] & legal[i] & accounts[i] & operating[i]);
        uint8_t valid = status[i] == 0;
        uint16_t r = ((m <= 0) | bad_enterprise) ? 3 : 0;
        r = incident[i] ? 2 : r;
        r = date[i] < FIRST_DAY ? 1 : r;
        r = valid ? r : 0;
        rule[i] = r;
        uint8_t stands = valid & (r == 0);
        award[i] = stands ? m : 0;
        less[i] = stands ? p : 0;
    }
    /* the one item that needs more than 64 bits */
    for (uint64_t i = 0; i < n; i++) {
        if (items[i] != HAND_PLEDGE_INTEREST || status[i] || rule[i] != 3)
            continue;
        if (kinds[i] != ENTERPRISE || !(registered[i] & legal[i] & accounts[i] & operating[i]) || !c->repaid[i] ||
            !c->separable[i])
            continue;
        int64_t m = interest(c, i);
        if (m <= 0)
            continue;
        rule[i] = 0;
        award[i] = m;
        less[i] = prior[i];
    }
}

void hand_six_branchy(const struct hand_columns *c) {
    for (uint64_t i = 0; i < c->rows; i++) {
        int64_t a = 0;
        c->rule[i] = 0;
        c->award[i] = 0;
        if (c->status[i])
            continue;
        switch (c->item[i]) {
        case 0:
            a = c->first_industrialised[i] && c->core[i] ? industrial(c->sales[i]) : 0;
            break;
        case 1:
            a = c->won[i] ? least((2 * c->judgment[i] + 5) / 10, YUAN(50000)) : 0;
            break;
        case 2:
            a = half_up(c->premium[i]);
            break;
        case 3:
            a = c->new_inventions[i] >= 10 ? YUAN(100000) : 0;
            break;
        case 4:
            a = c->maintained[i] >= 15 ? YUAN(8000) : c->maintained[i] >= 10 ? YUAN(5000) : 0;
            break;
        default:
            a = least(c->assessed[i], c->cost[i]);
        }
        if (a > 0)
            c->award[i] = a;
        else
            c->rule[i] = 3;
    }
}

void hand_six_select(const struct hand_columns *c) {
    const uint64_t n = c->rows;
    const uint16_t *restrict items = c->item;
    const uint8_t *restrict status = c->status, *restrict first = c->first_industrialised, *restrict core = c->core,
                            *restrict won = c->won;
    const int32_t *restrict maintained = c->maintained, *restrict new_inventions = c->new_inventions;
    const int64_t *restrict assessed = c->assessed, *restrict cost = c->cost, *restrict premium = c->premium,
                            *restrict sales = c->sales, *restrict judgment = c->judgment;
    uint16_t *restrict rule = c->rule;
    int64_t *restrict award = c->award;
#pragma clang loop vectorize(assume_safety) vectorize_width(16) interleave_count(1)
    for (uint64_t i = 0; i < n; i++) {
        uint16_t item = items[i];
        int64_t capped = least(sales[i], YUAN(45000000));
        uint32_t steps = (uint32_t)(capped - YUAN(5000000)) / (uint32_t)YUAN(5000000);
        int32_t a = ONLY(first[i] & core[i] & (capped >= YUAN(5000000)), 20000 + (int32_t)steps * 10000);
        int32_t held = maintained[i], worth = ONLY(new_inventions[i] >= 10, 100000);
        int32_t kept = ONLY(held >= 10, 5000) + ONLY(held >= 15, 3000);
        a = item == 3 ? worth : a;
        a = item == 4 ? kept : a;
        int64_t m = (int64_t)a * 100;
        uint32_t j = (uint32_t)least(judgment[i], YUAN(250000));
        int64_t x = (2 * j + 5) / 10;
        x = ONLY64(won[i], x);
        m = item == 1 ? x : m;
        x = half_up(premium[i]);
        m = item == 2 ? x : m;
        x = least(assessed[i], cost[i]);
        m = item == 5 ? x : m;
        uint8_t valid = status[i] == 0;
        rule[i] = (valid & (m <= 0)) ? 3 : 0;
        award[i] = (valid & (m > 0)) ? m : 0;
    }
}

void hand_six_sweep(const struct hand_columns *c) {
    const uint64_t n = c->rows;
    const uint16_t *restrict items = c->item;
    const uint8_t *restrict status = c->status, *restrict first = c->first_industrialised, *restrict core = c->core,
                            *restrict won = c->won;
    const int32_t *restrict maintained = c->maintained, *restrict new_inventions = c->new_inventions;
    const int64_t *restrict assessed = c->assessed, *restrict cost = c->cost, *restrict premium = c->premium,
                            *restrict sales = c->sales, *restrict judgment = c->judgment;
    uint16_t *restrict rule = c->rule;
    int64_t *restrict award = c->award;
#pragma clang loop vectorize(assume_safety) vectorize_width(16) interleave_count(1)
    for (uint64_t i = 0; i < n; i++) {
        award[i] = assessed[i] + cost[i] + premium[i] + sales[i] + judgment[i];
        rule[i] = (uint16_t)(items[i] + status[i] + first[i] + core[i] + won[i] + maintained[i] + new_inventions[i]);
    }
}
