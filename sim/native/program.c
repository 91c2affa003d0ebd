// program.c: the native program under test, as the prover finds it.
//
// The only symbol that a core built as a library shows.

#include "cp_core_hash.h"
#include "sim/native/native.h"

__attribute__((visibility("default"))) extern const struct cp_program cp_program;

const struct cp_program cp_program = {
    .abi = CP_PROGRAM_ABI,
    .name = CP_CORE_NAME,
    .core_hash = CP_CORE_HASH,
    .bootloader = native_bootloader,
    .application = native_application,
    .dfu_mode = native_dfu_mode,
};
