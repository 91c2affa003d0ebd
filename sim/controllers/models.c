// models.c: which model each controller has.

#include "sim/controllers/models.h"

static const struct cp_controller_model *const models[CP_CONTROLLER_COUNT] = {
    [CP_CONTROLLER_NVMC] = &cp_model_nvmc,
};

const struct cp_controller_model *cp_controller_model(enum cp_controller controller) {
    return models[controller];
}
