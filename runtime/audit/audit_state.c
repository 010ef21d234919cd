/* An audit that goes on from a state: opening it, and what became of earlier claims. */
#include "audit/display.h"
#include "audit/work.h"
#include "core/days.h"
#include "ledger/fail.h"
#include "tr.h"

enum pol_status pol_audit_state_open(struct pol_audit *audit, struct pol_error *error) {
    bool left = false;
    if (audit->options->state == NULL)
        return POL_STATUS_OK;
    enum pol_status status = pol_state_file_open(audit->options->state, &audit->state, &left, error);
    if (left)
        pol_audit_warn(&audit->options->observer,
                       "%s: an earlier run died after its results were written, and before its state took its place: "
                       "if it was not this one, run that one again first",
                       audit->options->state);
    return status;
}

enum pol_status pol_audit_state_begin(struct pol_audit *audit, struct pol_error *error) {
    if (audit->state == NULL)
        return POL_STATUS_OK;
    struct pol_error cause = {0};
    enum pol_status status = pol_run_continue(audit->run, pol_state_file_source(audit->state), &cause);
    if (status == POL_STATUS_INPUT)
        return pol_ledger_fail(error, status, "%s: %s", pol_state_file_path(audit->state), cause.message);
    return status == POL_STATUS_OK ? status : pol_ledger_fail(error, status, "%s", cause.message);
}

/* "state: 3 earlier claims settled, 120,000.00 carried" */
bool pol_audit_state_text(const struct pol_audit *audit, struct pol_buffer *text) {
    if (audit->state == NULL)
        return true;
    uint64_t payments = 0, count = pol_run_settled_count(audit->run);
    const struct pol_payment *payment = pol_run_settled_payments(audit->run, &payments);
    pol_wide carried = 0;
    for (uint64_t i = 0; i < payments; i++)
        carried += payment[i].amount;
    pol_buffer_text(text, tr("\nstate\n  "));
    if (pol_state_file_source(audit->state) == NULL) {
        pol_buffer_text(text, tr("begun with these claims\n"));
        return !text->failed;
    }
    pol_buffer_format(text,
                      tr_count("went on from earlier runs; %s earlier claim settled",
                               "went on from earlier runs; %s earlier claims settled", count),
                      pol_display_shown(count).text);
    if (carried > 0) {
        pol_buffer_text(text, tr(", "));
        pol_display_money(text, carried);
        pol_buffer_text(text, tr(" of it carried"));
    }
    pol_buffer_text(text, "\n");
    return !text->failed;
}

/* ---- polrun info ------------------------------------------------------------------------------------------------- */

static void label(struct pol_buffer *text, const char *name) {
    pol_display_add(text, tr(name), 18, true);
}

static void facts_text(const struct pol_state_facts *facts, struct pol_buffer *text) {
    pol_buffer_text(text, tr("a state of polrun audit: the next run goes on from it with --state\n\n"));
    label(text, tr_later("policy"));
    pol_buffer_format(text, "%s%s%s\n", facts->policy, facts->policy_version[0] != '\0' ? tr(", version ") : "",
                      facts->policy_version);
    label(text, tr_later("rules hash"));
    for (int i = 0; i < POL_DIGEST_SIZE; i++)
        pol_buffer_format(text, "%02x", facts->rules_digest[i]);
    pol_buffer_text(text, "\n");
    label(text, tr_later("claims"));
    pol_display_count(text, facts->claims);
    pol_buffer_text(text, "\n");
    label(text, tr_later("decided up to"));
    char date[11];
    prt_date_text(facts->last_date != INT32_MIN ? facts->last_date : 0, date);
    if (facts->last_date == INT32_MIN)
        pol_buffer_text(text, tr("no claim has reached an award yet\n"));
    else
        pol_buffer_format(text, tr("%s, claim %s\n"), date, facts->last_claim);
    label(text, tr_later("applicants rows"));
    pol_display_count(text, facts->profiles);
    pol_buffer_text(text, "\n");
    label(text, tr_later("keys in use"));
    pol_display_count(text, facts->cells);
    pol_buffer_text(text, "\n");
    label(text, tr_later("deferred claims"));
    pol_display_count(text, facts->waiting);
    pol_buffer_text(text, tr(" with "));
    pol_display_money(text, facts->waiting_fen);
    pol_buffer_text(text, tr(" unpaid\n"));
    label(text, tr_later("as of"));
    pol_buffer_format(text, "%d%s\n", (int)facts->as_of_year, facts->as_of_option == 0 ? tr(", the latest year") : "");
    label(text, tr_later("format"));
    pol_buffer_format(text, tr("version %u\n"), (unsigned)facts->version);
}

enum pol_status pol_state_info(const char *path, struct pol_buffer *text, struct pol_error *error) {
    struct pol_state_facts facts;
    struct pol_error cause = {0};
    enum pol_status status = pol_state_file_facts(path, &facts, &cause);
    if (status == POL_STATUS_INPUT)
        return pol_ledger_fail(error, status, "%s: %s", path, cause.message);
    if (status != POL_STATUS_OK)
        return pol_ledger_fail(error, status, "%s", cause.message);
    facts_text(&facts, text);
    return text->failed ? pol_ledger_no_memory(error) : POL_STATUS_OK;
}
