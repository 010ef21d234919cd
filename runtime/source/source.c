#include "source/source.h"

#include <errno.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ledger/fail.h"
#include "tr.h"

static enum pol_status add_part(struct pol_parts *parts, const char *name, struct pol_error *error) {
    struct pol_part_source *part = realloc(parts->part, (parts->count + 1u) * sizeof *part);
    if (part == NULL)
        return pol_ledger_no_memory(error);
    parts->part = part;
    part[parts->count] = (struct pol_part_source){.name = strdup(name)};
    if (part[parts->count].name == NULL)
        return pol_ledger_no_memory(error);
    parts->count++;
    return POL_STATUS_OK;
}

/* The files that a pattern matches, in the order of their names' bytes. */
static enum pol_status add_matches(struct pol_parts *parts, const char *pattern, struct pol_error *error) {
    glob_t found = {0};
    enum pol_status status = POL_STATUS_OK;
    switch (glob(pattern, GLOB_ERR, NULL, &found)) {
    case 0:
        for (size_t i = 0; i < found.gl_pathc && status == POL_STATUS_OK; i++)
            status = add_part(parts, found.gl_pathv[i], error);
        break;
    case GLOB_NOSPACE:
        status = pol_ledger_no_memory(error);
        break;
    case GLOB_ABORTED:
        status = pol_ledger_fail(error, POL_STATUS_INPUT, "%s: a folder cannot be read: %s", pattern, tr_errno(errno));
        break;
    default:
        status = pol_ledger_fail(error, POL_STATUS_INPUT, "%s: no file matches this pattern", pattern);
        break;
    }
    globfree(&found);
    return status;
}

/* A name that is there is that file, whatever characters it has. */
static enum pol_status find_one(struct pol_parts *parts, const char *name, struct pol_error *error) {
    bool pattern = strpbrk(name, "*?[") != NULL && access(name, F_OK) != 0;
    return pattern ? add_matches(parts, name, error) : add_part(parts, name, error);
}

enum pol_status pol_source_find(const struct pol_source *source, struct pol_parts *parts, struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    *parts = (struct pol_parts){0};
    for (unsigned i = 0; i < source->count && status == POL_STATUS_OK; i++)
        status = find_one(parts, source->names[i], error);
    for (unsigned i = 0; i < parts->count && status == POL_STATUS_OK; i++)
        if (access(parts->part[i].name, R_OK) != 0)
            status = pol_ledger_fail(error, POL_STATUS_INPUT, "%s: cannot be read: %s", parts->part[i].name,
                                     tr_errno(errno));
    if (status != POL_STATUS_OK)
        pol_source_close(parts);
    return status;
}

enum pol_status pol_source_open(struct pol_parts *parts, const struct pol_source_options *options,
                                const struct pol_csv_schema *schema, struct pol_error *error) {
    enum pol_status status = POL_STATUS_OK;
    for (unsigned i = 0; i < parts->count && status == POL_STATUS_OK; i++) {
        struct pol_part_source *part = &parts->part[i];
        status = pol_input_open(part->name, options->encoding, &part->input, error);
        if (status == POL_STATUS_OK)
            status = pol_csv_header_read(schema, &part->input, &part->header, error);
        parts->size += part->input.size;
    }
    return status;
}

void pol_source_close(struct pol_parts *parts) {
    for (unsigned i = 0; i < parts->count; i++) {
        pol_csv_header_free(&parts->part[i].header);
        pol_input_close(&parts->part[i].input);
        free(parts->part[i].name);
    }
    free(parts->part);
    *parts = (struct pol_parts){0};
}
