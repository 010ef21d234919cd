/* duck_sql FILE SQL...: runs statements on a DuckDB file ("" is one in memory), for tests; what SELECT gives, which
 * must be VARCHAR, is printed with tabs between. */
#include <stdio.h>
#include <string.h>

#include "source/duck.h"

static enum pol_status print_row(void *context, const struct pol_text *cells, unsigned count, struct pol_error *error) {
    (void)context;
    (void)error;
    for (unsigned i = 0; i < count; i++) {
        bool null = cells[i].size == UINT32_MAX;
        printf("%s%.*s", i > 0 ? "\t" : "", null ? 4 : (int)cells[i].size, null ? "NULL" : cells[i].data);
    }
    putchar('\n');
    return POL_STATUS_OK;
}

int main(int argc, char **argv) {
    struct duck duck;
    struct pol_error error = {0};
    if (argc < 3)
        return 2;
    struct pol_source_options options = {.threads = 1};
    enum pol_status status = duck_open(&duck, "duck_sql", argv[1][0] != '\0' ? argv[1] : NULL, false, &options, &error);
    for (int i = 2; i < argc && status == POL_STATUS_OK; i++)
        status = strncmp(argv[i], "SELECT", 6) == 0 ? duck_rows(&duck, argv[i], print_row, NULL, &error)
                                                    : duck_tell(&duck, argv[i], true, &error);
    duck_close(&duck);
    if (status != POL_STATUS_OK)
        fprintf(stderr, "%s\n", error.message);
    return (int)status;
}
