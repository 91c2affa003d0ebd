// application.c: the application of the native program, and its external DFU mode.
//
// One application plays every image of a scenario; the board's script says what
// each image does. In this order: report the boot state; if on trial, test itself
// and confirm; then fetch the next image, verify it, request it, reset. In the
// external DFU mode the same installation is driven by a host.

#include <stdbool.h>
#include <stddef.h>

#include "sim/native/fetch.h"
#include "sim/native/native.h"

struct application {
    const struct cp_program_board *board;
    struct native_devices devices;
    struct cp_verifier verifier;
    struct cp_updater_config config;
    struct cp_updater updater;
    uint8_t *buffer; // lent to the updater, and holds a chunk of a download
};

static void panic_on(int err) {
    if (err) {
        cp_end_panic(err);
    }
}

// Where the next image goes: it is no more than DFU that is ever written, or the slot from
// which nothing runs.
static enum cp_area next_area(const struct cp_program_board *board, enum cp_area running) {
    return board->is_direct && running == CP_AREA_DFU ? CP_AREA_ACTIVE : CP_AREA_DFU;
}

static enum cp_slot slot_of(const struct cp_program_board *board, enum cp_area area) {
    if (!board->is_direct) {
        return CP_SLOT_NONE;
    }
    return area == CP_AREA_ACTIVE ? CP_SLOT_A : CP_SLOT_B;
}

static void start(struct application *app, const struct cp_program_board *board, uint8_t *buffer,
                  enum cp_area running) {
    const enum cp_area next = next_area(board, running);
    app->board = board;
    app->buffer = buffer;
    native_devices_init(&app->devices, board);
    app->verifier = native_verifier(board);
    app->config = (struct cp_updater_config){
        .dfu = native_partition(&app->devices, board, next),
        .dfu_slot = slot_of(board, next),
        .state = native_partition(&app->devices, board, CP_AREA_STATE),
        .active_size_bytes = board->areas[board->is_direct ? next : CP_AREA_ACTIVE].size_bytes,
        .verifier = board->public_key && board->application_verifies ? &app->verifier : NULL,
        .format = native_format(board->format),
        .buffer = buffer,
        .buffer_size_bytes = board->buffer_size_bytes,
        .feed = native_feed,
    };
    const bool notes_start = app->config.format == &cp_state_format_journal;
    if (notes_start) {
        cp_note(CP_NOTE_STARTED_BEGUN, 0);
    }
    panic_on(cp_updater_init(&app->updater, &app->config));
    if (notes_start) {
        cp_note(CP_NOTE_STARTED_RETURNED, 0);
    }
}

static void write_image(struct application *app, uint8_t image) {
    const uint32_t size_bytes = app->board->images[image].size_bytes;
    const uint32_t chunk_size_bytes = app->board->chunk_size_bytes;
    if (chunk_size_bytes == 0) {
        cp_end_panic(CP_ERR_ARGUMENT); // the download would never end
    }
    for (uint32_t done_bytes = 0; done_bytes < size_bytes;) {
        const uint32_t left_bytes = size_bytes - done_bytes;
        const uint32_t piece_bytes = left_bytes < chunk_size_bytes ? left_bytes : chunk_size_bytes;
        cp_image_read(image, done_bytes, app->buffer, piece_bytes);
        panic_on(cp_updater_write(&app->updater, done_bytes, app->buffer, piece_bytes));
        done_bytes += piece_bytes;
    }
}

static void download(struct application *app, uint8_t image) {
    if (app->board->download == CP_DOWNLOAD_NONE) {
        return;
    }
    cp_note(CP_NOTE_DOWNLOAD_BEGUN, image);
    if (app->board->download == CP_DOWNLOAD_PREPARE) {
        panic_on(cp_updater_prepare(&app->updater));
    }
    write_image(app, image);
    cp_note(CP_NOTE_DOWNLOAD_DONE, image);
}

static void feed_digest(void *context, const uint8_t *data, uint32_t size_bytes) {
    uint64_t *digest = context;
    *digest = cp_digest_update(*digest, data, size_bytes);
}

static bool is_in_dfu(struct application *app, uint8_t image) {
    uint64_t digest = 0;
    panic_on(
        cp_updater_hash(&app->updater, app->board->images[image].size_bytes, feed_digest, &digest));
    return digest == cp_image_digest(image);
}

// Without a download nothing would be different after a reset, so that waits.
static _Noreturn void refuse_image(const struct application *app) {
    if (app->board->download == CP_DOWNLOAD_NONE) {
        cp_end_idle();
    }
    cp_end_reset();
}

// The larger of the two shares of the buffer is lent to the updater or holds a chunk.
static uint32_t lent_bytes(const struct cp_program_board *board) {
    const uint32_t chunk_size_bytes = board->chunk_size_bytes;
    const uint32_t buffer_size_bytes = board->buffer_size_bytes;
    return chunk_size_bytes > buffer_size_bytes ? chunk_size_bytes : buffer_size_bytes;
}

// What is downloaded so is what was sent: the core has to see to that, nobody looks again.
static _Noreturn void install_ranges(struct application *app, uint8_t image) {
    struct native_fetch fetch = {.kept_bytes = 0};
    cp_note(CP_NOTE_DOWNLOAD_BEGUN, image);
    native_fetch(&fetch, &app->updater, app->board, image, app->buffer, lent_bytes(app->board));
    cp_note(CP_NOTE_DOWNLOAD_DONE, image);
    cp_note(CP_NOTE_REQUEST_BEGUN, image);
    int err = cp_download_finish(&fetch.download);
    if (err == CP_ERR_IMAGE) {
        panic_on(cp_download_abort(&fetch.download));
        cp_end_idle(); // not one to install, however often it is fetched
    }
    panic_on(err);
    cp_note(CP_NOTE_REQUEST_RETURNED, image);
    cp_end_reset();
}

static _Noreturn void install(struct application *app, uint8_t image) {
    if (app->board->download == CP_DOWNLOAD_RANGES) {
        install_ranges(app, image);
    }
    download(app, image);
    if (!is_in_dfu(app, image)) {
        refuse_image(app);
    }
    cp_note(CP_NOTE_REQUEST_BEGUN, image);
    int err = cp_updater_request_image(&app->updater, app->board->images[image].size_bytes);
    if (err == CP_ERR_IMAGE) {
        cp_end_idle(); // not one to install, however often it is fetched
    }
    panic_on(err);
    cp_note(CP_NOTE_REQUEST_RETURNED, image);
    cp_end_reset();
}

static enum cp_firmware firmware_of(const struct cp_program_board *board, uint8_t image) {
    const enum cp_firmware firmware = board->images[image].firmware;
    if (firmware != CP_FIRMWARE_EITHER) {
        return firmware;
    }
    return cp_choose(2) == 0 ? CP_FIRMWARE_GOOD : CP_FIRMWARE_BAD;
}

// Tries all that would destroy the image to return to. Each call has to refuse.
static _Noreturn void be_careless(struct application *app) {
    (void)cp_updater_prepare(&app->updater);
    (void)cp_updater_request(&app->updater);
    (void)cp_updater_detach(&app->updater);
    cp_end_reset();
}

// Returns if the image tested itself well and confirmed.
static void run_trial(struct application *app, uint8_t image) {
    const enum cp_firmware firmware = firmware_of(app->board, image);
    if (firmware == CP_FIRMWARE_BAD) {
        cp_end_reset();
    }
    if (firmware == CP_FIRMWARE_CARELESS) {
        be_careless(app);
    }
    if (firmware == CP_FIRMWARE_HANGS) {
        cp_end_hang();
    }
    cp_note(CP_NOTE_CONFIRM_BEGUN, 0);
    panic_on(cp_updater_confirm(&app->updater));
    cp_note(CP_NOTE_CONFIRM_RETURNED, 0);
}

static _Noreturn void detach(struct application *app) {
    cp_note(CP_NOTE_DETACH_BEGUN, 0);
    panic_on(cp_updater_detach(&app->updater));
    cp_note(CP_NOTE_DETACH_RETURNED, 0);
    cp_end_reset();
}

static uint8_t next_of(const struct cp_program_board *board, uint8_t image) {
    const uint8_t next = board->images[image].next;
    return next < CP_IMAGES_MAX ? next : (uint8_t)CP_IMAGE_NONE;
}

static void run(const struct cp_program_board *board, uint8_t image, uint8_t *buffer) {
    struct application app;
    start(&app, board, buffer, cp_running_area());

    enum cp_state state = CP_STATE_BOOT;
    panic_on(cp_updater_get_state(&app.updater, &state));
    cp_note(CP_NOTE_STATE_REPORTED, (uint32_t)state);
    if (state == CP_STATE_SWAP) {
        run_trial(&app, image);
    }
    if (state == CP_STATE_REVERT && board->after_revert == CP_AFTER_REVERT_STOP) {
        cp_end_idle();
    }
    const uint8_t next = next_of(board, image);
    if (next == CP_IMAGE_NONE) {
        cp_end_idle();
    }
    if (board->detach) {
        detach(&app);
    }
    install(&app, next);
}

// The DFU mode is part of the bootloader, which need not remember what it was told: the slot
// that is not to be written is the one the record trusts.
static enum cp_area trusted_area(const struct cp_program_board *board) {
    struct native_devices devices;
    enum cp_slot running = CP_SLOT_A;
    native_devices_init(&devices, board);
    const struct cp_partition state = native_partition(&devices, board, CP_AREA_STATE);
    if (board->is_direct) {
        panic_on(cp_updater_find_slot(&state, native_format(board->format), &running));
    }
    return running == CP_SLOT_B ? CP_AREA_DFU : CP_AREA_ACTIVE;
}

static void serve_host(const struct cp_program_board *board, uint8_t base_image, uint8_t *buffer) {
    const uint8_t next = next_of(board, base_image);
    if (!board->dfu_host_present || next == CP_IMAGE_NONE) {
        if (board->dfu_mode_times_out) {
            cp_end_reset();
        }
        cp_end_idle();
    }
    struct application app;
    start(&app, board, buffer, trusted_area(board));
    install(&app, next);
}

static void with_buffer(native_work work, const struct cp_program_board *board, uint8_t image) {
    if (image >= CP_IMAGES_MAX) {
        cp_end_panic(CP_ERR_ARGUMENT); // the prover starts only images it knows
    }
    uint32_t size_bytes = lent_bytes(board);
    if (board->download == CP_DOWNLOAD_RANGES) {
        struct native_devices devices;
        native_devices_init(&devices, board);
        const struct cp_partition dfu = native_partition(&devices, board, CP_AREA_DFU);
        size_bytes += native_fetch_pieces_bytes(dfu.flash ? dfu.flash->erase_size_bytes : 0);
    }
    native_with_buffer(size_bytes, work, board, image);
}

void native_application(const struct cp_program_board *board, uint8_t image) {
    with_buffer(run, board, image);
}

void native_dfu_mode(const struct cp_program_board *board, uint8_t base_image) {
    with_buffer(serve_host, board, base_image);
}
