/* The fold with all cells of Dongyang: the runtime against C written for this policy alone, over the same claims. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "hand.h"
#include "hand_fold.h"
#include "polrt.h"

enum { BATCH = 65536, CLAIM_ID = 12, APPLICANT_ID = 18, OBJECT_ID = 12, FIRST_DAY = 18628, DAYS = 1826 };

struct ledger {
    const pol_module *module;
    const struct pol_descriptor *d;
    struct hand_claims hand;
    uint16_t *item;
    uint32_t *applicant, *object;
    uint8_t *year, *right, *place, *level, *enterprise;
    int32_t *day;
    int64_t *award, *less, *contribution;
    char *claim_text, *applicant_text, *object_text;
    uint64_t state;
};

static uint64_t bits(struct ledger *l) {
    uint64_t z = l->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static void *room(uint64_t bytes) {
    void *p = calloc(bytes ? bytes : 1, 1);
    if (!p) {
        perror("bench");
        exit(4);
    }
    return p;
}

static void put_number(char *out, unsigned size, char first, uint64_t value) {
    for (unsigned i = size; i-- > 1; value /= 10)
        out[i] = (char)('0' + value % 10);
    out[0] = first;
}

static void make_rows(struct ledger *l, uint64_t rows, uint32_t applicants) {
    uint32_t objects = (uint32_t)(rows * 4 / 5 + 1);
    l->item = room(rows * 2);
    l->applicant = room(rows * 4);
    l->object = room(rows * 4);
    l->year = room(rows);
    l->right = room(rows);
    l->place = room(rows);
    l->level = room(rows);
    l->day = room(rows * 4);
    l->award = room(rows * 8);
    l->less = room(rows * 8);
    l->enterprise = room(applicants);
    l->contribution = room((uint64_t)applicants * HAND_YEARS * 8);
    l->claim_text = room(rows * CLAIM_ID);
    l->applicant_text = room((uint64_t)applicants * APPLICANT_ID);
    l->object_text = room((uint64_t)objects * OBJECT_ID);
    for (uint32_t a = 0; a < applicants; a++) {
        l->enterprise[a] = bits(l) % 4 != 0;
        put_number(l->applicant_text + (size_t)a * APPLICANT_ID, APPLICANT_ID, '9', a * 7919ull);
        for (unsigned y = 0; y < HAND_YEARS; y++)
            l->contribution[(uint64_t)a * HAND_YEARS + y] = (int64_t)(bits(l) % 40000000);
    }
    for (uint32_t o = 0; o < objects; o++)
        put_number(l->object_text + (size_t)o * OBJECT_ID, OBJECT_ID, 'Z', o);
    for (uint64_t i = 0; i < rows; i++) {
        l->item[i] = (uint16_t)(bits(l) % HAND_ITEMS);
        l->applicant[i] = (uint32_t)(bits(l) % applicants);
        l->object[i] = (uint32_t)(bits(l) % objects);
        l->day[i] = FIRST_DAY + (int32_t)(i * DAYS / rows);
        l->year[i] = (uint8_t)(l->day[i] < 18993   ? 0
                               : l->day[i] < 19358 ? 1
                               : l->day[i] < 19723 ? 2
                               : l->day[i] < 20089 ? 3
                                                   : 4);
        l->right[i] = (uint8_t)(bits(l) % 2);
        l->place[i] = (uint8_t)(bits(l) % HAND_PLACES);
        l->level[i] = (uint8_t)(4 + bits(l) % 2); /* national, provincial */
        put_number(l->claim_text + i * CLAIM_ID, CLAIM_ID, 'C', i);
    }
    l->hand = (struct hand_claims){.rows = rows,
                                   .item = l->item,
                                   .applicant = l->applicant,
                                   .object = l->object,
                                   .product = l->object,
                                   .year = l->year,
                                   .right = l->right,
                                   .place = l->place,
                                   .level = l->level,
                                   .award = l->award,
                                   .less = l->less,
                                   .enterprise = l->enterprise,
                                   .contribution = l->contribution,
                                   .applicants = applicants,
                                   .objects = objects};
}

static uint32_t field_named(const struct ledger *l, struct pol_ref fields, const char *name) {
    const struct pol_field *f = pol_module_array(l->module, fields);
    for (uint32_t i = 0; i < fields.count; i++)
        if (strcmp(pol_module_string(l->module, f[i].name), name) == 0)
            return i;
    fprintf(stderr, "bench: the policy has no field %s\n", name);
    exit(4);
}

/* ---- the same ledger for the runtime ----------------------------------------------------------------------------- */

struct feed {
    struct pol_column *claim, *profile;
    unsigned char **claim_value, **profile_value;
};

static void fill(struct pol_column *column, unsigned char **value, const struct pol_field *field, uint32_t fields) {
    for (uint32_t f = 0; f < fields; f++) {
        value[f] = room((uint64_t)BATCH * 16);
        column[f].values = value[f];
        int64_t v = 0; /* what most conditions want */
        switch ((enum pol_type)field[f].type) {
        case POL_MONEY:
            v = 300000000;
            break;
        case POL_RATE:
            v = 40000;
            break;
        case POL_COUNT:
            v = 60;
            break;
        case POL_YEARS:
            v = 15;
            break;
        case POL_DAYS:
            v = 200;
            break;
        case POL_BOOL:
            v = 1;
            break;
        case POL_DATE:
        case POL_ENUM:
        case POL_TEXT:
            break;
        }
        for (uint32_t r = 0; r < BATCH && field[f].type != POL_TEXT; r++)
            memcpy(value[f] + (size_t)r * field[f].width, &v, field[f].width);
    }
}

static void set_number(unsigned char *values, uint8_t width, uint32_t r, int64_t v) {
    memcpy(values + (size_t)r * width, &v, width);
}

static void feed_profiles(struct bench *b, struct ledger *l, struct feed *f, pol_run *run) {
    struct pol_error error = {0};
    uint32_t kind = field_named(l, l->d->profile_fields, "kind"),
             incident = field_named(l, l->d->profile_fields, "incident"),
             contribution = field_named(l, l->d->profile_fields, "contribution");
    uint64_t total = (uint64_t)l->hand.applicants * HAND_YEARS;
    for (uint64_t at = 0; at < total; at += BATCH) {
        uint32_t rows = total - at < BATCH ? (uint32_t)(total - at) : BATCH;
        for (uint32_t r = 0; r < rows; r++) {
            uint32_t a = (uint32_t)((at + r) / HAND_YEARS), y = (uint32_t)((at + r) % HAND_YEARS);
            ((struct pol_text *)(void *)f->profile_value[POL_PROFILE_APPLICANT])[r] =
                (struct pol_text){.data = l->applicant_text + (size_t)a * APPLICANT_ID, .size = APPLICANT_ID};
            set_number(f->profile_value[POL_PROFILE_YEAR], 4, r, HAND_FIRST_YEAR + (int32_t)y);
            set_number(f->profile_value[kind], 1, r, l->enterprise[a] ? 0 : 2);
            set_number(f->profile_value[incident], 1, r, 0);
            set_number(f->profile_value[contribution], 8, r, l->contribution[at + r]);
        }
        struct pol_batch batch = {.rows = rows, .columns = f->profile};
        if (pol_run_profiles(run, &batch, &error))
            bench_failed(b, error.message);
    }
    if (pol_run_seal_profiles(run, &error))
        bench_failed(b, error.message);
}

static void set_row(const struct ledger *l, struct feed *f, uint64_t i, uint32_t r, const uint32_t *field) {
    struct pol_text **text = (struct pol_text **)(void *)f->claim_value;
    static const char *const places[HAND_PLACES] = {"US", "JP", "DE", "FR", "HK", "MO", "TW", "KR"};
    text[POL_CLAIM_ID][r] = (struct pol_text){.data = l->claim_text + i * CLAIM_ID, .size = CLAIM_ID};
    text[POL_CLAIM_APPLICANT][r] =
        (struct pol_text){.data = l->applicant_text + (size_t)l->applicant[i] * APPLICANT_ID, .size = APPLICANT_ID};
    text[POL_CLAIM_OBJECT][r] =
        (struct pol_text){.data = l->object_text + (size_t)l->object[i] * OBJECT_ID, .size = OBJECT_ID};
    text[field[2]][r] = text[POL_CLAIM_OBJECT][r];
    text[field[3]][r] = (struct pol_text){.data = places[l->place[i]], .size = 2};
    set_number(f->claim_value[POL_CLAIM_ITEM], 2, r, l->item[i]);
    set_number(f->claim_value[POL_CLAIM_DATE], 4, r, l->day[i]);
    set_number(f->claim_value[field[0]], 1, r, l->right[i]);
    set_number(f->claim_value[field[1]], 1, r, l->level[i]);
    set_number(f->claim_value[field[4]], 8, r, i % 10 == 0 ? 100000 : 0); /* prior_awarded */
    set_number(f->claim_value[field[5]], 1, r, 0);                        /* public_employee */
    set_number(f->claim_value[field[6]], 8, r, 10000000);                 /* agent_fee */
}

static void feed_claims(struct bench *b, struct ledger *l, struct feed *f, pol_run *run) {
    const char *const names[] = {"right_type",    "level",           "product_id", "registered_in",
                                 "prior_awarded", "public_employee", "agent_fee"};
    uint32_t field[7];
    struct pol_error error = {0};
    pol_part *part = NULL;
    for (int i = 0; i < 7; i++)
        field[i] = field_named(l, l->d->claim_fields, names[i]);
    if (pol_part_new(run, &part, &error))
        bench_failed(b, error.message);
    for (uint64_t at = 0; part && at < l->hand.rows; at += BATCH) {
        uint32_t rows = l->hand.rows - at < BATCH ? (uint32_t)(l->hand.rows - at) : BATCH;
        for (uint32_t r = 0; r < rows; r++)
            set_row(l, f, at + r, r, field);
        struct pol_batch batch = {.rows = rows, .columns = f->claim};
        if (pol_run_evaluate(run, &batch, part, &error) || pol_run_append(run, part, &error)) {
            bench_failed(b, error.message);
            break;
        }
    }
    pol_part_free(part);
}

/* Awards as the kernel decides them, for the hand-written fold; and what was paid in all. */
static int64_t take_awards(struct ledger *l, const pol_run *run) {
    int64_t sum = 0;
    for (uint64_t at = 0; at < l->hand.rows; at += BATCH) {
        static struct pol_decision d[BATCH];
        uint64_t rows = l->hand.rows - at < BATCH ? l->hand.rows - at : BATCH;
        pol_run_decisions(run, at, rows, d);
        for (uint64_t r = 0; r < rows; r++) {
            l->award[at + r] = d[r].award > 0 ? d[r].award : 0;
            l->less[at + r] = (at + r) % 10 == 0 ? 100000 : 0;
            sum += d[r].payable + d[r].carried;
        }
    }
    return sum;
}

static void fold_rounds(struct bench *b, struct ledger *l, struct feed *f) {
    double ours[8], hand[8];
    unsigned rounds = b->rounds < 5 ? b->rounds : 5;
    uint64_t bytes = (uint64_t)l->hand.applicants * HAND_YEARS * 8;
    int64_t *kept = room(bytes), expected = 0;
    memcpy(kept, l->contribution, bytes);
    for (unsigned round = 0; round < rounds; round++) {
        pol_run *run = NULL;
        struct pol_error error = {0};
        struct pol_run_options options = {.threads = 1};
        if (pol_run_new(l->module, &options, &run, &error)) {
            bench_failed(b, error.message);
            break;
        }
        feed_profiles(b, l, f, run);
        feed_claims(b, l, f, run);
        double start = bench_now();
        if (pol_run_decide(run, &error))
            bench_failed(b, error.message);
        ours[round] = bench_now() - start;
        expected = take_awards(l, run);
        pol_run_free(run);
        struct hand_state *s = hand_state_new(&l->hand);
        start = bench_now();
        int64_t sum = hand_fold(&l->hand, s);
        hand[round] = bench_now() - start;
        hand_state_free(s);
        memcpy(l->contribution, kept, bytes);
        if (sum != expected)
            bench_failed(b, "the runtime and the hand-written fold pay differently");
    }
    free(kept);
    for (unsigned i = 0; i < rounds; i++) { /* medians by insertion */
        for (unsigned k = i; k > 0 && ours[k] < ours[k - 1]; k--) {
            double swap = ours[k];
            ours[k] = ours[k - 1], ours[k - 1] = swap;
        }
        for (unsigned k = i; k > 0 && hand[k] < hand[k - 1]; k--) {
            double swap = hand[k];
            hand[k] = hand[k - 1], hand[k - 1] = swap;
        }
    }
    double a = ours[rounds / 2], h = hand[rounds / 2];
    bench_line("fold of the runtime", a, l->hand.rows, "claims");
    bench_line("hand-written C", h, l->hand.rows, "claims");
    printf("  %.1f ns a claim, by hand %.1f (target: at most 40)\n", a * 1e9 / (double)l->hand.rows,
           h * 1e9 / (double)l->hand.rows);
    bench_ratio("speed against hand-written C", h / a, 1.0, false);
}

void bench_fold(struct bench *b) {
    char polc[4200], source[4200], object[4200];
    double seconds;
    pol_module *module = NULL;
    struct pol_error error = {0};
    struct ledger l = {.state = 11};
    uint32_t applicants = b->rows / 5 < 2000000 ? (uint32_t)(b->rows / 5) : 2000000;
    snprintf(polc, sizeof polc, "%s/polc", b->bin);
    snprintf(source, sizeof source, "%s/policies/dongyang.pol", b->source);
    snprintf(object, sizeof object, "%s/fold.so", b->work);
    bench_title("Fold, all cells of Dongyang, one thread, in memory");
    char *build[] = {polc, "build", source, "-o", object, NULL};
    if (!bench_run(b, &seconds, NULL, build))
        return;
    if (pol_module_open(object, &module, &error)) {
        bench_failed(b, error.message);
        return;
    }
    l.module = module;
    l.d = pol_module_descriptor(module);
    make_rows(&l, b->rows, applicants);
    struct feed f = {.claim = room(l.d->claim_fields.count * sizeof *f.claim),
                     .profile = room(l.d->profile_fields.count * sizeof *f.profile)};
    f.claim_value = room(l.d->claim_fields.count * sizeof *f.claim_value);
    f.profile_value = room(l.d->profile_fields.count * sizeof *f.profile_value);
    fill(f.claim, f.claim_value, pol_module_array(module, l.d->claim_fields), l.d->claim_fields.count);
    fill(f.profile, f.profile_value, pol_module_array(module, l.d->profile_fields), l.d->profile_fields.count);
    printf("  %llu claims of %u applicants\n", (unsigned long long)b->rows, applicants);
    fold_rounds(b, &l, &f);
    for (uint32_t i = 0; i < l.d->claim_fields.count; i++)
        free(f.claim_value[i]);
    for (uint32_t i = 0; i < l.d->profile_fields.count; i++)
        free(f.profile_value[i]);
    void *const all[] = {f.claim, f.profile,      f.claim_value, f.profile_value,  l.item,       l.applicant, l.object,
                         l.year,  l.right,        l.place,       l.level,          l.enterprise, l.day,       l.award,
                         l.less,  l.contribution, l.claim_text,  l.applicant_text, l.object_text};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
    pol_module_close(module);
}
