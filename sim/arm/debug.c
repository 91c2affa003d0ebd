// debug.c: where the ARM core stops for a debugger; see debug.h.

#include "sim/arm/debug.h"

#include "sim/arm/program.h"
#include "sim/arm/system.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

struct range {
    uint32_t address, size_bytes;
};

static struct {
    const struct cp_arm_debugger *debugger;
    uint32_t breakpoints[CP_ARM_BREAKPOINTS_MAX];
    uint32_t breakpoint_count;
    struct range watches[CP_ARM_WATCHES_MAX];
    uint32_t watch_count;
    bool is_watched; // what is at `watched` was stored to
    uint32_t watched;
    bool is_stepping, tells_programs;
    bool is_other_application;             // than the one that is told of
    volatile sig_atomic_t is_wanted;       // by cp_arm_debug_interrupt()
    uint32_t application;                  // the image that ran last, plus 1; 0: none
    char application_elf[CP_ARM_PATH_MAX]; // its, or ""
    enum cp_arm_stop why;                  // it stands
    char message[CP_EVENT_MESSAGE_MAX];
} debug;

// --- breakpoints

static void mark_all(bool is_set) {
    for (uint32_t i = 0; i < debug.breakpoint_count && cp_arm_system.now; i++) {
        cp_emulator_break(cp_arm_system.now, debug.breakpoints[i], is_set);
    }
}

static uint32_t find(uint32_t address) {
    uint32_t i = 0;
    while (i < debug.breakpoint_count && debug.breakpoints[i] != address) {
        i++;
    }
    return i;
}

bool cp_arm_debug_break(uint32_t address, bool is_set) {
    uint32_t i = find(address);
    if (is_set && i == debug.breakpoint_count) {
        if (i == CP_ARM_BREAKPOINTS_MAX) {
            return false;
        }
        debug.breakpoints[debug.breakpoint_count++] = address;
    } else if (!is_set && i < debug.breakpoint_count) {
        debug.breakpoints[i] = debug.breakpoints[--debug.breakpoint_count];
    }
    cp_emulator_break(cp_arm_system.now, address, is_set);
    return true;
}

// --- watchpoints

static void note_access(uint32_t address, uint32_t size_bytes) {
    for (uint32_t i = 0; i < debug.watch_count; i++) {
        const struct range *watch = &debug.watches[i];
        if (address - watch->address < watch->size_bytes || watch->address - address < size_bytes) {
            debug.is_watched = true;
            debug.watched = watch->address;
            cp_emulator_interrupt(cp_arm_system.now);
        }
    }
}

static void watch_stores(void) {
    if (cp_arm_system.now) {
        cp_emulator_on_store(cp_arm_system.now, debug.watch_count > 0 ? note_access : NULL);
    }
}

static uint32_t find_watch(uint32_t address, uint32_t size_bytes) {
    uint32_t i = 0;
    while (i < debug.watch_count &&
           (debug.watches[i].address != address || debug.watches[i].size_bytes != size_bytes)) {
        i++;
    }
    return i;
}

static bool can_be_watched(uint32_t address, uint32_t size_bytes) {
    struct cp_arm_flash_word word;
    return cp_emulator_ram(cp_arm_system.now, address, size_bytes) ||
           cp_arm_debug_flash(0, address & ~3u, &word);
}

bool cp_arm_debug_watch(uint32_t address, uint32_t size_bytes, bool is_set) {
    uint32_t i = find_watch(address, size_bytes);
    if (is_set && i == debug.watch_count) {
        if (i == CP_ARM_WATCHES_MAX || !can_be_watched(address, size_bytes)) {
            return false;
        }
        debug.watches[debug.watch_count++] = (struct range){address, size_bytes};
    } else if (!is_set && i < debug.watch_count) {
        debug.watches[i] = debug.watches[--debug.watch_count];
    }
    watch_stores();
    return true;
}

uint32_t cp_arm_debug_watched(void) {
    return debug.watched;
}

// It is done when the core goes on.
static void note_operation(const struct cp_machine *machine) {
    const struct cp_event *event = &machine->event;
    uint32_t flash_address = machine->config.board.devices[0].flash_address;
    if (event->device == 0) {
        note_access(flash_address + 4 * event->word, 4 * event->word_count);
    }
}

// --- from outside

void cp_arm_debug_attach(const struct cp_arm_debugger *debugger) {
    mark_all(false);
    debug.breakpoint_count = 0;
    debug.watch_count = 0;
    debug.is_watched = false;
    watch_stores();
    debug.is_stepping = false;
    debug.tells_programs = false;
    debug.is_wanted = 0;
    debug.application = 0;
    debug.application_elf[0] = '\0';
    debug.debugger = debugger;
}

void cp_arm_debug_interrupt(void) {
    debug.is_wanted = 1;
    if (cp_arm_system.now) {
        cp_emulator_interrupt(cp_arm_system.now);
    }
}

void cp_arm_debug_tell_programs(void) {
    debug.tells_programs = true;
}

const char *cp_arm_debug_bootloader(void) {
    return *cp_arm_system.path ? cp_arm_system.path : NULL;
}

const char *cp_arm_debug_application(void) {
    return *debug.application_elf ? debug.application_elf : NULL;
}

// --- stopping, on the program's stack

// Also for what may come meanwhile: an interrupt that was lost in another one.
static void arm(void) {
    if (debug.is_stepping || debug.is_wanted || debug.is_other_application || debug.is_watched) {
        cp_emulator_interrupt(cp_arm_system.now);
    }
}

static void stop(struct cp_machine *machine, enum cp_arm_stop why, const char *message) {
    snprintf(debug.message, sizeof debug.message, "%s", message);
    debug.why = why;
    debug.is_stepping = false;
    debug.is_wanted = 0;
    cp_machine_pause(machine);
    arm();
}

void cp_arm_debug_paused(struct cp_machine *machine) {
    (void)machine;
    if (debug.debugger) {
        enum cp_arm_go go =
            debug.debugger->stopped(debug.debugger->context, debug.why, debug.message);
        debug.is_stepping = debug.debugger && go == CP_ARM_GO_STEP;
    }
}

// Where a program begins, a step of the one before it has come to its end: it is told after
// the symbols, and with nothing executed.
void cp_arm_debug_at(struct cp_machine *machine, uint32_t address) {
    bool was_stepping = debug.is_stepping;
    if (debug.is_other_application) {
        debug.is_other_application = false;
        stop(machine, CP_ARM_STOP_PROGRAM, "");
        was_stepping = was_stepping && debug.is_stepping;
    }
    if (!debug.debugger) {
        return;
    }
    if (debug.is_watched) {
        debug.is_watched = false;
        stop(machine, CP_ARM_STOP_WATCH, "");
    } else if (find(address) < debug.breakpoint_count) {
        stop(machine, CP_ARM_STOP_BREAK, "");
    } else if (was_stepping) {
        stop(machine, CP_ARM_STOP_STEP, "");
    } else if (debug.is_wanted) {
        stop(machine, CP_ARM_STOP_INTERRUPT, "");
    }
}

void cp_arm_debug_taken(void) {
    arm();
}

void cp_arm_debug_asks(struct cp_machine *machine, enum cp_event_kind kind, bool is_awaited) {
    if (!debug.debugger) {
        return;
    }
    if (is_awaited) {
        stop(machine, CP_ARM_STOP_EVENT, "");
    }
    switch (kind) {
    case CP_EVENT_PROGRAM:
    case CP_EVENT_ERASE: note_operation(machine); break;
    case CP_EVENT_ILLEGAL: stop(machine, CP_ARM_STOP_ILLEGAL, machine->event.message); break;
    case CP_EVENT_CRASH: stop(machine, CP_ARM_STOP_CRASH, machine->event.message); break;
    case CP_EVENT_STALL: stop(machine, CP_ARM_STOP_STALL, machine->event.message); break;
    default: break;
    }
}

// --- programs that begin

static void note_application(const struct cp_machine *machine) {
    if (debug.application == 1u + machine->image) {
        return;
    }
    debug.application = 1u + machine->image;
    const char *image_file = machine->config.board.image_files[machine->image];
    if (!cp_arm_image_elf(image_file, debug.application_elf) ||
        access(debug.application_elf, R_OK) != 0) {
        debug.application_elf[0] = '\0';
    }
    debug.is_other_application = debug.tells_programs;
}

void cp_arm_debug_started(struct cp_machine *machine) {
    if (!debug.debugger) {
        return;
    }
    if (machine->mode == CP_MODE_APPLICATION) {
        note_application(machine);
    }
    mark_all(true);
    watch_stores();
    arm();
}
