// hand_over.h: leave the core to an application, as if it came out of reset.

#ifndef CP_FIRMWARE_HAND_OVER_H
#define CP_FIRMWARE_HAND_OVER_H

#include <stdint.h>

// Start what begins with a vector table at this address. Interrupts, SysTick, pending bits,
// the vector table, stack limit and stack pointers are as after reset, or the application's.
// The table has been checked: word 0 is an aligned address of RAM, word 1 one of code.
_Noreturn void cp_firmware_hand_over(uint32_t vectors_address, uint32_t stack, uint32_t entry);

#endif
