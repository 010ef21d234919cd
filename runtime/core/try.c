/* The row kernel by itself, for questions of the kind "what if". */
#include "core/run.h"

void pol_run_try(const pol_run *run, const struct pol_row_args *args) {
    struct pol_row_args mine = *args;
    mine.params = run->params;
    run->kernels->row(&mine);
}
