// rramc.h: flash port for the RRAMC of nRF54L parts.
//
// RRAM is no flash: any value can be written over any other, in lines of 16 bytes, and
// there is no erase. What wears is the line, with each write of it; so a "page" here is a
// run of lines, and erasing one writes 0xFF to those of its lines that are not 0xFF yet.

#ifndef CP_PORT_NRF_RRAMC_H
#define CP_PORT_NRF_RRAMC_H

#include "cutproof/flash.h"

#define CP_NRF_RRAMC_LINE_SIZE_BYTES 16u

// The unit that an RRAM is treated as being erased in: any multiple of a line would do.
#define CP_NRF_RRAMC_ERASE_SIZE_BYTES 4096u

// One RRAMC and the memory behind it.
struct cp_nrf_rramc {
    uint32_t registers_address; // 0x5004B000 on nRF54L15, for secure code only (Nordic MDK)
    uint32_t flash_address;     // where the memory is mapped; 0
    uint32_t polls_max;         // polls of a status before an operation is given up
};

// Polls that outlast a commit of 32 lines (7107 us, Zephyr) at 128 MHz, ten times over.
#define CP_NRF_RRAMC_POLLS_MAX 1000000u

// Fill in *flash for an RRAMC; size_bytes is the part's (nRF54L15: 1524 KiB).
// erase_size_bytes is the product's choice, a multiple of 16; all of it is written line by
// line, so that a cut leaves a page half erased, from its beginning on.
// *rramc must outlive *flash. Never fails.
// Its functions return CP_ERR_BOUNDS, CP_ERR_ALIGNMENT, or CP_ERR_FLASH when the RRAMC
// does not become ready, when it refused a write (ACCESSERROR: a protected region), when a
// line does not read back as written, or when a read is uncorrectable. An erase does not
// fail for an uncorrectable line: it writes it, which repairs it.
// ECC.ERRORADDR keeps the address of the first uncorrectable line; there is no flag to clear
// (from memory, unverified). The cache is off after reset and has to stay off, or reading
// back shows what was cached (from memory, unverified).
void cp_nrf_rramc_flash(struct cp_flash *flash, const struct cp_nrf_rramc *rramc,
                        uint32_t size_bytes, uint32_t erase_size_bytes);

#endif
