#include "driver/shared_object.h"

#include <elf.h>
#include <stdbool.h>
#include <string.h>

#include "abi.h"
#include "tr.h"

struct object {
    const uint8_t *bytes;
    size_t size;
    Elf64_Ehdr head;
};

/* `count` records of `record` bytes at `offset`; NULL when they are not all in the file. */
static const uint8_t *part(const struct object *o, uint64_t offset, uint64_t count, uint64_t record) {
    if (offset > o->size || (record && count > (o->size - offset) / record))
        return NULL;
    return o->bytes + offset;
}

static const char *read_head(struct object *o) {
    if (o->size < sizeof o->head)
        return tr("not an ELF file");
    memcpy(&o->head, o->bytes, sizeof o->head);
    const unsigned char *id = o->head.e_ident;
    if (memcmp(id, ELFMAG, SELFMAG) != 0 || id[EI_CLASS] != ELFCLASS64 || id[EI_DATA] != ELFDATA2LSB)
        return tr("not an ELF file of 64 bits");
    if (o->head.e_type != ET_DYN || o->head.e_machine != EM_X86_64)
        return tr("not a shared object for x86-64");
    if (o->head.e_shentsize != sizeof(Elf64_Shdr) || o->head.e_phentsize != sizeof(Elf64_Phdr))
        return tr("headers of an unknown size");
    if (!part(o, o->head.e_shoff, o->head.e_shnum, sizeof(Elf64_Shdr)) ||
        !part(o, o->head.e_phoff, o->head.e_phnum, sizeof(Elf64_Phdr)))
        return tr("headers outside of the file");
    return NULL;
}

static Elf64_Shdr section(const struct object *o, unsigned i) {
    Elf64_Shdr s;
    memcpy(&s, o->bytes + o->head.e_shoff + i * sizeof s, sizeof s);
    return s;
}

static const char *check_dynamic(const struct object *o, const Elf64_Shdr *s) {
    uint64_t count = s->sh_size / sizeof(Elf64_Dyn);
    const uint8_t *at = part(o, s->sh_offset, count, sizeof(Elf64_Dyn));
    if (!at)
        return tr("a dynamic section outside of the file");
    for (uint64_t i = 0; i < count; i++) {
        Elf64_Dyn d;
        memcpy(&d, at + i * sizeof d, sizeof d);
        switch (d.d_tag) {
        case DT_NEEDED:
            return tr("it needs another library");
        case DT_RELA:
        case DT_REL:
        case DT_JMPREL:
        case DT_TEXTREL:
            return tr("it has relocations");
        case DT_INIT:
        case DT_FINI:
        case DT_INIT_ARRAY:
        case DT_FINI_ARRAY:
            return tr("it has initialisers");
        default:
            break; /* the other tags describe what is there */
        }
    }
    return NULL;
}

/* The file offset of an address that is loaded from the file. */
static bool offset_of(const struct object *o, uint64_t address, size_t *offset) {
    for (unsigned i = 0; i < o->head.e_phnum; i++) {
        Elf64_Phdr p;
        memcpy(&p, o->bytes + o->head.e_phoff + i * sizeof p, sizeof p);
        if (p.p_type != PT_LOAD || address < p.p_vaddr || address - p.p_vaddr >= p.p_filesz)
            continue;
        *offset = (size_t)(p.p_offset + (address - p.p_vaddr));
        return *offset < o->size;
    }
    return false;
}

static bool is_name(const struct object *o, const Elf64_Shdr *names, uint32_t name, const char *wanted) {
    size_t size = strlen(wanted) + 1;
    const uint8_t *at = part(o, names->sh_offset, names->sh_size, 1);
    return at && name <= names->sh_size && names->sh_size - name >= size && memcmp(at + name, wanted, size) == 0;
}

/* The first symbol is the null symbol. */
static const char *check_symbols(const struct object *o, const Elf64_Shdr *s, size_t *descriptor, bool *found) {
    uint64_t count = s->sh_size / sizeof(Elf64_Sym);
    const uint8_t *at = part(o, s->sh_offset, count, sizeof(Elf64_Sym));
    if (!at || s->sh_link >= o->head.e_shnum)
        return tr("a symbol table outside of the file");
    Elf64_Shdr names = section(o, s->sh_link);
    for (uint64_t i = 1; i < count; i++) {
        Elf64_Sym symbol;
        memcpy(&symbol, at + i * sizeof symbol, sizeof symbol);
        if (symbol.st_shndx == SHN_UNDEF)
            return tr("it imports a symbol");
        if (!is_name(o, &names, symbol.st_name, POL_DESCRIPTOR_SYMBOL))
            return tr("it exports more than the descriptor");
        *found = offset_of(o, symbol.st_value, descriptor);
    }
    return NULL;
}

const char *shared_object_check(const uint8_t *bytes, size_t size, size_t *descriptor) {
    struct object o = {.bytes = bytes, .size = size};
    const char *wrong = read_head(&o);
    bool found = false;
    for (unsigned i = 0; !wrong && i < o.head.e_shnum; i++) {
        Elf64_Shdr s = section(&o, i);
        if (s.sh_type == SHT_DYNAMIC)
            wrong = check_dynamic(&o, &s);
        else if (s.sh_type == SHT_DYNSYM)
            wrong = check_symbols(&o, &s, descriptor, &found);
        else if (s.sh_type == SHT_RELA || s.sh_type == SHT_REL)
            wrong = tr("it has relocations");
        else if (s.sh_type == SHT_INIT_ARRAY || s.sh_type == SHT_FINI_ARRAY || s.sh_type == SHT_PREINIT_ARRAY)
            wrong = tr("it has initialisers");
        else if (s.sh_type == SHT_NOBITS && s.sh_size)
            wrong = tr("it has writable data");
    }
    if (!wrong && (!found || size - *descriptor < sizeof(struct pol_descriptor)))
        wrong = tr("it has no descriptor");
    return wrong;
}
