// demo_frame.h: frames between a demo application and scripts/serial_update.
//
// A frame is 0x7E, its type, its length in two bytes, so many bytes, and the CRC-32 (that of
// zlib) over type, length and bytes. Numbers have their low byte first. Whoever is not
// understood is silent; the device asks again.

#ifndef CP_FIRMWARE_DEMO_FRAME_H
#define CP_FIRMWARE_DEMO_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#define DEMO_FRAME_START 0x7Eu

// Of the device.
enum demo_frame_type {
    DEMO_FRAME_HELLO = 'H', // after a reset: version, size of ACTIVE
    DEMO_FRAME_NOTE = 'N',  // enum demo_note, value
    DEMO_FRAME_PANIC = 'P', // error; a reset follows
    DEMO_FRAME_WANT = 'W',  // version: is there an image?
    DEMO_FRAME_SAME = 'S',  // version: what was offered runs already
    DEMO_FRAME_READ = 'R',  // offset, size: a piece of it
    // Of the host.
    DEMO_FRAME_OFFER = 'O', // size, check value in two words
    DEMO_FRAME_DATA = 'D',  // offset, and the bytes
};

void demo_frame_send(enum demo_frame_type type, const uint32_t *words, uint32_t word_count);

// Wait for a frame of that type that begins with `words`, and has size_bytes of data behind.
// Others are passed over: answers to what was asked twice. False if none comes in time, or a
// damaged one. What came is in data then as well.
bool demo_frame_receive(enum demo_frame_type type, const uint32_t *words, uint32_t word_count,
                        uint8_t *data, uint32_t size_bytes);

#endif
