/* probe.h - what examples can touch, for coverage: the outcomes of conditions, the rows of tables, the bounds of
 * awards.
 *
 * lower_probed lowers a policy as lower_policy does, and adds instructions that tell for a claim which of its points it
 * touches. The policy decides the same; it is for the interpreter alone. Points of the fold and of targets are added by
 * whoever watches those (probe_point).
 */
#ifndef POL_LOWER_PROBE_H
#define POL_LOWER_PROBE_H

#include "lower/lower.h"

/* An outcome of a part of the policy. The same node and outcome is one point, wherever it is evaluated. */
struct probe_point {
    const void *node;    /* tells points apart */
    const char *outcome; /* "holds"; one word of this table: compared by address after probe_point */
    struct span span;    /* of the part; also says in which item or clause it stands */
    bool touched;
};

/* `when`, an instruction of the row function's block, is true: the claim touches the point. Block 0 goes before every
 * item's block; an item's block is evaluated only where block 0 lets the claim pass. */
struct probe {
    uint32_t block;
    ir_ref when;
    uint32_t point;
};

struct probes { /* zero-initialise with the arena set */
    struct arena *arena;
    struct probe_point *point;
    struct probe *probe;
    size_t point_count, point_capacity, probe_count, probe_capacity;
    struct text_map *index;
};

/* The point of a node and outcome; added when it is new. */
uint32_t probe_point(struct probes *probes, const void *node, const char *outcome, struct span span);

/* As lower_policy. */
struct ir_policy *lower_probed(const struct model *model, const struct sources *sources, struct diags *diags,
                               struct arena *arena, struct probes *probes);

#endif
