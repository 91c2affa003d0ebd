// nvmc_ns.h: flash port for the NVMC of parts with secure and non-secure pages: nRF5340
// (application and network core) and nRF9160.
//
// It differs from the NVMC of nRF52 in two things: there is no ERASEPAGE, a page is
// erased by storing to its first word; and there are two mode registers, CONFIG for
// secure pages and CONFIGNS for non-secure ones.

#ifndef CP_PORT_NRF_NVMC_NS_H
#define CP_PORT_NRF_NVMC_NS_H

#include <stdbool.h>

#include "cutproof/flash.h"

// Where the registers are (Nordic MDK, SVD). Code that runs non-secure can use only the
// non-secure address; the network core has one address and one mode register, CONFIG.
#define CP_NRF_NVMC_NS_SECURE_ADDRESS    0x50039000u
#define CP_NRF_NVMC_NS_NONSECURE_ADDRESS 0x40039000u
#define CP_NRF_NVMC_NS_NETWORK_ADDRESS   0x41080000u

// One NVMC and the flash behind it.
struct cp_nrf_nvmc_ns {
    uint32_t registers_address; // one of the three above
    uint32_t flash_address;     // of the first page; 0, on the network core 0x01000000
    bool pages_are_nonsecure;   // the pages are non-secure, whoever runs: CONFIGNS counts
    uint32_t ready_polls_max;   // polls of READY before an operation is given up
};

// Polls that outlast the longest operation (87 ms page erase, nrfx) at 128 MHz.
#define CP_NRF_NVMC_NS_READY_POLLS_MAX 8000000u

// Fill in *flash for an NVMC. size_bytes and erase_size_bytes are the part's (nRF5340
// application core and nRF9160: 1 MiB, 4 KiB; network core: 256 KiB, 2 KiB). All of it has to
// be of one security. *nvmc must outlive *flash. Never fails.
// Its functions return CP_ERR_BOUNDS, CP_ERR_ALIGNMENT, or CP_ERR_FLASH when READY stays
// low, or when a word does not read back as programmed or erased: the NVMC has no error
// flags, and the SPU drops a store to a protected page without a word.
// The cache of the nRF5340 is off after reset and has to stay off, or reading back
// shows what was cached (from memory, unverified).
void cp_nrf_nvmc_ns_flash(struct cp_flash *flash, const struct cp_nrf_nvmc_ns *nvmc,
                          uint32_t size_bytes, uint32_t erase_size_bytes);

#endif
