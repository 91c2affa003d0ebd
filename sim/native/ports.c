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

void native_port_init(struct native_window *window, const struct cp_program_device *device) {
    switch (device->controller) {
    case CP_CONTROLLER_NVMC: init_nvmc(window, device); break;
    default: break;
    }
}
