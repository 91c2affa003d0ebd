// startup.c: the vector table, and what makes C of a core that comes out of reset.

#include "core/firmware/startup.h"

#include <stddef.h>

#if defined(CP_FIRMWARE_FORWARDS)

// The table is that of vectors_forward.S. Before all else: nothing to forward to.
extern uint32_t cp_firmware_forward_to;

static void start_vectors(void) {
    *(volatile uint32_t *)&cp_firmware_forward_to = 0;
}

#else

typedef void (*handler)(void);

union vector {
    const uint32_t *stack;
    handler handler;
};

// Those of the CPU; no interrupt is ever enabled. A bus fault that is not enabled, as after
// reset, comes as a hard fault.
__attribute__((section(".vectors"), used)) static const union vector vectors[16] = {
    [0] = {.stack = __stack_top},          [1] = {.handler = cp_firmware_reset},
    [2] = {.handler = cp_firmware_nmi},    [3] = {.handler = cp_firmware_bus_fault},
    [4] = {.handler = cp_firmware_fault},  [5] = {.handler = cp_firmware_bus_fault},
    [6] = {.handler = cp_firmware_fault},  [7] = {.handler = cp_firmware_fault},
    [11] = {.handler = cp_firmware_fault}, [12] = {.handler = cp_firmware_fault},
    [14] = {.handler = cp_firmware_fault}, [15] = {.handler = cp_firmware_fault},
};

static void start_vectors(void) {
}

#endif

void cp_firmware_start_memory(void) {
    const uint32_t *from = __data_load;
    for (uint32_t *to = __data_start; to < __data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = __bss_start; to < __bss_end;) {
        *to++ = 0;
    }
}

_Noreturn void cp_firmware_reset(void) {
    start_vectors();
    cp_firmware_start_memory();
    cp_firmware_main();
}
