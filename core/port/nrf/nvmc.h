// nvmc.h: flash port for the NVMC of nRF51 and nRF52 parts.

#ifndef CP_PORT_NRF_NVMC_H
#define CP_PORT_NRF_NVMC_H

#include "cutproof/flash.h"

// One NVMC and the flash behind it.
struct cp_nrf_nvmc {
    uint32_t registers_address; // 0x4001E000 on nRF51 and nRF52 (Nordic MDK, nrf52840.h)
    uint32_t flash_address;     // where the flash is mapped; 0 on nRF51 and nRF52
    uint32_t ready_polls_max;   // polls of READY before an operation is given up
};

// Polls that outlast the longest operation (85 ms page erase) at 64 MHz.
#define CP_NRF_NVMC_READY_POLLS_MAX 4000000u

// Fill in *flash for an NVMC. size_bytes and erase_size_bytes are the part's
// (nRF52840: 1 MiB, 4 KiB). *nvmc must outlive *flash. Never fails.
// Its functions return CP_ERR_BOUNDS, CP_ERR_ALIGNMENT, or CP_ERR_FLASH when
// READY stays low, a word does not read back as programmed, or a page not as erased: the
// NVMC has no error flags, so read-back is the only check there is.
void cp_nrf_nvmc_flash(struct cp_flash *flash, const struct cp_nrf_nvmc *nvmc,
                       uint32_t size_bytes, uint32_t erase_size_bytes);

#endif
