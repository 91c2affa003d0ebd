// demo.c: a demo application, which updates itself.
//
// In this order: report the boot state; if on trial, test itself and confirm; then fetch the
// next image, verify it, request it, reset. The same calls of the updater, in the same order,
// as sim/native/application.c. What it asks of the outside goes through demo_link.h.

#include "core/firmware/demo.h"

#include <stddef.h>

#include "core/firmware/board.h"
#include "core/firmware/board_options.h"
#include "core/firmware/board_verifier.h"
#include "core/firmware/demo_digest.h"
#include "core/firmware/demo_fetch.h"
#include "core/firmware/demo_link.h"
#include "core/firmware/demo_version.h"
#include "core/firmware/startup.h"
#include "core/firmware/system.h"

#if defined(CP_BOARD_FORMAT_SEED)
#define FORMAT cp_state_format_seed
#else
#define FORMAT cp_state_format_journal
#endif

// Which area it is linked for, and so which one it does not run from.
#if CP_BOARD_IS_DIRECT && defined(CP_DEMO_SLOT_B)
#define NEXT_AREA       CP_BOARD_ACTIVE
#define NEXT_SLOT       CP_SLOT_A
#define IMAGE_MAX_BYTES CP_BOARD_ACTIVE_SIZE_BYTES
#elif CP_BOARD_IS_DIRECT
#define NEXT_AREA       CP_BOARD_DFU
#define NEXT_SLOT       CP_SLOT_B
#define IMAGE_MAX_BYTES CP_BOARD_DFU_SIZE_BYTES
#else
#define NEXT_AREA       CP_BOARD_DFU
#define NEXT_SLOT       CP_SLOT_NONE
#define IMAGE_MAX_BYTES CP_BOARD_ACTIVE_SIZE_BYTES
#endif

#define CHUNK_MAX_BYTES 4096u
#define LENT_BYTES                                                                                 \
    (CP_BOARD_BUFFER_SIZE_BYTES > CHUNK_MAX_BYTES ? CP_BOARD_BUFFER_SIZE_BYTES : CHUNK_MAX_BYTES)

static struct demo_script script;
static struct cp_updater_config config;
static struct cp_updater updater;
static uint8_t buffer[LENT_BYTES]; // lent to the updater, and holds a chunk of a download

// --- how it ends

_Noreturn void demo_panic(int err) {
    demo_link_panic(err);
    cp_system_reset();
}

_Noreturn void cp_firmware_fault(void) {
    cp_system_reset();
}

static _Noreturn void idle(void) {
    for (;;) {
        demo_link_idle();
    }
}

static _Noreturn void hang(void) {
    demo_link_hang();
    for (;;) {
    }
}

// --- the updater

static void feed(const void *context) {
    (void)context;
    cp_system_feed();
}

static void start(void) {
    cp_board_init();
    config = (struct cp_updater_config){
        .dfu = cp_board_partition(NEXT_AREA),
        .dfu_slot = NEXT_SLOT,
        .state = cp_board_partition(CP_BOARD_STATE),
        .active_size_bytes = IMAGE_MAX_BYTES,
        .verifier = script.verifies ? cp_board_verifier : NULL,
        .format = &FORMAT,
        .buffer = buffer,
        .buffer_size_bytes = CP_BOARD_BUFFER_SIZE_BYTES,
        .feed = feed,
    };
    const bool notes_start = config.format == &cp_state_format_journal;
    if (notes_start) {
        demo_link_note(DEMO_NOTE_STARTED_BEGUN, 0);
    }
    demo_panic_on(cp_updater_init(&updater, &config));
    if (notes_start) {
        demo_link_note(DEMO_NOTE_STARTED_RETURNED, 0);
    }
}

// --- a download in order

static void write_image(uint32_t image) {
    const uint32_t size_bytes = demo_link_image_size_bytes(image);
    if (script.chunk_size_bytes == 0) {
        demo_panic(CP_ERR_ARGUMENT); // the download would never end
    }
    for (uint32_t done_bytes = 0; done_bytes < size_bytes;) {
        const uint32_t left_bytes = size_bytes - done_bytes;
        const uint32_t piece_bytes =
            left_bytes < script.chunk_size_bytes ? left_bytes : script.chunk_size_bytes;
        demo_link_image_read(image, done_bytes, buffer, piece_bytes);
        demo_panic_on(cp_updater_write(&updater, done_bytes, buffer, piece_bytes));
        done_bytes += piece_bytes;
    }
}

static void download(uint32_t image) {
    if (script.download == DEMO_DOWNLOAD_NONE) {
        return;
    }
    demo_link_note(DEMO_NOTE_DOWNLOAD_BEGUN, image);
    if (script.download == DEMO_DOWNLOAD_PREPARE) {
        demo_panic_on(cp_updater_prepare(&updater));
    }
    write_image(image);
    demo_link_note(DEMO_NOTE_DOWNLOAD_DONE, image);
}

static void feed_digest(void *context, const uint8_t *data, uint32_t size_bytes) {
    uint64_t *digest = context;
    *digest = demo_digest_update(*digest, data, size_bytes);
}

static bool is_in_dfu(uint32_t image) {
    uint64_t digest = 0;
    demo_panic_on(
        cp_updater_hash(&updater, demo_link_image_size_bytes(image), feed_digest, &digest));
    return digest == demo_link_image_digest(image);
}

// Without a download nothing would be different after a reset, so that waits.
static _Noreturn void refuse_image(void) {
    if (script.download == DEMO_DOWNLOAD_NONE) {
        idle();
    }
    cp_system_reset();
}

// --- the installation

#if !defined(CP_BOARD_FORMAT_SEED)
// What is downloaded so is what was sent: the core has to see to that, and the prover looks at
// nothing else. Whether it was the right one, over a line that may damage it, is told by a hash.
static _Noreturn void install_ranges(uint32_t image) {
    static struct demo_fetch fetch;
    static uint8_t pieces[DEMO_FETCH_PIECES_BYTES];
    const struct demo_fetch_image wanted = {image, demo_link_image_size_bytes(image),
                                            script.chunk_size_bytes, buffer, pieces};
    demo_link_note(DEMO_NOTE_DOWNLOAD_BEGUN, image);
    demo_fetch(&fetch, &updater, &wanted);
    demo_link_note(DEMO_NOTE_DOWNLOAD_DONE, image);
    if (script.reads_back && !is_in_dfu(image)) {
        demo_panic_on(cp_download_abort(&fetch.download));
        demo_panic(CP_ERR_IMAGE);
    }
    demo_link_note(DEMO_NOTE_REQUEST_BEGUN, image);
    const int err = cp_download_finish(&fetch.download);
    if (err == CP_ERR_IMAGE) {
        demo_panic_on(cp_download_abort(&fetch.download));
        idle(); // not one to install, however often it is fetched
    }
    demo_panic_on(err);
    demo_link_note(DEMO_NOTE_REQUEST_RETURNED, image);
    cp_system_reset();
}
#else
// Of the journal alone.
static _Noreturn void install_ranges(uint32_t image) {
    (void)image;
    demo_panic(CP_ERR_ARGUMENT);
}
#endif

static _Noreturn void install(uint32_t image) {
    if (script.download == DEMO_DOWNLOAD_RANGES) {
        install_ranges(image);
    }
    download(image);
    if (!is_in_dfu(image)) {
        refuse_image();
    }
    demo_link_note(DEMO_NOTE_REQUEST_BEGUN, image);
    const int err = cp_updater_request_image(&updater, demo_link_image_size_bytes(image));
    if (err == CP_ERR_IMAGE) {
        idle(); // not one to install, however often it is fetched
    }
    demo_panic_on(err);
    demo_link_note(DEMO_NOTE_REQUEST_RETURNED, image);
    cp_system_reset();
}

// --- the trial

static enum demo_firmware firmware(void) {
    if (script.firmware != DEMO_FIRMWARE_EITHER) {
        return script.firmware;
    }
    return demo_link_choose(2) == 0 ? DEMO_FIRMWARE_GOOD : DEMO_FIRMWARE_BAD;
}

// Tries all that would destroy the image to return to. Each call has to refuse.
static _Noreturn void be_careless(void) {
    (void)cp_updater_prepare(&updater);
    (void)cp_updater_request(&updater);
    (void)cp_updater_detach(&updater);
    cp_system_reset();
}

// Returns if the image tested itself well and confirmed.
static void run_trial(void) {
    switch (firmware()) {
    case DEMO_FIRMWARE_BAD: cp_system_reset();
    case DEMO_FIRMWARE_CARELESS: be_careless();
    case DEMO_FIRMWARE_HANGS: hang();
    default: break;
    }
    demo_link_note(DEMO_NOTE_CONFIRM_BEGUN, 0);
    demo_panic_on(cp_updater_confirm(&updater));
    demo_link_note(DEMO_NOTE_CONFIRM_RETURNED, 0);
}

static _Noreturn void detach(void) {
    demo_link_note(DEMO_NOTE_DETACH_BEGUN, 0);
    demo_panic_on(cp_updater_detach(&updater));
    demo_link_note(DEMO_NOTE_DETACH_RETURNED, 0);
    cp_system_reset();
}

_Noreturn void cp_firmware_main(void) {
    demo_link_open(&demo_version);
    demo_link_script(&script);
    if (script.chunk_size_bytes > sizeof(buffer)) {
        demo_panic(CP_ERR_ARGUMENT);
    }
    start();

    enum cp_state state = CP_STATE_BOOT;
    demo_panic_on(cp_updater_get_state(&updater, &state));
    demo_link_note(DEMO_NOTE_STATE_REPORTED, (uint32_t)state);
    if (state == CP_STATE_SWAP) {
        run_trial();
    }
    if ((state == CP_STATE_REVERT && script.stops_after_revert) || script.next == DEMO_IMAGE_NONE) {
        idle();
    }
    if (script.detaches) {
        detach();
    }
    install(script.next);
}
