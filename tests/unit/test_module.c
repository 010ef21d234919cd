/* The loader: objects of the compiler load; truncated, flipped, foreign and hostile ones give an error, never a crash.
 */
#include "core_fixture.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "core/object.h"
#include "digest.h"
#include "driver/build.h"
#include "driver/pipeline.h"

static struct {
    uint8_t *bytes; /* a built object */
    size_t size;
    size_t descriptor; /* offset of pol_descriptor */
    char path[64], folder[40];
} object;

static uint8_t *read_all(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    if (!f)
        abort();
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    long end = ftell(f);
    if (end < 0)
        abort();
    assert_int_equal(fseek(f, 0, SEEK_SET), 0);
    *size = (size_t)end;
    uint8_t *bytes = calloc(1, (size_t)end + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, f), *size);
    fclose(f);
    return bytes;
}

static void write_all(const char *path, const void *bytes, size_t size) {
    FILE *f = fopen(path, "wb");
    if (!f)
        abort();
    assert_int_equal(fwrite(bytes, 1, size, f), size);
    assert_int_equal(fclose(f), 0);
}

/* A policy that ships. */
static int build(void **state) {
    (void)state;
    snprintf(object.folder, sizeof object.folder, "/tmp/test_module.XXXXXX");
    assert_non_null(mkdtemp(object.folder));
    struct arena *arena = arena_new();
    struct pipeline p;
    const char *source = POL_SOURCE_DIR "/policies/zhangzhou.pol";
    assert_int_equal(pipeline_run(&p, arena, source, PIPELINE_LOWER), PIPELINE_OK);
    snprintf(object.path, sizeof object.path, "%s/p.so", object.folder);
    assert_int_equal(build_object(p.ir, NULL, object.path), 0);
    arena_free(arena);
    object.bytes = read_all(object.path, &object.size);
    for (size_t at = 0; at + 8 <= object.size; at += 8)
        if (memcmp(object.bytes + at, POL_MAGIC, 8) == 0)
            object.descriptor = at;
    assert_true(object.descriptor > 0);
    return 0;
}

static int clean(void **state) {
    (void)state;
    unlink(object.path);
    rmdir(object.folder);
    free(object.bytes);
    return 0;
}

/* ---- helpers ------------------------------------------------------------------------------------------------------
 */

static uint8_t *copy(void) {
    uint8_t *bytes = malloc(object.size + 64);
    assert_non_null(bytes);
    memcpy(bytes, object.bytes, object.size);
    return bytes;
}

/* Makes a changed object's digest right again, as an attacker would. */
static void sign(uint8_t *bytes, size_t size) {
    uint8_t *digest = bytes + object.descriptor + offsetof(struct pol_descriptor, object_digest);
    struct pol_sha256 hash;
    memset(digest, 0, POL_DIGEST_SIZE);
    pol_sha256_init(&hash);
    pol_sha256_add(&hash, bytes, size);
    pol_sha256_end(&hash, digest);
}

static struct pol_descriptor *header_of(uint8_t *bytes) {
    return (struct pol_descriptor *)(void *)(bytes + object.descriptor);
}

/* Loading fails with POL_STATUS_INPUT and a message that says this. */
static void refuse(const void *bytes, size_t size, const char *says) {
    struct pol_error error = {.message = ""};
    pol_module *module = (pol_module *)&error;
    enum pol_status status = pol_module_load(bytes, size, &module, &error);
    assert_int_equal(status, POL_STATUS_INPUT);
    assert_int_equal(error.status, POL_STATUS_INPUT);
    assert_null(module);
    assert_true(strlen(error.message) > 20);
    assert_null(strchr(error.message, '\n'));
    if (says && !strstr(error.message, says))
        fail_msg("'%s' does not say '%s'", error.message, says);
}

/* Follows every reference of a loaded object, as `polrun info` would. */
static size_t walk(const pol_module *m) {
    const struct pol_descriptor *d = pol_module_descriptor(m);
    size_t sum = strlen(pol_module_string(m, d->name)) + strlen(pol_module_string(m, d->title));
    const struct pol_field *f = pol_module_array(m, d->claim_fields);
    for (uint32_t i = 0; i < d->claim_fields.count; i++)
        sum += strlen(pol_module_string(m, f[i].column)) + strlen(pol_module_string(m, f[i].label));
    const struct pol_clause *c = pol_module_array(m, d->clauses);
    for (uint32_t i = 0; i < d->clauses.count; i++) {
        const struct pol_str *quote = pol_module_array(m, c[i].quotes);
        for (uint32_t k = 0; k < c[i].quotes.count; k++)
            sum += strlen(pol_module_string(m, quote[k]));
    }
    const struct pol_item *item = pol_module_array(m, d->items);
    for (uint32_t i = 0; i < d->items.count; i++) {
        const struct pol_step *s = pol_module_array(m, item[i].steps);
        for (uint32_t k = 0; k < item[i].steps.count; k++)
            sum += s[k].kind;
    }
    const struct pol_rule *rule = pol_module_array(m, d->rules);
    for (uint32_t i = 0; i < d->rules.count; i++)
        sum += strlen(pol_module_string(m, rule[i].name)) + strlen(pol_module_string(m, rule[i].source));
    return sum;
}

/* ---- what loads -----------------------------------------------------------------------------------------------------
 */

static void an_object_of_the_compiler_loads(void **state) {
    (void)state;
    struct pol_error error = {.message = ""};
    pol_module *m, *again;
    if (pol_module_open(object.path, &m, &error))
        fail_msg("%s", error.message);
    assert_int_equal(pol_module_load(object.bytes, object.size, &again, &error), POL_STATUS_OK);
    assert_true(pol_module_level(m) >= 1);
    assert_int_equal(pol_module_descriptor(m)->items.count, 12); /* of the sheet */
    assert_true(walk(m) > 100);
    assert_int_equal(walk(m), walk(again));
    pol_module_close(m);
    assert_true(walk(again) > 100); /* its own copy */
    pol_module_close(again);
    pol_module_close(NULL);
}

static void the_path_is_not_opened_again(void **state) {
    (void)state;
    struct pol_error error;
    pol_module *m;
    char path[80];
    snprintf(path, sizeof path, "%s/gone.so", object.folder);
    write_all(path, object.bytes, object.size);
    assert_int_equal(pol_module_open(path, &m, &error), POL_STATUS_OK);
    assert_int_equal(truncate(path, 0), 0);
    unlink(path);
    assert_true(walk(m) > 100);
    pol_module_close(m);
}

static void paths_that_are_no_objects(void **state) {
    (void)state;
    struct pol_error error;
    pol_module *m;
    assert_int_equal(pol_module_open("/nonexistent/p.so", &m, &error), POL_STATUS_SYSTEM);
    assert_non_null(strstr(error.message, "/nonexistent/p.so"));
    assert_int_equal(pol_module_open(object.folder, &m, &error), POL_STATUS_INPUT);
    assert_int_equal(pol_module_open("/dev/zero", &m, &error), POL_STATUS_INPUT);
    assert_int_equal(pol_module_open("/proc/self/exe", &m, &error), POL_STATUS_INPUT);
    char path[80];
    snprintf(path, sizeof path, "%s/big.so", object.folder);
    int fd = open(path, O_CREAT | O_RDWR, 0600);
    assert_int_equal(ftruncate(fd, ((off_t)256 << 20) + 1), 0);
    close(fd);
    assert_int_equal(pol_module_open(path, &m, &error), POL_STATUS_INPUT);
    assert_non_null(strstr(error.message, "256 MiB"));
    write_all(path, "", 0);
    assert_int_equal(pol_module_open(path, &m, NULL), POL_STATUS_INPUT);
    unlink(path);
    refuse("", 0, "not an ELF file");
    refuse("#!/bin/sh\necho this is a script and no object at all, though it is long enough for a header", 90,
           "not an ELF file");
}

/* ---- damage
 * ---------------------------------------------------------------------------------------------------------- */

static void truncated_objects_are_refused_at_every_length(void **state) {
    (void)state;
    size_t step = object.size / 1500 + 1;
    for (size_t size = 0; size < object.size; size += size < 1024 ? 1 : step)
        refuse(object.bytes, size, NULL);
    for (size_t size = object.size - 64; size < object.size; size++)
        refuse(object.bytes, size, NULL);
    uint8_t *longer = copy();
    longer[object.size] = 0;
    refuse(longer, object.size + 1, NULL);
    free(longer);
}

static void a_flipped_bit_is_refused_wherever_it_is(void **state) {
    (void)state;
    uint8_t *bytes = copy();
    uint64_t choice = 12345;
    size_t step = object.size / 1200 + 1;
    for (size_t at = 0; at < object.size; at += at < 512 ? 1 : step) {
        choice = choice * 6364136223846793005u + 1;
        uint8_t bit = (uint8_t)(1u << (choice >> 61));
        bytes[at] ^= bit;
        refuse(bytes, object.size, NULL);
        bytes[at] ^= bit;
    }
    free(bytes);
}

/* The digest is no secret: whoever forges an object signs it too. The loader must still not crash, and what it lets
 * pass must be safe to walk. */
static void forged_objects_never_crash_the_loader(void **state) {
    (void)state;
    uint64_t choice = 777;
    uint8_t *bytes = copy();
    unsigned passed = 0;
    for (int round = 0; round < 1500; round++) {
        memcpy(bytes, object.bytes, object.size);
        for (int change = 0; change < 1 + round % 4; change++) {
            choice = choice * 6364136223846793005u + 1442695040888963407u;
            size_t range = round % 3 == 0 ? 512 : object.size - object.descriptor;
            size_t at = (round % 3 == 0 ? 0 : object.descriptor) + (choice >> 20) % range;
            static const uint8_t values[] = {0, 1, 0x7f, 0x80, 0xff};
            bytes[at] = round % 2 ? values[(choice >> 10) % 5] : (uint8_t)(choice >> 50);
        }
        sign(bytes, object.size);
        pol_module *m;
        struct pol_error error;
        if (pol_module_load(bytes, object.size, &m, &error) == POL_STATUS_OK) {
            passed += walk(m) > 0;
            pol_module_close(m);
        }
    }
    assert_true(passed > 0 && passed < 1500);
    free(bytes);
}

static Elf64_Phdr *segment(uint8_t *bytes, uint32_t type) {
    Elf64_Ehdr *h = (Elf64_Ehdr *)(void *)bytes;
    Elf64_Phdr *p = (Elf64_Phdr *)(void *)(bytes + h->e_phoff);
    for (int i = 0; i < h->e_phnum; i++)
        if (p[i].p_type == type)
            return &p[i];
    fail_msg("no such segment");
    return NULL;
}

static Elf64_Sym *symbol(uint8_t *bytes) {
    Elf64_Ehdr *h = (Elf64_Ehdr *)(void *)bytes;
    Elf64_Shdr *s = (Elf64_Shdr *)(void *)(bytes + h->e_shoff);
    for (int i = 0; i < h->e_shnum; i++)
        if (s[i].sh_type == SHT_DYNSYM)
            return (Elf64_Sym *)(void *)(bytes + s[i].sh_offset) + 1;
    fail_msg("no symbols");
    return NULL;
}

static Elf64_Dyn *dynamic(uint8_t *bytes) {
    return (Elf64_Dyn *)(void *)(bytes + segment(bytes, PT_DYNAMIC)->p_offset);
}

#define FORGE(says, ...)                                                                                               \
    do {                                                                                                               \
        uint8_t *bytes = copy();                                                                                       \
        Elf64_Ehdr *elf = (Elf64_Ehdr *)(void *)bytes;                                                                 \
        struct pol_descriptor *d = header_of(bytes);                                                                   \
        (void)elf;                                                                                                     \
        (void)d;                                                                                                       \
        __VA_ARGS__;                                                                                                   \
        sign(bytes, object.size);                                                                                      \
        refuse(bytes, object.size, says);                                                                              \
        free(bytes);                                                                                                   \
    } while (0)

static void hostile_elf_is_refused_by_name(void **state) {
    (void)state;
    FORGE("not for 64-bit x86", elf->e_machine = EM_AARCH64);
    FORGE("not for 64-bit x86", elf->e_ident[EI_CLASS] = ELFCLASS32);
    FORGE("not a shared object", elf->e_type = ET_EXEC);
    FORGE("program headers", elf->e_phoff = UINT64_MAX - 8);
    FORGE("program headers", elf->e_phnum = 0xffff);
    FORGE("section headers", elf->e_shoff = object.size);
    FORGE("outside the file", segment(bytes, PT_LOAD)->p_filesz = object.size * 2);
    FORGE("writable and executable", segment(bytes, PT_LOAD)->p_flags = PF_R | PF_W | PF_X);
    FORGE("executable stack", segment(bytes, PT_GNU_STACK)->p_flags = PF_R | PF_W | PF_X);
    FORGE("thread-local", segment(bytes, PT_GNU_STACK)->p_type = PT_TLS);
    FORGE("it is a program", segment(bytes, PT_GNU_STACK)->p_type = PT_INTERP);
    FORGE("writable data", segment(bytes, PT_LOAD)->p_memsz += 4096);
    FORGE("badly aligned", segment(bytes, PT_LOAD)->p_vaddr += 16);
    FORGE("needs other libraries", dynamic(bytes)->d_tag = DT_NEEDED);
    FORGE("runs code on loading", dynamic(bytes)->d_tag = DT_INIT);
    FORGE("runs code on loading", dynamic(bytes)->d_tag = DT_FINI_ARRAY);
    FORGE("runs code on loading", dynamic(bytes)->d_tag = DT_PREINIT_ARRAY);
    FORGE("relocation", dynamic(bytes)->d_tag = DT_RELA);
    FORGE("relocation", dynamic(bytes)->d_tag = DT_JMPREL);
    FORGE("unknown entry", dynamic(bytes)->d_tag = DT_AUDIT);
    FORGE("imports 'pol_descriptor'", symbol(bytes)->st_shndx = SHN_UNDEF);
    FORGE("exports 'ol_descriptor'", symbol(bytes)->st_name += 1);
    FORGE("has no name", symbol(bytes)->st_name = UINT32_MAX);
    FORGE("not data", symbol(bytes)->st_info = ELF64_ST_INFO(STB_GLOBAL, STT_FUNC));
    FORGE("outside the object", symbol(bytes)->st_value = (uint64_t)1 << 40);
    FORGE("outside the object", symbol(bytes)->st_size = (uint64_t)1 << 40);
}

static void hostile_descriptors_are_refused_by_name(void **state) {
    (void)state;
    FORGE("mark of a policy", d->magic[0] = 'p');
    FORGE("ABI 2.2", d->abi_major = 2);
    FORGE("a descriptor record", d->abi_minor = 0);
    FORGE("a descriptor record", d->abi_minor = 1);
    FORGE("ABI 1.9", d->abi_minor = 9);
    FORGE("a step record has 152 bytes", d->size_step = 152);
    FORGE("a descriptor record", d->header_size += 8);
    FORGE("its size", d->size = UINT64_MAX);
    FORGE("name lies outside", d->name.offset = UINT32_MAX);
    FORGE("has no end", d->name.size -= 1);
    FORGE("fields lies outside", d->claim_fields.count = UINT32_MAX);
    FORGE("badly aligned", d->claim_fields.offset += 1);
    FORGE("kernels", d->kernel_count = 5);
    FORGE("a kernel lies outside", d->kernels[0].row = INT64_MAX);
    FORGE("a kernel lies outside", d->kernels[0].profile = -INT32_MAX);
    FORGE("a kernel lies outside", d->kernels[0].row = 0);               /* constants are no code, */
    FORGE("a kernel lies outside", d->kernels[0].row = d->title.offset); /* wherever they lie */
    FORGE("unknown level", d->kernels[0].least = 5);
    FORGE("damaged: there are 65537 rules; build it again", d->rules.count = 65537); /* named by 16 bits */
    FORGE("there are 4294967295 rules", d->rules.count = UINT32_MAX);
    FORGE("rules lies outside", d->rules.count = 65536);
    FORGE("thresholds lies outside", d->thresholds.count = UINT32_MAX / 2);
    FORGE("UTF-8", bytes[object.descriptor + d->title.offset] = 0xff);
    struct pol_item *item;
#define ITEM    (item = (struct pol_item *)(void *)((uint8_t *)d + d->items.offset))
#define AT(ref) ((void *)((uint8_t *)d + (ref).offset))
    struct pol_threshold *threshold;
#define THRESHOLD (threshold = AT(d->thresholds), assert_true(d->thresholds.count > 0))
    FORGE("does not exist", THRESHOLD, threshold[0].item = 5000);
    FORGE("does not exist", THRESHOLD, threshold[0].field = 5000);
    FORGE("does not exist", THRESHOLD, threshold[0].param = 5000);
    FORGE("not of a number", THRESHOLD, threshold[0].field = POL_CLAIM_ID);
    FORGE("does not exist", ITEM, item[0].award_rule = 1000000);
    FORGE("does not exist", ITEM, ((uint32_t *)AT(item[0].needs))[item[0].needs.count - 1] = 5000);
    FORGE("not in order", ITEM, ((uint32_t *)AT(item[0].needs))[1] = 1);
    FORGE("unknown kind of step", ITEM, ((struct pol_step *)AT(item[0].steps))[0].kind = 99);
    FORGE("different kinds", ITEM, ((struct pol_step *)AT(item[0].steps))[0].kind = POL_STEP_LADDER);
    FORGE("different kinds", ITEM, ((struct pol_step *)AT(item[0].steps))[0].kind = POL_STEP_LIMIT);
    FORGE("does not exist", ITEM, ((struct pol_step *)AT(item[0].steps))[0].cell = 4096);
    FORGE("has width", ((struct pol_field *)AT(d->claim_fields))[POL_CLAIM_BUILTINS].width = 3);
    FORGE("unknown type", ((struct pol_field *)AT(d->claim_fields))[POL_CLAIM_BUILTINS].type = 77);
    FORGE("range is empty", ((struct pol_field *)AT(d->claim_fields))[POL_CLAIM_BUILTINS].min = INT64_MAX);
}

/* The same digest, another byte: what a changed file looks like. */
static void a_changed_object_is_told_from_a_damaged_one(void **state) {
    (void)state;
    uint8_t *bytes = copy();
    const struct pol_descriptor *d = header_of(bytes);
    bytes[object.descriptor + d->title.offset] ^= 1;
    refuse(bytes, object.size, "SHA-256");
    free(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_object_of_the_compiler_loads),
        cmocka_unit_test(the_path_is_not_opened_again),
        cmocka_unit_test(paths_that_are_no_objects),
        cmocka_unit_test(truncated_objects_are_refused_at_every_length),
        cmocka_unit_test(a_flipped_bit_is_refused_wherever_it_is),
        cmocka_unit_test(forged_objects_never_crash_the_loader),
        cmocka_unit_test(hostile_elf_is_refused_by_name),
        cmocka_unit_test(hostile_descriptors_are_refused_by_name),
        cmocka_unit_test(a_changed_object_is_told_from_a_damaged_one),
    };
    return cmocka_run_group_tests(tests, build, clean);
}
