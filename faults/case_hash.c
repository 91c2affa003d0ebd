// case_hash.c: the identity of a case, and loading the program it is run with.
//
// The identity covers everything that decides what a trace means: the machine,
// the images, the script, the names of the tears, what can fail or reset the machine on
// its own, and the program. Bounds, promises, expectations and the cuts that are tried may
// change without making a trace stale.

#define _GNU_SOURCE
#include "faults/explore.h"
#include "sim/hash.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULT_MODEL_VERSION 1u

extern const struct cp_program cp_program;

static bool is_plain(const struct cp_part *part) {
    return part->rule == CP_RULE_AND_COUNTED && part->region_count == 0 &&
           part->bank_size_bytes == 0 && part->ecc_size_bytes == 0 && cp_part_is_mapped(part);
}

// Nothing is added for a plain part, so that ids given before there were others stay good.
static void describe_rule(const struct cp_part *part, FILE *out) {
    if (is_plain(part)) {
        return;
    }
    fprintf(out, "part %d %u %u %u %u %d %x %x %x\n", (int)part->rule,
            (unsigned)part->programs_per_block, (unsigned)part->block_size_bytes,
            (unsigned)part->bank_size_bytes, (unsigned)part->ecc_size_bytes, (int)part->ecc_read,
            (unsigned)(part->faults & CP_FAULT_UNCORRECTABLE), (unsigned)part->jedec_id,
            (unsigned)part->select_address);
    for (uint32_t i = 0; i < part->region_count; i++) {
        fprintf(out, "region %u %u\n", (unsigned)part->regions[i].size_bytes,
                (unsigned)part->regions[i].erase_size_bytes);
    }
}

static void describe_devices(const struct cp_case *test_case, FILE *out) {
    for (uint32_t i = 0; i < test_case->device_count; i++) {
        const struct cp_part *part = &test_case->devices[i];
        fprintf(out, "device %d %x %x %u %u %u %u %u\n", (int)part->controller,
                (unsigned)part->registers_address, (unsigned)part->flash_address,
                (unsigned)part->size_bytes, (unsigned)part->erase_size_bytes,
                (unsigned)part->write_size_bytes, part->erase_value, part->programs_per_word);
        describe_rule(part, out);
    }
    for (int i = 0; i < CP_AREA_COUNT; i++) {
        const struct cp_program_area *area = &test_case->areas[i];
        if (i == CP_AREA_FACTORY && area->size_bytes == 0) {
            continue;
        }
        fprintf(out, "area %u %u %u\n", (unsigned)area->device, (unsigned)area->offset_bytes,
                (unsigned)area->size_bytes);
    }
}

// Whether an operation fails is a choice, and an event of the trace. Who can fail decides
// which choices there are.
static void describe_failures(const struct cp_case *test_case, FILE *out) {
    const struct cp_fault_model *faults = &test_case->faults;
    if (faults->operation_errors == 0 && !faults->external_dies) {
        return;
    }
    fprintf(out, "errors %x %u %x %d\n", (unsigned)faults->operation_errors,
            (unsigned)faults->errors_max, (unsigned)faults->torn_areas, faults->external_dies);
    for (uint32_t i = 0; i < test_case->device_count; i++) {
        fprintf(out, "faults %x\n", (unsigned)test_case->devices[i].faults);
    }
}

static void describe_script(const struct cp_case *test_case, FILE *out) {
    for (uint32_t i = 0; i < test_case->image_count; i++) {
        const struct cp_image *image = &test_case->images[i];
        fprintf(out, "image %u %llu %d %u\n", (unsigned)image->size_bytes,
                (unsigned long long)image->seed, (int)image->firmware, image->next);
    }
    fprintf(out, "script %u %u %u %u %s %d %d %d %d\n", test_case->start_image,
            test_case->dfu_image, (unsigned)test_case->buffer_size_bytes,
            (unsigned)test_case->chunk_size_bytes, test_case->format, (int)test_case->download,
            (int)test_case->after_revert, test_case->detach, test_case->dfu_host_present);
}

// Nothing is added where the format knows nothing of it, as for a plain part.
static void describe_security(const struct cp_case *test_case, FILE *out) {
    if (!test_case->tells_reset_cause && !test_case->dfu_mode_times_out) {
        return;
    }
    fprintf(out, "journal %u %d %d %d %d %d %u %u\n", (unsigned)test_case->trial_attempts,
            test_case->dfu_mode_times_out, test_case->is_signed, test_case->has_rollback_protection,
            test_case->verifies_each_boot, test_case->application_verifies,
            test_case->factory_image, test_case->damaged);
    for (uint32_t i = 0; i < test_case->image_count; i++) {
        fprintf(out, "signature %d %u\n", (int)test_case->images[i].signature,
                (unsigned)test_case->images[i].security_counter);
    }
}

static void describe_slots(const struct cp_case *test_case, FILE *out) {
    for (uint32_t i = 0; test_case->is_direct && i < test_case->image_count; i++) {
        fprintf(out, "slot %d\n", (int)test_case->images[i].slot);
    }
}

// A watchdog resets the device, when depends on what operations take.
static void describe_watchdog(const struct cp_case *test_case, FILE *out) {
    if (test_case->watchdog_us == 0) {
        return;
    }
    fprintf(out, "watchdog %u\n", (unsigned)test_case->watchdog_us);
    for (uint32_t i = 0; i < test_case->device_count; i++) {
        const struct cp_part *part = &test_case->devices[i];
        fprintf(out, "times %u %u", (unsigned)part->program_time_us, (unsigned)part->erase_time_us);
        for (uint32_t k = 0; k < part->region_count; k++) {
            fprintf(out, " %u", (unsigned)part->regions[k].erase_time_us);
        }
        fputc('\n', out);
    }
}

// What is executed besides, or instead.
static void describe_firmware(const struct cp_case *test_case, const struct cp_program *program,
                              FILE *out) {
    if (program->memory || program->shadow) {
        fprintf(out, "firmware %llx\n", (unsigned long long)test_case->firmware_hash);
    }
}

uint32_t cp_case_hash(const struct cp_case *test_case, const struct cp_program *program) {
    char *text = NULL;
    size_t size_bytes = 0;
    FILE *out = open_memstream(&text, &size_bytes);
    if (!out) {
        return 0;
    }
    fprintf(out, "model %u\ncore %s\nname %s\n", FAULT_MODEL_VERSION, program->core_hash,
            test_case->name);
    describe_devices(test_case, out);
    describe_failures(test_case, out);
    describe_script(test_case, out);
    describe_security(test_case, out);
    describe_slots(test_case, out);
    describe_watchdog(test_case, out);
    describe_firmware(test_case, program, out);
    fclose(out);
    struct cp_hash hash = cp_hash_bytes(text, size_bytes, 0);
    free(text);
    return (uint32_t)hash.low;
}

const struct cp_program *cp_program_load(const char *path, char *error) {
    if (!path) {
        return &cp_program;
    }
    // A name without a slash would be searched for in the system's folders.
    char local[512];
    snprintf(local, sizeof(local), "%s%s", strchr(path, '/') ? "" : "./", path);
    void *library = dlopen(local, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        snprintf(error, CP_MESSAGE_MAX, "cannot load the core: %s", dlerror());
        return NULL;
    }
    const struct cp_program *program = dlsym(library, "cp_program");
    if (!program) {
        snprintf(error, CP_MESSAGE_MAX, "%s exports no cp_program; see sim/program.h", path);
    } else if (program->abi != CP_PROGRAM_ABI) {
        snprintf(error, CP_MESSAGE_MAX, "%s was built for program ABI %u; this is %u", path,
                 (unsigned)program->abi, CP_PROGRAM_ABI);
        program = NULL;
    }
    return program;
}
