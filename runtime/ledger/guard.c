#include "ledger/guard.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct pol_guard {
    uintptr_t begin, end;
    uintptr_t page; /* bytes of one */
    atomic_bool lost;
    struct pol_guard *_Atomic next;
};

/* A signal's handler is given nothing but the address: what it looks up has to be global. */
static struct pol_guard *_Atomic guards;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of those who change the list */
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Puts zeros in the place of the pages from the one that is missing to the end. */
static void on_bus_error(int number, siginfo_t *info, void *context) {
    uintptr_t at = (uintptr_t)info->si_addr;
    (void)context;
    for (struct pol_guard *g = atomic_load(&guards); g != NULL; g = atomic_load(&g->next)) {
        if (at < g->begin || at >= g->end)
            continue;
        uintptr_t page = at / g->page * g->page;
        atomic_store(&g->lost, true);
        if (mmap((void *)page, g->end - page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) !=
            MAP_FAILED)
            return;
    }
    signal(number, SIG_DFL); /* the instruction is tried again, and ends the program */
}

static void take_signal(void) {
    struct sigaction action = {.sa_flags = SA_SIGINFO};
    action.sa_sigaction = on_bus_error;
    sigemptyset(&action.sa_mask);
    sigaction(SIGBUS, &action, NULL);
}

struct pol_guard *pol_guard_new(void *begin, size_t size) {
    struct pol_guard *guard = calloc(1, sizeof *guard);
    if (guard == NULL)
        return NULL;
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    guard->begin = (uintptr_t)begin;
    guard->end = guard->begin + (size + page - 1) / page * page;
    guard->page = page;
    pthread_once(&once, take_signal);
    pthread_mutex_lock(&lock);
    atomic_store(&guard->next, atomic_load(&guards));
    atomic_store(&guards, guard);
    pthread_mutex_unlock(&lock);
    return guard;
}

void pol_guard_free(struct pol_guard *guard) {
    if (guard == NULL)
        return;
    pthread_mutex_lock(&lock);
    struct pol_guard *_Atomic *place = &guards;
    while (atomic_load(place) != guard)
        place = &atomic_load(place)->next;
    atomic_store(place, atomic_load(&guard->next));
    pthread_mutex_unlock(&lock);
    free(guard);
}

bool pol_guard_lost(const struct pol_guard *guard) {
    return guard != NULL && atomic_load(&guard->lost);
}
