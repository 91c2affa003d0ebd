// models.c: which model each controller has.

#include "sim/controllers/models.h"

static const struct cp_controller_model *const models[CP_CONTROLLER_COUNT] = {
    [CP_CONTROLLER_NVMC] = &cp_model_nvmc,
    [CP_CONTROLLER_NVMC_NS] = &cp_model_nvmc_ns,
    [CP_CONTROLLER_RRAMC] = &cp_model_rramc,
    [CP_CONTROLLER_STM32_U5] = &cp_model_stm32_u5,
    [CP_CONTROLLER_STM32_H5] = &cp_model_stm32_h5,
    [CP_CONTROLLER_STM32_H7] = &cp_model_stm32_h7,
    [CP_CONTROLLER_STM32_H7A] = &cp_model_stm32_h7a,
    [CP_CONTROLLER_STM32_L4] = &cp_model_stm32_l4,
    [CP_CONTROLLER_STM32_L5] = &cp_model_stm32_l5,
    [CP_CONTROLLER_STM32_G0] = &cp_model_stm32_l4,
    [CP_CONTROLLER_STM32_G4] = &cp_model_stm32_l4,
    [CP_CONTROLLER_STM32_WB] = &cp_model_stm32_l4,
    [CP_CONTROLLER_STM32_WL] = &cp_model_stm32_l4,
    [CP_CONTROLLER_RP2040] = &cp_model_rp2040,
    [CP_CONTROLLER_NRF_SPI] = &cp_model_nrf_spi,
    [CP_CONTROLLER_STM32_SPI] = &cp_model_stm32_spi,
    [CP_CONTROLLER_STM32_F0] = &cp_model_stm32_f0,
    [CP_CONTROLLER_STM32_F1_XL] = &cp_model_stm32_f0,
    [CP_CONTROLLER_STM32_F4] = &cp_model_stm32_f4,
    [CP_CONTROLLER_STM32_F7] = &cp_model_stm32_f4,
    [CP_CONTROLLER_STM32_L0] = &cp_model_stm32_l0,
    [CP_CONTROLLER_STM32_L1] = &cp_model_stm32_l0,
};

const struct cp_controller_model *cp_controller_model(enum cp_controller controller) {
    return models[controller];
}
