// emulator_hooks.c: what libunicorn calls while the ARM core runs.
//
// Every instruction is seen, since only so its address is exact when it accesses the
// world: without that, Unicorn 2.0.1 knows the start of some earlier block. The same
// tells which instructions were executed at all.

#include "sim/arm/emulator_internal.h"

#include <string.h>

static bool is_in_code(const struct cp_emulator *emulator, uint32_t address) {
    return address - emulator->config.code_address < emulator->config.code_size_bytes;
}

static void note_it(struct cp_emulator *emulator, uint32_t address) {
    uint16_t code;
    memcpy(&code, emulator->code + (address - emulator->config.code_address), sizeof code);
    emulator->it_pc = address;
    emulator->it_bits = code & 0xFFu;
}

// Before the instruction; once, for all that there may be to stop for. One that was begun is
// done first.
static void stop_before(struct cp_emulator *emulator, uint32_t address, uint8_t special) {
    bool is_marked = (special & (SPECIAL_MARK | SPECIAL_BREAK)) != 0;
    if (!emulator->passes_mark && (is_marked || emulator->is_interrupted)) {
        emulator->is_interrupted = false;
        emulator->waiting = WAITS_AT_MARK;
        cp_emulator_ask(emulator, (struct cp_arm_request){.want = CP_ARM_MARK, .address = address});
    }
}

static void begin_instruction(struct cp_emulator *emulator, uint32_t address) {
    emulator->context.pc = address;
    emulator->replayed = 0;
    if (emulator->is_first) {
        emulator->is_first = false; // its answers are those of before
    } else {
        emulator->context.answer_count = 0;
        emulator->passes_mark = false;
    }
}

// One that there may be something to do about.
static void look_at_instruction(struct cp_emulator *emulator, uint32_t address) {
    if (emulator->is_abandoned) {
        return;
    }
    begin_instruction(emulator, address);
    uint8_t special = 0;
    if (is_in_code(emulator, address)) {
        uint32_t at = (address - emulator->config.code_address) / 2;
        emulator->executed[at] = 1;
        special = emulator->special[at];
    }
    if (special & SPECIAL_IT) {
        note_it(emulator, address);
    }
    if (special != 0 || emulator->is_interrupted) {
        stop_before(emulator, address, special);
    }
    if (++emulator->instructions > emulator->config.instructions_max) {
        emulator->waiting = WAITS_AT_MARK;
        cp_emulator_ask(emulator, (struct cp_arm_request){.want = CP_ARM_BUSY, .address = address});
    }
    emulator->needs_look =
        emulator->is_abandoned || emulator->is_interrupted || emulator->passes_mark;
}

// The hottest path there is: all but a few instructions are only noted.
static void on_code(uc_engine *uc, uint64_t address, uint32_t size_bytes, void *owner) {
    (void)uc;
    (void)size_bytes;
    struct cp_emulator *emulator = owner;
    uint32_t at = ((uint32_t)address - emulator->config.code_address) / 2;
    bool is_plain = !emulator->needs_look && at < emulator->halfword_count &&
                    !emulator->special[at] &&
                    ++emulator->instructions <= emulator->config.instructions_max;
    if (!is_plain) {
        look_at_instruction(emulator, (uint32_t)address);
        return;
    }
    emulator->context.pc = (uint32_t)address;
    emulator->context.answer_count = 0;
    emulator->replayed = 0;
    emulator->executed[at] = 1;
}

static bool is_wide(const struct cp_emulator *emulator, uint32_t address) {
    uint16_t code;
    memcpy(&code, emulator->code + (address - emulator->config.code_address), sizeof code);
    return code >> 11 >= 0x1D;
}

// ITSTATE is in no register while the block runs. It is that of the IT instruction,
// advanced by the instructions between.
uint32_t cp_emulator_it_state(const struct cp_emulator *emulator) {
    uint32_t bits = emulator->it_bits, at = emulator->it_pc + 2;
    for (int i = 0; i < 4 && bits != 0; i++) {
        if (at == emulator->context.pc) {
            return bits;
        }
        at += is_wide(emulator, at) ? 4 : 2;
        bits = (bits & 7u) == 0 ? 0 : (bits & 0xE0u) | (bits << 1 & 0x1Fu);
    }
    return 0;
}

// --- accesses

static uint32_t mask_of(uint32_t width_bytes) {
    return width_bytes >= 4 ? UINT32_MAX : (1u << 8 * width_bytes) - 1;
}

static bool is_replayed(struct cp_emulator *emulator, uint32_t *value) {
    if (emulator->replayed >= emulator->context.answer_count) {
        return false;
    }
    *value = emulator->context.answers[emulator->replayed++];
    return true;
}

static void note_answer(struct cp_emulator *emulator, uint32_t value) {
    if (emulator->context.answer_count < CP_EMULATOR_ANSWERS_MAX) {
        emulator->context.answers[emulator->context.answer_count++] = value;
        emulator->replayed = emulator->context.answer_count;
    }
}

static uint32_t ask_access(struct cp_emulator *emulator, struct cp_arm_request request) {
    emulator->waiting = WAITS_FOR_ANSWER;
    cp_emulator_ask(emulator, request);
    if (!emulator->is_abandoned) {
        note_answer(emulator, emulator->answer);
    }
    return emulator->answer;
}

static uint64_t on_load(struct cp_emulator *emulator, uint32_t address, uint32_t width_bytes) {
    uint32_t value = 0;
    if (emulator->is_abandoned || is_replayed(emulator, &value)) {
        return value;
    }
    if (width_bytes == 4 && emulator->config.peek(address, &value)) {
        note_answer(emulator, value);
        return value;
    }
    struct cp_arm_request request = {
        .want = CP_ARM_LOAD, .address = address, .width_bytes = width_bytes};
    return ask_access(emulator, request) & mask_of(width_bytes);
}

static void on_store(struct cp_emulator *emulator, uint32_t address, uint32_t value,
                     uint32_t width_bytes) {
    uint32_t ignored;
    if (emulator->is_abandoned || is_replayed(emulator, &ignored)) {
        return;
    }
    struct cp_arm_request request = {.want = CP_ARM_STORE,
                                     .address = address,
                                     .value = value & mask_of(width_bytes),
                                     .width_bytes = width_bytes};
    (void)ask_access(emulator, request);
}

// libunicorn has one word for the owner, and a window needs its address as well. There is
// one emulator that runs, so the word is the address.
static struct cp_emulator *running;

static uint64_t on_window_load(uc_engine *uc, uint64_t offset_bytes, unsigned width_bytes,
                               void *start) {
    (void)uc;
    return on_load(running, (uint32_t)((uintptr_t)start + offset_bytes), width_bytes);
}

static void on_window_store(uc_engine *uc, uint64_t offset_bytes, unsigned width_bytes,
                            uint64_t value, void *start) {
    (void)uc;
    on_store(running, (uint32_t)((uintptr_t)start + offset_bytes), (uint32_t)value, width_bytes);
}

void cp_emulator_note_store(struct cp_emulator *emulator, uint32_t offset_bytes,
                            uint32_t size_bytes) {
    if (offset_bytes < emulator->config.ram_size_bytes / 2) {
        uint32_t end = offset_bytes + size_bytes;
        emulator->statics_end = end > emulator->statics_end ? end : emulator->statics_end;
    } else if (offset_bytes < emulator->stack_low) {
        emulator->stack_low = offset_bytes;
    }
}

// RAM is read-only to libunicorn; what is stored there is stored here.
static bool on_ram_store(uc_engine *uc, uc_mem_type type, uint64_t address, int size_bytes,
                         int64_t value, void *owner) {
    (void)uc;
    (void)type;
    struct cp_emulator *emulator = owner;
    uint32_t offset_bytes = (uint32_t)address - emulator->config.ram_address;
    if (emulator->is_abandoned) {
        return true;
    }
    memcpy(emulator->ram + offset_bytes, &value, (size_t)size_bytes);
    cp_emulator_note_store(emulator, offset_bytes, (uint32_t)size_bytes);
    if (emulator->stored) {
        emulator->stored((uint32_t)address, (uint32_t)size_bytes);
    }
    return true;
}

static bool on_code_store(uc_engine *uc, uc_mem_type type, uint64_t address, int size_bytes,
                          int64_t value, void *owner) {
    (void)uc;
    (void)type;
    on_store(owner, (uint32_t)address, (uint32_t)value, (uint32_t)size_bytes);
    return true;
}

// A branch out of the code, or an access to nothing. Ends the run.
static bool on_stray(uc_engine *uc, uc_mem_type type, uint64_t address, int size_bytes,
                     int64_t value, void *owner) {
    (void)uc;
    (void)value;
    struct cp_emulator *emulator = owner;
    if (type == UC_MEM_FETCH_PROT || type == UC_MEM_FETCH_UNMAPPED) {
        emulator->request =
            (struct cp_arm_request){.want = CP_ARM_BRANCH, .address = (uint32_t)address};
    } else {
        emulator->request = (struct cp_arm_request){.want = CP_ARM_FAULT,
                                                    .address = (uint32_t)address,
                                                    .width_bytes = (uint32_t)size_bytes,
                                                    .message = type == UC_MEM_READ_UNMAPPED
                                                                   ? "it reads where nothing is"
                                                                   : "it writes where nothing is"};
    }
    return false;
}

// --- mapping

static uc_err map_windows(struct cp_emulator *emulator) {
    const struct cp_emulator_config *config = &emulator->config;
    for (uint32_t i = 0; i < config->window_count; i++) {
        void *start = (void *)(uintptr_t)config->windows[i].address;
        uc_err err = emulator->unicorn->mmio_map(emulator->uc, config->windows[i].address,
                                                 config->windows[i].size_bytes, on_window_load,
                                                 start, on_window_store, start);
        if (err) {
            return err;
        }
    }
    return UC_ERR_OK;
}

// Mapping memory of the caller's as read-only is not enough in 2.0.1: stores then go through
// in spite of the hook. It has to be protected as well.
static uc_err map_memory(struct cp_emulator *emulator, uint32_t address, uint32_t size_bytes,
                         uint32_t perms, uint8_t *memory, uc_cb_eventmem_t on_write) {
    const struct cp_unicorn *unicorn = emulator->unicorn;
    uc_hook hook;
    uc_err err = unicorn->mem_map_ptr(emulator->uc, address, size_bytes, perms, memory);
    if (err == UC_ERR_OK) {
        err = unicorn->mem_protect(emulator->uc, address, size_bytes, perms);
    }
    if (err == UC_ERR_OK) {
        err = unicorn->hook_add(emulator->uc, &hook, UC_HOOK_MEM_WRITE_PROT, (void *)on_write,
                                emulator, address, (uint64_t)address + size_bytes - 1);
    }
    return err;
}

static uc_err map_all(struct cp_emulator *emulator) {
    const struct cp_emulator_config *config = &emulator->config;
    uc_err err = map_memory(emulator, config->code_address, config->code_size_bytes,
                            UC_PROT_READ | UC_PROT_EXEC, emulator->code, on_code_store);
    if (err == UC_ERR_OK) {
        err = map_memory(emulator, config->ram_address, config->ram_size_bytes,
                         UC_PROT_READ | UC_PROT_EXEC, emulator->ram, on_ram_store);
    }
    return err ? err : map_windows(emulator);
}

const char *cp_emulator_map(struct cp_emulator *emulator) {
    uc_hook hook;
    uc_err err = map_all(emulator);
    if (err == UC_ERR_OK) {
        err = emulator->unicorn->hook_add(emulator->uc, &hook, UC_HOOK_CODE, (void *)on_code,
                                          emulator, 1, 0);
    }
    if (err == UC_ERR_OK) {
        err = emulator->unicorn->hook_add(emulator->uc, &hook,
                                          UC_HOOK_MEM_UNMAPPED | UC_HOOK_MEM_FETCH_PROT,
                                          (void *)on_stray, emulator, 1, 0);
    }
    return err ? emulator->unicorn->strerror(err) : NULL;
}

// --- running, on the emulation's own stack

static const int register_ids[CP_ARM_REGISTERS] = {
    UC_ARM_REG_R0,   UC_ARM_REG_R1,     UC_ARM_REG_R2,  UC_ARM_REG_R3, UC_ARM_REG_R4,
    UC_ARM_REG_R5,   UC_ARM_REG_R6,     UC_ARM_REG_R7,  UC_ARM_REG_R8, UC_ARM_REG_R9,
    UC_ARM_REG_R10,  UC_ARM_REG_R11,    UC_ARM_REG_R12, UC_ARM_REG_SP, UC_ARM_REG_LR,
    UC_ARM_REG_XPSR, UC_ARM_REG_PRIMASK};

static void places_of(struct cp_arm_context *context, void *places[CP_ARM_REGISTERS]) {
    for (int i = 0; i < CP_ARM_REGISTERS; i++) {
        places[i] = &context->registers[i];
    }
}

#define XPSR_FLAGS 0xF80F0000u
#define XPSR_THUMB 0x01000000u

void cp_emulator_read_registers(struct cp_emulator *emulator) {
    void *places[CP_ARM_REGISTERS];
    places_of(&emulator->context, places);
    emulator->unicorn->reg_read_batch(emulator->uc, (int *)register_ids, places, CP_ARM_REGISTERS);
    emulator->context.registers[CP_ARM_XPSR] &= XPSR_FLAGS;
    emulator->context.it = cp_emulator_it_state(emulator);
}

static void write_registers(struct cp_emulator *emulator) {
    struct cp_arm_context context = emulator->context;
    void *places[CP_ARM_REGISTERS];
    uint32_t it = context.it;
    context.registers[CP_ARM_XPSR] |= XPSR_THUMB | (it & 3u) << 25 | (it >> 2) << 10;
    places_of(&context, places);
    emulator->unicorn->reg_write_batch(emulator->uc, (int *)register_ids, places, CP_ARM_REGISTERS);
}

static struct cp_arm_request request_of(const struct cp_emulator *emulator, uc_err err) {
    if (err == UC_ERR_OK) {
        return (struct cp_arm_request){.want = CP_ARM_SLEEP};
    }
    if (emulator->request.want == CP_ARM_BRANCH || emulator->request.want == CP_ARM_FAULT) {
        return emulator->request;
    }
    return (struct cp_arm_request){.want = CP_ARM_FAULT,
                                   .address = emulator->context.pc,
                                   .message = emulator->unicorn->strerror(err)};
}

void cp_emulator_enter(struct cp_emulator *emulator) {
    running = emulator;
    write_registers(emulator);
    emulator->it_bits = emulator->context.it;
    emulator->it_pc = emulator->context.pc - 2; // as if the IT were just before
    emulator->request.want = CP_ARM_LOAD;
    uc_err err = emulator->unicorn->emu_start(emulator->uc, emulator->context.pc | 1u, 0, 0, 0);
    if (!emulator->is_abandoned) {
        emulator->waiting = WAITS_FOR_NOTHING;
        cp_emulator_read_registers(emulator);
        emulator->request = request_of(emulator, err);
    }
}
