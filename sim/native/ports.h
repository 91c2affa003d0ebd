// ports.h: which port drives which controller, and a window of pages of one size.

#ifndef CP_SIM_NATIVE_PORTS_H
#define CP_SIM_NATIVE_PORTS_H

#include "core/port/nrf/nvmc.h"
#include "core/port/nrf/spi.h"
#include "core/port/rp2040/flash.h"
#include "core/port/spinor/spinor.h"
#include "core/port/stm32/spi.h"
#include "core/port/nrf/nvmc_ns.h"
#include "core/port/nrf/rramc.h"
#include "core/port/stm32/f0.h"
#include "core/port/stm32/f4.h"
#include "core/port/stm32/h5.h"
#include "core/port/stm32/h7.h"
#include "core/port/stm32/u5.h"
#include "core/port/stm32/l0.h"
#include "core/port/stm32/l4.h"
#include "sim/program.h"

// A SPI NOR chip and its bus.
struct native_spi {
    union {
        struct cp_nrf_spi nrf;
        struct cp_stm32_spi stm32;
    } master;
    struct cp_spi bus;
    struct cp_spinor chip;
};

// What a port remembers of its device; one member for each port.
union native_port {
    struct cp_nrf_nvmc nvmc;
    struct cp_rp2040_flash rp2040;
    struct native_spi spi;
    struct cp_nrf_nvmc_ns nvmc_ns;
    struct cp_nrf_rramc rramc;
    struct cp_stm32_u5 stm32_u5;
    struct cp_stm32_h5 stm32_h5;
    struct cp_stm32_h7 stm32_h7;
    struct cp_stm32_l4 stm32_l4;
    struct cp_stm32_f0 stm32_f0;
    struct cp_stm32_f4 stm32_f4;
    struct cp_stm32_l0 stm32_l0;
};

// Pages of one size on one device, as a flash of their own.
struct native_window {
    uint32_t device;
    uint32_t offset_bytes; // where it begins on the device
    uint32_t size_bytes;
    uint32_t erase_size_bytes;
    struct cp_flash flash;
    union native_port port;
};

// Fill in flash and port of a window. A controller without a port leaves a flash without
// functions, which the core refuses.
void native_port_init(struct native_window *window, const struct cp_program_device *device);

#endif
