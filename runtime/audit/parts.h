/* parts.h - parts of a run that wait to be used again. Any thread. */
#ifndef POL_AUDIT_PARTS_H
#define POL_AUDIT_PARTS_H

#include <pthread.h>

#include "polrt.h"

struct pol_parts_pool {
    pol_run *run;
    pthread_mutex_t lock;
    pol_part **parts;
    size_t count, capacity;
};

void pol_parts_begin(struct pol_parts_pool *pool, pol_run *run);
void pol_parts_end(struct pol_parts_pool *pool); /* frees those that were given back */
enum pol_status pol_parts_take(struct pol_parts_pool *pool, pol_part **part, struct pol_error *error);
void pol_parts_give_back(struct pol_parts_pool *pool, pol_part *part);

#endif
