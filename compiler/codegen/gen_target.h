/* gen_target.h - processors by name, and what code is written for them. */
#ifndef POL_GEN_TARGET_H
#define POL_GEN_TARGET_H

#include "codegen/gen.h"

struct gen_host {
    char *cpu, *features; /* of LLVM; NULL unless "native" was asked for */
};

/* False: no processor of that name. `cpu` NULL: every x86-64. Names stay the caller's; *host is given back with
 * gen_host_free, after the plan was last used. */
bool gen_plan_for(const char *cpu, struct gen_plan *plan, struct gen_host *host);
void gen_host_free(struct gen_host *host);

#endif
