// board_chip.c: see board_chip.h. The pins are those that sim/native has as well.

#include "core/firmware/board_chip.h"

#include "layout.h"

#if defined(CP_BOARD_CHIP_CONTROLLER_NRF_SPI)
#include "core/port/nrf/spi.h"
#include "core/port/spinor/spinor.h"

// As on the nRF52840 DK.
static const struct cp_nrf_spi master = {
    .registers_address = CP_BOARD_CHIP_REGISTERS_ADDRESS,
    .gpio_address = CP_BOARD_CHIP_SELECT_ADDRESS,
    .frequency = CP_NRF_SPI_FREQUENCY_8M,
    .sck_pin = 19,
    .mosi_pin = 20,
    .miso_pin = 21,
    .select_pin = 17,
    .ready_polls_max = CP_NRF_SPI_READY_POLLS_MAX,
};
#define BUS_INIT cp_nrf_spi_bus
#define HAS_CHIP

#elif defined(CP_BOARD_CHIP_CONTROLLER_STM32_SPI)
#include "core/port/spinor/spinor.h"
#include "core/port/stm32/spi.h"

// SPI1 on PA4 to PA7.
static const struct cp_stm32_spi master = {
    .registers_address = CP_BOARD_CHIP_REGISTERS_ADDRESS,
    .gpio_address = CP_BOARD_CHIP_SELECT_ADDRESS,
    .sck_pin = 5,
    .mosi_pin = 7,
    .miso_pin = 6,
    .select_pin = 4,
    .alternate_function = 5,
    .divider = 2,
    .polls_max = CP_STM32_SPI_POLLS_MAX,
};
#define BUS_INIT cp_stm32_spi_bus
#define HAS_CHIP
#endif

#if defined(HAS_CHIP)
void cp_board_chip_init(struct cp_flash *flash) {
    static struct cp_spi bus;
    static struct cp_spinor chip;
    *flash = (struct cp_flash){0};
    BUS_INIT(&bus, &master);
    if (cp_spinor_init(&chip, &bus) == CP_OK) {
        cp_spinor_flash(flash, &chip);
    }
}
#else
void cp_board_chip_init(struct cp_flash *flash) {
    *flash = (struct cp_flash){0};
}
#endif
