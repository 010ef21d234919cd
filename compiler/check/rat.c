#include "check/rat.h"

__extension__ typedef unsigned __int128 wide;

static const struct rat invalid = {0, 0};

static wide magnitude(ast_int a) {
    return a < 0 ? -(wide)a : (wide)a;
}

static wide divisor(wide a, wide b) {
    while (b >> 64 || a >> 64) {
        if (!b)
            return a;
        wide rest = a % b;
        a = b;
        b = rest;
    }
    uint64_t x = (uint64_t)a, y = (uint64_t)b;
    while (y) {
        uint64_t rest = x % y;
        x = y;
        y = rest;
    }
    return x;
}

/* The lowest negative number has no opposite: keeping it out makes every negation safe. */
static bool representable(ast_int a) {
    return magnitude(a) >> 127 == 0;
}

struct rat rat_of(ast_int num, ast_int den) {
    if (den == 0 || !representable(num) || !representable(den))
        return invalid;
    if (den < 0) {
        num = -num;
        den = -den;
    }
    if (den == 1)
        return (struct rat){num, 1};
    wide common = divisor(magnitude(num), (wide)den);
    return (struct rat){num / (ast_int)common, den / (ast_int)common};
}

struct rat rat_int(ast_int value) {
    return rat_of(value, 1);
}

bool rat_valid(struct rat a) {
    return a.den != 0;
}

bool rat_is_int(struct rat a) {
    return a.den == 1;
}

struct rat rat_neg(struct rat a) {
    return (struct rat){-a.num, a.den};
}

struct rat rat_add(struct rat a, struct rat b) {
    ast_int left, right, num, den;
    if (!rat_valid(a) || !rat_valid(b))
        return invalid;
    if (a.den == b.den)
        return __builtin_add_overflow(a.num, b.num, &num) ? invalid : rat_of(num, a.den);
    if (__builtin_mul_overflow(a.num, b.den, &left) || __builtin_mul_overflow(b.num, a.den, &right) ||
        __builtin_add_overflow(left, right, &num) || __builtin_mul_overflow(a.den, b.den, &den)) {
        return invalid;
    }
    return rat_of(num, den);
}

struct rat rat_sub(struct rat a, struct rat b) {
    return rat_add(a, rat_neg(b));
}

struct rat rat_mul(struct rat a, struct rat b) {
    ast_int num, den;
    if (!rat_valid(a) || !rat_valid(b))
        return invalid;
    struct rat p = rat_of(a.num, b.den), q = rat_of(b.num, a.den); /* cancel crosswise first: fits more often */
    if (__builtin_mul_overflow(p.num, q.num, &num) || __builtin_mul_overflow(p.den, q.den, &den))
        return invalid;
    return rat_of(num, den);
}

struct rat rat_div(struct rat a, struct rat b) {
    if (!rat_valid(a) || !rat_valid(b) || b.num == 0)
        return invalid;
    return rat_mul(a, rat_of(b.den, b.num));
}

static ast_int floor_of(ast_int num, ast_int den) {
    ast_int whole = num / den;
    return num % den < 0 ? whole - 1 : whole;
}

struct rat rat_floor(struct rat a) {
    return rat_valid(a) ? rat_int(floor_of(a.num, a.den)) : invalid;
}

struct rat rat_ceil(struct rat a) {
    return rat_neg(rat_floor(rat_neg(a)));
}

struct rat rat_round(struct rat a) {
    return rat_floor(rat_add(a, rat_of(1, 2)));
}

int rat_sign(struct rat a) {
    return a.num < 0 ? -1 : a.num > 0;
}

/* By whole parts, then by the reciprocals of the rests: Euclid's steps, which never leave 128 bits. */
int rat_compare(struct rat a, struct rat b) {
    for (int sign = 1;; sign = -sign) {
        ast_int whole_a = floor_of(a.num, a.den), whole_b = floor_of(b.num, b.den);
        if (whole_a != whole_b)
            return whole_a < whole_b ? -sign : sign;
        ast_int rest_a = a.num - whole_a * a.den, rest_b = b.num - whole_b * b.den;
        if (rest_a == 0 || rest_b == 0)
            return rest_a == rest_b ? 0 : rest_a == 0 ? -sign : sign;
        a = (struct rat){a.den, rest_a};
        b = (struct rat){b.den, rest_b};
    }
}

bool rat_to_int64(struct rat a, int64_t *out) {
    if (!rat_is_int(a) || a.num < INT64_MIN || a.num > INT64_MAX)
        return false;
    *out = (int64_t)a.num;
    return true;
}
