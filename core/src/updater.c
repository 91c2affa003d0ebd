// updater.c: how an application writes, requests and confirms an update.
//
// During a trial DFU holds the only copy of the image to return to, and the
// boot state holds the order to return. So whatever would touch either is
// refused while the state is SWAP, except the confirmation itself.
//
// What is known of DFU in RAM: [write_end_bytes, erased_end_bytes) is erased.
// A write that does not fit this is a new start at a page boundary, and erases.
//
// A download (download.c) keeps a record of the pages that are done. Whatever else changes
// DFU ends it first, so that no record speaks of pages that were erased since.

#include "cutproof/updater.h"

#include <stdbool.h>
#include <stddef.h>

#include "layout.h"
#include "partition.h"
#include "state_format.h"
#include "updater_request.h"

// No write may continue: no write can begin at this offset.
#define WRITE_END_UNKNOWN UINT32_MAX

static int check_partition(const struct cp_updater_config *config,
                           const struct cp_partition *partition) {
    int err = cp_partition_check(partition);
    if (err) {
        return err;
    }
    return cp_layout_check_buffer(config->buffer, config->buffer_size_bytes, partition);
}

// The updater does not know the page size of ACTIVE, so it checks what holds for
// any: the page unit is at least a page of DFU, and STATE has one step's records.
static int check_sizes(const struct cp_updater_config *config) {
    if (cp_partition_overlaps(&config->dfu, &config->state)) {
        return CP_ERR_LAYOUT;
    }
    if (config->dfu_slot != CP_SLOT_NONE) {
        return config->active_size_bytes <= config->dfu.size_bytes
                   ? cp_layout_check_state(&config->state, config->format, 0)
                   : CP_ERR_LAYOUT;
    }
    if (config->active_size_bytes % config->dfu.flash->erase_size_bytes != 0 ||
        config->dfu.size_bytes <= config->active_size_bytes) {
        return CP_ERR_LAYOUT;
    }
    return cp_layout_check_state(&config->state, config->format, 1);
}

static int check_config(const struct cp_updater_config *config) {
    if (!config || config->active_size_bytes == 0) {
        return CP_ERR_ARGUMENT;
    }
    int err = cp_layout_check_updates(config->format);
    if (err) {
        return err;
    }
    if (config->dfu_slot != CP_SLOT_NONE && !config->format->slot) {
        return CP_ERR_ARGUMENT;
    }
    err = check_partition(config, &config->dfu);
    if (err) {
        return err;
    }
    err = check_partition(config, &config->state);
    if (err) {
        return err;
    }
    return check_sizes(config);
}

// By the record, is dfu the slot that runs?
static int check_dfu_runs(const struct cp_updater_config *config, bool *runs) {
    enum cp_slot running = CP_SLOT_NONE;
    *runs = false;
    if (config->dfu_slot == CP_SLOT_NONE) {
        return CP_OK;
    }
    int err = config->format->slot(&config->state, &running);
    *runs = !err && running == config->dfu_slot;
    return err;
}

static int note_start(const struct cp_updater_config *config) {
    bool dfu_runs = false;
    int err = check_dfu_runs(config, &dfu_runs);
    if (err || dfu_runs || !config->format->start) {
        return err;
    }
    return config->format->start(&config->state);
}

void cp_updater_forget_dfu(struct cp_updater *updater) {
    updater->write_end_bytes = WRITE_END_UNKNOWN;
    updater->erased_end_bytes = 0;
}

int cp_updater_init(struct cp_updater *updater, const struct cp_updater_config *config) {
    if (!updater) {
        return CP_ERR_ARGUMENT;
    }
    int err = check_config(config);
    if (err) {
        return err;
    }
    updater->config = config;
    updater->download = NULL;
    cp_updater_forget_dfu(updater);
    return note_start(config);
}

int cp_updater_find_slot(const struct cp_partition *state, const struct cp_state_format *format,
                         enum cp_slot *running) {
    return format && format->slot ? format->slot(state, running) : CP_ERR_ARGUMENT;
}

// Where dfu is on trial by the record, what runs is the image to return to: the revert could
// not be stored.
int cp_updater_get_state(struct cp_updater *updater, enum cp_state *state) {
    const struct cp_updater_config *config = updater->config;
    bool runs = false;
    int err = config->format->get(&config->state, state);
    if (err) {
        return err;
    }
    err = check_dfu_runs(config, &runs);
    if (!err && runs && *state == CP_STATE_SWAP) {
        *state = CP_STATE_REVERT;
    }
    return err;
}

// By the record dfu is what runs: nothing of it may be changed, nor is this what is on trial.
static int refuse_if_dfu_runs(const struct cp_updater *updater) {
    bool runs = false;
    int err = check_dfu_runs(updater->config, &runs);
    if (err) {
        return err;
    }
    return runs ? CP_ERR_STATE : CP_OK;
}

static void feed(const struct cp_updater *updater) {
    if (updater->config->feed) {
        updater->config->feed(updater->config->feed_context);
    }
}

static int refuse_in_trial(struct cp_updater *updater) {
    enum cp_state state = CP_STATE_SWAP;
    int err = cp_updater_get_state(updater, &state);
    if (err) {
        return err;
    }
    return state == CP_STATE_SWAP ? CP_ERR_STATE : refuse_if_dfu_runs(updater);
}

int cp_updater_check_writable(struct cp_updater *updater) {
    return refuse_in_trial(updater);
}

// DFU is about to change, and not by a download.
static int claim_dfu(struct cp_updater *updater) {
    const struct cp_updater_config *config = updater->config;
    int err = refuse_in_trial(updater);
    if (err || !config->format->no_download) {
        return err;
    }
    updater->download = NULL;
    feed(updater);
    return config->format->no_download(&config->state, true);
}

int cp_updater_prepare(struct cp_updater *updater) {
    int err = claim_dfu(updater);
    if (err) {
        return err;
    }
    const struct cp_partition *dfu = &updater->config->dfu;
    cp_updater_forget_dfu(updater);
    const uint32_t page_bytes = dfu->flash->erase_size_bytes;
    for (uint32_t done_bytes = 0; done_bytes < dfu->size_bytes; done_bytes += page_bytes) {
        feed(updater);
        err = cp_partition_erase(dfu, done_bytes, page_bytes);
        if (err) {
            return err;
        }
    }
    updater->write_end_bytes = 0;
    updater->erased_end_bytes = dfu->size_bytes;
    return CP_OK;
}

static bool starts_page(const struct cp_updater *updater, uint32_t offset_bytes) {
    return offset_bytes % updater->config->dfu.flash->erase_size_bytes == 0;
}

static int check_write(const struct cp_updater *updater, uint32_t offset_bytes, const void *data,
                       uint32_t size_bytes) {
    const uint32_t unit_bytes = updater->config->dfu.flash->write_size_bytes;
    if (!data && size_bytes > 0) {
        return CP_ERR_ARGUMENT;
    }
    if (!cp_range_fits(offset_bytes, size_bytes, updater->config->active_size_bytes)) {
        return CP_ERR_BOUNDS;
    }
    if (offset_bytes % unit_bytes != 0 || size_bytes % unit_bytes != 0) {
        return CP_ERR_ALIGNMENT;
    }
    if (offset_bytes != updater->write_end_bytes && !starts_page(updater, offset_bytes)) {
        return CP_ERR_ALIGNMENT;
    }
    return CP_OK;
}

// Going back means to write again what is written: nothing there is erased.
static void seek(struct cp_updater *updater, uint32_t offset_bytes) {
    if (offset_bytes < updater->write_end_bytes) {
        updater->erased_end_bytes = offset_bytes;
    }
}

static int erase_page_once(struct cp_updater *updater, uint32_t offset_bytes) {
    const struct cp_partition *dfu = &updater->config->dfu;
    const uint32_t page_bytes = dfu->flash->erase_size_bytes;
    if (offset_bytes < updater->erased_end_bytes) {
        return CP_OK;
    }
    feed(updater);
    int err = cp_partition_erase(dfu, offset_bytes, page_bytes);
    if (err) {
        return err;
    }
    updater->erased_end_bytes = offset_bytes + page_bytes;
    return CP_OK;
}

// Write what falls into one page; *size_bytes says how much that was.
static int write_in_page(struct cp_updater *updater, uint32_t offset_bytes, const uint8_t *data,
                         uint32_t *size_bytes) {
    const struct cp_partition *dfu = &updater->config->dfu;
    const uint32_t page_bytes = dfu->flash->erase_size_bytes;
    const uint32_t room_bytes = page_bytes - offset_bytes % page_bytes;
    if (*size_bytes > room_bytes) {
        *size_bytes = room_bytes;
    }
    int err = erase_page_once(updater, offset_bytes);
    if (err) {
        return err;
    }
    feed(updater);
    return cp_partition_program(dfu, offset_bytes, data, *size_bytes);
}

int cp_updater_write(struct cp_updater *updater, uint32_t offset_bytes, const void *data,
                     uint32_t size_bytes) {
    int err = check_write(updater, offset_bytes, data, size_bytes);
    if (err) {
        return err;
    }
    err = size_bytes == 0 ? refuse_in_trial(updater) : claim_dfu(updater);
    if (err || size_bytes == 0) {
        return err;
    }
    seek(updater, offset_bytes);
    // If a piece fails its page is half written: only a new start may follow.
    updater->write_end_bytes = WRITE_END_UNKNOWN;
    for (uint32_t done_bytes = 0; done_bytes < size_bytes;) {
        uint32_t piece_bytes = size_bytes - done_bytes;
        err = write_in_page(updater, offset_bytes + done_bytes,
                            (const uint8_t *)data + done_bytes, &piece_bytes);
        if (err) {
            return err;
        }
        done_bytes += piece_bytes;
    }
    updater->write_end_bytes = offset_bytes + size_bytes;
    return CP_OK;
}

int cp_updater_request(struct cp_updater *updater) {
    return cp_updater_request_image(updater, updater->config->active_size_bytes);
}

static int verify(const struct cp_updater_config *config, uint32_t size_bytes) {
    uint32_t security_counter = 0;
    if (!config->verifier) {
        return CP_OK;
    }
    return config->verifier->verify(config->verifier, &config->dfu, size_bytes, config->buffer,
                                    config->buffer_size_bytes, &security_counter);
}

int cp_updater_request_any(struct cp_updater *updater, uint32_t size_bytes) {
    const struct cp_updater_config *config = updater->config;
    if (size_bytes > config->active_size_bytes) {
        return CP_ERR_BOUNDS;
    }
    int err = refuse_in_trial(updater);
    if (err) {
        return err;
    }
    err = verify(config, size_bytes);
    if (err) {
        return err;
    }
    feed(updater);
    if (!config->format->request) {
        return config->format->set(&config->state, CP_STATE_SWAP);
    }
    return config->format->request(&config->state, size_bytes);
}

int cp_updater_request_image(struct cp_updater *updater, uint32_t size_bytes) {
    const struct cp_updater_config *config = updater->config;
    if (config->format->no_download) {
        int err = config->format->no_download(&config->state, false);
        if (err) {
            return err;
        }
    }
    return cp_updater_request_any(updater, size_bytes);
}

int cp_updater_detach(struct cp_updater *updater) {
    int err = refuse_in_trial(updater);
    if (err) {
        return err;
    }
    feed(updater);
    return updater->config->format->set(&updater->config->state, CP_STATE_DETACH);
}

int cp_updater_confirm(struct cp_updater *updater) {
    int err = refuse_if_dfu_runs(updater);
    if (err) {
        return err;
    }
    feed(updater);
    return updater->config->format->set(&updater->config->state, CP_STATE_BOOT);
}

int cp_updater_read(struct cp_updater *updater, uint32_t offset_bytes, void *data,
                    uint32_t size_bytes) {
    return cp_partition_read(&updater->config->dfu, offset_bytes, data, size_bytes);
}

int cp_updater_hash(struct cp_updater *updater, uint32_t size_bytes, cp_hash_update update,
                    void *context) {
    const struct cp_updater_config *config = updater->config;
    if (size_bytes > config->active_size_bytes) {
        return CP_ERR_BOUNDS;
    }
    for (uint32_t done_bytes = 0; done_bytes < size_bytes;) {
        const uint32_t left_bytes = size_bytes - done_bytes;
        const uint32_t piece_bytes =
            left_bytes < config->buffer_size_bytes ? left_bytes : config->buffer_size_bytes;
        int err = cp_partition_read(&config->dfu, done_bytes, config->buffer, piece_bytes);
        if (err) {
            return err;
        }
        update(context, config->buffer, piece_bytes);
        done_bytes += piece_bytes;
    }
    return CP_OK;
}
