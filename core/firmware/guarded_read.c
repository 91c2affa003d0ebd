// guarded_read.c: loads from flash that may raise an exception, and who takes it.
//
// CP_FIRMWARE_ECC_NMI: a word that cannot be corrected raises an NMI, and the load goes on.
// CP_FIRMWARE_ECC_FAULT: it raises a bus fault at the load. Otherwise there is no ECC.

#include "core/firmware/board.h"
#include "core/firmware/startup.h"
#include "core/port/mmio.h"

#if defined(CP_FIRMWARE_ECC_NMI)

static volatile bool is_uncorrectable;

// One that nobody waits for, of a word fetched ahead say, is no reason to give up.
void cp_firmware_nmi(void) {
    if (!cp_board_acknowledge_ecc()) {
        cp_firmware_fault();
    }
    is_uncorrectable = true;
}

bool mmio_read32_guarded(uint32_t address, uint32_t *value) {
    is_uncorrectable = false;
    const uint32_t read = mmio_read32(address);
    mmio_barrier();
    if (is_uncorrectable) {
        return false;
    }
    *value = read;
    return true;
}

#else

void cp_firmware_nmi(void) {
    cp_firmware_fault();
}

#endif

#if defined(CP_FIRMWARE_ECC_FAULT)

#define CFSR        0xE000ED28u
#define HFSR        0xE000ED2Cu
#define FRAME_PC    6
#define FRAME_WORDS 8

extern const uint32_t cp_guarded_load[], cp_guarded_failed[];

__attribute__((naked)) bool mmio_read32_guarded(uint32_t address, uint32_t *value) {
    (void)address, (void)value;
    __asm__ volatile("cp_guarded_load:\n\t"
                     "ldr r2, [r0]\n\t"
                     "dsb\n\t"
                     "str r2, [r1]\n\t"
                     "movs r0, #1\n\t"
                     "bx lr\n"
                     "cp_guarded_failed:\n\t"
                     "movs r0, #0\n\t"
                     "bx lr");
}

// Let the guarded load go on where it fails. The application is to find no fault noted.
__attribute__((used)) static void skip_guarded(uint32_t frame[FRAME_WORDS]) {
    if (frame[FRAME_PC] != (uint32_t)cp_guarded_load) {
        cp_firmware_fault();
    }
    frame[FRAME_PC] = (uint32_t)cp_guarded_failed;
    mmio_write32(CFSR, mmio_read32(CFSR)); // a bit is cleared by writing 1
    mmio_write32(HFSR, mmio_read32(HFSR));
}

__attribute__((naked)) void cp_firmware_bus_fault(void) {
    __asm__ volatile("mov r0, sp\n\t"
                     "b skip_guarded");
}

#else

void cp_firmware_bus_fault(void) {
    cp_firmware_fault();
}

#if !defined(CP_FIRMWARE_ECC_NMI)
bool mmio_read32_guarded(uint32_t address, uint32_t *value) {
    *value = mmio_read32(address);
    return true;
}
#endif
#endif
