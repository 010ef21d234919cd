#include "driver/build.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "codegen/codegen.h"
#include "driver/child.h"
#include "driver/guard.h"
#include "driver/link.h"
#include "driver/suggest.h"
#include "tr.h"

/* The code generator; NULL when its module cannot be loaded or is of another version (*entry: that one). It stays until
 * the process ends, which is one that generates code. */
static const struct codegen_entry *find_codegen(char path[CHILD_PATH], const struct codegen_entry **entry) {
    child_find(CODEGEN_MODULE, path);
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    *entry = module ? dlsym(module, CODEGEN_ENTRY) : NULL;
    return *entry && strcmp((*entry)->version, POL_VERSION) == 0 ? *entry : NULL;
}

/* The same with a message. */
static const struct codegen_entry *load_codegen(void) {
    char path[CHILD_PATH];
    const struct codegen_entry *other, *entry = find_codegen(path, &other);
    if (!entry && other)
        command_say("%s is of version %s, polc of version %s: install both together", path, other->version,
                    POL_VERSION);
    else if (!entry)
        command_say("cannot load the code generator: %s", dlerror());
    return entry;
}

static int unknown_cpu(const struct codegen_entry *codegen, const char *cpu) {
    const char *near = suggest(cpu, codegen->cpus());
    if (near)
        command_say("unknown processor '%s'; did you mean '%s'?", cpu, near);
    else
        command_say("unknown processor '%s'; use x86-64, x86-64-v2, x86-64-v3, x86-64-v4 or native", cpu);
    return EXIT_USAGE;
}

static int generate(const struct codegen_entry *codegen, const struct ir_policy *policy, const char *cpu,
                    enum codegen_kind kind, struct codegen_output *out) {
    switch (codegen->policy(policy, cpu, kind, out)) {
    case CODEGEN_OK:
        return EXIT_CLEAN;
    case CODEGEN_UNKNOWN_CPU:
        return unknown_cpu(codegen, cpu);
    case CODEGEN_TOO_LARGE:
        command_say("the policy has too many items, rules or texts for one object (at most 65,534 items and rules)");
        return EXIT_INPUT;
    case CODEGEN_NO_MEMORY:
        command_say("not enough memory");
        return EXIT_SYSTEM;
    case CODEGEN_FAILED:
        command_say("code generation failed: %s", out->message);
        return EXIT_SYSTEM;
    }
    return EXIT_SYSTEM;
}

/* What the process that generates code is to do. */
struct job {
    const struct ir_policy *policy;
    const char *cpu;
    enum codegen_kind kind;
};

/* The code it made, as it stands in the file between the processes: this, then the bytes of the parts. */
struct code {
    size_t count, size[CODEGEN_PART_LIMIT];
};

static bool write_all(int file, struct text bytes);

/* Memory comes in pieces of this size, and goes when the process ends: otherwise each thread asks for its own page by
 * page, hundreds of times, and waits for the others. */
enum { PIECE = 4 << 20 };

static void take_memory_in_pieces(void) {
    mallopt(M_TOP_PAD, PIECE);
    mallopt(M_TRIM_THRESHOLD, 16 * PIECE);
    mallopt(M_MMAP_THRESHOLD, PIECE);
}

static int generate_into(void *data, int file) {
    const struct job *job = data;
    take_memory_in_pieces();
    const struct codegen_entry *codegen = load_codegen();
    if (!codegen)
        return EXIT_SYSTEM;
    struct codegen_output out;
    int code = generate(codegen, job->policy, job->cpu, job->kind, &out);
    struct code head = {.count = out.count};
    for (size_t i = 0; i < out.count; i++)
        head.size[i] = out.part[i].size;
    bool written = write_all(file, (struct text){(const char *)&head, sizeof head});
    for (size_t i = 0; i < out.count; i++)
        written = written && write_all(file, (struct text){out.part[i].bytes, out.part[i].size});
    if (code == EXIT_CLEAN && !written)
        command_say("code generation: %s", tr_errno(errno));
    codegen->free(&out);
    return code == EXIT_CLEAN && !written ? EXIT_SYSTEM : code;
}

/* Maps the code that was made; the parts lie behind its head. */
static const struct code *map_code(int file, size_t *size) {
    struct stat info;
    if (fstat(file, &info) != 0 || info.st_size < (off_t)sizeof(struct code))
        return NULL;
    *size = (size_t)info.st_size;
    void *map = mmap(NULL, *size, PROT_READ, MAP_PRIVATE, file, 0);
    return map == MAP_FAILED ? NULL : map;
}

/* Runs `work` in a process of its own; EXIT_CLEAN: *code is mapped with *size bytes. */
static int make_code(guard_work *work, void *data, const struct code **code, size_t *size) {
    int file, result = guard_run(work, data, &file);
    *code = NULL;
    if (result == GUARD_LOST)
        return EXIT_SYSTEM;
    if (result == EXIT_CLEAN && !(*code = map_code(file, size))) {
        command_say("not enough memory");
        result = EXIT_SYSTEM;
    }
    close(file);
    return result;
}

static int make_and_link(guard_work *work, void *data, const char *path) {
    const struct code *code;
    size_t size;
    int result = make_code(work, data, &code, &size);
    if (result != EXIT_CLEAN)
        return result;
    char message[LINK_MESSAGE];
    struct link_object object[LINK_OBJECTS];
    const char *at = (const char *)(code + 1);
    for (size_t i = 0; i < code->count; at += code->size[i++])
        object[i] = (struct link_object){at, code->size[i]};
    enum link_status status = link_shared(object, code->count, path, message);
    munmap((void *)(uintptr_t)code, size);
    if (status == LINK_OK)
        return EXIT_CLEAN;
    command_say("%s", message);
    return EXIT_SYSTEM;
}

int build_object(const struct ir_policy *policy, const char *cpu, const char *path) {
    struct job job = {policy, cpu, CODEGEN_PARTS};
    int result = make_and_link(generate_into, &job, path);
    guard_end();
    return result;
}

/* ---- from the source ------------------------------------------------------------------------------------------------
 */

/* What the process that checks and generates code is to do. */
struct source_job {
    const struct command *command;
    int file;
    bool loading;
    pthread_t loader;
};

/* Nobody is told what goes wrong here: who needs the code generator loads it again. */
static void *load_early(void *nothing) {
    char path[CHILD_PATH];
    const struct codegen_entry *other, *codegen = find_codegen(path, &other);
    if (codegen)
        codegen->start();
    return nothing;
}

static int check_and_generate(const struct command *c, struct pipeline *p, struct arena *arena, void *data) {
    struct source_job *source = data;
    int code = command_open(c, p, arena, c->file[0], PIPELINE_LOWER);
    if (code != EXIT_CLEAN)
        return code;
    if (source->loading)
        pthread_join(source->loader, NULL);
    struct job job = {p->ir, c->cpu, CODEGEN_PARTS};
    return generate_into(&job, source->file);
}

static int build_into(void *data, int file) {
    struct source_job *source = data;
    source->file = file;
    take_memory_in_pieces();
    source->loading = pthread_create(&source->loader, NULL, load_early, NULL) == 0;
    return command_with_arena(source->command, check_and_generate, source);
}

int build_source(const struct command *c, const char *path) {
    struct source_job source = {.command = c};
    int result = make_and_link(build_into, &source, path);
    guard_end();
    return result;
}

/* ---- stages shown ---------------------------------------------------------------------------------------------------
 */

static bool write_all(int file, struct text bytes) {
    while (bytes.size > 0) {
        ssize_t n = write(file, bytes.data, bytes.size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n == 0)
            errno = ENOSPC;
        if (n <= 0)
            return false;
        bytes.data += n;
        bytes.size -= (size_t)n;
    }
    return true;
}

static int cannot_write(const char *path) {
    command_say("cannot write %s: %s", path, tr_errno(errno));
    return EXIT_SYSTEM;
}

/* A path that is no regular file (a pipe, /dev/stdout) is written as it stands. */
static int write_in_place(const char *path, struct text bytes) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0)
        return cannot_write(path);
    bool written = write_all(file, bytes);
    return close(file) == 0 && written ? EXIT_CLEAN : cannot_write(path);
}

static int write_aside(const char *path, char *aside, struct text bytes) {
    int file = mkstemp(aside);
    if (file < 0)
        return cannot_write(path);
    mode_t mask = umask(0);
    umask(mask);
    bool written = write_all(file, bytes) && fchmod(file, 0666 & ~mask) == 0 && fsync(file) == 0;
    if (close(file) == 0 && written && rename(aside, path) == 0)
        return EXIT_CLEAN;
    int code = cannot_write(path);
    unlink(aside);
    return code;
}

int build_write(const char *path, struct text bytes) {
    if (!path || strcmp(path, "-") == 0) { /* main looks at the stream's errors */
        if (bytes.size)
            fwrite(bytes.data, 1, bytes.size, stdout);
        return EXIT_CLEAN;
    }
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode))
        return write_in_place(path, bytes);
    size_t size = strlen(path) + sizeof ".XXXXXX";
    char *aside = malloc(size);
    if (!aside)
        return cannot_write(path);
    snprintf(aside, size, "%s.XXXXXX", path);
    int code = write_aside(path, aside, bytes);
    free(aside);
    return code;
}

int build_emit(const struct ir_policy *policy, const char *cpu, const char *kind, const char *path) {
    enum codegen_kind which = strcmp(kind, "llvm") == 0  ? CODEGEN_LLVM
                              : strcmp(kind, "asm") == 0 ? CODEGEN_ASM
                                                         : CODEGEN_OBJECT;
    struct job job = {policy, cpu, which};
    const struct code *code;
    size_t size;
    int result = make_code(generate_into, &job, &code, &size);
    guard_end();
    if (result != EXIT_CLEAN)
        return result;
    result = build_write(path, (struct text){(const char *)(code + 1), code->size[0]});
    munmap((void *)(uintptr_t)code, size);
    return result;
}

int build_replace(const char *path, struct text bytes) {
    struct stat info;
    if (stat(path, &info) != 0) {
        command_say("cannot read %s: %s", path, tr_errno(errno));
        return EXIT_INPUT;
    }
    char *target = realpath(path, NULL);
    int code = build_write(target ? target : path, bytes);
    if (code == EXIT_CLEAN && chmod(target ? target : path, info.st_mode & 07777) != 0) {
        command_say("cannot set the mode of %s: %s", path, tr_errno(errno));
        code = EXIT_SYSTEM;
    }
    free(target);
    return code;
}
