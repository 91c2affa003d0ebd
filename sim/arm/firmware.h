// firmware.h: the ELF of a bootloader, as the ARM engine needs it.

#ifndef CP_SIM_ARM_FIRMWARE_H
#define CP_SIM_ARM_FIRMWARE_H

#include "sim/arm/emulator.h"

#define CP_FIRMWARE_DESCRIPTION_MAX 4096u
#define CP_FIRMWARE_MESSAGE_MAX     192u

struct cp_firmware_elf {
    enum cp_arm_model model;
    bool has_vtor; // Cortex-M0 has none: its vectors stay at 0
    uint8_t *code; // what is flashed, from address on; gaps are 0xFF
    uint32_t code_address, code_size_bytes;
    uint32_t ram_address, ram_size_bytes;
    uint32_t vectors_address;     // of the vector table that the core starts with
    uint32_t dfu_mode_address;    // of cp_firmware_dfu_mode(); 0: there is none
    uint32_t panic_error_address; // of cp_firmware_panic_error; 0: there is none
    // What it was built for, a line each: `cutproof layout --description`.
    char description[CP_FIRMWARE_DESCRIPTION_MAX];
    struct cp_hash hash; // of all that is flashed
};

// Read an ELF. Returns 0, or -1 with a message of what is wrong with it.
int cp_firmware_elf_read(struct cp_firmware_elf *elf, const char *path,
                         char message[CP_FIRMWARE_MESSAGE_MAX]);
void cp_firmware_elf_free(struct cp_firmware_elf *elf);

#endif
