// program.h: the contract between the prover and a program under test.
//
// A program is what runs on the simulated machine: a bootloader, and the
// application it starts. It touches the hardware only through the calls of
// core/port/mmio.h, and tells the prover what it is doing through the cp_note_*
// and cp_end_* calls below. The prover offers these functions; the program is
// either linked in (the real core) or a shared library that exports a
// `struct cp_program` named cp_program (a faulty core, or a user's own code).
//
// A program must be a function of the flash: no heap, no mutable statics, no
// clock, no random numbers. All it remembers lives on its stack, unless it says
// where else.

#ifndef CP_SIM_PROGRAM_H
#define CP_SIM_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#define CP_PROGRAM_ABI           4u
#define CP_IMAGE_NONE            0xFFu
#define CP_IMAGES_MAX            8u
#define CP_DEVICES_MAX           2u
#define CP_BUFFER_SIZE_MAX_BYTES 8192u
#define CP_REGIONS_MAX           8u

// The ranges a device is divided into. Only FACTORY may be missing: its size is 0 then.
enum cp_area {
    CP_AREA_BOOTLOADER,
    CP_AREA_STATE,
    CP_AREA_ACTIVE,
    CP_AREA_DFU,
    CP_AREA_FACTORY,
    CP_AREA_COUNT
};

// How an image behaves when it runs on trial.
enum cp_firmware {
    CP_FIRMWARE_GOOD,
    CP_FIRMWARE_BAD,
    CP_FIRMWARE_HANGS,
    CP_FIRMWARE_EITHER,
    CP_FIRMWARE_CARELESS
};

// How an application gets its next image into DFU.
enum cp_download_way {
    CP_DOWNLOAD_NONE,       // it is there from the start
    CP_DOWNLOAD_PREPARE,    // erase all of DFU, then write
    CP_DOWNLOAD_AS_IT_GOES, // erase each page when first written to
    CP_DOWNLOAD_RANGES,     // of the journal: out of order, and what is missing after a reset
};

// What an application does that finds its update was reverted.
enum cp_after_revert { CP_AFTER_REVERT_STOP, CP_AFTER_REVERT_RETRY };

// The flash controllers, one for each set of registers that a driver has to know.
// docs/SPEC.md, "Flash controllers", says for each which parts have it.
enum cp_controller {
    CP_CONTROLLER_NVMC,        // nRF51, nRF52
    CP_CONTROLLER_NVMC_NS,     // nRF5340, nRF9160: erase by a store, CONFIGNS
    CP_CONTROLLER_RRAMC,       // nRF54L
    CP_CONTROLLER_STM32_F0,    // STM32 F0, F1, F3
    CP_CONTROLLER_STM32_F1_XL, // STM32F1 of more than 512 KiB: two banks with registers of their
                               // own
    CP_CONTROLLER_STM32_F4,    // STM32 F2, F4
    CP_CONTROLLER_STM32_F7,
    CP_CONTROLLER_STM32_L0,
    CP_CONTROLLER_STM32_L1,
    CP_CONTROLLER_STM32_L4, // and L4+
    CP_CONTROLLER_STM32_L5,
    CP_CONTROLLER_STM32_G0,
    CP_CONTROLLER_STM32_G4,
    CP_CONTROLLER_STM32_WB,
    CP_CONTROLLER_STM32_WL,
    CP_CONTROLLER_STM32_U5,
    CP_CONTROLLER_STM32_H5,
    CP_CONTROLLER_STM32_H7,  // 128-KiB sectors, 32-byte words
    CP_CONTROLLER_STM32_H7A, // H7A3, H7B3, H7B0: 8-KiB sectors, 16-byte words
    CP_CONTROLLER_RP2040,    // a SPI NOR chip behind the RP2040's SSI, run from there
    CP_CONTROLLER_NRF_SPI,   // a SPI NOR chip behind an nRF SPI master, chip select on a GPIO
    CP_CONTROLLER_STM32_SPI, // the same behind an STM32 SPI
    CP_CONTROLLER_COUNT
};

// A range of a device with erase units of one size.
struct cp_program_region {
    uint32_t size_bytes;
    uint32_t erase_size_bytes; // 0: a hole in the address range, no flash
};

// One flash device as the program's ports see it.
struct cp_program_device {
    enum cp_controller controller;
    uint32_t registers_address;
    uint32_t flash_address;  // where it is mapped; of no meaning behind a SPI master
    uint32_t select_address; // behind a SPI master: the GPIO port with the chip select
    uint32_t size_bytes;     // with holes
    uint32_t
        bank_size_bytes; // of the first of two banks, up to where the second begins; 0: one bank
    uint32_t write_size_bytes; // what the driver programs at a time, at least
    uint8_t erase_value;
    struct cp_program_region regions[CP_REGIONS_MAX];
    uint32_t region_count;
};

struct cp_program_area {
    uint32_t device; // index into devices
    uint32_t offset_bytes;
    uint32_t size_bytes;
};

struct cp_program_image {
    uint32_t size_bytes;
    enum cp_firmware firmware;
    uint8_t next; // the update offered to this image, or CP_IMAGE_NONE
};

// What a program is given: the board it runs on and the script of its
// application. Constant through a case; not part of the machine's state.
struct cp_program_board {
    struct cp_program_device devices[CP_DEVICES_MAX];
    struct cp_program_area areas[CP_AREA_COUNT];
    struct cp_program_image images[CP_IMAGES_MAX];
    uint32_t buffer_size_bytes;
    uint32_t chunk_size_bytes; // of a download
    const char *format;        // "seed", "journal"
    uint32_t trial_attempts;   // of the journal: failed trials before a revert
    const uint8_t *public_key; // 32 bytes; NULL: images are not signed
    bool refuses_downgrades;
    uint32_t security_counter_min; // that of the image at the start
    bool verifies_each_boot;
    bool application_verifies; // with a key: the updater checks before it stores a request
    bool dfu_mode_times_out;   // without a host, the DFU mode ends with a reset
    enum cp_download_way download;
    enum cp_after_revert after_revert;
    bool detach;           // updates are fetched in the external DFU mode
    bool dfu_host_present; // in that mode, somebody sends an image
    bool is_direct;        // of the journal: ACTIVE and DFU are slots A and B, nothing is copied
    // Of the ARM engine: the bootloader's ELF, and the files that images were read from or NULL.
    const char *firmware;
    const char *image_files[CP_IMAGES_MAX];
};

struct cp_program_memory; // sim/program_memory.h

struct cp_program {
    uint32_t abi; // CP_PROGRAM_ABI
    const char *name;
    const char *core_hash; // hex digest of the sources it was built from
    // Each entry runs on a zeroed stack and ends with one of the cp_end_* calls.
    void (*bootloader)(const struct cp_program_board *board);
    void (*application)(const struct cp_program_board *board, uint8_t image);
    void (*dfu_mode)(const struct cp_program_board *board, uint8_t base_image);
    // What it remembers elsewhere than on its stack: an emulated CPU. NULL: nothing.
    const struct cp_program_memory *memory;
    // Another build of it that runs in step, and has to do the same. NULL: none.
    const struct cp_program *shadow;
};

// Milestones of an application. A request, confirm or detach is begun before
// the updater is called and returned after it reported success.
enum cp_note {
    CP_NOTE_DOWNLOAD_BEGUN,   // value: the image
    CP_NOTE_DOWNLOAD_DONE,    // value: the image
    CP_NOTE_REQUEST_BEGUN,    // value: the image
    CP_NOTE_REQUEST_RETURNED, // value: the image
    CP_NOTE_CONFIRM_BEGUN,    // value: unused
    CP_NOTE_CONFIRM_RETURNED, // value: unused
    CP_NOTE_DETACH_BEGUN,     // value: unused
    CP_NOTE_DETACH_RETURNED,  // value: unused
    CP_NOTE_STATE_REPORTED,   // value: enum cp_state as the updater's get_state gave it
    CP_NOTE_STARTED_BEGUN,    // value: unused; it is about to note that it was started
    CP_NOTE_STARTED_RETURNED, // value: unused; of an image on trial that is in flash now
};

// --- offered by the prover ---

// Report a milestone.
void cp_note(enum cp_note note, uint32_t value);

// A choice that the outside world makes; every value below count is explored.
uint32_t cp_choose(uint32_t count);

// The server an application downloads from: copy a piece of image `image`.
void cp_image_read(uint8_t image, uint32_t offset_bytes, void *data, uint32_t size_bytes);

// The check value that comes with an image, and the same over any bytes: a
// 64-bit digest fed piece by piece, started from 0.
uint64_t cp_image_digest(uint8_t image);
uint64_t cp_digest_update(uint64_t digest, const void *data, uint32_t size_bytes);

// Was the reset that led here the doing of the application: a reset it asked for, or that of
// its watchdog? False after a power loss, and after any reset while the bootloader ran.
bool cp_reset_by_application(void);

// Which area the application that asks runs from: what its linker knew. ACTIVE, or with
// is_direct DFU.
enum cp_area cp_running_area(void);

// Feed the watchdog. Without one it only ends a stretch whose length is measured.
void cp_feed_watchdog(void);

// How a run ends. None of these returns.
_Noreturn void cp_end_jump(void);                 // bootloader: start what is in ACTIVE
_Noreturn void cp_end_jump_to(enum cp_area area); // the same of ACTIVE or, with is_direct, DFU
_Noreturn void cp_end_dfu_mode(void);             // bootloader: enter the external DFU mode
_Noreturn void cp_end_panic(int error);           // bootloader: an error; panic means reset
_Noreturn void cp_end_reset(void);                // application: software reset
_Noreturn void cp_end_hang(void);                 // application: hangs until the watchdog resets it
_Noreturn void cp_end_idle(void);                 // application: nothing left to do

#endif
