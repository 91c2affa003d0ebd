// emulator.c: see emulator.h. The hooks that libunicorn calls are in emulator_hooks.c.

#define _GNU_SOURCE
#include "sim/arm/emulator_internal.h"

#include "sim/cpu_asan.h"
#include "sim/cpu_seam.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE_SIZE_BYTES       1024u          // of libunicorn's ARM
#define EMULATION_STACK_BYTES (512u * 1024u) // libunicorn translates on it

// --- the emulation's stack. One emulator runs at a time, so one stack is enough.

static struct {
    uint8_t *top;
    void *inside, *outside; // stack pointers of who waits
    struct cp_asan_stack inside_stack, outside_stack;
    struct cp_emulator *emulator;
} emulation;

#if defined(CP_CPU_HAS_SWITCH)
static void leave(void) {
    cp_asan_enter_stack(&emulation.outside_stack);
    cp_cpu_switch(&emulation.inside, emulation.outside);
    cp_asan_entered_stack(&emulation.outside_stack);
}

static void enter(void) {
    cp_asan_enter_stack(&emulation.inside_stack);
    cp_cpu_switch(&emulation.outside, emulation.inside);
    cp_asan_entered_stack(NULL);
}

static void emulate(void) {
    cp_asan_entered_stack(&emulation.outside_stack);
    for (;;) {
        cp_emulator_enter(emulation.emulator);
        emulation.emulator->is_live = false;
        leave();
    }
}

static bool make_stack(void) {
    if (!emulation.top) {
        uint8_t *stack = mmap(NULL, EMULATION_STACK_BYTES, PROT_READ | PROT_WRITE,
                              MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (stack == MAP_FAILED) {
            return false;
        }
        emulation.top = stack + EMULATION_STACK_BYTES;
        emulation.inside_stack = (struct cp_asan_stack){stack, EMULATION_STACK_BYTES};
        emulation.inside = cp_cpu_new_stack(emulation.top, emulate);
    }
    return true;
}
#else
static void leave(void) {
}
static void enter(void) {
}
static bool make_stack(void) {
    return false; // the host has no stack switch of ours
}
#endif

void cp_emulator_ask(struct cp_emulator *emulator, struct cp_arm_request request) {
    emulator->request = request;
    emulator->request.pc = emulator->context.pc;
    emulator->is_live = true;
    emulator->instructions = 0;
    leave();
    if (emulator->is_abandoned) {
        emulator->unicorn->emu_stop(emulator->uc);
    }
}

// Let whatever stands on the stack come to an end. Nothing that it still does has an effect.
static void abandon(void) {
    struct cp_emulator *emulator = emulation.emulator;
    if (emulator && emulator->is_live) {
        emulator->is_abandoned = true;
        emulator->needs_look = true;
        enter();
        emulator->is_abandoned = false;
        emulator->is_live = false;
    }
}

// --- opening

static uint32_t whole_pages(uint32_t size_bytes) {
    return (size_bytes + PAGE_SIZE_BYTES - 1) / PAGE_SIZE_BYTES * PAGE_SIZE_BYTES;
}

// IT instructions, and what only looks like one where no instruction begins.
static void find_its(struct cp_emulator *emulator) {
    for (uint32_t at = 0; at < emulator->config.code_size_bytes / 2; at++) {
        uint16_t code;
        memcpy(&code, emulator->code + 2 * at, sizeof code);
        if (code >> 8 == 0xBF && (code & 0xFu) != 0) {
            emulator->special[at] = SPECIAL_IT;
        }
    }
}

static bool take_memory(struct cp_emulator *emulator, const struct cp_emulator_config *config) {
    emulator->config = *config;
    emulator->config.code_size_bytes = whole_pages(config->code_size_bytes);
    uint32_t code_bytes = emulator->config.code_size_bytes;
    emulator->code = aligned_alloc(4096, (code_bytes + 4095) / 4096 * 4096);
    emulator->special = calloc(1, code_bytes / 2 + 4);
    emulator->ram = aligned_alloc(4096, (config->ram_size_bytes + 4095) / 4096 * 4096);
    emulator->own_executed = calloc(1, code_bytes / 2 + 4);
    emulator->executed = config->executed ? config->executed : emulator->own_executed;
    emulator->halfword_count = code_bytes / 2;
    if (!emulator->code || !emulator->own_executed || !emulator->special || !emulator->ram) {
        return false;
    }
    memset(emulator->code, 0xFF, code_bytes);
    memcpy(emulator->code, config->code, config->code_size_bytes);
    memset(emulator->ram, 0, config->ram_size_bytes);
    emulator->stack_low = config->ram_size_bytes;
    find_its(emulator);
    return true;
}

// UC_MODE_MCLASS would make a Cortex-M33 of every model.
static const char *open_core(struct cp_emulator *emulator) {
    static const int models[] = {UC_CPU_ARM_CORTEX_M0, UC_CPU_ARM_CORTEX_M3, UC_CPU_ARM_CORTEX_M4,
                                 UC_CPU_ARM_CORTEX_M7, UC_CPU_ARM_CORTEX_M33};
    const struct cp_unicorn *unicorn = emulator->unicorn;
    uc_err err = unicorn->open(UC_ARCH_ARM, UC_MODE_THUMB, &emulator->uc);
    if (err == UC_ERR_OK) {
        err = unicorn->ctl(emulator->uc, UC_CTL_WRITE(UC_CTL_CPU_MODEL, 1),
                           models[emulator->config.model]);
    }
    return err ? unicorn->strerror(err) : cp_emulator_map(emulator);
}

struct cp_emulator *cp_emulator_open(const struct cp_emulator_config *config, const char **error) {
    const struct cp_unicorn *unicorn = cp_unicorn_load(error);
    struct cp_emulator *emulator = unicorn ? calloc(1, sizeof *emulator) : NULL;
    if (!unicorn) {
        return NULL;
    }
    *error = "out of memory";
    if (!emulator) {
        return NULL;
    }
    emulator->unicorn = unicorn;
    if (make_stack() && take_memory(emulator, config)) {
        *error = open_core(emulator);
    }
    if (*error) {
        cp_emulator_close(emulator);
        return NULL;
    }
    return emulator;
}

void cp_emulator_close(struct cp_emulator *emulator) {
    if (!emulator) {
        return;
    }
    abandon();
    emulation.emulator = NULL;
    if (emulator->uc) {
        emulator->unicorn->close(emulator->uc);
    }
    free(emulator->code);
    free(emulator->special);
    free(emulator->own_executed);
    free(emulator->ram);
    free(emulator);
}

void cp_emulator_mark(struct cp_emulator *emulator, uint32_t address) {
    uint32_t offset_bytes = (address & ~1u) - emulator->config.code_address;
    if (offset_bytes < emulator->config.code_size_bytes) {
        emulator->special[offset_bytes / 2] |= SPECIAL_MARK;
    }
}

void cp_emulator_break(struct cp_emulator *emulator, uint32_t address, bool is_set) {
    uint32_t offset_bytes = (address & ~1u) - emulator->config.code_address;
    if (offset_bytes < emulator->config.code_size_bytes) {
        uint8_t *special = &emulator->special[offset_bytes / 2];
        *special = (uint8_t)(is_set ? *special | SPECIAL_BREAK : *special & ~SPECIAL_BREAK);
    }
}

void cp_emulator_on_store(struct cp_emulator *emulator,
                          void (*stored)(uint32_t address, uint32_t size_bytes)) {
    emulator->stored = stored;
}

// --- running

void cp_emulator_start(struct cp_emulator *emulator, uint32_t stack_pointer, uint32_t pc,
                       uint8_t fill) {
    abandon();
    if (fill != emulator->fill) {
        emulator->fill = fill;
        emulator->statics_end = emulator->config.ram_size_bytes;
    }
    memset(emulator->ram, fill, emulator->statics_end);
    memset(emulator->ram + emulator->stack_low, fill,
           emulator->config.ram_size_bytes - emulator->stack_low);
    emulator->statics_end = 0;
    emulator->stack_low = emulator->config.ram_size_bytes;
    emulator->context = (struct cp_arm_context){.pc = pc & ~1u};
    emulator->context.registers[CP_ARM_SP] = stack_pointer;
    emulator->context.registers[CP_ARM_LR] = UINT32_MAX;
    emulator->waiting = WAITS_FOR_NOTHING;
    emulator->is_interrupted = false;
}

// Begin with the instruction at the context's pc.
static void begin(struct cp_emulator *emulator, uint32_t answer) {
    struct cp_arm_context *context = &emulator->context;
    if (emulator->waiting == WAITS_FOR_ANSWER && context->answer_count < CP_EMULATOR_ANSWERS_MAX) {
        context->answers[context->answer_count++] = answer;
    }
    emulator->passes_mark = emulator->waiting != WAITS_FOR_NOTHING;
    emulator->is_first = true;
    emulator->needs_look = true;
    emulator->instructions = 0;
}

const struct cp_arm_request *cp_emulator_run(struct cp_emulator *emulator, uint32_t answer) {
    emulator->answer = answer;
    if (!emulator->is_live) {
        abandon();
        begin(emulator, answer);
    }
    emulation.emulator = emulator;
    enter();
    return &emulator->request;
}

static void read_context(struct cp_emulator *emulator) {
    if (emulator->is_live) {
        cp_emulator_read_registers(emulator);
    }
}

const struct cp_arm_context *cp_emulator_context(struct cp_emulator *emulator) {
    read_context(emulator);
    return &emulator->context;
}

void cp_emulator_set_context(struct cp_emulator *emulator, const struct cp_arm_context *context,
                             bool is_waiting) {
    struct cp_arm_context copy = *context;
    abandon();
    emulator->context = copy;
    emulator->waiting = is_waiting ? WAITS_FOR_ANSWER : WAITS_FOR_NOTHING;
}

bool cp_emulator_put_context(struct cp_emulator *emulator, const struct cp_arm_context *context) {
    if (emulator->waiting != WAITS_AT_MARK) {
        return false;
    }
    cp_emulator_set_context(emulator, context, false);
    emulator->waiting = WAITS_AT_MARK;
    return true;
}

uint8_t *cp_emulator_ram(struct cp_emulator *emulator, uint32_t address, uint32_t size_bytes) {
    uint32_t offset_bytes = address - emulator->config.ram_address;
    bool is_inside = offset_bytes <= emulator->config.ram_size_bytes &&
                     size_bytes <= emulator->config.ram_size_bytes - offset_bytes;
    return is_inside ? emulator->ram + offset_bytes : NULL;
}

void cp_emulator_store(struct cp_emulator *emulator, uint32_t address, const void *data,
                       uint32_t size_bytes) {
    uint8_t *to = cp_emulator_ram(emulator, address, size_bytes);
    if (to) {
        memcpy(to, data, size_bytes);
        cp_emulator_note_store(emulator, address - emulator->config.ram_address, size_bytes);
    }
}

bool cp_emulator_is_masked(struct cp_emulator *emulator) {
    uint32_t mask = emulator->context.registers[CP_ARM_PRIMASK];
    if (emulator->is_live) {
        emulator->unicorn->reg_read(emulator->uc, UC_ARM_REG_PRIMASK, &mask);
    }
    return (mask & 1u) != 0;
}

void cp_emulator_interrupt(struct cp_emulator *emulator) {
    emulator->is_interrupted = true;
    emulator->needs_look = true;
}

// --- what is alive

// From where on the stack is alive; below it all becomes `fill`.
static uint32_t clear_dead(struct cp_emulator *emulator) {
    uint32_t live = emulator->context.registers[CP_ARM_SP] - emulator->config.ram_address;
    if (live > emulator->config.ram_size_bytes || live < emulator->config.ram_size_bytes / 2) {
        return emulator->stack_low; // not a stack that we know
    }
    if (emulator->stack_low < live) {
        memset(emulator->ram + emulator->stack_low, emulator->fill, live - emulator->stack_low);
        emulator->stack_low = live;
    }
    return live;
}

// What was never stored to, or with `fill`, is not told apart.
static uint32_t statics_bytes(struct cp_emulator *emulator) {
    while (emulator->statics_end > 0 &&
           emulator->ram[emulator->statics_end - 1] == emulator->fill) {
        emulator->statics_end--;
    }
    return emulator->statics_end;
}

struct cp_hash cp_emulator_hash(struct cp_emulator *emulator) {
    read_context(emulator);
    uint32_t live = clear_dead(emulator), statics = statics_bytes(emulator);
    const struct cp_arm_context *context = &emulator->context;
    size_t context_bytes =
        offsetof(struct cp_arm_context, answers) + context->answer_count * sizeof(uint32_t);
    struct cp_hash sum = cp_hash_bytes(context, context_bytes, 71 + emulator->waiting);
    sum = cp_hash_add(sum, cp_hash_bytes(emulator->ram, statics, 75));
    return cp_hash_add(
        sum, cp_hash_bytes(emulator->ram + live, emulator->config.ram_size_bytes - live, 76));
}

// --- keeping

struct kept {
    struct cp_arm_context context;
    enum waiting waiting;
    uint32_t statics, live;
};

void *cp_emulator_keep(struct cp_emulator *emulator, size_t extra_bytes) {
    read_context(emulator);
    uint32_t live = clear_dead(emulator), statics = statics_bytes(emulator);
    uint32_t stack_bytes = emulator->config.ram_size_bytes - live;
    uint8_t *bytes = malloc(extra_bytes + sizeof(struct kept) + statics + stack_bytes);
    if (!bytes) {
        return NULL;
    }
    struct kept kept = {emulator->context, emulator->waiting, statics, live};
    memcpy(bytes + extra_bytes, &kept, sizeof kept);
    memcpy(bytes + extra_bytes + sizeof kept, emulator->ram, statics);
    memcpy(bytes + extra_bytes + sizeof kept + statics, emulator->ram + live, stack_bytes);
    return bytes;
}

void cp_emulator_put_back(struct cp_emulator *emulator, const void *memory, size_t extra_bytes) {
    const uint8_t *bytes = (const uint8_t *)memory + extra_bytes;
    struct kept kept;
    memcpy(&kept, bytes, sizeof kept);
    bytes += sizeof kept;
    cp_emulator_start(emulator, 0, 0, emulator->fill);
    emulator->context = kept.context;
    emulator->waiting = kept.waiting;
    emulator->statics_end = kept.statics;
    emulator->stack_low = kept.live;
    memcpy(emulator->ram, bytes, kept.statics);
    memcpy(emulator->ram + kept.live, bytes + kept.statics,
           emulator->config.ram_size_bytes - kept.live);
}
