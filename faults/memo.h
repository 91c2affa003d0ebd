// memo.h: what a piece of execution led to, by the flash cells that it read.
//
// A piece of execution is a function of where it began (the key) and of the cells
// that it read. So it need not be executed again when it begins at the same place and
// those cells hold the same: what it led to is looked up. Which cells it reads depends
// on what they hold; so each key has a list of the different sets of cells that were
// read from there, and a lookup tries each.

#ifndef CP_FAULTS_MEMO_H
#define CP_FAULTS_MEMO_H

#include "faults/visited.h"
#include "sim/machine.h"

struct cp_memo_cells; // a set of cells, read from one place

struct cp_memo {
    struct cp_visited places;  // key -> its first set of cells
    struct cp_visited results; // key and contents -> index of the result
    struct cp_memo_cells *cells;
    uint32_t cells_count, cells_capacity;
    void **items; // results, allocated by the caller, freed with free_item()
    uint32_t item_count, item_capacity;
    void (*free_item)(void *item);
    bool is_wear_read; // program counts matter as well
    size_t item_bytes; // of all results, as told
};

// Returns 0, or -1 without memory.
int cp_memo_init(struct cp_memo *memo, bool is_wear_read, void (*free_item)(void *item));
void cp_memo_free(struct cp_memo *memo);

// The result of what begins at `key`, with the flash as it is now; NULL if not known.
void *cp_memo_find(const struct cp_memo *memo, const struct cp_machine *machine,
                   struct cp_hash key);

// Remember `item` of `size_bytes` for `key`, with the machine's footprint and the flash
// as it is now. Returns 0; -1 if it is not kept (a footprint too large, too many sets of
// cells, no memory): then it stays the caller's.
int cp_memo_add(struct cp_memo *memo, const struct cp_machine *machine, struct cp_hash key,
                void *item, size_t size_bytes);

size_t cp_memo_size_bytes(const struct cp_memo *memo);

#endif
