// unwind.c: see unwind.h. The tables are read by libdw.
//
// A row of them says for an address where the frame begins, and where the caller's
// registers lie in it. A core stands at few addresses, so rows are kept: reading one takes
// far longer than using it.

#include "sim/arm/unwind.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ROWS_MAX      512u
#define FRAME_POINTER 7
#define NOT_SAVED     INT32_MIN

// Where the frame begins: a register and an offset; and what of it is saved there, as
// offsets from that. Code for Cortex-M needs no more.
struct row {
    uint32_t pc;
    bool is_known, is_of_frame_pointer;
    int32_t frame_offset, return_offset, frame_pointer_offset;
};

struct cp_unwinder {
    int file;
    Dwarf *dwarf;
    Dwarf_CFI *tables;
    struct row rows[ROWS_MAX];
};

struct cp_unwinder *cp_unwinder_open(const char *path) {
    struct cp_unwinder *unwinder = calloc(1, sizeof *unwinder);
    if (!unwinder) {
        return NULL;
    }
    unwinder->file = open(path, O_RDONLY | O_CLOEXEC);
    unwinder->dwarf = unwinder->file < 0 ? NULL : dwarf_begin(unwinder->file, DWARF_C_READ);
    unwinder->tables = unwinder->dwarf ? dwarf_getcfi(unwinder->dwarf) : NULL;
    if (!unwinder->tables) {
        cp_unwinder_close(unwinder);
        return NULL;
    }
    return unwinder;
}

void cp_unwinder_close(struct cp_unwinder *unwinder) {
    if (!unwinder) {
        return;
    }
    dwarf_end(unwinder->dwarf);
    if (unwinder->file >= 0) {
        close(unwinder->file);
    }
    free(unwinder);
}

// --- reading a row

static bool read_frame(Dwarf_Frame *frame, struct row *row) {
    Dwarf_Op *operations;
    size_t count;
    if (dwarf_frame_cfa(frame, &operations, &count) || count != 1) {
        return false;
    }
    uint8_t atom = operations[0].atom;
    Dwarf_Word number =
        atom == DW_OP_bregx ? operations[0].number : (Dwarf_Word)(atom - DW_OP_breg0);
    Dwarf_Word offset = atom == DW_OP_bregx ? operations[0].number2 : operations[0].number;
    row->is_of_frame_pointer = number == FRAME_POINTER;
    row->frame_offset = (int32_t)offset;
    return number == FRAME_POINTER || number == CP_ARM_SP;
}

// A saved register is at the frame's begin plus a constant, which has many spellings.
static int32_t saved_at(const Dwarf_Op *operations, size_t count) {
    if (count == 0 || operations[0].atom != DW_OP_call_frame_cfa) {
        return NOT_SAVED;
    }
    if (count == 1) {
        return 0;
    }
    if (operations[1].atom == DW_OP_plus_uconst || operations[1].atom == DW_OP_consts) {
        return (int32_t)operations[1].number;
    }
    return NOT_SAVED;
}

static int32_t read_saved(Dwarf_Frame *frame, int number) {
    Dwarf_Op memory[3];
    Dwarf_Op *operations;
    size_t count;
    if (dwarf_frame_register(frame, number, memory, &operations, &count) || !operations) {
        return NOT_SAVED;
    }
    return saved_at(operations, count);
}

static struct row read_row(const struct cp_unwinder *unwinder, uint32_t pc) {
    struct row row = {.pc = pc};
    Dwarf_Frame *frame = NULL;
    if (dwarf_cfi_addrframe(unwinder->tables, pc, &frame) == 0) {
        row.is_known = read_frame(frame, &row);
        row.return_offset = read_saved(frame, CP_ARM_LR);
        row.frame_pointer_offset = read_saved(frame, FRAME_POINTER);
        free(frame);
    }
    return row;
}

static const struct row *row_of(struct cp_unwinder *unwinder, uint32_t pc) {
    struct row *row = &unwinder->rows[(pc >> 1) % ROWS_MAX];
    if (row->pc != pc || pc == 0) {
        *row = read_row(unwinder, pc);
    }
    return row;
}

// --- walking

struct walk {
    uint32_t pc, stack, frame_pointer, link;
};

static bool load(struct cp_emulator *emulator, uint32_t address, uint32_t *value) {
    const uint8_t *bytes = cp_emulator_ram(emulator, address, sizeof *value);
    if (bytes) {
        memcpy(value, bytes, sizeof *value);
    }
    return bytes != NULL;
}

// To the caller. False at the end.
static bool step(struct cp_emulator *emulator, const struct row *row, struct walk *walk) {
    uint32_t frame = (row->is_of_frame_pointer ? walk->frame_pointer : walk->stack) +
                     (uint32_t)row->frame_offset;
    uint32_t return_address = walk->link;
    if (row->return_offset != NOT_SAVED &&
        !load(emulator, frame + (uint32_t)row->return_offset, &return_address)) {
        return false;
    }
    if (row->frame_pointer_offset != NOT_SAVED &&
        !load(emulator, frame + (uint32_t)row->frame_pointer_offset, &walk->frame_pointer)) {
        return false;
    }
    bool is_end = return_address == UINT32_MAX || return_address <= 1;
    walk->pc = (return_address & ~1u) - 2; // inside the call
    walk->stack = frame;
    walk->link = UINT32_MAX; // of a caller it is always saved
    return !is_end;
}

uint32_t cp_unwind(struct cp_unwinder *unwinder, struct cp_emulator *emulator, uint32_t *addresses,
                   uint32_t max) {
    const struct cp_arm_context *context = cp_emulator_context(emulator);
    struct walk walk = {context->pc, context->registers[CP_ARM_SP],
                        context->registers[FRAME_POINTER], context->registers[CP_ARM_LR]};
    uint32_t count = 0;
    while (count < max) {
        addresses[count++] = walk.pc + 2;
        const struct row *row = unwinder ? row_of(unwinder, walk.pc) : NULL;
        if (!row || !row->is_known || !step(emulator, row, &walk)) {
            break;
        }
    }
    return count;
}
