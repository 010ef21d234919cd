/* Order by what things are, and a sort for long lists that are mostly in order. */
#include "core/state.h"

#include <string.h>

#include "core/memory.h"

/* ---- sorting ----------------------------------------------------------------------------------------------------- */

struct sorting {
    int (*order)(const void *context, uint32_t a, uint32_t b);
    const void *context;
};

/* Where the run that begins at `from` ends. */
static uint64_t run_end(const struct sorting *s, const uint32_t *list, uint64_t from, uint64_t count) {
    uint64_t at = from + 1;
    while (at < count && s->order(s->context, list[at - 1], list[at]) <= 0)
        at++;
    return at < count ? at : count;
}

static void merge(const struct sorting *s, const uint32_t *from, uint64_t middle, uint64_t end, uint32_t *to) {
    uint64_t a = 0, b = middle;
    for (uint64_t i = 0; i < end; i++) {
        bool first = a < middle && (b >= end || s->order(s->context, from[a], from[b]) <= 0);
        to[i] = first ? from[a++] : from[b++];
    }
}

/* Merges neighbouring runs, from one list to the other; true when one run is left. */
static bool merge_pass(const struct sorting *s, const uint32_t *from, uint32_t *to, uint64_t count) {
    uint64_t at = 0, runs = 0;
    while (at < count) {
        uint64_t middle = run_end(s, from, at, count);
        uint64_t end = middle < count ? run_end(s, from, middle, count) : middle;
        merge(s, from + at, middle - at, end - at, to + at);
        at = end;
        runs++;
    }
    return runs <= 1;
}

bool prt_sort(uint32_t *list, uint64_t count, int (*order)(const void *context, uint32_t a, uint32_t b),
              const void *context) {
    struct sorting s = {.order = order, .context = context};
    if (count < 2 || run_end(&s, list, 0, count) == count)
        return true;
    uint32_t *spare = prt_zeroed((size_t)count, sizeof *spare), *from = list, *to = spare;
    if (!spare)
        return false;
    for (bool done = false; !done;) {
        done = merge_pass(&s, from, to, count);
        uint32_t *swap = from;
        from = to;
        to = swap;
    }
    if (from != list)
        memcpy(list, from, (size_t)count * sizeof *list);
    prt_release(spare);
    return true;
}

/* ---- names ------------------------------------------------------------------------------------------------------- */

struct pol_text prt_module_text(const pol_module *module, struct pol_str s) {
    return (struct pol_text){.data = pol_module_string(module, s), .size = s.size};
}

static int by_field(const void *context, uint32_t a, uint32_t b) {
    const pol_module *module = context;
    const struct pol_field *f = prt_at(module, module->descriptor->profile_fields);
    return prt_text_order(prt_module_text(module, f[a].column), prt_module_text(module, f[b].column));
}

static int by_param(const void *context, uint32_t a, uint32_t b) {
    const pol_module *module = context;
    const struct pol_param *p = prt_at(module, module->descriptor->params);
    return prt_text_order(prt_module_text(module, p[a].column), prt_module_text(module, p[b].column));
}

static int by_item(const void *context, uint32_t a, uint32_t b) {
    const pol_module *module = context;
    const struct pol_item *item = prt_at(module, module->descriptor->items);
    return prt_text_order(prt_module_text(module, item[a].column), prt_module_text(module, item[b].column));
}

static int by_digest(const void *context, uint32_t a, uint32_t b) {
    return memcmp(prt_cell_digest(context, a), prt_cell_digest(context, b), POL_DIGEST_SIZE);
}

/* 0 to count - 1, in order. */
static uint32_t *ordered(const pol_module *module, uint32_t count,
                         int (*order)(const void *context, uint32_t a, uint32_t b)) {
    uint32_t *list = prt_zeroed((size_t)count + 1, sizeof *list);
    for (uint32_t i = 0; list && i < count; i++)
        list[i] = i;
    if (list && prt_sort(list, count, order, module))
        return list;
    prt_release(list);
    return NULL;
}

uint32_t *prt_field_order(const pol_module *module) {
    return ordered(module, module->descriptor->profile_fields.count, by_field);
}

uint32_t *prt_param_order(const pol_module *module) {
    return ordered(module, module->descriptor->params.count, by_param);
}

uint32_t *prt_item_order(const pol_module *module) {
    return ordered(module, module->descriptor->items.count, by_item);
}

uint32_t *prt_cell_order(const pol_module *module) {
    return ordered(module, module->descriptor->cells.count, by_digest);
}
