// board_port.c: what a product says to its port, for each controller that a board can have.

#include "core/firmware/board_port.h"

#include "core/firmware/board.h"
#include "core/firmware/board_chip.h"
#include "layout.h"

// Where the second bank begins; 0 if there is none.
#define BANK2_ADDRESS                                                                              \
    (CP_BOARD_BANK_SIZE_BYTES ? CP_BOARD_FLASH_ADDRESS + CP_BOARD_BANK_SIZE_BYTES : 0u)

// Each has `port_init`; where words can be uncorrectable and raise an NMI, `acknowledge`.

#if defined(CP_BOARD_CONTROLLER_NVMC)
#include "core/port/nrf/nvmc.h"

static struct cp_nrf_nvmc ports[CP_BOARD_AREA_COUNT];

static void port_init(struct cp_nrf_nvmc *port, const struct cp_board_run *run,
                      struct cp_flash *flash) {
    *port = (struct cp_nrf_nvmc){
        .registers_address = CP_BOARD_REGISTERS_ADDRESS,
        .flash_address = CP_BOARD_FLASH_ADDRESS + run->offset_bytes,
        .ready_polls_max = CP_NRF_NVMC_READY_POLLS_MAX,
    };
    cp_nrf_nvmc_flash(flash, port, run->size_bytes, run->erase_size_bytes);
}

#elif defined(CP_BOARD_CONTROLLER_NVMC_NS)
#include "core/port/nrf/nvmc_ns.h"

static struct cp_nrf_nvmc_ns ports[CP_BOARD_AREA_COUNT];

static void port_init(struct cp_nrf_nvmc_ns *port, const struct cp_board_run *run,
                      struct cp_flash *flash) {
    *port = (struct cp_nrf_nvmc_ns){
        .registers_address = CP_BOARD_REGISTERS_ADDRESS,
        .flash_address = CP_BOARD_FLASH_ADDRESS + run->offset_bytes,
        .pages_are_nonsecure = CP_BOARD_REGISTERS_ADDRESS == CP_NRF_NVMC_NS_NONSECURE_ADDRESS,
        .ready_polls_max = CP_NRF_NVMC_NS_READY_POLLS_MAX,
    };
    cp_nrf_nvmc_ns_flash(flash, port, run->size_bytes, run->erase_size_bytes);
}

#elif defined(CP_BOARD_CONTROLLER_RRAMC)
#include "core/port/nrf/rramc.h"

static struct cp_nrf_rramc ports[CP_BOARD_AREA_COUNT];

static void port_init(struct cp_nrf_rramc *port, const struct cp_board_run *run,
                      struct cp_flash *flash) {
    *port = (struct cp_nrf_rramc){
        .registers_address = CP_BOARD_REGISTERS_ADDRESS,
        .flash_address = CP_BOARD_FLASH_ADDRESS + run->offset_bytes,
        .polls_max = CP_NRF_RRAMC_POLLS_MAX,
    };
    cp_nrf_rramc_flash(flash, port, run->size_bytes, run->erase_size_bytes);
}

#elif defined(CP_BOARD_CONTROLLER_RP2040)
#include "core/port/rp2040/flash.h"

static struct cp_rp2040_flash ports[CP_BOARD_AREA_COUNT];

// All its pages are of one size.
static void port_init(struct cp_rp2040_flash *port, const struct cp_board_run *run,
                      struct cp_flash *flash) {
    *port = (struct cp_rp2040_flash){
        .flash_address = CP_BOARD_FLASH_ADDRESS + run->offset_bytes,
        .xip_address = CP_BOARD_FLASH_ADDRESS,
        .polls_max = CP_RP2040_POLLS_MAX,
    };
    cp_rp2040_flash(flash, port, run->size_bytes);
}

#else
#include "core/firmware/board_stm32.h"
#endif

void cp_board_port_init(uint32_t index, const struct cp_board_run *run, struct cp_flash *flash) {
    if (run->device == 0) {
        port_init(&ports[index], run, flash);
    } else {
        cp_board_chip_init(flash);
    }
}

#if defined(CP_FIRMWARE_ECC_NMI)
bool cp_board_port_acknowledge_ecc(void) {
    return acknowledge(&ports[0]);
}
#else
bool cp_board_port_acknowledge_ecc(void) {
    return false;
}
#endif
