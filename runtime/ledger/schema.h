/* schema.h - which columns are read from a CSV file, how, and for which rows. */
#ifndef POL_LEDGER_SCHEMA_H
#define POL_LEDGER_SCHEMA_H

#include "ledger/cell.h"
#include "ledger/input.h"
#include "ledger/names.h"
#include "polrt.h"

enum pol_csv_flags {
    POL_CSV_ALWAYS = 1,      /* read on every row, with bitmaps; otherwise where the row's item needs it, without */
    POL_CSV_NEEDED = 2,      /* missing is missing_field, bad is bad_value */
    POL_CSV_BAD_COUNTS = 4,  /* bad is bad_value, missing is not the reader's affair */
    POL_CSV_HAS_DEFAULT = 8, /* `fallback` is taken where the cell is missing */
    POL_CSV_MUST_STAND = 16, /* a file without this column is an error */
};

struct pol_csv_field {              /* NOLINT(clang-analyzer-optin.performance.Padding): in the order of reading */
    struct pol_name column;         /* the header */
    const struct pol_name *aliases; /* other headers */
    uint32_t alias_count;
    struct pol_name name; /* what the policy calls the field; empty: as the header */
    enum pol_csv_kind kind;
    unsigned flags;
    uint32_t width; /* bytes of a value */
    int64_t min, max, fallback;
    const struct pol_name *values; /* enums and items */
    uint32_t value_count;
};

struct pol_csv_item {
    const uint32_t *needs; /* fields, ascending; those with POL_CSV_ALWAYS may be among them */
    uint32_t need_count;
};

/* What is given to pol_csv_schema_new; copied except for the bytes of names, which must outlive the schema. */
struct pol_csv_spec {
    const struct pol_csv_field *fields;
    uint32_t field_count;
    const struct pol_csv_item *items; /* with a field of kind POL_CSV_ITEM: as many as it has values */
    uint32_t item_field;              /* POL_NONE: no items; every field has POL_CSV_ALWAYS */
};

/* A header that stands for a field in this run. */
struct pol_csv_mapped {
    uint32_t field;
    struct pol_name column;
    bool found; /* in a file that was opened */
};

struct pol_csv_schema {
    struct pol_csv_field *fields;
    struct pol_names *names; /* by field; enums, items and bools */
    uint32_t field_count;
    struct pol_csv_mapped *mapped; /* headers given for this run, which go before those of the fields */
    uint32_t mapped_count;
    uint32_t item_field, item_count;
    uint32_t *need;       /* the needs of all items, those read always left out */
    uint32_t *need_first; /* item i: need[need_first[i] .. need_first[i + 1]) */
    struct pol_name *aliases;
    struct pol_calendar calendar;
};

enum pol_status pol_csv_schema_new(const struct pol_csv_spec *spec, struct pol_csv_schema **out,
                                   struct pol_error *error);
void pol_csv_schema_free(struct pol_csv_schema *schema);
/* Lets `column`, where a file has it, be the header of the field with this name or header. Its bytes must outlive the
 * schema. *known is false, and nothing done, where there is no such field. One thread. POL_STATUS_SYSTEM: no memory. */
enum pol_status pol_csv_schema_map(struct pol_csv_schema *schema, struct pol_name field, struct pol_name column,
                                   bool *known, struct pol_error *error);
/* The field that a header names; POL_NONE: none. */
uint32_t pol_csv_schema_field(const struct pol_csv_schema *schema, struct pol_name column);

/* The schemas of a policy's claims and applicants; field indices are those of the descriptor. The module must outlive
 * them. */
enum pol_status pol_csv_schema_claims(const pol_module *module, struct pol_csv_schema **out, struct pol_error *error);
enum pol_status pol_csv_schema_profiles(const pol_module *module, struct pol_csv_schema **out, struct pol_error *error);

enum { POL_CSV_COLUMN_LIMIT = 65536 };

/* A file's header, matched with a schema. */
struct pol_csv_header {
    uint64_t data;           /* where the first row after the header begins */
    uint32_t columns;        /* of the file */
    uint32_t *column;        /* by field: the column of the file, or POL_NONE */
    uint32_t ignored;        /* columns that no field has */
    char ignored_names[200]; /* the first of them, for a message */
    bool returns;            /* one of their names holds a carriage return: no line feed may be an end of line */
};

/* Reads the header. POL_STATUS_INPUT: no header, a column twice, a column that must stand is not there. */
enum pol_status pol_csv_header_read(const struct pol_csv_schema *schema, struct pol_input *input,
                                    struct pol_csv_header *header, struct pol_error *error);
void pol_csv_header_free(struct pol_csv_header *header);

#endif
