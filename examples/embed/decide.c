/* Deciding claims from a program of your own, with libpolrt alone.
 *
 *   cc decide.c $(pkg-config --cflags --libs polrt) -o decide
 *   ./decide dongyang.so
 *
 * One enterprise claims twice for insurance premiums in one year: half of each premium, at most 100,000 yuan together.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <polrt.h>

enum { CLAIMS = 2, FIELDS_MOST = 64 };

/* The index of a field, or of an item, by the name the policy gives it. */
static uint32_t field_index(const pol_module *module, struct pol_ref fields, const char *name) {
    const struct pol_field *field = pol_module_array(module, fields);
    for (uint32_t i = 0; i < fields.count; i++)
        if (strcmp(pol_module_string(module, field[i].name), name) == 0)
            return i;
    fprintf(stderr, "the policy has no field %s\n", name);
    exit(1);
}

static uint16_t item_index(const pol_module *module, const char *name) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    const struct pol_item *item = pol_module_array(module, d->items);
    for (uint32_t i = 0; i < d->items.count; i++)
        if (strcmp(pol_module_string(module, item[i].name), name) == 0)
            return (uint16_t)i;
    fprintf(stderr, "the policy has no item %s\n", name);
    exit(1);
}

#define TEXT_CELL(z) {.data = (z), .size = sizeof(z) - 1}

static enum pol_status decide(const pol_module *module, pol_run *run, struct pol_error *error) {
    const struct pol_descriptor *d = pol_module_descriptor(module);
    struct pol_column claim[FIELDS_MOST] = {{0}}, profile[FIELDS_MOST] = {{0}};
    /* one applicant, one year: an enterprise that meets every general condition */
    static const struct pol_text company[] = {TEXT_CELL("91330783MA2EXAMPLE")};
    static const int32_t year[] = {2022};
    static const uint8_t zero[] = {0}, yes[] = {1};
    static const int64_t contribution[] = {500000000}; /* 5,000,000 yuan in fen */
    static const char *const conditions[] = {"registered_locally", "legal_person", "sound_accounts", "in_operation"};
    profile[POL_PROFILE_APPLICANT].values = company;
    profile[POL_PROFILE_YEAR].values = year;
    profile[field_index(module, d->profile_fields, "kind")].values = zero;     /* the first kind: enterprise */
    profile[field_index(module, d->profile_fields, "industry")].values = zero; /* the first industry */
    profile[field_index(module, d->profile_fields, "incident")].values = zero;
    profile[field_index(module, d->profile_fields, "contribution")].values = contribution;
    for (size_t i = 0; i < sizeof conditions / sizeof *conditions; i++)
        profile[field_index(module, d->profile_fields, conditions[i])].values = yes;
    /* two claims; a column that is left NULL is missing in every row */
    static const struct pol_text ids[CLAIMS] = {TEXT_CELL("C1"), TEXT_CELL("C2")};
    static const struct pol_text applicants[CLAIMS] = {TEXT_CELL("91330783MA2EXAMPLE"),
                                                       TEXT_CELL("91330783MA2EXAMPLE")};
    static const int32_t dates[CLAIMS] = {19053, 19205};         /* 2022-03-02, 2022-08-01 */
    static const int64_t premiums[CLAIMS] = {15000000, 8000000}; /* 150,000 and 80,000 yuan */
    uint16_t items[CLAIMS];
    items[0] = items[1] = item_index(module, "ip_insurance");
    claim[POL_CLAIM_ID].values = ids;
    claim[POL_CLAIM_APPLICANT].values = applicants;
    claim[POL_CLAIM_ITEM].values = items;
    claim[POL_CLAIM_DATE].values = dates;
    claim[field_index(module, d->claim_fields, "premium")].values = premiums;
    struct pol_batch profiles = {.rows = 1, .columns = profile}, claims = {.rows = CLAIMS, .columns = claim};
    pol_part *part = NULL;
    enum pol_status s = pol_run_profiles(run, &profiles, error);
    s = s ? s : pol_run_seal_profiles(run, error);
    s = s ? s : pol_part_new(run, &part, error);
    s = s ? s : pol_run_evaluate(run, &claims, part, error);
    s = s ? s : pol_run_append(run, part, error);
    s = s ? s : pol_run_decide(run, error);
    pol_part_free(part);
    return s;
}

int main(int argc, char **argv) {
    pol_module *module = NULL;
    pol_run *run = NULL;
    struct pol_error error = {0};
    struct pol_run_options options = {.threads = 1};
    if (argc != 2) {
        fprintf(stderr, "usage: decide POLICY.so\n");
        return 2;
    }
    enum pol_status s = pol_module_open(argv[1], &module, &error);
    s = s ? s : pol_run_new(module, &options, &run, &error);
    s = s ? s : decide(module, run, &error);
    for (uint64_t i = 0; !s && i < pol_run_rows(run); i++) {
        struct pol_decision d;
        pol_run_decisions(run, i, 1, &d);
        printf("C%llu: %s (%s), payable %lld.%02lld yuan\n", (unsigned long long)i + 1,
               pol_decision_name((enum pol_decision_kind)d.kind), pol_reason_name((enum pol_reason)d.reason),
               (long long)d.payable / 100, (long long)d.payable % 100);
    }
    if (s)
        fprintf(stderr, "decide: %s\n", error.message);
    pol_run_free(run);
    pol_module_close(module);
    return (int)s;
}
