// updater.h: what an application uses to update itself.
//
// Life of an update: write the new image to DFU with cp_updater_write() (or
// cp_updater_prepare() and then writes), check it with cp_updater_hash(), call
// cp_updater_request(), reset. The new image starts on trial; when it is sure of
// itself it calls cp_updater_confirm(). If it resets without, the old one returns.

#ifndef CUTPROOF_UPDATER_H
#define CUTPROOF_UPDATER_H

#include "cutproof/boot.h"

struct cp_updater_config {
    struct cp_partition dfu;
    struct cp_partition state;
    uint32_t active_size_bytes; // the size of ACTIVE: no larger image is accepted
    // Of the strategy direct: which slot dfu is, the one that does not run; active_size_bytes
    // is at most its size. CP_SLOT_NONE: the strategy is swap.
    enum cp_slot dfu_slot;
    const struct cp_verifier *verifier; // checks an image before a request; NULL: nothing does
    const struct cp_state_format *format;
    uint8_t *buffer;            // lent during each call
    uint32_t buffer_size_bytes; // a multiple of the write sizes of DFU and STATE

    // Feeds the watchdog: called before each page of DFU is erased, before what is written
    // to one page, and before a state is stored, which erases all of STATE. NULL: nothing
    // to feed.
    void (*feed)(const void *context);
    const void *feed_context;
};

struct cp_download;

// The updater's volatile state. Fields are private. One at a time is in use.
struct cp_updater {
    const struct cp_updater_config *config;
    uint32_t write_end_bytes; // where the last write ended
    uint32_t erased_end_bytes; // DFU pages below this, from the last page written on, are erased
    const struct cp_download *download; // that is under way, begun with this updater
};

// Called with successive pieces of the image by cp_updater_hash().
typedef void (*cp_hash_update)(void *context, const uint8_t *data, uint32_t size_bytes);

// Start using the updater. *config must outlive it. With `journal` this is what notes that an
// image on trial was started: call it early.
//
// With the strategy direct it may turn out that by the record dfu is the slot that runs: the
// configuration is wrong, or the flash failed and what runs is the image to return to. Then
// all that would write or confirm returns CP_ERR_STATE.
//
// CP_ERR_ARGUMENT, CP_ERR_BOUNDS, CP_ERR_ALIGNMENT, CP_ERR_LAYOUT: as cp_boot_check();
// CP_ERR_FLASH, CP_ERR_STATE: with `journal`, the record cannot be written or read.
int cp_updater_init(struct cp_updater *updater, const struct cp_updater_config *config);

// Read the boot state. CP_ERR_FLASH if it cannot be read.
int cp_updater_get_state(struct cp_updater *updater, enum cp_state *state);

// Of the strategy direct: which slot runs by the record, CP_SLOT_A or CP_SLOT_B. For what is
// linked for neither, such as an external DFU mode; an application knows it without.
// CP_ERR_ARGUMENT if the format knows of no slots, CP_ERR_STATE if STATE holds nothing that can
// be read, CP_ERR_FLASH.
int cp_updater_find_slot(const struct cp_partition *state, const struct cp_state_format *format,
                         enum cp_slot *running);

// Erase all of DFU, so that writes afterwards need no erase. Ends a download (download.h).
// CP_ERR_STATE during a trial (DFU holds the image to return to), CP_ERR_FLASH.
int cp_updater_prepare(struct cp_updater *updater);

// Write a piece of the new image at offset_bytes of DFU. Each DFU page is erased
// when a write first enters it, unless cp_updater_prepare() has erased it.
// A write either continues where the last one ended or starts at a page
// boundary; going back to a page boundary erases that page again. Ends a download (download.h).
// CP_ERR_STATE during a trial; CP_ERR_BOUNDS beyond active_size_bytes;
// CP_ERR_ALIGNMENT offset or size not a multiple of the write size, or an offset
// inside a page that does not continue the last write; CP_ERR_FLASH.
int cp_updater_write(struct cp_updater *updater, uint32_t offset_bytes, const void *data,
                     uint32_t size_bytes);

// Ask for DFU to be swapped in at the next reset. The caller has verified DFU, or with a
// verifier this does, all of active_size_bytes.
// CP_ERR_STATE during a trial, and while a download is under way: cp_download_finish() or
// cp_download_abort() ends that. CP_ERR_FLASH.
int cp_updater_request(struct cp_updater *updater);

// The same for an image of size_bytes, with what signs it. With a verifier, of the updater or
// of the bootloader, this size has to be told; with `journal` alone it may be.
// As cp_updater_request(), and CP_ERR_BOUNDS beyond active_size_bytes, CP_ERR_IMAGE if the
// verifier says so; nothing is stored then.
int cp_updater_request_image(struct cp_updater *updater, uint32_t size_bytes);

// Keep the running image: no revert at the next reset. Harmless when nothing is
// on trial. CP_ERR_FLASH; CP_ERR_STATE with the strategy direct: see cp_updater_init().
int cp_updater_confirm(struct cp_updater *updater);

// Ask for the external DFU mode at the next reset. Ends a download.
// CP_ERR_STATE during a trial, CP_ERR_FLASH.
int cp_updater_detach(struct cp_updater *updater);

// Read back DFU. CP_ERR_BOUNDS, CP_ERR_FLASH.
int cp_updater_read(struct cp_updater *updater, uint32_t offset_bytes, void *data,
                    uint32_t size_bytes);

// Feed the first size_bytes of DFU to update(), in pieces of at most the buffer.
// CP_ERR_BOUNDS beyond active_size_bytes, CP_ERR_FLASH.
int cp_updater_hash(struct cp_updater *updater, uint32_t size_bytes, cp_hash_update update,
                    void *context);

#endif
