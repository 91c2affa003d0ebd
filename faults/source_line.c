// source_line.c: see source_line.h. The work is libdw's.

#define _GNU_SOURCE
#include "faults/source_line.h"

#include "sim/arm/program.h"

#include <elfutils/libdwfl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CACHE_SIZE 256u

static Dwfl *open_self(void) {
    static const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_linux_proc_find_elf,
        .find_debuginfo = dwfl_standard_find_debuginfo,
    };
    Dwfl *dwfl = dwfl_begin(&callbacks);
    if (dwfl && (dwfl_linux_proc_report(dwfl, getpid()) || dwfl_report_end(dwfl, NULL, NULL))) {
        dwfl_end(dwfl);
        return NULL;
    }
    return dwfl;
}

// Libraries that are loaded later are found by reporting again.
static Dwfl_Module *find_module(Dwfl **self, uintptr_t address) {
    for (int attempt = 0; attempt < 2; attempt++) {
        if (!*self) {
            *self = open_self();
        }
        Dwfl_Module *module = *self ? dwfl_addrmodule(*self, address) : NULL;
        if (module) {
            return module;
        }
        if (*self) {
            dwfl_end(*self);
            *self = NULL;
        }
    }
    return NULL;
}

// An ELF that runs nowhere on this host: its addresses are those in it.
static Dwfl *open_elf(const char *path, Dwfl_Module **module) {
    static const Dwfl_Callbacks callbacks = {
        .find_elf = dwfl_build_id_find_elf,
        .find_debuginfo = dwfl_standard_find_debuginfo,
        .section_address = dwfl_offline_section_address,
    };
    Dwfl *dwfl = dwfl_begin(&callbacks);
    *module = dwfl ? dwfl_report_offline(dwfl, path, path, -1) : NULL;
    if (dwfl && (!*module || dwfl_report_end(dwfl, NULL, NULL))) {
        dwfl_end(dwfl);
        dwfl = NULL;
        *module = NULL;
    }
    return dwfl;
}

// Cases of a run have many ELFs, and a frame is looked up once.
static Dwfl_Module *find_arm_module(uintptr_t frame) {
    static struct {
        const char *path; // as cp_arm_frame_elf() gave it
        Dwfl *dwfl;
        Dwfl_Module *module;
    } last;
    const char *path = cp_arm_frame_elf(frame);
    if (path && path != last.path) {
        dwfl_end(last.dwfl);
        last.path = path;
        last.dwfl = open_elf(path, &last.module);
    }
    return path ? last.module : NULL;
}

// Sources are compiled under names relative to the project; strip what is before.
static const char *project_path(const char *file) {
    const char *at = strstr(file, "core/");
    if (!at) {
        at = strstr(file, "sim/");
    }
    return at ? at : file;
}

static bool look_up(uintptr_t return_address, struct cp_source_line *out) {
    static Dwfl *self;
    uintptr_t call = return_address - 1;
    snprintf(out->file, sizeof(out->file), "?");
    snprintf(out->function, sizeof(out->function), "?");
    out->line = 0;
    bool is_arm = cp_arm_is_frame(return_address);
    Dwfl_Module *module = is_arm ? find_arm_module(return_address) : find_module(&self, call);
    call = is_arm ? (uint32_t)call : call;
    if (!module) {
        return false;
    }
    const char *function = dwfl_module_addrname(module, call);
    if (function) {
        snprintf(out->function, sizeof(out->function), "%s", function);
    }
    Dwfl_Line *line = dwfl_module_getsrc(module, call);
    int number = 0;
    const char *file = line ? dwfl_lineinfo(line, NULL, &number, NULL, NULL, NULL) : NULL;
    if (!file) {
        return false;
    }
    snprintf(out->file, sizeof(out->file), "%s", project_path(file));
    out->line = (uint32_t)number;
    return true;
}

// A replay asks for the same few addresses tens of thousands of times.
bool cp_source_line(uintptr_t return_address, struct cp_source_line *out) {
    static struct {
        uintptr_t address;
        bool is_known;
        struct cp_source_line line;
    } cache[CACHE_SIZE];
    size_t at = (return_address ^ return_address >> 8) % CACHE_SIZE;
    if (cache[at].address != return_address) {
        cache[at].address = return_address;
        cache[at].is_known = look_up(return_address, &cache[at].line);
    }
    *out = cache[at].line;
    return cache[at].is_known;
}

static bool is_plumbing(const struct cp_source_line *line) {
    return strstr(line->file, "core/port/") || strstr(line->file, "/partition.");
}

void cp_source_line_of_chain(const uintptr_t *frames, uint32_t frame_count,
                             struct cp_source_line *out) {
    struct cp_source_line innermost;
    snprintf(out->file, sizeof(out->file), "?");
    snprintf(out->function, sizeof(out->function), "?");
    out->line = 0;
    for (uint32_t i = 0; i < frame_count; i++) {
        bool is_known = cp_source_line(frames[i], out);
        if (i == 0) {
            innermost = *out;
        }
        if (is_known && !is_plumbing(out)) {
            return;
        }
    }
    if (frame_count > 0) {
        *out = innermost;
    }
}
