#include "codegen/gen.h"
struct ir_func gen_narrow_caps(struct ir_policy *policy, const struct ir_func *func, struct arena *arena) {
    (void)policy; (void)arena; return *func;
}
