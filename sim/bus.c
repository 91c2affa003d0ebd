// bus.c: what the program under test can touch: registers, flash, the outside world.
//
// Illegal use is an event of its own, before the access takes the effect that the
// silicon would give it (a store in the wrong mode does nothing; one program too
// many is still done).

#include "sim/bus.h"

#include "core/port/mmio.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define REGISTER_WINDOW_BYTES 0x1000u
// More accesses than the longest legal stretch between two events: reading all of
// a 16 MiB flash. Beyond it the program is polling for something that never comes.
#define BUS_ACCESSES_MAX 20000000u
// Nor does illegal use lead anywhere, and each one is an event.
#define ILLEGAL_USES_MAX 10000u

static struct cp_machine *attached;

void cp_bus_attach(struct cp_machine *machine) {
    attached = machine;
}

void cp_bus_detach(struct cp_machine *machine) {
    if (attached == machine) {
        attached = NULL;
    }
}

static void yield(enum cp_event_kind kind, uint32_t value, const void *frame) {
    struct cp_event *event = &attached->event;
    event->kind = kind;
    event->value = value;
    event->frame_count = cp_cpu_frames(attached->cpu, frame, event->frames, CP_EVENT_FRAMES_MAX);
    cp_cpu_yield(attached->cpu);
}

static void clear_event(void) {
    attached->event.device = 0;
    attached->event.word = 0;
    attached->event.note = (enum cp_note)0;
}

__attribute__((format(printf, 2, 3))) static void illegal(const void *frame, const char *format,
                                                          ...) {
    va_list arguments;
    clear_event();
    if (++attached->illegal_uses > ILLEGAL_USES_MAX) {
        snprintf(attached->event.message, CP_EVENT_MESSAGE_MAX,
                 "the program used the flash illegally %u times on end", ILLEGAL_USES_MAX);
        yield(CP_EVENT_STALL, 0, frame);
        return;
    }
    va_start(arguments, format);
    vsnprintf(attached->event.message, CP_EVENT_MESSAGE_MAX, format, arguments);
    va_end(arguments);
    yield(CP_EVENT_ILLEGAL, 0, frame);
}

static void count_access(const void *frame) {
    if (++attached->bus_accesses > BUS_ACCESSES_MAX) {
        snprintf(attached->event.message, CP_EVENT_MESSAGE_MAX,
                 "the program made %u bus accesses without a flash operation or an end",
                 BUS_ACCESSES_MAX);
        yield(CP_EVENT_STALL, 0, frame);
    }
}

static const char *const area_names[] = {"the bootloader", "STATE", "ACTIVE", "DFU"};

// Where an operation may go: never the bootloader's own pages, nor outside all
// partitions; and an application leaves ACTIVE alone, which it runs from.
static bool is_allowed(uint32_t device, uint32_t offset_bytes, const char *what,
                       const void *frame) {
    enum cp_area area = cp_machine_area(attached, device, offset_bytes);
    if (area == CP_AREA_COUNT) {
        illegal(frame, "%s at 0x%x of device %u, outside every partition", what,
                (unsigned)offset_bytes, (unsigned)device);
        return false;
    }
    if (area == CP_AREA_BOOTLOADER ||
        (area == CP_AREA_ACTIVE && attached->mode == CP_MODE_APPLICATION)) {
        illegal(frame, "%s at 0x%x of device %u, in the write-protected pages of %s", what,
                (unsigned)offset_bytes, (unsigned)device, area_names[area]);
        return false;
    }
    return true;
}

static void program_word(struct cp_machine_device *device, uint32_t index, uint32_t offset_bytes,
                         uint32_t value, const void *frame) {
    const char *message = NULL;
    if (!cp_nvmc_may_program(&device->nvmc, &message)) {
        illegal(frame, "%s (at 0x%x)", message, (unsigned)offset_bytes);
        return;
    }
    if (!is_allowed(index, offset_bytes, "program", frame)) {
        return;
    }
    if (device->nor.programs[offset_bytes / 4] >= device->part.programs_per_word) {
        illegal(frame,
                "word at 0x%x programmed again after %u program%s since its erase; %s "
                "allows no more",
                (unsigned)offset_bytes, device->nor.programs[offset_bytes / 4],
                device->nor.programs[offset_bytes / 4] == 1 ? "" : "s", device->part.name);
    }
    clear_event();
    attached->event.device = index;
    attached->event.word = offset_bytes / 4;
    yield(CP_EVENT_PROGRAM, value, frame);
    cp_nvmc_started(&device->nvmc);
}

static void erase_page(struct cp_machine_device *device, uint32_t index, uint32_t address,
                       const void *frame) {
    uint32_t offset_bytes = address - device->part.flash_address;
    if (offset_bytes >= device->part.size_bytes) {
        illegal(frame, "ERASEPAGE with 0x%x, which is not in the flash", (unsigned)address);
        return;
    }
    if (offset_bytes % device->part.erase_size_bytes != 0) {
        illegal(frame, "ERASEPAGE with 0x%x, which is not the start of a page", (unsigned)address);
        return;
    }
    if (!is_allowed(index, offset_bytes, "erase", frame)) {
        return;
    }
    clear_event();
    attached->event.device = index;
    attached->event.word = offset_bytes / 4;
    yield(CP_EVENT_ERASE, 0, frame);
    cp_nvmc_started(&device->nvmc);
}

// Find the device whose flash or registers an address belongs to.
static struct cp_machine_device *decode(uint32_t address, uint32_t *index, bool *is_register) {
    *index = 0;
    *is_register = false;
    for (uint32_t i = 0; i < attached->config.device_count; i++) {
        struct cp_machine_device *device = &attached->devices[i];
        *index = i;
        *is_register = false;
        if (address - device->part.flash_address < device->part.size_bytes) {
            return device;
        }
        *is_register = true;
        if (address - device->part.registers_address < REGISTER_WINDOW_BYTES) {
            return device;
        }
    }
    return NULL;
}

static uint32_t read_flash(const struct cp_machine_device *device, uint32_t index, uint32_t word,
                           const void *frame) {
    const struct cp_nor *nor = &device->nor;
    cp_machine_note_cell(attached, index, word / nor->words_per_cell);
    if (!cp_nor_is_open(nor, word) && !nor->watched[word]) {
        return nor->words[word];
    }
    clear_event();
    attached->event.device = index;
    attached->event.word = word;
    yield(CP_EVENT_READ, 0, frame);
    return attached->answer;
}

uint32_t mmio_read32(uint32_t address) {
    const void *frame = __builtin_frame_address(0);
    uint32_t index;
    bool is_register;
    struct cp_machine_device *device = decode(address, &index, &is_register);
    count_access(frame);
    if (!device || address % 4 != 0) {
        illegal(frame, "read at 0x%x: %s", (unsigned)address,
                device ? "not a word address" : "nothing is mapped there");
        return 0;
    }
    if (!is_register) {
        return read_flash(device, index, (address - device->part.flash_address) / 4, frame);
    }
    const char *message = NULL;
    uint32_t offset = address - device->part.registers_address;
    uint32_t value = cp_nvmc_read(&device->nvmc, offset, &message);
    if (message) {
        illegal(frame, "%s (0x%x)", message, (unsigned)address);
    }
    return value;
}

static void write_register(struct cp_machine_device *device, uint32_t index, uint32_t address,
                           uint32_t value, const void *frame) {
    const char *message = NULL;
    enum cp_nvmc_action action =
        cp_nvmc_write(&device->nvmc, address - device->part.registers_address, value, &message);
    if (message) {
        illegal(frame, "%s (0x%x = 0x%x)", message, (unsigned)address, (unsigned)value);
    }
    if (action == CP_NVMC_ERASE_PAGE) {
        erase_page(device, index, value, frame);
    }
}

void mmio_write32(uint32_t address, uint32_t value) {
    const void *frame = __builtin_frame_address(0);
    uint32_t index;
    bool is_register;
    struct cp_machine_device *device = decode(address, &index, &is_register);
    count_access(frame);
    if (!device || address % 4 != 0) {
        illegal(frame, "write at 0x%x: %s", (unsigned)address,
                device ? "not a word address" : "nothing is mapped there");
    } else if (is_register) {
        write_register(device, index, address, value, frame);
    } else {
        program_word(device, index, address - device->part.flash_address, value, frame);
    }
}

void mmio_barrier(void) {
}

// A program may be anybody's: what it says of images is checked.
static void check_image(uint32_t image, const void *frame) {
    if (image >= CP_IMAGES_MAX || !attached->config.images[image]) {
        snprintf(attached->event.message, CP_EVENT_MESSAGE_MAX,
                 "the program names image %u, which the case does not have", (unsigned)image);
        yield(CP_EVENT_CRASH, 0, frame);
    }
}

void cp_note(enum cp_note note, uint32_t value) {
    if (note <= CP_NOTE_REQUEST_RETURNED) {
        check_image(value, __builtin_frame_address(0));
    }
    clear_event();
    attached->event.note = note;
    yield(CP_EVENT_NOTE, value, __builtin_frame_address(0));
}

uint32_t cp_choose(uint32_t count) {
    clear_event();
    yield(CP_EVENT_CHOICE, count, __builtin_frame_address(0));
    return attached->answer;
}

void cp_image_read(uint8_t image, uint32_t offset_bytes, void *data, uint32_t size_bytes) {
    check_image(image, __builtin_frame_address(0));
    uint32_t image_size_bytes = attached->config.board.images[image].size_bytes;
    if (offset_bytes > image_size_bytes || size_bytes > image_size_bytes - offset_bytes) {
        illegal(__builtin_frame_address(0), "download beyond the end of image %u", image);
        memset(data, 0, size_bytes);
        return;
    }
    memcpy(data, attached->config.images[image] + offset_bytes, size_bytes);
}

uint64_t cp_image_digest(uint8_t image) {
    check_image(image, __builtin_frame_address(0));
    return attached->image_digests[image];
}

// FNV-1a: simple, and the same however the bytes are divided into pieces.
uint64_t cp_digest_update(uint64_t digest, const void *data, uint32_t size_bytes) {
    const uint8_t *bytes = data;
    digest ^= 0xcbf29ce484222325u;
    for (uint32_t i = 0; i < size_bytes; i++) {
        digest = (digest ^ bytes[i]) * 0x100000001b3u;
    }
    return digest ^ 0xcbf29ce484222325u;
}

static _Noreturn void end(enum cp_event_kind kind, uint32_t value, const void *frame) {
    clear_event();
    yield(kind, value, frame);
    __builtin_unreachable(); // a program that has ended is never resumed
}

// Whatever runs next must not find the flash open to a stray store.
static void check_hand_over(const void *frame) {
    for (uint32_t i = 0; i < attached->config.device_count; i++) {
        if (attached->devices[i].nvmc.config != 0) {
            illegal(frame,
                    "ACTIVE started with CONFIG.WEN = %u on device %u: any stray store "
                    "would change the flash",
                    (unsigned)attached->devices[i].nvmc.config, (unsigned)i);
        }
    }
}

void cp_end_jump(void) {
    check_hand_over(__builtin_frame_address(0));
    end(CP_EVENT_JUMP, 0, __builtin_frame_address(0));
}

void cp_end_dfu_mode(void) {
    end(CP_EVENT_DFU_MODE, 0, __builtin_frame_address(0));
}

void cp_end_panic(int error) {
    end(CP_EVENT_PANIC, (uint32_t)error, __builtin_frame_address(0));
}

void cp_end_reset(void) {
    end(CP_EVENT_RESET, 0, __builtin_frame_address(0));
}

void cp_end_hang(void) {
    end(CP_EVENT_HANG, 0, __builtin_frame_address(0));
}

void cp_end_idle(void) {
    end(CP_EVENT_IDLE, 0, __builtin_frame_address(0));
}
