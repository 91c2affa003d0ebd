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

void native_port_init(struct native_window *window, const struct cp_program_device *device) {
    switch (device->controller) {
    case CP_CONTROLLER_NVMC: init_nvmc(window, device); break;
    case CP_CONTROLLER_NVMC_NS: init_nvmc_ns(window, device); break;
    case CP_CONTROLLER_RRAMC: init_rramc(window, device); break;
    default: break;
    }
}
