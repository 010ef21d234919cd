#include "audit/kept_file.h"

#include <stdlib.h>

enum { PAD = 64, ODD = 255, SHORT_PAID = 1, WIDE_PAID = 2 };

/* A block: this; then by row the sizes of claim and applicant (bytes), item, date, paid, as the flags say; the odd
 * texts' sizes; what is near a threshold; the texts of all claims, of all applicants, and padding. Every array begins
 * at a multiple of eight. */
struct head {
    uint64_t first_row;
    uint32_t rows, odd_count;
    uint32_t near_count, reserved_too;
    uint8_t paid, with_date, reserved[2];
    uint32_t part;
    uint64_t part_first; /* row */
    uint64_t text_size[2];
};
struct odd {
    uint32_t row, applicant, size;
};

static size_t whole(size_t size) {
    return (size + 7) & ~(size_t)7;
}

/* Where the arrays stand. */
struct places {
    size_t size[2], item, date, paid, odd, near, text[2], end;
};

static struct places places_of(const struct head *h) {
    struct places p = {0};
    size_t at = whole(sizeof *h);
    p.size[0] = at;
    p.size[1] = at += whole(h->rows);
    p.item = at += whole(h->rows);
    p.date = at += whole(h->rows * sizeof(uint16_t));
    p.paid = at += h->with_date ? whole(h->rows * sizeof(int32_t)) : 0;
    size_t width = h->paid == WIDE_PAID ? sizeof(int64_t) : h->paid == SHORT_PAID ? sizeof(uint32_t) : 0;
    p.odd = at += whole(h->rows * width);
    p.near = at += whole(h->odd_count * sizeof(struct odd));
    p.text[0] = at += h->near_count * sizeof(struct pol_kept_near);
    p.text[1] = at += h->text_size[0];
    p.end = whole(at + h->text_size[1] + PAD);
    return p;
}

static struct pol_text text_at(const struct pol_kept *kept, uint32_t row, int which) {
    return which ? pol_kept_applicant(kept, row) : pol_kept_claim(kept, row);
}

static struct head head_of(const struct pol_kept *kept) {
    struct head h = {.first_row = kept->first_row, .rows = kept->rows, .odd_count = kept->odd_count};
    h.near_count = kept->near_count;
    h.part = kept->part;
    h.part_first = kept->input->first_row;
    h.paid = kept->small_paid != NULL ? SHORT_PAID : kept->paid != NULL ? WIDE_PAID : 0;
    h.with_date = kept->date != NULL;
    for (int which = 0; which < 2; which++)
        for (uint32_t row = 0; row < kept->rows; row++)
            h.text_size[which] += text_at(kept, row, which).size;
    return h;
}

static void put_arrays(uint8_t *out, const struct places *p, const struct pol_kept *kept) {
    memcpy(out + p->size[0], kept->size[0], kept->rows);
    memcpy(out + p->size[1], kept->size[1], kept->rows);
    memcpy(out + p->item, kept->item, kept->rows * sizeof *kept->item);
    if (kept->date != NULL)
        memcpy(out + p->date, kept->date, kept->rows * sizeof *kept->date);
    if (kept->small_paid != NULL)
        memcpy(out + p->paid, kept->small_paid, kept->rows * sizeof *kept->small_paid);
    else if (kept->paid != NULL)
        memcpy(out + p->paid, kept->paid, kept->rows * sizeof *kept->paid);
    struct odd *odd = (void *)(out + p->odd);
    for (uint32_t i = 0; i < kept->odd_count; i++)
        odd[i] = (struct odd){kept->odd[i].row, kept->odd[i].applicant, kept->odd[i].text.size};
    if (kept->near_count > 0)
        memcpy(out + p->near, kept->near, kept->near_count * sizeof *kept->near);
}

static void put_texts(uint8_t *out, const struct pol_kept *kept, int which) {
    for (uint32_t row = 0; row < kept->rows; row++) {
        struct pol_text text = text_at(kept, row, which);
        memcpy(out, text.data, text.size);
        out += text.size;
    }
}

bool pol_kept_write(struct prt_spill *file, const struct pol_kept *kept) {
    struct head head = head_of(kept);
    struct places places = places_of(&head);
    if (places.end > UINT32_MAX)
        return false;
    uint8_t *out = prt_spill_take(file, 0, (uint32_t)places.end, kept->first_row);
    if (out == NULL)
        return false;
    memset(out, 0, places.end);
    memcpy(out, &head, sizeof head);
    put_arrays(out, &places, kept);
    put_texts(out + places.text[0], kept, 0);
    put_texts(out + places.text[1], kept, 1);
    return prt_spill_flush(file, 0);
}

/* ---- reading ----------------------------------------------------------------------------------------------------- */

static bool grow(void **memory, size_t *room, size_t size) {
    if (size <= *room)
        return true;
    void *grown = realloc(*memory, size + size / 4);
    if (grown == NULL)
        return false;
    *memory = grown;
    *room = size + size / 4;
    return true;
}

static const struct prt_extent *find_block(const struct prt_spill *file, uint64_t row) {
    const struct prt_lane *lane = &file->lane[0];
    uint64_t low = 0, high = lane->count;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        if (lane->extent[middle].tag <= row)
            low = middle;
        else
            high = middle;
    }
    return &lane->extent[low];
}

/* Where each text begins follows from the sizes of those before it. */
static bool place_texts(struct pol_kept *kept, const struct head *h, const struct places *p,
                        struct pol_kept_memory *memory) {
    size_t places = 2 * (size_t)h->rows * sizeof(uint32_t);
    if (!grow(&memory->places, &memory->places_room, places + h->odd_count * sizeof *kept->odd + 8))
        return false;
    kept->odd = (void *)((uint8_t *)memory->places + whole(places));
    const struct odd *odd = (const void *)((const uint8_t *)memory->block + p->odd);
    for (int which = 0; which < 2; which++) {
        uint32_t at = (uint32_t)p->text[which], next = 0;
        kept->at[which] = (uint32_t *)memory->places + (size_t)which * h->rows;
        for (uint32_t row = 0; row < h->rows; row++) {
            kept->at[which][row] = at;
            uint32_t size = kept->size[which][row];
            if (size == ODD) {
                while (odd[next].row != row || odd[next].applicant != (uint32_t)which)
                    next++;
                size = odd[next].size;
                struct pol_text text = {.data = kept->base + at, .size = size};
                kept->odd[next] = (struct pol_kept_odd){row, (uint32_t)which, text};
            }
            at += size;
        }
    }
    return true;
}

bool pol_kept_read(struct prt_spill *file, uint64_t row, struct pol_kept_memory *memory, struct pol_kept *kept,
                   uint64_t *part_first) {
    const struct prt_extent *extent = find_block(file, row);
    if (!grow(&memory->block, &memory->block_room, extent->size) || !prt_spill_load(file, extent, memory->block))
        return false;
    uint8_t *block = memory->block;
    struct head head;
    memcpy(&head, block, sizeof head);
    struct places p = places_of(&head);
    *kept = (struct pol_kept){.first_row = head.first_row,
                              .rows = head.rows,
                              .part = head.part,
                              .base = (const char *)block,
                              .size = {block + p.size[0], block + p.size[1]},
                              .item = (void *)(block + p.item),
                              .with_date = head.with_date != 0,
                              .odd_count = head.odd_count,
                              .near = (void *)(block + p.near),
                              .near_count = head.near_count};
    if (head.with_date)
        kept->date = (void *)(block + p.date);
    if (head.paid == WIDE_PAID)
        kept->paid = (void *)(block + p.paid);
    if (head.paid == SHORT_PAID)
        kept->small_paid = (void *)(block + p.paid);
    if (part_first != NULL)
        *part_first = head.part_first;
    return place_texts(kept, &head, &p, memory);
}

void pol_kept_memory_free(struct pol_kept_memory *memory) {
    free(memory->block);
    free(memory->places);
    *memory = (struct pol_kept_memory){0};
}
