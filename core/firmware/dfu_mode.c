// dfu_mode.c: see dfu_mode.h. This one waits for a reset, as sim/native does without a host.

#include "core/firmware/dfu_mode.h"

_Noreturn void cp_firmware_dfu_mode(void) {
    for (;;) {
        __asm__ volatile("wfi");
    }
}
