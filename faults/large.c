// large.c: see large.h. An array is preceded by a header, since realloc() and mremap()
// have to be told apart. Mappings begin where a large page does, and stay so when they
// are moved: otherwise the kernel would have to split the pages.

#define _GNU_SOURCE
#include "faults/large.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define LARGE_BYTES ((size_t)8 << 20)
#define PAGE_BYTES  ((size_t)2 << 20)

struct header {
    size_t size_bytes;   // of the array
    size_t mapped_bytes; // header included; 0: malloc() made it
    size_t unused[6];    // what follows lies in a mapping as in the cache
};

static struct header *header_of(void *array) {
    return (struct header *)array - 1;
}

// The array behind a header, or NULL behind none.
static void *with_sizes(struct header *header, size_t size_bytes, size_t mapped_bytes) {
    if (!header) {
        return NULL;
    }
    header->size_bytes = size_bytes;
    header->mapped_bytes = mapped_bytes;
    return header + 1;
}

static size_t mapped_for(size_t size_bytes) {
    if (size_bytes > SIZE_MAX / 2) {
        return SIZE_MAX / 2 + 1; // no system has that much
    }
    return (size_bytes + sizeof(struct header) + PAGE_BYTES - 1) & ~(PAGE_BYTES - 1);
}

// So many bytes of address space, beginning where a large page does; NULL without memory.
static void *map(size_t bytes, int protection) {
    uint8_t *all = mmap(NULL, bytes + PAGE_BYTES, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (all == MAP_FAILED) {
        return NULL;
    }
    size_t before = -(uintptr_t)all & (PAGE_BYTES - 1);
    if (before > 0) {
        munmap(all, before);
    }
    munmap(all + before + bytes, PAGE_BYTES - before);
    return all + before;
}

static void *allocate_mapped(size_t size_bytes) {
    size_t bytes = mapped_for(size_bytes);
    struct header *header = map(bytes, PROT_READ | PROT_WRITE);
    if (header) {
        (void)madvise(header, bytes, MADV_HUGEPAGE); // a wish
    }
    return with_sizes(header, size_bytes, bytes);
}

static void *resize_mapped(struct header *header, size_t size_bytes) {
    size_t had_bytes = header->mapped_bytes, bytes = mapped_for(size_bytes);
    void *moved = header;
    if (bytes != had_bytes) {
        void *target = map(bytes, PROT_NONE);
        moved = target ? mremap(header, had_bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, target)
                       : MAP_FAILED;
    }
    // If it was not moved, the target is left alone: it may be someone else's by now.
    return with_sizes(moved == MAP_FAILED ? NULL : moved, size_bytes, bytes);
}

static void *resize_small(struct header *header, size_t size_bytes) {
    size_t had_bytes = header ? header->size_bytes : 0;
    uint8_t *array = with_sizes(realloc(header, sizeof(*header) + size_bytes), size_bytes, 0);
    if (array && size_bytes > had_bytes) {
        memset(array + had_bytes, 0, size_bytes - had_bytes);
    }
    return array;
}

void *cp_large_resize(void *array, size_t size_bytes) {
    struct header *header = array ? header_of(array) : NULL;
    if (header && header->mapped_bytes > 0) {
        return resize_mapped(header, size_bytes);
    }
    if (size_bytes < LARGE_BYTES) {
        return resize_small(header, size_bytes);
    }
    void *mapped = allocate_mapped(size_bytes);
    if (mapped && header) {
        memcpy(mapped, array, header->size_bytes);
        free(header);
    }
    return mapped;
}

void cp_large_free(void *array) {
    struct header *header = array ? header_of(array) : NULL;
    if (header && header->mapped_bytes > 0) {
        munmap(header, header->mapped_bytes);
    } else {
        free(header);
    }
}
