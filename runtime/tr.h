/* tr.h - messages in the reader's language, by the gettext of the C library.
 *
 * Messages are written in English where they arise; the catalogue po/zh_CN.po has them in Chinese. A function that
 * takes a message (diag_add, command_say, prt_fail and others; tests/messages/catalogue.py lists them) translates it
 * itself; anything else a reader sees goes through tr, tr_count or tr_name where it is used. What machines read (names
 * in CSV, members of JSON) is never translated. The catalogue is pol.mo; which language it is, a program's main decides
 * (tr_start.h), for a library the program that uses it: without setlocale and bindtextdomain it is English.
 *
 * No state of ours; every function may be called on any thread. errno is kept.
 */
#ifndef POL_TR_H
#define POL_TR_H

#include <libintl.h>
#include <stddef.h>
#include <string.h>

/* The message in the reader's language; constant, forever. */
static inline __attribute__((format_arg(1))) const char *tr(const char *message) {
    return *message ? dgettext("pol", message) : message;
}

/* Of two forms the one for a number. */
static inline __attribute__((format_arg(1), format_arg(2))) const char *tr_count(const char *one, const char *many,
                                                                                 size_t n) {
    return dngettext("pol", one, many, n);
}

/* A literal that is found here for the catalogue, and translated where it is used. */
#define tr_later(message) message

/* What errno says. */
static inline const char *tr_errno(int error) {
    const char *text = strerrordesc_np(error);
    return text ? tr(text) : tr("unknown error of the system");
}

/* "zh" or "en": the language that messages are in. */
static inline const char *tr_language(void) {
    return strcmp(tr("en"), "zh") == 0 ? "zh" : "en";
}

#endif
