/* codegen.h - from IR to native code: LLVM's text, assembly, or an ELF object that holds one exported constant,
 * pol_descriptor (abi.h), imports nothing and has neither constructors nor writable data.
 *
 * The same policy and target give the same bytes on every machine. No state outside the call; several threads may
 * generate code at once. Nothing of LLVM is seen outside of this folder.
 */
#ifndef POL_CODEGEN_H
#define POL_CODEGEN_H

#include <stddef.h>

#include "ir/ir.h"

enum codegen_kind {
    CODEGEN_LLVM,
    CODEGEN_ASM,
    CODEGEN_OBJECT, /* one object with everything in it */
    CODEGEN_PARTS,  /* the same in several objects, written at the same time; to be linked in this order */
};

enum codegen_status {
    CODEGEN_OK,
    CODEGEN_UNKNOWN_CPU, /* not a processor that code can be written for */
    CODEGEN_TOO_LARGE,   /* the descriptor would pass 4 GiB or a table its limit */
    CODEGEN_NO_MEMORY,
    CODEGEN_FAILED, /* LLVM refused what we gave it: a mistake of ours; `message` says which */
};

enum { CODEGEN_PART_LIMIT = 3, CODEGEN_MESSAGE = 512 };

struct codegen_output { /* given back with codegen_free, also after a failure */
    struct {
        char *bytes; /* not NUL-terminated */
        size_t size;
    } part[CODEGEN_PART_LIMIT];
    size_t count; /* 1 but for CODEGEN_PARTS */
    char message[CODEGEN_MESSAGE];
};

/* What codegen_policy would begin with, whatever the policy: for when there is time before the policy is known. */
void codegen_start(void);
/* `cpu` NULL: one object for every x86-64 processor, with code for levels 1, 3 and 4 of which the loader takes the
 * best. Otherwise code for that processor alone: one of codegen_cpus, "native" being the machine at hand. */
enum codegen_status codegen_policy(const struct ir_policy *policy, const char *cpu, enum codegen_kind kind,
                                   struct codegen_output *out);
void codegen_free(struct codegen_output *out);

/* The names accepted for `cpu`, ended by NULL. */
const char *const *codegen_cpus(void);

/* What the module polc-llvm.so offers to polc, which loads it only when code is to be generated: LLVM takes longer to
 * start than most policies to check. */
struct codegen_entry {
    const char *version; /* of pol; that of the program must be the same */
    void (*start)(void); /* codegen_start */
    enum codegen_status (*policy)(const struct ir_policy *policy, const char *cpu, enum codegen_kind kind,
                                  struct codegen_output *out);
    void (*free)(struct codegen_output *out);
    const char *const *(*cpus)(void);
};
#define CODEGEN_MODULE "polc-llvm.so"
#define CODEGEN_ENTRY  "codegen_entry"
extern const struct codegen_entry codegen_entry;

#endif
