// demo_link_prover.c: the link to the prover: a device that only the prover has.
//
// docs/arm.md lists its registers.

#include "core/firmware/demo_link.h"

#include "core/port/mmio.h"

#define CHANNEL 0xF0000000u

enum {
    MAGIC = 0x00,
    VALUE = 0x04,
    NOTE = 0x08,
    CHOOSE = 0x0C,
    ANSWER = 0x10,
    IMAGE = 0x14,
    OFFSET_BYTES = 0x18,
    ADDRESS = 0x1C,
    SIZE_BYTES = 0x20,
    DIGEST_LOW = 0x24,
    DIGEST_HIGH = 0x28,
    HANG = 0x2C,
    PANIC = 0x30,
    VERSION_ADDRESS = 0x34,
    VERSION = 0x38,
    SCRIPT_FIRMWARE = 0x48,
    SCRIPT_NEXT = 0x4C,
    SCRIPT_DOWNLOAD = 0x50,
    SCRIPT_CHUNK_SIZE_BYTES = 0x54,
    SCRIPT_AFTER_REVERT = 0x58,
    SCRIPT_DETACH = 0x5C,
    SCRIPT_APPLICATION_VERIFIES = 0x68,
    IMAGE_SIZES_BYTES = 0x80,
};

#define MAGIC_VALUE       0x46504331u
#define AFTER_REVERT_STOP 0u

static uint32_t get(uint32_t offset_bytes) {
    return mmio_read32(CHANNEL + offset_bytes);
}

static void put(uint32_t offset_bytes, uint32_t value) {
    mmio_write32(CHANNEL + offset_bytes, value);
}

// Without a prover nothing below has a meaning, and the application idles.
void demo_link_open(const uint32_t *version) {
    while (get(MAGIC) != MAGIC_VALUE) {
    }
    put(VERSION_ADDRESS, (uint32_t)version);
    put(VERSION, *version);
}

void demo_link_script(struct demo_script *script) {
    *script = (struct demo_script){
        .next = get(SCRIPT_NEXT),
        .firmware = (enum demo_firmware)get(SCRIPT_FIRMWARE),
        .download = (enum demo_download)get(SCRIPT_DOWNLOAD),
        .chunk_size_bytes = get(SCRIPT_CHUNK_SIZE_BYTES),
        .stops_after_revert = get(SCRIPT_AFTER_REVERT) == AFTER_REVERT_STOP,
        .detaches = get(SCRIPT_DETACH) != 0,
        .verifies = get(SCRIPT_APPLICATION_VERIFIES) != 0,
    };
}

uint32_t demo_link_image_size_bytes(uint32_t image) {
    return get(IMAGE_SIZES_BYTES + 4 * image);
}

uint64_t demo_link_image_digest(uint32_t image) {
    put(IMAGE, image);
    const uint32_t low = get(DIGEST_LOW);
    return (uint64_t)get(DIGEST_HIGH) << 32 | low;
}

void demo_link_image_read(uint32_t image, uint32_t offset_bytes, void *data, uint32_t size_bytes) {
    put(IMAGE, image);
    put(OFFSET_BYTES, offset_bytes);
    put(ADDRESS, (uint32_t)data);
    put(SIZE_BYTES, size_bytes);
    __asm__ volatile("" ::: "memory"); // the device has written to RAM
}

uint32_t demo_link_choose(uint32_t count) {
    put(CHOOSE, count);
    return get(ANSWER);
}

void demo_link_note(enum demo_note note, uint32_t value) {
    put(VALUE, value);
    put(NOTE, (uint32_t)note);
}

void demo_link_idle(void) {
    __asm__ volatile("wfi");
}

void demo_link_hang(void) {
    put(HANG, 1);
}

void demo_link_panic(int err) {
    put(PANIC, (uint32_t)err);
}
