// panic.c: see panic.h.

#include "core/firmware/panic.h"

#include "core/firmware/system.h"

__attribute__((section(".noinit"))) volatile int32_t cp_firmware_panic_error;

_Noreturn void cp_firmware_panic(int err) {
    cp_firmware_panic_error = err;
    cp_system_reset();
}
