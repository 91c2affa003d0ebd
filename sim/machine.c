// machine.c: the board as a whole; see machine.h. The bus is in bus.c.

#include "sim/machine.h"

#include "sim/bus.h"
#include "sim/program_memory.h"
#include "sim/shadow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int init_devices(struct cp_machine *machine) {
    const struct cp_machine_config *config = &machine->config;
    for (uint32_t i = 0; i < config->device_count; i++) {
        struct cp_device *device = &machine->devices[i];
        device->part = config->devices[i];
        device->model = cp_controller_model(device->part.controller);
        uint64_t place = ((uint64_t)i + 1) << 32;
        if (cp_nor_init(&device->nor, device->part.size_bytes, config->cell_size_bytes,
                        device->part.erase_value, place)) {
            return -1;
        }
    }
    return 0;
}

static void digest_images(struct cp_machine *machine) {
    for (uint32_t i = 0; i < CP_IMAGES_MAX; i++) {
        if (machine->config.images[i]) {
            uint32_t size_bytes = machine->config.board.images[i].size_bytes;
            machine->image_digests[i] = cp_digest_update(0, machine->config.images[i], size_bytes);
        }
    }
}

static const struct cp_program_memory *memory_of(const struct cp_machine *machine) {
    return machine->config.program->memory;
}

static int prepare_program(struct cp_machine *machine, char *error) {
    if (memory_of(machine) && memory_of(machine)->prepare(machine, error)) {
        return -1;
    }
    return machine->config.program->shadow ? cp_shadow_create(machine, error) : 0;
}

struct cp_machine *cp_machine_create(const struct cp_machine_config *config, char *error) {
    struct cp_machine *machine = calloc(1, sizeof(*machine));
    if (!machine) {
        snprintf(error, CP_EVENT_MESSAGE_MAX, "out of memory");
        return NULL;
    }
    machine->config = *config;
    machine->cpu = cp_cpu_open();
    if (!machine->cpu) {
        snprintf(error, CP_EVENT_MESSAGE_MAX, "there is no memory for the program's stack");
    } else if (init_devices(machine)) {
        snprintf(error, CP_EVENT_MESSAGE_MAX, "out of memory for the flash arrays");
    } else {
        digest_images(machine);
        cp_bus_attach(machine);
        if (prepare_program(machine, error) == 0) {
            return machine;
        }
    }
    cp_machine_destroy(machine);
    return NULL;
}

void cp_machine_destroy(struct cp_machine *machine) {
    if (!machine) {
        return;
    }
    cp_bus_detach(machine);
    cp_shadow_destroy(machine);
    for (uint32_t i = 0; i < CP_DEVICES_MAX; i++) {
        cp_nor_free(&machine->devices[i].nor);
    }
    free(machine);
}

void cp_machine_reset(struct cp_machine *machine, bool power_lost) {
    machine->irq_disabled = 0;
    machine->waited_us = 0;
    machine->since_fed_us = 0;
    if (power_lost) {
        machine->is_dying = false;
    }
    for (uint32_t i = 0; i < machine->config.device_count; i++) {
        struct cp_device *device = &machine->devices[i];
        device->model->reset(device, power_lost);
    }
    if (machine->shadow) {
        cp_machine_reset(machine->shadow, power_lost);
    }
}

uint32_t cp_machine_survivor(const struct cp_machine *machine) {
    for (uint32_t i = 0; i < machine->config.device_count; i++) {
        const struct cp_device *device = &machine->devices[i];
        if (device->model->survivor) {
            return device->model->survivor(device); // there is one chip at most
        }
    }
    return 0;
}

void cp_machine_reset_to(struct cp_machine *machine, uint32_t survivor) {
    cp_machine_reset(machine, true);
    for (uint32_t i = 0; i < machine->config.device_count; i++) {
        struct cp_device *device = &machine->devices[i];
        if (device->model->revive && survivor != 0) {
            device->model->revive(device, survivor);
        }
    }
    if (machine->shadow) {
        cp_machine_reset_to(machine->shadow, survivor);
    }
}

const char *cp_fate_name(enum cp_fate fate) {
    static const char *const names[CP_FATE_COUNT] = {
        "done",        "reported-nothing", "reported-some", "silent-nothing",
        "silent-some", "dies-nothing",     "dies-some"};
    return names[fate];
}

bool cp_fate_is_error(enum cp_fate fate) {
    return fate >= CP_FATE_REPORTED_NOTHING && fate <= CP_FATE_SILENT_SOME;
}

// Runs on the program's stack.
static void enter_program(void *argument) {
    struct cp_machine *machine = argument;
    const struct cp_program *program = machine->config.program;
    const struct cp_program_board *board = &machine->config.board;
    switch (machine->mode) {
    case CP_MODE_BOOTLOADER: program->bootloader(board); break;
    case CP_MODE_APPLICATION: program->application(board, machine->image); break;
    case CP_MODE_DFU: program->dfu_mode(board, machine->image); break;
    }
}

void cp_machine_start(struct cp_machine *machine, enum cp_mode mode, uint8_t image) {
    cp_machine_start_in(machine, mode, image, CP_AREA_ACTIVE);
}

void cp_machine_start_in(struct cp_machine *machine, enum cp_mode mode, uint8_t image,
                         enum cp_area area) {
    machine->mode = mode;
    machine->image = image;
    machine->running_area = area;
    machine->answer = 0;
    if (mode != CP_MODE_BOOTLOADER) {
        machine->is_reset_by_application = false;
    }
    cp_machine_clear_footprint(machine);
    if (memory_of(machine)) {
        memory_of(machine)->start(machine);
    }
    cp_cpu_start(machine->cpu, enter_program, machine);
    if (machine->shadow) {
        cp_machine_start_in(machine->shadow, mode, image, area);
    }
}

void cp_machine_clear_footprint(struct cp_machine *machine) {
    machine->footprint.count = 0;
    machine->footprint.is_too_large = false;
    machine->last_cell_read = UINT32_MAX;
}

void cp_machine_note_cell(struct cp_machine *machine, uint32_t device, uint32_t cell) {
    struct cp_footprint *footprint = &machine->footprint;
    uint32_t read = device << 24 | cell;
    if (read == machine->last_cell_read) {
        return;
    }
    machine->last_cell_read = read;
    for (uint32_t i = 0; i < footprint->count; i++) {
        if (footprint->cells[i] == read) {
            return;
        }
    }
    if (footprint->count == CP_FOOTPRINT_MAX) {
        footprint->is_too_large = true;
        return;
    }
    footprint->cells[footprint->count++] = read;
}

void cp_machine_pause(struct cp_machine *machine) {
    machine->is_paused = true;
    cp_cpu_yield(machine->cpu);
}

static enum cp_cpu_stop run_cpu(struct cp_machine *machine) {
    enum cp_cpu_stop stop = cp_cpu_run(machine->cpu);
    while (stop == CP_CPU_EVENT && machine->is_paused) {
        machine->is_paused = false;
        memory_of(machine)->paused(machine);
        stop = cp_cpu_run(machine->cpu);
    }
    return stop;
}

void cp_machine_run_alone(struct cp_machine *machine) {
    struct cp_event *event = &machine->event;
    machine->bus_accesses = 0;
    if (event->kind != CP_EVENT_ILLEGAL) {
        machine->illegal_uses = 0;
    }
    switch (run_cpu(machine)) {
    case CP_CPU_EVENT: break;
    case CP_CPU_CRASH:
        event->kind = CP_EVENT_CRASH;
        event->frame_count = 0;
        snprintf(event->message, sizeof(event->message),
                 "the program crashed: it used memory it may not use, overran its stack, or "
                 "returned from its entry");
        break;
    case CP_CPU_STALLED:
        event->kind = CP_EVENT_STALL;
        event->frame_count = 0;
        snprintf(event->message, sizeof(event->message),
                 "the program ran for seconds without a flash operation or an end");
        break;
    }
}

const struct cp_event *cp_machine_run(struct cp_machine *machine) {
    uint32_t answer = machine->answer; // to the event before
    cp_machine_run_alone(machine);
    if (machine->shadow) {
        cp_shadow_follow(machine, answer);
    }
    return &machine->event;
}

void cp_machine_answer(struct cp_machine *machine, uint32_t answer) {
    machine->answer = answer;
}

// Without a watchdog nothing depends on the clock.
struct cp_hash cp_machine_start_hash(const struct cp_machine *machine) {
    static const struct cp_hash nothing = {0, 0};
    return machine->config.watchdog_us > 0 ? cp_hash_pair(machine->since_fed_us, 59) : nothing;
}

struct cp_hash cp_machine_volatile_hash(const struct cp_machine *machine) {
    const struct cp_event *event = &machine->event;
    uint32_t words[14] = {(uint32_t)event->kind,
                          event->device,
                          event->word,
                          event->value,
                          (uint32_t)event->note,
                          event->word_count,
                          (uint32_t)machine->mode,
                          machine->image,
                          machine->irq_disabled,
                          machine->waited_us,
                          (uint32_t)event->fate,
                          machine->is_dying,
                          machine->is_reset_by_application,
                          (uint32_t)machine->running_area};
    struct cp_hash sum =
        cp_hash_add(cp_cpu_hash(machine->cpu), cp_hash_bytes(words, sizeof(words), 3));
    sum = cp_hash_add(sum, cp_machine_start_hash(machine));
    if (memory_of(machine)) {
        sum = cp_hash_add(sum, memory_of(machine)->hash(machine));
    }
    for (uint32_t i = 0; i < machine->config.device_count; i++) {
        const struct cp_device *device = &machine->devices[i];
        sum = cp_hash_add(
            sum, cp_hash_bytes(device->state, device->model->state_size_bytes, 51 + (uint64_t)i));
    }
    return machine->shadow ? cp_hash_add(sum, cp_shadow_hash(machine)) : sum;
}

static int keep_program(const struct cp_machine *machine, struct cp_machine_snapshot *snapshot) {
    snapshot->shadow = NULL;
    if (cp_cpu_snapshot(machine->cpu, &snapshot->cpu)) {
        return -1;
    }
    bool is_kept = true;
    if (memory_of(machine)) {
        snapshot->cpu.memory = memory_of(machine)->keep(machine);
        is_kept = snapshot->cpu.memory != NULL;
    }
    if (is_kept && machine->shadow) {
        snapshot->shadow = cp_shadow_keep(machine);
        is_kept = snapshot->shadow != NULL;
    }
    if (!is_kept) {
        cp_machine_snapshot_free(snapshot);
    }
    return is_kept ? 0 : -1;
}

int cp_machine_snapshot(const struct cp_machine *machine, struct cp_machine_snapshot *snapshot) {
    for (uint32_t i = 0; i < machine->config.device_count; i++) {
        const struct cp_device *device = &machine->devices[i];
        memcpy(snapshot->state[i], device->state, device->model->state_size_bytes);
    }
    snapshot->irq_disabled = machine->irq_disabled;
    snapshot->waited_us = machine->waited_us;
    snapshot->errors_left = machine->errors_left;
    snapshot->is_dying = machine->is_dying;
    snapshot->is_reset_by_application = machine->is_reset_by_application;
    snapshot->since_fed_us = machine->since_fed_us;
    snapshot->mode = machine->mode;
    snapshot->image = machine->image;
    snapshot->running_area = machine->running_area;
    snapshot->event = machine->event;
    return keep_program(machine, snapshot);
}

void cp_machine_snapshot_free(struct cp_machine_snapshot *snapshot) {
    if (snapshot->shadow) {
        cp_machine_snapshot_free(snapshot->shadow);
        free(snapshot->shadow);
        snapshot->shadow = NULL;
    }
    cp_cpu_snapshot_free(&snapshot->cpu);
}

void cp_machine_restore(struct cp_machine *machine, const struct cp_machine_snapshot *snapshot) {
    for (uint32_t i = 0; i < machine->config.device_count; i++) {
        struct cp_device *device = &machine->devices[i];
        memcpy(device->state, snapshot->state[i], device->model->state_size_bytes);
    }
    machine->irq_disabled = snapshot->irq_disabled;
    machine->waited_us = snapshot->waited_us;
    machine->errors_left = snapshot->errors_left;
    machine->is_dying = snapshot->is_dying;
    machine->is_reset_by_application = snapshot->is_reset_by_application;
    machine->since_fed_us = snapshot->since_fed_us;
    machine->mode = snapshot->mode;
    machine->image = snapshot->image;
    machine->running_area = snapshot->running_area;
    machine->event = snapshot->event;
    machine->answer = 0;
    cp_cpu_restore(machine->cpu, &snapshot->cpu);
    if (memory_of(machine)) {
        memory_of(machine)->put_back(machine, snapshot->cpu.memory);
    }
    if (machine->shadow) {
        cp_machine_restore(machine->shadow, snapshot->shadow);
    }
}

enum cp_area cp_machine_area(const struct cp_machine *machine, uint32_t device,
                             uint32_t offset_bytes) {
    for (int i = 0; i < CP_AREA_COUNT; i++) {
        const struct cp_program_area *area = &machine->config.board.areas[i];
        if (area->device == device && offset_bytes >= area->offset_bytes &&
            offset_bytes - area->offset_bytes < area->size_bytes) {
            return (enum cp_area)i;
        }
    }
    return CP_AREA_COUNT;
}
