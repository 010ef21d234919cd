/* explanations.c - what each code means, for documents that are read apart from the source. */
#include "report/record.h"
#include "tr.h"

static const char *const explanation[DIAG_CODE_COUNT] = {
#define EXPLAIN(id, text) [DIAG_##id] = text,
#include "report/explanations.def"
#undef EXPLAIN
};

const char *report_explanation(struct text code) {
    for (int i = 0; i < DIAG_CODE_COUNT; i++) {
        enum diag_code c = (enum diag_code)i;
        if (text_equal(text_of(diag_code_name(c)), code))
            return explanation[i] ? tr(explanation[i]) : diag_code_title(c);
    }
    return "";
}
