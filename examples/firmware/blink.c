// blink.c: an application that blinks, and updates itself over its serial line.
//
// All that a product needs of Cutproof is here: start the updater, confirm an image that is on
// trial once it is sure of itself, and put a new one into DFU when somebody has one. The other end
// of the line is scripts/serial_update; docs/firmware.md has its frames.

#include <stddef.h>

#include "core/firmware/board.h"
#include "core/firmware/demo_digest.h"
#include "core/firmware/demo_frame.h"
#include "core/firmware/demo_uart.h"
#include "core/firmware/startup.h"
#include "core/firmware/system.h"
#include "core/port/mmio.h"
#include "cutproof/updater.h"
#include "layout.h"

// Column 1 and row 1 of the micro:bit's LEDs (nRF51 Reference Manual, GPIO; from memory).
#define GPIO_OUTSET 0x50000508u
#define GPIO_OUTCLR 0x5000050Cu
#define GPIO_DIRSET 0x50000518u
#define COLUMN_1    (1u << 4)
#define ROW_1       (1u << 13)

#define PIECE_BYTES 256u

// As scripts/serial_update knows them.
enum { NOTE_CONFIRMED = 5, NOTE_STATE = 8, NOTE_REQUESTED = 3 };

static const uint32_t version = BLINK_VERSION;
static uint8_t buffer[CP_BOARD_BUFFER_SIZE_BYTES];
static uint8_t piece[PIECE_BYTES];
static struct cp_updater_config config;
static struct cp_updater updater;

static void feed(const void *context) {
    (void)context;
    cp_system_feed();
}

static void note(uint32_t what, uint32_t value) {
    const uint32_t words[] = {what, value};
    demo_frame_send(DEMO_FRAME_NOTE, words, 2);
}

// Whatever fails, the bootloader has the last word.
static void reset_on(int err) {
    if (err) {
        cp_system_reset();
    }
}

_Noreturn void cp_firmware_fault(void) {
    cp_system_reset();
}

static void start_updater(void) {
    cp_board_init();
    config = (struct cp_updater_config){
        .dfu = cp_board_partition(CP_BOARD_DFU),
        .state = cp_board_partition(CP_BOARD_STATE),
        .active_size_bytes = CP_BOARD_ACTIVE_SIZE_BYTES,
        .format = &cp_state_format_journal,
        .buffer = buffer,
        .buffer_size_bytes = sizeof buffer,
        .feed = feed,
    };
    reset_on(cp_updater_init(&updater, &config));
}

// On trial: that it runs, and has a line, is all that this one asks of itself.
static void confirm(void) {
    enum cp_state state = CP_STATE_BOOT;
    reset_on(cp_updater_get_state(&updater, &state));
    note(NOTE_STATE, (uint32_t)state);
    if (state == CP_STATE_SWAP) {
        reset_on(cp_updater_confirm(&updater));
        note(NOTE_CONFIRMED, 0);
    }
}

static void blink(void) {
    static bool is_on;
    is_on = !is_on;
    mmio_write32(is_on ? GPIO_OUTSET : GPIO_OUTCLR, ROW_1);
}

// --- an update

struct offer {
    uint32_t size_bytes;
    uint64_t digest;
};

static uint32_t load32(const uint8_t bytes[4]) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

// Ask whether somebody has an image; waits for the answer for a moment.
static bool is_offered(struct offer *offer) {
    uint8_t bytes[12];
    demo_frame_send(DEMO_FRAME_WANT, &version, 1);
    if (!demo_frame_receive(DEMO_FRAME_OFFER, NULL, 0, bytes, sizeof bytes)) {
        return false;
    }
    offer->size_bytes = load32(bytes);
    offer->digest = (uint64_t)load32(bytes + 8) << 32 | load32(bytes + 4);
    return offer->size_bytes > 0 && offer->size_bytes <= CP_BOARD_ACTIVE_SIZE_BYTES;
}

static bool is_running(const struct offer *offer) {
    return demo_digest_update(0, (const uint8_t *)__vectors_start, offer->size_bytes) ==
           offer->digest;
}

static void receive(uint32_t offset_bytes, uint32_t size_bytes) {
    const uint32_t words[] = {offset_bytes, size_bytes};
    do {
        blink();
        cp_system_feed();
        demo_frame_send(DEMO_FRAME_READ, words, 2);
    } while (!demo_frame_receive(DEMO_FRAME_DATA, &offset_bytes, 1, piece, size_bytes));
}

static void add_to_digest(void *context, const uint8_t *data, uint32_t size_bytes) {
    uint64_t *digest = context;
    *digest = demo_digest_update(*digest, data, size_bytes);
}

// The power may fail at any moment of this: then it begins again. Only what reads back as it was
// offered is asked for.
static void install(const struct offer *offer) {
    uint64_t digest = 0;
    for (uint32_t done_bytes = 0; done_bytes < offer->size_bytes;) {
        const uint32_t left_bytes = offer->size_bytes - done_bytes;
        const uint32_t size_bytes = left_bytes < PIECE_BYTES ? left_bytes : PIECE_BYTES;
        receive(done_bytes, size_bytes);
        reset_on(cp_updater_write(&updater, done_bytes, piece, size_bytes));
        done_bytes += size_bytes;
    }
    reset_on(cp_updater_hash(&updater, offer->size_bytes, add_to_digest, &digest));
    if (digest == offer->digest) {
        reset_on(cp_updater_request_image(&updater, offer->size_bytes));
        note(NOTE_REQUESTED, 0);
    }
    cp_system_reset();
}

_Noreturn void cp_firmware_main(void) {
    const uint32_t hello[] = {version, CP_BOARD_ACTIVE_SIZE_BYTES};
    mmio_write32(GPIO_DIRSET, COLUMN_1 | ROW_1);
    mmio_write32(GPIO_OUTCLR, COLUMN_1);
    demo_uart_init();
    demo_watchdog_start();
    demo_frame_send(DEMO_FRAME_HELLO, hello, 2);
    start_updater();
    confirm();
    for (;;) {
        struct offer offer;
        blink();
        cp_system_feed();
        if (!is_offered(&offer)) {
            continue;
        }
        if (is_running(&offer)) {
            demo_frame_send(DEMO_FRAME_SAME, &version, 1);
        } else {
            install(&offer);
        }
    }
}
