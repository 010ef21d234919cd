#include "driver/pipeline.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "check/check.h"
#include "digest.h"
#include "ir/ir_verify.h"
#include "legal/legal.h"
#include "lint/lint.h"
#include "lower/lower.h"
#include "parse.h"
#include "tr.h"

static enum pipeline_status read_file(struct pipeline *p, const char *path) {
    const char *why = NULL;
    switch (sources_read(&p->sources, text_of(path), &p->file)) {
    case SOURCE_OK:
        if (p->file->bytes.size < 4 || memcmp(p->file->bytes.data, "\177ELF", 4) != 0)
            return PIPELINE_OK;
        why = tr("it is compiled; polc takes the source, a .pol file");
        break;
    case SOURCE_NOT_FOUND:
    case SOURCE_UNREADABLE:
        why = tr_errno(errno);
        break;
    case SOURCE_TOO_LARGE:
        why = tr("larger than 64 MiB");
        break;
    }
    p->message = text_format(p->arena, tr("cannot read %s: %s"), path, why);
    return PIPELINE_INPUT;
}

static enum pipeline_status outcome(const struct pipeline *p) {
    return p->diags.error_count ? PIPELINE_ERRORS : PIPELINE_OK;
}

static enum pipeline_status check_text(struct pipeline *p) {
    struct original *document = legal_document(p->model, &p->sources, &p->diags, p->arena);
    legal_check(p->model, document, &p->sources, &p->diags, p->arena);
    return outcome(p);
}

static void digest_sources(const struct pipeline *p, uint8_t digest[POL_DIGEST_SIZE]) {
    struct pol_sha256 hash;
    pol_sha256_init(&hash);
    for (const struct source *file = p->sources.first; file; file = file->next)
        pol_sha256_add(&hash, file->bytes.data, file->bytes.size);
    pol_sha256_end(&hash, digest);
}

static enum pipeline_status lower(struct pipeline *p) {
    p->ir = lower_policy(p->model, &p->sources, &p->diags, p->arena);
    assert(p->ir || p->diags.error_count);
    if (p->ir)
        digest_sources(p, p->ir->source_digest); /* before the source document joins the sources */
    struct text broken = {0};
    if (!p->diags.error_count && !ir_verify(p->ir, p->arena, &broken)) {
        p->message = text_format(p->arena, tr("mistake in the compiler: %.*s"), TEXT_ARG(broken));
        assert(!"lowering keeps the invariants of the IR");
    }
    return outcome(p);
}

static enum pipeline_status run(struct pipeline *p, struct arena *arena, const char *path, enum pipeline_stage last) {
    *p = (struct pipeline){.arena = arena};
    sources_init(&p->sources, arena);
    diags_init(&p->diags, arena);
    enum pipeline_status status = read_file(p, path);
    if (status != PIPELINE_OK)
        return status;
    p->ast = parse_policy(&p->sources, p->file, &p->diags, arena);
    if (last == PIPELINE_PARSE || p->diags.error_count || !p->ast)
        return outcome(p);
    p->model = check_policy(p->ast, &p->sources, &p->diags, arena);
    if (last == PIPELINE_CHECK || p->diags.error_count)
        return outcome(p);
    /* Lowering first: its errors are about the rules, those of the text about how they are quoted. Both are reported.
     */
    if (last >= PIPELINE_LOWER)
        lower(p);
    status = check_text(p);
    if (last >= PIPELINE_LINT && status == PIPELINE_OK)
        lint_policy(p->model, &p->sources, &p->diags, arena);
    return status;
}

enum pipeline_status pipeline_run(struct pipeline *p, struct arena *arena, const char *path, enum pipeline_stage last) {
    enum pipeline_status status = run(p, arena, path, last);
    if (p->model) {
        lint_accept(p->ast, &p->sources, &p->diags, last >= PIPELINE_LINT && !p->diags.error_count);
        diags_settle(&p->diags, NULL);
        status = status == PIPELINE_OK ? outcome(p) : status;
    }
    if (!p->sources.system_error)
        return status;
    p->message =
        text_format(arena, tr("cannot read %s: %s"), p->sources.system_path.data, tr_errno(p->sources.system_error));
    return PIPELINE_SYSTEM;
}
