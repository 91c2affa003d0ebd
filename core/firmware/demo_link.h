// demo_link.h: what surrounds a device in the field, as the demo application meets it: a server
// with images, a user who judges the running one, and who looks on.
//
// demo_link_prover.c speaks to the prover; demo_link_serial.c to a host over a UART.

#ifndef CP_FIRMWARE_DEMO_LINK_H
#define CP_FIRMWARE_DEMO_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "cutproof/updater.h"

#define DEMO_IMAGE_NONE 0xFFu

// The numbers of enum cp_note, sim/program.h.
enum demo_note {
    DEMO_NOTE_DOWNLOAD_BEGUN,
    DEMO_NOTE_DOWNLOAD_DONE,
    DEMO_NOTE_REQUEST_BEGUN,
    DEMO_NOTE_REQUEST_RETURNED,
    DEMO_NOTE_CONFIRM_BEGUN,
    DEMO_NOTE_CONFIRM_RETURNED,
    DEMO_NOTE_DETACH_BEGUN,
    DEMO_NOTE_DETACH_RETURNED,
    DEMO_NOTE_STATE_REPORTED,
    DEMO_NOTE_STARTED_BEGUN,
    DEMO_NOTE_STARTED_RETURNED,
};

// The numbers of enum cp_download_way.
enum demo_download {
    DEMO_DOWNLOAD_NONE,
    DEMO_DOWNLOAD_PREPARE,
    DEMO_DOWNLOAD_AS_IT_GOES,
    DEMO_DOWNLOAD_RANGES,
};

// The numbers of enum cp_firmware.
enum demo_firmware {
    DEMO_FIRMWARE_GOOD,
    DEMO_FIRMWARE_BAD,
    DEMO_FIRMWARE_HANGS,
    DEMO_FIRMWARE_EITHER,
    DEMO_FIRMWARE_CARELESS,
};

// What the running image is to do.
struct demo_script {
    uint32_t next; // the image that it is offered, or DEMO_IMAGE_NONE
    enum demo_firmware firmware;
    enum demo_download download;
    uint32_t chunk_size_bytes;
    bool stops_after_revert; // no second try
    bool detaches;
    bool reads_back; // what was downloaded in pieces is hashed before a swap is asked for
    bool verifies; // with signed images: before it asks for a swap
};

// Open the link and tell it which version this is; `version` lies in the image's flash.
void demo_link_open(const uint32_t *version);

void demo_link_script(struct demo_script *script);

// An image: its size, a check value as demo_digest_update() computes it, a piece of it.
uint32_t demo_link_image_size_bytes(uint32_t image);
uint64_t demo_link_image_digest(uint32_t image);
void demo_link_image_read(uint32_t image, uint32_t offset_bytes, void *data, uint32_t size_bytes);

// One of so many choices.
uint32_t demo_link_choose(uint32_t count);

void demo_link_note(enum demo_note note, uint32_t value);

// Pass the time until the next turn of the caller's loop; may not come back.
void demo_link_idle(void);

// The application hangs from here on, without a reset of its own.
void demo_link_hang(void);

// An error is about to be followed by a reset.
void demo_link_panic(int err);

#endif
