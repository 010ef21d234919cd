#include "driver/suggest.h"

#include <stddef.h>
#include <string.h>

enum { LONGEST = 40 };

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Changes, additions, omissions and swaps of neighbours from a to b, both at most LONGEST bytes. */
static size_t distance(const char *a, const char *b) {
    size_t m = strlen(a), n = strlen(b), d[LONGEST + 1][LONGEST + 1];
    for (size_t i = 0; i <= m; i++)
        d[i][0] = i;
    for (size_t j = 0; j <= n; j++)
        d[0][j] = j;
    for (size_t i = 1; i <= m; i++)
        for (size_t j = 1; j <= n; j++) {
            d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1);
            d[i][j] = least(d[i][j], d[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[m][n];
}

const char *suggest(const char *word, const char *const *list) {
    const char *best = NULL;
    size_t size = strlen(word), limit = size < 5 ? 1 : size / 3;
    if (size > LONGEST)
        return NULL;
    for (; *list; list++) {
        size_t far = strlen(*list) <= LONGEST ? distance(word, *list) : LONGEST;
        if (far > limit)
            continue;
        best = *list;
        limit = far;
        if (far == 0)
            break;
        limit--;
    }
    return best;
}
