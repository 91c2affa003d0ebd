// nvmc.h: register model of the Nordic NVMC (nRF51, nRF52).
//
// Enforced, with the sources in docs/SPEC.md: a store to flash needs CONFIG.WEN =
// Wen and a page erase needs Een; stores are whole words at word addresses; an
// erase address is the start of a page; after an operation READY must be polled
// until it is 1 before the next write to CONFIG, ERASEPAGE or the flash. (A read
// of the flash meanwhile only stalls the CPU.)

#ifndef CP_SIM_NVMC_H
#define CP_SIM_NVMC_H

#include <stdbool.h>
#include <stdint.h>

struct cp_nvmc {
    uint32_t config;     // CONFIG.WEN
    uint32_t busy_polls; // READY reads 0 this many more times
};

// What a register write asks for.
enum cp_nvmc_action { CP_NVMC_NOTHING, CP_NVMC_ERASE_PAGE };

// The state after a reset of the chip.
void cp_nvmc_reset(struct cp_nvmc *nvmc);

// Read the register at `offset`. *illegal is set to a message on misuse, else untouched.
uint32_t cp_nvmc_read(struct cp_nvmc *nvmc, uint32_t offset, const char **illegal);

// Write it. CP_NVMC_ERASE_PAGE: the page at address `value` is to be erased.
enum cp_nvmc_action cp_nvmc_write(struct cp_nvmc *nvmc, uint32_t offset, uint32_t value,
                                  const char **illegal);

// May the flash be programmed now? If not, *illegal says why.
bool cp_nvmc_may_program(const struct cp_nvmc *nvmc, const char **illegal);

// An operation has been started: READY is low for at least one poll.
void cp_nvmc_started(struct cp_nvmc *nvmc);

#endif
