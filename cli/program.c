// program.c: see program.h.

#include "cli/program.h"

#include "cli/layout_text.h"
#include "cli/text.h"
#include "sim/arm/firmware.h"
#include "sim/arm/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct cp_program *load_native(const struct cp_options *options) {
    char error[CP_MESSAGE_MAX] = "";
    char path[512];
    // Without a slash the loader would search the system's libraries.
    bool is_bare = options->core && !strchr(options->core, '/');
    snprintf(path, sizeof path, "%s%s", is_bare ? "./" : "", options->core ? options->core : "");
    const struct cp_program *program = cp_program_load(options->core ? path : NULL, error);
    if (!program) {
        cp_complain("%s", error);
    }
    return program;
}

static bool executes_arm(const struct cp_options *options) {
    return options->engine == CP_ENGINE_ARM || options->engine == CP_ENGINE_BOTH;
}

const struct cp_program *cp_cli_load_program(const struct cp_options *options) {
    static struct cp_program both;
    if (executes_arm(options) && !cp_arm_is_there) {
        cp_complain("this build has no ARM engine: it was made without libunicorn 2");
        cp_help(
            "on Debian and Ubuntu: apt-get install libunicorn-dev, or run scripts/fetch_unicorn; "
            "then build again");
        return NULL;
    }
    if (options->engine == CP_ENGINE_ARM) {
        return &cp_arm_program;
    }
    const struct cp_program *native = load_native(options);
    if (!native || options->engine != CP_ENGINE_BOTH) {
        return native;
    }
    both = *native;
    both.shadow = &cp_arm_program;
    return &both;
}

// --- the firmware of cases

static void note_executed(const struct cp_case *test_case, uint32_t number, enum cp_area area) {
    const struct cp_program_area *place = &test_case->areas[area];
    (void)cp_arm_note_executed(number, test_case->devices[0].flash_address + place->offset_bytes,
                               place->size_bytes);
}

// Processes that are forked later tell frames by the same numbers.
static void number_elfs(const struct cp_options *options, const struct cp_case *test_case) {
    uint32_t number = cp_arm_elf_number(test_case->firmware);
    if (options->executed) {
        note_executed(test_case, number, CP_AREA_BOOTLOADER);
    }
    for (uint32_t i = 0; i < test_case->image_count; i++) {
        char path[CP_ARM_PATH_MAX];
        if (cp_arm_image_elf(test_case->images[i].file, path)) {
            number = cp_arm_elf_number(path);
            if (options->executed) {
                note_executed(test_case, number, test_case->images[i].slot);
            }
        }
    }
}

// The first line of `wanted` that `found` does not have in its place; NULL if they are the same.
static const char *differing_line(const char *wanted, const char *found) {
    while (*wanted && strncmp(wanted, found, strcspn(wanted, "\n") + 1) == 0) {
        size_t line_bytes = strcspn(wanted, "\n") + 1;
        wanted += line_bytes;
        found += line_bytes;
    }
    return *wanted || *found ? wanted : NULL;
}

static char *describe(const struct cp_case *test_case) {
    char *text = NULL;
    size_t size_bytes;
    FILE *out = open_memstream(&text, &size_bytes);
    if (out) {
        cp_layout_describe(test_case, out);
        fclose(out);
    }
    return text;
}

static enum cp_exit complain_other(const struct cp_case *test_case, const char *line,
                                   const char *found) {
    size_t name_bytes = strcspn(line, "=\n");
    char name[80];
    snprintf(name, sizeof name, "%.*s=", (int)(name_bytes < 70 ? name_bytes : 70), line);
    const char *same = strstr(found, name);
    cp_complain("the firmware '%s' was not built for '%s': the scenario says %.*s, the firmware "
                "says %.*s",
                test_case->firmware, test_case->name, (int)strcspn(line, "\n"), line,
                same ? (int)strcspn(same, "\n") : 7, same ? same : "nothing");
    cp_help("scripts/boards makes the layout of boards/ anew, scripts/firmware builds it");
    return CP_EXIT_USAGE;
}

static enum cp_exit check_description(const struct cp_case *test_case, const char *found) {
    char *wanted = describe(test_case);
    const char *line = wanted ? differing_line(wanted, found) : NULL;
    enum cp_exit code = line ? complain_other(test_case, line, found) : CP_EXIT_OK;
    free(wanted);
    return code;
}

static enum cp_exit fit(const struct cp_options *options, struct cp_case *test_case) {
    struct cp_firmware_elf elf;
    char message[CP_FIRMWARE_MESSAGE_MAX];
    if (!test_case->firmware) {
        cp_complain("the case '%s' names no firmware to execute", test_case->name);
        cp_help("%s: add the key `firmware: {bootloader: FILE}`", test_case->file);
        return CP_EXIT_USAGE;
    }
    if (cp_firmware_elf_read(&elf, test_case->firmware, message)) {
        cp_complain("the firmware '%s' cannot be executed: %s", test_case->firmware, message);
        cp_help("it is made by the firmware's build: scripts/firmware");
        return CP_EXIT_USAGE;
    }
    test_case->firmware_hash = elf.hash.low;
    number_elfs(options, test_case);
    enum cp_exit code = check_description(test_case, elf.description);
    cp_firmware_elf_free(&elf);
    return code;
}

enum cp_exit cp_cli_write_executed(const struct cp_options *options) {
    FILE *out = options->executed ? fopen(options->executed, "w") : NULL;
    if (!options->executed) {
        return CP_EXIT_OK;
    }
    int err = out ? cp_arm_write_executed(out) : -1;
    if (!out || fclose(out) || err) {
        cp_complain("cannot write '%s'", options->executed);
        return CP_EXIT_USAGE;
    }
    return CP_EXIT_OK;
}

enum cp_exit cp_cli_fit_firmware(const struct cp_options *options, struct cp_case *cases,
                                 size_t count) {
    enum cp_exit code = CP_EXIT_OK;
    for (size_t i = 0; executes_arm(options) && code == CP_EXIT_OK && i < count; i++) {
        code = fit(options, &cases[i]);
    }
    return code;
}
