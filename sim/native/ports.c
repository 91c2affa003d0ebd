// ports.c: see ports.h. Each function says what a product says to its port.

#include "sim/native/ports.h"

static void init_nvmc(struct native_window *window, const struct cp_program_device *device) {
    window->port.nvmc = (struct cp_nrf_nvmc){
        .registers_address = device->registers_address,
        .flash_address = device->flash_address + window->offset_bytes,
        .ready_polls_max = CP_NRF_NVMC_READY_POLLS_MAX,
    };
    cp_nrf_nvmc_flash(&window->flash, &window->port.nvmc, window->size_bytes,
                      window->erase_size_bytes);
}

static void init_rp2040(struct native_window *window, const struct cp_program_device *device) {
    window->port.rp2040 = (struct cp_rp2040_flash){
        .flash_address = device->flash_address + window->offset_bytes,
        .xip_address = device->flash_address,
        .polls_max = CP_RP2040_POLLS_MAX,
    };
    cp_rp2040_flash(&window->flash, &window->port.rp2040, window->size_bytes);
}

// A chip that does not answer leaves a flash without functions. All its pages are of one
// size, so the window is the chip.
static void init_chip(struct native_window *window) {
    struct native_spi *spi = &window->port.spi;
    if (cp_spinor_init(&spi->chip, &spi->bus) == CP_OK) {
        cp_spinor_flash(&window->flash, &spi->chip);
    }
}

// As on the nRF52840 DK.
static void init_nrf_spi(struct native_window *window, const struct cp_program_device *device) {
    window->port.spi.master.nrf = (struct cp_nrf_spi){
        .registers_address = device->registers_address,
        .gpio_address = device->select_address,
        .frequency = CP_NRF_SPI_FREQUENCY_8M,
        .sck_pin = 19,
        .mosi_pin = 20,
        .miso_pin = 21,
        .select_pin = 17,
        .ready_polls_max = CP_NRF_SPI_READY_POLLS_MAX,
    };
    cp_nrf_spi_bus(&window->port.spi.bus, &window->port.spi.master.nrf);
    init_chip(window);
}

// SPI1 on PA4 to PA7.
static void init_stm32_spi(struct native_window *window, const struct cp_program_device *device) {
    window->port.spi.master.stm32 = (struct cp_stm32_spi){
        .registers_address = device->registers_address,
        .gpio_address = device->select_address,
        .sck_pin = 5,
        .mosi_pin = 7,
        .miso_pin = 6,
        .select_pin = 4,
        .alternate_function = 5,
        .divider = 2,
        .polls_max = CP_STM32_SPI_POLLS_MAX,
    };
    cp_stm32_spi_bus(&window->port.spi.bus, &window->port.spi.master.stm32);
    init_chip(window);
}

static void init_nvmc_ns(struct native_window *window, const struct cp_program_device *device) {
    window->port.nvmc_ns = (struct cp_nrf_nvmc_ns){
        .registers_address = device->registers_address,
        .flash_address = device->flash_address + window->offset_bytes,
        .pages_are_nonsecure = device->registers_address == CP_NRF_NVMC_NS_NONSECURE_ADDRESS,
        .ready_polls_max = CP_NRF_NVMC_NS_READY_POLLS_MAX,
    };
    cp_nrf_nvmc_ns_flash(&window->flash, &window->port.nvmc_ns, window->size_bytes,
                         window->erase_size_bytes);
}

static void init_rramc(struct native_window *window, const struct cp_program_device *device) {
    window->port.rramc = (struct cp_nrf_rramc){
        .registers_address = device->registers_address,
        .flash_address = device->flash_address + window->offset_bytes,
        .polls_max = CP_NRF_RRAMC_POLLS_MAX,
    };
    cp_nrf_rramc_flash(&window->flash, &window->port.rramc, window->size_bytes,
                       window->erase_size_bytes);
}

// Where the second bank begins; 0 if there is none.
static uint32_t bank2_address(const struct cp_program_device *device) {
    return device->bank_size_bytes ? device->flash_address + device->bank_size_bytes : 0;
}

#define STM32_ICACHE_ADDRESS 0x40030400u

static void init_stm32_u5(struct native_window *window, const struct cp_program_device *device) {
    window->port.stm32_u5 = (struct cp_stm32_u5){
        .registers_address = device->registers_address,
        .icache_address = STM32_ICACHE_ADDRESS,
        .flash_address = device->flash_address + window->offset_bytes,
        .bank1_address = device->flash_address,
        .bank2_address = bank2_address(device),
        .polls_max = CP_STM32_U5_POLLS_MAX,
    };
    cp_stm32_u5_flash(&window->flash, &window->port.stm32_u5, window->size_bytes,
                      window->erase_size_bytes);
}

static void init_stm32_h5(struct native_window *window, const struct cp_program_device *device) {
    window->port.stm32_h5 = (struct cp_stm32_h5){
        .registers_address = device->registers_address,
        .icache_address = STM32_ICACHE_ADDRESS,
        .flash_address = device->flash_address + window->offset_bytes,
        .bank1_address = device->flash_address,
        .bank2_address = bank2_address(device),
        .polls_max = CP_STM32_H5_POLLS_MAX,
    };
    cp_stm32_h5_flash(&window->flash, &window->port.stm32_h5, window->size_bytes,
                      window->erase_size_bytes);
}

static void init_stm32_h7(struct native_window *window, const struct cp_program_device *device) {
    window->port.stm32_h7 = (struct cp_stm32_h7){
        .registers_address = device->registers_address,
        .flash_address = device->flash_address + window->offset_bytes,
        .bank1_address = device->flash_address,
        .bank2_address = bank2_address(device),
        .is_h7a = device->controller == CP_CONTROLLER_STM32_H7A,
        .polls_max = CP_STM32_H7_POLLS_MAX,
    };
    cp_stm32_h7_flash(&window->flash, &window->port.stm32_h7, window->size_bytes,
                      window->erase_size_bytes);
}

static void init_stm32_l4(struct native_window *window, const struct cp_program_device *device,
                          enum cp_stm32_l4_family family) {
    window->port.stm32_l4 = (struct cp_stm32_l4){
        .family = family,
        .registers_address = device->registers_address,
        .flash_address = device->flash_address,
        .bank_size_bytes = device->bank_size_bytes,
        .icache_address = family == CP_STM32_FAMILY_L5 ? 0x40030400u : 0,
        .polls_max = CP_STM32_L4_POLLS_MAX,
    };
    cp_stm32_l4_flash(&window->flash, &window->port.stm32_l4, window->size_bytes,
                      window->erase_size_bytes);
}

static void init_stm32_f0(struct native_window *window, const struct cp_program_device *device) {
    const bool has_two = device->controller == CP_CONTROLLER_STM32_F1_XL;
    window->port.stm32_f0 = (struct cp_stm32_f0){
        .registers_address = device->registers_address,
        .flash_address = device->flash_address + window->offset_bytes,
        .bank2_address = has_two ? bank2_address(device) : 0,
        .polls_max = CP_STM32_F0_POLLS_MAX,
    };
    cp_stm32_f0_flash(&window->flash, &window->port.stm32_f0, window->size_bytes,
                      window->erase_size_bytes);
}

// Pages of a device from one offset, where a region begins, up to another.
static uint32_t pages_between(const struct cp_program_device *device, uint32_t from_bytes,
                              uint32_t to_bytes) {
    uint32_t page_count = 0, offset_bytes = 0;
    for (uint32_t i = 0; i < device->region_count && offset_bytes < to_bytes; i++) {
        const struct cp_program_region *region = &device->regions[i];
        if (offset_bytes >= from_bytes && region->erase_size_bytes != 0) {
            page_count += region->size_bytes / region->erase_size_bytes;
        }
        offset_bytes += region->size_bytes;
    }
    return page_count;
}

// The number of the sector that a window begins with.
static uint32_t stm32_f4_sector(const struct native_window *window,
                                const struct cp_program_device *device) {
    const uint32_t bank_bytes = device->bank_size_bytes;
    if (bank_bytes == 0 || window->offset_bytes < bank_bytes) {
        return pages_between(device, 0, window->offset_bytes);
    }
    return CP_STM32_F4_BANK2_SECTOR + pages_between(device, bank_bytes, window->offset_bytes);
}

static void init_stm32_f4(struct native_window *window, const struct cp_program_device *device) {
    window->port.stm32_f4 = (struct cp_stm32_f4){
        .registers_address = device->registers_address,
        .flash_address = device->flash_address + window->offset_bytes,
        .first_sector = stm32_f4_sector(window, device),
        .is_f7 = device->controller == CP_CONTROLLER_STM32_F7,
        .polls_max = CP_STM32_F4_POLLS_MAX,
    };
    cp_stm32_f4_flash(&window->flash, &window->port.stm32_f4, window->size_bytes,
                      window->erase_size_bytes);
}

static void init_stm32_l0(struct native_window *window, const struct cp_program_device *device) {
    window->port.stm32_l0 = (struct cp_stm32_l0){
        .registers_address = device->registers_address,
        .flash_address = device->flash_address + window->offset_bytes,
        .is_l1 = device->controller == CP_CONTROLLER_STM32_L1,
        .polls_max = CP_STM32_L0_POLLS_MAX,
    };
    cp_stm32_l0_flash(&window->flash, &window->port.stm32_l0, window->size_bytes,
                      window->erase_size_bytes);
}

void native_port_init(struct native_window *window, const struct cp_program_device *device) {
    switch (device->controller) {
    case CP_CONTROLLER_NVMC: init_nvmc(window, device); break;
    case CP_CONTROLLER_RP2040: init_rp2040(window, device); break;
    case CP_CONTROLLER_NRF_SPI: init_nrf_spi(window, device); break;
    case CP_CONTROLLER_STM32_SPI: init_stm32_spi(window, device); break;
    case CP_CONTROLLER_NVMC_NS: init_nvmc_ns(window, device); break;
    case CP_CONTROLLER_RRAMC: init_rramc(window, device); break;
    case CP_CONTROLLER_STM32_U5: init_stm32_u5(window, device); break;
    case CP_CONTROLLER_STM32_H5: init_stm32_h5(window, device); break;
    case CP_CONTROLLER_STM32_H7:
    case CP_CONTROLLER_STM32_H7A: init_stm32_h7(window, device); break;
    case CP_CONTROLLER_STM32_L4: init_stm32_l4(window, device, CP_STM32_FAMILY_L4); break;
    case CP_CONTROLLER_STM32_L5: init_stm32_l4(window, device, CP_STM32_FAMILY_L5); break;
    case CP_CONTROLLER_STM32_G0: init_stm32_l4(window, device, CP_STM32_FAMILY_G0); break;
    case CP_CONTROLLER_STM32_G4: init_stm32_l4(window, device, CP_STM32_FAMILY_G4); break;
    case CP_CONTROLLER_STM32_WB: init_stm32_l4(window, device, CP_STM32_FAMILY_WB); break;
    case CP_CONTROLLER_STM32_WL: init_stm32_l4(window, device, CP_STM32_FAMILY_WL); break;
    case CP_CONTROLLER_STM32_F0:
    case CP_CONTROLLER_STM32_F1_XL: init_stm32_f0(window, device); break;
    case CP_CONTROLLER_STM32_F4:
    case CP_CONTROLLER_STM32_F7: init_stm32_f4(window, device); break;
    case CP_CONTROLLER_STM32_L0:
    case CP_CONTROLLER_STM32_L1: init_stm32_l0(window, device); break;
    default: break;
    }
}
