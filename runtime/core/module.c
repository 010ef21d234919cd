/* Reading, checking and loading a policy object.
 *
 * The file is read once. What passed the checks is written to a sealed memory file, and that file's segments are mapped
 * here, without the dynamic linker: an object that imports, relocates and initialises nothing needs none of its work,
 * and nothing in the file is interpreted that was not checked. (dlopen would follow the hash tables unchecked, and
 * takes two memory files for one when the number of a closed descriptor, and so the name /proc/self/fd/N, comes up
 * again.)
 */
#include "core/module.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/object.h"
#include "core/status.h"
#include "digest.h"
#include "tr.h"

enum { PAGE = 4096, FILE_MAX = 256 << 20 };

/* ---- kernels ---------------------------------------------------------------------------------------------------- */

static bool processor_has(unsigned level) {
    switch (level) {
    case 4:
        return __builtin_cpu_supports("x86-64-v4");
    case 3:
        return __builtin_cpu_supports("x86-64-v3");
    case 2:
        return __builtin_cpu_supports("x86-64-v2");
    default:
        return true; /* 1: every processor */
    }
}

/* Adds kernels so that the best stay first. Code for a named processor goes last: it is taken if there is no other. */
static void add_kernels(pol_module *module, struct prt_kernels kernels) {
    if (!processor_has(kernels.level))
        return;
    unsigned at = module->kernel_count++;
    for (; at > 0 && module->kernels[at - 1].level < kernels.level; at--)
        module->kernels[at] = module->kernels[at - 1];
    module->kernels[at] = kernels;
}

static enum pol_status need_kernels(const pol_module *module, struct pol_error *error) {
    if (module->kernel_count)
        return POL_STATUS_OK;
    return prt_fail(error, POL_STATUS_INPUT,
                    "the policy object was built for '%.100s' and has no code that this processor can run; build it "
                    "without --target-cpu",
                    pol_module_string(module, module->descriptor->cpu));
}

const struct prt_kernels *prt_module_kernels(const pol_module *module, unsigned level) {
    for (unsigned i = 0; i < module->kernel_count; i++)
        if (level == 0 || module->kernels[i].level == level)
            return &module->kernels[i];
    return NULL;
}

unsigned pol_module_level(const pol_module *module) {
    return module->kernels[0].level;
}

/* ---- checks on the bytes ---------------------------------------------------------------------------------------- */

static enum pol_status check_digest(const uint8_t *bytes, size_t size, const struct prt_object *object,
                                    struct pol_error *error) {
    size_t at = (size_t)object->descriptor_offset + offsetof(struct pol_descriptor, object_digest);
    if (object->descriptor_size < offsetof(struct pol_descriptor, source_digest))
        return prt_fail(error, POL_STATUS_INPUT, "not a policy object: the descriptor is too short");
    static const uint8_t zero[POL_DIGEST_SIZE];
    uint8_t digest[POL_DIGEST_SIZE];
    struct pol_sha256 hash;
    pol_sha256_init(&hash);
    pol_sha256_add(&hash, bytes, at);
    pol_sha256_add(&hash, zero, sizeof zero);
    pol_sha256_add(&hash, bytes + at + sizeof zero, size - at - sizeof zero);
    pol_sha256_end(&hash, digest);
    if (memcmp(digest, bytes + at, sizeof digest) == 0)
        return POL_STATUS_OK;
    return prt_fail(error, POL_STATUS_INPUT,
                    "the policy object was changed after it was built (its SHA-256 does not match); build it again");
}

/* Is there code at this distance from the descriptor? A segment that may be executed can hold constants, too. */
static bool is_code(const struct prt_object *object, int64_t distance) {
    uint64_t address = object->descriptor_address + (uint64_t)distance;
    for (uint32_t i = 0; i < object->code_count; i++) {
        const struct prt_code *code = &object->code[i];
        if (address >= code->address && address - code->address < code->size)
            return true;
    }
    return false;
}

static enum pol_status check_bytes(const uint8_t *bytes, size_t size, struct prt_object *object,
                                   struct pol_error *error) {
    enum pol_status status = prt_object_check(bytes, size, object, error);
    if (!status)
        status = check_digest(bytes, size, object, error);
    if (!status)
        status = prt_descriptor_check(bytes + object->descriptor_offset, object->descriptor_size, error);
    if (status)
        return status;
    const struct pol_descriptor *d = (const void *)(bytes + object->descriptor_offset);
    for (uint32_t i = 0; i < d->kernel_count; i++)
        if (!is_code(object, d->kernels[i].row) || !is_code(object, d->kernels[i].profile))
            return prt_fail(error, POL_STATUS_INPUT, "the policy object is damaged: a kernel lies outside its code");
    return POL_STATUS_OK;
}

/* ---- mapping ---------------------------------------------------------------------------------------------------- */

static enum pol_status system_error(struct pol_error *error, const char *what) {
    return prt_fail(error, POL_STATUS_SYSTEM, "cannot load the policy object: %s: %s", what, tr_errno(errno));
}

static bool write_all(int fd, const uint8_t *bytes, size_t size) {
    while (size) {
        ssize_t written = write(fd, bytes, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        bytes += written;
        size -= (size_t)written;
    }
    return true;
}

static enum pol_status map_segments(pol_module *module, int fd, const struct prt_object *object,
                                    struct pol_error *error) {
    const struct prt_segment *last = &object->segment[object->segment_count - 1];
    size_t size = (size_t)((last->address + last->size + PAGE - 1) / PAGE * PAGE);
    void *base = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (base == MAP_FAILED)
        return system_error(error, tr("no address space"));
    module->map = base;
    module->map_size = size;
    for (uint32_t i = 0; i < object->segment_count; i++) {
        const struct prt_segment *s = &object->segment[i];
        uint64_t shift = s->address % PAGE;
        int protection = PROT_READ | (s->executable ? PROT_EXEC : 0);
        if (mmap((uint8_t *)base + (s->address - shift), (size_t)(s->size + shift), protection, MAP_PRIVATE | MAP_FIXED,
                 fd, (off_t)(s->offset - shift)) == MAP_FAILED)
            return system_error(error, tr("mapping its code"));
    }
    return POL_STATUS_OK;
}

static enum pol_status map_bytes(pol_module *module, const uint8_t *bytes, size_t size, const struct prt_object *object,
                                 struct pol_error *error) {
    int fd = memfd_create("policy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0)
        return system_error(error, "memfd_create");
    enum pol_status status = POL_STATUS_OK;
    if (!write_all(fd, bytes, size))
        status = system_error(error, tr("writing the memory file"));
    else if (fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
        status = system_error(error, tr("sealing the memory file"));
    else
        status = map_segments(module, fd, object, error);
    close(fd);
    return status;
}

static void take_kernels(pol_module *module) {
    const struct pol_descriptor *d = module->descriptor;
    for (uint32_t i = 0; i < d->kernel_count; i++) {
        if (!processor_has(d->kernels[i].least))
            continue; /* built for a processor that the user named, and this one has less */
        struct prt_kernels kernels = {.level = d->kernels[i].level};
        uintptr_t row = (uintptr_t)d + (uintptr_t)d->kernels[i].row;
        uintptr_t profile = (uintptr_t)d + (uintptr_t)d->kernels[i].profile;
        memcpy(&kernels.row, &row, sizeof row);
        memcpy(&kernels.profile, &profile, sizeof profile);
        add_kernels(module, kernels);
    }
}

/* `bytes` are 8-byte aligned. */
static enum pol_status load(const uint8_t *bytes, size_t size, pol_module **out, struct pol_error *error) {
    struct prt_object object;
    enum pol_status status = check_bytes(bytes, size, &object, error);
    if (status)
        return status;
    pol_module *module = prt_zeroed(1, sizeof *module);
    if (!module)
        return prt_no_memory(error);
    status = map_bytes(module, bytes, size, &object, error);
    if (!status) {
        const uint8_t *mapped = (const uint8_t *)module->map + object.descriptor_address;
        module->descriptor = (const void *)mapped;
        if (memcmp(mapped, bytes + object.descriptor_offset, (size_t)object.descriptor_size) != 0)
            status = prt_fail(error, POL_STATUS_SYSTEM, "the policy object changed while it was loaded");
    }
    if (!status) {
        take_kernels(module);
        status = need_kernels(module, error);
    }
    if (status) {
        pol_module_close(module);
        return status;
    }
    *out = module;
    return POL_STATUS_OK;
}

/* ---- opening ---------------------------------------------------------------------------------------------------- */

static enum pol_status read_file(int fd, const char *path, uint8_t **bytes, size_t *size, struct pol_error *error) {
    struct stat info;
    if (fstat(fd, &info) != 0)
        return prt_fail(error, POL_STATUS_SYSTEM, "cannot read '%.300s': %s", path, tr_errno(errno));
    if (!S_ISREG(info.st_mode))
        return prt_fail(error, POL_STATUS_INPUT, "'%.300s' is not a file", path);
    if (info.st_size > FILE_MAX)
        return prt_fail(error, POL_STATUS_INPUT, "'%.300s' is larger than 256 MiB: not a policy object", path);
    size_t want = (size_t)info.st_size, have = 0;
    uint8_t *buffer = prt_resize(NULL, want + 1);
    if (!buffer)
        return prt_no_memory(error);
    while (have < want) {
        ssize_t got = read(fd, buffer + have, want - have);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            prt_release(buffer);
            return prt_fail(error, POL_STATUS_SYSTEM, "cannot read '%.300s': %s", path, tr_errno(errno));
        }
        if (got == 0)
            break;
        have += (size_t)got;
    }
    *bytes = buffer;
    *size = have;
    return POL_STATUS_OK;
}

enum pol_status pol_module_open(const char *path, pol_module **out, struct pol_error *error) {
    *out = NULL;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return prt_fail(error, POL_STATUS_SYSTEM, "cannot open '%.300s': %s", path, tr_errno(errno));
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum pol_status status = read_file(fd, path, &bytes, &size, error);
    close(fd);
    if (status)
        return status;
    struct pol_error cause;
    status = load(bytes, size, out, &cause);
    prt_release(bytes);
    return status ? prt_fail(error, status, "'%.300s': %.700s", path, cause.message) : POL_STATUS_OK;
}

enum pol_status pol_module_load(const void *bytes, size_t size, pol_module **out, struct pol_error *error) {
    *out = NULL;
    if (size > FILE_MAX)
        return prt_fail(error, POL_STATUS_INPUT, "larger than 256 MiB: not a policy object");
    uint8_t *copy = prt_resize(NULL, size + 1);
    if (!copy)
        return prt_no_memory(error);
    if (size)
        memcpy(copy, bytes, size);
    enum pol_status status = load(copy, size, out, error);
    prt_release(copy);
    return status;
}

enum pol_status prt_module_make(const void *blob, size_t size, const struct prt_kernels *kernels, pol_module **out,
                                struct pol_error *error) {
    *out = NULL;
    pol_module *module = prt_zeroed(1, sizeof *module);
    if (!module)
        return prt_no_memory(error);
    module->copy = prt_resize(NULL, size + 1);
    if (!module->copy) {
        prt_release(module);
        return prt_no_memory(error);
    }
    memcpy(module->copy, blob, size);
    module->descriptor = module->copy;
    enum pol_status status = prt_descriptor_check(module->copy, size, error);
    for (uint32_t i = 0; !status && i < module->descriptor->kernel_count; i++)
        add_kernels(module, kernels[i]);
    if (!status)
        status = need_kernels(module, error);
    if (status) {
        pol_module_close(module);
        return status;
    }
    *out = module;
    return POL_STATUS_OK;
}

void pol_module_close(pol_module *module) {
    if (!module)
        return;
    if (module->map)
        munmap(module->map, module->map_size);
    prt_release(module->copy);
    prt_release(module);
}

/* ---- access ----------------------------------------------------------------------------------------------------- */

const struct pol_descriptor *pol_module_descriptor(const pol_module *module) {
    return module->descriptor;
}

const char *pol_module_string(const pol_module *module, struct pol_str s) {
    return (const char *)module->descriptor + s.offset;
}

const void *pol_module_array(const pol_module *module, struct pol_ref ref) {
    return prt_at(module, ref);
}
