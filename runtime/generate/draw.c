#include "generate/draw.h"

/* splitmix64 (Steele, Lea, Flood 2014): one 64-bit state, passes the usual test batteries, the same everywhere. */
uint64_t draw_bits(struct draw *d) {
    uint64_t z = d->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

uint64_t draw_below(struct draw *d, uint64_t bound) {
    return draw_bits(d) % bound; /* the bias of the remainder is far below what a ledger shows */
}

int draw_chance(struct draw *d, unsigned per_mille) {
    return draw_below(d, 1000) < per_mille;
}

static int64_t clamp(const struct pol_field *field, int64_t value) {
    if (value < field->min)
        return field->min;
    return value > field->max ? field->max : value;
}

/* 100 to 99,000,000 yuan, one to three leading digits, now and then with fen. */
static int64_t draw_money(struct draw *d) {
    static const int64_t power[] = {10000, 100000, 1000000, 10000000, 100000000};
    int64_t fen = (int64_t)(1 + draw_below(d, 99)) * power[draw_below(d, 5)];
    return draw_chance(d, 200) ? fen + (int64_t)draw_below(d, 10000) : fen;
}

static int64_t draw_small(struct draw *d) {
    static const uint64_t bound[] = {4, 20, 20, 60, 120};
    return (int64_t)draw_below(d, bound[draw_below(d, 5)]);
}

static int64_t draw_within(struct draw *d, int64_t low, int64_t high) {
    return low + (int64_t)draw_below(d, (uint64_t)(high - low) + 1);
}

int64_t draw_value(struct draw *d, const struct pol_field *field, uint32_t values) {
    switch ((enum pol_type)field->type) {
    case POL_MONEY:
        return clamp(field, draw_money(d));
    case POL_RATE:
        return clamp(field, draw_chance(d, 700) ? draw_within(d, 100, 650) * 100 : draw_within(d, 0, 100) * 10000);
    case POL_COUNT:
    case POL_YEARS:
        return clamp(field, draw_small(d));
    case POL_DAYS:
        return clamp(field, draw_within(d, 0, 366));
    case POL_DATE:
        return draw_within(d, field->min, field->max);
    case POL_BOOL:
        return (int64_t)draw_below(d, 2);
    case POL_ENUM:
        return values ? (int64_t)draw_below(d, values) : 0;
    case POL_TEXT:
        return 0;
    }
    return 0;
}

int64_t draw_near(struct draw *d, const struct pol_field *field, int64_t value) {
    switch ((enum pol_type)field->type) {
    case POL_MONEY:
        return clamp(field, value / 100 * (int64_t)(50 + draw_below(d, 151)));
    case POL_RATE:
        return clamp(field, value / 100 * (int64_t)(80 + draw_below(d, 41)));
    case POL_COUNT:
    case POL_YEARS:
    case POL_DAYS:
        return clamp(field, value + (int64_t)draw_below(d, 5) - 1);
    case POL_DATE:
        return clamp(field, value + (int64_t)draw_below(d, 61) - 30);
    case POL_BOOL:
    case POL_ENUM:
    case POL_TEXT:
        return value;
    }
    return value;
}
