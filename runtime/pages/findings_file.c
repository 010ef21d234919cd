#include "pages/findings_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/finding.h"
#include "ledger/fail.h"
#include "tr.h"

static enum pol_status broken(const struct findings_file *file, const char *what, struct pol_error *error) {
    return pol_ledger_fail(error, POL_STATUS_INPUT,
                           "%s is not as polrun %s wrote it: %s; run the audit again with --findings", file->path,
                           POL_VERSION, what);
}

/* ---- numbers and texts ------------------------------------------------------------------------------------------- */

bool findings_wide(const json_t *value, pol_wide *number) {
    if (json_is_integer(value)) {
        *number = json_integer_value(value);
        return true;
    }
    const char *text = json_string_value(value);
    size_t digits = text != NULL ? strlen(text) - (text[0] == '-') : 0;
    if (digits == 0 || digits > 37 || strspn(text + (text[0] == '-'), "0123456789") != digits)
        return false;
    *number = 0;
    for (const char *p = text + (text[0] == '-'); *p != '\0'; p++)
        *number = *number * 10 + (*p - '0');
    if (text[0] == '-')
        *number = -*number;
    return true;
}

bool findings_number(const json_t *value, int64_t *number) {
    pol_wide wide;
    if (!findings_wide(value, &wide) || wide > INT64_MAX || wide < INT64_MIN)
        return false;
    *number = (int64_t)wide;
    return true;
}

const char *findings_text(const json_t *object, const char *name) {
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL ? text : "";
}

pol_wide findings_amount(const json_t *object, const char *name) {
    pol_wide number = 0;
    findings_wide(json_object_get(object, name), &number);
    return number;
}

static bool have_numbers(const json_t *object, const char *const *names) {
    pol_wide number;
    for (; *names != NULL; names++)
        if (!findings_wide(json_object_get(object, *names), &number))
            return false;
    return true;
}

static bool have_texts(const json_t *object, const char *const *names) {
    for (; *names != NULL; names++)
        if (!json_is_string(json_object_get(object, *names)))
            return false;
    return true;
}

/* ---- the head ---------------------------------------------------------------------------------------------------- */

/* A list of objects, and which members they have. */
struct shape {
    const char *list;
    const char *texts[4], *numbers[9];
};

static bool list_is(const json_t *head, const struct shape *shape) {
    const json_t *list = json_object_get(head, shape->list);
    if (!json_is_array(list))
        return false;
    for (size_t i = 0; i < json_array_size(list); i++)
        if (!have_texts(json_array_get(list, i), shape->texts) ||
            !have_numbers(json_array_get(list, i), shape->numbers))
            return false;
    return true;
}

static bool sizes_are(const json_t *head, const char *name) {
    const json_t *list = json_object_get(head, name);
    if (json_array_size(list) != POL_GAP_SIZES - 1)
        return false;
    for (size_t i = 0; i < POL_GAP_SIZES - 1; i++)
        if (!json_is_integer(json_array_get(list, i)))
            return false;
    return true;
}

static enum pol_status look_at_head(struct findings_file *file, struct pol_error *error) {
#define GAP "claims", "paid", "due", "over_claims", "over", "under_claims", "under"
    static const struct shape shapes[] = {
        {"reasons", {"reason"}, {"claims", "with_paid", "paid", "difference", "payable", "carried"}},
        {"kinds", {"kind"}, {"count", "amount"}},
        {"items", {"name", "label"}, {GAP}},
        {"clauses", {"number", "title", "quote"}, {GAP}},
        {"rules", {"name", "source", "quote"}, {NULL}},
        {"years", {NULL}, {"year", GAP}},
        {"applicants", {"id"}, {GAP}}};
#undef GAP
    if (strcmp(findings_text(file->head, "format"), REPORT_FORMAT) != 0)
        return broken(file, "another format", error);
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        if (!list_is(file->head, &shapes[i]))
            return broken(file, shapes[i].list, error);
    if (!have_texts(json_object_get(file->head, "policy"),
                    (const char *const[]){"name", "title", "issuer", "version", "object", NULL}) ||
        !have_numbers(file->head, (const char *const[]){"rows", "as_of", "applicant_count", "exact", NULL}) ||
        !sizes_are(file->head, "over_by_size") || !sizes_are(file->head, "under_by_size"))
        return broken(file, "its first members", error);
    file->items = json_array_size(json_object_get(file->head, "items"));
    file->clauses = json_array_size(json_object_get(file->head, "clauses"));
    file->rules = json_array_size(json_object_get(file->head, "rules"));
    return POL_STATUS_OK;
}

/* The head is all that stands before the findings, made whole again. */
static enum pol_status read_head(struct findings_file *file, struct pol_error *error) {
    static const char mark[] = "\"findings\":[";
    const char *list = memmem(file->text, file->size, mark, sizeof mark - 1);
    if (list == NULL)
        return broken(file, "no findings", error);
    file->at = (size_t)(list - file->text) + sizeof mark - 1;
    struct pol_buffer head = {0};
    pol_buffer_add(&head, file->text, file->at);
    pol_buffer_text(&head, "]}");
    json_error_t wrong;
    if (!head.failed)
        file->head = json_loadb(head.data, head.size, JSON_REJECT_DUPLICATES, &wrong);
    bool failed = head.failed || (file->head == NULL && json_error_code(&wrong) == json_error_out_of_memory);
    pol_buffer_free(&head);
    if (failed)
        return pol_ledger_no_memory(error);
    return file->head != NULL ? look_at_head(file, error) : broken(file, wrong.text, error);
}

static enum pol_status map(struct findings_file *file, struct pol_error *error) {
    struct stat facts;
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOTDIR)
        return pol_ledger_fail(error, POL_STATUS_INPUT,
                               "%s cannot be read: give the folder that the audit wrote to, not a file", file->path);
    if (fd < 0 && errno == ENOENT)
        return pol_ledger_fail(error, POL_STATUS_INPUT, "%s is not there: run the audit with --findings", file->path);
    if (fd < 0 || fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        int why = fd < 0 ? errno : EINVAL;
        if (fd >= 0)
            close(fd);
        return pol_ledger_fail(error, POL_STATUS_INPUT, "%s: cannot be read: %s", file->path, tr_errno(why));
    }
    file->size = (size_t)facts.st_size;
    file->text = file->size > 0 ? mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    int why = errno;
    close(fd);
    if (file->text == NULL)
        return broken(file, "it is empty", error);
    if (file->text != MAP_FAILED)
        return POL_STATUS_OK;
    file->text = NULL;
    return pol_ledger_fail(error, POL_STATUS_SYSTEM, "%s: cannot be read: %s", file->path, strerror(why));
}

enum pol_status findings_open(const char *directory, struct findings_file *file, struct pol_error *error) {
    *file = (struct findings_file){0};
    if (asprintf(&file->path, "%s/findings.json", directory) < 0) {
        file->path = NULL;
        return pol_ledger_no_memory(error);
    }
    enum pol_status status = map(file, error);
    return status == POL_STATUS_OK && file->text != NULL ? read_head(file, error) : status;
}

void findings_close(struct findings_file *file) {
    if (file->text != NULL)
        munmap(file->text, file->size);
    json_decref(file->head);
    free(file->path);
    *file = (struct findings_file){0};
}

/* ---- findings ---------------------------------------------------------------------------------------------------- */

static bool below(const json_t *finding, const char *name, uint64_t end) {
    const json_t *value = json_object_get(finding, name);
    return json_is_integer(value) && json_integer_value(value) >= 0 && (uint64_t)json_integer_value(value) < end;
}

/* Lists of facts, each with its name, its value and another; and the award with them. */
static bool is_better(const json_t *better) {
    int64_t award;
    if (better == NULL)
        return true;
    if (!json_is_array(better))
        return false;
    for (size_t i = 0; i < json_array_size(better); i++) {
        const json_t *facts = json_object_get(json_array_get(better, i), "facts");
        if (json_array_size(facts) == 0 ||
            !findings_number(json_object_get(json_array_get(better, i), "award"), &award))
            return false;
        for (size_t k = 0; k < json_array_size(facts); k++)
            for (size_t part = 0; part < 3; part++)
                if (!json_is_string(json_array_get(json_array_get(facts, k), part)))
                    return false;
    }
    return true;
}

static bool is_sound(const struct findings_file *file, const json_t *finding) {
    static const char *const texts[] = {"kind", "claim", "applicant", "date", "decision", "reason", NULL};
    static const char *const numbers[] = {"entitled", "payable", "carried",     "paid",
                                          "due",      "amount",  "other_count", NULL};
    const json_t *others = json_object_get(finding, "other_claims");
    int64_t number;
    if (!have_texts(finding, texts) || !json_is_array(others))
        return false;
    for (const char *const *name = numbers; *name != NULL; name++)
        if (!findings_number(json_object_get(finding, *name), &number))
            return false;
    for (size_t i = 0; i < json_array_size(others); i++)
        if (!json_is_string(json_array_get(others, i)))
            return false;
    return below(finding, "item", file->items) && below(finding, "clause", file->clauses) &&
           below(finding, "rule", file->rules) && below(finding, "sentence", WORDS_COUNT) &&
           is_better(json_object_get(finding, "better"));
}

enum pol_status findings_next(struct findings_file *file, json_t **finding, struct pol_error *error) {
    *finding = NULL;
    while (file->at < file->size && strchr(",\n ", file->text[file->at]) != NULL && file->text[file->at] != '\0')
        file->at++;
    if (file->at >= file->size)
        return broken(file, "it ends too early", error);
    if (file->text[file->at] == ']')
        return POL_STATUS_OK;
    json_error_t wrong;
    json_t *value = json_loadb(file->text + file->at, file->size - file->at, JSON_DISABLE_EOF_CHECK, &wrong);
    if (value == NULL && json_error_code(&wrong) == json_error_out_of_memory)
        return pol_ledger_no_memory(error);
    if (value == NULL || !is_sound(file, value)) {
        json_decref(value);
        return broken(file, value == NULL ? wrong.text : "a finding lacks a member", error);
    }
    file->at += (size_t)wrong.position;
    *finding = value;
    return POL_STATUS_OK;
}
