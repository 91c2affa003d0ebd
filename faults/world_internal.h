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

// --- world_flash.c: changes of the flash

struct cp_nor *cp_w_nor(struct cp_world *world, uint32_t device);

// Leave a word between two values; equal ones decide it.
void cp_w_set_range(struct cp_world *world, uint32_t device, uint32_t word, uint32_t low,
                    uint32_t high, uint8_t programs);

// A count of programs after one more.
uint8_t cp_w_one_more(const struct cp_world *world, uint32_t device, uint8_t programs);

// The page of an entry.
uint32_t cp_w_page_words(const struct cp_world *world, uint32_t device);
uint32_t cp_w_page_of(const struct cp_world *world, const struct cp_entry *entry);
struct cp_cells cp_w_cells_of_page(const struct cp_world *world, const struct cp_entry *entry);

// Keep it in the pool (-1 without memory), and put it back.
int cp_w_save_page(struct cp_world *world, struct cp_entry *entry);
void cp_w_restore_page(struct cp_world *world, const struct cp_entry *entry);

#endif
