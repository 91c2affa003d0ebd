// firmware.c: a bootloader as small as a product's, to be measured by scripts/size.
//
// All that a product needs is in it and is counted: vector table, startup, the board's
// description, reset cause, watchdog, the jump, and the functions that the core and its ports
// ask of the firmware. The application's vector table begins at ACTIVE.
//
// Compiled for a host it is a program that tells whether the core accepts the board.

#include <stddef.h>

#include "core/port/mmio.h"
#include "tests/firmware/boards.h"

#if defined(FORMAT_SEED)
#define FORMAT cp_state_format_seed
#else
#define FORMAT cp_state_format_journal_boot
#endif

#if defined(WITH_SIGNATURE)
#include "cutproof/verify.h"

static const uint8_t public_key[32] = {0xD7, 0x5A, 0x98, 0x01}; // any: its size counts
static const struct cp_verifier verifier = {cp_verify_ed25519, public_key};
#define VERIFIER &verifier
#else
#define VERIFIER NULL
#endif

#define BUFFER_SIZE_BYTES 256u
#define VTOR_ADDRESS      0xE000ED08u

static struct cp_flash internal;
#if defined(BOARD_HAS_CHIP)
static struct cp_flash of_chip;
static struct cp_spi bus;
static struct cp_spinor chip;
#define DFU_FLASH &of_chip
#else
#define DFU_FLASH &internal
#endif
static uint8_t buffer[BUFFER_SIZE_BYTES];

#if defined(__arm__)

// --- library functions, by bytes; the compiler calls them on its own as well

#define LIBRARY __attribute__((used))

LIBRARY void *memcpy(void *to, const void *from, size_t size_bytes);
LIBRARY void *memset(void *to, int value, size_t size_bytes);
LIBRARY int memcmp(const void *a, const void *b, size_t size_bytes);

void *memcpy(void *to, const void *from, size_t size_bytes) {
    uint8_t *bytes = to;
    for (size_t i = 0; i < size_bytes; i++) {
        bytes[i] = ((const uint8_t *)from)[i];
    }
    return to;
}

void *memset(void *to, int value, size_t size_bytes) {
    uint8_t *bytes = to;
    for (size_t i = 0; i < size_bytes; i++) {
        bytes[i] = (uint8_t)value;
    }
    return to;
}

int memcmp(const void *a, const void *b, size_t size_bytes) {
    for (size_t i = 0; i < size_bytes; i++) {
        const int difference = ((const uint8_t *)a)[i] - ((const uint8_t *)b)[i];
        if (difference != 0) {
            return difference;
        }
    }
    return 0;
}

// --- what ports ask of the firmware

#define CYCLES_PER_US   64u
#define CYCLES_PER_LOOP 3u

void mmio_wait_us(uint32_t time_us) {
    for (uint32_t loops = time_us * (CYCLES_PER_US / CYCLES_PER_LOOP + 1); loops > 0; loops--) {
        __asm__ volatile("");
    }
}

static void hang(void) {
    for (;;) {
    }
}

#if defined(BOARD_HAS_ECC_NMI)

// An uncorrectable word raises an NMI, and the load goes on.
static volatile bool is_guarded, is_uncorrectable;

static void nmi(void) {
    if (!is_guarded || !acknowledge_ecc()) {
        hang();
    }
    is_uncorrectable = true;
}

bool mmio_read32_guarded(uint32_t address, uint32_t *value) {
    is_uncorrectable = false;
    is_guarded = true;
    const uint32_t read = mmio_read32(address);
    mmio_barrier();
    is_guarded = false;
    if (is_uncorrectable) {
        return false;
    }
    *value = read;
    return true;
}

#define NMI   nmi
#define FAULT hang

#elif defined(BOARD_HAS_ECC_FAULT)

// An uncorrectable word raises a bus fault at the load: the handler lets it go on elsewhere.
__attribute__((naked)) bool mmio_read32_guarded(uint32_t address, uint32_t *value) {
    (void)address, (void)value;
    __asm__ volatile("guarded_load: ldr r2, [r0]\n\t"
                     "str r2, [r1]\n\t"
                     "movs r0, #1\n\t"
                     "bx lr\n"
                     "guarded_failed: movs r0, #0\n\t"
                     "bx lr");
}

__attribute__((naked)) static void fault(void) {
    __asm__ volatile("ldr r0, [sp, #24]\n\t" // the address of what raised it
                     "adr r1, 1f\n\t"
                     "ldm r1, {r1, r2}\n\t"
                     "cmp r0, r1\n\t"
                     "bne .\n\t"
                     "str r2, [sp, #24]\n\t"
                     "bx lr\n\t"
                     ".align 2\n"
                     "1: .word guarded_load, guarded_failed");
}

#define NMI   hang
#define FAULT fault

#else
#define NMI   hang
#define FAULT hang
#endif

#endif

// --- the bootloader

static void feed(const void *context) {
    (void)context;
    mmio_write32(board.watchdog_address, board.watchdog_value);
}

static bool is_reset_by_application(void) {
    return (mmio_read32(board.reset_cause_address) & board.reset_cause_mask) != 0;
}

static const struct cp_boot_config config = {
    .active = {&internal, board.active.offset_bytes, board.active.size_bytes},
    .dfu = {DFU_FLASH, board.dfu.offset_bytes, board.dfu.size_bytes},
    .state = {&internal, board.state.offset_bytes, board.state.size_bytes},
    .format = &FORMAT,
    .buffer = buffer,
    .buffer_size_bytes = BUFFER_SIZE_BYTES,
    .feed = feed,
    .trial_attempts = 2,
    .is_reset_by_application = is_reset_by_application,
    .verifier = VERIFIER,
    .refuses_downgrades = true,
};

#if defined(__arm__)

void reset(void);

static bool init_flashes(void) {
    init_internal(&internal);
#if defined(BOARD_HAS_CHIP)
    init_master(&bus);
    if (cp_spinor_init(&chip, &bus)) {
        return false;
    }
    cp_spinor_flash(&of_chip, &chip);
#endif
    return true;
}

__attribute__((noreturn)) static void jump(uint32_t vectors_address) {
#if !defined(__ARM_ARCH_6M__) // the M0 of nRF51 cannot move its vectors
    mmio_write32(VTOR_ADDRESS, vectors_address);
#endif
    mmio_barrier();
    const uint32_t stack = mmio_read32(vectors_address);
    const uint32_t entry = mmio_read32(vectors_address + 4);
    __asm__ volatile("msr msp, %0\n\tbx %1" ::"r"(stack), "r"(entry));
    __builtin_unreachable();
}

extern uint32_t firmware_data_load[], firmware_data_start[], firmware_data_end[];
extern uint32_t firmware_bss_start[], firmware_bss_end[], firmware_stack_top[];

static void start_memory(void) {
    const uint32_t *from = firmware_data_load;
    for (uint32_t *to = firmware_data_start; to < firmware_data_end;) {
        *to++ = *from++;
    }
    for (uint32_t *to = firmware_bss_start; to < firmware_bss_end;) {
        *to++ = 0;
    }
}

void reset(void) {
    enum cp_state state = CP_STATE_BOOT;
    start_memory();
    if (!init_flashes() || cp_boot_prepare(&config, &state)) {
        hang(); // the watchdog resets
    }
    mmio_write32(board.reset_cause_address, board.reset_cause_clear);
    if (state == CP_STATE_DETACH) {
        hang(); // a product enters its DFU mode here
    }
    jump(board.active_address);
}

// Those of the CPU; no interrupt is ever enabled.
__attribute__((section(".vectors"), used)) static void *const vectors[16] = {
    firmware_stack_top,
    reset,
    NMI,
    FAULT,
    hang,
    hang,
    hang,
    NULL,
    NULL,
    NULL,
    NULL,
    hang,
    hang,
    NULL,
    hang,
    hang,
};

#else

int main(void) {
    init_internal(&internal);
#if defined(BOARD_HAS_CHIP)
    of_chip = internal; // a chip that cannot be asked
    of_chip.device = &chip;
#endif
    return -cp_boot_check(&config);
}

#endif
