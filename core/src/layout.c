// layout.c: is this configuration one that the swap can work on?
//
// Checked at every boot and not only at build time: the sizes may come from a
// linker script, and every one of these mistakes has broken a device in the
// field. All comparisons are arranged so that no sum or difference can wrap.

#include "layout.h"

#include <stddef.h>

#include "partition.h"
#include "state_format.h"

// A swap and a revert are two steps a page unit each, numbered in 32 bits.
#define STEPS_PER_PAGE 4u

uint32_t cp_boot_page_size_bytes(const struct cp_boot_config *config) {
    const uint32_t active_bytes = config->active.flash->erase_size_bytes;
    const uint32_t dfu_bytes = config->dfu.flash->erase_size_bytes;
    return active_bytes > dfu_bytes ? active_bytes : dfu_bytes;
}

// What else the protocol of boot.c wants of a format, that checks itself.
int cp_layout_check_format(const struct cp_state_format *format) {
    if (!format || !format->prepare) {
        return CP_ERR_ARGUMENT;
    }
    return format->check || format->size_bytes ? CP_OK : CP_ERR_ARGUMENT;
}

int cp_layout_check_updates(const struct cp_state_format *format) {
    int err = cp_layout_check_format(format);
    if (err) {
        return err;
    }
    const bool has_own = format->request && format->start;
    return format->get && format->set && (has_own || !format->check) ? CP_OK : CP_ERR_ARGUMENT;
}

int cp_layout_check_state(const struct cp_partition *state, const struct cp_state_format *format,
                          uint32_t page_count) {
    if (page_count > UINT32_MAX / STEPS_PER_PAGE) {
        return CP_ERR_LAYOUT;
    }
    if (format->check) {
        return format->check(state, page_count);
    }
    const uint32_t needed_bytes = format->size_bytes(page_count, state->flash->write_size_bytes);
    if (needed_bytes == UINT32_MAX || needed_bytes > state->size_bytes) {
        return CP_ERR_LAYOUT;
    }
    return CP_OK;
}

int cp_layout_check_buffer(const uint8_t *buffer, uint32_t buffer_size_bytes,
                           const struct cp_partition *partition) {
    if (!buffer || buffer_size_bytes == 0) {
        return CP_ERR_ARGUMENT;
    }
    if (buffer_size_bytes % partition->flash->write_size_bytes != 0) {
        return CP_ERR_ALIGNMENT;
    }
    return CP_OK;
}

static int check_partitions(const struct cp_boot_config *config) {
    const struct cp_partition *partitions[] = {&config->active, &config->dfu, &config->state,
                                               config->factory};
    const size_t count = config->factory ? 4 : 3;
    for (size_t i = 0; i < count; i++) {
        int err = cp_partition_check(partitions[i]);
        if (err) {
            return err;
        }
        err = cp_layout_check_buffer(config->buffer, config->buffer_size_bytes, partitions[i]);
        if (err) {
            return err;
        }
    }
    const bool fits = !config->factory || config->factory->size_bytes == config->active.size_bytes;
    return fits ? CP_OK : CP_ERR_LAYOUT;
}

static bool any_overlap(const struct cp_boot_config *config) {
    const struct cp_partition *partitions[] = {&config->active, &config->dfu, &config->state,
                                               config->factory};
    const size_t count = config->factory ? 4 : 3;
    for (size_t i = 1; i < count; i++) {
        for (size_t j = 0; j < i; j++) {
            if (cp_partition_overlaps(partitions[i], partitions[j])) {
                return true;
            }
        }
    }
    return false;
}

// One copy step must be whole pages on either flash.
static bool is_whole_pages(const struct cp_partition *partition, uint32_t page_size_bytes) {
    return page_size_bytes % partition->flash->erase_size_bytes == 0 &&
           partition->size_bytes % page_size_bytes == 0;
}

// With swap. Each copy moves a page unit.
static int check_sizes(const struct cp_boot_config *config) {
    const uint32_t page_size_bytes = cp_boot_page_size_bytes(config);
    if (!is_whole_pages(&config->active, page_size_bytes) ||
        !is_whole_pages(&config->dfu, page_size_bytes)) {
        return CP_ERR_LAYOUT;
    }
    // Both are whole units, so a larger DFU is larger by at least one unit.
    if (config->dfu.size_bytes <= config->active.size_bytes) {
        return CP_ERR_LAYOUT;
    }
    return cp_layout_check_state(&config->state, config->format,
                                 config->active.size_bytes / page_size_bytes);
}

static int check_strategy(const struct cp_boot_config *config) {
    switch (config->strategy) {
    case CP_STRATEGY_SWAP: return CP_OK;
    case CP_STRATEGY_DIRECT:
        return config->format->check && !config->factory ? CP_OK : CP_ERR_ARGUMENT;
    }
    return CP_ERR_ARGUMENT;
}

int cp_boot_check(const struct cp_boot_config *config) {
    if (!config) {
        return CP_ERR_ARGUMENT;
    }
    int err = cp_layout_check_format(config->format);
    if (err) {
        return err;
    }
    err = check_strategy(config);
    if (err) {
        return err;
    }
    err = check_partitions(config);
    if (err) {
        return err;
    }
    const bool is_swap = config->strategy == CP_STRATEGY_SWAP;
    if (is_swap && cp_boot_page_size_bytes(config) % config->buffer_size_bytes != 0) {
        return CP_ERR_ALIGNMENT;
    }
    if (any_overlap(config)) {
        return CP_ERR_LAYOUT;
    }
    return is_swap ? check_sizes(config) : cp_layout_check_state(&config->state, config->format, 0);
}
