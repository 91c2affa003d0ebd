// stm32_h7.c: register model of the flash interfaces of the STM32 H7: the H72x to H75x with
// sectors of 128 KiB and words of 32 bytes, and the H7A3, H7B3 and H7B0 with sectors of 8 KiB
// and words of 16.
//
// Each bank has a register block, lock, keys, write buffer and queue of its own, bank 2 at
// +0x100. Stores fill the buffer; when it is whole the operation is queued, and QW is set until
// it is done; BSY comes up later, so polling it alone ends too early. WBNE says that the buffer
// is partly filled: complete it, set FW to fill up with ones, or clear PG to lose it. A store
// elsewhere meanwhile raises INCERR, a byte stored twice STRBERR. A store without PG, or with
// PGSERR or INCERR not cleared, raises PGSERR and is lost with the buffer. SR is read-only:
// flags are cleared by CCR. Nothing refuses to program a word twice. A failed operation raises
// OPERR on the former; the latter have no such flag. An uncorrectable word raises a bus fault
// and DBECCERR.
//
// Sources: RM0399 4.7 for the flags and what they block; CMSIS headers; ST register text of
// RM0455 as in the SVD of the H7B0. Assumed: a write of CR while QW is set is reported as
// illegal use, since every sequence of the manual waits for QW first; the flags of an
// operation come up when QW is cleared; stores while QW is set are queued, which is legal.

#include "sim/controllers/models.h"

#include "sim/controllers/stm32_h.h"

enum {
    ACR = 0x00,
    KEYR = 0x04,
    OPTKEYR = 0x08,
    CR = 0x0C,
    SR = 0x10,
    CCR = 0x14,
    OPTCR = 0x18,
    ECC_FA = 0x60,
    BANK_2 = 0x100,
};

#define SR_BSY        (1u << 0)
#define SR_WBNE       (1u << 1)
#define SR_QW         (1u << 2)
#define SR_EOP        (1u << 16)
#define SR_WRPERR     (1u << 17)
#define SR_PGSERR     (1u << 18)
#define SR_STRBERR    (1u << 19)
#define SR_INCERR     (1u << 21)
#define SR_OPERR      (1u << 22)
#define SR_DBECCERR   (1u << 26)
#define SR_BLOCKING   (SR_PGSERR | SR_INCERR)
#define SR_CLEARABLE  0x1FEF0000u

#define CR_LOCK       (1u << 0)
#define CR_PG         (1u << 1)
#define CR_SER        (1u << 2)
#define CR_BER        (1u << 3)
#define CR_INTERRUPTS 0x1FEF0000u

#define BUSY_POLLS    3u // one with QW alone, two with BSY as well

// Where the two lines differ.
struct layout {
    const char *manual;
    uint32_t unit_size_bytes;
    uint32_t fw, start;
    uint32_t snb_shift, snb_mask;
    uint32_t psize; // bits that hold the parallelism
    uint32_t has_operr;
};

static const struct layout h74 = {
    "RM0399 4.9, FLASH registers", 32, 1u << 6, 1u << 7, 8, 0x7, 0x30, SR_OPERR};
static const struct layout h7a = {"RM0455, FLASH registers", 16, 1u << 4, 1u << 5, 6, 0x7F, 0, 0};

struct bank {
    uint32_t cr, sr;
    struct stm32_keys keys;
    struct stm32_buffer buffer;
    uint32_t busy_polls;
    uint32_t sr_at_end; // flags that come up when the queue is empty
    uint32_t failed_unit;
};

struct h7 {
    struct bank banks[2];
};

_Static_assert(sizeof(struct h7) <= CP_CONTROLLER_STATE_MAX_BYTES, "the state has room");

static struct bank *bank_of(const struct cp_access *access, uint32_t index) {
    return &((struct h7 *)(void *)access->device->state)->banks[index];
}

static const struct layout *layout_of(const struct cp_access *access) {
    return access->device->part.controller == CP_CONTROLLER_STM32_H7A ? &h7a : &h74;
}

static void reset(struct cp_device *device, bool power_lost) {
    (void)power_lost; // it is part of the MCU
    struct h7 *h7 = (struct h7 *)(void *)device->state;
    const bool is_h7a = device->part.controller == CP_CONTROLLER_STM32_H7A;
    const uint32_t cr = CR_LOCK | (is_h7a ? h7a.psize : h74.psize);
    *h7 = (struct h7){.banks = {{.cr = cr}, {.cr = cr}}};
}

// --- geometry

static bool has_bank(const struct cp_access *access, uint32_t bank) {
    return bank == 0 || access->device->part.bank_size_bytes != 0;
}

static uint32_t bank_at(const struct cp_access *access, uint32_t offset_bytes) {
    const uint32_t second_bytes = access->device->part.bank_size_bytes;
    return second_bytes != 0 && offset_bytes >= second_bytes;
}

static bool is_flash(const struct cp_access *access, uint32_t offset_bytes) {
    return cp_part_page(&access->device->part, offset_bytes).size_bytes != 0;
}

// --- reads of registers

static uint32_t read_status(struct bank *bank) {
    uint32_t sr = bank->sr | (bank->buffer.bytes ? SR_WBNE : 0);
    if (bank->busy_polls > 0) {
        sr |= SR_QW | (bank->busy_polls < BUSY_POLLS ? SR_BSY : 0);
        bank->busy_polls--;
        if (bank->busy_polls == 0) {
            bank->sr |= bank->sr_at_end;
            bank->sr_at_end = 0;
        }
    }
    return sr;
}

static uint32_t read(const struct cp_access *access, uint32_t window, uint32_t offset_bytes) {
    (void)window;
    const uint32_t index = offset_bytes / BANK_2;
    if (has_bank(access, index)) {
        struct bank *bank = bank_of(access, index);
        switch (offset_bytes % BANK_2) {
        case ACR: return 0;
        case KEYR: return 0;
        case CR: return bank->cr;
        case SR: return read_status(bank);
        case CCR: return 0;
        case OPTCR: return 1; // locked
        case ECC_FA: return bank->failed_unit;
        default: break;
        }
    }
    cp_bus_illegal(access, layout_of(access)->manual,
                   "read of FLASH + 0x%x, a register that the part does not have, or that this "
                   "model does not have",
                   (unsigned)offset_bytes);
    return 0;
}

// --- operations

static void end_operation(const struct cp_access *access, struct bank *bank, enum cp_done done) {
    if (done == CP_DONE_REFUSED) {
        bank->sr |= SR_WRPERR;
        return;
    }
    bank->busy_polls = BUSY_POLLS;
    bank->sr_at_end |= done == CP_DONE_REPORTED ? layout_of(access)->has_operr : SR_EOP;
}

// A reserved area is as good as a protected one.
static void program_unit(const struct cp_access *access, struct bank *bank) {
    if (!is_flash(access, bank->buffer.at)) {
        bank->sr |= SR_WRPERR;
        cp_stm32_buffer_drop(&bank->buffer);
        return;
    }
    end_operation(
        access, bank,
        cp_stm32_buffer_program(access, &bank->buffer, layout_of(access)->unit_size_bytes));
}

static void erase_sector(const struct cp_access *access, uint32_t index, uint32_t cr) {
    const struct layout *layout = layout_of(access);
    const struct cp_part *part = &access->device->part;
    const uint32_t sector = cr >> layout->snb_shift & layout->snb_mask;
    const uint32_t within_bytes = sector * part->erase_size_bytes;
    const uint32_t offset_bytes = index * part->bank_size_bytes + within_bytes;
    if (bank_at(access, offset_bytes) != index || !is_flash(access, offset_bytes)) {
        bank_of(access, index)->sr |= SR_WRPERR;
        return;
    }
    end_operation(access, bank_of(access, index), cp_bus_erase(access, offset_bytes, 0));
}

static void start(const struct cp_access *access, uint32_t index) {
    const uint32_t cr = bank_of(access, index)->cr;
    if (cr & CR_BER) {
        cp_bus_illegal(access, layout_of(access)->manual,
                       "bank erase: it takes the bootloader or STATE with it");
    } else if (cr & CR_SER) {
        erase_sector(access, index, cr);
    }
}

// CRC_EN is there, and not modelled.
#define CR_CRC_EN (1u << 15)

static uint32_t kept_bits(const struct layout *layout) {
    return CR_PG | CR_SER | CR_BER | layout->psize | CR_INTERRUPTS |
           layout->snb_mask << layout->snb_shift;
}

static void check_reserved(const struct cp_access *access, uint32_t value) {
    const struct layout *layout = layout_of(access);
    const uint32_t reserved =
        value & ~(kept_bits(layout) | CR_LOCK | layout->fw | layout->start | CR_CRC_EN);
    if (reserved) {
        cp_bus_illegal(access, layout->manual, "reserved bits 0x%x of CR set", (unsigned)reserved);
    }
}

static void write_control(const struct cp_access *access, uint32_t index, uint32_t value) {
    const struct layout *layout = layout_of(access);
    struct bank *bank = bank_of(access, index);
    if (bank->busy_polls > 0) {
        cp_bus_illegal(access, layout->manual,
                       "CR%u written while an operation is queued: poll QW first",
                       (unsigned)index + 1);
        return;
    }
    check_reserved(access, value);
    if (bank->cr & CR_LOCK) {
        return; // a locked register keeps what it has
    }
    if (value & CR_LOCK) {
        bank->cr |= CR_LOCK;
        return;
    }
    bank->cr = value & kept_bits(layout);
    if ((value & CR_PG) == 0) {
        cp_stm32_buffer_drop(&bank->buffer);
    }
    if ((value & layout->fw) != 0 && bank->buffer.bytes != 0) {
        program_unit(access, bank);
    } else if (value & layout->start) {
        start(access, index);
    }
}

static void write_key(const struct cp_access *access, struct bank *bank, uint32_t value) {
    if (cp_stm32_keys_write(access, layout_of(access)->manual, &bank->keys,
                            (bank->cr & CR_LOCK) != 0, value)) {
        bank->cr &= ~CR_LOCK;
    }
}

static void refuse_write(const struct cp_access *access, uint32_t offset_bytes) {
    if (offset_bytes % BANK_2 == SR) {
        cp_bus_illegal(access, layout_of(access)->manual,
                       "SR written, which is read-only: flags are cleared by CCR");
        return;
    }
    cp_bus_illegal(access, layout_of(access)->manual,
                   "write of FLASH + 0x%x, a register that the part does not have, that is "
                   "read-only, or that this model does not have",
                   (unsigned)offset_bytes);
}

static void write(const struct cp_access *access, uint32_t window, uint32_t offset_bytes,
                  uint32_t value, uint32_t width_bytes) {
    (void)window;
    const uint32_t index = offset_bytes / BANK_2;
    if (width_bytes != 4 || !has_bank(access, index)) {
        refuse_write(access, offset_bytes);
        return;
    }
    struct bank *bank = bank_of(access, index);
    switch (offset_bytes % BANK_2) {
    case ACR: break;
    case KEYR: write_key(access, bank, value); break;
    case CR: write_control(access, index, value); break;
    case CCR:
        bank->sr &= ~(value & SR_CLEARABLE);
        bank->failed_unit = bank->sr & SR_DBECCERR ? bank->failed_unit : 0;
        break;
    default: refuse_write(access, offset_bytes);
    }
}

// --- the mapped flash

static void store(const struct cp_access *access, uint32_t offset_bytes, uint32_t value,
                  uint32_t width_bytes) {
    struct bank *bank = bank_of(access, bank_at(access, offset_bytes));
    if ((bank->cr & CR_PG) == 0 || (bank->sr & SR_BLOCKING) != 0) {
        bank->sr |= SR_PGSERR;
        cp_stm32_buffer_drop(&bank->buffer);
        return;
    }
    const uint32_t put = cp_stm32_buffer_put(&bank->buffer, layout_of(access)->unit_size_bytes,
                                             offset_bytes, value, width_bytes);
    bank->sr |= put & STM32_BUFFER_ELSEWHERE ? SR_INCERR : 0;
    bank->sr |= put & STM32_BUFFER_AGAIN ? SR_STRBERR : 0;
    if (put & STM32_BUFFER_FULL) {
        program_unit(access, bank);
    }
}

static void load(const struct cp_access *access, uint32_t offset_bytes) {
    if (!is_flash(access, offset_bytes)) {
        cp_bus_fault(access, "RM0433 4.3, flash memory architecture",
                     "read of 0x%x, between the banks, where there is no flash: bus fault",
                     (unsigned)(access->device->part.flash_address + offset_bytes));
    }
}

static void uncorrectable(const struct cp_access *access, uint32_t offset_bytes) {
    const uint32_t index = bank_at(access, offset_bytes);
    struct bank *bank = bank_of(access, index);
    if ((bank->sr & SR_DBECCERR) == 0) { // the first is kept until it is cleared
        const uint32_t within_bytes = offset_bytes - index * access->device->part.bank_size_bytes;
        bank->failed_unit = within_bytes / layout_of(access)->unit_size_bytes;
    }
    bank->sr |= SR_DBECCERR;
}

static const char *left_open(const struct cp_device *device) {
    const struct h7 *h7 = (const struct h7 *)(const void *)device->state;
    if ((h7->banks[0].cr & CR_LOCK) == 0 || (h7->banks[1].cr & CR_LOCK) == 0) {
        return "a bank unlocked, where a stray store can change the flash and new keys fault,";
    }
    if (((h7->banks[0].cr | h7->banks[1].cr) & (CR_PG | CR_SER | CR_BER)) != 0) {
        return "PG, SER or BER set in a bank, which LOCK does not undo,";
    }
    if (h7->banks[0].busy_polls > 0 || h7->banks[1].busy_polls > 0) {
        return "an operation in the queue, of which nobody will see the end,";
    }
    return NULL;
}

#define MODEL(model_name)                                                                          \
    {                                                                                              \
        .name = model_name, .state_size_bytes = sizeof(struct h7), .windows = {{0, 2 * BANK_2}},   \
        .reset = reset, .read = read, .write = write, .store = store, .load = load,                \
        .uncorrectable = uncorrectable, .left_open = left_open,                                    \
    }

const struct cp_controller_model cp_model_stm32_h7 = MODEL("stm32-h7");
const struct cp_controller_model cp_model_stm32_h7a = MODEL("stm32-h7a");
