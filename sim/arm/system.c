// system.c: the cores of a board and what they run; see system.h.
//
// There is a core for the bootloader and one for each image in each place that it can run
// from, so that no code that was translated is ever that of another program.

#include "sim/arm/system.h"

#include "sim/arm/program.h"
#include "sim/arm/self_test.h"

#include "sim/arm/debug.h"
#include "sim/bus_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_SIZE_BYTES 1024u // of libunicorn's ARM
// As long as checking a signature takes, many times over.
#define INSTRUCTIONS_MAX 400000000u

struct cp_arm_system cp_arm_system;

// --- is the system that of the machine?

static bool is_of(const struct cp_arm_system *system, const struct cp_machine *machine) {
    const struct cp_program_board *board = &machine->config.board;
    return system->is_open && board->firmware && strcmp(system->path, board->firmware) == 0 &&
           memcmp(system->image_digests, machine->image_digests, sizeof system->image_digests) ==
               0 &&
           memcmp(system->areas, board->areas, sizeof system->areas) == 0;
}

static void close_all(struct cp_arm_system *system) {
    cp_emulator_close(system->bootloader);
    for (uint32_t i = 0; i < CP_IMAGES_MAX; i++) {
        cp_emulator_close(system->applications[i][0]);
        cp_emulator_close(system->applications[i][1]);
    }
    for (uint32_t i = 0; i <= CP_IMAGES_MAX; i++) {
        cp_unwinder_close(system->unwinders[i]);
    }
    cp_firmware_elf_free(&system->firmware);
    *system = (struct cp_arm_system){.path = ""};
}

// --- opening

static void add_window(struct cp_emulator_config *config, uint32_t from, uint32_t to) {
    if (to > from) {
        config->windows[config->window_count].address = from;
        config->windows[config->window_count].size_bytes = to - from;
        config->window_count++;
    }
}

#define PERIPHERALS     0x40000000u
#define PERIPHERALS_END 0x60000000u

// Registers of the flash controller that lie elsewhere than peripherals do.
static void add_controller(struct cp_emulator_config *config, enum cp_controller controller) {
    const struct cp_controller_model *model = cp_controller_model(controller);
    for (uint32_t i = 0; i < CP_WINDOWS_MAX && model->windows[i].size_bytes > 0; i++) {
        uint32_t address = model->windows[i].address;
        if (address != 0 && (address < PERIPHERALS || address >= PERIPHERALS_END)) {
            add_window(config, address, address + model->windows[i].size_bytes);
        }
    }
}

// All of the flash but the program's own code, the peripherals, and the prover's channel.
static void add_windows(struct cp_emulator_config *config, const struct cp_program_device *device) {
    uint32_t code_end = config->code_address + config->code_size_bytes;
    uint32_t flash_end = device->flash_address + device->size_bytes;
    add_window(config, device->flash_address, config->code_address);
    add_window(config, code_end, flash_end);
    add_window(config, PERIPHERALS, PERIPHERALS_END);
    add_window(config, 0xE0000000u, 0xE0100000u); // the core's own
    add_window(config, CP_ARM_CHANNEL_ADDRESS, CP_ARM_CHANNEL_ADDRESS + CP_ARM_CHANNEL_SIZE_BYTES);
    add_controller(config, device->controller);
}

// Only where the controller and the search have nothing to say.
static bool peek(uint32_t address, uint32_t *value) {
    return cp_bus_peek(address, value);
}

// `code` is that of a whole area, or its beginning.
// Where what is executed is noted, if it is of use: asked for, and as large as the area.
static uint8_t *executed_map(const struct cp_arm_system *system, uint32_t program, uint32_t address,
                             uint32_t size_bytes) {
    struct cp_arm_executed executed = cp_arm_executed_of(system->elf_numbers[program]);
    bool is_this = executed.address == address && executed.size_bytes == size_bytes;
    return is_this ? executed.map : NULL;
}

// `program` is 0 for the bootloader, 1 for the first image, and so on.
static struct cp_emulator *open_in(struct cp_arm_system *system, const struct cp_machine *machine,
                                   enum cp_area area, uint32_t program, const uint8_t *code,
                                   uint32_t code_bytes) {
    const struct cp_program_board *board = &machine->config.board;
    const struct cp_program_area *place = &board->areas[area];
    const char *error = NULL;
    uint8_t *whole = malloc(place->size_bytes);
    if (!whole) {
        snprintf(system->message, sizeof system->message, "out of memory");
        return NULL;
    }
    memset(whole, 0xFF, place->size_bytes);
    memcpy(whole, code, code_bytes < place->size_bytes ? code_bytes : place->size_bytes);
    struct cp_emulator_config config = {
        .model = system->firmware.model,
        .code = whole,
        .code_address = board->devices[0].flash_address + place->offset_bytes,
        .code_size_bytes = place->size_bytes,
        .ram_address = system->firmware.ram_address,
        .ram_size_bytes = system->firmware.ram_size_bytes,
        .peek = peek,
        .executed =
            executed_map(system, program, board->devices[0].flash_address + place->offset_bytes,
                         place->size_bytes),
        .instructions_max = INSTRUCTIONS_MAX};
    add_windows(&config, &board->devices[0]);
    struct cp_emulator *emulator = cp_emulator_open(&config, &error);
    free(whole);
    if (!emulator) {
        snprintf(system->message, sizeof system->message, "%s", error);
    }
    return emulator;
}

static bool is_whole(const struct cp_program_board *board, enum cp_area area) {
    const struct cp_program_area *place = &board->areas[area];
    return place->device == 0 && place->offset_bytes % PAGE_SIZE_BYTES == 0 &&
           place->size_bytes % PAGE_SIZE_BYTES == 0;
}

static bool fits(struct cp_arm_system *system, const struct cp_program_board *board) {
    const struct cp_program_area *place = &board->areas[CP_AREA_BOOTLOADER];
    uint32_t address = board->devices[0].flash_address + place->offset_bytes;
    if (!is_whole(board, CP_AREA_BOOTLOADER) || !is_whole(board, CP_AREA_ACTIVE)) {
        snprintf(system->message, sizeof system->message,
                 "bootloader and ACTIVE have to begin and end at a KiB, on the part's own flash");
        return false;
    }
    if (system->firmware.code_address != address ||
        system->firmware.code_size_bytes > place->size_bytes) {
        snprintf(system->message, sizeof system->message,
                 "it is linked for 0x%x to 0x%x, and the bootloader's area is 0x%x to 0x%x",
                 (unsigned)system->firmware.code_address,
                 (unsigned)(system->firmware.code_address + system->firmware.code_size_bytes),
                 (unsigned)address, (unsigned)(address + place->size_bytes));
        return false;
    }
    return true;
}

static void open_elf(struct cp_arm_system *system, uint32_t program, const char *path) {
    system->unwinders[program] = cp_unwinder_open(path);
    system->elf_numbers[program] = cp_arm_elf_number(path);
}

static void open_elfs(struct cp_arm_system *system, const struct cp_program_board *board) {
    open_elf(system, 0, board->firmware);
    for (uint32_t i = 0; i < CP_IMAGES_MAX; i++) {
        char path[CP_ARM_PATH_MAX];
        if (cp_arm_image_elf(board->image_files[i], path)) {
            open_elf(system, 1 + i, path);
        }
    }
}

// Once in a process.
static bool is_unicorn_right(struct cp_arm_system *system) {
    static bool is_tested;
    static const char *error;
    if (!is_tested) {
        is_tested = true;
        error = cp_arm_self_test();
    }
    if (error) {
        snprintf(system->message, sizeof system->message, "the self-test of libunicorn failed: %s",
                 error);
    }
    return error == NULL;
}

static void open_system(struct cp_arm_system *system, const struct cp_machine *machine) {
    const struct cp_program_board *board = &machine->config.board;
    close_all(system);
    system->is_open = true;
    if (!board->firmware) {
        snprintf(system->message, sizeof system->message,
                 "the scenario names no firmware: {bootloader: FILE}");
        return;
    }
    snprintf(system->path, sizeof system->path, "%s", board->firmware);
    memcpy(system->image_digests, machine->image_digests, sizeof system->image_digests);
    memcpy(system->areas, board->areas, sizeof system->areas);
    if (!is_unicorn_right(system) ||
        cp_firmware_elf_read(&system->firmware, board->firmware, system->message) ||
        !fits(system, board)) {
        return;
    }
    open_elfs(system, board);
    system->bootloader = open_in(system, machine, CP_AREA_BOOTLOADER, 0, system->firmware.code,
                                 system->firmware.code_size_bytes);
    if (system->bootloader && system->firmware.dfu_mode_address != 0) {
        cp_emulator_mark(system->bootloader, system->firmware.dfu_mode_address);
    }
}

// --- starting

static struct cp_emulator *application(struct cp_arm_system *system,
                                       const struct cp_machine *machine) {
    uint8_t image = machine->image;
    bool is_second = machine->running_area == CP_AREA_DFU;
    struct cp_emulator **emulator = &system->applications[image][is_second];
    if (!*emulator && image < CP_IMAGES_MAX && machine->config.images[image]) {
        *emulator =
            open_in(system, machine, machine->running_area, 1u + image,
                    machine->config.images[image], machine->config.board.images[image].size_bytes);
    }
    return *emulator;
}

static uint32_t word_at(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

const uint8_t *cp_arm_vectors(const struct cp_machine *machine) {
    const struct cp_arm_system *system = &cp_arm_system;
    if (machine->mode == CP_MODE_APPLICATION) {
        return machine->config.images[machine->image];
    }
    return system->firmware.code +
           (system->firmware.vectors_address - system->firmware.code_address);
}

int cp_arm_system_prepare(const struct cp_machine *machine, char *error) {
    struct cp_arm_system *system = &cp_arm_system;
    if (!is_of(system, machine)) {
        open_system(system, machine);
    }
    if (*system->message) {
        snprintf(error, CP_EVENT_MESSAGE_MAX, "no ARM code to run: %.160s", system->message);
        return -1;
    }
    return 0;
}

void cp_arm_system_start(struct cp_machine *machine) {
    struct cp_arm_system *system = &cp_arm_system;
    char error[CP_EVENT_MESSAGE_MAX];
    if (cp_arm_system_prepare(machine, error)) {
        return; // the program says so when it runs
    }
    bool is_application = machine->mode == CP_MODE_APPLICATION;
    system->now = is_application ? application(system, machine) : system->bootloader;
    if (!system->now) {
        return;
    }
    const uint8_t *vectors = cp_arm_vectors(machine);
    uint32_t entry =
        machine->mode == CP_MODE_DFU ? system->firmware.dfu_mode_address : word_at(vectors + 4);
    system->state = (struct cp_arm_state){.vtor = 0};
    cp_emulator_start(system->now, word_at(vectors), entry, cp_cpu_stack_fill(machine->cpu));
    cp_arm_debug_started(machine);
}
