// main.c: a device with ACTIVE, DFU and STATE on one SPI NOR chip: its bootloader, and the
// application of whichever image is in ACTIVE.
//
// The core and the driver are those of a product. An image is data: its version, and words that
// follow from it; so it can be told whole from a mix. Version 1 installs the version that the
// test ordered. 2 is good and confirms, 3 is bad and resets, 4 hangs until it is killed.

#include <stddef.h>

#include "core/firmware/startup.h"
#include "core/firmware/system.h"
#include "core/port/spinor/spinor.h"
#include "cutproof/updater.h"
#include "tests/qemu/chip/machine.h"
#include "tests/qemu/chip/order.h"
#include "tests/qemu/chip/power.h"
#include "tests/qemu/chip/uart.h"

enum { OLD = 1, GOOD, BAD, HANGS, VERSIONS_END };

#define STATE_PAGES   2u
#define WORDS         64u // that are written or looked at at a time
#define BUFFER_BYTES  256u

const uint32_t cp_system_clock_mhz_max = 1; // nothing here takes time

static uint8_t buffer[BUFFER_BYTES];

// --- what is said

_Noreturn void cp_firmware_fault(void) {
    uart_say("fault\n");
    for (;;) {
    }
}

void cp_firmware_nmi(void) {
    cp_firmware_fault();
}

void cp_firmware_bus_fault(void) {
    cp_firmware_fault();
}

static void say(const char *text, uint32_t value) {
    uart_say(text);
    uart_say_hex(value);
    uart_say("\n");
}

static _Noreturn void rest(const char *text) {
    say("operations ", power_operations());
    uart_say(text);
    for (;;) {
    }
}

static _Noreturn void reset(void) {
    say("operations ", power_operations());
    cp_system_reset();
}

static void need(int err, const char *what) {
    if (err) {
        say(what, (uint32_t)err);
        rest("gave up\n");
    }
}

// --- the chip

#if defined(MACHINE_EMCRAFT)
#define S25SL12801 0x012018u

// This chip is older than SFDP: the driver finds it, and refuses it. So here its sizes and times
// are those that QEMU's table of chips and the maker's data sheet (from memory, unverified) have.
static int find_chip(struct cp_spinor *nor, const struct cp_spi *bus) {
    const int err = cp_spinor_init(nor, bus);
    say("init ", (uint32_t)err);
    if (err != CP_ERR_FLASH || nor->id != S25SL12801) {
        return CP_ERR_FLASH;
    }
    nor->size_bytes = 1u << 24;
    nor->page_size_bytes = 256;
    nor->erase_size_bytes = 1u << 16;
    nor->erase_opcode = 0xD8;
    nor->program_time_us = 3000;
    nor->erase_time_us = 2000000;
    return CP_OK;
}
#else
static int find_chip(struct cp_spinor *nor, const struct cp_spi *bus) {
    const int err = cp_spinor_init(nor, bus);
    say("init ", (uint32_t)err);
    return err;
}
#endif

static void open_chip(struct cp_flash *flash) {
    static struct cp_spi spi, bus;
    static struct cp_spinor nor;
    machine_bus(&spi);
    power_bus(&bus, &spi);
    const int err = find_chip(&nor, &bus);
    say("id ", nor.id);
    need(err, "chip ");
    say("size ", nor.size_bytes);
    say("erase ", nor.erase_size_bytes | nor.erase_opcode);
    say("four ", nor.has_four_byte_addresses);
    cp_spinor_flash(flash, &nor);
}

// At the chip's end, so that each byte of an address counts.
static struct cp_partition partition(const struct cp_flash *flash, uint32_t page, uint32_t pages) {
    const uint32_t start = flash->size_bytes - (STATE_PAGES + 2 * ACTIVE_PAGES + 1) *
                                                   flash->erase_size_bytes;
    return (struct cp_partition){
        .flash = flash,
        .offset_bytes = start + page * flash->erase_size_bytes,
        .size_bytes = pages * flash->erase_size_bytes,
    };
}

// --- images

static uint32_t image_word(uint32_t version, uint32_t index) {
    return index == 0 ? version : index * 0x9E3779B1u + version * 0x85EBCA6Bu;
}

static void make_piece(uint32_t version, uint32_t first, uint32_t words[WORDS]) {
    for (uint32_t i = 0; i < WORDS; i++) {
        words[i] = image_word(version, first + i);
    }
}

// Which image a partition holds; 0 if it is none, or not whole.
static uint32_t version_in(const struct cp_partition *partition, uint32_t size_bytes) {
    uint32_t version = 0;
    for (uint32_t at = 0; at < size_bytes; at += sizeof(uint32_t[WORDS])) {
        uint32_t read[WORDS], made[WORDS];
        need(partition->flash->read(partition->flash, partition->offset_bytes + at, read,
                                    sizeof read),
             "read ");
        version = at == 0 ? read[0] : version;
        make_piece(version, at / sizeof(uint32_t), made);
        for (uint32_t i = 0; i < WORDS; i++) {
            if (read[i] != made[i]) {
                return 0;
            }
        }
    }
    return version < VERSIONS_END ? version : 0;
}

// --- the bootloader

static const struct cp_state_format *const format = &cp_state_format_journal;

static void prepare(const struct cp_boot_config *config) {
    enum cp_state state;
    need(cp_boot_prepare(config, &state), "prepare ");
}

// --- the application

static _Noreturn void install(struct cp_updater *updater, uint32_t version, uint32_t size_bytes) {
    for (uint32_t at = 0; at < size_bytes; at += sizeof(uint32_t[WORDS])) {
        uint32_t words[WORDS];
        make_piece(version, at / sizeof(uint32_t), words);
        need(cp_updater_write(updater, at, words, sizeof words), "write ");
    }
    need(cp_updater_request_image(updater, size_bytes), "request ");
    uart_say("requested\n");
    reset();
}

static void run_trial(struct cp_updater *updater, uint32_t version) {
    if (version == BAD) {
        uart_say("fails\n");
        reset();
    }
    if (version == HANGS) {
        rest("hangs\n");
    }
    need(cp_updater_confirm(updater), "confirm ");
    uart_say("confirmed\n");
}

static _Noreturn void run_application(const struct cp_boot_config *boot) {
    static struct cp_updater updater;
    static struct cp_updater_config config;
    config = (struct cp_updater_config){
        .dfu = boot->dfu,
        .state = boot->state,
        .active_size_bytes = boot->active.size_bytes,
        .format = format,
        .buffer = buffer,
        .buffer_size_bytes = sizeof buffer,
    };
    const uint32_t version = version_in(&boot->active, boot->active.size_bytes);
    say("version ", version);
    if (version == 0) {
        rest("a mix\n");
    }
    need(cp_updater_init(&updater, &config), "start ");
    enum cp_state state;
    need(cp_updater_get_state(&updater, &state), "state ");
    if (state == CP_STATE_SWAP) {
        run_trial(&updater, version);
    }
    const uint32_t next = order_of(MACHINE_ORDER)->next_version;
    if (state == CP_STATE_BOOT && version == OLD && next != 0) {
        install(&updater, next, boot->active.size_bytes);
    }
    rest(state == CP_STATE_REVERT ? "reverted\n" : "rests\n");
}

// A new device: version 1, nothing else.
static void deliver(const struct cp_partition *active) {
    const struct cp_flash *flash = active->flash;
    for (uint32_t at = 0; at < active->size_bytes; at += sizeof(uint32_t[WORDS])) {
        uint32_t words[WORDS];
        make_piece(OLD, at / sizeof(uint32_t), words);
        need(flash->program(flash, active->offset_bytes + at, words, sizeof words), "deliver ");
    }
    rest("delivered\n");
}

_Noreturn void cp_firmware_main(void) {
    static struct cp_flash flash;
    open_chip(&flash);
    const struct cp_boot_config config = {
        .active = partition(&flash, STATE_PAGES, ACTIVE_PAGES),
        .dfu = partition(&flash, STATE_PAGES + ACTIVE_PAGES, ACTIVE_PAGES + 1),
        .state = partition(&flash, 0, STATE_PAGES),
        .format = format,
        .buffer = buffer,
        .buffer_size_bytes = sizeof buffer,
    };
    if (order_of(MACHINE_ORDER)->next_version == OLD) {
        deliver(&config.active);
    }
    prepare(&config);
    run_application(&config);
}
