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

void native_port_init(struct native_window *window, const struct cp_program_device *device) {
    switch (device->controller) {
    case CP_CONTROLLER_NVMC: init_nvmc(window, device); break;
    case CP_CONTROLLER_STM32_L4: init_stm32_l4(window, device, CP_STM32_FAMILY_L4); break;
    case CP_CONTROLLER_STM32_L5: init_stm32_l4(window, device, CP_STM32_FAMILY_L5); break;
    case CP_CONTROLLER_STM32_G0: init_stm32_l4(window, device, CP_STM32_FAMILY_G0); break;
    case CP_CONTROLLER_STM32_G4: init_stm32_l4(window, device, CP_STM32_FAMILY_G4); break;
    case CP_CONTROLLER_STM32_WB: init_stm32_l4(window, device, CP_STM32_FAMILY_WB); break;
    case CP_CONTROLLER_STM32_WL: init_stm32_l4(window, device, CP_STM32_FAMILY_WL); break;
    default: break;
    }
}
