// models.h: the models there are, one a file; for sim/controllers/ only.

#ifndef CP_SIM_CONTROLLERS_MODELS_H
#define CP_SIM_CONTROLLERS_MODELS_H

#include "sim/controller.h"

#include <stddef.h>

extern const struct cp_controller_model cp_model_nvmc;
extern const struct cp_controller_model cp_model_nrf_spi;
extern const struct cp_controller_model cp_model_stm32_spi;
extern const struct cp_controller_model cp_model_rp2040;
extern const struct cp_controller_model cp_model_nvmc_ns;
extern const struct cp_controller_model cp_model_rramc;
extern const struct cp_controller_model cp_model_stm32_u5;
extern const struct cp_controller_model cp_model_stm32_h5;
extern const struct cp_controller_model cp_model_stm32_h7;
extern const struct cp_controller_model cp_model_stm32_h7a;
extern const struct cp_controller_model cp_model_stm32_l4, cp_model_stm32_l5;
extern const struct cp_controller_model cp_model_stm32_f0;
extern const struct cp_controller_model cp_model_stm32_f4;
extern const struct cp_controller_model cp_model_stm32_l0;

#endif
