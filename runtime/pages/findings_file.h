/* findings_file.h - findings.json read back.
 *
 * Its first members are small and read as one value; the findings, which may be millions, are read one by one. Whatever
 * is not as polrun writes it is POL_STATUS_INPUT, told with the file's name: a file may have been cut or changed. */
#ifndef POL_PAGES_FINDINGS_FILE_H
#define POL_PAGES_FINDINGS_FILE_H

#include <jansson.h>
#include <stdbool.h>

#include "ledger/buffer.h"
#include "polrt.h"

#define REPORT_FORMAT "pol findings 1"

struct findings_file {
    char *path;
    char *text; /* mapped */
    size_t size;
    json_t *head; /* everything but the findings */
    size_t at;    /* of the next finding */
    uint64_t items, clauses, rules;
};

enum pol_status findings_open(const char *directory, struct findings_file *file, struct pol_error *error);
void findings_close(struct findings_file *file);

/* The next finding, to be released with json_decref; NULL after the last. All members are there and of their types, its
 * item, clause, rule and sentence are among those of the file. */
enum pol_status findings_next(struct findings_file *file, json_t **finding, struct pol_error *error);

/* A number of the file in fen: an integer, or text beyond 2^53. */
bool findings_number(const json_t *value, int64_t *number);
bool findings_wide(const json_t *value, pol_wide *number);

/* Members that are known to be there. */
const char *findings_text(const json_t *object, const char *name);
pol_wide findings_amount(const json_t *object, const char *name);

#endif
