// memory.h: allocation that cannot fail.
//
// A scenario file is at most 1 MiB. A host that has no memory for that has none
// for the exploration either, so the loader says so and stops the process; no
// caller has to carry that error.

#ifndef CP_SCENARIOS_MEMORY_H
#define CP_SCENARIOS_MEMORY_H

#include <stddef.h>

// Zeroed memory; free() it.
void *cp_allocate(size_t size_bytes);

// Make room for one more item of item_size_bytes in a growing array.
void *cp_grow(void *items, size_t count, size_t *capacity, size_t item_size_bytes);

#endif
