#include "tr_start.h"

#include <libintl.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tr.h"

enum { PATH_SIZE = 4096 };

const char *tr_asked(int argc, char **argv) {
    static const char option[] = "--lang";
    size_t size = sizeof option - 1;
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strncmp(argv[i], option, size) != 0)
            continue;
        if (argv[i][size] == '=')
            return argv[i] + size + 1;
        if (argv[i][size] == '\0')
            return i + 1 < argc ? argv[i + 1] : NULL;
    }
    return NULL;
}

static bool is_chinese(const char *name) {
    return strncmp(name, "zh", 2) == 0 && (name[2] == '\0' || strchr("_.-@:", name[2]));
}

/* As gettext has it: LANGUAGE counts only where the locale is not that of the standard. */
static bool locale_is_chinese(void) {
    static const char *const names[] = {"LC_ALL", "LC_MESSAGES", "LANG"};
    const char *locale = NULL, *language = getenv("LANGUAGE");
    for (int i = 0; i < 3 && (!locale || !*locale); i++)
        locale = getenv(names[i]);
    if (!locale || !*locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0)
        return false;
    return is_chinese(language && *language ? language : locale);
}

/* The catalogue beside the program; else where the system keeps them. */
static void bind_catalogue(void) {
    char path[PATH_SIZE];
    ssize_t size = readlink("/proc/self/exe", path, sizeof path - 32);
    if (size <= 0)
        return;
    path[size] = '\0';
    char *slash = strrchr(path, '/');
    if (!slash)
        return;
    static const char beside[] = "/../share/locale";
    memcpy(slash, beside, sizeof beside); /* there is room, see readlink */
    if (access(path, R_OK) == 0)
        bindtextdomain("pol", path);
}

/* Messages and characters alone: numbers and dates are those of the language pol, wherever it runs. */
static void set_locale(void) {
    static const char *const names[] = {"C.UTF-8", "zh_CN.UTF-8", "en_US.UTF-8"};
    for (int i = 0; i < 3; i++)
        if (setlocale(LC_MESSAGES, names[i])) {
            setlocale(LC_CTYPE, names[i]);
            return;
        }
}

bool tr_start(const char *asked) {
    bool english = asked && strcmp(asked, "en") == 0, chinese = asked && strcmp(asked, "zh") == 0;
    if (english) {
        setenv("LC_ALL", "C", 1);
        return false;
    }
    if (!chinese && !locale_is_chinese())
        return false;
    setenv("LANGUAGE", "zh_CN", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    set_locale();
    bind_textdomain_codeset("pol", "UTF-8");
    bind_catalogue();
    return true;
}
