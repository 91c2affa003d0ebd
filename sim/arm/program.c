// program.c: the ARM code of a board as a program under test.
//
// It runs on the program's stack and serves the core: each load and store outside of its
// code and RAM goes to the same bus and the same controllers as those of the native
// program. So what the explorer sees, decides and cuts is the same for both.

#include "sim/arm/program.h"

#include "core/port/mmio.h"
#include "sim/arm/debug.h"
#include "sim/arm/self_test.h"
#include "sim/arm/unicorn.h"
#include "sim/arm/system.h"
#include "sim/bus_internal.h"
#include "sim/program_memory.h"

#include <stdlib.h>
#include <string.h>

static bool is_flash(const struct cp_machine *machine, uint32_t address) {
    const struct cp_program_device *device = &machine->config.board.devices[0];
    return address - device->flash_address < device->size_bytes;
}

// --- loads and stores

// A word that cannot be corrected raises an exception: at the load, or after it. A bus fault
// is not enabled after a reset, and comes as a hard fault.
static uint32_t load_uncorrectable(struct cp_machine *machine) {
    if (machine->devices[0].part.ecc_read == CP_ECC_NMI) {
        cp_arm_system.state.is_interrupted = true;
        cp_emulator_interrupt(cp_arm_system.now);
    } else {
        cp_arm_take(machine, CP_ARM_HARD_FAULT);
    }
    return 0;
}

static uint32_t load_word(struct cp_machine *machine, uint32_t address) {
    uint32_t value = 0;
    if (address - CP_ARM_CHANNEL_ADDRESS < CP_ARM_CHANNEL_SIZE_BYTES) {
        return cp_arm_channel_load(machine, address - CP_ARM_CHANNEL_ADDRESS);
    }
    if (cp_arm_register_load(machine, address, &value)) {
        return value;
    }
    if (!is_flash(machine, address) || machine->devices[0].part.ecc_read == CP_ECC_NONE) {
        return mmio_read32(address);
    }
    return mmio_read32_guarded(address, &value) ? value : load_uncorrectable(machine);
}

static uint32_t load(struct cp_machine *machine, const struct cp_arm_request *request) {
    return load_word(machine, request->address & ~3u) >> 8 * (request->address & 3u);
}

static void store(struct cp_machine *machine, const struct cp_arm_request *request) {
    uint32_t address = request->address, value = request->value;
    if (address - CP_ARM_CHANNEL_ADDRESS < CP_ARM_CHANNEL_SIZE_BYTES) {
        cp_arm_channel_store(machine, address - CP_ARM_CHANNEL_ADDRESS, value);
        return;
    }
    if (cp_arm_register_store(machine, address, value)) {
        return;
    }
    machine->irq_disabled = cp_emulator_is_masked(cp_arm_system.now);
    switch (request->width_bytes) {
    case 1: mmio_write8(address, (uint8_t)value); break;
    case 2: mmio_write16(address, (uint16_t)value); break;
    default: mmio_write32(address, value); break;
    }
}

// --- everything else that it wants

static void at_mark(struct cp_machine *machine, uint32_t address) {
    if (cp_arm_system.state.is_interrupted) {
        cp_arm_system.state.is_interrupted = false;
        cp_arm_take(machine, CP_ARM_NMI);
        cp_arm_debug_taken();
        return;
    }
    cp_arm_debug_at(machine, address);
    if (address == cp_arm_system.firmware.dfu_mode_address && machine->mode == CP_MODE_BOOTLOADER) {
        cp_end_dfu_mode();
    }
}

static void branch(struct cp_machine *machine, uint32_t address) {
    if (!cp_arm_return(machine, address)) {
        cp_arm_hand_over(machine, address);
    }
}

static _Noreturn void fall_asleep(const struct cp_machine *machine) {
    if (machine->mode == CP_MODE_BOOTLOADER) {
        cp_end_hang();
    }
    cp_end_idle();
}

// Code that runs while its flash cannot be read has to lie in RAM.
static void fetch(const struct cp_arm_request *request) {
    if (request->want == CP_ARM_LOAD || request->want == CP_ARM_STORE) {
        cp_bus_fetch(request->pc);
    }
}

static uint32_t serve(struct cp_machine *machine, const struct cp_arm_request *request) {
    fetch(request);
    switch (request->want) {
    case CP_ARM_LOAD: return load(machine, request);
    case CP_ARM_STORE: store(machine, request); break;
    case CP_ARM_MARK: at_mark(machine, request->address); break;
    case CP_ARM_BRANCH: branch(machine, request->address); break;
    case CP_ARM_SLEEP: fall_asleep(machine);
    case CP_ARM_FAULT:
        cp_bus_crash("the ARM core cannot go on at 0x%x: %s", (unsigned)request->address,
                     request->message);
        break;
    case CP_ARM_BUSY:
        cp_bus_stall("the ARM core executed very many instructions without a flash operation or "
                     "an end, the last at 0x%x",
                     (unsigned)request->address);
        break;
    }
    return 0;
}

// The request is copied: the core may do other things before its answer comes.
static void run(struct cp_machine *machine) {
    if (*cp_arm_system.message) {
        cp_bus_crash("the ARM engine cannot run %s: %s", cp_arm_system.path, cp_arm_system.message);
    }
    for (uint32_t answer = 0;;) {
        const struct cp_arm_request request = *cp_emulator_run(cp_arm_system.now, answer);
        answer = serve(machine, &request);
    }
}

static void bootloader(const struct cp_program_board *board) {
    (void)board;
    run(cp_bus_machine);
}

static void application(const struct cp_program_board *board, uint8_t image) {
    (void)board;
    (void)image;
    run(cp_bus_machine);
}

// --- what is no stack

static struct cp_hash hash(const struct cp_machine *machine) {
    (void)machine;
    struct cp_arm_system *system = &cp_arm_system;
    return *system->message ? (struct cp_hash){0, 0}
                            : cp_hash_add(cp_emulator_hash(system->now),
                                          cp_hash_bytes(&system->state, sizeof system->state, 81));
}

struct kept {
    struct cp_emulator *now;
    struct cp_arm_state state;
};

static void *keep(const struct cp_machine *machine) {
    (void)machine;
    struct cp_arm_system *system = &cp_arm_system;
    struct kept kept = {system->now, system->state};
    void *memory =
        *system->message ? malloc(sizeof kept) : cp_emulator_keep(system->now, sizeof kept);
    if (memory) {
        memcpy(memory, &kept, sizeof kept);
    }
    return memory;
}

static void put_back(struct cp_machine *machine, const void *memory) {
    (void)machine;
    struct cp_arm_system *system = &cp_arm_system;
    const struct kept *kept = memory;
    if (!*system->message) {
        system->now = kept->now;
        system->state = kept->state;
        cp_emulator_put_back(system->now, memory, sizeof *kept);
    }
}

static uint32_t frames(const struct cp_machine *machine, uintptr_t *frames, uint32_t max) {
    struct cp_arm_system *system = &cp_arm_system;
    uint32_t addresses[CP_EVENT_FRAMES_MAX];
    if (*system->message || !system->now) {
        return 0;
    }
    uint32_t program = machine->mode == CP_MODE_APPLICATION ? 1u + machine->image : 0;
    uint32_t count = cp_unwind(system->unwinders[program], system->now, addresses, max);
    for (uint32_t i = 0; i < count; i++) {
        frames[i] = CP_ARM_FRAME | (uintptr_t)system->elf_numbers[program] << 32 | addresses[i];
    }
    return count;
}

const bool cp_arm_is_there = true;

bool cp_arm_check(char *found, size_t found_bytes) {
    const char *error = NULL;
    unsigned major = 0, minor = 0;
    const struct cp_unicorn *unicorn = cp_unicorn_load(&error);
    error = unicorn ? cp_arm_self_test() : error;
    if (unicorn) {
        (void)unicorn->version(&major, &minor);
    }
    if (error) {
        snprintf(found, found_bytes, "%s", error);
    } else {
        snprintf(found, found_bytes, "libunicorn %u.%u, which passes the self-test", major, minor);
    }
    return error == NULL;
}

static const struct cp_program_memory memory = {.prepare = cp_arm_system_prepare,
                                                .start = cp_arm_system_start,
                                                .hash = hash,
                                                .keep = keep,
                                                .put_back = put_back,
                                                .asks = cp_arm_debug_asks,
                                                .paused = cp_arm_debug_paused,
                                                .frames = frames};

const struct cp_program cp_arm_program = {.abi = CP_PROGRAM_ABI,
                                          .name = "arm",
                                          .core_hash = "arm",
                                          .bootloader = bootloader,
                                          .application = application,
                                          .dfu_mode = application,
                                          .memory = &memory};
