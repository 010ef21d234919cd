/* link.h - from an object to a shared object, by way of `ld`, renamed into place when it is complete.
 *
 * Until the rename nothing stands under the final name; whatever fails, and when the user interrupts, the file written
 * aside is removed. The shared object is checked to be what abi.h promises before it gets its digest.
 */
#ifndef POL_LINK_H
#define POL_LINK_H

#include <stddef.h>

enum link_status {
    LINK_OK,
    LINK_NO_LINKER, /* there is no program `ld` */
    LINK_REFUSED,   /* ld, or our check of what it made, refused the object */
    LINK_SYSTEM,    /* a file could not be written, no memory */
};

enum { LINK_MESSAGE = 512 };

struct link_object {
    const void *bytes;
    size_t size;
};
enum { LINK_OBJECTS = 4 };

/* Links at most LINK_OBJECTS objects. `message` gets one line for people unless the result is LINK_OK. */
enum link_status link_shared(const struct link_object *object, size_t count, const char *path,
                             char message[LINK_MESSAGE]);

#endif
