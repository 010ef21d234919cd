#include "interp/interp_fold.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct cell {
    bool used;
    int32_t year;   /* ONE_YEAR: of the first entitled claim */
    int64_t amount; /* LADDER: highest award; CAP: what was charged */
};

struct deferral { /* in the order of decision */
    const struct interp_claim *claim;
    size_t row;
    int64_t left;
    struct interp_decision *decision;
};

struct interp_fold {
    const struct interp_ledger *ledger;
    const struct ir_policy *policy;
    const struct interp_recorder *recorder;
    struct text_map *cells; /* struct cell by cell_key */
    struct text_buffer key;
    int64_t *limit_used; /* by profile */
    int32_t year;        /* carried up to and with this year; 0 before the first claim */
    struct deferral *deferral;
    size_t deferral_count, deferral_capacity;
    size_t first_open; /* deferrals before it are paid up or past their last year */
    struct interp_payment *payment;
    size_t payment_count, payment_capacity;
};

struct interp_fold *interp_fold_new(const struct interp_ledger *ledger, const struct interp_recorder *recorder) {
    struct interp_fold *fold = arena_new_of(ledger->arena, struct interp_fold);
    fold->ledger = ledger;
    fold->policy = ledger->policy;
    fold->recorder = recorder;
    fold->cells = text_map_new(ledger->arena);
    fold->key.arena = ledger->arena;
    fold->limit_used = arena_array_of(ledger->arena, int64_t, ledger->profile_count);
    return fold;
}

static void record(const struct interp_fold *fold, const struct pol_step *step, enum interp_event event) {
    if (fold->recorder != NULL && fold->recorder->step != NULL) {
        fold->recorder->step(fold->recorder->data, step, event);
    }
}

static int64_t smaller(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* ---- cells of state --------------------------------------------------------------------------------------------- */

struct touch { /* a claim being decided */
    struct interp_fold *fold;
    const struct interp_claim *claim;
    const struct interp_awarded *awarded;
    const struct ir_item *item;
};

static void key_number(struct text_buffer *key, int64_t number) {
    text_addf(key, "%lld;", (long long)number);
}

static void key_text(struct text_buffer *key, struct text t) {
    text_addf(key, "%zu:", t.size);
    text_add(key, t);
}

static void key_cell(struct text_buffer *key, const struct ir_field *field, const struct ir_value *value) {
    assert(value->present);
    if (field->type == POL_TEXT) {
        key_text(key, value->text);
    } else {
        key_number(key, (int64_t)value->number);
    }
}

/* The family and every part of the key, each in a form that ends by itself: equal only where all of it is equal. */
static struct text cell_key(const struct touch *t, uint32_t family) {
    const struct ir_policy *policy = t->fold->policy;
    const struct ir_cell *cell = &policy->cell[family];
    struct text_buffer *key = &t->fold->key;
    key->size = 0;
    key_number(key, family);
    for (uint32_t i = 0; i < cell->key_count; i++) {
        uint32_t field = cell->key[i].field;
        switch ((enum pol_key_kind)cell->key[i].kind) {
        case POL_KEY_APPLICANT:
            key_text(key, t->claim->applicant);
            break;
        case POL_KEY_YEAR:
            key_number(key, t->claim->year);
            break;
        case POL_KEY_CLAIM_FIELD:
            key_cell(key, &policy->claim[field], &t->awarded->cells[field]);
            break;
        case POL_KEY_PROFILE_FIELD:
            key_cell(key, &policy->profile[field], &t->claim->profile->cells[field]);
            break;
        case POL_KEY_ITEM:
            key_number(key, t->claim->item);
            break;
        }
    }
    return (struct text){key->data, key->size};
}

static struct cell *find_cell(const struct touch *t, uint32_t family) {
    assert(family < t->fold->policy->cell_count);
    void **slot = text_map_slot(t->fold->cells, cell_key(t, family));
    if (*slot == NULL) {
        *slot = arena_new_of(t->fold->ledger->arena, struct cell);
    }
    return *slot;
}

static int64_t operand(const struct touch *t, const struct pol_operand *o, int64_t otherwise) {
    switch ((enum pol_operand_kind)o->kind) {
    case POL_OPERAND_NONE:
        return otherwise;
    case POL_OPERAND_CONST:
        return o->value;
    case POL_OPERAND_AUX: {
        const ir_ref *aux = t->awarded->block->aux;
        return aux == NULL ? 0 : (int64_t)ir_eval_result(t->awarded->value, aux[o->aux], 0);
    }
    }
    assert(!"an operand of abi.h");
    return otherwise;
}

/* ---- stage 5: not awarded before -------------------------------------------------------------------------------- */

/* The first once or one-year key that blocks the claim; NULL: none does. */
static const struct pol_step *blocked_by(const struct touch *t) {
    for (uint32_t i = 0; i < t->item->step_count; i++) {
        const struct pol_step *step = &t->item->step[i];
        if (step->kind != POL_STEP_ONCE && step->kind != POL_STEP_ONE_YEAR) {
            continue;
        }
        const struct cell *cell = find_cell(t, step->cell);
        if (cell->used && (step->kind == POL_STEP_ONCE || cell->year != t->claim->year)) {
            record(t->fold, step, INTERP_STEP_STOPPED);
            return step;
        }
        record(t->fold, step, INTERP_STEP_PASSED);
    }
    return NULL;
}

/* The largest amount that ladders and `less` take off; *rule names it where it is above zero. */
static int64_t subtraction(const struct touch *t, uint32_t *rule) {
    int64_t largest = 0;
    for (uint32_t i = 0; i < t->item->step_count; i++) {
        const struct pol_step *step = &t->item->step[i];
        int64_t amount = 0;
        if (step->kind == POL_STEP_LADDER) {
            amount = find_cell(t, step->cell)->amount;
        } else if (step->kind == POL_STEP_LESS) {
            amount = operand(t, &step->amount, 0);
        }
        if (amount > largest) {
            largest = amount;
            *rule = step->rule;
        }
    }
    return largest;
}

/* How ladders and `less` fared for a claim that is left with `entitled`. */
static void record_subtractions(const struct touch *t, int64_t entitled) {
    for (uint32_t i = 0; i < t->item->step_count; i++) {
        const struct pol_step *step = &t->item->step[i];
        if (step->kind == POL_STEP_LADDER) {
            enum interp_event event = find_cell(t, step->cell)->amount == 0 ? INTERP_STEP_FIRST
                                      : entitled > 0                        ? INTERP_STEP_UPGRADED
                                                                            : INTERP_STEP_HELD;
            record(t->fold, step, event);
        } else if (step->kind == POL_STEP_LESS) {
            record(t->fold, step, operand(t, &step->amount, 0) > 0 ? INTERP_STEP_STOPPED : INTERP_STEP_PASSED);
        }
    }
}

/* An entitled claim uses up its keys and moves its ladders. */
static void mark_entitled(const struct touch *t) {
    for (uint32_t i = 0; i < t->item->step_count; i++) {
        const struct pol_step *step = &t->item->step[i];
        if (step->kind == POL_STEP_ONCE || step->kind == POL_STEP_ONE_YEAR) {
            struct cell *cell = find_cell(t, step->cell);
            cell->year = cell->used ? cell->year : t->claim->year;
            cell->used = true;
        } else if (step->kind == POL_STEP_LADDER) {
            struct cell *cell = find_cell(t, step->cell);
            cell->amount = t->awarded->award > cell->amount ? t->awarded->award : cell->amount;
        }
    }
}

/* ---- stage 6: caps ---------------------------------------------------------------------------------------------- */

static bool is_cap(const struct pol_step *step) {
    return step->kind == POL_STEP_CAP_MONEY || step->kind == POL_STEP_CAP_CLAIMS || step->kind == POL_STEP_CAP_UNITS;
}

static bool applies(const struct touch *t, const struct pol_step *step) {
    return is_cap(step) && operand(t, &step->condition, 1) != 0;
}

static int64_t left_in(const struct touch *t, const struct pol_step *step) {
    int64_t left = operand(t, &step->max, 0) - find_cell(t, step->cell)->amount;
    return left > 0 ? left : 0;
}

/* Units that a cap of units leaves for this claim. */
static int64_t units_left(const struct touch *t, const struct pol_step *step) {
    return smaller(operand(t, &step->units, 0), left_in(t, step));
}

/* The most money that a cap leaves for a claim entitled to this much. */
static int64_t cap_leaves(const struct touch *t, const struct pol_step *step, int64_t entitled) {
    if (step->kind == POL_STEP_CAP_MONEY) {
        return smaller(entitled, left_in(t, step));
    }
    if (step->kind == POL_STEP_CAP_CLAIMS) {
        return left_in(t, step) > 0 ? entitled : 0;
    }
    ir_int worth = (ir_int)operand(t, &step->price, 0) * units_left(t, step);
    return worth < entitled ? (int64_t)worth : entitled;
}

static int64_t apply_caps(const struct touch *t, int64_t entitled, uint32_t *rule) {
    int64_t granted = entitled;
    for (uint32_t i = 0; i < t->item->step_count; i++) {
        const struct pol_step *step = &t->item->step[i];
        if (applies(t, step)) {
            int64_t left = cap_leaves(t, step, entitled);
            record(t->fold, step, left < entitled ? INTERP_STEP_STOPPED : INTERP_STEP_PASSED);
            if (left < granted) {
                granted = left;
                *rule = step->rule;
            }
        }
    }
    return granted;
}

static void charge_caps(const struct touch *t, int64_t granted) {
    for (uint32_t i = 0; i < t->item->step_count; i++) {
        const struct pol_step *step = &t->item->step[i];
        if (applies(t, step)) {
            int64_t charge = step->kind == POL_STEP_CAP_MONEY    ? granted
                             : step->kind == POL_STEP_CAP_CLAIMS ? 1
                                                                 : units_left(t, step);
            find_cell(t, step->cell)->amount += charge;
        }
    }
}

/* ---- stage 7: the limit, and what it defers --------------------------------------------------------------------- */

static void add_payment(struct interp_fold *fold, size_t row, int32_t year, int64_t amount) {
    if (amount > 0) {
        fold->payment = arena_grow(fold->ledger->arena, fold->payment, fold->payment_count, &fold->payment_capacity,
                                   fold->payment_count + 1, sizeof *fold->payment);
        fold->payment[fold->payment_count++] = (struct interp_payment){.claim = row, .year = year, .amount = amount};
    }
}

/* Takes up to `amount` from what the limit of a profile's year has left. */
static int64_t take_from_limit(struct interp_fold *fold, const struct interp_profile *profile, int64_t amount) {
    int64_t *used = &fold->limit_used[profile - fold->ledger->profile];
    int64_t taken = smaller(amount, profile->limit > *used ? profile->limit - *used : 0);
    *used += taken;
    return taken;
}

/* Pays in `year` what earlier years deferred, as far as it goes. The kind of applicant does not count here. */
static void carry_into(struct interp_fold *fold, int32_t year) {
    int64_t carry_years = fold->policy->limit.carry_years;
    for (size_t i = fold->first_open; i < fold->deferral_count; i++) {
        struct deferral *d = &fold->deferral[i];
        bool open = d->left > 0 && year <= d->claim->year + carry_years;
        if (!open) {
            fold->first_open += i == fold->first_open ? 1 : 0;
            continue;
        }
        const struct interp_profile *profile = interp_ledger_profile(fold->ledger, d->claim->applicant, year);
        if (profile == NULL || profile->status != POL_OK || profile->excluded) {
            continue;
        }
        int64_t paid = take_from_limit(fold, profile, d->left);
        if (paid > 0) {
            record(fold, NULL, INTERP_STEP_CARRIED);
        }
        d->left -= paid;
        d->decision->carried += paid;
        add_payment(fold, d->row, year, paid);
    }
}

/* The start of a year, and of every year since the claim before. */
static void reach_year(struct interp_fold *fold, int32_t year) {
    int32_t from = fold->year == 0 ? year : fold->year + 1;
    for (int32_t y = from; y <= year && fold->first_open < fold->deferral_count; y++) {
        carry_into(fold, y);
    }
    fold->year = year;
}

static int64_t apply_limit(const struct touch *t, int64_t granted, struct interp_decision *decision) {
    struct interp_fold *fold = t->fold;
    for (uint32_t i = 0; i < t->item->step_count; i++) {
        const struct pol_step *step = &t->item->step[i];
        if (step->kind != POL_STEP_LIMIT) {
            continue;
        }
        if (!t->claim->profile->limited) {
            record(fold, step, INTERP_STEP_SPARED);
            continue;
        }
        int64_t payable = take_from_limit(fold, t->claim->profile, granted);
        record(fold, step, payable < granted ? INTERP_STEP_STOPPED : INTERP_STEP_PASSED);
        if (payable < granted) {
            fold->deferral = arena_grow(fold->ledger->arena, fold->deferral, fold->deferral_count,
                                        &fold->deferral_capacity, fold->deferral_count + 1, sizeof *fold->deferral);
            fold->deferral[fold->deferral_count++] = (struct deferral){
                .claim = t->claim, .row = t->awarded->row, .left = granted - payable, .decision = decision};
            decision->kind = INTERP_DEFERRED;
            decision->reason = POL_LIMIT;
            decision->rule = step->rule;
        }
        return payable;
    }
    return granted;
}

/* ---- one claim -------------------------------------------------------------------------------------------------- */

static void deny(struct interp_decision *decision, enum pol_reason reason, uint32_t rule) {
    decision->kind = INTERP_DENIED;
    decision->reason = reason;
    decision->rule = rule;
}

/* Stage 5. What is left of the award; zero: the claim was denied. */
static int64_t entitle(const struct touch *t, struct interp_decision *decision) {
    const struct pol_step *block = blocked_by(t);
    if (block != NULL) {
        deny(decision, POL_ALREADY_AWARDED, block->rule);
        return 0;
    }
    uint32_t rule = 0;
    int64_t entitled = t->awarded->award - subtraction(t, &rule);
    record_subtractions(t, entitled);
    if (entitled <= 0) {
        deny(decision, POL_ALREADY_AWARDED, rule);
        return 0;
    }
    mark_entitled(t);
    return entitled;
}

void interp_fold_claim(struct interp_fold *fold, const struct interp_awarded *awarded,
                       struct interp_decision *decision) {
    const struct interp_claim *claim = &fold->ledger->claim[awarded->row];
    const struct touch t = {.fold = fold, .claim = claim, .awarded = awarded, .item = &fold->policy->item[claim->item]};
    reach_year(fold, claim->year);
    decision->award = awarded->award;
    int64_t entitled = entitle(&t, decision);
    if (entitled == 0) {
        return;
    }
    uint32_t rule = t.item->award_rule;
    int64_t granted = apply_caps(&t, entitled, &rule);
    if (granted == 0) {
        deny(decision, POL_CAP_REACHED, rule);
        return;
    }
    charge_caps(&t, granted);
    decision->kind = granted < entitled ? INTERP_REDUCED : INTERP_GRANTED;
    decision->reason = granted < entitled ? POL_CAP : POL_OK;
    decision->rule = rule;
    decision->entitled = entitled;
    decision->granted = granted;
    decision->payable = apply_limit(&t, granted, decision);
    add_payment(fold, awarded->row, claim->year, decision->payable);
}

static int compare_payments(const void *left, const void *right) {
    const struct interp_payment *a = left, *b = right;
    if (a->claim != b->claim) {
        return a->claim < b->claim ? -1 : 1;
    }
    return a->year < b->year ? -1 : a->year > b->year;
}

void interp_fold_end(struct interp_fold *fold, int32_t as_of) {
    int64_t carry_years = fold->policy->limit.carry_years;
    /* After the last year of the applicants nothing more can be paid. */
    int64_t last = smaller(fold->year + carry_years, fold->ledger->latest_year);
    if (fold->year != 0 && last > fold->year) {
        reach_year(fold, (int32_t)last);
    }
    for (size_t i = 0; i < fold->deferral_count; i++) {
        const struct deferral *d = &fold->deferral[i];
        *(d->claim->year + carry_years > as_of ? &d->decision->outstanding : &d->decision->lapsed) = d->left;
    }
    if (fold->payment_count > 0) {
        qsort(fold->payment, fold->payment_count, sizeof *fold->payment, compare_payments);
    }
}

const struct interp_payment *interp_fold_payments(const struct interp_fold *fold, size_t *count) {
    *count = fold->payment_count;
    return fold->payment;
}
