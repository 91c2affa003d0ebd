// machine.h: the simulated board: flash devices on a bus, and the CPU.
//
// The machine runs the program under test to its next event. A flash operation
// is an event that comes before the operation is done: whoever runs the machine
// decides whether it happens, wholly, partly or not at all. Everything else that
// the program tells or ends with is an event as well.

#ifndef CP_SIM_MACHINE_H
#define CP_SIM_MACHINE_H

#include "sim/controller.h"
#include "sim/cpu.h"

#define CP_EVENT_MESSAGE_MAX 192u
#define CP_EVENT_FRAMES_MAX  6u
#define CP_EVENT_WORDS_MAX   128u // of one program: 32 lines of RRAM

enum cp_event_kind {
    CP_EVENT_PROGRAM, // one unit is to be programmed: a word or more
    CP_EVENT_ERASE,   // one page is to be erased
    CP_EVENT_ILLEGAL, // the flash is used as its manual forbids; `message` says how
    CP_EVENT_NOTE,
    CP_EVENT_CHOICE, // answer with cp_machine_answer()
    CP_EVENT_READ,   // an undecided or watched word is read; answer with what it gives
    CP_EVENT_JUMP,
    CP_EVENT_DFU_MODE,
    CP_EVENT_PANIC,
    CP_EVENT_RESET,
    CP_EVENT_HANG,
    CP_EVENT_IDLE,
    CP_EVENT_CRASH,
    CP_EVENT_STALL,
    CP_EVENT_WATCHDOG, // an operation would last longer than the watchdog waits; not done
};

// How an operation goes, where it can fail: docs/SPEC.md, "Operation errors" and "Two chips".
enum cp_fate {
    CP_FATE_DONE,
    CP_FATE_REPORTED_NOTHING, // it fails, the controller says so, and nothing was done
    CP_FATE_REPORTED_SOME,    // some of it was
    CP_FATE_SILENT_NOTHING,   // it fails, and nobody says so
    CP_FATE_SILENT_SOME,
    CP_FATE_DIES_NOTHING, // the chip has lost its power
    CP_FATE_DIES_SOME,
    CP_FATE_COUNT
};

const char *cp_fate_name(enum cp_fate fate); // "done", "reported-nothing", ...

// Does the fate count as an error of the part, of which a history may have so many?
bool cp_fate_is_error(enum cp_fate fate);

struct cp_event {
    enum cp_event_kind kind;
    uint32_t device;       // of an operation
    uint32_t word;         // index of the word to program or read, or of the first of several
    uint32_t word_count;   // to program or erase
    const uint32_t *words; // to program, as asked for and as nor.h stores them
    uint32_t value;        // of one word to program; choices to choose from; note's value; error;
                           // of a jump the enum cp_area to start
    enum cp_note note;
    enum cp_fate fate;    // of an operation
    const uint8_t *fates; // of a choice: those to choose from, or NULL; option 0 is done
    char message[CP_EVENT_MESSAGE_MAX];
    uintptr_t frames[CP_EVENT_FRAMES_MAX]; // who asked for it, innermost first
    uint32_t frame_count;
};

// Which cells of the flash the program has read. Beyond the limit only that is known.
#define CP_FOOTPRINT_MAX 64u

struct cp_footprint {
    uint32_t cells[CP_FOOTPRINT_MAX]; // device << 24 | cell, in the order of the first read
    uint32_t count;
    bool is_too_large;
};

// What runs on the machine.
enum cp_mode { CP_MODE_BOOTLOADER, CP_MODE_APPLICATION, CP_MODE_DFU };

struct cp_machine_config {
    struct cp_part devices[CP_DEVICES_MAX];
    uint32_t device_count;
    uint32_t cell_size_bytes; // divides every device's erase size
    struct cp_program_board board;
    const uint8_t *images[CP_IMAGES_MAX]; // contents, for downloads; board has the sizes
    const struct cp_program *program;
    uint32_t fates;       // bit per enum cp_fate that operations can have
    uint32_t watchdog_us; // how long the watchdog waits to be fed; 0: there is none
    uint32_t error_areas; // bit per enum cp_area in which they can fail
};

struct cp_machine {
    struct cp_machine_config config;
    struct cp_machine *shadow; // where config.program->shadow runs: shadow.h; or NULL
    struct cp_device devices[CP_DEVICES_MAX];
    struct cp_cpu *cpu;
    enum cp_mode mode;
    uint8_t image; // of the application that runs; of DFU mode: the image that went there
    enum cp_area running_area; // where the application lies; of all else ACTIVE
    struct cp_event event;
    uint32_t answer;
    uint32_t irq_disabled;         // how often, nested
    uint32_t waited_us;            // by the program, and not yet asked for by a chip
    uint32_t errors_left;          // operations that may still fail
    bool is_dying;                 // the external chip has lost its power; so will the MCU
    bool is_reset_by_application;  // as cp_reset_by_application() says; set before a boot, and
                                   // false as soon as that starts something
    uint64_t since_fed_us;         // what operations took since a reset or the last feed
    uint64_t unfed_us_max;         // the most that this ever was, or would have been
    uint64_t bus_accesses;         // since the last event
    uint32_t illegal_uses;         // since the last event of another kind
    struct cp_footprint footprint; // since it was last cleared
    uint32_t last_cell_read;       // the newest of it, to be quick
    uint64_t image_digests[CP_IMAGES_MAX];
    bool is_apart;  // the event is that the shadow did something else
    bool is_paused; // the program called cp_machine_pause(), and it is no event
};

// What must be kept of a machine at an event to go on from there, besides the flash.
struct cp_machine_snapshot {
    struct cp_cpu_snapshot cpu;
    uint8_t state[CP_DEVICES_MAX][CP_CONTROLLER_STATE_MAX_BYTES];
    uint32_t irq_disabled, waited_us, errors_left;
    bool is_dying, is_reset_by_application;
    uint64_t since_fed_us;
    enum cp_mode mode;
    uint8_t image;
    enum cp_area running_area;
    struct cp_event event;
    struct cp_machine_snapshot *shadow; // NULL: there is none
};

// Build a machine with erased flash and make it the one that the bus serves.
// Returns NULL with a message in error[CP_EVENT_MESSAGE_MAX].
struct cp_machine *cp_machine_create(const struct cp_machine_config *config, char *error);
void cp_machine_destroy(struct cp_machine *machine);

// The CPU and its peripherals start anew. With `power_lost` an external chip starts anew
// as well; without it stays as it is.
void cp_machine_reset(struct cp_machine *machine, bool power_lost);

// What of the chips outlives a reset of the MCU alone, as one number; 0 after a power loss.
// And a reset into that.
uint32_t cp_machine_survivor(const struct cp_machine *machine);
void cp_machine_reset_to(struct cp_machine *machine, uint32_t survivor);

// Begin to run on an empty stack: the bootloader, or the application of `image`.
void cp_machine_start(struct cp_machine *machine, enum cp_mode mode, uint8_t image);

// The same of an application that lies in that area. cp_machine_start() takes ACTIVE.
void cp_machine_start_in(struct cp_machine *machine, enum cp_mode mode, uint8_t image,
                         enum cp_area area);

// Run to the next event. The event stays valid until the next call.
const struct cp_event *cp_machine_run(struct cp_machine *machine);

// Called by the program's own code: give control to its memory's paused(), on the stack of
// cp_machine_run()'s caller, and go on when that returns.
void cp_machine_pause(struct cp_machine *machine);

// Forget which cells were read. Starting a program does so too.
void cp_machine_clear_footprint(struct cp_machine *machine);

// Add a cell to the footprint.
void cp_machine_note_cell(struct cp_machine *machine, uint32_t device, uint32_t cell);

// The value that a CP_EVENT_CHOICE or CP_EVENT_READ returns to the program; of an operation how
// it went, enum cp_done, which is CP_DONE if nobody says.
void cp_machine_answer(struct cp_machine *machine, uint32_t answer);

// Hash of all volatile state at the present event: CPU, controllers, the event itself.
struct cp_hash cp_machine_volatile_hash(const struct cp_machine *machine);

// What of it a program begins with that is started now: nothing, but for the watchdog.
struct cp_hash cp_machine_start_hash(const struct cp_machine *machine);

int cp_machine_snapshot(const struct cp_machine *machine, struct cp_machine_snapshot *snapshot);
void cp_machine_restore(struct cp_machine *machine, const struct cp_machine_snapshot *snapshot);
void cp_machine_snapshot_free(struct cp_machine_snapshot *snapshot);

// Which area a byte offset of a device lies in; CP_AREA_COUNT if in none.
enum cp_area cp_machine_area(const struct cp_machine *machine, uint32_t device,
                             uint32_t offset_bytes);

#endif
