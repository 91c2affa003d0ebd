// board.c: see board.h.

#include "core/firmware/board.h"

#include <stddef.h>

#include "core/firmware/board_options.h"
#include "core/firmware/board_port.h"

struct area {
    uint32_t offset_bytes, size_bytes;
    struct cp_board_run run;
};

#define AREA(X)                                                                                    \
    {                                                                                              \
        CP_BOARD_##X##_OFFSET_BYTES, CP_BOARD_##X##_SIZE_BYTES, {                                  \
            CP_BOARD_##X##_DEVICE, CP_BOARD_##X##_RUN_OFFSET_BYTES, CP_BOARD_##X##_RUN_SIZE_BYTES, \
                CP_BOARD_##X##_ERASE_SIZE_BYTES                                                    \
        }                                                                                          \
    }

static const struct area areas[CP_BOARD_AREA_COUNT] = {
    [CP_BOARD_STATE] = AREA(STATE),
    [CP_BOARD_ACTIVE] = AREA(ACTIVE),
    [CP_BOARD_DFU] = AREA(DFU),
    [CP_BOARD_FACTORY] = AREA(FACTORY),
};

static struct {
    const struct area *first; // the first area that lies in it
    struct cp_flash flash;
} flashes[CP_BOARD_AREA_COUNT];
static uint32_t flash_count;

static const struct cp_flash *flash_of(const struct area *area) {
    for (uint32_t i = 0; i < flash_count; i++) {
        const struct cp_board_run *run = &flashes[i].first->run;
        if (run->device == area->run.device && run->offset_bytes == area->run.offset_bytes) {
            return &flashes[i].flash;
        }
    }
    return NULL;
}

void cp_board_init(void) {
    flash_count = 0;
    for (uint32_t i = 0; i < CP_BOARD_AREA_COUNT; i++) {
        const struct area *area = &areas[i];
        if (area->size_bytes > 0 && !flash_of(area)) {
            flashes[flash_count].first = area;
            cp_board_port_init(flash_count, &area->run, &flashes[flash_count].flash);
            flash_count++;
        }
    }
}

struct cp_partition cp_board_partition(enum cp_board_area area) {
    const struct area *range = &areas[area];
    return (struct cp_partition){
        .flash = flash_of(range),
        .offset_bytes = range->offset_bytes - range->run.offset_bytes,
        .size_bytes = range->size_bytes,
    };
}

bool cp_board_acknowledge_ecc(void) {
    return flash_count > 0 && cp_board_port_acknowledge_ecc();
}
