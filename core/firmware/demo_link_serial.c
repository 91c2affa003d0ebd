// demo_link_serial.c: the link to a host over a UART: scripts/serial_update is its other end.
//
// What the running image does on trial is compiled in; what it is to install, it asks for, piece
// by piece. A host that is not there is waited for.

#include "core/firmware/demo_link.h"

#include <stddef.h>

#include "core/firmware/demo_digest.h"
#include "core/firmware/demo_frame.h"
#include "core/firmware/demo_uart.h"
#include "core/firmware/demo_version.h"
#include "core/firmware/startup.h"
#include "core/firmware/system.h"
#include "layout.h"

#if defined(CP_BOARD_FORMAT_SEED)
#define DOWNLOAD DEMO_DOWNLOAD_AS_IT_GOES
#else
#define DOWNLOAD DEMO_DOWNLOAD_RANGES
#endif

#define CHUNK_SIZE_BYTES 256u
#define SCRIPT_NEXT      0u // there is only one image

static uint32_t running_version;

// What is on offer, in the order of an OFFER; of size 0 before there is any.
static struct { uint32_t size_bytes, digest_low, digest_high; } offer;

void demo_link_open(const uint32_t *version) {
    running_version = *version;
    demo_uart_init();
    demo_watchdog_start();
    const uint32_t words[] = {running_version, CP_BOARD_ACTIVE_SIZE_BYTES};
    demo_frame_send(DEMO_FRAME_HELLO, words, 2);
}

// --- for people: a line of text, which is no frame

static void say(const char *text) {
    for (; *text != '\0'; text++) {
        demo_uart_send((uint8_t)*text);
    }
}

static void say_number(uint32_t number) {
    char digits[11]; // and what ends them
    char *first = digits + sizeof digits - 1;
    *first = '\0';
    do {
        *--first = (char)('0' + number % 10);
        number /= 10;
    } while (number != 0);
    say(first);
}

static void say_start(uint32_t state) {
    static const char *const names[] = {"Boot", "Swap", "Revert", "Detach"};
    say("cutproof demo ");
    say_number(running_version);
    say(", state ");
    say(state < sizeof names / sizeof names[0] ? names[state] : "?");
    say("\r\n");
}

// --- what is asked of it

void demo_link_script(struct demo_script *script) {
    *script = (struct demo_script){
        .next = SCRIPT_NEXT,
        .firmware = demo_firmware,
        .download = DOWNLOAD,
        .chunk_size_bytes = CHUNK_SIZE_BYTES,
        .reads_back = true,
        .verifies = CP_BOARD_IS_SIGNED,
    };
}

static uint32_t load32(const uint8_t bytes[4]) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static bool receive_offer(void) {
    uint8_t bytes[sizeof offer];
    demo_frame_send(DEMO_FRAME_WANT, &running_version, 1);
    if (!demo_frame_receive(DEMO_FRAME_OFFER, NULL, 0, bytes, sizeof bytes)) {
        return false;
    }
    offer.size_bytes = load32(bytes);
    offer.digest_low = load32(bytes + 4);
    offer.digest_high = load32(bytes + 8);
    return true;
}

static uint64_t offered_digest(void) {
    return (uint64_t)offer.digest_high << 32 | offer.digest_low;
}

// The running image begins with its vector table.
static bool is_running(void) {
    return offer.size_bytes <= CP_BOARD_ACTIVE_SIZE_BYTES &&
           demo_digest_update(0, (const uint8_t *)__vectors_start, offer.size_bytes) ==
               offered_digest();
}

static void wait_for_offer(void) {
    while (offer.size_bytes == 0) {
        if (receive_offer() && is_running()) {
            demo_frame_send(DEMO_FRAME_SAME, &running_version, 1);
            offer.size_bytes = 0;
        }
    }
}

uint32_t demo_link_image_size_bytes(uint32_t image) {
    (void)image;
    wait_for_offer();
    return offer.size_bytes;
}

uint64_t demo_link_image_digest(uint32_t image) {
    (void)image;
    wait_for_offer();
    return offered_digest();
}

void demo_link_image_read(uint32_t image, uint32_t offset_bytes, void *data, uint32_t size_bytes) {
    (void)image;
    const uint32_t words[] = {offset_bytes, size_bytes};
    do {
        demo_frame_send(DEMO_FRAME_READ, words, 2);
    } while (!demo_frame_receive(DEMO_FRAME_DATA, &offset_bytes, 1, data, size_bytes));
}

uint32_t demo_link_choose(uint32_t count) {
    (void)count;
    return 0;
}

void demo_link_note(enum demo_note note, uint32_t value) {
    const uint32_t words[] = {(uint32_t)note, value};
    demo_frame_send(DEMO_FRAME_NOTE, words, 2);
    if (note == DEMO_NOTE_STATE_REPORTED) {
        say_start(value);
    }
}

void demo_link_idle(void) {
    cp_system_feed();
}

void demo_link_hang(void) {
}

void demo_link_panic(int err) {
    const uint32_t words[] = {(uint32_t)err};
    demo_frame_send(DEMO_FRAME_PANIC, words, 1);
}
