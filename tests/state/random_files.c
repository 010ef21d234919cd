/* random_files - one random policy and a ledger of it, for tests that are written in another language.
 *
 *   random_files SEED DIR      writes DIR/policy.pol, DIR/claims.csv, DIR/applicants.csv
 */
#include <stdio.h>
#include <stdlib.h>

#include "../differential/random_case.h"

static FILE *create(const char *folder, const char *name) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return fopen(path, "w");
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fputs("usage: random_files SEED DIR\n", stderr);
        return 2;
    }
    FILE *policy = create(argv[2], "policy.pol"), *claims = create(argv[2], "claims.csv");
    FILE *applicants = create(argv[2], "applicants.csv");
    if (policy == NULL || claims == NULL || applicants == NULL) {
        perror(argv[2]);
        return 4;
    }
    struct choices c = {0};
    choices_record(&c, strtoul(argv[1], NULL, 10));
    random_case(&c, policy, claims, applicants);
    choices_free(&c);
    int failed = fclose(policy) | fclose(claims) | fclose(applicants);
    return failed ? 4 : 0;
}
