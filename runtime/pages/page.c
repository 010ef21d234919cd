#include "pages/page.h"

#include <string.h>

#include "audit/finding.h"
#include "audit/json.h"
#include "digest.h"
#include "report_assets.inc"

static const char *text_of(const unsigned char *bytes) {
    return (const char *)bytes;
}

void report_html_text(struct pol_buffer *out, const char *text) {
    for (; *text != '\0'; text++) {
        size_t plain = strcspn(text, "<>&\"'");
        pol_buffer_add(out, text, plain);
        text += plain;
        if (*text == '\0')
            return;
        pol_buffer_format(out, "&#%d;", *text);
    }
}

static void put_base64(struct pol_buffer *out, const uint8_t *bytes, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        unsigned left = size - i < 3 ? (unsigned)(size - i) : 3, word = (unsigned)bytes[i] << 16;
        word |= left > 1 ? (unsigned)bytes[i + 1] << 8 : 0;
        word |= left > 2 ? bytes[i + 2] : 0;
        for (unsigned d = 0; d < 4; d++)
            pol_buffer_add(out, d <= left ? &digits[word >> (18 - 6 * d) & 63] : "=", 1);
    }
}

static void put_policy(struct pol_buffer *out, const struct pol_buffer *script) {
    uint8_t digest[POL_DIGEST_SIZE];
    struct pol_sha256 sum;
    pol_sha256_init(&sum);
    pol_sha256_add(&sum, script->data, script->size);
    pol_sha256_end(&sum, digest);
    pol_buffer_text(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
                         "'unsafe-inline'; script-src 'sha256-");
    put_base64(out, digest, sizeof digest);
    pol_buffer_text(out, "'; base-uri 'none'; form-action 'none'\">\n");
}

static void put_data(struct pol_buffer *out, const struct pol_buffer *data) {
    for (size_t i = 0; i < data->size; i++) {
        const char *mark = memchr(data->data + i, '<', data->size - i);
        size_t plain = mark != NULL ? (size_t)(mark - data->data) - i : data->size - i;
        pol_buffer_add(out, data->data + i, plain);
        i += plain;
        if (mark != NULL)
            pol_buffer_text(out, "\\u003c");
    }
}

void report_page(struct pol_buffer *out, enum report_view view, const char *title, const struct pol_buffer *data) {
    struct pol_buffer script = {0};
    if (view == REPORT_VIEW_COMPARE)
        pol_buffer_text(&script, text_of(compare_js));
    pol_buffer_text(&script, text_of(page_js));
    if (script.failed || data->failed) {
        out->failed = true;
        pol_buffer_free(&script);
        return;
    }
    pol_buffer_text(out, "<!doctype html>\n<html>\n<head>\n<meta charset=\"utf-8\">\n");
    put_policy(out, &script);
    pol_buffer_text(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>");
    report_html_text(out, title);
    pol_buffer_text(out, "</title>\n<style>\n");
    pol_buffer_text(out, text_of(page_css));
    pol_buffer_text(out, "</style>\n</head>\n<body>\n<div class=\"page\" id=\"page\"><noscript>"
                         "This page needs JavaScript; the same as Markdown is made with --format=md. "
                         "本页需要 JavaScript；可用 --format=md 生成 Markdown 文本。</noscript></div>\n"
                         "<script type=\"application/json\" id=\"data\">");
    put_data(out, data);
    pol_buffer_text(out, "</script>\n<script>");
    pol_buffer_add(out, script.data, script.size);
    pol_buffer_text(out, "</script>\n</body>\n</html>\n");
    pol_buffer_free(&script);
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

static void put_pair(struct pol_buffer *out, const char *english, const char *chinese) {
    pol_buffer_text(out, "[");
    pol_json_string(out, english);
    pol_buffer_text(out, ",");
    pol_json_string(out, chinese);
    pol_buffer_text(out, "]");
}

static void put_word(struct pol_buffer *out, const char *name, const char *english, const char *chinese) {
    pol_json_next(out);
    pol_buffer_text(out, "{");
    pol_json_name(out, "name");
    pol_json_string(out, name);
    pol_json_name(out, "label");
    put_pair(out, english, chinese);
}

void report_words(struct pol_buffer *out) {
    pol_json_name(out, "words");
    pol_buffer_text(out, "{\"kinds\":[");
    for (int k = 0; k < POL_FINDING_KINDS; k++) {
        enum pol_finding_kind kind = (enum pol_finding_kind)k;
        put_word(out, pol_finding_name(kind), pol_finding_label(kind, false), pol_finding_label(kind, true));
        pol_json_name(out, "meaning");
        put_pair(out, pol_finding_meaning(kind, false), pol_finding_meaning(kind, true));
        pol_buffer_text(out, "}");
    }
    pol_buffer_text(out, "],\"decisions\":[");
    for (int k = 0; k <= POL_INVALID; k++) {
        enum pol_decision_kind kind = (enum pol_decision_kind)k;
        put_word(out, pol_decision_name(kind), pol_decision_label(kind, false), pol_decision_label(kind, true));
        pol_buffer_text(out, "}");
    }
    pol_buffer_text(out, "],\"reasons\":[");
    for (int r = 0; r < POL_REASON_COUNT; r++) {
        enum pol_reason reason = (enum pol_reason)r;
        put_word(out, pol_reason_name(reason), pol_reason_label(reason, false), pol_reason_label(reason, true));
        pol_buffer_text(out, "}");
    }
    pol_buffer_text(out, "],\"sentences\":[");
    for (int w = 0; w < WORDS_COUNT; w++) {
        enum words_of_finding words = (enum words_of_finding)w;
        pol_json_next(out);
        put_pair(out, pol_finding_words(words, false), pol_finding_words(words, true));
    }
    pol_buffer_text(out, "],\"help\":[");
    for (int h = 0; h < POL_HELP_COUNT; h++) {
        pol_json_next(out);
        put_pair(out, pol_help_words((enum pol_help)h, false), pol_help_words((enum pol_help)h, true));
    }
    pol_buffer_text(out, "],\"help_of\":{");
    for (int r = 0; r < POL_REASON_COUNT; r++) {
        pol_json_name(out, pol_reason_name((enum pol_reason)r));
        pol_json_number(out, pol_help_of((enum pol_reason)r, false));
    }
    pol_json_name(out, "no_award");
    pol_json_number(out, POL_HELP_NOTHING);
    pol_json_name(out, "fact");
    pol_json_number(out, POL_HELP_FACT);
    pol_json_name(out, "together");
    pol_json_number(out, POL_HELP_TOGETHER);
    pol_json_name(out, "none");
    pol_json_number(out, POL_HELP_NONE);
    pol_buffer_text(out, "}}");
}
