// swap.c: see swap.h.
//
// A copy is taken for done only when the destination reads as erased before it and as its
// source after it. So an erase or a program that failed without saying so is made good while
// the source is still there.

#include "swap.h"

#include <stddef.h>

#include "partition.h"

#define TRIES_MAX 3u

struct place {
    const struct cp_partition *partition;
    uint32_t offset_bytes;
};

static void feed(const struct cp_boot_config *config) {
    if (config->feed) {
        config->feed(config->feed_context);
    }
}

uint32_t cp_swap_page_count(const struct cp_boot_config *config) {
    return config->active.size_bytes / cp_boot_page_size_bytes(config);
}

// A page unit may be many pages, each of which takes its time.
static int erase_unit(const struct cp_boot_config *config, struct place to, uint32_t unit_bytes) {
    const uint32_t page_bytes = to.partition->flash->erase_size_bytes;
    for (uint32_t done_bytes = 0; done_bytes < unit_bytes; done_bytes += page_bytes) {
        feed(config);
        int err = cp_partition_erase(to.partition, to.offset_bytes + done_bytes, page_bytes);
        if (err) {
            return err;
        }
    }
    return cp_partition_compare(to.partition, to.offset_bytes, NULL, unit_bytes);
}

static int copy_chunk(const struct cp_boot_config *config, struct place to, struct place from) {
    const uint32_t size_bytes = config->buffer_size_bytes;
    int err = cp_partition_read(from.partition, from.offset_bytes, config->buffer, size_bytes);
    if (err) {
        return err;
    }
    feed(config);
    err = cp_partition_program(to.partition, to.offset_bytes, config->buffer, size_bytes);
    if (err) {
        return err;
    }
    return cp_partition_compare(to.partition, to.offset_bytes, config->buffer, size_bytes);
}

static int copy_once(const struct cp_boot_config *config, struct place to, struct place from) {
    const uint32_t unit_bytes = cp_boot_page_size_bytes(config);
    int err = erase_unit(config, to, unit_bytes);
    for (uint32_t done_bytes = 0; !err && done_bytes < unit_bytes;) {
        err = copy_chunk(config, to, from);
        done_bytes += config->buffer_size_bytes;
        to.offset_bytes += config->buffer_size_bytes;
        from.offset_bytes += config->buffer_size_bytes;
    }
    return err;
}

static int copy_unit(const struct cp_boot_config *config, const struct cp_partition *to,
                     uint32_t to_page, const struct cp_partition *from, uint32_t from_page) {
    const uint32_t unit_bytes = cp_boot_page_size_bytes(config);
    int err = CP_ERR_FLASH;
    for (uint32_t tries = 0; err && tries < TRIES_MAX; tries++) {
        err = copy_once(config, (struct place){to, to_page * unit_bytes},
                        (struct place){from, from_page * unit_bytes});
    }
    return err;
}

// The steps of boot.c: the swap goes from the last page to the first, the revert back.
int cp_swap_step(const struct cp_boot_config *config, bool is_revert, uint32_t step) {
    const uint32_t page =
        is_revert ? step / 2 : cp_swap_page_count(config) - 1 - step / 2;
    if (step % 2 == 0) {
        return copy_unit(config, &config->dfu, is_revert ? page : page + 1, &config->active, page);
    }
    return copy_unit(config, &config->active, page, &config->dfu, is_revert ? page + 1 : page);
}

int cp_swap_restore(const struct cp_boot_config *config, const struct cp_partition *from,
                    uint32_t page) {
    return copy_unit(config, &config->active, page, from, page);
}
