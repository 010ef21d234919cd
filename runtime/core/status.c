#include "core/status.h"

#include <stdio.h>
#include <string.h>

#include "tr.h"

static const char *const reason_names[POL_REASON_COUNT] = {
    [POL_OK] = "ok",
    [POL_DUPLICATE_CLAIM] = "duplicate_claim",
    [POL_UNKNOWN_ITEM] = "unknown_item",
    [POL_BAD_VALUE] = "bad_value",
    [POL_MISSING_FIELD] = "missing_field",
    [POL_MISSING_PROFILE] = "missing_profile",
    [POL_NOT_IN_FORCE] = "not_in_force",
    [POL_EXCLUDED] = "excluded",
    [POL_INELIGIBLE] = "ineligible",
    [POL_ALREADY_AWARDED] = "already_awarded",
    [POL_CAP_REACHED] = "cap_reached",
    [POL_CAP] = "cap",
    [POL_LIMIT] = "limit",
};

const char *pol_reason_name(enum pol_reason reason) {
    return (unsigned)reason < POL_REASON_COUNT ? reason_names[reason] : "unknown";
}

const char *pol_decision_name(enum pol_decision_kind kind) {
    static const char *const names[] = {"granted", "reduced", "deferred", "denied", "invalid"};
    return (unsigned)kind < sizeof names / sizeof *names ? names[kind] : "unknown";
}

/* Cuts a half character off the end of a message that did not fit. */
static void trim_to_character(char *message) {
    size_t size = strlen(message);
    size_t start = size;
    while (start > 0 && ((unsigned char)message[start - 1] & 0xc0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)message[start - 1];
    size_t want = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    if (size - (start - 1) < want)
        message[start - 1] = 0;
}

enum pol_status prt_fail_list(struct pol_error *error, enum pol_status status, const char *format, va_list list) {
    if (!error)
        return status;
    error->status = status;
    int size = vsnprintf(error->message, sizeof error->message, tr(format), list);
    if (size < 0)
        error->message[0] = 0;
    for (char *c = error->message; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    if (size >= (int)sizeof error->message)
        trim_to_character(error->message);
    return status;
}

enum pol_status prt_fail(struct pol_error *error, enum pol_status status, const char *format, ...) {
    va_list list;
    va_start(list, format);
    prt_fail_list(error, status, format, list);
    va_end(list);
    return status;
}

enum pol_status prt_no_memory(struct pol_error *error) {
    return prt_fail(error, POL_STATUS_SYSTEM, "out of memory");
}

void *prt_grown(void *array, uint64_t *capacity, uint64_t needed, size_t width) {
    if (array && needed <= *capacity)
        return array;
    uint64_t room = *capacity + *capacity / 2 + 64;
    if (room < needed)
        room = needed;
    if (room > SIZE_MAX / 2 / width)
        return NULL;
    void *grown = prt_resize(array, (size_t)room * width);
    if (grown)
        *capacity = room;
    return grown;
}
