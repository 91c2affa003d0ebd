// system.h: the board that an ARM program runs on: its cores, and what is no flash.
//
// One system for the machine that runs; for sim/arm only.

#ifndef CP_SIM_ARM_SYSTEM_H
#define CP_SIM_ARM_SYSTEM_H

#include "sim/arm/firmware.h"
#include "sim/arm/unwind.h"
#include "sim/machine.h"

// What the core has besides registers and RAM, and loses at a reset.
struct cp_arm_state {
    uint32_t vtor, ccr, systick;
    bool has_cleared_cause; // of the reset
    bool is_handling;       // an exception
    bool is_interrupted;    // one is to be taken before the next instruction
    uint32_t panic_error;   // of an application that said so
    // The channel's registers that were written.
    uint32_t note_value, answer, image, offset_bytes, address, version_address;
};

struct cp_arm_system {
    char path[512];
    char message[CP_FIRMWARE_MESSAGE_MAX]; // why it cannot run; empty if it can
    bool is_open;
    struct cp_firmware_elf firmware;
    struct cp_emulator *bootloader;
    // One for each image and the area that it runs from: ACTIVE, DFU.
    struct cp_emulator *applications[CP_IMAGES_MAX][2];
    uint64_t image_digests[CP_IMAGES_MAX];
    struct cp_program_area areas[CP_AREA_COUNT];
    // Of the bootloader, and of each image.
    struct cp_unwinder *unwinders[1 + CP_IMAGES_MAX];
    uint32_t elf_numbers[1 + CP_IMAGES_MAX];
    struct cp_emulator *now;
    struct cp_arm_state state;
};

extern struct cp_arm_system cp_arm_system;

// --- system.c

// Make the system that of the machine, with all its cores. 0, or -1 with a message in
// error[CP_EVENT_MESSAGE_MAX], which stays in `message`.
int cp_arm_system_prepare(const struct cp_machine *machine, char *error);

// Begin with the core of what the machine starts.
void cp_arm_system_start(struct cp_machine *machine);

// The vector table of the program that the machine runs.
const uint8_t *cp_arm_vectors(const struct cp_machine *machine);

// --- registers.c

// A load or store of what is no flash and no register of its controller. False if nothing
// is known to be there.
bool cp_arm_register_load(struct cp_machine *machine, uint32_t address, uint32_t *value);
bool cp_arm_register_store(struct cp_machine *machine, uint32_t address, uint32_t value);

// --- channel.c

#define CP_ARM_CHANNEL_ADDRESS    0xF0000000u
#define CP_ARM_CHANNEL_SIZE_BYTES 0x1000u

uint32_t cp_arm_channel_load(struct cp_machine *machine, uint32_t offset_bytes);
void cp_arm_channel_store(struct cp_machine *machine, uint32_t offset_bytes, uint32_t value);

// --- hand_over.c

// The core branched to an address that is not the program's. Ends it.
_Noreturn void cp_arm_hand_over(struct cp_machine *machine, uint32_t address);

// --- exception.c

enum cp_arm_exception { CP_ARM_NMI = 2, CP_ARM_HARD_FAULT = 3 };

// Take an exception where the core stands, and return from it. cp_arm_return() is false if
// the address is none that returns.
void cp_arm_take(struct cp_machine *machine, enum cp_arm_exception number);
bool cp_arm_return(struct cp_machine *machine, uint32_t address);

#endif
