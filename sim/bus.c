// bus.c: what the program under test can touch: addresses, decoded to registers and flash.
//
// Illegal use is an event of its own, before the access takes the effect that the
// silicon would give it (a store in the wrong mode does nothing; one program too
// many is still done).

#include "sim/bus.h"

#include "core/port/mmio.h"
#include "sim/bus_internal.h"
#include "sim/program_memory.h"

#include <stdarg.h>
#include <stdio.h>

// More accesses than the longest legal stretch between two events: reading all of
// a 16 MiB flash. Beyond it the program is polling for something that never comes.
#define BUS_ACCESSES_MAX 20000000u
// Nor does illegal use lead anywhere, and each one is an event.
#define ILLEGAL_USES_MAX 10000u

struct cp_machine *cp_bus_machine;
static bool is_stop_wanted; // by a debugger

void cp_bus_attach(struct cp_machine *machine) {
    cp_bus_machine = machine;
}

void cp_bus_detach(struct cp_machine *machine) {
    if (cp_bus_machine == machine) {
        cp_bus_machine = NULL;
    }
}

void cp_bus_stop_at_next_event(void) {
    is_stop_wanted = true;
}

__attribute__((noinline)) void cp_bus_stop_here(void) {
    __asm__ volatile("" ::: "memory"); // so that the call is made
}

void cp_bus_yield(enum cp_event_kind kind, uint32_t value, const void *frame) {
    struct cp_event *event = &cp_bus_machine->event;
    const struct cp_program_memory *memory = cp_bus_machine->config.program->memory;
    bool is_awaited = is_stop_wanted && kind != CP_EVENT_ILLEGAL;
    if (is_awaited) {
        is_stop_wanted = false;
        cp_bus_stop_here();
    }
    if (memory) {
        memory->asks(cp_bus_machine, kind, is_awaited);
    }
    event->kind = kind;
    event->value = value;
    event->frame_count =
        memory ? memory->frames(cp_bus_machine, event->frames, CP_EVENT_FRAMES_MAX)
               : cp_cpu_frames(cp_bus_machine->cpu, frame, event->frames, CP_EVENT_FRAMES_MAX);
    cp_cpu_yield(cp_bus_machine->cpu);
}

void cp_bus_clear_event(void) {
    struct cp_event *event = &cp_bus_machine->event;
    event->device = 0;
    event->word = 0;
    event->word_count = 0;
    event->words = NULL;
    event->note = (enum cp_note)0;
    event->fate = CP_FATE_DONE;
    event->fates = NULL;
}

// --- illegal use and faults; event.message has been written

static void yield_illegal(const void *frame) {
    cp_bus_clear_event();
    if (++cp_bus_machine->illegal_uses > ILLEGAL_USES_MAX) {
        snprintf(cp_bus_machine->event.message, CP_EVENT_MESSAGE_MAX,
                 "the program used the flash illegally %u times on end", ILLEGAL_USES_MAX);
        cp_bus_yield(CP_EVENT_STALL, 0, frame);
        return;
    }
    cp_bus_yield(CP_EVENT_ILLEGAL, 0, frame);
}

void cp_bus_misuse(const void *frame, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(cp_bus_machine->event.message, CP_EVENT_MESSAGE_MAX, format, arguments);
    va_end(arguments);
    yield_illegal(frame);
}

static void write_message(const char *section, const char *format, va_list arguments) {
    char *message = cp_bus_machine->event.message;
    int length = vsnprintf(message, CP_EVENT_MESSAGE_MAX, format, arguments);
    if (section && length >= 0 && length < (int)CP_EVENT_MESSAGE_MAX) {
        snprintf(message + length, CP_EVENT_MESSAGE_MAX - (size_t)length, " [%s]", section);
    }
}

void cp_bus_illegal(const struct cp_access *access, const char *section, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_message(section, format, arguments);
    va_end(arguments);
    yield_illegal(access->frame);
}

void cp_bus_fault(const struct cp_access *access, const char *section, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_message(section, format, arguments);
    va_end(arguments);
    cp_bus_clear_event();
    cp_bus_yield(CP_EVENT_CRASH, 0, access->frame);
}

void cp_bus_crash(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_message(NULL, format, arguments);
    va_end(arguments);
    cp_bus_clear_event();
    cp_bus_yield(CP_EVENT_CRASH, 0, __builtin_frame_address(0));
}

void cp_bus_stall(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_message(NULL, format, arguments);
    va_end(arguments);
    cp_bus_yield(CP_EVENT_STALL, 0, __builtin_frame_address(0));
}

void cp_bus_count_access(const void *frame) {
    if (++cp_bus_machine->bus_accesses > BUS_ACCESSES_MAX) {
        snprintf(cp_bus_machine->event.message, CP_EVENT_MESSAGE_MAX,
                 "the program made %u bus accesses without a flash operation or an end",
                 BUS_ACCESSES_MAX);
        cp_bus_yield(CP_EVENT_STALL, 0, frame);
    }
}

// --- addresses

enum place_kind { PLACE_NOTHING, PLACE_FLASH, PLACE_REGISTER };

struct place {
    enum place_kind kind;
    uint32_t window, offset_bytes;
};

// Is the address of this device? Places go by pointer: this is the hottest path there is.
static bool place_in(const struct cp_device *device, uint32_t address, struct place *place) {
    const struct cp_controller_model *model = device->model;
    place->offset_bytes = address - device->part.flash_address;
    place->kind = PLACE_FLASH;
    if (model->store && place->offset_bytes < device->part.size_bytes) {
        return true;
    }
    place->kind = PLACE_REGISTER;
    for (uint32_t i = 0; i < CP_WINDOWS_MAX && model->windows[i].size_bytes > 0; i++) {
        uint32_t start = model->windows[i].address;
        place->window = i;
        place->offset_bytes = address - (start ? start : device->part.registers_address);
        if (place->offset_bytes < model->windows[i].size_bytes) {
            return true;
        }
    }
    place->kind = PLACE_NOTHING;
    return false;
}

// Find the device whose flash or registers an address belongs to.
static void decode(uint32_t address, struct cp_access *access, struct place *place) {
    access->machine = cp_bus_machine;
    for (uint32_t i = 0; i < cp_bus_machine->config.device_count; i++) {
        access->index = i;
        access->device = &cp_bus_machine->devices[i];
        if (place_in(access->device, address, place)) {
            return;
        }
    }
}

static bool is_mapped(const struct place *place, const char *what, uint32_t address,
                      uint32_t width_bytes, const void *frame) {
    if (place->kind != PLACE_NOTHING && address % width_bytes == 0) {
        return true;
    }
    cp_bus_misuse(frame, "%s at 0x%x: %s", what, (unsigned)address,
                  place->kind == PLACE_NOTHING ? "nothing is mapped there"
                  : width_bytes == 4           ? "not a word address"
                                               : "not a half-word address");
    return false;
}

uint32_t mmio_read32(uint32_t address) {
    struct cp_access access = {.frame = __builtin_frame_address(0)};
    struct place place = {PLACE_NOTHING, 0, 0};
    decode(address, &access, &place);
    cp_bus_count_access(access.frame);
    if (!is_mapped(&place, "read", address, 4, access.frame)) {
        return 0;
    }
    if (place.kind == PLACE_REGISTER) {
        return access.device->model->read(&access, place.window, place.offset_bytes);
    }
    uint32_t word = 0;
    if (access.device->model->load) {
        access.device->model->load(&access, place.offset_bytes);
    }
    if (!cp_bus_read(&access, place.offset_bytes, &word)) {
        cp_bus_fault(&access, "docs/SPEC.md, Uncorrectable words",
                     "read of 0x%x, which is uncorrectable, without a guard: %s", (unsigned)address,
                     access.device->part.ecc_read == CP_ECC_NMI ? "NMI" : "bus fault");
    }
    return word;
}

bool cp_bus_peek(uint32_t address, uint32_t *word) {
    struct cp_access access = {.frame = NULL};
    struct place place = {PLACE_NOTHING, 0, 0};
    decode(address, &access, &place);
    if (place.kind != PLACE_FLASH || address % 4 != 0 || access.device->model->load ||
        access.device->nor.undecided[place.offset_bytes / 4] ||
        access.device->nor.watched[place.offset_bytes / 4]) {
        return false;
    }
    cp_bus_machine->bus_accesses++;
    return cp_bus_read(&access, place.offset_bytes, word);
}

void cp_bus_fetch(uint32_t address) {
    struct cp_access access = {.frame = NULL};
    struct place place = {PLACE_NOTHING, 0, 0};
    decode(address, &access, &place);
    if (place.kind == PLACE_FLASH && access.device->model->load) {
        access.device->model->load(&access, place.offset_bytes & ~3u);
    }
}

bool mmio_read32_guarded(uint32_t address, uint32_t *value) {
    struct cp_access access = {.frame = __builtin_frame_address(0)};
    struct place place = {PLACE_NOTHING, 0, 0};
    decode(address, &access, &place);
    cp_bus_count_access(access.frame);
    if (!is_mapped(&place, "read", address, 4, access.frame) || place.kind != PLACE_FLASH) {
        return false;
    }
    if (access.device->model->load) {
        access.device->model->load(&access, place.offset_bytes);
    }
    return cp_bus_read(&access, place.offset_bytes, value);
}

static void write(uint32_t address, uint32_t value, uint32_t width_bytes, const void *frame) {
    struct cp_access access = {.frame = frame};
    struct place place = {PLACE_NOTHING, 0, 0};
    decode(address, &access, &place);
    cp_bus_count_access(frame);
    if (!is_mapped(&place, "write", address, width_bytes, frame)) {
        return;
    }
    const struct cp_controller_model *model = access.device->model;
    if (place.kind == PLACE_REGISTER) {
        model->write(&access, place.window, place.offset_bytes, value, width_bytes);
    } else {
        model->store(&access, place.offset_bytes, value, width_bytes);
    }
}

void mmio_write32(uint32_t address, uint32_t value) {
    cp_cpu_clear_dead(cp_bus_machine->cpu);
    write(address, value, 4, __builtin_frame_address(0));
}

void mmio_write16(uint32_t address, uint16_t value) {
    write(address, value, 2, __builtin_frame_address(0));
}

void mmio_write8(uint32_t address, uint8_t value) {
    write(address, value, 1, __builtin_frame_address(0));
}

void mmio_barrier(void) {
}

// --- the CPU

uint32_t mmio_irq_disable(void) {
    return cp_bus_machine->irq_disabled++;
}

void mmio_irq_restore(uint32_t state) {
    cp_bus_machine->irq_disabled = state;
}

bool cp_bus_irq_is_disabled(const struct cp_access *access) {
    return access->machine->irq_disabled > 0;
}

void mmio_wait_us(uint32_t time_us) {
    cp_bus_machine->waited_us += time_us;
}

uint32_t cp_bus_waited_us(const struct cp_access *access) {
    uint32_t waited_us = access->machine->waited_us;
    access->machine->waited_us = 0;
    return waited_us;
}
