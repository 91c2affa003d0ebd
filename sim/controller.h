// controller.h: the seam between the bus and the models of flash controllers.
//
// A model behaves as its part's reference manual says: which register does what, what
// locks, what blocks, what is refused with which flag. It runs inside the program's
// access, on the program's stack, and asks the bus for what goes beyond registers:
// cp_bus_program() and cp_bus_erase() come back when the operation is done, or do not
// come back at all, when the power is cut there.
//
// What a manual forbids, or what leaves the part in a state that only a reset ends, is
// reported with cp_bus_illegal(), with the section that forbids it. What the part
// answers with a flag or by doing nothing is modelled, and is legal: it is for the
// driver to notice.

#ifndef CP_SIM_CONTROLLER_H
#define CP_SIM_CONTROLLER_H

#include "sim/nor.h"
#include "sim/part.h"

#define CP_CONTROLLER_STATE_MAX_BYTES 640u
#define CP_WINDOWS_MAX                4u

struct cp_controller_model;
struct cp_machine;

// A flash device: its part, its contents, its controller.
struct cp_device {
    struct cp_part part;
    struct cp_nor nor;
    const struct cp_controller_model *model;
    // The controller's own; all of it volatile. A model that has a chip of its own keeps
    // there what outlives a reset of the MCU as well.
    _Alignas(8) uint8_t state[CP_CONTROLLER_STATE_MAX_BYTES];
};

// One access of the program.
struct cp_access {
    struct cp_machine *machine;
    struct cp_device *device;
    uint32_t index;    // of the device
    const void *frame; // of the program, to tell who asked
};

// A range of addresses with registers.
struct cp_window {
    uint32_t address; // 0: the part's registers_address
    uint32_t size_bytes;
};

// How an operation went.
enum cp_done {
    CP_DONE,          // it did what it should
    CP_DONE_REPORTED, // it failed, and the controller sees that
    CP_DONE_SILENT,   // it failed, and the controller does not
    CP_DONE_REFUSED,  // the bus did not let it happen: illegal use, which was reported
};

struct cp_controller_model {
    const char *name;
    uint32_t state_size_bytes; // of cp_device.state in use; it starts as zeros
    struct cp_window windows[CP_WINDOWS_MAX];

    // The MCU is reset; with `power_lost` all chips are.
    void (*reset)(struct cp_device *device, bool power_lost);

    // A register is read or written. offset_bytes is from the start of its window;
    // width_bytes is 1, 2 or 4, and the offset a multiple of it. Reads are words.
    uint32_t (*read)(const struct cp_access *access, uint32_t window, uint32_t offset_bytes);
    void (*write)(const struct cp_access *access, uint32_t window, uint32_t offset_bytes,
                  uint32_t value, uint32_t width_bytes);

    // A store to the mapped flash; NULL where there is none.
    void (*store)(const struct cp_access *access, uint32_t offset_bytes, uint32_t value,
                  uint32_t width_bytes);

    // The mapped flash is about to be read at a word. May be NULL.
    void (*load)(const struct cp_access *access, uint32_t offset_bytes);

    // A word was read that cannot be corrected: set the flags. NULL without ECC.
    void (*uncorrectable)(const struct cp_access *access, uint32_t offset_bytes);

    // Why ACTIVE must not be started as the controller is now; NULL if it may.
    const char *(*left_open)(const struct cp_device *device);

    // What of the state a reset of the MCU leaves as it is (a chip that sleeps or is busy),
    // and putting it back after a reset. Both NULL where nothing outlives a reset.
    uint32_t (*survivor)(const struct cp_device *device);
    void (*revive)(struct cp_device *device, uint32_t survivor);

    // The chip has lost its power while the MCU still runs: from now on it does nothing and
    // reads as 0xFF, until the power goes for all. NULL where flash and MCU are one chip.
    void (*die)(struct cp_device *device);
};

// The model of a controller.
const struct cp_controller_model *cp_controller_model(enum cp_controller controller);

// --- what the bus does for a model

// Illegal use. `section` is where the manual says so, such as "RM0440 3.3.7", or a
// source as in docs/SPEC.md.
__attribute__((format(printf, 3, 4))) void cp_bus_illegal(const struct cp_access *access,
                                                          const char *section, const char *format,
                                                          ...);

// The access raises a fault that nobody catches (HardFault, NMI, lock-up): the program
// ends here, as a device that hangs until its watchdog resets it and does it again.
__attribute__((format(printf, 3, 4))) void cp_bus_fault(const struct cp_access *access,
                                                        const char *section, const char *format,
                                                        ...);

// Program whole words from a word offset on; the part's rule says what comes of old and
// new. A unit that the part's rule forbids to program is illegal use, and is done all the
// same. Where a model knows that the part refuses, it does not call this.
enum cp_done cp_bus_program(const struct cp_access *access, uint32_t offset_bytes,
                            const uint32_t *words, uint32_t word_count);

// Erase the page, or the pages, that begin at an offset; size_bytes is 0 for the one page
// that lies there.
enum cp_done cp_bus_erase(const struct cp_access *access, uint32_t offset_bytes,
                          uint32_t size_bytes);

// Read a word of the flash, as the program would; where reading can give several values
// the search decides. Returns false if it is uncorrectable.
bool cp_bus_read(const struct cp_access *access, uint32_t offset_bytes, uint32_t *word);

// Was none of these words programmed since its last erase, as far as can be known?
bool cp_bus_is_blank(const struct cp_access *access, uint32_t offset_bytes, uint32_t word_count);

// Are interrupts disabled by the program now?
bool cp_bus_irq_is_disabled(const struct cp_access *access);

// Microseconds that the program waited with mmio_wait_us() since the last call of this
// for the device; for chips that need time to wake up.
uint32_t cp_bus_waited_us(const struct cp_access *access);

#endif
