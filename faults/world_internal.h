// world_internal.h: what the parts of the world share; for faults/world*.c only.

#ifndef CP_FAULTS_WORLD_INTERNAL_H
#define CP_FAULTS_WORLD_INTERNAL_H

#include "faults/world.h"

// The cells of a page.
struct cp_cells {
    uint32_t first, end;
};

// --- world.c: the journal. NULL without memory.

struct cp_entry *cp_w_push(struct cp_world *world, enum cp_entry_kind kind);
uint8_t *cp_w_pool_take(struct cp_world *world, size_t size_bytes);

// What so many bytes take up there, where all pieces are aligned.
static inline size_t cp_w_pool_size_bytes(size_t size_bytes) {
    return (size_bytes + 7) & ~(size_t)7;
}

// --- world_flash.c: changes of the flash

struct cp_nor *cp_w_nor(struct cp_world *world, uint32_t device);

const struct cp_part *cp_w_part(const struct cp_world *world, uint32_t device);

// Replace words that lie side by side.
void cp_w_put_words(struct cp_world *world, uint32_t device, uint32_t first,
                    const struct cp_word *words, uint32_t count);

// The words of an entry as they were: the entry's own if it is one, otherwise in the pool.
// Keeping returns -1 without memory.
const struct cp_word *cp_w_old_words(const struct cp_world *world, const struct cp_entry *entry);
int cp_w_keep_words(struct cp_world *world, struct cp_entry *entry);

// What a program asks for, kept behind these; and read back.
int cp_w_keep_asked(struct cp_world *world, const struct cp_entry *entry, const uint32_t *words);
uint32_t cp_w_asked(const struct cp_world *world, const struct cp_entry *entry, uint32_t index);
void cp_w_restore_words(struct cp_world *world, const struct cp_entry *entry);

// The pages that an entry erases or decides, and their cells.
uint32_t cp_w_page_of(const struct cp_world *world, const struct cp_entry *entry);
uint32_t cp_w_page_count(const struct cp_world *world, const struct cp_entry *entry);
struct cp_cells cp_w_cells_of_page(const struct cp_world *world, const struct cp_entry *entry);

// Keep it in the pool (-1 without memory), and put it back.
int cp_w_save_page(struct cp_world *world, struct cp_entry *entry);
void cp_w_restore_page(struct cp_world *world, const struct cp_entry *entry);

// --- world_tear.c

// Leave behind what an operation leaves of which nothing is known but that it was not
// completed. The entry's words or page are kept.
void cp_w_leave_some(struct cp_world *world, struct cp_entry *entry);

#endif
