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

void native_port_init(struct native_window *window, const struct cp_program_device *device) {
    switch (device->controller) {
    case CP_CONTROLLER_NVMC: init_nvmc(window, device); break;
    case CP_CONTROLLER_RP2040: init_rp2040(window, device); break;
    case CP_CONTROLLER_NRF_SPI: init_nrf_spi(window, device); break;
    case CP_CONTROLLER_STM32_SPI: init_stm32_spi(window, device); break;
    default: break;
    }
}
