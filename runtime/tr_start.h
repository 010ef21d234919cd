/* tr_start.h - the language of a program's messages; for main alone, before there are threads. */
#ifndef POL_TR_START_H
#define POL_TR_START_H

#include <stdbool.h>

/* The value of `--lang` or `--lang=` among the arguments, NULL where it is not there or has none. */
const char *tr_asked(int argc, char **argv);

/* Chooses the language: what was asked for ("en", "zh"; NULL or anything else: nothing), else the locale's, as
 * LANGUAGE, LC_ALL, LC_MESSAGES and LANG say. Programs started from here follow. The catalogue is looked for beside the
 * program, in
 * ../share/locale. True for Chinese. */
bool tr_start(const char *asked);

#endif
