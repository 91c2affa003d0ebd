// bootloader.c: the bootloader that ships. Describe the board, prepare, start what is to start.
//
// The same calls of the core, in the same order and with the same configuration, as
// sim/native/bootloader.c: what is proved of one holds for the other, and
// `cutproof run --engine both` compares them operation by operation.

#include <stddef.h>

#include "core/firmware/board.h"
#include "core/firmware/board_options.h"
#include "core/firmware/board_verifier.h"
#include "core/firmware/dfu_mode.h"
#include "core/firmware/hand_over.h"
#include "core/firmware/panic.h"
#include "core/firmware/startup.h"
#include "core/firmware/system.h"
#include "core/port/mmio.h"
#include "cutproof/boot.h"

#if defined(CP_BOARD_FORMAT_SEED)
#define FORMAT cp_state_format_seed
#elif CP_BOARD_IS_DIRECT
#define FORMAT cp_state_format_journal_direct
#else
#define FORMAT cp_state_format_journal_boot
#endif

#define VECTOR_SIZE_BYTES     4u
#define STACK_ALIGNMENT_BYTES 8u

static uint8_t buffer[CP_BOARD_BUFFER_SIZE_BYTES];

// --- was it the bootloader itself that was reset?

#define RUNNING 0xC0DEB007u

// RAM outlives a reset, but not a power loss. What it holds after one is anything, and then
// the register that tells the cause tells of none.
__attribute__((section(".noinit"))) static volatile uint32_t mark;
static bool was_running;

static bool is_reset_by_application(void) {
    return CP_BOARD_TELLS_RESET_CAUSE && !was_running && cp_system_is_reset_by_application();
}

// --- what to start

static uint32_t flash_word(uint32_t address) {
    uint32_t word = 0;
    if (!mmio_read32_guarded(address, &word)) {
        cp_firmware_panic(CP_ERR_FLASH);
    }
    return word;
}

static bool is_stack(uint32_t address) {
    return address > (uint32_t)__ram_start && address <= (uint32_t)__ram_end &&
           address % STACK_ALIGNMENT_BYTES == 0;
}

static bool is_entry(uint32_t address, uint32_t start, uint32_t size_bytes) {
    return (address & 1u) != 0 && address - start < size_bytes;
}

static _Noreturn void start_at(uint32_t offset_bytes, uint32_t size_bytes) {
    const uint32_t vectors = CP_BOARD_FLASH_ADDRESS + offset_bytes;
    const uint32_t stack = flash_word(vectors);
    const uint32_t entry = flash_word(vectors + VECTOR_SIZE_BYTES);
    if (!is_stack(stack) || !is_entry(entry, vectors, size_bytes)) {
        cp_firmware_panic(CP_ERR_IMAGE);
    }
    cp_system_clear_reset_cause();
    mark = 0;
    cp_firmware_hand_over(vectors, stack, entry);
}

// --- the bootloader

_Noreturn void cp_firmware_fault(void) {
    cp_firmware_panic(CP_FIRMWARE_ERR_FAULT);
}

static void feed(const void *context) {
    (void)context;
    cp_system_feed();
}

static void note_start(void) {
    was_running = mark == RUNNING;
    mark = RUNNING;
}

_Noreturn void cp_firmware_main(void) {
    note_start();
    cp_board_init();
    const struct cp_partition factory = cp_board_partition(CP_BOARD_FACTORY);
    const struct cp_boot_config config = {
        .active = cp_board_partition(CP_BOARD_ACTIVE),
        .dfu = cp_board_partition(CP_BOARD_DFU),
        .state = cp_board_partition(CP_BOARD_STATE),
        .format = &FORMAT,
        .buffer = buffer,
        .buffer_size_bytes = CP_BOARD_BUFFER_SIZE_BYTES,
        .feed = feed,
        .trial_attempts = CP_BOARD_TRIAL_ATTEMPTS,
        .is_reset_by_application = is_reset_by_application,
        .verifier = cp_board_verifier,
        .refuses_downgrades = CP_BOARD_REFUSES_DOWNGRADES,
        .security_counter_min = CP_BOARD_SECURITY_COUNTER_MIN,
        .verifies_each_boot = CP_BOARD_VERIFIES_EACH_BOOT,
        .factory = CP_BOARD_HAS_FACTORY ? &factory : NULL,
        .strategy = CP_BOARD_IS_DIRECT ? CP_STRATEGY_DIRECT : CP_STRATEGY_SWAP,
    };

    enum cp_state state = CP_STATE_BOOT;
    const struct cp_partition *start = &config.active;
    const int err = CP_BOARD_IS_DIRECT ? cp_boot_prepare_direct(&config, &state, &start)
                                       : cp_boot_prepare(&config, &state);
    if (err) {
        cp_firmware_panic(err);
    }
    if (state == CP_STATE_DETACH) {
        cp_firmware_dfu_mode();
    }
    if (start == &config.active) {
        start_at(CP_BOARD_ACTIVE_OFFSET_BYTES, CP_BOARD_ACTIVE_SIZE_BYTES);
    }
    start_at(CP_BOARD_DFU_OFFSET_BYTES, CP_BOARD_DFU_SIZE_BYTES);
}
