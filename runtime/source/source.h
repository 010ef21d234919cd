/* source.h - ledgers, wherever they are kept.
 *
 * A source is what one option names: files and patterns of files, in the order given. Each of them becomes a part: text
 * in CSV with a header of its own, for the one strict reader of runtime/ledger. Rows follow each other in the order of
 * the parts, as if they stood in one file. */
#ifndef POL_SOURCE_SOURCE_H
#define POL_SOURCE_SOURCE_H

#include "ledger/reader.h"

struct pol_source {
    const char *const *names;
    unsigned count;
};
/* An initialiser of a source with these names; they live as long as the block it stands in. */
#define POL_SOURCE(...)                                                                                                \
    {(const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)}

struct pol_source_options {
    enum pol_encoding encoding; /* of CSV */
};

struct pol_part_source {
    char *name; /* a path */
    struct pol_input input;
    struct pol_csv_header header;
};

/* The parts of a source. A zeroed one has none. */
struct pol_parts {
    struct pol_part_source *part;
    unsigned count;
    uint64_t size; /* bytes of all inputs, once opened */
};

/* Finds the parts without reading them, so that a name that leads nowhere is known before any work: POL_STATUS_INPUT
 * for a pattern that nothing matches or a name that cannot be read. On failure *parts needs no close. */
enum pol_status pol_source_find(const struct pol_source *source, struct pol_parts *parts, struct pol_error *error);
/* Opens the parts and matches their headers with the schema. On failure close them all the same. */
enum pol_status pol_source_open(struct pol_parts *parts, const struct pol_source_options *options,
                                const struct pol_csv_schema *schema, struct pol_error *error);
void pol_source_close(struct pol_parts *parts);

#endif
