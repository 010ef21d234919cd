/* fault_alloc.c - preloaded into a program: makes the Nth allocation fail, and says with a system call where the
 * program itself begins, so that a tracer can tell its calls from those of the dynamic linker.
 *
 *   POL_FAULT_ALLOC=N    fail the Nth call of malloc, calloc, realloc, reallocarray, aligned_alloc, posix_memalign;
 *                        with a `+` behind N, every one from the Nth on
 *   POL_FAULT_LOG=FILE   gets a byte when a call was made to fail
 *
 * Counting begins when this library is initialised, which is after the libraries of the program. It is a library that
 * is loaded into others: its state is its own.
 */
#include "fault_count.inc"

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

void *malloc(size_t size) {
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t count, size_t size) {
    return fails() ? NULL : __libc_calloc(count, size);
}

void *realloc(void *old, size_t size) {
    return fails() ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t count, size_t size) {
    size_t whole;
    if (__builtin_mul_overflow(count, size, &whole)) {
        errno = ENOMEM;
        return NULL;
    }
    return fails() ? NULL : __libc_realloc(old, whole);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return fails() ? NULL : __libc_memalign(alignment, size);
}

void *memalign(size_t alignment, size_t size) {
    return fails() ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    void *memory = fails() ? NULL : __libc_memalign(alignment, size);
    if (!memory)
        return ENOMEM;
    *out = memory;
    return 0;
}
