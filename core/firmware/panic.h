// panic.h: how a bootloader gives up: with a reset, after which it tries again.

#ifndef CP_FIRMWARE_PANIC_H
#define CP_FIRMWARE_PANIC_H

#include <stdint.h>

// Besides the codes of the core: an exception that nothing handles.
#define CP_FIRMWARE_ERR_FAULT (-100)

// The error of the last panic. It outlives the reset, for a debugger and for the prover.
extern volatile int32_t cp_firmware_panic_error;

_Noreturn void cp_firmware_panic(int err);

#endif
