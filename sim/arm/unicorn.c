// unicorn.c: see unicorn.h.

#include "sim/arm/unicorn.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#define LIBRARY "libunicorn.so.2"
#ifndef CP_UNICORN_LIBRARY // the build has fetched one of its own
#define CP_UNICORN_LIBRARY LIBRARY
#endif

static bool find(void *library, const char *name, void *function) {
    void *found = dlsym(library, name);
    memcpy(function, &found, sizeof(found)); // C has no cast from void * to a function
    return found != NULL;
}

static bool find_all(void *library, struct cp_unicorn *unicorn) {
    return find(library, "uc_version", &unicorn->version) &&
           find(library, "uc_open", &unicorn->open) && find(library, "uc_close", &unicorn->close) &&
           find(library, "uc_ctl", &unicorn->ctl) &&
           find(library, "uc_mem_map_ptr", &unicorn->mem_map_ptr) &&
           find(library, "uc_mem_protect", &unicorn->mem_protect) &&
           find(library, "uc_mmio_map", &unicorn->mmio_map) &&
           find(library, "uc_hook_add", &unicorn->hook_add) &&
           find(library, "uc_emu_start", &unicorn->emu_start) &&
           find(library, "uc_emu_stop", &unicorn->emu_stop) &&
           find(library, "uc_reg_read", &unicorn->reg_read) &&
           find(library, "uc_reg_read_batch", &unicorn->reg_read_batch) &&
           find(library, "uc_reg_write_batch", &unicorn->reg_write_batch) &&
           find(library, "uc_strerror", &unicorn->strerror);
}

const struct cp_unicorn *cp_unicorn_load(const char **error) {
    static struct cp_unicorn unicorn;
    static bool is_loaded;
    if (is_loaded) {
        return &unicorn;
    }
    void *library = dlopen(CP_UNICORN_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    if (!library) {
        *error = "there is no " LIBRARY "; on Debian and Ubuntu: apt-get install libunicorn-dev";
        return NULL;
    }
    is_loaded = find_all(library, &unicorn);
    if (!is_loaded) {
        *error = LIBRARY " is not one that the ARM engine can use: functions are missing";
        return NULL;
    }
    return &unicorn;
}
