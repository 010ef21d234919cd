#include "core/object.h"

#include <elf.h>
#include <string.h>

#include "core/status.h"
#include "tr.h"

enum { PAGE = 4096, HEADERS_MAX = 4096, ADDRESS_MAX = 1 << 30 };

struct reader {
    const uint8_t *bytes;
    uint64_t size;
    struct pol_error *error;
    Elf64_Ehdr header;
    struct prt_object *object;
    uint64_t dynamic_offset, dynamic_size;
    uint64_t symbols, strings, strings_size; /* as the dynamic section says: addresses, bytes */
    bool has_stack_note;
};

static enum pol_status refuse(struct reader *r, const char *why) {
    return prt_fail(r->error, POL_STATUS_INPUT, "not a policy object: %s; build it again with `polc build`", tr(why));
}

static bool inside(uint64_t size, uint64_t offset, uint64_t length) {
    return offset <= size && length <= size - offset;
}

static enum pol_status check_header(struct reader *r) {
    Elf64_Ehdr *h = &r->header;
    if (r->size < sizeof *h)
        return refuse(r,
                      r->size < 4 || memcmp(r->bytes, ELFMAG, 4) ? tr("not an ELF file") : tr("the file is cut short"));
    memcpy(h, r->bytes, sizeof *h);
    if (memcmp(h->e_ident, ELFMAG, SELFMAG) != 0)
        return refuse(r, "not an ELF file");
    if (h->e_ident[EI_CLASS] != ELFCLASS64 || h->e_ident[EI_DATA] != ELFDATA2LSB || h->e_machine != EM_X86_64)
        return refuse(r, "not for 64-bit x86");
    if (h->e_ident[EI_VERSION] != EV_CURRENT || h->e_version != EV_CURRENT || h->e_ehsize != sizeof *h)
        return refuse(r, "unknown ELF version");
    if (h->e_type != ET_DYN)
        return refuse(r, "not a shared object");
    if (h->e_phentsize != sizeof(Elf64_Phdr) || h->e_phnum == 0 || h->e_phnum > HEADERS_MAX ||
        !inside(r->size, h->e_phoff, (uint64_t)h->e_phnum * sizeof(Elf64_Phdr)))
        return refuse(r, "the program headers are damaged or cut off");
    if (h->e_shentsize != sizeof(Elf64_Shdr) || h->e_shnum == 0 || h->e_shnum > HEADERS_MAX ||
        !inside(r->size, h->e_shoff, (uint64_t)h->e_shnum * sizeof(Elf64_Shdr)))
        return refuse(r, "the section headers are damaged or cut off");
    return POL_STATUS_OK;
}

static enum pol_status add_segment(struct reader *r, const Elf64_Phdr *p) {
    struct prt_object *object = r->object;
    if (p->p_filesz != p->p_memsz)
        return refuse(r, "it has writable data");
    if ((p->p_flags & PF_W) && (p->p_flags & PF_X))
        return refuse(r, "a segment is both writable and executable");
    if (!(p->p_flags & PF_R))
        return refuse(r, "a segment cannot be read");
    if (p->p_vaddr % PAGE != p->p_offset % PAGE || p->p_vaddr > ADDRESS_MAX)
        return refuse(r, "a segment is badly aligned");
    if (object->segment_count == PRT_SEGMENTS_MAX)
        return refuse(r, "too many segments");
    if (object->segment_count) {
        const struct prt_segment *last = &object->segment[object->segment_count - 1];
        uint64_t end = (last->address + last->size + PAGE - 1) / PAGE * PAGE;
        if (p->p_vaddr / PAGE * PAGE < end)
            return refuse(r, "segments overlap or are out of order");
    }
    if (p->p_filesz == 0)
        return POL_STATUS_OK;
    object->segment[object->segment_count++] = (struct prt_segment){
        .offset = p->p_offset, .address = p->p_vaddr, .size = p->p_filesz, .executable = (p->p_flags & PF_X) != 0};
    return POL_STATUS_OK;
}

static enum pol_status check_program_header(struct reader *r, const Elf64_Phdr *p) {
    if (p->p_type != PT_GNU_STACK && !inside(r->size, p->p_offset, p->p_filesz))
        return refuse(r, "a segment lies outside the file; it is cut short or damaged");
    switch (p->p_type) {
    case PT_LOAD:
        return add_segment(r, p);
    case PT_DYNAMIC:
        if (r->dynamic_size)
            return refuse(r, "two dynamic sections");
        r->dynamic_offset = p->p_offset;
        r->dynamic_size = p->p_filesz;
        return POL_STATUS_OK;
    case PT_GNU_STACK:
        r->has_stack_note = true;
        return p->p_flags & PF_X ? refuse(r, "it asks for an executable stack") : POL_STATUS_OK;
    case PT_NULL:
    case PT_NOTE:
    case PT_PHDR:
    case PT_GNU_EH_FRAME:
    case PT_GNU_RELRO:
    case PT_GNU_PROPERTY:
        return POL_STATUS_OK;
    case PT_INTERP:
        return refuse(r, "it is a program");
    case PT_TLS:
        return refuse(r, "it has thread-local data");
    default:
        return refuse(r, "a segment of unknown kind");
    }
}

static enum pol_status check_segments(struct reader *r) {
    for (uint32_t i = 0; i < r->header.e_phnum; i++) {
        Elf64_Phdr p;
        memcpy(&p, r->bytes + r->header.e_phoff + i * sizeof p, sizeof p);
        enum pol_status status = check_program_header(r, &p);
        if (status)
            return status;
    }
    if (!r->object->segment_count || !r->dynamic_size)
        return refuse(r, "it has nothing to load");
    if (!r->has_stack_note)
        return refuse(r, "it does not say that its stack is not executable");
    return POL_STATUS_OK;
}

/* Instructions lie where they are said to be loaded, and can be executed there. */
static enum pol_status add_code(struct reader *r, const Elf64_Shdr *s) {
    struct prt_object *object = r->object;
    if (s->sh_type != SHT_PROGBITS || !(s->sh_flags & SHF_ALLOC))
        return refuse(r, "a section of code is not loaded");
    if (s->sh_size == 0)
        return POL_STATUS_OK;
    for (uint32_t i = 0; i < object->segment_count; i++) {
        const struct prt_segment *g = &object->segment[i];
        if (!g->executable || s->sh_addr < g->address || !inside(g->size, s->sh_addr - g->address, s->sh_size) ||
            s->sh_offset - g->offset != s->sh_addr - g->address)
            continue;
        if (object->code_count == PRT_CODES_MAX)
            return refuse(r, "too many sections of code");
        object->code[object->code_count++] = (struct prt_code){.address = s->sh_addr, .size = s->sh_size};
        return POL_STATUS_OK;
    }
    return refuse(r, "a section of code is not loaded");
}

static enum pol_status check_sections(struct reader *r) {
    for (uint32_t i = 0; i < r->header.e_shnum; i++) {
        Elf64_Shdr s;
        memcpy(&s, r->bytes + r->header.e_shoff + i * sizeof s, sizeof s);
        if (s.sh_type != SHT_NULL && s.sh_type != SHT_NOBITS && !inside(r->size, s.sh_offset, s.sh_size))
            return refuse(r, "a section lies outside the file; it is cut short or damaged");
        if (s.sh_type == SHT_INIT_ARRAY || s.sh_type == SHT_FINI_ARRAY || s.sh_type == SHT_PREINIT_ARRAY)
            return refuse(r, "it runs code on loading");
        if ((s.sh_flags & SHF_WRITE) && (s.sh_flags & SHF_EXECINSTR))
            return refuse(r, "a section is both writable and executable");
        if (s.sh_flags & SHF_TLS)
            return refuse(r, "it has thread-local data");
        enum pol_status status = s.sh_flags & SHF_EXECINSTR ? add_code(r, &s) : POL_STATUS_OK;
        if (status)
            return status;
    }
    return POL_STATUS_OK;
}

static enum pol_status check_dynamic_entry(struct reader *r, const Elf64_Dyn *d) {
    switch (d->d_tag) {
    case DT_STRTAB:
        r->strings = d->d_un.d_ptr;
        return POL_STATUS_OK;
    case DT_SYMTAB:
        r->symbols = d->d_un.d_ptr;
        return POL_STATUS_OK;
    case DT_STRSZ:
        r->strings_size = d->d_un.d_val;
        return POL_STATUS_OK;
    case DT_SYMENT:
        return d->d_un.d_val == sizeof(Elf64_Sym) ? POL_STATUS_OK : refuse(r, "symbols of unknown size");
    case DT_HASH:
    case DT_GNU_HASH:
    case DT_SONAME:
        return POL_STATUS_OK;
    case DT_FLAGS:
        return d->d_un.d_val & ~(Elf64_Xword)(DF_BIND_NOW | DF_SYMBOLIC) ? refuse(r, "unknown loading flags")
                                                                         : POL_STATUS_OK;
    case DT_FLAGS_1:
        return d->d_un.d_val & ~(Elf64_Xword)DF_1_NOW ? refuse(r, "unknown loading flags") : POL_STATUS_OK;
    case DT_SYMBOLIC:
    case DT_BIND_NOW:
        return POL_STATUS_OK;
    case DT_NEEDED:
        return refuse(r, "it needs other libraries");
    case DT_INIT:
    case DT_FINI:
    case DT_INIT_ARRAY:
    case DT_FINI_ARRAY:
    case DT_PREINIT_ARRAY:
        return refuse(r, "it runs code on loading");
    case DT_REL:
    case DT_RELA:
    case DT_RELR:
    case DT_JMPREL:
    case DT_TEXTREL:
        return refuse(r, "it needs relocation");
    default:
        return refuse(r, "an unknown entry in its dynamic section");
    }
}

static enum pol_status check_dynamic(struct reader *r) {
    for (uint64_t at = 0; at + sizeof(Elf64_Dyn) <= r->dynamic_size; at += sizeof(Elf64_Dyn)) {
        Elf64_Dyn d;
        memcpy(&d, r->bytes + r->dynamic_offset + at, sizeof d);
        if (d.d_tag == DT_NULL)
            return r->symbols && r->strings ? POL_STATUS_OK : refuse(r, "it has no dynamic symbols");
        enum pol_status status = check_dynamic_entry(r, &d);
        if (status)
            return status;
    }
    return refuse(r, "its dynamic section has no end");
}

/* The file offset of `length` loaded bytes at `address`; false if they are not within one segment. */
static bool find_offset(const struct prt_object *object, uint64_t address, uint64_t length, uint64_t *offset) {
    for (uint32_t i = 0; i < object->segment_count; i++) {
        const struct prt_segment *s = &object->segment[i];
        if (address >= s->address && inside(s->size, address - s->address, length)) {
            *offset = s->offset + (address - s->address);
            return true;
        }
    }
    return false;
}

static enum pol_status check_descriptor_symbol(struct reader *r, const Elf64_Sym *symbol) {
    struct prt_object *object = r->object;
    if (object->descriptor_size)
        return refuse(r, "it exports pol_descriptor twice");
    if (ELF64_ST_TYPE(symbol->st_info) != STT_OBJECT || symbol->st_shndx == SHN_ABS || symbol->st_shndx == SHN_COMMON)
        return refuse(r, "pol_descriptor is not data");
    if (symbol->st_size == 0 || symbol->st_value % 8 != 0 ||
        !find_offset(object, symbol->st_value, symbol->st_size, &object->descriptor_offset))
        return refuse(r, "pol_descriptor lies outside the object");
    for (uint32_t i = 0; i < object->code_count; i++) {
        const struct prt_code *code = &object->code[i];
        if (symbol->st_value < code->address + code->size && code->address < symbol->st_value + symbol->st_size)
            return refuse(r, "pol_descriptor is not data");
    }
    object->descriptor_address = symbol->st_value;
    object->descriptor_size = symbol->st_size;
    return object->descriptor_offset % 8 ? refuse(r, "pol_descriptor is badly aligned") : POL_STATUS_OK;
}

/* `strings` is the file offset of the dynamic string table, known to lie inside the file. */
static enum pol_status check_symbol(struct reader *r, uint64_t strings, const Elf64_Sym *symbol) {
    if (symbol->st_name >= r->strings_size)
        return refuse(r, "a symbol has no name");
    const char *name = (const char *)r->bytes + strings + symbol->st_name;
    if (!memchr(name, 0, (size_t)(r->strings_size - symbol->st_name)))
        return refuse(r, "a symbol's name has no end");
    if (symbol->st_shndx == SHN_UNDEF)
        return prt_fail(r->error, POL_STATUS_INPUT, "not a policy object: it imports '%.100s'", name);
    if (strcmp(name, POL_DESCRIPTOR_SYMBOL) != 0)
        return prt_fail(r->error, POL_STATUS_INPUT, "not a policy object: it exports '%.100s'", name);
    return check_descriptor_symbol(r, symbol);
}

/* The section header tells how many symbols there are: the dynamic section does not. */
static enum pol_status find_symbol_table(struct reader *r, uint64_t *offset, uint64_t *count) {
    for (uint32_t i = 0; i < r->header.e_shnum; i++) {
        Elf64_Shdr s;
        memcpy(&s, r->bytes + r->header.e_shoff + i * sizeof s, sizeof s);
        if (s.sh_type != SHT_DYNSYM)
            continue;
        uint64_t loaded;
        if (s.sh_addr != r->symbols || s.sh_entsize != sizeof(Elf64_Sym) ||
            !find_offset(r->object, r->symbols, s.sh_size, &loaded) || loaded != s.sh_offset)
            return refuse(r, "its symbol table is damaged");
        *offset = loaded;
        *count = s.sh_size / sizeof(Elf64_Sym);
        return POL_STATUS_OK;
    }
    return refuse(r, "it has no symbol table");
}

static enum pol_status check_symbols(struct reader *r) {
    uint64_t offset = 0, count = 0, strings = 0;
    enum pol_status status = find_symbol_table(r, &offset, &count);
    if (status)
        return status;
    if (!find_offset(r->object, r->strings, r->strings_size, &strings))
        return refuse(r, "its symbol names lie outside the object");
    for (uint64_t i = 1; i < count; i++) {
        Elf64_Sym symbol;
        memcpy(&symbol, r->bytes + offset + i * sizeof symbol, sizeof symbol);
        status = check_symbol(r, strings, &symbol);
        if (status)
            return status;
    }
    return r->object->descriptor_size ? POL_STATUS_OK : refuse(r, "it does not export pol_descriptor");
}

enum pol_status prt_object_check(const uint8_t *bytes, size_t size, struct prt_object *object,
                                 struct pol_error *error) {
    *object = (struct prt_object){0};
    struct reader r = {.bytes = bytes, .size = size, .error = error, .object = object};
    static enum pol_status (*const checks[])(struct reader *) = {check_header, check_segments, check_sections,
                                                                 check_dynamic, check_symbols};
    for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
        enum pol_status status = checks[i](&r);
        if (status)
            return status;
    }
    return POL_STATUS_OK;
}
