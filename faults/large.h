// large.h: arrays that grow to gigabytes. In pages of 4 KiB such an array costs a page
// fault for each of them, and nearly each access to it a walk through the page tables.
// So from 8 MiB on it is in pages of 2 MiB, where the system has them.

#ifndef CP_FAULTS_LARGE_H
#define CP_FAULTS_LARGE_H

#include <stddef.h>

// Make an array larger, as realloc() does; of NULL, a new one. What is added is zero. NULL
// without memory; then the array is as it was. It is released with cp_large_free() only.
void *cp_large_resize(void *array, size_t size_bytes);

void cp_large_free(void *array); // or NULL

#endif
