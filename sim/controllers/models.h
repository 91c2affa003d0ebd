// models.h: the models there are, one a file; for sim/controllers/ only.

#ifndef CP_SIM_CONTROLLERS_MODELS_H
#define CP_SIM_CONTROLLERS_MODELS_H

#include "sim/controller.h"

#include <stddef.h>

extern const struct cp_controller_model cp_model_nvmc;
extern const struct cp_controller_model cp_model_stm32_l4, cp_model_stm32_l5;

#endif
