// swap.h: the copies of a swap or revert, each verified.

#ifndef CP_SWAP_H
#define CP_SWAP_H

#include "cutproof/boot.h"

// Page units of ACTIVE.
uint32_t cp_swap_page_count(const struct cp_boot_config *config);

// Do step 0 .. 2N-1 of the swap, or of the revert: boot.c draws both. A copy that fails, or
// does not read back as its source, is made again a few times. CP_ERR_FLASH.
int cp_swap_step(const struct cp_boot_config *config, bool is_revert, uint32_t step);

// Make page unit `page` of ACTIVE a copy of the same one of another partition, likewise.
int cp_swap_restore(const struct cp_boot_config *config, const struct cp_partition *from,
                    uint32_t page);

#endif
