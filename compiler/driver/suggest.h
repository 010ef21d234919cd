/* suggest.h - the word that was probably meant. */
#ifndef POL_SUGGEST_H
#define POL_SUGGEST_H

/* The nearest of a list ended by NULL: few letters changed, added, left out or swapped. NULL when none is near. */
const char *suggest(const char *word, const char *const *list);

#endif
