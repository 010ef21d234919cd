/* keywords.c */
#include "keywords.h"

#include <string.h>

#include "policy.tab.h"

static const struct keyword table[] = {
#define KEYWORD(token, english, simplified, traditional)                                                               \
    {TOK_##token, KEYWORD_##token, english, simplified, traditional},
#define ALSO(token, spelling)
#include "keywords.def"
#undef KEYWORD
#undef ALSO
};

static const struct {
    int token;
    const char *spelling;
} further[] = {
#define KEYWORD(token, english, simplified, traditional)
#define ALSO(token, spelling) {TOK_##token, spelling},
#include "keywords.def"
#undef KEYWORD
#undef ALSO
};

struct keywords {
    struct arena *arena;
    struct text_map *map; /* spelling -> struct keyword_match */
};

static struct keyword_match *slot(struct keywords *k, struct text word) {
    void **entry = text_map_slot(k->map, word);
    if (!*entry)
        *entry = arena_new_of(k->arena, struct keyword_match);
    return *entry;
}

static void add(struct keywords *k, const struct keyword *keyword, const char *spelling) {
    if (!spelling)
        return;
    struct text word = text_of(spelling);
    struct keyword_match *match = slot(k, word);
    match->keyword = keyword;
    match->chinese = (unsigned char)spelling[0] >= 0x80;
    const char *blank = memchr(word.data, ' ', word.size);
    if (blank)
        slot(k, (struct text){word.data, (size_t)(blank - word.data)})->begins_pair = true;
}

struct keywords *keywords_new(struct arena *arena) {
    struct keywords *k = arena_new_of(arena, struct keywords);
    k->arena = arena;
    k->map = text_map_new(arena);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        add(k, &table[i], table[i].english);
        add(k, &table[i], table[i].simplified);
        add(k, &table[i], table[i].traditional);
    }
    for (size_t i = 0; i < sizeof further / sizeof *further; i++)
        add(k, keyword_of_token(further[i].token), further[i].spelling);
    return k;
}

const struct keyword_match *keywords_find(const struct keywords *k, struct text word) {
    return text_map_get(k->map, word);
}

const struct keyword *keyword_of_token(int token) {
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (table[i].token == token)
            return &table[i];
    return NULL;
}
