// elfs.c: which ELF a frame of the ARM core is of; see program.h.

#include "sim/arm/program.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX 0xFFFFu

static char **paths;
static uint32_t path_count;

uint32_t cp_arm_elf_number(const char *path) {
    for (uint32_t i = 0; i < path_count; i++) {
        if (strcmp(paths[i], path) == 0) {
            return i;
        }
    }
    char **grown = realloc(paths, (path_count + 1) * sizeof *paths);
    paths = grown ? grown : paths;
    char *copy = grown && path_count < NUMBERS_MAX ? strdup(path) : NULL;
    if (!copy) {
        return NUMBERS_MAX;
    }
    paths[path_count] = copy;
    return path_count++;
}

const char *cp_arm_frame_elf(uintptr_t frame) {
    uint32_t number = (uint32_t)(frame >> 32) & NUMBERS_MAX;
    return number < path_count ? paths[number] : NULL;
}

bool cp_arm_image_elf(const char *image_file, char path[CP_ARM_PATH_MAX]) {
    const char *ending = image_file ? strrchr(image_file, '.') : NULL;
    if (ending) {
        snprintf(path, CP_ARM_PATH_MAX, "%.*s.elf", (int)(ending - image_file), image_file);
    }
    return ending != NULL;
}
