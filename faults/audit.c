// audit.c: see audit.h.

#include "faults/audit.h"

#include <stdlib.h>
#include <string.h>

// More values of one class say nothing more.
#define OTHERS_MAX 70000u

int cp_audit_init(struct cp_audit_notes *notes) {
    memset(notes, 0, sizeof(*notes));
    return cp_visited_init(&notes->index) || cp_visited_init(&notes->known) ? -1 : 0;
}

void cp_audit_free(struct cp_audit_notes *notes) {
    for (uint32_t i = 0; i < notes->count; i++) {
        free(notes->classes[i].others);
    }
    free(notes->classes);
    cp_visited_free(&notes->index);
    cp_visited_free(&notes->known);
}

static struct cp_hash key_of(uint32_t device, uint32_t word, uint32_t value) {
    return cp_hash_pair((uint64_t)device << 32 | word, value);
}

static struct cp_audit_class *class_of(struct cp_audit_notes *notes, uint32_t device, uint32_t word,
                                       uint32_t value) {
    bool is_new;
    struct cp_visited_slot *slot =
        cp_visited_find(&notes->index, key_of(device, word, value), &is_new);
    if (!slot) {
        return NULL;
    }
    if (is_new) {
        slot->id = notes->count;
        if (notes->count == notes->capacity) {
            uint32_t capacity = 2 * notes->capacity + 64;
            struct cp_audit_class *classes = realloc(notes->classes, capacity * sizeof(*classes));
            if (!classes) {
                return NULL;
            }
            notes->classes = classes;
            notes->capacity = capacity;
        }
        notes->classes[notes->count++] =
            (struct cp_audit_class){.device = device, .word = word, .value = value};
    }
    return &notes->classes[slot->id];
}

static int add(struct cp_audit_class *class, uint32_t other) {
    if (class->count == class->capacity) {
        uint32_t capacity = 2 * class->capacity + 16;
        uint32_t *others = realloc(class->others, capacity * sizeof(*others));
        if (!others) {
            return -1;
        }
        class->others = others;
        class->capacity = capacity;
    }
    class->others[class->count++] = other;
    return 0;
}

int cp_audit_note(struct cp_audit_notes *notes, uint32_t device, uint32_t word, uint32_t value,
                  uint32_t other) {
    struct cp_hash pair = cp_hash_pair((uint64_t)value << 32 | other, 61);
    bool is_new;
    if (!cp_visited_find(&notes->known, cp_hash_add(pair, key_of(device, word, 0)), &is_new)) {
        return -1;
    }
    if (!is_new) {
        return 0;
    }
    struct cp_audit_class *class = class_of(notes, device, word, value);
    if (!class || (class->count < OTHERS_MAX && add(class, other))) {
        return -1;
    }
    notes->has_grown = true;
    return 0;
}

const struct cp_audit_class *cp_audit_look(const struct cp_audit_notes *notes, uint32_t device,
                                           uint32_t word, uint32_t value) {
    const struct cp_visited_slot *slot =
        cp_visited_look(&notes->index, key_of(device, word, value));
    return slot ? &notes->classes[slot->id] : NULL;
}

void cp_audit_watch(const struct cp_audit_notes *notes, struct cp_machine *machine) {
    for (uint32_t i = 0; i < notes->count; i++) {
        const struct cp_audit_class *class = &notes->classes[i];
        machine->devices[class->device].nor.watched[class->word] = 1;
    }
}
