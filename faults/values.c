// values.c: see values.h and docs/SPEC.md, "Undecided words".

#include "faults/values.h"

#include <stdbool.h>

#define ALL_VALUES_BITS_MAX 16u
#define RANDOM_VALUES       1024u
// Beyond so many values a look at each earlier one would cost more than the value.
#define LOOKED_AT_MAX 2048u

struct list {
    struct cp_range range;
    uint32_t open; // the bits that differ
    uint32_t *values;
    uint32_t count;
};

// The open bits are taken from `bits`.
static void add(struct list *list, uint32_t bits) {
    uint32_t value = list->range.low | (bits & list->open);
    for (uint32_t i = 0; i < list->count; i++) {
        if (list->values[i] == value) {
            return;
        }
    }
    if (list->count < LOOKED_AT_MAX) {
        list->values[list->count++] = value;
    }
}

static void add_whole_bytes(struct list *list, uint32_t plain) {
    for (uint32_t bytes = 0; bytes < 16; bytes++) {
        uint32_t mask = 0;
        for (uint32_t i = 0; i < 4; i++) {
            mask |= (bytes >> i & 1u) != 0 ? 0xFFu << 8 * i : 0;
        }
        add(list, plain ^ mask);
    }
}

// Formats of repeated bytes have their codes among these; ends of the nibbles as well.
static void add_same_bytes(struct list *list) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        add(list, byte * 0x01010101u);
    }
}

static void add_bits(struct list *list, uint32_t plain) {
    for (uint32_t bit = 0; bit < 32; bit++) {
        add(list, plain ^ 1u << bit);
        add(list, ~plain ^ 1u << bit);
    }
}

static void add_runs(struct list *list, uint32_t plain) {
    for (uint32_t bit = 1; bit < 32; bit++) {
        add(list, plain ^ ((1u << bit) - 1u));
        add(list, plain ^ ~((1u << bit) - 1u));
    }
}

static uint32_t next_random(uint64_t *state) {
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

static void add_random(struct list *list) {
    uint64_t state = 0x43506C67u ^ list->range.low ^ (uint64_t)list->range.high << 32;
    for (uint32_t i = 0; i < RANDOM_VALUES; i++) {
        add(list, next_random(&state));
    }
}

// Every subset of the open bits, after what is there already; doubles do no harm.
static void add_all(struct list *list) {
    uint32_t subset = 0;
    do {
        list->values[list->count++] = list->range.low | subset;
        subset = (subset - list->open) & list->open;
    } while (subset != 0);
}

uint32_t cp_values(struct cp_range range, uint32_t plain, enum cp_values_kind kind,
                   uint32_t *values) {
    struct list list = {range, range.low ^ range.high, values, 0};
    add(&list, plain);
    add(&list, ~plain);
    if (kind == CP_VALUES_DATA) {
        add(&list, plain ^ 0xFFu);
        add(&list, plain ^ (list.open & (0u - list.open)));
        return list.count;
    }
    add_whole_bytes(&list, plain);
    add_same_bytes(&list);
    add_bits(&list, plain);
    add_runs(&list, plain);
    if (kind == CP_VALUES_AUDIT) {
        add_random(&list);
        if ((uint32_t)__builtin_popcount(list.open) <= ALL_VALUES_BITS_MAX) {
            add_all(&list);
        }
    }
    return list.count;
}
