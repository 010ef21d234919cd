#include "audit/parts.h"

#include <stdbool.h>
#include <stdlib.h>

void pol_parts_begin(struct pol_parts_pool *pool, pol_run *run) {
    *pool = (struct pol_parts_pool){.run = run};
    pthread_mutex_init(&pool->lock, NULL);
}

void pol_parts_end(struct pol_parts_pool *pool) {
    for (size_t i = 0; i < pool->count; i++)
        pol_part_free(pool->parts[i]);
    free(pool->parts);
    pthread_mutex_destroy(&pool->lock);
}

enum pol_status pol_parts_take(struct pol_parts_pool *pool, pol_part **part, struct pol_error *error) {
    pthread_mutex_lock(&pool->lock);
    *part = pool->count > 0 ? pool->parts[--pool->count] : NULL;
    pthread_mutex_unlock(&pool->lock);
    return *part != NULL ? POL_STATUS_OK : pol_part_new(pool->run, part, error);
}

void pol_parts_give_back(struct pol_parts_pool *pool, pol_part *part) {
    pthread_mutex_lock(&pool->lock);
    if (pool->count == pool->capacity) {
        size_t capacity = pool->capacity * 2 + 8;
        pol_part **parts = realloc(pool->parts, capacity * sizeof *parts);
        if (parts != NULL) {
            pool->parts = parts;
            pool->capacity = capacity;
        }
    }
    bool room = pool->count < pool->capacity;
    if (room)
        pool->parts[pool->count++] = part;
    pthread_mutex_unlock(&pool->lock);
    if (!room)
        pol_part_free(part);
}
