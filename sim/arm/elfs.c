// elfs.c: the ELFs of a run by number, and what of them was executed; see program.h.

#define _GNU_SOURCE
#include "sim/arm/program.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define NUMBERS_MAX 0xFFFFu

static struct elf {
    char *path;
    struct cp_arm_executed executed;
} * elfs;
static uint32_t elf_count;

uint32_t cp_arm_elf_number(const char *path) {
    for (uint32_t i = 0; i < elf_count; i++) {
        if (strcmp(elfs[i].path, path) == 0) {
            return i;
        }
    }
    struct elf *grown = realloc(elfs, (elf_count + 1) * sizeof *elfs);
    elfs = grown ? grown : elfs;
    char *copy = grown && elf_count < NUMBERS_MAX ? strdup(path) : NULL;
    if (!copy) {
        return NUMBERS_MAX;
    }
    elfs[elf_count] = (struct elf){.path = copy};
    return elf_count++;
}

const char *cp_arm_frame_elf(uintptr_t frame) {
    uint32_t number = (uint32_t)(frame >> 32) & NUMBERS_MAX;
    return number < elf_count ? elfs[number].path : NULL;
}

bool cp_arm_image_elf(const char *image_file, char path[CP_ARM_PATH_MAX]) {
    const char *ending = image_file ? strrchr(image_file, '.') : NULL;
    if (ending) {
        snprintf(path, CP_ARM_PATH_MAX, "%.*s.elf", (int)(ending - image_file), image_file);
    }
    return ending != NULL;
}

// --- what was executed

// Shared with the processes that are forked afterwards.
int cp_arm_note_executed(uint32_t elf_number, uint32_t address, uint32_t size_bytes) {
    if (elf_number >= elf_count || elfs[elf_number].executed.map) {
        return elf_number < elf_count ? 0 : -1;
    }
    void *map =
        mmap(NULL, size_bytes / 2 + 1, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (map == MAP_FAILED) {
        return -1;
    }
    elfs[elf_number].executed = (struct cp_arm_executed){address, size_bytes, map};
    return 0;
}

struct cp_arm_executed cp_arm_executed_of(uint32_t elf_number) {
    return elf_number < elf_count ? elfs[elf_number].executed
                                  : (struct cp_arm_executed){0, 0, NULL};
}

int cp_arm_write_executed(FILE *out) {
    for (uint32_t i = 0; i < elf_count; i++) {
        const struct cp_arm_executed *executed = &elfs[i].executed;
        if (!executed->map) {
            continue;
        }
        fputs(elfs[i].path, out);
        for (uint32_t at = 0; at < executed->size_bytes / 2; at++) {
            if (executed->map[at]) {
                fprintf(out, " %" PRIx32, executed->address + 2 * at);
            }
        }
        fputc('\n', out);
    }
    return ferror(out) ? -1 : 0;
}
