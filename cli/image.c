// image.c: the flash at a place in a trace, as files: for a look at it, or for a real board.
//
// A binary is a whole device from its start. Intel HEX has the addresses of the part and the
// areas that the scenario has on it, erased words too; not the bootloader's, which a simulation
// leaves empty and a board does not.

#include "cli/replay.h"

#include "cli/image_hex.h"
#include "cli/whole_file.h"
#include "faults/trail.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FILE_MODE 0666u

struct dump {
    const struct cp_replay *replay;
    struct cp_point point;
    bool is_before; // the event, or after it
    const char *path;
    uint32_t device_count;
    uint8_t *bytes[CP_DEVICES_MAX]; // as they were when that was met last
    uint32_t sizes_bytes[CP_DEVICES_MAX], addresses[CP_DEVICES_MAX];
    bool is_out_of_memory;
};

// --- what is asked for

static bool parse(const char *text, struct dump *dump) {
    size_t length = strcspn(text, "=");
    dump->is_before = length == 6 && memcmp(text, "before", 6) == 0;
    bool is_after = length == 5 && memcmp(text, "after", 5) == 0;
    dump->path = text + length + 1;
    if ((dump->is_before || is_after) && text[length] == '=' && text[length + 1] != '\0') {
        return true;
    }
    cp_complain("'%s' says not when, and into which file", text);
    cp_help("write --image before=flash.bin, or after=flash.hex");
    return false;
}

static bool is_hex(const char *path) {
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".hex") == 0;
}

// Of the second device "flash.external.bin".
static void name_of(const struct dump *dump, uint32_t device, char name[4096]) {
    const char *slash = strrchr(dump->path, '/'), *dot = strrchr(dump->path, '.');
    size_t stem = dot && (!slash || dot > slash) ? (size_t)(dot - dump->path) : strlen(dump->path);
    snprintf(name, 4096, "%.*s%s%s", (int)stem, dump->path, device == 0 ? "" : ".external",
             dump->path + stem);
}

// --- the replay

static void keep(struct dump *dump, const struct cp_trail *trail) {
    dump->device_count = cp_trail_device_count(trail);
    for (uint32_t i = 0; i < dump->device_count; i++) {
        dump->sizes_bytes[i] = cp_trail_device_size_bytes(trail, i);
        dump->addresses[i] = cp_trail_device_address(trail, i);
        if (!dump->bytes[i]) {
            dump->bytes[i] = malloc(dump->sizes_bytes[i]);
        }
        if (!dump->bytes[i]) {
            dump->is_out_of_memory = true;
            return;
        }
        cp_trail_read_device(trail, i, dump->bytes[i]);
    }
}

// Before an event the flash is as the one before it leaves it.
static bool is_wanted(const struct dump *dump, const struct cp_step *step) {
    struct cp_point point = dump->point;
    if (dump->is_before && point.event_index > 0) {
        point.event_index--;
    }
    return cp_point_is_of(point, step) && !(dump->is_before && step->kind == CP_STEP_CUT);
}

static void take_step(void *context, const struct cp_trail *trail,
                      const struct cp_trail_step *step) {
    struct dump *dump = context;
    if (is_wanted(dump, &step->step)) {
        keep(dump, trail);
    }
}

// --- writing

static void write_areas(const struct dump *dump, uint32_t device, FILE *out) {
    struct cp_hex hex = {.out = out};
    const struct cp_program_area *areas = dump->replay->test_case->areas;
    for (int i = 0; i < CP_AREA_COUNT; i++) {
        if (i != CP_AREA_BOOTLOADER && areas[i].size_bytes > 0 && areas[i].device == device) {
            cp_hex_data(&hex, dump->addresses[device] + areas[i].offset_bytes,
                        dump->bytes[device] + areas[i].offset_bytes, areas[i].size_bytes);
        }
    }
    cp_hex_end(&hex);
}

static int write_hex(const struct dump *dump, uint32_t device, const char *name) {
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    if (out) {
        write_areas(dump, device, out);
    }
    if (!out || fclose(out) != 0) {
        cp_complain("out of memory");
        free(text);
        return -1;
    }
    int err = cp_file_write(name, FILE_MODE, dump->replay->options->force, text, size);
    free(text);
    return err;
}

static int write_device(const struct dump *dump, uint32_t device) {
    char name[4096];
    name_of(dump, device, name);
    int err = is_hex(dump->path) ? write_hex(dump, device, name)
                                 : cp_file_write(name, FILE_MODE, dump->replay->options->force,
                                                 dump->bytes[device], dump->sizes_bytes[device]);
    if (!err) {
        printf("wrote %s: the flash of %s %s event %s\n", name,
               dump->replay->test_case->devices[device].name, dump->is_before ? "before" : "after",
               cp_point_text(dump->point).text);
    }
    return err;
}

// All names are looked at first, so that not one of two files is written.
static bool are_free(const struct dump *dump) {
    for (uint32_t i = 0; i < dump->device_count; i++) {
        char name[4096];
        name_of(dump, i, name);
        if (!dump->replay->options->force && access(name, F_OK) == 0) {
            cp_complain("'%s' exists and is not overwritten", name);
            cp_help("remove it, name another file, or add --force");
            return false;
        }
    }
    return true;
}

static enum cp_exit write_files(const struct dump *dump) {
    if (!are_free(dump)) {
        return CP_EXIT_USAGE;
    }
    for (uint32_t i = 0; i < dump->device_count; i++) {
        if (write_device(dump, i)) {
            return CP_EXIT_USAGE;
        }
    }
    return CP_EXIT_OK;
}

static enum cp_exit run(struct dump *dump) {
    const struct cp_replay *replay = dump->replay;
    struct cp_violation violation;
    char error[CP_MESSAGE_MAX] = "";
    int result = cp_trail_run(replay->test_case, replay->program, replay->id.trace,
                              (struct cp_trail_options){false}, take_step, dump, &violation, error);
    if (result < 0 || dump->is_out_of_memory || dump->device_count == 0) {
        cp_complain("%s", *error ? error : "out of memory");
        return CP_EXIT_INTERNAL;
    }
    return write_files(dump);
}

enum cp_exit cp_replay_image(const struct cp_replay *replay, const struct cp_survey *survey) {
    struct dump dump = {.replay = replay};
    if (!parse(replay->options->image, &dump) || !cp_survey_default_point(survey, &dump.point)) {
        return CP_EXIT_USAGE;
    }
    enum cp_exit code = run(&dump);
    for (uint32_t i = 0; i < CP_DEVICES_MAX; i++) {
        free(dump.bytes[i]);
    }
    return code;
}
