/* The fold as a pipeline of two threads: this one goes through stages 5 and 6, another follows with stage 7.
 *
 * What the limit defers changes nothing that stages 5 and 6 look at, and stage 7 takes the claims in the same order, so
 * that the decisions are those of one thread. What each thread writes, the other leaves alone until a batch is handed
 * over: then a claim's reason, rule and PRT_ADJUST belong to stage 7. */
#include <pthread.h>

#include "core/run.h"
#include "core/status.h"

enum { BATCH = 4096, BATCHES = 3 };

struct batch {
    uint32_t count;
    struct prt_granted claim[BATCH];
};

struct prt_pipeline {
    struct prt_shard *shard;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t moved;
    /* under the lock */
    uint64_t filled, emptied; /* batches so far; batch i is at i % BATCHES */
    bool closed;              /* no batch will be added */
    bool failed;              /* stage 7 has no memory */
    /* of the thread whose turn it is */
    struct batch batch[BATCHES];
};

/* ---- stages 5 and 6 ---------------------------------------------------------------------------------------------- */

/* The batch that is being filled goes on; waits until there is an empty one. False: stage 7 has failed. */
static bool pass_on(struct prt_pipeline *p) {
    pthread_mutex_lock(&p->lock);
    p->filled++;
    pthread_cond_signal(&p->moved);
    while (p->filled - p->emptied == BATCHES && !p->failed)
        pthread_cond_wait(&p->moved, &p->lock);
    bool ok = !p->failed;
    p->batch[p->filled % BATCHES].count = 0;
    pthread_mutex_unlock(&p->lock);
    return ok;
}

bool prt_pipeline_put(struct prt_pipeline *p, const struct prt_granted *granted) {
    struct batch *batch = &p->batch[p->filled % BATCHES]; /* nobody else changes `filled` */
    batch->claim[batch->count++] = *granted;
    return batch->count < BATCH || pass_on(p);
}

/* ---- stage 7 ----------------------------------------------------------------------------------------------------- */

static bool limit_all(struct prt_pipeline *p) {
    pthread_mutex_lock(&p->lock);
    bool ok = true;
    for (;;) {
        while (p->filled == p->emptied && !p->closed)
            pthread_cond_wait(&p->moved, &p->lock);
        if (!ok || p->filled == p->emptied)
            break;
        const struct batch *batch = &p->batch[p->emptied % BATCHES];
        pthread_mutex_unlock(&p->lock);
        ok = prt_limit_batch(p->shard, batch->claim, batch->count);
        pthread_mutex_lock(&p->lock);
        p->emptied++;
        p->failed = !ok;
        pthread_cond_signal(&p->moved);
    }
    pthread_mutex_unlock(&p->lock);
    return ok && prt_limit_finish(p->shard);
}

static void *limit_thread(void *data) {
    struct prt_pipeline *p = data;
    bool ok = limit_all(p);
    pthread_mutex_lock(&p->lock);
    p->failed = !ok;
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* ---- both -------------------------------------------------------------------------------------------------------- */

static bool start(struct prt_pipeline *p) {
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->moved, NULL);
    if (pthread_create(&p->thread, NULL, limit_thread, p) == 0)
        return true;
    pthread_cond_destroy(&p->moved);
    pthread_mutex_destroy(&p->lock);
    return false;
}

static void finish(struct prt_pipeline *p) {
    pthread_mutex_lock(&p->lock);
    p->filled += !p->failed && p->batch[p->filled % BATCHES].count > 0;
    p->closed = true;
    pthread_cond_signal(&p->moved);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    pthread_cond_destroy(&p->moved);
    pthread_mutex_destroy(&p->lock);
}

bool prt_pipeline_fold(struct prt_shard *shard) {
    struct prt_pipeline *p = prt_zeroed(1, sizeof *p);
    if (!p)
        return false;
    p->shard = shard;
    bool started = start(p);
    if (started) {
        shard->pipeline = p;
        prt_fold_records(shard);
        shard->pipeline = NULL;
        finish(p);
        shard->failed = shard->failed || p->failed;
    }
    prt_release(p);
    return started;
}
