#include "hand_fold.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "hand.h"

#define YUAN(n) ((int64_t)(n) * 100)
enum { AHEAD = 24 };

struct waiting {
    int64_t amount;
    uint32_t next;
    uint8_t year;
};

struct hand_state {
    uint8_t *once_applicant;   /* bits by applicant: certification, gi_mark, brand_station, agency */
    int64_t *ladder_applicant; /* 2 by applicant */
    int64_t *cap_life;         /* 3 by applicant: madrid, regional, national */
    uint8_t *national;         /* by applicant * HAND_PLACES + place */
    int64_t *cap_year;         /* 5 by applicant and year: portfolio, insurance, industrialisation, pledge by right */
    uint16_t *once_object;     /* bits by object */
    int64_t *ladder_object;    /* 4 by object */
    uint8_t *pledge_year;      /* by object: year + 1 */
    uint16_t *market;          /* bits by object: levels */
    uint8_t *product;
    uint32_t *first, *last; /* by applicant: waiting claims */
    uint8_t *settled;
    struct waiting *waiting;
    uint32_t waiting_count;
};

/* With huge pages, as the runtime has them: without, most of the time would be address translation. */
static void *zeroes(uint64_t count, uint64_t size) {
    enum { HUGE_PAGE = 2 << 20 };
    char *p = calloc(count ? count : 1, size);
    if (!p)
        abort();
    uintptr_t first = ((uintptr_t)p + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    uintptr_t end = ((uintptr_t)p + count * size) / HUGE_PAGE * HUGE_PAGE;
    if (first < end)
        (void)madvise(p + (first - (uintptr_t)p), end - first, MADV_HUGEPAGE);
    return p;
}

struct hand_state *hand_state_new(const struct hand_claims *c) {
    struct hand_state *s = zeroes(1, sizeof *s);
    uint64_t a = c->applicants, o = c->objects;
    s->once_applicant = zeroes(a, 1);
    s->ladder_applicant = zeroes(a * 2, 8);
    s->cap_life = zeroes(a * 3, 8);
    s->national = zeroes(a * HAND_PLACES, 1);
    s->cap_year = zeroes(a * HAND_YEARS * 5, 8);
    s->once_object = zeroes(o, 2);
    s->ladder_object = zeroes(o * 4, 8);
    s->pledge_year = zeroes(o, 1);
    s->market = zeroes(o, 2);
    s->product = zeroes(o, 1);
    s->first = zeroes(a, 4);
    s->last = zeroes(a, 4);
    s->settled = zeroes(a, 1);
    s->waiting = zeroes(c->rows + 1, sizeof *s->waiting);
    return s;
}

void hand_state_free(struct hand_state *s) {
    void *const all[] = {s->once_applicant,
                         s->ladder_applicant,
                         s->cap_life,
                         s->national,
                         s->cap_year,
                         s->once_object,
                         s->ladder_object,
                         s->pledge_year,
                         s->market,
                         s->product,
                         s->first,
                         s->last,
                         s->settled,
                         s->waiting,
                         s};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* Where a claim's keys and caps are; NULL = none. */
struct cells {
    uint8_t *bits8;
    uint16_t *bits16;
    unsigned mask;
    uint8_t *flag; /* a second key, or the only one */
    int64_t *ladder;
    int64_t *cap;
    int64_t max;
    bool limited;
};

static struct cells cells_of(const struct hand_claims *c, struct hand_state *s, uint64_t i) {
    uint64_t a = c->applicant[i], o = c->object[i];
    int64_t *year_caps = s->cap_year + (a * HAND_YEARS + c->year[i]) * 5;
    struct cells x = {.limited = true};
    switch ((enum hand_item)c->item[i]) {
    case HAND_CERTIFICATION:
        x.bits8 = &s->once_applicant[a];
        x.mask = 1;
        break;
    case HAND_GI_MARK:
        x.bits8 = &s->once_applicant[a];
        x.mask = 2;
        x.limited = false;
        break;
    case HAND_BRAND_STATION:
        x.bits8 = &s->once_applicant[a];
        x.mask = 4;
        x.limited = false;
        break;
    case HAND_AGENCY:
        x.bits8 = &s->once_applicant[a];
        x.mask = 8;
        break;
    case HAND_DEMO_ENTERPRISE:
        x.ladder = &s->ladder_applicant[2 * a];
        break;
    case HAND_DEMO_BRAND:
        x.ladder = &s->ladder_applicant[2 * a + 1];
        break;
    case HAND_NAVIGATION:
        x.bits16 = &s->once_object[o];
        x.mask = 1;
        break;
    case HAND_ALLIANCE:
        x.bits16 = &s->once_object[o];
        x.mask = 2;
        break;
    case HAND_VALUE_PLATFORM:
        x.bits16 = &s->once_object[o];
        x.mask = 4;
        break;
    case HAND_INVENTION_FEE:
    case HAND_CARVING_PATENT:
        x.ladder = &s->ladder_object[4 * o];
        x.limited = false;
        break;
    case HAND_VALUE_PORTFOLIO:
        x.bits16 = &s->once_object[o];
        x.mask = 8;
        x.cap = &year_caps[0];
        x.max = YUAN(300000);
        break;
    case HAND_PATENT_MAINTAINED:
        x.ladder = &s->ladder_object[4 * o + 1];
        break;
    case HAND_FAMOUS_MARK:
        x.bits16 = &s->once_object[o];
        x.mask = 16;
        break;
    case HAND_MADRID:
        x.cap = &s->cap_life[3 * a];
        x.max = YUAN(30000);
        break;
    case HAND_REGIONAL_MARK:
        x.bits16 = &s->once_object[o];
        x.mask = 32;
        x.cap = &s->cap_life[3 * a + 1];
        x.max = YUAN(10000);
        break;
    case HAND_NATIONAL_MARK:
        x.flag = &s->national[a * HAND_PLACES + c->place[i]];
        x.cap = &s->cap_life[3 * a + 2];
        x.max = YUAN(10000);
        break;
    case HAND_BRAND_BASE:
        x.ladder = &s->ladder_object[4 * o + 2];
        break;
    case HAND_PLEDGE_INTEREST:
        x.cap = &year_caps[3 + c->right[i]];
        x.max = YUAN(300000);
        break;
    case HAND_IP_INSURANCE:
        x.cap = &year_caps[1];
        x.max = YUAN(100000);
        break;
    case HAND_INDUSTRIALISATION:
        x.bits16 = &s->once_object[o];
        x.mask = 64;
        x.flag = &s->product[c->product[i]];
        x.cap = &year_caps[2];
        x.max = YUAN(300000);
        break;
    case HAND_PATENT_PRIZE:
        x.ladder = &s->ladder_object[4 * o + 3];
        break;
    case HAND_MEDIATION:
        x.bits16 = &s->once_object[o];
        x.mask = 128;
        break;
    case HAND_PROTECTED_MARKET:
        x.bits16 = &s->market[o];
        x.mask = 1u << c->level[i];
        break;
    case HAND_DOMESTIC_SUIT:
        x.bits16 = &s->once_object[o];
        x.mask = 256;
        break;
    case HAND_FOREIGN_SUIT:
        x.bits16 = &s->once_object[o];
        x.mask = 512;
        break;
    case HAND_ITEMS:
        break;
    }
    x.limited = x.limited && c->enterprise[a];
    return x;
}

/* Pays what waits from the years after the last settled one up to `year`; gives what was carried. */
static int64_t settle(const struct hand_claims *c, struct hand_state *s, uint32_t a, uint8_t year) {
    int64_t carried = 0;
    for (uint8_t y = (uint8_t)(s->settled[a] + 1); y <= year && s->first[a]; y++) {
        int64_t *left = &c->contribution[(uint64_t)a * HAND_YEARS + y];
        for (uint32_t w = s->first[a]; w && *left > 0; w = s->waiting[w].next) {
            struct waiting *x = &s->waiting[w];
            if (x->year >= y)
                break;
            if (x->year + 2 < y)
                continue;
            int64_t paid = x->amount < *left ? x->amount : *left;
            x->amount -= paid;
            *left -= paid;
            carried += paid;
        }
        while (s->first[a] && (s->waiting[s->first[a]].amount == 0 || s->waiting[s->first[a]].year + 2 <= y))
            s->first[a] = s->waiting[s->first[a]].next;
    }
    s->settled[a] = year;
    return carried;
}

static int64_t limit(const struct hand_claims *c, struct hand_state *s, uint64_t i, int64_t granted) {
    uint32_t a = c->applicant[i];
    uint8_t year = c->year[i];
    int64_t sum = s->first[a] ? settle(c, s, a, year) : 0;
    int64_t *left = &c->contribution[(uint64_t)a * HAND_YEARS + year];
    int64_t payable = granted < *left ? granted : *left;
    *left -= payable;
    if (payable < granted) {
        uint32_t w = ++s->waiting_count;
        s->waiting[w] = (struct waiting){.amount = granted - payable, .year = year};
        if (s->first[a])
            s->waiting[s->last[a]].next = w;
        else {
            s->first[a] = w;
            s->settled[a] = year;
        }
        s->last[a] = w;
    }
    return sum + payable;
}

static int64_t decide(const struct hand_claims *c, struct hand_state *s, uint64_t i) {
    struct cells x = cells_of(c, s, i);
    if ((x.bits8 && (*x.bits8 & x.mask)) || (x.bits16 && (*x.bits16 & x.mask)) || (x.flag && *x.flag))
        return 0;
    uint8_t *pledge = c->item[i] == HAND_PLEDGE_INTEREST ? &s->pledge_year[c->object[i]] : NULL;
    if (pledge && *pledge && *pledge != c->year[i] + 1)
        return 0;
    int64_t less = c->less[i];
    if (x.ladder && *x.ladder > less)
        less = *x.ladder;
    int64_t granted = c->award[i] - less;
    if (granted <= 0)
        return 0;
    if (x.bits8)
        *x.bits8 = (uint8_t)(*x.bits8 | x.mask);
    if (x.bits16)
        *x.bits16 = (uint16_t)(*x.bits16 | x.mask);
    if (x.flag)
        *x.flag = 1;
    if (pledge)
        *pledge = (uint8_t)(c->year[i] + 1);
    if (x.ladder && c->award[i] > *x.ladder)
        *x.ladder = c->award[i];
    if (x.cap) {
        int64_t left = x.max - *x.cap;
        granted = granted < left ? granted : left;
        if (granted <= 0)
            return 0;
        *x.cap += granted;
    }
    return x.limited ? limit(c, s, i, granted) : granted;
}

static void fetch(const struct hand_claims *c, struct hand_state *s, uint64_t i) {
    struct cells x = cells_of(c, s, i);
    __builtin_prefetch(x.bits8 ? (void *)x.bits8 : x.bits16 ? (void *)x.bits16 : (void *)x.ladder, 1);
    if (x.cap)
        __builtin_prefetch(x.cap, 1);
    if (x.limited)
        __builtin_prefetch(&c->contribution[(uint64_t)c->applicant[i] * HAND_YEARS + c->year[i]], 1);
}

int64_t hand_fold(const struct hand_claims *c, struct hand_state *s) {
    int64_t sum = 0;
    for (uint64_t i = 0; i < c->rows; i++) {
        if (i + AHEAD < c->rows && c->award[i + AHEAD])
            fetch(c, s, i + AHEAD);
        if (c->award[i])
            sum += decide(c, s, i);
    }
    for (uint32_t a = 0; a < c->applicants; a++)
        if (s->first[a])
            sum += settle(c, s, a, HAND_YEARS - 1);
    return sum;
}
