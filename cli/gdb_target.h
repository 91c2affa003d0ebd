// gdb_target.h: what gdb's remote protocol needs of whatever is debugged by it.

#ifndef CP_CLI_GDB_TARGET_H
#define CP_CLI_GDB_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Registers by the numbers that the target description gives them (gdb_registers.c).
struct cp_gdb_target {
    void *context;
    bool (*read_register)(void *context, uint32_t number, uint32_t *value);
    bool (*write_register)(void *context, uint32_t number, uint32_t value);
    // How many bytes from the first on can be read.
    uint32_t (*read_memory)(void *context, uint32_t address, uint8_t *bytes, uint32_t size_bytes);
    bool (*write_memory)(void *context, uint32_t address, const uint8_t *bytes,
                         uint32_t size_bytes);
    bool (*set_breakpoint)(void *context, uint32_t address, bool is_set);
    bool (*set_watch)(void *context, uint32_t address, uint32_t size_bytes, bool is_set);
    // A line of text typed behind `monitor`; the answer may have several lines.
    void (*monitor)(void *context, const char *line, char *answer, size_t size);
    // What runs besides the file that gdb was given, as XML; valid until the next call.
    const char *(*libraries)(void *context);
};

#endif
