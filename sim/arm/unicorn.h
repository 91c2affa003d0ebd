// unicorn.h: the functions of libunicorn that the ARM engine uses, found when it is first used.
//
// The library is loaded and not linked: cutproof runs without it, and says what is
// missing when the ARM engine is asked for.

#ifndef CP_SIM_ARM_UNICORN_H
#define CP_SIM_ARM_UNICORN_H

#include <unicorn/unicorn.h>

struct cp_unicorn {
    unsigned (*version)(unsigned *major, unsigned *minor);
    uc_err (*open)(uc_arch arch, uc_mode mode, uc_engine **uc);
    uc_err (*close)(uc_engine *uc);
    uc_err (*ctl)(uc_engine *uc, uc_control_type control, ...);
    uc_err (*mem_map_ptr)(uc_engine *uc, uint64_t address, size_t size, uint32_t perms, void *ptr);
    uc_err (*mem_protect)(uc_engine *uc, uint64_t address, size_t size, uint32_t perms);
    uc_err (*mmio_map)(uc_engine *uc, uint64_t address, size_t size, uc_cb_mmio_read_t read,
                       void *user_data_read, uc_cb_mmio_write_t write, void *user_data_write);
    uc_err (*hook_add)(uc_engine *uc, uc_hook *hook, int type, void *callback, void *user_data,
                       uint64_t begin, uint64_t end, ...);
    uc_err (*emu_start)(uc_engine *uc, uint64_t begin, uint64_t until, uint64_t timeout,
                        size_t count);
    uc_err (*emu_stop)(uc_engine *uc);
    uc_err (*reg_read)(uc_engine *uc, int id, void *value);
    uc_err (*reg_read_batch)(uc_engine *uc, int *ids, void **values, int count);
    uc_err (*reg_write_batch)(uc_engine *uc, int *ids, void *const *values, int count);
    const char *(*strerror)(uc_err err);
};

// NULL with the reason in *error if there is no libunicorn, or not one that fits.
const struct cp_unicorn *cp_unicorn_load(const char **error);

#endif
