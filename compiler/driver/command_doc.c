/* command_doc.c - `polc doc`: a policy beside its source document, as one HTML page. */
#include <string.h>

#include "doc/doc.h"
#include "driver/build.h"
#include "driver/command.h"
#include "legal/legal.h"
#include "tr.h"

/* FILE.html beside FILE.pol. */
static const char *page_path(const struct command *c, struct arena *arena) {
    if (c->output)
        return c->output;
    struct text path = text_of(c->file[0]);
    if (path.size > 4 && memcmp(path.data + path.size - 4, ".pol", 4) == 0)
        path.size -= 4;
    return text_format(arena, "%.*s.html", TEXT_ARG(path)).data;
}

/* A policy with mistakes in it is shown too, as long as it can be read: the page is where a drafter sees what is
 * missing. */
static int doc_policy(const struct command *c, struct pipeline *p, struct arena *arena, void *data) {
    (void)data;
    int code = command_open(c, p, arena, c->file[0], PIPELINE_LEGAL);
    if (!p->model || (code != EXIT_CLEAN && code != EXIT_FOUND))
        return code;
    struct text_buffer out = {.arena = arena};
    struct original *document = legal_document(p->model, &p->sources, &p->diags, arena);
    if (p->sources.system_error) { /* it was there a moment ago */
        command_say("the source document cannot be read: %s", tr_errno(p->sources.system_error));
        return EXIT_SYSTEM;
    }
    doc_html(p->model, document, &p->sources, &out, arena);
    return command_worse(code, build_write(page_path(c, arena), text_of_buffer(&out)));
}

int command_doc(const struct command *c) {
    return command_with_arena(c, doc_policy, NULL);
}
