// emulator_internal.h: an emulator from inside; for sim/arm/emulator*.c only.

#ifndef CP_SIM_ARM_EMULATOR_INTERNAL_H
#define CP_SIM_ARM_EMULATOR_INTERNAL_H

#include "sim/arm/emulator.h"
#include "sim/arm/unicorn.h"

// What the core waits for where it stands.
enum waiting { WAITS_FOR_NOTHING, WAITS_FOR_ANSWER, WAITS_AT_MARK };

struct cp_emulator {
    const struct cp_unicorn *unicorn;
    uc_engine *uc;
    struct cp_emulator_config config;
    uint8_t *code;                    // whole pages
    uint32_t halfword_count;          // of the code
    uint8_t *executed, *own_executed; // the caller's map, or one of its own that nobody reads
    uint8_t *special; // a byte for each half-word: what the code hook has to look at
    uint8_t *ram;
    void (*stored)(uint32_t address, uint32_t size_bytes); // or NULL
    // What was ever stored to RAM: [0, statics_end) and [stack_low, size).
    uint32_t statics_end, stack_low;
    uint8_t fill;

    struct cp_arm_context context; // where it stands, unless is_live
    enum waiting waiting;
    bool is_live;            // it stands in a hook, and its registers are in libunicorn
    bool needs_look;         // there may be something to do about the next instruction
    bool is_abandoned;       // it is only to come to an end
    bool is_first;           // the first instruction since it was started
    bool passes_mark;        // that one was begun before, or told as marked: no stop before it
    bool is_interrupted;     // stop before the next one
    uint32_t replayed;       // answers given again to that instruction
    uint32_t it_pc, it_bits; // the last IT instruction
    uint32_t instructions;   // since the last request
    uint32_t answer;
    struct cp_arm_request request;
};

enum { SPECIAL_IT = 1, SPECIAL_MARK = 2, SPECIAL_BREAK = 4 };

// ITSTATE of the instruction that was begun last.
uint32_t cp_emulator_it_state(const struct cp_emulator *emulator);

// The registers of a core that runs, into the context.
void cp_emulator_read_registers(struct cp_emulator *emulator);

// Note that RAM was stored to.
void cp_emulator_note_store(struct cp_emulator *emulator, uint32_t offset_bytes,
                            uint32_t size_bytes);

// Note a request and give control to whoever asked to go on. Returns when there is an
// answer, or when is_abandoned.
void cp_emulator_ask(struct cp_emulator *emulator, struct cp_arm_request request);

// Map memory and set hooks. NULL, or what libunicorn says.
const char *cp_emulator_map(struct cp_emulator *emulator);

// On a stack of its own: run from the context on, to the next request.
void cp_emulator_enter(struct cp_emulator *emulator);

#endif
