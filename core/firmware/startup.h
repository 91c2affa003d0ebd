// startup.h: from the reset vector to the program; for bootloader and application alike.

#ifndef CP_FIRMWARE_STARTUP_H
#define CP_FIRMWARE_STARTUP_H

#include <stdint.h>

// Of the linker: sections.ld.
extern uint32_t __data_load[], __data_start[], __data_end[];
extern uint32_t __bss_start[], __bss_end[];
extern const uint32_t __vectors_start[];
extern uint32_t __ram_start[], __ram_end[], __stack_top[];

// The reset vector: .data and .bss, then cp_firmware_main().
_Noreturn void cp_firmware_reset(void);

// What startup.c does before cp_firmware_main().
void cp_firmware_start_memory(void);

// --- of the program

_Noreturn void cp_firmware_main(void);

// An exception that nothing handles.
_Noreturn void cp_firmware_fault(void);

// Those that can be told from a fault: guarded_read.c.
void cp_firmware_nmi(void);
void cp_firmware_bus_fault(void);

#endif
