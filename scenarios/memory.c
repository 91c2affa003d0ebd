// memory.c: allocation that cannot fail; see memory.h for why.

#include "scenarios/memory.h"

#include <stdio.h>
#include <stdlib.h>

#define EXIT_INTERNAL_ERROR 3

static void *checked(void *memory) {
    if (memory == NULL) {
        fputs("cutproof: out of memory while reading scenarios\n", stderr);
        exit(EXIT_INTERNAL_ERROR);
    }
    return memory;
}

void *cp_allocate(size_t size_bytes) {
    return checked(calloc(1, size_bytes));
}

void *cp_grow(void *items, size_t count, size_t *capacity, size_t item_size_bytes) {
    if (count < *capacity) {
        return items;
    }
    *capacity = *capacity == 0 ? 8 : *capacity * 2;
    return checked(reallocarray(items, *capacity, item_size_bytes));
}
