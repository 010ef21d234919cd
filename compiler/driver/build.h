/* build.h - from IR to a shared object on disk, with messages for people. Gives exit codes. */
#ifndef POL_BUILD_H
#define POL_BUILD_H

#include "driver/command.h"

/* Generates code for `cpu` (NULL: portable) and links it to `path`. */
int build_object(const struct ir_policy *policy, const char *cpu, const char *path);
/* Checks the command's policy with messages, generates code and links it to `path`. One process does the checking and
 * the generating, so that the code generator, which takes as long to load as a policy to check, loads meanwhile. */
int build_source(const struct command *c, const char *path);
/* Prints one stage (llvm, asm: text; obj: an ELF object) to a file, "-" for standard output. */
int build_emit(const struct ir_policy *policy, const char *cpu, const char *kind, const char *path);
/* Writes bytes to a file by way of a file aside; NULL or "-": standard output. */
int build_write(const char *path, struct text bytes);
/* Writes bytes in place of a file, by way of a file aside, with its mode; a link goes on to point to it. */
int build_replace(const char *path, struct text bytes);

#endif
