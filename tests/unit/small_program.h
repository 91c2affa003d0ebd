// small_program.h: what a bootloader of a few lines is made of.

#ifndef CP_TESTS_SMALL_PROGRAM_H
#define CP_TESTS_SMALL_PROGRAM_H

#include "core/port/mmio.h"
#include "faults/replay.h"

#define REGISTERS 0x4001E000u
#define READY     (REGISTERS + 0x400u)
#define CONFIG    (REGISTERS + 0x504u)
#define ERASEPAGE (REGISTERS + 0x508u)

enum { WEN_READ, WEN_WRITE, WEN_ERASE };

static inline void wait_ready(void) {
    while (mmio_read32(READY) == 0) {
    }
}

static inline void erase(const struct cp_program_board *board, enum cp_area area, uint32_t page) {
    const uint32_t page_size_bytes = board->devices[0].regions[0].erase_size_bytes;
    mmio_write32(CONFIG, WEN_ERASE);
    mmio_write32(ERASEPAGE, board->areas[area].offset_bytes + page * page_size_bytes);
    wait_ready();
    mmio_write32(CONFIG, WEN_READ);
}

static inline void program(const struct cp_program_board *board, enum cp_area area,
                           uint32_t offset_bytes, uint32_t value) {
    mmio_write32(CONFIG, WEN_WRITE);
    mmio_write32(board->areas[area].offset_bytes + offset_bytes, value);
    wait_ready();
    mmio_write32(CONFIG, WEN_READ);
}

static inline void jump(const struct cp_program_board *board) {
    (void)board;
    cp_end_jump();
}

static inline void idle(const struct cp_program_board *board, uint8_t image) {
    (void)board;
    (void)image;
    cp_end_idle();
}

static inline struct cp_program made_of(void (*bootloader)(const struct cp_program_board *),
                                        void (*application)(const struct cp_program_board *,
                                                            uint8_t)) {
    return (struct cp_program){.abi = CP_PROGRAM_ABI,
                               .name = "small",
                               .core_hash = "0",
                               .bootloader = bootloader,
                               .application = application,
                               .dfu_mode = idle};
}

static inline void no_steps(void *context, const struct cp_step *step) {
    (void)context;
    (void)step;
}

#endif
