// flash.c: flash port for the RP2040.
//
// The SSI shows the chip at 0x10000000 by itself sending it commands to read (XIP). To
// program or erase, the SSI is taken out of that, told to exchange single bytes, and the
// chip select is moved by hand, over the output override of its pin: left to itself the
// SSI raises it whenever it has nothing to send. The second-stage bootloader may have
// left the chip reading on without commands (continuous read); leave_continuous_read()
// ends that, as the boot ROM does. Afterwards the cache is flushed, since it keeps what
// was there before, and XIP is set up again.
//
// From take_over() to give_back() nothing may be fetched from flash: no function outside
// of this file's CP_RP2040_IN_RAM is called, no constant tables, no switch, and data comes
// from a buffer on the stack.
//
// Registers and sequences are those of the boot ROM's flash functions, from memory,
// unverified.

#include "core/port/rp2040/flash.h"

#include <stddef.h>

#include "core/port/mapped.h"
#include "core/port/mmio.h"

#define SSI_CTRLR0       0x18000000u
#define SSI_SSIENR       0x18000008u
#define SSI_SER          0x18000010u
#define SSI_BAUDR        0x18000014u
#define SSI_SR           0x18000028u
#define SSI_DR0          0x18000060u
#define SSI_SPI_CTRLR0   0x180000F4u
#define XIP_FLUSH        0x14000004u
#define SS_CTRL          0x4001800Cu // of IO_QSPI: the chip select's override
#define PAD_SD0          0x40020008u // of PADS_QSPI: the four data pins, 4 bytes each

#define CTRLR0_BYTES     (7u << 16)                     // frames of 8 bits, both ways
#define CTRLR0_READ      (31u << 16 | 3u << 8)          // frames of 32 bits, command then data
#define SPI_CTRLR0_READ  (3u << 24 | 2u << 8 | 6u << 2) // 03, 8 bits; an address of 24
#define BAUD_DIVIDER     6u
#define SR_RFNE          (1u << 3)
#define OUTOVER          (3u << 8)
#define OUTOVER_LOW      (2u << 8)
#define OUTOVER_HIGH     (3u << 8)
#define PAD_OD           (1u << 7) // output disabled
#define PAD_PUE          (1u << 3)
#define PAD_PDE          (1u << 2)
#define PAD_COUNT        4u
#define PULL_DELAY_READS 200u // of a register, for the pulls to take effect: some 10 us

#define COMMAND_PROGRAM  0x02u
#define COMMAND_DISABLE  0x04u
#define COMMAND_STATUS   0x05u
#define COMMAND_ENABLE   0x06u
#define COMMAND_ERASE    0x20u
#define STATUS_WIP       1u
#define STATUS_WEL       2u

#define PAGE_BYTES       256u
#define ERASE_BYTES      4096u
#define WRITE_SIZE_BYTES 4u

static const struct cp_rp2040_flash *dev_of(const struct cp_flash *flash) {
    return flash->device;
}

// --- in RAM

CP_RP2040_IN_RAM static void force_select(uint32_t override) {
    mmio_write32(SS_CTRL, (mmio_read32(SS_CTRL) & ~OUTOVER) | override);
    (void)mmio_read32(SS_CTRL); // has taken effect when it is read back
}

CP_RP2040_IN_RAM static int exchange(uint32_t sent, uint32_t *received, uint32_t polls_max) {
    mmio_write32(SSI_DR0, sent);
    while ((mmio_read32(SSI_SR) & SR_RFNE) == 0) {
        if (polls_max-- == 0) {
            return CP_ERR_FLASH;
        }
    }
    *received = mmio_read32(SSI_DR0);
    return CP_OK;
}

CP_RP2040_IN_RAM static int send_ones(uint32_t count, uint32_t polls_max) {
    int err = CP_OK;
    for (uint32_t i = 0; i < count && !err; i++) {
        uint32_t received;
        err = exchange(0xFF, &received, polls_max);
    }
    return err;
}

CP_RP2040_IN_RAM static void set_pads(uint32_t pads) {
    for (uint32_t i = 0; i < PAD_COUNT; i++) {
        mmio_write32(PAD_SD0 + 4 * i, pads);
    }
    for (uint32_t i = 0; i < PULL_DELAY_READS; i++) {
        (void)mmio_read32(PAD_SD0);
    }
}

// 32 clocks with the chip select high and the pins low, 32 with it low and the pins high:
// no chip takes that for an address it should read at. Then two more bytes of ones for
// those that want it on one pin.
CP_RP2040_IN_RAM static int leave_continuous_read(uint32_t polls_max) {
    const uint32_t pads = mmio_read32(PAD_SD0), plain = pads & ~(PAD_OD | PAD_PUE | PAD_PDE);
    force_select(OUTOVER_HIGH);
    set_pads(plain | PAD_OD | PAD_PDE);
    int err = send_ones(4, polls_max);
    force_select(OUTOVER_LOW);
    set_pads(plain | PAD_OD | PAD_PUE);
    if (!err) {
        err = send_ones(4, polls_max);
    }
    force_select(OUTOVER_HIGH);
    set_pads(pads);
    force_select(OUTOVER_LOW);
    if (!err) {
        err = send_ones(2, polls_max);
    }
    force_select(OUTOVER_HIGH);
    return err;
}

// Out of XIP; the SSI exchanges bytes from now on.
CP_RP2040_IN_RAM static int take_over(uint32_t polls_max) {
    mmio_write32(SSI_SSIENR, 0);
    mmio_write32(SSI_BAUDR, BAUD_DIVIDER);
    mmio_write32(SSI_CTRLR0, CTRLR0_BYTES);
    mmio_write32(SSI_SER, 1);
    mmio_write32(SSI_SSIENR, 1);
    return leave_continuous_read(polls_max);
}

// Back to XIP, whatever happened.
CP_RP2040_IN_RAM static void give_back(void) {
    mmio_write32(SSI_SSIENR, 0);
    mmio_write32(SSI_BAUDR, BAUD_DIVIDER);
    mmio_write32(SSI_CTRLR0, CTRLR0_READ);
    mmio_write32(SSI_SPI_CTRLR0, SPI_CTRLR0_READ);
    mmio_write32(SSI_SER, 1);
    mmio_write32(SSI_SSIENR, 1);
    force_select(0);
    mmio_write32(XIP_FLUSH, 1);
    (void)mmio_read32(XIP_FLUSH); // waits until it is done
    mmio_barrier();
}

// A command without data; with an address where has_address.
CP_RP2040_IN_RAM static int begin(uint32_t command, bool has_address, uint32_t address,
                                  uint32_t polls_max) {
    uint32_t received;
    force_select(OUTOVER_LOW);
    int err = exchange(command, &received, polls_max);
    for (uint32_t i = 0; i < 3 && has_address && !err; i++) {
        err = exchange(address >> 8 * (2 - i) & 0xFF, &received, polls_max);
    }
    return err;
}

CP_RP2040_IN_RAM static int end(int err) {
    force_select(OUTOVER_HIGH);
    return err;
}

CP_RP2040_IN_RAM static int read_status(uint32_t *status, uint32_t polls_max) {
    int err = begin(COMMAND_STATUS, false, 0, polls_max);
    if (!err) {
        err = exchange(0, status, polls_max);
    }
    return end(err);
}

CP_RP2040_IN_RAM static int enable_write(uint32_t polls_max) {
    uint32_t status = 0;
    int err = end(begin(COMMAND_ENABLE, false, 0, polls_max));
    if (!err) {
        err = read_status(&status, polls_max);
    }
    if (!err && (status & (STATUS_WEL | STATUS_WIP)) != STATUS_WEL) {
        err = CP_ERR_FLASH;
    }
    return err;
}

CP_RP2040_IN_RAM static int wait_idle(uint32_t polls_max) {
    for (uint32_t polls = 0; polls < polls_max; polls++) {
        uint32_t status;
        int err = read_status(&status, polls_max);
        if (err || (status & STATUS_WIP) == 0) {
            return err;
        }
    }
    return CP_ERR_FLASH;
}

// One operation of the chip: a program of a whole page, or with page == NULL an erase. A
// write enable that the chip did not use up is taken back.
CP_RP2040_IN_RAM static int operate(uint32_t address, const uint8_t *page, uint32_t polls_max) {
    int err = take_over(polls_max);
    if (!err) {
        err = enable_write(polls_max);
    }
    if (!err) {
        err = begin(page ? COMMAND_PROGRAM : COMMAND_ERASE, true, address, polls_max);
        for (uint32_t i = 0; page && i < PAGE_BYTES && !err; i++) {
            uint32_t received;
            err = exchange(page[i], &received, polls_max);
        }
        err = end(err);
        int wait_err = wait_idle(polls_max);
        err = err ? err : wait_err;
    }
    (void)end(begin(COMMAND_DISABLE, false, 0, polls_max));
    give_back();
    return err;
}

// --- in flash

// An interrupt handler would be fetched from the chip.
static int operate_alone(const struct cp_rp2040_flash *dev, uint32_t address, const uint8_t *page) {
    const uint32_t irq = mmio_irq_disable();
    int err = operate(address - dev->xip_address, page, dev->polls_max);
    mmio_irq_restore(irq);
    return err;
}

static int flash_read(const struct cp_flash *flash, uint32_t offset_bytes, void *data,
                      uint32_t size_bytes) {
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, 1);
    if (err) {
        return err;
    }
    return cp_port_read(NULL, cp_port_read_plain, dev_of(flash)->flash_address + offset_bytes, data,
                        size_bytes);
}

// Part of one page of the chip.
static int program_page(const struct cp_rp2040_flash *dev, uint32_t address, const uint8_t *bytes,
                        uint32_t size_bytes) {
    uint8_t page[PAGE_BYTES];
    const uint32_t skip_bytes = address % PAGE_BYTES;
    for (uint32_t i = 0; i < PAGE_BYTES; i++) {
        page[i] = i - skip_bytes < size_bytes ? bytes[i - skip_bytes] : 0xFF;
    }
    int err = operate_alone(dev, address - skip_bytes, page);
    return err ? err : cp_port_verify(NULL, cp_port_read_plain, address, bytes, size_bytes);
}

static int flash_program(const struct cp_flash *flash, uint32_t offset_bytes, const void *data,
                         uint32_t size_bytes) {
    const struct cp_rp2040_flash *dev = dev_of(flash);
    const uint8_t *bytes = data;
    uint32_t address = dev->flash_address + offset_bytes;
    int err = cp_port_check_range(flash, offset_bytes, size_bytes, WRITE_SIZE_BYTES);
    while (!err && size_bytes > 0) {
        const uint32_t room_bytes = PAGE_BYTES - address % PAGE_BYTES;
        const uint32_t count = size_bytes < room_bytes ? size_bytes : room_bytes;
        err = program_page(dev, address, bytes, count);
        address += count;
        bytes += count;
        size_bytes -= count;
    }
    return err;
}

static int flash_erase(const struct cp_flash *flash, uint32_t offset_bytes) {
    const struct cp_rp2040_flash *dev = dev_of(flash);
    const uint32_t address = dev->flash_address + offset_bytes;
    int err = cp_port_check_page(flash, offset_bytes);
    if (!err) {
        err = operate_alone(dev, address, NULL);
    }
    return err ? err
               : cp_port_verify_erased(NULL, cp_port_read_plain, address, ERASE_BYTES, 0xFFFFFFFFu);
}

void cp_rp2040_flash(struct cp_flash *flash, const struct cp_rp2040_flash *dev,
                     uint32_t size_bytes) {
    *flash = (struct cp_flash){
        .size_bytes = size_bytes,
        .erase_size_bytes = ERASE_BYTES,
        .write_size_bytes = WRITE_SIZE_BYTES,
        .erase_value = 0xFF,
        .reprograms_full = true,
        .read = flash_read,
        .program = flash_program,
        .erase = flash_erase,
        .device = dev,
    };
}
