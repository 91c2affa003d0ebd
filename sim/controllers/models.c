// models.c: which model each controller has.

#include "sim/controllers/models.h"

static const struct cp_controller_model *const models[CP_CONTROLLER_COUNT] = {
    [CP_CONTROLLER_NVMC] = &cp_model_nvmc,
    [CP_CONTROLLER_NVMC_NS] = &cp_model_nvmc_ns,
    [CP_CONTROLLER_RRAMC] = &cp_model_rramc,
};

const struct cp_controller_model *cp_controller_model(enum cp_controller controller) {
    return models[controller];
}
