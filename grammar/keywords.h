/* keywords.h - the one table of keywords (keywords.def) as data. */
#ifndef POL_KEYWORDS_H
#define POL_KEYWORDS_H

#include <stdbool.h>

#include "base/text.h"

enum keyword_id {
#define KEYWORD(token, english, simplified, traditional) KEYWORD_##token,
#define ALSO(token, spelling)
#include "keywords.def"
#undef KEYWORD
#undef ALSO
    KEYWORD_COUNT
};

struct keyword {
    int token; /* of the grammar */
    enum keyword_id id;
    const char *english, *simplified, *traditional; /* NULL: no such form */
};

struct keyword_match {
    const struct keyword *keyword; /* NULL: the word alone is no keyword */
    bool begins_pair;              /* it may be the first word of a spelling of two words */
    bool chinese;                  /* it is spelled in Chinese */
};

struct keywords;

/* An index of the table, in the arena. */
struct keywords *keywords_new(struct arena *arena);
/* NULL: neither a keyword nor the beginning of one. Two words are looked up with one blank between. */
const struct keyword_match *keywords_find(const struct keywords *k, struct text word);
const struct keyword *keyword_of_token(int token); /* NULL: no keyword */

#endif
