// models.c: which model each controller has.

#include "sim/controllers/models.h"

static const struct cp_controller_model *const models[CP_CONTROLLER_COUNT] = {
    [CP_CONTROLLER_NVMC] = &cp_model_nvmc,
    [CP_CONTROLLER_NRF_SPI] = &cp_model_nrf_spi,
    [CP_CONTROLLER_STM32_SPI] = &cp_model_stm32_spi,
    [CP_CONTROLLER_RP2040] = &cp_model_rp2040,
};

const struct cp_controller_model *cp_controller_model(enum cp_controller controller) {
    return models[controller];
}
